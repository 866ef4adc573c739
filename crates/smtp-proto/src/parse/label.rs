//! Labels of domain names that are not ASCII: RFC 5890 to 5893.

use unicode_bidi::{BidiClass, bidi_class};
use unicode_normalization::{
    UnicodeNormalization,
    char::{canonical_combining_class, is_combining_mark},
};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Returns where a label that is not ASCII stops being a U-label. RFC 5891 4.2.
///
/// Letters are taken in either case: RFC 5891 5.1 leaves it to who looks a name up to lower them, and
/// no two names differ by it.
#[cold]
pub(super) fn not_of_a_u_label(label: &str) -> Option<usize> {
    let characters = || label.char_indices();
    let first = label.chars().next();
    // RFC 5891 4.2.3.2
    if first.is_some_and(is_combining_mark) {
        return Some(0);
    }
    // RFC 5891 4.2.3.1: "--" there is for labels that say what they are in ASCII.
    if characters().skip(2).take(2).filter(|(_, one)| *one == '-').count() == 2 {
        return characters().nth(2).map(|(at, _)| at);
    }
    let before = |at: usize| label.get(..at).and_then(|text| text.chars().next_back());
    let behind = |at: usize, one: char| label.get(at + one.len_utf8()..)?.chars().next();
    let fits = |at: usize, one: char| match class(one) {
        Class::Valid => true,
        Class::Contextual => fits_between(one, before(at), behind(at, one), label),
        Class::Disallowed => false,
    };
    let strange = characters().find(|(at, one)| !one.is_ascii() && !fits(*at, *one));
    strange.map(|(at, _)| at).or_else(|| not_normal(label)).or_else(|| not_of_one_direction(label))
}

/// What RFC 5892 3 says of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Valid,
    /// CONTEXTJ and CONTEXTO.
    Contextual,
    Disallowed,
}

/// The rules of RFC 5892 3, in their order, for what is not ASCII.
fn class(character: char) -> Class {
    match character {
        // 2.6, exceptions.
        '\u{df}' | '\u{3c2}' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}' => Class::Valid,
        '\u{b7}' | '\u{375}' | '\u{5f3}' | '\u{5f4}' | '\u{30fb}' => Class::Contextual,
        '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => Class::Contextual,
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => {
            Class::Disallowed
        }
        // 2.8, what joins.
        '\u{200c}' | '\u{200d}' => Class::Contextual,
        // 2.3 and 2.4, what is ignored: spaces, variation selectors, fillers, and signs for symbols
        // and for music of old.
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{1d100}'..='\u{1d24f}'
        | '\u{e0000}'..='\u{e0fff}' => Class::Disallowed,
        // 2.9, the parts of old Hangul.
        '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97c}' | '\u{d7b0}'..='\u{d7fb}' => {
            Class::Disallowed
        }
        // 2.1 and 2.2
        other => match is_letter_or_digit(other) && is_stable(other) {
            true => Class::Valid,
            false => Class::Disallowed,
        },
    }
}

/// > A: General_Category(cp) is in {Ll, Lu, Lo, Nd, Lm, Mn, Mc}                   RFC 5892 2.1
fn is_letter_or_digit(character: char) -> bool {
    let category = character.general_category();
    match character.general_category_group() {
        GeneralCategoryGroup::Letter => category != GeneralCategory::TitlecaseLetter,
        GeneralCategoryGroup::Mark => category != GeneralCategory::EnclosingMark,
        GeneralCategoryGroup::Number => category == GeneralCategory::DecimalNumber,
        GeneralCategoryGroup::Punctuation
        | GeneralCategoryGroup::Symbol
        | GeneralCategoryGroup::Separator
        | GeneralCategoryGroup::Other => false,
    }
}

/// > B: cp != NFKC(casefold(NFKC(cp)))                                          RFC 5892 2.2
///
/// A letter that has a lower case is that one's. Of letters that stand for others (of full width,
/// in a circle) there is none.
fn is_stable(character: char) -> bool {
    let lower = || character.to_lowercase();
    lower().nfkc().flat_map(char::to_lowercase).nfkc().eq(lower())
}

