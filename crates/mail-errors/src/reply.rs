//! A whole SMTP reply: RFC 5321 4.2, with the enhanced code of RFC 2034.
//!
//! Not supported: the wire form, which `smtp-proto` writes and reads.

use std::borrow::Cow;
use std::fmt;

use crate::{EnhancedClass, EnhancedStatusCode, Misuse, ReplyClass, ReplyCode};

/// A reply: its code, perhaps an enhanced code, and one or more lines of text.
///
/// The text is octets: it need not be UTF-8, and it is kept as it came. CR, LF and NUL cannot get
/// in, so no text can ever pass for a second reply.
///
/// A reply has one form only. A text that itself starts with an enhanced code reads on the wire as
/// that code, so the constructors read it so at once when no code is given. For the same reason
/// lines that were received are handed to [`Reply::multiline`] as they stand behind the reply code:
/// code and enhanced code are those of the **last** line.
///
/// A server's fixed answers are constants, checked by the compiler and never allocated:
///
/// ```
/// use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
///
/// const OVER_QUOTA: Reply = Reply::fixed(
///     ReplyCode::EXCEEDED_STORAGE,
///     Some(EnhancedStatusCode::MAILBOX_FULL),
///     "mailbox full",
/// );
/// assert_eq!(OVER_QUOTA.to_string(), "552 5.2.2 mailbox full");
///
/// let received = Reply::multiline(ReplyCode::MAILBOX_UNAVAILABLE, None, [
///     "5.1.1 The account does not exist.",
///     "5.1.1 Check the address.",
/// ])?;
/// assert_eq!(received.enhanced(), Some(EnhancedStatusCode::BAD_MAILBOX));
/// assert_eq!(received.lines().last(), Some(&b"Check the address."[..]));
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Reply {
    code: ReplyCode,
    enhanced: Option<EnhancedStatusCode>,
    /// The lines, parted by LF, which no line can hold.
    text: Cow<'static, [u8]>,
}

impl Reply {
    /// Makes a reply of one line from a text that is known when the program is built.
    ///
    /// # Panics
    /// If the text holds CR, LF or NUL or starts like an enhanced code, or if RFC 2034 4 does not
    /// let `enhanced` stand behind `code`. In a `const` that is an error of compilation; with a
    /// text that is not a literal call [`Reply::new`].
    #[must_use]
    pub const fn fixed(
        code: ReplyCode,
        enhanced: Option<EnhancedStatusCode>,
        text: &'static str,
    ) -> Self {
        let octets = text.as_bytes();
        assert!(unsendable(octets).is_none(), "the text of a reply holds CR, LF or NUL");
        match enhanced {
            Some(given) => assert!(agrees(code, given), "the enhanced code is of another class"),
            None => assert!(
                !matches!(octets, [b'2' | b'4' | b'5', b'.', ..]),
                "the text starts like an enhanced code: give the code by itself"
            ),
        }
        Self { code, enhanced, text: Cow::Borrowed(octets) }
    }

    /// Makes a reply of one line.
    ///
    /// # Errors
    /// As [`Reply::multiline`].
    pub fn new(
        code: ReplyCode,
        enhanced: impl Into<Option<EnhancedStatusCode>>,
        text: impl AsRef<[u8]>,
    ) -> Result<Self, Misuse> {
        Self::multiline(code, enhanced, [text])
    }

