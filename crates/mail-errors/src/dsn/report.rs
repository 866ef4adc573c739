//! What a report says: of the message, and of each recipient (RFC 3464 sections 2.2 and 2.3).

use std::fmt;

use mail_message::DateTime;

use crate::classify::Failure;
use crate::dsn::{Extension, Typed, diagnostic};
use crate::{EnhancedClass, EnhancedStatusCode, Misuse, Reply};

/// What became of a recipient (RFC 3464 section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// It will not be delivered.
    Failed,
    /// It has not been delivered yet; the server goes on trying.
    Delayed,
    /// It was delivered to the mailbox.
    Delivered,
    /// It went on to a server that says nothing of what becomes of it.
    Relayed,
    /// It was delivered to a list, which sends it on to others.
    Expanded,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Failed, Self::Delayed, Self::Delivered, Self::Relayed, Self::Expanded];

    /// Returns the word in the report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Expanded => "expanded",
        }
    }

    /// Reads the value of the field: the first word of it, since some write more.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        let end = value.iter().position(|octet| !octet.is_ascii_alphabetic());
        let word = value.get(..end.unwrap_or(value.len()))?;
        let known =
            Self::ALL.into_iter().find(|it| word.eq_ignore_ascii_case(it.as_str().as_bytes()));
        // Some programs write another form of the word.
        known.or_else(|| {
            let is = |other: &str| word.eq_ignore_ascii_case(other.as_bytes());
            match () {
                // Postfix was asked what would become of it.
                () if is("failure") || is("fail") || is("undeliverable") => Some(Self::Failed),
                () if is("delay") || is("deferred") || is("expired") => Some(Self::Delayed),
                () if is("success") || is("deliverable") => Some(Self::Delivered),
                () => None,
            }
        })
    }

    /// Returns the status that says no more than the action.
    pub(crate) const fn status(self) -> EnhancedStatusCode {
        match self {
            Self::Failed => EnhancedStatusCode::permanent(0, 0),
            Self::Delayed => EnhancedStatusCode::transient(0, 0),
            Self::Delivered | Self::Relayed | Self::Expanded => EnhancedStatusCode::OK,
        }
    }

    /// Returns the class that its status has.
    const fn class(self) -> EnhancedClass {
        match self {
            Self::Failed => EnhancedClass::Permanent,
            Self::Delayed => EnhancedClass::Transient,
            Self::Delivered | Self::Relayed | Self::Expanded => EnhancedClass::Success,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a report says of one recipient.
///
/// A report that is read may lack anything but the action, which can be told from the rest. Made
/// to be written, it has what RFC 3464 section 2.3 asks for: [`Recipient::new`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub(crate) original: Option<Typed>,
    pub(crate) address: Typed,
    pub(crate) action: Action,
    pub(crate) status: Option<EnhancedStatusCode>,
    pub(crate) remote_mta: Option<Typed>,
    pub(crate) diagnostic: Option<Typed>,
    pub(crate) last_attempt: Option<DateTime>,
    pub(crate) log_id: Option<Box<str>>,
    pub(crate) retry_until: Option<DateTime>,
    pub(crate) extensions: Vec<Extension>,
}

impl Recipient {
    /// Says what became of an address.
    #[must_use]
    pub const fn new(address: Typed, action: Action, status: EnhancedStatusCode) -> Self {
        let mut recipient = Self::read(address, action);
        recipient.status = Some(status);
        recipient
    }

    /// Says that delivery failed, or is delayed (`Action`), and what the server `from` answered:
    /// the status is that of the reply, if it has one of the action's class.
    ///
    /// # Errors
    /// As [`Typed::new`], of the name of the host.
    pub fn refused(
        address: Typed,
        action: Action,
        reply: &Reply,
        from: Option<&str>,
    ) -> Result<Self, Misuse> {
        let class = action.class();
        let status = reply.enhanced().filter(|status| status.class() == class);
        let status = status.or_else(|| {
            let told = reply.enhanced()?;
            // A delay that the server called permanent, or a failure after the last of many delays
            // (RFC 3463 3.1): the subject and the detail stay.
            EnhancedStatusCode::new(digit(class), told.subject(), told.detail())
        });
        let mut recipient = Self::read(address, action);
        recipient.status = Some(status.unwrap_or_else(|| action.status()));
        recipient.remote_mta = from.map(Typed::host).transpose()?;
        recipient.diagnostic = Some(diagnostic::of(reply));
        Ok(recipient)
    }

    pub(crate) const fn read(address: Typed, action: Action) -> Self {
        Self {
            original: None,
            address,
            action,
            status: None,
            remote_mta: None,
            diagnostic: None,
            last_attempt: None,
            log_id: None,
            retry_until: None,
            extensions: Vec::new(),
        }
    }

    /// Names the recipient that the sender had named, as ORCPT brought it (RFC 3461 section 4.2).
    #[must_use]
    pub fn originally(mut self, address: Typed) -> Self {
        self.original = Some(address);
        self
    }

    /// Names the server that said so.
    #[must_use]
    pub fn told_by(mut self, mta: Typed) -> Self {
        self.remote_mta = Some(mta);
        self
    }

    /// Says in the server's own words what happened.
    #[must_use]
    pub fn because(mut self, diagnostic: Typed) -> Self {
        self.diagnostic = Some(diagnostic);
        self
    }

    /// Says when it was tried last.
    #[must_use]
    pub const fn tried_at(mut self, moment: DateTime) -> Self {
        self.last_attempt = Some(moment);
        self
    }

    /// Says how long a delayed message will be tried.
    #[must_use]
    pub const fn retried_until(mut self, moment: DateTime) -> Self {
        self.retry_until = Some(moment);
        self
    }

    /// Adds a field that RFC 3464 does not have.
    #[must_use]
    pub fn extension(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Returns the address as the server that writes the report had it.
    #[must_use]
    pub const fn address(&self) -> &Typed {
        &self.address
    }

    /// Returns the address that the sender had named.
    #[must_use]
    pub const fn original(&self) -> Option<&Typed> {
        self.original.as_ref()
    }

    /// Returns what became of it.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// Returns the status.
    #[must_use]
    pub const fn status(&self) -> Option<EnhancedStatusCode> {
        self.status
    }

    /// Returns the server that said so.
    #[must_use]
    pub const fn remote_mta(&self) -> Option<&Typed> {
        self.remote_mta.as_ref()
    }

    /// Returns in the server's own words what happened.
    #[must_use]
    pub const fn diagnostic(&self) -> Option<&Typed> {
        self.diagnostic.as_ref()
    }

    /// Returns when it was tried last.
    #[must_use]
    pub const fn last_attempt(&self) -> Option<DateTime> {
        self.last_attempt
    }

    /// Returns by what name the next server knows the message.
    #[must_use]
    pub fn log_id(&self) -> Option<&str> {
        self.log_id.as_deref()
    }

    /// Returns how long a delayed message will be tried.
    #[must_use]
    pub const fn retry_until(&self) -> Option<DateTime> {
        self.retry_until
    }

    /// Returns the fields that RFC 3464 does not have, in order: at most 32 are read.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// Returns the reply that the diagnosis quotes, as a classifier wants it. The enhanced code is
    /// the reply's own; else it is the status, unless that says nothing (`5.0.0`).
    ///
    /// A report without any reply code (a full disk, no route, a time-out) yields one with the code
    /// that says least, 554 or 451, and the words of the diagnosis. `None` unless it failed or is
    /// delayed.
    #[must_use]
    pub fn reply(&self) -> Option<Reply> {
        match self.action {
            Action::Failed | Action::Delayed => Some(diagnostic::reply(self)),
            Action::Delivered | Action::Relayed | Action::Expanded => None,
        }
    }

    /// Returns what happened, to be classified: the reply that the diagnosis quotes, the status
    /// where it quotes none, or its words alone; and who runs the server that said so. `None`
    /// unless it failed or is delayed.
    ///
    /// ```
    /// use mail_errors::classify::Reason;
    /// use mail_errors::dsn::{Action, Recipient, Typed};
    /// use mail_errors::EnhancedStatusCode;
    ///
    /// let address = Typed::address("nobody@example.net")?;
    /// let failed = Recipient::new(address, Action::Failed, EnhancedStatusCode::BAD_MAILBOX);
    /// let failure = failed.failure().expect("it failed");
    /// assert_eq!(failure.classify().reason(), Reason::MailboxUnknown);
    /// # Ok::<(), mail_errors::Misuse>(())
    /// ```
    #[must_use]
    pub fn failure(&self) -> Option<Failure<'_>> {
        match self.action {
            Action::Failed | Action::Delayed => Some(diagnostic::failure(self)),
            Action::Delivered | Action::Relayed | Action::Expanded => None,
        }
    }

    /// Tells whether the reply of [`reply`](Self::reply) has a code that a server sent.
    #[must_use]
    pub fn has_reply_code(&self) -> bool {
        self.diagnostic.as_ref().is_some_and(|words| diagnostic::find(words.text()).is_some())
    }
}

/// What a report says: of the message, and of each recipient.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub(crate) reporting_mta: Option<Typed>,
    pub(crate) received_from: Option<Typed>,
    pub(crate) gateway: Option<Typed>,
    pub(crate) envelope_id: Option<Box<str>>,
    pub(crate) arrival: Option<DateTime>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) recipients: Vec<Recipient>,
}

