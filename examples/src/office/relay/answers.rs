//! What is known of the recipients of a claim, and what follows from it.

use std::{collections::HashMap, time::Duration};

use mail_errors::{
    EnhancedStatusCode, Reply, ReplyCode,
    classify::{Failure as Classified, Next, Schedule},
};
use smtp_proto::{
    Verb,
    client::{NotSent, Outcome as Told},
};
use tracing::warn;

use super::{
    super::{
        notice::{self, Note},
        sight::Fate,
    },
    asked,
};
use crate::store::{Address, Claim, Outcome, QueuedRecipient, RecipientId, UnixTime};

/// RFC 5321 §4.5.4.1: "the retry interval SHOULD be at least 30 minutes"; the first ones may be
/// shorter, because most failures that pass, pass soon. "The give-up time generally needs to be at
/// least 4-5 days". Single reasons have times of their own.
const SCHEDULE: Schedule = Schedule::new(
    Duration::from_secs(5 * 60),
    Duration::from_secs(4 * 60 * 60),
    Duration::from_secs(5 * 24 * 60 * 60),
);
/// How long a message waits whose delivery we broke off ourselves.
const SOON: Duration = Duration::from_secs(60);
/// A sender is told that a message waits for so long already (RFC 5321 §4.5.4.1 leaves that to us;
/// four hours are what most systems wait).
const WORRY: Duration = Duration::from_secs(4 * 60 * 60);
const NOBODY: &str = "no host could be asked";
const PATIENCE_IS_OVER: &str = "the message could not be delivered for too long";
/// Patience is over, and nothing is known.
pub(super) const EXPIRED: Reply =
    Reply::fixed(ReplyCode::TRANSACTION_FAILED, EnhancedStatusCode::new(5, 4, 7), PATIENCE_IS_OVER);

/// The fault is here, and nothing that the sender does mends it.
pub(super) const UNREADABLE: Reply = Reply::fixed(
    ReplyCode::TRANSACTION_FAILED,
    EnhancedStatusCode::new(5, 3, 0),
    "the message was damaged in this system and was not sent",
);

/// What is known of each recipient so far.
pub(super) struct Answers<'c> {
    recipients: &'c [QueuedRecipient],
    known: HashMap<RecipientId, Answer>,
    /// The host that is being asked.
    host: Option<String>,
    /// Whose answers they are.
    said_by: HashMap<RecipientId, String>,
    /// The host that is asked tells the sender what becomes of a message that it takes.
    tells_on: bool,
    /// Nothing is wrong but that we had to stop.
    is_interrupted: bool,
}

enum Answer {
    Accepted(Reply),
    /// By a host that tells nothing of what becomes of it.
    Relayed(Reply),
    Refused(Reply),
    /// A host refuses us, whomever the message is for; another one may not.
    Unwelcome(Reply),
    /// To be tried again, at another host or later.
    Open(String),
}

impl<'c> Answers<'c> {
    pub(super) fn new(recipients: &'c [QueuedRecipient]) -> Self {
        let (known, said_by) = (HashMap::new(), HashMap::new());
        let (host, tells_on, is_interrupted) = (None, false, false);
        Self { recipients, known, host, said_by, tells_on, is_interrupted }
    }

