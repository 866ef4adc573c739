//! The reasons for which mail fails, and what follows from each.

use std::fmt;

/// What a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The recipient's address, mailbox or domain.
    Recipient,
    /// What the message holds.
    Message,
    /// The sender's address or domain, and whether it is really the sender's.
    Sender,
    /// The network address or the name of the sending server.
    ClientAddress,
    /// Who may use the server, and how.
    Access,
    /// How much comes how fast.
    Rate,
    /// The way between the servers, and the servers themselves.
    TransportAndServer,
    /// Nothing of these, or nothing that is known.
    Other,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] = &[
        Self::Recipient,
        Self::Message,
        Self::Sender,
        Self::ClientAddress,
        Self::Access,
        Self::Rate,
        Self::TransportAndServer,
        Self::Other,
    ];

    /// Returns the name in snake case, `client_address`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Message => "message",
            Self::Sender => "sender",
            Self::ClientAddress => "client_address",
            Self::Access => "access",
            Self::Rate => "rate",
            Self::TransportAndServer => "transport_and_server",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether, and how, the same message may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It will never arrive: the recipient cannot be reached at this address.
    Never,
    /// Sent again later it may arrive.
    Later,
    /// By another way it may arrive at once: another host, another network address.
    AnotherRoute,
    /// It arrives only after somebody has changed something.
    AfterChange,
}

impl Retry {
    /// Returns the name in snake case, `another_route`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Later => "later",
            Self::AnotherRoute => "another_route",
            Self::AfterChange => "after_change",
        }
    }
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who has to act, so that the message goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The person who sends.
    Sender,
    /// The provider or administrator of the sending server.
    SendersProvider,
    /// The person who should have received it.
    Recipient,
    /// The provider or administrator of the receiving server.
    ReceiversProvider,
    /// Whoever runs the network between the two.
    Network,
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $scope:ident, $retry:ident, $blame:ident;)*) => {
        /// Why a message did not go through.
        ///
        /// The list is closed: programs count by it, and a reply that fits nowhere is
        /// [`Reason::Unknown`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[doc = $doc])+ $variant,)* }

        impl Reason {
            /// Every reason, scope by scope.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the name in snake case, `mailbox_unknown`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns what it is about.
            #[must_use]
            pub const fn scope(self) -> Scope {
                match self { $(Self::$variant => Scope::$scope,)* }
            }

            /// Tells whether the same message may be sent again, when the server calls the failure
            /// a permanent one.
            #[must_use]
            pub const fn retry(self) -> Retry {
                match self { $(Self::$variant => Retry::$retry,)* }
            }

            /// Tells who has to act first; for [`Reason::Unknown`] whoever reads the reply.
            #[must_use]
            pub const fn blame(self) -> Blame {
                match self { $(Self::$variant => Blame::$blame,)* }
            }
        }
    };
}

