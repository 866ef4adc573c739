//! What every session keeps to, whatever its peer sends.

use std::time::{Duration, Instant};

use bytes::Buf;
use mail_wire::testing::{Act, Ended, Replay, replay, start};
use mail_wire::{BODY_BLOCK, Next, Session};

use crate::cut;

/// Which cuts must not change what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cutting {
    /// None may: what a client sends may come at once.
    Anywhere,
    /// None within a line may. A server that answers before it is asked is another matter.
    WithinLines,
    /// Any may: TLS starts between two reads.
    Matters,
}

/// Replays what the peer sends, cut in several ways, with the connection held open and closed
/// behind it, and asserts the contract of [`Session`]. Returns what came of it uncut and open.
///
/// `holds` is the most octets that the session may keep of an incomplete command or response.
pub(crate) fn hold<S, A>(
    make: impl Fn() -> (S, A),
    data: &[u8],
    holds: usize,
    cutting: Cutting,
) -> Replay
where
    S: Session,
    A: FnMut(&mut S, S::Event) -> Act,
{
    let ways = match cutting {
        Cutting::Anywhere => cut::ways(data),
        Cutting::WithinLines => {
            // All at once it still has to keep to the contract.
            run(&make, &[data], holds, true);
            cut::ways_within_lines(data)
        }
        Cutting::Matters => {
            run(&make, &cut::octets(data), holds, true);
            return run(&make, &[data], holds, false);
        }
    };
    let [open, _] = [false, true].map(|eof| {
        let mut runs = ways.iter().map(|pieces| (pieces, run(&make, pieces, holds, eof)));
        let (_, first) = runs.next().expect("one way at least");
        for (pieces, other) in runs {
            let same = (&other.log, &other.ended) == (&first.log, &first.ended);
            let same = same && other.output == first.output;
            assert!(same, "cut as {pieces:?}:\n{other:#?}\nwhole:\n{first:#?}");
        }
        first
    });
    open
}

fn run<S, A>(make: &impl Fn() -> (S, A), pieces: &[&[u8]], holds: usize, eof: bool) -> Replay
where
    S: Session,
    A: FnMut(&mut S, S::Event) -> Act,
{
    let (mut session, mut act) = make();
    let run = replay(&mut session, &mut act, pieces, eof);
    let largest = pieces.iter().map(|piece| piece.len()).max().unwrap_or_default();
    let most = 2 * (BODY_BLOCK + largest + holds);
    assert!(run.room <= most, "receive buffer of {} octets, over {most}", run.room);
    if eof {
        assert_ne!(run.ended, Ended::WantsInput, "asks for input after its end");
    }
    if matches!(run.ended, Ended::Closed | Ended::Failed(_)) {
        is_over(&mut session);
    } else {
        time_passes(&mut session, &mut act);
    }
    run
}

/// What is over stays so, and says the same for ever.
fn is_over<S: Session>(session: &mut S) {
    let mut said = None;
    for days in [0, 0, 1, 1000] {
        let now = start() + Duration::from_secs(days * 86_400);
        let over = match session.next_event(now) {
            Ok(Next::Closed) => String::from("closed"),
            Err(error) => format!("{error:?}"),
            Ok(_) => panic!("lives on after its end"),
        };
        assert_eq!(*said.get_or_insert(over.clone()), over, "ends in two ways");
    }
}

/// Nobody sends anything any more: a session that names a moment moves at it.
fn time_passes<S: Session>(session: &mut S, act: &mut impl FnMut(&mut S, S::Event) -> Act) {
    let mut now = start();
    for _ in 0..1000 {
        let until: Option<Instant> = match session.next_event(now) {
            Ok(Next::Event(event)) => {
                act(session, event);
                continue;
            }
            Ok(Next::Closed) | Err(_) => return is_over(session),
            Ok(other) => other.until(),
        };
        let (_, out) = session.buffers();
        let sent = out.remaining();
        out.advance(sent);
        match until {
            Some(until) if until > now => now = until,
            // What was due has been done, or what was unsent has gone.
            Some(_) if sent > 0 => {}
            Some(_) => panic!("a moment that has passed, told again"),
            None => return,
        }
    }
    panic!("a session that never comes to rest");
}
