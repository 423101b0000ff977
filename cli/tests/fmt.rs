//! What does `migc fmt` do with files, folders and standard input? How a text is written is tested where it is formatted.

#![allow(clippy::disallowed_methods, reason = "a process is started, and folders are made for it")]

mod support;

use std::{
    fs,
    io::Write as _,
    process::{Command, Output, Stdio},
};
use support::Folder;

const UGLY: &str = "let a=1 // one\nnode b{x=2}\n";
const NEAT: &str = "let a = 1 // one\nnode b { x = 2 }\n";

/// A folder with others in it, one of them hidden.
fn nested(name: &str) -> Folder {
    let folder = Folder::new(name);
    fs::create_dir_all(folder.0.join("below/.hidden")).expect("folders");
    folder
}

impl Folder {
    fn fmt(&self, words: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        command.current_dir(&self.0).arg("fmt").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("migc can be started");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_folder_is_formatted_in_place() {
    let folder = nested("place");
    folder.write("main.mig", UGLY.as_bytes());
    folder.write("below/other.mig", UGLY.as_bytes());
    folder.write("below/.hidden/kept.mig", UGLY.as_bytes());
    folder.write("notes.txt", UGLY.as_bytes());
    let output = folder.fmt(&[], "");
    assert_eq!((output.status.code(), out(&output)), (Some(0), String::new()));
    assert_eq!(folder.read("main.mig"), NEAT);
    assert_eq!(folder.read("below/other.mig"), NEAT);
    assert_eq!(folder.read("below/.hidden/kept.mig"), UGLY);
    assert_eq!(folder.read("notes.txt"), UGLY);
    let names = fs::read_dir(&folder.0).expect("a folder").count();
    assert_eq!(names, 3, "nothing is left beside the files");
}

#[test]
fn check_lists_and_changes_nothing() {
    let folder = nested("check");
    folder.write("main.mig", NEAT.as_bytes());
    assert_eq!(folder.fmt(&["--check"], "").status.code(), Some(0));
    folder.write("below/other.mig", UGLY.as_bytes());
    let output = folder.fmt(&["--check"], "");
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), "below/other.mig\n"));
    assert_eq!(folder.read("below/other.mig"), UGLY);
}

#[test]
fn diff_shows_and_changes_nothing() {
    let folder = nested("diff");
    folder.write("main.mig", UGLY.as_bytes());
    let output = folder.fmt(&["--diff", "main.mig"], "");
    let expected = "--- main.mig\n+++ main.mig\n@@ -1,2 +1,2 @@\n-let a=1 // one\n-node b{x=2}\n+let a = 1 // one\n+node b { x = 2 }\n";
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(0), expected));
    assert_eq!(folder.read("main.mig"), UGLY);
    assert_eq!(folder.fmt(&["--diff", "--check", "main.mig"], "").status.code(), Some(1));
}

#[test]
fn standard_input_is_printed() {
    let folder = nested("input");
    let output = folder.fmt(&["-"], UGLY);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(0), NEAT));
    let output = folder.fmt(&["-", "--check"], UGLY);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), "standard input\n"));
}

#[test]
fn what_cannot_be_read_is_told_and_the_others_are_done() {
    let folder = nested("errors");
    folder.write("bad.mig", b"let a = 1\nlet b = \"\xff\"\n");
    folder.write("good.mig", UGLY.as_bytes());
    let output = folder.fmt(&["bad.mig", "missing.mig", "good.mig"], "");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains("`bad.mig` is not UTF-8: line 2 has a byte that is of no character"), "{errors}");
    assert!(errors.contains("`missing.mig` cannot be read"), "{errors}");
    assert_eq!(folder.read("good.mig"), NEAT);
}

#[cfg(unix)]
#[test]
fn modes_and_links_are_kept() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = nested("modes");
    folder.write("main.mig", UGLY.as_bytes());
    fs::set_permissions(folder.0.join("main.mig"), fs::Permissions::from_mode(0o640)).expect("a mode");
    symlink("main.mig", folder.0.join("link.mig")).expect("a link");
    assert_eq!(folder.fmt(&["link.mig"], "").status.code(), Some(0));
    assert_eq!(folder.read("main.mig"), NEAT);
    assert!(fs::symlink_metadata(folder.0.join("link.mig")).expect("it is there").is_symlink());
    assert_eq!(fs::metadata(folder.0.join("main.mig")).expect("it is there").permissions().mode() & 0o777, 0o640);
}
