//! The paved path over real sockets: nothing is lost, nothing comes twice, and nothing is deleted
//! that is not safe.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]
#![cfg(unix)]

mod common;

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    thread,
    time::{Duration, SystemTime},
};

use common::{App, bold, mrose, open};
use mail_errors::Secret;
use mail_sasl::Credentials;
use mail_wire::{
    drive::{
        DriveError, Driven,
        blocking::{Stream, drive},
    },
    testing::Act,
};
use pop3_proto::{
    ClientLimits, ResponseCode, Status, UniqueId, Verb, Violation,
    client::{Client, Config, Entry, Fetched, Keep, Leave, Order, Seen, fetch_new},
    server::{Event, Server},
};

/// A mailbox that is written down when that is asked for, and forgets the rest.
#[derive(Debug, Default)]
struct Mailbox {
    coming: Vec<u8>,
    ended: Vec<Vec<u8>>,
    kept: Vec<Vec<u8>>,
    seen: Seen,
    /// After so many octets the disk is full.
    room: Option<usize>,
    /// What is known by what it holds.
    known: Vec<(Vec<u8>, SystemTime)>,
    /// What was said to come.
    expected: Vec<u32>,
}

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

impl Keep for Mailbox {
    fn expect(&mut self, messages: &[Entry]) {
        self.expected = numbers(messages);
    }

    fn since(&mut self) -> Option<SystemTime> {
        let known = self.known.iter().find(|(text, _)| *text == self.coming);
        known.map(|(_, since)| *since)
    }

    fn begin(&mut self, _: &Entry) -> io::Result<()> {
        assert!(self.coming.is_empty());
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.coming.extend_from_slice(octets);
        match self.room {
            Some(room) if room < self.coming.len() => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.ended.push(std::mem::take(&mut self.coming));
        Ok(())
    }

    fn abort(&mut self) {
        self.coming.clear();
    }

    fn commit(&mut self, messages: &[Entry]) -> io::Result<()> {
        assert_eq!(messages.len(), self.ended.len());
        self.kept.append(&mut self.ended);
        for id in messages.iter().filter_map(Entry::id) {
            self.seen.insert(id.clone(), NOW);
        }
        Ok(())
    }
}

/// A connection that ends after so many octets from the server.
struct Cut {
    stream: UnixStream,
    left: usize,
}

impl Read for Cut {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let most = room.len().min(self.left);
        if most == 0 {
            return Ok(0);
        }
        let read = self.stream.read(&mut room[..most])?;
        self.left -= read;
        Ok(read)
    }
}

