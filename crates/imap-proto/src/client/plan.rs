//! Which commands go out when, RFC 9051 section 5.5.
//!
//! Commands go out in the order in which they were given. Two are in flight together only if
//! neither can change what the other finds or answers, no number in them can be moved by an
//! EXPUNGE, and each answer can be told from the other's: STATUS of several mailboxes, beside one
//! each of LIST, LSUB, NAMESPACE, ID and CAPABILITY, and NOOP. All others go alone.

use mail_sasl::{
    Mechanism,
    client::{Exchange, Identity},
};

use super::Handle;
use crate::{
    CommandBody, FetchAttribute, FetchItem, MailboxName, NumberSet, ResponseText, SearchKey,
    SequenceNumber, SequenceSet, Status, Verb, encode::EncodedCommand,
};

/// A command that waits for its turn.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) handle: Handle,
    pub(super) order: Order,
    /// How many messages had been expunged when it was given.
    pub(super) expunges: u64,
}

/// What the application wants done.
#[derive(Debug)]
pub(super) enum Order {
    Command(CommandBody<'static>),
    LogIn(Identity),
    Authenticate(Mechanism, Identity),
}

/// A command on its way, whose completion is still to come.
#[derive(Debug)]
pub(super) struct InFlight {
    /// The number in its tag.
    pub(super) tag: u64,
    /// Whose it is; the session's own if `None`.
    pub(super) handle: Option<Handle>,
    /// Nobody wants to hear of it any more.
    pub(super) forgotten: bool,
    pub(super) verb: Verb,
    pub(super) asks: Asks,
    pub(super) stage: Stage,
    pub(super) octets: usize,
}

/// How far a command has been sent.
#[derive(Debug)]
pub(super) enum Stage {
    /// Wholly; its completion is awaited.
    Sent,
    /// Up to a literal, for which the server has to say go on. So many pieces are sent.
    Literals { command: EncodedCommand, sent: usize, size: Option<u64> },
    /// The message of an APPEND is being sent; so much is left.
    Body { left: u64, asked: bool, early: Option<Completion> },
    /// An exchange of challenges and responses.
    Sasl(Exchange),
    /// The exchange was given up, and the server has to say so.
    Cancelled,
    /// IDLE is sent.
    Idle { running: bool, ending: Option<Ending> },
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) status: Status,
    pub(super) text: ResponseText<'static>,
}

/// How an IDLE ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// For good.
    Done,
    /// To be begun anew.
    Again,
}

/// What untagged data belongs to a command.
#[derive(Debug)]
pub(super) enum Asks {
    Nothing,
    Capability,
    Enable,
    Id,
    Namespace,
    List {
        with_status: bool,
    },
    Lsub,
    Status(MailboxName<'static>),
    Select,
    Search,
    Fetch {
        uid: bool,
        wanted: Wanted,
        kinds: Kinds,
        /// How many texts of a message it asks for.
        texts: usize,
    },
    Store {
        uid: bool,
        wanted: Wanted,
    },
    Expunge,
    Move,
}

/// The messages that a command is about.
#[derive(Debug)]
pub(super) struct Wanted {
    numbers: NumberSet,
    /// `*` is among them.
    last: bool,
    /// `$`: whatever the server remembers.
    saved: bool,
}

impl Wanted {
    fn new(set: &SequenceSet<'_>) -> Self {
        let is_last = |end| matches!(end, SequenceNumber::Last);
        Self {
            numbers: set.resolve(u32::MAX),
            last: set.ranges().any(|range| is_last(range.first) || is_last(range.last)),
            saved: set.is_saved(),
        }
    }

    /// Tells whether this number, the last one or not, is among them.
    pub(super) fn has(&self, number: u32, is_last: bool) -> bool {
        self.saved || self.numbers.contains(number) || self.last && is_last
    }
}

/// What sorts of things a FETCH asks for, or one of its responses tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u16);

impl Kinds {
    pub(super) const FLAGS: Self = Self(1);
    pub(super) const TEXT: Self = Self(1 << 1);
    const UID: Self = Self(1 << 2);
    const INTERNAL_DATE: Self = Self(1 << 3);
    const SIZE: Self = Self(1 << 4);
    const ENVELOPE: Self = Self(1 << 5);
    const STRUCTURE: Self = Self(1 << 6);
    const BINARY_SIZE: Self = Self(1 << 7);
    const NONE: Self = Self(0);

