//! A post office: SMTP in and out, submission, POP3, IMAP and the DNS of its own domains, in one
//! value. `post-office serve` runs one, `post-office tour` two.
//!
//! Protocol decisions are the crates'; the octets are the [`store`](crate::store)'s. What stands
//! here joins them: one file for each protocol says what its events mean to a mail server.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "events are open: one that asks for nothing needs no arm"
)]

pub mod clock;
mod connection;
pub mod dns;
mod imap;
mod login;
mod news;
mod notice;
mod peers;
mod pop3;
mod relay;
pub mod resolve;
pub mod sight;
mod smtp;
mod trace;
mod xclient;

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use mail_dns::wire;
use mail_message::compose::MessageId;
use mail_wire::{Session, layered::Layered};
use rustls::{ClientConfig, ServerConfig};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::{Notify, Semaphore, watch},
    task::JoinSet,
};
use tracing::{Instrument, error, info, info_span};

use crate::{
    accounts::{AccountError, Authenticator, NewLogin, set_up},
    config::{Config, Limits, Pop3Policy, Service, TrustedPeers},
    limits::{LoginThrottle, MessageLimit},
    store::{AccountId, Domain, ServiceLock, Store, StoreError},
    tls::{Identity, TlsError, Trust, client_config},
};

use self::{
    connection::Connection, dns::Zones, news::News, peers::Peers, resolve::Resolver, sight::Sight,
};

/// Connections at once, of all services together.
const CONNECTIONS: usize = 1000;
/// Connections of one host at once, of all services together. Behind one address may be many people
/// with several programs each; but a tenth of all is enough.
const CONNECTIONS_OF_ONE: usize = CONNECTIONS / 10;
/// How many accounts and hosts the throttle remembers.
const REMEMBERED: usize = 10_000;
/// How long sessions have to say good-bye when the office closes.
const FAREWELL: Duration = Duration::from_secs(5);

/// Whoever looks on while mail is relayed.
type Watcher = Box<dyn Fn(Sight) + Send + Sync>;

