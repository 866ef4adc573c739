//! The one table that says what a reply does to the conversation. Client and server both use it,
//! each from its end, and no other file decides a state.
//!
//! RFC 5321 3.1 to 3.3, 3.8, 4.1.1 and 4.1.4; RFC 3207 4.2 for TLS; RFC 4954 4 for AUTH; RFC 3030 2
//! for chunks; RFC 2033 4 for LMTP; RFC 1985 5 for ETRN; Postfix's XCLIENT and XFORWARD.

use mail_errors::{Reply, ReplyClass, ReplyCode};

/// Where a conversation stands, as seen by both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The connection is there; the server has not greeted yet.
    Connected,
    /// The server has greeted; or TLS has just begun, and all that was known is forgotten.
    Greeted,
    /// The server has greeted with 554: it serves nobody here.
    TurnedAway,
    /// The client has said who it is. No transaction is open.
    Ready,
    /// STARTTLS was granted; the next octets are a TLS handshake.
    Handshake,
    /// A SASL challenge is out; the next line is a response and no command.
    Authenticating,
    /// MAIL was taken.
    HasSender,
    /// At least one RCPT was taken.
    HasRecipient,
    /// DATA was taken; the next lines are the message.
    Message,
    /// A chunk of the message was taken; the next is awaited.
    Chunks,
    /// A chunk was refused, and with it the transaction. RFC 3030 2: RSET comes next.
    Spoiled,
    /// 221 or 421 was sent: nothing more will be served.
    Closed,
}

/// What a reply answers: a command, or one of the things that are answered without being one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// The connection itself, answered by the greeting.
    Connect,
    /// EHLO
    Ehlo,
    /// HELO
    Helo,
    /// LHLO, which stands for EHLO in LMTP.
    Lhlo,
    /// STARTTLS
    StartTls,
    /// The TLS handshake, which is not answered by a reply but by being done.
    Handshake,
    /// AUTH
    Auth,
    /// A response to a SASL challenge.
    AuthResponse,
    /// MAIL
    Mail,
    /// RCPT
    Rcpt,
    /// DATA
    Data,
    /// The end of the message, CRLF "." CRLF. In LMTP each recipient's reply answers it.
    EndOfData,
    /// BDAT, unless it is the last.
    Bdat,
    /// BURL, unless it is the last.
    Burl,
    /// BDAT or BURL with LAST. In LMTP each recipient's reply answers it.
    LastChunk,
    /// RSET
    Rset,
    /// NOOP
    Noop,
    /// VRFY
    Vrfy,
    /// EXPN
    Expn,
    /// HELP
    Help,
    /// ETRN
    Etrn,
    /// XCLIENT
    Xclient,
    /// XFORWARD
    Xforward,
    /// QUIT
    Quit,
}

/// What a reply says, as far as it moves the conversation: the first digit of its code, and 421. RFC
/// 5321 4.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// 2yz
    Done,
    /// 3yz
    GoOn,
    /// 4yz and 5yz, and codes that RFC 5321 does not know.
    Refused,
    /// 421: the server closes the connection. RFC 5321 3.8.
    Closing,
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Before the reply.
    pub from: State,
    /// What is answered.
    pub verb: Verb,
    /// What the reply says.
    pub severity: Severity,
    /// After the reply.
    pub to: State,
}

/// Returns where a reply of this severity to this verb leads.
pub(crate) const fn after(state: State, verb: Verb, severity: Severity) -> State {
    use Severity::{Closing, Done, GoOn, Refused};
    use State::{
        Authenticating, Chunks, Closed, Connected, Greeted, Handshake, HasRecipient, HasSender,
        Message, Ready, Spoiled, TurnedAway,
    };
    match (state, verb, severity) {
        // RFC 5321 3.8: 421 may answer anything.
        (_, _, Closing) | (Closed, _, _) | (_, Verb::Quit, Done) => Closed,
        (Connected, Verb::Connect, Done) => Greeted,
        (Connected, Verb::Connect, Refused) => TurnedAway,
        // RFC 5321 4.1.4: EHLO resets whatever was going on.
        (
            Greeted | Ready | HasSender | HasRecipient | Chunks | Spoiled,
            Verb::Ehlo | Verb::Helo | Verb::Lhlo,
            Done,
        ) => Ready,
        (Ready, Verb::StartTls, Done) => Handshake,
        // RFC 3207 4.2: both ends forget what they learned before. Implicit TLS comes before the
        // greeting and moves nothing.
        (Handshake, Verb::Handshake, Done) => Greeted,
        (Ready, Verb::Auth, GoOn) | (Authenticating, Verb::AuthResponse, GoOn) => Authenticating,
        (Authenticating, Verb::AuthResponse, Done | Refused) => Ready,
        (Ready, Verb::Mail, Done) => HasSender,
        (HasSender | HasRecipient, Verb::Rcpt, Done) => HasRecipient,
        // RFC 2920 3.1: a server may take DATA although it has refused every recipient.
        (HasSender | HasRecipient, Verb::Data, GoOn) => Message,
        (Message, Verb::EndOfData, Done | GoOn | Refused) => Ready,
        (HasSender | HasRecipient | Chunks, Verb::Bdat | Verb::Burl, Done) => Chunks,
        // RFC 3030 2: the transaction has failed, whatever is on its way still.
        (HasSender | HasRecipient | Chunks, Verb::Bdat | Verb::Burl, Refused)
        | (HasSender, Verb::LastChunk, Refused) => Spoiled,
        // The message was whole, and is answered like any other.
        (HasRecipient | Chunks, Verb::LastChunk, Done | GoOn | Refused)
        | (HasSender, Verb::LastChunk, Done | GoOn) => Ready,
        (HasSender | HasRecipient | Chunks | Spoiled, Verb::Rset, Done) => Ready,
        // The client behind this one begins anew: XCLIENT is answered by another greeting.
        (Greeted | Ready, Verb::Xclient, Done) => Greeted,
        // Everything else leaves the conversation where it is.
        (
            _,
            Verb::Connect
            | Verb::Ehlo
            | Verb::Helo
            | Verb::Lhlo
            | Verb::StartTls
            | Verb::Handshake
            | Verb::Auth
            | Verb::AuthResponse
            | Verb::Mail
            | Verb::Rcpt
            | Verb::Data
            | Verb::EndOfData
            | Verb::Bdat
            | Verb::Burl
            | Verb::LastChunk
            | Verb::Rset
            | Verb::Noop
            | Verb::Vrfy
            | Verb::Expn
            | Verb::Help
            | Verb::Etrn
            | Verb::Xclient
            | Verb::Xforward
            | Verb::Quit,
            Done | GoOn | Refused,
        ) => state,
    }
}

