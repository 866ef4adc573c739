//! How the octets of a part travel (RFC 2045 section 6), read and written.

use std::borrow::Cow;

use memchr::memchr;

use crate::encoded_word::{base64_digits, sextet};
use crate::lexer::Lexer;

/// What a Content-Transfer-Encoding field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferEncoding {
    /// Lines of US-ASCII, as they are: what holds where no field says otherwise (section 6.1).
    SevenBit,
    /// Lines of any octets but NUL, as they are.
    EightBit,
    /// Any octets, as they are.
    Binary,
    /// Section 6.7.
    QuotedPrintable,
    /// Section 6.8.
    Base64,
    /// None that anybody defined. Such a part is as good as `application/octet-stream` (section
    /// 6.4), and its octets stay as they are.
    Unknown,
}

impl TransferEncoding {
    /// Reads the value of a field.
    #[must_use]
    pub fn parse(value: &[u8]) -> Self {
        let mut lexer = Lexer::new(value);
        if lexer.cfws().is_none() {
            return Self::Unknown;
        }
        let name = lexer.take_while(|octet| !b" \t\r\n(;\"".contains(&octet));
        let known = [
            ("7bit", Self::SevenBit),
            ("8bit", Self::EightBit),
            ("binary", Self::Binary),
            ("quoted-printable", Self::QuotedPrintable),
            ("base64", Self::Base64),
        ];
        let named = known.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        named.map_or(Self::Unknown, |(_, encoding)| *encoding)
    }

    /// Returns the name as it is written in the field; `None` for an unknown one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::Binary => "binary",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
            Self::Unknown => return None,
        })
    }

    /// Tells whether the octets stand as they are.
    #[must_use]
    pub const fn is_identity(self) -> bool {
        !matches!(self, Self::QuotedPrintable | Self::Base64)
    }

    /// Decodes a body. What comes out is never longer than what goes in; what is not encoded as it
    /// should be stands for itself in quoted-printable, and is passed over in base64.
    ///
    /// ```
    /// use mail_message::mime::TransferEncoding;
    ///
    /// let body = TransferEncoding::QuotedPrintable.decode(b"Gr=C3=BC=\r\n=C3=9Fe");
    /// assert_eq!(&*body, "Grüße".as_bytes());
    /// assert_eq!(&*TransferEncoding::Base64.decode(b"R3LDvMOf\r\nZQ==\r\n"), "Grüße".as_bytes());
    /// ```
    #[must_use]
    pub fn decode(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::SevenBit | Self::EightBit | Self::Binary | Self::Unknown => Cow::Borrowed(body),
            Self::QuotedPrintable => Cow::Owned(quoted_printable(body)),
            Self::Base64 => Cow::Owned(base64(body)),
        }
    }
}

/// RFC 2045 section 6.7, with what its notes say of robust decoders.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let hex = |digit: &u8| char::from(*digit).to_digit(16);
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).map_or(rest.len(), |lf| lf + 1);
        let (line, tail) = rest.split_at_checked(end).unwrap_or((rest, b""));
        rest = tail;
        let text = match line {
            [text @ .., b'\r', b'\n'] | [text @ .., b'\n'] => text,
            _ => line,
        };
        let line_end = line.get(text.len()..).unwrap_or_default();
        // Rule 3: white space at the end of a line was added on the way.
        let blanks = text.iter().rev().take_while(|octet| b" \t".contains(octet)).count();
        let mut text = match line_end {
            [] => text,
            _ => text.get(..text.len() - blanks).unwrap_or_default(),
        };
        let mut soft = false;
        while let Some(at) = memchr(b'=', text) {
            let (before, after) = text.split_at_checked(at).unwrap_or((text, b""));
            out.extend_from_slice(before);
            text = match after {
                // Rule 5: a soft line break.
                [b'='] => {
                    soft = true;
                    b""
                }
                [b'=', high, low, tail @ ..] if hex(high).is_some() && hex(low).is_some() => {
                    let value = hex(high).unwrap_or(0) << 4 | hex(low).unwrap_or(0);
                    out.push(value as u8);
                    tail
                }
                _ => {
                    out.push(b'=');
                    after.get(1..).unwrap_or_default()
                }
            };
        }
        out.extend_from_slice(text);
        if !soft {
            out.extend_from_slice(line_end);
        }
    }
    out
}

