//! Which checks of the standard library can find something in a program? Only those are part of it: the others hold, and most programs
//! declare nothing that most checks are about.

use crate::{
    editor::{context::checks_of, walk},
    embedded::RULES,
    load::Module,
};
use mig_syntax::ast::{self, ItemKind};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

/// A file of checks, as far as it is known without its tree.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Which of the standard library.
    pub number: usize,
    /// What others may name of it.
    pub names: &'static [&'static str],
    /// Files of checks that it may name something of.
    pub uses: &'static [usize],
    /// Kinds without which its checks find nothing; `None` if they may always.
    pub subjects: Option<&'static [&'static str]>,
    /// Its checks.
    pub checks: &'static [Head],
}

/// What stands before the body of a check.
#[derive(Debug)]
pub(crate) struct Head {
    /// `duplicate_node_id`
    pub name: &'static str,
    /// `MIG3030`
    pub code: &'static str,
    /// With the `!` of one that cannot be silenced.
    pub severity: &'static str,
}

/// The numbers of the files of checks that a program needs.
pub(crate) fn needed(modules: &[Module]) -> HashSet<usize> {
    let mut words = Words::default();
    for item in modules.iter().flat_map(|module| &module.tree.items) {
        words.item(item);
    }
    let kinds = words.kinds();
    let is_needed = |rule: &&Rule| {
        let of_kind = rule.subjects.is_none_or(|subjects| subjects.iter().any(|kind| kinds.contains(kind)));
        of_kind || rule.names.iter().any(|name| words.named.contains(name))
    };
    let mut open: Vec<usize> = RULES.iter().filter(is_needed).map(|rule| rule.number).collect();
    let mut found: HashSet<usize> = open.iter().copied().collect();
    while let Some(number) = open.pop() {
        let uses = RULES.iter().filter(|rule| rule.number == number).flat_map(|rule| rule.uses);
        open.extend(uses.copied().filter(|used| found.insert(*used)));
    }
    found
}

/// What a program says, as words whose meaning is not looked up: more may be meant by them than is, never less.
#[derive(Default)]
struct Words<'a> {
    /// Kinds that are declared something of.
    declared: HashSet<&'a str>,
    /// What comes with each kind: its base, its children, the declarations of a component.
    with: HashMap<&'a str, Vec<&'a str>>,
    /// Names in expressions, and names and codes of checks.
    named: HashSet<&'a str>,
}

impl<'a> Words<'a> {
    fn item(&mut self, item: &'a ast::Item) {
        if let ItemKind::Kind(kind) = &item.kind {
            let children = kind.children.iter().map(|rule| rule.kind.as_ref().unwrap_or(&rule.name));
            let names = kind.base.iter().chain(children).chain(kind.declarations.iter().flat_map(kind_words));
            self.with.entry(&kind.name.text).or_default().extend(names.map(last_word));
        }
        if let ItemKind::Extend(extend) = &item.kind {
            self.named.insert(last_word(&extend.target));
        }
        for check in checks_of(item) {
            self.named.extend(check.words());
        }
        walk::item(item, &mut |node| match node {
            walk::Node::Declaration(d) => self.declared.extend(kind_words(d).map(last_word)),
            walk::Node::Annotation(annotation) => self.named.extend(annotation.args.iter().filter_map(|arg| name_of(&arg.value))),
            walk::Node::Expr(e) => self.named.extend(name_of(e)),
        });
    }

    /// Kinds that the program may have something of.
    fn kinds(&self) -> HashSet<&'a str> {
        let mut found = self.declared.clone();
        let mut open: Vec<&str> = self.declared.iter().copied().collect();
        while let Some(kind) = open.pop() {
            open.extend(self.with.get(kind).into_iter().flatten().filter(|with| found.insert(with)));
        }
        found
    }
}

fn kind_words(d: &ast::Declaration) -> impl Iterator<Item = &ast::Name> {
    std::iter::once(&d.noun).chain(&d.kind)
}

/// `ecs` of `aliyun.ecs`.
fn last_word(name: &ast::Name) -> &str {
    name.text.rsplit('.').next().unwrap_or_default()
}

fn name_of(e: &ast::Expr) -> Option<&str> {
    if let ast::ExprKind::Name(name) = &e.kind { Some(name) } else { None }
}
