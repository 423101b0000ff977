//! What does Docker do on a simulated host? Containers are created, started, stopped, removed; probes see whether they answer.
//!
//! A container that runs writes to the files of its mounts that are marked as a database.

use super::{
    host::{SimContainer, SimHost, SimImage, content_of, is_within, overlap},
    script::{answer, refuse, word},
};
use crate::{Output, Script, scripts::STATUS_NOT_OURS};

/// A service answers so long after its container was started.
const READY_AFTER_MS: u64 = 3_000;
/// Where Docker keeps images and containers.
const DOCKER_ROOT: &str = "/var/lib/docker";
/// What a new container takes there at once.
const CONTAINER_BYTES: u64 = 4_096;
const IMAGE_BYTES: u64 = 300_000_000;

/// What a container is called that another was put in the place of.
fn old_name(name: &str) -> String {
    format!("{name}.migc-old")
}

impl SimImage {
    /// One of that name as a registry has it.
    pub(super) fn of_registry(name: &str) -> Self {
        Self { id: format!("sha256:{}", content_of(&["image", name])), size: IMAGE_BYTES }
    }
}

/// The text and words of a script of a service.
fn hook_of(script: &Script) -> (&String, &[String]) {
    static NONE: String = String::new();
    (script.words.get(1).unwrap_or(&NONE), script.words.get(2..).unwrap_or_default())
}

fn absent(name: &str) -> Output {
    refuse(1, format!("there is no container {name}"))
}

impl SimHost {
    pub(super) fn container_line(&self, name: &str) -> String {
        let Some(c) = self.containers.get(name) else { return "absent\n".to_owned() };
        format!(
            "status={}\trunning={}\texit_code={}\toom=false\trestart={}\timage_id={}\timage={}\towner={}\tspec={}\n",
            c.status,
            c.is_running(),
            c.exit_code,
            c.restart,
            c.image_id,
            c.image,
            c.owner,
            c.spec,
        )
    }

    pub(super) fn container_restart(&mut self, name: &str, policy: &str) -> Output {
        let Some(c) = self.containers.get_mut(name) else { return absent(name) };
        let before = c.restart.clone();
        if let (true, "no", Some(kept)) = (policy == "no", before.as_str(), &c.restart_before) {
            return answer(format!("{kept}\n"));
        }
        c.restart_before = (policy == "no").then(|| before.clone());
        policy.clone_into(&mut c.restart);
        answer(format!("{before}\n"))
    }

    pub(super) fn container_stop(&mut self, name: &str, now_ms: u64, change: u64) -> Output {
        if !self.containers.contains_key(name) {
            return absent(name);
        }
        self.halt(name, now_ms, change);
        answer(self.container_line(name))
    }

    /// Ends a container; what it wrote stays.
    pub(super) fn halt(&mut self, name: &str, now_ms: u64, change: u64) {
        if !self.containers.get(name).is_some_and(SimContainer::is_running) {
            return;
        }
        self.write_down(name, now_ms, change);
        if let Some(c) = self.containers.get_mut(name) {
            c.status = "exited";
            c.exit_code = c.ends_with;
        }
    }

    /// What a container wrote so far is in its files.
    fn write_down(&mut self, name: &str, now_ms: u64, change: u64) {
        let is_its = |node: &super::Node| node.writer.as_deref() == Some(name) && !node.quiet;
        let written: Vec<String> = self.nodes.iter().filter(|(_, node)| is_its(node)).map(|(path, _)| path.clone()).collect();
        for path in written {
            let Some(seen) = self.nodes.get(&path).map(|node| self.seen(|| path.clone(), node, now_ms).into_owned()) else { continue };
            self.nodes.insert(path, super::Node { version: change, modified_ms: now_ms, changed_ms: now_ms, ..seen });
        }
    }

