//! Which text does a byte stand in, and on which line? All texts of one compilation, and places in them.
//!
//! Lines are counted only when a diagnostic is written.

use mig_plan::{Origin, Position};
use mig_syntax::ast;
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

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
    files: Vec<(String, Arc<String>)>,
    line_starts: Vec<OnceLock<Vec<u32>>>,
}

impl Texts {
    /// Adds a text.
    pub fn add(&mut self, name: &str, text: String) -> FileId {
        self.files.push((name.to_owned(), Arc::new(text)));
        self.line_starts.push(OnceLock::new());
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

    /// The text, shared with whoever keeps it.
    pub fn shared(&self, file: FileId) -> Arc<String> {
        self.files.get(file.0 as usize).map(|f| f.1.clone()).unwrap_or_default()
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
    pub fn by_name(&self) -> BTreeMap<String, Arc<String>> {
        self.files.iter().cloned().collect()
    }

    /// All names and texts in the order they were read, for a digest.
    pub fn all(&self) -> &[(String, Arc<String>)] {
        &self.files
    }

    fn position(&self, file: FileId, byte: u32) -> Position {
        let text = self.text(file);
        let mut at = (byte as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let starts = self.line_starts(file);
        let line = starts.partition_point(|start| *start as usize <= at);
        let line_start = line.checked_sub(1).and_then(|i| starts.get(i)).map_or(0, |start| *start as usize);
        let column = text.get(line_start..at).unwrap_or("").chars().filter(|c| *c != '\u{feff}').count() as u32 + 1;
        Position { line: line as u32, column, byte: at as u32 }
    }

    /// Where the lines of a text begin; looked for once, since a program can have as many problems as lines.
    fn line_starts(&self, file: FileId) -> &[u32] {
        let Some(starts) = self.line_starts.get(file.0 as usize) else { return &[0] };
        starts.get_or_init(|| [0].into_iter().chain(self.text(file).match_indices('\n').map(|(at, _)| at as u32 + 1)).collect())
    }
}
