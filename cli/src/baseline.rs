//! Which problems were known before? A file of fingerprints, so that a project with old problems fails at new ones only.
//!
//! What must be mended is never in it: errors of the language, which hide what else is wrong, and checks that guard data.

#![allow(clippy::disallowed_methods)] // The file is named on the command line.

use crate::{
    exit::{Failure, reason},
    fingerprint,
    render::{count, json},
    rewrite, visible,
};
use mig_plan::{Diagnostic, Report, Severity, Unproven};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, io, path::Path};

/// Larger files are none of ours.
const SIZE_MAX_BYTES: u64 = 64 << 20;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Of its form.
    version: u32,
    /// Problems that are known.
    problems: Vec<Known>,
    /// Checks that are known to lack a fact.
    unproven: Vec<Known>,
}

/// What is known, and how often. Only fingerprint and count are compared; the rest is for those who read the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// `MIG3035`
    pub code: String,
    /// The declaration it is about, or the file.
    pub about: String,
    /// What was said, or what was needed.
    pub message: String,
    /// See `fingerprint`.
    pub fingerprint: String,
    /// So many of them are known.
    pub count: usize,
}

/// What a baseline makes of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What is new.
    pub report: Report,
    /// So many were known.
    pub known: usize,
    /// What is in the file and occurs no longer.
    pub gone: Vec<Known>,
}

/// Can it be in a baseline at all?
fn may_stay(diagnostic: &Diagnostic) -> bool {
    let of_language = diagnostic.code.starts_with("MIG1") && diagnostic.severity == Severity::Error;
    !diagnostic.unsilenceable && !of_language
}

impl Baseline {
    /// Of its form.
    const VERSION: u32 = 1;

    /// Reads it; a file that is damaged is an error and never taken for an empty one.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let shown = visible::line(&path.display().to_string());
        let update = "`--update-baseline` writes it";
        let about = fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::new(format!("there is no baseline `{shown}`")).help(update),
            _ => Failure::new(format!("the baseline `{shown}` cannot be read: {}", reason(&error))),
        })?;
        if !about.is_file() || about.len() > SIZE_MAX_BYTES {
            return Err(Failure::new(format!("`{shown}` is no baseline: it is no regular file of at most {SIZE_MAX_BYTES} bytes")));
        }
        let text =
            fs::read_to_string(path).map_err(|error| Failure::new(format!("the baseline `{shown}` cannot be read: {}", reason(&error))))?;
        let broken =
            |why: String| Failure::new(format!("`{shown}` is no baseline: {why}")).help(format!("mend it, or remove it: {update}"));
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
        match value["version"].as_u64() {
            Some(version) if version == u64::from(Self::VERSION) => {
                serde_json::from_value(value).map_err(|error| broken(error.to_string()))
            }
            Some(version) => Err(broken(format!("it has version {version}, and this migc reads version {}", Self::VERSION))),
            None => Err(broken("it has no `version`".to_owned())),
        }
    }

    /// All of a report that may stay.
    pub fn of(report: &Report) -> Self {
        let problems = report.diagnostics.iter().filter(|d| may_stay(d)).map(Known::of);
        Self { version: Self::VERSION, problems: merged(problems), unproven: merged(report.unproven.iter().map(Known::of_unproven)) }
    }

    /// Writes it at once.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        rewrite::create(path, &json::pretty(self)).map_err(|error| {
            Failure::new(format!("the baseline `{}` cannot be written: {}", visible::line(&path.display().to_string()), reason(&error)))
        })
    }

    /// `2 problems and 1 check that lacked a fact`
    pub fn size(&self) -> String {
        let sum = |list: &[Known]| list.iter().map(|known| known.count).sum();
        let unproven = match sum(&self.unproven) {
            0 => String::new(),
            number => format!(" and {} not proven", count(number, "check")),
        };
        format!("{}{unproven}", count(sum(&self.problems), "problem"))
    }

    /// What of a report is new, and what of the file is gone.
    pub fn compare(&self, report: &Report) -> Compared {
        let (mut problems, mut unproven) = (Left::of(&self.problems), Left::of(&self.unproven));
        let diagnostics = report.diagnostics.iter().filter(|d| !(may_stay(d) && problems.take(&fingerprint::of(d))));
        let open = report.unproven.iter().filter(|u| !unproven.take(&fingerprint::of_unproven(u)));
        let new = Report::new(diagnostics.cloned().collect(), open.cloned().collect());
        let before = report.diagnostics.len() + report.unproven.len();
        let known = before - new.diagnostics.len() - new.unproven.len();
        let gone = problems.rest(&self.problems).chain(unproven.rest(&self.unproven)).collect();
        Compared { report: new, known, gone }
    }
}

