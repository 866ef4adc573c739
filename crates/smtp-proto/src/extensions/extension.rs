//! The extensions that have a name here.

use std::fmt;

use mail_wire::grammar::eight;

macro_rules! extensions {
    ($($(#[$doc:meta])* $name:ident = $keyword:literal,)*) => {
        /// A service extension, by the keyword that offers it in EHLO. RFC 5321 2.2.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Extension {
            $($(#[$doc])* $name,)*
        }

        impl Extension {
            /// Every extension that is known here.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns its keyword.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $keyword,)*
                }
            }

            /// Finds the one of whose keyword the first eight octets and the next fold to these.
            #[inline(always)]
            #[expect(non_upper_case_globals, reason = "they are named as the extensions are")]
            const fn of_word(low: u64, high: u64) -> Option<Self> {
                $(const $name: u64 = fold($keyword, 0);)*
                // Their first eight octets tell them apart.
                let (found, more) = match low {
                    $($name => (Self::$name, const { fold($keyword, 8) }),)*
                    _ => return None,
                };
                if more == high { Some(found) } else { None }
            }
        }
    };
}

extensions! {
    /// Several commands in one go. RFC 2920.
    Pipelining = "PIPELINING",
    /// The largest message. RFC 1870.
    Size = "SIZE",
    /// Octets of 0x80 and above in messages. RFC 6152.
    EightBitMime = "8BITMIME",
    /// Replies carry enhanced codes. RFC 2034.
    EnhancedStatusCodes = "ENHANCEDSTATUSCODES",
    /// STARTTLS. RFC 3207.
    StartTls = "STARTTLS",
    /// AUTH. RFC 4954.
    Auth = "AUTH",
    /// BDAT. RFC 3030.
    Chunking = "CHUNKING",
    /// Messages that need not be lines. RFC 3030.
    BinaryMime = "BINARYMIME",
    /// What is to be told of a message's fate. RFC 3461.
    Dsn = "DSN",
    /// Addresses and headers in UTF-8. RFC 6531.
    SmtpUtf8 = "SMTPUTF8",
    /// Nowhere without TLS. RFC 8689.
    RequireTls = "REQUIRETLS",
    /// By when to deliver. RFC 2852.
    DeliverBy = "DELIVERBY",
    /// Until when to keep back. RFC 4865.
    FutureRelease = "FUTURERELEASE",
    /// How urgent. RFC 6710.
    MtPriority = "MT-PRIORITY",
    /// Only if the mailbox has the same owner still. RFC 7293.
    Rrvs = "RRVS",
    /// How much at once. RFC 9422.
    Limits = "LIMITS",
    /// No solicitations. RFC 3865.
    NoSoliciting = "NO-SOLICITING",
    /// BURL. RFC 4468.
    Burl = "BURL",
    /// ETRN. RFC 1985.
    Etrn = "ETRN",
    /// VRFY. RFC 5321 4.1.1.6.
    Vrfy = "VRFY",
    /// EXPN. RFC 5321 4.1.1.7.
    Expn = "EXPN",
    /// HELP. RFC 5321 4.1.1.8.
    Help = "HELP",
    /// XCLIENT. Postfix's.
    Xclient = "XCLIENT",
    /// XFORWARD. Postfix's.
    Xforward = "XFORWARD",
}

/// Folds the eight octets of a keyword from `start` on into a word, upper and lower case into the
/// same.
const fn fold(keyword: &str, start: usize) -> u64 {
    let (mut word, mut rest, mut at) = (0, keyword.as_bytes(), 0);
    while let [octet, tail @ ..] = rest {
        if start <= at && at < start + 8 {
            word |= ((*octet & 0xdf) as u64) << (8 * (at - start));
        }
        (rest, at) = (tail, at + 1);
    }
    word
}

/// Folds the octets in front of the first that no keyword has: a blank, a control, or one of 0x80
/// and above. Without those nothing else folds to what the octets of keywords do. Tells whether
/// there is one.
#[inline(always)]
const fn folded_up_to_blank(word: u64) -> (u64, bool) {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    // The highest bit of each: what is below "!" borrows it.
    let ends = (word.wrapping_sub(EACH * 0x21) | word) & (EACH << 7);
    let head = ((ends & ends.wrapping_neg()) >> 7).wrapping_sub(1);
    (word & head & (EACH * 0xdf), ends != 0)
}

impl Extension {
    /// Takes the keyword of an extension off the front of a line. What ends a keyword is a blank, a
    /// control or an octet of 0x80 and above.
    #[inline(always)]
    pub(crate) fn split_from(line: &[u8]) -> Option<(Self, &[u8])> {
        let (low, is_short) = folded_up_to_blank(eight(line));
        let high = match line.split_at_checked(8) {
            Some((_, more)) if !is_short => folded_up_to_blank(eight(more)).0,
            _ => 0,
        };
        let found = Self::of_word(low, high)?;
        let (_, rest) = line.split_at_checked(found.as_str().len())?;
        if found == Self::EnhancedStatusCodes {
            // The one that has more than sixteen octets.
            let tail = line.get(16..19)?;
            return tail.eq_ignore_ascii_case(b"DES").then_some((found, rest));
        }
        Some((found, rest))
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of [`Extension`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Extensions(u32);

impl Extensions {
    /// None.
    pub const NONE: Self = Self(0);

    /// Adds one.
    #[must_use]
    pub const fn with(self, extension: Extension) -> Self {
        Self(self.0 | extension.bit())
    }

    /// Tells whether it is in the set.
    #[must_use]
    pub const fn has(self, extension: Extension) -> bool {
        self.0 & extension.bit() != 0
    }

    /// Returns those that the other set does not have.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Tells whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns them.
    pub fn iter(self) -> impl Iterator<Item = Extension> {
        Extension::ALL.iter().copied().filter(move |one| self.has(*one))
    }
}

impl FromIterator<Extension> for Extensions {
    fn from_iter<I: IntoIterator<Item = Extension>>(all: I) -> Self {
        all.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
