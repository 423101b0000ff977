//! What type have lists and records? Their parts are looked at against the type that their place would like.

use crate::{
    infer::{Env, Typer, kind_called},
    program::FieldDef,
    report::{DUPLICATE_NAME, Problem, TYPE_MISMATCH, UNKNOWN_NAME, near},
    types::{KindId, RecordType, Type},
    watch::Target,
};
use mig_syntax::ast::{self, Expr, ExprKind};
use rustc_hash::FxHashMap as HashMap;
use std::rc::Rc;

impl Typer<'_, '_> {
    pub(crate) fn list(&self, env: &Env, items: &[Expr], want: Option<&Type>) -> Type {
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

    /// A key stands once.
    pub(crate) fn distinct(&self, env: &Env, fields: &[ast::Field]) {
        let mut seen: HashMap<&str, ast::Span> = HashMap::default();
        for field in fields {
            if let Some(first) = seen.insert(&field.key.text, field.span) {
                let message = format!("`{}` is given twice", field.key.text);
                let problem = Problem::error(DUPLICATE_NAME, self.program.loc(env.module, field.key.span), message);
                self.program.report(problem.also(self.program.loc(env.module, first), "first given here"));
            }
        }
    }

    pub(crate) fn record(&self, env: &Env, e: &Expr, fields: &[ast::Field], want: Option<&Type>) -> Type {
        self.distinct(env, fields);
        for member in want.into_iter().flat_map(Type::members) {
            match member {
                Type::Record(record) => return self.record_of(env, e, fields, record),
                Type::Map(inner, lookup) => {
                    for field in fields {
                        self.row(env, field, inner);
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
            name: f.key.text.clone(),
            typed: self.infer(env, &f.value, None).into(),
            default: None,
            module: env.module,
        };
        Type::Record(Rc::new(RecordType::new(fields.iter().map(of).collect(), false)))
    }

    /// One value of a map. A key with dots nests, which few mean where values have no fields.
    fn row(&self, env: &Env, field: &ast::Field, want: &Type) {
        let has_fields = |m: &&Type| matches!(m, Type::Record(_) | Type::Map(..) | Type::Json | Type::Ref(..) | Type::Error);
        if !field.is_dotted() || want.members().iter().any(has_fields) {
            self.check(env, &field.value, want, &format_args!("`{}`", field.key.text), None);
            return;
        }
        let path = dotted(field);
        let key = path.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
        let at = self.program.loc(env.module, path.iter().fold(field.key.span, |span, name| span.to(name.span)));
        let message = format!("`{key} = …` nests, and this map holds {want}");
        let problem = Problem::error(TYPE_MISMATCH, at, message).help(format!("with its dots in it, a key is written `\"{key}\"`"));
        self.program.report(problem.fix(format!("write `\"{key}\"`"), at, format!("\"{key}\"")));
    }

    /// May a record stand for a declaration of the kind? So for data with checks, such as rules.
    pub fn is_data(&self, kind: KindId) -> bool {
        let def = self.program.kind(kind);
        !def.tree.is_abstract && def.children.is_empty() && def.base.is_none()
    }

    fn record_of(&self, env: &Env, e: &Expr, fields: &[ast::Field], record: &Rc<RecordType>) -> Type {
        let names: Vec<&str> = record.fields.iter().map(|f| f.name.as_str()).collect();
        for field in fields {
            let key = &field.key.text;
            match record.fields.iter().find(|f| f.name == *key) {
                Some(def) => {
                    let at = field.key.span;
                    self.program.note(self.program.loc(env.module, at), || Some(Target::Part(def.typed.ty.clone())));
                    self.check(env, &field.value, &def.typed.ty, &format_args!("`{key}`"), None);
                }
                None => self.no_such_field(env, field, &names, "this record"),
            }
        }
        let given = |name: &str| is_given(fields, name, &|key| names.contains(&key));
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
            let key = &field.key.text;
            match def.field(key) {
                Some(known) => {
                    let at = field.key.span;
                    self.program.note(self.program.loc(env.module, at), || self.program.member_target(kind, key));
                    self.check(env, &field.value, &known.typed.ty, &format_args!("`{key}`"), None);
                }
                None => self.no_such_field(env, field, &names, &kind_called(&def.path)),
            }
        }
        let given = |name: &str| is_given(fields, name, &|key| def.field(key).is_some());
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
        let first = &field.key;
        let at = self.program.loc(env.module, first.span);
        let problem = Problem::error(UNKNOWN_NAME, at, format!("{whose} has no field `{}`", first.text));
        let mut problem = problem.near(&first.text, known.iter().copied(), at);
        if problem.help.is_none() && !known.is_empty() {
            problem = problem.help(format!("it has {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")));
        }
        self.program.report(problem);
        self.infer(env, &field.value, None);
    }
}

/// Is a field given, or was it meant by a key that is no field?
fn is_given(fields: &[ast::Field], name: &str, is_field: &dyn Fn(&str) -> bool) -> bool {
    fields.iter().map(|f| f.key.text.as_str()).any(|key| key == name || (!is_field(key) && near(key, [name]).is_some()))
}

/// The names of `a.b.c = 1`.
fn dotted(field: &ast::Field) -> Vec<&ast::Name> {
    let mut path = vec![&field.key];
    let mut at = field;
    while at.is_dotted() {
        let ExprKind::Record(inner) = &at.value.kind else { break };
        let Some(first) = inner.first() else { break };
        path.push(&first.key);
        at = first;
    }
    path
}
