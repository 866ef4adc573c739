//! Why mail fails, who has to act, and what helps.

/// A reason why a message did not go through.
///
/// The list grows: finer reasons may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The address is misspelt, or the mailbox does not exist.
    MailboxUnknown,
    /// The address does not follow the grammar of addresses.
    AddressMalformed,
    /// The recipient's mailbox is full.
    MailboxFull,
    /// The mailbox exists, but is locked, inactive or suspended.
    MailboxDisabled,
    /// The mailbox has moved to another address.
    MailboxMoved,
    /// The server asked does not serve this recipient.
    NotServedHere,
    /// The recipient's contract has ended, or the server has gone.
    ServiceEnded,
    /// The domain is misspelt, or does not exist.
    DomainUnknown,
    /// The recipient's domain exists, but its DNS entries are wrong or cannot be had.
    ReceiverDns,
    /// The recipient's domain says that it takes no mail (null MX, 521, 556).
    DomainTakesNoMail,
    /// The message is over the size limit.
    MessageTooLarge,
    /// Content or form of the message is refused.
    ContentRefused,
    /// The receiving system cannot handle this kind of content or address.
    ContentUnsupported,
    /// The message is judged to be spam.
    SpamSuspected,
    /// A virus was found in the message.
    VirusFound,
    /// The sender's address or its domain is not accepted.
    SenderRefused,
    /// The message fails SPF, DKIM, DMARC or ARC.
    SenderUnverified,
    /// The server wants the sender to log in first (SMTP AUTH).
    AuthenticationRequired,
    /// The user name, the password or the account is not accepted.
    CredentialsRefused,
    /// The server does not pass mail on for this sender to this recipient.
    RelayDenied,
    /// The sending server's address is on a block list, or has a poor reputation.
    ClientBlocked,
    /// The sending server has no proper name in DNS, or greets with a wrong one.
    NoReverseName,
    /// The server takes this only over an encrypted connection.
    TlsRequired,
    /// The receiver's policy forbids it, without saying more.
    AccessDenied,
    /// The receiver puts first-time senders off for a while.
    Greylisted,
    /// Too much mail or too many connections in too short a time.
    TooMuchMail,
    /// Too many recipients in one message.
    TooManyRecipients,
    /// The receiving server is down, overloaded, full or wrongly configured.
    ReceiverTrouble,
    /// The recipient's forwarding does not work.
    ForwardingFailed,
    /// The message goes in circles.
    RoutingLoop,
    /// The connection between the servers failed.
    NetworkTrouble,
    /// The message waited too long and was given up.
    DeliveryExpired,
    /// The two programs do not understand each other.
    ProtocolMismatch,
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

/// Whether the same message may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Nothing failed.
    NotNeeded,
    /// The sending server tries again by itself.
    Automatic,
    /// Sent again later it may arrive.
    Later,
    /// It arrives only after somebody has changed something.
    AfterChange,
}

/// A step that helps.
///
/// The list grows with [`Cause`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Compare the address letter by letter.
    CheckSpelling,
    /// Look for characters that no address holds.
    CheckCharacters,
    /// Check what stands behind the `@`.
    CheckDomain,
    /// Reach the recipient by other means and ask for the address.
    AskRecipient,
    /// Use the new address, if the reply names one.
    UseNewAddress,
    /// Have the recipient delete mail or raise the quota.
    FreeSpace,
    /// Have the recipient check account and contract.
    RenewContract,
    /// Have the recipient check the forwarding.
    CheckForwarding,
    /// Have the receiving side correct MX and address records.
    CorrectReceiverDns,
    /// Tell the administrator of the receiving server.
    TellReceiver,
    /// Have the recipient allow the sender.
    AskToBeAllowed,
    /// Compress or leave out attachments.
    ShrinkMessage,
    /// Send it in parts.
    SplitMessage,
    /// Put the file on a transfer service and send the link.
    UseTransferService,
    /// Leave out attachments that are refused (programs, locked archives).
    RemoveAttachment,
    /// Change subject, text and links that look like spam.
    RewriteContent,
    /// Send it as plain text, with ASCII addresses.
    SimplifyContent,
    /// Scan the computer for malware.
    ScanForMalware,
    /// Make the sender's address the one of the account.
    CheckSenderAddress,
    /// Check account name and contract with the own provider.
    CheckAccount,
    /// Turn SMTP AUTH on and use the submission port.
    EnableAuthentication,
    /// Check user name and password, or use an application password.
    CheckPassword,
    /// Check the outgoing server's name in the mail program.
    CheckOutgoingServer,
    /// Publish SPF, sign with DKIM, set DMARC.
    PublishSenderPolicy,
    /// Find the block list and have the address taken off it.
    RequestDelisting,
    /// Tell the own provider.
    TellOwnProvider,
    /// Give the sending server a name in DNS that leads back to it.
    SetReverseName,
    /// Turn on encryption in the mail program.
    TurnOnTls,
    /// Bring the mail program or server up to date.
    UpdateSoftware,
    /// Send less at once.
    SendSlower,
    /// Send to fewer recipients at once.
    SplitRecipients,
    /// Send it again later.
    SendLater,
    /// Wait: the server tries again.
    WaitForRetry,
    /// Check the network connection.
    CheckConnection,
}

