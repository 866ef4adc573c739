//! What a thousand sessions keep, counted by the allocator.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::sync::Arc;

use bytes::Buf;
use mail_wire::{Next, Session, testing::start};
use peak_alloc::PeakAlloc;
use smtp_proto::{
    Domain, Offer,
    limits::ServerLimits,
    server::{Config, Server},
};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const SESSIONS: usize = 1000;
const MEBIBYTE: usize = 1 << 20;
/// What a socket gives at once.
const READ: usize = 16 * 1024;

fn config() -> Arc<Config> {
    let limits = ServerLimits { recipients: 100_000, ..ServerLimits::default() };
    let config = Config::new(&Domain::parse("mx.example").unwrap()).limits(limits);
    Arc::new(config.offer(Offer::BinaryMime).offer(Offer::SmtpUtf8).offer(Offer::Dsn))
}

/// Answers everything with yes, throws bodies away, and reads what is said.
fn feed(server: &mut Server, wire: &[u8]) {
    for part in wire.chunks(READ) {
        server.buffers().0.extend_from_slice(part);
        while let Ok(next) = server.next_event(start()) {
            let (_, out) = server.buffers();
            out.advance(out.remaining());
            match next {
                Next::Event(_) if server.owes().is_some() => server.accept().unwrap(),
                Next::Event(_) | Next::NeedOutput { .. } => {}
                Next::NeedInput { .. } => break,
                other => panic!("{other:?}"),
            }
        }
    }
}

/// What each of many sessions keeps when nothing is under way.
fn kept_by_each(wire: &[u8]) -> usize {
    let config = config();
    let mut sessions: Vec<Server> = Vec::with_capacity(SESSIONS);
    let before = HEAP.current_usage();
    for _ in 0..SESSIONS {
        let mut server = Server::new(config.clone());
        feed(&mut server, wire);
        sessions.push(server);
    }
    let kept = HEAP.current_usage() - before;
    drop(sessions);
    kept / SESSIONS + size_of::<Server>()
}

/// One test, since the heap is one.
#[test]
fn ok_a_thousand_sessions_at_rest_keep_little() {
    let line = b"This line has seventy-eight octets with its end, as mail programs write them.\r\n";
    let text = line.repeat(MEBIBYTE / line.len() + 1);
    let envelope = b"EHLO laptop.example\r\nMAIL FROM:<a@b.example> SIZE=1048576\r\n\
        RCPT TO:<c@d.example>\r\n";
    let data = [envelope, &b"DATA\r\n"[..], &text, b".\r\n"].concat();
    let kept = kept_by_each(&data);
    assert!(kept < READ, "{kept} octets after DATA");

    let chunk = format!("BDAT {} LAST\r\n", text.len());
    let bdat = [envelope, chunk.as_bytes(), &text].concat();
    let kept = kept_by_each(&bdat);
    assert!(kept < READ, "{kept} octets after BDAT");

    // Recipients are the application's to keep.
    let many = [envelope, &b"RCPT TO:<c@d.example>\r\n".repeat(1000)[..], b"RSET\r\n"].concat();
    let kept = kept_by_each(&many);
    assert!(kept < READ, "{kept} octets after a thousand recipients");

    // In the middle of a message more may be held, but no message.
    let before = HEAP.current_usage();
    let mut server = Server::new(config());
    HEAP.reset_peak_usage();
    feed(&mut server, &bdat);
    feed(&mut server, &data[b"EHLO laptop.example\r\n".len()..]);
    let most = HEAP.peak_usage() - before;
    assert!(most < 8 * READ, "{most} octets at the most");

    // 10^5 recipients and a line of ten mebibytes.
    HEAP.reset_peak_usage();
    let recipients = b"RCPT TO:<c@d.example>\r\n".repeat(100_000);
    let before = HEAP.current_usage();
    feed(&mut server, b"MAIL FROM:<a@b.example>\r\n");
    feed(&mut server, &recipients);
    let most = HEAP.peak_usage().saturating_sub(before);
    assert!(most < 8 * READ, "{most} octets for 10^5 recipients");
    let endless = vec![b'x'; 10 * MEBIBYTE];
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    for part in endless.chunks(READ) {
        server.buffers().0.extend_from_slice(part);
        if server.next_event(start()).is_err() {
            break;
        }
    }
    let most = HEAP.peak_usage().saturating_sub(before);
    assert!(most < 8 * READ, "{most} octets of a line without end");
    assert!(server.next_event(start()).is_err(), "waits for the end of it still");
}
