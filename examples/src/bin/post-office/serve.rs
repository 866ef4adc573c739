//! `post-office serve`.

use std::{
    io::{self, IsTerminal as _},
    net::{IpAddr, SocketAddr},
    str::FromStr as _,
    sync::{Arc, PoisonError},
};

use clap::Args;
use mail_dns::{Name, zone::Authority};
use mail_errors::diagnosis::Language;
use mail_examples::{
    config::{Config, Ports, Service, default_host},
    office::{Bound, dns},
    settings::Settings,
    store::Domain,
    tls::CERTIFICATE,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;
use tracing_subscriber::{
    filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{Failure, Place, open, say};

/// What `serve` takes. Everything here goes before what the file says.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Place,
    /// The address to listen on [default: 127.0.0.1].
    #[arg(long, value_name = "ADDR")]
    listen: Option<IpAddr>,
    /// The name of this host [default: mail. and the first domain].
    #[arg(long, value_name = "NAME", value_parser = domain)]
    host: Option<Domain>,
    /// A domain to take mail for; may be given several times [default: post-office.test].
    #[arg(long, value_name = "NAME", value_parser = domain)]
    domain: Vec<Domain>,
    /// The port of a service (smtp, submission, submissions, pop3, pop3s, imap, imaps or dns), like
    /// imap=143; 0 lets the system choose. May be given several times.
    #[arg(long, value_name = "SERVICE=N", value_parser = port)]
    port: Vec<(Service, u16)>,
    /// The DNS server that is asked where mail for other domains goes; without one such mail waits.
    #[arg(long, value_name = "ADDR:PORT")]
    resolver: Option<SocketAddr>,
    /// The port at which other hosts take mail [default: 25].
    #[arg(long, value_name = "N")]
    relay_port: Option<u16>,
    /// The language of the settings that are printed: en or ja.
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = language)]
    lang: Language,
}

impl Serve {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        log();
        let config = self.config()?;
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|source| Failure::Io { what: "cannot start", source })?;
        runtime.block_on(serve(&config, self.lang))
    }

    fn config(&self) -> Result<Config, Failure> {
        let mut config = self.place.config()?;
        if let Some(first) = self.domain.first() {
            // A host name that nobody gave goes with the domains.
            if config.domains.first().is_some_and(|old| default_host(old) == config.host) {
                config.host = default_host(first);
            }
            config.domains.clone_from(&self.domain);
        }
        if let Some(host) = &self.host {
            config.host = host.clone();
        }
        config.listen = self.listen.unwrap_or(config.listen);
        for &(service, port) in &self.port {
            config.ports.set(service, port);
        }
        config.relay.resolver = self.resolver.or(config.relay.resolver);
        config.relay.port = self.relay_port.unwrap_or(config.relay.port);
        Ok(config)
    }
}

async fn serve(config: &Config, language: Language) -> Result<(), Failure> {
    // Whoever sends a signal from here on waits for no more than the good-byes.
    let asked = |kind| {
        signal(kind).map_err(|source| Failure::Io { what: "cannot wait for signals", source })
    };
    let (mut interrupt, mut terminate) =
        (asked(SignalKind::interrupt())?, asked(SignalKind::terminate())?);
    let bound = Bound::new(config, Arc::new(open(config)?)).await?;
    *bound.zones().write().unwrap_or_else(PoisonError::into_inner) = zones(config);
    introduce(&bound, config, language)?;
    let running = bound.open();
    say(format_args!("ready\n"))?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    info!("closing");
    running.close().await;
    Ok(())
}

/// Makes the zones of all domains, and one of the host's own if it lies in none of them. Names that
/// DNS cannot carry (address literals, U-labels) are left out.
fn zones(config: &Config) -> Authority {
    let name = |domain: &Domain| domain.as_str().parse::<Name>().ok();
    let Some(host) = name(&config.host) else { return Authority::default() };
    let mut origins: Vec<Name> = config.domains.iter().filter_map(name).collect();
    if !origins.iter().any(|origin| host.is_subdomain_of(origin)) {
        origins.push(host.clone());
    }
    // 0.0.0.0 and :: are no address that others could be told.
    let address = Some(config.listen).filter(|address| !address.is_unspecified());
    let zone = |origin: &Name| dns::zone_for(origin, &host, address.as_slice()).ok();
    origins.iter().filter_map(zone).collect()
}

