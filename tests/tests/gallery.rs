//! What do mistakes look like? Every program in `gallery/` is compiled, and what a person sees of it must be what stands beside it:
//! the lines of `--format short`, then what `--format human` shows. So is every program of the reference that breaks a rule, by section in
//! `gallery/reference/`.
//!
//! `cargo bless` rewrites the expectations; they are read in review.

#![allow(clippy::disallowed_methods, reason = "cases are read from disk, and expectations rewritten where that is asked for")]

mod snippets;
mod tree;

use migc::{render, terminal::Look};
use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

struct Gallery;

impl mig_core::Files for Gallery {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(tree::root().join("tests/gallery").join(path)).map_err(|_| "there is no such file".to_owned())
    }
    fn list(&self) -> Vec<String> {
        vec![]
    }
}

/// Parameters of a case, from its lines `//! set NAME=VALUE`.
fn options(text: &str) -> mig_core::Options {
    let set = text.lines().filter_map(|line| line.strip_prefix("//! set ")?.split_once('='));
    mig_core::Options { set: set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), ..Default::default() }
}

/// Frames of the standard library are left out: it is formatted and grows, and that it is pointed at is what counts.
fn without_stdlib(human: &str) -> String {
    let mut inside = false;
    human.lines().fold(String::new(), |mut out, line| {
        let begins = line.contains("─[stdlib/");
        if begins {
            let (before, place) = line.split_once("─[").unwrap_or((line, ""));
            let _ = writeln!(out, "{before}─[{}]", place.split(':').next().unwrap_or(place));
        } else if !inside {
            let _ = writeln!(out, "{}", line.trim_end());
        }
        inside = (inside || begins) && !line.contains("╰────");
        out
    })
}

/// What is said of a program and, if they are run, of its tests.
fn told(loaded: &mig_core::Loaded) -> String {
    let mut report = loaded.compile().report;
    report.diagnostics.extend(loaded.test().into_iter().flat_map(|test| test.failures));
    let human = render::human::report(&report, &loaded.sources, "", Look::PLAIN);
    format!("{}\n{}", render::short::report(&report), without_stdlib(&human))
}

/// What is said of a case.
fn transcript(name: &str) -> String {
    let text = tree::read(&format!("tests/gallery/{name}"));
    told(&mig_core::load(&Gallery, name, &options(&text)))
}

/// What is said of the programs of the reference that break its rules, by section.
fn transcripts_of_the_reference() -> BTreeMap<String, String> {
    let page = tree::read("docs/reference.md");
    let blocks = snippets::blocks(&page);
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.info == "mig" && !snippets::marks(block.body).is_empty()) {
        let mut above = page[..block.range.start].lines().rev();
        let title = above.find_map(|line| line.strip_prefix("## ").or_else(|| line.strip_prefix("### "))).unwrap_or("");
        let example = snippets::Example::new(&blocks, index);
        let said = told(&mig_core::load(&example, "main.mig", &mig_core::Options::default()));
        let section = found.entry(title.to_lowercase().replace(", ", "_").replace(' ', "_")).or_default();
        let _ = write!(section, "{}{said}", if section.is_empty() { "" } else { "\n" });
    }
    found
}

/// Compares what is said with what stands in a file, or writes it there.
fn expect(expected: &Path, said: &str, wrong: &mut String) {
    if env::var_os("MIG_BLESS").is_some() {
        fs::write(expected, said).expect("an expectation can be written");
    } else if fs::read_to_string(expected).unwrap_or_default() != said {
        let _ = writeln!(wrong, "what is said changed; `cargo bless` rewrites {}\n{said}", expected.display());
    }
}

#[test]
fn every_broken_rule_of_the_reference_is_said_as_it_should_be() {
    let mut wrong = String::new();
    let transcripts = transcripts_of_the_reference();
    for (section, said) in &transcripts {
        expect(&tree::root().join(format!("tests/gallery/reference/{section}.txt")), said, &mut wrong);
    }
    for path in tree::files("tests/gallery/reference", ".txt") {
        let section = Path::new(&path).file_stem().and_then(|n| n.to_str()).unwrap_or("");
        if !transcripts.contains_key(section) {
            let _ = writeln!(wrong, "{path} is about no section of the reference; delete it");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_mistake_is_said_as_it_should_be() {
    let mut wrong = String::new();
    for path in tree::files("tests/gallery", ".mig").iter().filter(|p| p.matches('/').count() == 2) {
        let name = Path::new(path).file_name().and_then(|n| n.to_str()).unwrap_or("");
        let said = transcript(name);
        expect(&tree::root().join(path).with_extension("txt"), &said, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}
