//! Domains in Unicode as the DNS has them: RFC 5890, RFC 3492.

/// Returns a domain with its U-labels as A-labels (RFC 6531 §3.2: before it is looked up); `None` if
/// one cannot be counted. What a label may hold was looked at when the address came in.
pub(super) fn domain(domain: &str) -> Option<String> {
    let label = |label: &str| match label.is_ascii() {
        true => Some(label.to_owned()),
        false => Some(format!("xn--{}", punycode(label)?)),
    };
    Some(domain.split('.').map(label).collect::<Option<Vec<_>>>()?.join("."))
}

/// RFC 3492 §6.3
fn punycode(label: &str) -> Option<String> {
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let all = u32::try_from(label.chars().count()).ok()?;
    let (mut next, mut delta, mut bias, mut handled) = (0x80_u32, 0_u32, 72_u32, basic);
    while handled < all {
        let least = label.chars().map(u32::from).filter(|one| *one >= next).min()?;
        delta = delta.checked_add((least - next).checked_mul(handled + 1)?)?;
        next = least;
        for one in label.chars().map(u32::from) {
            if one < next {
                delta = delta.checked_add(1)?;
            }
            if one == next {
                write(delta, bias, &mut out)?;
                bias = adapt(delta, handled + 1, handled == basic);
                (delta, handled) = (0, handled + 1);
            }
        }
        (delta, next) = (delta.checked_add(1)?, next + 1);
    }
    Some(out)
}

const BASE: u32 = 36;

/// A number in digits of which each tells whether it is the last.
fn write(number: u32, bias: u32, out: &mut String) -> Option<()> {
    let mut rest = number;
    for step in 1.. {
        let threshold = (BASE * step).saturating_sub(bias).clamp(1, 26);
        if rest < threshold {
            out.push(digit(rest)?);
            break;
        }
        out.push(digit(threshold + (rest - threshold) % (BASE - threshold))?);
        rest = (rest - threshold) / (BASE - threshold);
    }
    Some(())
}

/// RFC 3492 §5: a to z, and then 0 to 9.
fn digit(number: u32) -> Option<char> {
    let digit = char::from_digit((number + 10) % BASE, BASE)?;
    Some(if number < 26 { digit } else { char::from_digit(number - 26, 10)? })
}

/// RFC 3492 §6.1
const fn adapt(delta: u32, points: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut step = 0;
    while delta > 455 {
        delta /= BASE - 1;
        step += BASE;
    }
    step + BASE * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3492 §7.1, and names that there are.
    #[test]
    fn ok_labels_in_ascii() {
        for (unicode, ascii) in [
            ("example.test", "example.test"),
            ("例.test", "xn--fsq.test"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
            ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("メール.例え.テスト", "xn--4dkua4c.xn--r8jz45g.xn--zckzah"),
        ] {
            assert_eq!(domain(unicode).as_deref(), Some(ascii), "{unicode}");
        }
    }
}
