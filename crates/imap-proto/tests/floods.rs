//! Input that is meant to hurt: no panic, no deep recursion, no more than linear work.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a test may panic")]

use std::time::{Duration, Instant};

use imap_proto::{MAX_DEPTH, Query, Raw, parse};

const MANY: usize = 1_000_000;

/// Runs on a small stack, and fails if it takes longer than any linear pass could.
fn soon(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(move || {
        #[allow(clippy::disallowed_methods, reason = "a test may look at the clock")]
        let start = Instant::now();
        work();
        assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn err_a_million_parentheses() {
    soon(|| {
        let open = "(".repeat(MANY);
        for frame in [
            format!("a SEARCH {open}"),
            format!("a FETCH 1 {open}"),
            format!("a LIST {open}"),
            format!("a STORE 1 FLAGS {open}"),
            format!("a ID {open}"),
            format!("a SEARCH {}SEEN", "NOT ".repeat(MANY)),
            format!("a SEARCH {}SEEN", "OR SEEN ".repeat(MANY)),
        ] {
            assert!(parse::command(frame.as_bytes()).is_err());
        }
        for frame in [
            format!("* 1 FETCH (BODYSTRUCTURE {open}"),
            format!("* 1 FETCH (BODYSTRUCTURE {open}{}", ")".repeat(MANY)),
            format!("* 1 FETCH {open}"),
            format!("* NAMESPACE {open}"),
            format!("* LIST {open}"),
        ] {
            assert!(parse::response(frame.as_bytes()).is_err());
        }
        // Unknown data that is no value is a line of text.
        assert!(parse::response(format!("* XFOO {open}").as_bytes()).is_ok());
    });
}

#[test]
fn ok_as_deep_as_the_limit_on_a_small_stack() {
    soon(|| {
        let nested = |depth: usize| format!("{}x{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Raw::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(Raw::parse(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        let keys = format!("{}SEEN{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
        let query = Query::parse(keys.as_bytes()).unwrap();
        assert!(query.matches(|_| true));
        let alternating = "OR (NOT SEEN) ".repeat(MAX_DEPTH / 2) + "SEEN";
        assert!(Query::parse(alternating.as_bytes()).is_ok());
    });
}

#[test]
fn ok_lists_of_a_million() {
    soon(|| {
        let sets = vec!["1:*"; MANY].join(",");
        let frame = format!("a FETCH {sets} FLAGS");
        let command = parse::command(frame.as_bytes()).unwrap();
        let imap_proto::CommandBody::Fetch { set, .. } = command.body else { panic!() };
        assert_eq!(set.resolve(u32::MAX).ranges().len(), 1);

        let flags = "\\Seen ".repeat(MANY);
        assert!(parse::response(format!("* FLAGS ({flags})").as_bytes()).is_ok());
        let numbers = " 7".repeat(MANY);
        let frame = format!("* SEARCH{numbers}");
        let imap_proto::Response::Search(found) = parse::response(frame.as_bytes()).unwrap() else {
            panic!()
        };
        assert_eq!(found.iter().count(), MANY);
        let literals = " {1}\r\nx".repeat(MANY / 10);
        let list = format!("a FETCH 1 BODY[HEADER.FIELDS (x{literals})]");
        assert!(parse::command(list.as_bytes()).is_ok());
        let keys = "SEEN ".repeat(MANY / 10);
        assert_eq!(Query::parse(keys.trim_end().as_bytes()).unwrap().tests().count(), MANY / 10);
        let lists = format!("({})", "(SEEN SEEN) ".repeat(MANY / 10));
        assert!(Query::parse(lists.as_bytes()).is_ok());
        let items = "UID 0 ".repeat(MANY / 10);
        assert!(parse::response(format!("* 1 FETCH ({items})").as_bytes()).is_ok());
        let escapes = "\\\\".repeat(MANY);
        assert!(parse::command(format!("a SELECT \"{escapes}\"").as_bytes()).is_ok());
        let part = vec!["1"; MANY].join(".");
        assert!(parse::command(format!("a FETCH 1 BODY[{part}]").as_bytes()).is_ok());
    });
}

#[test]
fn err_numbers_of_a_million_digits() {
    soon(|| {
        let digits = "9".repeat(MANY);
        for frame in [
            format!("a FETCH {digits} FLAGS"),
            format!("a SEARCH LARGER {digits}"),
            format!("a SELECT {{{digits}}}"),
            format!("a FETCH 1 BODY[{digits}]"),
        ] {
            assert!(parse::command(frame.as_bytes()).is_err());
        }
        assert!(parse::response(format!("* {digits} EXISTS").as_bytes()).is_err());
    });
}
