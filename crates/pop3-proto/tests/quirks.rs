//! Lines of servers seen in the wild, and lines of the same families: each has its verdict, strict
//! and compatible.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::{collections::BTreeMap, path::PathBuf};

use mail_errors::ParseError;
use pop3_proto::{Defects, Deviation, Profile, parse};

use Deviation::*;
use What::*;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Status,
    Stat,
    List,
    Uidl,
    Capa,
    Challenge,
}

/// What the parser makes of a line: the value, as text, and what was tolerated.
fn read(what: What, line: &[u8], profile: Profile) -> Option<(String, Vec<Deviation>)> {
    let mut met = Defects::new();
    fn shown<T: std::fmt::Debug>(read: Result<T, ParseError>) -> Option<String> {
        read.ok().map(|value| format!("{value:?}"))
    }
    let value = match what {
        Status => shown(parse::response(line, profile, &mut met)),
        Stat => shown(parse::drop_listing(line, profile, &mut met)),
        List => shown(parse::scan_listing(line, profile, &mut met)),
        Uidl => shown(parse::unique_id_listing(line, profile, &mut met)),
        Capa => shown(parse::capability(line, profile, &mut met)),
        Challenge => parse::challenge(line, profile, &mut met)
            .map(|challenge| challenge.escape_ascii().to_string()),
    };
    assert!(met.iter().all(|defect| defect.offset() <= line.len()));
    value.map(|value| (value, met.iter().map(|defect| defect.deviation()).collect()))
}

