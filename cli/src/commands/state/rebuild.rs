//! `migc state rebuild`: how is a state that was lost made anew? Hosts tell under which id they know it, and what is there.
//!
//! Changes nothing on a host. Nothing is guessed: which moves are done a person says, and a host that does not answer ends it.

use super::super::{
    apply::agree,
    observing,
    program::Program,
    store::{self, Place},
};
use crate::{
    exit::{Failure, Outcome, Status},
    render::count,
    terminal::Terminal,
    visible,
};
use mig_core::{Rebuilt, Refused};
use mig_plan::{HostId, State};
use mig_runtime::{
    journal::Journal,
    real::{self, RealWorld},
    states::{self, Known},
};
use std::{collections::BTreeMap, fmt::Write as _};

#[derive(Debug, clap::Args)]
pub(super) struct Rebuild {
    #[command(flatten)]
    program: Program,
    #[command(flatten)]
    state: Place,
    /// The id of the lost state, where hosts keep records of more than one
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// A move that came to its end before the state was lost; can be given more than once
    #[arg(long, value_name = "MOVE")]
    done: Vec<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Rebuild {
    pub(super) fn run(&self, terminal: &mut Terminal) -> Outcome {
        let project = self.program.open()?;
        let loaded = self.program.load(&project)?;
        let compilation = loaded.compile();
        if compilation.report.has_errors() {
            return Ok(self.program.refuse(&compilation.report, &loaded, false, terminal));
        }
        let journal = self.state.open(&self.program, &project)?;
        let serial = store::read(&journal)?.serial;
        if serial > 0 {
            let help = "`migc state verify` proves it whole; only a state without entries is made anew";
            return Err(Failure::new(format!("there is a state in {journal}, of {}", count(serial as usize, "entry"))).help(help));
        }
        let reads = compilation.rebuild_reads();
        if reads.list.is_empty() {
            let help = "files, folders, packages, commands, containers and kinds with `read` over `ssh` are";
            return Err(Failure::new("the program declares nothing that migc looks at on a host").help(help));
        }
        terminal.error(&format!("asking {}\n", count(reads.hosts.len(), "host")));
        let world = observing::world(&self.program, &compilation, &reads, &journal)?;
        let (id, epoch) = self.choose(&states(&world, reads.hosts.keys())?)?;
        let observed = observing::ask(&world, &reads)?;
        let rebuilt = match compilation.rebuild(&observed, &self.done) {
            Ok(rebuilt) => rebuilt,
            Err(Refused::Said(message, help)) => return Err(Failure::new(message).help(help)),
            Err(Refused::Report(report)) => return Ok(self.program.refuse(&report, &loaded, false, terminal)),
        };
        if let Some((address, why)) = rebuilt.untaken.first_key_value() {
            let message = format!("`{}` was not observed: {}", visible::line(address), visible::line(why));
            let help = "mend that first: a state that does not know it would create it, or leave it behind";
            return Err(Failure::new(message).help(help));
        }
        terminal.print(&told(&rebuilt, &id, epoch));
        agree(self.yes, "write that as the state", terminal)?;
        let state = State { project: rebuilt.project, resources: rebuilt.resources, epoch, ..State::default() };
        write(&journal, &id, state)?;
        terminal.print("written; `migc plan` shows what is still to do\n");
        Ok(Status::Done)
    }

    /// The id, and the number of the last run that acted anywhere.
    fn choose(&self, known: &BTreeMap<String, Known>) -> Result<(String, u64), Failure> {
        let listed = || {
            let line = |(id, known): (&String, &Known)| format!("{id} on {}", known.hosts.join(", "));
            known.iter().map(line).collect::<Vec<_>>().join("; ")
        };
        let found = match &self.id {
            Some(id) => known.get_key_value(id),
            None if known.len() == 1 => known.first_key_value(),
            None if known.is_empty() => {
                return Err(Failure::new("no host knows of a state").help("nothing was applied there: begin with `migc apply`"));
            }
            None => {
                let message = format!("hosts keep records of {}: {}", count(known.len(), "state"), listed());
                return Err(Failure::usage(message).help("say which it was: `--id ID`"));
            }
        };
        let Some((id, known)) = found else {
            let message = format!("no host keeps records of the state `{}`", visible::line(self.id.as_deref().unwrap_or_default()));
            return Err(Failure::usage(message).help(format!("they know {}", listed())));
        };
        Ok((id.clone(), known.epoch))
    }
}

/// What hosts keep records of.
fn states<'h>(world: &RealWorld, hosts: impl Iterator<Item = &'h HostId>) -> Result<BTreeMap<String, Known>, Failure> {
    store::runtime()?.block_on(states::known(world, hosts)).map_err(|errors| {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::new(texts.join("; ")).help("every host must tell what it knows; see that it is up, and try again")
    })
}

/// What was found, for people.
fn told(rebuilt: &Rebuilt, id: &str, epoch: u64) -> String {
    let mut out = format!("the state {id}, whose last run was number {epoch}\n");
    for address in rebuilt.resources.keys() {
        let differs = rebuilt.differing.get(address).map_or("", |_| ", otherwise than declared");
        let _ = writeln!(out, "  {} is there{differs}", visible::line(address));
    }
    for address in &rebuilt.absent {
        let _ = writeln!(out, "  {} is not there", visible::line(address));
    }
    out.push_str("what was applied and is not declared any more is not known; nothing on a host is changed\n");
    out
}

fn write(journal: &real::Store, id: &str, state: State) -> Result<(), Failure> {
    let _held = store::hold(journal, &real::operator())?;
    let runtime = store::runtime()?;
    let begun = runtime.block_on(journal.begin(id)).map_err(|error| store::failed(&error.into(), journal))?;
    if begun != id {
        let message = format!("{journal} has the id {begun} already");
        return Err(Failure::new(message).help("give another place with `--state`, or remove what is there if nothing of it is needed"));
    }
    let world = RealWorld::of(journal.clone());
    let written = async {
        let mut journal = Journal::open(&world).await?;
        if journal.state().serial == 0 {
            journal.rebuild(state);
        }
        journal.flush().await
    };
    runtime.block_on(written).map_err(|error| store::failed(&error, journal))
}
