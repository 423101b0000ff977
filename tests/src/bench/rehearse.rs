//! What does a rehearsal of every fault cost, and a step of it? `examples/geekpie`, by its own `--json`.

use super::{
    languages, machine,
    measure::{Cost, cost},
};
use mig_tests::workspace;
use std::process::Command;

/// Prints a table; fails if the rehearsal finds a defect.
pub(crate) fn run() -> Result<(), String> {
    let load_before = machine::load();
    let program = languages::migc()?;
    let rehearse = || {
        let mut command = Command::new(&program);
        command.current_dir(workspace::root()).args(["rehearse", "examples/geekpie", "--json"]);
        command
    };
    let output = rehearse().output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(format!("the rehearsal found a defect: {}", String::from_utf8_lossy(&output.stdout)));
    }
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    // The harness has no dependency, and these are the only two numbers that it reads.
    let number = |name: &str| {
        let value =
            told.lines().find_map(|line| line.trim().strip_prefix(&format!("\"{name}\": "))?.trim_end_matches(',').parse::<u64>().ok());
        value.ok_or_else(|| format!("it does not tell `{name}`"))
    };
    let (steps, faults) = (number("steps")?, number("faults")?);
    let Cost { cpu_ms, wall_ms, .. } = cost(&mut rehearse())?;
    // After a fault steps are done again, so a step costs less than this.
    let step_us = cpu_ms * 1e3 / ((faults + 1) * steps) as f64;
    println!("| `migc rehearse examples/geekpie` | |\n| --- | ---: |");
    println!("| faults, each in {steps} steps | {faults} |\n| wall time, to be 3 s at most | {:.1} s |", wall_ms / 1e3);
    println!("| CPU | {:.1} s |\n| CPU a step, to be 1 ms at most | {step_us:.0} µs |", cpu_ms / 1e3);
    println!("\n{}, load {load_before} before and {} after.", machine::processors(), machine::load());
    Ok(())
}
