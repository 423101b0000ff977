//! What if a person goes back over a move whose target has accepted writes? They come back to the source, whatever happens on the way.

mod common;

use common::{NEW, OLD, end, finish, options, run, world};
use mig_plan::{Action, Call, Plan, State, Step, Undo, proof::violations, reverse::moves_past_return, reverse::reverse};
use mig_runtime::{
    executor::{Exit, Options, undo},
    journal::{self, Journal, LastRun},
    sim::{Fault, SimWorld},
    validate::validate,
};
use serde_json::json;

const HOUR_MS: u64 = 3_600_000;

fn state(world: &SimWorld) -> State {
    world.drive(journal::load(world)).unwrap().unwrap()
}

fn last(world: &SimWorld) -> Option<LastRun> {
    world.drive(journal::last_run(world)).unwrap().unwrap()
}

/// The plan back, which the world knows of from now on.
fn way_back(world: &SimWorld, overwritten: &[&str]) -> Plan {
    let overwritten: Vec<String> = overwritten.iter().map(|&address| address.to_owned()).collect();
    let plan = reverse(&last(world).unwrap().run, &state(world), &overwritten).unwrap();
    assert_eq!((validate(&plan), violations(&plan)), (Ok(()), vec![]));
    world.next_plan(&plan);
    plan
}

/// Everything was moved, and the targets have written for an hour.
fn moved(services: &[&str]) -> SimWorld {
    let (world, plan) = world(services);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    world.set_now_ms(world.true_ms() + HOUR_MS);
    world
}

/// Applies until the way back is done. A crash may come before it begins, and after its end is written.
fn until_back(world: &SimWorld, plan: &Plan) -> Exit {
    let mut story = vec![];
    for _ in 0..5 {
        let (result, _) = run(world, plan, &options());
        let state = state(world);
        if state.unfinished.is_none() && !state.resources.contains_key("move_mysql") {
            return Exit::Done;
        }
        story.push(result);
    }
    panic!("it is not over after five applies: {story:?}");
}

/// What a service has written there last, at rest.
fn written(world: &SimWorld, host: &str, folder: &str) -> String {
    world.host(host).unwrap().nodes[&format!("{folder}/running")].content.clone()
}

fn is_running(world: &SimWorld, host: &str, name: &str) -> (bool, String) {
    let host = world.host(host).unwrap();
    let container = &host.containers[name];
    (container.is_running(), container.restart.clone())
}

/// The sources serve, with all that the targets had, and the targets are kept, stopped.
fn must_be_back(world: &SimWorld, services: &[&str]) {
    for name in services {
        assert_eq!(is_running(world, OLD, name), (true, "always".to_owned()));
        assert_eq!(is_running(world, NEW, name), (false, "no".to_owned()));
        assert_eq!(written(world, OLD, &format!("/data/{name}")), written(world, NEW, &format!("/srv/{name}")));
    }
    let old = world.host(OLD).unwrap();
    assert!(old.marks.is_empty() && old.taken.is_empty(), "the trees are the source's own again");
}

#[test]
fn what_was_written_on_the_target_comes_back() {
    let services = ["mysql", "ldap"];
    let world = moved(&services);
    let before = written(&world, OLD, "/data/mysql");
    let plan = way_back(&world, &[]);
    assert_eq!(plan.moves.iter().map(|m| (m.from.as_str(), m.to.as_str())).collect::<Vec<_>>(), [(NEW, OLD); 2]);
    assert!(plan.forecasts.iter().all(|forecast| forecast.downtime_seconds.is_some_and(|s| s > 0)), "{:?}", plan.forecasts);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    assert_eq!(world.violations(), Vec::<String>::new());
    must_be_back(&world, &services);
    assert_ne!(written(&world, OLD, "/data/mysql"), before);
    let state = state(&world);
    assert!(!state.resources.contains_key("move_mysql") && state.resources.contains_key(NEW), "{:?}", state.resources.keys());
}

