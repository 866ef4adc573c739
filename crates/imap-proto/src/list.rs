//! LIST and LSUB, RFC 9051 sections 6.3.9 and 7.3.1, RFC 3501 section 6.3.9, RFC 5258.

use crate::{Atom, FlagName, IString, MailboxName, Raw, StatusItems, wire_list::wire_list};

/// `list-mailbox`: a mailbox name in which `%` and `*` stand for others. RFC 9051 section 6.3.9.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListPattern<'a>(IString<'a>);

/// The LIST command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<'a> {
    /// Which kinds of mailboxes, RFC 5258.
    pub select: ListSelect,
    /// What the patterns are relative to; mostly empty.
    pub reference: MailboxName<'a>,
    /// The patterns; from the wire there is always one.
    pub patterns: ListPatterns<'a>,
    /// What to tell about each, RFC 5258.
    pub give: ListReturn,
}

/// `list-select-opts`: which kinds of mailboxes are listed. RFC 9051 section 6.3.9.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ListSelect {
    /// `SUBSCRIBED`: what is subscribed, existing or not.
    pub subscribed: bool,
    /// `REMOTE`: mailboxes on other servers as well.
    pub remote: bool,
    /// `RECURSIVEMATCH`: also parents of what matches. Legal beside another option alone.
    pub recursive_match: bool,
    /// `SPECIAL-USE`: what has a special use. RFC 6154.
    pub special_use: bool,
}

/// `list-return-opts`: what is told about each mailbox. RFC 9051 section 6.3.9.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ListReturn {
    /// `SUBSCRIBED`: whether it is subscribed.
    pub subscribed: bool,
    /// `CHILDREN`: whether there are mailboxes below it.
    pub children: bool,
    /// `SPECIAL-USE`: its special use. RFC 6154.
    pub special_use: bool,
    /// `STATUS (...)`: a STATUS response behind it; empty for none. RFC 5819.
    pub status: StatusItems,
}

/// `mailbox-list`: what LIST and LSUB tell about one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxListing<'a> {
    /// `\HasChildren`, `\Noselect` and the like.
    pub attributes: MailboxAttributes<'a>,
    /// What stands between the levels of the hierarchy; `None` where there are no levels.
    pub delimiter: Option<Delimiter>,
    /// The name.
    pub mailbox: MailboxName<'a>,
    /// `mbox-list-extended`: the parenthesised list behind the name, RFC 5258.
    pub extended: Option<Raw<'a>>,
}

/// The octet between the levels of the hierarchy. RFC 9051 section 5.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Delimiter(u8);

/// `mbx-list-flag`: an attribute of a mailbox, its name without the backslash; equal in any case
/// of letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MailboxAttribute<'a>(FlagName<'a>);

wire_list!(
    /// The patterns of a LIST command.
    ListPatterns of ListPattern, list_mailbox
);

wire_list!(
    /// The attributes of a mailbox.
    MailboxAttributes of MailboxAttribute, mbx_list_flag
);

impl<'a> List<'a> {
    /// Lists all that match a pattern, and tells nothing special about them.
    pub fn new(reference: MailboxName<'a>, pattern: &ListPattern<'_>) -> Self {
        Self {
            select: ListSelect::default(),
            reference,
            patterns: ListPatterns::new([pattern.clone()]),
            give: ListReturn::default(),
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> List<'static> {
        List {
            select: self.select,
            reference: self.reference.into_owned(),
            patterns: self.patterns.into_owned(),
            give: self.give,
        }
    }
}

impl<'a> ListPattern<'a> {
    /// Takes a pattern as it stands on the wire.
    ///
    /// # Errors
    /// [`mail_errors::Misuse`] if it holds NUL.
    pub fn new(pattern: &'a [u8]) -> Result<Self, mail_errors::Misuse> {
        IString::new(pattern).map(Self)
    }

    pub(crate) const fn checked(pattern: IString<'a>) -> Self {
        Self(pattern)
    }

    pub(crate) const fn string(&self) -> &IString<'a> {
        &self.0
    }

