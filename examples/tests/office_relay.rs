//! Mail on its way out: to hosts that cannot do what they offer, that say no, that say nothing.

mod office_support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use mail_dns::{Name, zone::Authority};
use mail_errors::dsn::{Action, Bounce};
use mail_examples::{
    config::Service,
    office::{
        clock::{monotonic, wall},
        dns::zone_for,
    },
    store::{Queue, SqliteStore},
    tls::Identity,
};
use mail_message::mime::Tree;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use office_support::{Dir, Office, account, config};

const MESSAGE: &str = "Subject: hello\r\n\r\nhello\r\n";
const ALICE: &str = "alice@post-office.test";
const TO: [&str; 1] = ["x@elsewhere.test"];
/// What the machine needs at its slowest.
const SOON: Duration = Duration::from_secs(20);

/// The lines that a host was told in one conversation.
type Told = Vec<String>;

/// A host for `elsewhere.test`, and what it was told.
struct Host {
    port: u16,
    told: Receiver<Told>,
}

impl Host {
    /// Holds each conversation as `talk` has it, given its number.
    fn new(talk: impl Fn(usize, &TcpStream) -> Told + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (tell, told) = channel();
        thread::spawn(move || {
            for (nth, stream) in listener.incoming().enumerate() {
                let stream = stream.expect("a connection");
                if tell.send(talk(nth, &stream)).is_err() {
                    return;
                }
            }
        });
        Self { port, told }
    }

    /// Opens an office that sends the mail for `elsewhere.test` here.
    fn office(&self, name: &str, text: &str) -> Office {
        self.office_for(name, text, "elsewhere.test")
    }

    /// Opens an office that sends the mail for this domain here.
    fn office_for(&self, name: &str, text: &str, domain: &str) -> Office {
        Office::prepared(name, text, |bound| {
            let dns = |text: &str| text.parse::<Name>().expect("a name");
            let (domain, host) = (dns(domain), dns(&format!("mx.{domain}")));
            let zone = zone_for(&domain, &host, &["127.0.0.1".parse().expect("an address")]);
            *bound.zones().write().expect("not poisoned") =
                Authority::from_iter([zone.expect("a zone")]);
            bound.resolve_at(bound.address(Service::Dns));
            bound.relay_to(self.port);
        })
    }

    fn next(&self) -> Told {
        self.told.recv_timeout(SOON).expect("a conversation")
    }
}

/// Speaks SMTP until QUIT, STARTTLS or the end, and takes every message. `answer` says what it
/// thinks of a recipient.
fn smtp(mut wire: impl Read + Write, answer: impl Fn(&str) -> &'static str) -> Told {
    let mut told = Vec::new();
    let _ = wire.write_all(b"220 mx.elsewhere.test ESMTP\r\n");
    answer_commands(&mut wire, &mut told, answer);
    told
}

fn answer_commands(
    wire: &mut (impl Read + Write),
    told: &mut Told,
    answer: impl Fn(&str) -> &'static str,
) {
    let answer = |line: &str| if line.starts_with("RCPT") { answer(line) } else { "250 ok" };
    answer_commands_as(wire, told, "250-mx.elsewhere.test\r\n250 STARTTLS", answer);
}

/// The same, offering this, and with an opinion of MAIL too.
fn answer_commands_as(
    wire: &mut (impl Read + Write),
    told: &mut Told,
    ehlo: &str,
    answer: impl Fn(&str) -> &'static str,
) {
    let mut wire = BufReader::new(wire);
    let mut is_message = false;
    loop {
        let mut line = String::new();
        if !matches!(wire.read_line(&mut line), Ok(1..)) {
            return;
        }
        let line = line.trim_end().to_owned();
        let reply = match line.split([' ', ':']).next().unwrap_or_default() {
            "." if is_message => "250 2.0.0 taken",
            _ if is_message => continue,
            "EHLO" => ehlo,
            "MAIL" | "RCPT" => answer(&line),
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            "STARTTLS" => "220 go on",
            _ => "250 ok",
        };
        is_message = line == "DATA";
        let _ = wire.get_mut().write_all(format!("{reply}\r\n").as_bytes());
        let is_over = matches!(&*line, "QUIT" | "STARTTLS");
        told.push(line);
        if is_over {
            return;
        }
    }
}

