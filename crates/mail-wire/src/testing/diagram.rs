//! State diagrams, drawn from the tables of the protocols.
//!
//! States stand in a column, in the order of a conversation. To their right stand the transitions
//! that lead down, to their left those that lead up, and in a state's box what does not leave it.
//! All arrows to one state share a line.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    fs,
    path::Path,
};

/// A state table, to be drawn.
#[derive(Debug, Clone)]
pub struct Diagram {
    title: String,
    states: Vec<String>,
    transitions: Vec<Transition>,
}

#[derive(Debug, Clone)]
struct Transition {
    from: usize,
    verb: String,
    outcome: String,
    to: usize,
}

impl Diagram {
    /// Starts with the states, in the order in which they are to stand.
    #[must_use]
    pub fn new(title: &str, states: impl IntoIterator<Item: fmt::Display>) -> Self {
        let states = states.into_iter().map(|state| state.to_string()).collect();
        Self { title: title.to_owned(), states, transitions: Vec::new() }
    }

    /// Adds that `verb`, ending in `outcome`, leads from one state to another or the same.
    ///
    /// # Panics
    /// If a state is none of those that were given.
    pub fn add(
        &mut self,
        from: impl fmt::Display,
        verb: impl fmt::Display,
        outcome: impl fmt::Display,
        to: impl fmt::Display,
    ) {
        let [from, to] = [from.to_string(), to.to_string()].map(|name| {
            let at = self.states.iter().position(|state| *state == name);
            at.unwrap_or_else(|| panic!("no state {name}"))
        });
        let (verb, outcome) = (verb.to_string(), outcome.to_string());
        self.transitions.push(Transition { from, verb, outcome, to });
    }

    /// Asserts that the file holds this diagram; or, if `UPDATE_DOCS` is set in the environment,
    /// writes it there.
    ///
    /// # Panics
    /// If the file is stale, or cannot be written.
    pub fn assert_drawn_in(&self, path: &Path) {
        let svg = self.to_svg();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(path, svg).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            return;
        }
        let drawn = fs::read_to_string(path).unwrap_or_default();
        assert!(drawn == svg, "{} is stale: set UPDATE_DOCS=1 and test again", path.display());
    }

    /// Draws.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let boxes: Vec<StateBox> = (0..self.states.len()).map(|at| self.state_box(at)).collect();
        Drawing::of(self, &boxes).to_svg()
    }

    /// What stands in and beside the box of a state.
    fn state_box(&self, from: usize) -> StateBox {
        let leaving = |to: usize| {
            let lines = self.labels(from, to);
            (!lines.is_empty()).then_some(Exit { to, lines })
        };
        StateBox {
            stays: self.labels(from, from),
            up: (0..from).filter_map(leaving).collect(),
            down: (from + 1..self.states.len()).filter_map(leaving).collect(),
        }
    }

    /// The verbs that lead from one state to another, those with the same outcomes together.
    fn labels(&self, from: usize, to: usize) -> Vec<String> {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut here: Vec<(&str, Vec<&str>)> = Vec::new();
        for one in self.transitions.iter().filter(|one| one.from == from) {
            all.entry(&one.verb).or_default().push(&one.outcome);
            if one.to != to {
                continue;
            }
            match here.iter_mut().find(|(verb, _)| *verb == one.verb) {
                Some((_, outcomes)) => outcomes.push(&one.outcome),
                None => here.push((&one.verb, vec![&one.outcome])),
            }
        }
        let mut lines = Vec::new();
        // An outcome that leads there whatever the verb says so once.
        for outcome in all.values().flatten().copied().collect::<std::collections::BTreeSet<_>>() {
            let can = all.values().filter(|outcomes| outcomes.contains(&outcome)).count();
            let does = here.iter().filter(|(_, outcomes)| outcomes.contains(&outcome)).count();
            if can == does && can == all.len() && can > 2 {
                here.iter_mut().for_each(|(_, outcomes)| outcomes.retain(|one| *one != outcome));
                lines.push(format!("anything: {outcome}"));
            }
        }
        here.retain(|(_, outcomes)| !outcomes.is_empty());
        let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
        for (verb, outcomes) in here {
            let whole = all.get(verb) == Some(&outcomes);
            let how = if whole { String::new() } else { format!(": {}", outcomes.join(", ")) };
            match groups.iter_mut().find(|(known, _)| *known == how) {
                Some((_, verbs)) => verbs.push(verb),
                None => groups.push((how, vec![verb])),
            }
        }
        for (how, verbs) in groups {
            lines.extend(wrap(&format!("{}{how}", verbs.join(" "))));
        }
        lines
    }
}

