//! Under which shells do scripts run in tests? Under each that hosts have as `sh`.

use super::{Folder, is_root};
use mig_runtime::local::LocalWorld;
use std::{fs, process::Command};

pub(crate) const SHELLS: [&str; 3] = ["/usr/bin/dash", "/usr/bin/bash", "/usr/bin/busybox"];
/// Makes `sh` mean another shell, for whatever is started below.
const AS_SH: &str = r#"mount --bind "$0" "$(readlink -f /bin/sh)" && exec sh "$@""#;

/// A host whose `sh` is that shell.
pub(crate) fn world(folder: &Folder, shell: &str) -> Option<LocalWorld> {
    let world = LocalWorld::new(folder.path());
    if fs::canonicalize("/bin/sh").unwrap() == fs::canonicalize(shell).unwrap_or_default() {
        return Some(world);
    }
    let works = is_root()
        && Command::new("unshare").args(["-m", "sh", "-c", AS_SH, shell, "-c", "true"]).output().is_ok_and(|o| o.status.success());
    if !works {
        eprintln!("not tested here: {shell} as sh");
        return None;
    }
    Some(world.with_shell(&["unshare", "-m", "sh", "-c", AS_SH, shell]))
}
