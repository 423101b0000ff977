//! Which test keeps which rule of the reference, and what breaks it?
//!
//! Rules are the items of numbered lists and rows of tables. Lines of the programs below them say `// keeps 2`, `// error: CODE, breaks 2`
//! or, where nothing can break it, `// shows 2`. A rule that only a command shows ends in `Test: [`name`](path)`. That the programs do what
//! is said of them is looked at in `book.rs`.

#![allow(clippy::disallowed_methods, reason = "tests that are named are looked for on disk")]

mod snippets;
mod tree;

use std::{collections::BTreeSet, fmt::Write as _, fs};

/// What is told there is no rule: it is what other sections, other pages or the standard library say.
const SECTIONS_WITHOUT_RULES: [&str; 3] = ["Nouns of the standard library", "Codes", "What this version does not do"];

/// Columns of tables whose words are used in the section.
const NAMED: [&str; 4] = ["function", "method", "driver", "clause"];

/// One heading and what stands below it.
struct Section<'p> {
    title: &'p str,
    /// Outside of programs.
    prose: Vec<&'p str>,
    /// Of programs.
    lines: Vec<&'p str>,
}

fn sections(page: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = vec![];
    let mut fence: Option<&str> = None;
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")).filter(|_| fence.is_none()) {
            sections.push(Section { title, prose: vec![], lines: vec![] });
            continue;
        }
        let Some(section) = sections.last_mut() else { continue };
        match (line.strip_prefix("```"), fence) {
            (Some(_), Some(_)) => fence = None,
            (Some(info), None) => fence = Some(info),
            (None, Some(info)) if info.starts_with("mig") => section.lines.push(line),
            (None, Some(_)) => {}
            (None, None) => section.prose.push(line),
        }
    }
    sections
}

/// The rules of a section by their numbers, whole.
fn rules(section: &Section<'_>) -> Vec<(usize, String)> {
    let mut rules: Vec<(usize, String)> = vec![];
    for line in &section.prose {
        let row = line.strip_prefix("| ").and_then(|cells| cells.split_once(" | "));
        let number = row.or_else(|| line.split_once(". ")).and_then(|(number, text)| Some((number.parse().ok()?, text)));
        match (number, rules.last_mut()) {
            (Some((number, text)), _) => rules.push((number, text.to_owned())),
            (None, Some((_, rule))) if line.starts_with("   ") => {
                rule.push(' ');
                rule.push_str(line.trim());
            }
            _ => {}
        }
    }
    rules
}

/// What the lines of a section say of its rules: `("keeps", 2)`.
fn said<'p>(section: &Section<'p>) -> BTreeSet<(&'p str, usize)> {
    let mut said = BTreeSet::new();
    for part in section.lines.iter().filter_map(|line| line.rsplit_once("// ")).flat_map(|(_, comment)| comment.split(", ")) {
        let Some((verb @ ("keeps" | "breaks" | "shows"), numbers)) = part.trim().split_once(' ') else { continue };
        said.extend(numbers.split(" and ").filter_map(|number| Some((verb, number.parse().ok()?))));
    }
    said
}

/// The tests that a rule names, `[`name`](../path)`, which are not there.
fn missing_tests(rule: &str) -> Vec<String> {
    let named = rule
        .split("[`")
        .skip(1)
        .filter_map(|part| part.split_once("`](../"))
        .map(|(name, path)| (name, path.split(')').next().unwrap_or("")));
    let is_there =
        |(name, path): &(&str, &str)| fs::read_to_string(tree::root().join(path)).is_ok_and(|text| text.contains(&format!("fn {name}()")));
    named.filter(|test| !is_there(test)).map(|(name, path)| format!("`{name}` in {path}")).collect()
}

