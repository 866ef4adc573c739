//! Text in other character sets than UTF-8, which bounces have as often as other mail.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8};
use mail_message::mime::TransferEncoding;
use memchr::memmem;

/// Makes UTF-8 of octets in a character set that a part names. Octets whose set nobody knows stay as
/// they are.
pub(super) fn decode<'a>(octets: Cow<'a, [u8]>, charset: Option<&str>) -> Cow<'a, [u8]> {
    let named =
        charset.and_then(|label| Encoding::for_label_no_replacement(label.trim().as_bytes()));
    // What is said to be ASCII, or nothing, and switches to kanji all the same.
    let encoding = match named {
        Some(encoding) if encoding != UTF_8 && !is_ascii(charset) => encoding,
        _ if is_kanji(&octets) => ISO_2022_JP,
        _ => return octets,
    };
    match encoding.decode_without_bom_handling(&octets).0 {
        Cow::Borrowed(_) => octets,
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Decodes the encoded-words (RFC 2047) that `mail-message` leaves as they are, because it does not
/// know their character sets.
pub(super) fn decode_words(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    let mut was_word = false;
    while let Some((before, behind)) = rest.split_once("=?") {
        let Some((word, len)) = word(behind) else {
            out.push_str(before);
            out.push_str("=?");
            (rest, was_word) = (behind, false);
            continue;
        };
        // RFC 2047 6.2: blanks between encoded-words are not part of the text.
        if !(was_word && before.trim_ascii().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&word);
        rest = behind.get(len..).unwrap_or_default();
        was_word = true;
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// > encoded-word = "=?" charset "?" encoding "?" encoded-text "?="     RFC 2047 section 2
fn word(behind: &str) -> Option<(String, usize)> {
    let mut parts = behind.splitn(4, '?');
    let (charset, how, text) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next()?.strip_prefix('=')?;
    let encoding = Encoding::for_label_no_replacement(charset.split('*').next()?.as_bytes())?;
    let octets = match how {
        "B" | "b" => TransferEncoding::Base64.decode(text.as_bytes()).into_owned(),
        "Q" | "q" => {
            let text = text.replace('_', "=20");
            TransferEncoding::QuotedPrintable.decode(text.as_bytes()).into_owned()
        }
        _ => return None,
    };
    let (text_of, ..) = encoding.decode(&octets);
    Some((text_of.into_owned(), charset.len() + how.len() + text.len() + 4))
}

/// Tells whether octets hold the escape that leads to kanji (RFC 1468).
fn is_kanji(octets: &[u8]) -> bool {
    [&b"\x1b$B"[..], b"\x1b$@"].iter().any(|escape| memmem::find(octets, escape).is_some())
}

/// Encodings of the web take ASCII for windows-1252.
fn is_ascii(charset: Option<&str>) -> bool {
    charset.is_some_and(|it| it.trim().eq_ignore_ascii_case("us-ascii"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_character_sets_that_mail_has() {
        for (charset, octets, text) in [
            ("ISO-2022-JP", &b"\x1b$B%a!<%k\x1b(B"[..], "メール"),
            ("shift_jis", b"\x83\x81\x81\x5b\x83\x8b", "メール"),
            ("EUC-JP", b"\xa5\xe1\xa1\xbc\xa5\xeb", "メール"),
            ("GB2312", b"\xd3\xca\xbc\xfe", "邮件"),
            ("gb18030", b"\xd3\xca\xbc\xfe", "邮件"),
            ("Big5", b"\xb6l\xa5\xf3", "郵件"),
            ("EUC-KR", b"\xb8\xde\xc0\xcf", "메일"),
            ("KOI8-R", b"\xd0\xcf\xde\xd4\xc1", "почта"),
            ("windows-1251", b"\xef\xee\xf7\xf2\xe0", "почта"),
            ("iso-8859-1", b"Bo\xeete pleine", "Boîte pleine"),
            ("us-ascii", b"\x1b$B%a!<%k\x1b(B", "メール"),
            ("utf-8", "メール".as_bytes(), "メール"),
        ] {
            let decoded = decode(Cow::Borrowed(octets), Some(charset));
            assert_eq!(str::from_utf8(&decoded), Ok(text), "{charset}");
        }
    }

    #[test]
    fn what_nobody_knows_stays_as_it_is() {
        for charset in [None, Some("x-unknown"), Some("unicode-1-1-utf-7"), Some("us-ascii")] {
            assert_eq!(&*decode(Cow::Borrowed(b"a\xffb \x1b$"), charset), b"a\xffb \x1b$");
        }
    }

    #[test]
    fn ok_encoded_words_in_other_character_sets() {
        for (text, decoded) in [
            ("plain", "plain"),
            ("=?ISO-2022-JP?B?GyRCJWEhPCVrGyhC?=", "メール"),
            (
                "a =?ISO-2022-JP?B?GyRCJWEhPCVrGyhC?= =?koi8-r?Q?=D0=CF=DE=D4=C1_x?= b",
                "a メールпочта x b",
            ),
            ("=?x-unknown?B?AAAA?= =?koi8-r?X?a?=", "=?x-unknown?B?AAAA?= =?koi8-r?X?a?="),
            ("=?koi8-r?Q?a", "=?koi8-r?Q?a"),
            ("=?=?=?=?", "=?=?=?=?"),
        ] {
            assert_eq!(decode_words(text), decoded, "{text}");
        }
    }

    #[test]
    fn a_flood_of_beginnings_is_linear() {
        let flood = "=?a?".repeat(100_000);
        assert_eq!(decode_words(&flood), flood);
    }
}
