//! A server of thirty lines on the codecs: it has one message, for everybody.
//!
//! It shows the layer of frames, not how to serve strangers: it has no time-outs, no limits of its
//! own and no order of commands. A [`Server`](pop3_proto::server::Server) has all of these.
#![allow(clippy::print_stdout, reason = "a program")]

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use pop3_proto::codec::{CodecError, CommandCodec, Frame, Request, ResponseCodec};
use pop3_proto::{Command, Response, Text};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{FramedRead, FramedWrite};

const MESSAGE: &[u8] = b"Subject: hello\r\n\r\n.one\r\n";
const END: Frame = Frame::End { bare: None };

/// Serves one client to its QUIT, and returns how many commands it gave.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite) -> Result<usize, CodecError> {
    let (input, output) = tokio::io::split(stream);
    let mut commands = FramedRead::new(input, CommandCodec::new());
    let mut client = FramedWrite::new(output, ResponseCodec::new());
    client.send(Frame::Response(Response::ok("ready")?)).await?;
    let mut count = 0;
    while let Some(request) = commands.next().await {
        count += 1;
        let (answer, rest) = match request? {
            Request::Command(Command::Stat) => (Response::ok("1 24")?, None),
            Request::Command(Command::List(None)) => {
                (Response::ok("")?, Some(Frame::Line(Text::fixed("1 24"))))
            }
            Request::Command(Command::Retr(number)) if number.get() == 1 => {
                (Response::ok("")?, Some(Frame::Body(Bytes::from_static(MESSAGE))))
            }
            Request::Command(Command::User(_) | Command::Pass(_) | Command::Noop) => {
                (Response::ok("")?, None)
            }
            Request::Command(Command::Quit) => {
                let bye = Frame::Response(Response::ok("bye")?);
                return client.send(bye).await.map(|()| count);
            }
            Request::Command(_) => (Response::err(None, "not here")?, None),
            Request::Unreadable(error) => (Response::err(None, error.to_string())?, None),
            Request::TooLong { .. } => (Response::err(None, "line too long")?, None),
        };
        client.feed(Frame::Response(answer)).await?;
        if let Some(rest) = rest {
            client.feed(rest).await?;
            client.feed(END).await?;
        }
        client.flush().await?;
    }
    Ok(count)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), CodecError> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:1100").await?;
    loop {
        let (stream, peer) = listener.accept().await?;
        println!("{peer}: {:?}", serve(stream).await);
    }
}
