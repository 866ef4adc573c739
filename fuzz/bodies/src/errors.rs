//! Codes, replies and what they mean.

use mail_errors::classify::{Evidence, Failure, Reason, Stage};
use mail_errors::diagnosis::{Diagnosis, Language};
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};

use crate::expect_offset;

/// Octets are read as an enhanced status code.
pub(crate) fn enhanced_code(data: &[u8]) {
    match EnhancedStatusCode::parse(data) {
        // RFC 3463 2: no leading zeros, so there is one way to write each.
        Ok(code) => {
            assert_eq!(code.to_string().as_bytes(), data);
            assert_eq!(EnhancedStatusCode::split_from(data), Some((code, &b""[..])));
        }
        Err(error) => expect_offset(&error, data),
    }
    if let Some((code, rest)) = EnhancedStatusCode::split_from(data) {
        assert!(data.starts_with(code.to_string().as_bytes()) && data.ends_with(rest));
    }
}

/// Lines are made a reply, and people are told what it means.
pub(crate) fn reply(data: &[u8]) {
    let (digits, text) = data.split_at(data.len().min(3));
    let Ok(digits) = <[u8; 3]>::try_from(digits) else { return };
    let Ok(code) = ReplyCode::from_digits(digits) else { return };
    assert_eq!(code.digits(), digits);
    let lines = text.split(|&octet| octet == b'\n');
    let Ok(reply) = Reply::multiline(code, None, lines.clone()) else {
        // CR and NUL are the only octets that can be wrong in a line.
        assert!(text.iter().any(|octet| matches!(octet, b'\r' | 0)));
        return;
    };
    assert_eq!(reply.lines().count(), lines.count());
    for line in reply.lines() {
        assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
    }
    // A reply has one form: made of what would stand on the wire it is the same.
    let prefix = reply.enhanced().map(|enhanced| format!("{enhanced} ")).unwrap_or_default();
    let wire = reply.lines().map(|line| [prefix.as_bytes(), line].concat());
    assert_eq!(Reply::multiline(code, None, wire).as_ref(), Ok(&reply));

    let diagnosis = Diagnosis::of(&reply);
    let told = diagnosis.classification();
    assert_eq!(told.code(), Some(code));
    // A code that stands elsewhere in the text counts only if there is none at its place.
    assert!(reply.enhanced().is_none() || told.enhanced() == reply.enhanced());
    assert_eq!(told.is_permanent(), reply.is_permanent());
    for language in [Language::English, Language::Japanese] {
        assert!(!diagnosis.explain(language).to_string().is_empty());
    }
}

/// A line of a log, or the octets of a reply, are classified.
pub(crate) fn classify(data: &[u8]) {
    let Some(failure) = Failure::find(data) else { return };
    let told = failure.classify();
    assert_eq!(told, failure.classify());
    assert!(told.confidence().percent() <= 100);
    assert_eq!(told.reason() == Reason::Unknown, told.confidence().percent() == 0);
    // Nobody's address is given up for a reply that does not name a dead one.
    assert!(!told.suppress() || told.reason().is_hard());
    if let Evidence::Words { span, .. } = told.evidence() {
        assert_eq!(told.text().get(span.clone()), Some(told.words()));
    }
    if let Some(list) = told.blocklist() {
        assert!(!list.name().is_empty());
    }
    for stage in [Stage::Connect, Stage::Auth, Stage::Rcpt, Stage::EndOfData, Stage::ImapLogin] {
        let told = failure.at(stage).classify();
        assert!(!(stage.is_login() && told.suppress()));
    }
    let diagnosis = Diagnosis::from(told);
    for &language in Language::ALL {
        assert!(!diagnosis.explain(language).to_string().is_empty());
        assert!(!diagnosis.cause(language).is_empty());
        assert!(!diagnosis.remedy(language).to_string().is_empty());
    }
}
