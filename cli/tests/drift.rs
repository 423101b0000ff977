//! Does `migc plan` tell what was changed outside of migc? As a program, against an sshd on loopback.

#![allow(clippy::disallowed_methods, reason = "a process is started, and folders are made for it")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

#[path = "../../runtime/tests/support/mod.rs"]
mod support;

use mig_plan::{Host, Plan};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output, Stdio},
};
use support::{Folder, sshd::Sshd};

/// A project in a folder, on one host that may be reached.
struct Scene {
    folder: Folder,
    host: Host,
    sshd: Sshd,
}

impl Scene {
    fn new(name: &str) -> Option<Self> {
        let folder = Folder::new(name);
        let sshd = Sshd::start(&folder, "")?;
        fs::create_dir_all(folder.at("p/facts")).unwrap();
        let facts = serde_json::json!({ "version": 1, "host": "here", "host_keys": [sshd.host_key.split(' ').take(2).collect::<Vec<_>>().join(" ")] });
        fs::write(folder.at("p/facts/here.json"), facts.to_string()).unwrap();
        Some(Self { host: sshd.host(), folder, sshd })
    }

    /// Writes the program: a server and these declarations, with `DIR` for a folder of this test.
    fn declares(&self, text: &str) {
        let login = &self.host.login;
        let (user, port, identity) = (login.user.as_deref().unwrap(), login.port.unwrap(), login.identity_file.as_deref().unwrap());
        let server = format!(
            "use ssh\nuse host\nexisting server here: ssh.host {{\n  address = 127.0.0.1\n  login = {{ user = \"{user}\", port = {port}/tcp, identity_file = \"{identity}\" }}\n  facts = survey(\"facts/here.json\")\n}}\n"
        );
        fs::write(self.folder.at("p/main.mig"), format!("{server}{text}\n").replace("DIR", self.folder.path().to_str().unwrap())).unwrap();
    }

