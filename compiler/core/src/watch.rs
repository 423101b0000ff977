//! What does a name stand for? Notes what the typer resolves, for an editor; a compilation without one notes nothing.
//!
//! The typer is the only one that decides what a name means, so that an editor never says anything else than a diagnostic does.

use crate::{
    infer::Env,
    program::{NamedType, Program, Symbol, symbol_name},
    source::{FileId, Loc},
    types::{KindId, ModuleId, Type},
};
use mig_syntax::ast;
use smol_str::SmolStr;
use std::{cell::RefCell, collections::BTreeMap};

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Target<'a> {
    /// A value of a module.
    Symbol(ModuleId, Symbol<'a>),
    /// A kind or noun.
    Kind(KindId),
    /// A field of a kind, by number.
    Field(KindId, usize),
    /// A declaration inside another.
    Child(ModuleId, &'a ast::Declaration),
    /// A child with a fixed name that the kind of its parent asks for, or a parent by its noun: the kind of it.
    Relative(KindId),
    /// An alias or an enum.
    Named(ModuleId, NamedType<'a>),
    /// An import.
    Module(ModuleId),
    /// A function of the language.
    Function(&'static str),
    /// A method or property of values of that type.
    Method(Type),
    /// A bare value, of the type where it stands.
    Word(Type),
    /// A parameter of a function or rule, a key, or what a `for` binds.
    Local(Type),
    /// A field of a record that no kind declares.
    Part(Type),
    /// A parameter of a function of the program, at its place.
    Parameter(Loc),
    /// A parameter of that function of the language.
    Argument(&'static str),
}

/// What is around the cursor.
#[derive(Debug, Clone)]
pub struct Spot {
    /// The innermost expression there.
    pub at: Loc,
    /// What names mean.
    pub env: Env,
    /// What its place would like.
    pub want: Option<Type>,
}

/// Bare values with the places where they are written.
type Words = Vec<(SmolStr, Loc)>;

/// What an editor asked for, while a program is typed.
#[derive(Debug, Default)]
pub struct Watch<'a> {
    /// A place in a text: a file and a byte.
    pub cursor: Option<(FileId, u32)>,
    /// What each name stands for, in the order of typing; one may come more than once.
    pub uses: RefCell<Vec<(Loc, Target<'a>)>>,
    /// Where the bare values of each union are written first, by all that the union has.
    pub unions: RefCell<BTreeMap<Vec<SmolStr>, Words>>,
    /// The innermost expression at the cursor.
    pub spot: RefCell<Option<Spot>>,
    /// The type of what stands before the `.` at the cursor.
    pub receiver: RefCell<Option<Type>>,
    /// The innermost declaration at the cursor, with its kind.
    pub declaration: RefCell<Option<(&'a ast::Declaration, KindId)>>,
}

impl Watch<'_> {
    fn is_at(&self, at: Loc) -> bool {
        self.cursor.is_some_and(|(file, byte)| at.file == file && at.span.start <= byte && byte <= at.span.end)
    }

    /// An expression is typed; the innermost one at the cursor is kept.
    pub fn expression(&self, at: Loc, env: &Env, want: Option<&Type>) {
        if !self.is_at(at) {
            return;
        }
        let mut spot = self.spot.borrow_mut();
        let inner = spot.as_ref().is_none_or(|s| {
            let within = s.at.span.start <= at.span.start && at.span.end <= s.at.span.end;
            within && (s.at != at || want.is_some())
        });
        if inner {
            *spot = Some(Spot { at, env: env.clone(), want: want.cloned() });
        }
    }

    /// `x.name` is typed.
    pub fn dot(&self, name: Loc, receiver: &Type) {
        if self.is_at(name) {
            *self.receiver.borrow_mut() = Some(receiver.clone());
        }
    }
}

impl<'a> Program<'a> {
    /// A name stands for something.
    pub fn note(&self, at: Loc, target: impl FnOnce() -> Option<Target<'a>>) {
        if let Some(watch) = &self.watch
            && at.span.start < at.span.end
            && let Some(target) = target()
        {
            watch.uses.borrow_mut().push((at, target));
        }
    }

    /// A path such as `aliyun.ecs` stands for something: its first part for an import.
    pub fn note_path(&self, module: ModuleId, name: &ast::Name, target: impl FnOnce() -> Target<'a>) {
        if self.watch.is_none() {
            return;
        }
        let mut last = name.span;
        if let Some((first, _)) = name.text.rsplit_once('.') {
            let end = name.span.start + first.len() as u32;
            self.note(self.loc(module, ast::Span { start: name.span.start, end }), || self.used(module, first).map(Target::Module));
            last.start = end + 1;
        }
        self.note(self.loc(module, last), || Some(target()));
    }

    /// Bare values of a union stand for themselves, where a union of the same values is written first.
    pub fn note_union(&self, module: ModuleId, written: &ast::Type, ty: &Type) {
        let Some(watch) = &self.watch else { return };
        let named = |member: &ast::TypeMember| match &member.form {
            ast::TypeForm::Named(name) if ty.members().iter().any(|m| matches!(m, Type::Word(w) if *w == name.text)) => {
                Some((name.text.clone(), self.loc(module, name.span)))
            }
            _ => None,
        };
        let places: Words = written.members.iter().filter_map(named).collect();
        for (_, at) in &places {
            self.note(*at, || Some(Target::Word(ty.clone())));
        }
        if !places.is_empty() {
            watch.unions.borrow_mut().entry(ty.words()).or_insert(places);
        }
    }

    /// A declaration of that kind is typed.
    pub fn note_declaration(&self, module: ModuleId, d: &'a ast::Declaration, kind: KindId) {
        let Some(watch) = &self.watch else { return };
        if watch.is_at(self.loc(module, d.span)) {
            *watch.declaration.borrow_mut() = Some((d, kind));
        }
        let noun = if d.kind.is_some() { self.kind(kind).root } else { kind };
        self.note_path(module, &d.noun, || Target::Kind(noun));
        if let Some(name) = &d.kind {
            self.note_path(module, name, || Target::Kind(kind));
        }
    }

    /// What `x.name` is, where `x` is a declaration of that kind.
    pub fn member_target(&self, kind: KindId, name: &str) -> Option<Target<'a>> {
        let def = self.kind(kind);
        if let Some(number) = def.by_name.get(name) {
            return Some(Target::Field(kind, *number));
        }
        if let Some(rule) = def.children.iter().find(|c| c.name.as_deref() == Some(name)) {
            return Some(Target::Relative(rule.kind));
        }
        if let Some(part) = self.part_declaration(kind, name) {
            return Some(part);
        }
        let parents = self.parents.get(&def.root)?;
        parents.iter().copied().find(|p| self.kind(*p).name == name).map(Target::Relative)
    }

    /// What the kind of a component, or one that it refines, declares under that name.
    fn part_declaration(&self, kind: KindId, name: &str) -> Option<Target<'a>> {
        let def = self.kind(kind);
        match def.tree.declarations.iter().find(|d| d.name.text == name) {
            Some(d) => Some(Target::Child(def.module, d)),
            None => def.base.and_then(|base| self.part_declaration(base, name)),
        }
    }

    /// Where what a name stands for is declared; a module is its whole text.
    pub fn place_of(&self, target: &Target<'a>) -> Option<Loc> {
        Some(match target {
            Target::Symbol(module, symbol) => self.loc(*module, symbol_name(symbol).span),
            Target::Kind(kind) | Target::Relative(kind) => self.kind(*kind).at,
            Target::Field(kind, number) => self.first_field(*kind, *number)?,
            Target::Child(module, d) => self.loc(*module, d.name.span),
            Target::Named(module, NamedType::Alias(alias)) => self.loc(*module, alias.name.span),
            Target::Named(module, NamedType::Enum(e)) => self.loc(*module, e.name.span),
            Target::Module(module) => self.loc(*module, ast::Span::default()),
            Target::Word(ty) => return self.word_place(ty, None),
            Target::Parameter(at) => *at,
            Target::Function(_) | Target::Method(_) | Target::Local(_) | Target::Part(_) | Target::Argument(_) => return None,
        })
    }

    /// Where the kind that first has a field declares it: one that refines it gives the same field another default.
    fn first_field(&self, kind: KindId, number: usize) -> Option<Loc> {
        let def = self.kind(kind);
        let field = def.fields.get(number)?;
        let base = def.base.and_then(|base| Some((base, *self.kind(base).by_name.get(&field.name)?)));
        match base {
            Some((base, number)) => self.first_field(base, number),
            None => Some(field.at),
        }
    }

    /// Where the enum of a bare value is declared, or that value in it.
    pub fn word_place(&self, ty: &Type, word: Option<&str>) -> Option<Loc> {
        let Some(Type::Enum(wanted)) =
            ty.members().into_iter().find(|m| matches!(m, Type::Enum(e) if word.is_none_or(|w| e.words.iter().any(|v| v == w))))
        else {
            let unions = self.watch.as_ref()?.unions.borrow();
            return unions.get(&ty.words())?.iter().find(|(w, _)| word.is_some_and(|word| w == word)).map(|(_, at)| *at);
        };
        let types = self.scopes.iter().chain([&self.prelude]).filter_map(|s| s.types.get(&wanted.name));
        types.into_iter().find_map(|(module, named)| match named {
            NamedType::Enum(e) => {
                let name = match word {
                    Some(word) => e.values.iter().find(|v| v.text == word)?,
                    None => &e.name,
                };
                Some(self.loc(*module, name.span))
            }
            NamedType::Alias(_) => None,
        })
    }
}
