//! What does a run do when a step fails? Back before the point of no return, nothing by itself after it.

mod common;

use common::{NEW, OLD, finish, id, options, run, until_done, world};
use mig_plan::{Plan, State};
use mig_runtime::{
    event::Event,
    executor::{ApplyResult, Exit, apply, undo},
    journal,
    sim::{Fault, SimWorld},
};

fn fails(host: &str, name: &'static str, word: &str, times: u32) -> Fault {
    Fault::Script { host: host.to_owned(), name, word: Some(word.to_owned()), times, message: "disk error".to_owned() }
}

fn state(world: &SimWorld) -> State {
    world.drive(journal::load(world)).unwrap().unwrap()
}

/// The source serves as it did before.
fn assert_source_is_back(world: &SimWorld, name: &str) {
    let old = world.host(OLD).unwrap().containers.get(name).unwrap().clone();
    assert_eq!((old.status, old.restart.as_str()), ("running", "always"), "{name}");
    assert!(!world.host(NEW).unwrap().containers.contains_key(name), "{name}");
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn before_the_point_of_no_return_everything_is_undone() {
    let cases = [
        fails(NEW, "image_load", "", 1),
        fails(OLD, "container_restart", "mysql", 1),
        fails(OLD, "container_stop", "mysql", 1),
        fails(OLD, "open_files", "/data/mysql", 1),
        fails(NEW, "container_create", "mysql", 1),
    ];
    for fault in cases {
        let fault = match fault {
            Fault::Script { host, name, times, message, .. } if name == "image_load" => {
                Fault::Script { host, name, word: None, times, message }
            }
            other => other,
        };
        let (world, plan) = world(&["mysql"]);
        world.inject(fault.clone());
        let (result, _) = finish(&world, &plan);
        assert_eq!(result.exit.code(), 6, "{fault:?}: {result:?}");
        assert!(result.problems[0].message.contains("disk error"), "{:?}", result.problems);
        assert_source_is_back(&world, "mysql");
        let state = state(&world);
        assert!(state.unfinished.is_none());
        assert_eq!(state.resources.keys().collect::<Vec<_>>(), ["new"], "what was adopted stays known, the move does not");
        // What is repaired can be planned and applied again.
        let again = Plan { serial: state.serial, head: state.head.clone(), ..plan };
        assert_eq!(finish(&world, &again).0.exit, Exit::Done, "{fault:?}");
        assert_eq!(world.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_service_that_does_not_end_cleanly_is_started_again() {
    let (world, plan) = world(&["mysql"]);
    world.host(OLD).unwrap().containers.get_mut("mysql").unwrap().ends_with = 137;
    let (result, events) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Undone, "{result:?}");
    assert_source_is_back(&world, "mysql");
    let undone: Vec<&String> = events.iter().filter_map(|e| if let Event::Undone { step, .. } = e { Some(step) } else { None }).collect();
    let places: Vec<usize> = undone.iter().map(|id| plan.steps.iter().position(|s| s.id == **id).unwrap()).collect();
    assert!(places.is_sorted_by(|a, b| a > b), "the last step first: {places:?}");
}

#[test]
fn a_crash_while_going_back_goes_on_going_back() {
    let damaged = || {
        let (world, plan) = world(&["mysql"]);
        world.host(OLD).unwrap().containers.get_mut("mysql").unwrap().ends_with = 137;
        (world, plan)
    };
    let (calm, plan) = damaged();
    assert_eq!(finish(&calm, &plan).0.exit, Exit::Undone);
    for call in 1..=calm.calls() {
        for fault in [Fault::CrashBefore(call), Fault::CrashAfter(call)] {
            let (world, _) = damaged();
            world.inject(fault.clone());
            assert_eq!(until_done(&world, &plan), Exit::Undone, "{fault:?}");
            assert_source_is_back(&world, "mysql");
            assert_eq!(world.fingerprint(), calm.fingerprint(), "{fault:?}");
        }
    }
}

#[test]
fn after_the_point_of_no_return_nothing_is_undone() {
    let (world, plan) = world(&["mysql"]);
    world.inject(fails(NEW, "probe_tcp", "3306", 1_000));
    let (result, events) = finish(&world, &plan);
    assert_eq!((result.exit.code(), result.undone), (4, 0), "{result:?}");
    assert!(!events.iter().any(|e| matches!(e, Event::Undoing { .. })));
    assert!(result.summary.iter().any(|l| l.contains("past its point of no return")), "{:?}", result.summary);
    assert!(!world.host(OLD).unwrap().containers.get("mysql").unwrap().is_running());
    assert!(world.host(NEW).unwrap().containers.get("mysql").unwrap().is_running());
    world.inject(fails(NEW, "probe_tcp", "3306", 0));
    let unfinished = state(&world).unfinished.unwrap();
    assert_eq!(unfinished.open, [id(&plan, "wait for mysql")].into());
}

#[test]
fn a_start_that_never_was_is_no_return_yet() {
    let (world, plan) = world(&["mysql"]);
    world.inject(fails(NEW, "container_start", "mysql", 1));
    let (result, _) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Undone, "{result:?}");
    assert_source_is_back(&world, "mysql");
}

#[test]
fn a_target_that_started_and_ended_has_passed_it() {
    let (world, plan) = world(&["mysql"]);
    let broken = id(&plan, "start mysql on new");
    let emit = |event: Event| {
        if matches!(&event, Event::StepStarted { step, .. } if *step == broken) {
            world.host(NEW).unwrap().containers.get_mut("mysql").unwrap().broken = true;
        }
    };
    let result = world.drive(apply(&world, &plan, &options(), &emit)).unwrap();
    assert_eq!((result.exit, result.undone), (Exit::PartWay, 0), "{result:?}");
}

#[test]
fn one_move_goes_back_while_another_is_finished() {
    let (world, plan) = world(&["mysql", "ldap"]);
    world.inject(fails(OLD, "container_stop", "ldap", 1));
    let (result, _): (ApplyResult, _) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::PartWay, "{result:?}");
    assert_source_is_back(&world, "ldap");
    assert!(world.host(NEW).unwrap().containers.get("mysql").unwrap().is_running());
    assert!(result.summary.iter().any(|l| l == "move_ldap: undone; its source is as it was"), "{:?}", result.summary);
    // The next apply tries the move again.
    let (result, _) = finish(&world, &plan);
    assert_eq!((result.exit, world.violations()), (Exit::Done, vec![]), "{result:?}");
    assert!(world.host(NEW).unwrap().containers.get("ldap").unwrap().is_running());
}

#[test]
fn an_undo_that_fails_is_tried_again_by_the_next_apply() {
    let (world, plan) = world(&["mysql"]);
    world.inject(fails(OLD, "open_files", "/data/mysql", 1));
    world.inject(fails(OLD, "container_start", "mysql", 1));
    let (result, events) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::PartWay);
    assert!(events.iter().any(|e| matches!(e, Event::UndoFailed { .. })));
    assert!(result.problems.iter().any(|p| p.message.contains("could not be undone: ")), "{:?}", result.problems);
    let (result, _) = run(&world, &plan, &options());
    assert_eq!(result.unwrap().exit, Exit::Undone);
    assert_source_is_back(&world, "mysql");
}

