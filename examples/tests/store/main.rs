//! What every store has to keep, asked of the SQLite one through the trait alone.

mod delivery;
mod directory;
mod durability;
mod mailboxes;
mod messages;
mod queue;
mod support;
