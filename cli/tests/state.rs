//! What may a person change in the state itself, and what is refused? Real processes on a journal in a folder.

#![allow(clippy::disallowed_methods, reason = "a process is started, and what is left is looked at")]

mod support;

use mig_plan::{Plan, ResourceState, State};
use mig_runtime::{
    executor::{self, Exit},
    journal::{self, SNAPSHOT_AFTER_ENTRIES},
    real::{RealWorld, Store},
};
use std::{
    collections::BTreeMap,
    fs,
    process::{Command, Stdio},
};
use support::{Folder, notes};

const WEB: &str = "new.web";

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// A project with a state.
struct Project(Folder);

impl Project {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        folder.write("main.mig", "project trial { name = \"trial\" }\n");
        Self(folder)
    }

    fn store(&self) -> Store {
        Store::new(&self.0.0.join("state"))
    }

    /// Two steps more, in this process.
    fn apply(&self) -> State {
        wait(async {
            let world = RealWorld::new(&BTreeMap::new(), self.store()).await.expect("a world");
            let state = journal::load(&world).await.expect("a state");
            let mut plan = Plan { serial: state.serial, head: state.head, ..notes(2) };
            plan.steps[0].sets = vec![(WEB.to_owned(), ResourceState { kind: "container".to_owned(), ..ResourceState::default() })];
            let result = executor::apply(&world, &plan, &executor::Options::default(), &|_| {}).await;
            assert_eq!(result.exit, Exit::Done, "{result:?}");
            journal::load(&world).await.expect("a state")
        })
    }

    /// Exit status, output, errors.
    fn migc(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        command.current_dir(&self.0.0).args(words).args(["--state", "state"]).stdin(Stdio::null()).env_remove("MIG_STATE");
        let output = command.output().expect("migc can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().expect("it was not killed"), text(&output.stdout), text(&output.stderr))
    }

    /// The last entry away, and with it the end of the run.
    fn lose_the_end(&self, state: &State) {
        fs::remove_file(self.0.0.join(format!("state/{:08}.json", state.serial))).expect("an entry");
    }
}

#[test]
fn a_missing_entry_is_named_wherever_the_state_is_read() {
    let project = Project::new("gap");
    project.apply();
    let state = project.apply();
    project.lose_the_end(&State { serial: 2, ..State::default() });
    let told = format!("entry 2 of the journal is missing, though there is entry {}", state.serial);
    for words in [&["status"][..], &["state", "verify"], &["state", "history"], &["plan"], &["apply", "--yes"], &["state", "rm", WEB]] {
        let (code, _, said) = project.migc(words);
        assert_eq!((code, said.contains(&told), said.contains("from a copy")), (1, true, true), "{words:?}: {said}");
    }
}

#[test]
fn what_is_forgotten_was_asked_for_and_is_journalled() {
    let project = Project::new("rm");
    let state = project.apply();
    let (code, shown, said) = project.migc(&["state", "rm", WEB]);
    assert_eq!((code, shown.contains("new.web (container)\nnothing is changed where they are")), (64, true), "{shown}{said}");
    let (code, _, said) = project.migc(&["state", "rm", WEB, "new.wbe", "--yes"]);
    assert_eq!((code, said.contains("did you mean `new.web`?")), (1, true), "{said}");
    let held = wait(project.store().hold("ann@home")).expect("nobody holds it");
    let (code, _, said) = project.migc(&["state", "rm", WEB, "--yes"]);
    assert_eq!((code, said.contains("ann@home, process ")), (3, true), "{said}");
    drop(held);
    assert_eq!(project.migc(&["state", "list"]).1, "new.web  container\n", "so far nothing was done");
    assert_eq!(project.migc(&["state", "rm", WEB, "--yes"]).0, 0);
    assert_eq!(project.migc(&["state", "list"]).1, "");
    let (_, history, _) = project.migc(&["state", "history"]);
    let last = history.lines().last().unwrap_or_default();
    assert!(last.contains("forgotten: new.web; by ") && last.ends_with(&format!(", entry {}", state.serial + 1)), "{history}");
    assert_eq!(project.migc(&["undo", "--yes"]).0, 1, "that would bring it back");
}

#[test]
fn nothing_is_forgotten_or_removed_while_a_run_is_unfinished() {
    let project = Project::new("open");
    let state = project.apply();
    project.lose_the_end(&state);
    for words in [&["state", "rm", WEB, "--yes"][..], &["state", "compact", "--yes"]] {
        let (code, _, said) = project.migc(words);
        assert_eq!((code, said.contains("is unfinished, and nothing was done")), (1, true), "{words:?}: {said}");
    }
}

#[test]
fn old_entries_are_removed_only_when_a_person_wants_it() {
    let project = Project::new("compact");
    project.apply();
    let (code, told, _) = project.migc(&["state", "compact", "--yes"]);
    assert_eq!((code, told.contains("nothing to remove")), (0, true), "{told}");
    let mut state = project.apply();
    while state.serial <= SNAPSHOT_AFTER_ENTRIES + 6 {
        state = project.apply();
    }
    let verified = project.migc(&["state", "verify"]).1;
    assert!(verified.starts_with(&format!("trial: {} entries are whole, and each names the one before; ", state.serial)), "{verified}");
    let runs = project.migc(&["state", "history"]).1.lines().count();
    assert_eq!(project.migc(&["state", "compact"]).0, 64);
    let (code, told, said) = project.migc(&["state", "compact", "--yes"]);
    assert_eq!(code, 0, "{said}");
    let newest: u64 = told.trim_end().rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number");
    assert_eq!(wait(project.store().numbers()).expect("a folder"), (newest..=state.serial).collect::<Vec<_>>());
    let verified = project.migc(&["state", "verify"]).1;
    let told = format!("{} entries are whole, and each names the one before (those before entry {newest} ", state.serial + 1 - newest);
    assert!(verified.contains(&told), "{verified}");
    assert!((1..runs).contains(&project.migc(&["state", "history"]).1.lines().count()));
    assert_eq!(project.migc(&["state", "list"]).1, "new.web  container\n");
    assert!(project.migc(&["state", "compact", "--yes"]).1.contains("nothing to remove"));
    let (code, _, said) = project.migc(&["undo", "--yes"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(project.apply().epoch, state.epoch + 3);
}
