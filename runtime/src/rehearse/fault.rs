//! Which faults are tried, and where does each strike? A table of kinds, and for each step of an apply in peace its places.
//!
//! What a fault does there is the simulated world's; what it must not lead to is `judge`'s.

use super::play::Next;
use crate::sim::{Call, Fault};
use mig_plan::{HostId, Plan, StepId};
use serde::{Serialize, Serializer};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// So far a clock jumps, in milliseconds: an hour, which is more than any wait of a plan and than a certificate forgives.
const CLOCK_JUMP_MS: i64 = 3_600_000;
/// A host that comes back is away for so long.
const DOWN_MS: u64 = 300_000;
/// Scripts that only look.
const LOOKS: [&str; 16] = [
    "disarm",
    "about",
    "tools",
    "space",
    "path_look",
    "port_look",
    "image_look",
    "open_files",
    "tree_taken",
    "probe_tcp",
    "probe_http",
    "probe_command",
    "service_proof",
    "tree_list",
    "container_look",
    "container_logs",
];
/// Scripts that need room on a disk of the last host they run on.
const FILLS: [&str; 6] = ["tree_prepare", "tree_receive", "image_load", "image_pull", "install_tools", "container_create"];

macro_rules! kinds {
    ($($kind:ident $name:literal $story:literal $chore:literal $summary:literal)*) => {
        /// A fault that a rehearsal tries.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $(#[doc = $summary] $kind,)* }

        impl Kind {
            /// All of them, in the order they are tried.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// As `--faults` takes it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// What it is, for a list of all.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$kind => $summary,)* }
            }

            /// What a person does before the next apply.
            pub fn chore(self) -> &'static str {
                match self { $(Self::$kind => $chore,)* }
            }

            /// What happened, with the step's title in it.
            fn story(self, title: &str) -> String {
                match self { $(Self::$kind => $story.replace("{}", title),)* }
            }
        }
    };
}

kinds! {
    CrashBefore "crash-before" "migc died when `{}` was about to act"
        "run `migc apply` again" "migc dies before a step acts"
    CrashDuring "crash-during" "migc died in the middle of `{}`"
        "run `migc apply` again" "migc dies in the middle of a step"
    CrashAfter "crash-after" "migc died after `{}` acted and before its outcome was written"
        "run `migc apply` again" "migc dies after a step acted, before its outcome is written"
    CrashWritten "crash-written" "migc died right after the outcome of `{}` was written"
        "run `migc apply` again" "migc dies when a step's outcome was just written"
    GoBack "go-back" "migc died after `{}` acted, and `migc undo` went back"
        "run `migc undo`, and plan again" "migc dies after a step acted, and a person undoes the run"
    CutBefore "cut-before" "the connection was cut before `{}` acted"
        "run `migc apply` again" "the connection is cut before a step acts"
    CutAfter "cut-after" "the connection was cut after `{}` acted"
        "run `migc apply` again" "the connection is cut after a step acted, before its answer"
    Timeout "timeout" "`{}` acted, and no answer came"
        "run `migc apply` again" "a step acts, and no answer ever comes"
    HostDown "host-down" "a host of `{}` lost power and came back after five minutes"
        "run `migc apply` again when the host is back" "a host of a step loses power, and is back after five minutes"
    HostGone "host-gone" "a host of `{}` lost power and did not come back"
        "bring the host back, then run `migc apply` again" "a host of a step loses power until somebody sees to it"
    RoadCut "road-cut" "`{}` cut the road to its host"
        "mend what cuts the road, then plan again" "a step that may cut the road to its host does"
    DiskFull "disk-full" "the disks were full when `{}` wrote"
        "make room on the disk, then run `migc apply` again" "the disks of a host are full when a step writes"
    Refused "refused" "a script of `{}` failed"
        "mend what the step says, then run `migc apply` again" "a script of a step ends with a failure"
    Slow "slow" "`{}` was a hundred times slower"
        "wait" "a step is throttled to a hundredth of its speed"
    ClockForward "clock-forward" "the operator's clock went an hour ahead when `{}` began"
        "set the clock, then run `migc apply` again" "the operator's clock jumps an hour ahead"
    ClockBack "clock-back" "the operator's clock went back an hour when `{}` began"
        "set the clock, then run `migc apply` again" "the operator's clock jumps back an hour"
    Interrupt "interrupt" "Ctrl-C when `{}` began"
        "run `migc apply` again" "the operator types Ctrl-C"
    SecondOperator "second-operator" "another operator took over the journal when `{}` began"
        "let the other operator's run go on" "another operator takes over the journal"
    JournalFull "journal-full" "the journal could not be written after `{}`"
        "see that the state can be written, then run `migc apply` again" "the journal cannot be written after a step"
    JournalTimeout "journal-timeout" "the outcome of `{}` was written to the journal, and no answer came"
        "see that the state can be written, then run `migc apply` again" "the journal is written after a step, and no answer comes"
}

impl Kind {
    /// Those whose name is this word or begins with it and a `-`: `crash` means four.
    pub fn named(word: &str) -> Vec<Self> {
        let fits = |kind: &&Self| kind.name() == word || kind.name().strip_prefix(word).is_some_and(|rest| rest.starts_with('-'));
        Self::ALL.iter().filter(fits).copied().collect()
    }

