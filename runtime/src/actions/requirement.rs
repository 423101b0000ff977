//! Does a host meet what a plan requires of it? The scripts that ask, and the judgement of their answers.
//!
//! Changes nothing and reaches nothing; whoever does preflight sends the scripts and reports all failures at once.

use super::{Failure, marker};
use crate::{Output, Script, scripts};
use mig_plan::{Precondition, Requirement};

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
    let _ = (precondition, outputs);
    todo!()
}

fn split_port(port: &str) -> (&str, &str) {
    port.split_once('/').unwrap_or((port, "tcp"))
}
