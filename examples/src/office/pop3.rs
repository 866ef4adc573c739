//! POP3: the maildrop of an account, read and emptied.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use mail_sasl::server::{Claim, Lookup};
use mail_wire::layered::Layered;
use pop3_proto::{
    Maildrop, Response, ResponseCode, Text, Timestamp, UniqueId,
    server::{ApopLogin, Config, Event, Policy, Retention, Server, Tls, Utf8, WantBody, WantIds},
};
use tokio::{
    task::block_in_place,
    time::{sleep, timeout},
};
use tracing::{info, warn};

use super::{
    Office,
    connection::Application,
    login::{MECHANISMS, Refused},
    unguessable,
};
use crate::store::{
    Account, AccountId, Body, ExpungeRule, Maildrop as Stored, MaildropLock, MaildropMessage,
    MessageId, StoreError,
};

/// How long a login waits for a maildrop that another has open, and how often it looks: who comes
/// back at once behind a lost connection comes before that one is cleared away.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const LOCK_LOOK: Duration = Duration::from_millis(20);

/// Makes the session for one connection.
pub(super) fn session(office: &Office, implicit_tls: bool) -> Layered<Server> {
    let tls = if implicit_tls { Tls::Implicit } else { Tls::StartTls };
    let rules = office.pop3;
    let mut policy = Policy::new().retention(match rules.delete_retrieved {
        true => Retention::DeleteRetrieved,
        false => Retention::Keep,
    });
    if rules.login_delay > 0 {
        policy = policy.login_delay(rules.login_delay);
    }
    let mut config = Config::new().tls(tls).auth(&MECHANISMS).policy(policy);
    // Messages go out as they came in, with UTF-8 or without.
    config = config.utf8(Utf8::OfferedWithNames);
    if let Ok(name) = Text::new(&b"mail-proto post-office"[..]) {
        config = config.name(name);
    }
    // RFC 1939 §7: another timestamp for each connection. A client that sees one tries APOP before
    // anything else (curl does), so it is shown only where somebody can use it: an account was made
    // for it, and there is no TLS yet to make it pointless.
    let known = || block_in_place(|| office.store().knows_apop()).unwrap_or(false);
    let stamp = format!("<{}@{}>", unguessable(), office.host());
    if let Ok(timestamp) = Timestamp::new(stamp.as_str())
        && !implicit_tls
        && known()
    {
        config = config.apop(timestamp);
    }
    office.layered(Server::new(config))
}

/// Short messages that were read together, because clients fetch one behind the other.
#[derive(Default)]
struct Ahead {
    /// Where the first of them stands in the maildrop.
    first: usize,
    messages: VecDeque<Bytes>,
    /// Where the next one would stand, if the client goes on so.
    expected: usize,
    /// How many are read at the next time.
    count: usize,
}

impl Ahead {
    /// Most messages and octets that are held.
    const MESSAGES: usize = 64;
    const OCTETS: usize = 256 * 1024;

    /// Returns a message that was read.
    fn get(&mut self, index: usize) -> Option<Bytes> {
        let passed = index.checked_sub(self.first)?;
        self.messages.drain(..passed.min(self.messages.len()));
        self.first = index;
        self.messages.front().cloned()
    }

    /// Says how many messages to read from this one on: more each time that the client goes on where
    /// it was, and one if it does not.
    fn plan(&mut self, index: usize) -> usize {
        self.count = match index == self.expected {
            true => (self.count * 2).clamp(1, Self::MESSAGES),
            false => 1,
        };
        self.count
    }

    fn put(&mut self, first: usize, messages: Vec<Bytes>) {
        self.expected = first + messages.len();
        (self.first, self.messages) = (first, messages.into());
    }
}

/// What stands behind a POP3 session.
pub(super) struct Pop3 {
    office: Arc<Office>,
    peer: SocketAddr,
    open: Option<Open>,
}

/// The maildrop while it is open.
struct Open {
    maildrop: Stored,
    login: String,
    body: Option<(MessageId, Box<dyn Body>)>,
    ahead: Ahead,
    /// Given back when the session ends, however it ends.
    _lock: MaildropLock,
}

