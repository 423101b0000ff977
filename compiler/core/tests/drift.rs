//! What does a plan do about what hosts say? Answers are made up here; how they are fetched is tested in `mig_runtime`.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{load, program};
use mig_core::Terms;
use mig_plan::{Action, Ask, Change, Observed, Plan, Reads, State, Verb};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const KINDS: &str = r#"
use ssh
kind note {
  on  : server fixed
  path: Path fixed
  text: Str = "x"
  mode: Str = "0644"
  size: Int = 1
  needs: [note] = []
  create ssh(sh"make {path} {mode} {size}") { stdin text = text }
  read ssh(sh"look {path} {mode}") { stdin text = text } from $ { mode = $.mode, size = $.size } ready $.text == "as declared" gone $.there == false failed $.broken == true
  update text ssh(sh"fill {path}") { stdin text = text }
  update mode ssh(sh"chmod {mode} {path}")
  replace on size
  delete ssh(sh"drop {path}")
}
server a: ssh.host { address = 10.0.0.1 }
server b: ssh.host { address = 10.0.0.2, login = { jump = a } }
"#;
const N: &str = r#"note n { on = b, path = "/n", text = "hello" }"#;

fn reads(text: &str, state: &State) -> Reads {
    let files = program(&format!("{KINDS}{text}"));
    load(&files).compile().reads(state, &[])
}

