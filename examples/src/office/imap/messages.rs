//! The commands about messages.

use std::{collections::HashMap, num::NonZeroU32};

use bytes::Bytes;
use imap_proto::{
    Code, NumberSet, PlainCode,
    search_match::{Candidate, Needs},
    server::{
        AppendRequest, CopyRequest, FetchSlice, Message, SearchRequest, Server, StoreSlice,
        WantBody,
    },
};
use tracing::warn;

use super::{
    Answered, Append, Imap, Selection,
    convert::{
        batches, change, no, stored_date, stored_flags, stored_uids, trouble, uid_set, wire_date,
        wire_flags,
    },
    missing, nonexistent, uids_of,
};
use crate::{
    office::{clock, news::numbers},
    store::{ExpungeRule, FlagChange, Flags, MessageEntry, StoreError, SystemFlag, Uid},
};

/// The most octets of a header that FETCH and SEARCH look at.
const HEADER: usize = 256 * 1024;
/// The most octets of a body that SEARCH looks at.
const BODY: usize = 4 << 20;

impl Imap {
    pub(super) fn append(&mut self, session: &mut Server, request: &AppendRequest) -> Answered {
        let (Some(mailbox), Some(account)) = (self.find(&request.mailbox), &self.account) else {
            // RFC 9051 §6.3.12
            let text = imap_proto::ResponseText::new(Some(Code::TryCreate), "no such mailbox");
            return session.no(text?);
        };
        let Some(flags) = stored_flags(&request.flags) else {
            return session.no(no(PlainCode::Limit, "too many keywords"));
        };
        match self.store().usage(account.id) {
            Ok(usage) if usage.has_room(request.size) => {}
            Ok(_) => return session.no(no(PlainCode::OverQuota, "the account is full")),
            Err(error) => return session.no(trouble(&error, nonexistent())),
        }
        let date = request.date.and_then(stored_date).unwrap_or_else(clock::arrival);
        self.append = Some(Append { mailbox, flags, date, spool: self.store().spool() });
        session.accept_append()
    }

