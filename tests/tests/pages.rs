//! Does every check page tell the truth? Its programs are compiled with its facts; what is marked in them, and only that, is
//! reported, and the output shown is what `migc check --format short` prints.
//!
//! docs/testing.md describes the format. `cargo bless` rewrites outputs; marks are written by hand.

mod snippets;
mod tree;

use std::fmt::Write as _;

/// No program alone shows these: they need a state of another project, an answer, an option, or a mistake of the lowering.
const WITHOUT_EXAMPLE: [&str; 8] = [
    "record_of_another",
    "state_of_another_project",
    "old_facts",
    "copy_not_proven",
    "two_writers",
    "no_way_back",
    "copy_over_unknown_data",
    "source_deleted_before_comparison",
];

/// What is wrong with one page; and the page as it should be, if only outputs differ.
fn judge(path: &str, page: &str, problems: &mut String) -> String {
    let blocks = snippets::blocks(page);
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".md");
    let mut edits = vec![];
    let (mut shows, mut clean) = (WITHOUT_EXAMPLE.contains(&name), false);
    for (index, block) in blocks.iter().enumerate().filter(|(_, b)| b.info == "mig") {
        let report = snippets::judge(path, &blocks, index, problems, &mut edits);
        let mut found = report.diagnostics.iter().filter(|d| d.severity != mig_plan::Severity::Hint).peekable();
        clean |= found.peek().is_none();
        shows |= found.any(|d| d.name == name) || report.unproven.iter().any(|u| u.name == name);
        shows |= shows_later(&blocks, index, block.body, name);
    }
    if !(shows && clean) {
        let _ = writeln!(problems, "{path}: it needs an example that reports {name}, and one that is clean");
    }
    snippets::mended(page, edits)
}

/// Does a test of the program fail with it or expect it, or does its plan say it?
fn shows_later(blocks: &[snippets::Block<'_>], index: usize, body: &str, name: &str) -> bool {
    let expected = body.lines().any(|line| line.trim_start().starts_with("expect ") && line.split_whitespace().any(|word| word == name));
    let example = snippets::Example::new(blocks, index);
    expected || example.failures().iter().any(|d| d.name == name) || example.planned().iter().any(|found| found == name)
}

#[test]
fn every_page_tells_the_truth() {
    snippets::settle(&tree::files("docs/checks", ".md"), judge);
}

#[test]
fn every_page_of_an_error_tells_the_truth() {
    snippets::settle(&tree::files("docs/errors", ".md"), judge);
}

/// What the compiler can say has a page, what has a page can be said, and the reference lists it.
#[test]
fn every_code_has_a_page() {
    let pages: Vec<(String, String)> = migc::pages::errors().into_iter().map(|p| (p.code, p.name)).collect();
    // What a test says, and what is left to a person, have codes of their own.
    let own = [("MIG6009", "record_not_switched"), ("MIG8002", "test_failed")];
    let mut codes: Vec<(String, String)> = mig_core::codes().chain(own).map(|(c, n)| (c.to_owned(), n.to_owned())).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(pages, codes);
    let reference = tree::read("docs/reference.md");
    let missing = codes.iter().filter(|(code, name)| !reference.contains(&format!("| {code} | `{name}` |")));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "codes that the table of the reference lacks");
}
