//! Names that people give: domains, addresses, logins, mailboxes.
//!
//! A value of these types can always be sent: it holds no CR, LF, NUL or other control.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// A text that is not the name it was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not {what}: {why}")]
pub struct NameError {
    what: &'static str,
    why: &'static str,
}

impl NameError {
    const fn new(what: &'static str, why: &'static str) -> Self {
        Self { what, why }
    }
}

/// A domain in lower case (RFC 5321 4.1.2 `Domain`, or an address literal in brackets).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Arc<str>);

impl Domain {
    /// The longest domain in octets (RFC 5321 4.5.3.1.2).
    pub const LONGEST: usize = 255;

    /// Reads a domain and folds it to lower case.
    ///
    /// # Errors
    ///
    /// Says what a domain may not look like.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let err = |why| Err(NameError::new("a domain", why));
        if text.is_empty() || text.len() > Self::LONGEST {
            return err("1 to 255 octets long");
        }
        if let Some(literal) = text.strip_prefix('[') {
            let Some(inner) = literal.strip_suffix(']') else { return err("no closing bracket") };
            if inner.is_empty()
                || !inner.bytes().all(|b| b.is_ascii_graphic() && !b"[]\\".contains(&b))
            {
                return err("no octets that an address literal may have");
            }
            return Ok(Self(text.to_ascii_lowercase().into()));
        }
        for label in text.split('.') {
            if label.is_empty() || label.len() > 63 {
                return err("labels are 1 to 63 octets long");
            }
            // U-labels are let through: nothing here sends them where only ASCII is understood.
            let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
            if !label.chars().all(plain) || label.starts_with('-') || label.ends_with('-') {
                return err("labels have letters, digits and inner hyphens");
            }
        }
        Ok(Self(text.to_lowercase().into()))
    }

    /// Returns the domain in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address, `local-part@domain`, in the spelling it was given in; the domain in lower case.
///
/// Only who owns a domain may fold the local part (RFC 5321 2.4), so an address that is relayed
/// keeps its case. Where a store compares addresses of its own domains it does not tell
/// case apart: see [`Address::folded`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    text: Arc<str>,
    domain: Domain,
}

impl Address {
    /// The longest address in octets: a path has 256 (RFC 5321 4.5.3.1.3), its brackets two.
    pub const LONGEST: usize = 254;

