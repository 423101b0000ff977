//! What does the lifecycle of a kind ask for, with the values of a declaration in it? Clauses become calls as data.
//!
//! Scripts on hosts here, and what name servers are asked in `named`. What must be done, and in which order, is decided in `resources`.

use super::codes::{KNOWN_TOO_LATE, NOT_CARRIED_OUT};
use crate::{
    answers::counted,
    drivers::{Driver, Speaks, Takes},
    eval::Scope,
    graph::references,
    lifecycle::{Call, Lifecycle},
    model::{Instance, Model},
    quantity,
    report::Problem,
    source::Loc,
    types::ModuleId,
    value::{InstanceId, Val, Value},
};
use mig_plan::{Condition, Cut, CutUndo, Digest, Expected, HostId, Input, Look, Origin, Part, Request, Selector};
use mig_syntax::ast::{BinaryOp, Expr, ExprKind, Field, UnaryOp};
use std::collections::{BTreeMap, BTreeSet};

/// How often a thing is asked that says nothing of it.
const EVERY_SECONDS: u64 = 2;

/// The field that names what a thing reads at its start.
pub(super) const RESTART_ON: &str = "restart_on";

/// A declaration whose kind says how it comes, changes and goes.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) address: String,
    pub(super) kind: String,
    /// Where scripts bring it about; `None`: a name server has it.
    pub(super) host: Option<HostId>,
    pub(super) create: Request,
    pub(super) look: Look,
    pub(super) delete: Request,
    /// Fields that a call changes, and the call.
    pub(super) updates: Vec<(BTreeSet<String>, Request)>,
    /// Fields that change only by another one in its place.
    pub(super) replaced_by: BTreeSet<String>,
    /// Every field of its kind.
    pub(super) known: BTreeSet<String>,
    /// Other resources that it names.
    pub(super) needs: BTreeSet<String>,
    /// Those of them that it starts anew with, where a call changes `restart_on`.
    pub(super) restart_on: BTreeSet<String>,
    pub(super) at: Loc,
    pub(super) origin: Origin,
}

impl Resource {
    /// The host that it is on, or the name server that has it.
    pub(super) fn place(&self) -> &str {
        self.look.request.place()
    }
}

/// Is it brought about by scripts on hosts, or at a name server?
pub(super) fn is_managed(model: &Model<'_, '_>, instance: &Instance<'_>) -> bool {
    let lifecycle = model.program.kind(instance.kind).lifecycle.as_ref();
    !instance.existing && lifecycle.and_then(|l| l.call("create")).is_some_and(|c| c.driver.is_some_and(Driver::is_sent))
}

/// Reads every such declaration; what cannot be carried out is added to the problems.
pub(super) fn read(model: &Model<'_, '_>, project: &str, problems: &mut Vec<Problem>) -> BTreeMap<String, Resource> {
    let managed = model.all().filter(|(_, instance)| is_managed(model, instance));
    let mut out = BTreeMap::new();
    for (id, instance) in managed {
        let token = Digest::of(&(project, instance.address.as_str())).short(24).to_owned();
        let mut caller = Caller { model, id, token: Val::new(Value::Str(token.into()), instance.at), problems: vec![] };
        if let Ok(resource) = caller.resource() {
            out.insert(resource.address.clone(), resource);
        }
        problems.append(&mut caller.problems);
    }
    out
}

/// It was said why.
pub(super) struct Broken;

