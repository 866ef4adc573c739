//! The list: where each entry begins and ends.

use crate::address::Mailbox;
use crate::address::mailbox::{AddrSpec, text};
use crate::lexer::{Lexer, is_space, trim};

/// What stands in an address list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// An address, with or without a display name.
    Mailbox(Mailbox<'a>),
    /// A group begins; its mailboxes follow.
    GroupStart(Group<'a>),
    /// The group ends. Told for every group, also when the list breaks off in it.
    GroupEnd,
    /// Octets that are no address.
    Invalid(&'a [u8]),
}

/// The name of a group, as in `undisclosed-recipients:;`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group<'a>(&'a [u8]);

impl<'a> Group<'a> {
    /// Returns the name as it is written.
    #[must_use]
    pub const fn raw_name(&self) -> &'a [u8] {
        self.0
    }

    /// Returns the name as a person reads it: quotes and comments taken off, encoded-words
    /// decoded.
    #[must_use]
    pub fn name(&self) -> String {
        text(self.0)
    }
}

/// Reads an address list: the raw value of the field, folded or not.
#[must_use]
pub const fn entries(value: &[u8]) -> Entries<'_> {
    Entries { lexer: Lexer::new(value), in_group: false }
}

/// Reads the mailboxes of an address list, those in groups included. What is no address is passed
/// over; see [`entries`].
pub fn mailboxes(value: &[u8]) -> impl Iterator<Item = Mailbox<'_>> + Clone {
    entries(value).filter_map(|entry| match entry {
        Entry::Mailbox(mailbox) => Some(mailbox),
        Entry::GroupStart(_) | Entry::GroupEnd | Entry::Invalid(_) => None,
    })
}

/// Iterates over an address list. Made by [`entries`].
#[derive(Debug, Clone)]
pub struct Entries<'a> {
    lexer: Lexer<'a>,
    in_group: bool,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            self.lexer.take_while(is_space);
            match self.lexer.peek() {
                None if self.in_group => break,
                None => return None,
                Some(b';') => {
                    self.lexer.bump();
                    if self.in_group {
                        break;
                    }
                }
                // RFC 5322 4.4: entries may be empty.
                Some(b',') => self.lexer.bump(),
                Some(_) => match self.entry() {
                    Some(entry) => return Some(entry),
                    // Nothing but comments.
                    None => continue,
                },
            }
        }
        self.in_group = false;
        Some(Entry::GroupEnd)
    }
}

impl<'a> Entries<'a> {
    /// > address = mailbox / group                          RFC 5322 section 3.4
    ///
    /// Moves to the delimiter behind it, or behind the colon of a group. `None` if there are only
    /// comments.
    fn entry(&mut self) -> Option<Entry<'a>> {
        let start = self.lexer.at();
        let mut parts = Parts::default();
        let mut well = true;
        while let Some(octet) = self.lexer.peek() {
            match octet {
                b',' | b';' => break,
                b':' if !self.in_group && parts.is_phrase() => {
                    let name = self.lexer.since(start);
                    self.lexer.bump();
                    self.in_group = true;
                    return Some(Entry::GroupStart(Group(trim(name))));
                }
                b'(' => match self.lexer.comment() {
                    Some(comment) => parts.comment = comment,
                    None => well = false,
                },
                b'<' => {
                    let phrase = trim(self.lexer.since(start));
                    let angle = self.angle_addr();
                    // One pair of angle brackets, and nothing behind it.
                    well &= parts.angle.is_none() && angle.is_some();
                    parts.angle = angle.map(|spec| (phrase, spec));
                }
                _ if is_space(octet) => self.lexer.bump(),
                _ => {
                    well &= self.token(octet) && parts.angle.is_none();
                    parts.tokens = true;
                    parts.at_sign |= octet == b'@';
                }
            }
        }
        let raw = trim(self.lexer.since(start));
        if well && !parts.tokens && parts.angle.is_none() {
            return None;
        }
        let mailbox = match parts.angle {
            _ if !well => None,
            Some((phrase, spec)) => Some(Mailbox::new(phrase, parts.comment, spec)),
            None => AddrSpec::parse(raw).map(|spec| Mailbox::new(b"", parts.comment, spec)),
        };
        Some(mailbox.map_or(Entry::Invalid(raw), Entry::Mailbox))
    }

    /// > angle-addr = [CFWS] "<" addr-spec ">" [CFWS] / obs-angle-addr
    ///
    /// `None` if that is not what stands here; the lexer is then before the next delimiter.
    fn angle_addr(&mut self) -> Option<AddrSpec<'a>> {
        self.lexer.bump();
        self.lexer.cfws()?;
        // RFC 5322 4.4: `@a,@b:` before the address is a route, to be accepted and ignored.
        if self.lexer.peek() == Some(b'@') {
            loop {
                match self.lexer.peek()? {
                    b':' => break,
                    b';' | b'<' | b'>' => return None,
                    b'(' => {
                        self.lexer.comment()?;
                    }
                    octet => {
                        if !self.token(octet) {
                            return None;
                        }
                    }
                }
            }
            self.lexer.bump();
        }
        let start = self.lexer.at();
        loop {
            match self.lexer.peek()? {
                b'>' => break,
                b',' | b';' | b'<' => return None,
                b'(' => {
                    self.lexer.comment()?;
                }
                octet => {
                    if !self.token(octet) {
                        return None;
                    }
                }
            }
        }
        let spec = AddrSpec::parse(self.lexer.since(start));
        self.lexer.bump();
        spec
    }

    /// Moves over one token that begins with `octet`; whether it fits is seen later. False if it
    /// is not closed.
    fn token(&mut self, octet: u8) -> bool {
        match octet {
            b'"' => self.lexer.quoted_string().is_some(),
            b'[' => self.lexer.domain_literal().is_some(),
            _ => {
                if self.lexer.atom().is_empty() {
                    self.lexer.bump();
                }
                true
            }
        }
    }
}

