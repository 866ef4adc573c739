//! The octets of messages: written in chunks, shared, read by ranges.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Failure;
use super::readers::Readers;
use super::sweep::{Pin, Pins};
use super::writer::Writer;
use super::{int, uint};
use crate::store::{Body, MessageId, Noun, Spooled, StoreError};

/// A message that is about to be referred to.
///
/// A short one is written with what refers to it. A long one is written before, a few chunks at a
/// time, so that it does not keep the others waiting; until it is referred to a pin keeps it.
#[derive(Debug, Clone)]
pub(super) enum Staged {
    Whole(Spooled),
    Written { message: Spooled, body: i64, _pin: Arc<Pin> },
}

impl Staged {
    /// Writes a long message down.
    pub(super) fn new(
        writer: &Writer,
        pins: &Arc<Pins>,
        message: &Spooled,
    ) -> Result<Self, StoreError> {
        if message.size() <= STEP {
            return Ok(Self::Whole(message.clone()));
        }
        let (whole, pins) = (message.clone(), Arc::clone(pins));
        let (body, pin) = writer.run(move |connection| {
            let body = insert_body(connection, &whole)?;
            // Before the commit, or the sweep could come first.
            Ok((body, pins.pin(body)))
        })?;
        let mut from = 0;
        while from < message.size() {
            let part = message.clone();
            writer
                .run(move |connection| insert_chunks(connection, body, &part, from, from + STEP))?;
            from += STEP;
        }
        Ok(Self::Written { message: message.clone(), body, _pin: Arc::new(pin) })
    }

    pub(super) const fn message(&self) -> &Spooled {
        match self {
            Self::Whole(message) | Self::Written { message, .. } => message,
        }
    }
}

/// The contents that one piece of work makes of one staged message: its body once, each different
/// trace once.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    connection: &'a Connection,
    staged: &'a Staged,
    body: Option<i64>,
    known: HashMap<Bytes, i64>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(connection: &'a Connection, staged: &'a Staged) -> Self {
        Self { connection, staged, body: None, known: HashMap::new() }
    }

    /// Returns the message behind this trace, and its size.
    pub(super) fn behind(&mut self, trace: &Bytes) -> Result<(MessageId, u64), Failure> {
        let size = trace.len() as u64 + self.staged.message().size();
        if let Some(id) = self.known.get(trace) {
            return Ok((MessageId::new(uint(*id)), size));
        }
        let body = match (self.body, self.staged) {
            (Some(body), _) => body,
            (None, Staged::Written { body, .. }) => *body,
            (None, Staged::Whole(message)) => {
                let body = insert_body(self.connection, message)?;
                insert_chunks(self.connection, body, message, 0, message.size())?;
                body
            }
        };
        self.body = Some(body);
        let id: i64 = self
            .connection
            .prepare_cached("INSERT INTO content (body, trace) VALUES (?1, ?2) RETURNING id")?
            .query_row(params![body, &trace[..]], |row| row.get(0))?;
        self.known.insert(trace.clone(), id);
        Ok((MessageId::new(uint(id)), size))
    }
}

fn insert_body(connection: &Connection, message: &Spooled) -> Result<i64, Failure> {
    let row = params![int(message.size()), int(message.header_size()), message.is_eight_bit()];
    Ok(connection
        .prepare_cached(
            "INSERT INTO body (size, header_size, eight_bit) VALUES (?1, ?2, ?3) RETURNING id",
        )?
        .query_row(row, |row| row.get(0))?)
}

/// Writes the chunks that begin in `from..to`.
fn insert_chunks(
    connection: &Connection,
    body: i64,
    message: &Spooled,
    from: u64,
    to: u64,
) -> Result<(), Failure> {
    let mut insert =
        connection.prepare_cached("INSERT INTO chunk (body, no, data) VALUES (?1, ?2, ?3)")?;
    let mut chunk = vec![0; CHUNK];
    let mut offset = from;
    while offset < to.min(message.size()) {
        let count = message.read_at(offset, &mut chunk)?;
        let data = chunk.get(..count).filter(|data| !data.is_empty());
        let Some(data) = data else { return Err(StoreError::backend("the spool is torn").into()) };
        insert.execute(params![body, int(offset / CHUNK as u64), data])?;
        offset += CHUNK as u64;
    }
    Ok(())
}

/// A body that is being read.
#[derive(Debug)]
pub(super) struct StoredBody {
    readers: Arc<Readers>,
    _pin: Pin,
    trace: Bytes,
    body: i64,
    size: u64,
    header_size: u64,
    /// The chunk that was read last, with its number.
    chunk: Option<(u64, Bytes)>,
}

