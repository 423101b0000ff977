//! What do the scripts for trees do on a simulated host? Listing, preparing, sending, receiving, deleting.
//!
//! Entries keep all that a real copy keeps; links between files and extended attributes are not modelled.

use super::{
    host::{Node, NodeKind, SimHost, content_of, is_within},
    script::{answer, refuse, word},
};
use crate::{
    Output, Script,
    manifest::{Depth, EntryType, Manifest, ManifestEntry, Root, Time, encode},
    scripts::STATUS_NOT_OURS,
};
use std::collections::BTreeMap;

const FOLDER_MODE: u32 = 0o755;
const FOLDER_BYTES: u64 = 4_096;
const BLOCK_BYTES: u64 = 512;

/// What a stream carries.
pub(super) enum Cargo {
    /// Nodes by path relative to their tree.
    Nodes(BTreeMap<String, Node>),
    /// An image by its reference.
    Image(String, super::SimImage),
}

impl Node {
    pub(super) fn folder(now_ms: u64, version: u64) -> Self {
        Self {
            kind: NodeKind::Folder,
            mode: FOLDER_MODE,
            uid: 0,
            gid: 0,
            size: FOLDER_BYTES,
            modified_ms: now_ms,
            changed_ms: now_ms,
            content: String::new(),
            database: false,
            quiet: false,
            writer: None,
            version,
        }
    }
}

fn time(milliseconds: u64) -> Time {
    Time { seconds: i64::try_from(milliseconds / 1_000).unwrap_or(i64::MAX), nanoseconds: (milliseconds % 1_000) as u32 * 1_000_000 }
}

fn listed(node: &Node, place: usize, depth: Depth) -> ManifestEntry {
    let entry_type = match node.kind {
        NodeKind::File => EntryType::File,
        NodeKind::Folder => EntryType::Folder,
        NodeKind::Symlink => EntryType::Symlink,
    };
    ManifestEntry {
        entry_type,
        mode: node.mode,
        uid: node.uid,
        gid: node.gid,
        size: node.size,
        modified: time(node.modified_ms),
        changed: time(node.changed_ms),
        device: 1,
        inode: place as u64 + 1,
        links: 1,
        allocated: node.size.div_ceil(BLOCK_BYTES) * BLOCK_BYTES,
        target: if node.kind == NodeKind::Symlink { node.content.clone().into_bytes() } else { vec![] },
        number: String::new(),
        attributes: BTreeMap::new(),
        content: (depth == Depth::Full && node.kind == NodeKind::File).then(|| node.content.clone()),
    }
}

/// Relative paths, each ended by NUL; `.` is the tree itself, the others begin with `./`.
fn names(stdin: &[u8]) -> Vec<String> {
    let names = stdin.split(|&byte| byte == 0).filter(|name| !name.is_empty()).map(String::from_utf8_lossy);
    names.map(|name| if name == "." { String::new() } else { name.trim_start_matches("./").to_owned() }).collect()
}

fn join(root: &str, relative: &str) -> String {
    if relative.is_empty() { root.to_owned() } else { format!("{}/{relative}", root.trim_end_matches('/')) }
}

impl SimHost {
    pub(super) fn tree_list(&mut self, script: &Script, now_ms: u64, change: u64) -> Output {
        let root = word(script, 0).to_owned();
        let depth = if word(script, 1) == "full" { Depth::Full } else { Depth::Meta };
        let exclude = script.words.get(2..).unwrap_or_default();
        let Some(node) = self.nodes.get(&root) else { return answer(encode(&Manifest::absent(depth))) };
        let is_kept = |relative: &str| !exclude.iter().any(|path| is_within(relative, path));
        let kept = self.below(&root).filter(|(relative, _)| relative.is_empty() || is_kept(relative));
        let entries = kept.enumerate().map(|(place, (relative, node))| {
            let seen = self.seen(|| join(&root, relative), node, now_ms);
            (relative.as_bytes().to_vec(), listed(&seen, place, depth))
        });
        let manifest = Manifest {
            root: if node.kind == NodeKind::Folder { Root::Folder } else { Root::File },
            depth,
            attributes_read: !self.missing_tools.contains("getfattr"),
            complete: true,
            entries: entries.collect(),
        };
        if depth == Depth::Full {
            self.listed.insert(root, change);
        }
        answer(encode(&manifest))
    }

    pub(super) fn tree_prepare(&mut self, script: &Script, now_ms: u64, change: u64) -> Output {
        let (path, kind, marker) = (word(script, 0), word(script, 1), word(script, 2));
        let is_free =
            self.below(path).count() <= 1 && self.nodes.get(path).is_none_or(|node| node.kind == NodeKind::Folder && kind == "dir");
        if !self.marks.contains_key(marker) && !is_free {
            return refuse(STATUS_NOT_OURS, format!("{path} holds data that this project did not put there"));
        }
        if self.free(path) < FOLDER_BYTES {
            return refuse(1, format!("mkdir: cannot create directory '{path}': No space left on device"));
        }
        self.marks.insert(marker.to_owned(), path.to_owned());
        let folder = if kind == "file" { path.rsplit_once('/').map_or("", |(above, _)| above) } else { path };
        self.make_folders(folder, now_ms, change);
        answer("")
    }

    pub(super) fn tree_taken(&self, marker: &str) -> Output {
        let taken = self.taken.get(marker).filter(|_| self.marks.contains_key(marker));
        answer(taken.map(|(manifest, _)| format!("{manifest}\n")).unwrap_or_default())
    }