/// The plan where everything that is asked gets its answer.
fn plan(text: &str, state: &State, answer: impl Fn(&str, &Ask) -> Result<Value, String>) -> Plan {
    let files = program(&format!("{KINDS}{text}"));
    let loaded = load(&files);
    let compilation = loaded.compile();
    let asked = compilation.reads(state, &[]);
    let answers = asked.list.iter().map(|read| (read.ask.key(), answer(&read.address, &read.ask))).collect();
    let terms = Terms { observed: Some(Observed { answers, ..Observed::default() }), targets: vec![] };
    compilation.plan_on(state, &terms).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn applied(text: &str) -> State {
    let files = program(&format!("{KINDS}{text}"));
    let mut state = State { project: "default".to_owned(), ..State::default() };
    let plan = load(&files).compile().plan(&state).unwrap();
    plan.steps.into_iter().for_each(|step| state.resources.extend(step.sets));
    state
}

fn steps(plan: &Plan) -> Vec<(&str, &str)> {
    plan.steps.iter().map(|s| (s.title.as_str(), s.why.as_str())).collect()
}

fn there(mode: &str, text: &str) -> Value {
    json!({ "there": true, "mode": mode, "size": 1, "text": text })
}

#[test]
fn everything_is_asked_once_as_it_was_applied_and_as_it_is_declared() {
    let one = reads(N, &State::default());
    assert_eq!((one.list.len(), one.hosts.keys().map(String::as_str).collect::<Vec<_>>()), (1, vec!["a", "b"]));
    let state = applied(N);
    assert_eq!(reads(N, &state), one, "what did not change is asked in the same words");
    let both = reads(&N.replace("/n\"", "/n\", mode = \"0600\""), &state);
    assert_eq!(both.list.iter().map(|r| r.address.as_str()).collect::<Vec<_>>(), ["n", "n"]);
    assert_eq!(reads("", &state), one, "what is no longer declared is asked too");
    assert_eq!(reads(&N.replace("note n", "@moved(from = n)\nnote m"), &state).list[0].address, "m");
}

#[test]
fn what_is_as_it_was_applied_needs_nothing() {
    let plan = plan(N, &applied(N), |_, _| Ok(there("0644", "as declared")));
    let observed = plan.observed.as_ref().unwrap();
    assert_eq!((plan.steps.len(), observed.count, observed.drift.len(), observed.unseen.len()), (0, 1, 0, 0));
}

#[test]
fn what_was_changed_outside_is_told_apart_from_what_the_program_changes_and_set_back() {
    let plan_of = |text: &str, answer: Value| plan(text, &applied(N), |_, _| Ok(answer.clone()));
    let drifted = plan_of(N, there("0666", "as declared"));
    assert_eq!(steps(&drifted), [("set back `mode` of `n` (note) on b", "changed outside of migc: `mode` was 0644 and is 0666")]);
    let Action::Call(call) = &drifted.steps[0].action else { panic!("{drifted:?}") };
    assert_eq!((call.verb, call.requests.len(), call.anew.is_some()), (Verb::Update, 1, true));
    let drift = &drifted.observed.as_ref().unwrap().drift[0];
    assert_eq!((drift.address.as_str(), drift.host.as_str(), drift.steps.as_slice()), ("n", "b", &[drifted.steps[0].id.clone()][..]));
    let both = plan_of(&N.replace("hello", "bye"), there("0666", "7 bytes"));
    assert_eq!(
        steps(&both),
        [(
            "change `text` of `n` (note) on b",
            "the program says otherwise than when it was applied; changed outside of migc: `mode` was 0644 and is 0666, `text` was as declared and is 7 bytes"
        )]
    );
    let Action::Call(call) = &both.steps[0].action else { panic!("{both:?}") };
    assert_eq!(call.requests.len(), 2, "the program's change and the one that is set back");
    let wished = plan(&N.replace("hello", "bye"), &applied(N), |_, ask| {
        let is_new = serde_json::to_string(ask).unwrap().contains("bye");
        Ok(there("0644", if is_new { "as declared" } else { "3 bytes" }))
    });
    assert!(wished.steps[0].why.ends_with("it is as declared already, so only the journal takes note"), "{:?}", steps(&wished));
    let another = plan_of(N, json!({ "there": true, "mode": "0644", "size": 3, "text": "as declared" }));
    assert_eq!(another.steps.iter().map(|s| s.title.as_str()).collect::<Vec<_>>(), ["delete `n` (note) on b", "create `n` (note) on b"]);
    let failed = plan_of(N, json!({ "there": true, "broken": true }));
    assert_eq!((failed.steps.len(), &failed.observed.as_ref().unwrap().drift[0].change), (0, &Change::Failed));
}

#[test]
fn what_is_gone_is_created_again_and_not_deleted_twice() {
    let gone = |text: &str| plan(text, &applied(N), |_, _| Ok(json!({ "there": false })));
    let why = "it was applied, and is not there any more";
    assert_eq!(steps(&gone(N)), [("create `n` (note) on b", why)]);
    assert_eq!(gone(N).observed.unwrap().drift[0].change, Change::Gone);
    assert_eq!(steps(&gone("")), [("delete `n` (note) on b", "`n` is no longer declared, and it is not there any more")]);
    let renamed = gone(&N.replace("note n", "@moved(from = n)\nnote m"));
    assert_eq!(renamed.observed.as_ref().unwrap().drift[0].address, "m");
    assert_eq!(renamed.steps.len(), 2, "{:?}", steps(&renamed));
}

#[test]
fn what_is_new_says_what_it_finds() {
    let new = |answer: Value| plan(N, &State::default(), |_, _| Ok(answer.clone())).steps.remove(0).why;
    assert_eq!(new(json!({ "there": false })), "it is declared, and nothing is there");
    assert!(new(there("0644", "as declared")).starts_with("it is declared, and there as declared"));
    assert_eq!(new(there("0600", "as declared")), "it is declared, and what is there is otherwise: `mode` is 0600 and not 0644");
}

#[test]
fn what_is_not_seen_is_planned_for_as_the_state_has_it_and_said() {
    let state = applied(N);
    let unseen = plan(N, &state, |_, _| Err("no JSON\u{1b}".to_owned()));
    let observed = unseen.observed.as_ref().unwrap();
    assert_eq!((unseen.steps.len(), observed.count, observed.drift.len()), (0, 0, 0));
    assert_eq!((observed.unseen[0].address.as_str(), observed.unseen[0].why.as_str()), ("n", "no JSON\\u{1b}"));
    let files = program(&format!("{KINDS}{N}"));
    let loaded = load(&files);
    let away = Observed { away: [("b".to_owned(), "no route".to_owned())].into(), ..Observed::default() };
    let plan = loaded.compile().plan_on(&state, &Terms { observed: Some(away), targets: vec![] }).unwrap();
    assert_eq!(plan.observed.unwrap().unseen[0].address, "b", "a host is told once, and not each thing on it");
    assert_eq!(loaded.compile().plan(&state).unwrap().observed, None);
    let undeclared = program("use ssh\nserver a: ssh.host { address = 10.0.0.1 }");
    let terms = Terms { observed: Some(Observed::default()), targets: vec![] };
    let plan = load(&undeclared).compile().plan_on(&state, &terms).unwrap();
    assert_eq!(plan.observed.unwrap().unseen[0].why, "the program does not say how `b` is reached");
}

const SERVICE: &str = r#"
use docker
service web: docker.container { on = a, image = "nginx:1.17.6", restart = "always" }
"#;

/// The plan where Docker says that of the container.
fn service_plan(text: &str, answer: &dyn Fn(&State) -> Value) -> Plan {
    let state = applied(SERVICE);
    plan(text, &state, |_, ask| {
        assert!(matches!(ask, Ask::Container { name, .. } if name == "web"), "{ask:?}");
        Ok(answer(&state))
    })
}

fn container(state: &State, changes: &Value) -> Value {
    let known = &state.resources["web"];
    let mut all = json!({ "there": true, "running": true, "status": "running", "exit_code": 0, "restart": "always",
        "owner": known.attributes["owner"], "spec": known.digest });
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    all
}

#[test]
fn what_became_of_a_container_is_seen() {
    for (changes, drift, titles) in [
        (json!({}), "", &[][..]),
        (
            json!({ "running": false, "status": "exited", "exit_code": 137 }),
            "`status` was running and is exited with exit status 137",
            &["start `web` on a", "wait until `web` answers on a"],
        ),
        (json!({ "restart": "" }), "`restart` was always and is no", &["set back the restart policy of `web` on a to always"]),
        (
            json!({ "there": false }),
            "it is not there any more",
            &[
                "bring the image nginx:1.17.6 to a",
                "create the container `web` on a, not started",
                "start `web` on a",
                "wait until `web` answers on a",
            ],
        ),
        (
            json!({ "spec": "sha256:other" }),
            "`container` was the one that was created and is another one of that name",
            &[
                "bring the image nginx:1.17.6 to a",
                "create the container `web` on a, not started",
                "start `web` on a",
                "wait until `web` answers on a",
                "remove the container that `web` was on a",
            ],
        ),
        (json!({ "owner": "" }), "`owner` was default/web and is nothing", &[]),
    ] {
        let plan = service_plan(SERVICE, &|state| container(state, &changes));
        let said: Vec<String> = plan.observed.as_ref().unwrap().drift.iter().map(|d| d.change.in_words()).collect();
        assert_eq!(said.join("; "), drift);
        assert_eq!(plan.steps.iter().map(|s| s.title.as_str()).collect::<Vec<_>>(), titles, "{changes}");
        assert_eq!(plan.observed.unwrap().drift.iter().map(|d| d.steps.len()).sum::<usize>(), titles.len());
    }
    let kept = service_plan(&SERVICE.replace("service web", "@keep\nservice web"), &|_| json!({ "there": false }));
    assert_eq!(kept.steps.iter().filter(|s| matches!(s.action, Action::CreateContainer { .. })).count(), 1, "what is gone is not replaced");
    let undeclared = service_plan("", &|_| json!({ "there": false }));
    assert_eq!(
        undeclared.steps[0].why,
        "`web` is no longer declared, and its container is not there any more; what it mounts stays on the host"
    );
}

#[test]
fn a_plan_for_some_addresses_has_what_they_need_and_says_that_it_is_partial() {
    let two = r#"
note low { on = a, path = "/l" }
note high { on = a, path = "/h", needs = [low] }
note other { on = b, path = "/o" }
"#;
    let files = |text: &str| program(&format!("{KINDS}{text}"));
    let for_some = |text: &str, state: &State, targets: &[&str]| {
        let files = files(text);
        let loaded = load(&files);
        let compilation = loaded.compile();
        let targets: Vec<String> = targets.iter().map(|&t| t.to_owned()).collect();
        let asked: Vec<String> = compilation.reads(state, &targets).list.into_iter().map(|r| r.address).collect();
        let plan = compilation.plan_on(state, &Terms { observed: None, targets }).unwrap();
        let addresses: Vec<String> = plan.steps.iter().map(|s| s.address.clone()).collect();
        (addresses, asked, plan.partial.map(|p| p.left_out))
    };
    let owned = |list: &[&str]| list.iter().map(|&t| t.to_owned()).collect::<Vec<_>>();
    let nothing = State::default();
    assert_eq!(for_some(two, &nothing, &["high"]), (owned(&["low", "high"]), owned(&["high", "low"]), Some(1)));
    assert_eq!(for_some(two, &nothing, &["low"]), (owned(&["low"]), owned(&["low"]), Some(2)), "what is built on it can wait");
    assert_eq!(for_some(two, &nothing, &["low", "other"]).2, Some(1));
    assert_eq!(for_some(two, &nothing, &[]).2, None);
    // What was built on something that goes, goes before it.
    let state = applied(two);
    assert_eq!(for_some("", &state, &["low"]), (owned(&["high", "low"]), owned(&["high", "low"]), Some(1)));
    // A move is one thing.
    let files = common::folder("examples/geekpie");
    let loaded = load(&files);
    let compilation = loaded.compile();
    let whole = compilation.plan(&nothing).unwrap();
    let of = whole.moves.last().unwrap().address.clone();
    let service = whole.steps.iter().find(|s| s.of_move.as_ref() == Some(&of) && s.address != of).unwrap().address.clone();
    let part = compilation.plan_on(&nothing, &Terms { observed: None, targets: vec![service] }).unwrap();
    let count = |plan: &Plan| plan.steps.iter().filter(|s| s.of_move.as_ref() == Some(&of)).count();
    assert_eq!(count(&part), count(&whole));
    assert!(part.steps.len() < whole.steps.len() && part.moves.iter().any(|m| m.address == of));
}

fn imported(text: &str, state: &State, address: &str, answer: &Value) -> Result<mig_core::Import, String> {
    let files = program(&format!("{KINDS}{text}"));
    let loaded = load(&files);
    let compilation = loaded.compile();
    let reads = compilation.import_reads(address).map_err(|(message, _)| message)?;
    let answers = reads.list.iter().map(|read| (read.ask.key(), Ok(answer.clone()))).collect();
    let observed = Observed { answers, ..Observed::default() };
    compilation.import(state, &observed, address).map_err(|refused| match refused {
        mig_core::Refused::Said(message, _) => message,
        mig_core::Refused::Report(report) => panic!("{report:#?}"),
    })
}

#[test]
fn what_is_there_is_taken_as_it_is_and_what_differs_is_drift_from_then_on() {
    let nothing = State::default();
    let import = imported(N, &nothing, "n", &there("0600", "as declared")).unwrap();
    assert_eq!(import.differences.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["mode"]);
    let [step] = import.plan.steps.as_slice() else { panic!("{import:?}") };
    assert_eq!((&step.action, step.title.as_str(), import.plan.hosts.len()), (&Action::Note, "note that `n` is there on b", 0));
    let mut state = nothing.clone();
    state.resources.extend(step.sets.clone());
    assert_eq!(state.resources, applied(N).resources, "the state knows it as if it had been applied");
    assert_eq!(steps(&plan(N, &state, |_, _| Ok(there("0600", "as declared"))))[0].0, "set back `mode` of `n` (note) on b");
    assert_eq!(imported(N, &nothing, "n", &there("0644", "as declared")).unwrap().differences, []);
    for (address, state, answer, why) in [
        ("n", &state, there("0644", "as declared"), "the state knows `n` already"),
        ("n", &nothing, json!({ "there": false }), "`n` is not there on b"),
        ("m", &nothing, json!({}), "the program does not declare `m`"),
        ("b", &nothing, json!({}), "`b` is a server"),
    ] {
        assert_eq!(imported(N, state, address, &answer).unwrap_err(), why);
    }
    // A container of a state that was lost is taken back, as far as it is migc's.
    let known = applied(SERVICE);
    let import = imported(SERVICE, &nothing, "web", &container(&known, &json!({ "spec": "sha256:old", "restart": "" }))).unwrap();
    assert_eq!(import.plan.steps[0].sets[0].1.digest, "sha256:old", "the next plan makes of it what is declared");
    let theirs = imported(SERVICE, &nothing, "web", &container(&known, &json!({ "owner": "" }))).unwrap_err();
    assert!(theirs.starts_with("the container `web` on a is not one that migc made"), "{theirs}");
}

#[test]
fn a_lost_state_is_known_again_and_no_move_is_done_twice() {
    let files = common::folder("examples/geekpie");
    let loaded = load(&files);
    let compilation = loaded.compile();
    let nothing = State::default();
    let whole = compilation.plan(&nothing).unwrap();
    let applied: BTreeMap<_, _> = whole.steps.iter().flat_map(|step| step.sets.clone()).collect();
    let moves: Vec<String> = whole.moves.iter().map(|m| m.address.clone()).collect();
    assert!(!moves.is_empty());
    let reads = compilation.rebuild_reads();
    let answer = |address: &String| {
        let known = &applied[address];
        json!({ "there": true, "owner": known.attributes["owner"], "spec": known.digest, "running": true, "status": "running" })
    };
    let answers = reads.list.iter().map(|read| (read.ask.key(), Ok(answer(&read.address)))).collect();
    let observed = Observed { answers, ..Observed::default() };
    let said = |done: &[String]| match compilation.rebuild(&observed, done) {
        Err(mig_core::Refused::Said(message, _)) => message,
        other => panic!("{other:?}"),
    };
    assert!(said(&[]).contains("is not said to be done"), "{}", said(&[]));
    assert_eq!(said(&["other".to_owned()]), "the program has no move `other`");
    let rebuilt = compilation.rebuild(&observed, &moves).unwrap();
    assert_eq!((rebuilt.project.as_str(), rebuilt.absent.len(), rebuilt.untaken.len()), (whole.project.as_str(), 0, 0));
    // Servers are found by their id, so the next plan takes them over again; it does nothing else.
    let expected: BTreeMap<_, _> = applied.iter().filter(|(_, known)| !known.kind.starts_with("aliyun.")).collect();
    assert_eq!(rebuilt.resources.iter().collect::<BTreeMap<_, _>>(), expected, "it is known as if it had been applied");
    let state = State { project: rebuilt.project, resources: rebuilt.resources, ..State::default() };
    let plan = compilation.plan(&state).unwrap();
    assert!(plan.steps.iter().all(|step| matches!(step.action, Action::Adopt { .. } | Action::Note)) && plan.moves.is_empty(), "{plan:?}");
    // Where nothing is there yet, no move is done either.
    let answers = reads.list.iter().map(|read| (read.ask.key(), Ok(json!({ "there": false })))).collect();
    let rebuilt = compilation.rebuild(&Observed { answers, ..Observed::default() }, &[]).unwrap();
    assert!(rebuilt.resources.is_empty() && rebuilt.absent.len() == reads.list.len());
    let silent = compilation.rebuild(&Observed::default(), &[]).unwrap();
    assert_eq!(silent.untaken.len(), reads.list.len(), "who does not answer is not taken for gone");
}
