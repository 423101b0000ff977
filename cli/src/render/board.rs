//! How far is a run? What is done, what runs, what waits and for what, and how long services were down.
//!
//! Knows only the plan and what was told; time is given by whoever tells.

use super::{count, progress::place, quantity};
use crate::visible;
use mig_plan::{Forecast, Plan, Step, plan::Address};
use mig_runtime::{downtime::Downtimes, event::Event};
use serde::Serialize;
use std::{collections::BTreeSet, fmt::Write as _};

/// How long a service was down in this apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// The service.
    pub address: Address,
    /// By the plan's estimate.
    pub forecast_seconds: Option<u64>,
    /// From the step that stopped it to the one that saw it answer; `null` if it does not answer yet.
    pub seconds: Option<u64>,
}

/// What is known of a run.
pub struct Board<'p> {
    plan: &'p Plan,
    /// Steps that were done when it began.
    done_before: usize,
    done: BTreeSet<&'p str>,
    running: BTreeSet<&'p str>,
    /// Failed, or not begun in this run.
    out: BTreeSet<&'p str>,
    down: Downtimes,
    measured: Vec<Measured>,
}

impl<'p> Board<'p> {
    /// Nothing has happened yet.
    pub fn new(plan: &'p Plan) -> Self {
        let (done, running, out) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { plan, done_before: 0, done, running, out, down: Downtimes::default(), measured: vec![] }
    }

    /// One thing happened, at that time in milliseconds.
    pub fn note(&mut self, event: &Event, at_ms: u64) {
        for (forecast, milliseconds) in self.down.note(self.plan, event, at_ms) {
            self.measured.push(measured(forecast, Some(milliseconds / 1_000)));
        }
        match event {
            Event::Resumed { done, .. } => self.done_before = *done,
            Event::StepStarted { step, .. } => {
                if let Some(step) = self.plan.step(step) {
                    self.running.insert(&step.id);
                }
            }
            Event::StepDone { step, .. } => {
                if let Some(step) = self.plan.step(step) {
                    self.running.remove(step.id.as_str());
                    self.done.insert(&step.id);
                }
            }
            Event::StepFailed { step, .. } | Event::Skipped { step, .. } => {
                if let Some(step) = self.plan.step(step) {
                    self.running.remove(step.id.as_str());
                    self.out.insert(&step.id);
                }
            }
            _ => {}
        }
    }

    /// `57 of 112 steps done, 3 run, 52 wait; [60/112] start `mysql` waits for [59/112] compare /data/mysql`
    pub fn line(&self) -> String {
        let steps = self.plan.steps.len();
        let done = (self.done_before + self.done.len()).min(steps);
        let waits = steps.saturating_sub(done + self.running.len() + self.out.len());
        let run = if self.running.is_empty() { String::new() } else { format!(", {} run", self.running.len()) };
        let wait = if waits == 0 { String::new() } else { format!(", {waits} wait") };
        let why = self.next().filter(|_| waits > 0).map(|why| format!("; {why}")).unwrap_or_default();
        visible::line(&format!("{done} of {} done{run}{wait}{why}", count(steps, "step")))
    }

    /// The first step that waits for something that runs.
    fn next(&self) -> Option<String> {
        let known = |id: &str| self.done.contains(id) || self.running.contains(id) || self.out.contains(id);
        let waits = |step: &'p Step| {
            let need = step.needs.iter().find(|need| self.running.contains(need.as_str()))?;
            Some((step, self.plan.step(need)?))
        };
        let (step, need) = self.plan.steps.iter().filter(|step| !known(&step.id)).find_map(waits)?;
        Some(format!("{} {} waits for {} {}", place(self.plan, &step.id), step.title, place(self.plan, &need.id), need.title))
    }

    /// What was measured; services that are down still come last.
    pub fn measured(&self) -> Vec<Measured> {
        let down = self.plan.forecasts.iter().filter(|forecast| self.down.is_down(&forecast.address));
        self.measured.iter().cloned().chain(down.map(|forecast| measured(forecast, None))).collect()
    }
}

fn measured(forecast: &Forecast, seconds: Option<u64>) -> Measured {
    Measured { address: forecast.address.clone(), forecast_seconds: forecast.downtime_seconds, seconds }
}

