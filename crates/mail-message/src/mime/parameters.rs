//! The parameters behind the value of a MIME field (RFC 2045 section 5.1, RFC 2231).

use std::borrow::Cow;

use crate::encoded_word::{self, Charset};
use crate::lexer::{Lexer, is_space, unquote};

/// The parameters of a field, read as they are asked for: `; charset=utf-8; name="a b"`.
///
/// Tolerant, because mail is: values with specials and without quotes (`boundary=a=b`), missing
/// and doubled semicolons, comments anywhere. Of several parameters of one name the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters<'a>(&'a [u8]);

impl<'a> Parameters<'a> {
    /// Reads from behind the value of a field.
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self(rest)
    }

    /// Iterates over the parameters as they are written, quotes taken off the values: what IMAP's
    /// BODYSTRUCTURE shows. The sections of RFC 2231 are parameters of their own here.
    #[must_use]
    pub const fn iter(&self) -> ParameterIter<'a> {
        ParameterIter(Lexer::new(self.0))
    }

    /// Returns the octets of a parameter, by its name in any case of letters. The sections of a
    /// value in several parts are put together in the order of their numbers, and what is encoded
    /// is decoded, whatever its character set (RFC 2231 sections 3 and 4).
    #[must_use]
    pub fn octets(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.find(name).map(|found| found.octets)
    }

    /// Returns a parameter as a person reads it. In a character set that is not known here (see
    /// [`encoded_word`]) octets over 127 are shown as U+FFFD.
    ///
    /// Encoded-words are decoded too: RFC 2231 exists because they must not stand here, and many
    /// programs write file names so.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        let found = self.find(name)?;
        Some(match (found.charset, found.is_extended) {
            (Some(Charset::Latin1), _) => found.octets.iter().copied().map(char::from).collect(),
            (Some(Charset::Utf8) | None, true) => {
                String::from_utf8_lossy(&found.octets).into_owned()
            }
            (Some(Charset::Utf8) | None, false) => encoded_word::decode(&found.octets).into_owned(),
        })
    }

    fn find(&self, name: &str) -> Option<Found<'a>> {
        let mut plain = None;
        let mut sections = Vec::new();
        for (written, value) in self.iter() {
            let Some(suffix) = strip_prefix_ignore_case(written, name.as_bytes()) else { continue };
            match Section::parse(suffix) {
                Some(Section::Whole) if plain.is_none() => plain = Some(value),
                Some(Section::Numbered { number, encoded }) => {
                    sections.push((number, encoded, value));
                }
                Some(Section::Whole) | None => {}
            }
        }
        // RFC 6266 4.3 and everybody: the extended form wins over the plain one beside it.
        join(sections)
            .or_else(|| plain.map(|octets| Found { octets, charset: None, is_extended: false }))
    }
}

/// Iterates over parameters as they are written. Made by [`Parameters::iter`].
#[derive(Debug, Clone)]
pub struct ParameterIter<'a>(Lexer<'a>);

impl<'a> Iterator for ParameterIter<'a> {
    type Item = (&'a [u8], Cow<'a, [u8]>);

    /// > parameter = attribute "=" value                      RFC 2045 section 5.1
    fn next(&mut self) -> Option<Self::Item> {
        let lexer = &mut self.0;
        loop {
            lexer.cfws()?;
            if lexer.eat(b';') {
                continue;
            }
            lexer.peek()?;
            let name = lexer.take_while(|octet| !is_space(octet) && !b";=(".contains(&octet));
            lexer.cfws()?;
            if !lexer.eat(b'=') {
                // A word that is no parameter.
                continue;
            }
            lexer.cfws()?;
            if lexer.peek() == Some(b'"') {
                let start = lexer.at();
                let quoted = lexer.quoted_string();
                let whole = quoted.is_some();
                let quoted = quoted.unwrap_or_else(|| lexer.since(start));
                return Some((name, unquoted(quoted, whole)));
            }
            let value = lexer.take_while(|octet| !is_space(octet) && !b";(".contains(&octet));
            return Some((name, Cow::Borrowed(value)));
        }
    }
}

/// Takes off the quotes. One that is not closed runs to the end of its line at most.
fn unquoted(quoted: &[u8], whole: bool) -> Cow<'_, [u8]> {
    if !whole {
        let inner = quoted.get(1..).unwrap_or_default();
        let end = inner.iter().position(|octet| b"\r\n;".contains(octet)).unwrap_or(inner.len());
        return Cow::Borrowed(inner.get(..end).unwrap_or_default());
    }
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !inner.iter().any(|octet| b"\\\r\n".contains(octet)) {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(quoted.len());
    unquote(quoted, &mut out);
    Cow::Owned(out)
}

struct Found<'a> {
    octets: Cow<'a, [u8]>,
    charset: Option<Charset>,
    is_extended: bool,
}

/// What follows the name of an attribute.
enum Section {
    Whole,
    Numbered { number: u16, encoded: bool },
}

