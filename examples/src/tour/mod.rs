//! The whole way of one message, and five that come back: two post offices in one process, and
//! everything that a mail program does with them, step by step.
//!
//! Each step reads something back from where the message is by then, shows it, and fails if the
//! token of this run does not stand in it. Nothing is taken for granted: what is shown was on a
//! wire, in DNS or in a store.
//!
//! ```
//! use mail_errors::diagnosis::Language;
//! use mail_examples::tour::{Step, Tour};
//!
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let mut told = Vec::new();
//! let summary = Tour::new().language(Language::English).run(&mut told).await?;
//! assert_eq!(summary.steps(), Step::ALL);
//! assert!(String::from_utf8_lossy(&told).contains(summary.token()));
//! # Ok::<(), mail_examples::tour::TourError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![expect(clippy::wildcard_enum_match_arm, reason = "what is to be seen may become more")]

mod guide;
mod journey;
mod letter;
mod person;
mod refusals;
mod stage;
mod trouble;
mod words;

use std::{fmt, io::Write, net::IpAddr, path::PathBuf, time::Duration};

use mail_errors::{Secret, diagnosis::Language};

pub use trouble::{Flaw, Trouble};

use guide::Guide;
use stage::Stage;

/// A tour, before it begins.
#[derive(Debug, Clone)]
pub struct Tour {
    language: Language,
    wire: bool,
    broken: Option<Broken>,
    patience: Duration,
    password: Option<Secret>,
    addresses: Option<[IpAddr; 2]>,
    parent: PathBuf,
}

/// What can be broken for good before the tour begins, to see that it notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Broken {
    /// The other office listens for mail at another port than everybody thinks.
    Port,
    /// The other domain has no MX record.
    Record,
    /// Alice's mail program has a wrong password for sending.
    Password,
}

impl Default for Tour {
    fn default() -> Self {
        Self::new()
    }
}

impl Tour {
    /// A tour in English, without the octets on the wire.
    #[must_use]
    pub fn new() -> Self {
        Self {
            language: Language::English,
            wire: false,
            broken: None,
            patience: Duration::from_secs(3),
            password: None,
            addresses: None,
            parent: std::env::temp_dir(),
        }
    }

    /// Sets in which language it is told.
    #[must_use]
    pub const fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// Shows what goes over the wire as well, with credentials masked.
    #[must_use]
    pub const fn wire(mut self, wire: bool) -> Self {
        self.wire = wire;
        self
    }

    /// Breaks something.
    #[must_use]
    pub const fn broken(mut self, broken: Broken) -> Self {
        self.broken = Some(broken);
        self
    }

    /// Sets how long any one wait may take. 3 seconds.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets the password that everybody has. Without it everybody gets a random one.
    #[must_use]
    pub fn password(mut self, password: Secret) -> Self {
        self.password = Some(password);
        self
    }

    /// Sets the addresses of the two post offices, which must be this machine's own. By default
    /// 127.0.0.2 and 127.0.0.3 or, where these are not there, 127.0.0.1 and ::1.
    #[must_use]
    pub const fn at(mut self, addresses: [IpAddr; 2]) -> Self {
        self.addresses = Some(addresses);
        self
    }

    /// Sets the directory that the directory of the run is made in, and removed from afterwards. By
    /// default the system's for temporary files.
    #[must_use]
    pub fn inside(mut self, parent: impl Into<PathBuf>) -> Self {
        self.parent = parent.into();
        self
    }

    /// Goes on the tour and tells of it on `out`. It needs a tokio runtime with several threads.
    ///
    /// # Errors
    /// The first step that fails ends the tour; [`TourError`] names it.
    pub async fn run(&self, out: &mut (dyn Write + Send)) -> Result<Summary, TourError> {
        let token = letter::token();
        let mut guide = Guide::new(out, &token, self.language, self.wire);
        let told = self.go(&mut guide, &token).await;
        match told {
            Ok(()) => Ok(Summary { token, steps: guide.done().to_vec() }),
            Err(trouble) => {
                guide.failed();
                Err(TourError { step: guide.step(), trouble, language: self.language })
            }
        }
    }

    async fn go(&self, guide: &mut Guide<'_>, token: &str) -> Result<(), Trouble> {
        let mut stage = Stage::set(self, token).await?;
        guide.introduce(&stage.scene())?;
        let gone = Self::travel(&mut stage, guide).await;
        stage.clear().await;
        gone?;
        guide.farewell()
    }

    async fn travel(stage: &mut Stage, guide: &mut Guide<'_>) -> Result<(), Trouble> {
        // The mail programs wait before there is anything to wait for.
        let until = stage.until();
        let bob = stage.bob.wait_in_mailbox(&stage.south, guide, until).await?;
        let alice = stage.alice.wait_in_mailbox(&stage.north, guide, until).await?;
        guide.curtain()?;
        journey::travel(stage, guide, bob).await?;
        refusals::come_back(stage, guide, alice).await
    }
}

/// The steps of the tour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The message is written.
    Compose,
    /// It is handed to Alice's post office: SMTP submission with AUTH under STARTTLS.
    Submit,
    /// It lies in the queue there.
    Queue,
    /// DNS is asked for the MX of the other domain.
    LookUp,
    /// It is relayed: SMTP with STARTTLS.
    Relay,
    /// It lies in Bob's mailbox.
    Store,
    /// Bob's mail program, which waits in IDLE, hears of it.
    Announce,
    /// It is read by IMAP.
    Read,
    /// It is downloaded and deleted by POP3.
    Fetch,
    /// Its trace fields tell the way.
    Trace,
    /// 550: there is no such user.
    UnknownUser,
    /// 551: the domain is not served there.
    NotServed,
    /// 552: the mailbox is full.
    MailboxFull,
    /// 553: the sender's address is not Alice's.
    NotYours,
    /// 554: the message goes in circles.
    Loop,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 15] = [
        Self::Compose,
        Self::Submit,
        Self::Queue,
        Self::LookUp,
        Self::Relay,
        Self::Store,
        Self::Announce,
        Self::Read,
        Self::Fetch,
        Self::Trace,
        Self::UnknownUser,
        Self::NotServed,
        Self::MailboxFull,
        Self::NotYours,
        Self::Loop,
    ];

    /// Returns its number, counted from 1.
    #[must_use]
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).map_or(0, |at| at + 1)
    }
}

/// A tour that went well.
#[derive(Debug, Clone)]
pub struct Summary {
    token: String,
    steps: Vec<Step>,
}

impl Summary {
    /// Returns the word that stood in every subject of this run, and of no other.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the steps that were done, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// The step that failed, and why.
#[derive(Debug, thiserror::Error)]
pub struct TourError {
    step: Option<Step>,
    #[source]
    trouble: Trouble,
    language: Language,
}

impl TourError {
    /// Returns the step; `None` if it was not even possible to begin.
    #[must_use]
    pub const fn step(&self) -> Option<Step> {
        self.step
    }

    /// Returns what went wrong.
    #[must_use]
    pub const fn trouble(&self) -> &Trouble {
        &self.trouble
    }
}

/// One line, in the language of the tour.
impl fmt::Display for TourError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let book = words::of(self.language);
        f.write_str(&book.failed(self.step, &book.trouble(&self.trouble)))
    }
}