/// A table for the end of a run; empty if no service was down.
pub fn downtimes(measured: &[Measured]) -> String {
    if measured.is_empty() {
        return String::new();
    }
    let width = measured.iter().map(|m| m.address.chars().count()).max().unwrap_or(0).max("downtime of".len());
    let mut out = format!("\n{:width$}  {:>14}  {:>14}\n", "downtime of", "forecast", "measured");
    for service in measured {
        let forecast = service.forecast_seconds.map_or_else(|| "not known".to_owned(), quantity::seconds);
        let seconds = service.seconds.map_or_else(|| "not up yet".to_owned(), quantity::seconds);
        let _ = writeln!(out, "{:width$}  {forecast:>14}  {seconds:>14}", visible::line(&service.address));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use mig_plan::{Action, Class, Estimate, Forecast, Origin, Phase, Undo};
    use std::collections::BTreeMap;

    fn plan() -> Plan {
        let step = |id: &str, needs: &[&str]| Step {
            id: id.to_owned(),
            address: "mysql".to_owned(),
            of_move: None,
            phase: Phase::Prepare,
            title: format!("do {id}"),
            why: String::new(),
            action: Action::Note,
            needs: needs.iter().map(|&need| need.to_owned()).collect(),
            class: Class::Idempotent,
            estimate: Estimate::default(),
            undo: Undo::Nothing,
            point_of_no_return: false,
            after_no_return: false,
            before: None,
            sets: vec![],
            removes: vec![],
            origin: Origin { file: "main.mig".to_owned(), line: 1, column: 1 },
        };
        Plan {
            version: Plan::VERSION,
            project: "test".to_owned(),
            sources: mig_plan::Digest::of_bytes(b""),
            serial: 0,
            head: String::new(),
            hosts: BTreeMap::new(),
            preconditions: vec![],
            steps: vec![step("stop", &[]), step("copy", &["stop"]), step("up", &["copy"])],
            moves: vec![],
            forecasts: vec![Forecast {
                address: "mysql".to_owned(),
                downtime_seconds: Some(90),
                down: "stop".to_owned(),
                up: "up".to_owned(),
            }],
            cost_per_day: BTreeMap::new(),
            secrets: vec![],
            unproven: vec![],
            outputs: BTreeMap::new(),
            observed: None,
            partial: None,
            reverses: None,
        }
    }

    #[test]
    fn a_board_tells_what_runs_what_waits_and_why() {
        let plan = plan();
        let mut board = Board::new(&plan);
        let started = |step: &str| Event::StepStarted { step: step.to_owned(), title: String::new() };
        let done = |step: &str| Event::StepDone { step: step.to_owned(), changed: true, milliseconds: 1 };
        assert_eq!(board.line(), "0 of 3 steps done, 3 wait");
        board.note(&started("stop"), 1_000);
        assert_eq!(board.line(), "0 of 3 steps done, 1 run, 2 wait; [2/3] do copy waits for [1/3] do stop");
        board.note(&done("stop"), 2_000);
        board.note(&started("copy"), 2_000);
        assert_eq!(board.measured(), [Measured { address: "mysql".to_owned(), forecast_seconds: Some(90), seconds: None }]);
        assert!(downtimes(&board.measured()).ends_with("mysql            1 min 30 s      not up yet\n"));
        board.note(&done("copy"), 70_000);
        board.note(&started("up"), 70_000);
        board.note(&done("up"), 76_900);
        assert_eq!(board.line(), "3 of 3 steps done");
        assert_eq!(board.measured()[0].seconds, Some(75));
    }

    #[test]
    fn what_was_done_before_and_what_failed_do_not_wait() {
        let plan = plan();
        let mut board = Board::new(&plan);
        let (run, by) = ("r1".to_owned(), "me@here".to_owned());
        board.note(&Event::Resumed { run, by, steps: 3, done: 1, same_plan: true, undoing: false }, 0);
        board.note(&Event::StepStarted { step: "copy".to_owned(), title: String::new() }, 0);
        assert_eq!(board.line(), "1 of 3 steps done, 1 run, 1 wait; [3/3] do up waits for [2/3] do copy");
        board.note(&Event::StepFailed { step: "copy".to_owned(), message: String::new(), help: String::new() }, 0);
        board.note(&Event::Skipped { step: "up".to_owned(), why: String::new() }, 0);
        assert_eq!(board.line(), "1 of 3 steps done");
        assert_eq!(downtimes(&board.measured()), "");
    }
}
