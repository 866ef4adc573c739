//! What a server says, RFC 9051 section 7.

use std::{borrow::Cow, fmt, num::NonZeroU32};

use mail_errors::Misuse;
use mail_wire::Sink;

use crate::{
    Atom, Capabilities, Code, FetchAttributes, Flags, IString, MailboxListing, MailboxStatus, Raw,
    SequenceSet, Tag, Text, parse, wire_list::wire_list,
};

/// `response-data / response-tagged / continue-req`: one response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Response<'a> {
    /// `+ text`: go on. The text is base64 in an AUTHENTICATE, and for people or empty elsewhere.
    Continue(Text<'a>),
    /// A command is done.
    Done {
        /// Which command.
        tag: Tag<'a>,
        /// How it went.
        status: Status,
        /// Why.
        text: ResponseText<'a>,
    },
    /// `* OK`, `* NO`, `* BAD`: news or a warning that ends no command. RFC 9051 section 7.1.
    Status {
        /// How serious it is.
        status: Status,
        /// What it is.
        text: ResponseText<'a>,
    },
    /// `* PREAUTH`: a greeting to somebody whom the server knows already.
    PreAuth(ResponseText<'a>),
    /// `* BYE`: the server is about to hang up.
    Bye(ResponseText<'a>),
    /// `* CAPABILITY`
    Capability(Capabilities<'a>),
    /// `* ENABLED`, RFC 5161.
    Enabled(Capabilities<'a>),
    /// `* LIST`
    List(MailboxListing<'a>),
    /// `* LSUB`, RFC 3501.
    Lsub(MailboxListing<'a>),
    /// `* STATUS`
    MailboxStatus(MailboxStatus<'a>),
    /// `* SEARCH`, RFC 3501.
    Search(SearchNumbers<'a>),
    /// `* ESEARCH`, RFC 4731.
    Esearch(Esearch<'a>),
    /// `* FLAGS`
    Flags(Flags<'a>),
    /// `* n EXISTS`
    Exists(u32),
    /// `* n RECENT`, RFC 3501.
    Recent(u32),
    /// `* n EXPUNGE`
    Expunge(NonZeroU32),
    /// `* n FETCH`
    Fetch(Fetched<'a>),
    /// `* ID`, RFC 2971; empty for NIL.
    Id(IdFields<'a>),
    /// `* NAMESPACE`: personal, other users' and shared namespaces, RFC 2342.
    Namespace(Raw<'a>),
    /// Untagged data that this crate does not know: all that stands behind `* `.
    Other(UnknownData<'a>),
}

/// What a tagged or untagged status response says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// It worked; untagged: for your information.
    Ok,
    /// It did not work; untagged: a warning.
    No,
    /// The client made a mistake; untagged: not known with which command.
    Bad,
}

/// `resp-text`: a code for machines and a text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseText<'a> {
    code: Option<Code<'a>>,
    text: Text<'a>,
}

/// `* n FETCH (...)`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched<'a> {
    /// The message sequence number.
    pub number: NonZeroU32,
    /// What is told about it.
    pub attributes: FetchAttributes<'a>,
}

/// `* ESEARCH`, RFC 9051 section 7.3.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Esearch<'a> {
    /// The tag of the SEARCH command that this answers.
    pub tag: Option<IString<'a>>,
    /// Whether the numbers are UIDs.
    pub uid: bool,
    /// The results.
    pub results: EsearchResults<'a>,
}

/// `search-return-data`: one result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EsearchResult<'a> {
    /// `MIN`: the lowest number found.
    Min(NonZeroU32),
    /// `MAX`: the highest number found.
    Max(NonZeroU32),
    /// `ALL`: all numbers found, without `*`.
    All(SequenceSet<'a>),
    /// `COUNT`: how many were found.
    Count(u32),
    /// Something this crate does not know.
    Other {
        /// Its name.
        name: Atom<'a>,
        /// Its value.
        value: Raw<'a>,
    },
}

/// The numbers of a SEARCH response, in the order in which they came.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SearchNumbers<'a>(Cow<'a, [u8]>);

/// One field of an ID command or response, RFC 2971 section 3.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdField<'a> {
    /// Its name, such as `name` or `version`.
    pub name: IString<'a>,
    /// Its value; `None` for NIL.
    pub value: Option<IString<'a>>,
}

/// Untagged data that this crate does not know: complete, balanced or plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownData<'a>(pub(crate) Cow<'a, [u8]>);

wire_list!(
    /// The results of an ESEARCH response.
    EsearchResults of EsearchResult, search_return_data
);

wire_list!(
    /// The fields of an ID command or response.
    IdFields of IdField, id_field
);

impl Response<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Response<'static> {
        match self {
            Self::Continue(text) => Response::Continue(text.into_owned()),
            Self::Done { tag, status, text } => {
                Response::Done { tag: tag.into_owned(), status, text: text.into_owned() }
            }
            Self::Status { status, text } => Response::Status { status, text: text.into_owned() },
            Self::PreAuth(text) => Response::PreAuth(text.into_owned()),
            Self::Bye(text) => Response::Bye(text.into_owned()),
            Self::Capability(list) => Response::Capability(list.into_owned()),
            Self::Enabled(list) => Response::Enabled(list.into_owned()),
            Self::List(listing) => Response::List(listing.into_owned()),
            Self::Lsub(listing) => Response::Lsub(listing.into_owned()),
            Self::MailboxStatus(status) => Response::MailboxStatus(status.into_owned()),
            Self::Search(numbers) => Response::Search(numbers.into_owned()),
            Self::Esearch(found) => Response::Esearch(found.into_owned()),
            Self::Flags(flags) => Response::Flags(flags.into_owned()),
            Self::Exists(number) => Response::Exists(number),
            Self::Recent(number) => Response::Recent(number),
            Self::Expunge(number) => Response::Expunge(number),
            Self::Fetch(fetched) => Response::Fetch(fetched.into_owned()),
            Self::Id(fields) => Response::Id(fields.into_owned()),
            Self::Namespace(raw) => Response::Namespace(raw.into_owned()),
            Self::Other(data) => Response::Other(data.into_owned()),
        }
    }
}

impl Status {
    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
        }
    }
}

impl<'a> ResponseText<'a> {
    /// Says something to people, and, with a code, to machines.
    ///
    /// # Errors
    /// [`Misuse::Unencodable`] if CR, LF or NUL is in the text; [`Misuse::Invalid`] if there is no
    /// code and the text would be taken for one (`[...]`).
    pub fn new(code: Option<Code<'a>>, text: &'a str) -> Result<Self, Misuse> {
        if code.is_none() && text.starts_with('[') && text.contains(']') {
            return Err(Misuse::Invalid { what: "text", why: "it would be read as a code" });
        }
        Ok(Self { code, text: Text::try_from(text)? })
    }

    pub(crate) const fn checked(code: Option<Code<'a>>, text: Text<'a>) -> Self {
        Self { code, text }
    }

    /// Returns the code.
    #[must_use]
    pub const fn code(&self) -> Option<&Code<'a>> {
        self.code.as_ref()
    }

    /// Returns the text, which may be empty.
    #[must_use]
    pub const fn text(&self) -> &Text<'a> {
        &self.text
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> ResponseText<'static> {
        ResponseText { code: self.code.map(Code::into_owned), text: self.text.into_owned() }
    }
}

impl Fetched<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Fetched<'static> {
        Fetched { number: self.number, attributes: self.attributes.into_owned() }
    }
}

impl Esearch<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Esearch<'static> {
        Esearch {
            tag: self.tag.map(IString::into_owned),
            uid: self.uid,
            results: self.results.into_owned(),
        }
    }
}

