//! How does a plan look to a person who must say yes to it? Every step with its reason, cost and way back; then the sums.
//!
//! Without colour and without a character beyond ASCII of its own. The numbers are the order of the plan, and everything
//! that talks about steps uses them.

use super::{count, quantity, words};
use crate::visible;
use mig_plan::{Action, Estimate, Host, MoveSummary, Phase, Plan, Step};
use std::fmt::Write as _;

/// Columns of a ruled line.
const RULE_WIDTH: usize = 78;

/// All of it.
pub fn plan(plan: &Plan) -> String {
    let mut out = String::new();
    if plan.steps.is_empty() {
        let _ = writeln!(out, "nothing to do: {} is as the program says", visible::line(&plan.project));
        tail(plan, &mut out);
        return out;
    }
    let sizes = [count(plan.steps.len(), "step"), count(plan.moves.len(), "move"), count(plan.hosts.len(), "host")];
    let _ = writeln!(out, "plan for {}: {}", visible::line(&plan.project), sizes.join(", "));
    hosts(plan, &mut out);
    let mut group = None;
    for (index, step) in plan.steps.iter().enumerate() {
        let here = (step.of_move.as_deref(), step.of_move.is_some().then_some(step.phase));
        heading(plan, group, here, &mut out);
        group = Some(here);
        self::step(plan, index, step, &mut out);
    }
    downtime(plan, &mut out);
    tail(plan, &mut out);
    out
}

/// The number a step has for people.
pub fn number(plan: &Plan, id: &str) -> Option<usize> {
    plan.steps.iter().position(|s| s.id == id).map(|i| i + 1)
}

fn hosts(plan: &Plan, out: &mut String) {
    out.push_str("\nhosts\n");
    for (name, host) in &plan.hosts {
        let _ = writeln!(out, "  {}: {}", visible::line(name), visible::line(&way(host)));
        let needed: Vec<String> =
            plan.preconditions.iter().filter(|p| &p.host == name).map(|p| words::requirement(&p.requirement)).collect();
        for need in dedup(needed) {
            let _ = writeln!(out, "    before anything is changed: {}", visible::line(&need));
        }
    }
}

fn way(host: &Host) -> String {
    let login = &host.login;
    let user = login.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let mut way = format!("ssh {user}{}", login.host);
    if let Some(port) = login.port {
        let _ = write!(way, " port {port}");
    }
    if let Some(jump) = &login.jump {
        let _ = write!(way, " through {jump}");
    }
    if login.sudo {
        way.push_str(", acting through sudo");
    }
    way.push_str(if host.host_keys.is_empty() { ", host key by your known_hosts" } else { ", host key by its facts" });
    way
}

type Group<'p> = (Option<&'p str>, Option<Phase>);

fn heading(plan: &Plan, before: Option<Group<'_>>, here: Group<'_>, out: &mut String) {
    if before == Some(here) {
        return;
    }
    let (of_move, phase) = here;
    if before.is_none_or(|(m, _)| m != of_move) {
        out.push('\n');
        match of_move {
            None => out.push_str("beside the moves\n"),
            Some(address) => move_heading(address, plan.moves.iter().find(|m| m.address == address), out),
        }
    }
    match phase {
        Some(Phase::Prepare) => out.push_str("\n  PREPARE: nothing is down\n"),
        Some(Phase::Cutover) => out.push_str("\n  CUTOVER: the source is down, the target is not yet up\n"),
        Some(Phase::Finish) => out.push_str("\n  FINISH: the target is up\n"),
        None => {}
    }
}

fn move_heading(address: &str, summary: Option<&MoveSummary>, out: &mut String) {
    let Some(summary) = summary else {
        let _ = writeln!(out, "move {}", visible::line(address));
        return;
    };
    let ends = visible::line(&format!("{address}: from {} to {}", summary.from, summary.to));
    let size = Estimate { seconds: summary.seconds, bytes: summary.bytes };
    let _ = writeln!(out, "move {ends}, {}", estimate(size, true));
    if let Some(window) = &summary.window {
        let _ = writeln!(out, "  window: its cutover only within {}", visible::line(window));
    }
}

fn step(plan: &Plan, index: usize, step: &Step, out: &mut String) {
    if step.point_of_no_return {
        no_return(step, index + 1, out);
    }
    let _ = writeln!(out, "  {:>3}. {}", index + 1, visible::line(&step.title));
    if !step.why.is_empty() {
        let _ = writeln!(out, "         why:  {}", visible::line(&step.why));
    }
    let mut needs: Vec<usize> = step.needs.iter().filter_map(|id| number(plan, id)).collect();
    needs.sort_unstable();
    let after = if needs.is_empty() { "can begin at once".to_owned() } else { format!("after {}", ranges(&needs)) };
    let travels = matches!(step.action, Action::CopyTrees { .. } | Action::BringImage { from: Some(_), .. });
    let _ = writeln!(out, "         how:  {after}, {}", estimate(step.estimate, travels));
    let past = if step.after_no_return { " (after the point of no return)" } else { "" };
    let _ = writeln!(out, "         undo: {}{past}", visible::line(&words::undo(step)));
}

