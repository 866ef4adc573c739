//! What a server session tells its application.

use bytes::Bytes;
use mail_errors::Reply;
use mail_sasl::{Mechanism, server::Claim};
use mail_wire::{BareOctet, TlsInfo};

use crate::{
    Attributes, BodyType, CommandError, Defect, ForwardPath, HelloName, Lookup, MailParams,
    RcptParams, ReversePath, Text, Turn, Verb,
};

/// What happened. Those that say so are answered with
/// [`accept`](super::Server::accept) or [`reply`](super::Server::reply); all others have been
/// answered already.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// TLS is in place. Whatever was said before it is forgotten.
    Tls(Box<TlsInfo>),
    /// The client has said who it is.
    Hello {
        /// What it calls itself; nothing follows from it.
        name: HelloName,
        /// By EHLO, not HELO.
        extended: bool,
    },
    /// Somebody wants in. **To be answered**: 235 lets them, 535 does not.
    Auth {
        /// How.
        mechanism: Mechanism,
        /// Who, and what is to be checked of it: a password, or merely whether they may.
        claim: Claim,
    },
    /// What is kept of this user? SCRAM and CRAM-MD5 ask before [`Event::Auth`] comes. **To be
    /// answered**: by [`supply`](super::Server::supply), or a refusal.
    AuthLookup(mail_sasl::server::Lookup),
    /// A transaction begins. **To be answered.**
    Mail(Mail),
    /// The message is for somebody more. **To be answered.**
    Rcpt(Rcpt),
    /// The message is about to come. **To be answered**: 354 lets it.
    Data,
    /// The next octets of the message, dots taken off. There may be any number of these.
    Body(Bytes),
    /// The message is complete. **To be answered**: 2yz takes the responsibility for it (RFC 5321
    /// 6.1). The transaction is over after that, whatever the answer.
    BodyEnd {
        /// How many octets it has.
        octets: u64,
    },
    /// The message will not be completed, or is refused already: throw away what came of it. The
    /// transaction is over; there is nothing to answer.
    BodyAborted(Aborted),
    /// The transaction, if one was open, is over without a message: RSET, or EHLO in the middle.
    Reset,
    /// Does this user exist? **To be answered**: 252 says neither yes nor no, and is what `accept`
    /// says.
    Verify(Lookup),
    /// Who is on this list? **To be answered**: 252 says neither yes nor no, and is what `accept`
    /// says. Comes only if EXPN is [offered](super::Config::offer).
    Expand(Lookup),
    /// What is there to know? **To be answered** with 214. Comes only if HELP is
    /// [offered](super::Config::offer).
    Help(Option<Text>),
    /// Send what waits for this node. **To be answered**: 250 to 253 do, 458 and 459 do not (RFC
    /// 1985 5.2). Comes only if ETRN is [offered](super::Config::offer).
    Etrn(Turn),
    /// A trusted client says on whose behalf it speaks from now on. **To be answered**: `accept`
    /// greets that client, and everything known of the one before is forgotten but TLS. If LOGIN is
    /// told, it counts as authenticated. Comes only from whom [`Config::xclient`] trusts.
    ///
    /// [`Config::xclient`]: super::Config::xclient
    Xclient(Attributes),
    /// A trusted client says where the next message came from. It holds for that message, and adds
    /// to what was told of it before. Comes only from whom [`Config::xforward`] trusts.
    ///
    /// [`Config::xforward`]: super::Config::xforward
    Xforward(Attributes),
    /// The client is done.
    Quit,
    /// A command was refused by the session itself. For logs.
    Refused(Refused),
    /// Something was tolerated in the command that comes next. For logs.
    Tolerated(Defect),
}

/// The arguments of MAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub(super) from: ReversePath,
    pub(super) params: MailParams,
}

impl Mail {
    /// Returns whom to tell if the message cannot be delivered.
    #[must_use]
    pub const fn reverse_path(&self) -> &ReversePath {
        &self.from
    }

    /// Returns how large the client says the message will be, in octets. It is within the limit.
    #[must_use]
    pub const fn size(&self) -> Option<u64> {
        self.params.size()
    }

    /// Returns what the client says of the octets of the message.
    #[must_use]
    pub fn body(&self) -> BodyType {
        self.params.body()
    }

    /// Returns all parameters.
    #[must_use]
    pub const fn params(&self) -> &MailParams {
        &self.params
    }
}

/// The arguments of RCPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rcpt {
    pub(super) to: ForwardPath,
    pub(super) params: RcptParams,
}

impl Rcpt {
    /// Returns whom the message is for.
    #[must_use]
    pub const fn forward_path(&self) -> &ForwardPath {
        &self.to
    }

    /// Returns all parameters.
    #[must_use]
    pub const fn params(&self) -> &RcptParams {
        &self.params
    }
}

/// Why a message will not be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aborted {
    /// It is larger than the limit, in octets. 552 answers its end.
    TooBig {
        /// The limit.
        limit: u64,
    },
    /// It has a CR or LF that stands alone. 550 answers its end.
    BareNewline(BareOctet),
    /// The client gave it up between two chunks: RSET, EHLO or QUIT.
    Reset,
    /// It comes too slowly. 421 was sent.
    TooSlow,
    /// The connection is gone.
    Disconnected,
}

/// A command that the session refused by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub(super) verb: Option<Verb>,
    pub(super) reply: Reply,
    pub(super) error: Option<CommandError>,
}

impl Refused {
    /// Returns what was refused; none if it was no command.
    #[must_use]
    pub const fn verb(&self) -> Option<Verb> {
        self.verb
    }

    /// Returns what the client was told.
    #[must_use]
    pub const fn reply(&self) -> &Reply {
        &self.reply
    }

    /// Returns where and why the line did not parse, if that was it.
    #[must_use]
    pub const fn error(&self) -> Option<&CommandError> {
        self.error.as_ref()
    }
}
