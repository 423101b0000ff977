//! Which token stands before or at a place? For quoting in messages only; the grammar has its own.

/// The longest text that a message quotes.
const QUOTED_CHARS_MAX: usize = 24;

/// The token that ends before `at`, over any space and comments; empty at the start.
pub(super) fn before(text: &str, at: usize) -> &str {
    let mut head = text[..at].trim_end();
    while let Some(comment) = comment_at_end(head) {
        head = head[..comment].trim_end();
    }
    let Some(last) = head.chars().next_back() else { return "" };
    let start = if is_word(last) {
        head.trim_end_matches(|c: char| is_word(c) || c == '.').len()
    } else if is_operator(last) {
        head.trim_end_matches(is_operator).len()
    } else {
        head.len() - last.len_utf8()
    };
    let token = head[start..].trim_start_matches('.');
    if token.is_empty() || token.chars().count() > QUOTED_CHARS_MAX { &head[head.len() - last.len_utf8()..] } else { token }
}

/// Where a comment begins that ends the text, if its last line is one.
fn comment_at_end(head: &str) -> Option<usize> {
    let line = head.rfind('\n').map_or(0, |at| at + 1);
    let indent = head[line..].len() - head[line..].trim_start().len();
    if head[line + indent..].starts_with("//") { Some(line + indent) } else { None }
}

/// The token that a text begins with, over any space before it.
pub(super) fn token(text: &str) -> &str {
    let text = text.trim_start();
    let Some(head) = text.chars().next() else { return "" };
    if is_word(head) {
        &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
    } else if head == '"' {
        let line = text.lines().next().unwrap_or_default();
        line[1..].find('"').map_or(line, |at| &line[..at + 2])
    } else if is_operator(head) {
        &text[..text.find(|c| !is_operator(c)).unwrap_or(text.len())]
    } else {
        &text[..head.len_utf8()]
    }
}

/// That token, shortened to be quoted.
pub(super) fn first(text: &str) -> String {
    let long = token(text);
    if long.chars().count() <= QUOTED_CHARS_MAX {
        return long.to_owned();
    }
    let mut short: String = long.chars().take(QUOTED_CHARS_MAX).collect();
    short.push('…');
    short
}

/// The first place of `mark` from `start` on; `start` if there is none.
pub(super) fn offset_of(text: &str, start: usize, mark: &str) -> usize {
    text[start..].find(mark).map_or(start, |at| start + at)
}

/// Letters, digits and `_`; also what is not ASCII, so that a foreign word is quoted whole.
pub(super) fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// What operators consist of.
fn is_operator(char: char) -> bool {
    "=<>!?.+-*/".contains(char)
}
