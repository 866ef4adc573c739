//! TLS as a layer inside of a session (feature `rustls`). All calls of rustls stand in this file.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes, BytesMut};
use mail_errors::{Fault, FaultKind, Secret};
use rustls::{
    ClientConfig, ClientConnection, Connection, ConnectionCommon, ProtocolVersion, ServerConfig,
    ServerConnection, SideData, StreamOwned, pki_types::ServerName,
};

use crate::{
    BODY_BLOCK, Goodbye, Next, SendBuffer, Session, TlsInfo, TlsVersion, Upgrade, Upgraded,
    drive::blocking::Stream, end_point::end_point_hash, reserve_block,
};

/// A session with room for a TLS layer, which goes in when the session asks for it: at once for
/// implicit TLS, in mid-connection for STARTTLS and STLS.
///
/// While the slot is empty, octets pass it uncopied. `Upgrade::Deflate` is passed on to the caller:
/// that slot is not filled yet.
pub struct Layered<S> {
    session: S,
    tls: Slot,
    /// Ciphertext from the peer, and for it.
    input: BytesMut,
    output: SendBuffer,
    eof: bool,
    told_eof: bool,
    /// Our own side wants the end.
    closing: bool,
    said_goodbye: bool,
    /// The peer has taken nothing since then, when so much had been written.
    stuck: Option<(Instant, u64)>,
    failed: Option<TlsError>,
}

/// How long the peer may take nothing where the session sets no time: octets are written for it
/// once they are encrypted.
const STUCK: Duration = Duration::from_secs(5 * 60);

enum Slot {
    Empty(Role),
    Handshake { connection: Box<Connection>, until: Option<Instant>, certificate: Option<Bytes> },
    Running(Box<Connection>),
}

/// Which end of TLS to be.
#[derive(Clone)]
enum Role {
    None,
    Server { config: Arc<ServerConfig>, certificate: Option<Bytes> },
    Client { config: Arc<ClientConfig>, name: ServerName<'static> },
}

impl<S: Session> Layered<S> {
    /// Wraps a server's session. `certificate` is the leaf, in DER, that `config` serves; without
    /// it sessions do not learn the `tls-server-end-point` binding.
    pub fn server(session: S, config: Arc<ServerConfig>, certificate: Option<Bytes>) -> Self {
        Self::new(session, Role::Server { config, certificate })
    }

    /// Wraps a client's session. `name` is the server's host name or address, which goes out as SNI
    /// and which `config` checks the certificate against.
    ///
    /// # Errors
    /// If `name` is neither a host name nor an address.
    pub fn client(session: S, config: Arc<ClientConfig>, name: &str) -> Result<Self, TlsError> {
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| TlsError::new(FaultKind::Misuse, "the server name is not a host name"))?;
        Ok(Self::new(session, Role::Client { config, name }))
    }

    /// Wraps a session that does without TLS; an upgrade is left to the caller.
    pub fn plain(session: S) -> Self {
        Self::new(session, Role::None)
    }

    fn new(session: S, role: Role) -> Self {
        Self {
            session,
            tls: Slot::Empty(role),
            input: BytesMut::new(),
            output: SendBuffer::new(),
            eof: false,
            told_eof: false,
            closing: false,
            said_goodbye: false,
            stuck: None,
            failed: None,
        }
    }

    /// Returns the session.
    pub const fn get_ref(&self) -> &S {
        &self.session
    }

