//! What is the value of an expression? Total: every expression has one, perhaps unknown, later or broken.
//!
//! Names are looked up in `code`; functions and methods are in `functions` and `methods`, arithmetic in `arithmetic`.

use crate::{
    arithmetic,
    code::{Code, Member, Op, Qualified, Top},
    declare::Keys,
    entries::Entries,
    literal,
    model::{Instance, Model},
    program::{FieldDef, Symbol},
    report::{CYCLE, PARAMETER, Problem, TYPE_MISMATCH, UNKNOWN_NAME, near},
    source::Loc,
    types::{KindId, ModuleId, Type, Typed},
    value::{InstanceId, Val, Value},
};
use mig_syntax::ast::{self, BinaryOp, Expr, ExprKind, Part, UnaryOp};
use smol_str::SmolStr;
use std::borrow::Cow;

/// A local name and those around it.
#[derive(Debug, Clone, Copy)]
pub struct Var<'s> {
    name: &'s str,
    value: &'s Val,
    outer: Option<&'s Var<'s>>,
}

/// What names mean around an expression.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s> {
    /// Where names are looked up last.
    pub module: ModuleId,
    /// Local names, innermost first.
    pub vars: Option<&'s Var<'s>>,
    /// `self`.
    pub me: Option<InstanceId>,
    /// Does a bare name mean a field of `self`?
    pub body: bool,
    /// Keys of the declarations around, behind the local names.
    pub keys: Option<&'s Keys>,
}

impl<'s> Scope<'s> {
    /// At the top of a module.
    pub fn module(module: ModuleId) -> Self {
        Self { module, vars: None, me: None, body: false, keys: None }
    }

    /// A local name, to be put before those of this scope.
    pub fn var(&self, name: &'s str, value: &'s Val) -> Var<'s> {
        Var { name, value, outer: self.vars }
    }

    /// With that name.
    pub fn with(&self, var: &'s Var<'s>) -> Self {
        Self { vars: Some(var), ..*self }
    }

    /// The local name that is so many names outwards.
    pub(crate) fn local(&self, outwards: usize) -> Option<&'s Val> {
        let mut at = self.vars?;
        for _ in 0..outwards {
            at = at.outer?;
        }
        Some(at.value)
    }

    /// Values of its local names, the innermost first.
    pub(crate) fn values(&self) -> impl Iterator<Item = &'s Val> {
        std::iter::successors(self.vars, |var| var.outer).map(|var| var.value)
    }

    /// Its local names, the outermost first.
    pub(crate) fn names(&self) -> Vec<SmolStr> {
        let mut names: Vec<SmolStr> = std::iter::successors(self.vars, |var| var.outer).map(|var| var.name.into()).collect();
        names.reverse();
        names
    }

    /// A key around, which stands behind the local names.
    pub(crate) fn key(&self, name: &str) -> Option<&'s Val> {
        let mut around = std::iter::successors(self.keys, |key| key.outer.as_deref());
        around.find(|key| key.name == name).map(|key| &key.value)
    }
}

