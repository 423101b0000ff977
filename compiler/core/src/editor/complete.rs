//! What may be written at a byte? Decided by the text before it and by what the typer knows there, also in a broken program.

use super::{
    calls::Call,
    context::{checks, docs_of, expression_at, head_of, is_comment, is_text},
    hover::is_reference,
    imports, module_of,
};
use crate::{
    Loaded,
    infer::{Env, Typer},
    load::Module,
    program::{FieldDef, Program, Symbol, symbol_name},
    quantity,
    signatures::{FUNCTIONS, methods_of},
    types::{KindId, ModuleId, SCALARS, Type},
    typing,
    watch::Watch,
};
use mig_syntax::ast::{self, Declaration, ExprKind};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionSort {
    /// A word of the language.
    Keyword,
    /// An import, or a file.
    Module,
    /// A noun or kind.
    Kind,
    /// A type.
    Type,
    /// A bare value.
    Word,
    /// A field.
    Field,
    /// A declaration, constant or parameter.
    Value,
    /// A function or method.
    Function,
    /// A unit.
    Unit,
    /// A check.
    Check,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is written.
    pub label: String,
    /// What it is.
    pub sort: CompletionSort,
    /// Its type, in short.
    pub detail: String,
    /// What is written about it.
    pub docs: String,
    /// What is inserted instead of the label, in the syntax of snippets (`$0` for the cursor).
    pub snippet: Option<String>,
    /// The smaller, the likelier.
    pub rank: u8,
    /// From this byte up to the cursor is replaced.
    pub start: usize,
    /// The line that imports what it names, and the byte where it is written.
    pub import: Option<(usize, String)>,
}

/// Words that items begin with.
const ITEM_WORDS: [&str; 14] =
    ["abstract", "check", "enum", "existing", "extend", "fn", "kind", "let", "output", "param", "table", "test", "type", "use"];
/// What may stand behind `@`.
const ANNOTATIONS: [(&str, &str); 4] = [
    ("allow", "allow(${1:check}, \"${2:why it is fine here}\")"),
    ("adopt", "adopt(\"${1:id}\")"),
    ("keep", "keep"),
    ("moved", "moved(from = ${1:old_name})"),
];
/// Proposals at one place.
const COMPLETIONS_MAX: usize = 1_000;

