//! How is told what is not as it was applied? A section of its own, before what the program changes.

use super::{
    count,
    plan::{number, ranges},
};
use crate::visible;
use mig_plan::{Drift, Plan};
use std::fmt::Write as _;

/// What hosts said before the plan was made.
pub fn told(plan: &Plan, out: &mut String) {
    let Some(observed) = &plan.observed else { return };
    if !observed.drift.is_empty() {
        let _ = writeln!(out, "\ndrift: {} changed outside of migc since the last apply", count(observed.drift.len(), "thing"));
    }
    for one in &observed.drift {
        let _ = writeln!(out, "  {} ({}) on {}", visible::line(&one.address), visible::line(&one.kind), visible::line(&one.host));
        let _ = writeln!(out, "    {}; {}", visible::line(&one.change.in_words()), answer(plan, one));
    }
    for unseen in &observed.unseen {
        let (address, why) = (visible::line(&unseen.address), visible::line(&unseen.why));
        let _ = writeln!(out, "\nnot observed: {address}: {why}\n  what is there is planned for as the state has it");
    }
}

/// What the plan does about it.
pub fn answer(plan: &Plan, one: &Drift) -> String {
    let mut steps: Vec<usize> = one.steps.iter().filter_map(|id| number(plan, id)).collect();
    steps.sort_unstable();
    match steps.as_slice() {
        [] => "nothing is planned for it".to_owned(),
        [step] => format!("see step {step}"),
        steps => format!("see steps {}", ranges(steps)),
    }
}
