//! What helps: steps for whoever wrote the message, and for whoever runs the sending server.

use crate::classify::Reason;

/// A step that helps.
///
/// The list may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Compare the address letter by letter.
    CheckSpelling,
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
    /// Tell the own provider.
    TellOwnProvider,
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
    /// Take the address off the lists.
    RemoveAddress,
    /// Leave it to the queue.
    KeepInQueue,
    /// Obey the size that the server announces.
    ObeySize,
    /// Mend the program that writes the message.
    MendFormat,
    /// Offer what the other side can take, or convert.
    ConvertEncoding,
    /// Find who sends spam from the own network.
    FindSpammer,
    /// Publish SPF, sign with DKIM, set DMARC.
    PublishSenderPolicy,
    /// Make SPF list every sending server.
    MendSpf,
    /// Sign with DKIM and publish the key.
    MendDkim,
    /// Align the domain of From with SPF or DKIM.
    AlignDmarc,
    /// Let the sender's domain have MX or address records.
    MendSenderDomain,
    /// Find the block list and have the address taken off it.
    RequestDelisting,
    /// Build a better reputation.
    WarmUp,
    /// Send through another address or relay.
    TryOtherRoute,
    /// Give the sending server a name in DNS that leads back to it.
    SetReverseName,
    /// Make the server greet with its own name.
    SetGreeting,
    /// Give the relay its credentials.
    SetUpRelay,
    /// Check versions and certificates of TLS.
    CheckTls,
    /// Send fewer messages at a time to this server.
    SlowDown,
    /// Open fewer connections at a time to this server.
    FewerConnections,
    /// Put fewer recipients into one transaction.
    FewerRecipients,
    /// Check routes, firewall and port 25.
    CheckRoute,
    /// Look for the circle in MX records and forwarding.
    BreakLoop,
    /// Read the protocol's transcript.
    ReadTranscript,
    /// Read the whole reply.
    ReadReply,
    /// Take the address off the suppression list.
    LiftSuppression,
}

