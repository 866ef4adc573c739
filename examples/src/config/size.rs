//! Sizes, as people write them.

/// Reads a number of octets: `500`, `64 KiB`, `1.5GB`. Units of 1000 are `kB`, `MB`, `GB` and `TB`,
/// those of 1024 `KiB`, `MiB`, `GiB` and `TiB`, in any case of letters; at most three decimals.
///
/// Returns `None` for anything else, and for what does not fit into 63 bits.
///
/// ```
/// use mail_examples::config::parse_size;
///
/// assert_eq!(parse_size("1GiB"), Some(1 << 30));
/// assert_eq!(parse_size("1.5 MB"), Some(1_500_000));
/// assert_eq!(parse_size("a lot"), None);
/// ```
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1000_u64.pow(2),
        "gb" => 1000_u64.pow(3),
        "tb" => 1000_u64.pow(4),
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    let (whole, decimals) = match number.split_once('.') {
        Some((whole, decimals)) if (1..=3).contains(&decimals.len()) && unit > 1 => {
            (whole, format!("{decimals:0<3}").parse::<u64>().ok()?)
        }
        Some(_) => return None,
        None => (number, 0),
    };
    let whole: u64 = whole.parse().ok()?;
    let size = whole.checked_mul(unit)?.checked_add(unit * decimals / 1000)?;
    (size <= i64::MAX as u64).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_sizes() {
        let cases = [
            ("0", 0),
            ("512", 512),
            ("512 b", 512),
            ("1kB", 1000),
            ("1 KIB", 1024),
            ("0.5 kib", 512),
            ("2.125 MB", 2_125_000),
            (" 3 TiB ", 3 << 40),
        ];
        for (text, size) in cases {
            assert_eq!(parse_size(text), Some(size), "{text}");
        }
    }

    #[test]
    fn err_sizes() {
        let texts = [
            "",
            " ",
            "MB",
            "-1",
            "1.5",
            "1.5b",
            "1..5MB",
            ".MB",
            "1.MB",
            "1.2345MB",
            "1XB",
            "1 M B",
            "1e3",
            "9223372036854775808",
            "99999999999999999999",
            "9999999999 TiB",
            "１KB",
        ];
        for text in texts {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
