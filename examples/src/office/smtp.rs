//! SMTP in: mail from other hosts for the own domains, and submission by the own accounts.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use mail_errors::{EnhancedStatusCode, Misuse, Reply, ReplyCode, dsn::Action};
use mail_message::Header;
use mail_sasl::server::{Claim, Lookup};
use mail_wire::{TlsInfo, layered::Layered};
use smtp_proto::{
    Attributes, BodyType, Domain, ForwardPath, Mailbox, Offer, ReversePath,
    limits::ServerLimits,
    server::{Config, Event, Mail, Rcpt, Server, replies},
};
use tokio::task::block_in_place;
use tracing::{info, warn};

use super::{
    Office, clock,
    connection::Application,
    login::{MECHANISMS, Refused},
    notice::{self, Note},
    relay::asked,
    trace::{Received, prefix, return_path},
    unguessable,
    xclient::{self, Told},
};
use crate::{
    config::Service,
    store::{
        Account, AccountId, Address, Asked, Delivery, Incoming, Place, Relay, Resolved, Spool,
        Spooled, StoreError,
    },
};

/// RFC 5321 §6.3: as many `Received` fields mean that a message goes in circles.
const MOST_HOPS: usize = 100;
/// The most octets of a header that are searched for them.
const HEADER: u64 = 1 << 20;

/// "We do not serve this domain": what a host says to mail that was sent to it by mistake.
const NOT_SERVED: Reply = Reply::fixed(
    ReplyCode::USER_NOT_LOCAL,
    Some(EnhancedStatusCode::NOT_AUTHORIZED),
    "this domain is not served here, and mail is not relayed",
);
/// RFC 5321 §4.5.3.1.10 and RFC 3463 §3.4: the disk is full, which is no mailbox's fault.
const NO_ROOM: Reply = Reply::fixed(
    ReplyCode::INSUFFICIENT_STORAGE,
    Some(EnhancedStatusCode::SYSTEM_FULL),
    "no room left on this host, try again later",
);
const TOO_MANY_MESSAGES: Reply = Reply::fixed(
    ReplyCode::LOCAL_ERROR,
    Some(EnhancedStatusCode::PUT_OFF_BY_POLICY),
    "too many messages in an hour, try again later",
);

/// For whom a port is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// For other hosts: takes mail for the own domains, from anybody.
    Mx,
    /// For the own accounts: takes mail for everybody, after AUTH.
    Submission,
}

impl Role {
    pub(super) const fn of(service: Service) -> Self {
        match service {
            Service::Submission | Service::Submissions => Self::Submission,
            Service::Smtp
            | Service::Pop3
            | Service::Pop3s
            | Service::Imap
            | Service::Imaps
            | Service::Dns => Self::Mx,
        }
    }
}

/// Makes the session for one connection, which is from this peer.
pub(super) fn session(office: &Office, service: Service, peer: IpAddr) -> Layered<Server> {
    let limits = ServerLimits {
        message: office.limits().message_size,
        recipients: office.limits().recipients as usize,
        ..ServerLimits::default()
    };
    let host = Domain::parse(office.host()).expect("a checked domain is a domain");
    let config = match Role::of(service) {
        Role::Mx => Config::mx(&host),
        Role::Submission if service.is_implicit_tls() => Config::submissions(&host),
        // RFC 8314 §3.3: no AUTH of any sort before TLS.
        Role::Submission => Config::submission(&host),
    };
    // RFC 3461: what becomes of a message is told, here and by the relay. RFC 6531: who cannot take
    // UTF-8 is not sent any.
    let config = config.limits(limits).offer(Offer::Dsn).offer(Offer::SmtpUtf8);
    let config = match Role::of(service) {
        Role::Mx => config,
        Role::Submission => config.auth(&MECHANISMS),
    };
    let trusted = office.xclient.of(service);
    // Where nobody is trusted there is no such command.
    let config = if trusted.is_empty() { config } else { config.xclient(trusted.clone()) };
    office.layered(Server::new(config).peer(peer))
}