#[test]
fn each_line_has_its_verdict() {
    let long = "x".repeat(71);
    let long_id = format!("1 {long}");
    let long_text = format!("+OK {}", "x".repeat(600));
    let digits = format!("1 {}", "9".repeat(10_000));
    let octets: &[(What, &str, &[Deviation], &str)] = &[
        // Status.
        (Status, "+OK ready", &[], "ready"),
        (Status, "+OK", &[StatusWithoutText], "+OK"),
        (Status, "-ERR", &[StatusWithoutText], "-ERR"),
        (Status, "-ERR ", &[StatusWithoutText], "-ERR"),
        (Status, "+ok fine", &[LowerCaseStatus], "+OK fine"),
        (Status, "-err", &[LowerCaseStatus, StatusWithoutText], "-ERR"),
        (Status, "+Ok fine", &[LowerCaseStatus], "+OK fine"),
        (Status, "-Err [IN-USE] busy", &[LowerCaseStatus], "[IN-USE]"),
        (Status, " +OK fine", &[ExtraSpace], "+OK fine"),
        (Status, "+OK  fine", &[ExtraSpace], "+OK fine"),
        (Status, "+OK\tfine", &[ExtraSpace], "+OK fine"),
        (Status, "+ OK fine", &[ExtraSpace], "+OK fine"),
        (Status, "+OK:fine", &[MissingSpace], ":fine"),
        (Status, "-ERR[AUTH] no", &[MissingSpace], "[AUTH]"),
        (Status, "-ERRor", &[MissingSpace], "or"),
        (Status, "+OK a\0b", &[ControlInResponse], "a b"),
        (Status, "+OK fine\r", &[ControlInResponse], "fine "),
        (Status, "-ERR \u{80}", &[], "-ERR"),
        (Status, &long_text, &[LongResponse], "xxx"),
        (Status, "+OK  ", &[StatusWithoutText, ExtraSpace], "+OK"),
        // STAT.
        (Stat, "2 320", &[], "Some(320)"),
        (Stat, "1 -1", &[UnknownSize], "octets: None"),
        (Stat, "500 4294967296123", &[], "Some(4294967296123)"),
        (Stat, "2", &[UnknownSize], "octets: None"),
        (Stat, "2 ", &[UnknownSize], "octets: None"),
        (Stat, "2 messages (320 octets)", &[TextBehindSize, UnknownSize], "messages: 2"),
        (Stat, "2  320", &[ExtraSpace], "Some(320)"),
        (Stat, " 2 320", &[ExtraSpace], "Some(320)"),
        (Stat, "2\t320", &[ExtraSpace], "Some(320)"),
        (Stat, "2 320 ", &[TrailingSpace], "Some(320)"),
        (Stat, "2 320octets", &[MissingSpace], "Some(320)"),
        (Stat, "2 320\r", &[ControlInResponse], "Some(320)"),
        // LIST.
        (List, "1 120", &[], "Some(120)"),
        (List, "1 120 info info", &[TextBehindSize], "Some(120)"),
        (List, "1 -1", &[UnknownSize], "octets: None"),
        (List, "1", &[UnknownSize], "octets: None"),
        (List, "1 ?", &[UnknownSize], "octets: None"),
        (List, "1 1,024", &[UnknownSize], "octets: None"),
        (List, "1 0x78", &[UnknownSize], "octets: None"),
        (List, "1 1e3", &[UnknownSize], "octets: None"),
        (List, "1 18446744073709551616", &[UnknownSize], "octets: None"),
        (List, &digits, &[UnknownSize], "octets: None"),
        (List, "1 120 bytes", &[TextBehindSize], "Some(120)"),
        (List, "1 120bytes", &[MissingSpace], "Some(120)"),
        (List, "1   120", &[ExtraSpace], "Some(120)"),
        (List, "  1 120", &[ExtraSpace], "Some(120)"),
        (List, "1 120  ", &[TrailingSpace], "Some(120)"),
        (List, "01 0120", &[], "Some(120)"),
        // UIDL.
        (Uidl, "1 abc", &[], "UniqueId(abc)"),
        (Uidl, "3 ", &[MissingId], "id: None"),
        (Uidl, "3", &[MissingId], "id: None"),
        (Uidl, "3\t", &[MissingId], "id: None"),
        (Uidl, "1 a b", &[BlankInId], "UniqueId(a b)"),
        (Uidl, "1 a\tb", &[BlankInId], "UniqueId"),
        (Uidl, "1  abc", &[ExtraSpace], "UniqueId(abc)"),
        (Uidl, "1 abc ", &[TrailingSpace], "UniqueId(abc)"),
        (Uidl, "1 abc\r", &[ControlInResponse], "UniqueId(abc)"),
        (Uidl, "1 é", &[OddId], "UniqueId(é)"),
        (Uidl, "1 a\u{7f}b", &[OddId], "UniqueId"),
        (Uidl, &long_id, &[LongId], "xxx"),
        (Uidl, "1 <a@b> x ", &[TrailingSpace, BlankInId], "UniqueId(<a@b> x)"),
        // CAPA.
        (Capa, "LOGIN-DELAY 300", &[], "seconds: 300"),
        (Capa, "SASL PLAIN X-ZIMBRA", &[], "Sasl"),
        (Capa, "LOGIN-DELAY  300  USER", &[ExtraSpace], "per_user: true"),
        (Capa, " TOP", &[ExtraSpace], "Top"),
        (Capa, "TOP ", &[TrailingSpace], "Top"),
        (Capa, "TOP\r", &[ControlInResponse], "Top"),
        (Capa, "TOP yes", &[StrayParameter], "Top"),
        (Capa, "UIDL 1", &[StrayParameter], "Uidl"),
        (Capa, "SASL  PLAIN  LOGIN", &[ExtraSpace], "PLAIN  LOGIN"),
        (Capa, "SASL\tPLAIN", &[ExtraSpace], "Sasl"),
        (Capa, "SASL", &[OddParameter], "Sasl"),
        (Capa, "IMPLEMENTATION", &[OddParameter], "Implementation"),
        (Capa, "EXPIRE", &[OddParameter], "Other"),
        (Capa, "EXPIRE soon", &[OddParameter], "Other"),
        (Capa, "EXPIRE 30 days", &[StrayParameter], "Some(30)"),
        (Capa, "LOGIN-DELAY 99999999999", &[OddParameter], "Other"),
        (Capa, "X-UNKNOWN a b", &[], "Other"),
        // Challenges.
        (Challenge, "+ YQ==", &[], "YQ=="),
        (Challenge, "+", &[MissingSpace], ""),
        (Challenge, "+YQ==", &[MissingSpace], "YQ=="),
    ];
    assert!(octets.len() >= 60, "{}", octets.len());
    for (what, line, deviations, value) in octets {
        let name = format!("{what:?} {:?}", line.get(..60).unwrap_or(line));
        let (read_as, met) = read(*what, line.as_bytes(), Profile::COMPAT)
            .unwrap_or_else(|| panic!("{name} cannot be read"));
        assert_eq!(met, *deviations, "{name}");
        assert!(read_as.contains(value), "{name}: {read_as}");
        // Strictly, only what the RFCs let pass is read. A capability is kept as a line then.
        let is_legal = deviations.iter().all(|one| Profile::STRICT.tolerates(*one));
        let strict = read(*what, line.as_bytes(), Profile::STRICT);
        let is_kept = strict.as_ref().is_some_and(|(value, _)| value.starts_with("Other"));
        let may_be_text = *what == Status && *deviations == [ExtraSpace]
            || matches!(*line, "2 320 " | "1 120  " | "+OK  ");
        assert_eq!(
            strict.is_some() && !is_kept,
            (is_legal && !read_as.starts_with("Other")) || (may_be_text && strict.is_some()),
            "{name}: {strict:?}"
        );
    }
}

