//! How do trees become the same? Both are listed, what is too much is deleted, what differs is sent, until nothing differs.
//!
//! The first copy, the one that goes on after an interruption and the last small one are the same procedure. Contents are compared
//! by [`super::verify`] only.

use super::{
    Context, Failure, Performed, marker, refused,
    verify::{absent, must_be_complete},
};
use crate::{
    World,
    manifest::{Depth, Difference, EntryType, Manifest, ManifestEntry, Property, Root, difference},
    scripts,
};
use mig_plan::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// A final copy must be equal after so many passes; one is enough unless something interferes.
const FINAL_PASS_COUNT_MAX: u32 = 4;
/// A live copy makes so many passes at most.
const LIVE_PASS_COUNT_MAX: u32 = 3;
/// Another live pass is worth it when the one before took so long that much may have changed meanwhile.
const LIVE_PASS_AGAIN_MS: u64 = 30_000;
/// A file that changed less than this before it was received may have changed once more within the same tick of its clock, or by
/// writes to mapped memory that have not reached its mtime; the final copy sends it again.
const RACY_SECONDS: i64 = 60;
const EXAMPLE_COUNT_MAX: usize = 5;
/// A disk with less room than this is what stopped a copy.
const FULL_BELOW_BYTES: u64 = 1 << 20;

/// What is to be done in a pass; paths as in manifests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Work {
    /// On the target.
    delete: BTreeSet<Vec<u8>>,
    /// From the source.
    send: BTreeSet<Vec<u8>>,
}

/// What a copy came to.
#[derive(Default)]
struct Sum {
    bytes: u64,
    entries: usize,
    passes: u32,
}

