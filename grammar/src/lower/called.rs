//! What may kinds and types be called? Only what can be told apart where it is used.

use super::Lower;
use crate::ast::Name;
use crate::wording::ITEM_WORDS;

impl Lower<'_> {
    /// A kind is written where items begin, and beside types.
    pub(super) fn called_as_a_kind(&mut self, name: &Name) {
        if ITEM_WORDS.contains(&name.text.as_str()) {
            let message = format!("no kind is called `{}`, which begins an item of its own", name.text);
            self.note(name.span, message, Some("give it another name: its declarations begin with it".to_owned()));
        } else if name.text.starts_with(|c: char| c.is_ascii_uppercase()) {
            let message = format!("the kind `{}` begins with a large letter, as types do", name.text);
            self.note(name.span, message, Some(format!("write `{}`", name.text.to_ascii_lowercase())));
        }
    }

    /// In a type `{Name: T}` is a map and `{ name: T }` a record, told by the first letter.
    pub(super) fn called_as_a_type(&mut self, name: &Name) {
        let Some(first) = name.text.chars().next().filter(|first| !first.is_ascii_uppercase()) else { return };
        let message = format!("the type `{}` does not begin with a large letter", name.text);
        let help = first.is_ascii_lowercase().then(|| format!("write `{}{}`", first.to_ascii_uppercase(), &name.text[1..]));
        self.note(name.span, message, help);
    }
}
