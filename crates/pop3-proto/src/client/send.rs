//! Commands on their way out, and when each may go.

use mail_errors::{Misuse, Secret};
use mail_sasl::{
    Mechanism, apop,
    client::{Exchange, Identity},
};

use crate::{
    ApopDigest, Capabilities, Capability, Command, Password, Response, State, UserName, Verb,
    encode,
};

use super::{Client, Event, Handle, NotSent, PlaintextLogin, Stage, Utf8Logins};

/// A command that waits for its turn.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) handle: Handle,
    job: Job,
}

impl Request {
    pub(super) const fn verb(&self) -> Verb {
        self.job.verb()
    }
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Job {
    Command(Command<'static>),
    /// USER, and PASS when that is granted.
    Login(UserName<'static>, Password<'static>),
    Apop(UserName<'static>, Secret),
    /// AUTH by the strongest mechanism or by this one, or USER and PASS.
    Sasl(Identity, Option<Mechanism>),
}

impl Job {
    /// The first command of it.
    const fn verb(&self) -> Verb {
        match self {
            Self::Command(command) => command.verb(),
            Self::Login(..) => Verb::User,
            Self::Apop(..) => Verb::Apop,
            Self::Sasl(..) => Verb::Auth,
        }
    }
}

/// A command that waits for its answer.
#[derive(Debug)]
pub(super) struct Sent {
    /// Whose command it is; `None` for the session's own.
    pub(super) handle: Option<Handle>,
    pub(super) verb: Verb,
    /// Of LIST, UIDL and LANG: it has an argument, so the answer has one line.
    pub(super) single: bool,
    pub(super) octets: usize,
    pub(super) forgotten: bool,
    /// What comes behind it.
    pub(super) then: Then,
}

/// What follows on an answer that says yes.
#[derive(Debug)]
pub(super) enum Then {
    Nothing,
    /// USER was granted: PASS.
    Password(Password<'static>),
    /// AUTH goes on by challenges and responses.
    Exchange(Box<Exchange>),
    /// The exchange was given up, and the server has to say so.
    Cancelled,
    /// CAPA was answered: the login is done, which was answered so.
    LoggedIn(Verb, Response<'static>),
}

impl Client {
    /// Takes a command from the application.
    pub(super) fn give(&mut self, call: &'static str, job: Job) -> Result<Handle, Misuse> {
        if self.end.is_some() || self.quitting {
            return Err(Misuse::WrongMoment { call, state: "the conversation is closing" });
        }
        if self.queue.len() >= self.config.limits.queue {
            return Err(Misuse::Invalid { what: call, why: "too many commands wait already" });
        }
        Ok(self.push(job))
    }

    pub(super) fn push(&mut self, job: Job) -> Handle {
        self.handles += 1;
        let handle = Handle(self.handles);
        self.queue.push_back(Request { handle, job });
        handle
    }

    /// Sends what may go before the answers that are still to come.
    pub(super) fn send_what_may_go(&mut self) {
        while self.stage == Stage::Ready && self.end.is_none() {
            let Some(verb) = self.queue.front().map(Request::verb) else { return };
            if !self.flight.is_empty() && !self.may_pipeline(verb) {
                return;
            }
            let Some(Request { handle, job }) = self.queue.pop_front() else { return };
            if let Err(why) = self.start(handle, job) {
                self.news.push_back(Event::NotSent { handle, why });
            }
        }
    }

    /// Tells whether this command may go although others are not answered yet. RFC 2449 6.6.
    fn may_pipeline(&self, verb: Verb) -> bool {
        // Only logins and TLS change what may be sent next, and they are over in this state.
        self.state == State::Transaction
            && State::Transaction.allows(verb)
            && self.in_flight + LONGEST <= self.config.limits.group
            && self.pipelining
            // Its argument may be long.
            && verb != Verb::Lang
    }

    pub(super) fn offers(&self, capability: &Capability<'_>) -> bool {
        self.capabilities.as_ref().is_some_and(|offered| offered.has(capability))
    }

    pub(super) fn offers_utf8(&self) -> bool {
        [true, false].into_iter().any(|names| self.offers(&Capability::Utf8 { names }))
    }

    /// Tells whether name and password may go without AUTH.
    fn may_say(&self, name: &UserName<'_>, password: &[u8]) -> Result<(), NotSent> {
        let is_ascii = name.as_str().is_ascii() && password.is_ascii();
        let is_offered = self.offers(&Capability::Utf8 { names: true });
        // RFC 6856 2.2: no UTF-8 "unless the USER argument is included" in the offer.
        match is_ascii || is_offered || self.config.logins == Utf8Logins::Always {
            true => Ok(()),
            false => Err(NotSent::NotOffered("UTF8 USER")),
        }
    }

    /// Takes what the server offers.
    pub(super) fn learn(&mut self, offers: Capabilities) {
        self.pipelining = offers.has(&Capability::Pipelining);
        self.capabilities = Some(offers);
    }

    pub(super) fn start(&mut self, handle: Handle, job: Job) -> Result<(), NotSent> {
        if !self.state.allows(job.verb()) {
            return Err(NotSent::WrongState(self.state));
        }
        match job {
            // RFC 6856 2: "clients MUST NOT" use it where it is not offered.
            Job::Command(Command::Utf8) if !self.offers_utf8() => {
                return Err(NotSent::NotOffered("UTF8"));
            }
            Job::Command(command) => self.send(Some(handle), &command, Then::Nothing),
            Job::Login(name, password) => {
                if self.tls.is_none() {
                    if self.config.plaintext == PlaintextLogin::Refuse {
                        return Err(NotSent::Plaintext);
                    }
                    // RFC 2449 6.2: where the list lacks USER, the password would go in vain.
                    if self.capabilities.is_some() && !self.offers(&Capability::User) {
                        return Err(NotSent::NotOffered("USER"));
                    }
                }
                self.may_say(&name, password.expose())?;
                self.send(Some(handle), &Command::User(name), Then::Password(password));
            }
            Job::Sasl(who, only) => self.start_login(handle, who, only)?,
            Job::Apop(name, secret) => {
                let digest = self.timestamp.as_ref().and_then(|timestamp| {
                    let digest = apop::Digest::new(timestamp.as_str().as_bytes(), &secret);
                    ApopDigest::new(digest.as_str().as_bytes().try_into().ok()?).ok()
                });
                let digest = digest.ok_or(NotSent::NotOffered("APOP"))?;
                self.may_say(&name, secret.expose())?;
                self.send(Some(handle), &Command::Apop(name, digest), Then::Nothing);
            }
        }
        Ok(())
    }

    /// Sends a command; `handle` is `None` if it is the session's own.
    pub(super) fn send(&mut self, handle: Option<Handle>, command: &Command<'_>, then: Then) {
        let before = self.output.len();
        encode::command(command, &mut self.output);
        let octets = self.output.len() - before;
        self.in_flight += octets;
        let single = matches!(
            command,
            Command::List(Some(_)) | Command::Uidl(Some(_)) | Command::Lang(Some(_))
        );
        let verb = command.verb();
        self.flight.push_back(Sent { handle, verb, single, octets, forgotten: false, then });
    }

    /// Gives up all commands that wait for their turn, but for QUIT.
    pub(super) fn drop_queue(&mut self) {
        for request in std::mem::take(&mut self.queue) {
            if request.verb() == Verb::Quit {
                self.queue.push_back(request);
            } else {
                let why = NotSent::Over;
                self.news.push_back(Event::NotSent { handle: request.handle, why });
            }
        }
    }
}

/// Octets of the longest command in the transaction state, TOP with two large numbers.
const LONGEST: usize = 40;

/// Tells whether an event belongs to a command.
pub(super) fn is_of(event: &Event, wanted: Handle) -> bool {
    match event {
        Event::Greeting(_) | Event::Tls(_) | Event::Ready => false,
        Event::Tolerated { handle, .. } => *handle == Some(wanted),
        Event::Capabilities { handle, .. }
        | Event::Stat { handle, .. }
        | Event::Listed { handle, .. }
        | Event::Id { handle, .. }
        | Event::Language { handle, .. }
        | Event::Body { handle, .. }
        | Event::BodyEnd { handle }
        | Event::BodyAborted { handle }
        | Event::Malformed { handle, .. }
        | Event::Done { handle, .. }
        | Event::Refused { handle, .. }
        | Event::NotSent { handle, .. } => *handle == wanted,
    }
}
