//! One question to a list of resolvers, without a socket: UDP, TCP when truncated, retries, EDNS.

use std::{
    fmt,
    net::SocketAddr,
    time::{Duration, Instant},
};

use mail_errors::Misuse;

use super::{
    query::{QueryFlags, encode_query},
    response::{Rejected, Response, decode_response},
};
use crate::{outcome::Outcome, question::Question};

/// Which servers are asked, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    servers: Vec<SocketAddr>,
    timeout: Duration,
    rounds: u32,
    edns_payload: u16,
    recursion_desired: bool,
    trust_ad: bool,
}

impl Config {
    /// Asks these servers, the first one first: two rounds, two seconds each for the first and
    /// twice as long for the second, with EDNS.
    ///
    /// # Errors
    ///
    /// No server is given.
    pub fn new(servers: impl Into<Vec<SocketAddr>>) -> Result<Self, Misuse> {
        let servers = servers.into();
        if servers.is_empty() {
            return Err(Misuse::Invalid { what: "list of servers", why: "is empty" });
        }
        Ok(Self {
            servers,
            timeout: Duration::from_secs(2),
            rounds: 2,
            edns_payload: 1232,
            recursion_desired: true,
            trust_ad: false,
        })
    }

    /// Waits this long for the first answer of each server; doubled each round, and four times as
    /// long for TCP. At least 10 ms and at most a minute.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.clamp(Duration::from_millis(10), Duration::from_secs(60));
        self
    }

    /// Asks each server up to this many times, 1 to 8.
    #[must_use]
    pub fn with_rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds.clamp(1, 8);
        self
    }

    /// Tells servers to recurse or not. Ask authoritative servers without.
    #[must_use]
    pub fn with_recursion(mut self, desired: bool) -> Self {
        self.recursion_desired = desired;
        self
    }

    /// Believes the servers' AD bit: they validate, and nobody can change what they send, as with a
    /// resolver on this very host (RFC 6840 5.8).
    ///
    /// # Why you might: DANE (RFC 7672) needs validated answers and this crate does not validate.
    #[must_use]
    pub fn with_trusted_ad(mut self) -> Self {
        self.trust_ad = true;
        self
    }
}

/// What the caller of an [`Exchange`] does next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "dropping this leaves the query unsent"]
pub enum Action {
    /// Send these octets in one datagram and give what comes back to
    /// [`udp_received`](Exchange::udp_received).
    SendUdp {
        /// The server.
        to: SocketAddr,
        /// The datagram.
        octets: Vec<u8>,
    },
    /// Connect, send these octets, and give what comes back to
    /// [`tcp_received`](Exchange::tcp_received), in any pieces.
    SendTcp {
        /// The server.
        to: SocketAddr,
        /// The query behind its length of two octets (RFC 1035 4.2.2).
        octets: Vec<u8>,
    },
    /// Wait for the answer to what was sent, at most until this moment.
    Wait {
        /// When to ask again in any case.
        until: Instant,
    },
    /// This came of it.
    Done(Outcome),
}

