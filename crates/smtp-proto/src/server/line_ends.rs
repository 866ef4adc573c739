//! Line ends in a message that comes in chunks, where no dot says where it ends.

use bytes::{Buf, Bytes, BytesMut};
use mail_wire::{BareNewline, BareOctet, grammar::cut, take_piece};
use memchr::memchr2;

/// Holds a message of lines to CRLF, wherever chunks and reads part it.
///
/// BDAT needs no terminator, so nothing can be smuggled past us; but the next host may get the
/// message by DATA.
#[derive(Debug)]
pub(super) struct LineEnds {
    policy: BareNewline,
    /// The last octet was a CR; whether it is a bare one shows with the next.
    cr: bool,
    taken: u64,
    violation: Option<BareOctet>,
}

impl LineEnds {
    pub(super) const fn new(policy: BareNewline) -> Self {
        Self { policy, cr: false, taken: 0, violation: None }
    }

    /// Takes the next piece out of the first `most` octets of the input, and tells how many octets
    /// of the input it was. No piece, if it was a CR whose partner is not here yet.
    pub(super) fn next(&mut self, input: &mut BytesMut, most: usize) -> (usize, Option<Bytes>) {
        let (text, _) = cut(input, most);
        if text.is_empty() {
            return (0, None);
        }
        match self.policy {
            BareNewline::Reject => {
                let octets = text.len();
                if self.violation.is_none() {
                    self.check(text);
                }
                self.cr = text.last() == Some(&b'\r');
                self.taken += octets as u64;
                (octets, Some(take_piece(input, octets)))
            }
            BareNewline::Normalize => {
                let run = if self.cr { 0 } else { clean_run(text) };
                self.taken += run as u64;
                if run > 0 {
                    return (run, Some(take_piece(input, run)));
                }
                let (octets, piece) = match text {
                    [b'\r'] if !self.cr => (1, None),
                    // The CR before it was taken already, and was bare.
                    [octet, ..] if self.cr && *octet != b'\n' => (0, Some(crlf())),
                    _ => (1, Some(crlf())),
                };
                self.cr = piece.is_none();
                input.advance(octets);
                self.taken += octets as u64;
                (octets, piece)
            }
        }
    }

    /// The message is complete. Returns what is missing of it.
    pub(super) fn finish(&mut self) -> Option<Bytes> {
        if !std::mem::take(&mut self.cr) {
            return None;
        }
        match self.policy {
            BareNewline::Reject => {
                self.blame(b'\r', self.taken - 1);
                None
            }
            BareNewline::Normalize => Some(crlf()),
        }
    }

    /// Returns the first bare CR or LF, if there was one under [`BareNewline::Reject`].
    pub(super) const fn violation(&self) -> Option<BareOctet> {
        self.violation
    }

    fn check(&mut self, text: &[u8]) {
        let mut rest = text;
        if self.cr {
            match text.split_first() {
                Some((b'\n', behind)) => rest = behind,
                _ => return self.blame(b'\r', self.taken - 1),
            }
        }
        let run = clean_run(rest);
        let (_, rest) = cut(rest, run);
        // A CR that ends the text may have its LF in the next.
        if let Some(&octet) = rest.first().filter(|_| rest != b"\r") {
            self.blame(octet, self.taken + (text.len() - rest.len()) as u64);
        }
    }

    fn blame(&mut self, octet: u8, offset: u64) {
        self.violation.get_or_insert(BareOctet { octet, offset });
    }
}

const fn crlf() -> Bytes {
    Bytes::from_static(b"\r\n")
}

/// Returns how many octets there are up to a CR without LF or an LF without CR.
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
    use proptest::prelude::*;

    use super::*;

    fn run(parts: &[&[u8]], policy: BareNewline) -> (Vec<u8>, Option<BareOctet>) {
        let mut ends = LineEnds::new(policy);
        let mut out = Vec::new();
        for part in parts {
            let mut input = BytesMut::from(*part);
            while !input.is_empty() {
                let most = input.len();
                let (_, piece) = ends.next(&mut input, most);
                out.extend(piece.into_iter().flatten());
            }
        }
        out.extend(ends.finish().into_iter().flatten());
        (out, ends.violation())
    }

    fn naive(text: &[u8]) -> (Vec<u8>, Option<u64>) {
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
        (out, bare)
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
            let (lines, bare) = naive(text);
            let (normal, none) = run(&parts, BareNewline::Normalize);
            prop_assert_eq!((normal, none), (lines, None));
            let (same, violation) = run(&parts, BareNewline::Reject);
            prop_assert_eq!(&same, text);
            prop_assert_eq!(violation.map(|bare| bare.offset), bare);
            if let Some(bare) = violation {
                prop_assert_eq!(text[bare.offset as usize], bare.octet);
            }
        }
    }
}
