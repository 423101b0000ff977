//! Which checks does a model violate? Runs the rules that are written in the language, each over all its bindings.

use crate::{
    allows::Allows,
    code::{Code, Op},
    eval::Scope,
    literal,
    methods::Method,
    model::{Instance, Model},
    quantity::Rounding,
    report::{Offer, Problem},
    source::Loc,
    types::{KindId, ModuleId},
    unique,
    value::{InstanceId, Sort, Val, Value},
};
use mig_plan::{Severity, Unproven};
use mig_syntax::ast::{self, Expr, ExprKind};
use smol_str::SmolStr;
use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
    time::Duration,
};

/// A check that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// For people: `duplicate_node_id`.
    pub name: String,
    /// For machines: `MIG3030`.
    pub code: String,
    /// `error`, `error!` (cannot be silenced), `warning` or `hint`.
    pub severity: String,
    /// Where it stands.
    pub file: String,
    /// How many of the program's `@allow`s silence it.
    pub allowed: usize,
    /// What it cost, if somebody wants to know.
    pub cost: Option<Cost>,
}

/// What a check cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// How many times its conditions were asked: once for each combination of what its `for`s range over.
    pub asked: u64,
    /// How long it took, the lists of its `for`s included.
    pub time: Duration,
}

/// What tells the time: the compiler has no clock of its own.
pub type Clock<'c> = &'c dyn Fn() -> Duration;

/// A large program is gone through in parts of so many declarations, and each part by all checks: what one of them has looked at is
/// still near when the next one looks.
const PART: usize = 64;

/// Runs every check, and tells which ran, by name; with a clock also what each cost.
pub fn run(model: &Model<'_, '_>, clock: Option<Clock<'_>>) -> Vec<Ran> {
    model.remembered.begin();
    let allows = Allows::collect(model);
    unique::run(model);
    crate::project::check(model);
    let mut runners = vec![];
    for (number, module) in model.program.syntax.modules.iter().enumerate() {
        for item in &module.tree.items {
            if let ast::ItemKind::Check(check) = &item.kind {
                runners.push(Runner::new(model, check, ModuleId(number as u32), None, &allows));
            }
        }
    }
    for (number, kind) in model.program.kinds.iter().enumerate() {
        let of_kind = Some(KindId(number as u32));
        runners.extend(kind.tree.checks.iter().map(|check| Runner::new(model, check, kind.module, of_kind, &allows)));
    }
    let subjects: Vec<Subjects<'_, '_>> = runners.iter().map(|runner| runner.timed(clock, || runner.subjects())).collect();
    let part_count = subjects.iter().map(|subjects| subjects.list.len().div_ceil(PART)).max().unwrap_or(0);
    for part in 0..part_count {
        for (runner, subjects) in runners.iter().zip(&subjects) {
            runner.timed(clock, || runner.run(subjects, part, part_count));
        }
    }
    let mut ran: Vec<Ran> = runners.iter().map(|runner| runner.ran(clock.is_some())).collect();
    ran.extend(left_out(model));
    allows.report_unused(model);
    model.program.problems.borrow_mut().group();
    ran.sort_by(|a, b| a.name.cmp(&b.name));
    ran
}

/// Checks that can find nothing in the program hold.
fn left_out(model: &Model<'_, '_>) -> impl Iterator<Item = Ran> {
    let syntax = model.program.syntax;
    syntax.left_out.iter().flat_map(|(file, checks)| checks.iter().map(|check| (*file, check))).map(|(file, check)| Ran {
        name: check.name.to_owned(),
        code: check.code.to_owned(),
        severity: check.severity.to_owned(),
        file: syntax.texts.name(file).to_owned(),
        allowed: 0,
        cost: None,
    })
}

struct Runner<'r, 'p, 'a> {
    model: &'r Model<'p, 'a>,
    check: &'a ast::Check,
    module: ModuleId,
    /// The kind it stands in.
    of_kind: Option<KindId>,
    allows: &'r Allows<'a>,
    asked: Cell<u64>,
    time: Cell<Duration>,
    /// What its `for`s go through, and its conditions; most checks of a small program come to none.
    lists: Vec<OnceCell<Code<'a>>>,
    conditions: OnceCell<Vec<Code<'a>>>,
    broken: OnceCell<bool>,
}

