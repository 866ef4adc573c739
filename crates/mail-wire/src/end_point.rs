//! The `tls-server-end-point` channel binding, RFC 5929 §4.

use bytes::Bytes;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::grammar::cut;

/// Returns the hash of a certificate in DER, by the hash of its own signature algorithm; `None` for
/// algorithms without one (Ed25519) and for what is not a certificate.
pub(crate) fn end_point_hash(certificate: &[u8]) -> Option<Bytes> {
    // > Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
    // >                                                                     RFC 5280 §4.1
    let (fields, _) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(fields, SEQUENCE)?;
    let (algorithm, _) = element(rest, SEQUENCE)?;
    let (oid, _) = element(algorithm, OBJECT_IDENTIFIER)?;
    // RFC 5929 §4.1: MD5 and SHA-1 give way to SHA-256.
    Some(match oid {
        [rsa @ .., 4 | 5 | 11] if rsa == PKCS1 => digest::<Sha256>(certificate),
        [rsa @ .., 12] if rsa == PKCS1 => digest::<Sha384>(certificate),
        [rsa @ .., 13] if rsa == PKCS1 => digest::<Sha512>(certificate),
        [ecdsa @ .., 1] if ecdsa == ECDSA => digest::<Sha256>(certificate),
        [ecdsa @ .., 3, 2] if ecdsa == ECDSA => digest::<Sha256>(certificate),
        [ecdsa @ .., 3, 3] if ecdsa == ECDSA => digest::<Sha384>(certificate),
        [ecdsa @ .., 3, 4] if ecdsa == ECDSA => digest::<Sha512>(certificate),
        _ => return None,
    })
}

fn digest<D: Digest>(octets: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&D::digest(octets))
}

/// Takes a DER element with this tag; returns its contents and what stands behind it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[first, short], rest) = der.split_first_chunk()?;
    if first != tag {
        return None;
    }
    // X.690 §8.1.3: below 0x80 the length itself, else how many octets of it follow.
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(short & 0x0f))?;
            (octets.iter().fold(0, |length, &octet| length << 8 | usize::from(octet)), rest)
        }
        _ => return None,
    };
    (length <= rest.len()).then(|| cut(rest, length))
}

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// 1.2.840.113549.1.1, RFC 8017 appendix A.2.4.
const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
/// 1.2.840.10045.4, RFC 5758 §3.2.
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_hash_by_the_algorithm_of_the_signature() {
        for (algorithm, octets) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, Some(32)),
            (&rcgen::PKCS_ECDSA_P384_SHA384, Some(48)),
            (&rcgen::PKCS_ED25519, None),
        ] {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let params = rcgen::CertificateParams::new(["mx.example".to_owned()]).unwrap();
            let certificate = params.self_signed(&key).unwrap();
            let hash = end_point_hash(certificate.der());
            assert_eq!(hash.as_ref().map(Bytes::len), octets);
            if octets == Some(32) {
                assert_eq!(hash, Some(digest::<Sha256>(certificate.der())));
            }
        }
    }

    #[test]
    fn none_for_what_is_not_a_certificate() {
        for junk in [&b""[..], b"0", &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x80, 0, 0]] {
            assert_eq!(end_point_hash(junk), None);
        }
    }
}
