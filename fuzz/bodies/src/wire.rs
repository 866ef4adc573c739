//! What the protocols share on a wire.

use bytes::{Buf, Bytes, BytesMut};
use mail_wire::{
    BareNewline, BareOctet, BodyPiece, DotStuffer, DotUnstuffer, Line, LineFramer, LineLimits,
    SendBuffer, Unstuffed,
};

use crate::cut;

const POLICIES: [BareNewline; 2] = [BareNewline::Reject, BareNewline::Normalize];

/// A body is stuffed and unstuffed, and octets are read as a stuffed body.
pub(crate) fn dots(data: &[u8]) {
    for policy in POLICIES {
        let stuffed = same_for_all(data, |pieces| stuff(pieces, policy));
        if let Ok(wire) = stuffed {
            let (body, rest, bare) = unstuff(&[&wire], BareNewline::Reject);
            assert_eq!((rest.len(), bare), (0, None), "what was stuffed is clean");
            let body = body.expect("what was stuffed has an end");
            if policy == BareNewline::Reject {
                let line_end: &[u8] =
                    if data.is_empty() || data.ends_with(b"\r\n") { b"" } else { b"\r\n" };
                assert_eq!(body, [data, line_end].concat());
            }
            assert_eq!(stuff(&[&body], BareNewline::Reject), Ok(wire));
        }
        let (body, rest, bare) = same_for_all(data, |pieces| unstuff(pieces, policy));
        if let (Some(body), None) = (body, bare) {
            // What is taken for a body can be sent on, and the next server reads the same.
            let again = stuff(&[&body], BareNewline::Reject).expect("it is clean");
            assert_eq!(unstuff(&[&again], BareNewline::Reject), (Some(body), Vec::new(), None));
            // Nothing but CRLF "." CRLF ends a body.
            let used = data.get(..data.len() - rest.len()).unwrap_or_default();
            assert!(used == b".\r\n" || used.ends_with(b"\r\n.\r\n"), "ended early");
        }
    }
}

/// Lines are found in octets.
pub(crate) fn lines(data: &[u8]) {
    for line in [1, 4, 16, 998] {
        let limits = LineLimits { line, swallow: u64::MAX };
        same_for_all(data, |pieces| frame(pieces, limits));
        // Whether an over-long line still ends depends on the cutting; what is held does not.
        for pieces in cut::ways(data) {
            frame(&pieces, LineLimits { line, swallow: 32 });
        }
    }
}

fn same_for_all<T: PartialEq + std::fmt::Debug>(data: &[u8], run: impl Fn(&[&[u8]]) -> T) -> T {
    let mut ways = cut::ways(data).into_iter();
    let whole = run(&ways.next().unwrap_or_default());
    for pieces in ways {
        assert_eq!(run(&pieces), whole, "cut as {pieces:?}");
    }
    whole
}

fn stuff(pieces: &[&[u8]], policy: BareNewline) -> Result<Vec<u8>, BareOctet> {
    let mut out = SendBuffer::new();
    let mut stuffer = DotStuffer::new(policy);
    for piece in pieces {
        stuffer.push(Bytes::copy_from_slice(piece), &mut out)?;
    }
    stuffer.finish(&mut out)?;
    Ok(out.copy_to_bytes(out.len()).to_vec())
}

/// The body if it came to its end, what is left of the input, and the first bare octet.
type Outcome = (Option<Vec<u8>>, Vec<u8>, Option<BareOctet>);

fn unstuff(pieces: &[&[u8]], policy: BareNewline) -> Outcome {
    let mut input = BytesMut::new();
    let mut unstuffer = DotUnstuffer::new(policy);
    let (mut body, mut ended) = (Vec::new(), false);
    for piece in pieces {
        input.extend_from_slice(piece);
        while !ended {
            match unstuffer.next(&mut input) {
                BodyPiece::Starved => {
                    assert!(input.len() <= 2, "{} octets are held back", input.len());
                    break;
                }
                BodyPiece::Data(data) => {
                    assert!(!data.is_empty());
                    body.extend_from_slice(&data);
                }
                BodyPiece::End => ended = true,
            }
        }
    }
    // A body that has not ended is in pieces that depend on the cutting.
    let body = ended.then_some(body);
    let bare = unstuffer.violation().filter(|_| ended);
    if let ([whole], true) = (pieces, ended) {
        let (mut unstuffer, mut out) = (DotUnstuffer::new(policy), Vec::new());
        let taken = whole.len() - input.len();
        assert_eq!(unstuffer.unstuff(whole, &mut out), Unstuffed::End { taken });
        assert_eq!((Some(out), unstuffer.violation()), (body.clone(), bare));
    }
    (body, input.to_vec(), bare)
}

fn frame(pieces: &[&[u8]], limits: LineLimits) -> Vec<(Line, Vec<u8>)> {
    let mut input = BytesMut::new();
    let mut framer = LineFramer::new();
    let mut found = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            let line = framer.next(&mut input, limits);
            match line {
                Line::Starved | Line::Endless => break,
                Line::TooLong { octets } => {
                    assert!(octets > limits.line as u64);
                    found.push((line, Vec::new()));
                }
                Line::Whole { text, octets, bare } => {
                    assert!(octets <= limits.line && text + 1 + usize::from(!bare) == octets);
                    let taken = input.split_to(octets);
                    assert_eq!(taken.last(), Some(&b'\n'));
                    found.push((line, taken.to_vec()));
                }
            }
        }
        assert!(input.len() < limits.line, "{} octets are held", input.len());
    }
    found
}
