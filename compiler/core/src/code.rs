//! What is to be computed for an expression? Its tree with its names looked up: a local name is so many names outwards, a function
//! is that function, and what a literal means is a value.
//!
//! That is done once for what is computed again and again: bodies of functions, checks, defaults, conditions on values.

use crate::{
    calls::Function,
    entries::{Near, Shape},
    eval::Scope,
    literal,
    methods::Method,
    model::Model,
    program::Symbol,
    signatures::{FUNCTIONS, path_of},
    source::Loc,
    types::{KindId, ModuleId},
    value::{Val, Value},
};
use mig_syntax::ast::{self, Arg, BinaryOp, Expr, ExprKind, UnaryOp};
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;
use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
};

/// What is to be computed, and where it is written.
#[derive(Debug)]
pub(crate) struct Code<'a> {
    pub at: Loc,
    pub op: Op<'a>,
}

/// What is to be computed.
#[derive(Debug)]
pub(crate) enum Op<'a> {
    /// The same each time.
    Value(Val),
    /// The local name that is so many names outwards.
    Local(usize),
    /// `self`
    Me,
    /// A field, a child or the parent of `self`; what the name means at the top, if there is none.
    Bare(Member, Box<Code<'a>>),
    /// A name at the top of a module.
    Top(Box<Top<'a>>),
    /// `club.name`, unless `self` has a `club`.
    Qualified(Box<Qualified<'a>>),
    /// `"…"`
    Text(Box<[Piece<'a>]>),
    /// `sh"…"`
    Shell(Box<[Piece<'a>]>),
    List(Box<[Code<'a>]>),
    Record(Rc<Shape>, Box<[Code<'a>]>),
    If(Box<[(Code<'a>, Code<'a>)]>, Option<Box<Code<'a>>>),
    Unary(UnaryOp, Box<Code<'a>>),
    /// `and`, or else `or`.
    Logic(bool, Box<[Code<'a>; 2]>),
    /// `a ?? b`
    Else(Box<[Code<'a>; 2]>),
    Is(Box<Code<'a>>, Box<Tested>),
    Binary(BinaryOp, Box<[Code<'a>; 2]>),
    Dot(Box<Code<'a>>, Member),
    Index(Box<[Code<'a>; 2]>),
    /// `x?`
    Present(Box<Code<'a>>),
    /// `x => …`, for methods that apply it.
    Lambda(SmolStr, Box<Code<'a>>),
    /// `all(kind)`
    All(Option<KindId>),
    /// The kind in `x.all(kind)`.
    Kind(Option<KindId>),
    /// `fact(…)`, `measured(…)`
    Fact(Box<Code<'a>>),
    /// Another function that the language brings, with its arguments in the order of its parameters.
    Brought(&'static str, Box<[Option<Code<'a>>]>),
    /// A function of the program or of the standard library, likewise.
    Own(Rc<Function<'a>>, Box<[Option<Code<'a>>]>),
    Method(Box<Code<'a>>, Method, Box<[Code<'a>]>),
}

/// A piece of a text.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    Text(String),
    Hole(Code<'a>),
}

/// A name behind a dot, with where it was found last: what comes by in one place is mostly of one kind.
#[derive(Debug)]
pub(crate) struct Member {
    pub name: SmolStr,
    /// The number of the field in declarations of that kind.
    pub field: Cell<Option<(KindId, usize)>>,
    /// Of a declaration without others inside, and of what it is declared in, if that is meant.
    pub parent: Cell<Option<(KindId, KindId)>>,
    /// The place of the entry in records.
    pub entry: Near,
    /// The method that is asked without brackets.
    method: OnceCell<Method>,
}

impl Member {
    fn new(name: &SmolStr) -> Self {
        Self { name: name.clone(), field: Cell::default(), parent: Cell::default(), entry: Near::default(), method: OnceCell::new() }
    }

    /// The method of that name.
    pub fn method(&self) -> Method {
        *self.method.get_or_init(|| Method::of(&self.name))
    }
}

/// A symbol of a module.
#[derive(Debug)]
pub(crate) struct Top<'a> {
    pub module: ModuleId,
    pub name: SmolStr,
    pub symbol: Symbol<'a>,
    /// Its value, once nothing changes it any more.
    pub known: OnceCell<Val>,
}

/// `first.name` where both a module and a child may be meant.
#[derive(Debug)]
pub(crate) struct Qualified<'a> {
    pub first: SmolStr,
    pub of_module: Code<'a>,
    pub of_self: Code<'a>,
}

/// What stands behind `is`.
#[derive(Debug)]
pub(crate) struct Tested {
    pub module: ModuleId,
    pub name: SmolStr,
    /// The kind that was asked about last, and whether it is one.
    pub last: Cell<Option<(KindId, bool)>>,
}

impl<'a> Model<'_, 'a> {
    /// What an expression comes to where these names are known.
    pub(crate) fn code(&self, s: &Scope<'_>, e: &Expr) -> Code<'a> {
        self.code_and_cost(s, s.names(), e).0
    }

    /// The same with these local names, the outermost first. Is it dear: does it go through a list, take a text apart, or call
    /// functions that may?
    pub(crate) fn code_and_cost(&self, s: &Scope<'_>, locals: Vec<SmolStr>, e: &Expr) -> (Code<'a>, bool) {
        let mut coder = Coder { model: self, scope: s, locals, is_dear: false };
        (coder.code(e), coder.is_dear)
    }

    /// The same for an expression of the program's trees that is computed for many declarations.
    pub(crate) fn code_once(&self, s: &Scope<'_>, e: &'a Expr) -> Rc<Code<'a>> {
        self.kept_code(s, e, None)
    }

    /// The same for an expression of a type, which is kept so that its place stays its own.
    pub(crate) fn code_of_type(&self, s: &Scope<'_>, e: &Rc<Expr>) -> Rc<Code<'a>> {
        self.kept_code(s, e, Some(e))
    }

    fn kept_code(&self, s: &Scope<'_>, e: &Expr, tree: Option<&Rc<Expr>>) -> Rc<Code<'a>> {
        let place = (std::ptr::from_ref(e), s.body);
        if let Some((known, _)) = self.codes.borrow().get(&place) {
            return known.clone();
        }
        let code = Rc::new(self.code(s, e));
        self.codes.borrow_mut().insert(place, (code.clone(), tree.cloned()));
        code
    }
}

/// What is computed for many declarations, by the place of its tree and by whether names mean fields of `self`.
pub(crate) type Codes<'a> = HashMap<(*const Expr, bool), (Rc<Code<'a>>, Option<Rc<Expr>>)>;

struct Coder<'c, 'p, 'a> {
    model: &'c Model<'p, 'a>,
    scope: &'c Scope<'c>,
    /// The innermost last.
    locals: Vec<SmolStr>,
    is_dear: bool,
}

impl<'a> Coder<'_, '_, 'a> {
    fn code(&mut self, e: &Expr) -> Code<'a> {
        let at = self.model.program.loc(self.scope.module, e.span);
        Code { at, op: self.op(e, at) }
    }

    fn op(&mut self, e: &Expr, at: Loc) -> Op<'a> {
        // Arithmetic may break later too, so it looks each time.
        if !matches!(e.kind, ExprKind::Binary(..)) && self.model.is_broken(at) {
            return Op::Value(Val::error(at));
        }
        match &e.kind {
            ExprKind::Missing | ExprKind::Root | ExprKind::Every(_) => Op::Value(Val::error(at)),
            ExprKind::Literal(l) => Op::Value(literal::parse(l, at).unwrap_or_else(|_| Val::error(at))),
            ExprKind::Bool(b) => Op::Value(Val::new(Value::Bool(*b), at)),
            ExprKind::Str(parts) => match parts.as_slice() {
                [ast::Part::Text(text)] => Op::Value(Val::new(Value::Str(text.into()), at)),
                parts => Op::Text(self.pieces(parts)),
            },
            ExprKind::Tagged(tag, parts) if tag.text == "sh" => Op::Shell(self.pieces(parts)),
            ExprKind::Tagged(tag, parts) => Op::Value(self.model.tagged(&tag.text, parts, at)),
            ExprKind::Name(name) => self.name(name, at),
            ExprKind::List(items) => self.list(items, at),
            ExprKind::Record(fields) => {
                let shape = Shape::new(fields.iter().map(|f| f.key.text.clone()));
                Op::Record(shape, fields.iter().map(|f| self.code(&f.value)).collect())
            }
            ExprKind::If(arms, other) => {
                let arms = arms.iter().map(|(condition, value)| (self.code(condition), self.code(value))).collect();
                Op::If(arms, other.as_ref().map(|e| self.boxed(e)))
            }
            ExprKind::Unary(op, inner) => Op::Unary(*op, self.boxed(inner)),
            ExprKind::Binary(op, _, left, right) => match op {
                BinaryOp::And | BinaryOp::Or => Op::Logic(*op == BinaryOp::And, self.pair(left, right)),
                BinaryOp::Else => Op::Else(self.pair(left, right)),
                BinaryOp::Is => match path_of(right) {
                    Some(name) => Op::Is(self.boxed(left), Box::new(Tested { module: self.scope.module, name, last: Cell::default() })),
                    None => Op::Value(Val::error(at)),
                },
                _ => Op::Binary(*op, self.pair(left, right)),
            },
            ExprKind::Dot(receiver, name) => self.dot(receiver, name, at),
            ExprKind::Call(callee, args) => self.call(callee, args, at),
            ExprKind::Index(receiver, index) => Op::Index(self.pair(receiver, index)),
            ExprKind::Present(inner) => Op::Present(self.boxed(inner)),
            ExprKind::Lambda(name, body) => {
                self.is_dear = true;
                self.locals.push(name.text.clone());
                let body = self.boxed(body);
                self.locals.pop();
                Op::Lambda(name.text.clone(), body)
            }
        }
    }

    fn boxed(&mut self, e: &Expr) -> Box<Code<'a>> {
        Box::new(self.code(e))
    }

    fn pair(&mut self, left: &Expr, right: &Expr) -> Box<[Code<'a>; 2]> {
        Box::new([self.code(left), self.code(right)])
    }

    fn pieces(&mut self, parts: &[ast::Part]) -> Box<[Piece<'a>]> {
        let piece = |part: &ast::Part| match part {
            ast::Part::Text(text) => Piece::Text(text.clone()),
            ast::Part::Hole(hole) => Piece::Hole(self.code(hole)),
        };
        parts.iter().map(piece).collect()
    }

    /// A list of what is the same each time is made once.
    fn list(&mut self, items: &[Expr], at: Loc) -> Op<'a> {
        let items: Box<[Code<'a>]> = items.iter().map(|item| self.code(item)).collect();
        let value = |item: &Code<'a>| if let Op::Value(value) = &item.op { Some(value.clone()) } else { None };
        match items.iter().map(value).collect::<Option<Vec<Val>>>() {
            Some(values) => Op::Value(Val::new(self.model.list_of(values), at)),
            None => Op::List(items),
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|local| local == name) || self.scope.key(name).is_some()
    }

    fn name(&self, name: &SmolStr, at: Loc) -> Op<'a> {
        if let Some(position) = self.locals.iter().rposition(|local| local == name) {
            return Op::Local(self.locals.len() - 1 - position);
        }
        if let Some(value) = self.scope.key(name) {
            return Op::Value(value.clone());
        }
        if self.model.program.words.borrow().contains(&at) {
            return Op::Value(Val::new(Value::Word(name.clone()), at));
        }
        if name == "self" {
            return Op::Me;
        }
        let at_top = self.name_at_top(name, at);
        if self.scope.body { Op::Bare(Member::new(name), Box::new(Code { at, op: at_top })) } else { at_top }
    }

    fn name_at_top(&self, name: &SmolStr, at: Loc) -> Op<'a> {
        let (program, module) = (self.model.program, self.scope.module);
        if let Some(values) = program.find_enum(module, name) {
            let words = values.words.into_iter().map(|w| Val::new(Value::Word(w), at)).collect();
            return Op::Value(Val::new(Value::List(words), at));
        }
        match program.find_value(module, name) {
            Some((module, symbol)) => top(module, name, symbol),
            None => Op::Value(Val::error(at)),
        }
    }

    fn dot(&mut self, receiver: &Expr, name: &ast::Name, at: Loc) -> Op<'a> {
        let of_self = |coder: &mut Self| Op::Dot(coder.boxed(receiver), Member::new(&name.text));
        let Some((first, module, symbol)) = self.qualified(receiver, &name.text) else { return of_self(self) };
        let of_module = top(module, &name.text, symbol);
        if !self.scope.body {
            return of_module;
        }
        let of_self = of_self(self);
        Op::Qualified(Box::new(Qualified { first, of_module: Code { at, op: of_module }, of_self: Code { at, op: of_self } }))
    }

    /// `club.name`: what the module of that name has.
    fn qualified(&self, receiver: &Expr, name: &SmolStr) -> Option<(SmolStr, ModuleId, Symbol<'a>)> {
        let ExprKind::Name(first) = &receiver.kind else { return None };
        let (program, module) = (self.model.program, self.scope.module);
        if self.is_local(first) || program.find_value(module, first).is_some() {
            return None;
        }
        let target = program.used(module, first)?;
        let (module, symbol) = program.scopes.get(target.0 as usize)?.values.get(name)?;
        Some((first.clone(), *module, *symbol))
    }

    fn call(&mut self, callee: &Expr, args: &[Arg], at: Loc) -> Op<'a> {
        match &callee.kind {
            ExprKind::Name(name) => match self.model.program.find_value(self.scope.module, name) {
                Some((module, Symbol::Fn(function))) => self.own(module, function, args),
                _ => self.brought(name, args, at),
            },
            ExprKind::Dot(receiver, name) => {
                if let Some((_, module, Symbol::Fn(function))) = self.qualified(receiver, &name.text) {
                    return self.own(module, function, args);
                }
                let receiver = self.boxed(receiver);
                let args = args.iter().map(|arg| self.argument(&name.text, &arg.value)).collect();
                Op::Method(receiver, Method::of(&name.text), args)
            }
            _ => Op::Value(Val::error(at)),
        }
    }

    /// Of a method: kinds and units are names that mean nothing else.
    fn argument(&mut self, method: &str, e: &Expr) -> Code<'a> {
        let at = self.model.program.loc(self.scope.module, e.span);
        match (method, &e.kind) {
            ("all", ExprKind::Name(_) | ExprKind::Dot(..)) => Code { at, op: Op::Kind(self.kind(e)) },
            ("in", ExprKind::Name(unit)) => Code { at, op: Op::Value(Val::new(Value::Word(unit.clone()), at)) },
            _ => self.code(e),
        }
    }

    fn kind(&self, e: &Expr) -> Option<KindId> {
        path_of(e).and_then(|path| self.model.program.find_kind(self.scope.module, &path, None))
    }

    fn own(&mut self, module: ModuleId, function: &'a ast::Function, args: &[Arg]) -> Op<'a> {
        self.is_dear = true;
        let params = function.params.iter().map(|(name, _)| name.text.as_str());
        Op::Own(self.model.function(module, function), self.in_order(params, args))
    }

    fn brought(&mut self, name: &str, args: &[Arg], at: Loc) -> Op<'a> {
        let Some((name, params)) = FUNCTIONS.iter().find(|f| f.0 == name) else { return Op::Value(Val::error(at)) };
        let Some(first) = given(args, 0, params.first().copied()) else { return Op::Value(Val::error(at)) };
        match *name {
            "all" => Op::All(self.kind(&first.value)),
            "fact" | "measured" => Op::Fact(self.boxed(&first.value)),
            name => {
                self.is_dear |= matches!(name, "repository" | "tag" | "version");
                Op::Brought(name, self.in_order(params.iter().copied(), args))
            }
        }
    }

    /// Arguments in the order of the parameters.
    fn in_order<'n>(&mut self, params: impl Iterator<Item = &'n str>, args: &[Arg]) -> Box<[Option<Code<'a>>]> {
        params.enumerate().map(|(position, name)| given(args, position, Some(name)).map(|arg| self.code(&arg.value))).collect()
    }
}

/// The argument for a parameter.
fn given<'e>(args: &'e [Arg], position: usize, name: Option<&str>) -> Option<&'e Arg> {
    let named = args.iter().find(|arg| arg.name.as_ref().is_some_and(|n| Some(n.text.as_str()) == name));
    named.or_else(|| args.get(position).filter(|arg| arg.name.is_none()))
}

fn top<'a>(module: ModuleId, name: &SmolStr, symbol: Symbol<'a>) -> Op<'a> {
    Op::Top(Box::new(Top { module, name: name.clone(), symbol, known: OnceCell::new() }))
}
