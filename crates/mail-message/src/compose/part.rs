//! One part of a message with several (RFC 2046 section 5.1).

use crate::byte_set::ByteSet;
use crate::compose::body::{Encoding, MAX_LINE};
use crate::compose::fold::FieldWriter;
use crate::compose::{ComposeError, values};
use crate::mime::{ContentType, write_base64};

/// One part of a message: what it is, and its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    content_type: String,
    description: String,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    Octets(Vec<u8>),
}

/// How the octets of a part are put on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Travels {
    As(Encoding),
    /// As they are, whatever they are.
    Binary,
    Base64,
}

impl Part {
    /// Makes a part of text, in UTF-8. Lines may end in LF, CRLF or CR; all become CRLF.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            content_type: "text/plain; charset=utf-8".to_owned(),
            description: String::new(),
            content: Content::Text(text.into()),
        }
    }

    /// Makes a part of octets that are of this type, such as `application/pdf; name=a.pdf`.
    ///
    /// They are encoded if they have to be, and if they may: a `message/rfc822` and the older
    /// types below `message` must not (RFC 2046 section 5.2), and say `8bit` or `binary` then.
    ///
    /// # Errors
    ///
    /// [`ComposeError`] if the type is none, or not one line of printable ASCII.
    pub fn of_type(content_type: &str, octets: impl Into<Vec<u8>>) -> Result<Self, ComposeError> {
        const WHAT: &str = "content type";
        let outside = |octet: u8| !(b' '..=b'~').contains(&octet);
        if let Some(offset) = content_type.bytes().position(outside) {
            let octet = content_type.as_bytes().get(offset).copied().unwrap_or_default();
            return Err(ComposeError::Octet { what: WHAT, octet, offset });
        }
        if content_type.len() > MAX_TYPE {
            let len = content_type.len();
            return Err(ComposeError::TooLong { what: WHAT, len, limit: MAX_TYPE });
        }
        let read = ContentType::read(content_type.as_bytes());
        // A multipart is written by the draft, which knows its boundary.
        if read.is_none_or(|read| read.is_main("multipart")) {
            return Err(ComposeError::Malformed { what: WHAT });
        }
        Ok(Self {
            content_type: content_type.to_owned(),
            description: String::new(),
            content: Content::Octets(octets.into()),
        })
    }

    /// Says in words what the part is (RFC 2045 section 8).
    ///
    /// # Errors
    ///
    /// [`ComposeError::Octet`] if that holds CR, LF or NUL.
    pub fn described(mut self, description: &str) -> Result<Self, ComposeError> {
        values::check("description", description)?;
        description.clone_into(&mut self.description);
        Ok(self)
    }

    /// Appends the part, its header first. Ends in a line end.
    pub(crate) fn write(&self, eight_bit: bool, out: &mut Vec<u8>) {
        let travels = self.travels(eight_bit);
        if !self.description.is_empty() {
            FieldWriter::new(out, "Content-Description").text(&self.description);
        }
        FieldWriter::new(out, "Content-Type").raw(&self.content_type);
        let name = match travels {
            Travels::As(encoding) => encoding.as_str(),
            Travels::Binary => "binary",
            Travels::Base64 => "base64",
        };
        FieldWriter::new(out, "Content-Transfer-Encoding").raw(name);
        out.extend_from_slice(b"\r\n");
        match (&self.content, travels) {
            (Content::Text(text), Travels::As(encoding)) => encoding.write(text, out),
            (Content::Octets(octets), Travels::As(Encoding::QuotedPrintable)) => {
                Encoding::QuotedPrintable.write_octets(octets, out);
            }
            (content, Travels::Base64) => write_base64(content.octets(), out),
            (content, Travels::As(_) | Travels::Binary) => {
                out.extend_from_slice(content.octets());
                if !content.octets().ends_with(b"\n") {
                    out.extend_from_slice(b"\r\n");
                }
            }
        }
    }

    fn travels(&self, eight_bit: bool) -> Travels {
        let octets = match &self.content {
            Content::Text(text) => return Travels::As(Encoding::choose(text, eight_bit)),
            Content::Octets(octets) => octets,
        };
        let kind = ContentType::parse(self.content_type.as_bytes());
        let is_lines = is_lines(octets);
        // RFC 6532 3.7 and RFC 6533 6 let the types of the new kind be encoded.
        let is_global = kind.sub().to_ascii_lowercase().starts_with(b"global");
        let may_encode = !kind.is_main("message") || is_global;
        match (is_lines, octets.is_ascii()) {
            (true, true) => Travels::As(Encoding::SevenBit),
            (true, false) if eight_bit || !may_encode => Travels::As(Encoding::EightBit),
            (false, _) if !may_encode => Travels::Binary,
            (true, false) if kind.is_main("text") || is_global => {
                Travels::As(Encoding::QuotedPrintable)
            }
            _ => Travels::Base64,
        }
    }
}

