//! What replies mean.
//!
//! No crate on crates.io tells that. KumoMTA's classifier, which is in no registry, is a `RegexSet`
//! of some hundred patterns (those that it publishes) of which the first that matches decides. So the
//! peer is one such, written by hand for this file, for the 16 reasons that occur here. It is given
//! what makes it fast: octets instead of characters, no Unicode classes, the same few replies again
//! and again, so that it has built every state that it needs. It names neither evidence nor block
//! list nor confidence, and knows English alone.

use std::hint::black_box;

use mail_benches::table::Rows;
use mail_errors::classify::{
    Failure,
    Reason::{self, *},
};
use regex::bytes::{RegexSet, RegexSetBuilder};

/// Replies of the kinds that are met most, as several servers write them.
const REPLIES: &[(Reason, &str)] = &[
    (MailboxUnknown, "550 5.1.1 <anna@example.org>: Recipient address rejected: User unknown"),
    (MailboxFull, "552 5.2.2 <anna@example.org>: mailbox is over quota"),
    (
        IpBlocklisted,
        "554 5.7.1 Service unavailable; Client host [192.0.2.17] blocked using zen.example.net; \
         https://www.example.net/query/ip/192.0.2.17",
    ),
    (Greylisted, "451 4.7.1 Greylisting in action, please come back later"),
    (SpamContent, "550 5.7.1 Message rejected as spam by content filtering."),
    (
        AuthDmarc,
        "550-5.7.1 Unauthenticated email from example.com is not accepted due to domain's DMARC \
         policy. Please contact the administrator of example.com domain if this was a legitimate \
         mail.",
    ),
    (RelayDenied, "554 5.7.1 <anna@example.org>: Relay access denied"),
    (MessageTooLarge, "552 5.3.4 Message size exceeds fixed maximum message size (10485760)"),
    (DomainUnknown, "550 5.1.2 <anna@nowhere.example>: Host unknown: no such domain"),
    (RateLimited, "421 4.7.0 Too many messages from this server, rate limited. Try again later."),
    (MailboxDisabled, "550 5.2.1 The email account that you tried to reach is disabled."),
    (TooManyConnections, "421 4.7.0 Too many concurrent connections from 192.0.2.17"),
    (AuthSpf, "550 5.7.23 SPF validation failed: 192.0.2.17 may not send for example.com"),
    (Virus, "554 5.7.1 Virus found in message, rejected"),
    (SenderRejected, "553 5.1.8 <robot@invalid.example>: Sender address rejected: no such domain"),
    (SystemError, "451 4.3.0 Temporary lookup failure, try again later"),
];

pub(crate) fn rows(rows: &mut Rows) {
    let peer = Set::new();
    for (reason, reply) in REPLIES {
        assert_eq!(ours(reply), *reason, "{reply}");
        assert_eq!(peer.classify(reply.as_bytes()), Some(*reason), "{reply}");
    }
    row(rows, "classify a reply of 70 octets", &REPLIES[..1], &peer);
    row(rows, "classify a reply of 180 octets", &REPLIES[5..6], &peer);
    row(rows, "classify sixteen replies", REPLIES, &peer);
}

fn row(rows: &mut Rows, row: &'static str, replies: &[(Reason, &str)], peer: &Set) {
    rows.run(row, "ours", || {
        for (_, reply) in replies {
            black_box(ours(black_box(reply)));
        }
    });
    rows.run(row, "RegexSet by hand", || {
        for (_, reply) in replies {
            black_box(peer.classify(black_box(reply.as_bytes())));
        }
    });
}

/// Reads the codes and classifies, as the peer's patterns look at the codes as well.
fn ours(reply: &str) -> Reason {
    let failure = Failure::read(reply.as_bytes()).expect("a reply");
    black_box(failure.classify()).reason()
}

struct Set {
    patterns: RegexSet,
    reasons: Vec<Reason>,
}

impl Set {
    fn new() -> Self {
        let all = RULES.iter().flat_map(|(reason, rules)| rules.iter().map(move |r| (*reason, *r)));
        let (reasons, patterns): (Vec<_>, Vec<_>) = all.unzip();
        assert!(reasons.len() >= 100);
        let mut patterns = RegexSetBuilder::new(patterns);
        let patterns = patterns.case_insensitive(true).unicode(false).build();
        Self { patterns: patterns.expect("patterns that compile"), reasons }
    }

    fn classify(&self, reply: &[u8]) -> Option<Reason> {
        let first = self.patterns.matches(reply).iter().next()?;
        self.reasons.get(first).copied()
    }
}

