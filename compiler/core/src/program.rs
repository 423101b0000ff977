//! What do the names of a program mean? Modules' scopes, kinds with their merged fields, and types.
//!
//! Expressions are typed in `infer`, values computed in `eval`.

use crate::{
    entries::Shape,
    infer::article,
    load::Syntax,
    quantity::Dim,
    report::{DUPLICATE_NAME, Problem, Problems, TYPE_MISMATCH, UNKNOWN_NAME},
    source::Loc,
    types::{KindId, ModuleId, Type, Typed},
    value::Value,
    watch::{Target, Watch},
};
use mig_syntax::ast;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use smol_str::SmolStr;
use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

/// A named value of a module.
#[derive(Debug, Clone, Copy)]
pub enum Symbol<'a> {
    /// `let`
    Let(&'a ast::Let),
    /// `param`
    Param(&'a ast::Param),
    /// `fn`
    Fn(&'a ast::Function),
    /// `table`
    Table(&'a ast::Param),
    /// A declaration.
    Declaration(&'a ast::Declaration),
}

/// The names of a module, or of the prelude.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    /// Values.
    pub values: HashMap<SmolStr, (ModuleId, Symbol<'a>)>,
    /// Kinds; of one name there may be one for each noun.
    pub kinds: HashMap<SmolStr, Vec<KindId>>,
    /// Aliases and enums.
    pub types: HashMap<SmolStr, (ModuleId, NamedType<'a>)>,
}

/// `type` and `enum`.
#[derive(Debug, Clone, Copy)]
pub enum NamedType<'a> {
    /// `type`
    Alias(&'a ast::TypeAlias),
    /// `enum`
    Enum(&'a ast::Enumeration),
}

/// A field of a kind, its own or its base's.
#[derive(Debug, Clone)]
pub struct FieldDef<'a> {
    /// Its name.
    pub name: SmolStr,
    /// Its type; a derived field without a base's type has the one of its expression.
    pub typed: Typed,
    /// Was a type written, here or in a base?
    pub has_type: bool,
    /// The default, or the expression of a derived field.
    pub value: Option<&'a ast::Expr>,
    /// Is it computed and not to be written?
    pub derived: bool,
    /// The module of `value`.
    pub module: ModuleId,
    /// The kind that `value` stands in.
    pub kind: KindId,
    /// Class words.
    pub classes: &'a [ast::Class],
    /// `///`
    pub docs: &'a str,
    /// Where it is declared.
    pub at: Loc,
}

impl FieldDef<'_> {
    /// Has it a default that a survey gives?
    pub fn is_fact(&self) -> bool {
        self.value.is_some_and(|e| calls(e, &["fact", "measured"]))
    }

    /// Is it an amount of data or data by time, of which nobody can give less than none? What is computed may be a difference, and
    /// durations and money count both ways.
    pub fn begins_at_zero(&self, value: &Value) -> bool {
        !self.derived && matches!(value, Value::Quantity(q) if [Dim::SIZE, Dim::BANDWIDTH].contains(&q.dim))
    }

    /// Must it be written where a survey gives nothing?
    pub fn is_measured(&self) -> bool {
        self.value.is_some_and(|e| calls(e, &["measured"]))
    }
}

/// Is the expression a call of one of these, perhaps with what holds otherwise?
fn calls(e: &ast::Expr, names: &[&str]) -> bool {
    match &e.kind {
        ast::ExprKind::Call(callee, _) => matches!(&callee.kind, ast::ExprKind::Name(n) if names.contains(&n.as_str())),
        ast::ExprKind::Binary(ast::BinaryOp::Else, _, left, _) => calls(left, names),
        _ => false,
    }
}

/// A rule for children.
#[derive(Debug, Clone)]
pub struct ChildDef {
    /// Its fixed name, if it has one.
    pub name: Option<SmolStr>,
    /// The kind it is or refines.
    pub kind: KindId,
    /// How many.
    pub many: ast::Many,
    /// Where it stands.
    pub at: Loc,
}

/// A kind.
#[derive(Debug)]
pub struct KindDef<'a> {
    /// As people write it: `aliyun.ecs`.
    pub path: SmolStr,
    /// Its name in its module.
    pub name: SmolStr,
    /// Its module.
    pub module: ModuleId,
    /// Its tree.
    pub tree: &'a ast::Kind,
    /// Where its name stands.
    pub at: Loc,
    /// What it refines.
    pub base: Option<KindId>,
    /// The kind at the end of the bases: its noun.
    pub root: KindId,
    /// Fields by number, the base's first.
    pub fields: Vec<FieldDef<'a>>,
    /// Numbers by name.
    pub by_name: HashMap<SmolStr, usize>,
    /// The names of its fields, which records of it share.
    pub shape: OnceCell<Rc<Shape>>,
    /// Rules for children, the base's first.
    pub children: Vec<ChildDef>,
    /// Its clauses and those of its bases: `create`, `read`, `update`, `replace`, `delete`.
    pub lifecycle: Option<crate::lifecycle::Lifecycle<'a>>,
}

/// A program with its names resolved.
#[derive(Debug)]
pub struct Program<'a> {
    /// The texts.
    pub syntax: &'a Syntax,
    /// Names of each module.
    pub scopes: Vec<Scope<'a>>,
    /// Names that are visible everywhere.
    pub prelude: Scope<'a>,
    /// Kinds by number.
    pub kinds: Vec<KindDef<'a>>,
    /// Every `extend` with its module, in the order of the program.
    pub extensions: Vec<(ModuleId, &'a ast::Extend)>,
    /// Nouns that may be the parent of a noun.
    pub parents: HashMap<KindId, Vec<KindId>>,
    /// Names that stand for a bare value, by place.
    pub words: RefCell<HashSet<Loc>>,
    /// Values that stand in scripts and are paths, by place.
    pub paths: RefCell<HashSet<Loc>>,
    /// Expressions that are broken, by place.
    pub broken: RefCell<HashSet<Loc>>,
    /// Types of values without a written one, by place; `None` while they are inferred.
    pub inferred: RefCell<HashMap<Loc, Option<Type>>>,
    /// The dimension of each `sum`, by place: the sum of nothing has one too.
    pub sums: RefCell<HashMap<Loc, crate::quantity::Dim>>,
    /// What was wrong.
    pub problems: RefCell<Problems>,
    /// What an editor wants to know of the typing; `None` for all others.
    pub watch: Option<Watch<'a>>,
    pub(crate) depth: Cell<u32>,
    /// Values of unions, by place: may one have been meant to be a type?
    pub(crate) doubts: RefCell<BTreeMap<Loc, Option<Problem>>>,
    /// Kinds that hold themselves.
    pub(crate) endless_kinds: HashSet<KindId>,
    /// Was a type that is nested too deep said already?
    pub(crate) endless: Cell<bool>,
    /// Aliases that are being looked at, the outermost first.
    pub(crate) open_aliases: RefCell<Vec<Loc>>,
    /// Aliases that are made of themselves.
    pub(crate) circular: RefCell<HashSet<Loc>>,
}

impl<'a> Program<'a> {
    /// Resolves names, kinds and the types of fields.
    pub fn new(syntax: &'a Syntax) -> Self {
        Self::watched(syntax, None)
    }

    /// The same, and what is resolved is noted.
    pub fn watched(syntax: &'a Syntax, watch: Option<Watch<'a>>) -> Self {
        let mut program = Self {
            syntax,
            scopes: syntax.modules.iter().map(|_| Scope::default()).collect(),
            prelude: Scope::default(),
            kinds: vec![],
            extensions: vec![],
            parents: HashMap::default(),
            words: RefCell::default(),
            paths: RefCell::default(),
            broken: RefCell::default(),
            inferred: RefCell::default(),
            sums: RefCell::default(),
            problems: RefCell::new(Problems { list: syntax.problems.clone(), unproven: vec![] }),
            watch,
            depth: Cell::new(0),
            doubts: RefCell::default(),
            endless_kinds: HashSet::default(),
            endless: Cell::new(false),
            open_aliases: RefCell::default(),
            circular: RefCell::default(),
        };
        program.collect();
        program.link_kinds();
        program.type_kinds();
        for (number, lifecycle) in crate::lifecycle::inherited(&program).into_iter().enumerate() {
            program.kinds[number].lifecycle = lifecycle;
        }
        program.link_parents();
        program.endless_kinds = crate::circles::endless(&program).into_iter().collect();
        program
    }

    /// Says that something is wrong.
    pub fn report(&self, problem: Problem) {
        self.problems.borrow_mut().add(problem);
    }

    /// Does that stand in what migc brings, which people did not write?
    pub fn is_brought(&self, at: Loc) -> bool {
        self.syntax.texts.name(at.file).starts_with("stdlib/")
    }

    /// A place in a module.
    pub fn loc(&self, module: ModuleId, span: ast::Span) -> Loc {
        Loc::new(self.syntax.modules.get(module.0 as usize).map(|m| m.file).unwrap_or_default(), span)
    }

    /// A kind.
    pub fn kind(&self, id: KindId) -> &KindDef<'a> {
        &self.kinds[id.0 as usize]
    }

    /// Is `kind` the other, or does it refine it?
    pub fn is_a(&self, kind: KindId, other: KindId) -> bool {
        let mut at = Some(kind);
        while let Some(k) = at {
            if k == other {
                return true;
            }
            at = self.kind(k).base;
        }
        false
    }

    /// A kind, what it refines, and so on up to its noun.
    pub fn with_bases(&self, kind: KindId) -> impl Iterator<Item = &KindDef<'a>> {
        std::iter::successors(Some(self.kind(kind)), |def| def.base.map(|base| self.kind(base)))
    }

    /// The type of a reference to a kind.
    pub fn reference(&self, kind: KindId) -> Type {
        Type::Ref(kind, self.kind(kind).path.clone())
    }

    /// The noun of that name in the standard library.
    pub fn noun(&self, name: &str) -> Option<KindId> {
        self.prelude.kinds.get(name).and_then(|list| list.iter().copied().find(|k| self.kind(*k).base.is_none()))
    }

    /// Does the kind refine the standard library's noun of that name?
    pub fn is_noun(&self, kind: KindId, name: &str) -> bool {
        self.noun(name).is_some_and(|noun| self.is_a(kind, noun))
    }

    fn collect(&mut self) {
        for (number, module) in self.syntax.modules.iter().enumerate() {
            let id = ModuleId(number as u32);
            self.scope_mut(id, module.prelude).values.reserve(module.tree.items.len());
            for item in &module.tree.items {
                self.collect_item(id, item, module.prelude);
            }
        }
    }

    fn collect_item(&mut self, module: ModuleId, item: &'a ast::Item, prelude: bool) {
        let symbol = match &item.kind {
            ast::ItemKind::Let(l) => (&l.name, Symbol::Let(l)),
            ast::ItemKind::Param(p) => (&p.name, Symbol::Param(p)),
            ast::ItemKind::Fn(f) => (&f.name, Symbol::Fn(f)),
            ast::ItemKind::Table(t) => (&t.name, Symbol::Table(t)),
            ast::ItemKind::Declaration(d) => (&d.name, Symbol::Declaration(d)),
            ast::ItemKind::Extend(extend) => return self.extensions.push((module, extend)),
            ast::ItemKind::Kind(kind) => return self.collect_kind(module, kind, prelude),
            ast::ItemKind::Type(t) => return self.collect_type(module, &t.name, NamedType::Alias(t), prelude),
            ast::ItemKind::Enum(e) => return self.collect_type(module, &e.name, NamedType::Enum(e), prelude),
            _ => return,
        };
        let (name, symbol) = symbol;
        if name.text.is_empty() {
            return;
        }
        if let Some(used) = self.used_as(module, &name.text) {
            let first = self.loc(module, used.alias.as_ref().unwrap_or(&used.target).span);
            let problem = Problem::error(DUPLICATE_NAME, self.loc(module, name.span), format!("`{}` is a module here", name.text));
            self.report(problem.also(first, "it is used here").help("give it another name, or the module: `use … as name`"));
            return;
        }
        let scope = self.scope_mut(module, prelude);
        if let Some((other, first)) = scope.values.get(&name.text).copied() {
            let first = self.loc(other, symbol_name(&first).span);
            let problem = Problem::error(DUPLICATE_NAME, self.loc(module, name.span), format!("`{}` is declared twice", name.text));
            self.report(problem.also(first, "first declared here").help("give one of them another name"));
            return;
        }
        scope.values.insert(name.text.clone(), (module, symbol));
    }

    /// The line that gives a module that name.
    fn used_as(&self, module: ModuleId, name: &str) -> Option<&'a ast::Use> {
        let module = self.syntax.modules.get(module.0 as usize).filter(|m| m.uses.contains_key(name))?;
        module.tree.items.iter().find_map(|item| match &item.kind {
            ast::ItemKind::Use(used) if used.bound() == name => Some(used),
            _ => None,
        })
    }

    fn scope_mut(&mut self, module: ModuleId, prelude: bool) -> &mut Scope<'a> {
        if prelude { &mut self.prelude } else { &mut self.scopes[module.0 as usize] }
    }

    fn collect_type(&mut self, module: ModuleId, name: &'a ast::Name, named: NamedType<'a>, prelude: bool) {
        let at = self.loc(module, name.span);
        if self.scope_mut(module, prelude).types.insert(name.text.clone(), (module, named)).is_some() {
            self.report(Problem::error(DUPLICATE_NAME, at, format!("the type `{}` is declared twice", name.text)));
        }
    }

    fn collect_kind(&mut self, module: ModuleId, tree: &'a ast::Kind, prelude: bool) {
        let id = KindId(self.kinds.len() as u32);
        let owner = &self.syntax.modules[module.0 as usize];
        let path = if prelude || owner.own || owner.name == tree.name.text.as_str() {
            tree.name.text.clone()
        } else {
            SmolStr::from(format!("{}.{}", owner.name, tree.name.text))
        };
        let at = self.loc(module, tree.name.span);
        self.kinds.push(KindDef {
            path,
            name: tree.name.text.clone(),
            module,
            tree,
            at,
            base: None,
            root: id,
            fields: vec![],
            by_name: HashMap::default(),
            shape: OnceCell::new(),
            children: vec![],
            lifecycle: None,
        });
        let list = self.scope_mut(module, prelude).kinds.entry(tree.name.text.clone()).or_default();
        list.push(id);
        let twin = list.iter().rev().nth(1).copied();
        if let Some(twin) = twin
            && self.kind(twin).tree.base.as_ref().map(|b| &b.text) == tree.base.as_ref().map(|b| &b.text)
        {
            let problem = Problem::error(DUPLICATE_NAME, at, format!("the kind `{}` is declared twice", tree.name.text));
            self.report(problem.also(self.kind(twin).at, "first declared here"));
        }
    }

    /// Bases first, so that fields can be merged in one pass.
    fn link_kinds(&mut self) {
        for number in 0..self.kinds.len() {
            let (module, tree) = (self.kinds[number].module, self.kinds[number].tree);
            let Some(base) = &tree.base else { continue };
            // `kind network is network`: the base is the one of the prelude, not the kind itself.
            let found = if base.text == tree.name.text {
                let of_prelude = self.prelude.kinds.get(&base.text).and_then(|l| l.iter().copied().find(|k| k.0 as usize != number));
                of_prelude.or(Some(KindId(number as u32)))
            } else {
                self.find_kind(module, &base.text, None)
            };
            match found {
                Some(kind) => self.note_path(module, base, || Target::Kind(kind)),
                None => self.unknown_kind(module, base, None),
            }
            self.kinds[number].base = found;
        }
        self.cut_circles();
        for number in 0..self.kinds.len() {
            let mut root = KindId(number as u32);
            while let Some(base) = self.kind(root).base {
                root = base;
            }
            self.kinds[number].root = root;
        }
    }

    fn type_kinds(&mut self) {
        let mut done = vec![false; self.kinds.len()];
        for number in 0..self.kinds.len() {
            self.type_kind(KindId(number as u32), &mut done);
        }
    }

    fn type_kind(&mut self, id: KindId, done: &mut [bool]) {
        if std::mem::replace(&mut done[id.0 as usize], true) {
            return;
        }
        let (module, tree, base) = (self.kind(id).module, self.kind(id).tree, self.kind(id).base);
        let (mut fields, mut by_name, mut children) = (vec![], HashMap::default(), vec![]);
        if let Some(base) = base {
            self.type_kind(base, done);
            let base = self.kind(base);
            (fields, by_name, children) = (base.fields.clone(), base.by_name.clone(), base.children.clone());
        }
        let facts = self.kind(id).path == "facts";
        let mut own: HashMap<&str, Loc> = HashMap::default();
        for field in &tree.fields {
            let at = self.loc(module, field.name.span);
            if let Some(first) = own.insert(field.name.text.as_str(), at) {
                let problem = Problem::error(DUPLICATE_NAME, at, format!("the field `{}` is declared twice", field.name.text));
                self.report(problem.also(first, "first declared here"));
                continue;
            }
            let number = by_name.get(&field.name.text).copied();
            let inherited: Option<&FieldDef<'_>> = number.and_then(|n| fields.get(n));
            let typed = match (&field.ty, inherited) {
                (Some(ty), _) => self.typed(module, ty, facts),
                (None, Some(base)) => base.typed.clone(),
                (None, None) => Typed::from(Type::Error),
            };
            if let (Some(ty), Some(inherited)) = (&field.ty, inherited)
                && !inherited.typed.ty.is_narrowed_by(&typed.ty, &|a, b| self.is_a(a, b))
            {
                let message = format!(
                    "`{}` is {} in what this kind refines, so it cannot be {} here",
                    field.name.text,
                    article(&inherited.typed.ty),
                    article(&typed.ty)
                );
                let problem = Problem::error(TYPE_MISMATCH, self.loc(module, ty.span), message).also(inherited.at, "first declared here");
                self.report(problem.help("a refinement may narrow a field; for another sort of value it needs a field of its own"));
            }
            let def = FieldDef {
                name: field.name.text.clone(),
                typed,
                has_type: field.ty.is_some() || inherited.is_some_and(|b| b.has_type),
                value: field.value.as_ref().or_else(|| inherited.filter(|_| field.ty.is_some()).and_then(|b| b.value)),
                derived: field.ty.is_none(),
                module: if field.value.is_some() { module } else { inherited.map_or(module, |b| b.module) },
                kind: if field.value.is_some() { id } else { inherited.map_or(id, |b| b.kind) },
                classes: field.ty.as_ref().map_or_else(|| inherited.map_or(&[][..], |b| b.classes), |t| t.classes.as_slice()),
                docs: if field.docs.is_empty() { inherited.map_or("", |b| b.docs) } else { &field.docs },
                at,
            };
            match number {
                Some(number) => fields[number] = def,
                None => {
                    by_name.insert(field.name.text.clone(), fields.len());
                    fields.push(def);
                }
            }
        }
        self.child_rules(module, tree, &mut children);
        let kind = &mut self.kinds[id.0 as usize];
        (kind.fields, kind.by_name, kind.children) = (fields, by_name, children);
    }

    fn child_rules(&self, module: ModuleId, tree: &'a ast::Kind, rules: &mut Vec<ChildDef>) {
        for rule in &tree.children {
            let kind_name = rule.kind.as_ref().unwrap_or(&rule.name);
            let Some(kind) = self.find_kind(module, &kind_name.text, None) else {
                self.unknown_kind(module, kind_name, None);
                continue;
            };
            self.note_path(module, kind_name, || Target::Kind(kind));
            let name = rule.kind.as_ref().map(|_| rule.name.text.clone());
            let (root, at) = (self.kind(kind).root, self.loc(module, kind_name.span));
            // A refinement narrows the rule of its base: `disk*` of a cloud's own disks instead of any disk.
            let narrowed = rules.iter_mut().find(|r| r.name == name && (name.is_some() || self.kind(r.kind).root == root));
            match narrowed {
                Some(old) => (old.kind, old.many, old.at) = (kind, rule.many, at),
                None => rules.push(ChildDef { name, kind, many: rule.many, at }),
            }
        }
    }

    fn link_parents(&mut self) {
        for number in 0..self.kinds.len() {
            let parent = self.kinds[number].root;
            let children: Vec<KindId> = self.kinds[number].children.iter().map(|c| self.kind(c.kind).root).collect();
            for child in children {
                let list = self.parents.entry(child).or_default();
                if !list.contains(&parent) {
                    list.push(parent);
                }
            }
        }
    }

    /// The kind that a name means: a noun, or after `noun name:` one that refines that noun.
    pub fn find_kind(&self, module: ModuleId, name: &str, noun: Option<KindId>) -> Option<KindId> {
        let pick = |list: &Vec<KindId>| match noun {
            Some(noun) => list.iter().copied().find(|k| self.is_a(*k, noun)),
            None => list.iter().copied().find(|k| self.kind(*k).tree.base.is_none()).or_else(|| list.first().copied()),
        };
        if let Some((first, last)) = name.rsplit_once('.') {
            let target = self.used(module, first)?;
            return self.scopes.get(target.0 as usize)?.kinds.get(last).and_then(pick);
        }
        let own = self.scopes.get(module.0 as usize).and_then(|s| s.kinds.get(name)).and_then(pick);
        own.or_else(|| self.prelude.kinds.get(name).and_then(pick)).or_else(|| {
            // `provider shanghai: aliyun`: the kind that a module names like itself.
            let target = self.used(module, name)?;
            self.scopes.get(target.0 as usize)?.kinds.get(name).and_then(pick)
        })
    }

    /// The module of that name, as seen from another.
    pub fn used(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        self.syntax.modules.get(module.0 as usize)?.uses.get(name).copied()
    }

    /// The value of that name, as seen from a module.
    pub fn find_value(&self, module: ModuleId, name: &str) -> Option<(ModuleId, Symbol<'a>)> {
        let own = self.scopes.get(module.0 as usize).and_then(|s| s.values.get(name));
        own.or_else(|| self.prelude.values.get(name)).copied()
    }

    /// Says that there is no such kind, with near misses.
    pub fn unknown_kind(&self, module: ModuleId, name: &ast::Name, noun: Option<KindId>) {
        if name.text.is_empty() {
            return;
        }
        let at = self.loc(module, name.span);
        let fits = |k: &&KindDef<'_>| noun.is_none_or(|n| self.is_a(k.tree_id(self), n));
        let what = noun.map_or("kind".to_owned(), |n| format!("kind of {}", self.kind(n).path));
        let mut problem = Problem::error(UNKNOWN_NAME, at, format!("there is no {what} called `{}`", name.text));
        if let Some((first, _)) = name.text.split_once('.')
            && self.used(module, first).is_none()
        {
            if self.is_lost(module, first) {
                return;
            }
            problem = problem.help(format!("`{first}` is not imported: write `use {first}` above"));
        } else {
            problem = problem.near(&name.text, self.kinds.iter().filter(fits).map(|k| k.path.as_str()), at);
            if let Some(module) = self.kinds.iter().filter(fits).find(|k| k.name == name.text && problem.help.is_none()) {
                problem = problem.help(format!("did you mean `{}`?", module.path));
            }
        }
        self.report(problem);
    }
}

impl KindDef<'_> {
    fn tree_id(&self, program: &Program<'_>) -> KindId {
        let found = program.kinds.iter().position(|k| std::ptr::eq(k.tree, self.tree));
        KindId(found.unwrap_or(0) as u32)
    }

    /// The names of its fields.
    pub fn shape(&self) -> &Rc<Shape> {
        self.shape.get_or_init(|| Shape::new(self.fields.iter().map(|f| f.name.clone())))
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&FieldDef<'_>> {
        self.by_name.get(name).and_then(|n| self.fields.get(*n))
    }
}

/// The name in a symbol's own declaration.
pub fn symbol_name<'a>(symbol: &Symbol<'a>) -> &'a ast::Name {
    match symbol {
        Symbol::Let(l) => &l.name,
        Symbol::Param(p) | Symbol::Table(p) => &p.name,
        Symbol::Fn(f) => &f.name,
        Symbol::Declaration(d) => &d.name,
    }
}