impl Reason {
    /// Returns the steps that help whoever wrote the message, the first one first.
    #[must_use]
    pub const fn remedies(self) -> &'static [Remedy] {
        use Remedy as R;
        match self {
            Self::MailboxUnknown => &[R::CheckSpelling, R::AskRecipient],
            Self::MailboxDisabled => &[R::AskRecipient, R::RenewContract],
            Self::MailboxFull => &[R::FreeSpace, R::SendLater],
            Self::MailboxMoved => &[R::UseNewAddress, R::AskRecipient],
            Self::RecipientRefused => &[R::AskToBeAllowed, R::AskRecipient],
            Self::RecipientRateLimited => &[R::SendLater],
            Self::DomainUnknown | Self::DomainNoMail => &[R::CheckDomain, R::AskRecipient],
            Self::MessageTooLarge => &[R::ShrinkMessage, R::SplitMessage, R::UseTransferService],
            Self::ContentMalformed => &[R::UpdateSoftware, R::SimplifyContent],
            Self::ContentRejected => &[R::RemoveAttachment, R::RewriteContent],
            Self::EncodingUnsupported => &[R::SimplifyContent],
            Self::SpamContent => &[R::RewriteContent, R::AskToBeAllowed, R::TellOwnProvider],
            Self::Virus => &[R::ScanForMalware, R::RemoveAttachment],
            Self::Policy => &[R::AskToBeAllowed, R::TellReceiver],
            Self::SenderRejected => &[R::CheckSenderAddress, R::CheckAccount],
            Self::AuthSpf | Self::AuthDkim | Self::AuthDmarc | Self::AuthFailed => {
                &[R::CheckOutgoingServer, R::TellOwnProvider]
            }
            Self::BadReputation
            | Self::IpBlocklisted
            | Self::IpBlocked
            | Self::NoPtr
            | Self::BadHelo => &[R::TellOwnProvider, R::CheckOutgoingServer],
            Self::RelayDenied => {
                &[R::CheckSpelling, R::EnableAuthentication, R::CheckOutgoingServer]
            }
            Self::AuthRequired => &[R::EnableAuthentication, R::CheckAccount],
            Self::AuthRejected => &[R::CheckPassword, R::CheckAccount],
            Self::TlsRequired => &[R::TurnOnTls, R::UpdateSoftware],
            Self::Greylisted => &[R::WaitForRetry, R::SendLater],
            Self::RateLimited | Self::TooManyConnections => &[R::SendSlower, R::SendLater],
            Self::TooManyRecipients => &[R::SplitRecipients],
            Self::Network => &[R::CheckConnection, R::SendLater],
            Self::RoutingLoop => &[R::CheckForwarding, R::TellReceiver],
            Self::Expired => &[R::CheckDomain, R::SendLater, R::TellReceiver],
            Self::SystemError | Self::SystemFull | Self::MailerError => {
                &[R::SendLater, R::TellReceiver]
            }
            Self::ProtocolError => &[R::UpdateSoftware, R::TellOwnProvider],
            Self::Suppressed => &[R::AskRecipient, R::TellOwnProvider],
            Self::Unknown => &[R::ReadReply, R::SendLater, R::TellOwnProvider],
        }
    }

    /// Returns the steps that help whoever runs the sending server, the first one first.
    #[must_use]
    pub const fn operator_remedies(self) -> &'static [Remedy] {
        use Remedy as R;
        match self {
            Self::MailboxUnknown
            | Self::MailboxDisabled
            | Self::MailboxMoved
            | Self::DomainUnknown
            | Self::DomainNoMail => &[R::RemoveAddress],
            Self::MailboxFull | Self::Greylisted | Self::SystemFull => &[R::KeepInQueue],
            Self::RecipientRefused | Self::Policy | Self::MailerError => &[R::TellReceiver],
            Self::RecipientRateLimited | Self::RateLimited => &[R::SlowDown, R::KeepInQueue],
            Self::MessageTooLarge => &[R::ObeySize],
            Self::ContentMalformed => &[R::MendFormat],
            Self::ContentRejected => &[R::ReadReply, R::TellReceiver],
            Self::EncodingUnsupported => &[R::ConvertEncoding],
            Self::SpamContent | Self::Virus => &[R::FindSpammer, R::TellReceiver],
            Self::SenderRejected => &[R::MendSenderDomain, R::PublishSenderPolicy],
            Self::AuthSpf => &[R::MendSpf],
            Self::AuthDkim => &[R::MendDkim],
            Self::AuthDmarc => &[R::AlignDmarc],
            Self::AuthFailed => &[R::PublishSenderPolicy],
            Self::BadReputation => &[R::FindSpammer, R::WarmUp],
            Self::IpBlocklisted => &[R::FindSpammer, R::RequestDelisting, R::TryOtherRoute],
            Self::IpBlocked => &[R::FindSpammer, R::TellReceiver, R::TryOtherRoute],
            Self::NoPtr => &[R::SetReverseName],
            Self::BadHelo => &[R::SetGreeting],
            Self::RelayDenied | Self::AuthRequired | Self::AuthRejected => &[R::SetUpRelay],
            Self::TlsRequired => &[R::CheckTls],
            Self::TooManyConnections => &[R::FewerConnections],
            Self::TooManyRecipients => &[R::FewerRecipients],
            Self::Network | Self::Expired => &[R::CheckRoute, R::TryOtherRoute],
            Self::RoutingLoop => &[R::BreakLoop],
            Self::SystemError => &[R::KeepInQueue, R::TellReceiver],
            Self::ProtocolError => &[R::ReadTranscript],
            Self::Suppressed => &[R::LiftSuppression],
            Self::Unknown => &[R::ReadReply, R::TellReceiver],
        }
    }
}
