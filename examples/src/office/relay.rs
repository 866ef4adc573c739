//! SMTP out: the queue, worked off. MX, then host by host, then address by address, until each
//! recipient has an answer.

mod answers;
pub(super) mod asked;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use mail_dns::{
    Name,
    mx::{MxVerdict, Target},
};
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
use mail_wire::{
    Goodbye, Session, TlsInfo,
    drive::{Direction, DriveError, Driven, Tapped, tokio::drive},
    layered::{Layered, LayeredError},
};
use smtp_proto::{
    BodyType, Domain, Extension, Mailbox, ReversePath, State, Verb,
    client::{Client, Config, EightBit, Envelope, Event, NotSent, Outcome as Told, TlsPolicy},
};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::watch,
    task::{JoinSet, block_in_place},
    time::{sleep, timeout},
};
use tracing::{error, info, warn};

use self::answers::{Answers, EXPIRED, UNREADABLE, reply};
use super::{
    Office, clock,
    notice::{self, MOST_RETURNED, Note, Shown},
    sight::Sight,
};
use crate::store::{
    Accepted, Address, Body, Claim, ClaimId, Due, Outcome, QueuedRecipient, RecipientId,
    StoreError, Unreadable,
};

/// How long one claim may take before somebody else may try.
const LEASE: Duration = Duration::from_secs(30 * 60);
/// How long all conversations about a claim may take together: what became of them is written down
/// well before the lease ends, and nobody else sends the message meanwhile.
const ATTEMPT: Duration = Duration::from_secs(25 * 60);
/// How long a conversation may still take when the office closes. One that is cut off behind the
/// last octet of a message leaves nobody knowing whether it arrived.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Claims worked on at once.
const AT_ONCE: usize = 16;
/// The queue is looked at this often even when nothing seems due: clocks jump.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// And this soon when it could not be read.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(30);
/// RFC 3463 §3.6: "too many recipients".
const TOO_MANY: EnhancedStatusCode = EnhancedStatusCode::new(4, 5, 3).expect("4.5.3 is a code");
/// The most octets of a header that are shown to those who watch.
const HEADER: usize = 8 * 1024;

/// Works the queue off until the office closes.
pub(super) async fn run(office: Arc<Office>, mut closing: watch::Receiver<bool>) {
    let mut at_work = JoinSet::new();
    loop {
        while at_work.try_join_next().is_some() {}
        let room = AT_ONCE.saturating_sub(at_work.len());
        let wait = match room {
            0 => LOOK_AGAIN,
            room => block_in_place(|| take_up(&office, room, &mut at_work, &closing)),
        };
        tokio::select! {
            _ = closing.wait_for(|&down| down) => break,
            () = office.queue.notified(), if room > 0 => {}
            _ = at_work.join_next(), if !at_work.is_empty() => {}
            () = sleep(wait) => {}
        }
    }
    // They hear of it too, and write down how far they came.
    while at_work.join_next().await.is_some() {}
}

/// Begins to work off what is due; returns when to look again.
fn take_up(
    office: &Arc<Office>,
    most: usize,
    at_work: &mut JoinSet<()>,
    closing: &watch::Receiver<bool>,
) -> Duration {
    let due = match office.store().claim_due(clock::wall(), LEASE, most) {
        Ok(due) if due == Due::default() => return until_due(office),
        Ok(due) => due,
        Err(error) => {
            warn!(%error, "the queue cannot be read");
            return AFTER_TROUBLE;
        }
    };
    due.unreadable.iter().for_each(|broken| set_aside(office, broken));
    for claim in due.claims {
        let (office, closing) = (office.clone(), closing.clone());
        at_work.spawn(async move { work_off(&office, claim, closing).await });
    }
    // There may be more.
    Duration::ZERO
}

