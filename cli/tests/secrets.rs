//! Where does `apply` find secrets, and what does it say when it cannot? With steps that touch no host.

#![allow(clippy::disallowed_methods, reason = "a process is started, and folders are made for it")]

mod support;

use mig_plan::Plan;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};
use support::{Folder, notes, plan_file};

const CANARY: &str = "canary-3f1c/+\"$(x)";

struct Trial {
    folder: Folder,
    digest: String,
    environment: Vec<(&'static str, String)>,
}

impl Trial {
    /// A project whose plan needs these secrets.
    fn new(name: &str, places: &str, secrets: &[&str]) -> Self {
        let folder = Folder::new(name);
        folder.write("main.mig", format!("project trial {{ name = \"trial\", secrets = [{places}] }}\n"));
        let plan = Plan { secrets: secrets.iter().map(|&s| s.to_owned()).collect(), ..notes(1) };
        let digest = plan_file(&folder, &plan);
        let home = folder.0.display().to_string();
        Self { folder, digest, environment: vec![("HOME", home)] }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    fn file(&self, name: &str, text: &str, mode: u32) {
        let path = self.folder.write(name, text);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    }

    /// The status, and all that was said; no secret is among it, and none is written.
    fn apply(&self) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        command.current_dir(&self.folder.0).args(["apply", "plan.json", "--yes", "--digest", &self.digest]).stdin(Stdio::null());
        for name in ["MIG_STATE", "AGE_IDENTITY", "MIG_SECRET_A", "MIG_SECRET_B"] {
            command.env_remove(name);
        }
        let output = command.envs(self.environment.iter().cloned()).output().expect("migc can be started");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("canary"), "{said}");
        for entry in fs::read_dir(self.folder.0.join(".migc/state")).into_iter().flatten() {
            let text = fs::read_to_string(entry.expect("an entry").path()).expect("a text");
            assert!(!text.contains("canary"), "{text}");
        }
        (output.status.code().expect("it was not killed"), said)
    }
}

#[test]
fn secrets_come_from_the_environment_then_from_the_places_in_their_order() {
    let places = "file(\"a.env\"), command([\"cat\", \"b.env\"]), file(\"missing.env\")";
    let trial = Trial::new("order", places, &["A", "B"]).with("MIG_SECRET_B", CANARY);
    trial.file("a.env", &format!("# of the trial\nA={CANARY}\n"), 0o600);
    assert_eq!(trial.apply().0, 0, "the places behind the last that is needed are not asked");

    let trial = Trial::new("command", places, &["A", "B"]);
    trial.file("a.env", "\n", 0o600);
    trial.file("b.env", &format!("A={CANARY}\nB={CANARY}\n"), 0o644);
    assert_eq!(trial.apply().0, 0);
}

#[test]
fn all_that_is_missing_is_told_together() {
    let trial = Trial::new("missing", "file(\"a.env\")", &["A", "B"]);
    trial.file("a.env", "C=canary\n", 0o600);
    let (status, said) = trial.apply();
    assert_eq!(status, 1);
    assert!(said.contains("the secret `A` is missing") && said.contains("the secret `B` is missing"), "{said}");
    assert!(said.contains("set MIG_SECRET_A in the environment of migc, or add `A=…` where `project { secrets }` looks"), "{said}");
    assert!(!trial.folder.0.join(".migc/state/00000001.json").exists());
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let trial = Trial::new("others", "file(\"a.env\")", &["A"]);
    for mode in [0o640, 0o604, 0o620] {
        trial.file("a.env", "A=canary\n", mode);
        let (status, said) = trial.apply();
        assert!(status == 1 && said.contains(&format!("may read or change `a.env` (mode {mode:04o})")), "{said}");
        assert!(said.contains("chmod 600 a.env"), "{said}");
    }
}

#[test]
fn a_place_that_cannot_be_used_is_named_and_nothing_is_done() {
    for (name, places, text, wanted) in [
        ("line", "file(\"a.env\")", "A=canary\ncanary\n", "a.env:2 has no `=`"),
        ("gone", "file(\"gone.env\")", "", "the secrets in `gone.env` cannot be read"),
        ("folder", "file(\".\")", "", "`.` is not a regular file"),
        ("fails", "command([\"false\"])", "", "`false`, which gives secrets, failed"),
        ("none", "command([\"no-such-program\"])", "", "the program `no-such-program`, which gives secrets, is not there"),
        ("words", "command([])", "", "`command([])` names no program"),
        ("endless", "command([\"cat\", \"/dev/zero\"])", "", "has more than 1024 KiB of secrets"),
    ] {
        let trial = Trial::new(name, places, &["A"]);
        trial.file("a.env", text, 0o600);
        let (status, said) = trial.apply();
        assert!(status == 1 && said.contains(wanted) && said.contains("nothing was done"), "{name}: {said}");
        assert!(!trial.folder.0.join(".migc/state/00000001.json").exists());
    }
}

#[test]
fn age_is_given_the_key_and_the_file() {
    let trial = Trial::new("age", "age(\"secrets.age\")", &["A"]);
    trial.file("secrets.age", "encrypted", 0o644);
    let (status, said) = trial.apply();
    assert!(status == 1 && said.contains("there is no key for age at") && said.contains(".config/age/keys.txt"), "{said}");

    let trial = trial.with("AGE_IDENTITY", "key.txt");
    trial.file("key.txt", "AGE-SECRET-KEY-canary", 0o644);
    let (status, said) = trial.apply();
    assert!(status == 1 && said.contains("`key.txt` (mode 0644)"), "{said}");

    trial.file("key.txt", "AGE-SECRET-KEY-canary", 0o600);
    let empty = trial.folder.0.join("bin").display().to_string();
    fs::create_dir(&empty).expect("a folder");
    let trial = trial.with("PATH", &empty);
    let (status, said) = trial.apply();
    assert!(status == 1 && said.contains("the program `age`, which gives secrets, is not there"), "{said}");

    // As `age` of FiloSottile is called.
    let script = "#!/bin/sh\nset -eu\n[ \"$1 $2 $3\" = \"--decrypt --identity key.txt\" ]\n[ -f \"$4\" ]\necho A=canary\n";
    trial.file("bin/age", script, 0o700);
    let (status, said) = trial.apply();
    assert_eq!(status, 0, "{said}");
}

#[test]
fn a_module_starts_no_program_for_secrets() {
    let trial = Trial::new("module", "", &["A"]);
    trial.file("main.mig", "use \"./club.mig\"\n", 0o644);
    trial.file("club.mig", "project trial { name = \"trial\", secrets = [command([\"touch\", \"started\"])] }\n", 0o644);
    let (status, said) = trial.apply();
    assert!(status == 1 && said.contains("the secret `A` is missing"), "{said}");
    assert!(!trial.folder.0.join("started").exists());
    let check = Command::new(env!("CARGO_BIN_EXE_migc")).current_dir(&trial.folder.0).args(["check", "--format", "short"]).output();
    let said = String::from_utf8_lossy(&check.expect("migc can be started").stdout).into_owned();
    assert!(said.contains("club.mig:1:44: error[MIG1012]: only the file that the program begins with may start a program"), "{said}");
}
