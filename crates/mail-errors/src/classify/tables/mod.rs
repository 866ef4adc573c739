//! What servers say, as data: words, families of words, phrases and codes.
//!
//! The tables are facts about servers; how they are weighed is in `scores`, how phrases are written
//! in `compile`. A phrase belongs here when it is said by more than one server, or by one that many
//! people write to; a label of a provider's own belongs into `labels`.

mod access;
mod client;
pub(super) mod codes;
mod labels;
mod mailbox;
mod message;
mod rate;
mod recipient;
mod sender;
mod server;
pub(super) mod sets;

use super::Reason;

/// What servers say, for which reason, and how surely it is that reason: 100 cannot be misread, 50
/// is likely, 20 is a hint; over 100 it is surer than what else may stand beside it; a label, from
/// 200, is sure whatever stands beside it.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) reason: Reason,
    pub(super) weight: u8,
    /// Phrases with `|` between them.
    pub(super) phrases: &'static str,
}

/// Makes a line of a table.
const fn says(reason: Reason, weight: u8, phrases: &'static str) -> Rule {
    Rule { reason, weight, phrases }
}

/// All tables of phrases.
pub(super) const RULES: &[&[Rule]] = &[
    mailbox::RULES,
    recipient::RULES,
    message::RULES,
    sender::RULES,
    client::RULES,
    access::RULES,
    rate::RULES,
    server::RULES,
    labels::RULES,
];
