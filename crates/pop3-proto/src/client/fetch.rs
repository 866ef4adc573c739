//! Whatever is new, over a blocking stream, for who just wants it done.

use std::{
    collections::{HashSet, VecDeque},
    io,
    time::SystemTime,
};

use mail_errors::{Fault, Misuse};
use mail_wire::{
    Goodbye, Session,
    drive::{
        DriveError, Driven,
        blocking::{Stream, drive},
    },
};

use crate::{Capability, DropListing, Response, ResponseCode, UniqueId, Verb};

use super::{Client, Entry, Event, Handle, Inbox, Leave, NotSent, Plan, Seen};

/// Where messages go that are fetched.
///
/// A message comes as [`begin`](Self::begin), any number of [`write`](Self::write), and
/// [`end`](Self::end) or [`abort`](Self::abort). None is deleted before [`commit`](Self::commit) has
/// said that it is safe. After an error nothing more is asked, and the conversation ends without
/// QUIT: then the server deletes nothing.
pub trait Keep {
    /// These messages are to come, in this order. It is told once, before the first of them.
    fn expect(&mut self, messages: &[Entry]) {
        let _ = messages;
    }

    /// A message begins.
    ///
    /// # Errors
    /// It cannot be kept.
    fn begin(&mut self, message: &Entry) -> io::Result<()>;

    /// The next octets of it, with CRLF as the only line end.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn write(&mut self, octets: &[u8]) -> io::Result<()>;

    /// All of a message has been written that the server has no unique id for, so that only what
    /// it holds can tell whether it came before. Answers since when it is here, if it is: then it is
    /// told to [`abort`](Self::abort), and deleted if it is due. By default none is known.
    fn since(&mut self) -> Option<SystemTime> {
        None
    }

    /// That was all of it.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn end(&mut self) -> io::Result<()>;

    /// What came of it is to be thrown away: the rest will not come, or it is here already.
    fn abort(&mut self);

    /// All that have ended are to survive a power cut, and then to be remembered as
    /// [`Seen`], in the order in which they came. When this returns they may be deleted.
    ///
    /// # Errors
    /// None of them is deleted then.
    fn commit(&mut self, messages: &[Entry]) -> io::Result<()>;
}

/// What is to be fetched, and what becomes of it on the server.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// What is here already.
    pub seen: &'a Seen,
    /// What becomes of messages that are here.
    pub leave: Leave,
    /// The time of day.
    pub now: SystemTime,
}

