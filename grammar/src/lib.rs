//! Text to tree. Knows characters, spans and comments, and nothing of kinds, types, files or meaning.

extern crate alloc;

mod again;
pub mod ast;
mod damage;
mod format;
mod grammar;
mod lower;
mod parse;
mod split;
mod wording;

pub use again::parse_again;
pub use format::{Formatted, format, formatted};
pub use parse::{TEXT_BYTES_MAX, parse};
