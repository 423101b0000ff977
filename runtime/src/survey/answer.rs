//! What did the host say, section by section? Nothing here trusts it: what has no form is passed over or told as unknown.

use mig_plan::facts::Unknown;
use std::collections::BTreeMap;

/// The script cuts a section off after so many bytes.
const SECTION_MAX_BYTES: usize = 512 << 10;

/// Sections of an answer by name.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    sections: BTreeMap<&'a str, &'a str>,
    /// What the host said that it could not see.
    pub(super) unknown: Vec<Unknown>,
}

impl<'a> Answer<'a> {
    /// Divides it. An answer without its last section was cut off.
    pub(super) fn parse(text: &'a str, mark: &str) -> Option<Self> {
        let mut answer = Self { sections: BTreeMap::new(), unknown: vec![] };
        let begin = format!("{mark} ");
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let starts: Vec<usize> = lines.filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(&begin))).collect();
        for (place, start) in starts.iter().enumerate() {
            let end = starts.get(place + 1).map_or(text.len(), |next| next.saturating_sub(1));
            let (name, body) = text.get(start + begin.len()..end)?.split_once('\n')?;
            answer.take(name, body.trim_end_matches('\n'));
        }
        answer.sections.contains_key("end").then_some(answer)
    }

    fn take(&mut self, name: &'a str, body: &'a str) {
        if name == "unknown" {
            let (what, why) = body.split_once('\t').unwrap_or((body, ""));
            self.unknown(what, why);
        } else if body.len() >= SECTION_MAX_BYTES - 1 {
            self.unknown(name, "the host said more than is read");
        } else {
            self.sections.entry(name).or_insert(body);
        }
    }

    /// Notes what stays unknown.
    pub(super) fn unknown(&mut self, what: &str, why: &str) {
        self.unknown.push(Unknown { what: Some(what.to_owned()), why: Some(why.to_owned()) });
    }

    /// A section, if it was sent.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.sections.get(name).copied()
    }

    /// The lines of a section that are not empty, if it was sent.
    pub(super) fn lines(&self, name: &str) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
        Some(self.get(name)?.lines().filter(|line| !line.trim().is_empty()))
    }

    /// Lines of fields between tabs, if the section was sent.
    pub(super) fn rows(&self, name: &str) -> Option<Vec<Vec<&'a str>>> {
        Some(self.lines(name)?.map(|line| line.split('\t').collect()).collect())
    }

    /// Lines of a name and a value that is not empty.
    pub(super) fn pairs(&self, name: &str) -> BTreeMap<&'a str, &'a str> {
        let lines = self.lines(name).into_iter().flatten();
        let pairs = lines.filter_map(|line| line.split_once('\t')).map(|(name, value)| (name, value.trim()));
        pairs.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// JSON of a section, if there is any and it has the form that is wanted.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.get(name)?.trim()).ok()
    }

    /// A line of JSON for each; `None` if one has another form.
    pub(super) fn json_lines<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<Vec<T>> {
        self.lines(name)?.map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// A field of a row that is not empty.
pub(super) fn field<'a>(row: &[&'a str], at: usize) -> Option<&'a str> {
    row.get(at).map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// The same as a number.
pub(super) fn number<T: std::str::FromStr>(row: &[&str], at: usize) -> Option<T> {
    field(row, at)?.parse().ok()
}

/// Owned text.
pub(super) fn owned(text: &str) -> String {
    text.to_owned()
}

/// The version in what a tool says of itself.
pub(super) fn version(said: &str) -> Option<String> {
    let is_version = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    let words = said.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')')).map(|word| word.trim_start_matches('v'));
    words.clone().find(is_version).map(owned)
}
