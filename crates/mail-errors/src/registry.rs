//! The IANA registry of enhanced status codes as data: RFC 3463, RFC 5248 and what was registered
//! since. The class is not part of an entry: the registry lists `X.1.1`, and the class says whether
//! it went well.
//!
//! Not supported: codes that vendors use without registering them (`5.7.51`); [`find`] answers
//! `None`, and [`subject`] still says what they are about.

/// What the registry says about one subject and detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Registered {
    /// The second number of the code.
    pub subject: u16,
    /// The third number of the code.
    pub detail: u16,
    /// The RFC that defines the code; `None` if it was registered without one.
    pub rfc: Option<u16>,
    /// The registered name.
    pub name: &'static str,
    /// What it means, in a sentence of our own, without full stop.
    pub description: &'static str,
}

/// Returns the entry of this subject and detail.
#[must_use]
pub fn find(subject: u16, detail: u16) -> Option<&'static Registered> {
    let at = ENTRIES.binary_search_by_key(&(subject, detail), |e| (e.subject, e.detail)).ok()?;
    ENTRIES.get(at)
}

/// Returns the registered name of a subject. RFC 3463 3.
#[must_use]
pub const fn subject(subject: u16) -> Option<&'static str> {
    Some(match subject {
        0 => "Other or undefined status",
        1 => "Addressing status",
        2 => "Mailbox status",
        3 => "Mail system status",
        4 => "Network and routing status",
        5 => "Mail delivery protocol status",
        6 => "Message content or media status",
        7 => "Security or policy status",
        _ => return None,
    })
}

/// Returns every entry, in the order of subject and detail.
#[must_use]
pub const fn entries() -> &'static [Registered] {
    ENTRIES
}

macro_rules! entries {
    ($($subject:literal $detail:literal $rfc:expr, $name:literal $description:literal;)*) => {
        &[$(Registered {
            subject: $subject,
            detail: $detail,
            rfc: $rfc,
            name: $name,
            description: $description,
        }),*]
    };
}

