//! Commands, and which of them may come when.

use mail_errors::{Reply, ReplyCode};
use mail_wire::{BareNewline, grammar::span};

use crate::{
    Command, CommandFault, Defects, ForwardPath, HelloName, MailParams, RcptParams, ReversePath,
    State, Verb, parse, state::may_come,
};

use super::{
    Error, Event, Mail, Rcpt, Server, TlsUse, Transaction,
    answer::Owed,
    replies::{self, BAD_SEQUENCE},
};

impl Server {
    /// Acts on a line, behind which `behind` octets have come already.
    pub(super) fn line(&mut self, line: &[u8], bare: bool, behind: usize) {
        // RFC 5321 2.3.8: a line ends in CRLF and in nothing else.
        let bare = bare && self.config.bare_newline == BareNewline::Reject;
        if self.state == State::Authenticating {
            return match bare {
                true => self.end_auth(&replies::BARE_NEWLINE),
                false => self.auth_response(line),
            };
        }
        let verb = parse::verb(line);
        if bare {
            return self.refuse(verb, replies::BARE_NEWLINE);
        }
        let Some(verb) = verb else {
            if is_http(line) {
                return self.fail(&replies::NOT_SMTP, Error::NotSmtp { what: "HTTP" });
            }
            return self.refuse(None, replies::UNKNOWN_COMMAND);
        };
        if let Some(reply) = self.out_of_place(verb) {
            // RFC 2920 3.1: a client that pipelines could not know better.
            let blameless =
                self.transaction.mail_refused && matches!(verb, Verb::Rcpt | Verb::Data);
            return match blameless {
                true => self.turn_down(Some(verb), reply, None),
                false => self.refuse(verb, reply),
            };
        }
        let mut defects = Defects::new();
        match parse::command(line, self.config.profile, &mut defects) {
            Ok(command) => {
                self.told.extend(defects.iter().map(Event::Tolerated));
                self.command(command.into_owned(line), behind);
            }
            Err(error) => {
                self.refuse_because(Some(verb), error.reply(), Some(error.into()));
            }
        }
    }

    /// Returns how a verb is refused that may not come now, whatever its arguments.
    fn out_of_place(&self, verb: Verb) -> Option<Reply> {
        if self.state == State::TurnedAway {
            return (!may_come(self.state, verb)).then_some(BAD_SEQUENCE);
        }
        // RFC 3207 4: "530 Must issue a STARTTLS command first" to all but these four.
        let before_tls = matches!(verb, Verb::Ehlo | Verb::Noop | Verb::StartTls | Verb::Quit);
        if self.config.tls == TlsUse::Required && !self.is_tls && !before_tls {
            return Some(replies::TLS_REQUIRED);
        }
        if !may_come(self.state, verb) {
            return Some(BAD_SEQUENCE);
        }
        // RFC 4954 6: 530 to everything that needs it.
        let needs_auth = matches!(verb, Verb::Mail | Verb::Vrfy | Verb::Expn);
        if self.config.auth_required && !self.is_authenticated() && needs_auth {
            return Some(replies::AUTH_REQUIRED);
        }
        None
    }

    fn command(&mut self, command: Command, behind: usize) {
        match command {
            Command::Ehlo(name) => self.hello(name, true),
            Command::Helo(name) => self.hello(name, false),
            Command::StartTls => self.start_tls(behind),
            Command::Auth(arguments) => self.start_auth(&arguments),
            Command::Mail { from, params } => self.mail(from, params),
            Command::Rcpt { to, params } => self.rcpt(to, params),
            Command::Data => self.data(),
            Command::Rset => {
                self.reset();
                self.say(Verb::Rset, &replies::OK);
                self.idle_command();
            }
            Command::Noop(_) => {
                self.say(Verb::Noop, &replies::OK);
                self.idle_command();
            }
            Command::Vrfy(whom) => self.ask(Owed::Verify, Event::Verify(whom)),
            Command::Lhlo(_)
            | Command::Bdat(_)
            | Command::Burl(_)
            | Command::Expn(_)
            | Command::Etrn(_)
            | Command::Xclient(_)
            | Command::Xforward(_) => self.refuse(command.verb(), replies::NOT_IMPLEMENTED),
            Command::Help(_) => {
                self.say(Verb::Help, &replies::HELP);
                self.idle_command();
            }
            Command::Quit => {
                self.reset();
                self.say(Verb::Quit, &replies::BYE);
                self.told.push_back(Event::Quit);
                self.end(Ok(()));
            }
        }
    }

