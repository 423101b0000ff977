//! Where is the state, and what does it say? The folder that `--state`, `MIG_STATE` or the program's `project { state }` names, in
//! this order, else `.migc/state` below the project.
//!
//! Reads the journal through the runtime, which proves it whole; writes nothing.

use super::program;
use crate::{
    exit::{Failure, Status},
    project::{self, ENTRY, Project},
};
use mig_plan::{Entry, Host, HostId, State, journal::Unfinished};
use mig_runtime::{
    Output, Piped, Script, StoreError, World, WorldError,
    journal::{self, JournalError},
    real::{Held, HoldError, RealWorld, Store},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// Below the project's folder.
const FOLDER: &str = ".migc/state";

/// Which state.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Folder {
    /// The folder of the state; without it that of `MIG_STATE` in the environment, then `state` of the program's `project`, else `.migc/state` in the project's folder
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl Folder {
    /// Its folder, if it was named.
    #[allow(clippy::disallowed_methods)] // The environment may name the state.
    pub(super) fn named(&self) -> Option<PathBuf> {
        let of_environment = || std::env::var_os("MIG_STATE").filter(|v| !v.is_empty()).map(PathBuf::from);
        self.state.clone().or_else(of_environment)
    }

    /// Its folder, where no project tells.
    pub(super) fn beside_plan(&self) -> Result<PathBuf, Failure> {
        self.named().or_else(|| self.of_project(None)).ok_or_else(|| no_place("a plan in a file does not say where the state is"))
    }

    /// Its folder, where no program is named: that of the project one is in.
    pub(super) fn here(&self, env: Option<&str>) -> Result<PathBuf, Failure> {
        let named = || self.named().map(|folder| env.map_or(folder.clone(), |env| folder.join(env)));
        self.of_project(env).or_else(named).ok_or_else(|| no_place("there is no project here whose state that could be"))
    }

    fn of_project(&self, env: Option<&str>) -> Option<PathBuf> {
        Project::open(Path::new(".")).ok().filter(|p| p.root().join(ENTRY).exists()).map(|p| self.folder(&p, env))
    }

    /// Its folder.
    pub(super) fn folder(&self, project: &Project, env: Option<&str>) -> PathBuf {
        let declared = || project::options(&[], vec![]).ok().and_then(|options| mig_core::load(project, project.entry(), &options).state());
        let folder = self.named().unwrap_or_else(|| project.root().join(declared().as_deref().unwrap_or(FOLDER)));
        env.map_or(folder.clone(), |env| folder.join(env))
    }
}

fn no_place(message: &str) -> Failure {
    Failure::usage(message).help("add `--state DIR`, or go to the project's folder")
}

/// The program, and where its state is: what the commands ask that only read it.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Place {
    #[command(flatten)]
    program: program::Program,
    #[command(flatten)]
    state: Folder,
}

impl Place {
    /// What the state says.
    pub(super) fn read(&self) -> Result<State, Failure> {
        read(&self.folder()?)
    }

    /// The same, and shows each entry of the journal with the state before it.
    pub(super) fn walk(&self, visit: impl FnMut(&Entry, &State)) -> Result<State, Failure> {
        walk(&self.folder()?, visit)
    }

    /// Its folder.
    pub(super) fn folder(&self) -> Result<PathBuf, Failure> {
        Ok(self.state.folder(&self.program.open()?, self.program.env.as_deref()))
    }
}

/// Refuses where a run is unfinished, which counts before anything that would be planned.
pub(super) fn is_over(state: &State) -> Result<(), Failure> {
    let Some(unfinished) = &state.unfinished else { return Ok(()) };
    let help = format!(
        "`migc status` shows it; `migc apply` goes on with the plan it began with, `migc apply --abandon {}` closes it as it is",
        unfinished.run
    );
    Err(Failure::new(format!("run {} of {} is unfinished", unfinished.run, unfinished.by)).help(help))
}

/// What the journal in that folder says.
pub(super) fn read(folder: &Path) -> Result<State, Failure> {
    let reader = Reader(Store::new(folder));
    runtime()?.block_on(journal::load(&reader)).map_err(|error| failed(&error, folder))
}

