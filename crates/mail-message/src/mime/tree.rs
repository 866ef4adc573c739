//! The tree of parts: RFC 2045 and 2046, in one pass.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr_iter;

use crate::mime::scan::Scan;
use crate::mime::{ContentType, Disposition, MimeDefect, MimeLimits, TransferEncoding};
use crate::{Header, Message};

/// A message and all parts in it, as ranges of its octets.
///
/// The tree is flat: parts stand in preorder, each before those in it, and each knows how many
/// follow that are in it. Reading takes one pass whatever the octets are, and no octet is copied.
/// A `message/rfc822` part has the message in it as its only child.
///
/// ```
/// use mail_message::mime::Tree;
///
/// let raw = b"Content-Type: multipart/mixed; boundary=x\r\n\
///     \r\n\
///     --x\r\n\
///     \r\n\
///     Hello.\r\n\
///     --x\r\n\
///     Content-Type: application/octet-stream; name=\"a.bin\"\r\n\
///     Content-Transfer-Encoding: base64\r\n\
///     \r\n\
///     AAEC\r\n\
///     --x--\r\n";
/// let tree = Tree::parse(raw);
/// assert_eq!(tree.root().children().count(), 2);
///
/// let text = tree.section(&[1]).expect("BODY[1] of IMAP");
/// assert!(text.content_type().is("text", "plain"));
/// assert_eq!(text.body(), b"Hello.");
/// let data = tree.section(&[2]).expect("the second");
/// assert_eq!(data.file_name().as_deref(), Some("a.bin"));
/// assert_eq!(&*data.decoded(), [0, 1, 2]);
/// ```
#[derive(Debug, Clone)]
pub struct Tree<'a> {
    raw: &'a [u8],
    nodes: Vec<Node>,
    defects: Vec<(usize, MimeDefect)>,
}

/// One part, in the flat tree.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) parent: Option<usize>,
    /// How many levels are above it.
    pub(super) depth: u16,
    /// The index behind the last part that is in this one.
    pub(super) next: usize,
    pub(super) start: usize,
    /// Where the header ends, its empty line included, and the body begins.
    pub(super) body: usize,
    pub(super) end: usize,
    pub(super) kind: PartKind,
    /// Whether it is a message where it does not say what it is.
    pub(super) in_digest: bool,
}

/// What can be in a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// Octets: a text, an image, or a multipart or message that could not be taken apart.
    Leaf,
    /// Parts, in order (RFC 2046 section 5.1).
    Multipart,
    /// A message: one child (RFC 2046 section 5.2.1, RFC 6532 section 3.7).
    Message,
}

impl<'a> Tree<'a> {
    /// Reads a message under the default [`MimeLimits`].
    #[must_use]
    pub fn parse(raw: &'a [u8]) -> Self {
        Self::parse_within(raw, &MimeLimits::default())
    }

    /// Reads a message. Any octets are one.
    #[must_use]
    pub fn parse_within(raw: &'a [u8], limits: &MimeLimits) -> Self {
        let (nodes, defects) = Scan::new(raw, limits).run();
        Self { raw, nodes, defects }
    }

    /// Returns the message itself.
    #[must_use]
    pub const fn root(&self) -> Part<'_, 'a> {
        Part { tree: self, index: 0 }
    }

    /// Iterates over all parts in preorder; the first is the message itself.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = Part<'_, 'a>> + ExactSizeIterator {
        (0..self.nodes.len()).map(|index| Part { tree: self, index })
    }

    /// Returns the part of this index in preorder.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<Part<'_, 'a>> {
        (index < self.nodes.len()).then_some(Part { tree: self, index })
    }

    /// Returns a part as IMAP numbers them (RFC 9051 section 6.4.5.1): the numbers of a section
    /// from the outermost on, each from 1; none of them is the message itself. What is no multipart
    /// has itself as its part 1, and the parts of a message in a message are counted at once.
    #[must_use]
    pub fn section(&self, numbers: &[u32]) -> Option<Part<'_, 'a>> {
        let mut part = self.root();
        // What the next number counts in: a message or a multipart.
        let mut inside = Some(part);
        for &number in numbers {
            let nth = usize::try_from(number.checked_sub(1)?).ok()?;
            part = match inside? {
                multipart if multipart.kind() == PartKind::Multipart => {
                    multipart.children().nth(nth)?
                }
                simple => (nth == 0).then_some(simple)?,
            };
            inside = match part.kind() {
                PartKind::Message => part.children().next(),
                PartKind::Multipart => Some(part),
                PartKind::Leaf => None,
            };
        }
        Some(part)
    }

    /// Iterates over what was wrong, each with the index of the part it was wrong with.
    pub fn defects(&self) -> impl Iterator<Item = (usize, MimeDefect)> + '_ {
        self.defects.iter().copied()
    }

    /// Returns the octets of the message.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }
}

