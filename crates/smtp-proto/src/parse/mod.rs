//! The grammar of RFC 5321 4.1.2 and 4.1.3, one function a rule: pure, total, without allocation.
//!
//! Everything works on complete lines without their CRLF. What a [`Profile`] tolerates is
//! reported into [`Defects`].

mod command;
mod params;
mod path;
mod reply;

use mail_errors::ParseError;
use mail_wire::grammar::{PResult, complete};

use crate::{
    AuthArguments, Domain, ForwardPath, Mailbox, Param, Profile, ReversePath, Text,
    profile::{Defects, Deviation},
};

pub use command::{command, verb};
pub use params::{MailParams, ParamFault, mail_params, rcpt_params};
pub use reply::{ReplyLine, reply_line};

/// What a line is read with: which deviations are let pass, and where those that were are noted.
struct Scan<'d> {
    profile: Profile,
    line: usize,
    defects: &'d mut Defects,
}

impl<'d> Scan<'d> {
    fn new(line: &[u8], profile: Profile, defects: &'d mut Defects) -> Self {
        Self { profile, line: line.len(), defects }
    }

    /// Tells whether a deviation at the start of `rest` is let pass, and notes it if so.
    fn lets_pass(&mut self, deviation: Deviation, rest: &[u8]) -> bool {
        let pass = self.profile.tolerates(deviation);
        if pass {
            self.defects.report(deviation, self.line.saturating_sub(rest.len()));
        }
        pass
    }
}

fn strictly<'a, O>(
    text: &'a [u8],
    rule: impl FnOnce(&'a [u8], &mut Scan<'_>) -> PResult<'a, O>,
) -> Result<O, ParseError> {
    let mut defects = Defects::new();
    let mut scan = Scan::new(text, Profile::STRICT, &mut defects);
    complete(text, |i| rule(i, &mut scan))
}

/// Reads a domain or an address literal. An underscore is let pass, as in [`Profile::COMPAT`].
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
pub fn domain(text: &[u8]) -> Result<Domain<&[u8]>, ParseError> {
    as_value(text, path::domain)
}

/// Reads a mailbox without brackets. Addresses with misplaced dots or a long local part exist and
/// must be written to, so these are let pass, as in [`Profile::COMPAT`].
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
pub fn mailbox(text: &[u8]) -> Result<Mailbox<&[u8]>, ParseError> {
    as_value(text, path::mailbox)
}

/// Reads a reverse-path with its brackets.
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
pub fn reverse_path(text: &[u8]) -> Result<ReversePath<&[u8]>, ParseError> {
    as_value(text, path::reverse_path)
}

/// Reads a forward-path with its brackets.
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
pub fn forward_path(text: &[u8]) -> Result<ForwardPath<&[u8]>, ParseError> {
    as_value(text, path::forward_path)
}

fn as_value<'a, O>(
    text: &'a [u8],
    rule: impl FnOnce(&'a [u8], &mut Scan<'_>) -> PResult<'a, O>,
) -> Result<O, ParseError> {
    let profile = Profile::STRICT
        .tolerating(Deviation::LooseDots)
        .tolerating(Deviation::LongLocalPart)
        .tolerating(Deviation::UnderscoreInDomain);
    let mut defects = Defects::new();
    let mut scan = Scan::new(text, profile, &mut defects);
    complete(text, |i| rule(i, &mut scan))
}

pub(crate) fn text(text: &[u8]) -> Result<Text<&[u8]>, ParseError> {
    complete(text, command::text)
}

pub(crate) fn param(text: &[u8]) -> Result<Param<'_>, ParseError> {
    complete(text, params::param)
}

pub(crate) fn auth_arguments(text: &[u8]) -> Result<AuthArguments<&[u8]>, ParseError> {
    strictly(text, command::auth_arguments)
}
