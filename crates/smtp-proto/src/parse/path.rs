//! Paths, mailboxes, domains and address literals.
//!
//! Nearly every path is read by [`plain_path`], which answers ranges and nothing large: to copy a
//! mailbox from rule to rule takes as long as reading it. Whatever it does not read goes the long way
//! through the rules below.

use std::net::{Ipv4Addr, Ipv6Addr};

use mail_wire::grammar::{
    ByteSet, PResult, consumed, cut, eight, fatal, octet, span, span1, unmet,
};

use crate::{
    CommandFault, DomainName, LocalPart, TaggedLiteral,
    address::{Domain, ForwardPath, Mailbox, ReversePath},
    limits,
    parse::{
        Scan,
        eight::{Word, plain_labels},
        label::{ascii_length, not_of_a_u_label},
        params::BLANK,
    },
    profile::Deviation,
};

/// > atext, RFC 5322 3.2.3
const ATEXT: ByteSet = ByteSet::ALNUM.with(b"!#$%&'*+-/=?^_`{|}~");
/// > atext =/ UTF8-non-ascii                                                 RFC 6531 3.3
const DOT_STRING: ByteSet = ATEXT.with(b".").and(&ByteSet::EIGHT_BIT);
/// > qtextSMTP = %d32-33 / %d35-91 / %d93-126;  qtextSMTP =/ UTF8-non-ascii
const QTEXT: ByteSet = ByteSet::VCHAR.with(b" ").without(b"\"\\").and(&ByteSet::EIGHT_BIT);
/// > quoted-pairSMTP = %d92 %d32-126
const QUOTED_PAIR: ByteSet = ByteSet::VCHAR.with(b" ");
/// > Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig
const LDH: ByteSet = ByteSet::ALNUM.with(b"-");
/// > sub-domain =/ U-label                                                   RFC 6531 3.3
const LOOSE_LABEL: ByteSet = LDH.with(b"_").and(&ByteSet::EIGHT_BIT);
const NAME: ByteSet = LOOSE_LABEL.with(b".");
/// > dcontent = %d33-90 / %d94-126
const DCONTENT: ByteSet = ByteSet::VCHAR.without(b"[\\]");

/// A mailbox as it stands nearly always: an unquoted local part and a name of the DNS.
#[derive(Clone, Copy)]
pub(super) struct PlainMailbox<'a> {
    local: &'a [u8],
    name: &'a [u8],
}

impl<'a> From<PlainMailbox<'a>> for Mailbox<&'a [u8]> {
    #[inline(always)]
    fn from(PlainMailbox { local, name }: PlainMailbox<'a>) -> Self {
        let name = Domain::Name(DomainName::from_checked(name));
        Self::from_checked(LocalPart::from_checked(local), name)
    }
}

/// Reads `before`, a plain mailbox and a closing bracket.
#[inline(always)]
pub(super) fn plain_path<'a, const N: usize>(
    i: &'a [u8],
    before: &[u8; N],
) -> Option<(PlainMailbox<'a>, &'a [u8])> {
    if !Word::new(before).starts(eight(i)) {
        return None;
    }
    let i = i.get(N..)?;
    let (local, rest) = short_local_part(i).or_else(|| plain_local_part(i))?;
    let (name, rest) = short_name(rest).or_else(|| plain_name(rest))?;
    let [b'>', rest @ ..] = rest else { return None };
    let fits = local.len() <= limits::LOCAL_PART && local.len() + name.len() + 3 <= limits::PATH;
    fits.then_some((PlainMailbox { local, name }, rest))
}

/// Reads a local part that looks like a name, and the `@` behind it.
#[inline(always)]
fn short_local_part(i: &[u8]) -> Option<(&[u8], &[u8])> {
    match i.split_at_checked(plain_labels(i)?)? {
        (local, [b'@', rest @ ..]) => Some((local, rest)),
        _ => None,
    }
}

/// Reads a name of the DNS that is so short that each of its labels is.
#[inline(always)]
pub(super) fn short_name(i: &[u8]) -> Option<(&[u8], &[u8])> {
    match i.split_at_checked(plain_labels(i)?)? {
        // That would be part of another name.
        (_, [b'_' | 0x80.., ..]) => None,
        (name, rest) => (name.len() <= limits::LABEL).then_some((name, rest)),
    }
}

