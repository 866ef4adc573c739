//! What a sender asks to be told of a message: RFC 3461. It stands in the queue as MAIL and RCPT had
//! it, and goes on to the next host.

use mail_errors::dsn::Action;
use smtp_proto::{
    EnvelopeId, MailParams, Mailbox, Notify, OriginalRecipient, RcptParams, Ret,
    client::{Envelope, Recipient},
};

use crate::store::Address;

/// Returns those of the parameters of MAIL that go on with a message.
pub(in crate::office) fn of_message(params: &MailParams) -> String {
    let kept = ["RET", "ENVID"].into_iter().filter_map(|keyword| params.get(keyword));
    join(kept.map(|param| (param.keyword, param.value)))
}

/// Adds to what goes on with a message that it needs SMTPUTF8: its header or an address in it may be
/// in UTF-8. RFC 6531 3.2: no host gets it that does not offer that.
pub(in crate::office) fn with_utf8(of_message: &str) -> String {
    format!("{of_message} {UTF8}").trim_start().to_owned()
}

const UTF8: &str = "SMTPUTF8";

/// Returns those of the parameters of RCPT that go on with a recipient.
pub(in crate::office) fn of_recipient(params: &RcptParams) -> String {
    let kept = ["NOTIFY", "ORCPT"].into_iter().filter_map(|keyword| params.get(keyword));
    join(kept.map(|param| (param.keyword, param.value)))
}

/// Tells whether the sender of a message for this recipient hears of this. RFC 3461 4.1: of failures
/// and delays, unless they say otherwise, and of nothing else, unless they say so.
pub(in crate::office) fn wants(asked: &str, action: Action) -> bool {
    let asked = notify(asked);
    match action {
        Action::Failed => asked.is_none_or(Notify::on_failure),
        Action::Delayed => asked.is_none_or(Notify::on_delay),
        Action::Delivered | Action::Relayed | Action::Expanded => {
            asked.is_some_and(Notify::on_success)
        }
    }
}

/// Returns what is asked of those to whom an alias leads. RFC 3461 5.2.7: they have the address that
/// the sender had named; and where it leads to several, the sender has heard of success.
pub(in crate::office) fn onward(asked: &str, named: &Address, is_expanded: bool) -> String {
    let mut out: Vec<String> = words(asked)
        .map(|(keyword, value)| match (keyword, is_expanded) {
            ("NOTIFY", true) => format!("NOTIFY={}", without_success(value)),
            _ => format!("{keyword}={value}"),
        })
        .collect();
    if original(asked).is_none()
        && let Ok(original) = OriginalRecipient::rfc822(named.as_str())
        && let Ok(wire) = str::from_utf8(original.as_wire())
    {
        out.push(format!("ORCPT=rfc822;{wire}"));
    }
    out.join(" ")
}

fn without_success(notify: &str) -> String {
    let rest = notify.split(',').filter(|word| !word.eq_ignore_ascii_case("SUCCESS"));
    let rest = rest.collect::<Vec<_>>().join(",");
    if rest.is_empty() { "NEVER".to_owned() } else { rest }
}

/// Returns how much of a message is to come back.
pub(in crate::office) fn ret(asked: &str) -> Option<Ret> {
    mail_params(asked)?.ret()
}

/// Returns under what name the sender knows a message.
pub(in crate::office) fn envelope_id(asked: &str) -> Option<String> {
    Some(mail_params(asked)?.envelope_id()?.decode())
}

/// Returns the recipient that the sender had named, as RCPT had it.
pub(in crate::office) fn original(asked: &str) -> Option<&str> {
    words(asked).find(|(keyword, _)| *keyword == "ORCPT").map(|(_, value)| value)
}

/// Adds what is asked of a message.
pub(super) fn add_to(mut envelope: Envelope, asked: &str) -> Envelope {
    if asked.split(' ').any(|word| word == UTF8) {
        envelope = envelope.smtp_utf8();
    }
    let Some(params) = mail_params(asked) else { return envelope };
    if let Some(ret) = params.ret() {
        envelope = envelope.ret(ret);
    }
    match params.envelope_id().and_then(|id| EnvelopeId::new(&id.decode()).ok()) {
        Some(id) => envelope.envelope_id(id),
        None => envelope,
    }
}

