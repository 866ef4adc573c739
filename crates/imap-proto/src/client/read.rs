//! What a client session reads: responses, one at a time.

use std::time::Instant;

use bytes::Bytes;
use mail_errors::ParseError;
use mail_wire::{BODY_BLOCK, COMMAND_BLOCK, reserve_block, shrink};

use super::{
    BodyStart, Client, ClientError, Event, Pending, Phase, Tls,
    plan::{Completion, Ending, InFlight, Kinds, Stage},
    route::{Asker, asker_of},
    timer::Timer,
};
use crate::{
    Code, CommandBody, FetchAttribute, FetchAttributes, Greeting, Outcome, Response, ResponseText,
    State, Status, Tag, Verb, frame::ResponseStep, parse, state,
};

/// The FETCH response whose texts are being streamed.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) asker: Asker,
    number: std::num::NonZeroU32,
    uid: Option<std::num::NonZeroU32>,
    /// Its octets are coming.
    open: bool,
}

impl Client {
    /// Reads one step further. Answers whether anything came of it.
    pub(super) fn read(&mut self, now: Instant) -> bool {
        let step = match self.framer.next(&mut self.input) {
            Ok(ResponseStep::Starved) => {
                if self.eof {
                    self.ended();
                    return true;
                }
                let in_text = self.framer.is_in_literal();
                reserve_block(&mut self.input, if in_text { BODY_BLOCK } else { COMMAND_BLOCK });
                return false;
            }
            Ok(step) => step,
            Err(error) => {
                self.fail(ClientError::Frame(error));
                return true;
            }
        };
        match step {
            ResponseStep::Starved => {}
            ResponseStep::Response(frame) => {
                self.clock.stop(Pending::Answer);
                self.clock.stop(Pending::RestOfResponse);
                self.response(&frame, now);
            }
            ResponseStep::LiteralStart { head, first } => {
                self.clock.stop(Pending::RestOfResponse);
                let limits = &self.config.limits;
                self.clock.start_body(limits.body_rate, limits.rest_of_response, now);
                self.text_starts(&head, first);
            }
            ResponseStep::Chunk(octets) => {
                self.clock.moved(octets.len() as u64);
                if let Some(Asker::Command(handle)) = self.wanted_text() {
                    self.events.push_back(Event::Body { handle, octets });
                }
            }
            ResponseStep::LiteralEnd => {
                self.clock.stop_body();
                shrink(&mut self.input);
                if let Some(Asker::Command(handle)) = self.wanted_text() {
                    self.events.push_back(Event::BodyEnd { handle });
                }
                if let Some(text) = &mut self.text {
                    text.open = false;
                }
            }
        }
        true
    }

