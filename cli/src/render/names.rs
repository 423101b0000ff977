//! Under which name is a file of the project known outside of it? To a person from the folder they are in, to a service from the
//! repository's root.
//!
//! The compiler names files from the project's folder. What migc brings keeps its name.

use mig_plan::{Diagnostic, Edit, Fix, Label, Report};

/// Is it a file that migc brings?
pub fn is_own(file: &str) -> bool {
    file.starts_with("stdlib/")
}

/// The file behind a folder's name; the folder is empty or ends in `/`.
pub fn file(folder: &str, file: &str) -> String {
    if file.is_empty() || is_own(file) { file.to_owned() } else { format!("{folder}{file}") }
}

/// The other way round: the file as the project knows it.
pub fn inside<'f>(folder: &str, file: &'f str) -> &'f str {
    if is_own(file) { file } else { file.strip_prefix(folder).unwrap_or(file) }
}

/// A report whose files are named from elsewhere.
pub fn report(folder: &str, report: &Report) -> Report {
    let name = |path: &String| file(folder, path);
    let edit = |edit: &Edit| Edit { file: name(&edit.file), ..edit.clone() };
    let fix = |fix: &Fix| Fix { edits: fix.edits.iter().map(edit).collect(), ..fix.clone() };
    let label = |label: &Label| Label { file: name(&label.file), ..label.clone() };
    let diagnostic = |d: &Diagnostic| Diagnostic {
        file: name(&d.file),
        labels: d.labels.iter().map(label).collect(),
        fixes: d.fixes.iter().map(fix).collect(),
        ..d.clone()
    };
    Report { diagnostics: report.diagnostics.iter().map(diagnostic).collect(), ..report.clone() }
}
