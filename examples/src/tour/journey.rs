//! The way of one message that arrives.

use bytes::Bytes;
use imap_proto::{Section, SequenceSet, client::Client as ImapClient};
use mail_dns::{
    RecordType,
    mx::{MxVerdict, Plan},
    wire::Transport,
};
use mail_errors::{Reply, ReplyCode};
use mail_wire::drive::Direction;
use pop3_proto::client::Client as Pop3Client;
use smtp_proto::client::Outcome;

use super::{
    Step,
    guide::Guide,
    letter,
    stage::{ALICE, BOB, Stage, Town},
    trouble::{Flaw, Trouble},
    words::Label,
};
use crate::{
    client::{
        Connection,
        imap::{self, Fetched},
        pop3,
        smtp::Sent,
    },
    config::Service,
    office::{
        resolve::LookUp,
        sight::{Fate, Sight},
    },
    store::{ClaimId, Directory as _, LoginName, Messages as _},
};

/// Goes the whole way, to where Bob's mail program waits.
pub(super) async fn travel(
    stage: &mut Stage,
    guide: &mut Guide<'_>,
    mut waiting: Connection<ImapClient>,
) -> Result<(), Trouble> {
    let message = compose(stage, guide)?;
    let id = submit(stage, guide, &message).await?;
    let queued = queue(stage, guide, &id).await?;
    look_up(stage, guide, &queued).await?;
    relay(stage, guide, &queued).await?;
    let stored = store(stage, guide, &message)?;
    announce(stage, guide, &mut waiting).await?;
    read(stage, guide, &mut waiting, &stored).await?;
    fetch(stage, guide, waiting, &stored).await?;
    trace(guide, &stored)
}

fn compose(stage: &Stage, guide: &mut Guide<'_>) -> Result<Bytes, Trouble> {
    guide.begin(Step::Compose)?;
    let text = guide.book.letter();
    let message = letter::write(ALICE, BOB, "Alice", &stage.subject(), text)?;
    let mut read_back = shown(&message, &["From", "To", "Date", "Subject"]);
    read_back.push(format!("\n{}", letter::text(&message).trim_end()));
    guide.end(&read_back)?;
    Ok(message)
}

/// Returns the name by which North knows the message.
async fn submit(stage: &Stage, guide: &mut Guide<'_>, message: &Bytes) -> Result<String, Trouble> {
    guide.begin(Step::Submit)?;
    let (town, until) = (&stage.north, stage.until());
    let sent = stage.alice.submit(town, [ALICE, BOB], message.clone(), guide, until).await?;
    let (reply, tls) = accepted(sent)?;
    let auth = guide.on_wire(Direction::Sent, "AUTH ").ok_or(Flaw::InTheClear)?;
    let subject = guide.on_wire(Direction::Sent, "Subject: ").unwrap_or_default();
    guide.end(&[
        guide.fact(Label::Server, format!("{} ({})", town.host, town.address(Service::Submission))),
        guide.fact(Label::Encryption, format!("STARTTLS, {tls}")),
        guide.fact(Label::Login, format!("{ALICE} ({auth})")),
        guide.fact(Label::OnTheWire, subject),
        guide.fact(Label::Answer, &reply),
    ])?;
    Ok(reply.text_lossy().rsplit(' ').next().unwrap_or_default().to_owned())
}

/// The message as it was taken from the queue.
struct Queued {
    claim: ClaimId,
    subject: String,
}

async fn queue(stage: &mut Stage, guide: &mut Guide<'_>, id: &str) -> Result<Queued, Trouble> {
    guide.begin(Step::Queue)?;
    let Sight::Claimed { claim, domain, recipients, header } = stage.sight(guide).await? else {
        return Err(Flaw::Miscounted.into());
    };
    let received = letter::fields(&header, "Received").pop().unwrap_or_default();
    if !received.contains(&format!("id {id}")) {
        return Err(Flaw::NoTrace.into());
    }
    let recipients: Vec<_> = recipients.iter().map(|to| to.as_str()).collect();
    let subject = letter::field(&header, "Subject");
    guide.end(&[
        guide.fact(Label::QueuedFor, format!("{domain} ({})", recipients.join(", "))),
        format!("Received: {}", letter::folded(&received)),
        subject.clone(),
    ])?;
    Ok(Queued { claim, subject })
}

