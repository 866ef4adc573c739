//! What the example programs share: the store that holds the mail, and what is needed around it to
//! run a server.
//!
//! | where | what |
//! |---|---|
//! | [`store`] | accounts, mailboxes, messages and the relay queue, behind neutral traits |
//! | [`config`] | the TOML file of a post office |
//! | [`accounts`] | passwords, the accounts of the first start, checking a log-in |
//! | [`inspect`] | octets of a conversation, element by element |
//! | [`limits`] | slowing of failed log-ins, messages per account and hour |
//! | [`sink`], [`load`] | a server that takes everything, and a client that sends a lot |
//! | [`settings`] | what a person types into a mail program |
//! | [`tls`] | certificates and the rustls set-up of both ends |
//! | [`tour`] | the whole way of a message, step by step |
//! | [`office`] | the servers, joined to a post office |
//! | [`client`] | connecting to servers, and the loops of the small programs |
//! | [`tap`] | what goes over a wire, without credentials |

pub mod accounts;
pub mod client;
pub mod config;
pub mod inspect;
pub mod limits;
pub mod load;
pub mod office;
pub mod settings;
pub mod sink;
pub mod store;
pub mod tap;
pub mod tls;
pub mod tour;
