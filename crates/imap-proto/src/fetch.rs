//! What FETCH asks for and what it answers, RFC 9051 sections 6.4.5 and 7.5.2.

use std::{borrow::Cow, fmt, num::NonZeroU32};

use mail_errors::Misuse;

use crate::{
    Atom, DateTime, Flags, IString, Part, Partial, Raw, Section, encode, parse,
    wire_list::wire_list,
};

/// `fetch-att`: one thing that FETCH asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchItem<'a> {
    /// `FLAGS`
    Flags,
    /// `UID`
    Uid,
    /// `INTERNALDATE`
    InternalDate,
    /// `RFC822.SIZE`
    Rfc822Size,
    /// `ENVELOPE`
    Envelope,
    /// `BODY`: the structure without extension data.
    Body,
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// `RFC822`: as `BODY[]`. RFC 3501.
    Rfc822,
    /// `RFC822.HEADER`: as `BODY.PEEK[HEADER]`. RFC 3501.
    Rfc822Header,
    /// `RFC822.TEXT`: as `BODY[TEXT]`. RFC 3501.
    Rfc822Text,
    /// `BODY[section]<partial>`
    Section {
        /// Which text.
        section: Section<'a>,
        /// `BODY.PEEK`: `\Seen` is not set.
        peek: bool,
        /// Which octets of it, `None` for all.
        partial: Option<Partial>,
    },
    /// `BINARY[part]<partial>`: decoded. RFC 3516.
    Binary {
        /// Which part.
        part: Part<'a>,
        /// `BINARY.PEEK`: `\Seen` is not set.
        peek: bool,
        /// Which octets of it, `None` for all.
        partial: Option<Partial>,
    },
    /// `BINARY.SIZE[part]`: the length when decoded. RFC 3516.
    BinarySize(Part<'a>),
}

/// The macros of RFC 9051 section 6.4.5, which stand for a list of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FetchMacro {
    /// `ALL`: flags, internal date, size and envelope.
    All,
    /// `FAST`: flags, internal date and size.
    Fast,
    /// `FULL`: all of it and the body structure.
    Full,
}

/// What a FETCH command asks for: one item or more, or a macro.
#[derive(Clone)]
pub struct FetchItems<'a>(Cow<'a, [u8]>);

