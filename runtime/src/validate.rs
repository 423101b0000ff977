//! Can a plan that was read from a file be trusted to be one? Every field is taken as hostile input.
//!
//! Judges form, not wisdom: whether the plan is right is what the compiler proved and a person reviewed. Asks no host.

mod action;
mod call;
mod text;

use mig_plan::{Digest, Host, MoveSummary, Plan, Precondition, Requirement, Step, StepId};
use std::collections::{BTreeMap, BTreeSet};
use text::{check_name, check_path, check_port, check_word};

/// A plan may have so many steps.
pub const STEP_COUNT_MAX: usize = 100_000;
/// A plan may have so many hosts.
pub const HOST_COUNT_MAX: usize = 1_000;
/// So many problems are told; more would help nobody.
pub const PROBLEM_COUNT_MAX: usize = 50;
/// Hexadecimal digits of a step's id, after its `s`.
const STEP_ID_DIGITS: usize = 12;

/// Problems found so far.
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, what: impl Into<String>) {
        if self.0.len() < PROBLEM_COUNT_MAX {
            self.0.push(what.into());
        }
    }

    /// Adds what a check found, after the place it looked at.
    fn check(&mut self, place: &str, result: Result<(), String>) {
        if let Err(problem) = result {
            self.add(format!("{place}: {problem}"));
        }
    }
}

/// Is the plan well formed? If not: what is wrong, each as a line for people.
pub fn validate(plan: &Plan) -> Result<(), Vec<String>> {
    let mut problems = Problems(vec![]);
    if plan.version != Plan::VERSION {
        return Err(vec![format!("the plan has version {}; this migc reads {}", plan.version, Plan::VERSION)]);
    }
    check_header(plan, &mut problems);
    for (name, host) in &plan.hosts {
        check_host(name, host, &mut problems);
    }
    check_steps(plan, &mut problems);
    for precondition in &plan.preconditions {
        check_precondition(plan, precondition, &mut problems);
    }
    for summary in &plan.moves {
        check_move(plan, summary, &mut problems);
    }
    check_observed(plan, &mut problems);
    for forecast in &plan.forecasts {
        for id in [&forecast.down, &forecast.up] {
            if plan.step(id).is_none() {
                problems.add(format!(
                    "the forecast for {} names no step of the plan: `{}`",
                    forecast.address.escape_debug(),
                    id.escape_debug()
                ));
            }
        }
    }
    if problems.0.is_empty() { Ok(()) } else { Err(problems.0) }
}

fn check_header(plan: &Plan, problems: &mut Problems) {
    problems.check("project", check_name(&plan.project));
    if !plan.sources.is_well_formed() {
        problems.add("sources: not a digest");
    }
    let head = (plan.serial == 0 && plan.head.is_empty()) || (plan.serial > 0 && is_digest(&plan.head));
    if !head {
        problems.add("serial and head do not name a journal entry");
    }
    if plan.hosts.len() > HOST_COUNT_MAX {
        problems.add(format!("more than {HOST_COUNT_MAX} hosts"));
    }
    if plan.steps.len() > STEP_COUNT_MAX {
        problems.add(format!("more than {STEP_COUNT_MAX} steps"));
    }
    for name in &plan.secrets {
        problems.check("secrets", check_word(name));
    }
    if let Some(run) = &plan.reverses {
        problems.check("reverses", check_word(run));
    }
}

fn is_digest(text: &str) -> bool {
    serde_json::from_value::<Digest>(text.into()).is_ok_and(|digest| digest.is_well_formed())
}

fn check_host(name: &str, host: &Host, problems: &mut Problems) {
    let place = format!("host {}", name.escape_debug());
    let login = &host.login;
    for text in [name].into_iter().chain(login.identity_file.as_deref()).chain(login.jump.as_deref()) {
        problems.check(&place, check_name(text));
    }
    for word in [&login.host].into_iter().chain(&login.user) {
        problems.check(&place, check_word(word));
    }
    if login.port == Some(0) {
        problems.add(format!("{place}: there is no port 0"));
    }
    for key in &host.host_keys {
        if key.chars().any(char::is_control) || key.split(' ').count() < 2 {
            problems.add(format!("{place}: a host key is not `TYPE BASE64`"));
        }
    }
}

