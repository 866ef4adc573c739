//! What providers write instead of words: the labels of their own error pages.

use super::Reason::*;
use super::rules::{Rule, says};

pub(super) const RULES: &[Rule] = &[
    // GoDaddy.
    says(AuthRejected, 100, &["ib401"]),
    says(ContentMalformed, 100, &["ib501", "ib502"]),
    says(SenderRejected, 100, &["ib506"]),
    says(AuthSpf, 100, &["ib508"]),
    says(NoPtr, 100, &["ib108"]),
    says(SpamContent, 100, &["ib212"]),
    says(Virus, 100, &["ib705"]),
    says(TooManyRecipients, 100, &["ib605"]),
    says(TooManyConnections, 100, &["ib007"]),
    says(RateLimited, 100, &["ib101", "ib504", "ib510", "ib607"]),
    says(BadReputation, 100, &["ib103"]),
    says(IpBlocklisted, 100, &["ib104", "ib105", "ib106"]),
    says(IpBlocked, 100, &["ib110", "ib111", "ib112", "ib113"]),
    // Cox and Charter.
    says(IpBlocked, 100, &["cxbl", "cdrbl", "aup 1000"]),
    says(IpBlocklisted, 100, &["ipbl*", "aup 1200", "aup 1210", "aup 1220", "aup 1250"]),
    says(NoPtr, 100, &["cxdns", "aup 1100", "aup 1150"]),
    says(AuthFailed, 100, &["cxsndr"]),
    says(
        SenderRejected,
        100,
        &["cxsmtp", "aup 1010", "aup 1020", "aup 1080", "aup 1500", "aup 1520"],
    ),
    says(
        TooManyConnections,
        100,
        &["cxcnct", "aup 1300", "aup 1310", "aup 1320", "aup 1330", "aup 1340"],
    ),
    says(
        RateLimited,
        100,
        &[
            "cxmxrt", "cxthrt", "cxmj", "aup 1350", "aup 1380", "aup 1400", "aup 1440", "aup 1490",
            "aup 1540", "aup 1580",
        ],
    ),
    says(TooManyRecipients, 100, &["aup 1550"]),
    says(MessageTooLarge, 100, &["aup 1530"]),
    says(SystemError, 100, &["aup 1090"]),
    says(Policy, 100, &["aup 1160", "aup 1190", "aup 1560"]),
    says(SpamContent, 100, &["urlbl*"]),
    // Facebook.
    says(
        IpBlocked,
        100,
        &["pol + p1", "pol + p2", "pol + p3", "pol + p4", "pol + t1", "pol + t2", "pol + t3"],
    ),
    says(Virus, 100, &["pol + p5"]),
    says(SpamContent, 100, &["pol + p6", "pol + p7"]),
    says(ContentRejected, 100, &["msg + p2"]),
    says(RecipientRefused, 100, &["rcp + p2", "rcp + p3"]),
    says(MessageTooLarge, 100, &["msg + p1", "int + p2"]),
    says(ContentMalformed, 100, &["msg + p3"]),
    says(SenderRejected, 100, &["dns + p1", "dns + p2", "dns + t1"]),
    says(NoPtr, 100, &["dns + p3", "dns + t2"]),
    says(MailboxDisabled, 100, &["rcp + t4"]),
    says(SystemError, 100, &["rcp + t1"]),
    says(TooManyConnections, 100, &["con + t1", "con + t2", "con + t3"]),
    says(TooManyRecipients, 100, &["con + t4", "msg + t1"]),
    says(MailboxUnknown, 100, &["rcp + p1", "int + p1", "int + p3", "int + p4"]),
    // Orange and La Poste.
    says(IpBlocklisted, 100, &["ofr 102", "lpn 102", "ofr006 102", "lpnaaa 101"]),
    says(IpBlocked, 100, &["ofr006 103", "lpn 510", "ofr 999"]),
    says(TooManyConnections, 100, &["ofr005 104", "lpn105 104"]),
    says(
        SenderRejected,
        100,
        &["ofr 403", "ofr 405", "ofr 415", "ofr004 405", "lpn105 405", "lpn105 421"],
    ),
    says(MailboxUnknown, 100, &["ofr 416", "lpn007 416", "lpn416"]),
    says(MailboxFull, 100, &["ofr 417", "lpn007 417"]),
    says(MailboxDisabled, 100, &["lpn007 420", "lpn007 426"]),
    says(SystemError, 100, &["ofr005 505", "lpn007 505"]),
    says(SpamContent, 100, &["ofr 506", "lpn 506"]),
    says(AuthDmarc, 110, &["ofr 517", "lpn007 517"]),
    says(Policy, 104, &["lpn000 630"]),
    // NetEase.
    says(IpBlocked, 100, &["hl + ipb", "hl + ipv", "mi + spb"]),
    says(TooManyConnections, 100, &["hl + icc"]),
    says(
        RateLimited,
        100,
        &["mi + dmc", "mi + sfq", "hl + ifc", "hl + mep", "ru + qrc", "qt + rcp"],
    ),
    says(BadReputation, 90, &["hl + rep"]),
    says(SpamContent, 100, &["dt + spm", "dt + sum", "dt + spe", "mi + sti"]),
    says(SenderRejected, 100, &["mi + cea", "mi + cel", "mi + nhd", "mi + spm"]),
    says(AuthSpf, 100, &["mi + spf"]),
    // Yahoo, Comcast, AOL.
    says(BadReputation, 96, &["tss04", "tss05", "ts01", "ts02", "ts04"]),
    says(SenderRejected, 98, &["tss09", "tss11", "ts03"]),
    says(RateLimited, 96, &["rl000001", "rl000002", "rl000003", "rly b4", "con b1"]),
    says(IpBlocked, 98, &["@bl000000", "bl000001", "hvu b1", "rtr b1", "hvu b2", "dyn t1"]),
    says(NoPtr, 98, &["rtr dns"]),
    says(AuthDmarc, 108, &["cv + fr"]),
    // Microsoft.
    says(IpBlocked, 98, &["sc + 004", "sc + 002", "sc + 003", "dy + 001", "dy + 002", "ou + 001"]),
    says(BadReputation, 96, &["sc + 001", "rp + 001", "rp + 002", "rp + 003"]),
    says(IpBlocklisted, 99, &["s3140", "s3150", "ou + 002"]),
    says(SpamContent, 92, &["cs01"]),
];
