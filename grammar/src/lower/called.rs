//! What may things be called? Only what can be told apart where it is used.

use super::Lower;
use crate::ast::{ItemKind, Name};
use crate::wording::ITEM_WORDS;

/// Words that mean themselves wherever a value stands. Fields may be called so, because a dot or `=` says that they are meant.
const RESERVED: [&str; 8] = ["and", "or", "not", "if", "else", "in", "true", "false"];

impl Lower<'_> {
    /// The names that an item gives to others.
    pub(super) fn called(&mut self, item: &ItemKind) {
        match item {
            ItemKind::Kind(kind) => self.called_as_a_kind(&kind.name),
            ItemKind::Type(alias) => self.called_as_a_type(&alias.name),
            ItemKind::Enum(listed) => {
                self.called_as_a_type(&listed.name);
                self.called_as_values(&listed.values);
            }
            ItemKind::Let(constant) => self.called_as_values([&constant.name]),
            ItemKind::Param(given) | ItemKind::Table(given) => self.called_as_values([&given.name]),
            ItemKind::Fn(function) => {
                self.called_as_values([&function.name]);
                self.called_as_values(function.params.iter().map(|(name, _)| name));
            }
            ItemKind::Declaration(declared) => self.called_as_values([&declared.name]),
            ItemKind::Use(_) | ItemKind::Extend(_) | ItemKind::Check(_) | ItemKind::Test(_) | ItemKind::Output(_) => {}
        }
    }

    /// What is meant in expressions by its name alone.
    pub(super) fn called_as_values<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>) {
        for name in names.into_iter().filter(|name| RESERVED.contains(&name.text.as_str())) {
            let message = format!("nothing is called `{}`, which has a meaning of its own in expressions", name.text);
            self.note(name.span, message, Some("give it another name".to_owned()));
        }
    }

    /// A kind is written where items begin, and beside types.
    fn called_as_a_kind(&mut self, name: &Name) {
        self.called_as_values([name]);
        if ITEM_WORDS.contains(&name.text.as_str()) {
            let message = format!("no kind is called `{}`, which begins an item of its own", name.text);
            self.note(name.span, message, Some("give it another name: its declarations begin with it".to_owned()));
        } else if name.text.starts_with(|c: char| c.is_ascii_uppercase()) {
            let message = format!("the kind `{}` begins with a large letter, as types do", name.text);
            self.note(name.span, message, Some(format!("write `{}`", name.text.to_ascii_lowercase())));
        }
    }

    /// In a type `{Name: T}` is a map and `{ name: T }` a record, told by the first letter.
    fn called_as_a_type(&mut self, name: &Name) {
        let Some(first) = name.text.chars().next().filter(|first| !first.is_ascii_uppercase()) else { return };
        let message = format!("the type `{}` does not begin with a large letter", name.text);
        let help = first.is_ascii_lowercase().then(|| format!("write `{}{}`", first.to_ascii_uppercase(), &name.text[1..]));
        self.note(name.span, message, help);
    }
}
