//! How does a world of facts come to be? Hosts as they were surveyed, and what the plan expects of those that were not.
//!
//! Each path gets a handful of files that add up to its size; one of them is a database that a running service keeps changing.

use super::host::{Disk, Node, NodeKind, SimContainer, SimHost, SimImage, content_of, is_within};
use mig_plan::{Action, Facts, Hook, HostId, Plan, Requirement, Step, facts::PathFact};
use std::collections::{BTreeMap, BTreeSet};

const SIZE_UNKNOWN_BYTES: u64 = 1_000_000_000;
const DISK_MIN_BYTES: u64 = 100_000_000_000;
/// All files are older than a simulation.
const MODIFIED_MS: u64 = 1_500_000_000_123;

/// All hosts of the plan, and the name servers.
pub(super) fn hosts(facts: &BTreeMap<HostId, Facts>, plan: &Plan) -> BTreeMap<HostId, SimHost> {
    let hosts =
        plan.hosts.keys().map(|name| (name.clone(), facts.get(name).map_or_else(|| expected(name, plan), |f| surveyed(name, f, plan))));
    // What name servers have is all that there is of them.
    let servers = super::resource::name_servers(plan).into_iter().map(|name| {
        let resources = super::resource::of_plan(&name, plan);
        (name, SimHost { resources, ..bare() })
    });
    hosts.chain(servers).collect()
}

fn bare() -> SimHost {
    SimHost {
        reachable: true,
        down_until_ms: None,
        uid: 0,
        sudo: true,
        clock_offset_ms: 0,
        docker: true,
        arch: "x86_64".to_owned(),
        cpus: 2,
        memory: 4 << 30,
        missing_tools: BTreeSet::new(),
        nodes: BTreeMap::new(),
        marks: BTreeMap::new(),
        taken: BTreeMap::new(),
        records: BTreeMap::new(),
        epoch: 0,
        containers: BTreeMap::new(),
        images: BTreeMap::new(),
        resources: BTreeMap::new(),
        roads: BTreeMap::new(),
        hooks: BTreeMap::new(),
        listening: BTreeSet::from(["22/tcp".to_owned()]),
        disks: BTreeMap::new(),
        listed: BTreeMap::new(),
    }
}

fn surveyed(name: &str, facts: &Facts, plan: &Plan) -> SimHost {
    let mut host = bare();
    host.arch.clone_from(facts.arch.as_ref().unwrap_or(&host.arch.clone()));
    host.cpus = facts.cpus.unwrap_or(host.cpus);
    host.memory = facts.memory.unwrap_or(host.memory);
    host.clock_offset_ms = facts.clock_offset_ms.unwrap_or(0);
    let mut published = BTreeSet::new();
    for (container, fact) in facts.containers.iter().flatten() {
        let (Some(named), ports) = (&fact.image, fact.ports.clone().unwrap_or_default()) else { continue };
        let image = SimImage::of_registry(named);
        let image = SimImage { id: fact.image_id.clone().unwrap_or(image.id), size: fact.image_size.unwrap_or(image.size) };
        let mounts = fact.mounts.iter().flatten().filter_map(|mount| mount.source.clone()).collect();
        published.extend(ports.iter().cloned());
        let running = fact.running.unwrap_or(false);
        let made = existing(named, &image.id, running, fact.restart.as_deref().unwrap_or("no"), mounts, ports);
        host.images.insert(named.clone(), image);
        host.containers.insert(container.clone(), made);
    }
    host.listening.extend(facts.listening.iter().flatten().filter(|port| !published.contains(*port)).cloned());
    let mut paths: BTreeMap<String, PathFact> = facts.paths.clone().unwrap_or_default();
    let mounts = facts.containers.iter().flat_map(BTreeMap::values).flat_map(|c| &c.mounts).flatten();
    let mounted = mounts.filter_map(|mount| mount.source.as_ref());
    for path in mounted.filter(|path| path.starts_with('/')).chain(copied_from(name, plan)) {
        paths.entry(path.clone()).or_default();
    }
    fill(&mut host, &paths);
    for (mount, fact) in facts.mounts.iter().flatten() {
        let Some(size) = fact.size else { continue };
        host.disks.insert(mount.clone(), Disk { size, other_used: 0, filler: 0 });
    }
    host.disks.entry("/".to_owned()).or_insert(Disk { size: DISK_MIN_BYTES, other_used: 0, filler: 0 });
    settle_disks(&mut host, facts);
    host.missing_tools = installed_by(name, plan);
    host.resources = super::resource::of_plan(name, plan);
    host.hooks = quiets(name, plan);
    host
}

