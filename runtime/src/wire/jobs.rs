//! How do many scripts travel to a host at once? As lines on standard input, with each text once, however many scripts run it.

use crate::Script;
use std::{collections::BTreeMap, fmt::Write as _};

/// Reads a mark and jobs, runs these beside each other, frames answers; see [`super::RUNNER`] for one script.
pub(crate) const JOBS: &str = include_str!("../scripts/jobs.sh");
/// So many jobs run on a host at a time.
pub(crate) const JOB_COUNT_AT_ONCE: usize = 8;
/// A word that is longer travels once, as texts do: kinds have scripts of their own among the words.
const SHORT_WORD_BYTES: usize = 128;

/// The words of [`JOBS`] after its own text.
pub(crate) fn words(state: &str, home: &str) -> [String; 3] {
    [state.to_owned(), home.to_owned(), JOB_COUNT_AT_ONCE.to_string()]
}

/// What [`JOBS`] reads after the mark: scripts that run one after the other, of several who do not wait for each other.
pub(crate) fn input(jobs: &[&[Script]]) -> Vec<u8> {
    let mut texts = BTreeMap::<&str, usize>::new();
    let mut out = String::new();
    for job in jobs {
        let long = job.iter().flat_map(|script| script.words.iter().filter(|word| word.len() > SHORT_WORD_BYTES).map(String::as_str));
        for text in job.iter().map(|script| script.text).chain(long) {
            let number = texts.len() + 1;
            texts.entry(text).or_insert_with(|| {
                let _ = writeln!(out, "={}", for_printf(text));
                number
            });
        }
        for script in *job {
            if !script.stdin.is_empty() {
                let _ = writeln!(out, "<{}", for_printf(&String::from_utf8_lossy(&script.stdin)));
            }
            let number = |text: &str| texts.get(text).copied().unwrap_or_default();
            let _ = writeln!(out, "+{} {}", number(script.text), script.words.len());
            for word in &script.words {
                let _ = match texts.get(word.as_str()) {
                    Some(number) => writeln!(out, "@{number}"),
                    None => writeln!(out, ".{}", for_printf(word)),
                };
            }
        }
        out.push_str(";\n");
    }
    out.into_bytes()
}

/// Do scripts of one who asks need this form? Several inputs do not fit the other one, and what observes may print without end, which is
/// limited here.
pub(crate) fn are_needed(scripts: &[Script]) -> bool {
    scripts.iter().filter(|script| !script.stdin.is_empty()).count() > 1 || scripts.iter().any(|script| script.name == "observe")
}

/// One line, of which `printf %b` makes the text again.
fn for_printf(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}
