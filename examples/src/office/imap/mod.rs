//! IMAP: mailboxes of an account, kept in step on several devices.

pub(super) mod convert;
mod messages;
mod names;

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc};

use imap_proto::{
    Code, Delimiter, NumberSet, PlainCode, ResponseText, Text,
    server::{Config, Event, Limits, Selected, Server, Tls},
};
use mail_errors::Misuse;
use mail_sasl::server::{Claim, Lookup};
use mail_wire::layered::Layered;
use tokio::task::block_in_place;
use tracing::{info, warn};

use self::convert::{all_flags, no, stored_name, trouble};
use super::{
    Office,
    connection::Application,
    login::{MECHANISMS, Refused},
    news::{Subscription, numbers},
};
use crate::store::{Account, Body, MailboxId, Spool, Store, SystemFlag};

/// Makes the session for one connection.
pub(super) fn session(office: &Office, implicit_tls: bool) -> Layered<Server> {
    let mut limits = Limits::default();
    limits.append = office.limits().message_size;
    let mut config = Config::new()
        .limits(limits)
        .tls(if implicit_tls { Tls::Implicit } else { Tls::StartTls })
        .delimiter(Delimiter::new(b'/'))
        .auth(&MECHANISMS);
    if let Ok(name) = Text::new(&b"mail-proto post-office"[..]) {
        config = config.name(name);
    }
    office.layered(Server::new(config))
}

/// What stands behind an IMAP session.
pub(super) struct Imap {
    office: Arc<Office>,
    peer: SocketAddr,
    account: Option<Account>,
    selected: Option<Selection>,
    append: Option<Append>,
}

/// The selected mailbox.
struct Selection {
    mailbox: MailboxId,
    subscription: Subscription,
    /// The message that is being read.
    body: Option<(u32, Box<dyn Body>)>,
}

/// The message that is coming in.
struct Append {
    mailbox: MailboxId,
    flags: crate::store::Flags,
    date: crate::store::InternalDate,
    spool: Spool,
}

/// What an answer came to.
type Answered = Result<(), Misuse>;

impl Imap {
    pub(super) const fn new(office: Arc<Office>, peer: SocketAddr) -> Self {
        Self { office, peer, account: None, selected: None, append: None }
    }

    fn store(&self) -> &dyn Store {
        self.office.store()
    }

    #[expect(clippy::needless_pass_by_ref_mut, reason = "a message that is open cannot be shared")]
    async fn look_up(&mut self, session: &mut Server, lookup: &Lookup) -> Answered {
        match self.office.look_up(lookup, self.peer.ip()).await {
            Ok(kept) => session.supply(kept),
            Err(Refused::Credentials) => session.login_refused(),
            Err(Refused::System) => session.no(no(PlainCode::Unavailable, "try again later")),
        }
    }

    async fn log_in(&mut self, session: &mut Server, who: &Claim) -> Answered {
        match self.office.log_in(who, self.peer.ip()).await {
            Ok(account) => {
                info!(peer = %self.peer, login = %account.login, "imap login");
                self.account = Some(account);
                session.authenticated()
            }
            Err(Refused::Credentials) => session.login_refused(),
            Err(Refused::System) => session.no(no(PlainCode::Unavailable, "try again later")),
        }
    }

    fn select(
        &mut self,
        session: &mut Server,
        name: &imap_proto::MailboxName<'_>,
        read_only: bool,
    ) -> Answered {
        self.selected = None;
        let Some(mailbox) = self.find(name) else { return session.no(missing()) };
        // Subscribe first: what happens in between is told twice, and not lost.
        let subscription = self.office.news().subscribe(mailbox);
        let outcome = (|| {
            let recent = if read_only {
                self.store().view(mailbox)?.first_recent
            } else {
                self.store().claim_recent(mailbox)?
            };
            self.store().view(mailbox).map(|view| (view, recent))
        })();
        let (view, recent) = match outcome {
            Ok(found) => found,
            Err(error) => return session.no(trouble(&error, nonexistent())),
        };
        let Some(validity) = NonZeroU32::new(view.status.uid_validity.number()) else {
            return session.no(no(PlainCode::Corruption, "the mailbox has no UIDVALIDITY"));
        };
        let unseen = view.messages.iter().find(|m| !m.flags.contains(SystemFlag::Seen));
        let number = |uid: crate::store::Uid| NonZeroU32::new(uid.number());
        let (flags, permanent) = all_flags();
        let mut selected = Selected::new(validity, numbers(view.messages.iter().map(|m| m.uid)))
            .flags(flags, permanent)
            .first_recent(recent.and_then(number))
            .first_unseen(unseen.and_then(|message| number(message.uid)));
        if let Some(next) = view.status.uid_next.and_then(number) {
            selected = selected.uid_next(next);
        }
        self.selected = Some(Selection { mailbox, subscription, body: None });
        session.selected(selected)
    }

