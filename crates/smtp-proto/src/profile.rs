//! Which departures from the grammar are tolerated, each with who needs it, and the report of those
//! that were.

mail_wire::deviations! {
    /// A departure from the grammar that does no harm, and that real programs commit.
    ///
    /// One name serves twice: a [`Profile`] tolerates it, and a [`Defect`] reports where it was
    /// met.
    pub enum Deviation {
        /// Blanks in front of CRLF. RFC 5321 4.1.1 asks servers to tolerate them, so every profile
        /// does.
        TrailingSpace: "blank at the end of the line",
        /// A source route in a path: `<@relay.example:bob@example.com>`. It is dropped, and what
        /// stands behind its colon is the address. RFC 5321 appendix C has servers accept it, so
        /// every profile does.
        SourceRoute: "source route",
        /// Blanks around the colon: `MAIL FROM: <a@b>`.
        ///
        /// # Why you might
        /// Very many scripts and devices, and old versions of Outlook, write them.
        SpaceAroundColon: "blank at the colon",
        /// More than one blank, or a tab, between the parts of a command; or a blank right within
        /// the brackets of a path: `< a@b >`.
        ///
        /// # Why you might
        /// Windows Mail puts two blanks in front of the initial response of AUTH, and forms that
        /// are filled in by hand put blanks around addresses.
        ExtraSpace: "more than one blank",
        /// A mailbox without angle brackets: `RCPT TO:a@b`.
        ///
        /// # Why you might
        /// Printers, scanners and scripts that talk SMTP by hand.
        MissingBrackets: "path without angle brackets",
        /// Dots at the start or end of an unquoted local part, or two in a row.
        ///
        /// # Why you might
        /// Japanese mobile providers gave such addresses out for years, and people still have them.
        LooseDots: "misplaced dot in a local part",
        /// A local part of more than 64 octets (RFC 5321 4.5.3.1.1). The path's limit of 256 stays.
        ///
        /// # Why you might
        /// Bounce addresses that carry the recipient (VERP, BATV, SRS) outgrow the limit.
        LongLocalPart: "local part of more than 64 octets",
        /// An underscore in a domain name.
        ///
        /// # Why you might
        /// Windows lets hosts be named so, and the DNS does not mind.
        UnderscoreInDomain: "underscore in a domain name",
        /// An IPv6 address in brackets without its tag: `[2001:db8::1]`.
        ///
        /// # Why you might
        /// Mail programs name themselves so in EHLO.
        UntaggedIpv6: "IPv6 address without its tag",
        /// The argument of EHLO or HELO is neither a domain nor an address literal.
        ///
        /// # Why you might
        /// RFC 5321 4.1.4 forbids to refuse mail because of it, and mail programs send what their
        /// machine is called.
        LooseHelloName: "argument of EHLO that is no domain",
        /// EHLO or HELO without an argument.
        ///
        /// # Why you might
        /// Power supplies and other devices that nobody has given a name.
        EmptyHelloName: "no argument of EHLO",
        /// More words behind the argument of EHLO or HELO. They are dropped.
        ///
        /// # Why you might
        /// Machines whose name has a blank in it.
        MoreThanHelloName: "more than a name behind EHLO",
        /// An argument to QUIT or RSET, which have none. It is dropped.
        ///
        /// # Why you might
        /// What the client wants is clear, and refusing QUIT helps nobody.
        StrayArgument: "argument to a command that has none",
        /// AUTH=<> in MAIL where AUTH was not offered. It is ignored, as it says nothing.
        ///
        /// # Why you might
        /// Exchange sends it to everybody.
        UnofferedAuth: "AUTH=<> that was not offered",
        /// RET, ENVID, NOTIFY or ORCPT where DSN was not offered. They are ignored.
        ///
        /// # Why you might
        /// Libraries send them without a look at what is offered. Nobody who asks for a report
        /// without having been promised one can count on it.
        UnofferedDsn: "parameter of DSN that was not offered",
        /// A parameter of MAIL or RCPT that is not known. It is ignored.
        ///
        /// # Why you might not
        /// A parameter says how a message is to be treated; who ignores one treats it otherwise. No
        /// profile here does.
        UnknownParameter: "unknown parameter",
        /// A line of a reply that ends in LF alone.
        ///
        /// # Why you might
        /// Servers written by hand. A reply cannot smuggle anything: each is awaited.
        BareNewlineInReply: "line of a reply that ends in LF alone",
        /// CR or NUL within the text of a reply. Each is read as a blank.
        ///
        /// # Why you might
        /// Replies that quote an error text of another program with its line end.
        ControlInReply: "control character in a reply",
        /// Lines of one reply with several codes. The last one counts.
        ///
        /// # Why you might
        /// Filters in front of servers that change the last line only.
        MixedCodes: "several codes in one reply",
        /// A reply without text. RFC 5321 4.2 has clients accept it, so every profile does.
        ReplyWithoutText: "reply without text",
        /// A reply whose text is not UTF-8. The octets are kept.
        ///
        /// # Why you might
        /// Servers that explain themselves in GBK or Latin-1.
        NonUtf8Reply: "reply that is not UTF-8",
        /// A greeting of which only asterisks, digits and blanks are left. A firewall that does
        /// that takes extensions away too, TLS first. The greeting is good SMTP, so every profile
        /// reads it.
        MaskedBanner: "masked greeting",
        /// `AUTH=` in the reply to EHLO, instead of or beside `AUTH `.
        ///
        /// # Why you might
        /// Servers that offer it in this form alone, from before RFC 2554.
        OldAuthOffer: "AUTH= in the reply to EHLO",
    }
}

mail_wire::profile! {
    /// The set of [`Deviation`]s that are tolerated.
    ///
    /// ```
    /// use smtp_proto::{Deviation, Profile};
    ///
    /// let profile = Profile::STRICT.tolerating(Deviation::SpaceAroundColon);
    /// assert!(profile.tolerates(Deviation::SpaceAroundColon));
    /// assert!(!profile.tolerates(Deviation::MissingBrackets));
    /// ```
    pub struct Profile;
}

impl Profile {
    /// What RFC 5321 asks for, and no more.
    pub const STRICT: Self = Self::NONE
        .tolerating(Deviation::TrailingSpace)
        .tolerating(Deviation::SourceRoute)
        .tolerating(Deviation::ReplyWithoutText)
        .tolerating(Deviation::MaskedBanner);
    /// Everything that has a name but [`Deviation::UnknownParameter`]. It is the default: none of
    /// it lets one message pass for two, or changes to whom one goes.
    pub const COMPAT: Self = Self::ALL.refusing(Deviation::UnknownParameter);
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
    fn strict_tolerates_what_the_rfc_asks_to_tolerate() {
        assert_eq!(
            format!("{:?}", Profile::STRICT),
            "{TrailingSpace, SourceRoute, ReplyWithoutText, MaskedBanner}"
        );
    }

    #[test]
    fn compat_refuses_what_changes_how_a_message_is_treated() {
        let refused: Vec<_> =
            Deviation::ALL.into_iter().filter(|one| !Profile::COMPAT.tolerates(*one)).collect();
        assert_eq!(refused, [Deviation::UnknownParameter]);
    }
}