impl Report {
    /// Begins the report of a server, by its host name.
    ///
    /// # Errors
    /// As [`Typed::new`].
    pub fn by(host: &str) -> Result<Self, Misuse> {
        Ok(Self { reporting_mta: Some(Typed::host(host)?), ..Self::default() })
    }

    /// Adds a recipient.
    #[must_use]
    pub fn recipient(mut self, recipient: Recipient) -> Self {
        self.recipients.push(recipient);
        self
    }

    /// Says under what name the sender knows the message, as ENVID brought it, decoded (RFC 3461
    /// section 4.4).
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if that is empty or longer than 100 octets, [`Misuse::Unencodable`] if
    /// it holds anything but printable ASCII.
    pub fn envelope_id(mut self, id: &str) -> Result<Self, Misuse> {
        const WHAT: &str = "envelope identifier";
        let id = id.trim_ascii();
        if id.is_empty() || id.len() > 100 {
            return Err(Misuse::Invalid { what: WHAT, why: "it has not 1 to 100 octets" });
        }
        let bad = |octet: &u8| !(b' '..=b'~').contains(octet);
        if let Some((offset, octet)) = id.bytes().enumerate().find(|(_, octet)| bad(octet)) {
            return Err(Misuse::Unencodable { what: WHAT, octet, offset });
        }
        self.envelope_id = Some(id.into());
        Ok(self)
    }

