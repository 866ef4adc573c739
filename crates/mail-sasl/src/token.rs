//! OAUTHBEARER (RFC 7628) and the XOAUTH2 that was there before it.

use mail_errors::{Misuse, Secret};

use crate::credentials::check_identity;
use crate::scram::{decode_saslname, saslname};
use crate::{Mechanism, SaslError, limits};

/// A bearer token of OAuth 2.0 (RFC 6750), and whose it is.
///
/// OAUTHBEARER can also say which host and port the client means to talk to, and need not name the
/// user: the token does. XOAUTH2 names the user and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerToken {
    user: Option<String>,
    token: Secret,
    host: Option<String>,
    port: Option<u16>,
}

impl BearerToken {
    /// Takes a token, 1 to [`limits::TOKEN`] octets.
    ///
    /// > b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
    /// >                                                             RFC 6750 section 2.1
    ///
    /// # Errors
    ///
    /// [`Misuse`] if it is empty, too long, or holds an octet that is not printable ASCII. More
    /// than RFC 6750 has is let pass: the token is between its issuer and the server.
    pub fn new(token: Secret) -> Result<Self, Misuse> {
        let (what, octets) = ("token", token.expose());
        let (len, limit) = (octets.len() as u64, limits::TOKEN as u64);
        if octets.is_empty() {
            return Err(Misuse::Invalid { what, why: "it is empty" });
        }
        if len > limit {
            return Err(Misuse::TooLong { what, len, limit });
        }
        match octets.iter().enumerate().find(|(_, octet)| !octet.is_ascii_graphic()) {
            Some((offset, &octet)) => Err(Misuse::Unencodable { what, octet, offset }),
            None => Ok(Self { user: None, token, host: None, port: None }),
        }
    }

    /// Adds whose token it is: needed for XOAUTH2, and where one token is good for several
    /// accounts.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if it is empty, too long, or holds a control character.
    pub fn user(mut self, user: impl Into<String>) -> Result<Self, Misuse> {
        let user = user.into();
        check_identity(user.as_bytes()).map_err(|flaw| flaw.into_misuse("user name"))?;
        self.user = Some(user);
        Ok(self)
    }

    /// Adds which server the client means, so that one cannot pass the token on to another that
    /// looks. RFC 7628 section 3.1.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if the host is empty, too long, or holds a control character.
    pub fn server(mut self, host: impl Into<String>, port: u16) -> Result<Self, Misuse> {
        let host = host.into();
        check_identity(host.as_bytes()).map_err(|flaw| flaw.into_misuse("host"))?;
        (self.host, self.port) = (Some(host), Some(port));
        Ok(self)
    }

    /// Returns whose token the client says it is.
    #[must_use]
    pub fn user_name(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the token.
    #[must_use]
    pub const fn token(&self) -> &Secret {
        &self.token
    }

    /// Returns the host that the client means to talk to, if it says.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Returns the port that the client means to talk to, if it says.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

/// What a client is told whose token is not good: where to get a better one. RFC 7628
/// section 3.2.2.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenFailure {
    scope: Option<String>,
    configuration: Option<String>,
}

impl TokenFailure {
    /// Says no more than that the token is not good.
    #[must_use]
    pub const fn new() -> Self {
        Self { scope: None, configuration: None }
    }

    /// Adds the scope that a token must have.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Adds the URL of the issuer's OpenID configuration, from which the client learns the rest.
    #[must_use]
    pub fn openid_configuration(mut self, url: impl Into<String>) -> Self {
        self.configuration = Some(url.into());
        self
    }