impl<'a> SearchNumbers<'a> {
    /// Writes the numbers that were found; there may be none.
    pub fn new(numbers: impl IntoIterator<Item = NonZeroU32>) -> Self {
        let mut wire = Vec::new();
        for number in numbers {
            if !wire.is_empty() {
                wire.push(b' ');
            }
            wire.put_number(u64::from(number.get()));
        }
        Self(Cow::Owned(wire))
    }

    pub(crate) const fn checked(wire: &'a [u8]) -> Self {
        Self(Cow::Borrowed(wire))
    }

    /// Returns the numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = NonZeroU32> + Clone {
        parse::Items::new(&self.0, parse::nz_number)
    }

    /// Tells whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> SearchNumbers<'static> {
        SearchNumbers(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Debug for SearchNumbers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl IdField<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> IdField<'static> {
        IdField { name: self.name.into_owned(), value: self.value.map(IString::into_owned) }
    }
}

impl UnknownData<'_> {
    /// Returns what stood behind `* `, without the line end.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> UnknownData<'static> {
        UnknownData(Cow::Owned(self.0.into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_text_that_would_be_read_as_a_code() {
        assert!(ResponseText::new(None, "[ALERT] fake").is_err());
        assert!(ResponseText::new(None, "[half").is_ok());
        assert!(ResponseText::new(Some(Code::Alert), "[ALERT] real").is_ok());
        assert!(ResponseText::new(None, "a\r\n* BYE").is_err());
    }
}
