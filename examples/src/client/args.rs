//! What the small programs take on their command lines.

use std::{
    fmt,
    io::{self, BufRead as _, Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    str::FromStr,
    time::{Duration, Instant},
};

use clap::Args;
use mail_errors::{Misuse, Secret, diagnosis::Language};
use mail_sasl::Credentials;
use mail_wire::drive::Direction;

use super::{Peer, within};
use crate::{
    tap::{Protocol, Tap, blind, masked},
    tls::{TlsError, Trust, certificates, client_config},
};

/// Where a server is, how to talk to it, and as whom.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// The server.
    #[arg(value_name = "HOST:PORT")]
    server: HostPort,
    /// Insist on encryption by STARTTLS (POP3 calls it STLS).
    #[arg(long, visible_alias = "stls", group = "encryption")]
    starttls: bool,
    /// Encrypt from the first octet on (ports 465, 995 and 993).
    #[arg(long, group = "encryption")]
    tls: bool,
    /// Do not encrypt. A password, if there is one, goes in the clear.
    #[arg(long, group = "encryption")]
    plain: bool,
    /// Believe the certificates in this PEM file instead of the system's.
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    ca: Option<PathBuf>,
    /// Believe every certificate. Whoever stands in the middle can read along, the password too.
    #[arg(long)]
    insecure: bool,
    /// The name to log in with.
    #[arg(long, visible_alias = "auth", value_name = "NAME")]
    user: Option<String>,
    /// The password. Everybody on this machine can see it while the program runs; without it the
    /// variable MAIL_PASSWORD is asked.
    #[arg(long, value_name = "PASSWORD", value_parser = secret)]
    password: Option<Secret>,
    /// Read the password from standard input: its first line.
    #[arg(long, conflicts_with = "password")]
    password_stdin: bool,
    /// Show what goes over the wire on standard error, credentials masked.
    #[arg(long)]
    wire: bool,
    /// How long it may take altogether.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    timeout: u64,
}

/// How a connection is to be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// Nothing was said.
    Unsaid,
    /// By STARTTLS, or not a word.
    StartTls,
    /// From the first octet.
    Implicit,
    /// Not at all.
    Never,
}

/// Why a program cannot begin: what was given does not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgsError {
    /// A user and no password.
    #[error("no password for {user}: set MAIL_PASSWORD, or use --password-stdin or --password")]
    NoPassword {
        /// Whose.
        user: String,
    },
    /// There is no list of certificates to believe.
    #[error("no certificates of authorities are known: use --ca or --insecure")]
    NoAuthorities,
    /// User or password can be none.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// A certificate file.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Standard input.
    #[error("cannot read the password: {0}")]
    Io(#[from] io::Error),
}

impl ServerArgs {
    /// Returns the way to the server. With `anybody` no certificate is checked unless a file of
    /// them was given.
    ///
    /// # Errors
    /// [`ArgsError::Tls`], [`ArgsError::NoAuthorities`].
    pub fn peer(&self, anybody: bool) -> Result<Peer<(String, u16)>, ArgsError> {
        let trust = match &self.ca {
            Some(file) => Trust::Certificates(certificates(file)?),
            None if self.insecure || self.plain || anybody => Trust::DangerAcceptAny,
            None => Trust::Certificates(system()?),
        };
        let HostPort { host, port } = self.server.clone();
        let tls = client_config(trust)?;
        Ok(Peer { address: (host.clone(), port), name: host, tls })
    }

    /// Returns how to encrypt.
    #[must_use]
    pub const fn encryption(&self) -> Encryption {
        match self {
            Self { starttls: true, .. } => Encryption::StartTls,
            Self { tls: true, .. } => Encryption::Implicit,
            Self { plain: true, .. } => Encryption::Never,
            Self { .. } => Encryption::Unsaid,
        }
    }

