//! How are the workspace's own tests and builds run? With the cargo that runs us, in the same profile.

use crate::part::Outcome;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Is every file formatted?
pub(crate) fn format() -> Outcome {
    if !has("fmt") {
        return Outcome::Skipped("rustfmt is not installed (`rustup component add rustfmt`)".to_owned());
    }
    ended(cargo().args(["fmt", "--all", "--check"]))
}

/// Do the lints of the workspace hold?
pub(crate) fn clippy() -> Outcome {
    if !has("clippy") {
        return Outcome::Skipped("clippy is not installed (`rustup component add clippy`)".to_owned());
    }
    ended(cargo().args(["clippy", "--workspace", "--all-targets", "--release", "--", "-D", "warnings"]))
}

/// Every test that needs nothing but Rust.
pub(crate) fn test() -> Outcome {
    ended(cargo().args(["test", "--workspace", "--release"]))
}

/// Tests of a journal in an object store, which is at that URL.
pub(crate) fn objects(url: &str) -> Outcome {
    let mut command = cargo();
    command.args(["test", "--release", "--workspace", "--test", "objects"]);
    command.envs([("MIG_TEST_S3", "yes"), ("AWS_ENDPOINT_URL", url), ("AWS_ALLOW_HTTP", "true"), ("AWS_REGION", "us-east-1")]);
    ended(command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]))
}

/// Builds `migc` and says where it is: beside this very program.
pub(crate) fn migc() -> Result<PathBuf, String> {
    match ended(cargo().args(["build", "--release", "--bin", "migc"])) {
        Outcome::Failed(message) => Err(format!("migc was not built: {message}")),
        Outcome::Done | Outcome::Skipped(_) => {
            let own = std::env::current_exe().map_err(|e| format!("where this program is: {e}"))?;
            Ok(own.with_file_name("migc"))
        }
    }
}

fn has(subcommand: &str) -> bool {
    crate::run::succeeds(cargo().args([subcommand, "--version"]))
}

fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    at_root(&mut command);
    command
}

/// In the repository, and without what the cargo above us says about our own package, so that a cargo below builds nothing anew for it.
pub(crate) fn at_root(command: &mut Command) {
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let of_package = name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"));
        if of_package {
            command.env_remove(name);
        }
    }
}

fn ended(command: &mut Command) -> Outcome {
    let words: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
    match command.status() {
        Ok(status) if status.success() => Outcome::Done,
        Ok(status) => Outcome::Failed(format!("`cargo {}`: {status}", words.join(" "))),
        Err(error) => Outcome::Failed(format!("cargo: {error}")),
    }
}