/// `msg-att`: what a FETCH response tells about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchAttribute<'a> {
    /// `FLAGS`
    Flags(Flags<'a>),
    /// `UID`
    Uid(NonZeroU32),
    /// `INTERNALDATE`
    InternalDate(DateTime),
    /// `RFC822.SIZE` in octets.
    Rfc822Size(u64),
    /// `ENVELOPE`
    Envelope(Raw<'a>),
    /// `BODY`
    Body(Raw<'a>),
    /// `BODYSTRUCTURE`
    BodyStructure(Raw<'a>),
    /// `RFC822`
    Rfc822(BodyText<'a>),
    /// `RFC822.HEADER`
    Rfc822Header(BodyText<'a>),
    /// `RFC822.TEXT`
    Rfc822Text(BodyText<'a>),
    /// `BODY[section]<origin>`
    Section {
        /// Which text.
        section: Section<'a>,
        /// Where it starts in the text, if a partial was asked for.
        origin: Option<u64>,
        /// The octets.
        text: BodyText<'a>,
    },
    /// `BINARY[part]<origin>`
    Binary {
        /// Which part.
        part: Part<'a>,
        /// Where it starts in the text, if a partial was asked for.
        origin: Option<u64>,
        /// The octets.
        text: BodyText<'a>,
    },
    /// `BINARY.SIZE[part]` in octets.
    BinarySize {
        /// Which part.
        part: Part<'a>,
        /// Its length when decoded.
        octets: u64,
    },
    /// Something this crate does not know.
    Other {
        /// Its name.
        name: Atom<'a>,
        /// Its value.
        value: Raw<'a>,
    },
}

/// The octets of a section: `nstring`, `literal8`, or a literal that is streamed.
#[derive(Clone, PartialEq, Eq)]
pub enum BodyText<'a> {
    /// `NIL`: there is no such section, or the message is gone.
    Nil,
    /// The octets, sent quoted or as a literal.
    Inline(IString<'a>),
    /// The octets, sent as `literal8`, which may hold NUL. RFC 3516 section 4.4.
    Binary(Cow<'a, [u8]>),
    /// A literal of so many octets that are not here: they come, or go, in pieces.
    Streamed {
        /// Its length.
        octets: u64,
        /// Whether it is a `literal8`.
        binary: bool,
    },
}

wire_list!(
    /// What a FETCH response tells, in the order in which it came.
    FetchAttributes of FetchAttribute, msg_att
);

impl FetchMacro {
    /// Returns the items that the macro stands for.
    #[must_use]
    pub const fn items(self) -> &'static [FetchItem<'static>] {
        use FetchItem::{Body, Envelope, Flags, InternalDate, Rfc822Size};
        match self {
            Self::All => &[Flags, InternalDate, Rfc822Size, Envelope],
            Self::Fast => &[Flags, InternalDate, Rfc822Size],
            Self::Full => &[Flags, InternalDate, Rfc822Size, Envelope, Body],
        }
    }

    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Fast => "FAST",
            Self::Full => "FULL",
        }
    }

    fn of(wire: &[u8]) -> Option<Self> {
        [Self::All, Self::Fast, Self::Full]
            .into_iter()
            .find(|name| name.as_str().as_bytes().eq_ignore_ascii_case(wire))
    }
}

impl<'a> FetchItems<'a> {
    /// Asks for these items.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if there are none.
    pub fn new<'i>(items: impl IntoIterator<Item = FetchItem<'i>>) -> Result<Self, Misuse> {
        let mut wire = Vec::new();
        for item in items {
            if !wire.is_empty() {
                wire.push(b' ');
            }
            encode::Writer::scratch(&mut wire, |w| encode::fetch_att(w, &item));
        }
        if wire.is_empty() {
            return Err(Misuse::Invalid { what: "list of FETCH items", why: "it is empty" });
        }
        Ok(Self(Cow::Owned(wire)))
    }

    pub(crate) const fn checked(wire: &'a [u8]) -> Self {
        Self(Cow::Borrowed(wire))
    }

    /// Returns the items in order; a macro is replaced by what it stands for.
    pub fn iter(&self) -> impl Iterator<Item = FetchItem<'_>> + Clone {
        let (fixed, wire): (&'static [FetchItem<'static>], &[u8]) = match self.as_macro() {
            Some(name) => (name.items(), b""),
            None => (&[], &self.0),
        };
        fixed.iter().cloned().chain(parse::Items::new(wire, parse::fetch_att))
    }

    /// Returns the macro that this is.
    #[must_use]
    pub fn as_macro(&self) -> Option<FetchMacro> {
        FetchMacro::of(&self.0)
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> FetchItems<'static> {
        FetchItems(Cow::Owned(self.0.into_owned()))
    }
}

impl From<FetchMacro> for FetchItems<'_> {
    fn from(name: FetchMacro) -> Self {
        Self::checked(name.as_str().as_bytes())
    }
}

/// A macro equals the list that it stands for.
impl PartialEq for FetchItems<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for FetchItems<'_> {}

impl fmt::Debug for FetchItems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl FetchItem<'_> {
    /// Tells whether fetching this sets `\Seen`. RFC 9051 section 6.4.5.
    #[must_use]
    pub const fn sets_seen(&self) -> bool {
        match self {
            Self::Section { peek, .. } | Self::Binary { peek, .. } => !*peek,
            Self::Rfc822 | Self::Rfc822Text => true,
            Self::Flags
            | Self::Uid
            | Self::InternalDate
            | Self::Rfc822Size
            | Self::Envelope
            | Self::Body
            | Self::BodyStructure
            | Self::Rfc822Header
            | Self::BinarySize(_) => false,
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> FetchItem<'static> {
        match self {
            Self::Flags => FetchItem::Flags,
            Self::Uid => FetchItem::Uid,
            Self::InternalDate => FetchItem::InternalDate,
            Self::Rfc822Size => FetchItem::Rfc822Size,
            Self::Envelope => FetchItem::Envelope,
            Self::Body => FetchItem::Body,
            Self::BodyStructure => FetchItem::BodyStructure,
            Self::Rfc822 => FetchItem::Rfc822,
            Self::Rfc822Header => FetchItem::Rfc822Header,
            Self::Rfc822Text => FetchItem::Rfc822Text,
            Self::Section { section, peek, partial } => {
                FetchItem::Section { section: section.into_owned(), peek, partial }
            }
            Self::Binary { part, peek, partial } => {
                FetchItem::Binary { part: part.into_owned(), peek, partial }
            }
            Self::BinarySize(part) => FetchItem::BinarySize(part.into_owned()),
        }
    }
}

impl FetchAttributes<'_> {
    /// Returns the UID, if it is told.
    #[must_use]
    pub fn uid(&self) -> Option<NonZeroU32> {
        self.iter().find_map(|attribute| {
            if let FetchAttribute::Uid(uid) = attribute { Some(uid) } else { None }
        })
    }
}

