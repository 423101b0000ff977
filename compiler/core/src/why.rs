//! Where does a value come from? The chain from a field to the literals, facts, defaults and parameters that made it.

use crate::{
    eval::Scope,
    infer::{Env, kind_called},
    model::Model,
    program::{Program, Symbol},
    report::near,
    source::Loc,
    typing,
    value::{InstanceId, Sort, Val, Value},
    walk::parts,
};
use mig_plan::Origin;
use mig_syntax::ast::{self, Expr, ExprKind};
use std::collections::BTreeSet;

/// One value of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// How far from the field that was asked for: 0 is itself.
    pub depth: usize,
    /// What it is and how it came about: "`kruskal.cpus` is 2: measured".
    pub text: String,
    /// Where that stands.
    pub origin: Origin,
}

/// A chain is followed so far.
const DEPTH_MAX: usize = 8;
/// A chain has so many links at most.
const LINKS_MAX: usize = 64;

/// The chain of `ADDRESS.FIELD`, or why there is none.
pub(crate) fn why(program: &Program<'_>, path: &str) -> Result<Vec<Link>, String> {
    typing::check(program);
    let model = Model::new(program);
    let (address, field) = path.rsplit_once('.').ok_or_else(|| format!("`{path}` is not ADDRESS.FIELD, such as `kruskal.cpus`"))?;
    let Some((id, instance)) = model.all().find(|(_, i)| i.address == address) else {
        let known: Vec<&str> = model.instances.iter().map(|i| i.address.as_str()).collect();
        if let Some(one) = known.iter().find(|known| known.strip_prefix(address).is_some_and(|rest| rest.starts_with('['))) {
            return Err(format!("`{address}` is declared for keys; name one of them, as in `{one}.{field}`"));
        }
        let help = near(address, known).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
        return Err(format!("nothing is declared as `{address}`{help}"));
    };
    let kind = program.kind(instance.kind);
    let Some(number) = kind.by_name.get(field).copied() else {
        let known: Vec<&str> = kind.fields.iter().map(|f| f.name.as_str()).collect();
        let help = near(field, known).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
        return Err(format!("{} has no field `{field}`{help}", kind_called(&kind.path)));
    };
    Ok(self::field(&model, id, number))
}

/// The chain of a field, by its number.
pub(crate) fn field(model: &Model<'_, '_>, id: InstanceId, number: usize) -> Vec<Link> {
    let mut chain = Chain { model, links: vec![], seen: BTreeSet::new() };
    chain.field(id, number, 0);
    let texts = &model.program.syntax.texts;
    chain.links.into_iter().map(|(depth, text, at)| Link { depth, text, origin: texts.origin(at) }).collect()
}

/// So many links of a chain stand beside a problem.
const SHOWN_MAX: usize = 3;

/// The first links behind a field that has that value, for a problem at its entry. What the standard library computes is left
/// out; a default is said to be one.
pub(crate) fn shown(model: &Model<'_, '_>, id: InstanceId, number: usize, value: &Val) -> Vec<(Loc, String)> {
    let entry = model.entry(id, number);
    let mut chain = Chain { model, links: vec![], seen: BTreeSet::new() };
    model.assuming(id, number, value.clone(), || chain.field(id, number, 0));
    let instance = model.instance(id);
    let mut shown = vec![];
    for (depth, text, at) in chain.links {
        let is_default = depth == 0 && instance.written.get(number).copied().flatten().is_none() && at != value.at;
        let said = match (depth, model.program.is_brought(at)) {
            (0, _) if is_default => "its default, declared here".to_owned(),
            (_, true) => continue,
            (0, false) if instance.written.get(number).copied().flatten().is_some() => continue,
            _ => text,
        };
        if at.span.end > 0 && at != entry && !shown.iter().any(|(other, _)| *other == at) {
            shown.push((at, said));
        }
    }
    shown.truncate(SHOWN_MAX);
    shown
}

struct Chain<'c, 'p, 'a> {
    model: &'c Model<'p, 'a>,
    /// How far from the field, what it is, where it stands.
    links: Vec<(usize, String, Loc)>,
    seen: BTreeSet<String>,
}

