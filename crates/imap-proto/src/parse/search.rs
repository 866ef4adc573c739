//! Search keys, into nodes in the order of the wire.

use mail_wire::grammar::{ByteSet, PResult, fatal, octet, span, unmet};

use super::{
    date::date,
    lexical::{astring, atom, list, number64, sp, spaces},
    set::sequence_set,
};
use crate::{
    Date, FlagName, IString, MAX_DEPTH, Query, Search, SearchKey, SearchReturn,
    search::{Node, What},
};

/// > search = "SEARCH" [search-return-opts] SP search-program
/// > search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
pub(super) fn search(i: &[u8], uid: bool) -> PResult<'_, Search<'_>> {
    let (rest, give) = match after_word(i, b"RETURN") {
        Some(rest) => {
            let (rest, give) = return_opts(rest)?;
            (sp(rest)?.0, Some(give))
        }
        None => (i, None),
    };
    let (rest, charset) = match after_word(rest, b"CHARSET") {
        Some(rest) => {
            let (rest, charset) = astring(rest)?;
            (sp(rest)?.0, Some(charset))
        }
        None => (rest, None),
    };
    let (rest, query) = search_keys(rest)?;
    Ok((rest, Search { uid, give, charset, query }))
}

/// > search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
fn return_opts(i: &[u8]) -> PResult<'_, SearchReturn> {
    let (rest, words) = list(i, (), |i| match atom(i)? {
        (rest, word) if RETURN_OPTS.iter().any(|name| word.is(name)) => Ok((rest, ())),
        _ => unmet(i, &"MIN, MAX, ALL, COUNT or SAVE"),
    })?;
    let has = |name: &str| {
        words.split(|&octet| octet == b' ').any(|word| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    let [min, max, all, count, save] = RETURN_OPTS.map(has);
    Ok((rest, SearchReturn { min, max, all, count, save }))
}

const RETURN_OPTS: [&str; 5] = ["MIN", "MAX", "ALL", "COUNT", "SAVE"];

/// Takes `word` and the space behind it.
fn after_word<'a>(i: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = i.split_at_checked(word.len())?;
    if head.eq_ignore_ascii_case(word) { rest.strip_prefix(b" ") } else { None }
}

/// > search-key *(SP search-key)
pub(crate) fn search_keys(i: &[u8]) -> PResult<'_, Query<'_>> {
    let mut nodes = Vec::new();
    let (rest, ()) = all_of(i, 0, &mut nodes)?;
    Ok((rest, Query::checked(nodes)))
}

/// Reads keys up to the end or a parenthesis; two or more become one node.
fn all_of<'a>(i: &'a [u8], depth: usize, nodes: &mut Vec<Node<'a>>) -> PResult<'a, ()> {
    let start = nodes.len();
    let (mut rest, ()) = search_key(i, depth, nodes)?;
    let mut several = false;
    while let [b' ', ..] = rest {
        let after = spaces(rest);
        if matches!(after.first(), None | Some(b')')) {
            return finish(after, several, start, nodes);
        }
        if !several {
            several = true;
            nodes.insert(start, Node { what: What::And, span: 1 });
        }
        rest = search_key(after, depth, nodes)?.0;
    }
    finish(rest, several, start, nodes)
}

fn finish<'a>(
    rest: &'a [u8],
    several: bool,
    start: usize,
    nodes: &mut [Node<'a>],
) -> PResult<'a, ()> {
    if several {
        close(start, nodes);
    }
    Ok((rest, ()))
}