impl Cause {
    /// Tells who has to act first.
    #[must_use]
    pub const fn blame(self) -> Blame {
        self.facts().0
    }

    /// Tells whether a person who sends the same message again may succeed: [`Retry::Later`] or
    /// [`Retry::AfterChange`]. What servers do by themselves is decided by the reply's class.
    #[must_use]
    pub const fn retry(self) -> Retry {
        self.facts().1
    }

    /// Returns the steps that help, the first one first.
    #[must_use]
    pub const fn remedies(self) -> &'static [Remedy] {
        self.facts().2
    }

    const fn facts(self) -> (Blame, Retry, &'static [Remedy]) {
        use Blame::{Network, ReceiversProvider, Recipient, Sender, SendersProvider};
        use Remedy as R;
        use Retry::{AfterChange, Later};
        match self {
            Self::MailboxUnknown => (Sender, AfterChange, &[R::CheckSpelling, R::AskRecipient]),
            Self::AddressMalformed => {
                (Sender, AfterChange, &[R::CheckCharacters, R::CheckSpelling])
            }
            Self::MailboxFull => (Recipient, Later, &[R::FreeSpace, R::SendLater]),
            Self::MailboxDisabled => (Recipient, AfterChange, &[R::AskRecipient, R::RenewContract]),
            Self::MailboxMoved => (Sender, AfterChange, &[R::UseNewAddress, R::AskRecipient]),
            Self::NotServedHere => {
                (Sender, AfterChange, &[R::CheckSpelling, R::UseNewAddress, R::AskRecipient])
            }
            Self::ServiceEnded => (Recipient, AfterChange, &[R::AskRecipient, R::RenewContract]),
            Self::DomainUnknown => (Sender, AfterChange, &[R::CheckDomain, R::AskRecipient]),
            Self::ReceiverDns => (ReceiversProvider, Later, &[R::CorrectReceiverDns, R::SendLater]),
            Self::DomainTakesNoMail => (Sender, AfterChange, &[R::CheckDomain, R::AskRecipient]),
            Self::MessageTooLarge => {
                (Sender, AfterChange, &[R::ShrinkMessage, R::SplitMessage, R::UseTransferService])
            }
            Self::ContentRefused => {
                (Sender, AfterChange, &[R::RemoveAttachment, R::RewriteContent, R::UpdateSoftware])
            }
            Self::ContentUnsupported => (Sender, AfterChange, &[R::SimplifyContent]),
            Self::SpamSuspected => {
                (Sender, AfterChange, &[R::RewriteContent, R::AskToBeAllowed, R::TellOwnProvider])
            }
            Self::VirusFound => (Sender, AfterChange, &[R::ScanForMalware, R::RemoveAttachment]),
            Self::SenderRefused => (Sender, AfterChange, &[R::CheckSenderAddress, R::CheckAccount]),
            Self::SenderUnverified => {
                (SendersProvider, AfterChange, &[R::PublishSenderPolicy, R::CheckOutgoingServer])
            }
            Self::AuthenticationRequired => {
                (Sender, AfterChange, &[R::EnableAuthentication, R::CheckAccount])
            }
            Self::CredentialsRefused => (Sender, AfterChange, &[R::CheckPassword, R::CheckAccount]),
            Self::RelayDenied => (
                Sender,
                AfterChange,
                &[R::EnableAuthentication, R::CheckOutgoingServer, R::CheckDomain],
            ),
            Self::ClientBlocked => {
                (SendersProvider, AfterChange, &[R::RequestDelisting, R::TellOwnProvider])
            }
            Self::NoReverseName => {
                (SendersProvider, AfterChange, &[R::SetReverseName, R::TellOwnProvider])
            }
            Self::TlsRequired => (Sender, AfterChange, &[R::TurnOnTls, R::UpdateSoftware]),
            Self::AccessDenied => {
                (ReceiversProvider, AfterChange, &[R::AskToBeAllowed, R::TellReceiver])
            }
            Self::Greylisted => (ReceiversProvider, Later, &[R::WaitForRetry, R::SendLater]),
            Self::TooMuchMail => (Sender, Later, &[R::SendSlower, R::SendLater]),
            Self::TooManyRecipients => (Sender, AfterChange, &[R::SplitRecipients]),
            Self::ReceiverTrouble => (ReceiversProvider, Later, &[R::SendLater, R::TellReceiver]),
            Self::ForwardingFailed => (Recipient, AfterChange, &[R::CheckForwarding]),
            Self::RoutingLoop => {
                (ReceiversProvider, AfterChange, &[R::CheckForwarding, R::TellReceiver])
            }
            Self::NetworkTrouble => (Network, Later, &[R::CheckConnection, R::SendLater]),
            Self::DeliveryExpired => {
                (ReceiversProvider, Later, &[R::CheckDomain, R::SendLater, R::TellReceiver])
            }
            Self::ProtocolMismatch => {
                (SendersProvider, AfterChange, &[R::UpdateSoftware, R::TellOwnProvider])
            }
        }
    }
}