    /// Makes a reply of several lines. No lines at all are one empty line.
    ///
    /// With no enhanced code given, one that starts the last line is taken as the reply's and off
    /// every line that starts with one (RFC 2034 4 puts it on each).
    ///
    /// # Errors
    /// [`Misuse::Unencodable`] if a line holds CR, LF or NUL; [`Misuse::Invalid`] if a given
    /// enhanced code is not of the reply code's class, 2, 4 or 5 (RFC 2034 4).
    pub fn multiline<L: AsRef<[u8]>>(
        code: ReplyCode,
        enhanced: impl Into<Option<EnhancedStatusCode>>,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<Self, Misuse> {
        let enhanced = enhanced.into();
        if enhanced.is_some_and(|given| !agrees(code, given)) {
            let why = "its class is not that of the reply code";
            return Err(Misuse::Invalid { what: "enhanced status code", why });
        }
        let mut text = Vec::new();
        for (at, line) in lines.into_iter().enumerate() {
            let line = line.as_ref();
            if let Some((octet, offset)) = unsendable(line) {
                return Err(Misuse::Unencodable { what: "reply text", octet, offset });
            }
            if at > 0 {
                text.push(b'\n');
            }
            text.extend_from_slice(line);
        }
        let mut reply = Self { code, enhanced, text: Cow::Owned(text) };
        if enhanced.is_none() {
            reply.lift_enhanced();
        }
        Ok(reply)
    }

    /// Makes a reply of what was received: the texts of all lines with LF between, off which the
    /// enhanced code has been taken already, as by [`Reply::split_enhanced`].
    ///
    /// # Errors
    /// [`Misuse::Unencodable`] if the text holds CR or NUL; [`Misuse::Invalid`] if the enhanced code
    /// is one that is not read behind this code.
    pub fn received(
        code: ReplyCode,
        enhanced: Option<EnhancedStatusCode>,
        text: Vec<u8>,
    ) -> Result<Self, Misuse> {
        if enhanced.is_some_and(|found| !reads_as(code, found)) {
            let why = "its class is not that of the reply code";
            return Err(Misuse::Invalid { what: "enhanced status code", why });
        }
        // Without a way out of the loop, and in octets, it takes sixteen and more at once.
        let is_stray = |octet: u8| u8::from(octet == b'\r') | u8::from(octet == 0);
        if text.iter().fold(0, |found, &octet| found | is_stray(octet)) != 0 {
            let stray = |octet: &u8| matches!(octet, b'\r' | 0);
            let offset = text.iter().position(stray).unwrap_or_default();
            let octet = text.get(offset).copied().unwrap_or_default();
            return Err(Misuse::Unencodable { what: "reply text", octet, offset });
        }
        Ok(Self { code, enhanced, text: Cow::Owned(text) })
    }

    /// Takes the enhanced code off the front of a line's text, if there is one that can stand behind
    /// this code in a reply that is received: its class need not be the same, as servers do answer
    /// `450 5.1.1`. RFC 2034 4.
    #[must_use]
    #[inline]
    pub fn split_enhanced(code: ReplyCode, text: &[u8]) -> Option<(EnhancedStatusCode, &[u8])> {
        EnhancedStatusCode::split_from(text).filter(|(found, _)| reads_as(code, *found))
    }

    /// Returns the code.
    #[must_use]
    pub const fn code(&self) -> ReplyCode {
        self.code
    }

    /// Returns the enhanced code.
    #[must_use]
    pub const fn enhanced(&self) -> Option<EnhancedStatusCode> {
        self.enhanced
    }

    /// Returns the lines of text, without codes and line ends. There is at least one.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &[u8]> + Clone {
        self.text.split(|&octet| octet == b'\n')
    }

    /// Returns the text with a LF between the lines.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns the text for showing to people: lines parted by LF, octets that are not UTF-8
    /// replaced, control characters as they came. [`Reply`]'s `Display` escapes those too.
    #[must_use]
    pub fn text_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }

    /// Tells whether the command was carried out (2yz).
    #[must_use]
    pub const fn is_positive(&self) -> bool {
        matches!(self.code.class(), ReplyClass::PositiveCompletion)
    }

    /// Tells whether the server waits for the rest (3yz).
    #[must_use]
    pub const fn is_intermediate(&self) -> bool {
        matches!(self.code.class(), ReplyClass::PositiveIntermediate)
    }

    /// Tells whether the command failed for now (4yz).
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.code.class(), ReplyClass::TransientNegative)
    }

    /// Tells whether the command failed for good (5yz).
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self.code.class(), ReplyClass::PermanentNegative)
    }

    /// Moves the enhanced code of the last line out of the text.
    fn lift_enhanced(&mut self) {
        let lift = |line| Self::split_enhanced(self.code, line);
        let Some((enhanced, _)) = self.lines().next_back().and_then(lift) else { return };
        let lines = self.lines().map(|line| lift(line).map_or(line, |(_, rest)| rest));
        let mut text = Vec::with_capacity(self.text.len());
        for (at, line) in lines.enumerate() {
            if at > 0 {
                text.push(b'\n');
            }
            text.extend_from_slice(line);
        }
        self.enhanced = Some(enhanced);
        self.text = Cow::Owned(text);
    }
}

