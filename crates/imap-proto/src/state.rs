//! The table: what a command or a greeting does to the conversation, RFC 9051 section 3.
//!
//! Both ends use it, so each checks the other. Nothing in here knows who asks.

/// Where the conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The server has not spoken yet.
    Connected,
    /// The client has to say who it is.
    NotAuthenticated,
    /// A mailbox can be selected.
    Authenticated,
    /// A mailbox is selected.
    Selected(Access),
    /// It is over: nothing but the end of the connection follows.
    Logout,
}

/// What may be done with the selected mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// SELECT, and the server did not say otherwise.
    ReadWrite,
    /// EXAMINE, or `[READ-ONLY]`.
    ReadOnly,
}

/// What sort of command it is. `UID FETCH` and `FETCH` are of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the command of that name")]
pub enum Verb {
    Capability,
    Noop,
    Logout,
    Id,
    StartTls,
    Login,
    Authenticate,
    Enable,
    Select,
    Examine,
    Create,
    Delete,
    Rename,
    Subscribe,
    Unsubscribe,
    List,
    Lsub,
    Namespace,
    Status,
    Append,
    Idle,
    Check,
    Close,
    Unselect,
    Expunge,
    UidExpunge,
    Search,
    Fetch,
    Store,
    Copy,
    Move,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Tagged OK.
    Ok,
    /// Tagged OK with the code READ-ONLY.
    OkReadOnly,
    /// Tagged NO.
    No,
    /// Tagged BAD.
    Bad,
}

/// How the server greets. RFC 9051 section 7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Greeting {
    /// `* OK`: who are you?
    Ok,
    /// `* PREAUTH`: I know you.
    PreAuth,
    /// `* BYE`: not now.
    Bye,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 31] = [
        Self::Capability,
        Self::Noop,
        Self::Logout,
        Self::Id,
        Self::StartTls,
        Self::Login,
        Self::Authenticate,
        Self::Enable,
        Self::Select,
        Self::Examine,
        Self::Create,
        Self::Delete,
        Self::Rename,
        Self::Subscribe,
        Self::Unsubscribe,
        Self::List,
        Self::Lsub,
        Self::Namespace,
        Self::Status,
        Self::Append,
        Self::Idle,
        Self::Check,
        Self::Close,
        Self::Unselect,
        Self::Expunge,
        Self::UidExpunge,
        Self::Search,
        Self::Fetch,
        Self::Store,
        Self::Copy,
        Self::Move,
    ];

    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capability => "CAPABILITY",
            Self::Noop => "NOOP",
            Self::Logout => "LOGOUT",
            Self::Id => "ID",
            Self::StartTls => "STARTTLS",
            Self::Login => "LOGIN",
            Self::Authenticate => "AUTHENTICATE",
            Self::Enable => "ENABLE",
            Self::Select => "SELECT",
            Self::Examine => "EXAMINE",
            Self::Create => "CREATE",
            Self::Delete => "DELETE",
            Self::Rename => "RENAME",
            Self::Subscribe => "SUBSCRIBE",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::List => "LIST",
            Self::Lsub => "LSUB",
            Self::Namespace => "NAMESPACE",
            Self::Status => "STATUS",
            Self::Append => "APPEND",
            Self::Idle => "IDLE",
            Self::Check => "CHECK",
            Self::Close => "CLOSE",
            Self::Unselect => "UNSELECT",
            Self::Expunge => "EXPUNGE",
            Self::UidExpunge => "UID EXPUNGE",
            Self::Search => "SEARCH",
            Self::Fetch => "FETCH",
            Self::Store => "STORE",
            Self::Copy => "COPY",
            Self::Move => "MOVE",
        }
    }

    /// Tells whether the command would change the selected mailbox, so that it is refused with NO
    /// while that is [`Access::ReadOnly`]. CLOSE is not among them: there it expunges nothing.
    #[must_use]
    pub const fn changes_selected(self) -> bool {
        matches!(self, Self::Expunge | Self::UidExpunge | Self::Store | Self::Move)
    }
}

/// Tells whether the command may be given in this state. RFC 9051 section 6.
#[must_use]
pub const fn legal(state: State, verb: Verb) -> bool {
    use Verb as V;
    match verb {
        // Section 6.1, "any state"; RFC 2971 for ID.
        V::Capability | V::Noop | V::Logout | V::Id => match state {
            State::NotAuthenticated | State::Authenticated | State::Selected(_) => true,
            State::Connected | State::Logout => false,
        },
        // Section 6.2.
        V::StartTls | V::Login | V::Authenticate => matches!(state, State::NotAuthenticated),
        // Section 6.3. RFC 9051 6.3.1 allows ENABLE before a mailbox is selected alone.
        V::Enable => matches!(state, State::Authenticated),
        V::Select
        | V::Examine
        | V::Create
        | V::Delete
        | V::Rename
        | V::Subscribe
        | V::Unsubscribe
        | V::List
        | V::Lsub
        | V::Namespace
        | V::Status
        | V::Append
        | V::Idle => matches!(state, State::Authenticated | State::Selected(_)),
        // Section 6.4.
        V::Check
        | V::Close
        | V::Unselect
        | V::Expunge
        | V::UidExpunge
        | V::Search
        | V::Fetch
        | V::Store
        | V::Copy
        | V::Move => matches!(state, State::Selected(_)),
    }
}

