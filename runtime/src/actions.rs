//! What does an action of a plan do in a world, and how is it told from failure? One function for all; a file each for what is large.
//!
//! Knows neither the order of steps nor the journal, and nothing of how a world is reached.

mod adopt;
pub(crate) mod call;
pub(crate) mod container;
mod copy;
mod hook;
mod image;
pub(crate) mod mask;
mod probe;
mod record;
pub mod requirement;
pub(crate) mod road;
mod take;
mod verify;

use crate::{NamesError, Output, Recorded, Script, World, WorldError, scripts};
use mask::forms;
use mig_plan::{Action, Class, Digest, Plan, Step, StepId};
use std::{collections::BTreeMap, rc::Rc};

/// What steps that are done have learned.
pub trait Done {
    /// A value of a step's outcome, by the step's id and the value's name.
    fn value(&self, step: &str, name: &str) -> Option<String>;

    /// Which attempt at the step this is; `None` where no run keeps count, and then hosts keep no record either.
    fn attempt(&self, step: &str) -> Option<Attempt> {
        let _ = step;
        None
    }

    /// Was the step done by an apply before this one, so that nobody knows what came since?
    fn is_earlier(&self, step: &str) -> bool {
        let _ = step;
        false
    }

    /// What no host may write down, a line each: `make` tells, and who shares it among many steps asks once.
    fn secret_lines(&self, make: &dyn Fn() -> Vec<String>) -> Rc<[String]> {
        make().into()
    }
}

/// What the records of a step on hosts are named by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The run.
    pub run: String,
    /// Grows with each run.
    pub epoch: u64,
    /// How often the step came to a known end before.
    pub settled: u32,
}

impl Done for BTreeMap<StepId, BTreeMap<String, String>> {
    fn value(&self, step: &str, name: &str) -> Option<String> {
        self.get(step)?.get(name).cloned()
    }
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub step: StepId,
    /// Bytes that travelled so far.
    pub bytes: u64,
    /// Of so many, if that is known.
    pub total: Option<u64>,
    /// What it is doing, for people: "pass 2: 13 entries of /var/lib/mysql".
    pub text: String,
}

/// A step that did what it should.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Performed {
    /// Did it have to do anything?
    pub changed: bool,
    /// What it learned; never a secret.
    pub values: BTreeMap<String, String>,
}

impl Performed {
    fn new<const N: usize>(changed: bool, values: [(&str, String); N]) -> Self {
        Self { changed, values: values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }
}

/// A step that did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What, where and why, in one line.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Is the effect known? `false`: the connection was lost, and the step may have acted.
    pub certain: bool,
    /// Was the connection lost, so that asking again may tell more?
    pub lost: bool,
    /// Has the host undone by itself what the step did, or is it certain that it did nothing?
    pub undone: bool,
}

impl Failure {
    pub(crate) fn certain(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), certain: true, lost: false, undone: false }
    }
}

impl From<WorldError> for Failure {
    fn from(error: WorldError) -> Self {
        let message = error.to_string();
        match error {
            WorldError::Unreachable { help, .. } => Self { message, help, certain: true, lost: false, undone: false },
            WorldError::Lost { host, .. } => Self {
                message,
                help: format!("see that {host} is up, then run `migc apply` again: it looks at what happened and goes on"),
                certain: false,
                lost: true,
                undone: false,
            },
        }
    }
}

impl From<NamesError> for Failure {
    fn from(error: NamesError) -> Self {
        match error {
            NamesError::World(error) => error.into(),
            NamesError::Refused(refusal) => Self::certain(refusal.message, refusal.help),
        }
    }
}

/// The name of the mark in a host's record folder that says: this state made what is at the path.
pub fn marker(path: &str) -> String {
    format!("tree-{}", Digest::of_bytes(path.as_bytes()).short(24))
}

