//! CHUNKING and BINARYMIME at the client: RFC 3030.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{Sending, laptop, sending};
use mail_wire::BareNewline;
use smtp_proto::{
    BodyType, Mailbox,
    client::{Chunking, Config, Envelope},
    limits::ClientLimits,
};

fn to(recipients: &[&str]) -> Envelope {
    let mailbox = |text: &str| Mailbox::parse(text).unwrap();
    let recipients = recipients.iter().map(|one| mailbox(one).into());
    Envelope::new(mailbox("a@b")).to_all(recipients)
}

fn small_chunks() -> Config {
    laptop().limits(ClientLimits { chunk: 4, ..Default::default() })
}

fn offering(config: Config, offers: &[&str], messages: &[(Envelope, &[&str])]) -> Sending {
    let mut dialogue = sending(config, messages).s("220 mx").c("EHLO laptop.example.com");
    dialogue = dialogue.s("250-mx");
    for offer in offers {
        dialogue = dialogue.s(&format!("250-{offer}"));
    }
    dialogue.s("250 HELP")
}

/// Up to the answers to MAIL and RCPT, with one recipient, behind a first chunk of these lines.
fn chunked(config: Config, messages: &[(Envelope, &[&str])], first: &[&str]) -> Sending {
    let dialogue = offering(config, &["PIPELINING", "CHUNKING", "8BITMIME"], messages);
    let dialogue = dialogue.c("MAIL FROM:<a@b>").c("RCPT TO:<c@d>");
    first.iter().fold(dialogue, |dialogue, line| dialogue.c(line)).s("250 ok").s("250 ok")
}

fn again(dialogue: Sending, first: &[&str]) -> Sending {
    let dialogue = dialogue.c("MAIL FROM:<a@b>").c("RCPT TO:<e@f>");
    first.iter().fold(dialogue, |dialogue, line| dialogue.c(line)).s("250 ok").s("250 ok")
}

