//! How does a draft become a plan against a state? What is settled is left out, the rest is lowered and put in order.

use super::{
    codes::{CIRCLE, FINISHED_MOVE, LEFT_BEHIND, OTHER_PROJECT},
    declared::Declared,
    draft::{Draft, Server, Service},
    estimate,
    observed::Terms,
    steps::{Draw, Graph},
};
use crate::{
    report::{Problem, Problems},
    source::{Loc, Texts},
};
use mig_plan::{
    Action, Class, Digest, Drift, Forecast, Host, HostId, MoveSummary, Observed, Partial, Phase, Plan, Precondition, Requirement, State,
    StepId, Undo, Unproven, forecast,
};
use rustc_hash::FxHashMap as HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// A plan that is being written.
pub(super) struct Lowering<'l> {
    pub(super) draft: &'l Draft,
    pub(super) state: &'l State,
    pub(super) graph: Graph,
    pub(super) preconditions: Vec<Precondition>,
    /// What the state has to remember, by address.
    pub(super) declared: HashMap<&'l str, &'l Declared>,
    /// Preconditions that are noted.
    required: BTreeSet<(HostId, Requirement)>,
    pub(super) moves: Vec<MoveSummary>,
    pub(super) forecasts: Vec<Forecast>,
    pub(super) problems: Vec<Problem>,
    /// The step after which a service answers.
    pub(super) settled: BTreeMap<String, StepId>,
    /// The step that starts a service, if it is one of this plan's.
    pub(super) starts: BTreeMap<String, StepId>,
    /// When names may lead to what a move brings, by the move, if it is one of this plan's.
    pub(super) arrivals: BTreeMap<String, Arrival>,
    /// Steps that install tools, by host.
    pub(super) tools: BTreeMap<HostId, StepId>,
    /// Steps that take hosts over.
    pub(super) adopted: BTreeMap<HostId, StepId>,
    /// What hosts said.
    pub(super) observed: Option<&'l Observed>,
    /// What is not as it was applied.
    pub(super) drift: Vec<Drift>,
    /// What the plan is for; empty: everything.
    pub(super) targets: &'l [String],
    pub(super) partial: Option<Partial>,
    /// What no step may do, by what it is done for.
    refused: Vec<(String, Problem)>,
    /// Is it for what is declared too that it is taken away?
    pub(super) destroys: bool,
}

/// When names may lead to what a move brings.
pub(super) struct Arrival {
    /// Its services answer, and its data are there.
    pub(super) up: Vec<StepId>,
    /// It counts as done.
    pub(super) done: StepId,
}

impl Draft {
    /// The plan from the state to the program; `open` is what checks could not prove.
    pub(crate) fn against(&self, state: &State, terms: &Terms, open: &[Unproven], texts: &Texts) -> Result<Plan, Problems> {
        let renames = self.renames(state);
        let known = self.renamed(state, &renames.list);
        let draft = self.with_owners(&known);
        let mut lowering = Lowering::new(&draft, &known, terms, renames.problems);
        lowering.project();
        let noted = lowering.note_renames(state, &renames.list);
        lowering.adopt();
        lowering.moves();
        lowering.services();
        let changed = lowering.resources();
        lowering.restarts(&changed);
        lowering.needs();
        lowering.removed();
        lowering.undeclared();
        lowering.classes();
        if let Some(noted) = &noted {
            lowering.graph.notes_first(noted);
        }
        lowering.only_targets();
        lowering.remember();
        if let Some(noted) = noted {
            lowering.graph.notes_first(&noted);
        }
        lowering.finish(open, texts)
    }
}

impl Draft {
    /// The program with the owners that containers bear already: a renamed service keeps its own.
    fn with_owners(&self, state: &State) -> Self {
        let mut out = self.clone();
        for service in out.services.values_mut() {
            if let Some(owner) = state.resources.get(&service.address).and_then(|r| r.attributes.get("owner")) {
                service.spec.owner.clone_from(owner);
            }
        }
        out
    }
}

impl<'l> Lowering<'l> {
    /// Nothing is written yet.
    pub(super) fn new(draft: &'l Draft, state: &'l State, terms: &'l Terms, problems: Vec<Problem>) -> Self {
        Self {
            draft,
            state,
            graph: Graph::default(),
            preconditions: vec![],
            required: BTreeSet::new(),
            declared: draft.declared.iter().map(|declared| (declared.address.as_str(), declared)).collect(),
            moves: vec![],
            forecasts: vec![],
            problems: draft.problems.iter().cloned().chain(problems).collect(),
            settled: BTreeMap::new(),
            starts: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            tools: BTreeMap::new(),
            adopted: BTreeMap::new(),
            observed: terms.observed.as_ref(),
            drift: vec![],
            targets: &terms.targets,
            partial: None,
            refused: vec![],
            destroys: false,
        }
    }
}

