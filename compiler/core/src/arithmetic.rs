//! What do operators give? Arithmetic, order, equality and membership of values, three-valued where something is not known.

use crate::{
    literal::mask,
    quantity::{Dim, Quantity},
    value::{Val, Value},
};
use mig_syntax::ast::BinaryOp;
use std::{cmp::Ordering, rc::Rc};

/// The result of an operator over something that has no value to reckon with.
pub fn stuck(value: &Value) -> Value {
    match value {
        Value::Unknown(_) | Value::Later(_) => value.clone(),
        Value::Absent => Value::Unknown("a value that is not given".into()),
        _ => Value::Error,
    }
}

/// `a op b`, or why there is no result.
pub fn binary(op: BinaryOp, a: &Val, b: &Val) -> Result<Value, String> {
    let equality = matches!(op, BinaryOp::Eq | BinaryOp::Ne);
    if equality {
        return Ok(same(a, b).map_or_else(|open| open, |same| Value::Bool(same == (op == BinaryOp::Eq))));
    }
    for side in [a, b] {
        if !side.is_known() {
            return Ok(stuck(&side.v));
        }
    }
    Ok(match op {
        BinaryOp::In => contains(a, b),
        BinaryOp::Range | BinaryOp::RangeInclusive => Value::Range(Rc::new((a.clone(), b.clone(), op == BinaryOp::RangeInclusive))),
        BinaryOp::From => match (&a.v, &b.v) {
            (Value::Quantity(q), Value::Time(t, offset)) => {
                q.whole_seconds().map_or(Value::Error, |s| Value::Window(s as i64, *t, *offset))
            }
            _ => Value::Error,
        },
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge if of_two_currencies(&a.v, &b.v) => {
            return Err("money of two currencies has no order".to_owned());
        }
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => compare(&a.v, &b.v).map_or(Value::Error, |order| {
            Value::Bool(match op {
                BinaryOp::Lt => order == Ordering::Less,
                BinaryOp::Le => order != Ordering::Greater,
                BinaryOp::Gt => order == Ordering::Greater,
                _ => order != Ordering::Less,
            })
        }),
        _ => return calculate(op, &a.v, &b.v),
    })
}

/// Is it money that nobody exchanges here?
fn of_two_currencies(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::Quantity(x), Value::Quantity(y)) if x.dim == y.dim && !x.same_currency(*y))
}

/// The lesser of two values, or the greater; the first where they are alike.
pub fn extreme(wanted: Ordering, a: &Val, b: &Val) -> Result<Value, String> {
    if of_two_currencies(&a.v, &b.v) {
        return Err("money of two currencies has no order".to_owned());
    }
    Ok(if compare(&b.v, &a.v) == Some(wanted) { b.v.clone() } else { a.v.clone() })
}

/// Are they equal, or what stands in the way of knowing it?
pub fn same(a: &Val, b: &Val) -> Result<bool, Value> {
    equal(a, b).ok_or_else(|| if a.is_known() { stuck(&b.v) } else { stuck(&a.v) })
}

/// Are they equal? `None` if that is not known. Two values known later are equal if they are one field of one declaration.
fn equal(a: &Val, b: &Val) -> Option<bool> {
    match (&a.v, &b.v) {
        (Value::Str(x) | Value::Word(x), Value::Str(y) | Value::Word(y)) => Some(x == y),
        (Value::Ref(x), Value::Ref(y)) => Some(x == y),
        (Value::Later(x), Value::Later(y)) if x == y => Some(true),
        (Value::Error | Value::Unknown(_) | Value::Later(_), _) | (_, Value::Error | Value::Unknown(_) | Value::Later(_)) => None,
        (Value::Absent, other) | (other, Value::Absent) => Some(matches!(other, Value::Absent)),
        (x, y) => match compare(x, y) {
            Some(order) => Some(order == Ordering::Equal),
            None => Some(x.key().is_some() && x.key() == y.key()),
        },
    }
}

/// Which comes first, where there is an order.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Quantity(x), Value::Quantity(y)) if x.dim == y.dim && x.same_currency(*y) => Some(x.compare(*y)),
        (Value::Str(x) | Value::Word(x), Value::Str(y) | Value::Word(y)) => Some(x.cmp(y)),
        (Value::Time(x, _), Value::Time(y, _)) => Some(x.cmp(y)),
        (Value::Ip(x), Value::Ip(y)) => Some(x.cmp(y)),
        (Value::Int(x), Value::Int(y)) => Some(x.cmp(y)),
        _ => number(a)?.partial_cmp(&number(b)?),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(i) => Some(*i as f64),
        Value::Float(f) | Value::Percent(f) => Some(*f),
        Value::Quantity(q) if q.dim == Dim::NONE => Some(q.as_f64()),
        _ => None,
    }
}

