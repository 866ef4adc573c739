//! Octets to lines and pieces of messages, and what becomes of a command when its answer is whole.

use std::time::Instant;

use mail_errors::ParseError;
use mail_wire::{BodyPiece, DotUnstuffer, Line, LineLimits, Next, grammar::cut, shrink};
use memchr::memchr;

use crate::{
    Capabilities, Command, Defect, Defects, Deviation, Response, Status, Verb, Violation, limits,
    parse, state::after,
};

use super::{
    Client, Event, Handle, Stage, Timer,
    send::{Sent, Then},
};

/// What the next octets are.
#[derive(Debug)]
pub(super) enum Reading {
    /// The first line of an answer, or the greeting.
    Status,
    /// The rest of the answer to CAPA.
    Capabilities(Capabilities),
    /// The rest of the answer to LIST.
    Scan,
    /// The rest of the answer to UIDL.
    Ids,
    /// The rest of the answer to LANG.
    Languages,
    /// A message.
    Body(DotUnstuffer),
}

impl Client {
    /// Reads on; answers `None` if there may be more to do.
    pub(super) fn receive(&mut self, now: Instant) -> Option<Next<Event>> {
        let Reading::Body(unstuffer) = &mut self.reading else { return self.receive_line(now) };
        let before = unstuffer.taken();
        let piece = unstuffer.next(&mut self.input);
        self.moved += unstuffer.taken() - before;
        match piece {
            BodyPiece::Starved => return self.wait(now),
            BodyPiece::Data(octets) => {
                if !self.has_nul && memchr(0, &octets).is_some() {
                    self.has_nul = true;
                    self.tolerated(Defect::new(Deviation::NulInMessage, 0));
                }
                self.tell(|handle| Event::Body { handle, octets });
            }
            BodyPiece::End => {
                let is_whole = unstuffer.violation().is_none();
                let (ended_bare, bare) = (unstuffer.ended_bare(), unstuffer.bare());
                if let Some(bare) = bare.filter(|_| is_whole) {
                    let at = usize::try_from(bare.offset).unwrap_or(usize::MAX);
                    self.tolerated(Defect::new(Deviation::BareNewlineInMessage, at));
                }
                if ended_bare {
                    self.tolerated(Defect::new(Deviation::DotAndBareNewline, 1));
                }
                if is_whole {
                    self.tell(|handle| Event::BodyEnd { handle });
                } else {
                    self.tell(|handle| Event::BodyAborted { handle });
                    // Who deletes what was fetched is to hear no `Done`.
                    if let Some(sent) = self.flight.front_mut() {
                        sent.forgotten = true;
                    }
                }
                self.finish_many();
            }
        }
        None
    }

    fn receive_line(&mut self, now: Instant) -> Option<Next<Event>> {
        // RFC 5034 4: challenges are not held to the length of responses.
        let limit = match self.is_challenged() {
            true => self.config.limits.response_line.max(limits::AUTH_LINE),
            false => self.config.limits.response_line,
        };
        // A status that is thrown away cannot be acted upon.
        let swallow = if self.reads_status() { 0 } else { self.config.limits.swallow_line };
        let line = self.framer.next(&mut self.input, LineLimits { line: limit, swallow });
        let (profile, mut defects) = (self.config.profile, Defects::new());
        let (text, octets) = match line {
            Line::Starved if self.eof && self.may_lack_its_end() => {
                let octets = self.input.len();
                defects.tolerate(profile, Deviation::MissingFinalNewline, octets);
                (octets, octets)
            }
            Line::Starved => return self.wait(now),
            Line::Whole { text, bare: true, .. }
                if !defects.tolerate(profile, Deviation::BareNewlineInResponse, text) =>
            {
                self.over(Err(Violation::BareNewline));
                return None;
            }
            Line::Whole { text, octets, bare } => {
                self.is_bare = bare;
                (text, octets)
            }
            Line::TooLong { octets } if !self.reads_status() => {
                // One bad item does not lose the rest of the maildrop.
                self.moved += octets;
                if self.is_over_long(usize::try_from(octets).unwrap_or(usize::MAX)) {
                    return None;
                }
                let error = ParseError::at(&[], limit, "end of line");
                self.tell(|handle| Event::Malformed { handle, error });
                return None;
            }
            Line::TooLong { .. } | Line::Endless => {
                self.over(Err(Violation::LineTooLong { limit: limit as u64 }));
                return None;
            }
        };
        self.moved += octets as u64;
        let line = self.input.split_to(octets);
        let (line, _) = cut(&line, text);
        if self.reads_status() {
            self.status(line, defects);
        } else {
            self.item(line, defects);
        }
        None
    }