/// RFC 2045 section 6.8: octets outside of the alphabet are passed over. Padding ends a group and
/// not the body, because some join encoded pieces.
fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut bits, mut digits) = (0_u32, 0_usize);
    for &octet in body {
        if let Some(value) = sextet(octet) {
            bits = bits << 6 | u32::from(value);
            digits += 1;
        }
        if digits == 4 || octet == b'=' {
            group(bits, digits, &mut out);
            (bits, digits) = (0, 0);
        }
    }
    group(bits, digits, &mut out);
    out
}

/// Appends what the digits of one group hold: one alone has not enough bits for an octet.
fn group(bits: u32, digits: usize, out: &mut Vec<u8>) {
    let [_, octets @ ..] = (bits << (6 * 4_usize.saturating_sub(digits))).to_be_bytes();
    out.extend_from_slice(octets.get(..digits.saturating_sub(1)).unwrap_or_default());
}

/// Appends octets as base64 in lines of 76 (RFC 2045 section 6.8), each ended by CRLF.
pub(crate) fn write_base64(octets: &[u8], out: &mut Vec<u8>) {
    for line in octets.chunks(57) {
        line.chunks(3).for_each(|group| out.extend_from_slice(&base64_digits(group)));
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(encoding: TransferEncoding, body: &str) -> String {
        String::from_utf8_lossy(&encoding.decode(body.as_bytes())).into_owned()
    }

    #[test]
    fn ok_names_in_any_case_with_comments() {
        for (value, encoding) in [
            (" 7bit", TransferEncoding::SevenBit),
            ("8BIT (really)", TransferEncoding::EightBit),
            (" (x) binary;", TransferEncoding::Binary),
            ("Quoted-Printable\r\n", TransferEncoding::QuotedPrintable),
            ("base64", TransferEncoding::Base64),
            ("x-uuencode", TransferEncoding::Unknown),
            ("(open", TransferEncoding::Unknown),
            ("", TransferEncoding::Unknown),
        ] {
            assert_eq!(TransferEncoding::parse(value.as_bytes()), encoding, "{value}");
        }
    }

    #[test]
    fn ok_quoted_printable_and_what_is_not() {
        for (body, text) in [
            ("a=3Db", "a=b"),
            ("a=3db", "a=b"),
            ("now =\r\nand then", "now and then"),
            ("soft = \t\r\nbreak", "soft break"),
            ("soft=\nbreak=", "softbreak"),
            ("trailing \t\r\nblanks \n", "trailing\r\nblanks\n"),
            ("kept at the end ", "kept at the end "),
            ("a=4", "a=4"),
            ("a=zz==41=", "a=zz=A"),
            ("", ""),
        ] {
            assert_eq!(decoded(TransferEncoding::QuotedPrintable, body), text, "{body:?}");
        }
    }

    #[test]
    fn ok_base64_and_what_is_not() {
        for (body, text) in [
            ("YWJj", "abc"),
            ("YWI=", "ab"),
            ("YQ==", "a"),
            ("YQ", "a"),
            ("Y", ""),
            ("Y\r\nW\r\nJ-!j\r\n", "abc"),
            ("YQ==YmM=", "abc"),
            ("====", ""),
            ("", ""),
        ] {
            assert_eq!(decoded(TransferEncoding::Base64, body), text, "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn ok_base64_comes_back(octets: Vec<u8>) {
            let mut written = Vec::new();
            write_base64(&octets, &mut written);
            prop_assert!(written.split(|&octet| octet == b'\n').all(|line| line.len() <= 77));
            let read = TransferEncoding::Base64.decode(&written);
            prop_assert_eq!(&*read, &*octets);
        }

        #[test]
        fn nothing_grows(octets: Vec<u8>) {
            for encoding in [TransferEncoding::QuotedPrintable, TransferEncoding::Base64] {
                prop_assert!(encoding.decode(&octets).len() <= octets.len());
            }
        }
    }
}