/// The first that matches decides.
const RULES: &[(Reason, &[&str])] = &[
    (
        Virus,
        &[
            r"virus (found|detected)",
            r"infected (with|by)",
            r"contains (a )?(virus|malware|trojan)",
            r"malware (found|detected)",
            r"virus.{1,40}reject",
        ],
    ),
    (
        Greylisted,
        &[
            r"gr[ae]y-?list",
            r"postgrey",
            r"come back (in|later)",
            r"^4\d\d .*first (time|attempt|contact)",
            r"try again in \d+ (seconds|minutes)",
        ],
    ),
    (
        AuthDmarc,
        &[
            r"^5\d\d[ -]5\.7\.509",
            r"dmarc",
            r"unauthenticated (e-?)?mail",
            r"not accepted due to domain",
        ],
    ),
    (
        AuthSpf,
        &[
            r"^5\d\d[ -]5\.7\.2[34]",
            r"\bspf\b.{0,40}(fail|reject|not)",
            r"(fail|reject|not).{1,40}\bspf\b",
            r"sender policy framework",
            r"not (a )?permitted sender",
            r"openspf\.",
        ],
    ),
    (
        RelayDenied,
        &[
            r"relay(ing)? (access )?(denied|prohibited|not (allowed|permitted))",
            r"unable to relay",
            r"not (allowed|permitted) to relay",
            r"(denied|refused|prohibited).{1,20}relay",
            r"we do(n't| not) relay",
            r"relay.{1,30}authenticat",
        ],
    ),
    (
        IpBlocklisted,
        &[
            r"blocked using",
            r"(listed|blacklisted|blocklisted) (in|at|by|on)",
            r"black-?list",
            r"block-?list",
            r"\b[dr][nb]s?bl\b",
            r"spamhaus",
            r"spamcop",
            r"barracuda(central|network)",
            r"\bsorbs\b",
            r"uceprotect",
            r"poor reputation.{1,40}list",
        ],
    ),
    (
        TooManyConnections,
        &[
            r"too many (concurrent |simultaneous )?(smtp )?(connections|sessions)",
            r"connection (limit|rate)",
            r"(connections|sessions).{1,20}exceed",
            r"maximum (number of )?(connections|sessions)",
        ],
    ),
    (
        RateLimited,
        &[
            r"^4\d\d[ -]4\.7\.28",
            r"rate[ -]?limit",
            r"too (many|much) (messages|mail|e-?mails)",
            r"sending (too fast|rate)",
            r"(hourly|daily) (limit|quota)",
            r"throttl",
            r"unusual rate",
            r"deferred due to (user complaints|unexpected volume)",
        ],
    ),
    (
        MessageTooLarge,
        &[
            r"^55[24][ -]5\.3\.4",
            r"message (is )?too (large|big|long)",
            r"(message|mail) size (exceeds|limit)",
            r"exceed.{1,30}(maximum|fixed).{1,30}size",
            r"size.{1,30}exceed.{1,30}(limit|maximum)",
            r"too large a message",
        ],
    ),
    (
        MailboxFull,
        &[
            r"^[45]\d\d[ -][45]\.2\.2",
            r"(mailbox|inbox|box|account) (is )?(full|over)",
            r"over (the )?(allowed )?quota",
            r"quota (is )?(full|exceeded)",
            r"exceed.{1,40}(quota|storage|mailbox)",
            r"out of (storage|space)",
            r"not enough (storage|space)",
            r"insufficient (storage|space)",
        ],
    ),
    (
        MailboxDisabled,
        &[
            r"^[45]\d\d[ -][45]\.2\.1",
            r"(account|mailbox|user|address).{1,40}(disabled|inactive|suspended|deactivated|locked)",
            r"(disabled|inactive|suspended|deactivated|locked) (account|mailbox|user|address)",
            r"no longer (active|in use)",
            r"(account|mailbox) (has )?(expired|been closed)",
        ],
    ),
    (
        SenderRejected,
        &[
            r"^5\d\d[ -]5\.1\.[78]",
            r"sender (address )?(rejected|refused|denied|verify failed)",
            r"(invalid|bad|unknown) (sender|return path|reverse-?path)",
            r"domain of sender",
            r"sender.{1,30}(does not|doesn't) exist",
            r"callback verification",
        ],
    ),
    (
        DomainUnknown,
        &[
            r"^5\d\d[ -]5\.1\.2",
            r"(host|domain) (unknown|not found)",
            r"(unknown|no such) (host|domain)",
            r"(domain|host) (name )?(does not|doesn't) exist",
            r"unrouteable (mail )?domain",
            r"name or service not known",
            r"no mx (record|host)",
        ],
    ),
    (
        MailboxUnknown,
        &[
            r"^[45]\d\d[ -][45]\.1\.1",
            r"(user|recipient|mailbox|account|address) (is )?(unknown|not found)",
            r"(unknown|no such) (user|recipient|mailbox|account|address|person)",
            r"(user|recipient|mailbox|account|address).{1,40}(does not|doesn't) exist",
            r"invalid (recipient|mailbox|user)",
            r"no mailbox (here )?by that name",
            r"recipient (address )?rejected",
            r"not a (valid|known) (user|mailbox|recipient)",
            r"mailbox unavailable",
            r"user .{0,40}not listed",
        ],
    ),
    (
        SpamContent,
        &[
            r"(rejected|refused|blocked|detected|classified|identified|considered).{1,30}spam",
            r"spam.{1,30}(rejected|refused|blocked|detected)",
            r"(looks|appears) (like|to be) (spam|junk)",
            r"(spam|junk) (message|mail|content|score)",
            r"unsolicited (mail|bulk|e-?mail)",
            r"high(ly)? probab.{1,20}spam",
            r"content (filter|reject)",
            r"\buce\b",
        ],
    ),
    (
        SystemError,
        &[
            r"^[45]\d\d[ -][45]\.3\.[0125]",
            r"(temporary|local|internal|server|system) (server |lookup )?(error|failure|problem)",
            r"(service|server|system) (is )?(temporarily )?(unavailable|busy|not available)",
            r"try again later",
            r"resources temporarily unavailable",
            r"error in processing",
            r"queue file write error",
        ],
    ),
];
