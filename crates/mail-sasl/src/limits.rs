//! How long things may be, in octets.

/// The longest line of base64 that is decoded, without its CRLF.
///
/// RFC 4954 section 4 considers 12288 octets to be enough for every deployed mechanism; the two
/// octets of the CRLF are counted off.
pub const LINE: usize = 12_288 - 2;

/// The longest authentication or authorization identity. RFC 4616 section 2 asks for at least 255.
pub const IDENTITY: usize = 255;

/// The longest password. RFC 4616 section 2 asks for at least 255; pass phrases and tokens in the
/// place of passwords are longer.
pub const PASSWORD: usize = 4096;

/// The longest bearer token. No RFC names a length; signed ones with many claims have several
/// thousand octets, and with the names beside it this is what fits a line.
pub const TOKEN: usize = 8000;

/// The longest trace of ANONYMOUS, in characters. RFC 4505 section 2.
pub const TRACE: usize = 255;

/// The longest salt of [`ScramKeys`](crate::ScramKeys). No RFC names a length; 16 is usual.
pub const SALT: usize = 255;

/// The fewest iterations of [`ScramKeys`](crate::ScramKeys), and the fewest that a client does:
/// what RFC 7677 section 4 asks for at least. A server that asks for fewer makes guessing cheap for
/// whoever listens.
pub const MIN_ITERATIONS: u32 = 4096;

/// The most iterations of [`ScramKeys`](crate::ScramKeys), and the most that a client does for a
/// server, which bounds what one look at a password can cost: about half a second of one core.
pub const MAX_ITERATIONS: u32 = 1_000_000;
