//! Which parts of a text may be folded away? Items, what stands in braces and brackets, runs of imports and of comments.

use super::{
    module_of,
    walk::{self, Node},
};
use crate::Loaded;
use mig_syntax::ast::{ExprKind, ItemKind, Span};

/// What is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoldSort {
    /// An item or a value.
    Region,
    /// Lines of comments.
    Comment,
    /// Imports.
    Imports,
}

/// A part of a text that begins on one line and ends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fold {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What is folded.
    pub sort: FoldSort,
}

/// What may be folded, in order.
pub fn folds(loaded: &Loaded, file: &str) -> Vec<Fold> {
    let Some((_, module)) = module_of(&loaded.syntax, file) else { return vec![] };
    let text = loaded.syntax.texts.text(module.file);
    let mut found = vec![];
    let mut region = |span: Span| found.push(Fold { start: span.start as usize, end: span.end as usize, sort: FoldSort::Region });
    for item in &module.tree.items {
        region(item.span);
        walk::item(item, &mut |node| match node {
            Node::Declaration(d) => region(d.span),
            Node::Expr(e) if matches!(e.kind, ExprKind::List(_) | ExprKind::Record(_) | ExprKind::Str(_) | ExprKind::Tagged(..)) => {
                region(e.span);
            }
            Node::Expr(_) | Node::Annotation(_) => {}
        });
    }
    let imports = module.tree.items.iter().filter(|i| matches!(i.kind, ItemKind::Use(_))).map(|i| i.span);
    runs(text, imports, FoldSort::Imports, &mut found);
    runs(text, module.tree.comments.iter().copied(), FoldSort::Comment, &mut found);
    found.retain(|f| text.get(f.start..f.end).is_some_and(|t| t.contains('\n')));
    found.sort_unstable();
    found.dedup();
    found
}

/// Neighbours with nothing but one line break and space between them are one.
fn runs(text: &str, spans: impl Iterator<Item = Span>, sort: FoldSort, found: &mut Vec<Fold>) {
    let mut last: Option<Fold> = None;
    for span in spans {
        let (start, end) = (span.start as usize, span.end as usize);
        let follows = |f: &Fold| text.get(f.end..start).is_some_and(|t| t.trim().is_empty() && t.matches('\n').count() == 1);
        match &mut last {
            Some(run) if follows(run) => run.end = end,
            _ => found.extend(last.replace(Fold { start, end, sort })),
        }
    }
    found.extend(last);
}