/// Makes a recipient of whom this is asked.
pub(super) fn recipient(mailbox: Mailbox, asked: &str) -> Recipient {
    let mut recipient = Recipient::from(mailbox);
    if let Some(notify) = notify(asked) {
        recipient = recipient.notify(notify);
    }
    match original(asked).and_then(|value| OriginalRecipient::parse(value).ok()) {
        Some(original) => recipient.original(original),
        None => recipient,
    }
}

fn mail_params(asked: &str) -> Option<MailParams> {
    let params = words(asked).try_fold(MailParams::new(), |params, (keyword, value)| {
        params.with_other(keyword, value.as_bytes())
    });
    // It was checked when it came; what the store has made of it meanwhile may be anything.
    params.ok()
}

fn notify(asked: &str) -> Option<Notify> {
    let (keyword, value) = words(asked).find(|(keyword, _)| *keyword == "NOTIFY")?;
    RcptParams::new().with_other(keyword, value.as_bytes()).ok()?.notify()
}

fn join<'a>(params: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>) -> String {
    let words = params.filter_map(|(keyword, value)| {
        let value = String::from_utf8(value?.to_vec()).ok()?;
        Some(format!("{}={value}", std::str::from_utf8(keyword).ok()?.to_ascii_uppercase()))
    });
    words.collect::<Vec<_>>().join(" ")
}

fn words(asked: &str) -> impl Iterator<Item = (&str, &str)> {
    asked.split(' ').filter_map(|word| word.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_who_wants_to_hear_of_what() {
        for (asked, failure, delay, success) in [
            ("", true, true, false),
            ("ORCPT=rfc822;x@y", true, true, false),
            ("NOTIFY=NEVER", false, false, false),
            ("NOTIFY=SUCCESS", false, false, true),
            ("NOTIFY=FAILURE ORCPT=rfc822;x@y", true, false, false),
            ("NOTIFY=SUCCESS,DELAY", false, true, true),
            ("NOTIFY=nonsense", true, true, false),
        ] {
            let wants = |action| wants(asked, action);
            assert_eq!(
                (wants(Action::Failed), wants(Action::Delayed)),
                (failure, delay),
                "{asked}"
            );
            for done in [Action::Delivered, Action::Relayed, Action::Expanded] {
                assert_eq!(wants(done), success, "{asked}");
            }
        }
    }

    /// RFC 3461 §5.2.7.3 and §5.2.7.4
    #[test]
    fn ok_what_is_asked_goes_on_behind_an_alias() {
        let named = Address::parse("a+b@x.test").expect("an address");
        for (asked, one, several) in [
            ("", "ORCPT=rfc822;a+2Bb@x.test", "ORCPT=rfc822;a+2Bb@x.test"),
            (
                "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;y@z",
                "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;y@z",
                "NOTIFY=FAILURE ORCPT=rfc822;y@z",
            ),
            (
                "NOTIFY=SUCCESS ORCPT=rfc822;y@z",
                "NOTIFY=SUCCESS ORCPT=rfc822;y@z",
                "NOTIFY=NEVER ORCPT=rfc822;y@z",
            ),
        ] {
            assert_eq!(onward(asked, &named, false), one);
            assert_eq!(onward(asked, &named, true), several);
        }
    }

    #[test]
    fn ok_what_came_goes_on() {
        let params = MailParams::new();
        let params = params.with_other("ret", &b"HDRS"[..]).expect("a parameter");
        let params = params.with_other("SIZE", &b"5"[..]).expect("a parameter");
        let params = params.with_other("ENVID", &b"QQ+3D1"[..]).expect("a parameter");
        assert_eq!(of_message(&params), "RET=HDRS ENVID=QQ+3D1");
        let params = RcptParams::new().with_other("ORCPT", &b"rfc822;a+2Bb@c"[..]);
        let params = params.expect("a parameter").with_notify(Notify::NEVER);
        assert_eq!(of_recipient(&params), "NOTIFY=NEVER ORCPT=rfc822;a+2Bb@c");
    }
}
