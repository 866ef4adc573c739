//! The file as it is written, and the way from there to a [`Config`].

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use mail_errors::{ParseError, Secret};
use mail_sasl::{ScramHash, ScramKeys};
use mail_wire::proxy::{Network, Trusted};
use serde::Deserialize;
use toml::Spanned;

use super::error::ConfigError;
use super::{
    AccountConfig, Config, Limits, PasswordConfig, Pop3Policy, Ports, Relay, Service, TlsFiles,
    TrustedPeers, default_host, parse_size,
};
use crate::store::{Address, Domain, LoginName};

/// Reads and checks the text of a file.
pub(super) fn read(text: &str) -> Result<Config, ConfigError> {
    let file: File = toml::from_str(text)
        .map_err(|error| ConfigError::at(text, error.span(), error.message()))?;
    Reading { text }.config(file)
}

/// A table whose keys are names of services.
#[derive(Deserialize)]
#[serde(transparent)]
struct ByService<T>(BTreeMap<Spanned<String>, T>);

impl<T> Default for ByService<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    listen: Option<IpAddr>,
    host: Option<Spanned<String>>,
    domains: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    ports: ByService<u16>,
    #[serde(default)]
    proxies: ByService<Vec<Spanned<String>>>,
    #[serde(default)]
    xclient: ByService<Vec<Spanned<String>>>,
    #[serde(default)]
    limits: FileLimits,
    #[serde(default)]
    pop3: FilePop3,
    #[serde(default)]
    relay: FileRelay,
    tls: Option<FileTls>,
    #[serde(default)]
    account: Vec<FileAccount>,
    #[serde(default)]
    aliases: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLimits {
    messages_per_hour: Option<u32>,
    message_size: Option<Spanned<FileSize>>,
    recipients: Option<Spanned<u32>>,
    quota: Option<Spanned<FileSize>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePop3 {
    retrieved: Option<Retrieved>,
    login_delay: Option<u32>,
}

/// What becomes of messages that were fetched.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Retrieved {
    Keep,
    Delete,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRelay {
    resolver: Option<SocketAddr>,
    port: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTls {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAccount {
    login: Spanned<String>,
    password: Option<Spanned<String>>,
    scram: Option<Spanned<String>>,
    apop: Option<Spanned<bool>>,
    quota: Option<Spanned<FileSize>>,
    addresses: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    senders: Vec<Spanned<String>>,
}

/// A number of octets, or a text for [`parse_size`], or `"unlimited"`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a size like 512 or \"1GiB\"")]
enum FileSize {
    Octets(u64),
    Text(String),
}

struct Reading<'a> {
    text: &'a str,
}

impl Reading<'_> {
    fn config(&self, file: File) -> Result<Config, ConfigError> {
        let default = Config::default();
        let domains = match &file.domains {
            Some(domains) if domains.get_ref().is_empty() => {
                return Err(self.error(domains, "at least one domain is needed"));
            }
            Some(domains) => self.all(domains.get_ref(), Domain::parse)?,
            None => default.domains,
        };
        let host = match &file.host {
            Some(host) => self.one(host, Domain::parse)?,
            None => domains.first().map_or(default.host, default_host),
        };
        let mut ports = Ports::default();
        for (service, port) in self.by_service(&file.ports, |_| true)? {
            ports.set(service, *port);
        }
        let proxies = self.peers(&file.proxies, |service| service != Service::Dns)?;
        let xclient = self.peers(&file.xclient, |service| {
            matches!(service, Service::Smtp | Service::Submission | Service::Submissions)
        })?;
        let limits = self.limits(&file.limits)?;
        let pop3 = Pop3Policy {
            delete_retrieved: file.pop3.retrieved == Some(Retrieved::Delete),
            login_delay: file.pop3.login_delay.unwrap_or_default(),
        };
        let relay = Relay {
            resolver: file.relay.resolver,
            port: file.relay.port.unwrap_or(Relay::default().port),
        };
        let tls = file.tls.map(|tls| TlsFiles { certificate: tls.certificate, key: tls.key });
        let accounts = self.accounts(&file.account, &domains, limits.quota)?;
        let aliases = self.aliases(&file.aliases, &domains, &accounts)?;
        Ok(Config {
            data: file.data.unwrap_or(default.data),
            listen: file.listen.unwrap_or(default.listen),
            ports,
            proxies,
            xclient,
            host,
            domains,
            limits,
            pop3,
            relay,
            tls,
            accounts,
            aliases,
        })
    }

    fn peers(
        &self,
        file: &ByService<Vec<Spanned<String>>>,
        is_known: impl Fn(Service) -> bool,
    ) -> Result<TrustedPeers, ConfigError> {
        let mut peers = TrustedPeers::default();
        for (service, networks) in self.by_service(file, is_known)? {
            peers.set(service, Trusted::new(self.all(networks, Network::parse)?));
        }
        Ok(peers)
    }

    /// Reads the keys of a table in which some services are known.
    fn by_service<'f, T>(
        &self,
        file: &'f ByService<T>,
        is_known: impl Fn(Service) -> bool,
    ) -> Result<Vec<(Service, &'f T)>, ConfigError> {
        let known: Vec<_> = Service::ALL.into_iter().filter(|one| is_known(*one)).collect();
        let entries = file.0.iter().map(|(key, value)| {
            let service = known.iter().find(|service| service.name() == key.get_ref());
            let Some(service) = service else {
                let names: Vec<_> = known.iter().map(|service| service.name()).collect();
                let (name, names) = (key.get_ref(), names.join("`, `"));
                let why = format!("unknown field `{name}`, expected one of `{names}`");
                return Err(self.error(key, why));
            };
            Ok((*service, value))
        });
        entries.collect()
    }

    fn limits(&self, file: &FileLimits) -> Result<Limits, ConfigError> {
        let mut limits = Limits::default();
        if let Some(messages) = file.messages_per_hour {
            limits.messages_per_hour = messages;
        }
        if let Some(size) = &file.message_size {
            // RFC 5321 4.5.3.1.7 asks for at least 64 KiB.
            limits.message_size = match self.size(size)? {
                Some(octets) if octets >= 64 << 10 => octets,
                Some(_) | None => {
                    return Err(self.error(size, "a size of at least 64KiB is needed"));
                }
            };
        }
        if let Some(recipients) = &file.recipients {
            limits.recipients = *recipients.get_ref();
            if limits.recipients < 100 {
                return Err(self.error(recipients, "at least 100 are needed (RFC 5321 4.5.3.1.8)"));
            }
        }
        if let Some(quota) = &file.quota {
            limits.quota = self.size(quota)?;
        }
        Ok(limits)
    }

    fn accounts(
        &self,
        files: &[FileAccount],
        domains: &[Domain],
        quota: Option<u64>,
    ) -> Result<Vec<AccountConfig>, ConfigError> {
        let mut accounts = Vec::new();
        let mut logins = HashSet::new();
        let mut taken = HashSet::new();
        for file in files {
            let login = self.one(&file.login, LoginName::parse)?;
            if !logins.insert(login.clone()) {
                return Err(self.error(&file.login, "there is another account of this name"));
            }
            let given = match &file.addresses {
                Some(addresses) => addresses,
                None => std::slice::from_ref(&file.login),
            };
            let addresses = self.all(given, Address::parse)?;
            for (text, address) in given.iter().zip(&addresses) {
                if !domains.contains(address.domain()) {
                    return Err(self.error(text, "its domain is not among the domains"));
                }
                if !taken.insert(address.folded()) {
                    return Err(self.error(text, "another account has this address"));
                }
            }
            accounts.push(AccountConfig {
                login,
                password: self.password(file)?,
                quota: file.quota.as_ref().map_or(Ok(quota), |quota| self.size(quota))?,
                addresses,
                senders: self.all(&file.senders, Address::parse)?,
            });
        }
        Ok(accounts)
    }

    fn password(&self, file: &FileAccount) -> Result<PasswordConfig, ConfigError> {
        let apop = file.apop.as_ref().filter(|apop| *apop.get_ref());
        match (&file.password, &file.scram) {
            (Some(password), None) if password.get_ref().is_empty() => {
                Err(self.error(password, "the password is empty"))
            }
            (Some(password), None) => Ok(PasswordConfig::Plain {
                password: Secret::from(password.get_ref().as_str()),
                apop: apop.is_some(),
            }),
            (None, Some(scram)) => match apop {
                Some(apop) => Err(self.error(apop, "APOP needs the password itself")),
                None => self.one(scram, scram_keys).map(PasswordConfig::Scram),
            },
            (Some(_), Some(scram)) => Err(self.error(scram, "either password or scram, not both")),
            (None, None) => Err(self.error(&file.login, "the account has no password")),
        }
    }

    fn aliases(
        &self,
        file: &BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
        domains: &[Domain],
        accounts: &[AccountConfig],
    ) -> Result<Vec<(Address, Vec<Address>)>, ConfigError> {
        let taken: HashSet<String> =
            accounts.iter().flat_map(|account| &account.addresses).map(Address::folded).collect();
        let mut seen = HashSet::new();
        let mut aliases = Vec::new();
        for (text, targets) in file {
            let alias = self.one(text, Address::parse)?;
            if !domains.contains(alias.domain()) {
                return Err(self.error(text, "its domain is not among the domains"));
            }
            if taken.contains(&alias.folded()) {
                return Err(self.error(text, "an account has this address"));
            }
            if !seen.insert(alias.folded()) {
                return Err(self.error(text, "there is another alias of this address"));
            }
            aliases.push((alias, self.all(targets, Address::parse)?));
        }
        Ok(aliases)
    }

    fn size(&self, size: &Spanned<FileSize>) -> Result<Option<u64>, ConfigError> {
        match size.get_ref() {
            FileSize::Octets(octets) => Ok(Some(*octets)),
            FileSize::Text(text) if text == "unlimited" => Ok(None),
            FileSize::Text(text) => parse_size(text)
                .map(Some)
                .ok_or_else(|| self.error(size, "not a size like 512, \"1GiB\" or \"unlimited\"")),
        }
    }

    fn one<T, E: fmt::Display>(
        &self,
        text: &Spanned<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        parse(text.get_ref()).map_err(|error| self.error(text, error))
    }

    fn all<T, E: fmt::Display>(
        &self,
        texts: &[Spanned<String>],
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, ConfigError> {
        texts.iter().map(|text| self.one(text, &parse)).collect()
    }

    fn error<T>(&self, at: &Spanned<T>, message: impl fmt::Display) -> ConfigError {
        ConfigError::at(self.text, Some(at.span()), message)
    }
}

/// Keys for the one hash that is offered.
fn scram_keys(text: &str) -> Result<ScramKeys, ParseError> {
    let keys = ScramKeys::parse(text)?;
    match keys.hash() {
        ScramHash::Sha256 => Ok(keys),
        ScramHash::Sha1 | _ => Err(ParseError::at(text.as_bytes(), 0, "SCRAM-SHA-256")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_empty_file_is_the_default() {
        let config = read("").expect("legal");
        assert_eq!(config.host.as_str(), "mail.post-office.test");
        assert_eq!(config.listen.to_string(), "127.0.0.1");
        for service in Service::ALL {
            assert_eq!(config.ports.of(service), service.default_port());
        }
    }

    #[test]
    fn ok_every_key() {
        let keys = ScramKeys::derive(&Secret::from("x"), b"salt", 4096).expect("keys").to_text();
        let text = format!(
            r#"
data = "/var/mail"
listen = "::1"
host = "mx.example.org"
domains = ["Example.org", "example.net"]
[ports]
smtp = 0
dns = 53
[proxies]
smtp = ["192.0.2.0/24", "::1"]
imaps = ["127.0.0.1"]
[xclient]
submission = ["198.51.100.0/24"]
[limits]
messages_per_hour = 5
message_size = "1MiB"
recipients = 100
quota = "unlimited"
[pop3]
retrieved = "delete"
login_delay = 60
[relay]
resolver = "127.0.0.1:53"
port = 2525
[tls]
certificate = "c.pem"
key = "k.pem"
[[account]]
login = "alice@example.org"
password = "hunter2"
apop = true
quota = 1000
senders = ["office@example.org"]
[[account]]
login = "bob"
scram = "{keys}"
addresses = ["Bob@example.net", "b@example.org"]
[aliases]
"office@example.org" = ["alice@example.org", "x@elsewhere.test"]
"#
        );
        let config = read(&text).expect("legal");
        assert_eq!(config.domains.len(), 2);
        assert_eq!(config.domains[0].as_str(), "example.org");
        assert_eq!((config.ports.of(Service::Smtp), config.ports.of(Service::Dns)), (0, 53));
        assert_eq!(config.ports.of(Service::Imap), 2143);
        let trusts =
            |service, peer: &str| config.proxies.of(service).has(peer.parse().expect("an address"));
        assert!(trusts(Service::Smtp, "192.0.2.200") && trusts(Service::Smtp, "::1"));
        assert!(trusts(Service::Imaps, "127.0.0.1") && !trusts(Service::Imap, "127.0.0.1"));
        let speaks = |service| config.xclient.of(service).has("198.51.100.9".parse().expect("one"));
        assert!(speaks(Service::Submission) && !speaks(Service::Submissions));
        assert_eq!(config.limits.message_size, 1 << 20);
        assert_eq!((config.limits.quota, config.limits.messages_per_hour), (None, 5));
        assert_eq!(config.pop3, Pop3Policy { delete_retrieved: true, login_delay: 60 });
        assert_eq!(config.relay.port, 2525);
        let [alice, bob] = &config.accounts[..] else { panic!("two accounts") };
        assert_eq!((alice.quota, bob.quota), (Some(1000), None));
        assert!(matches!(alice.password, PasswordConfig::Plain { apop: true, .. }));
        assert!(matches!(bob.password, PasswordConfig::Scram(_)));
        assert_eq!(alice.addresses[0].as_str(), "alice@example.org");
        assert_eq!(bob.addresses[0].as_str(), "Bob@example.net");
        assert_eq!(config.aliases[0].1.len(), 2);
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn ok_example_of_the_readme() {
        let readme = include_str!("../../../README.md");
        let (_, behind) = readme.split_once("```toml\n").expect("an example");
        let (text, _) = behind.split_once("```").expect("its end");
        let config = read(text).expect("legal");
        assert_eq!(config.accounts[0].quota, Some(500_000_000));
        assert!(config.relay.resolver.is_some() && config.aliases.len() == 1);
    }

    /// The keys of RFC 5802 section 5, whose hash is not offered.
    const SHA_1: &str = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:\
                         D+CSWLOshSulAsxiupA+qs2/fTE=";

    #[test]
    fn err_names_line_and_key() {
        let account = |rest: &str| format!("[[account]]\nlogin = 'a@post-office.test'\n{rest}");
        let cases = [
            ("host = ".to_owned(), 1, "host", ""),
            ("\n\nlisten = 'nowhere'".to_owned(), 3, "listen", "IP address"),
            ("hots = 'x'".to_owned(), 1, "hots", "unknown field"),
            ("[ports]\nsmtp = 70000".to_owned(), 2, "ports.smtp", "u16"),
            ("[proxies]\nsmtp = ['mx.example']".to_owned(), 2, "proxies.smtp", "IP address"),
            ("[proxies]\npop3 = ['10.0.0.1/8']".to_owned(), 2, "proxies.pop3", "prefix"),
            ("[proxies]\ndns = []".to_owned(), 2, "proxies.dns", "unknown field"),
            ("[xclient]\nsmtp = ['any']".to_owned(), 2, "xclient.smtp", "IP address"),
            ("[xclient]\nimap = []".to_owned(), 2, "xclient.imap", "unknown field"),
            ("domains = []".to_owned(), 1, "domains", "at least one"),
            ("domains = [\n 'a.test',\n 'b c',\n]".to_owned(), 3, "domains", "not a domain"),
            ("[limits]\nmessage_size = '1XB'".to_owned(), 2, "limits.message_size", "not a size"),
            ("[limits]\nmessage_size = 1000".to_owned(), 2, "limits.message_size", "64KiB"),
            (
                "[limits]\nmessage_size = true".to_owned(),
                2,
                "limits.message_size",
                "expected a size",
            ),
            ("[limits]\nrecipients = 9".to_owned(), 2, "limits.recipients", "100"),
            ("[pop3]\nretrieved = 'burn'".to_owned(), 2, "pop3.retrieved", "unknown variant"),
            ("[relay]\nresolver = '127.0.0.1'".to_owned(), 2, "relay.resolver", "socket address"),
            (account(""), 2, "account.login", "no password"),
            (account("password = ''"), 3, "account.password", "empty"),
            (account("password = 'x'\nscram = 'y'"), 4, "account.scram", "not both"),
            (account(&format!("scram = '{SHA_1}'")), 3, "account.scram", "SCRAM-SHA-256"),
            (account("password = 'x'\naddresses = ['a@b.test']"), 4, "account.addresses", "domain"),
            (account("password = 'x'\nquota = 'big'"), 4, "account.quota", "not a size"),
            (account(&account("password = 'x'")), 2, "account.login", "no password"),
            ("[aliases]\n\"x@y.test\" = []".to_owned(), 2, "aliases.\"x@y.test\"", "domain"),
            (
                "[aliases]\n\"x@post-office.test\" = ['y']".to_owned(),
                2,
                "aliases.\"x@post-office.test\"",
                "@",
            ),
        ];
        for (text, line, key, message) in cases {
            let error = read(&text).expect_err(&text);
            assert_eq!((error.line(), error.key()), (Some(line), Some(key)), "{text}\n{error}");
            assert!(error.to_string().contains(message), "{text}\n{error}");
        }
    }

    #[test]
    fn err_two_accounts_that_get_in_each_others_way() {
        let account = |login: &str, address: &str| {
            format!("[[account]]\nlogin = '{login}'\npassword = 'x'\naddresses = ['{address}']\n")
        };
        let same = account("a", "a@post-office.test");
        let error = read(&format!("{same}{same}")).expect_err("two of the same name");
        assert_eq!(error.line(), Some(6));
        let error = read(&format!("{same}{}", account("b", "A@post-office.test")));
        assert_eq!(error.expect_err("two of the same address").line(), Some(8));
        let alias = "[aliases]\n'A@post-office.test' = ['b@c.test']";
        let error = read(&format!("{same}{alias}")).expect_err("an alias of the same address");
        assert_eq!(error.line(), Some(6));
    }

    #[test]
    fn err_password_does_not_show() {
        let error = read("[[account]]\nlogin = 'a'\npassword = ['hunter2']").expect_err("an array");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let error = read("[[account]]\nlogin = 'a'\npassword = hunter2").expect_err("no quotes");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
