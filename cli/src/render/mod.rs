//! How does a value look to a person or a program? Texts from reports, plans and events; one file a form.
//!
//! Nothing here prints, asks the terminal, or decides what is right.

pub mod answer;
pub mod board;
mod drift;
pub mod github;
pub mod history;
pub mod human;
pub mod json;
pub mod markdown;
pub mod names;
pub mod near;
pub mod plan;
pub mod progress;
pub mod quantity;
pub mod rehearsal;
pub mod sarif;
pub mod short;
pub mod status;
mod texts;
pub mod timings;
pub mod undo;
pub mod words;

use mig_plan::Unproven;

/// `1 error`, `2 errors`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// One line for a check that lacked a fact.
pub fn unproven(entry: &Unproven) -> String {
    let about = if entry.address.is_empty() { String::new() } else { format!(" for {}", entry.address) };
    crate::visible::line(&format!("not proven[{}]: {}{about}: needs {}", entry.code, entry.name, entry.needs))
}
