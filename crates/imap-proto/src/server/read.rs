//! What a server session hears: commands, and what is none.

use std::time::Instant;

use mail_wire::BareNewline;

use super::{Event, Pending, Refusal, Refused, Server, ServerError, Step, write};
use crate::{
    CommandLimits, LiteralHeader, PlainCode, Response, ResponseText, State, Status, Tag, Text,
    encode,
    frame::{CommandStep, Over},
    parse,
};

impl Server {
    /// Reads the next command, and carries it out.
    pub(super) fn read_command(&mut self, now: Instant) -> Step {
        let limits = &self.config.limits;
        if self.bad_commands > limits.bad_commands {
            let limit = limits.bad_commands;
            return self.fail(ServerError::TooManyBad { limit });
        }
        if self.failed_logins >= limits.failed_logins {
            let limit = limits.failed_logins;
            return self.fail(ServerError::TooManyLogins { limit });
        }
        let step = self.frames.next(&mut self.input);
        if !matches!(step, CommandStep::Starved | CommandStep::Literal(_)) {
            self.clock.stop(Pending::RestOfCommand);
            self.clock.stop(Pending::Command);
        }
        match step {
            CommandStep::Starved => {
                // A deadline runs from the first octet of a command to its last.
                let within = !self.input.is_empty() || !self.frames.is_between_commands();
                let (pending, most) = match within {
                    true => (Pending::RestOfCommand, self.config.limits.rest_of_command),
                    false => (Pending::Command, self.config.limits.inactivity),
                };
                self.clock.start(pending, most, now);
                self.starve(within.then_some("a command"))
            }
            CommandStep::Command(frame) => self.read_frame(&frame),
            CommandStep::Append { head, .. } => self.read_frame(&head),
            CommandStep::Literal(literal) => self.decide(literal),
            CommandStep::Refused { tag, why } => self.refuse_frame(tag, why),
            CommandStep::Endless => self.endless("command"),
            // Within a message alone; `step_append` reads those.
            CommandStep::Chunk(_)
            | CommandStep::MessageEnd
            | CommandStep::Tail(_)
            | CommandStep::Undecided => Step::Again,
        }
    }

    /// The limits of commands at this moment.
    pub(super) const fn command_limits(&self) -> CommandLimits {
        match self.state {
            State::Connected | State::NotAuthenticated => self.config.limits.command_before_login,
            State::Authenticated | State::Selected(_) | State::Logout => self.config.limits.command,
        }
    }

    /// The client waits until it may go on with a literal. One over the limit has been refused.
    fn decide(&mut self, _: LiteralHeader) -> Step {
        encode::continuation(&mut self.out, &Text::checked(&b"go ahead"[..]));
        self.frames.accept();
        Step::Again
    }

    fn read_frame(&mut self, frame: &[u8]) -> Step {
        match parse::command(frame) {
            Ok(command) => self.execute(command.into_owned()),
            Err(error) => {
                // An APPEND that cannot be read leaves its message.
                self.frames.refuse(&mut self.input);
                let tag = parse::tag(frame).ok().map(Tag::into_owned);
                let words = write::text(None, "that is no command");
                self.bad(tag, Refusal::Malformed(error), Status::Bad, words)
            }
        }
    }

    fn refuse_frame(&mut self, tag: Option<Tag<'static>>, why: Over) -> Step {
        let limits = self.command_limits();
        let too_long = |limit| Refusal::TooLong { limit };
        let (why, status, words) = match why {
            Over::Line => {
                let words = write::text(None, "that line is too long");
                (too_long(limits.line as u64), Status::Bad, words)
            }
            Over::Frame => {
                let words = write::text(None, "that command is too long");
                (too_long(limits.frame as u64), Status::Bad, words)
            }
            Over::Literals => {
                let words = write::text(None, "there are too many literals in it");
                (too_long(limits.literals as u64), Status::Bad, words)
            }
            // RFC 7888 4: NO or BAD, with TOOBIG.
            Over::Literal { .. } => {
                let words = write::coded(PlainCode::TooBig, "that literal is too big");
                (too_long(limits.literal), Status::No, words)
            }
            Over::BareNewline => {
                debug_assert_ne!(self.config.profile.bare_newline, BareNewline::Normalize);
                let error = mail_errors::ParseError::at(b"", 0, "CRLF");
                let words = write::text(None, "lines end in CRLF");
                (Refusal::Malformed(error), Status::Bad, words)
            }
        };
        self.bad(tag, why, status, words)
    }

    /// Answers what is no command: with its tag, if it has one (RFC 9051 7.1.3).
    fn bad(
        &mut self,
        tag: Option<Tag<'static>>,
        why: Refusal,
        status: Status,
        text: ResponseText<'static>,
    ) -> Step {
        self.count_bad();
        match tag {
            Some(tag) => self.say_done(tag, status, text),
            None => self.say(&Response::Status { status: Status::Bad, text }),
        }
        Step::Event(Event::Refused(Refused { command: None, why }))
    }
}
