//! Does a host meet what a plan requires of it? The scripts that ask, and the judgement of their answers.
//!
//! Changes nothing and reaches nothing; whoever does preflight sends the scripts and reports all failures at once.

use super::{Failure, adopt::lines, marker, refused};
use crate::{Output, Script, scripts};
use mig_plan::{Precondition, Requirement};
use std::collections::BTreeMap;

/// A machine may have a twelfth less memory or disk than its name says: the kernel and the filesystem keep some.
const SIZE_TOLERANCE: u64 = 12;

/// What to ask for a requirement.
pub fn scripts(requirement: &Requirement) -> Vec<Script> {
    match requirement {
        Requirement::Tools { names } => vec![scripts::tools(names)],
        Requirement::Container { name } => vec![scripts::container_look(name)],
        Requirement::FreeSpace { path, .. } => vec![scripts::space(path)],
        Requirement::PathFree { path } => vec![scripts::path_look(path, &marker(path))],
        Requirement::PortFree { port } => {
            let (number, protocol) = split_port(port);
            vec![scripts::port_look(number, protocol)]
        }
        Requirement::Hardware { disks, .. } => {
            std::iter::once(scripts::about()).chain(disks.keys().map(|path| scripts::space(path))).collect()
        }
    }
}

/// Is it met, by the answers to [`scripts`] in their order? The failure says what is lacking and what to do.
pub fn judge(precondition: &Precondition, outputs: &[Output]) -> Result<(), Failure> {
    let host = &precondition.host;
    if let Some((script, output)) = scripts(&precondition.requirement).iter().zip(outputs).find(|(_, output)| output.status != 0) {
        return Err(refused(host, script.name, output));
    }
    let first = outputs.first().map(Output::text).unwrap_or_default();
    let problem = match &precondition.requirement {
        Requirement::Tools { .. } => tools(host, &first),
        Requirement::Container { name } => (first == "absent" || first.is_empty())
            .then(|| (format!("there is no container `{name}` on {host}"), format!("look at `docker ps --all` on {host}"))),
        Requirement::FreeSpace { path, bytes } => free_space(host, path, *bytes, &first),
        Requirement::PathFree { path } => (!matches!(first.as_str(), "absent" | "empty" | "ours")).then(|| {
            let help = format!("move it away on {host}, or name another path; nothing that is not ours is overwritten");
            (format!("{path} on {host} holds data that this project did not put there"), help)
        }),
        Requirement::PortFree { port } => (first != "free")
            .then(|| (format!("port {port} of {host} is in use"), format!("see by `ss -ltnup` on {host} what listens there, and stop it"))),
        Requirement::Hardware { .. } => hardware(host, &precondition.requirement, outputs),
    };
    problem.map_or(Ok(()), |(message, help)| Err(Failure::certain(message, help)))
}

/// Message and help.
type Problem = Option<(String, String)>;

fn tools(host: &str, missing: &str) -> Problem {
    let names: Vec<&str> = missing.lines().collect();
    let message = format!("{host} lacks {}", names.join(", "));
    let help = "install them; tar, find and sha256sum must be GNU's, and `docker` counts as missing when its server does not answer";
    (!names.is_empty()).then(|| (message, help.to_owned()))
}

fn free_space(host: &str, path: &str, needed: u64, answer: &str) -> Problem {
    let Some((free, _)) = space(answer) else { return Some(unreadable(host, path)) };
    let message = format!("{path} on {host} needs {} and has {} free", size(needed), size(free));
    (free < needed).then(|| (message, format!("make room on {host}, or give it a larger disk")))
}

