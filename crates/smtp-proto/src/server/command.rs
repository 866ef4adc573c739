//! Commands, and which of them may come when.

use mail_errors::{Reply, ReplyCode};
use mail_wire::{
    BareNewline,
    grammar::{ByteSet, span},
};

use crate::{
    Chunk, Command, CommandFault, Extension, HelloName, Lookup, State, Verb, parse,
    profile::Defects, state::may_come,
};

use super::{
    Aborted, Error, Event, Server, TlsUse, Transaction,
    answer::Owed,
    chunk::Refusal,
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
            return match verb {
                Some(Verb::Bdat) => self.lose_place(&replies::BARE_NEWLINE),
                verb => self.refuse(verb, replies::BARE_NEWLINE),
            };
        }
        let Some(verb) = verb.filter(|verb| self.speaks(*verb)) else {
            if is_http(line) {
                return self.fail(&replies::NOT_SMTP, Error::NotSmtp { what: "HTTP" });
            }
            return self.refuse(None, replies::UNKNOWN_COMMAND);
        };
        let mut defects = Defects::new();
        if verb == Verb::Bdat {
            return match parse::command(line, self.config.profile, &mut defects) {
                Ok(Command::Bdat(chunk)) => {
                    self.told.extend(defects.iter().map(Event::Tolerated));
                    self.place_chunk(chunk);
                }
                Ok(_) => self.lose_place(&CommandFault::BadChunk.reply()),
                Err(error) => self.lose_place(&error.reply()),
            };
        }
        if let Some(reply) = self.out_of_place(verb) {
            return match self.is_blameless(verb) {
                true => self.turn_down(verb, reply),
                false => self.refuse(verb, reply),
            };
        }
        match parse::command(line, self.config.profile, &mut defects) {
            Ok(command) => {
                self.told.extend(defects.iter().map(Event::Tolerated));
                self.command(command.into_owned(line), behind);
            }
            Err(error) => self.refuse_because(Some(verb), error.reply(), Some(error)),
        }
    }

    /// RFC 2033 4.1: LMTP has LHLO and neither HELO nor EHLO; SMTP has them and not LHLO.
    fn speaks(&self, verb: Verb) -> bool {
        let is_foreign = match self.config.is_lmtp() {
            true => matches!(verb, Verb::Ehlo | Verb::Helo),
            false => matches!(verb, Verb::Lhlo),
        };
        !is_foreign
    }

    /// RFC 2920 3.1: a client that pipelines could not know better.
    fn is_blameless(&self, verb: Verb) -> bool {
        let refused = self.transaction.mail_refused || self.state == State::Spoiled;
        refused && matches!(verb, Verb::Rcpt | Verb::Data | Verb::Bdat)
    }

    fn place_chunk(&mut self, chunk: Chunk) {
        let verb = if chunk.is_last() { Verb::LastChunk } else { Verb::Bdat };
        let refusal = match self.out_of_place(verb) {
            Some(reply) if self.is_blameless(Verb::Bdat) => Some(Refusal::Blameless(reply)),
            Some(reply) => Some(Refusal::Blamed(reply)),
            None if self.offers(Extension::Chunking) => None,
            None => Some(Refusal::Blamed(replies::NOT_IMPLEMENTED)),
        };
        self.bdat(chunk, refusal);
    }

    /// Octets of a chunk follow, and nobody knows how many: what comes next may be a command or
    /// part of a message, and must be taken for neither.
    pub(super) fn lose_place(&mut self, reply: &Reply) {
        self.fail(reply, Error::BadChunk);
    }

    /// Returns how a verb is refused that may not come now, whatever its arguments.
    fn out_of_place(&self, verb: Verb) -> Option<Reply> {
        if self.state == State::TurnedAway {
            return (!may_come(self.state, verb)).then_some(BAD_SEQUENCE);
        }
        // RFC 3207 4: "530 Must issue a STARTTLS command first" to all but these.
        let before_tls =
            matches!(verb, Verb::Ehlo | Verb::Lhlo | Verb::Noop | Verb::StartTls | Verb::Quit);
        if self.config.tls == TlsUse::Required && !self.is_tls && !before_tls {
            return Some(replies::TLS_REQUIRED);
        }
        if !may_come(self.state, verb) {
            return Some(BAD_SEQUENCE);
        }
        // RFC 4954 6: 530 to everything that needs it.
        let needs_auth = matches!(verb, Verb::Mail | Verb::Vrfy | Verb::Expn | Verb::Etrn);
        if self.config.auth_required && !self.is_authenticated() && needs_auth {
            return Some(replies::AUTH_REQUIRED);
        }
        None
    }

    fn command(&mut self, command: Command, behind: usize) {
        match command {
            Command::Ehlo(name) | Command::Lhlo(name) => self.hello(name, true),
            Command::Helo(name) => self.hello(name, false),
            Command::StartTls => self.start_tls(behind),
            Command::Auth(arguments) => self.start_auth(&arguments),
            Command::Mail { from, params } => self.mail(from, params),
            Command::Rcpt { to, params } => self.rcpt(to, params),
            Command::Data => self.data(),
            Command::Bdat(chunk) => self.place_chunk(chunk),
            // RFC 4468 is read and written here, but the URL is not fetched.
            // With it the transaction fails.
            Command::Burl(burl) => {
                let verb = if burl.is_last() { Verb::LastChunk } else { Verb::Burl };
                self.refuse_chunk(verb, Refusal::Blamed(replies::NOT_IMPLEMENTED));
            }
            Command::Rset => {
                self.reset();
                self.say(Verb::Rset, &replies::OK);
                self.idle_command();
            }
            Command::Noop(_) => {
                self.say(Verb::Noop, &replies::OK);
                self.idle_command();
            }
            Command::Vrfy(whom) => self.look_up(Owed::Verify, whom, Event::Verify),
            Command::Expn(_) if !self.offers(Extension::Expn) => {
                self.refuse(Verb::Expn, replies::NOT_IMPLEMENTED);
            }
            Command::Expn(list) => self.look_up(Owed::Expand, list, Event::Expand),
            Command::Help(topic) if self.offers(Extension::Help) => {
                self.ask(Owed::Help, Event::Help(topic));
            }
            Command::Help(_) => {
                self.say(Verb::Help, &replies::HELP);
                self.idle_command();
            }
            Command::Etrn(_) if !self.offers(Extension::Etrn) => {
                self.refuse(Verb::Etrn, replies::NOT_IMPLEMENTED);
            }
            Command::Etrn(turn) => self.ask(Owed::Etrn, Event::Etrn(turn)),
            Command::Xclient(facts) => self.xclient(facts),
            Command::Xforward(facts) => self.xforward(facts),
            Command::Quit => {
                self.reset();
                self.say(Verb::Quit, &replies::BYE);
                self.told.push_back(Event::Quit);
                self.end(Ok(()));
            }
        }
    }

    fn look_up(&mut self, owed: Owed, what: Lookup, event: impl FnOnce(Lookup) -> Event) {
        // RFC 6531 3.7.4.2: the parameter belongs to the extension.
        let takes_utf8 = [Extension::SmtpUtf8, Extension::EightBitMime];
        if what.is_smtp_utf8() && !takes_utf8.into_iter().all(|one| self.offers(one)) {
            return self.refuse(owed.verb(), CommandFault::NotOffered.reply());
        }
        self.ask(owed, event(what));
    }

    /// Tells whether this is on, whether or not the client has asked what there is.
    pub(super) fn offers(&self, extension: Extension) -> bool {
        self.config.extensions.has(extension)
    }

    fn hello(&mut self, name: HelloName, extended: bool) {
        let again = self.state != State::Greeted;
        // RFC 5321 4.1.4: EHLO in the middle of a transaction is RSET as well.
        self.reset();
        let host = &self.config.host;
        let offered = self.config.capabilities(self.is_tls, self.auth.bindings(), self.peer);
        let (verb, reply) = match (extended, self.config.is_lmtp()) {
            (true, false) => (Verb::Ehlo, offered.reply(host)),
            (true, true) => (Verb::Lhlo, offered.reply(host)),
            (false, _) => (Verb::Helo, Reply::new(ReplyCode::OK, None, host.as_str())),
        };
        self.offered = offered;
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

    /// Forgets the transaction, and says so if there was one.
    pub(super) fn reset(&mut self) {
        if self.incoming.take().is_some() {
            self.told.push_back(Event::BodyAborted(Aborted::Reset));
        } else if self.state.is_transaction() {
            self.told.push_back(Event::Reset);
        }
        self.transaction = Transaction::default();
        self.swallowed = 0;
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
    let (word, rest) = span(line, &ByteSet::ALPHA);
    rest.first() == Some(&b' ') && METHODS.iter().any(|name| word.eq_ignore_ascii_case(name))
}
