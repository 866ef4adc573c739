//! What to check when no reply says what is wrong.

use std::fmt;

use super::{Language, Told};

/// What a person sees when there is no reply to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symptom {
    /// Mail does not go out.
    NotSent,
    /// Nothing comes in.
    NotReceived,
}

/// One thing to check.
///
/// The list may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The own network connection.
    Network,
    /// A fault or maintenance of the provider's server.
    ServerFault,
    /// The domain or the contract with the provider has expired.
    Expired,
    /// Server names, ports, encryption and authentication in the mail program.
    MailProgram,
    /// The access provider blocks port 25 (OP25B): the submission port 587 has to be used.
    Port25,
    /// Security software stands in between.
    SecuritySoftware,
    /// The own mailbox is full.
    MailboxFull,
    /// The message was sorted into the spam folder.
    SpamFolder,
    /// The incoming server's name, port or encryption is wrong.
    IncomingServer,
    /// User name or password are wrong.
    Credentials,
}

/// The things to check, the likeliest first.
///
/// ```
/// use mail_errors::diagnosis::{Checklist, Language, Symptom};
///
/// let list = Checklist::of(Symptom::NotSent);
/// assert!(list.explain(Language::English).to_string().contains("port 587"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checklist {
    symptom: Symptom,
}

impl Checklist {
    /// Returns what to check for this symptom.
    #[must_use]
    pub const fn of(symptom: Symptom) -> Self {
        Self { symptom }
    }

    /// Returns the symptom.
    #[must_use]
    pub const fn symptom(self) -> Symptom {
        self.symptom
    }

    /// Returns the things to check.
    #[must_use]
    pub const fn checks(self) -> &'static [Check] {
        match self.symptom {
            Symptom::NotSent => &[
                Check::Network,
                Check::ServerFault,
                Check::Expired,
                Check::MailProgram,
                Check::Port25,
                Check::SecuritySoftware,
            ],
            Symptom::NotReceived => {
                &[Check::MailboxFull, Check::SpamFolder, Check::IncomingServer, Check::Credentials]
            }
        }
    }

    /// Tells it in this language, a line for each check, no line end at the end.
    pub fn explain(self, language: Language) -> impl fmt::Display {
        let book = language.phrasebook();
        Told(move |f: &mut fmt::Formatter<'_>| {
            write!(f, "{}", book.symptom(self.symptom))?;
            for &check in self.checks() {
                write!(f, "\n  {}{}", book.labels().bullet, book.check(check))?;
            }
            Ok(())
        })
    }
}
