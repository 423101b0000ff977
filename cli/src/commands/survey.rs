//! `migc survey`: what is on the hosts? Asks them over SSH, changes nothing there, and writes what they say to the files that the
//! program names.

mod ask;
mod file;
mod targets;
mod told;

use super::program::Program;
use crate::{
    exit::{Failure, Outcome, Status},
    render::{count, json},
    terminal::Terminal,
};
use mig_plan::Facts;
use mig_runtime::survey as runtime;
use std::path::PathBuf;
use targets::Target;

/// Measure hosts over SSH, and write what is found to the facts files that the program names
///
/// Changes nothing on a host and needs nothing there but a shell; with root, and with tools, more is found. Values of environments
/// and keys are never read. ADDRESS is a server of the program, or user@host for a look without one, which is printed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Servers; without any, all existing ones that name a facts file
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// A folder whose program begins at its `main.mig`, or a single file
    #[arg(long, value_name = "PATH", default_value = ".")]
    project: PathBuf,
    /// Give a parameter its value
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::program::parse_set)]
    set: Vec<(String, String)>,
    /// Take parameters from NAME.migvars beside the program
    #[arg(long, value_name = "NAME", value_parser = super::program::parse_env)]
    env: Option<String>,
    /// Show what changed since the facts were written, and write nothing
    #[arg(long, conflicts_with = "redact")]
    diff: bool,
    /// Print facts that tell nobody's names and addresses, and write nothing
    #[arg(long)]
    redact: bool,
    /// Keep also what no check reads
    #[arg(long)]
    full: bool,
    /// Measure what lies below paths for at most so many seconds a host
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    sizes: u64,
    /// Do not measure what lies below paths
    #[arg(long, conflicts_with = "sizes")]
    no_sizes: bool,
    /// Become root by `sudo` on hosts that are not of the program
    #[arg(long)]
    sudo: bool,
    /// Believe the host that offers this key, and note it in its facts
    #[arg(long, value_name = "SHA256:…", value_parser = parse_fingerprint)]
    accept_key: Vec<String>,
    /// Print one object; see docs/json.md
    #[arg(long)]
    json: bool,
    /// Print the JSON schema of facts files, and ask no host
    #[arg(long)]
    schema: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    if args.schema {
        terminal.print(&json::pretty(&Facts::schema()));
        return Ok(Status::Done);
    }
    let project = Program { path: args.project.clone(), set: args.set.clone(), env: args.env.clone() };
    let targets = targets::find(args, &project)?;
    if !args.json {
        terminal.error(&format!("surveying {}\n", count(targets.chosen.len(), "host")));
    }
    let answers = ask::all(args, &targets, terminal)?;
    let salt = ask::salt()?;
    let mut results = vec![];
    for (target, answer) in targets.chosen.iter().zip(answers) {
        results.push(told::Told { host: target.address.clone(), result: answer.and_then(|facts| settle(args, target, &facts, &salt)) });
    }
    told::print(args, &results, terminal);
    Ok(if results.iter().all(|told| told.result.is_ok()) { Status::Done } else { Status::Refused })
}

/// What is done with the facts of one host.
fn settle(args: &Args, target: &Target, facts: &Facts, salt: &str) -> Result<told::Done, Failure> {
    let unknown = facts.unknown.clone().unwrap_or_default();
    if args.redact {
        return Ok(told::Done { facts: Some(runtime::redact(facts, salt)), unknown, ..told::Done::default() });
    }
    let Some(file) = &target.file else {
        return Ok(told::Done { facts: Some(facts.clone()), unknown, ..told::Done::default() });
    };
    let before = file.read()?;
    let changes = before.as_ref().map(|before| runtime::differences(before, facts));
    if !args.diff {
        file.write(facts)?;
    } else if before.is_none() {
        return Err(Failure::new(format!("`{}` is not there yet", file.shown())).help("survey the host without `--diff`"));
    }
    Ok(told::Done { file: Some(file.shown().to_owned()), written: !args.diff, changes, unknown, facts: None })
}

fn parse_fingerprint(text: &str) -> Result<String, String> {
    let is_digest = text.strip_prefix("SHA256:").is_some_and(|digest| {
        digest.trim_end_matches('=').len() == 43 && digest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    });
    if is_digest { Ok(text.trim_end_matches('=').to_owned()) } else { Err("a fingerprint is `SHA256:` and 43 characters".to_owned()) }
}
