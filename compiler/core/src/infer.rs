//! What type has an expression? Looks at every expression of a program once, and reports each mistake once.
//!
//! Computes no values. Calls and methods are in `signatures`.

use crate::{
    literal,
    program::{FieldDef, Program, Symbol},
    quantity::Dim,
    report::{ARITHMETIC, Problem, STAGE, TYPE_MISMATCH, UNKNOWN_NAME, near},
    source::Loc,
    types::{KindId, Lookup, ModuleId, RecordType, Type},
};
use mig_syntax::ast::{self, BinaryOp, Expr, ExprKind};
use smol_str::SmolStr;
use std::rc::Rc;

/// What names mean around an expression.
#[derive(Debug, Clone)]
pub struct Env {
    /// Where names are looked up last.
    pub module: ModuleId,
    /// Local names, innermost last.
    pub vars: Vec<(SmolStr, Type)>,
    /// `self`.
    pub me: Option<KindId>,
    /// Does a bare name mean a field of `self`? So in the body of a kind.
    pub body: bool,
    /// Is what is absent unknown here? So in `fact(…)`.
    pub lenient: bool,
}

impl Env {
    /// At the top of a module.
    pub fn module(module: ModuleId) -> Self {
        Self { module, vars: vec![], me: None, body: false, lenient: false }
    }

    /// In the body of a kind.
    pub fn body(module: ModuleId, kind: KindId) -> Self {
        Self { me: Some(kind), body: true, ..Self::module(module) }
    }

    /// With one more name.
    #[must_use]
    pub fn with(&self, name: &SmolStr, ty: Type) -> Self {
        let mut env = self.clone();
        env.vars.push((name.clone(), ty));
        env
    }
}

/// Types expressions.
#[derive(Debug, Clone, Copy)]
pub struct Typer<'p, 'a> {
    /// Names and kinds.
    pub program: &'p Program<'a>,
}

impl Typer<'_, '_> {
    /// Is the expression of that type? `place` says who asks: "`size`".
    pub fn check(&self, env: &Env, e: &Expr, want: &Type, place: &str, declared: Option<Loc>) -> Type {
        let found = self.infer(env, e, Some(want));
        let is_a = |a, b| self.program.is_a(a, b);
        if want.takes(&found, &is_a) {
            return found;
        }
        let at = self.loc(env, e);
        let message = if found.is_secret() && !want.is_secret() {
            format!("{place} may be written to plans and logs, so it takes no secret")
        } else if found.is_optional() && want.takes(&optional_inner(&found), &is_a) {
            format!("{place} takes {}, and this may be absent", article(want))
        } else {
            format!("{place} takes {}, and this is {}", article(want), article(&found))
        };
        let code = if found.is_secret() && !want.is_secret() { STAGE } else { TYPE_MISMATCH };
        let mut problem = Problem::error(code, at, message).text(format!("{found}"));
        if found.is_optional() && !want.is_optional() {
            problem = problem.help("say what holds when it is absent: `… ?? value`");
        } else if let Some(help) = conversion(want, &found) {
            problem = problem.help(help);
        }
        if let Some(declared) = declared {
            problem = problem.also(declared, format!("declared as {} here", optional_inner(want)));
        }
        self.broken(env, e, problem)
    }

    /// The type of the expression; `want` is what its place would like, for bare values and records.
    pub fn infer(&self, env: &Env, e: &Expr, want: Option<&Type>) -> Type {
        match &e.kind {
            ExprKind::Missing => Type::Error,
            ExprKind::Literal(l) => match literal::parse(l, self.loc(env, e)) {
                Ok(value) => literal::type_of(&value.v),
                Err(problem) => self.broken(env, e, *problem),
            },
            ExprKind::Bool(_) => Type::Bool,
            ExprKind::Str(parts) => self.template(env, parts),
            ExprKind::Tagged(tag, parts) => self.tagged(env, e, tag, parts),
            ExprKind::Name(name) => self.name(env, e, name, want),
            ExprKind::Root => Type::Json,
            ExprKind::List(items) => self.list(env, items, want),
            ExprKind::Record(fields) => self.record(env, e, fields, want),
            ExprKind::If(arms, other) => self.conditional(env, arms, other.as_deref(), want),
            ExprKind::Unary(op, inner) => self.unary(env, e, *op, inner),
            ExprKind::Binary(op, at, left, right) => self.binary(env, e, *op, *at, left, right, want),
            ExprKind::Dot(receiver, name) => self.dot(env, e, receiver, name),
            ExprKind::Call(callee, args) => self.call(env, e, callee, args, want),
            ExprKind::Index(receiver, index) => self.index(env, e, receiver, index),
            ExprKind::Present(inner) => {
                self.infer(env, inner, None);
                Type::Bool
            }
            ExprKind::Lambda(..) => {
                let problem = Problem::error(TYPE_MISMATCH, self.loc(env, e), "a `x => …` stands only in the brackets of a method");
                self.broken(env, e, problem)
            }
        }
    }

