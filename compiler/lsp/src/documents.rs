//! What does the editor hold? Open buffers, kept as the client's edits change them.

use crate::{
    Home,
    position::{Encoding, Lines},
};
use lsp_types::{Range, TextDocumentContentChangeEvent};
use std::collections::BTreeMap;

/// An open buffer.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its text.
    pub text: String,
    /// The client's number of this text.
    pub version: i32,
    /// Which program it belongs to, and its path below that program's folder; `None` for what is no file.
    pub home: Option<(Home, String)>,
}

/// Open buffers by the client's address.
pub type Documents = BTreeMap<String, Document>;

impl Document {
    /// Applies edits in order, each to the text that the one before left; or says why none of them was applied.
    pub fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) -> Result<(), String> {
        if version <= self.version {
            let known = self.version;
            return Err(format!("an edit of version {version} came after version {known} and was left out; open the file again"));
        }
        let mut text = std::mem::take(&mut self.text);
        let done = changes.into_iter().try_for_each(|change| apply(&mut text, change, encoding));
        self.text = text;
        self.version = version;
        done
    }
}

fn apply(text: &mut String, change: TextDocumentContentChangeEvent, encoding: Encoding) -> Result<(), String> {
    let Some(Range { start, end }) = change.range else {
        *text = change.text;
        return Ok(());
    };
    let lines = Lines::new(text);
    let (from, to) = (lines.offset(text, start, encoding), lines.offset(text, end, encoding));
    if from > to {
        return Err(format!("an edit ends before it begins, at line {}, and was left out", start.line + 1));
    }
    text.replace_range(from..to, &change.text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsp_types::Position;

    fn edit(start: (u32, u32), end: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let position = |(line, character)| Position { line, character };
        TextDocumentContentChangeEvent {
            range: Some(Range { start: position(start), end: position(end) }),
            range_length: None,
            text: text.to_owned(),
        }
    }

    fn document(text: &str) -> Document {
        Document { text: text.to_owned(), version: 1, home: None }
    }

    #[test]
    fn edits_apply_to_what_the_one_before_left() {
        let mut document = document("a\u{1f980}b\n");
        let edits = vec![edit((0, 3), (0, 4), "日"), edit((0, 4), (0, 4), "c\nd"), edit((1, 0), (1, 1), "")];
        assert_eq!(document.change(2, edits, Encoding::Utf16), Ok(()));
        assert_eq!((document.text.as_str(), document.version), ("a\u{1f980}日c\n\n", 2));
    }

    #[test]
    fn edits_past_the_end_are_at_the_end() {
        let mut document = document("ab");
        assert_eq!(document.change(5, vec![edit((7, 1), (9, 9), "c")], Encoding::Utf16), Ok(()));
        assert_eq!(document.text, "abc");
    }

    #[test]
    fn old_versions_and_reversed_ranges_change_nothing() {
        let mut document = document("ab");
        assert!(document.change(1, vec![edit((0, 0), (0, 1), "x")], Encoding::Utf16).is_err_and(|m| m.contains("version 1")));
        assert!(document.change(2, vec![edit((0, 2), (0, 0), "x")], Encoding::Utf16).is_err_and(|m| m.contains("ends before")));
        assert_eq!(document.text, "ab");
    }
}