#[test]
fn a_crash_at_any_call_of_the_way_back_comes_to_the_same_end() {
    let services = ["mysql", "ldap"];
    let calm = moved(&services);
    let plan = way_back(&calm, &[]);
    let begin = calm.calls();
    finish(&calm, &plan);
    for call in begin + 1..=calm.calls() {
        for fault in [Fault::CrashBefore(call), Fault::CrashAfter(call)] {
            let world = moved(&services);
            let plan = way_back(&world, &[]);
            world.inject(fault.clone());
            assert_eq!((until_back(&world, &plan), world.violations()), (Exit::Done, vec![]), "{fault:?}");
            must_be_back(&world, &services);
            assert_eq!(world.fingerprint(), calm.fingerprint(), "{fault:?}");
        }
    }
}

#[test]
fn a_lost_connection_on_the_way_back_is_tried_again() {
    let calm = moved(&["mysql"]);
    let plan = way_back(&calm, &[]);
    let begin = calm.calls();
    finish(&calm, &plan);
    for call in begin + 4..=calm.calls() {
        for fault in [Fault::LostBefore(call), Fault::LostAfter(call)] {
            let world = moved(&["mysql"]);
            let plan = way_back(&world, &[]);
            world.inject(fault.clone());
            assert_eq!((until_back(&world, &plan), world.violations()), (Exit::Done, vec![]), "{fault:?}");
            must_be_back(&world, &["mysql"]);
        }
    }
}

#[test]
fn a_source_that_was_written_to_is_left_alone_unless_a_person_lets_it_go() {
    let world = moved(&["mysql"]);
    world.host(OLD).unwrap().nodes.get_mut("/data/mysql/data").unwrap().content = "f".repeat(64);
    let plan = way_back(&world, &[]);
    let (result, _) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Undone, "{result:?}");
    let problem = &result.problems[0];
    assert!(problem.message.contains("/data/mysql on old is not as it was when it was copied from"), "{problem:?}");
    assert!(problem.help.contains("--overwrite"), "{problem:?}");
    assert_eq!(is_running(&world, NEW, "mysql"), (true, "unless-stopped".to_owned()));
    assert_eq!(world.host(OLD).unwrap().nodes["/data/mysql/data"].content, "f".repeat(64));
    assert_eq!(last(&world).unwrap().tried, None, "nothing was copied, so the writes may still be dropped");
    let plan = way_back(&world, &["move_mysql"]);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    must_be_back(&world, &["mysql"]);
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn a_source_that_somebody_started_is_left_alone() {
    let world = moved(&["mysql"]);
    let plan = way_back(&world, &[]);
    if let Some(container) = world.host(OLD).unwrap().containers.get_mut("mysql") {
        container.status = "running";
    }
    let (result, _) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Undone, "{result:?}");
    assert!(result.problems[0].message.contains("`mysql` on old runs"), "{:?}", result.problems);
    assert!(is_running(&world, NEW, "mysql").0);
}

/// Once its target was stopped, something has a file open there, so that the way back is undone.
fn undone(world: &SimWorld) {
    let plan = way_back(world, &[]);
    let message = "find: Input/output error".to_owned();
    world.inject(Fault::Script { host: NEW.to_owned(), name: "open_files", word: None, times: 1, message });
    let (result, _) = finish(world, &plan);
    assert_eq!((result.exit, end(world)), (Exit::Undone, Some(Exit::Undone)), "{result:?}");
    assert_eq!(is_running(world, NEW, "mysql"), (true, "unless-stopped".to_owned()));
}