/// What came of it.
///
/// Of what the server says to single messages the first 64 KiB are kept, and behind them the codes
/// alone ([`Response::code`]).
#[derive(Debug)]
pub struct Fetched<E: Fault> {
    /// The messages that were fetched and committed.
    pub fetched: Vec<Entry>,
    /// The messages that were deleted: the server has said so. They may be forgotten.
    pub deleted: Vec<Entry>,
    /// The messages that were marked as deleted, and nobody knows what became of them: QUIT was said,
    /// and its answer was lost or said no (RFC 1939 6). They are to stay [`Seen`]; the next session
    /// shows whether they are there.
    pub unsure: Vec<Entry>,
    /// The messages that were to be deleted and that the server keeps, in its words.
    pub undeleted: Vec<(Entry, Response<'static>)>,
    /// The messages that were to be fetched and did not come, with the server's words if it had any.
    pub skipped: Vec<(Entry, Option<Response<'static>>)>,
    /// How many messages STAT counted and no listing told of, where a line of these could not be read:
    /// they did not come.
    pub unlisted: usize,
    /// What was listed; `None` if that was not heard to its end.
    pub inbox: Option<Inbox>,
    /// What else was refused, and why: a login, LIST, QUIT, or UIDL where there must be ids: it is
    /// offered, or some are [`seen`](Order::seen).
    pub refused: Option<(Verb, Response<'static>)>,
    /// What was not even sent, and why.
    pub not_sent: Option<NotSent>,
    /// Why the login could not be given: nothing was sent then.
    pub misuse: Option<Misuse>,
    /// How many messages had another size than LIST had said
    /// ([`Deviation::WrongSize`](crate::Deviation::WrongSize)).
    pub wrong_sizes: usize,
    /// The listings contradicted each other, or what STAT said
    /// ([`Deviation::UnsettledListing`](crate::Deviation::UnsettledListing)).
    pub is_unsettled: bool,
    /// Why messages could not be kept.
    pub keeping: Option<io::Error>,
    /// Why the conversation ended before its time, if it did. What was committed stays.
    pub error: Option<DriveError<E>>,
}

impl<E: Fault> Fetched<E> {
    /// Tells whether all that is new is here, and all that was to be deleted is deleted.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.inbox.is_some()
            && self.skipped.is_empty()
            && self.unlisted == 0
            && self.undeleted.is_empty()
            && self.refused.is_none()
            && self.not_sent.is_none()
            && self.misuse.is_none()
            && self.keeping.is_none()
            && self.error.is_none()
    }
}

/// Logs in, fetches what is new, deletes what has been here for long enough, and says QUIT.
///
/// `session` is a new [`Client`], or layers around one (TLS, a tap); `client` finds it in there:
///
/// ```no_run
/// use std::{net::TcpStream, time::SystemTime};
/// use mail_errors::Secret;
/// use mail_sasl::Credentials;
/// use pop3_proto::client::{Client, Config, Entry, Keep, Leave, Order, Seen, Tls, fetch_new};
///
/// /// Keeps nothing.
/// struct Nowhere;
///
/// impl Keep for Nowhere {
///     fn begin(&mut self, _: &Entry) -> std::io::Result<()> { Ok(()) }
///     fn write(&mut self, _: &[u8]) -> std::io::Result<()> { Ok(()) }
///     fn end(&mut self) -> std::io::Result<()> { Ok(()) }
///     fn abort(&mut self) {}
///     fn commit(&mut self, _: &[Entry]) -> std::io::Result<()> { Ok(()) }
/// }
///
/// // Without a layer there is no TLS to be had, and no password is sent in the clear.
/// let mut client = Client::new(Config::new().tls(Tls::Never));
/// let mut stream = TcpStream::connect("pop.example.net:110")?;
/// let mrose = Credentials::new("mrose", Secret::from("tanstaaf"))?;
/// let seen = Seen::new();
/// let order = Order { seen: &seen, leave: Leave::days(14), now: SystemTime::now() };
/// let log_in = |client: &mut Client| client.log_in(mrose);
/// let fetched = fetch_new(&mut client, |it| it, &mut stream, log_in, order, &mut Nowhere);
/// assert!(fetched.is_complete());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What the server lists is held: [`ClientLimits::listing`](crate::ClientLimits::listing) and
/// [`unique_id`](crate::ClientLimits::unique_id) say how much that may be, and a server that lists on
/// is given up before anything is fetched or deleted.
///
/// Messages are asked for ahead where the server offers PIPELINING. One that the server will not
/// give is skipped, and with it those of the same id behind it. If the connection breaks, what has
/// come whole is committed still.
pub fn fetch_new<S>(
    session: &mut S,
    client: impl Fn(&mut S) -> &mut Client,
    stream: &mut impl Stream,
    log_in: impl FnOnce(&mut Client) -> Result<Handle, Misuse>,
    order: Order<'_>,
    keep: &mut impl Keep,
) -> Fetched<S::Error>
where
    S: Session<Event = Event>,
{
    let mut errand = Errand::new(order, keep);
    let mut error = None;
    if let Err(misuse) = errand.start(client(session), log_in) {
        errand.told.misuse = Some(misuse);
        session.close(Goodbye::Done);
    }
    loop {
        match drive(session, stream, None) {
            Ok(Driven::Event(event)) => {
                errand.take(event);
                // The session says itself when it takes nothing more.
                let _ = errand.go_on(client(session));
                if errand.told.keeping.is_some() {
                    // RFC 1939 6: without QUIT nothing is deleted, by the server's own policy
                    // (RFC 2449 6.7) no more than by ours.
                    session.close(Goodbye::InternalError);
                }
            }
            Ok(Driven::Closed) => break,
            // Nothing is left to be asked.
            Ok(Driven::NeedReply) => session.close(Goodbye::Done),
            // No layer was given that could do it.
            Ok(Driven::Upgrade(_) | Driven::Waited) => session.recv_eof(),
            Err(broken @ DriveError::Io(_)) if error.is_none() => {
                // What has come whole is still to be told.
                session.recv_eof();
                error = Some(broken);
            }
            Err(over) => {
                error.get_or_insert(over);
                break;
            }
        }
    }
    errand.commit();
    errand.finish(error)
}

/// What is under way.
struct Errand<'a, K, E: Fault> {
    order: Order<'a>,
    keep: &'a mut K,
    told: Fetched<E>,
    stat: Option<DropListing>,
    inbox: Inbox,
    list: Option<Handle>,
    uidl: Option<Handle>,
    /// A line of LIST or UIDL could not be read.
    has_bad_lines: bool,
    /// Why there are no ids.
    without_ids: Option<Response<'static>>,
    /// LIST and UIDL have been answered, and it is known what to do.
    is_planned: bool,
    to_fetch: VecDeque<Entry>,
    to_delete: VecDeque<Entry>,
    fetching: VecDeque<Fetching>,
    deleting: VecDeque<(Handle, Entry)>,
    /// How many octets have come of the message that is coming in.
    coming: Option<u64>,
    /// Messages that have ended and are not committed yet, and how many octets they have.
    ended: Vec<Entry>,
    ended_octets: u64,
    marked: Vec<Entry>,
    /// The ids of messages that did not come. A message behind them that has one of these would be
    /// remembered in the place of the one in front.
    missing: HashSet<UniqueId>,
    /// How many octets of the server's words are kept.
    words: usize,
    is_quitting: bool,
}

impl<'a, K: Keep, E: Fault> Errand<'a, K, E> {
    fn new(order: Order<'a>, keep: &'a mut K) -> Self {
        let told = Fetched {
            fetched: Vec::new(),
            deleted: Vec::new(),
            unsure: Vec::new(),
            undeleted: Vec::new(),
            skipped: Vec::new(),
            unlisted: 0,
            inbox: None,
            refused: None,
            not_sent: None,
            misuse: None,
            wrong_sizes: 0,
            is_unsettled: false,
            keeping: None,
            error: None,
        };
        Self {
            order,
            keep,
            told,
            stat: None,
            inbox: Inbox::new(),
            list: None,
            uidl: None,
            has_bad_lines: false,
            without_ids: None,
            is_planned: false,
            to_fetch: VecDeque::new(),
            to_delete: VecDeque::new(),
            fetching: VecDeque::new(),
            deleting: VecDeque::new(),
            coming: None,
            ended: Vec::new(),
            ended_octets: 0,
            marked: Vec::new(),
            missing: HashSet::new(),
            words: 0,
            is_quitting: false,
        }
    }