#[test]
fn err_whatever_the_profile() {
    for (what, line) in [
        (Status, ""),
        (Status, "ready"),
        (Status, "220 ready"),
        (Status, "OK"),
        (Status, "+"),
        (Stat, ""),
        (Stat, "x 1"),
        (Stat, "-1 -1"),
        (List, "0 1"),
        (List, "-1 5"),
        (List, "4294967296 5"),
        (List, "."),
        (Uidl, "x"),
        (Uidl, "1 a\0b"),
        (Capa, ""),
        (Challenge, "+OK"),
        (Challenge, "-ERR"),
    ] {
        assert_eq!(read(what, line.as_bytes(), Profile::COMPAT), None, "{what:?} {line:?}");
    }
    let latin = b"-ERR gr\xfc\xdfe";
    assert_eq!(read(Status, latin, Profile::STRICT), None);
    assert_eq!(read(Status, latin, Profile::COMPAT).unwrap().1, [NonUtf8Response]);
}

/// Every line of a server in the file is read, as what it is.
#[test]
fn each_line_of_the_file_is_read() {
    let Some(suites) = std::env::var_os("MAIL_SUITES") else {
        println!("skipped: MAIL_SUITES");
        return;
    };
    let path = PathBuf::from(suites).join("../data/smtp_quirks.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let lines = text.lines().filter(|line| line.contains(r#""proto": "pop3""#));
    let mut met: BTreeMap<bool, usize> = BTreeMap::new();
    for line in lines.filter(|line| line.contains(r#""direction": "S""#)) {
        let from = line.find(r#""line": ""#).unwrap() + 9;
        let rest = &line[from..];
        let end = rest.find(r#"", "expect""#).unwrap();
        let said = rest[..end].replace(r"\r\n", "\n").replace(r"\n", "\n").replace(r"\u0000", "\0");
        for line in said.lines().filter(|line| *line != ".") {
            let is_read = [Status, List, Uidl, Capa, Challenge]
                .into_iter()
                .any(|what| read(what, line.as_bytes(), Profile::COMPAT).is_some());
            *met.entry(is_read).or_default() += 1;
        }
    }
    assert_eq!(met.get(&false), None);
    assert!(met[&true] >= 20, "{met:?}");
}
