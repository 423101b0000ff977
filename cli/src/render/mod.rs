//! How does a value look to a person or a program? Texts from reports, plans and events; one file a form.
//!
//! Nothing here prints, asks the terminal, or decides what is right.

pub mod human;
pub mod json;
pub mod plan;
pub mod progress;
pub mod quantity;
pub mod rehearsal;
pub mod short;
pub mod status;
pub mod words;

use mig_plan::{Report, Unproven};

/// `1 error`, `2 errors`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The last line for people: what was proven, on whose facts, and what was found.
pub fn summary(report: &Report, checks: &[String], hosts: usize) -> String {
    let open = |check: &&String| !report.unproven.iter().any(|u| u.name == **check);
    let proven = checks.iter().filter(open).count();
    let facts = match hosts {
        0 => "no facts".to_owned(),
        1 => "1 host's facts".to_owned(),
        _ => format!("{hosts} hosts' facts"),
    };
    format!(
        "{} proven on {facts}, {}, {}, {} not proven",
        count(proven, "check"),
        count(report.summary.errors, "error"),
        count(report.summary.warnings, "warning"),
        report.summary.unproven,
    )
}

/// One line for a check that lacked a fact.
pub fn unproven(entry: &Unproven) -> String {
    let about = if entry.address.is_empty() { String::new() } else { format!(" for {}", entry.address) };
    crate::visible::line(&format!("not proven[{}]: {}{about}: needs {}", entry.code, entry.name, entry.needs))
}
