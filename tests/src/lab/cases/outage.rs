//! What if a host is lost in the middle? The run stops with a status that says so, and the next apply ends as if it had not.

use super::{
    killed::is_stopped,
    moved::{Before, goes_on},
};
use crate::lab::{
    hosts::Host,
    migc::Ended,
    project::Project,
    scene::{Scene, bytes_on},
};

/// Percent of the bytes that move.
const MIDDLE: u64 = 40;

/// The cable of the target.
pub(crate) fn target_cut_off(scene: &Scene) -> Result<(), String> {
    cut_off(scene, "target-cut-off", &scene.pair.new)
}

/// The cable of the source.
pub(crate) fn source_cut_off(scene: &Scene) -> Result<(), String> {
    cut_off(scene, "source-cut-off", &scene.pair.old)
}

/// The power of the target.
pub(crate) fn target_power(scene: &Scene) -> Result<(), String> {
    let (project, before) = begin(scene, "target-power")?;
    let all = bytes_on(&scene.pair.old);
    let mut run = scene.migc.start("apply", &project, &["--yes"])?;
    run.until("the copy was in its middle", || bytes_on(&scene.pair.new) * 100 > all * MIDDLE)?;
    scene.pair.new.power_cycle()?;
    must_have_ended(&run.wait()?)?;
    goes_on(scene, project, &before)
}

/// The power of the source, when its services are down on purpose: they must not come up with the machine.
pub(crate) fn source_power(scene: &Scene) -> Result<(), String> {
    let (project, before) = begin(scene, "source-power")?;
    let mut run = scene.migc.start("apply", &project, &["--yes"])?;
    run.until("the database was stopped", || is_stopped(scene))?;
    scene.pair.old.power_cycle()?;
    must_have_ended(&run.wait()?)?;
    goes_on(scene, project, &before)
}

fn begin(scene: &Scene, name: &str) -> Result<(Project, Before), String> {
    scene.reset()?;
    Ok((scene.project(name, &[])?, Before::take(scene)?))
}

fn cut_off(scene: &Scene, name: &str, host: &Host) -> Result<(), String> {
    let (project, before) = begin(scene, name)?;
    let all = bytes_on(&scene.pair.old);
    let mut run = scene.migc.start("apply", &project, &["--yes"])?;
    run.until("the copy was in its middle", || bytes_on(&scene.pair.new) * 100 > all * MIDDLE)?;
    host.cut_off()?;
    let ended = run.wait();
    host.reconnect()?;
    must_have_ended(&ended?)?;
    goes_on(scene, project, &before)
}

/// Part-way, or all of it undone; or done, if the host was back before migc gave it up.
fn must_have_ended(ended: &Ended) -> Result<(), String> {
    if matches!(ended.status, Some(0 | 6)) { Ok(()) } else { ended.must_exit(4) }
}