    /// Reads an address without angle brackets. A local part in quotes stays in quotes.
    ///
    /// # Errors
    ///
    /// Says what an address may not look like.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let err = |why| Err(NameError::new("an address", why));
        if text.len() > Self::LONGEST {
            return err("at most 254 octets long");
        }
        let Some((local, domain)) = text.rsplit_once('@') else { return err("an @ is missing") };
        let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
        if local.is_empty() || local.len() > 64 {
            return err("the part before the @ has 1 to 64 octets");
        }
        if local
            .chars()
            .any(|c| c.is_control() || (!quoted && (c == ' ' || "<>()[],;:\\\"@".contains(c))))
        {
            return err("the part before the @ has an octet that it must not have");
        }
        if quoted && !closes_only_at_the_end(local) {
            return err("a quote inside of quotes");
        }
        let domain = Domain::parse(domain)?;
        Ok(Self { text: format!("{local}@{domain}").into(), domain })
    }

    /// Returns the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns what stands before the `@`, with its quotes if it has them.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// Returns the domain.
    #[must_use]
    pub const fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Returns the address in lower case, under which an address of an own domain is looked up.
    #[must_use]
    pub fn folded(&self) -> String {
        self.text.to_lowercase()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The name an account logs in with, in lower case: usually its address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginName(Arc<str>);

impl LoginName {
    /// The longest login name in octets.
    pub const LONGEST: usize = 254;

    /// Reads a login name and folds it to lower case.
    ///
    /// # Errors
    ///
    /// Says what a login name may not look like.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if !(1..=Self::LONGEST).contains(&text.len()) {
            return Err(NameError::new("a login name", "1 to 254 octets long"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(NameError::new("a login name", "no spaces and no controls"));
        }
        Ok(Self(text.to_lowercase().into()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a mailbox in its account: components between `/`, as UTF-8.
///
/// `INBOX` is the same in any case (RFC 9051 5.1), also as the first of several components.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxName(Arc<str>);

impl MailboxName {
    /// The hierarchy separator.
    pub const SEPARATOR: char = '/';
    /// The longest name in octets.
    pub const LONGEST: usize = 1024;
    /// The most components of a name.
    pub const DEEPEST: usize = 32;

    /// Returns the name of the mailbox that every account has.
    #[must_use]
    pub fn inbox() -> Self {
        Self("INBOX".into())
    }

    /// Reads a name. One separator at its end falls away: with it a client only says that it
    /// means to make children (RFC 9051 6.3.4).
    ///
    /// # Errors
    ///
    /// Says what a name may not look like.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let err = |why| Err(NameError::new("a mailbox name", why));
        let text = text.strip_suffix(Self::SEPARATOR).unwrap_or(text);
        if !(1..=Self::LONGEST).contains(&text.len()) {
            return err("1 to 1024 octets long");
        }
        if text.chars().any(char::is_control) {
            return err("no controls");
        }
        // A name with a wildcard could be made, but never again be listed alone.
        if text.contains(['*', '%']) {
            return err("no wildcards");
        }
        if text.split(Self::SEPARATOR).any(str::is_empty) {
            return err("no empty components");
        }
        if text.split(Self::SEPARATOR).count() > Self::DEEPEST {
            return err("at most 32 components");
        }
        let (first, rest) = text.split_at(text.find(Self::SEPARATOR).unwrap_or(text.len()));
        if first.eq_ignore_ascii_case("INBOX") {
            return Ok(Self(format!("INBOX{rest}").into()));
        }
        Ok(Self(text.into()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what stands between the separators, the uppermost first.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split(Self::SEPARATOR)
    }

    /// Tells whether this is the INBOX.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        &*self.0 == "INBOX"
    }

    /// Tells whether this name stands somewhere below `ancestor`.
    #[must_use]
    pub fn is_below(&self, ancestor: &Self) -> bool {
        self.0.strip_prefix(&*ancestor.0).is_some_and(|rest| rest.starts_with(Self::SEPARATOR))
    }

    /// Returns the names above this one, the uppermost first.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + '_ {
        self.0
            .match_indices(Self::SEPARATOR)
            .filter_map(|(at, _)| self.0.get(..at))
            .map(|n| Self(n.into()))
    }

    /// Returns this name with the part `from` at its front changed into `to`; `None` if it is
    /// not `from` and not below it, or if the new name is too long or too deep.
    #[must_use]
    pub fn moved(&self, from: &Self, to: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(&*from.0)?;
        let whole = rest.is_empty() || rest.starts_with(Self::SEPARATOR);
        if !whole {
            return None;
        }
        Self::parse(&format!("{to}{rest}")).ok()
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 5321 4.1.2 `Quoted-string`: inside, a quote or backslash stands behind a backslash.
fn closes_only_at_the_end(quoted: &str) -> bool {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let escaped = inner.chars().try_fold(false, |escaped, c| match (escaped, c) {
        (true, _) => Some(false),
        (false, '\\') => Some(true),
        (false, '"') => None,
        (false, _) => Some(false),
    });
    escaped == Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_address_keeps_the_case_of_its_local_part() {
        let address = Address::parse("Alice@Example.ORG").expect("an address");
        assert_eq!(address.as_str(), "Alice@example.org");
        assert_eq!(address.folded(), "alice@example.org");
        assert_eq!(address.local_part(), "Alice");
        assert_eq!(address.domain().as_str(), "example.org");
    }

    #[test]
    fn ok_addresses_of_every_sort() {
        for text in
            ["a@b", "\"a b\"@c.d", "\"a\\\"@\"@c", "x+y@[127.0.0.1]", "x@[IPv6:::1]", "é@ü.example"]
        {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn err_addresses_that_could_not_be_sent() {
        let texts = [
            "",
            "@",
            "a",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a\r\n@b",
            "a\0@b",
            "<a@b>",
            "a@b>",
            "\"a\"b\"@c",
            "\"a\\\"@c",
            "a@b..c",
            "a@-b",
            "a@[1",
            "a@[1\r\n]",
            "a@b\r\nRCPT TO:<x@y>",
        ];
        for text in texts {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn ok_inbox_in_any_case_and_as_first_component() {
        assert!(MailboxName::parse("iNbOx").expect("a name").is_inbox());
        let child = MailboxName::parse("inbox/Lists/").expect("a name");
        assert_eq!(child.as_str(), "INBOX/Lists");
        assert!(!child.is_inbox());
        assert!(child.is_below(&MailboxName::inbox()));
        assert_eq!(MailboxName::parse("inboxes").expect("a name").as_str(), "inboxes");
    }

    #[test]
    fn err_mailbox_names() {
        let deep = vec!["x"; 33].join("/");
        let long = "x".repeat(1025);
        for text in ["", "/", "/a", "a//b", "a\0", "a\r\n", "a*", "%", &deep, &long] {
            assert!(MailboxName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn ok_moved_changes_whole_components_only() {
        let name = |text| MailboxName::parse(text).expect("a name");
        let [a, b] = [name("a"), name("x/y")];
        assert_eq!(name("a/c").moved(&a, &b), Some(name("x/y/c")));
        assert_eq!(a.moved(&a, &b), Some(b.clone()));
        assert_eq!(name("ab").moved(&a, &b), None);
        let above: Vec<_> = name("p/q/r").ancestors().collect();
        assert_eq!(above, [name("p"), name("p/q")]);
    }
}