    /// The recipients that another host may be asked about.
    pub(super) fn open(&self) -> Vec<&'c QueuedRecipient> {
        let is_open = |recipient: &&QueuedRecipient| match self.known.get(&recipient.id) {
            None | Some(Answer::Open(_) | Answer::Unwelcome(_)) => true,
            Some(Answer::Accepted(_) | Answer::Relayed(_) | Answer::Refused(_)) => false,
        };
        self.recipients.iter().filter(is_open).collect()
    }

    pub(super) fn all_told(&self) -> bool {
        self.open().is_empty()
    }

    /// Says whether the host offers DSN (RFC 3461): then it is its part to tell of success.
    pub(super) const fn offers_dsn(&mut self, yes: bool) {
        self.tells_on = yes;
    }

    /// Names the host that is asked from now on.
    pub(super) fn ask(&mut self, host: &str) {
        self.tells_on = false;
        self.host = Some(host.trim_end_matches('.').to_owned());
    }

    pub(super) fn told(&mut self, recipient: RecipientId, outcome: Told) {
        let is_hosts = matches!(outcome, Told::Accepted(_) | Told::Refused { .. });
        let answer = match outcome {
            Told::Accepted(reply) if self.tells_on => Answer::Accepted(reply),
            Told::Accepted(reply) => Answer::Relayed(reply),
            Told::Refused { stage: Verb::Connect | Verb::Ehlo | Verb::Helo, reply }
                if reply.is_permanent() =>
            {
                // What another host would do later is not for this one to decide.
                if matches!(self.known.get(&recipient), Some(Answer::Open(_))) {
                    return;
                }
                Answer::Unwelcome(reply)
            }
            Told::Refused { reply, .. } if reply.is_permanent() => Answer::Refused(reply),
            Told::Refused { reply, .. } => Answer::Open(reply.to_string()),
            // How the conversation ended says why. It might have taken what another refused.
            Told::NotSent(NotSent::Lost) => {
                if matches!(self.known.get(&recipient), Some(Answer::Unwelcome(_))) {
                    self.known.remove(&recipient);
                }
                return;
            }
            // It will be the same tomorrow, or may go better then.
            Told::NotSent(why) => match why.reply() {
                Some(reply) => Answer::Refused(reply),
                None => Answer::Open(format!("not sent: {why}")),
            },
            // RFC 5321 §4.5.3.2.6: perhaps twice is better than perhaps never.
            Told::Unknown => Answer::Open("the connection was lost before the answer".to_owned()),
        };
        self.known.insert(recipient, answer);
        match self.host.clone().filter(|_| is_hosts) {
            Some(host) => self.said_by.insert(recipient, host),
            None => self.said_by.remove(&recipient),
        };
    }

    pub(super) fn refuse_all(&mut self, reply: &Reply) {
        for recipient in self.open() {
            self.known.insert(recipient.id, Answer::Refused(reply.clone()));
        }
    }

    /// Says that somebody could not be asked, who might have taken what others refused.
    pub(super) fn put_off(&mut self, why: &str) {
        self.known.retain(|_, answer| !matches!(answer, Answer::Unwelcome(_)));
        self.ended(why);
    }

    /// Says that we have to stop: the next who serves goes on soon.
    pub(super) fn interrupt(&mut self, why: &str) {
        self.is_interrupted = true;
        self.put_off(why);
    }

    /// Says how a conversation ended, to those of whom nothing was said in it.
    pub(super) fn ended(&mut self, why: &str) {
        for recipient in self.open() {
            self.known.entry(recipient.id).or_insert_with(|| Answer::Open(why.to_owned()));
        }
    }

    pub(super) fn fates(&self) -> Vec<(Address, Fate)> {
        let fate = |recipient: &QueuedRecipient| match self.known.get(&recipient.id) {
            Some(Answer::Accepted(reply) | Answer::Relayed(reply)) => {
                Fate::Delivered(reply.clone())
            }
            Some(Answer::Refused(reply) | Answer::Unwelcome(reply)) => Fate::Failed(reply.clone()),
            Some(Answer::Open(why)) => Fate::PutOff(why.clone()),
            None => Fate::PutOff(NOBODY.to_owned()),
        };
        self.recipients.iter().map(|to| (to.address.clone(), fate(to))).collect()
    }

    /// Decides what becomes of each recipient, and what there is to tell of it. `jitter` is a number from 0 to 1, so that not all
    /// messages come back at the same moment.
    pub(super) fn settle(
        self,
        claim: &Claim,
        now: UnixTime,
        jitter: f64,
    ) -> (Vec<(RecipientId, Outcome)>, Vec<Note>) {
        let (mut outcomes, mut notes) = (Vec::new(), Vec::new());
        let waited = now.since(claim.queued_at);
        for recipient in self.recipients {
            let to = &recipient.address;
            let host = self.said_by.get(&recipient.id).map(String::as_str);
            let original = asked::original(&recipient.asked);
            let of = |note: Note| note.told_by(host).originally(original);
            let failure = |reply| of(Note::failed(to, reply));
            let (reply, why) = match self.known.get(&recipient.id) {
                Some(answer @ (Answer::Accepted(_) | Answer::Relayed(_))) => {
                    if let Answer::Relayed(reply) = answer {
                        notes.push(of(Note::relayed(to, reply.clone())));
                    }
                    outcomes.push((recipient.id, Outcome::Delivered));
                    continue;
                }
                Some(Answer::Refused(reply) | Answer::Unwelcome(reply)) => {
                    let reason = notice::reason(reply);
                    warn!(recipient = %to, host, reason, %reply, "refused");
                    notes.push(failure(reply.clone()));
                    outcomes.push((recipient.id, Outcome::Failed));
                    continue;
                }
                Some(Answer::Open(why)) => (put_off(why), &**why),
                None => (put_off(NOBODY), NOBODY),
            };
            let told = Classified::reply(&reply).classify();
            let reason = told.reason().name();
            let tries = recipient.attempts.saturating_add(1);
            let give_up = SCHEDULE.of(told.reason()).give_up();
            let Next::After(wait) = SCHEDULE.next(&told, tries, waited, jitter) else {
                warn!(recipient = %to, host, reason, diagnostic = why, "given up");
                notes.push(failure(if waited < give_up {
                    reply
                } else {
                    let text = format!("{PATIENCE_IS_OVER}: {}", one_line(why));
                    self::reply(554, (5, 4, 7), &text)
                }));
                outcomes.push((recipient.id, Outcome::Failed));
                continue;
            };
            let until = now.after(if self.is_interrupted { wait.min(SOON) } else { wait });
            // Before it is tried again it will have waited for long: once in its life.
            if waited < WORRY && until.since(claim.queued_at) >= WORRY {
                notes.push(failure(reply).tried_until(claim.queued_at.after(give_up)));
            }
            warn!(recipient = %to, host, reason, diagnostic = why, "put off");
            outcomes.push((recipient.id, Outcome::Deferred { until, diagnostic: why.to_owned() }));
        }
        (outcomes, notes)
    }
}

