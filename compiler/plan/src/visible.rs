//! Which characters may reach a terminal? Control, escape and bidirectional ones are replaced by their numbers.
//!
//! Does not know where a text goes or how it is laid out; a text that is one line stays one line.

use std::fmt::Write as _;

/// A line of text that shows what it holds: `\u{1b}` for an escape, and no line break.
pub fn line(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        push(&mut out, c, c.is_control() || is_deceptive(c));
        out
    })
}

/// A text of several lines; line breaks and tabs stay.
pub fn text(text: &str) -> String {
    Shown::new(text).text
}

/// JSON in which such characters are escaped, so that nothing is lost and nothing acts. Outside of strings JSON has none of them.
pub fn json(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        if (c.is_control() && c != '\n') || is_deceptive(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        out
    })
}

/// A file as it is shown, and where the bytes of the original are in it.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// What may be printed.
    pub text: String,
    /// Original offset behind a replacement, and the offset here; ascending.
    moved: Vec<(usize, usize)>,
}

impl Shown {
    /// Replaces what must not be printed.
    pub fn new(original: &str) -> Self {
        let mut shown = Self { text: String::with_capacity(original.len()), moved: vec![] };
        let mut chars = original.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let ends_line = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
            if ends_line || (at == 0 && c == '\u{feff}') {
                shown.moved.push((at + c.len_utf8(), shown.text.len()));
            } else if (c.is_control() && c != '\n' && c != '\t') || is_deceptive(c) {
                push(&mut shown.text, c, true);
                shown.moved.push((at + c.len_utf8(), shown.text.len()));
            } else {
                shown.text.push(c);
            }
        }
        shown
    }

    /// Where a byte of the original is; always on the border of a character.
    pub fn offset(&self, original: usize) -> usize {
        let before = self.moved.partition_point(|(from, _)| *from <= original);
        let (from, to) = before.checked_sub(1).and_then(|i| self.moved.get(i)).copied().unwrap_or((0, 0));
        let mut at = (to + (original - from)).min(self.text.len());
        if let Some((_, next)) = self.moved.get(before) {
            at = at.min(*next);
        }
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

fn push(out: &mut String, c: char, hidden: bool) {
    if hidden {
        let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
    } else {
        out.push(c);
    }
}

/// Characters that change how others are read, or that cannot be seen: marks and overrides of direction, isolates, invisible
/// spaces, separators of lines that terminals know and editors do not, tags, and the mark of byte order. Joiners stay: names
/// of people and emoji need them.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_act_is_shown() {
        assert_eq!(line("a\u{1b}[31mb\nc\u{202e}"), "a\\u{1b}[31mb\\u{a}c\\u{202e}");
        assert_eq!(text("a\r\n\tb\rc"), "a\n\tb\\u{d}c");
        assert_eq!(line("naïve 日本 👩‍🚀"), "naïve 日本 👩‍🚀");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let escaped = json("{\"a\":\"x\u{202e}\u{7f}\u{e0001}\"}\n");
        assert_eq!(escaped, "{\"a\":\"x\\u202e\\u007f\\udb40\\udc01\"}\n");
        let value: serde_json::Value = serde_json::from_str(&escaped).expect("it is JSON still");
        assert_eq!(value["a"], "x\u{202e}\u{7f}\u{e0001}");
    }

    #[test]
    fn places_move_with_the_text() {
        let original = "\u{feff}a\u{1b}b\r\nc é";
        let shown = Shown::new(original);
        assert_eq!(shown.text, "a\\u{1b}b\nc é");
        for word in ["a", "b", "c", "é"] {
            let at = shown.offset(original.find(word).expect("it is there"));
            assert!(shown.text.get(at..).is_some_and(|rest| rest.starts_with(word)), "{word} at {at}");
        }
        assert_eq!(shown.offset(1000), shown.text.len());
    }
}
