//! What does a test see of a plan? A record of the kind `plan` of the standard library, and its two methods.

use crate::{
    code::{Code, Op},
    entries::Entries,
    eval::Scope,
    model::Model,
    quantity::{Dim, Quantity},
    source::Loc,
    value::{Val, Value},
};
use mig_plan::{Action, Call, Estimate, MoveSummary, Phase, Plan, State, Step, Tree, Undo, Verb};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The plan as a value; what is done for whom are the declarations themselves.
pub(crate) fn value(model: &Model<'_, '_>, plan: &Plan, state: &State) -> Val {
    Maker::new(model).plan(plan, state)
}

/// Is every step that fits the first rule done before every step that fits the second? There has to be one of each.
pub(crate) fn before<'a>(model: &Model<'_, 'a>, s: &Scope<'_>, plan: &Entries, args: &[Code<'a>]) -> Value {
    let Some(Value::List(steps)) = plan.get("steps").map(|v| &v.v) else { return Value::Error };
    let (Some((first, _)), Some((second, _))) = (fitting(model, s, steps, args.first()), fitting(model, s, steps, args.get(1))) else {
        return Value::Error;
    };
    let stands_before = |a: &Val, b: &Val| match (part(a, "id"), part(b, "after")) {
        (Some(id), Some(Value::List(after))) => after.iter().any(|v| v.v.key() == id.key()),
        _ => false,
    };
    let all = first.iter().all(|a| second.iter().all(|b| stands_before(a, b)));
    Value::Bool(all && !first.is_empty() && !second.is_empty())
}

/// Elements for which a rule holds, and the others.
pub(crate) fn fitting<'a>(model: &Model<'_, 'a>, s: &Scope<'_>, list: &[Val], rule: Option<&Code<'a>>) -> Option<(Vec<Val>, Vec<Val>)> {
    let Op::Lambda(name, body) = &rule?.op else { return None };
    let fits = |item: &Val| {
        let var = s.var(name, item);
        matches!(model.run(&s.with(&var), body).v, Value::Bool(true))
    };
    Some(list.iter().cloned().partition(fits))
}

/// How long a service is down; one that no move stops is not.
pub(crate) fn downtime<'a>(model: &Model<'_, 'a>, s: &Scope<'_>, plan: &Entries, args: &[Code<'a>]) -> Value {
    let Some(service) = args.first().map(|a| model.run(s, a)) else { return Value::Error };
    let (Value::Ref(id), Some(Value::Map(times))) = (&service.v, plan.get("downtimes").map(|v| &v.v)) else { return Value::Error };
    let found = times.get(&model.instance(*id).address);
    found.map_or_else(|| time(Some(0)), |v| v.v.clone())
}

/// A field of a step.
pub(crate) fn part<'v>(step: &'v Val, name: &str) -> Option<&'v Value> {
    let Value::Map(map) = &step.v else { return None };
    map.get(name).map(|v| &v.v)
}

struct Maker<'m, 'p, 'a> {
    model: &'m Model<'p, 'a>,
    by_address: BTreeMap<&'m str, crate::value::InstanceId>,
}

impl<'m, 'p, 'a> Maker<'m, 'p, 'a> {
    fn new(model: &'m Model<'p, 'a>) -> Self {
        Self { model, by_address: model.all().map(|(id, i)| (i.address.as_str(), id)).collect() }
    }

    /// The declaration of an address, if it is of that noun.
    fn declaration(&self, address: Option<&String>, noun: &str) -> Value {
        let id = address.and_then(|a| self.by_address.get(a.as_str())).filter(|id| self.model.is_noun(**id, noun));
        id.map_or(Value::Absent, |id| Value::Ref(*id))
    }

    fn plan(&self, plan: &Plan, state: &State) -> Val {
        let mut behind: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut steps = vec![];
        for step in &plan.steps {
            let mut after: BTreeSet<&str> = step.needs.iter().map(String::as_str).collect();
            after.extend(step.needs.iter().filter_map(|n| behind.get(n.as_str())).flatten());
            steps.push(self.step(step, &after));
            behind.insert(&step.id, after);
        }
        let total = |of: &dyn Fn(&Estimate) -> Option<u64>| plan.steps.iter().map(|s| of(&s.estimate)).sum::<Option<u64>>();
        let bytes = plan.moves.iter().map(|m| m.bytes).sum::<Option<u64>>();
        let downtimes = plan.forecasts.iter().map(|f| (SmolStr::from(&f.address), val(time(f.downtime_seconds)))).collect();
        record(vec![
            ("steps", list(steps)),
            ("moves", list(plan.moves.iter().map(|m| self.moved(m)))),
            ("hosts", list(plan.hosts.keys().map(|h| val(self.declaration(Some(h), "server"))))),
            ("destroys", texts(destroyed(plan, state))),
            ("secrets", texts(plan.secrets.iter().map(String::as_str))),
            ("unproven", texts(plan.unproven.iter().map(|u| u.name.as_str()))),
            ("time", time(total(&|e| e.seconds))),
            ("data", size(bytes)),
            ("downtimes", Value::Map(Entries::new(downtimes, None))),
        ])
    }

