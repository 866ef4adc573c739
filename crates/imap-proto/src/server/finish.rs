//! How a command ends: first the news that may be told, then the completion. And IDLE, which is
//! news without end.

use std::time::Instant;

use mail_wire::{Line, LineLimits};

use super::{Event, Finish, Owed, Pending, Refusal, Server, Step, Work, fetch, write};
use crate::{
    Access, Code, Outcome, Response, ResponseText, Status, Text, Verb, state,
    view::{Change, News},
};

impl Server {
    /// Takes in one thing that happened in the selected mailbox; at any time. It is told when the
    /// protocol allows (RFC 9051 7.5.1): at once in IDLE, else with the end of a command.
    pub fn mailbox_changed(&mut self, change: Change) {
        if let Some(view) = &mut self.view {
            view.apply(change);
        }
    }

    /// Takes in all that a [`Hub`](crate::hub::Hub) kept for this session; at any time.
    pub fn mailbox_news(&mut self, news: News) {
        if let Some(view) = &mut self.view {
            view.merge(news);
        }
    }

    /// Lets the current command end so, once the news is told.
    pub(super) fn finish(&mut self, status: Status, text: ResponseText<'static>) {
        self.finish = Some(Finish { status, text });
        self.work = Work::Telling;
    }

    pub(super) fn finish_ok(&mut self, words: &'static str) {
        self.finish(Status::Ok, write::text(None, words));
    }

    /// Ends the current command with BAD or NO, because the session itself refuses it.
    pub(super) fn refuse(&mut self, why: Refusal, status: Status, text: ResponseText<'static>) {
        let command = self.current.as_ref().map(|current| current.verb.as_str());
        self.events.push_back(Event::Refused(super::Refused { command, why }));
        self.finish(status, text);
    }

    /// Whether EXPUNGE may be told now. RFC 9051 7.5.1: not while FETCH, STORE or SEARCH runs, for
    /// then the numbers in what the client sends would change under it. `UID FETCH` and the like
    /// are other commands.
    fn may_expunge(&self) -> bool {
        match &self.current {
            None => false,
            Some(current) => {
                current.uid || !matches!(current.verb, Verb::Fetch | Verb::Store | Verb::Search)
            }
        }
    }

    /// Tells one piece of news; when there is none left, ends the command or goes on idling.
    pub(super) fn step_telling(&mut self) -> Step {
        let may_expunge = self.may_expunge();
        if let Some(view) = &mut self.view {
            if let Some(told) = view.tell(may_expunge) {
                self.say_news(told);
                return Step::Again;
            }
            if view.is_gone() {
                // There is nothing left to number. No code says so; clients select anew after BYE.
                self.closing = Some(write::text(None, "the selected mailbox was deleted"));
                self.complete();
                return Step::Again;
            }
            if view.is_stale() && may_expunge {
                self.work = Work::Owed(Owed::Reread);
                return Step::Event(Event::Reread);
            }
            if let Some(uids) = view.take_reread() {
                self.work = Work::Fetch(fetch::Fetch::of_flags(&uids, view));
                return Step::Again;
            }
        }
        self.complete();
        Step::Again
    }

    /// Says how the current command ended, and lets the state follow.
    fn complete(&mut self) {
        let Some(Finish { status, text }) = self.finish.take() else {
            // Nothing ends in IDLE.
            self.work = Work::Idle;
            return;
        };
        self.work = Work::Command;
        let Some(current) = self.current.take() else { return };
        let outcome = match (status, text.code()) {
            (Status::Ok, Some(Code::ReadOnly)) => Outcome::OkReadOnly,
            (Status::Ok, _) => Outcome::Ok,
            (Status::No, _) => Outcome::No,
            (Status::Bad, _) => Outcome::Bad,
        };
        let verb = current.verb;
        self.say_done(current.tag, status, text);
        self.state = state::after(self.state, verb, outcome);
        match (verb, outcome) {
            (Verb::Logout, _) => self.over(None, Ok(())),
            (Verb::StartTls, Outcome::Ok) => self.work = Work::StartTls,
            _ => {}
        }
    }

    /// Whether the selected mailbox may be changed.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(self.state, crate::State::Selected(Access::ReadOnly))
    }

    pub(super) fn start_idle(&mut self) {
        // RFC 2177: the client ends it by a line of its own.
        self.say(&Response::Continue(Text::checked(&b"idling"[..])));
        self.work = Work::Telling;
    }

    /// Tells news as it comes, until DONE.
    pub(super) fn step_idle(&mut self, now: Instant) -> Step {
        if self.view.as_ref().is_some_and(|view| view.is_gone() || view.has_news(true)) {
            self.work = Work::Telling;
            return Step::Again;
        }
        // RFC 2177: a client that idles for longer may be logged out as if it did nothing.
        self.clock.start(Pending::Command, self.config.limits.inactivity, now);
        match self.read_line() {
            Line::Whole { text, octets, .. } => {
                self.clock.stop(Pending::Command);
                let line = self.input.split_to(octets);
                let done = line
                    .get(..text)
                    .is_some_and(|line| line.trim_ascii_end().eq_ignore_ascii_case(b"DONE"));
                if done {
                    self.finish_ok("IDLE completed");
                } else {
                    self.refuse_line();
                }
                Step::Again
            }
            Line::TooLong { .. } => {
                self.refuse_line();
                Step::Again
            }
            Line::Starved => self.starve((!self.input.is_empty()).then_some("a line in IDLE")),
            Line::Endless => self.endless("line"),
        }
    }

    /// What is no DONE ends IDLE all the same: the client is not where we think it is.
    fn refuse_line(&mut self) {
        let error = mail_errors::ParseError::at(b"", 0, "DONE");
        self.count_bad();
        self.refuse(
            Refusal::Malformed(error),
            Status::Bad,
            write::text(None, "IDLE ends with DONE"),
        );
    }

    /// Finds a line that is no command: in IDLE, and within AUTHENTICATE.
    pub(super) fn read_line(&mut self) -> Line {
        let limits = self.command_limits();
        let limits = LineLimits { line: limits.line, swallow: limits.swallow };
        self.lines.next(&mut self.input, limits)
    }

    pub(super) fn endless(&mut self, what: &'static str) -> Step {
        let limit = self.command_limits().swallow;
        self.fail(super::ServerError::Endless { what, limit })
    }

    /// Counts a command that is none; over the budget it was the last.
    pub(super) fn count_bad(&mut self) {
        self.bad_commands += 1;
    }
}
