//! A dialogue at the server's side: the server that the file shows, and its application.

#![allow(clippy::wildcard_enum_match_arm)]

use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr},
};

use mail_errors::{Reply, Secret};
use mail_sasl::{
    Mechanism, Nonce, ScramKeys,
    server::{Kept, Lookup},
};
use mail_wire::{
    proxy::{Network, Trusted},
    testing::Act,
};
use smtp_proto::{
    Capabilities, Domain, Extension,
    limits::ServerLimits,
    server::{Config, Event, Server, TlsUse},
};

use super::{Script, Turn};

impl Script {
    /// The server that the file shows.
    pub fn config(&self) -> Config {
        let greeting = self.replies().next().unwrap().text_lossy();
        let host = greeting.split(' ').next().unwrap_or_default();
        let host = Domain::parse(host).unwrap_or_else(|_| Domain::parse("mx.example").unwrap());
        let mut config = Config::new(&host);
        for extension in Extension::ALL {
            config = config.without(*extension);
        }
        let anybody = || Trusted::new([Network::parse("0.0.0.0/0").unwrap()]);
        for hello in self.hellos() {
            for offer in hello.iter() {
                config = match offer.extension() {
                    Some(Extension::StartTls) => config.tls(TlsUse::Offered),
                    Some(Extension::Auth) => config.auth(&mechanisms(&hello)),
                    Some(Extension::Xclient) => config.xclient(anybody()),
                    Some(Extension::Xforward) => config.xforward(anybody()),
                    _ => config.offer(offer.into_owned()),
                };
            }
            if let Some(message) = hello.largest_message() {
                config = config.limits(ServerLimits { message, ..ServerLimits::default() });
            }
        }
        if !self.says(b"STARTTLS") {
            // Where TLS stands below from the start, the file does not show it.
            config = config.allow_auth_in_clear();
        }
        if self.is_lmtp() { config.lmtp() } else { config }
    }

    /// The server before the conversation.
    pub fn server(&self) -> Server {
        let mut server = Server::new(self.config()).peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
        if let Some([_, nonce]) = self.nonces() {
            server.set_nonce(Nonce::new(nonce).unwrap());
        }
        server
    }

    /// An application that answers as the file has it, and says what it was told.
    pub fn application(&self) -> impl FnMut(&mut Server, Event) -> Act {
        let mut answers: VecDeque<(String, Vec<Reply>)> = self
            .turns
            .iter()
            .filter_map(|turn| match turn {
                Turn::Event(event, answers) => Some((event.clone(), answers.clone())),
                Turn::Client(_) | Turn::Server(_) | Turn::Known(_) => None,
            })
            .collect();
        let password = self.login().map(|[_, password]| password);
        let mut body = Vec::new();
        move |server, event| {
            let told = match &event {
                Event::Body(octets) => {
                    body.extend_from_slice(octets);
                    return Act::Quiet;
                }
                Event::BodyEnd { octets } => {
                    assert_eq!(*octets, body.len() as u64);
                    Some(format!("message {}", std::mem::take(&mut body).escape_ascii()))
                }
                Event::BodyAborted(why) => {
                    body.clear();
                    Some(format!("aborted {why:?}"))
                }
                Event::AuthLookup(lookup) => {
                    let password = password.as_deref().expect("X: as USER PASSWORD");
                    server.supply(kept(lookup, password)).unwrap();
                    return Act::Quiet;
                }
                other => tell(other),
            };
            // DATA is told where the file answers it.
            let is_next = |told: &String| answers.front().is_some_and(|(event, _)| event == told);
            let told = told.filter(|told| told != "data" || is_next(told));
            let mut given = Vec::new();
            if let Some(told) = &told
                && answers.front().is_some_and(|(event, _)| event == told)
            {
                given = answers.pop_front().unwrap().1;
                given.reverse();
            }
            while server.owes().is_some() {
                match given.pop() {
                    Some(reply) => server.reply(reply).unwrap(),
                    None => server.accept().unwrap(),
                }
            }
            told.map_or(Act::Quiet, Act::Log)
        }
    }
}

fn mechanisms(offered: &Capabilities) -> Vec<Mechanism> {
    offered.mechanisms().filter_map(|name| Mechanism::parse(name).ok()).collect()
}

/// What is kept of somebody with this password. The salt is that of RFC 5802 5.
fn kept(lookup: &Lookup, password: &str) -> Kept {
    const SALT: &[u8] = b"A%\xc2G\xe4:\xb1\xe9<m\xffv";
    let password = Secret::from(password);
    match lookup {
        Lookup::Keys { hash, .. } => {
            Kept::Keys(ScramKeys::derive_for(*hash, &password, SALT, 4096).unwrap())
        }
        _ => Kept::Password(password),
    }
}

/// What a file says of an event; what a file is silent of, if nothing.
fn tell(event: &Event) -> Option<String> {
    let with = |path: String, params: String| match params.is_empty() {
        true => path,
        false => format!("{path} {params}"),
    };
    Some(match event {
        Event::Mail(mail) => {
            let params = mail.params().to_string();
            format!("from {}", with(mail.reverse_path().to_string(), params))
        }
        Event::Rcpt(rcpt) => {
            let params = rcpt.params().to_string();
            format!("to {}", with(rcpt.forward_path().to_string(), params))
        }
        Event::Data => "data".to_owned(),
        Event::Auth { mechanism, .. } => format!("auth {mechanism}"),
        Event::Verify(whom) => format!("verify {}", whom.as_str()),
        Event::Expand(list) => format!("expand {}", list.as_str()),
        Event::Help(topic) => format!("help {}", topic.as_ref().map_or("", |text| text.as_str())),
        Event::Etrn(turn) => format!("etrn {}", turn.as_wire()),
        Event::Xclient(facts) => format!("xclient {}", facts.as_wire().escape_ascii()),
        Event::Xforward(facts) => format!("xforward {}", facts.as_wire().escape_ascii()),
        Event::Tls(_) => "tls".to_owned(),
        Event::Reset => "reset".to_owned(),
        Event::Refused(refused) => {
            let verb = refused.verb().map_or("?", |verb| verb.as_str());
            format!("refused {verb}")
        }
        Event::Tolerated(defect) => format!("tolerated {defect}"),
        _ => return None,
    })
}