/// RFC 3030 4.1 and 4.2: in one round trip. What stands in the message, dots too, goes as it is.
#[test]
fn ok_a_small_message_is_one_chunk() {
    let messages: [(Envelope, &[&str]); 2] =
        [(to(&["c@d"]), &["Hi\r\n.", "\r\n"]), (to(&["e@f"]), &[])];
    let dialogue = chunked(laptop(), &messages, &["BDAT 7 LAST", "Hi", "."])
        .s("250 2.6.0 message ok")
        .e("0 accepted: 250 2.6.0 message ok");
    again(dialogue, &["BDAT 0 LAST"])
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// RFC 3030 4.2, but that only one chunk is sent before it is known that somebody gets it, and that
/// the last one waits until those before it are taken.
#[test]
fn ok_chunks_are_pipelined() {
    let message: &[&str] = &["Hi\r\n", "y", "o\r\n", "end\r\n"];
    chunked(small_chunks(), &[(to(&["c@d"]), message)], &["BDAT 4", "Hi"])
        .c("BDAT 4")
        .c("yo")
        .c("BDAT 5")
        .c("end")
        .s("250 4 octets received")
        .s("250 4 octets received")
        .s("250 5 octets received")
        .c("BDAT 0 LAST")
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

#[test]
fn ok_one_chunk_after_the_other_without_pipelining() {
    offering(small_chunks(), &["CHUNKING"], &[(to(&["c@d"]), &["Hi\r\n", "yo\r\n", "x"])])
        .c("MAIL FROM:<a@b>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .s("250 ok")
        .c("BDAT 4")
        .c("Hi")
        .s("250 ok")
        .c("BDAT 4")
        .c("yo")
        .s("250 ok")
        .c("BDAT 3 LAST")
        .c("x")
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// RFC 3030 2: the chunks behind are refused too, RSET ends the transaction, and the connection is
/// good for the next.
#[test]
fn err_chunk_refused_in_mid_stream() {
    let messages: [(Envelope, &[&str]); 2] =
        [(to(&["c@d"]), &["Hi\r\n", "yo\r\n", "end"]), (to(&["e@f"]), &["x\r\n"])];
    let refused = chunked(small_chunks(), &messages, &["BDAT 4", "Hi"])
        .c("BDAT 4")
        .c("yo")
        .s("452 4.3.1 full")
        .s("503 5.5.1 RSET first")
        .e("0 refused at BDAT: 452 4.3.1 full")
        .c("RSET")
        .s("250 ok");
    again(refused, &["BDAT 3 LAST", "x"])
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

#[test]
fn err_last_chunk_refused() {
    chunked(laptop(), &[(to(&["c@d"]), &["spam\r\n"])], &["BDAT 6 LAST", "spam"])
        .s("550 5.7.1 no")
        .e("0 refused at last chunk: 550 5.7.1 no")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// What was sent in the hope of somebody is refused too, and nothing more is sent for nobody.
#[test]
fn err_every_recipient_refused() {
    let offers = ["PIPELINING", "CHUNKING"];
    let both: (Envelope, &[&str]) = (to(&["c@d", "e@f"]), &["x"]);
    offering(laptop(), &offers, &[both])
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("RCPT TO:<e@f>")
        .c("BDAT 3 LAST")
        .c("x")
        .s("250 ok")
        .s("550 no")
        .s("451 later")
        .s("554 no valid recipients")
        .e("0 refused at RCPT: 550 no")
        .e("1 refused at RCPT: 451 later")
        .c("RSET")
        .s("250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
    // The application is told to stop, and the next message goes over the same connection.
    let long: (Envelope, &[&str]) = (to(&["c@d"]), &["Hi\r\n", "yo\r\n"]);
    let next: (Envelope, &[&str]) = (to(&["e@f"]), &["x\r\n"]);
    let refused = offering(small_chunks(), &offers, &[long, next])
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("BDAT 4")
        .c("Hi")
        .s("250 ok")
        .s("550 no")
        .s("554 no valid recipients")
        .e("0 refused at RCPT: 550 no")
        .e("enough")
        .c("RSET")
        .s("250 ok");
    again(refused, &["BDAT 3 LAST", "x"])
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// A server that takes the last chunk of a message for nobody has it, and nobody gets it.
#[test]
fn err_sender_refused_behind_which_a_chunk_is_on_its_way() {
    let message: (Envelope, &[&str]) = (to(&["c@d"]), &["x"]);
    offering(laptop(), &["PIPELINING", "CHUNKING"], &[message])
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("BDAT 3 LAST")
        .c("x")
        .s("450 4.7.1 later")
        .s("503 5.5.1 no")
        .s("503 5.5.1 no")
        .e("0 refused at MAIL: 450 4.7.1 later")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// Without PIPELINING nothing is sent for nobody.
#[test]
fn err_every_recipient_refused_sends_no_chunk() {
    offering(laptop(), &["CHUNKING"], &[(to(&["c@d", "e@f"]), &["x"])])
        .c("MAIL FROM:<a@b>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .s("550 no")
        .e("0 refused at RCPT: 550 no")
        .c("RCPT TO:<e@f>")
        .s("451 later")
        .e("1 refused at RCPT: 451 later")
        .c("RSET")
        .s("250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// What was sent of it never looks whole, and the connection goes on: chunks end by their sizes.
#[test]
fn err_message_that_breaks_off_does_not_cost_the_connection() {
    let next: (Envelope, &[&str]) = (to(&["e@f"]), &["x\r\n"]);
    let end = |dialogue: Sending| {
        again(dialogue.c("RSET").s("250 ok"), &["BDAT 3 LAST", "x"])
            .s("250 ok")
            .e("0 accepted: 250 ok")
            .c("QUIT")
            .s("221 bye")
            .closed();
    };
    let first: (Envelope, &[&str]) = (to(&["c@d"]), &["part\r\n", "fail"]);
    let failed = chunked(small_chunks(), &[first, next.clone()], &["BDAT 6", "part"])
        .e("0 not sent: BodyFailed")
        .s("250 ok");
    end(failed);
    let first: (Envelope, &[&str]) = (to(&["c@d"]), &["line\r\n", "a\nb"]);
    let bare = chunked(small_chunks(), &[first, next.clone()], &["BDAT 6", "line"])
        .e("message holds octet 0x0a at 7, which cannot be sent")
        .e("0 not sent: BareNewline(BareOctet { octet: 10, offset: 7 })")
        .s("250 ok");
    end(bare);
    // A CR at the very end, of which nothing has been said yet.
    let first: (Envelope, &[&str]) = (to(&["c@d"]), &["x\r"]);
    let bare = chunked(small_chunks(), &[first, next], &[])
        .e("message holds octet 0x0d at 1, which cannot be sent")
        .e("0 not sent: BareNewline(BareOctet { octet: 13, offset: 1 })");
    end(bare);
}

#[test]
fn ok_bare_newlines_become_crlf_when_normalizing() {
    let normalizing = laptop().bare_newline(BareNewline::Normalize);
    let message: (Envelope, &[&str]) = (to(&["c@d"]), &["a\nb\r", "c\n"]);
    chunked(normalizing, &[message], &["BDAT 9 LAST", "a", "b", "c"])
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

#[test]
fn err_server_closes_or_hangs_up() {
    let two: &[&str] = &["Hi\r\n", "yo\r\n"];
    let in_chunks = || {
        let dialogue = chunked(small_chunks(), &[(to(&["c@d"]), two)], &["BDAT 4", "Hi"]);
        dialogue.c("BDAT 4").c("yo")
    };
    in_chunks()
        .s("421 4.3.2 going down")
        .e("0 refused at BDAT: 421 4.3.2 going down")
        .fails("Closing");
    in_chunks().hang_up().e("0 not sent: Lost").fails("Disconnected { state: HasRecipient }");
    let at_the_end = || in_chunks().s("250 ok").s("250 ok").c("BDAT 0 LAST");
    at_the_end().hang_up().e("0 unknown").fails("Disconnected { state: Chunks }");
    at_the_end().s("421 bye").e("0 refused at last chunk: 421 bye").fails("Closing");
}

/// A whole message is on its way before anybody has been refused: who was not, may have it.
#[test]
fn err_connection_lost_before_recipients_are_answered() {
    let message = || {
        let message: (Envelope, &[&str]) = (to(&["c@d", "e@f"]), &["x"]);
        let dialogue = offering(laptop(), &["PIPELINING", "CHUNKING"], &[message]);
        dialogue.c("MAIL FROM:<a@b>").c("RCPT TO:<c@d>").c("RCPT TO:<e@f>").c("BDAT 3 LAST").c("x")
    };
    message().hang_up().e("0 unknown").e("1 unknown").fails("Disconnected { state: Ready }");
    message()
        .s("250 ok")
        .s("550 no")
        .hang_up()
        .e("0 refused at RCPT: 550 no")
        .e("1 unknown")
        .fails("Disconnected { state: HasSender }");
    message()
        .s("250 ok")
        .s("550 no")
        .s("550 no")
        .hang_up()
        .e("0 refused at RCPT: 550 no")
        .e("1 refused at RCPT: 550 no")
        .fails("Disconnected { state: HasSender }");
    message()
        .s("250 ok")
        .s("421 4.3.2 going down")
        .e("0 refused at RCPT: 421 4.3.2 going down")
        .e("1 refused at RCPT: 421 4.3.2 going down")
        .fails("Closing");
}

/// RFC 3030 3: by BDAT or not at all.
#[test]
fn ok_binary_goes_as_it_is() {
    let binary = || to(&["c@d"]).body(BodyType::BinaryMime);
    let body: &[&str] = &["\0\n.\r\r\n"];
    for config in [laptop(), laptop().chunking(Chunking::BinaryOnly)] {
        offering(config, &["PIPELINING", "CHUNKING", "BINARYMIME"], &[(binary(), body)])
            .c("MAIL FROM:<a@b> BODY=BINARYMIME")
            .c("RCPT TO:<c@d>")
            .c("BDAT 6 LAST")
            .c("\0\n.\r")
            .s("250 ok")
            .s("250 ok")
            .s("250 ok")
            .e("0 accepted: 250 ok")
            .c("QUIT")
            .s("221 bye")
            .closed();
    }
    let not_sent = |config, offers, why| {
        let told = format!("0 not sent: NotOffered({why})");
        let dialogue = offering(config, offers, &[(binary(), body)]).e(&told);
        dialogue.c("QUIT").s("221 bye").closed();
    };
    not_sent(laptop(), &["CHUNKING", "8BITMIME"], "BinaryMime");
    not_sent(laptop(), &["BINARYMIME"], "Chunking");
    not_sent(laptop().chunking(Chunking::Never), &["CHUNKING", "BINARYMIME"], "Chunking");
}

#[test]
fn ok_data_where_chunks_are_not_wanted() {
    for chunking in [Chunking::BinaryOnly, Chunking::Never] {
        offering(laptop().chunking(chunking), &["CHUNKING"], &[(to(&["c@d"]), &["x"])])
            .c("MAIL FROM:<a@b>")
            .s("250 ok")
            .c("RCPT TO:<c@d>")
            .s("250 ok")
            .c("DATA")
            .open();
    }
}
