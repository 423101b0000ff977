//! Where in the project's own texts does something stand, comments included? For rules about what is written, not what it means.

use crate::{
    model::Model,
    pattern::Pattern,
    source::Loc,
    value::{Sort, Val, Value},
};
use memchr::memmem;
use mig_syntax::ast::Span;

/// A text is looked at so far behind what begins it.
const LENGTH_MAX: usize = 256;

impl Model<'_, '_> {
    /// `written("AKIA", re"^AKIA[A-Z0-9]{16}")`: what the pattern finds where that text stands in a source of the project; of a
    /// pattern with groups, the first that is there. A text that begins with a letter or digit counts only where a word begins.
    pub(crate) fn written(&self, beginning: &str, pattern: &Pattern) -> Value {
        let mut found = vec![];
        for module in self.program.syntax.modules.iter().filter(|m| m.own) {
            let text = self.program.syntax.texts.text(module.file);
            for start in memmem::find_iter(text.as_bytes(), beginning).filter(|_| !beginning.is_empty()) {
                if let Some((from, to)) = matched(text, start, pattern) {
                    let at = Loc::new(module.file, Span::new(from, to));
                    found.push(Val { v: Value::Str(text.get(from..to).unwrap_or("").into()), at, sort: Sort::Written });
                }
            }
        }
        Value::List(found.into())
    }
}

/// Where the pattern finds something in the text that begins there.
fn matched(text: &str, start: usize, pattern: &Pattern) -> Option<(usize, usize)> {
    let alphanumeric = |c: char| c.is_ascii_alphanumeric();
    let rest = text.get(start..)?;
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    if before.is_some_and(alphanumeric) && rest.starts_with(alphanumeric) {
        return None;
    }
    let length = (0..=LENGTH_MAX.min(rest.len())).rev().find(|l| rest.is_char_boundary(*l))?;
    let groups = pattern.captures(rest.get(..length)?)?;
    let found = groups.iter().skip(1).flatten().next().or_else(|| groups.get(0))?;
    Some((start + found.start(), start + found.end()))
}
