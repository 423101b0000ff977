//! Does the formatter write what is expected, and does it lose nothing? Pairs of texts, and properties of all texts.

#![allow(clippy::disallowed_methods, reason = "the programs of the repository are read, and expectations rewritten")]

mod samples;

use mig_syntax::{ast::Module, format, formatted, parse};
use std::{fs, path::Path, path::PathBuf};

/// How many mutated texts are tried.
const MUTATIONS: usize = 5_000;

/// The `.mig` files below a folder.
fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "mig") {
            found.push(path);
        }
    }
}

/// All programs of the repository that a person wrote, with their names.
fn programs() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut paths = Vec::new();
    for folder in ["stdlib", "examples", "grammar/tests/format"] {
        below(&root.join(folder), &mut paths);
    }
    paths.sort();
    let files = paths.iter().map(|path| (path.display().to_string(), fs::read_to_string(path).expect("a text")));
    files.chain(samples::SAMPLES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))).collect()
}

/// The tree without its spans, and whether it is whole.
fn tree(module: &Module) -> String {
    let debug = format!("{:?} {:?} {}", module.docs, module.items, module.damage.is_empty());
    let mut parts = debug.split("Span { start: ");
    let mut found = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        found.push_str(part.split_once('}').expect("a span ends").1);
    }
    found
}

/// The comments in their order.
fn comments(text: &str, module: &Module) -> Vec<String> {
    module.comments.iter().map(|at| text[at.start as usize..at.end as usize].trim_end().to_owned()).collect()
}

/// Formats, and looks that nothing was lost.
fn checked(name: &str, text: &str) -> String {
    let new = format(text);
    let twice = format(&new);
    assert!(twice == new, "formatted twice: {name}\n{text}\n---\n{new}\n---\n{twice}");
    let (before, after) = (parse(text), parse(&new));
    assert!(tree(&before) == tree(&after), "{name}\n{text}\n--- {:?}\n{new}\n--- {:?}", before.damage, after.damage);
    assert_eq!(comments(text, &before), comments(&new, &after), "{name}\n{text}\n---\n{new}");
    new
}

#[test]
fn cases_are_written_as_expected() {
    let mut cases = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format"), &mut cases);
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for path in cases {
        let new = format(&fs::read_to_string(&path).expect("a text"));
        let expected = path.with_extension("out");
        if fs::read_to_string(&expected).ok().as_ref() == Some(&new) {
            continue;
        }
        if std::env::var_os("MIG_BLESS").is_some() {
            fs::write(&expected, &new).expect("written");
        }
        wrong.push(format!("{}:\n{new}", expected.display()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn programs_keep_their_trees_and_comments() {
    for (name, text) in programs() {
        checked(&name, &text);
        let windows = text.replace('\n', "\r\n");
        let found = formatted(&windows);
        if found.left.is_empty() {
            assert_eq!(found.text, format(&text), "line ends: {name}");
        }
    }
}

#[test]
fn only_what_is_broken_is_left() {
    for (name, text) in programs() {
        if parse(&text).damage.is_empty() {
            let left: Vec<&str> = formatted(&text).left.iter().map(|at| &text[at.start as usize..at.end as usize]).collect();
            assert!(left.is_empty(), "{name}: {left:?}");
        }
    }
}

#[test]
fn the_library_and_the_examples_are_formatted() {
    for (name, text) in programs() {
        if name.contains("/stdlib/") || name.contains("/examples/") {
            assert_eq!(format(&text), text, "{name}: run `migc fmt stdlib examples`");
        }
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    /// One below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn mutated_programs_keep_their_trees_and_comments() {
    let texts = programs();
    let pieces = [
        "\n",
        "\n\n",
        "  ",
        "\t",
        "\r\n",
        "\r",
        ",",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "=",
        ":",
        "\"",
        "\"\"\"",
        "// c\n",
        "/// d\n",
        "@keep ",
        " and ",
        "\n  or ",
        ".",
        " x ",
        "日",
        "not ",
        "-",
        "1GiB",
        "if a { b } else { c }",
        "\n    // e\n",
    ];
    let mut numbers = Numbers(0x5851_F42D_4C95_7F2D);
    let (mut whole, mut left) = (0, 0);
    for round in 0..MUTATIONS {
        let (name, text) = &texts[numbers.below(texts.len())];
        let mut text = text.clone();
        for _ in 0..=numbers.below(3) {
            let mut at = numbers.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if round % 3 == 0 && at < text.len() {
                text.remove(at);
            } else {
                text.insert_str(at, pieces[numbers.below(pieces.len())]);
            }
        }
        checked(name, &text);
        if parse(&text).damage.is_empty() {
            whole += 1;
            left += usize::from(!formatted(&text).left.is_empty());
        }
    }
    // A layout that does not mean the same is not used; that happens rarely, or the rules are wrong.
    assert!(left * 100 <= whole, "{left} of {whole} texts without damage were not wholly formatted");
}

#[test]
fn nesting_and_length_are_quick() {
    for count in [200, 100_000] {
        for (open, close) in [("[", "]"), ("(", ")"), ("f(", ")"), ("{ a = ", " }"), ("if a { ", " }")] {
            checked("nested", &format!("let a = {}1{}\n", open.repeat(count), close.repeat(count)));
        }
    }
    let long = format!("let a = [{}]\nlet b = 1{}\n", "22/tcp, ".repeat(50_000), " + 1".repeat(200));
    checked("long", &long);
}
