//! Where is the state, and what does it say? At the place that `--state`, `MIG_STATE` or the program's `project { state }` names, in
//! this order, else `.migc/state` below the project.
//!
//! Reads the journal through the runtime, which proves it whole; writes nothing.

use super::program;
use crate::{
    exit::{Failure, Status},
    project::{self, ENTRY, Project},
    visible,
};
use mig_plan::{Entry, Host, HostId, State};
use mig_runtime::{
    Output, Piped, Script, StoreError, World, WorldError,
    journal::{self, JournalError, LastRun},
    preflight::Problem,
    real::{Held, HoldError, Location, RealWorld, Secrets, Store},
};
use std::{collections::BTreeMap, ffi::OsString, path::Path, sync::OnceLock, time::Duration};
use tokio::runtime::Runtime;

/// Below the project's folder.
const FOLDER: &str = ".migc/state";

/// Which state.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Place {
    /// The folder of the state, or `s3://BUCKET/PATH`, `az://…`, `gs://…`; without it what `MIG_STATE` in the environment says, then `state` of the program's `project`, else `.migc/state` in the project's folder
    #[arg(long, value_name = "PLACE")]
    state: Option<OsString>,
}

impl Place {
    /// Its journal, where a program is given.
    pub(super) fn open(&self, program: &program::Program, project: &Project) -> Result<Store, Failure> {
        let location = match self.named()? {
            Some(location) => location,
            None => location(declared(project).as_deref().unwrap_or(FOLDER), project.root())?,
        };
        open(&of_env(location, program.env.as_deref()), Some((program, project)))
    }

    /// Its journal, where no project tells.
    pub(super) fn beside_plan(&self) -> Result<Store, Failure> {
        self.here(None, "a plan in a file does not say where the state is")
    }

    /// Its journal, where no program is named: that of the project one is in.
    pub(super) fn without_program(&self, env: Option<&str>) -> Result<Store, Failure> {
        self.here(env, "there is no project here whose state that could be")
    }

    fn here(&self, env: Option<&str>, missing: &str) -> Result<Store, Failure> {
        if let Some(project) = here() {
            return self.open(&program::Program::here(env), &project);
        }
        let help = "add `--state PLACE`, or go to the project's folder";
        let location = self.named()?.ok_or_else(|| Failure::usage(missing).help(help))?;
        open(&of_env(location, env), None)
    }

    /// What the command line or the environment names.
    #[allow(clippy::disallowed_methods)] // The environment may name the state.
    fn named(&self) -> Result<Option<Location>, Failure> {
        let of_environment = || std::env::var_os("MIG_STATE").filter(|v| !v.is_empty());
        let Some(text) = self.state.clone().or_else(of_environment) else { return Ok(None) };
        text.to_str().map_or_else(|| Ok(Location::Folder(Path::new(&text).to_owned())), |text| location(text, Path::new(""))).map(Some)
    }
}

fn here() -> Option<Project> {
    Project::open(Path::new(".")).ok().filter(|project| project.root().join(ENTRY).exists())
}

/// Of several environments each has a state of its own.
fn of_env(location: Location, env: Option<&str>) -> Location {
    if let Some(env) = env { location.below(env) } else { location }
}

fn declared(project: &Project) -> Option<String> {
    let options = project::options(&[], vec![]).ok()?;
    mig_core::load(project, project.entry(), &options).state()
}

fn location(text: &str, base: &Path) -> Result<Location, Failure> {
    Location::parse(text, base).map_err(|message| Failure::usage(message).help("correct `--state`, `MIG_STATE` or `project { state }`"))
}

/// Begins a journal at a place that a person names, a folder below `base` or a URL, which tries the place out. Its id.
pub(super) fn begin(place: &str, base: &Path) -> Result<String, Failure> {
    let store = open(&location(place, base)?, None)?;
    let begun = runtime()?.block_on(store.id());
    begun.map_err(|error| Failure::new(placed(&error.to_string(), &store)).help("nothing was written here; see docs/state.md"))
}

fn open(location: &Location, program: Option<(&program::Program, &Project)>) -> Result<Store, Failure> {
    let key = match location {
        Location::Folder(_) => None,
        Location::Url(_) => key(program)?,
    };
    Store::open(location, key.as_deref()).map_err(|error| Failure::new(error.to_string()).help("see docs/state.md; nothing was done"))
}

/// The key of a state that is no folder is a secret, of the environment or of the program's places, which are asked only where it is
/// not in the environment.
fn key(program: Option<(&program::Program, &Project)>) -> Result<Option<String>, Failure> {
    let of_environment = Secrets::default().get(Store::KEY_NAME);
    let (None, Some((program, project))) = (&of_environment, program) else { return Ok(of_environment) };
    let failed = |problem: &Problem| Failure::new(problem.message.clone()).help(problem.help.clone());
    let found = program.find_secrets(&[Store::KEY_NAME.to_owned()], project)?;
    let secrets = found.map_err(|problems| problems.first().map_or_else(|| Failure::new("no secrets could be read"), failed))?;
    Ok(secrets.get(Store::KEY_NAME))
}

/// The program, and where its state is: what the commands ask that only read it.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Kept {
    #[command(flatten)]
    program: program::Program,
    #[command(flatten)]
    state: Place,
}

