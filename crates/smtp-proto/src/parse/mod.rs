//! The grammar of RFC 5321 4.1.2 and 4.1.3 and of the extensions, one function a rule: pure, total,
//! without allocation.
//!
//! Everything works on complete lines without their CRLF. What a [`Profile`] tolerates is
//! reported into [`Defects`].

mod command;
mod eight;
mod label;
mod params;
mod path;
pub(crate) mod regular;
mod reply;
mod values;

use mail_errors::ParseError;
use mail_wire::grammar::{PResult, complete, cut, unmet};

use crate::{
    Attributes, AuthArguments, CommandError, CommandFault, DeliverBy, Domain, EnvelopeId,
    ForwardPath, MailParams, Mailbox, Notify, OriginalRecipient, Param, Profile, RcptParams,
    ReversePath, Solicitation, Submitter, Text, Timestamp, Turn, ValidSince, Xtext,
    profile::{Defects, Deviation},
};

pub use command::{command, verb};
pub use regular::ReplyView;
pub use reply::{ReplyLine, reply_line};
pub(crate) use values::utf8_address;

/// What a line is read with: which deviations are let pass, and where those that were are noted.
struct Scan<'s> {
    profile: Profile,
    text: &'s [u8],
    /// How many octets of the text count.
    line: usize,
    defects: &'s mut Defects,
    /// What is wrong, if something is.
    fault: CommandFault,
    /// How many octets are left where an address has its first octet of 0x80 or above.
    eight_bit: Option<usize>,
}

impl<'s> Scan<'s> {
    #[inline(always)]
    fn new(text: &'s [u8], profile: Profile, defects: &'s mut Defects) -> Self {
        let fault = CommandFault::Syntax;
        Self { profile, text, line: text.len(), defects, fault, eight_bit: None }
    }

    /// Tells whether a deviation at the start of `rest` is let pass, and notes it if so.
    #[cold]
    fn lets_pass(&mut self, deviation: Deviation, rest: &[u8]) -> bool {
        let offset = self.line.saturating_sub(rest.len());
        self.defects.tolerate(self.profile, deviation, offset)
    }

    /// Notes what is wrong with a line that is going to be refused.
    #[cold]
    fn blame(&mut self, fault: CommandFault) {
        self.fault = fault;
    }

    /// Turns the answer of a rule that was to read all into that of the line.
    #[inline(always)]
    fn whole<T>(&self, answer: PResult<'_, T>) -> Result<T, CommandError> {
        match answer {
            Ok(([], read)) => Ok(read),
            Ok((rest, _)) => Err(self.refused(unmet::<()>(rest, &"end of line"))),
            Err(error) => Err(self.refused::<()>(Err(error))),
        }
    }

    #[cold]
    fn refused<T>(&self, answer: PResult<'_, T>) -> CommandError {
        let (kept, _) = cut(self.text, self.line);
        let (offset, expected) = match complete(kept, |_| answer) {
            Err(error) => (error.offset(), error.expected()),
            Ok(_) => (kept.len(), "a command"),
        };
        let stray = self.text.iter().any(|octet| matches!(octet, b'\r' | b'\n'));
        let fault = match stray && !self.fault.loses_place() {
            true => CommandFault::BareNewline,
            false => self.fault,
        };
        // The offset counts from the start of both, but what is shown is what really stands there.
        CommandError::new(fault, ParseError::at(self.text, offset, expected))
    }
}

/// What an address by itself may have: such addresses exist and must be written to.
const OF_A_VALUE: Profile = Profile::STRICT
    .tolerating(Deviation::LooseDots)
    .tolerating(Deviation::LongLocalPart)
    .tolerating(Deviation::UnderscoreInDomain);

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
    let mut defects = Defects::new();
    let mut scan = Scan::new(text, OF_A_VALUE, &mut defects);
    complete(text, |i| rule(i, &mut scan))
}

/// Reads the parameters of MAIL, given as they stand behind the path.
///
/// # Errors
/// [`CommandError`] at the first octet that does not fit, counted from the first parameter.
pub fn mail_params(text: &[u8]) -> Result<MailParams<&[u8]>, CommandError> {
    of_params(text, params::mail_params)
}

/// Reads the parameters of RCPT, given as they stand behind the path.
///
/// # Errors
/// [`CommandError`] at the first octet that does not fit, counted from the first parameter.
pub fn rcpt_params(text: &[u8]) -> Result<RcptParams<&[u8]>, CommandError> {
    of_params(text, params::rcpt_params)
}

fn of_params<'a, O>(
    text: &'a [u8],
    rule: impl FnOnce(&'a [u8], &mut Scan<'_>) -> PResult<'a, O>,
) -> Result<O, CommandError> {
    let mut defects = Defects::new();
    let mut scan = Scan::new(text, Profile::STRICT, &mut defects);
    let answer = rule(text, &mut scan);
    scan.whole(answer)
}

pub(crate) fn auth_arguments(text: &[u8]) -> Result<AuthArguments<&[u8]>, ParseError> {
    as_value(text, command::auth_arguments)
}

pub(crate) fn text(text: &[u8]) -> Result<Text<&[u8]>, ParseError> {
    complete(text, command::text)
}

pub(crate) fn lookup(text: &[u8]) -> Result<(), ParseError> {
    complete(text, |i| {
        let (rest, looked_up) = command::lookup(i)?;
        // Behind a text the word would be read as the parameter.
        if looked_up.is_smtp_utf8() {
            let (_, word) = cut(i, looked_up.as_str().len());
            return unmet(word, &"a text that does not end in SMTPUTF8");
        }
        Ok((rest, ()))
    })
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident($rule:path) -> $value:ty;)*) => {$(
        pub(crate) fn $name(text: &[u8]) -> Result<$value, ParseError> {
            complete(text, $rule)
        }
    )*};
}

values! {
    param(params::param) -> Param<'_>;
    xtext(values::xtext) -> Xtext<&[u8]>;
    envelope_id(values::envelope_id) -> EnvelopeId<&[u8]>;
    original_recipient(values::original_recipient) -> OriginalRecipient<&[u8]>;
    notify(values::notify) -> Notify;
    submitter(values::submitter) -> Submitter<&[u8]>;
    deliver_by(values::deliver_by) -> DeliverBy;
    valid_since(values::valid_since) -> ValidSince;
    solicitation(values::solicitation) -> Solicitation<&[u8]>;
    url(values::url) -> &[u8];
    date_time(values::date_time) -> Timestamp;
    turn(values::turn) -> Turn<&[u8]>;
    attributes(values::attributes) -> Attributes<&[u8]>;
}
