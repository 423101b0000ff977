//! What does a check answer beside its problems? What was proven, on which facts, and what a baseline knew.

use super::count;
use crate::baseline::{Compared, Known};
use mig_core::Compilation;
use mig_plan::{Report, Severity};
use serde::Serialize;
use std::collections::BTreeSet;

/// The whole answer; its serialised form is what `migc check --format json` prints.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    /// What is to be said: without what the baseline knows.
    #[serde(flatten)]
    pub report: &'a Report,
    /// Checks that hold for the whole program. None, where the program itself has errors: they hide others.
    proven: BTreeSet<&'a str>,
    /// On whose facts.
    facts: Vec<Surveyed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Silent<'a>>,
    #[serde(skip)]
    checks_count: usize,
}

/// Facts of a host.
#[derive(Debug, Serialize)]
struct Surveyed<'a> {
    host: &'a str,
    taken: &'a str,
}

/// What a baseline did.
#[derive(Debug, Serialize)]
struct Silent<'a> {
    known: usize,
    gone: &'a [Known],
}

impl<'a> Answer<'a> {
    /// Of a compilation.
    pub fn new(compilation: &'a Compilation<'_>, compared: Option<&'a Compared>) -> Self {
        let all = &compilation.report;
        let is_whole = !all.diagnostics.iter().any(|d| d.severity == Severity::Error && d.code.starts_with("MIG1"));
        let checks: BTreeSet<&str> = compilation.checks.iter().map(|ran| ran.name.as_str()).collect();
        let failed = all.diagnostics.iter().map(|d| d.name.as_str()).chain(all.unproven.iter().map(|u| u.name.as_str()));
        let failed: BTreeSet<&str> = failed.collect();
        Self {
            report: compared.map_or(all, |compared| &compared.report),
            proven: if is_whole { checks.difference(&failed).copied().collect() } else { BTreeSet::new() },
            facts: compilation
                .facts
                .iter()
                .map(|(host, facts)| Surveyed { host, taken: facts.taken.as_deref().unwrap_or_default() })
                .collect(),
            baseline: compared.map(|compared| Silent { known: compared.known, gone: &compared.gone }),
            checks_count: checks.len(),
        }
    }

    /// Names of the checks that hold for the whole program.
    pub fn proven(&self) -> BTreeSet<&'a str> {
        self.proven.clone()
    }

    /// The last line for people.
    pub fn summary(&self) -> String {
        let all = self.report.summary;
        let known = match self.baseline.as_ref().map_or(0, |baseline| baseline.known) {
            0 => String::new(),
            number => format!(", {number} known before"),
        };
        format!("{}: {}, {}, {} not proven{known}", self.held(), count(all.errors, "error"), count(all.warnings, "warning"), all.unproven)
    }

    fn held(&self) -> String {
        let facts = match self.facts.len() {
            0 => "without facts".to_owned(),
            1 => format!("on the facts of 1 host{}", self.oldest()),
            hosts => format!("on the facts of {hosts} hosts{}", self.oldest()),
        };
        if self.proven.is_empty() && self.checks_count > 0 {
            return "nothing is proven".to_owned();
        }
        format!("{} of {} hold {facts}", self.proven.len(), count(self.checks_count, "check"))
    }

    /// The day of the oldest facts. A day and not an age, so that the same files give the same answer.
    fn oldest(&self) -> String {
        let is_day = |day: &&str| day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let oldest = self.facts.iter().filter_map(|facts| facts.taken.get(..10)).filter(is_day).min();
        match oldest {
            Some(day) if self.facts.len() == 1 => format!(" (of {day})"),
            Some(day) => format!(" (the oldest of {day})"),
            None => String::new(),
        }
    }
}
