//! What is asked: a name and a record type. The class is always IN (RFC 1035 3.2.4).

use std::fmt;

use crate::name::Name;

/// A record type by its number (RFC 1035 3.2.2).
///
/// Every number is a legal type; those that mail asks for have names here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordType(u16);

impl RecordType {
    /// An IPv4 address (RFC 1035 3.4.1).
    pub const A: Self = Self(1);
    /// An authoritative name server (RFC 1035 3.3.11).
    pub const NS: Self = Self(2);
    /// The canonical name of an alias (RFC 1035 3.3.1).
    pub const CNAME: Self = Self(5);
    /// The start of a zone of authority (RFC 1035 3.3.13).
    pub const SOA: Self = Self(6);
    /// A pointer to another name, the reverse of an address (RFC 1035 3.3.12).
    pub const PTR: Self = Self(12);
    /// A mail exchange (RFC 1035 3.3.9, RFC 5321 5).
    pub const MX: Self = Self(15);
    /// Text, as SPF, DKIM and DMARC publish it (RFC 1035 3.3.14).
    pub const TXT: Self = Self(16);
    /// An IPv6 address (RFC 3596 2.1).
    pub const AAAA: Self = Self(28);
    /// Where a service is (RFC 2782, RFC 6186).
    pub const SRV: Self = Self(33);
    /// The certificate of a TLS server (RFC 6698, RFC 7672).
    pub const TLSA: Self = Self(52);
    /// All types at once, which a server may answer with a part (RFC 8482). Only asked.
    pub const ANY: Self = Self(255);

    /// Makes a type of its number.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// Returns the number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Tells whether this number can only be asked or belongs to the message, and never stands for
    /// data in a zone: OPT and the range of RFC 6895 3.1.
    #[must_use]
    pub const fn is_meta(self) -> bool {
        matches!(self.0, 0 | 41 | 128..=255)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::A => "A",
            Self::NS => "NS",
            Self::CNAME => "CNAME",
            Self::SOA => "SOA",
            Self::PTR => "PTR",
            Self::MX => "MX",
            Self::TXT => "TXT",
            Self::AAAA => "AAAA",
            Self::SRV => "SRV",
            Self::TLSA => "TLSA",
            Self::ANY => "ANY",
            // RFC 3597 5
            Self(code) => return write!(f, "TYPE{code}"),
        })
    }
}

/// A question for DNS: which records of this type does this name have?
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    name: Name,
    rtype: RecordType,
}

impl Question {
    /// Asks for the records of a type at a name.
    #[must_use]
    pub const fn new(name: Name, rtype: RecordType) -> Self {
        Self { name, rtype }
    }

    /// Returns the name that is asked about.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// Returns the type that is asked for.
    #[must_use]
    pub const fn rtype(&self) -> RecordType {
        self.rtype
    }

    /// Tells whether records of this type answer the question.
    pub(crate) fn wants(&self, rtype: RecordType) -> bool {
        self.rtype == rtype || self.rtype == RecordType::ANY
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)
    }
}

/// Names one question of one machine, so that answers may come in any order. It has nothing to do
/// with the 16-bit id of a DNS message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueryId(pub(crate) u32);

impl fmt::Display for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A question with the id under which its answer goes back to the machine that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) id: QueryId,
    pub(crate) question: Question,
}

impl Query {
    /// Returns the id to answer with.
    #[must_use]
    pub const fn id(&self) -> QueryId {
        self.id
    }

    /// Returns what is asked.
    #[must_use]
    pub const fn question(&self) -> &Question {
        &self.question
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_types_by_number_and_name() {
        assert_eq!(RecordType::new(15), RecordType::MX);
        assert_eq!(RecordType::MX.to_string(), "MX");
        assert_eq!(RecordType::new(65).to_string(), "TYPE65");
        assert!(RecordType::ANY.is_meta() && RecordType::new(252).is_meta());
        assert!(!RecordType::TLSA.is_meta());
    }

    #[test]
    fn ok_question_reads_like_dig() {
        let question = Question::new("example.org".parse().unwrap(), RecordType::MX);
        assert_eq!(question.to_string(), "example.org MX");
    }
}
