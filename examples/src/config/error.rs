//! What is wrong with a configuration, and where.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

/// A configuration that cannot be used.
///
/// Its text names line and key; values are not repeated, for one may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    message: String,
    line: Option<usize>,
    key: Option<String>,
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self { message: format!("cannot read {}: {error}", path.display()), line: None, key: None }
    }

    /// Makes the error for what stands at `span` of `text`.
    pub(super) fn at(text: &str, span: Option<Range<usize>>, message: impl fmt::Display) -> Self {
        let place = span.map(|span| Place::find(text, span.start));
        let (line, key) = place.map_or((None, None), |place| (Some(place.line), place.key));
        Self { message: message.to_string(), line, key }
    }

    /// Returns the line, the first one being 1.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }

    /// Returns the key with its table, like `ports.imap`.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// A place in the text, as a person would point at it.
struct Place {
    line: usize,
    key: Option<String>,
}

impl Place {
    /// Looks at lines alone: what it tells is for a person, and no decision hangs on it.
    fn find(text: &str, offset: usize) -> Self {
        let mut table = None;
        let mut key = None;
        let mut line = 0;
        let mut begin = 0;
        for row in text.split_inclusive('\n') {
            if begin > offset {
                break;
            }
            begin += row.len();
            line += 1;
            let row = row.trim();
            if let Some(header) = row.strip_prefix('[').filter(|_| !row.contains('=')) {
                let header = header.trim_start_matches('[');
                // An array over several lines may have rows that begin like this.
                if let Some((name, _)) = header.split_once(']').filter(|(name, _)| is_key(name)) {
                    (table, key) = (Some(name.trim()), None);
                }
            } else if let Some((name, _)) = row.split_once('=').filter(|(name, _)| is_key(name)) {
                key = Some(name.trim());
            }
        }
        let key = match (table, key) {
            (Some(table), Some(key)) => Some(format!("{table}.{key}")),
            (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
            (None, None) => None,
        };
        Self { line: line.max(1), key }
    }
}

fn is_key(name: &str) -> bool {
    let name = name.trim();
    let quoted = name.len() > 1 && name.starts_with('"') && name.ends_with('"');
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && (quoted || name.chars().all(bare))
}