/// What is used and no file stands for is used all the same.
fn settle_disks(host: &mut SimHost, facts: &Facts) {
    let mounts: Vec<String> = host.disks.keys().cloned().collect();
    for mount in mounts {
        let known = host.used(&mount);
        let used = facts.mounts.as_ref().and_then(|mounts| mounts.get(&mount)?.used).unwrap_or(known);
        if let Some(disk) = host.disks.get_mut(&mount) {
            disk.other_used = used.saturating_sub(known);
        }
    }
}

/// A host that was not surveyed has what the plan requires and uses.
fn expected(name: &str, plan: &Plan) -> SimHost {
    let mut host = bare();
    let mut room = 0_u64;
    for precondition in plan.preconditions.iter().filter(|p| p.host == name) {
        match &precondition.requirement {
            Requirement::Hardware { arch, cpus, memory, disks } => {
                host.arch.clone_from(arch.as_ref().unwrap_or(&host.arch.clone()));
                host.cpus = cpus.unwrap_or(host.cpus).max(host.cpus);
                host.memory = memory.unwrap_or(host.memory).max(host.memory);
                for (path, &size) in disks {
                    host.disks.insert(path.clone(), Disk { size, other_used: 0, filler: 0 });
                }
            }
            Requirement::FreeSpace { bytes, .. } => room = room.saturating_add(*bytes),
            Requirement::Tools { .. } | Requirement::Container { .. } | Requirement::PathFree { .. } | Requirement::PortFree { .. } => {}
        }
    }
    host.disks.entry("/".to_owned()).or_insert(Disk { size: room.saturating_mul(2).max(DISK_MIN_BYTES), other_used: 0, filler: 0 });
    let paths: BTreeMap<String, PathFact> = copied_from(name, plan).map(|path| (path.clone(), PathFact::default())).collect();
    for container in used_before_made(name, plan) {
        let mounts = mounted_by(name, &container, plan);
        let image = brought_from(name, plan).next().cloned().unwrap_or_else(|| format!("{container}:1.0"));
        let id = SimImage::of_registry(&image).id;
        host.containers.insert(container, existing(&image, &id, true, "unless-stopped", mounts, vec![]));
    }
    for image in brought_from(name, plan) {
        host.images.insert(image.clone(), SimImage::of_registry(image));
    }
    fill(&mut host, &paths);
    host.missing_tools = installed_by(name, plan);
    host.resources = super::resource::of_plan(name, plan);
    host.hooks = quiets(name, plan);
    host
}

fn existing(image: &str, image_id: &str, running: bool, restart: &str, mounts: Vec<String>, ports: Vec<String>) -> SimContainer {
    SimContainer {
        status: if running { "running" } else { "exited" },
        exit_code: 0,
        ends_with: 0,
        restart: restart.to_owned(),
        restart_before: None,
        replaced: None,
        image: image.to_owned(),
        image_id: image_id.to_owned(),
        owner: String::new(),
        spec: String::new(),
        mounts,
        ports,
        broken: false,
        lost_power: false,
        since_ms: MODIFIED_MS,
        started_at: 1,
    }
}

/// Sources of trees that the plan copies from a host.
fn copied_from<'p>(name: &str, plan: &'p Plan) -> impl Iterator<Item = &'p String> {
    plan.steps
        .iter()
        .filter_map(move |step| match &step.action {
            Action::CopyTrees { from, trees, .. } if from == name => Some(trees),
            _ => None,
        })
        .flatten()
        .map(|tree| &tree.source)
}

/// What the moves that stop a container copy from its host; all of it, if none does.
fn mounted_by(name: &str, container: &str, plan: &Plan) -> Vec<String> {
    let ends_it = |step: &&Step| matches!(&step.action, Action::StopContainer { host, container: c, .. } if host == name && c == container);
    let moves: BTreeSet<_> = plan.steps.iter().filter(ends_it).filter_map(|step| step.of_move.as_ref()).collect();
    let steps = plan.steps.iter().filter(|step| moves.is_empty() || step.of_move.as_ref().is_some_and(|of| moves.contains(of)));
    let trees = steps.filter_map(|step| match &step.action {
        Action::CopyTrees { from, trees, .. } if from == name => Some(trees),
        _ => None,
    });
    trees.flatten().map(|tree| tree.source.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn brought_from<'p>(name: &str, plan: &'p Plan) -> impl Iterator<Item = &'p String> {
    plan.steps.iter().filter_map(move |step| match &step.action {
        Action::BringImage { from: Some(from), image, .. } if from == name => Some(image),
        _ => None,
    })
}

