//! What does `migc check` print and write, and with which status does it end? Formats, edits, baselines, ages and watching.
//!
//! What a rule finds is tested where rules are.

#![allow(clippy::disallowed_methods, reason = "processes are started, and folders are made for them")]

mod support;

use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    process::{Child, Command, Output, Stdio},
};
use support::Folder;

/// A kind with one rule that may be silent, one that may not, and an edit for each.
const KIND: &str = "\
kind node {
  size: Size
  limit: Size = 9GiB
  name: Str = \"x\"
  check too_large: CLUB001 error { when size > limit, at size, say \"{self} has {size}, and {limit} are allowed\", fix size = limit }
  check nameless: CLUB002 error! { when name == \"\", at name, say \"{self} has no name\", fix name = \"new\" }
  check small: CLUB003 warning { when size < 1GiB, at size, say \"{self} has {size}\" }
}
";

/// A project in a folder below a test's own.
fn project(name: &str, nodes: &str) -> Folder {
    let folder = Folder::new(name);
    fs::create_dir(folder.0.join("in")).expect("a folder");
    folder.write("in/main.mig", format!("{KIND}{nodes}"));
    folder
}

impl Folder {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        command.current_dir(&self.0).args(["check", "in"]).args(words).stdin(Stdio::null());
        command
    }

    /// Status, standard output, standard error.
    fn check(&self, words: &[&str]) -> (i32, String, String) {
        told(&self.command(words).output().expect("migc can be started"))
    }
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it was not killed"), text(&output.stdout), text(&output.stderr))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

const TOO_LARGE: &str = "node a { size = 10GiB }\n";

#[test]
fn timings_stand_beside_the_answer() {
    let folder = project("timings", "node a { size = 2GiB }\nnode b { size = 3GiB }\n");
    let (status, answer, beside) = folder.check(&["--timings", "--format", "json"]);
    assert_eq!((status, answer), (0, folder.check(&["--format", "json"]).1));
    let line = beside.lines().find(|line| line.starts_with("too_large ")).expect("each check has a line");
    assert_eq!(line.split_whitespace().nth(1), Some("2"), "asked once for each node: {line}");
    assert!(folder.check(&[]).2.is_empty());
}

#[test]
fn files_are_named_from_where_a_reader_stands() {
    let folder = project("names", TOO_LARGE);
    fs::create_dir(folder.0.join(".git")).expect("a repository");
    let place = |format: &str| folder.check(&["--format", format]).1;
    assert!(place("short").starts_with("in/main.mig:9:10: error[CLUB001]: a has 10 GiB"), "{}", place("short"));
    assert!(place("human").contains("[in/main.mig:9:10]") && place("human").contains("10GiB"), "{}", place("human"));
    assert!(place("github").starts_with("::error file=in/main.mig,line=9,endLine=9,col=10,endColumn=22,"), "{}", place("github"));
    let sarif = json(&place("sarif"));
    assert_eq!(sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "in/main.mig");
    assert_eq!(json(&place("json"))["diagnostics"][0]["file"], "main.mig", "data name files from the project");
}

#[test]
fn an_answer_says_what_was_proven() {
    let folder = project("proven", TOO_LARGE);
    let (status, out, _) = folder.check(&[]);
    assert_eq!(status, 1);
    let last = out.lines().last().unwrap_or("").to_owned();
    assert!(last.contains(" checks hold without facts: 1 error, 0 warnings, 0 not proven"), "{last}");
    let proven = json(&folder.check(&["--format", "json"]).1)["proven"].clone();
    let proven: Vec<&str> = proven.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(proven.contains(&"nameless") && !proven.contains(&"too_large"), "{proven:?}");
    folder.write("in/main.mig", "let a = b\n");
    let (_, out, _) = folder.check(&[]);
    assert!(out.ends_with("nothing is proven: 1 error, 0 warnings, 0 not proven\n"), "{out}");
}

#[test]
fn what_is_denied_fails() {
    let folder = project("deny", "node a { size = 1MiB }\n");
    assert_eq!(folder.check(&[]).0, 0);
    assert_eq!(folder.check(&["--deny", "warnings"]).0, 1);
    assert_eq!(folder.check(&["--deny", "unproven"]).0, 0);
    folder.write("in/main.mig", format!("{KIND}node a {{ size = 1GiB, name = env(\"NAME\") }}\n"));
    assert_eq!(folder.check(&["--deny", "warnings"]).0, 0);
    let (status, out, _) = folder.check(&["--deny", "unproven"]);
    assert!(status == 1 && out.contains("not proven[CLUB002]"), "{out}");
}

#[test]
fn safe_edits_are_made_once_and_the_rest_stays() {
    let folder = project("fix", "node a { size = 10GiB } // ten\nnode b { siez = 1GiB, size = 2GiB }\n");
    let file = folder.0.join("in/main.mig");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode");
    let (status, out, said) = folder.check(&["--fix", "--format", "short"]);
    assert_eq!(said, "in/main.mig:9:17: set `size` to `9GiB` (CLUB001)\n1 edit made in 1 file; 1 edit more with `--unsafe`\n");
    assert!(status == 1 && out.contains("`siez`") && !out.contains("CLUB001"), "what is left is checked again: {out}");
    let mended = format!("{KIND}node a {{ size = 9GiB }} // ten\nnode b {{ siez = 1GiB, size = 2GiB }}\n");
    assert_eq!(folder.read("in/main.mig"), mended);
    assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o640);
    assert!(folder.check(&["--fix"]).2.starts_with("nothing to edit; 1 edit more"), "again, nothing is left to do");
    assert_eq!(folder.read("in/main.mig"), mended);
    assert_eq!(fs::read_dir(folder.0.join("in")).expect("a folder").count(), 1, "nothing is left beside it");
}

#[test]
fn guesses_are_made_where_they_are_asked_for() {
    let folder = project("unsafe", "node a { siez = 10GiB } // é\r\nnode b[k in [\"x\", \"y\"]] { size = 10GiB, nmae = \"\" }\r\n");
    let (_, _, said) = folder.check(&["--fix"]);
    assert!(said.starts_with("nothing to edit"), "{said}");
    let (status, out, said) = folder.check(&["--fix", "--unsafe", "--format", "short"]);
    assert_eq!((status, out.as_str()), (0, ""), "one edit makes the next possible: {said}");
    let expected = "node a { size = 9GiB } // é\r\nnode b[k in [\"x\", \"y\"]] { size = 9GiB, name = \"new\" }\r\n";
    assert_eq!(folder.read("in/main.mig"), format!("{KIND}{expected}"));
}

#[test]
fn a_file_that_cannot_be_written_is_left_whole() {
    let folder = project("readonly", TOO_LARGE);
    let file = folder.0.join("in/main.mig");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).expect("a mode");
    let (status, _, said) = folder.check(&["--fix"]);
    assert_eq!((status, said.as_str()), (1, "error: `main.mig` cannot be written: it is read-only; nothing was written\n"));
    assert_eq!(folder.read("in/main.mig"), format!("{KIND}{TOO_LARGE}"));
}

