//! Paths, mailboxes, domains and address literals.
//!
//! The rules from path to mailbox are always inlined: what they answer is large, and copying it from
//! caller to caller takes as long as reading it.

use std::net::{Ipv4Addr, Ipv6Addr};

use mail_wire::grammar::{ByteSet, PResult, consumed, cut, fatal, octet, span, span1, unmet};

use crate::{
    DomainName, LocalPart, TaggedLiteral,
    address::{Domain, ForwardPath, Mailbox, ReversePath},
    limits,
    parse::Scan,
    profile::Deviation,
};

/// > atext, RFC 5322 3.2.3
const ATEXT: ByteSet = ByteSet::ALNUM.with(b"!#$%&'*+-/=?^_`{|}~");
/// > Dot-string = Atom *("."  Atom)
const DOT_STRING: ByteSet = ATEXT.with(b".");
/// > qtextSMTP = %d32-33 / %d35-91 / %d93-126
const QTEXT: ByteSet = ByteSet::VCHAR.with(b" ").without(b"\"\\");
/// > quoted-pairSMTP = %d92 %d32-126
const QUOTED_PAIR: ByteSet = ByteSet::VCHAR.with(b" ");
/// > Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig
const LDH: ByteSet = ByteSet::ALNUM.with(b"-");
const LDH_UNDERSCORE: ByteSet = LDH.with(b"_");
const NAME: ByteSet = LDH_UNDERSCORE.with(b".");
/// > dcontent = %d33-90 / %d94-126
const DCONTENT: ByteSet = ByteSet::VCHAR.without(b"[\\]");

/// > Reverse-path = Path / "<>"                                              RFC 5321 4.1.2
#[inline(always)]
pub(super) fn reverse_path<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, ReversePath<&'a [u8]>> {
    if let [b'<', b'>', rest @ ..] = i {
        return Ok((rest, ReversePath::Null));
    }
    let (rest, mailbox) = path(i, scan)?;
    Ok((rest, ReversePath::Mailbox(mailbox)))
}

/// > Forward-path = Path; rcpt = ... ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
/// >                                                                     RFC 5321 4.1.1.3
#[inline(always)]
pub(super) fn forward_path<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, ForwardPath<&'a [u8]>> {
    const POSTMASTER: &[u8] = b"<postmaster>";
    match i.split_at_checked(POSTMASTER.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(POSTMASTER) => {
            Ok((rest, ForwardPath::Postmaster))
        }
        _ => {
            let (rest, mailbox) = path(i, scan)?;
            Ok((rest, ForwardPath::Mailbox(mailbox)))
        }
    }
}

/// > Path = "<" [ A-d-l ":" ] Mailbox ">"                                    RFC 5321 4.1.2
#[inline(always)]
fn path<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Mailbox<&'a [u8]>> {
    let [b'<', inner @ ..] = i else {
        if i.is_empty() || !scan.lets_pass(Deviation::MissingBrackets, i) {
            return unmet(i, &"\"<\"");
        }
        let (rest, mailbox) = mailbox(i, scan)?;
        return within_limit(i, rest, 2, mailbox);
    };
    let inner = if inner.first() == Some(&b'@') { source_route(inner, scan)?.0 } else { inner };
    let (rest, mailbox) = mailbox(inner, scan)?;
    let (rest, ()) = octet(b'>', &"\">\"")(rest)?;
    within_limit(i, rest, 0, mailbox)
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
fn source_route<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, ()> {
    let mut rest = i;
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
#[inline(always)]
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
        Some(b'"') => quoted_string(i)?,
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
    let loose = match octets {
        [b'.', ..] => Some(0),
        [.., b'.'] => Some(octets.len() - 1),
        [_, seconds @ ..] => {
            octets.iter().zip(seconds).position(|pair| matches!(pair, (b'.', b'.')))
        }
        [] => None,
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
fn quoted_string(i: &[u8]) -> PResult<'_, &[u8]> {
    let (mut rest, ()) = octet(b'"', &"a quote")(i)?;
    loop {
        let (_, tail) = span(rest, &QTEXT);
        match tail {
            [b'"', end @ ..] => return Ok((end, consumed(i, end))),
            [b'\\', quoted, more @ ..] if QUOTED_PAIR.has(*quoted) => rest = more,
            _ => return unmet(tail, &"the closing quote"),
        }
    }
}

/// > Domain = sub-domain *("." sub-domain); or address-literal             RFC 5321 4.1.2
pub(super) fn domain<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Domain<&'a [u8]>> {
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

/// > sub-domain = Let-dig [Ldh-str]                                          RFC 5321 4.1.2
///
/// RFC 1035 2.3.4: a label has at most 63 octets.
fn sub_domain<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, ()> {
    let (mut label, mut rest) = span(i, &LDH);
    if rest.first() == Some(&b'_') {
        if !scan.lets_pass(Deviation::UnderscoreInDomain, rest) {
            return unmet(rest, &"a letter, digit or \"-\"");
        }
        (label, rest) = span(i, &LDH_UNDERSCORE);
    }
    match label {
        [] => unmet(i, &"a label between dots"),
        [b'-', ..] | [.., b'-'] => unmet(i, &"a label without \"-\" at its ends"),
        _ if label.len() > limits::LABEL => unmet(i, &"a label of at most 63 octets"),
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
