//! Strings, flags and sets.

use mail_wire::{Sink, grammar::ByteSet};

use super::Writer;
use crate::{
    Capability, DateTime, Flag, Flags, IString, LiteralHeader, MailboxName, text::ASTRING_CHAR,
};

/// What a quoted string holds as it is, on connections with and without UTF-8.
const QUOTABLE: ByteSet = ByteSet::NONE.range(1, 0x7e).without(b"\r\n");

/// Longer strings go as literals: RFC 2683 section 3.2.1.5 asks for lines of at most 1,000 octets.
pub(super) const LONGEST_QUOTED: usize = 1000;

/// > astring = 1*ASTRING-CHAR / string
pub(crate) fn astring<S: Sink>(w: &mut Writer<'_, S>, text: &IString<'_>) {
    let octets = text.as_bytes();
    // NIL as an atom is an astring, but not all peers read it so.
    let atom = !octets.is_empty()
        && octets.len() <= LONGEST_QUOTED
        && octets.iter().all(|&octet| ASTRING_CHAR.has(octet))
        && !octets.eq_ignore_ascii_case(b"NIL");
    if atom { w.put(octets) } else { string(w, octets) }
}

/// Whether a string can do without a literal.
pub(crate) fn is_quotable(octets: &[u8]) -> bool {
    octets.len() <= LONGEST_QUOTED && octets.iter().all(|&octet| QUOTABLE.has(octet))
}

/// > string = quoted / literal
pub(super) fn string<S: Sink>(w: &mut Writer<'_, S>, octets: &[u8]) {
    if !is_quotable(octets) {
        return literal(w, octets);
    }
    w.put(b"\"");
    let mut rest = octets;
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        w.put(head);
        w.put(b"\\");
        let (special, tail) = tail.split_at_checked(1).unwrap_or((tail, &[]));
        w.put(special);
        rest = tail;
    }
    w.put(rest);
    w.put(b"\"");
}

/// > nstring = string / nil
pub(super) fn nstring<S: Sink>(w: &mut Writer<'_, S>, text: Option<&IString<'_>>) {
    match text {
        Some(text) => string(w, text.as_bytes()),
        None => w.put(b"NIL"),
    }
}

/// > mailbox = "INBOX" / astring
pub(super) fn mailbox<S: Sink>(w: &mut Writer<'_, S>, name: &MailboxName<'_>) {
    astring(w, name.string());
}

/// > literal = "{" number64 ["+"] "}" CRLF *CHAR8
pub(super) fn literal<S: Sink>(w: &mut Writer<'_, S>, octets: &[u8]) {
    let len = octets.len() as u64;
    let synchronizing = w.mode.is_none_or(|mode| mode.must_wait(len));
    literal_header(w, LiteralHeader { octets: len, synchronizing, binary: false });
    w.put(octets);
}

/// The header of a literal and its line end. If a client has to wait behind it, that is noted.
pub(super) fn literal_header<S: Sink>(w: &mut Writer<'_, S>, header: LiteralHeader) {
    w.put(if header.binary { b"~{" } else { b"{" });
    w.number(header.octets);
    w.put(if header.synchronizing { b"}\r\n" } else { b"+}\r\n" });
    if header.synchronizing && w.mode.is_some() {
        w.stops.push(w.written);
    }
}

/// > flag = "\" atom / atom
pub(crate) fn flag<S: Sink>(w: &mut Writer<'_, S>, flag: &Flag<'_>) {
    if flag.is_system() {
        w.put(b"\\");
    }
    w.put(flag.name());
}

/// > flag-list = "(" [flag *(SP flag)] ")"
pub(super) fn flag_list<S: Sink>(w: &mut Writer<'_, S>, flags: &Flags<'_>) {
    w.list(flags.iter(), flag);
}

/// > capability = ("AUTH=" auth-type) / atom
pub(crate) fn capability<S: Sink>(w: &mut Writer<'_, S>, capability: &Capability<'_>) {
    w.put(capability.as_bytes());
}

/// > date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
pub(super) fn date_time<S: Sink>(w: &mut Writer<'_, S>, when: DateTime) {
    let date = when.date();
    let (hour, minute, second) = when.time();
    let zone = when.zone().unsigned_abs();
    let [d1, d2] = two(date.day());
    let [c1, c2] = two((date.year() / 100) as u8);
    let [y1, y2] = two((date.year() % 100) as u8);
    let [h1, h2] = two(hour);
    let [m1, m2] = two(minute);
    let [s1, s2] = two(second);
    let [z1, z2] = two((zone / 60) as u8);
    let [z3, z4] = two((zone % 60) as u8);
    w.put(&[b'"', if d1 == b'0' { b' ' } else { d1 }, d2, b'-']);
    w.put(date.month_name().as_bytes());
    let sign = if when.zone() < 0 { b'-' } else { b'+' };
    w.put(&[
        b'-', c1, c2, y1, y2, b' ', h1, h2, b':', m1, m2, b':', s1, s2, b' ', sign, z1, z2, z3, z4,
        b'"',
    ]);
}

fn two(number: u8) -> [u8; 2] {
    [b'0' + number / 10, b'0' + number % 10]
}