impl Section {
    /// > section = initial-section / other-sections          RFC 2231 section 7
    fn parse(suffix: &[u8]) -> Option<Self> {
        match suffix {
            [] => Some(Self::Whole),
            // RFC 2231 4: a value of one part, encoded.
            b"*" => Some(Self::Numbered { number: 0, encoded: true }),
            [b'*', rest @ ..] => {
                let (digits, encoded) = match rest {
                    [digits @ .., b'*'] => (digits, true),
                    _ => (rest, false),
                };
                let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
                digits.iter().all(u8::is_ascii_digit).then_some(Self::Numbered { number, encoded })
            }
            _ => None,
        }
    }
}

/// Puts sections together: from number 0 on, as far as they go without a gap.
fn join<'a>(mut sections: Vec<(u16, bool, Cow<'a, [u8]>)>) -> Option<Found<'a>> {
    sections.sort_by_key(|(number, ..)| *number);
    sections.dedup_by_key(|(number, ..)| *number);
    if sections.first().is_none_or(|(number, ..)| *number != 0) {
        return None;
    }
    let mut octets = Vec::new();
    let mut charset = None;
    for (expected, (number, encoded, value)) in sections.into_iter().enumerate() {
        if usize::from(number) != expected {
            break;
        }
        if !encoded {
            octets.extend_from_slice(&value);
            continue;
        }
        let mut rest = &*value;
        // > initial-section: [charset] "'" [language] "'"     RFC 2231 section 7
        if number == 0
            && let mut parts = rest.splitn(3, |&octet| octet == b'\'')
            && let (Some(name), Some(_), Some(text)) = (parts.next(), parts.next(), parts.next())
        {
            charset = Charset::parse(name);
            rest = text;
        }
        percent_decode(rest, &mut octets);
    }
    Some(Found { octets: Cow::Owned(octets), charset, is_extended: true })
}

/// > ext-octet = "%" 2(DIGIT / "A" / "B" / "C" / "D" / "E" / "F")    RFC 2231 section 7
///
/// A `%` that two digits do not follow stands for itself.
fn percent_decode(text: &[u8], out: &mut Vec<u8>) {
    let hex = |digit: &u8| char::from(*digit).to_digit(16);
    let mut rest = text;
    while let [octet, tail @ ..] = rest {
        rest = tail;
        match (octet, tail) {
            (b'%', [high, low, tail @ ..]) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    out.push((high << 4 | low) as u8);
                    rest = tail;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(*octet),
        }
    }
}

fn strip_prefix_ignore_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(parameters: &str, name: &str) -> Option<String> {
        Parameters::new(parameters.as_bytes()).text(name)
    }

    /// RFC 2231 sections 3, 4 and 4.1.
    #[test]
    fn ok_examples_of_rfc_2231() {
        let url = "; access-type=URL;\r\n URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub/moore\"";
        assert_eq!(text(url, "url").as_deref(), Some("ftp://cs.utk.edu/pub/moore"));
        let title = "; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A";
        assert_eq!(text(title, "title").as_deref(), Some("This is ***fun***"));
        let both = "; title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n \
                    title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"";
        assert_eq!(text(both, "title").as_deref(), Some("This is even more ***fun*** isn't it!"));
    }

    #[test]
    fn ok_sections_out_of_order_and_character_sets() {
        assert_eq!(text("n*1=b;n*0=a;n*3=d", "n").as_deref(), Some("ab"));
        assert_eq!(text("n*=utf-8''%E4%BC%8A%E5%90%8D; n=x", "n").as_deref(), Some("伊名"));
        assert_eq!(text("n*=iso-8859-1''J%F6rg", "n").as_deref(), Some("Jörg"));
        assert_eq!(text("n*=koi8-r''%F0", "n").as_deref(), Some("\u{fffd}"));
        assert_eq!(Parameters::new(b"n*=koi8-r''%F0").octets("n").as_deref(), Some(&b"\xf0"[..]));
        assert_eq!(text("n=\"=?UTF-8?Q?=C3=BC?=\"", "n").as_deref(), Some("ü"));
        assert_eq!(text("n*=100%; m*=%4", "n").as_deref(), Some("100%"));
        assert_eq!(text("n*1=b", "n"), None);
        assert_eq!(text("n*x=b; n*+0=c", "n"), None);
    }

    #[test]
    fn ok_what_mail_does_to_parameters() {
        for written in [
            "; boundary=\"a=b\"",
            "; boundary=a=b",
            ";; charset=x ;boundary = a=b ; c",
            " charset=x boundary=a=b",
            "; (x) BOUNDARY (y) = (z) a=b (w)",
            "; boundary=\"a\\=b\"",
            "; boundary=\"a=b",
            "; boundary=\"a=b\r\n",
            "; =x; boundary=a=b; boundary=c",
        ] {
            assert_eq!(text(written, "boundary").as_deref(), Some("a=b"), "{written:?}");
        }
        assert_eq!(text("; boundary", "boundary"), None);
        assert_eq!(text("; boundary=", "boundary").as_deref(), Some(""));
        assert_eq!(text("; (boundary=x", "boundary"), None);
    }

    #[test]
    fn a_hundred_thousand_sections_are_linear() {
        let flood: String = (0..100_000).map(|n| format!(";n*{}=x", n % 65_536)).collect();
        assert_eq!(text(&flood, "n").map(|value| value.len()), Some(65_536));
    }
}