    fn moved(&self, summary: &MoveSummary) -> Val {
        record(vec![
            ("move", self.declaration(Some(&summary.address), "move")),
            ("from", self.declaration(Some(&summary.from), "server")),
            ("to", self.declaration(Some(&summary.to), "server")),
            ("time", time(summary.seconds)),
            ("data", size(summary.bytes)),
        ])
    }

    fn step(&self, step: &Step, after: &BTreeSet<&str>) -> Val {
        let hosts = step.action.hosts();
        let reads = if hosts.len() > 1 { hosts.first().copied() } else { None };
        let phase = match step.phase {
            Phase::Prepare => "prepare",
            Phase::Cutover => "cutover",
            Phase::Finish => "finish",
        };
        record(vec![
            ("id", Value::Str(step.id.as_str().into())),
            ("title", Value::Str(step.title.as_str().into())),
            ("why", Value::Str(step.why.as_str().into())),
            ("action", Value::Word(word(&step.action).into())),
            ("host", self.declaration(hosts.last().copied(), "server")),
            ("from", self.declaration(reads, "server")),
            ("service", self.declaration(Some(&step.address), "service")),
            ("move", self.declaration(step.of_move.as_ref(), "move")),
            ("phase", Value::Word(phase.into())),
            ("paths", texts(trees(&step.action).iter().map(|t| t.target.as_str()))),
            ("time", time(step.estimate.seconds)),
            ("data", size(step.estimate.bytes)),
            ("can_undo", Value::Bool(!matches!(step.undo, Undo::Impossible { .. }))),
            ("no_return", Value::Bool(step.point_of_no_return)),
            ("after", texts(after.iter().copied())),
        ])
    }
}

/// The word of `StepAction` in the standard library.
pub(crate) fn word(action: &Action) -> &'static str {
    match action {
        Action::Adopt { .. } => "adopt",
        Action::InstallTools { .. } => "install",
        Action::BringImage { .. } => "bring",
        Action::CopyTrees { .. } => "copy",
        // A tree is taken over only by a plan that goes back over a run, which no program makes.
        Action::VerifyTrees { .. } | Action::TakeTrees { .. } => "verify",
        Action::SetRestart { .. } => "set_restart",
        Action::RestoreRestart { .. } => "restore_restart",
        Action::StopContainer { .. } => "stop",
        Action::StartContainer { .. } => "start",
        Action::CheckFenced { .. } => "check_stopped",
        Action::Quiesce { .. } => "quiesce",
        Action::Resume { .. } => "resume",
        Action::ProveData { .. } => "prove",
        Action::CreateContainer { .. } => "create",
        Action::RemoveContainer { .. } => "remove",
        Action::Await { .. } => "await",
        Action::Call(call) => match call.verb {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Delete => "remove",
        },
        Action::Note | Action::ReleaseTrees { .. } => "note",
    }
}

fn trees(action: &Action) -> &[Tree] {
    match action {
        Action::CopyTrees { trees, .. } | Action::VerifyTrees { trees, .. } => trees,
        _ => &[],
    }
}

/// Addresses of what is there and will be gone, or be another thing of that name.
fn destroyed<'s>(plan: &'s Plan, state: &'s State) -> impl Iterator<Item = &'s str> {
    let gone = |step: &&Step| match &step.action {
        Action::RemoveContainer { .. } => true,
        Action::Call(Call { verb: Verb::Delete, .. }) => true,
        Action::CreateContainer { .. } => state.resources.contains_key(&step.address),
        _ => false,
    };
    let found: BTreeSet<&str> = plan.steps.iter().filter(gone).map(|s| s.address.as_str()).collect();
    found.into_iter()
}

/// A value of a plan stands nowhere in the sources.
fn val(v: Value) -> Val {
    Val::new(v, Loc::default())
}

fn record(fields: Vec<(&str, Value)>) -> Val {
    let rows = fields.into_iter().map(|(name, v)| (SmolStr::from(name), val(v))).collect();
    val(Value::Map(Entries::new(rows, None)))
}

fn list(values: impl IntoIterator<Item = Val>) -> Value {
    Value::List(values.into_iter().collect())
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> Value {
    list(texts.map(|t| val(Value::Str(t.into()))))
}

fn time(seconds: Option<u64>) -> Value {
    let known = seconds.and_then(|s| Quantity::new(i128::from(s) * 1_000_000_000, 1, Dim::DURATION, [0; 3]));
    known.map_or_else(|| Value::Unknown("sizes that a survey measures".into()), Value::Quantity)
}

fn size(bytes: Option<u64>) -> Value {
    bytes.and_then(Quantity::bytes).map_or_else(|| Value::Unknown("sizes that a survey measures".into()), Value::Quantity)
}
