//! What clients say.

use mail_errors::Secret;
use mail_wire::grammar::{ByteSet, PResult, cut, octet, span, span1, unmet, word};

use super::{
    date::date_time,
    fetch::fetch_items,
    flag::{capabilities, flag_list, flags},
    lexical::{
        BASE64, astring, atom, list, literal_header, mailbox, nil, nstring, sp, string, tag,
    },
    mailbox::{list_command, list_mailbox, status_atts},
    search::search,
    set::sequence_set,
    witness::Witness,
};
use crate::{
    Append, Authenticate, Command, CommandBody, Flags, IdField, IdFields, Login, MailboxName,
    SequenceSet, StoreAction,
};

/// > command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
pub(super) fn command(i: &[u8]) -> PResult<'_, Command<'_>> {
    let (rest, tag) = tag(i)?;
    let (rest, body) = body(sp(rest)?.0)?;
    Ok((rest, Command { tag, body }))
}

const LONGEST: usize = 12;

fn body(i: &[u8]) -> PResult<'_, CommandBody<'_>> {
    let (word, rest) = span(i, &ByteSet::ALPHA);
    let mut folded = [0_u8; LONGEST];
    let Some(name) = folded.get_mut(..word.len()) else { return unmet(i, &"a command") };
    name.copy_from_slice(word);
    name.make_ascii_uppercase();
    match &*name {
        b"FETCH" => fetch(sp(rest)?.0, false),
        b"UID" => uid(sp(rest)?.0),
        b"STORE" => store(sp(rest)?.0, false),
        b"SEARCH" => find(sp(rest)?.0, false),
        b"NOOP" => Ok((rest, CommandBody::Noop)),
        b"IDLE" => Ok((rest, CommandBody::Idle)),
        b"CAPABILITY" => Ok((rest, CommandBody::Capability)),
        b"LOGOUT" => Ok((rest, CommandBody::Logout)),
        b"STARTTLS" => Ok((rest, CommandBody::StartTls)),
        b"CHECK" => Ok((rest, CommandBody::Check)),
        b"CLOSE" => Ok((rest, CommandBody::Close)),
        b"UNSELECT" => Ok((rest, CommandBody::Unselect)),
        b"EXPUNGE" => Ok((rest, CommandBody::Expunge)),
        b"NAMESPACE" => Ok((rest, CommandBody::Namespace)),
        b"SELECT" => on_mailbox(rest, CommandBody::Select),
        b"EXAMINE" => on_mailbox(rest, CommandBody::Examine),
        b"CREATE" => on_mailbox(rest, CommandBody::Create),
        b"DELETE" => on_mailbox(rest, CommandBody::Delete),
        b"SUBSCRIBE" => on_mailbox(rest, CommandBody::Subscribe),
        b"UNSUBSCRIBE" => on_mailbox(rest, CommandBody::Unsubscribe),
        b"RENAME" => rename(sp(rest)?.0),
        b"LIST" => {
            let (rest, list) = list_command(sp(rest)?.0)?;
            Ok((rest, CommandBody::List(list)))
        }
        b"LSUB" => lsub(sp(rest)?.0),
        b"STATUS" => status(sp(rest)?.0),
        b"APPEND" => append(sp(rest)?.0),
        b"COPY" => copy(sp(rest)?.0, false),
        b"MOVE" => relocate(sp(rest)?.0, false),
        b"LOGIN" => login(sp(rest)?.0),
        b"AUTHENTICATE" => authenticate(sp(rest)?.0),
        b"ENABLE" => {
            let (rest, names) = capabilities(sp(rest)?.0, ())?;
            Ok((rest, CommandBody::Enable(names)))
        }
        b"ID" => {
            let (rest, fields) = id_params(sp(rest)?.0, ())?;
            Ok((rest, CommandBody::Id(fields)))
        }
        _ => unmet(i, &"a command"),
    }
}

