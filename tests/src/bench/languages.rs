//! How long does a fleet take in each language? `migc`, Pkl and KCL check the same servers, and `migc` must find what is wrong with a bad fleet.
//!
//! That peers find it is only told, and so is whether time grows linearly; what they print is not compared.

use super::{
    fleet::{Fleet, Mode, faults},
    machine,
    measure::{RUN_COUNT, cost},
    peers::{self, Peer},
    table::{Row, Table},
};
use mig_tests::workspace;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// What every program checks.
const COMPARED_SERVER_COUNTS: [usize; 2] = [1_000, 10_000];
/// What only `migc` checks.
const LARGE_SERVER_COUNT: usize = 100_000;
/// Ten times the servers may cost this much more.
const LINEAR_FACTOR_MAX: f64 = 14.0;

/// Measures everything, prints the table, and fails if a fault of the bad fleet goes unreported.
pub(crate) fn run() -> Result<(), String> {
    let load_before = machine::load();
    let folder = workspace::root().join("target/bench");
    let program = migc()?;
    let peers = [peers::migc(&program), peers::pkl(&folder), peers::kcl(&folder)];
    let mut rows = vec![];
    for server_count in COMPARED_SERVER_COUNTS {
        let fleet = written(&folder, server_count, Mode::Ok)?;
        rows.extend(peers.iter().map(|peer| measured(peer, &fleet, server_count)));
    }
    let large = written(&folder, LARGE_SERVER_COUNT, Mode::Ok)?;
    rows.push(measured(&peers[0], &large, LARGE_SERVER_COUNT));

    let bad = written(&folder, COMPARED_SERVER_COUNTS[0], Mode::Bad)?;
    println!("A fleet with two faults:");
    let found = reports_faults(&program, &bad, COMPARED_SERVER_COUNTS[0]);
    for peer in &peers {
        println!("- {}: {}", peer.name, refusal(peer, &bad));
    }
    println!("\n{}", Table(&rows));
    println!(
        "{}, load {load_before} before and {} after. CPU is user and system, the mean of {RUN_COUNT} runs; wall time is their median; \
         memory is the highest that was seen once a millisecond.",
        machine::processors(),
        machine::load(),
    );
    println!("{}", linearity(&rows));
    found
}

fn measured(peer: &Peer, folder: &Path, server_count: usize) -> Row {
    eprintln!("{} with {server_count} servers …", peer.name);
    match &peer.ready {
        Ok(ready) => Row { peer: ready.version.clone(), server_count, cost: cost(&mut ready.check(&folder.join(peer.file))) },
        Err(reason) => Row { peer: peer.name.to_owned(), server_count, cost: Err(reason.clone()) },
    }
}

/// Does `migc` report both faults where they are, and nothing else?
fn reports_faults(program: &Path, folder: &Path, server_count: usize) -> Result<(), String> {
    let mut command = Command::new(program);
    let output = command.args(["check", "--format", "short"]).arg("fleet.mig").current_dir(folder).output();
    let output = output.map_err(|e| format!("migc: {e}"))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    println!("\n```text\n{}\n```\n", text.trim_end());
    unreported(&text, server_count).map_or(Ok(()), |(line, code)| Err(format!("fleet.mig:{line}: migc does not report {code} there")))
}

/// The first fault that no line of an output is about.
fn unreported(text: &str, server_count: usize) -> Option<(usize, &'static str)> {
    faults(server_count).into_iter().find(|(line, code)| {
        let (place, code) = (format!("fleet.mig:{line}:"), format!("[{code}]"));
        !text.lines().any(|said| said.starts_with(&place) && said.contains(&code))
    })
}

/// Does a peer check what we think it does?
fn refusal(peer: &Peer, folder: &Path) -> String {
    match &peer.ready {
        Err(reason) => format!("not measured: {reason}"),
        Ok(ready) => match ready.check(&folder.join(peer.file)).output() {
            Ok(output) if output.status.success() => "accepts it, so its figures are for less work".to_owned(),
            Ok(_) => "refuses it".to_owned(),
            Err(error) => format!("not run: {error}"),
        },
    }
}

fn linearity(rows: &[Row]) -> String {
    let cpu_ms = |server_count: usize| {
        let row = rows.iter().find(|r| r.server_count == server_count)?;
        row.cost.as_ref().ok().map(|c| c.cpu_ms)
    };
    match (cpu_ms(COMPARED_SERVER_COUNTS[1]), cpu_ms(LARGE_SERVER_COUNT)) {
        (Some(few), Some(many)) if few > 0.0 => {
            let factor = many / few;
            let verdict = if factor <= LINEAR_FACTOR_MAX { "linear" } else { "NOT linear" };
            format!("Ten times the servers cost migc {factor:.1} times the CPU: {verdict}, at most {LINEAR_FACTOR_MAX} are.")
        }
        _ => "Whether time grows linearly was not measured.".to_owned(),
    }
}

/// One fleet as files of every language.
fn written(folder: &Path, server_count: usize, mode: Mode) -> Result<PathBuf, String> {
    let fleet = Fleet::new(server_count, mode);
    let name = if mode == Mode::Bad { "bad" } else { "ok" };
    let folder = folder.join(format!("fleets/{name}-{server_count}"));
    let write_all = || -> io::Result<()> {
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("fleet.mig"), fleet.mig())?;
        fs::write(folder.join("fleet.pkl"), fleet.pkl())?;
        fs::write(folder.join("fleet.k"), fleet.kcl())
    };
    write_all().map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(folder)
}

/// `migc` as users get it.
pub(super) fn migc() -> Result<PathBuf, String> {
    let program = workspace::migc()?;
    let hint = "run the benchmark with `--release`";
    if program.parent().is_some_and(|p| p.ends_with("release")) { Ok(program) } else { Err(hint.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::unreported;
    use crate::bench::fleet::faults;

    #[test]
    fn a_fault_counts_at_its_line_only() {
        let [(disk, _), (id, _)] = faults(10);
        let both = format!("fleet.mig:{disk}:4: error[FLEET001]: a\nfleet.mig:{id}:2: error[FLEET002]: b\n");
        assert_eq!(unreported(&both, 10), None);
        assert_eq!(unreported(&both.replace(&format!(":{id}:"), ":1:"), 10), Some((id, "FLEET002")));
        assert_eq!(unreported("", 10), Some((disk, "FLEET001")));
    }
}
