//! What servers say.

use mail_wire::Sink;

use super::{
    Writer,
    code::resp_text,
    fetch::msg_att,
    lexical::{capability, flag_list, nstring, string},
    mailbox::{mailbox_list, mailbox_status},
};
use crate::{Esearch, EsearchResult, IdField, IdFields, Response, ResponseText};

/// > response, without its CRLF
pub(super) fn response<S: Sink>(w: &mut Writer<'_, S>, response: &Response<'_>) {
    if !matches!(response, Response::Continue(_) | Response::Done { .. }) {
        w.put(b"* ");
    }
    match response {
        Response::Continue(text) => {
            w.put(b"+ ");
            w.put(text.as_bytes());
        }
        Response::Done { tag, status, text } => {
            w.put(tag.as_bytes());
            w.put(b" ");
            status_text(w, status.as_str(), text);
        }
        Response::Status { status, text } => status_text(w, status.as_str(), text),
        Response::PreAuth(text) => status_text(w, "PREAUTH", text),
        Response::Bye(text) => status_text(w, "BYE", text),
        Response::Capability(list) => {
            w.put(b"CAPABILITY ");
            w.spaced(list.iter(), capability);
        }
        Response::Enabled(list) => {
            w.put(b"ENABLED");
            list.iter().for_each(|name| {
                w.put(b" ");
                capability(w, &name);
            });
        }
        Response::List(listing) => {
            w.put(b"LIST ");
            mailbox_list(w, listing);
        }
        Response::Lsub(listing) => {
            w.put(b"LSUB ");
            mailbox_list(w, listing);
        }
        Response::MailboxStatus(status) => {
            w.put(b"STATUS ");
            mailbox_status(w, status);
        }
        Response::Search(numbers) => {
            w.put(b"SEARCH");
            if !numbers.is_empty() {
                w.put(b" ");
                w.put(numbers.as_bytes());
            }
        }
        Response::Esearch(found) => esearch(w, found),
        Response::Flags(flags) => {
            w.put(b"FLAGS ");
            flag_list(w, flags);
        }
        Response::Exists(count) => counted(w, *count, b" EXISTS"),
        Response::Recent(count) => counted(w, *count, b" RECENT"),
        Response::Expunge(number) => counted(w, number.get(), b" EXPUNGE"),
        Response::Fetch(fetched) => {
            counted(w, fetched.number.get(), b" FETCH ");
            w.list(fetched.attributes.iter(), msg_att);
        }
        Response::Id(fields) => {
            w.put(b"ID ");
            id_params(w, fields);
        }
        Response::Namespace(raw) => {
            w.put(b"NAMESPACE ");
            w.put(raw.as_bytes());
        }
        Response::Other(data) => w.put(data.as_bytes()),
    }
}

fn status_text<S: Sink>(w: &mut Writer<'_, S>, word: &str, text: &ResponseText<'_>) {
    w.put(word.as_bytes());
    w.put(b" ");
    resp_text(w, text);
}

fn counted<S: Sink>(w: &mut Writer<'_, S>, count: u32, word: &[u8]) {
    w.number(u64::from(count));
    w.put(word);
}

/// > id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil
pub(super) fn id_params<S: Sink>(w: &mut Writer<'_, S>, fields: &IdFields<'_>) {
    if fields.is_empty() { w.put(b"NIL") } else { w.list(fields.iter(), id_field) }
}

/// > string SP nstring
pub(crate) fn id_field<S: Sink>(w: &mut Writer<'_, S>, field: &IdField<'_>) {
    string(w, field.name.as_bytes());
    w.put(b" ");
    nstring(w, field.value.as_ref());
}

/// > esearch-response
fn esearch<S: Sink>(w: &mut Writer<'_, S>, found: &Esearch<'_>) {
    w.put(b"ESEARCH");
    if let Some(tag) = &found.tag {
        w.put(b" (TAG ");
        string(w, tag.as_bytes());
        w.put(b")");
    }
    if found.uid {
        w.put(b" UID");
    }
    for result in found.results.iter() {
        w.put(b" ");
        search_return_data(w, &result);
    }
}

/// > search-return-data
pub(crate) fn search_return_data<S: Sink>(w: &mut Writer<'_, S>, result: &EsearchResult<'_>) {
    match result {
        EsearchResult::Min(number) => {
            w.put(b"MIN ");
            w.number(u64::from(number.get()));
        }
        EsearchResult::Max(number) => {
            w.put(b"MAX ");
            w.number(u64::from(number.get()));
        }
        EsearchResult::All(set) => {
            w.put(b"ALL ");
            w.put(set.as_bytes());
        }
        EsearchResult::Count(count) => {
            w.put(b"COUNT ");
            w.number(u64::from(*count));
        }
        EsearchResult::Other { name, value } => {
            w.put(name.as_bytes());
            w.put(b" ");
            w.put(value.as_bytes());
        }
    }
}
