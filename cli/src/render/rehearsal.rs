//! How does a rehearsal read? What was tried and how it went, how long each service was down, where there is no way back, what a
//! person has to do, and each defect as a story.

use super::{count, plan::number, quantity};
use crate::visible;
use mig_core::Sources;
use mig_plan::{Origin, Plan};
use mig_runtime::{
    executor::Exit,
    rehearse::{Deviation, Downtime, KindRehearsal, Rehearsal},
    sim::model::Fidelity,
};
use std::fmt::Write as _;

/// All of it. `again` is the command that does one deviation again.
pub fn rehearsal(plan: &Plan, done: &Rehearsal, sources: &Sources, again: &dyn Fn(&Deviation) -> String) -> String {
    let mut out = String::new();
    let hosts = count(plan.hosts.len(), "simulated host");
    let _ = writeln!(out, "rehearsal of {}: {} on {hosts}, seed {}", visible::line(&plan.project), count(done.steps, "step"), done.seed);
    let _ = writeln!(out, "\nwithout a fault: {} after {} of simulated time", ending(done.exit), quantity::seconds(done.seconds));
    for problem in &done.problems {
        let host = problem.host.as_ref().map(|host| format!("{host}: ")).unwrap_or_default();
        let _ = writeln!(out, "  {}\n    help: {}", visible::line(&format!("{host}{}", problem.message)), visible::line(&problem.help));
    }
    kinds(done, &mut out);
    downtimes(&done.downtimes, &mut out);
    no_return(plan, done, &mut out);
    chores(done, &mut out);
    models(done, &mut out);
    for (index, deviation) in done.deviations.iter().enumerate() {
        self::deviation(plan, index + 1, deviation, sources, &mut out);
        let _ = writeln!(out, "  again: {}", visible::line(&again(deviation)));
    }
    let told: usize = done.deviations.iter().map(|deviation| 1 + deviation.also).sum();
    let untold = done.deviation_count.saturating_sub(told);
    if untold > 0 {
        let _ = writeln!(out, "\nand {} more", count(untold, "defect"));
    }
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

fn kinds(done: &Rehearsal, out: &mut String) {
    if done.faults == 0 {
        return;
    }
    let tried = count(done.faults, "fault");
    let share = if done.faults < done.possible { format!(" of {}", done.possible) } else { String::new() };
    let _ = writeln!(out, "with a fault: {tried}{share} tried, one at a time, and then `migc apply` again\n");
    let width = done.kinds.iter().map(|row| row.kind.name().len()).max().unwrap_or(0);
    let _ = writeln!(out, "{:width$}  tried  went on  resumed  undone first  a person  defects", "fault");
    for KindRehearsal { kind, tried, went_on, resumed, undone, unknown, failed } in &done.kinds {
        let cell = |number: &usize| if *number == 0 { "-".to_owned() } else { number.to_string() };
        let [went_on, resumed, undone, unknown, failed] = [went_on, resumed, undone, unknown, failed].map(cell);
        let kind = kind.name();
        let _ = writeln!(out, "{kind:width$}  {tried:>5}  {went_on:>7}  {resumed:>7}  {undone:>12}  {unknown:>8}  {failed:>7}");
    }
}

fn downtimes(downtimes: &[Downtime], out: &mut String) {
    if downtimes.is_empty() {
        return;
    }
    let width = downtimes.iter().map(|d| d.address.chars().count()).max().unwrap_or(0).max("downtime of".len());
    let _ = writeln!(out, "\n{:width$}  {:>14}  {:>14}  {:>14}", "downtime of", "forecast", "simulated", "worst fault");
    for service in downtimes {
        let time = |seconds: Option<u64>, none: &str| seconds.map_or_else(|| none.to_owned(), quantity::seconds);
        let forecast = time(service.forecast_seconds, "not known");
        let (calm, longest) = (time(service.seconds, "never up"), time(service.longest_seconds, "never up"));
        let _ = writeln!(out, "{:width$}  {forecast:>14}  {calm:>14}  {longest:>14}", visible::line(&service.address));
    }
    let worst = downtimes.iter().filter(|d| d.longest_with.is_some()).max_by_key(|d| d.longest_seconds);
    if let Some(Downtime { address, longest_with: Some(with), .. }) = worst {
        let _ = writeln!(out, "the longest, of {}: {}", visible::line(address), visible::line(with));
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

fn chores(done: &Rehearsal, out: &mut String) {
    if done.chores.is_empty() {
        return;
    }
    out.push_str("\nwhat a person has to do\n");
    for chore in &done.chores {
        let kinds: Vec<&str> = chore.kinds.iter().map(|kind| kind.name()).collect();
        let _ = writeln!(out, "  after {}: {} ({})", count(chore.faults, "fault"), visible::line(&chore.what), kinds.join(", "));
    }
}

fn models(done: &Rehearsal, out: &mut String) {
    if done.models.is_empty() {
        return;
    }
    out.push_str("\nhow well the simulation knows what is done\n");
    let width = done.models.iter().map(|model| model.action.len()).max().unwrap_or(0);
    for model in &done.models {
        let how = match model.fidelity {
            Fidelity::Close => "close",
            Fidelity::Coarse => "coarse",
            Fidelity::Assumed => "assumed",
        };
        let lacks = if model.lacks.is_empty() { String::new() } else { format!("; not {}", model.lacks) };
        let _ = writeln!(out, "  {how:7}  {:width$}  {}{lacks}", model.action, model.has);
    }
}

fn deviation(plan: &Plan, place: usize, deviation: &Deviation, sources: &Sources, out: &mut String) {
    let step = deviation.step.as_ref().and_then(|id| number(plan, id)).map(|n| format!(" at step {n}")).unwrap_or_default();
    let _ = writeln!(out, "\ndefect {place}{step}: {}", visible::line(&deviation.fault));
    if let Some(origin) = &deviation.origin {
        let _ = writeln!(out, "  {}", visible::line(&source_line(origin, sources)));
    }
    for apply in &deviation.story {
        let _ = writeln!(out, "  {}", visible::line(apply));
    }
    for what in &deviation.what {
        let _ = writeln!(out, "  - {}", visible::line(what));
    }
    if deviation.also > 0 {
        let _ = writeln!(out, "  and the same with {} more", count(deviation.also, "fault"));
    }
}

/// `main.mig:94:1: move kruskal_services: copy {`
fn source_line(origin: &Origin, sources: &Sources) -> String {
    let line = origin.line.checked_sub(1).and_then(|above| sources.0.get(&origin.file)?.lines().nth(above as usize));
    format!("{}:{}:{}: {}", origin.file, origin.line, origin.column, line.unwrap_or_default().trim()).trim_end_matches(": ").to_owned()
}

fn verdict(done: &Rehearsal) -> String {
    if done.is_sound() {
        return match done.faults {
            0 => format!("{} rehearsed: no defect found\n", count(done.steps, "step")),
            faults => format!(
                "{} rehearsed with {}: every time the same world in the end, no defect found\n",
                count(done.steps, "step"),
                count(faults, "fault")
            ),
        };
    }
    match done.deviation_count {
        0 => "the plan cannot be applied as it is; mend what is listed above\n".to_owned(),
        found => format!("{} found; the same seed finds the same\n", count(found, "defect")),
    }
}
