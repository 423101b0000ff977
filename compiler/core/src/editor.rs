//! What does an editor ask about a program? Pure questions, answered in bytes of texts.
//!
//! Positions of lines, messages and buffers are the protocol's and not known here. What a name means is what the typer noted (`watch`).

mod actions;
mod calls;
mod complete;
pub(crate) mod context;
mod folds;
mod hints;
mod hover;
mod imports;
mod index;
mod outline;
mod rename;
mod tokens;
mod unproven;
pub(crate) mod walk;

use crate::{
    load::{Module, Syntax},
    source::{FileId, Loc},
    types::ModuleId,
};

pub use actions::{Action, actions};
pub use calls::{Signature, signature};
pub use complete::{Completion, CompletionSort, completions};
pub use folds::{Fold, FoldSort, folds};
pub use hints::{Hint, hints};
pub use hover::{Hover, hover};
pub use index::Index;
pub use outline::{Outline, OutlineSort, outline};
pub use rename::{Rename, prepare_rename, rename};
pub use tokens::{Token, TokenSort, tokens};
pub use unproven::unproven_at;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// As diagnostics name it.
    pub file: String,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// The module of a file, and its number.
fn module_of<'s>(syntax: &'s Syntax, file: &str) -> Option<(ModuleId, &'s Module)> {
    let found = syntax.modules.iter().enumerate().find(|(_, m)| syntax.texts.name(m.file) == file)?;
    Some((ModuleId(found.0 as u32), found.1))
}

fn place(syntax: &Syntax, at: Loc) -> Place {
    Place { file: syntax.texts.name(at.file).to_owned(), start: at.span.start as usize, end: at.span.end as usize }
}

/// Is the place in the project, rather than in the standard library?
fn is_own(syntax: &Syntax, file: FileId) -> bool {
    syntax.modules.iter().any(|m| m.own && m.file == file)
}
