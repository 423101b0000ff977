//! Which functions and methods are there, and what types do they take and give?
//!
//! Their values are computed in `functions` and `methods`.

use crate::{
    habits,
    infer::{Env, Typer, article, optional_inner},
    operators::arithmetic,
    program::Symbol,
    quantity::{self, Dim},
    report::{Problem, TYPE_MISMATCH, UNKNOWN_NAME},
    types::{Lookup, RecordField, RecordType, Type},
    watch::Target,
};
use mig_syntax::ast::{self, Arg, Expr, ExprKind};
use smol_str::SmolStr;
use std::rc::Rc;

/// Functions that the language brings, with the names of their parameters.
pub const FUNCTIONS: [(&str, &[&str]); 21] = [
    ("all", &["kind"]),
    ("env", &["name"]),
    ("secret", &["name"]),
    ("survey", &["path"]),
    ("fact", &["value"]),
    ("measured", &["value"]),
    ("name_of", &["declaration"]),
    ("is_existing", &["declaration"]),
    ("is_adopted", &["declaration"]),
    ("kind_of", &["declaration"]),
    ("version", &["text"]),
    ("written", &["beginning", "pattern"]),
    ("exposed", &["value"]),
    ("repository", &["image"]),
    ("tag", &["image"]),
    ("json", &["value"]),
    ("tcp", &["port", "within"]),
    ("http", &["url", "within"]),
    ("command", &["script", "within", "stdin"]),
    ("age", &["path"]),
    ("file", &["path"]),
];

impl Typer<'_, '_> {
    /// The type of `f(…)`, `x.method(…)`.
    pub fn call(&self, env: &Env, e: &Expr, callee: &Expr, args: &[Arg], want: Option<&Type>) -> Type {
        match &callee.kind {
            ExprKind::Name(name) if !env.vars.iter().any(|v| v.0 == *name) => self.function(env, e, name, args, want),
            ExprKind::Dot(receiver, name) => self.method_call(env, e, receiver, name, args),
            _ => {
                let problem = Problem::error(TYPE_MISMATCH, self.loc(env, callee), "this cannot be called");
                self.broken(env, e, problem)
            }
        }
    }

    fn function(&self, env: &Env, e: &Expr, name: &SmolStr, args: &[Arg], want: Option<&Type>) -> Type {
        let at = self.program.loc(env.module, ast::Span { start: e.span.start, end: e.span.start + name.len() as u32 });
        if let Some((module, Symbol::Fn(function))) = self.program.find_value(env.module, name) {
            self.program.note(at, || Some(Target::Symbol(module, Symbol::Fn(function))));
            return self.own_function(env, e, module, function, args);
        }
        let Some((brought, params)) = FUNCTIONS.iter().find(|f| f.0 == name) else {
            let problem = Problem::error(UNKNOWN_NAME, at, format!("there is no function `{name}`"));
            let problem = match args {
                [arg] if arg.name.is_none() && habits::is_method(name) => {
                    let whose = self.program.syntax.texts.slice(self.loc(env, &arg.value));
                    problem.help(format!("it is asked of the value, as in `{whose}.{}`", habits::method(name).unwrap_or(name)))
                }
                _ => problem.near(name, FUNCTIONS.iter().map(|f| f.0), at),
            };
            for arg in args {
                self.infer(env, &arg.value, None);
            }
            return self.broken(env, e, problem);
        };
        self.program.note(at, || Some(Target::Function(brought)));
        for given in args.iter().filter_map(|a| a.name.as_ref()).filter(|given| params.contains(&given.text.as_str())) {
            self.program.note(self.program.loc(env.module, given.span), || Some(Target::Argument(brought)));
        }
        let Some(args) = self.arrange(env, e, name, params, args) else { return Type::Error };
        self.brought(env, e, name, &args, want)
    }

