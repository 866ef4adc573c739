//! POP3's commands and responses.

use mail_errors::ParseError;
use pop3_proto::{Capabilities, Defects, Deviation, Profile, Timestamp, UniqueId, encode, parse};

use crate::expect_offset;

/// Octets are read as a command line.
pub(crate) fn command(data: &[u8]) {
    let mut met = Defects::new();
    let strict = checked(data, parse::command(data, Profile::STRICT, &mut met));
    assert!(met.is_empty(), "tolerated by nobody");
    let read = checked(data, parse::command(data, Profile::COMPAT, &mut met));
    assert!(strict.is_none() || strict == read, "what is tolerated changes nothing else");
    let Some(command) = read else { return };
    assert_eq!(met.is_empty(), strict.is_some());
    assert_eq!(parse::verb(data), Some(command.verb()));
    let line = line(|out| encode::command(&command, out));
    assert_eq!(parse::command(&line, Profile::STRICT, &mut Defects::new()).as_ref(), Ok(&command));
    assert_eq!(command.clone().into_owned(), command);
}

/// Octets are read as each line that a server can send, strictly and not.
pub(crate) fn response(data: &[u8]) {
    for profile in [Profile::STRICT, Profile::COMPAT] {
        line_of_server(data, profile);
    }
    if let Some(listing) = checked(data, parse::language_listing(data)) {
        let line = line(|out| encode::language_listing(&listing, out));
        assert_eq!(parse::language_listing(&line).as_ref(), Ok(&listing));
    }
    if let Some(timestamp) = Timestamp::find(data) {
        assert_eq!(Timestamp::new(timestamp.as_str()).as_ref(), Ok(&timestamp));
        assert!(String::from_utf8_lossy(data).contains(timestamp.as_str()));
    }
    let mut capabilities = Capabilities::default();
    for line in data.split(|&octet| octet == b'\n') {
        capabilities.push(line);
    }
    assert!(capabilities.iter().count() <= data.len() + 1);
}

fn line_of_server(data: &[u8], profile: Profile) {
    let again = &mut Defects::new();
    let mut met = Defects::new();
    if let Some(response) = checked(data, parse::response(data, profile, &mut met)) {
        expect_defects(data, profile, &met);
        let line = line(|out| encode::response(&response, out));
        assert_eq!(parse::response(&line, profile, again).as_ref(), Ok(&response));
        if let Some(code) = response.code() {
            assert!(!code.as_bytes().is_empty() && response.text().len() < data.len());
        }
        // Whoever reads a number in the text says where it stands, counted from the line's end.
        assert!(response.line().as_bytes().len() <= data.len());
    }
    let mut met = Defects::new();
    if let Some(listing) = checked(data, parse::drop_listing(data, profile, &mut met)) {
        expect_defects(data, profile, &met);
        if listing.octets().is_some() {
            let line = line(|out| encode::drop_listing(listing, out));
            assert_eq!(parse::drop_listing(&line, profile, again), Ok(listing));
        }
    }
    let mut met = Defects::new();
    if let Some(listing) = checked(data, parse::scan_listing(data, profile, &mut met)) {
        expect_defects(data, profile, &met);
        if listing.octets().is_some() {
            let line = line(|out| encode::scan_listing(listing, out));
            assert_eq!(parse::scan_listing(&line, profile, again), Ok(listing));
        }
    }
    let mut met = Defects::new();
    if let Some(listing) = checked(data, parse::unique_id_listing(data, profile, &mut met)) {
        expect_defects(data, profile, &met);
        let line = line(|out| encode::unique_id_listing(&listing, out));
        assert_eq!(parse::unique_id_listing(&line, profile, again).as_ref(), Ok(&listing));
        if let Some(id) = listing.id() {
            assert_eq!(UniqueId::kept(id.as_bytes()).as_ref(), Ok(id));
        }
    }
    let mut met = Defects::new();
    if let Some(capability) = checked(data, parse::capability(data, profile, &mut met)) {
        expect_defects(data, profile, &met);
        let has_control = met.iter().any(|it| it.deviation() == Deviation::ControlInResponse);
        let line = line(|out| encode::capability(&capability, out));
        let line = line.strip_prefix(b".").filter(|rest| rest.starts_with(b".")).unwrap_or(&line);
        let back = parse::capability(line, profile, again);
        assert!(has_control || back.as_ref() == Ok(&capability), "{back:?} {capability:?}");
    }
    let mut met = Defects::new();
    if parse::challenge(data, profile, &mut met).is_some() {
        expect_defects(data, profile, &met);
    }
}

/// Nothing is reported that is not tolerated, and nothing outside of the line.
fn expect_defects(data: &[u8], profile: Profile, met: &Defects) {
    for defect in met.iter() {
        assert!(profile.tolerates(defect.deviation()), "{defect}");
        assert!(defect.offset() <= data.len(), "{defect}");
    }
}

fn checked<T>(data: &[u8], read: Result<T, ParseError>) -> Option<T> {
    read.inspect_err(|error| expect_offset(error, data)).ok()
}

/// Returns what is written, without its line end.
fn line(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut wire = Vec::new();
    write(&mut wire);
    let line = wire.strip_suffix(b"\r\n").expect("it is a line");
    let unsendable = |octet: &u8| matches!(octet, b'\r' | b'\n' | 0);
    assert!(!line.iter().any(unsendable), "two lines of one");
    line.to_vec()
}
