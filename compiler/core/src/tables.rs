//! Which tables are there, and what do projects add to them?

use crate::{
    program::{Program, Symbol},
    types::ModuleId,
};
use mig_syntax::ast;

impl<'a> Program<'a> {
    /// Tables that a module may name, for near misses.
    pub fn tables_seen(&self, module: ModuleId) -> Vec<String> {
        let tables = |id: ModuleId| {
            let scope = self.scopes.get(id.0 as usize);
            scope.into_iter().flat_map(|s| &s.values).filter(|(_, (_, symbol))| matches!(symbol, Symbol::Table(_))).map(|(name, _)| name)
        };
        let used = self.syntax.modules.get(module.0 as usize).into_iter().flat_map(|m| &m.uses);
        let mut seen: Vec<String> = tables(module).map(ToString::to_string).collect();
        for (alias, target) in used {
            seen.extend(tables(*target).map(|name| format!("{alias}.{name}")));
        }
        seen.sort();
        seen
    }

    /// The table that an `extend` names, with the table's module.
    pub fn table_of(&self, module: ModuleId, extend: &ast::Extend) -> Option<(ModuleId, &'a ast::Param)> {
        let found = match extend.target.text.rsplit_once('.') {
            Some((first, last)) => {
                let target = self.used(module, first)?;
                self.scopes.get(target.0 as usize)?.values.get(last).copied()
            }
            None => self.find_value(module, &extend.target.text),
        };
        match found {
            Some((owner, Symbol::Table(table))) => Some((owner, table)),
            _ => None,
        }
    }
}
