//! Did the plan survive a fault? The end is held against the end in peace, and what was undone against the beginning.
//!
//! Says what differs, a line each; plays nothing.

use super::play::Ending;
use mig_plan::{Action, HostId, Plan};
use std::collections::{BTreeMap, BTreeSet};

/// From so many digits on a word is a digest.
const DIGEST_DIGITS: usize = 40;
/// And so many tell one from another.
const BRIEF_DIGITS: usize = 12;
/// A world that differs is told by so many lines at most.
const DIFFERENCE_COUNT_MAX: usize = 6;

/// What an ending has that the one in peace has not; nothing, if a person must look at a step that may be done only once.
pub(super) fn differences(calm: &Ending, other: &Ending) -> Vec<String> {
    let mut what: Vec<String> = other.violations.iter().filter(|v| !calm.violations.contains(v)).cloned().collect();
    if !other.unknown.is_empty() {
        return what;
    }
    if other.exit != calm.exit {
        let first = other.problems.first().map(|p| format!(": {}", p.message)).unwrap_or_default();
        what.push(format!("it ended with {} instead of {}{first}", other.exit.code(), calm.exit.code()));
    }
    if !other.left.is_like(&calm.left) {
        what.extend(changed(&calm.left.lines(), &other.left.lines(), |_| true, "without the fault"));
    }
    what.truncate(DIFFERENCE_COUNT_MAX);
    what
}

/// What is not as it was before, though all was undone: services and data of the hosts that were copied from.
pub(super) fn left_behind(plan: &Plan, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let sources: BTreeSet<&HostId> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::CopyTrees { from, .. } => Some(from),
            _ => None,
        })
        .collect();
    // What was brought there to be able to copy does no harm: images, tools and marks.
    let counts = |key: &str| {
        let (host, what) = key.split_once(':').unwrap_or((key, ""));
        sources.iter().any(|source| *source == host) && (what.starts_with('/') || what.starts_with(" container "))
    };
    let found = changed(before, after, counts, "before");
    found.into_iter().take(DIFFERENCE_COUNT_MAX).map(|line| format!("undone, and yet {line}")).collect()
}

fn changed(was: &BTreeMap<String, String>, is: &BTreeMap<String, String>, counts: impl Fn(&str) -> bool, then: &str) -> Vec<String> {
    let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let missing = "(nothing)".to_owned();
    let differs = |key: &&String| {
        let (was, is) = (was.get(*key).unwrap_or(&missing), is.get(*key).unwrap_or(&missing));
        (was != is && counts(key)).then(|| format!("{key}: {}, and {then} {}", brief(is), brief(was)))
    };
    keys.iter().filter_map(differs).take(DIFFERENCE_COUNT_MAX).collect()
}

/// Without the rest of what only machines compare.
fn brief(text: &str) -> String {
    let word = |word: &str| {
        let digits = word.trim_start_matches("sha256:");
        let is_digest = digits.len() >= DIGEST_DIGITS && digits.chars().all(|c| c.is_ascii_hexdigit());
        if is_digest { digits.chars().take(BRIEF_DIGITS).collect() } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}
