//! What is the value of an expression? Total: every expression has one, perhaps unknown, later or broken.
//!
//! Functions and methods are in `functions` and `methods`, arithmetic in `arithmetic`.

use crate::{
    arithmetic,
    declare::Keys,
    literal,
    model::{Instance, Model},
    program::{FieldDef, Symbol},
    report::{CYCLE, PARAMETER, Problem, TYPE_MISMATCH, UNKNOWN_NAME, near},
    source::Loc,
    types::{ModuleId, Type, Typed},
    value::{Entries, InstanceId, Val, Value},
};
use mig_syntax::ast::{self, BinaryOp, Expr, ExprKind, Part, UnaryOp};
use smol_str::SmolStr;
use std::rc::Rc;

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

    /// A local name, or a key around.
    pub(crate) fn find(&self, name: &str) -> Option<&'s Val> {
        let mut at = self.vars;
        while let Some(var) = at {
            if var.name == name {
                return Some(var.value);
            }
            at = var.outer;
        }
        let mut around = self.keys;
        while let Some(key) = around {
            if key.name == name {
                return Some(&key.value);
            }
            around = key.outer.as_deref();
        }
        None
    }
}

/// `fn`s may call each other so deep.
const CALLS_MAX: u32 = 64;

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
    pub fn eval_in_body(&self, id: InstanceId, field: &FieldDef<'a>, e: &Expr) -> Val {
        self.eval(&Scope { me: Some(id), body: true, ..Scope::module(field.module) }, e)
    }

    /// Of an expression.
    pub fn eval(&self, s: &Scope<'_>, e: &Expr) -> Val {
        let at = self.program.loc(s.module, e.span);
        let broken = self.program.broken.borrow();
        if !broken.is_empty() && broken.contains(&at) {
            return Val::error(at);
        }
        drop(broken);
        match &e.kind {
            ExprKind::Missing | ExprKind::Root | ExprKind::Every(_) | ExprKind::Lambda(..) => Val::error(at),
            ExprKind::Literal(l) => self.once_a_place(at, || literal::parse(l, at).unwrap_or_else(|_| Val::error(at))),
            ExprKind::Bool(b) => Val::new(Value::Bool(*b), at),
            ExprKind::Str(parts) => self.template(s, parts, at),
            ExprKind::Tagged(tag, parts) if tag.text == "sh" => self.shell(s, parts, at),
            ExprKind::Tagged(tag, parts) if tag.text == "re" => self.pattern(&tag.text, parts, at),
            ExprKind::Tagged(tag, parts) => literal::tagged(&tag.text, parts, at).unwrap_or_else(|_| Val::error(at)),
            ExprKind::Name(name) => self.name(s, name, at),
            ExprKind::List(items) => Val::new(Value::List(items.iter().map(|i| self.eval(s, i)).collect()), at),
            ExprKind::Record(fields) => {
                let list = fields.iter().map(|f| (f.key.text.clone(), self.eval(s, &f.value))).collect();
                Val::new(Value::Map(Rc::new(Entries::new(list, None))), at)
            }
            ExprKind::If(arms, other) => self.conditional(s, arms, other.as_deref(), at),
            ExprKind::Unary(op, inner) => self.unary(s, *op, inner, at),
            ExprKind::Binary(op, _, left, right) => self.binary(s, *op, left, right, at),
            ExprKind::Dot(receiver, name) => self.dot(s, receiver, name, at),
            ExprKind::Call(callee, args) => self.call(s, callee, args, at),
            ExprKind::Index(receiver, index) => self.index(s, receiver, index, at),
            ExprKind::Present(inner) => self.present(s, inner, at),
        }
    }

    /// A pattern is compiled once, also of a field that each of many declarations has.
    fn pattern(&self, tag: &str, parts: &[Part], at: Loc) -> Val {
        if let Some(known) = self.fixed.borrow().get(&at) {
            return known.clone();
        }
        let value = literal::tagged(tag, parts, at).unwrap_or_else(|_| Val::error(at));
        self.fixed.borrow_mut().insert(at, value.clone());
        value
    }

    /// What stands for the same value whenever it is computed: while checks run, each rule comes by again and again.
    fn once_a_place(&self, at: Loc, compute: impl FnOnce() -> Val) -> Val {
        if !self.remembers() {
            return compute();
        }
        if let Some(known) = self.fixed.borrow().get(&at) {
            return known.clone();
        }
        let value = compute();
        if !matches!(value.v, Value::Error) {
            self.fixed.borrow_mut().insert(at, value.clone());
        }
        value
    }

    fn name(&self, s: &Scope<'_>, name: &SmolStr, at: Loc) -> Val {
        if let Some(value) = s.find(name) {
            return value.clone();
        }
        if self.program.words.borrow().contains(&at) {
            return Val::new(Value::Word(name.clone()), at);
        }
        let Some(me) = s.me else { return self.once_a_place(at, || self.name_at_top(s, name, at)) };
        if name == "self" {
            return Val::new(Value::Ref(me), at);
        }
        let of_body = if s.body { self.member(me, name) } else { None };
        of_body.unwrap_or_else(|| self.name_at_top(s, name, at))
    }

    fn name_at_top(&self, s: &Scope<'_>, name: &SmolStr, at: Loc) -> Val {
        if let Some(values) = self.program.find_enum(s.module, name) {
            return Val::new(Value::List(values.words.into_iter().map(|w| Val::new(Value::Word(w), at)).collect()), at);
        }
        match self.program.find_value(s.module, name) {
            Some((module, symbol)) => self.symbol_value(module, name, &symbol, at),
            None => Val::error(at),
        }
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
                    let rows = self.extended(t, map.iter().cloned().collect());
                    value.v = Value::Map(Rc::new(Entries::new(rows, Some(needs.into()))));
                }
                value
            }
            Symbol::Fn(_) | Symbol::Declaration(_) => Val::error(at),
        }
    }

    /// Rows of a table with those that `extend` adds or replaces.
    fn extended(&self, table: &ast::Param, mut rows: Vec<(SmolStr, Val)>) -> Vec<(SmolStr, Val)> {
        for (module, extend) in self.program.extensions() {
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

    fn conditional(&self, s: &Scope<'_>, arms: &[(Expr, Expr)], other: Option<&Expr>, at: Loc) -> Val {
        for (condition, value) in arms {
            let decided = self.eval(s, condition);
            match decided.v {
                Value::Bool(true) => return self.eval(s, value),
                Value::Bool(false) => {}
                v => return Val::new(v, at),
            }
        }
        other.map_or_else(|| Val::new(Value::Absent, at), |e| self.eval(s, e))
    }

    fn unary(&self, s: &Scope<'_>, op: UnaryOp, inner: &Expr, at: Loc) -> Val {
        let value = self.eval(s, inner);
        let v = match (op, &value.v) {
            (UnaryOp::Not, Value::Bool(b)) => Value::Bool(!b),
            (UnaryOp::Neg, Value::Int(i)) => i.checked_neg().map_or(Value::Error, Value::Int),
            (UnaryOp::Neg, Value::Float(f)) => Value::Float(-f),
            (UnaryOp::Neg, Value::Quantity(q)) => q.negate().map_or(Value::Error, Value::Quantity),
            (_, other) => arithmetic::stuck(other),
        };
        Val::new(v, at)
    }

    fn binary(&self, s: &Scope<'_>, op: BinaryOp, left: &Expr, right: &Expr, at: Loc) -> Val {
        match op {
            BinaryOp::And | BinaryOp::Or => return self.logic(s, op == BinaryOp::And, left, right, at),
            BinaryOp::Else => {
                let value = self.eval(s, left);
                return if matches!(value.v, Value::Absent) { self.eval(s, right) } else { value };
            }
            BinaryOp::Is => return self.is_type(s, left, right, at),
            _ => {}
        }
        let (a, b) = (self.eval(s, left), self.eval(s, right));
        match arithmetic::binary(op, &a, &b) {
            Ok(value) => Val::new(value, at),
            Err(message) => {
                let problem = Problem::error(crate::report::ARITHMETIC, at, message);
                let problem = problem.also(a.at, self.show(&a.v)).also(b.at, self.show(&b.v));
                self.program.broken.borrow_mut().insert(at);
                self.program.report(problem);
                Val::error(at)
            }
        }
    }

    /// One side may decide though the other is not known.
    fn logic(&self, s: &Scope<'_>, and: bool, left: &Expr, right: &Expr, at: Loc) -> Val {
        let a = self.eval(s, left);
        if matches!(a.v, Value::Bool(b) if b != and) {
            return Val::new(Value::Bool(!and), at);
        }
        let b = self.eval(s, right);
        let v = match (&a.v, &b.v) {
            (Value::Error, _) | (_, Value::Error) => Value::Error,
            (_, Value::Bool(b)) if *b != and => Value::Bool(!and),
            (Value::Bool(_), Value::Bool(_)) => Value::Bool(and),
            (Value::Bool(_), other) | (other, _) => arithmetic::stuck(other),
        };
        Val::new(v, at)
    }

    fn is_type(&self, s: &Scope<'_>, left: &Expr, right: &Expr, at: Loc) -> Val {
        let value = self.eval(s, left);
        let Some(name) = crate::signatures::path_of(right) else { return Val::error(at) };
        let v = match &value.v {
            Value::Error | Value::Unknown(_) | Value::Later(_) => arithmetic::stuck(&value.v),
            Value::Absent => Value::Bool(false),
            Value::Word(word) => {
                Value::Bool(*word == name || self.program.find_enum(s.module, &name).is_some_and(|e| e.words.contains(word)))
            }
            Value::Ref(id) => {
                let kind = self.instance(*id).kind;
                let root = self.program.kind(kind).root;
                let wanted = self.program.find_kind(s.module, &name, Some(root)).or_else(|| self.program.find_kind(s.module, &name, None));
                Value::Bool(wanted.is_some_and(|w| self.program.is_a(kind, w)))
            }
            other => Value::Bool(other.sort_name() == name.as_str() || (name == "Path" && matches!(other, Value::Str(_)))),
        };
        Val::new(v, at)
    }

    fn dot(&self, s: &Scope<'_>, receiver: &Expr, name: &ast::Name, at: Loc) -> Val {
        if let Some(value) = self.qualified(s, receiver, name, at) {
            return value;
        }
        let value = self.eval(s, receiver);
        match &value.v {
            Value::Ref(id) => self.member(*id, &name.text).unwrap_or_else(|| Val::error(at)),
            Value::Map(map) => match map.get(&name.text) {
                Some(found) if matches!(found.v, Value::Absent) && map.needs.is_some() => Val::new(needed(map), at),
                Some(found) => found.clone(),
                // Methods without brackets stand for themselves.
                None if map.needs.is_none() || crate::signatures::MAP_METHODS.contains(&name.text.as_str()) => {
                    self.method(s, &value, &name.text, &[], at)
                }
                None => Val::new(needed(map), at),
            },
            Value::Absent => Val::new(Value::Unknown(self.what_lacks(s, receiver, &name.text).into()), at),
            Value::Error | Value::Unknown(_) | Value::Later(_) => Val::new(arithmetic::stuck(&value.v), at),
            _ => self.method(s, &value, &name.text, &[], at),
        }
    }

    /// What would settle a value below something absent: mostly a survey.
    fn what_lacks(&self, s: &Scope<'_>, receiver: &Expr, name: &str) -> String {
        let owner = match &receiver.kind {
            ExprKind::Dot(inner, field) if field.text == "facts" => match self.eval(s, inner).v {
                Value::Ref(id) => Some(id),
                _ => None,
            },
            ExprKind::Name(field) if field == "facts" && s.body => s.me,
            _ => None,
        };
        owner.map_or_else(|| format!("`{name}`, which is not given"), |id| format!("a survey of `{}`", self.instance(id).address))
    }

    fn qualified(&self, s: &Scope<'_>, receiver: &Expr, name: &ast::Name, at: Loc) -> Option<Val> {
        let ExprKind::Name(first) = &receiver.kind else { return None };
        if s.find(first).is_some() || self.program.find_value(s.module, first).is_some() {
            return None;
        }
        if s.body && s.me.is_some_and(|me| self.member(me, first).is_some()) {
            return None;
        }
        let target = self.program.used(s.module, first)?;
        let (module, symbol) = self.program.scopes.get(target.0 as usize)?.values.get(&name.text)?;
        Some(self.symbol_value(*module, &name.text, symbol, at))
    }

    fn index(&self, s: &Scope<'_>, receiver: &Expr, index: &Expr, at: Loc) -> Val {
        let (value, key) = (self.eval(s, receiver), self.eval(s, index));
        if !key.is_known() {
            return Val::new(arithmetic::stuck(&key.v), at);
        }
        match (&value.v, &key.v) {
            (Value::Map(map), Value::Str(k) | Value::Word(k)) => match map.get(k) {
                Some(found) => found.clone(),
                None if map.needs.is_some() => Val::new(needed(map), at),
                None if map.of_keys => self.no_such_key(map, k, (receiver, index), at),
                None => Val::new(Value::Absent, at),
            },
            (Value::List(list), Value::Int(i)) => usize::try_from(*i).ok().and_then(|i| list.get(i)).cloned().unwrap_or_else(|| {
                self.program.report(Problem::error(TYPE_MISMATCH, at, format!("there is no element {i} in a list of {}", list.len())));
                Val::error(at)
            }),
            (Value::Absent, _) => Val::new(Value::Unknown("a value that is not given".into()), at),
            (other, _) => Val::new(arithmetic::stuck(other), at),
        }
    }

    /// A declaration that is not there: what is declared for keys has no others.
    fn no_such_key(&self, map: &Entries, key: &str, (receiver, index): (&Expr, &Expr), at: Loc) -> Val {
        // Keys that are broken leave none, and were told of.
        if map.len() == 0 && self.program.problems.borrow().list.iter().any(|p| p.severity == mig_plan::Severity::Error) {
            return Val::error(at);
        }
        let whose = self.program.syntax.texts.slice(Loc { span: receiver.span, ..at });
        let problem = Problem::error(UNKNOWN_NAME, at, format!("`{whose}` has no \"{key}\""));
        let written = Loc { span: index.span, ..at };
        let is_literal = self.program.syntax.texts.slice(written) == format!("\"{key}\"");
        self.program.report(match near(key, map.iter().map(|e| e.0.as_str())) {
            Some(close) => {
                let problem = problem.help(format!("did you mean `{whose}[\"{close}\"]`?"));
                let text = format!("\"{close}\"");
                if is_literal { problem.fix(format!("write `{text}`"), written, text) } else { problem }
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

    fn present(&self, s: &Scope<'_>, inner: &Expr, at: Loc) -> Val {
        let value = self.eval(s, inner);
        let v = match value.v {
            Value::Absent => Value::Bool(false),
            Value::Error => Value::Error,
            Value::Unknown(needs) => Value::Unknown(needs),
            _ => Value::Bool(true),
        };
        Val::new(v, at)
    }

    /// The body of a `fn` with its parameters; the caller has typed them.
    pub fn apply(&self, module: ModuleId, function: &ast::Function, args: &[Val], depth: u32) -> Val {
        let at = self.program.loc(module, function.name.span);
        if depth > CALLS_MAX {
            let message = format!("functions call each other at most {CALLS_MAX} deep, and `{}` is called deeper", function.name.text);
            self.program.report(Problem::error(CYCLE, at, message));
            return Val::error(at);
        }
        let scope = Scope::module(module);
        self.bind(&scope, &function.params, args, &function.body)
    }

    fn bind(&self, scope: &Scope<'_>, params: &[(ast::Name, Option<ast::Type>)], args: &[Val], body: &Expr) -> Val {
        match (params.split_first(), args.split_first()) {
            (Some((param, params)), Some((arg, args))) => {
                let var = scope.var(&param.0.text, arg);
                self.bind(&scope.with(&var), params, args, body)
            }
            _ => self.eval(scope, body),
        }
    }
}

fn needed(map: &Entries) -> Value {
    map.needs.as_ref().map_or(Value::Absent, |n| Value::Unknown(n.clone()))
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
