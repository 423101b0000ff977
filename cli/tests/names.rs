//! Does `migc` keep names at a real name server? As a program, against bind's `named` on loopback.

#![allow(clippy::disallowed_methods, reason = "a process is started, and folders are made for it")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

#[path = "../../runtime/tests/support/mod.rs"]
mod support;

use std::{
    fs,
    process::{Command, Output, Stdio},
};
use support::{
    Folder,
    named::{Named, SECRET},
};

/// A project in a folder, and a server for its zone.
struct Scene {
    folder: Folder,
    named: Named,
    secret: &'static str,
}

impl Scene {
    fn new(name: &str) -> Option<Self> {
        let folder = Folder::new(name);
        fs::create_dir_all(folder.at("p")).unwrap();
        let named = Named::start(&folder, "")?;
        Some(Self { folder, named, secret: SECRET })
    }

    fn declares(&self, text: &str) {
        let zone = format!(
            "use rfc2136\nzone club: rfc2136.zone {{ name = \"club.example\", server = 127.0.0.1, port = {}/tcp, key = \"migc\", secret = secret(\"DNS\") }}\n",
            self.named.port
        );
        fs::write(self.folder.at("p/main.mig"), format!("{zone}{text}\n")).unwrap();
    }

    /// Its exit status and all that it said; the secret is never among it, and nowhere in the project.
    fn migc(&self, words: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        command.current_dir(self.folder.at("p")).args(words).stdin(Stdio::null()).env("MIG_SECRET_DNS", self.secret);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(!said.contains(SECRET), "{said}");
        let held = Command::new("grep").args(["-rl", "canary-of-the-key", "."]).current_dir(self.folder.at("p")).output().unwrap();
        assert!(held.stdout.is_empty(), "{}", String::from_utf8_lossy(&held.stdout));
        let coded = Command::new("grep").args(["-rlF", SECRET, "."]).current_dir(self.folder.at("p")).output().unwrap();
        assert!(coded.stdout.is_empty(), "{}", String::from_utf8_lossy(&coded.stdout));
        (status.code().unwrap(), said)
    }

    fn must(&self, words: &[&str]) -> String {
        let (status, said) = self.migc(words);
        assert_eq!(status, 0, "{said}");
        said
    }

    fn says(&self, name: &str, sort: &str) -> Vec<String> {
        self.named.says(&format!("{name}.club.example"), sort)
    }
}

fn www(value: &str, ttl: &str) -> String {
    format!("record www: rfc2136.record {{ zone = club, name = \"www\", type = A, value = [{value}], ttl = {ttl} }}")
}

