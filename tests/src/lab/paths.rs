//! Where is what the lab makes? Everything is below one folder, so that it can be found and removed.

use std::path::{Path, PathBuf};

/// Outside of the repository, because an engine's storage wants a plain filesystem and outlives `cargo clean`.
pub(crate) const ROOT: &str = "/var/lib/migc-lab";

/// A folder or file of the lab.
pub(crate) fn at(below: &str) -> PathBuf {
    Path::new(ROOT).join(below)
}

/// Keys, known hosts and what else one run makes; examples/lab-move names the key in it.
pub(crate) fn run() -> PathBuf {
    at("run")
}

/// The private key that logs in to the hosts.
pub(crate) fn key() -> PathBuf {
    run().join("id_ed25519")
}

/// What `migc` said, a file a call; kept after the run.
pub(crate) fn logs() -> PathBuf {
    at("logs")
}

/// A folder of a host as this machine sees it: `/data` of `old`.
pub(crate) fn of_host(host: &str, folder: &str) -> PathBuf {
    at("hosts").join(host).join(folder.trim_start_matches('/'))
}
