//! What stands behind the paths of MAIL and RCPT: RFC 5321 4.1.2 (`esmtp-param`) and the extensions.

mod check;

use std::fmt;

use mail_errors::Misuse;

use crate::{
    BodyType, DeliverBy, EnvelopeId, Extension, Extensions, Hold, Notify, Octets,
    OriginalRecipient, Priority, Ret, Solicitation, Submitter, ValidSince, Xtext, parse,
};

/// The parameters of MAIL, read: `SIZE=1234 BODY=8BITMIME`.
///
/// Whether the extensions that they belong to were offered, [`check`](Self::check) tells.
///
/// ```
/// use smtp_proto::{BodyType, MailParams, Ret};
///
/// let params = MailParams::new().with_size(1234).with_ret(Ret::Headers);
/// assert_eq!(params.to_string(), "SIZE=1234 RET=HDRS");
/// assert_eq!((params.size(), params.body()), (Some(1234), BodyType::SevenBit));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MailParams<T: AsRef<[u8]> = Octets> {
    raw: T,
    read: MailFields,
}

/// What was read, as values or as ranges of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct MailFields {
    pub(crate) size: Option<u64>,
    pub(crate) hold: Option<Hold>,
    pub(crate) by: Option<DeliverBy>,
    pub(crate) id: Option<Range>,
    pub(crate) auth: Option<Range>,
    pub(crate) solicit: Option<Range>,
    pub(crate) other: Option<Range>,
    pub(crate) priority: Option<Priority>,
    pub(crate) body: Option<BodyType>,
    pub(crate) ret: Option<Ret>,
    pub(crate) utf8: Option<()>,
    pub(crate) tls: Option<()>,
}

/// Where a value stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Range {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Range {
    fn of(self, text: &[u8]) -> &[u8] {
        let behind = text.get(self.start as usize..).unwrap_or_default();
        behind.get(..self.len as usize).unwrap_or_default()
    }
}

/// The parameters of RCPT, read: `NOTIFY=FAILURE ORCPT=rfc822;bob@example.com`.
///
/// Whether the extensions that they belong to were offered, [`check`](Self::check) tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RcptParams<T: AsRef<[u8]> = Octets> {
    raw: T,
    read: RcptFields,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct RcptFields {
    pub(crate) rrvs: Option<ValidSince>,
    pub(crate) original: Option<Range>,
    pub(crate) other: Option<Range>,
    pub(crate) notify: Option<Notify>,
}

/// One parameter, as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name. Upper and lower case mean the same.
    pub keyword: &'a [u8],
    /// What stands behind `=`.
    pub value: Option<&'a [u8]>,
}

impl MailParams {
    /// Starts with none.
    #[must_use]
    pub fn new() -> Self {
        Self { raw: Octets::new(), read: MailFields::default() }
    }

    /// Says how large the message will be, in octets. RFC 1870.
    #[must_use]
    pub fn with_size(self, octets: u64) -> Self {
        self.with("SIZE", octets.to_string())
    }

    /// Says what the octets of the message are. RFC 6152, RFC 3030.
    #[must_use]
    pub fn with_body(self, body: BodyType) -> Self {
        self.with("BODY", body.as_str())
    }

    /// Says how much of the message a report gives back. RFC 3461.
    #[must_use]
    pub fn with_ret(self, ret: Ret) -> Self {
        self.with("RET", ret.as_str())
    }

    /// Says what this sending of the message is called. RFC 3461.
    #[must_use]
    pub fn with_envelope_id(self, id: &EnvelopeId) -> Self {
        self.with("ENVID", id.encoded().as_wire())
    }

    /// Says who submitted the message. RFC 4954.
    #[must_use]
    pub fn with_auth(self, submitter: &Submitter) -> Self {
        self.with("AUTH", submitter.as_wire())
    }

    /// Says that addresses or header are in UTF-8. RFC 6531.
    #[must_use]
    pub fn with_smtp_utf8(self) -> Self {
        self.with_word("SMTPUTF8", None)
    }

    /// Says that the message goes nowhere without TLS. RFC 8689.
    #[must_use]
    pub fn with_require_tls(self) -> Self {
        self.with_word("REQUIRETLS", None)
    }