    /// Where an expression stands.
    pub fn loc(&self, env: &Env, e: &Expr) -> Loc {
        self.program.loc(env.module, e.span)
    }

    /// Reports, and remembers that the expression has no value.
    pub fn broken(&self, env: &Env, e: &Expr, problem: Problem) -> Type {
        self.program.broken.borrow_mut().insert(self.loc(env, e));
        self.program.report(problem);
        Type::Error
    }

    fn template(&self, env: &Env, parts: &[ast::Part]) -> Type {
        for part in parts {
            if let ast::Part::Hole(hole) = part {
                let ty = self.infer(env, hole, None);
                if ty.is_secret() {
                    let problem = Problem::error(STAGE, self.loc(env, hole), "a secret does not go into a text, which may be shown");
                    self.broken(env, hole, problem.help("give the secret to a place that is declared to take one"));
                }
            }
        }
        Type::Str
    }

    fn tagged(&self, env: &Env, e: &Expr, tag: &ast::Name, parts: &[ast::Part]) -> Type {
        let problem = match tag.text.as_str() {
            "sh" => {
                for part in parts {
                    if let ast::Part::Hole(hole) = part {
                        let ty = self.infer(env, hole, None);
                        if ty.is_secret() {
                            let message = "a secret does not go into a script, where other users of the host could see it";
                            let problem = Problem::error(STAGE, self.loc(env, hole), message);
                            self.broken(env, hole, problem.help("a script takes it by `stdin name = secret`"));
                        }
                    }
                }
                return Type::Sh;
            }
            "re" | "ip" | "cidr" => match literal::tagged(&tag.text, parts, self.loc(env, e)) {
                Ok(value) => return literal::type_of(&value.v),
                Err(problem) => *problem,
            },
            other => Problem::error(
                UNKNOWN_NAME,
                self.program.loc(env.module, tag.span),
                format!("there are no strings of the sort `{other}\"…\"`"),
            )
            .help("there are `ip`, `cidr`, `re` and `sh`"),
        };
        self.broken(env, e, problem)
    }

    fn name(&self, env: &Env, e: &Expr, name: &SmolStr, want: Option<&Type>) -> Type {
        if let Some((_, ty)) = env.vars.iter().rev().find(|(n, _)| n == name) {
            return ty.clone();
        }
        if want.is_some_and(|w| w.has_word(name)) {
            self.program.words.borrow_mut().insert(self.loc(env, e));
            return Type::Word(name.clone());
        }
        if name == "self" {
            return env.me.map_or_else(|| self.unknown_name(env, e, name), |kind| self.program.reference(kind));
        }
        if let Some(kind) = env.me.filter(|_| env.body)
            && let Some(ty) = self.member(env, kind, name)
        {
            return ty;
        }
        match self.program.find_value(env.module, name) {
            Some((module, symbol)) => self.symbol(module, &symbol),
            None => match want.map(Type::words) {
                Some(words) if !words.is_empty() => self.unknown_word(env, e, name, &words),
                _ => self.unknown_name(env, e, name),
            },
        }
    }

    /// A bare value where one of a few is taken.
    fn unknown_word(&self, env: &Env, e: &Expr, name: &str, words: &[SmolStr]) -> Type {
        let at = self.loc(env, e);
        let list = words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
        let mut problem = Problem::error(UNKNOWN_NAME, at, format!("`{name}` is none of {list}"));
        if let Some(close) = near(name, words.iter().map(SmolStr::as_str)) {
            problem = problem.help(format!("did you mean `{close}`?")).fix(format!("write `{close}`"), at, close);
        }
        self.broken(env, e, problem)
    }

    /// The type that a symbol's declaration gives it.
    pub fn symbol(&self, module: ModuleId, symbol: &Symbol<'_>) -> Type {
        let typed = |ty: &Option<ast::Type>| ty.as_ref().map_or(Type::Error, |t| self.program.typed(module, t, false).ty);
        match symbol {
            Symbol::Let(l) if l.ty.is_some() => typed(&l.ty),
            Symbol::Let(l) => self.quiet(&Env::module(module), &l.value),
            Symbol::Param(p) => typed(&p.ty),
            Symbol::Table(t) => match typed(&t.ty) {
                Type::Map(inner, _) => Type::Map(inner, Lookup::Unknown),
                other => other,
            },
            Symbol::Fn(f) => typed(&f.result),
            Symbol::Declaration(_, d) => {
                let reference = self.declared_kind(module, d, None).map_or(Type::Error, |k| self.program.reference(k));
                if d.keys.is_some() { Type::Map(Rc::new(reference), Lookup::Absent) } else { reference }
            }
        }
    }

