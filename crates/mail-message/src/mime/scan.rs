//! The pass over a message that finds its parts.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::Header;
use crate::mime::tree::{Node, PartKind, content_type, encoding};
use crate::mime::{MimeDefect, MimeLimits};

pub(super) struct Scan<'a> {
    raw: &'a [u8],
    limits: MimeLimits,
    nodes: Vec<Node>,
    defects: Vec<(usize, MimeDefect)>,
    /// The parts that have not ended, from the outermost in.
    open: Vec<usize>,
    /// The multiparts of those whose boundaries are looked for.
    multiparts: Vec<Multipart<'a>>,
}

struct Multipart<'a> {
    node: usize,
    boundary: Cow<'a, [u8]>,
    has_parts: bool,
    is_digest: bool,
}

/// A line that parts the parts of a multipart.
struct Delimiter {
    /// Which of the open multiparts it belongs to.
    level: usize,
    start: usize,
    /// Where the next line begins.
    end: usize,
    closes: bool,
}

impl<'a> Scan<'a> {
    pub(super) const fn new(raw: &'a [u8], limits: &MimeLimits) -> Self {
        Self {
            raw,
            limits: *limits,
            nodes: Vec::new(),
            defects: Vec::new(),
            open: Vec::new(),
            multiparts: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> (Vec<Node>, Vec<(usize, MimeDefect)>) {
        let mut at = self.begin(None, 0, false);
        while let Some(delimiter) = self.next_delimiter(at) {
            self.end_above(&delimiter);
            at = delimiter.end;
            let Some(multipart) = self.multiparts.get_mut(delimiter.level) else { break };
            let (node, in_digest) = (multipart.node, multipart.is_digest);
            if delimiter.closes {
                self.close_multiparts(delimiter.level, true);
                continue;
            }
            if self.nodes.len() >= self.limits.parts {
                self.defects.push((node, MimeDefect::TooMany));
                break;
            }
            multipart.has_parts = true;
            at = self.begin(Some(node), at, in_digest);
        }
        self.close_multiparts(0, false);
        self.end_nodes(0, self.raw.len());
        (self.nodes, self.defects)
    }

    /// Begins a part, and the messages in it. Returns where the innermost body begins.
    fn begin(&mut self, parent: Option<usize>, start: usize, in_digest: bool) -> usize {
        let (mut parent, mut start, mut in_digest) = (parent, start, in_digest);
        loop {
            let index = self.nodes.len();
            let above = parent.and_then(|parent| self.nodes.get(parent));
            let depth = above.map_or(0, |above| above.depth.saturating_add(1));
            let (body, is_whole) = self.header_end(start);
            let end = self.raw.len();
            let kind = PartKind::Leaf;
            let next = index + 1;
            self.nodes.push(Node { parent, depth, next, start, body, end, kind, in_digest });
            self.open.push(index);
            let kind = self.look_into(index, is_whole);
            if let Some(node) = self.nodes.get_mut(index) {
                node.kind = kind;
            }
            if kind != PartKind::Message {
                return body;
            }
            (parent, start, in_digest) = (Some(index), body, false);
        }
    }

    /// Tells whether there are parts in a part, and begins to look for their boundary. Nothing is in
    /// one whose header is not whole.
    fn look_into(&mut self, index: usize, is_whole: bool) -> PartKind {
        let Some(node) = self.nodes.get(index) else { return PartKind::Leaf };
        let header = Header::of(self.raw.get(node.start..node.body).unwrap_or_default());
        let kind = content_type(&header, node.in_digest);
        let too_deep = node.depth >= self.limits.depth;
        let mut leaf = |defect| {
            self.defects.push((index, defect));
            PartKind::Leaf
        };
        if kind.is_main("multipart") {
            let boundary = kind.parameters().octets("boundary").unwrap_or_default();
            // RFC 2046 5.1.1: no boundary ends in white space.
            let boundary = match boundary {
                Cow::Borrowed(octets) => Cow::Borrowed(octets.trim_ascii_end()),
                Cow::Owned(octets) => Cow::Owned(octets.trim_ascii_end().to_vec()),
            };
            if boundary.is_empty() || boundary.len() > LONGEST_BOUNDARY {
                return leaf(MimeDefect::NoBoundary);
            }
            if too_deep {
                return leaf(MimeDefect::TooDeep);
            }
            // RFC 2045 6.4 forbids any encoding; who says there is one has not encoded anything.
            if !encoding(&header).is_identity() {
                self.defects.push((index, MimeDefect::Encoded));
            }
            let is_digest = kind.is("multipart", "digest");
            let multipart = Multipart { node: index, boundary, has_parts: false, is_digest };
            self.multiparts.push(multipart);
            PartKind::Multipart
        } else if kind.is("message", "rfc822") || kind.is("message", "global") {
            if !encoding(&header).is_identity() {
                return leaf(MimeDefect::Encoded);
            }
            if too_deep {
                return leaf(MimeDefect::TooDeep);
            }
            if self.nodes.len() >= self.limits.parts {
                return leaf(MimeDefect::TooMany);
            }
            if is_whole { PartKind::Message } else { PartKind::Leaf }
        } else {
            PartKind::Leaf
        }
    }

    /// Returns where the body behind a header begins, behind the first empty line; and whether there
    /// is one before the next boundary.
    fn header_end(&self, start: usize) -> (usize, bool) {
        let mut at = start;
        loop {
            let rest = self.raw.get(at..).unwrap_or_default();
            match rest {
                [] => return (self.raw.len(), true),
                [b'\n', ..] => return (at + 1, true),
                [b'\r', b'\n', ..] => return (at + 2, true),
                [b'-', b'-', ..] if self.delimiter_at(at).is_some() => {
                    return (self.before_line_end(at).max(start), false);
                }
                _ => at += memchr(b'\n', rest).map_or(rest.len(), |lf| lf + 1),
            }
        }
    }

    /// Finds the next line from a line's start on that is a delimiter of an open multipart.
    fn next_delimiter(&self, start: usize) -> Option<Delimiter> {
        if self.multiparts.is_empty() {
            return None;
        }
        if let Some(delimiter) = self.delimiter_at(start) {
            return Some(delimiter);
        }
        let rest = self.raw.get(start..)?;
        memmem::find_iter(rest, b"\n--").find_map(|at| self.delimiter_at(start + at + 1))
    }

    /// > delimiter := CRLF "--" boundary
    /// > close-delimiter := delimiter "--"
    /// > transport-padding := *LWSP-char                       RFC 2046 section 5.1.1
    ///
    /// The whole line has to match: a boundary may be the beginning of another.
    fn delimiter_at(&self, start: usize) -> Option<Delimiter> {
        let rest = self.raw.get(start..)?.strip_prefix(b"--")?;
        let longest = LONGEST_BOUNDARY + PADDING;
        let len = memchr(b'\n', rest.get(..longest.min(rest.len()))?);
        let len = len.or_else(|| (rest.len() <= longest).then_some(rest.len()))?;
        let line = rest.get(..len)?.trim_ascii_end();
        let end = (start + 2 + len + 1).min(self.raw.len());
        let closed = line.strip_suffix(b"--");
        self.multiparts.iter().enumerate().rev().find_map(|(level, multipart)| {
            let closes = closed == Some(&*multipart.boundary);
            let is_one = closes || line == &*multipart.boundary;
            is_one.then_some(Delimiter { level, start, end, closes })
        })
    }

    /// Ends what is open inside of the multipart that a delimiter belongs to.
    fn end_above(&mut self, delimiter: &Delimiter) {
        self.close_multiparts(delimiter.level + 1, false);
        let node = self.multiparts.get(delimiter.level).map_or(0, |multipart| multipart.node);
        let keep = self.open.iter().rposition(|&open| open == node).map_or(0, |at| at + 1);
        self.end_nodes(keep, self.before_line_end(delimiter.start));
    }

    /// Returns where the line end in front of a delimiter begins: it is the delimiter's.
    fn before_line_end(&self, start: usize) -> usize {
        match self.raw.get(..start).unwrap_or_default() {
            [before @ .., b'\r', b'\n'] | [before @ .., b'\n'] => before.len(),
            _ => start,
        }
    }

    fn end_nodes(&mut self, keep: usize, end: usize) {
        let next = self.nodes.len();
        let mut end = end;
        // From the innermost out: what is around a part never ends before it, also where the line
        // end in front of the delimiter is the empty line of a header.
        for index in self.open.drain(keep..).rev() {
            if let Some(node) = self.nodes.get_mut(index) {
                end = end.max(node.body);
                node.end = end;
                node.next = next;
            }
        }
    }

    /// Looks no longer for the boundaries of these multiparts.
    fn close_multiparts(&mut self, keep: usize, properly: bool) {
        for multipart in self.multiparts.drain(keep..) {
            if !multipart.has_parts {
                self.defects.push((multipart.node, MimeDefect::NoParts));
            } else if !properly {
                self.defects.push((multipart.node, MimeDefect::NotClosed));
            }
        }
    }
}

/// The longest boundary that is looked for. RFC 2046 section 5.1.1 has 70; some write more.
const LONGEST_BOUNDARY: usize = 256;

/// The most octets behind a boundary: two hyphens, white space and a line end.
const PADDING: usize = 256;
