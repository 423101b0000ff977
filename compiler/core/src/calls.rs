//! What does a function of the program or of the standard library give? Arguments are made to fit, and while checks run, what
//! was computed for the same values before is not computed again: most rules ask the same of the same declarations.

use crate::{
    code::Code,
    eval::Scope,
    model::Model,
    report::{CYCLE, Problem},
    source::Loc,
    types::{ModuleId, Typed},
    value::{Key, Sort, Val, Value},
};
use mig_syntax::ast;
use rustc_hash::FxHashMap as HashMap;
use std::{
    cell::{Cell, OnceCell, RefCell},
    mem::{self, Discriminant},
    rc::Rc,
};

/// Functions may call each other so deep.
const CALLS_MAX: u32 = 64;

/// Arguments of a call: of one text a word and a secret differ.
type Given = [(Discriminant<Value>, Key)];

/// What functions gave.
#[derive(Debug, Default)]
pub(crate) struct Remembered<'a> {
    begun: Cell<bool>,
    by_function: RefCell<HashMap<Loc, Rc<Function<'a>>>>,
}

/// What is known of a function.
#[derive(Debug)]
pub(crate) struct Function<'a> {
    module: ModuleId,
    tree: &'a ast::Function,
    /// Types of its parameters.
    types: Box<[Option<Typed>]>,
    body: OnceCell<Code<'a>>,
    known: RefCell<HashMap<Box<Given>, Known>>,
}

/// What a call gave.
#[derive(Debug)]
struct Known {
    value: Val,
    /// Where its arguments come from, if its value may come from there too: messages point there.
    places: Option<Box<[(Loc, Sort)]>>,
}

impl Known {
    fn new(value: Val, args: &[Val]) -> Self {
        let is_whole = !matches!(value.v, Value::List(_) | Value::Tuple(_) | Value::Map(_) | Value::Range(_));
        let is_of_body = is_whole && args.iter().all(|arg| arg.at != value.at);
        Self { value, places: (!is_of_body).then(|| args.iter().map(|arg| (arg.at, arg.sort)).collect()) }
    }

    /// The value, if it is the same for arguments that come from there.
    fn value_for(&self, args: &[Val]) -> Option<&Val> {
        let is_same = |places: &[(Loc, Sort)]| places.iter().zip(args).all(|(place, arg)| *place == (arg.at, arg.sort));
        self.places.as_deref().is_none_or(is_same).then_some(&self.value)
    }
}

impl Remembered<'_> {
    /// From now on, since every field has its value.
    pub(crate) fn begin(&self) {
        self.begun.set(true);
    }
}

impl<'a> Model<'_, 'a> {
    /// `f(a, name = b)`, with the arguments in the order of the parameters.
    pub(crate) fn call_own(&self, s: &Scope<'_>, function: &Function<'a>, args: &[Option<Code<'a>>]) -> Val {
        let Function { module, tree, types, known, .. } = function;
        let fitting = tree.params.iter().zip(types).zip(args).map(|(((name, _), wanted), arg)| {
            let Some(arg) = arg else { return Val::error(self.program.loc(*module, name.span)) };
            let value = self.run(s, arg);
            match wanted {
                Some(wanted) => self.conform_to(value, wanted, &name.text, None),
                None => value,
            }
        });
        let values: Vec<Val> = fitting.collect();
        let Some(given) = self.given_to(&values) else { return self.apply_once(function, &values) };
        let before = known.borrow().get(&*given).map(|known| known.value_for(&values).cloned());
        match before {
            Some(Some(value)) => value,
            Some(None) => self.apply_once(function, &values),
            None => {
                let (value, is_silent) = self.apply_and_listen(function, &values);
                if is_silent && !matches!(value.v, Value::Error) {
                    known.borrow_mut().insert(given.into(), Known::new(value.clone(), &values));
                }
                value
            }
        }
    }

    fn apply_once(&self, function: &Function<'a>, values: &[Val]) -> Val {
        let depth = self.calls.get();
        self.calls.set(depth + 1);
        let value = self.apply(function, values, depth);
        self.calls.set(depth);
        value
    }

    /// The body with its parameters.
    fn apply(&self, function: &Function<'a>, args: &[Val], depth: u32) -> Val {
        let Function { module, tree, body, .. } = function;
        if depth > CALLS_MAX {
            let at = self.program.loc(*module, tree.name.span);
            let message = format!("functions call each other at most {CALLS_MAX} deep, and `{}` is called deeper", tree.name.text);
            self.program.report(Problem::error(CYCLE, at, message));
            return Val::error(at);
        }
        let scope = Scope::module(*module);
        let body = body.get_or_init(|| self.code_of(&scope, tree.params.iter().map(|(name, _)| name.text.clone()).collect(), &tree.body));
        self.bind(&scope, &tree.params, args, body)
    }

    fn bind(&self, scope: &Scope<'_>, params: &[(ast::Name, Option<ast::Type>)], args: &[Val], body: &Code<'a>) -> Val {
        match (params.split_first(), args.split_first()) {
            (Some((param, params)), Some((arg, args))) => {
                let var = scope.var(&param.0.text, arg);
                self.bind(&scope.with(&var), params, args, body)
            }
            _ => self.run(scope, body),
        }
    }

    /// Whether the call said nothing, and left nothing open, too: else it has to say so each time.
    fn apply_and_listen(&self, function: &Function<'a>, values: &[Val]) -> (Val, bool) {
        let open_before = self.undecided.take();
        let said_before = self.program.problems.borrow().list.len();
        let value = self.apply_once(function, values);
        let is_silent = self.undecided.borrow().is_empty() && self.program.problems.borrow().list.len() == said_before;
        if !open_before.is_empty() {
            self.undecided.borrow_mut().extend(open_before);
        }
        (value, is_silent)
    }

    /// Are values kept? Not while fields are computed, nor under an assumption.
    pub(crate) fn remembers(&self) -> bool {
        self.remembered.begun.get() && !self.assumption.is_on()
    }

    /// What a call is remembered by; `None` if it is not to be.
    fn given_to(&self, values: &[Val]) -> Option<Vec<(Discriminant<Value>, Key)>> {
        if !self.remembers() {
            return None;
        }
        let of_value = |value: &Val| match &value.v {
            // Lists and records may be long, and few calls have the same.
            Value::List(_) | Value::Tuple(_) | Value::Map(_) => None,
            // One instant is written in many ways.
            Value::Time(..) | Value::Window(..) => None,
            known => Some((mem::discriminant(known), known.key()?)),
        };
        let mut given = Vec::with_capacity(values.len());
        for value in values {
            given.push(of_value(value)?);
        }
        Some(given)
    }

    /// What is known of a function.
    pub(crate) fn function(&self, module: ModuleId, function: &'a ast::Function) -> Rc<Function<'a>> {
        let place = self.program.loc(module, function.name.span);
        if let Some(known) = self.remembered.by_function.borrow().get(&place) {
            return known.clone();
        }
        let types = function.params.iter().map(|p| p.1.as_ref().map(|ty| self.program.typed(module, ty, false))).collect();
        let known = Rc::new(Function { module, tree: function, types, body: OnceCell::new(), known: RefCell::default() });
        self.remembered.by_function.borrow_mut().insert(place, known.clone());
        known
    }
}
