//! How does a run look while it acts? A line for what began, ended or failed, with the step's number in the plan.
//!
//! Only texts; where lines go, and bars that move, is the printer's in `commands`.

use super::{count, quantity};
use crate::visible;
use mig_plan::Plan;
use mig_runtime::event::Event;

/// The line for an event; nothing for those that only move a bar.
pub fn line(plan: &Plan, event: &Event) -> Option<String> {
    let line = match event {
        Event::Preflight { hosts, .. } if hosts.is_empty() => return None,
        Event::Preflight { hosts, requirements } => {
            let asked = count(hosts.len(), "host");
            format!("asking {asked} whether all that is required holds ({}); nothing is changed yet", count(*requirements, "requirement"))
        }
        Event::Started { run, steps } => format!("run {run} begins: {}", count(*steps, "step")),
        Event::Resumed { run, by, steps, done, undoing, .. } => {
            let way = if *undoing { "goes on going back" } else { "goes on" };
            format!("run {run} of {by} {way}: {done} of {} done", count(*steps, "step"))
        }
        Event::StepStarted { step, title } => format!("{} begins   {title}", place(plan, step)),
        Event::Progress { .. } => return None,
        Event::Retrying { step, message, milliseconds } => {
            format!("{} again in {} s: {message}", place(plan, step), milliseconds.div_ceil(1_000))
        }
        Event::StepDone { step, changed, milliseconds } => {
            let how = if *changed { "done    " } else { "in place" };
            format!("{} {how} {} ({})", place(plan, step), title(plan, step), time(*milliseconds))
        }
        Event::StepFailed { step, message, help } => format!("{} FAILED   {message}; {help}", place(plan, step)),
        Event::Skipped { step, why } => format!("{} skipped  {}: {why}", place(plan, step), title(plan, step)),
        Event::GoingBack { everything: true, .. } => "going back: all that was done is undone, the last step first".to_owned(),
        Event::GoingBack { moves, .. } => format!("going back: all that {} did is undone, the last step first", moves.join(", ")),
        Event::Undoing { step, title } => format!("{} undoing  {title}", place(plan, step)),
        Event::Undone { step, .. } => format!("{} undone   {}", place(plan, step), title(plan, step)),
        Event::UndoFailed { step, message, help } => format!("{} NOT UNDONE: {message}; {help}", place(plan, step)),
        Event::Ended { done, steps, .. } => format!("{done} of {} done", count(*steps, "step")),
    };
    Some(visible::line(&line))
}

/// The line for what only moves on, where there is no bar to move.
pub fn moves_on(plan: &Plan, event: &Event) -> Option<String> {
    let Event::Progress { step, bytes, total, text } = event else { return None };
    Some(visible::line(&format!("{} goes on  {}: {}", place(plan, step), title(plan, step), amount(*bytes, *total, text))))
}

/// What a bar says beside its step's title.
pub fn amount(bytes: u64, total: Option<u64>, text: &str) -> String {
    let sizes = match (bytes, total) {
        (0, None) => String::new(),
        (bytes, Some(total)) if total > 0 => {
            let percent = bytes.min(total) as f64 / total as f64 * 100.0;
            format!("{} of {} ({percent:.0} %)", quantity::bytes(bytes), quantity::bytes(total))
        }
        (bytes, _) => quantity::bytes(bytes),
    };
    visible::line(&[sizes.as_str(), text].join(" ")).trim().to_owned()
}

/// `[ 7/84]`
pub fn place(plan: &Plan, step: &str) -> String {
    let all = plan.steps.len().to_string();
    let number = super::plan::number(plan, step).map_or_else(|| "?".to_owned(), |n| n.to_string());
    format!("[{number:>width$}/{all}]", width = all.len())
}

fn title<'p>(plan: &'p Plan, step: &'p str) -> &'p str {
    plan.step(step).map_or(step, |s| s.title.as_str())
}

fn time(milliseconds: u64) -> String {
    if milliseconds < 10_000 { format!("{:.1} s", milliseconds as f64 / 1_000.0) } else { quantity::seconds(milliseconds / 1_000) }
}