    /// Says when the message came in.
    #[must_use]
    pub const fn arrived_at(mut self, moment: DateTime) -> Self {
        self.arrival = Some(moment);
        self
    }

    /// Says from which server the message came.
    #[must_use]
    pub fn received_from(mut self, mta: Typed) -> Self {
        self.received_from = Some(mta);
        self
    }

    /// Adds a field that RFC 3464 does not have.
    #[must_use]
    pub fn extension(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Returns who writes the report.
    #[must_use]
    pub const fn reporting_mta(&self) -> Option<&Typed> {
        self.reporting_mta.as_ref()
    }

    /// Returns from which server the message came.
    #[must_use]
    pub const fn received_from_mta(&self) -> Option<&Typed> {
        self.received_from.as_ref()
    }

    /// Returns the gateway that made the report out of one of another kind of mail.
    #[must_use]
    pub const fn gateway(&self) -> Option<&Typed> {
        self.gateway.as_ref()
    }

    /// Returns under what name the sender knows the message.
    #[must_use]
    pub fn original_envelope_id(&self) -> Option<&str> {
        self.envelope_id.as_deref()
    }

    /// Returns when the message came in.
    #[must_use]
    pub const fn arrival(&self) -> Option<DateTime> {
        self.arrival
    }

    /// Returns the fields of the message that RFC 3464 does not have, in order: at most 32 are read.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// Returns the recipients, in order.
    #[must_use]
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// Tells whether any recipient failed: only then may the whole message be returned (RFC 3461
    /// section 4.3).
    #[must_use]
    pub fn tells_failure(&self) -> bool {
        self.recipients.iter().any(|recipient| recipient.action == Action::Failed)
    }
}

const fn digit(class: EnhancedClass) -> u16 {
    match class {
        EnhancedClass::Success => 2,
        EnhancedClass::Transient => 4,
        EnhancedClass::Permanent => 5,
    }
}
