//! What do the estimates of steps come to? The sums of a move, and how long a service will be down.

use crate::plan::{Action, Forecast, MoveSummary, Phase, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Adds up what a move comes to: over the network, time, and where its point of no return is.
pub fn total(summary: &mut MoveSummary, steps: &[Step]) {
    let own = || steps.iter().filter(|s| s.of_move.as_ref() == Some(&summary.address));
    let add = |values: Vec<Option<u64>>| values.into_iter().sum::<Option<u64>>();
    let moves_data = |s: &&Step| matches!(s.action, Action::CopyTrees { .. } | Action::BringImage { .. });
    let bytes = add(own().filter(moves_data).map(|s| s.estimate.bytes).collect());
    let seconds = add(own().map(|s| s.estimate.seconds).collect());
    let point = own().find(|s| s.point_of_no_return).map(|s| s.id.clone());
    (summary.bytes, summary.seconds, summary.point_of_no_return) = (bytes, seconds, point);
}

/// From the stop to the answer, if every step begins as soon as it may; unknown if a step of the move in between is.
pub fn downtimes(forecasts: Vec<Forecast>, steps: &[Step]) -> Vec<Forecast> {
    let mut ends: BTreeMap<&str, (&Step, u64)> = BTreeMap::new();
    let mut unknown: BTreeSet<Option<&str>> = BTreeSet::new();
    for step in steps {
        let begin = step.needs.iter().filter_map(|n| ends.get(n.as_str())).map(|(_, end)| *end).max().unwrap_or(0);
        ends.insert(&step.id, (step, begin + step.estimate.seconds.unwrap_or(0)));
        if step.phase != Phase::Prepare && step.estimate.seconds.is_none() {
            unknown.insert(step.of_move.as_deref());
        }
    }
    let seconds = |forecast: &Forecast| {
        let (down, down_end) = ends.get(forecast.down.as_str())?;
        let (_, up_end) = ends.get(forecast.up.as_str())?;
        let is_known = !unknown.contains(&down.of_move.as_deref());
        is_known.then(|| up_end.saturating_sub(down_end.saturating_sub(down.estimate.seconds.unwrap_or(0))))
    };
    forecasts.into_iter().map(|forecast| Forecast { downtime_seconds: seconds(&forecast), ..forecast }).collect()
}
