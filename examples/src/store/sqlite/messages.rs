//! Messages in SQLite.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::bodies::{CHUNK, Contents, Staged, StoredBody};
use super::failure::Failure;
use super::{SqliteStore, bodies, directory, int, listed, mailboxes, uid, uint};
use crate::store::{
    AccountId, Arrival, Body, Copied, ExpungeRule, Expunged, FlagChange, Flags, FlagsChanged,
    InternalDate, Keyword, MailboxId, MailboxName, MailboxView, Maildrop, MaildropLock,
    MaildropMessage, MessageEntry, MessageId, Messages, ModSeq, Moved, Noun, Spooled, StoreError,
    Uid, UidValidity, UnixTime,
};

impl Messages for SqliteStore {
    fn view(&self, mailbox: MailboxId) -> Result<MailboxView, StoreError> {
        self.readers.run(|connection| {
            let status = mailboxes::status(connection, mailbox)?;
            let first_recent = first_recent(connection, mailbox)?;
            let mut query = connection.prepare_cached(ALL)?;
            let entries = query.query_and_then([int(mailbox.number())], entry)?;
            Ok(MailboxView { status, first_recent, messages: entries.collect::<Result<_, _>>()? })
        })
    }

    fn range(
        &self,
        mailbox: MailboxId,
        uids: RangeInclusive<Uid>,
        most: usize,
    ) -> Result<Vec<MessageEntry>, StoreError> {
        self.readers.run(|connection| {
            exists(connection, mailbox)?;
            let (from, to) = (uids.start().number(), uids.end().number());
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let mut query = connection.prepare_cached(RANGE)?;
            let entries =
                query.query_and_then(params![int(mailbox.number()), from, to, most], entry)?;
            entries.collect()
        })
    }

    fn listed(&self, mailbox: MailboxId, uids: &[Uid]) -> Result<Vec<MessageEntry>, StoreError> {
        self.readers.run(|connection| {
            exists(connection, mailbox)?;
            select(connection, mailbox, uids)
        })
    }

    fn claim_recent(&self, mailbox: MailboxId) -> Result<Option<Uid>, StoreError> {
        let look = |connection: &Connection| {
            exists(connection, mailbox)?;
            first_recent(connection, mailbox)
        };
        // Most of the time there is nothing to claim, and nothing to sync.
        if self.readers.run(look)?.is_none() {
            return Ok(None);
        }
        self.writer.run(move |connection| {
            exists(connection, mailbox)?;
            let first = first_recent(connection, mailbox)?;
            connection
                .prepare_cached("UPDATE mailbox SET recent_from = uid_next WHERE id = ?1")?
                .execute([int(mailbox.number())])?;
            Ok(first)
        })
    }

    fn append(
        &self,
        mailbox: MailboxId,
        message: &Spooled,
        flags: &Flags,
        date: InternalDate,
    ) -> Result<Arrival, StoreError> {
        let flags = flags.clone();
        self.with_body(message, move |connection, staged| {
            // Before the body is written, so that nothing is written for a mailbox that is gone.
            exists(connection, mailbox)?;
            let (id, size) = Contents::new(connection, staged).behind(&Bytes::new())?;
            put(connection, mailbox, &NewMessage { id, size, date, flags })
        })
    }

    fn change_flags(
        &self,
        mailbox: MailboxId,
        uids: &[Uid],
        change: &FlagChange,
    ) -> Result<FlagsChanged, StoreError> {
        let (uids, change) = (uids.to_vec(), change.clone());
        self.writer.run(move |connection| {
            exists(connection, mailbox)?;
            let mut answer = FlagsChanged::default();
            for mut entry in select(connection, mailbox, &uids)? {
                let flags = entry.flags.changed(&change).ok_or_else(too_many_keywords)?;
                // RFC 7162 3.1.3: a change that changes nothing gives no new mod-sequence.
                if flags == entry.flags {
                    answer.unchanged.push(entry);
                } else {
                    entry.flags = flags;
                    answer.changed.push(entry);
                }
            }
            if answer.changed.is_empty() {
                return Ok(answer);
            }
            let modseq = next_modseq(connection, mailbox)?;
            let mut update = connection.prepare_cached(
                "UPDATE message SET flags = ?3, keywords = ?4, modseq = ?5
                 WHERE mailbox = ?1 AND uid = ?2",
            )?;
            for entry in &mut answer.changed {
                entry.modseq = modseq;
                update.execute(params![
                    int(mailbox.number()),
                    entry.uid.number(),
                    entry.flags.bits(),
                    keywords(&entry.flags),
                    int(modseq.number()),
                ])?;
            }
            Ok(answer)
        })
    }

