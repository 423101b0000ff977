//! What did a run move, and what did it learn on the way? Read off its plan and the outcomes of its steps.

use super::{Irreversible, steps::Draw};
use crate::{
    call::Call,
    digest::Digest,
    journal::{ResourceState, Unfinished},
    plan::{Action, Address, Estimate, HostId, KnownTree, MoveSummary, Origin, Phase, Step, Tree, Undo},
};
use std::collections::BTreeSet;

/// A move as it went, and its ends as they are called here: from the old to the new.
pub(super) struct Forward<'r> {
    pub(super) address: &'r Address,
    pub(super) old: &'r HostId,
    pub(super) new: &'r HostId,
    pub(super) origin: &'r Origin,
    moved: Vec<Moved<'r>>,
    steps: Vec<&'r Step>,
}

/// What was moved under one address: a service with its trees, or the plain paths of the move.
pub(super) struct Moved<'r> {
    pub(super) address: &'r str,
    /// Its start in the plan; plain paths have none.
    pub(super) place: Option<usize>,
    /// The containers on both sides.
    pub(super) source: &'r str,
    pub(super) target: &'r str,
    /// The restart policy that the source had.
    pub(super) policy: &'r str,
    pub(super) grace_seconds: u64,
    pub(super) clean: bool,
    /// Services that were up before it was started.
    pub(super) needs: BTreeSet<&'r str>,
    /// Turned round: `source` is on the new side.
    pub(super) trees: Vec<Tree>,
    manifests: Vec<Digest>,
    pub(super) copying: Estimate,
    pub(super) last_pass: Estimate,
    pub(super) verifying: Estimate,
    pub(super) stopping: Estimate,
    pub(super) starting: Estimate,
    origin: &'r Origin,
}

impl Moved<'_> {
    /// What is known of the trees on the old side, unless a person lets go what is there.
    pub(super) fn known(&self, let_go: bool) -> Vec<KnownTree> {
        let known = |(tree, manifest): (&Tree, &Digest)| {
            let back = turned(tree);
            KnownTree { path: back.source, exclude: back.exclude, manifest: (!let_go).then(|| manifest.clone()) }
        };
        self.trees.iter().zip(&self.manifests).map(known).collect()
    }
}

/// What is copied back where it came from.
fn turned(tree: &Tree) -> Tree {
    let below = |path: &String| {
        let rest = path.strip_prefix(tree.source.trim_end_matches('/')).unwrap_or_default();
        format!("{}{rest}", tree.target.trim_end_matches('/'))
    };
    Tree { source: tree.target.clone(), target: tree.source.clone(), exclude: tree.exclude.iter().map(below).collect() }
}

