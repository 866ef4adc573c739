//! What providers write instead of words: the labels of their own error pages.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    // GoDaddy.
    says(AuthRejected, 225, "ib401"),
    says(ContentMalformed, 225, "ib501 | ib502"),
    says(SenderRejected, 225, "ib506"),
    says(AuthSpf, 225, "ib508"),
    says(NoPtr, 225, "ib108"),
    says(SpamContent, 225, "ib212"),
    says(Virus, 225, "ib705"),
    says(TooManyRecipients, 225, "ib605"),
    says(TooManyConnections, 225, "ib007"),
    says(RateLimited, 225, "ib101 | ib504 | ib510 | ib607"),
    says(BadReputation, 225, "ib103"),
    says(IpBlocklisted, 225, "ib104 | ib105 | ib106"),
    says(IpBlocked, 225, "ib110 | ib111 | ib112 | ib113"),
    // Cox and Charter.
    says(IpBlocked, 225, "cxbl | cdrbl | aup 1000 | aup 1010 | aup 1020 | aup 1080"),
    says(IpBlocklisted, 225, "ipbl0* | ipbl1* | aup 1200 | aup 1210 | aup 1220 | aup 1250"),
    says(NoPtr, 225, "cxdns | aup 1100 | aup 1150"),
    says(AuthFailed, 225, "cxsndr"),
    says(SenderRejected, 225, "cxsmtp | aup 1500 | aup 1520"),
    says(TooManyConnections, 225, "cxcnct | aup 1300 | aup 1310 | aup 1320 | aup 1330 | aup 1340"),
    says(
        RateLimited,
        225,
        "cxmxrt | cxthrt | cxmj | aup 1350 | aup 1380 | aup 1400 | aup 1440 | aup 1490 | \
         aup 1540 | aup 1580",
    ),
    says(TooManyRecipients, 225, "aup 1550"),
    says(MessageTooLarge, 225, "aup 1530"),
    says(SystemError, 225, "aup 1090"),
    says(Policy, 225, "aup 1160 | aup 1190 | aup 1560"),
    says(SpamContent, 225, "urlbl*"),
    // Facebook.
    says(
        IpBlocked,
        225,
        "pol + p1 | pol + p2 | pol + p3 | pol + p4 | pol + t1 | pol + t2 | pol + t3",
    ),
    says(Virus, 225, "pol + p5"),
    says(SpamContent, 225, "pol + p6"),
    says(AuthFailed, 225, "pol + p7"),
    says(ContentRejected, 225, "msg + p2"),
    says(RecipientRefused, 225, "rcp + p2 | rcp + p3"),
    says(MessageTooLarge, 225, "msg + p1 | int + p2"),
    says(ContentMalformed, 225, "msg + p3"),
    says(SenderRejected, 225, "dns + p1 | dns + p2 | dns + t1"),
    says(NoPtr, 225, "dns + p3 | dns + t2"),
    says(MailboxDisabled, 225, "rcp + t4"),
    says(SystemError, 225, "rcp + t1"),
    says(TooManyConnections, 225, "con + t1 | con + t2 | con + t3"),
    says(TooManyRecipients, 225, "con + t4 | msg + t1"),
    says(MailboxUnknown, 225, "rcp + p1 | int + p1 | int + p3 | int + p4"),
    // Orange and La Poste.
    says(IpBlocklisted, 225, "ofr 102 | lpn 102 | ofr006 102 | lpnaaa 101"),
    says(IpBlocked, 225, "ofr006 103 | lpn 510 | ofr 999"),
    says(TooManyConnections, 225, "ofr005 104 | lpn105 104"),
    says(SenderRejected, 225, "ofr 403 | ofr 405 | ofr 415 | ofr004 405 | lpn105 405 | lpn105 421"),
    says(MailboxUnknown, 225, "ofr 416 | lpn007 416 | lpn416"),
    says(MailboxFull, 225, "ofr 417 | lpn007 417"),
    says(MailboxDisabled, 225, "lpn007 420 | lpn007 426"),
    says(SystemError, 225, "ofr005 505 | lpn007 505"),
    says(SpamContent, 225, "ofr 506 | lpn 506"),
    says(AuthDmarc, 225, "ofr 517 | lpn007 517"),
    says(Policy, 225, "lpn000 630"),
    // NetEase.
    says(IpBlocked, 225, "hl + ipb | hl + ipv | hl + ihu | wm + bli"),
    says(TooManyConnections, 225, "hl + icc"),
    says(
        RateLimited,
        225,
        "mi + dmc | mi + sfq | mi + stc | mi + mtr | hl + ifc | rp + qrc | rp + trc | ru + qrc | \
         qt + rcp",
    ),
    says(BadReputation, 225, "hl + rep | hl + mep"),
    says(SpamContent, 225, "dt + spm | dt + sum | dt + spe | mi + sti"),
    says(SenderRejected, 225, "mi + cea | mi + imf | mi + spm | mi + spb | mi + dib | wm + blu"),
    says(AuthSpf, 225, "mi + spf"),
    says(AuthDmarc, 225, "mi + dma"),
    says(ProtocolError, 225, "mi + cel | mi + ccl | rp + cel | rp + ccl"),
    says(BadHelo, 225, "mi + nhd"),
    says(RelayDenied, 225, "rp + frl"),
    says(TooManyRecipients, 225, "rp + drc | rp + rcl"),
    says(IpBlocklisted, 225, "dt + rbl"),
    // Yahoo, Comcast, AOL.
    says(BadReputation, 225, "tss04 | tss05 | ts01 | ts02 | ts04"),
    says(SenderRejected, 225, "tss09 | tss11 | ts03"),
    says(RateLimited, 225, "rl000001 | rl000002 | rl000003 | rly b1 | rly b4 | dyn t1"),
    says(
        IpBlocked,
        225,
        "@bl000000 | bl000001 | rtr bb | rtr bd | rtr bg | rtr bl | rtr b1 | rtr ch | rtr | \
         rtr ge | rtr sc | con b1 | dyn b1 | rly b2 | rly b3 | rly bd | rly ch | rly ir | rly nw | \
         rly ob | rly sn",
    ),
    says(NoPtr, 225, "rtr dns | rtr rd | dns + nr"),
    says(SpamContent, 225, "hvu b1 | hvu b2"),
    says(SenderRejected, 225, "dns + b1 | dns + b2 | rly cs"),
    says(AuthDmarc, 225, "cv + fr"),
    // Microsoft.
    says(IpBlocked, 225, "sc + 004 | sc + 002 | sc + 003 | dy + 001 | dy + 002 | ou + 001"),
    says(IpBlocklisted, 225, "s3140 | s3150"),
    says(Policy, 225, "cs01"),
    says(SpamContent, 88, "ou + 002 | sc + 001"),
    says(RateLimited, 225, "rp + 001 | rp + 002 | rp + 003"),
    // Response codes of IMAP and POP3. RFC 5530, 2449 and 3206.
    says(TlsRequired, 225, "privacyrequired | logindisabled | plaintext login disabled"),
    says(AuthRejected, 120, "authenticationfailed | authorizationfailed"),
    says(
        SystemError,
        120,
        "serverbug | contactadmin | sys + temp | sys + perm | unavailable + temporar*",
    ),
];
