//! Which type do the words of a type mean? Scalars, kinds, aliases, unions and records, with their conditions.

use crate::{
    program::{NamedType, Program},
    report::{Problem, TYPE_MISMATCH, UNKNOWN_NAME, near},
    types::{EnumType, Lookup, ModuleId, RecordField, RecordType, Refine, SCALARS, Type, Typed, scalar},
    watch::Target,
};
use mig_syntax::ast;
use smol_str::SmolStr;
use std::{cell::OnceCell, rc::Rc};

/// Aliases may lead to each other so often.
const ALIAS_DEPTH_MAX: u32 = 64;

impl<'a> Program<'a> {
    /// The type that is written there.
    pub fn typed(&self, module: ModuleId, ty: &ast::Type, facts: bool) -> Typed {
        if self.depth.get() > ALIAS_DEPTH_MAX {
            if !self.endless.replace(true) {
                self.report(Problem::error(crate::report::CYCLE, self.loc(module, ty.span), "this type is made of itself"));
            }
            return Type::Error.into();
        }
        self.depth.set(self.depth.get() + 1);
        let union = ty.members.len() > 1;
        let mut refinements = vec![];
        let mut members: Vec<Type> = vec![];
        for member in &ty.members {
            let typed = self.member(module, member, union, facts);
            if union && !typed.refinements.is_empty() {
                members.push(Type::Refined(Rc::new(typed)));
            } else {
                refinements.push(typed.refinements.clone());
                members.push(typed.ty);
            }
        }
        self.depth.set(self.depth.get() - 1);
        let ty_value = if members.len() == 1 { members.remove(0) } else { Type::Union(members.into()) };
        if union {
            self.note_union(module, ty, &ty_value);
        }
        let refine = |module, is_in, value| Refine { module, is_in, value, constant: OnceCell::new() };
        let own = ty.refinements.iter().map(|r| refine(module, r.is_in, Rc::new(r.value.clone())));
        let inherited = refinements.iter().flat_map(|l| l.iter()).map(|r| refine(r.module, r.is_in, r.value.clone()));
        let refinements: Rc<[Refine]> = inherited.chain(own).collect();
        Typed { ty: ty_value, refinements }
    }

    fn member(&self, module: ModuleId, member: &ast::TypeMember, union: bool, facts: bool) -> Typed {
        let mut typed = self.form(module, &member.form, union, facts);
        let wrap = |typed: &mut Typed, make: fn(Rc<Type>) -> Type| {
            typed.ty = make(Rc::new(typed.ty.clone()));
        };
        if member.secret {
            wrap(&mut typed, Type::Secret);
        }
        if member.later {
            wrap(&mut typed, Type::Later);
        }
        if member.optional && !facts {
            typed.ty = typed.ty.optional();
        }
        typed
    }

    fn form(&self, module: ModuleId, form: &ast::TypeForm, union: bool, facts: bool) -> Typed {
        let inner = |ty: &ast::Type| {
            let typed = self.typed(module, ty, facts);
            Rc::new(if typed.refinements.is_empty() { typed.ty } else { Type::Refined(Rc::new(typed)) })
        };
        match form {
            ast::TypeForm::Named(name) => self.named(module, name, union),
            ast::TypeForm::Quotient(a, b) => self.quotient(module, a, b).into(),
            ast::TypeForm::List(ty) => Type::List(inner(ty)).into(),
            ast::TypeForm::Map(key, ty) => {
                let key = self.typed(module, key, facts);
                if !matches!(key.ty, Type::Str | Type::Path | Type::Enum(_) | Type::Error) {
                    let message = format!("the keys of a map are strings, not {}", key.ty);
                    self.report(Problem::error(TYPE_MISMATCH, self.loc(module, ty.span), message));
                }
                Type::Map(inner(ty), if facts { Lookup::Unknown } else { Lookup::Absent }).into()
            }
            ast::TypeForm::Record(fields) => {
                Type::Record(Rc::new(RecordType { fields: fields.iter().map(|f| self.record_field(module, f, facts)).collect(), facts }))
                    .into()
            }
            ast::TypeForm::Group(ty) => self.typed(module, ty, facts),
            ast::TypeForm::Missing => Type::Error.into(),
        }
    }

