//! The stage: two post offices for two domains, each with a DNS server, in a directory that goes
//! when they close.

use std::{
    fs::{self, DirBuilder},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use mail_dns::{Name, RecordType, zone::Authority};
use mail_errors::{Misuse, Secret, diagnosis::Language};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Broken, Tour, guide::Guide, person::Person, trouble::Trouble};
use crate::{
    accounts::random_password,
    client::{Peer, within},
    config::{AccountConfig, Config, PasswordConfig, Ports, Service},
    office::{Bound, OfficeError, Running, clock, dns::zone_for, sight::Sight},
    settings::Settings,
    store::{Address, Domain, LoginName, SqliteStore, Store},
    tap::{Masker, Protocol},
    tls::{CERTIFICATE, Trust, certificates, client_config},
};

pub(super) const ALICE: &str = "alice@north.test";
pub(super) const BOB: &str = "bob@south.test";
/// Somebody with a small mailbox.
pub(super) const CAROL: &str = "carol@south.test";
/// Its MX names South, which does not serve it any more.
pub(super) const FORMER: &str = "former.test";
/// What Carol's mailbox holds, in octets.
const SMALL: u64 = 512;

/// How often another port is tried if the one that one address has is taken at the other.
const ATTEMPTS: usize = 16;

/// Two towns and the people in them.
pub(super) struct Stage {
    pub(super) north: Town,
    pub(super) south: Town,
    pub(super) alice: Person,
    pub(super) bob: Person,
    pub(super) token: String,
    pub(super) language: Language,
    patience: Duration,
    sights: Sights,
    /// The last: it goes when nothing is in it any more.
    _dir: Dir,
}

/// A post office and where it is.
pub(super) struct Town {
    pub(super) domain: &'static str,
    pub(super) host: &'static str,
    pub(super) store: Arc<SqliteStore>,
    addresses: Vec<(Service, SocketAddr)>,
    trust: Trust,
    running: Option<Running>,
}

/// What the introduction tells.
pub(super) struct Scene {
    pub(super) towns: [(&'static str, &'static str, IpAddr); 2],
    /// At which both take mail from other hosts, they think.
    pub(super) relay_port: u16,
    pub(super) settings: [(&'static str, Settings); 2],
}

impl Stage {
    /// Opens both post offices.
    pub(super) async fn set(tour: &Tour, token: &str) -> Result<Self, Trouble> {
        let dir = Dir::new(&tour.parent, token)?;
        let password = || tour.password.clone().map_or_else(random_password, Ok);
        let [alice, bob, carol] = &[password()?, password()?, password()?];
        let [at_north, at_south] = tour.addresses.unwrap_or_else(addresses);
        let north_people = [(ALICE, alice, None)];
        let south_people = [(BOB, bob, None), (CAROL, carol, Some(SMALL))];
        let north = Plan::new(&dir, "north.test", "mail.north.test", at_north, &north_people)?;
        let south = Plan::new(&dir, "south.test", "mail.south.test", at_south, &south_people)?;
        let (mut bound_north, mut bound_south) =
            bind(&north, &south, tour.broken == Some(Broken::Port)).await?;

        fill_zones(&bound_north, &north, &[])?;
        fill_zones(&bound_south, &south, &[FORMER])?;
        if tour.broken == Some(Broken::Record) {
            let zones = bound_south.zones();
            let mut zones = zones.write().unwrap_or_else(PoisonError::into_inner);
            let domain = name(south.domain)?;
            zones.zone_mut(&domain).map(|zone| zone.remove(&domain, RecordType::MX));
        }
        // In the internet one would ask from the root servers down; here each asks the other.
        bound_north.resolve_at(bound_south.address(Service::Dns));
        bound_south.resolve_at(bound_north.address(Service::Dns));
        let relay_port = bound_north.address(Service::Smtp).port();
        bound_north.relay_to(relay_port);
        bound_south.relay_to(relay_port);
        let (show, seen) = unbounded_channel();
        bound_north.watch(move |sight| {
            // Nobody looks any more when the tour is over.
            let _ = show.send(sight);
        });

        let typed = match tour.broken {
            Some(Broken::Password) => random_password()?,
            Some(Broken::Port | Broken::Record) | None => alice.clone(),
        };
        Ok(Self {
            alice: Person::new(ALICE, alice.clone()).sending_with(typed),
            bob: Person::new(BOB, bob.clone()),
            north: north.open(bound_north)?,
            south: south.open(bound_south)?,
            token: token.to_owned(),
            language: tour.language,
            patience: tour.patience,
            sights: Sights { seen, masker: Masker::new(Protocol::Smtp) },
            _dir: dir,
        })
    }

    /// Returns until when the next thing has to happen.
    pub(super) fn until(&self) -> Instant {
        within(self.patience)
    }

    /// Returns the subject of the messages of this run.
    pub(super) fn subject(&self) -> String {
        format!("Tour {}", self.token)
    }

    /// Waits for the next thing that is to be seen at North, but for octets, which go into the log.
    pub(super) async fn sight(&mut self, guide: &Guide<'_>) -> Result<Sight, Trouble> {
        let until = self.until();
        loop {
            let seen = tokio::time::timeout_at(until.into(), self.sights.seen.recv()).await;
            match seen.ok().flatten().ok_or(Trouble::TooLate)? {
                Sight::Wire { direction, octets, .. } => {
                    let who = format!("{} → {}", self.north.host, self.south.host);
                    self.sights.masker.see(direction, &octets, &mut |direction, line| {
                        guide.log(&who, direction, line);
                    });
                }
                sight => {
                    if matches!(sight, Sight::Claimed { .. }) {
                        self.sights.masker = Masker::new(Protocol::Smtp);
                    }
                    return Ok(sight);
                }
            }
        }
    }

    pub(super) fn scene(&self) -> Scene {
        let town = |town: &Town| (town.domain, town.host, town.address(Service::Smtp).ip());
        let settings = |town: &Town, services: &[Service]| {
            let mut ports = Ports::EPHEMERAL;
            for &service in services {
                ports.set(service, town.address(service).port());
            }
            Settings::new(town.address(Service::Smtp).ip().to_string(), ports)
        };
        Scene {
            towns: [town(&self.north), town(&self.south)],
            relay_port: self.north.address(Service::Smtp).port(),
            settings: [
                (ALICE, settings(&self.north, &[Service::Imap, Service::Submission])),
                (BOB, settings(&self.south, &[Service::Imap, Service::Pop3])),
            ],
        }
    }

    /// Closes both post offices.
    pub(super) async fn clear(&mut self) {
        let close = |running: Option<Running>| async {
            if let Some(running) = running {
                running.close().await;
            }
        };
        tokio::join!(close(self.north.running.take()), close(self.south.running.take()));
    }
}

impl Town {
    /// Returns where a service listens.
    pub(super) fn address(&self, service: Service) -> SocketAddr {
        let found = self.addresses.iter().find(|(known, _)| *known == service);
        found.map_or(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), |(_, address)| *address)
    }

    /// Returns how a mail program finds a service. It believes the town's own certificate alone.
    pub(super) fn peer(&self, service: Service) -> Result<Peer<SocketAddr>, Trouble> {
        Ok(Peer {
            address: self.address(service),
            name: self.host.to_owned(),
            tls: client_config(self.trust.clone())?,
        })
    }
}

/// What was seen, and what makes lines of its octets.
struct Sights {
    seen: UnboundedReceiver<Sight>,
    masker: Masker,
}

/// A town before it is there.
struct Plan {
    domain: &'static str,
    host: &'static str,
    config: Config,
    store: Arc<SqliteStore>,
}

impl Plan {
    fn new(
        dir: &Dir,
        domain: &'static str,
        host: &'static str,
        listen: IpAddr,
        people: &[(&str, &Secret, Option<u64>)],
    ) -> Result<Self, Trouble> {
        let data = dir.0.join(domain);
        let store = Arc::new(SqliteStore::open(&data, clock::wall())?);
        let account = |&(address, password, quota): &(&str, &Secret, Option<u64>)| {
            Ok::<_, Trouble>(AccountConfig {
                login: LoginName::parse(address)?,
                password: PasswordConfig::Plain { password: password.clone(), apop: false },
                quota,
                addresses: vec![Address::parse(address)?],
                senders: Vec::new(),
            })
        };
        let config = Config {
            data,
            listen,
            ports: Ports::EPHEMERAL,
            host: Domain::parse(host)?,
            domains: vec![Domain::parse(domain)?],
            accounts: people.iter().map(account).collect::<Result<_, _>>()?,
            ..Config::default()
        };
        Ok(Self { domain, host, config, store })
    }

