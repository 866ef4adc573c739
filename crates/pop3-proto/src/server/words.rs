//! What the server says to people, and in which language: RFC 6856 3.

use std::fmt;

use mail_wire::Sink;

use crate::{
    LanguageListing, LanguageRange, LanguageTag, ResponseCode, Status, Text, Verb, encode,
};

use super::{Refusal, Server};

/// A language that the server can speak.
#[derive(Clone)]
pub struct Language {
    listing: LanguageListing<'static>,
    words: fn(Phrase) -> Text<'static>,
}

impl Language {
    /// Puts a language's name and its words together.
    ///
    /// ```
    /// use pop3_proto::{LanguageListing, LanguageTag, Text, server::{Language, Phrase}};
    ///
    /// fn words(phrase: Phrase) -> Text<'static> {
    ///     match phrase {
    ///         Phrase::Deleted => Text::fixed("Nachricht {0} gelöscht"),
    ///         Phrase::SigningOff => Text::fixed("auf Wiedersehen"),
    ///         // ...
    ///         other => other.english(),
    ///     }
    /// }
    /// let listing = LanguageListing::new(LanguageTag::new("de")?, "Deutsch")?;
    /// let german = Language::new(listing, words);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn new(
        listing: LanguageListing<'static>,
        words: fn(Phrase) -> Text<'static>,
    ) -> Self {
        Self { listing, words }
    }

    /// Returns the language that every server speaks until it is asked for another.
    #[must_use]
    pub fn english() -> Self {
        let listing = LanguageListing::checked(LanguageTag::checked("en"), Text::fixed("English"));
        Self::new(listing, Phrase::english)
    }

    /// Returns the language's tag and name.
    #[must_use]
    pub const fn listing(&self) -> &LanguageListing<'static> {
        &self.listing
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.listing.tag())
    }
}

/// Everything that a server's session says to people by itself. `{0}` and `{1}` in the words stand
/// for numbers; at most 200 octets of each are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phrase {
    /// USER is taken.
    SendPass,
    /// The client is in, or said RSET: `{0}` messages of `{1}` octets.
    Maildrop,
    /// LIST: `{0}` messages of `{1}` octets follow.
    Listing,
    /// UIDL: the ids follow.
    Ids,
    /// RETR: a message of `{0}` octets follows.
    Octets,
    /// TOP: the first lines follow.
    Top,
    /// DELE: message `{0}` is marked.
    Deleted,
    /// NOOP.
    Nothing,
    /// QUIT.
    SigningOff,
    /// CAPA: what is offered follows.
    Capabilities,
    /// AUTH alone: the mechanisms follow.
    Mechanisms,
    /// STLS is granted.
    Tls,
    /// UTF8 is granted.
    Utf8,
    /// LANG alone: the languages follow.
    Languages,
    /// LANG: this language is spoken from here on.
    LanguageChanged,
    /// LANG: this language is not spoken here.
    UnknownLanguage,
    /// There is no such command.
    UnknownCommand,
    /// The arguments do not parse.
    Malformed,
    /// The line ended in LF alone.
    BareNewline,
    /// The command is legal in another state.
    WrongState,
    /// The password would go in the clear.
    Plaintext,
    /// It is not offered.
    NotOffered,
    /// The line is too long.
    TooLong,
    /// Name or password are wrong.
    WrongLogin,
    /// The client gave the exchange up.
    Cancelled,
    /// There is no such message, or no more.
    NoSuchMessage,
    /// There was plaintext behind STLS.
    Injected,
    /// Nobody logged in, after many commands.
    TooManyCommands,
    /// A message cannot be read now.
    Unreadable,
    /// The server has trouble that may pass.
    TryLater,
    /// The server is closing, or has too much to do.
    Closing,
    /// Something broke in the server.
    InternalError,
}

impl Phrase {
    /// Returns the words in English.
    #[must_use]
    pub const fn english(self) -> Text<'static> {
        Text::fixed(match self {
            Self::SendPass => "send PASS",
            Self::Maildrop => "maildrop has {0} messages ({1} octets)",
            Self::Listing => "{0} messages ({1} octets)",
            Self::Ids => "unique-id listing follows",
            Self::Octets => "{0} octets",
            Self::Top => "top of message follows",
            Self::Deleted => "message {0} deleted",
            Self::Nothing => "nothing done",
            Self::SigningOff => "signing off",
            Self::Capabilities => "capability list follows",
            Self::Mechanisms => "mechanisms follow",
            Self::Tls => "begin TLS negotiation",
            Self::Utf8 => "UTF-8 from here on",
            Self::Languages => "language listing follows",
            Self::LanguageChanged => "language changed",
            Self::UnknownLanguage => "no such language",
            Self::UnknownCommand => "unknown command",
            Self::Malformed => "malformed arguments",
            Self::BareNewline => "lines must end in CR and LF",
            Self::WrongState => "not possible now",
            Self::Plaintext => "no password in the clear, use TLS first",
            Self::NotOffered => "not offered",
            Self::TooLong => "line too long",
            Self::WrongLogin => "no such name or password",
            Self::Cancelled => "cancelled",
            Self::NoSuchMessage => "no such message",
            Self::Injected => "plaintext behind STLS",
            Self::TooManyCommands => "log in first",
            Self::Unreadable => "message cannot be read",
            Self::TryLater => "try again later",
            Self::Closing => "not now, try again later",
            Self::InternalError => "internal error",
        })
    }
}

