//! What failed, as the classifier is told it.

use std::fmt;

use crate::{EnhancedStatusCode, Reply, ReplyCode};

use super::{Classification, Classifier, Provider, Reason, Retry};

/// Where in a conversation it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// At the connection, up to and with the greeting.
    Connect,
    /// EHLO or HELO.
    Ehlo,
    /// STARTTLS or STLS, and the handshake.
    StartTls,
    /// AUTH of SMTP.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA or BDAT, before the message.
    Data,
    /// The end of the message.
    EndOfData,
    /// The log-in of POP3: USER, PASS, APOP, AUTH.
    Pop3Login,
    /// The log-in of IMAP: LOGIN, AUTHENTICATE.
    ImapLogin,
}

impl Stage {
    /// Tells whether a log-in of the sender's own failed, so that no word is about a recipient.
    #[must_use]
    pub const fn is_login(self) -> bool {
        matches!(self, Self::Auth | Self::Pop3Login | Self::ImapLogin)
    }
}

/// What DNS said of the recipient's domain, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DnsOutcome {
    /// The domain does not exist (NXDOMAIN).
    NoDomain,
    /// The domain exists, and has neither MX nor address.
    NoAddress,
    /// The domain says that it takes no mail. RFC 7505.
    NullMx,
    /// The MX records lead to names that have no address, or back to the asking server.
    UselessMx,
    /// The servers did not answer in time.
    TimedOut,
    /// The servers answered with a failure (SERVFAIL, REFUSED), or with what does not validate.
    Failed,
}

/// How a connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionOutcome {
    /// The peer refused it.
    Refused,
    /// There is no way to the peer.
    Unreachable,
    /// The peer did not answer in time, at the connection or later.
    TimedOut,
    /// It broke.
    Lost,
}

/// How TLS failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsOutcome {
    /// The certificate is for other names.
    Name,
    /// The certificate has expired, or is not valid yet.
    Expiry,
    /// Nobody who is trusted has signed the certificate, or a DANE record says otherwise.
    Untrusted,
    /// The two have no version or cipher in common, or the handshake broke.
    Handshake,
    /// The server offers no TLS, and it is wanted.
    NotOffered,
    /// Plain text was spoken to a port where TLS comes first (465, 993, 995).
    PlainToTlsPort,
    /// TLS was spoken to a port that begins in plain text (25, 587, 143, 110).
    TlsToPlainPort,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    /// A reply of SMTP or LMTP.
    Reply {
        /// The reply code.
        code: ReplyCode,
        /// The enhanced code, if it was split from the text already.
        enhanced: Option<EnhancedStatusCode>,
        /// The text; several lines are parted by LF, CR LF or spaces.
        text: &'a [u8],
    },
    /// A text that has no reply code: what stands behind `-ERR` of POP3 and `NO`, `BAD` or `BYE` of
    /// IMAP, response code and all, or a program's own note of what went wrong.
    Words {
        /// The text.
        text: &'a [u8],
    },
    /// DNS has no way to the recipient's domain.
    Dns(DnsOutcome),
    /// There is no connection, or no longer one.
    Connection(ConnectionOutcome),
    /// TLS failed.
    Tls(TlsOutcome),
}

/// A failure: what happened, where, and who the other side is, as far as that is known.
///
/// ```
/// use mail_errors::classify::{Failure, Reason, Stage};
///
/// let failure = Failure::read(b"552 5.2.2 mailbox full").expect("a reply").at(Stage::Rcpt);
/// assert_eq!(failure.classify().reason(), Reason::MailboxFull);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Failure<'a> {
    what: What<'a>,
    stage: Option<Stage>,
    provider: Option<Provider>,
}

impl<'a> Failure<'a> {
    /// Takes what happened.
    #[must_use]
    pub const fn new(what: What<'a>) -> Self {
        Self { what, stage: None, provider: None }
    }

    /// Takes a reply.
    #[must_use]
    pub fn reply(reply: &'a Reply) -> Self {
        let (code, enhanced) = (reply.code(), reply.enhanced());
        Self::new(What::Reply { code, enhanced, text: reply.text() })
    }

