//! What codes say without words, and how much that is worth.
//!
//! Codes are poor witnesses: `550 5.7.1` is given for more than a dozen reasons. So a code seldom
//! decides alone; it adds to what the words say.

use crate::{EnhancedClass, EnhancedStatusCode, ReplyCode};

use crate::classify::Reason::{self, *};

/// What an enhanced code speaks for, and how strongly. RFC 3463 3.2 to 3.8, what was registered
/// since, and what servers mean by it.
pub(in crate::classify) const fn enhanced(code: EnhancedStatusCode) -> &'static [(Reason, u8)] {
    match (code.subject(), code.detail()) {
        (1, 0) => &[(MailboxUnknown, 20), (SenderRejected, 15)],
        (1, 1) => &[(MailboxUnknown, 42)],
        (1, 2) => &[(DomainUnknown, 42)],
        (1, 3) => &[(MailboxUnknown, 36)],
        (1, 4 | 5 | 9) => &[(MailboxUnknown, 30)],
        (1, 6) => &[(MailboxMoved, 45)],
        (1, 7 | 8) => &[(SenderRejected, 55)],
        // RFC 7505 4.1.
        (1, 10) => &[(DomainNoMail, 60)],
        // Exchange: addresses that do not resolve.
        (1, 11..=20 | 351) => &[(MailboxUnknown, 36)],
        (2, 0) => &[(MailboxDisabled, 12), (MailboxFull, 8)],
        (2, 1) => &[(MailboxDisabled, 33)],
        (2, 2) => &[(MailboxFull, 58)],
        (2, 3) => &[(MessageTooLarge, 58)],
        (2, 4) => &[(SystemError, 35)],
        (3, 0) => &[(SystemError, 25)],
        (3, 1) => &[(SystemFull, 50)],
        (3, 2) => &[(SystemError, 38)],
        (3, 3) => &[(ProtocolError, 35)],
        (3, 4) => &[(MessageTooLarge, 60)],
        (3, _) => &[(SystemError, 36)],
        (4, 0) => &[(Network, 15), (SystemError, 12)],
        (4, 1) => &[(Network, 32)],
        (4, 2) => &[(Network, 34)],
        (4, 3) => &[(SystemError, 32)],
        (4, 4) => &[(DomainUnknown, 30)],
        (4, 5) => &[(SystemError, 30), (RateLimited, 20)],
        (4, 6) => &[(RoutingLoop, 60)],
        (4, 7) => &[(Expired, 60)],
        (4, 14) => &[(RoutingLoop, 60)],
        (4, 310 | 312) => &[(DomainUnknown, 50)],
        (4, 316) => &[(Expired, 40)],
        (4, _) => &[(Network, 20)],
        (5, 0) => &[],
        (5, 3) => &[(TooManyRecipients, 55)],
        (5, 6) => &[(ProtocolError, 35)],
        (5, _) => &[(ProtocolError, 33)],
        (6, 0) => &[(ContentMalformed, 20), (ContentRejected, 20)],
        (6, 3 | 7 | 8 | 9 | 10) => &[(EncodingUnsupported, 32)],
        (6, _) => &[(ContentMalformed, 32)],
        (7, 0) => &[(Policy, 20)],
        // A policy that is for now is mostly one for those who are new.
        (7, 1) if matches!(code.class(), EnhancedClass::Transient) => {
            &[(Greylisted, 30), (Policy, 8)]
        }
        (7, 1) => &[(Policy, 22)],
        (7, 2) => &[(RecipientRefused, 30)],
        (7, 4 | 5 | 10 | 11 | 30) => &[(TlsRequired, 40)],
        (7, 8) => &[(AuthRejected, 55)],
        (7, 9) => &[(AuthRejected, 26), (AuthFailed, 20)],
        (7, 3 | 12 | 14) => &[(AuthRejected, 30)],
        (7, 13) => &[(MailboxDisabled, 34)],
        (7, 15 | 28) => &[(RateLimited, 50)],
        (7, 16) => &[(MessageTooLarge, 40)],
        (7, 17) => &[(MailboxMoved, 45)],
        (7, 18) => &[(MailboxMoved, 45)],
        // RFC 7372 3.
        (7, 20..=22) => &[(AuthDkim, 60)],
        (7, 23 | 24) => &[(AuthSpf, 60)],
        (7, 25) => &[(NoPtr, 60)],
        (7, 26 | 29) => &[(AuthFailed, 55)],
        (7, 27) => &[(SenderRejected, 55)],
        (7, 57) => &[(AuthRequired, 50)],
        (7, 509) => &[(AuthDmarc, 55)],
        (7, _) => &[(Policy, 32)],
        _ => &[],
    }
}

/// What a reply code speaks for, and how strongly.
pub(in crate::classify) const fn basic(code: ReplyCode) -> &'static [(Reason, u8)] {
    match code.get() {
        421 => &[(SystemError, 18), (RateLimited, 8), (TooManyConnections, 6)],
        432 => &[(AuthRejected, 25)],
        441 => &[(Network, 25)],
        442 => &[(Network, 25)],
        446 => &[(RoutingLoop, 40)],
        447 => &[(Expired, 40)],
        450 => &[(Greylisted, 8), (MailboxFull, 4), (SystemError, 8)],
        451 => &[(SystemError, 16), (Greylisted, 8)],
        452 => &[(MailboxFull, 12), (SystemFull, 14), (TooManyRecipients, 12), (RateLimited, 4)],
        454 => &[(TlsRequired, 24), (AuthRejected, 10)],
        455 => &[(ProtocolError, 25)],
        500..=504 | 555 => &[(ProtocolError, 32)],
        // Courier.
        517 => &[(SenderRejected, 45)],
        521 | 556 => &[(DomainNoMail, 40)],
        523 => &[(MessageTooLarge, 34)],
        524 => &[(SystemError, 10)],
        525 => &[(MailboxDisabled, 16)],
        530 => &[(AuthRequired, 36)],
        533 | 534 => &[(AuthRejected, 28)],
        535 => &[(AuthRejected, 45)],
        538 => &[(TlsRequired, 45)],
        550 => &[(MailboxUnknown, 14), (Policy, 4)],
        551 => &[(MailboxUnknown, 16), (RelayDenied, 16)],
        552 => &[(MessageTooLarge, 24), (MailboxFull, 20)],
        553 => &[(SenderRejected, 10), (MailboxUnknown, 10), (RelayDenied, 6)],
        554 => &[(Policy, 6), (SystemError, 4), (SpamContent, 4)],
        571 | 570 => &[(Policy, 16)],
        _ => &[],
    }
}
