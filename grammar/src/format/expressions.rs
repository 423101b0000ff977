//! Where do expressions break? Where the author broke them, else before the operators that bind least, else in their
//! last bracket. Conditions break in their branches.

use super::layout::{Layout, flat, gap, last_column, new_line};
use super::tree::{self, Kid, Node};
use crate::grammar::Rule;

/// An expression that does not stand on one line.
pub(super) fn broken(layout: Layout, node: &Node<'_>) -> String {
    let kids = &node.kids;
    let authored: Vec<usize> = (1..kids.len()).filter(|at| tree::is_broken_at(kids, *at)).collect();
    let first = written(layout, kids, &authored);
    if !authored.is_empty() && fits(layout, &first) {
        return first;
    }
    let Some(loosest) = (1..kids.len()).filter_map(|at| looseness(&kids[at])).min() else { return first };
    let is_cut = |at: usize| authored.contains(&at) || looseness(&kids[at]) == Some(loosest);
    let cuts: Vec<usize> = (1..kids.len()).filter(|at| is_cut(*at)).collect();
    // An operand that has lines of its own needs no break before its operator.
    if authored.is_empty() && node.hard && fits(layout, &first) {
        return first;
    }
    written(layout, kids, &cuts)
}

/// Is no line too long?
fn fits(layout: Layout, text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let room = super::WIDTH_COLUMNS_MAX;
    let last = last_column(layout.column, text) + layout.tail;
    layout.column + super::layout::width(first) <= room && lines.all(|line| super::layout::width(line) <= room) && last <= room
}

/// How loose an operator binds: smaller is looser. Others are no place for a break.
fn looseness(kid: &Kid<'_>) -> Option<u8> {
    if kid.rule() != Some(Rule::op) {
        return None;
    }
    Some(match kid.text() {
        "or" => 0,
        "and" => 1,
        "==" | "!=" | "<" | "<=" | ">" | ">=" => 2,
        "??" => 3,
        "+" | "-" => 4,
        "*" | "/" => 5,
        _ => return None,
    })
}

/// The parts, with a line break before each of `cuts`.
fn written(layout: Layout, kids: &[Kid<'_>], cuts: &[usize]) -> String {
    let mut out = String::new();
    let ends = cuts.iter().copied().chain([kids.len()]);
    let (mut from, mut here) = (0, layout);
    for end in ends {
        if from > 0 {
            here = layout.deeper();
            new_line(&mut out, here.indent);
        }
        here.tail = if end == kids.len() { layout.tail } else { 0 };
        segment(here, &kids[from..end], &mut out);
        from = end;
    }
    out
}

/// Parts between two breaks. What does not fit breaks in its last bracket, and in the others if that is not enough.
fn segment(layout: Layout, kids: &[Kid<'_>], out: &mut String) {
    let last = kids.iter().rposition(|kid| kid.node().is_some_and(can_open));
    let mut begun = String::new();
    for (at, kid) in kids.iter().enumerate() {
        if at > 0 {
            begun.push_str(gap(Rule::expr, &kids[at - 1], kid));
        }
        let Some(kid) = kid.node() else { continue };
        let column = last_column(layout.column, &begun);
        let tail = if at + 1 == kids.len() { layout.tail } else { 0 };
        let rest: usize = if Some(at) == last { kids[at + 1..].iter().map(|kid| super::layout::width(kid.text())).sum() } else { 0 };
        match flat(kid, if Some(at) == last { layout.at(column, tail + rest).room() } else { usize::MAX }) {
            Some(flat) => begun.push_str(&flat),
            None => begun.push_str(&layout.at(column, tail).node(kid)),
        }
    }
    out.push_str(&begun);
}

/// Can the node go on over several lines?
fn can_open(node: &Node<'_>) -> bool {
    match node.rule {
        Rule::call | Rule::list | Rule::record => node.kids.len() > 2,
        Rule::if_expr | Rule::paren => true,
        _ => false,
    }
}

/// `{ value }` of a condition, on lines of its own.
pub(super) fn branch(layout: Layout, node: &Node<'_>) -> String {
    let mut out = "{".to_owned();
    let below = layout.deeper();
    for kid in node.kids.iter().filter_map(Kid::node) {
        new_line(&mut out, below.indent);
        out.push_str(&below.node(kid));
    }
    new_line(&mut out, layout.indent);
    out.push('}');
    out
}

/// A condition that does not stand on one line: all its branches are broken.
pub(super) fn if_broken(layout: Layout, node: &Node<'_>) -> String {
    let mut out = String::new();
    for (at, kid) in node.kids.iter().enumerate() {
        if at > 0 {
            out.push_str(gap(node.rule, &node.kids[at - 1], kid));
        }
        match kid {
            Kid::Mark(mark, _) => out.push_str(mark),
            Kid::Node(kid) if kid.rule == Rule::branch && !kid.has_odd_comment() => out.push_str(&branch(layout, kid)),
            Kid::Node(kid) => out.push_str(&layout.at(last_column(layout.column, &out), 2).node(kid)),
        }
    }
    out
}
