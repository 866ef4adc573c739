//! SMTP's commands and replies.

use bytes::BytesMut;
use smtp_proto::{Capabilities, Defects, Profile, Read, ReplyReader, Verb, encode, parse};

use crate::{cut, expect_offset};

/// Octets are read as a command line.
pub(crate) fn command(data: &[u8]) {
    for profile in [Profile::STRICT, Profile::COMPAT] {
        let mut defects = Defects::new();
        let command = match parse::command(data, profile, &mut defects) {
            Ok(command) => command.into_owned(data),
            Err(error) => {
                expect_offset(error.parse_error(), data);
                assert!(error.reply().is_permanent());
                continue;
            }
        };
        let word = parse::verb(data).expect("a command has a verb");
        assert!(word == command.verb() || command.verb() == Verb::LastChunk);
        for defect in defects.iter() {
            assert!(profile.tolerates(defect.deviation()) && defect.offset() <= data.len());
        }
        let mut wire = Vec::new();
        encode::command(&command, &mut wire);
        let line = wire.strip_suffix(b"\r\n").expect("a command is a line");
        let unsendable = |octet: &u8| matches!(octet, b'\r' | b'\n' | 0);
        assert!(!line.iter().any(unsendable), "a command of two lines");
        let back = parse::command(line, profile, &mut Defects::new());
        assert_eq!(back.map(|back| back.into_owned(line)), Ok(command));
    }
    for_value(data);
}

/// The same octets as values: what is read is written as it reads.
fn for_value(data: &[u8]) {
    if let Ok(path) = parse::reverse_path(data) {
        let text = path.to_string();
        assert_eq!(parse::reverse_path(text.as_bytes()), Ok(path));
    }
    if let Ok(path) = parse::forward_path(data) {
        let text = path.to_string();
        assert_eq!(parse::forward_path(text.as_bytes()), Ok(path));
    }
    // The one thing that has more than one spelling is an IPv6 address.
    let spelt_otherwise = data.windows(6).any(|w| w.eq_ignore_ascii_case(b"[IPv6:"));
    if let Ok(mailbox) = parse::mailbox(data) {
        let text = mailbox.to_string();
        assert!(text.as_bytes() == data || spelt_otherwise, "an address is changed: {text}");
        assert_eq!(parse::mailbox(text.as_bytes()), Ok(mailbox));
    }
    if let Ok(domain) = parse::domain(data) {
        let text = domain.to_string();
        assert!(text.as_bytes() == data || spelt_otherwise, "a domain is changed: {text}");
        assert_eq!(parse::domain(text.as_bytes()), Ok(domain));
    }
}

/// Octets are read as the replies of a server, however they are cut.
pub(crate) fn reply(data: &[u8]) {
    for profile in [Profile::STRICT, Profile::COMPAT] {
        let mut ways = cut::ways(data).into_iter();
        let whole = read(&ways.next().unwrap_or_default(), profile);
        for pieces in ways {
            assert_eq!(read(&pieces, profile), whole, "cut as {pieces:?}");
        }
    }
}

const LINE: usize = 512;
const MOST: usize = 2048;

/// What was read, each as `Debug` shows it; the error too, which ends it.
fn read(pieces: &[&[u8]], profile: Profile) -> Vec<String> {
    let mut input = BytesMut::new();
    let mut reader = ReplyReader::new(profile, LINE, MOST);
    let mut log = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match reader.next(&mut input) {
                Ok(Read::Starved) => break,
                Ok(Read::Reply(reply, defects)) => {
                    log.push(format!("{reply:?} {defects:?}"));
                    let mut wire = BytesMut::new();
                    encode::reply(&reply, &mut wire);
                    let mut again = ReplyReader::new(Profile::COMPAT, LINE, 2 * MOST);
                    let Ok(Read::Reply(same, _)) = again.next(&mut wire) else {
                        panic!("{reply:?} does not come back")
                    };
                    // A line that was as long as it may be has become two.
                    let is_short = reply.lines().all(|line| line.len() < LINE / 2);
                    assert!(same == reply || !is_short, "{reply:?} comes back as {same:?}");
                    let mut defects = Defects::new();
                    let offered = Capabilities::view(&reply, profile, &mut defects);
                    let named = |one: smtp_proto::Extension| offered.has(one.as_str());
                    assert!(offered.extensions().iter().all(named), "{offered:?}");
                    assert!(Capabilities::read(&reply).iter().count() <= reply.lines().count());
                }
                Err(error) => {
                    log.push(format!("{error:?}"));
                    return log;
                }
            }
        }
        assert!(input.len() <= LINE, "{} octets are held", input.len());
    }
    log
}