    const fn reads_status(&self) -> bool {
        matches!(self.reading, Reading::Status)
    }

    /// Tells whether what is left may be a last line whose end was lost: nothing else would be known
    /// to be whole.
    fn may_lack_its_end(&self) -> bool {
        let left = &*self.input;
        let front = self.flight.front();
        self.config.profile.tolerates(Deviation::MissingFinalNewline)
            && !self.framer.is_swallowing()
            && match self.reading {
                Reading::Status => {
                    let is_last = front.is_some_and(|sent| sent.verb == Verb::Quit);
                    is_last
                        && parse::response(left, self.config.profile, &mut Defects::new()).is_ok()
                }
                Reading::Capabilities(_) | Reading::Scan | Reading::Ids | Reading::Languages => {
                    left == b"."
                }
                Reading::Body(_) => false,
            }
    }

    /// The last line of an answer of many.
    pub(super) fn finish_many(&mut self) {
        self.clock.clear_pace();
        shrink(&mut self.input);
        let reading = std::mem::replace(&mut self.reading, Reading::Status);
        if let Reading::Capabilities(offers) = reading {
            let capabilities = offers.clone();
            self.tell(|handle| Event::Capabilities { handle, capabilities });
            self.learn(offers);
        }
        if let Some(response) = self.first_line.take() {
            self.answered(response);
        }
    }

    /// An answer is complete: takes its command out of the flight and goes on from it.
    pub(super) fn answered(&mut self, response: Response<'static>) {
        let Some(Sent { handle, verb, octets, forgotten, then, .. }) = self.flight.pop_front()
        else {
            return;
        };
        self.in_flight -= octets;
        let status = response.status();
        if verb != Verb::Stls {
            self.state = after(self.state, verb, status);
        }
        let then = match then {
            // A server that says yes too early has shown nothing.
            Then::Exchange(exchange) if status == Status::Ok => match exchange.finish() {
                Ok(()) => Then::Nothing,
                Err(error) => return self.over(Err(error.into())),
            },
            Then::Cancelled if status == Status::Ok => {
                return self.over(Err(Violation::Unsolicited));
            }
            then @ (Then::Nothing
            | Then::Password(_)
            | Then::Exchange(_)
            | Then::Cancelled
            | Then::LoggedIn(..)) => then,
        };
        match (verb, then) {
            (Verb::Stls, _) => return self.stls_answered(response),
            (Verb::User, Then::Password(password)) if status == Status::Ok => {
                self.send(handle, &Command::Pass(password), Then::Nothing);
                return self.remember(forgotten);
            }
            // RFC 2449 5: the list may be another one in the transaction state.
            (Verb::Pass | Verb::Apop | Verb::Auth, _)
                if status == Status::Ok && self.capabilities.is_some() =>
            {
                self.send(handle, &Command::Capa, Then::LoggedIn(verb, response));
                return self.remember(forgotten);
            }
            (Verb::Capa, Then::LoggedIn(verb, response)) => {
                return self.done(handle, verb, response, forgotten);
            }
            (Verb::Capa, _) if self.stage == Stage::Setup => return self.set_up(),
            (Verb::Utf8, _) => {
                self.is_utf8 |= status == Status::Ok;
                if self.stage == Stage::Setup {
                    return self.ready();
                }
            }
            (Verb::Quit, _) => self.over(Ok(())),
            _ => {}
        }
        self.done(handle, verb, response, forgotten);
    }

    /// The last event of a command.
    fn done(
        &mut self,
        of: Option<Handle>,
        verb: Verb,
        response: Response<'static>,
        forgotten: bool,
    ) {
        let Some(handle) = of.filter(|_| !forgotten) else { return };
        self.news.push_back(match response.status() {
            Status::Ok => Event::Done { handle, verb, response },
            Status::Err => Event::Refused { handle, verb, response },
        });
    }

    /// The command that was just sent goes on for one that may have been forgotten.
    fn remember(&mut self, forgotten: bool) {
        if let Some(sent) = self.flight.back_mut() {
            sent.forgotten = forgotten;
        }
    }

