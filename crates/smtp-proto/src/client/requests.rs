//! What is asked of a server between messages.

use std::collections::VecDeque;

use mail_errors::{Misuse, Reply};

use crate::{Command, Extension, Lookup, State, Text, Turn};

use super::{Client, Event, NotSent};

/// A command between messages, of which nothing but its reply follows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// NOOP: is the server there? Keeps a connection alive as well. RFC 5321 4.1.1.9.
    Noop(Option<Text>),
    /// VRFY: does this user exist? RFC 5321 3.5.1.
    Verify(Lookup),
    /// EXPN: who is on this list? RFC 5321 3.5.1.
    Expand(Lookup),
    /// HELP. RFC 5321 4.1.1.8.
    Help(Option<Text>),
    /// ETRN: send now what waits for this host. RFC 1985 5.
    Turn(Turn),
}

/// Names a request of this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(u64);

/// Those that are not answered yet, in order.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: VecDeque<(RequestId, Request)>,
    count: u64,
    /// The first of them has been said.
    said: bool,
}

impl Client {
    /// Asks something of the server, as soon as no message is on its way. Requests are said one at a
    /// time and before the next message; [`Event::Answer`] has the reply. May be called before the
    /// session is ready.
    ///
    /// # Errors
    /// [`Misuse::WrongMoment`] when the conversation is over or about to be.
    pub fn ask(&mut self, request: Request) -> Result<RequestId, Misuse> {
        if self.over.is_some() || self.goodbye.is_some() {
            return Err(Misuse::WrongMoment { call: "ask", state: "the conversation ends" });
        }
        let id = RequestId(self.requests.count);
        self.requests.count += 1;
        self.requests.waiting.push_back((id, request));
        Ok(id)
    }

    /// Says the next request, if it may be said now. Answers whether something happened.
    pub(super) fn say_request(&mut self) -> bool {
        if self.state != State::Ready || !self.in_flight.is_empty() {
            return false;
        }
        let Some((_, request)) = self.requests.waiting.front() else { return false };
        let needed = request.needs().filter(|one| !self.capabilities.offers(*one));
        if let Some(extension) = needed {
            self.answer_request(Err(NotSent::NotOffered(extension)));
            return true;
        }
        let command = request.command();
        self.requests.said = true;
        self.say(&command);
        true
    }

    /// Tells the answer to the first request.
    pub(super) fn answer_request(&mut self, answer: Result<Reply, NotSent>) {
        self.requests.said = false;
        if let Some((id, _)) = self.requests.waiting.pop_front() {
            self.told.push_back(Event::Answer { id, answer });
        }
    }

    /// Tells that no request will be answered any more.
    pub(super) fn drop_requests(&mut self, why: NotSent) {
        if self.requests.said {
            self.answer_request(Err(NotSent::Lost));
        }
        while !self.requests.waiting.is_empty() {
            self.answer_request(Err(why));
        }
    }
}

impl Requests {
    /// Tells whether one has been said and not been answered.
    pub(super) const fn is_open(&self) -> bool {
        self.said
    }
}

impl Request {
    fn command(&self) -> Command {
        match self.clone() {
            Self::Noop(text) => Command::Noop(text),
            Self::Verify(user) => Command::Vrfy(user),
            Self::Expand(list) => Command::Expn(list),
            Self::Help(text) => Command::Help(text),
            Self::Turn(turn) => Command::Etrn(turn),
        }
    }

    /// Without what it may not be said.
    fn needs(&self) -> Option<Extension> {
        match self {
            // RFC 6531 3.7.4.2.
            Self::Verify(lookup) | Self::Expand(lookup) => {
                lookup.is_smtp_utf8().then_some(Extension::SmtpUtf8)
            }
            Self::Turn(_) => Some(Extension::Etrn),
            Self::Noop(_) | Self::Help(_) => None,
        }
    }
}