fn no_return(step: &Step, number: usize, out: &mut String) {
    let address = visible::line(step.of_move.as_deref().unwrap_or(&step.address));
    let _ = writeln!(out, "\n{:=^RULE_WIDTH$}", format!(" POINT OF NO RETURN of {address} "));
    let _ = writeln!(out, "  Until here a failure brings the source back. Once step {number} is done, only a reverse move does.");
    let _ = writeln!(out, "{:=<RULE_WIDTH$}\n", "");
}

fn downtime(plan: &Plan, out: &mut String) {
    if plan.forecasts.is_empty() {
        return;
    }
    out.push_str("\ndowntime\n");
    let width = plan.forecasts.iter().map(|f| f.address.chars().count()).max().unwrap_or(0);
    for forecast in &plan.forecasts {
        let time = forecast.downtime_seconds.map_or_else(|| "not known".to_owned(), |s| format!("about {}", quantity::seconds(s)));
        let step = |id| number(plan, id).map_or_else(|| "?".to_owned(), |n| n.to_string());
        let (down, up) = (step(&forecast.down), step(&forecast.up));
        let _ = writeln!(out, "  {:width$}  {time:<16} from step {down} to step {up}", visible::line(&forecast.address));
    }
}

fn tail(plan: &Plan, out: &mut String) {
    out.push('\n');
    if !plan.steps.is_empty() {
        let _ = writeln!(out, "in all: {}, {}", count(plan.steps.len(), "step"), total(plan));
    }
    if !plan.cost_per_day.is_empty() {
        let money: Vec<String> = plan.cost_per_day.iter().map(|(currency, m)| quantity::money(*m, &visible::line(currency))).collect();
        let _ = writeln!(out, "cost: {} a day while both sides exist", money.join(" and "));
    }
    if !plan.secrets.is_empty() {
        let names: Vec<String> = plan.secrets.iter().map(|name| format!("MIG_SECRET_{}", visible::line(name))).collect();
        let _ = writeln!(out, "secrets: apply needs {} in its environment", names.join(", "));
    }
    for (name, value) in &plan.outputs {
        let value = if value.is_null() { "known after the apply".to_owned() } else { value.to_string() };
        let _ = writeln!(out, "output: {} = {}", visible::line(name), visible::line(&value));
    }
    for entry in &plan.unproven {
        let _ = writeln!(out, "{}", super::unproven(entry));
    }
    match plan.serial {
        0 => out.push_str("state: nothing was applied yet\n"),
        serial => {
            let _ = writeln!(out, "state: entry {serial} of the journal");
        }
    }
    let _ = writeln!(out, "digest: {}", plan.digest());
}

/// Sums of what is known, and a word where something is not.
fn total(plan: &Plan) -> String {
    let sum = |of: fn(&Step) -> Option<u64>| plan.steps.iter().filter_map(of).fold(0, u64::saturating_add);
    let seconds = sum(|s| s.estimate.seconds);
    let unknown = plan.steps.iter().filter(|s| s.estimate.seconds.is_none()).count();
    let least = if unknown > 0 { format!(" and the time of {}", count(unknown, "step")) } else { String::new() };
    let bytes = quantity::bytes(sum(|s| s.estimate.bytes));
    format!("about {}{least} one after the other, {bytes} over the network", quantity::seconds(seconds))
}

/// An unknown size is said only of what travels.
fn estimate(estimate: Estimate, travels: bool) -> String {
    let time = estimate.seconds.map_or_else(|| "time not known".to_owned(), |s| format!("about {}", quantity::seconds(s)));
    match estimate.bytes {
        Some(bytes) if bytes > 0 => format!("{time}, {} over the network", quantity::bytes(bytes)),
        None if travels => format!("{time}, size not known"),
        _ => time,
    }
}

/// `1, 3-5`.
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = vec![];
    for number in numbers {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == *number => *end = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let words = ranges.iter().map(|(from, to)| match to - from {
        0 => from.to_string(),
        1 => format!("{from}, {to}"),
        _ => format!("{from}-{to}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn dedup(mut list: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    list.retain(|entry| seen.insert(entry.clone()));
    list
}
