//! Which departures from the grammar are tolerated, each with who needs it, and the report of those
//! that were.

use std::fmt;

/// A departure from the grammar that does no harm, and that real programs commit.
///
/// One name serves twice: a [`Profile`] tolerates it, and a [`Defect`] reports where it was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deviation {
    /// Blanks in front of CRLF. RFC 5321 4.1.1 asks servers to tolerate them, so every profile
    /// does.
    TrailingSpace,
    /// A source route in a path: `<@relay.example:bob@example.com>`. It is dropped, and what stands
    /// behind its colon is the address. RFC 5321 appendix C has servers accept it, so every profile
    /// does.
    SourceRoute,
    /// Blanks around the colon: `MAIL FROM: <a@b>`.
    ///
    /// # Why you might
    /// Very many scripts and devices, and old versions of Outlook, write them.
    SpaceAroundColon,
    /// More than one blank, or a tab, between the parts of a command; or a blank right within the
    /// brackets of a path: `< a@b >`.
    ///
    /// # Why you might
    /// Windows Mail puts two blanks in front of the initial response of AUTH, and forms that are
    /// filled in by hand put blanks around addresses.
    ExtraSpace,
    /// A mailbox without angle brackets: `RCPT TO:a@b`.
    ///
    /// # Why you might
    /// Printers, scanners and scripts that talk SMTP by hand.
    MissingBrackets,
    /// Dots at the start or end of an unquoted local part, or two in a row.
    ///
    /// # Why you might
    /// Japanese mobile providers gave such addresses out for years, and people still have them.
    LooseDots,
    /// A local part of more than 64 octets (RFC 5321 4.5.3.1.1). The path's limit of 256 stays.
    ///
    /// # Why you might
    /// Bounce addresses that carry the recipient (VERP, BATV, SRS) outgrow the limit.
    LongLocalPart,
    /// An underscore in a domain name.
    ///
    /// # Why you might
    /// Windows lets hosts be named so, and the DNS does not mind.
    UnderscoreInDomain,
    /// An IPv6 address in brackets without its tag: `[2001:db8::1]`.
    ///
    /// # Why you might
    /// Mail programs name themselves so in EHLO.
    UntaggedIpv6,
    /// The argument of EHLO or HELO is neither a domain nor an address literal.
    ///
    /// # Why you might
    /// RFC 5321 4.1.4 forbids to refuse mail because of it, and mail programs send what their
    /// machine is called.
    LooseHelloName,
    /// EHLO or HELO without an argument.
    ///
    /// # Why you might
    /// Power supplies and other devices that nobody has given a name.
    EmptyHelloName,
    /// More words behind the argument of EHLO or HELO. They are dropped.
    ///
    /// # Why you might
    /// Machines whose name has a blank in it.
    MoreThanHelloName,
    /// An argument to QUIT or RSET, which have none. It is dropped.
    ///
    /// # Why you might
    /// What the client wants is clear, and refusing QUIT helps nobody.
    StrayArgument,
    /// AUTH=<> in MAIL where AUTH was not offered. It is ignored, as it says nothing.
    ///
    /// # Why you might
    /// Exchange sends it to everybody.
    UnofferedAuth,
    /// RET, ENVID, NOTIFY or ORCPT where DSN was not offered. They are ignored.
    ///
    /// # Why you might
    /// Libraries send them without a look at what is offered. Nobody who asks for a report without
    /// having been promised one can count on it.
    UnofferedDsn,
    /// A parameter of MAIL or RCPT that is not known. It is ignored.
    ///
    /// # Why you might not
    /// A parameter says how a message is to be treated; who ignores one treats it otherwise. No
    /// profile here does.
    UnknownParameter,
    /// A line of a reply that ends in LF alone.
    ///
    /// # Why you might
    /// Servers written by hand. A reply cannot smuggle anything: each is awaited.
    BareNewlineInReply,
    /// CR or NUL within the text of a reply. Each is read as a blank.
    ///
    /// # Why you might
    /// Replies that quote an error text of another program with its line end.
    ControlInReply,
    /// Lines of one reply with several codes. The last one counts.
    ///
    /// # Why you might
    /// Filters in front of servers that change the last line only.
    MixedCodes,
    /// A reply without text. RFC 5321 4.2 has clients accept it, so every profile does.
    ReplyWithoutText,
    /// A reply whose text is not UTF-8. The octets are kept.
    ///
    /// # Why you might
    /// Servers that explain themselves in GBK or Latin-1.
    NonUtf8Reply,
    /// A greeting of which only asterisks, digits and blanks are left. A firewall that does that
    /// takes extensions away too, TLS first. The greeting is good SMTP, so every profile reads it.
    MaskedBanner,
    /// `AUTH=` in the reply to EHLO, instead of or beside `AUTH `.
    ///
    /// # Why you might
    /// Servers that offer it in this form alone, from before RFC 2554.
    OldAuthOffer,
}

