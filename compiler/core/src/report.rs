//! How is a problem written down while compiling? Places by number; lines and names are added at the end.

use crate::source::{Loc, Texts};
use mig_plan::{Diagnostic, Edit, Fix, Label, Severity, Unproven};
use rustc_hash::FxHashMap as HashMap;

/// A problem of the language itself: its code and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(pub &'static str, pub &'static str);

/// Text that is not of the language.
pub const SYNTAX: Code = Code("MIG1001", "syntax");
/// A name that means nothing here.
pub const UNKNOWN_NAME: Code = Code("MIG1002", "unknown_name");
/// Two things of one name.
pub const DUPLICATE_NAME: Code = Code("MIG1003", "duplicate_name");
/// A value of the wrong type.
pub const TYPE_MISMATCH: Code = Code("MIG1004", "type_mismatch");
/// A field that must be written and is not.
pub const MISSING_FIELD: Code = Code("MIG1005", "missing_field");
/// A value that its type's `in` or `where` does not accept.
pub const REFUSED_VALUE: Code = Code("MIG1006", "refused_value");
/// Values that need each other.
pub const CYCLE: Code = Code("MIG1007", "cyclic_value");
/// Arithmetic without a result.
pub const ARITHMETIC: Code = Code("MIG1008", "arithmetic");
/// A file that cannot be used.
pub const UNREADABLE: Code = Code("MIG1009", "unreadable_file");
/// Facts that are broken, of another version or of another host.
pub const BROKEN_FACTS: Code = Code("MIG1010", "broken_facts");
/// A value by hand that a fact contradicts.
pub const CONTRADICTION: Code = Code("MIG1011", "contradicted_by_facts");
/// A value known too late, or a secret in the open.
pub const STAGE: Code = Code("MIG1012", "value_not_allowed_here");
/// A parameter without a value, or with a wrong one.
pub const PARAMETER: Code = Code("MIG1013", "parameter");
/// An `@allow` that is not as it should be, or silences nothing.
pub const ALLOW: Code = Code("MIG1014", "useless_allow");
/// A value that must be unique.
pub const NOT_UNIQUE: Code = Code("MIG1015", "value_used_twice");
/// Facts that are older than is allowed.
pub const OLD_FACTS: Code = Code("MIG1017", "old_facts");
/// The program is for other versions of migc.
pub const OTHER_VERSION: Code = Code("MIG1018", "other_version");
/// A `.mig` file that no `use` reaches.
pub const UNUSED_FILE: Code = Code("MIG8001", "unused_file");

/// All of them.
pub const ALL: [Code; 18] = [
    SYNTAX,
    UNKNOWN_NAME,
    DUPLICATE_NAME,
    TYPE_MISMATCH,
    MISSING_FIELD,
    REFUSED_VALUE,
    CYCLE,
    ARITHMETIC,
    UNREADABLE,
    BROKEN_FACTS,
    CONTRADICTION,
    STAGE,
    PARAMETER,
    ALLOW,
    NOT_UNIQUE,
    OLD_FACTS,
    OTHER_VERSION,
    UNUSED_FILE,
];

/// A problem at a place.
#[derive(Debug, Clone)]
pub struct Problem {
    /// How grave.
    pub severity: Severity,
    /// `MIG3030`
    pub code: String,
    /// `duplicate_node_id`
    pub name: String,
    /// The sentence.
    pub message: String,
    /// Where.
    pub at: Loc,
    /// What the place is.
    pub text: String,
    /// Further places.
    pub labels: Vec<(Loc, String)>,
    /// What to do.
    pub help: Option<String>,
    /// Edits that would mend it.
    pub fixes: Vec<Offer>,
    /// The declaration it is about.
    pub about: Option<String>,
    /// Is what stands at its place not to be shown?
    pub hidden: bool,
    /// Is that one of many that one text declares?
    pub one_of_many: bool,
    /// Is it beyond `@allow` and baselines?
    pub unsilenceable: bool,
}

/// An edit that would mend a problem.
#[derive(Debug, Clone)]
pub struct Offer {
    /// In the imperative.
    pub title: String,
    /// What is replaced.
    pub at: Loc,
    /// By what.
    pub text: String,
    /// See [`Fix::safe`].
    pub safe: bool,
}

