//! Writes a text body in the encoding that fits it (RFC 2045 section 6).

use memchr::memchr2;

/// How the body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    SevenBit,
    EightBit,
    QuotedPrintable,
}

impl Encoding {
    /// Picks the encoding that changes least: none, if all lines are of a legal length and hold
    /// no NUL (RFC 2045 sections 2.7 and 2.8), and if octets over 127 may pass or there are none.
    pub(crate) fn choose(text: &str, eight_bit: bool) -> Self {
        let fits = lines(text).all(|line| line.len() <= MAX_LINE && !line.contains('\0'));
        match (fits, text.is_ascii()) {
            (true, true) => Self::SevenBit,
            (true, false) if eight_bit => Self::EightBit,
            _ => Self::QuotedPrintable,
        }
    }

    /// Returns the name for Content-Transfer-Encoding.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::QuotedPrintable => "quoted-printable",
        }
    }

    /// Appends the text, each line ended by CRLF.
    pub(crate) fn write(self, text: &str, out: &mut Vec<u8>) {
        for line in lines(text) {
            match self {
                Self::SevenBit | Self::EightBit => out.extend_from_slice(line.as_bytes()),
                Self::QuotedPrintable => quoted_printable(line.as_bytes(), out),
            }
            out.extend_from_slice(b"\r\n");
        }
    }

    /// Appends octets that are lines which end in CRLF, the last one perhaps not.
    pub(crate) fn write_octets(self, octets: &[u8], out: &mut Vec<u8>) {
        let octets = octets.strip_suffix(b"\r\n").unwrap_or(octets);
        for line in octets.split(|&octet| octet == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match self {
                Self::SevenBit | Self::EightBit => out.extend_from_slice(line),
                Self::QuotedPrintable => quoted_printable(line, out),
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Iterates over the lines of a text, whether they end in CRLF, LF or CR, or the last one not at
/// all.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        let crlf = usize::from(tail.starts_with("\r\n"));
        rest = tail.get(1 + crlf..).unwrap_or_default();
        Some(line)
    })
}

/// > quoted-printable                                       RFC 2045 section 6.7
fn quoted_printable(line: &[u8], out: &mut Vec<u8>) {
    let mut column = 0;
    for (at, &octet) in line.iter().enumerate() {
        let last = at + 1 == line.len();
        let literal = match octet {
            // Rule 3: white space at the end of a line would be lost.
            b' ' | b'\t' => !last,
            b'=' => false,
            _ => octet.is_ascii_graphic(),
        };
        let width = if literal { 1 } else { 3 };
        // Rule 5: 76 octets a line, the `=` of a soft line break included.
        let room = if last { MAX_QP_LINE } else { MAX_QP_LINE - 1 };
        if column + width > room {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if literal {
            out.push(octet);
        } else {
            out.extend_from_slice(format!("={octet:02X}").as_bytes());
        }
        column += width;
    }
}

/// The longest line without its CRLF, RFC 5322 section 2.1.1.
pub(crate) const MAX_LINE: usize = 998;

/// The longest line of quoted-printable without its CRLF, RFC 2045 section 6.7.
const MAX_QP_LINE: usize = 76;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(encoding: Encoding, text: &str) -> String {
        let mut out = Vec::new();
        encoding.write(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// A decoder for the tests: what a reader makes of quoted-printable.
    fn decoded(encoded: &str) -> Vec<u8> {
        let joined = encoded.replace("=\r\n", "");
        let mut octets = joined.bytes();
        let mut out = Vec::new();
        while let Some(octet) = octets.next() {
            if octet == b'=' {
                let digits = [octets.next().unwrap(), octets.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                out.push(u8::from_str_radix(digits, 16).unwrap());
            } else {
                out.push(octet);
            }
        }
        out
    }

    #[test]
    fn picks_what_changes_least() {
        use Encoding::{EightBit, QuotedPrintable, SevenBit};
        assert_eq!(Encoding::choose("plain\n", false), SevenBit);
        assert_eq!(Encoding::choose("plain\n", true), SevenBit);
        assert_eq!(Encoding::choose("Grüße\n", true), EightBit);
        assert_eq!(Encoding::choose("Grüße\n", false), QuotedPrintable);
        assert_eq!(Encoding::choose("a\0b", true), QuotedPrintable);
        assert_eq!(Encoding::choose(&"x".repeat(998), false), SevenBit);
        assert_eq!(Encoding::choose(&"x".repeat(999), true), QuotedPrintable);
    }

    #[test]
    fn ok_every_line_end_becomes_crlf() {
        assert_eq!(
            written(Encoding::SevenBit, "a\nb\r\nc\rd\n\n.e"),
            "a\r\nb\r\nc\r\nd\r\n\r\n.e\r\n"
        );
        assert_eq!(written(Encoding::SevenBit, ""), "");
        assert_eq!(written(Encoding::SevenBit, "\n"), "\r\n");
    }

    #[test]
    fn ok_quoted_printable() {
        let qp = |text: &str| written(Encoding::QuotedPrintable, text);
        assert_eq!(qp("1+1=2"), "1+1=3D2\r\n");
        assert_eq!(qp("ü "), "=C3=BC=20\r\n");
        assert_eq!(qp("a \tb\t"), "a \tb=09\r\n");
        assert_eq!(qp(&"x".repeat(76)), format!("{}\r\n", "x".repeat(76)));
        assert_eq!(qp(&"x".repeat(77)), format!("{}=\r\nxx\r\n", "x".repeat(75)));
        assert_eq!(qp(&format!("{} ", "x".repeat(75))), format!("{}=\r\n=20\r\n", "x".repeat(75)));
    }

    proptest! {
        #[test]
        fn ok_quoted_printable_reads_back(text in "(\\PC|[ \t=\0\n]){0,300}") {
            let encoded = written(Encoding::QuotedPrintable, &text);
            for line in encoded.lines() {
                prop_assert!(line.len() <= 76 && !line.ends_with([' ', '\t']));
                let literal = |octet: u8| octet.is_ascii_graphic() || b" \t".contains(&octet);
                prop_assert!(line.bytes().all(literal));
            }
            let mut expected = text.replace('\n', "\r\n");
            if !text.is_empty() && !text.ends_with('\n') {
                expected.push_str("\r\n");
            }
            prop_assert_eq!(decoded(&encoded), expected.into_bytes());
        }
    }
}
