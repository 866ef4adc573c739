//! Flags and keywords, RFC 9051 section 2.3.2.

use crate::{Atom, wire_list::wire_list};

/// A flag of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Flag<'a> {
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Seen`
    Seen,
    /// `\Draft`
    Draft,
    /// `\Recent`, which no client can set. RFC 3501; gone in RFC 9051.
    Recent,
    /// `\*` in PERMANENTFLAGS: new keywords may be made.
    Any,
    /// Another system flag, its name without the backslash.
    System(FlagName<'a>),
    /// A keyword, such as `$Forwarded`. Keywords are the same in any case of letters.
    Keyword(FlagName<'a>),
}

/// The name of a flag that is not one of RFC 9051's own; equal in any case of letters.
#[derive(Debug, Clone)]
pub struct FlagName<'a>(Atom<'a>);

impl<'a> Flag<'a> {
    /// Takes a flag as it stands on the wire: `\Seen`, `$Junk`.
    ///
    /// # Errors
    /// [`mail_errors::Misuse`] if the name is empty or holds what cannot be sent.
    pub fn new(name: &'a str) -> Result<Self, mail_errors::Misuse> {
        if name == "\\*" {
            return Ok(Self::Any);
        }
        match name.strip_prefix('\\') {
            Some(system) => Ok(Self::system(Atom::try_from(system)?)),
            None => Ok(Self::Keyword(FlagName(Atom::try_from(name)?))),
        }
    }

    pub(crate) fn system(name: Atom<'a>) -> Self {
        match name.as_bytes() {
            w if w.eq_ignore_ascii_case(b"Seen") => Self::Seen,
            w if w.eq_ignore_ascii_case(b"Answered") => Self::Answered,
            w if w.eq_ignore_ascii_case(b"Flagged") => Self::Flagged,
            w if w.eq_ignore_ascii_case(b"Deleted") => Self::Deleted,
            w if w.eq_ignore_ascii_case(b"Draft") => Self::Draft,
            w if w.eq_ignore_ascii_case(b"Recent") => Self::Recent,
            _ => Self::System(FlagName(name)),
        }
    }

    pub(crate) const fn keyword(name: Atom<'a>) -> Self {
        Self::Keyword(FlagName(name))
    }

    /// Returns the name as it stands on the wire, but for the backslash of a system flag.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        match self {
            Self::Answered => b"Answered",
            Self::Flagged => b"Flagged",
            Self::Deleted => b"Deleted",
            Self::Seen => b"Seen",
            Self::Draft => b"Draft",
            Self::Recent => b"Recent",
            Self::Any => b"*",
            Self::System(name) | Self::Keyword(name) => name.as_bytes(),
        }
    }

    /// Tells whether the name on the wire starts with a backslash.
    #[must_use]
    pub const fn is_system(&self) -> bool {
        !matches!(self, Self::Keyword(_))
    }

    /// Tells whether a client may set it: all but `\Recent` and `\*`.
    #[must_use]
    pub const fn is_settable(&self) -> bool {
        !matches!(self, Self::Recent | Self::Any)
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Flag<'static> {
        match self {
            Self::Answered => Flag::Answered,
            Self::Flagged => Flag::Flagged,
            Self::Deleted => Flag::Deleted,
            Self::Seen => Flag::Seen,
            Self::Draft => Flag::Draft,
            Self::Recent => Flag::Recent,
            Self::Any => Flag::Any,
            Self::System(name) => Flag::System(name.into_owned()),
            Self::Keyword(name) => Flag::Keyword(name.into_owned()),
        }
    }
}

impl std::fmt::Display for Flag<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.is_system() { "\\" } else { "" };
        write!(f, "{mark}{}", self.name().escape_ascii())
    }
}

impl<'a> FlagName<'a> {
    /// Takes a keyword's name, or a system flag's without the backslash.
    ///
    /// # Errors
    /// [`mail_errors::Misuse`] if it is no atom.
    pub fn new(name: &'a str) -> Result<Self, mail_errors::Misuse> {
        Atom::try_from(name).map(Self)
    }

    pub(crate) const fn checked(name: Atom<'a>) -> Self {
        Self(name)
    }

    /// Returns the octets, spelt as they came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> FlagName<'static> {
        FlagName(self.0.into_owned())
    }
}

impl PartialEq for FlagName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().eq_ignore_ascii_case(other.as_bytes())
    }
}

impl Eq for FlagName<'_> {}

impl std::hash::Hash for FlagName<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().iter().for_each(|octet| state.write_u8(octet.to_ascii_lowercase()));
    }
}

wire_list!(
    /// A list of flags, as in FLAGS, PERMANENTFLAGS and STORE.
    Flags of Flag, flag
);

impl Flags<'_> {
    /// Tells whether this flag is among them.
    #[must_use]
    pub fn contains(&self, flag: &Flag<'_>) -> bool {
        self.iter().any(|other| other == *flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_equal_in_any_case() {
        assert_eq!(Flag::new("$junk"), Flag::new("$Junk"));
        assert_eq!(Flag::new("\\SEEN"), Ok(Flag::Seen));
        assert_ne!(Flag::new("Seen"), Ok(Flag::Seen));
    }

    #[test]
    fn err_names_that_would_break_the_line() {
        for bad in ["", "\\", "a b", "a\r\n", "a)", "\\Seen)", "\u{e9}"] {
            assert!(Flag::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lists_keep_order_and_print_their_items() {
        let flags = Flags::new([Flag::Seen, Flag::new("$Junk").unwrap(), Flag::Any]);
        assert!(flags.contains(&Flag::Any) && !flags.contains(&Flag::Draft));
        assert_eq!(
            flags.iter().map(|f| f.to_string()).collect::<Vec<_>>(),
            ["\\Seen", "$Junk", "\\*"]
        );
        assert!(Flags::default().is_empty());
    }
}
