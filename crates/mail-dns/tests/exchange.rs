//! The exchange of one question, told packet by packet with a clock that jumps.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod support;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use mail_dns::{
    Outcome, Question, RecordType,
    wire::{Action, Config, Exchange, Transport, decode_query},
    zone::Authority,
};
use support::{ask, zones};

const ONE: &str = "192.0.2.53:53";
const TWO: &str = "[2001:db8::53]:53";
const SECOND: Duration = Duration::from_secs(1);

/// An exchange with its clock, its last query, and what the servers know.
struct Play {
    exchange: Exchange,
    now: Instant,
    sent: Vec<u8>,
    zones: Authority,
}

impl Play {
    fn new(servers: &[&str]) -> Self {
        let question = ask("example.org", RecordType::MX);
        let mut id = 0x1000;
        let ids = move || {
            id += 1;
            id
        };
        let zones = zones("example.org SOA\nexample.org MX 10 mx.example.org");
        let exchange = Exchange::new(question, config(servers), ids);
        Self { exchange, now: Instant::now(), sent: Vec::new(), zones }
    }

    fn sends_udp(&mut self, to: &str) -> &mut Self {
        let Action::SendUdp { to: server, octets } = self.exchange.poll(self.now) else {
            panic!("{:?}", self.exchange)
        };
        assert_eq!(server, to.parse().unwrap());
        assert!(matches!(self.exchange.poll(self.now), Action::Wait { .. }), "sent once");
        self.sent = octets;
        self
    }

    fn sends_tcp(&mut self, to: &str) -> &mut Self {
        let Action::SendTcp { to: server, octets } = self.exchange.poll(self.now) else {
            panic!("{:?}", self.exchange)
        };
        assert_eq!(server, to.parse().unwrap());
        let (len, query) = octets.split_first_chunk().unwrap();
        assert_eq!(usize::from(u16::from_be_bytes(*len)), query.len());
        self.sent = query.to_vec();
        self
    }

    /// The right answer to the last query.
    fn answer(&self, transport: Transport) -> Vec<u8> {
        self.zones.respond(&self.sent, transport).unwrap()
    }

    /// A response with other flags and without records.
    fn bare_answer(&self, flags: u16) -> Vec<u8> {
        let mut message = self.answer(Transport::Udp);
        message[2..4].copy_from_slice(&flags.to_be_bytes());
        message[6..12].fill(0);
        message
    }

    fn receives(&mut self, from: &str, datagram: &[u8]) -> &mut Self {
        self.exchange.udp_received(from.parse().unwrap(), datagram);
        self
    }

    /// The server answers as it should.
    fn answers(&mut self, from: &str) -> &mut Self {
        let answer = self.answer(Transport::Udp);
        self.receives(from, &answer)
    }

    /// The server answers with these flags and no records.
    fn answers_code(&mut self, from: &str, flags: u16) -> &mut Self {
        let answer = self.bare_answer(flags);
        self.receives(from, &answer)
    }

    fn answers_tcp(&mut self) -> &mut Self {
        let answer = framed(&self.answer(Transport::Tcp));
        self.receives_tcp(&answer)
    }

    fn receives_tcp(&mut self, octets: &[u8]) -> &mut Self {
        self.exchange.tcp_received(octets);
        self
    }

    fn waits(&mut self, time: Duration) -> &mut Self {
        let until = self.now + time;
        assert_eq!(self.exchange.poll(self.now), Action::Wait { until });
        assert_eq!(self.exchange.poll(until - Duration::from_nanos(1)), Action::Wait { until });
        self.now = until;
        self
    }

    fn still_waits(&mut self) -> &mut Self {
        assert!(matches!(self.exchange.poll(self.now), Action::Wait { .. }));
        self
    }

    #[track_caller]
    fn done(&mut self, expected: &str) {
        let Action::Done(outcome) = self.exchange.poll(self.now) else {
            panic!("{:?}", self.exchange)
        };
        assert_eq!(outcome.to_string(), expected);
        // For ever, whatever comes.
        self.answers(ONE).receives_tcp(b"\0\0").exchange.failed();
        assert_eq!(self.exchange.poll(self.now + 999 * SECOND), Action::Done(outcome));
    }

    fn has_edns(&self) -> bool {
        self.sent[11] == 1
    }
}

