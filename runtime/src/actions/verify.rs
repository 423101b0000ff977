//! Are two trees the same, contents included? The proof of a copy.
//!
//! Changes nothing. What cannot be compared is said, never passed over.

use super::{Context, Failure, Performed, copy::relative_excludes, succeeded};
use crate::{
    World,
    manifest::{Depth, Manifest, Root, decode, difference},
    scripts,
};
use mig_plan::{Digest, Tree};

/// So many entries that differ are named.
const EXAMPLE_COUNT_MAX: usize = 10;

impl<W: World> Context<'_, W> {
    /// Compares all trees.
    pub(super) async fn verify_trees(&self, (from, to): (&str, &str), trees: &[Tree]) -> Result<Performed, Failure> {
        let mut digests = Vec::new();
        let (mut entries, mut bytes) = (0, 0);
        let mut not_verified = Vec::new();
        for tree in trees {
            self.report(bytes, self.step.estimate.bytes, format!("reading {} on both sides", tree.source));
            let (source, target) = self.list_both((from, to), tree, Depth::Full).await?;
            if source.root == Root::Absent {
                return Err(absent(from, &tree.source));
            }
            must_be_complete(from, &tree.source, &source)?;
            must_be_complete(to, &tree.target, &target)?;
            let found = difference(&source, &target, Depth::Full);
            if !found.is_empty() {
                return Err(unequal((from, to), tree, &found));
            }
            not_verified.extend(found.not_verified.iter().map(|what| format!("{}: {what}", tree.source)));
            digests.push(source.digest());
            entries += source.entries.len();
            bytes += source.bytes();
        }
        // Each of them too, since a tree is taken over by its own.
        let each = digests.iter().map(Digest::to_string).collect::<Vec<_>>().join(" ");
        let values = [
            ("manifest", Digest::of(&digests).to_string()),
            ("manifests", each),
            ("entries", entries.to_string()),
            ("bytes", bytes.to_string()),
        ];
        let mut performed = Performed::new(false, values);
        if !not_verified.is_empty() {
            performed.values.insert("not_verified".to_owned(), not_verified.join("; "));
        }
        Ok(performed)
    }

    /// Lists both sides at once.
    pub(super) async fn list_both(&self, (from, to): (&str, &str), tree: &Tree, depth: Depth) -> Result<(Manifest, Manifest), Failure> {
        let exclude = relative_excludes(tree)?;
        futures_util::try_join!(self.list(from, &tree.source, depth, &exclude), self.list(to, &tree.target, depth, &exclude))
    }

    /// Lists what is at the source of a tree.
    pub(super) async fn list_one(&self, host: &str, tree: &Tree, depth: Depth) -> Result<Manifest, Failure> {
        self.list(host, &tree.source, depth, &relative_excludes(tree)?).await
    }

    async fn list(&self, host: &str, path: &str, depth: Depth, exclude: &[String]) -> Result<Manifest, Failure> {
        let script = scripts::tree_list(path, depth, exclude);
        let name = script.name;
        let output = succeeded(host, name, self.ask(host, script).await?)?;
        decode(&output.stdout).map_err(|error| {
            Failure::certain(format!("{host}: {path}: {error}"), format!("see that find, getfattr and sha256sum work on {host}"))
        })
    }
}

/// A tree that could not be read in full proves nothing.
pub(super) fn must_be_complete(host: &str, path: &str, manifest: &Manifest) -> Result<(), Failure> {
    if manifest.complete {
        return Ok(());
    }
    let message = format!("{host}: {path} could not be read in full: a file vanished or changed meanwhile, or may not be read");
    Err(Failure::certain(
        message,
        format!("see that nothing writes there, and that the disk of {host} is sound; then run `migc apply` again"),
    ))
}

pub(super) fn absent(host: &str, path: &str) -> Failure {
    Failure::certain(format!("{host}: there is nothing at {path}"), "see that the path is right and its disk is mounted")
}

fn unequal((from, to): (&str, &str), tree: &Tree, found: &crate::manifest::Difference) -> Failure {
    let examples = found.examples(EXAMPLE_COUNT_MAX);
    let more = found.count().saturating_sub(examples.len());
    let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
    let message = format!(
        "{} on {to} is not the same as {} on {from}: {} of its entries differ ({}): {}{rest}",
        tree.target,
        tree.source,
        found.count(),
        found.summary(),
        examples.join("; "),
    );
    let help = format!("see that nothing writes to either side; what differs is sent again when {} on {to} is older or gone", tree.target);
    Failure::certain(message, help)
}
