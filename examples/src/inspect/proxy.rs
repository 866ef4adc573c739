//! The header of the PROXY protocol that may stand in front of everything a client says.

use bytes::{Buf as _, BytesMut};
use mail_wire::proxy::{Error, Header};

use super::{Base, Found, Kind, Step};

/// Takes a header out of the start of `input`; `None` if there is none. Nothing of version 2 is too
/// long: its length is a number of 16 bits.
pub(super) fn header(input: &mut BytesMut) -> Option<Step> {
    let error = match Header::read(input, usize::MAX) {
        Ok(None) => return Some(Step::Starved),
        Ok(Some((header, octets))) => {
            input.advance(octets);
            return Some(Step::Found(Found::new(Kind::Proxy, format!("{header:?}"))));
        }
        Err(Error::NoHeader { .. }) => return None,
        Err(error) => error,
    };
    let (at, expected) = match &error {
        Error::Malformed(error) => (error.offset(), error.expected().to_owned()),
        error => (0, error.to_string()),
    };
    let found = |value| Found::unread(Kind::Raw, value, Base::Element, at, &expected);
    let of_line = input.first() == Some(&b'P');
    match (of_line, &error, input.get(14..16)) {
        // Where a block ends is known, whatever is wrong with it.
        (false, Error::Malformed(_) | Error::Checksum { .. }, Some(&[high, low])) => {
            let octets = 16 + usize::from(u16::from_be_bytes([high, low]));
            let found = found(format!("{octets} octets"));
            input.advance(octets.min(input.len()));
            Some(Step::Found(found))
        }
        _ => Some(Step::Lost(found("a header".to_owned()))),
    }
}
