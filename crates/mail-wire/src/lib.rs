//! What the mail protocols share on a wire.

mod buffer;
mod deadlines;
mod dots;
pub mod drive;
#[cfg(feature = "rustls")]
mod end_point;
pub mod grammar;
#[cfg(feature = "rustls")]
pub mod layered;
mod line;
mod send;
mod session;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod tls_info;

pub use buffer::{BODY_BLOCK, COMMAND_BLOCK, reserve_block, shrink, take_piece};
pub use deadlines::{Deadlines, Pace};
pub use dots::{BareOctet, BodyPiece, DotStuffer, DotUnstuffer};
pub use line::{BareNewline, Line, LineFramer, LineLimits};
pub use send::{SendBuffer, Sink};
pub use session::{Goodbye, Next, Session, Upgrade, Upgraded};
pub use tls_info::{TlsInfo, TlsVersion};