/// What a check is asked about, one after the other: declarations of the kind that it stands in, or what its first `for` goes through.
#[derive(Default)]
struct Subjects<'c, 'a> {
    list: Rc<[Val]>,
    /// What of these is left out: the rule of a `filter`.
    rule: Option<&'c [Code<'a>]>,
}

impl<'r, 'p, 'a> Runner<'r, 'p, 'a> {
    fn new(model: &'r Model<'p, 'a>, check: &'a ast::Check, module: ModuleId, of_kind: Option<KindId>, allows: &'r Allows<'a>) -> Self {
        let lists = check.bindings.iter().map(|_| OnceCell::new()).collect();
        let (asked, time) = (Cell::default(), Cell::default());
        Self { model, check, module, of_kind, allows, asked, time, lists, conditions: OnceCell::new(), broken: OnceCell::new() }
    }

    /// What an expression comes to behind these `for`s.
    fn code(&self, scope: &Scope<'_>, behind: &[ast::Binding], e: &Expr) -> Code<'a> {
        let names = behind.iter().flat_map(|binding| &binding.names).map(|name| name.text.clone()).collect();
        self.model.code_and_cost(scope, names, e).0
    }

    /// Does a part of its work, and adds what that takes.
    fn timed<T>(&self, clock: Option<Clock<'_>>, work: impl FnOnce() -> T) -> T {
        let begun = clock.map(|clock| clock());
        let done = work();
        if let Some((clock, begun)) = clock.zip(begun) {
            self.time.set(self.time.get() + clock().saturating_sub(begun));
        }
        done
    }

    /// What is told of it behind its work.
    fn ran(&self, is_timed: bool) -> Ran {
        let cost = is_timed.then(|| Cost { asked: self.asked.get(), time: self.time.get() });
        Ran { cost, ..self.allows.ran(self.model, self.check, self.module) }
    }

    /// What it is asked about; nothing if it is broken.
    fn subjects(&self) -> Subjects<'_, 'a> {
        let of_kind = self.of_kind.map(|kind| self.model.of_kind(kind));
        if of_kind.as_ref().is_some_and(|list| list.is_empty()) {
            return Subjects::default();
        }
        // What is wrong with it is said already, and what it finds would be nothing but a consequence.
        if self.is_broken() {
            self.allows.excuse(self.check);
            return Subjects::default();
        }
        self.model.undecided.borrow_mut().clear();
        let scope = Scope::module(self.module);
        match (of_kind, self.check.bindings.is_empty()) {
            (Some(list), _) => Subjects { list, rule: None },
            (None, false) => self.list(&scope, 0, &[]),
            (None, true) => {
                self.judge(&scope, &[]);
                Subjects::default()
            }
        }
    }

    /// Runs it over a part of what it is asked about.
    fn run(&self, subjects: &Subjects<'_, 'a>, part: usize, part_count: usize) {
        self.model.undecided.borrow_mut().clear();
        let bound = |number: usize| subjects.list.len() * number / part_count;
        let scope = Scope::module(self.module);
        for item in subjects.list.get(bound(part)..bound(part + 1)).unwrap_or_default() {
            match item.v {
                Value::Ref(id) if self.of_kind.is_some() => {
                    self.bind(&Scope { me: Some(id), body: true, ..scope }, &self.check.bindings, &mut vec![item.clone()]);
                }
                _ => self.bind_one(&scope, &self.check.bindings, subjects.rule, item, &mut vec![]),
            }
        }
    }

    /// Is it damaged, or is a value in it none?
    fn is_broken(&self) -> bool {
        let program = self.model.program;
        let all = program.loc(self.module, self.check.span);
        let is_within = |at: &Loc| at.file == all.file && all.span.start <= at.span.start && at.span.end <= all.span.end;
        *self.broken.get_or_init(|| {
            self.check.code.text.is_empty()
                || program.is_damaged(self.module, self.check.span)
                || program.broken.borrow().iter().any(is_within)
        })
    }

    /// Goes through the lists of `for`, one inside the other.
    fn bind(&self, scope: &Scope<'_>, bindings: &[ast::Binding], bound: &mut Vec<Val>) {
        if bindings.is_empty() {
            return self.judge(scope, bound);
        }
        let Subjects { list, rule } = self.list(scope, self.lists.len() - bindings.len(), bound);
        for item in list.iter() {
            self.bind_one(scope, bindings, rule, item, bound);
        }
    }

    /// What a `for` goes through, with the rule of a `filter` at its end.
    fn list(&self, scope: &Scope<'_>, position: usize, bound: &[Val]) -> Subjects<'_, 'a> {
        let Some((binding, code)) = self.check.bindings.get(position).zip(self.lists.get(position)) else { return Subjects::default() };
        let code = code.get_or_init(|| self.code(scope, &self.check.bindings[..position], &binding.list));
        let filtered = match &code.op {
            Op::Method(receiver, Method::Filter, rule) => match &self.model.view(scope, receiver).v {
                Value::List(list) => Some(Subjects { list: list.clone(), rule: Some(rule) }),
                _ => None,
            },
            _ => None,
        };
        let subjects = filtered.unwrap_or_else(|| Subjects { list: self.items(&self.model.view(scope, code).v, bound), rule: None });
        self.take_undecided(bound);
        subjects
    }

    /// What there is to go through; a map as pairs.
    fn items(&self, list: &Value, bound: &[Val]) -> Rc<[Val]> {
        match list {
            Value::List(items) => items.clone(),
            Value::Map(map) => {
                let pair =
                    |(key, value): (&SmolStr, &Val)| Value::Tuple([Val::new(Value::Str(key.clone()), value.at), value.clone()].into());
                map.iter().map(|entry| Val::new(pair(entry), entry.1.at)).collect()
            }
            other => {
                self.unproven(other, bound);
                Rc::default()
            }
        }
    }

    /// The inner `for`s for one that the first goes through.
    fn bind_one(&self, scope: &Scope<'_>, bindings: &[ast::Binding], rule: Option<&[Code<'a>]>, item: &Val, bound: &mut Vec<Val>) {
        let Some((binding, rest)) = bindings.split_first() else { return };
        if let Some(rule) = rule {
            let is_kept = self.model.kept(scope, rule, item);
            self.take_undecided(bound);
            if !is_kept {
                return;
            }
        }
        let parts = match &item.v {
            Value::Tuple(parts) if binding.names.len() > 1 => parts,
            _ => std::slice::from_ref(item),
        };
        bound.push(item.clone());
        self.bind_parts(scope, &binding.names, parts, rest, bound);
        bound.pop();
    }

