//! Which programs does a script call, with which flags and operands? Simple commands, pipelines and lists of them.
//!
//! Nothing is run or expanded. A word that only a shell could know is unknown, and a script with more than that (loops,
//! conditions, functions, here documents) is unknown as a whole.

mod lexer;

use crate::{
    entries::Entries,
    source::Loc,
    types::{Lookup, ModuleId, RecordField, RecordType, Type},
    value::{Shell, Val, Value},
};
pub(crate) use lexer::{Place, place_behind};
use lexer::{Simple, Word};
use smol_str::SmolStr;
use std::rc::Rc;

/// Scripts in scripts: `ssh host 'sh -c "…"'`.
const DEPTH_MAX: u32 = 8;

/// Programs whose operands are a command.
const WRAPPERS: [&str; 9] = ["sudo", "doas", "nice", "ionice", "nohup", "time", "exec", "command", "env"];

/// Words that begin more than a simple command.
const RESERVED: [&str; 16] =
    ["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "{", "}", "!"];

/// One command of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Command {
    program: String,
    /// Is it run by `sudo` or `doas`?
    root: bool,
    /// The machine, where it is run by `ssh`.
    host: Option<String>,
    flags: Vec<String>,
    values: Vec<(String, Word)>,
    operands: Vec<Word>,
}

/// Which flags of a program take a value: those of the table that the rule gives.
type Valued<'v> = dyn Fn(&str, &str) -> bool + 'v;

/// `script.commands(valued)`: records of the commands, or unknown.
pub(crate) fn commands(script: &Shell, valued: &Value, at: Loc) -> Value {
    let takes = |program: &str, flag: &str| {
        let Value::Map(map) = valued else { return false };
        let Some(Value::List(flags)) = map.get(program).map(|v| &v.v) else { return false };
        flags.iter().any(|f| f.as_str() == Some(flag))
    };
    let mut reader = Reader { valued: &takes, out: vec![] };
    match reader.script(&script.text, &script.words, &Command::default(), 0) {
        Some(()) => Value::List(reader.out.into_iter().map(|c| Val::new(record(c, at), at)).collect()),
        None => Value::Unknown("a script of simple commands and pipelines".into()),
    }
}

/// The type of what `commands` gives.
pub(crate) fn commands_type(module: ModuleId) -> Type {
    let field = |name: &str, ty: Type| RecordField { name: name.into(), typed: ty.into(), default: None, module };
    let texts = Type::List(Rc::new(Type::Str));
    let fields = vec![
        field("program", Type::Str),
        field("root", Type::Bool),
        field("host", Type::Str.optional()),
        field("flags", texts.clone()),
        field("values", Type::Map(Rc::new(Type::Str), Lookup::Absent)),
        field("operands", texts),
    ];
    Type::List(Rc::new(Type::Record(Rc::new(RecordType::new(fields, false)))))
}

fn record(command: Command, at: Loc) -> Value {
    let text = |t: String| Val::new(Value::Str(t.into()), at);
    let word = |w: Word| match w {
        Word::Text(t) => text(t),
        Word::Open(t) => Val::new(Value::Unknown(format!("what `{t}` is when the script runs").into()), at),
    };
    let list = |l: Vec<Val>| Val::new(Value::List(l.into()), at);
    let mut values: Vec<(SmolStr, Val)> = vec![];
    for (flag, value) in command.values {
        values.retain(|v| v.0 != flag);
        values.push((flag.into(), word(value)));
    }
    let rows = vec![
        ("program".into(), text(command.program)),
        ("root".into(), Val::new(Value::Bool(command.root), at)),
        ("host".into(), command.host.map_or_else(|| Val::new(Value::Absent, at), text)),
        ("flags".into(), list(command.flags.into_iter().map(text).collect())),
        ("values".into(), Val::new(Value::Map(Entries::new(values, None)), at)),
        ("operands".into(), list(command.operands.into_iter().map(word).collect())),
    ];
    Value::Map(Entries::new(rows, None))
}

struct Reader<'v> {
    valued: &'v Valued<'v>,
    out: Vec<Command>,
}