/// Lets what cannot be read hold up nothing else, and tells its sender.
fn set_aside(office: &Office, broken: &Unreadable) {
    let Unreadable { id, queue, sender, recipients, why } = broken;
    let aside = || Outcome::SetAside { diagnostic: why.clone() };
    let outcomes: Vec<_> = recipients.iter().map(|(id, _)| (*id, aside())).collect();
    let notes: Vec<_> =
        recipients.iter().map(|(_, shown)| Note::failed(shown, UNREADABLE)).collect();
    match settle(office, *id, sender.as_ref(), &outcomes, &notes, Shown::default) {
        Ok(accepted) => {
            error!(queue = queue.number(), ?recipients, why, "set aside: a person must look at it");
            told(office, &accepted);
        }
        // It comes again when the lease ends.
        Err(error) => warn!(%error, queue = queue.number(), why, "cannot be set aside yet"),
    }
}

/// Passes on what a settlement brought about.
fn told(office: &Office, accepted: &Accepted) {
    accepted.delivered.iter().for_each(|arrival| office.news().arrived(arrival));
    if accepted.queued.is_some() {
        office.queue.notify_one();
    }
}

fn until_due(office: &Office) -> Duration {
    match office.store().next_due() {
        Ok(Some(due)) => due.since(clock::wall()).clamp(Duration::from_millis(100), LOOK_AGAIN),
        Ok(None) | Err(_) => LOOK_AGAIN,
    }
}

async fn work_off(office: &Arc<Office>, claim: Claim, closing: watch::Receiver<bool>) {
    block_in_place(|| {
        office.show(|| Sight::Claimed {
            claim: claim.id,
            domain: claim.domain.clone(),
            recipients: claim.recipients.iter().map(|to| to.address.clone()).collect(),
            header: Bytes::from(header(office, &claim)),
        });
    });
    let lease_ends = clock::monotonic() + LEASE;
    let mut answers = Answers::new(&claim.recipients);
    let cut_off = tokio::select! {
        () = attempt(office, &claim, &mut answers) => None,
        () = sleep(ATTEMPT) => Some("it took too long"),
        () = last_words(closing.clone()) => Some("the office closes"),
    };
    match cut_off {
        Some(why) if *closing.borrow() => answers.interrupt(why),
        Some(why) => answers.put_off(why),
        None => {}
    }
    let fates = answers.fates();
    let (outcomes, mut notes) = answers.settle(&claim, clock::wall(), jitter());
    // RFC 3461 §4.1: who asked not to hear of it does not.
    notes.retain(|note| {
        let of = claim.recipients.iter().find(|to| to.address.as_str() == note.recipient());
        of.is_none_or(|to| asked::wants(&to.asked, note.action()))
    });
    let settled = loop {
        let shown = || shown(office, &claim);
        let sender = claim.sender.as_ref();
        match block_in_place(|| settle(office, claim.id, sender, &outcomes, &notes, shown)) {
            // What was delivered must not go out again because the disk was full for a while.
            Err(error) if error.is_transient() && clock::monotonic() < lease_ends => {
                warn!(%error, domain = %claim.domain, "the queue cannot be written yet");
                tokio::select! {
                    () = sleep(AFTER_TROUBLE) => {}
                    () = last_words(closing.clone()) => break Err(error),
                }
            }
            settled => break settled,
        }
    };
    match settled {
        Ok(accepted) => {
            told(office, &accepted);
            office.show(|| Sight::Settled { claim: claim.id, fates });
        }
        // It becomes due again when the lease ends: twice delivered at the worst.
        Err(error) => warn!(%error, domain = %claim.domain, "the queue cannot be written"),
    }
}

/// A number from 0 to 1 that nobody else has.
fn jitter() -> f64 {
    let mut octet = [0];
    // Without randomness all come back at the same moment, which is no more than unkind.
    let _ = getrandom::fill(&mut octet);
    f64::from(octet[0]) / f64::from(u8::MAX)
}

/// Comes back when the office closes, and a moment later.
async fn last_words(mut closing: watch::Receiver<bool>) {
    let _ = closing.wait_for(|&down| down).await;
    sleep(LAST_WORDS).await;
}