impl Problem {
    /// An error of the language.
    pub fn error(code: Code, at: Loc, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code.0, code.1, at, message.into())
    }

    /// A warning of the language.
    pub fn warning(code: Code, at: Loc, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code.0, code.1, at, message.into())
    }

    /// Of any check.
    pub fn new(severity: Severity, code: &str, name: &str, at: Loc, message: String) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            name: name.to_owned(),
            message,
            at,
            text: String::new(),
            labels: vec![],
            help: None,
            fixes: vec![],
            about: None,
            hidden: false,
            one_of_many: false,
            unsilenceable: false,
        }
    }

    /// Says what the primary place is.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// Points at one more place.
    #[must_use]
    pub fn also(mut self, at: Loc, text: impl Into<String>) -> Self {
        self.labels.push((at, text.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers an edit that is a guess at what was meant.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, at: Loc, text: impl Into<String>) -> Self {
        self.fixes.push(Offer { title: title.into(), at, text: text.into(), safe: false });
        self
    }

    /// Offers the edit that mends damaged text.
    #[must_use]
    pub fn mend(mut self, at: Loc, text: &str, safe: bool) -> Self {
        let title = if text.is_empty() { "remove it".to_owned() } else { format!("write `{}`", text.trim()) };
        self.fixes.push(Offer { title, at, text: text.to_owned(), safe });
        self
    }

    /// Offers the name that is one or two edits away from the one at that place, if there is one among these.
    #[must_use]
    pub fn near<'n>(self, name: &str, known: impl IntoIterator<Item = &'n str>, at: Loc) -> Self {
        match near(name, known) {
            Some(close) => self.help(format!("did you mean `{close}`?")).fix(format!("write `{close}`"), at, close),
            None => self,
        }
    }

    fn finish(self, texts: &Texts) -> Diagnostic {
        let file = |loc: Loc| texts.name(loc.file).to_owned();
        let fix = |offer: Offer| {
            let edit = Edit { file: file(offer.at), span: texts.span(offer.at), text: offer.text };
            Fix { title: offer.title, safe: offer.safe, edits: vec![edit] }
        };
        Diagnostic {
            severity: self.severity,
            code: self.code,
            name: self.name,
            message: self.message,
            file: file(self.at),
            span: texts.span(self.at),
            text: self.text,
            address: self.about.unwrap_or_default(),
            unsilenceable: self.unsilenceable,
            labels: self.labels.into_iter().map(|(loc, text)| Label { file: file(loc), span: texts.span(loc), text }).collect(),
            help: self.help,
            fixes: self.fixes.into_iter().map(fix).collect(),
            hidden: self.hidden,
        }
    }
}

/// So many names stand in a message for many.
const GROUP_NAMES_MAX: usize = 3;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Problems {
    /// In the order found.
    pub list: Vec<Problem>,
    /// Checks that lacked a fact.
    pub unproven: Vec<Unproven>,
}

impl Problems {
    /// One more.
    pub fn add(&mut self, problem: Problem) {
        self.list.push(problem);
    }

    /// What is said of each of many declarations of one text is said once, with the names of the others.
    pub fn group(&mut self) {
        let mut out: Vec<Problem> = vec![];
        let mut others: Vec<Vec<String>> = vec![];
        let mut firsts: HashMap<(String, Loc), usize> = HashMap::default();
        for problem in std::mem::take(&mut self.list) {
            let key = problem.one_of_many.then(|| (problem.code.clone(), problem.at));
            match key.as_ref().and_then(|key| firsts.get(key)).and_then(|i| others.get_mut(*i)) {
                Some(list) => list.extend(problem.about),
                None => {
                    firsts.extend(key.map(|key| (key, out.len())));
                    out.push(problem);
                    others.push(vec![]);
                }
            }
        }
        for (problem, names) in out.iter_mut().zip(others) {
            if let Some((last, rest)) = names.split_last() {
                let shown: Vec<&str> = rest.iter().take(GROUP_NAMES_MAX).map(String::as_str).collect();
                let more =
                    if rest.len() > shown.len() { format!(" and {} more", names.len() - shown.len()) } else { format!(" and {last}") };
                let list = if shown.is_empty() { last.clone() } else { format!("{}{more}", shown.join(", ")) };
                problem.message = format!("{}; the same holds for {list}", problem.message);
            }
        }
        self.list = out;
    }

    /// With names, lines, in order.
    pub fn finish(self, texts: &Texts) -> mig_plan::Report {
        mig_plan::Report::new(self.list.into_iter().map(|p| p.finish(texts)).collect(), self.unproven)
    }
}

/// ` — did you mean …?` for a name that is one or two edits away from one of those, or nothing.
pub fn near<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // Any two single letters are one edit apart, which says nothing.
    if name.chars().count() < 2 {
        return None;
    }
    let limit = (name.len() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|k| (distance(name, k), k))
        .filter(|(d, k)| *d <= limit && *k != name)
        .min_by_key(|(d, k)| (*d, unlike(name, k), *k))
        .map(|(_, k)| k)
}

/// How much of a word is not shared at its ends: of two words that are equally near, the one that begins and ends alike was meant.
fn unlike(a: &str, b: &str) -> usize {
    let before = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let behind = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
    b.len().saturating_sub(before + behind)
}

/// Is one letter inserted, deleted, replaced or swapped with its neighbour?
pub fn is_one_edit_apart(name: &str, known: &str) -> bool {
    name.len().abs_diff(known.len()) <= 1 && distance(name, known) == 1
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |r: usize, c: usize| rows.get(r).and_then(|r| r.get(c)).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(i, j) + usize::from(x != y)).min(at(i, j + 1) + 1).min(row.last().copied().unwrap_or(0) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(i - 1, j - 1) + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows.last().and_then(|r| r.last()).copied().unwrap_or(0)
}
