//! What is a simulated host? Its files, disks, containers, images, and what is wrong with it.
//!
//! Data and small questions only; what scripts do to it is in `script`, `tree` and `container`.

use crate::Output;
use mig_plan::{Digest, Hook};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

/// One machine.
#[derive(Debug, Clone, PartialEq)]
pub struct SimHost {
    /// Does it answer?
    pub reachable: bool,
    /// Without power until then, in milliseconds since 1970; for ever, until somebody sees to it.
    pub(super) down_until_ms: Option<u64>,
    /// Whom scripts run as.
    pub uid: u32,
    /// May they become root?
    pub sudo: bool,
    /// Its clock minus the operator's, in milliseconds.
    pub clock_offset_ms: i64,
    /// Does Docker answer?
    pub docker: bool,
    /// As `uname -m` prints it.
    pub arch: String,
    /// Processors.
    pub cpus: u32,
    /// Bytes.
    pub memory: u64,
    /// Programs that are not installed.
    pub missing_tools: BTreeSet<String>,
    /// By absolute path.
    pub nodes: BTreeMap<String, Node>,
    /// In the record folder: path by marker.
    pub marks: BTreeMap<String, String>,
    /// In the record folder, of trees that were taken over: by which manifest, and whether the mark goes when they are given up.
    pub taken: BTreeMap<String, (String, bool)>,
    /// Answers of scripts that were run under a record, by its key; `None`: begun, and ended by a loss of power.
    pub records: BTreeMap<String, Option<Output>>,
    /// Of the run that acted last under a record.
    pub epoch: u64,
    /// By name.
    pub containers: BTreeMap<String, SimContainer>,
    /// By reference: `mysql:5.7`.
    pub images: BTreeMap<String, SimImage>,
    /// Of kinds with a lifecycle, by address.
    pub resources: BTreeMap<String, super::resource::SimResource>,
    /// What is armed against steps that cut the road, by the folder of its token.
    pub(super) roads: BTreeMap<String, super::road::SimRoad>,
    /// Scripts that keep a service from taking writes, by its container.
    pub(super) hooks: BTreeMap<String, Hook>,
    /// Ports that something else than a container listens on: `22/tcp`.
    pub listening: BTreeSet<String>,
    /// By mount point.
    pub disks: BTreeMap<String, Disk>,
    /// Trees whose contents were listed, by path, with the count of changes at that time.
    pub(super) listed: BTreeMap<String, u64>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// With contents.
    File,
    /// With nodes below it.
    Folder,
    /// With a target.
    Symlink,
}

/// A file, a folder or a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Which of them.
    pub kind: NodeKind,
    /// Permission bits.
    pub mode: u32,
    /// Numeric.
    pub uid: u32,
    /// Numeric.
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// Milliseconds since 1970.
    pub modified_ms: u64,
    /// Of the entry itself, milliseconds since 1970.
    pub changed_ms: u64,
    /// Stands for the contents; of a link the target.
    pub content: String,
    /// Is it a file that a running service keeps changing?
    pub database: bool,
    /// Does it say that its service takes no writes?
    pub(super) quiet: bool,
    /// The container that does, once it was started over it.
    pub writer: Option<String>,
    /// Count of changes when it was last written.
    pub(super) version: u64,
}

/// A container.
#[derive(Debug, Clone, PartialEq)]
pub struct SimContainer {
    /// `created`, `running`, `exited`.
    pub status: &'static str,
    /// Of its last end.
    pub exit_code: i32,
    /// How it will end when it is stopped.
    pub ends_with: i32,
    /// Restart policy.
    pub restart: String,
    /// The policy before the first `no`, as the host's record keeps it.
    pub restart_before: Option<String>,
    /// Another was put in its place: whether it ran then, and its restart policy.
    pub(super) replaced: Option<(bool, String)>,
    /// Reference of its image.
    pub image: String,
    /// Id of its image.
    pub image_id: String,
    /// Label; empty if it is not ours.
    pub owner: String,
    /// Label; empty if it is not ours.
    pub spec: String,
    /// Paths of the host.
    pub mounts: Vec<String>,
    /// Published ports: `3306/tcp`.
    pub ports: Vec<String>,
    /// Does it end at once when it is started?
    pub broken: bool,
    /// Did it run when its host lost power?
    pub(super) lost_power: bool,
    /// Since when it runs, milliseconds since 1970.
    pub(super) since_ms: u64,
    /// Count of changes when it was last started; 0: never.
    pub(super) started_at: u64,
}

