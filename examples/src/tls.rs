//! Certificates, and the rustls set-up of both ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use thiserror::Error;

use crate::config::TlsFiles;

/// A certificate or a TLS set-up that could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file could not be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// A file is no PEM file, or holds no certificate or no key.
    #[error("{} is not the PEM file it should be: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// No certificate could be made, for a name that is not one, say.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// Certificate and key do not fit together, or not with TLS.
    #[error("cannot set up TLS: {0}")]
    Rustls(#[from] rustls::Error),
}

/// Who a server is: its certificate chain and its key.
///
/// ```
/// use mail_examples::tls::{Identity, Trust, client_config};
///
/// # let dir = std::env::temp_dir().join(format!("tls-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// let identity = Identity::in_directory(&dir, &["mail.example.org"])?;
/// let server = identity.server_config()?;
/// // A client that trusts this very certificate:
/// let client = client_config(Trust::Certificates(identity.certificates().to_vec()))?;
/// // The second start finds what the first one made.
/// let again = Identity::in_directory(&dir, &["mail.example.org"])?;
/// assert_eq!(again.certificates(), identity.certificates());
/// # drop((server, client));
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Identity {
    /// The own certificate first.
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads certificate and key from PEM files.
    ///
    /// # Errors
    ///
    /// [`TlsError::File`] and [`TlsError::Pem`].
    pub fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        let certificates = certificates(&files.certificate)?;
        let text = read(&files.key)?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|e| not_pem(&files.key, e))?;
        Ok(Self { certificates, key })
    }

    /// Reads the certificate of a directory, and makes one if there is none or if it is for other
    /// names: signed by itself, for these names, `localhost` and the loopback addresses. Its key
    /// can be read by its owner alone.
    ///
    /// # Errors
    ///
    /// [`TlsError`].
    pub fn in_directory(dir: &Path, names: &[&str]) -> Result<Self, TlsError> {
        let files = TlsFiles { certificate: dir.join(CERTIFICATE), key: dir.join(KEY) };
        // What stands before the first BEGIN is a comment (RFC 7468 2).
        let comment = format!("Names: {}\n", names.join(" "));
        match fs::read_to_string(&files.certificate) {
            Ok(text) if text.starts_with(&comment) => return Self::load(&files),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(TlsError::File { path: files.certificate, source: error });
            }
            Ok(_) | Err(_) => {}
        }
        let all = names.iter().copied().chain(["localhost", "127.0.0.1", "::1"]);
        let mut asked = CertificateParams::new(all.map(str::to_owned).collect::<Vec<_>>())?;
        // This is the name that a mail program shows when it asks a person.
        let shown = names.first().copied().unwrap_or("localhost");
        asked.distinguished_name = DistinguishedName::new();
        asked.distinguished_name.push(DnType::CommonName, shown);
        let key = KeyPair::generate()?;
        let made = asked.self_signed(&key)?;
        // Where a certificate is, its key is too, whenever this is ended: so the old one goes first,
        // and the new one comes last.
        remove(&files.certificate)?;
        write(&files.key, &key.serialize_pem())?;
        write(&files.certificate, &format!("{comment}{}", made.pem()))?;
        Self::load(&files)
    }

    /// Sets up the server's end: TLS 1.2 and 1.3, no client certificates.
    ///
    /// # Errors
    ///
    /// [`TlsError::Rustls`] if key and certificate do not fit.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(self.certificates.clone(), self.key.clone_key())?;
        Ok(Arc::new(config))
    }

    /// Returns the certificate and those that lead to its root.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }
}

/// Whom a client believes.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Servers with one of these certificates, or with one that one of these signed, for the name
    /// that was asked for.
    Certificates(Vec<CertificateDer<'static>>),
    /// Anybody. The connection is encrypted against those who only listen; whoever stands in
    /// the middle can read along.
    ///
    /// # Why you might
    ///
    /// Relaying over MX with opportunistic STARTTLS (RFC 7435): most certificates there do not fit
    /// the name, and the alternative is to send in the clear. Never for submission, POP3 or
    /// IMAP, where a password follows.
    DangerAcceptAny,
}

