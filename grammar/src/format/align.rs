//! What stands below what? `=` and `:` of entries, the braces of children of one noun, the cells of a table's rows.

use super::layout::{Layout, flat, width};
use super::tree::{Kid, Node};
use super::{INDENT_COLUMNS, WIDTH_COLUMNS_MAX};
use crate::grammar::Rule;

/// Cells of a column that differ by more are not padded: the rows would be more space than text.
const CELL_PAD_COLUMNS_MAX: usize = 8;

/// How an entry of braces is written.
pub(super) enum How {
    /// By its own rules.
    Plain,
    /// With so many spaces before its `=` or `:`.
    Pad(usize),
    /// With the word of a check's clause padded.
    Clause,
    /// As this line.
    Line(String),
}

/// One for each part of the braces.
pub(super) fn hows(layout: Layout, node: &Node<'_>) -> Vec<How> {
    let mut hows: Vec<How> = node.kids.iter().map(|_| How::Plain).collect();
    match node.rule {
        Rule::check_body => {
            for (at, kid) in node.kids.iter().enumerate() {
                if kid.rule().is_some_and(|rule| matches!(rule, Rule::binding | Rule::condition | Rule::clause | Rule::also | Rule::fix)) {
                    let begins_with_severity = kid.node().is_some_and(|node| node.kids.first().and_then(Kid::rule) == Some(Rule::severity));
                    hows[at] = if begins_with_severity { How::Plain } else { How::Clause };
                }
            }
        }
        Rule::kind_body | Rule::record_type => typed(node, &mut hows),
        Rule::body | Rule::record => {
            for run in runs(node) {
                valued(node, &run, &mut hows);
            }
        }
        _ => {}
    }
    rows(layout, node, &mut hows);
    children(layout, node, &mut hows);
    hows
}

/// How wide an entry is before its `=` or `:`.
fn head(node: &Node<'_>) -> usize {
    node.kids.iter().take_while(|kid| !kid.is("=") && !kid.is(":")).map(|kid| width(kid.text())).sum()
}

/// The fields of a kind, typed and derived ones: `:` and `=` share a column.
fn typed(node: &Node<'_>, hows: &mut [How]) {
    let space = |node: &Node<'_>| usize::from(node.rule == Rule::derived);
    let entries = || {
        let nodes = node.kids.iter().enumerate().filter_map(|(at, kid)| Some((at, kid.node()?)));
        nodes.filter(|(_, node)| matches!(node.rule, Rule::attribute | Rule::derived))
    };
    let column = entries().map(|(_, node)| head(node) + space(node)).max().unwrap_or(0);
    for (at, node) in entries() {
        hows[at] = How::Pad(column - head(node) - space(node));
    }
}

/// The fields between two empty lines.
fn runs(node: &Node<'_>) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new()];
    for (at, kid) in node.kids.iter().enumerate().skip(1) {
        if kid.lines() > 1 {
            found.push(Vec::new());
        }
        if kid.rule() == Some(Rule::field)
            && let Some(run) = found.last_mut()
        {
            run.push(at);
        }
    }
    found
}

/// The `=` of a run's fields share a column, that of dotted ones another.
fn valued(node: &Node<'_>, run: &[usize], hows: &mut [How]) {
    for dotted in [false, true] {
        let fields = || {
            let nodes = run.iter().filter_map(|at| Some((*at, node.kids[*at].node()?)));
            nodes.filter(move |(_, field)| field.kids.get(1).is_some_and(|kid| kid.is(".")) == dotted)
        };
        let column = fields().map(|(_, field)| head(field)).max().unwrap_or(0);
        for (at, field) in fields() {
            hows[at] = How::Pad(column - head(field));
        }
    }
}

/// The record that a quoted key has as its value, if it stands on one line: a row of a table.
fn row<'a, 't>(kid: &'a Kid<'t>) -> Option<&'a Node<'t>> {
    let field = kid.node().filter(|node| node.rule == Rule::field)?;
    let [Kid::Node(key), Kid::Mark("=", _), Kid::Node(value)] = field.kids.as_slice() else { return None };
    let [Kid::Node(record)] = value.kids.as_slice() else { return None };
    let is_row = key.rule == Rule::quoted && record.rule == Rule::record && !field.hard && value.lines == 0;
    is_row.then_some(record)
}

