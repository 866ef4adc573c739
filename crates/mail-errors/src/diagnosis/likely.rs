//! Which reasons a reply code is given for when its words do not say, the likeliest first.

use crate::classify::Reason::{self, *};
use crate::{EnhancedStatusCode, ReplyClass, ReplyCode};

/// The reasons of an enhanced code that says too little for one; empty for every other.
pub(super) const fn by_enhanced(code: EnhancedStatusCode) -> &'static [Reason] {
    match (code.subject(), code.detail()) {
        (1, 0) => &[MailboxUnknown, SenderRejected],
        (2, 0) => &[MailboxDisabled, MailboxFull],
        // Half of what the world refuses carries one of these two.
        (7, 0 | 1) => &[IpBlocklisted, SpamContent, RelayDenied, Policy],
        _ => &[],
    }
}

/// The reasons of a reply code that stands alone; empty when it says no more than its class does.
pub(super) const fn by_code(code: ReplyCode) -> &'static [Reason] {
    match code.get() {
        421 | 451 => &[SystemError, RateLimited, Greylisted],
        450 => &[Greylisted, MailboxFull, SystemError],
        452 => &[MailboxFull, TooManyRecipients, SystemFull],
        454 => &[SystemError, TlsRequired],
        550 => &[MailboxUnknown, DomainUnknown, Policy],
        551 => &[MailboxUnknown, MailboxMoved, RelayDenied, MailboxDisabled, Policy],
        552 => &[MessageTooLarge, MailboxFull],
        553 => &[SenderRejected, AuthRequired, MailboxUnknown, RelayDenied, SpamContent],
        554 => &[SystemError, RoutingLoop, IpBlocklisted, SpamContent],
        _ => match code.class() {
            ReplyClass::Other => &[ProtocolError],
            ReplyClass::PositiveCompletion
            | ReplyClass::PositiveIntermediate
            | ReplyClass::TransientNegative
            | ReplyClass::PermanentNegative => &[],
        },
    }
}

/// A reason as a list of one.
pub(super) fn alone(reason: Reason) -> &'static [Reason] {
    Reason::ALL.get(reason.index()..=reason.index()).unwrap_or_default()
}