    /// Says by when to deliver. RFC 2852.
    #[must_use]
    pub fn with_deliver_by(self, by: DeliverBy) -> Self {
        self.with("BY", by.to_string())
    }

    /// Says until when to keep the message back. RFC 4865.
    #[must_use]
    pub fn with_hold(self, hold: Hold) -> Self {
        match hold {
            Hold::For(seconds) => {
                self.without("HOLDUNTIL").with("HOLDFOR", seconds.get().to_string())
            }
            Hold::Until(time) => self.without("HOLDFOR").with("HOLDUNTIL", time.to_string()),
        }
    }

    /// Says how urgent the message is. RFC 6710.
    #[must_use]
    pub fn with_priority(self, priority: Priority) -> Self {
        self.with("MT-PRIORITY", priority.get().to_string())
    }

    /// Says what sort of solicitation the message is. RFC 3865.
    #[must_use]
    pub fn with_solicitation(self, solicitation: &Solicitation) -> Self {
        self.with("SOLICIT", solicitation.as_str())
    }

    /// Adds one of an extension that is not known here, or sets it anew.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if keyword or value do not have the syntax of a parameter, or the value
    /// is none that a known one can have.
    pub fn with_other<'v>(
        self,
        keyword: &str,
        value: impl Into<Option<&'v [u8]>>,
    ) -> Result<Self, Misuse> {
        Self::read(set(self.raw.as_ref(), keyword, value.into())?)
    }

    fn with<V: AsRef<[u8]>>(self, keyword: &str, value: V) -> Self {
        self.with_word(keyword, Some(value.as_ref()))
    }

    fn with_word(self, keyword: &str, value: Option<&[u8]>) -> Self {
        let text = set(self.raw.as_ref(), keyword, value);
        text.and_then(Self::read).expect("a value that was checked has the syntax of one")
    }

    fn without(self, keyword: &str) -> Self {
        let text = words_without(self.raw.as_ref(), keyword);
        Self::read(text).expect("what is left of good parameters is good")
    }

    fn read(text: Vec<u8>) -> Result<Self, Misuse> {
        match parse::mail_params(&text) {
            Ok(read) => Ok(read.map(Octets::from)),
            Err(_) => Err(INVALID),
        }
    }
}

const INVALID: Misuse = Misuse::Invalid { what: "parameter", why: "an octet does not fit" };

impl<T: AsRef<[u8]>> MailParams<T> {
    pub(crate) const fn from_checked(raw: T, read: MailFields) -> Self {
        Self { raw, read }
    }

    /// Returns how large the client says the message will be, in octets. RFC 1870 4.
    pub const fn size(&self) -> Option<u64> {
        self.read.size
    }

    /// Returns what the client says of the octets of the message. RFC 6152 3, RFC 3030 3.
    pub fn body(&self) -> BodyType {
        self.read.body.unwrap_or_default()
    }

    /// Returns how much of the message a report gives back. RFC 3461 4.3.
    pub const fn ret(&self) -> Option<Ret> {
        self.read.ret
    }

    /// Returns what this sending of the message is called. RFC 3461 4.4.
    pub fn envelope_id(&self) -> Option<EnvelopeId<&[u8]>> {
        self.text(self.read.id).map(|id| EnvelopeId::from_checked(Xtext::from_checked(id)))
    }

    /// Returns who submitted the message. RFC 4954 5.
    pub fn auth(&self) -> Option<Submitter<&[u8]>> {
        self.text(self.read.auth).map(|text| match text {
            b"<>" => Submitter::Unknown,
            _ => Submitter::Mailbox(Xtext::from_checked(text)),
        })
    }

    /// Tells whether addresses or header are in UTF-8. RFC 6531 3.4.
    pub const fn is_smtp_utf8(&self) -> bool {
        self.read.utf8.is_some()
    }

    /// Tells whether the message goes nowhere without TLS. RFC 8689 2.
    pub const fn requires_tls(&self) -> bool {
        self.read.tls.is_some()
    }

