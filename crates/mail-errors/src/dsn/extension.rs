//! Fields that RFC 3464 does not have, and lets others add.

use std::borrow::Cow;

use crate::Misuse;
use crate::dsn::Typed;

/// A field of a report that RFC 3464 leaves to others (sections 2.2.1, 2.3.1 and 2.4):
/// `X-Postfix-Queue-ID: 4BCD`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extension {
    name: Box<str>,
    value: Box<[u8]>,
}

impl Extension {
    /// The longest name, in octets.
    pub const LONGEST_NAME: usize = 76;

    /// Names a field and its value. White space around the value is taken off.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if the name has no 1 to [`LONGEST_NAME`](Self::LONGEST_NAME) octets of
    /// printable ASCII without a colon, or is one that RFC 3464 or RFC 5322 has a meaning for, or the
    /// value is empty or longer than [`Typed::LONGEST`]; [`Misuse::Unencodable`] if that holds CR,
    /// LF or NUL.
    pub fn new(name: &str, value: impl AsRef<[u8]>) -> Result<Self, Misuse> {
        const WHAT: &str = "extension field";
        let is_name = |octet: u8| octet.is_ascii_graphic() && octet != b':';
        if name.is_empty() || name.len() > Self::LONGEST_NAME || !name.bytes().all(is_name) {
            return Err(Misuse::Invalid {
                what: WHAT,
                why: "it has no name that a field can have",
            });
        }
        if is_known(name.as_bytes()) {
            return Err(Misuse::Invalid { what: WHAT, why: "its name means something already" });
        }
        let value = value.as_ref().trim_ascii();
        if value.is_empty() || value.len() > Typed::LONGEST {
            return Err(Misuse::Invalid { what: WHAT, why: "its value is empty or too long" });
        }
        let bad = |octet: &u8| matches!(octet, b'\r' | b'\n' | 0);
        if let Some(offset) = value.iter().position(bad) {
            let octet = value.get(offset).copied().unwrap_or_default();
            return Err(Misuse::Unencodable { what: WHAT, octet, offset });
        }
        Ok(Self { name: name.into(), value: value.into() })
    }

    /// Reads a field tolerantly; `None` if it is none of these.
    pub(super) fn read(name: &[u8], value: &[u8]) -> Option<Self> {
        let value = value.get(..Typed::LONGEST.min(value.len())).unwrap_or_default();
        let clean = |octet: &u8| if b"\r\n\0".contains(octet) { b' ' } else { *octet };
        Self::new(str::from_utf8(name).ok()?, value.iter().map(clean).collect::<Vec<_>>()).ok()
    }

    /// Returns its name, as it is written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its value, unfolded.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Returns its value for showing to people: octets that are not UTF-8 replaced.
    #[must_use]
    pub fn value_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }
}

/// Tells whether a field is one of a report, or of a message that stands beside it where boundaries
/// are broken.
fn is_known(name: &[u8]) -> bool {
    let is_content = name.get(..8).is_some_and(|head| head.eq_ignore_ascii_case(b"Content-"));
    is_content || KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

const KNOWN: [&str; 24] = [
    "Original-Envelope-Id",
    "Reporting-MTA",
    "DSN-Gateway",
    "Received-From-MTA",
    "Arrival-Date",
    "Original-Recipient",
    "Final-Recipient",
    "Action",
    "Status",
    "Remote-MTA",
    "Diagnostic-Code",
    "Last-Attempt-Date",
    "Final-Log-ID",
    "Will-Retry-Until",
    "From",
    "Sender",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Received",
    "Return-Path",
    "Message-ID",
    "MIME-Version",
];