/// Writes down what became of a claim, together with the notice to the sender.
fn settle(
    office: &Office,
    claim: ClaimId,
    sender: Option<&Address>,
    outcomes: &[(RecipientId, Outcome)],
    notes: &[Note],
    about: impl FnOnce() -> Shown,
) -> Result<Accepted, StoreError> {
    let mut notice = match sender {
        Some(sender) if !notes.is_empty() => notice::write(office, sender, notes, &about())?,
        Some(_) | None => None,
    };
    loop {
        match office.store().settle(claim, outcomes, notice.as_ref()) {
            // What was delivered must not be sent again only because the sender's own mailbox is
            // full, or is no more.
            Err(StoreError::OverQuota { account, .. }) if notice.is_some() => {
                warn!(%account, "there is no room for a notice");
                notice = notice.and_then(|notice| notice::without(notice, account));
            }
            Err(error @ (StoreError::NotFound { .. } | StoreError::TooMany { .. }))
                if notice.is_some() =>
            {
                warn!(%error, "a notice could not be sent");
                notice = None;
            }
            settled => return settled,
        }
    }
}

/// The message as far as a notice shows it.
fn shown(office: &Office, claim: &Claim) -> Shown {
    let octets = beginning(office, claim, claim.size, MOST_RETURNED);
    let (arrived, asked) = (Some(claim.queued_at), claim.asked.clone());
    Shown { octets, size: claim.size, arrived, asked }
}

fn header(office: &Office, claim: &Claim) -> Vec<u8> {
    let size = office.store().open_body(claim.message).map(|body| body.header_size());
    size.map(|size| beginning(office, claim, size, HEADER)).unwrap_or_default()
}

/// The first octets of a message, at most so many.
fn beginning(office: &Office, claim: &Claim, size: u64, most: usize) -> Vec<u8> {
    let read = || -> Result<Vec<u8>, StoreError> {
        let mut body = office.store().open_body(claim.message)?;
        let mut octets = vec![0; usize::try_from(size).unwrap_or(most).min(most)];
        let read = body.read_at(0, &mut octets)?;
        octets.truncate(read);
        Ok(octets)
    };
    read().unwrap_or_default()
}

/// Tries to deliver to all recipients of a claim.
async fn attempt(office: &Arc<Office>, claim: &Claim, answers: &mut Answers<'_>) {
    let Some(resolver) = office.resolver.clone() else {
        return answers.put_off("no resolver is configured");
    };
    // RFC 6531 §3.2: U-labels become A-labels before they are looked up.
    let domain = idna::domain_to_ascii(claim.domain.as_str());
    let Ok(Ok(domain)) = domain.map(|domain| domain.parse::<Name>()) else {
        return answers.refuse_all(&reply(553, (5, 1, 2), "the domain is no host name"));
    };
    let we_are = office.host().parse::<Name>().into_iter().collect();
    let (verdict, lookups) = resolver.mail_exchangers(domain, we_are).await;
    office.show(|| Sight::Routed { claim: claim.id, lookups, verdict: verdict.clone() });
    match verdict {
        MxVerdict::Deliver(plan) => {
            for target in plan.targets() {
                for &address in target.addresses() {
                    if answers.all_told() {
                        return;
                    }
                    deliver(office, claim, target, address, answers).await;
                }
            }
        }
        MxVerdict::NoMail(why) => {
            let text = format!("{}: {why}", claim.domain);
            let refusal = Reply::new(why.reply_code(), why.enhanced(), text);
            answers.refuse_all(&refusal.unwrap_or(EXPIRED));
        }
        MxVerdict::TryLater(why) => answers.put_off(&format!("{}: {why}", claim.domain)),
    }
}

/// Talks to one host at one address about the recipients that have no answer yet.
async fn deliver(
    office: &Arc<Office>,
    claim: &Claim,
    target: &Target,
    address: IpAddr,
    answers: &mut Answers<'_>,
) {
    let ended = converse(office, claim, target, address, TlsPolicy::Opportunistic, answers).await;
    // RFC 7435 §3: whoever would have taken the message in the clear, had nobody offered TLS, is
    // sent it in the clear when TLS fails. Nobody was promised more.
    if ended == Ended::WithoutTls && !answers.all_told() {
        warn!(domain = %claim.domain, host = %target.host(), "TLS fails, sent in the clear");
        converse(office, claim, target, address, TlsPolicy::Never, answers).await;
    }
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// One way or another, and the answers are what they are.
    Somehow,
    /// In the handshake of TLS, before anything was said of the message.
    WithoutTls,
}