/// One question on its way to an answer.
///
/// - *Ask* it what to do with [`poll`](Self::poll), which is told the time. A send is told once, a
///   wait and the outcome again and again.
/// - *Tell* it what happened: [`udp_received`](Self::udp_received),
///   [`tcp_received`](Self::tcp_received), [`failed`](Self::failed); then poll again.
///
/// Each send takes the place of the one before: its socket may be closed. Against forged answers
/// (RFC 5452) the caller gives an id source nobody can guess and sends each query from a socket of
/// its own, so that the port is random too; the exchange checks id, question and source address,
/// and turns to TCP when somebody seems to guess.
///
/// ```no_run
/// # #![allow(clippy::disallowed_methods)]
/// use std::{io::{Read, Write}, net::{TcpStream, UdpSocket}, time::{Duration, Instant}};
///
/// use mail_dns::{Outcome, Question, wire::{Action, Config, Exchange}};
///
/// fn ask(question: Question, config: Config, random: impl FnMut() -> u16 + Send + 'static)
///     -> std::io::Result<Outcome>
/// {
///     let mut exchange = Exchange::new(question, config, random);
///     let (mut udp, mut tcp) = (None, None);
///     let mut buffer = vec![0; 65_535];
///     loop {
///         match exchange.poll(Instant::now()) {
///             Action::SendUdp { to, octets } => {
///                 let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
///                 let socket = UdpSocket::bind(any)?;
///                 socket.send_to(&octets, to)?;
///                 (udp, tcp) = (Some(socket), None);
///             }
///             Action::SendTcp { to, octets } => {
///                 let sent = TcpStream::connect_timeout(&to, Duration::from_secs(2))
///                     .and_then(|mut stream| stream.write_all(&octets).map(|()| stream));
///                 match sent {
///                     Ok(stream) => (udp, tcp) = (None, Some(stream)),
///                     Err(_) => exchange.failed(),
///                 }
///             }
///             Action::Wait { until } => {
///                 let left = until.saturating_duration_since(Instant::now());
///                 let left = Some(left.max(Duration::from_millis(1)));
///                 if let Some(socket) = &udp {
///                     socket.set_read_timeout(left)?;
///                     if let Ok((len, from)) = socket.recv_from(&mut buffer) {
///                         exchange.udp_received(from, &buffer[..len]);
///                     }
///                 } else if let Some(stream) = &mut tcp {
///                     stream.set_read_timeout(left)?;
///                     match stream.read(&mut buffer) {
///                         Ok(0) | Err(_) => exchange.failed(),
///                         Ok(len) => exchange.tcp_received(&buffer[..len]),
///                     }
///                 }
///             }
///             Action::Done(outcome) => return Ok(outcome),
///         }
///     }
/// }
/// ```
pub struct Exchange {
    question: Question,
    config: Config,
    ids: Box<dyn FnMut() -> u16 + Send>,
    state: State,
    /// Number of the current attempt: the servers in order, round after round.
    attempt: usize,
    /// For each server, what was learnt of it.
    servers: Vec<Server>,
    /// Id of the query that is out.
    id: u16,
    /// What TCP brought so far.
    input: Vec<u8>,
    /// Datagrams of this attempt that did not belong to the query.
    foreign: u32,
    /// Some server has answered, if only that it failed.
    heard: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Server {
    /// It does not read EDNS (RFC 6891 7).
    plain: bool,
    /// It truncates, or its UDP answers are being forged.
    tcp: bool,
    /// It has answered that it cannot help: it is not asked again.
    given_up: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// The query is to be sent to the current server.
    Ready,
    /// It is out.
    Sent {
        tcp: bool,
        until: Instant,
    },
    Done(Outcome),
}

impl Exchange {
    /// Datagrams that do not belong to the query before its answer is asked for over TCP, where
    /// nobody can forge one blindly (RFC 5452 9.3).
    const MAX_FOREIGN: u32 = 16;

    /// Starts to ask a question. `ids` gives the 16-bit message ids, one per query sent; they must
    /// be unpredictable (RFC 5452 9.2), so take them from the operating system.
    #[must_use]
    pub fn new(
        question: Question,
        config: Config,
        ids: impl FnMut() -> u16 + Send + 'static,
    ) -> Self {
        Self {
            question,
            servers: vec![Server::default(); config.servers.len()],
            config,
            ids: Box::new(ids),
            state: State::Ready,
            attempt: 0,
            id: 0,
            input: Vec::new(),
            foreign: 0,
            heard: false,
        }
    }

    /// Tells what to do next.
    pub fn poll(&mut self, now: Instant) -> Action {
        if let State::Sent { until, .. } = self.state
            && now >= until
        {
            self.next_attempt();
        }
        match &self.state {
            State::Ready => self.send(now),
            State::Sent { until, .. } => Action::Wait { until: *until },
            State::Done(outcome) => Action::Done(outcome.clone()),
        }
    }

    /// Takes a datagram. One that does not belong to the query is counted and left alone.
    pub fn udp_received(&mut self, from: SocketAddr, datagram: &[u8]) {
        let State::Sent { tcp: false, .. } = self.state else { return };
        // RFC 5452 9.1
        if self.server().is_none_or(|(address, _)| !same_address(address, from)) {
            return;
        }
        match self.decode(datagram) {
            Err(rejected) if rejected.is_foreign() => self.count_foreign(),
            decoded => self.take(decoded, false),
        }
    }