    /// Returns the session, to answer its events.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.session
    }

    /// Puts the layer in that the session has asked for, if there is one to put in.
    fn start(&mut self, until: Option<Instant>) -> bool {
        let Slot::Empty(role) = &self.tls else { return false };
        let (connection, certificate) = match role.clone() {
            Role::None => return false,
            Role::Server { config, certificate } => {
                (ServerConnection::new(config).map(Connection::from), certificate)
            }
            Role::Client { config, name } => {
                (ClientConnection::new(config, name).map(Connection::from), None)
            }
        };
        // What the session said in the clear goes first.
        while let Some(piece) = self.session.buffers().1.take_piece(usize::MAX) {
            self.output.put_bytes(piece);
        }
        match connection {
            Ok(connection) => {
                let connection = Box::new(connection);
                self.tls = Slot::Handshake { connection, until, certificate };
            }
            Err(error) => self.fail(TlsError::from_rustls(&error)),
        }
        true
    }

    /// Goes on with the handshake. `None` when it is done or has failed.
    fn handshake(&mut self, now: Instant) -> Option<Next<S::Event>> {
        let Slot::Handshake { connection, until, certificate } = &mut self.tls else { return None };
        let until = *until;
        let mut outcome = Ok(true);
        while connection.is_handshaking() && matches!(outcome, Ok(true)) {
            outcome = decrypt_some(connection, &mut self.input);
            send_records(connection, &mut self.output);
        }
        if let Err(error) = outcome {
            self.fail(error);
        } else if !connection.is_handshaking() {
            let info = describe(connection, certificate.take());
            let slot = std::mem::replace(&mut self.tls, Slot::Empty(Role::None));
            if let Slot::Handshake { connection, .. } = slot {
                self.tls = Slot::Running(connection);
            }
            // A session that does not like it says so when it is asked.
            let _ = self.session.upgraded(Upgraded::Tls(info));
        } else if self.eof {
            self.fail(TlsError::new(FaultKind::Disconnected, "closed during the handshake"));
        } else if until.is_some_and(|until| until <= now) {
            self.fail(TlsError::new(FaultKind::TimedOut, "the handshake took too long"));
        } else {
            return Some(Next::NeedInput { until });
        }
        None
    }

    /// Decrypts for the session what is there; answers whether that brought anything.
    fn take_in(&mut self) -> bool {
        let Slot::Running(connection) = &mut self.tls else { return false };
        loop {
            let outcome = match read_plaintext(connection, self.session.buffers().0) {
                Plaintext::Octets => return true,
                Plaintext::Ended => Ok(false),
                Plaintext::None => decrypt_some(connection, &mut self.input),
            };
            send_records(connection, &mut self.output);
            match outcome {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.fail(error);
                    return true;
                }
            }
        }
        // Nothing is left that could be decrypted: is more to come?
        let ended = self.eof || matches!(peer_has_closed(connection), Ok(true));
        let news = ended && !self.told_eof;
        if news {
            self.told_eof = true;
            self.session.recv_eof();
        }
        news
    }

    /// Encrypts what the session has to say, as far as there is room; answers whether it was any.
    fn give_out(&mut self, all: bool) -> bool {
        let Slot::Running(connection) = &mut self.tls else { return false };
        let mut moved = false;
        // What does not fit stays with the session, so that it notices a slow peer.
        while all || self.output.len() < 2 * BODY_BLOCK {
            let Some(piece) = self.session.buffers().1.take_piece(BODY_BLOCK) else { break };
            moved = true;
            let mut rest = &*piece;
            while !rest.is_empty() {
                match connection.writer().write(rest) {
                    Ok(octets) if octets > 0 => rest = rest.get(octets..).unwrap_or_default(),
                    Ok(_) | Err(_) => {
                        // Whatever came behind the gap would be taken for what is missing.
                        self.fail(TlsError::new(FaultKind::Misuse, "octets cannot be encrypted"));
                        return true;
                    }
                }
                send_records(connection, &mut self.output);
            }
        }
        moved
    }

    /// Encrypts the last words and ends TLS in good order, once.
    fn say_goodbye(&mut self) {
        self.give_out(true);
        if let Slot::Running(connection) = &mut self.tls
            && !std::mem::replace(&mut self.said_goodbye, true)
        {
            connection.send_close_notify();
            send_records(connection, &mut self.output);
        }
    }

    /// Sees to it that no wait for the peer to take something is without end.
    fn watch(&mut self, next: Next<S::Event>, now: Instant) -> Option<Next<S::Event>> {
        if self.output.is_empty() || next.until().is_some() {
            self.stuck = None;
            return Some(next);
        }
        let written = self.output.written();
        let (since, _) = *self
            .stuck
            .insert(self.stuck.filter(|(_, before)| *before == written).unwrap_or((now, written)));
        if since + STUCK <= now {
            self.fail(TlsError::new(FaultKind::TimedOut, "the peer takes no output"));
            return None;
        }
        Some(next.with_until(since + STUCK))
    }

    fn fail(&mut self, error: TlsError) {
        self.failed.get_or_insert(error);
        // It may have something to tell before the end: who got the message, and who did not.
        self.session.recv_eof();
    }
}

