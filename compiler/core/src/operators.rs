//! What type have operators and conditions? Arithmetic over dimensions, comparison, and what a condition says of names.

use crate::{
    infer::{Env, Typer, article, optional_inner},
    quantity::Dim,
    report::{ARITHMETIC, Problem, STAGE, TYPE_MISMATCH},
    types::{KindId, Type},
};
use mig_syntax::ast::{self, BinaryOp, Expr, ExprKind};
use smol_str::SmolStr;
use std::rc::Rc;

impl Typer<'_, '_> {
    pub(crate) fn conditional(&self, env: &Env, arms: &[(Expr, Expr)], other: Option<&Expr>, want: Option<&Type>) -> Type {
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

    /// A bare name and its type. What is wrong with it is said where it stands, and not once more.
    fn named(&self, env: &Env, e: &Expr) -> Option<(SmolStr, Type)> {
        let ExprKind::Name(name) = &e.kind else { return None };
        let before = self.program.problems.borrow().list.len();
        let ty = self.infer(env, e, None);
        self.program.problems.borrow_mut().list.truncate(before);
        Some((name.clone(), ty))
    }

    /// What a condition says of names where it holds, or where it does not: `x?`, `x is T`, joined by `and`, `or`, `not`.
    fn narrowed(&self, env: &Env, condition: &Expr, holds: bool) -> Env {
        match &condition.kind {
            ExprKind::Unary(ast::UnaryOp::Not, inner) => self.narrowed(env, inner, !holds),
            ExprKind::Binary(BinaryOp::And, _, a, b) if holds => self.narrowed(&self.narrowed(env, a, true), b, true),
            ExprKind::Binary(BinaryOp::Or, _, a, b) if !holds => self.narrowed(&self.narrowed(env, a, false), b, false),
            ExprKind::Present(inner) if holds => match self.named(env, inner) {
                Some((name, Type::Option(there))) => env.knowing(&name, (*there).clone()),
                _ => env.clone(),
            },
            ExprKind::Binary(BinaryOp::Is, _, inner, ty) => match self.named(env, inner) {
                Some((name, found)) => env.knowing(&name, self.narrowed_type(env, &found, ty, holds)),
                None => env.clone(),
            },
            _ => env.clone(),
        }
    }

    /// Is it a condition?
    pub fn condition(&self, env: &Env, e: &Expr, place: &str) {
        self.check(env, e, &Type::Bool, place, None);
    }

    pub(crate) fn unary(&self, env: &Env, e: &Expr, op: ast::UnaryOp, inner: &Expr) -> Type {
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
    pub(crate) fn binary(&self, env: &Env, e: &Expr, op: BinaryOp, at: ast::Span, left: &Expr, right: &Expr, want: Option<&Type>) -> Type {
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
                let found = self.infer(env, left, None);
                self.tested(env, &found, right);
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

    fn equal(&self, env: &Env, whole: &Expr, left: &Expr, right: &Expr) -> Type {
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
        if self.is_compared_secret(env, whole, pa, pb) {
            return Type::Error;
        }
        let related = matches!((pa, pb), (Type::Ref(x, _), Type::Ref(y, _)) if self.program.kind(*x).root == self.program.kind(*y).root);
        if !related && !pa.takes(pb, &is_a) && !pb.takes(pa, &is_a) && !shares_member(pa, pb, &is_a) {
            let message = format!("{} is never equal to {}", article(&a), article(&b));
            return self.broken(env, whole, Problem::error(TYPE_MISMATCH, self.loc(env, whole), message));
        }
        Type::Bool
    }

    /// Can a value be equal to one of that type?
    pub(crate) fn comparable(&self, env: &Env, e: &Expr, key: &Type) {
        let found = self.infer(env, e, Some(key));
        let is_a = |a, b| self.program.is_a(a, b);
        let (a, b) = (found.plain(), key.plain());
        if !a.takes(b, &is_a) && !b.takes(a, &is_a) && !shares_member(a, b, &is_a) {
            let message = format!("{} is never equal to {}", article(&found), article(key));
            self.broken(env, e, Problem::error(TYPE_MISMATCH, self.loc(env, e), message));
        }
    }

    fn ordered(&self, env: &Env, whole: &Expr, left: &Expr, right: &Expr) -> Type {
        let (a, b) = (self.operand(env, left), self.operand(env, right));
        if self.is_compared_secret(env, whole, &a, &b) {
            return Type::Error;
        }
        if have_order(&a, &b) {
            return Type::Bool;
        }
        let message = format!("{} and {} have no order", article(&a), article(&b));
        self.broken(env, whole, Problem::error(TYPE_MISMATCH, self.loc(env, whole), message))
    }

    fn contained(&self, env: &Env, e: &Expr, left: &Expr, right: &Expr) -> Type {
        let a = self.infer(env, left, None);
        let want = Type::List(Rc::new(a.plain().clone()));
        let b = self.infer(env, right, if a.plain().words().is_empty() { None } else { Some(&want) });
        let (value, set) = (a.plain(), b.plain());
        if self.is_compared_secret(env, e, value, set) {
            return Type::Error;
        }
        let is_a = |a, b| self.program.is_a(a, b);
        let fits = match set {
            Type::Error => true,
            Type::List(of) => value.takes(of, &is_a) || of.takes(value, &is_a) || shares_member(value, of, &is_a),
            Type::Range(of) => have_order(value, of),
            Type::Map(..) | Type::Str | Type::Path => {
                !value.words().is_empty() || value.members().iter().any(|m| matches!(m, Type::Str | Type::Path | Type::Error))
            }
            Type::Cidr => value.members().iter().any(|m| matches!(m, Type::Ip | Type::Cidr | Type::Error)),
            Type::Port => value.members().iter().any(|m| matches!(m, Type::Port | Type::Error)),
            other => {
                let message = format!("nothing is in {}", article(other));
                let problem = Problem::error(TYPE_MISMATCH, self.loc(env, right), message);
                return self.broken(env, e, problem.help("behind `in` stands a list, a range, a map, a network or a range of ports"));
            }
        };
        if fits {
            return Type::Bool;
        }
        let message = format!("{} is never in {}", article(&a), article(&b));
        self.broken(env, e, Problem::error(TYPE_MISMATCH, self.loc(env, e), message))
    }

    /// What came of comparing a secret would tell something of it, and be shown.
    fn is_compared_secret(&self, env: &Env, e: &Expr, a: &Type, b: &Type) -> bool {
        let found = [a, b].into_iter().any(|ty| matches!(ty, Type::Secret(_)) || matches!(ty, Type::List(of) if of.is_secret()));
        if found {
            let problem = Problem::error(STAGE, self.loc(env, e), "a secret is not compared: what comes of it is shown");
            self.broken(env, e, problem.help("ask with `x?` whether there is one, or with `x is Str` whether it is none"));
        }
        found
    }
}

/// Is one of these types before the other?
pub(crate) fn have_order(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Error, _) | (_, Type::Error) => true,
        (Type::Int | Type::Float | Type::Percent, Type::Int | Type::Float | Type::Percent) => true,
        (Type::Quantity(Dim::NONE), Type::Int | Type::Float) | (Type::Int | Type::Float, Type::Quantity(Dim::NONE)) => true,
        (Type::Quantity(x), Type::Quantity(y)) => x == y,
        (Type::Str | Type::Path, Type::Str | Type::Path) | (Type::Time, Type::Time) | (Type::Ip, Type::Ip) => true,
        _ => false,
    }
}

/// A local name and its type.
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
pub(crate) fn arithmetic(op: BinaryOp, a: &Type, b: &Type) -> Option<Type> {
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
