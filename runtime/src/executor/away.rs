//! Which steps wait for hosts that cannot be reached, and is there anything beside them that is worth beginning?
//!
//! Pure; who found out that a host is away is the caller's.

use super::{outcome::count, run::Memory};
use crate::preflight::{Found, Problem};
use mig_plan::{HostId, Plan, Step, StepId};
use std::collections::{BTreeMap, BTreeSet};

/// Hosts that cannot be reached, and what waits for them.
#[derive(Default)]
pub(super) struct Away {
    /// What is wrong with each.
    pub(super) problems: Vec<Problem>,
    /// The host that a step waits for.
    pub(super) waiting: BTreeMap<StepId, HostId>,
}

impl Away {
    /// What is missing, a line a host: "h7 cannot be reached, so 3 steps wait: …".
    pub(super) fn lines(&self, plan: &Plan) -> Vec<String> {
        let mut by_host = BTreeMap::<&HostId, Vec<&str>>::new();
        for step in &plan.steps {
            if let Some(host) = self.waiting.get(&step.id) {
                by_host.entry(host).or_default().push(&step.title);
            }
        }
        let tell = |(host, titles): (&HostId, Vec<&str>)| {
            let some = titles.iter().take(TITLE_COUNT_MAX).copied().collect::<Vec<_>>().join("; ");
            let more = if titles.len() > TITLE_COUNT_MAX { "; …" } else { "" };
            let wait = if titles.len() == 1 { "waits" } else { "wait" };
            format!("{host} cannot be reached, so {} {wait}: {some}{more}", count(titles.len(), "step"))
        };
        by_host.into_iter().map(tell).collect()
    }
}

/// So many steps that wait are named.
const TITLE_COUNT_MAX: usize = 3;

/// May a run begin or go on beside the hosts that are away? If not, all that is in its way.
pub(super) fn judge(plan: &Plan, memory: &Memory, problems: Vec<Problem>, mut found: Found) -> Result<Away, Vec<Problem>> {
    found.problems.splice(0..0, problems);
    if found.problems.is_empty() && found.away.is_empty() {
        return Ok(Away::default());
    }
    let hosts = found.away.keys().cloned().collect();
    match waiting(plan, &hosts, |id| memory.contains(id)).filter(|_| found.problems.is_empty()) {
        Some(waiting) => Ok(Away { problems: found.away.into_values().collect(), waiting }),
        None => Err(found.all()),
    }
}

/// Steps that are not begun, and the host each of them waits for; `None` if all that is not done waits: what is needed only by
/// steps that wait is not worth beginning.
fn waiting(plan: &Plan, away: &BTreeSet<HostId>, is_done: impl Fn(&str) -> bool) -> Option<BTreeMap<StepId, HostId>> {
    let left: Vec<&Step> = plan.steps.iter().filter(|step| !is_done(&step.id)).collect();
    let mut waiting = BTreeMap::<&str, &HostId>::new();
    for step in &left {
        let own = step.action.hosts().into_iter().find(|host| away.contains(*host));
        let inherited = || step.needs.iter().find_map(|need| waiting.get(need.as_str()).copied());
        if let Some(host) = own.or_else(inherited) {
            waiting.insert(&step.id, host);
        }
    }
    // Backwards, whatever needs a step has been looked at before it.
    let mut needed_by = BTreeMap::<&str, Vec<&str>>::new();
    for step in &left {
        for need in &step.needs {
            needed_by.entry(need).or_default().push(&step.id);
        }
    }
    for step in left.iter().rev().filter(|step| !waiting.contains_key(step.id.as_str())).collect::<Vec<_>>() {
        let above = needed_by.get(step.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        if let Some(host) = above.first().and_then(|id| waiting.get(id)).filter(|_| above.iter().all(|id| waiting.contains_key(id))) {
            waiting.insert(&step.id, host);
        }
    }
    let all = left.iter().all(|step| waiting.contains_key(step.id.as_str()));
    (!all).then(|| waiting.into_iter().map(|(id, host)| (id.to_owned(), host.clone())).collect())
}