impl<'a> Model<'_, 'a> {
    /// Of an expression at the top of a module.
    pub fn eval_at_top(&self, module: ModuleId, e: &Expr) -> Val {
        self.eval(&Scope::module(module), e)
    }

    /// Of an entry of a declaration: names mean what they mean in the module, or in the component that holds it.
    pub fn eval_in_declaration(&self, id: InstanceId, e: &Expr) -> Val {
        self.in_declaration(id, |scope| self.eval(scope, e))
    }

    /// With the names of an entry of a declaration.
    pub fn in_declaration<T>(&self, id: InstanceId, then: impl FnOnce(&Scope<'_>) -> T) -> T {
        let instance = self.instance(id);
        let scope = Scope { me: Some(id), keys: instance.keys.as_deref(), ..Scope::module(instance.module) };
        let Some(component) = instance.component else { return then(&scope) };
        let scope = Scope { me: Some(component), body: true, ..scope };
        let this = Val::new(Value::Ref(id), instance.at);
        then(&scope.with(&scope.var("self", &this)))
    }

    /// Of a default or derived field: names mean the fields of the kind.
    pub fn eval_in_body(&self, id: InstanceId, field: &FieldDef<'a>, e: &'a Expr) -> Val {
        let scope = Scope { me: Some(id), body: true, ..Scope::module(field.module) };
        self.run(&scope, &self.code_once(&scope, e))
    }

    /// Of an expression.
    pub fn eval(&self, s: &Scope<'_>, e: &Expr) -> Val {
        self.run(s, &self.code(s, e))
    }

    /// Of an expression whose names were looked up.
    pub(crate) fn run(&self, s: &Scope<'_>, code: &Code<'a>) -> Val {
        let at = code.at;
        match &code.op {
            Op::Value(_) | Op::Local(_) | Op::Bare(..) | Op::Top(_) | Op::Qualified(_) => self.view(s, code).into_owned(),
            Op::Else(_) | Op::If(..) | Op::Dot(..) | Op::Index(_) | Op::Fact(_) => self.view(s, code).into_owned(),
            Op::Me => s.me.map_or_else(|| Val::error(at), |me| Val::new(Value::Ref(me), at)),
            Op::Text(pieces) => self.template(s, pieces, at),
            Op::Shell(pieces) => self.shell(s, pieces, at),
            Op::List(items) => self.list(s, items, at),
            Op::Record(shape, values) => {
                Val::new(Value::Map(Entries::alike(shape, values.iter().map(|value| self.run(s, value)), None)), at)
            }
            Op::Unary(UnaryOp::Not, _) | Op::Logic(..) | Op::Is(..) | Op::Present(_) => {
                Val::new(self.decide(s, code).map_or_else(|open| open, Value::Bool), at)
            }
            Op::Unary(UnaryOp::Neg, inner) => self.negated(s, inner, at),
            Op::Binary(op, sides) => Val::new(self.binary(s, *op, sides, at), at),
            Op::Lambda(..) | Op::Kind(_) => Val::error(at),
            Op::All(kind) => self.all_of(*kind, at),
            Op::Brought(name, args) => self.brought(s, name, args, at),
            Op::Own(function, args) => self.call_own(s, function, args),
            Op::Method(receiver, method, args) => self.method(s, &self.view(s, receiver), *method, args, at),
        }
    }

    /// The same for one who only looks at the value: what stands somewhere already is left there.
    #[inline]
    pub(crate) fn view<'v>(&'v self, s: &Scope<'v>, code: &'v Code<'a>) -> Cow<'v, Val> {
        match &code.op {
            Op::Value(value) => Cow::Borrowed(value),
            Op::Local(outwards) => s.local(*outwards).map_or_else(|| Cow::Owned(Val::error(code.at)), Cow::Borrowed),
            _ => self.view_found(s, code),
        }
    }

    /// The same for what has to be looked for.
    fn view_found<'v>(&'v self, s: &Scope<'v>, code: &'v Code<'a>) -> Cow<'v, Val> {
        let at = code.at;
        match &code.op {
            Op::Bare(member, at_top) => s.me.and_then(|me| self.member_near(me, member)).unwrap_or_else(|| self.view(s, at_top)),
            Op::Top(top) => self.at_top(top, at),
            Op::Qualified(names) => self.qualified(s, names),
            Op::Else(sides) => self.or_else(s, sides),
            Op::If(arms, other) => self.conditional(s, arms, other.as_deref(), at),
            Op::Dot(receiver, member) => self.dot(s, receiver, member, at),
            Op::Index(sides) => self.index(s, sides, at),
            Op::Fact(inner) => self.fact(s, inner, at),
            _ => Cow::Owned(self.run(s, code)),
        }
    }

    fn qualified<'v>(&'v self, s: &Scope<'v>, names: &'v Qualified<'a>) -> Cow<'v, Val> {
        let is_own = s.me.is_some_and(|me| self.member(me, &names.first).is_some());
        self.view(s, if is_own { &names.of_self } else { &names.of_module })
    }

    fn list(&self, s: &Scope<'_>, items: &[Code<'a>], at: Loc) -> Val {
        Val::new(Value::List(items.iter().map(|item| self.run(s, item)).collect()), at)
    }

    fn or_else<'v>(&'v self, s: &Scope<'v>, sides: &'v [Code<'a>; 2]) -> Cow<'v, Val> {
        let value = self.view(s, &sides[0]);
        if matches!(value.v, Value::Absent) { self.view(s, &sides[1]) } else { value }
    }

    fn all_of(&self, kind: Option<KindId>, at: Loc) -> Val {
        let kind = kind.filter(|_| self.is_decided(at));
        kind.map_or_else(|| Val::error(at), |kind| Val::new(Value::List(self.of_kind(kind)), at))
    }

    /// Was it said that this is wrong?
    pub(crate) fn is_broken(&self, at: Loc) -> bool {
        let broken = self.program.broken.borrow();
        !broken.is_empty() && broken.contains(&at)
    }

    /// What a tag makes of a text; a pattern is compiled once, also of a field that each of many declarations has.
    pub(crate) fn tagged(&self, tag: &str, parts: &[Part], at: Loc) -> Val {
        if let Some(known) = self.patterns.borrow().get(&at) {
            return known.clone();
        }
        let value = literal::tagged(tag, parts, at).unwrap_or_else(|_| Val::error(at));
        if matches!(value.v, Value::Regex(_)) {
            self.patterns.borrow_mut().insert(at, value.clone());
        }
        value
    }

    /// While checks run, nothing changes what a name at the top stands for.
    fn at_top<'v>(&self, top: &'v Top<'a>, at: Loc) -> Cow<'v, Val> {
        let value = || self.symbol_value(top.module, &top.name, &top.symbol, at);
        if !self.remembers() {
            return Cow::Owned(value());
        }
        if let Some(known) = top.known.get() {
            return Cow::Borrowed(known);
        }
        let value = value();
        if matches!(value.v, Value::Error) { Cow::Owned(value) } else { Cow::Borrowed(top.known.get_or_init(|| value)) }
    }

    /// A field that has its value, where the last declaration that came by was of the same kind.
    #[inline]
    fn field_near(&self, id: InstanceId, member: &Member) -> Option<&Val> {
        let head = self.fields.head(id);
        let (kind, number) = member.field.get()?;
        if kind != head.kind || self.assumption.is_on() {
            return None;
        }
        self.fields.get(head, number)
    }

    /// What was found before of a declaration of the same kind, or any member.
    fn member_near(&self, id: InstanceId, member: &Member) -> Option<Cow<'_, Val>> {
        let kind = self.kind_of(id);
        if let Some((_, number)) = member.field.get().filter(|(known, _)| *known == kind) {
            return Some(self.look(id, number));
        }
        if let Some(parent) = self.parent_near(id, member) {
            return Some(Cow::Owned(parent));
        }
        if let Some(number) = self.program.kind(kind).by_name.get(&member.name) {
            member.field.set(Some((kind, *number)));
            return Some(self.look(id, *number));
        }
        self.member(id, &member.name).map(Cow::Owned)
    }

    /// The parent of a declaration that has no children, if the name means it.
    fn parent_near(&self, id: InstanceId, member: &Member) -> Option<Val> {
        let head = self.fields.head(id);
        let up = self.fields.parent(id).filter(|_| !head.has_children)?;
        let of_parent = self.fields.head(up);
        let kinds = (head.kind, of_parent.kind);
        if member.parent.get() != Some(kinds) {
            let is_meant = self.program.kind(self.program.kind(kinds.1).root).name == member.name;
            if !is_meant || self.program.kind(kinds.0).by_name.contains_key(&member.name) {
                return None;
            }
            member.parent.set(Some(kinds));
        }
        Some(Val::new(Value::Ref(up), of_parent.at))
    }

    /// A field, a child or the parent.
    pub fn member(&self, id: InstanceId, name: &str) -> Option<Val> {
        let instance = self.instance(id);
        let def = self.program.kind(instance.kind);
        if let Some(number) = def.by_name.get(name) {
            return Some(self.field(id, *number));
        }
        if let Some(child) = self.child(instance, name) {
            return Some(if self.is_decided(child.at) { child } else { Val::error(child.at) });
        }
        let mut parent = instance.parent;
        while let Some(up) = parent {
            let kind = self.instance(up).kind;
            if self.program.kind(self.program.kind(kind).root).name == name {
                return Some(Val::new(Value::Ref(up), self.instance(up).at));
            }
            parent = self.instance(up).parent;
        }
        // Declared at the top, such a child has no parent, and what hangs on it is not known.
        let is_parent = self.program.parents.get(&def.root).is_some_and(|l| l.iter().any(|p| self.program.kind(*p).name == name));
        is_parent.then(|| Val::new(Value::Absent, instance.at))
    }

    /// A child, or the children of one declaration by their keys.
    fn child(&self, instance: &Instance<'a>, name: &str) -> Option<Val> {
        if let Some((_, of_keys)) = instance.many.iter().find(|(n, _)| n == name) {
            return Some(Val::new(Value::Map(of_keys.clone()), instance.at));
        }
        let child = instance.children.iter().find(|c| self.instance(**c).name == name)?;
        Some(Val::new(Value::Ref(*child), self.instance(*child).at))
    }

    /// The value of a `let`, `param` or `table`, computed once.
    pub fn constant(&self, module: ModuleId, name: &SmolStr, symbol: &Symbol<'a>) -> Val {
        let key = (module, name.clone());
        let at = self.program.loc(module, crate::program::symbol_name(symbol).span);
        let known = self.constants.borrow().get(&key).cloned();
        match known {
            Some(Some(value)) => return value,
            Some(None) => {
                self.program.report(Problem::error(CYCLE, at, format!("`{name}` needs itself to be computed")));
                return Val::error(at);
            }
            None => {}
        }
        self.constants.borrow_mut().insert(key.clone(), None);
        let value = self.compute_constant(module, symbol, at);
        self.constants.borrow_mut().insert(key, Some(value.clone()));
        value
    }

    fn compute_constant(&self, module: ModuleId, symbol: &Symbol<'a>, at: Loc) -> Val {
        let scope = Scope::module(module);
        match symbol {
            Symbol::Let(l) => {
                let value = self.eval(&scope, &l.value);
                match &l.ty {
                    Some(ty) => self.conform_to(value, &self.program.typed(module, ty, false), &l.name.text, None),
                    None => value,
                }
            }
            Symbol::Param(p) => self.parameter(module, p, at),
            Symbol::Table(t) => {
                let Some((ty, default)) = t.ty.as_ref().zip(t.default.as_ref()) else { return Val::error(at) };
                let value = self.eval(&scope, default);
                let mut value = self.conform_to(value, &self.program.typed(module, ty, false), &t.name.text, None);
                if let Value::Map(map) = &value.v {
                    let needs = format!("a row of the table `{}`", t.name.text);
                    let rows = self.extended(t, map.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
                    value.v = Value::Map(Entries::new(rows, Some(needs.into())));
                }
                value
            }
            Symbol::Fn(_) | Symbol::Declaration(_) => Val::error(at),
        }
    }

    /// Rows of a table with those that `extend` adds or replaces.
    fn extended(&self, table: &ast::Param, mut rows: Vec<(SmolStr, Val)>) -> Vec<(SmolStr, Val)> {
        for (module, extend) in self.program.extensions.iter().copied() {
            let Some((owner, found)) = self.program.table_of(module, extend) else { continue };
            if !std::ptr::eq(found, table) {
                continue;
            }
            let typed = table.ty.as_ref().map(|ty| self.program.typed(owner, ty, false));
            let Some(Type::Map(inner, _)) = typed.map(|t| t.ty) else { continue };
            for row in &extend.rows {
                let value = self.eval(&Scope::module(module), &row.value);
                let value = self.conform_to(value, &Typed::from((*inner).clone()), &table.name.text, None);
                let key = row.key.text.clone();
                match rows.iter_mut().find(|r| r.0 == key) {
                    Some(old) => old.1 = value,
                    None => rows.push((key, value)),
                }
            }
        }
        rows
    }

    fn parameter(&self, module: ModuleId, p: &ast::Param, at: Loc) -> Val {
        let Some(ty) = &p.ty else { return Val::error(at) };
        let typed = self.program.typed(module, ty, false);
        let options = &self.program.syntax.options;
        let given = |list: &[(String, String)]| list.iter().rev().find(|(n, _)| *n == p.name.text.as_str()).map(|(_, v)| v.clone());
        let value = match given(&options.set).or_else(|| given(&options.file)).or_else(|| given(&options.environment)) {
            Some(text) => self.given(module, p, &typed, &text, at),
            None => match &p.default {
                Some(default) => self.eval(&Scope::module(module), default),
                None if typed.ty.is_optional() => Val::new(Value::Absent, at),
                None => {
                    let problem = Problem::error(PARAMETER, at, format!("the parameter `{}` has no value", p.name.text));
                    self.program.report(problem.help(format!("give it one: `--set {}=…`", p.name.text)));
                    return Val::error(at);
                }
            },
        };
        self.conform_to(value, &typed, &p.name.text, None)
    }

    /// A value from the command line: text as it stands where text is wanted, else a literal of the language.
    fn given(&self, module: ModuleId, p: &ast::Param, typed: &Typed, text: &str, at: Loc) -> Val {
        if matches!(typed.ty.plain(), Type::Str | Type::Path) {
            return Val::new(Value::Str(text.into()), at);
        }
        if typed.ty.has_word(text) {
            return Val::new(Value::Word(text.into()), at);
        }
        let tree = mig_syntax::parse(&format!("let given = {text}\n"));
        let parsed = tree.items.first().and_then(|i| match &i.kind {
            ast::ItemKind::Let(l) if tree.damage.is_empty() => literal_value(&l.value, at),
            _ => None,
        });
        let is_a = |a, b| self.program.is_a(a, b);
        if let Some(value) = parsed
            && (typed.ty.takes(&literal::type_of(&value.v), &is_a) || matches!((&value.v, typed.ty.plain()), (Value::Bool(_), Type::Bool)))
        {
            return value;
        }
        let message = format!("`{}` takes {}, and it was given `{text}`", p.name.text, crate::infer::article(&typed.ty));
        self.program.report(Problem::error(PARAMETER, self.program.loc(module, p.name.span), message));
        Val::error(at)
    }

    fn conditional<'v>(&'v self, s: &Scope<'v>, arms: &'v [(Code<'a>, Code<'a>)], other: Option<&'v Code<'a>>, at: Loc) -> Cow<'v, Val> {
        for (condition, value) in arms {
            match self.decide(s, condition) {
                Ok(true) => return self.view(s, value),
                Ok(false) => {}
                Err(open) => return Cow::Owned(Val::new(open, at)),
            }
        }
        other.map_or_else(|| Cow::Owned(Val::new(Value::Absent, at)), |e| self.view(s, e))
    }

    fn negated(&self, s: &Scope<'_>, inner: &Code<'a>, at: Loc) -> Val {
        let v = match &self.view(s, inner).v {
            Value::Int(i) => i.checked_neg().map_or(Value::Error, Value::Int),
            Value::Float(f) => Value::Float(-f),
            Value::Quantity(q) => q.negate().map_or(Value::Error, Value::Quantity),
            other => arithmetic::stuck(other),
        };
        Val::new(v, at)
    }

    /// Of an operator that looks at both sides.
    pub(crate) fn binary(&self, s: &Scope<'_>, op: BinaryOp, sides: &[Code<'a>; 2], at: Loc) -> Value {
        if self.is_broken(at) {
            return Value::Error;
        }
        let (a, b) = (self.view(s, &sides[0]), self.view(s, &sides[1]));
        match arithmetic::binary(op, &a, &b) {
            Ok(value) => value,
            Err(message) => {
                let problem = Problem::error(crate::report::ARITHMETIC, at, message);
                let problem = problem.also(a.at, self.show(&a.v)).also(b.at, self.show(&b.v));
                self.program.broken.borrow_mut().insert(at);
                self.program.report(problem);
                Value::Error
            }
        }
    }

    fn dot<'v>(&'v self, s: &Scope<'v>, receiver: &'v Code<'a>, member: &Member, at: Loc) -> Cow<'v, Val> {
        let value = self.view(s, receiver);
        let name = &member.name;
        if let Value::Ref(id) = value.v {
            let known = self.field_near(id, member).map(Cow::Borrowed);
            return known.or_else(|| self.member_near(id, member)).unwrap_or_else(|| Cow::Owned(Val::error(at)));
        }
        if let Value::Map(map) = &value.v
            && let Some(found) = part(&value, map, |map| map.get_near(name, &member.entry))
        {
            let is_needed = matches!(found.v, Value::Absent) && map.needs().is_some();
            return if is_needed { Cow::Owned(Val::new(needed(map), at)) } else { found };
        }
        Cow::Owned(match &value.v {
            // Methods without brackets stand for themselves.
            Value::Map(map) if map.needs().is_some() && !crate::signatures::MAP_METHODS.contains(&name.as_str()) => {
                Val::new(needed(map), at)
            }
            Value::Absent => Val::new(Value::Unknown(self.what_lacks(s, receiver, name).into()), at),
            Value::Error | Value::Unknown(_) | Value::Later(_) => Val::new(arithmetic::stuck(&value.v), at),
            _ => self.method(s, &value, member.method(), &[], at),
        })
    }

    /// What would settle a value below something absent: mostly a survey.
    fn what_lacks(&self, s: &Scope<'_>, receiver: &Code<'a>, name: &str) -> String {
        let owner = match &receiver.op {
            Op::Dot(inner, field) if field.name == "facts" => match self.run(s, inner).v {
                Value::Ref(id) => Some(id),
                _ => None,
            },
            Op::Bare(field, _) if field.name == "facts" => s.me,
            _ => None,
        };
        owner.map_or_else(|| format!("`{name}`, which is not given"), |id| format!("a survey of `{}`", self.instance(id).address))
    }

    fn index<'v>(&'v self, s: &Scope<'v>, sides: &'v [Code<'a>; 2], at: Loc) -> Cow<'v, Val> {
        let (value, key) = (self.view(s, &sides[0]), self.view(s, &sides[1]));
        if !key.is_known() {
            return Cow::Owned(Val::new(arithmetic::stuck(&key.v), at));
        }
        if let (Value::Map(map), Value::Str(k) | Value::Word(k)) = (&value.v, &key.v)
            && let Some(found) = part(&value, map, |map| map.get(k))
        {
            return found;
        }
        Cow::Owned(match (&value.v, &key.v) {
            (Value::Map(map), Value::Str(_) | Value::Word(_)) if map.needs().is_some() => Val::new(needed(map), at),
            (Value::Map(map), Value::Str(k) | Value::Word(k)) if map.is_of_keys() => {
                self.no_such_key(map, k, (sides[0].at, sides[1].at), at)
            }
            (Value::Map(_), Value::Str(_) | Value::Word(_)) => Val::new(Value::Absent, at),
            (Value::List(list), Value::Int(i)) => usize::try_from(*i).ok().and_then(|i| list.get(i)).cloned().unwrap_or_else(|| {
                self.program.report(Problem::error(TYPE_MISMATCH, at, format!("there is no element {i} in a list of {}", list.len())));
                Val::error(at)
            }),
            (Value::Absent, _) => Val::new(Value::Unknown("a value that is not given".into()), at),
            (other, _) => Val::new(arithmetic::stuck(other), at),
        })
    }

    /// A declaration that is not there: what is declared for keys has no others.
    fn no_such_key(&self, map: &Entries, key: &str, (receiver, index): (Loc, Loc), at: Loc) -> Val {
        // Keys that are broken leave none, and were told of.
        if map.len() == 0 && self.program.problems.borrow().list.iter().any(|p| p.severity == mig_plan::Severity::Error) {
            return Val::error(at);
        }
        let whose = self.program.syntax.texts.slice(receiver);
        let problem = Problem::error(UNKNOWN_NAME, at, format!("`{whose}` has no \"{key}\""));
        let is_literal = self.program.syntax.texts.slice(index) == format!("\"{key}\"");
        self.program.report(match near(key, map.iter().map(|e| e.0.as_str())) {
            Some(close) => {
                let problem = problem.help(format!("did you mean `{whose}[\"{close}\"]`?"));
                let text = format!("\"{close}\"");
                if is_literal { problem.fix(format!("write `{text}`"), index, text) } else { problem }
            }
            None => {
                const SHOWN_MAX: usize = 5;
                let keys: Vec<String> = map.iter().take(SHOWN_MAX).map(|e| format!("\"{}\"", e.0)).collect();
                let more = if map.len() > SHOWN_MAX { " and more" } else { "" };
                problem.help(format!("its keys are {}{more}", keys.join(", ")))
            }
        });
        Val::error(at)
    }
}

/// A part of a map, which is left where it is if the map is.
fn part<'v>(value: &Cow<'v, Val>, map: &Entries, find: impl Fn(&Entries) -> Option<&Val>) -> Option<Cow<'v, Val>> {
    match value {
        Cow::Borrowed(Val { v: Value::Map(map), .. }) => find(map).map(Cow::Borrowed),
        _ => find(map).cloned().map(Cow::Owned),
    }
}

fn needed(map: &Entries) -> Value {
    map.needs().map_or(Value::Absent, |n| Value::Unknown(n.clone()))
}

/// Literals that a command line may give.
fn literal_value(e: &Expr, at: Loc) -> Option<Val> {
    match &e.kind {
        ExprKind::Literal(l) => literal::parse(l, at).ok(),
        ExprKind::Bool(b) => Some(Val::new(Value::Bool(*b), at)),
        ExprKind::Binary(BinaryOp::From, _, a, b) => {
            let (a, b) = (literal_value(a, at)?, literal_value(b, at)?);
            arithmetic::binary(BinaryOp::From, &a, &b).ok().map(|v| Val::new(v, at))
        }
        _ => None,
    }
}
