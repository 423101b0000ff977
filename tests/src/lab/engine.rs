//! How does the lab's own container engine run? Beside any other one of this machine, touching neither its containers nor
//! its firewall.

use super::paths;
use crate::run::{limited, must, succeeds};
use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// It is ready after about a second; a busy machine may take longer.
const START_LIMIT: Duration = Duration::from_secs(60);
/// It stops at once when it has no container.
const STOP_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// The client, talking to the lab's engine.
pub(crate) fn docker() -> Command {
    docker_within(crate::run::LIMIT_S)
}

/// The same for what takes longer.
pub(crate) fn docker_within(limit_s: u32) -> Command {
    let mut command = limited("docker", limit_s);
    command.env("DOCKER_HOST", format!("unix://{}", socket().display()));
    // The classic builder is the one that an engine of Debian has.
    command.env("DOCKER_BUILDKIT", "0").env_remove("DOCKER_CONTEXT");
    command
}

/// Starts it, unless it runs.
pub(crate) fn start() -> Result<(), String> {
    if answers() {
        return Ok(());
    }
    fs::create_dir_all(paths::at("engine")).map_err(|e| format!("{}: {e}", paths::ROOT))?;
    let log = paths::at("engine/log");
    let out = File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    let err = out.try_clone().map_err(|e| format!("{}: {e}", log.display()))?;
    let mut child = dockerd().stdout(out).stderr(err).spawn().map_err(|e| format!("dockerd: {e}"))?;
    let start = Instant::now();
    while !answers() {
        let ended = child.try_wait().map_err(|e| format!("dockerd: {e}"))?;
        if ended.is_some() || start.elapsed() > START_LIMIT {
            let said = fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("the lab's engine does not start here; dockerd said:\n{}", crate::run::tail(&said)));
        }
        sleep(POLL);
    }
    Ok(())
}

/// Is there an engine that answers?
pub(crate) fn answers() -> bool {
    socket().exists() && succeeds(docker().args(["version", "--format", "{{.Server.Version}}"]))
}

/// Removes every container and network, so that nothing of the hosts is left running.
pub(crate) fn empty() -> Result<(), String> {
    let all = must(docker().args(["ps", "--all", "--quiet"]))?;
    let ids: Vec<&str> = all.lines().collect();
    if !ids.is_empty() {
        must(docker().args(["rm", "--force", "--volumes"]).args(ids))?;
    }
    must(docker().args(["network", "prune", "--force"])).map(|_| ())
}

/// Stops it.
pub(crate) fn stop() {
    let Some(pid) = pid() else { return };
    super::process::end(pid, STOP_LIMIT);
}

fn socket() -> PathBuf {
    paths::at("engine/docker.sock")
}

/// The id of our dockerd; a number that was given to another program since is not ours.
fn pid() -> Option<u32> {
    let pid = fs::read_to_string(paths::at("engine/pid")).ok()?.trim().parse().ok()?;
    super::process::command_line(pid).contains(paths::ROOT).then_some(pid)
}

/// No bridge of its own, no rule in the machine's firewall: hosts are reached from this machine and reach nothing else.
fn dockerd() -> Command {
    let engine = paths::at("engine");
    let mut command = Command::new("dockerd");
    command
        .arg("--data-root")
        .arg(engine.join("data"))
        .arg("--exec-root")
        .arg(engine.join("exec"))
        .arg("--pidfile")
        .arg(engine.join("pid"))
        .arg("--host")
        .arg(format!("unix://{}", socket().display()))
        .args(["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"])
        .args(["--exec-opt", "native.cgroupdriver=cgroupfs"])
        .stdin(Stdio::null())
        // Ctrl-C is for us; the engine is stopped after its containers.
        .process_group(0);
    command
}