/// RFC 5892 appendix A: what may stand only between certain others.
fn fits_between(one: char, before: Option<char>, behind: Option<char>, label: &str) -> bool {
    let is_virama = |one: char| canonical_combining_class(one) == VIRAMA;
    match one {
        // A.1. Which letters join is not known here: those of scripts whose letters do are taken.
        '\u{200c}' => before.is_some_and(is_virama) || (joins(before) && joins(behind)),
        // A.2
        '\u{200d}' => before.is_some_and(is_virama),
        // A.3, as in `col·lega`.
        '\u{b7}' => before == Some('l') && behind == Some('l'),
        // A.4, Greek; A.5 and A.6, Hebrew.
        '\u{375}' => matches!(behind, Some('\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')),
        '\u{5f3}' | '\u{5f4}' => matches!(before, Some('\u{5d0}'..='\u{5f2}')),
        // A.7: in a label that has a letter of Japanese or Chinese.
        '\u{30fb}' => label.chars().any(|one| one != '\u{30fb}' && is_japanese(one)),
        // A.8 and A.9: the digits of Arabic, or those of Persian and Urdu, and not both.
        '\u{660}'..='\u{669}' => !label.contains(|one| matches!(one, '\u{6f0}'..='\u{6f9}')),
        '\u{6f0}'..='\u{6f9}' => !label.contains(|one| matches!(one, '\u{660}'..='\u{669}')),
        _ => false,
    }
}

fn joins(letter: Option<char>) -> bool {
    let joining =
        |one| matches!(one, '\u{1807}' | '\u{1820}'..='\u{18aa}' | '\u{a840}'..='\u{a872}');
    letter.is_some_and(|one| {
        let is_mark = bidi_class(one) == BidiClass::NSM;
        is_mark || bidi_class(one) == BidiClass::AL || joining(one)
    })
}

/// Hiragana, Katakana, Han.
const fn is_japanese(one: char) -> bool {
    matches!(
        one,
        '\u{3005}'
            | '\u{3007}'
            | '\u{3041}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{323af}'
    )
}

/// RFC 5891 4.2.1 and 5.3: a label is in Normalization Form C.
fn not_normal(label: &str) -> Option<usize> {
    let mut normal = label.nfc();
    let found = label.char_indices().find(|(_, one)| normal.next() != Some(*one));
    found.map(|(at, _)| at)
}

/// RFC 5893 2, the rule of Bidi, for a label that has anything written from right to left.
fn not_of_one_direction(label: &str) -> Option<usize> {
    use BidiClass::{AL, AN, BN, CS, EN, ES, ET, L, NSM, ON, R};
    let classes = || label.char_indices().map(|(at, one)| (at, bidi_class(one)));
    if !classes().any(|(_, class)| matches!(class, R | AL | AN)) {
        return None;
    }
    // 1 and 5: who begins from left to right has none of these.
    let is_right_to_left = matches!(classes().next(), Some((_, R | AL)));
    if !is_right_to_left {
        return classes().find(|(_, class)| matches!(class, R | AL | AN)).map(|(at, _)| at);
    }
    // 2
    let belongs = |class| matches!(class, R | AL | AN | EN | ES | CS | ET | ON | BN | NSM);
    if let Some((at, _)) = classes().find(|(_, class)| !belongs(*class) || *class == L) {
        return Some(at);
    }
    // 3
    let last = classes().rfind(|(_, class)| *class != NSM);
    if let Some((at, _)) = last.filter(|(_, class)| !matches!(class, R | AL | EN | AN)) {
        return Some(at);
    }
    // 4
    let has = |wanted| classes().any(|(_, class)| class == wanted);
    let digit = classes().find(|(_, class)| matches!(class, EN | AN));
    digit.filter(|_| has(EN) && has(AN)).map(|(at, _)| at)
}

/// Returns how many octets the label has in ASCII, as an A-label, by which its length is measured:
/// RFC 5890 2.3.2.1. None if they are too many to be counted.
pub(super) fn ascii_length(label: &str) -> Option<usize> {
    // RFC 3492 6.3
    const FIRST: u32 = 0x80;
    let basic = label.bytes().filter(u8::is_ascii).count();
    let all = u32::try_from(label.chars().count()).ok()?;
    let mut length = "xn--".len() + basic + usize::from(basic > 0);
    let mut handled = u32::try_from(basic).ok()?;
    let (mut next, mut delta, mut bias) = (FIRST, 0_u32, 72);
    while handled < all {
        let least = label.chars().map(u32::from).filter(|one| *one >= next).min()?;
        delta = delta.checked_add((least - next).checked_mul(handled + 1)?)?;
        next = least;
        for one in label.chars().map(u32::from) {
            if one < next {
                delta = delta.checked_add(1)?;
            } else if one == next {
                length += digits(delta, bias);
                bias = adapt(delta, handled + 1, handled as usize == basic);
                (delta, handled) = (0, handled + 1);
            }
        }
        (delta, next) = (delta.checked_add(1)?, next + 1);
    }
    Some(length)
}

