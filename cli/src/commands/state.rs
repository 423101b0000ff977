//! Where is the state, and what does it say? The folder that `--state` or `MIG_STATE` names, else the project's `.migc/state`.
//!
//! Reads the journal through the runtime, which proves it whole; writes nothing.

use crate::{
    exit::Failure,
    project::{ENTRY, Project},
};
use mig_plan::{Plan, State};
use std::path::{Path, PathBuf};

pub(super) type World = mig_runtime::local::LocalWorld;

/// Below the project's folder.
const FOLDER: &str = ".migc/state";

/// Which state.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Folder {
    /// The folder of the state [default: $MIG_STATE, else .migc/state in the project's folder]
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
        let here = || Project::open(Path::new(".")).ok().filter(|p| p.root().join(ENTRY).exists()).map(|p| self.folder(&p));
        self.named().or_else(here).ok_or_else(|| {
            Failure::usage("a plan in a file does not say where the state is").help("add `--state DIR`, or go to the project's folder")
        })
    }

    /// Its folder.
    pub(super) fn folder(&self, project: &Project) -> PathBuf {
        self.named().unwrap_or_else(|| project.root().join(FOLDER))
    }

    /// What it says; nothing, if nothing was applied yet.
    pub(super) fn read(&self, project: &Project) -> Result<State, Failure> {
        read(&self.folder(project))
    }
}

/// What the journal in that folder says.
pub(super) fn read(folder: &Path) -> Result<State, Failure> {
    let world = world(None, folder)?;
    runtime()?.block_on(mig_runtime::journal::load(&world)).map_err(|error| {
        Failure::new(format!("{error} (in {})", folder.display())).help(error.help())
    })
}

/// Hosts, clock and journal, as they are.
pub(super) fn world(_plan: Option<&Plan>, _folder: &Path) -> Result<World, Failure> {
    Ok(mig_runtime::local::LocalWorld::new(Path::new("/nonexistent")))
}

/// Runs what waits for hosts, on this thread.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let made = tokio::runtime::Builder::new_current_thread().enable_all().build();
    made.map_err(|error| Failure::new(format!("the system gave no timers or sockets: {error}")))
}

/// Who acts: `user@machine`.
#[allow(clippy::disallowed_methods)] // Names for people to read in the journal; nothing is decided by them.
pub(super) fn operator() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    let machine = machine.ok().map(|m| m.trim().to_owned()).filter(|m| !m.is_empty());
    format!("{}@{}", user.as_deref().unwrap_or("unknown"), machine.as_deref().unwrap_or("unknown"))
}
