//! What a sender asks to be told of a message: RFC 3461. It stands in the queue as MAIL and RCPT had
//! it, and goes on to the next host.

use smtp_proto::{
    EnvelopeId, MailParams, Mailbox, Notify, OriginalRecipient, RcptParams, Ret,
    client::{Envelope, Recipient},
};

/// Returns those of the parameters of MAIL that go on with a message.
pub(in crate::office) fn of_message(params: &MailParams) -> String {
    let kept = ["RET", "ENVID"].into_iter().filter_map(|keyword| params.get(keyword));
    join(kept.map(|param| (param.keyword, param.value)))
}

/// Returns those of the parameters of RCPT that go on with a recipient.
pub(in crate::office) fn of_recipient(params: &RcptParams) -> String {
    let kept = ["NOTIFY", "ORCPT"].into_iter().filter_map(|keyword| params.get(keyword));
    join(kept.map(|param| (param.keyword, param.value)))
}

/// Tells whether the sender of a message for this recipient hears of a failure, or of a delay.
/// RFC 3461 4.1: of both, unless they say otherwise.
pub(in crate::office) fn wants(asked: &str, of_delay: bool) -> bool {
    notify(asked).is_none_or(|of| if of_delay { of.on_delay() } else { of.on_failure() })
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
        for (asked, failure, delay) in [
            ("", true, true),
            ("ORCPT=rfc822;x@y", true, true),
            ("NOTIFY=NEVER", false, false),
            ("NOTIFY=SUCCESS", false, false),
            ("NOTIFY=FAILURE ORCPT=rfc822;x@y", true, false),
            ("NOTIFY=SUCCESS,DELAY", false, true),
            ("NOTIFY=nonsense", true, true),
        ] {
            assert_eq!((wants(asked, false), wants(asked, true)), (failure, delay), "{asked}");
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