fn config(servers: &[&str]) -> Config {
    let servers: Vec<SocketAddr> = servers.iter().map(|text| text.parse().unwrap()).collect();
    Config::new(servers).unwrap()
}

const FOUND: &str = "10 mx.example.org";

#[test]
fn ok_one_datagram_each_way() {
    let mut play = Play::new(&[ONE, TWO]);
    play.sends_udp(ONE);
    assert!(play.has_edns());
    play.answers(ONE).done(FOUND);
}

#[test]
fn err_no_servers() {
    assert!(Config::new(Vec::new()).is_err());
}

#[test]
fn silence_goes_to_the_next_server_then_round_again_with_more_patience() {
    let mut play = Play::new(&[ONE, TWO]);
    play.sends_udp(ONE).waits(2 * SECOND);
    play.sends_udp(TWO).waits(2 * SECOND);
    play.sends_udp(ONE).waits(4 * SECOND);
    play.sends_udp(TWO).waits(4 * SECOND);
    play.done("no answer in time");
}

#[test]
fn each_query_has_a_new_id_and_a_late_answer_is_not_taken() {
    let mut play = Play::new(&[ONE]);
    play.sends_udp(ONE);
    let (first, late) = (play.sent.clone(), play.answer(Transport::Udp));
    play.waits(2 * SECOND).sends_udp(ONE);
    assert_ne!(first[..2], play.sent[..2]);
    play.receives(ONE, &late).still_waits();
    play.answers(ONE).done(FOUND);
}

#[test]
fn answers_from_elsewhere_are_not_taken() {
    let mut play = Play::new(&[ONE, TWO]);
    play.sends_udp(ONE);
    let answer = play.answer(Transport::Udp);
    for from in [TWO, "192.0.2.54:53", "192.0.2.53:54"] {
        play.receives(from, &answer).still_waits();
    }
    // What a socket of both families says of the same server.
    play.receives("[::ffff:192.0.2.53]:53", &answer).done(FOUND);
}

#[test]
fn answers_to_another_question_are_not_taken() {
    let mut play = Play::new(&[ONE]);
    play.sends_udp(ONE);
    let mut other = play.answer(Transport::Udp);
    // Another case is the same name (RFC 4343), and the answer's name points into it.
    other[13] = b'E';
    play.receives(ONE, &other).done("10 mx.Example.org");
    let mut play = Play::new(&[ONE]);
    play.sends_udp(ONE);
    let mut other = play.answer(Transport::Udp);
    other[13] = b'x';
    play.receives(ONE, &other).receives(ONE, b"").receives(ONE, &[0; 40]).still_waits();
    play.answers(ONE).done(FOUND);
}

#[test]
fn flood_of_guesses_turns_to_tcp() {
    let mut play = Play::new(&[ONE]);
    play.sends_udp(ONE);
    let mut guess = play.answer(Transport::Udp);
    for i in 0..16 {
        play.still_waits();
        guess[0] = 0x80 + i;
        play.receives(ONE, &guess);
    }
    play.sends_tcp(ONE);
    // The right id, but not over the connection.
    play.answers(ONE).still_waits();
    play.answers_tcp().done(FOUND);
}

fn framed(message: &[u8]) -> Vec<u8> {
    let len = u16::try_from(message.len()).unwrap();
    [&len.to_be_bytes()[..], message].concat()
}

#[test]
fn truncated_goes_to_tcp_cut_at_every_offset() {
    let answer = {
        let mut play = Play::new(&[ONE]);
        play.sends_udp(ONE).answers_code(ONE, 0x8380).sends_tcp(ONE);
        framed(&play.answer(Transport::Tcp))
    };
    for cut in 0..=answer.len() {
        let mut play = Play::new(&[ONE]);
        play.sends_udp(ONE).answers_code(ONE, 0x8380).sends_tcp(ONE);
        let (front, back) = answer.split_at(cut);
        play.receives_tcp(front);
        if cut < answer.len() {
            play.still_waits();
        }
        play.receives_tcp(back).done(FOUND);
    }
}