impl Reader<'_> {
    /// The commands of a script; `around` says who runs them and where. Nothing if it is more than simple commands.
    fn script(&mut self, text: &str, words: &[String], around: &Command, depth: u32) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        for simple in lexer::simple_commands(text, words)? {
            self.simple(simple, around, depth)?;
        }
        Some(())
    }

    fn simple(&mut self, simple: Simple, around: &Command, depth: u32) -> Option<()> {
        let start = simple.words.iter().position(|w| !w.assigns()).unwrap_or(simple.words.len());
        let Some((first, rest)) = simple.words.get(start..).and_then(<[Word]>::split_first) else { return Some(()) };
        let path = first.text()?;
        let program = path.rsplit('/').next().unwrap_or(path);
        if RESERVED.contains(&program) {
            return None;
        }
        let mut found = Command { program: program.to_owned(), operands: vec![], ..around.clone() };
        self.arguments(&mut found, rest);
        if WRAPPERS.contains(&program) {
            let root = around.root || matches!(program, "sudo" | "doas");
            let inner = Simple { words: found.operands, into: simple.into };
            return self.simple(inner, &Command { root, ..around.clone() }, depth);
        }
        match inner_script(&found) {
            Some(inner) => {
                let around = Command { host: inner.host, root: around.root && !inner.elsewhere, ..Command::default() };
                self.script(&inner.text?, &[], &around, depth + 1)
            }
            None => {
                found.values.extend(simple.into.map(|into| (">".to_owned(), into)));
                self.out.push(found);
                Some(())
            }
        }
    }

    /// Flags with their values, and operands. Those of a program that runs another one begin with the first operand.
    fn arguments(&self, found: &mut Command, words: &[Word]) {
        let stops = WRAPPERS.contains(&found.program.as_str()) || found.program == "ssh";
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = word.text().unwrap_or("");
            if text == "--" {
                found.operands.extend(words.by_ref().cloned());
            } else if text.starts_with("--") {
                self.long(found, text, &mut words);
            } else if text.len() > 1 && text.starts_with('-') {
                self.short(found, text.trim_start_matches('-'), &mut words);
            } else if found.program == "tar" && found.flags.is_empty() && found.operands.is_empty() && !text.is_empty() {
                // `tar czf a.tgz /data`: the first word is flags without a dash too.
                self.short(found, text, &mut words);
            } else if found.program != "env" || !word.assigns() {
                found.operands.push(word.clone());
                if stops {
                    found.operands.extend(words.by_ref().cloned());
                }
            }
        }
    }

    /// `--exclude=x` and `--exclude x`.
    fn long<'w>(&self, found: &mut Command, text: &str, rest: &mut impl Iterator<Item = &'w Word>) {
        let (flag, value) = text.split_once('=').map_or((text, None), |(f, v)| (f, Some(Word::Text(v.to_owned()))));
        let next = || if (self.valued)(&found.program, flag) { rest.next().cloned() } else { None };
        let value = value.or_else(next);
        found.flags.push(flag.to_owned());
        found.values.extend(value.map(|v| (flag.to_owned(), v)));
    }

    /// `-avz`, `-p22` and `-p 22`; for `tar` also `cvf` with its values in the words behind.
    fn short<'w>(&self, found: &mut Command, letters: &str, rest: &mut impl Iterator<Item = &'w Word>) {
        for (at, letter) in letters.char_indices() {
            let flag = format!("-{letter}");
            found.flags.push(flag.clone());
            if !(self.valued)(&found.program, &flag) {
                continue;
            }
            let behind = letters.get(at + letter.len_utf8()..).unwrap_or("");
            if behind.is_empty() || found.program == "tar" {
                found.values.extend(rest.next().cloned().map(|v| (flag, v)));
            } else {
                found.values.push((flag, Word::Text(behind.to_owned())));
                break;
            }
        }
    }
}

struct Inner {
    /// Nothing if only a shell knows it.
    text: Option<String>,
    host: Option<String>,
    elsewhere: bool,
}

