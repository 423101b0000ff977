//! What type have the keys of `[key in keys]`? Texts or values of an enum, known now.

use crate::{
    infer::{Env, Typer, article},
    report::{Problem, STAGE, TYPE_MISMATCH},
    types::Type,
};
use mig_syntax::ast::Expr;

impl Typer<'_, '_> {
    /// The type of one key. Keys are named before the declaration is there, so they see what is around it and no `self` of its own.
    pub(crate) fn keys(&self, env: &Env, keys: &Expr) -> Type {
        let mut around = Env { me: env.me.filter(|_| env.body), ..env.clone() };
        around.vars.retain(|(name, _)| name != "self");
        let ty = self.infer(&around, keys, None);
        let later = "what exists is decided now, and these keys are known later";
        if ty.is_later() {
            return self.broken(&around, keys, Problem::error(STAGE, self.loc(&around, keys), later));
        }
        let key = match ty.plain() {
            Type::List(inner) => (**inner).clone(),
            Type::Map(..) | Type::Record(_) => Type::Str,
            Type::Error => Type::Error,
            other => {
                let message = format!("keys are a list or a map, and this is {}", article(other));
                let problem = Problem::error(TYPE_MISMATCH, self.loc(&around, keys), message);
                return self.broken(&around, keys, problem.help("keys are names and no numbers, as in `[name in [\"a\", \"b\"]]`"));
            }
        };
        let problem = if key.is_secret() {
            Problem::error(STAGE, self.loc(&around, keys), "a key is part of an address, which is shown, so it is no secret")
        } else if key.is_later() {
            Problem::error(STAGE, self.loc(&around, keys), later)
        } else if may_be_key(&key) {
            return key;
        } else {
            let message = format!("keys are texts or values of an enum, and these are of the type {key}");
            Problem::error(TYPE_MISMATCH, self.loc(&around, keys), message)
                .help("keys are names and no positions, so removing one touches no other")
        };
        self.broken(&around, keys, problem)
    }
}

fn may_be_key(ty: &Type) -> bool {
    match ty {
        Type::Str | Type::Path | Type::Word(_) | Type::Enum(_) | Type::Error => true,
        Type::Union(members) => members.iter().all(may_be_key),
        Type::Refined(typed) => may_be_key(&typed.ty),
        _ => false,
    }
}