    pub(super) fn append_chunk(&mut self, session: &mut Server, octets: &Bytes) -> Answered {
        let Some(append) = &mut self.append else { return Ok(()) };
        match append.spool.write(octets) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.append = None;
                session.no(trouble(&error, Code::TryCreate))
            }
        }
    }

    pub(super) fn append_end(&mut self, session: &mut Server) -> Answered {
        let Some(Append { mailbox, flags, date, spool }) = self.append.take() else {
            return Ok(());
        };
        match self.store().append(mailbox, &spool.finish(), &flags, date) {
            Ok(arrival) => {
                self.office.news().arrived(&arrival);
                self.own_news(session);
                let validity = NonZeroU32::new(arrival.uid_validity.number());
                let uid = NonZeroU32::new(arrival.entry.uid.number());
                session.appended(validity.zip(uid))
            }
            Err(error) => session.no(trouble(&error, Code::TryCreate)),
        }
    }

    pub(super) fn fetch(&mut self, session: &mut Server, slice: &FetchSlice) -> Answered {
        match self.fetched(slice) {
            Ok(messages) => {
                for (uid, message) in messages {
                    session.message(uid, message)?;
                }
                session.done()
            }
            Err(error) => session.no(trouble(&error, nonexistent())),
        }
    }

    fn fetched(&mut self, slice: &FetchSlice) -> Result<Vec<(u32, Message)>, StoreError> {
        let Some(open) = &mut self.selected else { return Ok(Vec::new()) };
        let (store, news) = (self.office.store(), self.office.news());
        let uids = stored_uids(slice.uids.iter().copied());
        let mut seen = Vec::new();
        if slice.set_seen {
            // RFC 9051 §6.4.5: fetching a body sets \Seen.
            let add = FlagChange::Add(Flags::of(&[SystemFlag::Seen]));
            let changed = store.change_flags(open.mailbox, &uids, &add)?.changed;
            news.flagged(open.mailbox, &changed, Some(&open.subscription));
            seen = changed.iter().map(|entry| entry.uid).collect();
        }
        let entries = store.listed(open.mailbox, &uids)?;
        open.body = None;
        let mut headers: HashMap<Uid, Bytes> = HashMap::new();
        if slice.wants.header {
            headers.extend(store.headers(open.mailbox, &uids, HEADER)?);
        }
        let mut messages = Vec::with_capacity(entries.len());
        for entry in &entries {
            let mut message = Message::new().flags(wire_flags(&entry.flags)).size(entry.size);
            if let Some(date) = wire_date(entry.date) {
                message = message.internal_date(date);
            }
            if slice.wants.header_size || slice.wants.body {
                let body = match store.open_body(entry.id) {
                    Ok(body) => body,
                    // Another session has just expunged it: as if it had not been listed.
                    Err(StoreError::NotFound { .. }) => continue,
                    Err(error) => return Err(error),
                };
                message = message.header_size(body.header_size());
                if slice.wants.body {
                    open.body = Some((entry.uid.number(), body));
                }
            }
            if let Some(header) = headers.remove(&entry.uid) {
                message = message.header(header);
            }
            if seen.contains(&entry.uid) {
                message = message.newly_seen();
            }
            messages.push((entry.uid.number(), message));
        }
        Ok(messages)
    }

    pub(super) fn body(&mut self, session: &mut Server, want: WantBody) -> Answered {
        match self.read(want) {
            Ok(octets) if !octets.is_empty() => session.body(want.id, octets),
            Ok(_) => session.body_failed(want.id),
            Err(error) => {
                warn!(%error, "a body broke off");
                session.body_failed(want.id)
            }
        }
    }

    fn read(&mut self, want: WantBody) -> Result<Bytes, StoreError> {
        let Some(open) = &mut self.selected else { return Ok(Bytes::new()) };
        match &mut open.body {
            Some((uid, body)) if *uid == want.uid => body.read(want.offset, want.room),
            _ => Ok(Bytes::new()),
        }
    }

    pub(super) fn store_flags(&self, session: &mut Server, slice: StoreSlice) -> Answered {
        let Some(open) = &self.selected else { return session.no(missing()) };
        let Some(flags) = stored_flags(&slice.flags) else {
            return session.no(no(PlainCode::Limit, "too many keywords"));
        };
        let uids = stored_uids(slice.uids.iter().copied());
        match self.store().change_flags(open.mailbox, &uids, &change(slice.action, flags)) {
            Ok(done) => {
                let news = self.office.news();
                news.flagged(open.mailbox, &done.changed, Some(&open.subscription));
                for entry in done.changed.iter().chain(&done.unchanged) {
                    session.flags(entry.uid.number(), &wire_flags(&entry.flags))?;
                }
                session.done()
            }
            Err(error) => session.no(trouble(&error, nonexistent())),
        }
    }

    pub(super) fn copy(&self, session: &mut Server, request: &CopyRequest) -> Answered {
        let Some(open) = &self.selected else { return session.no(missing()) };
        let Some(target) = self.find(&request.to) else {
            let text = imap_proto::ResponseText::new(Some(Code::TryCreate), "no such mailbox");
            return session.no(text?);
        };
        let uids = uids_of(&request.uids);
        let outcome = if request.remove {
            self.store().move_to(open.mailbox, &uids, target).map(|moved| {
                let own = Some(&open.subscription);
                self.office.news().expunged(open.mailbox, &moved.expunged.uids, own);
                moved.copied
            })
        } else {
            self.store().copy(open.mailbox, &uids, target)
        };
        let copied = match outcome {
            Ok(copied) => copied,
            Err(error) => return session.no(trouble(&error, Code::TryCreate)),
        };
        self.office.news().came(target, copied.pairs.iter().map(|(_, entry)| entry.uid));
        self.own_news(session);
        let from = uid_set(copied.pairs.iter().map(|(uid, _)| *uid));
        let to = uid_set(copied.pairs.iter().map(|(_, entry)| entry.uid));
        let validity = NonZeroU32::new(copied.uid_validity.number());
        session
            .copied(validity.zip(from.zip(to)).map(|(validity, (from, to))| (validity, from, to)))
    }

    pub(super) fn expunge(&self, session: &mut Server, among: &NumberSet) -> Answered {
        let Some(open) = &self.selected else { return session.no(missing()) };
        match self.store().expunge(open.mailbox, &uids_of(among), ExpungeRule::IfDeleted) {
            Ok(gone) => {
                self.office.news().expunged(open.mailbox, &gone.uids, Some(&open.subscription));
                session.expunged(&numbers(gone.uids))
            }
            Err(error) => session.no(trouble(&error, nonexistent())),
        }
    }

    pub(super) fn search(&self, session: &mut Server, request: &SearchRequest) -> Answered {
        let Some(open) = &self.selected else { return session.no(missing()) };
        let needs = Needs::of(&request.query);
        for uids in batches(&request.among) {
            match self.matching(open, &uids, needs, request) {
                Ok(found) => session.found(found)?,
                Err(error) => return session.no(trouble(&error, nonexistent())),
            }
        }
        session.done()
    }

    fn matching(
        &self,
        open: &Selection,
        uids: &[Uid],
        needs: Needs,
        request: &SearchRequest,
    ) -> Result<Vec<u32>, StoreError> {
        let store = self.store();
        let entries = store.listed(open.mailbox, uids)?;
        let mut headers: HashMap<Uid, Bytes> = HashMap::new();
        if needs.header {
            headers.extend(store.headers(open.mailbox, uids, HEADER)?);
        }
        let mut found = Vec::new();
        for entry in entries {
            let flags = wire_flags(&entry.flags);
            let uid = entry.uid.number();
            let body = if needs.body { self.text(&entry)? } else { Vec::new() };
            let mut candidate = Candidate::new(uid, &flags)
                .size(entry.size)
                .recent(request.first_recent.is_some_and(|first| first <= uid))
                .body(&body);
            if let Some(date) = wire_date(entry.date) {
                candidate = candidate.internal_date(date);
            }
            if let Some(header) = headers.get(&entry.uid) {
                candidate = candidate.header(header);
            }
            if candidate.is_found_by(&request.query) {
                found.push(uid);
            }
        }
        Ok(found)
    }

    /// The octets behind the header, as many as SEARCH looks at.
    fn text(&self, entry: &MessageEntry) -> Result<Vec<u8>, StoreError> {
        let mut body = self.store().open_body(entry.id)?;
        let start = body.header_size();
        let length = usize::try_from(entry.size.saturating_sub(start)).unwrap_or(BODY).min(BODY);
        let mut text = vec![0; length];
        let read = body.read_at(start, &mut text)?;
        text.truncate(read);
        Ok(text)
    }

    /// Tells the session at once what it did to its own mailbox, before the answer to the command.
    fn own_news(&self, session: &mut Server) {
        if let Some(open) = &self.selected {
            session.mailbox_news(open.subscription.take());
        }
    }
}
