//! Which texts belong to a program? Reads and parses its modules, the standard library's and the facts it names.
//!
//! Names mean nothing here yet.

use crate::{
    Files, Options, embedded,
    parsed::{self, Parsed},
    report::{Problem, SYNTAX, UNREADABLE, UNUSED_FILE, near},
    rules::{self, Head},
    source::{FileId, Loc, Texts},
    types::ModuleId,
};
use mig_syntax::ast;
use rustc_hash::FxHashMap as HashMap;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// A file of the program or of the standard library.
#[derive(Debug, Clone)]
pub struct Module {
    /// Its text.
    pub file: FileId,
    /// Its tree.
    pub tree: Arc<ast::Module>,
    /// Modules by the name they have here.
    pub uses: HashMap<String, ModuleId>,
    /// Is it the project's, not the standard library's?
    pub own: bool,
    /// Are its names visible everywhere?
    pub prelude: bool,
    /// What other modules call it by default.
    pub name: String,
}

/// All texts of a program, parsed.
#[derive(Debug, Clone, Default)]
pub struct Syntax {
    /// Texts.
    pub texts: Texts,
    /// Modules by number.
    pub modules: Vec<Module>,
    /// Facts files by the path the program names, or why they cannot be read.
    pub facts: BTreeMap<String, Result<FileId, String>>,
    /// What was wrong so far.
    pub problems: Vec<Problem>,
    /// What the command line says.
    pub options: Options,
    /// Files of checks that find nothing in this program, and have no tree therefore.
    pub left_out: Vec<(FileId, &'static [Head])>,
}

/// Which checks of the standard library are read?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Those that the program needs.
    Needed,
    /// All, for one who looks at them.
    All,
}