/// What stands behind an SMTP session.
pub(super) struct Smtp {
    office: Arc<Office>,
    /// The client, or the one that it speaks for.
    peer: SocketAddr,
    role: Role,
    told: Told,
    hello: (String, bool),
    tls: Option<Box<TlsInfo>>,
    account: Option<Account>,
    open: Option<Transaction>,
}

/// A message on its way in.
struct Transaction {
    sender: Option<Address>,
    size: u64,
    eight_bit: bool,
    utf8: bool,
    recipients: Vec<Named>,
    accounts: BTreeSet<AccountId>,
    relay: BTreeSet<Address>,
    asked: Asked,
    /// The octets that the message ends in so far.
    last: [u8; 2],
    /// What is to be said instead, before there is one and once it could not be written.
    spool: Result<Spool, Reply>,
}

/// A recipient as the sender names them.
struct Named {
    address: Address,
    /// What the sender asks to be told of them.
    asked: String,
    /// The mailboxes to which the address leads.
    accounts: Vec<AccountId>,
    /// How many other addresses it leads to.
    elsewhere: usize,
}

impl Smtp {
    pub(super) fn new(office: Arc<Office>, peer: SocketAddr, role: Role) -> Self {
        let (told, hello) = (Told::default(), (String::new(), false));
        Self { office, peer, role, told, hello, tls: None, account: None, open: None }
    }

    async fn look_up(&self, server: &mut Server, lookup: &Lookup) -> Result<(), Misuse> {
        match self.office.look_up(lookup, self.peer.ip()).await {
            Ok(kept) => server.supply(kept),
            Err(Refused::Credentials) => server.reply(replies::BAD_CREDENTIALS),
            Err(Refused::System) => server.reply(replies::AUTH_UNAVAILABLE),
        }
    }

    async fn auth(&mut self, server: &mut Server, who: &Claim) -> Result<(), Misuse> {
        match self.office.log_in(who, self.peer.ip()).await {
            Ok(account) => {
                info!(peer = %self.peer, login = %account.login, "smtp login");
                self.account = Some(account);
                server.accept()
            }
            Err(Refused::Credentials) => server.reply(replies::BAD_CREDENTIALS),
            Err(Refused::System) => server.reply(replies::AUTH_UNAVAILABLE),
        }
    }

    /// Takes the client for another. Who is told to have logged in must have an account.
    fn speaks_for(&mut self, server: &mut Server, facts: &Attributes) -> Result<(), Misuse> {
        let (mut told, mut peer) = (self.told.clone(), self.peer);
        told.take(facts, &mut peer);
        let account = match xclient::login(facts) {
            None => None,
            Some(login) => match self.office.told_to_be(&login, peer.ip()) {
                Ok(account) => Some(account),
                Err(Refused::Credentials) => return server.reply(replies::BAD_CREDENTIALS),
                Err(Refused::System) => return server.reply(replies::AUTH_UNAVAILABLE),
            },
        };
        let login = account.as_ref().map(|account| account.login.as_str());
        info!(before = %self.peer, %peer, name = ?told.name(), login, "speaks for another");
        (self.told, self.peer, self.account, self.open) = (told, peer, account, None);
        server.accept()
    }

    fn mail(&mut self, mail: &Mail) -> Result<(), Reply> {
        let sender = match mail.reverse_path() {
            ReversePath::Null => None,
            ReversePath::Mailbox(mailbox) => Some(address(mailbox)?),
        };
        if self.role == Role::Submission {
            // RFC 6409 §6.1
            let own = self.account.as_ref().zip(sender.as_ref());
            if !own.is_some_and(|(account, sender)| account.may_send_from(sender)) {
                return Err(replies::SENDER_NOT_YOURS);
            }
        }
        self.open = Some(Transaction {
            sender,
            size: mail.size().unwrap_or(0),
            eight_bit: mail.body() == BodyType::EightBitMime,
            utf8: mail.params().is_smtp_utf8(),
            recipients: Vec::new(),
            accounts: BTreeSet::new(),
            relay: BTreeSet::new(),
            asked: Asked {
                of_message: asked::of_message(mail.params()),
                of_recipients: BTreeMap::new(),
            },
            last: *b"\r\n",
            spool: Err(replies::BAD_SEQUENCE),
        });
        Ok(())
    }