    pub(super) fn tree_take(&mut self, script: &Script) -> Output {
        let (path, kind, marker, manifest) = (word(script, 0), word(script, 1), word(script, 2), word(script, 3));
        let lent = match self.taken.get(marker) {
            _ if !self.marks.contains_key(marker) => true,
            Some((_, lent)) => *lent,
            None => false,
        };
        self.taken.insert(marker.to_owned(), (manifest.to_owned(), lent));
        if kind != "none" {
            self.marks.entry(marker.to_owned()).or_insert_with(|| path.to_owned());
        }
        answer("")
    }

    pub(super) fn tree_release(&mut self, marker: &str) -> Output {
        if let Some((_, true)) = self.taken.remove(marker) {
            self.marks.remove(marker);
        }
        answer("")
    }

    /// As `mkdir -p`.
    pub(super) fn make_folders(&mut self, path: &str, now_ms: u64, change: u64) {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        for folder in ends.filter_map(|end| path.get(..end)).filter(|folder| !folder.is_empty()) {
            self.nodes.entry(folder.to_owned()).or_insert_with(|| Node::folder(now_ms, change));
        }
    }

    pub(super) fn tree_delete(&mut self, script: &Script, change: u64) -> Output {
        let path = word(script, 0);
        if self.marks.get(word(script, 1)).map(String::as_str) != Some(path) {
            return refuse(STATUS_NOT_OURS, format!("{path} was not made by this project"));
        }
        for name in names(&script.stdin) {
            let full = join(path, &name);
            if self.below(&full).count() > 1 {
                return refuse(1, format!("{full}: Directory not empty"));
            }
            self.nodes.remove(&full);
        }
        self.note_write(path, change);
        answer("")
    }

    /// A tree was written to, also where no node is left to show it.
    fn note_write(&mut self, root: &str, change: u64) {
        if let Some(node) = self.nodes.get_mut(root) {
            node.version = change;
        }
    }

    /// How much [`SimHost::send`] will send.
    pub(super) fn stream_bytes(&self, script: &Script) -> u64 {
        let root = word(script, 0);
        if script.name == "image_save" {
            return self.images.get(root).map_or(0, |image| image.size);
        }
        names(&script.stdin).iter().filter_map(|name| self.nodes.get(&join(root, name))).map(|node| node.size).sum()
    }

    /// What the reading side of a stream gives.
    pub(super) fn send(&self, script: &Script, now_ms: u64) -> Result<Cargo, String> {
        let root = word(script, 0);
        match script.name {
            "image_save" => {
                let image = self.images.get(root).ok_or_else(|| format!("no such image: {root}"))?;
                Ok(Cargo::Image(root.to_owned(), image.clone()))
            }
            "tree_send" => {
                let mut nodes = BTreeMap::new();
                for name in names(&script.stdin) {
                    let full = join(root, &name);
                    let Some(node) = self.nodes.get(&full) else {
                        if word(script, 1) == "live" {
                            continue;
                        }
                        return Err(format!("{full}: file vanished"));
                    };
                    nodes.insert(name, Node { writer: None, ..self.seen(|| full.clone(), node, now_ms).into_owned() });
                }
                Ok(Cargo::Nodes(nodes))
            }
            other => Err(format!("the simulation has no model of `{other}` as a stream")),
        }
    }

    /// What the writing side of a stream does.
    pub(super) fn receive(&mut self, script: &Script, cargo: Cargo, now_ms: u64, change: u64) -> Output {
        match (script.name, cargo) {
            ("image_load", Cargo::Image(name, image)) => self.keep_image(name, image),
            ("tree_receive", Cargo::Nodes(nodes)) => {
                let root = word(script, 0);
                if self.marks.get(word(script, 1)).map(String::as_str) != Some(root) {
                    return refuse(STATUS_NOT_OURS, format!("{root} was not made by this project"));
                }
                self.unpack(root, nodes, now_ms, change)
            }
            (other, _) => refuse(1, format!("the simulation has no model of `{other}` as a stream")),
        }
    }

    fn unpack(&mut self, root: &str, nodes: BTreeMap<String, Node>, now_ms: u64, change: u64) -> Output {
        let mut used = BTreeMap::<String, u64>::new();
        for (relative, node) in nodes {
            let path = join(root, &relative);
            let replaced = self.nodes.get(&path).map_or(0, |old| old.size);
            let mount = self.disk_of(&path).unwrap_or_default().to_owned();
            let used = used.entry(mount.clone()).or_insert_with(|| self.used(&mount));
            let free = self.disks.get(&mount).map_or(0, |disk| disk.size.saturating_sub(*used));
            let fits = free.saturating_add(replaced);
            if node.kind == NodeKind::File && node.size > fits {
                // As tar leaves it: cut off, and younger than what it was to be.
                let cut = Node { size: fits, content: content_of(&[&node.content, "cut"]), modified_ms: now_ms, ..node };
                self.nodes.insert(path.clone(), Node { changed_ms: now_ms, version: change, ..cut });
                return refuse(2, format!("tar: {path}: Cannot write: No space left on device"));
            }
            *used = used.saturating_sub(replaced).saturating_add(node.size);
            self.nodes.insert(path, Node { changed_ms: now_ms, version: change, ..node });
        }
        answer("")
    }
}
