//! Which names of a text are what, for colours? Words, texts and numbers are the highlighting grammar's, not known here.

use super::{Index, is_own, module_of};
use crate::Loaded;

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenSort {
    /// An import.
    Module,
    /// A noun or kind.
    Kind,
    /// An alias or an enum.
    Type,
    /// A bare value.
    Word,
    /// A constant, a parameter of the program, a table, a declaration.
    Variable,
    /// A field.
    Property,
    /// A name of one expression.
    Parameter,
    /// A function or a check.
    Function,
    /// What values of a type can be asked.
    Method,
}

/// A name with its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub sort: TokenSort,
    /// Is it declared here?
    pub declares: bool,
    /// Does the standard library or the language bring it?
    pub brought: bool,
}

/// The names of a text that stand for something, in order.
pub fn tokens(loaded: &Loaded, index: &Index, file: &str) -> Vec<Token> {
    let Some((_, module)) = module_of(&loaded.syntax, file) else { return vec![] };
    let uses = index.of_file(module.file).iter().filter(|u| u.at.span.start < u.at.span.end);
    uses.map(|u| Token {
        start: u.at.span.start as usize,
        end: u.at.span.end as usize,
        sort: u.sort,
        declares: u.declares(),
        brought: !u.of.is_some_and(|of| is_own(&loaded.syntax, of.file)) && !matches!(u.sort, TokenSort::Word | TokenSort::Property),
    })
    .collect()
}