/// One part of a [`Tree`], or the message itself.
#[derive(Debug, Clone, Copy)]
pub struct Part<'t, 'a> {
    tree: &'t Tree<'a>,
    index: usize,
}

impl<'t, 'a> Part<'t, 'a> {
    /// Returns its index in preorder; the message itself has 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Returns what can be in it.
    #[must_use]
    pub fn kind(&self) -> PartKind {
        self.node().kind
    }

    /// Returns how many levels are above it.
    #[must_use]
    pub fn depth(&self) -> u16 {
        self.node().depth
    }

    /// Returns the part it is in.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        Some(Self { tree: self.tree, index: self.node().parent? })
    }

    /// Iterates over the parts right below it.
    pub fn children(&self) -> impl Iterator<Item = Self> + Clone + use<'t, 'a> {
        let (tree, end) = (self.tree, self.node().next);
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            let child = Self { tree, index };
            let next = (index < end).then(|| tree.nodes.get(index).map(|node| node.next))??;
            index = next;
            Some(child)
        })
    }

    /// Returns the indices of all parts in it, at any depth.
    #[must_use]
    pub fn descendants(&self) -> Range<usize> {
        self.index + 1..self.node().next
    }

    /// Returns where in the message it stands, its header included: what a DKIM signer or IMAP's
    /// `BODY[2.MIME]` and `BODY[2]` together take. The line end in front of the next boundary is
    /// the boundary's (RFC 2046 section 5.1.1).
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.node().start..self.node().end
    }

    /// Returns where its header stands, the empty line included.
    #[must_use]
    pub fn header_range(&self) -> Range<usize> {
        self.node().start..self.node().body
    }

    /// Returns where its body stands.
    #[must_use]
    pub fn body_range(&self) -> Range<usize> {
        self.node().body..self.node().end
    }

    /// Returns its header, whose fields say what it is.
    #[must_use]
    pub fn header(&self) -> Header<'a> {
        Header::of(self.tree.raw.get(self.header_range()).unwrap_or_default())
    }

    /// Returns its body as it stands there.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.tree.raw.get(self.body_range()).unwrap_or_default()
    }

    /// Returns it with its header, as a message.
    #[must_use]
    pub fn as_message(&self) -> Message<'a> {
        Message::new(self.tree.raw.get(self.range()).unwrap_or_default())
    }

    /// Returns its body with the transfer encoding taken off; as it stands there if it is not a
    /// [`Leaf`](PartKind::Leaf).
    #[must_use]
    pub fn decoded(&self) -> Cow<'a, [u8]> {
        match self.kind() {
            PartKind::Leaf => self.encoding().decode(self.body()),
            PartKind::Multipart | PartKind::Message => Cow::Borrowed(self.body()),
        }
    }

    /// Counts the lines of its body as it stands there, as IMAP's BODYSTRUCTURE does; one that
    /// breaks off counts. Walks the body.
    #[must_use]
    pub fn lines(&self) -> usize {
        let body = self.body();
        let torn = body.last().is_some_and(|&last| last != b'\n');
        memchr_iter(b'\n', body).count() + usize::from(torn)
    }

    /// Returns what it is, by default a text, or a message in a digest (RFC 2046 section 5.1.5).
    #[must_use]
    pub fn content_type(&self) -> ContentType<'a> {
        content_type(&self.header(), self.node().in_digest)
    }

    /// Returns how its octets travel.
    #[must_use]
    pub fn encoding(&self) -> TransferEncoding {
        encoding(&self.header())
    }

    /// Returns how it is to be shown, if it says so.
    #[must_use]
    pub fn disposition(&self) -> Option<Disposition<'a>> {
        Disposition::parse(self.header().field("Content-Disposition")?.raw_value())
    }

    /// Returns the name it has as a file, as a person reads it: the `filename` of the disposition,
    /// else the `name` of the type. It may hold anything, path separators included.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        let named = self.disposition().and_then(|it| it.parameters().text("filename"));
        named.or_else(|| self.content_type().parameters().text("name"))
    }

    fn node(&self) -> &'t Node {
        self.tree.nodes.get(self.index).expect("a part is made of an index that is there")
    }
}

/// Reads what a part says it is.
pub(super) fn content_type<'a>(header: &Header<'a>, in_digest: bool) -> ContentType<'a> {
    match header.field("Content-Type") {
        Some(field) => ContentType::parse(field.raw_value()),
        None if in_digest => ContentType::MESSAGE,
        None => ContentType::TEXT,
    }
}

pub(super) fn encoding(header: &Header<'_>) -> TransferEncoding {
    let field = header.field("Content-Transfer-Encoding");
    field.map_or(TransferEncoding::SevenBit, |field| TransferEncoding::parse(field.raw_value()))
}