    async fn bind(&self, smtp: u16) -> Result<Bound, OfficeError> {
        let mut config = self.config.clone();
        config.ports.set(Service::Smtp, smtp);
        let store: Arc<dyn Store> = self.store.clone();
        Bound::new(&config, store).await
    }

    fn open(self, bound: Bound) -> Result<Town, Trouble> {
        let addresses = Service::ALL.map(|service| (service, bound.address(service))).to_vec();
        let trusted = certificates(&self.config.data.join(CERTIFICATE))?;
        Ok(Town {
            domain: self.domain,
            host: self.host,
            store: self.store,
            addresses,
            trust: Trust::Certificates(trusted),
            running: Some(bound.open()),
        })
    }
}

/// Takes one port at both addresses for mail from other hosts, so that DNS alone tells the hosts
/// apart. With `astray` the second one listens somewhere else.
async fn bind(north: &Plan, south: &Plan, astray: bool) -> Result<(Bound, Bound), Trouble> {
    let mut last = Trouble::Io(io::ErrorKind::AddrInUse.into());
    for _ in 0..ATTEMPTS {
        let bound = north.bind(0).await?;
        let port = bound.address(Service::Smtp).port();
        match south.bind(if astray { 0 } else { port }).await {
            Ok(other) if astray == (other.address(Service::Smtp).port() != port) => {
                return Ok((bound, other));
            }
            Ok(_) => {}
            Err(error @ OfficeError::Listen { .. }) => last = error.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last)
}

/// The domain itself, and those whose mail goes to the same host.
fn fill_zones(bound: &Bound, plan: &Plan, others: &[&str]) -> Result<(), Trouble> {
    let host = name(plan.host)?;
    let mut zones = Vec::new();
    for domain in [plan.domain].iter().chain(others) {
        zones.push(zone_for(&name(domain)?, &host, &[plan.config.listen])?);
    }
    *bound.zones().write().unwrap_or_else(PoisonError::into_inner) = Authority::from_iter(zones);
    Ok(())
}

fn name(text: &str) -> Result<Name, Misuse> {
    text.parse().map_err(|_| Misuse::Invalid { what: "domain name", why: "DNS has no such names" })
}

/// Two addresses of this machine's own.
fn addresses() -> [IpAddr; 2] {
    let [second, third] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];
    // Some systems have 127.0.0.1 alone.
    let is_there = |address: Ipv4Addr| TcpListener::bind((address, 0)).is_ok();
    if is_there(second) && is_there(third) {
        [second.into(), third.into()]
    } else {
        [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
    }
}

/// A directory that goes with its value.
struct Dir(PathBuf);

impl Dir {
    fn new(parent: &Path, token: &str) -> io::Result<Self> {
        let path = parent.join(format!("post-office-tour-{token}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