    fn recipient(&mut self, rcpt: &Rcpt) -> Result<(), Reply> {
        let Some(open) = &mut self.open else { return Err(replies::BAD_SEQUENCE) };
        let to = match rcpt.forward_path() {
            ForwardPath::Mailbox(mailbox) => address(mailbox)?,
            // RFC 5321 §4.5.1
            ForwardPath::Postmaster => postmaster(&self.office)?,
        };
        let resolved = self.office.store().resolve(&to).map_err(|error| trouble(&error))?;
        let (accounts, relay) = match resolved {
            Resolved::To { accounts, relay } => (accounts, relay),
            Resolved::Unknown => return Err(replies::NO_SUCH_MAILBOX),
            Resolved::NotLocal if self.role == Role::Submission => (Vec::new(), vec![to.clone()]),
            Resolved::NotLocal => return Err(NOT_SERVED),
        };
        for &account in &accounts {
            let usage = self.office.store().usage(account).map_err(|error| trouble(&error))?;
            if !usage.has_room(open.size.max(1)) {
                return Err(replies::MAILBOX_FULL);
            }
        }
        let asked = asked::of_recipient(rcpt.params());
        let (elsewhere, is_expanded) = (relay.len(), accounts.len() + relay.len() > 1);
        for on in relay {
            let is_alias = on != to;
            let asked =
                if is_alias { asked::onward(&asked, &to, is_expanded) } else { asked.clone() };
            open.asked.of_recipients.insert(on.clone(), asked);
            open.relay.insert(on);
        }
        open.accounts.extend(&accounts);
        open.recipients.push(Named { address: to, asked, accounts, elsewhere });
        Ok(())
    }

    fn data(&mut self) -> Result<(), Reply> {
        let Some(open) = &mut self.open else { return Err(replies::BAD_SEQUENCE) };
        if let Some(account) = &self.account
            && self.office.sent().take(account.id, clock::monotonic()).is_err()
        {
            return Err(TOO_MANY_MESSAGES);
        }
        open.spool = Ok(self.office.store().spool());
        Ok(())
    }

    fn body(&mut self, octets: &[u8]) {
        let Some(open) = &mut self.open else { return };
        for &octet in octets.iter().rev().take(2).rev() {
            let [_, before] = open.last;
            open.last = [before, octet];
        }
        if let Ok(Err(error)) = open.spool.as_mut().map(|spool| spool.write(octets)) {
            open.spool = Err(trouble(&error));
        }
    }