fn hardware(host: &str, requirement: &Requirement, outputs: &[Output]) -> Problem {
    let Requirement::Hardware { arch, cpus, memory, disks } = requirement else { return None };
    let about: BTreeMap<String, String> = lines(&outputs.first().map(Output::text).unwrap_or_default()).collect();
    let number = |key: &str| about.get(key).and_then(|value| value.parse::<u64>().ok()).unwrap_or_default();
    let mut lacks = Vec::new();
    let real_arch = about.get("arch").map_or("", |arch| machine(arch));
    if let Some(arch) = arch.as_deref().filter(|arch| machine(arch) != real_arch) {
        lacks.push(format!("its processor is {real_arch}, not {arch}"));
    }
    if let Some(cpus) = cpus.filter(|&cpus| number("cpus") < u64::from(cpus)) {
        lacks.push(format!("it has {} processors, not {cpus}", number("cpus")));
    }
    if let Some(memory) = memory.filter(|&memory| number("memory_bytes") < tolerated(memory)) {
        lacks.push(format!("it has {} of memory, not {}", size(number("memory_bytes")), size(memory)));
    }
    for ((path, &wanted), output) in disks.iter().zip(outputs.iter().skip(1)) {
        let Some((_, total)) = space(&output.text()) else { return Some(unreadable(host, path)) };
        if total < tolerated(wanted) {
            lacks.push(format!("its disk at {path} has {}, not {}", size(total), size(wanted)));
        }
    }
    let message = format!("{host} is not the machine that the program describes: {}", lacks.join(", "));
    (!lacks.is_empty()).then(|| (message, "correct the program, or see that the right machine is reached".to_owned()))
}

fn unreadable(host: &str, path: &str) -> (String, String) {
    (format!("the space of {path} on {host} could not be read"), format!("look at `df {path}` on {host}"))
}

fn tolerated(bytes: u64) -> u64 {
    bytes - bytes / SIZE_TOLERANCE
}

/// Kernel and vendors have two names for each.
fn machine(arch: &str) -> &str {
    match arch {
        "amd64" => "x86_64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Free and total bytes.
pub(super) fn space(answer: &str) -> Option<(u64, u64)> {
    let (free, total) = answer.split_once(' ')?;
    Some((free.parse().ok()?, total.parse().ok()?))
}

/// `3.2 GiB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = "B";
    for larger in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

fn split_port(port: &str) -> (&str, &str) {
    port.split_once('/').unwrap_or((port, "tcp"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mig_plan::Origin;

    fn judged(requirement: Requirement, answers: &[&str]) -> Option<String> {
        let host = "kruskal".to_owned();
        let precondition = Precondition { address: host.clone(), host, requirement, origin: Origin::default() };
        let output = |text: &&str| Output { stdout: text.as_bytes().to_vec(), ..Output::default() };
        let outputs: Vec<Output> = answers.iter().map(output).collect();
        assert_eq!(outputs.len(), scripts(&precondition.requirement).len());
        judge(&precondition, &outputs).err().map(|failure| failure.message)
    }

    #[test]
    fn what_is_lacking_is_said() {
        let tools = || Requirement::Tools { names: vec!["tar".to_owned(), "getfattr".to_owned()] };
        assert_eq!(judged(tools(), &[""]), None);
        assert_eq!(judged(tools(), &["getfattr\n"]).as_deref(), Some("kruskal lacks getfattr"));
        let space = || Requirement::FreeSpace { path: "/data".to_owned(), bytes: 3 << 30 };
        assert_eq!(judged(space(), &["3221225472 9000000000\n"]), None);
        assert_eq!(judged(space(), &["1073741824 9000000000\n"]).as_deref(), Some("/data on kruskal needs 3.0 GiB and has 1.0 GiB free"));
        assert!(judged(space(), &["nonsense"]).is_some());
        let free = || Requirement::PathFree { path: "/data".to_owned() };
        assert_eq!(judged(free(), &["ours\n"]), None);
        assert!(judged(free(), &["other\n"]).is_some());
        assert!(judged(Requirement::PortFree { port: "53/udp".to_owned() }, &["used\n"]).is_some());
        assert!(judged(Requirement::Container { name: "mysql".to_owned() }, &["absent\n"]).is_some());
    }

    #[test]
    fn a_machine_may_be_a_twelfth_smaller() {
        let disks = BTreeMap::from([("/".to_owned(), 12 << 30)]);
        let hardware =
            || Requirement::Hardware { arch: Some("amd64".to_owned()), cpus: Some(2), memory: Some(12 << 30), disks: disks.clone() };
        let about = |arch: &str, memory: u64| format!("arch={arch}\ncpus=2\nmemory_bytes={memory}\n");
        assert_eq!(judged(hardware(), &[&about("x86_64", 11 << 30), &format!("0 {}", 11_u64 << 30)]), None);
        let message = judged(hardware(), &[&about("aarch64", 10 << 30), "0 1024"]).unwrap();
        let expected =
            "its processor is arm64, not amd64, it has 10.0 GiB of memory, not 12.0 GiB, its disk at / has 1.0 KiB, not 12.0 GiB";
        assert!(message.ends_with(expected), "{message}");
    }
}
