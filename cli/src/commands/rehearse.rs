//! `migc rehearse`: what if apply dies here, or a disk is full there? The program's plan in a simulated world, with the executor that
//! apply uses.
//!
//! Opens no socket and changes nothing; the state is taken to be empty, so that the whole way is rehearsed.

use super::program;
use crate::{
    exit::{Failure, Outcome, Status},
    render::{json, near::near, plan::number, rehearsal},
    terminal::Terminal,
    visible,
};
use mig_plan::{Plan, State};
use mig_runtime::rehearse::{Choice, Deviation, Kind, Rehearsal, rehearse};

/// Rehearse an apply on simulated hosts, in peace and with each fault at each step
///
/// Needs no network, no credential and no state. Exits 1 if a fault leads to another end than no fault does.
#[derive(Debug, clap::Args)]
#[command(after_help = faults_help())]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    /// Of the simulated world; the same seed gives the same result
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole)]
    seed: u64,
    /// Try these faults only, with commas; `NAME@STEP` at one step of the plan, by its number
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    faults: Vec<String>,
    /// Print one object; see docs/json.md
    #[arg(long)]
    json: bool,
}

fn faults_help() -> String {
    let width = Kind::ALL.iter().map(|kind| kind.name().len()).max().unwrap_or(0);
    let lines = Kind::ALL.iter().map(|kind| format!("  {:width$}  {}\n", kind.name(), kind.summary()));
    format!("Faults, one at a time; the first part of a name means all that begin with it:\n{}", lines.collect::<String>())
}

fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number from 0 to {}", u64::MAX))
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let project = args.program.open()?;
    terminal.error(&format!("rehearsing {} on simulated hosts; nothing outside is touched\n", visible::line(&project.name())));
    let loaded = args.program.load(&project)?;
    let compilation = loaded.compile();
    if compilation.report.has_errors() {
        return Ok(args.program.refuse(&compilation.report, &loaded, args.json, terminal));
    }
    let plan = match compilation.plan(&State::default()) {
        Ok(plan) => plan,
        Err(report) => return Ok(args.program.refuse(&report, &loaded, args.json, terminal)),
    };
    args.program.warn(&compilation.report, &loaded, terminal);
    let done = rehearse(&plan, &compilation.facts, args.seed, &chosen(&args.faults, &plan)?);
    if args.json {
        terminal.print(&json::pretty(&done));
    } else {
        let again = |deviation: &Deviation| again(args, &plan, &done, deviation);
        terminal.print(&rehearsal::rehearsal(&plan, &done, &loaded.sources, &again));
    }
    Ok(if done.is_sound() { Status::Done } else { Status::Refused })
}

/// `crash,cut-after@47`
fn chosen(words: &[String], plan: &Plan) -> Result<Vec<Choice>, Failure> {
    if words.is_empty() {
        return Ok(Choice::all());
    }
    let mut chosen = vec![];
    for word in words {
        let (name, step) = word.split_once('@').map_or((word.as_str(), None), |(name, step)| (name, Some(step)));
        let kinds = Kind::named(name);
        if kinds.is_empty() {
            let near = near(name, Kind::ALL.iter().map(|kind| kind.name()));
            let help = near.map_or_else(|| "`migc rehearse --help` lists the faults".to_owned(), |near| format!("did you mean `{near}`?"));
            return Err(Failure::usage(format!("there is no fault `{name}`")).help(help));
        }
        let step = step.map(|step| step_of(step, plan)).transpose()?;
        chosen.extend(kinds.into_iter().map(|kind| Choice { kind, step: step.clone() }));
    }
    Ok(chosen)
}

fn step_of(text: &str, plan: &Plan) -> Result<String, Failure> {
    let step = text.parse::<usize>().ok().and_then(|number| plan.steps.get(number.checked_sub(1)?)).or_else(|| plan.step(text));
    step.map(|step| step.id.clone()).ok_or_else(|| {
        let help = format!("its steps have the numbers 1 to {}, as `migc plan` shows them", plan.steps.len());
        Failure::usage(format!("the plan has no step `{text}`")).help(help)
    })
}

/// The command that does it again, and nothing else.
fn again(args: &Args, plan: &Plan, done: &Rehearsal, deviation: &Deviation) -> String {
    let mut words = vec!["migc rehearse".to_owned()];
    words.extend((args.program.path.as_os_str() != ".").then(|| quoted(&args.program.path.display().to_string())));
    words.extend(args.program.set.iter().map(|(name, value)| format!("--set {}", quoted(&format!("{name}={value}")))));
    words.extend(args.program.env.iter().map(|env| format!("--env {env}")));
    words.push(format!("--seed {}", done.seed));
    let step = deviation.step.as_ref().and_then(|id| number(plan, id));
    words.extend(deviation.kind.zip(step).map(|(kind, step)| format!("--faults {kind}@{step}")));
    words.join(" ")
}

/// One word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if text.chars().all(plain) && !text.is_empty() { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
