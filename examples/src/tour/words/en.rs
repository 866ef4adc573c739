//! The tour in English.

use std::time::Duration;

use super::{Flaw, Label, Phrasebook, Step, Trouble, seconds};

/// Says it in English.
pub(super) struct English;

impl Phrasebook for English {
    fn title(&self) -> &'static str {
        "The way of a message"
    }

    fn introduction(&self) -> &'static str {
        "Alice lives in north.test, Bob in south.test. Each town has a post office,
a mail server of its own. Both run in this process, and go with all they
hold when the tour is over. Domain, server and address:"
    }

    fn relay_port(&self, port: u16) -> String {
        format!(
            "Both servers take mail from other servers at port {port}. Which of the two
a message goes to is for DNS alone to say."
        )
    }

    fn settings(&self, who: &str) -> String {
        format!("What {who} types into a mail program:")
    }

    fn waiting(&self) -> &'static str {
        "The mail programs of both have logged in already and wait for news (IMAP)."
    }

    fn step(&self, step: Step) -> (&'static str, &'static str) {
        match step {
            Step::Compose => (
                "Alice writes a message",
                "A message is text: a header of named fields, an empty line, and what Alice
has to say. A word that no other run has stands in the subject, so that
nothing else can be taken for this message.",
            ),
            Step::Submit => (
                "Her mail program hands it to her post office (SMTP, submission)",
                "STARTTLS encrypts the connection first, then AUTH says who she is: her
password never goes in the clear. With 250 the post office takes over the
responsibility for the message.",
            ),
            Step::Queue => (
                "It waits in the queue",
                "Bob lives in another town, so the message has to travel. It is on disk
already, and the post office has put a postmark in front of it: Received,
from whom, by whom, when.",
            ),
            Step::LookUp => (
                "DNS says where mail for south.test goes",
                "The MX record of a domain names the server that takes its mail, the A or
AAAA record of that server says where it is. The domain itself has no
address here: without the MX record there is no way.",
            ),
            Step::Relay => (
                "North hands it to South (SMTP, server to server)",
                "The same language as before, but nobody logs in: South takes mail for its
own people from anybody. STARTTLS encrypts this part of the way as well.",
            ),
            Step::Store => (
                "South puts it into Bob's mailbox",
                "It was on disk before South answered 250. Return-Path keeps the address
that would hear of a failure. A look into the store itself:",
            ),
            Step::Announce => (
                "Bob's mail program hears of it (IMAP, IDLE)",
                "It has been waiting since before Alice began to write. It need not ask
again and again: the server speaks up when something arrives.",
            ),
            Step::Read => (
                "Bob reads it (IMAP)",
                "With IMAP a message stays on the server. It is octet for octet what lies
there, and ends in octet for octet what Alice has written.",
            ),
            Step::Fetch => (
                "Bob's old computer takes it home (POP3)",
                "With POP3 a message is downloaded (RETR), marked (DELE), and gone from the
server after QUIT. A second look finds nothing left, and the waiting IMAP
connection hears that it is gone.",
            ),
            Step::Trace => (
                "The postmarks tell the way",
                "Each server has put its Received field in front. The oldest first: ESMTPSA
is submission under TLS by somebody who has logged in, ESMTPS is a server
under TLS.",
            ),
            Step::UnknownUser => (
                "550: nobody of that name",
                "Alice mistypes an address. South has no such mailbox and says so; North
writes Alice a notice, which her mail program finds in her mailbox.",
            ),
            Step::NotServed => (
                "551: not served here",
                "The MX record of former.test still names South, but the contract has ended:
South does not serve the domain any more, and does not pass mail on.",
            ),
            Step::MailboxFull => (
                "552: mailbox full",
                "Carol's mailbox is too small for the message. North has announced the size,
so that South can refuse before anything is sent.",
            ),
            Step::NotYours => (
                "553: not an address of hers",
                "Alice logs in as herself and tries to send in the name of her boss. Her own
post office refuses at once, so there is no notice.",
            ),
            Step::Loop => (
                "554: the message goes in circles",
                "Two servers that forward to each other: the message has 99 postmarks, and
North's is the hundredth. South stops it, or it would go round for ever.",
            ),
        }
    }

    fn refusals(&self) -> &'static str {
        "Five messages that come back, and what can be done"
    }

    fn label(&self, label: Label) -> &'static str {
        match label {
            Label::Server => "Server:      ",
            Label::Encryption => "Encryption:  ",
            Label::Login => "Logged in:   ",
            Label::OnTheWire => "On the wire: ",
            Label::Answer => "Answer:      ",
            Label::QueuedFor => "Queued for:  ",
            Label::For => "For:         ",
            Label::Question => "Question:    ",
            Label::DnsAnswer => "Answer:      ",
            Label::Mailbox => "Mailbox:     ",
            Label::Octets => "Octets:      ",
            Label::News => "News:        ",
            Label::Left => "Left there:  ",
            Label::Notice => "Notice:      ",
            Label::About => "It is about: ",
        }
    }

    fn letter(&self) -> &'static str {
        "Dear Bob,

this message has come a long way to you: through a queue, past DNS and
over two servers. How it went is written on top of it.

Alice
"
    }

    fn farewell(&self, steps: usize, token: &str, time: Duration) -> String {
        format!("All {steps} steps went well in {} s (run {token}).", seconds(time))
    }

    fn failed(&self, step: Option<Step>, why: &str) -> String {
        match step {
            Some(step) => {
                format!("step {} failed ({}): {why}", step.number(), self.step(step).0)
            }
            None => format!("the tour could not begin: {why}"),
        }
    }

    fn trouble(&self, trouble: &Trouble) -> String {
        match trouble {
            Trouble::Flawed(flaw) => self.flaw(*flaw).to_owned(),
            other => other.to_string(),
        }
    }

    fn flaw(&self, flaw: Flaw) -> &'static str {
        match flaw {
            Flaw::InTheClear => "it went in the clear",
            Flaw::NotOverUdp => "DNS was not asked for the MX record over UDP",
            Flaw::OtherHost => "it went to another host than the MX record should name",
            Flaw::Changed => "what arrived is not what was sent",
            Flaw::StillThere => "what was deleted is still there",
            Flaw::Miscounted => "there is something else there than the one message",
            Flaw::NoTrace => "the trace fields do not tell the way",
            Flaw::NoReason => "the notice does not give the server's answer",
            Flaw::NoRemedy => "no cause and no remedy is known for the answer",
        }
    }
}
