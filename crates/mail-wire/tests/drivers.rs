//! The drivers over real sockets.
#![allow(clippy::disallowed_methods, reason = "tests of the drivers are about time")]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "helpers of tests")]

mod chat;

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use chat::{Chat, ChatError, Event, echo};
use mail_wire::Session as _;
use mail_wire::drive::{Direction, DriveError, Driven, Tapped, blocking};

fn listen() -> (TcpListener, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves one connection with the blocking driver.
fn serve(listener: TcpListener) -> thread::JoinHandle<Result<(), DriveError<ChatError>>> {
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut chat = Chat::default();
        loop {
            match blocking::drive(&mut chat, &mut stream, None)? {
                Driven::Event(event) => echo(&mut chat, &event),
                Driven::Closed => return Ok(()),
                other => panic!("{other:?}"),
            }
        }
    })
}

#[test]
fn blocking_ok_to_a_peer_that_is_only_a_socket() {
    let (listener, address) = listen();
    let server = serve(listener);
    let mut peer = TcpStream::connect(address).unwrap();
    for octet in b"one\r\ntwo\r\nBYE\r\n" {
        peer.write_all(&[*octet]).unwrap();
    }
    let mut got = String::new();
    peer.read_to_string(&mut got).unwrap();
    assert_eq!(got, "one\r\ntwo\r\nBYE\r\n");
    server.join().unwrap().unwrap();
}

#[test]
fn blocking_the_last_words_arrive_although_the_peer_goes_on_talking() {
    let (listener, address) = listen();
    let server = serve(listener);
    let mut peer = TcpStream::connect(address).unwrap();
    peer.write_all(b"BYE\r\n").unwrap();
    peer.write_all(&[b'x'; 100_000]).unwrap();
    let mut got = String::new();
    peer.read_to_string(&mut got).unwrap();
    assert_eq!(got, "BYE\r\n");
    drop(peer);
    server.join().unwrap().unwrap();
}

#[test]
fn blocking_comes_back_at_the_callers_own_time() {
    let (listener, address) = listen();
    let _peer = TcpStream::connect(address).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let mut chat = Chat::default();
    let until = Instant::now() + Duration::from_millis(20);
    let driven = blocking::drive(&mut chat, &mut stream, Some(until)).unwrap();
    assert_eq!(driven, Driven::Waited);
    assert!(Instant::now() >= until);
}

#[test]
fn blocking_err_when_the_peer_tears_a_line() {
    let (listener, address) = listen();
    let server = serve(listener);
    TcpStream::connect(address).unwrap().write_all(b"torn").unwrap();
    let error = server.join().unwrap().unwrap_err();
    assert!(matches!(error, DriveError::Session(ChatError::Truncated)), "{error:?}");
}

#[test]
fn blocking_a_tap_sees_both_ways() {
    let (listener, address) = listen();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        let mut chat = Tapped::new(Chat::default(), |way, octets: &[u8]| {
            seen.push((way, octets.to_vec()));
        });
        while let Driven::Event(event) = blocking::drive(&mut chat, &mut stream, None).unwrap() {
            echo(chat.get_mut(), &event);
        }
        drop(chat);
        seen
    });
    let mut peer = TcpStream::connect(address).unwrap();
    peer.write_all(b"BYE\r\n").unwrap();
    let mut got = Vec::new();
    peer.read_to_end(&mut got).unwrap();
    let seen = server.join().unwrap();
    assert_eq!(got, b"BYE\r\n");
    assert_eq!(
        seen,
        [(Direction::Received, b"BYE\r\n".to_vec()), (Direction::Sent, b"BYE\r\n".to_vec())]
    );
}

/// A connection on which writing fails and what is left to read is this, and then this error.
struct Dying {
    left: &'static [u8],
    end: ErrorKind,
    told: Option<Duration>,
}

impl Dying {
    fn new(left: &'static [u8], end: ErrorKind) -> Self {
        Self { left, end, told: None }
    }
}

impl Read for Dying {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self.left.read(to)? {
            0 => Err(self.end.into()),
            octets => Ok(octets),
        }
    }
}

impl Write for Dying {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::Stream for Dying {
    fn set_timeouts(&mut self, read: Option<Duration>, _: Option<Duration>) -> io::Result<()> {
        self.told = read;
        Ok(())
    }

