//! The diagnosis in English.

use crate::classify::{Blame, Reason};
use crate::{ReplyClass, ReplyCode, registry};

use super::checklist::{Check, Symptom};
use super::language::{Labels, Phrasebook};
use super::{Outlook, Remedy};

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
            operator: "For the administrator of the sending server:",
            blocklist: "Block list: ",
            bullet: "- ",
            space: " ",
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

    fn cause(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::MailboxUnknown => {
                "The recipient's address is misspelt, or there is no such mailbox."
            }
            Reason::MailboxDisabled => {
                "The recipient's mailbox is locked, inactive or suspended, or the contract has ended."
            }
            Reason::MailboxFull => "The recipient's mailbox is full.",
            Reason::MailboxMoved => "The recipient has moved to another address.",
            Reason::RecipientRefused => {
                "The recipient, or a rule of theirs, does not accept mail from this sender."
            }
            Reason::RecipientRateLimited => {
                "The recipient gets more mail at the moment than the server lets in."
            }
            Reason::DomainUnknown => {
                "The domain behind the @ is misspelt or does not exist, or its DNS entries are wrong."
            }
            Reason::DomainNoMail => "The recipient's domain takes no mail at all.",
            Reason::MessageTooLarge => "The message is over the size limit.",
            Reason::ContentMalformed => "The message is not written as the rules for messages ask.",
            Reason::ContentRejected => {
                "Something in the message is not allowed: an attachment, a link, a word."
            }
            Reason::EncodingUnsupported => {
                "The receiving server cannot handle this kind of content or address."
            }
            Reason::SpamContent => "The message is judged to be spam.",
            Reason::Virus => "A virus was found in the message.",
            Reason::Policy => "The receiving server's policy does not allow it.",
            Reason::SenderRejected => "The sender's address or its domain is not accepted.",
            Reason::AuthSpf => "The sending server may not send for the sender's domain (SPF).",
            Reason::AuthDkim => "The signature of the sender's domain is missing or wrong (DKIM).",
            Reason::AuthDmarc => {
                "The sender's domain asks to refuse what does not prove to be its own (DMARC)."
            }
            Reason::AuthFailed => "The message does not pass the sender checks (SPF, DKIM, DMARC).",
            Reason::BadReputation => "The sending server or its domain has a poor reputation.",
            Reason::IpBlocklisted => "The sending server's address is on a block list.",
            Reason::IpBlocked => "The receiver blocks the sending server's address.",
            Reason::NoPtr => "The sending server has no proper host name in DNS.",
            Reason::BadHelo => "The sending server greets with a name that is not accepted.",
            Reason::RelayDenied => {
                "The recipient is not local to this server, and it does not pass mail on for this sender."
            }
            Reason::AuthRequired => "The server wants the sender to log in first (SMTP AUTH).",
            Reason::AuthRejected => {
                "The user name, the password or the way to log in was not accepted."
            }
            Reason::TlsRequired => {
                "The connection has to be encrypted (TLS), or its encryption fails."
            }
            Reason::Greylisted => {
                "The receiving server puts unknown senders off for a while (greylisting)."
            }
            Reason::RateLimited => "Too much mail came in too short a time.",
            Reason::TooManyConnections => "Too many connections were open at a time.",
            Reason::TooManyRecipients => "The message has too many recipients.",
            Reason::Network => "The connection to the other server failed.",
            Reason::RoutingLoop => "The message goes in circles between servers.",
            Reason::Expired => "The message could not be delivered for too long and was given up.",
            Reason::SystemError => "The other server is down, overloaded or wrongly configured.",
            Reason::SystemFull => "The other server has no room left.",
            Reason::MailerError => "The program that puts mail into the mailbox failed.",
            Reason::ProtocolError => {
                "The mail program or server and the other server do not understand each other."
            }
            Reason::Suppressed => {
                "The address is on the sending side's own list of addresses not to mail."
            }
            Reason::Unknown => "The reply does not say why.",
        }
    }

    fn remedy(&self, remedy: Remedy) -> &'static str {
        match remedy {
            Remedy::CheckSpelling => "Compare the address with the original, letter by letter.",
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
            Remedy::TellOwnProvider => {
                "Send the whole reply to your provider or mail administrator."
            }
            Remedy::TurnOnTls => "Turn on SSL/TLS or STARTTLS for the outgoing server.",
            Remedy::UpdateSoftware => "Bring the mail program or the mail server up to date.",
            Remedy::SendSlower => "Send fewer messages at a time.",
            Remedy::SplitRecipients => "Send to fewer recipients at a time.",
            Remedy::SendLater => "Send it again after some hours.",
            Remedy::WaitForRetry => "Wait an hour: most sending servers try again by themselves.",
            Remedy::CheckConnection => "Check the network connection of the sending side.",
            Remedy::RemoveAddress => {
                "Take the address off your lists, and do not send to it again."
            }
            Remedy::KeepInQueue => "Leave it in the queue: the server tries again by itself.",
            Remedy::ObeySize => {
                "Obey the SIZE that the server announces, and refuse larger messages at submission."
            }
            Remedy::MendFormat => {
                "Mend the program that writes the message: one From, one Date, lines of at most 998 octets."
            }
            Remedy::ConvertEncoding => {
                "Let the server convert the message, or send to servers that offer 8BITMIME and SMTPUTF8."
            }
            Remedy::FindSpammer => {
                "Find the account or program that sends spam through your server, and stop it."
            }
            Remedy::PublishSenderPolicy => {
                "Publish SPF, sign with DKIM and set DMARC for the sender's domain."
            }
            Remedy::MendSpf => "Add every sending server to the SPF record of the sender's domain.",
            Remedy::MendDkim => {
                "Sign with DKIM, publish the key, and let nothing change the message afterwards."
            }
            Remedy::AlignDmarc => "Make SPF or DKIM pass for the very domain that stands in From.",
            Remedy::MendSenderDomain => {
                "Give the sender's domain MX or address records that can be found."
            }
            Remedy::RequestDelisting => {
                "Find the list that the reply names and request removal once it is fixed."
            }
            Remedy::WarmUp => {
                "Send less for some weeks, only to people who asked for it, and drop addresses that bounce."
            }
            Remedy::TryOtherRoute => "Send through another host, network address or relay.",
            Remedy::SetReverseName => {
                "Give the server's address a PTR record whose name leads back to it."
            }
            Remedy::SetGreeting => {
                "Let the server greet with its full host name, the one of its PTR record."
            }
            Remedy::SetUpRelay => {
                "Check user name, password and allowed networks of the relay that your server uses."
            }
            Remedy::CheckTls => {
                "Check STARTTLS, the TLS versions and the certificates of both servers."
            }
            Remedy::SlowDown => "Send fewer messages per minute to this server.",
            Remedy::FewerConnections => "Open fewer connections at a time to this server.",
            Remedy::FewerRecipients => "Put at most a hundred recipients into one transaction.",
            Remedy::CheckRoute => "Check DNS, firewall and port 25 from the sending server.",
            Remedy::BreakLoop => "Check MX records, local domains and forwarding for the circle.",
            Remedy::ReadTranscript => {
                "Record the conversation, and compare it with what the reply complains of."
            }
            Remedy::ReadReply => {
                "Read the whole text of the reply; it often says more than its code."
            }
            Remedy::LiftSuppression => {
                "Take the address off the suppression list once it is known to work."
            }
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

    fn outlook(&self, outlook: Outlook) -> &'static str {
        match outlook {
            Outlook::NotNeeded => "Nothing has to be done.",
            Outlook::Automatic => {
                "The failure is temporary: the sending server tries again by itself."
            }
            Outlook::Later => "Sent again later, the same message may arrive.",
            Outlook::AnotherRoute => "By another route it may arrive; by the same one it will not.",
            Outlook::Never => "It will never arrive at this address: do not send to it again.",
            Outlook::AfterChange => "Sent again unchanged, the message will be refused again.",
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
