//! How fast is `migc`, next to others that answer the same question? `bench languages` measures and prints a table.
//! What does a survey cost beyond its script? `bench survey` asks a host on loopback both ways.
//! What does a rehearsal of all faults cost? `bench rehearse`. What does a large state cost? `bench journal`.
//! How long do fifteen operations on ten hosts take, next to Ansible and pyinfra? `bench operations`.
//! How long does an editor wait? `bench editor` does the same for keystrokes.
//!
//! Only the words of the command line are read here. Nothing fails because a figure is slow: machines differ, and people read the table.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people; what it prints is its result")]
#![allow(clippy::disallowed_methods, reason = "a benchmark works on the machine itself: files, processes and time are what it is about")]

#[path = "../bench/mod.rs"]
mod bench;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo run --release -p mig_tests --bin bench -- languages|editor|survey|rehearse|journal|operations";
const USAGE_STATUS: u8 = 2;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["languages"] => bench::languages::run(),
        ["editor"] => bench::editor::run(),
        ["survey"] => bench::survey::run(),
        ["rehearse"] => bench::rehearse::run(),
        ["journal"] => bench::journal::run(),
        ["operations"] => bench::operations::run(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(USAGE_STATUS);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}
