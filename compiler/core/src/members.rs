//! What type has `x.name`, `x[i]`? Fields, children and parents of declarations, parts of records, names of modules.

use crate::{
    habits,
    infer::{Env, Typer, article, kind_called},
    program::Symbol,
    report::{Problem, TYPE_MISMATCH, UNKNOWN_NAME},
    signatures::methods_of,
    types::{KindId, Lookup, ModuleId, Type},
    watch::Target,
};
use mig_syntax::ast::{self, Expr, ExprKind};
use smol_str::SmolStr;

impl<'a> Typer<'_, 'a> {
    pub(crate) fn index(&self, env: &Env, e: &Expr, receiver: &Expr, index: &Expr) -> Type {
        let ty = self.infer(env, receiver, None);
        match ty.plain() {
            Type::List(inner) => {
                self.check(env, index, &Type::Int, "the index of a list", None);
                (**inner).clone()
            }
            Type::Map(inner, lookup) => {
                self.check(env, index, &Type::Str, "the key of a map", None);
                let found = (**inner).clone();
                let sure = *lookup != Lookup::Absent || env.lenient;
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

    pub(crate) fn dot(&self, env: &Env, e: &Expr, receiver: &Expr, name: &ast::Name) -> Type {
        if let Some(ty) = self.qualified(env, receiver, name) {
            return ty;
        }
        if let Some(ty) = self.not_in_module(env, e, receiver, name) {
            return ty;
        }
        let ty = self.infer(env, receiver, None);
        self.watch_dot(env, receiver, name, &ty);
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
                    let children = self.declaration_of(env, receiver).into_iter().flat_map(|d| &d.1.children);
                    let known = def.fields.iter().map(|f| &f.name).chain(def.children.iter().filter_map(|c| c.name.as_ref()));
                    let known: Vec<&str> = known.chain(children.map(|c| &c.declaration.name.text)).map(SmolStr::as_str).collect();
                    self.no_member(env, e, name, &known, &kind_called(path))
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
            Type::Map(..) if !methods_of(ty.plain()).contains(&name.text.as_str()) => self.key_as_name(env, e, (receiver, &ty), name),
            other => self.method(env, e, other, name, &[]),
        }
    }

    /// `hall.east` of a map: keys stand in brackets.
    fn key_as_name(&self, env: &Env, e: &Expr, (receiver, ty): (&Expr, &Type), name: &ast::Name) -> Type {
        let at = self.program.loc(env.module, name.span);
        let problem = Problem::error(UNKNOWN_NAME, at, format!("a map has no `{}`", name.text));
        let problem = problem.near(&name.text, methods_of(ty.plain()), at);
        if problem.help.is_some() {
            return self.broken(env, e, problem);
        }
        let behind = self.program.loc(env.module, ast::Span::new(receiver.span.end as usize, name.span.end as usize));
        let key = format!("[\"{}\"]", name.text);
        let problem = problem.help(format!("the value of a key is reached by `{key}`")).fix(format!("write `{key}`"), behind, key);
        self.broken(env, e, problem)
    }

    /// A name that the other module does not have; nothing is said again of a module that could not be read.
    fn not_in_module(&self, env: &Env, e: &Expr, receiver: &Expr, name: &ast::Name) -> Option<Type> {
        let ExprKind::Name(first) = &receiver.kind else { return None };
        let is_value = env.vars.iter().any(|v| v.0 == *first) || self.program.find_value(env.module, first).is_some();
        let is_field = env.me.filter(|_| env.body).is_some_and(|kind| self.member(env, kind, first).is_some());
        if is_value || is_field || first == "self" {
            return None;
        }
        let Some(target) = self.program.used(env.module, first) else {
            return self.program.is_lost(env.module, first).then(|| {
                self.program.broken.borrow_mut().insert(self.loc(env, e));
                Type::Error
            });
        };
        let scope = self.program.scopes.get(target.0 as usize)?;
        let mut known: Vec<&str> = scope.values.keys().map(SmolStr::as_str).collect();
        known.sort_unstable();
        Some(self.no_member(env, e, name, &known, &format!("the module `{first}`")))
    }

    /// `net.club`: a name of another module.
    fn qualified(&self, env: &Env, receiver: &Expr, name: &ast::Name) -> Option<Type> {
        let ExprKind::Name(first) = &receiver.kind else { return None };
        if env.vars.iter().any(|v| v.0 == *first) || self.program.find_value(env.module, first).is_some() {
            return None;
        }
        let target = self.program.used(env.module, first)?;
        let (module, symbol) = self.program.scopes.get(target.0 as usize)?.values.get(&name.text)?;
        self.program.note(self.loc(env, receiver), || Some(Target::Module(target)));
        self.program.note(self.program.loc(env.module, name.span), || Some(Target::Symbol(*module, *symbol)));
        Some(self.symbol(*module, symbol))
    }

    /// Tells an editor what `x.name` is.
    pub(crate) fn watch_dot(&self, env: &Env, receiver: &Expr, name: &ast::Name, ty: &Type) {
        let Some(watch) = &self.program.watch else { return };
        let at = self.program.loc(env.module, name.span);
        watch.dot(at, ty);
        self.program.note(at, || match ty.plain() {
            Type::Ref(kind, _) => self
                .declaration_of(env, receiver)
                .and_then(|(module, d, _)| {
                    let child = d.children.iter().find(|c| c.declaration.name.text == name.text)?;
                    Some(Target::Child(module, &child.declaration))
                })
                .or_else(|| self.program.member_target(*kind, &name.text)),
            Type::Record(record) => record.fields.iter().find(|f| f.name == name.text).map(|f| Target::Part(f.typed.ty.clone())),
            plain => Some(Target::Method(plain.clone())),
        });
    }

    /// A child that the declaration itself names: `kruskal.docker`, `rack.small["x"]`.
    fn child_of(&self, env: &Env, receiver: &Expr, name: &ast::Name) -> Option<Type> {
        let (module, declaration, kind) = self.declaration_of(env, receiver)?;
        let child = &declaration.children.iter().find(|c| c.declaration.name.text == name.text)?.declaration;
        let reference = self.program.reference(self.declared_kind(module, child, Some(kind))?);
        Some(crate::infer::by_keys(child, reference))
    }

    /// The declaration that an expression of names stands for.
    fn declaration_of(&self, env: &Env, e: &Expr) -> Option<(ModuleId, &'a ast::Declaration, KindId)> {
        let top = |(module, symbol): (ModuleId, Symbol<'a>)| match symbol {
            Symbol::Declaration(d) => self.declared_kind(module, d, None).map(|kind| (module, d, kind)),
            _ => None,
        };
        match &e.kind {
            ExprKind::Name(first) => top(self.program.find_value(env.module, first)?),
            ExprKind::Index(receiver, _) => self.declaration_of(env, receiver).filter(|(_, d, _)| d.keys.is_some()),
            ExprKind::Dot(receiver, name) => {
                if let ExprKind::Name(first) = &receiver.kind
                    && let Some(target) = self.program.used(env.module, first)
                    && let Some(found) = self.program.scopes[target.0 as usize].values.get(&name.text)
                {
                    return top(*found);
                }
                let (module, d, kind) = self.declaration_of(env, receiver)?;
                let child = &d.children.iter().find(|c| c.declaration.name.text == name.text)?.declaration;
                self.declared_kind(module, child, Some(kind)).map(|kind| (module, child, kind))
            }
            _ => None,
        }
    }

    /// Reports a member that does not exist, with near misses.
    pub fn no_member(&self, env: &Env, e: &Expr, name: &ast::Name, known: &[&str], whose: &str) -> Type {
        let at = self.program.loc(env.module, name.span);
        if let Some(of) = self.enum_with(env, e, name) {
            let message = format!("`{of}` is the list of its values, and `{}` is one of them", name.text);
            let fix = format!("write `{}`", name.text);
            let problem = Problem::error(UNKNOWN_NAME, self.loc(env, e), message).help("the value of an enum stands by itself");
            return self.broken(env, e, problem.fix(fix, self.loc(env, e), name.text.as_str()));
        }
        let problem = Problem::error(UNKNOWN_NAME, at, format!("{whose} has no `{}`", name.text));
        let own = habits::method(&name.text).filter(|own| known.contains(own));
        let problem = match own {
            Some(own) => problem.help(format!("it is called `{own}`")).fix(format!("write `{own}`"), at, own),
            None => problem.near(&name.text, known.iter().copied(), at),
        };
        self.broken(env, e, problem)
    }

    /// `Tier` of `Tier.Large`, as other languages have it.
    fn enum_with<'e>(&self, env: &Env, e: &'e Expr, name: &ast::Name) -> Option<&'e SmolStr> {
        let ExprKind::Dot(receiver, _) = &e.kind else { return None };
        let ExprKind::Name(first) = &receiver.kind else { return None };
        self.program.find_enum(env.module, first).filter(|found| found.words.contains(&name.text)).map(|_| first)
    }
}
