//! What the mail protocols share on a wire: sessions, buffers, framing, drivers, TLS.
