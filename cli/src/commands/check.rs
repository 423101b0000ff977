//! `migc check`: is the program sound, as far as its sources and facts tell?
//!
//! Opens no socket, starts no process, and changes nothing but what `--fix` and `--update-baseline` are asked to write.

mod fix;
mod watch;

use super::program;
use crate::{
    baseline::{Baseline, Compared},
    exit::{Failure, Outcome, Status},
    project::Project,
    render::{answer::Answer, github, human, json, names, sarif, short, timings},
    terminal::Terminal,
    visible,
};
use clap::ValueEnum;
use mig_core::{AgeLimit, Compilation, Files, Loaded};
use mig_plan::Report;
use std::path::PathBuf;

/// Check a program against its facts: every problem in one run, each at its line
///
/// Needs no network and no credential. Changes nothing, unless `--fix` or `--update-baseline` asks for it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    /// How the answer looks
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Fail on this too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Vec<Deny>,
    /// Warn of facts that are older than this: `12h`, `30d`, `8w`
    #[arg(long, value_name = "DURATION", value_parser = parse_age)]
    max_age: Option<i64>,
    /// Make the safe edits first, and check what came of it
    #[arg(long, conflicts_with = "watch")]
    fix: bool,
    /// Make the other edits too: guesses at names, entries that several declarations share
    #[arg(long, requires = "fix")]
    r#unsafe: bool,
    /// Fail only on problems that are not in this file
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the problems of today to the baseline, but for those that must be mended
    #[arg(long, requires = "baseline", conflicts_with = "watch")]
    update_baseline: bool,
    /// Check again whenever a file changes
    #[arg(long)]
    watch: bool,
    /// Tell beside the answer how long each check took
    #[arg(long)]
    timings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Sources with marks, for people
    #[default]
    Human,
    /// A line for each problem
    Short,
    /// One object; see docs/json.md
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings
    Warnings,
    /// Checks that lacked a fact
    Unproven,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    if args.watch {
        return watch::run(args, terminal);
    }
    let project = args.program.open()?;
    if args.fix {
        fix::run(args, &project, terminal)?;
    }
    let (status, loaded) = once(args, &project, &project, terminal)?;
    // The process ends here: to take the trees of a large program apart first is work for nothing.
    std::mem::forget(loaded);
    Ok(status)
}

/// One check; `files` are the project's, seen through whoever wants to know which.
fn once(args: &Args, project: &Project, files: &dyn Files, terminal: &mut Terminal) -> Result<(Status, Loaded), Failure> {
    let loaded = load(args, project, files)?;
    let compilation = if args.timings { loaded.compile_timed(&elapsed_since_start()) } else { loaded.compile() };
    let compared = compare(args, &compilation.report, terminal)?;
    terminal.print(&answer(args, project, &loaded, &compilation, compared.as_ref(), terminal));
    if let (Some(compared), Some(path)) = (&compared, &args.baseline) {
        tell_gone(compared, &path.display().to_string(), terminal);
    }
    terminal.error(&timings::table(&compilation.checks));
    let report = compared.as_ref().map_or(&compilation.report, |compared| &compared.report);
    let status = if fails(report, &args.deny) { Status::Refused } else { Status::Done };
    Ok((status, loaded))
}

fn load(args: &Args, project: &Project, files: &dyn Files) -> Result<Loaded, Failure> {
    let age = args.max_age.map(|max_s| AgeLimit { now_s: now_s(), max_s });
    args.program.load_from(files, project.entry(), age)
}

/// The clock of `--timings`.
#[allow(clippy::disallowed_methods)]
fn elapsed_since_start() -> impl Fn() -> std::time::Duration {
    let start = std::time::Instant::now();
    move || start.elapsed()
}

/// Of what a check finds, the age of facts is the only thing that depends on the time.
#[allow(clippy::disallowed_methods)]
fn now_s() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

/// The report against the baseline, which is written first if that is asked for.
fn compare(args: &Args, report: &Report, terminal: &mut Terminal) -> Result<Option<Compared>, Failure> {
    let Some(path) = &args.baseline else { return Ok(None) };
    let baseline = if args.update_baseline {
        let baseline = Baseline::of(report);
        baseline.write(path)?;
        terminal.error(&format!("{}: {}\n", visible::line(&path.display().to_string()), baseline.size()));
        baseline
    } else {
        Baseline::read(path)?
    };
    Ok(Some(baseline.compare(report)))
}

fn answer(
    args: &Args,
    project: &Project,
    loaded: &Loaded,
    compilation: &Compilation<'_>,
    compared: Option<&Compared>,
    terminal: &Terminal,
) -> String {
    let answer = Answer::new(compilation, compared);
    let folder = args.program.folder();
    let from_here = || names::report(&folder, answer.report);
    let from_repository = || names::report(&project.folder(), answer.report);
    match args.format {
        Format::Human => {
            format!("{}{}\n", human::report(&from_here(), &loaded.sources, &folder, terminal.look()), answer.summary())
        }
        Format::Short => short::report(&from_here()),
        Format::Json => json::pretty(&answer),
        Format::Sarif => sarif::report(&from_repository(), &names::file(&project.folder(), project.entry())),
        Format::Github => format!("{}{}\n", github::report(&from_repository()), answer.summary()),
    }
}

/// What a baseline holds in vain, beside the answer.
fn tell_gone(compared: &Compared, path: &str, terminal: &mut Terminal) {
    if compared.gone.is_empty() {
        return;
    }
    let entries = compared.gone.iter().take(GONE_SHOWN_MAX);
    let lines: String =
        entries.map(|known| visible::line(&format!("  {} {}: {}", known.code, known.about, known.message)) + "\n").collect();
    let more = match compared.gone.len().saturating_sub(GONE_SHOWN_MAX) {
        0 => String::new(),
        number => format!("  and {number} more\n"),
    };
    let path = visible::line(path);
    terminal.error(&format!("what {path} holds and does not occur any more; `--update-baseline` takes it out:\n{lines}{more}"));
}

/// So many entries of a baseline that no longer occur are listed.
const GONE_SHOWN_MAX: usize = 20;

fn fails(report: &Report, deny: &[Deny]) -> bool {
    report.has_errors()
        || deny.iter().any(|deny| match deny {
            Deny::Warnings => report.summary.warnings > 0,
            Deny::Unproven => report.summary.unproven > 0,
        })
}

/// `30d`, in seconds.
fn parse_age(text: &str) -> Result<i64, String> {
    let wrong = || "write a whole number and a unit: `90min`, `12h`, `30d`, `8w`".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let unit_s = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit_s)).ok_or_else(wrong)
}
