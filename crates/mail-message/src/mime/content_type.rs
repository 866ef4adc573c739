//! What a part is, and how it is to be shown: Content-Type and Content-Disposition.

use crate::lexer::{Lexer, is_space};
use crate::mime::Parameters;

/// The value of a Content-Type field (RFC 2045 section 5.1).
///
/// ```
/// use mail_message::mime::ContentType;
///
/// let kind = ContentType::parse(b" Multipart/Report; report-type=delivery-status;\r\n boundary=x");
/// assert!(kind.is("multipart", "report"));
/// assert_eq!(kind.parameters().text("Report-Type").as_deref(), Some("delivery-status"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentType<'a> {
    main: &'a [u8],
    sub: &'a [u8],
    parameters: Parameters<'a>,
}

impl<'a> ContentType<'a> {
    /// What a part is that does not say it (RFC 2045 section 5.2).
    pub const TEXT: Self =
        Self { main: b"text", sub: b"plain", parameters: Parameters::new(b"; charset=us-ascii") };

    /// What a part of a `multipart/digest` is that does not say it (RFC 2046 section 5.1.5).
    pub const MESSAGE: Self =
        Self { main: b"message", sub: b"rfc822", parameters: Parameters::new(b"") };

    /// Reads the value of a field. One that does not fit the grammar is [`TEXT`](Self::TEXT), as
    /// RFC 2045 section 5.2 has it.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Self {
        Self::read(value).unwrap_or(Self::TEXT)
    }

    /// > content := "Content-Type" ":" type "/" subtype *(";" parameter)    RFC 2045 section 5.1
    pub(crate) fn read(value: &'a [u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value);
        lexer.cfws()?;
        let main = token(&mut lexer)?;
        lexer.cfws()?;
        if !lexer.eat(b'/') {
            return None;
        }
        lexer.cfws()?;
        let sub = token(&mut lexer)?;
        let parameters = Parameters::new(value.get(lexer.at()..)?);
        Some(Self { main, sub, parameters })
    }

    /// Returns the type as it is written, such as `text`.
    #[must_use]
    pub const fn main(&self) -> &'a [u8] {
        self.main
    }

    /// Returns the subtype as it is written, such as `plain`.
    #[must_use]
    pub const fn sub(&self) -> &'a [u8] {
        self.sub
    }

    /// Tells whether this is the type and subtype, in any case of letters.
    #[must_use]
    pub fn is(&self, main: &str, sub: &str) -> bool {
        self.is_main(main) && self.sub.eq_ignore_ascii_case(sub.as_bytes())
    }

    /// Tells whether this is the type, whatever the subtype.
    #[must_use]
    pub fn is_main(&self, main: &str) -> bool {
        self.main.eq_ignore_ascii_case(main.as_bytes())
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> Parameters<'a> {
        self.parameters
    }
}

/// The value of a Content-Disposition field (RFC 2183).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disposition<'a> {
    kind: &'a [u8],
    parameters: Parameters<'a>,
}

impl<'a> Disposition<'a> {
    /// Reads the value of a field; `None` if it names nothing.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value);
        lexer.cfws()?;
        let kind = token(&mut lexer)?;
        let parameters = Parameters::new(value.get(lexer.at()..)?);
        Some(Self { kind, parameters })
    }

    /// Returns what it says as it is written: `inline` or `attachment`.
    #[must_use]
    pub const fn kind(&self) -> &'a [u8] {
        self.kind
    }

    /// Returns the parameters, of which `filename` is one.
    #[must_use]
    pub const fn parameters(&self) -> Parameters<'a> {
        self.parameters
    }
}

/// > token := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>    RFC 2045 section 5.1
fn token<'a>(lexer: &mut Lexer<'a>) -> Option<&'a [u8]> {
    let token =
        lexer.take_while(|octet| !is_space(octet) && !b"()<>@,;:\\\"/[]?=\0".contains(&octet));
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_comments_and_case() {
        let kind = ContentType::parse(b" (a) TEXT (b) / (c) Plain (d) ; charset=us-ascii (e)");
        assert!(kind.is("text", "plain") && kind.is_main("text"));
        assert_eq!((kind.main(), kind.sub()), (&b"TEXT"[..], &b"Plain"[..]));
        assert_eq!(kind.parameters().text("charset").as_deref(), Some("us-ascii"));
    }

    #[test]
    fn what_does_not_fit_the_grammar_is_text() {
        for value in ["", "text", "text/", "/plain", "(open", "text;charset=x", "te xt/plain"] {
            assert_eq!(ContentType::parse(value.as_bytes()), ContentType::TEXT, "{value}");
        }
        assert_eq!(ContentType::TEXT.parameters().text("charset").as_deref(), Some("us-ascii"));
    }

    #[test]
    fn ok_disposition() {
        let value = b" attachment; filename=genome.jpeg;\r\n size=12";
        let disposition = Disposition::parse(value).unwrap();
        assert_eq!(disposition.kind(), b"attachment");
        let name = disposition.parameters().text("filename");
        assert_eq!(name.as_deref(), Some("genome.jpeg"));
        assert_eq!(Disposition::parse(b"; filename=x"), None);
    }
}
