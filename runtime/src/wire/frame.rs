//! Where does an answer begin and end in what a host sends? After and before lines that carry the mark.
//!
//! What a login shell prints before the runner begins is passed over.

use super::ERRORS_MAX_BYTES;
use crate::manifest::is_directional;

/// Takes answers out of a stream, as it comes in.
pub(super) struct FrameReader {
    begin: Vec<u8>,
    end: Vec<u8>,
    held: Vec<u8>,
    /// Up to here there is no line with the mark.
    searched: usize,
    inside: bool,
    began: bool,
}

impl FrameReader {
    pub(super) fn new(mark: &str) -> Self {
        let begin = format!("\n{mark} begin\n").into_bytes();
        let end = format!("\n{mark} end ").into_bytes();
        Self { begin, end, held: vec![], searched: 0, inside: false, began: false }
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.held.len()
    }

    pub(super) fn began(&self) -> bool {
        self.began
    }

    /// Takes more of the stream; each answer that is complete is given out with its exit status.
    pub(super) fn push(&mut self, bytes: &[u8], answers: &mut Vec<(i32, Vec<u8>)>) {
        self.held.extend_from_slice(bytes);
        loop {
            let wanted = if self.inside { &self.end } else { &self.begin };
            let Some(at) = find(self.held.get(self.searched..).unwrap_or_default(), wanted).map(|at| at + self.searched) else {
                self.searched = self.held.len().saturating_sub(wanted.len());
                return;
            };
            let after = at + wanted.len();
            if self.inside {
                let Some((status, length)) = status(self.held.get(after..).unwrap_or_default()) else {
                    self.searched = at;
                    return;
                };
                let rest = self.held.split_off(after + length);
                self.held.truncate(at);
                answers.push((status, std::mem::replace(&mut self.held, rest)));
            } else {
                self.held.drain(..after);
                self.began = true;
            }
            self.searched = 0;
            self.inside = !self.inside;
        }
    }
}

/// The number before the next line break, and how many bytes that takes.
pub(super) fn status(bytes: &[u8]) -> Option<(i32, usize)> {
    let length = bytes.iter().position(|&byte| byte == b'\n')?;
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    Some((text.parse().unwrap_or(-1), length + 1))
}

pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| byte == first) {
        if bytes.get(from + at..)?.starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// What each script wrote to standard error, for people.
pub(super) fn split_errors(bytes: &[u8], mark: &str) -> Vec<String> {
    let mark = format!("\n{mark}\n").into_bytes();
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = find(rest, &mark) {
        let (part, after) = rest.split_at(at);
        parts.push(printable(part));
        rest = after.get(mark.len()..).unwrap_or_default();
    }
    parts.push(printable(rest));
    parts
}

/// Text without what a terminal would act on; at most the last [`ERRORS_MAX_BYTES`].
pub(crate) fn printable(bytes: &[u8]) -> String {
    let kept = bytes.get(bytes.len().saturating_sub(ERRORS_MAX_BYTES)..).unwrap_or_default();
    let text = String::from_utf8_lossy(kept);
    let shown = |character: &char| (!character.is_control() || *character == '\n') && !is_directional(*character);
    text.chars().filter(shown).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"Welcome!\n\nMARK begin\none\n\nMARK end 0\n\nMARK begin\n\0\nMARK beg\n\nMARK end 3\nbye";

    #[test]
    fn answers_are_found_however_the_stream_is_cut() {
        for size in 1..STREAM.len() {
            let mut reader = FrameReader::new("MARK");
            let mut answers = vec![];
            for chunk in STREAM.chunks(size) {
                reader.push(chunk, &mut answers);
            }
            assert_eq!(answers, [(0, b"one\n".to_vec()), (3, b"\0\nMARK beg\n".to_vec())], "chunks of {size}");
        }
    }

    #[test]
    fn errors_are_divided_and_cleaned() {
        let errors = split_errors("motd\x1b[31m\u{202e}\n\nM\n\nM\nlast".as_bytes(), "M");
        assert_eq!(errors, ["motd[31m", "", "last"]);
    }
}