#[test]
fn a_baseline_silences_what_was_known() {
    let folder = project("baseline", "node a { size = 10GiB }\nnode b { size = 1GiB, name = \"\" }\n");
    let (status, out, said) = folder.check(&["--baseline", "known.json"]);
    assert!(status == 1 && out.is_empty() && said.contains("there is no baseline `known.json`"), "{said}");
    let words = ["--baseline", "known.json", "--format", "short"];
    let (status, out, said) = folder.check(&[&words[..], &["--update-baseline"]].concat());
    assert_eq!((status, said.as_str()), (1, "known.json: 1 problem\n"));
    assert!(out.starts_with("in/main.mig:10:23: error[CLUB002]") && out.lines().count() == 1, "what guards data is never known: {out}");
    // Lines move, sizes change, a new problem comes and an old one goes.
    folder.write("in/main.mig", format!("\n\n{KIND}node c {{ size = 12GiB }}\nnode a {{ size = 11GiB }}\n"));
    let (status, out, _) = folder.check(&words);
    assert!(status == 1 && out.starts_with("in/main.mig:11:10: error[CLUB001]: c has") && out.lines().count() == 1, "{out}");
    folder.write("in/main.mig", format!("{KIND}node a {{ size = 11GiB }}\n"));
    assert_eq!(folder.check(&words), (0, String::new(), String::new()));
    folder.write("in/main.mig", KIND);
    let (status, _, said) = folder.check(&words);
    assert!(status == 0 && said.contains("does not occur any more") && said.contains("CLUB001 a: a has 10 GiB"), "{said}");
    let answer = json(&folder.check(&["--baseline", "known.json", "--format", "json"]).1);
    assert_eq!((&answer["baseline"]["known"], &answer["baseline"]["gone"][0]["code"]), (&0.into(), &"CLUB001".into()));
}

#[test]
fn damage_is_mended_by_safe_edits() {
    let folder = project("damage", "node a { size: 2GiB; name = 'x' }\nnode b { size = 2 GiB, name = “y” }\n");
    let (status, _, errors) = folder.check(&["--fix"]);
    assert_eq!(
        folder.read("in/main.mig"),
        format!("{KIND}node a {{ size = 2GiB, name = \"x\" }}\nnode b {{ size = 2GiB, name = \"y\" }}\n"),
        "{errors}"
    );
    assert_eq!(status, 0, "{errors}");
}

