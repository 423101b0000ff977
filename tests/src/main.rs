//! Does all of it work? `cargo verify` installs what is missing, runs every test, then a real editor and the lab of real hosts.
//!
//! Only the order of the parts and the summary are decided here. It needs nothing but std, so that it is built in seconds.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people and CI logs; what it prints is its result")]
#![allow(clippy::disallowed_methods, reason = "the harness works on the machine itself: files, processes and time are what it is about")]

mod cargo;
mod editor;
mod install;
mod judge;
mod lab;
mod options;
mod part;
mod run;

use options::Options;
use part::{Outcome, Part};
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|w| w == lab::guardian::ARGUMENT) {
        return lab::guardian::watch();
    }
    match Options::parse(&words) {
        Ok(options) => verify(&options),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(if options::is_help(&words) { 0 } else { options::USAGE_STATUS })
        }
    }
}

/// All parts, also after one that failed: a run tells everything it can.
fn verify(options: &Options) -> ExitCode {
    let mut parts = vec![];
    if options.installs {
        parts.push(Part::time("install", || install::missing(options.lab, options.editor, options.tests)));
    }
    if options.tests {
        parts.push(Part::time("cargo fmt", cargo::format));
        parts.push(Part::time("cargo clippy", cargo::clippy));
        parts.push(Part::time("cargo test", cargo::test));
        parts.push(Part::time("S3", || judge::run(options)));
    }
    if options.editor {
        parts.push(Part::time("editor", || editor::run(options)));
    }
    let mut tally = lab::Tally::default();
    if options.lab {
        parts.push(Part::time("lab", || lab::run(options, &mut tally)));
    }
    println!();
    for part in &parts {
        println!("{part}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if parts.iter().all(|p| matches!(p.outcome, Outcome::Done | Outcome::Skipped(_))) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
