//! What is asked of hosts before a plan is made, and what of their answers differs from what was applied?
//!
//! Each thing is asked by its own `read`: as the state keeps it, which tells what became of it, and as the program has it, which
//! tells what is still to do.

use super::{containers::place, draft::Draft, lower::Lowering};
use mig_plan::{
    Ask, Before, Call, Change, Difference, Drift, Host, HostId, Input, Look, Observation, Observed, Read, Reads, ResourceState, Seen,
    State, Step, Unseen,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// On which terms is a plan made?
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// What hosts said; without it the state is believed.
    pub observed: Option<Observed>,
    /// Addresses that it is for, with what they need; empty: everything.
    pub targets: Vec<String>,
}

impl Draft {
    /// What to ask before a plan from that state is made.
    pub(crate) fn reads(&self, state: &State, targets: &[String]) -> Reads {
        let renames = self.renames(state);
        let known = self.renamed(state, &renames.list);
        let list = self.questions(&known, targets);
        let mut hosts = BTreeMap::new();
        for host in list.iter().filter_map(|read| read.ask.host()) {
            self.way(host, &mut hosts);
        }
        Reads { hosts, list }
    }

    /// Every question, once, about what is on servers that can be reached.
    fn questions(&self, known: &State, targets: &[String]) -> Vec<Read> {
        let meant = self.meant(known, targets);
        let kept = known.resources.iter().filter_map(|(address, r)| Some((address, asked(r)?)));
        let declared = self.resources.iter().map(|(address, resource)| (address, Ask::look(&resource.look)));
        let mut all: Vec<(&String, Ask)> = kept.chain(declared).collect();
        all.retain(|(address, _)| meant.as_ref().is_none_or(|meant| meant.contains(*address)));
        all.sort_by_key(|(address, _)| *address);
        let all = all.into_iter().map(|(address, ask)| Read { address: address.clone(), ask });
        let mut noted = BTreeSet::new();
        all.filter(|read| read.ask.host().is_none_or(|host| self.is_reachable(host)) && noted.insert(read.ask.key())).collect()
    }

    fn is_reachable(&self, host: &str) -> bool {
        self.servers.get(host).is_some_and(|server| server.unreachable().is_none())
    }

    /// Notes how a host is reached, and those on the way.
    pub(super) fn way(&self, host: &str, hosts: &mut BTreeMap<HostId, Host>) {
        let mut next = Some(host.to_owned());
        while let Some(server) = next.take().and_then(|host| self.servers.get(&host)) {
            if hosts.insert(server.address.clone(), server.host.clone()).is_none() {
                next.clone_from(&server.host.login.jump);
            }
        }
    }
}

impl Lowering<'_> {
    /// How a thing was found, if it was asked for and answered.
    pub(super) fn found(&self, look: &Look) -> Option<Seen> {
        self.observed.and_then(|observed| observed.answer(&Ask::look(look))).map(|answer| look.judge(answer))
    }

    /// The text in whose place a call puts another: what the host has there, or else what was applied.
    pub(super) fn text_before(&self, call: &Call, known: Option<&ResourceState>) -> Option<Before> {
        let applied = known.and_then(|k| k.removal.as_ref()).and_then(|removal| removal.call.look.request.input());
        let (Input::Text(new), None | Some(Input::Text(_))) = (call.input()?, applied) else { return Some(Before::Secret) };
        let seen = self.found(&call.look);
        match (&seen, applied) {
            (Some(Seen::Settled), _) => return None,
            // A text that is empty is none, where there was none.
            (Some(Seen::Gone), _) | (None, None) => return (!new.is_empty()).then_some(Before::Nothing),
            _ => {}
        }
        match (self.text(&call.look), applied) {
            (Some(Value::String(text)), _) => Before::text(&text, new, true),
            (Some(_), _) => Some(Before::Unknown),
            (None, Some(Input::Text(text))) => Before::text(text, new, false),
            // The host says that something else is otherwise.
            (None, _) => None,
        }
    }

    /// What an answer says of the text that is there: the text, or something else if it is otherwise and not told.
    fn text(&self, look: &Look) -> Option<Value> {
        let answer = self.observed?.answer(&Ask::look(look))?;
        mig_plan::call::select(answer, &look.from)?.get("text").cloned()
    }

    /// What became of a thing since it was applied; noted as drift.
    pub(super) fn drifted(&mut self, address: &str, kind: &str, look: &Look) -> Option<Change> {
        let change = match self.found(look)? {
            Seen::Settled => return None,
            Seen::Gone => Change::Gone,
            Seen::Failed => Change::Failed,
            Seen::Different(differences) => Change::Changed { differences },
        };
        let host = look.request.place().to_owned();
        self.drift.push(Drift { address: address.to_owned(), kind: kind.to_owned(), host, change: change.clone(), steps: vec![] });
        Some(change)
    }

    /// What the plan keeps of all that.
    pub(super) fn observation(&self, steps: &[Step]) -> Option<Observation> {
        let observed = self.observed?;
        let mut drift = self.drift.clone();
        drift.sort_by(|a, b| a.address.cmp(&b.address));
        for one in &mut drift {
            one.steps = steps.iter().filter(|s| s.address == one.address).map(|s| s.id.clone()).collect();
        }
        let questions = self.draft.questions(self.state, self.targets);
        let unanswered = |read: &&Read| observed.answer(&read.ask).is_none();
        let mut unseen: BTreeMap<String, String> = observed.away.clone();
        let meant = self.draft.meant(self.state, self.targets);
        for (address, known) in &self.state.resources {
            let host = asked(known).and_then(|ask| ask.host().cloned()).filter(|host| !self.draft.is_reachable(host));
            if let Some(host) = host.filter(|_| meant.as_ref().is_none_or(|meant| meant.contains(address))) {
                unseen.insert(address.clone(), format!("the program does not say how `{host}` is reached"));
            }
        }
        for read in questions.iter().filter(unanswered).filter(|r| !observed.away.contains_key(r.ask.place())) {
            let why = observed.why_not(&read.ask).unwrap_or("it was not asked");
            unseen.entry(read.address.clone()).or_insert_with(|| why.to_owned());
        }
        let seen: BTreeSet<&String> = questions.iter().filter(|r| !unanswered(r)).map(|r| &r.address).collect();
        let unseen = unseen.into_iter().map(|(address, why)| Unseen { address, why: mig_plan::visible::line(&why) }).collect();
        Some(Observation { count: seen.len(), drift, unseen })
    }
}

/// How what the state knows is looked at.
fn asked(known: &ResourceState) -> Option<Ask> {
    known.removal.as_ref().map(|removal| Ask::look(&removal.call.look)).or_else(|| place(known))
}

/// Names of what is otherwise.
pub(super) fn names(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(|d| d.name.clone()).collect()
}
