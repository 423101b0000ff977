//! Where is a byte? The one conversion between offsets and the protocol's lines and columns, in the encoding that was agreed on.
//!
//! Total both ways: what is past a line or the text is its end, and what is inside a character is its beginning.

use lsp_types::{Position, PositionEncodingKind, Range};

/// What columns count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16, which every client knows.
    Utf16,
}

impl Encoding {
    /// The client's list, in order of its liking, or UTF-16 without one.
    pub fn agreed(offered: Option<&[PositionEncodingKind]>) -> Self {
        if offered.is_some_and(|all| all.contains(&PositionEncodingKind::UTF8)) { Self::Utf8 } else { Self::Utf16 }
    }

    /// As the protocol calls it.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// How long a text is.
    pub fn len(self, text: &str) -> u32 {
        match self {
            Self::Utf8 => text.len() as u32,
            Self::Utf16 => text.chars().map(|c| c.len_utf16() as u32).sum(),
        }
    }
}

/// The lines of a text.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// First bytes.
    starts: Vec<usize>,
}

impl Lines {
    /// A line ends with LF, CR LF or CR.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, b)| match b {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        Self { starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// A line without its end.
    fn line<'t>(&self, text: &'t str, line: usize) -> &'t str {
        let start = self.starts.get(line).copied().unwrap_or(text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// The byte at a position.
    pub fn offset(&self, text: &str, at: Position, encoding: Encoding) -> usize {
        let Some(start) = self.starts.get(at.line as usize).copied() else { return text.len() };
        let line = self.line(text, at.line as usize);
        let mut column = 0;
        for (byte, c) in line.char_indices() {
            column += encoding.len(c.encode_utf8(&mut [0; 4]));
            if column > at.character {
                return start + byte;
            }
        }
        start + line.len()
    }

    /// The position of a byte.
    pub fn position(&self, text: &str, byte: usize, encoding: Encoding) -> Position {
        let mut byte = byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        Position { line: line as u32, character: encoding.len(text.get(start..byte).unwrap_or("")) }
    }

    /// The range of bytes.
    pub fn range(&self, text: &str, start: usize, end: usize, encoding: Encoding) -> Range {
        Range { start: self.position(text, start, encoding), end: self.position(text, end, encoding) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_bytes_or_units_of_utf_16() {
        let text = "é日\u{1f980}\tx\r\nnext\r\n";
        let lines = Lines::new(text);
        let cases = [(0, 0, 0), (2, 2, 1), (5, 5, 2), (9, 9, 4), (10, 10, 5), (11, 11, 6)];
        for (byte, utf8, utf16) in cases {
            assert_eq!(lines.position(text, byte, Encoding::Utf8), at(0, utf8), "byte {byte}");
            assert_eq!(lines.position(text, byte, Encoding::Utf16), at(0, utf16), "byte {byte}");
            assert_eq!(lines.offset(text, at(0, utf8), Encoding::Utf8), byte);
            assert_eq!(lines.offset(text, at(0, utf16), Encoding::Utf16), byte);
        }
        assert_eq!(lines.position(text, 13, Encoding::Utf16), at(1, 0));
        assert_eq!(lines.position(text, text.len(), Encoding::Utf16), at(2, 0));
    }

    #[test]
    fn what_is_outside_is_the_end_and_what_is_inside_a_character_is_its_beginning() {
        let text = "a\u{1f980}b\ncd";
        let lines = Lines::new(text);
        assert_eq!(lines.offset(text, at(0, 2), Encoding::Utf16), 1, "between two halves");
        assert_eq!(lines.offset(text, at(0, 3), Encoding::Utf8), 1, "in the middle of four bytes");
        assert_eq!(lines.offset(text, at(0, 99), Encoding::Utf16), 6, "past the line");
        assert_eq!(lines.offset(text, at(9, 0), Encoding::Utf16), text.len(), "past the text");
        assert_eq!(lines.offset(text, at(u32::MAX, u32::MAX), Encoding::Utf8), text.len());
        assert_eq!(lines.position(text, 3, Encoding::Utf16), at(0, 1), "in the middle of four bytes");
        assert_eq!(lines.position(text, 999, Encoding::Utf16), at(1, 2));
        assert_eq!(Lines::new("").offset("", at(3, 3), Encoding::Utf16), 0);
    }

    #[test]
    fn every_line_end_counts_once() {
        let text = "a\r\nb\rc\nd";
        let lines = Lines::new(text);
        let starts: Vec<u32> = [0, 3, 5, 7].map(|byte| lines.position(text, byte, Encoding::Utf8).line).to_vec();
        assert_eq!(starts, [0, 1, 2, 3]);
        assert_eq!(lines.offset(text, at(0, 9), Encoding::Utf8), 1, "a column never reaches the line end");
    }

    #[test]
    fn there_and_back_is_the_same_for_every_character() {
        let text = "l\u{e9}t x = \"日本 \u{1f469}\u{200d}\u{1f680}\"\r\n\t// ok\n\u{feff}";
        let lines = Lines::new(text);
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (byte, c) in text.char_indices().filter(|(_, c)| !matches!(c, '\n' | '\r')) {
                let position = lines.position(text, byte, encoding);
                assert_eq!(lines.offset(text, position, encoding), byte, "{c:?} at {byte}");
            }
        }
    }
}
