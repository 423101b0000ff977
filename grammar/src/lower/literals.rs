//! Which literals are well formed? Their shape only: whether a unit exists, or a month has 31 days, is the compiler's to say.

use super::Lower;
use crate::ast::{Damage, Expr, ExprKind, Literal, LiteralForm, Mend, Span};
use crate::damage::Notice;
use crate::grammar::{Pair, Rule};

impl Lower<'_> {
    /// A number, address, port, owner or time; missing if it is none of them.
    pub(super) fn literal(&mut self, pair: &Pair<'_>) -> Expr {
        let span = self.span(pair);
        let text = pair.as_str();
        let form = match pair.as_rule() {
            Rule::quantity | Rule::number => LiteralForm::Quantity,
            Rule::address => LiteralForm::Address,
            Rule::port => LiteralForm::Port,
            Rule::owner => LiteralForm::Owner,
            Rule::time => LiteralForm::Time,
            _ => return self.no_literal(pair),
        };
        match form {
            LiteralForm::Quantity => self.quantity(text, span),
            LiteralForm::Time => self.time(text, span),
            LiteralForm::Address | LiteralForm::Port | LiteralForm::Owner => {}
        }
        Expr { kind: ExprKind::Literal(Literal { form, text: text.into() }), span }
    }

    /// Digits that are no literal.
    fn no_literal(&mut self, pair: &Pair<'_>) -> Expr {
        let span = self.span(pair);
        let text = pair.as_str();
        if pair.as_rule() == Rule::bad_date {
            let help = format!("write `{text}T02:00+08:00`, or put spaces around `-` to subtract");
            self.note(span, format!("the date `{text}` has no time"), Some(help));
        } else {
            let (message, help) = malformed(text);
            self.note(span, message, help);
        }
        Expr { kind: ExprKind::Missing, span }
    }

    /// Leading zeros, `_` between digits, and durations of two units.
    fn quantity(&mut self, text: &str, span: Span) {
        let digits = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        if number.len() > 1 && number.starts_with('0') {
            let plain = number.trim_start_matches('0');
            let plain = if plain.is_empty() { "0" } else { plain };
            self.note_literal(span, format!("the number `{number}` begins with `0`"), format!("{plain}{rest}"));
        } else if rest.starts_with('_') && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            self.note_literal(span, format!("the number `{text}` has `_` between its digits"), text.replace('_', ""));
        } else if let Some(sum) = sum_of_durations(text) {
            self.note_literal(span, format!("`{text}` has two units"), sum);
        }
    }

    /// Says what is wrong with a literal that is meant to be another.
    fn note_literal(&mut self, span: Span, message: String, meant: String) {
        let help = Some(format!("write `{meant}`"));
        let mend = Some(Mend { span, text: meant, is_sure: true });
        self.notices.push(Notice { at: span, absent: false, damage: Damage { span, message, help, mend } });
    }

    /// A time says what it is relative to.
    fn time(&mut self, text: &str, span: Span) {
        let clock = text.split_once('T').map_or("", |(_, clock)| clock);
        if !clock.contains(['Z', '+', '-']) {
            let help = format!("write `{text}+08:00`, or `{text}Z` for UTC");
            self.note(span, format!("the time `{text}` has no offset"), Some(help));
        }
    }
}

/// What to say of digits that are no literal.
fn malformed(text: &str) -> (String, Option<String>) {
    let dots = text.matches('.').count();
    let numeric = |extra: &[char]| text.chars().all(|c| c.is_ascii_digit() || extra.contains(&c));
    if dots > 1 && numeric(&['.', '/']) {
        return (format!("the address `{text}` has {} parts", dots + 1), Some("an address has four, as in `10.0.0.1`".to_owned()));
    }
    if text.contains('T') && text.matches('-').count() > 1 {
        return (format!("`{text}` is no time"), Some("a time is written as `2020-01-18T02:00+08:00`".to_owned()));
    }
    (format!("`{text}` is no number, address, port, owner or time"), None)
}

/// `1h30min` as `90min`: the sum of durations that were written as one, in the smallest of their units.
fn sum_of_durations(text: &str) -> Option<String> {
    // Most have one unit, or none.
    if !text.bytes().skip_while(u8::is_ascii_digit).any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let after = &rest[digits..];
        let unit = &after[..after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len())];
        parts.push((rest[..digits].parse::<u64>().ok()?, milliseconds(unit)?, unit));
        rest = &after[unit.len()..];
    }
    let (_, smallest, unit) = *parts.iter().min_by_key(|(_, size, _)| *size)?;
    if parts.len() < 2 {
        return None;
    }
    let sum = parts.iter().try_fold(0u64, |sum, (count, size, _)| sum.checked_add(count.checked_mul(size / smallest)?))?;
    Some(format!("{sum}{unit}"))
}

/// How long a unit of time is.
fn milliseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    })
}