fn yes(_: &str) -> &'static str {
    "250 ok"
}

/// RFC 3461 §5.2: what was asked for goes on to a host that can do it.
#[test]
fn ok_what_the_sender_asks_for_goes_on() {
    let host = Host::new(|_, mut stream| {
        let _ = stream.write_all(b"220 mx.elsewhere.test ESMTP\r\n");
        let mut told = Vec::new();
        answer_commands_as(&mut stream, &mut told, "250-mx.elsewhere.test\r\n250 DSN", yes);
        told
    });
    let office = host.office("relay-dsn", &config(""));
    let mut client = office.submission("alice");
    client.smtp(&format!("MAIL FROM:<{ALICE}> RET=HDRS ENVID=Q+2B1")).code(250);
    let asked = "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+2Bb@elsewhere.test";
    client.smtp(&format!("RCPT TO:<x@elsewhere.test> {asked}")).code(250);
    client.smtp("DATA").code(354);
    client.smtp(&format!("{MESSAGE}.")).code(250);
    let told = host.next();
    let line = |verb: &str| told.iter().find(|line| line.starts_with(verb)).expect("was said");
    assert!(line("MAIL").ends_with(" RET=HDRS ENVID=Q+2B1"), "{told:?}");
    assert_eq!(*line("RCPT"), format!("RCPT TO:<x@elsewhere.test> {asked}"));
}

/// RFC 3461 §4.1
#[test]
fn ok_sender_who_wants_to_hear_of_nothing_does_not() {
    let host = Host::new(|_, stream| smtp(stream, |_| "550 5.1.1 nobody"));
    let office = host.office("relay-never", &config(""));
    for (asked, notices) in [(" NOTIFY=NEVER", 0), (" NOTIFY=SUCCESS", 0), ("", 1)] {
        let mut client = office.submission("alice");
        client.smtp(&format!("MAIL FROM:<{ALICE}>")).code(250);
        client.smtp(&format!("RCPT TO:<x@elsewhere.test>{asked}")).code(250);
        client.smtp("DATA").code(354);
        client.smtp(&format!("{MESSAGE}.")).code(250);
        settled(&office);
        assert_eq!(office.inbox("alice").len(), notices, "{asked}");
    }
}

/// RFC 3461 §5.2.2: of success the last tells who can; a host without DSN never will.
#[test]
fn ok_sender_hears_that_a_host_took_it_that_tells_nothing() {
    for (name, ehlo, notices) in [
        ("relay-untold", "250-mx.elsewhere.test\r\n250 HELP", 1),
        ("relay-told-on", "250-mx.elsewhere.test\r\n250 DSN", 0),
    ] {
        let host = Host::new(move |_, mut stream| {
            let _ = stream.write_all(b"220 mx.elsewhere.test ESMTP\r\n");
            let mut told = Vec::new();
            answer_commands_as(&mut stream, &mut told, ehlo, yes);
            told
        });
        let alias = "[aliases]\n'away@post-office.test' = ['x@elsewhere.test']\n";
        let office = host.office(name, &config(alias));
        let mut client = office.submission("alice");
        client.smtp(&format!("MAIL FROM:<{ALICE}> ENVID=Q1")).code(250);
        client.smtp("RCPT TO:<away@post-office.test> NOTIFY=SUCCESS").code(250);
        client.smtp("RCPT TO:<y@elsewhere.test> NOTIFY=FAILURE").code(250);
        client.smtp("DATA").code(354);
        client.smtp(&format!("{MESSAGE}.")).code(250);
        settled(&office);
        let inbox = office.inbox("alice");
        assert_eq!(inbox.len(), notices, "{name}");
        let told = host.next();
        // RFC 3461 §5.2.7.3: the name that the sender knows goes on with the alias.
        let asked = "NOTIFY=SUCCESS ORCPT=rfc822;away@post-office.test";
        assert_eq!(told.iter().any(|line| line.ends_with(asked)), notices == 0, "{told:?}");
        let Some(notice) = inbox.first() else { continue };
        let bounce = Bounce::read(notice.as_bytes()).expect("a report");
        let [recipient] = bounce.report().recipients() else { panic!("one recipient") };
        assert_eq!(recipient.action(), Action::Relayed);
        assert_eq!(recipient.address().to_string(), "rfc822; x@elsewhere.test");
        let original = recipient.original().expect("it was named").to_string();
        assert_eq!(original, "rfc822; away@post-office.test");
        let words = recipient.diagnostic().expect("the host's").to_string();
        assert_eq!(words, "smtp; 250 2.0.0 taken");
        assert_eq!(recipient.remote_mta().expect("it spoke").text(), b"mx.elsewhere.test");
        assert_eq!(bounce.report().original_envelope_id(), Some("Q1"));
    }
}

