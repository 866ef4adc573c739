//! Delivery status notifications, written and read: RFC 3464, with 3461, 3834, 6522 and 6533.
//!
//! A [`Report`] says what became of each recipient. A [`Notification`] is the message that takes it
//! to the sender; [`Silence::about`] says when there must be none, and [`Return::of`] how much of
//! the message goes back with it:
//!
//! ```
//! use mail_errors::dsn::{self, Action, Bounce, Notification, Recipient, Report, Returned, Typed};
//! use mail_errors::diagnosis::Language;
//! use mail_errors::{Reply, ReplyCode};
//! use mail_message::DateTime;
//! use mail_message::compose::{Mailbox, MessageId};
//!
//! let reply = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, None, "5.1.1 no such user")?;
//! let nobody = Typed::address("nobody@example.net")?;
//! let failed = Recipient::refused(nobody, Action::Failed, &reply, Some("mx.example.net"))?;
//! let report = Report::by("mx.example.org")?.recipient(failed);
//!
//! let from = Mailbox::new("postmaster@example.org")?;
//! let to = Mailbox::new("mary@example.org")?;
//! let date = DateTime::from_unix(880_127_706, 0).expect("a year of four digits");
//! let id = MessageId::new("1234", "mx.example.org")?;
//! let message = b"Message-ID: <1@example.org>\r\nSubject: hello\r\n\r\nHow are you?\r\n";
//! let raw = Notification::new(&report, from, to, date, id)?
//!     .subject(dsn::subject(&report, Language::English))
//!     .text(dsn::explain(&report, Language::English, |_| "Compare the address.".to_owned()))
//!     .returning(Returned::Message(message))
//!     .to_bytes();
//!
//! let bounce = Bounce::read(&raw)?;
//! assert_eq!(bounce.report(), &report);
//! assert_eq!(bounce.report().recipients()[0].reply(), Some(reply));
//! assert_eq!(bounce.original_message_id(), Some(&b"1@example.org"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Bounce::read`] takes what others write as well: reports with holes in them, and the texts of
//! qmail, Exim, Sendmail, Postfix, Exchange, Domino, Gmail and others that have no report for
//! programs. [`Recipient::failure`] is what is to be classified.
//!
//! # Not supported
//!
//! - Character sets that the Encoding Standard of the web does not have: UTF-7, ISO-2022-KR.
//! - What is no mail: the notifications that some services send in JSON.

mod charset;
mod copy;
mod diagnostic;
mod extension;
mod fields;
mod form;
mod from_report;
mod from_text;
mod guard;
mod limits;
mod origin;
mod plain;
mod read;
mod report;
mod said;
mod text;
mod typed;
mod words;
mod write;

pub use extension::Extension;
pub use form::Form;
pub use guard::{Return, Silence};
pub use limits::ReadLimits;
pub use read::{Bounce, NotABounce};
pub use report::{Action, Recipient, Report};
pub use typed::Typed;
pub use words::{explain, subject};
pub use write::{Notification, Returned};