/// Tells a person what they need to know, the passwords this one time.
fn introduce(bound: &Bound, config: &Config, language: Language) -> Result<(), Failure> {
    let mut ports = Ports::default();
    for service in Service::ALL {
        let address = bound.address(service);
        ports.set(service, address.port());
        say(format_args!("listening {:<11} {address}\n", service.name()))?;
    }
    let certificate = match &config.tls {
        Some(files) => files.certificate.clone(),
        None => config.data.join(CERTIFICATE),
    };
    say(format_args!("certificate {}\n\n", certificate.display()))?;
    // The name of a host on the loopback is known to nobody's resolver.
    let server = match config.listen {
        address if address.is_loopback() => address.to_string(),
        _ => config.host.to_string(),
    };
    say(format_args!("{}\n", Settings::new(server, ports).told(language)))?;
    for new in bound.made() {
        let password = String::from_utf8_lossy(new.password.expose());
        say(format_args!("new account {} password {password}\n", new.login))?;
    }
    Ok(())
}

/// The access log goes to standard error, as much of it as `RUST_LOG` says.
fn log() {
    let wanted = std::env::var("RUST_LOG").ok();
    let wanted = wanted.and_then(|text| Targets::from_str(&text).ok());
    let wanted = wanted.unwrap_or_else(|| Targets::from_str("info").expect("a level"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry().with(lines).with(wanted).init();
}

fn domain(text: &str) -> Result<Domain, String> {
    Domain::parse(text).map_err(|error| error.to_string())
}

fn port(text: &str) -> Result<(Service, u16), String> {
    let (name, number) = text.split_once('=').ok_or("not of the form SERVICE=N")?;
    let service = Service::ALL.into_iter().find(|service| service.name() == name);
    let service = service.ok_or_else(|| format!("there is no service {name}"))?;
    let port = number.parse().map_err(|_| format!("{number} is not a port"))?;
    Ok((service, port))
}

pub(crate) fn language(text: &str) -> Result<Language, String> {
    Language::from_tag(text).ok_or_else(|| "only en and ja are spoken".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use mail_dns::{Question, RecordType};

    use super::*;
    use crate::{Cli, Command};

    fn config(arguments: &[&str]) -> Config {
        let all = ["post-office", "serve"].iter().chain(arguments);
        let Command::Serve(serve) = Cli::try_parse_from(all).expect("legal").command else {
            panic!("serve")
        };
        serve.config().expect("legal")
    }

    #[test]
    fn ok_host_goes_with_the_domains_unless_it_is_given() {
        let config_of_two = config(&["--domain", "a.test", "--domain", "b.test"]);
        assert_eq!(config_of_two.host.as_str(), "mail.a.test");
        assert_eq!(config_of_two.domains.len(), 2);
        let named = config(&["--domain", "a.test", "--host", "mx.example.org"]);
        assert_eq!(named.host.as_str(), "mx.example.org");
        assert_eq!(config(&[]).host, Config::default().host);
    }

    #[test]
    fn ok_ports_one_by_one() {
        let config = config(&["--port", "imap=143", "--port", "dns=0", "--relay-port", "2525"]);
        assert_eq!(config.ports.of(Service::Imap), 143);
        assert_eq!(config.ports.of(Service::Dns), 0);
        assert_eq!(config.ports.of(Service::Smtp), 2525);
        assert_eq!(config.relay.port, 2525);
    }

    #[test]
    fn ok_mail_for_every_domain_goes_to_the_host() {
        let ask = |config: &Config, name: &str, rtype| {
            let question = Question::new(name.parse().expect("a name"), rtype);
            zones(config).outcome(&question).to_string()
        };
        let two = config(&["--domain", "a.test", "--domain", "b.test", "--listen", "127.0.0.2"]);
        for domain in ["a.test", "b.test"] {
            assert_eq!(ask(&two, domain, RecordType::MX), "10 mail.a.test");
        }
        assert_eq!(ask(&two, "mail.a.test", RecordType::A), "127.0.0.2");
        let elsewhere = config(&["--domain", "a.test", "--host", "mx.b.test", "--listen", "::1"]);
        assert_eq!(ask(&elsewhere, "a.test", RecordType::MX), "10 mx.b.test");
        assert_eq!(ask(&elsewhere, "mx.b.test", RecordType::AAAA), "::1");
        let everywhere = config(&["--domain", "a.test", "--listen", "0.0.0.0"]);
        assert_eq!(ask(&everywhere, "a.test", RecordType::MX), "10 mail.a.test");
        assert_eq!(ask(&everywhere, "mail.a.test", RecordType::A), "no such name");
    }

    #[test]
    fn err_what_is_no_port_no_domain_and_no_language() {
        let wrong = [
            ["--port", "imap"],
            ["--port", "imap=70000"],
            ["--port", "impa=143"],
            ["--port", "imap=-1"],
            ["--domain", "a b"],
            ["--lang", "fr"],
            ["--listen", "localhost"],
            ["--resolver", "127.0.0.1"],
        ];
        for arguments in wrong {
            let all = ["post-office", "serve"].iter().chain(&arguments);
            let error = Cli::try_parse_from(all).expect_err(arguments[1]);
            assert_eq!(error.exit_code(), 2, "{arguments:?}");
        }
    }
}
