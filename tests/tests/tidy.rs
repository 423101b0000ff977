//! Does the repository keep its own rules? Those of docs/style.md that a program can see; it does not judge what files say.

mod tree;

use std::{collections::BTreeSet, fmt::Write as _};
use tree::{files, read, root};

/// Longer files have more than one topic.
const LINE_COUNT_MAX: usize = 600;

/// Fails with all that was found, not with the first.
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_file_says_what_it_answers() {
    let silent = files("", ".rs").into_iter().filter(|path| !read(path).starts_with("//!"));
    none(
        &silent
            .map(|path| format!("{path}:1: begin with `//!`: which question this file answers, and what it does not"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn no_file_has_two_topics() {
    let long = files("", ".rs").into_iter().map(|path| (read(&path).lines().count(), path)).filter(|(lines, _)| *lines > LINE_COUNT_MAX);
    none(&long.map(|(lines, path)| format!("{path}: {lines} lines; split it, {LINE_COUNT_MAX} are the most")).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_undone_or_unrun() {
    // Put together here, so that this file does not find itself.
    let forbidden =
        [["todo", "!("], ["unimplemented", "!("], ["#[", "ignore"], ["should_", "panic"], ["dbg", "!("]].map(|parts| parts.concat());
    let mut problems = vec![];
    for path in files("", ".rs") {
        for (number, line) in read(&path).lines().enumerate() {
            problems.extend(forbidden.iter().filter(|word| line.contains(*word)).map(|word| format!("{path}:{}: `{word}`", number + 1)));
        }
    }
    none(&problems);
}

#[test]
fn pages_and_rules_match() {
    let pages: BTreeSet<String> =
        files("docs/checks", ".md").iter().filter_map(|p| p.rsplit('/').next()?.strip_suffix(".md").map(str::to_owned)).collect();
    let mut problems = vec![];
    let mut rules = BTreeSet::new();
    for path in files("stdlib/checks", ".mig") {
        for (number, line) in read(&path).lines().enumerate() {
            let Some((name, rest)) = line.strip_prefix("check ").and_then(|rest| rest.split_once(':')) else { continue };
            let (name, code) = (name.trim(), rest.split_whitespace().next().unwrap_or(""));
            if !pages.contains(name) {
                problems.push(format!("{path}:{}: docs/checks/{name}.md is missing", number + 1));
            } else if !read(&format!("docs/checks/{name}.md")).contains(code) {
                problems.push(format!("docs/checks/{name}.md:1: it does not say its code, {code}"));
            }
            if !rules.insert(name.to_owned()) {
                problems.push(format!("{path}:{}: there are two checks `{name}`", number + 1));
            }
        }
    }
    problems.extend(pages.difference(&rules).map(|page| format!("docs/checks/{page}.md: no `check {page}:` in stdlib/checks")));
    none(&problems);
}

#[test]
fn links_lead_somewhere() {
    let mut problems = vec![];
    for path in files("", ".md") {
        let folder = root().join(&path).parent().expect("a file is in a folder").to_owned();
        let text = read(&path);
        for (number, line) in prose(&text) {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let file = target.split('#').next().unwrap_or("");
                if !file.is_empty() && !file.contains("://") && !folder.join(file).exists() {
                    problems.push(format!("{path}:{number}: `{target}` is not there"));
                }
            }
        }
    }
    none(&problems);
}

/// Lines outside of code blocks, from 1.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut code = false;
    let lines = text.lines().enumerate().filter(|(_, line)| {
        code ^= line.starts_with("```");
        !code
    });
    lines.map(|(number, line)| (number + 1, line)).collect()
}

/// The bindings of generated C take its address, which Rust calls `unsafe`.
const WITH_LINTS_OF_ITS_OWN: &str = "grammar/editors/tree-sitter/Cargo.toml";

#[test]
fn lints_are_the_workspaces() {
    let all = files("", "Cargo.toml").into_iter().filter(|path| path != "Cargo.toml" && path != WITH_LINTS_OF_ITS_OWN);
    let alone = all.filter(|path| !read(path).contains("[lints]\nworkspace = true"));
    let mut out = String::new();
    alone.for_each(|path| {
        let _ = writeln!(out, "{path}: add `[lints] workspace = true`");
    });
    assert!(out.is_empty(), "\n{out}");
}
