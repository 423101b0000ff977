//! Which texts were parsed already? Those of the standard library once a process; of those of a project what an edit did not touch.

use crate::{embedded, load::Syntax, source::FileId};
use mig_syntax::ast;
use rustc_hash::FxHashMap as HashMap;
use std::sync::{Arc, OnceLock};

/// Trees by path, kept from one load of a program to the next.
#[derive(Debug, Default)]
pub struct Parsed {
    trees: HashMap<String, (Arc<String>, Arc<ast::Module>)>,
}

impl Parsed {
    /// The tree of a text of the project; of one that has changed, what did not change is taken from the old tree.
    pub(crate) fn tree(&mut self, path: &str, text: &str) -> Arc<ast::Module> {
        match self.trees.remove(path) {
            Some((old, tree)) if *old == text => tree,
            Some((old, tree)) => {
                let tree = Arc::try_unwrap(tree).unwrap_or_else(|shared| ast::Module::clone(&shared));
                Arc::new(mig_syntax::parse_again(&old, tree, text))
            }
            None => Arc::new(mig_syntax::parse(text)),
        }
    }

    /// Keeps the trees of the program that was read, and no others.
    pub(crate) fn keep(&mut self, syntax: &Syntax) {
        let text = |file: FileId| (syntax.texts.name(file).to_owned(), syntax.texts.shared(file));
        let own = syntax.modules.iter().filter(|m| m.own);
        self.trees = own.map(|m| (text(m.file), m.tree.clone())).map(|((name, text), tree)| (name, (text, tree))).collect();
    }
}

static STANDARD: OnceLock<Vec<OnceLock<Arc<ast::Module>>>> = OnceLock::new();

/// The tree of a text of the standard library, by its number there: made when migc was built, read once a process.
pub(crate) fn standard(number: usize) -> Option<Arc<ast::Module>> {
    let (_, text) = embedded::STDLIB.get(number)?;
    let trees = STANDARD.get_or_init(|| embedded::STDLIB.iter().map(|_| OnceLock::new()).collect());
    let read = || {
        let built = embedded::TREES.get(number).and_then(|tree| postcard::from_bytes(tree).ok());
        Arc::new(built.unwrap_or_else(|| mig_syntax::parse(text)))
    };
    Some(trees.get(number)?.get_or_init(read).clone())
}
