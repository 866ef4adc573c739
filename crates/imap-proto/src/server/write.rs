//! What a server session says.

use std::num::NonZeroU32;

use mail_wire::SendBuffer;

use super::{Config, PlaintextLogin, Server, Tls};
use crate::{
    Capabilities, Capability, Code, FetchAttribute, Fetched, Flag, Flags, PlainCode, Response,
    ResponseText, State, Status, Tag, Text, encode, view::Told,
};

/// Text that is known to hold no CR, LF or NUL.
pub(super) fn text(code: Option<Code<'static>>, words: &'static str) -> ResponseText<'static> {
    ResponseText::checked(code, Text::checked(words.as_bytes()))
}

/// The same with a code that has no arguments.
pub(super) fn coded(code: PlainCode, words: &'static str) -> ResponseText<'static> {
    text(Some(Code::Plain(code)), words)
}

impl Server {
    /// Says one response.
    pub(super) fn say(&mut self, response: &Response<'_>) {
        say(&mut self.out, response);
    }

    /// Says `* OK [code] words`.
    pub(super) fn say_ok(&mut self, code: Code<'static>, words: &'static str) {
        self.say(&Response::Status { status: Status::Ok, text: text(Some(code), words) });
    }

    /// Says how a command ended.
    pub(super) fn say_done(
        &mut self,
        tag: Tag<'static>,
        status: Status,
        text: ResponseText<'static>,
    ) {
        self.say(&Response::Done { tag, status, text });
    }

    /// Says a piece of news.
    pub(super) fn say_news(&mut self, told: Told) {
        match told {
            Told::Expunge(seq) => {
                if let Some(seq) = NonZeroU32::new(seq) {
                    self.say(&Response::Expunge(seq));
                }
            }
            Told::Exists(count) => self.say(&Response::Exists(count)),
            Told::Recent(count) => self.say(&Response::Recent(count)),
            Told::Flags { seq, uid, flags } => self.say_flags(seq, uid, true, &flags),
        }
    }

    /// Says the flags of one message: `* n FETCH (UID u FLAGS (...))`.
    pub(super) fn say_flags(&mut self, seq: u32, uid: u32, with_uid: bool, flags: &Flags<'_>) {
        let flags = self.with_recent(uid, flags);
        let (Some(seq), uid) = (NonZeroU32::new(seq), NonZeroU32::new(uid)) else { return };
        let uid = uid.filter(|_| with_uid).map(FetchAttribute::Uid);
        let attributes = uid.into_iter().chain([FetchAttribute::Flags(flags)]).collect();
        self.say(&Response::Fetch(Fetched { number: seq, attributes }));
    }

    /// Adds `\Recent` to the flags of a message that is recent in this session.
    pub(super) fn with_recent(&self, uid: u32, flags: &Flags<'_>) -> Flags<'static> {
        let recent = self.view.as_ref().is_some_and(|view| view.is_recent(uid));
        let own = flags.iter().filter(|flag| *flag != Flag::Recent);
        Flags::new(own.chain(recent.then_some(Flag::Recent)))
    }

    /// What this session offers at this moment.
    pub(super) fn capabilities(&self) -> Capabilities<'static> {
        const ALWAYS: [&str; 3] = ["IMAP4rev1", "LITERAL+", "ID"];
        const AFTER: [&str; 7] =
            ["ENABLE", "IDLE", "NAMESPACE", "UNSELECT", "UIDPLUS", "MOVE", "ESEARCH"];
        let named = |name: &&'static str| Capability::new(name).ok();
        let mut all: Vec<Capability<'_>> = ALWAYS.iter().filter_map(named).collect();
        let limit = format!("APPENDLIMIT={}", self.config.limits.append);
        if self.state == State::NotAuthenticated || self.state == State::Connected {
            if self.config.tls == Tls::StartTls && !self.secured {
                all.extend(named(&"STARTTLS"));
            }
            let mechanisms = self.mechanisms();
            if !mechanisms.is_empty() {
                all.extend(named(&"SASL-IR"));
            }
            let names = mechanisms.iter().map(|one| format!("AUTH={one}"));
            all.extend(names.filter_map(|name| Some(Capability::new(&name).ok()?.into_owned())));
            if !self.may_log_in() {
                all.extend(named(&"LOGINDISABLED"));
            }
        } else {
            all.extend(AFTER.iter().filter_map(named));
            all.extend(Capability::new(&limit).ok());
        }
        Capabilities::new(all)
    }

    /// Whether a password may be sent now (RFC 9051 11.1).
    pub(super) fn may_log_in(&self) -> bool {
        self.secured || self.config.plaintext == PlaintextLogin::Allow
    }
}

pub(super) fn say(out: &mut SendBuffer, response: &Response<'_>) {
    encode::response(out, response);
}

impl Config {
    /// What `NAMESPACE` answers: everything is the user's own (RFC 2342 5).
    pub(super) fn namespace(&self) -> String {
        match self.delimiter.map(|delimiter| delimiter.octet()) {
            None => "((\"\" NIL)) NIL NIL".to_owned(),
            Some(octet @ (b'"' | b'\\')) => {
                format!("((\"\" \"\\{}\")) NIL NIL", char::from(octet))
            }
            Some(octet) => format!("((\"\" \"{}\")) NIL NIL", char::from(octet)),
        }
    }
}
