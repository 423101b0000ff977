//! What does a survey find on hosts of five kinds? It writes what the checks need, says what it could not see, and leaves no trace.

use crate::{
    lab::{engine::docker, hosts::NETWORK_NAME, migc::Ended, paths, project::Project, scene::Scene},
    run::{must, succeeds},
};
use std::fs;

const ROOT_LOGIN: &str = "user = \"root\"";
/// The last part of the address of a host that a case starts.
const EXTRA_HOST: u8 = 13;
pub(super) const EXTRA_NAME: &str = "migc-lab-extra";
/// People of the club: one who may become root, one who may not, with a greeting and a profile that fails.
const PEOPLE: &str = r#"
for name in club guest; do
    useradd --create-home --shell /bin/bash "$name"
    install -d -m 700 -o "$name" "/home/$name/.ssh"
    install -m 600 -o "$name" /root/.ssh/authorized_keys "/home/$name/.ssh/authorized_keys"
done
echo 'club ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/club
printf 'echo Welcome, %%s "$USER"\nno_such_command_here\nset -o noglob\nfalse\n' >/home/guest/.bashrc
echo 'Authorised users only.' >/etc/issue.net
echo 'Banner /etc/issue.net' >>/etc/ssh/sshd_config
kill -HUP "$(cat /run/sshd.pid)"
"#;
const NO_PEOPLE: &str = r#"
sed -i '/^Banner/d' /etc/ssh/sshd_config
kill -HUP "$(cat /run/sshd.pid)"
for name in club guest; do userdel --remove "$name" 2>/dev/null; done
rm -f /etc/sudoers.d/club
"#;
/// All files of a host but those that change by themselves, with the times of their last change.
const FILES: &str = "find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /var/log -o -path /var/lib/docker \\) -prune -o -type f -printf '%C@ %p\\n' | sort";

/// Everything is found, the checks and the plan hold on it, and the host is as before.
pub(crate) fn as_root(scene: &Scene) -> Result<(), String> {
    let project = scene.project("surveyed-root", &[])?;
    let old = &scene.pair.old;
    let before = old.sh(FILES)?;
    survey(scene, &project, &["old", "new"])?.must_exit(0)?;
    same(&before, &old.sh(FILES)?)?;
    let facts = read(&project, "old")?;
    for wanted in [
        "\"image\": \"mariadb:10.11\"",
        "\"source\": \"/data/mysql\"",
        "\"kind\": \"mariadb\"",
        "\"container\": \"db\"",
        "\"owner\": \"999:999\"",
        "\"InnoDB\"",
        "\"3306/tcp\"",
        "\"data_root\": \"/var/lib/docker\"",
        "\"process\": \"sshd\"",
        "\"distribution\": \"debian\"",
        "\"/data/tree\": {",
        "\"/srv/loose\": {",
    ] {
        must_hold(&facts, wanted)?;
    }
    if facts.contains("Asia/Shanghai") {
        return Err("a value of a container's environment is in the facts".to_owned());
    }
    must_hold(&read(&project, "new")?, "\"containers\": {}")?;
    scene.migc.run("check", &project, &["--deny", "warnings", "--max-age", "1d"])?.must_exit(0)?;
    scene.migc.run("plan", &project, &[])?.must_exit(0)?;
    let again = scene.migc.run("survey", &project, &["--diff", "new"])?;
    again.must_exit(0)?;
    let changed = again.said.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with("unknown: "));
    // Other machines share the disk of a lab's host, and write.
    let changed: Vec<&str> = changed.filter(|line| !line.starts_with("mounts.")).collect();
    if changed.is_empty() { Ok(()) } else { Err(format!("two surveys of one host differ: {changed:?}")) }
}

/// Root's facts, by way of sudo.
pub(crate) fn with_sudo(scene: &Scene) -> Result<(), String> {
    with_people(scene, || {
        let project = scene.project("surveyed-sudo", &[(ROOT_LOGIN, "user = \"club\", sudo = true")])?;
        let ended = survey(scene, &project, &["new"])?;
        ended.must_exit(0)?;
        let facts = read(&project, "new")?;
        for wanted in ["\"user\": \"club\"", "\"sudo\": true", "\"containers\": {}", "\"databases\": {}"] {
            must_hold(&facts, wanted)?;
        }
        if ended.said.contains("only root sees it") { Err("sudo is not root".to_owned()) } else { Ok(()) }
    })
}

/// What everybody sees, and why the rest is unknown; whatever the login prints.
pub(crate) fn without_root(scene: &Scene) -> Result<(), String> {
    with_people(scene, || {
        let project = scene.project("surveyed-guest", &[(ROOT_LOGIN, "user = \"guest\"")])?;
        let ended = survey(scene, &project, &["new"])?;
        ended.must_exit(0)?;
        ended.must_say(&["only root sees it"])?;
        ended.must_say(&["docker asks for root or the group docker"])?;
        let facts = read(&project, "new")?;
        for wanted in ["\"user\": \"guest\"", "\"sudo\": false", "\"what\": \"databases\"", "\"22/tcp\"", "\"arch\": "] {
            must_hold(&facts, wanted)?;
        }
        if facts.contains("\"containers\": ") { Err("containers are told to be known".to_owned()) } else { Ok(()) }
    })
}

