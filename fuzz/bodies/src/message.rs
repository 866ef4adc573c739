//! Messages, and what stands in their headers.

use mail_message::address::{Entry, entries};
use mail_message::{DateTime, HeaderEnd, Message, encoded_word, unfold};

use crate::cut;

/// Octets are read as a message.
pub(crate) fn header(data: &[u8]) {
    let message = Message::new(data);
    let header = message.header();
    assert_eq!([header.as_bytes(), message.body()].concat(), data);

    // The items of a header are all of it, but for the empty line.
    let mut at = 0;
    for item in header.items() {
        let range = match item {
            Ok(field) => {
                assert_eq!(data.get(field.range()), Some(field.as_bytes()));
                assert_eq!(data.get(field.value_range()), Some(field.raw_value()));
                assert!(header.field(&String::from_utf8_lossy(field.name())).is_some());
                assert!(!field.value().windows(2).any(|two| two == b"\r\n"), "still folded");
                let _ = field.text();
                field.range()
            }
            Err(other) => {
                assert_eq!(data.get(other.range()), Some(other.as_bytes()));
                other.range()
            }
        };
        assert!(range.start == at && range.end > at, "{range:?} does not follow {at}");
        at = range.end;
    }
    let rest = data.get(at..message.body_offset()).unwrap_or_default();
    assert!(matches!(rest, b"" | b"\n" | b"\r\n"), "{rest:?} is passed over");

    for pieces in cut::ways(data) {
        let (mut end, mut before, mut found) = (HeaderEnd::new(), 0, None);
        for piece in pieces {
            if found.is_none() {
                found = end.find(piece).map(|at| before + at);
            } else {
                assert_eq!(end.find(piece), Some(0), "the body has begun");
            }
            before += piece.len();
        }
        assert_eq!(found.unwrap_or(data.len()), message.body_offset());
    }
}

/// Octets are read as an address list.
pub(crate) fn address(data: &[u8]) {
    let (mut depth, mut names) = (0_u32, 0);
    for entry in entries(data) {
        match entry {
            Entry::Mailbox(mailbox) => {
                names += mailbox.addr_spec().len();
                names += mailbox.display_name().map_or(0, |name| name.len());
                // An address that is written out reads as the same address.
                let spec = mailbox.addr_spec();
                let mut again = entries(&spec);
                let Some(Entry::Mailbox(same)) = again.next() else {
                    panic!("{:?} is no address", spec.escape_ascii().to_string());
                };
                assert_eq!(same.local_part(), mailbox.local_part());
                assert_eq!(same.domain(), mailbox.domain());
                assert!(again.next().is_none());
            }
            Entry::GroupStart(group) => {
                names += group.name().len();
                depth += 1;
            }
            Entry::GroupEnd => depth = depth.checked_sub(1).expect("a group that never began"),
            Entry::Invalid(octets) => assert!(!octets.is_empty()),
        }
        assert!(depth <= 1, "groups do not nest");
    }
    assert_eq!(depth, 0, "every group ends");
    // A replacement character takes three octets, and an address is written once.
    assert!(names <= 4 * data.len() + 16, "{names} octets of {}", data.len());
}

/// Octets are read as a date.
pub(crate) fn date(data: &[u8]) {
    match DateTime::parse(data) {
        Ok(moment) => {
            let text = moment.to_string();
            assert_eq!(DateTime::parse(text.as_bytes()).as_ref(), Ok(&moment), "{text}");
            let again = DateTime::from_unix(moment.unix_seconds(), moment.offset_minutes());
            assert_eq!(again, Some(moment));
        }
        Err(error) => assert!(error.offset() <= data.len()),
    }
}

/// Octets are read as text with encoded-words.
pub(crate) fn encoded_word(data: &[u8]) {
    let text = encoded_word::decode(data);
    assert!(text.len() <= 3 * data.len(), "{} octets of {}", text.len(), data.len());
    if let Ok(plain) = std::str::from_utf8(data)
        && !plain.contains("=?")
    {
        assert_eq!(text, plain, "nothing is encoded in it");
    }
    assert!(unfold(data).len() <= data.len());
}
