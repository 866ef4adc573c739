//! SEARCH: the question to the application, and the answer to the client.

use std::num::NonZeroU32;

use mail_errors::Misuse;
use mail_wire::Sink;

use super::{Event, Owed, Pull, Refusal, SearchRequest, Server, Step, Work, write};
use crate::{
    Charsets, Code, Esearch, EsearchResult, EsearchResults, IString, NumberSet, Query, Response,
    Search, SearchKey, SearchReturn, SequenceSet, Status, numbers::Numbers, view::MailboxView,
};

/// A SEARCH whose result comes in.
#[derive(Debug, Default)]
pub(super) struct Searching {
    give: Option<SearchReturn>,
    among: NumberSet,
    found: NumberSet,
}

/// A result that is being written: the numbers that are left.
#[derive(Debug)]
pub(super) struct Found(Numbers);

/// How many numbers are written before the output is looked at again.
const STRIDE: usize = 1000;

/// Begins a SEARCH.
pub(super) fn begin(session: &mut Server, search: Search<'static>) -> Step {
    if search.give.is_some_and(|give| give.save) {
        session.not_offered("SEARCHRES");
        return Step::Again;
    }
    let knows = |charset: &IString<'_>| charset.is("UTF-8") || charset.is("US-ASCII");
    if !search.charset.as_ref().is_none_or(knows) {
        // RFC 9051 6.4.4: NO with the code BADCHARSET.
        let known = ["US-ASCII", "UTF-8"].map(|name| IString::checked(name.as_bytes()));
        let code = Code::BadCharset(Charsets::new(known));
        let text = write::text(Some(code), "that charset is not known here");
        session.refuse(Refusal::NotOffered("charset"), Status::No, text);
        return Step::Again;
    }
    let Some(view) = &session.view else { return Step::Again };
    let Some(query) = resolved(search.query, view) else {
        let text = write::text(None, "there is no such message");
        session.refuse(Refusal::NoSuchMessage, Status::Bad, text);
        return Step::Again;
    };
    let among = view.numbers().uids(1..=u32::MAX);
    let first_recent = view.first_recent();
    let searching = Searching { give: search.give, among: among.clone(), found: NumberSet::new() };
    let owed = Owed::Search { search: searching, pull: Pull::No };
    session.owe(owed, Event::Search(SearchRequest { query, among, first_recent }))
}

/// Turns all sets of the query into UIDs; `None` if one names a message that is not there.
///
/// A range of sequence numbers becomes one range of UIDs, however many gaps are in it, so a query
/// of many sets over many messages does not grow.
fn resolved(query: Query<'static>, view: &MailboxView) -> Option<Query<'static>> {
    let mut all_there = true;
    let query = query.map_tests(|key| {
        let uids = if let SearchKey::Sequence(set) = &key {
            let uids = view.sequence(set).ok().map(|seqs| bounds(&seqs, view));
            all_there &= uids.is_some();
            uids
        } else if let SearchKey::Uid(set) = &key {
            all_there &= !set.is_saved();
            let numbers = view.numbers();
            Some(set.resolve(numbers.uid(numbers.exists()).unwrap_or(0)))
        } else {
            None
        };
        // No UIDs is no set: there is nothing to find then, whatever the old set says.
        match uids.and_then(|uids| SequenceSet::from_numbers(&uids).ok()) {
            Some(uids) => SearchKey::Uid(uids),
            None => key,
        }
    });
    all_there.then_some(query)
}

fn bounds(seqs: &NumberSet, view: &MailboxView) -> NumberSet {
    let uid = |seq| view.numbers().uid(seq);
    NumberSet::from_ranges(
        seqs.ranges().filter_map(|(first, last)| Some((uid(first)?, uid(last)?))),
    )
}

impl Searching {
    /// Turns the result into what the client is told.
    pub(super) fn finish(self, session: &mut Server) -> Work {
        let (by_uid, tag) = match &session.current {
            Some(current) => (current.uid, Some(current.tag.clone())),
            None => (false, None),
        };
        let numbers = match &session.view {
            Some(view) if !by_uid => {
                self.found.iter().filter_map(|uid| view.numbers().seq(uid)).collect()
            }
            Some(_) | None => self.found,
        };
        let Some(give) = self.give else {
            session.out.put(b"* SEARCH");
            return Work::Found(Found(numbers.into_numbers()));
        };
        let tag = tag.and_then(|tag| IString::new(tag.as_bytes().to_vec()).ok());
        let results = EsearchResults::new(results(give, &numbers));
        session.say(&Response::Esearch(Esearch { tag, uid: by_uid, results }));
        session.finish_ok("SEARCH completed");
        Work::Telling
    }
}

/// RFC 4731 3.1: without a result MIN, MAX and ALL are left out, COUNT is not.
fn results(give: SearchReturn, numbers: &NumberSet) -> Vec<EsearchResult<'static>> {
    let all = give.all || !(give.min || give.max || give.count);
    let end =
        |wanted: bool, number: Option<u32>| number.filter(|_| wanted).and_then(NonZeroU32::new);
    let min = end(give.min, numbers.first()).map(EsearchResult::Min);
    let max = end(give.max, numbers.last()).map(EsearchResult::Max);
    let set = SequenceSet::from_numbers(numbers).ok().filter(|_| all).map(EsearchResult::All);
    let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    let count = give.count.then_some(EsearchResult::Count(count));
    [min, max, set, count].into_iter().flatten().collect()
}

impl Server {
    /// Says which messages were found; others than those asked for do not count. Answers
    /// [`Event::Search`], any number of times, cheapest in ascending order.
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn found(&mut self, uids: impl IntoIterator<Item = u32>) -> Result<(), Misuse> {
        let Work::Owed(Owed::Search { search, pull }) = &mut self.work else {
            return Err(self.wrong_answer("found"));
        };
        for uid in uids {
            if search.among.contains(uid) {
                search.found.insert_range(uid, uid);
            }
        }
        if *pull == Pull::Asked {
            *pull = Pull::Ask;
        }
        Ok(())
    }

    /// Writes some more of the numbers that were found.
    pub(super) fn step_found(&mut self) -> Step {
        let Work::Found(Found(numbers)) = &mut self.work else { return Step::Again };
        let mut written = 0;
        for number in numbers.by_ref().take(STRIDE) {
            self.out.put(b" ");
            self.out.put_number(u64::from(number));
            written += 1;
        }
        if written < STRIDE {
            self.out.put(b"\r\n");
            self.finish_ok("SEARCH completed");
        }
        Step::Again
    }
}
