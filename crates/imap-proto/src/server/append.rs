//! APPEND: a message that comes in piece by piece, RFC 9051 section 6.3.12.

use std::{num::NonZeroU32, time::Instant};

use mail_errors::{Misuse, ParseError};

use super::{
    AppendRequest, Event, Owed, Pending, Refusal, Session, Step, Work, read::Piece, write,
};
use crate::{
    Append, Code, LiteralHeader, PlainCode, ResponseText, Status, Text, UidSet, encode,
};

/// A message whose octets come in, or are read and thrown away.
#[derive(Debug)]
pub(super) struct Receiving {
    literal: LiteralHeader,
    /// Whether the client has been told to send them.
    accepted: bool,
    /// How the command ends when the octets have been thrown away.
    refused: Option<(Status, ResponseText<'static>)>,
}

impl Receiving {
    /// Whether the octets are thrown away.
    pub(super) const fn is_refused(&self) -> bool {
        self.refused.is_some()
    }
}

/// Ends a command whose refusal has been decided on, but whose message is still on the wire.
pub(super) fn skip(session: &mut Session, literal: LiteralHeader) -> Step {
    let refused = session.finish.take().map(|finish| (finish.status, finish.text));
    session.discard(Receiving { literal, accepted: false, refused });
    Step::Again
}

impl Session {
    pub(super) fn append(&mut self, append: Append<'static>, _now: Instant) -> Step {
        let Append { mailbox, flags, date, literal } = append;
        let limit = self.config.limits.append;
        let refusal = if literal.binary {
            // RFC 3516 is not offered.
            Some((Refusal::NotOffered("BINARY"), PlainCode::UnknownCte, "no literal8 here"))
        } else if literal.octets > limit {
            // RFC 7889 4: NO with TOOBIG.
            Some((Refusal::TooLong { limit }, PlainCode::TooBig, "that message is too big"))
        } else {
            None
        };
        if let Some((why, code, words)) = refusal {
            self.refuse(why, Status::No, write::coded(code, words));
            return skip(self, literal);
        }
        if flags.iter().any(|flag| !flag.is_settable()) {
            let text = write::text(None, "that flag cannot be set");
            self.refuse(Refusal::NotOffered("flag"), Status::Bad, text);
            return skip(self, literal);
        }
        let size = literal.octets;
        let request = AppendRequest { mailbox, flags, date, size };
        let receiving = Receiving { literal, accepted: false, refused: None };
        self.owe(Owed::AcceptAppend(receiving), Event::Append(request))
    }

    /// Lets the octets of the message come. Answers [`Event::Append`].
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn accept_append(&mut self) -> Result<(), Misuse> {
        let Work::Owed(Owed::AcceptAppend(_)) = &self.work else {
            return Err(self.wrong_answer("accept_append"));
        };
        let work = std::mem::replace(&mut self.work, Work::Command);
        let Work::Owed(Owed::AcceptAppend(mut receiving)) = work else { return Ok(()) };
        receiving.accepted = true;
        if receiving.literal.synchronizing {
            encode::continuation(&mut self.out, &Text::checked(&b"go ahead"[..]));
        }
        self.work = Work::Append(receiving);
        Ok(())
    }

    /// Says that the message is in the mailbox, safe on disk: with the mailbox's UIDVALIDITY and
    /// its UID there (RFC 4315 3), if it is to be told. Answers [`Event::AppendEnd`].
    ///
    /// If the mailbox is selected, the message is news to be told by
    /// [`mailbox_changed`](Self::mailbox_changed).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn appended(&mut self, uid: Option<(NonZeroU32, NonZeroU32)>) -> Result<(), Misuse> {
        let Work::Owed(Owed::Appended) = &self.work else {
            return Err(self.wrong_answer("appended"));
        };
        let code = uid.map(|(validity, uid)| Code::AppendUid { validity, uids: UidSet::from(uid) });
        self.finish(Status::Ok, write::text(code, "APPEND completed"));
        Ok(())
    }

    /// The application refuses; the octets that come all the same are thrown away.
    pub(super) fn skip_append(&mut self, receiving: Receiving, text: ResponseText<'static>) {
        let refused = Some((Status::No, text));
        self.discard(Receiving { refused, ..receiving });
    }

    /// Reads past the octets of a message, if they come: after a synchronising literal that was
    /// not accepted they do not (RFC 9051 4.3).
    fn discard(&mut self, receiving: Receiving) {
        if !receiving.literal.synchronizing || receiving.accepted {
            self.work = Work::Append(receiving);
            return;
        }
        self.reader.drop_literal();
        if let Some((status, text)) = receiving.refused {
            self.finish(status, text);
        }
    }

    /// Whether the application has got octets of a message that is not whole.
    pub(super) const fn is_receiving(&self) -> bool {
        matches!(&self.work, Work::Append(Receiving { refused: None, .. }))
    }

    /// Reads some more of the message.
    pub(super) fn step_append(&mut self, now: Instant) -> Step {
        let Work::Append(receiving) = &mut self.work else { return Step::Again };
        if receiving.is_refused() && receiving.literal.octets > self.config.limits.swallow {
            return self.endless("literal");
        }
        self.clock.start_append(&self.config.limits, now);
        match self.reader.piece(&mut self.input) {
            Piece::Starved => self.starve_in_body("an APPEND"),
            Piece::Octets(octets) => {
                self.clock.moved(octets.len() as u64);
                if receiving.is_refused() {
                    return Step::Again;
                }
                Step::Event(Event::AppendChunk(octets))
            }
            Piece::End { clean } => {
                self.clock.stop_append();
                self.clock.stop(Pending::RestOfCommand);
                let refused = receiving.refused.take();
                match (refused, clean) {
                    (Some((status, text)), _) => self.finish(status, text),
                    (None, true) => {
                        return self.owe(Owed::Appended, Event::AppendEnd);
                    }
                    (None, false) => {
                        // MULTIAPPEND and CATENATE are not offered.
                        self.count_bad();
                        self.events.push_back(Event::AppendAborted);
                        let error = ParseError::at(b"", 0, "end of line");
                        let text = write::text(None, "the message was not the end of the command");
                        self.refuse(Refusal::Malformed(error), Status::Bad, text);
                    }
                }
                Step::Again
            }
        }
    }
}