impl Deviation {
    /// Every deviation that has a name.
    pub const ALL: [Self; 23] = [
        Self::TrailingSpace,
        Self::SourceRoute,
        Self::SpaceAroundColon,
        Self::ExtraSpace,
        Self::MissingBrackets,
        Self::LooseDots,
        Self::LongLocalPart,
        Self::UnderscoreInDomain,
        Self::UntaggedIpv6,
        Self::LooseHelloName,
        Self::EmptyHelloName,
        Self::MoreThanHelloName,
        Self::StrayArgument,
        Self::UnofferedAuth,
        Self::UnofferedDsn,
        Self::UnknownParameter,
        Self::BareNewlineInReply,
        Self::ControlInReply,
        Self::MixedCodes,
        Self::ReplyWithoutText,
        Self::NonUtf8Reply,
        Self::MaskedBanner,
        Self::OldAuthOffer,
    ];

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TrailingSpace => "blank at the end of the line",
            Self::SourceRoute => "source route",
            Self::SpaceAroundColon => "blank at the colon",
            Self::ExtraSpace => "more than one blank",
            Self::MissingBrackets => "path without angle brackets",
            Self::LooseDots => "misplaced dot in a local part",
            Self::LongLocalPart => "local part of more than 64 octets",
            Self::UnderscoreInDomain => "underscore in a domain name",
            Self::UntaggedIpv6 => "IPv6 address without its tag",
            Self::LooseHelloName => "argument of EHLO that is no domain",
            Self::EmptyHelloName => "no argument of EHLO",
            Self::MoreThanHelloName => "more than a name behind EHLO",
            Self::StrayArgument => "argument to a command that has none",
            Self::UnofferedAuth => "AUTH=<> that was not offered",
            Self::UnofferedDsn => "parameter of DSN that was not offered",
            Self::UnknownParameter => "unknown parameter",
            Self::BareNewlineInReply => "line of a reply that ends in LF alone",
            Self::ControlInReply => "control character in a reply",
            Self::MixedCodes => "several codes in one reply",
            Self::ReplyWithoutText => "reply without text",
            Self::NonUtf8Reply => "reply that is not UTF-8",
            Self::MaskedBanner => "masked greeting",
            Self::OldAuthOffer => "AUTH= in the reply to EHLO",
        })
    }
}

/// The set of [`Deviation`]s that are tolerated.
///
/// ```
/// use smtp_proto::{Deviation, Profile};
///
/// let profile = Profile::STRICT.tolerating(Deviation::SpaceAroundColon);
/// assert!(profile.tolerates(Deviation::SpaceAroundColon));
/// assert!(!profile.tolerates(Deviation::MissingBrackets));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Profile(u32);

impl Profile {
    /// What RFC 5321 asks for, and no more.
    pub const STRICT: Self = Self(0)
        .tolerating(Deviation::TrailingSpace)
        .tolerating(Deviation::SourceRoute)
        .tolerating(Deviation::ReplyWithoutText)
        .tolerating(Deviation::MaskedBanner);
    /// Everything that has a name but [`Deviation::UnknownParameter`]. It is the default: none of it
    /// lets one message pass for two, or changes to whom one goes.
    pub const COMPAT: Self = Self(u32::MAX).refusing(Deviation::UnknownParameter);

