//! What a client session tells its application.

use mail_errors::Reply;
use mail_wire::TlsInfo;

use crate::{Defect, Extension, Verb};

use super::{NotSent, RequestId};

/// What happened, or is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// TLS is in place.
    Tls(Box<TlsInfo>),
    /// The server knows who we are, and we know what it
    /// [offers](super::Client::capabilities). Told once.
    Ready,
    /// The server wants the next part of the message: give it to
    /// [`body`](super::Client::body), or end it by [`body_end`](super::Client::body_end) or
    /// [`body_failed`](super::Client::body_failed). Nothing else happens before that.
    WantBody {
        /// Which message.
        id: MessageId,
        /// About how many octets are welcome. More are taken too.
        room: usize,
    },
    /// No more of the message is wanted, and what is given is refused: the server has had enough
    /// in the middle.
    BodyEnough {
        /// Which message.
        id: MessageId,
    },
    /// What became of a recipient. Told once for each, in any order.
    Recipient {
        /// Which message.
        id: MessageId,
        /// Which of [`Envelope::recipients`](super::Envelope::recipients), counted from 0.
        index: usize,
        /// What became of it.
        outcome: Outcome,
    },
    /// All recipients have been told. The next message may be sent, unless the conversation is
    /// over.
    Done {
        /// Which message.
        id: MessageId,
    },
    /// The server does not offer an extension that the message makes use of, and it is sent without:
    /// [`Envelope`](super::Envelope) says of what that is true. Of 8BITMIME it is with
    /// [`EightBit::SendAnyway`](super::EightBit::SendAnyway) alone.
    Dropped {
        /// Which message.
        id: MessageId,
        /// Without what.
        extension: Extension,
    },
    /// What was [asked](super::Client::ask) is answered, or was not asked for this reason.
    Answer {
        /// Which request.
        id: RequestId,
        /// The reply, in whatever sense.
        answer: Result<Reply, NotSent>,
    },
    /// STARTTLS was [offered before](super::Config::start_tls_was_offered) and is not now. With
    /// [`TlsPolicy::Opportunistic`](super::TlsPolicy::Opportunistic) everything goes out in the
    /// clear, unless the session is closed now.
    StartTlsHidden,
    /// Something was tolerated in a reply. For logs.
    Tolerated(Defect),
}

/// Names a message of this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub(super) u64);

/// What became of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has taken the responsibility for the message. This is its reply to the end of it.
    Accepted(Reply),
    /// The server said no. The reply's class says whether it may go better later.
    Refused {
        /// In answer to what. [`Verb::Rcpt`] concerns this recipient alone, anything else all.
        stage: Verb,
        /// In these words.
        reply: Reply,
    },
    /// The message was not sent to the end, so nobody can have got it.
    NotSent(NotSent),
    /// The message was sent to the end, and the connection was lost before the reply. The server
    /// has it or has it not; who sends it again may send it twice (RFC 5321 4.5.3.2.6, RFC 1047).
    Unknown,
}
