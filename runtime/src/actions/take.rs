//! When may a tree be written over that this state did not make? When it is seen to be as this state left it, or a person lets it go.
//!
//! What a move came from is such a tree. It is given up again once its service runs.

use super::{
    Context, Failure, Performed, marker,
    verify::{absent, must_be_complete},
};
use crate::{
    World,
    manifest::{Depth, Root},
    scripts,
};
use mig_plan::{KnownTree, Tree};

/// In the place of a digest, where a person lets go what is there.
const UNSEEN: &str = "unseen";

impl<W: World> Context<'_, W> {
    /// All of them are looked at before the first is taken over.
    pub(super) async fn take_trees(&self, host: &str, trees: &[KnownTree]) -> Result<Performed, Failure> {
        let mut open = vec![];
        for tree in trees {
            let manifest = tree.manifest.as_ref().map_or(UNSEEN, mig_plan::Digest::as_str);
            let taken = self.tell(host, scripts::tree_taken(&marker(&tree.path))).await?.text();
            if taken != manifest {
                open.push((tree, manifest, self.kind_of(host, tree).await?));
            }
        }
        for (tree, manifest, kind) in &open {
            self.tell(host, scripts::tree_take(&tree.path, kind, &marker(&tree.path), manifest)).await?;
        }
        Ok(Performed::new(!open.is_empty(), []))
    }

    /// `dir`, `file` or `none`, if it is as it is known.
    async fn kind_of(&self, host: &str, tree: &KnownTree) -> Result<&'static str, Failure> {
        self.report(0, None, format!("reading {}", tree.path));
        // Only the paths that are left out matter of it.
        let sides = Tree { source: tree.path.clone(), target: tree.path.clone(), exclude: tree.exclude.clone() };
        let depth = if tree.manifest.is_some() { Depth::Full } else { Depth::Meta };
        let manifest = self.list_one(host, &sides, depth).await?;
        let kind = match manifest.root {
            Root::Folder => "dir",
            Root::File => "file",
            Root::Absent => "none",
        };
        let Some(known) = &tree.manifest else { return Ok(kind) };
        if manifest.root == Root::Absent {
            return Err(absent(host, &tree.path));
        }
        must_be_complete(host, &tree.path, &manifest)?;
        if manifest.digest() == *known {
            return Ok(kind);
        }
        let message = format!("{} on {host} is not as it was when it was copied from: somebody wrote there since", tree.path);
        let of = self.step.of_move.as_ref().unwrap_or(&self.step.address);
        let help = format!("see what is newer there, and keep it elsewhere; `migc undo --overwrite {of}` lets it go and writes over it");
        Err(Failure::certain(message, help))
    }

    /// Gives them up; what this state had made itself it may still write to.
    pub(super) async fn release_trees(&self, host: &str, paths: &[String]) -> Result<Performed, Failure> {
        for path in paths {
            self.tell(host, scripts::tree_release(&marker(path))).await?;
        }
        Ok(Performed::default())
    }
}