    fn bind_parts(&self, scope: &Scope<'_>, names: &[ast::Name], parts: &[Val], rest: &[ast::Binding], bound: &mut Vec<Val>) {
        let Some((name, names)) = names.split_first() else { return self.bind(scope, rest, bound) };
        let missing = Val::error(Loc::default());
        let (part, parts) = parts.split_first().unwrap_or((&missing, &[]));
        let var = scope.var(&name.text, part);
        self.bind_parts(&scope.with(&var), names, parts, rest, bound);
    }

    fn judge(&self, scope: &Scope<'_>, bound: &[Val]) {
        self.asked.set(self.asked.get() + 1);
        let mut severity = severity_of(&self.check.severity.text);
        let graded = self.check.conditions.iter().any(|c| c.severity.is_some());
        let mut held = !graded;
        let mut guilty: Vec<&Expr> = vec![];
        let conditions = &self.check.conditions;
        let codes = self.conditions.get_or_init(|| conditions.iter().map(|c| self.code(scope, &self.check.bindings, &c.value)).collect());
        for (condition, code) in conditions.iter().zip(codes) {
            let decided = self.model.decide(scope, code);
            self.take_undecided(bound);
            match (decided, &condition.severity) {
                (Ok(true), Some(grade)) => {
                    if !held {
                        severity = severity_of(&grade.text);
                    }
                    held = true;
                    guilty = vec![&condition.value];
                }
                (Ok(true), None) => {
                    held = true;
                    guilty.push(&condition.value);
                }
                (Ok(false), None) if !graded => return,
                (Ok(false), _) => {}
                (Err(open), _) => return self.unproven(&open, bound),
            }
            if held && graded {
                break;
            }
        }
        if held {
            self.violated(scope, severity, bound, &guilty);
        }
    }

    fn take_undecided(&self, bound: &[Val]) {
        if self.model.undecided.borrow().is_empty() {
            return;
        }
        for (about, needs) in self.model.undecided.take() {
            self.note(needs, about, bound);
        }
    }

    fn unproven(&self, value: &Value, bound: &[Val]) {
        let needs = match value {
            Value::Unknown(needs) => needs.to_string(),
            Value::Later(later) => self.model.later_name(later),
            Value::Absent => "a value that is not given".to_owned(),
            _ => return,
        };
        self.note(needs, String::new(), bound);
    }

