//! Whole replies where they stand, as nearly all of them are.

use std::fmt;

use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
use mail_wire::grammar::{find, unprintable};
use memchr::memchr_iter;

/// A whole reply where it stands: a view without a copy.
///
/// Only what is regular is read so: CRLF and nothing else between the lines, one code, an enhanced
/// code on each line or on none, and text of printable ASCII. What any other reply comes to is a
/// [`ReplyReader`](crate::ReplyReader)'s to say, which reads these alike.
///
/// ```
/// use mail_errors::EnhancedStatusCode;
/// use smtp_proto::parse::ReplyView;
///
/// let wire = b"550-5.1.1 No such user\r\n550 5.1.1 here\r\n250 OK\r\n";
/// let reply = ReplyView::read(wire).expect("it is whole and regular");
/// assert_eq!(reply.code().get(), 550);
/// assert_eq!(reply.enhanced(), Some(EnhancedStatusCode::BAD_MAILBOX));
/// assert_eq!(reply.lines().collect::<Vec<_>>(), [&b"No such user"[..], b"here"]);
/// assert_eq!(&wire[reply.octets()..], b"250 OK\r\n");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReplyView<'a> {
    code: ReplyCode,
    enhanced: Option<EnhancedStatusCode>,
    /// All lines, each with its CRLF.
    wire: &'a [u8],
    /// How many octets stand in front of the text of each line.
    head: usize,
}

impl<'a> ReplyView<'a> {
    /// Reads the reply at the start of `input`. `None` if it is not whole yet, or not regular.
    #[must_use]
    #[inline]
    pub fn read(input: &'a [u8]) -> Option<Self> {
        scan(input, usize::MAX, |_, _| ())
    }

    /// Returns the code.
    #[must_use]
    pub const fn code(&self) -> ReplyCode {
        self.code
    }

    /// Returns the enhanced code. RFC 2034 4.
    #[must_use]
    pub const fn enhanced(&self) -> Option<EnhancedStatusCode> {
        self.enhanced
    }

    /// Returns the text of each line, without codes and line ends.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        let (wire, head) = (self.wire, self.head);
        let mut from = 0;
        memchr_iter(b'\n', wire).map(move |lf| {
            let text = wire.get(from + head..lf - 1).unwrap_or_default();
            from = lf + 1;
            text
        })
    }

    /// Returns how many octets the reply has on the wire.
    #[must_use]
    pub const fn octets(&self) -> usize {
        self.wire.len()
    }

    /// Reads the reply at the start of `input` into one that is owned, and says how many octets it
    /// has on the wire. `None` as of [`read`](Self::read).
    #[must_use]
    #[inline]
    pub fn read_owned(input: &[u8]) -> Option<(Reply, usize)> {
        owned(input, usize::MAX)
    }

    /// Copies it.
    #[must_use]
    pub fn to_reply(&self) -> Reply {
        // It has been read before, so it is read again.
        Self::read_owned(self.wire).map_or(Reply::fixed(self.code, None, ""), |(reply, _)| reply)
    }
}

impl fmt::Debug for ReplyView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyView({})", self.to_reply())
    }
}

/// Most octets that room is made for before they are known to belong to a reply.
pub(crate) const MOST_AHEAD: usize = 2048;

/// Reads a regular reply, of lines of at most `most` octets, into one that is owned.
pub(crate) fn owned(input: &[u8], most: usize) -> Option<(Reply, usize)> {
    let (mut text, mut is_first) = (Vec::new(), true);
    let view = scan(input, most, |line, is_last| {
        if is_first {
            // What has come is most often the whole reply; more than this is not bet on it.
            let more = if is_last { 0 } else { input.len().min(MOST_AHEAD) };
            text = Vec::with_capacity(line.len() + more);
            is_first = false;
        } else {
            text.push(b'\n');
        }
        text.extend_from_slice(line);
    })?;
    // The text is printable, and the code is one that is read so.
    let reply = Reply::received(view.code, view.enhanced, text).ok()?;
    Some((reply, view.octets()))
}

/// Reads a regular reply, of lines of at most `most` octets, and hands out the text of each line,
/// and whether it is the last.
///
/// > Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
/// >                                                                          RFC 5321 4.2
#[inline(always)]
pub(crate) fn scan<'a>(
    input: &'a [u8],
    most: usize,
    mut each: impl FnMut(&'a [u8], bool),
) -> Option<ReplyView<'a>> {
    let Start { code, enhanced, skipped, mask, prefix } = Start::read(input)?;
    let heads = Heads::new(input)?;
    let mut rest = input;
    loop {
        let (is_last, text) = heads.next(rest)?;
        let text = match skipped {
            0 if text.get(1) == Some(&b'.') => return None,
            0 => text,
            _ if u64::from_le_bytes(*text.first_chunk()?) & mask != prefix => return None,
            _ => text.get(skipped..)?,
        };
        let (line, behind) = line(text)?;
        // RFC 5321 4.2: a reply has text, and what has none is a matter of the profile.
        let is_missing = is_last && skipped == 0 && line.is_empty();
        if is_missing || rest.len() - behind.len() > most {
            return None;
        }
        each(line, is_last);
        rest = behind;
        if is_last {
            let (wire, _) = input.split_at_checked(input.len() - rest.len())?;
            return Some(ReplyView { code, enhanced, wire, head: 4 + skipped });
        }
    }
}

