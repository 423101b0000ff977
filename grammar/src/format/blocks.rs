//! How are braces and lists written on several lines? An entry or element a line, comments where they were, at most one
//! empty line between. What stands below what is in `align`.

use super::align::{self, How};
use super::layout::{Layout, flat, last_column, new_line};
use super::tree::{self, Kid, Node};
use crate::grammar::Rule;

/// `{ … }` with an entry a line.
pub(super) fn block(layout: Layout, node: &Node<'_>) -> String {
    let mut out = if node.rule == Rule::children { "children {" } else { "{" }.to_owned();
    let below = layout.deeper();
    let hows = align::hows(below, node);
    let mut empty = true;
    for (at, kid) in node.kids.iter().enumerate() {
        let Some(kid) = kid.node() else { continue };
        let lines = lines_before(&node.kids, at);
        if kid.rule == Rule::comment && lines == 0 {
            out.push(' ');
            out.push_str(&tree::unix(kid.text));
            continue;
        }
        let text = entry(below, kid, &hows[at]);
        let beside = at > 0 && lines == 0 && node.kids[at - 1].rule() == Some(Rule::annotation);
        let beside = beside && last_column(layout.column, &out) + 1 + first_line(&text) <= super::WIDTH_COLUMNS_MAX;
        if beside {
            out.push(' ');
        } else {
            if lines > 1 && !empty {
                out.push('\n');
            }
            new_line(&mut out, below.indent);
        }
        out.push_str(&text);
        empty = false;
    }
    new_line(&mut out, layout.indent);
    out.push('}');
    out
}

/// How many columns the first line of a text takes.
fn first_line(text: &str) -> usize {
    text.lines().next().map_or(0, super::layout::width)
}

/// Line breaks before a part, those before its comma among them.
fn lines_before(kids: &[Kid<'_>], at: usize) -> usize {
    let commas = kids[..at].iter().rev().take_while(|kid| kid.is(","));
    commas.map(Kid::lines).max().unwrap_or(0).max(kids[at].lines())
}

/// One entry of braces.
fn entry(layout: Layout, node: &Node<'_>, how: &How) -> String {
    match how {
        How::Line(line) => line.clone(),
        _ if node.kids.is_empty() || node.has_odd_comment() => layout.node(node),
        How::Pad(pad) => layout.parts(node, *pad),
        How::Clause => clause(layout, node),
        How::Plain => layout.node(node),
    }
}

/// `when  …`: the words of a check's clauses are as wide as the longest of them.
fn clause(layout: Layout, node: &Node<'_>) -> String {
    let text = layout.node(node);
    let word = node.kids.first().map_or(0, |kid| kid.text().len());
    let pad = 5_usize.saturating_sub(word);
    let padded = Layout { tail: layout.tail + pad, ..layout }.node(node);
    let text = if padded == text { text } else { padded };
    format!("{}{}{}", &text[..word], " ".repeat(pad), &text[word..])
}

/// `[ … ]` or `( … )` with its elements on lines of their own.
pub(super) fn list(layout: Layout, node: &Node<'_>) -> String {
    let (open, close) = if node.rule == Rule::list { ("[", "]") } else { ("(", ")") };
    let is_open = node.kids.get(1).is_some_and(|kid| kid.lines() > 0);
    if !is_open && let Some(text) = hugged(layout, node, open, close) {
        return text;
    }
    let below = layout.deeper();
    let mut out = open.to_owned();
    let mut empty = true;
    for at in 0..node.kids.len() {
        let Some(kid) = node.kids[at].node() else { continue };
        let lines = lines_before(&node.kids, at);
        let is_comment = tree::is_comment(kid.rule);
        let after_comment = at > 0 && node.kids[at - 1].rule() == Some(Rule::comment);
        if (is_comment && lines == 0) || (!empty && !after_comment && is_open && lines == 0 && joins(layout, &out, kid)) {
            out.push(' ');
        } else {
            if lines > 1 && !empty {
                out.push('\n');
            }
            new_line(&mut out, below.indent);
        }
        let column = last_column(layout.column, &out);
        out.push_str(&below.at(column, usize::from(!is_comment)).node(kid));
        if !is_comment {
            out.push(',');
        }
        empty &= is_comment;
    }
    new_line(&mut out, layout.indent);
    out.push_str(close);
    out
}

/// Elements that the author put on one line stay there while they fit.
fn joins(layout: Layout, before: &str, node: &Node<'_>) -> bool {
    let column = last_column(layout.column, before) + 1;
    flat(node, layout.at(column, 1).room()).is_some()
}

/// `f(a, {`: the last element goes on over several lines, and the others stand before it.
fn hugged(layout: Layout, node: &Node<'_>, open: &str, close: &str) -> Option<String> {
    if node.kids.iter().any(|kid| kid.rule() == Some(Rule::comment)) {
        return None;
    }
    let elements: Vec<&Node<'_>> = node.kids.iter().filter_map(Kid::node).collect();
    let (last, others) = elements.split_last()?;
    if !is_huggable(last) {
        return None;
    }
    let mut out = open.to_owned();
    for other in others {
        out.push_str(&flat(other, layout.at(last_column(layout.column, &out), 2).room())?);
        out.push_str(", ");
    }
    out.push_str(&layout.at(last_column(layout.column, &out), 1 + layout.tail).node(last));
    out.push_str(close);
    Some(out)
}

/// Does it consist of one thing that has brackets or marks of its own?
fn is_huggable(node: &Node<'_>) -> bool {
    let inner = match (node.rule, node.kids.as_slice()) {
        (Rule::argument, [Kid::Node(only)]) => only,
        (Rule::expr, _) => node,
        _ => return false,
    };
    match inner.kids.as_slice() {
        [Kid::Node(only)] => matches!(only.rule, Rule::record | Rule::list | Rule::multi) || (only.rule == Rule::tagged && only.hard),
        [Kid::Node(_), Kid::Node(op), Kid::Node(body)] => op.text == "=>" && matches!(body.rule, Rule::record | Rule::if_expr),
        _ => false,
    }
}
