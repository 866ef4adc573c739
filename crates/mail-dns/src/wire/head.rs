//! The parts of a message that are read before, and without, decoding it (RFC 1035 4.1.1).

use hickory_proto::serialize::binary::BinDecoder;
use thiserror::Error;

use super::{
    bridge::{read_name, read_rdata},
    pointers,
};
use crate::{
    name::Name,
    question::{Question, RecordType},
    record::{Record, Ttl},
};

/// A message whose octets do not follow RFC 1035 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("malformed {what}")]
pub(super) struct Malformed {
    pub(super) what: &'static str,
}

/// The twelve octets at the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) id: u16,
    pub(super) flags: u16,
    pub(super) questions: u16,
    pub(super) answers: u16,
    pub(super) authorities: u16,
    pub(super) additionals: u16,
}

impl Head {
    pub(super) const LEN: usize = 12;

    const QR: u16 = 1 << 15;
    const AA: u16 = 1 << 10;
    const TC: u16 = 1 << 9;
    const RD: u16 = 1 << 8;
    const RA: u16 = 1 << 7;
    const AD: u16 = 1 << 5;

    /// Reads the header off the raw octets; `None` if there are fewer than twelve.
    pub(super) fn peek(message: &[u8]) -> Option<Self> {
        let (head, _) = message.split_first_chunk::<{ Self::LEN }>()?;
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *head;
        Some(Self {
            id: u16::from_be_bytes([a, b]),
            flags: u16::from_be_bytes([c, d]),
            questions: u16::from_be_bytes([e, f]),
            answers: u16::from_be_bytes([g, h]),
            authorities: u16::from_be_bytes([i, j]),
            additionals: u16::from_be_bytes([k, l]),
        })
    }

    pub(super) const fn is_response(self) -> bool {
        self.flags & Self::QR != 0
    }

    pub(super) const fn opcode(self) -> u8 {
        (self.flags >> 11 & 0xf) as u8
    }

    pub(super) const fn is_authoritative(self) -> bool {
        self.flags & Self::AA != 0
    }

    pub(super) const fn is_truncated(self) -> bool {
        self.flags & Self::TC != 0
    }

    pub(super) const fn recursion_desired(self) -> bool {
        self.flags & Self::RD != 0
    }

    pub(super) const fn recursion_available(self) -> bool {
        self.flags & Self::RA != 0
    }

    pub(super) const fn authentic_data(self) -> bool {
        self.flags & Self::AD != 0
    }

    /// The lower four bits of the response code; the OPT record may have eight more.
    pub(super) const fn rcode(self) -> u16 {
        self.flags & 0xf
    }

    /// All records of all sections.
    pub(super) const fn records(self) -> u32 {
        self.answers as u32 + self.authorities as u32 + self.additionals as u32
    }
}

/// The fixed part of a record; its data is read only if somebody wants it.
#[derive(Debug)]
pub(super) struct RecordHead {
    pub(super) owner: Name,
    pub(super) rtype: RecordType,
    pub(super) class: u16,
    pub(super) ttl: u32,
    len: u16,
    data: usize,
}

/// Walks through the records of a message, whatever their types are.
pub(super) struct Reader<'a> {
    message: &'a [u8],
    decoder: BinDecoder<'a>,
}

impl<'a> Reader<'a> {
    /// Starts behind the header.
    pub(super) fn new(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut decoder = BinDecoder::new(message);
        decoder.read_slice(Head::LEN).map_err(|_| Malformed { what: "header" })?;
        Ok(Self { message, decoder })
    }

    /// Reads a question and its class.
    pub(super) fn question(&mut self) -> Result<(Question, u16), Malformed> {
        let name = self.name()?;
        let rtype = RecordType::new(self.u16()?);
        Ok((Question::new(name, rtype), self.u16()?))
    }

    /// Reads the fixed part of a record and skips its data.
    pub(super) fn record(&mut self) -> Result<RecordHead, Malformed> {
        let owner = self.name()?;
        let rtype = RecordType::new(self.u16()?);
        let class = self.u16()?;
        let ttl = u32::from(self.u16()?) << 16 | u32::from(self.u16()?);
        let len = self.u16()?;
        let data = self.decoder.index();
        let skip = self.decoder.read_slice(usize::from(len));
        skip.map_err(|_| Malformed { what: "record length" })?;
        Ok(RecordHead { owner, rtype, class, ttl, len, data })
    }

    /// Reads the data of a record. Names in it may point anywhere before it.
    pub(super) fn data(&self, head: RecordHead) -> Result<Record, Malformed> {
        let malformed = Malformed { what: "record length" };
        let end = head.data.checked_add(usize::from(head.len)).ok_or(malformed)?;
        // Nothing behind this record can be read as a part of it.
        let message = self.message.get(..end).ok_or(malformed)?;
        let (offset, count) = names_in(head.rtype);
        if !pointers::are_few(message, head.data.saturating_add(offset), count) {
            return Err(Malformed { what: "domain name" });
        }
        let mut decoder = BinDecoder::new(message);
        decoder.read_slice(head.data).map_err(|_| malformed)?;
        let data = read_rdata(&mut decoder, head.rtype, head.len)?;
        Ok(Record::new(head.owner, Ttl::from_secs(head.ttl), data))
    }

    fn name(&mut self) -> Result<Name, Malformed> {
        if !pointers::are_few(self.message, self.decoder.index(), 1) {
            return Err(Malformed { what: "domain name" });
        }
        read_name(&mut self.decoder)
    }

    fn u16(&mut self) -> Result<u16, Malformed> {
        match self.decoder.read_u16() {
            Ok(value) => Ok(value.unverified()),
            Err(_) => Err(Malformed { what: "message: it ends too early" }),
        }
    }
}

/// Where names begin in the data of a type, and how many there are in a row.
const fn names_in(rtype: RecordType) -> (usize, usize) {
    match rtype {
        RecordType::NS | RecordType::CNAME | RecordType::PTR => (0, 1),
        RecordType::MX => (2, 1),
        RecordType::SRV => (6, 1),
        RecordType::SOA => (0, 2),
        _ => (0, 0),
    }
}