impl Write for Cut {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self.left {
            0 => Err(io::ErrorKind::BrokenPipe.into()),
            _ => self.stream.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Stream for Cut {
    fn set_timeouts(&mut self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.stream.set_timeouts(read, write)
    }

    fn close_sending(&mut self) -> io::Result<()> {
        self.stream.close_sending()
    }
}

type Told = Fetched<Violation>;

/// One session with a server that has these messages; what it deleted is taken out of them.
fn session(
    app: &mut App,
    mailbox: &mut Mailbox,
    leave: Leave,
    now: SystemTime,
    cut: usize,
) -> Told {
    let (near, mut far) = UnixStream::pair().unwrap();
    let serving = {
        let app = app.clone();
        thread::spawn(move || {
            let (mut server, mut deleted) = (Server::new(open()), Vec::new());
            while let Ok(Driven::Event(event)) = drive(&mut server, &mut far, None) {
                let committed = match &event {
                    Event::Commit(deletions) => deletions.iter().map(|it| it.index()).collect(),
                    _ => Vec::new(),
                };
                let _: Act = app.act(&mut server, event);
                deleted.extend(committed);
            }
            deleted
        })
    };
    let mut client = Client::new(bold());
    let seen = mailbox.seen.clone();
    let order = Order { seen: &seen, leave, now };
    let mut stream = Cut { stream: near, left: cut };
    let log_in = |client: &mut Client| client.login(mrose());
    let told = fetch_new(&mut client, |it| it, &mut stream, log_in, order, mailbox);
    drop(stream);
    let deleted: Vec<usize> = serving.join().unwrap();
    for entry in &told.deleted {
        mailbox.seen.remove(entry.id().unwrap());
    }
    for index in deleted.into_iter().rev() {
        // Whatever the client knows of it: it must be here.
        assert!(mailbox.kept.contains(&app.messages[index]), "deleted unseen");
        app.messages.remove(index);
        app.id_of.remove(index);
    }
    told
}

fn numbers(entries: &[Entry]) -> Vec<u32> {
    entries.iter().map(|entry| entry.number().get()).collect()
}

const MESSAGES: [&[u8]; 4] =
    [b"Subject: one\r\n\r\n.\r\n..\r\n", b"", b"Subject: two\r\n\r\nx\r\n", b"short\r\n"];

#[test]
fn ok_each_message_comes_once_and_goes_when_it_is_time() {
    let (mut app, mut mailbox) = (App::new(&MESSAGES), Mailbox::default());
    let day = Duration::from_secs(24 * 60 * 60);
    let told = session(&mut app, &mut mailbox, Leave::Forever, NOW, usize::MAX);
    assert!(told.is_complete(), "{told:?}");
    assert_eq!((numbers(&told.fetched), told.wrong_sizes), (vec![1, 2, 3, 4], 0));
    assert_eq!(mailbox.kept, MESSAGES);

    let told = session(&mut app, &mut mailbox, Leave::days(2), NOW + day, usize::MAX);
    assert!(told.is_complete() && told.fetched.is_empty() && told.deleted.is_empty());
    let told = session(&mut app, &mut mailbox, Leave::days(2), NOW + 2 * day, usize::MAX);
    assert_eq!((told.fetched.len(), numbers(&told.deleted)), (0, vec![1, 2, 3, 4]));
    assert!(app.messages.is_empty() && mailbox.seen.iter().next().is_none());
}

#[test]
fn ok_download_and_delete() {
    let (mut app, mut mailbox) = (App::new(&MESSAGES), Mailbox::default());
    let told = session(&mut app, &mut mailbox, Leave::Never, NOW, usize::MAX);
    assert_eq!(
        (numbers(&told.fetched), numbers(&told.deleted)),
        (vec![1, 2, 3, 4], vec![1, 2, 3, 4])
    );
    assert_eq!((mailbox.kept, app.messages.len()), (MESSAGES.map(Vec::from).to_vec(), 0));
}

/// The connection is cut at every octet, and the session is tried again until it comes through.
#[test]
fn ok_nothing_is_lost_or_doubled_wherever_the_connection_breaks() {
    let whole = 700;
    let mut broken = 0;
    for leave in [Leave::Never, Leave::Forever] {
        for cut in 0..whole {
            let (mut app, mut mailbox) = (App::new(&MESSAGES), Mailbox::default());
            let told = session(&mut app, &mut mailbox, leave, NOW, cut);
            broken += usize::from(told.error.is_some());
            if !told.is_complete() {
                // Not where it was cut again.
                let _ = session(&mut app, &mut mailbox, leave, NOW, cut / 2);
                let told = session(&mut app, &mut mailbox, leave, NOW, usize::MAX);
                assert!(told.is_complete(), "cut at {cut}: {told:?}");
            }
            let mut kept = mailbox.kept;
            kept.sort();
            let mut all = MESSAGES.map(Vec::from).to_vec();
            all.sort();
            assert_eq!(kept, all, "cut at {cut}");
            assert_eq!(app.messages.is_empty(), leave == Leave::Never, "cut at {cut}");
        }
    }
    assert!(broken > whole, "{broken} of them broke");
}

#[test]
fn err_disk_is_full() {
    let (mut app, mut mailbox) = (App::new(&MESSAGES), Mailbox::default());
    mailbox.room = Some(20);
    let told = session(&mut app, &mut mailbox, Leave::Never, NOW, usize::MAX);
    assert_eq!(told.keeping.map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
    assert_eq!((mailbox.kept.len(), app.messages.len()), (0, 4), "{:?}", told.fetched);
    mailbox.room = None;
    let told = session(&mut app, &mut mailbox, Leave::Never, NOW, usize::MAX);
    assert!(told.is_complete() && mailbox.kept == MESSAGES && app.messages.is_empty());
}

/// Servers may delete what has been fetched whole, told or not (RFC 2449 6.7): but not without QUIT.
#[test]
fn err_what_could_not_be_kept_is_not_deleted_by_the_servers_own_doing() {
    let answers = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 1 5\r\n+OK\r\n1 5\r\n.\r\n+OK\r\n1 a\r\n.\r\n\
        +OK\r\nabc\r\n.\r\n+OK bye\r\n";
    for leave in [Leave::Never, Leave::Forever] {
        let mut mailbox = Mailbox { room: Some(2), ..Mailbox::default() };
        let (told, said) = played(answers, leave, &mut mailbox);
        assert!(said.ends_with("|UIDL|RETR 1|"), "{said}");
        assert!(told.keeping.is_some() && told.error.is_none() && told.fetched.is_empty());
    }
}

/// Plays a server's lines, whatever they answer to.
fn played(lines: &'static str, leave: Leave, mailbox: &mut Mailbox) -> (Told, String) {
    played_to(bold(), lines, leave, mailbox)
}

fn played_to(
    config: Config,
    lines: &'static str,
    leave: Leave,
    mailbox: &mut Mailbox,
) -> (Told, String) {
    let (mut near, mut far) = UnixStream::pair().unwrap();
    let mut server = far.try_clone().unwrap();
    let saying = thread::spawn(move || {
        // A client may hang up on what is too much.
        let _ = server.write_all(lines.as_bytes());
        let _ = server.shutdown(std::net::Shutdown::Write);
    });
    let mut client = Client::new(config);
    let seen = mailbox.seen.clone();
    let order = Order { seen: &seen, leave, now: NOW };
    let log_in = |client: &mut Client| client.login(mrose());
    let told = fetch_new(&mut client, |it| it, &mut near, log_in, order, mailbox);
    drop(near);
    saying.join().unwrap();
    let mut said = String::new();
    far.read_to_string(&mut said).unwrap();
    (told, said.replace("\r\n", "|"))
}

#[test]
fn err_login_is_refused() {
    let (told, said) = played(
        "+OK\r\n-ERR\r\n+OK\r\n-ERR [AUTH] no\r\n+OK bye\r\n",
        Leave::Never,
        &mut Mailbox::default(),
    );
    assert_eq!(said, "CAPA|USER mrose|PASS tanstaaf|QUIT|");
    let (verb, response) = told.refused.unwrap();
    assert_eq!((verb, response.status()), (Verb::Pass, Status::Err));
    assert!(told.inbox.is_none() && told.error.is_none());
}

/// A message that is refused, one that is gone from UIDL, ids that are missing and doubled.
#[test]
fn ok_sloppy_server() {
    let mut mailbox = Mailbox::default();
    mailbox.seen.insert(UniqueId::new("same").unwrap(), NOW);
    let (told, said) = played(
        "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+ok 5 -1\r\n+OK\r\n1 5\r\n2 9\r\n3 -1\r\n4 4\r\n2 8\r\n.\r\n\
         +OK\r\n1 same\r\n2 same\r\n3 \r\n5 new\r\n.\r\n\
         -ERR broken\r\n+OK\r\nid 3\r\n.\r\n+OK\r\nid 4\r\n.\r\n+OK\r\nid 5\r\n.\n\
         +OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK bye\r\n",
        Leave::Never,
        &mut mailbox,
    );
    assert_eq!(
        said,
        "CAPA|USER mrose|PASS tanstaaf|STAT|LIST|UIDL|RETR 2|RETR 3|RETR 4|RETR 5|DELE 1|DELE 3|DELE 4|DELE 5|QUIT|"
    );
    assert_eq!((numbers(&told.fetched), numbers(&told.deleted)), (vec![3, 4, 5], vec![1, 3, 4, 5]));
    let [(skipped, Some(why))] = &told.skipped[..] else { panic!("{told:?}") };
    assert_eq!((skipped.number().get(), why.to_string()), (2, "-ERR broken".to_owned()));
    let inbox = told.inbox.as_ref().unwrap();
    assert_eq!((inbox.len(), inbox.doubled(), inbox.without_id()), (5, 1, 2));
    assert!(told.is_unsettled && told.wrong_sizes == 1 && !told.is_complete());
}

#[test]
fn ok_server_without_uidl() {
    let answers = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 1 5\r\n+OK\r\n1 5\r\n.\r\n-ERR what?\r\n\
        +OK\r\nabc\r\n.\r\n+OK bye\r\n";
    let mut mailbox = Mailbox::default();
    for _ in 0..2 {
        let (told, _) = played(answers, Leave::Forever, &mut mailbox);
        assert!(told.is_complete() && told.fetched.len() == 1, "{told:?}");
    }
    assert_eq!(mailbox.kept.len(), 2, "it cannot be known again");
}

#[test]
fn err_quit_is_not_answered() {
    let answers = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 1 5\r\n+OK\r\n1 5\r\n.\r\n+OK\r\n1 a\r\n.\r\n\
        +OK\r\nabc\r\n.\r\n+OK\r\n";
    let mut mailbox = Mailbox::default();
    let (told, said) = played(answers, Leave::Never, &mut mailbox);
    assert!(said.ends_with("DELE 1|QUIT|") && told.deleted.is_empty(), "{told:?}");
    assert_eq!(numbers(&told.unsure), [1]);
    assert_eq!(mailbox.seen.iter().count(), 1, "so it is not fetched again");
}

const LISTED: &str = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 2 6\r\n+OK\r\n1 3\r\n2 3\r\n.\r\n";

/// A server that keeps what it was told to delete says so, and so do we.
#[test]
fn err_deletion_is_refused() {
    let answers = format!(
        "{LISTED}+OK\r\n1 a\r\n2 b\r\n.\r\n+OK\r\nx\r\n.\r\n+OK\r\ny\r\n.\r\n\
         -ERR read-only\r\n+OK\r\n+OK bye\r\n"
    );
    let (told, said) = played(answers.leak(), Leave::Never, &mut Mailbox::default());
    assert!(said.ends_with("DELE 1|DELE 2|QUIT|"), "{said}");
    assert_eq!((numbers(&told.fetched), numbers(&told.deleted)), (vec![1, 2], vec![2]));
    let [(kept, why)] = &told.undeleted[..] else { panic!("{told:?}") };
    assert_eq!((kept.number().get(), why.to_string()), (1, "-ERR read-only".to_owned()));
    assert!(!told.is_complete());
}

#[test]
fn err_login_that_cannot_be_given() {
    let (mut near, _far) = UnixStream::pair().unwrap();
    let (mut client, mut mailbox, seen) = (Client::new(bold()), Mailbox::default(), Seen::new());
    let order = Order { seen: &seen, leave: Leave::Never, now: NOW };
    let blank = Credentials::new("mrose ", Secret::from("tanstaaf")).unwrap();
    let log_in = |client: &mut Client| client.apop(blank);
    let told = fetch_new(&mut client, |it| it, &mut near, log_in, order, &mut mailbox);
    assert!(told.misuse.is_some() && !told.is_complete(), "{told:?}");
}

/// Of messages with one id as many are known as have come, in the order of their numbers: so none
/// counts before those in front of it.
#[test]
fn err_message_whose_namesake_did_not_come_is_not_taken_for_it() {
    let ids = "+OK\r\n1 a\r\n2 a\r\n.\r\n";
    let (x, y) = ("+OK\r\nx\r\n.\r\n", "+OK\r\ny\r\n.\r\n");
    let mut mailbox = Mailbox::default();
    let answers = format!("{LISTED}{ids}-ERR [SYS/TEMP] later\r\n{y}+OK bye\r\n");
    let (told, _) = played(answers.leak(), Leave::Forever, &mut mailbox);
    assert!(told.fetched.is_empty() && told.error.is_none() && mailbox.kept.is_empty());
    let skipped: Vec<_> =
        told.skipped.iter().map(|(it, why)| (it.number().get(), why.is_some())).collect();
    assert_eq!(skipped, [(1, true), (2, false)]);
    let answers = format!("{LISTED}{ids}{x}{y}+OK\r\n+OK\r\n+OK bye\r\n");
    let (told, _) = played(answers.leak(), Leave::Never, &mut mailbox);
    assert_eq!(mailbox.kept, [b"x\r\n", b"y\r\n"]);
    assert_eq!(numbers(&told.deleted), [1, 2]);
}

/// Where there is nothing, some servers have nothing to list.
#[test]
fn ok_empty_maildrop_whose_listings_are_refused() {
    let answers = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 0 0\r\n-ERR none\r\n-ERR none\r\n+OK bye\r\n";
    let (told, _) = played(answers, Leave::Never, &mut Mailbox::default());
    assert!(told.is_complete() && told.inbox.is_some_and(|inbox| inbox.is_empty()));
    let answers = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 1 5\r\n-ERR none\r\n-ERR none\r\n+OK bye\r\n";
    let (told, _) = played(answers, Leave::Never, &mut Mailbox::default());
    assert_eq!(told.refused.map(|(verb, _)| verb), Some(Verb::List));
}

/// Without ids, what a message holds tells whether it is here, if the mailbox knows such things.
#[test]
fn ok_messages_without_ids_come_once_if_their_text_is_known() {
    let answers = format!(
        "{LISTED}-ERR what?\r\n+OK\r\nx\r\n.\r\n+OK\r\ny\r\n.\r\n+OK\r\n+OK\r\n+OK bye\r\n"
    );
    let answers: &str = answers.leak();
    let day = Duration::from_secs(24 * 60 * 60);
    for (leave, since, deleted) in [
        (Leave::Forever, NOW, vec![]),
        (Leave::days(1), NOW, vec![]),
        (Leave::days(1), NOW - day, vec![1]),
        (Leave::Never, NOW, vec![1, 2]),
    ] {
        let known = vec![(b"x\r\n".to_vec(), since)];
        let mut mailbox = Mailbox { known, ..Mailbox::default() };
        let (told, said) = played(answers, leave, &mut mailbox);
        assert!(said.contains("|RETR 1|RETR 2|") && told.error.is_none(), "{said}");
        assert_eq!((mailbox.kept, numbers(&told.fetched)), (vec![b"y\r\n".to_vec()], vec![2]));
        assert_eq!(numbers(&told.deleted), deleted, "{leave:?}");
        assert!(told.is_complete() && mailbox.expected == [1, 2]);
    }
}

/// A server that had ids, or says that it has, is not taken for one that has none.
#[test]
fn err_ids_are_refused_for_once() {
    let login = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 1 3\r\n+OK\r\n1 3\r\n.\r\n";
    let offers = "+OK\r\n+OK\r\nUIDL\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n+OK\r\nUIDL\r\n.\r\n+OK 1 3\r\n+OK\r\n1 3\r\n.\r\n";
    let mut before = Seen::new();
    before.insert(UniqueId::new("a").unwrap(), NOW);
    for (login, seen) in [(login, before), (offers, Seen::new())] {
        let mut mailbox = Mailbox { seen, ..Mailbox::default() };
        let answers = format!("{login}-ERR [SYS/TEMP] later\r\n+OK bye\r\n");
        let (told, said) = played(answers.leak(), Leave::Never, &mut mailbox);
        assert!(said.ends_with("|UIDL|QUIT|"), "{said}");
        assert_eq!(told.refused.map(|(verb, _)| verb), Some(Verb::Uidl));
        assert!(told.fetched.is_empty() && told.deleted.is_empty() && mailbox.kept.is_empty());
    }
}

/// What is listed is held, so there is an end to it.
#[test]
fn err_server_that_lists_without_end() {
    let login = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 3 3\r\n";
    let limits = ClientLimits { listing: 3, ..ClientLimits::default() };
    for listings in [
        "+OK\r\n1 1\r\n2 1\r\n3 1\r\n4 1\r\n",
        "+OK\r\n1 1\r\n2 1\r\n3 1\r\n.\r\n+OK\r\n1 a\r\n2 b\r\n3 c\r\n4 d\r\n",
    ] {
        let mut mailbox = Mailbox::default();
        mailbox.seen.insert(UniqueId::new("a").unwrap(), NOW);
        let answers: &str = format!("{login}{listings}").leak();
        let config = bold().limits(limits.clone());
        let (told, said) = played_to(config, answers, Leave::Never, &mut mailbox);
        let Some(DriveError::Session(error)) = &told.error else { panic!("{told:?}") };
        assert_eq!(*error, Violation::ListingTooLong { limit: 3 });
        assert!(
            !said.contains("RETR") && !said.contains("DELE") && !said.contains("QUIT"),
            "{said}"
        );
        assert!(told.inbox.is_none() && !told.is_complete() && mailbox.kept.is_empty());
    }
}

/// Of a million refusals nobody keeps all the words.
#[test]
fn ok_words_of_many_refusals_are_left_out_and_their_codes_kept() {
    const MESSAGES: usize = 1000;
    let lines = |of: &dyn Fn(usize) -> String| (1..=MESSAGES).map(of).collect::<String>();
    let words = "x".repeat(400);
    let refusal = format!("-ERR [SYS/TEMP] {words}\r\n");
    let answers = format!(
        "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK {MESSAGES} 5\r\n+OK\r\n{}.\r\n+OK\r\n{}.\r\n{}+OK bye\r\n",
        lines(&|n| format!("{n} 5\r\n")),
        lines(&|n| format!("{n} id-{n}\r\n")),
        refusal.repeat(MESSAGES),
    );
    let (told, _) = played(answers.leak(), Leave::Never, &mut Mailbox::default());
    assert_eq!(told.skipped.len(), MESSAGES);
    let whys = told.skipped.iter().map(|(_, why)| why.as_ref().unwrap());
    assert!(whys.clone().all(|why| why.code() == Some(ResponseCode::SysTemp)));
    let kept: usize = whys.map(|why| why.text().len()).sum();
    assert!((32 << 10..64 << 10).contains(&kept), "{kept}");
}

/// RFC 1939 6: after `-ERR` some may be there and some may not; without QUIT all are.
#[test]
fn err_what_became_of_the_marked_is_not_known() {
    let fetched = format!("{LISTED}+OK\r\n1 a\r\n2 b\r\n.\r\n+OK\r\nx\r\n.\r\n+OK\r\ny\r\n.\r\n");
    for (end, unsure) in [
        ("+OK\r\n+OK\r\n-ERR some deleted messages not removed\r\n", vec![1, 2]),
        ("+OK\r\n-ERR no\r\n+O", vec![1]),
        ("+OK\r\n+OK\r\n+OK\r\n", vec![]),
        // The connection broke before QUIT was said.
        ("+OK\r\n", vec![]),
    ] {
        let mut mailbox = Mailbox::default();
        let (told, _) = played(format!("{fetched}{end}").leak(), Leave::Never, &mut mailbox);
        assert_eq!((numbers(&told.fetched), numbers(&told.unsure)), (vec![1, 2], unsure), "{end}");
        assert_eq!(told.is_complete(), end.matches("+OK").count() == 3, "{end}");
        assert_eq!(told.deleted.is_empty(), !told.is_complete());
    }
}

/// Which of two ids is a message's? One that is due may be another message's by now.
#[test]
fn ok_message_with_two_ids_is_fetched_before_it_is_deleted() {
    let mut mailbox = Mailbox::default();
    mailbox.seen.insert(UniqueId::new("a").unwrap(), NOW);
    mailbox.seen.insert(UniqueId::new("b").unwrap(), NOW);
    let answers = format!(
        "{LISTED}+OK\r\n1 a\r\n1 new\r\n2 b\r\n2 b\r\n1 a\r\n.\r\n\
         +OK\r\nx\r\n.\r\n+OK\r\n+OK\r\n+OK bye\r\n"
    );
    let (told, said) = played(answers.leak(), Leave::Never, &mut mailbox);
    assert!(said.contains("|UIDL|RETR 1|DELE 2|DELE 1|QUIT|"), "{said}");
    assert_eq!((&mailbox.kept[..], numbers(&told.deleted)), (&[b"x\r\n".to_vec()][..], vec![2, 1]));
    assert!(told.is_unsettled && told.inbox.unwrap().without_id() == 1);
}

/// One bad line does not lose the rest, and is not passed over in silence either.
#[test]
fn err_message_whose_lines_cannot_be_read_is_counted() {
    let digits = "9".repeat(10_000);
    let login = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n";
    for (stat, list, uidl, unlisted) in [
        (2, format!("1 {digits}\r\n{digits} 3\r\n2 1\r\n"), format!("1 {digits}\r\n2 b\r\n"), 1),
        (1, "0 3\r\n2 1\r\n".to_owned(), "0 z\r\n2 b\r\n".to_owned(), 0),
        // Servers whose STAT counts what is gone tell of it nowhere else.
        (2, "2 1\r\n".to_owned(), "2 b\r\n".to_owned(), 0),
    ] {
        let answers = format!(
            "{login}+OK {stat} 6\r\n+OK\r\n{list}.\r\n+OK\r\n{uidl}.\r\n+OK\r\nx\r\n.\r\n+OK bye\r\n"
        );
        let (told, said) = played(answers.leak(), Leave::Forever, &mut Mailbox::default());
        assert!(said.ends_with("|UIDL|RETR 2|QUIT|"), "{said}");
        assert_eq!((numbers(&told.fetched), told.unlisted), (vec![2], unlisted));
        assert_eq!(told.is_complete(), unlisted == 0, "{told:?}");
    }
}
