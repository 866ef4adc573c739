//! Reading a mailbox.

use std::{io, ops::RangeInclusive, time::Instant};

use bytes::Bytes;
use imap_proto::{
    FetchItem, FetchItems, ResponseText, Section, SequenceSet, Status,
    client::{BodyStart, Client, ClientError as Error, Event, Handle, Mailbox, NotSent},
};
use mail_errors::Misuse;

use super::{ClientError, Connection};

/// Gives a command and shows its events to `see`, until it is done. News that come meanwhile are
/// shown as well.
///
/// # Errors
/// [`ClientError::Refused`], [`ClientError::NotSent`], [`ClientError::Output`] for what `see` says;
/// as [`Connection::next`].
pub async fn run(
    connection: &mut Connection<Client>,
    what: &str,
    give: impl FnOnce(&mut Client) -> Result<Handle, Misuse>,
    until: Instant,
    mut see: impl FnMut(Event) -> io::Result<()>,
) -> Result<(), ClientError<Error>> {
    let asked = give(connection.session())?;
    loop {
        match connection.expect(until).await? {
            Event::Done { handle, status: Status::Ok, .. } if handle == asked => return Ok(()),
            Event::Done { handle, text, .. } if handle == asked => {
                let answer = words(&text);
                return Err(ClientError::Refused { what: what.to_owned(), answer });
            }
            // What ended the conversation is told behind the commands that it left unsent.
            Event::NotSent { handle, why: NotSent::Over } if handle == asked => loop {
                connection.expect(until).await?;
            },
            Event::NotSent { handle, why } if handle == asked => {
                return Err(ClientError::NotSent(why.to_string()));
            }
            event => see(event).map_err(ClientError::Output)?,
        }
    }
}

/// What arrives of messages that are fetched.
#[derive(Debug)]
pub enum Fetched {
    /// A message begins.
    Begin(BodyStart),
    /// Octets of it.
    Piece(Bytes),
    /// That was all of it.
    End,
}

/// Fetches a text of messages, piece by piece, each with its UID. `set` holds sequence numbers.
/// With `peek` they do not become `\Seen`.
///
/// # Errors
/// As [`run`].
pub async fn fetch(
    connection: &mut Connection<Client>,
    set: SequenceSet<'_>,
    section: Section<'_>,
    peek: bool,
    until: Instant,
    mut see: impl FnMut(Fetched) -> io::Result<()>,
) -> Result<(), ClientError<Error>> {
    let text = FetchItem::Section { section, peek, partial: None };
    let items = FetchItems::new([FetchItem::Uid, text])?;
    run(
        connection,
        "FETCH",
        |client| client.fetch(false, set, items),
        until,
        |event| match event {
            Event::BodyStart(start) => see(Fetched::Begin(start)),
            Event::Body { octets, .. } => see(Fetched::Piece(octets)),
            Event::BodyEnd { .. } => see(Fetched::End),
            Event::BodyAborted { .. } => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "the message is torn"))
            }
            _ => Ok(()),
        },
    )
    .await
}

/// Begins to wait in IDLE: comes back when the server has said that it will tell news as it
/// happens. Of `known` messages those are left that it returns.
///
/// # Errors
/// [`ClientError::Refused`], [`ClientError::NotSent`]; as [`Connection::next`].
pub async fn idle(
    connection: &mut Connection<Client>,
    mut known: u32,
    until: Instant,
) -> Result<u32, ClientError<Error>> {
    let asked = connection.session().idle()?;
    loop {
        let event = connection.expect(until).await?;
        known = known.min(count(connection));
        match event {
            Event::Idling(handle) if handle == asked => return Ok(known),
            Event::Done { handle, text, .. } if handle == asked => {
                let (what, answer) = ("IDLE".to_owned(), words(&text));
                return Err(ClientError::Refused { what, answer });
            }
            Event::NotSent { handle, why } if handle == asked => {
                return Err(ClientError::NotSent(why.to_string()));
            }
            _ => {}
        }
    }
}

/// Waits until there are more messages than `known`, less those that go meanwhile, and returns the
/// numbers of the new ones. An IDLE goes on: the next command ends it.
///
/// # Errors
/// [`ClientError::TooLate`] if nothing came; as [`Connection::next`].
pub async fn wait_for_more(
    connection: &mut Connection<Client>,
    mut known: u32,
    until: Instant,
) -> Result<RangeInclusive<u32>, ClientError<Error>> {
    loop {
        let exists = count(connection);
        if exists > known {
            return Ok(known + 1..=exists);
        }
        known = exists;
        connection.expect(until).await?;
    }
}

/// Returns how many messages the mailbox holds.
pub fn count(connection: &mut Connection<Client>) -> u32 {
    connection.session().mailbox().map_or(0, Mailbox::exists)
}

fn words(text: &ResponseText<'_>) -> String {
    text.text().to_string()
}