    fn hello(&mut self, name: HelloName, extended: bool) {
        let again = self.state != State::Greeted;
        // RFC 5321 4.1.4: EHLO in the middle of a transaction is RSET as well.
        self.reset();
        let host = &self.config.host;
        let reply = if extended {
            self.config.capabilities(self.is_tls).reply(host)
        } else {
            Reply::new(ReplyCode::OK, None, host.as_str())
        };
        let verb = if extended { Verb::Ehlo } else { Verb::Helo };
        self.say(verb, &reply.unwrap_or(replies::OK));
        self.told.push_back(Event::Hello { name, extended });
        if again {
            self.idle_command();
        }
    }

    fn start_tls(&mut self, behind: usize) {
        if self.config.tls == TlsUse::Unavailable {
            return self.refuse(Verb::StartTls, replies::NOT_IMPLEMENTED);
        }
        if self.is_tls {
            return self.refuse(Verb::StartTls, BAD_SEQUENCE);
        }
        // RFC 2920 3.1: STARTTLS ends a group. What stands behind it would be read as if it had
        // come under TLS.
        if behind > 0 {
            return self.fail(&replies::INJECTED, Error::Injected { octets: behind });
        }
        self.say(Verb::StartTls, &replies::READY_FOR_TLS);
    }

    fn mail(&mut self, from: ReversePath, params: MailParams) {
        self.transaction = Transaction::default();
        let (offered, mut defects) = (self.config.capabilities(self.is_tls), Defects::new());
        let checked = params.check(&offered, self.config.profile, &mut defects);
        self.told.extend(defects.iter().map(Event::Tolerated));
        match checked {
            Err(fault) => self.refuse(Verb::Mail, fault.reply()),
            // RFC 1870 6.1: refused before it is sent.
            Ok(()) if params.size().is_some_and(|size| size > self.config.limits.message) => {
                self.turn_down(Some(Verb::Mail), replies::TOO_BIG, None);
            }
            Ok(()) => self.ask(Owed::Mail, Event::Mail(Mail { from, params })),
        }
    }

    fn rcpt(&mut self, to: ForwardPath, params: RcptParams) {
        let (offered, mut defects) = (self.config.capabilities(self.is_tls), Defects::new());
        let checked = params.check(&offered, self.config.profile, &mut defects);
        self.told.extend(defects.iter().map(Event::Tolerated));
        match checked {
            Err(fault) => self.refuse(Verb::Rcpt, fault.reply()),
            // RFC 6531 3.5: nothing here offers SMTPUTF8.
            Ok(()) if !to.is_ascii() => {
                self.refuse(Verb::Rcpt, CommandFault::Utf8NotAnnounced.reply());
            }
            // RFC 5321 4.5.3.1.10: 452, and the client sends the rest in another transaction.
            Ok(()) if self.transaction.recipients >= self.config.limits.recipients => {
                self.turn_down(Some(Verb::Rcpt), replies::TOO_MANY_RECIPIENTS, None);
            }
            Ok(()) => self.ask(Owed::Rcpt, Event::Rcpt(Rcpt { to, params })),
        }
    }

    fn data(&mut self) {
        if self.state == State::HasRecipient {
            return self.ask(Owed::Data, Event::Data);
        }
        // RFC 5321 3.3: 503, or 554 if there were recipients and none of them was taken.
        match self.transaction.recipient_refused {
            true => self.turn_down(Some(Verb::Data), replies::NO_VALID_RECIPIENTS, None),
            false => self.refuse(Verb::Data, BAD_SEQUENCE),
        }
    }

    /// Forgets the transaction, and says so if there was one.
    fn reset(&mut self) {
        if self.state.is_transaction() {
            self.told.push_back(Event::Reset);
        }
        self.transaction = Transaction::default();
    }

    pub(super) fn ask(&mut self, owed: Owed, event: Event) {
        self.owed = Some(owed);
        self.told.push_back(event);
    }
}

/// A browser, a scanner, or a page that makes a browser post commands to us.
fn is_http(line: &[u8]) -> bool {
    const METHODS: [&[u8]; 10] = [
        b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT", b"DELETE", b"TRACE", b"PATCH",
        b"PRI",
    ];
    let (word, rest) = span(line, &mail_wire::grammar::ByteSet::ALPHA);
    rest.first() == Some(&b' ') && METHODS.iter().any(|name| word.eq_ignore_ascii_case(name))
}