/// What the server's greeting does. RFC 9051 section 3, transitions 1 to 3.
#[must_use]
pub const fn greeted(greeting: Greeting) -> State {
    match greeting {
        Greeting::Ok => State::NotAuthenticated,
        Greeting::PreAuth => State::Authenticated,
        Greeting::Bye => State::Logout,
    }
}

/// What the completion of a command does. A command that is not [`legal`] does nothing.
#[must_use]
pub const fn after(state: State, verb: Verb, outcome: Outcome) -> State {
    use Verb as V;
    if !legal(state, verb) {
        return state;
    }
    match (verb, outcome) {
        (V::Login | V::Authenticate, Outcome::Ok | Outcome::OkReadOnly) => State::Authenticated,
        (V::Select, Outcome::Ok) => State::Selected(Access::ReadWrite),
        (V::Select, Outcome::OkReadOnly) | (V::Examine, Outcome::Ok | Outcome::OkReadOnly) => {
            State::Selected(Access::ReadOnly)
        }
        // RFC 9051 6.3.2: a SELECT that fails leaves no mailbox selected. One that was BAD has
        // not been carried out.
        (V::Select | V::Examine, Outcome::No) => State::Authenticated,
        (V::Close | V::Unselect, Outcome::Ok | Outcome::OkReadOnly) => State::Authenticated,
        (V::Logout, Outcome::Ok | Outcome::OkReadOnly) => State::Logout,
        (
            V::Login | V::Authenticate | V::Close | V::Unselect | V::Logout,
            Outcome::No | Outcome::Bad,
        )
        | (V::Select | V::Examine, Outcome::Bad) => state,
        (
            V::Capability
            | V::Noop
            | V::Id
            | V::StartTls
            | V::Enable
            | V::Create
            | V::Delete
            | V::Rename
            | V::Subscribe
            | V::Unsubscribe
            | V::List
            | V::Lsub
            | V::Namespace
            | V::Status
            | V::Append
            | V::Idle
            | V::Check
            | V::Expunge
            | V::UidExpunge
            | V::Search
            | V::Fetch
            | V::Store
            | V::Copy
            | V::Move,
            _,
        ) => state,
    }
}

/// Every state, for the diagram and for tests.
#[doc(hidden)]
pub const STATES: [State; 6] = [
    State::Connected,
    State::NotAuthenticated,
    State::Authenticated,
    State::Selected(Access::ReadWrite),
    State::Selected(Access::ReadOnly),
    State::Logout,
];

/// Every legal command in every state with every outcome, and where it leads: the diagram in
/// `docs/` is drawn from this.
#[doc(hidden)]
pub fn transitions() -> impl Iterator<Item = (State, Verb, Outcome, State)> {
    const OUTCOMES: [Outcome; 4] = [Outcome::Ok, Outcome::OkReadOnly, Outcome::No, Outcome::Bad];
    STATES.into_iter().flat_map(|state| {
        let legal = Verb::ALL.into_iter().filter(move |&verb| legal(state, verb));
        legal.flat_map(move |verb| {
            OUTCOMES.into_iter().map(move |how| (state, verb, how, after(state, verb, how)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SELECTED: State = State::Selected(Access::ReadWrite);

    #[test]
    fn the_flow_diagram_of_rfc_9051() {
        assert_eq!(greeted(Greeting::Ok), State::NotAuthenticated);
        assert_eq!(greeted(Greeting::PreAuth), State::Authenticated);
        assert_eq!(greeted(Greeting::Bye), State::Logout);
        for (from, verb, how, to) in [
            (State::NotAuthenticated, Verb::Login, Outcome::Ok, State::Authenticated),
            (State::NotAuthenticated, Verb::Login, Outcome::No, State::NotAuthenticated),
            (State::Authenticated, Verb::Select, Outcome::Ok, SELECTED),
            (
                State::Authenticated,
                Verb::Select,
                Outcome::OkReadOnly,
                State::Selected(Access::ReadOnly),
            ),
            (SELECTED, Verb::Examine, Outcome::Ok, State::Selected(Access::ReadOnly)),
            (SELECTED, Verb::Select, Outcome::No, State::Authenticated),
            (SELECTED, Verb::Select, Outcome::Bad, SELECTED),
            (SELECTED, Verb::Close, Outcome::Ok, State::Authenticated),
            (SELECTED, Verb::Logout, Outcome::Ok, State::Logout),
            (State::NotAuthenticated, Verb::Logout, Outcome::Ok, State::Logout),
            (State::NotAuthenticated, Verb::Select, Outcome::Ok, State::NotAuthenticated),
        ] {
            assert_eq!(after(from, verb, how), to, "{from:?} {verb:?} {how:?}");
        }
    }

    #[test]
    fn nothing_leads_out_of_logout_or_past_the_greeting() {
        let dead = |s| matches!(s, State::Logout | State::Connected);
        assert!(transitions().all(|(from, ..)| !dead(from)));
        assert!(transitions().all(|(.., to)| to != State::Connected));
        assert!(STATES.iter().filter(|s| !dead(**s)).all(|&s| legal(s, Verb::Logout)));
    }

    #[test]
    fn every_verb_is_legal_somewhere() {
        for verb in Verb::ALL {
            assert!(STATES.into_iter().any(|state| legal(state, verb)), "{verb:?}");
        }
    }
}