/// How many digits a delta takes.
fn digits(delta: u32, bias: u32) -> usize {
    let (mut rest, mut count) = (delta, 1);
    for step in 1.. {
        let threshold = (BASE * step).saturating_sub(bias).clamp(1, 26);
        if rest < threshold {
            break;
        }
        rest = (rest - threshold) / (BASE - threshold);
        count += 1;
    }
    count
}

/// RFC 3492 6.1
const fn adapt(delta: u32, handled: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / handled;
    let mut bias = 0;
    while delta > 455 {
        delta /= BASE - 1;
        bias += BASE;
    }
    bias + BASE * delta / (delta + 38)
}

const BASE: u32 = 36;
/// Canonical_Combining_Class of the signs that take a vowel off.
const VIRAMA: u8 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_labels_of_many_languages() {
        for label in [
            "bücher",
            "Sörensen",
            "MÜNCHEN",
            "straße",
            "παράδειγμα",
            "ς",
            "с-балалайкой",
            "屋企",
            "香港",
            "黒川",
            "コム・コム",
            "डाटामेल",
            "संगठन",
            "பரிட்சை",
            "ตัวอย่าง",
            "ကမ္ဘာ",
            "உதாரணம்",
            "테스트",
            "موقع",
            "نامه\u{200c}ای",
            "क्\u{200d}ष",
            "ישראל",
            "צה״ל",
            "מבחן1",
            "col·lega",
            "͵αβ",
            "١٢٣ا".trim_start_matches(['١', '٢', '٣']),
            "ا١٢٣",
            "ا۱۲۳",
        ] {
            assert_eq!(not_of_a_u_label(label), None, "{label}");
        }
    }

    /// RFC 3492 7.1 and names that there are.
    #[test]
    fn ok_length_is_that_in_ascii() {
        for (label, ascii) in [
            ("bücher", "xn--bcher-kva"),
            ("münchen", "xn--mnchen-3ya"),
            ("屋企", "xn--hoqu73a"),
            ("παράδειγμα", "xn--hxajbheg2az3al"),
            ("डाटामेल", "xn--c2bd4bq1db8d"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("そのスピードで", "xn--d9juau41awczczp"),
        ] {
            assert_eq!(ascii_length(label), Some(ascii.len()), "{label}");
        }
    }

    /// Each of them against the rule that shuts it out.
    #[test]
    fn err_what_no_u_label_may_hold() {
        for (label, at) in [
            // Symbols, punctuation, spaces, what cannot be seen.
            ("a☃", 1),
            ("i♥ny", 1),
            ("a\u{2028}b", 1),
            ("a\u{a0}b", 1),
            ("a\u{200b}b", 1),
            ("a\u{ad}b", 1),
            ("a\u{feff}b", 1),
            ("a\u{202e}b", 1),
            ("a\u{fe0f}", 1),
            ("é\u{3002}com", 2),
            ("a\u{2024}b", 1),
            ("a–b", 1),
            ("½", 0),
            ("a²", 1),
            ("ⅷ", 0),
            ("①", 0),
            // Letters that stand for others.
            ("ａbc", 0),
            ("ﬁn", 0),
            ("ℌ", 0),
            ("𝐚", 0),
            // What has no character, or none that is said in public.
            ("a\u{378}", 1),
            ("a\u{e000}", 1),
            ("a\u{ffff}", 1),
            // Hangul in parts, a filler, an Arabic line.
            ("\u{1112}\u{1161}", 0),
            ("가\u{3164}", 3),
            ("اـا", 2),
            // RFC 5891 4.2.3.1 and 4.2.3.2.
            ("bü--cher", 3),
            ("\u{301}a", 0),
            // Not in NFC.
            ("a\u{308}b", 0),
            // RFC 5892 A: out of their contexts.
            ("a\u{200d}b", 1),
            ("a\u{200c}b", 1),
            ("a·b", 1),
            ("a\u{375}", 1),
            ("a״", 1),
            ("é・", 2),
            ("ا١۱", 2),
            // RFC 5893 2: from both sides.
            ("aا", 1),
            ("اa", 2),
            ("١ا", 0),
            ("ا-", 2),
            ("ا1١", 2),
        ] {
            assert_eq!(not_of_a_u_label(label), Some(at), "{label:?}");
        }
    }
}
