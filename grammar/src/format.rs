//! How is a text written out by the rules of style? Item by item, with every comment; what is broken stays as it is.
//!
//! Which lines break is said in `layout` and `expressions`, what stands below what in `align`. There are no options.

mod align;
mod blocks;
mod expressions;
mod layout;
mod tree;

use crate::ast::Span;
use crate::grammar::{Mig, Rule};
use crate::parse::{PIECE_BYTES, TEXT_BYTES_MAX, parse};
use crate::split;
use layout::Layout;
use pest::Parser;
use tree::Node;

/// A line is not made longer than this where it can be broken.
const WIDTH_COLUMNS_MAX: usize = 120;
/// Each level of braces or brackets.
const INDENT_COLUMNS: usize = 2;

/// A text that was formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// With LF line ends, and one at its end unless it is empty.
    pub text: String,
    /// What was left as it is, in the text that was given: items that are broken, or that no layout could keep.
    pub left: Vec<Span>,
}

/// Formats a text; idempotent, and the tree stays the same.
pub fn format(text: &str) -> String {
    formatted(text).text
}

/// Begins and ends a text of several lines.
const LONG_QUOTE: &str = "\"\"\"";

/// Formats a text and says what was left as it is.
pub fn formatted(text: &str) -> Formatted {
    if text.len() > TEXT_BYTES_MAX {
        return Formatted { text: text.to_owned(), left: vec![Span::new(0, 0)] };
    }
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offset = text.len() - body.len();
    let mut found = Formatted { text: String::with_capacity(body.len()), left: Vec::new() };
    let damage: Vec<(usize, usize)> =
        parse(body).damage.iter().map(|damage| (damage.span.start as usize, damage.span.end as usize)).collect();
    let mut until = 0;
    for line in lines(body) {
        let (start, end) = (line[0].start, line[line.len() - 1].end);
        if !found.text.is_empty() {
            found.text.push_str(if tree::line_breaks(&body[until..start]) > 1 { "\n\n" } else { "\n" });
        }
        // What is skipped after a missing value may stand on a line of its own; without its indentation it would be an item.
        let indent = body[until..start].len() - body[until..start].trim_end_matches([' ', '\t']).len();
        until = end;
        let written = &body[start..end];
        let first = damage.partition_point(|(_, until)| *until < start);
        let is_broken = damage[first..].iter().take_while(|(from, _)| *from <= end).next().is_some() || line.iter().any(Node::lacks);
        match if is_broken { None } else { rewritten(&line, written) } {
            Some(new) => found.text.push_str(&new),
            None => {
                until = end + of_open_text(written, &body[end..]);
                found.text.push_str(&body[start - indent..until]);
                found.left.push(Span::new(offset + start, offset + end));
            }
        }
    }
    if !found.text.is_empty() && !found.text.ends_with('\n') {
        found.text.push('\n');
    }
    found
}

/// Bytes behind what is broken that may be of a text that was never closed: space on its line, and of a long text all empty lines.
fn of_open_text(written: &str, behind: &str) -> usize {
    if written.matches(LONG_QUOTE).count().is_multiple_of(2) {
        return behind.len() - behind.trim_start_matches([' ', '\t']).len();
    }
    let empty = &behind[..behind.len() - behind.trim_start().len()];
    empty.rfind('\n').unwrap_or(empty.len())
}

/// What stands at the level of the file, by the lines it begins on: an item, the annotation before it, the comment after it.
fn lines(text: &str) -> Vec<Vec<Node<'_>>> {
    let mut found: Vec<Vec<Node<'_>>> = Vec::new();
    let mut until = 0;
    for (base, piece) in split::pieces(text, PIECE_BYTES) {
        let Ok(file) = Mig::parse(Rule::file, piece) else {
            found.push(vec![Node::unread(text, base, piece)]);
            until = base + piece.len();
            continue;
        };
        let pairs = file.flat_map(pest::iterators::Pair::into_inner).filter(|pair| pair.as_rule() != Rule::EOI);
        for pair in pairs {
            let node = Node::new(text, base, &pair, until);
            let begins = until == 0 || tree::line_breaks(&text[until..node.start]) > 0;
            until = node.end;
            match found.last_mut() {
                Some(line) if !begins => line.push(node),
                _ => found.push(vec![node]),
            }
        }
    }
    found
}

/// The new text of a line of the file, if it means what the written one means and formats to itself.
fn rewritten(line: &[Node<'_>], written: &str) -> Option<String> {
    let new = laid_out(line);
    if new == written {
        return Some(new);
    }
    let again = lines(&new);
    let [again] = again.as_slice() else { return None };
    (tree::events(line) == tree::events(again) && laid_out(again) == new).then_some(new)
}

/// Annotation, item and comment of a line, as they are written by the rules.
fn laid_out(line: &[Node<'_>]) -> String {
    let mut out = String::new();
    for (index, node) in line.iter().enumerate() {
        if index > 0 {
            // An annotation stays before what fits beside it.
            let long = matches!(line[index - 1].rule, Rule::annotation) && !is_short(node, &out);
            out.push_str(if long { "\n" } else { " " });
        }
        let column = layout::last_column(0, &out);
        out.push_str(&Layout::item(node, column));
    }
    out
}

/// Does the head of an item fit behind what stands on its line?
fn is_short(node: &Node<'_>, before: &str) -> bool {
    let text = Layout::item(node, 0);
    let first = text.lines().next().unwrap_or_default();
    layout::last_column(0, before) + 1 + layout::width(first) <= WIDTH_COLUMNS_MAX
}
