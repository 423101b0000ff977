//! Do the kinds of a host do what they say with real tools? Accounts, mounts, settings of the kernel, networks and volumes of the
//! engine come, are left alone when they are as declared, change, and go; what was there before is there again.

use super::surveyed::{survey, with_extra};
use crate::lab::{engine::docker, paths, project::Project, scene::Scene};
use crate::run::must;

/// Runs a script of POSIX sh on the host of a case.
type Look<'l> = &'l dyn Fn(&str) -> Result<String, String>;

/// The engine's own kinds are tried where there is an engine.
pub(crate) fn debian(scene: &Scene) -> Result<(), String> {
    let address = format!("{}.12", scene.pair.network);
    let project = Project::own("kinds-debian", &scene.pair, &program(&address, ""))?;
    let look = |script: &str| scene.pair.new.sh(script);
    let engine = |subnet: &str| {
        format!("docker.network lan {{ on = new, subnet = {subnet} }}\ndocker.volume store {{ on = new, name = \"lab-store\" }}\n")
    };
    let first = engine("172.29.5.0/24") + &account("\"red\"", "/bin/sh");
    let second = engine("172.29.6.0/24") + &account("\"blue\", \"red\"", "/bin/bash");
    look("for group in red blue; do grep -q \"^$group:\" /etc/group || echo \"$group:x:$((1800 + ${#group})):\" >>/etc/group; done")?;
    comes_changes_and_goes(scene, &project, &address, &look, [&first, &second], |step| {
        let lan = look("docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' lan 2>/dev/null || echo none")?;
        let store = look("docker volume inspect --format '{{.Driver}}' lab-store 2>/dev/null || echo none")?;
        let club = look("{ grep '^club:' /etc/passwd | cut -d : -f 3,7; id -Gn club 2>/dev/null; } | tr ' ' '\\n' | sort | tr '\\n' ' '")?;
        let wanted = [
            ("172.29.5.0/24", "local", "1777:/bin/sh club red"),
            ("172.29.6.0/24", "local", "1777:/bin/bash blue club red"),
            ("none", "none", ""),
        ];
        let found = (lan.trim(), store.trim(), club.trim());
        if wanted.get(step) == Some(&found) { Ok(()) } else { Err(format!("the host has {found:?} after step {step}")) }
    })?;
    let home = look("ls -d /home/club; rm -rf /home/club; sed -i '/^red:/d; /^blue:/d' /etc/group")?;
    if home == "/home/club\n" { Ok(()) } else { Err("the home of an account went with it".to_owned()) }
}

/// No tool but those of busybox, which Debian builds without `adduser`.
pub(crate) fn busybox(scene: &Scene) -> Result<(), String> {
    let image = scene.images.small.clone();
    let rights = [
        "--tmpfs=/etc/dropbear",
        "--cap-add=SYS_ADMIN",
        "--cap-add=NET_ADMIN",
        "--security-opt=seccomp=unconfined",
        "--security-opt=systempaths=unconfined",
        "--security-opt=apparmor=unconfined",
    ];
    with_extra(scene, &image, &rights, &[], |address| {
        let project = Project::own("kinds-busybox", &scene.pair, &program(address, ""))?;
        survey(scene, &project, &["new"])?.must_exit(0)?;
        let look = |script: &str| must(docker().args(["exec", super::surveyed::EXTRA_NAME, "sh", "-euc", script]));
        comes_changes_and_goes(scene, &project, address, &look, ["", ""], |_| Ok(()))
    })
}

pub(super) fn program(address: &str, things: &str) -> String {
    let key = paths::key();
    format!(
        "use ssh\nuse host\nuse docker\nuse systemd\n\nproject lab_kinds {{ name = \"lab-kinds\" }}\n\nserver new: ssh.host {{\n  address = {address}\n  login = {{ user = \"root\", \
         identity_file = \"{}\" }}\n  facts = survey(\"facts/new.json\")\n}}\n\n{things}",
        key.display()
    )
}

fn account(groups: &str, shell: &str) -> String {
    format!("host.user club {{ on = new, user = \"club\", uid = 1777, groups = [{groups}], shell = \"{shell}\" }}\n")
}

fn things(text: &str, option: &str, forward: u8) -> String {
    format!(
        r#"
host.directory site {{ on = new, path = "/srv/kinds", mode = "0750" }}
host.file page {{ on = new, path = "/srv/kinds/page", content = "{text}\n", needs = [site] }}
host.mount scratch {{ on = new, device = "tmpfs", path = "/srv/scratch", filesystem = "tmpfs", options = ["size=1m", "{option}"] }}
host.sysctl forward {{ on = new, key = "net.ipv4.ip_forward", value = "{forward}" }}
"#
    )
}

/// Three programs one after the other on one host. `also` looks at what only some hosts have, after each.
fn comes_changes_and_goes(
    scene: &Scene,
    project: &Project,
    address: &str,
    look: Look<'_>,
    more: [&str; 2],
    also: impl Fn(usize) -> Result<(), String>,
) -> Result<(), String> {
    let before = look("cat /proc/sys/net/ipv4/ip_forward")?;
    let (was, other) = if before.trim() == "1" { (1, 0) } else { (0, 1) };
    let first = program(address, &(things("one", "noexec", other) + more[0]));
    let second = program(address, &(things("two", "exec", was) + more[1]));
    let found = |text: &str, option: &str, value: u8| {
        let script = r#"
            awk '$2 == "/srv/scratch" { print $3, ($4 ~ /noexec/ ? "noexec" : "exec") }' /proc/self/mounts
            cat /proc/sys/net/ipv4/ip_forward /srv/kinds/page
            awk '$2 == "/srv/scratch" { print $1 }' /etc/fstab
        "#;
        let wanted = format!("tmpfs {option}\n{value}\n{text}\ntmpfs\n");
        let said = look(script)?;
        if said == wanted { Ok(()) } else { Err(format!("the host has\n{said}instead of\n{wanted}")) }
    };

    project.rewrite(&first)?;
    scene.migc.apply(project)?.must_exit(0)?;
    found("one", "noexec", other)?;
    also(0)?;
    scene.migc.apply(project)?.must_say(&["nothing to do"])?;
    // Whoever lost the journal finds everything as it is declared.
    let again = scene.migc.run("apply", project, &["--yes", "--state", "another"])?;
    again.must_exit(0)?;
    found("one", "noexec", other)?;

    project.rewrite(&second)?;
    scene.migc.apply(project)?.must_exit(0)?;
    found("two", "exec", was)?;
    also(1)?;

    project.rewrite(&program(address, ""))?;
    scene.migc.apply(project)?.must_exit(0)?;
    let rest = look(
        "grep scratch /proc/self/mounts /etc/fstab || :; ls -d /srv/kinds 2>/dev/null || :; cat /proc/sys/net/ipv4/ip_forward; rmdir /srv/scratch",
    )?;
    also(2)?;
    if rest == before { Ok(()) } else { Err(format!("after everything went, there is still\n{rest}")) }
}
