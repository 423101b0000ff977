//! Which texts are damaged, so that what is missing or odd there is part of that and not told again?

use crate::{
    program::{KindDef, Program},
    report::near,
    types::ModuleId,
};
use mig_syntax::ast;

impl Program<'_> {
    /// Is that, or something near it, the name of a module that could not be read? Then that was said.
    pub fn is_lost(&self, module: ModuleId, name: &str) -> bool {
        let Some(found) = self.syntax.modules.get(module.0 as usize) else { return false };
        found.tree.items.iter().any(|item| {
            let ast::ItemKind::Use(wanted) = &item.kind else { return false };
            let bound = wanted.bound();
            !found.uses.contains_key(bound) && (bound == name || near(bound, [name]).is_some())
        })
    }

    /// Is the text damaged in there, or right behind it? What is missing or odd then is part of that damage.
    pub fn is_damaged(&self, module: ModuleId, span: ast::Span) -> bool {
        let Some(module) = self.syntax.modules.get(module.0 as usize).filter(|m| !m.tree.damage.is_empty()) else { return false };
        let behind = self.syntax.texts.text(module.file).as_bytes().get(span.end as usize) == Some(&b' ');
        let end = span.end + u32::from(behind);
        module.tree.damage.iter().any(|d| span.start <= d.span.start && d.span.start <= end)
    }
}

impl KindDef<'_> {
    /// Is the text of the kind damaged? Then a field that it seems not to have may stand in what was skipped.
    pub fn is_damaged(&self, program: &Program<'_>) -> bool {
        let Some(module) = program.syntax.modules.get(self.module.0 as usize).filter(|m| !m.tree.damage.is_empty()) else { return false };
        let is_it = |item: &&ast::Item| matches!(&item.kind, ast::ItemKind::Kind(kind) if std::ptr::eq(kind, self.tree));
        module.tree.items.iter().find(is_it).is_some_and(|item| program.is_damaged(self.module, item.span))
    }
}