/// What put a message off, as a reply: the host's own if it gave one.
fn put_off(why: &str) -> Reply {
    let text = one_line(why);
    let own = text.split_at_checked(3).and_then(|(digits, rest)| {
        let code = ReplyCode::new(digits.parse().ok()?)?;
        let text = rest.strip_prefix(' ')?;
        let made = Reply::new(code, None, text).ok()?;
        made.is_transient().then_some(made)
    });
    own.unwrap_or_else(|| reply(451, (4, 4, 0), &text))
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n', '\0'], " ")
}

/// Words of our own, where no host has any.
pub(super) fn reply(code: u16, (class, subject, detail): (u16, u16, u16), text: &str) -> Reply {
    let code = ReplyCode::new(code).unwrap_or(ReplyCode::TRANSACTION_FAILED);
    Reply::new(code, EnhancedStatusCode::new(class, subject, detail), text).unwrap_or(EXPIRED)
}

#[cfg(test)]
mod tests {
    use mail_errors::dsn::Action;

    use super::*;
    use crate::store::{ClaimId, QueueId};

    fn recipients() -> Vec<QueuedRecipient> {
        let address = Address::parse("x@elsewhere.test").expect("an address");
        let (id, asked) = (RecipientId::new(1), String::new());
        vec![QueuedRecipient { id, address, attempts: 0, diagnostic: None, asked }]
    }

    fn refused(stage: Verb, code: u16) -> Told {
        Told::Refused { stage, reply: reply(code, (code / 100, 0, 0), "no") }
    }

    fn claim(queued_at: UnixTime) -> Claim {
        Claim {
            id: ClaimId::new(1),
            queue: QueueId::new(1),
            message: crate::store::MessageId::new(1),
            size: 1,
            eight_bit: false,
            sender: None,
            domain: crate::store::Domain::parse("elsewhere.test").expect("a domain"),
            recipients: recipients(),
            queued_at,
            asked: String::new(),
        }
    }

    fn fate(say: impl FnOnce(&mut Answers<'_>, RecipientId)) -> Fate {
        let recipients = recipients();
        let mut answers = Answers::new(&recipients);
        say(&mut answers, RecipientId::new(1));
        answers.fates().pop().expect("one recipient").1
    }

    #[test]
    fn err_host_that_refuses_us_does_not_speak_for_the_others() {
        let greeting = || refused(Verb::Connect, 554);
        // Alone, it is the answer.
        let alone = fate(|answers, id| {
            answers.told(id, greeting());
            answers.ended("server refuses");
            assert!(!answers.all_told(), "another host is asked");
        });
        assert!(matches!(alone, Fate::Failed(_)), "{alone:?}");
        // Whatever the other one says or does not say counts for more, in either order.
        let taken = fate(|answers, id| {
            answers.told(id, greeting());
            answers.told(id, Told::Accepted(reply(250, (2, 0, 0), "ok")));
        });
        assert!(matches!(taken, Fate::Delivered(_)), "{taken:?}");
        for other in [
            |answers: &mut Answers<'_>, id| answers.told(id, refused(Verb::Rcpt, 450)),
            |answers: &mut Answers<'_>, _| answers.put_off("connection refused"),
            |answers: &mut Answers<'_>, id| {
                answers.told(id, Told::NotSent(NotSent::Lost));
                answers.ended("server hung up");
            },
        ] {
            for first in [true, false] {
                let fate = fate(|answers, id| {
                    if first {
                        answers.told(id, greeting());
                    }
                    other(answers, id);
                    if !first {
                        answers.told(id, greeting());
                    }
                });
                assert!(matches!(fate, Fate::PutOff(_)), "{fate:?}");
            }
        }
        // A refusal of the recipient is final.
        let fate = fate(|answers, id| {
            answers.told(id, refused(Verb::Rcpt, 550));
            assert!(answers.all_told());
        });
        assert!(matches!(fate, Fate::Failed(_)), "{fate:?}");
    }