    fn close_sending(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn blocking_hears_why_the_peer_hangs_up_although_it_cannot_write() {
    let mut stream = Dying::new(b"421 too busy\r\n", ErrorKind::ConnectionReset);
    let mut chat = Chat::default();
    chat.say("hello");
    let driven = blocking::drive(&mut chat, &mut stream, None).unwrap();
    assert_eq!(driven, Driven::Event(Event::Line("421 too busy".into())));
    let error = blocking::drive(&mut chat, &mut stream, None).unwrap_err();
    assert!(matches!(&error, DriveError::Io(e) if e.kind() == ErrorKind::BrokenPipe), "{error:?}");
}

#[test]
fn blocking_takes_an_end_without_leave_for_an_end() {
    let mut stream = Dying::new(b"bye\r\n", ErrorKind::UnexpectedEof);
    let mut chat = Chat::default();
    let driven = blocking::drive(&mut chat, &mut stream, None).unwrap();
    assert_eq!(driven, Driven::Event(Event::Line("bye".into())));
    assert_eq!(blocking::drive(&mut chat, &mut stream, None).unwrap(), Driven::Closed);
    let mut torn = Dying::new(b"by", ErrorKind::UnexpectedEof);
    let error = blocking::drive(&mut Chat::default(), &mut torn, None).unwrap_err();
    assert!(matches!(error, DriveError::Session(ChatError::Truncated)), "{error:?}");
}

#[test]
fn blocking_never_flushes_under_a_time_that_was_meant_for_something_else() {
    let mut stream = Dying::new(b"", ErrorKind::WouldBlock);
    let mut chat = Chat::default();
    chat.owes = true;
    let until = Some(Instant::now() + Duration::from_secs(60));
    assert_eq!(blocking::drive(&mut chat, &mut stream, until).unwrap(), Driven::NeedReply);
    assert!(stream.told.is_some_and(|time| time <= Duration::from_secs(60)));
}

/// A peer that takes a kibibyte every 90 ms, and hangs up when all is taken.
struct Slow {
    got: Vec<u8>,
}

impl Read for Slow {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

impl Write for Slow {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(90));
        let taken = octets.get(..1024).unwrap_or(octets);
        self.got.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::Stream for Slow {
    fn set_timeouts(&mut self, _: Option<Duration>, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn close_sending(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// More than a slow peer can take in a second may be on its way when a session is over.
#[test]
fn blocking_does_not_hang_up_on_a_peer_that_reads_slowly() {
    let mut chat = Chat::default();
    chat.say(&"x".repeat(16 * 1024));
    chat.close(mail_wire::Goodbye::Done);
    let mut stream = Slow { got: Vec::new() };
    assert_eq!(blocking::drive(&mut chat, &mut stream, None).unwrap(), Driven::Closed);
    assert_eq!(stream.got.len(), 16 * 1024 + 2);
}

#[cfg(feature = "tokio")]
mod with_tokio {
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    use chat::UNSENT;
    use mail_wire::drive;
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn tokio_ok_in_pieces() {
        let (mut peer, mut stream) = duplex(7);
        let server = tokio::spawn(async move {
            let mut chat = Chat::default();
            loop {
                match drive::tokio::drive(&mut chat, &mut stream, None).await.unwrap() {
                    Driven::Event(event) => echo(&mut chat, &event),
                    Driven::Closed => return,
                    other => panic!("{other:?}"),
                }
            }
        });
        let mut got = String::new();
        let (mut reader, mut writer) = tokio::io::split(&mut peer);
        let talk = async { writer.write_all(b"one\r\ntwo, a longer line\r\nBYE\r\n").await };
        let (_, read) = tokio::join!(talk, reader.read_to_string(&mut got));
        read.unwrap();
        assert_eq!(got, "one\r\ntwo, a longer line\r\nBYE\r\n");
        server.await.unwrap();
    }

    #[tokio::test]
    async fn tokio_loses_nothing_when_it_is_dropped_half_way() {
        let (mut peer, mut stream) = duplex(4);
        let server = tokio::spawn(async move {
            let mut chat = Chat::default();
            let mut dropped = 0_u32;
            loop {
                let driven = tokio::select! {
                    biased;
                    driven = drive::tokio::drive(&mut chat, &mut stream, None) => driven.unwrap(),
                    () = tokio::task::yield_now() => { dropped += 1; continue }
                };
                match driven {
                    Driven::Event(event) => echo(&mut chat, &event),
                    Driven::Closed => return dropped,
                    other => panic!("{other:?}"),
                }
            }
        });
        let lines: String = (0..100).map(|n| format!("line {n}\r\n")).collect();
        let (mut reader, mut writer) = tokio::io::split(&mut peer);
        let mut got = String::new();
        let talk = async {
            writer.write_all(lines.as_bytes()).await.unwrap();
            writer.write_all(b"BYE\r\n").await.unwrap();
        };
        let ((), read) = tokio::join!(talk, reader.read_to_string(&mut got));
        read.unwrap();
        assert_eq!(got, format!("{lines}BYE\r\n"));
        // The server drains until its peer hangs up.
        drop(peer);
        assert!(server.await.unwrap() > 100);
    }

    impl AsyncRead for Dying {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            to: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let octets = Read::read(&mut *self, to.initialize_unfilled())?;
            to.advance(octets);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Dying {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            octets: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Write::write(&mut *self, octets))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn tokio_hears_why_the_peer_hangs_up_although_it_cannot_write() {
        let mut stream = Dying::new(b"421 too busy\r\n", ErrorKind::ConnectionReset);
        let mut chat = Chat::default();
        chat.say("hello");
        let driven = drive::tokio::drive(&mut chat, &mut stream, None).await.unwrap();
        assert_eq!(driven, Driven::Event(Event::Line("421 too busy".into())));
        let error = drive::tokio::drive(&mut chat, &mut stream, None).await.unwrap_err();
        let kind = if let DriveError::Io(error) = &error { Some(error.kind()) } else { None };
        assert_eq!(kind, Some(ErrorKind::BrokenPipe), "{error:?}");
    }

    #[tokio::test]
    async fn tokio_takes_an_end_without_leave_for_an_end() {
        let mut stream = Dying::new(b"bye\r\n", ErrorKind::UnexpectedEof);
        let mut chat = Chat::default();
        let driven = drive::tokio::drive(&mut chat, &mut stream, None).await.unwrap();
        assert_eq!(driven, Driven::Event(Event::Line("bye".into())));
        let driven = drive::tokio::drive(&mut chat, &mut stream, None).await.unwrap();
        assert_eq!(driven, Driven::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn tokio_comes_back_at_the_callers_own_time() {
        let (_peer, mut stream) = duplex(64);
        let until = Instant::now() + Duration::from_millis(5);
        let driven = drive::tokio::drive(&mut Chat::default(), &mut stream, Some(until)).await;
        assert_eq!(driven.unwrap(), Driven::Waited);
    }

    #[tokio::test(start_paused = true)]
    async fn tokio_does_not_hang_up_on_a_peer_that_reads_slowly() {
        let (mut peer, mut stream) = duplex(1024);
        let mut chat = Chat::default();
        chat.say(&"x".repeat(48 * 1024));
        chat.close(mail_wire::Goodbye::Done);
        let read = tokio::spawn(async move {
            let (mut got, mut piece) = (0, [0; 1024]);
            loop {
                tokio::time::sleep(Duration::from_millis(90)).await;
                match peer.read(&mut piece).await.unwrap() {
                    0 => return got,
                    octets => got += octets,
                }
            }
        });
        let driven = drive::tokio::drive(&mut chat, &mut stream, None).await.unwrap();
        assert_eq!(driven, Driven::Closed);
        drop(stream);
        assert_eq!(read.await.unwrap(), 48 * 1024 + 2);
    }

    #[tokio::test]
    async fn tokio_writes_first_when_the_peer_does_not_read() {
        let (mut peer, mut stream) = duplex(1024);
        let mut chat = Chat::default();
        for _ in 0..2 * UNSENT / 10 {
            chat.say("12345678");
        }
        peer.write_all(b"hello\r\n").await.unwrap();
        let before = chat.buffers().1.len();
        let read = tokio::spawn(async move {
            let mut got = vec![0; before - UNSENT];
            peer.read_exact(&mut got).await.unwrap();
            peer
        });
        let driven = drive::tokio::drive(&mut chat, &mut stream, None).await.unwrap();
        assert_eq!(driven, Driven::Event(Event::Line("hello".into())));
        assert!(chat.buffers().1.len() <= UNSENT && before > UNSENT);
        drop(read.await.unwrap());
    }
}
