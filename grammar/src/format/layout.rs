//! How is any node written? On one line if it fits and nothing in it asks for lines; else part by part.
//!
//! Braces and lists are in `blocks`, operators in `expressions`.

use super::tree::{self, Kid, Node};
use super::{INDENT_COLUMNS, WIDTH_COLUMNS_MAX, blocks, expressions};
use crate::grammar::Rule;

/// Where something is written.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Of the lines it begins, without what it opens.
    pub(super) indent: usize,
    /// Where its first character goes.
    pub(super) column: usize,
    /// How much must fit behind its last character.
    pub(super) tail: usize,
}

impl Layout {
    /// An item at a column of the first level.
    pub(super) fn item(node: &Node<'_>, column: usize) -> String {
        Self { indent: 0, column, tail: 0 }.node(node)
    }

    /// The same, further to the right.
    pub(super) fn at(self, column: usize, tail: usize) -> Self {
        Self { column, tail, ..self }
    }

    /// The start of a line, one level further in.
    pub(super) fn deeper(self) -> Self {
        let indent = self.indent + INDENT_COLUMNS;
        Self { indent, column: indent, tail: 0 }
    }

    /// How many columns are left.
    pub(super) fn room(self) -> usize {
        WIDTH_COLUMNS_MAX.saturating_sub(self.column + self.tail)
    }

    /// A node as text; lines after the first have their indentation.
    pub(super) fn node(self, node: &Node<'_>) -> String {
        if node.kids.is_empty() || node.has_odd_comment() {
            return tree::unix(node.text);
        }
        if let Some(flat) = flat(node, self.room()) {
            return flat;
        }
        match node.rule {
            rule if tree::is_block(rule) => blocks::block(self, node),
            rule if tree::is_list(rule) => blocks::list(self, node),
            Rule::expr => expressions::broken(self, node),
            Rule::branch => expressions::branch(self, node),
            Rule::if_expr => expressions::if_broken(self, node),
            _ => self.parts(node, 0),
        }
    }

    /// The parts of a node one after the other; `pad` spaces go before its `=` or `:`.
    pub(super) fn parts(self, node: &Node<'_>, pad: usize) -> String {
        let mut out = String::new();
        let mut pad = Some(pad);
        for (at, kid) in node.kids.iter().enumerate() {
            if at > 0 {
                let is_mark = kid.is("=") || (kid.is(":") && node.rule != Rule::full_type);
                if let Some(pad) = is_mark.then(|| pad.take()).flatten() {
                    out.extend(core::iter::repeat_n(' ', pad));
                }
                out.push_str(gap(node.rule, &node.kids[at - 1], kid));
            }
            let here = self.at(last_column(self.column, &out), tail(self.tail, node, at + 1));
            match kid {
                Kid::Mark(mark, _) => out.push_str(mark),
                Kid::Node(value) if at > 0 && node.kids[at - 1].is("=") && node.rule != Rule::argument => {
                    here.value(value, &mut out);
                }
                Kid::Node(kid) => out.push_str(&here.node(kid)),
            }
        }
        out
    }

    /// What stands behind `=`: on the same line, or on one of its own where the author put it or it fits only there.
    fn value(self, value: &Node<'_>, out: &mut String) {
        let below = self.deeper();
        let fits_below = || flat(value, below.room()).is_some() && flat(value, self.room()).is_none() && !opens(value);
        if value.lines > 0 || fits_below() {
            out.truncate(out.trim_end().len());
            new_line(out, below.indent);
            out.push_str(&below.node(value));
        } else {
            out.push_str(&self.node(value));
        }
    }
}

/// Does the value begin with a bracket that can be broken behind itself?
fn opens(value: &Node<'_>) -> bool {
    match value.kids.as_slice() {
        [Kid::Node(only)] => tree::is_bracket(only.rule),
        [Kid::Node(callee), .., Kid::Node(last)] => callee.rule == Rule::name && last.rule == Rule::call && value.kids.len() == 2,
        _ => false,
    }
}