    /// RFC 5321 §4.5.4.1
    #[test]
    fn ok_each_attempt_waits_longer_and_each_reason_has_its_times() {
        let now = UnixTime::new(1_700_000_000);
        let waits = |say: &dyn Fn(&mut Answers<'_>)| {
            let wait = |attempts| {
                let mut recipients = recipients();
                recipients[0].attempts = attempts;
                let mut answers = Answers::new(&recipients);
                say(&mut answers);
                let (mut outcomes, _) = answers.settle(&claim(now), now, 0.5);
                let Some((_, Outcome::Deferred { until, .. })) = outcomes.pop() else {
                    panic!("late")
                };
                until.since(now).as_secs() / 60
            };
            [0, 1, 2, u32::MAX].map(wait)
        };
        assert_eq!(waits(&|_| ()), [5, 10, 20, 240]);
        assert_eq!(waits(&|answers| answers.put_off("connection refused")), [5, 10, 20, 240]);
        let greylisted = reply(450, (4, 2, 0), "Greylisted, try again later");
        let greylists = |answers: &mut Answers<'_>| {
            let told = Told::Refused { stage: Verb::Rcpt, reply: greylisted.clone() };
            answers.told(RecipientId::new(1), told);
        };
        assert_eq!(waits(&greylists), [10, 20, 40, 60]);
    }

    /// RFC 3461 §5.2.2: who hands a message to a host that will not tell of it tells so.
    #[test]
    fn ok_success_is_told_where_the_next_host_does_not() {
        let recipients = recipients();
        for (tells_on, told) in [(false, 1), (true, 0)] {
            let mut answers = Answers::new(&recipients);
            answers.ask("mx.elsewhere.test.");
            answers.offers_dsn(tells_on);
            answers.told(RecipientId::new(1), Told::Accepted(reply(250, (2, 0, 0), "ok")));
            assert!(answers.all_told());
            let now = UnixTime::new(1_700_000_000);
            let (outcomes, notes) = answers.settle(&claim(now), now, 0.5);
            assert_eq!(outcomes[0].1, Outcome::Delivered);
            assert_eq!(notes.len(), told);
            assert!(notes.iter().all(|note| note.action() == Action::Relayed));
        }
    }

    /// RFC 3461 §6.3
    #[test]
    fn ok_sender_is_told_once_that_a_message_waits() {
        let queued = UnixTime::new(1_700_000_000);
        let mut told = Vec::new();
        for minutes in (0..12 * 60).step_by(30) {
            let mut recipients = recipients();
            recipients[0].attempts = 3;
            let mut answers = Answers::new(&recipients);
            answers.ask("mx.elsewhere.test.");
            answers.told(RecipientId::new(1), refused(Verb::Rcpt, 450));
            let now = queued.after(Duration::from_secs(60 * minutes));
            let (outcomes, failures) = answers.settle(&claim(queued), now, 0.5);
            assert!(matches!(outcomes[0].1, Outcome::Deferred { .. }));
            for failure in failures {
                assert_eq!(failure.action(), Action::Delayed);
                told.push((minutes, failure.reply().expect("a reply").to_string()));
            }
        }
        assert_eq!(told, [(3 * 60 + 30, "450 4.0.0 no".to_owned())]);
        assert_eq!(put_off("no route\r\n").to_string(), "451 4.4.0 no route  ");
        assert_eq!(put_off("550 no").to_string(), "451 4.4.0 550 no");
    }

    #[test]
    fn err_patience_that_is_over_says_what_went_wrong_last() {
        let recipients = recipients();
        let queued = UnixTime::new(1_700_000_000);
        let patience = SCHEDULE.give_up();
        for (waited, code) in [(patience - Duration::from_secs(1), None), (patience, Some(554))] {
            let mut answers = Answers::new(&recipients);
            answers.put_off("mx.elsewhere.test:\r\nno connection");
            let (outcomes, failures) = answers.settle(&claim(queued), queued.after(waited), 0.5);
            assert_eq!(outcomes.len(), 1);
            assert_eq!(matches!(outcomes[0].1, Outcome::Failed), code.is_some());
            let told: Vec<String> =
                failures.iter().filter_map(|f| f.reply().map(Reply::to_string)).collect();
            match code {
                None => assert!(told.is_empty()),
                Some(_) => assert!(told[0].contains("no connection"), "{told:?}"),
            }
        }
    }
}
