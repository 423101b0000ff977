//! What does the state remember of a declaration, and what may not be done to it? Fields that only grow or are fixed, and `@keep`.

use super::{
    codes::{FIXED_CHANGED, KEPT, LOWERED, WAY_BACK_DESTROYED},
    declared::{Classed, Declared},
    draft::Service,
    estimate,
    lower::Lowering,
    steps::Draw,
    targets::is_target,
};
use crate::{report::Problem, source::Loc};
use mig_plan::{Action, Digest, Phase, Recorded, ResourceState};
use std::{cmp::Ordering, collections::BTreeMap};

impl Lowering<'_> {
    /// What the state is to say of a resource once it is settled.
    pub(super) fn resource(&self, address: &str, kind: &str, digest: &Digest, attributes: BTreeMap<String, String>) -> ResourceState {
        let declared = self.declared.get(address);
        let fields = declared.iter().flat_map(|d| &d.fields).map(|f| (f.name.clone(), f.value.clone())).collect();
        let keep = declared.is_some_and(|d| d.keep.is_some());
        ResourceState { kind: kind.to_owned(), digest: digest.to_string(), attributes, fields, keep, ..ResourceState::default() }
    }

    /// Fields that are not what they were: what grew is noted, and anything else refused.
    pub(super) fn classes(&mut self) {
        let draft = self.draft;
        for declared in draft.declared.iter().filter(|d| !d.managed) {
            let known = self.state.resources.get(&declared.address);
            let mut grown = vec![];
            for field in &declared.fields {
                let Some(before) = known.and_then(|k| k.fields.get(&field.name)) else { continue };
                match change(before, &field.value) {
                    Ordering::Equal => {}
                    Ordering::Greater if field.grows => grown.push((field, before.value.clone())),
                    _ if field.grows => self.lowered(declared, field, before),
                    // Where a service runs is judged with its data.
                    _ if draft.services.contains_key(&declared.address) && field.name == "on" => {}
                    _ => self.fixed_changed(declared, field, before),
                }
            }
            if !grown.is_empty() {
                self.grow(declared, &grown);
            }
        }
    }

    fn lowered(&mut self, declared: &Declared, field: &Classed, before: &Recorded) {
        let message = format!(
            "`{}` of `{}` was {} and would be {}: it only grows, for what lies beyond would be lost",
            field.name, declared.address, before.value, field.value.value
        );
        let help = format!(
            "write at least {}; something smaller is declared beside it under a name of its own, and moved to",
            before.value.replace(' ', "")
        );
        self.refuse(&declared.address, Problem::error(LOWERED, field.at, message).help(help));
    }

    fn fixed_changed(&mut self, declared: &Declared, field: &Classed, before: &Recorded) {
        let message = format!(
            "`{}` of `{}` was {} and would be {}: it is fixed, so another {} would have to take its place",
            field.name, declared.address, before.value, field.value.value, declared.kind
        );
        let help = "this version replaces nothing that holds data: take the change back, or declare the new one beside it under a name of its own and move there";
        self.refuse(&declared.address, Problem::error(FIXED_CHANGED, field.at, message).help(help));
    }

    /// A field that was raised. That a disk has really grown is looked at before anything is changed.
    fn grow(&mut self, declared: &Declared, grown: &[(&Classed, String)]) {
        let list =
            grown.iter().map(|(f, before)| format!("`{}` from {before} to {}", f.name, f.value.value)).collect::<Vec<_>>().join(", ");
        let server = declared.server.as_ref().and_then(|s| self.draft.servers.get(s));
        let why = if let Some(server) = server {
            self.hardware(server);
            "it grows in place, and nothing is replaced; make it so first, because what is there is looked at before anything is changed"
        } else {
            "it grows in place, and nothing is replaced"
        };
        self.note(declared, format!("note that `{}` grows: {list}", declared.address), why, "grown");
    }

    /// A step that notes what is declared now.
    fn note(&mut self, declared: &Declared, title: String, why: &str, role: &'static str) {
        let wished = self.wished(declared);
        self.graph.add(Draw {
            title,
            why: why.to_owned(),
            estimate: estimate::seconds(0),
            sets: vec![(declared.address.clone(), wished)],
            role,
            ..Draw::new(&declared.address, None, Phase::Prepare, Action::Note, &declared.origin)
        });
    }

    /// What is known of a declaration, with what is declared of it now.
    fn wished(&self, declared: &Declared) -> ResourceState {
        let known = self.state.resources.get(&declared.address).cloned();
        let new = self.resource(&declared.address, &declared.kind, &Digest::of(&declared.address), BTreeMap::new());
        known.map_or(new.clone(), |known| ResourceState { fields: new.fields, keep: new.keep, ..known })
    }

    /// `@keep` that came or went is noted by itself; what else there is to remember is noted with whatever else is done.
    pub(super) fn remember(&mut self) {
        let draft = self.draft;
        let mut open: Vec<&Declared> = vec![];
        for declared in &draft.declared {
            let known = self.state.resources.get(&declared.address);
            let set = self.graph.sets(&declared.address);
            let keep = declared.keep.is_some();
            if set || known == Some(&self.wished(declared)) || !self.is_meant(&declared.address) {
                continue;
            }
            match known {
                Some(known) if known.keep && !keep => {
                    let title = format!("note that `{}` is not kept any more", declared.address);
                    self.note(declared, title, "`@keep` was taken away: from now on a plan may replace or destroy it", "kept");
                }
                Some(known) if !known.keep && keep => {
                    let title = format!("note that `{}` is kept", declared.address);
                    self.note(declared, title, "`@keep` says so: no plan may replace or destroy it", "kept");
                }
                _ if declared.fields.is_empty() && !keep => {}
                _ => open.push(declared),
            }
        }
        if !self.graph.is_empty() {
            self.note_all(&open);
        }
    }

    /// Is the plan for it too?
    fn is_meant(&self, address: &str) -> bool {
        self.targets.is_empty() || is_target(address, self.targets) || self.graph.concerns(address)
    }

    /// One step, after all others, for what is only remembered; what is not declared any more is forgotten.
    fn note_all(&mut self, open: &[&Declared]) {
        let declared = |address: &String| self.declared.contains_key(address.as_str());
        let only_noted = self.state.resources.iter().filter(|(a, r)| r.attributes.is_empty() && !r.fields.is_empty() && !declared(a));
        let gone: Vec<String> = only_noted.map(|(a, _)| a.clone()).filter(|a| !self.draft.moves.iter().any(|m| m.address == *a)).collect();
        let gone = if self.partial.is_some() { vec![] } else { gone };
        let Some(first) = open.first() else { return };
        let list = open.iter().map(|d| format!("`{}`", d.address)).collect::<Vec<_>>().join(", ");
        let wished = open.iter().map(|d| (d.address.clone(), self.wished(d))).collect();
        let ends = self.graph.last();
        self.graph.add(Draw {
            title: format!("note what only grows or is fixed of {list}"),
            why: "a later plan that would lower or replace it is refused".to_owned(),
            needs: ends,
            estimate: estimate::seconds(0),
            sets: wished,
            removes: gone,
            ..Draw::new(&first.address, None, Phase::Finish, Action::Note, &first.origin)
        });
    }

    /// Says that a step would replace or destroy what is kept.
    pub(super) fn kept(&mut self, title: &str, address: &str, verb: &str, at: Loc, help: &str) {
        let message = format!("`{address}` is kept (`@keep`), and the step \"{title}\" would {verb} it");
        self.refuse(address, Problem::error(KEPT, at, message).help(help));
    }

    /// Says that a step would take away what the way back of a move needs: until it is confirmed, its source stays as it is.
    pub(super) fn closes_a_way_back(&mut self, title: &str, address: &str, host: &str) {
        let is_source = |resource: &ResourceState| resource.attributes.get("from").is_some_and(|from| from == host);
        let Some((migration, _)) = self.state.unconfirmed().find(|(_, resource)| is_source(resource)) else { return };
        let of_move = || self.draft.moves.iter().find(|m| m.address == *migration).map(|m| m.at);
        let of_host = || self.draft.servers.get(host).map(|server| server.at);
        let at = self.declared_at(address).or_else(of_move).or_else(of_host).unwrap_or_default();
        let message = format!("the step \"{title}\" would change {host}, which `migc undo` of `{migration}` goes back to");
        let help = format!("run `migc confirm {migration}` first, which closes that way back; until then, leave `{address}` as it was");
        self.refuse(address, Problem::error(WAY_BACK_DESTROYED, at, message).help(help));
    }

    /// Does the program keep it?
    pub(super) fn is_kept(&self, address: &str) -> bool {
        self.declared.get(address).is_some_and(|declared| declared.keep.is_some())
    }

    /// May a service that is there be replaced by another container?
    pub(super) fn may_be_replaced(&mut self, service: &Service) {
        let keep = self.declared.get(service.address.as_str()).and_then(|d| d.keep);
        if let Some(at) = keep {
            let title = format!("create the container `{}` on {}", service.spec.name, service.on);
            self.kept(&title, &service.address, "replace", at, "take back what changed of it, or take `@keep` away");
        }
    }
}

/// More, less, or the same; what has no order is less if it differs.
fn change(before: &Recorded, now: &Recorded) -> Ordering {
    match (before.amount, now.amount) {
        (Some((n, d)), Some((m, e))) => (i128::from(m) * i128::from(d)).cmp(&(i128::from(n) * i128::from(e))),
        _ if before.value == now.value && before.reference == now.reference => Ordering::Equal,
        _ => Ordering::Less,
    }
}
