//! How does a journal look? What is settled, and what every run did.

use super::count;
use crate::visible;
use mig_plan::{Entry, Outcome, Plan, Record, ResourceState, RunEnd, State};
use serde::Serialize;
use std::fmt::Write as _;

/// What one run did, from its entries; or a person, who told the state to forget something, or confirmed a move.
#[derive(Debug, Serialize)]
pub struct Run {
    /// Its name; empty where resources were forgotten, or moves confirmed.
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
    /// Addresses of what was forgotten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forgotten: Vec<String>,
    /// Moves that were confirmed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<String>,
    /// The run that it went back over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverses: Option<String>,
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
        match record {
            Record::Started { plan: started, by } => {
                plan = Some(started);
                runs.push(Run { reverses: started.reverses.clone(), ..begun(entry, by, started.steps.len()) });
            }
            Record::Forgotten { addresses, by } => runs.push(Run { forgotten: addresses.clone(), ..begun(entry, by, 0) }),
            Record::Confirmed { moves, by } => runs.push(Run { confirmed: moves.clone(), ..begun(entry, by, 0) }),
            // It comes before the run that begins.
            Record::Snapshot { .. } => continue,
            _ => {}
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
        forgotten: vec![],
        confirmed: vec![],
        reverses: None,
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
        let began = mig_runtime::utc((run.began_ms / 1_000) as i64);
        let of_person = [("forgotten", &run.forgotten), ("confirmed", &run.confirmed)];
        if let Some((what, addresses)) = of_person.into_iter().find(|(_, addresses)| !addresses.is_empty()) {
            let addresses = visible::line(&addresses.join(", "));
            let _ = writeln!(out, "{began}  {what}: {addresses}; by {}, entry {}", visible::line(&run.by), run.entries.0);
            continue;
        }
        let end = match run.end {
            Some(RunEnd::Done) => "done",
            Some(RunEnd::Undone) => "undone",
            Some(RunEnd::Abandoned) => "abandoned",
            None => "unfinished",
        };
        let _ = write!(out, "{began}  {}  {end}: {} of {} done", visible::line(&run.run), run.done, count(run.steps, "step"));
        if let Some(other) = &run.reverses {
            let _ = write!(out, ", moving back what {} moved", visible::line(other));
        }
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
        let way_back = super::status::way_back(resource);
        let _ = writeln!(out, "{}  {}{way_back}", visible::line(address), visible::line(&resource.kind));
        out
    })
}

/// What it means that these are forgotten.
pub fn forgetting(addresses: &[String], state: &State) -> String {
    let mut out = "the state would forget:\n".to_owned();
    for address in addresses {
        let kind = state.resources.get(address).map_or("", |resource| &resource.kind);
        let _ = writeln!(out, "  {} ({})", visible::line(address), visible::line(kind));
    }
    out.push_str(
        "nothing is changed where they are. What is declared is new for the next plan, which may refuse what it finds in its way;\n",
    );
    out.push_str("what is not declared is never changed or destroyed again. The last run cannot be undone any more\n");
    out
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
    match (resource.is_move(), resource.confirmed) {
        (false, _) => {}
        (true, false) => out.push_str("  not confirmed: what it came from is kept for `migc undo`, until `migc confirm`\n"),
        (true, true) => out.push_str("  confirmed: `migc undo` does not go back over it\n"),
    }
    if resource.keep {
        out.push_str("  kept: no plan replaces or destroys it\n");
    }
    let _ = writeln!(out, "  as wished: {}", visible::line(&resource.digest));
    out
}

/// That every entry from the first one on was read.
pub fn verified(state: &State, first: u64) -> String {
    if state.serial == 0 {
        return "nothing was applied yet\n".to_owned();
    }
    let entries = state.serial + 1 - first;
    let whole = if entries == 1 { "1 entry is whole".to_owned() } else { format!("{entries} entries are whole") };
    let before =
        if first > 1 { format!(" (those before entry {first} were removed; its snapshot stands for them)") } else { String::new() };
    format!(
        "{}: {whole}, and each names the one before{before}; the last is {}\n",
        visible::line(&state.project),
        visible::line(&state.head)
    )
}
