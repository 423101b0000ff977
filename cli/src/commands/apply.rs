//! `migc apply`: show the plan, ask, and do it; or go on with the run that is unfinished.
//!
//! What is done, in which order, and what is written down is the executor's. Here is what a person sees and types.

mod signals;
pub(super) mod told;

use super::{observing::Observing, planfile, printer::Printer, program, store};
use crate::{
    exit::{Failure, Outcome, Status},
    render::{self, count},
    terminal::Terminal,
    visible,
};
use mig_plan::{Plan, State, journal::Unfinished};
use mig_runtime::{
    event::Event,
    executor::{self, ApplyResult, Options, Stop},
    real::{self, RealWorld, Secrets, Store},
};
use signals::Signals;
use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

/// Do what the plan says, after showing it and asking; or go on with the run that is unfinished
///
/// PATH is a program or a plan that `migc plan --out` wrote. The first Ctrl-C lets running steps end and begins no other;
/// a second one leaves at once, and the journal notes what ran. Either way the next `migc apply` goes on. A termination and a
/// terminal that goes away are the same as Ctrl-C.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    #[command(flatten)]
    state: store::Place,
    #[command(flatten)]
    observing: Observing,
    /// The digest of the plan that was reviewed, where PATH is a plan
    #[arg(long, value_name = "sha256:…")]
    digest: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print an event a line; see docs/json.md
    #[arg(long)]
    json: bool,
    /// Begin cutovers outside of their moves' windows too
    #[arg(long)]
    ignore_window: bool,
    /// Close the unfinished run of this name as it is, and say what is half-done; no host is asked
    #[arg(long, value_name = "RUN")]
    abandon: Option<String>,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let file = args.program.plan_file();
    terminal.error(&format!("reading {}\n", visible::line(&args.program.path.display().to_string())));
    if args.digest.is_some() && file.is_none() {
        return Err(Failure::usage("`--digest` belongs to a plan in a file").help("give the file that `migc plan --out` wrote"));
    }
    if file.is_some() && args.observing.is_for_some() {
        let message = "a plan in a file is for what it was made for, and `--target` belongs to a program";
        return Err(Failure::usage(message).help("make the plan with `migc plan --target ADDRESS --out FILE`"));
    }
    let journal = match file {
        Some(_) => args.state.beside_plan()?,
        None => args.state.open(&args.program, &args.program.open()?)?,
    };
    let state = store::read(&journal)?;
    if let Some(run) = &args.abandon {
        return abandon(args, run, &state, &journal, terminal);
    }
    match &state.unfinished {
        Some(unfinished) if args.observing.is_for_some() => Err(Failure::usage(format!(
            "run {} of {} is unfinished, and goes on as a whole: `--target` belongs to a new plan",
            visible::line(&unfinished.run),
            visible::line(&unfinished.by)
        ))
        .help("leave `--target` away; `migc status` shows the run")),
        Some(unfinished) => go_on(args, file, unfinished, &journal, terminal),
        None => begin(args, file, &state, &journal, terminal),
    }
}

fn begin(args: &Args, file: Option<&Path>, state: &State, journal: &Store, terminal: &mut Terminal) -> Outcome {
    let (plan, world) = match file {
        Some(file) => (planfile::read(file, args.digest.as_deref())?, RealWorld::of(journal.clone())),
        None => match make(args, state, journal, terminal)? {
            Ok(made) => made,
            Err(status) => return Ok(status),
        },
    };
    if plan.steps.is_empty() {
        let text = format!("nothing to do: {} is as the program says, and nothing was changed", visible::line(&plan.project));
        told::nothing(&plan, &text, args.json, terminal);
        return Ok(Status::Done);
    }
    if !args.json {
        terminal.print(&render::plan::plan(&plan, terminal.look()));
    }
    agree(args.yes, &format!("apply these {}", count(plan.steps.len(), "step")), terminal)?;
    act(&args.options(), args.json, &args.program, &plan, Way::Begin, world, terminal)
}

/// The program's plan and the world that was asked for it, or the status of a program that has none.
fn make(args: &Args, state: &State, journal: &Store, terminal: &mut Terminal) -> Result<Result<(Plan, RealWorld), Status>, Failure> {
    let project = args.program.open()?;
    let loaded = args.program.load(&project)?;
    let compilation = loaded.compile();
    if compilation.report.has_errors() {
        return Ok(Err(args.program.refuse(&compilation.report, &loaded, args.json, terminal)));
    }
    args.program.warn(&compilation.report, &loaded, terminal);
    args.program.warn(&compilation.remarks(state), &loaded, terminal);
    let asked = args.observing.ask(&args.program, &compilation, state, journal, terminal)?;
    Ok(match compilation.plan_on(state, &asked.terms) {
        Ok(plan) => Ok((plan, asked.world)),
        Err(report) => Err(args.program.refuse(&report, &loaded, args.json, terminal)),
    })
}