impl<'r> Forward<'r> {
    pub(super) fn of(run: &'r Unfinished, address: &str) -> Result<Self, Irreversible> {
        let plan = &run.plan;
        let found = plan.moves.iter().find(|summary| summary.address == address);
        let MoveSummary { address, from, to, .. } = found.ok_or_else(|| unknown(address, "its plan has no such move"))?;
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.of_move.as_ref() == Some(address)).collect();
        let origin = steps.iter().find(|step| step.address == *address).or(steps.first()).map(|step| &step.origin);
        let mut forward =
            Self { address, old: from, new: to, origin: origin.ok_or_else(|| unknown(address, "it has no step"))?, moved: vec![], steps };
        let mut names: Vec<&str> = vec![];
        for step in &forward.steps {
            let moves = matches!(step.action, Action::StartContainer { .. } | Action::CopyTrees { live: false, .. });
            if moves && !names.contains(&step.address.as_str()) {
                names.push(&step.address);
            }
        }
        let mut moved = vec![];
        for name in names {
            moved.push(forward.moved(run, name)?);
        }
        moved.sort_by_key(|one| one.place);
        forward.moved = moved;
        Ok(forward)
    }

    fn moved(&self, run: &'r Unfinished, name: &'r str) -> Result<Moved<'r>, Irreversible> {
        let own: Vec<&'r Step> = self.steps.iter().filter(|step| step.address == name).copied().collect();
        let estimate =
            |is_it: &dyn Fn(&Action) -> bool| own.iter().find(|step| is_it(&step.action)).map(|step| step.estimate).unwrap_or_default();
        let mut one = Moved {
            address: name,
            place: None,
            source: "",
            target: "",
            policy: "",
            grace_seconds: 0,
            clean: true,
            needs: BTreeSet::new(),
            trees: vec![],
            manifests: vec![],
            copying: estimate(&|action| matches!(action, Action::CopyTrees { live: true, .. })),
            last_pass: estimate(&|action| matches!(action, Action::CopyTrees { live: false, .. })),
            verifying: estimate(&|action| matches!(action, Action::VerifyTrees { .. })),
            stopping: estimate(&|action| matches!(action, Action::StopContainer { .. })),
            starting: estimate(&|action| matches!(action, Action::Await { .. })),
            origin: own.first().map_or(self.origin, |step| &step.origin),
        };
        for step in &own {
            match &step.action {
                Action::StartContainer { host, container } if host == self.new => {
                    one.target = container;
                    one.place = run.plan.steps.iter().position(|other| other.id == step.id);
                    one.needs = awaited(run, step);
                }
                Action::StopContainer { host, container, grace_seconds, clean } if host == self.old => {
                    (one.source, one.grace_seconds, one.clean) = (container, *grace_seconds, *clean);
                }
                Action::SetRestart { host, .. } if host == self.old => {
                    let was = run.done.get(&step.id).and_then(|values| values.get("was"));
                    let why = format!("the restart policy that `{name}` had on {} was not noted", self.old);
                    one.policy = was.ok_or_else(|| unknown(self.address, &why))?;
                }
                Action::CopyTrees { trees, live: false, .. } => one.trees = trees.iter().map(turned).collect(),
                Action::VerifyTrees { .. } => one.manifests = manifests(run, step),
                _ => {}
            }
        }
        if one.trees.len() != one.manifests.len() {
            return Err(unknown(self.address, &format!("what `{name}` had on {} when it was compared was not noted", self.old)));
        }
        if one.place.is_some() && (one.source.is_empty() || one.policy.is_empty()) {
            return Err(unknown(self.address, &format!("it does not tell which container `{name}` was on {}", self.old)));
        }
        Ok(one)
    }

    /// In the order in which they were started.
    pub(super) fn services(&self) -> impl DoubleEndedIterator<Item = &Moved<'r>> {
        self.moved.iter().filter(|one| one.place.is_some())
    }

    /// Names that were switched, with what switches them back.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'r Step, &'r Call)> {
        self.steps.iter().filter_map(|step| match (&step.action, &step.undo) {
            (Action::Call(call), Undo::Act { action }) if call.look.request.host().is_none() => match &**action {
                Action::Call(back) => Some((*step, back)),
                _ => None,
            },
            _ => None,
        })
    }

    /// What there is to copy.
    pub(super) fn with_trees(&self) -> impl Iterator<Item = &Moved<'r>> {
        self.moved.iter().filter(|one| !one.trees.is_empty())
    }

    /// A step for one of its addresses.
    pub(super) fn draw(&self, address: &str, phase: Phase, action: Action) -> Draw {
        let origin = self.moved.iter().find(|one| one.address == address).map_or(self.origin, |one| one.origin);
        Draw::new(address, self.address, phase, action, origin)
    }

    /// What the state knew, before the run, of all that the move told it; and what it did not know.
    pub(super) fn before(&self, run: &Unfinished) -> (Vec<(Address, ResourceState)>, Vec<Address>) {
        let told = self.steps.iter().flat_map(|step| step.sets.iter().map(|(address, _)| address).chain(&step.removes));
        let (mut sets, mut removes) = (vec![], vec![]);
        for address in told.collect::<BTreeSet<_>>() {
            match run.before.get(address) {
                Some(known) => sets.push((address.clone(), known.clone())),
                None => removes.push(address.clone()),
            }
        }
        (sets, removes)
    }
}

/// Services that a start waited for.
fn awaited<'r>(run: &'r Unfinished, start: &Step) -> BTreeSet<&'r str> {
    let steps = run.plan.steps.iter().filter(|step| start.needs.contains(&step.id) && matches!(step.action, Action::Await { .. }));
    steps.map(|step| step.address.as_str()).collect()
}

/// A digest a tree, as the comparison noted them.
fn manifests(run: &Unfinished, step: &Step) -> Vec<Digest> {
    let noted = run.done.get(&step.id).and_then(|values| values.get("manifests")).map(String::as_str).unwrap_or_default();
    let read = |text: &str| serde_json::from_value::<Digest>(text.into()).ok().filter(Digest::is_well_formed);
    noted.split(' ').filter(|text| !text.is_empty()).map(read).collect::<Option<_>>().unwrap_or_default()
}

fn unknown(of: &str, why: &str) -> Irreversible {
    let help = format!(
        "`migc undo --discard-writes-on {of}` goes back without what was written on the target since; to keep that, copy it by hand first"
    );
    Irreversible { message: format!("`{of}` cannot be moved back by this migc: {why}"), help }
}