/// What `ssh host …` and `sh -c …` run.
fn inner_script(found: &Command) -> Option<Inner> {
    match found.program.as_str() {
        "ssh" if found.operands.len() > 1 => {
            let words: Option<Vec<&str>> = found.operands.iter().skip(1).map(Word::text).collect();
            let host = found.operands.first().and_then(Word::text).unwrap_or("").to_owned();
            Some(Inner { text: words.map(|w| w.join(" ")), host: Some(host), elsewhere: true })
        }
        "sh" | "bash" | "dash" if found.flags.iter().any(|f| f == "-c") => {
            let text = found.operands.first().and_then(Word::text).map(str::to_owned);
            Some(Inner { text, host: found.host.clone(), elsewhere: false })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<String>> {
        let valued =
            |program: &str, flag: &str| matches!((program, flag), ("tar", "-f" | "-C") | ("rsync" | "ssh", "-e" | "-p") | ("sudo", "-u"));
        let mut reader = Reader { valued: &valued, out: vec![] };
        reader.script(text, &["/srv/my data".to_owned()], &Command::default(), 0)?;
        let word = |w: &Word| match w {
            Word::Text(t) => t.clone(),
            Word::Open(t) => format!("?{t}"),
        };
        let shown = |c: &Command| {
            let mut parts = vec![format!("{}{}", if c.root { "root:" } else { "" }, c.program)];
            parts.extend(c.host.iter().map(|h| format!("@{h}")));
            parts.extend(c.flags.iter().cloned());
            parts.extend(c.values.iter().map(|(f, v)| format!("{f}={}", word(v))));
            parts.extend(c.operands.iter().map(|o| format!("<{}>", word(o))));
            parts.join(" ")
        };
        Some(reader.out.iter().map(shown).collect())
    }

    #[test]
    fn flags_values_and_operands_are_told_apart() {
        assert_eq!(read("rsync -avz -e 'ssh -p 22' /data/ new:/data/").unwrap(), ["rsync -a -v -z -e -e=ssh -p 22 </data/> <new:/data/>"]);
        assert_eq!(read("tar cvpzf /b.tgz -C / data").unwrap(), ["tar -c -v -p -z -f -C -f=/b.tgz -C=/ <data>"]);
        assert_eq!(read("scp -p22 a b; cp -- -x y").unwrap(), ["scp -p -2 -2 <a> <b>", "cp <-x> <y>"]);
        assert_eq!(read("rsync -p22 --exclude=a \"${1}\" b").unwrap(), ["rsync -p --exclude -p=22 --exclude=a </srv/my data> <b>"]);
    }

    #[test]
    fn pipelines_wrappers_and_remote_scripts_are_followed() {
        let piped = read("sudo -u x nice tar c /data | ssh -p 22 new 'sudo tar x -C /' && echo ok # done").unwrap();
        assert_eq!(piped, ["root:tar -c </data>", "root:tar @new -x -C -C=/", "echo <ok>"]);
        assert_eq!(read("A=1 tar c /data > /backup/a.tar 2>&1").unwrap(), ["tar -c >=/backup/a.tar </data>"]);
        assert_eq!(read("sudo sh -c 'cp a b\ncp c d'").unwrap(), ["root:cp <a> <b>", "root:cp <c> <d>"]);
        assert_eq!(read("  \n").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_only_a_shell_knows_is_open() {
        assert_eq!(read("cp $HOME/a `date` \"$(pwd)/x\" '*' /data/*").unwrap(), ["cp <?$HOME/a> <?`date`> <?$(pwd)/x> <\\*> </data/*>"]);
        for text in ["for x in a; do cp $x b; done", "cp a b <<END\nx\nEND", "(cd /; cp a b)", "$TOOL a b", "cp 'a", "f() { cp a b; }"] {
            assert_eq!(read(text), None, "{text}");
        }
        let deep = (0..20).fold("cp a b".to_owned(), |inner, _| format!("sh -c {}", inner.replace(' ', "\\ ")));
        let _ = read(&deep);
    }
}
