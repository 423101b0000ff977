//! Does every check page tell the truth? Its programs are compiled with its facts; what is marked in them, and only that, is
//! reported, and the output shown is what `migc check --format short` prints.
//!
//! docs/testing.md describes the format. `cargo bless` rewrites outputs; marks are written by hand.

mod snippets;
mod tree;

use std::fmt::Write as _;

/// What is wrong with one page; and the page as it should be, if only outputs differ.
fn judge(path: &str, page: &str, problems: &mut String) -> String {
    let blocks = snippets::blocks(page);
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".md");
    let mut edits = vec![];
    let (mut shows, mut clean) = (false, false);
    for (index, _) in blocks.iter().enumerate().filter(|(_, b)| b.info == "mig") {
        let report = snippets::judge(path, &blocks, index, problems, &mut edits);
        let mut found = report.diagnostics.iter().filter(|d| d.severity != mig_plan::Severity::Hint).peekable();
        clean |= found.peek().is_none();
        shows |= found.any(|d| d.name == name) || report.unproven.iter().any(|u| u.name == name);
    }
    if !(shows && clean) {
        let _ = writeln!(problems, "{path}: it needs an example that reports {name}, and one that is clean");
    }
    snippets::mended(page, edits)
}

#[test]
fn every_page_tells_the_truth() {
    snippets::settle(&tree::files("docs/checks", ".md"), judge);
}
