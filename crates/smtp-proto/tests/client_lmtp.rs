//! LMTP at the client: RFC 2033.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{Sending, laptop, sending};
use smtp_proto::{Mailbox, client::Envelope};

fn chris() -> Envelope {
    let mailbox = |text: &str| Mailbox::parse(text).unwrap();
    let to = ["pat@foo.edu", "jones@foo.edu", "green@foo.edu"];
    Envelope::new(mailbox("chris@bar.com")).to_all(to.map(|one| mailbox(one).into()))
}

fn hello(offer: &str) -> Sending {
    sending(laptop().lmtp(), &[(chris(), &["Blah\r\n"])])
        .s("220 foo.edu LMTP server ready")
        .c("LHLO laptop.example.com")
        .s("250-foo.edu")
        .s("250-PIPELINING")
        .s(offer)
        .c("MAIL FROM:<chris@bar.com>")
        .c("RCPT TO:<pat@foo.edu>")
        .c("RCPT TO:<jones@foo.edu>")
        .c("RCPT TO:<green@foo.edu>")
}

/// RFC 2033 4.2, its example.
fn by_data() -> Sending {
    hello("250 SIZE")
        .c("DATA")
        .s("250 OK")
        .s("250 OK")
        .s("550 No such user here")
        .s("250 OK")
        .s("354 Start mail input; end with <CRLF>.<CRLF>")
        .e("1 refused at RCPT: 550 No such user here")
        .c("Blah")
        .c(".")
}

fn by_chunks() -> Sending {
    hello("250 CHUNKING")
        .c("BDAT 6 LAST")
        .c("Blah")
        .s("250 OK")
        .s("250 OK")
        .s("550 No such user here")
        .s("250 OK")
        .e("1 refused at RCPT: 550 No such user here")
}

#[test]
fn ok_each_recipient_has_a_reply_of_its_own() {
    for (dialogue, stage) in [(by_data(), "end of data"), (by_chunks(), "last chunk")] {
        dialogue
            .s("250 OK")
            .s("452 <green@foo.edu> is temporarily over quota")
            .e("0 accepted: 250 OK")
            .e(&format!("2 refused at {stage}: 452 <green@foo.edu> is temporarily over quota"))
            .c("QUIT")
            .s("221 foo.edu closing connection")
            .closed();
    }
}

/// What was not answered is unknown, and only that.
#[test]
fn err_connection_is_lost_between_the_replies() {
    for dialogue in [by_data(), by_chunks()] {
        let told = dialogue.s("250 OK").e("0 accepted: 250 OK");
        told.hang_up().e("2 unknown").fails("Disconnected");
    }
    for (dialogue, stage) in [(by_data(), "end of data"), (by_chunks(), "last chunk")] {
        dialogue
            .s("421 4.3.2 going down")
            .e(&format!("0 refused at {stage}: 421 4.3.2 going down"))
            .e("2 unknown")
            .fails("Closing");
    }
}

/// RFC 2033 4.2: 503 answers DATA if there is no recipient, once.
#[test]
fn err_every_recipient_refused() {
    let refused = |data| {
        let dialogue = hello("250 SIZE").c("DATA").s("250 OK");
        let dialogue = dialogue.s("550 no").s("550 no").s("550 no").s(data);
        let at = |n| format!("{n} refused at RCPT: 550 no");
        dialogue.e(&at(0)).e(&at(1)).e(&at(2))
    };
    refused("503 no valid recipients").c("RSET").s("250 OK").c("QUIT").s("221 bye").closed();
    // The chunk that was on its way has one answer as well.
    let dialogue = hello("250 CHUNKING").c("BDAT 6 LAST").c("Blah").s("250 OK");
    let dialogue = dialogue.s("550 no").s("550 no").s("550 no").s("503 no valid recipients");
    let at = |n| format!("{n} refused at RCPT: 550 no");
    let dialogue = dialogue.e(&at(0)).e(&at(1)).e(&at(2));
    dialogue.c("RSET").s("250 OK").c("QUIT").s("221 bye").closed();
    // How many replies a dot would have, nobody knows.
    refused("354 go").fails("Unexpected { verb: Some(Data)");
}

/// There is no HELO to fall back to.
#[test]
fn err_not_an_lmtp_server() {
    sending(laptop().lmtp(), &[(chris(), &["x"])])
        .s("220 mx ESMTP")
        .c("LHLO laptop.example.com")
        .s("500 what?")
        .e("0 refused at LHLO: 500 what?")
        .e("1 refused at LHLO: 500 what?")
        .e("2 refused at LHLO: 500 what?")
        .c("QUIT")
        .fails("Refused { stage: Lhlo");
}