    /// A service takes no writes, or takes them again. Its data say so, and travel with that.
    pub(super) fn service_hook(&mut self, script: &Script, now_ms: u64, change: u64) -> Output {
        let name = word(script, 0);
        if !self.containers.get(name).is_some_and(SimContainer::is_running) {
            return refuse(1, format!("container {name} is not running"));
        }
        let quiets = self.hooks.get(name).is_some_and(|quiesce| (&quiesce.script, quiesce.words.as_slice()) == hook_of(script));
        self.write_down(name, now_ms, change);
        for node in self.nodes.values_mut().filter(|node| node.writer.as_deref() == Some(name) && node.quiet != quiets) {
            *node = super::Node { quiet: quiets, version: change, modified_ms: now_ms, changed_ms: now_ms, ..node.clone() };
        }
        if let Some(c) = self.containers.get_mut(name).filter(|_| !quiets) {
            c.since_ms = now_ms;
        }
        answer("")
    }

    /// What a service holds is what its files held when it was started or kept from writing: who asks then waits for nobody.
    pub(super) fn service_proof(&self, name: &str) -> Output {
        let Some(c) = self.containers.get(name).filter(|c| c.is_running()) else {
            return refuse(1, format!("container {name} is not running"));
        };
        let held = c.mounts.iter().flat_map(|mount| self.below(mount)).filter(|(_, node)| node.kind == super::NodeKind::File);
        let mut lines: Vec<String> = held.map(|(path, node)| format!("{path} {} {}", node.size, node.content)).collect();
        lines.sort();
        answer(lines.join("\n"))
    }

    pub(super) fn container_start(&mut self, name: &str, now_ms: u64, change: u64) -> Output {
        let Some(c) = self.containers.get(name) else { return absent(name) };
        if c.is_running() {
            return answer("unchanged\n");
        }
        if let Some(port) = c.ports.clone().into_iter().find(|port| self.is_port_used(port)) {
            return refuse(1, format!("driver failed programming external connectivity: port {port} is already allocated"));
        }
        let mounts = c.mounts.clone();
        for (path, node) in &mut self.nodes {
            if node.database && mounts.iter().any(|mount| is_within(path, mount)) {
                node.writer = Some(name.to_owned());
            }
        }
        let Some(c) = self.containers.get_mut(name) else { return absent(name) };
        c.lost_power = false;
        c.since_ms = now_ms;
        c.started_at = change;
        c.status = if c.broken { "exited" } else { "running" };
        c.exit_code = i32::from(c.broken);
        answer("changed\n")
    }

    pub(super) fn container_create(&mut self, script: &Script, now_ms: u64, change: u64) -> Output {
        let (name, owner, spec) = (word(script, 0), word(script, 1), word(script, 2));
        let networks = word(script, 3).parse::<usize>().unwrap_or(0);
        let rest = script.words.get(4 + networks..).unwrap_or_default();
        let options = || rest.iter().take_while(|w| w.starts_with("--")).filter_map(|w| w.split_once('='));
        let of = |option: &'static str| options().filter(move |(key, _)| *key == option).map(|(_, value)| value);
        let image = rest.iter().find(|w| !w.starts_with("--")).cloned().unwrap_or_default();
        let Some(image_id) = self.images.get(&image).map(|image| image.id.clone()) else {
            return refuse(1, format!("No such image: {image}"));
        };
        if self.free(DOCKER_ROOT) < CONTAINER_BYTES {
            return refuse(1, format!("mkdir {DOCKER_ROOT}/overlay2: no space left on device"));
        }
        let how = match self.containers.get(name) {
            Some(c) if c.owner != owner => return refuse(STATUS_NOT_OURS, format!("a container {name} is there already and is not ours")),
            Some(c) if c.spec == spec && c.restart_before.is_none() => return answer("unchanged\n"),
            Some(_) => "replaced\n",
            None if self.containers.contains_key(&old_name(name)) => "replaced\n",
            None => "created\n",
        };
        let container = SimContainer {
            status: "created",
            exit_code: 0,
            ends_with: 0,
            restart: of("--restart").next().unwrap_or("no").to_owned(),
            restart_before: None,
            replaced: None,
            image,
            image_id,
            owner: owner.to_owned(),
            spec: spec.to_owned(),
            mounts: of("--volume").filter_map(|volume| volume.split(':').next()).map(str::to_owned).collect(),
            ports: of("--publish").filter_map(|port| Some(format!("{}/{}", port.split(':').next()?, port.split('/').nth(1)?))).collect(),
            broken: false,
            lost_power: false,
            since_ms: 0,
            started_at: 0,
        };
        if let Some(was) = self.containers.get(name) {
            let (ran, policy) = (was.is_running(), was.restart.clone());
            self.halt(name, now_ms, change);
            if let Some(old) = self.containers.remove(name) {
                let old = SimContainer { restart: "no".to_owned(), replaced: Some((ran, policy)), ..old };
                self.containers.insert(old_name(name), old);
            }
        }
        self.containers.insert(name.to_owned(), container);
        answer(how)
    }