    /// Returns by when to deliver. RFC 2852 4.
    pub const fn deliver_by(&self) -> Option<DeliverBy> {
        self.read.by
    }

    /// Returns until when to keep the message back. RFC 4865 5.
    pub const fn hold(&self) -> Option<Hold> {
        self.read.hold
    }

    /// Returns how urgent the message is. RFC 6710 4.
    pub const fn priority(&self) -> Option<Priority> {
        self.read.priority
    }

    /// Returns what sort of solicitation the message is. RFC 3865 2.
    pub fn solicitation(&self) -> Option<Solicitation<&[u8]>> {
        self.text(self.read.solicit).map(Solicitation::from_checked)
    }

    /// Returns the name of the first parameter that is not known here.
    pub fn unknown(&self) -> Option<&[u8]> {
        self.text(self.read.other)
    }

    /// Returns the extensions that they belong to.
    pub fn extensions(&self) -> Extensions {
        let read = &self.read;
        let body = match read.body {
            // RFC 3030 3: the keyword of BODY=BINARYMIME is its own.
            Some(BodyType::BinaryMime) => Some(Extension::BinaryMime),
            Some(BodyType::SevenBit | BodyType::EightBitMime) => Some(Extension::EightBitMime),
            None => None,
        };
        [
            read.size.map(|_| Extension::Size),
            body,
            read.ret.map(|_| Extension::Dsn),
            read.id.map(|_| Extension::Dsn),
            read.auth.map(|_| Extension::Auth),
            read.utf8.map(|()| Extension::SmtpUtf8),
            read.tls.map(|()| Extension::RequireTls),
            read.by.map(|_| Extension::DeliverBy),
            read.hold.map(|_| Extension::FutureRelease),
            read.priority.map(|_| Extension::MtPriority),
            read.solicit.map(|_| Extension::NoSoliciting),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn text(&self, range: Option<Range>) -> Option<&[u8]> {
        range.map(|range| range.of(self.raw.as_ref()))
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> MailParams<U> {
        MailParams { raw: own(self.raw), read: self.read }
    }
}

impl RcptParams {
    /// Starts with none.
    #[must_use]
    pub fn new() -> Self {
        Self { raw: Octets::new(), read: RcptFields::default() }
    }

    /// Says of what the sender wants to be told. RFC 3461.
    #[must_use]
    pub fn with_notify(self, notify: Notify) -> Self {
        self.with("NOTIFY", notify.to_string())
    }

    /// Says for whom the message was meant when it was sent. RFC 3461.
    #[must_use]
    pub fn with_original(self, original: &OriginalRecipient) -> Self {
        self.with("ORCPT", [original.kind(), original.as_wire()].join(&b';'))
    }

    /// Says since when the mailbox must have had the same owner. RFC 7293.
    #[must_use]
    pub fn with_valid_since(self, since: ValidSince) -> Self {
        self.with("RRVS", since.to_string())
    }

    /// Adds one of an extension that is not known here, or sets it anew.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if keyword or value do not have the syntax of a parameter, or the value
    /// is none that a known one can have.
    pub fn with_other<'v>(
        self,
        keyword: &str,
        value: impl Into<Option<&'v [u8]>>,
    ) -> Result<Self, Misuse> {
        Self::read(set(self.raw.as_ref(), keyword, value.into())?)
    }

    fn with(self, keyword: &str, value: impl AsRef<[u8]>) -> Self {
        let text = set(self.raw.as_ref(), keyword, Some(value.as_ref()));
        text.and_then(Self::read).expect("a value that was checked has the syntax of one")
    }

    fn read(text: Vec<u8>) -> Result<Self, Misuse> {
        match parse::rcpt_params(&text) {
            Ok(read) => Ok(read.map(Octets::from)),
            Err(_) => Err(INVALID),
        }
    }
}

impl<T: AsRef<[u8]>> RcptParams<T> {
    pub(crate) const fn from_checked(raw: T, read: RcptFields) -> Self {
        Self { raw, read }
    }

    /// Returns of what the sender wants to be told. RFC 3461 4.1.
    pub const fn notify(&self) -> Option<Notify> {
        self.read.notify
    }

    /// Returns for whom the message was meant when it was sent. RFC 3461 4.2.
    pub fn original(&self) -> Option<OriginalRecipient<&[u8]>> {
        let value = self.read.original?.of(self.raw.as_ref());
        let (kind, address) =
            value.split_at_checked(value.iter().position(|&octet| octet == b';')?)?;
        Some(OriginalRecipient::from_checked(kind, address.get(1..)?))
    }

    /// Returns since when the mailbox must have had the same owner. RFC 7293 3.
    pub const fn valid_since(&self) -> Option<ValidSince> {
        self.read.rrvs
    }

    /// Returns the name of the first parameter that is not known here.
    pub fn unknown(&self) -> Option<&[u8]> {
        self.read.other.map(|range| range.of(self.raw.as_ref()))
    }

    /// Returns the extensions that they belong to.
    pub fn extensions(&self) -> Extensions {
        let read = &self.read;
        let dsn = read.notify.is_some() || read.original.is_some();
        [dsn.then_some(Extension::Dsn), read.rrvs.map(|_| Extension::Rrvs)]
            .into_iter()
            .flatten()
            .collect()
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> RcptParams<U> {
        RcptParams { raw: own(self.raw), read: self.read }
    }
}

macro_rules! params {
    ($($params:ident)*) => {$(
        impl $params {
            /// Returns where they stand in the line that they were read from.
            pub(crate) const fn offset(&self) -> usize {
                self.raw.offset()
            }
        }

        impl Default for $params {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<T: AsRef<[u8]>> $params<T> {
            /// Returns them in the order in which they stand, those that are not known too.
            pub fn iter(&self) -> impl Iterator<Item = Param<'_>> {
                iter(self.as_wire())
            }

            /// Returns the first of this name, in any case of letters.
            pub fn get(&self, keyword: &str) -> Option<Param<'_>> {
                self.iter().find(|param| param.keyword.eq_ignore_ascii_case(keyword.as_bytes()))
            }

            /// Tells whether there are none.
            pub fn is_empty(&self) -> bool {
                self.as_wire().is_empty()
            }

            /// Returns them as they stand on the wire, without a blank in front.
            pub fn as_wire(&self) -> &[u8] {
                self.raw.as_ref()
            }
        }

        impl<T: AsRef<[u8]>> fmt::Display for $params<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&String::from_utf8_lossy(self.as_wire()))
            }
        }

        impl<T: AsRef<[u8]>> fmt::Debug for $params<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($params), self.as_wire().escape_ascii())
            }
        }
    )*};
}

