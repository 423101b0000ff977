//! Compiles `stdlib/`, `docs/checks/` and `docs/errors/` in, so that migc is one file. The standard library is parsed here, once, and not at each run.

#![allow(clippy::disallowed_methods, reason = "a build script reads what it compiles in")]

#[path = "build/subjects.rs"]
mod subjects;
#[path = "src/editor/walk.rs"]
#[allow(dead_code, reason = "only expressions are looked at here")]
mod walk;

use mig_syntax::ast::{self, ExprKind, ItemKind, Module};
use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("embedded.rs");
    let mut file = fs::File::create(out)?;
    list(&mut file, "STDLIB", &root.join("stdlib"), "mig")?;
    trees(&mut file, &root.join("stdlib"))?;
    list(&mut file, "PAGES", &root.join("docs/checks"), "md")?;
    list(&mut file, "ERRORS", &root.join("docs/errors"), "md")
}

fn list(out: &mut fs::File, name: &str, root: &Path, ending: &str) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = vec![];
    collect(root, ending, &mut files)?;
    files.sort();
    writeln!(out, "/// Path below the folder, text.\npub static {name}: &[(&str, &str)] = &[")?;
    for file in files {
        let short = file.strip_prefix(root).unwrap_or(&file);
        let (short, full) = (short.to_string_lossy(), file.canonicalize()?);
        writeln!(out, "    ({short:?}, include_str!({:?})),", full.to_string_lossy())?;
    }
    writeln!(out, "];")
}

/// The tree of each file of the standard library, in the order of the texts, and what is known of its checks without them.
fn trees(out: &mut fs::File, root: &Path) -> io::Result<()> {
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut files = vec![];
    collect(root, "mig", &mut files)?;
    files.sort();
    let mut trees = vec![];
    writeln!(out, "/// Trees as postcard writes them, in the order of `STDLIB`.\npub(crate) static TREES: &[&[u8]] = &[")?;
    for (number, file) in files.iter().enumerate() {
        let tree = mig_syntax::parse(&fs::read_to_string(file)?);
        if let Some(damage) = tree.damage.first() {
            return Err(io::Error::other(format!("{}: {} at byte {}", file.display(), damage.message, damage.span.start)));
        }
        let target = folder.join(format!("{number}.tree"));
        fs::write(&target, postcard::to_allocvec(&tree).map_err(io::Error::other)?)?;
        writeln!(out, "    include_bytes!({:?}),", target.to_string_lossy())?;
        trees.push((file.strip_prefix(root.join("checks")).is_ok(), tree));
    }
    writeln!(out, "];")?;
    rules(out, &trees)
}

/// Of each file of checks: what it declares, and when it is needed.
fn rules(out: &mut fs::File, trees: &[(bool, Module)]) -> io::Result<()> {
    let bodies = subjects::Bodies::of(trees.iter().flat_map(|(_, tree)| &tree.items));
    let of_checks = || trees.iter().enumerate().filter(|(_, (is_rule, _))| *is_rule).map(|(number, (_, tree))| (number, tree));
    let names: Vec<(usize, Vec<&str>)> = of_checks().map(|(number, tree)| (number, names(tree))).collect();
    writeln!(out, "/// Files of checks, in the order of `STDLIB`.\npub(crate) static RULES: &[crate::rules::Rule] = &[")?;
    for ((number, tree), (_, own)) in of_checks().zip(&names) {
        let mentioned = mentioned(tree);
        let is_used = |(_, theirs): &&(usize, Vec<&str>)| theirs.iter().any(|name| mentioned.contains(name));
        let uses: Vec<usize> = names.iter().filter(is_used).map(|(other, _)| *other).filter(|other| *other != number).collect();
        writeln!(out, "    crate::rules::Rule {{ number: {number}, names: &{own:?}, uses: &{uses:?}, subjects: ")?;
        match needed_for(tree, &bodies) {
            Some(subjects) => writeln!(out, "Some(&{:?}),", subjects.into_iter().collect::<Vec<_>>())?,
            None => writeln!(out, "None,")?,
        }
        writeln!(out, "checks: &[")?;
        for check in checks(tree) {
            let (name, code, severity) = (&check.name.text, &check.code.text, &check.severity.text);
            let marked = format!("{severity}{}", if check.unsilenceable { "!" } else { "" });
            writeln!(out, "crate::rules::Head {{ name: {name:?}, code: {code:?}, severity: {marked:?} }},")?;
        }
        writeln!(out, "] }},")?;
    }
    writeln!(out, "];")
}

fn checks(tree: &Module) -> impl Iterator<Item = &ast::Check> {
    tree.items.iter().filter_map(|item| if let ItemKind::Check(check) = &item.kind { Some(check) } else { None })
}

/// Kinds without which none of its checks finds anything; `None` if it is needed always.
fn needed_for<'a>(tree: &'a Module, bodies: &subjects::Bodies<'a>) -> Option<BTreeSet<&'a str>> {
    // Kinds and types are told in near misses of every program.
    let only_values = |item: &ast::Item| matches!(item.kind, ItemKind::Check(_) | ItemKind::Fn(_) | ItemKind::Let(_) | ItemKind::Table(_));
    if !tree.items.iter().all(only_values) {
        return None;
    }
    let mut found = BTreeSet::new();
    for check in checks(tree) {
        found.extend(bodies.subjects(&check.bindings.first()?.list)?);
    }
    Some(found)
}

/// What programs may name of it: functions, constants, tables, checks and their codes, also those they had.
fn names(tree: &Module) -> Vec<&str> {
    let mut found = vec![];
    for item in &tree.items {
        match &item.kind {
            ItemKind::Fn(f) => found.push(f.name.text.as_str()),
            ItemKind::Let(l) => found.push(&l.name.text),
            ItemKind::Table(t) => found.push(&t.name.text),
            ItemKind::Check(c) => found.extend(c.words()),
            _ => {}
        }
    }
    found
}

/// The names in its expressions.
fn mentioned(tree: &Module) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for item in &tree.items {
        walk::item(item, &mut |node| {
            if let walk::Node::Expr(ast::Expr { kind: ExprKind::Name(name), .. }) = node {
                found.insert(name.as_str());
            }
        });
    }
    found
}

fn collect(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, ending, files)?;
        } else if path.extension().is_some_and(|e| e == ending) {
            files.push(path);
        }
    }
    Ok(())
}
