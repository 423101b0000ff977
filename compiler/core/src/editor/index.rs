//! Which names of a program stand for one thing? Every use with the place of what it stands for, ordered by place.
//!
//! Holds places only, so that it outlives the program it was made of.

use super::{
    Place, TokenSort, is_own, place,
    walk::{self, Node},
};
use crate::{
    Loaded,
    infer::{Env, Typer},
    program::{Program, Symbol},
    source::{FileId, Loc},
    types::ModuleId,
    typing,
    watch::{Target, Watch},
};
use mig_syntax::ast::{self, ExprKind, ItemKind};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A name at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    /// The name.
    pub at: Loc,
    /// Where what it stands for is declared; `None` for what the language brings.
    pub of: Option<Loc>,
    /// For its colour.
    pub sort: TokenSort,
}

impl Use {
    /// Is it the declaration itself?
    pub fn declares(&self) -> bool {
        self.of == Some(self.at)
    }
}

/// Every name of a program that stands for something.
#[derive(Debug, Default)]
pub struct Index {
    uses: Vec<Use>,
}

impl Index {
    /// What the names of a program stand for.
    pub fn new(loaded: &Loaded) -> Self {
        let program = Program::watched(&loaded.syntax, Some(Watch::default()));
        typing::check(&program);
        let mut noter = Noter { program: &program, uses: vec![], locals: BTreeMap::new() };
        noter.items();
        noter.resolved();
        let mut uses = noter.uses;
        uses.sort_unstable();
        // What is said of a place more exactly counts: a place beats none.
        uses.reverse();
        uses.dedup_by_key(|u| u.at);
        uses.reverse();
        Self { uses }
    }

    /// The uses in a file, in order.
    pub(super) fn of_file(&self, file: FileId) -> &[Use] {
        let from = self.uses.partition_point(|u| u.at.file < file);
        let to = self.uses.partition_point(|u| u.at.file <= file);
        self.uses.get(from..to).unwrap_or(&[])
    }

    /// The name at a byte; between two, the one that begins there.
    pub(super) fn at(&self, file: FileId, byte: usize) -> Option<&Use> {
        let uses = self.of_file(file);
        let after = uses.partition_point(|u| u.at.span.start as usize <= byte);
        let last = uses.get(after.checked_sub(1)?)?;
        (byte <= last.at.span.end as usize).then_some(last)
    }

    /// All uses of what is declared at a place, with the declaration.
    pub(super) fn uses_of(&self, of: Loc) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(move |u| u.of == Some(of))
    }

    /// Where what stands at a byte is declared.
    pub fn definition(&self, loaded: &Loaded, file: &str, byte: usize) -> Option<Place> {
        let syntax = &loaded.syntax;
        if let Some((_, module)) = super::module_of(syntax, file)
            && let Some(found) = self.at(module.file, byte)
        {
            return found.of.map(|at| place(syntax, at));
        }
        None
    }

    /// Every place that names what stands at a byte.
    pub fn references(&self, loaded: &Loaded, file: &str, byte: usize, with_declaration: bool) -> Vec<Place> {
        let syntax = &loaded.syntax;
        let Some((_, module)) = super::module_of(syntax, file) else { return vec![] };
        let Some(of) = self.at(module.file, byte).and_then(|u| u.of) else { return vec![] };
        let wanted = |u: &&Use| is_own(syntax, u.at.file) && (with_declaration || !u.declares());
        self.uses_of(of).filter(wanted).map(|u| place(syntax, u.at)).collect()
    }
}

/// A name that means something in one part of an item only.
struct Local {
    at: Loc,
    scope: ast::Span,
}

struct Noter<'n, 'a> {
    program: &'n Program<'a>,
    uses: Vec<Use>,
    /// By file and name.
    locals: BTreeMap<(FileId, SmolStr), Vec<Local>>,
}

