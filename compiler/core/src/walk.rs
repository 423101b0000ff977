//! What does an expression consist of? Its direct parts, in the order of the text.

use mig_syntax::ast::{self, Expr, ExprKind};

/// Calls `f` for each direct part of an expression.
pub(crate) fn parts<'e>(e: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    let mut of_text = |parts: &'e [ast::Part]| {
        for part in parts {
            if let ast::Part::Hole(hole) = part {
                f(hole);
            }
        }
    };
    match &e.kind {
        ExprKind::Str(parts) | ExprKind::Tagged(_, parts) => of_text(parts),
        ExprKind::List(items) => items.iter().for_each(f),
        ExprKind::Record(fields) => fields.iter().for_each(|field| f(&field.value)),
        ExprKind::If(arms, other) => {
            for (condition, value) in arms {
                f(condition);
                f(value);
            }
            if let Some(other) = other {
                f(other);
            }
        }
        ExprKind::Unary(_, inner) | ExprKind::Present(inner) | ExprKind::Every(inner) | ExprKind::Lambda(_, inner) => f(inner),
        ExprKind::Binary(_, _, a, b) | ExprKind::Index(a, b) => {
            f(a);
            f(b);
        }
        ExprKind::Call(callee, args) => {
            if let ExprKind::Dot(receiver, _) = &callee.kind {
                f(receiver);
            }
            for arg in args {
                f(&arg.value);
            }
        }
        ExprKind::Missing | ExprKind::Literal(_) | ExprKind::Bool(_) | ExprKind::Name(_) | ExprKind::Root | ExprKind::Dot(..) => {}
    }
}

/// Does the expression name that?
pub(crate) fn names(e: &Expr, name: &str) -> bool {
    let mut found = matches!(&e.kind, ExprKind::Name(n) if n == name);
    if let ExprKind::Dot(receiver, _) = &e.kind {
        return names(receiver, name);
    }
    parts(e, &mut |part| found |= names(part, name));
    found
}
