//! LIST, LSUB and STATUS, both ways.

use mail_wire::Sink;

use super::{
    Writer,
    lexical::{LONGEST_QUOTED, mailbox, string},
};
use crate::{
    List, ListPattern, ListReturn, ListSelect, MailboxAttribute, MailboxListing, MailboxStatus,
    StatusItems, StatusValue, text::ASTRING_CHAR,
};

/// > list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
pub(super) fn list<S: Sink>(w: &mut Writer<'_, S>, list: &List<'_>) {
    w.put(b"LIST ");
    if list.select != ListSelect::default() {
        let ListSelect { subscribed, remote, recursive_match, special_use } = list.select;
        let options = [
            (subscribed, "SUBSCRIBED"),
            (remote, "REMOTE"),
            (recursive_match, "RECURSIVEMATCH"),
            (special_use, "SPECIAL-USE"),
        ];
        words(w, &options);
        w.put(b" ");
    }
    mailbox(w, &list.reference);
    w.put(b" ");
    let mut patterns = list.patterns.iter();
    match (patterns.next(), patterns.next()) {
        (Some(single), None) => list_mailbox(w, &single),
        _ => w.list(list.patterns.iter(), list_mailbox),
    }
    if list.give != ListReturn::default() {
        list_return(w, list.give);
    }
}

fn list_return<S: Sink>(w: &mut Writer<'_, S>, give: ListReturn) {
    let ListReturn { subscribed, children, special_use, status } = give;
    w.put(b" RETURN (");
    let options =
        [(subscribed, "SUBSCRIBED"), (children, "CHILDREN"), (special_use, "SPECIAL-USE")];
    let wanted = || options.iter().filter(|(on, _)| *on);
    w.spaced(wanted(), |w, (_, word)| w.put(word.as_bytes()));
    if !status.is_empty() {
        w.put(if wanted().next().is_some() { b" STATUS " } else { b"STATUS " });
        status_atts(w, status);
    }
    w.put(b")");
}

fn words<S: Sink>(w: &mut Writer<'_, S>, options: &[(bool, &str)]) {
    w.list(options.iter().filter(|(on, _)| *on), |w, (_, word)| w.put(word.as_bytes()));
}

/// > list-mailbox = 1*list-char / string
pub(crate) fn list_mailbox<S: Sink>(w: &mut Writer<'_, S>, pattern: &ListPattern<'_>) {
    let octets = pattern.as_bytes();
    let plain = |&octet: &u8| ASTRING_CHAR.has(octet) || matches!(octet, b'%' | b'*');
    if !octets.is_empty() && octets.len() <= LONGEST_QUOTED && octets.iter().all(plain) {
        w.put(octets);
    } else {
        string(w, octets);
    }
}

/// > mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox ...
pub(super) fn mailbox_list<S: Sink>(w: &mut Writer<'_, S>, listing: &MailboxListing<'_>) {
    w.list(listing.attributes.iter(), mbx_list_flag);
    w.put(b" ");
    match listing.delimiter {
        Some(delimiter) => string(w, &[delimiter.octet()]),
        None => w.put(b"NIL"),
    }
    w.put(b" ");
    mailbox(w, &listing.mailbox);
    if let Some(extended) = &listing.extended {
        w.put(b" ");
        w.put(extended.as_bytes());
    }
}

/// > mbx-list-flag = "\" atom
pub(crate) fn mbx_list_flag<S: Sink>(w: &mut Writer<'_, S>, attribute: &MailboxAttribute<'_>) {
    w.put(b"\\");
    w.put(attribute.name());
}

/// > "(" status-att *(SP status-att) ")"
pub(super) fn status_atts<S: Sink>(w: &mut Writer<'_, S>, items: StatusItems) {
    w.list(items.iter(), |w, item| w.put(item.as_str().as_bytes()));
}

/// > "STATUS" SP mailbox SP "(" [status-att-list] ")"
pub(super) fn mailbox_status<S: Sink>(w: &mut Writer<'_, S>, status: &MailboxStatus<'_>) {
    mailbox(w, &status.mailbox);
    w.put(b" ");
    w.list(status.values.iter(), status_att_val);
}

/// > status-att-val
pub(crate) fn status_att_val<S: Sink>(w: &mut Writer<'_, S>, value: &StatusValue<'_>) {
    match value {
        StatusValue::Known(item, number) => {
            w.put(item.as_str().as_bytes());
            w.put(b" ");
            w.number(*number);
        }
        StatusValue::Other { name, value } => {
            w.put(name.as_bytes());
            w.put(b" ");
            w.put(value.as_bytes());
        }
    }
}
