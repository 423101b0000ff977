//! What must never happen, whatever goes wrong? Each script is looked at before its effect.
//!
//! Two sides of a move never run the same service, no container starts over a tree that was not verified, and nothing is deleted on a
//! source. Knows the plan, but judges the simulated world as it is, not what the executor believes.

use super::host::{Node, NodeKind, SimHost, is_within, overlap};
use super::script::word;
use crate::Script;
use mig_plan::{Action, HostId, Plan, Step, Tree};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

type Hosts = BTreeMap<HostId, SimHost>;
/// A container and where it is.
type Place = (HostId, String);

/// Watches a simulation.
#[derive(Clone)]
pub struct Watch {
    pairs: Arc<BTreeSet<(Place, Place)>>,
    trees: Arc<BTreeSet<(HostId, HostId, Tree)>>,
    /// What was seen, each as a line.
    pub violations: BTreeSet<String>,
}

impl Watch {
    /// By what a plan moves from where to where.
    pub fn new(plan: &Plan) -> Self {
        let mut trees = BTreeSet::new();
        for step in &plan.steps {
            if let Action::CopyTrees { from, to, trees: copied, .. } = &step.action {
                trees.extend(copied.iter().map(|tree| (from.clone(), to.clone(), tree.clone())));
            }
        }
        Self { pairs: Arc::new(pairs(plan)), trees: Arc::new(trees), violations: BTreeSet::new() }
    }

    pub(super) fn violate(&mut self, what: String) {
        self.violations.insert(what);
    }

    pub(super) fn before(&mut self, hosts: &Hosts, host: &str, script: &Script, now_ms: u64) {
        match script.name {
            "container_start" => {
                let name = word(script, 0);
                let starts = hosts.get(host).and_then(|h| h.containers.get(name)).is_some_and(|c| !c.is_running());
                if starts {
                    self.check_other_side(hosts, host, name);
                    self.check_verified(hosts, host, name, now_ms);
                }
            }
            "tree_delete" | "tree_receive" | "tree_prepare" | "tree_take" => {
                let path = word(script, 0);
                if self.trees.iter().any(|(from, _, tree)| from == host && overlap(&tree.source, path)) {
                    self.violate(format!("{} writes to {path} on {host}, which is a source", script.name));
                }
            }
            "container_remove" => {
                let name = word(script, 0);
                let is_source = self.pairs.iter().any(|((h, n), _)| h == host && n == name);
                let is_theirs = hosts.get(host).and_then(|h| h.containers.get(name)).is_some_and(|c| c.owner.is_empty());
                if is_source || is_theirs {
                    self.violate(format!("the container {name} on {host} would be removed, and it is a source"));
                }
            }
            _ => {}
        }
    }

    /// An engine has started a container after its host was without power.
    pub(super) fn started_by_itself(&mut self, hosts: &Hosts, host: &str, name: &str) {
        self.check_other_side(hosts, host, name);
    }

    fn check_other_side(&mut self, hosts: &Hosts, host: &str, name: &str) {
        let here = (host.to_owned(), name.to_owned());
        let others = self.pairs.iter().filter_map(|(from, to)| if *from == here { Some(to) } else { (*to == here).then_some(from) });
        let runs = |(h, n): &&Place| hosts.get(h).and_then(|h| h.containers.get(n)).is_some_and(super::SimContainer::is_running);
        let running: Vec<Place> = others.filter(runs).cloned().collect();
        for (other, other_name) in running {
            self.violate(format!("`{name}` starts on {host} while `{other_name}` runs on {other}"));
        }
    }

    fn check_verified(&mut self, hosts: &Hosts, host: &str, name: &str, now_ms: u64) {
        let Some(target) = hosts.get(host) else { return };
        let Some(container) = target.containers.get(name) else { return };
        let is_mounted = |path: &str| container.mounts.iter().any(|mount| overlap(mount, path));
        let mounted = self.trees.iter().filter(|(_, to, tree)| to == host && is_mounted(&tree.target));
        let mut found = vec![];
        for (from, _, tree) in mounted {
            let written = target.below(&tree.target).map(|(_, node)| node.version).max().unwrap_or(0);
            // Once it has run over this tree, what is there is its own.
            if container.started_at > written {
                continue;
            }
            let Some(source) = hosts.get(from) else { continue };
            let source_written = source.below(&tree.source).map(|(_, node)| node.version).max().unwrap_or(0);
            let is_listed = |side: &SimHost, path: &str, written: u64| side.listed.get(path).is_some_and(|&listed| listed > written);
            if !is_listed(target, &tree.target, written) || !is_listed(source, &tree.source, source_written) {
                found.push(format!("`{name}` starts on {host} over {}, which was not verified since it was written", tree.target));
            }
            if contents(source, &tree.source, &tree.exclude, now_ms) != contents(target, &tree.target, &[], now_ms) {
                found.push(format!("`{name}` starts on {host} over {}, which is not what {from} has", tree.target));
            }
        }
        self.violations.extend(found);
    }
}

/// What a tree holds, for comparing both sides.
fn contents(host: &SimHost, root: &str, exclude: &[String], now_ms: u64) -> BTreeMap<String, (NodeKind, u32, u32, u32, String)> {
    let kept = host.below(root).filter(|(relative, _)| !exclude.iter().any(|path| is_within(&format!("{root}/{relative}"), path)));
    let of = |(relative, node): (&str, &Node)| {
        let seen = host.seen(|| format!("{root}/{relative}"), node, now_ms).into_owned();
        (relative.to_owned(), (seen.kind, seen.mode, seen.uid, seen.gid, seen.content))
    };
    kept.map(of).collect()
}

/// Containers that are two sides of one service: by the forecasts, and by their names within a move.
fn pairs(plan: &Plan) -> BTreeSet<(Place, Place)> {
    let place = |step: &Step| match &step.action {
        Action::StopContainer { host, container, .. }
        | Action::StartContainer { host, container }
        | Action::Await { host, container, .. } => Some((host.clone(), container.clone())),
        _ => None,
    };
    let forecast = plan.forecasts.iter().filter_map(|f| Some((place(plan.step(&f.down)?)?, place(plan.step(&f.up)?)?)));
    let mut pairs: BTreeSet<(Place, Place)> = forecast.collect();
    for stop in plan.steps.iter().filter(|s| matches!(s.action, Action::StopContainer { .. })) {
        let starts = plan.steps.iter().filter(|s| matches!(s.action, Action::StartContainer { .. }) && s.of_move == stop.of_move);
        for start in starts {
            if let (Some(from), Some(to)) = (place(stop), place(start))
                && from.0 != to.0
                && from.1 == to.1
            {
                pairs.insert((from, to));
            }
        }
    }
    pairs
}
