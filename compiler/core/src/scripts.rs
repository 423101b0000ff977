//! What may stand in a script? Each value is a word of its own, a list is several, and none reaches a program that takes it for code.

use crate::{
    infer::{Env, Typer, article},
    report::{Problem, STAGE, TYPE_MISMATCH},
    shell::{Place, place_behind},
    types::Type,
};
use mig_syntax::ast::{Expr, Part};

/// Programs that take their arguments for code, and the flag that makes them.
const CODE: [(&str, &[&str]); 19] = [
    ("sh", &["-c"]),
    ("ash", &["-c"]),
    ("bash", &["-c"]),
    ("dash", &["-c"]),
    ("ksh", &["-c"]),
    ("zsh", &["-c"]),
    ("su", &["-c", "--command"]),
    ("eval", &[]),
    ("trap", &[]),
    ("ssh", &[]),
    ("awk", &[]),
    ("gawk", &[]),
    ("mawk", &[]),
    ("find", &["-exec", "-execdir", "-ok", "-okdir"]),
    ("perl", &["-e", "-E"]),
    ("python3", &["-c"]),
    ("python", &["-c"]),
    ("ruby", &["-e"]),
    ("node", &["-e", "-p"]),
];

impl Typer<'_, '_> {
    /// Looks at every value that stands in a script.
    pub(crate) fn script(&self, env: &Env, parts: &[Part]) {
        let mut before = String::new();
        for (number, part) in parts.iter().enumerate() {
            match part {
                Part::Text(text) => before.push_str(text),
                Part::Hole(hole) => {
                    let after = match parts.get(number + 1) {
                        Some(Part::Text(text)) => text.chars().next().unwrap_or(' '),
                        Some(Part::Hole(_)) => 'x',
                        None => ' ',
                    };
                    if let Some(problem) = self.placed(env, hole, &before, after).or_else(|| self.carried(env, hole)) {
                        self.broken(env, hole, problem);
                    }
                    before.push('x');
                }
            }
        }
    }

    /// What is wrong with its place: quotes around it or text beside it would become part of it, and code is no place for it.
    fn placed(&self, env: &Env, hole: &Expr, before: &str, after: char) -> Option<Problem> {
        let at = self.loc(env, hole);
        let place = place_behind(before);
        let odd = match place {
            Place { is_quoted: true, .. } => Some("a value inside quotes"),
            // With a line break in it, it would end the comment.
            Place { is_comment: true, .. } => {
                let problem = Problem::error(TYPE_MISMATCH, at, "a value in a comment of a script is no word of a command");
                return Some(problem.help("take it out of the comment, or write a comment of migc above: `// …`"));
            }
            _ if !before.chars().next_back().is_none_or(is_apart) || !is_apart(after) => Some("a value beside other text"),
            _ => None,
        };
        if let Some(odd) = odd {
            let problem = Problem::error(TYPE_MISMATCH, at, format!("{odd} of a script is no word of its own"));
            return Some(
                problem.help("it is passed as one quoted word: leave the quotes away, or build the whole word with a string first"),
            );
        }
        let program = takes_code(&place.words)?;
        let problem = Problem::error(TYPE_MISMATCH, at, format!("`{program}` would take this value for code"));
        Some(problem.help("take it first, as in `set -- {value}`, and give it to the program as data: by a variable or its standard input"))
    }

    /// What is wrong with its type.
    fn carried(&self, env: &Env, hole: &Expr) -> Option<Problem> {
        let ty = self.infer(env, hole, None);
        let at = self.loc(env, hole);
        if ty.is_secret() {
            let problem = Problem::error(STAGE, at, "a secret does not go into a script, where other users of the host could see it");
            return Some(problem.help("a script takes it by `stdin name = secret`"));
        }
        if ty.is_optional() {
            let problem = Problem::error(TYPE_MISMATCH, at, "this value may be absent, and a word of a script is there");
            return Some(problem.help("say what stands there then, as in `{x ?? \"\"}`"));
        }
        let one = if let Type::List(of) = ty.plain() { of } else { &ty };
        if let Some(other) = one.members().into_iter().find(|m| !is_word(m)) {
            let problem =
                Problem::error(TYPE_MISMATCH, at, format!("a word of a script is a text or a number, and this is {}", article(other)));
            return Some(problem.help("name what is meant of it: a field, or a list of words"));
        }
        if one.members().iter().any(|m| matches!(m, Type::Path)) {
            self.program.paths.borrow_mut().insert(at);
        }
        None
    }
}

/// Is it written as one word?
fn is_word(ty: &Type) -> bool {
    match ty {
        Type::Refined(typed) => is_word(&typed.ty),
        Type::List(_) | Type::Map(..) | Type::Record(_) | Type::Ref(..) | Type::Sh | Type::Regex | Type::Range(_) | Type::Tuple(_) => false,
        _ => true,
    }
}

/// Does a word end at this character?
fn is_apart(c: char) -> bool {
    c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')' | '<' | '>')
}

/// The program that would take a value behind these words for code. It may stand behind others, as in `sudo sh -c`.
fn takes_code(words: &[String]) -> Option<&'static str> {
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    let starts = |flag: &str, word: &str| match flag.strip_prefix("-c") {
        // `-lc`, as in `bash -lc`
        Some("") => word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'),
        _ => word == flag,
    };
    CODE.iter().find_map(|(program, flags)| {
        let first = words.iter().position(|word| name(word) == *program)?;
        let behind = &words[first + 1..];
        (flags.is_empty() || behind.iter().any(|word| flags.iter().any(|flag| starts(flag, word)))).then_some(*program)
    })
}
