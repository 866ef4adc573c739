//! What a client sent and what a server answered, read side by side.
//!
//! Each reader here is as simple as the RFC's own words: a line, an answer. None knows the session
//! that it checks, so the two cannot be wrong in the same way: who finds one command more or fewer
//! than the session did has found how to smuggle one.

use std::collections::BTreeSet;

use bytes::BytesMut;
use imap_proto::frame::{ResponseFramer, ResponseStep};
use imap_proto::{Response, ResponseLimits, Status};
use mail_errors::Reply;
use mail_wire::BareNewline;
use mail_wire::testing::{Ended, Replay};
use smtp_proto::{
    Read, ReplyReader,
    limits::{self, ServerLimits},
};

use crate::smtp_ends::{LATER, NOBODY};

/// SMTP: every line gets one reply; behind 354 everything up to CRLF "." CRLF gets one, and behind
/// BDAT as many octets as it says come before its own. The application was given these messages and
/// no others (RFC 5321 4.1.1.4 and 4.3.1, RFC 3030 2).
pub(crate) fn smtp(data: &[u8], run: &Replay, policy: BareNewline) {
    let mut replies = smtp_replies(&run.output).into_iter();
    assert_eq!(replies.next().map(|reply| reply.code().get()), Some(220));
    let (mut rest, mut messages, mut chunks) = (data, Vec::new(), Vec::new());
    let mut is_exchange = false;
    while let Some(reply) = replies.next() {
        let code = reply.code().get();
        let line = line(&mut rest);
        // What stands behind a verb that has no argument is tolerated.
        let is = |verb: &[u8]| {
            let word = |line: &[u8]| line.split(u8::is_ascii_whitespace).next().map(<[u8]>::to_vec);
            line.is_none_or(|line| word(line).is_some_and(|word| word.eq_ignore_ascii_case(verb)))
        };
        // Last words may come without a line, or behind its answer.
        let is_last = is_over(run) && replies.len() == 0;
        assert!(line.is_some() || is_last, "{reply:?} to nothing");
        // RFC 4954 4: the next line is no command.
        let is_response = std::mem::replace(&mut is_exchange, code == 334);
        let bdat = line.filter(|_| !is_response).and_then(chunk);
        match (code, bdat) {
            (354, _) => assert!(is(b"DATA"), "{line:?} starts a message"),
            (221, _) => {
                assert!(is(b"QUIT"), "{line:?} ends the conversation");
                continue;
            }
            (_, Some(Chunk::Unreadable)) => {
                assert!(is_over(run), "goes on behind {line:?}");
                break;
            }
            (_, Some(Chunk::Octets { octets, last })) => {
                let Some((piece, behind)) = rest.split_at_checked(octets) else {
                    assert!(is_over(run), "{reply:?} to half of a chunk");
                    break;
                };
                rest = behind;
                let told = given_of_chunk(&reply, last);
                if told {
                    chunks.extend_from_slice(piece);
                } else {
                    chunks.clear();
                }
                if told && last {
                    messages.push(std::mem::take(&mut chunks));
                }
                continue;
            }
            _ => {
                let is_mail =
                    line.is_some_and(|line| line.to_ascii_uppercase().starts_with(b"MAIL"));
                if is_mail && code == 250 {
                    chunks.clear();
                }
                continue;
            }
        }
        let Some(stuffed) = message(&mut rest) else {
            assert!(replies.len() <= usize::from(is_over(run)), "a message that has not ended");
            rest = &[];
            break;
        };
        assert!(replies.next().is_some() || !wants_input(run), "a message without an answer");
        if policy == BareNewline::Normalize || !has_bare(stuffed) {
            messages.push(unstuffed(stuffed));
        }
    }
    let waits = !has_line(rest) || half_a_chunk(rest);
    assert!(!wants_input(run) || waits, "a line without an answer");
    let given: Vec<_> = run.log.iter().filter_map(|line| line.strip_prefix("message ")).collect();
    assert_eq!(given.len(), messages.len(), "messages");
    if policy == BareNewline::Reject {
        let sent = messages.iter().map(|message| message.escape_ascii().to_string());
        assert!(sent.eq(given.iter().copied()), "another message than was sent: {given:?}");
    }
}

