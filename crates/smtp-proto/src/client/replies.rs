//! What the server says, and whom it concerns.

use mail_errors::Reply;

use crate::{Read, Severity, Verb, state::after};

use super::{Client, Error, Event, InFlight, Outcome, outgoing::Outgoing};

impl Client {
    /// Takes a reply out of the input and acts on it. Answers false if there is none.
    pub(super) fn read_reply(&mut self) -> bool {
        if self.wants_tls() {
            return false;
        }
        match self.reader.next(&mut self.input) {
            Ok(Read::Starved) => return false,
            Ok(Read::Reply(reply, defects)) => {
                self.told.extend(defects.iter().map(Event::Tolerated));
                self.clock.reply_done();
                self.reply(reply);
            }
            Err(error) => self.give_up(error.into()),
        }
        true
    }

    /// Acts on a reply.
    fn reply(&mut self, reply: Reply) {
        let severity = Severity::from(&reply);
        let Some(InFlight { verb, .. }) = self.in_flight.pop_front() else {
            return self.unasked(reply, severity);
        };
        self.state = after(self.state, verb, severity);
        if severity == Severity::Closing {
            return self.closed_by_server(verb, reply);
        }
        match verb {
            Verb::Connect
            | Verb::Ehlo
            | Verb::Helo
            | Verb::Lhlo
            | Verb::StartTls
            | Verb::Auth
            | Verb::AuthResponse
            | Verb::Xclient => self.setup_reply(verb, severity, reply),
            Verb::Mail
            | Verb::Rcpt
            | Verb::Data
            | Verb::EndOfData
            | Verb::Bdat
            | Verb::LastChunk
            | Verb::Rset
            | Verb::Xforward => self.transaction_reply(verb, severity, reply),
            Verb::Noop | Verb::Vrfy | Verb::Expn | Verb::Help | Verb::Etrn => {
                self.answer_request(Ok(reply));
            }
            // RFC 5321 4.1.1.10: whatever the reply says, this was the last of it.
            Verb::Quit => self.end(Ok(())),
            // Nothing of this is ever sent.
            Verb::Handshake | Verb::Burl => {
                self.give_up(Error::Unexpected { verb: Some(verb), reply });
            }
        }
    }

    /// A reply that answers nothing.
    fn unasked(&mut self, reply: Reply, severity: Severity) {
        let in_body = self.outgoing.as_ref().is_some_and(Outgoing::is_body_open);
        let refused = matches!(severity, Severity::Refused | Severity::Closing);
        if let Some(outgoing) = self.outgoing.as_mut().filter(|_| in_body) {
            // The server has had enough of the message. What it has said counts, but it is still
            // reading a message, and the only way out is to hang up.
            self.told.push_back(Event::BodyEnough { id: outgoing.id });
            if refused {
                let stage = if outgoing.is_chunked() { Verb::Bdat } else { Verb::EndOfData };
                outgoing.tell_open(Outcome::Refused { stage, reply: reply.clone() });
            }
        }
        if severity == Severity::Closing {
            return self.give_up(Error::Closing { reply });
        }
        self.give_up(Error::Unexpected { verb: None, reply });
    }

    fn closed_by_server(&mut self, stage: Verb, reply: Reply) {
        if stage == Verb::Quit {
            return self.end(Ok(()));
        }
        if self.requests.is_open() {
            self.answer_request(Ok(reply.clone()));
        }
        self.closed_in_transaction(stage, &reply);
        self.give_up(Error::Closing { reply });
    }
}
