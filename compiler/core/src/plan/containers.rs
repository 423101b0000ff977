//! What became of the container of a service that was applied? It may be gone, stopped, or another one.

use super::{draft::Service, estimate, lower::Lowering, steps::Draw};
use mig_plan::{Action, Ask, Change, Difference, Drift, Phase, ResourceState, Undo};
use serde_json::Value;

/// How a container was found that was applied.
#[derive(Debug, Clone, Default)]
pub(super) struct Fate {
    /// There is no container of that name.
    pub(super) gone: bool,
    /// The one of that name is not migc's.
    pub(super) not_ours: bool,
    /// The one of that name is migc's, and was not made by what the state knows.
    pub(super) another: bool,
    /// It does not run.
    stopped: bool,
    /// Its restart policy, if that is not the declared one.
    restart: Option<String>,
}

/// Where the state has a container, and under which name.
pub(super) fn place(known: &ResourceState) -> Option<Ask> {
    let of = |name: &str| known.attributes.get(name).cloned();
    Some(Ask::Container { host: of("host")?, name: of("container")? })
}

impl Lowering<'_> {
    /// How it was found; as the state has it, where nobody was asked. What differs is noted as drift.
    pub(super) fn fate(&mut self, address: &str, restart: Option<&str>) -> Fate {
        let state = self.state;
        let Some(known) = state.resources.get(address) else { return Fate::default() };
        let Some(ask) = place(known) else { return Fate::default() };
        let Some(answer) = self.observed.and_then(|observed| observed.answer(&ask)) else { return Fate::default() };
        let (fate, differences) = compare(known, answer, restart);
        let change = if fate.gone { Change::Gone } else { Change::Changed { differences } };
        if change != (Change::Changed { differences: vec![] }) {
            let host = ask.place().to_owned();
            self.drift.push(Drift { address: address.to_owned(), kind: known.kind.clone(), host, change, steps: vec![] });
        }
        fate
    }

    /// A container that is as it was made, and does not run or would not start again by itself.
    pub(super) fn mend(&mut self, service: &Service, fate: &Fate) {
        if let Some(found) = &fate.restart {
            let set = |policy: &str| Action::SetRestart {
                host: service.on.clone(),
                container: service.spec.name.clone(),
                policy: policy.to_owned(),
            };
            let wished = &service.spec.restart;
            self.graph.add(Draw {
                title: format!("set back the restart policy of `{}` on {} to {wished}", service.spec.name, service.on),
                why: format!("it was changed outside of migc to {found}"),
                estimate: estimate::seconds(estimate::SCRIPT_SECONDS),
                undo: Undo::Act { action: Box::new(set(found)) },
                ..Draw::new(&service.address, None, Phase::Prepare, set(wished), &service.origin)
            });
        }
        if fate.stopped {
            let start = self.start(service, None, vec![]);
            self.graph.why(&start, "it was stopped outside of migc, and is declared to run");
            self.settle(service, None, start);
        }
    }
}

pub(super) fn compare(known: &ResourceState, answer: &Value, restart: Option<&str>) -> (Fate, Vec<Difference>) {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let is = |name: &str| answer.get(name).and_then(Value::as_bool).unwrap_or_default();
    let mut differences = vec![];
    let mut differs = |name: &str, wished: &str, found: &str| {
        let shown = |text: &str| if text.is_empty() { "nothing".to_owned() } else { mig_plan::visible::line(text) };
        differences.push(Difference { name: name.to_owned(), wished: shown(wished), found: shown(found) });
    };
    let mut fate = Fate { gone: !is("there"), ..Fate::default() };
    if fate.gone {
        return (fate, differences);
    }
    if let Some(owner) = known.attributes.get("owner").filter(|owner| *owner != text("owner")) {
        differs("owner", owner, text("owner"));
        fate.not_ours = true;
        return (fate, differences);
    }
    if text("spec") != known.digest {
        differs("container", "the one that was created", "another one of that name");
        fate.another = true;
    }
    if !is("running") {
        let code = answer.get("exit_code").and_then(Value::as_i64).unwrap_or_default();
        differs("status", "running", &format!("{} with exit status {code}", text("status")));
        fate.stopped = true;
    }
    let found = if text("restart").is_empty() { "no" } else { text("restart") };
    if let Some(wished) = restart.filter(|wished| *wished != found && !fate.another) {
        differs("restart", wished, found);
        fate.restart = Some(found.to_owned());
    }
    (fate, differences)
}
