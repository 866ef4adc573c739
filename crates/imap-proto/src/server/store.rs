//! STORE, slice by slice.

use mail_errors::Misuse;

use super::{Event, Refusal, Server, Step, StoreSlice, Work, slices::Slices, write};
use crate::{Flags, SequenceSet, Status, StoreAction};

/// A STORE that is being carried out.
#[derive(Debug)]
pub(super) struct Store {
    slices: Slices,
    action: StoreAction,
    flags: Flags<'static>,
    silent: bool,
}

/// Begins a STORE.
pub(super) fn begin(
    session: &mut Server,
    uid: bool,
    set: &SequenceSet<'_>,
    action: StoreAction,
    silent: bool,
    flags: Flags<'static>,
) -> Step {
    if flags.iter().any(|flag| !flag.is_settable()) {
        // RFC 3501 2.3.2: \Recent "can not be altered by the client".
        session.count_bad();
        let text = write::text(None, "that flag cannot be set");
        session.refuse(Refusal::NotOffered("flag"), Status::Bad, text);
        return Step::Again;
    }
    let Some(seqs) = session.look_up(uid, set) else { return Step::Again };
    let slices = Slices::new(seqs, session.config.limits.slice);
    session.work = Work::Store(Store { slices, action, flags, silent });
    Step::Again
}

impl Store {
    pub(super) const fn is_owed(&self) -> bool {
        self.slices.is_out()
    }

    /// Notes that the application has told all it can of this slice.
    pub(super) fn end_slice(&mut self) -> bool {
        self.slices.end(|missing| missing && !self.silent)
    }
}

impl Server {
    pub(super) fn step_store(&mut self) -> Step {
        let (Work::Store(store), Some(view)) = (&mut self.work, &self.view) else {
            return Step::Again;
        };
        if store.is_owed() {
            return Step::Reply;
        }
        let uids = store.slices.next(view.numbers());
        if uids.is_empty() {
            let missing = store.slices.has_missing();
            self.finish_messages(missing, "STORE completed");
            return Step::Again;
        }
        let (action, flags) = (store.action, store.flags.clone());
        Step::Event(Event::Store(StoreSlice { uids, action, flags }))
    }

    /// Says which flags a message has now, all of them, without `\Recent`. Answers
    /// [`Event::Store`], once for each of its messages that is still there.
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed; [`Misuse::UnknownId`] for a message that was
    /// not asked for, or was answered already.
    pub fn flags(&mut self, uid: u32, flags: &Flags<'_>) -> Result<(), Misuse> {
        let Work::Store(store) = &mut self.work else {
            return Err(self.wrong_answer("flags"));
        };
        if !store.is_owed() {
            return Err(self.wrong_answer("flags"));
        }
        let seq = store.slices.answer(uid)?;
        if let Some(view) = &mut self.view {
            view.set_flags(uid);
        }
        // RFC 9051 6.4.6: .SILENT does without the new flags.
        if !store.silent {
            // RFC 9051 6.4.9: what UID STORE answers has the UID in it.
            let by_uid = self.current.as_ref().is_some_and(|current| current.uid);
            self.say_flags(seq, uid, by_uid, flags);
        }
        Ok(())
    }
}
