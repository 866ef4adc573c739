//! The items of FETCH, both ways.

use mail_wire::Sink;

use super::{
    Writer,
    lexical::{astring, date_time, flag_list, literal, literal_header},
};
use crate::{
    BodyText, FetchAttribute, FetchItem, FetchItems, HeaderNames, LiteralHeader, Part, Partial,
    Section, SectionText,
};

/// > "ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"
pub(super) fn fetch_items<S: Sink>(w: &mut Writer<'_, S>, items: &FetchItems<'_>) {
    if let Some(name) = items.as_macro() {
        return w.put(name.as_str().as_bytes());
    }
    let mut all = items.iter();
    match (all.next(), all.next()) {
        (Some(single), None) => fetch_att(w, &single),
        _ => w.list(items.iter(), fetch_att),
    }
}

/// > fetch-att
pub(crate) fn fetch_att<S: Sink>(w: &mut Writer<'_, S>, item: &FetchItem<'_>) {
    match item {
        FetchItem::Flags => w.put(b"FLAGS"),
        FetchItem::Uid => w.put(b"UID"),
        FetchItem::InternalDate => w.put(b"INTERNALDATE"),
        FetchItem::Rfc822Size => w.put(b"RFC822.SIZE"),
        FetchItem::Envelope => w.put(b"ENVELOPE"),
        FetchItem::Body => w.put(b"BODY"),
        FetchItem::BodyStructure => w.put(b"BODYSTRUCTURE"),
        FetchItem::Rfc822 => w.put(b"RFC822"),
        FetchItem::Rfc822Header => w.put(b"RFC822.HEADER"),
        FetchItem::Rfc822Text => w.put(b"RFC822.TEXT"),
        FetchItem::Section { section, peek, partial } => {
            w.put(if *peek { b"BODY.PEEK" } else { b"BODY" });
            self::section(w, section);
            self::partial(w, *partial);
        }
        FetchItem::Binary { part, peek, partial } => {
            w.put(if *peek { b"BINARY.PEEK" } else { b"BINARY" });
            section_binary(w, part);
            self::partial(w, *partial);
        }
        FetchItem::BinarySize(part) => {
            w.put(b"BINARY.SIZE");
            section_binary(w, part);
        }
    }
}

/// > msg-att-dynamic / msg-att-static
pub(crate) fn msg_att<S: Sink>(w: &mut Writer<'_, S>, attribute: &FetchAttribute<'_>) {
    match attribute {
        FetchAttribute::Flags(flags) => {
            w.put(b"FLAGS ");
            flag_list(w, flags);
        }
        FetchAttribute::Uid(uid) => {
            w.put(b"UID ");
            w.number(u64::from(uid.get()));
        }
        FetchAttribute::InternalDate(date) => {
            w.put(b"INTERNALDATE ");
            date_time(w, *date);
        }
        FetchAttribute::Rfc822Size(octets) => {
            w.put(b"RFC822.SIZE ");
            w.number(*octets);
        }
        FetchAttribute::Envelope(raw) => named(w, b"ENVELOPE ", raw.as_bytes()),
        FetchAttribute::Body(raw) => named(w, b"BODY ", raw.as_bytes()),
        FetchAttribute::BodyStructure(raw) => named(w, b"BODYSTRUCTURE ", raw.as_bytes()),
        FetchAttribute::Rfc822(text) => {
            w.put(b"RFC822 ");
            body_text(w, text);
        }
        FetchAttribute::Rfc822Header(text) => {
            w.put(b"RFC822.HEADER ");
            body_text(w, text);
        }
        FetchAttribute::Rfc822Text(text) => {
            w.put(b"RFC822.TEXT ");
            body_text(w, text);
        }
        FetchAttribute::Section { section, origin, text } => {
            w.put(b"BODY");
            self::section(w, section);
            self::origin(w, *origin);
            w.put(b" ");
            body_text(w, text);
        }
        FetchAttribute::Binary { part, origin, text } => {
            w.put(b"BINARY");
            section_binary(w, part);
            self::origin(w, *origin);
            w.put(b" ");
            body_text(w, text);
        }
        FetchAttribute::BinarySize { part, octets } => {
            w.put(b"BINARY.SIZE");
            section_binary(w, part);
            w.put(b" ");
            w.number(*octets);
        }
        FetchAttribute::Other { name, value } => {
            w.put(name.as_bytes());
            named(w, b" ", value.as_bytes());
        }
    }
}

fn named<S: Sink>(w: &mut Writer<'_, S>, name: &[u8], value: &[u8]) {
    w.put(name);
    w.put(value);
}

/// > nstring / literal8
///
/// Always a literal, as old clients know no other form of a message.
fn body_text<S: Sink>(w: &mut Writer<'_, S>, text: &BodyText<'_>) {
    let header = |octets, binary| LiteralHeader { octets, synchronizing: true, binary };
    match text {
        BodyText::Nil => w.put(b"NIL"),
        BodyText::Inline(text) => literal(w, text.as_bytes()),
        BodyText::Binary(octets) => {
            literal_header(w, header(octets.len() as u64, true));
            w.put(octets);
        }
        BodyText::Streamed { octets, binary } => literal_header(w, header(*octets, *binary)),
    }
}

/// > section = "[" [section-spec] "]"
fn section<S: Sink>(w: &mut Writer<'_, S>, section: &Section<'_>) {
    w.put(b"[");
    w.put(section.part().as_bytes());
    if let Some(text) = section.text() {
        if !section.part().is_empty() {
            w.put(b".");
        }
        match text {
            SectionText::Header => w.put(b"HEADER"),
            SectionText::HeaderFields(names) => header_list(w, b"HEADER.FIELDS ", names),
            SectionText::HeaderFieldsNot(names) => header_list(w, b"HEADER.FIELDS.NOT ", names),
            SectionText::Text => w.put(b"TEXT"),
            SectionText::Mime => w.put(b"MIME"),
        }
    }
    w.put(b"]");
}

fn header_list<S: Sink>(w: &mut Writer<'_, S>, word: &[u8], names: &HeaderNames<'_>) {
    w.put(word);
    w.list(names.iter(), astring);
}

/// > section-binary = "[" [section-part] "]"
fn section_binary<S: Sink>(w: &mut Writer<'_, S>, part: &Part<'_>) {
    w.put(b"[");
    w.put(part.as_bytes());
    w.put(b"]");
}

/// > partial = "<" number64 "." nz-number64 ">"
fn partial<S: Sink>(w: &mut Writer<'_, S>, partial: Option<Partial>) {
    if let Some(partial) = partial {
        w.put(b"<");
        w.number(partial.offset());
        w.put(b".");
        w.number(partial.length());
        w.put(b">");
    }
}

/// > ["<" number ">"]
fn origin<S: Sink>(w: &mut Writer<'_, S>, origin: Option<u64>) {
    if let Some(origin) = origin {
        w.put(b"<");
        w.number(origin);
        w.put(b">");
    }
}