/// What all sessions of an office share.
pub struct Office {
    host: Domain,
    limits: Limits,
    pop3: Pop3Policy,
    /// When the users of POP3 who have to wait came in last.
    pop3_logins: Mutex<HashMap<AccountId, Instant>>,
    proxies: TrustedPeers,
    xclient: TrustedPeers,
    store: Arc<dyn Store>,
    authenticator: Authenticator,
    throttle: Mutex<LoginThrottle>,
    sent: Mutex<MessageLimit>,
    tls: Arc<ServerConfig>,
    certificate: Option<Bytes>,
    relay_tls: Arc<ClientConfig>,
    relay_port: u16,
    /// The address that mail leaves from.
    address: IpAddr,
    resolver: Option<Arc<Resolver>>,
    news: Arc<News>,
    queue: Notify,
    watcher: Option<Watcher>,
    /// The last session gives it back.
    _sole: ServiceLock,
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Office").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Office {
    fn host(&self) -> &str {
        self.host.as_str()
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn store(&self) -> &dyn Store {
        &*self.store
    }

    fn news(&self) -> &Arc<News> {
        &self.news
    }

    /// Shows something to whoever looks on.
    fn show(&self, sight: impl FnOnce() -> Sight) {
        if let Some(watcher) = &self.watcher {
            watcher(sight());
        }
    }

    fn throttle(&self) -> MutexGuard<'_, LoginThrottle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether a user has to wait before coming in by POP3 again. RFC 2449 6.5.
    fn comes_too_early(&self, account: AccountId) -> bool {
        let waits = self.must_wait();
        self.pop3_logins().get(&account).is_some_and(waits)
    }

    /// Notes that a user came in by POP3.
    fn came_in(&self, account: AccountId) {
        let waits = self.must_wait();
        let mut logins = self.pop3_logins();
        // Who need not wait any more is forgotten, before the table grows.
        if logins.len() == logins.capacity() {
            logins.retain(|_, since| waits(since));
        }
        if self.pop3.login_delay > 0 {
            logins.insert(account, clock::monotonic());
        }
    }

    fn must_wait(&self) -> impl Fn(&Instant) -> bool + use<> {
        let delay = Duration::from_secs(self.pop3.login_delay.into());
        let now = clock::monotonic();
        move |since| now.saturating_duration_since(*since) < delay
    }

    fn pop3_logins(&self) -> MutexGuard<'_, HashMap<AccountId, Instant>> {
        self.pop3_logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sent(&self) -> MutexGuard<'_, MessageLimit> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the office's TLS under a session.
    fn layered<S: Session>(&self, session: S) -> Layered<S> {
        Layered::server(session, self.tls.clone(), self.certificate.clone())
    }
}

/// Why an office does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfficeError {
    /// A port cannot be had.
    #[error("cannot listen for {} at {address}: {source}", service.name())]
    Listen {
        /// For whom.
        service: Service,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The name of the host is none that SMTP and header fields can carry: neither letters beyond
    /// ASCII nor an address in brackets.
    #[error("{host} is not the name of a host in ASCII: give one as `host`")]
    Host {
        /// The name.
        host: Domain,
    },
    /// Somebody else serves from the same directory: two would send mail twice, and not tell each
    /// other's sessions what happens.
    #[error("another post office is serving from {}", data.display())]
    InUse {
        /// The directory.
        data: PathBuf,
    },
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The first accounts cannot be made.
    #[error(transparent)]
    Accounts(#[from] AccountError),
}

/// An office that has its ports and is not open yet: the moment to fill in what depends on them.
#[derive(Debug)]
pub struct Bound {
    office: Office,
    zones: Zones,
    listeners: Vec<(Service, TcpListener)>,
    udp: UdpSocket,
    addresses: HashMap<Service, SocketAddr>,
    made: Vec<NewLogin>,
}

impl Bound {
    /// Takes the ports, and makes what is missing: the certificate, and the first two accounts.
    ///
    /// # Errors
    /// If a port is taken, the store, the certificate or the host's name cannot be used, or another
    /// office serves from the same store.
    pub async fn new(config: &Config, store: Arc<dyn Store>) -> Result<Self, OfficeError> {
        // It stands in greetings, and behind the @ of message ids.
        if smtp_proto::Domain::parse(config.host.as_str()).is_err()
            || MessageId::new(&unguessable(), config.host.as_str()).is_err()
        {
            return Err(OfficeError::Host { host: config.host.clone() });
        }
        let sole = store.lock_service().map_err(|error| match error {
            StoreError::Busy { .. } => OfficeError::InUse { data: config.data.clone() },
            other => other.into(),
        })?;
        let identity = match &config.tls {
            Some(files) => Identity::load(files)?,
            None => {
                let domains = config.domains.iter().map(Domain::as_str);
                let names: Vec<&str> = [config.host.as_str()].into_iter().chain(domains).collect();
                Identity::in_directory(&config.data, &names)?
            }
        };
        let mut listeners = Vec::new();
        let mut addresses = HashMap::new();
        let mut udp = None;
        for service in Service::ALL {
            let address = SocketAddr::new(config.listen, config.ports.of(service));
            let listen = |source| OfficeError::Listen { service, address, source };
            let listener = if service == Service::Dns {
                let (socket, listener) = dns::bind(address).await.map_err(listen)?;
                udp = Some(socket);
                listener
            } else {
                TcpListener::bind(address).await.map_err(listen)?
            };
            addresses.insert(service, listener.local_addr().map_err(listen)?);
            listeners.push((service, listener));
        }
        let office = Office {
            host: config.host.clone(),
            limits: config.limits,
            pop3: config.pop3,
            pop3_logins: Mutex::default(),
            proxies: config.proxies.clone(),
            xclient: config.xclient.clone(),
            store,
            authenticator: Authenticator::new()?,
            throttle: Mutex::new(LoginThrottle::new(REMEMBERED)),
            sent: Mutex::new(MessageLimit::new(
                config.limits.messages_per_hour,
                clock::monotonic(),
            )),
            tls: identity.server_config()?,
            certificate: identity.certificates().first().map(|der| Bytes::copy_from_slice(der)),
            // RFC 7435: towards other hosts any TLS is better than none.
            relay_tls: client_config(Trust::DangerAcceptAny)?,
            relay_port: config.relay.port,
            address: config.listen,
            resolver: config.relay.resolver.and_then(resolver),
            news: Arc::new(News::new()),
            queue: Notify::new(),
            watcher: None,
            _sole: sole,
        };
        let udp = udp.expect("DNS is one of the services");
        let zones = Zones::default();
        // The passwords of new accounts are told only once: nothing may fail behind this.
        office.store().tidy()?;
        let released = office.store().release_claims(clock::wall())?;
        if released > 0 {
            info!(recipients = released, "were being relayed when the last office ended");
        }
        let made = set_up(office.store(), config)?;
        Ok(Self { office, zones, listeners, udp, addresses, made })
    }

    /// Returns where a service listens.
    ///
    /// # Panics
    /// Never: every service listens somewhere.
    #[must_use]
    pub fn address(&self, service: Service) -> SocketAddr {
        *self.addresses.get(&service).expect("every service is bound")
    }

    /// Returns the accounts that were made because there were none, with their passwords.
    #[must_use]
    pub fn made(&self) -> &[NewLogin] {
        &self.made
    }

    /// Sets which DNS server is asked where mail goes.
    pub fn resolve_at(&mut self, server: SocketAddr) {
        self.office.resolver = resolver(server);
    }

    /// Sets the port that other hosts take mail at.
    pub const fn relay_to(&mut self, port: u16) {
        self.office.relay_port = port;
    }

    /// Lets somebody look on while mail is relayed. The office waits for each call, so it should be
    /// short.
    pub fn watch(&mut self, watcher: impl Fn(Sight) + Send + Sync + 'static) {
        self.office.watcher = Some(Box::new(watcher));
    }

    /// Returns the zones that the DNS server answers from.
    #[must_use]
    pub fn zones(&self) -> Zones {
        self.zones.clone()
    }

    /// Opens the office. It must be called inside of a tokio runtime with several threads, because
    /// the store blocks.
    #[must_use]
    pub fn open(self) -> Running {
        let (shutdown, closing) = watch::channel(false);
        let office = Arc::new(self.office);
        let mut tasks = JoinSet::new();
        let mut udp = Some(self.udp);
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let peers = Peers::new(CONNECTIONS_OF_ONE);
        for (service, listener) in self.listeners {
            if service == Service::Dns {
                if let Some(udp) = udp.take() {
                    tasks.spawn(until(
                        closing.clone(),
                        dns::serve(udp, listener, self.zones.clone()),
                    ));
                }
                continue;
            }
            let door = Door { service, listener, room: room.clone(), peers: peers.clone() };
            tasks.spawn(door.keep(office.clone(), closing.clone()));
        }
        tasks.spawn(relay::run(office.clone(), closing));
        Running { office, tasks, shutdown }
    }
}

fn resolver(server: SocketAddr) -> Option<Arc<Resolver>> {
    // An authoritative server answers without recursion; a resolver is asked for it as well.
    wire::Config::new(vec![server]).ok().map(Resolver::new)
}

/// An office that is open.
#[derive(Debug)]
pub struct Running {
    office: Arc<Office>,
    tasks: JoinSet<()>,
    shutdown: watch::Sender<bool>,
}

impl Running {
    /// Returns how many recipients wait to be relayed.
    ///
    /// # Errors
    /// Only those of the store's machinery.
    pub fn queue_length(&self) -> Result<u64, StoreError> {
        self.office.store().queue_length()
    }

    /// Closes the office: nobody new is let in, every session says good-bye, and what was
    /// acknowledged is on disk anyway.
    pub async fn close(mut self) {
        let _ = self.shutdown.send(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, all).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

async fn until(mut closing: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = closing.wait_for(|&down| down) => {}
    }
}

/// Where the clients of one service come in.
struct Door {
    service: Service,
    listener: TcpListener,
    room: Arc<Semaphore>,
    peers: Arc<Peers>,
}

impl Door {
    /// Lets clients in until the office closes, and waits until the last one has left.
    async fn keep(self, office: Arc<Office>, mut closing: watch::Receiver<bool>) {
        let Self { service, listener, room, peers } = self;
        let mut sessions = JoinSet::new();
        loop {
            while sessions.try_join_next().is_some() {}
            let accepted = tokio::select! {
                _ = closing.wait_for(|&down| down) => break,
                accepted = async {
                    let permit = room.clone().acquire_owned().await;
                    (permit, listener.accept().await)
                } => accepted,
            };
            match accepted {
                (Ok(permit), Ok((stream, peer))) => {
                    let span = info_span!("session", service = service.name());
                    let connection = Connection {
                        stream,
                        peer,
                        peers: peers.clone(),
                        guest: None,
                        closing: closing.clone(),
                    };
                    let office = office.clone();
                    let session = async move {
                        serve(service, connection, office).await;
                        drop(permit);
                    };
                    sessions.spawn(session.instrument(span));
                }
                (_, Err(error)) => {
                    // Out of descriptors: let some be given back.
                    error!(%error, "cannot accept");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                (Err(_), _) => break,
            }
        }
        // Nobody is to wait at a closed door.
        drop(listener);
        while sessions.join_next().await.is_some() {}
        info!(service = service.name(), "closed");
    }
}

async fn serve(service: Service, connection: Connection, office: Arc<Office>) {
    let implicit = service.is_implicit_tls();
    let proxies = office.proxies.of(service);
    match service {
        Service::Smtp | Service::Submission | Service::Submissions => {
            let role = smtp::Role::of(service);
            let session = |peer| smtp::session(&office, service, peer);
            if let Some((connection, session)) = connection.welcome(session, proxies).await {
                let behind = smtp::Smtp::new(office.clone(), connection.peer, role);
                connection.serve(session, behind).await;
            }
        }
        Service::Pop3 | Service::Pop3s => {
            let session = |_| pop3::session(&office, implicit);
            if let Some((connection, session)) = connection.welcome(session, proxies).await {
                let behind = pop3::Pop3::new(office.clone(), connection.peer);
                connection.serve(session, behind).await;
            }
        }
        Service::Imap | Service::Imaps => {
            let session = |_| imap::session(&office, implicit);
            if let Some((connection, session)) = connection.welcome(session, proxies).await {
                let behind = imap::Imap::new(office.clone(), connection.peer);
                connection.serve(session, behind).await;
            }
        }
        Service::Dns => {}
    }
}

/// A word that nobody can guess, for timestamps and message ids.
fn unguessable() -> String {
    let mut octets = [0; 12];
    // Without randomness the words are at least different.
    if getrandom::fill(&mut octets).is_err() {
        return format!("{:?}", clock::monotonic()).replace(|c: char| !c.is_alphanumeric(), "");
    }
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