    fn copy(&self, from: MailboxId, uids: &[Uid], to: MailboxId) -> Result<Copied, StoreError> {
        let uids = uids.to_vec();
        self.writer.run(move |connection| {
            account(connection, from)?;
            let entries = select(connection, from, &uids)?;
            copy(connection, entries, to, true)
        })
    }

    fn move_to(&self, from: MailboxId, uids: &[Uid], to: MailboxId) -> Result<Moved, StoreError> {
        let uids = uids.to_vec();
        self.writer.run(move |connection| {
            let same_account = account(connection, from)? == account(connection, to)?;
            let entries = select(connection, from, &uids)?;
            // Those that were copied and no others, should the target be the source.
            let found: Vec<Uid> = entries.iter().map(|entry| entry.uid).collect();
            let copied = copy(connection, entries, to, !same_account)?;
            let expunged = delete(connection, from, Some((&found, ExpungeRule::All)))?;
            Ok(Moved { copied, expunged })
        })
    }

    fn expunge(
        &self,
        mailbox: MailboxId,
        uids: &[Uid],
        rule: ExpungeRule,
    ) -> Result<Expunged, StoreError> {
        let uids = uids.to_vec();
        self.writer.run(move |connection| {
            exists(connection, mailbox)?;
            delete(connection, mailbox, Some((&uids, rule)))
        })
    }

    fn headers(
        &self,
        mailbox: MailboxId,
        uids: &[Uid],
        most: usize,
    ) -> Result<Vec<(Uid, Bytes)>, StoreError> {
        self.readers.run(|connection| {
            exists(connection, mailbox)?;
            let most_octets = i64::try_from(most).unwrap_or(i64::MAX);
            let mut query = connection.prepare_cached(HEADERS)?;
            let chunk = int(CHUNK as u64);
            let mut rows =
                query.query(params![int(mailbox.number()), listed(uids), most_octets, chunk])?;
            let mut headers: Vec<(Uid, Vec<u8>)> = Vec::new();
            while let Some(row) = rows.next()? {
                let uid = uid(row.get(0)?)?;
                let trace = row.get_ref(1)?.as_blob().map_err(Failure::corrupt)?;
                let data = row.get_ref(2)?.as_blob_or_null().map_err(Failure::corrupt)?;
                if headers.last().is_none_or(|(last, _)| *last != uid) {
                    headers.push((uid, trace.to_vec()));
                }
                if let Some((_, header)) = headers.last_mut() {
                    header.extend_from_slice(data.unwrap_or_default());
                    header.truncate(most);
                }
            }
            Ok(headers.into_iter().map(|(uid, header)| (uid, header.into())).collect())
        })
    }

    fn open_body(&self, message: MessageId) -> Result<Box<dyn Body>, StoreError> {
        Ok(Box::new(StoredBody::open(&self.readers, &self.pins, message)?))
    }

    fn short(&self, messages: &[MessageId], most: usize) -> Result<Vec<Bytes>, StoreError> {
        bodies::short(&self.readers, messages, most)
    }

    fn lock_maildrop(&self, account: AccountId) -> Result<MaildropLock, StoreError> {
        let mut held = self.maildrops.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.insert(account) {
            return Err(StoreError::Busy { what: Noun::Maildrop });
        }
        drop(held);
        Ok(MaildropLock::new(HeldMaildrop { all: Arc::clone(&self.maildrops), account }))
    }

    fn maildrop(&self, account: AccountId) -> Result<Maildrop, StoreError> {
        self.readers.run(|connection| {
            let inbox = mailboxes::find(connection, account, &MailboxName::inbox())?;
            let (mailbox, _) = inbox.ok_or(Failure::not_found(Noun::Account))?;
            let uid_validity = mailboxes::status(connection, mailbox)?.uid_validity;
            let mut query = connection.prepare_cached(
                "SELECT uid, content, size FROM message WHERE mailbox = ?1 ORDER BY uid",
            )?;
            let messages = query.query_and_then([int(mailbox.number())], |row| {
                Ok::<_, Failure>(MaildropMessage {
                    uid: uid(row.get(0)?)?,
                    id: MessageId::new(uint(row.get(1)?)),
                    size: uint(row.get(2)?),
                })
            })?;
            let messages = messages.collect::<Result<_, _>>()?;
            Ok(Maildrop { mailbox, uid_validity, messages })
        })
    }
}

impl SqliteStore {
    /// Runs work that refers to a message. What a long one left behind when the work failed is
    /// swept when the pin goes.
    pub(super) fn with_body<T: Send + 'static>(
        &self,
        message: &Spooled,
        work: impl FnOnce(&Connection, &Staged) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let staged = Staged::new(&self.writer, &self.pins, message)?;
        self.writer.run(move |connection| work(connection, &staged))
    }
}