impl Pop3 {
    pub(super) const fn new(office: Arc<Office>, peer: SocketAddr) -> Self {
        Self { office, peer, open: None }
    }

    #[expect(clippy::needless_pass_by_ref_mut, reason = "a message that is open cannot be shared")]
    async fn look_up(&mut self, session: &mut Server, lookup: &Lookup) {
        note(match self.office.look_up(lookup, self.peer.ip()).await {
            Ok(kept) => session.supply(kept),
            Err(Refused::Credentials) => {
                session.refuse(&refusal(ResponseCode::Auth, "that is not right"))
            }
            Err(Refused::System) => session.refuse(&broken()),
        });
    }

    async fn log_in(&mut self, session: &mut Server, who: &Claim) {
        let found = self.office.log_in(who, self.peer.ip()).await;
        self.enter(session, found).await;
    }

    async fn log_in_by_apop(&mut self, session: &mut Server, who: &ApopLogin) {
        let verify = |secret: &mail_errors::Secret| who.verify(secret);
        let found = self.office.log_in_by_apop(who.user(), verify, self.peer.ip()).await;
        self.enter(session, found).await;
    }

    async fn enter(&mut self, session: &mut Server, found: Result<Account, Refused>) {
        let outcome = match found {
            Ok(account) if self.office.comes_too_early(account.id) => {
                Err(refusal(ResponseCode::LoginDelay, "that is too early"))
            }
            Ok(account) => match lock(&self.office, account.id).await {
                Ok(lock) => block_in_place(|| self.open(account, lock)),
                Err(why) => Err(why),
            },
            Err(Refused::Credentials) => Err(refusal(ResponseCode::Auth, "that is not right")),
            Err(Refused::System) => Err(broken()),
        };
        let answered = match outcome {
            Ok((open, maildrop)) => {
                info!(peer = %self.peer, login = open.login, messages = maildrop.len(), "pop3 login");
                self.open = Some(open);
                session.accept(maildrop)
            }
            Err(why) => session.refuse(&why),
        };
        note(answered);
    }

    fn open(
        &self,
        account: Account,
        lock: MaildropLock,
    ) -> Result<(Open, Maildrop), Response<'static>> {
        let maildrop = self.office.store().maildrop(account.id).map_err(|error| trouble(&error))?;
        let sizes = maildrop.messages.iter().map(|message| message.size);
        let sized = Maildrop::from_sizes(sizes).map_err(|_| broken())?;
        self.office.came_in(account.id);
        let login = account.login.to_string();
        let ahead = Ahead::default();
        Ok((Open { maildrop, login, body: None, ahead, _lock: lock }, sized))
    }

    fn ids(&self, session: &mut Server, want: WantIds) {
        let Some(open) = &self.open else { return };
        let listed = open.maildrop.messages.get(want.indexes()).unwrap_or_default();
        let ids = listed.iter().map(|message| UniqueId::new(open.maildrop.unique_id(message)));
        note(match ids.collect::<Result<Vec<_>, _>>() {
            Ok(ids) => session.ids(ids),
            Err(_) => session.refuse(&broken()),
        });
    }

    fn body(&mut self, session: &mut Server, want: WantBody) {
        // What was read ahead is at hand: nothing blocks.
        let read = match self.at_hand(want) {
            Some(octets) => Ok(octets),
            None => block_in_place(|| self.read(want)),
        };
        note(match read {
            Ok(octets) if octets.is_empty() => session.body_end(want.id()),
            Ok(octets) => session.body(want.id(), octets),
            // Another program has expunged it meanwhile: no trouble, and it will not pass.
            Err(StoreError::NotFound { .. }) if want.offset() == 0 => session.refuse(&gone()),
            Err(error) if want.offset() == 0 => session.refuse(&trouble(&error)),
            Err(error) => {
                warn!(%error, "a body broke off");
                session.body_failed(want.id())
            }
        });
    }

    fn at_hand(&mut self, want: WantBody) -> Option<Bytes> {
        let whole = self.open.as_mut()?.ahead.get(want.number().index())?;
        let offset = usize::try_from(want.offset()).ok()?;
        Some(whole.slice(offset.min(whole.len())..))
    }

    fn read(&mut self, want: WantBody) -> Result<Bytes, StoreError> {
        let Some(open) = &mut self.open else { return Ok(Bytes::new()) };
        let index = want.number().index();
        let Some(message) = open.maildrop.messages.get(index) else {
            return Ok(Bytes::new());
        };
        if want.offset() == 0 {
            let count = open.ahead.plan(index);
            let coming = open.maildrop.messages.iter().skip(index).take(count);
            let ids: Vec<MessageId> = coming.map(|message| message.id).collect();
            let found = self.office.store().short(&ids, Ahead::OCTETS)?;
            open.ahead.put(index, found);
            if let Some(whole) = open.ahead.get(index) {
                return Ok(whole);
            }
        }
        let body = match &mut open.body {
            Some((id, body)) if *id == message.id => body,
            slot => {
                let opened = self.office.store().open_body(message.id)?;
                &mut slot.insert((message.id, opened)).1
            }
        };
        body.read(want.offset(), want.room().max(1))
    }

    fn commit(&mut self, session: &mut Server, deletions: &pop3_proto::Deletions) {
        let Some(open) = self.open.take() else { return };
        let at = |number: pop3_proto::MessageNumber| open.maildrop.messages.get(number.index());
        let uids: Vec<_> =
            deletions.iter().filter_map(at).map(|m: &MaildropMessage| m.uid).collect();
        let mailbox = open.maildrop.mailbox;
        let gone = block_in_place(|| self.office.store().expunge(mailbox, &uids, ExpungeRule::All));
        note(match gone {
            Ok(gone) => {
                info!(peer = %self.peer, login = open.login, deleted = gone.uids.len(), "pop3 quit");
                self.office.news().expunged(mailbox, &gone.uids, None);
                session.committed()
            }
            Err(error) => session.refuse(&trouble(&error)),
        });
    }
}

