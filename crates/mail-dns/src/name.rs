//! Domain names as DNS has them (RFC 1034 3.1, RFC 2181 11, RFC 4343).
//!
//! Not supported: U-labels. An internationalised name is taken as A-labels (`xn--...`) only.

use std::{
    fmt::{self, Write as _},
    hash::{Hash, Hasher},
    str::FromStr,
};

use bytes::Bytes;
use mail_errors::{Fault, FaultKind};
use thiserror::Error;

/// A fully qualified domain name: up to 127 labels of 1 to 63 octets each, 255 octets in all.
///
/// Labels are octets, not text (RFC 2181 11): what came from the wire is kept as it is, case too.
/// Comparison and hashing take ASCII letters as equal in either case (RFC 4343). A clone and
/// [`Name::parent`] share the octets.
///
/// ```
/// use mail_dns::Name;
///
/// let name: Name = "mx.Example.org".parse()?;
/// assert_eq!(name, "MX.example.ORG.".parse()?);
/// assert_eq!(name.parent(), Some("example.org".parse()?));
/// assert_eq!(name.to_string(), "mx.Example.org");
/// # Ok::<(), mail_dns::NameError>(())
/// ```
#[derive(Clone)]
pub struct Name {
    /// Each label behind its length octet, without the root's zero. Length octets are below 64, so
    /// ASCII case folding over all octets never touches one.
    labels: Bytes,
}

/// Why octets or text are not a domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is no text at all; the root is written `.`.
    #[error("empty domain name")]
    Empty,
    /// Two dots in a row, a dot in front, or a label without octets.
    #[error("empty label at offset {offset}")]
    EmptyLabel {
        /// Offset in the text, or number of the label.
        offset: usize,
    },
    /// A label is longer than 63 octets (RFC 1035 2.3.4).
    #[error("label of {len} octets is over the limit of 63")]
    LabelTooLong {
        /// Octets of the label.
        len: usize,
    },
    /// The name is longer than 255 octets on the wire (RFC 1035 2.3.4).
    #[error("domain name of at least {len} octets is over the limit of 255")]
    TooLong {
        /// Octets on the wire at the label that goes over the limit.
        len: usize,
    },
    /// An octet that needs an escape in text: a space, a control, or not ASCII.
    #[error("octet {octet:#04x} at offset {offset} cannot stand in a domain name")]
    IllegalOctet {
        /// The octet.
        octet: u8,
        /// Its offset in the text.
        offset: usize,
    },
    /// A backslash without an octet or three decimal digits up to 255 behind it (RFC 1035 5.1).
    #[error("bad escape at offset {offset}")]
    BadEscape {
        /// Offset of the backslash in the text.
        offset: usize,
    },
}

impl Fault for NameError {
    fn kind(&self) -> FaultKind {
        FaultKind::Malformed
    }
}

impl Name {
    /// Octets of the longest label (RFC 1035 2.3.4).
    pub const MAX_LABEL: usize = 63;
    /// Octets of the longest name on the wire, the root's zero included (RFC 1035 2.3.4).
    pub const MAX_LEN: usize = 255;

    /// Returns the root, which has no labels.
    #[must_use]
    pub const fn root() -> Self {
        Self { labels: Bytes::new() }
    }

    /// Makes a name of labels, the leftmost first. A label may hold any octets.
    ///
    /// # Errors
    ///
    /// An empty or too long label, or a name of more than [`Name::MAX_LEN`] octets.
    pub fn from_labels<I>(labels: I) -> Result<Self, NameError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut name = Builder::default();
        for (at, label) in labels.into_iter().enumerate() {
            name.push(label.as_ref(), at)?;
        }
        Ok(name.done())
    }

    /// Returns this name with one more label in front, as in `_dmarc` before `example.org`.
    ///
    /// # Errors
    ///
    /// As [`Name::from_labels`].
    pub fn with_label(&self, label: &[u8]) -> Result<Self, NameError> {
        Self::from_labels(std::iter::once(label).chain(self.labels()))
    }

    /// Returns the labels, the leftmost first. The root has none.
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        Labels { rest: &self.labels }
    }

    /// Returns the name without its leftmost label; the root has no parent.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let first = self.labels().next()?;
        Some(Self { labels: self.labels.slice(first.len() + 1..) })
    }

    /// Tells whether this name is `other` or lies below it.
    #[must_use]
    pub fn is_subdomain_of(&self, other: &Self) -> bool {
        let mut labels = self.labels();
        while labels.rest.len() > other.labels.len() {
            labels.next();
        }
        labels.rest.eq_ignore_ascii_case(&other.labels)
    }

    /// Tells whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the octets this name takes on the wire without compression, 1 to 255.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        self.labels.len() + 1
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.labels.eq_ignore_ascii_case(&other.labels)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut folded = [0; Self::MAX_LEN];
        let len = self.labels.len();
        for (to, from) in folded.iter_mut().zip(&self.labels) {
            *to = from.to_ascii_lowercase();
        }
        folded.get(..len).unwrap_or_default().hash(state);
    }
}