    /// Tells an event of the command whose answer this is.
    pub(super) fn tell(&mut self, event: impl FnOnce(Handle) -> Event) {
        let sent = self.flight.front().filter(|sent| !sent.forgotten);
        // An answer to the session's own CAPA is for the session alone.
        let own = matches!(sent, Some(Sent { then: Then::LoggedIn(..), .. }));
        if let Some(handle) = sent.filter(|_| !own).and_then(|sent| sent.handle) {
            self.news.push_back(event(handle));
        }
    }

    pub(super) fn tell_parsed<T>(
        &mut self,
        parsed: Result<T, ParseError>,
        defects: &Defects,
        event: impl FnOnce(Handle, T) -> Event,
    ) {
        self.tolerated_all(defects);
        self.tell(|handle| match parsed {
            Ok(value) => event(handle, value),
            Err(error) => Event::Malformed { handle, error },
        });
    }

    /// Tells what was tolerated in a line.
    pub(super) fn tolerated_all(&mut self, defects: &Defects) {
        if !defects.is_empty() {
            defects.iter().for_each(|defect| self.tolerated(defect));
        }
    }

    pub(super) fn tolerated(&mut self, defect: Defect) {
        let front = self.flight.front();
        if front.is_none_or(|sent| !sent.forgotten) {
            let handle = front.and_then(|sent| sent.handle);
            self.news.push_back(Event::Tolerated { handle, defect });
        }
    }

    /// The server says something although nothing was asked.
    pub(super) fn unasked(&mut self, response: Response<'static>) {
        self.over(Err(match response.status() {
            // Servers say so before they hang up on a client that was silent for long.
            Status::Err => Violation::Dismissed(response),
            Status::Ok => Violation::Unsolicited,
        }));
    }

    /// No command waits for an answer. What comes now, comes unasked.
    pub(super) fn wait_for_command(&mut self) -> Option<Next<Event>> {
        self.clock.clear(Timer::Answer);
        if self.input.is_empty() && !self.eof {
            return Some(Next::NeedReply { until: None });
        }
        let limit = self.config.limits.response_line;
        match self.framer.next(&mut self.input, LineLimits { line: limit, swallow: 0 }) {
            Line::Whole { text, octets, .. } => {
                let line = self.input.split_to(octets);
                let (line, _) = cut(&line, text);
                let (profile, mut defects) = (self.config.profile, Defects::new());
                if line == b"." && defects.tolerate(profile, Deviation::StrayTerminator, 0) {
                    self.tolerated_all(&defects);
                    return None;
                }
                match parse::response(line, profile, &mut defects) {
                    Ok(response) => self.unasked(response.into_owned()),
                    Err(_) => self.over(Err(Violation::Unsolicited)),
                }
            }
            Line::Starved if !self.eof => return Some(Next::NeedReply { until: None }),
            Line::Starved => self.over(Err(Violation::Truncated { within: "the conversation" })),
            Line::TooLong { .. } | Line::Endless => self.over(Err(Violation::Unsolicited)),
        }
        None
    }

    /// Waits for more of the present answer.
    fn wait(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.eof {
            let within = match self.reading {
                Reading::Status if self.stage == Stage::Greeting => "the greeting",
                Reading::Status => "an answer",
                Reading::Capabilities(_) | Reading::Scan | Reading::Ids | Reading::Languages => {
                    "a list"
                }
                Reading::Body(_) => {
                    self.tell(|handle| Event::BodyAborted { handle });
                    "a message"
                }
            };
            self.over(Err(Violation::Truncated { within }));
            return None;
        }
        let limits = &self.config.limits;
        let late = match self.reading {
            Reading::Status if self.stage == Stage::Greeting => {
                self.clock.has_expired(Timer::Greeting, limits.greeting_time, now)
            }
            Reading::Status => self.clock.has_expired(Timer::Answer, limits.answer_time, now),
            Reading::Capabilities(_)
            | Reading::Scan
            | Reading::Ids
            | Reading::Languages
            | Reading::Body(_) => {
                let moved = std::mem::take(&mut self.moved);
                self.clock.too_slow(limits.body_rate, limits.body_window, moved, now)
            }
        };
        if late {
            let what = match self.reading {
                Reading::Status if self.stage == Stage::Greeting => "greeting",
                Reading::Status => "answer",
                Reading::Capabilities(_) | Reading::Scan | Reading::Ids | Reading::Languages => {
                    "list"
                }
                Reading::Body(_) => {
                    self.tell(|handle| Event::BodyAborted { handle });
                    "message"
                }
            };
            self.over(Err(Violation::TimedOut { what }));
            return None;
        }
        Some(Next::NeedInput { until: self.clock.until() })
    }
}
