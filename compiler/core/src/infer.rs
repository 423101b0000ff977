//! What type has an expression? Looks at every expression of a program once, and reports each mistake once.
//!
//! Computes no values. Calls and methods are in `signatures`.

use crate::{
    habits, literal,
    program::{FieldDef, NamedType, Program, Symbol},
    quantity::Dim,
    report::{Problem, STAGE, TYPE_MISMATCH, UNKNOWN_NAME},
    source::Loc,
    types::{KindId, Lookup, ModuleId, Type},
    watch::Target,
};
use mig_syntax::ast::{self, Expr, ExprKind};
use smol_str::SmolStr;
use std::{fmt::Display, rc::Rc};

/// What names mean around an expression.
#[derive(Debug, Clone)]
pub struct Env {
    /// Where names are looked up last.
    pub module: ModuleId,
    /// Local names, innermost last.
    pub vars: Vec<(SmolStr, Type)>,
    /// What is known here of other names, by the conditions around.
    pub known: Vec<(SmolStr, Type)>,
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
        Self { module, vars: vec![], known: vec![], me: None, body: false, lenient: false }
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

    /// With a narrower type of a name that there is.
    #[must_use]
    pub fn knowing(&self, name: &SmolStr, ty: Type) -> Self {
        let mut env = self.clone();
        let is_local = env.vars.iter().any(|(local, _)| local == name);
        let names = if is_local { &mut env.vars } else { &mut env.known };
        names.push((name.clone(), ty));
        env
    }

    /// The narrower type of a name that is not local, or the one that was found.
    fn known(&self, name: &str, found: Type) -> Type {
        self.known.iter().rev().find(|(known, _)| known == name).map_or(found, |(_, ty)| ty.clone())
    }
}

/// Types expressions.
#[derive(Debug)]
pub struct Typer<'p, 'a> {
    /// Names and kinds.
    pub program: &'p Program<'a>,
}

impl Typer<'_, '_> {
    /// Is the expression of that type? `place` says who asks: "`size`".
    pub fn check<P: Display + ?Sized>(&self, env: &Env, e: &Expr, want: &Type, place: &P, declared: Option<Loc>) -> Type {
        let found = self.infer(env, e, Some(want));
        if want.takes(&found, &|a, b| self.program.is_a(a, b)) {
            return found;
        }
        self.mismatch(env, e, want, &found, &place.to_string(), declared)
    }

    fn mismatch(&self, env: &Env, e: &Expr, want: &Type, found: &Type, place: &str, declared: Option<Loc>) -> Type {
        let is_a = |a, b| self.program.is_a(a, b);
        let at = self.loc(env, e);
        let message = if found.is_secret() && !want.is_secret() {
            format!("{place} may be written to plans and logs, so it takes no secret")
        } else if found.is_optional() && want.takes(&optional_inner(found), &is_a) {
            format!("{place} takes {}, and this may be absent", article(want))
        } else {
            format!("{place} takes {}, and this is {}", article(want), article(found))
        };
        let code = if found.is_secret() && !want.is_secret() { STAGE } else { TYPE_MISMATCH };
        let mut problem = Problem::error(code, at, message).text(format!("{found}"));
        if found.is_optional() && !want.is_optional() {
            problem = problem.help("say what holds when it is absent: `… ?? value`");
        } else if let Some(help) = conversion(want, found) {
            problem = problem.help(help);
        }
        if let Some(declared) = declared {
            problem = problem.also(declared, format!("declared as {} here", optional_inner(want)));
        }
        self.broken(env, e, problem)
    }

