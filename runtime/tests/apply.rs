//! Does an apply do what the plan says, and only once, when nothing goes wrong?

mod common;

use common::{NEW, OLD, facts, finish, id, options, plan, run, world};
use mig_plan::{Ask, Plan, Read, Reads};
use mig_runtime::{
    event::Event,
    executor::{Exit, resume},
    journal,
    observe::observe,
    sim::SimWorld,
};
use std::collections::BTreeMap;

#[test]
fn a_move_is_done_and_the_source_stays_stopped() {
    let (world, plan) = world(&["mysql"]);
    let (result, events) = finish(&world, &plan);
    assert_eq!((result.exit, result.problems.as_slice()), (Exit::Done, &[][..]));
    assert_eq!(world.violations(), Vec::<String>::new());
    assert_eq!(result.done, plan.steps.len());
    let old = world.host(OLD).unwrap().containers.get("mysql").unwrap().clone();
    assert_eq!((old.status, old.restart.as_str()), ("exited", "no"));
    assert!(world.host(NEW).unwrap().containers.get("mysql").unwrap().is_running());
    let begun = events.iter().filter(|e| matches!(e, Event::StepStarted { .. })).count();
    assert_eq!(begun, plan.steps.len());
    let state = world.drive(journal::load(&world)).unwrap().unwrap();
    assert!(state.unfinished.is_none());
    assert_eq!(state.resources.keys().collect::<Vec<_>>(), ["move_mysql", "new"]);
}

#[test]
fn the_second_apply_of_a_plan_is_refused_and_an_empty_one_writes_nothing() {
    let (world, plan) = world(&["mysql"]);
    finish(&world, &plan);
    let before = (world.hosts(), world.fingerprint());
    let (result, _) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Refused);
    assert!(result.problems[0].message.contains("made against entry 0"), "{:?}", result.problems);
    let state = world.drive(journal::load(&world)).unwrap().unwrap();
    let empty = Plan { serial: state.serial, head: state.head.clone(), steps: vec![], moves: vec![], forecasts: vec![], ..plan };
    let (result, events) = finish(&world, &empty);
    assert_eq!((result.exit, result.summary.join("; "), events), (Exit::Done, "nothing to do".to_owned(), vec![]));
    assert_eq!((world.hosts(), world.fingerprint()), before);
    assert_eq!(world.entry(state.serial + 1), None);
}

#[test]
fn moves_run_side_by_side_and_at_most_six_steps_on_a_host() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let (world, plan) = world(&names);
    let (result, events) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Done, "{:?}", result.problems);
    let (mut now, mut most) = (0_i32, 0);
    for event in events {
        let (Event::StepStarted { step, .. } | Event::StepDone { step, .. }) = &event else { continue };
        if plan.step(step).unwrap().action.hosts().iter().any(|host| *host == NEW) {
            now += if matches!(event, Event::StepStarted { .. }) { 1 } else { -1 };
        }
        most = most.max(now);
    }
    assert_eq!(most, 6);
}

#[test]
fn what_is_changed_without_a_way_back_is_announced_before() {
    let (world, plan) = world(&["mysql"]);
    let stop = id(&plan, "stop mysql on old");
    let (_, events) = finish(&world, &plan);
    assert!(events.iter().any(|e| matches!(e, Event::StepStarted { step, .. } if *step == stop)));
    let entries = (1..).map_while(|n| world.entry(n)).map(|b| String::from_utf8(b).unwrap()).collect::<Vec<_>>();
    let place = |record: &str| entries.iter().position(|e| e.contains(&format!("{{\"record\":\"{record}\",\"step\":\"{stop}\""))).unwrap();
    assert!(place("intent") < place("outcome"), "the intent is in an entry of its own");
}

