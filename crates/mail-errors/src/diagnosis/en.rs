//! The diagnosis in English.

use crate::{ReplyClass, ReplyCode, registry};

use super::checklist::{Check, Symptom};
use super::language::{Labels, Phrasebook};
use super::{Blame, Cause, Remedy, Retry};

/// Says it in English.
pub(super) struct English;

impl Phrasebook for English {
    fn labels(&self) -> &'static Labels {
        &Labels {
            colon: ": ",
            brackets: (" (", ")"),
            cause: "Cause: ",
            causes: "Possible causes, the likeliest first:",
            blame: "To act: ",
            bullet: "- ",
            read_on: "The code leaves the cause open: \
                      read the whole text of the reply, it often says more.",
        }
    }

    fn code(&self, code: ReplyCode) -> &'static str {
        match code.get() {
            421 => "The server closes the connection and takes nothing for now.",
            550 => "The mailbox cannot be reached, or the message was refused.",
            551 => "The recipient is not served here.",
            552 => "The message is over the size limit, or the mailbox is full.",
            553 => "The address of the sender or of the recipient was not accepted.",
            554 => "The delivery failed.",
            _ => match code.class() {
                ReplyClass::PositiveCompletion => "Done; nothing is wrong.",
                ReplyClass::PositiveIntermediate => {
                    "Accepted so far; the server waits for the rest."
                }
                ReplyClass::TransientNegative => "The server could not do it for now.",
                ReplyClass::PermanentNegative => "The server refused it for good.",
                ReplyClass::Other => "This is no reply that SMTP defines.",
            },
        }
    }

    fn subject(&self, subject: u16) -> &'static str {
        registry::subject(subject).unwrap_or("Unregistered subject")
    }

    fn cause(&self, cause: Cause) -> &'static str {
        match cause {
            Cause::MailboxUnknown => {
                "The recipient's address is misspelt, or there is no such mailbox."
            }
            Cause::AddressMalformed => {
                "The recipient's address is not written as an address can be."
            }
            Cause::MailboxFull => "The recipient's mailbox is full.",
            Cause::MailboxDisabled => "The recipient's mailbox is locked, inactive or suspended.",
            Cause::MailboxMoved => "The recipient has moved to another address.",
            Cause::NotServedHere => {
                "The recipient is invalid, or this server does not serve the address."
            }
            Cause::ServiceEnded => {
                "The recipient's contract has ended, or the receiving server is gone."
            }
            Cause::DomainUnknown => "The domain behind the @ is misspelt, or does not exist.",
            Cause::ReceiverDns => {
                "The DNS entries of the recipient's domain are wrong or cannot be had."
            }
            Cause::DomainTakesNoMail => "The recipient's domain takes no mail at all.",
            Cause::MessageTooLarge => "The message is over the size limit.",
            Cause::ContentRefused => "The content or the form of the message is refused.",
            Cause::ContentUnsupported => {
                "The receiving server cannot handle this kind of content or address."
            }
            Cause::SpamSuspected => "The message is judged to be spam.",
            Cause::VirusFound => "A virus was found in the message.",
            Cause::SenderRefused => "The sender's address or its domain is not accepted.",
            Cause::SenderUnverified => {
                "The message does not pass the sender checks (SPF, DKIM, DMARC)."
            }
            Cause::AuthenticationRequired => {
                "The server wants the sender to log in first (SMTP AUTH)."
            }
            Cause::CredentialsRefused => {
                "The user name, the password or the account was not accepted."
            }
            Cause::RelayDenied => {
                "The server does not pass on this sender's mail to this recipient."
            }
            Cause::ClientBlocked => {
                "The sending server's address is on a block list or has a poor reputation."
            }
            Cause::NoReverseName => {
                "The sending server has no proper host name in DNS, or greets with a wrong one."
            }
            Cause::TlsRequired => "The server takes this only over an encrypted connection (TLS).",
            Cause::AccessDenied => "The receiving server's policy does not allow it.",
            Cause::Greylisted => {
                "The receiving server puts unknown senders off for a while (greylisting)."
            }
            Cause::TooMuchMail => "Too much mail or too many connections came in too short a time.",
            Cause::TooManyRecipients => "The message has too many recipients.",
            Cause::ReceiverTrouble => {
                "The receiving server is down, overloaded or wrongly configured."
            }
            Cause::ForwardingFailed => "The recipient's forwarding does not work.",
            Cause::RoutingLoop => "The message goes in circles between servers.",
            Cause::NetworkTrouble => "The connection to the receiving server failed.",
            Cause::DeliveryExpired => {
                "The message could not be delivered for too long and was given up."
            }
            Cause::ProtocolMismatch => {
                "The mail program or server and the other server do not understand each other."
            }
        }
    }

    fn remedy(&self, remedy: Remedy) -> &'static str {
        match remedy {
            Remedy::CheckSpelling => "Compare the address with the original, letter by letter.",
            Remedy::CheckCharacters => {
                "Look for spaces, full-width characters, a missing @ or dots in a row."
            }
            Remedy::CheckDomain => "Check the domain, the part behind the @.",
            Remedy::AskRecipient => {
                "Ask the recipient by other means for the address that is valid now."
            }
            Remedy::UseNewAddress => "If the reply names a new address, send there.",
            Remedy::FreeSpace => "Ask the recipient to delete mail or to raise the quota.",
            Remedy::RenewContract => {
                "Ask the recipient to check account and contract with the provider."
            }
            Remedy::CheckForwarding => {
                "Ask the recipient to check the forwarding and the address it leads to."
            }
            Remedy::CorrectReceiverDns => {
                "The receiving side has to correct its MX and address records."
            }
            Remedy::TellReceiver => {
                "Send the whole reply to the administrator of the receiving server."
            }
            Remedy::AskToBeAllowed => "Ask the recipient to allow mail from your address.",
            Remedy::ShrinkMessage => "Compress the attachments, or leave some out.",
            Remedy::SplitMessage => "Send it in several messages.",
            Remedy::UseTransferService => "Put the files on a transfer service and send the link.",
            Remedy::RemoveAttachment => "Leave out programs, macros and locked archives.",
            Remedy::RewriteContent => {
                "Change subject, text and links that look like advertising or fraud."
            }
            Remedy::SimplifyContent => "Send plain text to an address in ASCII letters.",
            Remedy::ScanForMalware => {
                "Scan the computer with security software that is up to date."
            }
            Remedy::CheckSenderAddress => {
                "Set the sender's address in the mail program to the account's own."
            }
            Remedy::CheckAccount => {
                "Check the account settings and the contract with your provider."
            }
            Remedy::EnableAuthentication => {
                "Turn on SMTP AUTH for the outgoing server and use port 587 or 465."
            }
            Remedy::CheckPassword => {
                "Enter user name and password anew; some providers want an app password."
            }
            Remedy::CheckOutgoingServer => {
                "Send through the outgoing server of your own provider or domain."
            }
            Remedy::PublishSenderPolicy => {
                "Publish SPF, sign with DKIM and set DMARC for the sender's domain."
            }
            Remedy::RequestDelisting => {
                "Find the list that the reply names and request removal once it is fixed."
            }
            Remedy::TellOwnProvider => {
                "Send the whole reply to your provider or mail administrator."
            }
            Remedy::SetReverseName => {
                "Give the server's address a PTR record whose name leads back to it."
            }
            Remedy::TurnOnTls => "Turn on SSL/TLS or STARTTLS for the outgoing server.",
            Remedy::UpdateSoftware => "Bring the mail program or the mail server up to date.",
            Remedy::SendSlower => "Send fewer messages at a time.",
            Remedy::SplitRecipients => "Send to fewer recipients at a time.",
            Remedy::SendLater => "Send it again after some hours.",
            Remedy::WaitForRetry => "Wait an hour: most sending servers try again by themselves.",
            Remedy::CheckConnection => "Check the network connection of the sending side.",
        }
    }

    fn blame(&self, blame: Blame) -> &'static str {
        match blame {
            Blame::Sender => "the sender",
            Blame::SendersProvider => "the sender's provider or mail administrator",
            Blame::Recipient => "the recipient",
            Blame::ReceiversProvider => "the receiver's provider or mail administrator",
            Blame::Network => "whoever runs the network in between",
        }
    }

    fn retry(&self, retry: Retry) -> &'static str {
        match retry {
            Retry::NotNeeded => "Nothing has to be done.",
            Retry::Automatic => {
                "The failure is temporary: the sending server tries again by itself."
            }
            Retry::Later => "Sent again later, the same message may arrive.",
            Retry::AfterChange => "Sent again unchanged, the message will be refused again.",
        }
    }

    fn symptom(&self, symptom: Symptom) -> &'static str {
        match symptom {
            Symptom::NotSent => "If mail does not go out, check:",
            Symptom::NotReceived => "If no mail comes in, check:",
        }
    }

    fn check(&self, check: Check) -> &'static str {
        match check {
            Check::Network => "Is the network connection working?",
            Check::ServerFault => {
                "Does your provider report a fault or maintenance of its mail server?"
            }
            Check::Expired => "Has the domain or the contract with the provider expired?",
            Check::MailProgram => {
                "Are server name, port, encryption and SMTP AUTH right in the mail program?"
            }
            Check::Port25 => "Does the access provider block port 25 (OP25B)? Then use port 587.",
            Check::SecuritySoftware => "Does security software block the mail program?",
            Check::MailboxFull => "Is the mailbox full? Delete mail that is no longer needed.",
            Check::SpamFolder => "Is the message in the spam folder?",
            Check::IncomingServer => "Are the incoming server, its port and encryption right?",
            Check::Credentials => "Are user name and password right?",
        }
    }
}
