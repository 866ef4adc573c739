//! The wildcards of LIST and LSUB, RFC 9051 section 6.3.9.

use crate::{Delimiter, MailboxName};

/// A mailbox name with wildcards: `*` stands for anything, `%` for anything within one level.
///
/// All ways of matching are followed at once, as bits of words: matching takes a step for each
/// octet of the name and each 64 octets of the pattern, wherever the wildcards stand.
///
/// ```
/// use imap_proto::{Delimiter, MailboxName, server::MailboxPattern};
///
/// let lists = MailboxPattern::new(b"lists/", b"%", Delimiter::new(b'/'));
/// assert!(lists.matches(&MailboxName::new(&b"lists/imap"[..])?));
/// assert!(!lists.matches(&MailboxName::new(&b"lists/imap/2024"[..])?));
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Debug, Clone)]
pub struct MailboxPattern {
    /// For each octet, at which steps of the pattern it is literally asked for.
    literal: Vec<[u64; 256]>,
    /// At which steps `*` stands, and at which `%`.
    star: Vec<u64>,
    percent: Vec<u64>,
    steps: usize,
    ends_with_percent: bool,
    delimiter: Option<Delimiter>,
}

impl MailboxPattern {
    /// Puts a reference name and a pattern together: the one in front of the other, the most
    /// common of the interpretations that RFC 9051 section 6.3.9 leaves to the server.
    #[must_use]
    pub fn new(reference: &[u8], pattern: &[u8], delimiter: Option<Delimiter>) -> Self {
        let mut joined: Vec<u8> = Vec::with_capacity(reference.len() + pattern.len());
        for &octet in reference.iter().chain(pattern) {
            match (joined.last(), octet) {
                // Wildcards in a row are one: the wider of them.
                (Some(b'*'), b'*' | b'%') | (Some(b'%'), b'%') => {}
                (Some(b'%'), b'*') => {
                    joined.pop();
                    joined.push(b'*');
                }
                _ => joined.push(octet),
            }
        }
        let words = joined.len() / 64 + 1;
        let mut this = Self {
            literal: vec![[0; 256]; words],
            star: vec![0; words],
            percent: vec![0; words],
            steps: joined.len(),
            ends_with_percent: joined.ends_with(b"%"),
            delimiter,
        };
        for (step, &octet) in joined.iter().enumerate() {
            let (word, bit) = (step / 64, 1 << (step % 64));
            let table = match octet {
                b'*' => this.star.get_mut(word),
                b'%' => this.percent.get_mut(word),
                _ => this.literal.get_mut(word).map(|table| &mut table[usize::from(octet)]),
            };
            if let Some(bits) = table {
                *bits |= bit;
            }
        }
        this
    }

    /// Tells whether a name matches. INBOX does so in any case of letters.
    #[must_use]
    pub fn matches(&self, name: &MailboxName<'_>) -> bool {
        self.follow(name, |_| {})
    }

    /// Tells whether `%` is the last octet of the pattern.
    pub(super) const fn ends_with_percent(&self) -> bool {
        self.ends_with_percent
    }

    /// Returns the lengths of the names above this one that match.
    pub(super) fn levels_above(&self, name: &MailboxName<'_>) -> Vec<usize> {
        let mut levels = Vec::new();
        self.follow(name, |len| levels.push(len));
        levels
    }

    /// Matches a name, and tells where in front of a delimiter it has matched already.
    fn follow(&self, name: &MailboxName<'_>, mut level: impl FnMut(usize)) -> bool {
        let any_case = name.is_inbox();
        // Bit n: the first n steps have been matched.
        let mut now = vec![0_u64; self.star.len()];
        if let Some(first) = now.first_mut() {
            *first = 1;
        }
        self.skip_wildcards(&mut now);
        for (at, &octet) in name.as_bytes().iter().enumerate() {
            let within = self.delimiter.is_none_or(|d| d.octet() != octet);
            if !within && at > 0 && self.is_at_end(&now) {
                level(at);
            }
            let mut carry = 0;
            let tables = self.literal.iter().zip(&self.star).zip(&self.percent);
            for (state, ((literal, star), percent)) in now.iter_mut().zip(tables) {
                let mut asked = literal[usize::from(octet)];
                if any_case {
                    asked |= literal[usize::from(octet.to_ascii_lowercase())];
                }
                let stay = if within { star | percent } else { *star };
                let on = *state & asked;
                *state = (on << 1) | carry | (*state & stay);
                carry = on >> 63;
            }
            self.skip_wildcards(&mut now);
        }
        self.is_at_end(&now)
    }