/// One line for people: codes, then the text lines parted by ` / `, control characters escaped.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        for (at, line) in self.lines().enumerate() {
            f.write_str(match (at, line) {
                (0, []) => "",
                (0, _) => " ",
                _ => " / ",
            })?;
            for c in String::from_utf8_lossy(line).chars() {
                if c.is_control() {
                    write!(f, "{}", c.escape_default())?
                } else {
                    write!(f, "{c}")?
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({self})")
    }
}

/// Finds the first octet that can never stand in a line, and its offset.
const fn unsendable(line: &[u8]) -> Option<(u8, usize)> {
    let (mut rest, mut offset) = (line, 0);
    while let [octet, tail @ ..] = rest {
        if matches!(octet, b'\r' | b'\n' | 0) {
            return Some((*octet, offset));
        }
        (rest, offset) = (tail, offset + 1);
    }
    None
}

/// RFC 2034 4: the class of the enhanced code is the first digit of the reply code.
const fn agrees(code: ReplyCode, enhanced: EnhancedStatusCode) -> bool {
    matches!(
        (code.class(), enhanced.class()),
        (ReplyClass::PositiveCompletion, EnhancedClass::Success)
            | (ReplyClass::TransientNegative, EnhancedClass::Transient)
            | (ReplyClass::PermanentNegative, EnhancedClass::Permanent)
    )
}