impl<'a> FetchAttribute<'a> {
    /// Returns the text of a section, whichever item carries it.
    #[must_use]
    pub const fn text(&self) -> Option<&BodyText<'a>> {
        match self {
            Self::Rfc822(text)
            | Self::Rfc822Header(text)
            | Self::Rfc822Text(text)
            | Self::Section { text, .. }
            | Self::Binary { text, .. } => Some(text),
            Self::Flags(_)
            | Self::Uid(_)
            | Self::InternalDate(_)
            | Self::Rfc822Size(_)
            | Self::Envelope(_)
            | Self::Body(_)
            | Self::BodyStructure(_)
            | Self::BinarySize { .. }
            | Self::Other { .. } => None,
        }
    }

    /// Returns the length of a text that is not here but comes, or goes, in pieces.
    #[must_use]
    pub const fn streamed(&self) -> Option<u64> {
        match self.text() {
            Some(BodyText::Streamed { octets, .. }) => Some(*octets),
            _ => None,
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> FetchAttribute<'static> {
        match self {
            Self::Flags(flags) => FetchAttribute::Flags(flags.into_owned()),
            Self::Uid(uid) => FetchAttribute::Uid(uid),
            Self::InternalDate(date) => FetchAttribute::InternalDate(date),
            Self::Rfc822Size(octets) => FetchAttribute::Rfc822Size(octets),
            Self::Envelope(raw) => FetchAttribute::Envelope(raw.into_owned()),
            Self::Body(raw) => FetchAttribute::Body(raw.into_owned()),
            Self::BodyStructure(raw) => FetchAttribute::BodyStructure(raw.into_owned()),
            Self::Rfc822(text) => FetchAttribute::Rfc822(text.into_owned()),
            Self::Rfc822Header(text) => FetchAttribute::Rfc822Header(text.into_owned()),
            Self::Rfc822Text(text) => FetchAttribute::Rfc822Text(text.into_owned()),
            Self::Section { section, origin, text } => FetchAttribute::Section {
                section: section.into_owned(),
                origin,
                text: text.into_owned(),
            },
            Self::Binary { part, origin, text } => {
                FetchAttribute::Binary { part: part.into_owned(), origin, text: text.into_owned() }
            }
            Self::BinarySize { part, octets } => {
                FetchAttribute::BinarySize { part: part.into_owned(), octets }
            }
            Self::Other { name, value } => {
                FetchAttribute::Other { name: name.into_owned(), value: value.into_owned() }
            }
        }
    }
}

impl<'a> BodyText<'a> {
    /// Takes octets: as a string, or, if there is NUL in them, as `literal8`.
    pub fn new(octets: impl Into<Cow<'a, [u8]>>) -> Self {
        let octets = octets.into();
        if memchr::memchr(0, &octets).is_some() {
            return Self::Binary(octets);
        }
        Self::Inline(IString::checked(octets))
    }

    /// Returns the octets, if they are here.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Inline(text) => Some(text.as_bytes()),
            Self::Binary(octets) => Some(octets),
            Self::Nil | Self::Streamed { .. } => None,
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> BodyText<'static> {
        match self {
            Self::Nil => BodyText::Nil,
            Self::Inline(text) => BodyText::Inline(text.into_owned()),
            Self::Binary(octets) => BodyText::Binary(Cow::Owned(octets.into_owned())),
            Self::Streamed { octets, binary } => BodyText::Streamed { octets, binary },
        }
    }
}

impl fmt::Debug for BodyText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("NIL"),
            Self::Inline(text) => text.fmt(f),
            Self::Binary(octets) => write!(f, "~\"{}\"", octets.escape_ascii()),
            Self::Streamed { octets, binary } => {
                write!(f, "{}{{{octets}}}", if *binary { "~" } else { "" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_macro_is_the_list_it_stands_for() {
        let fast = FetchItems::from(FetchMacro::Fast);
        let list = [FetchItem::Flags, FetchItem::InternalDate, FetchItem::Rfc822Size];
        assert_eq!(fast, FetchItems::new(list).unwrap());
        assert_eq!(fast.as_macro(), Some(FetchMacro::Fast));
        assert!(FetchItems::new([]).is_err());
    }

    #[test]
    fn only_reading_the_text_sets_seen() {
        let section = |peek| FetchItem::Section { section: Section::ALL, peek, partial: None };
        assert!(section(false).sets_seen() && !section(true).sets_seen());
        assert!(FetchItem::Rfc822.sets_seen() && !FetchItem::Rfc822Header.sets_seen());
    }
}