const ENTRIES: &[Registered] = entries! {
    0 0 Some(3463), "Other undefined status"
        "The only thing that is known is whether it went well, failed for now, or failed for good";
    1 0 Some(3463), "Other address status"
        "Something about the address caused this status";
    1 1 Some(3463), "Bad destination mailbox address"
        "The mailbox in the address does not exist: what is left of the @ is not known there";
    1 2 Some(3463), "Bad destination system address"
        "The system in the address does not exist or takes no mail: what is right of the @ is \
         wrong";
    1 3 Some(3463), "Bad destination mailbox address syntax"
        "The recipient's address does not follow the grammar of addresses";
    1 4 Some(3463), "Destination mailbox address ambiguous"
        "The recipient's address fits more than one mailbox";
    1 5 Some(3463), "Destination address valid"
        "The recipient's address is good";
    1 6 Some(3463), "Destination mailbox has moved, no forwarding address"
        "The mailbox was valid once, but mail for it is no longer taken";
    1 7 Some(3463), "Bad sender's mailbox address syntax"
        "The sender's address does not follow the grammar of addresses";
    1 8 Some(3463), "Bad sender's system address"
        "The system in the sender's address does not exist or takes no return mail";
    1 9 Some(3886), "Message relayed to non-compliant mailer"
        "The message went on to a system that cannot track it further";
    1 10 Some(7505), "Recipient address has null MX"
        "The recipient's domain says in DNS that it takes no mail";
    2 0 Some(3463), "Other or undefined mailbox status"
        "The mailbox exists, but something about it caused this status";
    2 1 Some(3463), "Mailbox disabled, not accepting messages"
        "The mailbox exists, but takes no messages";
    2 2 Some(3463), "Mailbox full"
        "The mailbox is over its storage or its number of messages";
    2 3 Some(3463), "Message length exceeds administrative limit"
        "The message is longer than this mailbox is allowed to take";
    2 4 Some(3463), "Mailing list expansion problem"
        "The mailbox is a mailing list that cannot be expanded";
    3 0 Some(3463), "Other or undefined mail system status"
        "The system exists and usually takes mail, but something about it caused this status";
    3 1 Some(3463), "Mail system full"
        "The storage of the whole system is exceeded";
    3 2 Some(3463), "System not accepting network messages"
        "The host takes no messages at the moment: shutdown, load or maintenance";
    3 3 Some(3463), "System not capable of selected features"
        "The system cannot do what the message asks of it";
    3 4 Some(3463), "Message too big for system"
        "The message is larger than the whole system takes, whoever the recipient is";
    3 5 Some(3463), "System incorrectly configured"
        "The system is not configured in a way that lets it take this message";
    3 6 Some(6710), "Requested priority was changed"
        "The message was taken with another priority than the one asked for";
    4 0 Some(3463), "Other or undefined network or routing status"
        "Something went wrong with the network";
    4 1 Some(3463), "No answer from host"
        "The host did not answer the connection";
    4 2 Some(3463), "Bad connection"
        "The connection was made, but broke or went silent before the message was through";
    4 3 Some(3463), "Directory server failure"
        "A directory server, DNS for one, could not be asked";
    4 4 Some(3463), "Unable to route"
        "No next hop for the message could be found";
    4 5 Some(3463), "Mail system congestion"
        "The mail system is congested";
    4 6 Some(3463), "Routing loop detected"
        "The message was forwarded too many times and goes in circles";
    4 7 Some(3463), "Delivery time expired"
        "The message waited longer in the queue than its sender or the system allows";
    5 0 Some(3463), "Other or undefined protocol status"
        "Something went wrong with the protocol";
    5 1 Some(3463), "Invalid command"
        "The command is not valid, or not at this moment";
    5 2 Some(3463), "Syntax error"
        "The command could not be parsed";
    5 3 Some(3463), "Too many recipients"
        "More recipients were given than one message may have here";
    5 4 Some(3463), "Invalid command arguments"
        "The command is valid, but its parameters are not";
    5 5 Some(3463), "Wrong protocol version"
        "The versions of the protocol do not match";
    5 6 Some(4954), "Authentication exchange line is too long"
        "An answer in the authentication exchange is longer than the server takes";
    6 0 Some(3463), "Other or undefined media error"
        "Something about the content made the message undeliverable";
    6 1 Some(3463), "Media not supported"
        "This kind of content is not taken here";
    6 2 Some(3463), "Conversion required and prohibited"
        "The content would have to be converted, and the sender or the system forbids it";
    6 3 Some(3463), "Conversion required but not supported"
        "The content would have to be converted, and the system cannot";
    6 4 Some(3463), "Conversion with loss performed"
        "The content was converted, and something was lost";
    6 5 Some(3463), "Conversion failed"
        "The content could not be converted";
    6 6 Some(4468), "Message content not available"
        "The content that was to be fetched (BURL) could not be had";
    6 7 Some(6531), "Non-ASCII addresses not permitted for that sender/recipient"
        "An internationalized address was given to a server that does not take it";
    6 8 Some(6531), "UTF-8 string reply is required, but not permitted by the SMTP client"
        "The answer holds UTF-8 that the client did not say it takes";
    6 9 Some(6531), "UTF-8 header message cannot be transferred to one or more recipients"
        "The message has UTF-8 headers and a recipient's system does not take them";
    6 10 Some(6531), "Duplicate of X.6.8, deprecated"
        "As X.6.8";
    7 0 Some(3463), "Other or undefined security status"
        "Something about security or policy refused the message";
    7 1 Some(3463), "Delivery not authorized, message refused"
        "The sender may not send to this destination: filter, policy or relay rule";
    7 2 Some(3463), "Mailing list expansion prohibited"
        "The sender may not send to this mailing list";
    7 3 Some(3463), "Security conversion required but not possible"
        "The message would have to change over to another security protocol, and cannot";
    7 4 Some(3463), "Security features not supported"
        "The message asks for security features that the system does not have";
    7 5 Some(3463), "Cryptographic failure"
        "A cryptographic step failed for lack of a key or another condition";
    7 6 Some(3463), "Cryptographic algorithm not supported"
        "The algorithm is not supported here";
    7 7 Some(3463), "Message integrity failure"
        "The message was changed on its way";
    7 8 Some(4954), "Authentication credentials invalid"
        "The user name, the password or the token is not right";
    7 9 Some(4954), "Authentication mechanism is too weak"
        "This user may not use a mechanism that is this weak";
    7 10 Some(5248), "Encryption needed"
        "The server takes this only over an encrypted connection";
    7 11 Some(4954), "Encryption required for requested authentication mechanism"
        "This mechanism may be used only over an encrypted connection";
    7 12 Some(4954), "A password transition is needed"
        "The user has to log in once by another mechanism before this one works";
    7 13 Some(5248), "User account disabled"
        "The account that authenticates is closed or locked by the administrator";
    7 14 Some(5248), "Trust relationship required"
        "The server needs a trust relationship with a third party before it lets the client in";
    7 15 Some(6710), "Priority level is too low"
        "The server takes no messages of this priority at the moment";
    7 16 Some(6710), "Message is too big for the specified priority"
        "The message is larger than messages of this priority may be";
    7 17 Some(7293), "Mailbox owner has changed"
        "The mailbox belongs to somebody else since the date that the sender named";
    7 18 Some(7293), "Domain owner has changed"
        "The domain belongs to somebody else since the date that the sender named";
    7 19 Some(7293), "RRVS test cannot be completed"
        "Whether the mailbox still has the same owner cannot be found out";
    7 20 Some(7372), "No passing DKIM signature found"
        "The message has no DKIM signature that verifies";
    7 21 Some(7372), "No acceptable DKIM signature found"
        "The message has DKIM signatures that verify, but none that is acceptable here";
    7 22 Some(7372), "No valid author-matched DKIM signature found"
        "No DKIM signature that verifies is of the author's domain";
    7 23 Some(7372), "SPF validation failed"
        "The sender's domain says by SPF that this server may not send for it";
    7 24 Some(7372), "SPF validation error"
        "The SPF check ended in an error: the sender's record is broken or not to be had";
    7 25 Some(7372), "Reverse DNS validation failed"
        "The client's address has no name in DNS, or one that does not lead back to it";
    7 26 Some(7372), "Multiple authentication checks failed"
        "More than one check of the sender (SPF, DKIM, ...) failed";
    7 27 Some(7505), "Sender address has null MX"
        "The sender's domain says in DNS that it takes no mail, so no report could go back";
    7 28 None, "Mail flood detected"
        "The message is part of a flood of mail";
    7 29 Some(8617), "ARC validation failure"
        "The chain of ARC seals does not verify";
    7 30 Some(8689), "REQUIRETLS support required"
        "The message asks for TLS all the way, and the next hop does not support that";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_entries_are_sorted_and_found() {
        assert!(ENTRIES.is_sorted_by_key(|entry| (entry.subject, entry.detail)));
        for entry in ENTRIES {
            assert_eq!(find(entry.subject, entry.detail), Some(entry));
            assert!(subject(entry.subject).is_some(), "{entry:?}");
        }
    }

    #[test]
    fn ok_details_are_numbered_without_gaps() {
        for (subject, last) in [(0, 0), (1, 10), (2, 4), (3, 6), (4, 7), (5, 6), (6, 10), (7, 30)] {
            let details: Vec<u16> =
                ENTRIES.iter().filter(|e| e.subject == subject).map(|e| e.detail).collect();
            assert_eq!(details, (0..=last).collect::<Vec<u16>>(), "subject {subject}");
        }
    }

    #[test]
    fn ok_later_registrations() {
        for (subject, detail, rfc, name) in [
            (1, 10, 7505, "Recipient address has null MX"),
            (5, 6, 4954, "Authentication exchange line is too long"),
            (7, 23, 7372, "SPF validation failed"),
            (7, 29, 8617, "ARC validation failure"),
            (7, 30, 8689, "REQUIRETLS support required"),
        ] {
            let entry = find(subject, detail).unwrap();
            assert_eq!((entry.rfc, entry.name), (Some(rfc), name));
        }
    }

    #[test]
    fn none_for_codes_of_vendors() {
        assert_eq!(find(7, 51), None);
        assert_eq!(subject(8), None);
    }
}
