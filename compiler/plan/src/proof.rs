//! Does a plan lose nothing, whatever order its steps run in? Read from actions and needs alone, as the executor reads them.
//!
//! Steps that do not need each other may run in either order or at once, so "before" means: among what a step needs, at any depth.

mod graph;

use crate::{
    Call, Verb,
    plan::{Action, Plan, Step, StepId, Tree, Undo},
};
use graph::{Graph, Steps};
use std::collections::BTreeSet;

/// What a plan may get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A container starts on a copy that nobody compared, or that was made beside a writer.
    CopyNotProven,
    /// Both sides of a service may run at the same time.
    TwoWriters,
    /// A step of a move cannot be undone, and the move does not know it.
    NoWayBack,
    /// A copy may overwrite what nobody looked at.
    OverUnknownData,
    /// Something on the source of a copy may be deleted before the copy was compared.
    SourceDeleted,
    /// A step may cut the road to its host, and nothing there brings it back.
    RoadCut,
}

/// A rule that a plan breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// The steps that may run in this order, and must not.
    pub steps: Vec<StepId>,
    /// What is wrong with it, as a sentence without a full stop.
    pub message: String,
}

/// Everything that the plan does not prove, each once; nothing for a good one.
pub fn violations(plan: &Plan) -> Vec<Violation> {
    let prover = Prover { graph: Graph::new(plan) };
    let mut found = BTreeSet::new();
    for step in &plan.steps {
        found.extend(road_cut(step));
        match &step.action {
            Action::StartContainer { host, container } => found.extend(prover.start(step, host, container)),
            Action::CopyTrees { to, trees, .. } => found.extend(prover.copy(step, to, trees)),
            Action::Call(call) if call.verb == Verb::Delete && !step.removes.is_empty() => {
                found.extend(call.look.request.host().map(|host| prover.delete(step, host)).into_iter().flatten());
            }
            _ => {}
        }
    }
    for summary in &plan.moves {
        found.extend(prover.returns(&summary.address, &summary.to));
    }
    found.into_iter().collect()
}

struct Prover<'p> {
    graph: Graph<'p>,
}

/// A tree that is copied to where a container starts.
struct Brought<'p> {
    copy: &'p Step,
    from: &'p str,
    to: &'p str,
    tree: &'p Tree,
}

impl<'p> Prover<'p> {
    /// All that must come before a container starts.
    fn start(&self, start: &'p Step, host: &'p str, container: &'p str) -> Vec<Violation> {
        let before = self.graph.before(start);
        let mut found = self.other_side(start, host, &before);
        for brought in self.brought(start, host, container) {
            match self.compared(&brought, &before) {
                Some((last, compared)) => found.extend(self.fenced(start, &brought, last, compared, &before)),
                None => {
                    let what = format!("before {} is copied at rest and compared", brought.tree.target);
                    let message = format!("\"{}\" may run {what}, after \"{}\"", start.title, brought.copy.title);
                    found.push(violation(Rule::CopyNotProven, &[brought.copy, start], message));
                }
            }
        }
        found
    }