/// Reads a local part of atoms with a dot between, and the `@` behind it.
fn plain_local_part(i: &[u8]) -> Option<(&[u8], &[u8])> {
    // A dot where an atom has to begin is none of these.
    let (mut awaits_atom, mut is_plain) = (true, true);
    let stop = i.iter().position(|&octet| {
        let is_atom = ATEXT.has(octet);
        let is_dot = octet == b'.';
        is_plain &= is_atom || !awaits_atom;
        awaits_atom = is_dot;
        !is_atom && !is_dot
    })?;
    let (local, rest) = cut(i, stop);
    match rest {
        // The stop counts as no atom: behind a dot it is not plain either.
        [b'@', rest @ ..] if is_plain => Some((local, rest)),
        _ => None,
    }
}

/// > Reverse-path = Path / "<>"                                              RFC 5321 4.1.2
pub(super) fn reverse_path<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, ReversePath<&'a [u8]>> {
    if let [b'<', b'>', rest @ ..] = i {
        return Ok((rest, ReversePath::Null));
    }
    if let [b'<', inner @ ..] = i
        && let [b'>', rest @ ..] = padding(inner, scan)
    {
        return Ok((rest, ReversePath::Null));
    }
    let (rest, mailbox) = path(i, scan)?;
    Ok((rest, ReversePath::Mailbox(mailbox)))
}

/// > Forward-path = Path; rcpt = ... ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
/// >                                                                     RFC 5321 4.1.1.3
pub(super) fn forward_path<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, ForwardPath<&'a [u8]>> {
    const POSTMASTER: &[u8] = b"<postmaster>";
    match i.split_at_checked(POSTMASTER.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(POSTMASTER) => {
            Ok((rest, ForwardPath::Postmaster))
        }
        _ if i.eq_ignore_ascii_case(b"postmaster")
            && scan.lets_pass(Deviation::MissingBrackets, i) =>
        {
            Ok((cut(i, i.len()).1, ForwardPath::Postmaster))
        }
        _ => {
            let (rest, mailbox) = path(i, scan)?;
            Ok((rest, ForwardPath::Mailbox(mailbox)))
        }
    }
}

/// > Path = "<" [ A-d-l ":" ] Mailbox ">"                                    RFC 5321 4.1.2
fn path<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Mailbox<&'a [u8]>> {
    let [b'<', inner @ ..] = i else {
        return without_brackets(i, scan);
    };
    let inner = padding(inner, scan);
    let inner = match inner {
        [b'@', ..] => source_route(inner, scan)?.0,
        _ => inner,
    };
    let (rest, mailbox) = mailbox(inner, scan)?;
    let (rest, ()) = octet(b'>', &"\">\"")(padding(rest, scan))?;
    within_limit(i, rest, 0, mailbox)
}

/// Skips blanks right within the brackets, where they are let pass.
fn padding<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> &'a [u8] {
    match i {
        [b' ' | b'\t', ..] if scan.lets_pass(Deviation::ExtraSpace, i) => span(i, &BLANK).1,
        _ => i,
    }
}

#[cold]
fn without_brackets<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Mailbox<&'a [u8]>> {
    if i.is_empty() || !scan.lets_pass(Deviation::MissingBrackets, i) {
        scan.blame(CommandFault::MissingBrackets);
        return unmet(i, &"\"<\"");
    }
    let (rest, mailbox) = mailbox(i, scan)?;
    within_limit(i, rest, 2, mailbox)
}

/// RFC 5321 4.5.3.1.3: a path has at most 256 octets, brackets and all.
fn within_limit<'a, T>(i: &'a [u8], rest: &'a [u8], brackets: usize, found: T) -> PResult<'a, T> {
    if consumed(i, rest).len() + brackets > limits::PATH {
        return fatal(i, &"a path of at most 256 octets");
    }
    Ok((rest, found))
}

/// > A-d-l = At-domain *( "," At-domain )  ; followed by ":"
/// > At-domain = "@" Domain                                                  RFC 5321 4.1.2
///
/// RFC 5321 appendix C: accepted, and dropped.
#[cold]
fn source_route<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, ()> {
    let mut rest = i;
    if !scan.lets_pass(Deviation::SourceRoute, i) {
        return unmet(i, &"a path without a source route");
    }
    loop {
        (rest, ()) = octet(b'@', &"\"@\"")(rest)?;
        (rest, _) = domain(rest, scan)?;
        match rest {
            [b',', more @ ..] => rest = more,
            [b':', more @ ..] => return Ok((more, ())),
            _ => return unmet(rest, &"\",\" or \":\" in a source route"),
        }
    }
}

