//! Reasons in the terms of others: enhanced codes, and the names that other tools count by.

use crate::{EnhancedClass, EnhancedStatusCode};

use super::Reason;

impl Reason {
    /// Returns the enhanced code that says it best, of the class given. RFC 3463 3.2 to 3.8 and the
    /// registry of RFC 5248.
    ///
    /// ```
    /// use mail_errors::EnhancedClass;
    /// use mail_errors::classify::Reason;
    ///
    /// let code = Reason::MailboxFull.enhanced(EnhancedClass::Permanent);
    /// assert_eq!(code.to_string(), "5.2.2");
    /// assert_eq!(code.registered().map(|entry| entry.name), Some("Mailbox full"));
    /// ```
    #[must_use]
    pub fn enhanced(self, class: EnhancedClass) -> EnhancedStatusCode {
        let (subject, detail) = match self {
            Self::MailboxUnknown => (1, 1),
            Self::DomainUnknown => (1, 2),
            Self::MailboxMoved => (1, 6),
            Self::SenderRejected => (1, 8),
            Self::DomainNoMail => (1, 10),
            Self::MailboxDisabled => (2, 1),
            Self::MailboxFull | Self::RecipientRateLimited => (2, 2),
            Self::SystemFull => (3, 1),
            Self::MailerError => (3, 0),
            Self::SystemError => (3, 2),
            Self::MessageTooLarge => (3, 4),
            Self::Network => (4, 1),
            Self::RoutingLoop => (4, 6),
            Self::Expired => (4, 7),
            Self::RateLimited | Self::TooManyConnections => (4, 5),
            Self::ProtocolError => (5, 0),
            Self::TooManyRecipients => (5, 3),
            Self::ContentMalformed => (6, 0),
            Self::EncodingUnsupported => (6, 3),
            Self::RecipientRefused => (7, 2),
            Self::RelayDenied
            | Self::Policy
            | Self::ContentRejected
            | Self::SpamContent
            | Self::Virus
            | Self::IpBlocked
            | Self::IpBlocklisted
            | Self::BadReputation
            | Self::Greylisted => (7, 1),
            Self::AuthRejected => (7, 8),
            Self::AuthRequired | Self::BadHelo => (7, 0),
            Self::TlsRequired => (7, 10),
            Self::AuthDkim => (7, 20),
            Self::AuthSpf => (7, 23),
            Self::NoPtr => (7, 25),
            Self::AuthFailed | Self::AuthDmarc => (7, 26),
            Self::Suppressed | Self::Unknown => (0, 0),
        };
        let class = class.digit();
        EnhancedStatusCode::new(class, subject, detail).expect("a code of the table")
    }

    /// Returns the reason of sisimai 5 that comes nearest.
    #[must_use]
    pub const fn sisimai(self) -> &'static str {
        match self {
            Self::MailboxUnknown => "userunknown",
            Self::MailboxDisabled => "suspend",
            Self::MailboxFull => "mailboxfull",
            Self::MailboxMoved => "hasmoved",
            Self::RecipientRefused => "filtered",
            Self::DomainUnknown => "hostunknown",
            Self::DomainNoMail => "notaccept",
            Self::MessageTooLarge => "mesgtoobig",
            Self::ContentMalformed => "notcompliantrfc",
            Self::ContentRejected | Self::EncodingUnsupported => "contenterror",
            Self::SpamContent => "spamdetected",
            Self::Virus => "virusdetected",
            Self::Policy => "policyviolation",
            Self::SenderRejected => "rejected",
            Self::AuthSpf | Self::AuthDkim | Self::AuthDmarc | Self::AuthFailed => "authfailure",
            Self::BadReputation => "badreputation",
            Self::IpBlocklisted | Self::IpBlocked | Self::BadHelo => "blocked",
            Self::NoPtr => "requireptr",
            Self::RelayDenied => "norelaying",
            Self::AuthRequired | Self::AuthRejected => "securityerror",
            Self::TlsRequired => "failedstarttls",
            Self::Greylisted | Self::RateLimited | Self::RecipientRateLimited => "speeding",
            Self::TooManyConnections | Self::TooManyRecipients => "toomanyconn",
            Self::Network | Self::RoutingLoop => "networkerror",
            Self::Expired => "expired",
            Self::SystemError => "systemerror",
            Self::SystemFull => "systemfull",
            Self::MailerError => "mailererror",
            Self::ProtocolError => "syntaxerror",
            Self::Suppressed => "suppressed",
            Self::Unknown => "undefined",
        }
    }

    /// Returns the class of KumoMTA's bounce classifier that comes nearest.
    #[must_use]
    pub const fn kumomta(self) -> &'static str {
        match self {
            Self::MailboxUnknown | Self::MailboxMoved => "InvalidRecipient",
            Self::MailboxDisabled => "InactiveMailbox",
            Self::MailboxFull | Self::MessageTooLarge | Self::SystemFull => "QuotaIssues",
            Self::DomainUnknown | Self::DomainNoMail => "BadDomain",
            Self::RecipientRefused | Self::Policy => "PolicyRelated",
            Self::RecipientRateLimited
            | Self::Greylisted
            | Self::RateLimited
            | Self::TooManyConnections => "TransientFailure",
            Self::TooManyRecipients => "TooManyRecipients",
            Self::ContentMalformed | Self::ContentRejected | Self::EncodingUnsupported => {
                "ContentRelated"
            }
            Self::SpamContent => "SpamContent",
            Self::Virus => "VirusRelated",
            Self::SenderRejected => "InvalidSender",
            Self::AuthSpf
            | Self::AuthDkim
            | Self::AuthDmarc
            | Self::AuthFailed
            | Self::AuthRequired
            | Self::AuthRejected => "AuthenticationFailed",
            Self::BadReputation | Self::IpBlocklisted | Self::IpBlocked => "SpamBlock",
            Self::NoPtr | Self::BadHelo | Self::TlsRequired | Self::SystemError => {
                "BadConfiguration"
            }
            Self::RelayDenied => "RelayDenied",
            Self::Network => "BadConnection",
            Self::RoutingLoop => "RoutingErrors",
            Self::Expired => "MessageExpired",
            Self::MailerError | Self::Suppressed | Self::Unknown => "Uncategorized",
            Self::ProtocolError => "ProtocolErrors",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_enhanced_codes_are_registered() {
        for &reason in Reason::ALL {
            for class in [EnhancedClass::Transient, EnhancedClass::Permanent] {
                let code = reason.enhanced(class);
                assert_eq!(code.class(), class);
                assert!(code.registered().is_some(), "{reason}: {code}");
            }
        }
    }

    #[test]
    fn ok_names_are_those_of_the_tools() {
        assert_eq!(Reason::MailboxUnknown.sisimai(), "userunknown");
        assert_eq!(Reason::NoPtr.sisimai(), "requireptr");
        assert_eq!(Reason::MailboxDisabled.kumomta(), "InactiveMailbox");
        for &reason in Reason::ALL {
            assert!(reason.sisimai().bytes().all(|octet| octet.is_ascii_lowercase()));
            assert!(reason.kumomta().starts_with(|c: char| c.is_ascii_uppercase()));
        }
    }
}
