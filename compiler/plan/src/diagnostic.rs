//! What is said about a program? One type, made by the compiler and rendered elsewhere.
//!
//! Its serialised form is what `migc check --format json` prints.

use serde::{Deserialize, Serialize};

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The plan cannot work or loses something.
    Error,
    /// It may.
    Warning,
    /// Worth knowing.
    Hint,
}

impl Severity {
    /// `error`, `warning`, `hint`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Hint => "hint",
        }
    }
}

/// A place in a file: lines and columns count from 1, columns in characters, bytes from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// From 0.
    pub byte: u32,
}

/// From `start` up to, and without, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// One past the last.
    pub end: Position,
}

/// A second place that a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Relative to the project; `stdlib/…` for what migc brings.
    pub file: String,
    /// Where in it.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// One replacement of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// As in [`Label`].
    pub file: String,
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// Edits that mend the problem together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// In the imperative: "set `identity` to `fresh`".
    pub title: String,
    /// May it be made without asking? Only what a rule says must stand there, in an entry of one declaration. A guess at the name
    /// that was meant is not safe, and neither is an entry that many declarations share.
    #[serde(default)]
    pub safe: bool,
    /// In no particular order, never overlapping.
    pub edits: Vec<Edit>,
}

/// One problem at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How grave.
    pub severity: Severity,
    /// Stable, for machines: `MIG3030`.
    pub code: String,
    /// Stable, for people: `duplicate_node_id`.
    pub name: String,
    /// One line that makes sense alone, without a full stop.
    pub message: String,
    /// As in [`Label`].
    pub file: String,
    /// Where.
    pub span: Span,
    /// What the primary place is, in a few words; empty if the message says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The declaration it is about, if it is about one: `kruskal.system`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Must it be mended? Then neither `@allow` nor a baseline makes it silent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unsilenceable: bool,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Edits that would mend it.
    pub fixes: Vec<Fix>,
    /// Is what stands at its place a secret, so that its source is not shown?
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A check that lacked a fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unproven {
    /// Of the check.
    pub code: String,
    /// Of the check.
    pub name: String,
    /// The declarations the check was about: `kruskal_services`.
    pub address: String,
    /// What would settle it: "a survey of `kruskal_azure`".
    pub needs: String,
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Diagnostics of severity error.
    pub errors: usize,
    /// Of severity warning.
    pub warnings: usize,
    /// Entries of `unproven`.
    pub unproven: usize,
}

/// All that one run of the compiler has to say, sorted by file and place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Of this format.
    pub version: u32,
    /// Counts.
    pub summary: Summary,
    /// Errors, warnings and hints.
    pub diagnostics: Vec<Diagnostic>,
    /// What could not be proven.
    pub unproven: Vec<Unproven>,
}

impl Report {
    /// Version of the JSON form.
    pub const VERSION: u32 = 1;

    /// Sorts, removes what was said twice, and counts.
    pub fn new(mut diagnostics: Vec<Diagnostic>, mut unproven: Vec<Unproven>) -> Self {
        diagnostics.sort_by(|a, b| {
            (&a.file, a.span.start.byte, a.severity, &a.code, &a.message).cmp(&(
                &b.file,
                b.span.start.byte,
                b.severity,
                &b.code,
                &b.message,
            ))
        });
        diagnostics.dedup();
        unproven.sort();
        unproven.dedup();
        let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
        let summary = Summary { errors: count(Severity::Error), warnings: count(Severity::Warning), unproven: unproven.len() };
        Self { version: Self::VERSION, summary, diagnostics, unproven }
    }

    /// Is there an error?
    pub fn has_errors(&self) -> bool {
        self.summary.errors > 0
    }
}