/// > Mailbox = Local-part "@" ( Domain / address-literal )                   RFC 5321 4.1.2
pub(super) fn mailbox<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Mailbox<&'a [u8]>> {
    let (rest, local) = local_part(i, scan)?;
    let (rest, ()) = octet(b'@', &"\"@\"")(rest)?;
    let (rest, domain) = domain(rest, scan)?;
    // A mailbox by itself must fit into a path.
    within_limit(i, rest, 2, Mailbox::from_checked(local, domain))
}

/// > Local-part = Dot-string / Quoted-string                                 RFC 5321 4.1.2
fn local_part<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, LocalPart<&'a [u8]>> {
    let (rest, octets) = match i.first() {
        Some(b'"') => quoted_string(i, scan)?,
        _ => dot_string(i, scan)?,
    };
    if octets.len() > limits::LOCAL_PART && !scan.lets_pass(Deviation::LongLocalPart, i) {
        return fatal(i, &"a local part of at most 64 octets");
    }
    Ok((rest, LocalPart::from_checked(octets)))
}

/// > Dot-string = Atom *("."  Atom)                                          RFC 5321 4.1.2
fn dot_string<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, &'a [u8]> {
    let (rest, octets) = span1(i, &DOT_STRING, &"a local part")?;
    utf8(i, octets, scan)?;
    let loose = match octets {
        [b'.', ..] => Some(0),
        [.., b'.'] => Some(octets.len() - 1),
        _ => octets.windows(2).position(|pair| pair == b".."),
    };
    if let Some(at) = loose {
        let (_, dot) = cut(i, at);
        if !scan.lets_pass(Deviation::LooseDots, dot) {
            return unmet(dot, &"an atom on each side of a dot");
        }
    }
    Ok((rest, octets))
}

/// > Quoted-string = DQUOTE *QcontentSMTP DQUOTE
/// > QcontentSMTP = qtextSMTP / quoted-pairSMTP                              RFC 5321 4.1.2
fn quoted_string<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, &'a [u8]> {
    let (mut rest, ()) = octet(b'"', &"a quote")(i)?;
    loop {
        let (_, tail) = span(rest, &QTEXT);
        match tail {
            [b'"', end @ ..] => {
                let octets = consumed(i, end);
                utf8(i, octets, scan)?;
                return Ok((end, octets));
            }
            [b'\\', quoted, more @ ..] if QUOTED_PAIR.has(*quoted) => rest = more,
            _ => return unmet(tail, &"the closing quote"),
        }
    }
}

/// > UTF8-non-ascii = UTF8-2 / UTF8-3 / UTF8-4                               RFC 6532 3.1
///
/// Checks the octets at the start of `i`, and notes that there are such.
fn utf8<'a>(i: &'a [u8], octets: &[u8], scan: &mut Scan<'_>) -> PResult<'a, ()> {
    let Some(first) = octets.iter().position(|octet| !octet.is_ascii()) else {
        return Ok((i, ()));
    };
    scan.eight_bit.get_or_insert(i.len() - first);
    match std::str::from_utf8(octets) {
        // C1 controls are controls still.
        Ok(text) => match text.char_indices().find(|(_, character)| character.is_control()) {
            None => Ok((i, ())),
            Some((at, _)) => unmet(cut(i, at).1, &"a character that is no control"),
        },
        Err(error) => unmet(cut(i, error.valid_up_to()).1, &"UTF-8"),
    }
}

/// > Domain = sub-domain *("." sub-domain); or address-literal             RFC 5321 4.1.2
pub(super) fn domain<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Domain<&'a [u8]>> {
    match plain_name(i) {
        Some((name, rest)) => Ok((rest, Domain::Name(DomainName::from_checked(name)))),
        None => other_domain(i, scan),
    }
}

/// > sub-domain = Let-dig [Ldh-str]                                          RFC 5321 4.1.2
///
/// Nearly every domain is read here, in one go; whatever is not is read again label by label.
fn plain_name(i: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut label, mut last, mut is_plain) = (0, b'.', true);
    let end = i.iter().enumerate().position(|(at, &octet)| {
        if ByteSet::ALNUM.has(octet) {
            last = octet;
        } else if octet == b'.' {
            is_plain &= last != b'.' && last != b'-' && at - label <= limits::LABEL;
            (label, last) = (at + 1, octet);
        } else if octet == b'-' {
            is_plain &= last != b'.';
            last = octet;
        } else {
            return true;
        }
        false
    });
    let end = end.unwrap_or(i.len());
    let (name, rest) = cut(i, end);
    let ends = !matches!(rest.first(), Some(b'_' | 0x80..));
    let fits = end - label <= limits::LABEL && end <= limits::DOMAIN;
    (is_plain && ends && fits && last != b'.' && last != b'-').then_some((name, rest))
}

