//! Search keys.

use mail_wire::Sink;

use super::{Writer, lexical::astring};
use crate::{Date, Expr, IString, Query, Search, SearchKey, SearchReturn};

/// > search = "SEARCH" [search-return-opts] SP search-program
pub(super) fn search<S: Sink>(w: &mut Writer<'_, S>, search: &Search<'_>) {
    w.put(b"SEARCH ");
    if let Some(SearchReturn { min, max, all, count, save }) = search.give {
        let options = [(min, "MIN"), (max, "MAX"), (all, "ALL"), (count, "COUNT"), (save, "SAVE")];
        w.put(b"RETURN ");
        w.list(options.iter().filter(|(on, _)| *on), |w, (_, word)| w.put(word.as_bytes()));
        w.put(b" ");
    }
    if let Some(charset) = &search.charset {
        w.put(b"CHARSET ");
        astring(w, charset);
        w.put(b" ");
    }
    query(w, &search.query);
}

/// > search-key *(SP search-key)
fn query<S: Sink>(w: &mut Writer<'_, S>, query: &Query<'_>) {
    match query.root() {
        // The outermost list stands without parentheses.
        Expr::And(parts) => w.spaced(parts.iter(), |w, part| expr(w, *part)),
        root @ (Expr::Or(_) | Expr::Not(_) | Expr::Test(_)) => expr(w, root),
    }
}

/// > search-key
///
/// Recursive, because `MAX_DEPTH` bounds it.
fn expr<S: Sink>(w: &mut Writer<'_, S>, what: Expr<'_, '_>) {
    match what {
        Expr::And(parts) => w.list(parts.iter(), |w, part| expr(w, *part)),
        Expr::Or(parts) => {
            w.put(b"OR ");
            w.spaced(parts.iter(), |w, part| expr(w, *part));
        }
        Expr::Not(parts) => {
            w.put(b"NOT ");
            w.spaced(parts.iter(), |w, part| expr(w, *part));
        }
        Expr::Test(key) => test(w, key),
    }
}

fn test<S: Sink>(w: &mut Writer<'_, S>, key: &SearchKey<'_>) {
    match key {
        SearchKey::All => w.put(b"ALL"),
        SearchKey::Answered => w.put(b"ANSWERED"),
        SearchKey::Deleted => w.put(b"DELETED"),
        SearchKey::Draft => w.put(b"DRAFT"),
        SearchKey::Flagged => w.put(b"FLAGGED"),
        SearchKey::New => w.put(b"NEW"),
        SearchKey::Old => w.put(b"OLD"),
        SearchKey::Recent => w.put(b"RECENT"),
        SearchKey::Seen => w.put(b"SEEN"),
        SearchKey::Unanswered => w.put(b"UNANSWERED"),
        SearchKey::Undeleted => w.put(b"UNDELETED"),
        SearchKey::Undraft => w.put(b"UNDRAFT"),
        SearchKey::Unflagged => w.put(b"UNFLAGGED"),
        SearchKey::Unseen => w.put(b"UNSEEN"),
        SearchKey::Keyword(name) => word(w, b"KEYWORD ", name.as_bytes()),
        SearchKey::Unkeyword(name) => word(w, b"UNKEYWORD ", name.as_bytes()),
        SearchKey::Bcc(value) => text(w, b"BCC ", value),
        SearchKey::Cc(value) => text(w, b"CC ", value),
        SearchKey::From(value) => text(w, b"FROM ", value),
        SearchKey::Subject(value) => text(w, b"SUBJECT ", value),
        SearchKey::To(value) => text(w, b"TO ", value),
        SearchKey::Body(value) => text(w, b"BODY ", value),
        SearchKey::Text(value) => text(w, b"TEXT ", value),
        SearchKey::Header { name, value } => {
            text(w, b"HEADER ", name);
            text(w, b" ", value);
        }
        SearchKey::Before(date) => day(w, b"BEFORE ", *date),
        SearchKey::On(date) => day(w, b"ON ", *date),
        SearchKey::Since(date) => day(w, b"SINCE ", *date),
        SearchKey::SentBefore(date) => day(w, b"SENTBEFORE ", *date),
        SearchKey::SentOn(date) => day(w, b"SENTON ", *date),
        SearchKey::SentSince(date) => day(w, b"SENTSINCE ", *date),
        SearchKey::Larger(octets) => size(w, b"LARGER ", *octets),
        SearchKey::Smaller(octets) => size(w, b"SMALLER ", *octets),
        SearchKey::Uid(set) => word(w, b"UID ", set.as_bytes()),
        SearchKey::Sequence(set) => w.put(set.as_bytes()),
    }
}

fn word<S: Sink>(w: &mut Writer<'_, S>, key: &[u8], word: &[u8]) {
    w.put(key);
    w.put(word);
}

fn text<S: Sink>(w: &mut Writer<'_, S>, key: &[u8], text: &IString<'_>) {
    w.put(key);
    astring(w, text);
}

fn day<S: Sink>(w: &mut Writer<'_, S>, key: &[u8], date: Date) {
    w.put(key);
    w.put(date.to_string().as_bytes());
}

fn size<S: Sink>(w: &mut Writer<'_, S>, key: &[u8], octets: u64) {
    w.put(key);
    w.number(octets);
}
