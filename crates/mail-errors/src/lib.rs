//! Who is to blame when mail fails, and what to do about it.
//!
//! The vocabulary of failure that all mail crates of the workspace share. There is no I/O in here
//! and nothing to set up. A [`Reply`] is a value that cannot be malformed, a server's fixed answers
//! are constants:
//!
//! ```
//! use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
//!
//! // What a server answers. A text with CR, LF or NUL in it would not compile here, and is an
//! // error in `Reply::new`, so that no text passes for a second reply.
//! const UNKNOWN: Reply = Reply::fixed(
//!     ReplyCode::MAILBOX_UNAVAILABLE,
//!     Some(EnhancedStatusCode::BAD_MAILBOX),
//!     "no such user here",
//! );
//! assert!(UNKNOWN.is_permanent());
//!
//! // What a client received: the text of each line as it stands behind the reply code.
//! let received = Reply::multiline(ReplyCode::MAILBOX_UNAVAILABLE, None, [
//!     "5.1.1 no such user here",
//! ])?;
//! assert_eq!(received, UNKNOWN);
//! # Ok::<(), mail_errors::Misuse>(())
//! ```
//!
//! With the feature `classify` a failure says what it means, and tells people:
//!
//! ```
//! # #[cfg(feature = "classify")] {
//! use mail_errors::classify::{Failure, Reason, Retry, Stage};
//! use mail_errors::diagnosis::{Diagnosis, Language};
//!
//! let failure = Failure::read(b"550 5.1.1 no such user here").expect("a reply").at(Stage::Rcpt);
//! let told = failure.classify();
//! assert_eq!((told.reason(), told.retry()), (Reason::MailboxUnknown, Retry::Never));
//! assert!(told.suppress(), "nobody should mail this address again");
//! assert_eq!(told.words(), b"no such user");
//!
//! assert_eq!(
//!     Diagnosis::from(told).explain(Language::English).to_string(),
//!     "550: The mailbox cannot be reached, or the message was refused.
//! 5.1.1: Addressing status (Bad destination mailbox address)
//! Cause: The recipient's address is misspelt, or there is no such mailbox.
//!   To act: the sender
//!   - Compare the address with the original, letter by letter.
//!   - Ask the recipient by other means for the address that is valid now.
//!   For the administrator of the sending server:
//!   - Take the address off your lists, and do not send to it again.
//! It will never arrive at this address: do not send to it again.",
//! );
//! # }
//! ```
//!
//! Errors of sessions say whose fault they are by [`Fault::kind`], and each kind has its answer:
//!
//! ```
//! use mail_errors::{Fault, FaultKind, ParseError};
//!
//! let error = ParseError::at(b"MAIL FORM:<>", 5, "FROM:");
//! assert_eq!(error.kind(), FaultKind::Malformed);
//! assert_eq!(error.kind().answer().to_string(), "500 5.5.2 syntax error");
//! ```
//!
//! | what | where | RFC |
//! |---|---|---|
//! | [`ReplyCode`], [`Reply`] | three digits; codes and lines of text | 5321 4.2 |
//! | [`EnhancedStatusCode`], [`registry`] | three numbers; all that are known | 2034, 3463, 5248 |
//! | [`Fault`], [`FaultKind`], [`Misuse`], [`ParseError`] | blame, and the answer to give | |
//! | [`Secret`] | octets that never show in a log | |
//! | `classify` | what a failure means: reason, retry, whether the address is dead, retry times | 5321 4.5.4 |
//! | `diagnosis` | causes, remedies and checklists, in English and Japanese | |
//! | `dsn` | delivery status notifications, written and read | 3461, 3464, 6533 |
//!
//! Features, none of which is on by default: `classify` has the modules `classify` and `diagnosis`,
//! `dsn` has both and the module `dsn`.

mod enhanced;
mod fault;
mod reply;
mod reply_code;
mod secret;

#[cfg(feature = "classify")]
pub mod classify;
#[cfg(feature = "classify")]
pub mod diagnosis;
#[cfg(feature = "dsn")]
pub mod dsn;
pub mod registry;

pub use enhanced::{EnhancedClass, EnhancedStatusCode};
pub use fault::{Fault, FaultKind, Misuse, ParseError};
pub use reply::Reply;
pub use reply_code::{ReplyClass, ReplyCode};
pub use secret::Secret;

/// The examples of the README run as tests.
#[cfg(all(doctest, feature = "classify"))]
#[doc = include_str!("../README.md")]
struct Readme;