    const fn of_item(item: &FetchItem<'_>) -> Self {
        match item {
            FetchItem::Flags => Self::FLAGS,
            FetchItem::Uid => Self::UID,
            FetchItem::InternalDate => Self::INTERNAL_DATE,
            FetchItem::Rfc822Size => Self::SIZE,
            FetchItem::Envelope => Self::ENVELOPE,
            FetchItem::Body | FetchItem::BodyStructure => Self::STRUCTURE,
            FetchItem::Rfc822
            | FetchItem::Rfc822Header
            | FetchItem::Rfc822Text
            | FetchItem::Section { .. }
            | FetchItem::Binary { .. } => Self::TEXT,
            FetchItem::BinarySize(_) => Self::BINARY_SIZE,
        }
    }

    pub(super) const fn of(attribute: &FetchAttribute<'_>) -> Self {
        match attribute {
            FetchAttribute::Flags(_) => Self::FLAGS,
            FetchAttribute::Uid(_) => Self::UID,
            FetchAttribute::InternalDate(_) => Self::INTERNAL_DATE,
            FetchAttribute::Rfc822Size(_) => Self::SIZE,
            FetchAttribute::Envelope(_) => Self::ENVELOPE,
            FetchAttribute::Body(_) | FetchAttribute::BodyStructure(_) => Self::STRUCTURE,
            FetchAttribute::Rfc822(_)
            | FetchAttribute::Rfc822Header(_)
            | FetchAttribute::Rfc822Text(_)
            | FetchAttribute::Section { .. }
            | FetchAttribute::Binary { .. } => Self::TEXT,
            FetchAttribute::BinarySize { .. } => Self::BINARY_SIZE,
            FetchAttribute::Other { .. } => Self::NONE,
        }
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn has(self, any_of: Self) -> bool {
        self.0 & any_of.0 != 0
    }
}

impl Asks {
    pub(super) fn of(body: &CommandBody<'static>) -> Self {
        match body {
            CommandBody::Capability => Self::Capability,
            CommandBody::Enable(_) => Self::Enable,
            CommandBody::Id(_) => Self::Id,
            CommandBody::Namespace => Self::Namespace,
            CommandBody::List(list) => Self::List { with_status: !list.give.status.is_empty() },
            CommandBody::Lsub { .. } => Self::Lsub,
            CommandBody::Status { mailbox, .. } => Self::Status(mailbox.clone()),
            CommandBody::Select(_) | CommandBody::Examine(_) => Self::Select,
            CommandBody::Search(_) => Self::Search,
            CommandBody::Fetch { uid, set, items } => {
                let is_text = |item: &FetchItem<'_>| Kinds::of_item(item) == Kinds::TEXT;
                let texts = items.iter().filter(is_text).count();
                let kinds = items.iter().map(|item| Kinds::of_item(&item));
                let kinds = kinds.fold(Kinds::default(), Kinds::and);
                Self::Fetch { uid: *uid, wanted: Wanted::new(set), kinds, texts }
            }
            CommandBody::Store { uid, set, silent: false, .. } => {
                Self::Store { uid: *uid, wanted: Wanted::new(set) }
            }
            CommandBody::Expunge | CommandBody::UidExpunge(_) => Self::Expunge,
            CommandBody::Move { .. } => Self::Move,
            CommandBody::Noop
            | CommandBody::Logout
            | CommandBody::StartTls
            | CommandBody::Login(_)
            | CommandBody::Authenticate(_)
            | CommandBody::Create(_)
            | CommandBody::Delete(_)
            | CommandBody::Rename { .. }
            | CommandBody::Subscribe(_)
            | CommandBody::Unsubscribe(_)
            | CommandBody::Append(_)
            | CommandBody::Idle
            | CommandBody::Check
            | CommandBody::Close
            | CommandBody::Unselect
            | CommandBody::Store { silent: true, .. }
            | CommandBody::Copy { .. } => Self::Nothing,
        }
    }

