//! May the cutover of a move begin now? Its window must be open, and long enough for what is planned.
//!
//! Never waits: a run that comes too early says when the window opens, and what was prepared stays.

use super::Options;
use crate::{World, clock::utc, preflight::Problem};
use mig_plan::{MoveSummary, Phase, Plan, Step};
use std::collections::BTreeMap;

/// Windows that are over before the run begins; nothing should be prepared for them.
pub(super) fn over<W: World>(world: &W, plan: &Plan, options: &Options) -> Vec<Problem> {
    let now_s = now_s(world);
    let late = plan.moves.iter().filter(|m| !options.ignore_window && m.window_unix.is_some_and(|(_, end)| now_s >= end));
    late.map(|summary| Problem {
        address: Some(summary.address.clone()),
        ..Problem::new(format!("the window of {} is over: {}", summary.address, text(summary)), HELP)
    })
    .collect()
}

const HELP: &str = "give the move another window and make a new plan, or add `--ignore-window`";

/// Why the cutover of a move may not begin, if so.
pub(super) fn closed<W: World>(world: &W, plan: &Plan, summary: &MoveSummary) -> Option<Problem> {
    let (begin, end) = summary.window_unix?;
    let now_s = now_s(world);
    let needed_s = cutover_seconds(plan, summary);
    let address = &summary.address;
    let message = if now_s < begin {
        return Some(Problem::new(
            format!("the window of {address} opens at {}; its cutover was not begun", utc(begin)),
            format!("run `migc apply` again after {}; what is prepared stays", utc(begin)),
        ));
    } else if now_s >= end {
        format!("the window of {address} is over: {}", text(summary))
    } else if end - now_s < needed_s {
        format!("the cutover of {address} takes about {needed_s} s, and its window ends in {} s", end - now_s)
    } else {
        return None;
    };
    Some(Problem::new(message, HELP))
}

fn now_s<W: World>(world: &W) -> i64 {
    i64::try_from(world.now_ms() / 1_000).unwrap_or(i64::MAX)
}

fn text(summary: &MoveSummary) -> String {
    let written = summary.window.clone().unwrap_or_default();
    summary.window_unix.map_or(written.clone(), |(begin, end)| format!("{written} ({} to {})", utc(begin), utc(end)))
}

/// The longest chain of cutover steps, by estimates; what is unknown counts as nothing.
fn cutover_seconds(plan: &Plan, summary: &MoveSummary) -> i64 {
    let mut until = BTreeMap::<&str, u64>::new();
    let of_move = |step: &&Step| step.of_move.as_ref() == Some(&summary.address) && step.phase == Phase::Cutover;
    for step in plan.steps.iter().filter(of_move) {
        let before = step.needs.iter().filter_map(|need| until.get(need.as_str())).max().copied().unwrap_or(0);
        until.insert(&step.id, before.saturating_add(step.estimate.seconds.unwrap_or(0)));
    }
    i64::try_from(until.into_values().max().unwrap_or(0)).unwrap_or(i64::MAX)
}