params!(MailParams RcptParams);

fn iter(text: &[u8]) -> impl Iterator<Item = Param<'_>> {
    let words = text.split(|octet| matches!(octet, b' ' | b'\t'));
    words.filter(|word| !word.is_empty()).map(|word| {
        let equals = word.iter().position(|&octet| octet == b'=');
        match equals.and_then(|at| word.split_at_checked(at)) {
            Some((keyword, value)) => Param { keyword, value: value.get(1..) },
            None => Param { keyword: word, value: None },
        }
    })
}

fn words_without(text: &[u8], keyword: &str) -> Vec<u8> {
    let others = iter(text).filter(|one| !one.keyword.eq_ignore_ascii_case(keyword.as_bytes()));
    let words: Vec<_> = others
        .map(|Param { keyword, value }| match value {
            Some(value) => [keyword, value].join(&b'='),
            None => keyword.to_vec(),
        })
        .collect();
    words.join(&b' ')
}

/// Writes the parameter behind the others. An earlier one of its name goes.
fn set(text: &[u8], keyword: &str, value: Option<&[u8]>) -> Result<Vec<u8>, Misuse> {
    let mut text = words_without(text, keyword);
    if !text.is_empty() {
        text.push(b' ');
    }
    let start = text.len();
    text.extend_from_slice(keyword.as_bytes());
    if let Some(value) = value {
        text.push(b'=');
        text.extend_from_slice(value);
    }
    match parse::param(text.get(start..).unwrap_or_default()) {
        Ok(param) if param.value == value => Ok(text),
        _ => Err(INVALID),
    }
}
