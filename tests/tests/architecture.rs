//! Do the crates depend on each other as docs/architecture.md says? Compares its list of edges with the manifests.

mod tree;

use std::collections::BTreeSet;
use tree::{files, read};

/// `mig_core -> mig_plan`
type Edges = BTreeSet<String>;

fn documented() -> Edges {
    let text = read("docs/architecture.md");
    let block =
        text.split("```edges\n").nth(1).and_then(|rest| rest.split("```").next()).expect("docs/architecture.md has a block `edges`");
    block.lines().map(str::to_owned).collect()
}

/// Dependencies among our own crates, of every kind.
fn declared() -> Edges {
    let mut edges = Edges::new();
    for path in files("", "Cargo.toml").iter().filter(|path| *path != "Cargo.toml") {
        let text = read(path);
        let name = text.lines().find_map(|line| line.strip_prefix("name = ")).unwrap_or("").trim_matches('"').to_owned();
        let mut section = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let key = line.split(['.', ' ', '=']).next().unwrap_or("");
            if section.ends_with("dependencies]") && (key.starts_with("mig_") || key == "migc") {
                let stage = match section {
                    "[dependencies]" => "",
                    "[build-dependencies]" => "(build) ",
                    _ => "(tests) ",
                };
                edges.insert(format!("{name} -> {stage}{key}"));
            }
        }
    }
    edges
}

#[test]
fn edges_are_as_documented() {
    let (documented, declared) = (documented(), declared());
    let missing: Vec<_> = declared.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&declared).collect();
    assert!(missing.is_empty() && gone.is_empty(), "docs/architecture.md lacks {missing:?} and has {gone:?} too much");
}

#[test]
fn the_compiler_does_no_io() {
    for manifest in ["grammar", "compiler/core", "compiler/plan"] {
        let text = read(&format!("{manifest}/Cargo.toml"));
        for heavy in ["tokio", "openssh", "reqwest", "futures"] {
            assert!(!text.contains(heavy), "{manifest} must build and test without {heavy}");
        }
    }
}