    /// Takes the responsibility, or says why not.
    fn end(&mut self) -> Result<String, Reply> {
        // What comes in chunks need not end in a line end (RFC 3030), but what is stored has to: it
        // goes on by DATA and POP3, which would add one.
        if self.open.as_ref().is_some_and(|open| &open.last != b"\r\n") {
            self.body(b"\r\n");
        }
        let mut open = self.open.take().ok_or(replies::BAD_SEQUENCE)?;
        let spool = std::mem::replace(&mut open.spool, Err(replies::BAD_SEQUENCE));
        let message = spool?.finish();
        // RFC 6531 §3.4: who said that it may hold UTF-8 need not have put any in.
        if open.utf8 && message.is_eight_bit() {
            open.asked.of_message = asked::with_utf8(&open.asked.of_message);
        }
        if hops(&message).map_err(|error| trouble(&error))? >= MOST_HOPS {
            return Err(replies::ROUTING_LOOP);
        }
        let (id, date) = (unguessable(), clock::arrival());
        let (hello, extended) = self.told.hello(&self.hello);
        let received = Received {
            hello,
            extended,
            name: self.told.name(),
            peer: self.peer,
            host: self.office.host(),
            tls: self.tls.as_deref(),
            authenticated: self.account.is_some(),
            utf8: open.utf8,
            id: &id,
            recipient: match &*open.recipients {
                [only] => Some(&only.address),
                _ => None,
            },
            date,
        }
        .to_field();
        let arrived = prefix(&[&return_path(open.sender.as_ref()), &received]);
        let delivery = |&account| Delivery { place: Place::Inbox(account), trace: arrived.clone() };
        let relay = (!open.relay.is_empty()).then(|| Relay {
            sender: open.sender.clone(),
            recipients: open.relay.iter().cloned().collect(),
            trace: prefix(&[&received]),
            asked: open.asked.clone(),
        });
        let eight_bit = open.eight_bit || message.is_eight_bit();
        let deliveries = open.accounts.iter().map(delivery).collect();
        let mut incoming = Incoming { message, date, deliveries, relay };
        let full = self.keep(&mut incoming)?;
        self.tell(&open, &full, &incoming.message);
        info!(
            peer = %self.peer, id, sender = ?open.sender.as_ref().map(Address::as_str),
            recipients = open.recipients.len(), eight_bit, "message accepted"
        );
        Ok(id)
    }

    /// Puts the message where it goes, on disk. An account that is full meanwhile gets none; returns
    /// those.
    fn keep(&self, incoming: &mut Incoming) -> Result<BTreeSet<AccountId>, Reply> {
        let mut full = BTreeSet::new();
        let accepted = loop {
            match self.office.store().accept(incoming) {
                Ok(accepted) => break accepted,
                Err(StoreError::OverQuota { account, .. }) => {
                    incoming.deliveries.retain(|to| to.place != Place::Inbox(account));
                    if incoming.deliveries.is_empty() && incoming.relay.is_none() {
                        return Err(replies::MAILBOX_FULL);
                    }
                    full.insert(account);
                }
                Err(error) => return Err(trouble(&error)),
            }
        };
        for arrival in &accepted.delivered {
            self.office.news().arrived(arrival);
        }
        if accepted.queued.is_some() {
            self.office.queue.notify_one();
        }
        Ok(full)
    }

    /// Tells the sender what became of the recipients, as far as it is known by now and they want to
    /// hear of it (RFC 3461 §5.2).
    fn tell(&self, open: &Transaction, full: &BTreeSet<AccountId>, message: &Spooled) {
        let Some(sender) = &open.sender else { return };
        let notes: Vec<_> = open
            .recipients
            .iter()
            .flat_map(|named| {
                let notes = self.notes(named, full).into_iter();
                notes.filter(|note| asked::wants(&named.asked, note.action()))
            })
            .collect();
        if !notes.is_empty() {
            notice::send(&self.office, sender, &notes, message, &open.asked.of_message);
        }
    }

    /// What became of a recipient here. Of what goes on elsewhere the relay tells.
    fn notes(&self, named: &Named, full: &BTreeSet<AccountId>) -> Vec<Note> {
        let original = asked::original(&named.asked);
        let failed = |address: &Address| Note::failed(address, replies::MAILBOX_FULL);
        match (&*named.accounts, named.elsewhere) {
            ([], 0 | 1) => Vec::new(),
            ([only], 0) if full.contains(only) => vec![failed(&named.address).originally(original)],
            ([_], 0) => {
                vec![Note::done(&named.address, Action::Delivered).originally(original)]
            }
            // RFC 3461 §5.2.7.4: an address that leads to several.
            (several, _) => {
                let onward = asked::onward(&named.asked, &named.address, true);
                let original_of_member = asked::original(&onward);
                let full = several.iter().filter(|id| full.contains(id));
                let full = full.filter_map(|&id| self.office.store().account(id).ok());
                let full = full.filter_map(|account| {
                    let address = account.addresses.first()?;
                    Some(failed(address).originally(original_of_member))
                });
                let expanded = Note::done(&named.address, Action::Expanded).originally(original);
                full.chain([expanded]).collect()
            }
        }
    }