/// What stands at the start of a reply.
struct Start {
    code: ReplyCode,
    enhanced: Option<EnhancedStatusCode>,
    /// How many octets the enhanced code and the blank behind it have.
    skipped: usize,
    /// Those, and which of eight octets they are.
    prefix: u64,
    mask: u64,
}

impl Start {
    #[inline(always)]
    fn read(input: &[u8]) -> Option<Self> {
        let ([a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'], rest) =
            input.split_first_chunk()?
        else {
            return None;
        };
        let digit = |octet: &u8| u16::from(octet - b'0');
        let code = ReplyCode::new(digit(a) * 100 + digit(b) * 10 + digit(c))?;
        let text = rest.get(1..)?;
        // A firewall may have left only these of a greeting.
        let is_odd = |text: &[u8]| {
            let is_masked = matches!(text.first(), Some(b'*' | b'2' | b'0' | b' ' | b'\r'));
            code == ReplyCode::SERVICE_READY && is_masked
        };
        if text.get(1) != Some(&b'.') {
            let start = Self { code, enhanced: None, skipped: 0, prefix: 0, mask: 0 };
            return (!is_odd(text)).then_some(start);
        }
        // As many octets as are compared at once with those of the other lines.
        let eight = text.first_chunk::<8>()?;
        let skipped = eight.iter().position(|&octet| octet == b' ')? + 1;
        if is_odd(text.get(skipped..)?) {
            return None;
        }
        let (enhanced, _) = Reply::split_enhanced(code, text.get(..skipped)?)?;
        let mask = u64::MAX >> (64 - 8 * skipped);
        let prefix = u64::from_le_bytes(*eight) & mask;
        Some(Self { code, enhanced: Some(enhanced), skipped, prefix, mask })
    }
}

/// The first four octets of each line of a reply.
pub(crate) struct Heads {
    last: u32,
    other: u32,
}

impl Heads {
    #[inline(always)]
    pub(crate) fn new(input: &[u8]) -> Option<Self> {
        let [a, b, c] = *input.first_chunk::<3>()?;
        let of = |separator| u32::from_le_bytes([a, b, c, separator]);
        Some(Self { last: of(b' '), other: of(b'-') })
    }

    /// Takes one off the front of a line, and tells whether it is the last one's.
    #[inline(always)]
    pub(crate) fn next<'a>(&self, line: &'a [u8]) -> Option<(bool, &'a [u8])> {
        let (head, text) = line.split_first_chunk()?;
        match u32::from_le_bytes(*head) {
            head if head == self.other => Some((false, text)),
            head if head == self.last => Some((true, text)),
            _ => None,
        }
    }
}

/// Takes a line of printable ASCII and its CRLF off the front.
#[inline(always)]
pub(crate) fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = find(text, unprintable)?;
    match text.split_at_checked(end)? {
        (line, [b'\r', b'\n', behind @ ..]) => Some((line, behind)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use crate::{Capabilities, Defects, Profile, Read, ReplyReader};

    use super::*;

    /// What the reader makes of it line by line: it is given the first octet alone, so that it has
    /// begun when the reply is whole.
    fn line_by_line(wire: &[u8]) -> Option<(Reply, Defects, usize)> {
        let (first, rest) = wire.split_at_checked(1)?;
        let mut reader = ReplyReader::new(Profile::COMPAT, 4096, 65_536);
        let mut input = BytesMut::from(first);
        assert_eq!(reader.next(&mut input), Ok(Read::Starved));
        input.extend_from_slice(rest);
        match reader.next(&mut input) {
            Ok(Read::Reply(reply, defects)) => Some((reply, defects, wire.len() - input.len())),
            _ => None,
        }
    }

    fn line() -> impl Strategy<Value = Vec<u8>> {
        let code = "250|250|250|250|250|550|220|[0-9x]{3}";
        let separator = "-|-|-|-| | | |_?";
        let enhanced = "(|||5\\.7\\.1 |5\\.7\\.1 |5\\.7\\.1|[245]\\.[0-9]{1,3}\\.[0-9]{1,3} ?)";
        let text = prop_oneof![
            6 => "[ -~]{0,40}".prop_map(String::into_bytes),
            2 => "(SIZE|AUTH|DSN|ENHANCEDSTATUSCODES|size|Auth)[ =]?[A-Z0-9 ]{0,9}".prop_map(String::into_bytes),
            1 => "[*20 ]{0,5}".prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 0..9),
        ];
        let end = prop_oneof![12 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r")];
        (code, separator, enhanced, text, end).prop_map(|(code, separator, enhanced, text, end)| {
            [code.as_bytes(), separator.as_bytes(), enhanced.as_bytes(), &text, end.as_bytes()]
                .concat()
        })
    }

    fn regular_line() -> impl Strategy<Value = Vec<u8>> {
        let enhanced = prop_oneof![Just(""), Just("5.1.10 ")];
        let lines = prop::collection::vec("[ -~]{1,70}", 1..5);
        (enhanced, lines).prop_map(|(enhanced, lines)| {
            let count = lines.len();
            let of_line = |(at, line): (usize, String)| {
                let separator = if at + 1 == count { ' ' } else { '-' };
                format!("550{separator}{enhanced}{line}\r\n")
            };
            lines.into_iter().enumerate().map(of_line).collect::<String>().into_bytes()
        })
    }

    fn agree(wire: &[u8]) -> Result<(), TestCaseError> {
        let view = ReplyView::read(wire);
        let owned = ReplyView::read_owned(wire);
        prop_assert_eq!(view.map(|view| (view.to_reply(), view.octets())), owned.clone());
        if let Some(view) = view {
            let lines: Vec<_> = view.lines().collect();
            let reply = view.to_reply();
            prop_assert_eq!(lines.join(&b'\n'), reply.text());
            let (reply, defects, octets) = line_by_line(wire).expect("what is regular can be read");
            prop_assert_eq!(owned, Some((reply, octets)));
            prop_assert!(defects.is_empty());
        }
        if let Some((offered, octets)) = Capabilities::on_the_wire(wire) {
            let (reply, defects, read) = line_by_line(wire).expect("what is regular can be read");
            let mut found = Defects::new();
            let by_reply = Capabilities::view(&reply, Profile::COMPAT, &mut found);
            prop_assert!(defects.is_empty() && found.is_empty());
            prop_assert_eq!((octets, reply.code(), reply.enhanced()), (read, ReplyCode::OK, None));
            prop_assert_eq!(offered.extensions(), by_reply.extensions());
            prop_assert_eq!(offered.largest_message(), by_reply.largest_message());
            prop_assert_eq!(format!("{offered:?}"), format!("{by_reply:?}"));
            prop_assert_eq!(offered, by_reply);
            prop_assert_eq!(offered.into_owned(), by_reply.into_owned());
        }
        Ok(())
    }

    #[test]
    fn ok_what_most_servers_say_is_regular() {
        for wire in [
            "220 mx.example.com ESMTP Postfix\r\n",
            "250 2.1.5 OK\r\n",
            "250-mx\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n",
            "550-5.7.1 a\r\n550 5.7.1 b\r\n250 next\r\n",
        ] {
            assert!(ReplyView::read(wire.as_bytes()).is_some(), "{wire}");
            agree(wire.as_bytes()).unwrap();
        }
    }

    #[test]
    fn err_whatever_a_profile_or_a_limit_has_a_say_in() {
        for wire in [
            "250 OK\n",
            "250 OK",
            "250 OK\r",
            "250 \r\n",
            "250\r\n",
            "250-a\r\n251 b\r\n",
            "250-5.1.1 a\r\n250 b\r\n",
            "550-5.1.1 a\r\n550 5.1.2 b\r\n",
            "550-a\r\n550 5.1.2 b\r\n",
            "220 **0*\r\n",
            "220 2.0.0 **0*\r\n",
            "220-2.0.0 \r\n220 2.0.0 *\r\n",
            "550 \u{e4}\r\n",
            "550 a\0b\r\n",
            "550 a\tb\r\n",
            "050 a\r\n",
        ] {
            assert_eq!(ReplyView::read(wire.as_bytes()), None, "{wire:?}");
        }
        assert!(Capabilities::on_the_wire(b"250-mx\r\n250 AUTH=LOGIN\r\n").is_none());
        assert!(Capabilities::on_the_wire(b"550-mx\r\n550 DSN\r\n").is_none());
    }

    proptest! {
        #[test]
        fn ok_view_and_reader_agree(lines in prop::collection::vec(line(), 1..5)) {
            agree(&lines.concat())?;
        }

        #[test]
        fn ok_view_and_reader_agree_on_what_is_regular(wire in regular_line()) {
            agree(&wire)?;
        }

        #[test]
        fn ok_view_and_reader_agree_on_any_octets(wire: Vec<u8>) {
            agree(&wire)?;
        }
    }
}
