//! Which processes did the lab start, and how do they end? By their id, after a look that it is still theirs.

use super::paths;
use crate::run::succeeds;
use std::{
    fs,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

/// In the environment of every `migc` the lab starts, and so of the ssh processes below it.
pub(crate) const MARK: &str = "MIG_LAB_CHILD";
const POLL: Duration = Duration::from_millis(50);
const GRACE: Duration = Duration::from_secs(3);

/// The words of a process, joined; empty if there is none.
pub(crate) fn command_line(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// Asks a process to end, then makes it.
pub(crate) fn end(pid: u32, limit: Duration) {
    signal(pid, "TERM");
    let start = Instant::now();
    while is_alive(pid) && start.elapsed() < limit {
        sleep(POLL);
    }
    if is_alive(pid) {
        signal(pid, "KILL");
    }
}

/// Sends a signal.
pub(crate) fn signal(pid: u32, name: &str) {
    succeeds(Command::new("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid.to_string()]));
}

/// Ends what an earlier `migc` left behind, such as the master of an ssh connection.
pub(crate) fn end_marked() {
    let mark = format!("{MARK}={}", paths::ROOT);
    for pid in all() {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if environment.split(|b| *b == 0).any(|entry| entry == mark.as_bytes()) {
            end(pid, GRACE);
        }
    }
}

/// A zombie only waits to be noticed by its parent.
fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect()
}
