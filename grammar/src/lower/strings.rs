//! What do strings hold? Text with its escapes resolved, the values between braces, and in `"""` lines without their
//! common indentation.

use super::{Around, Lower};
use crate::ast::{Expr, ExprKind, Part, Span};
use crate::grammar::{Pair, Rule};

/// A piece of a string before its indentation is dropped.
enum Piece {
    /// As written, line breaks included.
    Written(String),
    /// What an escape stands for: no indentation, whatever it is.
    Escaped(String),
    /// `{expr}`
    Hole(Expr),
}

impl Lower<'_> {
    /// `"…"` or `"""…"""`
    pub(super) fn string(&mut self, pair: Pair<'_>) -> Expr {
        let span = self.span(&pair);
        let parts = self.parts(pair, false);
        Expr { kind: ExprKind::Str(parts), span }
    }

    /// `ip"…"`, `sh"…"`, …
    pub(super) fn tagged(&mut self, pair: Pair<'_>) -> Expr {
        let around = self.around(&pair);
        let span = self.span(&pair);
        let (mut tag, mut parts) = (Self::nameless(span), Vec::new());
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::raw_tag | Rule::shell_tag | Rule::name => tag = self.name(&kid),
                Rule::raw => parts = self.raw(kid),
                Rule::plain | Rule::template | Rule::multi => parts = self.parts(kid, tag.text == "sh"),
                _ => self.stray(&kid, around),
            }
        }
        Expr { kind: ExprKind::Tagged(Box::new(tag), parts), span }
    }

    /// The text of a raw string: only `\"` is not what it looks like.
    fn raw(&mut self, pair: Pair<'_>) -> Vec<Part> {
        let around = self.around(&pair);
        let mut parts = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::raw_text => parts.push(Part::Text(unquoted(kid.as_str()))),
                _ => self.stray(&kid, around),
            }
        }
        parts
    }

    /// The parts of a string; in a shell's a backslash stands for itself.
    fn parts(&mut self, pair: Pair<'_>, shell: bool) -> Vec<Part> {
        if pair.as_rule() == Rule::plain {
            let text = pair.as_str();
            return text_part(&text[1..text.len() - 1]);
        }
        let around = self.around(&pair);
        let mut pieces = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::chunk => pieces.push(Piece::Written(kid.as_str().to_owned())),
                // What a line break is must not depend on how the file was checked out.
                Rule::lines => pieces.push(Piece::Written(kid.as_str().replace("\r\n", "\n"))),
                Rule::escape if shell => pieces.push(Piece::Escaped(shell_escape(kid.as_str()))),
                Rule::escape => pieces.push(Piece::Escaped(self.escape(&kid))),
                Rule::hole => pieces.push(Piece::Hole(self.hole(kid))),
                _ => self.quote(&kid, around),
            }
        }
        if around.rule == Rule::multi {
            drop_indentation(&mut pieces);
        }
        joined(pieces)
    }

    /// An open quote is told unless it follows from an open brace within.
    fn quote(&mut self, pair: &Pair<'_>, around: Around) {
        let open_hole = |notice: &crate::damage::Notice| {
            notice.absent && notice.at.start as usize >= around.start && notice.damage.message.contains('{')
        };
        if pair.as_rule() != Rule::no_quote || !self.notices.iter().any(open_hole) {
            self.stray(pair, around);
        }
    }

    /// `{expr}`
    fn hole(&mut self, pair: Pair<'_>) -> Expr {
        let around = self.around(&pair);
        let mut found = Self::missing(self.start(&pair) + 1);
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::expr | Rule::no_value => found = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// What `\n`, `\u{…}` and so on stand for.
    fn escape(&mut self, pair: &Pair<'_>) -> String {
        let text = pair.as_str();
        let found = match text {
            "\\n" => '\n',
            "\\t" => '\t',
            "\\r" => '\r',
            "\\\"" => '"',
            "\\\\" => '\\',
            "\\{" => '{',
            "\\}" => '}',
            _ => match code_point(text) {
                Some(found) => found,
                None => return self.no_escape(text, self.span(pair)),
            },
        };
        found.to_string()
    }

    /// Tells that a backslash begins no escape.
    fn no_escape(&mut self, text: &str, span: Span) -> String {
        let (message, help) = if text.starts_with("\\u{") {
            (format!("`{text}` is no character"), "write one to six digits of its number in base 16".to_owned())
        } else {
            (
                format!("`{text}` is no escape"),
                "write `\\\\` for a backslash; escapes are `\\n \\t \\r \\\" \\\\ \\{ \\} \\u{…}`".to_owned(),
            )
        };
        self.note(span, message, Some(help));
        text.to_owned()
    }
}