impl SimContainer {
    /// Is it running?
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimImage {
    /// `sha256:…`
    pub id: String,
    /// Bytes.
    pub size: u64,
}

/// A filesystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Bytes.
    pub size: u64,
    /// Bytes used by what the simulation has no nodes for.
    pub other_used: u64,
    /// Bytes that something else took meanwhile.
    pub filler: u64,
}

/// A running service writes once in so many milliseconds.
const WRITE_EVERY_MS: u64 = 1_000;

/// Is `path` the same as `root`, or below it?
pub(super) fn is_within(path: &str, root: &str) -> bool {
    let root = root.trim_end_matches('/');
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Has one of them the other in it?
pub(super) fn overlap(one: &str, other: &str) -> bool {
    is_within(one, other) || is_within(other, one)
}

/// Stands for contents that come of the parts; as long as a SHA-256.
pub(super) fn content_of(parts: &[&str]) -> String {
    Digest::of_bytes(parts.join("\0").as_bytes()).short(64).to_owned()
}

impl SimHost {
    /// The nodes at and below a path, with their paths relative to it; empty for the path itself.
    pub(super) fn below<'h>(&'h self, root: &'h str) -> impl Iterator<Item = (&'h str, &'h Node)> {
        let root = root.trim_end_matches('/');
        let nodes = self.nodes.range(root.to_owned()..).take_while(move |(path, _)| path.starts_with(root));
        nodes
            .filter(move |(path, _)| is_within(path, root))
            .map(move |(path, node)| (path.get(root.len()..).unwrap_or_default().trim_start_matches('/'), node))
    }

    /// A node as it is at this moment: a running service has written meanwhile.
    pub(super) fn seen<'n>(&self, path: impl FnOnce() -> String, node: &'n Node, now_ms: u64) -> Cow<'n, Node> {
        let writer = node.writer.as_ref().and_then(|name| self.containers.get(name)).filter(|c| c.is_running() && !node.quiet);
        let Some(writer) = writer else { return Cow::Borrowed(node) };
        let count = now_ms.saturating_sub(writer.since_ms) / WRITE_EVERY_MS;
        if count == 0 {
            return Cow::Borrowed(node);
        }
        let at_ms = writer.since_ms + count * WRITE_EVERY_MS;
        let content = content_of(&[&node.content, &path(), &writer.since_ms.to_string(), &count.to_string()]);
        Cow::Owned(Node { content, modified_ms: at_ms, changed_ms: at_ms, ..node.clone() })
    }

    /// The mount point of the filesystem that holds a path.
    pub(super) fn disk_of(&self, path: &str) -> Option<&str> {
        self.disks.keys().filter(|mount| is_within(path, mount)).max_by_key(|mount| mount.len()).map(String::as_str)
    }

    /// Bytes that still fit on the filesystem of a path.
    pub(super) fn free(&self, path: &str) -> u64 {
        let Some(mount) = self.disk_of(path) else { return 0 };
        self.disks.get(mount).map_or(0, |disk| disk.size.saturating_sub(self.used(mount)))
    }

    /// Bytes in use on a filesystem.
    pub(super) fn used(&self, mount: &str) -> u64 {
        let nodes = self.nodes.iter().filter(|(path, _)| self.disk_of(path) == Some(mount));
        let other = self.disks.get(mount).map_or(0, |disk| disk.other_used.saturating_add(disk.filler));
        nodes.map(|(_, node)| node.size).sum::<u64>().saturating_add(other)
    }

    /// Containers that ended with its power, and that nobody starts again.
    pub(super) fn unstarted(&self) -> impl Iterator<Item = &String> {
        self.containers.iter().filter(|(_, c)| c.lost_power).map(|(name, _)| name)
    }

    /// What the host looks like in the end, without what depends on when it was done.
    pub(super) fn traits(&self) -> impl Iterator<Item = Trait<'_>> {
        let nodes = self.nodes.iter().map(|(path, node)| Trait::Node {
            path,
            kind: node.kind,
            mode: node.mode,
            quiet: node.quiet,
            owner: (node.uid, node.gid),
            // Of a folder only that it is there, and of what is written to only how large it is.
            size: (node.kind != NodeKind::Folder).then_some(node.size),
            content: (node.kind != NodeKind::Folder && !(node.kind == NodeKind::File && node.database))
                .then_some((node.modified_ms, node.content.as_str())),
        });
        let containers = self.containers.iter().map(|(name, c)| Trait::Container {
            name,
            // What ended with its host's power and is not to be started again is as it should be.
            ended: if c.lost_power { ("running", 0) } else { (c.status, c.exit_code) },
            restart: &c.restart,
            image: &c.image_id,
            owner: &c.owner,
            spec: &c.spec,
        });
        let images = self.images.iter().map(|(name, image)| Trait::Image { name, id: &image.id });
        let resources = self.resources.iter().map(|(address, resource)| Trait::Resource { address, made_by: resource.made_by.as_deref() });
        let marks = self.marks.iter().map(|(name, path)| Trait::Mark { name, path });
        let taken = self.taken.iter().map(|(name, (manifest, _))| Trait::Taken { name, manifest });
        nodes.chain(containers).chain(images).chain(resources).chain(marks).chain(taken).chain([Trait::MissingTools(&self.missing_tools)])
    }

    /// The same as lines.
    pub(super) fn fingerprint(&self, name: &str) -> BTreeMap<String, String> {
        self.traits().map(|what| what.in_words(name)).collect()
    }
}