/// Reads the certificates of a PEM file, to be trusted.
///
/// # Errors
///
/// [`TlsError::File`] and [`TlsError::Pem`]; a file without a certificate is an error.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if found.is_empty() => Err(not_pem(path, pem::Error::NoItemsFound)),
        Ok(found) => Ok(found),
        Err(error) => Err(not_pem(path, error)),
    }
}

/// Sets up the client's end: TLS 1.2 and 1.3, no client certificate.
///
/// # Errors
///
/// [`TlsError::Rustls`] if one of the certificates is none.
pub fn client_config(trust: Trust) -> Result<Arc<ClientConfig>, TlsError> {
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let config = match trust {
        Trust::Certificates(certificates) => {
            let mut roots = RootCertStore::empty();
            for certificate in &certificates {
                roots.add(certificate.clone())?;
            }
            if roots.is_empty() {
                return Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()));
            }
            let authorities =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
                    .build()
                    .map_err(|error| rustls::Error::General(error.to_string()))?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Known { certificates, authorities }))
                .with_no_client_auth()
        }
        Trust::DangerAcceptAny => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AcceptAny(provider())))
            .with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

/// The cryptography of both ends, named here and not left to a process-wide default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Believes those that the authorities signed, and the very certificates of the list. Of these
/// only the name is checked: many a mail server has one that says it is an authority's own (that is
/// what `openssl req -x509` makes), and WebPKI lets none of those speak for a server.
#[derive(Debug)]
struct Known {
    certificates: Vec<CertificateDer<'static>>,
    authorities: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.certificates.contains(end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        let authorities = &self.authorities;
        authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Believes every certificate, but still wants to see that the peer has its key.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Writes a file for its owner alone, wholly or not at all.
fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    let part = path.with_extension("part");
    // One that a crash left behind may have other permissions.
    remove(&part)?;
    let written = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        sync_directory_of(path)
    };
    written().map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), TlsError> {
    match fs::remove_file(path).and_then(|()| sync_directory_of(path)) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(TlsError::File { path: path.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Sees to it that what was done in the directory of a file survives a power cut, and all that before
/// whatever is done next.
fn sync_directory_of(path: &Path) -> io::Result<()> {
    match path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        Some(dir) => File::open(dir)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn not_pem(path: &Path, source: pem::Error) -> TlsError {
    TlsError::Pem { path: path.to_owned(), source }
}

/// The file of the certificate that [`Identity::in_directory`] makes, in its directory.
pub const CERTIFICATE: &str = "tls-cert.pem";
const KEY: &str = "tls-key.pem";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rustls::{ClientConnection, ServerConnection};

    use super::*;

    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("mail-tls-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).expect("a directory");
            Self(path)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Shakes hands over two buffers.
    fn handshake(
        server: Arc<ServerConfig>,
        client: Arc<ClientConfig>,
        name: &str,
    ) -> Result<(), rustls::Error> {
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let mut client = ClientConnection::new(client, name)?;
        let mut server = ServerConnection::new(server)?;
        while client.is_handshaking() || server.is_handshaking() {
            let mut wire = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut wire).expect("a vector takes all");
            }
            server.read_tls(&mut &wire[..]).expect("reads");
            server.process_new_packets()?;
            wire.clear();
            while server.wants_write() {
                server.write_tls(&mut wire).expect("a vector takes all");
            }
            client.read_tls(&mut &wire[..]).expect("reads");
            client.process_new_packets()?;
        }
        Ok(())
    }

    #[test]
    fn ok_client_that_trusts_the_certificate_finds_every_name() {
        let dir = Dir::new("names");
        let identity =
            Identity::in_directory(&dir.0, &["mail.example.org", "mx.test"]).expect("made");
        let server = identity.server_config().expect("a config");
        let trusted = certificates(&dir.0.join(CERTIFICATE)).expect("read");
        let client = client_config(Trust::Certificates(trusted)).expect("a config");
        for name in ["mail.example.org", "mx.test", "localhost", "127.0.0.1", "::1"] {
            handshake(Arc::clone(&server), Arc::clone(&client), name).expect(name);
        }
        let wrong = handshake(server, client, "other.test");
        assert!(matches!(wrong, Err(rustls::Error::InvalidCertificate(_))), "{wrong:?}");
    }

    #[test]
    fn err_stranger_unless_anybody_will_do() {
        let [ours, theirs] = [Dir::new("ours"), Dir::new("theirs")];
        let ours = Identity::in_directory(&ours.0, &["mx.test"]).expect("made");
        let theirs = Identity::in_directory(&theirs.0, &["mx.test"]).expect("made");
        let server = theirs.server_config().expect("a config");
        let strict = Trust::Certificates(ours.certificates().to_vec());
        let strict = client_config(strict).expect("a config");
        let refused = handshake(Arc::clone(&server), strict, "mx.test");
        assert!(matches!(refused, Err(rustls::Error::InvalidCertificate(_))), "{refused:?}");
        let nobody = client_config(Trust::Certificates(Vec::new())).expect("a config");
        assert!(handshake(Arc::clone(&server), nobody, "mx.test").is_err());
        let any = client_config(Trust::DangerAcceptAny).expect("a config");
        handshake(server, any, "another.test").expect("accepts anybody");
    }

    /// As `openssl req -x509` makes them, with `CA:TRUE`.
    #[test]
    fn ok_certificate_of_a_server_that_is_its_own_authority() {
        let made = |common_name: &str| {
            let mut asked = CertificateParams::new(vec!["mx.test".to_owned()]).expect("a name");
            asked.distinguished_name.push(DnType::CommonName, common_name);
            asked.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let key = KeyPair::generate().expect("a key");
            let certificates = vec![asked.self_signed(&key).expect("signed").der().clone()];
            let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
            Identity { certificates, key }
        };
        let [ours, theirs] = [made("ours"), made("theirs")];
        let trust = Trust::Certificates(ours.certificates().to_vec());
        let client = client_config(trust).expect("a config");
        let server = |identity: &Identity| identity.server_config().expect("a config");
        handshake(server(&ours), Arc::clone(&client), "mx.test").expect("the very one");
        let other_name = handshake(server(&ours), Arc::clone(&client), "other.test");
        assert!(matches!(other_name, Err(rustls::Error::InvalidCertificate(_))), "{other_name:?}");
        let stranger = handshake(server(&theirs), client, "mx.test");
        assert!(matches!(stranger, Err(rustls::Error::InvalidCertificate(_))), "{stranger:?}");
    }

    #[test]
    fn ok_certificate_is_kept_until_the_names_change() {
        let dir = Dir::new("kept");
        let first = Identity::in_directory(&dir.0, &["a.test"]).expect("made");
        let second = Identity::in_directory(&dir.0, &["a.test"]).expect("read");
        assert_eq!(first.certificates(), second.certificates());
        let third = Identity::in_directory(&dir.0, &["b.test"]).expect("made anew");
        assert_ne!(first.certificates(), third.certificates());
        let mode = fs::metadata(dir.0.join(KEY)).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    /// Ended between key and certificate, and then the names are again what they were.
    #[test]
    fn ok_certificate_always_has_its_key() {
        let dir = Dir::new("between");
        Identity::in_directory(&dir.0, &["a.test"]).expect("made");
        let in_the_way = dir.0.join(CERTIFICATE).with_extension("part");
        fs::create_dir(&in_the_way).expect("made");
        let ended = Identity::in_directory(&dir.0, &["b.test"]);
        assert!(matches!(ended, Err(TlsError::File { .. })), "{ended:?}");
        fs::remove_dir(&in_the_way).expect("removed");
        let again = Identity::in_directory(&dir.0, &["a.test"]).expect("read or made");
        again.server_config().expect("they fit together");
    }

    #[test]
    fn err_files_that_are_missing_or_wrong() {
        let dir = Dir::new("wrong");
        let files = TlsFiles { certificate: dir.0.join("c.pem"), key: dir.0.join("k.pem") };
        assert!(matches!(Identity::load(&files), Err(TlsError::File { .. })));
        fs::write(&files.certificate, "no certificate").expect("written");
        assert!(matches!(Identity::load(&files), Err(TlsError::Pem { .. })));
        let [a, b] = [Dir::new("a"), Dir::new("b")];
        Identity::in_directory(&a.0, &["a.test"]).expect("made");
        Identity::in_directory(&b.0, &["a.test"]).expect("made");
        let mixed = TlsFiles { certificate: a.0.join(CERTIFICATE), key: b.0.join(KEY) };
        let mixed = Identity::load(&mixed).expect("each is well").server_config();
        assert!(matches!(mixed, Err(TlsError::Rustls(_))));
    }
}
