//! What does docs/cli.md say? Each command as clap knows it, in Markdown.
//!
//! Written by a test, so that the book and `--help` never differ.

use crate::commands::Cli;
use clap::{Arg, Command, CommandFactory as _};
use std::fmt::Write as _;

/// The page.
pub fn markdown() -> String {
    let mut root = Cli::command();
    root.build();
    let mut out =
        "# Commands\n\nWritten by `tests/tests/help.rs` from the program itself; `migc COMMAND --help` prints the same.\n\n\
         `-v` with any command logs on standard error what is done on the way: connections and scripts; `-vv` also the journal, `-vvv` all there is.\n"
            .to_owned();
    for command in root.get_subcommands().filter(|c| c.get_name() != "help") {
        section(command, &mut out);
    }
    let _ = writeln!(out, "\n## Exit statuses\n\n| status | meaning |\n| --- | --- |");
    let statuses = root.get_after_help().map(ToString::to_string).unwrap_or_default();
    for (status, meaning) in statuses.lines().filter_map(|line| line.trim().split_once("  ")) {
        let _ = writeln!(out, "| {status} | {meaning} |");
    }
    out
}

fn section(command: &Command, out: &mut String) {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim_start_matches("migc ");
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    // clap's headlines have no full stop; a page's paragraphs do.
    let about: Vec<String> = about.split("\n\n").map(|paragraph| format!("{}.", paragraph.trim_end_matches('.'))).collect();
    let _ = writeln!(out, "\n## {}\n\n```text\nmigc {usage}\n```\n\n{}", command.get_name(), about.join("\n\n"));
    let arguments: Vec<&Arg> = command.get_arguments().filter(|a| a.get_id() != "help" && !a.is_global_set()).collect();
    if !arguments.is_empty() {
        let _ = writeln!(out, "\n| argument | meaning |\n| --- | --- |");
    }
    for argument in arguments {
        let _ = writeln!(out, "| `{}` | {} |", name(argument), meaning(argument).replace('|', "\\|"));
    }
}

fn name(argument: &Arg) -> String {
    let values: Vec<String> = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    match argument.get_long() {
        Some(long) if argument.is_require_equals_set() => format!("--{long}={}", values.join(" ")),
        Some(long) if argument.get_action().takes_values() => format!("--{long} {}", values.join(" ")),
        Some(long) => format!("--{long}"),
        None => values.join(" "),
    }
}

fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = argument.get_possible_values().iter().map(|v| format!("`{}`", v.get_name())).collect();
    // A flag's values are `true` and `false`, which nobody types.
    if !values.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, ": {}", values.join(", "));
    }
    let defaults: Vec<String> = argument.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, "; default `{}`", defaults.join(" "));
    }
    text
}