/// The last run, if it was done and no other came after it.
pub(super) fn last_done(folder: &Path) -> Result<Option<Unfinished>, Failure> {
    let reader = Reader(Store::new(folder));
    runtime()?.block_on(journal::last_done(&reader)).map_err(|error| failed(&error, folder))
}

/// Proves every entry that is kept, and shows each with the state before it.
pub(super) fn walk(folder: &Path, visit: impl FnMut(&Entry, &State)) -> Result<State, Failure> {
    let reader = Reader(Store::new(folder));
    runtime()?.block_on(journal::walk(&reader, visit)).map_err(|error| failed(&error, folder))
}

/// How many entries are there before that number?
pub(super) fn count_before(folder: &Path, number: u64) -> Result<usize, Failure> {
    let numbers = Store::new(folder).numbers().map_err(|error| failed(&error.into(), folder))?;
    Ok(numbers.into_iter().take_while(|old| *old < number).count())
}

/// Removes them; answers how many there were.
pub(super) fn remove_before(folder: &Path, number: u64) -> Result<usize, Failure> {
    Store::new(folder).remove_before(number).map_err(|error| failed(&error.into(), folder))
}

/// What is wrong with the journal in that folder.
pub(super) fn failed(error: &JournalError, folder: &Path) -> Failure {
    Failure::new(format!("{error} (in {})", folder.display())).help(error.help())
}

/// The right to write the state in that folder, until it is dropped.
pub(super) fn hold(folder: &Path, by: &str) -> Result<Held, Failure> {
    Store::new(folder).hold(by).map_err(|error| match error {
        HoldError::Held { .. } => Failure::new(error.to_string())
            .status(Status::Held)
            .help("wait until that run is over; `migc status` shows how far it is, and `migc apply` goes on if it died"),
        HoldError::Failed(_) => Failure::new(format!("{error} (in {})", folder.display()))
            .help("see that the folder can be written, or give another with `--state`"),
    })
}

/// Hosts, clock and journal, as they are.
pub(super) fn world(hosts: &BTreeMap<HostId, Host>, folder: &Path) -> Result<RealWorld, Failure> {
    RealWorld::new(hosts, Store::new(folder)).map_err(|error| cannot_ask(&error))
}

/// The same for one who only looks: nothing is written, not even a new folder.
pub(super) fn world_to_observe(hosts: &BTreeMap<HostId, Host>, folder: &Path) -> Result<RealWorld, Failure> {
    RealWorld::to_observe(hosts, Store::new(folder)).map_err(|error| cannot_ask(&error))
}

fn cannot_ask(error: &std::io::Error) -> Failure {
    Failure::new(format!("the hosts cannot be asked: {error}")).help("nothing was done; mend that and try again")
}

/// Runs what waits for hosts, on this thread.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let made = tokio::runtime::Builder::new_current_thread().enable_all().build();
    made.map_err(|error| Failure::new(format!("the system gave no timers or sockets: {error}")))
}

/// A world that is only a journal, and one that is only read: nothing is created, not even its folder.
struct Reader(Store);

const NO_HOSTS: &str = "only the journal is read here";

impl World for Reader {
    async fn run(&self, host: &str, _scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
        Err(WorldError::Unreachable { host: host.to_owned(), message: NO_HOSTS.to_owned(), help: String::new() })
    }

    async fn pipe(&self, from: (&str, &Script), _to: (&str, &Script), _progress: &dyn Fn(u64)) -> Result<Piped, WorldError> {
        Err(WorldError::Unreachable { host: from.0.to_owned(), message: NO_HOSTS.to_owned(), help: String::new() })
    }

    fn now_ms(&self) -> u64 {
        0
    }

    fn elapsed_ms(&self) -> u64 {
        0
    }

    async fn sleep(&self, _time: Duration) {}

    async fn entry_numbers(&self) -> Result<Vec<u64>, StoreError> {
        self.0.numbers()
    }

    async fn read_entry(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.read(number)
    }

    async fn create_entry(&self, _number: u64, _bytes: &[u8]) -> Result<(), StoreError> {
        Err(StoreError::Failed(NO_HOSTS.to_owned()))
    }

    fn secret(&self, _name: &str) -> Option<String> {
        None
    }
}
