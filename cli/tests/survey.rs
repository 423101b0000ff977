//! How does `migc survey` behave as a program? Files, streams and exit statuses, against an sshd on loopback.
//!
//! What the host's answer means is tested where it is read.

#![allow(clippy::disallowed_methods, reason = "a process is started, and folders are made for it")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

#[path = "../../runtime/tests/support/mod.rs"]
mod support;

use mig_plan::{Facts, Host};
use std::{
    fs,
    process::{Command, Output, Stdio},
};
use support::{Folder, sshd::Sshd};

const PROGRAM: &str = r#"use ssh
existing server here: ssh.host {
  address = 127.0.0.1
  login   = { user = "USER", port = PORT/tcp, identity_file = "IDENTITY" }
  facts   = survey("facts/here.json")
}
existing server dark: ssh.host { address = 127.0.0.1, login = { port = 1/tcp } }
output size = here.facts.mounts["/"].size
"#;

fn migc(folder: &Folder, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
    let Output { status, stdout, stderr } = command.current_dir(folder.at("p")).args(words).stdin(Stdio::null()).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn project(folder: &Folder, host: &Host) {
    let login = &host.login;
    let text = PROGRAM
        .replace("USER", login.user.as_deref().unwrap())
        .replace("PORT", &login.port.unwrap().to_string())
        .replace("IDENTITY", login.identity_file.as_deref().unwrap());
    fs::create_dir(folder.at("p")).unwrap();
    fs::write(folder.at("p/main.mig"), text).unwrap();
}

fn fingerprint(folder: &Folder) -> String {
    let output = Command::new("ssh-keygen").args(["-l", "-f", &folder.at("host_key.pub")]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn a_key_is_accepted_once_and_facts_are_written() {
    let folder = Folder::new("cli-survey");
    let Some(sshd) = Sshd::start(&folder, "") else { return };
    project(&folder, &sshd.host());
    let key = fingerprint(&folder);

    let (status, out, err) = migc(&folder, &["survey", "--no-sizes"]);
    assert_eq!((status, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("is not known; it offered") && err.contains(&key) && err.contains("--accept-key"), "{err}");
    assert!(!fs::exists(folder.at("p/facts")).unwrap(), "nothing is written without a key");

    let other = format!("SHA256:{}", "A".repeat(43));
    let (status, _, err) = migc(&folder, &["survey", "--no-sizes", "--accept-key", &other]);
    assert!(status == 1 && err.contains("no host offers the key") && err.contains(&key), "{err}");

    let (status, out, err) = migc(&folder, &["survey", "--no-sizes", "--accept-key", &key]);
    assert_eq!((status, out.as_str()), (0, "here: facts/here.json written, new\n"), "{err}");
    let text = fs::read_to_string(folder.at("p/facts/here.json")).unwrap();
    let facts: Facts = serde_json::from_str(&text).unwrap();
    assert_eq!((facts.check(), facts.host.as_deref()), (Ok(()), Some("here")));
    assert!(sshd.host_key.starts_with(&facts.host_keys.unwrap()[0]));

    let (status, out, _) = migc(&folder, &["check", "--format", "short"]);
    assert_eq!(status, 0, "what a survey writes is read without a word: {out}");
    assert!(!out.contains("MIG1010"), "{out}");

    let (status, out, _) = migc(&folder, &["survey", "--no-sizes", "--diff", "here"]);
    assert!(status == 0 && out.starts_with("here: "), "{out}");
    assert_eq!(fs::read_to_string(folder.at("p/facts/here.json")).unwrap(), text, "a difference is shown and not written");

    let (status, out, _) = migc(&folder, &["survey", "--no-sizes", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &answer["hosts"][0]["written"], &answer["hosts"][0]["host"]), (0, &true.into(), &"here".into()), "{out}");

    let hostname = String::from_utf8(Command::new("hostname").output().unwrap().stdout).unwrap();
    let (status, out, _) = migc(&folder, &["survey", "--no-sizes", "--redact"]);
    assert_eq!(status, 0);
    assert!(!out.contains(&format!("\"hostname\": \"{}\"", hostname.trim())) && out.contains("\"hostname\": \"name-"), "{out}");

    fs::write(folder.at("host_key.pub"), "").unwrap();
    let pinned = text.replace("AAAAC3NzaC1lZDI1NTE5AAAAI", "AAAAC3NzaC1lZDI1NTE5AAAAIB");
    fs::write(folder.at("p/facts/here.json"), &pinned[..pinned.len()]).unwrap();
    let (status, _, err) = migc(&folder, &["survey", "--no-sizes"]);
    assert!(status == 1 && err.contains("--accept-key"), "a key that changed is told: {err}");
}

#[test]
fn what_cannot_be_surveyed_is_said() {
    let folder = Folder::new("cli-refused");
    fs::create_dir(folder.at("p")).unwrap();
    let (status, _, err) = migc(&folder, &["survey"]);
    assert!(status == 64 && err.contains("there is no program here"), "{err}");
    fs::write(folder.at("p/main.mig"), "use ssh\nexisting server dark: ssh.host { address = 127.0.0.1, login = { port = 1/tcp } }\n")
        .unwrap();
    for (words, code, said) in [
        (&["survey"][..], 1, "declares no existing server that names a facts file"),
        (&["survey", "drak"], 64, "did you mean `dark`?"),
        (&["survey", "dark"], 1, "does not say where its facts belong"),
        (&["survey", "root@127.0.0.1", "--diff"], 64, "has none"),
        (&["survey", "--accept-key", "MD5:aa"], 64, "a fingerprint is"),
        (&["survey", "--sizes", "0"], 64, "0 is not in"),
        (&["survey", "--redact", "--diff"], 64, "cannot be used with"),
        (&["survey", "-oProxyCommand=touch x@h"], 64, "unexpected argument"),
        (&["survey", "a b@h"], 1, "is no host"),
    ] {
        let (status, out, err) = migc(&folder, words);
        assert!(status == code && err.contains(said), "{words:?}: {status} {out} {err}");
    }
    fs::write(
        folder.at("p/main.mig"),
        "use ssh\nexisting server dark: ssh.host { address = 127.0.0.1, login = { port = 1/tcp }, facts = survey(\"facts/dark.json\") }\n",
    )
    .unwrap();
    let (status, out, err) = migc(&folder, &["survey"]);
    assert!(status == 1 && out.is_empty() && err.contains("dark: ") && err.contains("Connection refused"), "{err}");
    std::os::unix::fs::symlink("/tmp", folder.at("p/facts")).unwrap();
    let (_, _, err) = migc(&folder, &["survey", "--json"]);
    assert!(err.is_empty(), "{err}");
}

#[test]
fn the_schema_is_printed() {
    let folder = Folder::new("cli-schema");
    fs::create_dir(folder.at("p")).unwrap();
    let (status, out, _) = migc(&folder, &["survey", "--schema"]);
    let schema: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &schema["properties"]["version"]["const"]), (0, &1.into()));
}
