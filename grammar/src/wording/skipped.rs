//! What is said of text that was skipped? It depends on what the text looks like and on where it stands.

use super::tokens::{before, first, is_word, token as whole};
use super::{mends, people};
use crate::ast::{Damage, Span};
use crate::grammar::Rule;
use crate::lower::Around;

/// A message, and what to do.
type Said = (String, Option<String>);

/// Words that begin an item.
pub(crate) const ITEM_WORDS: [&str; 14] =
    ["use", "param", "let", "fn", "type", "enum", "kind", "abstract", "check", "output", "test", "table", "extend", "existing"];

/// Clauses of a check.
const CHECK_WORDS: [&str; 7] = ["for", "when", "at", "also", "say", "help", "fix"];

/// What is told of a text that no rule but a `bad_*` took.
pub(super) fn damage(text: &str, rule: Rule, at: Span, around: Around) -> Damage {
    let skipped = &text[at.start as usize..at.end as usize];
    if let Some(name) = name_of_a_record(text, rule, at, around) {
        let message = "a record in a list is written without a name before it".to_owned();
        let help = Some(format!("remove `{}`", &text[name.start as usize..name.end as usize]));
        return Damage { span: name, message, help, mend: mends::of_named_record(skipped, name, at) };
    }
    if rule == Rule::bad_tuple {
        return tuple(text, at, around);
    }
    let token = first(skipped);
    let (message, help) = match rule {
        Rule::bad_item => item(skipped),
        Rule::bad_end => (format!("expected a line break before `{token}`"), tail_help(text, at, &token)),
        Rule::bad_tail => (format!("expected `,` or a line break before `{token}`"), tail_help(text, at, &token)),
        Rule::bad_entry => entry(skipped, around),
        Rule::bad_head => (format!("expected `{{` before `{token}`"), head_help(text, at, skipped, around)),
        Rule::bad_arg => argument(text, at, &token, around),
        Rule::bad_hole => (format!("expected `}}` before `{token}`"), Some("write `\\{` for a brace in text".to_owned())),
        Rule::bad_rest => ("a map has one type of keys and one of values".to_owned(), Some("as in `{Str: Int}`".to_owned())),
        Rule::bad_names => {
            let names = skipped.trim_matches(['(', ')']).trim();
            ("the names of a `for` have no brackets".to_owned(), Some(format!("write `for {names} in …`")))
        }
        Rule::bad_date | Rule::bad_number => (format!("`{token}` is no literal"), None),
        _ => (format!("{} cannot stand here", people(rule)), None),
    };
    Damage { span: at, message, help, mend: mends::of_skipped(text, rule, at, around) }
}

/// `rule` of `[rule { port = 22/tcp }]`: a name that alone is an item of a list, and a record where only a comma could follow.
fn name_of_a_record(text: &str, rule: Rule, at: Span, around: Around) -> Option<Span> {
    let start = at.start as usize;
    if rule != Rule::bad_arg || around.rule != Rule::list || !text[start..].starts_with('{') {
        return None;
    }
    let end = text[..start].trim_end_matches([' ', '\t']).len();
    let name = text[..end].trim_end_matches(|c: char| is_word(c) || c == '.').len();
    let is_name = text[name..end].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_item = before(text, name).ends_with(['[', ',']) || text[..name].trim_end_matches([' ', '\t']).ends_with('\n');
    (is_name && is_item).then(|| Span::new(name, end))
}

/// `(1, 2)`, where `, 2` was skipped.
fn tuple(text: &str, at: Span, around: Around) -> Damage {
    let (skipped, behind) = (&text[at.start as usize..at.end as usize], &text[at.end as usize + 1..]);
    let span = Span::new(around.start, at.end as usize + 1);
    if behind.trim_start().starts_with("=>") {
        let help = "name the pair: `pair => …`, and its sides are `pair.first` and `pair.last`";
        return Damage { span, message: "a rule has one name before its `=>`".to_owned(), help: Some(help.to_owned()), mend: None };
    }
    let is_type = around.rule == Rule::group_type;
    let help = match (is_type, skipped.trim_end() == ",") {
        (true, _) => "write a record, `{ name: Str, size: Size }`, or a list, `[Size]`",
        (false, true) => "a list of one is written `[a]`",
        (false, false) => "write a list, `[a, b]`, or a record, `{ name = a, size = b }`",
    };
    Damage {
        span,
        message: "there are no tuples: brackets hold one ".to_owned() + if is_type { "type" } else { "value" },
        help: Some(help.to_owned()),
        mend: None,
    }
}

