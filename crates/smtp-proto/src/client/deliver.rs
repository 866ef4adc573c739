//! One message over a blocking stream, for who just wants it done.

use std::io::Read;

use bytes::BytesMut;
use mail_errors::{Fault, FaultKind};
use mail_wire::{
    BODY_BLOCK, Goodbye, Session,
    drive::{
        DriveError, Driven,
        blocking::{Stream, drive},
    },
};

use crate::{Extension, Extensions};

use super::{Client, Envelope, Event, Outcome};

/// What came of a delivery.
#[derive(Debug)]
pub struct Delivered<E: Fault> {
    /// What became of each recipient, in the order of the envelope.
    pub outcomes: Vec<Outcome>,
    /// Why the conversation ended before its time, if it did. Recipients that were accepted before
    /// stay accepted.
    pub error: Option<DriveError<E>>,
    /// What the message went without, as [`Event::Dropped`] has it; STARTTLS if
    /// [`Event::StartTlsHidden`] was told.
    pub dropped: Extensions,
}

/// Delivers one message and says QUIT.
///
/// `session` is a new [`Client`], or layers around one (TLS, a tap); `client` finds it in there:
///
/// ```no_run
/// use std::net::TcpStream;
/// use smtp_proto::client::{Client, Config, Envelope, Outcome, TlsPolicy, deliver};
/// use smtp_proto::{Domain, Mailbox};
///
/// // Without a layer there is no TLS to be had.
/// let config = Config::new(Domain::parse("laptop.example.com")?).tls(TlsPolicy::Never);
/// let mut client = Client::new(config);
/// let mut stream = TcpStream::connect("mx.example.net:25")?;
/// let (from, to) = (Mailbox::parse("a@example.com")?, Mailbox::parse("b@example.net")?);
/// let envelope = Envelope::new(from).to(to);
/// let message = &b"Subject: hi\r\n\r\nHi!\r\n"[..];
/// let delivered = deliver(&mut client, |client| client, &mut stream, envelope, message);
/// assert!(matches!(delivered.outcomes[..], [Outcome::Accepted(_)]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// If `message` cannot be read to its end nobody gets a part of it. What is over the server's limit
/// of recipients is [told](super::NotSent::TooManyRecipients), and left to another call.
pub fn deliver<S>(
    session: &mut S,
    client: impl Fn(&mut S) -> &mut Client,
    stream: &mut impl Stream,
    envelope: Envelope,
    mut message: impl Read,
) -> Delivered<S::Error>
where
    S: Session<Event = Event>,
{
    let mut outcomes = vec![None; envelope.recipients().len()];
    let (mut error, mut dropped) = (None, Extensions::NONE);
    if client(session).send(envelope).is_err() {
        session.close(Goodbye::Done);
    }
    loop {
        let event = match drive(session, stream, None) {
            Ok(Driven::Event(event)) => event,
            Ok(Driven::Closed) => break,
            // No layer was given that could do it.
            Ok(Driven::Upgrade(_) | Driven::NeedReply | Driven::Waited) => {
                session.recv_eof();
                continue;
            }
            Err(broken @ DriveError::Io(_)) if error.is_none() => {
                // What is known of the recipients is still to be told.
                session.recv_eof();
                error = Some(broken);
                continue;
            }
            Err(over) => {
                error.get_or_insert(over);
                break;
            }
        };
        match event {
            Event::WantBody { id, room } => {
                let given = match read_part(&mut message, room) {
                    Ok(part) if part.is_empty() => client(session).body_end(id),
                    Ok(part) => client(session).body(id, part.freeze()),
                    Err(_) => client(session).body_failed(id),
                };
                // What is wrong with the message is told by the outcomes.
                let _ = given;
            }
            Event::Recipient { index, outcome, .. } => {
                if let Some(slot) = outcomes.get_mut(index) {
                    *slot = Some(outcome);
                }
            }
            Event::Done { .. } => session.close(Goodbye::Done),
            Event::Dropped { extension, .. } => dropped = dropped.with(extension),
            Event::StartTlsHidden => dropped = dropped.with(Extension::StartTls),
            Event::Tls(_)
            | Event::Ready
            | Event::BodyEnough { .. }
            | Event::Answer { .. }
            | Event::Tolerated(_) => {}
        }
    }
    let outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or(NOT_TOLD)).collect();
    Delivered { outcomes, error, dropped }
}

/// The session tells every recipient, unless it was over before.
const NOT_TOLD: Outcome = Outcome::NotSent(super::NotSent::Lost);

fn read_part(message: &mut impl Read, room: usize) -> std::io::Result<BytesMut> {
    let mut part = BytesMut::zeroed(room.clamp(1, BODY_BLOCK));
    loop {
        match message.read(&mut part) {
            Ok(octets) => {
                part.truncate(octets);
                return Ok(part);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl<E: Fault> Delivered<E> {
    /// Tells whether every recipient was accepted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_)))
    }

    /// Returns the kind of the failure, if the conversation ended before its time.
    #[must_use]
    pub fn fault(&self) -> Option<FaultKind> {
        self.error.as_ref().map(DriveError::kind)
    }
}
