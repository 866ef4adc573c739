//! Emptying a maildrop.

use std::{collections::HashMap, io, time::Instant};

use bytes::Bytes;
use mail_errors::Misuse;
use pop3_proto::{
    MessageNumber, UniqueId, Violation,
    client::{Client, Event, Handle},
};

use super::{ClientError, Connection};

/// A message in the maildrop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number in this session.
    pub number: MessageNumber,
    /// How large it is, in octets.
    pub size: u64,
    /// What it is called for good, if the server says so.
    pub id: Option<UniqueId>,
}

/// Gives a command and shows its events to `see`, until it is done.
///
/// # Errors
/// [`ClientError::Refused`], [`ClientError::NotSent`], [`ClientError::Output`] for what `see` says;
/// as [`Connection::next`].
pub async fn run(
    connection: &mut Connection<Client>,
    give: impl FnOnce(&mut Client) -> Result<Handle, Misuse>,
    until: Instant,
    mut see: impl FnMut(Event) -> io::Result<()>,
) -> Result<(), ClientError<Violation>> {
    let asked = give(connection.session())?;
    loop {
        match connection.expect(until).await? {
            Event::Done { handle, .. } if handle == asked => return Ok(()),
            Event::Refused { handle, verb, response } if handle == asked => {
                let what = verb.as_str().to_owned();
                return Err(ClientError::Refused { what, answer: response.to_string() });
            }
            Event::NotSent { handle, why } if handle == asked => {
                return Err(ClientError::NotSent(why.to_string()));
            }
            Event::BodyAborted { handle } if handle == asked => {
                let torn = io::Error::new(io::ErrorKind::InvalidData, "the message is torn");
                return Err(ClientError::Output(torn));
            }
            event => see(event).map_err(ClientError::Output)?,
        }
    }
}

/// Lists the messages, with their unique ids where the server knows any.
///
/// # Errors
/// As [`run`].
pub async fn list(
    connection: &mut Connection<Client>,
    until: Instant,
) -> Result<Vec<Listed>, ClientError<Violation>> {
    let mut listed = Vec::new();
    run(connection, Client::list, until, |event| {
        if let Event::Listed { listing, .. } = event {
            let size = listing.octets().unwrap_or(0);
            listed.push(Listed { number: listing.number(), size, id: None });
        }
        Ok(())
    })
    .await?;
    let mut ids = HashMap::new();
    let asked = run(connection, Client::uidl, until, |event| {
        if let Event::Id { listing, .. } = event {
            let number = listing.number();
            ids.extend(listing.into_id().map(|id| (number, id)));
        }
        Ok(())
    });
    match asked.await {
        // UIDL is optional (RFC 1939 7).
        Ok(()) | Err(ClientError::Refused { .. } | ClientError::NotSent(_)) => {}
        Err(error) => return Err(error),
    }
    for message in &mut listed {
        message.id = ids.remove(&message.number);
    }
    Ok(listed)
}

/// Downloads a message piece by piece.
///
/// # Errors
/// As [`run`].
pub async fn retrieve(
    connection: &mut Connection<Client>,
    number: MessageNumber,
    until: Instant,
    mut piece: impl FnMut(Bytes) -> io::Result<()>,
) -> Result<(), ClientError<Violation>> {
    run(
        connection,
        |client| client.retr(number),
        until,
        |event| match event {
            Event::Body { octets, .. } => piece(octets),
            _ => Ok(()),
        },
    )
    .await
}