/// RFC 6531 §3.2, §3.5: what is in UTF-8 goes to who takes it, and comes back from who does not.
#[test]
fn ok_addresses_in_utf8_go_to_who_takes_them() {
    for (name, ehlo, taken) in [
        ("relay-utf8", "250-mx.elsewhere.test\r\n250-8BITMIME\r\n250 SMTPUTF8", true),
        ("relay-ascii", "250-mx.elsewhere.test\r\n250 8BITMIME", false),
    ] {
        let host = Host::new(move |_, mut stream| {
            let _ = stream.write_all(b"220 mx.elsewhere.test ESMTP\r\n");
            let mut told = Vec::new();
            answer_commands_as(&mut stream, &mut told, ehlo, yes);
            told
        });
        let office = host.office(name, &config(""));
        let send = |office: &Office, to: &str, message: &str| {
            let mut client = office.submission("alice");
            client.smtp(&format!("MAIL FROM:<{ALICE}> SMTPUTF8")).code(250);
            client.smtp(&format!("RCPT TO:<{to}>")).code(250);
            client.smtp("DATA").code(354);
            client.smtp(&format!("{message}.")).code(250);
            settled(office);
        };
        // An address in UTF-8, and a header.
        for (to, message) in [
            ("ビル@elsewhere.test", MESSAGE.to_owned()),
            ("x@elsewhere.test", format!("From: ビル <{ALICE}>\r\n{MESSAGE}")),
        ] {
            let before = office.inbox("alice").len();
            send(&office, to, &message);
            let told = host.next();
            let has = |end: &str| told.iter().any(|line| line.ends_with(end));
            assert_eq!(has(" SMTPUTF8"), taken, "{told:?}");
            assert_eq!(has(&format!("RCPT TO:<{to}>")), taken, "{told:?}");
            let inbox = office.inbox("alice");
            assert_eq!(inbox.len() - before, usize::from(!taken), "{inbox:?}");
            let Some(notice) = inbox.get(before) else { continue };
            assert!(notice.is_ascii(), "the sender's address is");
            let bounce = Bounce::read(notice.as_bytes()).expect("a report");
            let [recipient] = bounce.report().recipients() else { panic!("one recipient") };
            assert_eq!(*recipient.address().as_address(), *to.as_bytes());
            assert_eq!(recipient.status().expect("a status").to_string(), "5.6.7");
            assert_eq!(recipient.action(), Action::Failed);
        }
        // Who says that there may be some, and has none, is served anywhere.
        send(&office, "x@elsewhere.test", MESSAGE);
        let told = host.next();
        let mail = told.iter().find(|line| line.starts_with("MAIL")).expect("was said");
        assert!(!mail.contains("SMTPUTF8") && told.iter().any(|line| line == "DATA"), "{told:?}");
    }
}

