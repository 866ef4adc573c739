//! What is said, what is refused, and how it ends.

use bytes::BytesMut;
use mail_errors::Reply;
use mail_wire::Goodbye;

use crate::{CommandError, Extension, Severity, State, Verb, encode, state::after};

use super::{Aborted, Error, Event, Refused, Server, TlsUse, replies};

impl Server {
    /// The client is gone, and what it sent before is worked off.
    pub(super) fn hung_up(&mut self) {
        let state = self.state;
        let within = matches!(state, State::Message | State::Authenticating | State::Handshake);
        let torn =
            within || self.chunk.is_some() || !self.input.is_empty() || self.lines.is_swallowing();
        self.give_up(Error::Disconnected { state, torn });
    }

    /// Tells that an open transaction will not be completed.
    pub(super) fn abort_transaction(&mut self, why: Aborted) {
        match self.incoming.take() {
            Some(incoming) if incoming.is_refused() => {}
            Some(_) => self.told.push_back(Event::BodyAborted(why)),
            None if self.state.is_transaction() => self.told.push_back(Event::Reset),
            None => {}
        }
    }

    /// Says this and moves to where it leads. Every reply goes out through here.
    pub(super) fn say(&mut self, verb: Verb, reply: &Reply) {
        for _ in 0..self.copies(verb, reply) {
            self.write(reply);
        }
        self.state = after(self.state, verb, reply.into());
    }

    /// Writes a reply, without its enhanced code where ENHANCEDSTATUSCODES is off.
    pub(super) fn write(&mut self, reply: &Reply) {
        let plain = self.without_code(reply);
        encode::reply(plain.as_ref().unwrap_or(reply), &mut self.output);
    }

    /// RFC 2034 4: the codes belong to the extension. None if the reply may go out as it is.
    fn without_code(&self, reply: &Reply) -> Option<Reply> {
        if self.offers(Extension::EnhancedStatusCodes) || reply.enhanced().is_none() {
            return None;
        }
        Reply::multiline(reply.code(), None, reply.lines()).ok()
    }

    /// RFC 2033 4.2: in LMTP a message is answered for each recipient that was accepted.
    fn copies(&self, verb: Verb, reply: &Reply) -> usize {
        let ends = matches!(verb, Verb::EndOfData | Verb::LastChunk);
        let takes = matches!(self.state, State::Message | State::HasRecipient | State::Chunks);
        let goes_on = Severity::from(reply) != Severity::Closing;
        if self.config.is_lmtp() && ends && takes && goes_on {
            return self.transaction.recipients.max(1);
        }
        1
    }

    /// Refuses a command for a fault of the client's, which counts.
    pub(super) fn refuse(&mut self, verb: impl Into<Option<Verb>>, reply: Reply) {
        self.refuse_because(verb.into(), reply, None);
    }

    pub(super) fn refuse_because(
        &mut self,
        verb: Option<Verb>,
        reply: Reply,
        error: Option<CommandError>,
    ) {
        self.say_refused(verb, reply, error);
        self.count_error();
    }

    /// Refuses a command for a reason that no client is to blame for.
    pub(super) fn turn_down(&mut self, verb: Verb, reply: Reply) {
        self.say_refused(Some(verb), reply, None);
        self.turned_down = self.turned_down.saturating_add(1);
        if self.turned_down > self.config.limits.turned_down {
            self.count_error();
        }
    }

    fn count_error(&mut self) {
        self.errors += 1;
        let limit = self.config.limits.errors;
        if self.errors > limit {
            self.fail(&replies::TOO_MANY_ERRORS, Error::TooManyErrors { limit });
        }
    }

    fn say_refused(&mut self, verb: Option<Verb>, reply: Reply, error: Option<CommandError>) {
        let reply = self.without_code(&reply).unwrap_or(reply);
        match verb {
            Some(verb) => self.say(verb, &reply),
            None => self.write(&reply),
        }
        self.transaction.mail_refused |= verb == Some(Verb::Mail) && !self.state.is_transaction();
        self.transaction.recipient_refused |= verb == Some(Verb::Rcpt);
        self.told.push_back(Event::Refused(Refused { verb, reply, error }));
    }

    /// A command that did nothing for any message. RFC 5321 7.8: these are counted.
    pub(super) fn idle_command(&mut self) {
        self.idle += 1;
        let limit = self.config.limits.idle_commands;
        if self.idle > limit {
            self.fail(&replies::TOO_MANY_IDLE, Error::TooManyIdle { limit });
        }
    }

    /// The client is about something.
    pub(super) const fn message_taken(&mut self) {
        (self.idle, self.turned_down) = (0, 0);
    }

    /// Ends the conversation with last words.
    pub(super) fn fail(&mut self, last_words: &Reply, error: Error) {
        self.write(last_words);
        self.give_up(error);
    }

    /// Ends the conversation without a word.
    pub(super) fn give_up(&mut self, error: Error) {
        let gone = matches!(error, Error::Disconnected { .. });
        self.abort_transaction(if gone { Aborted::Disconnected } else { Aborted::TooSlow });
        self.end(Err(error));
    }

    pub(super) fn end(&mut self, how: Result<(), Error>) {
        self.state = after(self.state, Verb::Connect, Severity::Closing);
        self.owed = None;
        (self.incoming, self.chunk) = (None, None);
        self.input = BytesMut::new();
        self.over = Some(how);
    }

    /// 421 may answer any command (RFC 5321 3.8), but a message and a handshake are no commands.
    pub(super) const fn may_say_goodbye(&self) -> bool {
        !matches!(self.state, State::Message | State::Closed) && self.chunk.is_none()
    }

    pub(super) fn say_goodbye(&mut self, why: Goodbye) {
        let reply = match why {
            Goodbye::Overloaded => replies::OVERLOADED,
            Goodbye::InternalError => replies::BROKEN,
            // `Goodbye` may learn more reasons; none is a reason to say more than this.
            Goodbye::Done | Goodbye::Shutdown | _ => replies::SHUTTING_DOWN,
        };
        self.abort_transaction(Aborted::Disconnected);
        let in_handshake =
            self.state == State::Handshake || (self.config.tls == TlsUse::Implicit && !self.is_tls);
        if !in_handshake {
            self.write(&reply);
        }
        self.end(Ok(()));
    }
}
