//! The flags of a message (RFC 9051 2.3.2).

use std::fmt;
use std::sync::Arc;

/// A flag that the protocol defines. `\Recent` is not among them: it is a matter of sessions
/// (see [`Messages::claim_recent`](super::Messages::claim_recent)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemFlag {
    /// `\Seen`: has been read.
    Seen,
    /// `\Answered`: has been answered.
    Answered,
    /// `\Flagged`: is urgent or special.
    Flagged,
    /// `\Deleted`: goes with the next EXPUNGE.
    Deleted,
    /// `\Draft`: is not finished.
    Draft,
}

impl SystemFlag {
    /// All of them, in the order in which they are usually told.
    pub const ALL: [Self; 5] =
        [Self::Answered, Self::Flagged, Self::Deleted, Self::Seen, Self::Draft];

    pub(super) const fn bit(self) -> u8 {
        match self {
            Self::Seen => 1,
            Self::Answered => 2,
            Self::Flagged => 4,
            Self::Deleted => 8,
            Self::Draft => 16,
        }
    }
}

/// A keyword (RFC 9051 2.3.2): an atom of the client's or of a registry's making, like
/// `$Forwarded`. Two that differ in case alone are the same; the first spelling is kept.
#[derive(Debug, Clone)]
pub struct Keyword(Arc<str>);

impl Keyword {
    /// The longest keyword, in octets.
    pub const LONGEST: usize = 64;

    /// Takes an atom of at most [`Keyword::LONGEST`] octets; `None` if it is none.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        // RFC 9051 9: atom-specials, and `\` begins a system flag.
        let special = |b: u8| b <= b' ' || b >= 0x7f || b"(){%*\"\\]".contains(&b);
        let legal = (1..=Self::LONGEST).contains(&text.len()) && !text.bytes().any(special);
        legal.then(|| Self(text.into()))
    }

    /// Returns the keyword as it was first spelled.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|b| b.to_ascii_lowercase())
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Keyword {}

impl PartialOrd for Keyword {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Keyword {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(other.folded())
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The flags of one message: system flags and keywords, each once.
///
/// A message without keywords, and that is nearly every one, costs no allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    system: u8,
    /// Ascending.
    keywords: Vec<Keyword>,
}

impl Flags {
    /// The most keywords one message may have.
    pub const MOST_KEYWORDS: usize = 64;

    /// Makes a set of these system flags.
    #[must_use]
    pub fn of(system: &[SystemFlag]) -> Self {
        let bits = system.iter().fold(0, |bits, flag| bits | flag.bit());
        Self { system: bits, keywords: Vec::new() }
    }

    /// Puts a system flag in.
    pub const fn insert(&mut self, flag: SystemFlag) {
        self.system |= flag.bit();
    }

    /// Puts a keyword in. Returns `false`, and leaves the set as it is, when there are
    /// [`Flags::MOST_KEYWORDS`] already.
    #[must_use = "a full set takes no more"]
    pub fn insert_keyword(&mut self, keyword: Keyword) -> bool {
        let Err(at) = self.keywords.binary_search(&keyword) else { return true };
        let room = self.keywords.len() < Self::MOST_KEYWORDS;
        if room {
            self.keywords.insert(at, keyword);
        }
        room
    }

    /// Tells whether a system flag is in.
    #[must_use]
    pub const fn contains(&self, flag: SystemFlag) -> bool {
        self.system & flag.bit() != 0
    }

    /// Tells whether a keyword is in, in any spelling.
    #[must_use]
    pub fn contains_keyword(&self, keyword: &Keyword) -> bool {
        self.keywords.binary_search(keyword).is_ok()
    }

    /// Returns the system flags that are in.
    pub fn system(&self) -> impl Iterator<Item = SystemFlag> + '_ {
        SystemFlag::ALL.into_iter().filter(|flag| self.contains(*flag))
    }

    /// Returns the keywords, ascending.
    #[must_use]
    pub fn keywords(&self) -> &[Keyword] {
        &self.keywords
    }

    /// Tells whether nothing is in.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.system == 0 && self.keywords.is_empty()
    }

    /// Returns these flags after a change; `None` if there would be too many keywords.
    #[must_use]
    pub fn changed(&self, change: &FlagChange) -> Option<Self> {
        match change {
            FlagChange::Replace(flags) => Some(flags.clone()),
            FlagChange::Add(flags) => {
                let mut sum = self.clone();
                sum.system |= flags.system;
                let fits = flags.keywords.iter().all(|word| sum.insert_keyword(word.clone()));
                fits.then_some(sum)
            }
            FlagChange::Remove(flags) => {
                let mut rest = self.clone();
                rest.system &= !flags.system;
                rest.keywords.retain(|word| !flags.contains_keyword(word));
                Some(rest)
            }
        }
    }

    /// Returns the system flags as the number that [`Flags::from_bits`] takes.
    pub(super) const fn bits(&self) -> u8 {
        self.system
    }

    /// Makes a set of a number that [`Flags::bits`] gave; what it does not know falls away.
    pub(super) fn from_bits(bits: u8) -> Self {
        let known = SystemFlag::ALL.iter().fold(0, |known, flag| known | flag.bit());
        Self { system: bits & known, keywords: Vec::new() }
    }
}

/// What STORE does to the flags of a message (RFC 9051 6.4.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagChange {
    /// `FLAGS`: these and no others.
    Replace(Flags),
    /// `+FLAGS`: these as well.
    Add(Flags),
    /// `-FLAGS`: not these.
    Remove(Flags),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Keyword {
        Keyword::new(text).expect("a keyword")
    }

    #[test]
    fn ok_keyword_is_the_same_in_any_case() {
        let mut flags = Flags::default();
        assert!(flags.insert_keyword(word("$Forwarded")));
        assert!(flags.insert_keyword(word("$FORWARDED")));
        assert_eq!(
            flags.keywords().iter().map(Keyword::as_str).collect::<Vec<_>>(),
            ["$Forwarded"]
        );
        assert!(flags.contains_keyword(&word("$forwarded")));
    }

    #[test]
    fn err_keyword_that_is_no_atom() {
        for text in ["", "a b", "a\r\n", "\\Seen", "a]", "a(", "é", "a\0", &"x".repeat(65)] {
            assert!(Keyword::new(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn ok_changes_are_set_operations() {
        let mut start = Flags::of(&[SystemFlag::Seen]);
        assert!(start.insert_keyword(word("a")));
        let mut change = Flags::of(&[SystemFlag::Seen, SystemFlag::Draft]);
        assert!(change.insert_keyword(word("A")));
        assert!(change.insert_keyword(word("b")));
        let added = start.changed(&FlagChange::Add(change.clone())).expect("fits");
        assert!(added.contains(SystemFlag::Draft));
        assert_eq!(added.keywords().len(), 2);
        let removed = start.changed(&FlagChange::Remove(change.clone())).expect("fits");
        assert!(removed.is_empty());
        assert_eq!(start.changed(&FlagChange::Replace(change.clone())), Some(change));
    }

    #[test]
    fn err_more_keywords_than_a_message_may_have() {
        let mut flags = Flags::default();
        for n in 0..Flags::MOST_KEYWORDS {
            assert!(flags.insert_keyword(word(&format!("k{n}"))));
        }
        assert!(!flags.insert_keyword(word("one-more")));
        let mut more = Flags::default();
        assert!(more.insert_keyword(word("one-more")));
        assert_eq!(flags.changed(&FlagChange::Add(more)), None);
    }
}
