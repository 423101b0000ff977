//! What may a lifecycle take from an answer? Selectors, fields that are read by them, and conditions on them with constants. More
//! is not computed while a plan is applied.

use crate::{
    infer::{Env, Typer, article},
    lifecycle::no_field,
    literal,
    program::KindDef,
    quantity,
    report::{Problem, STAGE, TYPE_MISMATCH, UNKNOWN_NAME},
    types::Type,
};
use mig_syntax::ast::{self, BinaryOp, Expr, ExprKind, UnaryOp};

impl<'a> Typer<'_, 'a> {
    /// The clauses of a verb that look at the answer.
    pub(crate) fn answers(&self, env: &Env, def: &KindDef<'a>, verb: &'a ast::Verb) {
        let word = verb.verb.text.as_str();
        let wrong = |span, clause: &str, help: &str| {
            let problem = Problem::error(TYPE_MISMATCH, self.program.loc(env.module, span), format!("`{word}` has no `{clause}`"));
            self.program.report(problem.help(help.to_owned()));
        };
        if let Some(field) = verb.gives.first().filter(|_| word == "read" || word == "delete") {
            wrong(field.span, "gives", "what is read stands behind `from`, as in `read … from $ { id = $.Id }`");
        }
        if let Some((path, fields)) = &verb.from {
            self.selector(env, path);
            if let Some(field) = fields.first().filter(|_| word != "read") {
                wrong(field.span, "from … { }", "only `read` compares fields; what a call makes stands behind `gives`");
            }
        }
        for (fields, gives) in [(verb.gives.as_slice(), true), (verb.from.as_ref().map_or(&[][..], |f| f.1.as_slice()), false)] {
            self.distinct(env, fields);
            for field in fields {
                self.told(env, def, field, gives);
            }
        }
        for (clause, condition) in &verb.told {
            if clause.text == "gone" && !matches!(word, "read" | "delete") {
                wrong(clause.span, "gone", "it tells `read` and `delete` that the thing is not there any more");
            }
            self.settles(env, condition);
        }
    }

    /// A field that is read from an answer.
    fn told(&self, env: &Env, def: &KindDef<'a>, field: &'a ast::Field, gives: bool) {
        let name = &field.key;
        let Some(known) = def.field(&name.text) else { return no_field(self.program, def, name) };
        let at = self.program.loc(env.module, name.span);
        if known.derived {
            let problem = Problem::error(TYPE_MISMATCH, at, format!("`{}` is computed and cannot be read", name.text));
            return self.program.report(problem.also(known.at, "computed here"));
        }
        if gives && !known.typed.ty.is_later() {
            let message = format!("`gives` tells what is known later, and `{}` is what a program says", name.text);
            return self.program.report(Problem::error(STAGE, at, message).also(known.at, format!("declared as {} here", known.typed.ty)));
        }
        let (selector, unit) = counted(&field.value);
        if !self.selector(env, selector) {
            return;
        }
        match (known.typed.ty.plain(), unit) {
            (Type::Quantity(dim), Some(unit)) if quantity::unit(&unit.text).is_some_and(|u| u.dim == *dim) => {}
            (Type::Quantity(_), None) => {
                let message = format!("`{}` is {}, and an answer has bare numbers", name.text, article(&known.typed.ty));
                let problem = Problem::error(TYPE_MISMATCH, self.loc(env, &field.value), message);
                self.program.report(problem.help("say what the number counts, as in `$.Size.in(GiB)`"));
            }
            (ty, Some(unit)) => {
                let message = format!("`{}` is {}, which is not counted in {}", name.text, article(ty), unit.text);
                self.program.report(Problem::error(TYPE_MISMATCH, self.program.loc(env.module, unit.span), message));
            }
            (ty, None) if is_read(ty) => {}
            (ty, None) => {
                let message = format!("`{}` is {}, which no answer holds", name.text, article(ty));
                self.program.report(Problem::error(TYPE_MISMATCH, at, message).also(known.at, "declared here"));
            }
        }
    }

    /// `$.a.b[0]`, `$.a[*].b`; says what else it is.
    fn selector(&self, env: &Env, e: &Expr) -> bool {
        let fine = match &e.kind {
            ExprKind::Root | ExprKind::Missing => return true,
            ExprKind::Dot(inner, _) | ExprKind::Every(inner) => return self.selector(env, inner),
            ExprKind::Index(inner, index) => {
                let number = |l: &ast::Literal| l.text.bytes().all(|b| b.is_ascii_digit());
                if !self.selector(env, inner) {
                    return false;
                }
                matches!(&index.kind, ExprKind::Literal(l) if number(l)) || text(index).is_some()
            }
            _ => false,
        };
        if !fine {
            let problem = Problem::error(TYPE_MISMATCH, self.loc(env, e), "what is taken from an answer is a path into it");
            self.program.report(problem.help("as in `$.Instances.Instance[0].Id`; nothing is computed while a plan is applied"));
        }
        fine
    }

    /// Conditions of `ready`, `failed` and `gone`.
    fn settles(&self, env: &Env, e: &Expr) {
        match &e.kind {
            ExprKind::Missing => {}
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, _, left, right) => {
                self.settles(env, left);
                self.settles(env, right);
            }
            ExprKind::Unary(UnaryOp::Not, inner) => self.settles(env, inner),
            ExprKind::Present(inner) => drop(self.selector(env, inner)),
            ExprKind::Binary(BinaryOp::Eq, _, left, right) => {
                if self.selector(env, left) {
                    self.constant(env, right);
                }
            }
            ExprKind::Binary(BinaryOp::In, _, left, right) => match &right.kind {
                _ if !self.selector(env, left) => {}
                ExprKind::List(items) => items.iter().for_each(|i| self.constant(env, i)),
                _ => self.constant(env, right),
            },
            other => {
                let problem = Problem::error(TYPE_MISMATCH, self.loc(env, e), "this is no condition on an answer");
                let help = match other {
                    ExprKind::Binary(BinaryOp::Ne, ..) => "write `not … == …`",
                    _ => "it compares paths with constants: `==`, `in [ ]`, `$.x?`, joined by `and`, `or`, `not`",
                };
                self.program.report(problem.help(help));
            }
        }
    }

    fn constant(&self, env: &Env, e: &Expr) {
        let fine = match &e.kind {
            ExprKind::Missing | ExprKind::Bool(_) => true,
            ExprKind::Literal(l) => {
                literal::parse(l, self.loc(env, e)).is_ok_and(|v| matches!(literal::type_of(&v.v), Type::Int | Type::Float))
            }
            _ => text(e).is_some(),
        };
        if !fine {
            let problem =
                Problem::error(TYPE_MISMATCH, self.loc(env, e), "an answer is compared with constants: texts, numbers, `true` and `false`");
            self.program.report(problem);
        }
    }

    /// `$` outside of what looks at an answer.
    pub(crate) fn no_answer(&self, env: &Env, e: &Expr) -> Type {
        let problem = Problem::error(UNKNOWN_NAME, self.loc(env, e), "`$` is the answer of a call, and here is none");
        self.broken(env, e, problem.help("it stands behind `gives`, `from`, `ready`, `failed` and `gone` of a lifecycle"))
    }
}

/// A text without values in it.
fn text(e: &Expr) -> Option<&str> {
    match &e.kind {
        ExprKind::Str(parts) => match parts.as_slice() {
            [] => Some(""),
            [ast::Part::Text(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// `$.Size.in(GiB)`: the path, and what its number counts.
pub(crate) fn counted(e: &Expr) -> (&Expr, Option<ast::Name>) {
    if let ExprKind::Call(callee, args) = &e.kind
        && let ExprKind::Dot(inner, method) = &callee.kind
        && method.text == "in"
        && let [arg] = args.as_slice()
        && let ExprKind::Name(unit) = &arg.value.kind
    {
        return (inner, Some(ast::Name { text: unit.clone(), span: arg.value.span }));
    }
    (e, None)
}

/// Is it what JSON or XML holds?
fn is_read(ty: &Type) -> bool {
    match ty.plain() {
        Type::Str | Type::Path | Type::Bool | Type::Int | Type::Float | Type::Ip | Type::Cidr | Type::Json => true,
        Type::Word(_) | Type::Enum(_) | Type::Error => true,
        Type::List(inner) => is_read(inner),
        Type::Union(members) => members.iter().all(is_read),
        _ => false,
    }
}
