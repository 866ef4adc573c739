//! LIST, LSUB and STATUS, both ways.

use mail_wire::grammar::{ByteSet, PResult, consumed, span1, unmet};

use super::{
    flag::mbx_list_flag,
    lexical::{
        atom, list, list1, mailbox, nil, number64, quoted, raw_value, sp, spaces, sps, string,
    },
    witness::Witness,
};
use crate::{
    Delimiter, Deviation, IString, List, ListPattern, ListPatterns, ListReturn, ListSelect,
    MailboxAttributes, MailboxListing, MailboxName, MailboxStatus, Raw, StatusItem, StatusItems,
    StatusValue, StatusValues, text::ASTRING_CHAR,
};

/// > list-char = ATOM-CHAR / list-wildcards / resp-specials
const LIST_CHAR: ByteSet = ASTRING_CHAR.with(b"%*").and(&ByteSet::EIGHT_BIT);

/// > list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
pub(super) fn list_command(i: &[u8]) -> PResult<'_, List<'_>> {
    let (rest, select) = match i.first() {
        Some(b'(') => {
            let (rest, select) = select_opts(i)?;
            (sp(rest)?.0, select)
        }
        _ => (i, ListSelect::default()),
    };
    let (rest, reference) = mailbox(rest)?;
    let (rest, patterns) = mbox_or_pat(sp(rest)?.0)?;
    let (rest, give) = match rest.first() {
        Some(b' ') => return_opts(sp(rest)?.0)?,
        _ => (rest, ListReturn::default()),
    };
    Ok((rest, List { select, reference, patterns, give }))
}

/// > mbox-or-pat = list-mailbox / patterns
/// > patterns = "(" list-mailbox *(SP list-mailbox) ")"
fn mbox_or_pat(i: &[u8]) -> PResult<'_, ListPatterns<'_>> {
    if i.first() == Some(&b'(') {
        let (rest, inner) = list1(i, list_mailbox)?;
        return Ok((rest, ListPatterns::checked(inner)));
    }
    let (rest, _) = list_mailbox(i)?;
    Ok((rest, ListPatterns::checked(consumed(i, rest))))
}

/// > list-mailbox = 1*list-char / string
pub(crate) fn list_mailbox(i: &[u8]) -> PResult<'_, ListPattern<'_>> {
    let (rest, pattern) = match i.first() {
        Some(b'"' | b'{') => string(i)?,
        _ => {
            let (rest, octets) = span1(i, &LIST_CHAR, &"a mailbox name or pattern")?;
            (rest, IString::checked(octets))
        }
    };
    Ok((rest, ListPattern::checked(pattern)))
}

/// > list-select-opts = "(" [...] ")"                                     RFC 5258 section 6
fn select_opts(i: &[u8]) -> PResult<'_, ListSelect> {
    let mut select = ListSelect::default();
    let mut rest = i.get(1..).unwrap_or_default();
    loop {
        rest = spaces(rest);
        if let [b')', after @ ..] = rest {
            // RFC 9051 6.3.9.1: RECURSIVEMATCH needs an option that it can recurse on.
            if select.recursive_match && !select.subscribed && !select.special_use {
                return unmet(i, &"a selection option beside RECURSIVEMATCH");
            }
            return Ok((after, select));
        }
        let (after, word) = atom(rest)?;
        match word {
            word if word.is("SUBSCRIBED") => select.subscribed = true,
            word if word.is("REMOTE") => select.remote = true,
            word if word.is("RECURSIVEMATCH") => select.recursive_match = true,
            word if word.is("SPECIAL-USE") => select.special_use = true,
            _ => return unmet(rest, &"a selection option of LIST"),
        }
        rest = after;
    }
}

/// > list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
fn return_opts(i: &[u8]) -> PResult<'_, ListReturn> {
    let (rest, ()) = mail_wire::grammar::word(b"RETURN (", &"RETURN (")(i)?;
    let mut give = ListReturn::default();
    let mut rest = rest;
    loop {
        rest = spaces(rest);
        if let [b')', after @ ..] = rest {
            return Ok((after, give));
        }
        let (after, word) = atom(rest)?;
        rest = match word {
            word if word.is("SUBSCRIBED") => {
                give.subscribed = true;
                after
            }
            word if word.is("CHILDREN") => {
                give.children = true;
                after
            }
            word if word.is("SPECIAL-USE") => {
                give.special_use = true;
                after
            }
            word if word.is("STATUS") => {
                let (after, items) = status_atts(sp(after)?.0)?;
                give.status = items;
                after
            }
            _ => return unmet(rest, &"a return option of LIST"),
        };
    }
}

/// > mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox
/// >                [SP mbox-list-extended]
pub(super) fn mailbox_list(i: &[u8], w: impl Witness) -> PResult<'_, MailboxListing<'_>> {
    let (rest, attributes) = list(i, w, |i| mbx_list_flag(i, w))?;
    let (rest, delimiter) = delimiter(sps(rest, w)?.0, w)?;
    let (rest, mailbox) = told_mailbox(sps(rest, w)?.0, w)?;
    let (rest, extended) = match rest {
        [b' ', b'(', ..] => {
            let (rest, raw) = raw_value(sps(rest, w)?.0, w)?;
            (rest, Some(Raw::checked(raw)))
        }
        _ => (rest, None),
    };
    let attributes = MailboxAttributes::checked(attributes);
    Ok((rest, MailboxListing { attributes, delimiter, mailbox, extended }))
}

/// > DQUOTE QUOTED-CHAR DQUOTE / nil
///
/// An empty string is what some servers send for NIL.
fn delimiter(i: &[u8], w: impl Witness) -> PResult<'_, Option<Delimiter>> {
    if i.first() != Some(&b'"') {
        return nil(i).map(|(rest, ())| (rest, None));
    }
    let (rest, text) = quoted(i)?;
    match *text {
        [] => {
            w.met(Deviation::EmptyDelimiter, i);
            Ok((rest, None))
        }
        [octet] if Delimiter::new(octet).is_some() => Ok((rest, Delimiter::new(octet))),
        _ => unmet(i, &"a delimiter of one octet or NIL"),
    }
}

/// A mailbox that a server names.
fn told_mailbox(i: &[u8], w: impl Witness) -> PResult<'_, MailboxName<'_>> {
    let (rest, name) = mailbox(i)?;
    w.met_if(Deviation::UnquotedName, i, || {
        !matches!(i.first(), Some(b'"' | b'{')) && !consumed(i, rest).is_ascii()
    });
    Ok((rest, name))
}

/// > "(" status-att *(SP status-att) ")"
pub(super) fn status_atts(i: &[u8]) -> PResult<'_, StatusItems> {
    let (rest, words) = list1(i, |i| match atom(i)? {
        (rest, word) if StatusItem::of(word.as_bytes()).is_some() => Ok((rest, ())),
        _ => unmet(i, &"an item of STATUS"),
    })?;
    let items = words.split(|&octet| octet == b' ').filter_map(StatusItem::of).collect();
    Ok((rest, items))
}

/// > "STATUS" SP mailbox SP "(" [status-att-list] ")"
pub(super) fn mailbox_status(i: &[u8], w: impl Witness) -> PResult<'_, MailboxStatus<'_>> {
    let (rest, mailbox) = told_mailbox(i, w)?;
    let (rest, values) = list(sps(rest, w)?.0, w, |i| status_att_val(i, w))?;
    Ok((rest, MailboxStatus { mailbox, values: StatusValues::checked(values) }))
}

/// > status-att-val = ("MESSAGES" SP number) / ("UIDNEXT" SP nz-number) / ...
pub(super) fn status_att_val(i: &[u8], w: impl Witness) -> PResult<'_, StatusValue<'_>> {
    let (rest, name) = atom(i)?;
    let (rest, ()) = sps(rest, w)?;
    if let Some(item) = StatusItem::of(name.as_bytes()) {
        if let Ok((after, number)) = number64(rest)
            && matches!(after.first(), None | Some(b' ' | b')'))
        {
            let is_above_0 = matches!(item, StatusItem::UidNext | StatusItem::UidValidity);
            w.met_if(Deviation::ZeroNumber, rest, || number == 0 && is_above_0);
            return Ok((after, StatusValue::Known(item, number)));
        }
        w.met(Deviation::OddValue, i);
    }
    let (rest, value) = raw_value(rest, w)?;
    Ok((rest, StatusValue::Other { name, value: Raw::checked(value) }))
}