impl<W: World> Context<'_, W> {
    /// Makes the trees on `to` the same as those on `from`.
    pub(super) async fn copy_trees(&self, sides: (&str, &str), trees: &[Tree], live: bool) -> Result<Performed, Failure> {
        let mut sum = Sum::default();
        for tree in trees {
            self.copy_tree(sides, tree, live, &mut sum).await?;
        }
        let values = [("bytes", sum.bytes.to_string()), ("entries", sum.entries.to_string()), ("passes", sum.passes.to_string())];
        Ok(Performed::new(sum.entries > 0, values))
    }

    async fn copy_tree(&self, sides: (&str, &str), tree: &Tree, live: bool, sum: &mut Sum) -> Result<(), Failure> {
        let mut pass = 0;
        loop {
            let began = self.world.elapsed_ms();
            self.report(sum.bytes, None, format!("listing {} on both sides", tree.source));
            let (source, target) = self.list_both(sides, tree, Depth::Meta).await?;
            let found = difference(&source, &target, Depth::Meta);
            if pass == 0 {
                self.prepare(sides, tree, &source, &target).await?;
            }
            if !live {
                must_be_complete(sides.0, &tree.source, &source)?;
                must_be_complete(sides.1, &tree.target, &target)?;
            }
            let mut work = Work::of(&source, &target, &found);
            if !live && pass == 0 {
                work.send_racy(&source, &target);
            }
            if work.is_empty() {
                return Ok(());
            }
            pass += 1;
            if !live && pass > FINAL_PASS_COUNT_MAX {
                return Err(never_equal(sides, tree, &found));
            }
            sum.passes += 1;
            sum.entries += work.send.len() + work.delete.len();
            self.delete(sides.1, tree, &work).await?;
            self.send(sides, tree, live, &source, &work, sum).await?;
            let quick = self.world.elapsed_ms().saturating_sub(began) < LIVE_PASS_AGAIN_MS;
            if live && (quick || pass >= LIVE_PASS_COUNT_MAX) {
                return Ok(());
            }
        }
    }

    /// Makes the place and its mark, once the two sides are known to go together.
    async fn prepare(&self, (from, to): (&str, &str), tree: &Tree, source: &Manifest, target: &Manifest) -> Result<(), Failure> {
        let kind = match source.root {
            Root::Absent => return Err(absent(from, &tree.source)),
            Root::Folder => "dir",
            Root::File => "file",
        };
        if target.root != Root::Absent && target.root != source.root {
            let message = format!("{} on {from} and {} on {to} are a file and a folder", tree.source, tree.target);
            return Err(Failure::certain(message, format!("remove {} on {to}, or name another place", tree.target)));
        }
        self.tell(to, scripts::tree_prepare(&tree.target, kind, &marker(&tree.target))).await?;
        Ok(())
    }

    async fn delete(&self, to: &str, tree: &Tree, work: &Work) -> Result<(), Failure> {
        if work.delete.is_empty() {
            return Ok(());
        }
        // Backwards, a folder comes after all that is in it.
        let names = names(work.delete.iter().rev());
        self.tell(to, scripts::tree_delete(&tree.target, &marker(&tree.target), names)).await?;
        Ok(())
    }

    async fn send(
        &self,
        (from, to): (&str, &str),
        tree: &Tree,
        live: bool,
        source: &Manifest,
        work: &Work,
        sum: &mut Sum,
    ) -> Result<(), Failure> {
        if work.send.is_empty() {
            return Ok(());
        }
        let before = sum.bytes;
        let total = before + bytes_of(source, &work.send);
        let text = format!("pass {}: {} entries of {}", sum.passes, work.send.len(), tree.source);
        let progress = |bytes| self.report(before + bytes, Some(total), text.clone());
        let send = scripts::tree_send(&tree.source, live, names(work.send.iter()));
        let receive = scripts::tree_receive(&tree.target, &marker(&tree.target));
        let piped = self.world.pipe((from, &send), (to, &receive), &progress).await?;
        for (host, script, output) in [(to, receive, &piped.to), (from, send, &piped.from)] {
            if output.status != 0 {
                if let Some(full) = self.full_disk(to, &tree.target).await {
                    return Err(full);
                }
                return Err(refused(host, script.name, output));
            }
        }
        sum.bytes += piped.bytes;
        Ok(())
    }

    /// What tar says of a full disk reads like a damaged file, so the disk is asked.
    async fn full_disk(&self, host: &str, path: &str) -> Option<Failure> {
        let answer = self.ask(host, scripts::space(path)).await.ok()?;
        let (free, total) = super::requirement::space(&answer.text())?;
        let message = format!("the disk of {path} on {host} is full: {free} of {total} bytes are free");
        let help = format!("make room on {host}; the next apply goes on from what was copied");
        (answer.status == 0 && free < FULL_BELOW_BYTES).then(|| Failure::certain(message, help))
    }
}

impl Work {
    fn is_empty(&self) -> bool {
        self.delete.is_empty() && self.send.is_empty()
    }

    /// What makes the target equal.
    fn of(source: &Manifest, target: &Manifest, found: &Difference) -> Self {
        let mut work = Self { delete: found.extra.clone(), send: found.missing.clone() };
        for (path, properties) in &found.changed {
            work.send.insert(path.clone());
            if properties.contains(&Property::Type) {
                work.delete.insert(path.clone());
            }
            if properties.contains(&Property::Attributes) && too_many_attributes(source, target, path) {
                work.renew_folder(source, target, path);
            }
        }
        work.complete(source);
        work
    }

    /// Extraction adds attributes to a folder and removes none, so one with too many is made anew.
    fn renew_folder(&mut self, source: &Manifest, target: &Manifest, path: &[u8]) {
        if path.is_empty() {
            return;
        }
        self.delete.extend(below(target, path).cloned());
        self.send.extend(below(source, path).cloned());
    }

    /// Files that are the same as far as times tell, but whose times tell too little.
    fn send_racy(&mut self, source: &Manifest, target: &Manifest) {
        let racy = |path: &Vec<u8>, entry: &ManifestEntry| {
            let received = target.entries.get(path).map(|other| other.changed.seconds);
            entry.entry_type == EntryType::File && received.is_some_and(|at| at <= entry.modified.seconds.saturating_add(RACY_SECONDS))
        };
        self.send.extend(source.entries.iter().filter(|(path, entry)| racy(path, entry)).map(|(path, _)| path.clone()));
        self.complete(source);
    }

