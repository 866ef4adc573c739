//! The client's end of a conversation.

mod config;
mod deliver;
mod envelope;
mod error;
mod event;
mod outgoing;
mod replies;
mod setup;
mod transaction;

use std::{
    collections::VecDeque,
    fmt,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use mail_errors::Misuse;
use mail_sasl::{ChannelBindings, Nonce, client::Exchange};
use mail_wire::{
    COMMAND_BLOCK, Goodbye, Next, SendBuffer, Session, Sink, Upgrade, Upgraded, reserve_block,
};

use crate::{
    Capabilities, Command, Outcome as ReplyOutcome, ReplyReader, State, Verb, binding::bindings,
    clock::Clock, encode, state::after,
};

use outgoing::Outgoing;

pub use config::{Config, EightBit, TlsPolicy};
pub use deliver::{Delivered, deliver};
pub use envelope::Envelope;
pub use error::Error;
pub use event::{Event, MessageId, NotSent, Outcome};

/// The client's end of a conversation.
///
/// * **Making one**: [`new`](Self::new).
/// * **Work**: [`send`](Self::send), [`body`](Self::body), [`body_end`](Self::body_end),
///   [`body_failed`](Self::body_failed).
/// * **Getters**: [`capabilities`](Self::capabilities), [`state`](Self::state),
///   [`is_tls`](Self::is_tls), [`is_ready`](Self::is_ready).
/// * **Driving it**: its [`Session`], which see for the loop and the order of answers.
///
/// It waits for the greeting, says EHLO (or HELO, where that is all the server knows), sees to TLS
/// and AUTH as its [`Config`] has it, and sends one message after the other, the commands of each
/// in one go where the server offers PIPELINING (RFC 2920). What became of each recipient is told
/// by [`Event::Recipient`], once and without exception, whatever happens to the connection: after
/// an input or output error of the driver call [`recv_eof`](Session::recv_eof), and ask on until
/// the session fails as well. For one message over a blocking stream all this is [`deliver`].
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
    is_authenticated: bool,
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
        self.outgoing = Some(Outgoing::new(id, envelope, self.config.bare_newline));
        Ok(id)
    }

    /// Gives the next part of a message, cut anywhere, lines ended by CRLF, dots as they are.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this message is not being asked for; [`Misuse::Unencodable`] if the
    /// part has a CR or LF that stands alone, and the [`Config`] rejects that: the connection is
    /// cut then, because part of the message may be gone already.
    pub fn body(&mut self, id: MessageId, part: Bytes) -> Result<(), Misuse> {
        open_body(&mut self.outgoing, id)?;
        self.push_body(part).map_err(|bare| self.cut_bare(bare))
    }

    /// Says that the message is complete.
    ///
    /// # Errors
    /// As [`body`](Self::body).
    pub fn body_end(&mut self, id: MessageId) -> Result<(), Misuse> {
        let outgoing = open_body(&mut self.outgoing, id)?;
        match outgoing.end_body(&mut self.output) {
            Ok(()) => {
                self.in_flight.push_back(InFlight { verb: Verb::EndOfData, cost: 0 });
                Ok(())
            }
            Err(bare) => Err(self.cut_bare(bare)),
        }
    }

    /// Says that the rest of the message cannot be had. The connection is cut, so that what has
    /// been sent of it does not look whole.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this message is not being asked for.
    pub fn body_failed(&mut self, id: MessageId) -> Result<(), Misuse> {
        open_body(&mut self.outgoing, id)?;
        self.cut(NotSent::BodyFailed);
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

    fn step(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        loop {
            if let Some(event) = self.told.pop_front().or_else(|| self.tell_recipient()) {
                return Ok(Next::Event(event));
            }
            if let Some(over) = &self.over {
                return over.clone().map(|()| Next::Closed);
            }
            // What is there before anything was asked answers nothing, and must not pass for the
            // answer to what is asked next.
            if self.in_flight.is_empty() && self.read_reply() {
                continue;
            }
            // What goes out depends on the replies that have been acted on, and not on how many of
            // them came in one read.
            let is_heard = !self.eof || !self.input.is_empty();
            if (is_heard && self.go_on()) || self.read_reply() {
                continue;
            }
            if self.eof {
                self.hung_up();
            } else if self.wants_tls() {
                if let Some(answer) = self.await_tls(now) {
                    return Ok(answer);
                }
            } else if let Some(answer) = self.pull_body(now).or_else(|| self.starve(now)) {
                return Ok(answer);
            }
        }
    }

    /// Says what comes next, if anything can be said now. Answers whether something happened.
    fn go_on(&mut self) -> bool {
        let is_idle = self.in_flight.is_empty();
        match self.state {
            State::Greeted | State::Ready if is_idle && !self.setup.is_done => {
                match self.goodbye {
                    Some(_) => self.quit(),
                    None => self.set_up(),
                }
                true
            }
            State::Ready | State::HasSender | State::HasRecipient
                if self.setup.is_done && self.outgoing.is_some() =>
            {
                self.send_commands()
            }
            State::Ready if is_idle && self.goodbye.is_some() => {
                self.quit();
                true
            }
            State::Connected
            | State::Greeted
            | State::TurnedAway
            | State::Ready
            | State::Handshake
            | State::Authenticating
            | State::HasSender
            | State::HasRecipient
            | State::Message
            | State::Chunks
            | State::Spoiled
            | State::Closed => false,
        }
    }

    /// Says a command.
    fn say(&mut self, command: &Command) {
        let before = self.output.len();
        encode::command(command, &mut self.output);
        let cost = self.output.len() - before;
        self.in_flight.push_back(InFlight { verb: command.verb(), cost: cost.max(REPLY) });
    }

    fn quit(&mut self) {
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.tell_open(Outcome::NotSent(NotSent::Closing));
        }
        self.say(&Command::Quit);
    }

    /// Asks for the next part of the message, if one is wanted.
    fn pull_body(&mut self, now: Instant) -> Option<Next<Event>> {
        let outgoing = self.outgoing.as_mut().filter(|one| one.is_body_open())?;
        if outgoing.is_asking() {
            return Some(Next::NeedReply { until: self.until(now) });
        }
        let room = self.config.limits.output.saturating_sub(self.output.len());
        if room == 0 {
            return Some(Next::NeedOutput { until: self.until(now) });
        }
        outgoing.ask();
        Some(Next::Event(Event::WantBody { id: outgoing.id, room }))
    }

    /// There is nothing to read and nothing to say.
    fn starve(&mut self, now: Instant) -> Option<Next<Event>> {
        let awaited = self.in_flight.front().map(|one| one.verb);
        if let Some(verb) = awaited {
            self.clock.await_reply(now, self.time_for(verb));
            if self.clock.is_overdue(now) {
                match verb == Verb::Quit {
                    true => self.end(Ok(())),
                    false => self.give_up(Error::TimedOut { verb }),
                }
                return None;
            }
        }
        Some(Next::NeedInput { until: self.until(now) })
    }

    fn until(&mut self, now: Instant) -> Option<Instant> {
        self.clock.until(&self.output, now, self.config.limits.block_time)
    }

    /// How long an answer may take. RFC 5321 4.5.3.2.
    const fn time_for(&self, verb: Verb) -> Duration {
        let limits = &self.config.limits;
        match verb {
            Verb::Connect => limits.greeting_time,
            Verb::Data => limits.data_time,
            Verb::EndOfData | Verb::LastChunk => limits.end_time,
            Verb::Quit => limits.quit_time,
            Verb::Ehlo
            | Verb::Helo
            | Verb::Lhlo
            | Verb::StartTls
            | Verb::Handshake
            | Verb::Auth
            | Verb::AuthResponse
            | Verb::Mail
            | Verb::Rcpt
            | Verb::Rset
            | Verb::Noop
            | Verb::Vrfy
            | Verb::Expn
            | Verb::Help
            | Verb::Bdat
            | Verb::Burl
            | Verb::Etrn
            | Verb::Xclient
            | Verb::Xforward => limits.command_time,
        }
    }

    /// The server is gone, and what it said before is worked off.
    fn hung_up(&mut self) {
        let quitting = self.in_flight.front().map(|one| one.verb) == Some(Verb::Quit);
        let leaving = self.goodbye.is_some() && self.outgoing.is_none();
        match quitting || leaving {
            true => self.end(Ok(())),
            false => self.give_up(Error::Disconnected { state: self.state }),
        }
    }

    fn wants_tls(&self) -> bool {
        let implicit = self.state == State::Connected && self.config.tls == TlsPolicy::Implicit;
        self.state == State::Handshake || (implicit && !self.setup.is_tls)
    }

    fn await_tls(&mut self, now: Instant) -> Option<Next<Event>> {
        self.clock.await_handshake(now, self.config.limits.handshake_time);
        if self.clock.is_overdue(now) {
            self.give_up(Error::TimedOut { verb: Verb::Handshake });
        } else if self.goodbye.is_some() {
            self.end(Ok(()));
        } else {
            return Some(Next::Upgrade { to: Upgrade::Tls, until: self.until(now) });
        }
        None
    }

    /// Ends the conversation because it cannot go on, with QUIT where that can still be said.
    fn give_up(&mut self, error: Error) {
        let may_quit = matches!(
            self.state,
            State::Greeted
                | State::TurnedAway
                | State::Ready
                | State::HasSender
                | State::HasRecipient
        );
        if may_quit && self.in_flight.is_empty() {
            self.output.put(b"QUIT\r\n");
        } else {
            // Of a message that is cut, nothing more may go out; least of all its end.
            self.output.discard();
        }
        self.end(Err(error));
    }

    fn end(&mut self, how: Result<(), Error>) {
        if let Some(outgoing) = &mut self.outgoing {
            let lost = match (outgoing.is_complete(), self.goodbye) {
                (true, _) => Outcome::Unknown,
                (false, Some(_)) if how.is_ok() => Outcome::NotSent(NotSent::Closing),
                (false, _) => Outcome::NotSent(NotSent::Lost),
            };
            outgoing.tell_open(lost);
        }
        self.state = after(self.state, Verb::Connect, ReplyOutcome::Closing);
        self.in_flight.clear();
        self.clock = Clock::default();
        self.exchange = None;
        self.input = BytesMut::new();
        self.over = Some(how);
    }

    /// Tells the next recipient what became of it, and after the last that this was all.
    fn tell_recipient(&mut self) -> Option<Event> {
        let outgoing = self.outgoing.as_mut()?;
        let id = outgoing.id;
        if let Some((index, outcome)) = outgoing.next_told() {
            return Some(Event::Recipient { id, index, outcome });
        }
        // Until RSET has been answered the connection is not free.
        let is_free =
            self.over.is_some() || outgoing.is_free(self.state, self.in_flight.is_empty());
        if !is_free {
            return None;
        }
        self.outgoing = None;
        Some(Event::Done { id })
    }
}

