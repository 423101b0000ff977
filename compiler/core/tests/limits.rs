//! What is larger or deeper than the compiler goes? It is refused with the limit in the message.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{load, program};
use mig_core::{Files, Options};
use std::fmt::Write as _;

/// A program that is `text`, and other files whose contents are made when they are asked for.
struct Made<'a>(&'a str, &'a dyn Fn(&str) -> Vec<u8>);

impl Files for Made<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        Ok(if path == "main.mig" { self.0.as_bytes().to_vec() } else { self.1(path) })
    }
    fn list(&self) -> Vec<String> {
        vec![]
    }
}

fn messages(files: &dyn Files) -> Vec<String> {
    mig_core::load(files, "main.mig", &Options::default()).compile().report.diagnostics.into_iter().map(|d| d.message).collect()
}

fn said(text: &str) -> Vec<String> {
    messages(&program(text))
}

#[test]
fn a_text_that_is_not_utf_8_is_named_with_its_byte() {
    let files = Made("use \"./other.mig\"\n", &|_| b"let a = \"\xff\"\n".to_vec());
    assert_eq!(messages(&files), ["`other.mig` cannot be read: it is not UTF-8 at byte 9"]);
}

#[test]
fn what_calls_and_names_too_deep_is_refused() {
    let chain = |depth: usize, first: &str, link: &dyn Fn(usize) -> String| {
        (1..=depth).fold(format!("{first}\n"), |mut text, n| {
            let _ = writeln!(text, "{}", link(n));
            text
        })
    };
    let calls = |depth| chain(depth, "fn f0(n: Int) -> Int = n", &|n| format!("fn f{n}(n: Int) -> Int = f{}(n)", n - 1));
    assert_eq!(said(&format!("{}let a = f63(1)\n", calls(63))), Vec::<String>::new());
    assert_eq!(said(&format!("{}let a = f65(1)\n", calls(65))), ["functions call each other at most 64 deep, and `f0` is called deeper"]);
    let types = |depth| chain(depth, "type T0 = Int", &|n| format!("type T{n} = T{}", n - 1));
    assert_eq!(said(&format!("{}let a: T140 = 1\n", types(140))), Vec::<String>::new());
    let deep = said(&format!("{}let a: T310 = 1\n", types(310)));
    assert!(deep.iter().all(|text| text == "types are nested at most 300 deep, with what their names stand for"), "{deep:?}");
    assert!(!deep.is_empty());
    let kinds = |depth| chain(depth, "kind k0 { }", &|n| format!("kind k{n} {{ k{} inner {{ }} }}", n - 1));
    assert_eq!(said(&format!("{}k31 a {{ }}\n", kinds(31))), Vec::<String>::new());
    assert!(!said(&format!("{}k40 a {{ }}\n", kinds(40))).is_empty());
}

#[test]
fn what_is_too_large_is_refused() {
    let large = Made("use \"./large.mig\"\n", &|_| vec![b'\n'; (64 << 20) + 1]);
    assert_eq!(messages(&large), ["`large.mig` cannot be read: the file is larger than 64 MiB"]);
    let next = |path: &str| {
        let number: u32 = path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
        format!("use \"./m{}.mig\"\n", number + 1).into_bytes()
    };
    let endless = messages(&Made("use \"./m1.mig\"\n", &next));
    assert!(endless.iter().any(|m| m.starts_with("a program has 1000 modules at most")), "{endless:?}");
}

#[test]
fn facts_that_are_too_large_are_refused() {
    let text = "use ssh\nexisting server a: ssh.host { address = 10.0.0.1, facts = survey(\"facts/a.json\") }\n";
    let large = Made(text, &|_| vec![b' '; (4 << 20) + 1]);
    assert_eq!(messages(&large), ["the facts `facts/a.json` cannot be read: the file is larger than 4 MiB"]);
    let deep = Made(text, &|_| format!("{{\"version\":1,\"host\":\"a\",\"x\":{}{}}}", "[".repeat(40), "]".repeat(40)).into_bytes());
    assert_eq!(messages(&deep), ["this file nests deeper than 32 levels"]);
}

#[test]
fn the_limits_of_numbers_are_said() {
    let files = program("let a = 9223372036854775808\n");
    let loaded = load(&files);
    assert_eq!(loaded.compile().report.diagnostics[0].code, "MIG1008");
}
