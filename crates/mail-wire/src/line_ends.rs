//! Line ends in a body that is as long as it was said to be, where no dot says where it ends: BDAT,
//! RFC 3030.

use bytes::Bytes;
use memchr::memchr2;

use crate::{BareNewline, BareOctet, SendBuffer, Sink, grammar::cut};

/// Holds a body of lines to CRLF, wherever its parts are cut, on its way out or in.
///
/// A body of a known length needs no terminator, so nothing can be smuggled past whoever takes it;
/// but the next host may get it behind DATA.
///
/// ```
/// use bytes::Bytes;
/// use mail_wire::{BareNewline, LineEnds, SendBuffer};
///
/// let (mut ends, mut out) = (LineEnds::new(BareNewline::Normalize), SendBuffer::new());
/// ends.push(Bytes::from_static(b"one\r"), &mut out)?;
/// ends.push(Bytes::from_static(b"\ntwo\n"), &mut out)?;
/// ends.finish(&mut out)?;
/// assert_eq!(out.take_piece(100).as_deref(), Some(&b"one\r\ntwo\r\n"[..]));
/// # Ok::<(), mail_wire::BareOctet>(())
/// ```
#[derive(Debug, Clone)]
pub struct LineEnds {
    policy: BareNewline,
    /// A CR is held back; whether it is a bare one shows with the next octet.
    cr: bool,
    /// The last line has no end yet.
    torn: bool,
    taken: u64,
}

impl LineEnds {
    /// Starts a body.
    #[must_use]
    pub const fn new(policy: BareNewline) -> Self {
        Self { policy, cr: false, torn: false, taken: 0 }
    }

    /// Appends the next part of the body to `out`, uncopied but for short pieces of it. A CR at its
    /// end waits for the next part.
    ///
    /// # Errors
    /// A bare CR or LF under [`BareNewline::Reject`]. What stood before it has been appended; the
    /// body is not to go on after that.
    pub fn push(&mut self, part: Bytes, out: &mut SendBuffer) -> Result<(), BareOctet> {
        let mut at = 0;
        if let Some(&first) = part.first().filter(|_| self.cr) {
            if first != b'\n' {
                self.bare(b'\r', self.taken - 1)?;
            }
            (self.cr, self.torn) = (false, false);
            out.put(b"\r\n");
            at = usize::from(first == b'\n');
        }
        loop {
            let (_, rest) = cut(&part, at);
            let run = clean_run(rest);
            if run > 0 {
                let clean = part.slice(at..at + run);
                self.torn = clean.last() != Some(&b'\n');
                out.put_bytes(clean);
                at += run;
            }
            match cut(&part, at).1 {
                [] => break,
                [b'\r'] => {
                    self.cr = true;
                    break;
                }
                [octet, ..] => {
                    self.bare(*octet, self.taken + at as u64)?;
                    out.put(b"\r\n");
                    self.torn = false;
                    at += 1;
                }
            }
        }
        self.taken += part.len() as u64;
        Ok(())
    }

    /// Ends the body: a CR that is held back is a bare one.
    ///
    /// # Errors
    /// That bare CR, under [`BareNewline::Reject`].
    pub fn finish(&mut self, out: &mut SendBuffer) -> Result<(), BareOctet> {
        if self.cr {
            self.bare(b'\r', self.taken - 1)?;
            out.put(b"\r\n");
            (self.cr, self.torn) = (false, false);
        }
        Ok(())
    }

    /// Tells whether the last line has no end, as far as the body has been appended.
    #[must_use]
    pub const fn is_torn(&self) -> bool {
        self.torn
    }

    const fn bare(&self, octet: u8, offset: u64) -> Result<(), BareOctet> {
        match self.policy {
            BareNewline::Reject => Err(BareOctet { octet, offset }),
            BareNewline::Normalize => Ok(()),
        }
    }
}

/// Returns how many octets there are up to a CR without LF, an LF without CR, or a CR at the end.
fn clean_run(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let (_, rest) = cut(text, at);
        let Some(end) = memchr2(b'\r', b'\n', rest) else { return text.len() };
        match cut(rest, end).1 {
            [b'\r', b'\n', ..] => at += end + 2,
            _ => return at + end,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Buf;
    use proptest::prelude::*;

    use super::*;

    fn run(parts: &[&[u8]], policy: BareNewline) -> Result<(Vec<u8>, bool), BareOctet> {
        let (mut ends, mut out) = (LineEnds::new(policy), SendBuffer::new());
        for part in parts {
            ends.push(Bytes::copy_from_slice(part), &mut out)?;
        }
        ends.finish(&mut out)?;
        Ok((out.copy_to_bytes(out.remaining()).to_vec(), ends.is_torn()))
    }

    #[test]
    fn passes_lines_through_uncopied() {
        let text = Bytes::from(b"a line of lines\r\n".repeat(1000));
        for policy in [BareNewline::Reject, BareNewline::Normalize] {
            let mut out = SendBuffer::new();
            LineEnds::new(policy).push(text.clone(), &mut out).unwrap();
            assert_eq!(out.chunk().as_ptr(), text.as_ptr());
            assert_eq!(out.len(), text.len());
        }
    }

    #[test]
    fn err_a_cr_at_the_end_is_a_bare_one() {
        let bare = BareOctet { octet: b'\r', offset: 1 };
        assert_eq!(run(&[b"a\r"], BareNewline::Reject), Err(bare));
        assert_eq!(run(&[b"a", b"\r"], BareNewline::Normalize), Ok((b"a\r\n".to_vec(), false)));
    }

    /// What becomes of the text, where the first bare octet stands, and whether the end is missing.
    fn naive(text: &[u8]) -> (Vec<u8>, Option<u64>, bool) {
        let (mut out, mut bare, mut at) = (Vec::new(), None, 0);
        while let Some(octet) = text.get(at) {
            let pair = text.get(at..at + 2) == Some(b"\r\n");
            match octet {
                b'\r' | b'\n' => {
                    out.extend_from_slice(b"\r\n");
                    if !pair {
                        bare.get_or_insert(at as u64);
                    }
                }
                other => out.push(*other),
            }
            at += if pair { 2 } else { 1 };
        }
        let torn = !out.is_empty() && !out.ends_with(b"\r\n");
        (out, bare, torn)
    }

    proptest! {
        #[test]
        fn ok_as_a_reader_of_pairs_has_it_wherever_it_is_cut(
            text in "[ab\r\n.]{0,12}", first in 0..13_usize, second in 0..13_usize,
        ) {
            let text = text.as_bytes();
            let (first, second) = (first.min(text.len()), second.min(text.len()));
            let (first, second) = (first.min(second), first.max(second));
            let parts = [&text[..first], &text[first..second], &text[second..]];
            let (lines, bare, torn) = naive(text);
            prop_assert_eq!(run(&parts, BareNewline::Normalize), Ok((lines.clone(), torn)));
            match (run(&parts, BareNewline::Reject), bare) {
                (Ok(same), None) => prop_assert_eq!(same, (lines, torn)),
                (Err(found), Some(at)) => {
                    prop_assert_eq!(found.offset, at);
                    prop_assert_eq!(text[at as usize], found.octet);
                }
                (result, _) => prop_assert!(false, "{result:?}"),
            }
        }
    }
}