/// What the argument of BDAT says.
enum Chunk {
    Octets { octets: usize, last: bool },
    Unreadable,
}

/// Reads BDAT, if this is it. A line over the limit is none.
fn chunk(line: &[u8]) -> Option<Chunk> {
    let text = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n"))?;
    let (verb, argument) = text.split_at_checked(4)?;
    let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let is_bdat = verb.eq_ignore_ascii_case(b"BDAT") && argument.first().is_none_or(is_blank);
    if !is_bdat || line.len() > ServerLimits::default().command_line {
        return None;
    }
    let words: Vec<_> = argument.split(is_blank).filter(|word| !word.is_empty()).collect();
    let size = words.first().filter(|size| size.iter().all(u8::is_ascii_digit));
    let size = size.and_then(|size| std::str::from_utf8(size).ok()?.parse::<u64>().ok());
    Some(match (size, words.get(1..).unwrap_or_default()) {
        (Some(size), []) => Chunk::Octets { octets: size as usize, last: false },
        (Some(size), [last]) if last.eq_ignore_ascii_case(b"LAST") => {
            Chunk::Octets { octets: size as usize, last: true }
        }
        _ => Chunk::Unreadable,
    })
}

/// A chunk is taken by 250; the last is given to the application, who takes it or says no.
fn given_of_chunk(reply: &Reply, last: bool) -> bool {
    let text = reply.text();
    let said_no = text == NOBODY.as_bytes() || text == LATER.as_bytes();
    reply.code().get() == 250 || last && said_no
}

fn half_a_chunk(mut rest: &[u8]) -> bool {
    match line(&mut rest).and_then(chunk) {
        Some(Chunk::Octets { octets, .. }) => rest.len() < octets,
        Some(Chunk::Unreadable) | None => false,
    }
}

fn smtp_replies(output: &[u8]) -> Vec<Reply> {
    let mut input = BytesMut::from(output);
    let mut reader = ReplyReader::new(smtp_proto::Profile::STRICT, limits::REPLY_LINE, 64 * 1024);
    let mut replies = Vec::new();
    while let Read::Reply(reply, _) = reader.next(&mut input).expect("a reply") {
        replies.push(reply);
    }
    assert!(input.is_empty() && !reader.is_within_reply(), "a torn reply");
    replies
}

/// POP3: every line gets one response, of several lines where RFC 1939 says so. What is deleted is
/// what DELE marked, by QUIT alone.
pub(crate) fn pop3(data: &[u8], run: &Replay) {
    let (mut rest, mut out) = (data, &*run.output);
    assert!(line(&mut out).is_some_and(|greeting| greeting.starts_with(b"+OK")));
    let told: Vec<_> = run.log.iter().filter(|line| line.starts_with("commit ")).collect();
    let (mut marked, mut commits) = (BTreeSet::new(), Vec::new());
    let mut is_exchange = false;
    while let Some(answer) = line(&mut out) {
        let ok = answer.starts_with(b"+OK");
        // RFC 5034 4: a challenge, and the next line is no command but its response.
        let is_challenge = answer.starts_with(b"+ ");
        let is_response = std::mem::replace(&mut is_exchange, is_challenge);
        let is_legal = ok || is_challenge || answer.starts_with(b"-ERR");
        assert!(is_legal && !has_bare(answer), "no response");
        let Some(line) = line(&mut rest) else {
            assert!(is_over(run) && out.is_empty(), "an answer to nothing");
            break;
        };
        let text = String::from_utf8_lossy(line).trim().to_ascii_uppercase();
        let words: Vec<_> = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        match *words.as_slice() {
            _ if !ok || is_response => {}
            ["CAPA" | "RETR" | "TOP", ..] | ["LIST" | "UIDL" | "AUTH" | "LANG"] => {
                let body = message(&mut out).expect("a response to its end");
                assert!(!has_bare(body), "a bare line end goes out");
            }
            ["DELE", number] => {
                let number: u32 = number.parse().expect("a number");
                assert!(marked.insert(number), "marked twice");
            }
            ["RSET"] => marked.clear(),
            // Who never logged in has nothing to commit.
            ["QUIT"] if !told.is_empty() || !marked.is_empty() => {
                commits.push(format!("commit {marked:?}"));
            }
            _ => {}
        }
    }
    assert!(out.is_empty(), "a torn line");
    assert!(!wants_input(run) || !has_line(rest), "unanswered");
    assert!(told.iter().copied().eq(&commits), "deletes {told:?}, not {commits:?}");
}

