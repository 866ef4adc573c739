//! Who is to blame when mail fails, and what to do about it.
//!
//! The vocabulary of failure that all mail crates of the workspace share. There is no I/O in here
//! and nothing to set up. A [`Reply`] is a value that cannot be malformed, a server's fixed answers
//! are constants, and a [`Diagnosis`](diagnosis::Diagnosis) tells people what an answer means:
//!
//! ```
//! use mail_errors::diagnosis::{Blame, Cause, Diagnosis, Language, Retry};
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
//!
//! // What the person who wrote the message is told.
//! let diagnosis = Diagnosis::of(&received);
//! assert_eq!(diagnosis.causes(), [Cause::MailboxUnknown]);
//! assert_eq!(diagnosis.blame(), Some(Blame::Sender));
//! assert_eq!(diagnosis.retry(), Retry::AfterChange);
//! assert_eq!(
//!     diagnosis.explain(Language::English).to_string(),
//!     "550: The mailbox cannot be reached, or the message was refused.
//! 5.1.1: Addressing status (Bad destination mailbox address)
//! Cause: The recipient's address is misspelt, or there is no such mailbox.
//!   To act: the sender
//!   - Compare the address with the original, letter by letter.
//!   - Ask the recipient by other means for the address that is valid now.
//! Sent again unchanged, the message will be refused again.",
//! );
//! assert!(diagnosis.explain(Language::Japanese).to_string().contains("原因："));
//! # Ok::<(), mail_errors::Misuse>(())
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
//! | [`diagnosis`] | causes, remedies and checklists, in English and Japanese | |
//!
//! There are no features.

mod enhanced;
mod fault;
mod reply;
mod reply_code;
mod secret;

pub mod diagnosis;
#[cfg(feature = "dsn")]
pub mod dsn;
pub mod registry;

pub use enhanced::{EnhancedClass, EnhancedStatusCode};
pub use fault::{Fault, FaultKind, Misuse, ParseError};
pub use reply::Reply;
pub use reply_code::{ReplyClass, ReplyCode};
pub use secret::Secret;
