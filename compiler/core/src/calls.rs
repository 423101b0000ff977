//! What does a function of the program or of the standard library give? Arguments are made to fit, and while checks run, what
//! was computed for the same values before is not computed again: most rules ask the same of the same declarations.

use crate::{
    code::Code,
    eval::Scope,
    model::Model,
    report::{CYCLE, Problem},
    source::Loc,
    types::{ModuleId, Type, Typed},
    value::{Key, Sort, Val, Value},
};
use mig_syntax::ast;
use rustc_hash::FxHashMap as HashMap;
use std::{
    borrow::Cow,
    cell::{Cell, OnceCell, RefCell},
    mem::{self, Discriminant},
    rc::Rc,
};

/// Functions may call each other so deep.
const CALLS_MAX: u32 = 64;

/// Arguments of a call, the last one first: of one text a word and a secret differ.
type Given = [(Discriminant<Value>, Key)];

/// What functions gave.
#[derive(Debug, Default)]
pub(crate) struct Remembered<'a> {
    begun: Cell<bool>,
    by_function: RefCell<HashMap<Loc, Rc<Function<'a>>>>,
    /// Where the arguments of a call are written that is looked for.
    given: RefCell<Vec<(Discriminant<Value>, Key)>>,
}

/// What is known of a function.
#[derive(Debug)]
pub(crate) struct Function<'a> {
    module: ModuleId,
    tree: &'a ast::Function,
    /// Types of its parameters.
    types: Box<[Option<Typed>]>,
    /// Its body, and whether that takes longer than to look up what it gave before.
    body: OnceCell<(Code<'a>, bool)>,
    known: RefCell<HashMap<Box<Given>, Known>>,
    /// How often something that is known was asked for.
    asked_again: Cell<usize>,
    /// Is nothing kept any more?
    is_new_each_time: Cell<bool>,
}

impl Function<'_> {
    /// Keeps what a call gave, unless few ask twice: then to look for it takes longer than to compute it.
    fn keep(&self, given: Box<Given>, gave: Known) {
        /// So many values are kept until it is clear.
        const TRIED: usize = 256;
        let mut known = self.known.borrow_mut();
        known.insert(given, gave);
        if known.len() == TRIED && self.asked_again.get() < TRIED {
            *known = HashMap::default();
            self.is_new_each_time.set(true);
        }
    }
}

/// What a call gave.
#[derive(Debug)]
struct Known {
    value: Val,
    /// Where its arguments come from, if its value may come from there too: messages point there.
    places: Option<Box<[(Loc, Sort)]>>,
}

impl Known {
    fn new(value: Val, args: &Scope<'_>) -> Self {
        let is_whole = !matches!(value.v, Value::List(_) | Value::Tuple(_) | Value::Map(_) | Value::Range(_));
        let is_of_body = is_whole && args.values().all(|arg| arg.at != value.at);
        Self { value, places: (!is_of_body).then(|| args.values().map(|arg| (arg.at, arg.sort)).collect()) }
    }

    /// The value, if it is the same for arguments that come from there.
    fn value_for(&self, args: &Scope<'_>) -> Option<&Val> {
        let is_same = |places: &[(Loc, Sort)]| places.iter().zip(args.values()).all(|(place, arg)| *place == (arg.at, arg.sort));
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
        self.apply_to(s, function, args, &Scope::module(function.module), 0)
    }