async fn converse(
    office: &Arc<Office>,
    claim: &Claim,
    target: &Target,
    address: IpAddr,
    policy: TlsPolicy,
    answers: &mut Answers<'_>,
) -> Ended {
    let peer = SocketAddr::new(address, office.relay_port);
    answers.ask(&target.host().to_string());
    let open = answers.open();
    let (mut client, mut body) = match Conversation::start(office, claim, &open, target, policy) {
        Ok(started) => started,
        Err(why) => {
            answers.put_off(&why);
            return Ended::Somehow;
        }
    };
    let connected = timeout(CONNECT, connect(office, peer)).await;
    let mut stream = match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(stream) => stream,
        Err(error) => {
            answers.put_off(&format!("{} ({peer}): {error}", target.host()));
            return Ended::Somehow;
        }
    };
    let mut ended = Ended::Somehow;
    loop {
        match drive(&mut client, &mut stream, None).await {
            Ok(Driven::Event(event)) => {
                block_in_place(|| body.act(client.get_mut().get_mut(), event, claim, answers));
            }
            Ok(Driven::Closed) => break,
            Ok(Driven::NeedReply | Driven::Upgrade(_) | Driven::Waited) => {
                // Not even a client that is told to close goes on from here.
                warn!(host = %target.host(), "an answer is missing");
                answers.put_off("something broke here");
                break;
            }
            Err(error) => {
                let in_handshake = match &error {
                    DriveError::Session(LayeredError::Tls(_)) => true,
                    DriveError::Session(LayeredError::Session(_)) => false,
                    DriveError::Io(_) => client.get_ref().get_ref().state() == State::Handshake,
                };
                if in_handshake && body.tls.is_none() {
                    ended = Ended::WithoutTls;
                }
                // What became of each recipient is told before the session is silent.
                client.recv_eof();
                while let Ok(mail_wire::Next::Event(event)) = client.next_event(clock::monotonic())
                {
                    block_in_place(|| body.act(client.get_mut().get_mut(), event, claim, answers));
                }
                answers.ended(&format!("{} ({peer}): {error}", target.host()));
                break;
            }
        }
    }
    info!(domain = %claim.domain, host = %target.host(), %peer, tls = body.tls.is_some(),
        recipients = open.len(), open = answers.open().len(), "relayed");
    let (host, tls) = (target.host().clone(), body.tls);
    office.show(|| Sight::Talked { claim: claim.id, host, peer, tls });
    ended
}

