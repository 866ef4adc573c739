//! `type; text`: how a report names addresses, hosts and diagnoses (RFC 3464 section 2.1.2).

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;

use crate::Misuse;

/// A text with the type that says how to read it: `rfc822;user@example.com`, `dns;mx.example.com`,
/// `smtp;550 5.1.1 user unknown`.
///
/// The type is a token and is compared in any case of letters. The text is octets of one line,
/// without white space around it; CR, LF and NUL cannot get in.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Typed {
    kind: Box<str>,
    text: Box<[u8]>,
}

impl Typed {
    /// The type of addresses as mail writes them (RFC 3464 section 2.1.2).
    pub const RFC822: &'static str = "rfc822";
    /// The type of addresses in UTF-8 (RFC 6533 section 3).
    pub const UTF8: &'static str = "utf-8";
    /// The type of host names.
    pub const DNS: &'static str = "dns";
    /// The type of diagnoses that are SMTP replies.
    pub const SMTP: &'static str = "smtp";
    /// The longest text, in octets. More than that no reader shows, and a server that answers with
    /// more is none.
    pub const LONGEST: usize = 4096;

    /// Names a type and a text. White space around the text is taken off.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if the type is no token of ASCII, or the text is empty or longer than
    /// [`LONGEST`](Self::LONGEST); [`Misuse::Unencodable`] if it holds CR, LF or NUL.
    pub fn new(kind: &str, text: impl AsRef<[u8]>) -> Result<Self, Misuse> {
        const WHAT: &str = "field of a report";
        let text = text.as_ref().trim_ascii();
        let is_token =
            |octet: u8| octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet);
        if kind.is_empty() || kind.len() > 64 || !kind.bytes().all(is_token) {
            return Err(Misuse::Invalid { what: WHAT, why: "its type is no token" });
        }
        if text.is_empty() {
            return Err(Misuse::Invalid { what: WHAT, why: "it is empty" });
        }
        if text.len() > Self::LONGEST {
            return Err(Misuse::Invalid { what: WHAT, why: "it is too long" });
        }
        let bad = |octet: &u8| matches!(octet, b'\r' | b'\n' | 0);
        if let Some(offset) = text.iter().position(bad) {
            let octet = text.get(offset).copied().unwrap_or_default();
            return Err(Misuse::Unencodable { what: WHAT, octet, offset });
        }
        Ok(Self { kind: kind.into(), text: text.into() })
    }

    /// Names an address: of type `rfc822` if it is ASCII, else of type `utf-8`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn address(address: &str) -> Result<Self, Misuse> {
        let kind = if address.is_ascii() { Self::RFC822 } else { Self::UTF8 };
        Self::new(kind, address)
    }

    /// Names a host by its domain name.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn host(name: &str) -> Result<Self, Misuse> {
        Self::new(Self::DNS, name)
    }

    /// Reads the value of SMTP's ORCPT: a type, and an address in xtext (RFC 3461 sections 4 and
    /// 4.2).
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Misuse::Invalid`] if it has no type or is not xtext.
    pub fn from_orcpt(value: &str) -> Result<Self, Misuse> {
        let bad = Misuse::Invalid { what: "ORCPT", why: "it is no type with an address in xtext" };
        let (kind, xtext) = value.split_once(';').ok_or_else(|| bad.clone())?;
        let text = from_xtext(xtext).ok_or(bad)?;
        Self::new(kind, text)
    }

    /// Reads the value of a field, tolerantly: white space anywhere, octets that cannot stand there
    /// as blanks, what is too long cut off; a missing type is `otherwise`. `None` if nothing is left.
    pub(crate) fn read(value: &[u8], otherwise: &str) -> Option<Self> {
        let value = value.trim_ascii();
        let split = value.iter().position(|&octet| octet == b';').and_then(|at| {
            let kind = std::str::from_utf8(value.get(..at)?.trim_ascii()).ok()?;
            let text = value.get(at + 1..)?;
            Some((kind, text))
        });
        let clean = |text: &[u8]| -> Vec<u8> {
            let text = text.get(..Self::LONGEST.min(text.len())).unwrap_or_default();
            text.iter()
                .map(|&octet| if b"\r\n\t\0".contains(&octet) { b' ' } else { octet })
                .collect()
        };
        // A type and nothing else, as Sendmail writes it after a time-out.
        if is_type_alone(value) {
            return None;
        }
        let typed = split.and_then(|(kind, text)| {
            let typed = Self::new(kind, clean(text)).ok();
            // Mimecast writes `rfc/822`, which is no token.
            typed.or_else(|| is_address_of(kind).then(|| Self::new(otherwise, clean(text)).ok())?)
        });
        typed.or_else(|| Self::new(otherwise, clean(value)).ok())
    }

    /// Returns the type as it is written.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Tells whether this is the type, in any case of letters.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// Returns the text as it is written.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns the text for showing to people: octets that are not UTF-8 replaced.
    #[must_use]
    pub fn text_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }

    /// Returns the address that the text stands for: a `utf-8` one may be written in ASCII with
    /// `\x{..}` for what is not (RFC 6533 section 3), some put `<` and `>` around it, and some the
    /// way that it is to go (RFC 5321 section 4.1.1.3: nobody needs to know it).
    #[must_use]
    pub fn as_address(&self) -> Cow<'_, [u8]> {
        let bare = match &*self.text {
            [b'<', inner @ .., b'>'] => inner,
            text => text,
        };
        let bare = bare.strip_suffix(b">").unwrap_or(bare);
        let routed = bare.first() == Some(&b'@') && !self.is(Self::UTF8);
        let at = memchr(b':', bare).filter(|_| routed);
        let bare = at.and_then(|at| bare.get(at + 1..)).filter(|it| !it.is_empty()).unwrap_or(bare);
        if self.is(Self::UTF8) { from_embedded(bare) } else { Cow::Borrowed(bare) }
    }

    /// Tells whether only a report in UTF-8 can hold it.
    pub(crate) fn is_utf8(&self) -> bool {
        !self.text.is_ascii()
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; ", self.kind)?;
        for c in self.text_lossy().chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed({self})")
    }
}

/// Tells whether what stands in front of a semicolon means the type of mail addresses.
fn is_address_of(kind: &str) -> bool {
    let letters = kind.bytes().filter(u8::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase());
    letters.eq(*b"rfc822")
}

/// Tells whether a value is a type with nothing behind it.
fn is_type_alone(value: &[u8]) -> bool {
    value.strip_suffix(b";").is_some_and(|kind| kind.iter().all(u8::is_ascii_alphanumeric))
}

/// > xtext = *( xchar / hexchar )
/// > hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
///
/// RFC 3461 section 4.
fn from_xtext(xtext: &str) -> Option<Vec<u8>> {
    let hex = |digit: u8| char::from(digit).to_digit(16);
    let mut out = Vec::with_capacity(xtext.len());
    let mut octets = xtext.bytes();
    while let Some(octet) = octets.next() {
        out.push(match octet {
            b'+' => (hex(octets.next()?)? << 4 | hex(octets.next()?)?) as u8,
            b'!'..=b'~' if octet != b'=' => octet,
            // RFC 6533 3: under SMTPUTF8 an address of type utf-8 stands as it is.
            0x80.. => octet,
            _ => return None,
        });
    }
    Some(out)
}

/// > EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"           RFC 6533 section 3
fn from_embedded(text: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(n) = text.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        let start = at + n;
        at = start + 1;
        let Some(rest) = text.get(start..).and_then(|rest| rest.strip_prefix(b"\\x{")) else {
            continue;
        };
        // Six digits are the most that a code point has.
        let digits = rest.iter().take(6).take_while(|digit| digit.is_ascii_hexdigit()).count();
        let point = rest.get(..digits).and_then(|digits| std::str::from_utf8(digits).ok());
        let point = point.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(c) = point.and_then(char::from_u32).filter(|c| !c.is_control()) else { continue };
        if rest.get(digits) != Some(&b'}') {
            continue;
        }
        out.extend_from_slice(text.get(copied..start).unwrap_or_default());
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        at = start + 3 + digits + 1;
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_orcpt_of_rfc_3461_and_6533() {
        for (value, kind, address) in [
            ("rfc822;Bob@Example.COM", "rfc822", "Bob@Example.COM"),
            ("rfc822;a+2Bb@c+3Dd", "rfc822", "a+b@c=d"),
            ("utf-8;\\x{30A4}\\x{30ED}@example", "utf-8", "イロ@example"),
            ("utf-8;イロ@example", "utf-8", "イロ@example"),
        ] {
            let typed = Typed::from_orcpt(value).unwrap();
            assert_eq!((typed.kind(), &*typed.as_address()), (kind, address.as_bytes()));
        }
        for bad in ["", "a@b", ";a@b", "rfc822;", "rfc822;a b", "rfc822;a+4", "rfc822;a+0D+0Ab"] {
            assert!(Typed::from_orcpt(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ok_values_as_servers_write_them() {
        let read = |value: &str| Typed::read(value.as_bytes(), "smtp").unwrap().to_string();
        assert_eq!(read(" RFC822;  a@b "), "RFC822; a@b");
        assert_eq!(read("550 no; never"), "smtp; 550 no; never");
        assert_eq!(read("x-unix; a\r\n b"), "x-unix; a   b");
        assert_eq!(Typed::read(b"  ", "smtp"), None);
        assert_eq!(Typed::read(b" SMTP; ", "smtp"), None);
        let long = "x".repeat(10_000);
        assert_eq!(Typed::read(long.as_bytes(), "smtp").unwrap().text().len(), Typed::LONGEST);
    }

    #[test]
    fn ok_embedded_points_and_what_is_none() {
        let address = |text: &str| {
            let typed = Typed::new("UTF-8", text).unwrap();
            String::from_utf8(typed.as_address().into_owned()).unwrap()
        };
        assert_eq!(address("\\x{FC}b@c"), "üb@c");
        assert_eq!(address("<\\x{1F600}>"), "😀");
        for kept in ["\\x{", "\\x{}", "\\x{D800}", "\\x{A}", "\\x{1234567}", "\\\\", "\\x{41"] {
            assert_eq!(address(kept), kept);
        }
    }

    #[test]
    fn err_nothing_breaks_out_of_a_field() {
        assert!(Typed::new("smtp", "a\r\nb").is_err());
        assert!(Typed::new("sm tp", "a").is_err());
        assert!(Typed::new("", "a").is_err());
        assert!(Typed::new("smtp", " ").is_err());
    }
}
