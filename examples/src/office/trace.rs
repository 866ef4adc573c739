//! Trace fields, RFC 5321 §4.4.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use mail_message::DateTime;
use mail_wire::TlsInfo;

use crate::store::{Address, InternalDate};

/// What a `Received` field tells of a message that came in.
#[derive(Debug)]
pub(super) struct Received<'a> {
    /// What the client called itself.
    pub hello: &'a str,
    /// By EHLO.
    pub extended: bool,
    /// What its address is called in the DNS, where that is known.
    pub name: Option<&'a str>,
    /// Where it came from.
    pub peer: SocketAddr,
    /// Who took it.
    pub host: &'a str,
    /// Under which TLS.
    pub tls: Option<&'a TlsInfo>,
    /// Whether the client had logged in.
    pub authenticated: bool,
    /// Whether it may hold UTF-8 where others hold ASCII (SMTPUTF8).
    pub utf8: bool,
    /// The name it is known by in the log.
    pub id: &'a str,
    /// Whom it is for, if that is one alone: the others are nobody's business (§7.2).
    pub recipient: Option<&'a Address>,
    /// When.
    pub date: InternalDate,
}

impl Received<'_> {
    /// Writes the field, folded.
    pub(super) fn to_field(&self) -> String {
        let address = match self.peer.ip().to_canonical() {
            IpAddr::V4(address) => format!("[{address}]"),
            IpAddr::V6(address) => format!("[IPv6:{address}]"),
        };
        let host = match self.name {
            Some(name) => format!("\r\n\t({} {address})", extended_domain(name)),
            None => format!(" ({address})"),
        };
        let tls = self.tls.map_or_else(String::new, |tls| {
            format!("\r\n\t({} {})", tls.version().as_str(), tls.cipher())
        });
        let recipient = self.recipient.map_or_else(String::new, |to| format!("\r\n\tfor <{to}>"));
        format!(
            "Received: from {}{host}\r\n\tby {} with {}{tls}\r\n\tid {}{recipient};\r\n\t{}\r\n",
            extended_domain(self.hello),
            self.host,
            self.protocol(),
            self.id,
            date(self.date),
        )
    }

    /// The names of RFC 3848, and of RFC 6531 §4.3.
    const fn protocol(&self) -> &'static str {
        match (self.utf8, self.tls.is_some(), self.authenticated) {
            (false, ..) => {}
            (true, false, false) => return "UTF8SMTP",
            (true, true, false) => return "UTF8SMTPS",
            (true, false, true) => return "UTF8SMTPA",
            (true, true, true) => return "UTF8SMTPSA",
        }
        match (self.extended, self.tls.is_some(), self.authenticated) {
            (false, ..) => "SMTP",
            (true, false, false) => "ESMTP",
            (true, true, false) => "ESMTPS",
            (true, false, true) => "ESMTPA",
            (true, true, true) => "ESMTPSA",
        }
    }
}

/// What the client called itself, as far as it can stand in the field.
///
/// > Extended-Domain = Domain / ( Domain FWS "(" TCP-info ")" ) / ...              RFC 5321 §4.4
///
/// Mail is not refused for a strange name (§4.1.4), but a parenthesis or a quote in it would change
/// what everything behind it means.
fn extended_domain(hello: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    hello.chars().map(|c| if plain(c) { c } else { '?' }).take(LONGEST_NAME).collect()
}

/// RFC 5321 §4.5.3.1.2
const LONGEST_NAME: usize = 255;

/// The `Return-Path` field of a final delivery; `None` is `<>`.
pub(super) fn return_path(sender: Option<&Address>) -> String {
    match sender {
        Some(sender) => format!("Return-Path: <{sender}>\r\n"),
        None => "Return-Path: <>\r\n".to_owned(),
    }
}

/// The fields as they are put in front of a message.
pub(super) fn prefix(fields: &[&str]) -> Bytes {
    Bytes::from(fields.concat())
}

/// A date as header fields have it.
pub(super) fn date(date: InternalDate) -> String {
    DateTime::from_unix(date.time().seconds(), date.offset())
        .map_or_else(|| "Thu, 01 Jan 1970 00:00:00 +0000".to_owned(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use mail_wire::TlsVersion;

    use super::*;
    use crate::store::UnixTime;

    #[test]
    fn says_all_that_is_known_in_lines_of_at_most_78() {
        let tls = TlsInfo::new(TlsVersion::Tls13, "TLS_AES_256_GCM_SHA384");
        let to = Address::parse("bob@example.org").unwrap();
        let mut received = Received {
            hello: "client.example",
            extended: true,
            name: None,
            peer: "192.0.2.1:1234".parse().unwrap(),
            host: "mx.example.org",
            tls: Some(&tls),
            authenticated: true,
            utf8: false,
            id: "abc",
            recipient: Some(&to),
            date: InternalDate::utc(UnixTime::new(1_700_000_000)),
        };
        let field = received.to_field();
        assert_eq!(
            field,
            "Received: from client.example ([192.0.2.1])\r\n\
             \tby mx.example.org with ESMTPSA\r\n\
             \t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n\
             \tid abc\r\n\
             \tfor <bob@example.org>;\r\n\
             \tTue, 14 Nov 2023 22:13:20 +0000\r\n"
        );
        assert!(field.lines().all(|line| line.len() <= 78));
        received.utf8 = true;
        assert!(received.to_field().contains(" with UTF8SMTPSA\r\n"));
        received.name = Some("host.example");
        let first = "Received: from client.example\r\n\t(host.example [192.0.2.1])\r\n\tby ";
        assert!(received.to_field().starts_with(first), "{}", received.to_field());
    }

    #[test]
    fn a_strange_name_changes_nothing_of_what_stands_behind_it() {
        for (hello, shown) in [
            ("my_pc", "my_pc"),
            ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
            ("x((", "x??"),
            ("x\"\\;by=me", "x???by?me"),
        ] {
            assert_eq!(extended_domain(hello), shown);
        }
        assert_eq!(extended_domain(&"x".repeat(1000)).len(), LONGEST_NAME);
    }
}