    fn note(&self, needs: String, about: String, bound: &[Val]) {
        let of_bound = bound.iter().filter_map(|v| self.address(v));
        let about = Some(about).filter(|a| !a.is_empty());
        let unproven = Unproven {
            code: self.check.code.text.to_string(),
            name: self.check.name.text.to_string(),
            address: of_bound.chain(about).collect::<Vec<_>>().join(", "),
            needs,
        };
        self.model.program.problems.borrow_mut().unproven.push(unproven);
    }

    fn address(&self, value: &Val) -> Option<String> {
        match &value.v {
            Value::Ref(_) => Some(self.model.show(&value.v)),
            Value::Tuple(parts) => parts.first().and_then(|p| self.address(p)),
            _ => None,
        }
    }

    fn violated(&self, scope: &Scope<'_>, severity: Severity, bound: &[Val], guilty: &[&Expr]) {
        let Some(at) = &self.check.at else { return };
        let place = self.place(scope, at);
        if self.allows.silences(self.model, self.check, place.entry, place.owner, bound) {
            return;
        }
        let message = self.text(scope, self.check.say.as_ref()).unwrap_or_default();
        let mut problem = Problem::new(severity, &self.check.code.text, &self.check.name.text, place.entry, message);
        problem.help = self.text(scope, self.check.help.as_ref());
        problem.hidden = place.sort == Sort::Exposed;
        problem.unsilenceable = self.check.unsilenceable;
        let owner = place.owner.map(|id| self.model.instance(id));
        problem.one_of_many = owner.is_some_and(Instance::is_one_of_many);
        problem.about = owner.map(|owner| owner.address.to_string()).or_else(|| bound.iter().find_map(|v| self.address(v)));
        if let Some((id, number)) = place.owner.zip(place.field) {
            problem.text = self.model.would_do(scope, guilty, id, number).unwrap_or_default();
            if place.source.is_some() {
                problem = self.come_from(problem, id, number, place.source);
            }
        }
        for (e, text) in &self.check.also {
            let other = self.place(scope, e);
            let text = self.text(scope, text.as_ref()).unwrap_or_default();
            if other.entry.span.end > 0 {
                problem.labels.push((other.source.filter(|_| other.sort == Sort::Fact).unwrap_or(other.entry), text));
            }
        }
        if let Some((e, value)) = &self.check.fix {
            problem.fixes.extend(self.fix(scope, e, value));
        }
        self.model.program.report(problem);
    }

    /// Where the value of a field comes from, if it does not stand in its entry.
    fn come_from(&self, mut problem: Problem, id: InstanceId, number: usize, source: Option<Loc>) -> Problem {
        let explain = self.model.assumption.may_explain();
        let chain = if explain { crate::why::shown(self.model, id, number, &self.model.field(id, number)) } else { vec![] };
        if chain.is_empty() {
            return source.map_or(problem.clone(), |from| problem.also(from, "comes from here"));
        }
        for (at, text) in chain {
            problem = problem.also(at, text);
        }
        problem
    }

    /// A text for people; what is not known in it is said so, and does not take the rest away.
    fn text(&self, scope: &Scope<'_>, e: Option<&Expr>) -> Option<String> {
        let e = e?;
        if let ExprKind::Str(parts) = &e.kind {
            return Some(self.filled(scope, parts));
        }
        if let ExprKind::If(arms, other) = &e.kind {
            for (condition, text) in arms {
                match self.model.eval(scope, condition).v {
                    Value::Bool(true) => return self.text(scope, Some(text)),
                    Value::Bool(false) => {}
                    _ => return None,
                }
            }
            return self.text(scope, other.as_deref());
        }
        let value = self.model.eval(scope, e);
        match &value.v {
            Value::Str(text) => Some(text.to_string()),
            Value::Absent | Value::Error => None,
            other => Some(self.model.show(other)),
        }
    }

