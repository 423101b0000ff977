//! Is the action of a step, and the one that undoes it, such as the compiler makes?
//!
//! One match over the closed list of actions, so that a new one cannot be forgotten here.

use super::Problems;
use super::text::{
    check_container_name, check_env_name, check_path, check_path_written, check_policy, check_text, check_url, check_word, is_protocol,
};
use mig_plan::{Action, Before, ContainerSpec, EnvValue, Hook, Input, Plan, Probe, Step, StepId, Tree, Undo};
use std::collections::BTreeMap;

/// Longest wait that a plan may ask for: a day.
pub(super) const WAIT_MAX_S: u64 = 86_400;

type Earlier<'a> = BTreeMap<&'a StepId, &'a Step>;

/// Looks at both; `earlier` has the steps up to and with this one.
pub(super) fn check_step(plan: &Plan, step: &Step, earlier: &Earlier<'_>, problems: &mut Problems) {
    let place = format!("step {}", step.id.escape_debug());
    check_action(plan, &place, &step.action, earlier, problems);
    if let Some(before) = &step.before {
        problems.check(&place, check_before(before, step.action.input()));
    }
    if let Undo::Act { action } = &step.undo {
        check_action(plan, &format!("{place}, undo"), action, earlier, problems);
    }
}

fn check_action(plan: &Plan, place: &str, action: &Action, earlier: &Earlier<'_>, problems: &mut Problems) {
    for host in action.hosts() {
        if !plan.hosts.contains_key(host) {
            problems.add(format!("{place}: there is no host {}", host.escape_debug()));
        }
    }
    match action {
        Action::Note => {}
        Action::Call(call) => super::call::check_call(plan, place, call, problems),
        Action::Adopt { id, .. } => problems.check(place, check_word(id)),
        Action::InstallTools { names, .. } => names.iter().for_each(|name| problems.check(place, check_word(name))),
        Action::BringImage { image, .. } => problems.check(place, check_word(image)),
        Action::CopyTrees { trees, from, to, .. } | Action::VerifyTrees { trees, from, to } => {
            if from == to {
                problems.add(format!("{place}: both sides are the same host"));
            }
            for tree in trees {
                check_tree(place, tree, problems);
            }
        }
        Action::TakeTrees { trees, .. } => {
            for tree in trees {
                problems.check(place, check_path_written(&tree.path));
                for path in &tree.exclude {
                    check_left_out(place, path, &tree.path, problems);
                }
                if tree.manifest.as_ref().is_some_and(|manifest| !manifest.is_well_formed()) {
                    problems.add(format!("{place}: what is known of `{}` is not a digest", tree.path.escape_debug()));
                }
            }
        }
        Action::ReleaseTrees { paths, .. } => paths.iter().for_each(|path| problems.check(place, check_path_written(path))),
        Action::SetRestart { container, policy, .. } => {
            problems.check(place, check_container_name(container));
            problems.check(place, check_policy(policy));
        }
        Action::RestoreRestart { host, container, of } => {
            problems.check(place, check_container_name(container));
            let remembers =
                |s: &&Step| matches!(&s.action, Action::SetRestart { host: h, container: c, .. } if h == host && c == container);
            if earlier.get(of).is_none_or(|s| !remembers(s)) {
                problems.add(format!("{place}: `{}` is no earlier step that set this container's policy", of.escape_debug()));
            }
        }
        Action::StopContainer { container, grace_seconds, .. } => {
            problems.check(place, check_container_name(container));
            problems.check(place, check_wait(*grace_seconds));
        }
        Action::StartContainer { container, .. } => problems.check(place, check_container_name(container)),
        Action::RemoveContainer { container, owner, .. } => {
            problems.check(place, check_container_name(container));
            if let Some(owner) = owner {
                problems.check(place, check_word(owner));
            }
        }
        Action::CheckFenced { container, paths, .. } => {
            problems.check(place, check_container_name(container));
            for path in paths {
                problems.check(place, check_path(path));
            }
        }
        Action::Quiesce { container, hook, .. } | Action::Resume { container, hook, .. } => check_hook(place, container, hook, problems),
        Action::ProveData { container, hook, noted, .. } => {
            check_hook(place, container, hook, problems);
            let notes = |s: &&Step| matches!(&s.action, Action::ProveData { noted: None, .. });
            if let Some(of) = noted.as_ref().filter(|of| earlier.get(of).is_none_or(|s| !notes(s))) {
                problems.add(format!("{place}: `{}` is no earlier step that notes what a service holds", of.escape_debug()));
            }
        }
        Action::CreateContainer { container, .. } => check_container(plan, place, container, problems),
        Action::Await { container, probe, .. } => {
            problems.check(place, check_container_name(container));
            check_probe(plan, place, probe, problems);
        }
    }
}

