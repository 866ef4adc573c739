//! What providers write instead of words: the labels of their own error pages.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    // GoDaddy.
    says(AuthRejected, 120, "ib401"),
    says(ContentMalformed, 120, "ib501 | ib502"),
    says(SenderRejected, 120, "ib506"),
    says(AuthSpf, 120, "ib508"),
    says(NoPtr, 120, "ib108"),
    says(SpamContent, 120, "ib212"),
    says(Virus, 120, "ib705"),
    says(TooManyRecipients, 120, "ib605"),
    says(TooManyConnections, 120, "ib007"),
    says(RateLimited, 120, "ib101 | ib504 | ib510 | ib607"),
    says(BadReputation, 120, "ib103"),
    says(IpBlocklisted, 120, "ib104 | ib105 | ib106"),
    says(IpBlocked, 120, "ib110 | ib111 | ib112 | ib113"),
    // Cox and Charter.
    says(IpBlocked, 120, "cxbl | cdrbl | aup 1000"),
    says(IpBlocklisted, 120, "ipbl* | aup 1200 | aup 1210 | aup 1220 | aup 1250"),
    says(NoPtr, 120, "cxdns | aup 1100 | aup 1150"),
    says(AuthFailed, 120, "cxsndr"),
    says(SenderRejected, 120, "cxsmtp | aup 1010 | aup 1020 | aup 1080 | aup 1500 | aup 1520"),
    says(TooManyConnections, 120, "cxcnct | aup 1300 | aup 1310 | aup 1320 | aup 1330 | aup 1340"),
    says(
        RateLimited,
        120,
        "cxmxrt | cxthrt | cxmj | aup 1350 | aup 1380 | aup 1400 | aup 1440 | aup 1490 | \
         aup 1540 | aup 1580",
    ),
    says(TooManyRecipients, 120, "aup 1550"),
    says(MessageTooLarge, 120, "aup 1530"),
    says(SystemError, 120, "aup 1090"),
    says(Policy, 120, "aup 1160 | aup 1190 | aup 1560"),
    says(SpamContent, 120, "urlbl*"),
    // Facebook.
    says(
        IpBlocked,
        120,
        "pol + p1 | pol + p2 | pol + p3 | pol + p4 | pol + t1 | pol + t2 | pol + t3",
    ),
    says(Virus, 120, "pol + p5"),
    says(SpamContent, 120, "pol + p6 | pol + p7"),
    says(ContentRejected, 120, "msg + p2"),
    says(RecipientRefused, 120, "rcp + p2 | rcp + p3"),
    says(MessageTooLarge, 120, "msg + p1 | int + p2"),
    says(ContentMalformed, 120, "msg + p3"),
    says(SenderRejected, 120, "dns + p1 | dns + p2 | dns + t1"),
    says(NoPtr, 120, "dns + p3 | dns + t2"),
    says(MailboxDisabled, 120, "rcp + t4"),
    says(SystemError, 120, "rcp + t1"),
    says(TooManyConnections, 120, "con + t1 | con + t2 | con + t3"),
    says(TooManyRecipients, 120, "con + t4 | msg + t1"),
    says(MailboxUnknown, 120, "rcp + p1 | int + p1 | int + p3 | int + p4"),
    // Orange and La Poste.
    says(IpBlocklisted, 120, "ofr 102 | lpn 102 | ofr006 102 | lpnaaa 101"),
    says(IpBlocked, 120, "ofr006 103 | lpn 510 | ofr 999"),
    says(TooManyConnections, 120, "ofr005 104 | lpn105 104"),
    says(SenderRejected, 120, "ofr 403 | ofr 405 | ofr 415 | ofr004 405 | lpn105 405 | lpn105 421"),
    says(MailboxUnknown, 120, "ofr 416 | lpn007 416 | lpn416"),
    says(MailboxFull, 120, "ofr 417 | lpn007 417"),
    says(MailboxDisabled, 120, "lpn007 420 | lpn007 426"),
    says(SystemError, 120, "ofr005 505 | lpn007 505"),
    says(SpamContent, 120, "ofr 506 | lpn 506"),
    says(AuthDmarc, 120, "ofr 517 | lpn007 517"),
    says(Policy, 120, "lpn000 630"),
    // NetEase.
    says(IpBlocked, 120, "hl + ipb | hl + ipv | mi + spb"),
    says(TooManyConnections, 120, "hl + icc"),
    says(RateLimited, 120, "mi + dmc | mi + sfq | hl + ifc | hl + mep | ru + qrc | qt + rcp"),
    says(BadReputation, 120, "hl + rep"),
    says(SpamContent, 120, "dt + spm | dt + sum | dt + spe | mi + sti"),
    says(SenderRejected, 120, "mi + cea | mi + cel | mi + nhd | mi + spm"),
    says(AuthSpf, 120, "mi + spf"),
    // Yahoo, Comcast, AOL.
    says(BadReputation, 120, "tss04 | tss05 | ts01 | ts02 | ts04"),
    says(SenderRejected, 120, "tss09 | tss11 | ts03"),
    says(RateLimited, 120, "rl000001 | rl000002 | rl000003 | rly b4 | con b1"),
    says(IpBlocked, 120, "@bl000000 | bl000001 | hvu b1 | rtr b1 | hvu b2 | dyn t1"),
    says(NoPtr, 120, "rtr dns"),
    says(AuthDmarc, 120, "cv + fr"),
    // Microsoft.
    says(IpBlocked, 120, "sc + 004 | sc + 002 | sc + 003 | dy + 001 | dy + 002 | ou + 001"),
    says(BadReputation, 120, "sc + 001"),
    says(IpBlocklisted, 120, "s3140 | s3150 | ou + 002"),
    says(SpamContent, 120, "cs01"),
    says(RateLimited, 120, "rp + 001 | rp + 002 | rp + 003"),
    // Response codes of IMAP and POP3. RFC 5530, 2449 and 3206.
    says(TlsRequired, 124, "privacyrequired | logindisabled | plaintext login disabled"),
    says(AuthRejected, 120, "authenticationfailed | authorizationfailed"),
    says(
        SystemError,
        120,
        "serverbug | contactadmin | sys + temp | sys + perm | unavailable + temporar*",
    ),
];