/// Tells whether the verb may come in this state; if not, 503 answers it.
pub(crate) const fn may_come(state: State, verb: Verb) -> bool {
    match state {
        State::Connected => matches!(verb, Verb::Connect),
        // RFC 5321 3.1: a server that greeted with 554 waits for QUIT.
        State::TurnedAway => matches!(verb, Verb::Quit),
        State::Handshake => matches!(verb, Verb::Handshake),
        State::Authenticating => matches!(verb, Verb::AuthResponse),
        State::Message => matches!(verb, Verb::EndOfData),
        State::Closed => false,
        State::Greeted
        | State::Ready
        | State::HasSender
        | State::HasRecipient
        | State::Chunks
        | State::Spoiled => match verb {
            // RFC 5321 4.1.4: these do not need EHLO.
            Verb::Ehlo
            | Verb::Helo
            | Verb::Lhlo
            | Verb::Rset
            | Verb::Noop
            | Verb::Vrfy
            | Verb::Expn
            | Verb::Help
            | Verb::Quit => true,
            // RFC 4954 4: not within a transaction.
            Verb::StartTls | Verb::Auth | Verb::Mail | Verb::Etrn => {
                matches!(state, State::Ready)
            }
            Verb::Xclient | Verb::Xforward => matches!(state, State::Greeted | State::Ready),
            Verb::Rcpt => matches!(state, State::HasSender | State::HasRecipient),
            // Whether there is a recipient is for the server to see: 503 or 554.
            Verb::Data => matches!(state, State::HasSender | State::HasRecipient),
            Verb::Bdat | Verb::Burl | Verb::LastChunk => {
                matches!(state, State::HasSender | State::HasRecipient | State::Chunks)
            }
            Verb::Connect | Verb::Handshake | Verb::AuthResponse | Verb::EndOfData => false,
        },
    }
}

/// Returns every line of the table that can happen, for diagrams and tests.
#[doc(hidden)]
pub fn transitions() -> impl Iterator<Item = Transition> {
    State::ALL.into_iter().flat_map(|from| {
        Verb::ALL.into_iter().filter(move |verb| may_come(from, *verb)).flat_map(move |verb| {
            Severity::ALL.into_iter().filter(move |severity| verb.may_have(*severity)).map(
                move |severity| Transition {
                    from,
                    verb,
                    severity,
                    to: after(from, verb, severity),
                },
            )
        })
    })
}