impl StoredBody {
    pub(super) fn open(
        readers: &Arc<Readers>,
        pins: &Arc<Pins>,
        message: MessageId,
    ) -> Result<Self, StoreError> {
        let find = || {
            readers.run(|connection| {
                connection
                    .prepare_cached(
                        "SELECT body.id, trace, size, header_size FROM content
                         JOIN body ON body.id = content.body
                         WHERE content.id = ?1 AND content.refs > 0",
                    )?
                    .query_row([int(message.number())], |row| {
                        Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?, row.get(3)?))
                    })
                    .optional()?
                    .ok_or(Failure::not_found(Noun::Message))
            })
        };
        let (body, trace, size, header_size) = find()?;
        let pin = pins.pin(body);
        // Still there behind the pin, so the sweep will pass it over: see `sweep`.
        find()?;
        let trace = Bytes::from(trace);
        Ok(Self {
            readers: Arc::clone(readers),
            _pin: pin,
            size: trace.len() as u64 + uint(size),
            header_size: trace.len() as u64 + uint(header_size),
            trace,
            body,
            chunk: None,
        })
    }

    fn chunk(&mut self, no: u64) -> Result<Bytes, StoreError> {
        if let Some((_, chunk)) = self.chunk.as_ref().filter(|(last, _)| *last == no) {
            return Ok(chunk.clone());
        }
        let chunk: Vec<u8> = self.readers.run(|connection| {
            connection
                .prepare_cached("SELECT data FROM chunk WHERE body = ?1 AND no = ?2")?
                .query_row([self.body, int(no)], |row| row.get(0))
                .optional()?
                .ok_or_else(|| {
                    Failure::corrupt(format_args!("body {} lacks chunk {no}", self.body))
                })
        })?;
        let chunk = Bytes::from(chunk);
        self.chunk = Some((no, chunk.clone()));
        Ok(chunk)
    }
}

impl Body for StoredBody {
    fn size(&self) -> u64 {
        self.size
    }

    fn header_size(&self) -> u64 {
        self.header_size
    }

    fn read(&mut self, offset: u64, most: usize) -> Result<Bytes, StoreError> {
        let trace = self.trace.len() as u64;
        let (piece, at) = match offset.checked_sub(trace) {
            None => (self.trace.clone(), offset),
            Some(_) if offset >= self.size => return Ok(Bytes::new()),
            Some(behind) => (self.chunk(behind / CHUNK as u64)?, behind % CHUNK as u64),
        };
        let at = usize::try_from(at).map_or(piece.len(), |at| at.min(piece.len()));
        let end = piece.len().min(at.saturating_add(most.min(CHUNK)));
        if at == end && most > 0 {
            return Err(StoreError::corrupt(format_args!("body {} has a short chunk", self.body)));
        }
        Ok(piece.slice(at..end))
    }
}

/// Reads messages whole that have one chunk, all of one moment: no pin is needed for those.
pub(super) fn short(
    readers: &Readers,
    messages: &[MessageId],
    most: usize,
) -> Result<Vec<Bytes>, StoreError> {
    readers.run(|connection| {
        let mut query = connection.prepare_cached(
            "SELECT trace, data FROM content
             JOIN body ON body.id = content.body
             LEFT JOIN chunk ON chunk.body = body.id AND chunk.no = 0
             WHERE content.id = ?1 AND content.refs > 0 AND body.size <= ?2
             AND length(coalesce(data, '')) = body.size",
        )?;
        let (mut found, mut octets) = (Vec::with_capacity(messages.len()), 0);
        for message in messages {
            let whole = query
                .query_row(params![int(message.number()), int(CHUNK as u64)], |row| {
                    let (trace, data) = (row.get_ref(0)?, row.get_ref(1)?);
                    // What is empty has no chunk.
                    let data = data.as_blob_or_null()?.unwrap_or_default();
                    Ok([trace.as_blob()?, data].concat())
                })
                .optional()?;
            let Some(whole) = whole else { break };
            octets += whole.len();
            if octets > most && !found.is_empty() {
                break;
            }
            found.push(Bytes::from(whole));
        }
        Ok(found)
    })
}

/// The octets of a chunk; the last one of a body has fewer.
pub(super) const CHUNK: usize = 64 * 1024;
/// The octets that are written in one piece of work: 64 chunks.
const STEP: u64 = 64 * CHUNK as u64;
