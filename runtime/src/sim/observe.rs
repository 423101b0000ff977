//! What does a simulated host answer to many questions at once? Each is answered as if it were asked alone.

use super::{
    host::SimHost,
    script::{answer, refuse},
};
use crate::{Output, Script};
use std::fmt::Write as _;

impl SimHost {
    /// A line for each question, as `observe.sh` writes it.
    pub(super) fn observe(&mut self, script: &Script, now_ms: u64, change: u64) -> Output {
        let Some(questions) = questions(&String::from_utf8_lossy(&script.stdin)) else {
            return refuse(1, "the questions end in the middle");
        };
        let mut lines = String::new();
        for (number, question) in questions.iter().enumerate() {
            let told = self.answer(question, now_ms, change);
            let _ = writeln!(lines, "{} {} {} {}", number + 1, hex(&told.stdout), told.status, hex(told.stderr.as_bytes()));
        }
        answer(lines)
    }
}

fn questions(stdin: &str) -> Option<Vec<Script>> {
    let mut lines = stdin.lines();
    let mut out = vec![];
    let mut name = "";
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("text ") {
            name = match text.split(' ').next()? {
                "call" => "call",
                "container_look" => "container_look",
                _ => "unknown",
            };
            continue;
        }
        let count: usize = line.strip_prefix("ask ")?.split(' ').nth(1)?.parse().ok()?;
        let stdin = of_printf(lines.next()?).into_bytes();
        let words = (0..count).map(|_| lines.next().map(of_printf)).collect::<Option<_>>()?;
        out.push(Script { name, text: "", words, stdin });
    }
    Some(out)
}

/// What `printf %b` makes of a line.
fn of_printf(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, false) => out.push(c),
            _ => out.extend(chars.next().map(|next| if next == 'n' { '\n' } else { next })),
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
