//! XCLIENT: what a trusted client says of the one that it speaks for. Postfix's `XCLIENT_README`.

use std::net::SocketAddr;

use smtp_proto::{Attribute, Attributes, Xtext};

/// What has been told beside the address. It stands until something else is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// The name that the address has in the DNS.
    name: Option<String>,
    /// What the client called itself. What the one who speaks for it calls itself is not shown then.
    hello: Option<String>,
    /// Whether it did so by EHLO.
    extended: Option<bool>,
}

impl Told {
    /// Takes in what is told of a client. `peer` becomes its address, where that is told.
    pub(super) fn take(&mut self, facts: &Attributes, peer: &mut SocketAddr) {
        if let Some(address) = facts.address() {
            *peer = SocketAddr::new(address, 0);
            // The name of another address.
            self.name = None;
        }
        if let Some(port) = facts.port() {
            peer.set_port(port);
        }
        let text = |value: Xtext<&[u8]>| String::from_utf8_lossy(&value.decode()).into_owned();
        if let Some(name) = facts.get("NAME") {
            self.name = value(name).map(text);
        }
        if let Some(hello) = facts.get("HELO") {
            self.hello = value(hello).map(text);
        }
        if let Some(protocol) = facts.get("PROTO") {
            self.extended = value(protocol).map(|it| it.decode().eq_ignore_ascii_case(b"ESMTP"));
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the client calls itself, and whether by EHLO: as told, or else as heard.
    pub(super) fn hello<'h>(&'h self, (hello, extended): &'h (String, bool)) -> (&'h str, bool) {
        (self.hello.as_deref().unwrap_or(hello), self.extended.unwrap_or(*extended))
    }
}

/// Under which name the client has logged in, if it is told that it has. A name that is not UTF-8 is
/// nobody's, and so is the empty one.
pub(super) fn login(facts: &Attributes) -> Option<String> {
    let login = value(facts.get("LOGIN")?)?;
    Some(String::from_utf8(login.decode()).unwrap_or_default())
}

const fn value<'a>(attribute: Attribute<'a>) -> Option<Xtext<&'a [u8]>> {
    match attribute {
        Attribute::Value(value) => Some(value),
        Attribute::Unavailable | Attribute::UnavailableForNow => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_is_told_stands_until_something_else_is() {
        let (mut told, mut peer) = (Told::default(), "127.0.0.1:9".parse().unwrap());
        let mut take = |facts: &str| {
            let facts = Attributes::parse(facts).unwrap();
            told.take(&facts, &mut peer);
            let heard = ("proxy.example".to_owned(), true);
            let (hello, extended) = told.hello(&heard);
            let name = told.name().map(str::to_owned);
            (peer.to_string(), name, hello.to_owned(), extended, login(&facts))
        };
        let as_told =
            |peer: &str, name: Option<&str>, hello: &str, extended, login: Option<&str>| {
                (peer.into(), name.map(Into::into), hello.into(), extended, login.map(Into::into))
            };
        let first = take("ADDR=192.0.2.1 NAME=c.example HELO=my+20pc PROTO=SMTP LOGIN=bob");
        assert_eq!(first, as_told("192.0.2.1:0", Some("c.example"), "my pc", false, Some("bob")));
        let next = take("PORT=4711 PROTO=[UNAVAILABLE]");
        assert_eq!(next, as_told("192.0.2.1:4711", Some("c.example"), "my pc", true, None));
        let next = take("addr=IPV6:2001:db8::1 HELO=[UNAVAILABLE] LOGIN=[TEMPUNAVAIL]");
        assert_eq!(next, as_told("[2001:db8::1]:0", None, "proxy.example", true, None));
        assert_eq!(take("LOGIN=+FF").4, Some(String::new()), "no name at all");
    }
}
