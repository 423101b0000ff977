//! How is a plan applied? Journal, preflight, steps in the order of their needs, going back where that is right, an end.
//!
//! Decides the order and what is written down; what a step does in the world is said in `actions`, and what is shown by the caller.

mod attend;
mod away;
mod back;
mod forward;
mod graph;
mod outcome;
mod reach;
mod run;
mod stop;
mod window;

pub(crate) use outcome::count;
pub use outcome::{ApplyResult, Exit};
pub use reach::{Undoable, undoable};
pub use stop::Stop;

use crate::{
    World,
    actions::may_cut,
    event::Event,
    journal::{Journal, JournalError, Known, last_done},
    preflight::{self, Found, Moment, Problem},
};
use futures_util::future::{Either, select};
use mig_plan::{Action, Plan, Record, RunEnd, Step, journal::Unfinished, plan::Address};
use run::{Memory, Run, may_ask_again};
use std::{pin::pin, sync::Arc};

/// What a host takes at once, by [`load_of`]. Six steps that may each need a session of their own: sshd allows ten on a connection, and
/// frees them late.
pub const HOST_LOAD_MAX: usize = 6 * STEP_LOAD;
const STEP_LOAD: usize = 8;
/// Scripts of kinds travel together.
const CALL_LOAD: usize = 1;
/// A step whose connection was lost is done again so many times, if its class allows it.
pub const RETRY_COUNT_MAX: u32 = 3;
/// The first wait before that; each further one is twice as long.
pub const RETRY_WAIT_MS: u64 = 2_000;

/// How much of a host a step takes.
fn load_of(step: &Step) -> usize {
    if may_cut(&step.action) {
        // Nothing else may be on its way to the host.
        return HOST_LOAD_MAX;
    }
    if matches!(step.action, Action::Call(_)) { CALL_LOAD } else { STEP_LOAD }
}

/// How a person wants it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Who acts: `user@machine`.
    pub by: String,
    /// Begin the cutover of a move outside its window.
    pub ignore_window: bool,
    /// Moves, or services of moves, whose writes since their point of no return may be dropped by [`undo`].
    pub discard_writes_on: Vec<Address>,
    /// Asked by the first Ctrl-C, and by the second.
    pub stop: Stop,
}

/// Applies a plan, or goes on with the run that is unfinished; then the stored plan counts, and `plan` is only compared with it.
pub async fn apply<W: World>(world: &W, plan: &Plan, options: &Options, emit: &dyn Fn(Event)) -> ApplyResult {
    let plan = Arc::new(plan.clone());
    apply_known(world, &plan, &Known::of(Arc::clone(&plan)), options, emit).await
}

/// The same, by who applies the plan more than once; `known` is of this plan.
pub(crate) async fn apply_known<W: World>(
    world: &W,
    plan: &Arc<Plan>,
    known: &Known,
    options: &Options,
    emit: &dyn Fn(Event),
) -> ApplyResult {
    if !known.problems().is_empty() {
        let help = "make the plan anew with `migc plan`";
        return ApplyResult::refused(plan, known.problems().iter().map(|p| Problem::new(p, help)).collect());
    }
    let journal = match Journal::open_known(world, known).await {
        Ok(journal) => journal,
        Err(error) => return ApplyResult::no_journal(plan, &error),
    };
    match journal.state().unfinished.clone() {
        Some(unfinished) => go_on(world, journal, &unfinished, Some(plan), Direction::Forward, options, emit).await,
        None => begin(world, journal, plan, options, emit).await,
    }
}

/// Goes on with the run that is unfinished; `None` if there is none.
pub async fn resume<W: World>(world: &W, options: &Options, emit: &dyn Fn(Event)) -> Result<Option<ApplyResult>, JournalError> {
    let journal = Journal::open(world).await?;
    let Some(unfinished) = journal.state().unfinished.clone() else { return Ok(None) };
    Ok(Some(go_on(world, journal, &unfinished, None, Direction::Forward, options, emit).await))
}

/// Goes back over the unfinished run as far as that is possible; without one, over the last run, if that was done and all of it can
/// be undone. `None` if there is no such run.
pub async fn undo<W: World>(world: &W, options: &Options, emit: &dyn Fn(Event)) -> Result<Option<ApplyResult>, JournalError> {
    let mut journal = Journal::open(world).await?;
    if let Some(unfinished) = journal.state().unfinished.clone() {
        return Ok(Some(go_on(world, journal, &unfinished, None, Direction::Back, options, emit).await));
    }
    let Some(done) = last_done(world).await? else { return Ok(None) };
    let mut stays = undoable(&done, &options.discard_writes_on).stays;
    stays.extend(reach::confirmed(&done, journal.state()));
    if !stays.is_empty() {
        return Ok(Some(ApplyResult::refused(&done.plan, stays)));
    }
    journal.reopen(&done, &options.by);
    Ok(Some(go_on(world, journal, &done, None, Direction::Back, options, emit).await))
}

/// Where an unfinished run is wanted to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Back,
}

/// Closes the unfinished run of that name as it is. Answers it, so that a person sees what is done and what is half-done; `None` if
/// no such run is unfinished.
pub async fn abandon<W: World>(world: &W, run: &str) -> Result<Option<Unfinished>, JournalError> {
    let mut journal = Journal::open(world).await?;
    let Some(unfinished) = journal.state().unfinished.clone().filter(|u| u.run == run) else { return Ok(None) };
    journal.push(Record::Ended { end: RunEnd::Abandoned });
    journal.flush().await?;
    Ok(Some(unfinished))
}