/// Is all that the action changes done by one script that hosts can keep a record of? Then what is not to be done twice may be asked
/// for again.
pub fn is_recordable(action: &Action) -> bool {
    if may_cut(action) {
        return true;
    }
    matches!(
        action,
        Action::InstallTools { .. }
            | Action::SetRestart { .. }
            | Action::RestoreRestart { .. }
            | Action::StopContainer { .. }
            | Action::StartContainer { .. }
            | Action::CreateContainer { .. }
            | Action::RemoveContainer { .. }
    )
}

/// May it cut the road to its host? Then what it began goes on there without us.
pub fn may_cut(action: &Action) -> bool {
    matches!(action, Action::Call(call) if call.cuts().next().is_some())
}

/// Is it recorded because of its class, or because it takes so long that a run may be gone before it ends?
fn is_recorded(step: &Step, action: &Action) -> bool {
    let long = matches!(action, Action::InstallTools { .. } | Action::StopContainer { .. } | Action::BringImage { .. });
    long || may_cut(action) || (matches!(step.class, Class::Keyed | Class::Once) && is_recordable(action))
}

/// Does an action of a step: the step's own, or the one that undoes it.
///
/// Every action may be repeated after an interruption. A failure with `certain: false` means that the connection was lost in the
/// middle, and the same action must be performed again to know.
pub async fn perform<W: World>(
    world: &W,
    plan: &Plan,
    step: &Step,
    action: &Action,
    done: &dyn Done,
    progress: &dyn Fn(Progress),
) -> Result<Performed, Failure> {
    let context = Context { world, plan, step, done, progress, recorded: is_recorded(step, action) };
    context.act(action).await.map_err(|failure| context.without_secrets(failure))
}

/// What all actions are given.
struct Context<'a, W> {
    world: &'a W,
    plan: &'a Plan,
    step: &'a Step,
    done: &'a dyn Done,
    progress: &'a dyn Fn(Progress),
    /// Do hosts keep a record of what changes them?
    recorded: bool,
}

