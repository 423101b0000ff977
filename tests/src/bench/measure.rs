//! What does one command cost: processor, wall clock, memory? From `/proc` of Linux; what the command says is not looked at.

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Odd, so that there is a median; many, because the processor's clock of `/proc` has steps of 10 ms and only sums of it are exact.
pub(super) const RUN_COUNT: usize = 11;
/// Memory is looked at in runs of its own, so that looking costs the other ones nothing.
const MEMORY_RUN_COUNT: usize = 3;
const MEMORY_POLL_PAUSE: Duration = Duration::from_millis(1);
/// `USER_HZ`, which is 100 on every architecture that this runs on.
const TICK_MS: f64 = 10.0;
/// Of `cutime`, counted after the name in parentheses; `cstime` is next.
const CHILDREN_TIME_FIELD: usize = 13;

/// What one command cost.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    /// User and system, mean of all runs.
    pub(super) cpu_ms: f64,
    /// Median.
    pub(super) wall_ms: f64,
    /// The highest that was seen.
    pub(super) peak_mib: f64,
}

/// Runs a command until its cost is known. The first run warms caches, and tells why if it fails.
pub(super) fn cost(command: &mut Command) -> Result<Cost, String> {
    let first = command.output().map_err(|e| e.to_string())?;
    if !first.status.success() {
        let (out, err) = (String::from_utf8_lossy(&first.stdout), String::from_utf8_lossy(&first.stderr));
        let reason = err.lines().chain(out.lines()).find(|line| !line.trim().is_empty()).unwrap_or("it says nothing").to_owned();
        return Err(format!("{}: {reason}", first.status));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let ticks_before = children_ticks()?;
    let mut walls_ms = vec![];
    for _ in 0..RUN_COUNT {
        let start = Instant::now();
        let status = command.status().map_err(|e| e.to_string())?;
        walls_ms.push(start.elapsed().as_secs_f64() * 1e3);
        if !status.success() {
            return Err(format!("{status}, after a run that went well"));
        }
    }
    let ticks = children_ticks()? - ticks_before;
    walls_ms.sort_by(f64::total_cmp);
    let mut peak_kib = 0;
    for _ in 0..MEMORY_RUN_COUNT {
        peak_kib = peak_kib.max(watch(&mut command.spawn().map_err(|e| e.to_string())?)?);
    }
    Ok(Cost { cpu_ms: ticks as f64 * TICK_MS / RUN_COUNT as f64, wall_ms: walls_ms[RUN_COUNT / 2], peak_mib: f64::from(peak_kib) / 1024.0 })
}

/// The highest memory that a process had when it was last looked at. It may miss the last millisecond.
fn watch(child: &mut Child) -> Result<u32, String> {
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        let status = fs::read_to_string(&status_file).unwrap_or_default();
        peak_kib = peak_kib.max(high_water_kib(&status).unwrap_or(0));
        if child.try_wait().map_err(|e| e.to_string())?.is_some() {
            return Ok(peak_kib);
        }
        thread::sleep(MEMORY_POLL_PAUSE);
    }
}

fn high_water_kib(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

/// Ticks of all children that we have waited for.
fn children_ticks() -> Result<u64, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|e| format!("/proc/self/stat: {e}"))?;
    waited_ticks(&stat).ok_or_else(|| "/proc/self/stat does not look like Linux's".to_owned())
}

fn waited_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let times: Vec<u64> = fields.split_whitespace().skip(CHILDREN_TIME_FIELD).take(2).filter_map(|f| f.parse().ok()).collect();
    (times.len() == 2).then(|| times.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::{high_water_kib, waited_ticks};

    #[test]
    fn times_of_children_are_read_after_the_name() {
        assert_eq!(waited_ticks("7 (a) b) S 1 7 7 0 -1 4194560 100 200 0 0 11 12 30 4 20 0 1 0 99"), Some(34));
        assert_eq!(waited_ticks("7 (a) S 1"), None);
    }

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(high_water_kib("Name:\tmigc\nVmPeak:\t9000 kB\nVmHWM:\t    2048 kB\n"), Some(2048));
        assert_eq!(high_water_kib("Name:\tmigc\nState:\tZ (zombie)\n"), None);
    }
}