#[test]
fn tcp_gets_four_times_the_time_and_its_end_is_a_failure() {
    let mut play = Play::new(&[ONE, TWO]);
    play.sends_udp(ONE).answers_code(ONE, 0x8380).sends_tcp(ONE);
    play.receives_tcp(b"\0").waits(8 * SECOND);
    play.sends_udp(TWO).answers_code(TWO, 0x8380).sends_tcp(TWO);
    play.exchange.failed();
    // The next round begins with TCP, because that is known to be needed.
    play.sends_tcp(ONE);
    play.answers_tcp().done(FOUND);
}

#[test]
fn truncated_over_tcp_is_a_broken_server() {
    let mut play = Play::new(&[ONE]);
    play.sends_udp(ONE).answers_code(ONE, 0x8380).sends_tcp(ONE);
    play.receives_tcp(&framed(&play.bare_answer(0x8380))).done("server failure");
}

#[test]
fn endless_tcp_answer_is_not_kept() {
    let mut play = Play::new(&[ONE]);
    play.sends_udp(ONE).answers_code(ONE, 0x8380).sends_tcp(ONE);
    play.receives_tcp(b"\xff\xff");
    for _ in 0..100 {
        play.receives_tcp(&[0; 10_000]);
    }
    play.done("server failure");
}

#[test]
fn formerr_asks_the_same_server_without_edns() {
    // FORMERR with the question, the bare header of it, and NOTIMP.
    for (flags, len) in [(0x8181, 100), (0x8181, 12), (0x8184, 100)] {
        let mut play = Play::new(&[ONE, TWO]);
        play.sends_udp(ONE);
        assert!(play.has_edns());
        let mut message = play.bare_answer(flags);
        message.truncate(len);
        if len == 12 {
            message[5] = 0;
        }
        play.receives(ONE, &message).sends_udp(ONE);
        assert!(!play.has_edns());
        play.answers(ONE).done(FOUND);
    }
}

#[test]
fn formerr_without_edns_is_final_for_that_server() {
    let mut play = Play::new(&[ONE, TWO]);
    play.sends_udp(ONE).answers_code(ONE, 0x8181);
    play.sends_udp(ONE).answers_code(ONE, 0x8181);
    play.sends_udp(TWO);
    assert!(play.has_edns());
    play.answers(TWO).done(FOUND);
}

#[test]
fn servers_that_fail_are_not_asked_again_and_silent_ones_are() {
    let mut play = Play::new(&[ONE, TWO]);
    // SERVFAIL
    play.sends_udp(ONE).answers_code(ONE, 0x8182);
    play.sends_udp(TWO).waits(2 * SECOND);
    play.sends_udp(TWO).waits(4 * SECOND);
    play.done("server failure");
    let mut play = Play::new(&[ONE, TWO]);
    // REFUSED
    play.sends_udp(ONE).answers_code(ONE, 0x8185);
    play.sends_udp(TWO).answers(TWO).done(FOUND);
}

#[test]
fn malformed_answer_counts_as_failure() {
    let mut play = Play::new(&[ONE]);
    play.sends_udp(ONE);
    let mut answer = play.answer(Transport::Udp);
    answer.truncate(answer.len() - 12);
    play.receives(ONE, &answer).done("server failure");
}

#[test]
fn socket_trouble_goes_to_the_next_server_at_once() {
    let mut play = Play::new(&[ONE, TWO]);
    play.sends_udp(ONE).exchange.failed();
    play.sends_udp(TWO).answers(TWO).done(FOUND);
    // Before anything was sent there is nothing that could fail.
    let mut play = Play::new(&[ONE]);
    play.exchange.failed();
    play.receives(ONE, b"x").receives_tcp(b"x").sends_udp(ONE);
}

#[test]
fn settings_show_in_the_query() {
    let question: Question = ask("example.org", RecordType::MX);
    let config =
        config(&[ONE]).with_recursion(false).with_trusted_ad().with_rounds(0).with_timeout(SECOND);
    let mut exchange = Exchange::new(question.clone(), config, || 0xbeef);
    let now = Instant::now();
    let Action::SendUdp { octets, .. } = exchange.poll(now) else { panic!() };
    assert_eq!(octets[..4], [0xbe, 0xef, 0x00, 0x20]);
    assert_eq!(decode_query(&octets).unwrap().question(), &question);
    assert_eq!(exchange.poll(now + SECOND), Action::Done(Outcome::Timeout));
}
