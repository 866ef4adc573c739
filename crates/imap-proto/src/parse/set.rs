//! Sequence sets and UID sets.

use mail_wire::grammar::{PResult, consumed, unmet};

use super::lexical::nz_number;
use crate::{SequenceNumber, SequenceRange, SequenceSet, UidSet};

/// > sequence-set = (seq-number / seq-range) ["," sequence-set]
/// > sequence-set =/ seq-last-command            ; "$", RFC 5182
pub(crate) fn sequence_set(i: &[u8]) -> PResult<'_, SequenceSet<'_>> {
    if let [b'$', rest @ ..] = i {
        return Ok((rest, SequenceSet::checked(consumed(i, rest))));
    }
    let (rest, ()) = ranges(i, |_| true)?;
    Ok((rest, SequenceSet::checked(consumed(i, rest))))
}

/// > uid-set = (uniqueid / uid-range) *("," uid-set)                      RFC 4315 section 4
pub(crate) fn uid_set(i: &[u8]) -> PResult<'_, UidSet<'_>> {
    let closed = |range: SequenceRange| ![range.first, range.last].contains(&SequenceNumber::Last);
    let (rest, ()) = ranges(i, closed)?;
    Ok((rest, UidSet::checked(consumed(i, rest))))
}

fn ranges(i: &[u8], allow: impl Fn(SequenceRange) -> bool) -> PResult<'_, ()> {
    let mut rest = i;
    loop {
        let (after, range) = seq_range(rest)?;
        if !allow(range) {
            return unmet(rest, &"UIDs without *");
        }
        match after {
            [b',', after @ ..] => rest = after,
            _ => return Ok((after, ())),
        }
    }
}

/// > seq-range = seq-number ":" seq-number
fn seq_range(i: &[u8]) -> PResult<'_, SequenceRange> {
    let (rest, first) = seq_number(i)?;
    let (rest, last) = match rest {
        [b':', rest @ ..] => seq_number(rest)?,
        _ => (rest, first),
    };
    Ok((rest, SequenceRange { first, last }))
}

/// > seq-number = nz-number / "*"
fn seq_number(i: &[u8]) -> PResult<'_, SequenceNumber> {
    match i {
        [b'*', rest @ ..] => Ok((rest, SequenceNumber::Last)),
        _ => nz_number(i).map(|(rest, number)| (rest, SequenceNumber::Number(number))),
    }
}

/// The ranges of a set that has been checked.
#[derive(Debug, Clone)]
pub(crate) struct Ranges<'a>(&'a [u8]);

impl<'a> Ranges<'a> {
    pub(crate) const fn new(set: &'a [u8]) -> Self {
        Self(set)
    }
}

impl Iterator for Ranges<'_> {
    type Item = SequenceRange;

    fn next(&mut self) -> Option<SequenceRange> {
        let (rest, range) = seq_range(self.0).ok()?;
        self.0 = rest.get(1..).unwrap_or_default();
        Some(range)
    }
}
