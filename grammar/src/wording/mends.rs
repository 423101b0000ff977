//! Which edit mends damage? Only what leaves one thing to do; everything else is for people, and `skipped` says it to them.

use super::tokens::is_word;
use crate::ast::{Mend, Span};
use crate::grammar::Rule;
use crate::lower::Around;

/// Marks that stand before and behind texts elsewhere.
const QUOTES: [(char, char); 7] = [('\'', '\''), ('“', '”'), ('”', '”'), ('„', '“'), ('‘', '’'), ('’', '’'), ('«', '»')];

/// Marks of other languages, and what stands for them here.
const MARKS: [(&str, &str); 3] = [("&&", "and"), ("||", "or"), ("->", "=>")];

/// An edit that is what was meant.
fn sure(start: usize, end: usize, text: impl Into<String>) -> Mend {
    Mend { span: Span::new(start, end), text: text.into(), is_sure: true }
}

/// An edit that may be what was meant.
fn guess(start: usize, end: usize, text: impl Into<String>) -> Mend {
    Mend { span: Span::new(start, end), text: text.into(), is_sure: false }
}

/// The edit for text that no rule but a `bad_*` took.
pub(super) fn of_skipped(text: &str, rule: Rule, at: Span, around: Around) -> Option<Mend> {
    let (start, end) = (at.start as usize, at.end as usize);
    let skipped = &text[start..end];
    if let Some(mend) = quotes(text, start) {
        return Some(mend);
    }
    match rule {
        Rule::bad_item if is_indented_item(skipped) => Some(guess(start, end - skipped.trim_start_matches([' ', '\t']).len(), "")),
        Rule::bad_item if skipped.starts_with('#') => Some(sure(start, start + 1, "//")),
        Rule::bad_end | Rule::bad_tail if skipped.starts_with('#') => Some(sure(start, start + 1, "//")),
        Rule::bad_end | Rule::bad_tail | Rule::bad_arg => behind_a_value(text, rule, start, skipped, around),
        Rule::bad_names => Some(sure(start, end, skipped.trim_matches(['(', ')']).trim())),
        Rule::bad_entry if skipped.starts_with(';') => Some(sure(start, start + 1, "")),
        Rule::bad_entry => entry(skipped, start, around),
        Rule::bad_head => head(text, start, skipped, around),
        _ => None,
    }
}

/// An item, or a declaration, behind spaces.
fn is_indented_item(skipped: &str) -> bool {
    let rest = skipped.trim_start_matches([' ', '\t']);
    let behind = rest[word(rest).len()..].trim_start();
    rest.len() < skipped.len() && rest.starts_with(|c: char| c.is_ascii_lowercase()) && behind.starts_with(|c: char| is_word(c))
}

/// `10GiB;`, `10 GiB`, `a && b`, `size = 1 name = 2`, `[1 2]`.
fn behind_a_value(text: &str, rule: Rule, start: usize, skipped: &str, around: Around) -> Option<Mend> {
    let before = text[..start].trim_end_matches([' ', '\t']).len();
    let in_list = rule == Rule::bad_arg && matches!(around.rule, Rule::call | Rule::list | Rule::params);
    if let Some(rest) = skipped.strip_prefix(';').filter(|_| in_list) {
        return Some(if rest.trim().is_empty() { sure(before, start + 1, "") } else { sure(before, start + 1, ",") });
    }
    if let Some(rest) = skipped.strip_prefix(';') {
        let goes_on = rule == Rule::bad_tail && !rest.trim().is_empty();
        return (goes_on || rest.trim().is_empty()).then(|| sure(before, start + 1, if goes_on { "," } else { "" }));
    }
    if let Some((mark, own)) = MARKS.iter().find(|(mark, _)| skipped.starts_with(mark)) {
        return Some(sure(start, start + mark.len(), *own));
    }
    if ["tcp", "udp", "sctp", "icmp"].iter().any(|protocol| skipped.strip_prefix(':').is_some_and(|rest| word(rest) == *protocol)) {
        return Some(sure(start, start + 1, "/"));
    }
    if before < start && is_literal(&text[..before], &word_of_unit(skipped)) {
        return Some(sure(before, start, ""));
    }
    if (rule == Rule::bad_tail && is_field(skipped)) || (in_list && skipped.starts_with(|c: char| is_word(c) || c == '"')) {
        return Some(guess(before, before, ","));
    }
    None
}

