//! Which edits format a text? Those of the one formatter, as small as lines allow, so that the cursor stays where it is.

use crate::position::{Encoding, Lines};
use lsp_types::TextEdit;
use mig_syntax::ast::Item;

/// The edits that format a whole text; none where it is formatted.
pub fn whole(text: &str, encoding: Encoding) -> Vec<TextEdit> {
    difference(text, 0, text.len(), &mig_syntax::format(text), encoding)
}

/// The edits that format the items that a part of a text touches.
pub fn range(text: &str, from: usize, to: usize, encoding: Encoding) -> Vec<TextEdit> {
    let tree = mig_syntax::parse(text);
    let touched = |i: &&Item| (i.span.start as usize) <= to && from <= i.span.end as usize;
    let items: Vec<&Item> = tree.items.iter().filter(touched).collect();
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return vec![] };
    let begin = |at: usize| text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
    let start = begin(first.span.start as usize);
    let end = text.get(last.span.end as usize..).and_then(|t| t.find('\n')).map_or(text.len(), |i| last.span.end as usize + i + 1);
    let part = text.get(start..end).unwrap_or("");
    let mut new = mig_syntax::format(part);
    if !part.ends_with('\n') {
        new.truncate(new.trim_end_matches('\n').len());
    }
    difference(text, start, end, &new, encoding)
}

/// One edit, without the lines that are the same at the beginning and the end.
fn difference(text: &str, start: usize, end: usize, new: &str, encoding: Encoding) -> Vec<TextEdit> {
    let old = text.get(start..end).unwrap_or("");
    if old == new {
        return vec![];
    }
    let same = |a: &mut dyn Iterator<Item = &str>, b: &mut dyn Iterator<Item = &str>| -> usize {
        a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum()
    };
    let head = same(&mut old.split_inclusive('\n'), &mut new.split_inclusive('\n'));
    let (old, new) = (old.get(head..).unwrap_or(""), new.get(head..).unwrap_or(""));
    let tail = same(&mut old.split_inclusive('\n').rev(), &mut new.split_inclusive('\n').rev());
    let new_text = new.get(..new.len() - tail).unwrap_or("").to_owned();
    let range = Lines::new(text).range(text, start + head, end - tail, encoding);
    vec![TextEdit { range, new_text }]
}