    fn migc(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        let Output { status, stdout, stderr } = command.current_dir(self.folder.at("p")).args(words).stdin(Stdio::null()).output().unwrap();
        (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    fn plan(&self) -> Plan {
        let (status, out, err) = self.migc(&["plan", "--json"]);
        assert_eq!(status, 0, "{err}");
        serde_json::from_str(&out).unwrap()
    }
}

const MOTD: &str = r#"host.file motd { on = here, path = "DIR/motd", content = "welcome\n" }
host.directory site { on = here, path = "DIR/site", mode = "0750" }"#;

#[test]
fn drift_is_told_apart_and_set_back() {
    let Some(scene) = Scene::new("cli-drift") else { return };
    scene.declares(MOTD);
    assert!(
        scene.plan().steps.iter().all(|s| s.why == "it is declared, and nothing is there"),
        "nothing was applied, and nothing is there"
    );
    assert!(!fs::exists(scene.folder.at("p/.migc")).unwrap(), "a plan begins no state");
    let (status, _, err) = scene.migc(&["apply", "--yes"]);
    assert_eq!(status, 0, "{err}");
    let (status, out, _) = scene.migc(&["plan", "--detailed-exitcode"]);
    assert_eq!(status, 0, "{out}");
    assert!(out.starts_with("nothing to do") && out.contains("2 things looked at on the hosts"), "{out}");

    fs::write(scene.folder.at("motd"), "by hand").unwrap();
    fs::set_permissions(scene.folder.at("motd"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::remove_dir(scene.folder.at("site")).unwrap();
    let (status, out, _) = scene.migc(&["plan", "--detailed-exitcode"]);
    assert_eq!(status, 2, "{out}");
    for said in [
        "drift: 2 things changed outside of migc since the last apply",
        "motd (host.file) on here\n    `mode` was 0644 and is 0666, `content` was the declared text and is 7 bytes with sha256 ",
        "site (host.directory) on here\n    it is not there any more; see step",
        "set back `mode`, `content` of `motd` (host.file) on here",
        "text: differs from what is on the host\n           @@ -1 +1 @@\n           -by hand\n           \\ No newline at end of file\n           +welcome\n",
        "create `site` (host.directory) on here",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    let (_, out, _) = scene.migc(&["plan", "--format", "markdown"]);
    assert!(out.contains("| site | here | it is not there any more | see step"), "{out}");
    assert!(out.contains("\n```diff\n@@ -1 +1 @@\n-by hand\n"), "{out}");
    let plan = scene.plan();
    assert_eq!(plan, scene.plan(), "the same observations give the same plan");
    assert_eq!(plan.observed.unwrap().drift.len(), 2);
    let (status, out, _) = scene.migc(&["plan", "--target", "site"]);
    assert!(status == 0 && out.starts_with("partial: only site and what it needs; nothing else is to do\n"), "{out}");
    assert!(out.contains("drift: 1 thing") && !out.contains("motd"), "{out}");
    let (status, _, err) = scene.migc(&["plan", "--target", "sit"]);
    assert!(status == 64 && err.contains("did you mean `site`?"), "{err}");
    let (status, out, _) = scene.migc(&["plan", "--refresh=false", "--detailed-exitcode"]);
    assert!(status == 0 && out.contains("no host was asked what became of it"), "{out}");

    let (status, _, err) = scene.migc(&["apply", "plan.json", "--digest", "sha256:x", "--target", "site"]);
    assert!(status == 64 && err.contains("`--target` belongs to a program"), "{err}");

    let (status, out, err) = scene.migc(&["apply", "--yes"]);
    assert_eq!(status, 0, "{out}{err}");
    assert_eq!(fs::read_to_string(scene.folder.at("motd")).unwrap(), "welcome\n");
    assert_eq!(fs::metadata(scene.folder.at("site")).unwrap().permissions().mode() & 0o7777, 0o750);
    assert_eq!(scene.plan().steps, []);
}

#[test]
fn a_log_tells_of_connections_and_scripts_and_nothing_of_what_they_are_given() {
    let Some(scene) = Scene::new("log") else { return };
    scene.declares("host.file motd { on = here, path = \"/nowhere/motd\", content = \"a-canary-of-the-content\" }");
    let (_, _, quiet) = scene.migc(&["plan"]);
    assert!(!quiet.contains("ssh is connected"), "{quiet}");
    let (_, _, log) = scene.migc(&["plan", "-v"]);
    assert!(log.contains(" INFO ssh is connected host=\"here\""), "{log}");
    assert!(log.contains(" INFO scripts ended host=\"here\" scripts=\"observe"), "{log}");
    assert!(!log.contains("DEBUG"), "{log}");
    let (_, _, log) = scene.migc(&["apply", "--yes", "-vvv"]);
    assert!(log.contains("DEBUG") && !log.contains("a-canary"), "{log}");
}

#[test]
fn a_state_that_was_lost_is_made_anew_by_what_hosts_keep() {
    let Some(scene) = Scene::new("cli-rebuild") else { return };
    fs::write(scene.folder.at("motd"), "before\n").unwrap();
    scene.declares(MOTD);
    let (status, _, err) = scene.migc(&["state", "rebuild", "--yes"]);
    assert!(status == 1 && err.contains("no host knows of a state"), "{err}");
    let (status, _, err) = scene.migc(&["apply", "--yes"]);
    assert_eq!(status, 0, "{err}");
    let (status, _, err) = scene.migc(&["state", "rebuild", "--yes"]);
    assert!(status == 1 && err.contains("there is a state in"), "{err}");
    let id = fs::read_to_string(scene.folder.at("p/.migc/state/id")).unwrap();
    fs::remove_dir_all(scene.folder.at("p/.migc")).unwrap();

    let (status, _, err) = scene.migc(&["state", "rebuild", "--yes", "--id", "other"]);
    assert!(status == 64 && err.contains("no host keeps records of the state `other`") && err.contains(id.trim()), "{err}");
    let (status, _, err) = scene.migc(&["state", "rebuild", "--yes", "--done", "move"]);
    assert!(status == 1 && err.contains("the program has no move `move`"), "{err}");
    fs::set_permissions(scene.folder.at("site"), fs::Permissions::from_mode(0o700)).unwrap();
    let (status, out, err) = scene.migc(&["state", "rebuild", "--yes"]);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("motd is there\n") && out.contains("site is there, otherwise than declared"), "{out}");
    assert_eq!(fs::read_to_string(scene.folder.at("p/.migc/state/id")).unwrap(), id, "hosts know it again");
    assert_eq!(scene.migc(&["state", "verify"]).0, 0);
    let plan = scene.plan();
    assert!(plan.steps.len() == 1 && plan.steps[0].address == "site", "{:?}", plan.steps);

    // What was there before migc came is in the host's records, and comes back when the declaration goes.
    scene.declares("");
    let (status, out, err) = scene.migc(&["apply", "--yes"]);
    assert_eq!(status, 0, "{out}{err}");
    assert_eq!(fs::read_to_string(scene.folder.at("motd")).unwrap(), "before\n");

    // Another state on the same host: nobody guesses which.
    fs::remove_dir_all(scene.folder.at("p/.migc")).unwrap();
    scene.declares(MOTD);
    assert_eq!(scene.migc(&["apply", "--yes"]).0, 0);
    fs::remove_dir_all(scene.folder.at("p/.migc")).unwrap();
    let (status, _, err) = scene.migc(&["state", "rebuild", "--yes"]);
    assert!(status == 64 && err.contains("hosts keep records of 2 states"), "{err}");
    assert!(!fs::exists(scene.folder.at("p/.migc")).unwrap(), "nothing is begun");
}

#[test]
fn all_of_it_is_destroyed_and_what_was_there_before_comes_back() {
    let Some(scene) = Scene::new("cli-destroy") else { return };
    let file = |text: &str| fs::read_to_string(scene.folder.at("motd")).is_ok_and(|found| found == text);
    fs::write(scene.folder.at("motd"), "theirs").unwrap();
    scene.declares(MOTD);
    assert_eq!(scene.migc(&["apply", "--yes"]).0, 0);
    assert!(file("welcome\n"));
    let (status, out, _) = scene.migc(&["destroy"]);
    assert!(status == 64 && out.starts_with("DESTROY: what migc made for default is taken away"), "nobody agreed: {out}");
    assert!(file("welcome\n"));
    scene.declares(&MOTD.replace("host.directory", "@keep\nhost.directory"));
    let (status, _, err) = scene.migc(&["destroy", "--yes"]);
    assert!(status == 1 && err.contains("MIG6014") && err.contains("take `@keep` away"), "{err}");
    let (status, out, err) = scene.migc(&["destroy", "--yes", "--target", "motd"]);
    assert!(status == 0 && out.contains("partial: only motd"), "{out}{err}");
    assert!(file("theirs") && fs::exists(scene.folder.at("site")).unwrap());
    scene.declares(MOTD);
    let (status, _, err) = scene.migc(&["destroy", "--yes"]);
    assert_eq!(status, 0, "{err}");
    assert!(!fs::exists(scene.folder.at("site")).unwrap());
    let (status, out, _) = scene.migc(&["destroy", "--yes"]);
    assert!(status == 0 && out.contains("nothing to destroy"), "{out}");
    assert_eq!(scene.migc(&["state", "list"]).1, "");
}

#[test]
fn what_is_there_already_is_imported_and_not_touched() {
    let Some(scene) = Scene::new("cli-import") else { return };
    let found = || fs::read_to_string(scene.folder.at("motd")).ok();
    scene.declares(MOTD);
    let (status, _, err) = scene.migc(&["import", "motd", "--yes"]);
    assert!(status == 1 && err.contains("`motd` is not there on here") && err.contains("`migc apply` creates it"), "{err}");
    fs::write(scene.folder.at("motd"), "theirs").unwrap();
    fs::set_permissions(scene.folder.at("motd"), fs::Permissions::from_mode(0o644)).unwrap();
    let (status, out, err) = scene.migc(&["import", "motd", "--yes"]);
    assert!(
        status == 0 && out.contains("`content` is 6 bytes with sha256 ") && out.contains("nothing of that is changed now"),
        "{out}{err}"
    );
    assert_eq!(found().as_deref(), Some("theirs"));
    assert_eq!(scene.migc(&["state", "list"]).1.lines().count(), 1);
    let (status, _, err) = scene.migc(&["import", "motd", "--yes"]);
    assert!(status == 1 && err.contains("knows `motd` already"), "{err}");
    let (status, _, err) = scene.migc(&["import", "motd", "i-1"]);
    assert!(status == 64 && err.contains("takes no id"), "{err}");
    let plan = scene.plan();
    assert_eq!(plan.steps.iter().map(|s| s.address.as_str()).collect::<Vec<_>>(), ["motd", "site"]);
    assert_eq!(plan.observed.unwrap().drift.len(), 1);
    assert_eq!(scene.migc(&["apply", "--yes"]).0, 0);
    assert_eq!(found().as_deref(), Some("welcome\n"));
    assert_eq!(scene.migc(&["destroy", "--yes"]).0, 0);
    assert_eq!(found().as_deref(), Some("theirs"), "what was there before comes back");
}

#[test]
fn a_host_that_is_away_is_told_and_its_things_are_planned_as_the_state_has_them() {
    let Some(scene) = Scene::new("cli-away") else { return };
    scene.declares(MOTD);
    assert_eq!(scene.migc(&["apply", "--yes"]).0, 0);
    let Scene { folder, host, sshd } = scene;
    drop(sshd);
    let text = fs::read_to_string(folder.at("p/main.mig")).unwrap();
    fs::write(folder.at("p/main.mig"), text.replace("0750", "0700")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_migc")).current_dir(folder.at("p")).arg("plan").stdin(Stdio::null()).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(out.contains("not observed: here: ") && out.contains("planned for as the state has it"), "{out}");
    assert!(out.contains("change `mode` of `site` (host.directory) on here"), "{out}");
    assert!(host.login.port.is_some());
}