/// IMAP: every command ends in one tagged response, in the order of the commands (RFC 9051 2.2.1,
/// 5.5), and what is none in `* BAD`. Where there is a literal or an exchange, a line may be part of
/// a command; there are no more answers than lines then.
pub(crate) fn imap(data: &[u8], run: &Replay) {
    let upper = data.to_ascii_uppercase();
    let has = |word: &[u8]| upper.windows(word.len()).any(|octets| octets == word);
    let is_plain = !has(b"{") && !has(b"AUTHENTICATE") && !has(b"IDLE") && !has_bare(data);
    let lines: Vec<_> =
        data.split_inclusive(|&octet| octet == b'\n').filter(|line| has_line(line)).collect();
    let answers = imap_answers(&run.output);
    assert!(answers.len() <= lines.len(), "{answers:?} to {} lines", lines.len());
    if !is_plain {
        return;
    }
    assert!(!wants_input(run) || answers.len() == lines.len(), "unanswered: {answers:?}");
    for (line, answer) in lines.into_iter().zip(answers) {
        let word = line.trim_ascii_end().split(|&octet| octet == b' ').next().unwrap_or_default();
        assert!(answer.is_none_or(|tag| tag == word), "{} gets another's", word.escape_ascii());
    }
}

/// The tags of all completions, and none for each `* BAD`.
fn imap_answers(output: &[u8]) -> Vec<Option<Vec<u8>>> {
    let limits = ResponseLimits { stream_from: u64::MAX, ..ResponseLimits::default() };
    let mut framer = ResponseFramer::new(limits, imap_proto::Profile::default());
    let mut input = BytesMut::from(output);
    let mut answers = Vec::new();
    loop {
        match framer.next(&mut input).expect("a response") {
            ResponseStep::Response(frame) => {
                match imap_proto::parse::response(&frame).expect("a response") {
                    Response::Done { tag, .. } => answers.push(Some(tag.as_bytes().to_vec())),
                    Response::Status { status: Status::Bad, .. } => answers.push(None),
                    _ => {}
                }
            }
            ResponseStep::Starved => break,
            other => panic!("{other:?} where nothing is streamed"),
        }
    }
    assert!(input.is_empty(), "a torn response");
    answers
}

fn wants_input(run: &Replay) -> bool {
    run.ended == Ended::WantsInput
}

fn is_over(run: &Replay) -> bool {
    matches!(run.ended, Ended::Closed | Ended::Failed(_))
}

fn has_line(octets: &[u8]) -> bool {
    octets.contains(&b'\n')
}

/// Takes a line with its end, if there is a whole one.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|&octet| octet == b'\n')?;
    let (line, more) = rest.split_at_checked(end + 1)?;
    *rest = more;
    Some(line)
}

/// Takes what CRLF "." CRLF ends, if it is whole. The first CRLF is that of the last line, or of
/// the line before.
fn message<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = match rest.starts_with(b".\r\n") {
        true => 0,
        false => rest.windows(5).position(|octets| octets == b"\r\n.\r\n")? + 2,
    };
    let (message, more) = rest.split_at_checked(end)?;
    *rest = more.strip_prefix(b".\r\n")?;
    Some(message)
}

fn has_bare(octets: &[u8]) -> bool {
    let cr = octets.iter().filter(|&&octet| octet == b'\r').count();
    let lf = octets.iter().filter(|&&octet| octet == b'\n').count();
    let both = octets.windows(2).filter(|octets| octets == b"\r\n").count();
    cr != both || lf != both
}

/// A message whose lines all end in CRLF, as it was before dots were put in (RFC 5321 4.5.2).
fn unstuffed(message: &[u8]) -> Vec<u8> {
    let lines = message.split_inclusive(|&octet| octet == b'\n');
    lines.flat_map(|line| line.strip_prefix(b".").unwrap_or(line)).copied().collect()
}
