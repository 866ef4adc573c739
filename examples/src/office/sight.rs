//! Looking on while an office relays mail: for logs, and for showing people how it goes.

use std::net::SocketAddr;

use bytes::Bytes;
use mail_dns::{Name, mx::MxVerdict};
use mail_errors::Reply;
use mail_wire::{TlsInfo, drive::Direction};

use super::resolve::LookUp;
use crate::store::{Address, ClaimId, Domain};

/// What is to be seen of mail on its way out. Several messages may be on their way at once, which
/// their claims tell apart.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Sight {
    /// A message was taken from the queue, for its recipients in one domain.
    Claimed {
        /// Which.
        claim: ClaimId,
        /// The domain.
        domain: Domain,
        /// The recipients.
        recipients: Vec<Address>,
        /// The header as it lies in the queue, its first 8 KiB.
        header: Bytes,
    },
    /// DNS was asked where mail for the domain goes.
    Routed {
        /// Which message.
        claim: ClaimId,
        /// The questions and the answers, in the order in which the answers came.
        lookups: Vec<LookUp>,
        /// What follows from them.
        verdict: MxVerdict,
    },
    /// Octets went over the connection to another host. They are seen inside of TLS.
    Wire {
        /// Which message.
        claim: ClaimId,
        /// Which way.
        direction: Direction,
        /// The octets.
        octets: Bytes,
    },
    /// A conversation with another host is over.
    Talked {
        /// Which message.
        claim: ClaimId,
        /// The host.
        host: Name,
        /// Where it was found.
        peer: SocketAddr,
        /// The TLS it was held under; `None`: in the clear.
        tls: Option<Box<TlsInfo>>,
    },
    /// What became of the recipients is on disk, and so is the notice to the sender if there is
    /// one.
    Settled {
        /// Which message.
        claim: ClaimId,
        /// What became of each.
        fates: Vec<(Address, Fate)>,
    },
}

/// What became of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The next host took the message, in these words.
    Delivered(Reply),
    /// It will never be delivered; the sender is told.
    Failed(Reply),
    /// It will be tried again: why.
    PutOff(String),
}