    fn response(&mut self, frame: &Bytes, now: Instant) {
        let response = match parse::response(frame) {
            Ok(response) => response,
            Err(error) => return self.malformed(frame, error),
        };
        if self.phase == Phase::Greeting {
            return self.greeted(response);
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "all the others are untagged data")]
        match response {
            Response::Continue(text) => self.continued(text.as_bytes(), now),
            Response::Done { tag, status, text } => {
                self.completed(&tag, Completion { status, text: text.into_owned() });
            }
            Response::Bye(text) => self.bye(text),
            // RFC 9051 7.1.4: a greeting alone.
            Response::PreAuth(_) => self.fail(ClientError::NoGreeting),
            response => self.untagged(response),
        }
    }

    /// One bad item does not lose a mailbox; one bad completion does.
    fn malformed(&mut self, frame: &[u8], error: ParseError) {
        self.text = None;
        self.malformed += 1;
        let is_untagged = frame.starts_with(b"* ") && self.phase != Phase::Greeting;
        if is_untagged && self.malformed <= self.config.limits.malformed {
            self.events.push_back(Event::Malformed(error));
        } else {
            self.fail(ClientError::Malformed(error));
        }
    }

    fn greeted(&mut self, response: Response<'_>) {
        self.clock.stop(Pending::Greeting);
        #[expect(clippy::wildcard_enum_match_arm, reason = "all the others are no greeting")]
        let (greeting, text) = match response {
            Response::Status { status: Status::Ok, text } => (Greeting::Ok, text),
            Response::PreAuth(text) => (Greeting::PreAuth, text),
            Response::Bye(text) => return self.bye(text),
            _ => return self.fail(ClientError::NoGreeting),
        };
        if greeting == Greeting::PreAuth && self.config.tls == Tls::Required && !self.secured {
            return self.fail(ClientError::PreAuthInClear);
        }
        self.state = state::greeted(greeting);
        self.phase = Phase::SettingUp;
        self.learn_capabilities(&text);
        self.events.push_back(Event::Greeting(text.into_owned()));
    }

    fn bye(&mut self, text: ResponseText<'_>) {
        self.events.push_back(Event::Bye(text.into_owned()));
        if self.flight.iter().any(|command| command.verb == Verb::Logout) {
            self.said_bye = true;
        } else if self.closing {
            self.close_now();
        } else {
            self.fail(ClientError::Bye);
        }
    }

    /// A command is done.
    fn completed(&mut self, tag: &Tag<'_>, how: Completion) {
        let number = number_of(tag);
        let own = self.flight.iter_mut().enumerate();
        let Some((at, command)) = own.into_iter().find(|(_, one)| Some(one.tag) == number) else {
            return self.fail(ClientError::UnknownTag);
        };
        let ok = how.status == Status::Ok;
        match &mut command.stage {
            Stage::Sent | Stage::Idle { .. } => self.finish(at, how),
            Stage::Literals { .. } | Stage::Body { .. } | Stage::Cancelled if ok => {
                self.fail(ClientError::EndedEarly);
            }
            // RFC 9051 4.3: the octets that were announced have to follow all the same.
            Stage::Body { early, .. } => *early = Some(how),
            Stage::Literals { .. } | Stage::Cancelled | Stage::Sasl(_) => {
                self.finish(at, how);
            }
        }
    }

    /// Takes a command whose completion has come out of flight, and tells it.
    pub(super) fn finish(&mut self, at: usize, how: Completion) {
        let Some(command) = self.flight.remove(at) else { return };
        let asker = asker_of(&command);
        let InFlight { verb, stage, handle, forgotten, .. } = command;
        let Completion { status, text } = how;
        let (read_only, fresh) = match text.code() {
            Some(Code::ReadOnly) => (true, false),
            Some(Code::Capability(_)) => (false, true),
            Some(_) | None => (false, false),
        };
        let outcome = match status {
            Status::Ok if read_only => Outcome::OkReadOnly,
            Status::Ok => Outcome::Ok,
            Status::No => Outcome::No,
            Status::Bad => Outcome::Bad,
        };
        if let Stage::Sasl(exchange) = stage {
            if let (Status::Ok, Err(error)) = (status, exchange.finish()) {
                return self.fail(ClientError::Sasl(error));
            }
        } else if let Stage::Idle { ending: Some(Ending::Again), .. } = stage
            && status == Status::Ok
            && self.queue.is_empty()
            && !self.closing
        {
            self.start(handle, CommandBody::Idle);
            if let Some(command) = self.flight.back_mut() {
                command.forgotten = forgotten;
            }
            return;
        }
        self.state = state::after(self.state, verb, outcome);
        #[expect(clippy::wildcard_enum_match_arm, reason = "the table says what the others do")]
        match verb {
            Verb::Select | Verb::Examine => self.opened(status),
            Verb::Login | Verb::Authenticate if status == Status::Ok && !self.told_since_login => {
                // RFC 9051 6.2.2, 6.2.3: what the server can do may be another thing now.
                self.capabilities = None;
            }
            Verb::Capability => {
                self.capabilities.get_or_insert_default();
            }
            Verb::Idle => self.ended_idle(),
            Verb::StartTls => self.start_tls(status),
            _ => {}
        }
        if !matches!(self.state, State::Selected(_)) {
            self.mailbox = None;
        }
        if fresh {
            self.learn_capabilities(&text);
        }
        if let Asker::Command(handle) = asker {
            self.events.push_back(Event::Done { handle, status, text });
        }
        // A server that refuses our own LOGOUT is left without its consent.
        if self.state == State::Logout || self.closing && verb == Verb::Logout {
            self.close_now();
        }
    }

    /// SELECT or EXAMINE is done.
    fn opened(&mut self, status: Status) {
        let opening = self.opening.take();
        match (status, self.state) {
            (Status::Ok, State::Selected(access)) => {
                self.mailbox = opening;
                if let Some(mailbox) = &mut self.mailbox {
                    mailbox.set_access(access);
                }
                // What waits was given for this mailbox.
                for next in &mut self.queue {
                    next.expunges = self.expunges;
                }
            }
            (Status::Ok | Status::No, _) => self.mailbox = None,
            // It was not carried out, but what came meanwhile was taken for the new mailbox's.
            (Status::Bad, _) => {
                if let Some(mailbox) = &mut self.mailbox {
                    mailbox.doubt();
                }
            }
        }
    }

    fn ended_idle(&mut self) {
        self.clock.stop(Timer::Idle);
        self.idling = None;
    }

    fn start_tls(&mut self, status: Status) {
        if status == Status::Ok {
            self.phase = Phase::StartTls;
        } else if self.config.tls == Tls::Required {
            self.fail(ClientError::NoStartTls);
        } else {
            self.no_tls = true;
        }
    }

    /// Octets of a text are about to come.
    fn text_starts(&mut self, head: &[u8], first: bool) {
        let (before, attribute) = if first {
            match parse::fetch_start(head) {
                Ok(start) => {
                    let uid = start.before.uid();
                    let kinds = Kinds::of(&start.attribute);
                    let asker = self.asker_of_message(start.number, uid, kinds);
                    let uid = uid.or_else(|| self.uid_of(start.number));
                    self.text = Some(Text { asker, number: start.number, uid, open: true });
                    (start.before.into_owned(), start.attribute.into_owned())
                }
                // Its octets are passed over, and the response as a whole is told to be bad.
                Err(_) => return,
            }
        } else {
            match parse::fetch_next(head) {
                Ok(next) => (next.before.into_owned(), next.attribute.into_owned()),
                Err(_) => {
                    self.text = None;
                    return;
                }
            }
        };
        self.tell_text(before, attribute);
    }

    fn tell_text(&mut self, before: FetchAttributes<'static>, attribute: FetchAttribute<'static>) {
        let Some(text) = &mut self.text else { return };
        text.open = true;
        text.uid = text.uid.or_else(|| before.uid());
        let (number, uid) = (text.number, text.uid);
        let octets = attribute.streamed().unwrap_or_default();
        if let Some(Asker::Command(handle)) = self.wanted_text() {
            let start = BodyStart { handle, number, uid, before, attribute, octets };
            self.events.push_back(Event::BodyStart(start));
        }
    }

    /// Returns who wants the octets that are coming; nobody once it was forgotten.
    pub(super) fn wanted_text(&self) -> Option<Asker> {
        let text = self.text.as_ref().filter(|text| text.open)?;
        Some(self.still(text.asker))
    }

    /// Who asked for something may have been told to be forgotten since.
    pub(super) fn still(&self, asker: Asker) -> Asker {
        let Asker::Command(handle) = asker else { return asker };
        let own = self.flight.iter().find(|command| command.handle == Some(handle));
        own.map_or(Asker::Silent, asker_of)
    }

    /// The server will send no more, and all that it sent has been read.
    fn ended(&mut self) {
        if self.framer.is_in_literal() {
            self.fail(ClientError::Truncated("the text of a message"));
        } else if !self.input.is_empty() || !self.framer.is_between_responses() {
            self.fail(ClientError::Truncated("a response"));
        } else if self.said_bye {
            self.close_now();
        } else {
            self.fail(ClientError::Disconnected);
        }
    }
}

/// Reads the number in a tag of ours.
fn number_of(tag: &Tag<'_>) -> Option<u64> {
    let digits = tag.to_str()?.strip_prefix('A').filter(|digits| !digits.starts_with('0'))?;
    digits.parse().ok()
}
