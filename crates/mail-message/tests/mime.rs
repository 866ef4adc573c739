//! The MIME tree: the examples of the RFCs, what mail does to them, and floods.

use mail_message::mime::{MimeDefect, MimeLimits, Part, PartKind, Tree};
use proptest::prelude::*;

/// Shows a tree as lines: how deep, what, and the body of what has no parts.
fn shown(tree: &Tree<'_>) -> Vec<String> {
    let show = |part: Part<'_, '_>| {
        let kind = part.content_type();
        let kind = [kind.main(), b"/", kind.sub()].concat();
        let kind = String::from_utf8_lossy(&kind).to_lowercase();
        let body = match part.kind() {
            PartKind::Leaf => format!(" {:?}", String::from_utf8_lossy(part.body())),
            PartKind::Multipart | PartKind::Message => String::new(),
        };
        format!("{}{kind}{body}", "  ".repeat(part.depth().into()))
    };
    tree.parts().map(show).collect()
}

fn defects(tree: &Tree<'_>) -> Vec<(usize, MimeDefect)> {
    tree.defects().collect()
}

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// RFC 2046 section 5.1.1.
#[test]
fn ok_example_of_rfc_2046() {
    let raw = crlf(
        "MIME-Version: 1.0\nContent-type: multipart/mixed; boundary=\"simple boundary\"\n\n\
         This is the preamble.  It is to be ignored.\n\n--simple boundary\n\n\
         This is implicitly typed plain US-ASCII text.\nIt does NOT end with a linebreak.\n\
         --simple boundary\nContent-type: text/plain; charset=us-ascii\n\n\
         This is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak.\n\n\
         --simple boundary--\n\nThis is the epilogue.  It is also to be ignored.\n",
    );
    let tree = Tree::parse(&raw);
    assert_eq!(
        shown(&tree),
        [
            "multipart/mixed",
            "  text/plain \"This is implicitly typed plain US-ASCII text.\\r\\nIt does NOT end \
             with a linebreak.\"",
            "  text/plain \"This is explicitly typed plain US-ASCII text.\\r\\nIt DOES end with a \
             linebreak.\\r\\n\"",
        ]
    );
    assert_eq!(tree.root().range(), 0..raw.len());
    assert_eq!(defects(&tree), []);
    let [first, second] = [1, 2].map(|n| tree.section(&[n]).unwrap());
    assert_eq!((first.lines(), second.lines()), (2, 2));
    assert_eq!(first.parent().map(|it| it.index()), Some(0));
    assert_eq!(&raw[second.range()], second.as_message().as_bytes());
}

/// RFC 2046 section 5.1.5: what says nothing in a digest is a message.
#[test]
fn ok_digest_of_messages() {
    let raw = crlf(
        "Content-Type: multipart/mixed; boundary=\"--main\"\n\n----main\n\nintroduction\n----main\n\
         Content-Type: multipart/digest; boundary=\"--next\"\n\n----next\n\nFrom: a@b\n\none\n\
         ----next\n\nContent-Type: text/html\n\ntwo\n----next\nContent-Type: text/plain\n\nthree\n\
         ----next--\n----main--\n",
    );
    let tree = Tree::parse(&raw);
    assert_eq!(
        shown(&tree),
        [
            "multipart/mixed",
            "  text/plain \"introduction\"",
            "  multipart/digest",
            "    message/rfc822",
            "      text/plain \"one\"",
            "    message/rfc822",
            "      text/html \"two\"",
            "    text/plain \"three\"",
        ]
    );
    assert_eq!(tree.section(&[2, 2, 1]).unwrap().body(), b"two");
}

/// RFC 9051 section 6.4.5.1 has this tree and these numbers.
#[test]
fn ok_sections_of_rfc_9051() {
    let raw = crlf(
        "Content-Type: multipart/mixed; boundary=a\n\n\
         --a\n\n1\n\
         --a\nContent-Type: application/octet-stream\n\n2\n\
         --a\nContent-Type: message/rfc822\n\n\
         Subject: 3\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\n3.1\n\
         --b\nContent-Type: application/octet-stream\n\n3.2\n--b--\n\
         --a\nContent-Type: multipart/mixed; boundary=c\n\n\
         --c\nContent-Type: image/gif\n\n4.1\n\
         --c\nContent-Type: message/rfc822\n\n\
         Subject: 4.2\nContent-Type: multipart/mixed; boundary=d\n\n\
         --d\n\n4.2.1\n\
         --d\nContent-Type: multipart/alternative; boundary=e\n\n\
         --e\n\n4.2.2.1\n\
         --e\nContent-Type: text/richtext\n\n4.2.2.2\n--e--\n--d--\n--c--\n--a--\n",
    );
    let tree = Tree::parse(&raw);
    let leaves = ["1", "2", "3.1", "3.2", "4.1", "4.2.1", "4.2.2.1", "4.2.2.2"];
    for leaf in leaves {
        let numbers: Vec<u32> = leaf.split('.').map(|number| number.parse().unwrap()).collect();
        let part = tree.section(&numbers).unwrap_or_else(|| panic!("{leaf}"));
        assert_eq!(part.body(), leaf.as_bytes());
        let inside = [&numbers[..], &[1]].concat();
        assert!(tree.section(&inside).is_none(), "nothing is in {leaf}");
    }
    assert_eq!(tree.section(&[]).unwrap().index(), 0);
    assert_eq!(tree.section(&[3]).unwrap().kind(), PartKind::Message);
    assert_eq!(tree.section(&[4, 2, 2]).unwrap().kind(), PartKind::Multipart);
    for none in [&[0][..], &[5], &[3, 3], &[4, 2, 3], &[u32::MAX]] {
        assert!(tree.section(none).is_none(), "{none:?}");
    }
}

