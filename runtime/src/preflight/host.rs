//! Is one host ready? What every host must be, and the plan's own requirements, from one round trip.
//!
//! How a requirement is asked and judged is said in `actions::requirement`.

use super::{Asked, Problem};
use crate::{Output, Script, World, WorldError, actions::requirement, scripts};
use mig_plan::{Action, Origin, Requirement};
use std::collections::BTreeMap;

/// A host's clock may differ from the operator's by so much: five minutes. Certificates, journals and mtimes need no better.
const CLOCK_OFFSET_MAX_MS: u64 = 300_000;

/// Owners, modes and attributes of other users' files are only kept by root.
pub(super) fn needs_root(action: &Action) -> bool {
    matches!(
        action,
        Action::CopyTrees { .. }
            | Action::VerifyTrees { .. }
            | Action::TakeTrees { .. }
            | Action::ReleaseTrees { .. }
            | Action::InstallTools { .. }
            | Action::CheckFenced { .. }
    )
}

/// Does it talk to Docker?
pub(super) fn needs_docker(action: &Action) -> bool {
    match action {
        Action::BringImage { .. }
        | Action::SetRestart { .. }
        | Action::RestoreRestart { .. }
        | Action::StopContainer { .. }
        | Action::StartContainer { .. }
        | Action::CheckFenced { .. }
        | Action::Quiesce { .. }
        | Action::Resume { .. }
        | Action::ProveData { .. }
        | Action::CreateContainer { .. }
        | Action::RemoveContainer { .. } => true,
        Action::Adopt { .. }
        | Action::InstallTools { .. }
        | Action::CopyTrees { .. }
        | Action::VerifyTrees { .. }
        | Action::TakeTrees { .. }
        | Action::ReleaseTrees { .. }
        | Action::Await { .. }
        | Action::Call(_)
        | Action::Note => false,
    }
}

/// Is Docker installed by the plan itself?
pub(super) fn brings_docker(action: &Action) -> bool {
    matches!(action, Action::InstallTools { names, .. } if names.iter().any(|name| name.starts_with("docker")))
}

/// All that is wrong with a host, or why it cannot be reached.
pub(super) async fn look<W: World>(world: &W, asked: &Asked<'_>) -> Result<Vec<Problem>, Problem> {
    let mut batch: Vec<Script> = vec![scripts::about()];
    let mut counts = vec![];
    for precondition in &asked.preconditions {
        let scripts = requirement::scripts(&precondition.requirement);
        counts.push(scripts.len());
        batch.extend(scripts);
    }
    let began_ms = world.now_ms();
    let answers = match world.run(asked.name, &batch).await {
        Ok(answers) => answers,
        Err(error) => return Err(unreached(asked, error)),
    };
    let mut rest = answers.as_slice();
    let about = take(&mut rest, 1).first();
    let mut problems = judge_about(asked, about, (began_ms, world.now_ms()));
    let docker = about.is_some_and(|output| !output.text().lines().any(|line| line == "docker="));
    for (precondition, count) in asked.preconditions.iter().zip(counts) {
        let judged = requirement::judge(precondition, take(&mut rest, count));
        // Without Docker it is not known which containers there are, and that Docker is missing is said already.
        let said = asked.needs_docker && !docker && matches!(precondition.requirement, Requirement::Container { .. });
        if let Some(failure) = judged.err().filter(|_| !said) {
            problems.push(Problem {
                host: Some(asked.name.clone()),
                address: Some(precondition.address.clone()),
                message: failure.message,
                help: failure.help,
                origin: Some(precondition.origin.clone()),
            });
        }
    }
    Ok(problems)
}

/// The next answers, fewer if there are fewer.
fn take<'o>(rest: &mut &'o [Output], count: usize) -> &'o [Output] {
    let (taken, left) = rest.split_at(count.min(rest.len()));
    *rest = left;
    taken
}

fn problem(asked: &Asked<'_>, message: String, help: &str) -> Problem {
    let origin: Origin = asked.origin.clone();
    Problem { host: Some(asked.name.clone()), address: Some(asked.name.clone()), message, help: help.to_owned(), origin: Some(origin) }
}

fn unreached(asked: &Asked<'_>, error: WorldError) -> Problem {
    match error {
        WorldError::Unreachable { message, help, .. } => problem(asked, format!("{} cannot be reached: {message}", asked.name), &help),
        WorldError::Lost { message, .. } => {
            problem(asked, format!("the connection to {} was lost: {message}", asked.name), "see that it is up and the way there is stable")
        }
    }
}

fn judge_about(asked: &Asked<'_>, about: Option<&Output>, asked_between_ms: (u64, u64)) -> Vec<Problem> {
    let Some(about) = about.filter(|output| output.status == 0) else {
        let why = about.map(|output| output.stderr.trim().to_owned()).filter(|text| !text.is_empty());
        let message = format!("cannot run a script on {}: {}", asked.name, why.unwrap_or_else(|| "no answer came".to_owned()));
        return vec![problem(
            asked,
            message,
            "log in by hand as the plan does, and see that `sh` runs; with `sudo: true`, that `sudo -n true` does",
        )];
    };
    let text = about.text();
    let facts: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let fact = |name: &str| facts.get(name).copied().unwrap_or_default();
    let mut problems = vec![];
    if asked.needs_root && fact("uid") != "0" {
        let help = if fact("sudo") == "true" {
            "write `sudo: true` in its `login`"
        } else {
            "log in as root, or let the user run `sudo` without a password"
        };
        problems.push(problem(asked, format!("the user `{}` may not act as root on {}", fact("user").escape_debug(), asked.name), help));
    }
    if asked.needs_docker && fact("docker").is_empty() {
        problems.push(problem(
            asked,
            format!("no Docker answers on {}", asked.name),
            "install Docker and start it, or see that the user may use it",
        ));
    }
    problems.extend(clock_problem(asked, fact("now_ms"), asked_between_ms));
    problems
}

fn clock_problem(asked: &Asked<'_>, now: &str, (began_ms, ended_ms): (u64, u64)) -> Option<Problem> {
    const HELP: &str = "set the clock, best by NTP, on the host or here";
    let Ok(now_ms) = now.parse::<u64>() else {
        return Some(problem(asked, format!("{} did not tell its time", asked.name), HELP));
    };
    let early = began_ms.saturating_sub(now_ms);
    let late = now_ms.saturating_sub(ended_ms);
    let (off_ms, word) = if early > late { (early, "behind") } else { (late, "ahead of") };
    (off_ms > CLOCK_OFFSET_MAX_MS)
        .then(|| problem(asked, format!("the clock of {} is {} s {word} the operator's", asked.name, off_ms / 1_000), HELP))
}