impl Content {
    fn octets(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Octets(octets) => octets,
        }
    }
}

/// RFC 2045 sections 2.7 and 2.8: lines that end in CRLF and in nothing else, of at most 998
/// octets, without NUL.
fn is_lines(octets: &[u8]) -> bool {
    let (whole, last) = match memchr::memrchr(b'\n', octets) {
        Some(lf) => octets.split_at_checked(lf + 1).unwrap_or((octets, b"")),
        None => (&b""[..], octets),
    };
    let fits =
        |text: &[u8]| text.len() <= MAX_LINE && !text.iter().any(|octet| b"\r\0".contains(octet));
    let mut lines = whole.split_inclusive(|&octet| octet == b'\n');
    lines.all(|line| line.strip_suffix(b"\r\n").is_some_and(fits)) && fits(last)
}

/// > param := attribute "=" ( token / quoted-string )        RFC 2045 section 5.1
pub(crate) fn parameter(name: &str, value: &str) -> String {
    if ByteSet::TOKEN.is_all(value.as_bytes()) {
        return format!("{name}={value}");
    }
    let mut quoted = Vec::new();
    crate::lexer::quote(value.as_bytes(), &mut quoted);
    format!("{name}={}", String::from_utf8_lossy(&quoted))
}

const MAX_TYPE: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(part: &Part, eight_bit: bool) -> String {
        let mut out = Vec::new();
        part.write(eight_bit, &mut out);
        let header = crate::Header::new(&out);
        header.field("Content-Transfer-Encoding").unwrap().text().into_owned()
    }

    #[test]
    fn encodes_what_has_to_be_encoded_and_may() {
        for (kind, octets, seven, eight) in [
            ("message/rfc822", "a\r\n", "7bit", "7bit"),
            ("message/rfc822", "ü\r\n", "8bit", "8bit"),
            ("message/rfc822", "ü\n", "binary", "binary"),
            ("message/delivery-status", "ü\r\n", "8bit", "8bit"),
            ("message/global", "ü\r\n", "quoted-printable", "8bit"),
            ("message/global", "ü\r", "base64", "base64"),
            ("text/rfc822-headers", "ü\r\n", "quoted-printable", "8bit"),
            ("application/pdf", "ü\r\n", "base64", "8bit"),
            ("application/pdf", "a\0", "base64", "base64"),
        ] {
            let part = Part::of_type(kind, octets).unwrap();
            assert_eq!(encoding(&part, false), seven, "{kind} {octets:?}");
            assert_eq!(encoding(&part, true), eight, "{kind} {octets:?}");
        }
    }

    #[test]
    fn err_types_that_are_none() {
        for kind in ["", "text", "text/", "multipart/mixed", "text/x\r\nX: y", "text/ü"] {
            assert!(Part::of_type(kind, "").is_err(), "{kind}");
        }
        assert!(Part::of_type("text/x", "").unwrap().described("a\r\nb").is_err());
    }

    #[test]
    fn parameters_are_quoted_where_they_have_to_be() {
        assert_eq!(parameter("a", "b-c"), "a=b-c");
        assert_eq!(parameter("a", "b c\""), "a=\"b c\\\"\"");
    }
}