/// Why this plan may not begin on this state, if so.
fn stale(plan: &Plan, journal: &Journal<'_, impl World>) -> Option<Problem> {
    let state = journal.state();
    if !state.project.is_empty() && state.project != plan.project {
        let message =
            format!("the state belongs to the project `{}`, the plan to `{}`", state.project.escape_debug(), plan.project.escape_debug());
        return Some(Problem::new(message, "choose another state with `--state`"));
    }
    if (plan.serial, plan.head.as_str()) == (state.serial, state.head.as_str()) {
        return None;
    }
    let message = format!("the plan was made against entry {} of the journal, which is at entry {} now", plan.serial, state.serial);
    Some(Problem::new(message, "the plan was applied already, or another run changed the state; make a new one with `migc plan`"))
}

async fn begin<'w, W: World>(
    world: &'w W,
    mut journal: Journal<'w, W>,
    plan: &Arc<Plan>,
    options: &Options,
    emit: &dyn Fn(Event),
) -> ApplyResult {
    if plan.steps.is_empty() {
        return ApplyResult::nothing_to_do(plan);
    }
    let mut problems: Vec<Problem> = stale(plan, &journal).into_iter().collect();
    if !problems.is_empty() {
        return ApplyResult::refused(plan, problems);
    }
    problems.extend(window::over(world, plan, options));
    let Some(found) = look(world, plan, &plan.steps.iter().collect::<Vec<_>>(), Moment::Begin, options, emit).await else {
        return ApplyResult::interrupted(plan);
    };
    let memory = Memory::default();
    let away = match away::judge(plan, &memory, problems, found) {
        Ok(away) => away,
        Err(problems) => return ApplyResult::refused(plan, problems),
    };
    journal.begin_run(plan);
    journal.push(Record::Started { plan: Arc::clone(plan), by: options.by.clone() });
    if let Err(error) = journal.flush().await {
        return ApplyResult::no_journal(plan, &error);
    }
    emit(Event::Started { run: journal.run().to_owned(), steps: plan.steps.len() });
    let mut run = Run::new(world, plan, journal, &memory, options, emit);
    run.away = away;
    run.execute().await
}

/// What was found; `None` if a person does not wait for the answer, which changes nothing.
async fn look<W: World>(world: &W, plan: &Plan, steps: &[&Step], moment: Moment, options: &Options, emit: &dyn Fn(Event)) -> Option<Found> {
    let hosts: Vec<_> = preflight::hosts(plan, steps, moment).into_iter().cloned().collect();
    let requirements = if moment == Moment::Begin { plan.preconditions.len() } else { 0 };
    emit(Event::Preflight { hosts, requirements });
    let looking = pin!(preflight::preflight(world, plan, steps, moment));
    match select(pin!(options.stop.asked()), looking).await {
        Either::Left(_) => None,
        Either::Right((found, _)) => Some(found),
    }
}

async fn go_on<'w, W: World>(
    world: &'w W,
    mut journal: Journal<'w, W>,
    unfinished: &Unfinished,
    given: Option<&Arc<Plan>>,
    direction: Direction,
    options: &Options,
    emit: &dyn Fn(Event),
) -> ApplyResult {
    let plan = &*unfinished.plan;
    let same_plan = given.is_none_or(|given| Arc::ptr_eq(given, &unfinished.plan) || **given == *plan);
    emit(Event::Resumed {
        run: unfinished.run.clone(),
        by: unfinished.by.clone(),
        steps: plan.steps.len(),
        done: unfinished.done.len(),
        same_plan,
        undoing: unfinished.undoing,
    });
    let memory = Memory::new(unfinished.done.clone());
    let problems = unknown_once(unfinished);
    let mut found = Found::default();
    // Going back must not wait for a host that is gone: each undo tells its own failure, and the source is what counts.
    if problems.is_empty() && direction == Direction::Forward && !reach::is_going_back(unfinished) {
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| !unfinished.done.contains_key(&step.id)).collect();
        found = look(world, plan, &steps, Moment::Resume, options, emit).await.unwrap_or_default();
    }
    let away = match away::judge(plan, &memory, problems, found) {
        Ok(away) if !options.stop.is_asked() => away,
        Ok(_) => return ApplyResult::stopped(plan, unfinished, vec![], same_plan),
        Err(problems) => return ApplyResult::stopped(plan, unfinished, problems, same_plan),
    };
    journal.push(Record::Resumed { by: options.by.clone() });
    let mut run = Run::new(world, plan, journal, &memory, options, emit);
    run.restore(unfinished, same_plan);
    run.away = away;
    run.asked_back = direction == Direction::Back;
    run.execute().await
}

/// Steps that must not be done twice, of which only the intent is known and no host has a record: a person has to look.
fn unknown_once(unfinished: &Unfinished) -> Vec<Problem> {
    let unknown = unfinished.plan.steps.iter().filter(|step| unfinished.open.contains(&step.id) && !may_ask_again(step, &step.action));
    let tell = |step: &Step| {
        let help = format!("look at the host; then close this run with `migc apply --abandon {}` and make a new plan", unfinished.run);
        Problem::of_step(step, "it was begun, whether it happened is not known, and it must not be done twice", &help)
    };
    unknown.map(tell).collect()
}
