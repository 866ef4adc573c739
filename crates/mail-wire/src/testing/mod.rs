//! What tests of sessions share (feature `test-util`): replaying a dialogue cut at every offset, the
//! contract as a test, two ends wired together under a clock that jumps, and the drawing of state
//! tables.

mod contract;
mod diagram;
mod pair;
mod replay;

pub use contract::contract;
pub use diagram::Diagram;
pub use pair::{Happening, Pair};
pub use replay::{Act, Ended, Replay, cut_everywhere, replay, splits};

use std::time::Instant;

use mail_errors::Secret;

use crate::{TlsInfo, TlsVersion, Upgrade, Upgraded};

/// Returns a moment to count from. Tests add to it; they never sleep.
#[must_use]
pub fn start() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "tests need one moment to count from")]
    Instant::now()
}

/// Returns what a session is told when a test pretends to have put a layer in.
#[must_use]
pub fn pretend(upgrade: Upgrade) -> Upgraded {
    match upgrade {
        Upgrade::Tls => {
            let info = TlsInfo::new(TlsVersion::Tls13, "TLS_AES_128_GCM_SHA256");
            // The same at both ends, as it is where nobody stands between them.
            Upgraded::Tls(info.with_exporter(Some(Secret::new([7; 32]))))
        }
        Upgrade::Deflate => Upgraded::Deflate,
    }
}
