//! What can `x is T` ask, and what is known of `x` where it holds or does not? Types, kinds, enums and bare words of a union.

use crate::{
    infer::{Env, Typer, article},
    report::{Problem, TYPE_MISMATCH, UNKNOWN_NAME},
    types::{Type, scalar},
};
use mig_syntax::ast::Expr;
use smol_str::SmolStr;

impl Typer<'_, '_> {
    /// Says what is wrong with a test: a name of nothing, a type that the value never has, or one that is told apart by conditions.
    pub(crate) fn tested(&self, env: &Env, found: &Type, ty: &Expr) {
        let Some(name) = crate::signatures::path_of(ty) else { return };
        let members = found.members();
        if members.iter().any(|m| matches!(m, Type::Error | Type::Json) || self.is_of(env, m, &name)) {
            return;
        }
        let at = self.loc(env, ty);
        let possible = || match found.plain() {
            Type::Union(members) => members.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(" or "),
            one => article(one),
        };
        if self.program.find_kind(env.module, &name, None).is_some()
            || scalar(&name).is_some()
            || self.program.find_enum(env.module, &name).is_some()
        {
            self.program.report(Problem::error(TYPE_MISMATCH, at, format!("this is {}, and never `{name}`", possible())));
        } else if self.program.is_alias(env.module, &name) {
            let problem =
                Problem::error(TYPE_MISMATCH, at, format!("`{name}` is another name for a type, and `is` asks for the type itself"));
            self.program.report(problem.help(format!("this is {}; conditions are asked for as in `x in 1..=9`", possible())));
        } else if !self.program.is_lost(env.module, name.split('.').next().unwrap_or_default()) {
            let words = members.iter().filter_map(|m| if let Type::Word(word) = m { Some(word.as_str()) } else { None });
            let known = self.program.types_seen(env.module).into_iter().chain(words);
            let problem = Problem::error(UNKNOWN_NAME, at, format!("there is no type called `{name}`"));
            self.program.report(problem.near(&name, known, at));
        }
    }

    /// Without the members of a union that a test has ruled out.
    pub(crate) fn narrowed_type(&self, env: &Env, found: &Type, ty: &Expr, holds: bool) -> Type {
        let Some(name) = crate::signatures::path_of(ty) else { return found.clone() };
        if let Type::Ref(kind, _) = found.plain() {
            let root = self.program.kind(*kind).root;
            let narrower = self.program.find_kind(env.module, &name, Some(root)).filter(|_| holds);
            return narrower.map_or_else(|| found.clone(), |k| self.program.reference(k));
        }
        // One word of an enum says nothing of its others.
        let stays = |m: &Type| matches!(m, Type::Enum(e) if e.name != name) && self.is_of(env, m, &name);
        let mut left: Vec<Type> = found.members().into_iter().filter(|m| stays(m) || self.is_of(env, m, &name) == holds).cloned().collect();
        match left.len() {
            0 => found.clone(),
            1 => left.remove(0),
            _ => Type::Union(left.into()),
        }
    }

    /// May a value of that member of a type be what the name says?
    fn is_of(&self, env: &Env, member: &Type, name: &SmolStr) -> bool {
        match member {
            Type::Ref(kind, _) => {
                let root = self.program.kind(*kind).root;
                let asked = self.program.find_kind(env.module, name, Some(root)).or_else(|| self.program.find_kind(env.module, name, None));
                asked.is_some_and(|asked| self.program.is_a(*kind, asked) || self.program.is_a(asked, *kind))
            }
            Type::Word(word) => word == name,
            Type::Enum(e) => e.name == *name || e.words.contains(name),
            other => scalar(name).is_some_and(|asked| other.takes(&asked, &|_, _| false) || other.to_string() == asked.to_string()),
        }
    }
}
