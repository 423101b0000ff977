//! Where does an answer begin and end in what a host sends? After and before lines that carry the mark.
//!
//! What a login shell prints before the runner begins is passed over.

use super::ERRORS_MAX_BYTES;
use crate::manifest::is_directional;

/// What a script printed and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: i32,
    /// Of the script among those that were sent, the first is 1, where a host does not answer in their order.
    pub(super) number: Option<usize>,
    pub(super) stdout: Vec<u8>,
}

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

    /// Takes more of the stream; each answer that is complete is given out.
    pub(super) fn push(&mut self, bytes: &[u8], answers: &mut Vec<Answer>) {
        self.held.extend_from_slice(bytes);
        loop {
            let wanted = if self.inside { &self.end } else { &self.begin };
            let Some(at) = find(self.held.get(self.searched..).unwrap_or_default(), wanted).map(|at| at + self.searched) else {
                self.searched = self.held.len().saturating_sub(wanted.len());
                return;
            };
            let after = at + wanted.len();
            if self.inside {
                let Some(End { status, number, length }) = end(self.held.get(after..).unwrap_or_default()) else {
                    self.searched = at;
                    return;
                };
                let rest = self.held.split_off(after + length);
                self.held.truncate(at);
                answers.push(Answer { status, number, stdout: std::mem::replace(&mut self.held, rest) });
            } else {
                self.held.drain(..after);
                self.began = true;
            }
            self.searched = 0;
            self.inside = !self.inside;
        }
    }
}

/// How a frame ends.
pub(super) struct End {
    pub(super) status: i32,
    number: Option<usize>,
    /// In bytes, with its line break.
    length: usize,
}

/// The line that ends a frame, once all of it is there.
pub(super) fn end(bytes: &[u8]) -> Option<End> {
    let length = bytes.iter().position(|&byte| byte == b'\n')?;
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    let (status, number) = text.split_once(' ').unwrap_or((text, ""));
    Some(End { status: status.parse().unwrap_or(-1), number: number.parse().ok(), length: length + 1 })
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

/// Takes what each script wrote to standard error out of that stream, for people.
pub(super) struct ErrorReader {
    mark: Vec<u8>,
    held: Vec<u8>,
    searched: usize,
}

impl ErrorReader {
    pub(super) fn new(mark: &str) -> Self {
        Self { mark: format!("\n{mark}\n").into_bytes(), held: vec![], searched: 0 }
    }

    /// Takes more of the stream; what a script said is given out once it has ended. Of what is longer, the end is kept.
    pub(super) fn push(&mut self, bytes: &[u8], said: &mut Vec<String>) {
        self.held.extend_from_slice(bytes);
        while let Some(at) = find(self.held.get(self.searched..).unwrap_or_default(), &self.mark).map(|at| at + self.searched) {
            said.push(printable(self.held.get(..at).unwrap_or_default()));
            self.held.drain(..at + self.mark.len());
            self.searched = 0;
        }
        if self.held.len() > 2 * ERRORS_MAX_BYTES {
            self.held.drain(..self.held.len() - ERRORS_MAX_BYTES);
        }
        self.searched = self.held.len().saturating_sub(self.mark.len());
    }

    /// What was said since then.
    pub(super) fn rest(&self) -> String {
        printable(&self.held)
    }
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

    const STREAM: &[u8] = b"Welcome!\n\nMARK begin\none\n\nMARK end 0\n\nMARK begin\n\0\nMARK beg\n\nMARK end 3 17\nbye";

    #[test]
    fn answers_are_found_however_the_stream_is_cut() {
        for size in 1..STREAM.len() {
            let mut reader = FrameReader::new("MARK");
            let mut answers = vec![];
            for chunk in STREAM.chunks(size) {
                reader.push(chunk, &mut answers);
            }
            let answer = |status, number, stdout: &[u8]| Answer { status, number, stdout: stdout.to_vec() };
            assert_eq!(answers, [answer(0, None, b"one\n"), answer(3, Some(17), b"\0\nMARK beg\n")], "chunks of {size}");
        }
    }

    #[test]
    fn errors_are_divided_and_cleaned() {
        let stream = "motd\x1b[31m\u{202e}\n\nM\n\nM\nlast".as_bytes();
        for size in 1..stream.len() {
            let (mut reader, mut said) = (ErrorReader::new("M"), vec![]);
            stream.chunks(size).for_each(|chunk| reader.push(chunk, &mut said));
            assert_eq!((said, reader.rest()), (vec!["motd[31m".to_owned(), String::new()], "last".to_owned()), "chunks of {size}");
        }
    }

    #[test]
    fn of_endless_complaints_the_end_is_kept() {
        let (mut reader, mut said) = (ErrorReader::new("M"), vec![]);
        (0..100).for_each(|_| reader.push(&[b'x'; 4_096], &mut said));
        reader.push(b"the end\nM\n", &mut said);
        assert!(said[0].len() <= ERRORS_MAX_BYTES && said[0].ends_with("xthe end"), "{}", said[0].len());
    }
}
