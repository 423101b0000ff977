//! Is the standard library itself without fault?
#![allow(missing_docs, reason = "a test")]

use std::fmt::Write as _;

mod common;

/// The program also holds a row that it adds to a table.
#[test]
fn tests_of_the_standard_library_hold() {
    let files = common::folder("tests/stdlib");
    let loaded = common::load(&files);
    let errors: Vec<_> = loaded.compile().report.diagnostics;
    assert!(errors.is_empty(), "{errors:#?}");
    let tests = loaded.test();
    assert!(tests.len() > 8 && tests.iter().all(|t| t.failures.is_empty()), "{tests:#?}");
}

#[test]
fn the_standard_library_is_clean() {
    struct One(String);
    impl mig_core::Files for One {
        fn read(&self, _: &str) -> Result<Vec<u8>, String> {
            Ok(self.0.clone().into_bytes())
        }
        fn list(&self) -> Vec<String> {
            vec![]
        }
    }
    let prelude = ["nouns.mig", "moves.mig", "images.mig", "helpers.mig"];
    let mut uses = String::new();
    for (path, _) in mig_core::embedded::STDLIB.iter().filter(|(path, _)| !path.contains('/') && !prelude.contains(path)) {
        let _ = writeln!(uses, "use {}", path.trim_end_matches(".mig"));
    }
    let loaded = mig_core::load(&One(uses), "main.mig", &mig_core::Options::default());
    let report = loaded.compile().report;
    assert!(report.diagnostics.is_empty(), "{:#?}", report.diagnostics);
}
