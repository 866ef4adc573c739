//! Which departures from the grammar are tolerated, each with who needs it, and the report of those
//! that were.

use std::fmt;

/// A departure from the grammar that does no harm, and that real programs commit.
///
/// One name serves twice: a [`Profile`] tolerates it, and a [`Defect`] reports where it was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deviation {
    /// A command that ends in LF alone.
    ///
    /// # Why you might
    /// People who type commands into `nc`, and scripts that print lines.
    BareNewlineInCommand,
    /// A line of a response or a listing that ends in LF alone.
    ///
    /// # Why you might
    /// Servers written by hand. What was asked for is awaited, so nothing can be smuggled.
    BareNewlineInResponse,
    /// CR or LF alone in a message. Each becomes CRLF, if
    /// [`bare_newlines`](crate::client::Config::bare_newlines) lets it; that decides, this reports.
    ///
    /// # Why you might
    /// Servers that send messages as they have them on their disk.
    BareNewlineInMessage,
    /// `+ok`, `-Err`. RFC 1939 3 has servers send upper case.
    ///
    /// # Why you might
    /// Servers written by hand, and those of devices.
    LowerCaseStatus,
    /// `+OK` or `-ERR` without a word behind it. RFC 2449 3 has the text optional, so every profile
    /// takes it.
    StatusWithoutText,
    /// Nothing parts what a blank should: `+OK:ready`, `+PDE4`, `1 120octets`, a `+` alone.
    ///
    /// # Why you might
    /// Status and number are clear without the blank.
    MissingSpace,
    /// More than one blank, or a tab, between the parts of a line, or one in front of it.
    ///
    /// # Why you might
    /// Servers that print listings in columns.
    ExtraSpace,
    /// Blanks at the end of a line.
    ///
    /// # Why you might
    /// Servers that print a blank behind each word.
    TrailingSpace,
    /// A response of more than 512 octets (RFC 2449 4).
    ///
    /// # Why you might
    /// Servers that put a web address, or a whole paragraph, into a refusal.
    LongResponse,
    /// A response whose text is not UTF-8. The octets are kept.
    ///
    /// # Why you might
    /// Servers that explain themselves in GBK or Latin-1.
    NonUtf8Response,
    /// CR or NUL within a line. Each is read as a blank.
    ///
    /// # Why you might
    /// Servers that quote an error text of another program with its line end, and those that end
    /// lines in CR CR LF.
    ControlInResponse,
    /// Text behind the sizes of STAT and LIST. It is skipped. RFC 1939 5 "makes no requirement on
    /// what follows", so every profile takes it.
    TextBehindSize,
    /// A size that is missing, negative, no number, or over 64 bits. It is told as unknown.
    ///
    /// # Why you might
    /// Servers that count in 32 bits. Sizes are for people: nothing rests on them.
    UnknownSize,
    /// A size that is not that of the message that came.
    ///
    /// # Why you might
    /// Most servers tell what a message has on their disk, with line ends of one octet.
    WrongSize,
    /// A line of UIDL without an id. The message has none then.
    ///
    /// # Why you might
    /// Servers that make ids of header fields which not every message has.
    MissingId,
    /// A unique id of more than 70 characters (RFC 1939 7).
    ///
    /// # Why you might
    /// Servers that put names of files into ids.
    LongId,
    /// A blank within a unique id. It belongs to the id, with what stands behind it.
    ///
    /// # Why you might
    /// Of two messages whose ids differ behind the blank only, one would pass for the other.
    BlankInId,
    /// An octet in a unique id that is neither a blank nor within `!` to `~`. It belongs to the id.
    ///
    /// # Why you might
    /// Ids are compared and never read.
    OddId,
    /// Two messages with one unique id. RFC 1939 7 lets a server do so for copies of one message.
    ///
    /// # Why you might
    /// Servers that make ids of what a message holds, and messages that came twice.
    DoubledId,
    /// A message that a listing has twice, or that only one of LIST and UIDL has.
    ///
    /// # Why you might
    /// Servers that look into a directory anew for each command.
    UnsettledListing,
    /// An argument to a capability that has none. It is dropped.
    ///
    /// # Why you might
    /// What is offered is clear.
    StrayParameter,
    /// A capability whose arguments are missing or cannot be read. Nothing is known of it but its
    /// line.
    ///
    /// # Why you might
    /// One bad line does not make the others worse.
    OddParameter,
    /// An answer of many lines to LIST or UIDL with an argument.
    ///
    /// # Why you might
    /// Servers that answer as if they had been asked for all. Their lines would pass for the next
    /// answer.
    ManyLinesForOne,
    /// A dot alone on a line behind an answer of one line, such as `-ERR`. It is skipped.
    ///
    /// # Why you might
    /// Servers that end whatever they say to RETR in the same way.
    StrayTerminator,
    /// `+OK` where an exchange of AUTH goes on, instead of `+` and a blank.
    ///
    /// # Why you might
    /// Exchange 2003. It is taken only where nothing rests on what the challenge says.
    OkForChallenge,
    /// A message that ends in `.` LF. Taken at the start of a line alone: behind CRLF, and behind
    /// LF if the first line of the answer ended so.
    ///
    /// # Why you might
    /// Old servers on Unix. The dot at the start of a line of text has a second in front of it.
    DotAndBareNewline,
    /// NUL in a message. It is passed on, by every profile: it may be the sender's.
    NulInMessage,
    /// A last line without its end, behind which the connection ended.
    ///
    /// # Why you might
    /// Servers that hang up so fast on QUIT that the line end is lost.
    MissingFinalNewline,
    /// A command that works although the answer to CAPA lacks it: TOP or UIDL.
    ///
    /// # Why you might
    /// Servers that forget it, such as AOL's. Trying it costs a line.
    UnlistedCommand,
}

