//! Who cleans up when the lab is killed? A second process of this program that waits for the first one to be gone.
//!
//! It holds the reading end of a pipe, so it learns of Ctrl-C, `kill -9` and a crash alike, without a signal handler.

use super::{cleanup, lock::Lock};
use std::{
    io::{Read, Write},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitCode, Stdio},
};

/// The word that makes this program the guardian.
pub(crate) const ARGUMENT: &str = "--guardian";
const DISMISSED: &[u8] = b"done";

/// The one that waits.
#[derive(Debug)]
pub(crate) struct Guardian(Child);

impl Guardian {
    /// Starts it.
    pub(crate) fn start() -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|e| format!("where this program is: {e}"))?;
        let mut command = Command::new(own);
        // In a group of its own: Ctrl-C on the terminal ends us, and not the guardian.
        command.arg(ARGUMENT).stdin(Stdio::piped()).process_group(0);
        command.spawn().map(Self).map_err(|e| format!("the guardian: {e}"))
    }

    /// Everything was cleaned up already.
    pub(crate) fn dismiss(mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            // If it is gone, there is nobody to dismiss.
            let _ = pipe.write_all(DISMISSED);
        }
        let _ = self.0.wait();
    }
}

/// What the guardian does.
pub(crate) fn watch() -> ExitCode {
    let mut heard = vec![];
    let _ = std::io::stdin().read_to_end(&mut heard);
    if heard == DISMISSED {
        return ExitCode::SUCCESS;
    }
    // Nobody may read what we say any more, and that must not keep us from cleaning.
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "lab: interrupted; removing what it started");
    let _lock = Lock::wait();
    match cleanup::leftovers() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(stderr, "lab: {message}");
            ExitCode::FAILURE
        }
    }
}
