//! Does the book tell the truth? Every program of the tour and of the reference is compiled like those of check pages, and its
//! tests are run.
//!
//! Beside the blocks of check pages: `mig fragment` is a piece that is only parsed, `mig NAME.mig` a module for programs that name
//! it, `plan` what `migc plan` prints and `outputs` its outputs alone. Blocks `console` are run elsewhere, with the program itself.

mod snippets;
mod tree;

use snippets::Example;
use std::fmt::Write as _;

/// What is wrong with one page; and the page as it should be, if only outputs differ.
fn judge(path: &str, page: &str, problems: &mut String) -> String {
    let blocks = snippets::blocks(page);
    let mut edits = vec![];
    for (index, block) in blocks.iter().enumerate() {
        let before = index.checked_sub(1).map_or("", |i| blocks[i].info);
        match block.info {
            "mig" => drop(snippets::judge(path, &blocks, index, problems, &mut edits)),
            "mig fragment" => {
                for damage in Example::new(&blocks, index).report().diagnostics.iter().filter(|d| d.code == "MIG1001") {
                    let line = block.line as u32 + damage.span.start.line;
                    let _ = writeln!(problems, "{path}:{line}: not of the language: {}", damage.message);
                }
            }
            "output" | "outputs" | "plan" if !matches!(before, "mig" | "output" | "outputs" | "plan") => {
                let _ = writeln!(problems, "{path}:{}: this answer stands behind no program", block.line);
            }
            // Facts, modules, answers, and what a person types.
            "output" | "outputs" | "plan" | "console" | "text" => {}
            info if info.starts_with("json ") || info.starts_with("mig ") => {}
            info => {
                let _ = writeln!(problems, "{path}:{}: a block `{info}` is not executed", block.line);
            }
        }
    }
    snippets::mended(page, edits)
}

#[test]
fn every_program_of_the_book_does_what_is_said() {
    snippets::settle(&["docs/tour.md".to_owned(), "docs/reference.md".to_owned()], judge);
}

/// Every type that the compiler has by itself stands in the list of the reference.
#[test]
fn the_reference_lists_every_scalar_type() {
    let page = tree::read("docs/reference.md");
    let list = page.lines().find(|line| line.contains("Scalars are ")).unwrap_or("");
    let listed: Vec<&str> = list.split(['`', ' ']).collect();
    let missing: Vec<&str> = mig_core::scalars().filter(|name| !listed.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