async fn look_up(stage: &mut Stage, guide: &mut Guide<'_>, queued: &Queued) -> Result<(), Trouble> {
    guide.begin(Step::LookUp)?;
    let Sight::Routed { claim, lookups, verdict } = stage.sight(guide).await? else {
        return Err(Flaw::Miscounted.into());
    };
    if claim != queued.claim {
        return Err(Flaw::Miscounted.into());
    }
    let mut read_back = vec![guide.fact(Label::For, &queued.subject)];
    let mut mx_over_udp = false;
    for LookUp { question, outcome, asked } in &lookups {
        let asked = match asked {
            Some((server, Transport::Udp)) => {
                mx_over_udp |= question.rtype() == RecordType::MX;
                format!("UDP {server}")
            }
            Some((server, Transport::Tcp)) => format!("TCP {server}"),
            None => "cache".to_owned(),
        };
        read_back.push(guide.fact(Label::Question, format!("{question}? ({asked})")));
        read_back.push(guide.fact(Label::DnsAnswer, outcome));
    }
    let flaw = match verdict {
        MxVerdict::Deliver(_) if !mx_over_udp => Flaw::NotOverUdp.into(),
        MxVerdict::Deliver(plan) if leads_to(&plan, &stage.south) => return guide.end(&read_back),
        MxVerdict::Deliver(_) => Flaw::OtherHost.into(),
        MxVerdict::NoMail(why) => Trouble::NoRoute(why.to_string()),
        MxVerdict::TryLater(why) => Trouble::NoRoute(why.to_string()),
    };
    // What DNS said shows best why.
    guide.show(&read_back)?;
    Err(flaw)
}

/// Tells whether the MX record, and no guess, leads to a town.
fn leads_to(plan: &Plan, town: &Town) -> bool {
    let address = town.address(Service::Smtp).ip();
    let is_town = |host: &str| host.trim_end_matches('.') == town.host;
    !plan.is_implicit()
        && matches!(plan.targets(), [target]
            if is_town(&target.host().to_string()) && target.addresses() == [address])
}

async fn relay(stage: &mut Stage, guide: &mut Guide<'_>, queued: &Queued) -> Result<(), Trouble> {
    guide.begin(Step::Relay)?;
    let mut talk = None;
    let fates = loop {
        match stage.sight(guide).await? {
            Sight::Talked { host, peer, tls, .. } => talk = Some((host, peer, tls)),
            Sight::Settled { claim, fates } if claim == queued.claim => break fates,
            _ => return Err(Flaw::Miscounted.into()),
        }
    };
    let reply = match fates.into_iter().next() {
        Some((_, Fate::Delivered(reply))) => reply,
        Some((_, Fate::Failed(got))) => return Err(Trouble::WrongReply { wanted: OK, got }),
        Some((_, Fate::PutOff(why))) => return Err(Trouble::PutOff(why)),
        None => return Err(Flaw::Miscounted.into()),
    };
    let (host, peer, tls) = talk.ok_or(Flaw::OtherHost)?;
    let tls = tls.ok_or(Flaw::InTheClear)?;
    if peer != stage.south.address(Service::Smtp) {
        return Err(Flaw::OtherHost.into());
    }
    let subject = guide.on_wire(Direction::Sent, "Subject: ").unwrap_or_default();
    guide.end(&[
        guide.fact(Label::Server, format!("{host} ({peer})")),
        guide.fact(Label::Encryption, format!("STARTTLS, {}", tls.version().as_str())),
        guide.fact(Label::OnTheWire, subject),
        guide.fact(Label::Answer, reply),
    ])
}

/// Returns the message as it lies in Bob's mailbox.
fn store(stage: &Stage, guide: &mut Guide<'_>, sent: &Bytes) -> Result<Vec<u8>, Trouble> {
    guide.begin(Step::Store)?;
    let stored = tokio::task::block_in_place(|| in_store(&stage.south))?;
    if !stored.ends_with(sent) {
        return Err(Flaw::Changed.into());
    }
    guide.end(&[
        guide.fact(Label::Mailbox, format!("{BOB}, INBOX")),
        guide.fact(Label::Octets, stored.len()),
        letter::field(&stored, "Return-Path"),
        letter::field(&stored, "Subject"),
    ])?;
    Ok(stored)
}

/// Looks into the store, past all protocols.
fn in_store(town: &Town) -> Result<Vec<u8>, Trouble> {
    let account = town.store.account_by_login(&LoginName::parse(BOB)?)?;
    let maildrop = town.store.maildrop(account.ok_or(Flaw::Miscounted)?.id)?;
    let [message] = &*maildrop.messages else { return Err(Flaw::Miscounted.into()) };
    let mut body = town.store.open_body(message.id)?;
    let mut octets = vec![0; usize::try_from(body.size()).unwrap_or_default()];
    let read = body.read_at(0, &mut octets)?;
    octets.truncate(read);
    Ok(octets)
}

async fn announce(
    stage: &Stage,
    guide: &mut Guide<'_>,
    waiting: &mut Connection<ImapClient>,
) -> Result<(), Trouble> {
    guide.begin(Step::Announce)?;
    let exists = *imap::wait_for_more(waiting, 0, stage.until()).await?.end();
    let news = guide.on_wire(Direction::Received, &format!("* {exists} EXISTS"));
    let news = news.ok_or(Flaw::Miscounted)?;
    let section = Section::parse(b"HEADER.FIELDS (SUBJECT)").map_err(|_| Flaw::Changed)?;
    let header = download(waiting, exists, section, true, stage).await?;
    guide.end(&[guide.fact(Label::News, news), letter::field(&header, "Subject")])
}

