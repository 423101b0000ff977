//! Which modules may be imported, what would they bring, and where would their `use` stand?

use crate::{embedded, load::Module, parsed};
use mig_syntax::ast::{self, ItemKind};
use std::sync::Arc;

/// A module that may be imported.
pub(super) struct Importable {
    /// What it is called by default.
    pub name: String,
    /// What stands behind `use`.
    pub target: String,
    /// What is written about it.
    pub docs: String,
    /// What it declares, if it is the standard library's.
    tree: Option<Arc<ast::Module>>,
}

/// Modules of the standard library, which `use` names without quotes.
pub(super) fn of_the_library() -> impl Iterator<Item = Importable> {
    let all = embedded::STDLIB.iter().enumerate().filter(|(_, (path, _))| !path.contains('/'));
    all.map(|(number, (path, text))| {
        let docs: Vec<&str> = text.lines().take_while(|l| l.starts_with("//!")).map(|l| l.trim_start_matches("//!").trim()).collect();
        let name = path.trim_end_matches(".mig").to_owned();
        Importable { target: name.clone(), name, docs: docs.join("\n"), tree: parsed::standard(number) }
    })
}

/// Modules of the project, as a file writes their paths.
pub(super) fn of_the_project<'f>(files: &'f [String], own: &'f str) -> impl Iterator<Item = Importable> + 'f {
    let folder = own.rsplit_once('/').map_or("", |f| f.0);
    files.iter().filter(move |file| *file != own).map(move |file| {
        let target = match file.strip_prefix(folder).map(|f| f.trim_start_matches('/')) {
            Some(below) if folder.is_empty() || file.starts_with(&format!("{folder}/")) => format!("./{below}"),
            _ => format!("{}{file}", "../".repeat(folder.split('/').count())),
        };
        let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".mig").to_owned();
        Importable { name, target: format!("\"{target}\""), docs: String::new(), tree: None }
    })
}

impl Importable {
    /// Names of the kinds that refine a noun, as they are written where the module is imported.
    pub(super) fn kinds_of(&self, noun: &str) -> Vec<String> {
        let items = self.tree.as_ref().map_or(&[][..], |t| t.items.as_slice());
        let kinds: Vec<&ast::Kind> = items.iter().filter_map(|i| if let ItemKind::Kind(k) = &i.kind { Some(k) } else { None }).collect();
        let base = |name: &str| kinds.iter().find(|k| k.name.text == name).and_then(|k| k.base.as_ref()).map(|b| b.text.as_str());
        let refines = |kind: &ast::Kind| {
            let mut at = kind.base.as_ref().map(|b| b.text.as_str());
            for _ in 0..=kinds.len() {
                if at == Some(noun) {
                    return true;
                }
                at = at.and_then(base);
            }
            false
        };
        let written =
            |kind: &&ast::Kind| if kind.name.text == self.name { self.name.clone() } else { format!("{}.{}", self.name, kind.name.text) };
        kinds.iter().filter(|k| !k.is_abstract && refines(k)).map(written).collect()
    }

    /// Does the file import it?
    pub(super) fn is_in(&self, module: &Module) -> bool {
        module.tree.items.iter().any(|item| {
            let ItemKind::Use(used) = &item.kind else { return false };
            let quotes = if used.file { "\"" } else { "" };
            format!("{quotes}{}{quotes}", used.target.text) == self.target
        })
    }

    /// Where its `use` is written in a text, and the line: behind the others, else behind what documents the module.
    pub(super) fn import(&self, module: &Module, text: &str) -> (usize, String) {
        let used = module.tree.items.iter().rfind(|i| matches!(i.kind, ItemKind::Use(_)));
        if let Some(last) = used {
            let end = last.span.end as usize;
            let line = text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| end + at);
            return (line, format!("\nuse {}", self.target));
        }
        let head: usize = text.split_inclusive('\n').take_while(|line| line.starts_with("//!")).map(str::len).sum();
        let before = if head > 0 { "\n" } else { "" };
        let behind = if text.get(head..).is_some_and(|rest| rest.starts_with('\n')) { "" } else { "\n" };
        (head, format!("{before}use {}\n{behind}", self.target))
    }
}