impl<'a> Noter<'_, 'a> {
    fn items(&mut self) {
        let syntax = self.program.syntax;
        for (number, module) in syntax.modules.iter().enumerate() {
            let id = ModuleId(number as u32);
            for item in &module.tree.items {
                self.item(id, item);
            }
        }
    }

    fn declares(&mut self, module: ModuleId, name: &ast::Name, sort: TokenSort) {
        if !name.text.is_empty() {
            let at = self.program.loc(module, name.span);
            self.uses.push(Use { at, of: Some(at), sort });
        }
    }

    fn local(&mut self, module: ModuleId, name: &ast::Name, scope: ast::Span) {
        let at = self.program.loc(module, name.span);
        self.locals.entry((at.file, name.text.clone())).or_default().push(Local { at, scope });
        self.declares(module, name, TokenSort::Parameter);
    }

    fn item(&mut self, module: ModuleId, item: &'a ast::Item) {
        match &item.kind {
            ItemKind::Use(used) => self.import(module, used),
            ItemKind::Param(p) | ItemKind::Table(p) => self.declares(module, &p.name, TokenSort::Variable),
            ItemKind::Let(l) | ItemKind::Output(l) => self.declares(module, &l.name, TokenSort::Variable),
            ItemKind::Type(t) => self.declares(module, &t.name, TokenSort::Type),
            ItemKind::Fn(f) => {
                self.declares(module, &f.name, TokenSort::Function);
                f.params.iter().for_each(|p| self.local(module, &p.0, item.span));
            }
            ItemKind::Enum(e) => {
                self.declares(module, &e.name, TokenSort::Type);
                e.values.iter().for_each(|v| self.declares(module, v, TokenSort::Word));
            }
            ItemKind::Kind(kind) => self.kind(module, kind),
            ItemKind::Check(check) => self.check(module, check),
            ItemKind::Test(test) => self.test(module, item.span, test),
            ItemKind::Extend(_) | ItemKind::Declaration(_) => {}
        }
        walk::item(item, &mut |node| match node {
            Node::Declaration(d) => self.declaration(module, d),
            Node::Expr(e) => {
                if let ExprKind::Lambda(name, _) = &e.kind {
                    self.local(module, name, e.span);
                }
            }
            Node::Annotation(_) => {}
        });
    }

    fn import(&mut self, module: ModuleId, used: &ast::Use) {
        let imported = &self.program.syntax.modules[module.0 as usize].uses;
        if let Some(target) = imported.get(used.bound()) {
            let of = self.program.place_of(&Target::Module(*target));
            for name in [Some(&used.target), used.alias.as_ref()].into_iter().flatten() {
                self.uses.push(Use { at: self.program.loc(module, name.span), of, sort: TokenSort::Module });
            }
        }
    }

    fn declaration(&mut self, module: ModuleId, d: &ast::Declaration) {
        self.declares(module, &d.name, TokenSort::Variable);
        if let Some((name, _)) = d.keys.as_deref() {
            self.local(module, name, d.span);
        }
    }

    /// Fields, and what the clauses of the lifecycle say of them, which the typer does not look at.
    fn kind(&mut self, module: ModuleId, kind: &'a ast::Kind) {
        self.declares(module, &kind.name, TokenSort::Kind);
        let Some(id) = self.program.kinds.iter().position(|k| std::ptr::eq(k.tree, kind)) else { return };
        let id = crate::types::KindId(id as u32);
        let given = |fields: &'a [ast::Field]| fields.iter().map(|f| &f.key);
        let verbs = kind.verbs.iter().flat_map(|v| v.fields.iter().chain(given(&v.gives)).chain(v.from.iter().flat_map(|f| given(&f.1))));
        let scopes = kind.fields.iter().filter_map(|f| f.ty.as_ref()).flat_map(|t| t.classes.iter().filter_map(|c| c.scope.as_ref()));
        for name in kind.fields.iter().map(|f| &f.name).chain(&kind.replace_on).chain(verbs).chain(scopes) {
            self.program.note(self.program.loc(module, name.span), || self.program.member_target(id, &name.text));
        }
        let env = Env::body(module, id);
        self.untyped(
            &env,
            kind.verbs.iter().flat_map(|v| {
                let fields = v.params.iter().chain(&v.gives).chain(v.from.iter().flat_map(|f| &f.1)).map(|f| &f.value);
                v.args
                    .iter()
                    .map(|a| &a.value)
                    .chain(fields)
                    .chain(v.from.iter().map(|f| &f.0))
                    .chain(v.told.iter().map(|t| &t.1))
                    .chain(v.stdin.iter().map(|s| &s.value))
            }),
        );
        kind.checks.iter().for_each(|c| self.check(module, c));
    }

    /// Notes what stands in expressions that no compilation types, and says nothing of them.
    fn untyped<'e>(&self, env: &Env, list: impl Iterator<Item = &'e ast::Expr>) {
        let typer = Typer { program: self.program };
        let before = self.program.problems.borrow().list.len();
        list.for_each(|e| {
            typer.infer(env, e, None);
        });
        self.program.problems.borrow_mut().list.truncate(before);
    }

    fn check(&mut self, module: ModuleId, check: &ast::Check) {
        self.declares(module, &check.name, TokenSort::Function);
        for name in check.bindings.iter().flat_map(|b| &b.names) {
            self.local(module, name, check.span);
        }
    }

    /// A test is typed when it runs; here its declarations are local to it.
    fn test(&mut self, module: ModuleId, span: ast::Span, test: &'a ast::Test) {
        let typer = Typer { program: self.program };
        let before = self.program.problems.borrow().list.len();
        let mut env = Env::module(module);
        for d in &test.declarations {
            let kind = typer.declared_kind(module, d, None);
            let ty = kind.map_or(crate::types::Type::Error, |k| self.program.reference(k));
            env = env.with(&d.name.text, ty);
            self.local(module, &d.name, span);
        }
        for l in &test.lets {
            env = env.with(&l.name.text, typer.infer(&env, &l.value, None));
            self.local(module, &l.name, span);
        }
        for (d, annotations) in test.declarations.iter().zip(&test.declaration_annotations) {
            typer.declaration(&env, d, None, annotations);
        }
        for expect in &test.expects {
            // A bare name is that of a check.
            let value = Some(&expect.value).filter(|v| !matches!(v.kind, ExprKind::Name(_)));
            for e in value.into_iter().chain(&expect.place) {
                typer.infer(&env, e, None);
            }
        }
        self.program.problems.borrow_mut().list.truncate(before);
    }

    /// What the typer noted, and the checks that `@allow` names.
    fn resolved(&mut self) {
        for (owner, extend) in self.program.extensions.iter().copied() {
            if let Some((module, table)) = self.program.table_of(owner, extend) {
                self.program.note_path(owner, &extend.target, || Target::Symbol(module, Symbol::Table(table)));
            }
        }
        self.allowed();
        let Some(watch) = &self.program.watch else { return };
        for (at, target) in watch.uses.borrow().iter() {
            let of = match target {
                Target::Local(_) => self.binder(*at),
                Target::Word(ty) => self.program.word_place(ty, Some(self.program.syntax.texts.slice(*at))),
                other => self.program.place_of(other),
            };
            self.uses.push(Use { at: *at, of, sort: sort_of(target) });
        }
    }

    /// Where a local name is bound: the innermost part of the text that it holds in.
    fn binder(&self, at: Loc) -> Option<Loc> {
        let name = SmolStr::from(self.program.syntax.texts.slice(at));
        let around = |l: &&Local| l.scope.start <= at.span.start && at.span.end <= l.scope.end && l.at.span.start <= at.span.start;
        let all = self.locals.get(&(at.file, name))?;
        all.iter().filter(around).min_by_key(|l| (l.scope.end - l.scope.start, u32::MAX - l.at.span.start)).map(|l| l.at)
    }

    fn allowed(&mut self) {
        let syntax = self.program.syntax;
        let mut checks: BTreeMap<&str, Loc> = BTreeMap::new();
        for (number, module) in syntax.modules.iter().enumerate() {
            for check in module.tree.items.iter().flat_map(super::context::checks_of) {
                checks.insert(&check.name.text, self.program.loc(ModuleId(number as u32), check.name.span));
            }
        }
        for (number, module) in syntax.modules.iter().enumerate() {
            for item in &module.tree.items {
                walk::item(item, &mut |node| {
                    if let Node::Annotation(annotation) = node
                        && annotation.name.text == "allow"
                        && let Some(arg) = annotation.args.first()
                        && let ExprKind::Name(name) = &arg.value.kind
                    {
                        let at = self.program.loc(ModuleId(number as u32), arg.value.span);
                        self.uses.push(Use { at, of: checks.get(name.as_str()).copied(), sort: TokenSort::Function });
                    }
                });
            }
        }
    }
}

fn sort_of(target: &Target<'_>) -> TokenSort {
    match target {
        Target::Symbol(_, Symbol::Fn(_)) | Target::Function(_) => TokenSort::Function,
        Target::Symbol(..) | Target::Child(..) => TokenSort::Variable,
        Target::Relative(_) | Target::Field(..) | Target::Part(_) => TokenSort::Property,
        Target::Kind(_) => TokenSort::Kind,
        Target::Named(..) => TokenSort::Type,
        Target::Module(_) => TokenSort::Module,
        Target::Method(_) => TokenSort::Method,
        Target::Word(_) => TokenSort::Word,
        Target::Local(_) | Target::Parameter(_) | Target::Argument(_) => TokenSort::Parameter,
    }
}
