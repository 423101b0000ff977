//! Do the examples say what their README says? Honest programs are clean and their tests hold; bad ones have their codes.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{folder, load};
use std::collections::BTreeSet;

fn codes(path: &str) -> BTreeSet<String> {
    let files = folder(path);
    let loaded = load(&files);
    loaded.compile().report.diagnostics.into_iter().map(|d| d.code).collect()
}

/// Every folder of `examples/`: what they hold beside it, attempts that fail, are projects of their own.
#[allow(clippy::disallowed_methods, reason = "the folders are listed, so that none is forgotten")]
fn honest() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let names = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut paths: Vec<String> = names.map(|name| format!("examples/{name}")).collect();
    paths.sort();
    paths
}

#[test]
fn honest_programs_are_clean_and_proven() {
    for path in honest() {
        let files = folder(&path);
        let loaded = load(&files);
        let report = loaded.compile().report;
        assert!(report.diagnostics.is_empty() && report.unproven.is_empty(), "{path}: {report:#?}");
    }
}

#[test]
fn tests_of_honest_programs_hold() {
    for path in honest() {
        let files = folder(&path);
        let tests = load(&files).test();
        assert!(!tests.is_empty(), "{path}");
        assert!(tests.iter().all(|t| t.failures.is_empty()), "{path}: {tests:#?}");
    }
}

/// A row of the table: `| first-attempt | what it is | MIG2001 2002 |`.
#[test]
fn attempts_fail_as_their_readme_says() {
    let files = folder("examples/geekpie");
    let readme = std::str::from_utf8(&mig_core::Files::read(&files, "README.md").unwrap()).unwrap().to_owned();
    for attempt in ["first-attempt", "second-attempt"] {
        let row = readme.lines().find(|l| l.starts_with(&format!("| `{attempt}` |"))).unwrap();
        let told = row.trim_end_matches(" |").rsplit("| ").next().unwrap().split_whitespace();
        let told: BTreeSet<String> = told.map(|c| format!("MIG{}", c.trim_start_matches("MIG"))).collect();
        assert_eq!(codes(&format!("examples/geekpie/{attempt}")), told, "{attempt}");
    }
}
