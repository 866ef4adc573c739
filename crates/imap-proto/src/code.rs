//! Response codes, RFC 9051 section 7.1, RFC 3501 section 7.1, RFC 4315, RFC 5530, RFC 7162,
//! RFC 7889.

use std::num::NonZeroU32;

use crate::{Atom, Capabilities, Flags, IString, Text, UidSet, wire_list::wire_list};

/// `resp-text-code`: what a machine can read of a status response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code<'a> {
    /// The text must be shown to the user.
    Alert,
    /// The charsets that SEARCH can do; possibly none. A name that cannot be quoted is not sent.
    BadCharset(Charsets<'a>),
    /// What the server can do.
    Capability(Capabilities<'a>),
    /// A message could not be parsed.
    Parse,
    /// The flags that can be changed for good.
    PermanentFlags(Flags<'a>),
    /// The mailbox is selected for reading alone.
    ReadOnly,
    /// The mailbox is selected for reading and writing.
    ReadWrite,
    /// APPEND, COPY or MOVE may work after CREATE.
    TryCreate,
    /// The UID of the next message, or less.
    UidNext(NonZeroU32),
    /// The UIDVALIDITY of the mailbox.
    UidValidity(NonZeroU32),
    /// The sequence number of the first message without `\Seen`. RFC 3501.
    Unseen(NonZeroU32),
    /// What APPEND made, RFC 4315.
    AppendUid {
        /// The mailbox's UIDVALIDITY.
        validity: NonZeroU32,
        /// The new UIDs.
        uids: UidSet<'a>,
    },
    /// What COPY or MOVE made, RFC 4315; the sets go together one by one.
    CopyUid {
        /// The UIDVALIDITY of the mailbox that was copied to.
        validity: NonZeroU32,
        /// UIDs where the messages were.
        from: UidSet<'a>,
        /// UIDs of the copies, in the same order.
        to: UidSet<'a>,
    },
    /// UIDs do not last in this mailbox. RFC 4315.
    UidNotSticky,
    /// The mailbox that was selected is closed: what follows is about the new one. RFC 7162.
    Closed,
    /// The highest MODSEQ of the mailbox. RFC 7162.
    HighestModSeq(u64),
    /// The mailbox has no MODSEQs. RFC 7162.
    NoModSeq,
    /// A largest size of APPEND, in octets. RFC 7889.
    AppendLimit(u64),
    /// A code that has no arguments.
    Plain(PlainCode),
    /// A code that is unknown here, or whose arguments are not what they should be.
    Other {
        /// Its name.
        name: Atom<'a>,
        /// What stands behind the name, up to the bracket, not understood.
        arguments: Option<CodeText<'a>>,
    },
}

/// Codes that have no arguments and no bearing on the protocol: what went wrong, or how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlainCode {
    /// A subsystem is down for a while.
    Unavailable,
    /// Name or password are wrong, or the account is locked.
    AuthenticationFailed,
    /// That user may not act for the one asked for.
    AuthorizationFailed,
    /// Name and password are right but no longer accepted.
    Expired,
    /// Not without encryption.
    PrivacyRequired,
    /// The user should talk to the administrator.
    ContactAdmin,
    /// No permission.
    NoPerm,
    /// Somebody else has it in use.
    InUse,
    /// Someone expunged what the command is about.
    ExpungeIssued,
    /// The server found its data broken.
    Corruption,
    /// The server found a fault of its own.
    ServerBug,
    /// The server found a fault of the client.
    ClientBug,
    /// The server will never do this.
    Cannot,
    /// It is over one of the server's limits.
    Limit,
    /// The user is over quota.
    OverQuota,
    /// There is such a thing already.
    AlreadyExists,
    /// There is no such thing.
    NonExistent,
    /// The result of SEARCH was not saved. RFC 5182.
    NotSaved,
    /// The mailbox has others below it. RFC 9051.
    HasChildren,
    /// The content-transfer-encoding is unknown. RFC 3516.
    UnknownCte,
    /// The message or literal is too big. RFC 4469, RFC 7888.
    TooBig,
    /// Compression is already on. RFC 4978.
    CompressionActive,
}

wire_list!(
    /// Names of charsets.
    Charsets of IString, astring
);

/// The arguments of a code that is not understood: one line without `]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeText<'a>(Text<'a>);

impl<'a> CodeText<'a> {
    /// Takes arguments that are to be sent.
    ///
    /// # Errors
    /// [`mail_errors::Misuse`] if there are none, or there is CR, LF, NUL or `]` among them.
    pub fn new(text: &'a str) -> Result<Self, mail_errors::Misuse> {
        use mail_errors::Misuse;
        if text.is_empty() {
            return Err(Misuse::Invalid { what: "code arguments", why: "they are empty" });
        }
        if let Some(offset) = text.find(']') {
            return Err(Misuse::Unencodable { what: "code arguments", octet: b']', offset });
        }
        Text::try_from(text).map(Self)
    }

    pub(crate) fn checked(text: &'a [u8]) -> Self {
        Self(Text::checked(text))
    }

    /// Returns the octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> CodeText<'static> {
        CodeText(self.0.into_owned())
    }
}