async fn read(
    stage: &Stage,
    guide: &mut Guide<'_>,
    mailbox: &mut Connection<ImapClient>,
    stored: &[u8],
) -> Result<(), Trouble> {
    guide.begin(Step::Read)?;
    let message = download(mailbox, 1, Section::ALL, false, stage).await?;
    if message != stored {
        return Err(Flaw::Changed.into());
    }
    let mut read_back = shown(&message, &["From", "Subject"]);
    read_back.push(format!("\n{}", letter::text(&message).trim_end()));
    guide.end(&read_back)?;
    imap::idle(mailbox, 1, stage.until()).await?;
    Ok(())
}

/// Downloads a text of a message by IMAP.
pub(super) async fn download(
    mailbox: &mut Connection<ImapClient>,
    number: u32,
    section: Section<'_>,
    peek: bool,
    stage: &Stage,
) -> Result<Vec<u8>, Trouble> {
    let (text, mut octets) = (number.to_string(), Vec::new());
    let set = SequenceSet::parse(text.as_bytes()).map_err(|_| Flaw::Miscounted)?;
    imap::fetch(mailbox, set, section, peek, stage.until(), |part| {
        if let Fetched::Piece(piece) = part {
            octets.extend_from_slice(&piece);
        }
        Ok(())
    })
    .await?;
    Ok(octets)
}

async fn fetch(
    stage: &Stage,
    guide: &mut Guide<'_>,
    mut waiting: Connection<ImapClient>,
    stored: &[u8],
) -> Result<(), Trouble> {
    guide.begin(Step::Fetch)?;
    let (bob, town) = (&stage.bob, &stage.south);
    let mut drop = bob.open_maildrop(town, guide, stage.until()).await?;
    let listed = pop3::list(&mut drop, stage.until()).await?;
    let [message] = &*listed else { return Err(Flaw::Miscounted.into()) };
    let mut octets = Vec::new();
    pop3::retrieve(&mut drop, message.number, stage.until(), |piece| {
        octets.extend_from_slice(&piece);
        Ok(())
    })
    .await?;
    if octets != stored {
        return Err(Flaw::Changed.into());
    }
    pop3::run(&mut drop, |it| it.dele(message.number), stage.until(), |_| Ok(())).await?;
    pop3::run(&mut drop, Pop3Client::quit, stage.until(), |_| Ok(())).await?;

    let mut again = bob.open_maildrop(town, guide, stage.until()).await?;
    let left = pop3::list(&mut again, stage.until()).await?.len();
    again.close(stage.until()).await?;
    if left > 0 {
        return Err(Flaw::StillThere.into());
    }
    // The other mail program hears that it is gone.
    while imap::count(&mut waiting) > 0 {
        waiting.expect(stage.until()).await?;
    }
    let news = guide.on_wire(Direction::Received, "* 1 EXPUNGE").ok_or(Flaw::StillThere)?;
    waiting.close(stage.until()).await?;
    guide.end(&[
        guide.fact(Label::Octets, octets.len()),
        letter::field(&octets, "Subject"),
        guide.fact(Label::Left, left),
        guide.fact(Label::News, news),
    ])
}

fn trace(guide: &mut Guide<'_>, message: &[u8]) -> Result<(), Trouble> {
    guide.begin(Step::Trace)?;
    let received = letter::fields(message, "Received");
    let [first, second] = &*received else { return Err(Flaw::NoTrace.into()) };
    let told = |field: &str, words: &[&str]| words.iter().all(|word| field.contains(word));
    // RFC 3848: under TLS after AUTH, and under TLS from host to host.
    if !told(first, &["from laptop.north.test", "by mail.north.test with ESMTPSA"])
        || !told(second, &["from mail.north.test", "by mail.south.test with ESMTPS\t"])
    {
        return Err(Flaw::NoTrace.into());
    }
    let marks = received.iter().enumerate();
    let mark = |(at, field): (usize, &String)| format!("{}. {}", at + 1, letter::folded(field));
    let mut read_back: Vec<_> = marks.map(mark).collect();
    read_back.extend(shown(message, &["Return-Path", "Subject"]));
    guide.end(&read_back)
}

/// Takes what came of a message that should have been accepted.
pub(super) fn accepted(sent: Sent) -> Result<(Reply, &'static str), Trouble> {
    match (sent.outcomes.into_iter().next(), sent.tls, sent.error) {
        (Some(Outcome::Accepted(reply)), Some(tls), _) => Ok((reply, tls.version().as_str())),
        (Some(Outcome::Accepted(_)), None, _) => Err(Flaw::InTheClear.into()),
        (Some(Outcome::Refused { reply, .. }), ..) => {
            Err(Trouble::WrongReply { wanted: OK, got: reply })
        }
        (_, _, Some(error)) => Err(error.into()),
        (outcome, ..) => Err(Trouble::Unanswered(format!("{outcome:?}"))),
    }
}

/// These fields of a message, a line each.
fn shown(message: &[u8], names: &[&str]) -> Vec<String> {
    names.iter().map(|name| letter::field(message, name)).collect()
}

const OK: ReplyCode = ReplyCode::OK;
