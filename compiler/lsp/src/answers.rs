//! What is an answer made of? The program that a request is about, and its places as the protocol writes them.

use crate::{
    Home, Host,
    documents::Documents,
    position::Encoding,
    projects::{self, Compiled},
};
use lsp_types::{Location, Position, Range, TextEdit, Uri, WorkspaceEdit};
use mig_core::editor::Place;
use std::collections::HashMap;

/// A program that is asked about, with what its answers need.
pub struct Answers<'a> {
    /// The program.
    pub compiled: &'a Compiled,
    /// Where it lies.
    pub home: &'a Home,
    /// What is open.
    pub documents: &'a Documents,
    /// The world outside.
    pub host: &'a dyn Host,
    /// What columns count.
    pub encoding: Encoding,
}

impl Answers<'_> {
    /// The address of a file.
    pub fn address(&self, file: &str) -> Option<Uri> {
        projects::address(self.host, self.home, self.documents, file)
    }

    /// The byte at a position of a file.
    pub fn byte(&self, file: &str, at: Position) -> Option<usize> {
        let (text, lines) = self.compiled.text(file)?;
        Some(lines.offset(text, at, self.encoding))
    }

    /// The range of some bytes of a file.
    pub fn range(&self, file: &str, start: usize, end: usize) -> Range {
        self.compiled.text(file).map_or_else(Range::default, |(text, lines)| lines.range(text, start, end, self.encoding))
    }

    /// The place in its file.
    pub fn location(&self, place: &Place) -> Option<Location> {
        Some(Location { uri: self.address(&place.file)?, range: self.range(&place.file, place.start, place.end) })
    }

    /// Edits of files.
    #[expect(clippy::mutable_key_type, reason = "the protocol's own type; an address does not change")]
    pub fn edit<'e>(&self, edits: impl IntoIterator<Item = (&'e Place, &'e str)>) -> WorkspaceEdit {
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for (place, text) in edits {
            if let Some(uri) = self.address(&place.file) {
                let range = self.range(&place.file, place.start, place.end);
                changes.entry(uri).or_default().push(TextEdit { range, new_text: text.to_owned() });
            }
        }
        WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
    }
}
