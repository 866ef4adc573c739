//! Response codes and the text behind them.

use mail_wire::Sink;

use super::{
    Writer,
    lexical::{astring, capability, flag_list, is_quotable},
};
use crate::{Code, ResponseText};

/// > resp-text = ["[" resp-text-code "]" SP] [text]
pub(super) fn resp_text<S: Sink>(w: &mut Writer<'_, S>, text: &ResponseText<'_>) {
    if let Some(code) = text.code() {
        w.put(b"[");
        resp_text_code(w, code);
        w.put(b"] ");
    }
    w.put(text.text().as_bytes());
}

/// > resp-text-code
fn resp_text_code<S: Sink>(w: &mut Writer<'_, S>, code: &Code<'_>) {
    match code {
        Code::Alert => w.put(b"ALERT"),
        Code::BadCharset(charsets) => {
            w.put(b"BADCHARSET");
            // charset = atom / quoted: a literal would break the line of text that this is in.
            let mut names = charsets.iter().filter(|name| is_quotable(name.as_bytes())).peekable();
            if names.peek().is_some() {
                w.put(b" ");
                w.list(names, astring);
            }
        }
        Code::Capability(list) => {
            w.put(b"CAPABILITY ");
            w.spaced(list.iter(), capability);
        }
        Code::Parse => w.put(b"PARSE"),
        Code::PermanentFlags(flags) => {
            w.put(b"PERMANENTFLAGS ");
            flag_list(w, flags);
        }
        Code::ReadOnly => w.put(b"READ-ONLY"),
        Code::ReadWrite => w.put(b"READ-WRITE"),
        Code::TryCreate => w.put(b"TRYCREATE"),
        Code::UidNext(uid) => number(w, b"UIDNEXT ", u64::from(uid.get())),
        Code::UidValidity(validity) => number(w, b"UIDVALIDITY ", u64::from(validity.get())),
        Code::Unseen(first) => number(w, b"UNSEEN ", u64::from(first.get())),
        Code::AppendUid { validity, uids } => {
            number(w, b"APPENDUID ", u64::from(validity.get()));
            w.put(b" ");
            w.put(uids.as_bytes());
        }
        Code::CopyUid { validity, from, to } => {
            number(w, b"COPYUID ", u64::from(validity.get()));
            w.put(b" ");
            w.put(from.as_bytes());
            w.put(b" ");
            w.put(to.as_bytes());
        }
        Code::UidNotSticky => w.put(b"UIDNOTSTICKY"),
        Code::Closed => w.put(b"CLOSED"),
        Code::HighestModSeq(modseq) => number(w, b"HIGHESTMODSEQ ", *modseq),
        Code::NoModSeq => w.put(b"NOMODSEQ"),
        Code::AppendLimit(octets) => number(w, b"APPENDLIMIT ", *octets),
        Code::Plain(code) => w.put(code.as_str().as_bytes()),
        Code::Other { name, arguments } => {
            w.put(name.as_bytes());
            if let Some(arguments) = arguments {
                w.put(b" ");
                w.put(arguments.as_bytes());
            }
        }
    }
}

fn number<S: Sink>(w: &mut Writer<'_, S>, name: &[u8], value: u64) {
    w.put(name);
    w.number(value);
}
