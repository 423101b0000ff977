//! What if somebody goes back over a move that has worked? What was written on the target comes back, and nothing of either side is lost.

use super::moved::{Before, must_be};
use crate::lab::{
    database::{self, CONTAINER},
    hosts::Host,
    manifest::Manifest,
    migc::Ended,
    project::Project,
    scene::{FILES, Scene},
    seed::TREES,
};

/// What a person writes on the target after the move: a change, a file that is new, one that is gone, in a tree of a service and in one
/// that was moved for itself.
const WRITE: &str = "echo newer >> /data/tree/plain; echo new > /data/tree/news; rm -f /data/tree/zero; mkdir -p /data/tree/deep/more; \
                     echo newer >> /srv/loose/plain; chmod 0601 /srv/loose/linked; rm -f /srv/loose/zero";
/// At so many entries of its journal a way back is killed.
const KILL_COUNT: usize = 8;

/// The whole way: there, back with newer data, there again, and confirmed.
pub(crate) fn with_newer_writes(scene: &Scene) -> Result<(), String> {
    let project = moved(scene, "reversed")?;
    let (old, new) = (&scene.pair.old, &scene.pair.new);
    write(new)?;
    let ended = scene.migc.run("undo", &project, &["--yes"])?;
    ended.must_exit(0)?;
    ended.must_say(&["POINT OF NO RETURN of everything"])?;
    must_be_back(scene)?;
    database::must_have_writers_rows(new, old)?;
    let plan = scene.migc.run("plan", &project, &[])?;
    plan.must_exit(0)?;
    plan.must_say(&["from old to new"])?;
    scene.migc.apply(&project)?.must_exit(0)?;
    for container in [CONTAINER, FILES] {
        must_be(new, container, "running unless-stopped")?;
        must_be(old, container, "exited no")?;
    }
    database::must_have_writers_rows(new, new)?;
    scene.migc.run("confirm", &project, &["--yes"])?.must_exit(0)?;
    must_refuse(&scene.migc.run("undo", &project, &["--yes"])?, &["confirmed"])
}

/// Somebody wrote to the source that was kept: nothing is written over, and the target serves on.
pub(crate) fn changed_source(scene: &Scene) -> Result<(), String> {
    let project = moved(scene, "reversed-changed-source")?;
    let (old, new) = (&scene.pair.old, &scene.pair.new);
    old.sh("echo mine > /data/tree/mine")?;
    let ended = scene.migc.run("undo", &project, &["--yes"])?;
    ended.must_exit(6)?;
    ended.must_complain(&["is not as it was when it was copied from"])?;
    must_be(new, CONTAINER, "running unless-stopped")?;
    old.sh("test \"$(cat /data/tree/mine)\" = mine")?;
    database::must_greet(new)?;
    scene.migc.run("undo", &project, &["--yes", "--overwrite", "everything"])?.must_exit(0)?;
    must_be_back(scene)?;
    old.sh("test ! -e /data/tree/mine").map(|_| ())
}

/// A way back that is killed again and again, each time at the next entry of its journal, goes on.
pub(crate) fn killed(scene: &Scene) -> Result<(), String> {
    let project = moved(scene, "reversed-killed")?;
    let new = &scene.pair.new;
    write(new)?;
    let known = project.entries();
    let mut run = scene.migc.start("undo", &project, &["--yes"])?;
    run.until("the way back began", || project.entries() > known + 1)?;
    run.kill()?;
    for number in 0..KILL_COUNT {
        let known = project.entries();
        let further = number % 2;
        let mut run = scene.migc.start("apply", &project, &["--yes"])?;
        run.until(&format!("kill {number}, at entry {}", known + further + 1), || project.entries() > known + further)?;
        run.kill()?;
    }
    scene.migc.apply(&project)?.must_exit(0)?;
    must_be_back(scene)?;
    database::must_have_writers_rows(new, &scene.pair.old)
}

fn moved(scene: &Scene, name: &str) -> Result<Project, String> {
    scene.reset()?;
    let project = scene.project(name, &[])?;
    let before = Before::take(scene)?;
    scene.migc.apply(&project)?.must_exit(0)?;
    before.must_be_moved(scene)?;
    Ok(project)
}

/// Files are changed, and rows are written until the database stops.
fn write(new: &Host) -> Result<(), String> {
    new.sh(WRITE)?;
    database::sql(new, "truncate club.log")?;
    database::start_writer(new)
}

/// The sources serve all that the targets had, and the targets are kept, stopped.
fn must_be_back(scene: &Scene) -> Result<(), String> {
    let (old, new) = (&scene.pair.old, &scene.pair.new);
    for container in [CONTAINER, FILES] {
        must_be(old, container, "running unless-stopped")?;
        must_be(new, container, "exited no")?;
    }
    for tree in TREES {
        Manifest::must_agree(&format!("{tree}, new and old"), &Manifest::read(&new.folder(tree))?, &Manifest::read(&old.folder(tree))?)?;
    }
    database::must_greet(old)?;
    let marks = old.sh("find /var/lib/migc -name 'tree-*' | wc -l")?;
    if marks.trim() == "0" { Ok(()) } else { Err(format!("old keeps {} marks of trees", marks.trim())) }
}

fn must_refuse(ended: &Ended, any: &[&str]) -> Result<(), String> {
    ended.must_exit(1)?;
    ended.must_complain(any)
}
