//! Ways in which a network might cut what a peer sends.

use crate::random::Random;

/// Returns the ways to cut `data` that a body tries: whole, octet by octet, and two at random, which
/// the data itself decides, so that a finding repeats.
pub(crate) fn ways(data: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut random = Random::of(data);
    vec![
        vec![data],
        octets(data),
        at_random(data, 8, &mut random),
        at_random(data, 200, &mut random),
    ]
}

/// Returns the ways to cut every line of `data`: behind its end alone, octet by octet, and at
/// random.
pub(crate) fn ways_within_lines(data: &[u8]) -> Vec<Vec<&[u8]>> {
    let lines = || data.split_inclusive(|&octet| octet == b'\n');
    let mut random = Random::of(data);
    vec![
        lines().collect(),
        lines().flat_map(octets).collect(),
        lines().flat_map(|line| at_random(line, 8, &mut random)).collect(),
    ]
}

/// Octet by octet, as far as that costs little: in a long input the start and the end are.
pub(crate) fn octets(data: &[u8]) -> Vec<&[u8]> {
    const FEW: usize = 1024;
    let (start, rest) = data.split_at(data.len().min(FEW));
    let (middle, end) = rest.split_at(rest.len().saturating_sub(FEW));
    start.chunks(1).chain(middle.chunks(509)).chain(end.chunks(1)).collect()
}

fn at_random<'a>(data: &'a [u8], longest: usize, random: &mut Random) -> Vec<&'a [u8]> {
    let (mut rest, mut pieces) = (data, Vec::new());
    while !rest.is_empty() {
        let (piece, more) = rest.split_at((1 + random.below(longest)).min(rest.len()));
        pieces.push(piece);
        rest = more;
    }
    pieces
}
