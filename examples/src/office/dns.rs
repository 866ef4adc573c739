//! The authoritative DNS server for the office's own domains, over UDP and TCP.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use mail_dns::{
    Name, Rdata, Soa, Ttl,
    wire::Transport,
    zone::{Authority, Zone},
};
use mail_errors::Misuse;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};

/// The zones, shared with whoever changes them.
pub type Zones = Arc<RwLock<Authority>>;

/// TCP connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 64;
/// How long a TCP client may stay idle (RFC 7766 §6.2.3).
const IDLE: Duration = Duration::from_secs(10);

/// How long others may keep what they were told.
const TTL: Ttl = Ttl::from_secs(300);

/// Makes the zone of a domain whose mail goes to one host. Where the host's name stands in the
/// domain, its addresses are in the zone too; the domain itself has none, so that the MX record
/// alone says where mail goes.
///
/// # Errors
/// If a name grows too long.
pub fn zone_for(domain: &Name, host: &Name, addresses: &[IpAddr]) -> Result<Zone, Misuse> {
    let soa = Soa {
        primary: host.clone(),
        mailbox: domain.with_label(b"postmaster").map_err(|_| TOO_LONG)?,
        serial: 1,
        refresh: 3600,
        retry: 600,
        expire: 86_400,
        minimum: 300,
    };
    let mut zone = Zone::new(domain.clone(), TTL, soa);
    zone.add(domain, TTL, Rdata::Ns(host.clone()))?;
    zone.add(domain, TTL, Rdata::Mx { preference: 10, exchange: host.clone() })?;
    if host.is_subdomain_of(domain) {
        for address in addresses {
            let data = match address {
                IpAddr::V4(address) => Rdata::A(*address),
                IpAddr::V6(address) => Rdata::Aaaa(*address),
            };
            zone.add(host, TTL, data)?;
        }
    }
    Ok(zone)
}

const TOO_LONG: Misuse = Misuse::Invalid { what: "mailbox", why: "its name is too long" };

/// Binds UDP and TCP at one address. A port of 0 is chosen by the system, the same for both.
///
/// # Errors
/// If the port is taken.
pub async fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..16 {
        let tcp = TcpListener::bind(address).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            // The same number may be taken in UDP: another one, if we may choose.
            Err(error) if address.port() == 0 => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

/// Answers questions for ever.
pub async fn serve(udp: UdpSocket, tcp: TcpListener, zones: Zones) {
    tokio::join!(serve_udp(udp, &zones), serve_tcp(tcp, &zones));
}

async fn serve_udp(socket: UdpSocket, zones: &Zones) {
    let mut datagram = [0; 4096];
    loop {
        let Ok((octets, from)) = socket.recv_from(&mut datagram).await else {
            // An ICMP error of an earlier answer comes up here; the socket is still good.
            tokio::task::yield_now().await;
            continue;
        };
        let query = datagram.get(..octets).unwrap_or_default();
        if let Some(answer) = respond(zones, query, Transport::Udp) {
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

async fn serve_tcp(listener: TcpListener, zones: &Zones) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // They end with the server.
    let mut conversations = JoinSet::new();
    loop {
        while conversations.try_join_next().is_some() {}
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let zones = zones.clone();
                conversations.spawn(async move {
                    let _ = converse(stream, &zones).await;
                    drop(permit);
                });
            }
            // Out of descriptors: let some be given back.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn converse(mut stream: TcpStream, zones: &Zones) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        timeout(IDLE, stream.read_exact(&mut length)).await??;
        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
        timeout(IDLE, stream.read_exact(&mut query)).await??;
        let Some(answer) = respond(zones, &query, Transport::Tcp) else { return Ok(()) };
        let length = u16::try_from(answer.len()).map_err(|_| io::ErrorKind::InvalidData)?;
        let framed = [&length.to_be_bytes(), &answer[..]].concat();
        timeout(IDLE, stream.write_all(&framed)).await??;
    }
}

fn respond(zones: &Zones, query: &[u8], transport: Transport) -> Option<Vec<u8>> {
    zones.read().unwrap_or_else(PoisonError::into_inner).respond(query, transport)
}