/// Text outside of every item.
fn item(skipped: &str) -> Said {
    let word: String = skipped.trim_start().chars().take_while(|c| is_word(*c)).collect();
    let line = skipped.trim_start().lines().next().unwrap_or_default().trim_end();
    let rest = line[word.len()..].trim_start();
    let indented = skipped.starts_with([' ', '\t']);
    if skipped.trim_start().starts_with(['}', ']', ')']) {
        let mark = first(skipped);
        return (format!("nothing is open that this `{mark}` could close"), Some(format!("remove the `{mark}`")));
    }
    if word.is_empty() {
        let help = match first(skipped).as_str() {
            "#" => Some("a comment begins with `//`".to_owned()),
            "-" => Some("things are declared by `noun name { field = value }`, and lists stand between `[` and `]`".to_owned()),
            _ => None,
        };
        return (format!("expected an item, found `{}`", first(skipped)), help);
    }
    if indented {
        let help = if ITEM_WORDS.contains(&word.as_str()) || rest.starts_with(|c: char| is_word(c)) {
            "remove the space before it".to_owned()
        } else {
            "is a `}` too many above it?".to_owned()
        };
        return ("an item begins at the first column".to_owned(), Some(help));
    }
    if rest.starts_with('=') && !rest.starts_with("==") {
        return (format!("expected an item, found the field `{word}`"), Some(format!("write `let {line}`")));
    }
    if rest.starts_with(':') {
        return (format!("expected an item, found the field `{word}`"), Some(format!("write `param {line}`")));
    }
    if rest.starts_with('"') {
        let help = "names have no quotes, and a kind stands behind `:`, as in `server web: aliyun.ecs { … }`";
        return (format!("expected a name behind `{word}`, found a text"), Some(help.to_owned()));
    }
    (format!("expected an item, found `{word}`"), Some("as in `server web: aliyun.ecs { … }`".to_owned()))
}

/// A kind that follows a name without `:`.
fn head_help(text: &str, at: Span, skipped: &str, around: Around) -> Option<String> {
    if skipped.starts_with('-') && !text[..at.start as usize].ends_with([' ', '\t']) {
        return Some("a name has letters, digits and `_`, and no `-`".to_owned());
    }
    if skipped.starts_with("extends ") || skipped.starts_with("implements ") {
        return Some("write `is`, as in `kind square is shape { … }`".to_owned());
    }
    let is_kind = skipped.chars().all(|c| is_word(c) || c == '.');
    let head = text[around.start..at.start as usize].trim_end();
    (around.rule == Rule::declaration && is_kind && !head.contains(':')).then(|| format!("write `{head}: {skipped}`"))
}

