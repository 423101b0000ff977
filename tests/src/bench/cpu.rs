//! How much processor time do all processes take, hosts and those that outlive their parents included? A control group counts it, where
//! one can be made.

use std::{fs, path::PathBuf, process, time::Duration};

/// Where groups are, and the file and unit in which one of them counts: the second version of them, and the first.
const PLACES: [(&str, &str, &str, u64); 2] =
    [("/sys/fs/cgroup", "cpu.stat", "usage_usec ", 1_000), ("/sys/fs/cgroup/cpuacct", "cpuacct.usage", "", 1)];

/// This process and all that it starts from now on.
pub(super) struct Group {
    folder: PathBuf,
    parent: PathBuf,
    file: &'static str,
    prefix: &'static str,
    nanoseconds: u64,
}

impl Group {
    /// Begins to count; `None` if this machine does not let us.
    pub(super) fn begin() -> Option<Self> {
        PLACES.iter().find_map(|&(parent, file, prefix, nanoseconds)| {
            let parent = PathBuf::from(parent);
            let folder = parent.join(format!("migc-bench-{}", process::id()));
            fs::create_dir(&folder).ok()?;
            let group = Self { folder, parent, file, prefix, nanoseconds };
            // What does not count is taken away again.
            group.used()?;
            fs::write(group.folder.join("cgroup.procs"), process::id().to_string()).ok()?;
            Some(group)
        })
    }

    /// So far.
    pub(super) fn used(&self) -> Option<Duration> {
        let text = fs::read_to_string(self.folder.join(self.file)).ok()?;
        let count: u64 = text.lines().find_map(|line| line.strip_prefix(self.prefix))?.trim().parse().ok()?;
        Some(Duration::from_nanos(count * self.nanoseconds))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // A process that is still in it keeps it.
        let _ = fs::write(self.parent.join("cgroup.procs"), process::id().to_string());
        let _ = fs::remove_dir(&self.folder);
    }
}