    /// Arguments in the order of the parameters.
    pub(crate) fn arrange<'e>(&self, env: &Env, e: &Expr, name: &str, params: &[&str], args: &'e [Arg]) -> Option<Vec<Option<&'e Expr>>> {
        let mut out = vec![None; params.len()];
        for (position, arg) in args.iter().enumerate() {
            let number = match &arg.name {
                Some(given) => params.iter().position(|p| *p == given.text),
                None => Some(position).filter(|p| *p < params.len()),
            };
            match number.and_then(|n| out.get_mut(n)) {
                Some(slot) => *slot = Some(&arg.value),
                None => {
                    let list = params.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ");
                    let message = match &arg.name {
                        Some(given) => format!("`{name}` has no parameter `{}`", given.text),
                        None if params.len() == 1 => format!("`{name}` takes one value"),
                        None => format!("`{name}` takes {} values at most", params.len()),
                    };
                    let at = arg.name.as_ref().map_or(self.loc(env, &arg.value), |n| self.program.loc(env.module, n.span));
                    let problem = Problem::error(TYPE_MISMATCH, at, message).help(format!("it takes {list}"));
                    let given = arg.name.as_ref().map_or("", |n| n.text.as_str());
                    self.broken(env, e, problem.near(given, params.iter().copied(), at));
                    return None;
                }
            }
        }
        Some(out)
    }

    fn own_function(&self, env: &Env, e: &Expr, module: crate::types::ModuleId, function: &ast::Function, args: &[Arg]) -> Type {
        let names: Vec<&str> = function.params.iter().map(|p| p.0.text.as_str()).collect();
        for given in args.iter().filter_map(|a| a.name.as_ref()) {
            let parameter = function.params.iter().find(|p| p.0.text == given.text);
            self.program.note(self.program.loc(env.module, given.span), || {
                parameter.map(|p| Target::Parameter(self.program.loc(module, p.0.span)))
            });
        }
        let Some(args) = self.arrange(env, e, &function.name.text, &names, args) else { return Type::Error };
        for ((name, ty), arg) in function.params.iter().zip(args) {
            let want = ty.as_ref().map_or(Type::Error, |t| self.program.typed(module, t, false).ty);
            match arg {
                Some(arg) => {
                    self.check(env, arg, &want, &format_args!("`{}`", name.text), None);
                }
                None => {
                    let message = format!("`{}` needs a value for `{}`", function.name.text, name.text);
                    return self.broken(env, e, Problem::error(TYPE_MISMATCH, self.loc(env, e), message));
                }
            }
        }
        function.result.as_ref().map_or(Type::Error, |t| self.program.typed(module, t, false).ty)
    }

    fn brought(&self, env: &Env, e: &Expr, name: &str, args: &[Option<&Expr>], want: Option<&Type>) -> Type {
        let Some(first) = args.first().copied().flatten() else {
            let problem = Problem::error(TYPE_MISMATCH, self.loc(env, e), format!("`{name}` needs a value"));
            return self.broken(env, e, problem);
        };
        match args.get(1).copied().flatten() {
            Some(pattern) if name == "written" => drop(self.check(env, pattern, &Type::Regex, "`pattern`", None)),
            Some(within) => drop(self.check(env, within, &Type::Quantity(Dim::DURATION), "`within`", None)),
            None if name == "written" => {
                let problem = Problem::error(TYPE_MISMATCH, self.loc(env, e), "`written` needs a value for `pattern`");
                return self.broken(env, e, problem);
            }
            None => {}
        }
        let text = |ty: Type| {
            self.check(env, first, &Type::Str, &format_args!("`{name}`"), None);
            ty
        };
        let named = |noun: &str| self.program.noun(noun).map_or(Type::Error, |k| self.program.reference(k));
        match name {
            "all" => self.all(env, e, first),
            "env" => text(Type::Later(Rc::new(Type::Str))),
            "secret" => text(Type::Secret(Rc::new(Type::Str))),
            "survey" => text(named("facts")),
            "repository" | "tag" => text(Type::Str),
            "version" => text(Type::List(Rc::new(Type::Int))),
            "written" => text(Type::List(Rc::new(Type::Str))),
            "exposed" => self.infer(env, first, want),
            "age" | "file" => text(named("secret_source")),
            "http" => text(named("probe")),
            "tcp" => {
                let ty = self.infer(env, first, None);
                if !matches!(ty.plain(), Type::Int | Type::Port | Type::Error) {
                    let message = format!("`tcp` takes the number of a port, and this is {}", article(&ty));
                    return self.broken(env, first, Problem::error(TYPE_MISMATCH, self.loc(env, first), message));
                }
                named("probe")
            }
            "command" if matches!(want.map(Type::plain), Some(Type::Ref(_, n)) if n == "secret_source") => {
                self.check(env, first, &Type::List(Rc::new(Type::Str)), "`command`", None);
                if let Some(more) = args.iter().skip(1).copied().flatten().next() {
                    let message = "a program that gives secrets takes its words and nothing else";
                    let problem = Problem::error(TYPE_MISMATCH, self.loc(env, more), message);
                    return self.broken(env, more, problem.help("it has five minutes, and reads no standard input"));
                }
                named("secret_source")
            }
            "command" => {
                self.check(env, first, &Type::Sh, "`command`", None);
                if let Some(secret) = args.get(2).copied().flatten() {
                    self.check(env, secret, &Type::Secret(Rc::new(Type::Str)), "`stdin`", None);
                }
                named("probe")
            }
            "fact" | "measured" => {
                let lenient = Env { lenient: true, ..env.clone() };
                optional_inner(&self.infer(&lenient, first, want))
            }
            "name_of" | "is_existing" | "is_adopted" | "kind_of" => {
                let ty = self.infer(env, first, None);
                if !matches!(ty.plain(), Type::Ref(..) | Type::Error) {
                    let message = format!("`{name}` takes a declaration, and this is {}", article(&ty));
                    return self.broken(env, first, Problem::error(TYPE_MISMATCH, self.loc(env, first), message));
                }
                if name.starts_with("is_") { Type::Bool } else { Type::Str }
            }
            _ => {
                self.check(env, first, &Type::Json, "`json`", None);
                Type::Str
            }
        }
    }

    /// `all(nic)`: declarations of a noun or kind.
    fn all(&self, env: &Env, e: &Expr, kind: &Expr) -> Type {
        let Some(name) = path_of(kind) else {
            let problem = Problem::error(TYPE_MISMATCH, self.loc(env, kind), "`all` takes the name of a kind");
            return self.broken(env, e, problem);
        };
        match self.program.find_kind(env.module, &name, None) {
            Some(found) => {
                self.program.note_path(env.module, &ast::Name { text: name, span: kind.span }, || Target::Kind(found));
                Type::List(Rc::new(self.program.reference(found)))
            }
            None => {
                self.program.unknown_kind(env.module, &ast::Name { text: name, span: kind.span }, None);
                self.program.broken.borrow_mut().insert(self.loc(env, e));
                Type::Error
            }
        }
    }

    fn method_call(&self, env: &Env, e: &Expr, receiver: &Expr, name: &ast::Name, args: &[Arg]) -> Type {
        if let ExprKind::Name(first) = &receiver.kind
            && !env.vars.iter().any(|v| v.0 == *first)
            && self.program.find_value(env.module, first).is_none()
            && let Some(target) = self.program.used(env.module, first)
            && let Some((module, Symbol::Fn(function))) = self.program.scopes[target.0 as usize].values.get(&name.text)
        {
            self.program.note(self.loc(env, receiver), || Some(Target::Module(target)));
            self.program.note(self.program.loc(env.module, name.span), || Some(Target::Symbol(*module, Symbol::Fn(function))));
            return self.own_function(env, e, *module, function, args);
        }
        let ty = self.infer(env, receiver, None);
        self.watch_dot(env, receiver, name, &ty);
        if ty.is_optional() && !env.lenient {
            let message = format!("this may be absent, so it may have no `{}`", name.text);
            let problem = Problem::error(TYPE_MISMATCH, self.loc(env, receiver), message);
            return self.broken(env, e, problem.help("say what holds when it is absent: `(… ?? value)`"));
        }
        match ty.plain() {
            Type::Error => {
                for arg in args.iter().filter(|a| !matches!(a.value.kind, ExprKind::Lambda(..))) {
                    self.infer(env, &arg.value, None);
                }
                Type::Error
            }
            Type::Ref(..) if name.text == "all" => match args {
                [arg] => self.all(env, e, &arg.value),
                _ => {
                    let at = self.program.loc(env.module, name.span);
                    self.broken(env, e, Problem::error(TYPE_MISMATCH, at, "`all` is written `all(kind)`"))
                }
            },
            plain => self.method(env, e, plain, name, args),
        }
    }

    /// Values that are not added have no sum.
    fn no_result(&self, env: &Env, e: &Expr, name: &ast::Name, ty: &Type) -> Option<Problem> {
        if name.text != "sum" || arithmetic(ast::BinaryOp::Add, ty, ty).is_some() {
            return None;
        }
        let message = format!("values of {ty} are not added, so there is no `sum`");
        Some(Problem::error(TYPE_MISMATCH, self.loc(env, e), message).help("say what to take of each: `x => …`"))
    }

    /// The type of a method, or of a property that is one without brackets.
    pub fn method(&self, env: &Env, e: &Expr, receiver: &Type, name: &ast::Name, args: &[Arg]) -> Type {
        if let Some(problem) = self.wrong_count(env, receiver, name, args) {
            return self.broken(env, e, problem);
        }
        let result = match receiver {
            Type::List(element) => {
                let result = self.list_method(env, e, element, &name.text, args);
                if let Some(problem) = result.as_ref().and_then(|ty| self.no_result(env, e, name, ty)) {
                    return self.broken(env, e, problem);
                }
                if let (Some(Type::Quantity(dim)), "sum") = (&result, name.text.as_str()) {
                    self.program.sums.borrow_mut().insert(self.loc(env, e), *dim);
                }
                result
            }
            Type::Map(..) if name.text == "contains" => self.one(env, &name.text, args, &Type::Str, Type::Bool),
            Type::Map(element, _) => map_method(element, &name.text),
            Type::Str | Type::Path => self.text_method(env, &name.text, args),
            Type::Quantity(_) | Type::Int | Type::Float if name.text == "in" => self.unit_of(env, e, receiver, args),
            Type::Quantity(dim) if name.text == "currency" && dim.money != 0 => Some(Type::Str),
            Type::Sh if name.text == "commands" => {
                let flags = Type::Map(Rc::new(Type::List(Rc::new(Type::Str))), Lookup::Absent);
                self.one(env, &name.text, args, &flags, crate::shell::commands_type(env.module))
            }
            Type::Window => match name.text.as_str() {
                "start" | "end" => Some(Type::Time),
                "length" => Some(Type::Quantity(Dim::DURATION)),
                _ => None,
            },
            Type::Port => match name.text.as_str() {
                "number" | "first" | "last" => Some(Type::Int),
                "protocol" => Some(Type::Str),
                _ => None,
            },
            Type::Tuple(parts) => match name.text.as_str() {
                "first" => parts.first().cloned(),
                "last" => parts.last().cloned(),
                _ => None,
            },
            Type::Owner if matches!(name.text.as_str(), "user" | "group") => Some(Type::Int),
            Type::Cidr if name.text == "contains" => self.one(env, &name.text, args, &Type::Ip, Type::Bool),
            Type::Cidr if name.text == "overlaps" => self.one(env, &name.text, args, &Type::Cidr, Type::Bool),
            Type::Cidr if name.text == "address" => self.one(env, &name.text, args, &Type::Int, Type::Ip.optional()),
            Type::Cidr if name.text == "prefix" => Some(Type::Int),
            Type::Ref(kind, _) if self.program.noun("plan") == Some(*kind) => self.plan_method(env, &name.text, args),
            Type::Error | Type::Json => Some(receiver.clone()),
            _ => None,
        };
        result.unwrap_or_else(|| self.no_member(env, e, name, &methods_of(receiver), &article(receiver)))
    }

    /// A method that is there, with too few or too many values.
    fn wrong_count(&self, env: &Env, receiver: &Type, name: &ast::Name, args: &[Arg]) -> Option<Problem> {
        let name_text = methods_of(receiver).into_iter().find(|method| *method == name.text)?;
        let (count, form) = values_of(name_text);
        let problem = |message| Some(Problem::error(TYPE_MISMATCH, self.program.loc(env.module, name.span), message));
        match form {
            _ if count.contains(&args.len()) => None,
            "" => problem(format!("`{name_text}` takes no value")),
            form => problem(format!("`{name_text}` is written `{name_text}({form})`")),
        }
    }

    fn one(&self, env: &Env, method: &str, args: &[Arg], want: &Type, result: Type) -> Option<Type> {
        let [arg] = args else { return None };
        self.check(env, &arg.value, want, &format!("`{method}`"), None);
        Some(result)
    }

    fn lambda(&self, env: &Env, method: &str, args: &[Arg], element: &Type) -> Option<Type> {
        let [arg] = args else { return None };
        match &arg.value.kind {
            ExprKind::Lambda(name, body) => Some(self.infer(&env.with(&name.text, element.clone()), body, None)),
            _ => {
                let problem = Problem::error(TYPE_MISMATCH, self.loc(env, &arg.value), format!("`{method}` takes a rule: `x => …`"));
                Some(self.broken(env, &arg.value, problem))
            }
        }
    }

    fn predicate(&self, env: &Env, method: &str, args: &[Arg], element: &Type) -> Option<()> {
        let [arg] = args else { return None };
        match &arg.value.kind {
            ExprKind::Lambda(name, body) => {
                self.condition(&env.with(&name.text, element.clone()), body, &format!("the rule of `{method}`"));
            }
            _ => {
                self.lambda(env, method, args, element);
            }
        }
        Some(())
    }

    /// What is put into an order has one.
    fn in_order(&self, env: &Env, e: &Expr, method: &str, key: Type) -> Type {
        let has_order = matches!(
            key.plain(),
            Type::Error
                | Type::Json
                | Type::Int
                | Type::Float
                | Type::Percent
                | Type::Quantity(_)
                | Type::Str
                | Type::Path
                | Type::Time
                | Type::Ip
        );
        if has_order {
            return key;
        }
        let message = format!("`{method}` needs values that have an order, and {} has none", article(&key));
        self.broken(
            env,
            e,
            Problem::error(TYPE_MISMATCH, self.loc(env, e), message)
                .help("order them by one of their fields, as in `.sort_by(x => x.name)`"),
        )
    }

    fn list_method(&self, env: &Env, e: &Expr, element: &Rc<Type>, name: &str, args: &[Arg]) -> Option<Type> {
        let list = |ty: Type| Type::List(Rc::new(ty));
        let optional_rule = |this: &Self| if args.is_empty() { Some((**element).clone()) } else { this.lambda(env, name, args, element) };
        Some(match name {
            "len" => Type::Int,
            "map" => list(self.lambda(env, name, args, element)?),
            "filter" => {
                self.predicate(env, name, args, element)?;
                Type::List(element.clone())
            }
            "any" | "all" => {
                self.predicate(env, name, args, element)?;
                Type::Bool
            }
            "min" | "max" => self.in_order(env, e, name, optional_rule(self)?.plain().clone()),
            "sum" => optional_rule(self)?.plain().clone(),
            "sort_by" => {
                let key = self.lambda(env, name, args, element)?;
                self.in_order(env, e, name, key);
                Type::List(element.clone())
            }
            "group_by" => {
                let key = self.lambda(env, name, args, element)?;
                let field = |name: &str, ty: Type, module| RecordField { name: name.into(), typed: ty.into(), default: None, module };
                let fields = vec![field("key", key, env.module), field("items", Type::List(element.clone()), env.module)];
                list(Type::Record(Rc::new(RecordType::new(fields, false))))
            }
            "duplicates" => {
                optional_rule(self)?;
                list(Type::Tuple([(**element).clone(), (**element).clone()].into()))
            }
            "flatten" => match element.plain() {
                Type::List(_) | Type::Error => element.plain().clone(),
                _ => return None,
            },
            "overlapping" => {
                let rule = self.lambda(env, name, args, element)?;
                if !matches!(rule.plain(), Type::Cidr | Type::Error) {
                    let message = format!("the rule of `overlapping` gives a Cidr, and this one gives {}", article(&rule));
                    self.broken(env, &args.first()?.value, Problem::error(TYPE_MISMATCH, self.loc(env, &args.first()?.value), message));
                }
                list(Type::Tuple([(**element).clone(), (**element).clone()].into()))
            }
            "lookup" => {
                let [rule, value] = args else { return None };
                // One index serves every value, so the rule knows its element only.
                let alone = Env { lenient: env.lenient, ..Env::module(env.module) };
                let key = self.lambda(&alone, name, std::slice::from_ref(rule), element)?;
                self.comparable(env, &value.value, &key);
                Type::List(element.clone())
            }
            "first" | "last" => (**element).clone().optional(),
            "contains" => return self.one(env, name, args, element, Type::Bool),
            "join" => return self.one(env, name, args, &Type::Str, Type::Str),
            _ => return None,
        })
    }

    fn text_method(&self, env: &Env, name: &str, args: &[Arg]) -> Option<Type> {
        Some(match name {
            "len" => Type::Int,
            "size" => Type::Quantity(Dim::SIZE),
            "starts_with" | "ends_with" | "contains" | "below" => return self.one(env, name, args, &Type::Str, Type::Bool),
            "matches" => return self.one(env, name, args, &Type::Regex, Type::Bool),
            "split" => return self.one(env, name, args, &Type::Str, Type::List(Rc::new(Type::Str))),
            "lower" | "upper" | "trim" => Type::Str,
            "replace" => {
                let [from, to] = args else { return None };
                self.check(env, &from.value, &Type::Str, "`replace`", None);
                self.check(env, &to.value, &Type::Str, "`replace`", None);
                Type::Str
            }
            _ => return None,
        })
    }

    /// What `plan` has beside its fields.
    fn plan_method(&self, env: &Env, name: &str, args: &[Arg]) -> Option<Type> {
        let named = |noun: &str| self.program.noun(noun).map_or(Type::Error, |k| self.program.reference(k));
        match name {
            "before" => {
                for rule in args {
                    self.predicate(env, name, std::slice::from_ref(rule), &named("step"))?;
                }
                Some(Type::Bool)
            }
            "downtime" => self.one(env, name, args, &named("service"), Type::Quantity(Dim::DURATION)),
            _ => None,
        }
    }

    fn unit_of(&self, env: &Env, e: &Expr, receiver: &Type, args: &[Arg]) -> Option<Type> {
        let [arg] = args else { return None };
        let ExprKind::Name(name) = &arg.value.kind else {
            let problem = Problem::error(TYPE_MISMATCH, self.loc(env, &arg.value), "`in` takes a unit");
            return Some(self.broken(env, e, problem.help("write its name, as in `.in(GiB)` or `.in(h)`")));
        };
        let Some(unit) = quantity::unit(name) else {
            let problem = Problem::error(UNKNOWN_NAME, self.loc(env, &arg.value), format!("there is no unit `{name}`"));
            return Some(self.broken(env, e, problem));
        };
        if let Type::Quantity(dim) = receiver
            && *dim != unit.dim
        {
            let message = format!("{} is not counted in {name}", article(receiver));
            return Some(self.broken(env, e, Problem::error(TYPE_MISMATCH, self.loc(env, &arg.value), message)));
        }
        Some(Type::Float)
    }
}

