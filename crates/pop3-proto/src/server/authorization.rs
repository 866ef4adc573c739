//! The greeting, TLS and logins: RFC 1939 4 and 7, RFC 2595 4.

use mail_errors::Misuse;
use mail_sasl::Credentials;
use mail_wire::{Next, Sink, Upgraded, grammar::cut};

use crate::{
    ApopDigest, Capability, Maildrop, Password, ResponseCode, Status, Text, UserName, Verb,
    Violation, encode,
};

use super::{ApopLogin, Event, Phrase, PlaintextLogin, Refusal, Server, Timer, Tls, Utf8, Work};

impl Server {
    /// > greeting = "+OK" [resp-code] *gchar [timestamp] *gchar CRLF          RFC 2449 3
    pub(super) fn greet(&mut self) -> Option<Next<Event>> {
        self.work = Work::Command;
        if self.closing {
            self.say_err(Some(ResponseCode::SysTemp), Phrase::Closing);
            self.over(Ok(()));
            return None;
        }
        self.output.put(b"+OK ");
        for part in shown(&self.config.greeting).split(|octet| matches!(octet, b'<' | b'>')) {
            self.output.put(part);
        }
        if let Some(timestamp) = &self.config.timestamp {
            self.output.put(b" ");
            self.output.put(timestamp.as_str().as_bytes());
        }
        self.output.put(b"\r\n");
        None
    }

    pub(super) fn user(&mut self, name: UserName<'_>) {
        // RFC 1939 7: the server may say yes "even though no such mailbox exists", and so gives
        // nothing away.
        self.user = Some(name.into_owned());
        self.say_ok(Phrase::SendPass, &[]);
        self.answered(Verb::User, Status::Ok);
    }

    pub(super) fn pass(&mut self, password: &Password<'_>) {
        let name = self.user.take();
        let name = name.as_ref().map_or("", UserName::as_str);
        match Credentials::new(name, password.to_secret()) {
            Ok(credentials) => {
                self.work = Work::Login(Verb::Pass);
                self.news.push_back(Event::Login(credentials));
            }
            Err(_) => self.refuse_command(Some(Verb::Pass), Refusal::Login),
        }
    }

    pub(super) fn apop(&mut self, name: UserName<'_>, digest: ApopDigest) {
        let Some(timestamp) = self.config.timestamp.clone() else {
            return self.refuse_command(Some(Verb::Apop), Refusal::NotOffered);
        };
        self.user = None;
        self.work = Work::Login(Verb::Apop);
        let user = name.into_owned();
        self.news.push_back(Event::Apop(ApopLogin { user, digest, timestamp }));
    }

    pub(super) fn stls(&mut self) {
        if !self.offers_tls() {
            return self.refuse_command(Some(Verb::Stls), Refusal::NotOffered);
        }
        if self.is_utf8 {
            // RFC 6856 2.1: a client must not say STLS behind UTF8.
            return self.refuse_command(Some(Verb::Stls), Refusal::WrongState);
        }
        if !self.input.is_empty() {
            // RFC 2595 4: the client must not send more before the answer. Whatever this is, it
            // would be taken for something that came under TLS.
            self.say_err(None, Phrase::Injected);
            self.over(Err(Violation::Injected));
            return;
        }
        self.say_ok(Phrase::Tls, &[]);
        self.work = Work::StartTls;
    }

    pub(super) fn take_tls(&mut self, to: Upgraded) -> Result<(), Violation> {
        let (work @ (Work::ImplicitTls | Work::StartTls), Upgraded::Tls(info)) = (&self.work, to)
        else {
            return Err(Misuse::WrongMoment { call: "upgraded", state: self.state.as_str() }.into());
        };
        if !self.input.is_empty() {
            self.over(Err(Violation::Injected));
            return Err(Violation::Injected);
        }
        if matches!(work, Work::ImplicitTls) {
            self.work = Work::Greet;
        } else {
            // RFC 2595 4: "the server MUST discard any knowledge obtained from the client".
            (self.user, self.language) = (None, None);
            self.answered(Verb::Stls, Status::Ok);
            self.work = Work::Command;
        }
        self.clock.clear(Timer::Handshake);
        self.news.push_back(Event::Tls(info.clone()));
        self.tls = Some(info);
        Ok(())
    }

