//! How does everything the lab started go away? Also what a run left that was killed.
//!
//! Images and logs stay, on purpose; `--clean` removes them as well.

use super::{engine, paths, process};
use crate::run::{limited, succeeds};
use std::{
    fs,
    path::{Path, PathBuf},
};

const CGROUPS: &str = "/sys/fs/cgroup";
/// Hosts name the cgroups of their inner containers so.
const CGROUP_PREFIX: &str = "migc-lab-";
/// Version 2 has them at the top, version 1 below each controller.
const CGROUP_LEVELS: u32 = 2;

/// Everything that runs or is mounted, and the files of one run.
pub(crate) fn all() -> Result<(), String> {
    process::end_marked();
    let emptied = if engine::answers() { engine::empty() } else { Ok(()) };
    engine::stop();
    unmount_all();
    cgroups(Path::new(CGROUPS), CGROUP_LEVELS);
    for folder in ["run", "hosts", "work", "engine/exec"] {
        remove(&paths::at(folder))?;
    }
    emptied
}

/// What a killed run left behind: its containers are known to the engine only, so that is started for it.
pub(crate) fn leftovers() -> Result<(), String> {
    if paths::at("engine/data").exists() {
        engine::start()?;
    }
    all()
}

/// Also what is kept between runs.
pub(crate) fn everything() -> Result<(), String> {
    leftovers()?;
    remove(Path::new(paths::ROOT))
}

fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", folder.display())),
        _ => Ok(()),
    }
}

/// The innermost first.
fn unmount_all() {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let ours = mounts.lines().rev().filter_map(|line| line.split(' ').nth(1)).filter(|path| path.starts_with(paths::ROOT));
    for path in ours {
        succeeds(limited("umount", crate::run::LIMIT_S).args(["--lazy", path]));
    }
}

/// Empty cgroups keep memory of the kernel; those still in use cannot be removed, which is why errors are no matter.
fn cgroups(folder: &Path, levels: u32) {
    if levels == 0 {
        return;
    }
    for child in folders(folder) {
        let ours = child.file_name().is_some_and(|n| n.to_string_lossy().starts_with(CGROUP_PREFIX));
        if ours {
            remove_cgroup(&child);
        } else {
            cgroups(&child, levels - 1);
        }
    }
}

fn remove_cgroup(folder: &Path) {
    for child in folders(folder) {
        remove_cgroup(&child);
    }
    let _ = fs::remove_dir(folder);
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()).collect()
}