reasons! {
    /// There is no such mailbox, or the address cannot be one.
    MailboxUnknown = "mailbox_unknown", Recipient, Never, Sender;
    /// The mailbox exists, and is locked, inactive or suspended.
    MailboxDisabled = "mailbox_disabled", Recipient, Never, Recipient;
    /// The mailbox is full.
    MailboxFull = "mailbox_full", Recipient, Later, Recipient;
    /// The mailbox has another address now.
    MailboxMoved = "mailbox_moved", Recipient, Never, Sender;
    /// The recipient, or a rule of theirs, does not want this message or this sender.
    RecipientRefused = "recipient_refused", Recipient, AfterChange, Recipient;
    /// The recipient gets more than the server lets in for them.
    RecipientRateLimited = "recipient_rate_limited", Recipient, Later, Recipient;
    /// The recipient's domain does not exist, or leads nowhere.
    DomainUnknown = "domain_unknown", Recipient, Never, Sender;
    /// The recipient's domain takes no mail at all (null MX, 521, 556).
    DomainNoMail = "domain_no_mail", Recipient, Never, Sender;

    /// The message is over the size limit.
    MessageTooLarge = "message_too_large", Message, AfterChange, Sender;
    /// The message breaks the rules of its format.
    ContentMalformed = "content_malformed", Message, AfterChange, Sender;
    /// Something in the message is not allowed: a file, a link, a word.
    ContentRejected = "content_rejected", Message, AfterChange, Sender;
    /// The server cannot take this encoding: 8BITMIME, BINARYMIME, SMTPUTF8.
    EncodingUnsupported = "encoding_unsupported", Message, AfterChange, Sender;
    /// The message is judged to be spam.
    SpamContent = "spam_content", Message, AfterChange, Sender;
    /// A virus was found in the message.
    Virus = "virus", Message, AfterChange, Sender;
    /// A policy that is not told closer forbids it.
    Policy = "policy", Message, AfterChange, ReceiversProvider;

    /// The sender's address or its domain is not accepted.
    SenderRejected = "sender_rejected", Sender, AfterChange, Sender;
    /// SPF fails. RFC 7208.
    AuthSpf = "auth_spf", Sender, AfterChange, SendersProvider;
    /// DKIM fails. RFC 6376.
    AuthDkim = "auth_dkim", Sender, AfterChange, SendersProvider;
    /// DMARC fails. RFC 9989.
    AuthDmarc = "auth_dmarc", Sender, AfterChange, SendersProvider;
    /// Several of SPF, DKIM, DMARC and ARC fail, or one that is not named.
    AuthFailed = "auth_failed", Sender, AfterChange, SendersProvider;

    /// The sending server or domain has a poor reputation.
    BadReputation = "bad_reputation", ClientAddress, AnotherRoute, SendersProvider;
    /// The sending server's network address stands on a block list.
    IpBlocklisted = "ip_blocklisted", ClientAddress, AnotherRoute, SendersProvider;
    /// The receiver blocks the sending server's network address.
    IpBlocked = "ip_blocked", ClientAddress, AnotherRoute, SendersProvider;
    /// The sending server's network address has no proper name in DNS.
    NoPtr = "no_ptr", ClientAddress, AfterChange, SendersProvider;
    /// The sending server greets with a name that is not accepted.
    BadHelo = "bad_helo", ClientAddress, AfterChange, SendersProvider;

    /// The server does not pass on mail for this sender to this recipient.
    RelayDenied = "relay_denied", Access, AfterChange, Sender;
    /// The server wants a log-in first.
    AuthRequired = "auth_required", Access, AfterChange, Sender;
    /// User name, password or mechanism are not accepted.
    AuthRejected = "auth_rejected", Access, AfterChange, Sender;
    /// TLS is wanted, or fails.
    TlsRequired = "tls_required", Access, AfterChange, SendersProvider;

    /// First-time senders are put off for a while.
    Greylisted = "greylisted", Rate, Later, ReceiversProvider;
    /// Too much mail in too short a time.
    RateLimited = "rate_limited", Rate, Later, SendersProvider;
    /// Too many connections at a time.
    TooManyConnections = "too_many_connections", Rate, Later, SendersProvider;
    /// Too many recipients in one transaction.
    TooManyRecipients = "too_many_recipients", Rate, AfterChange, Sender;

    /// The connection cannot be made, or breaks.
    Network = "network", TransportAndServer, AnotherRoute, Network;
    /// The message goes in circles.
    RoutingLoop = "routing_loop", TransportAndServer, AfterChange, ReceiversProvider;
    /// The message waited too long and was given up.
    Expired = "expired", TransportAndServer, Later, ReceiversProvider;
    /// The server has a fault, is down or overloaded.
    SystemError = "system_error", TransportAndServer, Later, ReceiversProvider;
    /// The server's storage is full.
    SystemFull = "system_full", TransportAndServer, Later, ReceiversProvider;
    /// The program that files the message fails.
    MailerError = "mailer_error", TransportAndServer, Later, ReceiversProvider;
    /// A command was not understood, or not allowed at its place.
    ProtocolError = "protocol_error", TransportAndServer, AfterChange, SendersProvider;

    /// The sender's own list of dead addresses holds it back.
    Suppressed = "suppressed", Other, Never, Sender;
    /// The reply does not say.
    Unknown = "unknown", Other, AfterChange, ReceiversProvider;
}

impl Reason {
    /// Finds the reason of a [name](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.name() == name)
    }

    /// Tells whether the address is dead for every sender, so that nobody should mail it again. No
    /// block, no quota and no policy is: those say nothing about the address.
    #[must_use]
    pub const fn is_hard(self) -> bool {
        matches!(
            self,
            Self::MailboxUnknown
                | Self::MailboxDisabled
                | Self::MailboxMoved
                | Self::DomainUnknown
                | Self::DomainNoMail
        )
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_forty_one_reasons_and_unknown_in_eight_scopes() {
        for scope in Scope::ALL {
            assert!(Reason::ALL.iter().any(|reason| reason.scope() == *scope), "{scope}");
        }
        for (at, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(reason.index(), at);
            assert_eq!(Reason::from_name(reason.name()), Some(*reason));
            assert!(!reason.is_hard() || reason.scope() == Scope::Recipient);
            assert!(!reason.is_hard() || reason.retry() == Retry::Never);
        }
        assert_eq!(Reason::from_name("nonsense"), None);
    }
}
