//! Who closes the way back, and what does `migc undo` do before and after? Real processes on a journal in a folder.

#![allow(clippy::disallowed_methods, reason = "a process is started, and what is left is looked at")]

mod support;

use mig_plan::{Class, Host, Login, MoveSummary, Phase, Plan, ResourceState, Undo};
use mig_runtime::{
    executor::{self, Exit},
    journal,
    real::{RealWorld, Store},
};
use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};
use support::{Folder, notes};

const MOVE: &str = "everything";

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// A move whose steps only write the journal, up to its end.
fn moving() -> Plan {
    let mut plan = notes(2);
    for step in &mut plan.steps {
        (step.address, step.of_move) = (MOVE.to_owned(), Some(MOVE.to_owned()));
    }
    let [point, last] = &mut plan.steps[..] else { panic!("two steps") };
    point.point_of_no_return = true;
    point.undo = Undo::Impossible { why: "new may have written".to_owned() };
    (last.needs, last.after_no_return, last.phase) = (vec![point.id.clone()], true, Phase::Finish);
    last.class = Class::Idempotent;
    let attributes = [("from", "old"), ("to", "new")].map(|(name, end)| (name.to_owned(), end.to_owned()));
    last.sets =
        vec![(MOVE.to_owned(), ResourceState { kind: "copy".to_owned(), attributes: attributes.into(), ..ResourceState::default() })];
    let hosts = ["old", "new"].map(|name| {
        let login = Login { host: name.to_owned(), ..Login::default() };
        (name.to_owned(), Host { login, ..Host::default() })
    });
    plan.hosts = hosts.into();
    plan.moves = vec![MoveSummary {
        address: MOVE.to_owned(),
        from: "old".to_owned(),
        to: "new".to_owned(),
        point_of_no_return: Some(plan.steps[0].id.clone()),
        bytes: None,
        seconds: None,
        window: None,
        window_unix: None,
    }];
    plan
}

/// A project whose move is done.
struct Project(Folder);

impl Project {
    fn moved(name: &str) -> Self {
        let folder = Folder::new(name);
        folder.write("main.mig", "project trial { name = \"trial\" }\n");
        let project = Self(folder);
        wait(async {
            let world = RealWorld::new(&BTreeMap::new(), Store::new(&project.0.0.join("state"))).await.expect("a world");
            let result = executor::apply(&world, &moving(), &executor::Options::default(), &|_| {}).await;
            assert_eq!(result.exit, Exit::Done, "{result:?}");
            assert!(journal::load(&world).await.expect("a state").resources.contains_key(MOVE));
        });
        project
    }

    /// Exit status, output, errors.
    fn migc(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        command.current_dir(&self.0.0).args(words).args(["--state", "state"]).stdin(Stdio::null()).env_remove("MIG_STATE");
        let output = command.output().expect("migc can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().expect("it was not killed"), text(&output.stdout), text(&output.stderr))
    }

    /// Exits so, and says all of these.
    fn must(&self, words: &[&str], status: i32, says: &[&str]) -> String {
        let (code, out, err) = self.migc(words);
        let said = format!("{out}{err}");
        let missing: Vec<&&str> = says.iter().filter(|text| !said.contains(**text)).collect();
        assert!(code == status && missing.is_empty(), "{words:?}: {code}, without {missing:?}: {said}");
        out
    }
}

#[test]
fn what_is_confirmed_is_not_gone_back_over() {
    let project = Project::moved("confirmed");
    project.must(&["status"], 0, &["everything (copy), done, not confirmed"]);
    project.must(&["confirm"], 64, &["everything: from old to new", "Nothing is deleted", "--yes"]);
    project.must(&["confirm", "--yes", "everythin"], 1, &["`everythin` is no move", "did you mean `everything`?"]);
    let json = project.must(&["confirm", "--yes", "--json", MOVE], 0, &[]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), serde_json::json!({"version": 1, "confirmed": [MOVE]}));
    project.must(&["confirm", "--yes", MOVE], 1, &["`everything` is confirmed already"]);
    project.must(&["confirm", "--yes"], 0, &["nothing to confirm"]);
    project.must(&["state", "list"], 0, &["everything  copy, done and confirmed"]);
    project.must(&["state", "show", MOVE], 0, &["confirmed: `migc undo` does not go back over it"]);
    project.must(&["state", "history"], 0, &["confirmed: everything; by "]);
    project.must(&["state", "export"], 0, &["\"record\": \"confirmed\""]);
    project.must(&["state", "verify"], 0, &["each names the one before"]);
    for words in [&["undo", "--yes"][..], &["undo", "--yes", "--discard-writes-on", MOVE]] {
        project.must(words, 1, &["`everything` is confirmed, which closed the way back, and nothing was done"]);
    }
}

#[test]
fn what_is_not_confirmed_is_moved_back() {
    let project = Project::moved("back");
    project.must(&["undo"], 64, &["back: what run r", "everything: from new to old", "--yes"]);
    project.must(&["undo", "--yes", "--overwrite", "nothing"], 64, &["has no move `nothing`", "it has everything"]);
    project.must(&["undo", "--yes"], 0, &["note that `everything` is moved back"]);
    assert_eq!(project.must(&["state", "list"], 0, &[]), "");
    project.must(&["state", "history"], 0, &["moving back what r"]);
    project.must(&["confirm", "--yes"], 0, &["nothing to confirm"]);
}

#[test]
fn one_object_or_one_event_a_line_is_printed_for_programs() {
    let project = Project::moved("events");
    let out = project.must(&["undo", "--yes", "--json"], 0, &[]);
    let events: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).expect("an event a line")).collect();
    assert_eq!(events.last().unwrap()["exit"], "done");
}
