//! What servers say.

use std::borrow::Cow;

use mail_wire::grammar::{ByteSet, PResult, consumed, cut, octet, span, unmet, word};

use super::{
    FetchNext, FetchStart,
    code::{resp_text, text},
    command::id_params,
    fetch::{msg_atts, msg_atts_start},
    flag::{capabilities, flag_list},
    lexical::{
        astring, atom, items, number, nz_number, raw_value, raw_values, sp, spaces, sps, tag,
    },
    mailbox::{mailbox_list, mailbox_status},
    set::sequence_set,
    witness::Witness,
};
use crate::{
    Capabilities, Deviation, Esearch, EsearchResult, EsearchResults, Fetched, Raw, Response,
    ResponseText, SearchNumbers, SequenceNumber, SequenceRange, SequenceSet, Status, UnknownData,
    text::TEXT_CHAR,
};

/// > response = *(continue-req / response-data) response-done
pub(super) fn response(i: &[u8], w: impl Witness) -> PResult<'_, Response<'_>> {
    match i {
        // Some servers leave out the space when there is no text.
        [b'+', rest @ ..] => {
            w.met_if(Deviation::MissingSpace, rest, || rest.first() != Some(&b' '));
            text(rest.strip_prefix(b" ").unwrap_or(rest), w)
                .map(|(rest, text)| (rest, Response::Continue(text)))
        }
        [b'*', b' ', rest @ ..] => {
            let (rest, response) = untagged(rest, w)?;
            Ok((end(rest, w), response))
        }
        _ => tagged(i, w),
    }
}

/// RFC 9051 has no space at the end of a line; many servers do.
fn end(i: &[u8], w: impl Witness) -> &[u8] {
    w.met_if(Deviation::TrailingSpace, i, || i.first() == Some(&b' '));
    spaces(i)
}

/// > response-tagged = tag SP resp-cond-state CRLF
fn tagged(i: &[u8], w: impl Witness) -> PResult<'_, Response<'_>> {
    let (rest, tag) = tag(i)?;
    let (rest, ()) = sp(rest)?;
    let (name, after) = span(rest, &ByteSet::ALPHA);
    let Some(status) = status_word(name) else { return unmet(rest, &"OK, NO or BAD") };
    let (rest, text) = behind(after, w)?;
    Ok((rest, Response::Done { tag, status, text }))
}

/// > resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text
fn status_word(word: &[u8]) -> Option<Status> {
    match word.len() {
        2 if word.eq_ignore_ascii_case(b"OK") => Some(Status::Ok),
        2 if word.eq_ignore_ascii_case(b"NO") => Some(Status::No),
        3 if word.eq_ignore_ascii_case(b"BAD") => Some(Status::Bad),
        _ => None,
    }
}

/// The text behind a status word; both it and the space may be missing.
fn behind(i: &[u8], w: impl Witness) -> PResult<'_, ResponseText<'_>> {
    match i {
        [] => {
            w.met(Deviation::MissingSpace, i);
            resp_text(i, w)
        }
        [b' ', rest @ ..] => resp_text(rest, w),
        _ => unmet(i, &"SP"),
    }
}

