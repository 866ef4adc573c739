//! Our values to those of hickory-proto and back.

use bytes::Bytes;
use hickory_proto::{
    rr::{
        Name as WireName, RData, Record as WireRecord, RecordType as WireType,
        rdata::{self, NULL, SOA},
    },
    serialize::binary::{BinDecodable, BinDecoder, Restrict},
};

use super::head::Malformed;
use crate::{
    name::Name,
    question::RecordType,
    record::{Opaque, Rdata, Record, Soa, Txt},
};

/// Reads a name, following compression pointers, which must point backwards (RFC 1035 4.1.4).
pub(super) fn read_name(decoder: &mut BinDecoder<'_>) -> Result<Name, Malformed> {
    let name = WireName::read(decoder).map_err(|_| Malformed { what: "domain name" })?;
    to_name(&name)
}

/// Reads the data of a record, whose length has been checked against the message.
pub(super) fn read_rdata(
    decoder: &mut BinDecoder<'_>,
    rtype: RecordType,
    len: u16,
) -> Result<Rdata, Malformed> {
    let malformed = Malformed { what: "record data" };
    let typed = match rtype {
        RecordType::A
        | RecordType::NS
        | RecordType::CNAME
        | RecordType::SOA
        | RecordType::PTR
        | RecordType::MX
        | RecordType::TXT
        | RecordType::AAAA
        | RecordType::SRV => WireType::from(rtype.code()),
        // Octets as they are: a type we do not read cannot make the message unreadable.
        _ => {
            let octets = decoder.read_slice(usize::from(len)).map_err(|_| malformed)?.unverified();
            let opaque = Opaque::new(rtype, Bytes::copy_from_slice(octets));
            return opaque.map(Rdata::Other).map_err(|_| malformed);
        }
    };
    let data = RData::read(decoder, typed, Restrict::new(len)).map_err(|_| malformed)?;
    to_rdata(data)?.ok_or(malformed)
}

/// Turns our record into one that can be encoded.
pub(super) fn from_record(record: &Record) -> Option<WireRecord> {
    let data = from_rdata(record.data())?;
    Some(WireRecord::from_rdata(from_name(record.owner())?, record.ttl().as_secs(), data))
}

/// Builds the name of labels: text would change what is not plain ASCII.
pub(super) fn from_name(name: &Name) -> Option<WireName> {
    WireName::from_labels(name.labels()).ok()
}

fn to_name(name: &WireName) -> Result<Name, Malformed> {
    Name::from_labels(name.iter()).map_err(|_| Malformed { what: "domain name" })
}

fn to_rdata(data: RData) -> Result<Option<Rdata>, Malformed> {
    // hickory-proto adds variants; those we did not ask it for cannot come.
    #[allow(clippy::wildcard_enum_match_arm)]
    Ok(Some(match data {
        RData::A(address) => Rdata::A(address.0),
        RData::AAAA(address) => Rdata::Aaaa(address.0),
        RData::MX(mx) => Rdata::Mx { preference: mx.preference, exchange: to_name(&mx.exchange)? },
        RData::TXT(txt) => return Ok(Txt::from_strings(&txt.txt_data).ok().map(Rdata::Txt)),
        RData::CNAME(name) => Rdata::Cname(to_name(&name.0)?),
        RData::PTR(name) => Rdata::Ptr(to_name(&name.0)?),
        RData::NS(name) => Rdata::Ns(to_name(&name.0)?),
        RData::SOA(soa) => Rdata::Soa(Soa {
            primary: to_name(&soa.mname)?,
            mailbox: to_name(&soa.rname)?,
            serial: soa.serial,
            refresh: soa.refresh.cast_unsigned(),
            retry: soa.retry.cast_unsigned(),
            expire: soa.expire.cast_unsigned(),
            minimum: soa.minimum,
        }),
        RData::SRV(srv) => Rdata::Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: to_name(&srv.target)?,
        },
        _ => return Ok(None),
    }))
}

fn from_rdata(data: &Rdata) -> Option<RData> {
    Some(match data {
        Rdata::A(address) => RData::A(rdata::A(*address)),
        Rdata::Aaaa(address) => RData::AAAA(rdata::AAAA(*address)),
        Rdata::Mx { preference, exchange } => {
            RData::MX(rdata::MX::new(*preference, from_name(exchange)?))
        }
        Rdata::Txt(txt) => RData::TXT(rdata::TXT::from_bytes(txt.strings().collect())),
        Rdata::Cname(name) => RData::CNAME(rdata::CNAME(from_name(name)?)),
        Rdata::Ptr(name) => RData::PTR(rdata::PTR(from_name(name)?)),
        Rdata::Ns(name) => RData::NS(rdata::NS(from_name(name)?)),
        Rdata::Soa(soa) => RData::SOA(SOA::new(
            from_name(&soa.primary)?,
            from_name(&soa.mailbox)?,
            soa.serial,
            soa.refresh.cast_signed(),
            soa.retry.cast_signed(),
            soa.expire.cast_signed(),
            soa.minimum,
        )),
        Rdata::Srv { priority, weight, port, target } => {
            RData::SRV(rdata::SRV::new(*priority, *weight, *port, from_name(target)?))
        }
        Rdata::Other(opaque) => {
            let code = WireType::from(opaque.rtype().code());
            match opaque.octets() {
                // hickory-proto's only variant that may be empty.
                [] => RData::Update0(code),
                octets => RData::Unknown { code, rdata: NULL::with(octets.to_vec()) },
            }
        }
    })
}
