//! The replies that a server gives by itself, and some that applications need.

use mail_errors::{EnhancedStatusCode as Enhanced, Reply, ReplyCode as Code};

macro_rules! replies {
    ($($(#[$doc:meta])* $name:ident = $code:ident $enhanced:expr, $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Reply = Reply::fixed(Code::$code, $enhanced, $text);)*
    };
}

replies! {
    /// MAIL is taken. RFC 5321 4.3.2.
    SENDER_OK = OK Some(Enhanced::SENDER_OK), "sender ok";
    /// RCPT is taken. RFC 5321 4.3.2.
    RECIPIENT_OK = OK Some(Enhanced::RECIPIENT_OK), "recipient ok";
    /// DATA is taken. RFC 5321 4.1.1.4.
    GO_AHEAD = START_MAIL_INPUT None, "end with <CRLF>.<CRLF>";
    /// The message is taken. RFC 5321 4.1.1.4.
    MESSAGE_OK = OK Some(Enhanced::MESSAGE_OK), "message accepted";
    /// The client is let in. RFC 4954 6.
    AUTHENTICATED = AUTHENTICATED Some(Enhanced::AUTHENTICATED), "authenticated";
    /// The guarded answer to VRFY. RFC 5321 3.5.3 and 7.3.
    CANNOT_VERIFY = CANNOT_VERIFY Some(Enhanced::OK), "send some mail, i will try my best";
    /// The guarded answer to EXPN. RFC 5321 3.5.3 and 7.3.
    CANNOT_EXPAND = CANNOT_VERIFY Some(Enhanced::OK), "send some mail, i will try my best";
    /// The answer to ETRN: what waits for the node is being sent. RFC 1985 5.2.
    QUEUING_STARTED = OK Some(Enhanced::OK), "queuing started";
    /// The client is not let in. RFC 4954 6.
    BAD_CREDENTIALS = AUTHENTICATION_FAILED Some(Enhanced::BAD_CREDENTIALS),
        "authentication credentials invalid";
    /// Whether to let the client in cannot be found out now. RFC 4954 6.
    AUTH_UNAVAILABLE = TEMPORARILY_NOT_AVAILABLE Some(Enhanced::PUT_OFF_BY_POLICY),
        "temporary authentication failure";
    /// There is no such mailbox here.
    NO_SUCH_MAILBOX = MAILBOX_UNAVAILABLE Some(Enhanced::BAD_MAILBOX), "no such mailbox here";
    /// The recipient is not ours, and the client may not relay.
    RELAY_DENIED = MAILBOX_UNAVAILABLE Some(Enhanced::NOT_AUTHORIZED), "relaying denied";
    /// The client may not use this sender. RFC 6409 6.1.
    SENDER_NOT_YOURS = MAILBOX_NAME_NOT_ALLOWED Some(Enhanced::NOT_AUTHORIZED),
        "not an address of yours";
    /// The mailbox is full.
    MAILBOX_FULL = EXCEEDED_STORAGE Some(Enhanced::MAILBOX_FULL), "mailbox full";
    /// The message goes in circles. RFC 5321 6.3.
    ROUTING_LOOP = TRANSACTION_FAILED Some(Enhanced::ROUTING_LOOP), "too many hops";
    /// Something broke on our side; the client keeps the message and tries again.
    LOCAL_ERROR = LOCAL_ERROR Some(Enhanced::SYSTEM_TROUBLE), "local error, try again later";

    /// The answer to NOOP and RSET.
    OK = OK Some(Enhanced::OK), "ok";
    /// The answer to QUIT. RFC 5321 4.1.1.10.
    BYE = CLOSING Some(Enhanced::OK), "bye";
    /// The answer to STARTTLS. RFC 3207 4.
    READY_FOR_TLS = SERVICE_READY Some(Enhanced::OK), "ready to start TLS";
    /// The answer to HELP. RFC 5321 4.1.1.8.
    HELP = HELP Some(Enhanced::OK), "see RFC 5321";
    /// A line that is no command.
    UNKNOWN_COMMAND = SYNTAX_ERROR Some(Enhanced::SYNTAX_ERROR), "command not recognized";
    /// A line over the limit. RFC 5321 4.5.3.1.4.
    LINE_TOO_LONG = SYNTAX_ERROR Some(Enhanced::SYNTAX_ERROR), "line too long";
    /// A line that ends in LF alone. RFC 5321 2.3.8.
    BARE_NEWLINE = SYNTAX_ERROR Some(Enhanced::SYNTAX_ERROR), "line does not end in CRLF";
    /// A message with a CR or LF that stands alone. RFC 5321 2.3.8; Postfix answers 550 as well.
    BARE_NEWLINE_IN_MESSAGE = MAILBOX_UNAVAILABLE Some(Enhanced::BAD_CONTENT),
        "message has a CR or LF that stands alone";
    /// A command at the wrong moment. RFC 5321 4.1.4.
    BAD_SEQUENCE = BAD_SEQUENCE Some(Enhanced::INVALID_COMMAND), "bad sequence of commands";
    /// DATA after every recipient was refused. RFC 5321 3.3.
    NO_VALID_RECIPIENTS = TRANSACTION_FAILED Some(Enhanced::INVALID_COMMAND),
        "no valid recipients";
    /// A command that is known, but not done here. RFC 5321 4.2.4.
    NOT_IMPLEMENTED = NOT_IMPLEMENTED Some(Enhanced::INVALID_COMMAND), "command not implemented";
    /// A parameter that was not offered. RFC 5321 4.1.1.11.
    UNKNOWN_PARAMETER = PARAMETERS_NOT_RECOGNIZED Some(Enhanced::INVALID_ARGUMENTS),
        "parameter not recognized";
    /// A parameter with a value that it cannot have. RFC 5321 4.1.1.11.
    BAD_PARAMETER = PARAMETER_SYNTAX_ERROR Some(Enhanced::INVALID_ARGUMENTS), "bad parameter";
    /// The message is, or will be, over the limit. RFC 1870 6.
    TOO_BIG = EXCEEDED_STORAGE Some(Enhanced::MESSAGE_TOO_BIG), "message too big";
    /// One recipient more than the limit. RFC 5321 4.5.3.1.10.
    TOO_MANY_RECIPIENTS = INSUFFICIENT_STORAGE Some(Enhanced::TOO_MANY_RECIPIENTS),
        "too many recipients";
    /// One domain more than LIMITS says. RFC 9422 4.3.
    TOO_MANY_DOMAINS = INSUFFICIENT_STORAGE Some(Enhanced::TOO_MANY_RECIPIENTS),
        "too many domains in this session";
    /// One message more than LIMITS says. RFC 9422 4.1.
    TOO_MANY_MESSAGES = INSUFFICIENT_STORAGE Some(Enhanced::PUT_OFF_BY_POLICY),
        "too many messages in this session";
    /// XCLIENT or XFORWARD from somebody who is not trusted.
    NOT_TRUSTED = MAILBOX_UNAVAILABLE Some(Enhanced::POLICY), "not from you";
    /// TLS first. RFC 3207 4.
    TLS_REQUIRED = AUTHENTICATION_REQUIRED Some(Enhanced::POLICY), "must issue STARTTLS first";
    /// AUTH first. RFC 4954 6.
    AUTH_REQUIRED = AUTHENTICATION_REQUIRED Some(Enhanced::POLICY), "authentication required";
    /// This mechanism only under TLS. RFC 4954 6.
    ENCRYPTION_REQUIRED = ENCRYPTION_REQUIRED Some(Enhanced::ENCRYPTION_REQUIRED),
        "encryption required for this mechanism";
    /// A mechanism that was not offered. RFC 4954 4.
    UNKNOWN_MECHANISM = PARAMETER_NOT_IMPLEMENTED Some(Enhanced::INVALID_ARGUMENTS),
        "mechanism not offered";
    /// A response that is no base64, or none of its mechanism. RFC 4954 4.
    BAD_RESPONSE = PARAMETER_SYNTAX_ERROR Some(Enhanced::SYNTAX_ERROR), "cannot read the response";
    /// A response over the limit. RFC 4954 4.
    RESPONSE_TOO_LONG = SYNTAX_ERROR Some(Enhanced::AUTH_EXCHANGE_TOO_LONG), "response too long";
    /// The client gave up. RFC 4954 4.
    AUTH_CANCELLED = PARAMETER_SYNTAX_ERROR Some(Enhanced::POLICY), "authentication cancelled";
    /// Octets behind STARTTLS. RFC 3207 4.2.
    INJECTED = TRANSACTION_FAILED Some(Enhanced::INVALID_COMMAND),
        "STARTTLS must be the last command";
    /// Another protocol.
    NOT_SMTP = TRANSACTION_FAILED Some(Enhanced::INVALID_COMMAND), "this is an SMTP server";
    /// The client was silent for too long. RFC 5321 4.5.3.2.7.
    TIMED_OUT = SERVICE_NOT_AVAILABLE Some(Enhanced::BAD_CONNECTION), "timed out, closing";
    /// Too many bad commands.
    TOO_MANY_ERRORS = SERVICE_NOT_AVAILABLE Some(Enhanced::PUT_OFF_BY_POLICY),
        "too many errors, closing";
    /// Too many commands that did nothing for any message.
    TOO_MANY_IDLE = SERVICE_NOT_AVAILABLE Some(Enhanced::PUT_OFF_BY_POLICY),
        "too many commands without a message, closing";
    /// The client did not wait for the greeting. RFC 5321 4.3.1.
    EARLY_TALKER = TRANSACTION_FAILED Some(Enhanced::INVALID_COMMAND),
        "you talk before the greeting";
    /// The server goes down. RFC 5321 3.8.
    SHUTTING_DOWN = SERVICE_NOT_AVAILABLE Some(Enhanced::SHUTTING_DOWN),
        "service shutting down, closing";
    /// The server has too much to do.
    OVERLOADED = SERVICE_NOT_AVAILABLE Some(Enhanced::SHUTTING_DOWN), "too busy, closing";
    /// Something broke on our side, and the connection with it.
    BROKEN = SERVICE_NOT_AVAILABLE Some(Enhanced::SYSTEM_TROUBLE), "local error, closing";
}
