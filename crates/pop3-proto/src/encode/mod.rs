//! The mirror of [`parse`](crate::parse): values in, lines with CRLF out.
//!
//! Nothing here can fail, because no value can hold what must not be sent.

use mail_wire::Sink;

use crate::{
    Capability, Command, DropListing, LanguageListing, LanguageRange, MessageNumber, Response,
    ResponseCode, ScanListing, UniqueIdListing,
};

/// The line that ends every answer of many lines. RFC 1939 3.
pub const TERMINATOR: &[u8] = b".\r\n";

/// Writes a command.
pub fn command(command: &Command<'_>, out: &mut impl Sink) {
    out.put(command.verb().as_str().as_bytes());
    match command {
        Command::User(name) => word(name.as_str().as_bytes(), out),
        Command::Pass(password) => word(password.expose(), out),
        Command::Apop(name, digest) => {
            word(name.as_str().as_bytes(), out);
            word(digest.digits(), out);
        }
        Command::Auth(Some(arguments)) => {
            word(arguments.mechanism(), out);
            if let Some(initial) = arguments.initial() {
                word(initial, out);
            }
        }
        Command::Lang(Some(LanguageRange::Preferred)) => word(b"*", out),
        Command::Lang(Some(LanguageRange::Tag(tag))) => word(tag.as_str().as_bytes(), out),
        Command::Auth(None) | Command::List(None) | Command::Uidl(None) | Command::Lang(None) => {}
        Command::List(Some(number)) | Command::Uidl(Some(number)) => message(*number, out),
        Command::Retr(number) | Command::Dele(number) => message(*number, out),
        Command::Top(number, lines) => {
            message(*number, out);
            out.put(b" ");
            out.put_number(*lines);
        }
        Command::Capa
        | Command::Stls
        | Command::Utf8
        | Command::Stat
        | Command::Rset
        | Command::Noop
        | Command::Quit => {}
    }
    out.put(b"\r\n");
}

/// Writes the first line of an answer.
pub fn response(response: &Response<'_>, out: &mut impl Sink) {
    out.put(response.status().as_str().as_bytes());
    if !response.line().as_bytes().is_empty() {
        word(response.line().as_bytes(), out);
    }
    out.put(b"\r\n");
}

/// Writes a response code with its brackets, and the space that parts it from the text.
pub fn response_code(code: ResponseCode<'_>, out: &mut impl Sink) {
    out.put(b"[");
    out.put(code.as_bytes());
    out.put(b"] ");
}

/// Writes a line of the answer to CAPA.
pub fn capability(capability: &Capability<'_>, out: &mut impl Sink) {
    match capability {
        Capability::Top => out.put(b"TOP"),
        Capability::User => out.put(b"USER"),
        Capability::Sasl(mechanisms) => {
            out.put(b"SASL");
            word(mechanisms.as_bytes(), out);
        }
        Capability::RespCodes => out.put(b"RESP-CODES"),
        Capability::LoginDelay { seconds, per_user } => {
            out.put(b"LOGIN-DELAY ");
            amount(*seconds, *per_user, out);
        }
        Capability::Pipelining => out.put(b"PIPELINING"),
        Capability::Expire { days: None, per_user: _ } => out.put(b"EXPIRE NEVER"),
        Capability::Expire { days: Some(days), per_user } => {
            out.put(b"EXPIRE ");
            amount(*days, *per_user, out);
        }
        Capability::Uidl => out.put(b"UIDL"),
        Capability::Implementation(program) => {
            out.put(b"IMPLEMENTATION");
            word(program.as_bytes(), out);
        }
        Capability::Stls => out.put(b"STLS"),
        Capability::Utf8 { names: false } => out.put(b"UTF8"),
        Capability::Utf8 { names: true } => out.put(b"UTF8 USER"),
        Capability::Lang => out.put(b"LANG"),
        Capability::AuthRespCode => out.put(b"AUTH-RESP-CODE"),
        Capability::Other(line) => {
            // RFC 1939 3: a line that begins with a dot is stuffed.
            if line.as_bytes().starts_with(b".") {
                out.put(b".");
            }
            out.put(line.as_bytes());
        }
    }
    out.put(b"\r\n");
}

/// Writes the two numbers of STAT; a size that is not known as 0.
pub fn drop_listing(listing: DropListing, out: &mut impl Sink) {
    out.put_number(listing.messages().into());
    out.put(b" ");
    out.put_number(listing.octets().unwrap_or(0));
    out.put(b"\r\n");
}

/// Writes a line of LIST; a size that is not known as 0.
pub fn scan_listing(listing: ScanListing, out: &mut impl Sink) {
    out.put_number(listing.number().get().into());
    out.put(b" ");
    out.put_number(listing.octets().unwrap_or(0));
    out.put(b"\r\n");
}

/// Writes a line of UIDL; of an id that is missing, none.
pub fn unique_id_listing(listing: &UniqueIdListing, out: &mut impl Sink) {
    out.put_number(listing.number().get().into());
    if let Some(id) = listing.id() {
        word(id.as_bytes(), out);
    }
    out.put(b"\r\n");
}

/// Writes a line of the answer to LANG without an argument.
pub fn language_listing(listing: &LanguageListing<'_>, out: &mut impl Sink) {
    out.put(listing.tag().as_str().as_bytes());
    if !listing.name().as_bytes().is_empty() {
        word(listing.name().as_bytes(), out);
    }
    out.put(b"\r\n");
}

fn word(octets: &[u8], out: &mut impl Sink) {
    out.put(b" ");
    out.put(octets);
}

fn message(number: MessageNumber, out: &mut impl Sink) {
    out.put(b" ");
    out.put_number(number.get().into());
}

fn amount(number: u32, per_user: bool, out: &mut impl Sink) {
    out.put_number(number.into());
    if per_user {
        out.put(b" USER");
    }
}
