//! The state table, as a picture that is never stale.

use std::path::Path;

use mail_wire::testing::Diagram;
use smtp_proto::{State, transitions};

#[test]
fn diagram_shows_the_state_table() {
    let mut diagram = Diagram::new("SMTP (RFC 5321)", State::ALL.map(State::as_str));
    for line in transitions() {
        let [from, to] = [line.from, line.to].map(State::as_str);
        diagram.add(from, line.verb.as_str(), line.severity.as_str(), to);
    }
    diagram.assert_drawn_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/smtp.svg"));
}
