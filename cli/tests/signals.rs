//! What do signals do to a run that acts on a host? A real process and a real sshd, whose sessions are as slow as a test wants.

#![allow(clippy::disallowed_methods, reason = "processes are started, and what is left is looked at")]

#[path = "../../runtime/tests/support/mod.rs"]
mod support;

use mig_plan::{Action, Entry, Plan, Record, RunEnd, Step};
use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    os::unix::process::ExitStatusExt as _,
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};
use support::{Folder, plan_of, sshd::Sshd};

/// Longer than a signal may take, shorter than a test.
const SLOW_SECONDS: u64 = 20;

/// An sshd whose sessions after the first `quick` ones take [`SLOW_SECONDS`], until a file says that the outage is over.
fn sshd(folder: &Folder, quick: u32) -> Option<Sshd> {
    let at = folder.path().display();
    let command = format!(
        "echo x >>{at}/count; [ \"$(wc -l <{at}/count)\" -le {quick} ] || [ -e {at}/over ] || sleep {SLOW_SECONDS}; \
         eval \"$SSH_ORIGINAL_COMMAND\""
    );
    Sshd::start(folder, &format!("ForceCommand {command}"))
}

/// Two hosts that are one machine, taken over one after the other.
fn plan(sshd: &Sshd) -> Plan {
    let mut plan = plan_of(&Action::Adopt { host: "a".to_owned(), id: "i-1".to_owned() });
    plan.secrets.clear();
    plan.hosts = [("a".to_owned(), sshd.host())].into();
    let first = plan.steps[0].clone();
    plan.steps.push(Step { id: "s000000000002".to_owned(), needs: vec![first.id.clone()], ..first });
    plan
}

struct Run {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    said: Lines<BufReader<ChildStderr>>,
}

impl Run {
    fn start(folder: &Folder, plan: &Plan) -> Self {
        fs::write(folder.at("plan.json"), serde_json::to_string(plan).unwrap()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        command.args(["apply", "plan.json", "--digest", plan.digest().as_str(), "--state", "state", "--yes", "--json"]);
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines, said }
    }

    /// Reads events up to that one.
    fn until(&mut self, event: &str) {
        let wanted = format!("{{\"event\":\"{event}\"");
        assert!(self.lines.any(|line| line.unwrap().starts_with(&wanted)), "no {event}");
    }

    /// Reads what people are told up to that.
    fn until_said(&mut self, begin: &str) {
        assert!(self.said.any(|line| line.unwrap().starts_with(begin)), "it does not say {begin}");
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Exit status and the last line.
    fn end(mut self) -> (i32, serde_json::Value) {
        let last = self.lines.by_ref().map(Result::unwrap).last().unwrap_or_else(|| "{}".to_owned());
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), None);
        (status.code().unwrap(), serde_json::from_str(&last).unwrap())
    }
}

fn records(folder: &Folder) -> Vec<Record> {
    let entries = (1..).map_while(|number| fs::read(folder.at(&format!("state/{number:08}.json"))).ok());
    entries.flat_map(|bytes| serde_json::from_slice::<Entry>(&bytes).unwrap().records).collect()
}

#[test]
fn the_first_signal_lets_the_running_step_end() {
    for name in ["INT", "TERM", "HUP"] {
        let folder = Folder::new("first");
        let Some(sshd) = sshd(&folder, 1) else { return };
        let plan = plan(&sshd);
        let mut run = Run::start(&folder, &plan);
        run.until("step_started");
        run.signal(name);
        fs::write(folder.at("over"), "").unwrap();
        let (status, last) = run.end();
        assert_eq!((status, last["exit"].as_str(), last["done"].as_u64()), (4, Some("part_way"), Some(1)), "{name}: {last}");
        assert_eq!(last["summary"].as_array().unwrap().last().unwrap(), "`migc apply` goes on from here");
        assert_eq!(Run::start(&folder, &plan).end().0, 0, "{name}");
    }
}

#[test]
fn the_second_signal_leaves_at_once_and_the_journal_notes_it() {
    let folder = Folder::new("second");
    let Some(sshd) = sshd(&folder, 1) else { return };
    let plan = plan(&sshd);
    let mut run = Run::start(&folder, &plan);
    run.until("step_started");
    let began = Instant::now();
    run.signal("INT");
    // Two signals that are not told apart are one.
    run.until_said("stopping:");
    run.signal("INT");
    let (status, last) = run.end();
    assert_eq!((status, last["exit"].as_str(), last["done"].as_u64()), (4, Some("part_way"), Some(0)), "{last}");
    assert!(began.elapsed() < Duration::from_secs(SLOW_SECONDS / 2), "{:?}", began.elapsed());
    let steps = vec![plan.steps[0].id.clone()];
    assert_eq!(records(&folder).last(), Some(&Record::Interrupted { steps }));
    fs::write(folder.at("over"), "").unwrap();
    assert_eq!(Run::start(&folder, &plan).end().0, 0);
}

#[test]
fn a_run_that_was_killed_is_closed_by_its_name_and_what_is_half_done_is_listed() {
    let folder = Folder::new("abandon");
    let Some(sshd) = sshd(&folder, 1) else { return };
    let plan = plan(&sshd);
    let mut run = Run::start(&folder, &plan);
    run.until("step_started");
    run.signal("INT");
    run.until_said("stopping:");
    run.signal("INT");
    let name = run.end().1["run"].as_str().unwrap().to_owned();
    fs::write(folder.at("main.mig"), "project test { name = \"test\" }\n").unwrap();
    let migc = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migc"));
        let output = command.current_dir(folder.path()).args(words).args(["--state", "state"]).stdin(Stdio::null()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(migc(&["apply", "--abandon", "r000000000000", "--yes"]).0, 1);
    let (status, said) = migc(&["apply", "--abandon", &name, "--yes"]);
    assert!(status == 0 && said.contains("begun, not known to be done: 1. do it"), "{said}");
    assert!(migc(&["status"]).1.contains("no run is unfinished"));
    assert!(matches!(records(&folder).last(), Some(Record::Ended { end: RunEnd::Abandoned })));
}

#[test]
fn before_anything_was_started_a_signal_ends_with_130() {
    let folder = Folder::new("before");
    let Some(sshd) = sshd(&folder, 0) else { return };
    let began = Instant::now();
    let mut run = Run::start(&folder, &plan(&sshd));
    run.until("preflight");
    run.signal("INT");
    assert_eq!(run.end().0, 130);
    assert!(began.elapsed() < Duration::from_secs(SLOW_SECONDS / 2), "{:?}", began.elapsed());
    assert_eq!(records(&folder), []);
}
