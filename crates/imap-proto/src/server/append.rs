//! APPEND: a message that comes in piece by piece, RFC 9051 section 6.3.12.

use std::{num::NonZeroU32, time::Instant};

use mail_errors::{Misuse, ParseError};

use super::{AppendRequest, Event, Owed, Refusal, Server, Step, Work, write};
use crate::{Append, Code, PlainCode, Status, Text, UidSet, encode, frame::CommandStep};

impl Server {
    pub(super) fn append(&mut self, append: Append<'static>) -> Step {
        let Append { mailbox, flags, date, literal } = append;
        let limit = self.config.limits.append;
        let (why, status, text) = if literal.binary {
            let text = write::coded(PlainCode::UnknownCte, "no literal8 here");
            (Refusal::NotOffered("BINARY"), Status::No, text)
        } else if literal.octets > limit {
            // RFC 7889 4: NO with TOOBIG.
            let text = write::coded(PlainCode::TooBig, "that message is too big");
            (Refusal::TooLong { limit }, Status::No, text)
        } else if flags.iter().any(|flag| !flag.is_settable()) {
            let text = write::text(None, "that flag cannot be set");
            (Refusal::NotOffered("flag"), Status::Bad, text)
        } else {
            let request = AppendRequest { mailbox, flags, date, size: literal.octets };
            return self.owe(Owed::AcceptAppend(literal), Event::Append(request));
        };
        // What does not wait for us is on its way, and is read past.
        self.frames.refuse(&mut self.input);
        self.refuse(why, status, text);
        Step::Again
    }

    /// Lets the octets of the message come. Answers [`Event::Append`].
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn accept_append(&mut self) -> Result<(), Misuse> {
        let Work::Owed(Owed::AcceptAppend(literal)) = self.work else {
            return Err(self.wrong_answer("accept_append"));
        };
        if literal.synchronizing {
            encode::continuation(&mut self.out, &Text::checked(&b"go ahead"[..]));
        }
        self.frames.accept();
        self.work = Work::Append;
        Ok(())
    }

    /// Says that the message is in the mailbox, safe on disk: with the mailbox's UIDVALIDITY and
    /// its UID there (RFC 4315 3), if they are to be told. Answers [`Event::AppendEnd`].
    ///
    /// If the mailbox is selected, the message is news to be told by
    /// [`mailbox_changed`](Self::mailbox_changed).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn appended(&mut self, uid: Option<(NonZeroU32, NonZeroU32)>) -> Result<(), Misuse> {
        let Work::Owed(Owed::Appended) = self.work else {
            return Err(self.wrong_answer("appended"));
        };
        let code = uid.map(|(validity, uid)| Code::AppendUid { validity, uids: UidSet::from(uid) });
        self.finish(Status::Ok, write::text(code, "APPEND completed"));
        Ok(())
    }

    /// Whether the application has got octets of a message that is not whole.
    pub(super) const fn is_receiving(&self) -> bool {
        matches!(self.work, Work::Append)
    }

    /// Reads some more of the message.
    pub(super) fn step_append(&mut self, now: Instant) -> Step {
        let limits = &self.config.limits;
        self.clock.start_body(limits.append_rate, limits.rest_of_command, now);
        match self.frames.next(&mut self.input) {
            CommandStep::Chunk(octets) => {
                self.clock.moved(octets.len() as u64);
                let Some(nul) = memchr::memchr(0, &octets) else {
                    return Step::Event(Event::AppendChunk(octets));
                };
                // RFC 9051 4.3: NUL is in a literal8 alone, so no FETCH could give it back.
                if nul > 0 {
                    self.events.push_back(Event::AppendChunk(octets.slice(..nul)));
                }
                self.frames.abandon_message();
                self.break_off_append("an octet but NUL", "there is a NUL in that message")
            }
            // The end of the line is still to come.
            CommandStep::MessageEnd => Step::Again,
            CommandStep::Tail(rest) if rest.is_empty() => {
                self.stop_append();
                self.owe(Owed::Appended, Event::AppendEnd)
            }
            CommandStep::Starved => self.starve(Some("an APPEND")),
            CommandStep::Endless => self.endless("command"),
            // MULTIAPPEND and CATENATE are not offered, and nothing else may stand here.
            CommandStep::Tail(_)
            | CommandStep::Append { .. }
            | CommandStep::Literal(_)
            | CommandStep::Refused { .. }
            | CommandStep::Command(_)
            | CommandStep::Undecided => {
                self.frames.refuse(&mut self.input);
                self.break_off_append("end of line", "the command must end with the message")
            }
        }
    }

    fn break_off_append(&mut self, expected: &'static str, words: &'static str) -> Step {
        self.stop_append();
        self.count_bad();
        self.events.push_back(Event::AppendAborted);
        let error = ParseError::at(b"", 0, expected);
        self.refuse(Refusal::Malformed(error), Status::Bad, write::text(None, words));
        Step::Again
    }

    pub(super) fn stop_append(&mut self) {
        self.clock.stop_body();
        mail_wire::shrink(&mut self.input);
    }
}
