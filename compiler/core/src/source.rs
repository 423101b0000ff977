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
    layouts: Vec<OnceLock<Layout>>,
}

/// Where lines and columns of a text are. A program can have as many problems as lines, and all on one line.
#[derive(Debug, Clone)]
struct Layout {
    line_starts: Vec<u32>,
    /// How many characters are shown before each block of [`BLOCK_BYTES`].
    shown: Vec<u32>,
}

/// So much of a text is looked at to know a column.
const BLOCK_BYTES: usize = 1 << 10;
/// A mark at the beginning of some texts, which nobody sees.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Layout {
    fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut before = 0;
        let blocks = (0..bytes.len()).step_by(BLOCK_BYTES);
        let shown = blocks.map(|start| {
            let here = before;
            before += shown(bytes, start, start + BLOCK_BYTES);
            here
        });
        Self { shown: shown.collect(), line_starts: [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect() }
    }

    /// Characters that are shown before a byte.
    fn shown_before(&self, bytes: &[u8], at: usize) -> u32 {
        let block = (at / BLOCK_BYTES).min(self.shown.len().saturating_sub(1));
        self.shown.get(block).map_or(0, |before| before + shown(bytes, block * BLOCK_BYTES, at))
    }
}

/// Characters that are shown and begin there.
fn shown(bytes: &[u8], from: usize, to: usize) -> u32 {
    let rest = bytes.get(from..).unwrap_or_default();
    let begins =
        |(at, byte): &(usize, &u8)| *byte & 0xc0 != 0x80 && !(**byte == BYTE_ORDER_MARK[0] && rest[*at..].starts_with(BYTE_ORDER_MARK));
    rest.iter().take(to.saturating_sub(from)).enumerate().filter(begins).count() as u32
}

impl Texts {
    /// Adds a text.
    pub fn add(&mut self, name: &str, text: String) -> FileId {
        self.files.push((name.to_owned(), Arc::new(text)));
        self.layouts.push(OnceLock::new());
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
        let Some(layout) = self.layouts.get(file.0 as usize) else { return Position { line: 1, column: 1, byte: 0 } };
        let layout = layout.get_or_init(|| Layout::new(text));
        let line = layout.line_starts.partition_point(|start| *start as usize <= at);
        let line_start = line.checked_sub(1).and_then(|i| layout.line_starts.get(i)).map_or(0, |start| *start as usize);
        let column = layout.shown_before(text.as_bytes(), at) - layout.shown_before(text.as_bytes(), line_start) + 1;
        Position { line: line as u32, column, byte: at as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_counting_characters() {
        let text = format!("\u{feff}a日\u{feff}b\n{}\n\nü{}z", "é日x".repeat(BLOCK_BYTES), "𝄞".repeat(BLOCK_BYTES / 2));
        let mut texts = Texts::default();
        let file = texts.add("a", text.clone());
        for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before = &text[..at];
            let line = before.rsplit('\n').next().unwrap();
            let position = texts.position(file, at as u32);
            let expected = (before.matches('\n').count() + 1, line.chars().filter(|c| *c != '\u{feff}').count() + 1);
            assert_eq!((position.line as usize, position.column as usize), expected, "byte {at}");
        }
    }
}