fn on_mailbox<'a>(
    i: &'a [u8],
    make: fn(MailboxName<'a>) -> CommandBody<'a>,
) -> PResult<'a, CommandBody<'a>> {
    let (rest, name) = mailbox(sp(i)?.0)?;
    Ok((rest, make(name)))
}

/// > uid = "UID" SP (copy / move / fetch / search / store / uid-expunge)
fn uid(i: &[u8]) -> PResult<'_, CommandBody<'_>> {
    let (word, rest) = span(i, &ByteSet::ALPHA);
    let eq = |name: &[u8]| word.eq_ignore_ascii_case(name);
    match (word.len(), word.first()) {
        (5, Some(b'f' | b'F')) if eq(b"FETCH") => fetch(sp(rest)?.0, true),
        (5, Some(b's' | b'S')) if eq(b"STORE") => store(sp(rest)?.0, true),
        (6, Some(b's' | b'S')) if eq(b"SEARCH") => find(sp(rest)?.0, true),
        (4, Some(b'c' | b'C')) if eq(b"COPY") => copy(sp(rest)?.0, true),
        (4, Some(b'm' | b'M')) if eq(b"MOVE") => relocate(sp(rest)?.0, true),
        (7, Some(b'e' | b'E')) if eq(b"EXPUNGE") => {
            let (rest, set) = sequence_set(sp(rest)?.0)?;
            Ok((rest, CommandBody::UidExpunge(set)))
        }
        _ => unmet(i, &"a command that takes UIDs"),
    }
}

/// > fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / ...)
fn fetch(i: &[u8], uid: bool) -> PResult<'_, CommandBody<'_>> {
    let (rest, set) = sequence_set(i)?;
    let (rest, items) = fetch_items(sp(rest)?.0)?;
    Ok((rest, CommandBody::Fetch { uid, set, items }))
}

/// > store = "STORE" SP sequence-set SP store-att-flags
/// > store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
fn store(i: &[u8], uid: bool) -> PResult<'_, CommandBody<'_>> {
    let (rest, set) = sequence_set(i)?;
    let (rest, ()) = sp(rest)?;
    let (action, rest) = match rest {
        [b'+', rest @ ..] => (StoreAction::Add, rest),
        [b'-', rest @ ..] => (StoreAction::Remove, rest),
        _ => (StoreAction::Replace, rest),
    };
    let (rest, ()) = word(b"FLAGS", &"FLAGS")(rest)?;
    let (rest, silent) = match word(b".SILENT", &".SILENT")(rest) {
        Ok((rest, ())) => (rest, true),
        Err(_) => (rest, false),
    };
    let (rest, flags) = flags(sp(rest)?.0)?;
    Ok((rest, CommandBody::Store { uid, set, action, silent, flags }))
}

fn find(i: &[u8], uid: bool) -> PResult<'_, CommandBody<'_>> {
    let (rest, search) = search(i, uid)?;
    Ok((rest, CommandBody::Search(search)))
}

fn copy(i: &[u8], uid: bool) -> PResult<'_, CommandBody<'_>> {
    let (rest, (set, mailbox)) = set_and_mailbox(i)?;
    Ok((rest, CommandBody::Copy { uid, set, mailbox }))
}

fn relocate(i: &[u8], uid: bool) -> PResult<'_, CommandBody<'_>> {
    let (rest, (set, mailbox)) = set_and_mailbox(i)?;
    Ok((rest, CommandBody::Move { uid, set, mailbox }))
}

/// > sequence-set SP mailbox
fn set_and_mailbox(i: &[u8]) -> PResult<'_, (SequenceSet<'_>, MailboxName<'_>)> {
    let (rest, set) = sequence_set(i)?;
    let (rest, name) = mailbox(sp(rest)?.0)?;
    Ok((rest, (set, name)))
}

