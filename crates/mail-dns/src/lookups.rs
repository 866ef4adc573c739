//! The questions of one machine: each asked once, charged once, answered once.

use std::{collections::HashMap, sync::Arc, time::Instant};

use crate::{
    budget::Budget,
    evaluate::{Step, Unsolicited},
    outcome::Outcome,
    question::{Query, QueryId, Question},
    trace::{Entry, Trace},
};

/// What a machine has asked and knows.
///
/// A machine is a pure function of what is known: it is run again after each answer, takes what it
/// needs with [`Lookups::outcome`], and gives up with `None` while something is missing. What it
/// missed has then been noted as to be asked. So the order in which answers arrive cannot change
/// a verdict.
#[derive(Debug)]
pub(crate) struct Lookups {
    budget: Budget,
    known: HashMap<Question, Option<Arc<Outcome>>>,
    pending: HashMap<QueryId, Question>,
    fresh: Vec<Query>,
    next_id: u32,
    trace: Trace,
}

impl Lookups {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            known: HashMap::new(),
            pending: HashMap::new(),
            fresh: Vec::new(),
            next_id: 0,
            trace: Trace::default(),
        }
    }

    /// Returns the outcome of a question, or asks it. A question over the budget counts as one
    /// without an answer.
    pub(crate) fn outcome(&mut self, question: &Question) -> Option<Arc<Outcome>> {
        if let Some(known) = self.known.get(question) {
            return known.clone();
        }
        if !self.budget.charge() {
            self.trace.push(Entry::NotAsked { question: question.clone() });
            let unknown = Arc::new(Outcome::Timeout);
            self.known.insert(question.clone(), Some(unknown.clone()));
            return Some(unknown);
        }
        let id = QueryId(self.next_id);
        self.next_id += 1;
        self.known.insert(question.clone(), None);
        self.pending.insert(id, question.clone());
        self.fresh.push(Query { id, question: question.clone() });
        None
    }

    /// Takes an answer from outside.
    pub(crate) fn answer(&mut self, id: QueryId, outcome: Outcome) -> Result<(), Unsolicited> {
        let question = self.pending.remove(&id).ok_or(Unsolicited { id })?;
        self.learn(question, outcome);
        Ok(())
    }

    /// Counts what is late as unanswered.
    pub(crate) fn expire(&mut self, now: Instant) {
        if now < self.budget.deadline() {
            return;
        }
        let mut late: Vec<_> = self.pending.drain().collect();
        late.sort_unstable_by_key(|(id, _)| *id);
        self.fresh.clear();
        for (_, question) in late {
            self.learn(question, Outcome::Timeout);
        }
    }

    /// What to tell the caller while there is no verdict.
    pub(crate) fn step<O>(&mut self) -> Step<O> {
        if self.fresh.is_empty() {
            Step::Waiting { until: self.budget.deadline() }
        } else {
            Step::Ask(std::mem::take(&mut self.fresh))
        }
    }

    pub(crate) const fn trace(&self) -> &Trace {
        &self.trace
    }

    pub(crate) const fn trace_mut(&mut self) -> &mut Trace {
        &mut self.trace
    }

    fn learn(&mut self, question: Question, outcome: Outcome) {
        let entry = Entry::Answered { question: question.clone(), outcome: outcome.clone() };
        self.trace.push(entry);
        self.known.insert(question, Some(Arc::new(outcome)));
    }
}