    /// Reads a reply as it stands on the wire or in a log: three digits, a space or a hyphen, and
    /// text, in one line or in several that each begin with the digits. `None` if the octets do not
    /// begin with a code.
    #[must_use]
    pub fn read(wire: &'a [u8]) -> Option<Self> {
        let (digits, rest) = wire.trim_ascii_start().split_first_chunk()?;
        let code = ReplyCode::from_digits(*digits).ok()?;
        let text = match rest {
            [b' ' | b'-' | b'\t' | b'\r' | b'\n' | b':' | b',' | b';', text @ ..] => text,
            [] => rest,
            [b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.', ..] => return None,
            rest => rest,
        };
        let (enhanced, text) = match Reply::split_enhanced(code, text) {
            Some((enhanced, text)) => (Some(enhanced), text),
            None => (None, text),
        };
        Some(Self::new(What::Reply { code, enhanced, text }))
    }

    /// Takes the text of a refused log-in, without `-ERR`, tag or `NO`.
    #[must_use]
    pub const fn refusal(text: &'a [u8], stage: Stage) -> Self {
        Self { what: What::Words { text }, stage: Some(stage), provider: None }
    }

    /// Says where in the conversation it was.
    #[must_use]
    pub const fn at(mut self, stage: Stage) -> Self {
        self.stage = Some(stage);
        self
    }

    /// Says who runs the other side.
    #[must_use]
    pub const fn by(mut self, provider: Option<Provider>) -> Self {
        self.provider = provider;
        self
    }

    /// Finds what it means, by the [shared classifier](Classifier::shared).
    #[must_use]
    pub fn classify(&self) -> Classification<'a> {
        Classifier::shared().classify(self)
    }

    /// Returns what happened.
    #[must_use]
    pub const fn what(&self) -> What<'a> {
        self.what
    }

    /// Returns where it was.
    #[must_use]
    pub const fn stage(&self) -> Option<Stage> {
        self.stage
    }

    /// Returns who runs the other side.
    #[must_use]
    pub const fn provider(&self) -> Option<Provider> {
        self.provider
    }

    /// Returns the text that the other side gave, empty if it gave none.
    #[must_use]
    pub const fn text(&self) -> &'a [u8] {
        match self.what {
            What::Reply { text, .. } | What::Words { text } => text,
            What::Dns(_) | What::Connection(_) | What::Tls(_) => &[],
        }
    }
}

impl fmt::Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("what", &self.what)
            .field("stage", &self.stage)
            .field("provider", &self.provider)
            .finish()
    }
}

impl DnsOutcome {
    /// What it means, and whether it is for good.
    pub(super) const fn means(self) -> (Reason, Retry, bool) {
        match self {
            Self::NoDomain | Self::NoAddress => (Reason::DomainUnknown, Retry::Never, true),
            // RFC 7505 3.
            Self::NullMx => (Reason::DomainNoMail, Retry::Never, true),
            // RFC 5321 5.1: wrongly set up, which somebody may mend.
            Self::UselessMx => (Reason::SystemError, Retry::Later, false),
            Self::TimedOut | Self::Failed => (Reason::Network, Retry::Later, false),
        }
    }
}

impl ConnectionOutcome {
    pub(super) const fn means(self) -> (Reason, Retry, bool) {
        match self {
            // RFC 5321 5.1: the next host of the domain's is asked.
            Self::Refused | Self::Unreachable | Self::TimedOut => {
                (Reason::Network, Retry::AnotherRoute, false)
            }
            Self::Lost => (Reason::Network, Retry::Later, false),
        }
    }
}

impl TlsOutcome {
    pub(super) const fn means(self) -> (Reason, Retry, bool) {
        match self {
            Self::Name | Self::Expiry | Self::Untrusted | Self::Handshake | Self::NotOffered => {
                (Reason::TlsRequired, Retry::AnotherRoute, false)
            }
            Self::PlainToTlsPort | Self::TlsToPlainPort => {
                (Reason::ProtocolError, Retry::AfterChange, false)
            }
        }
    }
}