    /// Returns the octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Tells whether the name matches: `*` stands for any octets, `%` for any without the
    /// delimiter. `INBOX` matches in any case of letters.
    ///
    /// The reference goes in front of the pattern before this; RFC 9051 section 6.3.9 leaves to
    /// the server how. Takes time in proportion to the lengths of pattern and name multiplied.
    ///
    /// ```
    /// use imap_proto::{Delimiter, ListPattern};
    ///
    /// let slash = Delimiter::new(b'/');
    /// let pattern = ListPattern::new(b"work/%")?;
    /// assert!(pattern.matches(b"work/2026", slash));
    /// assert!(!pattern.matches(b"work/2026/may", slash));
    /// assert!(ListPattern::new(b"*may")?.matches(b"work/2026/may", slash));
    /// # Ok::<(), mail_errors::Misuse>(())
    /// ```
    #[must_use]
    pub fn matches(&self, name: &[u8], delimiter: Option<Delimiter>) -> bool {
        let pattern = self.as_bytes();
        let inbox = name.eq_ignore_ascii_case(b"INBOX");
        // Position p is live if what was read of the name matches the pattern's first p octets.
        let mut live = vec![false; pattern.len() + 1];
        let set = |live: &mut Vec<bool>, mut at: usize| {
            // A wildcard may stand for nothing, so what is behind it is live too.
            loop {
                match live.get_mut(at) {
                    Some(slot) if !*slot => *slot = true,
                    _ => return,
                }
                if !matches!(pattern.get(at), Some(b'*' | b'%')) {
                    return;
                }
                at += 1;
            }
        };
        set(&mut live, 0);
        for &octet in name {
            let before = std::mem::replace(&mut live, vec![false; pattern.len() + 1]);
            for (at, _) in before.iter().enumerate().filter(|(_, on)| **on) {
                match pattern.get(at) {
                    Some(b'*') => set(&mut live, at),
                    Some(b'%') if delimiter.is_none_or(|d| d.0 != octet) => set(&mut live, at),
                    Some(b'%') | None => {}
                    Some(&p) if p == octet || inbox && p.eq_ignore_ascii_case(&octet) => {
                        set(&mut live, at + 1);
                    }
                    Some(_) => {}
                }
            }
        }
        live.last().copied().unwrap_or_default()
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> ListPattern<'static> {
        ListPattern(self.0.into_owned())
    }
}

impl MailboxListing<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> MailboxListing<'static> {
        MailboxListing {
            attributes: self.attributes.into_owned(),
            delimiter: self.delimiter,
            mailbox: self.mailbox.into_owned(),
            extended: self.extended.map(Raw::into_owned),
        }
    }
}

impl Delimiter {
    /// Takes a delimiter: any of `QUOTED-CHAR` that is ASCII, `None` for another octet.
    #[must_use]
    pub const fn new(octet: u8) -> Option<Self> {
        match octet {
            0 | b'\r' | b'\n' | 0x80.. => None,
            _ => Some(Self(octet)),
        }
    }

    /// Returns the octet.
    #[must_use]
    pub const fn octet(self) -> u8 {
        self.0
    }
}

impl<'a> MailboxAttribute<'a> {
    /// Takes the attribute's name, without the backslash.
    ///
    /// # Errors
    /// [`mail_errors::Misuse`] if it is no atom.
    pub fn new(name: &'a str) -> Result<Self, mail_errors::Misuse> {
        Atom::try_from(name).map(Self::checked)
    }

    pub(crate) const fn checked(name: Atom<'a>) -> Self {
        Self(FlagName::checked(name))
    }

    /// Returns the name, without the backslash.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl MailboxAttributes<'_> {
    /// Tells whether the attribute of that name, without the backslash, is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|other| other.name().eq_ignore_ascii_case(name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        ListPattern::new(pattern.as_bytes()).unwrap().matches(name.as_bytes(), Delimiter::new(b'/'))
    }

    #[test]
    fn percent_stops_at_the_delimiter_and_star_does_not() {
        for (pattern, name, verdict) in [
            ("*", "a/b/c", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("%/%", "a/b", true),
            ("a/*", "a", false),
            ("a*", "a", true),
            ("", "", true),
            ("", "a", false),
            ("*%*%", "a/b", true),
            ("a%c/d", "abbc/d", true),
            ("a%c/d", "ab/c/d", false),
            ("%b", "a/b", false),
            ("*b", "a/b", true),
        ] {
            assert_eq!(matches(pattern, name), verdict, "{pattern} {name}");
        }
    }

    #[test]
    fn inbox_matches_in_any_case_and_nothing_else_does() {
        assert!(matches("inbox", "INBOX") && matches("in%", "INBOX"));
        assert!(!matches("work", "Work"));
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        let pattern = "*a%".repeat(200) + "b";
        assert!(!matches(&pattern, &"a".repeat(500)));
    }
}
