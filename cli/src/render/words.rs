//! How is an action, a requirement or a way back said in a few words?
//!
//! Titles and reasons of steps are the compiler's; these words are for what only data say.

use super::quantity;
use mig_plan::{Action, Probe, Requirement, Step, Undo, Verb};

/// What going back over a step means.
pub fn undo(step: &Step) -> String {
    match &step.undo {
        Undo::Nothing => "nothing to undo".to_owned(),
        Undo::Leave { what } => format!("not needed: {what}"),
        Undo::Act { action: act } => action(act),
        Undo::Impossible { why } => format!("IMPOSSIBLE: {why}"),
    }
}

/// What the host does by itself, where a step may cut the road to it.
pub fn armed(step: &Step) -> Option<String> {
    let Action::Call(call) = &step.action else { return None };
    let seconds = call.cuts().map(|cut| cut.within_seconds).max()?;
    let host = call.look.request.place();
    let time = quantity::seconds(seconds);
    Some(format!("it may cut the road to {host}, which undoes it by itself after {time} unless it is reached anew by then"))
}

/// What an action does, in the imperative.
pub fn action(action: &Action) -> String {
    match action {
        Action::Adopt { host, id } => format!("take over {id} as {host}"),
        Action::InstallTools { host, names } => format!("install {} on {host}", names.join(", ")),
        Action::BringImage { to, image, .. } => format!("bring image {image} to {to}"),
        Action::CopyTrees { from, to, trees, live } => {
            let how = if *live { "copy, while it is used," } else { "copy" };
            format!("{how} {} from {from} to {to}", super::count(trees.len(), "tree"))
        }
        Action::VerifyTrees { from, to, trees } => format!("compare {} on {from} and {to}", super::count(trees.len(), "tree")),
        Action::TakeTrees { host, trees } => format!("take over {} on {host}", super::count(trees.len(), "tree")),
        Action::ReleaseTrees { host, paths } => format!("give up {} on {host}", super::count(paths.len(), "tree")),
        Action::SetRestart { host, container, policy } => format!("set the restart policy of {container} on {host} to {policy}"),
        Action::RestoreRestart { host, container, .. } => format!("give {container} on {host} its old restart policy"),
        Action::StopContainer { host, container, .. } => format!("stop {container} on {host}"),
        Action::StartContainer { host, container } => format!("start {container} on {host}"),
        Action::CheckFenced { host, container, .. } => format!("check that {container} on {host} is stopped for good"),
        Action::Quiesce { host, container, .. } => format!("keep {container} on {host} from taking writes"),
        Action::Resume { host, container, .. } => format!("let {container} on {host} take writes again"),
        Action::ProveData { host, container, .. } => format!("ask {container} on {host} what it holds"),
        Action::CreateContainer { host, container } => format!("create {} on {host}", container.name),
        Action::RemoveContainer { host, container, back: true, .. } => {
            format!("remove container {container} on {host}, data stay, and bring back what it was put in the place of")
        }
        Action::RemoveContainer { host, container, .. } => format!("remove container {container} on {host}, data stay"),
        Action::Await { host, container, probe } => format!("wait until {container} on {host} {}", answers(probe)),
        Action::Call(call) => {
            let verb = match call.verb {
                Verb::Create => "create",
                Verb::Update => "change",
                Verb::Delete => "delete",
            };
            format!("{verb} {} on {}", call.thing, call.look.request.place())
        }
        Action::Note => "note it in the journal".to_owned(),
    }
}

fn answers(probe: &Probe) -> String {
    match probe {
        Probe::Running { .. } => "runs".to_owned(),
        Probe::Tcp { port, .. } => format!("accepts on port {port}"),
        Probe::Http { url, .. } => format!("answers at {url}"),
        Probe::Command { .. } => "passes its command".to_owned(),
    }
}

/// What must hold on one host: each sort once, with all that it is about.
pub fn requirements<'r>(all: impl Iterator<Item = &'r Requirement>) -> Vec<String> {
    let mut sorts: Vec<(&str, Vec<String>)> = vec![];
    for requirement in all {
        let (sort, things) = parts(requirement);
        match sorts.iter_mut().find(|(known, _)| *known == sort) {
            Some((_, known)) => known.extend(things.into_iter().filter(|t| !known.contains(t)).collect::<Vec<_>>()),
            None => sorts.push((sort, things)),
        }
    }
    sorts.into_iter().filter(|(_, things)| !things.is_empty()).map(|(sort, things)| format!("{sort} {}", things.join(", "))).collect()
}

fn parts(requirement: &Requirement) -> (&'static str, Vec<String>) {
    match requirement {
        Requirement::Tools { names } => ("the tools", names.clone()),
        Requirement::Container { name } => ("the containers", vec![name.clone()]),
        Requirement::FreeSpace { path, bytes } => ("room:", vec![format!("{} at {path}", quantity::bytes(*bytes))]),
        Requirement::PathFree { path } => ("nothing at", vec![path.clone()]),
        Requirement::PortFree { port } => ("nobody on", vec![port.clone()]),
        Requirement::Hardware { arch, cpus, memory, disks } => {
            let mut words = vec![];
            words.extend(arch.clone());
            words.extend(cpus.map(|n| super::count(n as usize, "processor")));
            words.extend(memory.map(|m| format!("{} of memory", quantity::bytes(m))));
            words.extend(disks.iter().map(|(path, size)| format!("a disk of {} at {path}", quantity::bytes(*size))));
            ("a machine with", words)
        }
    }
}