    fn start(
        &mut self,
        client: &mut Client,
        log_in: impl FnOnce(&mut Client) -> Result<Handle, Misuse>,
    ) -> Result<(), Misuse> {
        log_in(client)?;
        client.stat()?;
        self.list = Some(client.list()?);
        // RFC 1939 7: it is optional, and CAPA may lack it where it works. Trying it costs a line.
        self.uidl = Some(client.uidl()?);
        Ok(())
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Stat { listing, .. } => self.stat = Some(listing),
            Event::Listed { listing, .. } => self.inbox.listed(listing),
            Event::Id { listing, .. } => self.inbox.identified(listing),
            Event::Body { handle, octets } => self.write(handle, &octets),
            Event::BodyEnd { handle } => self.end(handle),
            Event::BodyAborted { handle } => {
                self.abort();
                self.answered(handle, false, None);
            }
            Event::Done { handle, verb, .. } => {
                if verb == Verb::Quit {
                    self.told.deleted.append(&mut self.marked);
                }
                self.answered(handle, true, None);
            }
            Event::Refused { handle, verb, response } => {
                // What becomes of the others is told otherwise, or has no consequence. Some servers
                // have nothing to list in an empty maildrop.
                let is_empty = self.stat.is_some_and(|stat| stat.messages() == 0);
                let is_told = matches!(verb, Verb::Uidl | Verb::Stat | Verb::Retr | Verb::Dele);
                if !is_told && (verb != Verb::List || !is_empty) {
                    self.told.refused.get_or_insert((verb, response.clone()));
                }
                self.answered(handle, false, Some(response));
            }
            Event::NotSent { handle, why } => {
                self.told.not_sent.get_or_insert(why);
                self.answered(handle, false, None);
            }
            Event::Greeting(_)
            | Event::Tls(_)
            | Event::Ready
            | Event::Capabilities { .. }
            | Event::Language { .. }
            | Event::Tolerated { .. } => {}
            Event::Malformed { handle, .. } => {
                self.has_bad_lines |= [self.list, self.uidl].contains(&Some(handle));
            }
        }
    }

