//! What do the pages of checks and codes say of themselves? Name, code, severity and first sentence of each, and near misses.
//!
//! The pages are compiled in by `mig_core`; the rules behind them stand in `stdlib/checks`.

use mig_core::embedded::{ERRORS, PAGES, STDLIB};
use serde::Serialize;

/// What a list of checks tells of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// For people: `duplicate_node_id`.
    pub name: String,
    /// For machines: `MIG3030`.
    pub code: String,
    /// `error`, `error!` (cannot be silenced), `warning` or `hint`.
    pub severity: String,
    /// The first sentence of its page.
    pub summary: String,
    /// The page, in Markdown.
    #[serde(skip)]
    pub page: &'static str,
}

/// All checks that have a page, by code.
pub fn all() -> Vec<Check> {
    let rules = rules();
    let page = |(path, page): &(&str, &'static str)| {
        let name = name_of(path);
        let rule = rules.iter().find(|(rule, ..)| *rule == name);
        let code = rule.map_or_else(|| code_of(page), |(_, code, _)| (*code).to_owned());
        let severity = rule.map_or("error", |(.., severity)| severity).to_owned();
        Check { name, code, severity, summary: summary(page), page }
    };
    sorted(PAGES.iter().map(page).collect())
}

/// What the compiler itself reports, of the language and of plans, by code.
pub fn errors() -> Vec<Check> {
    let page = |(path, page): &(&str, &'static str)| Check {
        name: name_of(path),
        code: code_of(page),
        severity: "error".to_owned(),
        summary: summary(page),
        page,
    };
    sorted(ERRORS.iter().map(page).collect())
}

fn name_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".md").to_owned()
}

fn sorted(mut pages: Vec<Check>) -> Vec<Check> {
    pages.sort_by(|a, b| (&a.code, &a.name).cmp(&(&b.code, &b.name)));
    pages
}

/// The check of that name or code; a code may be written without `MIG`, and either in any case.
pub fn find<'c>(checks: &'c [Check], wanted: &str) -> Option<&'c Check> {
    let upper = wanted.to_ascii_uppercase();
    let name = wanted.to_ascii_lowercase().replace('-', "_");
    checks.iter().find(|c| c.name == name || c.code == upper || c.code.strip_prefix("MIG") == Some(&upper))
}

/// Names and codes that somebody may have meant, the likeliest first.
pub fn near(checks: &[Check], wanted: &str) -> Vec<String> {
    let wanted = wanted.to_ascii_lowercase();
    let score = |word: &str| strsim::jaro_winkler(&word.to_ascii_lowercase(), &wanted);
    let mut near: Vec<(f64, &Check)> = checks
        .iter()
        .map(|c| (score(&c.name).max(score(&c.code)) + if c.name.contains(&wanted) { 1.0 } else { 0.0 }, c))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, c)| format!("`{}` ({})", c.name, c.code)).collect()
}

/// Name, code and severity of every `check NAME: CODE SEVERITY {` of the standard library.
fn rules() -> Vec<(&'static str, &'static str, &'static str)> {
    let lines = STDLIB.iter().flat_map(|(_, text)| text.lines());
    lines
        .filter_map(|line| {
            let (name, rest) = line.trim_start().strip_prefix("check ")?.split_once(':')?;
            let mut words = rest.split_whitespace();
            Some((name.trim(), words.next()?, words.next()?))
        })
        .collect()
}

fn code_of(page: &str) -> String {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).count();
    let found = page.match_indices("MIG").map(|(at, _)| at).find(|at| page.get(at + 3..).is_some_and(|rest| digits(rest) == 4));
    found.and_then(|at| page.get(at..at + 7)).unwrap_or("").to_owned()
}

impl Check {
    /// The first paragraph of its page, on one line.
    pub fn about(&self) -> String {
        paragraph(self.page)
    }
}

/// The first paragraph below the title that is prose.
fn paragraph(page: &str) -> String {
    let mut paragraphs = page.split("\n\n").map(str::trim);
    let is_prose = |p: &&str| p.starts_with(char::is_alphabetic) && p.contains(' ') && !p.starts_with("MIG");
    paragraphs.find(is_prose).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Its first sentence.
fn summary(page: &str) -> String {
    let paragraph = paragraph(page);
    match paragraph.split_once(". ") {
        Some((sentence, _)) => sentence.to_owned(),
        None => paragraph.trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, code: &str) -> Check {
        Check { name: name.to_owned(), code: code.to_owned(), severity: "error".to_owned(), summary: String::new(), page: "" }
    }

    #[test]
    fn by_name_and_by_code() {
        let checks = [check("disk_too_small", "MIG2001"), check("duplicate_node_id", "MIG3030")];
        for wanted in ["MIG3030", "mig3030", "3030", "duplicate_node_id", "duplicate-node-id"] {
            assert_eq!(find(&checks, wanted).map(|c| c.name.as_str()), Some("duplicate_node_id"), "{wanted}");
        }
        assert_eq!(find(&checks, "MIG30"), None);
        assert_eq!(near(&checks, "duplicate_node").first().map(String::as_str), Some("`duplicate_node_id` (MIG3030)"));
        assert!(near(&checks, "zzz").is_empty());
    }

    #[test]
    fn first_sentences() {
        assert_eq!(summary("# disk_too_small\n\n`MIG2001` error\n\nThe disk is\nsmaller. It fails."), "The disk is smaller");
        assert_eq!(code_of("# a\n\nMIG (MIG2001)"), "MIG2001");
    }
}