/// RFC 6531 §3.2: the DNS knows the domain by its A-labels, and the host by what the sender wrote.
#[test]
fn ok_domain_in_unicode_is_looked_up_in_ascii() {
    let host = Host::new(|_, mut stream| {
        let _ = stream.write_all(b"220 mx.elsewhere.test ESMTP\r\n");
        let mut told = Vec::new();
        let ehlo = "250-mx.elsewhere.test\r\n250-8BITMIME\r\n250 SMTPUTF8";
        answer_commands_as(&mut stream, &mut told, ehlo, yes);
        told
    });
    let office = host.office_for("relay-idn", &config(""), "xn--fsq.test");
    let mut client = office.submission("alice");
    client.smtp(&format!("MAIL FROM:<{ALICE}> SMTPUTF8")).code(250);
    client.smtp("RCPT TO:<x@例.test>").code(250);
    client.smtp("DATA").code(354);
    client.smtp(&format!("{MESSAGE}.")).code(250);
    let told = host.next();
    assert!(told.iter().any(|line| line == "RCPT TO:<x@例.test>"), "{told:?}");
    settled(&office);
    assert_eq!(office.inbox("alice"), [""; 0]);
}

/// RFC 5321 §4.5.3.1.10, RFC 9422 §3: whether the host said so before, or says so then.
#[test]
fn ok_too_many_recipients_at_once_go_in_further_transactions() {
    for (name, limit) in [("announced", "\r\n250-LIMITS RCPTMAX=2"), ("told", "")] {
        let host = Host::new(move |_, mut stream| {
            let _ = stream.write_all(b"220 mx.elsewhere.test ESMTP\r\n");
            let (mut told, taken) = (Vec::new(), std::cell::Cell::new(0));
            let ehlo = format!("250-mx.elsewhere.test{limit}\r\n250 HELP");
            answer_commands_as(&mut stream, &mut told, &ehlo, |line| {
                if line.starts_with("MAIL") {
                    taken.set(0);
                } else if taken.get() == 2 {
                    return "452 4.5.3 too many recipients";
                } else {
                    taken.set(taken.get() + 1);
                }
                "250 ok"
            });
            told
        });
        let office = host.office(&format!("relay-too-many-{name}"), &config(""));
        let five = ["a", "b", "c", "d", "e"].map(|local| format!("{local}@elsewhere.test"));
        let five = five.each_ref().map(String::as_str);
        office.submission("alice").message(ALICE, &five, MESSAGE).code(250);
        settled(&office);
        let told = host.next();
        let commands = |verb: &str| told.iter().filter(|line| line.starts_with(verb)).count();
        assert_eq!((commands("MAIL"), commands("."), commands("QUIT")), (3, 3, 1), "{told:?}");
        assert_eq!(office.inbox("alice"), [""; 0], "nobody was refused");
    }
}

/// Waits until the office has settled everything.
fn settled(office: &Office) {
    let began = monotonic();
    while office.queued() > 0 {
        assert!(began.elapsed() < SOON, "something waits in the queue");
        thread::sleep(Duration::from_millis(20));
    }
}

/// RFC 7435 §3: any message that would have gone in the clear still goes.
#[test]
fn ok_message_goes_in_the_clear_when_tls_fails() {
    let host = Host::new(|nth, mut stream| {
        let mut told = smtp(stream, yes);
        // Every second conversation is in the clear. What the others come to, once the client has
        // begun its handshake:
        if nth % 2 == 0 {
            let _ = stream.read(&mut [0; 1]);
        }
        match nth {
            // Something other than TLS.
            0 => drop(stream.write_all(b"500 what?\r\n")),
            // A host that breaks it off: handshake_failure(40), RFC 8446 §6.2.
            2 => drop(stream.write_all(&[21, 3, 3, 0, 2, 2, 40])),
            // An end without a word, with what was said unread.
            4 => {}
            _ => told.retain(|line| line != "QUIT"),
        }
        told
    });
    let office = host.office("relay-clear", &config(""));
    for _ in 0..3 {
        office.submission("alice").message(ALICE, &TO, MESSAGE).code(250);
        assert_eq!(host.next().last().map(String::as_str), Some("STARTTLS"));
        let clear = host.next();
        assert!(!clear.iter().any(|line| line == "STARTTLS"), "{clear:?}");
        assert_eq!(clear.last().map(String::as_str), Some("."), "{clear:?}");
        settled(&office);
    }
}