    pub(super) fn container_remove(&mut self, script: &Script, now_ms: u64, change: u64) -> Output {
        let (name, owner, back) = (word(script, 0), word(script, 1), word(script, 2) == "true");
        if self.containers.get(name).is_some_and(|c| c.owner != owner) {
            return refuse(STATUS_NOT_OURS, format!("the container {name} is not ours"));
        }
        if back && !self.containers.contains_key(&old_name(name)) {
            return answer("absent\n");
        }
        self.halt(name, now_ms, change);
        let removed = self.containers.remove(name).is_some();
        let Some(mut old) = self.containers.remove(&old_name(name)) else {
            return answer(if removed { "removed\n" } else { "absent\n" });
        };
        let Some((ran, policy)) = old.replaced.take().filter(|_| back) else { return answer("removed\n") };
        old.restart = policy;
        self.containers.insert(name.to_owned(), old);
        if ran {
            let started = self.container_start(name, now_ms, change);
            if started.status != 0 {
                return started;
            }
        }
        answer("restored\n")
    }

    pub(super) fn image_pull(&mut self, name: &str) -> Output {
        self.keep_image(name.to_owned(), SimImage::of_registry(name))
    }

    /// An image takes room where Docker keeps its data, once.
    pub(super) fn keep_image(&mut self, name: String, image: SimImage) -> Output {
        if !self.images.contains_key(&name) {
            if image.size > self.free(DOCKER_ROOT) {
                return refuse(1, format!("{name}: write {DOCKER_ROOT}/tmp: no space left on device"));
            }
            let mount = self.disk_of(DOCKER_ROOT).map(str::to_owned);
            if let Some(disk) = mount.and_then(|mount| self.disks.get_mut(&mount)) {
                disk.other_used = disk.other_used.saturating_add(image.size);
            }
        }
        self.images.insert(name, image);
        answer("")
    }

    pub(super) fn is_port_used(&self, port: &str) -> bool {
        self.listening.contains(port) || self.containers.values().any(|c| c.is_running() && c.ports.iter().any(|p| p == port))
    }

    pub(super) fn open_files(&self, paths: &[String]) -> String {
        let writers = self.containers.values().filter(|c| c.is_running()).flat_map(|c| &c.mounts);
        let open = writers.filter(|mount| paths.iter().any(|path| overlap(mount, path)));
        open.map(|mount| format!("4711 {mount}")).collect::<Vec<_>>().join("\n")
    }

    fn is_ready(c: &SimContainer, now_ms: u64) -> bool {
        c.is_running() && now_ms >= c.since_ms.saturating_add(READY_AFTER_MS)
    }

    pub(super) fn probe_port(&self, port: &str, now_ms: u64) -> Output {
        let answers = self.listening.contains(port)
            || self.containers.values().any(|c| Self::is_ready(c, now_ms) && (c.ports.is_empty() || c.ports.iter().any(|p| p == port)));
        if answers { answer("") } else { refuse(1, format!("nothing answers on {port}")) }
    }

    /// The port is what follows the last colon of the authority; another host's answer is taken for granted.
    pub(super) fn probe_http(&self, url: &str, now_ms: u64) -> Output {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let authority = rest.split('/').next().unwrap_or_default();
        let default = if scheme == "https" { "443" } else { "80" };
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, default));
        if matches!(host, "localhost" | "127.0.0.1" | "[::1]") { self.probe_port(&format!("{port}/tcp"), now_ms) } else { answer("") }
    }

    /// What a command would find is not modelled: it succeeds once every container that runs is ready.
    pub(super) fn probe_command(&self, now_ms: u64) -> Output {
        let ready = self.containers.values().filter(|c| c.is_running()).all(|c| Self::is_ready(c, now_ms));
        if ready { answer("") } else { refuse(1, "not ready yet") }
    }
}