    /// Is the wait of a service a measure of what this fault costs? What nobody mends has no end, what is throttled only scales, and who
    /// goes back begins anew.
    pub(super) fn measures_downtime(self) -> bool {
        !matches!(self, Self::HostGone | Self::Slow | Self::GoBack)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What is to be tried: a kind, at one step or at each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Of this kind.
    pub kind: Kind,
    /// At this step only.
    pub step: Option<StepId>,
}

impl Choice {
    /// All that there is.
    pub fn all() -> Vec<Self> {
        Kind::ALL.iter().map(|&kind| Self { kind, step: None }).collect()
    }
}

/// A fault at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) step: StepId,
    pub(super) kind: Kind,
    pub(super) fault: Fault,
    /// For people.
    pub(super) story: String,
}

impl Place {
    /// What a person does first.
    pub(super) fn next(&self) -> Next {
        if self.kind == Kind::GoBack { Next::Undo } else { Next::Apply }
    }
}

/// The places of what was chosen, in the order in which an apply in peace came by.
pub(super) fn places(plan: &Plan, log: &[Call], ended: &[(StepId, u64)], chosen: &[Choice]) -> Vec<Place> {
    let mut calls = BTreeMap::<&str, Vec<&Call>>::new();
    for call in log {
        if let Some(step) = &call.step {
            calls.entry(step).or_default().push(call);
        }
    }
    let writes: Vec<u64> = log.iter().filter(|call| call.writes).map(|call| call.number).collect();
    let mut known = BTreeSet::new();
    let mut places = vec![];
    for (step, calls_then) in ended {
        let title = plan.step(step).map_or("", |s| s.title.as_str());
        let own = calls.get(step.as_str()).map(Vec::as_slice).unwrap_or_default();
        let written = writes.iter().copied().find(|write| write > calls_then);
        let is_chosen = |kind: &&Kind| chosen.iter().any(|c| c.kind == **kind && c.step.as_ref().is_none_or(|id| id == step));
        for kind in Kind::ALL.iter().filter(is_chosen) {
            for fault in faults(*kind, own, written) {
                // The same death is told twice where a person does something else after it.
                if known.insert((fault.clone(), *kind == Kind::GoBack)) {
                    places.push(Place { step: step.clone(), kind: *kind, fault, story: kind.story(title) });
                }
            }
        }
    }
    places
}

/// Where a fault of that kind strikes a step that made these calls, and whose outcome was written by that call.
fn faults(kind: Kind, own: &[&Call], written: Option<u64>) -> Vec<Fault> {
    let one = |call: Option<u64>, fault: fn(u64) -> Fault| call.map(fault).into_iter().collect();
    let first = own.first().map(|call| call.number);
    let last = own.last().map(|call| call.number);
    let armed = own.iter().find(|call| call.scripts.contains(&"armed")).map(|call| call.number);
    let acts =
        armed.or_else(|| own.iter().find(|call| call.scripts.iter().any(|name| !LOOKS.contains(name))).map(|call| call.number)).or(last);
    match kind {
        Kind::CrashBefore => one(first, Fault::CrashBefore),
        Kind::CrashDuring => one((own.len() > 2).then(|| own[own.len() / 2].number), Fault::CrashAfter),
        Kind::CrashAfter | Kind::GoBack => one(last, Fault::CrashAfter),
        Kind::CrashWritten => one(written, Fault::CrashAfter),
        Kind::CutBefore => one(first, Fault::LostBefore),
        Kind::CutAfter => one(acts, Fault::LostAfter),
        Kind::Timeout => one(acts, Fault::NoAnswer),
        Kind::HostDown => down(own, Some(DOWN_MS)),
        Kind::HostGone => down(own, None),
        Kind::RoadCut => armed.into_iter().flat_map(|call| [Fault::Road(call, true), Fault::Road(call, false)]).collect(),
        Kind::DiskFull => {
            let fills = own.iter().find(|call| call.scripts.iter().any(|name| FILLS.contains(name)));
            one(fills.map(|call| call.number), Fault::Full)
        }
        Kind::Refused => one(acts, Fault::Refused),
        Kind::Slow => one(acts, Fault::Slow),
        Kind::ClockForward => first.map(|call| Fault::Clock(call, CLOCK_JUMP_MS)).into_iter().collect(),
        Kind::ClockBack => first.map(|call| Fault::Clock(call, -CLOCK_JUMP_MS)).into_iter().collect(),
        Kind::Interrupt => one(first, Fault::Interrupt),
        Kind::SecondOperator => one(first, Fault::Overtaken),
        Kind::JournalFull => one(written, Fault::Full),
        Kind::JournalTimeout => one(written, Fault::NoAnswer),
    }
}

/// At the first call of each host.
fn down(own: &[&Call], for_ms: Option<u64>) -> Vec<Fault> {
    let mut known = BTreeSet::<&HostId>::new();
    let calls = own.iter().flat_map(|call| call.hosts.iter().map(|host| (call.number, host)));
    calls.filter(|(_, host)| known.insert(host)).map(|(call, host)| Fault::Down(call, host.clone(), for_ms)).collect()
}
