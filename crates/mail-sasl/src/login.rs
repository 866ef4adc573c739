//! The two prompts and the two answers of LOGIN.
//!
//! draft-murchison-sasl-login asks for the prompts `User Name` and `Password`, each with a NUL;
//! MS-XLOGIN section 2.2.2 for those below, which every client knows. Clients should not look.

use mail_errors::Secret;

use crate::credentials::{check_identity, check_password};
use crate::{Credentials, Mechanism, SaslError};

pub(crate) const USER_PROMPT: &[u8] = b"Username:";
pub(crate) const PASSWORD_PROMPT: &[u8] = b"Password:";

pub(crate) fn user(response: &[u8]) -> Result<String, SaslError> {
    check_identity(response).map_err(|flaw| flaw.into_error(Mechanism::Login, 0, "a user name"))?;
    match std::str::from_utf8(response) {
        Ok(user) => Ok(user.to_owned()),
        Err(error) => Err(SaslError::Malformed {
            mechanism: Mechanism::Login,
            offset: error.valid_up_to(),
            expected: "UTF-8",
        }),
    }
}

pub(crate) fn credentials(user: String, response: &[u8]) -> Result<Credentials, SaslError> {
    check_password(response).map_err(|flaw| flaw.into_error(Mechanism::Login, 0, "a password"))?;
    Ok(Credentials::new(user, Secret::from(response))?)
}