fn judge_rules(section: &Section<'_>, wrong: &mut String) {
    let (rules, said, title) = (rules(section), said(section), section.title);
    for (at, (number, rule)) in rules.iter().enumerate() {
        let has = |verb| said.contains(&(verb, *number));
        let is_tied = has("shows") != (has("keeps") && has("breaks"));
        if at + 1 != *number {
            let _ = writeln!(wrong, "{title}: rule {number} is out of its order");
        }
        if !is_tied && !rule.contains("Test: ") {
            let _ =
                writeln!(wrong, "{title}: rule {number} needs a line that keeps it and one that breaks it, or one that shows it: {rule}");
        }
        for test in missing_tests(rule) {
            let _ = writeln!(wrong, "{title}: rule {number} names a test that is not there: {test}");
        }
    }
    for (verb, number) in said.iter().filter(|(_, number)| !rules.iter().any(|(n, _)| n == number)) {
        let _ = writeln!(wrong, "{title}: a line {verb} rule {number}, which is not there");
    }
    let is_mark = |line: &str| line.contains("// error: ") || line.contains("// warning: ");
    for line in section.lines.iter().filter(|line| is_mark(line) && !line.contains("breaks ")) {
        let _ = writeln!(wrong, "{title}: which rule does this line break? {}", line.trim());
    }
    // An introduction may stand before the first rule; what stands between rules is a rule without a number.
    let is_rule = |line: &str| line.starts_with(|c: char| c.is_ascii_digit()) || line.starts_with("   ") || line.starts_with('|');
    for line in section.prose.iter().skip_while(|line| !is_rule(line)).filter(|line| !line.is_empty() && !is_rule(line)) {
        let _ = writeln!(wrong, "{title}: a rule without a number: {line}");
    }
    if rules.is_empty() && !section.prose.iter().any(|line| line.starts_with('|')) {
        let _ = writeln!(wrong, "{title}: no rule");
    }
}

/// The words that a table of functions or the like is about: `map` of `map(x => U)`.
fn words_of_tables<'p>(section: &Section<'p>) -> BTreeSet<&'p str> {
    let mut column = None;
    let mut words = BTreeSet::new();
    for line in &section.prose {
        let cells: Vec<&str> = line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        match (line.starts_with('|'), column) {
            (false, _) => column = None,
            (true, None) => column = Some(cells.iter().position(|cell| NAMED.contains(cell))),
            (true, Some(Some(at))) => {
                let code = cells.get(at).into_iter().flat_map(|cell| cell.split('`').skip(1).step_by(2));
                words.extend(code.map(|code| code.split(['(', ' ', '[']).next().unwrap_or("")).filter(|word| word.len() > 1));
            }
            (true, Some(None)) => {}
        }
    }
    words
}

/// What a table of functions, methods, drivers or clauses has is used in its section, and functions and methods are used wrongly there or in the gallery.
fn judge_tables(section: &Section<'_>, gallery: &[String], wrong: &mut String) {
    let is_word = |line: &str, word: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word);
    let uses = |line: &str, word: &str| if word.contains('.') { line.contains(word) } else { is_word(line, word) };
    let is_broken = |line: &&&str| line.contains("breaks ");
    for word in words_of_tables(section) {
        let title = section.title;
        if !section.lines.iter().filter(|line| !is_broken(line)).any(|line| uses(line, word)) {
            let _ = writeln!(wrong, "{title}: no line uses `{word}`");
        }
        let is_called = matches!(title, "Functions" | "Methods");
        let breaks = section.lines.iter().filter(is_broken).any(|line| uses(line, word)) || gallery.iter().any(|line| uses(line, word));
        if is_called && !breaks {
            let _ = writeln!(wrong, "{title}: no line breaks `{word}`");
        }
    }
}

/// Lines of the gallery about which something is said.
fn broken_lines_of_the_gallery() -> Vec<String> {
    let mut lines = vec![];
    for path in tree::files("tests/gallery", ".mig") {
        let (program, said) = (tree::read(&path), tree::read(&path.replace(".mig", ".txt")));
        let name = path.rsplit('/').next().unwrap_or("");
        let numbers = said.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split(':').next()?.parse().ok());
        let numbers: BTreeSet<usize> = numbers.collect();
        lines.extend(program.lines().enumerate().filter(|(at, _)| numbers.contains(&(at + 1))).map(|(_, line)| line.to_owned()));
    }
    lines
}

#[test]
fn every_rule_of_the_reference_names_its_test() {
    let (page, gallery) = (tree::read("docs/reference.md"), broken_lines_of_the_gallery());
    let mut wrong = String::new();
    for section in sections(&page).iter().filter(|section| !SECTIONS_WITHOUT_RULES.contains(&section.title)) {
        judge_rules(section, &mut wrong);
        judge_tables(section, &gallery, &mut wrong);
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