/// What must fit behind a part: everything up to where the line may break.
fn tail(last: usize, node: &Node<'_>, from: usize) -> usize {
    let mut columns = 0;
    for (at, kid) in node.kids.iter().enumerate().skip(from) {
        columns += gap(node.rule, &node.kids[at - 1], kid).len();
        match kid {
            Kid::Mark("=", _) => return columns + 1,
            Kid::Mark(mark, _) => columns += width(mark),
            Kid::Node(kid) if tree::is_bracket(kid.rule) || kid.rule == Rule::branch => return columns + 1,
            Kid::Node(kid) => match flat(kid, WIDTH_COLUMNS_MAX) {
                Some(flat) => columns += width(&flat),
                None => return columns + 1,
            },
        }
    }
    columns + last
}

/// The node on one line, if it may stand there and has at most so many columns.
pub(super) fn flat(node: &Node<'_>, room: usize) -> Option<String> {
    let mut out = String::new();
    (!node.hard && write_flat(node, room, &mut out)).then_some(out)
}

/// Writes the node on one line; false if it gets too long.
fn write_flat(node: &Node<'_>, room: usize, out: &mut String) -> bool {
    if node.kids.is_empty() {
        out.push_str(node.text);
        return out.len() <= room || width(out) <= room;
    }
    let count = node.kids.len();
    let mut before: Option<&Kid<'_>> = None;
    for (at, kid) in node.kids.iter().enumerate() {
        let is_last_comma =
            kid.is(",") && tree::is_bracket(node.rule) && (at + 2 == count || at == 1 || before.is_some_and(|kid| kid.is(",")));
        if is_last_comma {
            continue;
        }
        if let Some(before) = before {
            // Between entries that stood on lines of their own there is no comma yet.
            let parted = tree::is_block(node.rule) && is_entry(before) && is_entry(kid);
            out.push_str(if parted { ", " } else { gap(node.rule, before, kid) });
        }
        match kid {
            Kid::Mark(mark, _) => out.push_str(mark),
            Kid::Node(kid) if !write_flat(kid, room, out) => return false,
            Kid::Node(_) => {}
        }
        before = Some(kid);
    }
    out.len() <= room || width(out) <= room
}

/// An entry of braces, which a comma ends.
fn is_entry(kid: &Kid<'_>) -> bool {
    kid.rule().is_some_and(|rule| !tree::is_comment(rule) && rule != Rule::annotation)
}

/// What goes between two parts on one line.
pub(super) fn gap(rule: Rule, before: &Kid<'_>, after: &Kid<'_>) -> &'static str {
    let is_tight = match (before, after) {
        (_, Kid::Mark("," | ":" | ")" | "]" | ".", _)) | (Kid::Mark("(" | "[" | "@" | ".", _), _) => true,
        (Kid::Mark("/", _), _) | (_, Kid::Mark("/", _)) => true,
        (Kid::Mark("{", _), _) | (_, Kid::Mark("}", _)) => {
            rule == Rule::map_type || (rule == Rule::record && before.is("{") && after.is("}"))
        }
        (_, Kid::Node(after)) => match after.rule {
            Rule::call => rule != Rule::list && !before.is(","),
            Rule::dot | Rule::index | Rule::every | Rule::present | Rule::many | Rule::optional | Rule::params | Rule::keys => true,
            Rule::op => matches!(after.text, ".." | "..="),
            _ => {
                matches!(before, Kid::Node(before) if matches!((before.rule, before.text), (Rule::prefix, "-") | (Rule::op, ".." | "..=")))
            }
        },
        _ => false,
    };
    if is_tight { "" } else { " " }
}

/// Ends the line and indents the next.
pub(super) fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(core::iter::repeat_n(' ', indent));
}

/// How many columns a text takes: one for each character.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// Where a text ends that begins at a column.
pub(super) fn last_column(column: usize, text: &str) -> usize {
    match text.rfind('\n') {
        Some(at) => width(&text[at + 1..]),
        None => column + width(text),
    }
}
