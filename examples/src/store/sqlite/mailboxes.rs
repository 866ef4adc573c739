//! The mailbox tree in SQLite.

use rusqlite::{Connection, OptionalExtension, params};

use super::directory::{self, named, text};
use super::failure::Failure;
use super::{SqliteStore, int, messages, schema, uint};
use crate::store::{
    AccountId, Deleted, MOST_MAILBOXES, Mailbox, MailboxId, MailboxName, MailboxStatus, Mailboxes,
    ModSeq, Noun, Renamed, StoreError, Uid, UidValidity,
};

impl Mailboxes for SqliteStore {
    fn mailboxes(&self, account: AccountId) -> Result<Vec<Mailbox>, StoreError> {
        self.readers.run(|connection| {
            directory::exists(connection, account)?;
            let mut query = connection.prepare_cached(
                "SELECT mailbox.id, mailbox.name, selectable, subscription.name IS NOT NULL
                 FROM mailbox LEFT JOIN subscription
                 ON subscription.account = mailbox.account AND subscription.name = mailbox.name
                 WHERE mailbox.account = ?1",
            )?;
            let mailboxes = query.query_and_then([int(account.number())], |row| {
                Ok::<_, Failure>(Mailbox {
                    id: MailboxId::new(uint(row.get(0)?)),
                    name: named(MailboxName::parse(&text(row, 1)?))?,
                    selectable: row.get(2)?,
                    has_children: false,
                    subscribed: row.get(3)?,
                })
            })?;
            let mut mailboxes = mailboxes.collect::<Result<Vec<_>, _>>()?;
            // By components, so that a name comes right before what stands below it; by octets
            // `a-b` would come between `a` and `a/b`.
            mailboxes.sort_by(|a, b| a.name.components().cmp(b.name.components()));
            let mut next: Option<MailboxName> = None;
            for mailbox in mailboxes.iter_mut().rev() {
                let next = next.replace(mailbox.name.clone());
                mailbox.has_children = next.is_some_and(|next| next.is_below(&mailbox.name));
            }
            Ok(mailboxes)
        })
    }

    fn mailbox(&self, account: AccountId, name: &MailboxName) -> Result<MailboxId, StoreError> {
        self.readers.run(|connection| match find(connection, account, name)? {
            Some((mailbox, true)) => Ok(mailbox),
            Some((_, false)) | None => Err(Failure::not_found(Noun::Mailbox)),
        })
    }

    fn create_mailbox(
        &self,
        account: AccountId,
        name: &MailboxName,
    ) -> Result<Vec<(MailboxId, MailboxName)>, StoreError> {
        let name = name.clone();
        self.writer.run(move |connection| {
            directory::exists(connection, account)?;
            match find(connection, account, &name)? {
                Some((_, true)) => return Err(Failure::exists(Noun::Mailbox)),
                // Another incarnation, with another number.
                Some((husk, false)) => remove(connection, husk)?,
                None => {}
            }
            let mut made = create_ancestors(connection, account, &name)?;
            made.push((insert(connection, account, &name)?, name));
            Ok(made)
        })
    }

    fn delete_mailbox(
        &self,
        account: AccountId,
        name: &MailboxName,
    ) -> Result<Deleted, StoreError> {
        let name = name.clone();
        self.writer.run(move |connection| {
            let found = find(connection, account, &name)?;
            let (mailbox, selectable) = found.ok_or(Failure::not_found(Noun::Mailbox))?;
            if name.is_inbox() {
                return Err(Failure::conflict(Noun::Mailbox, "INBOX cannot be deleted"));
            }
            let name_stays = has_children(connection, account, &name)?;
            // RFC 9051 6.3.5: an error for a name with \Noselect and children.
            if name_stays && !selectable {
                return Err(Failure::conflict(Noun::Mailbox, "names stand below it"));
            }
            remove(connection, mailbox)?;
            if name_stays {
                let husk = insert(connection, account, &name)?;
                connection
                    .prepare_cached("UPDATE mailbox SET selectable = 0 WHERE id = ?1")?
                    .execute([int(husk.number())])?;
            } else {
                remove_husks_above(connection, account, &name)?;
            }
            Ok(Deleted { mailbox, name_stays })
        })
    }