    /// A command has been answered, or never will be.
    fn answered(&mut self, handle: Handle, is_done: bool, refusal: Option<Response<'static>>) {
        if Some(handle) == self.uidl {
            (self.uidl, self.without_ids) = (None, refusal);
        } else if Some(handle) == self.list {
            self.list = None;
        } else if self.fetching.front().is_some_and(|it| it.handle == handle) {
            if let Some(Fetching { entry, is_whole: false, .. }) = self.fetching.pop_front() {
                self.missing.extend(entry.id().cloned());
                let refusal = refusal.map(|it| self.shorten(it));
                self.told.skipped.push((entry, refusal));
            }
        } else if self.deleting.front().is_some_and(|(it, _)| *it == handle)
            && let Some((_, entry)) = self.deleting.pop_front()
        {
            match refusal {
                None if is_done => self.marked.push(entry),
                None => {}
                Some(why) => {
                    let why = self.shorten(why);
                    self.told.undeleted.push((entry, why));
                }
            }
        }
    }

    /// Leaves the words out where there have been too many of them: there may be a million refusals.
    fn shorten(&mut self, why: Response<'static>) -> Response<'static> {
        self.words = self.words.saturating_add(why.line().as_bytes().len());
        if self.words <= WORDS {
            return why;
        }
        let code = why.code().filter(|code| !matches!(code, ResponseCode::Other(_)));
        Response::err(code, "").unwrap_or(why)
    }

    fn write(&mut self, handle: Handle, octets: &[u8]) {
        if self.begin(handle) {
            let kept = self.keep.write(octets);
            self.kept(kept);
            self.coming = self.coming.map(|before| before + octets.len() as u64);
        }
    }

    fn end(&mut self, handle: Handle) {
        // An empty message has no octets to begin with.
        if !self.begin(handle) {
            return;
        }
        let Some(fetching) = self.fetching.front_mut() else { return };
        if fetching.entry.id().is_some_and(|id| self.missing.contains(id)) {
            return self.abort();
        }
        fetching.is_whole = true;
        let entry = fetching.entry.clone();
        let octets = self.coming.unwrap_or_default();
        self.told.wrong_sizes += usize::from(entry.octets().is_some_and(|it| it != octets));
        if entry.id().is_none()
            && let Some(since) = self.keep.since()
        {
            self.abort();
            if self.order.leave.is_due(since, self.order.now) {
                self.to_delete.push_back(entry);
            }
            return;
        }
        let kept = self.keep.end();
        if self.kept(kept) {
            self.coming = None;
            self.ended.push(entry);
            self.ended_octets += octets;
        }
    }

    /// Begins the message that comes, if it has not begun. Tells whether it is kept.
    fn begin(&mut self, handle: Handle) -> bool {
        if self.told.keeping.is_some() {
            return false;
        }
        if self.coming.is_some() {
            return true;
        }
        let Some(fetching) = self.fetching.front().filter(|it| it.handle == handle) else {
            return false;
        };
        self.coming = Some(0);
        let kept = self.keep.begin(&fetching.entry);
        self.kept(kept)
    }

    fn abort(&mut self) {
        if self.coming.take().is_some() {
            self.keep.abort();
        }
    }

    fn kept(&mut self, kept: io::Result<()>) -> bool {
        match kept {
            Ok(()) => true,
            Err(error) => {
                self.told.keeping.get_or_insert(error);
                self.abort();
                false
            }
        }
    }

    /// What has ended is safe now, or nothing more is done.
    fn commit(&mut self) {
        if self.ended.is_empty() || self.told.keeping.is_some() {
            return;
        }
        let kept = self.keep.commit(&self.ended);
        if self.kept(kept) {
            if self.order.leave == Leave::Never {
                self.to_delete.extend(self.ended.iter().cloned());
            }
            self.told.fetched.append(&mut self.ended);
            self.ended_octets = 0;
        }
    }

    /// Gives the next commands.
    fn go_on(&mut self, client: &mut Client) -> Result<(), Misuse> {
        let is_listing = self.list.is_some() || self.uidl.is_some();
        if self.is_quitting || is_listing || self.told.keeping.is_some() {
            return Ok(());
        }
        if !self.is_planned {
            self.need_ids(client);
            if self.told.refused.is_none() && self.told.not_sent.is_none() {
                self.plan();
            }
        }
        while self.fetching.len() < AHEAD
            && let Some(entry) = self.to_fetch.front()
        {
            let handle = client.retr(entry.number())?;
            let entry = self.to_fetch.pop_front();
            let asked = entry.map(|entry| Fetching { handle, entry, is_whole: false });
            self.fetching.extend(asked);
        }
        let is_enough = self.ended.len() >= BATCH || self.ended_octets >= BATCH_OCTETS;
        if is_enough || self.fetching.is_empty() {
            self.commit();
            if self.told.keeping.is_some() {
                return Ok(());
            }
        }
        while self.deleting.len() < AHEAD
            && let Some(entry) = self.to_delete.pop_front()
        {
            self.deleting.push_back((client.dele(entry.number())?, entry));
        }
        if self.fetching.is_empty() && self.deleting.is_empty() {
            client.quit()?;
            self.is_quitting = true;
        }
        Ok(())
    }

    /// A server that has ids and will not tell them now is asked again another time: without them
    /// all that is here would come once more.
    fn need_ids(&mut self, client: &Client) {
        let Some(response) = self.without_ids.take() else { return };
        let offers = client.capabilities().is_some_and(|it| it.has(&Capability::Uidl));
        let were_told = self.order.seen.iter().next().is_some();
        if (offers || were_told) && !self.inbox.is_empty() {
            self.told.refused.get_or_insert((Verb::Uidl, response));
        }
    }

    fn plan(&mut self) {
        self.is_planned = true;
        let plan = Plan::new(&self.inbox, self.order.seen, self.order.leave, self.order.now);
        self.keep.expect(plan.fetch());
        self.to_fetch = plan.fetch().to_vec().into();
        self.to_delete = plan.delete().to_vec().into();
    }

    fn finish(mut self, error: Option<DriveError<E>>) -> Fetched<E> {
        self.abort();
        let torn = self.fetching.into_iter().filter(|it| !it.is_whole);
        self.told.skipped.extend(torn.map(|it| (it.entry, None)));
        self.told.skipped.extend(self.to_fetch.into_iter().map(|entry| (entry, None)));
        if self.is_quitting {
            self.told.unsure = self.marked;
        }
        if let Some(stat) = self.stat.filter(|_| self.has_bad_lines && self.is_planned) {
            self.told.unlisted = (stat.messages() as usize).saturating_sub(self.inbox.len());
        }
        self.told.is_unsettled = self.inbox.is_unsettled(self.stat);
        self.told.inbox = self.is_planned.then_some(self.inbox);
        self.told.error = error;
        self.told
    }
}

/// A message that has been asked for.
struct Fetching {
    handle: Handle,
    entry: Entry,
    is_whole: bool,
}

/// How many commands are given ahead of their answers.
const AHEAD: usize = 256;
/// How many messages, and how many octets of them, are committed at once.
const BATCH: usize = 256;
const BATCH_OCTETS: u64 = 16 << 20;
/// Octets of refusals that are kept.
const WORDS: usize = 64 << 10;