impl State {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Connected,
        Self::Greeted,
        Self::TurnedAway,
        Self::Ready,
        Self::Handshake,
        Self::Authenticating,
        Self::HasSender,
        Self::HasRecipient,
        Self::Message,
        Self::Chunks,
        Self::Spoiled,
        Self::Closed,
    ];

    /// Tells whether a transaction is open: MAIL was taken, and neither its end nor RSET nor the
    /// refusal of a chunk has come.
    #[must_use]
    pub const fn is_transaction(self) -> bool {
        matches!(self, Self::HasSender | Self::HasRecipient | Self::Message | Self::Chunks)
    }

    /// Returns the name for diagrams and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Greeted => "greeted",
            Self::TurnedAway => "turned away",
            Self::Ready => "ready",
            Self::Handshake => "handshake",
            Self::Authenticating => "authenticating",
            Self::HasSender => "has sender",
            Self::HasRecipient => "has recipient",
            Self::Message => "message",
            Self::Chunks => "chunks",
            Self::Spoiled => "spoiled",
            Self::Closed => "closed",
        }
    }
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 24] = [
        Self::Connect,
        Self::Ehlo,
        Self::Helo,
        Self::Lhlo,
        Self::StartTls,
        Self::Handshake,
        Self::Auth,
        Self::AuthResponse,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::EndOfData,
        Self::Bdat,
        Self::Burl,
        Self::LastChunk,
        Self::Rset,
        Self::Noop,
        Self::Vrfy,
        Self::Expn,
        Self::Help,
        Self::Etrn,
        Self::Xclient,
        Self::Xforward,
        Self::Quit,
    ];

    /// Returns the word on the wire, or a name in lower case for what is no command.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connection",
            Self::Ehlo => "EHLO",
            Self::Helo => "HELO",
            Self::Lhlo => "LHLO",
            Self::StartTls => "STARTTLS",
            Self::Handshake => "handshake",
            Self::Auth => "AUTH",
            Self::AuthResponse => "response",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::EndOfData => "end of data",
            Self::Bdat => "BDAT",
            Self::Burl => "BURL",
            Self::LastChunk => "last chunk",
            Self::Rset => "RSET",
            Self::Noop => "NOOP",
            Self::Vrfy => "VRFY",
            Self::Expn => "EXPN",
            Self::Help => "HELP",
            Self::Etrn => "ETRN",
            Self::Xclient => "XCLIENT",
            Self::Xforward => "XFORWARD",
            Self::Quit => "QUIT",
        }
    }

    /// Tells whether the verb can be answered so.
    const fn may_have(self, severity: Severity) -> bool {
        match severity {
            Severity::GoOn => matches!(self, Self::Data | Self::Auth | Self::AuthResponse),
            Severity::Done => !matches!(self, Self::Data),
            Severity::Refused | Severity::Closing => !matches!(self, Self::Handshake),
        }
    }
}

impl Severity {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Done, Self::GoOn, Self::Refused, Self::Closing];

    /// Returns the name for diagrams and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "2yz",
            Self::GoOn => "3yz",
            Self::Refused => "4yz, 5yz",
            Self::Closing => "421",
        }
    }
}

impl From<&Reply> for Severity {
    fn from(reply: &Reply) -> Self {
        if reply.code() == ReplyCode::SERVICE_NOT_AVAILABLE {
            return Self::Closing;
        }
        match reply.code().class() {
            ReplyClass::PositiveCompletion => Self::Done,
            ReplyClass::PositiveIntermediate => Self::GoOn,
            // RFC 5321 4.2: who does not know the code goes by its first digit; no first digit but
            // 2 and 3 lets anything go on.
            ReplyClass::TransientNegative | ReplyClass::PermanentNegative | ReplyClass::Other => {
                Self::Refused
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_can_be_reached_and_left() {
        for state in State::ALL {
            let reached = transitions().any(|line| line.to == state && line.from != state);
            let left = transitions().any(|line| line.from == state && line.to != state);
            assert_eq!(reached, state != State::Connected, "{state:?}");
            assert_eq!(left, state != State::Closed, "{state:?}");
        }
    }

    #[test]
    fn refusals_change_nothing_outside_of_greeting_authentication_and_message() {
        use Verb::{AuthResponse, Bdat, Burl, Connect, EndOfData, LastChunk};
        for line in transitions().filter(|line| line.severity == Severity::Refused) {
            let ends = [Connect, AuthResponse, EndOfData, Bdat, Burl, LastChunk];
            let ends = ends.contains(&line.verb);
            assert_eq!(line.from != line.to, ends, "{line:?}");
        }
    }

    #[test]
    fn a_message_always_ends_its_transaction() {
        let ends: Vec<_> = transitions().filter(|line| line.verb == Verb::EndOfData).collect();
        assert!(!ends.is_empty());
        for line in ends {
            assert!(matches!(line.to, State::Ready | State::Closed), "{line:?}");
        }
    }

    /// What comes behind a refused chunk must not pass for the start of a message.
    #[test]
    fn no_chunk_is_taken_behind_one_that_was_refused() {
        for verb in [Verb::Bdat, Verb::LastChunk, Verb::Burl, Verb::Data, Verb::Rcpt, Verb::Mail] {
            assert!(!may_come(State::Spoiled, verb), "{verb:?}");
        }
        let refused = transitions().filter(|line| line.severity == Severity::Refused);
        for line in refused.filter(|line| matches!(line.verb, Verb::Bdat | Verb::Burl)) {
            assert_eq!(line.to, State::Spoiled, "{line:?}");
        }
        assert_eq!(after(State::Spoiled, Verb::Rset, Severity::Done), State::Ready);
    }

    #[test]
    fn tls_forgets_everything() {
        let to = after(State::Handshake, Verb::Handshake, Severity::Done);
        assert_eq!(to, State::Greeted);
        assert!(!may_come(to, Verb::Mail) && !may_come(to, Verb::Auth));
    }
}