    /// Tolerates this too.
    #[must_use]
    pub const fn tolerating(self, deviation: Deviation) -> Self {
        Self(self.0 | deviation.bit())
    }

    /// Refuses this.
    #[must_use]
    pub const fn refusing(self, deviation: Deviation) -> Self {
        Self(self.0 & !deviation.bit())
    }

    /// Tells whether this is tolerated.
    #[must_use]
    pub const fn tolerates(self, deviation: Deviation) -> bool {
        self.0 & deviation.bit() != 0
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::COMPAT
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tolerated = Deviation::ALL.into_iter().filter(|one| self.tolerates(*one));
        f.debug_set().entries(tolerated).finish()
    }
}

/// A deviation that was met and tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Defect {
    deviation: Deviation,
    offset: u32,
}

impl Defect {
    /// Returns what it is.
    #[must_use]
    pub const fn deviation(self) -> Deviation {
        self.deviation
    }

    /// Returns where it stands, in octets from the start of the line, or of the reply.
    #[must_use]
    pub const fn offset(self) -> usize {
        self.offset as usize
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.deviation, self.offset)
    }
}

/// The defects of one line: of each sort the first. Holds no heap memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Defects {
    /// Those that were met.
    met: u32,
    /// Where each stands, if it was met.
    offsets: [u32; Deviation::ALL.len()],
}

impl Defects {
    /// Starts with none.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { met: 0, offsets: [0; Deviation::ALL.len()] }
    }

    /// Returns them, one of each sort at most.
    pub fn iter(&self) -> impl Iterator<Item = Defect> {
        let met = Deviation::ALL.into_iter().zip(self.offsets);
        met.filter(|(one, _)| self.met & one.bit() != 0)
            .map(|(deviation, offset)| Defect { deviation, offset })
    }

    /// Tells whether the line was as the grammar has it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.met == 0
    }

    /// Tells whether `profile` tolerates a deviation, and notes it if so.
    pub(crate) fn tolerate(
        &mut self,
        profile: Profile,
        deviation: Deviation,
        offset: usize,
    ) -> bool {
        let tolerated = profile.tolerates(deviation);
        if tolerated {
            self.report(deviation, offset);
        }
        tolerated
    }

    /// Adds those of a part that starts at `offset`.
    pub(crate) fn add(&mut self, part: &Self, offset: usize) {
        for defect in part.iter() {
            self.report(defect.deviation, offset + defect.offset());
        }
    }

    fn report(&mut self, deviation: Deviation, offset: usize) {
        if self.met & deviation.bit() != 0 {
            return;
        }
        if let Some(slot) = self.offsets.get_mut(deviation as usize) {
            self.met |= deviation.bit();
            // No line is nearly so long.
            *slot = u32::try_from(offset).unwrap_or(u32::MAX);
        }
    }
}

impl Default for Defects {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Defects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_each_deviation_has_a_bit_and_a_slot_of_its_own() {
        let mut defects = Defects::new();
        for deviation in Deviation::ALL {
            let alone = Profile(0).tolerating(deviation);
            let others = Deviation::ALL.into_iter().filter(|one| alone.tolerates(*one)).count();
            assert_eq!(others, 1, "{deviation}");
            assert!(!Profile::COMPAT.refusing(deviation).tolerates(deviation));
            let by_default = deviation != Deviation::UnknownParameter;
            assert_eq!(Profile::COMPAT.tolerates(deviation), by_default);
            defects.report(deviation, 3);
            defects.report(deviation, 9);
        }
        let found: Vec<_> = defects.iter().map(|defect| defect.deviation()).collect();
        assert_eq!(found, Deviation::ALL);
        assert!(defects.iter().all(|defect| defect.offset() == 3));
    }

    #[test]
    fn strict_tolerates_what_the_rfc_asks_to_tolerate() {
        assert_eq!(
            format!("{:?}", Profile::STRICT),
            "{TrailingSpace, SourceRoute, ReplyWithoutText, MaskedBanner}"
        );
    }
}