/// Takes itself out of the maildrops that are locked.
struct HeldMaildrop {
    all: Arc<Mutex<HashSet<AccountId>>>,
    account: AccountId,
}

impl Drop for HeldMaildrop {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.account);
    }
}

/// What becomes a message when it is put into a mailbox.
#[derive(Debug)]
pub(super) struct NewMessage {
    pub(super) id: MessageId,
    pub(super) size: u64,
    pub(super) date: InternalDate,
    pub(super) flags: Flags,
}

/// Puts one message into a mailbox, if the quota allows.
pub(super) fn put(
    connection: &Connection,
    mailbox: MailboxId,
    message: &NewMessage,
) -> Result<Arrival, Failure> {
    let room = Room::take(connection, mailbox, 1)?;
    room.ask_quota(connection, message.size)?;
    let entry = MessageEntry {
        uid: room.uid(0)?,
        id: message.id,
        size: message.size,
        date: message.date,
        flags: message.flags.clone(),
        modseq: room.modseq,
    };
    insert(connection, mailbox, &entry)?;
    Ok(Arrival { account: room.account, mailbox, uid_validity: room.uid_validity, entry })
}

/// Removes messages: those named, by the rule, or all.
pub(super) fn delete(
    connection: &Connection,
    mailbox: MailboxId,
    which: Option<(&[Uid], ExpungeRule)>,
) -> Result<Expunged, Failure> {
    let key = int(mailbox.number());
    let gone = |row: &Row<'_>| uid(row.get(0)?);
    let mut uids: Vec<Uid> = match which {
        None => connection
            .prepare_cached("DELETE FROM message WHERE mailbox = ?1 RETURNING uid")?
            .query_and_then([key], gone)?
            .collect::<Result<_, _>>()?,
        Some((uids, rule)) => connection
            .prepare_cached(
                "DELETE FROM message WHERE mailbox = ?1
                 AND uid IN (SELECT value FROM json_each(?2)) AND (?3 OR (flags & 8) <> 0)
                 RETURNING uid",
            )?
            .query_and_then(params![key, listed(uids), rule == ExpungeRule::All], gone)?
            .collect::<Result<_, _>>()?,
    };
    uids.sort_unstable();
    let modseq = if uids.is_empty() { None } else { Some(next_modseq(connection, mailbox)?) };
    Ok(Expunged { uids, modseq })
}

/// Consecutive UIDs that were taken out of a mailbox.
struct Room {
    account: AccountId,
    uid_validity: UidValidity,
    first: i64,
    modseq: ModSeq,
}

impl Room {
    fn take(connection: &Connection, mailbox: MailboxId, count: usize) -> Result<Self, Failure> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let mut update = connection.prepare_cached(
            "UPDATE mailbox SET uid_next = uid_next + ?2, modseq = modseq + 1
             WHERE id = ?1 AND selectable
             RETURNING account, uid_validity, uid_next - ?2, modseq",
        )?;
        let mut taken = update.query_and_then(params![int(mailbox.number()), count], |row| {
            let uid_validity = u32::try_from(row.get::<_, i64>(1)?).ok().and_then(UidValidity::new);
            Ok(Self {
                account: directory::account_id(row, 0)?,
                uid_validity: uid_validity.ok_or_else(|| Failure::corrupt("a UIDVALIDITY"))?,
                first: row.get(2)?,
                modseq: ModSeq::new(uint(row.get(3)?)),
            })
        })?;
        taken.next().ok_or(Failure::not_found(Noun::Mailbox))?
    }

    fn uid(&self, at: usize) -> Result<Uid, Failure> {
        let number = i64::try_from(at).ok().and_then(|at| self.first.checked_add(at));
        let number = number.and_then(|number| u32::try_from(number).ok());
        number.and_then(Uid::new).ok_or_else(Failure::numbers_used_up)
    }

    fn ask_quota(&self, connection: &Connection, more: u64) -> Result<(), Failure> {
        let usage = directory::usage(connection, self.account)?;
        match usage.quota {
            Some(quota) if !usage.has_room(more) => {
                let needed = usage.used.saturating_add(more);
                Err(StoreError::OverQuota { account: self.account, quota, needed }.into())
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn copy(
    connection: &Connection,
    entries: Vec<MessageEntry>,
    to: MailboxId,
    ask_quota: bool,
) -> Result<Copied, Failure> {
    let room = Room::take(connection, to, entries.len())?;
    if ask_quota {
        let more = entries.iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.size));
        room.ask_quota(connection, more)?;
    }
    let mut pairs = Vec::with_capacity(entries.len());
    for (at, entry) in entries.into_iter().enumerate() {
        let copy = MessageEntry { uid: room.uid(at)?, modseq: room.modseq, ..entry };
        insert(connection, to, &copy)?;
        pairs.push((entry.uid, copy));
    }
    Ok(Copied { uid_validity: room.uid_validity, pairs })
}

fn insert(
    connection: &Connection,
    mailbox: MailboxId,
    entry: &MessageEntry,
) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT INTO message (mailbox, uid, content, size, time, zone, flags, keywords, modseq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            int(mailbox.number()),
            entry.uid.number(),
            int(entry.id.number()),
            int(entry.size),
            entry.date.time().seconds(),
            entry.date.offset(),
            entry.flags.bits(),
            keywords(&entry.flags),
            int(entry.modseq.number()),
        ])?;
    Ok(())
}

