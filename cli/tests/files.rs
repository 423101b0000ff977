//! What is said of files that hold no program: endless, waiting, huge, of another encoding, or no files at all. None of them keeps
//! `migc` waiting, and each is told where it is used.

#![allow(clippy::disallowed_methods, reason = "processes are started, and folders are made for them")]

mod support;

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};
use support::Folder;

impl Folder {
    /// The lines of `migc check --format short`; ten seconds are much more than it needs.
    fn check(&self) -> Vec<String> {
        let mut command = Command::new("timeout");
        command.current_dir(&self.0).args(["10", env!("CARGO_BIN_EXE_migc"), "check", "--format", "short"]).stdin(Stdio::null());
        let output = command.output().expect("migc can be started");
        assert_ne!(output.status.code(), Some(124), "it waits");
        String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
    }
}

/// A pipe into which nobody writes.
fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo can be started").success());
}

#[test]
fn what_is_no_text_is_told_where_it_is_used() {
    let folder = Folder::new("used");
    fs::create_dir(folder.0.join("folder.mig")).expect("a folder");
    symlink("/dev/zero", folder.0.join("endless.mig")).expect("a link");
    pipe(&folder.0.join("pipe.mig"));
    fs::File::create(folder.0.join("huge.mig")).and_then(|file| file.set_len(3 << 30)).expect("a file with a hole");
    folder.write("latin.mig", b"let caf\xe9 = 1\n");
    let uses = ["endless", "pipe", "folder", "huge", "latin", "nowhere"].map(|name| format!("use \"./{name}.mig\"\n"));
    folder.write("main.mig", uses.concat().as_bytes());
    let said: Vec<String> = folder.check().into_iter().filter(|line| line.starts_with("main.mig")).collect();
    let why = [
        "`endless.mig` cannot be read: it is outside the project's folder, and nothing there is read",
        "`pipe.mig` cannot be read: it is not a regular file",
        "`folder.mig` cannot be read: it is a folder",
        "`huge.mig` cannot be read: it has 3221225472 bytes, and at most 67108864 are read",
        "`latin.mig` cannot be read: it is not UTF-8: byte 7 is no text",
        "`nowhere.mig` cannot be read: there is no such file",
    ];
    let expected: Vec<String> = (1..).zip(why).map(|(line, why)| format!("main.mig:{line}:6: error[MIG1009]: {why}")).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_program_that_is_no_text_is_told() {
    let folder = Folder::new("main");
    let main = folder.0.join("main.mig");
    pipe(&main);
    assert_eq!(folder.check(), ["main.mig:1:1: error[MIG1009]: `main.mig` cannot be read: it is not a regular file"]);
    fs::remove_file(&main).expect("it was there");
    symlink("/dev/zero", &main).expect("a link");
    assert!(folder.check()[0].contains("it is outside the project's folder"));
    fs::remove_file(&main).expect("it was there");
    folder.write("main.mig", b"let a = 1\xff\n");
    assert!(folder.check()[0].ends_with("it is not UTF-8: byte 9 is no text"));
}

#[test]
fn marks_and_line_ends_of_other_systems_change_no_place() {
    let folder = Folder::new("marks");
    folder.write("main.mig", b"\xef\xbb\xbflet a = 1\r\nlet b = c\r\n");
    assert_eq!(folder.check(), ["main.mig:2:9: error[MIG1002]: there is nothing called `c` here"]);
}

#[test]
fn facts_that_are_no_text_are_told() {
    let folder = Folder::new("facts");
    folder.write("main.mig", b"use ssh\nexisting server old: ssh.host { address = 10.0.0.1, facts = survey(\"facts.json\") }\n");
    let facts = folder.0.join("facts.json");
    pipe(&facts);
    assert!(folder.check()[0].ends_with("the facts `facts.json` cannot be read: it is not a regular file"));
    fs::remove_file(&facts).expect("it was there");
    folder.write("facts.json", "[".repeat(100_000).as_bytes());
    assert_eq!(folder.check()[0], "facts.json:1:1: error[MIG1010]: this file nests deeper than 32 levels");
}
