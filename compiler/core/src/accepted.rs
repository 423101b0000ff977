//! Which values would a condition accept? Ends of an interval of one unknown, found by trial and proven by trial.
//!
//! Works for numbers and quantities that stand in a condition linearly; of everything else it says nothing. It runs only when
//! something is refused. How the ends are said is written in `interval`.

use crate::{
    arithmetic,
    eval::Scope,
    interval::{End, Interval},
    model::Model,
    quantity::{Quantity, Rounding},
    source::Loc,
    value::{Val, Value},
    walk,
};
use mig_syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use std::cmp::Ordering;

/// What a condition takes.
enum Taken {
    Everything,
    Nothing,
    Between(Vec<End>),
    Unclear,
}

/// The unknown as it is, and the value of an expression for each value of it.
pub struct Trial<'t> {
    /// What was given.
    pub given: &'t Val,
    /// Names around the condition.
    pub scope: &'t Scope<'t>,
    /// The value of an expression where the unknown has that value.
    pub eval: &'t dyn Fn(&Val, &Expr) -> Val,
}

impl Trial<'_> {
    fn given(&self, e: &Expr) -> Value {
        (self.eval)(self.given, e).v
    }

    fn at(&self, x: Quantity, e: &Expr) -> Option<Val> {
        let value = like(&self.given.v, x)?;
        Some((self.eval)(&Val { v: value, ..self.given.clone() }, e))
    }
}

impl Model<'_, '_> {
    /// The ends that the condition sets, if it is to hold; nothing where that cannot be said.
    pub fn ends(&self, trial: &Trial<'_>, condition: &Expr) -> Vec<End> {
        let keeps = |x| trial.at(x, condition).is_some_and(|v| matches!(v.v, Value::Bool(true)));
        proven(self.taken(trial, condition, true), trial, &keeps)
    }

    /// The ends outside of which not all of the conditions hold.
    pub fn ends_against(&self, trial: &Trial<'_>, conditions: &[&Expr]) -> Vec<End> {
        let taken = conditions.iter().map(|c| self.taken(trial, c, false)).fold(Taken::Nothing, either);
        let fails = |x, c: &Expr| trial.at(x, c).is_some_and(|v| matches!(v.v, Value::Bool(false)));
        proven(taken, trial, &|x| conditions.iter().any(|c| fails(x, c)))
    }

    /// The ends that a range sets, for `in a..=b`.
    pub fn ends_of_range(&self, trial: &Trial<'_>, e: &Expr) -> Vec<End> {
        let value = (trial.eval)(trial.given, e);
        let Value::Range(range) = &value.v else { return vec![] };
        let (from, to) = match &e.kind {
            ExprKind::Binary(BinaryOp::Range | BinaryOp::RangeInclusive, _, a, b) => (&**a, &**b),
            _ => (e, e),
        };
        let low = self.end(trial, from, &range.0, true, false, e);
        let high = self.end(trial, to, &range.1, false, !range.2, e);
        low.into_iter().chain(high).collect()
    }

