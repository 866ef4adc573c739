//! The state table, as a picture that is never stale.

use std::path::Path;

use mail_wire::testing::Diagram;
use pop3_proto::{State, transitions};

#[test]
fn diagram_shows_the_state_table() {
    let mut diagram = Diagram::new("POP3 (RFC 1939)", State::ALL.map(State::as_str));
    for line in transitions() {
        let [from, to] = [line.from, line.to].map(State::as_str);
        diagram.add(from, line.verb.as_str(), line.answer.as_str(), to);
    }
    diagram.assert_drawn_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pop3.svg"));
}