async fn connect(office: &Office, peer: SocketAddr) -> io::Result<TcpStream> {
    let (ours, theirs) = (office.address, peer.ip());
    let socket = if theirs.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // The address that other hosts know us by, if they can be reached from it.
    let fits = ours.is_ipv4() == theirs.is_ipv4() && ours.is_loopback() == theirs.is_loopback();
    if fits && !ours.is_unspecified() {
        socket.bind(SocketAddr::new(ours, 0))?;
    }
    let stream = socket.connect(peer).await?;
    // Commands are small, and each may wait for the answer to the one before.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// The message while it is sent.
struct Conversation {
    body: Box<dyn Body>,
    offset: u64,
    tls: Option<Box<TlsInfo>>,
    /// Whom the message in flight is for.
    asked: Vec<RecipientId>,
    /// One of them got it.
    was_taken: bool,
    /// Those that were too many at once.
    more: Vec<RecipientId>,
}

/// What looks at the octets, inside of TLS.
type Tap = Box<dyn FnMut(Direction, &[u8]) + Send>;

impl Conversation {
    fn start(
        office: &Arc<Office>,
        claim: &Claim,
        recipients: &[&QueuedRecipient],
        target: &Target,
        policy: TlsPolicy,
    ) -> Result<(Layered<Tapped<Client, Tap>>, Self), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let name = Domain::parse(office.host()).map_err(|e| text(&e))?;
        // RFC 7435: TLS when it can be had, with whatever certificate.
        let config = Config::new(name).tls(policy).eight_bit(EightBit::SendAnyway);
        let mut client = Client::new(config);
        client.send(envelope(claim, recipients)?).map_err(|e| text(&e))?;
        let body = block_in_place(|| office.store().open_body(claim.message));
        let body = body.map_err(|e| text(&e))?;
        let host = target.host().to_string();
        let tapped = Tapped::new(client, tap(office, claim.id));
        let layered = Layered::client(tapped, office.relay_tls.clone(), host.trim_end_matches('.'))
            .map_err(|e| text(&e))?;
        let asked = recipients.iter().map(|recipient| recipient.id).collect();
        let (was_taken, more) = (false, Vec::new());
        Ok((layered, Self { body, offset: 0, tls: None, asked, was_taken, more }))
    }

    fn act(&mut self, client: &mut Client, event: Event, claim: &Claim, answers: &mut Answers<'_>) {
        match event {
            Event::WantBody { id, room } => {
                let answered = match self.body.read(self.offset, room) {
                    Ok(part) if part.is_empty() => client.body_end(id),
                    Ok(part) => {
                        self.offset += part.len() as u64;
                        client.body(id, part)
                    }
                    Err(error) => {
                        warn!(%error, "a body broke off");
                        client.body_failed(id)
                    }
                };
                if let Err(misuse) = answered {
                    warn!(%misuse, "a body was not taken");
                }
            }
            Event::Recipient { index, outcome, .. } => {
                if let Some(&recipient) = self.asked.get(index) {
                    self.was_taken |= matches!(outcome, Told::Accepted(_));
                    if is_too_many(&outcome) {
                        self.more.push(recipient);
                    }
                    answers.offers_dsn(client.capabilities().offers(Extension::Dsn));
                    answers.told(recipient, outcome);
                }
            }
            Event::Tls(tls) => self.tls = Some(tls),
            Event::Done { .. } if !self.send_again(client, claim) => client.close(Goodbye::Done),
            _ => {}
        }
    }

    /// RFC 5321 §4.5.3.1.10, RFC 9422 §3: who was too many for one transaction gets the message in
    /// the next, over the same connection, as long as each brings it to somebody.
    fn send_again(&mut self, client: &mut Client, claim: &Claim) -> bool {
        let more = std::mem::take(&mut self.more);
        let goes_on = self.was_taken && client.messages_left() != Some(0);
        if more.is_empty() || !goes_on {
            return false;
        }
        let is_more = |recipient: &&QueuedRecipient| more.contains(&recipient.id);
        let recipients: Vec<_> = claim.recipients.iter().filter(is_more).collect();
        let Ok(envelope) = envelope(claim, &recipients) else { return false };
        self.asked = recipients.iter().map(|recipient| recipient.id).collect();
        (self.offset, self.was_taken) = (0, false);
        client.send(envelope).is_ok()
    }
}

/// What goes in front of the message, for these.
fn envelope(claim: &Claim, recipients: &[&QueuedRecipient]) -> Result<Envelope, String> {
    let mailbox =
        |address: &Address| Mailbox::parse(address.as_str()).map_err(|error| error.to_string());
    let mut envelope = match &claim.sender {
        Some(sender) => Envelope::new(mailbox(sender)?),
        None => Envelope::new(ReversePath::Null),
    };
    for recipient in recipients {
        envelope = envelope.to(asked::recipient(mailbox(&recipient.address)?, &recipient.asked));
    }
    envelope = asked::add_to(envelope.size(claim.size), &claim.asked);
    if claim.eight_bit {
        envelope = envelope.body(BodyType::EightBitMime);
    }
    Ok(envelope)
}

/// Tells whether a recipient was one more than the host takes at once.
fn is_too_many(outcome: &Told) -> bool {
    match outcome {
        Told::NotSent(NotSent::TooManyRecipients { .. }) => true,
        Told::Refused { stage: Verb::Rcpt, reply } => {
            reply.code() == ReplyCode::INSUFFICIENT_STORAGE
                && reply.enhanced().is_none_or(|code| code == TOO_MANY)
        }
        Told::Refused { .. } | Told::Accepted(_) | Told::NotSent(_) | Told::Unknown => false,
    }
}

fn tap(office: &Arc<Office>, claim: ClaimId) -> Tap {
    let office = office.clone();
    Box::new(move |direction, octets| {
        office.show(|| Sight::Wire { claim, direction, octets: Bytes::copy_from_slice(octets) });
    })
}
