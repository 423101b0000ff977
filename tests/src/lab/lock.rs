//! Is another run of the lab under way on this machine? There is one set of hosts, so there is one run.

use super::paths;
use std::{
    fs::{self, File},
    io::Write,
};

/// Held while the lab runs or is cleaned up; the kernel gives it back whatever happens to us.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Lock {
    /// Waits for its turn.
    pub(crate) fn wait() -> Result<Self, String> {
        let path = paths::at("lock");
        let told = |e: std::io::Error| format!("{}: {e}", path.display());
        fs::create_dir_all(paths::ROOT).map_err(told)?;
        let file = File::create(&path).map_err(told)?;
        if file.try_lock().is_err() {
            // Not `println!`: the guardian waits here too, and its terminal may be gone.
            let _ = writeln!(std::io::stderr(), "another run of the lab is under way or is being cleaned up; waiting for it");
            file.lock().map_err(told)?;
        }
        Ok(Self(file))
    }
}