/// `size: 10GiB`, `size -> 10GiB`, `size == 10GiB`, `"a": "b"`.
fn entry(skipped: &str, start: usize, around: Around) -> Option<Mend> {
    if !matches!(around.rule, Rule::body | Rule::record) {
        return None;
    }
    let key = match skipped.strip_prefix('"') {
        Some(rest) => rest.find('"')? + 2,
        None => word(skipped).len(),
    };
    let rest = skipped.get(key..).filter(|_| key > 0)?;
    let behind = key + rest.len() - rest.trim_start().len();
    let marks = ["==", ":=", "->", "=>", ":"];
    let mark = marks.iter().find(|mark| skipped[behind..].starts_with(**mark))?;
    let space = if skipped[behind + mark.len()..].starts_with(' ') { "" } else { " " };
    Some(sure(start + key, start + behind + mark.len(), format!(" ={space}")))
}

/// `server web aliyun.ecs {`
fn head(text: &str, start: usize, skipped: &str, around: Around) -> Option<Mend> {
    let kind = skipped.trim_end();
    let is_kind = kind.chars().all(|c| is_word(c) || c == '.') && kind.starts_with(|c: char| c.is_ascii_alphabetic());
    let declared = text[around.start..start].trim_end();
    (around.rule == Rule::declaration && is_kind && !declared.contains(':')).then(|| sure(around.start + declared.len(), start, ": "))
}

/// `rule { port = 22/tcp }` without its name, if a record is all that follows; a comma between the two may have been meant.
pub(super) fn of_named_record(skipped: &str, name: Span, at: Span) -> Option<Mend> {
    let inside = skipped.strip_prefix('{')?.strip_suffix('}')?.trim();
    (inside.is_empty() || is_field(inside)).then(|| guess(name.start as usize, at.start as usize, ""))
}

/// The edit for something that is missing.
pub(super) fn of_absence(text: &str, rule: Rule, at: Span, around: Around) -> Option<Mend> {
    let start = at.start as usize;
    let rest = &text[start..];
    let next = start + rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let before = text[..start].trim_end().len();
    match rule {
        Rule::no_value if text[next..].starts_with('!') && !text[next..].starts_with("!=") => Some(sure(next, next + 1, "not ")),
        Rule::no_value => quotes(text, next),
        Rule::no_comma => Some(guess(before, before, ",")),
        Rule::no_paren => Some(guess(before, before, ")")),
        Rule::no_bracket => Some(guess(before, before, "]")),
        Rule::no_brace if around.rule == Rule::hole => None,
        Rule::no_brace => {
            let is_open_over_lines = text[around.start..before].contains('\n');
            Some(guess(before, before, if is_open_over_lines { "\n}" } else { " }" }))
        }
        // `node r = { … }`
        Rule::no_body if text[next..].starts_with('=') && text[next + 1..].trim_start_matches([' ', '\t']).starts_with('{') => {
            let body = next + text[next..].find('{')?;
            Some(sure(next, body, ""))
        }
        _ => None,
    }
}

/// The edit for a word that begins an item elsewhere.
pub(super) fn of_word(at: Span, own: &str) -> Mend {
    sure(at.start as usize, at.end as usize, own)
}

/// A text in other quotes than `"`, if nothing in it would mean something else between those.
fn quotes(text: &str, start: usize) -> Option<Mend> {
    let rest = &text[start..];
    let open = rest.chars().next()?;
    let inner = &rest[open.len_utf8()..];
    let line = inner.lines().next()?;
    let (end, close) = QUOTES.iter().filter(|(mark, _)| *mark == open).find_map(|(_, close)| Some((line.find(*close)?, *close)))?;
    let inside = &line[..end];
    (!inside.contains(['"', '\\', '{', '}']))
        .then(|| sure(start, start + open.len_utf8() + end + close.len_utf8(), format!("\"{inside}\"")))
}

fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !is_word(c)).unwrap_or(text.len())]
}

/// `GiB` of `GiB`, `Mbps` of `Mbps/s`: all that may be attached to a number.
fn word_of_unit(skipped: &str) -> String {
    word(skipped).to_owned()
}

/// Does a unit follow a bare number?
fn is_literal(head: &str, unit: &str) -> bool {
    let number = &head[head.trim_end_matches(|c: char| is_word(c) || c == '.').len()..];
    super::skipped::is_unit(unit)
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// `name = …`, the beginning of another entry.
fn is_field(skipped: &str) -> bool {
    let name = word(skipped);
    let rest = skipped[name.len()..].trim_start();
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>")
}