/// The cells of a row.
fn cells<'a, 't>(record: &'a Node<'t>) -> impl Iterator<Item = &'a Node<'t>> {
    record.kids.iter().filter_map(Kid::node)
}

/// Rows of a table: cells of the same name stand below each other where their widths are alike.
fn rows(layout: Layout, node: &Node<'_>, hows: &mut [How]) {
    let found: Vec<usize> = (0..node.kids.len()).filter(|at| row(&node.kids[*at]).is_some()).collect();
    let records = || found.iter().filter_map(|at| row(&node.kids[*at]));
    let mut widths: Vec<usize> = Vec::new();
    loop {
        let index = widths.len();
        let mut column = records().filter(|record| cells(record).count() > index + 1).filter_map(|record| cells(record).nth(index));
        let Some(first) = column.next() else { break };
        let name = first.kids.first().map(Kid::text);
        let size = |cell: &Node<'_>| flat(cell, usize::MAX).map_or(0, |cell| width(&cell));
        let (mut least, mut most) = (size(first), size(first));
        let mut is_alike = true;
        for cell in column {
            is_alike &= cell.kids.first().map(Kid::text) == name && cell.rule == Rule::field;
            (least, most) = (least.min(size(cell)), most.max(size(cell)));
        }
        if !is_alike || most - least > CELL_PAD_COLUMNS_MAX {
            break;
        }
        widths.push(most);
    }
    let lines: Vec<Option<String>> = found.iter().map(|at| line(layout, &node.kids[*at], &hows[*at], &widths)).collect();
    if lines.iter().all(Option::is_some) {
        for (at, line) in found.iter().zip(lines.into_iter().flatten()) {
            hows[*at] = How::Line(line);
        }
    }
}

/// A row with its cells padded, if it fits.
fn line(layout: Layout, kid: &Kid<'_>, how: &How, widths: &[usize]) -> Option<String> {
    let (How::Pad(pad), Some(record)) = (how, row(kid)) else { return None };
    let key = kid.node()?.kids.first()?.text();
    let mut out = format!("{key}{} = {{", " ".repeat(*pad));
    let count = cells(record).count();
    for (index, cell) in cells(record).enumerate() {
        let text = flat(cell, usize::MAX)?;
        out.push(' ');
        out.push_str(&text);
        if index + 1 < count {
            out.push(',');
            let wanted = widths.get(index).copied().unwrap_or(0);
            out.push_str(&" ".repeat(wanted.saturating_sub(width(&text))));
        }
    }
    out.push_str(if count == 0 { "}" } else { " }" });
    (layout.indent + width(&out) <= WIDTH_COLUMNS_MAX).then_some(out)
}

/// Children of one noun on consecutive lines: their braces stand below each other.
fn children(layout: Layout, node: &Node<'_>, hows: &mut [How]) {
    let noun = |at: usize| {
        let node = node.kids.get(at).and_then(Kid::node)?;
        (node.rule == Rule::declaration && flat(node, WIDTH_COLUMNS_MAX - INDENT_COLUMNS).is_some())
            .then(|| node.kids.first().map(Kid::text))?
    };
    let mut at = 0;
    while at < node.kids.len() {
        let Some(first) = noun(at) else {
            at += 1;
            continue;
        };
        let from = at;
        at += 1;
        while noun(at) == Some(first) && node.kids[at].lines() == 1 {
            at += 1;
        }
        let heads: Vec<(String, String)> = node.kids[from..at].iter().filter_map(|kid| halves(kid.node()?)).collect();
        let column = heads.iter().map(|(head, _)| width(head)).max().unwrap_or(0);
        let fits = heads.iter().all(|(_, body)| layout.indent + column + 1 + width(body) <= WIDTH_COLUMNS_MAX);
        if heads.len() == at - from && heads.len() > 1 && fits {
            for (index, (head, body)) in heads.into_iter().enumerate() {
                let pad = " ".repeat(column - width(&head));
                hows[from + index] = How::Line(format!("{head}{pad} {body}"));
            }
        }
    }
}

/// What stands before the braces of a declaration, and the braces.
fn halves(node: &Node<'_>) -> Option<(String, String)> {
    let whole = flat(node, usize::MAX)?;
    let body = flat(node.kids.last().and_then(Kid::node).filter(|body| body.rule == Rule::body)?, usize::MAX)?;
    let head = whole.strip_suffix(&body)?.trim_end().to_owned();
    Some((head, body))
}