impl Known {
    fn of(diagnostic: &Diagnostic) -> Self {
        let about = if diagnostic.address.is_empty() { &diagnostic.file } else { &diagnostic.address };
        let (code, about, message) = (diagnostic.code.clone(), about.clone(), diagnostic.message.clone());
        Self { code, about, message, fingerprint: fingerprint::of(diagnostic), count: 1 }
    }

    fn of_unproven(entry: &Unproven) -> Self {
        let (code, about, message) = (entry.code.clone(), entry.address.clone(), entry.needs.clone());
        Self { code, about, message, fingerprint: fingerprint::of_unproven(entry), count: 1 }
    }
}

/// One entry a fingerprint, in an order that differences are read in.
fn merged(all: impl Iterator<Item = Known>) -> Vec<Known> {
    let mut by_fingerprint: BTreeMap<String, Known> = BTreeMap::new();
    for known in all {
        by_fingerprint.entry(known.fingerprint.clone()).and_modify(|first| first.count += 1).or_insert(known);
    }
    let mut list: Vec<Known> = by_fingerprint.into_values().collect();
    list.sort();
    list
}

/// How many of each fingerprint are still to be met.
struct Left<'b>(BTreeMap<&'b str, usize>);

impl<'b> Left<'b> {
    fn of(list: &'b [Known]) -> Self {
        let mut left = BTreeMap::new();
        for known in list {
            *left.entry(known.fingerprint.as_str()).or_insert(0) += known.count;
        }
        Self(left)
    }

    fn take(&mut self, fingerprint: &str) -> bool {
        let Some(left) = self.0.get_mut(fingerprint).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }

    /// The entries that were not met as often as they say, with the number that is missing.
    fn rest(self, list: &'b [Known]) -> impl Iterator<Item = Known> {
        let left = self.0;
        list.iter().filter_map(move |known| {
            let count = left.get(known.fingerprint.as_str()).copied().unwrap_or(0);
            (count > 0).then(|| Known { count, ..known.clone() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::human::tests::report;

    /// The report of the renderers' tests, whose first problem may stay here.
    fn old() -> Report {
        let mut report = report();
        report.diagnostics[0].unsilenceable = false;
        report
    }

    #[test]
    fn what_is_known_is_silent_and_what_is_new_is_not() {
        let baseline = Baseline::of(&old());
        let compared = baseline.compare(&old());
        assert_eq!((compared.report.diagnostics.len(), compared.known, compared.gone.len()), (0, 3, 0));
        let mut twice = old();
        twice.diagnostics.push(Diagnostic { help: None, ..twice.diagnostics[0].clone() });
        assert_eq!(baseline.compare(&twice).report.diagnostics.len(), 1, "one more of the same is new");
    }

    #[test]
    fn what_no_longer_occurs_is_told() {
        let baseline = Baseline::of(&old());
        let mut less = old();
        let gone = less.diagnostics.remove(0);
        assert_eq!(baseline.compare(&less).gone.iter().map(|k| k.code.clone()).collect::<Vec<_>>(), [gone.code]);
    }

    #[test]
    fn what_must_be_mended_is_never_known() {
        let mut report = report();
        assert_eq!(Baseline::of(&report).problems.iter().map(|k| k.code.as_str()).collect::<Vec<_>>(), ["MIG1009"], "it guards data");
        let forged = Baseline::of(&old());
        assert_eq!(forged.compare(&report).report.diagnostics.len(), 1, "and an entry by hand silences nothing");
        report.diagnostics[1].severity = Severity::Error;
        assert!(Baseline::of(&report).problems.is_empty(), "an error of the language hides others");
    }

    #[test]
    fn damage_is_an_error() {
        let path = std::env::temp_dir().join(format!("migc-baseline-{}.json", std::process::id()));
        let whole = Baseline::of(&old());
        whole.write(&path).expect("it is written");
        assert_eq!(Baseline::read(&path).ok(), Some(whole));
        for (text, says) in [
            ("", "is no baseline: EOF"),
            ("[]", "no `version`"),
            ("{\"version\":2}", "version 2"),
            ("{\"version\":1,\"problems\":[]}", "missing field `unproven`"),
            ("{\"version\":1,\"problems\":[{\"code\":1}],\"unproven\":[]}", "invalid type"),
        ] {
            fs::write(&path, text).expect("a file");
            let failure = Baseline::read(&path).expect_err("it is broken");
            assert!(failure.message.contains(says), "{text}: {failure}");
        }
        fs::remove_file(&path).expect("it was there");
        assert!(Baseline::read(&path).is_err_and(|failure| failure.message.contains("there is no baseline")));
    }
}
