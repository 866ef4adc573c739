//! Which departures from the grammar are tolerated, each with who needs it, and the report of those
//! that were.

mail_wire::deviations! {
    /// A departure from the grammar that does no harm, and that real programs commit.
    ///
    /// One name serves twice: a [`Profile`] tolerates it, and a [`Defect`] reports where it was
    /// met.
    pub enum Deviation {
        /// A command that ends in LF alone.
        ///
        /// # Why you might
        /// People who type commands into `nc`, and scripts that print lines.
        BareNewlineInCommand: "command that ends in LF alone",
        /// A line of a response or a listing that ends in LF alone.
        ///
        /// # Why you might
        /// Servers written by hand. What was asked for is awaited, so nothing can be smuggled.
        BareNewlineInResponse: "line of an answer that ends in LF alone",
        /// CR or LF alone in a message. Each becomes CRLF, if
        /// [`bare_newlines`](crate::client::Config::bare_newlines) lets it; that decides, this
        /// reports.
        ///
        /// # Why you might
        /// Servers that send messages as they have them on their disk. Where the first line of one
        /// ends in LF alone, so may the last, with the dot and CRLF behind it.
        BareNewlineInMessage: "CR or LF alone in a message",
        /// `+ok`, `-Err`. RFC 1939 3 has servers send upper case.
        ///
        /// # Why you might
        /// Servers written by hand, and those of devices.
        LowerCaseStatus: "status that is not in upper case",
        /// `+OK` or `-ERR` without a word behind it. RFC 2449 3 has the text optional, so every
        /// profile takes it.
        StatusWithoutText: "status without text",
        /// Nothing parts what a blank should: `+OK:ready`, `+PDE4`, `1 120octets`, a `+` alone.
        ///
        /// # Why you might
        /// Status and number are clear without the blank.
        MissingSpace: "missing blank",
        /// More than one blank, or a tab, between the parts of a line, or one in front of it.
        ///
        /// # Why you might
        /// Servers that print listings in columns.
        ExtraSpace: "more than one blank",
        /// Blanks at the end of a line.
        ///
        /// # Why you might
        /// Servers that print a blank behind each word.
        TrailingSpace: "blank at the end of the line",
        /// A response of more than 512 octets (RFC 2449 4).
        ///
        /// # Why you might
        /// Servers that put a web address, or a whole paragraph, into a refusal.
        LongResponse: "response of more than 512 octets",
        /// A response whose text is not UTF-8. The octets are kept.
        ///
        /// # Why you might
        /// Servers that explain themselves in GBK or Latin-1.
        NonUtf8Response: "response that is not UTF-8",
        /// CR or NUL within a line. Each is read as a blank.
        ///
        /// # Why you might
        /// Servers that quote an error text of another program with its line end, and those that
        /// end lines in CR CR LF.
        ControlInResponse: "CR or NUL in a line",
        /// Text behind the sizes of STAT and LIST. It is skipped. RFC 1939 5 "makes no requirement
        /// on what follows", so every profile takes it.
        TextBehindSize: "text behind a size",
        /// A size that is missing, negative, no number, or over 64 bits. It is told as unknown.
        ///
        /// # Why you might
        /// Servers that count in 32 bits. Sizes are for people: nothing rests on them.
        UnknownSize: "size that is none",
        /// A size that is not that of the message that came.
        ///
        /// # Why you might
        /// Most servers tell what a message has on their disk, with line ends of one octet.
        WrongSize: "size that is not the message's",
        /// A line of UIDL without an id. The message has none then.
        ///
        /// # Why you might
        /// Servers that make ids of header fields which not every message has.
        MissingId: "missing unique id",
        /// A unique id of more than 70 characters (RFC 1939 7).
        ///
        /// # Why you might
        /// Servers that put names of files into ids.
        LongId: "unique id of more than 70 characters",
        /// A blank within a unique id. It belongs to the id, with what stands behind it.
        ///
        /// # Why you might
        /// Of two messages whose ids differ behind the blank only, one would pass for the other.
        BlankInId: "blank in a unique id",
        /// An octet in a unique id that is neither a blank nor within `!` to `~`. It belongs to the
        /// id.
        ///
        /// # Why you might
        /// Ids are compared and never read.
        OddId: "odd octet in a unique id",
        /// Two messages with one unique id. RFC 1939 7 lets a server do so for copies of one
        /// message.
        ///
        /// # Why you might
        /// Servers that make ids of what a message holds, and messages that came twice.
        DoubledId: "two messages with one unique id",
        /// A message that a listing has twice, or that only one of LIST and UIDL has.
        ///
        /// # Why you might
        /// Servers that look into a directory anew for each command.
        UnsettledListing: "listings that do not fit together",
        /// An argument to a capability that has none. It is dropped.
        ///
        /// # Why you might
        /// What is offered is clear.
        StrayParameter: "argument to a capability that has none",
        /// A capability whose arguments are missing or cannot be read. Nothing is known of it but
        /// its line.
        ///
        /// # Why you might
        /// One bad line does not make the others worse.
        OddParameter: "capability with arguments that are none",
        /// An answer of many lines to LIST or UIDL with an argument.
        ///
        /// # Why you might
        /// Servers that answer as if they had been asked for all. Their lines would pass for the
        /// next answer.
        ManyLinesForOne: "many lines where one was asked for",
        /// A dot alone on a line behind an answer of one line, such as `-ERR`. It is skipped.
        ///
        /// # Why you might
        /// Servers that end whatever they say to RETR in the same way.
        StrayTerminator: "terminator without lines",
        /// `+OK` where an exchange of AUTH goes on, instead of `+` and a blank.
        ///
        /// # Why you might
        /// Exchange 2003. It is taken only where nothing rests on what the challenge says.
        OkForChallenge: "+OK instead of a challenge",
        /// A message that ends in `.` LF. Taken at the start of a line alone: behind CRLF, and
        /// behind LF if the first line of the answer ended so.
        ///
        /// # Why you might
        /// Old servers on Unix. The dot at the start of a line of text has a second in front of it.
        DotAndBareNewline: "terminator that ends in LF alone",
        /// NUL in a message. It is passed on, by every profile: it may be the sender's.
        NulInMessage: "NUL in a message",
        /// A last line without its end, behind which the connection ended.
        ///
        /// # Why you might
        /// Servers that hang up so fast on QUIT that the line end is lost.
        MissingFinalNewline: "last line without its end",
        /// A command that works although the answer to CAPA lacks it: TOP or UIDL.
        ///
        /// # Why you might
        /// Servers that forget it, such as AOL's. Trying it costs a line.
        UnlistedCommand: "command that CAPA does not list",
    }
}

mail_wire::profile! {
    /// The set of [`Deviation`]s that are tolerated.
    ///
    /// ```
    /// use pop3_proto::{Deviation, Profile};
    ///
    /// let profile = Profile::STRICT.tolerating(Deviation::BareNewlineInCommand);
    /// assert!(profile.tolerates(Deviation::BareNewlineInCommand));
    /// assert!(!profile.tolerates(Deviation::BareNewlineInResponse));
    /// ```
    pub struct Profile;
}

impl Profile {
    /// What RFC 1939 asks for, and no more.
    pub const STRICT: Self = Self::NONE
        .tolerating(Deviation::StatusWithoutText)
        .tolerating(Deviation::TextBehindSize)
        .tolerating(Deviation::NulInMessage);
    /// Everything that has a name. It is the default: none of it can do harm.
    pub const COMPAT: Self = Self::ALL;
}

impl Default for Profile {
    fn default() -> Self {
        Self::COMPAT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_tolerates_what_the_rfcs_let_pass() {
        assert_eq!(
            format!("{:?}", Profile::STRICT),
            "{StatusWithoutText, TextBehindSize, NulInMessage}"
        );
    }
}
