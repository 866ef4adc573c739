//! When a message is to be delivered, and how urgently: RFC 2852, RFC 4865, RFC 6710, RFC 7293.

use std::fmt;

use mail_errors::{Misuse, ParseError};

use crate::{Timestamp, parse};

/// By when a message is to be delivered: BY of MAIL. RFC 2852 4.
///
/// ```
/// use smtp_proto::{ByMode, DeliverBy};
///
/// let by = DeliverBy::parse("120;RT")?;
/// assert_eq!((by.seconds(), by.mode(), by.is_traced()), (120, ByMode::Return, true));
/// assert!(DeliverBy::parse("-1;R").is_err());
/// assert_eq!(DeliverBy::parse("-1;N")?.to_string(), "-1;N");
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliverBy {
    seconds: i32,
    mode: ByMode,
    traced: bool,
}

/// What becomes of a message that is late. RFC 2852 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByMode {
    /// `N`: it is delivered all the same, and the sender is told.
    Notify,
    /// `R`: it is given back.
    Return,
}

impl DeliverBy {
    /// Most seconds, either way. RFC 2852 4: nine digits.
    pub const MOST_SECONDS: i32 = 999_999_999;

    /// Sets a time. With [`ByMode::Notify`] it may have passed.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if it has more than nine digits, or is not above 0 with
    /// [`ByMode::Return`].
    pub const fn new(seconds: i32, mode: ByMode) -> Result<Self, Misuse> {
        let least = match mode {
            ByMode::Notify => -Self::MOST_SECONDS,
            ByMode::Return => 1,
        };
        if seconds < least || seconds > Self::MOST_SECONDS {
            return Err(Misuse::Invalid { what: "by-time", why: "it is out of range" });
        }
        Ok(Self { seconds, mode, traced: false })
    }

    /// Asks for a report where a relay does not know the extension.
    #[must_use]
    pub const fn traced(mut self) -> Self {
        self.traced = true;
        self
    }

    /// Reads the value of BY.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit, or at a time that is out of range.
    pub fn parse(value: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        parse::deliver_by(value.as_ref())
    }

    /// Returns how many seconds there are.
    #[must_use]
    pub const fn seconds(self) -> i32 {
        self.seconds
    }

    /// Returns what becomes of the message if it is late.
    #[must_use]
    pub const fn mode(self) -> ByMode {
        self.mode
    }

    /// Tells whether relays are to report.
    #[must_use]
    pub const fn is_traced(self) -> bool {
        self.traced
    }
}

impl fmt::Display for DeliverBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            ByMode::Notify => 'N',
            ByMode::Return => 'R',
        };
        write!(f, "{};{mode}{}", self.seconds, if self.traced { "T" } else { "" })
    }
}

/// Until when a message is kept back: HOLDFOR or HOLDUNTIL of MAIL. RFC 4865 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hold {
    /// HOLDFOR: for this long.
    For(HoldSeconds),
    /// HOLDUNTIL: until then.
    Until(Timestamp),
}

/// For how many seconds a message is kept back: 1 to 999,999,999. RFC 4865 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldSeconds(u32);

impl HoldSeconds {
    /// Takes a number of seconds; `None` unless it is 1 to 999,999,999.
    #[must_use]
    pub const fn new(seconds: u32) -> Option<Self> {
        if matches!(seconds, 1..=999_999_999) { Some(Self(seconds)) } else { None }
    }

    /// Returns the number of seconds.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// How urgent a message is, from -9 to 9; 0 is usual: MT-PRIORITY of MAIL. RFC 6710 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Priority(i8);

impl Priority {
    /// Takes a priority; `None` unless it is -9 to 9.
    #[must_use]
    pub const fn new(priority: i8) -> Option<Self> {
        if matches!(priority, -9..=9) { Some(Self(priority)) } else { None }
    }

    /// Returns the number; what is more urgent has the higher one.
    #[must_use]
    pub const fn get(self) -> i8 {
        self.0
    }
}

/// Since when the mailbox must have had the same owner: RRVS of RCPT. RFC 7293 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValidSince {
    since: Timestamp,
    otherwise: Option<WithoutSupport>,
}

/// What a relay does with RRVS when the next host does not know it. RFC 7293 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WithoutSupport {
    /// `C`: the message goes on without it.
    Continue,
    /// `R`: the message is refused.
    Reject,
}

impl ValidSince {
    /// Sets the time.
    #[must_use]
    pub const fn new(since: Timestamp) -> Self {
        Self { since, otherwise: None }
    }

    /// Says what is done where RRVS is not known.
    #[must_use]
    pub const fn otherwise(mut self, otherwise: WithoutSupport) -> Self {
        self.otherwise = Some(otherwise);
        self
    }

    /// Reads the value of RRVS.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(value: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        parse::valid_since(value.as_ref())
    }

    /// Returns the time.
    #[must_use]
    pub const fn since(self) -> Timestamp {
        self.since
    }

    /// Returns what is done where RRVS is not known, if the sender says so.
    #[must_use]
    pub const fn without_support(self) -> Option<WithoutSupport> {
        self.otherwise
    }
}

impl fmt::Display for ValidSince {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let otherwise = match self.otherwise {
            None => "",
            Some(WithoutSupport::Continue) => ";C",
            Some(WithoutSupport::Reject) => ";R",
        };
        write!(f, "{}{otherwise}", self.since)
    }
}
