//! How does going back look before it is done? The steps, the last one first, with what each comes to, and what stays.

use super::{count, plan::number, words};
use crate::visible;
use mig_plan::{Action, Step, journal::Unfinished};
use mig_runtime::executor::Undoable;
use std::fmt::Write as _;

/// What undoing a run comes to, for people.
pub fn undoable(run: &Unfinished, found: &Undoable, discarded: &[String]) -> String {
    let mut out = String::new();
    let steps = count(found.steps.len(), "step");
    let _ = writeln!(out, "run {} of {} is undone, the last of {steps} first:\n", visible::line(&run.run), visible::line(&run.by));
    for step in found.steps.iter().filter_map(|id| run.plan.step(id)) {
        let place = number(&run.plan, &step.id).map_or_else(|| "?".to_owned(), |n| n.to_string());
        let _ = writeln!(out, "  {place:>3}. {}", visible::line(&step.title));
        let _ = writeln!(out, "         undo: {}", visible::line(&way_back(step)));
    }
    for address in discarded {
        let _ = writeln!(out, "\n  WRITES ARE DROPPED: what {} has written since its point of no return is lost", visible::line(address));
    }
    for problem in &found.stays {
        let _ = writeln!(out, "\n  stays: {}\n         {}", visible::line(&problem.message), visible::line(&problem.help));
    }
    out
}

fn way_back(step: &Step) -> String {
    match &step.action {
        Action::StartContainer { host, container } if step.point_of_no_return => {
            format!("stop {container} on {host}, its writes are dropped")
        }
        _ => words::undo(step),
    }
}
