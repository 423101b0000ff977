//! Text to tree. Knows characters, spans and comments, and nothing of kinds, types, files or meaning.

extern crate alloc;

pub mod ast;