impl Application<Server> for Pop3 {
    async fn act(&mut self, session: &mut Server, event: Event) {
        match event {
            Event::Tls(tls) => info!(peer = %self.peer, version = tls.version().as_str(), "tls"),
            Event::Login(who) => self.log_in(session, &Claim::Password(who)).await,
            Event::Lookup(lookup) => self.look_up(session, &lookup).await,
            Event::Authenticate(who) => self.log_in(session, &who).await,
            Event::Apop(who) => self.log_in_by_apop(session, &who).await,
            Event::WantIds(want) => self.ids(session, want),
            Event::WantBody(want) => self.body(session, want),
            Event::BodyEnough(_) => {}
            Event::Commit(deletions) => self.commit(session, &deletions),
            Event::Refused(refused) => {
                info!(peer = %self.peer, verb = ?refused.verb(), why = ?refused.why(), "refused");
            }
            _ => {}
        }
    }
}

/// Takes a maildrop, and waits for it for a moment if another has it open.
async fn lock(office: &Office, account: AccountId) -> Result<MaildropLock, Response<'static>> {
    let locked = async {
        loop {
            match block_in_place(|| office.store().lock_maildrop(account)) {
                Err(StoreError::Busy { .. }) => sleep(LOCK_LOOK).await,
                locked => return locked,
            }
        }
    };
    match timeout(LOCK_WAIT, locked).await {
        Ok(locked) => locked.map_err(|error| trouble(&error)),
        Err(_) => Err(refusal(ResponseCode::InUse, "another session has it open")),
    }
}

fn refusal(code: ResponseCode<'_>, text: &str) -> Response<'static> {
    Response::err(code, text).unwrap_or_else(|_| broken())
}

fn broken() -> Response<'static> {
    Response::err(ResponseCode::SysTemp, "try again later").expect("the text is plain")
}

fn gone() -> Response<'static> {
    Response::err(None, "that message is gone").expect("the text is plain")
}

fn trouble(error: &StoreError) -> Response<'static> {
    warn!(%error, "the store failed");
    broken()
}

fn note(answered: Result<(), mail_errors::Misuse>) {
    if let Err(misuse) = answered {
        warn!(%misuse, "an answer was not taken");
    }
}
