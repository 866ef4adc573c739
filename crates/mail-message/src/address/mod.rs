//! Address lists: what stands in `From`, `To`, `Cc` and the like (RFC 5322 section 3.4).
//!
//! [`entries`] reads a list lazily and in one pass, flat: a group is told by its start and its end.
//! Bytes come first: names and addresses need not be UTF-8 and are slices of the field, in which
//! comments, folding and quoting are still to be taken off by the accessors.
//!
//! Tolerant, because mail is: obsolete routes, empty entries, `;` for `,`, dots at any place (as in
//! `john..doe.@example.com`), a name behind the address in a comment, unquoted specials in a
//! display name, and an address without domain. What is no address even so is told as
//! [`Entry::Invalid`], and the list goes on behind the next comma.
//!
//! ```
//! use mail_message::address::{Entry, entries, mailboxes};
//!
//! let list = br#"Friends: "Joe Q. Public" <john.q.public@example.com>, mary@x.test;, oops <"#;
//! let names: Vec<_> = mailboxes(list).map(|mailbox| mailbox.display_name()).collect();
//! assert_eq!(names, [Some("Joe Q. Public".to_owned()), None]);
//! let second = mailboxes(list).nth(1).expect("there are two");
//! assert_eq!(second.local_part(), b"mary".as_slice());
//! assert_eq!(second.domain().as_deref(), Some(b"x.test".as_slice()));
//! assert!(matches!(entries(list).last(), Some(Entry::Invalid(b"oops <"))));
//! ```
//!
//! # Not supported
//!
//! - Groups in groups, which no RFC allows: what looks like one is invalid.
//! - Recovery from a quote or a comment that is not closed: it runs to the end of the field.

mod list;
mod mailbox;

pub use list::{Entries, Entry, Group, entries, mailboxes};
pub use mailbox::Mailbox;
