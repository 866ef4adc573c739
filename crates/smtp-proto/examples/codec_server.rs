//! A server of thirty lines on the codecs: it takes every message and every chunk, and prints how
//! long each was.
//!
//! It shows the layer of frames, not how to serve strangers: it has no time-outs, no limits of its
//! own and no order of commands. A [`Server`](smtp_proto::server::Server) has all of these.
#![allow(clippy::print_stdout, reason = "a program")]

use futures_util::{SinkExt, StreamExt};
use mail_errors::{Reply, ReplyCode};
use smtp_proto::codec::{CodecError, CommandCodec, Frame, ReplyCodec};
use smtp_proto::{Command, server::replies};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{FramedRead, FramedWrite};

const GREETING: Reply = Reply::fixed(ReplyCode::SERVICE_READY, None, "mx.example ESMTP");

/// Serves one client to its QUIT, and returns how long its messages were.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite) -> Result<Vec<usize>, CodecError> {
    let (input, output) = tokio::io::split(stream);
    let mut frames = FramedRead::new(input, CommandCodec::new());
    let mut client = FramedWrite::new(output, ReplyCodec::new());
    let mut messages = vec![];
    client.send(GREETING).await?;
    while let Some(frame) = frames.next().await {
        let reply = match frame? {
            Frame::Command(Command::Data) => {
                frames.decoder_mut().begin_body();
                messages.push(0);
                replies::GO_AHEAD
            }
            Frame::Command(Command::Quit) => {
                return client.send(replies::BYE).await.map(|()| messages);
            }
            Frame::Command(Command::Bdat(_)) => {
                messages.push(0);
                continue;
            }
            Frame::Command(Command::StartTls | Command::Auth(_)) => replies::NOT_IMPLEMENTED,
            Frame::Command(_) => replies::OK,
            Frame::Unreadable(error) => error.reply(),
            Frame::TooLong { .. } => replies::LINE_TOO_LONG,
            Frame::BodyEnd { bare: Some(_) } => replies::BARE_NEWLINE_IN_MESSAGE,
            Frame::BodyEnd { bare: None } => replies::MESSAGE_OK,
            Frame::Body(part) => {
                if let Some(octets) = messages.last_mut() {
                    *octets += part.len();
                }
                continue;
            }
        };
        client.send(reply).await?;
    }
    Ok(messages)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), CodecError> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:2525").await?;
    loop {
        let (stream, peer) = listener.accept().await?;
        println!("{peer}: {:?}", serve(stream).await);
    }
}
