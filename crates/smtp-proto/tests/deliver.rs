//! The paved path over real sockets.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]
#![cfg(unix)]

mod dialogue;

use std::{io::Read, os::unix::net::UnixStream, thread};

use dialogue::{application, laptop, mx};
use mail_wire::{
    drive::{Driven, blocking::drive},
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
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            if self.0 > 2 { Err(std::io::Error::other("disk")) } else { Ok(to.len()) }
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