    /// The type of a `let` or derived field without one, inferred once, without saying again what is wrong with it. One that needs
    /// itself has none here; its cycle is said where values are computed.
    fn quiet(&self, env: &Env, e: &Expr) -> Type {
        let at = self.loc(env, e);
        let known = self.program.inferred.borrow().get(&at).cloned();
        if let Some(known) = known {
            return known.unwrap_or(Type::Error);
        }
        self.program.inferred.borrow_mut().insert(at, None);
        let before = self.program.problems.borrow().list.len();
        let ty = self.infer(env, e, None);
        self.program.problems.borrow_mut().list.truncate(before);
        self.program.inferred.borrow_mut().insert(at, Some(ty.clone()));
        ty
    }

    /// The kind of a declaration; its parent decides which nouns stand for what.
    pub fn declared_kind(&self, module: ModuleId, d: &ast::Declaration, parent: Option<KindId>) -> Option<KindId> {
        let from_parent = parent.and_then(|p| {
            let rules = &self.program.kind(p).children;
            let named = rules.iter().find(|r| r.name.as_ref() == Some(&d.name.text) && self.noun_of(r.kind) == d.noun.text);
            named.or_else(|| rules.iter().find(|r| r.name.is_none() && self.noun_of(r.kind) == d.noun.text)).map(|r| r.kind)
        });
        let noun = from_parent.or_else(|| self.program.find_kind(module, &d.noun.text, None))?;
        match &d.kind {
            Some(kind) => self.program.find_kind(module, &kind.text, Some(self.program.kind(noun).root)),
            None => Some(noun),
        }
    }

    /// What a declaration of that kind begins with.
    pub fn noun_of(&self, kind: KindId) -> SmolStr {
        self.program.kind(self.program.kind(kind).root).path.clone()
    }

    fn unknown_name(&self, env: &Env, e: &Expr, name: &str) -> Type {
        let at = self.loc(env, e);
        let mut known: Vec<SmolStr> = env.vars.iter().map(|v| v.0.clone()).collect();
        if let Some(scope) = self.program.scopes.get(env.module.0 as usize) {
            known.extend(scope.values.keys().cloned());
        }
        if let Some(kind) = env.me.filter(|_| env.body) {
            known.extend(self.program.kind(kind).fields.iter().map(|f| f.name.clone()));
        }
        known.sort();
        let mut problem = Problem::error(UNKNOWN_NAME, at, format!("there is nothing called `{name}` here"));
        let own_field = env.me.filter(|_| !env.body).is_some_and(|k| self.program.kind(k).by_name.contains_key(name));
        if own_field {
            problem = problem.help(format!("a field of this declaration is `self.{name}`")).fix(
                format!("write `self.{name}`"),
                at,
                format!("self.{name}"),
            );
        } else if let Some(close) = near(name, known.iter().map(SmolStr::as_str)) {
            problem = problem.help(format!("did you mean `{close}`?")).fix(format!("write `{close}`"), at, close);
        }
        self.broken(env, e, problem)
    }

    /// A field, child or parent of a declaration of that kind.
    pub fn member(&self, env: &Env, kind: KindId, name: &str) -> Option<Type> {
        let def = self.program.kind(kind);
        if let Some(field) = def.field(name) {
            return Some(self.field_type(env, field));
        }
        if let Some(rule) = def.children.iter().find(|c| c.name.as_deref() == Some(name)) {
            return Some(self.program.reference(rule.kind));
        }
        let parents = self.program.parents.get(&def.root)?;
        parents.iter().copied().find(|p| self.program.kind(*p).name == name).map(|p| self.program.reference(p))
    }

    /// The type of a field when it is read; what a survey fills counts as there.
    pub fn field_type(&self, env: &Env, field: &FieldDef<'_>) -> Type {
        if !field.has_type {
            return field.value.map_or(Type::Error, |e| self.quiet(&Env::body(field.module, field.kind), e));
        }
        let facts = matches!(field.typed.ty.plain(), Type::Ref(k, _) if self.program.kind(*k).path == "facts");
        match &field.typed.ty {
            Type::Option(inner) if facts || env.lenient || field.is_fact() => (**inner).clone(),
            other => other.clone(),
        }
    }