    /// Trees that a container uses: it mounts them, or they are copied for the same service.
    fn brought(&self, start: &Step, host: &'p str, container: &'p str) -> Vec<Brought<'p>> {
        let mounts = self.graph.container(host, container).map_or(&[][..], |spec| &spec.mounts);
        let mut found: Vec<Brought<'p>> = vec![];
        for copy in self.graph.copies_to(host) {
            let Action::CopyTrees { from, to, trees, .. } = &copy.action else { continue };
            let uses = |tree: &Tree| copy.address == start.address || mounts.iter().any(|mount| overlap(&mount.source, &tree.target));
            for tree in trees.iter().filter(|tree| uses(tree)) {
                if !found.iter().any(|known| known.from == from && known.tree == tree) {
                    found.push(Brought { copy, from, to, tree });
                }
            }
        }
        found
    }

    /// The last copy of a tree and its comparison, both before.
    fn compared(&self, brought: &Brought<'_>, before: &Steps<'p>) -> Option<(&'p Step, &'p Step)> {
        let is_it = |from: &str, to: &str, trees: &[Tree]| from == brought.from && to == brought.to && trees.contains(brought.tree);
        let is_compared = |step: &Step| matches!(&step.action, Action::VerifyTrees { from, to, trees } if is_it(from, to, trees));
        let is_at_rest = |step: &Step| matches!(&step.action, Action::CopyTrees { from, to, trees, live: false } if is_it(from, to, trees));
        before.values().filter(|step| is_compared(step)).find_map(|compared| {
            let earlier = self.graph.before(compared);
            let last = earlier.values().find(|step| is_at_rest(step))?;
            Some((*last, *compared))
        })
    }

    /// What wrote on the source is stopped, seen to be stopped before the last copy, and again after the comparison.
    fn fenced(&self, start: &Step, brought: &Brought<'_>, last: &'p Step, compared: &Step, before: &Steps<'p>) -> Option<Violation> {
        let looks = |step: &Step| match &step.action {
            Action::CheckFenced { host, paths, .. } => host == brought.from && paths.iter().any(|path| overlap(path, &brought.tree.source)),
            _ => false,
        };
        let stops = |step: &Step| matches!(&step.action, Action::StopContainer { host, .. } if host == brought.from);
        let stop = self.graph.of_service(&last.address).iter().find(|step| stops(step));
        let writer = stop.or_else(|| self.graph.looks_on(brought.from).iter().find(|step| looks(step)))?;
        let looked_first = self.graph.before(last).values().any(|step| looks(step) && self.is_stopped_before(step));
        let looked_last = before.values().any(|step| looks(step) && self.graph.before(step).contains_key(compared.id.as_str()));
        (!looked_first || !looked_last).then(|| {
            let when = if looked_first { "after the comparison" } else { "before the copy" };
            let message = format!(
                "\"{}\" may run without a look {when} that nothing on {} writes {}",
                start.title, brought.from, brought.tree.source
            );
            violation(Rule::CopyNotProven, &[last, writer, start], message)
        })
    }

    /// Is the container that is looked at stopped before the look?
    fn is_stopped_before(&self, look: &'p Step) -> bool {
        let Action::CheckFenced { host, container, .. } = &look.action else { return false };
        let stops = |step: &Step| matches!(&step.action, Action::StopContainer { host: on, container: name, .. } if on == host && name == container);
        self.graph.before(look).values().any(|step| stops(step))
    }

    /// The same service on another host: it is stopped before, and nothing of the plan starts it again.
    fn other_side(&self, start: &'p Step, host: &str, before: &Steps<'p>) -> Vec<Violation> {
        let mut found = vec![];
        let of_move = |step: &&&'p Step| step.of_move.is_some() && step.of_move == start.of_move;
        for stop in self.graph.of_service(&start.address).iter().filter(of_move) {
            let Action::StopContainer { host: old, container, .. } = &stop.action else { continue };
            if old == host {
                continue;
            }
            if !before.contains_key(stop.id.as_str()) {
                let message = format!("\"{}\" may run before \"{}\"", start.title, stop.title);
                found.push(violation(Rule::TwoWriters, &[start, stop], message));
            }
            let earlier = self.graph.before(stop);
            for again in self.graph.starts(old, container).iter().filter(|step| !earlier.contains_key(step.id.as_str())) {
                let message = format!("\"{}\" may run after \"{}\", and \"{}\" too", again.title, stop.title, start.title);
                found.push(violation(Rule::TwoWriters, &[stop, again, start], message));
            }
        }
        found
    }

    /// A copy deletes what is too much on its target, so the target was looked at, or taken over as what this state knows.
    fn copy(&self, copy: &'p Step, to: &'p str, trees: &'p [Tree]) -> Vec<Violation> {
        let unlooked: Vec<&Tree> = trees.iter().filter(|tree| !self.graph.is_looked_at(to, &tree.target)).collect();
        if unlooked.is_empty() {
            return vec![];
        }
        let before = self.graph.before(copy);
        let takes = |step: &Step, tree: &Tree| match &step.action {
            Action::TakeTrees { host, trees } => host == to && trees.iter().any(|known| known.path == tree.target),
            _ => false,
        };
        let unknown = unlooked.into_iter().filter(|tree| !before.values().any(|step| takes(step, tree)));
        let told = |tree: &Tree| {
            let message = format!(
                "\"{}\" may overwrite {} on {to}, which no precondition looks at and no step before takes over",
                copy.title, tree.target
            );
            violation(Rule::OverUnknownData, &[copy], message)
        };
        unknown.map(told).collect()
    }

    /// What goes away on a host that is copied from goes after the last comparison: a mount that is gone is an empty folder, and a copy of that
    /// compares equal.
    fn delete(&self, delete: &'p Step, host: &str) -> Vec<Violation> {
        let reads = self.graph.reads_of(host);
        if reads.is_empty() {
            return vec![];
        }
        let before = self.graph.before(delete);
        let early = reads.iter().filter(|read| !before.contains_key(read.id.as_str()));
        let told = |read: &&'p Step| {
            let message = format!("\"{}\" may run before \"{}\", which reads {host}", delete.title, read.title);
            violation(Rule::SourceDeleted, &[delete, read], message)
        };
        early.map(told).collect()
    }

    /// A move goes back over all it did, up to the first start on its target, and knows which that is.
    fn returns(&self, of: &str, target: &str) -> Vec<Violation> {
        let steps = self.graph.of_move(of);
        let point = steps.iter().find(|step| step.point_of_no_return).copied();
        let after = point.map(|point| self.graph.after(point)).unwrap_or_default();
        let wrong = |step: &&&'p Step| {
            let behind = after.contains(step.id.as_str());
            let is_point = point.is_some_and(|point| point.id == step.id);
            let starts = matches!(&step.action, Action::StartContainer { host, .. } if host == target);
            match (behind || is_point, behind && !step.after_no_return) {
                (false, _) if starts => Some("may run before the step that is called the point of no return"),
                (false, _) if matches!(step.undo, Undo::Impossible { .. }) => {
                    Some("cannot be undone, and may run before the point of no return")
                }
                (_, true) => Some("does not say that it comes after the point of no return"),
                _ => None,
            }
        };
        let told = |step: &&'p Step| {
            let message = format!("\"{}\" {}", step.title, wrong(&step)?);
            let order: Vec<&Step> = [*step].into_iter().chain(point).collect();
            Some(violation(Rule::NoWayBack, &order, message))
        };
        steps.iter().filter_map(told).collect()
    }
}

/// A step that may cut its own road, or whose way back may, has armed on the host what brings the road back.
fn road_cut(step: &Step) -> Option<Violation> {
    let back = if let Undo::Act { action } = &step.undo { Some(&**action) } else { None };
    let calls = [Some(&step.action), back]
        .into_iter()
        .flatten()
        .filter_map(|action| if let Action::Call(call) = action { Some(call) } else { None });
    let bare = calls.flat_map(Call::cuts).any(|cut| cut.undo.is_none());
    bare.then(|| {
        let message = format!("\"{}\" may cut the road to its host, and nothing there is armed to bring it back", step.title);
        violation(Rule::RoadCut, &[step], message)
    })
}

fn violation(rule: Rule, order: &[&Step], message: String) -> Violation {
    Violation { rule, steps: order.iter().map(|step| step.id.clone()).collect(), message }
}

/// Is a path the other, above or below it?
fn overlap(path: &str, other: &str) -> bool {
    let is_below = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_below(path, other) || is_below(other, path)
}
