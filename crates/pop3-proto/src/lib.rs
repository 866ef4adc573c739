//! POP3 as a sans-IO library: parser, encoder, client and server sessions.