    fn list(&self, env: &Env, items: &[Expr], want: Option<&Type>) -> Type {
        let inner = want.and_then(|w| {
            w.members().into_iter().find_map(|m| match m {
                Type::List(inner) => Some(inner.clone()),
                _ => None,
            })
        });
        let Some(inner) = inner else {
            let mut all: Vec<Type> = vec![];
            let is_a = |a, b| self.program.is_a(a, b);
            for item in items {
                let ty = self.infer(env, item, None);
                if !all.iter().any(|t| t.takes(&ty, &is_a)) {
                    all.push(ty);
                }
            }
            let element = match all.len() {
                0 => Type::Error,
                1 => all.remove(0),
                _ => Type::Union(all.into()),
            };
            return Type::List(Rc::new(element));
        };
        for item in items {
            self.check(env, item, &inner, "this list", None);
        }
        Type::List(inner)
    }

    fn record(&self, env: &Env, e: &Expr, fields: &[ast::Field], want: Option<&Type>) -> Type {
        for member in want.into_iter().flat_map(Type::members) {
            match member {
                Type::Record(record) => return self.record_of(env, e, fields, record),
                Type::Map(inner, lookup) => {
                    for field in fields {
                        self.check(env, &field.value, inner, &format!("`{}`", key_text(field)), None);
                    }
                    return Type::Map(inner.clone(), *lookup);
                }
                Type::Ref(kind, _) if self.is_data(*kind) => return self.data_of(env, e, fields, *kind),
                Type::Json => {
                    for field in fields {
                        self.infer(env, &field.value, Some(&Type::Json));
                    }
                    return Type::Json;
                }
                _ => {}
            }
        }
        let of = |f: &ast::Field| crate::types::RecordField {
            name: key_text(f),
            typed: self.infer(env, &f.value, None).into(),
            default: None,
            module: env.module,
        };
        Type::Record(Rc::new(RecordType { fields: fields.iter().map(of).collect(), facts: false }))
    }

    /// May a record stand for a declaration of the kind? So for data with checks, such as rules.
    pub fn is_data(&self, kind: KindId) -> bool {
        let def = self.program.kind(kind);
        !def.tree.is_abstract && def.children.is_empty() && def.base.is_none()
    }

    fn record_of(&self, env: &Env, e: &Expr, fields: &[ast::Field], record: &Rc<RecordType>) -> Type {
        let names: Vec<&str> = record.fields.iter().map(|f| f.name.as_str()).collect();
        for field in fields {
            let key = key_text(field);
            match record.fields.iter().find(|f| f.name == key) {
                Some(def) => {
                    self.check(env, &field.value, &def.typed.ty, &format!("`{key}`"), None);
                }
                None => self.no_such_field(env, field, &names, "this record"),
            }
        }
        let given = |name: &str| fields.iter().any(|f| key_text(f) == name);
        let missing: Vec<&str> = record
            .fields
            .iter()
            .filter(|f| f.default.is_none() && !f.typed.ty.is_optional() && !given(&f.name))
            .map(|f| f.name.as_str())
            .collect();
        self.say_missing(env, e, &missing);
        Type::Record(record.clone())
    }

    fn data_of(&self, env: &Env, e: &Expr, fields: &[ast::Field], kind: KindId) -> Type {
        let def = self.program.kind(kind);
        let names: Vec<&str> = def.fields.iter().map(|f| f.name.as_str()).collect();
        for field in fields {
            let key = key_text(field);
            match def.field(&key) {
                Some(known) => {
                    self.check(env, &field.value, &known.typed.ty, &format!("`{key}`"), None);
                }
                None => self.no_such_field(env, field, &names, &format!("a `{}`", def.path)),
            }
        }
        let given = |name: &str| fields.iter().any(|f| key_text(f) == name);
        let needed = |f: &&FieldDef<'_>| f.value.is_none() && !f.typed.ty.is_optional() && !given(&f.name);
        let missing: Vec<&str> = def.fields.iter().filter(needed).map(|f| f.name.as_str()).collect();
        self.say_missing(env, e, &missing);
        self.program.reference(kind)
    }

    fn say_missing(&self, env: &Env, e: &Expr, missing: &[&str]) {
        if !missing.is_empty() {
            let list = missing.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(", ");
            let problem = Problem::error(crate::report::MISSING_FIELD, self.loc(env, e), format!("{list} must be given here"));
            self.broken(env, e, problem);
        }
    }