    /// All names of a file go together, and the folders above whatever changes are sent too, so that their mtimes are right.
    fn complete(&mut self, source: &Manifest) {
        let leaders = source.leaders();
        let leader = |path: &Vec<u8>| source.entries.get(path).map(|entry| leaders.of(source_key(source, path), entry).to_vec());
        let groups: BTreeSet<Vec<u8>> = self.send.iter().filter_map(leader).collect();
        let linked = source.entries.iter().filter(|(path, entry)| entry.links > 1 && groups.contains(leaders.of(path, entry)));
        self.send.extend(linked.filter(|(_, entry)| entry.entry_type != EntryType::Folder).map(|(path, _)| path.clone()));
        let above: BTreeSet<Vec<u8>> = self.send.iter().chain(&self.delete).flat_map(|path| folders_above(path)).collect();
        let known = |path: &Vec<u8>| source.entries.get(path).is_some_and(|entry| entry.entry_type == EntryType::Folder);
        self.send.extend(above.into_iter().filter(known));
    }
}

/// The manifest's own copy of a path, which lives as long as its groups.
fn source_key<'a>(source: &'a Manifest, path: &[u8]) -> &'a [u8] {
    source.entries.get_key_value(path).map(|(key, _)| key.as_slice()).unwrap_or_default()
}

fn too_many_attributes(source: &Manifest, target: &Manifest, path: &[u8]) -> bool {
    let (Some(source), Some(target)) = (source.entries.get(path), target.entries.get(path)) else { return false };
    source.entry_type == EntryType::Folder && target.attributes.keys().any(|name| !source.attributes.contains_key(name))
}

/// An entry and all that is below it.
fn below<'a>(manifest: &'a Manifest, path: &'a [u8]) -> impl Iterator<Item = &'a Vec<u8>> {
    let is_below = move |other: &&Vec<u8>| other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
    manifest.entries.keys().filter(is_below)
}

/// The tree itself is above all but itself.
fn folders_above(path: &[u8]) -> Vec<Vec<u8>> {
    let mut above: Vec<Vec<u8>> =
        path.iter().enumerate().filter(|&(_, &byte)| byte == b'/').filter_map(|(at, _)| path.get(..at)).map(<[u8]>::to_vec).collect();
    if !path.is_empty() {
        above.push(vec![]);
    }
    above
}

/// As `tree_send` and `tree_delete` read them.
fn names<'a>(paths: impl Iterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    paths.flat_map(|path| [if path.is_empty() { &b"."[..] } else { b"./" }, path, b"\0"].concat()).collect()
}

fn bytes_of(source: &Manifest, paths: &BTreeSet<Vec<u8>>) -> u64 {
    let entries: BTreeMap<_, _> =
        paths.iter().filter_map(|path| source.entries.get_key_value(path)).map(|(p, e)| (p.clone(), e.clone())).collect();
    Manifest { entries, ..Manifest::absent(Depth::Meta) }.bytes()
}

/// The script takes paths relative to the tree; on the other side the same are left alone.
pub(super) fn relative_excludes(tree: &Tree) -> Result<Vec<String>, Failure> {
    let root = tree.source.trim_end_matches('/');
    let relative = |path: &String| {
        let rest = path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')).map(|rest| rest.trim_end_matches('/').to_owned());
        rest.filter(|rest| !rest.is_empty()).ok_or_else(|| {
            Failure::certain(
                format!("{path} is left out of a copy of {}, but is not below it", tree.source),
                "change `exclude` in the program",
            )
        })
    };
    tree.exclude.iter().map(relative).collect()
}

fn never_equal((from, to): (&str, &str), tree: &Tree, found: &Difference) -> Failure {
    let message = format!(
        "{} on {to} does not become the same as {} on {from}, {} entries still differ after {FINAL_PASS_COUNT_MAX} passes ({}): {}",
        tree.target,
        tree.source,
        found.count(),
        found.summary(),
        found.examples(EXAMPLE_COUNT_MAX).join("; "),
    );
    let help = format!("see that nothing writes to either side, and that the filesystem on {to} can hold such attributes");
    Failure::certain(message, help)
}
