//! The client's end of the conversation.