    /// > { "status":"invalid_token", "scope":"...", "openid-configuration":"https://..." }
    /// >                                                             RFC 7628 section 3.2.2
    pub(crate) fn to_json(&self, of: Mechanism) -> Vec<u8> {
        let mut json = String::from(if of == Mechanism::XOAuth2 {
            // Google's form, which has the status of HTTP.
            r#"{"status":"401","schemes":"bearer""#
        } else {
            r#"{"status":"invalid_token""#
        });
        let fields = [("scope", &self.scope), ("openid-configuration", &self.configuration)];
        for (name, value) in fields {
            if let Some(value) = value {
                json.push_str(",\"");
                json.push_str(name);
                json.push_str("\":\"");
                value.chars().for_each(|c| push_escaped(&mut json, c));
                json.push('"');
            }
        }
        json.push('}');
        json.into_bytes()
    }
}

/// RFC 8259 section 7.
fn push_escaped(json: &mut String, c: char) {
    match c {
        '"' | '\\' => json.extend(['\\', c]),
        c if c.is_control() => {
            json.push_str("\\u");
            let code = u32::from(c);
            for shift in [12, 8, 4, 0] {
                json.extend(char::from_digit(code >> shift & 15, 16));
            }
        }
        c => json.push(c),
    }
}

/// What a client answers to the news that its token is not good. RFC 7628 section 3.2.3 has one
/// SOH, Google's form nothing.
pub(crate) fn acknowledgement(of: Mechanism) -> &'static [u8] {
    if of == Mechanism::XOAuth2 { b"" } else { &[SOH] }
}

/// > client-resp    = (gs2-header kvsep *kvpair kvsep) / kvsep       RFC 7628 section 3.1
/// > kvpair         = key "=" value kvsep
/// > kvsep          = %x01
pub(crate) fn encode(token: &BearerToken, of: Mechanism) -> Result<Secret, Misuse> {
    let mut message = Vec::new();
    let mut put = |part: &[u8]| message.extend_from_slice(part);
    match (of, &token.user) {
        (Mechanism::XOAuth2, None) => {
            return Err(Misuse::Invalid { what: "token", why: "XOAUTH2 needs a user name" });
        }
        // user=someuser@example.com^Aauth=Bearer vF9d...^A^A
        (Mechanism::XOAuth2, Some(user)) => {
            put(b"user=");
            put(user.as_bytes());
        }
        (_, None) => put(b"n,,"),
        (_, Some(user)) => {
            put(b"n,a=");
            put(saslname(user).as_bytes());
            put(b",");
        }
    }
    put(&[SOH]);
    if of == Mechanism::OAuthBearer {
        if let Some(host) = &token.host {
            put(b"host=");
            put(host.as_bytes());
            put(&[SOH]);
        }
        if let Some(port) = token.port {
            put(b"port=");
            put(port.to_string().as_bytes());
            put(&[SOH]);
        }
    }
    put(b"auth=Bearer ");
    put(token.token.expose());
    put(&[SOH, SOH]);
    Ok(Secret::new(message))
}