/// Reads text such as `mx.example.org`, with or without a dot at the end, with the escapes of
/// RFC 1035 5.1 (`\.` and `\032`).
impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text {
            "" => return Err(NameError::Empty),
            "." => return Ok(Self::root()),
            _ => {}
        }
        let mut name = Builder::default();
        let mut label = Vec::with_capacity(Self::MAX_LABEL);
        let mut start = 0;
        let mut octets = text.bytes().enumerate();
        while let Some((offset, octet)) = octets.next() {
            match octet {
                b'.' => {
                    name.push(&label, start)?;
                    label.clear();
                    start = offset + 1;
                }
                b'\\' => label.push(escaped(&mut octets).ok_or(NameError::BadEscape { offset })?),
                0x21..=0x7e => label.push(octet),
                _ => return Err(NameError::IllegalOctet { octet, offset }),
            }
            // Fails early: a text of any length costs no more than a label of memory.
            if label.len() > Self::MAX_LABEL {
                return Err(NameError::LabelTooLong { len: label.len() });
            }
        }
        if start < text.len() {
            name.push(&label, start)?;
        }
        Ok(name.done())
    }
}

/// Writes the name without the dot at the end; the root is `.`. What is not printable ASCII is
/// escaped, so no octet from the wire reaches a log raw.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_char('.');
        }
        for (at, label) in self.labels().enumerate() {
            if at > 0 {
                f.write_char('.')?;
            }
            for &octet in label {
                match octet {
                    b'.' | b'\\' => write!(f, "\\{}", char::from(octet))?,
                    0x21..=0x7e => f.write_char(char::from(octet))?,
                    _ => write!(f, "\\{octet:03}")?,
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// The labels of a [`Name`], the leftmost first.
#[derive(Debug, Clone)]
pub struct Labels<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&len, rest) = self.rest.split_first()?;
        let (label, rest) = rest.split_at_checked(usize::from(len))?;
        self.rest = rest;
        Some(label)
    }
}

/// Collects labels and holds the limits.
#[derive(Default)]
struct Builder {
    octets: Vec<u8>,
}

impl Builder {
    fn push(&mut self, label: &[u8], offset: usize) -> Result<(), NameError> {
        let len = match u8::try_from(label.len()) {
            Ok(0) => return Err(NameError::EmptyLabel { offset }),
            Ok(len) if usize::from(len) <= Name::MAX_LABEL => len,
            _ => return Err(NameError::LabelTooLong { len: label.len() }),
        };
        // The length octet before the label and the root's zero behind it.
        let total = self.octets.len() + label.len() + 2;
        if total > Name::MAX_LEN {
            return Err(NameError::TooLong { len: total });
        }
        self.octets.push(len);
        self.octets.extend_from_slice(label);
        Ok(())
    }

    fn done(self) -> Name {
        Name { labels: Bytes::from(self.octets.into_boxed_slice()) }
    }
}

