//! Which container is moved? The one a service names, the one of the same name, or the only one of the same image.

use super::{
    codes::NO_SOURCE,
    draft::{Draft, Move, Service},
};
use crate::{functions::repository, report::Problem};
use mig_plan::Tree;

/// What a service was on the other side.
#[derive(Debug)]
pub(super) struct Paired {
    /// The container's name there.
    pub(super) container: String,
    /// Its folders and where they go.
    pub(super) trees: Vec<Tree>,
    /// Bytes in them, as far as known.
    pub(super) bytes: Option<u64>,
    /// Bytes of its image.
    pub(super) image_bytes: Option<u64>,
}

struct Candidate {
    container: String,
    image: String,
    /// Source, target.
    mounts: Vec<(String, String)>,
}

impl Draft {
    /// Finds what a service was before the move.
    pub(super) fn pair(&self, migration: &Move, service: &Service) -> Result<Paired, Box<Problem>> {
        let candidates = self.candidates(&migration.from);
        let named = service.source.as_ref().and_then(|s| self.services.get(s)).map(|s| s.spec.name.clone());
        let wanted = named.as_ref().unwrap_or(&service.spec.name);
        let targets: Vec<&str> = service.spec.mounts.iter().map(|m| m.target.as_str()).collect();
        let alike = |c: &&Candidate| {
            repository(&c.image) == repository(&service.spec.image) && c.mounts.iter().any(|(_, target)| targets.contains(&target.as_str()))
        };
        let found = candidates.iter().find(|c| c.container == *wanted);
        let found = match (found, named) {
            (Some(found), _) => found,
            (None, Some(wished)) => {
                return Err(Self::no_source(migration, service, &format!("there is no container `{wished}` on {}", migration.from)));
            }
            (None, None) => match candidates.iter().filter(alike).collect::<Vec<_>>().as_slice() {
                [one] => one,
                [] => return Err(Self::no_source(migration, service, &format!("nothing on {} is known to be it", migration.from))),
                several => {
                    let list = several.iter().map(|c| format!("`{}`", c.container)).collect::<Vec<_>>().join(" and ");
                    return Err(Self::no_source(migration, service, &format!("{list} on {} could both be it", migration.from)));
                }
            },
        };
        let trees = Self::trees(migration, service, found);
        let bytes = self.bytes_of(migration, &trees);
        let facts = self.servers.get(&migration.from).and_then(|s| s.facts.as_ref());
        let image_bytes = facts.and_then(|f| f.containers.as_ref()?.get(&found.container)?.image_size);
        Ok(Paired { container: found.container.clone(), trees, bytes, image_bytes })
    }

    fn no_source(migration: &Move, service: &Service, why: &str) -> Box<Problem> {
        let message = format!("`{}` is to move `{}`, and {why}", migration.address, service.address);
        let help = format!(
            "survey {}, give the service the `container` name it has there, or declare it: `existing service old: docker.container {{ on = {}, … }}` and `source = old`",
            migration.from, migration.from
        );
        Box::new(Problem::error(NO_SOURCE, service.at, message).also(migration.at, "moved by this").help(help))
    }

    fn candidates(&self, host: &str) -> Vec<Candidate> {
        let declared = self.services.values().filter(|s| s.existing && s.on == host).map(|s| Candidate {
            container: s.spec.name.clone(),
            image: s.spec.image.clone(),
            mounts: s.spec.mounts.iter().map(|m| (m.source.clone(), m.target.clone())).collect(),
        });
        let mut all: Vec<Candidate> = declared.collect();
        let facts = self.servers.get(host).and_then(|s| s.facts.as_ref());
        for (name, fact) in facts.iter().flat_map(|f| &f.containers).flatten() {
            if let (Some(image), false) = (&fact.image, all.iter().any(|c| c.container == *name)) {
                let mounts = fact.mounts.iter().flatten().filter_map(|m| m.source.clone().zip(m.target.clone())).collect();
                all.push(Candidate { container: name.clone(), image: image.clone(), mounts });
            }
        }
        all
    }

    /// Volumes pair by where they appear in the container; paths on the hosts may differ.
    fn trees(migration: &Move, service: &Service, candidate: &Candidate) -> Vec<Tree> {
        let paired = service.spec.mounts.iter().filter_map(|mount| {
            let (source, _) = candidate.mounts.iter().find(|(_, target)| *target == mount.target)?;
            Some(Self::tree(migration, source, &mount.source))
        });
        paired.collect()
    }

    /// A tree with what the move leaves out below it.
    pub(super) fn tree(migration: &Move, source: &str, target: &str) -> Tree {
        let exclude = migration.exclude.iter().filter(|e| crate::functions::below(e, source)).cloned().collect();
        Tree { source: source.to_owned(), target: target.to_owned(), exclude }
    }

    /// Bytes below the sources of trees, if all are known.
    pub(super) fn bytes_of(&self, migration: &Move, trees: &[Tree]) -> Option<u64> {
        let facts = self.servers.get(&migration.from)?.facts.as_ref()?;
        trees.iter().map(|t| facts.paths.as_ref()?.get(&t.source)?.size).sum()
    }
}
