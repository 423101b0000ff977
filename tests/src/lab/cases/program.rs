//! Does the compiler accept the program with the facts of these hosts, and is its plan the same twice?

use crate::lab::{scene::Scene, snapshot::Snapshot};

/// Neither command reaches for anything that changes.
pub(crate) fn check_and_plan(scene: &Scene) -> Result<(), String> {
    let project = scene.project("program", &[])?;
    let before = Snapshot::take(&scene.pair)?;
    scene.migc.run("check", &project, &[])?.must_exit(0)?;
    let plan = scene.migc.run("plan", &project, &[])?;
    plan.must_exit(0)?;
    for word in ["db", "files", "/srv/loose"] {
        plan.must_say(&[word])?;
    }
    let first = scene.migc.run("plan", &project, &["--json"])?;
    let second = scene.migc.run("plan", &project, &["--json"])?;
    first.must_exit(0)?;
    if first.said != second.said {
        return Err("two plans of one program differ".to_owned());
    }
    before.must_hold(&scene.pair)
}