impl From<&Refusal> for Phrase {
    fn from(why: &Refusal) -> Self {
        match why {
            Refusal::Unknown => Self::UnknownCommand,
            Refusal::Malformed(_) => Self::Malformed,
            Refusal::BareNewline => Self::BareNewline,
            Refusal::WrongState => Self::WrongState,
            Refusal::Plaintext => Self::Plaintext,
            Refusal::NotOffered => Self::NotOffered,
            Refusal::UnknownLanguage => Self::UnknownLanguage,
            Refusal::TooLong { .. } => Self::TooLong,
            Refusal::Login => Self::WrongLogin,
            Refusal::Cancelled => Self::Cancelled,
            Refusal::Missing(_) => Self::NoSuchMessage,
        }
    }
}

impl Server {
    /// Returns the tag of the language that is spoken, for the words that the application gives.
    #[must_use]
    pub fn language(&self) -> &str {
        let spoken = self.language.and_then(|at| self.config.languages.get(at));
        spoken.map_or("en", |language| language.listing.tag().as_str())
    }

    pub(super) fn say_ok(&mut self, phrase: Phrase, numbers: &[u64]) {
        self.output.put(b"+OK ");
        self.put_words(phrase, numbers);
    }

    pub(super) fn say_err(&mut self, code: Option<ResponseCode<'_>>, phrase: Phrase) {
        self.output.put(b"-ERR ");
        if let Some(code) = code {
            encode::response_code(code, &mut self.output);
        }
        self.put_words(phrase, &[]);
    }

    fn put_words(&mut self, phrase: Phrase, numbers: &[u64]) {
        let spoken = self.language.and_then(|at| self.config.languages.get(at));
        let words = spoken.map_or(Phrase::english as fn(Phrase) -> _, |language| language.words);
        let words = words(phrase);
        let mut rest = super::authorization::shown(&words);
        while let Some(at) = memchr::memchr(b'{', rest) {
            let (before, behind) = mail_wire::grammar::cut(rest, at);
            self.output.put(before);
            rest = match (behind, numbers) {
                ([b'{', b'0', b'}', behind @ ..], [first, ..]) => {
                    self.output.put_number(*first);
                    behind
                }
                ([b'{', b'1', b'}', behind @ ..], [_, second, ..]) => {
                    self.output.put_number(*second);
                    behind
                }
                ([brace, behind @ ..], _) => {
                    self.output.put(&[*brace]);
                    behind
                }
                ([], _) => &[],
            };
        }
        self.output.put(rest);
        self.output.put(b"\r\n");
    }

    /// LANG without an argument.
    pub(super) fn list_languages(&mut self) {
        if self.config.languages.is_empty() {
            return self.refuse_command(Some(Verb::Lang), Refusal::NotOffered);
        }
        self.say_ok(Phrase::Languages, &[]);
        for language in &self.config.languages {
            encode::language_listing(&language.listing, &mut self.output);
        }
        self.output.put(encode::TERMINATOR);
    }

    /// RFC 6856 3: the answer names the language, and is in it already.
    pub(super) fn lang(&mut self, range: &LanguageRange<'_>) {
        if self.config.languages.is_empty() {
            return self.refuse_command(Some(Verb::Lang), Refusal::NotOffered);
        }
        let tags = self.config.languages.iter().map(|language| language.listing.tag());
        let found = match (range, &self.config.preferred) {
            (LanguageRange::Preferred, Some(tag)) => LanguageRange::Tag(tag.clone()).find(tags),
            _ => range.find(tags),
        };
        let Some(at) = found else {
            return self.refuse_command(Some(Verb::Lang), Refusal::UnknownLanguage);
        };
        self.language = Some(at);
        self.output.put(b"+OK ");
        if let Some(language) = self.config.languages.get(at) {
            self.output.put(language.listing.tag().as_str().as_bytes());
            self.output.put(b" ");
        }
        self.put_words(Phrase::LanguageChanged, &[]);
        self.answered(Verb::Lang, Status::Ok);
    }

    /// RFC 6856 2: what is said in UTF-8 from here on is the application's part.
    pub(super) fn utf8(&mut self) {
        if self.config.utf8 == super::Utf8::NotOffered {
            return self.refuse_command(Some(Verb::Utf8), Refusal::NotOffered);
        }
        self.is_utf8 = true;
        self.say_ok(Phrase::Utf8, &[]);
        self.answered(Verb::Utf8, Status::Ok);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_has_words_for_everything_and_they_fit() {
        let english = Language::english();
        assert_eq!(english.listing().tag().as_str(), "en");
        for phrase in [Phrase::SendPass, Phrase::Maildrop, Phrase::InternalError] {
            assert!((english.words)(phrase).as_bytes().len() <= 200);
        }
    }
}
