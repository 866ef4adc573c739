//! Drivers: the short loops between a session and a connection.