    fn record_field(&self, module: ModuleId, field: &ast::KindField, facts: bool) -> RecordField {
        RecordField {
            name: field.name.text.clone(),
            typed: field.ty.as_ref().map_or_else(|| Type::Error.into(), |t| self.typed(module, t, facts)),
            default: field.value.clone().map(Rc::new),
            module,
        }
    }

    fn quotient(&self, module: ModuleId, a: &ast::Name, b: &ast::Name) -> Type {
        let dim = |name: &ast::Name| match scalar(&name.text) {
            Some(Type::Quantity(dim)) => Some(dim),
            _ => {
                let message = format!("`{}` is not a quantity, so it has no quotient", name.text);
                self.report(Problem::error(TYPE_MISMATCH, self.loc(module, name.span), message));
                None
            }
        };
        match (dim(a), dim(b)) {
            (Some(a), Some(b)) => a.combine(b, -1).map_or(Type::Error, Type::Quantity),
            _ => Type::Error,
        }
    }

    fn named(&self, module: ModuleId, name: &ast::Name, union: bool) -> Typed {
        if let Some(ty) = scalar(&name.text) {
            return ty.into();
        }
        let own = self.scopes.get(module.0 as usize).and_then(|s| s.types.get(&name.text));
        let dotted = name.text.rsplit_once('.').and_then(|(first, last)| {
            let target = self.used(module, first)?;
            self.scopes.get(target.0 as usize)?.types.get(last)
        });
        if let Some((owner, named)) = own.or_else(|| self.prelude.types.get(&name.text)).or(dotted).copied() {
            self.note_path(module, name, || Target::Named(owner, named));
            return self.alias(owner, named);
        }
        if let Some(kind) = self.find_kind(module, &name.text, None) {
            self.note_path(module, name, || Target::Kind(kind));
            return self.reference(kind).into();
        }
        if name.text.is_empty() {
            return Type::Error.into();
        }
        if union && !name.text.contains('.') {
            return Type::Word(name.text.clone()).into();
        }
        self.unknown_type(module, name);
        Type::Error.into()
    }

    fn alias(&self, owner: ModuleId, named: NamedType<'a>) -> Typed {
        match named {
            NamedType::Alias(alias) => alias.ty.as_ref().map_or_else(|| Type::Error.into(), |t| self.typed(owner, t, false)),
            NamedType::Enum(e) => Type::Enum(Rc::new(values_of(e))).into(),
        }
    }

    /// The enum of that name: as a value, its name is the list of its values.
    pub fn find_enum(&self, module: ModuleId, name: &str) -> Option<EnumType> {
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        let own = self.scopes.get(module.0 as usize).and_then(|s| s.types.get(name));
        match own.or_else(|| self.prelude.types.get(name)) {
            Some((_, NamedType::Enum(e))) => Some(values_of(e)),
            _ => None,
        }
    }

    fn unknown_type(&self, module: ModuleId, name: &ast::Name) {
        let at = self.loc(module, name.span);
        let mut problem = Problem::error(UNKNOWN_NAME, at, format!("there is no type called `{}`", name.text));
        let kinds = self.kinds.iter().map(|k| k.path.as_str());
        let types = self.prelude.types.keys().map(SmolStr::as_str);
        let mut known: Vec<&str> = SCALARS.iter().copied().chain(kinds).chain(types).collect();
        known.sort_unstable();
        if let Some(close) = near(&name.text, known) {
            problem = problem.help(format!("did you mean `{close}`?")).fix(format!("write `{close}`"), at, close);
        }
        self.report(problem);
    }
}

fn values_of(e: &ast::Enumeration) -> EnumType {
    EnumType { name: e.name.text.clone(), words: e.values.iter().map(|v| v.text.clone()).collect() }
}
