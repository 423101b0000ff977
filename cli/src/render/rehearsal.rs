//! How does a rehearsal read? What was tried, how long each service was down, where there is no way back, and each defect as a story.

use super::{count, plan::number, quantity};
use crate::visible;
use mig_plan::Plan;
use mig_runtime::{
    executor::Exit,
    rehearse::{Downtime, Rehearsal},
};
use std::fmt::Write as _;

/// All of it.
pub fn rehearsal(plan: &Plan, done: &Rehearsal) -> String {
    let mut out = String::new();
    let hosts = count(plan.hosts.len(), "simulated host");
    let _ = writeln!(out, "rehearsal of {}: {} on {hosts}, seed {}", visible::line(&plan.project), count(done.steps, "step"), done.seed);
    let _ = writeln!(out, "\nwithout a fault: {} after {} of simulated time", ending(done.exit), quantity::seconds(done.seconds));
    for problem in &done.problems {
        let host = problem.host.as_ref().map(|host| format!("{host}: ")).unwrap_or_default();
        let _ = writeln!(out, "  {}\n    help: {}", visible::line(&format!("{host}{}", problem.message)), visible::line(&problem.help));
    }
    if done.faults > 0 {
        let tried = crashes(done.faults);
        let _ = writeln!(out, "with a fault: {tried} tried, before, in and after the steps, and then `migc apply` again");
    }
    downtimes(&done.downtimes, &mut out);
    no_return(plan, done, &mut out);
    deviations(plan, done, &mut out);
    out.push('\n');
    out.push_str(&verdict(done));
    out
}

fn ending(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "done",
        Exit::Refused => "refused before anything was changed",
        Exit::Held => "somebody else held the state",
        Exit::PartWay => "stopped part-way",
        Exit::NotVerified => "done, and something could not be verified",
        Exit::Undone => "a step failed, and all was undone",
        Exit::Interrupted => "interrupted",
    }
}

fn downtimes(downtimes: &[Downtime], out: &mut String) {
    if downtimes.is_empty() {
        return;
    }
    let width = downtimes.iter().map(|d| d.address.chars().count()).max().unwrap_or(0).max("downtime of".len());
    let _ = writeln!(out, "\n{:width$}  {:>14}  {:>14}  {:>14}", "downtime of", "forecast", "simulated", "with a crash");
    for service in downtimes {
        let time = |seconds: Option<u64>, none: &str| seconds.map_or_else(|| none.to_owned(), quantity::seconds);
        let forecast = time(service.forecast_seconds, "not known");
        let (calm, longest) = (time(service.seconds, "never up"), time(service.longest_seconds, "never up"));
        let _ = writeln!(out, "{:width$}  {forecast:>14}  {calm:>14}  {longest:>14}", visible::line(&service.address));
    }
}

fn no_return(plan: &Plan, done: &Rehearsal, out: &mut String) {
    if done.moves.is_empty() {
        return;
    }
    out.push_str("\npoints of no return\n");
    for of_move in &done.moves {
        let step = of_move.point_of_no_return.as_ref().and_then(|id| number(plan, id));
        let text = match (step, &of_move.title) {
            (Some(step), Some(title)) => format!("{}: step {step}, {title}", of_move.address),
            _ => format!("{}: none", of_move.address),
        };
        let _ = writeln!(out, "  {}", visible::line(&text));
    }
}

fn deviations(plan: &Plan, done: &Rehearsal, out: &mut String) {
    for (index, deviation) in done.deviations.iter().enumerate() {
        let step = deviation.step.as_ref().and_then(|id| number(plan, id)).map(|n| format!(" (step {n})")).unwrap_or_default();
        let _ = writeln!(out, "\ndefect {}{step}: {}", index + 1, visible::line(&deviation.fault));
        for what in &deviation.what {
            let _ = writeln!(out, "  - {}", visible::line(what));
        }
    }
}

fn verdict(done: &Rehearsal) -> String {
    if done.is_sound() {
        return match done.faults {
            0 => format!("{} rehearsed: no defect found\n", count(done.steps, "step")),
            faults => format!(
                "{} rehearsed with {}: every time the same world in the end, no defect found\n",
                count(done.steps, "step"),
                crashes(faults)
            ),
        };
    }
    match done.deviations.len() {
        0 => "the plan cannot be applied as it is; mend what is listed above\n".to_owned(),
        found => format!("{} found; the same seed finds the same\n", count(found, "defect")),
    }
}

fn crashes(number: usize) -> String {
    if number == 1 { "1 crash".to_owned() } else { format!("{number} crashes") }
}
