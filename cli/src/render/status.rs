//! How does a run that is not over look? What is done, what is half-done, and what to type.

use super::count;
use crate::visible;
use mig_plan::{ResourceState, State, journal::Unfinished};
use std::fmt::Write as _;

/// A state, for people.
pub fn state(state: &State) -> String {
    let mut out = String::new();
    if state.serial == 0 {
        out.push_str("nothing was applied yet\n");
        return out;
    }
    let settled = count(state.resources.len(), "resource");
    let _ = writeln!(out, "{}: entry {} of the journal, {settled} settled", visible::line(&state.project), state.serial);
    for (address, resource) in &state.resources {
        let _ = writeln!(out, "  {} ({}){}", visible::line(address), visible::line(&resource.kind), way_back(resource));
    }
    match &state.unfinished {
        Some(run) => out.push_str(&unfinished(run)),
        None => out.push_str("no run is unfinished\n"),
    }
    out
}

/// Of a move that is done: is its way back open?
pub(super) fn way_back(resource: &ResourceState) -> &'static str {
    match (resource.is_move(), resource.confirmed) {
        (false, _) => "",
        (true, false) => ", done, not confirmed",
        (true, true) => ", done and confirmed",
    }
}

/// What it means that these moves are confirmed.
pub fn confirming(moves: &[String], state: &State) -> String {
    let mut out = "done, and not confirmed:\n".to_owned();
    for address in moves {
        let end = |name: &str| {
            state.resources.get(address).and_then(|known| known.attributes.get(name)).map(|end| visible::line(end)).unwrap_or_default()
        };
        let _ = writeln!(out, "  {}: from {} to {}", visible::line(address), end("from"), end("to"));
    }
    out.push_str("Once that is confirmed, `migc undo` does not go back over it any more. Nothing is deleted: what was moved from stays where it is, stopped.\n");
    out
}

/// A run that is not over.
pub fn unfinished(run: &Unfinished) -> String {
    let mut out = String::new();
    let way = if run.undoing { ", and it is going back" } else { "" };
    let done = format!("{} of {} done", run.done.len(), count(run.plan.steps.len(), "step"));
    let _ = writeln!(out, "\nrun {} of {} is unfinished: {done}{way}", visible::line(&run.run), visible::line(&run.by));
    for (index, step) in run.plan.steps.iter().enumerate().filter(|(_, step)| run.open.contains(&step.id)) {
        let _ = writeln!(out, "  begun, not known to be done: {}. {}", index + 1, visible::line(&step.title));
    }
    let next =
        run.plan.steps.iter().position(|s| !run.done.contains_key(&s.id) && !run.open.contains(&s.id) && !run.undone.contains(&s.id));
    if let Some((index, step)) = next.and_then(|i| Some((i, run.plan.steps.get(i)?))).filter(|_| !run.undoing) {
        let _ = writeln!(out, "  next: {}. {}", index + 1, visible::line(&step.title));
    }
    let name = visible::line(&run.run);
    let _ =
        writeln!(out, "  `migc apply` goes on with it; `migc undo` goes back over it; `migc apply --abandon {name}` closes it as it is");
    out
}