/// Makes everything from the node at `start` on its own.
fn close(start: usize, nodes: &mut [Node<'_>]) {
    let span = u32::try_from(nodes.len() - start).unwrap_or(u32::MAX);
    if let Some(node) = nodes.get_mut(start) {
        node.span = span;
    }
}

/// > search-key = "ALL" / "ANSWERED" / "BCC" SP astring / ... / sequence-set /
/// >              "(" search-key *(SP search-key) ")"
///
/// Recursive, because `MAX_DEPTH` bounds it.
fn search_key<'a>(i: &'a [u8], depth: usize, nodes: &mut Vec<Node<'a>>) -> PResult<'a, ()> {
    if depth > MAX_DEPTH {
        return fatal(i, &"search keys nested at most 128 deep");
    }
    if let [b'(', inner @ ..] = i {
        let (rest, ()) = all_of(spaces(inner), depth + 1, nodes)?;
        return octet(b')', &")")(rest);
    }
    let (word, rest) = span(i, &ByteSet::ALPHA);
    let (what, operands) = match word.len() {
        3 if word.eq_ignore_ascii_case(b"NOT") => (What::Not, 1),
        2 if word.eq_ignore_ascii_case(b"OR") => (What::Or, 2),
        _ => return leaf(i, nodes),
    };
    let start = nodes.len();
    nodes.push(Node { what, span: 1 });
    let mut rest = rest;
    for _ in 0..operands {
        rest = search_key(sp(rest)?.0, depth + 1, nodes)?.0;
    }
    close(start, nodes);
    Ok((rest, ()))
}

/// Apart from the recursion, so that a level of it takes little of the stack.
#[inline(never)]
fn leaf<'a>(i: &'a [u8], nodes: &mut Vec<Node<'a>>) -> PResult<'a, ()> {
    let (rest, key) = match i.first() {
        Some(b'0'..=b'9' | b'*' | b'$') => {
            let (rest, set) = sequence_set(i)?;
            (rest, SearchKey::Sequence(set))
        }
        _ => {
            let (word, rest) = span(i, &ByteSet::ALPHA);
            test(i, word, rest)?
        }
    };
    nodes.push(Node { what: What::Test(key), span: 1 });
    Ok((rest, ()))
}

/// The keys that are no connectives. `rest` is what stands behind their name.
fn test<'a>(i: &'a [u8], word: &'a [u8], rest: &'a [u8]) -> PResult<'a, SearchKey<'a>> {
    // No name is longer than twelve octets; folded, they can be matched on.
    let mut folded = [0_u8; 12];
    let Some(name) = folded.get_mut(..word.len()) else { return unmet(i, &"a search key") };
    name.copy_from_slice(word);
    name.make_ascii_uppercase();
    let key = match &*name {
        b"ALL" => SearchKey::All,
        b"ANSWERED" => SearchKey::Answered,
        b"DELETED" => SearchKey::Deleted,
        b"DRAFT" => SearchKey::Draft,
        b"FLAGGED" => SearchKey::Flagged,
        b"NEW" => SearchKey::New,
        b"OLD" => SearchKey::Old,
        b"RECENT" => SearchKey::Recent,
        b"SEEN" => SearchKey::Seen,
        b"UNANSWERED" => SearchKey::Unanswered,
        b"UNDELETED" => SearchKey::Undeleted,
        b"UNDRAFT" => SearchKey::Undraft,
        b"UNFLAGGED" => SearchKey::Unflagged,
        b"UNSEEN" => SearchKey::Unseen,
        b"KEYWORD" => return keyword(rest, SearchKey::Keyword),
        b"UNKEYWORD" => return keyword(rest, SearchKey::Unkeyword),
        b"BCC" => return text(rest, SearchKey::Bcc),
        b"CC" => return text(rest, SearchKey::Cc),
        b"FROM" => return text(rest, SearchKey::From),
        b"SUBJECT" => return text(rest, SearchKey::Subject),
        b"TO" => return text(rest, SearchKey::To),
        b"BODY" => return text(rest, SearchKey::Body),
        b"TEXT" => return text(rest, SearchKey::Text),
        b"HEADER" => {
            let (rest, name) = astring(sp(rest)?.0)?;
            let (rest, value) = astring(sp(rest)?.0)?;
            return Ok((rest, SearchKey::Header { name, value }));
        }
        b"BEFORE" => return day(rest, SearchKey::Before),
        b"ON" => return day(rest, SearchKey::On),
        b"SINCE" => return day(rest, SearchKey::Since),
        b"SENTBEFORE" => return day(rest, SearchKey::SentBefore),
        b"SENTON" => return day(rest, SearchKey::SentOn),
        b"SENTSINCE" => return day(rest, SearchKey::SentSince),
        b"LARGER" => return size(rest, SearchKey::Larger),
        b"SMALLER" => return size(rest, SearchKey::Smaller),
        b"UID" => {
            let (rest, set) = sequence_set(sp(rest)?.0)?;
            return Ok((rest, SearchKey::Uid(set)));
        }
        _ => return unmet(i, &"a search key"),
    };
    Ok((rest, key))
}

fn text<'a>(i: &'a [u8], make: fn(IString<'a>) -> SearchKey<'a>) -> PResult<'a, SearchKey<'a>> {
    let (rest, text) = astring(sp(i)?.0)?;
    Ok((rest, make(text)))
}

fn keyword<'a>(i: &'a [u8], make: fn(FlagName<'a>) -> SearchKey<'a>) -> PResult<'a, SearchKey<'a>> {
    let (rest, name) = atom(sp(i)?.0)?;
    Ok((rest, make(FlagName::checked(name))))
}

fn day<'a>(i: &'a [u8], make: fn(Date) -> SearchKey<'a>) -> PResult<'a, SearchKey<'a>> {
    let (rest, date) = date(sp(i)?.0)?;
    Ok((rest, make(date)))
}

fn size<'a>(i: &'a [u8], make: fn(u64) -> SearchKey<'a>) -> PResult<'a, SearchKey<'a>> {
    let (rest, octets) = number64(sp(i)?.0)?;
    Ok((rest, make(octets)))
}