/// `x in y`.
pub fn contains(value: &Val, set: &Val) -> Value {
    match (&value.v, &set.v) {
        (_, Value::List(list)) => {
            let mut open = None;
            for item in list.iter() {
                match equal(value, item) {
                    Some(true) => return Value::Bool(true),
                    Some(false) => {}
                    None => open = Some(stuck(&item.v)),
                }
            }
            open.unwrap_or(Value::Bool(false))
        }
        (v, Value::Range(range)) => {
            let (low, high) = (compare(v, &range.0.v), compare(v, &range.1.v));
            match (low, high) {
                (Some(low), Some(high)) => {
                    Value::Bool(low != Ordering::Less && (high == Ordering::Less || (range.2 && high == Ordering::Equal)))
                }
                _ => Value::Error,
            }
        }
        (Value::Str(k) | Value::Word(k), Value::Map(map)) => Value::Bool(map.has(k)),
        (Value::Str(part), Value::Str(whole)) => Value::Bool(whole.contains(part.as_str())),
        (Value::Ip(ip), Value::Cidr(net, bits)) => Value::Bool(ip.is_ipv4() == net.is_ipv4() && mask(*ip, *bits) == *net),
        (Value::Cidr(part, length), Value::Cidr(net, bits)) => {
            Value::Bool(part.is_ipv4() == net.is_ipv4() && bits <= length && mask(*part, *bits) == *net)
        }
        (Value::Port(first, last, protocol), Value::Port(from, to, other)) => Value::Bool(protocol == other && from <= first && last <= to),
        (_, other) => stuck(other),
    }
}

/// A number as a quantity without dimension.
pub fn scalar(value: &Value) -> Option<Quantity> {
    match value {
        Value::Int(i) => Quantity::new(i128::from(*i), 1, Dim::NONE, [0; 3]),
        Value::Float(f) | Value::Percent(f) => {
            const PARTS: f64 = 1_000_000.0;
            let parts = f * PARTS;
            (parts.is_finite() && parts.abs() < 9e15)
                .then(|| Quantity::new(parts.round() as i128, PARTS as i128, Dim::NONE, [0; 3]))
                .flatten()
        }
        Value::Quantity(q) => Some(*q),
        _ => None,
    }
}

fn calculate(op: BinaryOp, a: &Value, b: &Value) -> Result<Value, String> {
    let large = || "the result is too large".to_owned();
    match (op, a, b) {
        (BinaryOp::Add, Value::Str(x), Value::Str(y)) => return Ok(Value::Str(format!("{x}{y}").into())),
        (BinaryOp::Add, Value::List(x), Value::List(y)) => return Ok(Value::List(x.iter().chain(y.iter()).cloned().collect())),
        (BinaryOp::Add, Value::Int(x), Value::Int(y)) => return x.checked_add(*y).map(Value::Int).ok_or_else(large),
        (BinaryOp::Sub, Value::Int(x), Value::Int(y)) => return x.checked_sub(*y).map(Value::Int).ok_or_else(large),
        (BinaryOp::Mul, Value::Int(x), Value::Int(y)) => return x.checked_mul(*y).map(Value::Int).ok_or_else(large),
        (BinaryOp::Sub, Value::Time(x, _), Value::Time(y, _)) => {
            return Quantity::new(i128::from(x - y) * 1_000_000_000, 1, Dim::DURATION, [0; 3]).map(Value::Quantity).ok_or_else(large);
        }
        (BinaryOp::Add | BinaryOp::Sub, Value::Time(t, offset), Value::Quantity(q)) => {
            let seconds = q.as_f64() as i64 / 1_000_000_000;
            return Ok(Value::Time(if op == BinaryOp::Add { t + seconds } else { t - seconds }, *offset));
        }
        (BinaryOp::Add, Value::Percent(x), Value::Percent(y)) => return Ok(Value::Percent(x + y)),
        (BinaryOp::Sub, Value::Percent(x), Value::Percent(y)) => return Ok(Value::Percent(x - y)),
        _ => {}
    }
    let (Some(x), Some(y)) = (scalar(a), scalar(b)) else { return Ok(Value::Error) };
    if matches!(op, BinaryOp::Add | BinaryOp::Sub) && !x.same_currency(y) {
        return Err("money of two currencies does not add".to_owned());
    }
    let result = match op {
        BinaryOp::Add => x.add(y, 1),
        BinaryOp::Sub => x.add(y, -1),
        BinaryOp::Mul => x.mul(y),
        _ if y.is_zero() => return Err("a division by zero has no result".to_owned()),
        _ => x.div(y),
    };
    let result = result.ok_or_else(large)?;
    Ok(if result.dim == Dim::NONE { Value::Float(result.as_f64()) } else { Value::Quantity(result) })
}