/// The mirror of [`encode`].
pub(crate) fn parse(message: &[u8], of: Mechanism) -> Result<BearerToken, SaslError> {
    let malformed = |offset, expected| SaslError::Malformed { mechanism: of, offset, expected };
    let text = std::str::from_utf8(message);
    let text = text.map_err(|error| malformed(error.valid_up_to(), "UTF-8"))?;
    // All pairs end in SOH, and another one ends the message.
    let Some(body) = text.strip_suffix("\u{1}\u{1}") else {
        return Err(malformed(text.len(), "two SOH at the end"));
    };
    let (mut user, mut host, mut port, mut token) = (None, None, None, None);
    let mut at = 0;
    let mut pairs = body.split(char::from(SOH));
    if of == Mechanism::OAuthBearer {
        let header = pairs.next().unwrap_or_default();
        user = gs2_header(header, of)?;
        at = header.len() + 1;
    }
    for pair in pairs {
        let (key, value) = pair.split_once('=').ok_or(malformed(at, "a key and a value"))?;
        let value_at = at + key.len() + 1;
        let named = |what| {
            let fits = check_identity(value.as_bytes());
            fits.map(|()| value.to_owned()).map_err(|flaw| flaw.into_error(of, value_at, what))
        };
        match key {
            "auth" if token.is_none() => token = Some((value, value_at)),
            "user" if of == Mechanism::XOAuth2 && user.is_none() => user = Some(named("a user")?),
            // XOAUTH2 names the user and nothing else.
            "host" | "port" if of == Mechanism::XOAuth2 => {}
            "host" if host.is_none() => host = Some(named("a host")?),
            "port" if port.is_none() => {
                port = Some(value.parse().map_err(|_| malformed(value_at, "a port"))?);
            }
            "auth" | "user" | "host" | "port" => return Err(malformed(at, "another key")),
            // RFC 7628 section 3.1: what is not known is ignored.
            _ => {}
        }
        at += pair.len() + 1;
    }
    let (value, at) = token.ok_or(malformed(at, "auth"))?;
    if of == Mechanism::XOAuth2 && user.is_none() {
        return Err(malformed(at, "user"));
    }
    // RFC 9110 section 11.1: the scheme in any case.
    let (scheme, token) = value.split_once(' ').ok_or(malformed(at, "Bearer and a token"))?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(malformed(at, "Bearer"));
    }
    let token_at = at + scheme.len() + 1;
    let (len, limit) = (token.len(), limits::TOKEN);
    if len > limit {
        return Err(SaslError::TooLong { what: "token", len, limit });
    }
    let token =
        BearerToken::new(Secret::from(token)).map_err(|_| malformed(token_at, "a token"))?;
    Ok(BearerToken { user, host, port, ..token })
}

/// > gs2-header = gs2-cbind-flag "," [ authzid ] ","                 RFC 5801 section 4
fn gs2_header(header: &str, of: Mechanism) -> Result<Option<String>, SaslError> {
    let malformed = |offset, expected| SaslError::Malformed { mechanism: of, offset, expected };
    // RFC 7628 section 3.1: there is no channel binding here; "y" is what a client says that has
    // one elsewhere.
    let Some(rest) = header.strip_prefix("n,").or_else(|| header.strip_prefix("y,")) else {
        return Err(malformed(0, "n or y and a comma"));
    };
    let Some(authzid) = rest.strip_suffix(',') else {
        return Err(malformed(header.len(), "a comma"));
    };
    match (authzid, authzid.strip_prefix("a=")) {
        ("", _) => Ok(None),
        (_, Some(name)) => decode_saslname(name, 4, of, "a user name").map(Some),
        (_, None) => Err(malformed(2, "an authorization identity or none")),
    }
}