/// `docker.container` out of an expression of names.
pub fn path_of(e: &Expr) -> Option<SmolStr> {
    match &e.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Dot(first, last) => Some(format!("{}.{}", path_of(first)?, last.text).into()),
        _ => None,
    }
}

/// What can be asked of every map.
pub(crate) const MAP_METHODS: [&str; 4] = ["len", "keys", "values", "contains"];

fn map_method(element: &Rc<Type>, name: &str) -> Option<Type> {
    Some(match name {
        "len" => Type::Int,
        "keys" => Type::List(Rc::new(Type::Str)),
        "values" => Type::List(element.clone()),
        _ => return None,
    })
}

/// How many values a method takes, and how they are written.
fn values_of(method: &str) -> (std::ops::RangeInclusive<usize>, &'static str) {
    match method {
        "map" | "filter" | "any" | "all" | "sort_by" | "group_by" | "overlapping" => (1..=1, "x => …"),
        "sum" | "min" | "max" | "duplicates" => (0..=1, "x => …"),
        "lookup" => (2..=2, "x => …, value"),
        "before" => (2..=2, "s => …, s => …"),
        "replace" => (2..=2, "\"old\", \"new\""),
        "matches" => (1..=1, "re\"…\""),
        "starts_with" | "ends_with" | "below" | "split" | "join" => (1..=1, "\"…\""),
        "in" => (1..=1, "unit"),
        "commands" => (1..=1, "{ … }"),
        "contains" | "overlaps" | "address" | "downtime" => (1..=1, "value"),
        _ => (0..=0, ""),
    }
}

