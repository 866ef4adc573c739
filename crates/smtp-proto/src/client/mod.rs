//! The client's end of a conversation: RFC 5321 with PIPELINING (RFC 2920), CHUNKING (RFC 3030),
//! STARTTLS (RFC 3207), AUTH (RFC 4954), what an [`Envelope`] asks for, and LMTP (RFC 2033).
//!
//! [`Config`] says how it goes about it, [`Client`] holds one conversation of any number of messages,
//! [`Outcome`] says what became of each recipient; [`deliver`] does all of it for one message.
//!
//! # Not supported
//!
//! BURL (RFC 4468). Where mail goes is looked up elsewhere; no message is turned into another form for
//! a server that does not take it as it is; nothing is tried again.

mod chunks;
mod config;
mod deliver;
mod drive;
mod envelope;
mod error;
mod event;
mod not_sent;
mod offers;
mod outgoing;
mod proxied;
mod replies;
mod requests;
mod setup;
mod transaction;

use std::{collections::VecDeque, fmt};

use bytes::{Bytes, BytesMut};
use mail_errors::Misuse;
use mail_sasl::{ChannelBindings, Nonce, client::Exchange};
use mail_wire::{Goodbye, SendBuffer};

use crate::{Capabilities, ReplyReader, State, Verb, clock::Clock};

use offers::Used;
use outgoing::Outgoing;
use requests::Requests;

pub use config::{Chunking, Config, EightBit, TlsPolicy};
pub use deliver::{Delivered, deliver};
pub use envelope::{Envelope, Recipient};
pub use error::Error;
pub use event::{Event, MessageId, Outcome};
pub use not_sent::NotSent;
pub use requests::{Request, RequestId};

/// The client's end of a conversation.
///
/// * **Making one**: [`new`](Self::new).
/// * **Work**: [`send`](Self::send), [`body`](Self::body), [`body_end`](Self::body_end),
///   [`body_failed`](Self::body_failed); [`ask`](Self::ask) between messages.
/// * **Getters**: [`capabilities`](Self::capabilities), [`messages_left`](Self::messages_left),
///   [`state`](Self::state), [`is_tls`](Self::is_tls), [`is_ready`](Self::is_ready).
/// * **Driving it**: its [`Session`](mail_wire::Session), which see for the loop and the order of answers.
///
/// It waits for the greeting, says EHLO (or HELO, where that is all the server knows; or LHLO), sees
/// to TLS and AUTH as its [`Config`] has it, and sends one message after the other, the commands of
/// each in one go where the server offers PIPELINING (RFC 2920), the message by BDAT where it offers
/// CHUNKING (RFC 3030). What became of each recipient is told by [`Event::Recipient`], once and
/// without exception, whatever happens to the connection: after an input or output error of the
/// driver call [`recv_eof`](mail_wire::Session::recv_eof), and ask on until the session fails as
/// well. For one message over a blocking stream all this is [`deliver`].
///
/// What a message asks for and the server does not offer, the session decides on as the RFCs have
/// it, and says so: [`NotSent::NotOffered`], or [`Event::Dropped`].
///
/// ```
/// # use bytes::{Buf, Bytes};
/// use mail_wire::{Goodbye, Next, Session, drive::blocking};
/// use smtp_proto::{Domain, Mailbox, client::{Client, Config, Envelope, Event, Outcome}};
///
/// let mut client = Client::new(Config::new(Domain::parse("laptop.example.com")?));
/// client.send(Envelope::new(Mailbox::parse("a@b")?).to(Mailbox::parse("c@d")?))?;
/// let mut message = Some(Bytes::from_static(b"Hi!\r\n"));
/// let mut accepted = 0;
/// # let script = ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n",
/// #     "250 ok\r\n", "221 bye\r\n"];
/// # let (mut server, mut said) = (script.iter(), Vec::new());
/// # let now = mail_wire::testing::start();
/// loop {
///     // A driver does this: `match blocking::drive(&mut client, &mut stream, None)?`
///     match client.next_event(now)? {
///         Next::Event(event) => match event {
///             Event::WantBody { id, .. } => match message.take() {
///                 Some(part) => client.body(id, part)?,
///                 None => client.body_end(id)?,
///             },
///             Event::Recipient { outcome: Outcome::Accepted(_), .. } => accepted += 1,
///             Event::Done { .. } => client.close(Goodbye::Done),
///             _ => {}
///         },
///         Next::Closed => break,
/// #       Next::NeedInput { .. } => {
/// #           let (input, _) = client.buffers();
/// #           input.extend_from_slice(server.next().expect("it wants no more").as_bytes());
/// #       }
///         _ => unreachable!("the driver deals with these"),
///     }
/// #   let out = client.buffers().1;
/// #   said.extend_from_slice(&out.copy_to_bytes(out.remaining()));
/// }
/// assert_eq!(accepted, 1);
/// # assert!(said.ends_with(b"DATA\r\nHi!\r\n.\r\nQUIT\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    config: Config,
    state: State,
    input: BytesMut,
    output: SendBuffer,
    reader: ReplyReader,
    clock: Clock,
    /// Events that are ready to be told.
    told: VecDeque<Event>,
    /// What has been said and not been answered, in order.
    in_flight: VecDeque<InFlight>,
    capabilities: Capabilities,
    exchange: Option<Exchange>,
    nonce: Option<Nonce>,
    setup: Setup,
    outgoing: Option<Outgoing>,
    requests: Requests,
    /// What counts against the limits that the server offers.
    used: Used,
    messages: u64,
    eof: bool,
    goodbye: Option<Goodbye>,
    over: Option<Result<(), Error>>,
}

/// Something that has been said and not been answered.
#[derive(Debug, Clone, Copy)]
struct InFlight {
    verb: Verb,
    /// What it counts against [`ClientLimits::group`](crate::limits::ClientLimits::group).
    cost: usize,
}