#[test]
fn a_record_is_made_kept_changed_and_taken_away() {
    let Some(scene) = Scene::new("names") else { return };
    scene.declares(&www("192.0.2.7, 192.0.2.8", "5min"));
    let plan = scene.must(&["plan"]);
    let server = scene.named.server();
    assert!(plan.contains(&format!("create `www` (rfc2136.record) on {server}")) && plan.contains("asking 1 name server"), "{plan}");
    assert!(!plan.contains("MIG6009"), "{plan}");
    scene.must(&["apply", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["300 192.0.2.7", "300 192.0.2.8"]);
    for words in [&["plan", "--detailed-exitcode"][..], &["plan", "--refresh=false", "--detailed-exitcode"]] {
        let said = scene.must(words);
        assert!(said.contains("nothing to do"), "{said}");
    }

    scene.named.by_hand(&scene.folder, "update delete www.club.example A 192.0.2.8\nupdate add www.club.example 60 A 192.0.2.66");
    let plan = scene.must(&["plan"]);
    for said in [
        format!("www (rfc2136.record) on {server}"),
        "`ttl` was 300 and is 60, `value` was [\"192.0.2.7\",\"192.0.2.8\"] and is [\"192.0.2.66\",\"192.0.2.7\"]".to_owned(),
        "set back `ttl`, `value` of `www` (rfc2136.record)".to_owned(),
    ] {
        assert!(plan.contains(&said), "{said}\n{plan}");
    }
    scene.must(&["apply", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["300 192.0.2.7", "300 192.0.2.8"]);
    // Back to how it was by hand, and there again.
    scene.must(&["undo", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["60 192.0.2.66", "60 192.0.2.7"]);
    scene.must(&["apply", "--yes"]);

    scene.declares(&www("192.0.2.9", "1min"));
    scene.must(&["apply", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["60 192.0.2.9"]);
    scene.must(&["undo", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["300 192.0.2.7", "300 192.0.2.8"]);
    scene.must(&["apply", "--yes"]);

    scene.named.by_hand(&scene.folder, "update delete www.club.example A");
    let plan = scene.must(&["plan"]);
    assert!(plan.contains("it was applied, and is not there any more"), "{plan}");
    scene.must(&["apply", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["60 192.0.2.9"]);

    scene.declares("");
    scene.must(&["apply", "--yes"]);
    assert_eq!(scene.says("www", "A"), Vec::<String>::new());
    scene.must(&["undo", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["60 192.0.2.9"]);
    scene.declares(&www("192.0.2.9", "1min"));
    scene.must(&["destroy", "--yes"]);
    assert_eq!(scene.says("www", "A"), Vec::<String>::new());
    scene.must(&["plan", "--refresh=false"]);
}

#[test]
fn what_changed_since_the_plan_is_left_alone() {
    let Some(scene) = Scene::new("names-meanwhile") else { return };
    scene.declares(&www("192.0.2.7", "5min"));
    scene.must(&["apply", "--yes"]);
    scene.declares(&www("192.0.2.9", "5min"));
    let (status, json) = scene.migc(&["plan", "--json", "--out", "plan.json"]);
    assert_eq!(status, 0, "{json}");
    let digest = scene.must(&["plan"]).lines().find_map(|line| line.strip_prefix("digest: ").map(str::to_owned)).unwrap();
    scene.named.by_hand(&scene.folder, "update add www.club.example 300 A 192.0.2.66");
    let (status, said) = scene.migc(&["apply", "plan.json", "--yes", "--digest", &digest]);
    assert_ne!(status, 0);
    assert!(
        said.contains(
            "www.club.example A was changed outside of migc meanwhile: it was 192.0.2.7 for 300 s, and is 192.0.2.66, 192.0.2.7 for 300 s"
        ),
        "{said}"
    );
    assert_eq!(scene.says("www", "A"), ["300 192.0.2.66", "300 192.0.2.7"]);
}

#[test]
fn what_somebody_else_made_is_taken_over_only_when_asked() {
    let Some(scene) = Scene::new("names-import") else { return };
    let old = "record old: rfc2136.record { zone = club, name = \"old\", type = A, value = [192.0.2.2], ttl = 5min }";
    scene.declares(old);
    let (status, said) = scene.migc(&["plan"]);
    assert!(
        status != 0 && said.contains("old.club.example A is there already, and migc did not make it: `ttl` is 600 and not 300"),
        "{said}"
    );
    let (status, said) = scene.migc(&["apply", "--refresh=false", "--yes"]);
    assert!(
        status != 0 && said.contains("old.club.example A is there already, and migc did not make it: it is 192.0.2.1 for 600 s"),
        "{said}"
    );
    let said = scene.must(&["status"]);
    assert!(said.contains("no run is unfinished"), "nothing was done, so nothing is left to undo: {said}");
    assert_eq!(scene.says("old", "A"), ["600 192.0.2.1"]);
    let said = scene.must(&["import", "old", "--yes"]);
    assert!(said.contains("192.0.2.1"), "{said}");
    scene.must(&["apply", "--yes"]);
    assert_eq!(scene.says("old", "A"), ["300 192.0.2.2"]);
    scene.must(&["undo", "--yes"]);
    assert_eq!(scene.says("old", "A"), ["600 192.0.2.1"]);
}

#[test]
fn what_is_not_seen_says_why() {
    let Some(mut scene) = Scene::new("names-unseen") else { return };
    scene.declares(&www("192.0.2.7", "5min"));
    scene.must(&["apply", "--yes"]);
    scene.secret = "b3RoZXI=";
    let said = scene.must(&["plan"]);
    assert!(said.contains("has another secret for the key `migc` (BADSIG)"), "{said}");
    scene.declares(&www("192.0.2.8", "5min"));
    let (status, said) = scene.migc(&["apply", "--yes"]);
    assert!(status != 0 && said.contains("(BADSIG)"), "{said}");
    scene.secret = SECRET;
    scene.must(&["apply", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["300 192.0.2.8"]);
    scene.named.stop();
    let said = scene.must(&["plan"]);
    assert!(said.contains("the name server does not answer over TCP"), "{said}");
    scene.declares(&www("192.0.2.9", "5min"));
    let (status, said) = scene.migc(&["apply", "--yes"]);
    assert!(status != 0 && said.contains("the name server does not answer over TCP"), "{said}");
    scene.named.restart();
    scene.must(&["apply", "--yes"]);
    assert_eq!(scene.says("www", "A"), ["300 192.0.2.9"]);
    scene.declares(&www("192.0.2.10", "1min"));
    let said = scene.must(&["rehearse"]);
    assert!(said.contains("no defect found"), "{said}");
}
