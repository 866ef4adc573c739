//! One connection: the driver, the news, and the end.

use std::{future::Future, net::SocketAddr};

use mail_wire::{
    Goodbye, Session,
    drive::{Driven, tokio::drive},
    layered::Layered,
};
use tokio::{net::TcpStream, sync::watch};
use tracing::{debug, info};

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

/// Serves one connection to its end.
pub(super) async fn serve<S: Session>(
    mut session: Layered<S>,
    mut stream: TcpStream,
    peer: SocketAddr,
    mut application: impl Application<S>,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut closing = false;
    info!(%peer, "connected");
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
                application.pass_on(session.get_mut());
                continue;
            }
            driven = drive(&mut session, &mut stream, None) => driven,
        };
        match driven {
            Ok(Driven::Event(event)) => application.act(session.get_mut(), event).await,
            Ok(Driven::Closed) => return info!(%peer, "closed"),
            Ok(Driven::NeedReply | Driven::Upgrade(_) | Driven::Waited) => {
                // An event that was not answered: our own fault, which the peer is told of.
                debug!(%peer, "an answer is missing");
                session.close(Goodbye::InternalError);
                closing = true;
            }
            Err(error) => return info!(%peer, %error, "broken off"),
        }
    }
}
