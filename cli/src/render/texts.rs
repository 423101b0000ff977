//! How does a text differ from the one in whose place it comes? As `diff -u` has it, in so many lines and no more.
//!
//! Texts are hostile: what is printed has no marks that steer a terminal, and no line is endless.

use super::count;
use crate::visible;
use mig_plan::{Before, Input, Step};
use similar::{ChangeTag, TextDiff};

/// Lines around a difference.
const CONTEXT_LINES: usize = 3;
/// So many lines of a difference are shown.
const SHOWN_LINES_MAX: usize = 40;
/// A new text is shown if it has no more lines.
const NEW_LINES_MAX: usize = 20;
/// The rest of a line that has more characters is not shown.
const LINE_CHARS_MAX: usize = 200;
/// Texts of more lines are not compared: it would take its time, and nobody would read it.
const COMPARED_LINES_MAX: usize = 5_000;

/// What a step does to a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// In a line.
    pub summary: String,
    /// How it differs; empty if that is not shown.
    pub lines: Vec<Line>,
    /// So many more lines differ.
    pub rest: usize,
}

/// A line of a difference.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// ` `, `-`, `+`, or `@` for a line that says where.
    pub sign: char,
    /// All of it, without its end.
    pub text: String,
}

/// What a step does to a text, if it does anything to one.
pub fn told(step: &Step) -> Option<Told> {
    let before = step.before.as_ref()?;
    let only = |summary: String| Told { summary, lines: vec![], rest: 0 };
    Some(match (before, step.action.input()?) {
        (Before::Secret, _) | (_, Input::Secret(_)) => only("secret text changes, and is not shown".to_owned()),
        (Before::Nothing, Input::Text(new)) => {
            let summary = format!("new, {}", lines(new));
            if line_count(new) > NEW_LINES_MAX { only(summary) } else { difference(summary, "", new) }
        }
        (Before::Unknown, Input::Text(new)) => {
            only(format!("{} in the place of what the host does not tell: it is no text, long, or not for everybody to read", lines(new)))
        }
        (Before::Applied { text } | Before::Found { text }, Input::Text(new)) => {
            let than = if matches!(before, Before::Found { .. }) { "what is on the host" } else { "what was applied" };
            if line_count(text).max(line_count(new)) > COMPARED_LINES_MAX {
                only(format!("{} in the place of {} of {than}, too many to show how they differ", lines(new), lines(text)))
            } else {
                difference(format!("differs from {than}"), text, new)
            }
        }
    })
}

fn lines(text: &str) -> String {
    count(line_count(text), "line")
}

/// As the comparison takes them: a carriage return ends a line too.
fn line_count(text: &str) -> usize {
    let ends = text.replace("\r\n", "\n").matches(['\n', '\r']).count();
    ends + usize::from(!text.is_empty() && !text.ends_with(['\n', '\r']))
}

fn difference(summary: String, old: &str, new: &str) -> Told {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = vec![];
    for hunk in diff.unified_diff().context_radius(CONTEXT_LINES).iter_hunks() {
        lines.push(Line { sign: '@', text: hunk.header().to_string() });
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            let text = change.value();
            lines.push(Line { sign, text: format!("{sign}{}", shown(text.strip_suffix('\n').unwrap_or(text))) });
            if change.missing_newline() {
                lines.push(Line { sign: ' ', text: "\\ No newline at end of file".to_owned() });
            }
        }
    }
    let rest = lines.len().saturating_sub(SHOWN_LINES_MAX);
    lines.truncate(SHOWN_LINES_MAX);
    Told { summary, lines, rest }
}

/// A line whose every mark is seen, but for tabs, and that ends.
fn shown(line: &str) -> String {
    let all: Vec<String> = line.split('\t').map(visible::line).collect();
    let all = all.join("\t");
    let mut out: String = all.chars().take(LINE_CHARS_MAX).collect();
    if out.len() < all.len() {
        out.push_str("...");
    }
    out
}

impl Told {
    /// What is not shown.
    pub fn more(&self) -> Option<String> {
        (self.rest > 0).then(|| format!("... and {} more line{}", self.rest, if self.rest == 1 { "" } else { "s" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(old: &str, new: &str) -> String {
        let told = difference(String::new(), old, new);
        let lines: Vec<String> = told.lines.iter().map(|l| l.text.clone()).chain(told.more()).collect();
        lines.join("\n")
    }

    #[test]
    fn what_differs_is_shown_with_what_is_around() {
        insta::assert_snapshot!(of("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf"), @r"
        @@ -2,5 +2,5 @@
         b
         c
         d
        -e
        -f
        +E
        +f
        \ No newline at end of file
        ");
        assert_eq!(of("same\n", "same\n"), "");
    }

    #[test]
    fn hostile_and_endless_lines_are_shown_safely() {
        let shown = of("", "tab\there\u{1b}[2J\u{202e}\r\n");
        assert_eq!(shown, "@@ -0,0 +1 @@\n+tab\there\\u{1b}[2J\\u{202e}\\u{d}");
        let long = of("x\n", &format!("{}\n", "y".repeat(1_000_000)));
        assert!(long.len() < 300 && long.ends_with("y..."), "{}", long.len());
        let many = "x\n".repeat(100);
        let shown = of(&many, "");
        assert_eq!((shown.lines().count(), shown.lines().last()), (SHOWN_LINES_MAX + 1, Some("... and 61 more lines")), "{shown}");
    }
}