    fn rename_mailbox(
        &self,
        account: AccountId,
        from: &MailboxName,
        to: &MailboxName,
    ) -> Result<Renamed, StoreError> {
        let (from, to) = (from.clone(), to.clone());
        self.writer.run(move |connection| {
            let (mailbox, _) =
                find(connection, account, &from)?.ok_or(Failure::not_found(Noun::Mailbox))?;
            if find(connection, account, &to)?.is_some() {
                return Err(Failure::exists(Noun::Mailbox));
            }
            if from.is_inbox() {
                create_ancestors(connection, account, &to)?;
                return empty_inbox(connection, account, mailbox, &to);
            }
            if to.is_below(&from) {
                return Err(Failure::conflict(Noun::Mailbox, "a name cannot stand below itself"));
            }
            create_ancestors(connection, account, &to)?;
            let mut renamed = vec![(mailbox, from.clone())];
            renamed.extend(children(connection, account, &from)?);
            let mut update =
                connection.prepare_cached("UPDATE mailbox SET name = ?2 WHERE id = ?1")?;
            for (id, name) in &mut renamed {
                let moved = name.moved(&from, &to);
                *name =
                    moved.ok_or(Failure::conflict(Noun::Mailbox, "a name would grow too long"))?;
                update.execute(params![int(id.number()), name.as_str()])?;
            }
            remove_husks_above(connection, account, &from)?;
            Ok(Renamed::Names(renamed))
        })
    }

    fn subscribe(&self, account: AccountId, name: &MailboxName) -> Result<(), StoreError> {
        let name = name.clone();
        self.writer.run(move |connection| {
            directory::exists(connection, account)?;
            let account = int(account.number());
            let added = connection
                .prepare_cached("INSERT OR IGNORE INTO subscription VALUES (?1, ?2)")?
                .execute(params![account, name.as_str()])?;
            let count = "SELECT count(*) FROM subscription WHERE account = ?1";
            let count: i64 =
                connection.prepare_cached(count)?.query_row([account], |row| row.get(0))?;
            if added > 0 && uint(count) > MOST_MAILBOXES {
                return Err(too_many(Noun::Subscription));
            }
            Ok(())
        })
    }

    fn unsubscribe(&self, account: AccountId, name: &MailboxName) -> Result<(), StoreError> {
        let name = name.clone();
        self.writer.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM subscription WHERE account = ?1 AND name = ?2")?
                .execute(params![int(account.number()), name.as_str()])?;
            Ok(())
        })
    }

    fn subscriptions(&self, account: AccountId) -> Result<Vec<MailboxName>, StoreError> {
        self.readers.run(|connection| {
            let mut query = connection
                .prepare_cached("SELECT name FROM subscription WHERE account = ?1 ORDER BY name")?;
            let names = query.query_and_then([int(account.number())], |row| {
                named(MailboxName::parse(&text(row, 0)?))
            })?;
            names.collect()
        })
    }

    fn status(&self, mailbox: MailboxId) -> Result<MailboxStatus, StoreError> {
        self.readers.run(|connection| status(connection, mailbox))
    }
}

