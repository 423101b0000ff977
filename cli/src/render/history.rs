//! How does a journal look? What is settled, and what every run did.

use super::count;
use crate::visible;
use mig_plan::{Entry, Outcome, Plan, Record, ResourceState, RunEnd, State};
use serde::Serialize;
use std::fmt::Write as _;

/// What one run did, from its entries.
#[derive(Debug, Serialize)]
pub struct Run {
    /// Its name.
    pub run: String,
    /// Who began it: `user@machine`.
    pub by: String,
    /// Milliseconds since 1970, by the operator's clock.
    pub began_ms: u64,
    /// Of its last entry so far.
    pub last_ms: u64,
    /// Its first and last entry.
    pub entries: (u64, u64),
    /// Of its plan.
    pub steps: usize,
    /// Outcomes that were well.
    pub done: usize,
    /// Steps that were undone.
    pub undone: usize,
    /// How often it was taken up again.
    pub resumed: usize,
    /// Steps that failed, and why.
    pub failed: Vec<Failed>,
    /// How it ended, if it has.
    pub end: Option<RunEnd>,
}

/// A step that failed.
#[derive(Debug, Serialize)]
pub struct Failed {
    /// What it was to do.
    pub step: String,
    /// What went wrong.
    pub message: String,
}

/// Adds an entry to the runs before it; `state` is the one before the entry.
pub fn add(runs: &mut Vec<Run>, entry: &Entry, state: &State) {
    let mut plan = state.unfinished.as_ref().map(|run| &*run.plan);
    for record in &entry.records {
        if let Record::Started { plan: started, by } = record {
            plan = Some(started);
            runs.push(begun(entry, by, started.steps.len()));
        }
        let Some(run) = runs.last_mut() else { continue };
        (run.entries.1, run.last_ms) = (entry.number, entry.time_ms);
        match record {
            Record::Resumed { .. } => run.resumed += 1,
            Record::Outcome { outcome: Outcome::Done { .. }, .. } => run.done += 1,
            Record::Outcome { step, outcome: Outcome::Failed { message, .. } } => {
                run.failed.push(Failed { step: title(plan, step), message: message.clone() });
            }
            Record::Undone { outcome: Outcome::Done { .. }, .. } => run.undone += 1,
            Record::Ended { end } => run.end = Some(*end),
            _ => {}
        }
    }
}

fn begun(entry: &Entry, by: &str, steps: usize) -> Run {
    Run {
        run: entry.run.clone(),
        by: by.to_owned(),
        began_ms: entry.time_ms,
        last_ms: entry.time_ms,
        entries: (entry.number, entry.number),
        steps,
        done: 0,
        undone: 0,
        resumed: 0,
        failed: vec![],
        end: None,
    }
}

fn title(plan: Option<&Plan>, id: &str) -> String {
    plan.and_then(|plan| plan.step(id)).map_or_else(|| id.to_owned(), |step| step.title.clone())
}

/// Every run, the first one first.
pub fn runs(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "nothing was applied yet\n".to_owned();
    }
    let mut out = String::new();
    for run in runs {
        let end = match run.end {
            Some(RunEnd::Done) => "done",
            Some(RunEnd::Undone) => "undone",
            Some(RunEnd::Abandoned) => "abandoned",
            None => "unfinished",
        };
        let began = mig_runtime::utc((run.began_ms / 1_000) as i64);
        let _ = write!(out, "{began}  {}  {end}: {} of {} done", visible::line(&run.run), run.done, count(run.steps, "step"));
        if run.undone > 0 {
            let _ = write!(out, ", {} undone", run.undone);
        }
        if run.resumed > 0 {
            let _ = write!(out, ", taken up again {}", count(run.resumed, "time"));
        }
        let _ = writeln!(out, "; by {}, entries {} to {}", visible::line(&run.by), run.entries.0, run.entries.1);
        for failed in &run.failed {
            let _ = writeln!(out, "  failed: {}: {}", visible::line(&failed.step), visible::line(&failed.message));
        }
    }
    out
}

/// What is settled, an address a line.
pub fn list(state: &State) -> String {
    state.resources.iter().fold(String::new(), |mut out, (address, resource)| {
        let _ = writeln!(out, "{}  {}", visible::line(address), visible::line(&resource.kind));
        out
    })
}

/// All that is known of one.
pub fn resource(address: &str, resource: &ResourceState) -> String {
    let mut out = format!("{} ({})\n", visible::line(address), visible::line(&resource.kind));
    for (name, value) in &resource.attributes {
        let _ = writeln!(out, "  {} = {}", visible::line(name), visible::line(value));
    }
    for (name, recorded) in &resource.fields {
        let _ = writeln!(out, "  {} = {}, which a plan is compared with", visible::line(name), visible::line(&recorded.value));
    }
    if resource.keep {
        out.push_str("  kept: no plan replaces or destroys it\n");
    }
    let _ = writeln!(out, "  as wished: {}", visible::line(&resource.digest));
    out
}

/// That every entry was read.
pub fn verified(state: &State) -> String {
    if state.serial == 0 {
        return "nothing was applied yet\n".to_owned();
    }
    let whole = if state.serial == 1 { "1 entry is whole".to_owned() } else { format!("{} entries are whole", state.serial) };
    format!("{}: {whole}, and each names the one before; the last is {}\n", visible::line(&state.project), visible::line(&state.head))
}
