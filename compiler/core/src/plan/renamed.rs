//! What does `@moved` do? The state knows a renamed declaration by its new address, before anything else is planned.

use super::{
    codes::{MOVED_NAME_IN_USE, USELESS_MOVED},
    declared::Declared,
    draft::Draft,
    is_below,
    lower::Lowering,
    moves,
    steps::Draw,
};
use crate::report::Problem;
use mig_plan::{Action, Phase, ResourceState, State, StepId};
use std::collections::BTreeMap;

/// An address that was another before.
#[derive(Debug)]
pub(super) struct Rename<'d> {
    from: &'d str,
    declared: &'d Declared,
}

/// Renames that the state needs, and what is wrong with others.
pub(super) struct Renames<'d> {
    pub(super) list: Vec<Rename<'d>>,
    pub(super) problems: Vec<Problem>,
}

impl Draft {
    /// Which `@moved` have something to move in that state?
    pub(super) fn renames(&self, state: &State) -> Renames<'_> {
        let mut out = Renames { list: vec![], problems: vec![] };
        for declared in &self.declared {
            let Some((from, at)) = &declared.moved else { continue };
            match self.rename(from, declared, state, &out.list) {
                Ok(true) => out.list.push(Rename { from, declared }),
                Ok(false) => {}
                Err((message, help)) => out.problems.push(Problem::error(MOVED_NAME_IN_USE, *at, message).help(help)),
            }
        }
        out
    }

    /// Is there something to move? Or why it cannot be.
    fn rename(&self, from: &str, declared: &Declared, state: &State, before: &[Rename<'_>]) -> Result<bool, (String, String)> {
        let to = &declared.address;
        if self.addresses.contains(from) {
            let help = "`@moved` names what an earlier version of the program called this; take it away, or delete the old declaration";
            return Err((format!("`{to}` cannot be what `{from}` was, for `{from}` is still declared"), help.to_owned()));
        }
        if let Some(other) = before.iter().find(|r| r.from == from) {
            let message = format!("`{}` and `{to}` cannot both be what `{from}` was", other.declared.address);
            return Err((message, "leave `@moved` above one of them".to_owned()));
        }
        let known = |address: &str| state.resources.keys().any(|a| is_below(a, address));
        if known(from) && known(to) {
            let help = "`migc status` lists what is known; give one of them another name";
            return Err((format!("the state knows both `{from}` and `{to}`, so the one cannot become the other"), help.to_owned()));
        }
        Ok(known(from))
    }

    /// `@moved`s that do nothing, where something was applied already.
    pub(crate) fn useless_moved(&self, state: &State) -> Vec<Problem> {
        if state.serial == 0 && state.resources.is_empty() {
            return vec![];
        }
        let renames = self.renames(state);
        let acts = |d: &Declared| renames.list.iter().any(|r| r.declared.address == d.address);
        let open = self.declared.iter().filter(|d| !acts(d) && !self.addresses.contains(d.moved.as_ref().map_or("", |m| m.0.as_str())));
        open.filter_map(|declared| {
            let (from, at) = declared.moved.as_ref()?;
            let known = state.resources.keys().any(|a| is_below(a, &declared.address));
            let message = if known {
                format!("`{}` is known by its new name already, and `{from}` by none", declared.address)
            } else {
                format!("nothing was ever applied as `{from}`, so there is nothing to move")
            };
            Some(Problem::warning(USELESS_MOVED, *at, message).help("take `@moved` away, once every state you keep has moved"))
        })
        .collect()
    }

    /// The state with every address by its new name.
    pub(super) fn renamed(&self, state: &State, renames: &[Rename<'_>]) -> State {
        if renames.is_empty() {
            return state.clone();
        }
        let new = |address: &str| renamed_address(address, renames);
        let resources = state.resources.iter().map(|(address, r)| (new(address), carried(r, &new))).collect();
        let mut out = State { resources, ..state.clone() };
        let old = |address: &str| old_address(address, renames);
        for migration in &self.moves {
            // A finished move stays finished though what it moved is called otherwise now.
            if let Some(done) = out.resources.get_mut(&migration.address)
                && done.digest == moves::digest(migration, &old).as_str()
            {
                done.digest = moves::digest(migration, &str::to_owned).to_string();
            }
        }
        out
    }
}

/// The address after the renames.
fn renamed_address(address: &str, renames: &[Rename<'_>]) -> String {
    let found = renames.iter().find(|r| is_below(address, r.from));
    found.map_or_else(|| address.to_owned(), |r| format!("{}{}", r.declared.address, &address[r.from.len()..]))
}

/// The address before the renames.
fn old_address(address: &str, renames: &[Rename<'_>]) -> String {
    let found = renames.iter().find(|r| is_below(address, &r.declared.address));
    found.map_or_else(|| address.to_owned(), |r| format!("{}{}", r.from, &address[r.declared.address.len()..]))
}

/// What is known of a resource, with new names in it; the owner stays, because the thing in the world bears it.
fn carried(resource: &ResourceState, new: &dyn Fn(&str) -> String) -> ResourceState {
    let mut out = resource.clone();
    for (name, value) in &mut out.attributes {
        if matches!(name.as_str(), "host" | "from" | "to") {
            *value = new(value);
        }
    }
    if let Some(removal) = &mut out.removal {
        removal.call.rename(new);
        removal.needs.iter_mut().for_each(|need| *need = new(need));
    }
    for field in out.fields.values_mut().filter(|f| f.reference) {
        field.value = new(&field.value);
    }
    out
}

impl Lowering<'_> {
    /// A step that notes the new names; whatever else is noted of those resources comes after it.
    pub(super) fn note_renames(&mut self, before: &State, renames: &[Rename<'_>]) -> Option<StepId> {
        let first = renames.first()?;
        let changed: BTreeMap<String, ResourceState> =
            self.state.resources.iter().filter(|(a, r)| before.resources.get(*a) != Some(r)).map(|(a, r)| (a.clone(), r.clone())).collect();
        let gone = before.resources.keys().filter(|a| !self.state.resources.contains_key(*a)).cloned().collect();
        let list = renames.iter().map(|r| format!("`{}` is called `{}` now", r.from, r.declared.address)).collect::<Vec<_>>().join(", ");
        let step = self.graph.add(Draw {
            title: format!("note that {list}"),
            why: "`@moved` says so; nothing changes on any host".to_owned(),
            estimate: super::estimate::seconds(0),
            sets: changed.into_iter().collect(),
            removes: gone,
            role: "renames",
            ..Draw::new(&first.declared.address, None, Phase::Prepare, Action::Note, &first.declared.origin)
        });
        Some(step)
    }
}
