//! Acceptance and the relay queue in SQLite.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::bodies::{Contents, Staged};
use super::directory::{named, text};
use super::failure::Failure;
use super::messages::{self, NewMessage};
use super::{SqliteStore, int, mailboxes, schema, uint};
use crate::store::{
    Accepted, Address, Claim, ClaimId, Domain, Due, Flags, Incoming, MOST_RECIPIENTS, MailboxName,
    MessageId, Noun, Outcome, Place, Queue, QueueId, QueuedRecipient, RecipientId, Relay, Spooled,
    StoreError, UnixTime, Unreadable,
};

impl Queue for SqliteStore {
    fn accept(&self, incoming: &Incoming) -> Result<Accepted, StoreError> {
        let incoming = incoming.clone();
        let message = incoming.message.clone();
        self.with_body(&message, move |connection, staged| accept(connection, &incoming, staged))
    }

    fn claim_due(&self, now: UnixTime, lease: Duration, most: usize) -> Result<Due, StoreError> {
        // An empty round costs no write.
        if self.next_due()?.is_none_or(|due| due > now) {
            return Ok(Due::default());
        }
        self.writer.run(move |connection| {
            let mut claimed = Due::default();
            for one in due(connection, now, most)? {
                claim(connection, one, now, lease, &mut claimed)?;
            }
            Ok(claimed)
        })
    }

    fn release_claims(&self, now: UnixTime) -> Result<u64, StoreError> {
        self.writer.run(move |connection| {
            let released = connection
                .prepare_cached(
                    "UPDATE recipient SET claim = NULL, due_at = ?1 WHERE claim IS NOT NULL",
                )?
                .execute([now.seconds()])?;
            Ok(released as u64)
        })
    }

    fn next_due(&self) -> Result<Option<UnixTime>, StoreError> {
        self.readers.run(|connection| {
            let mut query =
                connection.prepare_cached("SELECT min(due_at) FROM recipient WHERE due_at < ?1")?;
            let due: Option<i64> = query.query_row([NEVER], |row| row.get(0))?;
            Ok(due.map(UnixTime::new))
        })
    }

    fn settle(
        &self,
        claim: ClaimId,
        outcomes: &[(RecipientId, Outcome)],
        notice: Option<&Incoming>,
    ) -> Result<Accepted, StoreError> {
        let (outcomes, notice) = (outcomes.to_vec(), notice.cloned());
        let message = match &notice {
            Some(notice) => notice.message.clone(),
            None => Spooled::from_octets(""),
        };
        self.with_body(&message, move |connection, staged| {
            let mut queues = HashSet::new();
            for (recipient, outcome) in &outcomes {
                queues.insert(settle(connection, claim, *recipient, outcome)?);
            }
            let mut finish = connection.prepare_cached(
                "DELETE FROM queue WHERE id = ?1
                 AND NOT EXISTS (SELECT 1 FROM recipient WHERE queue = ?1)",
            )?;
            for queue in queues {
                finish.execute([queue])?;
            }
            match &notice {
                Some(notice) => accept(connection, notice, staged),
                None => Ok(Accepted::default()),
            }
        })
    }

    fn queue_length(&self) -> Result<u64, StoreError> {
        self.readers.run(|connection| {
            let mut query = connection.prepare_cached("SELECT count(*) FROM recipient")?;
            Ok(uint(query.query_row([], |row| row.get(0))?))
        })
    }
}

fn accept(
    connection: &Connection,
    incoming: &Incoming,
    staged: &Staged,
) -> Result<Accepted, Failure> {
    let mut contents = Contents::new(connection, staged);
    let mut accepted = Accepted::default();
    let mut served = HashSet::new();
    for delivery in &incoming.deliveries {
        let mailbox = match delivery.place {
            Place::Mailbox(mailbox) => mailbox,
            Place::Inbox(account) => {
                let inbox = mailboxes::find(connection, account, &MailboxName::inbox())?;
                inbox.ok_or(Failure::not_found(Noun::Account))?.0
            }
        };
        if !served.insert(mailbox) {
            continue;
        }
        let (id, size) = contents.behind(&delivery.trace)?;
        let message = NewMessage { id, size, date: incoming.date, flags: Flags::default() };
        accepted.delivered.push(messages::put(connection, mailbox, &message)?);
    }
    if let Some(relay) = incoming.relay.as_ref().filter(|relay| !relay.recipients.is_empty()) {
        accepted.queued = Some(enqueue(connection, relay, incoming.date.time(), &mut contents)?);
    }
    Ok(accepted)
}

