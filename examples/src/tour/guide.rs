//! Who tells of the tour: steps, what was read back, and what went over the wire.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use mail_errors::diagnosis::Language;
use mail_wire::drive::Direction;

use super::{
    Step,
    stage::Scene,
    trouble::Trouble,
    words::{self, Label, Phrasebook},
};
use crate::{
    office::clock,
    tap::{Protocol, Tap, masked},
};

/// The most lines of the wire that one step keeps.
const MOST_LINES: usize = 2000;

/// Tells of the tour, and sees to it that each step shows something of this run.
pub(super) struct Guide<'o> {
    out: &'o mut (dyn Write + Send),
    pub(super) book: &'static dyn Phrasebook,
    language: Language,
    token: String,
    show_wire: bool,
    wire: Wire,
    step: Option<Step>,
    done: Vec<Step>,
    began: Instant,
}

impl<'o> Guide<'o> {
    pub(super) fn new(
        out: &'o mut (dyn Write + Send),
        token: &str,
        language: Language,
        show_wire: bool,
    ) -> Self {
        Self {
            out,
            book: words::of(language),
            language,
            token: token.to_owned(),
            show_wire,
            wire: Wire::default(),
            step: None,
            done: Vec::new(),
            began: clock::monotonic(),
        }
    }

    /// Tells who is who.
    pub(super) fn introduce(&mut self, scene: &Scene) -> Result<(), Trouble> {
        writeln!(self.out, "{}\n", self.book.title())?;
        self.say(2, self.book.introduction())?;
        writeln!(self.out)?;
        for (domain, host, address) in scene.towns {
            writeln!(self.out, "    {domain}  {host}  {address}")?;
        }
        writeln!(self.out)?;
        self.say(2, &self.book.relay_port(scene.relay_port))?;
        for (who, settings) in &scene.settings {
            writeln!(self.out, "\n  {}\n", self.book.settings(who))?;
            self.say(4, settings.told(self.language).to_string().trim_end())?;
        }
        Ok(())
    }

    /// The last words before the first step.
    pub(super) fn curtain(&mut self) -> Result<(), Trouble> {
        writeln!(self.out)?;
        self.say(2, self.book.waiting())?;
        Ok(self.show_wire()?)
    }

    /// Begins a step.
    pub(super) fn begin(&mut self, step: Step) -> Result<(), Trouble> {
        self.step = Some(step);
        if step == Step::UnknownUser {
            writeln!(self.out, "\n{}", self.book.refusals())?;
        }
        let (title, why) = self.book.step(step);
        writeln!(self.out, "\n{:2}. {title}", step.number())?;
        self.say(4, why)?;
        Ok(self.out.flush()?)
    }

    /// Ends a step with what was read back.
    ///
    /// # Errors
    /// [`Trouble::NoToken`] if the token of this run does not stand in it.
    pub(super) fn end(&mut self, read_back: &[String]) -> Result<(), Trouble> {
        self.show(read_back)?;
        if !read_back.iter().any(|text| text.contains(&self.token)) {
            return Err(Trouble::NoToken);
        }
        self.done.extend(self.step);
        Ok(())
    }

    /// Shows what went over the wire, and what was read back.
    pub(super) fn show(&mut self, read_back: &[String]) -> Result<(), Trouble> {
        self.show_wire()?;
        writeln!(self.out)?;
        for text in read_back {
            self.say(6, text)?;
        }
        Ok(self.out.flush()?)
    }

    /// Says how it went.
    pub(super) fn farewell(&mut self) -> Result<(), Trouble> {
        let time = clock::monotonic().saturating_duration_since(self.began);
        let farewell = self.book.farewell(self.done.len(), &self.token, time);
        writeln!(self.out, "\n{farewell}")?;
        Ok(self.out.flush()?)
    }

    /// Shows what went over the wire until it failed; the failure itself is the caller's to tell.
    pub(super) fn failed(&mut self) {
        // If nothing can be written any more, nobody hears it either.
        let _ = self.show_wire().and_then(|()| writeln!(self.out)).and_then(|()| self.out.flush());
    }

    /// A tap that writes into the log of the step under way.
    pub(super) fn tap(&self, who: &str, protocol: Protocol) -> Tap {
        let (who, wire) = (who.to_owned(), self.wire.clone());
        masked(protocol, move |direction, line| wire.log(&who, direction, line))
    }

    /// Writes a line into the log of the step under way.
    pub(super) fn log(&self, who: &str, direction: Direction, line: &str) {
        self.wire.log(who, direction, line);
    }

    /// Finds the first line in the log of the step under way that begins so: what was on the wire.
    pub(super) fn on_wire(&self, direction: Direction, begin: &str) -> Option<String> {
        let lines = self.wire.lines();
        let mut found = lines.iter().filter(|line| line.direction == direction);
        found.find(|line| line.text.starts_with(begin)).map(|line| line.text.clone())
    }

    /// A line with a label in front.
    pub(super) fn fact(&self, label: Label, value: impl std::fmt::Display) -> String {
        format!("{}{value}", self.book.label(label))
    }

    pub(super) fn done(&self) -> &[Step] {
        &self.done
    }

    pub(super) const fn step(&self) -> Option<Step> {
        self.step
    }

    fn say(&mut self, indent: usize, text: &str) -> io::Result<()> {
        for line in text.lines() {
            match line {
                "" => writeln!(self.out)?,
                line => writeln!(self.out, "{:indent$}{line}", "")?,
            }
        }
        Ok(())
    }

    fn show_wire(&mut self) -> io::Result<()> {
        let lines = std::mem::take(&mut *self.wire.lines());
        if !self.show_wire {
            return Ok(());
        }
        let mut last = "";
        for Line { who, direction, text } in &lines {
            if who != last {
                writeln!(self.out, "\n      ── {who}")?;
                last = who;
            }
            let speaker = match direction {
                Direction::Sent => 'C',
                Direction::Received => 'S',
            };
            writeln!(self.out, "      {speaker}: {text}")?;
        }
        Ok(())
    }
}

/// What went over the wire since the step began.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<Line>>>);

struct Line {
    who: String,
    direction: Direction,
    text: String,
}

impl Wire {
    fn lines(&self) -> MutexGuard<'_, Vec<Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self, who: &str, direction: Direction, text: &str) {
        let mut lines = self.lines();
        if lines.len() < MOST_LINES {
            lines.push(Line { who: who.to_owned(), direction, text: text.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_what_is_read_back_is_not_of_this_run() {
        let mut out = Vec::new();
        let mut guide = Guide::new(&mut out, "5eed", Language::English, false);
        guide.begin(Step::Compose).expect("a vector takes all");
        let other = guide.end(&["Subject: Tour 0dd".to_owned()]);
        assert!(matches!(other, Err(Trouble::NoToken)), "{other:?}");
        assert!(matches!(guide.end(&[]), Err(Trouble::NoToken)), "nothing is not enough");
        assert_eq!(guide.done(), []);
        guide.end(&["Subject: Tour 5eed".to_owned()]).expect("this is it");
        assert_eq!(guide.done(), [Step::Compose]);
    }
}
