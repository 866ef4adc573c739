//! The states of a POP3 conversation: RFC 1939 3. Both ends use this table, and no other file
//! decides a state.

use crate::{Status, Verb};

/// Where a conversation stands. RFC 1939 3 has three states; the first is split in two, because
/// PASS is legal only when a name was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The server does not know yet who this is. RFC 1939 4.
    Authorization,
    /// USER was accepted, PASS is to follow. RFC 1939 7.
    Identified,
    /// The maildrop is open and locked. RFC 1939 5.
    Transaction,
    /// QUIT was answered, and what was marked is deleted. RFC 1939 6.
    Update,
    /// QUIT came before anybody logged in: nothing is deleted. RFC 1939 6.
    Closed,
}

impl State {
    /// All states, in the order of a conversation.
    pub const ALL: [Self; 5] =
        [Self::Authorization, Self::Identified, Self::Transaction, Self::Update, Self::Closed];

    /// Returns the name, as errors and diagrams use it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Identified => "identified",
            Self::Transaction => "transaction",
            Self::Update => "update",
            Self::Closed => "closed",
        }
    }

    /// Tells whether the command is legal in this state.
    #[must_use]
    pub const fn allows(self, verb: Verb) -> bool {
        match verb {
            // RFC 2449 5: CAPA is legal in both states. RFC 1939 4, 6: so is QUIT. RFC 6856 3: LANG.
            Verb::Capa | Verb::Quit | Verb::Lang => !self.is_over(),
            // RFC 1939 7, RFC 5034 4, RFC 2595 4 and RFC 6856 2: only while nobody is logged in.
            Verb::User | Verb::Apop | Verb::Auth | Verb::Stls | Verb::Utf8 => {
                matches!(self, Self::Authorization | Self::Identified)
            }
            // RFC 1939 7: only after a successful USER.
            Verb::Pass => matches!(self, Self::Identified),
            Verb::Stat
            | Verb::List
            | Verb::Uidl
            | Verb::Retr
            | Verb::Top
            | Verb::Dele
            | Verb::Rset
            | Verb::Noop => matches!(self, Self::Transaction),
        }
    }

    /// Tells whether no command is legal any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Update | Self::Closed)
    }
}

/// What the answer to a command does to the conversation. Both ends use it.
pub(crate) const fn after(state: State, verb: Verb, answer: Status) -> State {
    if !state.allows(verb) {
        return state;
    }
    match (verb, answer) {
        (Verb::User, Status::Ok) => State::Identified,
        (Verb::Pass | Verb::Apop | Verb::Auth, Status::Ok) => State::Transaction,
        // RFC 1939 7: after a failure the client starts again with USER, or gives up.
        (Verb::User | Verb::Pass | Verb::Apop | Verb::Auth, Status::Err) => State::Authorization,
        // RFC 2595 4: after TLS the name that was given in the clear counts no more.
        (Verb::Stls, Status::Ok) => State::Authorization,
        (Verb::Stls, Status::Err) => state,
        // RFC 1939 6: from the transaction state QUIT leads to the update state, even if some of
        // what was marked could not be deleted.
        (Verb::Quit, Status::Ok | Status::Err) => match state {
            State::Transaction => State::Update,
            State::Authorization | State::Identified | State::Update | State::Closed => {
                State::Closed
            }
        },
        (
            Verb::Capa
            | Verb::Utf8
            | Verb::Lang
            | Verb::Stat
            | Verb::List
            | Verb::Uidl
            | Verb::Retr
            | Verb::Top
            | Verb::Dele
            | Verb::Rset
            | Verb::Noop,
            Status::Ok | Status::Err,
        ) => state,
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Before the answer.
    pub from: State,
    /// What is answered.
    pub verb: Verb,
    /// What the answer says.
    pub answer: Status,
    /// After the answer.
    pub to: State,
}

/// Returns every line of the table that can happen, for diagrams and tests.
#[doc(hidden)]
pub fn transitions() -> impl Iterator<Item = Transition> {
    State::ALL.into_iter().flat_map(|from| {
        Verb::ALL.into_iter().filter(move |&verb| from.allows(verb)).flat_map(move |verb| {
            [Status::Ok, Status::Err].map(|answer| Transition {
                from,
                verb,
                answer,
                to: after(from, verb, answer),
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_a_conversation() {
        let mut state = State::Authorization;
        for (verb, answer, next) in [
            (Verb::Capa, Status::Ok, State::Authorization),
            (Verb::User, Status::Ok, State::Identified),
            (Verb::Stls, Status::Ok, State::Authorization),
            (Verb::User, Status::Ok, State::Identified),
            (Verb::Pass, Status::Err, State::Authorization),
            (Verb::Apop, Status::Ok, State::Transaction),
            (Verb::Dele, Status::Err, State::Transaction),
            (Verb::Quit, Status::Err, State::Update),
        ] {
            state = after(state, verb, answer);
            assert_eq!(state, next, "after {verb:?}");
        }
        assert_eq!(after(State::Identified, Verb::Quit, Status::Ok), State::Closed);
    }

    #[test]
    fn a_command_that_is_not_legal_changes_nothing() {
        for state in State::ALL {
            for verb in Verb::ALL.into_iter().filter(|&verb| !state.allows(verb)) {
                assert_eq!(after(state, verb, Status::Ok), state);
            }
        }
    }

    #[test]
    fn every_state_can_be_reached_and_only_the_last_two_are_over() {
        for state in State::ALL {
            assert_eq!(Verb::ALL.into_iter().any(|verb| state.allows(verb)), !state.is_over());
            let reached = transitions().any(|arrow| arrow.to == state);
            assert!(reached, "{state:?} is never reached");
        }
    }
}
