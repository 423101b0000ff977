//! `migc checks`: which checks are there, and how do they fare in a project?

use super::program;
use crate::{
    exit::{Failure, Outcome, Status},
    pages::{self, Check, Wanted},
    render::{answer::Answer, count, json},
    terminal::Terminal,
    visible,
};
use clap::ValueEnum;
use mig_core::{Compilation, Ran};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::PathBuf,
};

/// List the checks: code, severity, name and what each finds
///
/// The first digit of a code is its area: 2 disks and images, 3 identities and networks, 4 data and services, 6 plans, names, cost
/// and secrets. `migc explain NAME` prints the page of one.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these: `disk` (of the name or the text), `MIG30` (codes that begin so), `MIG3030..MIG3040`
    #[arg(value_name = "WHAT", value_parser = Wanted::parse)]
    wanted: Vec<Wanted>,
    /// Only those of this severity
    #[arg(long, value_enum)]
    severity: Vec<Severity>,
    /// Say how each fares in this program, and list those that it declares itself too
    #[arg(long, value_name = "PATH")]
    project: Option<PathBuf>,
    /// Only those that fare so in the program
    #[arg(long, value_enum, requires = "project")]
    state: Vec<State>,
    /// Give a parameter of the program its value
    #[arg(long, value_name = "NAME=VALUE", value_parser = program::parse_set, requires = "project")]
    set: Vec<(String, String)>,
    /// Take parameters from NAME.migvars beside the program
    #[arg(long, value_name = "NAME", value_parser = program::parse_env, requires = "project")]
    env: Option<String>,
    /// Print one object; see docs/json.md
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Severity {
    /// Errors, those that cannot be silenced among them
    Error,
    /// Warnings
    Warning,
    /// Hints
    Hint,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Hint => "hint",
        }
    }
}

/// How a check fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It reports nothing
    Holds,
    /// It reports a problem
    Reports,
    /// It lacks a fact, or the program has errors that hide what it would say
    Unproven,
    /// It would report, and an `@allow` silences it
    Allowed,
}

/// A check of the list.
#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    check: Check,
    #[serde(skip_serializing_if = "Option::is_none")]
    here: Option<Here>,
}

/// A check in a program.
#[derive(Debug, Clone, Copy, Serialize)]
struct Here {
    state: State,
    problems: usize,
    unproven: usize,
    allowed: usize,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let all = match &args.project {
        Some(path) => in_project(path, args)?,
        None => pages::all().into_iter().map(|check| Listed { check, here: None }).collect(),
    };
    let meant = |listed: &&Listed| args.wanted.is_empty() || args.wanted.iter().any(|wanted| wanted.means(&listed.check));
    if !all.iter().any(|listed| meant(&listed)) {
        return Err(nothing(args, &all));
    }
    let shown: Vec<&Listed> = all.iter().filter(meant).filter(|listed| is_shown(args, listed)).collect();
    if args.json {
        terminal.print(&json::pretty(&serde_json::json!({ "version": 1, "checks": shown })));
    } else {
        terminal.print(&table(&shown));
    }
    if shown.is_empty() {
        terminal.error("no check is of that severity and state\n");
    }
    Ok(Status::Done)
}

fn is_shown(args: &Args, listed: &Listed) -> bool {
    let severity = listed.check.severity.trim_end_matches('!');
    (args.severity.is_empty() || args.severity.iter().any(|wanted| wanted.word() == severity))
        && (args.state.is_empty() || listed.here.is_some_and(|here| args.state.contains(&here.state)))
}

fn nothing(args: &Args, all: &[Listed]) -> Failure {
    let checks: Vec<Check> = all.iter().map(|listed| listed.check.clone()).collect();
    let words: Vec<String> = args.wanted.iter().map(|wanted| format!("`{wanted}`")).collect();
    let near: Vec<String> = args.wanted.iter().flat_map(|wanted| wanted.near(&checks)).collect();
    let help = if near.is_empty() { "`migc checks` lists them all".to_owned() } else { format!("did you mean {}?", near.join(" or ")) };
    Failure::new(format!("no check is meant by {}", words.join(" or "))).help(help)
}

/// Those that ran: of the standard library with their pages, of the project as they stand there.
fn in_project(path: &std::path::Path, args: &Args) -> Result<Vec<Listed>, Failure> {
    let program = program::Program { path: path.to_owned(), set: args.set.clone(), env: args.env.clone() };
    let project = program.open()?;
    let loaded = program.load(&project)?;
    let compilation = loaded.compile();
    let proven = Answer::new(&compilation, None).proven();
    let pages: BTreeMap<String, Check> = pages::all().into_iter().map(|check| (check.name.clone(), check)).collect();
    let mut all: Vec<Listed> =
        compilation.checks.iter().map(|ran| Listed { check: page(ran, &pages), here: Some(here(ran, &compilation, &proven)) }).collect();
    all.sort_by(|a, b| (&a.check.code, &a.check.name).cmp(&(&b.check.code, &b.check.name)));
    Ok(all)
}

fn page(ran: &Ran, pages: &BTreeMap<String, Check>) -> Check {
    let found = pages.get(&ran.name).filter(|check| check.code == ran.code);
    found.cloned().unwrap_or_else(|| Check {
        name: ran.name.clone(),
        code: ran.code.clone(),
        severity: ran.severity.clone(),
        former: vec![],
        summary: format!("Declared in {}", ran.file),
        page: "",
    })
}

fn here(ran: &Ran, compilation: &Compilation<'_>, proven: &BTreeSet<&str>) -> Here {
    let problems = compilation.report.diagnostics.iter().filter(|d| d.name == ran.name).count();
    let unproven = compilation.report.unproven.iter().filter(|u| u.name == ran.name).count();
    let state = if problems > 0 {
        State::Reports
    } else if unproven > 0 || !proven.contains(ran.name.as_str()) {
        State::Unproven
    } else if ran.allowed > 0 {
        State::Allowed
    } else {
        State::Holds
    };
    Here { state, problems, unproven, allowed: ran.allowed }
}

fn table(shown: &[&Listed]) -> String {
    let width = |of: &dyn Fn(&Listed) -> usize| shown.iter().map(|listed| of(listed)).max().unwrap_or(0);
    let name = width(&|listed| listed.check.name.chars().count());
    let state = width(&|listed| said(listed.here).chars().count());
    let mut out = String::new();
    for listed in shown {
        let Check { code, severity, name: called, summary, .. } = &listed.check;
        let (code, called) = (visible::line(code), visible::line(called));
        let _ = write!(out, "{code}  {severity:<7}  {called:name$}  ");
        if listed.here.is_some() {
            let _ = write!(out, "{:state$}  ", said(listed.here));
        }
        let _ = writeln!(out, "{}", visible::line(summary));
    }
    out
}

/// How a check fares, for people.
fn said(here: Option<Here>) -> String {
    let Some(here) = here else { return String::new() };
    let mut parts = vec![];
    if here.problems > 0 {
        parts.push(count(here.problems, "problem"));
    }
    match (here.unproven, here.state) {
        (0, State::Unproven) => parts.push("not proven".to_owned()),
        (0, _) => {}
        (number, _) => parts.push(format!("{number} not proven")),
    }
    if here.allowed > 0 {
        parts.push(format!("{} allowed", here.allowed));
    }
    if parts.is_empty() { "holds".to_owned() } else { parts.join(", ") }
}