struct StateBox {
    stays: Vec<String>,
    up: Vec<Exit>,
    down: Vec<Exit>,
}

/// The arrows from one state to another.
struct Exit {
    to: usize,
    lines: Vec<String>,
}

/// Breaks a label into lines.
fn wrap(label: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in label.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.len() < LABEL => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Most characters in a line of a label.
const LABEL: usize = 34;
const CHAR: usize = 7;
const LINE: usize = 15;
const BOX: usize = LABEL * CHAR + 24;
const SIDE: usize = LABEL * CHAR + 20;
const LANE: usize = 14;
const GAP: usize = 26;
const TOP: usize = 50;
const COLOURS: [&str; 6] = ["#1b5e9e", "#b3541e", "#2e7d32", "#8e24aa", "#00838f", "#ad1457"];

/// Where everything stands.
struct Drawing<'a> {
    diagram: &'a Diagram,
    boxes: &'a [StateBox],
    /// Top and height of each box.
    rows: Vec<(usize, usize)>,
    /// The targets that have a line on the left and on the right, innermost first.
    lanes: [Vec<usize>; 2],
}

impl<'a> Drawing<'a> {
    fn of(diagram: &'a Diagram, boxes: &'a [StateBox]) -> Self {
        let side = |exits: &[Exit]| exits.iter().map(|exit| exit.lines.len() * LINE + 6).sum();
        let (mut rows, mut top) = (Vec::new(), TOP);
        for one in boxes {
            let inside = (one.stays.len() + 1) * LINE + 16;
            // Behind the exits there is room for the arrows that come in.
            let beside = usize::max(side(&one.up), side(&one.down)) + LINE + 8;
            let height = inside.max(beside);
            rows.push((top, height));
            top += height + GAP;
        }
        let targets = |exits: fn(&StateBox) -> &Vec<Exit>| -> Vec<usize> {
            let reached = |to: &usize| boxes.iter().any(|b| exits(b).iter().any(|e| e.to == *to));
            (0..boxes.len()).filter(reached).collect()
        };
        // The nearest target innermost: from below it is the last, from above the first.
        let mut up = targets(|one| &one.up);
        up.reverse();
        Self { diagram, boxes, rows, lanes: [up, targets(|one| &one.down)] }
    }

    fn to_svg(&self) -> String {
        let left = SIDE + LANE * (self.lanes[0].len() + 1);
        let width = left + BOX + SIDE + LANE * (self.lanes[1].len() + 1);
        let height = self.rows.last().map_or(TOP, |(top, height)| top + height) + 20;
        let mut svg = String::new();
        // A string takes everything that is written to it.
        let _ = self.write(&mut svg, left, width, height);
        svg
    }

    fn write(&self, svg: &mut String, left: usize, width: usize, height: usize) -> fmt::Result {
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" font-family=\"monospace\" font-size=\"11\">"
        )?;
        writeln!(svg, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>")?;
        let title = escape(&self.diagram.title);
        let middle = left + BOX / 2;
        writeln!(
            svg,
            "<text x=\"{middle}\" y=\"28\" font-size=\"16\" font-weight=\"bold\" \
             text-anchor=\"middle\">{title}</text>"
        )?;
        self.write_lanes(svg, left)?;
        for (at, one) in self.boxes.iter().enumerate() {
            self.write_box(svg, left, at, one)?;
        }
        writeln!(svg, "</svg>")
    }

    /// The lines along the column, with an arrow head at each one's target.
    fn write_lanes(&self, svg: &mut String, left: usize) -> fmt::Result {
        for (side, lanes) in self.lanes.iter().enumerate() {
            for &target in lanes {
                let x = self.lane(left, side, target);
                let entry = self.entry(target);
                let exits = self.exits(side, target);
                let ends = exits.iter().map(|(_, y)| *y).chain([entry]);
                let (from, to) = (ends.clone().min().unwrap_or(0), ends.max().unwrap_or(0));
                let colour = colour(target);
                let edge = if side == 0 { left } else { left + BOX };
                let (shaft, head) = if side == 0 { (edge - 7, 7_isize) } else { (edge + 7, -7) };
                writeln!(
                    svg,
                    "<path d=\"M{x} {from}V{to}M{x} {entry}H{shaft}\" fill=\"none\" \
                     stroke=\"{colour}\" stroke-width=\"1.5\"/>"
                )?;
                writeln!(
                    svg,
                    "<path d=\"M{shaft} {}L{} {entry}L{shaft} {}Z\" fill=\"{colour}\"/>",
                    entry - 4,
                    shaft.saturating_add_signed(head),
                    entry + 4
                )?;
                for (_, y) in exits {
                    writeln!(
                        svg,
                        "<path d=\"M{edge} {y}H{x}\" stroke=\"{colour}\" stroke-width=\"1\"/>\
                         <circle cx=\"{x}\" cy=\"{y}\" r=\"2.5\" fill=\"{colour}\"/>"
                    )?;
                }
            }
        }
        Ok(())
    }