/// What a received reply may hold: servers do answer `450 5.1.1` and `550 4.2.2`.
const fn reads_as(code: ReplyCode, enhanced: EnhancedStatusCode) -> bool {
    match code.class() {
        ReplyClass::PositiveCompletion => matches!(enhanced.class(), EnhancedClass::Success),
        ReplyClass::TransientNegative | ReplyClass::PermanentNegative => {
            !matches!(enhanced.class(), EnhancedClass::Success)
        }
        ReplyClass::PositiveIntermediate | ReplyClass::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GONE: ReplyCode = ReplyCode::MAILBOX_UNAVAILABLE;

    #[test]
    fn takes_the_enhanced_code_of_the_last_line() {
        let reply = Reply::multiline(GONE, None, ["5.1.1 first", "plain", "5.2.1 last"]).unwrap();
        assert_eq!(reply.enhanced(), Some(EnhancedStatusCode::MAILBOX_DISABLED));
        assert_eq!(reply.to_string(), "550 5.2.1 first / plain / last");
    }

    #[test]
    fn keeps_the_text_when_the_last_line_has_no_enhanced_code() {
        let reply = Reply::multiline(GONE, None, ["5.1.1 first", "second"]).unwrap();
        assert_eq!(reply.enhanced(), None);
        assert_eq!(reply.text(), b"5.1.1 first\nsecond");
    }

    #[test]
    fn takes_the_enhanced_code_once() {
        let reply = Reply::new(GONE, None, "5.1.1 5.1.2  two").unwrap();
        assert_eq!(reply.enhanced(), Some(EnhancedStatusCode::BAD_MAILBOX));
        assert_eq!(reply.text(), b"5.1.2  two");
    }

    #[test]
    fn ok_received_class_that_contradicts_the_reply_code() {
        let reply = Reply::new(GONE, None, "4.2.2 full").unwrap();
        assert_eq!(reply.enhanced(), Some(EnhancedStatusCode::MAILBOX_FULL_FOR_NOW));
        let reply = Reply::new(ReplyCode::OK, None, "5.1.1 is our street number").unwrap();
        assert_eq!(reply.enhanced(), None);
        let reply = Reply::new(ReplyCode::START_MAIL_INPUT, None, "2.0.0 go").unwrap();
        assert_eq!(reply.enhanced(), None);
    }

    #[test]
    fn err_enhanced_code_of_another_class() {
        for code in [ReplyCode::OK, ReplyCode::LOCAL_ERROR, ReplyCode::START_MAIL_INPUT] {
            let error = Reply::new(code, EnhancedStatusCode::BAD_MAILBOX, "x").unwrap_err();
            assert_eq!(
                error.to_string(),
                "enhanced status code is not valid: its class is not that of the reply code"
            );
        }
    }

    #[test]
    fn err_second_reply_smuggled_in_the_text() {
        for octet in [b'\r', b'\n', 0] {
            let text = [b'o', b'k', octet, b'2', b'5', b'0'];
            let error = Reply::new(ReplyCode::OK, None, text).unwrap_err();
            assert_eq!(error, Misuse::Unencodable { what: "reply text", octet, offset: 2 });
        }
    }

    #[test]
    fn ok_received_text_with_its_code_taken_off() {
        let code = EnhancedStatusCode::BAD_MAILBOX;
        let received = Reply::received(GONE, Some(code), b"first\nsecond".to_vec());
        assert_eq!(received, Reply::multiline(GONE, None, ["5.1.1 first", "5.1.1 second"]));
        let error = Reply::received(GONE, None, b"a\0b".to_vec()).unwrap_err();
        assert_eq!(error, Misuse::Unencodable { what: "reply text", octet: 0, offset: 1 });
        assert!(Reply::received(ReplyCode::OK, Some(code), Vec::new()).is_err());
    }

    #[test]
    fn ok_text_that_is_not_utf8() {
        let reply = Reply::new(GONE, None, b"black ip. (\xb7\xa2\xd0\xc5)").unwrap();
        assert_eq!(reply.lines().next(), Some(&b"black ip. (\xb7\xa2\xd0\xc5)"[..]));
        assert!(reply.text_lossy().starts_with("black ip. ("));
    }

    #[test]
    fn no_lines_are_one_empty_line() {
        let reply = Reply::multiline(ReplyCode::OK, None, [""; 0]).unwrap();
        assert_eq!(reply.lines().count(), 1);
        assert_eq!(reply, Reply::fixed(ReplyCode::OK, None, ""));
        assert_eq!(reply.to_string(), "250");
    }

    #[test]
    fn display_shows_no_control_characters() {
        let reply = Reply::new(GONE, None, "bell\x07 and \x1b[31mred").unwrap();
        assert_eq!(reply.to_string(), "550 bell\\u{7} and \\u{1b}[31mred");
        assert_eq!(format!("{reply:?}"), "Reply(550 bell\\u{7} and \\u{1b}[31mred)");
    }

    #[test]
    #[should_panic(expected = "CR, LF or NUL")]
    fn fixed_panics_where_a_const_would_not_compile() {
        let _ = Reply::fixed(ReplyCode::OK, None, "ok\r\n250 again");
    }

    fn line() -> impl Strategy<Value = Vec<u8>> {
        let octets = prop::collection::vec(any::<u8>(), 0..40);
        prop_oneof![octets, "[245]\\.[0-7]\\.[0-9]( .{0,9})?".prop_map(String::into_bytes)]
    }

    proptest! {
        /// Reads back what a server that follows RFC 2034 4 puts behind the code of each line.
        #[test]
        fn ok_round_trip_of_wire_lines(
            code in 100u16..1000,
            lines in prop::collection::vec(line(), 0..4),
        ) {
            let code = ReplyCode::new(code).unwrap();
            let Ok(reply) = Reply::multiline(code, None, &lines) else {
                prop_assert!(lines.iter().any(|line| unsendable(line).is_some()));
                return Ok(());
            };
            let wire = reply.lines().map(|line| match reply.enhanced() {
                Some(enhanced) => [enhanced.to_string().as_bytes(), b" ", line].concat(),
                None => line.to_vec(),
            });
            prop_assert_eq!(Reply::multiline(code, None, wire).unwrap(), reply.clone());
            prop_assert!(!reply.to_string().contains(['\r', '\n', '\0']));
        }
    }
}