    /// An argument, made to fit its parameter; most fit already, and are left where they stand.
    fn argument<'v>(
        &'v self,
        s: &Scope<'v>,
        function: &'v Function<'a>,
        args: &'v [Option<Code<'a>>],
        position: usize,
        name: &ast::Name,
    ) -> Cow<'v, Val> {
        let Some(arg) = args.get(position).and_then(Option::as_ref) else {
            return Cow::Owned(Val::error(self.program.loc(function.module, name.span)));
        };
        let value = self.view(s, arg);
        match function.types.get(position) {
            Some(Some(wanted)) if !self.conforms(&value, wanted) => {
                Cow::Owned(self.conform_to(value.into_owned(), wanted, &name.text, None))
            }
            _ => value,
        }
    }

    /// The body with what its arguments come to, one after the other.
    fn apply_to(&self, s: &Scope<'_>, function: &Function<'a>, args: &[Option<Code<'a>>], inner: &Scope<'_>, position: usize) -> Val {
        let Some((param, _)) = function.tree.params.get(position) else { return self.apply(function, inner) };
        let value = self.argument(s, function, args, position, param);
        let var = inner.var(&param.text, &value);
        self.apply_to(s, function, args, &inner.with(&var), position + 1)
    }

    /// The body where its parameters are known, or what it gave for the same before.
    fn apply(&self, function: &Function<'a>, scope: &Scope<'_>) -> Val {
        let (_, is_dear) = self.body(function);
        if !is_dear || !self.remembers() || function.is_new_each_time.get() {
            return self.apply_in(function, scope);
        }
        let mut given = self.remembered.given.take();
        given.clear();
        given.extend(scope.values().map_while(given_to));
        let is_to_be_kept = given.len() == function.tree.params.len();
        let before = function.known.borrow().get(&*given).map(|known| known.value_for(scope).cloned());
        let new = (before.is_none() && is_to_be_kept).then(|| given.as_slice().into());
        self.remembered.given.replace(given);
        match (before, new) {
            (Some(Some(value)), _) => {
                function.asked_again.set(function.asked_again.get() + 1);
                value
            }
            (_, None) => self.apply_in(function, scope),
            (_, Some(given)) => {
                let (value, is_silent) = self.apply_and_listen(function, scope);
                if is_silent && !matches!(value.v, Value::Error) {
                    function.keep(given, Known::new(value.clone(), scope));
                }
                value
            }
        }
    }

    /// The body, computed.
    fn apply_in(&self, function: &Function<'a>, scope: &Scope<'_>) -> Val {
        let depth = self.calls.get();
        if depth > CALLS_MAX {
            let name = &function.tree.name;
            let at = self.program.loc(function.module, name.span);
            let message = format!("functions call each other at most {CALLS_MAX} deep, and `{}` is called deeper", name.text);
            self.program.report(Problem::error(CYCLE, at, message));
            return Val::error(at);
        }
        self.calls.set(depth + 1);
        let value = self.run(scope, &self.body(function).0);
        self.calls.set(depth);
        value
    }

    fn body<'f>(&self, function: &'f Function<'a>) -> &'f (Code<'a>, bool) {
        function.body.get_or_init(|| {
            let params = function.tree.params.iter().map(|(name, _)| name.text.clone()).collect();
            self.code_and_cost(&Scope::module(function.module), params, &function.tree.body)
        })
    }

    /// Whether the call said nothing, and left nothing open, too: else it has to say so each time.
    fn apply_and_listen(&self, function: &Function<'a>, scope: &Scope<'_>) -> (Val, bool) {
        let open_before = self.undecided.take();
        let said_before = self.program.problems.borrow().list.len();
        let value = self.apply_in(function, scope);
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

    /// What is known of a function.
    pub(crate) fn function(&self, module: ModuleId, function: &'a ast::Function) -> Rc<Function<'a>> {
        let place = self.program.loc(module, function.name.span);
        if let Some(known) = self.remembered.by_function.borrow().get(&place) {
            return known.clone();
        }
        let types: Box<[Option<Typed>]> =
            function.params.iter().map(|p| p.1.as_ref().map(|ty| self.program.typed(module, ty, false))).collect();
        // Lists and records may be long, and few calls have the same.
        let has_parts = |typed: &Typed| matches!(typed.ty.plain(), Type::List(_) | Type::Map(..) | Type::Record(_));
        let is_new_each_time = Cell::new(types.iter().flatten().any(has_parts));
        let known = Rc::new(Function {
            module,
            tree: function,
            types,
            body: OnceCell::new(),
            known: RefCell::default(),
            asked_again: Cell::new(0),
            is_new_each_time,
        });
        self.remembered.by_function.borrow_mut().insert(place, known.clone());
        known
    }
}

/// What a call is remembered by of an argument; `None` if it is not to be.
fn given_to(value: &Val) -> Option<(Discriminant<Value>, Key)> {
    match &value.v {
        Value::List(_) | Value::Tuple(_) | Value::Map(_) => None,
        // One instant is written in many ways.
        Value::Time(..) | Value::Window(..) => None,
        known => Some((mem::discriminant(known), known.key()?)),
    }
}