/// Text after a value.
fn tail_help(text: &str, at: Span, token: &str) -> Option<String> {
    let start = at.start as usize;
    let before = text[..start].chars().next_back();
    match token {
        "<" | "[" if before.is_some_and(is_word) && is_type(text, start) => {
            Some("a list is of type `[Str]`, a map of type `{Str: Str}`".to_owned())
        }
        ";" => Some("remove the `;`: a line break ends it".to_owned()),
        "(" if before == Some(' ') => Some("the `(` of a call follows its name without a space".to_owned()),
        "[" if before == Some(' ') => Some("the `[` of an index follows its value without a space".to_owned()),
        "=" => Some("write `==` to compare".to_owned()),
        "&" => Some("write `and`".to_owned()),
        "|" => Some("write `or`".to_owned()),
        "%" => Some("there is no modulo".to_owned()),
        "^" => Some("there is no exponent: write the product".to_owned()),
        "*" if before == Some('*') || text[..start].trim_end().ends_with('*') => Some("there is no exponent: write the product".to_owned()),
        _ if before == Some('%') && token.starts_with(|c: char| is_word(c)) => {
            Some("there is no modulo: `%` makes a percentage".to_owned())
        }
        "?" => Some("write `if a { b } else { c }`".to_owned()),
        "#" => Some("a comment begins with `//`".to_owned()),
        ":" if text[start..].starts_with(":tcp") || text[start..].starts_with(":udp") => Some("a port is written `443/tcp`".to_owned()),
        _ if looks_like_time(&text[start..]) => Some("a window is written `4h from 2020-01-18T02:00+08:00`".to_owned()),
        "->" => Some("write `=>`".to_owned()),
        "where" | "in" | "unique" | "grows" | "fixed" => Some("the default stands last, behind `where`, `in` and classes".to_owned()),
        _ if is_unit(token) && ends_in_number(&text[..start]) => Some("a unit follows its number without a space".to_owned()),
        _ if token.starts_with('"') && before == Some(' ') => {
            Some("texts are joined inside one string, as in `\"{a}{b}\"`; a tag stands before its `\"` without a space".to_owned())
        }
        _ => None,
    }
}

/// Does a type stand before that, as in `List<Str>`?
fn is_type(text: &str, end: usize) -> bool {
    let word = text[..end].rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
    let head = text[..end - word.len()].trim_end_matches([' ', '\t']);
    head.ends_with(':') && word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Does a text begin like `2020-01-18`?
fn looks_like_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 7 && bytes.iter().take(4).all(u8::is_ascii_digit) && bytes.get(4) == Some(&b'-')
}

/// Does a word look like a unit? Which ones there are is the compiler's to say.
pub(super) fn is_unit(word: &str) -> bool {
    let currency = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    currency
        || matches!(word, "ms" | "s" | "min" | "h" | "d" | "w" | "B")
        || word.ends_with("iB")
        || word.ends_with("bps")
        || (word.len() == 2 && word.ends_with('B'))
}