impl<S: Session> Session for Layered<S> {
    type Event = S::Event;
    type Error = LayeredError<S::Error>;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        match self.tls {
            Slot::Empty(_) => self.session.buffers(),
            Slot::Handshake { .. } | Slot::Running(_) => {
                reserve_block(&mut self.input, BODY_BLOCK);
                (&mut self.input, &mut self.output)
            }
        }
    }

    fn recv_eof(&mut self) {
        // A layer that goes in later is not to wait for what will not come.
        self.eof = true;
        if let Slot::Empty(_) = self.tls {
            self.session.recv_eof();
        }
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<S::Event>, Self::Error> {
        loop {
            let shaking = if self.failed.is_none() { self.handshake(now) } else { None };
            if let Some(next) = shaking {
                if !self.closing {
                    return Ok(next);
                }
                // It may be content without the end of the handshake.
                return match self.session.next_event(now) {
                    Ok(over @ (Next::Event(_) | Next::Closed)) => Ok(over),
                    Ok(_) => Ok(next),
                    Err(error) => Err(LayeredError::Session(error)),
                };
            }
            let answer = self.session.next_event(now);
            if let Some(error) = &self.failed {
                return match answer {
                    Ok(Next::Event(event)) => Ok(Next::Event(event)),
                    Ok(_) | Err(_) => Err(LayeredError::Tls(error.clone())),
                };
            }
            let next = answer.map_err(|error| {
                self.say_goodbye();
                LayeredError::Session(error)
            })?;
            match next {
                Next::Event(event) => return Ok(Next::Event(event)),
                Next::Closed => {
                    self.say_goodbye();
                    return Ok(Next::Closed);
                }
                Next::Upgrade { to: Upgrade::Tls, until } if self.start(until) => continue,
                Next::NeedOutput { .. } if self.give_out(false) => continue,
                Next::NeedInput { .. } if self.take_in() => continue,
                Next::NeedInput { .. }
                | Next::NeedOutput { .. }
                | Next::NeedReply { .. }
                | Next::Upgrade { .. } => {}
            }
            if matches!(self.tls, Slot::Empty(_)) {
                return Ok(next);
            }
            self.give_out(false);
            let next = next.after_output(self.session.buffers().1);
            if let Some(next) = self.watch(next, now).filter(|_| self.failed.is_none()) {
                return Ok(next);
            }
        }
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), Self::Error> {
        self.session.upgraded(to).map_err(LayeredError::Session)
    }

    fn close(&mut self, why: Goodbye) {
        self.closing = true;
        self.session.close(why);
    }
}

impl<S: fmt::Debug> fmt::Debug for Layered<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = match self.tls {
            Slot::Empty(_) => "none",
            Slot::Handshake { .. } => "handshake",
            Slot::Running(_) => "running",
        };
        f.debug_struct("Layered").field("session", &self.session).field("tls", &tls).finish()
    }
}

/// Why a layered conversation came to a bad end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayeredError<E: Fault> {
    /// The session says so.
    #[error(transparent)]
    Session(E),
    /// TLS says so.
    #[error(transparent)]
    Tls(TlsError),
}

impl<E: Fault> Fault for LayeredError<E> {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Session(error) => error.kind(),
            Self::Tls(error) => error.kind(),
        }
    }
}

/// What went wrong in TLS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tls: {text}")]
pub struct TlsError {
    kind: FaultKind,
    text: Box<str>,
}

impl TlsError {
    fn new(kind: FaultKind, text: &str) -> Self {
        Self { kind, text: text.into() }
    }

    fn from_rustls(error: &rustls::Error) -> Self {
        use rustls::Error as E;
        #[expect(clippy::wildcard_enum_match_arm, reason = "theirs grows with every release")]
        let kind = match error {
            E::InvalidMessage(_) => FaultKind::Malformed,
            E::PeerIncompatible(_)
            | E::AlertReceived(_)
            | E::InvalidCertificate(_)
            | E::NoCertificatesPresented
            | E::NoApplicationProtocol => FaultKind::Incompatible,
            E::PeerSentOversizedRecord => FaultKind::LimitExceeded,
            E::General(_) | E::FailedToGetRandomBytes => FaultKind::Misuse,
            _ => FaultKind::Misbehaved,
        };
        Self::new(kind, &error.to_string())
    }
}