pub(super) struct Caller<'m, 'p, 'a> {
    pub(super) model: &'m Model<'p, 'a>,
    pub(super) id: InstanceId,
    /// The same for every retry of a step.
    token: Val,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Caller<'_, '_, 'a> {
    fn resource(&mut self) -> Result<Resource, Broken> {
        let instance = self.model.instance(self.id);
        let def = self.model.program.kind(instance.kind);
        let lifecycle = def.lifecycle.as_ref().ok_or(Broken)?;
        self.is_carried_out(lifecycle)?;
        let is_script = lifecycle.calls.iter().any(|call| call.driver.is_some_and(Driver::is_script));
        let host = if is_script { Some(self.host()?) } else { None };
        let verb = |verb| lifecycle.call(verb).ok_or(Broken);
        let (create, read, delete) = (verb("create")?, verb("read")?, verb("delete")?);
        let updates = lifecycle.calls.iter().filter(|c| c.tree.verb.text == "update");
        let updates: Result<Vec<_>, Broken> = updates
            .map(|call| Ok((call.tree.fields.iter().map(|f| f.text.to_string()).collect(), self.request(host.as_ref(), call)?)))
            .collect();
        let updates = updates?;
        let by_update: BTreeSet<&String> = updates.iter().flat_map(|(fields, _)| fields).collect();
        let is_fixed = |number: usize| def.fields[number].classes.iter().any(|c| c.word.text == "fixed");
        let replaced_by = (0..def.fields.len())
            .filter(|n| is_fixed(*n) || lifecycle.changed_by.contains_key(n))
            .map(|n| def.fields[n].name.to_string())
            .filter(|name| !by_update.contains(name))
            .collect();
        let mut named = vec![];
        (0..def.fields.len()).for_each(|number| references(&self.model.field(self.id, number).v, &mut named));
        let mut read_at_start = vec![];
        if by_update.iter().any(|name| *name == RESTART_ON) {
            references(&self.model.get(self.id, RESTART_ON).v, &mut read_at_start);
        }
        let (model, own) = (self.model, self.id);
        let other = |id: &InstanceId| *id != own && is_managed(model, model.instance(*id));
        let addresses = |named: Vec<InstanceId>| named.into_iter().filter(other).map(|id| model.instance(id).address.to_string()).collect();
        Ok(Resource {
            address: instance.address.to_string(),
            kind: def.path.to_string(),
            create: self.request(host.as_ref(), create)?,
            look: self.look(host.as_ref(), read)?,
            delete: self.request(host.as_ref(), delete)?,
            updates,
            replaced_by,
            known: def.fields.iter().map(|f| f.name.to_string()).collect(),
            needs: addresses(named),
            restart_on: addresses(read_at_start),
            at: instance.at,
            origin: self.model.program.syntax.texts.origin(instance.at),
            host,
        })
    }

    /// What this version has no steps for is said, and not left out.
    fn is_carried_out(&mut self, lifecycle: &Lifecycle<'a>) -> Result<(), Broken> {
        let instance = self.model.instance(self.id);
        let def = self.model.program.kind(instance.kind);
        let all = || lifecycle.calls.iter();
        let reads = all().filter(|c| c.tree.verb.text == "read").flat_map(|c| c.tree.from.iter().flat_map(|f| &f.1));
        let tells_later = |field: &&Field| def.field(&field.key.text).is_some_and(|f| f.typed.ty.is_later());
        let later = all().flat_map(|c| &c.tree.gives).chain(reads).find(|f| tells_later(f));
        let speaks = |call: &Call<'_>| call.driver.map_or(Speaks::Unsent, |driver| driver.speaks);
        let first = all().next().map_or(Speaks::Unsent, speaks);
        let what = if let Some(other) = all().find(|c| speaks(c) != first || speaks(c) == Speaks::Unsent) {
            let beside = lifecycle.calls.first().map_or("ssh", |call| call.tree.driver.text.as_str());
            format!("`{}` speaks `{}` beside `{beside}`", def.path, other.tree.driver.text)
        } else if let Some(field) = later {
            format!("`{}` of `{}` is told by a script", field.key.text, def.path)
        } else if let Some(call) = all().find(|c| c.tree.needs.is_some()) {
            format!("`{}` of `{}` needs it stopped first", call.tree.verb.text, def.path)
        } else if let Some(call) = lifecycle.call("read").filter(|c| !tells_whether_it_is_there(c)) {
            format!("`{}` of `{}` does not tell when it is gone", call.tree.verb.text, def.path)
        } else if instance.adopt.is_some() {
            format!("`{}` is taken over by its id", instance.address)
        } else {
            return Ok(());
        };
        let message = format!("{what}, which this version cannot carry out");
        let help = "a kind over `ssh` has `read ssh(sh\"…\") gone …`, and fields that a program says";
        self.problems.push(Problem::error(NOT_CARRIED_OUT, instance.at, message).also(def.at, "the kind").help(help));
        Err(Broken)
    }

    /// The server that it is, or that `on` names.
    fn host(&self) -> Result<HostId, Broken> {
        if self.model.is_noun(self.id, "server") {
            return Ok(self.model.instance(self.id).address.to_string());
        }
        match self.model.get(self.id, "on").v {
            Value::Ref(on) => Ok(self.model.instance(on).address.to_string()),
            _ => Err(Broken),
        }
    }

    /// An expression of the kind's body; what is not known now ends it.
    pub(super) fn value(&mut self, call: &Call<'a>, e: &'a Expr) -> Result<Val, Broken> {
        let module = self.model.program.kind(call.kind).module;
        let scope = Scope { me: Some(self.id), body: true, ..Scope::module(module) };
        let token = scope.var("token", &self.token);
        let scope = scope.with(&token);
        let value = self.model.run(&scope, &self.model.code_once(&scope, e));
        if value.is_known() || matches!(value.v, Value::Absent) {
            return Ok(value);
        }
        if !matches!(value.v, Value::Error) {
            let instance = self.model.instance(self.id);
            let message = format!("a value of `{}` is known only when the plan runs, and its steps need it now", instance.address);
            let problem = Problem::error(KNOWN_TOO_LATE, instance.at, message).also(value.at, "it comes from here");
            self.problems.push(problem.help("write the value, or make it a parameter"));
        }
        Err(Broken)
    }

    fn request(&mut self, host: Option<&HostId>, call: &Call<'a>) -> Result<Request, Broken> {
        let Some(host) = host else { return self.name_request(call) };
        let arg = call.driver.and_then(|driver| driver.arg(&call.tree.args, Takes::Script)).ok_or(Broken)?;
        let Value::Sh(shell) = self.value(call, arg)?.v else { return Err(Broken) };
        let stdin = match &call.tree.stdin {
            None => None,
            Some(stdin) => match self.value(call, &stdin.value)?.v {
                Value::Secret(name) => Some(Input::Secret(name.to_string())),
                Value::Str(text) | Value::Word(text) => Some(Input::Text(text.to_string())),
                _ => None,
            },
        };
        let cuts = self.cut(call)?;
        Ok(Request::Ssh { host: host.clone(), script: shell.text.clone(), words: shell.words.clone(), stdin, cuts })
    }

    /// Whether it may cut the road to its host, and what brings it back there.
    fn cut(&mut self, call: &Call<'a>) -> Result<Option<Cut>, Broken> {
        let arg = |takes| call.driver.and_then(|driver| driver.arg(&call.tree.args, takes));
        let Some(cuts) = arg(Takes::Cuts) else { return Ok(None) };
        let value = self.value(call, cuts)?;
        let Value::Quantity(time) = value.v else { return Ok(None) };
        let (min, max) = (Cut::WITHIN_MIN_SECONDS, Cut::WITHIN_MAX_SECONDS);
        let Some(within_seconds) = time.whole_seconds().filter(|seconds| (min..=max).contains(seconds)) else {
            let message = format!("a host waits from {min} s to {max} s before it undoes what cut the road to it, and not {time}");
            self.problems.push(Problem::error(NOT_CARRIED_OUT, value.at, message).help("give the step time to end and to connect anew"));
            return Err(Broken);
        };
        let undo = match arg(Takes::Undo) {
            Some(undo) => match self.value(call, undo)?.v {
                Value::Sh(shell) => Some(CutUndo { script: shell.text.clone(), words: shell.words.clone() }),
                _ => None,
            },
            None => None,
        };
        Ok(Some(Cut { within_seconds, undo }))
    }

    fn look(&mut self, host: Option<&HostId>, call: &Call<'a>) -> Result<Look, Broken> {
        let module = self.model.program.kind(call.kind).module;
        let told = |word: &str| call.tree.told.iter().find(|(clause, _)| clause.text == word).map(|(_, e)| e);
        let condition = |word: &str| told(word).and_then(|e| self.condition(module, e));
        let (gone, ready, failed) = (condition("gone"), condition("ready"), condition("failed"));
        let seconds = |word: &str| {
            let (_, e) = call.tree.waits.iter().find(|(clause, _)| clause.text == word)?;
            let Value::Quantity(q) = self.model.eval(&Scope::module(module), e).v else { return None };
            q.whole_seconds()
        };
        let (timeout_seconds, every_seconds) = (seconds("timeout").unwrap_or(0), seconds("every").unwrap_or(EVERY_SECONDS).max(1));
        let mut fields = BTreeMap::new();
        for field in call.tree.from.iter().flat_map(|f| &f.1) {
            let (path, unit) = counted(&field.value);
            if let Some(value) = json(&self.model.get(self.id, &field.key.text).v, unit.as_ref().map(|u| u.text.as_str())) {
                fields.insert(field.key.text.to_string(), Expected { path: selector(path), value });
            }
        }
        let from = call.tree.from.as_ref().map(|f| selector(&f.0)).unwrap_or_default();
        Ok(Look { request: self.request(host, call)?, from, gone, ready, failed, fields, timeout_seconds, every_seconds })
    }

    /// As `answers` has looked at it.
    fn condition(&self, module: ModuleId, e: &Expr) -> Option<Condition> {
        let constant = |e: &Expr| json(&self.model.eval(&Scope::module(module), e).v, None);
        Some(match &e.kind {
            ExprKind::Binary(BinaryOp::And, _, left, right) => {
                Condition::All { of: vec![self.condition(module, left)?, self.condition(module, right)?] }
            }
            ExprKind::Binary(BinaryOp::Or, _, left, right) => {
                Condition::Any { of: vec![self.condition(module, left)?, self.condition(module, right)?] }
            }
            ExprKind::Unary(UnaryOp::Not, inner) => Condition::Not { of: Box::new(self.condition(module, inner)?) },
            ExprKind::Present(inner) => Condition::Present { path: selector(inner) },
            ExprKind::Binary(BinaryOp::Eq, _, left, right) => Condition::OneOf { path: selector(left), values: vec![constant(right)?] },
            ExprKind::Binary(BinaryOp::In, _, left, right) => {
                let values = match &right.kind {
                    ExprKind::List(items) => items.iter().map(constant).collect::<Option<_>>()?,
                    _ => vec![constant(right)?],
                };
                Condition::OneOf { path: selector(left), values }
            }
            _ => return None,
        })
    }
}