    /// A text with its values. Quantities that differ look different, so that no text says `30 GiB do not fit on 30 GiB`.
    fn filled(&self, scope: &Scope<'_>, parts: &[ast::Part]) -> String {
        let values: Vec<Option<Value>> = parts
            .iter()
            .map(|p| match p {
                ast::Part::Text(_) => None,
                ast::Part::Hole(hole) => Some(self.model.eval(scope, hole).v),
            })
            .collect();
        let quantities = values.iter().flatten().filter_map(|v| if let Value::Quantity(q) = v { Some(*q) } else { None });
        let decimals = crate::quantity::decimals_apart(&quantities.collect::<Vec<_>>());
        let show = |value: &Value| match value {
            Value::Quantity(q) => q.shown(decimals, Rounding::Near),
            other => self.model.show(other),
        };
        let part = |(part, value): (&ast::Part, &Option<Value>)| match (part, value) {
            (ast::Part::Text(text), _) => text.clone(),
            (_, value) => value.as_ref().map(show).unwrap_or_default(),
        };
        parts.iter().zip(&values).map(part).collect()
    }

    /// Where an expression points: the entry of `x.f`, the name of a declaration, the side of an `if` that is taken, or the place of a value.
    fn place(&self, scope: &Scope<'_>, e: &Expr) -> Place {
        // In the body of a kind a field's name is the field.
        if let ExprKind::Name(name) = &e.kind
            && let Some(me) = scope.me.filter(|_| scope.body)
            && self.model.program.kind(self.model.instance(me).kind).by_name.contains_key(name)
        {
            return self.field_place(me, name);
        }
        if let ExprKind::Dot(receiver, name) = &e.kind {
            let base = self.model.eval(scope, receiver);
            if let Value::Ref(id) = base.v {
                return self.field_place(id, &name.text);
            }
        }
        // The entry of the side that is taken, and not the place of its value.
        if let ExprKind::If(arms, other) = &e.kind {
            let holds = |condition: &Expr| matches!(self.model.eval(scope, condition).v, Value::Bool(true));
            let taken = arms.iter().find(|(condition, _)| holds(condition)).map(|(_, side)| side).or(other.as_deref());
            if let Some(side) = taken {
                return self.place(scope, side);
            }
        }
        let value = self.model.eval(scope, e);
        let owner = if let Value::Ref(id) = value.v { Some(id) } else { None };
        let entry = owner.map_or(value.at, |id| self.model.instance(id).at);
        Place { entry, source: None, owner, field: None, sort: value.sort }
    }

    fn field_place(&self, id: InstanceId, name: &str) -> Place {
        let instance = self.model.instance(id);
        let Some(number) = self.model.program.kind(instance.kind).by_name.get(name).copied() else {
            let at = self.model.member(id, name).map_or(instance.at, |v| v.at);
            return Place { entry: at, source: None, owner: Some(id), field: None, sort: Sort::Written };
        };
        let entry = self.model.entry(id, number);
        let value = self.model.field(id, number);
        let elsewhere = value.at.file != entry.file || value.at.span.start < entry.span.start || value.at.span.end > entry.span.end;
        let told = elsewhere && value.is_known() && value.sort != Sort::Default && value.at.span.end > 0;
        Place { entry, source: told.then_some(value.at), owner: Some(id), field: Some(number), sort: value.sort }
    }

    /// An edit of the entry, or a new entry; never of a shared literal.
    fn fix(&self, scope: &Scope<'_>, e: &Expr, value: &Expr) -> Option<Offer> {
        let (ExprKind::Dot(_, ast::Name { text: name, .. }) | ExprKind::Name(name)) = &e.kind else { return None };
        let place = self.place(scope, e);
        let owner = place.owner?;
        let instance = self.model.instance(owner);
        let written = instance.written.get(place.field?).copied().flatten()?;
        let new = self.model.eval(scope, value);
        let text = self.written(&new.v)?;
        let at = self.model.program.loc(instance.module, written.value.span);
        Some(Offer { title: format!("set `{name}` to `{text}`"), at, text, safe: !self.model.is_shared(owner) })
    }

    /// The text that means a value, if one does.
    fn written(&self, value: &Value) -> Option<String> {
        match value {
            Value::Ref(_) => Some(self.model.show(value)),
            Value::List(items) => {
                let items: Option<Vec<String>> = items.iter().map(|item| self.written(&item.v)).collect();
                Some(format!("[{}]", items?.join(", ")))
            }
            other => literal::written(other),
        }
    }
}

struct Place {
    entry: Loc,
    source: Option<Loc>,
    owner: Option<InstanceId>,
    field: Option<usize>,
    sort: Sort,
}

fn severity_of(word: &str) -> Severity {
    match word {
        "warning" => Severity::Warning,
        "hint" => Severity::Hint,
        _ => Severity::Error,
    }
}
