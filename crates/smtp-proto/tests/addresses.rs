//! Mailboxes and paths: what is read, what is refused and where, and what is equal.

use smtp_proto::{Domain, ForwardPath, Mailbox, ReversePath};

#[test]
fn ok_mailboxes_come_out_as_they_went_in() {
    for text in [
        "a@b",
        "Alice.B+tag@Example.COM",
        "host!host!user/data@foo.com",
        "\"Fred Bloggs\"@example.com",
        "\"a\\\"b\\\\c@d\"@example.com",
        "\"\"@example.com",
        "x@[192.0.2.1]",
        "x@[IPv6:2001:db8::1]",
        "x@[IPv6:::ffff:192.0.2.1]",
        "x@[x-new:any/content]",
        "taro..yamada.@docomo.ne.jp",
        "x@under_score.example.com",
        "\u{5b6b}\u{5b50}@\u{e1}\u{e9}\u{ed}\u{f3}\u{fa}.org",
        "\"\u{5b6b} \u{5b50}\"@example.com",
        "\u{140}@\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}.example",
    ] {
        assert_eq!(Mailbox::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn err_says_where_a_mailbox_is_wrong() {
    let long_label = format!("a@{}.com", "x".repeat(64));
    let long_domain = format!("a@{}com", "x23456789.".repeat(26));
    let long_path = format!("{}@example.com", "x".repeat(243));
    for (text, offset, expected) in [
        ("", 0, "a local part"),
        ("alice", 5, "\"@\""),
        ("@b", 0, "a local part"),
        ("a@", 2, "a domain"),
        ("a@b@c", 3, "end of line"),
        ("a b@c", 1, "\"@\""),
        ("user\\@internal@external.com", 4, "\"@\""),
        ("\"a@b", 4, "the closing quote"),
        ("\"a\"b@c", 3, "\"@\""),
        ("a@-b", 2, "a label without \"-\" at its ends"),
        ("a@b.c-.d", 4, "a label without \"-\" at its ends"),
        ("a@b..c", 4, "a label between dots"),
        ("a@b.", 4, "a label between dots"),
        ("a@[192.0.2.256]", 3, "an IPv4 address"),
        ("a@[192.0.2.1", 12, "\"]\""),
        ("a@[IPv6:12345::]", 8, "an IPv6 address"),
        ("a@[2001:db8::1]", 3, "\"IPv6:\""),
        ("a@[tag-:x]", 3, "a tag, \":\" and content"),
        ("\u{3042}\u{85}@b", 3, "a character that is no control"),
        ("a@b\u{200b}", 3, "a character that a domain may hold"),
        ("a@b\u{ff0e}c", 3, "a character that a domain may hold"),
        ("a@\u{ff21}b", 2, "a character that a domain may hold"),
        ("a\0@b", 1, "\"@\""),
        ("a@b\r\nRCPT TO:<c@d>", 3, "end of line"),
        (&long_label, 2, "a label of at most 63 octets"),
        (&long_domain, 2, "a domain of at most 255 octets"),
        (&long_path, 0, "a path of at most 256 octets"),
    ] {
        let error = Mailbox::parse(text).unwrap_err();
        assert_eq!((error.offset(), error.expected()), (offset, expected), "{text:?}");
    }
}

#[test]
fn ok_general_literal_with_a_tag_that_looks_like_an_address() {
    // `2001` is a legal tag by the grammar, so this is no broken IPv6 address.
    let mailbox = Mailbox::parse("a@[2001:db8]").unwrap();
    let Domain::Tagged(literal) = mailbox.domain() else { panic!("{mailbox:?}") };
    assert_eq!((literal.tag(), literal.content()), (&b"2001"[..], &b"db8"[..]));
}

#[test]
fn equal_if_their_octets_are_but_for_the_case_of_the_domain() {
    let same = |a: &str, b: &str| Mailbox::parse(a).unwrap() == Mailbox::parse(b).unwrap();
    assert!(same("joe@example.com", "joe@EXAMPLE.com"));
    for other in ["\"joe\"@example.com", "Joe@example.com", "\"j oe\"@example.com"] {
        assert!(!same("joe@example.com", other), "{other}");
    }
}

#[test]
fn names_the_same_mailbox_whatever_the_quoting() {
    let same = |a: &str, b: &str| {
        let (a, b) = (Mailbox::parse(a).unwrap(), Mailbox::parse(b).unwrap());
        a.local().is_same(b.local())
    };
    assert!(same("joe@example.com", "\"joe\"@example.com"));
    assert!(same("\"j\\oe\"@example.com", "joe@example.com"));
    assert!(!same("joe@example.com", "Joe@example.com"));
    assert!(!same("\"j oe\"@example.com", "joe@example.com"));
}

#[test]
fn err_octets_that_are_not_utf8() {
    for octets in [&b"anne\xff@example.com"[..], b"\"\xc3\"@b", b"a@\xc3.org", b"a\xed\xa0\x80@b"] {
        assert!(Mailbox::parse(octets).is_err(), "{octets:?}");
    }
}

#[test]
fn says_what_needs_smtputf8() {
    for (text, is_ascii) in
        [("a@b", true), ("a@[192.0.2.1]", true), ("\u{e9}@b", false), ("a@\u{e9}", false)]
    {
        assert_eq!(Mailbox::parse(text).unwrap().is_ascii(), is_ascii, "{text}");
    }
}

#[test]
fn ok_paths() {
    assert_eq!(ReversePath::parse("<>"), Ok(ReversePath::Null));
    let alice = Mailbox::parse("alice@example.com").unwrap();
    assert_eq!(ReversePath::parse("<alice@example.com>"), Ok(alice.clone().into()));
    assert_eq!(ForwardPath::parse("<postMASTER>"), Ok(ForwardPath::Postmaster));
    assert_eq!(<ForwardPath>::Postmaster.to_string(), "<Postmaster>");
}

#[test]
fn ok_path_with_source_route_drops_it() {
    let path = ForwardPath::parse("<@hosta.int,@jkl.org:userc@d.bar.org>").unwrap();
    assert_eq!(path.to_string(), "<userc@d.bar.org>");
}

#[test]
fn err_paths() {
    for text in
        ["", "<", "<a@b", "a@b", "<a@b>>", "<a@b>>>", "<@a>", "<@a:b>", "<@a,b:c@d>", "< >", "<a>"]
    {
        assert!(ForwardPath::parse(text).is_err(), "{text}");
        assert!(ReversePath::parse(text).is_err(), "{text}");
    }
    assert!(ForwardPath::parse("<>").is_err());
    assert!(ReversePath::parse("<Postmaster>").is_err());
}

/// RFC 6531 3.3, RFC 5890 2.3.2.1: U-labels, which are measured as they are in the DNS.
#[test]
fn ok_and_err_domains_in_utf8() {
    // ICANN's addresses to test with, and long labels.
    for text in [
        "\u{6211}\u{8cb7}@\u{5c4b}\u{4f01}.\u{9999}\u{6e2f}",
        "\u{4e8c}\u{30ce}\u{5bae}@\u{9ed2}\u{5ddd}.\u{65e5}\u{672c}",
        "\u{938}\u{902}\u{92a}\u{930}\u{94d}\u{915}@\u{921}\u{93e}\u{91f}\u{93e}.\u{92d}\u{93e}\u{930}\u{924}",
        "D\u{f6}rte@S\u{f6}rensen.example.com",
        "a@xn--bcher-kva.example",
        &format!("a@{}.example", "\u{4e00}".repeat(50)),
    ] {
        assert_eq!(Mailbox::parse(text).unwrap().to_string(), text);
    }
    for (domain, offset) in [
        // A symbol; not in NFC; from both sides; an ideographic full stop, which is no dot here.
        ("a.i\u{2665}.example", 3),
        ("a\u{308}.example", 0),
        ("a\u{5d0}.example", 1),
        ("a\u{3002}example", 1),
        ("\u{4e00}\u{200d}.example", 3),
        (&format!("{}.example", "\u{e9}\u{4e00}".repeat(40)), 0),
    ] {
        let error = Domain::parse(domain).unwrap_err();
        assert_eq!(error.offset(), offset, "{domain}: {error}");
    }
}