#[test]
fn parameters_take_the_strongest_value() {
    let folder = project("parameters", "param size: Size = 1GiB\nnode a { size = size }\n");
    folder.write("in/lab.migvars", "size = 20GiB\n");
    let told = |words: &[&str], environment: Option<&str>| {
        let mut command = folder.command(words);
        command.envs(environment.map(|value| ("MIG_VAR_size", value)));
        let (_, out, _) = told(&command.args(["--format", "short"]).output().expect("migc can be started"));
        out.lines().next().unwrap_or("").split_once("a has ").map_or("", |(_, size)| size.split(',').next().unwrap_or("")).to_owned()
    };
    assert_eq!(told(&[], None), "");
    assert_eq!(told(&[], Some("10GiB")), "10 GiB");
    assert_eq!(told(&["--env", "lab"], Some("10GiB")), "20 GiB");
    assert_eq!(told(&["--env", "lab", "--set", "size=30GiB"], Some("10GiB")), "30 GiB");
}

#[test]
fn old_facts_are_warned_of() {
    let folder = project("age", "");
    folder.write(
        "in/main.mig",
        "use ssh\nexisting server a: ssh.host { address = 10.0.0.1, facts = survey(\"facts.json\"), ingress = [22/tcp] }\n",
    );
    let facts = |taken: &str| folder.write("in/facts.json", format!("{{\"version\": 1, \"host\": \"a\"{taken}}}"));
    facts(", \"taken\": \"2020-01-10T11:00:00Z\"");
    let warned = |age: &str| {
        let (status, out, _) = folder.check(&["--max-age", age, "--format", "short"]);
        assert_eq!(status, 0, "{out}");
        out.lines().find(|line| line.contains("MIG1017")).map(str::to_owned)
    };
    let old = warned("30d").expect("a warning");
    assert!(
        old.starts_with("in/facts.json:1:38: warning[MIG1017]: these facts are ") && old.ends_with(" days old, and 30d is allowed"),
        "{old}"
    );
    assert_eq!(warned("5000w"), None);
    facts(", \"taken\": \"2999-01-01T00:00:00Z\"");
    assert!(warned("30d").is_some_and(|line| line.contains("taken later than now")));
    facts("");
    assert!(warned("30d").is_some_and(|line| line.contains("do not say when they were taken")));
    assert!(!folder.check(&["--format", "short"]).1.contains("MIG1017"), "nobody asked");
    for wrong in ["30", "d", "3x", "99999999999999999999d", "-1d"] {
        assert_eq!(folder.check(&[&format!("--max-age={wrong}")]).0, 64, "{wrong}");
    }
}

/// A watching process that is ended with its test.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn watching_checks_again_and_ends_in_peace() {
    let folder = project("watch", TOO_LARGE);
    let mut command = folder.command(&["--watch", "--format", "short"]);
    let mut child = Watching(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("migc can be started"));
    let mut said = BufReader::new(child.0.stderr.take().expect("a pipe"));
    let mut next = || {
        let mut line = String::new();
        said.read_line(&mut line).expect("it speaks");
        line
    };
    assert!(next().starts_with("watching 3 files"));
    folder.write("in/new.mig", "let x = 1\n");
    assert!(next().starts_with("watching 4 files"));
    fs::rename(folder.0.join("in/main.mig"), folder.0.join("in/old.mig")).expect("it is there");
    assert!(next().starts_with("watching"));
    fs::rename(folder.0.join("in"), folder.0.join("out")).expect("it is there");
    assert!(next().starts_with("error: there is no `in`"));
    assert!(next().contains("help:"));
    assert!(next().starts_with("watching"));
    fs::create_dir(folder.0.join("in")).expect("a folder");
    folder.write("in/main.mig", format!("{KIND}node a {{ size = 11GiB }}\n"));
    while !next().starts_with("watching 3 files") {}
    let id = child.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill is there").success());
    assert_eq!(child.0.wait().expect("it ends").code(), Some(130));
    let mut out = String::new();
    child.0.stdout.take().expect("a pipe").read_to_string(&mut out).expect("texts");
    for part in ["a has 10 GiB", "nothing uses `new.mig`", "`main.mig` cannot be read", "a has 11 GiB"] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn many_problems_are_told_quickly_and_not_all_at_once() {
    let nodes: Vec<String> = (0..10_000).map(|n| format!("node n{n} {{ size = 1MiB }}\n")).collect();
    let nodes = nodes.concat();
    let folder = project("many", &format!("{nodes}node last {{ size = 10GiB }}\n"));
    let (status, out, _) = folder.check(&[]);
    assert_eq!(status, 1);
    assert!(out.contains("last has 10 GiB") && out.contains("and 9951 more problems"), "errors come before warnings");
    assert!(out.lines().count() < 1_000, "{}", out.lines().count());
    assert_eq!(folder.check(&["--format", "short"]).1.lines().count(), 10_001);
}