    fn answer(&mut self, server: &mut Server, event: Event) -> Result<(), Misuse> {
        let outcome = match event {
            Event::Mail(mail) => self.mail(&mail),
            Event::Rcpt(rcpt) => self.recipient(&rcpt),
            Event::Data => self.data(),
            Event::BodyEnd { .. } => match self.end() {
                Ok(id) => return server.reply(accepted(&id)),
                Err(no) => Err(no),
            },
            Event::Verify(_) => Ok(()),
            Event::Body(octets) => {
                self.body(&octets);
                return Ok(());
            }
            Event::BodyAborted(_) | Event::Reset => {
                self.open = None;
                return Ok(());
            }
            Event::Tls(tls) => {
                (self.tls, self.account, self.open) = (Some(tls), None, None);
                return Ok(());
            }
            Event::Hello { name, extended } => {
                self.hello = (name.as_str().to_owned(), extended);
                return Ok(());
            }
            Event::Refused(refused) => {
                let (verb, reply) = (refused.verb(), refused.reply());
                info!(peer = %self.peer, ?verb, reason = notice::reason(reply), %reply, "refused");
                return Ok(());
            }
            Event::Tolerated(defect) => {
                info!(peer = %self.peer, ?defect, "tolerated");
                return Ok(());
            }
            _ if server.owes().is_some() => Err(replies::NOT_IMPLEMENTED),
            _ => return Ok(()),
        };
        match outcome {
            Ok(()) => server.accept(),
            Err(no) => {
                info!(peer = %self.peer, reason = notice::reason(&no), reply = %no, "refused");
                server.reply(no)
            }
        }
    }
}

impl Application<Server> for Smtp {
    async fn act(&mut self, server: &mut Server, event: Event) {
        let answered = match event {
            Event::Auth { claim, .. } => self.auth(server, &claim).await,
            Event::AuthLookup(lookup) => self.look_up(server, &lookup).await,
            Event::Xclient(facts) => self.speaks_for(server, &facts),
            other => block_in_place(|| self.answer(server, other)),
        };
        if let Err(misuse) = answered {
            warn!(%misuse, "an answer was not taken");
        }
    }
}

/// The address as the store knows it.
fn address(mailbox: &Mailbox) -> Result<Address, Reply> {
    Address::parse(&mailbox.to_string()).map_err(|_| replies::NO_SUCH_MAILBOX)
}

fn postmaster(office: &Office) -> Result<Address, Reply> {
    let domains = office.store().domains().map_err(|error| trouble(&error))?;
    let domain = domains.first().ok_or(replies::NO_SUCH_MAILBOX)?;
    Address::parse(&format!("postmaster@{domain}")).map_err(|_| replies::NO_SUCH_MAILBOX)
}

fn hops(message: &Spooled) -> Result<usize, StoreError> {
    let length = message.header_size().min(HEADER);
    let mut header = vec![0; usize::try_from(length).unwrap_or_default()];
    let read = message.read_at(0, &mut header)?;
    Ok(Header::new(header.get(..read).unwrap_or_default()).hops())
}

fn accepted(id: &str) -> Reply {
    Reply::new(ReplyCode::OK, EnhancedStatusCode::MESSAGE_OK, format!("accepted as {id}"))
        .unwrap_or(replies::MESSAGE_OK)
}

fn trouble(error: &StoreError) -> Reply {
    warn!(%error, "the store failed");
    match error {
        StoreError::Full => NO_ROOM,
        _ => replies::LOCAL_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_full_disk_is_told_from_other_trouble() {
        assert_eq!(trouble(&StoreError::Full).code().get(), 452);
        assert_eq!(trouble(&StoreError::backend("x")).code().get(), 451);
    }
}