/// > \X where X is any character other than a digit (0-9); \DDD where each D is a digit
/// >                                                                        RFC 1035 5.1
fn escaped(octets: &mut impl Iterator<Item = (usize, u8)>) -> Option<u8> {
    let digit = |octet: u8| octet.is_ascii_digit().then(|| u16::from(octet - b'0'));
    let (_, first) = octets.next()?;
    let Some(hundreds) = digit(first) else {
        return matches!(first, 0x21..=0x7e).then_some(first);
    };
    let tens = digit(octets.next()?.1)?;
    let ones = digit(octets.next()?.1)?;
    u8::try_from(hundreds * 100 + tens * 10 + ones).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn ok_with_and_without_dot_at_the_end_in_any_case() {
        assert_eq!(name("example.org"), name("EXAMPLE.org."));
        assert_ne!(name("example.org"), name("example.com"));
        let set = HashSet::from([name("Example.ORG")]);
        assert!(set.contains(&name("example.org")));
    }

    #[test]
    fn ok_root() {
        assert!(name(".").is_root());
        assert_eq!(name("."), Name::root());
        assert_eq!(Name::root().to_string(), ".");
        assert_eq!(Name::root().parent(), None);
        assert_eq!(Name::root().wire_len(), 1);
    }

    #[test]
    fn label_borders_count_not_dots_alone() {
        let dotted = Name::from_labels([&b"a.b"[..], b"org"]).unwrap();
        assert_ne!(dotted, name("a.b.org"));
        assert_eq!(dotted.to_string(), "a\\.b.org");
        assert_eq!(name("a\\.b.org"), dotted);
    }

    #[test]
    fn subdomains_end_at_labels() {
        assert!(name("a.example.org").is_subdomain_of(&name("Example.org")));
        assert!(name("example.org").is_subdomain_of(&name("example.org")));
        assert!(name("example.org").is_subdomain_of(&Name::root()));
        assert!(!name("notexample.org").is_subdomain_of(&name("example.org")));
        assert!(!name("org").is_subdomain_of(&name("example.org")));
        // The octets of `example.org` end this name, but a label does not begin there.
        let inside = Name::from_labels([&b"x\x07example\x03org"[..]]).unwrap();
        assert!(!inside.is_subdomain_of(&name("example.org")));
    }

    #[test]
    fn err_names_that_are_none() {
        let cases = [
            ("", NameError::Empty),
            ("..", NameError::EmptyLabel { offset: 0 }),
            (".org", NameError::EmptyLabel { offset: 0 }),
            ("a..b", NameError::EmptyLabel { offset: 2 }),
            ("a b", NameError::IllegalOctet { octet: b' ', offset: 1 }),
            ("a\r\nb", NameError::IllegalOctet { octet: b'\r', offset: 1 }),
            ("b\u{fc}cher.de", NameError::IllegalOctet { octet: 0xc3, offset: 1 }),
            ("a\\", NameError::BadEscape { offset: 1 }),
            ("a\\25", NameError::BadEscape { offset: 1 }),
            ("a\\256", NameError::BadEscape { offset: 1 }),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Name>(), Err(error), "{text:?}");
        }
        assert_eq!("a".repeat(64).parse::<Name>(), Err(NameError::LabelTooLong { len: 64 }));
        assert_eq!(NameError::LabelTooLong { len: 64 }.to_string(), LABEL_ERROR);
    }

    const LABEL_ERROR: &str = "label of 64 octets is over the limit of 63";

    #[test]
    fn ok_longest_name_and_err_one_more() {
        let label = [b'x'; 63];
        let longest = Name::from_labels([&label[..], &label, &label, &label[..61]]).unwrap();
        assert_eq!(longest.wire_len(), 255);
        assert_eq!(longest.to_string().parse(), Ok(longest));
        let over = Name::from_labels([&label[..], &label, &label, &label[..62]]);
        assert_eq!(over, Err(NameError::TooLong { len: 256 }));
        assert_eq!(Name::from_labels([b"a"; 127]).unwrap().labels().count(), 127);
        assert_eq!(Name::from_labels([b"a"; 128]), Err(NameError::TooLong { len: 257 }));
    }

    proptest! {
        #[test]
        fn text_round_trip(labels in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 1..20), 0..10)) {
            let name = Name::from_labels(&labels).unwrap();
            let text = name.to_string();
            prop_assert!(text.bytes().all(|b| matches!(b, 0x21..=0x7e)));
            let back: Name = text.parse().unwrap();
            prop_assert!(back.labels().eq(labels.iter().map(Vec::as_slice)));
        }

        #[test]
        fn text_never_panics(text in any::<String>()) {
            let _ = text.parse::<Name>();
        }
    }
}