    /// Returns who is to be logged in.
    ///
    /// # Errors
    /// [`ArgsError::NoPassword`], [`ArgsError::Misuse`], [`ArgsError::Io`].
    pub fn credentials(&self) -> Result<Option<Credentials>, ArgsError> {
        let Some(user) = &self.user else { return Ok(None) };
        let password = match &self.password {
            Some(password) => password.clone(),
            None if self.password_stdin => first_line()?,
            None => match std::env::var_os("MAIL_PASSWORD") {
                Some(password) => Secret::from(password.as_bytes()),
                None => return Err(ArgsError::NoPassword { user: user.clone() }),
            },
        };
        Ok(Some(Credentials::new(user, password)?))
    }

    /// Returns what looks at the wire.
    #[must_use]
    pub fn tap(&self, protocol: Protocol) -> Tap {
        if !self.wire {
            return blind();
        }
        masked(protocol, |direction, line| {
            let speaker = if direction == Direction::Sent { 'C' } else { 'S' };
            // Who does not look need not see.
            let _ = writeln!(io::stderr(), "{speaker}: {line}");
        })
    }

    /// Returns until when all must be done.
    #[must_use]
    pub fn until(&self) -> Instant {
        within(Duration::from_secs(self.timeout.min(FAR)))
    }
}

/// A host, by name or address, and a port. IPv6 addresses stand in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HostPort {
    host: String,
    port: u16,
}

impl FromStr for HostPort {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or("the port is missing")?;
        let port = port.parse().map_err(|_| "the port is no number up to 65535")?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match (bare, host.contains(':')) {
            (Some(address), _) => Ok(Self { host: address.to_owned(), port }),
            (None, true) => Err("an IPv6 address stands in brackets"),
            (None, false) if host.is_empty() => Err("the host is missing"),
            (None, false) => Ok(Self { host: host.to_owned(), port }),
        }
    }
}

/// The authorities that the system believes.
fn system() -> Result<Vec<rustls::pki_types::CertificateDer<'static>>, ArgsError> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let usual = SYSTEM.iter().map(PathBuf::from).filter(|path| path.exists());
    let file = named.into_iter().chain(usual).next().ok_or(ArgsError::NoAuthorities)?;
    Ok(certificates(Path::new(&file))?)
}

fn first_line() -> Result<Secret, ArgsError> {
    let mut line = Vec::new();
    // One octet more than can be used shows that it is too long.
    io::stdin().lock().take(LONGEST_PASSWORD + 2).read_until(b'\n', &mut line)?;
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    Ok(Secret::from(line.strip_suffix(b"\r").unwrap_or(line)))
}

/// Reads the tag of a language, for clap.
///
/// # Errors
/// If it is not spoken.
pub fn language(text: &str) -> Result<Language, &'static str> {
    Language::from_tag(text).ok_or("only en and ja are spoken")
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::from(text))
}

/// Says on standard error why a program failed. The exit code is `sysexits.h`'s for what may go
/// better later.
#[must_use]
pub fn failed(program: &str, why: &dyn fmt::Display, transient: bool) -> ExitCode {
    // Nothing is left to be done if even this cannot be said.
    let _ = writeln!(io::stderr(), "{program}: {why}");
    if transient { ExitCode::from(TEMPORARY) } else { ExitCode::FAILURE }
}

/// The exit code for what may go better later: `EX_TEMPFAIL`.
pub const TEMPORARY: u8 = 75;

/// The text for `--help`.
pub const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 75 may go better later.";

const LONGEST_PASSWORD: u64 = 1024;
/// Longer than anybody waits, and still a moment that clocks can tell.
const FAR: u64 = 30 * 24 * 60 * 60;

/// Where Debian, Fedora and the others have the certificates of authorities.
const SYSTEM: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_hosts_and_ports() {
        for (text, host, port) in [
            ("mail.example.org:25", "mail.example.org", 25),
            ("127.0.0.1:2525", "127.0.0.1", 2525),
            ("[::1]:143", "::1", 143),
        ] {
            assert_eq!(text.parse(), Ok(HostPort { host: host.to_owned(), port }), "{text}");
        }
    }

    #[test]
    fn err_what_is_no_host_and_port() {
        for text in ["localhost", ":25", "::1:25", "localhost:", "localhost:70000", "a:b:25"] {
            assert!(text.parse::<HostPort>().is_err(), "{text}");
        }
    }
}