fn other_domain<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Domain<&'a [u8]>> {
    if i.first() == Some(&b'[') {
        return address_literal(i, scan);
    }
    if !i.first().is_some_and(|&octet| NAME.has(octet)) {
        return unmet(i, &"a domain");
    }
    let (mut rest, ()) = sub_domain(i, scan)?;
    while let [b'.', more @ ..] = rest {
        (rest, ()) = sub_domain(more, scan)?;
    }
    let name = consumed(i, rest);
    if name.len() > limits::DOMAIN {
        return fatal(i, &"a domain of at most 255 octets");
    }
    Ok((rest, Domain::Name(DomainName::from_checked(name))))
}

/// > sub-domain = Let-dig [Ldh-str];  sub-domain =/ U-label   RFC 5321 4.1.2, RFC 6531 3.3
///
/// RFC 1035 2.3.4: a label has at most 63 octets, and in ASCII if it is a U-label.
fn sub_domain<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, ()> {
    let (label, rest) = span(i, &LOOSE_LABEL);
    if let Some(at) = label.iter().position(|&octet| octet == b'_') {
        let (_, underscore) = cut(i, at);
        if !scan.lets_pass(Deviation::UnderscoreInDomain, underscore) {
            return unmet(underscore, &"a letter, digit or \"-\"");
        }
    }
    utf8(i, label, scan)?;
    let u_label = str::from_utf8(label).ok().filter(|label| !label.is_ascii());
    // What is longer than any domain is not looked at.
    let looked_at = u_label.filter(|label| label.len() <= limits::DOMAIN);
    if let Some(at) = looked_at.and_then(not_of_a_u_label) {
        scan.blame(CommandFault::BadCharacter);
        return unmet(cut(i, at).1, &"a character that a domain may hold");
    }
    let length = match u_label {
        // RFC 5890 2.3.2.1: its octets are counted as they are in the DNS.
        Some(_) => looked_at.and_then(ascii_length),
        None => Some(label.len()),
    };
    match label {
        [] => unmet(i, &"a label between dots"),
        [b'-', ..] | [.., b'-'] => unmet(i, &"a label without \"-\" at its ends"),
        _ if length.is_none_or(|octets| octets > limits::LABEL) => {
            unmet(i, &"a label of at most 63 octets")
        }
        _ => Ok((rest, ())),
    }
}

/// > address-literal = "[" ( IPv4-address-literal / IPv6-address-literal /
/// >                   General-address-literal ) "]"                       RFC 5321 4.1.3
fn address_literal<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Domain<&'a [u8]>> {
    let (inner, ()) = octet(b'[', &"\"[\"")(i)?;
    let (content, rest) = span(inner, &DCONTENT);
    let (rest, ()) = octet(b']', &"\"]\"")(rest)?;
    if consumed(i, rest).len() > limits::DOMAIN {
        return fatal(i, &"a domain of at most 255 octets");
    }
    let text = std::str::from_utf8(content).unwrap_or_default();
    let Some(colon) = content.iter().position(|&octet| octet == b':') else {
        return match text.parse::<Ipv4Addr>() {
            Ok(address) => Ok((rest, Domain::Ipv4(address))),
            Err(_) => unmet(inner, &"an IPv4 address"),
        };
    };
    let (tag, value) = cut(content, colon);
    let value = value.get(1..).unwrap_or_default();
    if tag.eq_ignore_ascii_case(b"IPv6") {
        let address = text.get(colon + 1..).and_then(|text| text.parse::<Ipv6Addr>().ok());
        return match address {
            Some(address) => Ok((rest, Domain::Ipv6(address))),
            None => unmet(cut(inner, colon + 1).1, &"an IPv6 address"),
        };
    }
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return match scan.lets_pass(Deviation::UntaggedIpv6, inner) {
            true => Ok((rest, Domain::Ipv6(address))),
            false => unmet(inner, &"\"IPv6:\""),
        };
    }
    // > General-address-literal = Standardized-tag ":" 1*dcontent;  Standardized-tag = Ldh-str
    let tagged = !tag.is_empty() && tag.last() != Some(&b'-') && span(tag, &LDH).1.is_empty();
    if !tagged || value.is_empty() {
        return unmet(inner, &"a tag, \":\" and content");
    }
    Ok((rest, Domain::Tagged(TaggedLiteral::from_checked(tag, value))))
}