impl Chain<'_, '_, '_> {
    fn link(&mut self, depth: usize, text: String, at: Loc) {
        self.links.push((depth, text, at));
    }

    fn is_new(&mut self, name: &str) -> bool {
        self.links.len() < LINKS_MAX && self.seen.insert(name.to_owned())
    }

    fn field(&mut self, id: InstanceId, number: usize, depth: usize) {
        let instance = self.model.instance(id);
        let kind = self.model.program.kind(instance.kind);
        let Some(def) = kind.fields.get(number) else { return };
        let name = format!("{}.{}", instance.address, def.name);
        if depth > DEPTH_MAX || !self.is_new(&name) {
            return;
        }
        let value = self.model.field(id, number);
        let written = instance.written.get(number).copied().flatten();
        let (how, at) = match (written, value.sort) {
            (Some(_), _) => ("written here", self.model.entry(id, number)),
            (None, Sort::Fact) if self.is_survey(value.at) => ("measured", value.at),
            (None, _) if def.derived => ("computed by its kind", def.at),
            (None, _) if def.value.is_some() => ("a default of its kind", def.at),
            (None, _) => ("not given", def.at),
        };
        self.link(depth, format!("`{name}` is {}: {how}", self.show(&value)), at);
        match (written, def.value) {
            (Some(field), _) => {
                let model = self.model;
                model.in_declaration(id, |scope| self.expression(&field.value, scope, depth + 1));
            }
            (None, Some(default)) => self.expression(default, &Scope { me: Some(id), body: true, ..Scope::module(def.module) }, depth + 1),
            (None, None) => {}
        }
    }

    /// Tables stand for facts too; only what a survey wrote was measured.
    fn is_survey(&self, at: Loc) -> bool {
        self.model.program.syntax.facts.values().any(|f| f.as_ref().is_ok_and(|f| *f == at.file))
    }

    /// A value, with what would settle it where it is not known.
    fn show(&self, value: &Val) -> String {
        match &value.v {
            Value::Unknown(needs) => format!("unknown, until there is {needs}"),
            Value::Later(later) => format!("known later, from {}", self.model.later_name(later)),
            Value::Secret(name) => format!("the secret `{name}`"),
            Value::Absent => "absent".to_owned(),
            other => self.model.show(other),
        }
    }

    /// Names and fields that an expression reads.
    fn expression(&mut self, e: &Expr, scope: &Scope<'_>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        match &e.kind {
            ExprKind::Name(name) => self.name(name, scope, depth),
            ExprKind::Dot(receiver, name) => self.dot(e, receiver, name, scope, depth),
            ExprKind::Index(table, key) if self.row(e, table, scope, depth) => self.expression(key, scope, depth + 1),
            _ => parts(e, &mut |part| self.expression(part, scope, depth)),
        }
    }

    /// The row of a table, where it stands: in the table, or in what `extend` added.
    fn row(&mut self, whole: &Expr, table: &Expr, scope: &Scope<'_>, depth: usize) -> bool {
        let ExprKind::Name(name) = &table.kind else { return false };
        if !matches!(self.model.program.find_value(scope.module, name), Some((_, Symbol::Table(_)))) {
            return false;
        }
        let value = self.model.eval(scope, whole);
        let text = self.model.program.syntax.texts.slice(self.model.program.loc(scope.module, whole.span)).to_owned();
        if !value.is_known() || value.at.span.end == 0 || !self.is_new(&text) {
            return false;
        }
        self.link(depth, format!("`{text}` is {}: a row of the table `{name}`", self.show(&value)), value.at);
        true
    }

    fn name(&mut self, name: &smol_str::SmolStr, scope: &Scope<'_>, depth: usize) {
        let keys = scope.me.and_then(|me| self.model.instance(me).keys.as_deref());
        if let Some(value) = (Scope { keys, vars: None, ..*scope }).key(name) {
            if self.is_new(name) {
                self.link(depth, format!("`{name}` is {}: a key", self.show(value)), value.at);
            }
            return;
        }
        if let Some(me) = scope.me.filter(|_| scope.body)
            && let Some(number) = self.model.program.kind(self.model.instance(me).kind).by_name.get(name)
        {
            return self.field(me, *number, depth);
        }
        let Some((module, symbol)) = self.model.program.find_value(scope.module, name) else { return };
        let (what, value_of) = match symbol {
            Symbol::Let(l) => ("a constant", Some(&l.value)),
            Symbol::Param(p) => given_by(self.model.program, &p.name.text).map_or(("a parameter", p.default.as_ref()), |how| (how, None)),
            Symbol::Table(_) => ("a table", None),
            Symbol::Fn(_) | Symbol::Declaration(_) => return,
        };
        if !self.is_new(name) {
            return;
        }
        let value = self.model.symbol_value(module, name, &symbol, Loc::default());
        let at = self.model.program.loc(module, crate::program::symbol_name(&symbol).span);
        let text = if what == "a table" { format!("`{name}`: {what}") } else { format!("`{name}` is {}: {what}", self.show(&value)) };
        self.link(depth, text, at);
        if let Some(e) = value_of {
            self.expression(e, &Scope::module(module), depth + 1);
        }
    }

    fn dot(&mut self, whole: &Expr, receiver: &Expr, name: &ast::Name, scope: &Scope<'_>, depth: usize) {
        if let Value::Ref(id) = self.model.eval(scope, receiver).v {
            let number = self.model.program.kind(self.model.instance(id).kind).by_name.get(&name.text).copied();
            if let Some(number) = number {
                return self.field(id, number, depth);
            }
        }
        let value = self.model.eval(scope, whole);
        let env = Env::module(scope.module);
        let text = self.model.program.syntax.texts.slice(self.model.program.loc(env.module, whole.span)).to_owned();
        if value.at.span.end > 0
            && value.is_known()
            && value.at.file != self.model.program.loc(scope.module, whole.span).file
            && self.is_new(&text)
        {
            self.link(depth, format!("`{text}` is {}", self.show(&value)), value.at);
        }
        self.expression(receiver, scope, depth);
    }
}

/// Who gave a parameter its value, if it is not its default.
fn given_by(program: &Program<'_>, name: &str) -> Option<&'static str> {
    let options = &program.syntax.options;
    let has = |list: &[(String, String)]| list.iter().any(|(n, _)| n == name);
    if has(&options.set) {
        Some("a parameter, given by `--set`")
    } else if has(&options.file) {
        Some("a parameter, given by the file of `--env`")
    } else {
        has(&options.environment).then_some("a parameter, given by the environment")
    }
}
