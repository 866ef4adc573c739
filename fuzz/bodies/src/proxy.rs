//! The PROXY protocol in front of a session.

use mail_wire::Sink;
use mail_wire::proxy::{Event, Header, Limits, Preceded};
use mail_wire::testing::{Act, Ended};
use smtp_proto::Domain;
use smtp_proto::server::{Config, Server};

use crate::session::{Cutting, hold};

/// The least that a limit may be: what a header of version 2 has in front of its addresses.
const LIMITS: [usize; 3] = [16, 64, 4096];

/// Octets come in front of a session, and are read as a header of their own.
pub(crate) fn proxy(data: &[u8]) {
    for limit in LIMITS {
        header(data, limit);
    }
    let config = Config::new(&Domain::parse("mx.example.org").expect("a domain"));
    let limits = Limits::default();
    let make = || {
        let session = Preceded::expecting(Server::new(config.clone()), limits);
        let mut headers = 0;
        let act = move |session: &mut Preceded<Server>, event| {
            if matches!(event, Event::Header(_)) {
                headers += 1;
                assert_eq!(headers, 1, "one header for each connection");
            } else if session.get_ref().owes().is_some() {
                session.get_mut().accept().expect("it is owed");
            }
            Act::log(&event)
        };
        (session, act)
    };
    let run = hold(make, data, limits.header, Cutting::Anywhere);
    match Header::read(data, limits.header) {
        Ok(Some(_)) => assert!(run.output.starts_with(b"220 "), "{run:?}"),
        Ok(None) => assert_eq!((run.output.len(), run.ended), (0, Ended::WantsInput)),
        Err(_) => assert!(run.output.is_empty() && matches!(run.ended, Ended::Failed(_))),
    }
}

/// What is read is read as soon as it is there, ends where it says, and reads the same when it is
/// written again.
fn header(data: &[u8], limit: usize) {
    let read = Header::read(data, limit);
    let mut first = None;
    for at in 0..=data.len().min(300) {
        let part = data.get(..at).unwrap_or_default();
        let partly = Header::read(part, limit);
        if partly != Ok(None) {
            first.get_or_insert((at, partly));
        }
    }
    if let Some((at, partly)) = first {
        assert_eq!(partly, read, "after {at} octets it is certain");
        if let Ok(Some((_, octets))) = partly {
            assert_eq!(octets, at);
        }
    }
    let Ok(Some((header, octets))) = read else { return };
    let wire = data.get(..octets).expect("it is there");
    assert_eq!(Header::parse(wire), Ok(header.clone()));
    assert!(octets <= limit.max(107));
    let mut written = Vec::new();
    header.encode(&mut written);
    assert_eq!(Header::parse(&written), Ok(header.clone()));
    // It stands for itself: no octet of it depends on what comes behind.
    written.put(b"\r\nPROXY ");
    let again = Header::read(&written, usize::MAX);
    assert_eq!(again, Ok(Some((header, written.len() - 8))));
}