/// > response-data = "*" SP (resp-cond-state / resp-cond-bye / mailbox-data / message-data /
/// >                 capability-data / enable-data) CRLF
fn untagged(i: &[u8], w: impl Witness) -> PResult<'_, Response<'_>> {
    if i.first().is_some_and(u8::is_ascii_digit) {
        return numbered(i, w);
    }
    let (word, rest) = span(i, &ByteSet::ALPHA);
    if !matches!(rest.first(), None | Some(b' ')) {
        return other(i, w);
    }
    let mut folded = [0_u8; 10];
    let Some(name) = folded.get_mut(..word.len()) else { return other(i, w) };
    name.copy_from_slice(word);
    name.make_ascii_uppercase();
    match &*name {
        b"OK" | b"NO" | b"BAD" => {
            let Some(status) = status_word(word) else { return other(i, w) };
            behind(rest, w).map(|(rest, text)| (rest, Response::Status { status, text }))
        }
        b"PREAUTH" => behind(rest, w).map(|(rest, text)| (rest, Response::PreAuth(text))),
        b"BYE" => behind(rest, w).map(|(rest, text)| (rest, Response::Bye(text))),
        b"CAPABILITY" => {
            capabilities(sps(rest, w)?.0, w).map(|(rest, list)| (rest, Response::Capability(list)))
        }
        b"ENABLED" => enabled(rest, w),
        b"LIST" => {
            mailbox_list(sps(rest, w)?.0, w).map(|(rest, list)| (rest, Response::List(list)))
        }
        b"LSUB" => {
            mailbox_list(sps(rest, w)?.0, w).map(|(rest, list)| (rest, Response::Lsub(list)))
        }
        b"STATUS" => mailbox_status(sps(rest, w)?.0, w)
            .map(|(rest, list)| (rest, Response::MailboxStatus(list))),
        b"SEARCH" => search(rest, w),
        b"ESEARCH" => esearch(rest, w),
        b"FLAGS" => {
            flag_list(sps(rest, w)?.0, w).map(|(rest, flags)| (rest, Response::Flags(flags)))
        }
        b"ID" => id_params(sps(rest, w)?.0, w).map(|(rest, fields)| (rest, Response::Id(fields))),
        b"NAMESPACE" => {
            raw_values(sps(rest, w)?.0, w).map(|(rest, raw)| (rest, Response::Namespace(raw)))
        }
        _ => other(i, w),
    }
}

/// > number SP "EXISTS" / number SP "RECENT" /
/// > message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
fn numbered(i: &[u8], w: impl Witness) -> PResult<'_, Response<'_>> {
    let (rest, count) = number(i)?;
    let (rest, ()) = sps(rest, w)?;
    let (word, after) = span(rest, &ByteSet::ALPHA);
    let eq = |name: &[u8]| word.eq_ignore_ascii_case(name);
    match (word.len(), word.first()) {
        (5, Some(b'f' | b'F')) if eq(b"FETCH") => {
            let number = nz_number(i)?.1;
            let (rest, attributes) = msg_atts(sps(after, w)?.0, w)?;
            Ok((rest, Response::Fetch(Fetched { number, attributes })))
        }
        (6, Some(b'e' | b'E')) if eq(b"EXISTS") => Ok((after, Response::Exists(count))),
        (6, Some(b'r' | b'R')) if eq(b"RECENT") => Ok((after, Response::Recent(count))),
        (7, Some(b'e' | b'E')) if eq(b"EXPUNGE") => {
            let number = nz_number(i)?.1;
            Ok((after, Response::Expunge(number)))
        }
        _ => other(i, w),
    }
}

/// The start of a FETCH response whose literal is still to come. See [`super::fetch_start`].
pub(super) fn fetch_start(i: &[u8]) -> PResult<'_, FetchStart<'_>> {
    let [b'*', b' ', rest @ ..] = i else { return unmet(i, &"a FETCH response") };
    let (rest, number) = nz_number(rest)?;
    let (rest, ()) = word(b" FETCH (", &"FETCH (")(rest)?;
    let (after, (before, attribute)) = msg_atts_start(rest)?;
    match attribute.streamed() {
        Some(_) => Ok((after, FetchStart { number, before, attribute })),
        None => unmet(rest, &"the header of a literal"),
    }
}

/// What stands between two streamed literals of a FETCH response. See [`super::fetch_next`].
pub(super) fn fetch_next(i: &[u8]) -> PResult<'_, FetchNext<'_>> {
    let (after, (before, attribute)) = msg_atts_start(sp(i)?.0)?;
    match attribute.streamed() {
        Some(_) => Ok((after, FetchNext { before, attribute })),
        None => unmet(i, &"the header of a literal"),
    }
}

/// > enable-data = "ENABLED" *(SP capability)
fn enabled(i: &[u8], w: impl Witness) -> PResult<'_, Response<'_>> {
    let list = spaces(i);
    if list.is_empty() {
        return Ok((i, Response::Enabled(Capabilities::default())));
    }
    capabilities(sps(i, w)?.0, w).map(|(rest, list)| (rest, Response::Enabled(list)))
}