/// One thing of a host that counts in the end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trait<'h> {
    Node { path: &'h str, kind: NodeKind, mode: u32, quiet: bool, owner: (u32, u32), size: Option<u64>, content: Option<(u64, &'h str)> },
    Container { name: &'h str, ended: (&'h str, i32), restart: &'h str, image: &'h str, owner: &'h str, spec: &'h str },
    Image { name: &'h str, id: &'h str },
    Resource { address: &'h str, made_by: Option<&'h [String]> },
    Mark { name: &'h str, path: &'h str },
    Taken { name: &'h str, manifest: &'h str },
    MissingTools(&'h BTreeSet<String>),
}

impl Trait<'_> {
    /// Of which thing of the host it is said, and what.
    fn in_words(&self, host: &str) -> (String, String) {
        match self {
            Self::Node { path, kind, mode, quiet, owner: (uid, gid), size, content } => {
                let quiet = if *quiet { ", takes no writes" } else { "" };
                let text = match (size, content) {
                    (None, _) => format!("folder {mode:o} {uid}:{gid}"),
                    (Some(size), None) => format!("file {mode:o} {uid}:{gid} {size} bytes, written to"),
                    (Some(size), Some((modified_ms, content))) => {
                        format!("{kind:?} {mode:o} {uid}:{gid} {size} bytes {modified_ms} {content}")
                    }
                };
                (format!("{host}:{path}"), text + quiet)
            }
            Self::Container { name, ended: (status, exit_code), restart, image, owner, spec } => {
                let text = format!("{status} exit {exit_code} restart {restart} image {image} owner {owner} spec {spec}");
                (format!("{host}: container {name}"), text)
            }
            Self::Image { name, id } => (format!("{host}: image {name}"), (*id).to_owned()),
            Self::Resource { address, made_by } => {
                (format!("{host}: resource {address}"), made_by.map_or_else(|| "gone".to_owned(), |made| made.join(" ")))
            }
            Self::Mark { name, path } => (format!("{host}: mark {name}"), (*path).to_owned()),
            Self::Taken { name, manifest } => (format!("{host}: taken {name}"), (*manifest).to_owned()),
            Self::MissingTools(names) => (format!("{host}: missing tools"), names.iter().cloned().collect::<Vec<_>>().join(" ")),
        }
    }
}
