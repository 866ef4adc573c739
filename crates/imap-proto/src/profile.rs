//! What is tolerated by name, and the report of what was.

use mail_wire::BareNewline;

/// Leniency that a caller may ask for. The default is strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Profile {
    /// What to do with a line that ends in LF alone.
    ///
    /// # Why you might normalise
    /// A person at `nc`, and scripts, send LF. Dovecot and Cyrus take it.
    pub bare_newline: BareNewline,
}

mail_wire::deviations! {
    /// A departure of a server from the grammar that does no harm, and that real ones commit.
    ///
    /// All of them are read, whoever asks; a line that ends in LF alone only where the [`Profile`]
    /// lets it. [`parse::response_noting`](crate::parse::response_noting) says which were met.
    pub enum Deviation {
        /// A line of a response that ends in LF alone.
        ///
        /// # Who does so
        /// Servers written by hand, and scripts that play one.
        BareNewline: "line that ends in LF alone",
        /// No blank where there should be one: behind a status without text, behind a response
        /// code, or behind the `+` of a continuation request.
        ///
        /// # Who does so
        /// Very many. AOL, Yandex and Outlook send a `+` alone.
        MissingSpace: "missing blank",
        /// A blank more than there should be: between two words, within the parentheses of a list,
        /// or in front of the bracket that ends a response code.
        ///
        /// # Who does so
        /// SurgeMail in FLAGS, Archiveopteryx in QUOTA.
        ExtraSpace: "more than one blank",
        /// Blanks at the end of a line that is data. Those at the end of a text are part of it.
        ///
        /// # Who does so
        /// Exchange in STATUS, QQ Mail and iCloud in CAPABILITY.
        TrailingSpace: "blank at the end of the line",
        /// A text that is not UTF-8. The octets are kept.
        ///
        /// # Who does so
        /// Servers that explain themselves in Latin-1.
        NonUtf8Text: "text that is not UTF-8",
        /// A text with a bracket in front that begins no response code. It is read as text. The
        /// grammar lets a text begin so; who sends one may have meant a code.
        ///
        /// # Who does so
        /// Hardly anybody; it is told because a code may be lost.
        BrokenCode: "bracket that begins no response code",
        /// A response code that is known, with arguments that are none of its own. It is carried as
        /// one that is unknown.
        ///
        /// # Who does so
        /// Outlook leaves the sets of COPYUID out; others send `UIDNEXT 0`.
        OddCode: "response code with arguments that are none of its own",
        /// An item of FETCH, STATUS or ESEARCH that is known, with a value that is none of its own.
        /// It is carried as one that is unknown, and the others are not lost.
        ///
        /// # Who does so
        /// Lotus Domino, of a message without a date: `00-Jan-0000`.
        OddValue: "item with a value that is none of its own",
        /// A UIDNEXT or UIDVALIDITY of 0 in STATUS.
        ///
        /// # Who does so
        /// xwtec.
        ZeroNumber: "0 where a number above 0 belongs",
        /// `*` without its backslash among flags.
        ///
        /// # Who does so
        /// Binc IMAP.
        BareAsterisk: "asterisk without its backslash",
        /// `\*` where it is not on offer: anywhere but in PERMANENTFLAGS.
        ///
        /// # Who does so
        /// Zoho and GreenMail in FLAGS.
        StrayAsterisk: "\\* outside of PERMANENTFLAGS",
        /// `]` in a keyword.
        ///
        /// # Who does so
        /// Gmail and Dovecot, where programs and users name keywords so.
        BracketInKeyword: "bracket in a keyword",
        /// An attribute of a mailbox without its backslash.
        ///
        /// # Who does so
        /// Servers of which no more is known; other clients have it among their tests.
        MissingBackslash: "attribute without its backslash",
        /// An empty delimiter where there is none: `""` for `NIL`.
        ///
        /// # Who does so
        /// Some servers without a hierarchy.
        EmptyDelimiter: "empty delimiter",
        /// Octets of 0x80 and above in a mailbox name without quotes. They are kept.
        ///
        /// # Who does so
        /// Servers that send names in UTF-8 as they are.
        UnquotedName: "8-bit octet in a name without quotes",
        /// A day of the month of one digit without the blank that makes it two wide.
        ///
        /// # Who does so
        /// QQ Mail.
        NarrowDay: "day of one digit without its blank",
    }
}
