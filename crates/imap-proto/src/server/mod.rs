//! The server's end of the conversation.