/// Only shown, but shown before a person says yes: of what is written and what is no secret.
fn check_before(before: &Before, input: Option<&Input>) -> Result<(), String> {
    match (before, input) {
        (_, None) => Err("it changes a text and writes none".to_owned()),
        (Before::Secret, _) => Ok(()),
        (_, Some(Input::Secret(_))) => Err("it changes a secret, and tells what was there".to_owned()),
        (Before::Applied { text } | Before::Found { text }, _) => check_text(text),
        (Before::Nothing | Before::Unknown, _) => Ok(()),
    }
}

fn check_hook(place: &str, container: &str, hook: &Hook, problems: &mut Problems) {
    problems.check(place, check_container_name(container));
    std::iter::once(&hook.script).chain(&hook.words).for_each(|text| problems.check(place, check_text(text)));
}

fn check_wait(seconds: u64) -> Result<(), String> {
    if seconds <= WAIT_MAX_S { Ok(()) } else { Err(format!("a wait of {seconds} s is more than a day")) }
}

fn check_tree(place: &str, tree: &Tree, problems: &mut Problems) {
    problems.check(place, check_path(&tree.source));
    problems.check(place, check_path_written(&tree.target));
    for path in &tree.exclude {
        check_left_out(place, path, &tree.source, problems);
    }
}

fn check_left_out(place: &str, path: &str, root: &str, problems: &mut Problems) {
    problems.check(place, check_path(path));
    let below = path.strip_prefix(root.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
    if !below {
        problems.add(format!("{place}: `{}` is left out but not below `{}`", path.escape_debug(), root.escape_debug()));
    }
}

fn check_probe(plan: &Plan, place: &str, probe: &Probe, problems: &mut Problems) {
    let within = match probe {
        Probe::Running { within_seconds } => within_seconds,
        Probe::Tcp { port, within_seconds } => {
            if *port == 0 {
                problems.add(format!("{place}: there is no port 0"));
            }
            within_seconds
        }
        Probe::Http { url, within_seconds } => {
            problems.check(place, check_url(url));
            within_seconds
        }
        Probe::Command { script, words, stdin, within_seconds } => {
            std::iter::once(script).chain(words).for_each(|text| problems.check(place, check_text(text)));
            if let Some(secret) = stdin.as_ref() {
                check_secret(plan, place, secret, problems);
            }
            within_seconds
        }
    };
    problems.check(place, check_wait(*within));
}

fn check_container(plan: &Plan, place: &str, spec: &ContainerSpec, problems: &mut Problems) {
    problems.check(place, check_container_name(&spec.name));
    if !spec.restart.is_empty() {
        problems.check(place, check_policy(&spec.restart));
    }
    for word in [&spec.owner, &spec.image].into_iter().chain(&spec.networks).chain(&spec.devices).chain(&spec.user) {
        problems.check(place, check_word(word));
    }
    spec.command.iter().for_each(|text| problems.check(place, check_text(text)));
    for mount in &spec.mounts {
        problems.check(place, check_path(&mount.source));
        problems.check(place, check_path(&mount.target));
    }
    for publish in &spec.publish {
        if publish.host == 0 || publish.container == 0 || !is_protocol(&publish.protocol) {
            problems.add(format!("{place}: it publishes what is no port"));
        }
    }
    for (name, value) in &spec.env {
        problems.check(place, check_env_name(name));
        match value {
            EnvValue::Plain(text) => problems.check(place, check_text(text)),
            EnvValue::Secret(secret) => check_secret(plan, place, secret, problems),
        }
    }
}

pub(super) fn check_secret(plan: &Plan, place: &str, secret: &String, problems: &mut Problems) {
    if !plan.secrets.contains(secret) {
        problems.add(format!("{place}: the secret `{}` is not one of the plan's", secret.escape_debug()));
    }
}