fn check_steps(plan: &Plan, problems: &mut Problems) {
    let mut earlier = BTreeMap::<&StepId, &Step>::new();
    let moves: BTreeSet<&String> = plan.moves.iter().map(|m| &m.address).collect();
    for step in &plan.steps {
        let place = format!("step {}", step.id.escape_debug());
        if !is_step_id(&step.id) {
            problems.add(format!("{place}: an id is `s` and {STEP_ID_DIGITS} hexadecimal digits"));
        }
        for need in &step.needs {
            if !earlier.contains_key(need) {
                problems.add(format!("{place}: it needs `{}`, which is no step before it", need.escape_debug()));
            }
        }
        if let Some(of) = &step.of_move
            && !moves.contains(of)
        {
            problems.add(format!("{place}: there is no move {}", of.escape_debug()));
        }
        if [&step.title, &step.why].into_iter().any(|text| text.chars().any(char::is_control)) {
            problems.add(format!("{place}: its texts have control characters"));
        }
        if earlier.insert(&step.id, step).is_some() {
            problems.add(format!("{place}: the id is there twice"));
        }
        action::check_step(plan, step, &earlier, problems);
    }
}

fn is_step_id(id: &str) -> bool {
    let digits = id.strip_prefix('s').unwrap_or_default();
    digits.len() == STEP_ID_DIGITS && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn check_precondition(plan: &Plan, precondition: &Precondition, problems: &mut Problems) {
    let place = format!("precondition of {}", precondition.address.escape_debug());
    if !plan.hosts.contains_key(&precondition.host) {
        problems.add(format!("{place}: there is no host {}", precondition.host.escape_debug()));
    }
    match &precondition.requirement {
        Requirement::Tools { names } => names.iter().for_each(|name| problems.check(&place, check_word(name))),
        Requirement::Container { name } => problems.check(&place, text::check_container_name(name)),
        Requirement::FreeSpace { path, .. } | Requirement::PathFree { path } => problems.check(&place, check_path(path)),
        Requirement::PortFree { port } => problems.check(&place, check_port(port)),
        Requirement::Hardware { disks, .. } => disks.keys().for_each(|path| problems.check(&place, check_path(path))),
    }
}

/// Only shown, but shown before a person says yes.
fn check_observed(plan: &Plan, problems: &mut Problems) {
    for target in plan.partial.iter().flat_map(|partial| &partial.targets) {
        problems.check("target", check_name(target));
    }
    let Some(observed) = &plan.observed else { return };
    for one in &observed.drift {
        for name in [&one.address, &one.kind, &one.host] {
            problems.check("drift", check_name(name));
        }
        if one.change.in_words().chars().any(char::is_control) {
            problems.add(format!("drift of {}: its texts have control characters", one.address.escape_debug()));
        }
        if let Some(unknown) = one.steps.iter().find(|id| plan.step(id).is_none()) {
            problems.add(format!("drift of {}: there is no step {}", one.address.escape_debug(), unknown.escape_debug()));
        }
    }
    for unseen in &observed.unseen {
        problems.check("what was not observed", check_name(&unseen.address));
        if unseen.why.chars().any(char::is_control) {
            problems.add(format!("what was not observed of {}: its text has control characters", unseen.address.escape_debug()));
        }
    }
}

fn check_move(plan: &Plan, summary: &MoveSummary, problems: &mut Problems) {
    let place = format!("move {}", summary.address.escape_debug());
    for host in [&summary.from, &summary.to] {
        if !plan.hosts.contains_key(host) {
            problems.add(format!("{place}: there is no host {}", host.escape_debug()));
        }
    }
    if summary.window_unix.is_some_and(|(begin, end)| begin >= end) {
        problems.add(format!("{place}: its window ends before it begins"));
    }
    let marked: Vec<&StepId> =
        plan.steps.iter().filter(|s| s.point_of_no_return && s.of_move.as_ref() == Some(&summary.address)).map(|s| &s.id).collect();
    if marked != summary.point_of_no_return.iter().collect::<Vec<_>>() {
        problems.add(format!("{place}: its steps and its summary disagree about the point of no return"));
    }
}