/// No tool but those of busybox, and another sshd.
pub(crate) fn busybox(scene: &Scene) -> Result<(), String> {
    let image = scene.images.small.clone();
    with_extra(scene, &image, &["--tmpfs=/etc/dropbear"], &[], |address| {
        let facts = &surveyed_extra(scene, address)?;
        for wanted in
            ["\"distribution\": \"small\"", "\"containers\": {}", "\"tar\": \"busybox 1.", "\"22/tcp\"", "\"host_keys\": [", "\"used\": "]
        {
            must_hold(facts, wanted)?;
        }
        Ok(())
    })
}

/// Nothing can be written, and the host's key lies where nobody looks for it.
pub(crate) fn read_only(scene: &Scene) -> Result<(), String> {
    let image = scene.images.host.clone();
    let start =
        "mkdir -p /run/sshd /run/keys && ssh-keygen -q -t ed25519 -N '' -f /run/keys/host && exec /usr/sbin/sshd -D -e -h /run/keys/host";
    with_extra(scene, &image, &["--read-only", "--tmpfs=/run"], &["sh", "-c", start], |address| {
        let facts = &surveyed_extra(scene, address)?;
        for wanted in ["\"distribution\": \"debian\"", "\"host_keys\": [", "\"why\": \"docker is installed and does not answer\""] {
            must_hold(facts, wanted)?;
        }
        Ok(())
    })
}

/// The first survey is refused and tells the key that the host offered; the second takes it.
pub(super) fn survey(scene: &Scene, project: &Project, hosts: &[&str]) -> Result<Ended, String> {
    for host in hosts {
        let _ = fs::remove_file(project.folder().join(format!("facts/{host}.json")));
    }
    let refused = scene.migc.run("survey", project, hosts)?;
    refused.must_exit(1)?;
    refused.must_say(&["is not known; it offered"])?;
    if project.folder().join(format!("facts/{}.json", hosts.first().unwrap_or(&""))).exists() {
        return Err("facts are written of a host whose key nobody knows".to_owned());
    }
    let keys =
        refused.said.split("it offered ").skip(1).filter_map(|after| after.split_whitespace().nth(1)).map(|key| key.trim_end_matches('.'));
    let mut words: Vec<&str> = hosts.to_vec();
    for key in keys {
        words.extend(["--accept-key", key]);
    }
    scene.migc.run("survey", project, &words)
}

fn with_people(scene: &Scene, body: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let new = &scene.pair.new;
    new.sh(PEOPLE)?;
    let result = new.wait().and_then(|()| body());
    let restored = new.sh(NO_PEOPLE).and_then(|_| new.wait());
    result.and(restored)
}

/// With a host at an address that is there for this case only.
pub(super) fn with_extra(
    scene: &Scene,
    image: &str,
    options: &[&str],
    command: &[&str],
    body: impl FnOnce(&str) -> Result<(), String>,
) -> Result<(), String> {
    let address = format!("{}.{EXTRA_HOST}", scene.pair.network);
    let key = format!("{}:/root/.ssh/authorized_keys:ro", paths::key().with_extension("pub").display());
    let mut run = docker();
    run.args(["run", "--detach", "--init", "--name", EXTRA_NAME, "--hostname", "extra", "--network", NETWORK_NAME, "--ip", &address]);
    must(run.args(["--volume", &key]).args(options).arg(image).args(command))?;
    let result = wait_for_ssh(&address).and_then(|()| body(&address));
    let log = must(docker().args(["logs", EXTRA_NAME])).unwrap_or_default();
    succeeds(docker().args(["rm", "--force", EXTRA_NAME]));
    result.map_err(|why| format!("{why}\nthe host said: {log}"))
}

/// sshd answers a moment after its container is there.
fn wait_for_ssh(address: &str) -> Result<(), String> {
    for _ in 0..100 {
        if std::net::TcpStream::connect((address, 22)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Err(format!("nothing answers at {address}"))
}

/// Surveys a host; then the checks read what was found.
fn surveyed_extra(scene: &Scene, address: &str) -> Result<String, String> {
    let new = format!("{}.12", scene.pair.network);
    let project = scene.project("surveyed-extra", &[(&new, address)])?;
    survey(scene, &project, &["new"])?.must_exit(0)?;
    let checked = scene.migc.run("check", &project, &["--format", "short"])?;
    if checked.said.contains("MIG1010") {
        return Err(format!("the checks do not read what the survey wrote:\n{}", checked.said));
    }
    read(&project, "new")
}

fn read(project: &Project, host: &str) -> Result<String, String> {
    let path = project.folder().join(format!("facts/{host}.json"));
    fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
}

fn must_hold(facts: &str, wanted: &str) -> Result<(), String> {
    if facts.contains(wanted) { Ok(()) } else { Err(format!("the facts do not hold {wanted}:\n{facts}")) }
}

fn same(before: &str, after: &str) -> Result<(), String> {
    let changed: Vec<&str> = after.lines().filter(|line| !before.contains(line)).take(10).collect();
    // A database writes its own files all the time.
    let changed: Vec<&&str> = changed.iter().filter(|line| !line.contains(" /data/")).collect();
    if changed.is_empty() { Ok(()) } else { Err(format!("the survey left traces: {changed:?}")) }
}
