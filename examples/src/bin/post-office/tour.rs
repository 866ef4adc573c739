//! `post-office tour`.

use std::io;

use clap::Args;
use mail_errors::diagnosis::Language;
use mail_examples::tour;
use tokio::signal::{
    ctrl_c,
    unix::{SignalKind, signal},
};

use crate::Failure;

/// What `tour` takes.
#[derive(Debug, Args)]
pub(crate) struct Tour {
    /// Show what goes over the wire as well; credentials are masked.
    #[arg(long)]
    wire: bool,
    /// The language it is told in: en or ja.
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = crate::serve::language)]
    lang: Language,
}

impl Tour {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|source| Failure::Io { what: "cannot start", source })?;
        let tour = tour::Tour::new().language(self.lang).wire(self.wire);
        runtime.block_on(async {
            let mut out = io::stdout();
            let mut terminate = signal(SignalKind::terminate())
                .map_err(|source| Failure::Io { what: "cannot wait for signals", source })?;
            tokio::select! {
                told = tour.run(&mut out) => told.map(drop).map_err(Failure::Tour),
                // What was made for the run goes all the same.
                _ = ctrl_c() => Err(Failure::Interrupted),
                _ = terminate.recv() => Err(Failure::Interrupted),
            }
        })
    }
}