    fn reread(&self, session: &mut Server) -> Answered {
        let Some(open) = &self.selected else { return Ok(()) };
        match self.store().view(open.mailbox) {
            Ok(view) => session.reread(&numbers(view.messages.iter().map(|m| m.uid))),
            Err(error) => session.no(trouble(&error, nonexistent())),
        }
    }

    /// Finds a mailbox that can be selected.
    fn find(&self, name: &imap_proto::MailboxName<'_>) -> Option<MailboxId> {
        let account = self.account.as_ref()?.id;
        self.store().mailbox(account, &stored_name(name)?).ok()
    }

    fn answer(&mut self, session: &mut Server, event: Event) -> Answered {
        match event {
            Event::Select { mailbox, read_only } => self.select(session, &mailbox, read_only),
            Event::Deselected => {
                self.selected = None;
                Ok(())
            }
            Event::Create { mailbox } => self.create(session, &mailbox),
            Event::Delete { mailbox } => self.delete(session, &mailbox),
            Event::Rename { from, to } => self.rename(session, &from, &to),
            Event::Subscribe { mailbox, on } => self.subscribe(session, &mailbox, on),
            Event::List(request) => self.list(session, &request),
            Event::Status { mailbox, items } => self.status(session, &mailbox, items),
            Event::Append(request) => self.append(session, &request),
            Event::AppendChunk(octets) => self.append_chunk(session, &octets),
            Event::AppendEnd => self.append_end(session),
            Event::AppendAborted => {
                self.append = None;
                Ok(())
            }
            Event::Fetch(slice) => self.fetch(session, &slice),
            Event::WantBody(want) => self.body(session, want),
            Event::Store(slice) => self.store_flags(session, slice),
            Event::Copy(request) => self.copy(session, &request),
            Event::Search(request) => self.search(session, &request),
            Event::Expunge { among } => self.expunge(session, &among),
            Event::Reread => self.reread(session),
            Event::Tls(tls) => {
                info!(peer = %self.peer, version = tls.version().as_str(), "tls");
                Ok(())
            }
            Event::Refused(refused) => {
                info!(peer = %self.peer, command = refused.command, why = ?refused.why, "refused");
                Ok(())
            }
            // Nothing is asked for.
            _ => Ok(()),
        }
    }
}

impl Application<Server> for Imap {
    async fn act(&mut self, session: &mut Server, event: Event) {
        let answered = match event {
            Event::Login(who) => self.log_in(session, &Claim::Password(who)).await,
            Event::Lookup(lookup) => self.look_up(session, &lookup).await,
            Event::Authenticate(who) => self.log_in(session, &who).await,
            other => block_in_place(|| self.answer(session, other)),
        };
        if let Err(misuse) = answered {
            warn!(%misuse, "an answer was not taken");
        }
    }

    async fn news(&mut self) {
        match &self.selected {
            Some(open) => open.subscription.news().await,
            None => std::future::pending().await,
        }
    }

    fn pass_on(&mut self, session: &mut Server) {
        if let Some(open) = &self.selected {
            session.mailbox_news(open.subscription.take());
        }
    }
}

fn nonexistent() -> Code<'static> {
    Code::Plain(PlainCode::NonExistent)
}

fn missing() -> ResponseText<'static> {
    no(PlainCode::NonExistent, "there is no such mailbox")
}

/// The UIDs of a set, as the store takes them.
fn uids_of(set: &NumberSet) -> Vec<crate::store::Uid> {
    convert::stored_uids(set.iter())
}