/// > "SEARCH" *(SP nz-number)
///
/// A `(MODSEQ n)` behind them, RFC 7162, is passed over.
fn search(i: &[u8], w: impl Witness) -> PResult<'_, Response<'_>> {
    let mut end = i;
    while let [b' ', b'1'..=b'9', ..] = end {
        end = nz_number(cut(end, 1).1)?.0;
    }
    let numbers = consumed(i, end);
    let numbers = numbers.strip_prefix(b" ").unwrap_or(numbers);
    let rest = match spaces(end) {
        rest @ [b'(', ..] => {
            w.met_if(Deviation::MissingSpace, end, || end.len() == rest.len());
            w.met_if(Deviation::ExtraSpace, cut(end, 1).1, || end.starts_with(b"  "));
            raw_value(rest, w)?.0
        }
        _ => end,
    };
    Ok((rest, Response::Search(SearchNumbers::checked(numbers))))
}

/// > esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
/// > search-correlator = SP "(" "TAG" SP tag-string ")"
fn esearch(i: &[u8], w: impl Witness) -> PResult<'_, Response<'_>> {
    let (rest, tag) = match i {
        [b' ', b'(', ..] => {
            let (rest, ()) = word(b" (TAG ", &"(TAG")(i)?;
            // tag-string = astring; many servers send what is no string.
            let (rest, tag) = astring(rest)?;
            let (rest, ()) = octet(b')', &")")(rest)?;
            (rest, Some(tag))
        }
        _ => (i, None),
    };
    let after = spaces(rest);
    if after.len() == rest.len() && !rest.is_empty() {
        return unmet(rest, &"SP");
    }
    let (rest, uid) = match word(b"UID", &"UID")(after) {
        Ok((after, ())) if matches!(after.first(), None | Some(b' ')) => {
            sps(rest, w)?;
            (after, true)
        }
        _ => (rest, false),
    };
    if spaces(rest).is_empty() {
        let results = EsearchResults::default();
        return Ok((rest, Response::Esearch(Esearch { tag, uid, results })));
    }
    let (rest, wire) = items(sps(rest, w)?.0, w, |i| search_return_data(i, w))?;
    let results = EsearchResults::checked(wire);
    Ok((rest, Response::Esearch(Esearch { tag, uid, results })))
}

/// > search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "ALL" SP sequence-set /
/// >                      "COUNT" SP number / search-ret-data-ext
pub(super) fn search_return_data(i: &[u8], w: impl Witness) -> PResult<'_, EsearchResult<'_>> {
    let (rest, name) = atom(i)?;
    let (rest, ()) = sp(rest)?;
    let known = match name {
        _ if name.is("MIN") => nz_number(rest).map(|(rest, n)| (rest, EsearchResult::Min(n))),
        _ if name.is("MAX") => nz_number(rest).map(|(rest, n)| (rest, EsearchResult::Max(n))),
        _ if name.is("COUNT") => number(rest).map(|(rest, n)| (rest, EsearchResult::Count(n))),
        _ if name.is("ALL") => match sequence_set(rest) {
            Ok((after, set)) if is_numbers(&set) => Ok((after, EsearchResult::All(set))),
            _ => unmet(rest, &"numbers"),
        },
        _ => unmet(rest, &"a known result"),
    };
    if let Ok((rest, result)) = known
        && matches!(rest.first(), None | Some(b' '))
    {
        return Ok((rest, result));
    }
    w.met_if(Deviation::OddValue, i, || RESULTS.iter().any(|known| name.is(known)));
    let (rest, value) = raw_value(rest, w)?;
    Ok((rest, EsearchResult::Other { name, value: Raw::checked(value) }))
}

/// The names of the results that are known.
const RESULTS: [&str; 4] = ["MIN", "MAX", "COUNT", "ALL"];

/// RFC 4731 section 3.1: the set "MUST NOT contain '*'".
fn is_numbers(set: &SequenceSet<'_>) -> bool {
    let open = |range: SequenceRange| [range.first, range.last].contains(&SequenceNumber::Last);
    !set.is_saved() && !set.ranges().any(open)
}

/// Data of which nothing is known: values, or else a line of text.
fn other(i: &[u8], w: impl Witness) -> PResult<'_, Response<'_>> {
    let unknown = |data| Response::Other(UnknownData(Cow::Borrowed(data)));
    let before = w.mark();
    if let Ok((rest, _)) = raw_values(i, w)
        && spaces(rest).is_empty()
    {
        return Ok((end(rest, w), unknown(i)));
    }
    w.back_to(before);
    let (data, rest) = span(i, &TEXT_CHAR);
    if data.is_empty() {
        return unmet(i, &"a response");
    }
    Ok((rest, unknown(data)))
}
