//! What SEARCH looks for, RFC 9051 section 6.4.4.

use std::fmt;

use mail_errors::Misuse;

use crate::{Date, FlagName, IString, SequenceSet};

/// How deep parentheses, NOT and OR may be nested; no real client reaches it.
pub const MAX_DEPTH: usize = 128;

/// One test on a message, without the connectives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchKey<'a> {
    /// `ALL`
    All,
    /// `ANSWERED`
    Answered,
    /// `DELETED`
    Deleted,
    /// `DRAFT`
    Draft,
    /// `FLAGGED`
    Flagged,
    /// `NEW`: `\Recent` and not `\Seen`. RFC 3501.
    New,
    /// `OLD`: not `\Recent`. RFC 3501.
    Old,
    /// `RECENT`, RFC 3501.
    Recent,
    /// `SEEN`
    Seen,
    /// `UNANSWERED`
    Unanswered,
    /// `UNDELETED`
    Undeleted,
    /// `UNDRAFT`
    Undraft,
    /// `UNFLAGGED`
    Unflagged,
    /// `UNSEEN`
    Unseen,
    /// `KEYWORD`
    Keyword(FlagName<'a>),
    /// `UNKEYWORD`
    Unkeyword(FlagName<'a>),
    /// `BCC`: part of that field's text, as all the following.
    Bcc(IString<'a>),
    /// `CC`
    Cc(IString<'a>),
    /// `FROM`
    From(IString<'a>),
    /// `SUBJECT`
    Subject(IString<'a>),
    /// `TO`
    To(IString<'a>),
    /// `BODY`: part of the body.
    Body(IString<'a>),
    /// `TEXT`: part of header or body.
    Text(IString<'a>),
    /// `HEADER`: part of a header field; empty for any message that has the field.
    Header {
        /// The field's name.
        name: IString<'a>,
        /// Part of its text.
        value: IString<'a>,
    },
    /// `BEFORE` the internal date's day, as all the following.
    Before(Date),
    /// `ON`
    On(Date),
    /// `SINCE`
    Since(Date),
    /// `SENTBEFORE`: of the Date field.
    SentBefore(Date),
    /// `SENTON`
    SentOn(Date),
    /// `SENTSINCE`
    SentSince(Date),
    /// `LARGER` than so many octets.
    Larger(u64),
    /// `SMALLER` than so many octets.
    Smaller(u64),
    /// `UID`
    Uid(SequenceSet<'a>),
    /// Message sequence numbers.
    Sequence(SequenceSet<'a>),
}

/// What a message must be to be found: tests, and how they are connected.
///
/// The tree is kept flat, in the order in which it stands on the wire.
///
/// ```
/// use imap_proto::{Query, SearchKey};
///
/// let query = Query::parse(b"UNSEEN OR FROM \"smith\" NOT LARGER 1000")?;
/// let found = query.matches(|key| match key {
///     SearchKey::Unseen => true,
///     SearchKey::From(name) => name.is("Smith"),
///     _ => false,
/// });
/// assert!(found);
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Query<'a> {
    nodes: Vec<Node<'a>>,
}

/// One node; its children are the nodes behind it, `span` nodes with itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Node<'a> {
    pub(crate) what: What<'a>,
    pub(crate) span: u32,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum What<'a> {
    And,
    Or,
    Not,
    Test(SearchKey<'a>),
}

/// A query taken apart by one level.
#[derive(Debug, Clone, Copy)]
pub enum Expr<'q, 'a> {
    /// All of them.
    And(Branches<'q, 'a>),
    /// One of both.
    Or(Branches<'q, 'a>),
    /// Not this one.
    Not(Branches<'q, 'a>),
    /// A test.
    Test(&'q SearchKey<'a>),
}

/// The parts of an [`Expr`].
#[derive(Clone, Copy)]
pub struct Branches<'q, 'a>(&'q [Node<'a>]);

impl<'a> Query<'a> {
    /// Reads one or more search keys.
    ///
    /// # Errors
    /// Where and why they are none, or are nested deeper than [`MAX_DEPTH`].
    pub fn parse(wire: &'a [u8]) -> Result<Self, mail_errors::ParseError> {
        mail_wire::grammar::complete(wire, crate::parse::search_keys)
    }

    /// Takes nodes that a parser has put in order.
    pub(crate) const fn checked(nodes: Vec<Node<'a>>) -> Self {
        Self { nodes }
    }

    /// Asks for messages that meet all of these.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] for none, and for a nesting deeper than [`MAX_DEPTH`].
    pub fn and(all: impl IntoIterator<Item = Self>) -> Result<Self, Misuse> {
        let mut all = all.into_iter();
        let wrong = Misuse::Invalid { what: "search query", why: "it is empty" };
        let first = all.next().ok_or(wrong)?;
        match all.next() {
            None => Ok(first),
            Some(second) => Self::join(What::And, [first, second].into_iter().chain(all)),
        }
    }

    /// Asks for messages that meet one of both.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] for a nesting deeper than [`MAX_DEPTH`].
    pub fn or(one: Self, other: Self) -> Result<Self, Misuse> {
        Self::join(What::Or, [one, other])
    }

    /// Asks for messages that do not meet this.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] for a nesting deeper than [`MAX_DEPTH`].
    pub fn negate(self) -> Result<Self, Misuse> {
        Self::join(What::Not, [self])
    }

    fn join(what: What<'a>, parts: impl IntoIterator<Item = Self>) -> Result<Self, Misuse> {
        let mut nodes = vec![Node { what, span: 1 }];
        parts.into_iter().for_each(|part| nodes.extend(part.nodes));
        let span = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        if let Some(root) = nodes.first_mut() {
            root.span = span;
        }
        let joined = Self { nodes };
        // A list at the top stands without parentheses: its level does not count.
        if span == u32::MAX || joined.depth() > MAX_DEPTH {
            return Err(Misuse::Invalid { what: "search query", why: "it is nested too deep" });
        }
        Ok(joined)
    }

    /// Returns the first level.
    #[must_use]
    pub fn root(&self) -> Expr<'_, 'a> {
        expr(&self.nodes)
    }

    /// Returns all tests, in order, whatever connects them: what the query needs to know of a
    /// message.
    pub fn tests(&self) -> impl Iterator<Item = &SearchKey<'a>> {
        self.nodes.iter().filter_map(|node| match &node.what {
            What::Test(key) => Some(key),
            What::And | What::Or | What::Not => None,
        })
    }

    /// Decides whether a message is found, given how each test comes out for it. Tests that cannot
    /// change the outcome are not made.
    pub fn matches(&self, mut test: impl FnMut(&SearchKey<'a>) -> bool) -> bool {
        matches(self.root(), &mut test)
    }

    /// Replaces every test by another; what connects them stays.
    pub(crate) fn map_tests(self, mut to: impl FnMut(SearchKey<'a>) -> SearchKey<'a>) -> Self {
        let nodes = self.nodes.into_iter().map(|node| match node.what {
            What::Test(key) => Node { what: What::Test(to(key)), span: node.span },
            What::And | What::Or | What::Not => node,
        });
        Self { nodes: nodes.collect() }
    }

    /// How deep the nesting is, 0 for a single test.
    fn depth(&self) -> usize {
        let mut open: Vec<usize> = Vec::new();
        let mut deepest = 0;
        for (at, node) in self.nodes.iter().enumerate() {
            while open.last().is_some_and(|&end| end <= at) {
                open.pop();
            }
            deepest = deepest.max(open.len());
            if node.span > 1 {
                open.push(at + node.span as usize);
            }
        }
        deepest
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Query<'static> {
        let own = |node: Node<'a>| Node {
            span: node.span,
            what: match node.what {
                What::And => What::And,
                What::Or => What::Or,
                What::Not => What::Not,
                What::Test(key) => What::Test(key.into_owned()),
            },
        };
        Query { nodes: self.nodes.into_iter().map(own).collect() }
    }
}

impl<'a> From<SearchKey<'a>> for Query<'a> {
    fn from(key: SearchKey<'a>) -> Self {
        Self { nodes: vec![Node { what: What::Test(key), span: 1 }] }
    }
}

impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

impl<'q, 'a> Branches<'q, 'a> {
    /// Returns the parts in order.
    pub fn iter(self) -> impl Iterator<Item = Expr<'q, 'a>> + Clone {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let span = rest.first()?.span as usize;
            let (part, tail) = rest.split_at_checked(span)?;
            rest = tail;
            Some(expr(part))
        })
    }
}

impl fmt::Debug for Branches<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn expr<'q, 'a>(nodes: &'q [Node<'a>]) -> Expr<'q, 'a> {
    match nodes.split_first() {
        Some((Node { what: What::And, .. }, parts)) => Expr::And(Branches(parts)),
        Some((Node { what: What::Or, .. }, parts)) => Expr::Or(Branches(parts)),
        Some((Node { what: What::Not, .. }, parts)) => Expr::Not(Branches(parts)),
        Some((Node { what: What::Test(key), .. }, _)) => Expr::Test(key),
        // Every constructor puts in a node; all of nothing is the harmless reading.
        None => Expr::And(Branches(&[])),
    }
}

/// Recursive, because [`MAX_DEPTH`] bounds it.
fn matches<'a>(expr: Expr<'_, 'a>, test: &mut impl FnMut(&SearchKey<'a>) -> bool) -> bool {
    match expr {
        Expr::And(parts) => parts.iter().all(|part| matches(part, test)),
        Expr::Or(parts) => parts.iter().any(|part| matches(part, test)),
        Expr::Not(parts) => !parts.iter().all(|part| matches(part, test)),
        Expr::Test(key) => test(key),
    }
}

impl SearchKey<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> SearchKey<'static> {
        match self {
            Self::All => SearchKey::All,
            Self::Answered => SearchKey::Answered,
            Self::Deleted => SearchKey::Deleted,
            Self::Draft => SearchKey::Draft,
            Self::Flagged => SearchKey::Flagged,
            Self::New => SearchKey::New,
            Self::Old => SearchKey::Old,
            Self::Recent => SearchKey::Recent,
            Self::Seen => SearchKey::Seen,
            Self::Unanswered => SearchKey::Unanswered,
            Self::Undeleted => SearchKey::Undeleted,
            Self::Undraft => SearchKey::Undraft,
            Self::Unflagged => SearchKey::Unflagged,
            Self::Unseen => SearchKey::Unseen,
            Self::Keyword(name) => SearchKey::Keyword(name.into_owned()),
            Self::Unkeyword(name) => SearchKey::Unkeyword(name.into_owned()),
            Self::Bcc(text) => SearchKey::Bcc(text.into_owned()),
            Self::Cc(text) => SearchKey::Cc(text.into_owned()),
            Self::From(text) => SearchKey::From(text.into_owned()),
            Self::Subject(text) => SearchKey::Subject(text.into_owned()),
            Self::To(text) => SearchKey::To(text.into_owned()),
            Self::Body(text) => SearchKey::Body(text.into_owned()),
            Self::Text(text) => SearchKey::Text(text.into_owned()),
            Self::Header { name, value } => {
                SearchKey::Header { name: name.into_owned(), value: value.into_owned() }
            }
            Self::Before(date) => SearchKey::Before(date),
            Self::On(date) => SearchKey::On(date),
            Self::Since(date) => SearchKey::Since(date),
            Self::SentBefore(date) => SearchKey::SentBefore(date),
            Self::SentOn(date) => SearchKey::SentOn(date),
            Self::SentSince(date) => SearchKey::SentSince(date),
            Self::Larger(octets) => SearchKey::Larger(octets),
            Self::Smaller(octets) => SearchKey::Smaller(octets),
            Self::Uid(set) => SearchKey::Uid(set.into_owned()),
            Self::Sequence(set) => SearchKey::Sequence(set.into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(wire: &str) -> bool {
        // SEEN and ALL hold, nothing else does.
        let query = Query::parse(wire.as_bytes()).unwrap();
        query.matches(|key| matches!(key, SearchKey::Seen | SearchKey::All))
    }

    #[test]
    fn connectives_bind_as_rfc_9051_says() {
        for (wire, verdict) in [
            ("SEEN", true),
            ("SEEN DRAFT", false),
            ("OR SEEN DRAFT", true),
            ("OR DRAFT NEW SEEN", false),
            ("NOT DRAFT SEEN", true),
            ("NOT (SEEN DRAFT)", true),
            ("NOT NOT SEEN", true),
            ("OR (DRAFT SEEN) (SEEN ALL)", true),
            ("(((SEEN)))", true),
        ] {
            assert_eq!(found(wire), verdict, "{wire}");
        }
    }

    #[test]
    fn tests_that_cannot_matter_are_not_made() {
        let query = Query::parse(b"OR SEEN BODY x").unwrap();
        assert!(query.matches(|key| matches!(key, SearchKey::Seen) || panic!("{key:?}")));
    }

    #[test]
    fn err_deeper_than_the_limit() {
        let mut query = Query::from(SearchKey::All);
        for _ in 0..MAX_DEPTH {
            query = query.negate().unwrap();
        }
        assert!(query.clone().negate().is_err());
        let deepest = "NOT ".repeat(MAX_DEPTH) + "ALL";
        assert_eq!(Query::parse(deepest.as_bytes()), Ok(query));
        assert!(Query::parse(("NOT ".to_owned() + &deepest).as_bytes()).is_err());
        assert!(Query::parse(&vec![b'('; 1_000_000]).is_err());
    }
}