impl Syntax {
    /// The checks of files that were left out.
    pub fn checks_left_out(&self) -> impl Iterator<Item = &'static Head> {
        self.left_out.iter().flat_map(|(_, checks)| *checks)
    }

    /// What the project's `state` field says, where it is a plain string. Known before anything is computed, because the state is
    /// looked up also when the program has mistakes.
    pub fn project_state(&self) -> Option<String> {
        let items = self.modules.iter().filter(|m| m.own).flat_map(|m| &m.tree.items);
        let declarations = items.filter_map(|i| if let ast::ItemKind::Declaration(d) = &i.kind { Some(d) } else { None });
        let project = declarations.into_iter().find(|d| d.noun.text == "project")?;
        let field = project.fields.iter().find(|f| f.key.text == "state")?;
        match &field.value.kind {
            ast::ExprKind::Str(parts) => match parts.as_slice() {
                [ast::Part::Text(text)] => Some(text.clone()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A program has so many modules, those of the standard library included.
const MODULES_MAX: usize = 1_000;
/// A source file may be so large.
const SOURCE_MAX_BYTES: usize = 64 << 20;

/// Reads the program that begins at `entry`; trees of texts that did not change are taken from `parsed`.
pub fn load(files: &dyn Files, entry: &str, options: &Options, parsed: &mut Parsed, extent: Extent) -> Syntax {
    let mut loader = Loader {
        files,
        parsed,
        syntax: Syntax { options: options.clone(), ..Syntax::default() },
        by_path: HashMap::default(),
        open: VecDeque::new(),
    };
    loader.prelude();
    loader.user(entry, None);
    loader.follow_all();
    loader.rules(extent);
    loader.circles();
    loader.unused(entry);
    loader.read_facts();
    let syntax = loader.syntax;
    parsed.keep(&syntax);
    syntax
}

struct Loader<'f> {
    files: &'f dyn Files,
    parsed: &'f mut Parsed,
    syntax: Syntax,
    by_path: HashMap<String, ModuleId>,
    /// Modules whose imports are not followed yet; a queue, for a chain of a thousand files must not nest as deep.
    open: VecDeque<(ModuleId, String)>,
}

impl Loader<'_> {
    /// Every module of the standard library that is always there: its nouns, helpers and checks, those without their trees at first.
    fn prelude(&mut self) {
        let always =
            ["nouns.mig", "moves.mig", "images.mig", "engines.mig", "holdings.mig", "limits.mig", "scripts.mig", "helpers.mig", "plan.mig"];
        for (number, (path, text)) in embedded::STDLIB.iter().enumerate() {
            if always.contains(path) {
                self.add_standard(number, true);
            } else if path.starts_with("checks/") {
                self.add(&standard_path(path), (*text).to_owned(), Arc::default(), false, true);
            }
        }
    }

    /// The trees of those checks that can find something.
    fn rules(&mut self, extent: Extent) {
        let needed = rules::needed(&self.syntax.modules);
        for rule in embedded::RULES {
            let path = embedded::STDLIB.get(rule.number).map(|(path, _)| standard_path(path));
            let id = path.and_then(|path| self.by_path.get(&path));
            let Some(module) = id.and_then(|id| self.syntax.modules.get_mut(id.0 as usize)) else { continue };
            if extent == Extent::All || needed.contains(&rule.number) {
                module.tree = parsed::standard(rule.number).unwrap_or_default();
            } else {
                self.syntax.left_out.push((module.file, rule.checks));
            }
        }
    }

    /// A module of the standard library, whose tree was made when migc was built.
    fn add_standard(&mut self, number: usize, prelude: bool) -> Option<ModuleId> {
        let (path, text) = embedded::STDLIB.get(number)?;
        Some(self.add(&standard_path(path), (*text).to_owned(), parsed::standard(number)?, false, prelude))
    }

    fn add(&mut self, path: &str, text: String, tree: Arc<ast::Module>, own: bool, prelude: bool) -> ModuleId {
        let file = self.syntax.texts.add(path, text);
        for damage in &tree.damage {
            let mut problem = Problem::error(SYNTAX, Loc::new(file, damage.span), damage.message.clone());
            problem.help.clone_from(&damage.help);
            self.syntax.problems.push(match &damage.mend {
                Some(mend) => problem.mend(Loc::new(file, mend.span), &mend.text, mend.is_sure),
                None => problem,
            });
        }
        let id = ModuleId(self.syntax.modules.len() as u32);
        let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".mig").to_owned();
        self.by_path.insert(path.to_owned(), id);
        self.syntax.modules.push(Module { file, tree, uses: HashMap::default(), own, prelude, name });
        if !prelude {
            self.open.push_back((id, path.to_owned()));
        }
        id
    }

    fn follow_all(&mut self) {
        while let Some((id, path)) = self.open.pop_front() {
            self.follow(id, &path);
        }
    }

    fn follow(&mut self, id: ModuleId, path: &str) {
        let Some(module) = self.syntax.modules.get(id.0 as usize) else { return };
        let file = module.file;
        let uses: Vec<ast::Use> = module
            .tree
            .items
            .iter()
            .filter_map(|item| if let ast::ItemKind::Use(u) = &item.kind { Some(u.clone()) } else { None })
            .collect();
        for used in uses {
            let at = Loc::new(file, used.target.span);
            let target = if used.file { self.user_file(path, &used, at) } else { self.standard(&used, at) };
            let Some(target) = target else { continue };
            let default = self.syntax.modules.get(target.0 as usize).map(|m| m.name.clone()).unwrap_or_default();
            let name = used.alias.map_or(default, |a| a.text.to_string());
            if let Some(module) = self.syntax.modules.get_mut(id.0 as usize)
                && module.uses.insert(name.clone(), target).is_some_and(|old| old != target)
            {
                let problem = Problem::error(crate::report::DUPLICATE_NAME, at, format!("two modules are called `{name}` here"));
                self.syntax.problems.push(problem.help("give one another name: `use … as name`"));
            }
        }
    }

    fn standard(&mut self, used: &ast::Use, at: Loc) -> Option<ModuleId> {
        let short = format!("{}.mig", used.target.text);
        let path = format!("stdlib/{short}");
        if let Some(id) = self.by_path.get(&path) {
            return Some(*id);
        }
        if let Some(number) = embedded::STDLIB.iter().position(|(p, _)| *p == short) {
            return self.add_standard(number, false);
        }
        if used.target.text.is_empty() {
            return None;
        }
        let mut problem = Problem::error(UNREADABLE, at, format!("there is no module `{}` in the standard library", used.target.text));
        let known = embedded::STDLIB.iter().filter(|(p, _)| !p.contains('/')).map(|(p, _)| p.trim_end_matches(".mig"));
        problem = match near(&used.target.text, known) {
            Some(name) => problem.help(format!("did you mean `{name}`?")).fix(format!("write `{name}`"), at, name),
            None => problem.help(format!("a file of the project is named with quotes: `use \"./{}.mig\"`", used.target.text)),
        };
        self.syntax.problems.push(problem);
        None
    }

    fn user_file(&mut self, from: &str, used: &ast::Use, at: Loc) -> Option<ModuleId> {
        let folder = from.rsplit_once('/').map_or("", |f| f.0);
        let Some(path) = join(folder, &used.target.text) else {
            let message = format!("`{}` leads out of the project", used.target.text);
            self.syntax.problems.push(Problem::error(UNREADABLE, at, message).help("modules are files below the project's folder"));
            return None;
        };
        self.user(&path, Some(at))
    }

    fn user(&mut self, path: &str, at: Option<Loc>) -> Option<ModuleId> {
        if let Some(id) = self.by_path.get(path) {
            return Some(*id);
        }
        if self.syntax.modules.len() >= MODULES_MAX {
            let message = format!("a program has {MODULES_MAX} modules at most, and `{path}` is one more");
            self.syntax.problems.extend(at.map(|at| Problem::error(UNREADABLE, at, message).help("join some of its files")));
            return None;
        }
        match self.read(path) {
            Ok(text) => {
                let tree = self.parsed.tree(path, &text);
                Some(self.add(path, text, tree, true, false))
            }
            Err(why) => {
                let at = at.unwrap_or_else(|| Loc::new(self.syntax.texts.add(path, String::new()), ast::Span::default()));
                let problem = Problem::error(UNREADABLE, at, format!("`{path}` cannot be read: {why}"));
                let brought = crate::embedded::STDLIB.iter().any(|(name, _)| name.strip_suffix(".mig") == Some(path));
                if brought {
                    self.syntax.problems.push(problem.help(format!("a module of the standard library has no quotes: `use {path}`")));
                    return None;
                }
                let begin = "a program begins at `main.mig`; give its folder, or `migc init` begins one";
                self.syntax.problems.push(if self.by_path.values().any(|m| self.syntax.modules.get(m.0 as usize).is_some_and(|m| m.own)) {
                    problem
                } else {
                    problem.help(begin)
                });
                None
            }
        }
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let bytes = self.files.read(path)?;
        if bytes.len() > SOURCE_MAX_BYTES {
            return Err(format!("the file is larger than {} MiB", SOURCE_MAX_BYTES >> 20));
        }
        String::from_utf8(bytes).map_err(|e| format!("it is not UTF-8 at byte {}", e.utf8_error().valid_up_to()))
    }

    /// Modules that use each other in a circle, each circle once with its way.
    fn circles(&mut self) {
        let uses = |module: &Module| {
            let mut uses: Vec<usize> = module.uses.values().map(|used| used.0 as usize).collect();
            uses.sort_unstable();
            uses
        };
        let uses: Vec<Vec<usize>> = self.syntax.modules.iter().map(uses).collect();
        let mut found: Vec<Vec<usize>> = vec![];
        crate::ways::circles(
            uses.len(),
            |module, edge| uses[module].get(edge).copied(),
            |circle| found.push(circle.iter().chain(circle.first()).map(|(module, _)| *module).collect()),
        );
        for circle in found {
            self.circle(&circle);
        }
    }

    fn circle(&mut self, circle: &[usize]) {
        let name = |m: &usize| self.syntax.modules.get(*m).map_or("", |m| self.syntax.texts.name(m.file)).to_owned();
        let way = circle.iter().map(name).collect::<Vec<_>>().join(" → ");
        let (Some(first), Some(second)) = (circle.first(), circle.get(1)) else { return };
        let Some(module) = self.syntax.modules.get(*first) else { return };
        let default = self.syntax.modules.get(*second).map_or("", |m| m.name.as_str());
        let leads_on = |u: &&ast::Use| {
            let name = u.alias.as_ref().map_or(default, |a| a.text.as_str());
            module.uses.get(name).is_some_and(|m| m.0 as usize == *second) && (u.alias.is_some() || u.target.text.contains(default))
        };
        let mut imports = module.tree.items.iter().filter_map(|i| if let ast::ItemKind::Use(u) = &i.kind { Some(u) } else { None });
        let used = imports.find(leads_on).map(|u| u.target.span);
        let at = Loc::new(module.file, used.unwrap_or_default());
        let problem = Problem::error(crate::report::CYCLE, at, format!("modules use each other in a circle: {way}"));
        self.syntax.problems.push(problem.help("move what both need into a module of its own"));
    }

    fn unused(&mut self, entry: &str) {
        // Without its beginning there is no program that could use them.
        if !entry.ends_with("main.mig") || !self.by_path.contains_key(entry) {
            return;
        }
        for path in self.files.list() {
            if !self.by_path.contains_key(&path) {
                let file = self.syntax.texts.add(&path, String::new());
                let message = format!("nothing uses `{path}`, so it is not part of the program");
                let problem = Problem::warning(UNUSED_FILE, Loc::new(file, ast::Span::default()), message);
                self.syntax.problems.push(problem.help(format!("write `use \"./{path}\"` in `{entry}`, or delete the file")));
            }
        }
    }

    /// Facts are read while loading, so that everything after it needs no files.
    fn read_facts(&mut self) {
        let mut named = vec![];
        for module in self.syntax.modules.iter().filter(|m| m.own) {
            for item in &module.tree.items {
                if let ast::ItemKind::Declaration(d) = &item.kind {
                    surveys(d, &mut named);
                }
            }
        }
        for path in named {
            if self.syntax.facts.contains_key(&path) {
                continue;
            }
            let read = self.facts_text(&path).map(|text| self.syntax.texts.add(&path, text));
            self.syntax.facts.insert(path, read);
        }
    }

    fn facts_text(&self, path: &str) -> Result<String, String> {
        let path = join("", path).ok_or("it leads out of the project")?;
        let text = self.read(&path)?;
        if text.len() > mig_plan::Facts::SIZE_MAX_BYTES {
            return Err(format!("the file is larger than {} MiB", mig_plan::Facts::SIZE_MAX_BYTES >> 20));
        }
        Ok(text)
    }
}

/// What diagnostics call a file of the standard library.
fn standard_path(path: &str) -> String {
    format!("stdlib/{path}")
}

/// Paths that `survey("…")` names in a declaration and those inside it.
fn surveys(declaration: &ast::Declaration, out: &mut Vec<String>) {
    out.extend(declaration.fields.iter().filter_map(surveyed).map(str::to_owned));
    for child in &declaration.children {
        surveys(&child.declaration, out);
    }
}

/// The path in `survey("…")`.
pub(crate) fn surveyed(field: &ast::Field) -> Option<&str> {
    let ast::ExprKind::Call(callee, args) = &field.value.kind else { return None };
    let is_survey = matches!(&callee.kind, ast::ExprKind::Name(name) if name == "survey");
    let ([arg], true) = (args.as_slice(), is_survey) else { return None };
    let ast::ExprKind::Str(parts) = &arg.value.kind else { return None };
    if let [ast::Part::Text(path)] = parts.as_slice() { Some(path) } else { None }
}

/// A path below the project, or `None` if it leads out.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\\') || path.contains('\0') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