/// An unfinished run counts, whatever the program says by now.
fn go_on(args: &Args, file: Option<&Path>, unfinished: &Unfinished, journal: &Store, terminal: &mut Terminal) -> Outcome {
    let (run, by) = (visible::line(&unfinished.run), visible::line(&unfinished.by));
    if let Some(file) = file {
        let given = planfile::read(file, args.digest.as_deref())?;
        if given.digest() != unfinished.plan.digest() {
            return Err(Failure::new(format!("run {run} of {by} is unfinished, and `{}` is another plan", file.display()))
                .help(format!("`migc apply` without a file goes on with that run; `migc apply --abandon {run}` closes it as it is")));
        }
    }
    if !args.json {
        terminal.print(&render::plan::plan(&unfinished.plan, terminal.look()));
        terminal.print(&render::status::unfinished(unfinished));
    }
    let way = if unfinished.undoing { "go on going back in" } else { "go on with" };
    agree(args.yes, &format!("{way} run {run}"), terminal)?;
    act(&args.options(), args.json, &args.program, &unfinished.plan, Way::GoOn, RealWorld::of(journal.clone()), terminal)
}

/// Asks, unless a person has agreed already.
pub(super) fn agree(yes: bool, what: &str, terminal: &mut Terminal) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !terminal.is_interactive() {
        return Err(Failure::usage("there is no terminal to ask on, and nothing was done")
            .help("add `--yes` to go without a question; `migc plan` shows the plan"));
    }
    match terminal.ask(&format!("\nType `yes` to {what}: ")).as_deref() {
        Some("yes") => Ok(()),
        _ => Err(Failure::new("declined; nothing was done")),
    }
}

impl Args {
    fn options(&self) -> Options {
        Options { ignore_window: self.ignore_window, ..Options::default() }
    }
}

/// Is a run begun, the unfinished one gone on with, or one undone?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Begin,
    GoOn,
    Undo,
}

async fn perform(world: &RealWorld, plan: &Plan, way: Way, options: &Options, emit: &dyn Fn(Event)) -> ApplyResult {
    let taken_up = match way {
        Way::Begin => Ok(None),
        Way::GoOn => executor::resume(world, options, emit).await,
        Way::Undo => executor::undo(world, options, emit).await,
    };
    match taken_up {
        Ok(Some(result)) => result,
        // Somebody else has finished it since it was shown; the executor says so of its own plan.
        Ok(None) => executor::apply(world, plan, options, emit).await,
        Err(error) => told::journal(plan, &error),
    }
}

/// Does it, with the state held, and tells how it goes and ends.
pub(super) fn act(
    options: &Options,
    json: bool,
    program: &program::Program,
    plan: &Plan,
    way: Way,
    world: RealWorld,
    terminal: &mut Terminal,
) -> Outcome {
    let secrets = match program.secrets(plan)? {
        Ok(secrets) => secrets,
        // Going back mostly stops and starts; a step that lacks its secret says so.
        Err(problems) if way == Way::Undo => {
            terminal.error(&told::problems(&problems));
            Secrets::default()
        }
        Err(problems) => return Ok(told::result(&told::refused(plan, problems), &[], json, terminal)),
    };
    let by = real::operator();
    let _held = store::hold(world.store(), &by)?;
    let world = store::to_act(world, &plan.hosts)?.with_secrets(secrets);
    let stop = Stop::default();
    let options = Options { by, stop: stop.clone(), ..options.clone() };
    let printer = Printer::new(plan, json, terminal);
    let started = AtomicBool::new(false);
    let emit = |event: Event| {
        started.fetch_or(matches!(event, Event::Started { .. } | Event::Resumed { .. }), Ordering::Relaxed);
        printer.tell(&event);
    };
    let say = |text: &str| printer.say(text);
    let result = store::runtime()?.block_on(async {
        // Before anything is told, so that whoever reads that it has begun may stop it.
        let signals = Signals::catch();
        tokio::select! {
            result = perform(&world, plan, way, &options, &emit) => Some(result),
            () = signals::watch(signals, &stop, &say) => None,
        }
    });
    let measured = printer.measured();
    drop(printer);
    Ok(match result {
        Some(result) => match told::result(&result, &measured, json, terminal) {
            // That is what was wanted.
            Status::Undone if way == Way::Undo => Status::Done,
            status => status,
        },
        None if started.load(Ordering::Relaxed) => {
            terminal.error("left at once; what was done is in the journal, and `migc apply` goes on\n");
            Status::Partial
        }
        None => Status::Interrupted,
    })
}

fn abandon(args: &Args, run: &str, state: &State, journal: &Store, terminal: &mut Terminal) -> Outcome {
    let Some(unfinished) = state.unfinished.as_ref().filter(|u| u.run == run) else {
        return Err(Failure::new(format!("no run `{run}` is unfinished")).help("`migc status` names the one that is"));
    };
    terminal.print(&render::status::unfinished(unfinished));
    agree(args.yes, &format!("close run {} as it is", visible::line(run)), terminal)?;
    let _held = store::hold(journal, &real::operator())?;
    let world = RealWorld::of(journal.clone());
    match store::runtime()?.block_on(executor::abandon(&world, run)) {
        Ok(Some(_)) => {
            terminal.print("closed; what is half-done is listed above, and `migc plan` plans from what is done\n");
            Ok(Status::Done)
        }
        Ok(None) => Err(Failure::new(format!("run `{run}` was finished by somebody else meanwhile"))),
        Err(error) => Err(Failure::new(error.to_string()).help(error.help())),
    }
}
