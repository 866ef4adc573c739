//! The messages of a FETCH or STORE, handed to the application slice by slice.

use mail_errors::Misuse;

use crate::{NumberSet, numbers::Numbers, view::Numbering};

/// The messages of a command, of which the application gets a slice at a time.
#[derive(Debug)]
pub(super) struct Slices {
    /// The sequence numbers that are still to come.
    left: Numbers,
    most: usize,
    /// What the application has been asked about.
    out: Vec<Asked>,
    is_out: bool,
    missing: bool,
}

/// A message that the application has been asked about.
#[derive(Debug)]
pub(super) struct Asked {
    uid: u32,
    seq: u32,
    answered: bool,
}

impl Slices {
    pub(super) fn new(seqs: NumberSet, most: usize) -> Self {
        Self {
            left: seqs.into_numbers(),
            most: most.max(1),
            out: Vec::new(),
            is_out: false,
            missing: false,
        }
    }

    /// Returns the UIDs of the next slice; none if there is nothing left.
    ///
    /// The numbers of a command stay what they are until it ends: EXPUNGE is told after it.
    pub(super) fn next(&mut self, numbers: &Numbering) -> Vec<u32> {
        self.out.clear();
        while self.out.len() < self.most {
            let Some(seq) = self.left.next() else { break };
            if let Some(uid) = numbers.uid(seq) {
                self.out.push(Asked { uid, seq, answered: false });
            }
        }
        self.is_out = !self.out.is_empty();
        self.out.iter().map(|asked| asked.uid).collect()
    }

    /// Returns the sequence number of a message that has been asked for and not answered yet.
    pub(super) fn find(&mut self, uid: u32) -> Result<&mut Asked, Misuse> {
        let at = self.out.binary_search_by_key(&uid, |asked| asked.uid);
        at.ok()
            .and_then(|at| self.out.get_mut(at))
            .filter(|asked| !asked.answered)
            .ok_or(Misuse::UnknownId { what: "message", id: u64::from(uid) })
    }

    /// Takes a message for answered, and returns its sequence number.
    pub(super) fn answer(&mut self, uid: u32) -> Result<u32, Misuse> {
        let asked = self.find(uid)?;
        asked.answered = true;
        Ok(asked.seq)
    }

    pub(super) const fn is_out(&self) -> bool {
        self.is_out
    }

    pub(super) const fn has_missing(&self) -> bool {
        self.missing
    }

    /// The application has told all it can of this slice; `counts` says whether what it did not
    /// tell of is missed.
    pub(super) fn end(&mut self, counts: impl Fn(bool) -> bool) -> bool {
        let missing = self.out.iter().any(|asked| !asked.answered);
        self.missing |= self.is_out && counts(missing);
        std::mem::take(&mut self.is_out)
    }
}