impl Fault for TlsError {
    fn kind(&self) -> FaultKind {
        self.kind
    }
}

/// Feeds rustls some ciphertext; answers whether there was any.
fn decrypt_some(connection: &mut Connection, input: &mut BytesMut) -> Result<bool, TlsError> {
    if input.is_empty() {
        // An empty read would mean the end to rustls.
        return Ok(false);
    }
    let taken = connection.read_tls(&mut &**input);
    let taken = taken.map_err(|error| TlsError::new(FaultKind::Malformed, &error.to_string()))?;
    input.advance(taken);
    if taken == 0 {
        // After close_notify nothing counts.
        input.clear();
        return Ok(false);
    }
    connection.process_new_packets().map_err(|error| TlsError::from_rustls(&error))?;
    Ok(true)
}

/// Moves the records that wait in rustls to the output.
fn send_records(connection: &mut Connection, output: &mut SendBuffer) {
    struct Into<'a>(&'a mut SendBuffer);
    impl Write for Into<'_> {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            crate::Sink::put(self.0, octets);
            Ok(octets.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    while connection.wants_write() {
        if !matches!(connection.write_tls(&mut Into(output)), Ok(octets) if octets > 0) {
            return;
        }
    }
}

enum Plaintext {
    None,
    Octets,
    Ended,
}

/// Moves decrypted octets to the session, about a record at most.
fn read_plaintext(connection: &mut Connection, input: &mut BytesMut) -> Plaintext {
    let held = input.len();
    let mut block = [0; 4096];
    loop {
        match connection.reader().read(&mut block) {
            Ok(0) if input.len() == held => return Plaintext::Ended,
            Err(error) if input.len() == held => {
                // rustls: WouldBlock is nothing yet; the rest is an end without close_notify.
                let nothing_yet = error.kind() == ErrorKind::WouldBlock;
                return if nothing_yet { Plaintext::None } else { Plaintext::Ended };
            }
            Ok(0) | Err(_) => return Plaintext::Octets,
            Ok(octets) => input.extend_from_slice(block.get(..octets).unwrap_or_default()),
        }
    }
}

fn peer_has_closed(connection: &mut Connection) -> Result<bool, TlsError> {
    let state = connection.process_new_packets();
    state.map(|io| io.peer_has_closed()).map_err(|error| TlsError::from_rustls(&error))
}

/// Reads off what sessions are told. `served` is the certificate our own end showed, if known.
fn describe(connection: &Connection, served: Option<Bytes>) -> TlsInfo {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
        _ => TlsVersion::Tls12,
    };
    let cipher = connection
        .negotiated_cipher_suite()
        .map(|suite| format!("{:?}", suite.suite()).replace("TLS13_", "TLS_"))
        .unwrap_or_default();
    let peer: Vec<Bytes> = connection
        .peer_certificates()
        .unwrap_or_default()
        .iter()
        .map(|certificate| Bytes::copy_from_slice(certificate))
        .collect();
    let (server_name, shown) = match connection {
        Connection::Server(server) => (server.server_name(), served.as_ref()),
        Connection::Client(_) => (None, peer.first()),
    };
    // RFC 9266 §4.2: under TLS 1.2 only with extended master secret, which rustls does not tell.
    let exporter = (version == TlsVersion::Tls13)
        .then(|| connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None));
    TlsInfo::new(version, &cipher)
        .with_server_name(server_name)
        .with_alpn(connection.alpn_protocol())
        .with_end_point(shown.and_then(|der| end_point_hash(der)))
        .with_exporter(exporter.and_then(Result::ok).map(Secret::new))
        .with_peer_certificates(peer)
}

impl<C, D, T> Stream for StreamOwned<C, T>
where
    C: std::ops::DerefMut<Target = ConnectionCommon<D>>,
    D: SideData,
    T: Stream,
{
    fn set_timeouts(&mut self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.sock.set_timeouts(read, write)
    }

    fn close_sending(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.close_sending()
    }
}
