//! What is left after `kill -9`? The next apply goes on, and ends as if nothing had happened.

use super::moved::{Before, goes_on};
use crate::lab::{
    database::FOLDER,
    project::Project,
    scene::{Scene, bytes_on},
};

/// Percent of the bytes that move.
const EARLY: u64 = 5;
const MIDDLE: u64 = 40;
const LATE: u64 = 80;
/// Percent at which the same run is killed, one after the other.
const MOMENTS: [u64; 5] = [2, 15, 35, 60, 85];

/// At so many entries of its journal a run is killed.
const ENTRY_COUNT: usize = 22;

/// In the middle.
pub(crate) fn in_the_copy(scene: &Scene) -> Result<(), String> {
    at(scene, "killed-in-the-copy", MIDDLE)
}

/// Hardly anything is there.
pub(crate) fn early(scene: &Scene) -> Result<(), String> {
    at(scene, "killed-early", EARLY)
}

/// Most of it is there.
pub(crate) fn late(scene: &Scene) -> Result<(), String> {
    at(scene, "killed-late", LATE)
}

/// The services are down, and nobody is left who would bring them up.
pub(crate) fn at_the_stop(scene: &Scene) -> Result<(), String> {
    scene.reset()?;
    let project = scene.project("killed-at-the-stop", &[])?;
    let before = Before::take(scene)?;
    let mut run = scene.migc.start("apply", &project, &["--yes"])?;
    run.until("the database was stopped", || is_stopped(scene))?;
    run.kill()?;
    goes_on(scene, project, &before)
}

/// A run that is killed five times.
pub(crate) fn again_and_again(scene: &Scene) -> Result<(), String> {
    scene.reset()?;
    let project = scene.project("killed-again", &[])?;
    let before = Before::take(scene)?;
    for percent in MOMENTS {
        kill_at(scene, &project, percent)?;
    }
    goes_on(scene, project, &before)
}

/// A run that is killed at so many entries of its journal, each as soon as it is written.
pub(crate) fn at_entries(scene: &Scene) -> Result<(), String> {
    scene.reset()?;
    let project = scene.project("killed-at-entries", &[])?;
    let before = Before::take(scene)?;
    for number in 0..ENTRY_COUNT {
        let known = project.entries();
        // Each apply notes first that it goes on; every other one is let come one entry further, so that all of the run is sampled.
        let further = number % 2;
        let mut run = scene.migc.start("apply", &project, &["--yes"])?;
        run.until(&format!("kill {number}, at entry {} of the journal", known + further + 1), || project.entries() > known + further)?;
        run.kill()?;
    }
    goes_on(scene, project, &before)
}

fn at(scene: &Scene, name: &str, percent: u64) -> Result<(), String> {
    scene.reset()?;
    let project = scene.project(name, &[])?;
    let before = Before::take(scene)?;
    kill_at(scene, &project, percent)?;
    goes_on(scene, project, &before)
}

fn kill_at(scene: &Scene, project: &Project, percent: u64) -> Result<(), String> {
    let all = bytes_on(&scene.pair.old);
    let mut run = scene.migc.start("apply", project, &["--yes"])?;
    run.until(&format!("{percent}% were copied"), || bytes_on(&scene.pair.new) * 100 > all * percent)?;
    run.kill()
}

/// A server that stopped by itself has removed the file with its process id; seen from outside, since asking takes too long.
pub(crate) fn is_stopped(scene: &Scene) -> bool {
    let entries = std::fs::read_dir(scene.pair.old.folder(FOLDER)).into_iter().flatten().flatten();
    !entries.map(|e| e.file_name()).any(|name| name.to_string_lossy().ends_with(".pid"))
}
