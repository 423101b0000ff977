//! What do types become? Unions with refinements and classes; the expressions in them are lowered beside this file.

use super::{Around, Lower};
use crate::ast::{Class, KindField, Name, Refinement, Span, Type, TypeForm, TypeMember};
use crate::grammar::{Pair, Rule};

impl Lower<'_> {
    /// `A | B where … unique`
    pub(super) fn full_type(&mut self, pair: Pair<'_>) -> Type {
        let around = self.around(&pair);
        let mut found = Type { members: Vec::with_capacity(1), refinements: Vec::new(), classes: Vec::new(), span: self.span(&pair) };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::member => found.members.push(self.member(kid)),
                Rule::no_type => found.members.extend(self.no_type(&kid, around).members),
                Rule::refinement => found.refinements.push(self.refinement(kid)),
                Rule::class => found.classes.push(self.class(kid)),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// A type that is not there.
    pub(super) fn no_type(&mut self, pair: &Pair<'_>, around: Around) -> Type {
        self.stray(pair, around);
        let span = self.span(pair);
        let member = TypeMember { form: TypeForm::Missing, secret: false, later: false, optional: false, span };
        Type { members: vec![member], refinements: Vec::new(), classes: Vec::new(), span }
    }

    /// One member of a union.
    fn member(&mut self, pair: Pair<'_>) -> TypeMember {
        let around = self.around(&pair);
        let mut member = TypeMember { form: TypeForm::Missing, secret: false, later: false, optional: false, span: self.span(&pair) };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::stage if kid.as_str().starts_with("secret") => member.secret = true,
                Rule::stage => member.later = true,
                Rule::optional => member.optional = true,
                Rule::path => member.form = named(member.form, self.name(&kid)),
                Rule::no_type => {
                    self.stray(&kid, around);
                    member.form = named(member.form, Self::nameless(self.span(&kid)));
                }
                Rule::list_type => member.form = TypeForm::List(Box::new(self.inside(kid))),
                Rule::group_type => member.form = TypeForm::Group(Box::new(self.inside(kid))),
                Rule::map_type => member.form = self.map(kid),
                Rule::record_type => member.form = TypeForm::Record(self.record_type(kid)),
                _ => self.stray(&kid, around),
            }
        }
        member
    }

    /// The one type between brackets.
    fn inside(&mut self, pair: Pair<'_>) -> Type {
        let at = self.end_of(&pair);
        self.types_in(pair).into_iter().next().unwrap_or_else(|| absent(at))
    }

    /// `{Str: T}`
    fn map(&mut self, pair: Pair<'_>) -> TypeForm {
        let at = self.end_of(&pair);
        let mut types = self.types_in(pair).into_iter();
        let mut next = || Box::new(types.next().unwrap_or_else(|| absent(at)));
        let key = next();
        TypeForm::Map(key, next())
    }

    /// All types of a pair, those that are missing too.
    fn types_in(&mut self, pair: Pair<'_>) -> Vec<Type> {
        let around = self.around(&pair);
        let mut types = Vec::with_capacity(1);
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::full_type => types.push(self.full_type(kid)),
                Rule::no_type => types.push(self.no_type(&kid, around)),
                _ => self.stray(&kid, around),
            }
        }
        types
    }

    /// `{ port: Port, from: Cidr = … }`
    fn record_type(&mut self, pair: Pair<'_>) -> Vec<KindField> {
        let around = self.around(&pair);
        let mut above = Self::fresh_above();
        let mut fields = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::attribute => {
                    let docs = self.take_docs(&mut above, "a field of a type");
                    fields.push(self.kind_field(kid, docs));
                }
                _ => self.entry(kid, around, &mut above),
            }
        }
        self.no_more(&mut above);
        fields
    }

    /// `where EXPR`, `in EXPR`
    fn refinement(&mut self, pair: Pair<'_>) -> Refinement {
        let around = self.around(&pair);
        let mut found = Refinement { is_in: false, value: Self::missing(self.end_of(&pair).start as usize) };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::where_ => {}
                Rule::in_ => found.is_in = true,
                Rule::expr | Rule::no_value => found.value = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// `unique [in x]`, `grows`, `fixed`
    fn class(&mut self, pair: Pair<'_>) -> Class {
        let around = self.around(&pair);
        let mut class = Class { word: Self::nameless(self.span(&pair)), scope: None };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::class_word => class.word = self.name(&kid),
                Rule::path => class.scope = Some(self.name(&kid)),
                _ => self.stray(&kid, around),
            }
        }
        if let Some(scope) = class.scope.as_ref().filter(|_| class.word.text != "unique") {
            let message = format!("`{}` takes no `in`", class.word.text);
            self.note(scope.span, message, Some("only `unique in x` does".to_owned()));
        }
        class
    }
}

/// The first name of a member, or the second one of a quotient.
fn named(form: TypeForm, name: Name) -> TypeForm {
    match form {
        TypeForm::Named(first) => TypeForm::Quotient(first, name),
        _ => TypeForm::Named(name),
    }
}

/// A type whose absence is told already.
fn absent(at: Span) -> Type {
    let member = TypeMember { form: TypeForm::Missing, secret: false, later: false, optional: false, span: at };
    Type { members: vec![member], refinements: Vec::new(), classes: Vec::new(), span: at }
}