/// > rename = "RENAME" SP mailbox SP mailbox
fn rename(i: &[u8]) -> PResult<'_, CommandBody<'_>> {
    let (rest, from) = mailbox(i)?;
    let (rest, to) = mailbox(sp(rest)?.0)?;
    Ok((rest, CommandBody::Rename { from, to }))
}

/// > lsub = "LSUB" SP mailbox SP list-mailbox                             RFC 3501
fn lsub(i: &[u8]) -> PResult<'_, CommandBody<'_>> {
    let (rest, reference) = mailbox(i)?;
    let (rest, pattern) = list_mailbox(sp(rest)?.0)?;
    Ok((rest, CommandBody::Lsub { reference, pattern }))
}

/// > status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
fn status(i: &[u8]) -> PResult<'_, CommandBody<'_>> {
    let (rest, mailbox) = mailbox(i)?;
    let (rest, items) = status_atts(sp(rest)?.0)?;
    Ok((rest, CommandBody::Status { mailbox, items }))
}

/// > append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal
///
/// Up to the literal's header, in which the frame ends: the message comes in pieces.
fn append(i: &[u8]) -> PResult<'_, CommandBody<'_>> {
    let (rest, mailbox) = mailbox(i)?;
    let (rest, ()) = sp(rest)?;
    let (rest, flags) = match rest.first() {
        Some(b'(') => {
            let (rest, flags) = flag_list(rest, ())?;
            (sp(rest)?.0, flags)
        }
        _ => (rest, Flags::default()),
    };
    let (rest, date) = match rest.first() {
        Some(b'"') => {
            let (rest, date) = date_time(rest, ())?;
            (sp(rest)?.0, Some(date))
        }
        _ => (rest, None),
    };
    let (rest, literal) = literal_header(rest)?;
    Ok((rest, CommandBody::Append(Append { mailbox, flags, date, literal })))
}

/// > login = "LOGIN" SP userid SP password
fn login(i: &[u8]) -> PResult<'_, CommandBody<'_>> {
    let (rest, user) = astring(i)?;
    let (after, password) = astring(sp(rest)?.0)?;
    match Login::new(user, Secret::from(password.as_bytes())) {
        Ok(login) => Ok((after, CommandBody::Login(login))),
        Err(_) => unmet(rest, &"a password without NUL"),
    }
}

/// > authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")] *(CRLF base64)
fn authenticate(i: &[u8]) -> PResult<'_, CommandBody<'_>> {
    let (rest, mechanism) = atom(i)?;
    let (rest, initial) = match rest.strip_prefix(b" ") {
        Some(rest) => {
            let (rest, base64) = span1(rest, &BASE64, &"base64 or =")?;
            (rest, Some(Secret::from(base64)))
        }
        None => (rest, None),
    };
    Ok((rest, CommandBody::Authenticate(Authenticate::checked(mechanism, initial))))
}

/// > id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil   RFC 2971
pub(super) fn id_params(i: &[u8], w: impl Witness) -> PResult<'_, IdFields<'_>> {
    if i.first() != Some(&b'(') {
        return nil(i).map(|(rest, ())| (rest, IdFields::default()));
    }
    let (rest, inner) = list(i, w, id_field)?;
    Ok((rest, IdFields::checked(inner)))
}

/// > string SP nstring
pub(crate) fn id_field(i: &[u8]) -> PResult<'_, IdField<'_>> {
    let (rest, name) = string(i)?;
    let (rest, value) = nstring(sp(rest)?.0)?;
    Ok((rest, IdField { name, value }))
}

/// What the tag of a line is, whatever is behind it.
pub(super) fn tag_only(i: &[u8]) -> PResult<'_, crate::Tag<'_>> {
    let (rest, found) = tag(i)?;
    match rest.first() {
        None => Ok((rest, found)),
        Some(_) => octet(b' ', &"SP")(rest).map(|(rest, ())| (cut(rest, rest.len()).1, found)),
    }
}
