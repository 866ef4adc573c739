//! What clients say.

use mail_errors::Secret;
use mail_wire::Sink;

use super::{
    Writer,
    fetch::fetch_items,
    lexical::{astring, capability, date_time, flag_list, literal_header, mailbox},
    mailbox::{list, list_mailbox, status_atts},
    response::id_params,
    search::search,
};
use crate::{
    Append, Authenticate, Command, CommandBody, IString, Login, MailboxName, SequenceSet,
    StoreAction,
};

/// > command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
pub(super) fn command<S: Sink>(w: &mut Writer<'_, S>, command: &Command<'_>) {
    w.put(command.tag.as_bytes());
    w.put(b" ");
    body(w, &command.body);
    // The literal's header is the end of an APPEND's own line.
    if !matches!(command.body, CommandBody::Append(_)) {
        w.put(b"\r\n");
    }
}

fn body<S: Sink>(w: &mut Writer<'_, S>, body: &CommandBody<'_>) {
    match body {
        CommandBody::Capability
        | CommandBody::Noop
        | CommandBody::Logout
        | CommandBody::StartTls
        | CommandBody::Namespace
        | CommandBody::Idle
        | CommandBody::Check
        | CommandBody::Close
        | CommandBody::Unselect
        | CommandBody::Expunge => w.put(body.verb().as_str().as_bytes()),
        CommandBody::Id(fields) => {
            w.put(b"ID ");
            id_params(w, fields);
        }
        CommandBody::Login(login) => self::login(w, login),
        CommandBody::Authenticate(auth) => authenticate(w, auth),
        CommandBody::Enable(names) => {
            w.put(b"ENABLE ");
            w.spaced(names.iter(), capability);
        }
        CommandBody::Select(name)
        | CommandBody::Examine(name)
        | CommandBody::Create(name)
        | CommandBody::Delete(name)
        | CommandBody::Subscribe(name)
        | CommandBody::Unsubscribe(name) => {
            w.put(body.verb().as_str().as_bytes());
            w.put(b" ");
            mailbox(w, name);
        }
        CommandBody::Rename { from, to } => {
            w.put(b"RENAME ");
            mailbox(w, from);
            w.put(b" ");
            mailbox(w, to);
        }
        CommandBody::List(what) => list(w, what),
        CommandBody::Lsub { reference, pattern } => {
            w.put(b"LSUB ");
            mailbox(w, reference);
            w.put(b" ");
            list_mailbox(w, pattern);
        }
        CommandBody::Status { mailbox: name, items } => {
            w.put(b"STATUS ");
            mailbox(w, name);
            w.put(b" ");
            status_atts(w, *items);
        }
        CommandBody::Append(append) => self::append(w, append),
        CommandBody::UidExpunge(set) => {
            w.put(b"UID EXPUNGE ");
            w.put(set.as_bytes());
        }
        CommandBody::Search(what) => {
            uid(w, what.uid);
            search(w, what);
        }
        CommandBody::Fetch { uid, set, items } => {
            on_set(w, *uid, b"FETCH ", set);
            fetch_items(w, items);
        }
        CommandBody::Store { uid, set, action, silent, flags } => {
            on_set(w, *uid, b"STORE ", set);
            w.put(match action {
                StoreAction::Replace => b"",
                StoreAction::Add => b"+",
                StoreAction::Remove => b"-",
            });
            w.put(if *silent { b"FLAGS.SILENT " } else { b"FLAGS " });
            flag_list(w, flags);
        }
        CommandBody::Copy { uid, set, mailbox } => to_mailbox(w, *uid, b"COPY ", set, mailbox),
        CommandBody::Move { uid, set, mailbox } => to_mailbox(w, *uid, b"MOVE ", set, mailbox),
    }
}

fn uid<S: Sink>(w: &mut Writer<'_, S>, uid: bool) {
    if uid {
        w.put(b"UID ");
    }
}

fn on_set<S: Sink>(w: &mut Writer<'_, S>, uid: bool, word: &[u8], set: &SequenceSet<'_>) {
    self::uid(w, uid);
    w.put(word);
    w.put(set.as_bytes());
    w.put(b" ");
}

fn to_mailbox<S: Sink>(
    w: &mut Writer<'_, S>,
    uid: bool,
    word: &[u8],
    set: &SequenceSet<'_>,
    to: &MailboxName<'_>,
) {
    on_set(w, uid, word, set);
    mailbox(w, to);
}

/// > login = "LOGIN" SP userid SP password
fn login<S: Sink>(w: &mut Writer<'_, S>, login: &Login<'_>) {
    w.put(b"LOGIN ");
    astring(w, login.user());
    w.put(b" ");
    astring(w, &IString::checked(login.password().expose()));
}

/// > authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")]
fn authenticate<S: Sink>(w: &mut Writer<'_, S>, auth: &Authenticate<'_>) {
    w.put(b"AUTHENTICATE ");
    w.put(auth.mechanism().as_bytes());
    if let Some(initial) = auth.initial().map(Secret::expose) {
        w.put(b" ");
        w.put(initial);
    }
}

/// > append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal
fn append<S: Sink>(w: &mut Writer<'_, S>, append: &Append<'_>) {
    w.put(b"APPEND ");
    mailbox(w, &append.mailbox);
    w.put(b" ");
    if !append.flags.is_empty() {
        flag_list(w, &append.flags);
        w.put(b" ");
    }
    if let Some(date) = append.date {
        date_time(w, date);
        w.put(b" ");
    }
    literal_header(w, append.literal);
}
