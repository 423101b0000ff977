//! How does a resource become what it is declared to be? Created, changed, replaced or deleted, from what differs between the program
//! and the state.
//!
//! Each step looks first and afterwards, by the `read` of its kind, so that what is so already is left alone.

use super::{
    called::{RESTART_ON, Resource},
    codes::{CIRCLE, FIXED_CHANGED},
    estimate,
    lower::Lowering,
    observed::names,
    steps::Draw,
};
use crate::{infer::kind_called, report::Problem};
use mig_plan::{
    Action, Call, Change, Difference, Digest, Phase, Removal, Request, ResourceState, Seen, StepId, Undo, Verb, call::in_words,
};
use std::collections::{BTreeMap, BTreeSet};

impl Lowering<'_> {
    /// Resources that the program declares, those that others name first. Gives the steps that change something on a host.
    pub(super) fn resources(&mut self) -> BTreeMap<String, StepId> {
        let draft = self.draft;
        // After which steps each is as declared: its own, or where it needs none, those of what it needs.
        let mut done: BTreeMap<&str, Vec<StepId>> = BTreeMap::new();
        let mut made: Vec<(&Resource, StepId)> = vec![];
        let mut open: Vec<&Resource> = draft.resources.values().collect();
        while !open.is_empty() {
            let is_free = |r: &&Resource| r.needs.iter().all(|n| done.contains_key(n.as_str()) || !draft.resources.contains_key(n));
            let (free, rest): (Vec<&Resource>, Vec<&Resource>) = open.into_iter().partition(is_free);
            if let Some(first) = rest.first().filter(|_| free.is_empty()) {
                let list = rest.iter().map(|r| format!("`{}`", r.address)).collect::<Vec<_>>().join(", ");
                let message = format!("{list} wait for each other, so none can come first");
                self.problems.push(Problem::error(CIRCLE, first.at, message).help("take one of them out of the `needs` of another"));
                return BTreeMap::new();
            }
            for resource in free {
                let after: Vec<StepId> = resource.needs.iter().filter_map(|n| done.get(n.as_str())).flatten().cloned().collect();
                let is_changed = |name: &&String| made.iter().any(|(r, _)| r.address == **name && !self.is_noted_only(r));
                let anew: Vec<String> = resource.restart_on.iter().filter(is_changed).cloned().collect();
                let step = self.resource_of(resource, after.clone(), &anew);
                self.after_its_moves(resource);
                made.extend(step.clone().map(|step| (resource, step)));
                done.insert(&resource.address, step.map_or(after, |step| vec![step]));
            }
            open = rest;
        }
        for (resource, step) in &made {
            if let Some(host) = &resource.host {
                self.graph.before_containers(host, step);
            }
        }
        made.into_iter().filter(|(r, _)| !self.is_noted_only(r)).map(|(r, step)| (r.address.clone(), step)).collect()
    }

    /// Does its step change nothing on the host?
    fn is_noted_only(&self, resource: &Resource) -> bool {
        matches!(self.found(&resource.look), Some(Seen::Settled))
    }

    /// The step after which it is as declared, if one is needed. `anew`: what changes of what it reads at its start.
    fn resource_of(&mut self, resource: &Resource, after: Vec<StepId>, anew: &[String]) -> Option<StepId> {
        let after: Vec<StepId> = after.into_iter().chain(resource.host.iter().flat_map(|host| self.first(host))).collect();
        let wished = self.settled_as(resource);
        let Some(known) = self.state.resources.get(&resource.address).cloned() else {
            if self.is_of_another(resource) {
                return None;
            }
            let why = self.why_new(resource);
            return Some(self.create_resource(resource, wished, after, why));
        };
        let Some(removal) = &known.removal else {
            return Some(self.create_resource(resource, wished, after, format!("it was {} before", kind_called(&known.kind))));
        };
        let drift = self.drifted(&resource.address, &resource.kind, &removal.call.look);
        let changed = changed(&known, &wished, &resource.known);
        let of = |fields: &BTreeSet<String>| changed.iter().filter(|f| fields.contains(*f)).cloned().collect::<Vec<String>>();
        let another = of(&resource.replaced_by);
        if known.kind != resource.kind || !another.is_empty() {
            let why = match another.as_slice() {
                [] => format!("it was {} and is {} now", kind_called(&known.kind), kind_called(&resource.kind)),
                fields => format!("{} changed, which only another one in its place can take", list(fields)),
            };
            return Some(self.replace(resource, wished, (removal, &known), after, why));
        }
        let by_update: BTreeSet<&String> = resource.updates.iter().flat_map(|(fields, _)| fields).collect();
        if let Some(lost) = changed.iter().find(|f| !by_update.contains(f)) {
            let message = format!("`{lost}` of `{}` changed, and `{}` has no way to change it", resource.address, resource.kind);
            let help = format!("take the change back, or write `update {lost} …` or `replace on {lost}` into the kind");
            self.refuse(&resource.address, Problem::error(FIXED_CHANGED, resource.at, message).help(help));
            return None;
        }
        let outside = match drift {
            Some(Change::Gone) => {
                let why = "it was applied, and is not there any more".to_owned();
                return Some(self.create_resource(resource, wished, after, why));
            }
            Some(Change::Changed { differences }) => Some(differences),
            // Of what failed no step is known that would help.
            Some(Change::Failed) | None => None,
        };
        if changed.is_empty() && outside.is_none() {
            return (!anew.is_empty()).then(|| self.restart_resource(resource, wished, after, anew));
        }
        let otherwise = names(outside.as_deref().unwrap_or_default());
        if let Some(field) = otherwise.iter().find(|f| resource.replaced_by.contains(*f)) {
            let why = format!("`{field}` was changed outside of migc, which only another one in its place sets back");
            return Some(self.replace(resource, wished, (removal, &known), after, why));
        }
        Some(self.change_resource(resource, wished, after, &changed, outside.as_deref()))
    }

    /// What the program says otherwise than when it was applied, and what is otherwise on the host, becomes as declared.
    fn change_resource(
        &mut self,
        resource: &Resource,
        wished: ResourceState,
        after: Vec<StepId>,
        changed: &[String],
        outside: Option<&[Difference]>,
    ) -> StepId {
        let otherwise = names(outside.unwrap_or_default());
        let meant = |fields: &BTreeSet<String>| changed.iter().chain(&otherwise).any(|f| fields.contains(f));
        let mut requests: Vec<Request> = resource.updates.iter().filter(|(fields, _)| meant(fields)).map(|(_, r)| r.clone()).collect();
        // A difference that no update names: whatever brings about the whole of it.
        if requests.is_empty() {
            requests.push(resource.create.clone());
        }
        requests.dedup();
        let known = self.state.resources.get(&resource.address);
        let records = self.records_before(&resource.look, known);
        let call = Call { anew: Some(resource.create.clone()), ..call(resource, Verb::Update, requests) }.over(records.as_ref());
        let there_already = matches!(self.found(&resource.look), Some(Seen::Settled));
        let before = self.text_before(&call, known);
        let mut why = vec![];
        if !changed.is_empty() {
            why.push("the program says otherwise than when it was applied".to_owned());
        }
        match outside {
            Some([]) => why.push("it was changed outside of migc".to_owned()),
            Some(differences) => {
                let change = Change::Changed { differences: differences.to_vec() };
                why.push(format!("changed outside of migc: {}", change.in_words()));
            }
            None => {}
        }
        if there_already {
            why.push("it is as declared already, so only the journal takes note".to_owned());
        }
        let verb = if changed.is_empty() { "set back" } else { "change" };
        let what = if changed.is_empty() { otherwise.as_slice() } else { changed };
        let of = if what.is_empty() { String::new() } else { format!("{} of ", list(what)) };
        self.graph.add(Draw {
            title: format!("{verb} {of}{} on {}", call.thing, resource.place()),
            why: why.join("; "),
            needs: after,
            undo: match call.back() {
                Some(back) => Undo::Act { action: Box::new(Action::Call(back)) },
                None if changed.is_empty() => Undo::Impossible { why: "how it was by hand is kept nowhere".to_owned() },
                None => Undo::Impossible { why: "take the change back in the program, and apply that".to_owned() },
            },
            before,
            sets: vec![(resource.address.clone(), wished)],
            ..draw(resource, Action::Call(call))
        })
    }

    /// It reads at its start what changes now, and stays as it is otherwise. Its look tells whether it was started since.
    fn restart_resource(&mut self, resource: &Resource, wished: ResourceState, after: Vec<StepId>, anew: &[String]) -> StepId {
        let requests = resource.updates.iter().filter(|(fields, _)| fields.contains(RESTART_ON)).map(|(_, r)| r.clone()).collect();
        let call = Call { anew: Some(resource.create.clone()), ..call(resource, Verb::Update, requests) };
        self.graph.add(Draw {
            title: format!("restart {} on {}", call.thing, resource.place()),
            why: format!("it starts anew when {} changes", list(anew)),
            needs: after,
            undo: Undo::Leave { what: "it runs, as it did before".to_owned() },
            sets: vec![(resource.address.clone(), wished)],
            ..draw(resource, Action::Call(call))
        })
    }

    /// Why what the state does not know is created.
    fn why_new(&self, resource: &Resource) -> String {
        match self.found(&resource.look) {
            None => "it is declared and not there yet".to_owned(),
            Some(Seen::Gone) => "it is declared, and nothing is there".to_owned(),
            Some(Seen::Settled) => "it is declared, and there as declared: the journal takes note, and nothing changes there".to_owned(),
            Some(Seen::Failed) => "it is declared, and what is there says that it failed".to_owned(),
            Some(Seen::Different(differences)) => format!("it is declared, and what is there is otherwise: {}", in_words(&differences)),
        }
    }

    fn create_resource(&mut self, resource: &Resource, wished: ResourceState, after: Vec<StepId>, why: String) -> StepId {
        let made = call(resource, Verb::Create, vec![resource.create.clone()]);
        let undo = if resource.host.is_none() && self.is_noted_only(resource) {
            Undo::Leave { what: "it was there before".to_owned() }
        } else {
            Undo::Act { action: Box::new(Action::Call(call(resource, Verb::Delete, vec![resource.delete.clone()]))) }
        };
        self.graph.add(Draw {
            title: format!("create {} on {}", made.thing, resource.place()),
            why,
            needs: after,
            undo,
            before: self.text_before(&made, None),
            sets: vec![(resource.address.clone(), wished)],
            ..draw(resource, Action::Call(made))
        })
    }

    /// The old one goes, as the state knows it, and then the new one comes.
    fn replace(
        &mut self,
        resource: &Resource,
        wished: ResourceState,
        (old, known): (&Removal, &ResourceState),
        after: Vec<StepId>,
        why: String,
    ) -> StepId {
        let title = title_of(&old.call);
        if let Some(at) = self.declared.get(resource.address.as_str()).and_then(|d| d.keep) {
            self.kept(&title, &resource.address, "replace", at, "take back what changed of it, or take `@keep` away");
        }
        self.closes_a_way_back(&title, &resource.address, resource.place());
        let (action, undo) = self.delete(old, known, "take the change back in the program, and apply that");
        let gone = self.graph.add(Draw {
            title,
            why: why.clone(),
            needs: after,
            undo,
            removes: vec![resource.address.clone()],
            ..draw(resource, action)
        });
        self.create_resource(resource, wished, vec![gone], why)
    }

    /// Resources that no declaration asks for any more; what was built on others goes before them.
    pub(super) fn undeclared(&mut self) {
        let state = self.state;
        let is_gone = |address: &String, known: &ResourceState| {
            let request = known.removal.as_ref().map(|r| &r.call.look.request);
            let is_there = request.is_some_and(|request| request.host().is_none_or(|host| self.draft.servers.contains_key(host)));
            is_there && (self.destroys || !self.draft.resources.contains_key(address))
        };
        let gone: BTreeMap<&String, &ResourceState> = state.resources.iter().filter(|(address, known)| is_gone(address, known)).collect();
        let mut steps: BTreeMap<&String, StepId> = BTreeMap::new();
        let reads = self.graph.reads();
        for (address, known) in &gone {
            let Some(removal) = &known.removal else { continue };
            let drift = self.drifted(address, &known.kind, &removal.call.look);
            let server = removal.call.look.request.host().and_then(|host| self.draft.servers.get(host));
            let (origin, at) = server.map(|s| (s.origin.clone(), s.at)).unwrap_or_default();
            let title = title_of(&removal.call);
            if known.keep || self.is_kept(address) {
                self.kept_from_destruction(&title, address, self.declared_at(address).unwrap_or(at));
            }
            self.closes_a_way_back(&title, address, removal.call.look.request.place());
            let (action, undo) = self.delete(removal, known, "declare it again to have it created again");
            let step = self.graph.add(Draw {
                title,
                why: match drift {
                    Some(Change::Gone) => format!("{}, and it is not there any more", self.why_gone(address)),
                    _ => self.why_gone(address),
                },
                undo,
                removes: vec![(*address).clone()],
                ..Draw::new(address, None, Phase::Finish, action, &origin)
            });
            // What is copied from there has been compared before anything goes: a folder whose mount is gone is empty.
            for read in removal.call.look.request.host().and_then(|host| reads.get(host)).into_iter().flatten() {
                self.graph.need(&step, read);
            }
            steps.insert(address, step);
        }
        for (address, known) in &gone {
            for need in known.removal.iter().flat_map(|r| &r.needs) {
                if let (Some(after), Some(before)) = (steps.get(need).cloned(), steps.get(address)) {
                    self.graph.need(&after, before);
                }
            }
        }
    }

    /// What the state is to know of it.
    pub(super) fn settled_as(&self, resource: &Resource) -> ResourceState {
        let attributes = resource.host.iter().map(|host| ("host".to_owned(), host.clone())).collect();
        let mut out = self.resource(&resource.address, &resource.kind, &Digest::of(&resource.address), attributes);
        out.digest = Digest::of(&(&out.kind, &out.fields)).to_string();
        let call = call(resource, Verb::Delete, vec![resource.delete.clone()]);
        out.removal = Some(Removal { call, needs: resource.needs.iter().cloned().collect() });
        out
    }
}

fn call(resource: &Resource, verb: Verb, requests: Vec<Request>) -> Call {
    let thing = format!("`{}` ({})", resource.address, resource.kind);
    Call { thing, verb, requests, anew: None, look: resource.look.clone() }
}

fn draw(resource: &Resource, action: Action) -> Draw {
    let estimate = estimate::seconds(estimate::SCRIPT_SECONDS);
    Draw { estimate, ..Draw::new(&resource.address, None, Phase::Prepare, action, &resource.origin) }
}

fn title_of(removal: &Call) -> String {
    format!("delete {} on {}", removal.thing, removal.look.request.place())
}

/// Fields of the kind that are not as they were applied; a field that came or went with another version of the kind is none.
fn changed(known: &ResourceState, wished: &ResourceState, fields: &BTreeSet<String>) -> Vec<String> {
    let other = |name: &&String| known.fields.get(*name) != wished.fields.get(*name);
    fields.iter().filter(other).cloned().collect()
}

fn list(fields: &[String]) -> String {
    fields.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(", ")
}