#[test]
fn ok_what_is_no_multipart_has_itself_as_part_1() {
    let simple = Tree::parse(b"Subject: x\r\n\r\nbody\r\n");
    assert_eq!(simple.section(&[1]).unwrap().index(), 0);
    assert!(simple.section(&[2]).is_none() && simple.section(&[1, 1]).is_none());
    let raw = b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nin it\r\n";
    let enclosed = Tree::parse(raw);
    assert_eq!(enclosed.section(&[1]).unwrap().index(), 0);
    assert_eq!(enclosed.section(&[1, 1]).unwrap().body(), b"in it\r\n");
}

#[test]
fn ok_one_boundary_is_the_beginning_of_another() {
    let raw = crlf(
        "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; \
         boundary=x-y\n\n--x-y\n\none\n--x-y--\n--x \t\n\n--xx\ntwo\n--x--\n",
    );
    let tree = Tree::parse(&raw);
    assert_eq!(
        shown(&tree),
        [
            "multipart/mixed",
            "  multipart/mixed",
            "    text/plain \"one\"",
            "  text/plain \"--xx\\r\\ntwo\"",
        ]
    );
}

#[test]
fn broken_boundaries_lose_nothing() {
    use MimeDefect::{NoBoundary, NoParts, NotClosed};
    for (text, shows, wrong) in [
        // The inner one is not closed; the outer one ends it.
        (
            "Content-Type: multipart/a; boundary=x\n\n--x\nContent-Type: multipart/b; \
             boundary=y\n\n--y\n\none\n--x\n\ntwo\n--x--\n",
            &["multipart/a", "  multipart/b", "    text/plain \"one\"", "  text/plain \"two\""][..],
            &[(1, NotClosed)][..],
        ),
        // Nothing is closed.
        (
            "Content-Type: multipart/a; boundary=x\n\n--x\n\none",
            &["multipart/a", "  text/plain \"one\""],
            &[(0, NotClosed)],
        ),
        // A header that breaks off at the boundary.
        (
            "Content-Type: multipart/a; boundary=x\n\n--x\nContent-Type: text/html\n--x\n--x--",
            &["multipart/a", "  text/html \"\"", "  text/plain \"\""],
            &[],
        ),
        // The boundary is another one.
        (
            "Content-Type: multipart/a; boundary=x\n\n--y\n\none\n--y--\n",
            &["multipart/a"],
            &[(0, NoParts)],
        ),
        (
            "Content-Type: multipart/a\n\n--x\n\none\n",
            &["multipart/a \"--x\\r\\n\\r\\none\\r\\n\""],
            &[(0, NoBoundary)],
        ),
        // Closed before it began; what follows is the epilogue.
        (
            "Content-Type: multipart/a; boundary=x\n\n--x--\n--x\n\none\n",
            &["multipart/a"],
            &[(0, NoParts)],
        ),
        // Both have the same boundary: the inner one takes all.
        (
            "Content-Type: multipart/a; boundary=x\n\n--x\nContent-Type: multipart/b; \
             boundary=x\n\n--x\n\none\n--x--\n--x--\n",
            &["multipart/a", "  multipart/b", "    text/plain \"one\""],
            &[],
        ),
        ("", &["text/plain \"\""], &[]),
        ("Content-Type: multipart/a; boundary=x", &["multipart/a"], &[(0, NoParts)]),
    ] {
        let raw = crlf(text);
        let tree = Tree::parse(&raw);
        assert_eq!(shown(&tree), shows, "{text:?}");
        assert_eq!(defects(&tree), wrong, "{text:?}");
        let lf = Tree::parse(text.as_bytes());
        assert_eq!(lf.parts().count(), shows.len(), "the same with LF alone: {text:?}");
    }
}

