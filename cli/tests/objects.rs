//! Does `migc` keep a state in an object store, and refuse who lacks its key or its lease? Real processes against an S3 that is not ours.
//!
//! `cargo verify` starts one and says so by `MIG_TEST_S3`; without it the test is left out.

#![allow(clippy::disallowed_methods, clippy::print_stderr, reason = "a process is started")]

mod support;

use mig_plan::{Plan, ResourceState};
use mig_runtime::{
    executor::{self, Exit},
    journal,
    real::{Location, RealWorld, Store},
};
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};
use support::{Folder, notes};

const PLACE: &str = "s3://migc-states/cli";
const KEY: &str = "an-example-of-a-key-with-enough-characters";

/// Exit status, output, errors.
fn migc(folder: &Folder, key: Option<&str>, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
    command.current_dir(&folder.0).args(words).stdin(Stdio::null()).env_remove("MIG_STATE");
    command.envs(key.map(|key| ("MIG_SECRET_state_key", key)));
    let output = command.output().expect("migc can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it was not killed"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_state_is_kept_there_and_needs_its_key() {
    if std::env::var_os("MIG_TEST_S3").is_none() {
        eprintln!("not tested here: `cargo verify` starts an S3 for this");
        return;
    }
    let folder = Folder::new("objects");
    folder.write("main.mig", format!("project trial {{ name = \"trial\", state = \"{PLACE}\" }}\n"));
    assert_eq!(migc(&folder, Some(KEY), &["state", "list"]), (0, String::new(), String::new()), "nothing is there yet");
    let location = Location::parse(PLACE, Path::new("")).expect("a place");
    let store = Store::open(&location, Some(KEY)).expect("a key");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let held = store.hold("ann@home").await.expect("nobody holds it");
        let world = RealWorld::new(&BTreeMap::new(), store.clone()).await.expect("a world");
        let state = journal::load(&world).await.expect("a state");
        let mut plan = Plan { serial: state.serial, head: state.head, ..notes(2) };
        plan.steps[0].sets = vec![("web".to_owned(), ResourceState { kind: "container".to_owned(), ..ResourceState::default() })];
        let result = executor::apply(&world, &plan, &executor::Options::default(), &|_| {}).await;
        assert_eq!(result.exit, Exit::Done, "{result:?}");
        let (code, _, said) = migc(&folder, Some(KEY), &["state", "rm", "web", "--yes"]);
        assert_eq!((code, said.contains("ann@home, process ")), (3, true), "{said}");
        drop(held);
    });
    let (code, said, _) = migc(&folder, Some(KEY), &["init", "begun", "--state", "s3://migc-states/begun"]);
    assert_eq!((code, said.contains("it can be written, and creates nothing twice")), (0, true), "{said}");
    assert!(folder.read("begun/main.mig").contains("project begun { name = \"begun\", state = \"s3://migc-states/begun\" }"));
    let (code, _, said) = migc(&folder, Some(KEY), &["init", "other", "--state", "s3://no-such-bucket/x"]);
    assert_eq!((code, folder.0.join("other").exists()), (1, false), "{said}");
    let listed = |key| migc(&folder, key, &["state", "list"]);
    assert_eq!(listed(Some(KEY)), (0, "web  container\n".to_owned(), String::new()));
    let (code, _, said) = listed(None);
    assert_eq!((code, said.contains("MIG_SECRET_state_key")), (1, true), "{said}");
    let other = KEY.replace('a', "o");
    let (code, out, said) = listed(Some(&other));
    assert_eq!((code, out.as_str(), said.contains("does not carry the seal of this state")), (1, "", true), "{said}");
    // A file that only its owner reads says it as well, and the state goes on being one.
    folder.write("keys", format!("state_key={KEY}\n"));
    Command::new("chmod").args(["600", "keys"]).current_dir(&folder.0).status().expect("chmod can be started");
    folder.write("main.mig", format!("project trial {{ name = \"trial\", state = \"{PLACE}\", secrets = [file(\"keys\")] }}\n"));
    assert_eq!(migc(&folder, None, &["state", "rm", "web", "--yes"]).0, 0);
    assert_eq!(listed(None), (0, String::new(), String::new()));
    let (code, _, said) = migc(&folder, None, &["state", "list", "--state", "ftp://club/state"]);
    assert_eq!((code, said.contains("`s3://BUCKET/PATH`")), (64, true), "{said}");
}
