//! How well does the simulation know what a plan does? For each action: what is modelled, and what is not.
//!
//! The match is closed, so that no action comes without a word about its model.

use mig_plan::{Action, Plan, Probe, Undo};
use serde::Serialize;

/// How well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fidelity {
    /// All effects that other steps or people can see.
    Close,
    /// Whether and when it is done; details are left out.
    Coarse,
    /// Nothing happens in it that could go wrong.
    Assumed,
}

/// What the simulation knows of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Model {
    /// As plans name it: `copy_trees`.
    pub action: &'static str,
    /// Steps of the plan that do it.
    pub steps: usize,
    /// How well.
    pub fidelity: Fidelity,
    /// What is modelled.
    pub has: &'static str,
    /// What is not; empty if nothing of note.
    pub lacks: &'static str,
}

/// Of all actions of a plan, the way back included; the best known first.
pub fn of_plan(plan: &Plan) -> Vec<Model> {
    let mut models: Vec<Model> = vec![];
    let undo = |undo: &Undo| if let Undo::Act { action } = undo { Some(of(action)) } else { None };
    let backs = plan.steps.iter().filter_map(|step| undo(&step.undo)).map(|model| Model { steps: 0, ..model });
    for model in plan.steps.iter().map(|step| of(&step.action)).chain(backs) {
        match models.iter_mut().find(|known| (known.action, known.has) == (model.action, model.has)) {
            Some(known) => known.steps += model.steps,
            None => models.push(model),
        }
    }
    models.sort_by(|a, b| (a.fidelity, a.action).cmp(&(b.fidelity, b.action)));
    models
}

fn of(action: &Action) -> Model {
    use Fidelity::{Assumed, Close, Coarse};
    let (action, fidelity, has, lacks) = match action {
        Action::Adopt { .. } => ("adopt", Assumed, "the host is there", "what the cloud says of it"),
        Action::InstallTools { .. } => {
            ("install_tools", Coarse, "programs that are missing, and then are not", "package managers and their mirrors")
        }
        Action::BringImage { .. } => (
            "bring_image",
            Close,
            "ids, sizes, room on Docker's disk, save, load and pull",
            "layers that are shared; registries that refuse",
        ),
        Action::CopyTrees { .. } => (
            "copy_trees",
            Close,
            "every entry with its kind, mode, owner, size, time and content; files that change while they are read; full disks",
            "hard links, holes and extended attributes",
        ),
        Action::VerifyTrees { .. } => ("verify_trees", Close, "both sides by their manifests", "hard links, holes and extended attributes"),
        Action::TakeTrees { .. } => ("take_trees", Close, "its manifest, and who may write there", "links in the way"),
        Action::ReleaseTrees { .. } => ("release_trees", Close, "who may write there", ""),
        Action::SetRestart { .. } => ("set_restart", Close, "the policy, and what Docker does by it after a power cut", ""),
        Action::RestoreRestart { .. } => ("restore_restart", Close, "the policy, and what Docker does by it after a power cut", ""),
        Action::StopContainer { .. } => ("stop_container", Close, "status, exit status, last writes", "programs that do not stop in time"),
        Action::StartContainer { .. } => {
            ("start_container", Close, "status, ports that are taken, who writes from then on", "programs that end by themselves")
        }
        Action::CheckFenced { .. } => {
            ("check_fenced", Close, "status, policy, files that containers have open", "files that other programs have open")
        }
        Action::Quiesce { .. } => ("quiesce", Coarse, "it writes no more until it is started anew or let", "what its script does"),
        Action::Resume { .. } => ("resume", Coarse, "it writes again", "what its script does"),
        Action::ProveData { .. } => ("prove_data", Coarse, "the files that it uses, by their contents", "what its script asks"),
        Action::CreateContainer { .. } => {
            ("create_container", Close, "names, owners, images, mounts, ports, room on the disk", "networks, devices and limits")
        }
        Action::RemoveContainer { .. } => ("remove_container", Close, "names and owners; what is mounted stays", ""),
        Action::Await { probe: Probe::Command { .. }, .. } => {
            ("await", Assumed, "the command succeeds once the containers of its host are up", "what the command would find")
        }
        Action::Await { probe: Probe::Http { .. }, .. } => {
            ("await", Coarse, "the port answers three seconds after the start", "what is answered")
        }
        Action::Await { .. } => ("await", Coarse, "the port answers three seconds after the start", "what is answered"),
        Action::Call(_) => ("call", Coarse, "whether the thing is there, and whether it is as declared", "what its scripts do"),
        Action::Note => ("note", Close, "the journal", ""),
    };
    Model { action, steps: 1, fidelity, has, lacks }
}
