//! Which damage is told? Keeps what the grammar noticed and drops what only follows from an earlier mistake.

use crate::ast::{Damage, Span};

/// One thing the grammar noticed.
#[derive(Debug)]
pub(crate) struct Notice {
    /// Where it noticed it, which is not always where it is shown: an open bracket is noticed at its end.
    pub(crate) at: Span,
    /// Does it consist of something that is absent, rather than of text too much?
    pub(crate) absent: bool,
    /// What is told.
    pub(crate) damage: Damage,
}

/// The notices of one item, as damage: one mistake gives one message.
///
/// Whoever forgets a value has the rest of the line skipped too, and whoever leaves a bracket open leaves
/// all around it open: what comes after another notice with nothing but space between is its consequence.
pub(crate) fn told(text: &str, mut notices: Vec<Notice>) -> Vec<Damage> {
    notices.sort_by_key(|notice| (notice.at.start, notice.at.end));
    let mut kept = Vec::with_capacity(notices.len());
    let mut before: Option<(usize, bool)> = None;
    for notice in notices {
        let (start, end) = (notice.at.start as usize, notice.at.end as usize);
        let follows = before.is_some_and(|(until, absent)| {
            start < until
                || is_consequence(&text[until..start], absent && notice.absent)
                || is_one_more_name(&text[..until], &text[until..start], &text[start..end])
        });
        let until = before.map_or(end, |(until, _)| until.max(end));
        before = Some((until, notice.absent));
        if !follows {
            kept.push(notice.damage);
        }
    }
    kept
}

/// Nothing between two notices but space: of the same line, or of any if both miss something.
fn is_consequence(between: &str, both_absent: bool) -> bool {
    if both_absent {
        // Between two missing operands an operator has nothing to do.
        let operator = between.trim();
        return matches!(operator, "and" | "or") || operator.bytes().all(|byte| b"=<>!?.+-*/".contains(&byte));
    }
    between.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// `{ a, b }` where entries are expected: whoever leaves the values away does so with all names.
fn is_one_more_name(head: &str, between: &str, here: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = &head[head.trim_end_matches(is_word).len()..];
    let is_name = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_word);
    between.trim() == "," && is_name(before) && is_name(here.trim())
}
