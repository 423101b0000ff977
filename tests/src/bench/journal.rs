//! What does a large state cost? A program of 10,000 resources against the journal that settled them, and the executor's own work.
//!
//! The journal is a real one, written by `migc apply`; its steps only write it, for no host is there.

use super::{
    languages, machine,
    measure::{Cost, cost},
};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Instant,
};

const RESOURCE_COUNT: usize = 10_000;
const HEAD: &str = r#"use ssh
use host

project big { name = "big" }

server web: ssh.host { address = 10.0.0.7, login = { user = "root" } }

"#;

/// Removed when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Prints a table.
pub(crate) fn run() -> Result<(), String> {
    let load_before = machine::load();
    let program = languages::migc()?;
    let folder = Folder(std::env::temp_dir().join(format!("migc-bench-journal-{}", std::process::id())));
    let told = |e: std::io::Error| format!("{}: {e}", folder.0.display());
    fs::create_dir_all(&folder.0).map_err(told)?;
    fs::write(folder.0.join("main.mig"), source()).map_err(told)?;
    let migc = |words: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(&folder.0).args(words).env_remove("MIG_STATE");
        command
    };

    done(&migc(&["plan", "--out", "plan.json"]).output().map_err(told)?)?;
    let first = cost(&mut migc(&["plan"]))?;
    let plan = fs::read_to_string(folder.0.join("plan.json")).map_err(told)?;
    fs::write(folder.0.join("plan.json"), notes(&plan)).map_err(told)?;
    // The refusal of a wrong digest tells the right one.
    let wrong = format!("sha256:{}", "0".repeat(64));
    let refused = migc(&["apply", "plan.json", "--digest", &wrong, "--yes"]).output().map_err(told)?;
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    let digest = refused.split_whitespace().find(|word| word.starts_with("sha256:") && **word != *wrong);
    let digest = digest.ok_or_else(|| format!("no digest was told: {refused}"))?.trim_end_matches(',');
    let began = Instant::now();
    done(&migc(&["apply", "plan.json", "--digest", digest, "--yes", "--json"]).output().map_err(told)?)?;
    let apply_s = began.elapsed().as_secs_f64();
    let (entries, bytes) = entries(&folder.0.join(".migc/state")).map_err(told)?;

    let again = cost(&mut migc(&["plan"]))?;
    let check = cost(&mut migc(&["check"]))?;
    let read = cost(&mut migc(&["status", "--json"]))?;
    let rehearse_began = Instant::now();
    done(&migc(&["rehearse", "--faults", "crash-written@1"]).output().map_err(told)?)?;
    let rehearse_s = rehearse_began.elapsed().as_secs_f64();
    let compile_s = first.wall_ms / 1e3;
    // Once in peace, once with the fault.
    let step_us = (rehearse_s - compile_s) * 1e6 / (2 * RESOURCE_COUNT) as f64;

    println!("| {RESOURCE_COUNT} resources | CPU | wall time | memory |\n| --- | ---: | ---: | ---: |");
    row("`migc check`", check);
    row("`migc plan`, nothing settled", first);
    row("`migc plan`, all settled; CPU to be 1 s at most", again);
    row("`migc status --json`, which reads and prints the journal", read);
    println!("\n| a run of {RESOURCE_COUNT} steps | |\n| --- | ---: |");
    println!(
        "| entries of the journal where all steps begin at once, to be 1,000 at most | {entries} |\n| its size | {:.1} MiB |",
        bytes as f64 / f64::from(1 << 20)
    );
    println!("| `migc apply` of steps that only write the journal | {apply_s:.1} s |");
    println!("| a step in simulation, to be 1 ms at most | {step_us:.0} µs |");
    println!("\n{}, load {load_before} before and {} after.", machine::processors(), machine::load());
    Ok(())
}

fn row(name: &str, Cost { cpu_ms, wall_ms, peak_mib }: Cost) {
    println!("| {name} | {cpu_ms:.0} ms | {wall_ms:.0} ms | {peak_mib:.0} MiB |");
}

fn done(output: &Output) -> Result<(), String> {
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn source() -> String {
    (0..RESOURCE_COUNT).fold(HEAD.to_owned(), |mut text, number| {
        let _ = writeln!(text, "host.file f{number} {{ on = web, path = \"/srv/f{number}\", content = \"{number}\" }}");
        text
    })
}

/// The entries of a journal and their bytes.
fn entries(folder: &Path) -> std::io::Result<(usize, u64)> {
    let (mut count, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|ending| ending == "json") {
            count += 1;
            bytes += entry.metadata()?.len();
        }
    }
    Ok((count, bytes))
}

/// The plan with every action replaced by one that only writes the journal; what the steps settle stays.
fn notes(plan: &str) -> String {
    const KEY: &str = "\"action\":";
    let mut out = String::new();
    let mut rest = plan;
    while let Some((before, after)) = rest.split_once(KEY) {
        let value = after.trim_start();
        let end = object_end(value);
        let _ = write!(out, "{before}{KEY}{{\"do\":\"note\"}}");
        rest = value.get(end..).unwrap_or_default();
    }
    out + rest
}

/// Where the JSON object ends with which the text begins.
fn object_end(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return place + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn actions_become_notes_and_the_rest_stays() {
        let plan = r#"{"a": 1, "action": {"do": "call", "s": "\"}{", "x": {"y": {}}}, "undo": {"by": "act", "action": {}}, "sets": []}"#;
        let wanted = r#"{"a": 1, "action":{"do":"note"}, "undo": {"by": "act", "action":{"do":"note"}}, "sets": []}"#;
        assert_eq!(notes(plan), wanted);
    }
}