    /// Lets the client in and opens this maildrop to it. Locking the maildrop is the application's
    /// part.
    ///
    /// # Errors
    /// [`Misuse`] if no login waits for an answer, or the maildrop has more messages than
    /// [`ServerLimits::messages`](crate::ServerLimits::messages).
    pub fn accept(&mut self, maildrop: Maildrop) -> Result<(), Misuse> {
        let Work::Login(verb) = self.work else { return Err(self.not_owed("accept")) };
        if maildrop.len() > self.config.limits.messages {
            return Err(Misuse::Invalid { what: "maildrop", why: "it has too many messages" });
        }
        self.maildrop = maildrop;
        self.answered(verb, Status::Ok);
        self.work = Work::Command;
        self.end_exchange();
        let listing = self.maildrop.listing();
        self.say_ok(Phrase::Maildrop, &[listing.messages().into(), listing.octets().unwrap_or(0)]);
        Ok(())
    }

    pub(super) fn capa(&mut self) {
        self.say_ok(Phrase::Capabilities, &[]);
        let takes_passwords = self.takes_passwords();
        // RFC 2595 4: announced in the authorization state only. RFC 6856 2.1: not behind UTF8.
        let offers_tls = self.offers_tls() && self.state.allows(Verb::Stls) && !self.is_utf8;
        let mechanisms = self.mechanism_names();
        let (per_user, policy) = (self.says_per_user(), self.policy());
        let utf8 = match self.config.utf8 {
            Utf8::NotOffered => None,
            Utf8::Offered => Some(Capability::Utf8 { names: false }),
            Utf8::OfferedWithNames => Some(Capability::Utf8 { names: true }),
        };
        let speaks = !self.config.languages.is_empty();
        let mut tell = |offered: bool, capability: &Capability<'_>| {
            if offered {
                encode::capability(capability, &mut self.output);
            }
        };
        tell(true, &Capability::Top);
        tell(true, &Capability::Uidl);
        tell(takes_passwords, &Capability::User);
        if let Some(Ok(names)) = mechanisms.as_deref().map(Text::new) {
            tell(true, &Capability::Sasl(names));
        }
        tell(offers_tls, &Capability::Stls);
        tell(true, &Capability::RespCodes);
        tell(true, &Capability::AuthRespCode);
        tell(true, &Capability::Pipelining);
        let policies = [policy.delay_offer(per_user), policy.expire_offer(per_user)];
        for offer in policies.into_iter().chain([utf8]).flatten() {
            tell(true, &offer);
        }
        tell(speaks, &Capability::Lang);
        if let Some(Ok(name)) = self.config.name.as_ref().map(|name| Text::new(shown(name))) {
            tell(true, &Capability::Implementation(name));
        }
        self.output.put(encode::TERMINATOR);
    }

    /// Tells whether a password may come now.
    pub(super) fn takes_passwords(&self) -> bool {
        self.tls.is_some() || self.config.plaintext == PlaintextLogin::Allow
    }

    fn offers_tls(&self) -> bool {
        self.config.tls == Tls::StartTls && self.tls.is_none()
    }
}

/// The first 200 octets of a text that the application has set: so many fit on every line. A
/// character of UTF-8 that would be torn is left out whole (RFC 6856 3).
pub(super) fn shown<'a>(text: &'a Text<'_>) -> &'a [u8] {
    let text = text.as_bytes();
    let starts = |at: &usize| text.get(*at).is_none_or(|octet| octet & 0xc0 != 0x80);
    cut(text, (197..=200).rev().find(starts).unwrap_or(200)).0
}