fn enqueue(
    connection: &Connection,
    relay: &Relay,
    now: UnixTime,
    contents: &mut Contents<'_>,
) -> Result<QueueId, Failure> {
    let (message, _) = contents.behind(&relay.trace)?;
    let sender = relay.sender.as_ref().map(Address::as_str);
    let queue: i64 = connection
        .prepare_cached(
            "INSERT INTO queue (content, sender, queued_at, asked) VALUES (?1, ?2, ?3, ?4)
             RETURNING id",
        )?
        .query_row(
            params![int(message.number()), sender, now.seconds(), relay.asked.of_message],
            |row| row.get(0),
        )?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO recipient (queue, address, domain, due_at, asked) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut seen = HashSet::new();
    for recipient in relay.recipients.iter().filter(|recipient| seen.insert(*recipient)) {
        let domain = recipient.domain().as_str();
        let asked = relay.asked.of_recipients.get(recipient).map_or("", String::as_str);
        insert.execute(params![queue, recipient.as_str(), domain, now.seconds(), asked])?;
    }
    Ok(QueueId::new(uint(queue)))
}

/// One recipient each of the messages and domains that have some due, the longest due first.
fn due(connection: &Connection, now: UnixTime, most: usize) -> Result<Vec<i64>, Failure> {
    // Whatever stands there can be read as octets.
    let mut query = connection.prepare_cached(
        "SELECT id, queue, CAST(domain AS BLOB) FROM recipient WHERE due_at <= ?1 AND due_at < ?2
         ORDER BY due_at, queue, domain",
    )?;
    let mut rows = query.query([now.seconds(), NEVER])?;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    while found.len() < most {
        let Some(row) = rows.next()? else { break };
        let key: (i64, Vec<u8>) = (row.get(1)?, row.get(2)?);
        if seen.insert(key) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// Claims what is due of the message and the domain that this recipient is of.
fn claim(
    connection: &Connection,
    one: i64,
    now: UnixTime,
    lease: Duration,
    due: &mut Due,
) -> Result<(), Failure> {
    let id = schema::next(connection, "claim")?;
    let mut update = connection.prepare_cached(
        "UPDATE recipient SET claim = ?3, due_at = ?4 WHERE id IN (
             SELECT them.id FROM recipient AS one JOIN recipient AS them
             ON them.queue = one.queue AND them.domain = one.domain
             WHERE one.id = ?1 AND them.due_at <= ?2 ORDER BY them.id LIMIT ?5)
         RETURNING id, queue, CAST(address AS BLOB), address, attempts, diagnostic, asked",
    )?;
    let until = now.after(lease).seconds();
    let most = int(MOST_RECIPIENTS as u64);
    let claimed = update.query_map(params![one, now.seconds(), id, until, most], |row| {
        let (id, queue, octets): (i64, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((RecipientId::new(uint(id)), queue, octets, recipient(row)))
    })?;
    let mut claimed = claimed.collect::<Result<Vec<_>, _>>()?;
    claimed.sort_unstable_by_key(|(id, ..)| *id);
    let Some(&(_, queue, ..)) = claimed.first() else { return Ok(()) };
    let id = ClaimId::new(uint(id));
    let (mut readable, mut why) = match envelope(connection, id, queue, one) {
        Ok(claim) => (Some(claim), String::new()),
        Err(failure) => (None, failure.of_the_row()?.to_string()),
    };
    let mut unreadable = Vec::new();
    for (id, _, octets, read) in claimed {
        match (read, &mut readable) {
            (Ok(recipient), Some(claim)) => claim.recipients.push(recipient),
            (Ok(recipient), None) => unreadable.push((id, recipient.address.to_string())),
            (Err(failure), _) => {
                why = failure.of_the_row()?.to_string();
                unreadable.push((id, String::from_utf8_lossy(&octets).escape_debug().to_string()));
            }
        }
    }
    due.claims.extend(readable.filter(|claim| !claim.recipients.is_empty()));
    if !unreadable.is_empty() {
        // One that cannot be read hears of nothing.
        let sender = match sender(connection, queue) {
            Ok(sender) => sender,
            Err(failure) => failure.of_the_row().map(|_| None)?,
        };
        let (queue, recipients) = (QueueId::new(uint(queue)), unreadable);
        due.unreadable.push(Unreadable { id, queue, sender, recipients, why });
    }
    Ok(())
}

fn recipient(row: &Row<'_>) -> Result<QueuedRecipient, Failure> {
    Ok(QueuedRecipient {
        id: RecipientId::new(uint(row.get(0)?)),
        address: named(Address::parse(&text(row, 3)?))?,
        attempts: u32::try_from(row.get::<_, i64>(4)?).unwrap_or(u32::MAX),
        diagnostic: row.get(5)?,
        asked: text(row, 6)?,
    })
}

fn sender(connection: &Connection, queue: i64) -> Result<Option<Address>, Failure> {
    let mut query = connection.prepare_cached("SELECT sender FROM queue WHERE id = ?1")?;
    let sender: Option<Option<String>> = query.query_row([queue], |row| row.get(0)).optional()?;
    sender.flatten().map(|sender| named(Address::parse(&sender))).transpose()
}

/// A claim that names no recipients yet.
fn envelope(connection: &Connection, id: ClaimId, queue: i64, one: i64) -> Result<Claim, Failure> {
    let sender = sender(connection, queue)?;
    let mut query = connection.prepare_cached(
        "SELECT content, length(trace) + size, eight_bit, queued_at, domain, queue.asked
         FROM queue JOIN content ON content.id = queue.content JOIN body ON body.id = content.body
         JOIN recipient ON recipient.id = ?2 WHERE queue.id = ?1",
    )?;
    let mut message = query.query_and_then([queue, one], |row| {
        Ok(Claim {
            id,
            queue: QueueId::new(uint(queue)),
            message: MessageId::new(uint(row.get(0)?)),
            size: uint(row.get(1)?),
            eight_bit: row.get(2)?,
            sender: sender.clone(),
            domain: named(Domain::parse(&text(row, 4)?))?,
            recipients: Vec::new(),
            queued_at: UnixTime::new(row.get(3)?),
            asked: text(row, 5)?,
        })
    })?;
    message.next().ok_or_else(|| Failure::corrupt("a recipient without a message"))?
}

/// Settles one recipient and returns the message it is of.
fn settle(
    connection: &Connection,
    claim: ClaimId,
    recipient: RecipientId,
    outcome: &Outcome,
) -> Result<i64, Failure> {
    let (id, claim) = (int(recipient.number()), int(claim.number()));
    let settled: Option<i64> = match outcome {
        Outcome::Delivered | Outcome::Failed => connection
            .prepare_cached("DELETE FROM recipient WHERE id = ?1 AND claim = ?2 RETURNING queue")?
            .query_row([id, claim], |row| row.get(0))
            .optional()?,
        Outcome::Deferred { until, diagnostic } => connection
            .prepare_cached(
                "UPDATE recipient SET claim = NULL, attempts = attempts + 1, due_at = ?3,
                 diagnostic = ?4 WHERE id = ?1 AND claim = ?2 RETURNING queue",
            )?
            .query_row(params![id, claim, until.seconds(), cut(diagnostic)], |row| row.get(0))
            .optional()?,
        Outcome::SetAside { diagnostic } => connection
            .prepare_cached(
                "UPDATE recipient SET claim = NULL, due_at = ?3, diagnostic = ?4
                 WHERE id = ?1 AND claim = ?2 RETURNING queue",
            )?
            .query_row(params![id, claim, NEVER, cut(diagnostic)], |row| row.get(0))
            .optional()?,
    };
    settled.ok_or(Failure::conflict(Noun::Claim, "is no longer yours"))
}

fn cut(text: &str) -> &str {
    let end =
        (0..=text.len().min(LONGEST_DIAGNOSTIC)).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

const LONGEST_DIAGNOSTIC: usize = 1000;
/// When something is due that was set aside.
const NEVER: i64 = i64::MAX;