    /// Reports a field that does not exist, with near misses.
    pub fn no_such_field(&self, env: &Env, field: &ast::Field, known: &[&str], whose: &str) {
        let Some(first) = field.key.first() else { return };
        let at = self.program.loc(env.module, first.span);
        let mut problem = Problem::error(UNKNOWN_NAME, at, format!("{whose} has no field `{}`", first.text));
        if let Some(close) = near(&first.text, known.iter().copied()) {
            problem = problem.help(format!("did you mean `{close}`?")).fix(format!("write `{close}`"), at, close);
        } else if !known.is_empty() {
            problem = problem.help(format!("it has {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")));
        }
        self.program.report(problem);
        self.infer(env, &field.value, None);
    }

    fn conditional(&self, env: &Env, arms: &[(Expr, Expr)], other: Option<&Expr>, want: Option<&Type>) -> Type {
        let mut types: Vec<Type> = vec![];
        let is_a = |a, b| self.program.is_a(a, b);
        let mut keep = |ty: Type| {
            if !types.iter().any(|t| t.takes(&ty, &is_a)) {
                types.push(ty);
            }
        };
        let mut env = env.clone();
        for (condition, value) in arms {
            self.condition(&env, condition, "the condition");
            keep(self.infer(&self.narrowed(&env, condition, true), value, want));
            env = self.narrowed(&env, condition, false);
        }
        if let Some(other) = other {
            keep(self.infer(&env, other, want));
        }
        let ty = match types.len() {
            1 => types.remove(0),
            _ => Type::Union(types.into()),
        };
        if other.is_none() { ty.optional() } else { ty }
    }

    /// What a condition says of local names where it holds, or where it does not: `x?`, `x is T`, joined by `and`, `or`, `not`.
    fn narrowed(&self, env: &Env, condition: &Expr, holds: bool) -> Env {
        match &condition.kind {
            ExprKind::Unary(ast::UnaryOp::Not, inner) => self.narrowed(env, inner, !holds),
            ExprKind::Binary(BinaryOp::And, _, a, b) if holds => self.narrowed(&self.narrowed(env, a, true), b, true),
            ExprKind::Binary(BinaryOp::Or, _, a, b) if !holds => self.narrowed(&self.narrowed(env, a, false), b, false),
            ExprKind::Present(inner) if holds => match local(env, inner) {
                Some((name, Type::Option(there))) => env.with(&name, (*there).clone()),
                _ => env.clone(),
            },
            ExprKind::Binary(BinaryOp::Is, _, inner, ty) => match local(env, inner) {
                Some((name, found)) => env.with(&name, self.narrowed_type(env, &found, ty, holds)),
                None => env.clone(),
            },
            _ => env.clone(),
        }
    }

    fn narrowed_type(&self, env: &Env, found: &Type, ty: &Expr, holds: bool) -> Type {
        let Some(name) = crate::signatures::path_of(ty) else { return found.clone() };
        if let Type::Ref(kind, _) = found.plain() {
            let root = self.program.kind(*kind).root;
            let narrower = self.program.find_kind(env.module, &name, Some(root)).filter(|_| holds);
            return narrower.map_or_else(|| found.clone(), |k| self.program.reference(k));
        }
        let is_it = |m: &&Type| match m {
            Type::Ref(kind, _) => self.program.find_kind(env.module, &name, None).is_some_and(|k| self.program.is_a(*kind, k)),
            Type::Word(word) => *word == name,
            other => crate::types::scalar(&name).is_some_and(|s| other.to_string() == s.to_string()),
        };
        let mut left: Vec<Type> = found.members().into_iter().filter(|m| is_it(m) == holds).cloned().collect();
        match left.len() {
            0 => found.clone(),
            1 => left.remove(0),
            _ => Type::Union(left.into()),
        }
    }

    /// Is it a condition?
    pub fn condition(&self, env: &Env, e: &Expr, place: &str) {
        self.check(env, e, &Type::Bool, place, None);
    }

    fn unary(&self, env: &Env, e: &Expr, op: ast::UnaryOp, inner: &Expr) -> Type {
        if op == ast::UnaryOp::Not {
            self.condition(env, inner, "`not`");
            return Type::Bool;
        }
        let ty = self.infer(env, inner, None);
        match ty.plain() {
            Type::Int | Type::Float | Type::Quantity(_) | Type::Percent | Type::Error => ty.plain().clone(),
            other => {
                let message = format!("{} has no opposite", article(other));
                self.broken(env, e, Problem::error(TYPE_MISMATCH, self.loc(env, e), message))
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "an operator with its two sides and their place")]
    fn binary(&self, env: &Env, e: &Expr, op: BinaryOp, at: ast::Span, left: &Expr, right: &Expr, want: Option<&Type>) -> Type {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let word = if op == BinaryOp::And { "`and`" } else { "`or`" };
                self.condition(env, left, word);
                self.condition(&self.narrowed(env, left, op == BinaryOp::And), right, word);
                Type::Bool
            }
            BinaryOp::Else => {
                let found = self.infer(env, left, want);
                let inner = optional_inner(&found);
                let other = self.infer(env, right, want.or(Some(&inner)));
                let is_a = |a, b| self.program.is_a(a, b);
                if inner.takes(&other, &is_a) {
                    return if other.is_optional() { inner.optional() } else { inner };
                }
                if other.takes(&inner, &is_a) { other } else { Type::Union([inner, other].into()) }
            }
            BinaryOp::Is => {
                self.infer(env, left, None);
                Type::Bool
            }
            BinaryOp::Range | BinaryOp::RangeInclusive => {
                let a = self.infer(env, left, None);
                self.check(env, right, a.plain(), "the other end of the range", None);
                Type::Range(Rc::new(a.plain().clone()))
            }
            BinaryOp::From => {
                self.check(env, left, &Type::Quantity(Dim::DURATION), "what stands before `from`", None);
                self.check(env, right, &Type::Time, "what stands behind `from`", None);
                Type::Window
            }
            BinaryOp::In => self.contained(env, e, left, right),
            BinaryOp::Eq | BinaryOp::Ne => self.equal(env, e, left, right),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => self.ordered(env, e, left, right),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => {
                let a = self.operand(env, left);
                let b = self.operand(env, right);
                match arithmetic(op, &a, &b) {
                    Some(ty) => ty,
                    None => {
                        let loc = self.program.loc(env.module, at);
                        let message = format!("{} and {} cannot be {}", article(&a), article(&b), done(op));
                        let problem = Problem::error(ARITHMETIC, loc, message);
                        let problem = problem.also(self.loc(env, left), format!("{a}")).also(self.loc(env, right), format!("{b}"));
                        self.broken(env, e, problem)
                    }
                }
            }
        }
    }

    /// The type of a side of an operator; what may be absent is an error, unless a survey fills it.
    fn operand(&self, env: &Env, e: &Expr) -> Type {
        let ty = self.infer(env, e, None);
        if ty.is_optional() && !env.lenient {
            let problem = Problem::error(TYPE_MISMATCH, self.loc(env, e), "this may be absent, and then there is nothing to reckon with");
            return self.broken(env, e, problem.help("say what holds when it is absent: `(… ?? value)`"));
        }
        ty.plain().clone()
    }

    fn equal(&self, env: &Env, e: &Expr, left: &Expr, right: &Expr) -> Type {
        // A bare value stands on either side.
        let probe = |e: &Expr| !matches!(&e.kind, ExprKind::Name(n) if !env.vars.iter().any(|v| v.0 == *n));
        let (a, b) = if probe(left) || !probe(right) {
            let a = self.infer(env, left, None);
            let b = self.infer(env, right, Some(&a));
            (a, b)
        } else {
            let b = self.infer(env, right, None);
            let a = self.infer(env, left, Some(&b));
            (a, b)
        };
        let is_a = |a, b| self.program.is_a(a, b);
        let (pa, pb) = (a.plain(), b.plain());
        let related = matches!((pa, pb), (Type::Ref(x, _), Type::Ref(y, _)) if self.program.kind(*x).root == self.program.kind(*y).root);
        if !related && !pa.takes(pb, &is_a) && !pb.takes(pa, &is_a) && !shares_member(pa, pb, &is_a) {
            let message = format!("{} is never equal to {}", article(&a), article(&b));
            return self.broken(env, e, Problem::error(TYPE_MISMATCH, self.loc(env, e), message));
        }
        Type::Bool
    }

    fn ordered(&self, env: &Env, e: &Expr, left: &Expr, right: &Expr) -> Type {
        let (a, b) = (self.operand(env, left), self.operand(env, right));
        let fits = match (&a, &b) {
            (Type::Error, _) | (_, Type::Error) => true,
            (Type::Int | Type::Float | Type::Percent, Type::Int | Type::Float | Type::Percent) => true,
            (Type::Quantity(Dim::NONE), Type::Int | Type::Float) | (Type::Int | Type::Float, Type::Quantity(Dim::NONE)) => true,
            (Type::Quantity(x), Type::Quantity(y)) => x == y,
            (Type::Str | Type::Path, Type::Str | Type::Path) | (Type::Time, Type::Time) | (Type::Ip, Type::Ip) => true,
            _ => false,
        };
        if fits {
            return Type::Bool;
        }
        let message = format!("{} and {} have no order", article(&a), article(&b));
        self.broken(env, e, Problem::error(TYPE_MISMATCH, self.loc(env, e), message))
    }

    fn contained(&self, env: &Env, e: &Expr, left: &Expr, right: &Expr) -> Type {
        let a = self.infer(env, left, None);
        let want = Type::List(Rc::new(a.plain().clone()));
        let b = self.infer(env, right, if a.plain().words().is_empty() { None } else { Some(&want) });
        match b.plain() {
            Type::List(_) | Type::Range(_) | Type::Map(..) | Type::Cidr | Type::Str | Type::Error | Type::Port => Type::Bool,
            other => {
                let message = format!("nothing is in {}", article(other));
                let problem = Problem::error(TYPE_MISMATCH, self.loc(env, right), message);
                self.broken(env, e, problem.help("behind `in` stands a list, a range, a map, a network or a range of ports"))
            }
        }
    }

    fn index(&self, env: &Env, e: &Expr, receiver: &Expr, index: &Expr) -> Type {
        let ty = self.infer(env, receiver, None);
        match ty.plain() {
            Type::List(inner) => {
                self.check(env, index, &Type::Int, "the index of a list", None);
                (**inner).clone()
            }
            Type::Map(inner, lookup) => {
                self.check(env, index, &Type::Str, "the key of a map", None);
                let found = (**inner).clone();
                let sure = *lookup == Lookup::Unknown || env.lenient || matches!(found, Type::Ref(..));
                if sure { found } else { found.optional() }
            }
            Type::Json | Type::Error => {
                self.infer(env, index, None);
                ty.plain().clone()
            }
            other => {
                let message = format!("{} has no parts to index", article(other));
                self.broken(env, e, Problem::error(TYPE_MISMATCH, self.loc(env, e), message))
            }
        }
    }

    fn dot(&self, env: &Env, e: &Expr, receiver: &Expr, name: &ast::Name) -> Type {
        if let Some(ty) = self.qualified(env, receiver, name) {
            return ty;
        }
        let ty = self.infer(env, receiver, None);
        if ty.is_optional() && !env.lenient && !matches!(ty.plain(), Type::Error) {
            let problem =
                Problem::error(TYPE_MISMATCH, self.loc(env, receiver), format!("this may be absent, so it may have no `{}`", name.text));
            return self.broken(env, e, problem.help("look first: `if x? { … }`, or say what holds otherwise: `(x ?? …)`"));
        }
        match ty.plain() {
            Type::Error | Type::Json => ty.plain().clone(),
            Type::Ref(kind, path) => {
                self.member(env, *kind, &name.text).or_else(|| self.child_of(env, receiver, name)).unwrap_or_else(|| {
                    let def = self.program.kind(*kind);
                    let known: Vec<&str> = def.fields.iter().map(|f| f.name.as_str()).collect();
                    self.no_member(env, e, name, &known, &format!("a `{path}`"))
                })
            }
            Type::Record(record) => match record.fields.iter().find(|f| f.name == name.text) {
                Some(field) => match &field.typed.ty {
                    Type::Option(inner) if record.facts || env.lenient => (**inner).clone(),
                    ty => ty.clone(),
                },
                None => {
                    let known: Vec<&str> = record.fields.iter().map(|f| f.name.as_str()).collect();
                    self.no_member(env, e, name, &known, "this record")
                }
            },
            other => self.method(env, e, other, name, &[]),
        }
    }

    /// `net.club`: a name of another module.
    fn qualified(&self, env: &Env, receiver: &Expr, name: &ast::Name) -> Option<Type> {
        let ExprKind::Name(first) = &receiver.kind else { return None };
        if env.vars.iter().any(|v| v.0 == *first) || self.program.find_value(env.module, first).is_some() {
            return None;
        }
        let target = self.program.used(env.module, first)?;
        let (module, symbol) = self.program.scopes.get(target.0 as usize)?.values.get(&name.text)?;
        Some(self.symbol(*module, symbol))
    }

    /// A child that the declaration itself names: `kruskal.docker`.
    fn child_of(&self, env: &Env, receiver: &Expr, name: &ast::Name) -> Option<Type> {
        let (module, declaration) = self.declaration_of(env, receiver)?;
        let kind = self.declared_kind(module, declaration, None)?;
        let child = declaration.children.iter().find(|c| c.declaration.name.text == name.text)?;
        self.declared_kind(module, &child.declaration, Some(kind)).map(|k| self.program.reference(k))
    }

    fn declaration_of(&self, env: &Env, receiver: &Expr) -> Option<(ModuleId, &ast::Declaration)> {
        let found = match &receiver.kind {
            ExprKind::Name(first) => self.program.find_value(env.module, first)?,
            ExprKind::Dot(inner, name) => {
                let ExprKind::Name(first) = &inner.kind else { return None };
                let target = self.program.used(env.module, first)?;
                *self.program.scopes.get(target.0 as usize)?.values.get(&name.text)?
            }
            _ => return None,
        };
        match found {
            (module, Symbol::Declaration(_, d)) => Some((module, d)),
            _ => None,
        }
    }

    /// Reports a member that does not exist, with near misses.
    pub fn no_member(&self, env: &Env, e: &Expr, name: &ast::Name, known: &[&str], whose: &str) -> Type {
        let at = self.program.loc(env.module, name.span);
        let mut problem = Problem::error(UNKNOWN_NAME, at, format!("{whose} has no `{}`", name.text));
        if let Some(close) = near(&name.text, known.iter().copied()) {
            problem = problem.help(format!("did you mean `{close}`?")).fix(format!("write `{close}`"), at, close);
        }
        self.broken(env, e, problem)
    }
}