/// What was seen of an entry so far.
#[derive(Default)]
struct Parts<'a> {
    /// The phrase before the angle brackets, and the address in them.
    angle: Option<(&'a [u8], AddrSpec<'a>)>,
    /// The last comment.
    comment: &'a [u8],
    /// Something else than comments and angle brackets.
    tokens: bool,
    at_sign: bool,
}

impl Parts<'_> {
    /// Tells whether all of it may be the name of a group.
    const fn is_phrase(&self) -> bool {
        self.tokens && !self.at_sign && self.angle.is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The list in a short form: `name <local|domain>`, `{name`, `}` and `!invalid`.
    fn read(list: &str) -> Vec<String> {
        let lossy = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let short = |entry| match entry {
            Entry::Mailbox(mailbox) => {
                let name = mailbox.display_name().unwrap_or_default();
                let domain = mailbox.domain().map_or("-".to_owned(), |domain| lossy(&domain));
                format!("{name} <{}|{domain}>", lossy(&mailbox.local_part())).trim().to_owned()
            }
            Entry::GroupStart(group) => format!("{{{}", group.name()),
            Entry::GroupEnd => "}".to_owned(),
            Entry::Invalid(raw) => format!("!{}", lossy(raw)),
        };
        entries(list.as_bytes()).map(short).collect()
    }

    /// RFC 5322 appendices A.1.2, A.1.3.
    #[test]
    fn ok_examples_of_rfc_5322() {
        assert_eq!(
            read(r#""Joe Q. Public" <john.q.public@example.com>"#),
            ["Joe Q. Public <john.q.public|example.com>"]
        );
        assert_eq!(
            read("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
            ["Mary Smith <mary|x.test>", "<jdoe|example.org>", "Who? <one|y.test>",]
        );
        assert_eq!(
            read(r#"<boss@nil.test>, "Giant; \"Big\" Box" <sysservices@example.net>"#),
            ["<boss|nil.test>", r#"Giant; "Big" Box <sysservices|example.net>"#,]
        );
        let group = "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;";
        assert_eq!(
            read(group),
            ["{A Group", "Ed Jones <c|a.test>", "<joe|where.test>", "John <jdoe|one.test>", "}",]
        );
        assert_eq!(read("Undisclosed recipients:;"), ["{Undisclosed recipients", "}"]);
    }

    /// RFC 5322 appendices A.5, A.6.1 and A.6.3.
    #[test]
    fn ok_white_space_comments_and_obsolete_forms() {
        assert_eq!(
            read(r"Pete(A nice \) chap) <pete(his account)@silly.test(his host)>"),
            ["Pete <pete|silly.test>"]
        );
        let group = "A Group(Some people)\r\n\
            \x20    :Chris Jones <c@(Chris's host.)public.example>,\r\n\
            \x20        joe@example.org,\r\n\
            \x20 John <jdoe@one.test> (my dear friend); (the end of the group)";
        assert_eq!(
            read(group),
            [
                "{A Group",
                "Chris Jones <c|public.example>",
                "<joe|example.org>",
                "John <jdoe|one.test>",
                "}",
            ]
        );
        assert_eq!(
            read("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"),
            ["{Hidden recipients", "}"]
        );
        assert_eq!(
            read("Joe Q. Public <john.q.public@example.com>"),
            ["Joe Q. Public <john.q.public|example.com>"]
        );
        let routed = "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example";
        assert_eq!(read(routed), ["Mary Smith <mary|example.net>", "<jdoe|test.example>"]);
        assert_eq!(read("<@a.test, @b.test (via) : c@d.test>"), ["<c|d.test>"]);
    }

    #[test]
    fn ok_what_real_mail_holds() {
        assert_eq!(read("root"), ["<root|->"]);
        assert_eq!(read("Cron Daemon <root>"), ["Cron Daemon <root|->"]);
        assert_eq!(read("mary@x.test (Mary Smith)"), ["Mary Smith <mary|x.test>"]);
        assert_eq!(read("a@b.test; c@d.test"), ["<a|b.test>", "<c|d.test>"]);
        assert_eq!(read("john..doe.@docomo.test"), ["<john..doe.|docomo.test>"]);
        assert_eq!(read("me@x.test <me@x.test>"), ["me@x.test <me|x.test>"]);
        assert_eq!(read("user@[IPv6:2001:db8::1]"), ["<user|[IPv6:2001:db8::1]>"]);
        assert_eq!(read(r#""john doe"@x.test"#), ["<john doe|x.test>"]);
        assert_eq!(read("山田 <山田@例え.test>"), ["山田 <山田|例え.test>"]);
        assert_eq!(read("=?UTF-8?B?5LyK5ZCN?= <ina@x.test>"), ["伊名 <ina|x.test>"]);
        assert_eq!(read("x: a@b.test"), ["{x", "<a|b.test>", "}"]);
        assert_eq!(read(" , ;, (only a comment) ,"), [""; 0]);
    }

    #[test]
    fn err_bad_entries_do_not_lose_the_rest() {
        let list = "a b@x, <>, @x, a@, a@b@c, <a@b> c, <a@b> <c@d>, x <a@b, <a@b c>, good@x.test";
        let bad =
            ["a b@x", "<>", "@x", "a@", "a@b@c", "<a@b> c", "<a@b> <c@d>", "x <a@b", "<a@b c>"];
        let mut expected: Vec<_> = bad.iter().map(|bad| format!("!{bad}")).collect();
        expected.push("<good|x.test>".to_owned());
        assert_eq!(read(list), expected);
        assert_eq!(read("x: y: a@b.test;, c@d.test"), ["{x", "!y: a@b.test", "}", "<c|d.test>"]);
        assert_eq!(read("<@a, b@c>, d@e.test"), ["!<@a, b@c>", "<d|e.test>"], "an open route");
        assert_eq!(read("a@b.test, \x0c;"), ["<a|b.test>", "!\x0c"], "a control is no white space");
    }

    #[test]
    fn err_open_quote_or_comment_runs_to_the_end() {
        assert_eq!(read("a@b.test, \"x <c@d.test>"), ["<a|b.test>", "!\"x <c@d.test>"]);
        assert_eq!(read("a@b.test, x (y <c@d.test>"), ["<a|b.test>", "!x (y <c@d.test>"]);
        assert_eq!(read("("), ["!("]);
    }

    #[test]
    fn floods_are_read_in_one_pass() {
        let open = "(".repeat(1_000_000);
        assert!(matches!(entries(open.as_bytes()).next(), Some(Entry::Invalid(_))));
        let closed = format!("a{open}{}@b.test", ")".repeat(1_000_000));
        let mailbox = mailboxes(closed.as_bytes()).next().unwrap();
        assert_eq!(mailbox.local_part(), b"a".as_slice());
        assert_eq!(mailbox.display_name().unwrap().len(), 1_999_998);
        for token in ["<", ">", "\"", "[", "]", "@", ":", "\\", "a:", "<@", "(\\", "()", "a "] {
            entries(token.repeat(500_000).as_bytes()).for_each(drop);
        }
        assert_eq!(entries("a@b,".repeat(250_000).as_bytes()).count(), 250_000);
        assert_eq!(entries("a:;".repeat(250_000).as_bytes()).count(), 500_000);
    }

    proptest! {
        #[test]
        fn ok_well_formed_mailboxes_are_found(
            list in proptest::collection::vec(
                ("[a-z]{1,5}( [a-z]{1,5})?", "[a-z.]{0,8}[a-z]", "[a-z.]{0,8}[a-z]"),
                0..6,
            )
        ) {
            let written: Vec<_> = list.iter().map(|(n, l, d)| format!("{n} <{l}@{d}>")).collect();
            let expected: Vec<_> = list.iter().map(|(n, l, d)| format!("{n} <{l}|{d}>")).collect();
            prop_assert_eq!(read(&written.join(", ")), expected);
        }

        #[test]
        fn no_list_panics_and_groups_close(list in "[ab@<>()\\[\\]\",;:. \r\n\\\\]{0,40}") {
            let mut open = false;
            for entry in entries(list.as_bytes()) {
                match entry {
                    Entry::Mailbox(mailbox) => {
                        prop_assert!(!mailbox.raw_local_part().is_empty());
                        let _ = (mailbox.display_name(), mailbox.local_part(), mailbox.domain());
                    }
                    Entry::GroupStart(_) => prop_assert!(!std::mem::replace(&mut open, true)),
                    Entry::GroupEnd => prop_assert!(std::mem::replace(&mut open, false)),
                    Entry::Invalid(raw) => prop_assert!(!raw.is_empty()),
                }
            }
            prop_assert!(!open);
        }
    }
}
