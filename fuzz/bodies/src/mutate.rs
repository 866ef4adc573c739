//! Turns seeds into inputs that nobody wrote.

use crate::random::Random;

/// What mail protocols break on.
const NASTY: [&[u8]; 32] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b".\r\n",
    b"\r\n.\r\n",
    b"\n.\n",
    b"..",
    b" ",
    b"\t",
    b"\xff",
    b"\xc3\xa9",
    b"\\",
    b"\"",
    b"<",
    b">",
    b"@",
    b"(",
    b")",
    b"((((((((",
    b"[",
    b"]",
    b"{3}\r\n",
    b"{3+}\r\n",
    b"{99999999999999999999}\r\n",
    b"*",
    b"+ ",
    b":",
    b"=?utf-8?B?",
    b"4294967296",
    b"18446744073709551616",
    b"NIL",
];

/// Longest input, so that ten thousand of them take seconds.
const LONGEST: usize = 2048;

/// Makes the `nth` input for a target from its seeds.
#[must_use]
pub fn input(seeds: &[Vec<u8>], seed: u64, nth: u64) -> Vec<u8> {
    let mut random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ nth);
    let mut data = random.pick(seeds).cloned().unwrap_or_default();
    for _ in 0..=random.below(6) {
        mutate(&mut data, seeds, &mut random);
    }
    data.truncate(LONGEST);
    data
}

fn mutate(data: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(data.len() + 1);
    let to = (at + random.below(16)).min(data.len());
    match random.below(9) {
        0 => data.truncate(at),
        1 => drop(data.drain(at..to)),
        2 => {
            let again: Vec<u8> = data.get(at..to).unwrap_or_default().to_vec();
            data.splice(at..at, again);
        }
        3 => {
            if let Some(octet) = data.get_mut(at) {
                *octet ^= 1 << random.below(8);
            }
        }
        4 => {
            if let Some(octet) = data.get_mut(at) {
                *octet = random.next().to_le_bytes()[0];
            }
        }
        5 | 6 => {
            let nasty = random.pick(&NASTY).copied().unwrap_or_default();
            data.splice(at..at, nasty.iter().copied());
        }
        7 => {
            let nasty = random.pick(&NASTY).copied().unwrap_or_default();
            data.splice(at..to, nasty.iter().copied());
        }
        _ => {
            // The start of this one and the end of another.
            let other = random.pick(seeds).map(Vec::as_slice).unwrap_or_default();
            let (_, end) = other.split_at(random.below(other.len() + 1));
            data.truncate(at);
            data.extend_from_slice(end);
        }
    }
}
