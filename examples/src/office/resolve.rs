//! Asking DNS over real sockets: the machines of `mail-dns` on tokio.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use mail_dns::{
    Budget, Evaluate, FetchError, Name, Outcome, Question, Step,
    mx::{MxPlan, MxVerdict},
    wire::{Action, Cache, Config, Exchange, Transport},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    task::JoinSet,
    time::{sleep_until, timeout_at},
};

use super::clock;

/// The most questions and the longest time for one domain's MX.
const QUERIES: u32 = 40;
const PATIENCE: Duration = Duration::from_secs(20);
const CACHE_OCTETS: usize = 1 << 20;

/// A question, and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUp {
    /// The question.
    pub question: Question,
    /// What came of it.
    pub outcome: Outcome,
    /// The server that was asked last, and over what; `None` if the answer was still known.
    pub asked: Option<(SocketAddr, Transport)>,
}

/// A stub resolver with a cache.
#[derive(Debug)]
pub struct Resolver {
    servers: Config,
    cache: Mutex<Cache>,
}

impl Resolver {
    /// Asks these servers, in this order.
    #[must_use]
    pub fn new(servers: Config) -> Arc<Self> {
        Arc::new(Self { servers, cache: Mutex::new(Cache::new(CACHE_OCTETS)) })
    }

    /// Finds where mail for `domain` goes, and by what questions. `we_are` are our own host names
    /// (RFC 5321 §5.1).
    pub async fn mail_exchangers(
        self: &Arc<Self>,
        domain: Name,
        we_are: Vec<Name>,
    ) -> (MxVerdict, Vec<LookUp>) {
        let budget = Budget::new(QUERIES, clock::monotonic() + PATIENCE);
        let mut plan = MxPlan::new(domain, random(), budget).with_we_are(we_are);
        let (verdict, lookups) = self.evaluate(&mut plan).await;
        for line in plan.trace().to_string().lines() {
            tracing::debug!(target: "dns", "{line}");
        }
        (verdict, lookups)
    }

    /// Drives any machine of `mail-dns` to its verdict, and tells what it asked.
    pub async fn evaluate<M: Evaluate>(
        self: &Arc<Self>,
        machine: &mut M,
    ) -> (M::Output, Vec<LookUp>) {
        let mut asked = JoinSet::new();
        let mut lookups = Vec::new();
        loop {
            match machine.poll(clock::monotonic()) {
                Step::Done(verdict) => return (verdict, lookups),
                Step::Ask(queries) => {
                    for query in queries {
                        let resolver = self.clone();
                        asked.spawn(async move {
                            (query.id(), resolver.look_up(query.question().clone()).await)
                        });
                    }
                }
                // Nothing we resolve for asks the web yet.
                Step::Fetch { id, .. } => {
                    let _ = machine.fetched(id, Err(FetchError::Unreachable));
                }
                Step::Waiting { until } => {
                    match timeout_at(until.into(), asked.join_next()).await {
                        Ok(Some(Ok((id, lookup)))) => {
                            lookups.push(lookup.clone());
                            // Only a machine that is done already does not take it.
                            let _ = machine.answer(id, lookup.outcome);
                        }
                        // An answer got lost here; the machine knows how long it waits for it.
                        Ok(None) => sleep_until(until.into()).await,
                        Ok(Some(Err(_))) | Err(_) => {}
                    }
                }
            }
        }
    }

    /// Looks one question up, in the cache first.
    pub async fn look_up(&self, question: Question) -> LookUp {
        let held = self.cache().get(&question, clock::monotonic());
        if let Some(outcome) = held {
            return LookUp { question, outcome, asked: None };
        }
        let ids = || random() as u16;
        let mut exchange = Exchange::new(question.clone(), self.servers.clone(), ids);
        let (outcome, asked) = run(&mut exchange).await;
        self.cache().insert(&question, &outcome, clock::monotonic());
        LookUp { question, outcome, asked }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The socket that the last query went out of.
enum Socket {
    None,
    Udp(UdpSocket),
    Tcp(TcpStream),
}

async fn run(exchange: &mut Exchange) -> (Outcome, Option<(SocketAddr, Transport)>) {
    let (mut socket, mut asked) = (Socket::None, None);
    loop {
        match exchange.poll(clock::monotonic()) {
            Action::Done(outcome) => return (outcome, asked),
            Action::SendUdp { to, octets } => {
                asked = Some((to, Transport::Udp));
                match send_udp(to, &octets).await {
                    Ok(bound) => socket = Socket::Udp(bound),
                    Err(_) => exchange.failed(),
                }
            }
            Action::SendTcp { to, octets } => {
                asked = Some((to, Transport::Tcp));
                let sending = async {
                    let mut stream = TcpStream::connect(to).await?;
                    stream.write_all(&octets).await?;
                    io::Result::Ok(stream)
                };
                match tokio::time::timeout(Duration::from_secs(5), sending).await {
                    Ok(Ok(stream)) => socket = Socket::Tcp(stream),
                    Ok(Err(_)) | Err(_) => exchange.failed(),
                }
            }
            Action::Wait { until } => receive(exchange, &mut socket, until).await,
        }
    }
}

/// Each query leaves from a port of its own, which the system chooses (RFC 5452 §9.2).
async fn send_udp(to: SocketAddr, octets: &[u8]) -> io::Result<UdpSocket> {
    let any = match to {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    socket.send(octets).await?;
    Ok(socket)
}

async fn receive(exchange: &mut Exchange, socket: &mut Socket, until: Instant) {
    let mut datagram = [0; 4096];
    match socket {
        Socket::None => exchange.failed(),
        Socket::Udp(udp) => match timeout_at(until.into(), udp.recv_from(&mut datagram)).await {
            Ok(Ok((octets, from))) => {
                exchange.udp_received(from, datagram.get(..octets).unwrap_or_default());
            }
            // "Connection refused": nobody listens there.
            Ok(Err(_)) => exchange.failed(),
            Err(_) => {}
        },
        Socket::Tcp(tcp) => match timeout_at(until.into(), tcp.read(&mut datagram)).await {
            Ok(Ok(octets)) if octets > 0 => {
                exchange.tcp_received(datagram.get(..octets).unwrap_or_default());
            }
            Ok(_) => exchange.failed(),
            Err(_) => {}
        },
    }
}

/// A number that nobody can guess from outside: std's hasher keys are random for each process.
fn random() -> u64 {
    let mut octets = [0; 8];
    match getrandom::fill(&mut octets) {
        Ok(()) => u64::from_ne_bytes(octets),
        Err(_) => RandomState::new().build_hasher().finish(),
    }
}