/// Programs that the plan installs are missing before.
fn installed_by(name: &str, plan: &Plan) -> BTreeSet<String> {
    let names = plan.steps.iter().filter_map(|step| match &step.action {
        Action::InstallTools { host, names } if host == name => Some(names),
        _ => None,
    });
    names.flatten().cloned().collect()
}

/// What keeps services of a host from taking writes, by their containers.
fn quiets(name: &str, plan: &Plan) -> BTreeMap<String, Hook> {
    let of = |step: &Step| match &step.action {
        Action::Quiesce { host, container, hook } if host == name => Some((container.clone(), hook.clone())),
        _ => None,
    };
    plan.steps.iter().filter_map(of).collect()
}

/// Containers that a step stops or changes on a host and that no step creates there.
fn used_before_made(name: &str, plan: &Plan) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut made = BTreeSet::new();
    for step in &plan.steps {
        match &step.action {
            Action::SetRestart { host, container, .. } | Action::StopContainer { host, container, .. } if host == name => {
                used.insert(container.clone());
            }
            Action::CreateContainer { host, container } if host == name => {
                made.insert(container.name.clone());
            }
            _ => {}
        }
    }
    for precondition in plan.preconditions.iter().filter(|p| p.host == name) {
        if let Requirement::Container { name } = &precondition.requirement {
            used.insert(name.clone());
        }
    }
    used.difference(&made).cloned().collect()
}

/// Files below each path. A path within another has its own, and the outer one has so much less.
fn fill(host: &mut SimHost, paths: &BTreeMap<String, PathFact>) {
    for (path, fact) in paths {
        let inner = paths.iter().filter(|(other, _)| *other != path && is_within(other, path));
        let within: u64 = inner.filter_map(|(_, fact)| fact.size).sum();
        let size = fact.size.unwrap_or(SIZE_UNKNOWN_BYTES).saturating_sub(within);
        host.make_folders(path.rsplit_once('/').map_or("", |(above, _)| above), MODIFIED_MS, 0);
        plant(host, path, fact, size);
    }
}

/// A path that looks like one file is one; folders of fragments end in `.d` by custom.
fn is_file(path: &str, fact: &PathFact) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    fact.entries.unwrap_or(0) == 0 && name.trim_start_matches('.').contains('.') && name.rsplit('.').next() != Some("d")
}

fn plant(host: &mut SimHost, path: &str, fact: &PathFact, size: u64) {
    let (uid, gid) = fact.owner.as_deref().and_then(|owner| owner.split_once(':')).unwrap_or(("0", "0"));
    let owner = (uid.parse().unwrap_or(0), gid.parse().unwrap_or(0));
    let file = |relative: &str, size: u64, mode: u32| Node {
        kind: NodeKind::File,
        mode,
        uid: owner.0,
        gid: owner.1,
        size,
        content: content_of(&[path, relative]),
        ..Node::folder(MODIFIED_MS, 0)
    };
    if is_file(path, fact) {
        host.nodes.insert(path.to_owned(), file("", size, 0o644));
        return;
    }
    let folder = |mode| Node { mode, uid: owner.0, gid: owner.1, ..Node::folder(MODIFIED_MS, 0) };
    let link = Node { kind: NodeKind::Symlink, mode: 0o777, size: 4, content: "data".to_owned(), ..folder(0o777) };
    host.nodes.insert(path.to_owned(), folder(0o750));
    let nodes = [
        ("data", file("data", size / 2, 0o640)),
        ("nested", folder(0o700)),
        ("nested/more", file("nested/more", size / 4, 0o600)),
        ("nested/link", link),
        ("zero", file("zero", 0, 0o644)),
        ("running", file("running", size / 8, 0o660)),
    ];
    for (relative, node) in nodes {
        host.nodes.insert(format!("{}/{relative}", path.trim_end_matches('/')), node);
    }
    // The service that has the nearest mount writes to it.
    let writer = host.containers.iter().find(|(_, c)| c.mounts.iter().any(|mount| is_within(path, mount)));
    let writer = writer.map(|(name, _)| name.clone());
    if let Some(node) = host.nodes.get_mut(&format!("{}/running", path.trim_end_matches('/'))) {
        node.database = writer.is_some();
        node.writer = writer;
    }
}
