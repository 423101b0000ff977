//! How fast is `migc`, next to others that answer the same question? `bench languages` measures and prints a table.
//!
//! Only the words of the command line are read here. Nothing fails because a figure is slow: machines differ, and people read the table.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people; what it prints is its result")]
#![allow(clippy::disallowed_methods, reason = "a benchmark works on the machine itself: files, processes and time are what it is about")]

#[path = "../bench/mod.rs"]
mod bench;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo run --release -p mig_tests --bin bench -- languages";
const USAGE_STATUS: u8 = 2;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words != ["languages"] {
        eprintln!("{USAGE}");
        return ExitCode::from(USAGE_STATUS);
    }
    match bench::languages::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}
