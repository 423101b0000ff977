//! What does a function of the program or of the standard library give? Arguments are made to fit, and while checks run, what
//! was computed for the same values before is not computed again: most rules ask the same of the same declarations.

use crate::{
    eval::Scope,
    model::Model,
    source::Loc,
    types::{ModuleId, Typed},
    value::{Key, Sort, Val, Value},
};
use mig_syntax::ast::{self, Arg};
use rustc_hash::FxHashMap as HashMap;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// A function and its arguments, each with where it comes from: messages point there.
type Call = (Loc, Box<[(Key, Loc, Sort)]>);

/// What functions gave.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    begun: Cell<bool>,
    by_call: RefCell<HashMap<Call, Val>>,
}

impl Remembered {
    /// From now on, since every field has its value.
    pub(crate) fn begin(&self) {
        self.begun.set(true);
    }
}

impl<'a> Model<'_, 'a> {
    /// `f(a, name = b)`
    pub(crate) fn call_own(&self, s: &Scope<'_>, module: ModuleId, function: &'a ast::Function, args: &[Arg]) -> Val {
        let find = |position: usize, name: &str| {
            args.iter()
                .find(|a| a.name.as_ref().is_some_and(|n| n.text == name))
                .or_else(|| args.get(position).filter(|a| a.name.is_none()))
        };
        let types = self.parameter_types(module, function);
        let fitting = function.params.iter().zip(&*types).enumerate().map(|(position, ((name, _), wanted))| {
            let Some(arg) = find(position, &name.text) else { return Val::error(self.program.loc(module, name.span)) };
            let value = self.eval(s, &arg.value);
            match wanted {
                Some(wanted) => self.conform_to(value, wanted, &name.text, None),
                None => value,
            }
        });
        let values: Vec<Val> = fitting.collect();
        let Some(call) = self.call_of(module, function, &values) else { return self.apply_once(module, function, &values) };
        if let Some(known) = self.remembered.by_call.borrow().get(&call) {
            return known.clone();
        }
        self.apply_and_remember(module, function, &values, call)
    }

    fn apply_once(&self, module: ModuleId, function: &'a ast::Function, values: &[Val]) -> Val {
        let depth = self.calls.get();
        self.calls.set(depth + 1);
        let value = self.apply(module, function, values, depth);
        self.calls.set(depth);
        value
    }

    /// A call that said something, or left something open, says so each time.
    fn apply_and_remember(&self, module: ModuleId, function: &'a ast::Function, values: &[Val], call: Call) -> Val {
        let open_before = self.undecided.take();
        let said_before = self.program.problems.borrow().list.len();
        let value = self.apply_once(module, function, values);
        let is_silent = self.undecided.borrow().is_empty() && self.program.problems.borrow().list.len() == said_before;
        self.undecided.borrow_mut().extend(open_before);
        if is_silent && !matches!(value.v, Value::Error) {
            self.remembered.by_call.borrow_mut().insert(call, value.clone());
        }
        value
    }

    /// What the call is remembered by; `None` if it is not to be.
    fn call_of(&self, module: ModuleId, function: &ast::Function, values: &[Val]) -> Option<Call> {
        if !self.remembered.begun.get() || self.assumption.is_on() {
            return None;
        }
        let of_value = |value: &Val| match &value.v {
            // Lists and records may be long, and few calls have the same.
            Value::List(_) | Value::Tuple(_) | Value::Map(_) => None,
            known => Some((known.key()?, value.at, value.sort)),
        };
        let values: Option<Box<[_]>> = values.iter().map(of_value).collect();
        Some((self.program.loc(module, function.name.span), values?))
    }

    fn parameter_types(&self, module: ModuleId, function: &'a ast::Function) -> Rc<[Option<Typed>]> {
        let place = self.program.loc(module, function.name.span);
        if let Some(known) = self.parameters.borrow().get(&place) {
            return known.clone();
        }
        let types: Rc<[_]> = function.params.iter().map(|p| p.1.as_ref().map(|ty| self.program.typed(module, ty, false))).collect();
        self.parameters.borrow_mut().insert(place, types.clone());
        types
    }
}