impl PlainCode {
    pub(crate) const ALL: [Self; 22] = [
        Self::Unavailable,
        Self::AuthenticationFailed,
        Self::AuthorizationFailed,
        Self::Expired,
        Self::PrivacyRequired,
        Self::ContactAdmin,
        Self::NoPerm,
        Self::InUse,
        Self::ExpungeIssued,
        Self::Corruption,
        Self::ServerBug,
        Self::ClientBug,
        Self::Cannot,
        Self::Limit,
        Self::OverQuota,
        Self::AlreadyExists,
        Self::NonExistent,
        Self::NotSaved,
        Self::HasChildren,
        Self::UnknownCte,
        Self::TooBig,
        Self::CompressionActive,
    ];

    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "UNAVAILABLE",
            Self::AuthenticationFailed => "AUTHENTICATIONFAILED",
            Self::AuthorizationFailed => "AUTHORIZATIONFAILED",
            Self::Expired => "EXPIRED",
            Self::PrivacyRequired => "PRIVACYREQUIRED",
            Self::ContactAdmin => "CONTACTADMIN",
            Self::NoPerm => "NOPERM",
            Self::InUse => "INUSE",
            Self::ExpungeIssued => "EXPUNGEISSUED",
            Self::Corruption => "CORRUPTION",
            Self::ServerBug => "SERVERBUG",
            Self::ClientBug => "CLIENTBUG",
            Self::Cannot => "CANNOT",
            Self::Limit => "LIMIT",
            Self::OverQuota => "OVERQUOTA",
            Self::AlreadyExists => "ALREADYEXISTS",
            Self::NonExistent => "NONEXISTENT",
            Self::NotSaved => "NOTSAVED",
            Self::HasChildren => "HASCHILDREN",
            Self::UnknownCte => "UNKNOWN-CTE",
            Self::TooBig => "TOOBIG",
            Self::CompressionActive => "COMPRESSIONACTIVE",
        }
    }

    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

impl From<PlainCode> for Code<'_> {
    fn from(code: PlainCode) -> Self {
        Self::Plain(code)
    }
}

impl Code<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Code<'static> {
        match self {
            Self::Alert => Code::Alert,
            Self::BadCharset(charsets) => Code::BadCharset(charsets.into_owned()),
            Self::Capability(capabilities) => Code::Capability(capabilities.into_owned()),
            Self::Parse => Code::Parse,
            Self::PermanentFlags(flags) => Code::PermanentFlags(flags.into_owned()),
            Self::ReadOnly => Code::ReadOnly,
            Self::ReadWrite => Code::ReadWrite,
            Self::TryCreate => Code::TryCreate,
            Self::UidNext(uid) => Code::UidNext(uid),
            Self::UidValidity(validity) => Code::UidValidity(validity),
            Self::Unseen(number) => Code::Unseen(number),
            Self::AppendUid { validity, uids } => {
                Code::AppendUid { validity, uids: uids.into_owned() }
            }
            Self::CopyUid { validity, from, to } => {
                Code::CopyUid { validity, from: from.into_owned(), to: to.into_owned() }
            }
            Self::UidNotSticky => Code::UidNotSticky,
            Self::Closed => Code::Closed,
            Self::HighestModSeq(modseq) => Code::HighestModSeq(modseq),
            Self::NoModSeq => Code::NoModSeq,
            Self::AppendLimit(octets) => Code::AppendLimit(octets),
            Self::Plain(code) => Code::Plain(code),
            Self::Other { name, arguments } => Code::Other {
                name: name.into_owned(),
                arguments: arguments.map(CodeText::into_owned),
            },
        }
    }
}