/// A local name and its type.
fn local(env: &Env, e: &Expr) -> Option<(SmolStr, Type)> {
    let ExprKind::Name(name) = &e.kind else { return None };
    env.vars.iter().rev().find(|v| v.0 == *name).cloned()
}

/// The type inside `?`, with `later` kept.
pub fn optional_inner(ty: &Type) -> Type {
    match ty {
        Type::Option(inner) => (**inner).clone(),
        other => other.clone(),
    }
}

/// A key as one text.
pub fn key_text(field: &ast::Field) -> SmolStr {
    match field.key.as_slice() {
        [one] => one.text.clone(),
        many => many.iter().map(|k| k.text.as_str()).collect::<Vec<_>>().join(".").into(),
    }
}

/// "a Size", "an Int"; that it may be absent is said where it matters.
pub fn article(ty: &Type) -> String {
    let ty = if let Type::Option(inner) = ty { inner } else { ty };
    let text = ty.to_string();
    match ty {
        Type::Word(_) => format!("`{text}`"),
        Type::List(_) | Type::Map(..) | Type::Record(_) | Type::Union(_) => text,
        _ if text.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o']) => format!("an {text}"),
        _ => format!("a {text}"),
    }
}

fn conversion(want: &Type, found: &Type) -> Option<String> {
    let unit = match want.plain() {
        Type::Quantity(Dim::SIZE) => "64GiB",
        Type::Quantity(Dim::DURATION) => "90min",
        Type::Quantity(Dim::BANDWIDTH) => "100Mbps",
        Type::Quantity(Dim::MONEY) => "11EUR",
        Type::Port | Type::Owner | Type::Cidr | Type::Ip => {
            let example = match want.plain() {
                Type::Port => "443/tcp",
                Type::Owner => "999:999",
                Type::Cidr => "10.0.0.0/24",
                _ => "10.0.0.1",
            };
            return matches!(found.plain(), Type::Int | Type::Float | Type::Str).then(|| format!("write it without quotes: `{example}`"));
        }
        Type::Str if matches!(found.plain(), Type::Int | Type::Ip | Type::Port) => return Some("write it between quotes".to_owned()),
        Type::Union(_) | Type::Enum(_) => {
            let words = want.words();
            return (!words.is_empty())
                .then(|| format!("one of {}", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")));
        }
        _ => return None,
    };
    matches!(found.plain(), Type::Int | Type::Float | Type::Str).then(|| format!("write it with its unit, without quotes: `{unit}`"))
}

fn shares_member(a: &Type, b: &Type, is_a: &dyn Fn(KindId, KindId) -> bool) -> bool {
    a.members().iter().any(|x| b.members().iter().any(|y| x.takes(y, is_a) || y.takes(x, is_a)))
}

fn done(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "added",
        BinaryOp::Sub => "subtracted",
        BinaryOp::Mul => "multiplied",
        _ => "divided",
    }
}

/// The type of a result, if there is one.
fn arithmetic(op: BinaryOp, a: &Type, b: &Type) -> Option<Type> {
    use Type::{Error, Float, Int, Percent, Quantity, Str};
    let dim = |ty: &Type| match ty {
        Quantity(dim) => Some(*dim),
        Int | Float | Percent => Some(Dim::NONE),
        _ => None,
    };
    Some(match (op, a, b) {
        (_, Error, _) | (_, _, Error) => Error,
        (BinaryOp::Add, Str | Type::Path, Str | Type::Path) => Str,
        (BinaryOp::Add, Type::List(x), Type::List(_)) => Type::List(x.clone()),
        (BinaryOp::Add | BinaryOp::Sub, Type::Time, Quantity(Dim::DURATION)) => Type::Time,
        (BinaryOp::Sub, Type::Time, Type::Time) => Quantity(Dim::DURATION),
        (BinaryOp::Div, Int, Int) => Float,
        (_, Int, Int) => Int,
        (BinaryOp::Add | BinaryOp::Sub, Percent, Percent) => Percent,
        (BinaryOp::Add | BinaryOp::Sub, _, _) if dim(a)? == dim(b)? && dim(a)? != Dim::NONE => Quantity(dim(a)?),
        (BinaryOp::Add | BinaryOp::Sub, Int | Float, Int | Float) => Float,
        (BinaryOp::Add | BinaryOp::Sub, _, _) => return None,
        (BinaryOp::Mul | BinaryOp::Div, _, _) => {
            let sign = if op == BinaryOp::Mul { 1 } else { -1 };
            match dim(a)?.combine(dim(b)?, sign)? {
                Dim::NONE => Float,
                dim => Quantity(dim),
            }
        }
        _ => return None,
    })
}