    /// Whether all steps have been matched.
    fn is_at_end(&self, now: &[u64]) -> bool {
        now.get(self.steps / 64).is_some_and(|word| word & (1 << (self.steps % 64)) != 0)
    }

    /// A wildcard may stand for nothing. No two are in a row, so one pass does.
    fn skip_wildcards(&self, now: &mut [u64]) {
        let mut carry = 0;
        for (state, (star, percent)) in now.iter_mut().zip(self.star.iter().zip(&self.percent)) {
            *state |= carry;
            let skip = *state & (star | percent);
            *state |= skip << 1;
            carry = skip >> 63;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        let name = MailboxName::new(name.as_bytes()).unwrap();
        MailboxPattern::new(b"", pattern.as_bytes(), Delimiter::new(b'/')).matches(&name)
    }

    #[test]
    fn ok_rfc9051_percent_stays_within_a_level() {
        assert!(matches("%", "foo") && !matches("%", "foo/bar"));
        assert!(matches("*", "foo/bar") && matches("foo/%", "foo/bar"));
        assert!(matches("%/%", "foo/bar") && !matches("%/%", "foo/bar/baz"));
        assert!(matches("%/b*z", "foo/bar/baz") && matches("%*", "a/b"));
    }

    #[test]
    fn ok_literal_names_and_nothing() {
        assert!(matches("foo", "foo") && !matches("foo", "Foo") && !matches("foo", "foobar"));
        assert!(matches("", "") && !matches("", "a") && matches("*", ""));
    }

    #[test]
    fn ok_inbox_in_any_case() {
        assert!(matches("inbox", "INBOX") && matches("iNb%", "inbox"));
        assert!(!matches("outbox", "INBOX") && !matches("foo", "FOO"));
    }

    #[test]
    fn ok_reference_stands_in_front() {
        let mail = MailboxPattern::new(b"Mail/", b"*", Delimiter::new(b'/'));
        assert!(mail.matches(&MailboxName::new(&b"Mail/a/b"[..]).unwrap()));
        assert!(!mail.matches(&MailboxName::INBOX));
    }

    #[test]
    fn ok_many_wildcards_take_no_longer_than_few() {
        let pattern = "*a%a".repeat(250);
        assert!(matches(&pattern, &"a".repeat(2000)));
        assert!(!matches(&format!("{pattern}b"), &"a".repeat(20_000)));
    }

    /// The definition, which takes exponential time.
    fn defined(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) if defined(rest, name) => true,
            (Some((b'%', rest)), _) if defined(rest, name) => true,
            (Some((b'*', _)), Some((_, tail))) => defined(pattern, tail),
            (Some((b'%', _)), Some((c, tail))) => *c != b'/' && defined(pattern, tail),
            (Some((p, rest)), Some((c, tail))) => p == c && defined(rest, tail),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn ok_matches_as_defined(pattern in "[ab/*%]{0,8}", name in "[ab/]{0,10}") {
            prop_assert_eq!(matches(&pattern, &name), defined(pattern.as_bytes(), name.as_bytes()));
        }

        #[test]
        fn ok_across_words(lead in 55_usize..70, pattern in "[ab/*%]{0,8}", name in "[ab/]{0,8}") {
            let lead = "x".repeat(lead);
            let whole = matches(&format!("{lead}{pattern}"), &format!("{lead}{name}"));
            prop_assert_eq!(whole, defined(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
