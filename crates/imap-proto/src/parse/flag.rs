//! Flags, capabilities, and the attributes of mailboxes: words with a mark in front or none.

use mail_wire::grammar::{PResult, consumed, span1, unmet};

use super::{
    lexical::{items, list},
    witness::Witness,
};
use crate::{
    Atom, Capabilities, Capability, Deviation, Flag, Flags, MailboxAttribute, text::ASTRING_CHAR,
};

/// > flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" /
/// >        flag-keyword / flag-extension
/// > flag-perm = flag / "\*"
///
/// `]` in a keyword and `*` without its backslash are what servers send.
pub(crate) fn flag(i: &[u8]) -> PResult<'_, Flag<'_>> {
    let (rest, ()) = flag_word(i)?;
    let flag = match consumed(i, rest) {
        b"\\*" | b"*" => Flag::Any,
        [b'\\', name @ ..] => Flag::system(Atom::checked(name)),
        name => Flag::keyword(Atom::checked(name)),
    };
    Ok((rest, flag))
}

/// A flag of which nothing is to be known but where it ends.
fn flag_word(i: &[u8]) -> PResult<'_, ()> {
    match i {
        [b'\\', b'*', rest @ ..] | [b'*', rest @ ..] => Ok((rest, ())),
        [b'\\', name @ ..] => span1(name, &ASTRING_CHAR, &"a flag").map(|(rest, _)| (rest, ())),
        _ => span1(i, &ASTRING_CHAR, &"a flag").map(|(rest, _)| (rest, ())),
    }
}

/// > flag-list = "(" [flag *(SP flag)] ")"
pub(super) fn flag_list(i: &[u8], w: impl Witness) -> PResult<'_, Flags<'_>> {
    let (rest, inner) = list(i, w, |i| {
        let (rest, ()) = flag_perm_word(i, w)?;
        w.met_if(Deviation::StrayAsterisk, i, || matches!(i, [b'\\', b'*', ..] | [b'*', ..]));
        Ok((rest, ()))
    })?;
    Ok((rest, Flags::checked(inner)))
}

/// > "(" [flag-perm *(SP flag-perm)] ")"                                `PERMANENTFLAGS`
pub(super) fn flag_perm_list(i: &[u8], w: impl Witness) -> PResult<'_, Flags<'_>> {
    let (rest, inner) = list(i, w, |i| flag_perm_word(i, w))?;
    Ok((rest, Flags::checked(inner)))
}

/// As [`flag_word`], and tells what is wrong with it.
fn flag_perm_word(i: &[u8], w: impl Witness) -> PResult<'_, ()> {
    let (rest, ()) = flag_word(i)?;
    w.met_if(Deviation::BareAsterisk, i, || i.first() == Some(&b'*'));
    w.met_if(Deviation::BracketInKeyword, i, || consumed(i, rest).contains(&b']'));
    Ok((rest, ()))
}

/// > flag-list / (flag *(SP flag))                                 `store-att-flags`
pub(super) fn flags(i: &[u8]) -> PResult<'_, Flags<'_>> {
    if i.first() == Some(&b'(') {
        return flag_list(i, ());
    }
    let (rest, wire) = items(i, (), flag_word)?;
    Ok((rest, Flags::checked(wire)))
}

/// > capability = ("AUTH=" auth-type) / atom
///
/// `]` ends it, so that it can stand in a response code.
pub(crate) fn capability(i: &[u8]) -> PResult<'_, Capability<'_>> {
    let (rest, name) = super::lexical::atom(i)?;
    Ok((rest, Capability::checked(name)))
}

/// > capability *(SP capability)
pub(super) fn capabilities(i: &[u8], w: impl Witness) -> PResult<'_, Capabilities<'_>> {
    let (rest, wire) = items(i, w, capability)?;
    Ok((rest, Capabilities::checked(wire)))
}

/// > mbx-list-flag = "\" atom
///
/// Some servers leave the backslash out.
pub(super) fn mbx_list_flag(i: &[u8], w: impl Witness) -> PResult<'_, MailboxAttribute<'_>> {
    w.met_if(Deviation::MissingBackslash, i, || i.first() != Some(&b'\\'));
    let name = i.strip_prefix(b"\\").unwrap_or(i);
    if name.is_empty() {
        return unmet(i, &"an attribute of a mailbox");
    }
    let (rest, name) = super::lexical::atom(name)?;
    Ok((rest, MailboxAttribute::checked(name)))
}