/// Is there anything that an answer may say of a thing that is not there?
fn tells_whether_it_is_there(call: &Call<'_>) -> bool {
    let from = call.tree.from.as_ref().is_some_and(|(path, _)| !matches!(path.kind, ExprKind::Root));
    from || call.tree.told.iter().any(|(clause, _)| clause.text == "gone")
}

/// `$.a.b[0]` from the outside in.
fn selector(e: &Expr) -> Selector {
    let (inner, part) = match &e.kind {
        ExprKind::Dot(inner, name) => (inner, Part::Name(name.text.to_string())),
        ExprKind::Every(inner) => (inner, Part::Every),
        ExprKind::Index(inner, index) => match &index.kind {
            ExprKind::Literal(l) => (inner, Part::Index(l.text.parse().unwrap_or(u32::MAX))),
            ExprKind::Str(parts) => match parts.first() {
                Some(mig_syntax::ast::Part::Text(text)) => (inner, Part::Name(text.clone())),
                _ => return vec![],
            },
            _ => return vec![],
        },
        _ => return vec![],
    };
    let mut path = selector(inner);
    path.push(part);
    path
}

/// As an answer would have it; a quantity as the count of its unit.
pub(super) fn json(value: &Value, unit: Option<&str>) -> Option<serde_json::Value> {
    Some(match value {
        Value::Bool(b) => (*b).into(),
        Value::Int(i) => (*i).into(),
        Value::Float(x) => (*x).into(),
        Value::Str(s) | Value::Word(s) => s.as_str().into(),
        Value::Ip(ip) => ip.to_string().into(),
        Value::Cidr(ip, bits) => format!("{ip}/{bits}").into(),
        Value::Quantity(q) => (q.as_f64() / quantity::unit(unit?)?.as_f64()).into(),
        Value::List(list) => serde_json::Value::Array(list.iter().map(|v| json(&v.v, unit)).collect::<Option<_>>()?),
        _ => return None,
    })
}
