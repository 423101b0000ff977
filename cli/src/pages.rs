//! What do the pages of checks and codes say of themselves? Name, code, severity and first sentence of each, and near misses.
//!
//! The pages are compiled in by `mig_core`; the rules behind them stand in `stdlib/checks`.

use mig_core::embedded::{ERRORS, PAGES, STDLIB};
use serde::Serialize;
use std::fmt;

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
    /// Names and codes that it had, or that checks had whose place it took.
    #[serde(skip)]
    pub former: Vec<String>,
    /// The page, in Markdown.
    #[serde(skip)]
    pub page: &'static str,
}

/// All checks that have a page, by code.
pub fn all() -> Vec<Check> {
    let rules: Vec<_> = STDLIB.iter().flat_map(|(_, text)| rules_of(text)).collect();
    let page = |(path, page): &(&str, &'static str)| {
        let name = name_of(path);
        let rule = rules.iter().find(|rule| rule.name == name);
        let code = rule.map_or_else(|| code_of(page), |rule| rule.code.to_owned());
        let severity = rule.map_or("error", |rule| rule.severity).to_owned();
        let former = rule.map(|rule| rule.former.iter().map(|&old| old.to_owned()).collect()).unwrap_or_default();
        Check { name, code, severity, summary: summary(page), former, page }
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
        former: vec![],
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

/// The check of that name or code, else the one that was called so; a code may be written without `MIG`, and either in any case.
pub fn find<'c>(checks: &'c [Check], wanted: &str) -> Option<&'c Check> {
    let upper = wanted.to_ascii_uppercase();
    let name = wanted.to_ascii_lowercase().replace('-', "_");
    let is_code = |code: &str| code == upper || code.strip_prefix("MIG") == Some(&upper);
    let now = checks.iter().find(|c| c.name == name || is_code(&c.code));
    now.or_else(|| checks.iter().find(|c| c.former.iter().any(|old| *old == name || is_code(old))))
}

/// Which checks are meant?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Codes from one to another, both included.
    Codes(u32, u32),
    /// What stands in the name, the code or the summary.
    Text(String),
}

impl Wanted {
    /// `disk`, `MIG30`, `3030`, `MIG3030..MIG3040`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let codes = |text: &str| code_range(text.trim());
        if let Some((from, to)) = text.split_once("..") {
            return match (codes(from), codes(to.trim_start_matches('='))) {
                (Some((first, _)), Some((_, last))) if first <= last => Ok(Self::Codes(first, last)),
                (Some(_), Some(_)) => Err("the last code is before the first".to_owned()),
                _ => Err("a range is written with codes: `MIG3030..MIG3040`".to_owned()),
            };
        }
        if text.trim().is_empty() {
            return Err("a part of a name or of a code is needed".to_owned());
        }
        Ok(codes(text).map_or_else(|| Self::Text(text.trim().to_lowercase().replace('-', "_")), |(first, last)| Self::Codes(first, last)))
    }

    /// What else may have been meant; of a range that is empty, nothing.
    pub fn near(&self, checks: &[Check]) -> Vec<String> {
        match self {
            Self::Codes(first, last) if first != last => vec![],
            Self::Codes(..) | Self::Text(_) => near(checks, &self.to_string()),
        }
    }

    /// Is it this one?
    pub fn means(&self, check: &Check) -> bool {
        match self {
            Self::Codes(first, last) => number_of(&check.code).is_some_and(|number| (*first..=*last).contains(&number)),
            Self::Text(text) => {
                let in_words = check.summary.to_lowercase().contains(&text.replace('_', " "));
                check.name.contains(text) || check.code.to_lowercase().contains(text) || in_words
            }
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codes(first, last) if first == last => write!(f, "MIG{first}"),
            Self::Codes(first, last) => write!(f, "MIG{first}..MIG{last}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The number of a code of ours.
fn number_of(code: &str) -> Option<u32> {
    code.strip_prefix("MIG").filter(|digits| digits.len() == CODE_DIGITS)?.parse().ok()
}

/// All codes that begin so: `MIG30` is 3000 to 3099.
fn code_range(text: &str) -> Option<(u32, u32)> {
    let digits = text.get(..3).filter(|head| head.eq_ignore_ascii_case("MIG")).map_or(text, |_| text.get(3..).unwrap_or(""));
    let open = 10_u32.pow(u32::try_from(CODE_DIGITS.checked_sub(digits.len())?).ok()?);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let first = digits.parse::<u32>().ok().filter(|_| is_number)? * open;
    Some((first, first + open - 1))
}

const CODE_DIGITS: usize = 4;
/// Codes that are further away are not meant.
const NEAR_CODES_MAX: u32 = 9;

/// Names and codes that somebody may have meant, the likeliest first.
pub fn near(checks: &[Check], wanted: &str) -> Vec<String> {
    if let Some((first, last)) = code_range(wanted) {
        let away = |check: &Check| number_of(&check.code).filter(|_| first == last).map(|number| number.abs_diff(first));
        let mut near: Vec<(u32, &Check)> =
            checks.iter().filter_map(|check| Some((away(check)?, check))).filter(|(away, _)| *away <= NEAR_CODES_MAX).collect();
        near.sort_by_key(|(away, _)| *away);
        return near.into_iter().take(3).map(|(_, c)| format!("`{}` ({})", c.name, c.code)).collect();
    }
    let wanted = wanted.to_ascii_lowercase();
    let score = |word: &str| strsim::jaro_winkler(&word.to_ascii_lowercase(), &wanted);
    // A word of a name counts less than the whole name.
    let in_words = |c: &Check| c.name.split('_').map(|word| score(word) - 0.05).fold(0.0, f64::max);
    let mut near: Vec<(f64, &Check)> = checks
        .iter()
        .map(|c| (score(&c.name).max(score(&c.code)).max(in_words(c)) + if c.name.contains(&wanted) { 1.0 } else { 0.0 }, c))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, c)| format!("`{}` ({})", c.name, c.code)).collect()
}

/// What the head of a check says.
struct Rule<'t> {
    name: &'t str,
    code: &'t str,
    severity: &'t str,
    former: Vec<&'t str>,
}

