//! Does `systemd.unit` do what it says on a host that systemd has started? A unit comes, is started anew when what it reads changes, is
//! set back when it was stopped, and goes; one that stops sshd is undone by the host.

use super::{
    kinds::program,
    surveyed::{EXTRA_NAME, survey, with_extra},
};
use crate::lab::{engine::docker, project::Project, scene::Scene};
use crate::run::must;

/// What systemd needs in a container.
const RIGHTS: [&str; 9] = [
    "--init=false",
    "--cgroupns=host",
    "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw",
    "--tmpfs=/run",
    "--tmpfs=/run/lock",
    "--tmpfs=/tmp",
    "--cap-add=SYS_ADMIN",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
];

/// The one after the other on one host.
pub(crate) fn come_and_go(scene: &Scene) -> Result<(), String> {
    with_extra(scene, &scene.images.booted, &RIGHTS, &[], |address| {
        let units = Units { scene, project: Project::own("units", &scene.pair, &program(address, ""))?, address };
        survey(scene, &units.project, &["new"])?.must_exit(0)?;
        units.come_change_and_go()
    })
}

struct Units<'s> {
    scene: &'s Scene,
    project: Project,
    address: &'s str,
}

impl Units<'_> {
    fn come_change_and_go(&self) -> Result<(), String> {
        self.apply(&judge("4", "infinity"))?;
        is("judge", "active enabled")?;
        let first = process()?;
        self.apply(&judge("4", "infinity"))?;
        must_be("left alone", process()? == first)?;

        self.apply(&judge("5", "infinity"))?;
        let second = process()?;
        must_be("started anew for its settings", second != first)?;
        self.apply(&judge("5", "100000"))?;
        must_be("started anew for its text", command()?.contains("100000"))?;

        look("systemctl stop judge")?;
        self.scene.migc.run("plan", &self.project, &[])?.must_say(&["`running` was true and is false"])?;
        self.apply(&judge("5", "100000"))?;
        is("judge", "active enabled")?;

        // The host sets back what stops its sshd, although those who are connected stay so.
        self.project.rewrite(&program(self.address, &(judge("5", "100000") + WALL)))?;
        let ended = self.scene.migc.apply(&self.project)?;
        ended.must_exit(6)?;
        ended.must_complain(&["the host undid it by itself"])?;
        is("ssh", "active enabled")?;
        is("wall", "inactive")?;

        self.apply("")?;
        is("judge", "inactive")?;
        let rest = look("ls /etc/judge.conf /etc/systemd/system/judge.service /etc/systemd/system/wall.service 2>/dev/null || :")?;
        must_be(&format!("gone, and there is {rest}"), rest.is_empty())
    }

    /// Applies it, and then there is nothing to do.
    fn apply(&self, things: &str) -> Result<(), String> {
        self.project.rewrite(&program(self.address, things))?;
        self.scene.migc.apply(&self.project)?.must_exit(0)?;
        self.scene.migc.run("plan", &self.project, &["--detailed-exitcode"])?.must_exit(0)
    }
}

fn is(unit: &str, wanted: &str) -> Result<(), String> {
    let said = look(&format!("systemctl is-active {unit} || :; systemctl is-enabled {unit} 2>/dev/null || :"))?;
    let found = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if found == wanted { Ok(()) } else { Err(format!("{unit} is {found} and not {wanted}")) }
}

fn process() -> Result<String, String> {
    look("systemctl show --property=MainPID judge")
}

fn command() -> Result<String, String> {
    look("systemctl show --property=ExecStart judge")
}

fn must_be(what: &str, holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("the unit is not {what}: {}", command()?)) }
}

fn look(script: &str) -> Result<String, String> {
    must(docker().args(["exec", EXTRA_NAME, "sh", "-euc", script]))
}

fn judge(workers: &str, seconds: &str) -> String {
    format!(
        r#"
host.file settings {{ on = new, path = "/etc/judge.conf", content = "workers = {workers}\n" }}
systemd.unit judge {{
  on         = new
  unit       = "judge.service"
  restart_on = [settings]
  text       = """
    [Service]
    ExecStart=/bin/sleep {seconds}
    [Install]
    WantedBy=multi-user.target
    """
}}
"#
    )
}

const WALL: &str = r#"systemd.unit wall {
  on   = new
  unit = "wall.service"
  cuts = 8s
  text = """
    [Service]
    Type=oneshot
    RemainAfterExit=yes
    ExecStart=/bin/systemctl --no-block stop ssh.service
    ExecStop=/bin/systemctl start ssh.service
    [Install]
    WantedBy=multi-user.target
    """
}
"#;
