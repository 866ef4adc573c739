//! The contract of [`Session`] as a test.

use crate::{BODY_BLOCK, Session, grammar::cut};

use super::{
    Act, Ended, cut_everywhere,
    replay::{Told, replay},
    start,
};

/// Asserts the contract of [`Session`] for any session and script:
///
/// * the events, the output and the end do not depend on how the input is cut;
/// * every answer that is not an event is given again when asked again, and nothing is waited for
///   that is past or not there, which would keep a driver spinning;
/// * whatever offset the input ends at, the session comes to an end, does not ask for input after
///   it was told that none will come, and its end stays the same for ever;
/// * the receive buffer stays within twice a body block (and what the script brings at once);
/// * it can be sent to another thread.
///
/// Each element of `script` is sent only when the answer to the one before has come. `make` makes
/// the session and what acts for its application.
///
/// # Panics
/// If the session breaks the contract.
pub fn contract<S, A>(make: impl Fn() -> (S, A), script: &[&[u8]])
where
    S: Session + 'static,
    A: FnMut(&mut S, S::Event) -> Act,
{
    fn sendable<T: Send>(_: &T) {}
    sendable(&make().0);

    let whole = cut_everywhere(&make, script, false);
    let largest = script.iter().map(|flight| flight.len()).max().unwrap_or_default();
    let bound = 2 * (BODY_BLOCK + largest);
    assert!(whole.room <= bound, "receive buffer of {} octets, over {bound}", whole.room);

    ends_for_ever(&make, script);
    for (nth, flight) in script.iter().enumerate() {
        for at in 0..flight.len() {
            let mut sent = script.get(..nth).unwrap_or_default().to_vec();
            sent.push(cut(flight, at).0);
            ends_for_ever(&make, &sent);
        }
    }
}

/// After the input has ended the session ends too, and stays so.
fn ends_for_ever<S, A>(make: &impl Fn() -> (S, A), sent: &[&[u8]])
where
    S: Session,
    A: FnMut(&mut S, S::Event) -> Act,
{
    let (mut session, mut act) = make();
    let ended = replay(&mut session, &mut act, sent, true).ended;
    match ended {
        Ended::WantsInput => panic!("asks for input after {sent:?} and the end of input"),
        Ended::WantsReply => {}
        Ended::Closed | Ended::Failed(_) => {
            for _ in 0..3 {
                let over = Told::of(&session.next_event(start()));
                assert_eq!(over, Told::Over, "lives on after {ended:?}");
            }
        }
    }
}
