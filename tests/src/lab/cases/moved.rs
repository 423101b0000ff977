//! Is everything on the other side, and nothing lost? The main job, and what every other way to the same end is held against.

use crate::lab::{
    database::{self, CONTAINER, FOLDER},
    hosts::Host,
    manifest::Manifest,
    project::Project,
    scene::{FILES, Scene},
    seed::TREES,
    snapshot::Snapshot,
};

/// Files that only a server that runs has.
const VOLATILE: [&str; 4] = [".pid", "ibtmp1", "ddl_recovery.log", "tc.log"];

/// One apply, while rows are written on the source until it stops.
pub(crate) fn everything(scene: &Scene) -> Result<(), String> {
    scene.reset()?;
    let project = scene.project("everything", &[])?;
    let before = Before::take(scene)?;
    scene.migc.apply(&project)?.must_exit(0)?;
    before.must_be_moved(scene)?;
    scene.set_moved(project);
    Ok(())
}

/// The same program again.
pub(crate) fn again(scene: &Scene) -> Result<(), String> {
    let project = scene.moved()?;
    let before = Snapshot::take(&scene.pair)?;
    let ended = scene.migc.apply(&project)?;
    ended.must_exit(0)?;
    ended.must_say(&["nothing to do"])?;
    before.must_hold(&scene.pair)?;
    let plan = scene.migc.run("plan", &project, &[])?;
    plan.must_exit(0)?;
    plan.must_say(&["nothing to do"])
}

/// What is known before a move.
pub(crate) struct Before {
    sums: String,
    trees: Vec<Manifest>,
}

impl Before {
    /// Looks, and starts the writer.
    pub(crate) fn take(scene: &Scene) -> Result<Self, String> {
        let old = &scene.pair.old;
        let sums = database::sums(old)?;
        let trees = TREES.iter().map(|tree| Manifest::read(&old.folder(tree))).collect::<Result<_, _>>()?;
        database::start_writer(old)?;
        Ok(Self { sums, trees })
    }

    /// Everything is on `new` and runs there; `old` keeps everything, and nothing runs there.
    pub(crate) fn must_be_moved(&self, scene: &Scene) -> Result<(), String> {
        let (old, new) = (&scene.pair.old, &scene.pair.new);
        for container in [CONTAINER, FILES] {
            must_be(new, container, "running unless-stopped")?;
            must_be(old, container, "exited no")?;
        }
        self.must_answer(new)?;
        database::must_greet(new)?;
        database::must_have_writers_rows(old, new)?;
        for (tree, before) in TREES.iter().zip(&self.trees) {
            Manifest::must_agree(&format!("{tree} of old, before and after"), before, &Manifest::read(&old.folder(tree))?)?;
            Manifest::must_agree(&format!("{tree}, old and new"), before, &Manifest::read(&new.folder(tree))?)?;
        }
        must_own_alike(scene)
    }

    /// Everything is as it was: `old` runs, and nothing runs on `new`.
    pub(crate) fn must_be_back(&self, scene: &Scene) -> Result<(), String> {
        let (old, new) = (&scene.pair.old, &scene.pair.new);
        for container in [CONTAINER, FILES] {
            must_be(old, container, "running unless-stopped")?;
        }
        let running = new.sh("docker ps --format '{{.Names}}'")?;
        if !running.trim().is_empty() {
            return Err(format!("new still runs {}", running.trim()));
        }
        self.must_answer(old)?;
        database::must_have_writers_rows(old, old)?;
        for (tree, before) in TREES.iter().zip(&self.trees) {
            Manifest::must_agree(&format!("{tree} of old, before and after"), before, &Manifest::read(&old.folder(tree))?)?;
        }
        Ok(())
    }

    fn must_answer(&self, host: &Host) -> Result<(), String> {
        let sums = database::sums(host)?;
        if sums == self.sums {
            return Ok(());
        }
        Err(format!("the database of {} answers\n{sums}\ninstead of\n{}", host.name, self.sums))
    }
}

/// Applies a project that was interrupted, and sees that it ends as if it had not been.
pub(crate) fn goes_on(scene: &Scene, project: Project, before: &Before) -> Result<(), String> {
    scene.migc.apply(&project)?.must_exit(0)?;
    before.must_be_moved(scene)?;
    scene.set_moved(project);
    again(scene)
}

/// The files of the database exist on both sides with the same modes and numeric owners. Their contents are the database's to
/// change, and its answers were compared.
fn must_own_alike(scene: &Scene) -> Result<(), String> {
    let [old, new] = [&scene.pair.old, &scene.pair.new].map(|host| Manifest::read(&host.folder(FOLDER)));
    let (old, new) = (old?, new?);
    if old.len() < 100 {
        return Err(format!("{FOLDER} of old holds {} entries only", old.len()));
    }
    let there: Vec<_> = new.owners().collect();
    for entry in old.owners() {
        let name = String::from_utf8_lossy(entry.0);
        if !VOLATILE.iter().any(|end| name.ends_with(end)) && !there.contains(&entry) {
            let (mode, owner) = (entry.1, entry.2);
            return Err(format!("{FOLDER}/{name} has mode {mode:o} and owner {owner:?} on old, and not on new"));
        }
    }
    Ok(())
}

/// State and restart policy of a container.
pub(crate) fn must_be(host: &Host, container: &str, expected: &str) -> Result<(), String> {
    let format = "{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}";
    let is = host.sh(&format!("docker inspect --format '{format}' {container}"))?;
    if is.trim() == expected {
        return Ok(());
    }
    Err(format!("`{container}` on {} is {:?} and should be {expected:?}", host.name, is.trim()))
}