/// Is the last word of a text a bare number?
fn ends_in_number(head: &str) -> bool {
    let head = head.trim_end();
    let word = &head[head.trim_end_matches(|c: char| is_word(c) || c == '.').len()..];
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Text between brackets that is no value, or follows one without a comma.
fn argument(text: &str, at: Span, token: &str, around: Around) -> Said {
    let head = text[..at.start as usize].trim_end();
    let closing = closing(around.rule);
    if head.ends_with(['(', '[', ',', '{']) {
        return (format!("expected a value, found `{token}`"), None);
    }
    if around.rule == Rule::branch {
        let help = "a branch holds one expression; write `{ { a = 1 } }` for a record".to_owned();
        return (format!("expected `}}` before `{token}`"), Some(help));
    }
    let is_list = matches!(around.rule, Rule::call | Rule::list | Rule::params);
    let help = match token {
        ";" if is_list => Some("values stand apart by `,`".to_owned()),
        ";" => Some(format!("remove the `;`: one value stands before `{closing}`")),
        _ => tail_help(text, at, token),
    };
    if is_list {
        return (format!("expected `,` or `{closing}` before `{token}`"), help);
    }
    (format!("expected `{closing}` before `{token}`"), help)
}

/// What closes the brackets of a rule.
fn closing(rule: Rule) -> char {
    match rule {
        Rule::call | Rule::paren | Rule::params | Rule::group_type => ')',
        Rule::branch | Rule::hole | Rule::map_type => '}',
        _ => ']',
    }
}

/// Text between braces that is no entry.
fn entry(skipped: &str, around: Around) -> Said {
    let word: String = skipped.chars().take_while(|c| is_word(*c)).collect();
    let rest = skipped[word.len()..].trim_start();
    let token = first(skipped);
    if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
        let key = whole(skipped);
        let is_json = key.starts_with('"') && skipped.trim_start()[key.len()..].trim_start().starts_with(':');
        let help = if is_json { Some(format!("values are given with `=`: `{token} = …`")) } else { tail_mark(&token) };
        return (format!("expected {}, found `{token}`", entries(around.rule)), help);
    }
    match around.rule {
        Rule::check_body => return clause(&word),
        Rule::variants => return (format!("expected the name of a value, found `{token}`"), None),
        Rule::children => {
            return (
                format!("expected `,` or a line break after `{word}`"),
                Some("as in `children { system: disk, disk*, nic* }`".to_owned()),
            );
        }
        _ => {}
    }
    let has_items = matches!(around.rule, Rule::body | Rule::kind_body | Rule::test_body);
    if has_items && ITEM_WORDS.contains(&word.as_str()) && rest.starts_with(|c: char| is_word(c)) {
        return (format!("`{word}` stands outside of braces only"), Some("move it to the first column".to_owned()));
    }
    if rest.starts_with(':') && around.rule != Rule::kind_body && around.rule != Rule::record_type {
        return (format!("expected `=` after `{word}`"), Some("values are given with `=`, types with `:`".to_owned()));
    }
    if rest.starts_with("->") || rest.starts_with(":=") {
        return (format!("expected `=` after `{word}`"), Some("a value is given with `=`".to_owned()));
    }
    if rest.starts_with("==") {
        return (format!("expected `=` after `{word}`"), Some("`==` compares; a value is given with `=`".to_owned()));
    }
    let sign = if matches!(around.rule, Rule::record_type | Rule::kind_body) { "`:` and a type" } else { "`=` and a value" };
    let help = (around.rule == Rule::record && rest.is_empty())
        .then(|| format!("a name alone is no entry: write `{word} = {word}`, or a list, `[{word}]`"));
    (format!("expected {sign} after `{word}`"), help)
}

/// A word that is no clause of a check.
fn clause(word: &str) -> Said {
    let own = match word {
        "if" | "where" | "unless" => Some("when"),
        "message" | "error" | "print" => Some("say"),
        "foreach" | "each" => Some("for"),
        _ => None,
    };
    if let Some(own) = own {
        return (format!("`{word}` is no clause of a check"), Some(format!("write `{own}`")));
    }
    let near = CHECK_WORDS.iter().find(|known| one_edit_apart(known, word));
    let help = match near {
        Some(_) if CHECK_WORDS.contains(&word) => None,
        Some(known) => Some(format!("write `{known}`")),
        None => Some(format!("clauses are {}", CHECK_WORDS.map(|known| format!("`{known}`")).join(", "))),
    };
    (format!("`{word}` is no clause of a check"), help)
}

/// Help for a mark that ends entries elsewhere.
fn tail_mark(token: &str) -> Option<String> {
    (token == ";").then(|| "remove the `;`: a line break or `,` ends an entry".to_owned())
}

/// What may stand between the braces of a rule.
fn entries(rule: Rule) -> &'static str {
    match rule {
        Rule::body => "a field or a declaration",
        Rule::kind_body => "a field, a clause, a check or a declaration",
        Rule::check_body => "a clause",
        Rule::test_body => "`expect`, `let` or a declaration",
        Rule::variants => "the name of a value",
        Rule::children => "a child",
        _ => "a field",
    }
}

/// Are two words one letter apart: changed, added, dropped, or two of them swapped?
fn one_edit_apart(known: &str, word: &str) -> bool {
    let (known, word): (Vec<char>, Vec<char>) = (known.chars().collect(), word.chars().collect());
    let head = known.iter().zip(&word).take_while(|(a, b)| a == b).count();
    let (a, b) = (&known[head..], &word[head..]);
    match (a, b) {
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        (a, [_, b @ ..]) if a == b => true,
        ([_, a @ ..], b) if a == b => true,
        ([a1, a2, a @ ..], [b1, b2, b @ ..]) => a1 == b2 && a2 == b1 && a == b,
        _ => false,
    }
}
