//! How does a part of a tree follow its text, when text before it grows or shrinks? Every span moves by the same number of bytes.
//!
//! Patterns name every field, so that a field that is added here is not forgotten.

use super::{
    Annotation, Arg, Binding, Check, Child, ChildRule, Class, Condition, Damage, Declaration, Enumeration, Expect, Expr, ExprKind, Extend,
    Field, Function, Item, ItemKind, Kind, KindField, Let, Mend, Name, Param, Part, Refinement, Span, Stdin, Test, Type, TypeAlias,
    TypeForm, TypeMember, Use, Verb,
};

/// A part of a tree.
pub(crate) trait Shift {
    /// Moves it towards the end of the text; by a negative number, towards its beginning.
    fn shift(&mut self, bytes: i64);
}

impl Shift for Span {
    fn shift(&mut self, bytes: i64) {
        let moved = |at: u32| (i64::from(at) + bytes) as u32;
        *self = Self { start: moved(self.start), end: moved(self.end) };
    }
}

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, bytes: i64) {
        if let Some(part) = self {
            part.shift(bytes);
        }
    }
}

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, bytes: i64) {
        for part in self {
            part.shift(bytes);
        }
    }
}

impl<T: Shift> Shift for Box<T> {
    fn shift(&mut self, bytes: i64) {
        (**self).shift(bytes);
    }
}

impl<A: Shift, B: Shift> Shift for (A, B) {
    fn shift(&mut self, bytes: i64) {
        self.0.shift(bytes);
        self.1.shift(bytes);
    }
}

/// The parts of a struct that have spans, and behind `;` those that have none.
macro_rules! shift {
    ($($sort:ident { $($part:ident),* $(; $($plain:ident),*)? })*) => {
        $(impl Shift for $sort {
            fn shift(&mut self, bytes: i64) {
                let Self { $($part,)* $($($plain: _,)*)? } = self;
                $($part.shift(bytes);)*
            }
        })*
    };
}

shift! {
    Name { span; text }
    Damage { span, mend; message, help }
    Mend { span; text, is_sure }
    Item { span, annotations, kind; docs }
    Annotation { name, args, span }
    Use { target, alias; file }
    Param { name, ty, default }
    Let { name, ty, value }
    Function { name, params, result, body }
    TypeAlias { name, ty }
    Enumeration { name, values }
    Extend { target, rows }
    Kind { name, base, fields, children, verbs, replace_on, checks, declarations, declaration_annotations; is_abstract }
    KindField { name, ty, value, span; docs }
    ChildRule { name, kind; many }
    Verb { verb, fields, driver, args, params, gives, from, told, waits, stdin, needs, span }
    Declaration { noun, name, keys, kind, fields, children, stdin, span; existing }
    Stdin { name, value, span }
    Child { annotations, declaration; docs }
    Field { key, value, annotations, span; docs }
    Type { members, refinements, classes, span }
    TypeMember { form, span; secret, later, optional }
    Refinement { value; is_in }
    Class { word, scope }
    Expr { kind, span }
    Arg { name, value }
    Check { name, code, former, severity, bindings, conditions, at, also, say, help, fix, span; unsilenceable, docs }
    Condition { severity, value }
    Binding { names, list }
    Test { title, lets, declarations, declaration_annotations, expects }
    Expect { severity, value, place }
}

impl Shift for ItemKind {
    fn shift(&mut self, bytes: i64) {
        match self {
            Self::Use(item) => item.shift(bytes),
            Self::Param(item) | Self::Table(item) => item.shift(bytes),
            Self::Let(item) | Self::Output(item) => item.shift(bytes),
            Self::Fn(item) => item.shift(bytes),
            Self::Type(item) => item.shift(bytes),
            Self::Enum(item) => item.shift(bytes),
            Self::Kind(item) => item.shift(bytes),
            Self::Check(item) => item.shift(bytes),
            Self::Test(item) => item.shift(bytes),
            Self::Extend(item) => item.shift(bytes),
            Self::Declaration(item) => item.shift(bytes),
        }
    }
}

impl Shift for TypeForm {
    fn shift(&mut self, bytes: i64) {
        match self {
            Self::Named(name) => name.shift(bytes),
            Self::Quotient(left, right) => {
                left.shift(bytes);
                right.shift(bytes);
            }
            Self::List(inner) | Self::Group(inner) => inner.shift(bytes),
            Self::Map(key, value) => {
                key.shift(bytes);
                value.shift(bytes);
            }
            Self::Record(fields) => fields.shift(bytes),
            Self::Missing => {}
        }
    }
}

impl Shift for ExprKind {
    fn shift(&mut self, bytes: i64) {
        match self {
            Self::Missing | Self::Literal(_) | Self::Bool(_) | Self::Name(_) | Self::Root => {}
            Self::Str(parts) => parts.shift(bytes),
            Self::Tagged(tag, parts) => {
                tag.shift(bytes);
                parts.shift(bytes);
            }
            Self::List(items) => items.shift(bytes),
            Self::Record(fields) => fields.shift(bytes),
            Self::If(arms, other) => {
                arms.shift(bytes);
                other.shift(bytes);
            }
            Self::Unary(_, inner) | Self::Every(inner) | Self::Present(inner) => inner.shift(bytes),
            Self::Binary(_, operator, left, right) => {
                operator.shift(bytes);
                left.shift(bytes);
                right.shift(bytes);
            }
            Self::Dot(receiver, name) => {
                receiver.shift(bytes);
                name.shift(bytes);
            }
            Self::Call(callee, args) => {
                callee.shift(bytes);
                args.shift(bytes);
            }
            Self::Index(receiver, index) => {
                receiver.shift(bytes);
                index.shift(bytes);
            }
            Self::Lambda(name, body) => {
                name.shift(bytes);
                body.shift(bytes);
            }
        }
    }
}

impl Shift for Part {
    fn shift(&mut self, bytes: i64) {
        match self {
            Self::Text(_) => {}
            Self::Hole(hole) => hole.shift(bytes),
        }
    }
}
