//! The paved path over real sockets.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]
#![cfg(unix)]

mod dialogue;

use std::{
    io::{self, IoSlice, Read, Write},
    os::unix::net::UnixStream,
    thread,
    time::Duration,
};

use dialogue::{application, laptop, mx};
use mail_wire::{
    drive::{
        Driven,
        blocking::{Stream, drive},
    },
    testing::Act,
};
use smtp_proto::{
    Mailbox,
    client::{self, Chunking, Client, Delivered, Envelope, NotSent, Outcome, TlsPolicy, deliver},
    server::Server,
};

fn delivered(
    config: client::Config,
    body: impl Read,
    hang_up_at: Option<&str>,
) -> (Delivered<impl mail_errors::Fault>, Vec<String>) {
    let (mut near, mut far) = UnixStream::pair().unwrap();
    let hang_up_at = hang_up_at.map(str::to_owned);
    let serving = thread::spawn(move || {
        let (mut server, mut act) = (Server::new(mx()), application());
        let mut told = Vec::new();
        while let Ok(Driven::Event(event)) = drive(&mut server, &mut far, None) {
            if let Act::Log(line) = act(&mut server, event) {
                let is_last = hang_up_at.as_ref().is_some_and(|at| line.starts_with(at));
                told.push(line);
                if is_last {
                    break;
                }
            }
        }
        told
    });
    let mut client = Client::new(config.tls(TlsPolicy::Never));
    let mailbox = |text| Mailbox::parse(text).unwrap();
    let envelope = Envelope::new(mailbox("a@b")).to(mailbox("c@d")).to(mailbox("nobody@d"));
    let delivered = deliver(&mut client, |client| client, &mut near, envelope, body);
    drop(near);
    (delivered, serving.join().unwrap())
}

/// A stream that remembers what each write was.
struct Writes {
    stream: UnixStream,
    writes: Vec<String>,
}

impl Read for Writes {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.stream.read(to)
    }
}

impl Write for Writes {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(octets)])
    }

    fn write_vectored(&mut self, all: &[IoSlice<'_>]) -> io::Result<usize> {
        let octets: Vec<u8> = all.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.stream.write_all(&octets)?;
        self.writes.push(String::from_utf8(octets).unwrap());
        Ok(all.iter().map(|slice| slice.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Writes {
    fn set_timeouts(&mut self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.stream.set_timeouts(read, write)
    }

    fn close_sending(&mut self) -> io::Result<()> {
        self.stream.close_sending()
    }
}

/// RFC 2920 3.1, RFC 3030 4.2: what may go together leaves in one write, and so in one packet.
#[test]
fn ok_each_group_is_one_write() {
    let all = ["MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "RCPT TO:<nobody@d>\r\n"].concat();
    let by_data = [format!("{all}DATA\r\n"), "x\r\n.\r\n".to_owned()];
    let by_chunk = [format!("{all}BDAT 3 LAST\r\nx\r\n")];
    for (chunking, groups) in [(Chunking::Never, &by_data[..]), (Chunking::Offered, &by_chunk[..])]
    {
        let (near, far) = UnixStream::pair().unwrap();
        let serving = thread::spawn(move || {
            let (mut server, mut act, mut far) = (Server::new(mx()), application(), far);
            while let Ok(Driven::Event(event)) = drive(&mut server, &mut far, None) {
                act(&mut server, event);
            }
        });
        let mut client = Client::new(laptop().tls(TlsPolicy::Never).chunking(chunking));
        let mailbox = |text| Mailbox::parse(text).unwrap();
        let to = [mailbox("c@d").into(), mailbox("nobody@d").into()];
        let envelope = Envelope::new(mailbox("a@b")).to_all(to);
        let mut near = Writes { stream: near, writes: Vec::new() };
        let delivered = deliver(&mut client, |client| client, &mut near, envelope, &b"x"[..]);
        assert!(delivered.error.is_none());
        let hello = "EHLO laptop.example.com\r\n".to_owned();
        let expected: Vec<_> = [hello].iter().chain(groups).cloned().collect();
        assert_eq!(near.writes.split_last(), Some((&"QUIT\r\n".to_owned(), &expected[..])));
        drop(near);
        serving.join().unwrap();
    }
}

#[test]
fn ok_delivers_and_quits() {
    let body = b"0123456789\r\n".repeat(100_000);
    let (delivered, told) = delivered(laptop(), &body[..], None);
    assert!(matches!(delivered.outcomes[..], [Outcome::Accepted(_), Outcome::Refused { .. }]));
    assert!(delivered.error.is_none() && !delivered.is_complete());
    assert_eq!(told.last().unwrap(), "quit");
    assert!(told[told.len() - 2].starts_with("message \"0123456789\\r\\n0123"));
}

#[test]
fn err_message_cannot_be_read() {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 > 2 { Err(io::Error::other("disk")) } else { Ok(to.len()) }
        }
    }
    for chunking in [Chunking::Never, Chunking::Offered] {
        let (delivered, told) = delivered(laptop().chunking(chunking), Broken(0), None);
        let [cut, refused] = &delivered.outcomes[..] else { panic!("two recipients") };
        assert_eq!(*cut, Outcome::NotSent(NotSent::BodyFailed));
        // The first chunk does not wait for the answers to RCPT.
        let is_known = chunking == Chunking::Never;
        assert_eq!(matches!(refused, Outcome::Refused { .. }), is_known, "{refused:?}");
        assert!(!told.iter().any(|line| line.starts_with("message")), "{told:?}");
        let last = told.last().unwrap().as_str();
        match chunking {
            // NUL is what it read, and it came without an end.
            Chunking::Never => assert!(delivered.error.is_some() && last.starts_with("aborted")),
            // Chunks end by their sizes, so there is no need to hang up.
            _ => assert!(delivered.error.is_none() && last == "quit", "{told:?}"),
        }
    }
}

#[test]
fn err_server_hangs_up() {
    let by_data = || laptop().chunking(Chunking::Never);
    for at in ["hello", "from", "to <nobody", "data"] {
        let (delivered, _) = delivered(by_data(), &b"x"[..], Some(at));
        assert!(delivered.error.is_some(), "{at}");
        assert_eq!(delivered.outcomes[0], Outcome::NotSent(NotSent::Lost), "{at}");
    }
    // All of a small message is in its first chunk.
    for (config, at) in [(by_data(), "message"), (laptop(), "data"), (laptop(), "message")] {
        let (delivered, _) = delivered(config, &b"x"[..], Some(at));
        assert!(delivered.error.is_some());
        assert_eq!(delivered.outcomes[0], Outcome::Unknown);
    }
}