/// What may be written at a byte. `files` are the modules of the project, for `use "…"`.
pub fn completions(loaded: &Loaded, files: &[String], file: &str, byte: usize) -> Vec<Completion> {
    let Some((module, found)) = module_of(&loaded.syntax, file) else { return vec![] };
    let Some(before) = loaded.syntax.texts.text(found.file).get(..byte) else { return vec![] };
    let word = before.len() - before.trim_end_matches(is_word).len();
    let line = before.get(..byte - word).unwrap_or("").rsplit('\n').next().unwrap_or("");
    let watch = Watch { cursor: Some((found.file, byte as u32)), ..Watch::default() };
    let program = Program::watched(&loaded.syntax, Some(watch));
    typing::check(&program);
    let mut asked = Asked { program: &program, module, found, files, byte, start: byte - word, line, list: vec![] };
    asked.propose();
    let mut seen = BTreeSet::new();
    asked.list.retain(|c| seen.insert(c.label.clone()));
    asked.list.sort_by(|a, b| (a.rank, &a.label).cmp(&(b.rank, &b.label)));
    asked.list.truncate(COMPLETIONS_MAX);
    asked.list
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

struct Asked<'q, 'a> {
    program: &'q Program<'a>,
    module: ModuleId,
    found: &'a Module,
    files: &'q [String],
    byte: usize,
    /// Where the word at the cursor begins.
    start: usize,
    /// The line before that word.
    line: &'q str,
    list: Vec<Completion>,
}

impl<'a> Asked<'_, 'a> {
    fn add(&mut self, label: impl Into<String>, sort: CompletionSort, rank: u8) -> &mut Completion {
        let label = label.into();
        let (detail, docs) = (String::new(), String::new());
        self.list.push(Completion { label, sort, detail, docs, snippet: None, rank, start: self.start, import: None });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// From the surest sign of what is meant to the least.
    fn propose(&mut self) {
        let trimmed = self.line.trim_start();
        if is_comment(self.program.syntax, self.found.file, &self.found.tree, self.byte) {
            return;
        }
        if let Some(rest) = trimmed.strip_prefix("use ") {
            return self.imports(rest);
        }
        if expression_at(&self.found.tree, self.byte, is_text).is_some_and(|e| self.is_in_text(e)) {
            return;
        }
        if self.line.ends_with('@') {
            return self.annotations();
        }
        if trimmed.contains("@allow(") && trimmed.rsplit("@allow(").next().is_some_and(|r| !r.contains([',', ')'])) {
            return self.check_names();
        }
        if self.line.ends_with('.') && !self.line.ends_with("..") {
            return self.members();
        }
        if self.unit() {
            return;
        }
        if self.line.is_empty() {
            return self.items();
        }
        if let Some(noun) = self.declared_noun() {
            return self.kinds_of(noun);
        }
        self.inside();
    }

    /// Between the quotes, and not in a hole?
    fn is_in_text(&self, e: &ast::Expr) -> bool {
        let (ExprKind::Str(parts) | ExprKind::Tagged(_, parts)) = &e.kind else { return false };
        let in_hole = parts.iter().any(|p| matches!(p, ast::Part::Hole(h) if super::context::touches(h.span, self.byte)));
        !in_hole && (e.span.start as usize) < self.byte && self.byte < e.span.end as usize
    }

    fn imports(&mut self, rest: &str) {
        if let Some(path) = rest.strip_prefix('"') {
            if path.contains('"') {
                return;
            }
            let start = self.start - path.len();
            for module in imports::of_the_project(self.files, self.program.syntax.texts.name(self.found.file)) {
                self.add(module.target.trim_matches('"'), CompletionSort::Module, 0).start = start;
            }
            return;
        }
        if !rest.is_empty() {
            return;
        }
        for module in imports::of_the_library() {
            self.add(module.name, CompletionSort::Module, 0).docs = module.docs;
        }
    }

    /// What is not imported yet; with a noun, the kinds of it that the standard library has.
    fn unimported(&mut self, noun: Option<&str>) {
        let syntax = self.program.syntax;
        let text = syntax.texts.text(self.found.file);
        let always = |m: &imports::Importable| syntax.modules.iter().any(|known| known.prelude && known.name == m.name);
        let all = imports::of_the_library().chain(imports::of_the_project(self.files, syntax.texts.name(self.found.file)));
        for module in all.filter(|m| !m.is_in(self.found) && !self.found.uses.contains_key(&m.name) && !always(m)) {
            let import = module.import(self.found, text);
            let (labels, sort, rank) = match noun {
                Some(noun) => (module.kinds_of(noun), CompletionSort::Kind, 3),
                None if module.name.chars().all(is_word) => (vec![module.name.clone()], CompletionSort::Module, 6),
                None => continue,
            };
            for label in labels {
                let one = self.add(label, sort, rank);
                (one.detail, one.docs) = (format!("use {}", module.target), module.docs.clone());
                one.import = Some(import.clone());
            }
        }
    }

    /// Names of parameters that the call around the cursor has no value for.
    fn arguments(&mut self) {
        let Some(call) = Call::around(self.program, self.module, &self.found.tree, self.byte) else { return };
        let text = self.program.syntax.texts.text(self.found.file);
        for name in call.missing(text, self.byte) {
            let one = self.add(name, CompletionSort::Field, 1);
            (one.detail, one.snippet) = ("parameter".to_owned(), Some(format!("{name} = $0")));
        }
    }

    fn annotations(&mut self) {
        for (name, snippet) in ANNOTATIONS {
            self.add(name, CompletionSort::Keyword, 0).snippet = Some(snippet.to_owned());
        }
    }

    fn check_names(&mut self) {
        let all: Vec<(String, String, String)> = checks(self.program.syntax)
            .filter(|c| !c.unsilenceable)
            .map(|c| (c.name.text.to_string(), format!("{} {}", c.code.text, c.severity.text), c.docs.clone()))
            .collect();
        for (name, detail, docs) in all {
            let one = self.add(name, CompletionSort::Check, 0);
            (one.detail, one.docs) = (detail, docs);
        }
    }

    /// `server x: aliyun.ec`: after a module, its kinds and values; after a value, what its type has.
    fn members(&mut self) {
        let before = self.line.get(..self.line.len() - 1).unwrap_or("");
        let first = before.rsplit(|c: char| !is_word(c)).next().unwrap_or("");
        let receiver = self.program.watch.as_ref().and_then(|w| w.receiver.borrow().clone());
        match self.program.used(self.module, first) {
            Some(target) if self.program.find_value(self.module, first).is_none() => self.of_module(target, before, first),
            _ => match receiver {
                Some(ty) => self.of_type(&ty),
                None => self.of_unimported(before, first),
            },
        }
    }

    /// `server x: ssh.` where `ssh` is not imported yet.
    fn of_unimported(&mut self, before: &str, first: &str) {
        let head = before.strip_suffix(first).and_then(|rest| rest.trim_end().strip_suffix(':'));
        let Some(noun) = head.and_then(|head| self.noun_before(head)) else { return };
        let noun = self.program.kind(self.program.kind(noun).root).path.clone();
        let text = self.program.syntax.texts.text(self.found.file);
        for module in imports::of_the_library().filter(|m| m.name == first) {
            let import = module.import(self.found, text);
            for label in module.kinds_of(&noun) {
                let one = self.add(label.trim_start_matches(first).trim_start_matches('.'), CompletionSort::Kind, 0);
                (one.detail, one.import) = (format!("use {}", module.target), Some(import.clone()));
            }
        }
    }

    fn of_module(&mut self, target: ModuleId, before: &str, first: &str) {
        let program = self.program;
        let Some(scope) = program.scopes.get(target.0 as usize) else { return };
        let noun = before.strip_suffix(first).and_then(|rest| rest.trim_end().strip_suffix(':')).and_then(|rest| self.noun_before(rest));
        let mut kinds: Vec<KindId> = scope.kinds.values().flatten().copied().collect();
        kinds.sort_unstable();
        for kind in kinds.into_iter().filter(|k| noun.is_none_or(|n| program.is_a(*k, n))) {
            self.kind(kind, &program.kind(kind).name.clone(), 0);
        }
        if noun.is_none() {
            let mut names: Vec<&SmolStr> = scope.values.keys().chain(scope.types.keys()).collect();
            names.sort_unstable();
            for name in names {
                match scope.values.get(name) {
                    Some((module, symbol)) => self.symbol(*module, symbol, 1),
                    None => self.add(name.as_str(), CompletionSort::Type, 2).detail = String::new(),
                }
            }
        }
    }

    fn of_type(&mut self, ty: &Type) {
        let program = self.program;
        if let Some(kind) = is_reference(ty) {
            let def = program.kind(kind);
            for field in &def.fields {
                self.field(field, 0);
            }
            for rule in def.children.iter().filter_map(|c| c.name.as_ref().map(|n| (n, c.kind))) {
                self.add(rule.0.as_str(), CompletionSort::Value, 1).detail = program.kind(rule.1).path.to_string();
            }
            for parent in program.parents.get(&def.root).into_iter().flatten() {
                self.add(program.kind(*parent).name.as_str(), CompletionSort::Value, 2).detail = program.kind(*parent).path.to_string();
            }
        }
        if let Type::Record(record) = ty.plain() {
            for field in &record.fields {
                self.add(field.name.as_str(), CompletionSort::Field, 0).detail = field.typed.ty.to_string();
            }
        }
        for method in methods_of(ty.plain()) {
            self.add(method, CompletionSort::Function, 1);
        }
    }

    /// Behind a number: units, of the right dimension where one is wanted.
    fn unit(&mut self) -> bool {
        let word = self.program.syntax.texts.text(self.found.file).get(self.start..self.byte).unwrap_or("");
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            return false;
        }
        let want = self.wanted().map(|(_, want)| want);
        let dim = want.as_ref().and_then(|w| w.members().into_iter().find_map(|m| if let Type::Quantity(d) = m { Some(*d) } else { None }));
        self.start += digits;
        for name in quantity::unit_names() {
            let of = quantity::unit(name).map(|u| u.dim);
            if dim.is_none() || of == dim {
                self.add(name, CompletionSort::Unit, 0).detail = of.map_or(String::new(), |d| d.to_string());
            }
        }
        let port = want.is_some_and(|w| w.members().iter().any(|m| matches!(m, Type::Port | Type::List(_))));
        for protocol in ["/tcp", "/udp"].into_iter().filter(|_| port) {
            self.add(protocol, CompletionSort::Unit, 0);
        }
        true
    }

    /// At the first column: nouns and the words of items.
    fn items(&mut self) {
        let program = self.program;
        for word in ITEM_WORDS {
            self.add(word, CompletionSort::Keyword, 1);
        }
        for number in 0..program.kinds.len() {
            let kind = KindId(number as u32);
            let def = program.kind(kind);
            let own = program.syntax.modules.get(def.module.0 as usize).is_some_and(|m| m.own || m.prelude);
            if own && (def.base.is_none() || !def.tree.is_abstract) {
                self.kind(kind, &def.path.clone(), 0);
            }
        }
    }

    fn kind(&mut self, kind: KindId, label: &str, rank: u8) {
        let program = self.program;
        let def = program.kind(kind);
        let docs = docs_of(program.syntax, def.module, def.at.span).to_owned();
        let detail = def.base.map_or("kind".to_owned(), |b| format!("is {}", program.kind(b).path));
        let one = self.add(label, CompletionSort::Kind, rank);
        (one.docs, one.detail) = (docs, detail);
    }

    /// The noun of `noun name:` on this line.
    fn declared_noun(&self) -> Option<KindId> {
        let rest = self.line.trim_end().strip_suffix(':')?;
        self.noun_before(rest)
    }

    fn noun_before(&self, head: &str) -> Option<KindId> {
        let open = head.rfind(['{', ',']).map_or(0, |i| i + 1);
        let head = head.get(open..)?.trim().trim_start_matches("existing ").trim_start();
        let (noun, name) = head.split_once(' ')?;
        let is_name = name.split('[').next().is_some_and(|n| !n.is_empty() && n.trim().chars().all(is_word));
        let parent = self.parent().map(|(_, kind)| kind);
        let from_parent = parent.and_then(|p| {
            let rules = &self.program.kind(p).children;
            rules.iter().map(|r| self.program.kind(r.kind).root).find(|root| self.program.kind(*root).path == noun)
        });
        from_parent.or_else(|| self.program.find_kind(self.module, noun, None)).filter(|_| is_name)
    }

    /// Kinds that are a noun, as they are written here.
    fn kinds_of(&mut self, noun: KindId) {
        let program = self.program;
        let root = program.kind(noun).root;
        for number in 0..program.kinds.len() {
            let kind = KindId(number as u32);
            let def = program.kind(kind);
            if program.is_a(kind, root) && !def.tree.is_abstract {
                let label = self.written(def.module, &def.name, &def.path);
                self.kind(kind, &label, 0);
            }
        }
        self.unimported(Some(&program.kind(root).path));
    }

    /// A kind of another module, with the name that this module knows that one by.
    fn written(&self, owner: ModuleId, name: &str, path: &str) -> String {
        let alias = self.found.uses.iter().filter(|(_, id)| **id == owner).map(|(alias, _)| alias).min();
        match alias {
            Some(alias) if alias == name => name.to_owned(),
            Some(alias) => format!("{alias}.{name}"),
            None => path.to_owned(),
        }
    }

    /// The declaration that the cursor stands in, with its kind.
    fn parent(&self) -> Option<(&'a Declaration, KindId)> {
        self.program.watch.as_ref().and_then(|w| *w.declaration.borrow())
    }

    /// What the place at the cursor takes, and what names mean there.
    fn wanted(&self) -> Option<(Env, Type)> {
        let watch = self.program.watch.as_ref()?;
        if let Some(spot) = watch.spot.borrow().as_ref()
            && let Some(want) = &spot.want
        {
            return Some((spot.env.clone(), want.clone()));
        }
        let (_, kind) = self.parent()?;
        let before = self.line.trim_end().strip_suffix('=')?;
        let key = before.trim_end().rsplit(|c: char| !is_word(c)).next()?;
        let field = self.program.kind(kind).field(key)?;
        Some((Env { me: Some(kind), ..Env::module(self.module) }, field.typed.ty.clone()))
    }

    fn inside(&mut self) {
        self.arguments();
        let watch = self.program.watch.as_ref();
        let spot = watch.and_then(|w| w.spot.borrow().clone());
        let record = expression_at(&self.found.tree, self.byte, |e| matches!(e.kind, ExprKind::Record(_)));
        let at_entry = self.line.trim_end().is_empty() || self.line.trim_end().ends_with(['{', ',']) || self.line.trim_end().ends_with('}');
        if at_entry
            && let Some(e) = record
            && let Some((_, want)) = self.wanted()
            && let ExprKind::Record(fields) = &e.kind
            && spot.as_ref().is_some_and(|s| s.at.span == e.span)
        {
            return self.record(&want, fields);
        }
        if let Some((env, want)) = self.wanted().filter(|_| !at_entry || spot.is_some()) {
            return self.values(&env, Some(&want));
        }
        if let Some(spot) = spot {
            return self.values(&spot.env, None);
        }
        match self.parent() {
            Some((d, kind)) if at_entry => self.entries(d, kind),
            Some(_) => self.values(&Env::module(self.module), None),
            None if self.line.contains([':', '|']) => self.types(),
            None => self.values(&Env::module(self.module), None),
        }
    }

    /// Keys of a record that are not there yet.
    fn record(&mut self, want: &Type, fields: &[ast::Field]) {
        for member in want.members() {
            if let Type::Record(record) = member {
                for field in record.fields.iter().filter(|f| fields.iter().all(|g| g.key.text != f.name)) {
                    let needed = field.default.is_none() && !field.typed.ty.is_optional();
                    let one = self.add(field.name.as_str(), CompletionSort::Field, u8::from(!needed));
                    one.detail = field.typed.ty.to_string();
                    one.snippet = Some(format!("{} = $0", field.name));
                }
            }
        }
    }

    /// Fields and children of a declaration that are not there yet; those it needs come first.
    fn entries(&mut self, d: &Declaration, kind: KindId) {
        let program = self.program;
        let def = program.kind(kind);
        for field in def.fields.iter().filter(|f| !f.derived && d.fields.iter().all(|g| g.key.text != f.name)) {
            let needed = field.value.is_none() && !field.typed.ty.is_optional() && !field.typed.ty.is_later();
            self.field(field, u8::from(!needed));
            if let Some(last) = self.list.last_mut() {
                last.snippet = Some(format!("{} = $0", field.name));
            }
        }
        for rule in &def.children {
            let noun = program.kind(program.kind(rule.kind).root).path.clone();
            let name = rule.name.as_deref();
            if name.is_some_and(|n| d.children.iter().any(|c| c.declaration.name.text == n)) {
                continue;
            }
            let label = name.map_or(noun.to_string(), |n| format!("{noun} {n}"));
            let needed = matches!(rule.many, ast::Many::One | ast::Many::Some);
            let snippet = name.map_or_else(|| format!("{noun} ${{1:name}} {{ $0 }}"), |n| format!("{noun} {n} {{ $0 }}"));
            let one = self.add(label, CompletionSort::Kind, if needed { 0 } else { 2 });
            one.snippet = Some(snippet);
        }
    }

    fn field(&mut self, field: &FieldDef<'a>, rank: u8) {
        let ty = if field.has_type {
            field.typed.ty.clone()
        } else {
            Typer { program: self.program }.field_type(&Env::body(field.module, field.kind), field)
        };
        let one = self.add(field.name.as_str(), CompletionSort::Field, rank);
        (one.detail, one.docs) = (ty.to_string(), field.docs.to_owned());
    }

    /// Bare values first, then what has the type that is wanted, then the rest.
    fn values(&mut self, env: &Env, want: Option<&Type>) {
        let program = self.program;
        for word in want.map(Type::words).unwrap_or_default() {
            self.add(word.as_str(), CompletionSort::Word, 0).detail = want.map_or(String::new(), ToString::to_string);
        }
        let fits = |ty: &Type| want.is_some_and(|w| !matches!(ty, Type::Error) && w.takes(ty, &|a, b| program.is_a(a, b)));
        for (name, ty) in env.vars.iter().rev() {
            self.add(name.as_str(), CompletionSort::Value, u8::from(!fits(ty))).detail = ty.to_string();
        }
        if let Some(kind) = env.me.filter(|_| env.body) {
            for field in &program.kind(kind).fields {
                self.field(field, 1);
            }
        }
        let typer = Typer { program };
        let scopes = program.scopes.get(env.module.0 as usize).into_iter().chain([&program.prelude]);
        let mut symbols: Vec<(ModuleId, Symbol<'a>)> = scopes.flat_map(|s| s.values.values().copied()).collect();
        symbols.sort_by(|a, b| symbol_name(&a.1).text.cmp(&symbol_name(&b.1).text));
        for (module, symbol) in symbols {
            let rank = match (fits(&typer.symbol(module, &symbol)), &symbol) {
                (true, Symbol::Fn(_)) => 2,
                (true, _) => 1,
                (false, _) => 3,
            };
            self.symbol(module, &symbol, rank);
        }
        for word in ["true", "false"].into_iter().filter(|_| fits(&Type::Bool)) {
            self.add(word, CompletionSort::Keyword, 0);
        }
        for (name, params) in FUNCTIONS {
            self.add(name, CompletionSort::Function, 4).detail = format!("({})", params.join(", "));
        }
        let mut modules: Vec<&String> = self.found.uses.keys().collect();
        modules.sort_unstable();
        for module in modules {
            self.add(module.as_str(), CompletionSort::Module, 5);
        }
        self.unimported(None);
    }

    fn symbol(&mut self, module: ModuleId, symbol: &Symbol<'a>, rank: u8) {
        let program = self.program;
        let name = symbol_name(symbol);
        let sort = if matches!(symbol, Symbol::Fn(_)) { CompletionSort::Function } else { CompletionSort::Value };
        let (detail, docs) = (head_of(program, module, symbol), docs_of(program.syntax, module, name.span).to_owned());
        let one = self.add(name.text.as_str(), sort, rank);
        (one.detail, one.docs) = (detail, docs);
    }

    fn types(&mut self) {
        let program = self.program;
        for name in SCALARS {
            self.add(name, CompletionSort::Type, 0);
        }
        let own = program.scopes.get(self.module.0 as usize).into_iter().chain([&program.prelude]);
        let mut names: Vec<&SmolStr> = own.flat_map(|s| s.types.keys()).collect();
        names.sort_unstable();
        for name in names {
            self.add(name.as_str(), CompletionSort::Type, 0);
        }
        for number in 0..program.kinds.len() {
            let def = program.kind(KindId(number as u32));
            let label = self.written(def.module, &def.name, &def.path);
            self.kind(KindId(number as u32), &label, 1);
        }
    }
}
