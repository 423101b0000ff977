//! What if it fails after the source was stopped and before the target was started? The source is back, as it was, exit 6; and
//! once the cause is gone, the same apply succeeds.

use super::moved::{Before, goes_on};
use crate::lab::{database::FOLDER, scene::Scene};

/// Large enough for the live copy, with the margin that is asked for.
const DISK: &str = "mount -t tmpfs -o size=700m lab /data";
/// What a person does about it: another disk, which is empty.
const LARGER_DISK: &str = "umount /data";
/// What the database writes when it stops, so that the final copy does not fit.
const GROWTH_MIB: u32 = 900;
/// Something on the target writes into the tree that is being compared, for as long as the file is there.
const DISTURB: &str = "touch /run/disturb; while [ -e /run/disturb ]; do \
                       [ ! -d /data/tree/many ] || date +%N > /data/tree/many/0 || :; done";
const BE_QUIET: &str = "rm -f /run/disturb";

/// The final copy is larger than anybody could know.
pub(crate) fn full_disk(scene: &Scene) -> Result<(), String> {
    scene.reset()?;
    let (old, new) = (&scene.pair.old, &scene.pair.new);
    let project = scene.project("undone-full-disk", &[])?;
    new.sh(DISK)?;
    old.sh(&format!("printf {GROWTH_MIB} > {FOLDER}/grow-on-stop"))?;
    let before = Before::take(scene)?;
    let ended = scene.migc.apply(&project)?;
    ended.must_exit(6)?;
    ended.must_complain(&["new"])?;
    before.must_be_back(scene)?;
    old.sh(&format!("rm -f {FOLDER}/grow-on-stop {FOLDER}/grown"))?;
    new.sh(LARGER_DISK)?;
    goes_on(scene, project, &before)
}

/// The manifests of both sides differ.
pub(crate) fn disturbed_copy(scene: &Scene) -> Result<(), String> {
    scene.reset()?;
    let new = &scene.pair.new;
    let project = scene.project("undone-disturbed", &[])?;
    let before = Before::take(scene)?;
    new.sh_detached(DISTURB)?;
    let ended = scene.migc.apply(&project);
    new.sh(BE_QUIET)?;
    ended?.must_exit(6)?;
    before.must_be_back(scene)?;
    goes_on(scene, project, &before)
}
