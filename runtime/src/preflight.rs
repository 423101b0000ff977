//! Does all hold that a plan requires, before anything is changed? Every host is asked in one batch, all at the same time.
//!
//! Changes nothing, writes no journal, and never stops at the first failure: what is wrong is told together.

mod host;

use crate::World;
use futures_util::future::join_all;
use mig_plan::{HostId, Origin, Plan, Precondition, Requirement, Step, plan::Address};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is not as it must be, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where it was seen, if on a host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostId>,
    /// What it is for: the resource that asks for it, or the step that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What, where and why, in one line that makes sense alone.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The declaration that asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Problem {
    /// One that is about neither a host nor a declaration.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { host: None, address: None, message: message.into(), help: help.into(), origin: None }
    }

    /// One that a step met.
    pub(crate) fn of_step(step: &Step, message: &str, help: &str) -> Self {
        Self {
            host: step.action.hosts().last().map(|&host| host.clone()),
            address: Some(step.address.clone()),
            message: format!("{}: {message}", step.title),
            help: help.to_owned(),
            origin: Some(step.origin.clone()),
        }
    }
}

/// When in the life of a run it is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the first change: everything counts.
    Begin,
    /// A run goes on: room, ports and paths are partly taken by the run itself, so only the way there, the privilege, tools and
    /// secrets count.
    Resume,
}

/// What is looked at for one host.
struct Asked<'p> {
    name: &'p HostId,
    origin: &'p Origin,
    preconditions: Vec<&'p Precondition>,
    needs_root: bool,
    needs_docker: bool,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// What must be mended before the steps that remain can begin.
    pub problems: Vec<Problem>,
    /// Hosts that cannot be reached; what is independent of them may begin.
    pub away: BTreeMap<HostId, Problem>,
}

impl Found {
    /// All of it, in the order of hosts.
    pub fn all(self) -> Vec<Problem> {
        let mut all: Vec<Problem> = self.problems.into_iter().chain(self.away.into_values()).collect();
        all.sort_by(|one, other| one.host.cmp(&other.host));
        all
    }
}

/// All failures of all hosts; none if the steps that remain can begin.
pub async fn preflight<W: World>(world: &W, plan: &Plan, remaining: &[&Step], moment: Moment) -> Found {
    let mut found = Found { problems: secrets(world, plan, remaining), ..Found::default() };
    let asked = asked(plan, remaining, moment);
    for (host, looked) in asked.iter().zip(join_all(asked.iter().map(|host| host::look(world, host))).await) {
        match looked {
            Ok(problems) => found.problems.extend(problems),
            Err(away) => drop(found.away.insert(host.name.clone(), away)),
        }
    }
    found
}

/// The hosts that will be asked.
pub fn hosts<'p>(plan: &'p Plan, remaining: &[&'p Step], moment: Moment) -> BTreeSet<&'p HostId> {
    let required = plan.preconditions.iter().filter(|_| moment == Moment::Begin).map(|p| &p.host);
    remaining.iter().flat_map(|step| step.action.hosts()).chain(required).collect()
}

fn asked<'p>(plan: &'p Plan, remaining: &[&'p Step], moment: Moment) -> Vec<Asked<'p>> {
    let names = hosts(plan, remaining, moment);
    let of_host = |name: &HostId| remaining.iter().filter(|step| step.action.hosts().contains(&name)).copied().collect::<Vec<_>>();
    let asked = names.into_iter().filter_map(|name| plan.hosts.get_key_value(name)).map(|(name, host)| {
        let steps = of_host(name);
        let relevant = |p: &&Precondition| moment == Moment::Begin || matches!(p.requirement, Requirement::Tools { .. });
        Asked {
            name,
            origin: &host.origin,
            preconditions: plan.preconditions.iter().filter(|p| &p.host == name).filter(relevant).collect(),
            needs_root: steps.iter().any(|step| host::needs_root(&step.action)),
            needs_docker: steps.iter().any(|step| host::needs_docker(&step.action))
                && !steps.iter().any(|step| host::brings_docker(&step.action)),
        }
    });
    asked.collect()
}

/// Every secret of the plan that is still needed, and that the operator does not have.
fn secrets<W: World>(world: &W, plan: &Plan, remaining: &[&Step]) -> Vec<Problem> {
    if remaining.is_empty() {
        return vec![];
    }
    let missing: Vec<&String> = plan.secrets.iter().filter(|name| world.secret(name).is_none()).collect();
    let tell = |name: &&String| {
        let step = remaining.iter().find(|step| step.action.secrets().contains(&name.as_str()));
        Problem {
            host: None,
            address: step.map(|s| s.address.clone()),
            message: format!("the secret `{}` is missing", name.escape_debug()),
            help: format!("set MIG_SECRET_{name} in the environment of migc, or add `{name}=…` where `project {{ secrets }}` looks"),
            origin: step.map(|s| s.origin.clone()),
        }
    };
    missing.iter().map(tell).collect()
}