/// Of every `check NAME: CODE SEVERITY {` of a file of the standard library, which is formatted: `@moved(from = OLD)` stands above.
fn rules_of(text: &str) -> Vec<Rule<'_>> {
    let mut former = vec![];
    let mut rules = vec![];
    for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
        if let Some(old) = line.strip_prefix("@moved(from = ") {
            former.extend(old.split_once(')').map(|(old, _)| old));
            continue;
        }
        let former = std::mem::take(&mut former);
        let Some((name, rest)) = line.strip_prefix("check ").and_then(|head| head.split_once(':')) else { continue };
        let mut words = rest.split_whitespace();
        if let (Some(code), Some(severity)) = (words.next(), words.next()) {
            rules.push(Rule { name: name.trim(), code, severity, former });
        }
    }
    rules
}

fn code_of(page: &str) -> String {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).count();
    let found = page.match_indices("MIG").map(|(at, _)| at).find(|at| page.get(at + 3..).is_some_and(|rest| digits(rest) == 4));
    found.and_then(|at| page.get(at..at + 7)).unwrap_or("").to_owned()
}

impl Check {
    /// What to say before its page to somebody who asked for it by a name or code that it has no longer.
    pub fn called_now(&self, wanted: &str) -> Option<String> {
        let is_it = find(&[Self { former: vec![], ..self.clone() }], wanted).is_some();
        (!is_it).then(|| format!("`{wanted}` is called `{}` ({}) now.", self.name, self.code))
    }

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
        Check {
            name: name.to_owned(),
            code: code.to_owned(),
            severity: "error".to_owned(),
            summary: String::new(),
            former: vec![],
            page: "",
        }
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
        assert_eq!(near(&checks, "disc"), ["`disk_too_small` (MIG2001)"]);
        assert_eq!(near(&checks, "MIG3029"), ["`duplicate_node_id` (MIG3030)"]);
        assert!(near(&checks, "3050").is_empty());
    }

    #[test]
    fn by_what_it_was_called() {
        let text = "@moved(from = small_disk)\n@moved(from = MIG2000)\n/// Why.\ncheck disk_too_small: MIG2001 error! {\n  for d in all(disk)\n}\n\n\
                    @moved(from = old)\nserver new: ssh.host { }\n\ncheck other: MIG2002 warning {\n}\n";
        let checks: Vec<Check> = rules_of(text)
            .into_iter()
            .map(|rule| Check { former: rule.former.iter().map(|&old| old.to_owned()).collect(), ..check(rule.name, rule.code) })
            .collect();
        for wanted in ["small_disk", "small-disk", "MIG2000", "mig2000", "2000", "disk_too_small", "MIG2001"] {
            assert_eq!(find(&checks, wanted).map(|c| c.name.as_str()), Some("disk_too_small"), "{wanted}");
        }
        let found = find(&checks, "small_disk").expect("it was called so");
        assert_eq!(found.called_now("small_disk").as_deref(), Some("`small_disk` is called `disk_too_small` (MIG2001) now."));
        assert_eq!(found.called_now("mig2001"), None);
        assert_eq!(find(&checks, "old"), None, "that was the name of a declaration");
        assert_eq!(find(&checks, "other").map(|c| c.former.len()), Some(0));
    }

    #[test]
    fn those_that_are_meant() {
        let checks = [check("disk_too_small", "MIG2001"), check("duplicate_node_id", "MIG3030"), check("own", "FLEET001")];
        let meant = |text: &str| {
            let wanted = Wanted::parse(text).expect(text);
            checks.iter().filter(|c| wanted.means(c)).map(|c| c.name.as_str()).collect::<Vec<_>>().join(" ")
        };
        for (text, names) in [
            ("disk", "disk_too_small"),
            ("node-id", "duplicate_node_id"),
            ("MIG30", "duplicate_node_id"),
            ("2", "disk_too_small"),
            ("mig2001", "disk_too_small"),
            ("MIG2001..3030", "disk_too_small duplicate_node_id"),
            ("2..29", "disk_too_small"),
            ("fleet", "own"),
            ("MIG4", ""),
            ("12345", ""),
        ] {
            assert_eq!(meant(text), names, "{text}");
        }
        for wrong in ["", " ", "3..2", "a..b", "MIG3030.."] {
            assert!(Wanted::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn first_sentences() {
        assert_eq!(summary("# disk_too_small\n\n`MIG2001` error\n\nThe disk is\nsmaller. It fails."), "The disk is smaller");
        assert_eq!(code_of("# a\n\nMIG (MIG2001)"), "MIG2001");
    }
}
