//! Is every item of a program well typed? Walks items and gives each expression to `infer`, with what it may name.

use crate::{
    infer::{Env, Typer, kind_called},
    load::Module,
    program::Program,
    report::{ALLOW, DUPLICATE_NAME, MISSING_FIELD, PARAMETER, Problem, STAGE, SYNTAX, TYPE_MISMATCH, UNKNOWN_NAME},
    types::{KindId, ModuleId, Type, Typed},
};
use mig_syntax::ast::{self, ItemKind};
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;
use std::rc::Rc;

/// Types everything.
pub fn check(program: &Program<'_>) {
    let typer = Typer { program };
    typer.parameters();
    typer.codes();
    crate::brought::check(program);
    typer.modules(|module| !module.prelude);
    program.say_doubts();
    crate::recursion::check(program);
}

/// Types those modules of the standard library.
pub(crate) fn brought(program: &Program<'_>, wanted: impl Fn(&Module) -> bool) {
    Typer { program }.modules(wanted);
}

impl<'a> Typer<'_, 'a> {
    fn modules(&self, wanted: impl Fn(&Module) -> bool) {
        for (number, module) in self.program.syntax.modules.iter().enumerate().filter(|(_, m)| wanted(m)) {
            for item in &module.tree.items {
                self.item(ModuleId(number as u32), item);
            }
        }
    }

    /// A value for a parameter that does not exist was meant for one that does.
    fn parameters(&self) {
        let options = &self.program.syntax.options;
        let items = self.program.syntax.modules.iter().filter(|m| m.own).flat_map(|m| &m.tree.items);
        let known: Vec<&str> =
            items.filter_map(|i| if let ItemKind::Param(p) = &i.kind { Some(p.name.text.as_str()) } else { None }).collect();
        let entry = self.program.syntax.modules.iter().find(|m| m.own).map(|m| m.file).unwrap_or_default();
        for (name, _) in options.set.iter().chain(&options.file).filter(|(name, _)| !known.contains(&name.as_str())) {
            let at = crate::source::Loc::new(entry, ast::Span::default());
            let problem = Problem::error(PARAMETER, at, format!("there is no parameter `{name}`, and it was given a value"));
            self.program.report(match crate::report::near(name, known.iter().copied()) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem.help("`param` declares one"),
            });
        }
    }

    /// A check has a name and a code of its own, also those that it had, and codes that begin with MIG are those of the standard library.
    fn codes(&self) {
        let mut seen: HashMap<&str, crate::source::Loc> = HashMap::default();
        for (number, module) in self.program.syntax.modules.iter().enumerate() {
            let id = ModuleId(number as u32);
            let checks = module.tree.items.iter().flat_map(|i| match &i.kind {
                ItemKind::Check(c) => std::slice::from_ref(c),
                ItemKind::Kind(k) => k.checks.as_slice(),
                _ => &[],
            });
            for check in checks.filter(|c| !c.code.text.is_empty()) {
                let at = self.program.loc(id, check.code.span);
                if module.own && check.code.text.starts_with("MIG") {
                    let message = format!("`{}`: codes that begin with MIG are those of the standard library", check.code.text);
                    self.program
                        .report(Problem::error(DUPLICATE_NAME, at, message).help("give yours a prefix of your own, such as `CLUB001`"));
                }
                for word in [&check.code, &check.name].into_iter().chain(&check.former).filter(|word| !word.text.is_empty()) {
                    let at = self.program.loc(id, word.span);
                    let Some(first) = seen.insert(&word.text, at) else { continue };
                    let what = if word.span == check.code.span { "have the code" } else { "are called" };
                    let problem = Problem::error(DUPLICATE_NAME, at, format!("two checks {what} `{}`", word.text));
                    self.program.report(problem.also(first, "first used here"));
                }
            }
        }
    }

    fn item(&self, module: ModuleId, item: &'a ast::Item) {
        let env = Env::module(module);
        match &item.kind {
            ItemKind::Let(l) | ItemKind::Output(l) => self.let_item(&env, l, matches!(item.kind, ItemKind::Output(_))),
            ItemKind::Param(p) | ItemKind::Table(p) => self.param(&env, p),
            ItemKind::Fn(f) => self.function_item(module, f),
            ItemKind::Type(t) => {
                if let Some(ty) = &t.ty {
                    self.refinements(&env, &self.program.typed(module, ty, false));
                }
            }
            ItemKind::Kind(k) => self.kind_item(module, k),
            ItemKind::Check(c) => self.check_item(&env, c),
            ItemKind::Declaration(d) => self.declaration(&env, d, None, &item.annotations),
            ItemKind::Extend(e) => self.extend(&env, e),
            // A test is a program of its own, and typed when it runs.
            ItemKind::Use(_) | ItemKind::Enum(_) | ItemKind::Test(_) => {}
        }
    }

    fn extend(&self, env: &Env, extend: &ast::Extend) {
        let Some((owner, table)) = self.program.table_of(env.module, extend) else {
            let at = self.program.loc(env.module, extend.target.span);
            let problem = Problem::error(UNKNOWN_NAME, at, format!("there is no table called `{}`", extend.target.text));
            let tables = self.program.tables_seen(env.module);
            let problem = problem.help("a table of an imported module is `module.table`");
            self.program.report(problem.near(&extend.target.text, tables.iter().map(String::as_str), at));
            return;
        };
        let typed = table.ty.as_ref().map(|ty| self.program.typed(owner, ty, false).ty);
        let Some(Type::Map(inner, _)) = typed else { return };
        for row in &extend.rows {
            self.check(env, &row.value, &inner, &format_args!("the row `{}`", row.key.text), None);
        }
    }

    fn let_item(&self, env: &Env, l: &ast::Let, output: bool) {
        let ty = match &l.ty {
            Some(ty) => {
                let want = self.program.typed(env.module, ty, false);
                self.check(env, &l.value, &want.ty, &format_args!("`{}`", l.name.text), None)
            }
            None => self.infer(env, &l.value, None),
        };
        if output && ty.is_secret() {
            let problem = Problem::error(STAGE, self.loc(env, &l.value), "an output is shown, so it takes no secret");
            self.broken(env, &l.value, problem);
        }
    }

    fn param(&self, env: &Env, p: &ast::Param) {
        let Some(ty) = &p.ty else { return };
        let want = self.program.typed(env.module, ty, false);
        self.refinements(env, &want);
        if let Some(default) = &p.default {
            self.check(env, default, &want.ty, &format_args!("`{}`", p.name.text), None);
        }
    }

    fn function_item(&self, module: ModuleId, f: &ast::Function) {
        let mut env = Env::module(module);
        for (name, ty) in &f.params {
            let ty = ty.as_ref().map_or(Type::Error, |t| self.program.typed(module, t, false).ty);
            env.vars.push((name.text.clone(), ty));
        }
        let want = f.result.as_ref().map_or(Type::Error, |t| self.program.typed(module, t, false).ty);
        self.check(&env, &f.body, &want, &format_args!("the result of `{}`", f.name.text), None);
    }

    /// Conditions of a type are about `it`.
    fn refinements(&self, env: &Env, typed: &Typed) {
        for refine in typed.refinements.iter() {
            let env = Env { module: refine.module, ..env.clone() }.with(&"it".into(), typed.ty.plain().clone());
            if refine.is_in {
                let list = Type::List(Rc::new(typed.ty.plain().clone()));
                let ty = self.infer(&env, &refine.value, Some(&list));
                if !matches!(ty.plain(), Type::Range(_) | Type::List(_) | Type::Error) {
                    let problem = Problem::error(TYPE_MISMATCH, self.loc(&env, &refine.value), "behind `in` stands a range or a list");
                    self.broken(&env, &refine.value, problem);
                }
            } else {
                self.condition(&env, &refine.value, "`where`");
            }
        }
    }

    fn kind_item(&self, module: ModuleId, tree: &'a ast::Kind) {
        let Some(position) = self.program.kinds.iter().position(|k| std::ptr::eq(k.tree, tree)) else { return };
        let id = KindId(position as u32);
        let env = Env::body(module, id);
        for field in &tree.fields {
            let Some(def) = self.program.kind(id).field(&field.name.text) else { continue };
            if field.ty.is_some() {
                self.refinements(&env, &def.typed);
            }
            if let Some(value) = &field.value {
                if def.has_type {
                    self.check(&env, value, &def.typed.ty, &format_args!("`{}`", field.name.text), None);
                } else {
                    self.infer(&env, value, None);
                }
            }
        }
        for check in &tree.checks {
            self.check_item(&env, check);
        }
        for (number, declaration) in tree.declarations.iter().enumerate() {
            let annotations = tree.declaration_annotations.get(number).map_or(&[][..], Vec::as_slice);
            self.declaration(&env, declaration, None, annotations);
        }
        self.lifecycle(&env, id);
    }

    fn check_item(&self, env: &Env, check: &'a ast::Check) {
        let mut env = env.clone();
        for binding in &check.bindings {
            self.binding(&mut env, binding);
        }
        for condition in &check.conditions {
            self.condition(&env, &condition.value, "`when`");
        }
        for e in check.at.iter().chain(check.also.iter().map(|a| &a.0)) {
            self.infer(&env, e, None);
            if matches!(e.kind, ast::ExprKind::Literal(_) | ast::ExprKind::Str(_) | ast::ExprKind::List(_)) {
                let message = "`at` and `also` point at what a declaration says, and this is the check's own";
                let problem = Problem::error(TYPE_MISMATCH, self.loc(&env, e), message);
                self.program.report(problem.help("as in `at s.disk`, where `for s in all(node)`"));
            }
        }
        for text in check.say.iter().chain(&check.help).chain(check.also.iter().filter_map(|a| a.1.as_ref())) {
            self.check(&env, text, &Type::Str.optional(), "this text", None);
        }
        if let Some((place, value)) = &check.fix {
            let want = self.infer(&env, place, None);
            self.check(&env, value, &self.field_of(&env, place).unwrap_or(want), "the field that `fix` mends", None);
        }
        if check.say.is_none() || check.at.is_none() {
            let message = format!("the check `{}` needs `at` and `say`", check.name.text);
            self.program.report(Problem::error(SYNTAX, self.program.loc(env.module, check.name.span), message));
        }
    }

    /// The declared type of `x.field`, which is wider than what reading it gives.
    fn field_of(&self, env: &Env, place: &ast::Expr) -> Option<Type> {
        let ast::ExprKind::Dot(receiver, name) = &place.kind else { return None };
        let Type::Ref(kind, _) = self.infer(env, receiver, None).plain().clone() else { return None };
        Some(self.program.kind(kind).field(&name.text)?.typed.ty.clone())
    }

    fn binding(&self, env: &mut Env, binding: &ast::Binding) {
        let ty = self.infer(env, &binding.list, None);
        let element = match ty.plain() {
            Type::List(inner) => (**inner).clone(),
            Type::Map(inner, _) => Type::Tuple([Type::Str, (**inner).clone()].into()),
            Type::Error => Type::Error,
            other => {
                let message = format!("`for` goes through a list, and this is {}", crate::infer::article(other));
                self.broken(env, &binding.list, Problem::error(TYPE_MISMATCH, self.loc(env, &binding.list), message))
            }
        };
        let parts: Vec<Type> = match (&element, binding.names.len()) {
            (_, 1) => vec![element],
            (Type::Tuple(parts), n) if parts.len() == n => parts.to_vec(),
            (Type::Error, n) => vec![Type::Error; n],
            (other, n) => {
                let message = format!("{n} names for {}, which is one thing", crate::infer::article(other));
                self.program.report(Problem::error(TYPE_MISMATCH, self.loc(env, &binding.list), message));
                vec![Type::Error; n]
            }
        };
        for (name, ty) in binding.names.iter().zip(parts) {
            env.vars.push((name.text.clone(), ty));
        }
    }

    pub(crate) fn declaration(&self, env: &Env, d: &'a ast::Declaration, parent: Option<KindId>, annotations: &[ast::Annotation]) {
        self.annotations(env, annotations);
        let kind = self.declared_kind(env.module, d, parent);
        let Some(kind) = kind else {
            self.unknown_declared(env.module, d);
            for field in &d.fields {
                self.infer(env, &field.value, None);
            }
            return;
        };
        self.program.note_declaration(env.module, d, kind);
        let def = self.program.kind(kind);
        if def.tree.is_abstract {
            // That the name is missing or goes on is said already.
            if d.name.text.is_empty() || self.program.is_damaged(env.module, ast::Span { end: d.name.span.end, ..d.span }) {
                return;
            }
            let at = self.program.loc(env.module, d.noun.span);
            let kinds: Vec<&str> =
                self.program.kinds.iter().filter(|k| k.root == def.root && !k.tree.is_abstract).map(|k| k.path.as_str()).collect();
            let mut problem = Problem::error(TYPE_MISMATCH, at, format!("`{}` says what it is for, not what it is", def.path));
            let others = if kinds.len() > 1 { format!("; its kinds are {}", kinds.join(", ")) } else { String::new() };
            if let Some(first) = kinds.first() {
                problem = problem.help(format!("write its kind behind the name, as in `{} {}: {first}`{others}", d.noun.text, d.name.text));
            }
            self.program.report(problem);
            return;
        }
        let key = d.keys.as_deref().map(|(name, keys)| (name.text.clone(), self.keys(env, keys)));
        // In the body of a component names stay the component's, and only `self` is the declaration.
        let mut env = if env.body { env.with(&"self".into(), self.program.reference(kind)) } else { Env { me: Some(kind), ..env.clone() } };
        env.vars.extend(key);
        self.fields(&env, d, kind);
        if let Some(stdin) = &d.stdin {
            self.read_by_script(&env, kind, stdin);
        }
        self.children(&env, d, kind);
    }

    fn unknown_declared(&self, module: ModuleId, d: &ast::Declaration) {
        if self.program.is_damaged(module, d.span) {
            return;
        }
        match self.program.find_kind(module, &d.noun.text, None) {
            None => self.program.unknown_kind(module, &d.noun, None),
            Some(noun) => {
                if let Some(kind) = &d.kind {
                    self.program.unknown_kind(module, kind, Some(self.program.kind(noun).root));
                }
            }
        }
    }

    fn fields(&self, env: &Env, d: &'a ast::Declaration, kind: KindId) {
        let def = self.program.kind(kind);
        // Entries by the number of their field, and those of names that the kind has no field of.
        let mut given: Vec<Option<ast::Span>> = vec![None; def.fields.len()];
        let mut unknown: HashMap<&str, ast::Span> = HashMap::default();
        for field in &d.fields {
            self.annotations(env, &field.annotations);
            self.only_allow(env, &field.annotations);
            let key = &field.key.text;
            let at = self.program.loc(env.module, field.key.span);
            let number = def.by_name.get(key).copied();
            let first = match number.and_then(|number| given.get_mut(number)) {
                Some(entry) => entry.replace(field.span),
                None => unknown.insert(key, field.span),
            };
            if let Some(first) = first {
                let problem = Problem::error(DUPLICATE_NAME, at, format!("`{key}` is given twice"));
                self.program.report(problem.also(self.program.loc(env.module, first), "first given here"));
                continue;
            }
            let Some(known) = number.and_then(|number| def.fields.get(number)) else {
                if def.is_damaged(self.program) {
                    self.infer(env, &field.value, None);
                    continue;
                }
                let child = def.children.iter().find(|c| c.name.is_none() && self.program.kind(c.kind).name == *key);
                if child.is_some() {
                    let problem = Problem::error(UNKNOWN_NAME, at, format!("{} has no field `{key}`", kind_called(&def.path)));
                    self.program.report(problem.help(format!("a `{key}` is declared inside: `{key} name {{ … }}`")));
                    self.infer(env, &field.value, None);
                    continue;
                }
                let mut names: Vec<&str> = def.fields.iter().filter(|f| !f.derived).map(|f| f.name.as_str()).collect();
                names.sort_unstable();
                self.no_such_field(env, field, &names, &kind_called(&def.path));
                continue;
            };
            self.program.note(at, || self.program.member_target(kind, key));
            if known.derived {
                let problem = Problem::error(TYPE_MISMATCH, at, format!("`{key}` is computed and cannot be set"));
                self.program.report(problem.also(known.at, "computed here"));
                continue;
            }
            self.check(env, &field.value, &known.typed.ty, &format_args!("`{key}`"), Some(known.at));
        }
        // A field whose name was misspelt is not missing too.
        let meant = |name: &str| unknown.keys().any(|k| crate::report::near(k, [name]).is_some());
        let missing = def.fields.iter().zip(&given).filter(|(_, given)| given.is_none()).map(|(field, _)| field);
        let needed =
            |f: &&crate::program::FieldDef<'_>| f.value.is_none() && !f.derived && !f.typed.ty.is_optional() && !f.typed.ty.is_later();
        for field in missing.filter(needed).filter(|f| !d.existing || f.name == "on" || f.name == "network") {
            if field.name == "provider" || meant(&field.name) || self.program.is_damaged(env.module, d.span) {
                continue;
            }
            let message = format!("`{}` needs `{}`", d.name.text, field.name);
            let problem = Problem::error(MISSING_FIELD, self.program.loc(env.module, d.name.span), message);
            let what = match &field.typed.ty {
                Type::Error => "declared here".to_owned(),
                ty => format!("declared as {ty} here"),
            };
            self.program.report(problem.also(field.at, what));
        }
    }

    fn children(&self, env: &Env, d: &'a ast::Declaration, kind: KindId) {
        let def = self.program.kind(kind);
        let mut seen: HashMap<SmolStr, ast::Span> = HashMap::default();
        for child in &d.children {
            let tree = &child.declaration;
            if let Some(first) = seen.insert(tree.name.text.clone(), tree.name.span) {
                let at = self.program.loc(env.module, tree.name.span);
                let problem = Problem::error(DUPLICATE_NAME, at, format!("`{}` is declared twice", tree.name.text));
                self.program.report(problem.also(self.program.loc(env.module, first), "first declared here"));
            }
            let allowed =
                def.children.iter().any(|r| self.noun_of(r.kind) == tree.noun.text && r.name.as_ref().is_none_or(|n| *n == tree.name.text));
            if !allowed {
                let at = self.program.loc(env.module, tree.noun.span);
                let known: Vec<String> = def.children.iter().map(|r| format!("`{}`", self.noun_of(r.kind))).collect();
                let problem = Problem::error(
                    UNKNOWN_NAME,
                    at,
                    format!("{} has no children of the sort `{}`", kind_called(&def.path), tree.noun.text),
                );
                let problem = if known.is_empty() { problem } else { problem.help(format!("it may have {}", known.join(", "))) };
                self.program.report(problem.near(&tree.noun.text, known.iter().map(|k| k.trim_matches('`')), at));
                continue;
            }
            self.of_its_sort(env, def, tree);
            self.one_only(env, def, tree);
            self.declaration(env, tree, Some(kind), &child.annotations);
        }
        for rule in def.children.iter().filter(|r| r.name.is_none() && matches!(r.many, ast::Many::One | ast::Many::Optional)) {
            let noun = self.noun_of(rule.kind);
            if let Some(second) = d.children.iter().filter(|c| c.declaration.noun.text == noun).nth(1) {
                let message = format!("{} has one `{noun}` at most", kind_called(&def.path));
                self.program.report(Problem::error(DUPLICATE_NAME, self.program.loc(env.module, second.declaration.name.span), message));
            }
        }
        let endless = |kind| self.program.endless_kinds.contains(&kind);
        for rule in def.children.iter().filter(|r| matches!(r.many, ast::Many::One | ast::Many::Some) && !d.existing && !endless(r.kind)) {
            let found = d.children.iter().any(|c| match &rule.name {
                Some(name) => c.declaration.name.text == *name,
                None => c.declaration.noun.text == self.noun_of(rule.kind),
            });
            if !found {
                let noun = self.noun_of(rule.kind);
                let what = rule.name.as_ref().map_or_else(|| noun.to_string(), |n| format!("{noun} {n}"));
                let message = format!("`{}` needs {}", d.name.text, kind_called(&what));
                self.program.report(Problem::error(MISSING_FIELD, self.program.loc(env.module, d.name.span), message));
            }
        }
    }

    /// The name of a child that the kind names is of that sort.
    fn of_its_sort(&self, env: &Env, def: &crate::program::KindDef<'_>, d: &ast::Declaration) {
        let Some(rule) = def.children.iter().find(|r| r.name.as_ref() == Some(&d.name.text)) else { return };
        let noun = self.noun_of(rule.kind);
        if noun != d.noun.text {
            let at = self.program.loc(env.module, d.noun.span);
            let message = format!(
                "`{}` of {} is {}, and this is {}",
                d.name.text,
                kind_called(&def.path),
                kind_called(&noun),
                kind_called(&d.noun.text)
            );
            self.program.report(Problem::error(TYPE_MISMATCH, at, message).help("give it another name"));
        }
    }

    /// What there is one of takes no keys.
    fn one_only(&self, env: &Env, def: &crate::program::KindDef<'_>, d: &ast::Declaration) {
        let Some((_, keys)) = d.keys.as_deref() else { return };
        let rules = def.children.iter().filter(|r| self.noun_of(r.kind) == d.noun.text);
        let mut fitting = rules.filter(|r| r.name.as_ref().is_none_or(|n| *n == d.name.text));
        if let Some(rule) = fitting.find(|r| r.name.is_some() || matches!(r.many, ast::Many::One | ast::Many::Optional)) {
            let name = rule.name.as_ref().map_or_else(|| d.noun.text.to_string(), |name| format!("{} {name}", d.noun.text));
            let problem = Problem::error(
                TYPE_MISMATCH,
                self.loc(env, keys),
                format!("{} has one `{name}`, so it takes no keys", kind_called(&def.path)),
            );
            self.program.report(problem);
        }
    }

    /// Above a field, only a check can be silenced.
    fn only_allow(&self, env: &Env, annotations: &[ast::Annotation]) {
        for annotation in annotations.iter().filter(|a| matches!(a.name.text.as_str(), "adopt" | "keep" | "moved")) {
            let at = self.program.loc(env.module, annotation.span);
            let message = format!("`@{}` is about a declaration, and this is a field of one", annotation.name.text);
            self.program.report(Problem::error(TYPE_MISMATCH, at, message).help("write it above the declaration"));
        }
    }

    fn annotations(&self, env: &Env, annotations: &[ast::Annotation]) {
        for annotation in annotations {
            let at = self.program.loc(env.module, annotation.span);
            match annotation.name.text.as_str() {
                "allow" => {
                    if annotation.args.len() != 2 {
                        let problem = Problem::error(ALLOW, at, "`@allow` needs a check and the reason");
                        self.program.report(problem.help("write `@allow(name_of_check, \"why it is fine here\")`"));
                    }
                }
                "moved" => {
                    let named = matches!(annotation.args.as_slice(), [arg] if arg.name.as_ref().is_some_and(|n| n.text == "from") && crate::plan::declared::path(&arg.value).is_some());
                    if !named {
                        let problem = Problem::error(TYPE_MISMATCH, at, "`@moved` needs the address that this had before");
                        self.program.report(problem.help("write `@moved(from = old_name)`, or `@moved(from = parent.old_name)`"));
                    }
                }
                "keep" if !annotation.args.is_empty() => {
                    let problem = Problem::error(TYPE_MISMATCH, at, "`@keep` stands alone");
                    self.program.report(problem.help("write `@keep`, and the reason in a comment"));
                }
                "applied" => {
                    let problem = Problem::error(UNKNOWN_NAME, at, "`@applied` says what was there before a test, and this is none");
                    self.program.report(problem.help("it stands above a declaration inside `test \"…\" { … }`"));
                }
                "adopt" if !matches!(annotation.args.as_slice(), [arg] if matches!(&arg.value.kind, ast::ExprKind::Str(_))) => {
                    let problem = Problem::error(TYPE_MISMATCH, at, "`@adopt` needs the id of the server as its cloud calls it");
                    self.program.report(problem.help("write `@adopt(\"i-…\")`"));
                }
                "adopt" | "keep" | "" => {}
                other => {
                    let problem = Problem::error(UNKNOWN_NAME, at, format!("there is no annotation `@{other}`"));
                    let close = crate::report::near(other, ["allow", "adopt", "keep", "moved"]);
                    self.program.report(match close {
                        Some(close) => problem.help(format!("did you mean `@{close}`?")).fix(
                            format!("write `@{close}`"),
                            self.program.loc(env.module, annotation.name.span),
                            close,
                        ),
                        None => problem.help("there are `@allow`, `@adopt`, `@keep` and `@moved`"),
                    });
                }
            }
        }
    }
}