/// What a reply is taken to cost the receive buffer (RFC 2920 3.1), in octets.
const REPLY: usize = 128;

fn open_body(outgoing: &mut Option<Outgoing>, id: MessageId) -> Result<&mut Outgoing, Misuse> {
    let open = outgoing.as_mut().filter(|outgoing| outgoing.id == id && outgoing.is_body_open());
    open.ok_or(Misuse::UnknownId { what: "body", id: id.0 })
}

impl Session for Client {
    type Event = Event;
    type Error = Error;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        reserve_block(&mut self.input, COMMAND_BLOCK);
        (&mut self.input, &mut self.output)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        let is_asking = self.outgoing.as_ref().is_some_and(Outgoing::is_asking);
        self.clock.resume(now, !is_asking);
        let time = self.config.limits.block_time;
        if !self.clock.watch(&self.output, now, time) && self.over.is_none() {
            self.give_up(Error::Stuck);
        }
        let answer = self.step(now);
        if matches!(answer, Ok(Next::Event(_))) {
            self.clock.pause(now);
        }
        answer
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), Error> {
        let Upgraded::Tls(info) = to else { return Err(Error::NoUpgrade) };
        if !self.wants_tls() || self.over.is_some() {
            return Err(Error::NoUpgrade);
        }
        if !self.input.is_empty() {
            let error = Error::Injected { octets: self.input.len() };
            self.give_up(error.clone());
            return Err(error);
        }
        // RFC 3207 4.2: the client must forget what it learned from the server before.
        self.state = after(self.state, Verb::Handshake, ReplyOutcome::Done);
        self.capabilities = Capabilities::new();
        self.setup = Setup { is_tls: true, bindings: bindings(&info), ..Setup::default() };
        self.clock.handshake_done();
        self.told.push_back(Event::Tls(Box::new(info)));
        Ok(())
    }

    fn close(&mut self, why: Goodbye) {
        self.goodbye.get_or_insert(why);
    }
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
