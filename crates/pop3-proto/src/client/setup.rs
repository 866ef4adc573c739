//! The greeting, CAPA, STLS and UTF8: what the session does before the application's commands.
//! RFC 1939 4, RFC 2449 5, RFC 2595 4, RFC 6856 2.1.

use std::time::Instant;

use mail_errors::Misuse;
use mail_wire::{Next, Upgrade, Upgraded};

use crate::{Capability, Command, Response, Status, Timestamp, Verb, Violation, state::after};

use super::{Client, Event, Stage, Timer, Tls, Utf8, send::Then};

impl Client {
    pub(super) fn greeted(&mut self, response: Response<'static>) {
        self.clock.clear(Timer::Greeting);
        if response.status() == Status::Err {
            self.news.push_back(Event::Greeting(response.clone()));
            return self.over(Err(Violation::Dismissed(response)));
        }
        self.timestamp = Timestamp::find(response.line().as_bytes());
        self.news.push_back(Event::Greeting(response));
        self.stage = Stage::Setup;
        self.send(None, &Command::Capa, Then::Nothing);
    }

    /// The session's own CAPA was answered, or the server does not know it.
    pub(super) fn set_up(&mut self) {
        match (&self.tls, self.config.tls) {
            (None, Tls::Opportunistic | Tls::Required) if self.offers(&Capability::Stls) => {
                self.send(None, &Command::Stls, Then::Nothing);
            }
            // RFC 8314 4.1: whoever asks for confidentiality gets it, or nothing.
            (None, Tls::Required | Tls::Implicit) => self.over(Err(Violation::TlsNotOffered)),
            (None, Tls::Never | Tls::Opportunistic) | (Some(_), _) => self.say_utf8(),
        }
    }

    /// RFC 6856 2.1: no STLS comes behind it, and no login is to come before it.
    fn say_utf8(&mut self) {
        if self.config.utf8 == Utf8::IfOffered && self.offers_utf8() {
            self.send(None, &Command::Utf8, Then::Nothing);
        } else {
            self.ready();
        }
    }

    pub(super) fn stls_answered(&mut self, response: Response<'static>) {
        match (response.status(), self.config.tls) {
            (_, _) if !self.input.is_empty() => {
                // RFC 2595 4: nothing may come between the answer and the handshake; and behind a
                // refusal it would answer commands that are not sent yet.
                self.over(Err(Violation::Injected));
            }
            (Status::Ok, _) => self.stage = Stage::StartTls,
            (Status::Err, Tls::Opportunistic) => self.say_utf8(),
            (Status::Err, Tls::Never | Tls::Required | Tls::Implicit) => {
                self.over(Err(Violation::TlsRefused(response)));
            }
        }
    }

    pub(super) fn wait_for_tls(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.clock.has_expired(Timer::Handshake, self.config.limits.handshake_time, now) {
            self.over(Err(Violation::TimedOut { what: "TLS handshake" }));
            return None;
        }
        Some(Next::Upgrade { to: Upgrade::Tls, until: self.clock.until() })
    }

    pub(super) fn take_tls(&mut self, to: Upgraded) -> Result<(), Violation> {
        let (Stage::ImplicitTls | Stage::StartTls, Upgraded::Tls(info)) = (self.stage, to) else {
            return Err(Misuse::WrongMoment { call: "upgraded", state: self.state.as_str() }.into());
        };
        if !self.input.is_empty() {
            self.over(Err(Violation::Injected));
            return Err(Violation::Injected);
        }
        self.clock.clear(Timer::Handshake);
        self.news.push_back(Event::Tls(info.clone()));
        self.tls = Some(info);
        if self.stage == Stage::ImplicitTls {
            self.stage = Stage::Greeting;
        } else {
            // RFC 2595 4: "the client MUST discard any knowledge obtained from the server".
            self.capabilities = None;
            self.pipelining = false;
            self.timestamp = None;
            self.state = after(self.state, Verb::Stls, Status::Ok);
            self.stage = Stage::Setup;
            self.send(None, &Command::Capa, Then::Nothing);
        }
        Ok(())
    }

    pub(super) fn ready(&mut self) {
        self.stage = Stage::Ready;
        self.news.push_back(Event::Ready);
    }
}
