//! What do texts and scripts with values in them come to?

use crate::{
    code::Piece,
    eval::Scope,
    model::Model,
    source::Loc,
    value::{Shell, Val, Value},
};
use std::{fmt::Write as _, rc::Rc};

impl<'a> Model<'_, 'a> {
    pub(crate) fn template(&self, s: &Scope<'_>, pieces: &[Piece<'a>], at: Loc) -> Val {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(t) => text.push_str(t),
                Piece::Hole(hole) => {
                    let value = self.view(s, hole);
                    match &value.v {
                        Value::Error | Value::Unknown(_) | Value::Later(_) => return Val { at, ..value.into_owned() },
                        other => text.push_str(&self.show(other)),
                    }
                }
            }
        }
        Val::new(Value::Str(text.into()), at)
    }

    /// Holes become positional parameters; nothing is spliced into the text.
    pub(crate) fn shell(&self, s: &Scope<'_>, pieces: &[Piece<'a>], at: Loc) -> Val {
        let (mut text, mut words) = (String::new(), Vec::<String>::new());
        for piece in pieces {
            match piece {
                Piece::Text(t) => text.push_str(t),
                Piece::Hole(hole) => {
                    let value = self.view(s, hole);
                    // A list is several words.
                    let several: &[Val] = if let Value::List(list) = &value.v { list } else { std::slice::from_ref(&*value) };
                    for (number, word) in several.iter().enumerate() {
                        if matches!(word.v, Value::Error | Value::Unknown(_) | Value::Later(_)) {
                            return Val { at, ..word.clone() };
                        }
                        let shown = self.show(&word.v);
                        // A path is no flag.
                        let is_flag = shown.starts_with('-') && self.program.paths.borrow().contains(&hole.at);
                        words.push(if is_flag { format!("./{shown}") } else { shown });
                        let _ = write!(text, "{}\"${{{}}}\"", if number > 0 { " " } else { "" }, words.len());
                    }
                }
            }
        }
        Val::new(Value::Sh(Rc::new(Shell { text, words })), at)
    }
}
