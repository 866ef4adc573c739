//! What owned values hold their octets in.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// Octets that are owned: a range of a line that was copied once and that all its parts share.
///
/// Making one from octets takes one allocation, cloning none. No octets take none at all.
#[derive(Clone, Default)]
pub struct Octets {
    line: Option<Arc<[u8]>>,
    start: usize,
    end: usize,
}

impl Octets {
    /// No octets.
    #[must_use]
    pub const fn new() -> Self {
        Self { line: None, start: 0, end: 0 }
    }

    /// Returns where they start in the line that they are a range of.
    pub(crate) const fn offset(&self) -> usize {
        self.start
    }

    /// Copies `line` once. What is answered turns a part of it into a range of the copy.
    pub(crate) fn sharing(line: &[u8]) -> impl Fn(&[u8]) -> Self {
        let shared: Arc<[u8]> = line.into();
        let from = line.as_ptr() as usize;
        move |part| {
            if part.is_empty() {
                return Self::new();
            }
            let start = (part.as_ptr() as usize).wrapping_sub(from);
            let end = start.wrapping_add(part.len());
            match end <= shared.len() && start < end {
                true => Self { line: Some(Arc::clone(&shared)), start, end },
                // What is no part of the line is copied by itself.
                false => part.into(),
            }
        }
    }
}

impl AsRef<[u8]> for Octets {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.line.as_deref().and_then(|line| line.get(self.start..self.end)).unwrap_or_default()
    }
}

impl From<&[u8]> for Octets {
    fn from(octets: &[u8]) -> Self {
        match octets {
            [] => Self::new(),
            _ => Self { line: Some(octets.into()), start: 0, end: octets.len() },
        }
    }
}

impl From<Vec<u8>> for Octets {
    fn from(octets: Vec<u8>) -> Self {
        octets.as_slice().into()
    }
}

impl From<String> for Octets {
    fn from(text: String) -> Self {
        text.as_bytes().into()
    }
}

impl PartialEq for Octets {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Octets {}

impl Hash for Octets {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_ref().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_line_share_one_copy() {
        let line = b"MAIL FROM:<a@b>".to_vec();
        let own = Octets::sharing(&line);
        let (verb, path) = (own(&line[..4]), own(&line[10..]));
        assert_eq!((verb.as_ref(), path.as_ref()), (&b"MAIL"[..], &b"<a@b>"[..]));
        let apart = path.as_ref().as_ptr() as usize - verb.as_ref().as_ptr() as usize;
        assert_eq!(apart, 10);
    }

    #[test]
    fn what_is_no_part_of_the_line_is_copied_by_itself() {
        let (line, other) = (b"abc".to_vec(), b"defg".to_vec());
        let own = Octets::sharing(&line);
        assert_eq!(own(&other).as_ref(), b"defg");
        assert_eq!(own(&line[3..]), Octets::new());
    }
}
