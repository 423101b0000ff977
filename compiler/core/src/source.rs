//! Which text does a byte stand in, and on which line? All texts of one compilation, and places in them.
//!
//! Lines are counted only when a diagnostic is written.

use mig_plan::{Origin, Position};
use mig_syntax::ast;
use std::collections::BTreeMap;

/// A text of the compilation, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Loc {
    /// Which text.
    pub file: FileId,
    /// Where in it.
    pub span: ast::Span,
}

impl Loc {
    /// A place.
    pub fn new(file: FileId, span: ast::Span) -> Self {
        Self { file, span }
    }
}

/// Texts by number, with the names that people know them by.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    files: Vec<(String, String)>,
}

impl Texts {
    /// Adds a text.
    pub fn add(&mut self, name: &str, text: String) -> FileId {
        self.files.push((name.to_owned(), text));
        FileId(self.files.len() as u32 - 1)
    }

    /// The name of a text.
    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |f| &f.0)
    }

    /// The text.
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |f| &f.1)
    }

    /// What stands at a place.
    pub fn slice(&self, loc: Loc) -> &str {
        self.text(loc.file).get(loc.span.start as usize..loc.span.end as usize).unwrap_or("")
    }

    /// Line and column of a place.
    pub fn span(&self, loc: Loc) -> mig_plan::Span {
        mig_plan::Span { start: self.position(loc.file, loc.span.start), end: self.position(loc.file, loc.span.end) }
    }

    /// File, line and column of a place.
    pub fn origin(&self, loc: Loc) -> Origin {
        let at = self.position(loc.file, loc.span.start);
        Origin { file: self.name(loc.file).to_owned(), line: at.line, column: at.column }
    }

    /// Names and texts.
    pub fn by_name(&self) -> BTreeMap<String, String> {
        self.files.iter().cloned().collect()
    }

    /// All names and texts in the order they were read, for a digest.
    pub fn all(&self) -> &[(String, String)] {
        &self.files
    }

    fn position(&self, file: FileId, byte: u32) -> Position {
        let text = self.text(file);
        let mut at = (byte as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = text.get(..at).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() as u32 + 1;
        let column = before.get(line_start..).unwrap_or("").chars().filter(|c| *c != '\u{feff}').count() as u32 + 1;
        Position { line, column, byte: at as u32 }
    }
}