const SOH: u8 = 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn err_at(message: &str, of: Mechanism) -> (usize, &'static str) {
        match parse(message.as_bytes(), of) {
            Err(SaslError::Malformed { offset, expected, .. }) => (offset, expected),
            other => panic!("{message:?}: {other:?}"),
        }
    }

    #[test]
    fn ok_unknown_keys_and_any_case_of_the_scheme() {
        let message = b"y,,\x01qs=x=y\x01auth=bearer abc\x01mthd=POST\x01\x01";
        let token = parse(message, Mechanism::OAuthBearer).unwrap();
        assert_eq!((token.user_name(), token.host(), token.port()), (None, None, None));
        assert_eq!(token.token().expose(), b"abc");
        let message = b"user=tim\x01host=x\x01port=many\x01auth=Bearer abc\x01\x01";
        let token = parse(message, Mechanism::XOAuth2).unwrap();
        assert_eq!((token.user_name(), token.host(), token.port()), (Some("tim"), None, None));
    }

    #[test]
    fn err_what_is_no_message() {
        for (message, error) in [
            ("", (0, "two SOH at the end")),
            ("n,,\x01auth=Bearer abc\x01", (20, "two SOH at the end")),
            ("n,,\x01\x01", (4, "auth")),
            ("p=x,,\x01auth=Bearer abc\x01\x01", (0, "n or y and a comma")),
            ("n,b=x,\x01auth=Bearer abc\x01\x01", (2, "an authorization identity or none")),
            ("n,,\x01auth\x01\x01", (4, "a key and a value")),
            ("n,,\x01port=70000\x01auth=Bearer abc\x01\x01", (9, "a port")),
            ("n,,\x01auth=Basic abc\x01\x01", (9, "Bearer")),
            ("n,,\x01auth=Bearer\x01\x01", (9, "Bearer and a token")),
            ("n,,\x01auth=Bearer a b\x01\x01", (16, "a token")),
            ("n,,\x01auth=Bearer a\x01auth=Bearer b\x01\x01", (18, "another key")),
        ] {
            assert_eq!(err_at(message, Mechanism::OAuthBearer), error, "{message:?}");
        }
        let nameless = "auth=Bearer abc\x01\x01";
        assert_eq!(err_at(nameless, Mechanism::XOAuth2), (5, "user"));
        let long = format!("n,,\x01auth=Bearer {}\x01\x01", "a".repeat(limits::TOKEN + 1));
        let error = parse(long.as_bytes(), Mechanism::OAuthBearer);
        assert!(matches!(error, Err(SaslError::TooLong { .. })));
    }

    #[test]
    fn err_token_that_would_break_the_message() {
        for token in ["", "a b", "a\x01b", "é", "a\r\n"] {
            assert!(BearerToken::new(Secret::from(token)).is_err(), "{token:?}");
        }
        let token = BearerToken::new(Secret::from("abc")).unwrap();
        assert!(token.clone().user("a\x01b").is_err());
        assert!(token.server("a\x01b", 1).is_err());
    }

    /// RFC 8259 section 7.
    #[test]
    fn failure_is_json_whatever_is_in_it() {
        let failure = TokenFailure::new().scope("a\"b\\c\n\u{1f}");
        let json = failure.to_json(Mechanism::OAuthBearer);
        let expected = r#"{"status":"invalid_token","scope":"a\"b\\c\u000a\u001f"}"#;
        assert_eq!(String::from_utf8(json).unwrap(), expected);
    }

    #[test]
    fn the_longest_message_fits_the_limit() {
        let name = "=".repeat(limits::IDENTITY);
        let token = BearerToken::new(Secret::new(vec![b'a'; limits::TOKEN])).unwrap();
        let token = token.user(&*name).unwrap().server(&*name, u16::MAX).unwrap();
        let message = encode(&token, Mechanism::OAuthBearer).unwrap();
        assert!(crate::framing::encoded_length(message.expose().len()) <= limits::LINE);
    }

    proptest! {
        #[test]
        fn ok_round_trip(
            user in proptest::option::of("[^\\pC]{1,40}"),
            server in proptest::option::of(("[a-z.]{1,20}", any::<u16>())),
            token in "[!-~]{1,60}",
        ) {
            let mut sent = BearerToken::new(Secret::from(&*token)).unwrap();
            if let Some(user) = &user {
                sent = sent.user(user.clone()).unwrap();
                let message = encode(&sent, Mechanism::XOAuth2).unwrap();
                prop_assert_eq!(&parse(message.expose(), Mechanism::XOAuth2).unwrap(), &sent);
            }
            if let Some((host, port)) = server {
                sent = sent.server(host, port).unwrap();
            }
            let message = encode(&sent, Mechanism::OAuthBearer).unwrap();
            prop_assert_eq!(parse(message.expose(), Mechanism::OAuthBearer).unwrap(), sent);
        }

        #[test]
        fn no_message_panics(message in "[ny,a=\u{1}BearuthpostC23D ]{0,60}") {
            let _ = parse(message.as_bytes(), Mechanism::OAuthBearer);
            let _ = parse(message.as_bytes(), Mechanism::XOAuth2);
        }
    }
}
