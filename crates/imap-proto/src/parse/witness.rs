//! Whom a parser tells of what it tolerates.

use std::cell::Cell;

use crate::profile::{Defects, Deviation};

/// Somebody who may want to know where the grammar was left: nobody, `()`, or [`Notes`].
///
/// A witness is handed on by value, so that nobody costs nothing: there is one grammar, and it is
/// compiled for either.
pub(crate) trait Witness: Copy {
    /// What has been met so far.
    type Mark;

    /// Is told that the grammar was left where `rest` begins, which goes on to the frame's end.
    fn met(self, deviation: Deviation, rest: &[u8]) {
        self.met_if(deviation, rest, || true);
    }

    /// As [`met`](Self::met), if it was: who does not want to know does not find out.
    fn met_if(self, deviation: Deviation, rest: &[u8], is_met: impl FnOnce() -> bool);

    /// Returns what has been met so far, before a rule is tried that may not fit.
    fn mark(self) -> Self::Mark;

    /// Forgets what was met behind the mark: the rule did not fit.
    fn back_to(self, mark: Self::Mark);
}

impl Witness for () {
    type Mark = ();

    #[inline(always)]
    fn met_if(self, _: Deviation, _: &[u8], _: impl FnOnce() -> bool) {}

    #[inline(always)]
    fn mark(self) {}

    #[inline(always)]
    fn back_to(self, (): ()) {}
}

/// Notes down what is met in one frame.
#[derive(Clone, Copy)]
pub(super) struct Notes<'n> {
    defects: &'n Cell<Defects>,
    /// How long the frame is.
    octets: usize,
}

impl<'n> Notes<'n> {
    pub(super) fn new(frame: &[u8], defects: &'n Cell<Defects>) -> Self {
        Self { defects, octets: frame.len() }
    }
}

impl Witness for Notes<'_> {
    type Mark = Defects;

    fn met_if(self, deviation: Deviation, rest: &[u8], is_met: impl FnOnce() -> bool) {
        if is_met() {
            let mut defects = self.defects.take();
            defects.report(deviation, self.octets.saturating_sub(rest.len()));
            self.defects.set(defects);
        }
    }

    fn mark(self) -> Defects {
        let met = self.defects.take();
        self.defects.set(met.clone());
        met
    }

    fn back_to(self, mark: Defects) {
        self.defects.set(mark);
    }
}
