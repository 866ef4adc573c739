//! Sending a message.

use std::time::Instant;

use bytes::Bytes;
use mail_wire::TlsInfo;
use smtp_proto::client::{Client, Envelope, Error, Event, NotSent, Outcome};

use super::{ClientError, Connection};

/// What came of sending a message.
#[derive(Debug)]
pub struct Sent {
    /// What became of each recipient, in the order of the envelope.
    pub outcomes: Vec<Outcome>,
    /// The TLS that came in on the way, if it did.
    pub tls: Option<Box<TlsInfo>>,
    /// Why the conversation ended before its time, if it did. Recipients that were accepted before
    /// stay accepted.
    pub error: Option<ClientError<Error>>,
}

/// Sends a message and says good-bye. Whatever happens to the connection, something is known of
/// every recipient.
pub async fn deliver(
    mut connection: Connection<Client>,
    envelope: Envelope,
    mut message: Bytes,
    until: Instant,
) -> Sent {
    let mut outcomes = vec![Outcome::NotSent(NotSent::Lost); envelope.recipients().len()];
    let mut tls = None;
    if let Err(misuse) = connection.session().send(envelope) {
        return Sent { outcomes, tls, error: Some(misuse.into()) };
    }
    let error = loop {
        let event = match connection.expect(until).await {
            Ok(event) => event,
            Err(error) => break Some(error),
        };
        match event {
            Event::WantBody { id, room } => {
                let session = connection.session();
                let given = if message.is_empty() {
                    session.body_end(id)
                } else {
                    session.body(id, message.split_to(room.clamp(1, message.len())))
                };
                // What is wrong with the message is told by the outcomes.
                let _ = given;
            }
            Event::Recipient { index, outcome, .. } => {
                if let Some(slot) = outcomes.get_mut(index) {
                    *slot = outcome;
                }
            }
            Event::Tls(info) => tls = Some(info),
            Event::Done { .. } => break connection.close(until).await.err(),
            _ => {}
        }
    };
    Sent { outcomes, tls, error }
}