/// Who got as far as TLS is not sent a message in the clear, whatever happens next.
#[test]
fn err_connection_lost_behind_the_handshake_waits_for_better_times() {
    let dir = Dir::new("relay-tls-host");
    let identity = Identity::in_directory(dir.path(), &["mx.elsewhere.test"]).expect("one");
    let server: Arc<ServerConfig> = identity.server_config().expect("a configuration");
    let host = Host::new(move |_, stream| {
        let mut told = smtp(stream, yes);
        let tls = ServerConnection::new(server.clone()).expect("a server");
        let mut wire = BufReader::new(StreamOwned::new(tls, stream));
        let mut line = String::new();
        let _ = wire.read_line(&mut line);
        told.push(line.trim_end().to_owned());
        told
    });
    let office = host.office("relay-tls", &config(""));
    office.submission("alice").message(ALICE, &TO, MESSAGE).code(250);
    let told = host.next();
    let last: Vec<&str> = told.iter().rev().take(2).map(String::as_str).collect();
    assert!(last[0].starts_with("EHLO ") && last[1] == "STARTTLS", "{told:?}");
    let again = host.told.recv_timeout(Duration::from_secs(2));
    assert!(again.is_err(), "{again:?}");
    assert_eq!(office.queued(), 1);
}

#[test]
fn ok_notice_comes_from_a_postmaster_who_can_be_answered() {
    let host = Host::new(|_, stream| smtp(stream, |_| "550 5.1.1 no such user"));
    // The host's name is none of the domains that take mail.
    let office = host.office("relay-notice", &config(""));
    // The client tries TLS, which this host only offers.
    office.submission("alice").message(ALICE, &TO, MESSAGE).code(250);
    settled(&office);
    let [notice] = &office.inbox("alice")[..] else { panic!("one notice") };
    assert!(notice.starts_with("Return-Path: <>\r\n"), "{notice}");
    let from = notice.lines().find(|line| line.starts_with("From: ")).expect("a sender");
    assert!(from.ends_with("<postmaster@post-office.test>"), "{from}");
    office.smtp().message("", &["postmaster@post-office.test"], MESSAGE).code(250);
}

/// RFC 3464, RFC 6522: for programs, for people in both languages, and the message comes back.
#[test]
fn ok_notice_is_a_delivery_status_notification() {
    let host = Host::new(|_, stream| smtp(stream, |_| "550 5.1.1 no such user"));
    let office = host.office("relay-notification", &config(""));
    office.submission("alice").message(ALICE, &TO, MESSAGE).code(250);
    settled(&office);
    let [notice] = &office.inbox("alice")[..] else { panic!("one notice") };
    let tree = Tree::parse(notice.as_bytes());
    assert_eq!(tree.defects().count(), 0, "{notice}");
    let parts: Vec<_> = tree.root().children().collect();
    let text = String::from_utf8(parts[0].decoded().into_owned()).expect("text");
    assert!(text.contains("could not be delivered") && text.contains("配信できません"), "{text}");
    let returned = String::from_utf8_lossy(parts[2].body());
    assert!(returned.ends_with(MESSAGE), "{returned}");
    assert!(notice.contains("Auto-Submitted: auto-replied\r\n"), "{notice}");

    let bounce = Bounce::read(notice.as_bytes()).expect("a bounce");
    let [recipient] = bounce.report().recipients() else { panic!("one recipient") };
    assert_eq!(*recipient.address().as_address(), *TO[0].as_bytes());
    assert_eq!(recipient.action(), Action::Failed);
    let host = recipient.remote_mta().expect("it spoke").text_lossy().into_owned();
    assert!(host.ends_with("elsewhere.test"), "{host}");
    let reply = recipient.reply().expect("it failed");
    assert_eq!(reply.to_string(), "550 5.1.1 no such user");
    assert!(bounce.report().arrival().is_some());
}

