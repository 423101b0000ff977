//! Which expressions, annotations and declarations has a tree? One walk for all that an editor looks for.

use mig_syntax::ast::{
    self, Annotation, Arg, Check, Declaration, Expr, ExprKind, Field, Item, ItemKind, Kind, KindField, Part, Test, Type, TypeForm,
};

/// What a walk meets, each with its parts after it.
pub enum Node<'a> {
    /// An expression.
    Expr(&'a Expr),
    /// A declaration, at the top or inside another.
    Declaration(&'a Declaration),
    /// `@…` above something.
    Annotation(&'a Annotation),
}

type Visit<'v, 'a> = dyn FnMut(Node<'a>) + 'v;

/// Goes through an item.
pub fn item<'a>(item: &'a Item, f: &mut Visit<'_, 'a>) {
    annotations(&item.annotations, f);
    match &item.kind {
        ItemKind::Use(_) | ItemKind::Enum(_) => {}
        ItemKind::Param(p) | ItemKind::Table(p) => {
            if let Some(t) = &p.ty {
                ty(t, f);
            }
            if let Some(e) = &p.default {
                expr(e, f);
            }
        }
        ItemKind::Let(l) | ItemKind::Output(l) => let_(l, f),
        ItemKind::Fn(function) => {
            for t in function.params.iter().filter_map(|p| p.1.as_ref()).chain(&function.result) {
                ty(t, f);
            }
            expr(&function.body, f);
        }
        ItemKind::Type(alias) => alias.ty.iter().for_each(|t| ty(t, f)),
        ItemKind::Kind(k) => kind(k, f),
        ItemKind::Check(c) => check(c, f),
        ItemKind::Test(t) => test(t, f),
        ItemKind::Extend(e) => fields(&e.rows, f),
        ItemKind::Declaration(d) => declaration(d, f),
    }
}

fn annotations<'a>(list: &'a [Annotation], f: &mut Visit<'_, 'a>) {
    for a in list {
        f(Node::Annotation(a));
    }
}

fn let_<'a>(l: &'a ast::Let, f: &mut Visit<'_, 'a>) {
    if let Some(t) = &l.ty {
        ty(t, f);
    }
    expr(&l.value, f);
}

fn kind<'a>(k: &'a Kind, f: &mut Visit<'_, 'a>) {
    kind_fields(&k.fields, f);
    for c in &k.checks {
        check(c, f);
    }
    for d in &k.declarations {
        declaration(d, f);
    }
    for a in &k.declaration_annotations {
        annotations(a, f);
    }
    for verb in &k.verbs {
        args(&verb.args, f);
        fields(&verb.params, f);
        fields(&verb.gives, f);
        if let Some((from, given)) = &verb.from {
            expr(from, f);
            fields(given, f);
        }
        for e in verb.told.iter().map(|t| &t.1).chain(verb.stdin.iter().map(|s| &s.value)) {
            expr(e, f);
        }
    }
}

fn kind_fields<'a>(list: &'a [KindField], f: &mut Visit<'_, 'a>) {
    for field in list {
        if let Some(t) = &field.ty {
            ty(t, f);
        }
        if let Some(e) = &field.value {
            expr(e, f);
        }
    }
}

fn check<'a>(c: &'a Check, f: &mut Visit<'_, 'a>) {
    for b in &c.bindings {
        expr(&b.list, f);
    }
    for w in &c.conditions {
        expr(&w.value, f);
    }
    let also = c.also.iter().flat_map(|(at, text)| std::iter::once(at).chain(text));
    let fix = c.fix.iter().flat_map(|(at, value)| [at, value]);
    for e in c.at.iter().chain(also).chain(&c.say).chain(&c.help).chain(fix) {
        expr(e, f);
    }
}

fn test<'a>(t: &'a Test, f: &mut Visit<'_, 'a>) {
    for l in &t.lets {
        let_(l, f);
    }
    for d in &t.declarations {
        declaration(d, f);
    }
    for a in &t.declaration_annotations {
        annotations(a, f);
    }
    for e in t.expects.iter().flat_map(|x| std::iter::once(&x.value).chain(&x.place)) {
        expr(e, f);
    }
}

fn declaration<'a>(d: &'a Declaration, f: &mut Visit<'_, 'a>) {
    f(Node::Declaration(d));
    if let Some(k) = &d.keys {
        expr(&k.1, f);
    }
    fields(&d.fields, f);
    for child in &d.children {
        annotations(&child.annotations, f);
        declaration(&child.declaration, f);
    }
}

fn fields<'a>(list: &'a [Field], f: &mut Visit<'_, 'a>) {
    for field in list {
        annotations(&field.annotations, f);
        expr(&field.value, f);
    }
}

fn args<'a>(list: &'a [Arg], f: &mut Visit<'_, 'a>) {
    for a in list {
        expr(&a.value, f);
    }
}

fn ty<'a>(t: &'a Type, f: &mut Visit<'_, 'a>) {
    for member in &t.members {
        match &member.form {
            TypeForm::List(inner) | TypeForm::Group(inner) => ty(inner, f),
            TypeForm::Map(key, value) => {
                ty(key, f);
                ty(value, f);
            }
            TypeForm::Record(list) => kind_fields(list, f),
            TypeForm::Named(_) | TypeForm::Quotient(..) | TypeForm::Missing => {}
        }
    }
    for r in &t.refinements {
        expr(&r.value, f);
    }
}

fn expr<'a>(e: &'a Expr, f: &mut Visit<'_, 'a>) {
    f(Node::Expr(e));
    match &e.kind {
        ExprKind::Str(parts) | ExprKind::Tagged(_, parts) => {
            for part in parts {
                if let Part::Hole(hole) = part {
                    expr(hole, f);
                }
            }
        }
        ExprKind::List(items) => items.iter().for_each(|i| expr(i, f)),
        ExprKind::Record(list) => fields(list, f),
        ExprKind::If(arms, other) => {
            for e in arms.iter().flat_map(|(c, v)| [c, v]) {
                expr(e, f);
            }
            if let Some(e) = other {
                expr(e, f);
            }
        }
        ExprKind::Unary(_, inner)
        | ExprKind::Present(inner)
        | ExprKind::Every(inner)
        | ExprKind::Lambda(_, inner)
        | ExprKind::Dot(inner, _) => expr(inner, f),
        ExprKind::Binary(_, _, a, b) | ExprKind::Index(a, b) => {
            expr(a, f);
            expr(b, f);
        }
        ExprKind::Call(callee, list) => {
            expr(callee, f);
            args(list, f);
        }
        ExprKind::Missing | ExprKind::Literal(_) | ExprKind::Bool(_) | ExprKind::Name(_) | ExprKind::Root => {}
    }
}
