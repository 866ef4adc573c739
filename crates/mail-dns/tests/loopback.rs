//! Real sockets: a server of threads around the zones, a client around the exchange.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod support;

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use mail_dns::{
    Outcome, Question, RecordType,
    mx::{MxPlan, MxVerdict},
    wire::{Action, Cache, Config, Exchange, Transport},
    zone::Authority,
};
use support::{ask, budget, name, resolve, zones};

/// How many queries came over UDP and over TCP.
#[derive(Default)]
struct Asked {
    udp: AtomicUsize,
    tcp: AtomicUsize,
}

/// Serves the zones on one port of both kinds until the test ends.
fn serve(zones: Authority) -> (SocketAddr, Arc<Asked>) {
    let (udp, tcp) = same_port();
    let address = udp.local_addr().unwrap();
    let (zones, asked) = (Arc::new(zones), Arc::new(Asked::default()));
    let (its_zones, its_asked) = (zones.clone(), asked.clone());
    thread::spawn(move || {
        let mut buffer = [0; 65_535];
        while let Ok((len, from)) = udp.recv_from(&mut buffer) {
            its_asked.udp.fetch_add(1, Ordering::Relaxed);
            if let Some(response) = its_zones.respond(&buffer[..len], Transport::Udp) {
                udp.send_to(&response, from).unwrap();
            }
        }
    });
    let its_asked = asked.clone();
    thread::spawn(move || {
        for stream in tcp.incoming() {
            its_asked.tcp.fetch_add(1, Ordering::Relaxed);
            let _ = serve_tcp(&stream.unwrap(), &zones);
        }
    });
    (address, asked)
}

fn same_port() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
}

fn serve_tcp(mut stream: &TcpStream, zones: &Authority) -> io::Result<()> {
    let mut len = [0; 2];
    stream.read_exact(&mut len)?;
    let mut query = vec![0; u16::from_be_bytes(len).into()];
    stream.read_exact(&mut query)?;
    let response = zones.respond(&query, Transport::Tcp).unwrap_or_default();
    let len = u16::try_from(response.len()).unwrap();
    stream.write_all(&[&len.to_be_bytes()[..], &response].concat())
}

/// The loop of the exchange's documentation.
fn lookup(question: &Question, server: SocketAddr) -> Outcome {
    let config = Config::new([server]).unwrap().with_recursion(false);
    let mut id = 0;
    let mut exchange = Exchange::new(question.clone(), config, move || {
        id += 1;
        id
    });
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut tcp: Option<TcpStream> = None;
    let mut buffer = vec![0; 65_535];
    loop {
        match exchange.poll(Instant::now()) {
            Action::SendUdp { to, octets } => {
                udp.send_to(&octets, to).unwrap();
            }
            Action::SendTcp { to, octets } => {
                let mut stream = TcpStream::connect(to).unwrap();
                stream.write_all(&octets).unwrap();
                tcp = Some(stream);
            }
            Action::Wait { until } => {
                let left = until.saturating_duration_since(Instant::now());
                let left = Some(left.max(Duration::from_millis(1)));
                if let Some(stream) = &mut tcp {
                    stream.set_read_timeout(left).unwrap();
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => exchange.failed(),
                        Ok(len) => exchange.tcp_received(&buffer[..len]),
                    }
                } else {
                    udp.set_read_timeout(left).unwrap();
                    if let Ok((len, from)) = udp.recv_from(&mut buffer) {
                        exchange.udp_received(from, &buffer[..len]);
                    }
                }
            }
            Action::Done(outcome) => return outcome,
        }
    }
}

#[test]
fn ok_mail_finds_its_way_over_real_sockets() {
    let zones = zones(
        "example.org SOA
         example.org MX 10 mx.example.org
         mx.example.org A 127.0.0.2",
    );
    let (server, asked) = serve(zones);
    let mut plan = MxPlan::new(name("example.org"), 1, budget(9));
    let MxVerdict::Deliver(route) = resolve(&mut plan, |question| lookup(question, server)) else {
        panic!("{}", plan.trace())
    };
    assert_eq!(route.targets()[0].addresses(), [std::net::Ipv4Addr::new(127, 0, 0, 2)]);
    assert_eq!(asked.udp.load(Ordering::Relaxed), 3);
    assert_eq!(asked.tcp.load(Ordering::Relaxed), 0);
}

#[test]
fn ok_long_answer_comes_over_tcp_and_then_from_the_cache() {
    let text = "x".repeat(4000);
    let (server, asked) = serve(zones(&format!("example.org SOA\nexample.org TXT {text}")));
    let question = ask("example.org", RecordType::TXT);
    let outcome = lookup(&question, server);
    assert_eq!(outcome.answer().unwrap().records().len(), 1);
    assert_eq!((asked.udp.load(Ordering::Relaxed), asked.tcp.load(Ordering::Relaxed)), (1, 1));
    let (mut cache, now) = (Cache::new(1 << 16), Instant::now());
    cache.insert(&question, &outcome, now);
    assert_eq!(cache.get(&question, now), Some(outcome));
}

#[test]
fn what_the_zones_say_is_what_the_client_hears() {
    let zones = zones(
        "example.org SOA
         example.org MX 10 mx.example.org
         www.example.org CNAME mx.example.org
         gone.example.org CNAME no.example.org
         mx.example.org A 127.0.0.2",
    );
    let (server, _) = serve(zones.clone());
    for owner in ["example.org", "www.example.org", "gone.example.org", "no.example.org", "other"] {
        for rtype in [RecordType::A, RecordType::MX, RecordType::SOA, RecordType::CNAME] {
            let question = ask(owner, rtype);
            assert_eq!(lookup(&question, server), zones.outcome(&question), "{question}");
        }
    }
}
