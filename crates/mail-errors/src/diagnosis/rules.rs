//! Which causes a code leaves open, most likely first.

use crate::{EnhancedStatusCode, ReplyClass, ReplyCode};

use super::Cause::{self, *};

/// The causes of an enhanced code. RFC 3463 3.2 to 3.8, and what was registered since; empty when
/// the code says no more than its class does.
pub(super) const fn by_enhanced(code: EnhancedStatusCode) -> &'static [Cause] {
    match (code.subject(), code.detail()) {
        (1, 0) => &[MailboxUnknown, SenderRefused],
        (1, 2) => &[DomainUnknown, ReceiverDns],
        (1, 3) => &[AddressMalformed],
        // RFC 7293: the mailbox or the domain has another owner than the sender knew.
        (1, 6) | (7, 17 | 18) => &[MailboxMoved],
        (1, 7 | 8) => &[SenderRefused],
        // RFC 7505 4.1.
        (1, 10) => &[DomainTakesNoMail],
        (1, _) => &[MailboxUnknown],
        (2, 0) => &[MailboxDisabled, MailboxFull],
        (2, 1) => &[MailboxDisabled, MailboxUnknown],
        (2, 2) => &[MailboxFull],
        (2, 3) | (3, 4) | (7, 16) => &[MessageTooLarge],
        (2, _) => &[ReceiverTrouble],
        (3, 3) => &[ProtocolMismatch],
        (3, _) => &[ReceiverTrouble],
        (4, 3) => &[ReceiverDns],
        (4, 4) => &[DomainUnknown, ReceiverDns],
        (4, 5) => &[ReceiverTrouble, TooMuchMail],
        (4, 6) => &[RoutingLoop],
        (4, 7) => &[DeliveryExpired],
        (4, _) => &[NetworkTrouble, ReceiverTrouble],
        (5, 0) => &[],
        (5, 3) => &[TooManyRecipients],
        (5, _) => &[ProtocolMismatch],
        (6, 0) => &[ContentRefused],
        (6, _) => &[ContentUnsupported, ContentRefused],
        // Half of what the world refuses carries one of these two.
        (7, 0 | 1) => &[ClientBlocked, SpamSuspected, RelayDenied, AccessDenied],
        (7, 8 | 9 | 12) => &[CredentialsRefused],
        (7, 4 | 10 | 11 | 30) => &[TlsRequired],
        // RFC 5248 2.4 means the account that authenticates; servers say it of recipients too.
        (7, 13) => &[CredentialsRefused, MailboxDisabled],
        (7, 15 | 28) => &[TooMuchMail],
        (7, 20..=24 | 26 | 29) => &[SenderUnverified],
        (7, 25) => &[NoReverseName],
        (7, 27) => &[SenderRefused],
        (7, _) => &[AccessDenied],
        _ => &[],
    }
}

/// The causes of a reply code that stands alone; empty when it says no more than its class does.
pub(super) const fn by_code(code: ReplyCode) -> &'static [Cause] {
    match code.get() {
        421 | 451 => &[ReceiverTrouble, TooMuchMail, Greylisted],
        450 => &[Greylisted, MailboxFull, ReceiverTrouble],
        452 => &[MailboxFull, TooManyRecipients, ReceiverTrouble],
        454 => &[ReceiverTrouble, TlsRequired],
        500..=504 | 555 => &[ProtocolMismatch],
        521 | 556 => &[DomainTakesNoMail],
        523 | 538 => &[TlsRequired],
        530 => &[AuthenticationRequired, TlsRequired],
        432 | 534 | 535 => &[CredentialsRefused],
        550 => &[MailboxUnknown, DomainUnknown, ReceiverDns, AccessDenied],
        551 => &[NotServedHere, ServiceEnded, AccessDenied],
        552 => &[MessageTooLarge, MailboxFull],
        553 => &[SenderRefused, AuthenticationRequired, NotServedHere, SpamSuspected],
        554 => &[ReceiverTrouble, ForwardingFailed, ClientBlocked, SpamSuspected],
        _ => match code.class() {
            ReplyClass::Other => &[ProtocolMismatch],
            ReplyClass::PositiveCompletion
            | ReplyClass::PositiveIntermediate
            | ReplyClass::TransientNegative
            | ReplyClass::PermanentNegative => &[],
        },
    }
}

/// Tells whether a reply code says who is not accepted, the recipient (551) or the sender (553),
/// which is more than an enhanced code says that leaves everything open. RFC 5321 3.4 and 4.2.3.
pub(super) const fn says_whom(code: ReplyCode) -> bool {
    matches!(code.get(), 551 | 553)
}