#[test]
fn a_way_back_that_was_undone_is_gone_again() {
    let world = moved(&["mysql"]);
    undone(&world);
    undone(&world);
    let tried = last(&world).unwrap();
    assert!(tried.tried.is_some());
    // The source holds a part of what was copied back: nobody may start it as it is.
    let discard = Options { discard_writes_on: vec!["move_mysql".to_owned()], ..options() };
    assert_eq!(world.drive(undo(&world, &discard, &|_| {})).unwrap().unwrap(), None);
    assert!(!is_running(&world, OLD, "mysql").0);
    world.set_now_ms(world.true_ms() + HOUR_MS);
    let plan = way_back(&world, &[]);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    must_be_back(&world, &["mysql"]);
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn an_undone_way_back_is_known_behind_a_long_journal() {
    let world = moved(&["mysql"]);
    // So many that a run would begin with a snapshot.
    while state(&world).serial < journal::SNAPSHOT_AFTER_ENTRIES {
        undone(&world);
    }
    undone(&world);
    assert!(last(&world).is_some());
}

#[test]
fn what_went_back_can_be_moved_again_and_back_again() {
    let (world, forward) = world(&["mysql"]);
    for _ in 0..2 {
        let state = state(&world);
        let plan = Plan { serial: state.serial, head: state.head, ..forward.clone() };
        world.next_plan(&plan);
        assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
        assert_eq!(is_running(&world, NEW, "mysql"), (true, "unless-stopped".to_owned()));
        assert_eq!(is_running(&world, OLD, "mysql"), (false, "no".to_owned()));
        world.set_now_ms(world.true_ms() + HOUR_MS);
        let plan = way_back(&world, &[]);
        assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
        must_be_back(&world, &["mysql"]);
    }
    // The last run was a way back; it goes back as well.
    world.set_now_ms(world.true_ms() + HOUR_MS);
    let plan = way_back(&world, &[]);
    assert_eq!(plan.moves[0].to, NEW);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    assert_eq!(is_running(&world, NEW, "mysql"), (true, "unless-stopped".to_owned()));
    assert!(state(&world).resources.contains_key("move_mysql"));
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn past_its_own_point_of_no_return_what_the_source_wrote_is_dropped_only_by_name() {
    let world = moved(&["mysql"]);
    let plan = way_back(&world, &[]);
    world.host(OLD).unwrap().containers.get_mut("mysql").unwrap().broken = true;
    let result = run(&world, &plan, &options()).0.unwrap();
    assert_eq!(result.exit, Exit::PartWay, "{result:?}");
    assert!(result.summary.iter().any(|line| line.contains("past its point of no return")), "{:?}", result.summary);
    assert!(!is_running(&world, NEW, "mysql").0);
    let discard = Options { discard_writes_on: vec!["move_mysql".to_owned()], ..options() };
    let result = world.drive(undo(&world, &discard, &|_| {})).unwrap().unwrap().unwrap();
    assert_eq!(result.exit, Exit::Undone, "{result:?}");
    assert_eq!(is_running(&world, NEW, "mysql"), (true, "unless-stopped".to_owned()));
    assert_eq!(is_running(&world, OLD, "mysql"), (false, "no".to_owned()));
    assert!(state(&world).resources.contains_key("move_mysql"));
    world.host(OLD).unwrap().containers.get_mut("mysql").unwrap().broken = false;
    let plan = way_back(&world, &[]);
    assert_eq!((finish(&world, &plan).0.exit, world.violations()), (Exit::Done, vec![]));
    must_be_back(&world, &["mysql"]);
}

#[test]
fn a_move_that_is_confirmed_stays() {
    let world = moved(&["mysql", "ldap"]);
    let confirmed = world.drive(async {
        let mut journal = Journal::open(&world).await?;
        journal.confirm(vec!["move_mysql".to_owned()], "me@here");
        journal.flush().await
    });
    confirmed.unwrap().unwrap();
    let known = state(&world);
    assert!(known.is_confirmed("move_mysql") && !known.is_confirmed("move_ldap"));
    assert_eq!(moves_past_return(&last(&world).unwrap().run), ["move_mysql", "move_ldap"]);
    let discard = Options { discard_writes_on: vec!["move_mysql".to_owned(), "move_ldap".to_owned()], ..options() };
    let result = world.drive(undo(&world, &discard, &|_| {})).unwrap().unwrap().unwrap();
    assert_eq!(result.exit, Exit::Refused);
    assert!(result.problems[0].message.contains("move_mysql is confirmed"), "{:?}", result.problems);
    let plan = way_back(&world, &[]);
    assert_eq!(plan.moves.iter().map(|m| m.address.as_str()).collect::<Vec<_>>(), ["move_ldap"]);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    must_be_back(&world, &["ldap"]);
    assert!(is_running(&world, NEW, "mysql").0);
}

#[test]
fn a_run_that_noted_too_little_is_said_to_have() {
    let world = moved(&["mysql"]);
    for name in ["was", "manifests"] {
        let mut last = last(&world).unwrap().run;
        last.done.values_mut().for_each(|values| drop(values.remove(name)));
        let error = reverse(&last, &state(&world), &[]).unwrap_err();
        assert!(error.message.contains("cannot be moved back") && error.help.contains("--discard-writes-on move_mysql"), "{error:?}");
    }
}

#[test]
fn nothing_of_a_way_back_is_impossible_to_undo_before_its_point() {
    let world = moved(&["mysql"]);
    let plan = way_back(&world, &[]);
    let impossible: Vec<&str> = plan.steps.iter().filter(|s| matches!(s.undo, Undo::Impossible { .. })).map(|s| s.title.as_str()).collect();
    assert_eq!(impossible, ["start `mysql` on old"]);
}

#[test]
fn names_lead_back_when_the_source_answers_again() {
    let set = |value: &str| json!({ "ttl_seconds": 60, "values": [value] });
    let request = json!({ "driver": "rfc2136", "server": "192.0.2.53:53", "zone": "club.example", "name": "www.club.example", "type": "A",
        "key": { "name": "migc", "algorithm": "hmac_sha256", "secret": "DNS" }, "like": ["192.0.2.2"] });
    let mut change = request.clone();
    change["change"] = json!({ "was": set("192.0.2.1"), "becomes": set("192.0.2.2") });
    let name = |name: &str| json!([{ "name": name }]);
    let call: Call = serde_json::from_value(json!({ "thing": "`www` (rfc2136.record)", "verb": "update", "requests": [change], "look": {
        "request": request, "from": [], "gone": { "is": "one_of", "path": name("there"), "values": [false] },
        "fields": { "value": { "path": name("value"), "value": ["192.0.2.2"] } }, "timeout_seconds": 0, "every_seconds": 1 } }))
    .unwrap();
    let mut plan = common::plan(&["mysql"]);
    let back = call.back().unwrap();
    let last = plan.steps.last().unwrap().clone();
    plan.secrets.push("DNS".to_owned());
    plan.steps.push(Step {
        id: "s00000000000e".to_owned(),
        address: "www".to_owned(),
        of_move: Some("move_mysql".to_owned()),
        needs: vec![last.id.clone()],
        after_no_return: true,
        undo: Undo::Act { action: Box::new(Action::Call(back.clone())) },
        action: Action::Call(call),
        sets: vec![],
        ..last
    });
    let world = SimWorld::new(&common::facts(&["mysql"]), &plan);
    let (result, _) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Done, "{result:?}");
    world.set_now_ms(world.true_ms() + HOUR_MS);
    let way = way_back(&world, &[]);
    assert_eq!(way.secrets, ["DNS"]);
    let switch = way.steps.iter().find(|step| step.address == "www").unwrap();
    assert_eq!((&switch.action, switch.title.as_str()), (&Action::Call(back), "switch `www` (rfc2136.record) back"));
    let answers = way.steps.iter().find(|step| matches!(&step.action, Action::Await { host, .. } if host == OLD)).unwrap();
    assert!(switch.needs.contains(&answers.id), "{switch:?}");
    let noted = way.steps.iter().find(|step| step.title.contains("is moved back")).unwrap();
    assert!(noted.needs.contains(&switch.id));
    assert_eq!(until_back(&world, &way), Exit::Done);
    must_be_back(&world, &["mysql"]);
}
