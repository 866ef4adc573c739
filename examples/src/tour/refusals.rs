//! Five messages that do not arrive, and what their senders hear of it.

use bytes::Bytes;
use imap_proto::{Section, client::Client as ImapClient};
use mail_errors::{
    EnhancedStatusCode, Reply, ReplyCode,
    diagnosis::{Diagnosis, Language},
    dsn::Bounce,
};
use mail_wire::drive::Direction;
use smtp_proto::{Verb, client::Outcome};

use super::{
    Step,
    guide::Guide,
    journey::{accepted, download},
    letter,
    stage::{ALICE, BOB, CAROL, FORMER, Stage},
    trouble::{Flaw, Trouble},
    words::Label,
};
use crate::{
    client::{Connection, imap},
    office::sight::{Fate, Sight},
};

/// Hops that a message has behind it which is at its hundredth when it comes to South.
const HOPS: usize = 99;

/// A message that comes back.
struct Refusal {
    step: Step,
    to: String,
    message: Bytes,
    code: ReplyCode,
    enhanced: EnhancedStatusCode,
}

/// Shows all five, and what Alice's mail program hears of them.
pub(super) async fn come_back(
    stage: &mut Stage,
    guide: &mut Guide<'_>,
    mut mailbox: Connection<ImapClient>,
) -> Result<(), Trouble> {
    let to = |to: &str| letter::write(ALICE, to, "Alice", &stage.subject(), guide.book.letter());
    let (nobody, former) = ("nobody@south.test", format!("dave@{FORMER}"));
    let refusals = [
        Refusal {
            step: Step::UnknownUser,
            message: to(nobody)?,
            to: nobody.to_owned(),
            code: ReplyCode::MAILBOX_UNAVAILABLE,
            enhanced: EnhancedStatusCode::BAD_MAILBOX,
        },
        Refusal {
            step: Step::NotServed,
            message: to(&former)?,
            to: former,
            code: ReplyCode::USER_NOT_LOCAL,
            enhanced: EnhancedStatusCode::NOT_AUTHORIZED,
        },
        Refusal {
            step: Step::MailboxFull,
            message: to(CAROL)?,
            to: CAROL.to_owned(),
            code: ReplyCode::EXCEEDED_STORAGE,
            enhanced: EnhancedStatusCode::MAILBOX_FULL,
        },
    ];
    let circling = Refusal {
        step: Step::Loop,
        message: letter::travelled(&to(BOB)?, HOPS),
        to: BOB.to_owned(),
        code: ReplyCode::TRANSACTION_FAILED,
        enhanced: EnhancedStatusCode::ROUTING_LOOP,
    };
    for refusal in &refusals {
        bounce(stage, guide, &mut mailbox, refusal).await?;
    }
    not_yours(stage, guide).await?;
    bounce(stage, guide, &mut mailbox, &circling).await?;
    mailbox.close(stage.until()).await?;
    Ok(())
}

/// A message that North takes and South refuses: the notice comes into Alice's mailbox.
async fn bounce(
    stage: &mut Stage,
    guide: &mut Guide<'_>,
    mailbox: &mut Connection<ImapClient>,
    refusal: &Refusal,
) -> Result<(), Trouble> {
    guide.begin(refusal.step)?;
    let known = imap::count(mailbox);
    let (message, until) = (refusal.message.clone(), stage.until());
    let sent = stage.alice.submit(&stage.north, [ALICE, &refusal.to], message, guide, until).await;
    accepted(sent?)?;

    let seen = refused_by_south(stage, guide).await?;
    let exists = *imap::wait_for_more(mailbox, known, stage.until()).await?.end();
    let notice = download(mailbox, exists, Section::ALL, false, stage).await?;
    imap::idle(mailbox, exists, stage.until()).await?;
    let bounce = Bounce::read(&notice).map_err(|_| Flaw::NoReason)?;
    let reply = letter::reason(&bounce, &refusal.to).ok_or(Flaw::NoReason)?;
    if reply.code() != refusal.code || reply.enhanced() != Some(refusal.enhanced) || reply != seen {
        return Err(Trouble::WrongReply { wanted: refusal.code, got: reply });
    }
    let subject = bounce.original_subject().unwrap_or_default();
    let read_back = [
        guide.fact(Label::For, &refusal.to),
        guide.fact(Label::Answer, &reply),
        guide.fact(Label::Notice, letter::field(&notice, "Subject")),
        guide.fact(Label::About, format!("Subject: {subject}")),
        explained(&reply, stage.language)?,
    ];
    guide.end(&read_back)
}

/// Watches a message until South has refused it.
async fn refused_by_south(stage: &mut Stage, guide: &Guide<'_>) -> Result<Reply, Trouble> {
    let fates = loop {
        if let Sight::Settled { fates, .. } = stage.sight(guide).await? {
            break fates;
        }
    };
    match fates.into_iter().next() {
        Some((_, Fate::Failed(reply))) => Ok(reply),
        Some((_, Fate::PutOff(why))) => Err(Trouble::PutOff(why)),
        Some((_, Fate::Delivered(got))) => {
            Err(Trouble::WrongReply { wanted: ReplyCode::MAILBOX_UNAVAILABLE, got })
        }
        None => Err(Flaw::Miscounted.into()),
    }
}

/// A message in somebody else's name: North itself refuses it, at MAIL.
async fn not_yours(stage: &Stage, guide: &mut Guide<'_>) -> Result<(), Trouble> {
    guide.begin(Step::NotYours)?;
    // The token stands in the address, because the message itself is never asked for.
    let from = format!("boss-{}@north.test", stage.token);
    let message = letter::write(&from, BOB, "Boss", &stage.subject(), guide.book.letter())?;
    let (town, until) = (&stage.north, stage.until());
    let sent = stage.alice.submit(town, [&from, BOB], message, guide, until).await?;
    let reply = match sent.outcomes.into_iter().next() {
        Some(Outcome::Refused { stage: Verb::Mail, reply })
            if reply.code() == ReplyCode::MAILBOX_NAME_NOT_ALLOWED =>
        {
            reply
        }
        Some(Outcome::Refused { reply, .. } | Outcome::Accepted(reply)) => {
            let wanted = ReplyCode::MAILBOX_NAME_NOT_ALLOWED;
            return Err(Trouble::WrongReply { wanted, got: reply });
        }
        outcome => return Err(Trouble::Unanswered(format!("{outcome:?}"))),
    };
    let said = guide.on_wire(Direction::Sent, "MAIL FROM:").unwrap_or_default();
    let read_back = [
        guide.fact(Label::OnTheWire, said),
        guide.fact(Label::Answer, &reply),
        explained(&reply, stage.language)?,
    ];
    guide.end(&read_back)
}

/// Tells cause and remedy. A reply that has none must not pass.
fn explained(reply: &Reply, language: Language) -> Result<String, Trouble> {
    let diagnosis = Diagnosis::of(reply);
    let reason = diagnosis.reasons().first().ok_or(Flaw::NoRemedy)?;
    if reason.remedies().is_empty() {
        return Err(Flaw::NoRemedy.into());
    }
    Ok(format!("\n{}", diagnosis.explain(language)))
}
