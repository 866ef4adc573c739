//! A bound on the work one name can cause.
//!
//! hickory-proto follows any number of pointers as long as each points backwards. A message can be
//! built in which every name walks down thousands of them, so names are looked at first.

/// More pointers than labels fit a name: an encoder that makes sense has one, or one per label.
const MAX_POINTERS: usize = 127;

/// Tells whether `count` names in a row from `at` on follow no more than [`MAX_POINTERS`] each. All
/// else that may be wrong with a name is left to its reader.
pub(super) fn are_few(message: &[u8], at: usize, count: usize) -> bool {
    let mut next = Some(at);
    for _ in 0..count {
        let Some(start) = next else { return true };
        match skip(message, start) {
            Ok(end) => next = end,
            Err(TooMany) => return false,
        }
    }
    true
}

struct TooMany;

/// Walks over a name and returns where it ends; `None` if it cannot be read, which its reader finds
/// out as well.
fn skip(message: &[u8], start: usize) -> Result<Option<usize>, TooMany> {
    let (mut at, mut end, mut labels, mut pointers) = (start, None, 0, 0);
    while let Some(&octet) = message.get(at) {
        match octet {
            0 => return Ok(end.or(Some(at + 1))),
            1..=63 if labels < 128 => {
                labels += 1;
                at += usize::from(octet) + 1;
            }
            // RFC 1035 4.1.4: fourteen bits of offset.
            0xc0.. => {
                let Some(&low) = message.get(at + 1) else { return Ok(None) };
                pointers += 1;
                if pointers > MAX_POINTERS {
                    return Err(TooMany);
                }
                end = end.or(Some(at + 2));
                at = usize::from(octet & 0x3f) << 8 | usize::from(low);
            }
            _ => return Ok(None),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name at 0, then pointers at 3, 5, 7 and so on, each at the one before it.
    fn ladder(steps: u16) -> Vec<u8> {
        let mut message = b"\x01a\0\xc0\0".to_vec();
        message.extend((1..steps).flat_map(|step| (0xc000 | (1 + 2 * step)).to_be_bytes()));
        message
    }

    #[test]
    fn a_ladder_of_127_is_few_and_one_more_is_not() {
        let message = ladder(200);
        let pointer = |steps: usize| 1 + 2 * steps;
        assert!(are_few(&message, pointer(127), 1));
        assert!(!are_few(&message, pointer(128), 1));
    }

    #[test]
    fn the_second_name_counts_too_and_circles_end() {
        let mut message = ladder(200);
        let at = message.len();
        let high = 0xc000 | (1 + 2 * 150u16);
        message.extend(b"\x01b\xc0\0");
        message.extend(high.to_be_bytes());
        assert!(are_few(&message, at, 1));
        assert!(!are_few(&message, at, 2));
        assert!(!are_few(b"\xc0\0", 0, 1));
    }

    #[test]
    fn what_is_no_name_is_left_to_the_reader() {
        assert!(are_few(b"", 0, 1));
        assert!(are_few(b"\x05ab", 0, 2));
        assert!(are_few(b"\xc0", 0, 1));
        assert!(are_few(b"\x80", 0, 1));
    }
}