/// RFC 3461 §6.3, §4.3: the notice has the names that the sender knows, and what RET asks for.
#[test]
fn ok_notice_has_what_the_sender_asks_for() {
    let host = Host::new(|_, stream| smtp(stream, |_| "550 5.1.1 no such user"));
    let office = host.office("relay-asked", &config(""));
    let mut client = office.submission("alice");
    client.smtp(&format!("MAIL FROM:<{ALICE}> RET=HDRS ENVID=Q+2B1")).code(250);
    let asked = "NOTIFY=FAILURE ORCPT=rfc822;x+2Bb@elsewhere.test";
    client.smtp(&format!("RCPT TO:<x@elsewhere.test> {asked}")).code(250);
    client.smtp("DATA").code(354);
    client.smtp(&format!("{MESSAGE}.")).code(250);
    settled(&office);
    let [notice] = &office.inbox("alice")[..] else { panic!("one notice") };
    let bounce = Bounce::read(notice.as_bytes()).expect("a bounce");
    assert_eq!(bounce.report().original_envelope_id(), Some("Q+1"));
    let original = bounce.report().recipients()[0].original().expect("it was named");
    assert_eq!(original.to_string(), "rfc822; x+b@elsewhere.test");
    assert!(notice.contains("Content-Type: text/rfc822-headers\r\n"), "{notice}");
    assert!(notice.contains("Subject: hello\r\n") && !notice.contains("\r\nhello\r\n"), "{notice}");
}

/// RFC 3834 §2: who answers by himself is not answered.
#[test]
fn err_no_notice_in_answer_to_what_answers_by_itself() {
    let host = Host::new(|_, stream| smtp(stream, |_| "550 5.1.1 no such user"));
    let office = host.office("relay-silence", &config(""));
    let reply = format!("Auto-Submitted: auto-replied\r\n{MESSAGE}");
    office.submission("alice").message(ALICE, &TO, &reply).code(250);
    settled(&office);
    assert_eq!(office.inbox("alice"), [""; 0]);
}

/// A notice that finds no room must not make the message go out again, and again.
#[test]
fn err_no_room_for_a_notice_leaves_nothing_in_the_queue() {
    let answer =
        |line: &str| if line.contains("<y@") { "250 ok" } else { "550 5.1.1 no such user" };
    let host = Host::new(move |_, stream| smtp(stream, answer));
    let text = config(&account("carol", "quota = 2000"));
    let office = host.office("relay-full", &text);
    let carol = "carol@post-office.test";
    let filling = format!("Subject: x\r\n\r\n{}", "0123456789abcdef\r\n".repeat(80));
    office.smtp().message("z@elsewhere.test", &[carol], &filling).code(250);

    let to = ["x@elsewhere.test", "y@elsewhere.test"];
    office.submission("carol").message(carol, &to, MESSAGE).code(250);
    settled(&office);
    assert_eq!(office.inbox("carol").len(), 1, "the notice found no room");
    let conversations: Vec<Told> = host.told.try_iter().collect();
    let sent = conversations.iter().flatten().filter(|line| *line == "DATA").count();
    assert_eq!(sent, 1, "{conversations:?}");
}