#[test]
fn a_step_without_a_move_that_fails_undoes_nothing() {
    let (world, plan) = world(&["mysql"]);
    world.inject(fails(NEW, "install_tools", "getfattr", 1));
    let (result, events) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::PartWay);
    assert_eq!(events.iter().filter(|e| matches!(e, Event::Skipped { .. })).count(), plan.steps.len() - 2);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    assert!(plan.steps.len() > 2);
    let _ = common::plan(&[]);
}

#[test]
fn a_full_disk_is_told_and_undone() {
    let (world, given) = world(&["mysql"]);
    let plan = Plan { preconditions: vec![], ..given };
    if let Some(disk) = world.host(NEW).unwrap().disks.get_mut("/") {
        // Enough for the image.
        disk.size = 300 << 20;
    }
    let (result, _) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Undone, "{result:?}");
    assert!(result.problems[0].message.contains("is full: 0 of"), "{:?}", result.problems);
    assert_source_is_back(&world, "mysql");
    assert_eq!(plan.steps.len(), common::plan(&["mysql"]).steps.len());
}

#[test]
fn a_person_goes_back_when_the_target_is_gone() {
    let (world, plan) = world(&["mysql"]);
    let fenced = id(&plan, "see that mysql is fenced");
    let stop = options();
    let emit = |event: Event| {
        if matches!(&event, Event::StepDone { step, .. } if *step == fenced) {
            stop.stop.ask();
        }
    };
    assert_eq!(world.drive(apply(&world, &plan, &stop, &emit)).unwrap().exit, Exit::PartWay);
    world.host(NEW).unwrap().reachable = false;
    let (result, _) = finish(&world, &plan);
    assert_eq!((result.exit, result.problems.len()), (Exit::PartWay, 1), "{result:?}");
    assert!(!world.host(OLD).unwrap().containers.get("mysql").unwrap().is_running());
    let result = world.drive(undo(&world, &options(), &|_| {})).unwrap().unwrap().unwrap();
    assert_eq!(result.exit, Exit::Undone, "{result:?}");
    assert_source_is_back(&world, "mysql");
}

#[test]
fn nobody_goes_back_over_the_point_of_no_return() {
    let (world, plan) = world(&["mysql"]);
    world.inject(fails(NEW, "probe_tcp", "3306", 1_000));
    finish(&world, &plan);
    let result = world.drive(undo(&world, &options(), &|_| {})).unwrap().unwrap().unwrap();
    assert_eq!((result.exit, result.undone), (Exit::PartWay, 0), "{result:?}");
    assert!(!world.host(OLD).unwrap().containers.get("mysql").unwrap().is_running());
    assert_eq!(world.violations(), Vec::<String>::new());
}
