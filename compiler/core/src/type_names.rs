//! Which type do the words of a type mean? Scalars, kinds, aliases, unions and records, with their conditions.

use crate::{
    habits,
    program::{NamedType, Program},
    report::{Problem, TYPE_MISMATCH, UNKNOWN_NAME, is_one_edit_apart},
    types::{EnumType, Lookup, ModuleId, RecordField, RecordType, Refine, SCALARS, Type, Typed, scalar},
    watch::Target,
};
use mig_syntax::ast;
use smol_str::SmolStr;
use std::{cell::OnceCell, rc::Rc};

/// Types may be nested so deep, with the aliases in them.
const TYPE_DEPTH_MAX: u32 = 300;

impl<'a> Program<'a> {
    /// The type that is written there.
    pub fn typed(&self, module: ModuleId, ty: &ast::Type, facts: bool) -> Typed {
        if self.depth.get() > TYPE_DEPTH_MAX {
            if !self.endless.replace(true) {
                let message = format!("types are nested at most {TYPE_DEPTH_MAX} deep, with what their names stand for");
                self.report(Problem::error(TYPE_MISMATCH, self.loc(module, ty.span), message));
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
                Type::Record(Rc::new(RecordType::new(fields.iter().map(|f| self.record_field(module, f, facts)).collect(), facts))).into()
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
            self.is_a_type_meant(module, name);
            return Type::Word(name.text.clone()).into();
        }
        self.unknown_type(module, name);
        Type::Error.into()
    }

    fn alias(&self, owner: ModuleId, named: NamedType<'a>) -> Typed {
        match named {
            NamedType::Alias(alias) => alias.ty.as_ref().map_or_else(|| Type::Error.into(), |t| self.aliased(owner, t)),
            NamedType::Enum(e) => Type::Enum(Rc::new(values_of(e))).into(),
        }
    }

    /// What an alias stands for, unless it is just being looked at: then it is made of itself, which is said once.
    fn aliased(&self, owner: ModuleId, ty: &ast::Type) -> Typed {
        let at = self.loc(owner, ty.span);
        if let Some(start) = self.open_aliases.borrow().iter().position(|open| *open == at) {
            let circle = self.open_aliases.borrow()[start..].to_vec();
            if !circle.iter().any(|open| self.circular.borrow().contains(open)) {
                self.report(Problem::error(crate::report::CYCLE, at, "this type is made of itself"));
            }
            self.circular.borrow_mut().extend(circle);
            return Type::Error.into();
        }
        self.open_aliases.borrow_mut().push(at);
        let typed = self.typed(owner, ty, false);
        self.open_aliases.borrow_mut().pop();
        typed
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

    /// Is it a `type`, seen from a module?
    pub(crate) fn is_alias(&self, module: ModuleId, name: &str) -> bool {
        let own = self.scopes.get(module.0 as usize).and_then(|s| s.types.get(name));
        matches!(own.or_else(|| self.prelude.types.get(name)), Some((_, NamedType::Alias(_))))
    }

    fn unknown_type(&self, module: ModuleId, name: &ast::Name) {
        let at = self.loc(module, name.span);
        // `List<Str>`: the parser has said that types take no others.
        if self.is_damaged(module, name.span) && habits::type_of_many(&name.text).is_some() {
            return;
        }
        let problem = Problem::error(UNKNOWN_NAME, at, format!("there is no type called `{}`", name.text));
        self.report(match (habits::type_name(&name.text), habits::type_of_many(&name.text)) {
            (Some(own), _) => problem.help(format!("it is called `{own}`")).fix(format!("write `{own}`"), at, own),
            (None, Some(many)) => problem.help(many),
            (None, None) => problem.near(&name.text, self.types_seen(module), at),
        });
    }

    /// In a union every name that is no type is a value, also one that was meant to be a type. A type is looked at again and again,
    /// and perhaps where nothing is said of it, so the doubt is noted here and said in the end.
    fn is_a_type_meant(&self, module: ModuleId, name: &ast::Name) {
        let at = self.loc(module, name.span);
        if self.is_brought(at) || self.doubts.borrow().contains_key(&at) {
            return;
        }
        let seen = self.types_seen(module);
        let close = seen.into_iter().find(|known| name.text.len() > 1 && is_one_edit_apart(&name.text, known));
        let doubt = close.map(|close| {
            let message = format!("`{}` is a value of its own here, one letter from the type `{close}`", name.text);
            let problem = Problem::warning(UNKNOWN_NAME, at, message).help(format!("did you mean `{close}`?"));
            problem.fix(format!("write `{close}`"), at, close)
        });
        self.doubts.borrow_mut().insert(at, doubt);
    }

    /// Says which values may have been meant to be types.
    pub fn say_doubts(&self) {
        self.doubts.take().into_values().flatten().for_each(|doubt| self.report(doubt));
    }

    /// Types that a module may name, in order.
    pub(crate) fn types_seen(&self, module: ModuleId) -> Vec<&str> {
        let own = self.scopes.get(module.0 as usize).into_iter().flat_map(|s| s.types.keys());
        let kinds = self.kinds.iter().map(|k| k.path.as_str()).filter(|path| self.find_kind(module, path, None).is_some());
        let mut known: Vec<&str> =
            SCALARS.iter().copied().chain(kinds).chain(own.chain(self.prelude.types.keys()).map(SmolStr::as_str)).collect();
        known.sort_unstable();
        known
    }
}

fn values_of(e: &ast::Enumeration) -> EnumType {
    EnumType { name: e.name.text.clone(), words: e.values.iter().map(|v| v.text.clone()).collect() }
}