    fn write_box(&self, svg: &mut String, left: usize, at: usize, one: &StateBox) -> fmt::Result {
        let Some(&(top, height)) = self.rows.get(at) else { return Ok(()) };
        let name = self.diagram.states.get(at).map(|name| escape(name)).unwrap_or_default();
        let colour = colour(at);
        writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{BOX}\" height=\"{height}\" rx=\"6\" \
             fill=\"#f6f6f3\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
        )?;
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" font-size=\"13\" font-weight=\"bold\" fill=\"{colour}\" \
             text-anchor=\"middle\">{name}</text>",
            left + BOX / 2,
            top + 18
        )?;
        for (nth, line) in one.stays.iter().enumerate() {
            let y = top + 18 + (nth + 1) * LINE;
            let line = escape(line);
            writeln!(svg, "<text x=\"{}\" y=\"{y}\" fill=\"#666666\">{line}</text>", left + 10)?;
        }
        for side in 0..2 {
            let (x, anchor) = if side == 0 { (left - 8, "end") } else { (left + BOX + 8, "start") };
            let exits = if side == 0 { &one.up } else { &one.down };
            for (exit, y) in exits.iter().zip(self.ports(at, exits)) {
                let above = exit.lines.len() - 1;
                for (nth, line) in exit.lines.iter().enumerate() {
                    let y = y - 3 - (above - nth) * LINE;
                    let (colour, line) = (self::colour(exit.to), escape(line));
                    writeln!(
                        svg,
                        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" \
                         fill=\"{colour}\">{line}</text>"
                    )?;
                }
            }
        }
        Ok(())
    }

    fn lane(&self, left: usize, side: usize, target: usize) -> usize {
        let lanes = self.lanes.get(side).map(Vec::as_slice).unwrap_or_default();
        let nth = lanes.iter().position(|lane| *lane == target).unwrap_or_default() + 1;
        if side == 0 { left - SIDE - nth * LANE } else { left + BOX + SIDE + nth * LANE }
    }

    /// Where arrows end at a box: near its lower end, where none begins.
    fn entry(&self, target: usize) -> usize {
        self.rows.get(target).map_or(0, |(top, height)| top + height - 9)
    }

    /// Where the arrows to a target begin, on one side.
    fn exits(&self, side: usize, target: usize) -> Vec<(usize, usize)> {
        let mut begin = Vec::new();
        for (at, one) in self.boxes.iter().enumerate() {
            let exits = if side == 0 { &one.up } else { &one.down };
            for (exit, y) in exits.iter().zip(self.ports(at, exits)) {
                if exit.to == target {
                    begin.push((at, y));
                }
            }
        }
        begin
    }

    fn ports(&self, at: usize, exits: &[Exit]) -> impl Iterator<Item = usize> {
        let mut y = self.rows.get(at).map_or(0, |(top, _)| *top);
        exits.iter().map(move |exit| {
            y += exit.lines.len() * LINE + 6;
            y - 3
        })
    }
}

fn colour(state: usize) -> &'static str {
    COLOURS.get(state % COLOURS.len()).copied().unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagram() -> Diagram {
        let mut diagram = Diagram::new("A & B", ["open", "busy", "closed"]);
        for (from, verb, outcome, to) in [
            ("open", "WORK", "yes", "busy"),
            ("open", "WORK", "no", "open"),
            ("open", "NOOP", "yes", "open"),
            ("open", "NOOP", "no", "open"),
            ("busy", "DONE", "yes", "open"),
            ("busy", "DONE", "no", "closed"),
        ] {
            diagram.add(from, verb, outcome, to);
        }
        diagram
    }

    #[test]
    fn groups_verbs_by_what_they_end_in() {
        let diagram = diagram();
        assert_eq!(diagram.labels(0, 0), ["WORK: no", "NOOP"]);
        assert_eq!(diagram.labels(0, 1), ["WORK: yes"]);
        assert_eq!(diagram.labels(1, 2), ["DONE: no"]);
    }

    #[test]
    fn draws_every_state_and_label_and_escapes_them() {
        let svg = diagram().to_svg();
        for text in ["A &amp; B", ">open<", ">busy<", ">closed<", "WORK: yes", "DONE: yes"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        assert_eq!(svg, diagram().to_svg());
    }

    #[test]
    #[should_panic(expected = "no state lost")]
    fn err_unknown_state() {
        diagram().add("open", "GO", "yes", "lost");
    }
}
