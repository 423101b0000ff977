//! How are the workspace's own tests run? All in one profile, that of the main job.

use crate::part::Outcome;
use mig_tests::workspace::{cargo, done};
use std::process::Command;

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

fn has(subcommand: &str) -> bool {
    crate::run::succeeds(cargo().args([subcommand, "--version"]))
}

fn ended(command: &mut Command) -> Outcome {
    done(command).map_or_else(Outcome::Failed, |()| Outcome::Done)
}
