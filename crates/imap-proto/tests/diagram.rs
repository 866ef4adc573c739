//! The state table, as a picture that is never stale.

use std::path::Path;

use imap_proto::state::{Access, Greeting, Outcome, STATES, State, Verb, greeted, transitions};
use mail_wire::testing::Diagram;

#[test]
fn diagram_shows_the_state_table() {
    let mut diagram =
        Diagram::new("IMAP4rev2 and IMAP4rev1 (RFC 9051, RFC 3501)", STATES.map(name));
    let greetings = [(Greeting::Ok, "OK"), (Greeting::PreAuth, "PREAUTH"), (Greeting::Bye, "BYE")];
    for (greeting, word) in greetings {
        diagram.add(name(State::Connected), "greeting", word, name(greeted(greeting)));
    }
    for (from, verb, outcome, to) in transitions() {
        // EXAMINE leads to the same state without the code, and no other command can bear it.
        if outcome == Outcome::OkReadOnly && verb != Verb::Select {
            continue;
        }
        let outcome = match outcome {
            Outcome::Ok => "OK",
            Outcome::OkReadOnly => "OK [READ-ONLY]",
            Outcome::No => "NO",
            Outcome::Bad => "BAD",
        };
        diagram.add(name(from), verb.as_str(), outcome, name(to));
    }
    diagram.assert_drawn_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/imap.svg"));
}

/// RFC 9051 section 3.
const fn name(state: State) -> &'static str {
    match state {
        State::Connected => "connected",
        State::NotAuthenticated => "not authenticated",
        State::Authenticated => "authenticated",
        State::Selected(Access::ReadWrite) => "selected",
        State::Selected(Access::ReadOnly) => "selected, read-only",
        State::Logout => "logout",
    }
}