impl<W: World> Context<'_, W> {
    async fn act(&self, action: &Action) -> Result<Performed, Failure> {
        match action {
            Action::Adopt { host, id } => self.adopt(host, id).await,
            Action::InstallTools { host, names } => self.install_tools(host, names).await,
            Action::BringImage { from, to, image } => self.bring_image(from.as_ref(), to, image).await,
            Action::CopyTrees { from, to, trees, live } => self.copy_trees((from, to), trees, *live).await,
            Action::VerifyTrees { from, to, trees } => self.verify_trees((from, to), trees).await,
            Action::TakeTrees { host, trees } => self.take_trees(host, trees).await,
            Action::ReleaseTrees { host, paths } => self.release_trees(host, paths).await,
            Action::SetRestart { host, container, policy } => self.set_restart(host, container, policy).await,
            Action::RestoreRestart { host, container, of } => self.restore_restart(host, container, of).await,
            Action::StopContainer { host, container, grace_seconds, clean } => {
                self.stop_container(host, container, *grace_seconds, *clean).await
            }
            Action::StartContainer { host, container } => self.start_container(host, container).await,
            Action::CheckFenced { host, container, paths } => self.check_fenced(host, container, paths).await,
            Action::Quiesce { host, container, hook } => self.quiesce(host, container, hook).await,
            Action::Resume { host, container, hook } => self.resume(host, container, hook).await,
            Action::ProveData { host, container, hook, noted } => self.prove(host, container, hook, noted.as_ref()).await,
            Action::CreateContainer { host, container } => self.create_container(host, container).await,
            Action::RemoveContainer { host, container, owner, back } => {
                self.remove_container(host, container, owner.as_deref(), *back).await
            }
            Action::Await { host, container, probe } => self.wait_for(host, container, probe).await,
            Action::Call(call) => self.call(call).await,
            Action::Note => Ok(Performed::default()),
        }
    }

    /// Runs one script and gives its output, whatever its status.
    async fn ask(&self, host: &str, script: Script) -> Result<Output, Failure> {
        let outputs = self.world.run(host, &[script]).await?;
        outputs.into_iter().next().ok_or_else(|| no_answer(host))
    }

    /// Runs one script that must end with 0.
    async fn tell(&self, host: &str, script: Script) -> Result<Output, Failure> {
        let name = script.name;
        succeeded(host, name, self.ask(host, script).await?)
    }

    /// Runs one script that changes the host and must end with 0.
    async fn change(&self, host: &str, script: Script) -> Result<Output, Failure> {
        let name = script.name;
        succeeded(host, name, self.changed(host, script).await?)
    }

    /// The same, whatever its status.
    async fn changed(&self, host: &str, script: Script) -> Result<Output, Failure> {
        let Some(attempt) = self.done.attempt(&self.step.id).filter(|_| self.recorded) else {
            return self.ask(host, script).await;
        };
        // Two scripts of one step have two records, and the one that undoes a step has another than the step's own.
        let what = Digest::of(&(script.name, &script.words));
        let record = Recorded {
            key: format!("{}.{}.{}.{}", attempt.run, self.step.id, attempt.settled, what.short(RECORD_DIGITS)),
            run: attempt.run,
            epoch: attempt.epoch,
            repeatable: self.step.class != Class::Once,
        };
        let output = self.world.run_recorded(host, &record, &self.secret_lines(), &script).await?;
        match record::refusal(host, self.step, &record, &output) {
            Some(failure) => Err(failure),
            None => Ok(output),
        }
    }

    /// What no host may write down, a line each.
    fn secret_lines(&self) -> Rc<[String]> {
        self.done.secret_lines(&|| {
            let values = self.plan.secrets.iter().filter_map(|name| self.world.secret(name));
            values.flat_map(|value| forms(&value)).flat_map(|form| form.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
        })
    }

    fn report(&self, bytes: u64, total: Option<u64>, text: String) {
        (self.progress)(Progress { step: self.step.id.clone(), bytes, total, text });
    }

    /// Failures are journalled and shown, and a program may have printed what it was given.
    fn without_secrets(&self, failure: Failure) -> Failure {
        Failure { message: self.masked(failure.message), help: self.masked(failure.help), ..failure }
    }

    /// A text with each secret's name in the place of the secret.
    fn masked(&self, mut text: String) -> String {
        for name in &self.plan.secrets {
            for form in self.world.secret(name).iter().flat_map(|value| forms(value)) {
                text = text.replace(&form, &format!("(secret {name})"));
            }
        }
        text
    }
}

fn no_answer(host: &str) -> Failure {
    Failure::certain(format!("{host} gave no answer"), "run `migc apply` again")
}

/// The output, if its status is 0.
fn succeeded(host: &str, name: &str, output: Output) -> Result<Output, Failure> {
    if output.status == 0 { Ok(output) } else { Err(refused(host, name, &output)) }
}

/// Why a script ended with another status.
fn refused(host: &str, name: &str, output: &Output) -> Failure {
    let said = last_lines(&output.stderr);
    let message = if said.is_empty() { format!("{host}: {name} ended with status {}", output.status) } else { format!("{host}: {said}") };
    let help = match output.status {
        scripts::STATUS_NOT_OURS => "move it away or name another place; nothing that is not ours is written to or removed".to_owned(),
        scripts::STATUS_LOCKED => "wait until that has ended, then run `migc apply` again".to_owned(),
        status if status > SIGNAL_BASE => {
            format!(
                "{name} was ended by signal {} on {host}; see what its system log says, then run `migc apply` again",
                status - SIGNAL_BASE
            )
        }
        _ => format!("mend that on {host}, then run `migc apply` again"),
    };
    Failure::certain(message, help)
}

/// Of the digest in the name of a record.
const RECORD_DIGITS: usize = 12;
/// Exit statuses above it tell a signal.
const SIGNAL_BASE: i32 = 128;
/// So many lines of what a script said are part of a message.
const SAID_LINE_COUNT_MAX: usize = 3;

/// The last lines of a text as one line.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.get(lines.len().saturating_sub(SAID_LINE_COUNT_MAX)..).unwrap_or_default().join("; ")
}
