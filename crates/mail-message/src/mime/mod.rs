//! The MIME tree of a message as byte ranges: RFC 2045, 2046, 2183 and 2231.
//!
//! [`Tree`] finds the parts in one pass under [`MimeLimits`]; [`Part`] says of each where it stands
//! and what it is, and takes its transfer encoding off. Everything else is read as it is asked for.
//!
//! Tolerant, because mail is: lines may end in LF; a multipart that is not closed ends with the one
//! around it; a header may break off at a boundary; a boundary may have unquoted specials. What was
//! put up with is told by [`Tree::defects`].
//!
//! ```
//! use mail_message::mime::{PartKind, Tree};
//!
//! let raw = b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n\
//!     --outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n\
//!     --inner\r\n\r\nplain\r\n\
//!     --inner\r\nContent-Type: text/html\r\n\r\n<p>rich\r\n\
//!     --inner--\r\n\
//!     --outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: enclosed\r\n\r\nhi\r\n\
//!     --outer--\r\n";
//! let tree = Tree::parse(raw);
//! let kinds: Vec<_> = tree.parts().map(|part| (part.depth(), part.kind())).collect();
//! assert_eq!(kinds, [
//!     (0, PartKind::Multipart),
//!     (1, PartKind::Multipart),
//!     (2, PartKind::Leaf),
//!     (2, PartKind::Leaf),
//!     (1, PartKind::Message),
//!     (2, PartKind::Leaf),
//! ]);
//! assert_eq!(tree.section(&[1, 2]).map(|part| part.body()), Some(&b"<p>rich"[..]));
//! assert_eq!(tree.section(&[2, 1]).map(|part| part.body()), Some(&b"hi"[..]));
//! ```
//!
//! # Not supported
//!
//! - Putting `message/partial` together, and fetching `message/external-body` (RFC 2046 section
//!   5.2): both are single parts.
//! - A boundary that is followed by more on its line, which RFC 2046 section 5.1.1 lets a reader
//!   take: it would end a part at a boundary of which its own is the beginning.

mod content_type;
mod limits;
mod parameters;
mod scan;
mod transfer;
mod tree;

pub use content_type::{ContentType, Disposition};
pub use limits::{MimeDefect, MimeLimits};
pub use parameters::{ParameterIter, Parameters};
pub use transfer::TransferEncoding;
pub use tree::{Part, PartKind, Tree};

pub(crate) use transfer::write_base64;