    fn taken(&self, trial: &Trial<'_>, e: &Expr, wanted: bool) -> Taken {
        match &e.kind {
            ExprKind::Unary(UnaryOp::Not, inner) => self.taken(trial, inner, !wanted),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), _, a, b) => {
                let (a, b) = (self.taken(trial, a, wanted), self.taken(trial, b, wanted));
                if (*op == BinaryOp::And) == wanted { both(a, b) } else { either(a, b) }
            }
            ExprKind::If(arms, other) => {
                for (condition, value) in arms {
                    match trial.given(condition) {
                        Value::Bool(true) => return self.taken(trial, value, wanted),
                        Value::Bool(false) => {}
                        _ => return Taken::Unclear,
                    }
                }
                other.as_ref().map_or(Taken::Unclear, |e| self.taken(trial, e, wanted))
            }
            ExprKind::Binary(BinaryOp::In, _, left, right) if wanted && is_it(left) => match self.ends_of_range(trial, right) {
                ends if ends.is_empty() => unmoved(trial, e, wanted),
                ends => Taken::Between(ends),
            },
            ExprKind::Binary(op, _, left, right) => match (order(*op, wanted), length(left, right)) {
                (Some(order), Some((limit, flipped))) => self.length_end(trial, order, limit, flipped, e),
                (Some(order), None) => self.line(trial, order, left, right, e).unwrap_or_else(|| unmoved(trial, e, wanted)),
                (None, _) => unmoved(trial, e, wanted),
            },
            _ => unmoved(trial, e, wanted),
        }
    }

    /// `left ⋈ right`, both on a line over the unknown: where they meet is the end.
    fn line(&self, trial: &Trial<'_>, order: Order, left: &Expr, right: &Expr, rule: &Expr) -> Option<Taken> {
        let x0 = arithmetic::scalar(&trial.given.v)?;
        let x1 = x0.add(step(x0), 1)?;
        let side = |x: Quantity, e: &Expr| arithmetic::scalar(&trial.at(x, e)?.v);
        let difference = |x: Quantity| side(x, left)?.sub(side(x, right)?);
        let (d0, d1) = (difference(x0)?, difference(x1)?);
        let rise = d1.sub(d0)?;
        if rise.is_zero() {
            return Some(if order.holds(d0.sign()) { Taken::Everything } else { Taken::Nothing });
        }
        // All in numbers without dimension, because a slope may have any.
        let ratio = d0.div(rise)?.mul(step(x0))?;
        let end = x0.sub(ratio)?;
        if difference(x1.add(step(x0), 1)?)? != d1.add(rise, 1)? {
            return None;
        }
        let rises = rise.sign() == Ordering::Greater;
        let fixed = if side(x0, left)? == side(x1, left)? { Some(left) } else { Some(right).filter(|r| side(x0, r) == side(x1, r)) };
        let limit = fixed.map(|e| ((trial.eval)(trial.given, e), self.source_of(trial.scope, e)));
        let from = limit.as_ref().and_then(|(value, name)| self.named(value, name));
        let is_end = limit.as_ref().is_some_and(|(value, _)| arithmetic::scalar(&value.v) == Some(end));
        let source = limit.filter(|_| is_end).map(|l| l.1).unwrap_or_default();
        let rule = self.program.loc(trial.scope.module, rule.span);
        let end =
            |least: bool, strict: bool| End { least, strict, value: end, source: source.clone(), rule, from: from.clone(), length: false };
        Some(Taken::Between(match order {
            Order::Same => vec![end(true, false), end(false, false)],
            Order::More { or_same } => vec![end(rises, !or_same)],
            Order::Less { or_same } => vec![end(!rises, !or_same)],
        }))
    }

    /// `it.len >= 3`: the end of how long a text or list is.
    fn length_end(&self, trial: &Trial<'_>, order: Order, limit: &Expr, flipped: bool, rule: &Expr) -> Taken {
        let value = (trial.eval)(trial.given, limit);
        let order = if flipped { order.flipped() } else { order };
        let end = |least, strict| self.end(trial, limit, &value, least, strict, rule).map(|end| End { length: true, ..end });
        let ends: Vec<End> = match order {
            Order::Same => end(true, false).into_iter().chain(end(false, false)).collect(),
            Order::More { or_same } => end(true, !or_same).into_iter().collect(),
            Order::Less { or_same } => end(false, !or_same).into_iter().collect(),
        };
        if ends.is_empty() { Taken::Unclear } else { Taken::Between(ends) }
    }

    fn end(&self, trial: &Trial<'_>, e: &Expr, value: &Val, least: bool, strict: bool, rule: &Expr) -> Option<End> {
        let source = self.source_of(trial.scope, e);
        let rule = self.program.loc(trial.scope.module, rule.span);
        let from = self.named(value, &source);
        Some(End { least, strict, value: arithmetic::scalar(&value.v)?, source, rule, from, length: false })
    }

    /// Where a limit comes from that has a name: "image.size of base is 30 GiB".
    fn named(&self, value: &Val, name: &str) -> Option<(Loc, String)> {
        let known = !name.is_empty() && value.at.span.end > 0 && !self.program.is_brought(value.at);
        known.then(|| (value.at, format!("{name} is {}", self.show(&value.v))))
    }

    /// What people call it: "image.size of base"; nothing for a literal, for what migc brings, and for what is too long to be read.
    fn source_of(&self, scope: &Scope<'_>, e: &Expr) -> String {
        const LENGTH_MAX: usize = 40;
        if matches!(&e.kind, ExprKind::Literal(_)) || matches!(&e.kind, ExprKind::Binary(BinaryOp::Range | BinaryOp::RangeInclusive, ..)) {
            return String::new();
        }
        let at = self.program.loc(scope.module, e.span);
        // Of which value `it` is said only the rule tells, which is pointed at.
        if self.program.is_brought(at) || walk::names(e, "it") {
            return String::new();
        }
        let text = self.program.syntax.texts.slice(at);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() > LENGTH_MAX {
            return String::new();
        }
        match &e.kind {
            ExprKind::Dot(receiver, _) => match self.eval(scope, receiver).v {
                Value::Ref(id) if self.instance(id).address != text => {
                    let address = &self.instance(id).address;
                    if text.starts_with(&format!("{address}.")) { text } else { format!("{text} of {address}") }
                }
                _ => text,
            },
            _ => text,
        }
    }
}