impl Kept {
    /// What the state says.
    pub(super) fn read(&self) -> Result<State, Failure> {
        read(&self.open()?)
    }

    /// The same, and shows each entry of the journal with the state before it.
    pub(super) fn walk(&self, visit: impl FnMut(&Entry, &State)) -> Result<State, Failure> {
        walk(&self.open()?, visit)
    }

    /// Its journal.
    pub(super) fn open(&self) -> Result<Store, Failure> {
        self.state.open(&self.program, &self.program.open()?)
    }
}

/// Refuses where a run is unfinished, which counts before anything that would be planned or changed in the state.
pub(super) fn is_over(state: &State) -> Result<(), Failure> {
    let Some(unfinished) = &state.unfinished else { return Ok(()) };
    let (run, by) = (visible::line(&unfinished.run), visible::line(&unfinished.by));
    let help = format!(
        "`migc status` shows it; `migc apply` goes on with the plan it began with, `migc apply --abandon {run}` closes it as it is"
    );
    Err(Failure::new(format!("run {run} of {by} is unfinished, and nothing was done")).help(help))
}

/// What the journal says.
pub(super) fn read(store: &Store) -> Result<State, Failure> {
    runtime()?.block_on(journal::load(&Reader(store))).map_err(|error| failed(&error, store))
}

/// The last run, if it was done and no other came after it but such as went back over it and were undone.
pub(super) fn last_run(store: &Store) -> Result<Option<LastRun>, Failure> {
    runtime()?.block_on(journal::last_run(&Reader(store))).map_err(|error| failed(&error, store))
}

/// Proves every entry that is kept, and shows each with the state before it.
pub(super) fn walk(store: &Store, visit: impl FnMut(&Entry, &State)) -> Result<State, Failure> {
    runtime()?.block_on(journal::walk(&Reader(store), visit)).map_err(|error| failed(&error, store))
}

/// How many entries are there before that number?
pub(super) fn count_before(store: &Store, number: u64) -> Result<usize, Failure> {
    let numbers = runtime()?.block_on(store.numbers()).map_err(|error| failed(&error.into(), store))?;
    Ok(numbers.into_iter().take_while(|old| *old < number).count())
}

/// Removes them; answers how many there were.
pub(super) fn remove_before(store: &Store, number: u64) -> Result<usize, Failure> {
    runtime()?.block_on(store.remove_before(number)).map_err(|error| failed(&error.into(), store))
}

/// What is wrong with a journal.
pub(super) fn failed(error: &JournalError, store: &Store) -> Failure {
    Failure::new(placed(&error.to_string(), store)).help(error.help())
}

/// With the place of the state, unless that is said already.
fn placed(message: &str, store: &Store) -> String {
    let place = store.to_string();
    if message.contains(&place) { message.to_owned() } else { format!("{message} (in {place})") }
}

/// The right to write a state, until it is dropped.
pub(super) fn hold(store: &Store, by: &str) -> Result<Held, Failure> {
    runtime()?.block_on(store.hold(by)).map_err(|error| match error {
        HoldError::Held { .. } => Failure::new(error.to_string())
            .status(Status::Held)
            .help("wait until that run is over; `migc status` shows how far it is, and `migc apply` goes on if it died"),
        HoldError::Failed(_) => {
            Failure::new(placed(&error.to_string(), store)).help("see that it can be written there, or give another place with `--state`")
        }
    })
}

/// The world with a plan's hosts; those that it has asked already stay connected.
pub(super) fn to_act(world: RealWorld, hosts: &BTreeMap<HostId, Host>) -> Result<RealWorld, Failure> {
    runtime()?.block_on(world.to_act(hosts)).map_err(|error| cannot_ask(&error))
}

/// The same for one who only looks: nothing is written, not even a new folder.
pub(super) fn to_observe(world: RealWorld, hosts: &BTreeMap<HostId, Host>) -> Result<RealWorld, Failure> {
    runtime()?.block_on(world.to_observe(hosts)).map_err(|error| cannot_ask(&error))
}

fn cannot_ask(error: &std::io::Error) -> Failure {
    Failure::new(format!("the hosts cannot be asked: {error}")).help("nothing was done; mend that and try again")
}

/// Runs what waits for hosts and stores, on this thread. One for the whole process, because connections stay with theirs.
pub(super) fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let made = made.map_err(|error| Failure::new(format!("the system gave no timers or sockets: {error}")))?;
    Ok(RUNTIME.get_or_init(|| made))
}

/// A world that is only a journal, and one that is only read: nothing is created, not even its folder.
struct Reader<'s>(&'s Store);

const NO_HOSTS: &str = "only the journal is read here";

impl World for Reader<'_> {
    async fn run(&self, host: &str, _scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
        Err(WorldError::Unreachable { host: host.to_owned(), message: NO_HOSTS.to_owned(), help: String::new() })
    }

    async fn renew(&self, host: &str) -> Result<(), WorldError> {
        self.run(host, &[]).await.map(drop)
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
        self.0.numbers().await
    }

    async fn read_entry(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.read(number).await
    }

    async fn create_entry(&self, _number: u64, _bytes: &[u8]) -> Result<(), StoreError> {
        Err(StoreError::Failed(NO_HOSTS.to_owned()))
    }

    fn secret(&self, _name: &str) -> Option<String> {
        None
    }
}
