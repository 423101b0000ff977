//! What must hold before anything is changed? Each fault here is found by the first batch: exit 1, the host is named, and both
//! hosts are as before.

use crate::lab::{
    hosts::{Host, new_key},
    migc::Ended,
    paths,
    scene::Scene,
    snapshot::Snapshot,
};

/// Too small for anything that moves.
const SMALL_DISK: &str = "mount -t tmpfs -o size=8m lab /data";
const NORMAL_DISK: &str = "umount /data";
/// A tool of the comparison, which a small server often lacks.
const TOOL: &str = "getfattr";

/// The network cable of the target is out.
pub(crate) fn unreachable(scene: &Scene) -> Result<(), String> {
    let new = &scene.pair.new;
    let ended = refused(scene, "unreachable", &[], || new.cut_off(), || new.reconnect())?;
    ended.must_complain(&["new"])
}

/// The source does not know the key.
pub(crate) fn key(scene: &Scene) -> Result<(), String> {
    let other = paths::run().join("other_key");
    new_key(&other)?;
    let change = ("/var/lib/migc-lab/run/id_ed25519", other.to_str().unwrap_or_default());
    let ended = refused(scene, "key", &[change], || Ok(()), || Ok(()))?;
    ended.must_complain(&["old"])?;
    ended.must_complain(&["key", "denied"])
}

/// The target has another host key than when it was surveyed.
pub(crate) fn host_key(scene: &Scene) -> Result<(), String> {
    let new = &scene.pair.new;
    let reload = "kill -HUP \"$(cat /run/sshd.pid)\"";
    let change =
        format!("cd /etc/ssh; mkdir kept; mv ssh_host_ed25519_key* kept; ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key; {reload}");
    let restore = format!("cd /etc/ssh; mv -f kept/* .; rmdir kept; {reload}");
    let ended = refused(scene, "host-key", &[], || new.sh(&change).map(|_| ()), || sh_and_wait(new, &restore))?;
    ended.must_complain(&["new"])?;
    ended.must_complain(&["host key"])
}

/// The target has no room for what moves.
pub(crate) fn full_disk(scene: &Scene) -> Result<(), String> {
    let new = &scene.pair.new;
    let ended = refused(scene, "full-disk", &[], || new.sh(SMALL_DISK).map(|_| ()), || new.sh(NORMAL_DISK).map(|_| ()))?;
    ended.must_complain(&["new"])?;
    ended.must_complain(&["space", "room"])
}

/// The source lacks a tool, and nothing is ever installed there.
pub(crate) fn missing_tool(scene: &Scene) -> Result<(), String> {
    let old = &scene.pair.old;
    let ended = refused(scene, "missing-tool", &[], || hide(old), || unhide(old))?;
    ended.must_complain(&["old"])?;
    ended.must_complain(&[TOOL])
}

/// A run reports everything it can.
pub(crate) fn two_at_once(scene: &Scene) -> Result<(), String> {
    let (old, new) = (&scene.pair.old, &scene.pair.new);
    let ended = refused(
        scene,
        "two-at-once",
        &[],
        || hide(old).and_then(|()| new.sh(SMALL_DISK).map(|_| ())),
        || unhide(old).and_then(|()| new.sh(NORMAL_DISK).map(|_| ())),
    )?;
    ended.must_complain(&[TOOL])?;
    ended.must_complain(&["space", "room"])
}

/// Applies with a fault in place. The fault is taken away in any case, since the next case needs whole hosts.
fn refused(
    scene: &Scene,
    name: &str,
    changes: &[(&str, &str)],
    fault: impl FnOnce() -> Result<(), String>,
    repair: impl FnOnce() -> Result<(), String>,
) -> Result<Ended, String> {
    let project = scene.project(name, changes)?;
    let before = Snapshot::take(&scene.pair)?;
    let ended = fault().and_then(|()| scene.migc.apply(&project));
    repair()?;
    let ended = ended?;
    ended.must_exit(1)?;
    before.must_hold(&scene.pair)?;
    Ok(ended)
}

fn hide(host: &Host) -> Result<(), String> {
    host.sh(&format!("mv /usr/bin/{TOOL} /usr/bin/{TOOL}.hidden")).map(|_| ())
}

fn unhide(host: &Host) -> Result<(), String> {
    host.sh(&format!("mv /usr/bin/{TOOL}.hidden /usr/bin/{TOOL}")).map(|_| ())
}

/// sshd opens its port anew after it was told to read its configuration again.
fn sh_and_wait(host: &Host, script: &str) -> Result<(), String> {
    host.sh(script)?;
    host.wait()
}