fn select(
    connection: &Connection,
    mailbox: MailboxId,
    uids: &[Uid],
) -> Result<Vec<MessageEntry>, Failure> {
    let mut query = connection.prepare_cached(LISTED)?;
    query.query_and_then(params![int(mailbox.number()), listed(uids)], entry)?.collect()
}

/// Reads a row of [`ALL`], [`RANGE`] or [`LISTED`].
fn entry(row: &Row<'_>) -> Result<MessageEntry, Failure> {
    let mut flags = Flags::from_bits(row.get(5)?);
    for word in row.get_ref(6)?.as_str_or_null().map_err(Failure::corrupt)?.unwrap_or("").split(' ')
    {
        if let Some(keyword) = Keyword::new(word) {
            // Never more than were written.
            let _fits = flags.insert_keyword(keyword);
        }
    }
    let time = UnixTime::new(row.get(3)?);
    Ok(MessageEntry {
        uid: uid(row.get(0)?)?,
        id: MessageId::new(uint(row.get(1)?)),
        size: uint(row.get(2)?),
        date: InternalDate::new(time, row.get(4)?).unwrap_or(InternalDate::utc(time)),
        flags,
        modseq: ModSeq::new(uint(row.get(7)?)),
    })
}

fn keywords(flags: &Flags) -> Option<String> {
    let words: Vec<&str> = flags.keywords().iter().map(Keyword::as_str).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn exists(connection: &Connection, mailbox: MailboxId) -> Result<(), Failure> {
    account(connection, mailbox).map(drop)
}

fn account(connection: &Connection, mailbox: MailboxId) -> Result<AccountId, Failure> {
    let account = connection
        .prepare_cached("SELECT account FROM mailbox WHERE id = ?1 AND selectable")?
        .query_row([int(mailbox.number())], |row| row.get(0))
        .optional()?;
    account.map(|id| AccountId::new(uint(id))).ok_or(Failure::not_found(Noun::Mailbox))
}

fn first_recent(connection: &Connection, mailbox: MailboxId) -> Result<Option<Uid>, Failure> {
    let first: Option<i64> = connection
        .prepare_cached(
            "SELECT min(uid) FROM message WHERE mailbox = ?1
             AND uid >= (SELECT recent_from FROM mailbox WHERE id = ?1)",
        )?
        .query_row([int(mailbox.number())], |row| row.get(0))?;
    first.map(uid).transpose()
}

fn next_modseq(connection: &Connection, mailbox: MailboxId) -> Result<ModSeq, Failure> {
    let modseq: i64 = connection
        .prepare_cached("UPDATE mailbox SET modseq = modseq + 1 WHERE id = ?1 RETURNING modseq")?
        .query_row([int(mailbox.number())], |row| row.get(0))?;
    Ok(ModSeq::new(uint(modseq)))
}

const fn too_many_keywords() -> Failure {
    let limit = Flags::MOST_KEYWORDS as u64;
    Failure::Store(StoreError::TooMany { what: Noun::Keyword, limit })
}

pub(super) const ALL: &str = "SELECT uid, content, size, time, zone, flags, keywords, modseq
    FROM message WHERE mailbox = ?1 ORDER BY uid";
pub(super) const RANGE: &str = "SELECT uid, content, size, time, zone, flags, keywords, modseq
    FROM message WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid LIMIT ?4";
pub(super) const LISTED: &str = "SELECT uid, content, size, time, zone, flags, keywords, modseq
    FROM message WHERE mailbox = ?1 AND uid IN (SELECT value FROM json_each(?2)) ORDER BY uid";
/// One row for each chunk that a header reaches into, cut at its end. ?3: octets, ?4: chunk size.
pub(super) const HEADERS: &str = "SELECT uid, trace,
        substr(data, 1, min(header_size, ?3) - no * ?4)
    FROM message
    JOIN content ON content.id = message.content
    JOIN body ON body.id = content.body
    LEFT JOIN chunk ON chunk.body = body.id AND no * ?4 < min(header_size, ?3)
    WHERE mailbox = ?1 AND uid IN (SELECT value FROM json_each(?2))
    ORDER BY uid, no";