/// What is promised is tried, unless these ends leave nothing.
fn proven(taken: Taken, trial: &Trial<'_>, keeps: &dyn Fn(Quantity) -> bool) -> Vec<End> {
    let Taken::Between(ends) = taken else { return vec![] };
    let interval = Interval::of(ends, &trial.given.v);
    let holds = interval.is_empty() || interval.sample().is_none_or(keeps);
    if holds { interval.into_ends() } else { vec![] }
}

/// How one side has to lie to the other.
#[derive(Clone, Copy)]
enum Order {
    Same,
    More { or_same: bool },
    Less { or_same: bool },
}

impl Order {
    fn holds(self, sign: Ordering) -> bool {
        match self {
            Self::Same => sign == Ordering::Equal,
            Self::More { or_same } => sign == Ordering::Greater || (or_same && sign == Ordering::Equal),
            Self::Less { or_same } => sign == Ordering::Less || (or_same && sign == Ordering::Equal),
        }
    }

    fn flipped(self) -> Self {
        match self {
            Self::Same => Self::Same,
            Self::More { or_same } => Self::Less { or_same },
            Self::Less { or_same } => Self::More { or_same },
        }
    }
}

fn order(op: BinaryOp, wanted: bool) -> Option<Order> {
    Some(match (op, wanted) {
        (BinaryOp::Gt, true) | (BinaryOp::Le, false) => Order::More { or_same: false },
        (BinaryOp::Ge, true) | (BinaryOp::Lt, false) => Order::More { or_same: true },
        (BinaryOp::Lt, true) | (BinaryOp::Ge, false) => Order::Less { or_same: false },
        (BinaryOp::Le, true) | (BinaryOp::Gt, false) => Order::Less { or_same: true },
        (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => Order::Same,
        _ => return None,
    })
}

/// A condition that does not change with the unknown.
fn unmoved(trial: &Trial<'_>, e: &Expr, wanted: bool) -> Taken {
    let Value::Bool(here) = trial.given(e) else { return Taken::Unclear };
    let same = |x: Option<Quantity>| x.and_then(|x| trial.at(x, e)).is_some_and(|v| matches!(v.v, Value::Bool(there) if there == here));
    let Some(x) = arithmetic::scalar(&trial.given.v) else { return Taken::Unclear };
    if !same(x.add(step(x), 1)) || !same(x.sub(step(x))) {
        return Taken::Unclear;
    }
    if here == wanted { Taken::Everything } else { Taken::Nothing }
}

fn both(a: Taken, b: Taken) -> Taken {
    match (a, b) {
        (Taken::Unclear, _) | (_, Taken::Unclear) => Taken::Unclear,
        (Taken::Nothing, _) | (_, Taken::Nothing) => Taken::Nothing,
        (Taken::Everything, other) | (other, Taken::Everything) => other,
        (Taken::Between(a), Taken::Between(b)) => Taken::Between(a.into_iter().chain(b).collect()),
    }
}

fn either(a: Taken, b: Taken) -> Taken {
    match (a, b) {
        (Taken::Everything, _) | (_, Taken::Everything) => Taken::Everything,
        (Taken::Nothing, other) | (other, Taken::Nothing) => other,
        _ => Taken::Unclear,
    }
}

fn is_it(e: &Expr) -> bool {
    matches!(&e.kind, ExprKind::Name(n) if n == "it")
}

/// The other side of `it.len`, and whether it stands first.
fn length<'e>(left: &'e Expr, right: &'e Expr) -> Option<(&'e Expr, bool)> {
    let of_it = |e: &Expr| matches!(&e.kind, ExprKind::Dot(receiver, name) if name.text == "len" && is_it(receiver));
    if of_it(left) { Some((right, false)) } else { of_it(right).then_some((left, true)) }
}

/// How far another value is tried.
fn step(x: Quantity) -> Quantity {
    if x.is_zero() { Quantity::new(1 << 20, 1, x.dim, x.currency).unwrap_or(x) } else { x }
}

/// A value of the same sort.
pub fn like(sample: &Value, x: Quantity) -> Option<Value> {
    Some(match sample {
        Value::Int(_) => Value::Int(x.whole(Rounding::Down)),
        Value::Float(_) => Value::Float(x.as_f64()),
        Value::Percent(_) => Value::Percent(x.as_f64()),
        Value::Quantity(_) => Value::Quantity(x),
        _ => return None,
    })
}
