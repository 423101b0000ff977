//! How is damage said to a person? A message for every rule that stands for a mistake, with help where there is one
//! obvious thing to do. Which messages are told is decided in `damage`.

use crate::ast::{Damage, Span};
use crate::grammar::Rule;
use crate::lower::Around;

mod mends;
mod names;
mod skipped;
mod tokens;

pub(crate) use names::people;
pub(crate) use skipped::ITEM_WORDS;
use tokens::{before, first, offset_of};

/// What is told of a pair that stands for a mistake at `at`, within the pair `around`.
pub(crate) fn damage(text: &str, rule: Rule, at: Span, around: Around) -> Damage {
    if at.start != at.end {
        return skipped::damage(text, rule, at, around);
    }
    match rule {
        Rule::no_paren => unclosed(text, "(", (rule, at), around),
        Rule::no_bracket => unclosed(text, "[", (rule, at), around),
        Rule::no_brace => unclosed(text, "{", (rule, at), around),
        Rule::no_quote => unclosed(text, "\"", (rule, at), around),
        Rule::no_comma => {
            let next = first(&text[at.start as usize..]);
            Damage {
                span: at,
                message: format!("expected `,` before `{next}`"),
                help: None,
                mend: mends::of_absence(text, rule, at, around),
            }
        }
        Rule::no_body if foreign(text, around).is_some() => {
            let (word, own) = foreign(text, around).unwrap_or_default();
            let help = Some(format!("write `{own}`"));
            let span = Span::new(around.start, around.start + word.len());
            Damage { span, message: format!("`{word}` is no word of the language"), help, mend: Some(mends::of_word(span, own)) }
        }
        _ => Damage {
            span: at,
            message: absence(text, rule, at),
            help: absence_help(text, rule, at, around),
            mend: mends::of_absence(text, rule, at, around),
        },
    }
}

/// A word that begins an item in other languages, and the one that does so here.
fn foreign(text: &str, around: Around) -> Option<(&str, &'static str)> {
    let head = text.get(around.start..).filter(|_| around.rule == Rule::declaration)?;
    let word = head.split(|c: char| !tokens::is_word(c)).next()?;
    let own = match word {
        "import" | "include" | "require" => "use",
        "var" | "const" | "val" | "local" | "set" => "let",
        "function" | "func" | "def" => "fn",
        "variable" => "param",
        "struct" | "class" => "kind",
        _ => return None,
    };
    Some((word, own))
}

/// "expected a value after `=`"
fn absence(text: &str, rule: Rule, at: Span) -> String {
    let before = before(text, at.start as usize);
    let expected = match rule {
        Rule::no_code if before == ":" => "a code",
        _ => people(rule),
    };
    if before.is_empty() { format!("expected {expected}") } else { format!("expected {expected} after `{before}`") }
}

/// What is obvious to do about something that is absent.
fn absence_help(text: &str, rule: Rule, at: Span, around: Around) -> Option<String> {
    let help = match rule {
        Rule::no_code => "codes are short and stable, as in `check too_small: CLUB001 error { … }`",
        Rule::no_driver => "as in `create aliyun.rpc(\"RunInstances\") { … }`",
        Rule::no_kind_word => "as in `abstract kind server { … }`",
        Rule::no_value if text[at.start as usize..].trim_start().starts_with('!') => "write `not`",
        Rule::no_value if text[at.start as usize..].trim_start().starts_with('\'') => "texts stand between `\"`",
        Rule::no_value if text[at.start as usize..].trim_start().starts_with(['“', '”', '„', '‘', '’', '«']) => {
            "texts stand between straight quotes: `\"`"
        }
        Rule::no_value if around.rule == Rule::paren && text[at.start as usize..].trim_start().starts_with(')') => {
            "there is no empty value: leave the field away, or write an empty list, `[]`"
        }
        Rule::no_eq if around.rule == Rule::function && text[at.start as usize..].trim_start().starts_with('{') => {
            "a function is one expression behind `=`, without braces"
        }
        Rule::no_arrow if text[at.start as usize..].trim_start().starts_with(':') => "the type of the result stands behind `->`",
        Rule::no_body if text[at.start as usize..].trim_start().starts_with("then ") => "as in `if c { a } else { b }`",
        Rule::no_on => "as in `replace on image, zone`",
        Rule::no_in if around.rule == Rule::keys => "as in `web[zone in zones]`",
        Rule::no_in => "as in `for a in all(nic)`",
        Rule::no_target => "as in `use aliyun` or `use \"./network.mig\" as net`",
        Rule::no_body if text[at.start as usize..].trim_start().trim_start_matches('=').trim_start().starts_with('{') => {
            "leave the `=` away: the braces follow the name"
        }
        Rule::no_body if around.rule == Rule::declaration => {
            let entry = &text[around.start..at.start as usize];
            let (key, value) = entry.split_once([' ', '\t'])?;
            let indented = !text[..around.start].ends_with('\n') && around.start > 0;
            let follows = text[at.start as usize..].trim_start().starts_with('=');
            if follows || !indented || value.trim().contains([' ', ':', '[']) {
                return None;
            }
            let upper = value.trim().starts_with(|c: char| c.is_ascii_uppercase());
            let sign = if upper { ":" } else { " =" };
            return Some(format!("a field is written `{key}{sign} {}`", value.trim()));
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// A bracket or a quote that is never closed, shown where it is.
fn unclosed(text: &str, mark: &str, (rule, at): (Rule, Span), around: Around) -> Damage {
    let start = offset_of(text, around.start, mark);
    let mark = if text[start..].starts_with("\"\"\"") { "\"\"\"" } else { mark };
    let help = match around.rule {
        Rule::template => Some("a string ends on its line; write `\"\"\"` for several lines".to_owned()),
        Rule::hole => Some("write `\\{` for a brace in text".to_owned()),
        _ => None,
    };
    let mend = mends::of_absence(text, rule, at, around);
    Damage { span: Span::new(start, start + mark.len()), message: format!("this `{mark}` is never closed"), help, mend }
}
