//! Why a command is refused, and by which codes.

use mail_errors::{EnhancedStatusCode as Enhanced, Fault, FaultKind, ParseError, Reply, ReplyCode};

/// What is wrong with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CommandFault {
    /// It is no command. 500.
    UnknownCommand,
    /// It holds a CR or LF that stands alone, which is what smuggling is made of. 500.
    BareNewline,
    /// An argument is not as the grammar has it. 501.
    Syntax,
    /// The path stands without angle brackets. 501.
    MissingBrackets,
    /// A parameter has a value that it cannot have. 501.
    BadValue,
    /// A parameter, or one that excludes it, stands there twice. 501.
    Repeated,
    /// The argument of BDAT. 501; where the next command starts is not known any more.
    BadChunk,
    /// A parameter has a value that is known, but not done here. 504.
    NotImplemented,
    /// An address is in UTF-8, but the parameter SMTPUTF8 is missing. 553.
    Utf8NotAnnounced,
    /// A domain holds a character that no name may hold (RFC 5891 4.2.2). 553.
    BadCharacter,
    /// A parameter is none that is known here. 555.
    UnknownParameter,
    /// A parameter belongs to an extension that was not offered. 555.
    NotOffered,
    /// BY asks for a return after less time than is promised to anybody (RFC 2852 4). 555.
    TooSoon,
    /// HOLDFOR or HOLDUNTIL asks for more than is offered (RFC 4865 5). 501.
    HeldTooLong,
    /// The message is a solicitation of a sort that is not taken (RFC 3865 2). 550.
    Unsolicited,
}

impl CommandFault {
    /// Returns the code that answers it. RFC 5321 4.2.4 and 4.1.1.11, RFC 6531 3.5.
    #[must_use]
    pub const fn code(self) -> ReplyCode {
        match self {
            Self::UnknownCommand | Self::BareNewline => ReplyCode::SYNTAX_ERROR,
            Self::Syntax
            | Self::MissingBrackets
            | Self::BadValue
            | Self::Repeated
            | Self::BadChunk
            | Self::HeldTooLong => ReplyCode::PARAMETER_SYNTAX_ERROR,
            Self::NotImplemented => ReplyCode::PARAMETER_NOT_IMPLEMENTED,
            Self::Utf8NotAnnounced | Self::BadCharacter => ReplyCode::MAILBOX_NAME_NOT_ALLOWED,
            Self::UnknownParameter | Self::NotOffered | Self::TooSoon => {
                ReplyCode::PARAMETERS_NOT_RECOGNIZED
            }
            Self::Unsolicited => ReplyCode::MAILBOX_UNAVAILABLE,
        }
    }

    /// Returns the enhanced code that answers it. RFC 3463, RFC 6531 3.5.
    #[must_use]
    pub const fn enhanced(self) -> Enhanced {
        const NO_UTF8: Enhanced = Enhanced::new(5, 6, 7).expect("5.6.7 is a code");
        match self {
            Self::UnknownCommand | Self::BareNewline | Self::MissingBrackets => {
                Enhanced::SYNTAX_ERROR
            }
            Self::Syntax
            | Self::BadValue
            | Self::Repeated
            | Self::BadChunk
            | Self::NotImplemented
            | Self::UnknownParameter
            | Self::NotOffered
            | Self::TooSoon
            | Self::HeldTooLong => Enhanced::INVALID_ARGUMENTS,
            Self::Unsolicited => Enhanced::NOT_AUTHORIZED,
            Self::Utf8NotAnnounced => NO_UTF8,
            Self::BadCharacter => Enhanced::BAD_ADDRESS_SYNTAX,
        }
    }

    /// Tells whether the connection cannot go on: what stands behind the line may be part of a
    /// message or the first command, and nobody can tell which.
    #[must_use]
    pub const fn loses_place(self) -> bool {
        matches!(self, Self::BadChunk)
    }

    /// Returns the reply.
    #[must_use]
    pub const fn reply(self) -> Reply {
        let text = match self {
            Self::UnknownCommand => "command not recognized",
            Self::BareNewline => "CR or LF that stands alone",
            Self::Syntax => "syntax error in the argument",
            Self::MissingBrackets => "path without angle brackets",
            Self::BadValue => "bad parameter",
            Self::Repeated => "parameter given twice",
            Self::BadChunk => "bad argument of BDAT",
            Self::NotImplemented => "value not implemented",
            Self::Utf8NotAnnounced => "address in UTF-8 without SMTPUTF8",
            Self::BadCharacter => "character not allowed in a domain",
            Self::UnknownParameter => "parameter not recognized",
            Self::NotOffered => "parameter not offered",
            Self::TooSoon => "cannot be delivered so soon",
            Self::HeldTooLong => "not kept back for so long",
            Self::Unsolicited => "no such solicitation is taken here",
        };
        Reply::fixed(self.code(), Some(self.enhanced()), text)
    }
}

/// A command line that cannot be read: what is wrong with it, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct CommandError {
    fault: CommandFault,
    error: ParseError,
}

impl CommandError {
    pub(crate) const fn new(fault: CommandFault, error: ParseError) -> Self {
        Self { fault, error }
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn fault(&self) -> CommandFault {
        self.fault
    }

    /// Returns the offset of the first octet that does not fit, from the start of the line.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.error.offset()
    }

    /// Returns what the grammar asks for at that offset.
    #[must_use]
    pub const fn expected(&self) -> &'static str {
        self.error.expected()
    }

    /// Returns where and why the line does not parse.
    #[must_use]
    pub const fn parse_error(&self) -> &ParseError {
        &self.error
    }

    /// Returns the reply, which says what is wrong and where: that is most of what helps.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let text = format!("expected {} at offset {}", self.expected(), self.offset());
        Reply::new(self.fault.code(), self.fault.enhanced(), text)
            .unwrap_or_else(|_| self.fault.reply())
    }
}

impl Fault for CommandError {
    fn kind(&self) -> FaultKind {
        FaultKind::Malformed
    }
}

impl From<CommandError> for ParseError {
    fn from(error: CommandError) -> Self {
        error.error
    }
}
