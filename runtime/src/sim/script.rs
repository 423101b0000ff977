//! What does a script of the catalogue answer on a simulated host, and how long does it take? One match over their names.
//!
//! Trees and containers are in files of their own. A name without a model is answered as a failure that says so.

use super::host::SimHost;
use crate::{Output, Script};

const DISK_BYTES_PER_MS: u64 = 200_000;
const ENTRIES_PER_MS: u64 = 50;
const QUICK_MS: u64 = 10;

/// The word at a place; empty if there is none.
pub(super) fn word(script: &Script, place: usize) -> &str {
    script.words.get(place).map(String::as_str).unwrap_or_default()
}

pub(super) fn answer(text: impl Into<Vec<u8>>) -> Output {
    Output { status: 0, stdout: text.into(), stderr: String::new() }
}

pub(super) fn refuse(status: i32, message: impl Into<String>) -> Output {
    Output { status, stdout: vec![], stderr: message.into() }
}

/// The question that an observation asks; scripts are known by name.
fn observed(script: &Script) -> Script {
    let known = ["call", "container_look"].into_iter().find(|name| *name == word(script, 1));
    let words = script.words.get(3..).unwrap_or_default().to_vec();
    Script { name: known.unwrap_or("unknown"), text: "", words, stdin: script.stdin.clone() }
}

impl SimHost {
    /// Milliseconds.
    pub(super) fn cost_ms(&self, script: &Script) -> u64 {
        match script.name {
            "tree_list" => {
                let nodes = || self.below(word(script, 0)).map(|(_, node)| node);
                let reading = if word(script, 1) == "full" { nodes().map(|n| n.size).sum::<u64>() / DISK_BYTES_PER_MS } else { 0 };
                QUICK_MS + reading + nodes().count() as u64 / ENTRIES_PER_MS
            }
            "container_stop" => 2_000,
            "container_start" | "container_create" => 500,
            "image_pull" => 30_000,
            "install_tools" => 15_000,
            _ => QUICK_MS,
        }
    }

    /// The effect and the answer.
    pub(super) fn answer(&mut self, script: &Script, now_ms: u64, change: u64) -> Output {
        let needs_docker = script.name.starts_with("container_") || script.name.starts_with("image_");
        if needs_docker && !self.docker {
            return refuse(1, "docker does not answer");
        }
        match script.name {
            "about" => answer(self.about(now_ms)),
            "tools" => {
                let missing = script.words.iter().filter(|name| self.missing_tools.contains(*name)).cloned();
                answer(missing.collect::<Vec<_>>().join("\n"))
            }
            "install_tools" => {
                let missing = self.missing_tools.len();
                self.missing_tools.retain(|name| !script.words.contains(name));
                answer(if self.missing_tools.len() == missing { "unchanged\n" } else { "changed\n" })
            }
            "space" => answer(self.space(word(script, 0))),
            "path_look" => answer(self.path_look(word(script, 0), word(script, 1))),
            "port_look" => answer(if self.is_port_used(&format!("{}/{}", word(script, 0), word(script, 1))) { "used\n" } else { "free\n" }),
            "image_look" => answer(self.images.get(word(script, 0)).map(|image| format!("{}\n", image.id)).unwrap_or_default()),
            "image_pull" => self.image_pull(word(script, 0)),
            "open_files" => answer(self.open_files(&script.words)),
            "probe_tcp" => self.probe_port(&format!("{}/tcp", word(script, 0)), now_ms),
            "probe_http" => self.probe_http(word(script, 0), now_ms),
            "probe_command" => self.probe_command(now_ms),
            "service_hook" => self.service_hook(script, now_ms, change),
            "service_proof" => self.service_proof(word(script, 0)),
            "call" => self.call(script),
            "armed" => self.armed(script, now_ms),
            "disarm" => self.disarm(script),
            "observe" => self.answer(&observed(script), now_ms, change),
            "tree_list" => self.tree_list(script, now_ms, change),
            "tree_prepare" => self.tree_prepare(script, now_ms, change),
            "tree_taken" => self.tree_taken(word(script, 0)),
            "tree_take" => self.tree_take(script),
            "tree_release" => self.tree_release(word(script, 0)),
            "tree_delete" => self.tree_delete(script, change),
            "container_look" => answer(self.container_line(word(script, 0))),
            "container_logs" => answer(""),
            "container_restart" => self.container_restart(word(script, 0), word(script, 1)),
            "container_stop" => self.container_stop(word(script, 0), now_ms, change),
            "container_start" => self.container_start(word(script, 0), now_ms, change),
            "container_create" => self.container_create(script, now_ms, change),
            "container_remove" => self.container_remove(script, now_ms, change),
            other => refuse(1, format!("the simulation has no model of `{other}`")),
        }
    }

    fn about(&self, now_ms: u64) -> String {
        let now_ms = now_ms.saturating_add_signed(self.clock_offset_ms);
        let user = if self.uid == 0 { "root" } else { "admin" };
        let docker = if self.docker { "27.0.0" } else { "" };
        format!(
            "user={user}\nuid={}\nnow_ms={now_ms}\nhostname=simulated\narch={}\ncpus={}\nmemory_bytes={}\ndocker={docker}\nsudo={}\n",
            self.uid,
            self.arch,
            self.cpus,
            self.memory,
            self.uid == 0 || self.sudo,
        )
    }

    fn space(&self, path: &str) -> String {
        let Some(mount) = self.disk_of(path) else { return "0 0\n".to_owned() };
        let size = self.disks.get(mount).map_or(0, |disk| disk.size);
        format!("{} {size}\n", size.saturating_sub(self.used(mount)))
    }

    fn path_look(&self, path: &str, marker: &str) -> &'static str {
        if self.marks.contains_key(marker) {
            return "ours\n";
        }
        match (self.nodes.get(path), self.below(path).count()) {
            (None, 0) => "absent\n",
            (Some(node), 1) if node.kind == super::NodeKind::Folder => "empty\n",
            _ => "other\n",
        }
    }
}
