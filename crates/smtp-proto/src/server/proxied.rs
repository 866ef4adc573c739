//! What a trusted client says of the client behind it: XCLIENT and XFORWARD, which are Postfix's.

use mail_errors::Reply;

use crate::{Attribute, Attributes, Capabilities, Verb};

use super::{
    Event, Server, Transaction,
    answer::Owed,
    replies::{self, BAD_PARAMETER},
};

/// What XCLIENT may tell. Postfix's `XCLIENT_README`.
pub(super) const XCLIENT: [&str; 9] =
    ["NAME", "REVERSE_NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"];

/// What XFORWARD may tell. Postfix's `XFORWARD_README`.
pub(super) const XFORWARD: [&str; 7] = ["NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"];

impl Server {
    pub(super) fn xclient(&mut self, facts: Attributes) {
        if let Some(no) = check(&facts, &XCLIENT, self.config.trusts_xclient(self.peer)) {
            return self.refuse(Verb::Xclient, no);
        }
        let login = matches!(facts.get("LOGIN"), Some(Attribute::Value(_)));
        self.ask(Owed::Xclient { login }, Event::Xclient(facts));
    }

    /// The application has taken the client for another: nothing is known of it but what was told.
    pub(super) fn begin_anew(&mut self, login: bool) {
        self.transaction = Transaction::default();
        self.offered = Capabilities::new();
        self.mails = 0;
        self.domains.clear();
        self.auth.forget();
        if login {
            self.auth.answered(true, false);
        }
    }

    pub(super) fn xforward(&mut self, facts: Attributes) {
        if let Some(no) = check(&facts, &XFORWARD, self.config.trusts_xforward(self.peer)) {
            return self.refuse(Verb::Xforward, no);
        }
        self.say(Verb::Xforward, &replies::OK);
        self.told.push_back(Event::Xforward(facts));
        self.idle_command();
    }
}

/// Returns how the attributes are refused.
fn check(facts: &Attributes, known: &[&str], trusted: Option<bool>) -> Option<Reply> {
    match trusted {
        None => return Some(replies::NOT_IMPLEMENTED),
        Some(false) => return Some(replies::NOT_TRUSTED),
        Some(true) => {}
    }
    let is_known = |name: &str| known.iter().any(|one| one.eq_ignore_ascii_case(name));
    let has_value = |name| matches!(facts.get(name), Some(Attribute::Value(_)));
    let bad = !facts.iter().all(|(name, _)| is_known(name))
        || has_value("ADDR") && facts.address().is_none()
        || has_value("PORT") && facts.port().is_none();
    bad.then_some(BAD_PARAMETER)
}
