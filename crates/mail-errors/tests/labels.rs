//! Replies in words of our own against LABELS.md: what it says of frames, consequences, bare texts
//! and of two reasons that are near each other.

#![cfg(feature = "classify")]

use mail_errors::classify::{Failure, Reason};

#[test]
fn ok_each_reason_by_the_guide() {
    for (reason, lines) in CASES {
        for line in *lines {
            let told = Failure::read(line.as_bytes()).expect("a reply").classify();
            assert_eq!(told.reason(), *reason, "{line}: {:?}", told.evidence());
            assert!(!told.suppress() || line.starts_with('5'), "{line}");
        }
    }
}

const CASES: &[(Reason, &[&str])] = &[
    (
        Reason::MailboxUnknown,
        &[
            "550 5.4.1 Recipient address rejected: Access denied",
            "550 Recipient rejected",
            "550 Recipient address rejected",
            "550 Invalid recipient",
            "550 permanent failure for one or more recipients (a@b.example)",
            "550 Requested action not taken: mailbox unavailable",
            "450 Requested mail action not taken: mailbox unavailable",
            "550 5.1.1 https://support.google.com/mail/?p=NoSuchUser",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            "501 5.1.3 Bad recipient address syntax",
            "550 unlisted address, user check failed",
        ],
    ),
    (
        Reason::MailboxDisabled,
        &[
            "550 The domain example.com is currently suspended",
            "550 5.2.1 this account has been closed",
        ],
    ),
    (
        Reason::MailboxFull,
        &[
            "552 Requested mail action aborted: exceeded storage allocation",
            "452 4.2.2 The email account that you tried to reach is over quota",
            "554 mailbox has too many messages stored",
        ],
    ),
    (Reason::MailboxMoved, &["551 User not local; please try <a@b.example>"]),
    (
        Reason::RecipientRefused,
        &[
            "550 rejected by this user",
            "550 5.7.1 recipient does not accept mail from you",
            "550 sender not in allowed-senders list",
        ],
    ),
    (
        Reason::RecipientRateLimited,
        &[
            "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
            "451 mailbox receives too many messages, try later",
        ],
    ),
    (
        Reason::DomainUnknown,
        &[
            "550 Host unknown (Name server: .: host not found)",
            "550 unrouteable address",
            "550 5.4.4 no MX record for domain",
            "550 5.4.312 Message expired, DNS query failed",
        ],
    ),
    (
        Reason::DomainNoMail,
        &["521 host does not accept mail", "556 5.1.10 recipient domain has null MX"],
    ),
    (
        Reason::MessageTooLarge,
        &[
            "552 5.2.3 message exceeds size limit for this recipient",
            "552 message header size exceeds limit",
        ],
    ),
    (
        Reason::ContentMalformed,
        &[
            "550 maximum allowed line length is 998 octets, got 1111",
            "550 5.7.1 message has duplicate From headers",
            "550 From header missing",
        ],
    ),
    (
        Reason::ContentRejected,
        &[
            "550 attachment type .exe not allowed",
            "552 5.7.0 This message was blocked because its content presents a potential security issue",
        ],
    ),
    (Reason::EncodingUnsupported, &["550 5.6.7 SMTPUTF8 required but not supported by next hop"]),
    (
        Reason::SpamContent,
        &[
            "550 Message content rejected",
            "554 5.7.1 message identified as spam",
            "550 5.7.1 phishing message refused",
            "554 5.7.1 blocked using multi.uribl.com",
            "554 5.7.1 Service unavailable; Sender address [a@b.example] blocked using dbl.spamhaus.org",
        ],
    ),
    (Reason::Virus, &["550 virus or spam detected"]),
    (
        Reason::Policy,
        &[
            "550 Access denied",
            "554 5.7.1 Access denied",
            "550 5.7.1 Message rejected",
            "554 5.7.1 Message refused",
            "550 Rejected for policy reasons",
            "550 5.7.1 message rejected due to local policy",
            "550 the user or domain you are mailing has a policy that prohibits the mail that you sent",
            "550 5.7.1 message rejected by anti-spoofing policy",
        ],
    ),
    (
        Reason::SenderRejected,
        &[
            "554 5.7.1 <a@b.example>: Sender address rejected: Access denied",
            "550 Sender verify failed",
            "550 5.1.0 Sender address rejected: User unknown in virtual mailbox table",
            "450 4.1.8 <a@b.example>: Sender address rejected: Domain not found",
            "550 your account is disabled for sending",
            "554 5.7.1 sender account suspended",
            "550 5.7.27 Sender domain has null MX",
            "550 From: domain does not exist",
            "550 sender rejected",
            "550 5.7.1 Sender denied",
            "501 5.1.7 Bad sender address syntax",
        ],
    ),
    (
        Reason::AuthSpf,
        &[
            "550 SPF check failed, invalid sender",
            "550 SPF check for HELO name failed",
            "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass",
        ],
    ),
    (Reason::AuthDkim, &["550 rate limited because DKIM signature did not pass"]),
    (Reason::AuthDmarc, &["550 5.7.1 rejected by DMARC policy of example.com"]),
    (
        Reason::AuthFailed,
        &[
            "550 5.7.26 message is unauthenticated",
            "550 From header not aligned with authenticated domain",
        ],
    ),
    (
        Reason::BadReputation,
        &[
            "550 5.7.1 message is suspicious due to the very low reputation of the sending domain",
            "421 4.7.0 rate limited due to IP reputation",
            "554 Your access to this mail system has been rejected due to the sending MTA's poor reputation",
        ],
    ),
    (
        Reason::IpBlocklisted,
        &[
            "553 http://www.spamhaus.org/query/bl?ip=192.0.2.1",
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            "550 Currently Sending Spam See: http://www.sorbs.net/lookup.shtml?192.0.2.1",
            "550 rejected for policy reasons. Host found in DNS blacklist",
            "550 blacklisted by recipient: IP 192.0.2.1",
            "550 your IP is on a dial-up list",
        ],
    ),
    (
        Reason::IpBlocked,
        &[
            "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
            "554 access to this mail system rejected",
            "554 mx.example.com not accepting connections",
            "550 your IP is not in the whitelist for this RCPT domain",
            "550 Your IP has been identified as a spammer",
            "554 5.7.1 <mail.example.com[192.0.2.1]>: Client host rejected: #77",
            "550 banned sender[192.0.2.1]",
            "421 All messages from 192.0.2.25 will be permanently deferred",
            "554 invalid IP for sending mail of domain example.com",
            "550 banned sending IP 192.0.2.1, to request removal from this list visit",
            "550 rejected based on geographical location",
            "550 access from ip address 192.0.2.1 blocked",
            "550 dynamic IP addresses may not send mail here",
        ],
    ),
    (
        Reason::NoPtr,
        &[
            "550 policy: your host has no PTR record",
            "550 domain mismatches client ip",
            "421 4.7.23 rate limited as the sending IP has no PTR record",
            "550 cannot find your reverse hostname, [192.0.2.1]",
            "450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]",
        ],
    ),
    (Reason::BadHelo, &["450 4.7.1 <foo>: Helo command rejected: Host not found"]),
    (
        Reason::RelayDenied,
        &[
            "550 Recipient not local",
            "553 Domain not local",
            "550 <a@b.example> is not a local domain",
            "551 5.7.1 relaying denied",
            "550 relay not permitted, user has a policy",
            "554 Insecure Mail Relay",
            "550 relay denied, please authenticate first",
        ],
    ),
    (Reason::AuthRequired, &["530 5.7.0 Authentication required", "550 not authenticated"]),
    (
        Reason::AuthRejected,
        &["535 5.7.8 Error: authentication failed", "454 Too many login attempts"],
    ),
    (
        Reason::TlsRequired,
        &[
            "421 4.7.29 temporarily rate limited because this message wasn't sent over a TLS connection",
            "530 5.7.0 Must issue a STARTTLS command first",
            "454 4.7.0 TLS not available due to local problem",
            "403 4.7.0 TLS handshake failed",
        ],
    ),
    (
        Reason::Greylisted,
        &[
            "450 4.7.1 service is currently unavailable. Please come back later",
            "450 blocked using grey.rbl.example, Greylisting in action",
            "450 4.7.1 try again in 300 seconds",
        ],
    ),
    (
        Reason::RateLimited,
        &[
            "550 5.4.5 Daily sending quota exceeded",
            "550 5.4.5 Daily user sending limit exceeded",
            "421 4.7.0 unusual rate of unsolicited mail originating from your IP address",
            "421 too many messages from an untrusted IP",
            "452 4.3.2 Connection rate limit exceeded",
            "550 Connection frequency limited",
            "550 too many recipients per hour",
        ],
    ),
    (
        Reason::TooManyConnections,
        &[
            "421 too many concurrent connections from your IP",
            "421 Max messages per connection reached",
        ],
    ),
    (Reason::TooManyRecipients, &["452 too many recipients", "550 Too many invalid recipients"]),
    (
        Reason::Network,
        &[
            "450 Host not found, try again",
            "451 4.4.0 DNS SERVFAIL for b.example",
            "451 Name server timeout",
            "421 Connection was closed abruptly",
            "421 4.4.2 connection lost",
            "450 4.4.1 connection refused",
            "451 no route to host",
            "550 Host unreachable",
        ],
    ),
    (Reason::RoutingLoop, &["554 5.4.6 too many hops", "550 mail loops back to myself"]),
    (
        Reason::Expired,
        &[
            "421 4.4.2 Timeout - closing connection",
            "421 4.4.1 connection timed out",
            "554 5.4.7 message in the queue too long",
            "550 5.4.316 Message expired, connection refused",
        ],
    ),
    (
        Reason::SystemError,
        &[
            "554 Service unavailable",
            "421 Service currently unavailable",
            "450 Server busy, try again later",
            "451 Temporary local problem",
            "451 Requested action aborted: local error in processing",
            "451 Temporary lookup failure",
            "550 5.0.0 Insufficient permission",
            "454 4.7.0 Cannot authenticate due to a temporary system problem",
            "451 4.3.5 Server configuration error",
            "421 4.3.2 System not accepting network messages",
            "550 mailing list expansion problem",
        ],
    ),
    (
        Reason::SystemFull,
        &[
            "452 Requested action not taken: insufficient system storage",
            "452 4.3.1 Mail system full",
            "452 no space left on device",
        ],
    ),
    (Reason::MailerError, &["550 5.3.0 Command died with status 9", "554 procmail: exit code 73"]),
    (
        Reason::ProtocolError,
        &[
            "500 Syntax error, command unrecognized",
            "503 Bad sequence of commands",
            "501 Syntax error in parameters or arguments",
            "503 5.5.1 Error: send HELO/EHLO first",
            "500 Line too long",
            "554 5.5.1 SMTP command pipelining after STARTTLS",
            "421 too many errors",
        ],
    ),
    (
        Reason::Suppressed,
        &["550 address is on the suppression list", "550 previously bounced, not sent"],
    ),
    (
        Reason::Unknown,
        &[
            "451 Temporary failure",
            "450 4.0.0 Temporary failure",
            "550 service refused, try later",
            "451 try again later",
            "451 Requested action aborted: try again later",
            "450 4.2.1 Please try again later.",
            "554 Transaction failed",
            "550 delivery failed",
            "550 Message rejected",
            "554 Message refused",
            "550 message not accepted",
            "554 5.0.0 Transaction failed",
            "550 LPN007_510",
            "554 #4.7.77",
        ],
    ),
];