impl Lowering<'_> {
    pub(super) fn project(&mut self) {
        if !self.state.project.is_empty() && self.state.project != self.draft.project {
            let at = self.draft.project_at;
            let message =
                format!("this state belongs to the project `{}`, and the program is `{}`", self.state.project, self.draft.project);
            self.problems.push(Problem::error(OTHER_PROJECT, at, message).help("give another `--state`, or correct `project { name }`"));
        }
    }

    fn adopt(&mut self) {
        for server in self.draft.servers.values() {
            let Some(id) = &server.adopt else { continue };
            let attributes = BTreeMap::from([("id".to_owned(), id.clone())]);
            let wished = self.resource(&server.address, &server.kind, &Digest::of(id), attributes);
            if self.state.resources.get(&server.address).is_some_and(|r| r.digest == wished.digest && r.attributes == wished.attributes) {
                continue;
            }
            let action = Action::Adopt { host: server.address.clone(), id: id.clone() };
            let step = self.graph.add(Draw {
                title: format!("take over {id} as `{}`", server.address),
                why: "it exists already, and the program describes it from now on".to_owned(),
                class: Class::Read,
                sets: vec![(server.address.clone(), wished)],
                ..Draw::new(&server.address, None, Phase::Prepare, action, &server.origin)
            });
            self.adopted.insert(server.address.clone(), step);
            self.hardware(server);
        }
    }

    pub(super) fn hardware(&mut self, server: &Server) {
        self.require(
            &server.address,
            &server.address,
            Requirement::Hardware { arch: server.arch.clone(), cpus: server.cpus, memory: server.memory, disks: server.disks.clone() },
            &server.origin,
        );
    }

    /// Notes a precondition, once.
    pub(super) fn require(&mut self, host: &str, address: &str, requirement: Requirement, origin: &mig_plan::Origin) {
        if self.required.insert((host.to_owned(), requirement.clone())) {
            self.preconditions.push(Precondition {
                host: host.to_owned(),
                address: address.to_owned(),
                requirement,
                origin: origin.clone(),
            });
        }
    }

    /// Is a resource as the program wishes it?
    pub(super) fn is_settled(&self, address: &str, digest: &str) -> bool {
        self.state.resources.get(address).is_some_and(|r| r.digest == digest)
    }

    /// Says that a finished move was changed.
    pub(super) fn changed_move(&mut self, migration: &super::draft::Move) {
        let message = format!("the move `{}` is done, and its fields were changed since", migration.address);
        let help = "a finished move stays as it was; delete it, which destroys nothing, and declare another";
        self.refuse(&migration.address, Problem::error(FINISHED_MOVE, migration.at, message).help(help));
    }

    /// A service that changes its server without a move leaves its data behind.
    pub(super) fn stays_with_its_data(&mut self, service: &Service) -> bool {
        let before = self.state.resources.get(&service.address).and_then(|r| r.attributes.get("host"));
        match before {
            Some(host) if *host != service.on && !service.stateless => {
                let message = format!("`{}` is on {host}, and no move brings its data to {}", service.address, service.on);
                let help = format!("declare `move … : copy {{ from = {host}, to = {}, services = [{}] }}`", service.on, service.address);
                self.refuse(&service.address, Problem::error(LEFT_BEHIND, service.at, message).help(help));
                false
            }
            _ => true,
        }
    }

    /// Services start after those they need answer.
    fn needs(&mut self) {
        let starts: Vec<(String, StepId)> = self.starts.iter().map(|(a, s)| (a.clone(), s.clone())).collect();
        for (address, start) in starts {
            let Some(service) = self.draft.services.get(&address) else { continue };
            for need in &service.needs {
                if let Some(settled) = self.settled.get(need) {
                    self.graph.need(&start, settled);
                }
            }
        }
    }

    /// Containers that no declaration asks for any more.
    pub(super) fn removed(&mut self) {
        let mut kept = vec![];
        let state = self.state;
        for (address, resource) in &state.resources {
            let (Some(host), Some(container)) = (resource.attributes.get("host"), resource.attributes.get("container")) else { continue };
            if (!self.destroys && self.draft.services.contains_key(address)) || !self.draft.servers.contains_key(host) {
                continue;
            }
            let (origin, at) = self.draft.servers.get(host).map(|s| (s.origin.clone(), s.at)).unwrap_or_default();
            let owner = resource.attributes.get("owner").cloned();
            let gone = if self.fate(address, None).gone { ", and its container is not there any more" } else { "" };
            let action = Action::RemoveContainer { host: host.clone(), container: container.clone(), owner, back: false };
            let title = format!("remove the container `{container}` from {host}");
            if resource.keep || self.is_kept(address) {
                kept.push((title.clone(), address.clone(), self.declared_at(address).unwrap_or(at)));
            }
            self.graph.add(Draw {
                title,
                why: format!("{}{gone}; what it mounts stays on the host", self.why_gone(address)),
                estimate: estimate::seconds(estimate::STOP_SECONDS),
                undo: Undo::Impossible { why: "declare it again to have it created again".to_owned() },
                removes: vec![address.clone()],
                ..Draw::new(address, None, Phase::Finish, action, &origin)
            });
        }
        for (title, address, at) in kept {
            self.kept_from_destruction(&title, &address, at);
        }
    }

    /// Why something is taken away.
    pub(super) fn why_gone(&self, address: &str) -> String {
        if self.destroys { "all that migc made is to go".to_owned() } else { format!("`{address}` is no longer declared") }
    }

    /// Says that something is kept which a plan would take away.
    pub(super) fn kept_from_destruction(&mut self, title: &str, address: &str, at: Loc) {
        let help = if self.destroys {
            "to let it go, take `@keep` away and apply that first; to destroy the rest, name it by `--target`"
        } else {
            "declare it again; to let it go, apply once without `@keep`, and then delete the declaration"
        };
        self.kept(title, address, "destroy", at, help);
    }

    /// What would be done for that address must not be; a plan for other addresses goes on without it.
    pub(super) fn refuse(&mut self, address: &str, problem: Problem) {
        self.refused.push((address.to_owned(), problem));
    }

    pub(super) fn finish(mut self, open: &[Unproven], texts: &Texts) -> Result<Plan, Problems> {
        // What is refused may have no step, and then what needs it goes without it.
        let meant = self.draft.meant(self.state, self.targets).filter(|_| !self.destroys);
        for (address, problem) in std::mem::take(&mut self.refused) {
            let is_meant = self.targets.is_empty() || meant.as_ref().is_some_and(|meant| meant.contains(&address));
            if is_meant || self.graph.concerns(&address) {
                self.problems.push(problem);
            }
        }
        let (steps, circle) = std::mem::take(&mut self.graph).order();
        if let Some(first) = circle.first() {
            let services: BTreeSet<&str> =
                circle.iter().map(|s| s.address.as_str()).filter(|a| self.draft.services.contains_key(*a)).collect();
            let at = self.draft.services.get(&first.address).map(|s| s.at).unwrap_or_default();
            let list = services.into_iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ");
            self.problems.push(Problem::error(CIRCLE, at, format!("{list} wait for each other, so none can start first")));
        }
        let mut hosts: BTreeMap<HostId, Host> = BTreeMap::new();
        let required = self.preconditions.iter().map(|p| &p.host);
        for name in steps.iter().flat_map(|s| s.action.hosts()).chain(required) {
            let Some(server) = self.draft.servers.get(name) else { continue };
            if !hosts.contains_key(name) {
                self.problems.extend(server.unreachable());
            }
            self.draft.way(name, &mut hosts);
        }
        if !self.problems.is_empty() {
            return Err(Problems { list: self.problems, unproven: open.to_vec() });
        }
        for summary in &mut self.moves {
            forecast::total(summary, &steps);
        }
        let forecasts = forecast::downtimes(std::mem::take(&mut self.forecasts), &steps);
        let secrets: BTreeSet<String> = steps.iter().flat_map(|s| s.action.secrets()).map(str::to_owned).collect();
        let plan = Plan {
            version: Plan::VERSION,
            project: self.draft.project.clone(),
            sources: Digest::of(&texts.all().iter().collect::<Vec<_>>()),
            serial: self.state.serial,
            head: self.state.head.clone(),
            cost_per_day: self.cost(&hosts),
            observed: self.observation(&steps),
            partial: self.partial.clone(),
            reverses: None,
            preconditions: self.preconditions,
            hosts,
            steps,
            moves: self.moves,
            forecasts,
            secrets: secrets.into_iter().collect(),
            unproven: unproven(open, self.draft),
            outputs: if self.destroys && self.partial.is_none() { BTreeMap::new() } else { self.draft.outputs.clone() },
        };
        match self.draft.unproven_steps(&plan) {
            list if list.is_empty() => Ok(plan),
            list => Err(Problems { list, unproven: open.to_vec() }),
        }
    }

    fn cost(&self, hosts: &BTreeMap<HostId, Host>) -> BTreeMap<String, i64> {
        let mut out = BTreeMap::new();
        for (micro, currency) in hosts.keys().filter_map(|h| self.draft.servers.get(h)).filter_map(|s| s.cost.as_ref()) {
            *out.entry(currency.clone()).or_insert(0) += micro;
        }
        out
    }
}

/// Checks that lacked a fact, and what is left to a person.
fn unproven(open: &[Unproven], draft: &Draft) -> Vec<Unproven> {
    let by_hand = draft.records.keys().filter(|address| !draft.resources.contains_key(*address));
    let records = by_hand.map(|address| Unproven {
        code: "MIG6009".to_owned(),
        name: "record_not_switched".to_owned(),
        address: address.clone(),
        needs: "a person: no step changes a `dns.record`, so change it when its moves are done".to_owned(),
    });
    open.iter().cloned().chain(records).collect()
}
