//! One connection: the driver, the news, and the end.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use mail_wire::{
    Goodbye, Session,
    drive::{Driven, tokio::drive},
    layered::Layered,
    proxy::{Event, Limits, Preceded, Trusted},
};
use tokio::{net::TcpStream, sync::watch};
use tracing::{info, warn};

use super::peers::{Guest, Peers};

/// What stands behind one session: it answers the events.
pub(super) trait Application<S: Session>: Send {
    /// Answers an event. When this returns, everything the event asks for has been answered.
    fn act(&mut self, session: &mut S, event: S::Event) -> impl Future<Output = ()> + Send;

    /// Comes back when there is news for the session. By default there never is any.
    fn news(&mut self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// Passes the news on.
    fn pass_on(&mut self, _session: &mut S) {}
}

/// A client at the door.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    /// Who it is: the client of a proxy, once that has said so.
    pub(super) peer: SocketAddr,
    /// Counts the connections of each host.
    pub(super) peers: Arc<Peers>,
    /// `None` if its host has too many connections already, or nobody has counted it yet.
    pub(super) guest: Option<Guest>,
    /// Tells when the office closes.
    pub(super) closing: watch::Receiver<bool>,
}

impl Connection {
    /// Hears from a proxy who the client is, and counts it. `session` is made for who that is.
    /// `None` if the connection is over.
    pub(super) async fn welcome<S: Session>(
        mut self,
        session: impl Fn(IpAddr) -> Layered<S>,
        proxies: &Trusted,
    ) -> Option<(Self, Preceded<Layered<S>>)> {
        let proxy = self.peer;
        let limits = Limits::default();
        if !proxies.has(proxy.ip()) {
            self.guest = self.peers.enter(proxy.ip());
            return Some((self, Preceded::direct(session(proxy.ip()))));
        }
        let mut preceded = Preceded::expecting(session(proxy.ip()), limits);
        let driven = tokio::select! {
            biased;
            _ = self.closing.wait_for(|&down| down) => return None,
            driven = drive(&mut preceded, &mut self.stream, None) => driven,
        };
        match driven {
            Ok(Driven::Event(Event::Header(header))) => {
                // Of a connection of its own the proxy is the client.
                self.peer = header.source().unwrap_or(proxy);
                self.guest = self.peers.enter(self.peer.ip());
                info!(%proxy, peer = %self.peer, "passed on");
                // What the proxy itself may do is not for whom it passes on.
                *preceded.get_mut() = session(self.peer.ip());
                Some((self, preceded))
            }
            Ok(_) => None,
            Err(error) => {
                info!(%proxy, %error, "no word of a proxy");
                None
            }
        }
    }

    /// Serves it to its end.
    pub(super) async fn serve<S: Session>(
        self,
        mut session: Preceded<Layered<S>>,
        mut application: impl Application<S>,
    ) {
        let Self { mut stream, peer, guest, closing: mut shutdown, .. } = self;
        let (mut closing, mut forgotten) = (false, false);
        info!(%peer, "connected");
        if guest.is_none() {
            info!(%peer, "too many connections");
            session.close(Goodbye::Overloaded);
            closing = true;
        }
        // Answers are small, and nobody likes to wait for them.
        let _ = stream.set_nodelay(true);
        loop {
            let driven = tokio::select! {
                biased;
                _ = shutdown.wait_for(|&down| down), if !closing => {
                    session.close(Goodbye::Shutdown);
                    closing = true;
                    continue;
                }
                () = application.news(), if !closing => {
                    application.pass_on(session.get_mut().get_mut());
                    continue;
                }
                driven = drive(&mut session, &mut stream, None) => driven,
            };
            match driven {
                Ok(Driven::Event(Event::Session(event))) => {
                    application.act(session.get_mut().get_mut(), event).await;
                }
                // It has been heard.
                Ok(Driven::Event(Event::Header(_))) => {}
                Ok(Driven::Closed) => return info!(%peer, "closed"),
                // There is no moment at which it could take its leave: it hangs up.
                Ok(_) if forgotten => return warn!(%peer, "hung up"),
                Ok(Driven::NeedReply | Driven::Upgrade(_) | Driven::Waited) => {
                    // An event that was not answered: our own fault, which the peer is told of.
                    warn!(%peer, "an answer is missing");
                    session.close(Goodbye::InternalError);
                    (closing, forgotten) = (true, true);
                }
                Err(error) => return info!(%peer, %error, "broken off"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use smtp_proto::{Domain, server};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        time::timeout,
    };

    use super::*;

    /// Answers nothing at all.
    struct Forgetful;

    impl Application<server::Server> for Forgetful {
        async fn act(&mut self, _: &mut server::Server, _: server::Event) {}
    }

    #[tokio::test]
    async fn err_application_that_forgets_to_answer_ends_the_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut peer = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("ok");
        let (stream, address) = listener.accept().await.expect("a peer");
        let (_sender, closing) = watch::channel(false);
        let peers = Peers::new(1);
        let connection = Connection { stream, peer: address, peers, guest: None, closing };
        let host = Domain::parse("mx.example").expect("a domain");
        let session = |_| Layered::plain(server::Server::new(server::Config::new(&host)));
        let said = async {
            peer.write_all(b"EHLO c\r\nMAIL FROM:<a@b>\r\n").await.expect("sent");
            let mut said = String::new();
            peer.read_to_string(&mut said).await.expect("reads to the end");
            said
        };
        let served = async {
            let welcomed = connection.welcome(session, &Trusted::default()).await;
            let (connection, session) = welcomed.expect("no proxy is waited for");
            connection.serve(session, Forgetful).await;
        };
        let both = async { tokio::join!(served, said).1 };
        let said = timeout(Duration::from_secs(10), both).await.expect("it ends");
        assert!(said.lines().last().is_some_and(|line| line.starts_with("421 ")), "{said}");
    }
}
