//! How does a report look in an editor? Diagnostics by file, each with its further places and what to do.

use crate::{answers::Answers, position::Encoding, projects::Compiled};
use lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString, Range, Uri};
use mig_core::editor::{self, Place};
use mig_plan::{Severity, Span, Unproven, visible};
use std::collections::BTreeMap;

/// So many that were not proven are shown; a fleet without facts has some for each server.
const UNPROVEN_MAX: usize = 1_000;

/// Diagnostics of a report, by the compiler's name of their file; with them what was not proven.
pub fn by_file(answers: &Answers<'_>) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut files: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for entry in answers.compiled.report.unproven.iter().take(UNPROVEN_MAX) {
        let place = editor::unproven_at(&answers.compiled.loaded, entry);
        files.entry(place.file.clone()).or_default().push(unproven(answers, &place, entry));
    }
    for problem in &answers.compiled.report.diagnostics {
        files.entry(problem.file.clone()).or_default().push(one(answers, problem));
    }
    files
}

/// The range of a place in a file.
pub fn range(compiled: &Compiled, file: &str, span: Span, encoding: Encoding) -> Range {
    compiled
        .text(file)
        .map_or_else(Range::default, |(text, lines)| lines.range(text, span.start.byte as usize, span.end.byte as usize, encoding))
}

/// What a check could not prove for want of a fact; said in the words of `check`.
fn unproven(answers: &Answers<'_>, place: &Place, entry: &Unproven) -> Diagnostic {
    let about = if entry.address.is_empty() { String::new() } else { format!(" for {}", entry.address) };
    Diagnostic {
        range: answers.range(&place.file, place.start, place.end),
        severity: Some(DiagnosticSeverity::INFORMATION),
        code: Some(NumberOrString::String(entry.code.clone())),
        source: Some("migc".to_owned()),
        message: visible::line(&format!("not proven: {}{about}: needs {}", entry.name, entry.needs)),
        ..Diagnostic::default()
    }
}

/// One problem, as the protocol says it.
pub fn one(answers: &Answers<'_>, problem: &mig_plan::Diagnostic) -> Diagnostic {
    let help = problem.help.as_ref().map_or(String::new(), |h| format!("\nhelp: {h}"));
    let related = problem.labels.iter().filter_map(|label| {
        let uri: Uri = answers.address(&label.file)?;
        let range = range(answers.compiled, &label.file, label.span, answers.encoding);
        Some(DiagnosticRelatedInformation { location: Location { uri, range }, message: visible::line(&label.text) })
    });
    Diagnostic {
        range: range(answers.compiled, &problem.file, problem.span, answers.encoding),
        severity: Some(match problem.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Hint => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(problem.code.clone())),
        source: Some("migc".to_owned()),
        message: visible::text(&format!("{}{help}", problem.message)),
        related_information: Some(related.collect()),
        tags: (problem.name == "unused_file").then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..Diagnostic::default()
    }
}
