//! People and their mail programs.

use std::time::Instant;

use bytes::Bytes;
use imap_proto::{
    MailboxName,
    client::{Client as ImapClient, Config as ImapConfig},
};
use mail_errors::{Misuse, ParseError, Secret};
use mail_sasl::Credentials;
use pop3_proto::client::{Client as Pop3Client, Config as Pop3Config};
use smtp_proto::{
    BodyType, Domain, Mailbox,
    client::{Client as SmtpClient, Config as SmtpConfig, Envelope, TlsPolicy},
};

use super::{guide::Guide, stage::Town, trouble::Trouble};
use crate::{
    client::{
        Connection, imap, pop3,
        smtp::{Sent, deliver},
    },
    config::Service,
    tap::Protocol,
};

/// Somebody with a mail program, which is set up to insist on TLS.
pub(super) struct Person {
    pub(super) address: &'static str,
    password: Secret,
    /// What is typed in for sending, which a person may get wrong.
    sending: Secret,
}

impl Person {
    pub(super) fn new(address: &'static str, password: Secret) -> Self {
        let sending = password.clone();
        Self { address, password, sending }
    }

    /// Types another password in for sending.
    pub(super) fn sending_with(mut self, password: Secret) -> Self {
        self.sending = password;
        self
    }

    fn credentials(&self) -> Result<Credentials, Misuse> {
        Credentials::new(self.address, self.password.clone())
    }

    fn name(&self) -> &'static str {
        self.address.split_once('@').map_or(self.address, |(name, _)| name)
    }

    /// Hands a message to the own post office.
    pub(super) async fn submit(
        &self,
        town: &Town,
        [from, to]: [&str; 2],
        message: Bytes,
        guide: &Guide<'_>,
        until: Instant,
    ) -> Result<Sent, Trouble> {
        let config = SmtpConfig::new(Domain::parse("laptop.north.test").map_err(wrong)?)
            .tls(TlsPolicy::Required)
            .auth(Credentials::new(self.address, self.sending.clone())?);
        let mut envelope = Envelope::new(Mailbox::parse(from).map_err(wrong)?)
            .to(Mailbox::parse(to).map_err(wrong)?)
            .size(message.len() as u64);
        if !message.is_ascii() {
            envelope = envelope.body(BodyType::EightBitMime);
        }
        let tap = guide.tap(&format!("{} → {}", self.name(), town.host), Protocol::Smtp);
        let peer = town.peer(Service::Submission)?;
        let connection = Connection::open(SmtpClient::new(config), &peer, tap, until).await?;
        Ok(deliver(connection, envelope, message, until).await)
    }

    /// Opens INBOX by IMAP and waits there in IDLE.
    pub(super) async fn wait_in_mailbox(
        &self,
        town: &Town,
        guide: &Guide<'_>,
        until: Instant,
    ) -> Result<Connection<ImapClient>, Trouble> {
        let tap = guide.tap(&format!("{} → {}", self.name(), town.host), Protocol::Imap);
        let peer = town.peer(Service::Imap)?;
        // STARTTLS or nothing is the default.
        let client = ImapClient::new(ImapConfig::new());
        let mut connection = Connection::open(client, &peer, tap, until).await?;
        let credentials = self.credentials()?;
        imap::run(&mut connection, "LOGIN", |it| it.log_in(credentials), until, |_| Ok(())).await?;
        let select = |it: &mut ImapClient| it.select(MailboxName::INBOX);
        imap::run(&mut connection, "SELECT", select, until, |_| Ok(())).await?;
        imap::idle(&mut connection, 0, until).await?;
        Ok(connection)
    }

    /// Opens the maildrop by POP3.
    pub(super) async fn open_maildrop(
        &self,
        town: &Town,
        guide: &Guide<'_>,
        until: Instant,
    ) -> Result<Connection<Pop3Client>, Trouble> {
        let tap = guide.tap(&format!("{} → {}", self.name(), town.host), Protocol::Pop3);
        let peer = town.peer(Service::Pop3)?;
        // STLS or nothing is the default.
        let client = Pop3Client::new(Pop3Config::new());
        let mut connection = Connection::open(client, &peer, tap, until).await?;
        let credentials = self.credentials()?;
        pop3::run(&mut connection, |it| it.log_in(credentials), until, |_| Ok(())).await?;
        Ok(connection)
    }
}

fn wrong(error: ParseError) -> Misuse {
    Misuse::Invalid { what: "address", why: error.expected() }
}