    /// The type of the expression; `want` is what its place would like, for bare values and records.
    pub fn infer(&self, env: &Env, e: &Expr, want: Option<&Type>) -> Type {
        if let Some(watch) = &self.program.watch {
            watch.expression(self.loc(env, e), env, want);
        }
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
            ExprKind::Root | ExprKind::Every(_) => self.no_answer(env, e),
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

    /// Reports, and remembers that the expression has no value. What is odd about damaged text is part of the damage.
    pub fn broken(&self, env: &Env, e: &Expr, problem: Problem) -> Type {
        self.program.broken.borrow_mut().insert(self.loc(env, e));
        if !self.program.is_damaged(env.module, e.span) {
            self.program.report(problem);
        }
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
                self.script(env, parts);
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
            self.program.note(self.loc(env, e), || Some(Target::Local(ty.clone())));
            return ty.clone();
        }
        if let Some(want) = want.filter(|w| w.has_word(name)) {
            self.program.note(self.loc(env, e), || Some(Target::Word(want.clone())));
            self.program.words.borrow_mut().insert(self.loc(env, e));
            return Type::Word(name.clone());
        }
        if name == "self" {
            return env.me.map_or_else(|| self.unknown_name(env, e, name), |kind| self.program.reference(kind));
        }
        if let Some(kind) = env.me.filter(|_| env.body)
            && let Some(ty) = self.member(env, kind, name)
        {
            self.program.note(self.loc(env, e), || self.program.member_target(kind, name));
            return env.known(name, ty);
        }
        if let Some(values) = self.program.find_enum(env.module, name) {
            return Type::List(Rc::new(Type::Enum(Rc::new(values))));
        }
        match self.program.find_value(env.module, name) {
            Some((module, symbol)) => {
                self.program.note(self.loc(env, e), || Some(Target::Symbol(module, symbol)));
                env.known(name, self.symbol(module, &symbol))
            }
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
        let problem = Problem::error(UNKNOWN_NAME, at, format!("`{name}` is none of {list}"));
        let problem = problem.near(name, words.iter().map(SmolStr::as_str), at);
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
            Symbol::Declaration(d) => {
                let reference = self.declared_kind(module, d, None).map_or(Type::Error, |k| self.program.reference(k));
                by_keys(d, reference)
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
            known.extend(scope.types.iter().filter(|(_, t)| matches!(t.1, NamedType::Enum(_))).map(|(name, _)| name.clone()));
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
        } else if self.program.find_kind(env.module, name, None).is_some() {
            problem = problem.help(format!("`{name}` is a kind; its declarations are `all({name})`")).fix(
                format!("write `all({name})`"),
                at,
                format!("all({name})"),
            );
        } else if let Some((help, word)) = habits::value(name) {
            problem = problem.help(help);
            problem = if word.is_empty() { problem } else { problem.fix(format!("write `{word}`"), at, word) };
        } else {
            problem = problem.near(name, known.iter().map(SmolStr::as_str), at);
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
        if let Some((part, d)) = self.part(kind, name) {
            return Some(by_keys(d, self.program.reference(part)));
        }
        let parents = self.program.parents.get(&def.root)?;
        parents.iter().copied().find(|p| self.program.kind(*p).name == name).map(|p| self.program.reference(p))
    }

    /// What the kind of a component declares under that name.
    fn part(&self, kind: KindId, name: &str) -> Option<(KindId, &ast::Declaration)> {
        let def = self.program.kind(kind);
        match def.tree.declarations.iter().find(|d| d.name.text == name) {
            Some(d) => self.declared_kind(def.module, d, None).map(|kind| (kind, d)),
            None => def.base.and_then(|base| self.part(base, name)),
        }
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
}

/// The type of a declaration's name: where it has keys, a map.
pub fn by_keys(d: &ast::Declaration, reference: Type) -> Type {
    if d.keys.is_some() { Type::Map(Rc::new(reference), Lookup::Error) } else { reference }
}

/// The type inside `?`, with `later` kept.
pub fn optional_inner(ty: &Type) -> Type {
    match ty {
        Type::Option(inner) => (**inner).clone(),
        other => other.clone(),
    }
}

/// "a Size", "an Int"; that it may be absent is said where it matters.
pub fn article(ty: &Type) -> String {
    let ty = if let Type::Option(inner) = ty { inner } else { ty };
    let text = ty.to_string();
    match ty {
        Type::Word(_) => format!("`{text}`"),
        Type::Tuple(_) => "a pair".to_owned(),
        Type::List(_) | Type::Map(..) | Type::Record(_) | Type::Union(_) => text,
        _ => format!("{} {text}", article_of(&text)),
    }
}

/// What is said before a word: `ssh` is spelt when it is read aloud.
fn article_of(word: &str) -> &'static str {
    let is_open = word.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o']) || word.starts_with("ssh");
    if is_open { "an" } else { "a" }
}

/// A kind by its path, with its article: "an `aliyun.ecs`".
pub fn kind_called(path: &str) -> String {
    format!("{} `{path}`", article_of(path))
}

/// How a value of the wanted type is written, where that is likely to help.
fn conversion(want: &Type, found: &Type) -> Option<String> {
    let (want, found) = (want.plain(), found.plain());
    let is_text = matches!(found, Type::Str);
    match want {
        Type::List(inner) if inner.to_string() == found.to_string() || matches!((inner.plain(), found), (Type::Ref(..), Type::Ref(..))) => {
            Some("a list stands between `[` and `]`".to_owned())
        }
        Type::Map(..) if matches!(found, Type::List(_)) => Some("a map is written `{ name = value }`".to_owned()),
        Type::Ref(_, name) if is_text && name == "facts" => Some("write `survey(\"facts/NAME.json\")`".to_owned()),
        Type::Ref(..) if is_text => Some("a declaration is named without quotes".to_owned()),
        Type::Str if matches!(found, Type::Int | Type::Ip | Type::Port) => Some("write it between quotes".to_owned()),
        Type::Str if matches!(found, Type::Enum(_) | Type::Float | Type::Quantity(_)) => {
            Some("in a text it is written `\"{…}\"`".to_owned())
        }
        Type::Union(members) if is_text || matches!(found, Type::Int) => {
            let is_port = members.iter().any(|member| matches!(member.plain(), Type::Port));
            one_of(want).or_else(|| is_port.then(|| "a port is written `80/tcp`".to_owned()))
        }
        Type::Union(_) | Type::Enum(_) => one_of(want),
        _ => {
            let (example, has_unit) = example_of(want)?;
            let how = match (found, has_unit) {
                (Type::Str, true) => "with its unit and without quotes, ",
                (Type::Str, false) => "without quotes, ",
                (Type::Int | Type::Float, true) => "with its unit, ",
                (Type::Int | Type::Float, false) => "",
                _ => return None,
            };
            Some(format!("write it {how}as in `{example}`"))
        }
    }
}

/// A literal of a type, and whether it has a unit.
fn example_of(want: &Type) -> Option<(&'static str, bool)> {
    Some(match want {
        Type::Quantity(Dim::SIZE) => ("64GiB", true),
        Type::Quantity(Dim::DURATION) => ("90min", true),
        Type::Quantity(Dim::BANDWIDTH) => ("100Mbps", true),
        Type::Quantity(Dim::MONEY) => ("11EUR", true),
        Type::Port => ("443/tcp", false),
        Type::Owner => ("999:999", false),
        Type::Cidr => ("10.0.0.0/24", false),
        Type::Ip => ("10.0.0.1", false),
        _ => return None,
    })
}

/// The words that a place takes, and that it takes more than those.
fn one_of(want: &Type) -> Option<String> {
    let words: Vec<String> = want.words().iter().map(|w| format!("`{w}`")).collect();
    let only_words = want.members().iter().all(|member| matches!(member, Type::Word(_) | Type::Enum(_)));
    match (words.as_slice(), only_words) {
        ([], _) => None,
        (words, true) => Some(format!("one of {}", words.join(", "))),
        ([word], false) => Some(format!("or write the bare word {word}")),
        (words, false) => Some(format!("or write one of the bare words {}", words.join(", "))),
    }
}
