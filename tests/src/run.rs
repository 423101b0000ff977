//! How are other programs run? With a time limit, and with their answer or a message that says what they said.
//!
//! Knows no program in particular. `migc` itself is run by `lab/migc.rs`, which can watch and kill it.

use std::{ffi::OsStr, process::Command};

/// Most programs answer at once; this is for those that build or download nothing.
pub(crate) const LIMIT_S: u32 = 120;
/// Lines of a failed program's output that are shown.
const SHOWN_LINES: usize = 30;

/// A program under a time limit, after which it is ended and counts as failed.
pub(crate) fn limited(program: impl AsRef<OsStr>, limit_s: u32) -> Command {
    let mut command = Command::new("timeout");
    command.arg("--kill-after=5").arg(limit_s.to_string()).arg(program.as_ref());
    command
}

/// Standard output of a program that must succeed.
pub(crate) fn must(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{}: {e}", words(command)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("`{}` failed ({}):\n{}", words(command), output.status, tail(&String::from_utf8_lossy(&said))))
}

/// Does it exit 0? What it prints is not looked at.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|o| o.status.success())
}

/// The last lines of a text.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines.iter().skip(lines.len().saturating_sub(SHOWN_LINES)).map(|l| format!("    {l}")).collect::<Vec<_>>().join("\n")
}

/// Is a program of that name on the PATH?
pub(crate) fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The folders of an administrator are not always on the PATH of a login without a profile.
    std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(Into::into)).any(|folder| folder.join(program).is_file())
}

/// The command as a person would type it, without the words for the time limit.
fn words(command: &Command) -> String {
    let all: Vec<String> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
    let skip = if command.get_program() == "timeout" { 2 } else { 0 };
    let program = (skip == 0).then(|| command.get_program().to_string_lossy().into_owned());
    program.into_iter().chain(all.into_iter().skip(skip)).collect::<Vec<_>>().join(" ")
}