impl Deviation {
    /// Every deviation that has a name.
    pub const ALL: [Self; 29] = [
        Self::BareNewlineInCommand,
        Self::BareNewlineInResponse,
        Self::BareNewlineInMessage,
        Self::LowerCaseStatus,
        Self::StatusWithoutText,
        Self::MissingSpace,
        Self::ExtraSpace,
        Self::TrailingSpace,
        Self::LongResponse,
        Self::NonUtf8Response,
        Self::ControlInResponse,
        Self::TextBehindSize,
        Self::UnknownSize,
        Self::WrongSize,
        Self::MissingId,
        Self::LongId,
        Self::BlankInId,
        Self::OddId,
        Self::DoubledId,
        Self::UnsettledListing,
        Self::StrayParameter,
        Self::OddParameter,
        Self::ManyLinesForOne,
        Self::StrayTerminator,
        Self::OkForChallenge,
        Self::DotAndBareNewline,
        Self::NulInMessage,
        Self::MissingFinalNewline,
        Self::UnlistedCommand,
    ];

    const fn bit(self) -> u64 {
        1 << self as u64
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareNewlineInCommand => "command that ends in LF alone",
            Self::BareNewlineInResponse => "line of an answer that ends in LF alone",
            Self::BareNewlineInMessage => "CR or LF alone in a message",
            Self::LowerCaseStatus => "status that is not in upper case",
            Self::StatusWithoutText => "status without text",
            Self::MissingSpace => "missing blank",
            Self::ExtraSpace => "more than one blank",
            Self::TrailingSpace => "blank at the end of the line",
            Self::LongResponse => "response of more than 512 octets",
            Self::NonUtf8Response => "response that is not UTF-8",
            Self::ControlInResponse => "CR or NUL in a line",
            Self::TextBehindSize => "text behind a size",
            Self::UnknownSize => "size that is none",
            Self::WrongSize => "size that is not the message's",
            Self::MissingId => "missing unique id",
            Self::LongId => "unique id of more than 70 characters",
            Self::BlankInId => "blank in a unique id",
            Self::OddId => "odd octet in a unique id",
            Self::DoubledId => "two messages with one unique id",
            Self::UnsettledListing => "listings that do not fit together",
            Self::StrayParameter => "argument to a capability that has none",
            Self::OddParameter => "capability with arguments that are none",
            Self::ManyLinesForOne => "many lines where one was asked for",
            Self::StrayTerminator => "terminator without lines",
            Self::OkForChallenge => "+OK instead of a challenge",
            Self::DotAndBareNewline => "terminator that ends in LF alone",
            Self::NulInMessage => "NUL in a message",
            Self::MissingFinalNewline => "last line without its end",
            Self::UnlistedCommand => "command that CAPA does not list",
        })
    }
}

/// The set of [`Deviation`]s that are tolerated.
///
/// ```
/// use pop3_proto::{Deviation, Profile};
///
/// let profile = Profile::STRICT.tolerating(Deviation::BareNewlineInCommand);
/// assert!(profile.tolerates(Deviation::BareNewlineInCommand));
/// assert!(!profile.tolerates(Deviation::BareNewlineInResponse));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Profile(u64);

impl Profile {
    /// What RFC 1939 asks for, and no more.
    pub const STRICT: Self = Self(0)
        .tolerating(Deviation::StatusWithoutText)
        .tolerating(Deviation::TextBehindSize)
        .tolerating(Deviation::NulInMessage);
    /// Everything that has a name. It is the default: none of it can do harm.
    pub const COMPAT: Self = Self(u64::MAX);

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
    /// Puts both together.
    pub(crate) fn new(deviation: Deviation, offset: usize) -> Self {
        // No line is nearly so long.
        Self { deviation, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
    }

    /// Returns what it is.
    #[must_use]
    pub const fn deviation(self) -> Deviation {
        self.deviation
    }

    /// Returns where it stands, in octets from the start of the line.
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
    met: u64,
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
        if tolerated && self.met & deviation.bit() == 0 {
            self.met |= deviation.bit();
            if let Some(slot) = self.offsets.get_mut(deviation as usize) {
                *slot = Defect::new(deviation, offset).offset;
            }
        }
        tolerated
    }

    /// Adds those of a part that starts at `offset`.
    pub fn add(&mut self, part: &Self, offset: usize) {
        for defect in part.iter() {
            self.tolerate(Profile::COMPAT, defect.deviation, offset + defect.offset());
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
            assert_eq!(Deviation::ALL.into_iter().filter(|one| alone.tolerates(*one)).count(), 1);
            assert!(!Profile::COMPAT.refusing(deviation).tolerates(deviation));
            assert!(defects.tolerate(Profile::COMPAT, deviation, 3));
            assert!(defects.tolerate(Profile::COMPAT, deviation, 9));
        }
        let found: Vec<_> = defects.iter().map(Defect::deviation).collect();
        assert_eq!(found, Deviation::ALL);
        assert!(defects.iter().all(|defect| defect.offset() == 3));
    }

    #[test]
    fn strict_tolerates_what_the_rfcs_let_pass() {
        assert_eq!(
            format!("{:?}", Profile::STRICT),
            "{StatusWithoutText, TextBehindSize, NulInMessage}"
        );
    }
}
