//! Modified UTF-7, the form of mailbox names in IMAP4rev1. RFC 3501 section 5.1.3.

/// The base64 alphabet with `,` in place of `/`.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Turns a name as people read it into its form on the wire.
///
/// ```
/// use imap_proto::utf7;
///
/// assert_eq!(utf7::encode("~peter/mail/台北/日本語"), b"~peter/mail/&U,BTFw-/&ZeVnLIqe-");
/// assert_eq!(utf7::encode("Tom & Jerry"), b"Tom &- Jerry");
/// ```
#[must_use]
pub fn encode(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut shifted = Bits::default();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            shifted.close(&mut out);
            out.push(c as u8);
            if c == '&' {
                out.push(b'-');
            }
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                shifted.push(*unit, &mut out);
            }
        }
    }
    shifted.close(&mut out);
    out
}

/// Turns a name as it stands on the wire into what people read.
///
/// `None` if it is not modified UTF-7 in its one proper form: such names are shown as they are, and
/// are sent back octet by octet.
///
/// ```
/// use imap_proto::utf7;
///
/// assert_eq!(utf7::decode(b"&ZeVnLIqe-").as_deref(), Some("日本語"));
/// assert_eq!(utf7::decode(b"&Jjo!"), None, "an unfinished shift");
/// assert_eq!(utf7::decode(b"&AGE-"), None, "printable ASCII must not be shifted");
/// ```
#[must_use]
pub fn decode(name: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match first {
            b'&' => {
                let end = memchr::memchr(b'-', tail)?;
                let (shifted, tail) = tail.split_at_checked(end)?;
                if shifted.is_empty() {
                    out.push('&');
                } else {
                    unshift(shifted, &mut out)?;
                    // "... &U,BTFw-&ZeVnLIqe- is not permitted" but as one shift.
                    if tail.get(1) == Some(&b'&') && tail.get(2) != Some(&b'-') {
                        return None;
                    }
                }
                tail.get(1..)?
            }
            b' '..=b'~' => {
                out.push(char::from(first));
                tail
            }
            _ => return None,
        };
    }
    Some(out)
}

fn unshift(base64: &[u8], out: &mut String) -> Option<()> {
    let mut units = Vec::with_capacity(base64.len() * 6 / 16);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for octet in base64 {
        let value = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b',' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push((bits >> held) as u16);
            bits &= (1 << held) - 1;
        }
    }
    // What is left is less than a base64 digit, and zero.
    if held >= 6 || bits != 0 {
        return None;
    }
    for unit in char::decode_utf16(units) {
        let c = unit.ok()?;
        // RFC 3501 5.1.3: "Modified BASE64 MUST NOT be used to represent any printing US-ASCII".
        if matches!(c, ' '..='~') {
            return None;
        }
        out.push(c);
    }
    Some(())
}

/// The shifted run that is being written.
#[derive(Default)]
struct Bits {
    open: bool,
    bits: u32,
    held: u32,
}

impl Bits {
    fn push(&mut self, unit: u16, out: &mut Vec<u8>) {
        if !self.open {
            self.open = true;
            out.push(b'&');
        }
        self.bits = (self.bits << 16) | u32::from(unit);
        self.held += 16;
        while self.held >= 6 {
            self.held -= 6;
            out.push(digit(self.bits >> self.held));
            self.bits &= (1 << self.held) - 1;
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.held > 0 {
            out.push(digit(self.bits << (6 - self.held)));
        }
        if self.open {
            out.push(b'-');
        }
        *self = Self::default();
    }
}

fn digit(value: u32) -> u8 {
    ALPHABET.get(value as usize & 63).copied().unwrap_or(b'A')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ok_the_examples_of_rfc_3501() {
        for (wire, name) in [
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("&Jjo-!", "☺!"),
            ("&U,BTF2XlZyyKng-", "台北日本語"),
            ("&2D3eAA-", "😀"),
            ("&-", "&"),
            ("", ""),
        ] {
            assert_eq!(decode(wire.as_bytes()).as_deref(), Some(name), "{wire}");
            assert_eq!(encode(name), wire.as_bytes(), "{name}");
        }
    }

    #[test]
    fn err_improper_forms() {
        for wire in [
            &b"&Jjo!"[..],
            b"&U,BTFw-&ZeVnLIqe-",
            b"&",
            b"&AGE-",
            b"&2D0-",
            b"&Jj-",
            b"&Jjp-",
            b"\xe9",
            b"a\tb",
            b"&JjoA-",
        ] {
            assert_eq!(decode(wire), None, "{}", wire.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(name in "\\PC*") {
            prop_assert_eq!(decode(&encode(&name)), Some(name));
        }

        #[test]
        fn what_decodes_has_one_form(wire in "[&,A-Za-z0-9+-]{0,24}") {
            if let Some(name) = decode(wire.as_bytes()) {
                prop_assert_eq!(encode(&name), wire.as_bytes());
            }
        }
    }
}