    /// Tells whether these answers could be taken for those.
    fn mixes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Status(one), Self::Status(other)) => one == other,
            (Self::Status(_), Self::List { with_status })
            | (Self::List { with_status }, Self::Status(_)) => *with_status,
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }
}

impl InFlight {
    /// Tells whether a harmless command that asks for this may go out beside it.
    pub(super) fn goes_with(&self, verb: Verb, asks: &Asks) -> bool {
        let both_nothing = self.verb == Verb::Noop || verb == Verb::Noop;
        matches!(self.stage, Stage::Sent)
            && is_harmless(self.verb)
            && (both_nothing || !self.asks.mixes_with(asks))
    }

    /// Tells whether the server has been asked for a continuation request.
    pub(super) const fn awaits_continuation(&self) -> bool {
        match &self.stage {
            Stage::Literals { .. } | Stage::Sasl(_) | Stage::Idle { running: false, .. } => true,
            Stage::Sent | Stage::Body { .. } | Stage::Cancelled | Stage::Idle { .. } => false,
        }
    }
}

/// Commands that change nothing and name no message.
pub(super) const fn is_harmless(verb: Verb) -> bool {
    match verb {
        Verb::Capability
        | Verb::Noop
        | Verb::Id
        | Verb::List
        | Verb::Lsub
        | Verb::Namespace
        | Verb::Status => true,
        Verb::Logout
        | Verb::StartTls
        | Verb::Login
        | Verb::Authenticate
        | Verb::Enable
        | Verb::Select
        | Verb::Examine
        | Verb::Create
        | Verb::Delete
        | Verb::Rename
        | Verb::Subscribe
        | Verb::Unsubscribe
        | Verb::Append
        | Verb::Idle
        | Verb::Check
        | Verb::Close
        | Verb::Unselect
        | Verb::Expunge
        | Verb::UidExpunge
        | Verb::Search
        | Verb::Fetch
        | Verb::Store
        | Verb::Copy
        | Verb::Move => false,
    }
}

/// Tells whether the command names messages by sequence numbers.
pub(super) fn is_by_number(body: &CommandBody<'_>) -> bool {
    if let CommandBody::Search(search) = body {
        return search.query.tests().any(|key| matches!(key, SearchKey::Sequence(_)));
    }
    matches!(
        body,
        CommandBody::Fetch { uid: false, .. }
            | CommandBody::Store { uid: false, .. }
            | CommandBody::Copy { uid: false, .. }
            | CommandBody::Move { uid: false, .. }
    )
}

/// Returns the capability without which the command must not be sent, if there is one. IMAP4rev2
/// has them all.
pub(super) const fn needs(body: &CommandBody<'_>) -> Option<&'static str> {
    match body.verb() {
        Verb::Idle => Some("IDLE"),
        Verb::Id => Some("ID"),
        Verb::Unselect => Some("UNSELECT"),
        Verb::UidExpunge => Some("UIDPLUS"),
        Verb::Move => Some("MOVE"),
        Verb::Namespace => Some("NAMESPACE"),
        Verb::Enable => Some("ENABLE"),
        Verb::Capability
        | Verb::Noop
        | Verb::Logout
        | Verb::StartTls
        | Verb::Login
        | Verb::Authenticate
        | Verb::Select
        | Verb::Examine
        | Verb::Create
        | Verb::Delete
        | Verb::Rename
        | Verb::Subscribe
        | Verb::Unsubscribe
        | Verb::List
        | Verb::Lsub
        | Verb::Status
        | Verb::Append
        | Verb::Check
        | Verb::Close
        | Verb::Expunge
        | Verb::Search
        | Verb::Fetch
        | Verb::Store
        | Verb::Copy => None,
    }
}
