//! The store's values as those of the wire, and back.

use std::num::NonZeroU32;

use imap_proto::{
    Code, DateTime, Flag, Flags, MailboxName, NameForm, NumberSet, PlainCode, ResponseText,
    StatusItem, StatusItems, StatusValue, StatusValues, StoreAction, UidSet,
};

use crate::store::{self, InternalDate, Keyword, MailboxStatus, StoreError, SystemFlag, Uid};

/// The flags as they stand on the wire.
pub(in crate::office) fn wire_flags(flags: &store::Flags) -> Flags<'static> {
    let system = flags.system().map(|flag| match flag {
        SystemFlag::Answered => Flag::Answered,
        SystemFlag::Flagged => Flag::Flagged,
        SystemFlag::Deleted => Flag::Deleted,
        SystemFlag::Seen => Flag::Seen,
        SystemFlag::Draft => Flag::Draft,
    });
    let keywords = flags.keywords().iter().filter_map(|word| Flag::new(word.as_str()).ok());
    Flags::new(system.chain(keywords))
}

/// All flags that a message may have here, and that last.
pub(super) fn all_flags() -> (Flags<'static>, Flags<'static>) {
    const SYSTEM: [Flag<'static>; 5] =
        [Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Seen, Flag::Draft];
    (Flags::new(SYSTEM), Flags::new(SYSTEM.into_iter().chain([Flag::Any])))
}

/// The flags that the store keeps; `None` if there are too many keywords, or one is too long.
/// Flags that cannot be set are passed over.
pub(super) fn stored_flags(flags: &Flags<'_>) -> Option<store::Flags> {
    let mut stored = store::Flags::default();
    for flag in flags.iter() {
        match flag {
            Flag::Answered => stored.insert(SystemFlag::Answered),
            Flag::Flagged => stored.insert(SystemFlag::Flagged),
            Flag::Deleted => stored.insert(SystemFlag::Deleted),
            Flag::Seen => stored.insert(SystemFlag::Seen),
            Flag::Draft => stored.insert(SystemFlag::Draft),
            Flag::Recent | Flag::Any | Flag::System(_) => {}
            Flag::Keyword(name) => {
                let keyword = Keyword::new(std::str::from_utf8(name.as_bytes()).ok()?)?;
                if !stored.insert_keyword(keyword) {
                    return None;
                }
            }
        }
    }
    Some(stored)
}

/// What a STORE asks for.
pub(super) fn change(action: StoreAction, flags: store::Flags) -> store::FlagChange {
    match action {
        StoreAction::Replace => store::FlagChange::Replace(flags),
        StoreAction::Add => store::FlagChange::Add(flags),
        StoreAction::Remove => store::FlagChange::Remove(flags),
    }
}

/// The name as the store keeps it.
pub(super) fn stored_name(name: &MailboxName<'_>) -> Option<store::MailboxName> {
    let text = name.to_utf8(NameForm::Utf7)?;
    store::MailboxName::parse(text.strip_suffix('/').unwrap_or(&text)).ok()
}

/// The name as it stands on the wire.
pub(super) fn wire_name(name: &store::MailboxName) -> Option<MailboxName<'static>> {
    MailboxName::from_utf8(name.as_str(), NameForm::Utf7).ok().map(MailboxName::into_owned)
}

/// The date as it stands on the wire.
pub(super) fn wire_date(date: InternalDate) -> Option<DateTime> {
    DateTime::from_unix_seconds(date.time().seconds(), date.offset()).ok()
}

/// The date as the store keeps it.
pub(super) fn stored_date(date: DateTime) -> Option<InternalDate> {
    InternalDate::new(store::UnixTime::new(date.to_unix_seconds()), date.zone())
}

/// The UIDs of the wire as the store's.
pub(super) fn stored_uids(uids: impl IntoIterator<Item = u32>) -> Vec<Uid> {
    uids.into_iter().filter_map(Uid::new).collect()
}

/// UIDs in their order, for APPENDUID and COPYUID.
pub(super) fn uid_set(uids: impl IntoIterator<Item = Uid>) -> Option<UidSet<'static>> {
    let numbers = uids.into_iter().filter_map(|uid| NonZeroU32::new(uid.number()));
    UidSet::in_order(numbers).ok()
}

/// The answers of a STATUS.
pub(super) fn status(items: StatusItems, status: &MailboxStatus) -> StatusValues<'static> {
    let value = |item| {
        let number = match item {
            StatusItem::Messages => status.messages,
            StatusItem::Recent => status.recent,
            StatusItem::UidNext => status.uid_next?.number().into(),
            StatusItem::UidValidity => status.uid_validity.number().into(),
            StatusItem::Unseen => status.unseen,
            StatusItem::Deleted => status.deleted,
            StatusItem::Size => status.size,
            StatusItem::HighestModSeq => status.highest_modseq.number(),
            _ => return None,
        };
        Some(StatusValue::Known(item, number))
    };
    StatusValues::new(items.iter().filter_map(value))
}

/// A refusal with a code.
pub(super) fn no(code: PlainCode, text: &'static str) -> ResponseText<'static> {
    ResponseText::new(Some(Code::Plain(code)), text).expect("the text is plain")
}

/// What to say of a failure of the store. `missing` is the code for a mailbox that is not there:
/// TRYCREATE where it is a target (RFC 9051 §7.1), else NONEXISTENT.
pub(super) fn trouble(error: &StoreError, missing: Code<'static>) -> ResponseText<'static> {
    match error {
        StoreError::NotFound { .. } => {
            ResponseText::new(Some(missing), "there is no such mailbox").expect("the text is plain")
        }
        StoreError::Exists { .. } => no(PlainCode::AlreadyExists, "there is one of this name"),
        StoreError::OverQuota { .. } => no(PlainCode::OverQuota, "the account is full"),
        StoreError::Busy { .. } => no(PlainCode::InUse, "it is in use, try again"),
        StoreError::Conflict { .. } => no(PlainCode::Cannot, "that cannot be done"),
        StoreError::TooMany { .. } => no(PlainCode::Limit, "there are too many"),
        _ => {
            tracing::warn!(%error, "the store failed");
            no(PlainCode::Unavailable, "try again later")
        }
    }
}

/// Sets of UIDs, a few hundred at a time, so that no query of the store grows with the mailbox.
pub(super) fn batches(uids: &NumberSet) -> impl Iterator<Item = Vec<Uid>> + use<> {
    const BATCH: usize = 500;
    let all = stored_uids(uids.iter());
    let count = all.len().div_ceil(BATCH);
    (0..count).map(move |nth| all.iter().skip(nth * BATCH).take(BATCH).copied().collect())
}
