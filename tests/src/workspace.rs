//! How are the workspace's own builds run? With the cargo that runs us, in the same profile.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The cargo that runs us, in the repository.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    at_root(&mut command);
    command
}

/// In the repository, and without what the cargo above us says about our own package, so that a cargo below builds nothing anew for it.
pub fn at_root(command: &mut Command) {
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let of_package = name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"));
        if of_package {
            command.env_remove(name);
        }
    }
}

/// What a command came to, or what it was and how it failed.
pub fn done(command: &mut Command) -> Result<(), String> {
    let words: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`cargo {}`: {status}", words.join(" "))),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

/// Builds `migc` as users get it, and says where it is: beside this very program.
pub fn migc() -> Result<PathBuf, String> {
    done(cargo().args(["build", "--release", "--bin", "migc"])).map_err(|message| format!("migc was not built: {message}"))?;
    let own = std::env::current_exe().map_err(|e| format!("where this program is: {e}"))?;
    Ok(own.with_file_name("migc"))
}