/// `\u{65e5}`
fn code_point(text: &str) -> Option<char> {
    let digits = text.strip_prefix("\\u{")?.strip_suffix('}')?;
    // Neither a path nor a word of a command can hold NUL.
    char::from_u32(u32::from_str_radix(digits, 16).ok()?).filter(|c| *c != '\0')
}

/// In `sh"…"` only `\{` and `\"` lose their backslash.
fn shell_escape(text: &str) -> String {
    match text {
        "\\{" => "{".to_owned(),
        "\\\"" => "\"".to_owned(),
        _ => text.to_owned(),
    }
}

/// A raw text with `\"` resolved; `\\` stays, and so does not hide the quote after it.
fn unquoted(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match (char, if char == '\\' { rest.next() } else { None }) {
            (_, Some('"')) => found.push('"'),
            (_, Some(next)) => found.extend([char, next]),
            (_, None) => found.push(char),
        }
    }
    found
}

/// Drops the first line break, the last one with the spaces after it, and what all lines are indented by.
fn drop_indentation(pieces: &mut [Piece]) {
    let begins_line = match pieces.first_mut() {
        Some(Piece::Written(text)) => drop_first_break(text),
        _ => false,
    };
    let alone = pieces.len() == 1 && begins_line;
    if let Some(Piece::Written(text)) = pieces.last_mut() {
        match text.rfind('\n') {
            Some(at) if text[at + 1..].chars().all(is_indent) => text.truncate(at),
            // The first line break was the last one too.
            None if alone && text.chars().all(is_indent) => text.clear(),
            _ => {}
        }
    }
    let common = common_indentation(pieces, begins_line);
    let mut at_start = begins_line;
    for piece in pieces {
        let Piece::Written(text) = piece else {
            at_start = false;
            continue;
        };
        *text = without(text, &common, at_start);
        at_start = text.ends_with('\n') || (at_start && text.is_empty());
    }
}

/// Spaces and tabs.
fn is_indent(char: char) -> bool {
    matches!(char, ' ' | '\t')
}

/// Drops a line break before which only spaces stand; says whether there was one.
fn drop_first_break(text: &mut String) -> bool {
    match text.find('\n') {
        Some(at) if text[..at].chars().all(is_indent) => {
            text.drain(..=at);
            true
        }
        _ => false,
    }
}

/// What every line with something on it begins with.
fn common_indentation(pieces: &[Piece], begins_line: bool) -> String {
    let mut common: Option<String> = None;
    let mut meet = |indent: &str| {
        common = Some(match &common {
            None => indent.to_owned(),
            Some(before) => before.chars().zip(indent.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect(),
        });
    };
    let mut at_start = begins_line;
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Written(text) = piece else {
            if at_start {
                meet("");
            }
            at_start = false;
            continue;
        };
        let last_line = text.matches('\n').count();
        for (line_index, line) in text.split('\n').enumerate() {
            let starts = line_index > 0 || at_start;
            let indent = &line[..line.len() - line.trim_start_matches(is_indent).len()];
            // A line of spaces counts if a value or an escape ends it.
            let filled = indent.len() < line.len() || (line_index == last_line && index + 1 < pieces.len());
            if starts && filled {
                meet(indent);
            }
        }
        at_start = text.ends_with('\n');
    }
    common.unwrap_or_default()
}

/// A text whose lines lose `indent`; lines of spaces only become empty.
fn without(text: &str, indent: &str, at_start: bool) -> String {
    let mut found = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            found.push('\n');
        }
        if index > 0 || at_start {
            found.push_str(line.strip_prefix(indent).unwrap_or_else(|| line.trim_start_matches(is_indent)));
        } else {
            found.push_str(line);
        }
    }
    found
}

/// Pieces as parts, neighbouring texts as one.
fn joined(pieces: Vec<Piece>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Hole(value) => parts.push(Part::Hole(value)),
            Piece::Written(text) | Piece::Escaped(text) => match parts.last_mut() {
                _ if text.is_empty() => {}
                Some(Part::Text(before)) => before.push_str(&text),
                _ => parts.push(Part::Text(text)),
            },
        }
    }
    parts
}

/// A text as the only part, or none if it is empty.
fn text_part(text: &str) -> Vec<Part> {
    if text.is_empty() { Vec::new() } else { vec![Part::Text(text.to_owned())] }
}
