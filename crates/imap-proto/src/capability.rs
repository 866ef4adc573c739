//! What a server can do, RFC 9051 section 7.2.2.

use mail_errors::Misuse;

use crate::{Atom, wire_list::wire_list};

/// One capability, such as `IDLE` or `AUTH=PLAIN`; equal in any case of letters.
///
/// ```
/// use imap_proto::Capability;
///
/// let plain = Capability::new("AUTH=PLAIN")?;
/// assert_eq!(plain.auth_mechanism(), Some(&b"PLAIN"[..]));
/// assert!(plain.is("auth=plain"));
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Debug, Clone)]
pub struct Capability<'a>(Atom<'a>);

impl<'a> Capability<'a> {
    /// Takes a capability's name.
    ///
    /// # Errors
    /// [`Misuse`] if it is no atom.
    pub fn new(name: &'a str) -> Result<Self, Misuse> {
        Atom::try_from(name).map(Self)
    }

    pub(crate) const fn checked(name: Atom<'a>) -> Self {
        Self(name)
    }

    /// Returns the name, spelt as it came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Tells whether this is the capability of that name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.0.is(name)
    }

    /// Returns the SASL mechanism of `AUTH=mechanism`.
    #[must_use]
    pub fn auth_mechanism(&self) -> Option<&[u8]> {
        match self.as_bytes().split_at_checked(5) {
            Some((head, mechanism)) if head.eq_ignore_ascii_case(b"AUTH=") => Some(mechanism),
            _ => None,
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Capability<'static> {
        Capability(self.0.into_owned())
    }
}

impl PartialEq for Capability<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().eq_ignore_ascii_case(other.as_bytes())
    }
}

impl Eq for Capability<'_> {}

wire_list!(
    /// A list of capabilities, in CAPABILITY, ENABLE and ENABLED.
    Capabilities of Capability, capability
);

impl Capabilities<'_> {
    /// Tells whether the capability of that name is among them.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|capability| capability.is(name))
    }

    /// Returns the names of the SASL mechanisms on offer, in order.
    #[must_use]
    pub fn auth_mechanisms(&self) -> Vec<Vec<u8>> {
        self.iter().filter_map(|c| c.auth_mechanism().map(<[u8]>::to_vec)).collect()
    }
}