#[test]
fn ctrl_c_lets_running_steps_end_and_the_next_apply_goes_on() {
    let (world, plan) = world(&["mysql"]);
    let options = options();
    options.stop.ask();
    let (result, _) = run(&world, &plan, &options);
    assert_eq!(result.unwrap().exit.code(), 130);
    assert_eq!(world.entry(1), None);
    let stop = id(&plan, "stop mysql on old");
    let later = common::options();
    let emit = |event: Event| {
        if matches!(&event, Event::StepStarted { step, .. } if *step == stop) {
            later.stop.ask();
        }
    };
    let result = world.drive(mig_runtime::executor::apply(&world, &plan, &later, &emit)).unwrap();
    assert_eq!(result.exit, Exit::PartWay);
    assert!(result.summary.iter().any(|l| l.contains("in its cutover")), "{:?}", result.summary);
    let result = world.drive(resume(&world, &common::options(), &|_| {})).unwrap().unwrap().unwrap();
    assert_eq!(result.exit, Exit::Done);
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn a_stored_plan_goes_on_whatever_is_given_now() {
    let (world, given) = world(&["mysql"]);
    world.inject(mig_runtime::sim::Fault::CrashAfter(20));
    assert!(run(&world, &given, &options()).0.is_none());
    let other = Plan { project: "test".to_owned(), ..plan(&["mysql", "redis"]) };
    let (result, events) = finish(&world, &other);
    assert_eq!((result.exit, result.same_plan), (Exit::Done, false));
    assert!(events.iter().any(|e| matches!(e, Event::Resumed { same_plan: false, by, .. } if by == "me@here")));
    assert!(!world.host(NEW).unwrap().containers.contains_key("redis"));
}

#[test]
fn a_cutover_waits_for_its_window_and_is_not_begun_when_it_does_not_fit() {
    let now_s = 1_700_000_000;
    for (window, word, exit) in [
        ((now_s + 7_200, now_s + 9_000), "opens at 2023-11-15T00:13:20Z", Exit::PartWay),
        ((now_s - 7_200, now_s - 60), "is over", Exit::Refused),
        ((now_s - 7_200, now_s + 100), "its window ends in", Exit::PartWay),
        ((now_s - 7_200, now_s + 7_200), "", Exit::Done),
    ] {
        let mut plan = plan(&["mysql"]);
        plan.moves[0].window_unix = Some(window);
        let world = SimWorld::new(&facts(&["mysql"]), &plan);
        world.set_now_ms(now_s as u64 * 1_000);
        let (result, _) = finish(&world, &plan);
        assert_eq!(result.exit, exit, "{:?}", result.problems);
        assert!(result.problems.iter().all(|p| p.message.contains(word)), "{:?}", result.problems);
        let is_down = !world.host(OLD).unwrap().containers.get("mysql").unwrap().is_running();
        assert_eq!(is_down, exit == Exit::Done);
        if exit == Exit::PartWay {
            let options = mig_runtime::executor::Options { ignore_window: true, ..options() };
            assert_eq!(run(&world, &plan, &options).0.unwrap().exit, Exit::Done);
        }
    }
}

#[test]
fn without_facts_a_host_has_what_the_plan_expects() {
    let plan = plan(&["mysql"]);
    let world = SimWorld::new(&BTreeMap::new(), &plan);
    let (result, _) = finish(&world, &plan);
    assert_eq!((result.exit, world.violations()), (Exit::Done, vec![]), "{:?}", result.problems);
}

#[test]
fn what_could_not_be_compared_ends_with_five() {
    let (world, plan) = world(&["mysql"]);
    world.host(OLD).unwrap().missing_tools.insert("getfattr".to_owned());
    let (result, _) = finish(&world, &plan);
    assert_eq!(result.exit.code(), 5);
    assert!(result.problems[0].message.contains("not verified"), "{:?}", result.problems);
}

#[test]
fn what_became_of_a_container_is_observed() {
    let (world, plan) = world(&["mysql"]);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    let ask = Ask::Container { host: NEW.to_owned(), name: "mysql".to_owned() };
    let reads = Reads { hosts: plan.hosts.clone(), list: vec![Read { address: "mysql".to_owned(), ask: ask.clone() }] };
    let look = || {
        let observed = world.drive(observe(&world, &reads)).unwrap();
        observed.answer(&ask).cloned().ok_or_else(|| observed.why_not(&ask).unwrap().to_owned())
    };
    let seen = look().unwrap();
    assert_eq!((&seen["there"], &seen["running"], &seen["status"]), (&true.into(), &true.into(), &"running".into()), "{seen}");
    world.host(NEW).unwrap().containers.get_mut("mysql").unwrap().status = "exited";
    let seen = look().unwrap();
    assert_eq!((&seen["there"], &seen["running"]), (&true.into(), &false.into()), "{seen}");
    world.host(NEW).unwrap().containers.clear();
    assert_eq!(look().unwrap(), serde_json::json!({ "there": false }));
    world.host(NEW).unwrap().docker = false;
    assert_eq!(look(), Err("what asks for it ended with status 1: docker does not answer".to_owned()));
}
