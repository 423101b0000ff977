//! What stood in the place of a text that a step writes? For people, who see how the two differ.
//!
//! The new text is what the action sends, so nothing shown of it can be other than what is done. Nothing acts on the old one.

use crate::{Action, Input, Verb, call::Call};
use serde::{Deserialize, Serialize};

/// The text before a step, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "was", rename_all = "snake_case")]
pub enum Before {
    /// There is none.
    Nothing,
    /// What was applied, as the journal knows it.
    Applied {
        /// All of it.
        text: String,
    },
    /// What the host said before the plan was made.
    Found {
        /// All of it.
        text: String,
    },
    /// Another, which the host does not tell.
    Unknown,
    /// It, or what takes its place, is a secret.
    Secret,
}

impl Before {
    /// What a host, or the journal, has in the place of `new`; `None` if that is the same text, and the step changes something else.
    pub fn text(old: &str, new: &str, found: bool) -> Option<Self> {
        let text = || old.to_owned();
        match old {
            _ if old == new => None,
            _ if !is_shown(old) => Some(Self::Unknown),
            _ if found => Some(Self::Found { text: text() }),
            _ => Some(Self::Applied { text: text() }),
        }
    }
}

/// A text as people read it: what else has control characters is no text.
fn is_shown(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
}

impl Call {
    /// What it writes: the input of its first script that has one, unless it takes something away.
    pub fn input(&self) -> Option<&Input> {
        if self.verb == Verb::Delete { None } else { self.requests.iter().find_map(crate::Request::input) }
    }
}

impl Action {
    /// What a call writes.
    pub fn input(&self) -> Option<&Input> {
        if let Self::Call(call) = self { call.input() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_no_change_and_bytes_are_no_text() {
        let found = |old: &str| Before::text(old, "new", true);
        assert_eq!(found("new"), None);
        assert_eq!(found("a\r\n\tb"), Some(Before::Found { text: "a\r\n\tb".to_owned() }));
        assert_eq!(found("\u{1b}[1m"), Some(Before::Unknown));
        assert_eq!(Before::text("", "new", false), Some(Before::Applied { text: String::new() }));
    }
}