/// What can be asked of a value of that type.
pub fn methods_of(receiver: &Type) -> Vec<&'static str> {
    match receiver {
        Type::List(_) => vec![
            "len",
            "map",
            "filter",
            "any",
            "all",
            "sum",
            "min",
            "max",
            "sort_by",
            "group_by",
            "duplicates",
            "overlapping",
            "lookup",
            "flatten",
            "first",
            "last",
            "contains",
            "join",
        ],
        Type::Map(..) => vec!["len", "keys", "values", "contains"],
        Type::Str | Type::Path => {
            vec!["len", "size", "starts_with", "ends_with", "contains", "below", "matches", "split", "lower", "upper", "trim", "replace"]
        }
        Type::Quantity(dim) if dim.money != 0 => vec!["currency", "in"],
        Type::Quantity(_) => vec!["in"],
        Type::Sh => vec!["commands"],
        Type::Window => vec!["start", "end", "length"],
        Type::Tuple(_) => vec!["first", "last"],
        Type::Port => vec!["number", "first", "last", "protocol"],
        Type::Owner => vec!["user", "group"],
        Type::Cidr => vec!["contains", "overlaps", "prefix", "address"],
        Type::Ref(_, name) if name == "plan" => vec!["before", "downtime"],
        _ => vec![],
    }
}