/// Makes a mailbox.
pub(super) fn insert(
    connection: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<MailboxId, Failure> {
    let count = "SELECT count(*) FROM mailbox WHERE account = ?1";
    let account = int(account.number());
    let count: i64 = connection.prepare_cached(count)?.query_row([account], |row| row.get(0))?;
    if uint(count) >= MOST_MAILBOXES {
        return Err(too_many(Noun::Mailbox));
    }
    let uid_validity = schema::next_uid_validity(connection)?;
    let id: i64 = connection
        .prepare_cached(
            "INSERT INTO mailbox (account, name, uid_validity) VALUES (?1, ?2, ?3) RETURNING id",
        )?
        .query_row(params![account, name.as_str(), uid_validity.number()], |row| row.get(0))?;
    Ok(MailboxId::new(uint(id)))
}

/// Returns the mailbox of this name, and whether it can be selected.
pub(super) fn find(
    connection: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<Option<(MailboxId, bool)>, Failure> {
    Ok(connection
        .prepare_cached("SELECT id, selectable FROM mailbox WHERE account = ?1 AND name = ?2")?
        .query_row(params![int(account.number()), name.as_str()], |row| {
            Ok((MailboxId::new(uint(row.get(0)?)), row.get(1)?))
        })
        .optional()?)
}

pub(super) fn status(
    connection: &Connection,
    mailbox: MailboxId,
) -> Result<MailboxStatus, Failure> {
    let mut query = connection.prepare_cached(STATUS)?;
    let mut status = query.query_and_then([int(mailbox.number())], |row| {
        let uid_validity = u32::try_from(row.get::<_, i64>(1)?).ok().and_then(UidValidity::new);
        Ok(MailboxStatus {
            account: directory::account_id(row, 0)?,
            uid_validity: uid_validity.ok_or_else(|| Failure::corrupt("a UIDVALIDITY"))?,
            uid_next: u32::try_from(row.get::<_, i64>(2)?).ok().and_then(Uid::new),
            highest_modseq: ModSeq::new(uint(row.get(3)?)),
            messages: uint(row.get(4)?),
            unseen: uint(row.get(5)?),
            deleted: uint(row.get(6)?),
            size: uint(row.get(7)?),
            recent: uint(row.get(8)?),
        })
    })?;
    status.next().ok_or(Failure::not_found(Noun::Mailbox))?
}

fn create_ancestors(
    connection: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<Vec<(MailboxId, MailboxName)>, Failure> {
    let mut made = Vec::new();
    for ancestor in name.ancestors() {
        if find(connection, account, &ancestor)?.is_none() {
            made.push((insert(connection, account, &ancestor)?, ancestor));
        }
    }
    Ok(made)
}

/// Removes a mailbox and its messages; what remains to be removed of them is swept later.
fn remove(connection: &Connection, mailbox: MailboxId) -> Result<(), Failure> {
    for step in ["DELETE FROM message WHERE mailbox = ?1", "DELETE FROM mailbox WHERE id = ?1"] {
        connection.prepare_cached(step)?.execute([int(mailbox.number())])?;
    }
    Ok(())
}

/// Removes the names above that could not be selected and have nothing below them any more.
fn remove_husks_above(
    connection: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<(), Failure> {
    let ancestors: Vec<_> = name.ancestors().collect();
    for ancestor in ancestors.iter().rev() {
        match find(connection, account, ancestor)? {
            Some((husk, false)) if !has_children(connection, account, ancestor)? => {
                remove(connection, husk)?;
            }
            Some(_) | None => break,
        }
    }
    Ok(())
}

fn has_children(
    connection: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<bool, Failure> {
    let (from, to) = below(name);
    let query = "SELECT 1 FROM mailbox WHERE account = ?1 AND name >= ?2 AND name < ?3";
    Ok(connection.prepare_cached(query)?.exists(params![int(account.number()), from, to])?)
}

fn children(
    connection: &Connection,
    account: AccountId,
    name: &MailboxName,
) -> Result<Vec<(MailboxId, MailboxName)>, Failure> {
    let (from, to) = below(name);
    let mut query = connection.prepare_cached(
        "SELECT id, name FROM mailbox WHERE account = ?1 AND name >= ?2 AND name < ?3
         ORDER BY name",
    )?;
    let children = query.query_and_then(params![int(account.number()), from, to], |row| {
        Ok((MailboxId::new(uint(row.get(0)?)), named(MailboxName::parse(&text(row, 1)?))?))
    })?;
    children.collect()
}

/// The range of the names below one: `0` follows `/`.
fn below(name: &MailboxName) -> (String, String) {
    (format!("{name}/"), format!("{name}0"))
}

/// RFC 9051 6.3.6: all messages go into a new mailbox, INBOX stays and is empty.
fn empty_inbox(
    connection: &Connection,
    account: AccountId,
    inbox: MailboxId,
    to: &MailboxName,
) -> Result<Renamed, Failure> {
    let created = insert(connection, account, to)?;
    // They keep their UIDs: under the new UIDVALIDITY none was given out yet.
    let ids = [int(inbox.number()), int(created.number())];
    connection
        .prepare_cached(
            "INSERT INTO message (mailbox, uid, content, size, time, zone, flags, keywords, modseq)
             SELECT ?2, uid, content, size, time, zone, flags, keywords, modseq
             FROM message WHERE mailbox = ?1",
        )?
        .execute(ids)?;
    connection
        .prepare_cached(
            "UPDATE mailbox SET (uid_next, recent_from, modseq) =
             (SELECT uid_next, recent_from, modseq FROM mailbox WHERE id = ?1) WHERE id = ?2",
        )?
        .execute(ids)?;
    let expunged = messages::delete(connection, inbox, None)?;
    Ok(Renamed::InboxEmptied { inbox, expunged: expunged.uids, modseq: expunged.modseq, created })
}

const fn too_many(what: Noun) -> Failure {
    Failure::Store(StoreError::TooMany { what, limit: MOST_MAILBOXES })
}

pub(super) const STATUS: &str =
    "SELECT account, uid_validity, uid_next, modseq, messages, unseen, deleted, size,
         (SELECT count(*) FROM message WHERE mailbox = ?1 AND uid >= recent_from)
     FROM mailbox WHERE id = ?1 AND selectable";