/// A store that is out of order for a moment costs neither the notice nor the message.
#[test]
fn err_store_that_fails_when_a_failure_is_to_be_told() {
    let (go_on, wait) = channel();
    let wait = Mutex::new(wait);
    let host = Host::new(move |_, stream| {
        smtp(stream, |_| {
            let _ = wait.lock().expect("not poisoned").recv_timeout(SOON);
            "550 5.1.1 no such user"
        })
    });
    let office = host.office("relay-store", &config(""));
    office.submission("alice").message(ALICE, &TO, MESSAGE).code(250);
    let store = rusqlite::Connection::open(office.dir().join("store.sqlite")).expect("opens");
    let rename = |from: &str, to: &str| {
        store.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).expect("renamed");
    };
    // Who the sender is cannot be found out.
    rename("alias", "away");
    go_on.send(()).expect("the host is there");
    // The first ends with the TLS that this host only offers.
    let _ = (host.next(), host.next());
    thread::sleep(Duration::from_millis(500));
    assert_eq!(office.queued(), 1, "it is not given up without a word");
    rename("away", "alias");
    settled(&office);
    assert_eq!(office.inbox("alice").len(), 1, "one notice");
    assert!(host.told.try_recv().is_err(), "the host was asked once");
}

/// What cannot be read any more is told to its sender, kept, and in nobody's way.
#[test]
fn err_row_that_cannot_be_read_is_set_aside_and_told() {
    let (go_on, wait) = channel();
    let wait = Mutex::new(wait);
    let host = Host::new(move |_, stream| {
        smtp(stream, |_| {
            let _ = wait.lock().expect("not poisoned").recv_timeout(SOON);
            "450 4.2.0 later"
        })
    });
    let office = host.office("relay-damaged", &config(""));
    office.submission("alice").message(ALICE, &TO, MESSAGE).code(250);
    go_on.send(()).expect("the host is there");
    let _ = (host.next(), host.next());
    let store = rusqlite::Connection::open(office.dir().join("store.sqlite")).expect("opens");
    let deadline = monotonic() + SOON;
    let put_off = "UPDATE recipient SET address = 'nonsense', due_at = 0 WHERE attempts = 1";
    while store.execute(put_off, []).expect("damaged") == 0 {
        assert!(monotonic() < deadline, "it was not put off");
        thread::sleep(Duration::from_millis(20));
    }
    // Something new wakes the relay.
    drop(go_on);
    office
        .submission("bob")
        .message("bob@post-office.test", &["y@elsewhere.test"], MESSAGE)
        .code(250);
    while office.inbox("alice").is_empty() {
        assert!(monotonic() < deadline, "the sender was not told");
        thread::sleep(Duration::from_millis(20));
    }
    let [notice] = &office.inbox("alice")[..] else { panic!("one notice") };
    let bounce = Bounce::read(notice.as_bytes()).expect("a bounce");
    let [recipient] = bounce.report().recipients() else { panic!("one recipient") };
    assert_eq!(recipient.address().to_string(), "rfc822; nonsense");
    let reply = recipient.reply().expect("it failed").to_string();
    assert!(reply.starts_with("554 5.3.0 "), "{reply}");
    let told = host.next();
    assert!(told.iter().any(|line| line.starts_with("STARTTLS")), "{told:?}");
    assert_eq!(office.queued(), 2, "both are kept");
}

#[test]
fn ok_closing_in_mid_conversation_puts_the_message_off_and_not_away() {
    let (begun, begins) = channel();
    let host = Host::new(move |_, stream| {
        begun.send(()).expect("the test is there");
        // Not a word, for as long as the client has patience.
        let mut stream = stream;
        let _ = stream.read(&mut [0; 1]);
        Vec::new()
    });
    let mut office = host.office("relay-close", &config(""));
    office.submission("alice").message(ALICE, &TO, MESSAGE).code(250);
    begins.recv_timeout(SOON).expect("a conversation begins");
    let began = monotonic();
    office.close();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    // The next one to open the office need not wait until a lease ends.
    let store = SqliteStore::open(office.dir(), wall()).expect("opens");
    let due = store.next_due().expect("the store answers").expect("it is still there");
    let wait = due.since(wall());
    assert!(wait <= Duration::from_secs(61), "{wait:?}");
}
