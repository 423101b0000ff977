//! Does a condition hold? Known, or the value that stands in the way: unknown, later or broken.
//!
//! Most of what checks compute are conditions, so they come to no values with places of their own.

use crate::{
    arithmetic,
    code::{Code, Op, Tested},
    eval::Scope,
    methods::Method,
    model::Model,
    types::{KindId, ModuleId},
    value::{Val, Value},
};
use mig_syntax::ast::{BinaryOp, UnaryOp};

impl<'a> Model<'_, 'a> {
    /// Whether it holds, or else the value that is no answer.
    pub(crate) fn decide(&self, s: &Scope<'_>, code: &Code<'a>) -> Result<bool, Value> {
        match &code.op {
            Op::Logic(and, sides) => self.logic(s, *and, sides),
            Op::Unary(UnaryOp::Not, inner) => self.decide(s, inner).map(|holds| !holds).map_err(|open| arithmetic::stuck(&open)),
            Op::Is(inner, tested) => self.is_type(s, inner, tested),
            Op::Present(inner) => match &self.view(s, inner).v {
                Value::Absent => Ok(false),
                Value::Error => Err(Value::Error),
                Value::Unknown(needs) => Err(Value::Unknown(needs.clone())),
                _ => Ok(true),
            },
            Op::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), sides) if !self.is_broken(code.at) => {
                let (a, b) = (self.view(s, &sides[0]), self.view(s, &sides[1]));
                arithmetic::same(&a, &b).map(|same| same == (*op == BinaryOp::Eq))
            }
            Op::Binary(op, sides) => answer(self.binary(s, *op, sides, code.at)),
            Op::Method(receiver, method @ (Method::Any | Method::All), args) => match &*self.view(s, receiver) {
                Val { v: Value::List(list), .. } => self.quantified(s, list, args, *method == Method::Any),
                other => answer(self.method(s, other, *method, args, code.at).v),
            },
            Op::If(arms, other) => {
                for (condition, value) in arms {
                    if self.decide(s, condition)? {
                        return self.decide(s, value);
                    }
                }
                other.as_ref().map_or(Err(Value::Absent), |other| self.decide(s, other))
            }
            _ => match &self.view(s, code).v {
                Value::Bool(holds) => Ok(*holds),
                other => Err(other.clone()),
            },
        }
    }

    /// One side may decide though the other is not known.
    fn logic(&self, s: &Scope<'_>, and: bool, sides: &[Code<'a>; 2]) -> Result<bool, Value> {
        let first = self.decide(s, &sides[0]);
        if matches!(first, Ok(holds) if holds != and) {
            return Ok(!and);
        }
        match (first, self.decide(s, &sides[1])) {
            (Err(Value::Error), _) | (_, Err(Value::Error)) => Err(Value::Error),
            (_, Ok(holds)) if holds != and => Ok(!and),
            (Ok(_), Ok(_)) => Ok(and),
            (Ok(_), Err(open)) | (Err(open), _) => Err(arithmetic::stuck(&open)),
        }
    }

    fn is_type(&self, s: &Scope<'_>, inner: &Code<'a>, tested: &Tested) -> Result<bool, Value> {
        let Tested { module, name, last } = tested;
        let value = self.view(s, inner);
        match &value.v {
            Value::Error | Value::Unknown(_) | Value::Later(_) => Err(arithmetic::stuck(&value.v)),
            Value::Absent => Ok(false),
            Value::Word(word) => Ok(word == name || self.program.find_enum(*module, name).is_some_and(|e| e.words.contains(word))),
            Value::Ref(id) => {
                let kind = self.kind_of(*id);
                if let Some((asked, is_one)) = last.get()
                    && asked == kind
                {
                    return Ok(is_one);
                }
                let is_one = self.is_of(kind, *module, name);
                last.set(Some((kind, is_one)));
                Ok(is_one)
            }
            other => Ok(other.sort_name() == name.as_str() || (name == "Path" && matches!(other, Value::Str(_)))),
        }
    }

    /// Does a kind refine the one that a name means?
    fn is_of(&self, kind: KindId, module: ModuleId, name: &str) -> bool {
        let root = self.program.kind(kind).root;
        let wanted = self.program.find_kind(module, name, Some(root)).or_else(|| self.program.find_kind(module, name, None));
        wanted.is_some_and(|wanted| self.program.is_a(kind, wanted))
    }

    /// Does the rule of a method hold for an element?
    pub(crate) fn holds(&self, s: &Scope<'_>, args: &[Code<'a>], item: &Val) -> Result<bool, Value> {
        match args.first().map(|arg| &arg.op) {
            Some(Op::Lambda(name, body)) => {
                let var = s.var(name, item);
                self.decide(&s.with(&var), body)
            }
            _ => answer(item.v.clone()),
        }
    }

    /// `list.any(x => …)`, or else `all`: one element decides, though others are not known.
    pub(crate) fn quantified(&self, s: &Scope<'_>, list: &[Val], args: &[Code<'a>], any: bool) -> Result<bool, Value> {
        let mut open = None;
        for item in list {
            match self.holds(s, args, item) {
                Ok(holds) if holds == any => return Ok(any),
                Ok(_) => {}
                Err(other) => open = Some(arithmetic::stuck(&other)),
            }
        }
        open.map_or(Ok(!any), Err)
    }
}

/// What a value says as an answer.
fn answer(value: Value) -> Result<bool, Value> {
    if let Value::Bool(holds) = value { Ok(holds) } else { Err(value) }
}