/// How far the way to the first message has been gone.
#[derive(Debug, Default)]
struct Setup {
    is_tls: bool,
    /// What an exchange can be bound to.
    bindings: ChannelBindings,
    /// STARTTLS was refused, and that is let pass.
    tls_refused: bool,
    /// EHLO was refused; HELO it is.
    without_ehlo: bool,
    /// The client that we speak for has been presented.
    is_presented: bool,
    is_authenticated: bool,
    /// It has been told that STARTTLS is not offered any more.
    is_warned: bool,
    is_done: bool,
}

impl Client {
    /// Starts a session on a connection that has just been made.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let limits = &config.limits;
        Self {
            reader: ReplyReader::new(config.profile, limits.reply_line, limits.reply),
            config,
            state: State::Connected,
            input: BytesMut::new(),
            output: SendBuffer::new(),
            clock: Clock::default(),
            told: VecDeque::new(),
            // The greeting answers the connection.
            in_flight: VecDeque::from([InFlight { verb: Verb::Connect, cost: 0 }]),
            capabilities: Capabilities::new(),
            exchange: None,
            nonce: None,
            setup: Setup::default(),
            outgoing: None,
            requests: Requests::default(),
            used: Used::default(),
            messages: 0,
            eof: false,
            goodbye: None,
            over: None,
        }
    }

    /// Sends a message, one at a time: the next after [`Event::Done`]. May be called before the
    /// session is ready.
    ///
    /// # Errors
    /// [`Misuse::WrongMoment`] while another message is on its way, or when the conversation is
    /// over or about to be; [`Misuse::Invalid`] if there is no recipient.
    pub fn send(&mut self, envelope: Envelope) -> Result<MessageId, Misuse> {
        let wrong = |state| Err(Misuse::WrongMoment { call: "send", state });
        if self.over.is_some() || self.goodbye.is_some() {
            return wrong("the conversation ends");
        }
        if self.outgoing.is_some() {
            return wrong("another message is on its way");
        }
        if envelope.to.is_empty() {
            return Err(Misuse::Invalid { what: "envelope", why: "it has no recipient" });
        }
        let id = MessageId(self.messages);
        self.messages += 1;
        self.outgoing = Some(Outgoing::new(id, envelope, self.by_dots()));
        Ok(id)
    }

    /// Gives the next part of a message, cut anywhere, lines ended by CRLF (unless it is announced as
    /// [binary](crate::BodyType::BinaryMime)), dots as they are.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this message is not being asked for; [`Misuse::Unencodable`] if the
    /// part has a CR or LF that stands alone, and the [`Config`] rejects that: the message is given
    /// up then as by [`body_failed`](Self::body_failed), because part of it may be gone already.
    pub fn body(&mut self, id: MessageId, part: Bytes) -> Result<(), Misuse> {
        open_body(&mut self.outgoing, id)?;
        self.push_body(part).map_err(|bare| self.stop_bare(bare))
    }

    /// Says that the message is complete.
    ///
    /// # Errors
    /// As [`body`](Self::body).
    pub fn body_end(&mut self, id: MessageId) -> Result<(), Misuse> {
        let outgoing = open_body(&mut self.outgoing, id)?;
        match outgoing.end_body(&mut self.output) {
            Ok(is_said) => {
                if is_said {
                    self.in_flight.push_back(InFlight { verb: Verb::EndOfData, cost: 0 });
                }
                Ok(())
            }
            Err(bare) => Err(self.stop_bare(bare)),
        }
    }

    /// Says that the rest of the message cannot be had, or that it is not to go after all. So that
    /// what has been sent of it does not look whole, the connection is cut; if the message goes by
    /// chunks, or none of it has been asked for by DATA, RSET does it (RFC 5321 4.1.1.5), and the
    /// connection goes on.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this message is not on its way, if everybody has been told what
    /// became of it, or between DATA and its answer.
    pub fn body_failed(&mut self, id: MessageId) -> Result<(), Misuse> {
        let may_stop = |one: &&mut Outgoing| one.id == id && (one.is_body_open() || one.is_ahead());
        if self.outgoing.as_mut().filter(may_stop).is_none() {
            return Err(Misuse::UnknownId { what: "message", id: id.0 });
        }
        self.stop_body(NotSent::BodyFailed);
        Ok(())
    }

    /// Gives the nonce for SCRAM, which is drawn from the operating system else: for entropy from
    /// elsewhere, and for transcripts that are the same each time. It is used once.
    pub fn set_nonce(&mut self, nonce: Nonce) {
        self.nonce = Some(nonce);
    }

    /// Returns what the server offers; nothing before its reply to EHLO.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Returns where the conversation stands, as far as it has been answered.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Tells whether TLS is in place.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.setup.is_tls
    }

    /// Tells whether greeting, EHLO, TLS and AUTH are done.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.setup.is_done
    }
}

/// What a reply is taken to cost the receive buffer (RFC 2920 3.1), in octets.
const REPLY: usize = 128;
/// Longest command line in octets that every server takes, CRLF included. RFC 5321 4.5.3.1.4.
const COMMAND_LINE: usize = 512;

fn open_body(outgoing: &mut Option<Outgoing>, id: MessageId) -> Result<&mut Outgoing, Misuse> {
    let open = outgoing.as_mut().filter(|outgoing| outgoing.id == id && outgoing.is_body_open());
    open.ok_or(Misuse::UnknownId { what: "body", id: id.0 })
}

/// Says nothing of what is in the buffers: passwords pass through them.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("state", &self.state)
            .field("setup", &self.setup)
            .field("in_flight", &self.in_flight)
            .field("input", &self.input.len())
            .field("output", &self.output.len())
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}
