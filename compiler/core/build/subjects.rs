//! What must a program declare, so that a check of the standard library can find something in it? Looked for in the list that the
//! check goes through: without a declaration of those kinds it is empty.

use mig_syntax::ast::{Expr, ExprKind, Item, ItemKind};
use std::collections::{BTreeSet, HashMap};

/// Methods whose result is empty where the list is.
const KEEP_EMPTY: [&str; 7] = ["map", "filter", "flatten", "sort_by", "group_by", "duplicates", "overlapping"];
/// Functions call each other so deep here; what is deeper is not looked at.
const DEPTH_MAX: usize = 8;

/// What functions and constants of the standard library are, by name.
pub struct Bodies<'a>(HashMap<&'a str, &'a Expr>);

impl<'a> Bodies<'a> {
    /// Of all that is visible everywhere.
    pub fn of(items: impl Iterator<Item = &'a Item>) -> Self {
        let body = |item: &'a Item| match &item.kind {
            ItemKind::Fn(f) => Some((f.name.text.as_str(), &f.body)),
            ItemKind::Let(l) => Some((l.name.text.as_str(), &l.value)),
            _ => None,
        };
        Self(items.filter_map(body).collect())
    }

    /// Kinds without which the list is empty; `None` if that cannot be said.
    pub fn subjects(&self, list: &'a Expr) -> Option<BTreeSet<&'a str>> {
        self.look(list, 0)
    }

    fn look(&self, list: &'a Expr, depth: usize) -> Option<BTreeSet<&'a str>> {
        if depth > DEPTH_MAX {
            return None;
        }
        match &list.kind {
            ExprKind::Name(name) => self.look(self.0.get(name.as_str())?, depth + 1),
            ExprKind::Dot(of, method) if method.text == "flatten" => self.flattened(of, depth),
            ExprKind::Call(callee, args) => match &callee.kind {
                ExprKind::Name(name) if name == "all" => match args.as_slice() {
                    [kind] => last_word(&kind.value).map(|kind| BTreeSet::from([kind])),
                    _ => None,
                },
                ExprKind::Name(function) => self.look(self.0.get(function.as_str())?, depth + 1),
                ExprKind::Dot(of, method) if KEEP_EMPTY.contains(&method.text.as_str()) => self.look(of, depth),
                _ => None,
            },
            _ => None,
        }
    }

    /// `[a, b].flatten` is empty where each is.
    fn flattened(&self, list: &'a Expr, depth: usize) -> Option<BTreeSet<&'a str>> {
        let ExprKind::List(lists) = &list.kind else { return self.look(list, depth) };
        let mut found = BTreeSet::new();
        for list in lists {
            found.extend(self.look(list, depth)?);
        }
        Some(found)
    }
}

/// `server` of `aliyun.server`.
fn last_word(kind: &Expr) -> Option<&str> {
    match &kind.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Dot(_, name) => Some(&name.text),
        _ => None,
    }
}
