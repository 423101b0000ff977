//! How does all that migc made go again? What was built last goes first: containers, then what was prepared for them.
//!
//! What exists without migc, and what containers mount, is not touched.

use super::{codes::UNREACHABLE, draft::Draft, estimate, is_below, lower::Lowering, observed::Terms, steps::Draw};
use crate::{
    report::{Problem, Problems},
    source::{Loc, Texts},
};
use mig_plan::{Action, Phase, Plan, State, StepId};
use std::collections::BTreeMap;

impl Draft {
    /// The plan that takes away all that the state knows, or what the terms name of it.
    pub(crate) fn destruction(&self, state: &State, terms: &Terms, texts: &Texts) -> Result<Plan, Problems> {
        let renames = self.renames(state);
        let known = self.renamed(state, &renames.list);
        let mut lowering = Lowering::new(self, &known, terms, renames.problems);
        lowering.destroys = true;
        lowering.project();
        let noted = lowering.note_renames(state, &renames.list);
        lowering.removed();
        lowering.undeclared();
        lowering.containers_first();
        lowering.out_of_reach();
        lowering.forget();
        if let Some(noted) = noted {
            lowering.graph.notes_first(&noted);
        }
        lowering.only_targets();
        lowering.finish(&[], texts)
    }
}

impl Lowering<'_> {
    /// Is the whole of it to go, or that address?
    fn goes(&self, address: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|target| is_below(address, target))
    }

    /// Where the declaration stands, if there is one.
    pub(super) fn declared_at(&self, address: &str) -> Option<Loc> {
        let service = || self.draft.services.get(address).map(|s| s.at);
        self.draft.resources.get(address).map(|r| r.at).or_else(service)
    }

    /// Services end before those they need, and containers before what was prepared on their hosts.
    fn containers_first(&mut self) {
        let containers: BTreeMap<String, (String, StepId)> = self.graph.removals();
        for (address, (host, step)) in &containers {
            for need in self.draft.services.get(address).iter().flat_map(|service| &service.needs) {
                if let Some((_, needed)) = containers.get(need) {
                    self.graph.need(needed, step);
                }
            }
            for deleted in self.graph.deletions(host) {
                self.graph.need(&deleted, step);
            }
        }
    }

    /// What cannot be asked to go is no reason to leave it behind silently.
    fn out_of_reach(&mut self) {
        for (address, known) in &self.state.resources {
            let of_call = known.removal.as_ref().and_then(|removal| removal.call.look.request.host());
            let of_container = known.attributes.get("container").and_then(|_| known.attributes.get("host"));
            let Some(host) = of_call.or(of_container).filter(|host| !self.draft.servers.contains_key(*host)) else { continue };
            if self.goes(address) {
                let message = format!("`{address}` is on `{host}`, which the program does not declare, so nothing can be taken away there");
                let help = format!("declare the server `{host}` again, or destroy the rest by `--target`");
                self.problems.push(Problem::error(UNREACHABLE, self.draft.project_at, message).help(help));
            }
        }
    }

    /// What is only noted is forgotten when all else is gone.
    fn forget(&mut self) {
        let removed = |address: &&String| !self.graph.forgets(address);
        let open: Vec<String> = self.state.resources.keys().filter(removed).filter(|a| self.goes(a)).cloned().collect();
        let Some(first) = open.first() else { return };
        let list = open.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", ");
        let origin = self.draft.servers.get(first).map(|s| s.origin.clone()).unwrap_or_default();
        let needs = self.graph.last();
        self.graph.add(Draw {
            title: format!("forget {list}"),
            why: "it was taken over, moved or noted, and nothing of it is changed".to_owned(),
            estimate: estimate::seconds(0),
            needs,
            removes: open.clone(),
            role: "forgotten",
            ..Draw::new(first, None, Phase::Finish, Action::Note, &origin)
        });
    }
}