    /// Takes octets from the connection, in any pieces.
    pub fn tcp_received(&mut self, octets: &[u8]) {
        let State::Sent { tcp: true, .. } = self.state else { return };
        // One response is awaited: what is over its length is not kept.
        let room = (2 + usize::from(u16::MAX)).saturating_sub(self.input.len());
        self.input.extend_from_slice(octets.get(..room).unwrap_or(octets));
        let Some((len, rest)) = self.input.split_first_chunk::<2>() else { return };
        let Some(message) = rest.get(..usize::from(u16::from_be_bytes(*len))) else { return };
        let decoded = self.decode(message);
        self.take(decoded, true);
    }

    /// Takes the news that sending, connecting or receiving failed, or that the connection ended.
    pub fn failed(&mut self) {
        if let State::Sent { .. } = self.state {
            self.next_attempt();
        }
    }

    /// Returns the question.
    #[must_use]
    pub const fn question(&self) -> &Question {
        &self.question
    }

    fn decode(&self, message: &[u8]) -> Result<Response, Rejected> {
        decode_response(message, self.id, &self.question, self.config.trust_ad)
    }

    fn send(&mut self, now: Instant) -> Action {
        let Some((to, server)) = self.server() else { return Action::Done(self.give_up()) };
        self.id = (self.ids)();
        self.input.clear();
        self.foreign = 0;
        let flags = QueryFlags {
            edns_payload: (!server.plain).then_some(self.config.edns_payload),
            recursion_desired: self.config.recursion_desired,
            authentic_data: self.config.trust_ad,
        };
        let query = encode_query(self.id, &self.question, flags);
        let round = u32::try_from(self.attempt / self.servers.len()).unwrap_or(u32::MAX);
        let factor = 1u32.checked_shl(round).unwrap_or(u32::MAX);
        let timeout = self.config.timeout * factor * if server.tcp { 4 } else { 1 };
        self.state = State::Sent { tcp: server.tcp, until: now + timeout };
        if !server.tcp {
            return Action::SendUdp { to, octets: query };
        }
        let len = u16::try_from(query.len()).expect("a query has at most 282 octets");
        Action::SendTcp { to, octets: [&len.to_be_bytes()[..], &query].concat() }
    }

    fn take(&mut self, decoded: Result<Response, Rejected>, tcp: bool) {
        self.heard = true;
        match decoded {
            Ok(Response::Final(outcome)) => self.state = State::Done(outcome),
            // RFC 7766 5
            Ok(Response::Truncated) if !tcp => self.ask_again(|server| server.tcp = true),
            // RFC 6891 7: without OPT, to the same server, once.
            Ok(Response::NotUnderstood) if self.server().is_some_and(|(_, s)| !s.plain) => {
                self.ask_again(|server| server.plain = true);
            }
            Ok(Response::Truncated | Response::NotUnderstood | Response::Failed { .. })
            | Err(_) => {
                self.change_server(|server| server.given_up = true);
                self.next_attempt();
            }
        }
    }

    fn count_foreign(&mut self) {
        self.foreign += 1;
        if self.foreign >= Self::MAX_FOREIGN {
            self.ask_again(|server| server.tcp = true);
        }
    }

    fn ask_again(&mut self, change: impl FnOnce(&mut Server)) {
        self.change_server(change);
        self.state = State::Ready;
    }

    fn change_server(&mut self, change: impl FnOnce(&mut Server)) {
        let at = self.attempt % self.servers.len();
        if let Some(server) = self.servers.get_mut(at) {
            change(server);
        }
    }

    /// Goes on to the next server that is worth asking.
    fn next_attempt(&mut self) {
        loop {
            self.attempt += 1;
            match self.server() {
                Some((_, server)) if server.given_up => {}
                Some(_) => break self.state = State::Ready,
                None => {
                    self.give_up();
                    break;
                }
            }
        }
    }

    fn give_up(&mut self) -> Outcome {
        let outcome = if self.heard { Outcome::ServFail } else { Outcome::Timeout };
        self.state = State::Done(outcome.clone());
        outcome
    }

    /// Returns the server of the current attempt; `None` after the last round.
    fn server(&self) -> Option<(SocketAddr, Server)> {
        let rounds = usize::try_from(self.config.rounds).unwrap_or(usize::MAX);
        if self.attempt / self.servers.len() >= rounds {
            return None;
        }
        let at = self.attempt % self.servers.len();
        Some((*self.config.servers.get(at)?, *self.servers.get(at)?))
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("question", &self.question)
            .field("attempt", &self.attempt)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Compares addresses as far as the network knows them: the flow label says nothing, and an IPv4
/// answer that reaches an IPv6 socket has a mapped address.
fn same_address(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
}