#[test]
fn encoded_messages_are_one_part_and_encoded_multiparts_are_not() {
    let raw = crlf(
        "Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: base64\n\n--x\n\
         Content-Type: message/global\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaGkK\n--x--",
    );
    let tree = Tree::parse(&raw);
    assert_eq!(defects(&tree), [(0, MimeDefect::Encoded), (1, MimeDefect::Encoded)]);
    let message = tree.section(&[1]).unwrap();
    assert_eq!(message.kind(), PartKind::Leaf);
    assert_eq!(&*message.decoded(), b"Subject: hi\n");
}

#[test]
fn limits_keep_what_is_beyond_as_it_is() {
    let nested = |levels: usize| -> Vec<u8> {
        let open = |n| format!("Content-Type: multipart/x; boundary=b{n}\r\n\r\n--b{n}\r\n");
        (0..levels).map(open).collect::<String>().into_bytes()
    };
    let raw = nested(10);
    let limits = MimeLimits { depth: 3, ..MimeLimits::default() };
    let tree = Tree::parse_within(&raw, &limits);
    assert_eq!(tree.parts().len(), 4);
    assert!(tree.defects().any(|defect| defect == (3, MimeDefect::TooDeep)));
    assert!(tree.part(3).unwrap().body().ends_with(b"--b9\r\n"));

    let many = ["Content-Type: multipart/x; boundary=b\r\n\r\n", &"--b\r\n\r\nx\r\n".repeat(9)];
    let many = many.concat();
    let limits = MimeLimits { parts: 4, ..MimeLimits::default() };
    let tree = Tree::parse_within(many.as_bytes(), &limits);
    assert_eq!(tree.parts().len(), 4);
    assert_eq!(tree.part(3).unwrap().body(), b"x");
    assert!(tree.defects().any(|defect| defect == (0, MimeDefect::TooMany)));
    // Messages in messages have no boundary to look for.
    let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(100_000);
    assert_eq!(Tree::parse(deep.as_bytes()).parts().len(), 101);
}

/// Each is over before the default time of a test if every pass is linear, and not otherwise.
#[test]
fn floods_are_linear() {
    let head = "Content-Type: multipart/x; boundary=b\r\n\r\n";
    let open = |n: usize| format!("Content-Type: multipart/x; boundary=b{n}\r\n\r\n--b{n}\r\n");
    for flood in [
        (0..200_000).map(open).collect::<String>(),
        [head, &"--b\r\n".repeat(500_000)].concat(),
        [head, &"--\r\n".repeat(1_000_000)].concat(),
        [head, &"\n".repeat(2_000_000)].concat(),
        [head, &"--c".repeat(1_000_000)].concat(),
        [head, &"--b ".repeat(1_000_000)].concat(),
        format!("Content-Type: multipart/x; boundary={}\r\n\r\n", "b".repeat(2_000_000)),
        format!("Content-Type: multipart/x{}\r\n\r\n", "; boundary".repeat(300_000)),
        format!("Content-Type: {}", "(".repeat(2_000_000)),
        format!("Content-Type: multipart/x; boundary=\"{}", "\\\"".repeat(1_000_000)),
        (0..100).map(open).collect::<String>() + &"--bb\r\n".repeat(200_000),
    ] {
        let tree = Tree::parse(flood.as_bytes());
        assert!(tree.parts().len() <= 10_000);
    }
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Content-Type: multipart/mixed; boundary=a\r\n",
        "Content-Type: multipart/digest; boundary=b\n",
        "Content-Type: message/rfc822\r\n",
        "\r\n",
        "\n",
        "--a\r\n",
        "--a--\r\n",
        "--b\n",
        "--b--\n",
        "--",
        "x",
        "Subject: y\r\n",
    ])
}

proptest! {
    #[test]
    fn parts_nest_and_do_not_overlap(pieces in prop::collection::vec(piece(), 0..40)) {
        let raw = pieces.concat().into_bytes();
        let tree = Tree::parse(&raw);
        for part in tree.parts() {
            let (header, body) = (part.header_range(), part.body_range());
            prop_assert!(header.end == body.start && body.end <= raw.len());
            let mut before = body.start;
            for child in part.children() {
                prop_assert_eq!(child.parent().map(|it| it.index()), Some(part.index()));
                prop_assert_eq!(child.depth(), part.depth() + 1);
                prop_assert!(before <= child.range().start && child.range().end <= body.end);
                before = child.range().end;
            }
            let below: usize = part.children().map(|child| 1 + child.descendants().len()).sum();
            prop_assert_eq!(below, part.descendants().len());
            prop_assert_eq!(part.kind() == PartKind::Leaf, part.kind() == PartKind::Leaf && below == 0);
        }
    }
}
