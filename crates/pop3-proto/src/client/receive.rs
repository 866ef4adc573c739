//! Answers: one line or many, as the command says.

use std::time::Instant;

use mail_errors::ParseError;
use mail_wire::{BodyPiece, DotUnstuffer, Line, LineLimits, Next, grammar::cut, shrink};

use crate::{
    Capabilities, Command, Deviation, Response, Status, Verb, Violation, limits, parse,
    state::after,
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
                self.tell(|handle| Event::Body { handle, octets });
            }
            BodyPiece::End => {
                if unstuffer.violation().is_none() {
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
        let swallow = match self.reading {
            Reading::Status => 0,
            Reading::Capabilities(_) | Reading::Scan | Reading::Ids | Reading::Body(_) => {
                self.config.limits.swallow_line
            }
        };
        let line = self.framer.next(&mut self.input, LineLimits { line: limit, swallow });
        let (text, octets) = match line {
            Line::Starved => return self.wait(now),
            Line::Whole { bare: true, .. }
                if !self.config.profile.tolerates(Deviation::BareNewlineInResponse) =>
            {
                self.over(Err(Violation::BareNewline));
                return None;
            }
            Line::Whole { text, octets, .. } => (text, octets),
            Line::TooLong { octets } if !matches!(self.reading, Reading::Status) => {
                // One bad item does not lose the rest of the maildrop.
                self.moved += octets;
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
        self.line(cut(&line, text).0);
        None
    }

    fn line(&mut self, line: &[u8]) {
        // > continue-req = "+" SP [base64] CRLF                             RFC 5034 7
        let challenge = if line == b"+" { Some(&[][..]) } else { line.strip_prefix(b"+ ") };
        if let (Reading::Status, Some(challenge)) = (&self.reading, challenge)
            && self.is_challenged()
        {
            return self.challenged(challenge);
        }
        if let Reading::Status = self.reading {
            return match parse::response(line) {
                Ok(response) => self.response(response.into_owned()),
                Err(error) => self.over(Err(Violation::NotAResponse(error))),
            };
        }
        // RFC 1939 3: a dot alone ends the answer; any other dot at the start is a stuffed one.
        let line = match line {
            b"." => return self.finish_many(),
            [b'.', rest @ ..] => rest,
            line => line,
        };
        match &mut self.reading {
            Reading::Capabilities(offers) => {
                let limit = self.config.limits.capabilities;
                if offers.octets() + line.len() >= limit {
                    return self.over(Err(Violation::TooManyCapabilities { limit }));
                }
                offers.push(line);
            }
            Reading::Scan => self.listed(line),
            Reading::Ids => self.identified(line),
            Reading::Status | Reading::Body(_) => {}
        }
    }

    /// The first line of an answer.
    fn response(&mut self, response: Response<'static>) {
        if self.stage == Stage::Greeting {
            return self.greeted(response);
        }
        self.clock.clear(Timer::Answer);
        let Some(sent) = self.flight.front() else { return self.unasked(response) };
        if response.status() == Status::Ok {
            let many = match sent.verb {
                Verb::Capa => Some(Reading::Capabilities(Capabilities::default())),
                Verb::List if !sent.single => Some(Reading::Scan),
                Verb::Uidl if !sent.single => Some(Reading::Ids),
                Verb::Retr | Verb::Top => {
                    Some(Reading::Body(DotUnstuffer::new(self.config.bodies)))
                }
                Verb::List
                | Verb::Uidl
                | Verb::User
                | Verb::Pass
                | Verb::Apop
                | Verb::Auth
                | Verb::Stls
                | Verb::Utf8
                // A list of languages is never asked for.
                | Verb::Lang
                | Verb::Stat
                | Verb::Dele
                | Verb::Rset
                | Verb::Noop
                | Verb::Quit => None,
            };
            if let Some(many) = many {
                self.reading = many;
                self.moved = 0;
                self.first_line = Some(response);
                return;
            }
            let text = response.line().as_bytes();
            if sent.verb == Verb::Stat {
                let listing = parse::drop_listing(text);
                self.tell_parsed(listing, |handle, listing| Event::Stat { handle, listing });
            } else if sent.verb == Verb::List {
                self.listed(text);
            } else if sent.verb == Verb::Uidl {
                self.identified(text);
            }
        }
        self.answered(response);
    }

    fn listed(&mut self, line: &[u8]) {
        let listing = parse::scan_listing(line);
        self.tell_parsed(listing, |handle, listing| Event::Listed { handle, listing });
    }

    fn identified(&mut self, line: &[u8]) {
        let listing = parse::unique_id_listing(line);
        self.tell_parsed(listing, |handle, listing| Event::Id { handle, listing });
    }

    /// The last line of an answer of many.
    fn finish_many(&mut self) {
        self.clock.clear_pace();
        shrink(&mut self.input);
        let reading = std::mem::replace(&mut self.reading, Reading::Status);
        if let Reading::Capabilities(offers) = reading {
            let capabilities = offers.clone();
            self.tell(|handle| Event::Capabilities { handle, capabilities });
            self.capabilities = Some(offers);
        }
        if let Some(response) = self.first_line.take() {
            self.answered(response);
        }
    }

    /// An answer is complete: takes its command out of the flight and goes on from it.
    fn answered(&mut self, response: Response<'static>) {
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
    fn tell(&mut self, event: impl FnOnce(Handle) -> Event) {
        let sent = self.flight.front().filter(|sent| !sent.forgotten);
        // An answer to the session's own CAPA is for the session alone.
        let own = matches!(sent, Some(Sent { then: Then::LoggedIn(..), .. }));
        if let Some(handle) = sent.filter(|_| !own).and_then(|sent| sent.handle) {
            self.news.push_back(event(handle));
        }
    }

    fn tell_parsed<T>(
        &mut self,
        parsed: Result<T, ParseError>,
        event: impl FnOnce(Handle, T) -> Event,
    ) {
        self.tell(|handle| match parsed {
            Ok(value) => event(handle, value),
            Err(error) => Event::Malformed { handle, error },
        });
    }

    /// The server says something although nothing was asked.
    fn unasked(&mut self, response: Response<'static>) {
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
                match parse::response(cut(&line, text).0) {
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
                Reading::Capabilities(_) | Reading::Scan | Reading::Ids => "a list",
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
            Reading::Capabilities(_) | Reading::Scan | Reading::Ids | Reading::Body(_) => {
                let moved = std::mem::take(&mut self.moved);
                self.clock.too_slow(limits.body_rate, limits.body_window, moved, now)
            }
        };
        if late {
            let what = match self.reading {
                Reading::Status if self.stage == Stage::Greeting => "greeting",
                Reading::Status => "answer",
                Reading::Capabilities(_) | Reading::Scan | Reading::Ids => "list",
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
