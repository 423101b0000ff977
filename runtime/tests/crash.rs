//! Does a run survive every interruption? A crash at each call of the world, a lost connection at each, and a person for what is unknown.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]

mod common;

use common::{OLD, facts, finish, id, options, plan, run, until_done, world};
use mig_plan::{Class, Entry, Outcome, Record};
use mig_runtime::{
    executor::{Exit, abandon},
    journal,
    rehearse::rehearse,
    sim::{Fault, SimWorld},
};
use std::collections::BTreeMap;

/// All records of a journal.
fn records(world: &SimWorld) -> Vec<Record> {
    (1..).map_while(|number| world.entry(number)).flat_map(|bytes| serde_json::from_slice::<Entry>(&bytes).unwrap().records).collect()
}

#[test]
fn a_crash_at_any_call_comes_to_the_same_end() {
    let services = ["mysql", "ldap"];
    let (calm, plan) = world(&services);
    assert_eq!(finish(&calm, &plan).0.exit, Exit::Done);
    let end = calm.fingerprint();
    for call in 1..=calm.calls() {
        for fault in [Fault::CrashBefore(call), Fault::CrashAfter(call)] {
            let (world, _) = world(&services);
            world.inject(fault.clone());
            assert_eq!((until_done(&world, &plan), world.violations()), (Exit::Done, vec![]), "{fault:?}");
            assert_eq!(world.fingerprint(), end, "{fault:?}");
            let done = records(&world).into_iter().filter_map(|r| match r {
                Record::Outcome { step, outcome: Outcome::Done { .. } } => Some(step),
                _ => None,
            });
            let mut done: Vec<String> = done.collect();
            let count = done.len();
            done.sort();
            done.dedup();
            assert_eq!(
                (done.len(), count),
                (plan.steps.len(), plan.steps.len()),
                "{fault:?}: nothing is done again that is known to be done"
            );
        }
    }
}

#[test]
fn a_crash_in_each_of_two_applies_comes_to_the_same_end() {
    let (calm, plan) = world(&["mysql"]);
    finish(&calm, &plan);
    let (end, calls) = (calm.fingerprint(), calm.calls());
    for first in (1..=calls).step_by(3) {
        for later in (3..20).step_by(4) {
            let (world, _) = world(&["mysql"]);
            world.inject(Fault::CrashAfter(first));
            world.inject(Fault::CrashAfter(first + later));
            assert_eq!(until_done(&world, &plan), Exit::Done, "{first} {later}");
            assert_eq!((world.fingerprint(), world.violations()), (end.clone(), vec![]), "{first} {later}");
        }
    }
}

#[test]
fn a_lost_connection_is_tried_again() {
    let (calm, plan) = world(&["mysql"]);
    finish(&calm, &plan);
    for call in 4..=calm.calls() {
        for fault in [Fault::LostBefore(call), Fault::LostAfter(call)] {
            let (world, _) = world(&["mysql"]);
            world.inject(fault.clone());
            assert_eq!((until_done(&world, &plan), world.violations()), (Exit::Done, vec![]), "{fault:?}");
            assert_eq!(world.fingerprint(), calm.fingerprint(), "{fault:?}");
        }
    }
}

#[test]
fn a_step_that_must_not_be_done_twice_waits_for_a_person() {
    let mut plan = plan(&["mysql"]);
    let create = id(&plan, "create mysql on new");
    plan.steps.iter_mut().find(|s| s.id == create).unwrap().class = Class::Once;
    let calm = SimWorld::new(&facts(&["mysql"]), &plan);
    finish(&calm, &plan);
    let mut stopped = 0;
    for call in 1..=calm.calls() {
        let world = SimWorld::new(&facts(&["mysql"]), &plan);
        world.inject(Fault::CrashAfter(call));
        run(&world, &plan, &options());
        if common::end(&world).is_some() {
            continue;
        }
        let before = records(&world);
        let (result, _) = finish(&world, &plan);
        let begun = |records: &[Record]| records.iter().filter(|r| matches!(r, Record::Intent { step } if *step == create)).count();
        assert_eq!(begun(&records(&world)), 1, "call {call}: it is begun once, whatever happens");
        if result.exit == Exit::Done {
            continue;
        }
        stopped += 1;
        assert_eq!(result.exit, Exit::PartWay);
        assert!(result.problems[0].message.contains("must not be done twice"), "{:?}", result.problems);
        assert_eq!(records(&world).len(), before.len(), "nothing is written");
        let run = result.run.unwrap();
        assert!(result.problems[0].help.contains(&run));
        let closed = world.drive(abandon(&world, &run)).unwrap().unwrap().unwrap();
        assert_eq!(closed.open, std::slice::from_ref(&create));
        assert!(world.drive(journal::load(&world)).unwrap().unwrap().unfinished.is_none());
    }
    assert!(stopped > 0);
}

#[test]
fn another_run_that_writes_meanwhile_stops_this_one() {
    let (calm, plan) = world(&["mysql"]);
    finish(&calm, &plan);
    let (world, _) = world(&["mysql"]);
    world.inject(Fault::CrashAfter(12));
    assert!(run(&world, &plan, &options()).0.is_none());
    // The other one goes on first, and takes the next number.
    let next = (1..1_000).find(|&n| world.entry(n).is_none()).unwrap();
    let other = std::cell::Cell::new(false);
    let emit = |event| {
        if matches!(event, mig_runtime::event::Event::Preflight { .. }) {
            world.set_entry(next, Some(b"theirs".to_vec()));
            other.set(true);
        }
    };
    let result = world.drive(mig_runtime::executor::apply(&world, &plan, &options(), &emit)).unwrap();
    assert!(other.get());
    assert_eq!((result.exit.code(), result.problems.len()), (3, 1), "{result:?}");
    assert_eq!(world.entry(next), Some(b"theirs".to_vec()));
    assert!(world.host(OLD).unwrap().containers.get("mysql").unwrap().is_running());
}

#[test]
fn a_rehearsal_finds_nothing_in_a_sound_plan() {
    let services = ["mysql", "ldap"];
    let plan = plan(&services);
    let found = rehearse(&plan, &facts(&services), 7);
    assert!(found.is_sound(), "{found:#?}");
    assert!(found.faults > 2 * plan.steps.len(), "{}", found.faults);
    assert_eq!(found.downtimes.len(), 2);
    for downtime in &found.downtimes {
        assert!(downtime.seconds.unwrap() > 0 && downtime.longest_seconds >= downtime.seconds, "{downtime:?}");
    }
    assert_eq!(found.moves[0].title.as_deref(), Some("start mysql on new"));
    assert_eq!(found, rehearse(&plan, &facts(&services), 7), "the same seed gives the same");
    serde_json::to_string(&found).unwrap();
}

#[test]
fn a_rehearsal_tells_what_a_wrong_plan_does() {
    let services = ["mysql"];
    // The target is started beside the source.
    let mut wrong = plan(&services);
    let (create, start) = (id(&wrong, "create mysql on new"), id(&wrong, "start mysql on new"));
    let image = id(&wrong, "bring mysql:1.0");
    wrong.steps.iter_mut().filter(|s| s.id == create || s.id == start).for_each(|s| s.needs = vec![image.clone()]);
    wrong.steps.iter_mut().find(|s| s.id == start).unwrap().needs = vec![create];
    let found = rehearse(&wrong, &facts(&services), 1);
    let told = found.deviations.iter().flat_map(|d| &d.what).cloned().collect::<Vec<_>>().join("\n");
    assert!(told.contains("while `mysql` runs on old") && told.contains("was not verified"), "{told}");
    // A copy that is taken alive and never repeated.
    let mut wrong = plan(&services);
    let (last, fenced) = (id(&wrong, "copy what changed of mysql"), id(&wrong, "see that mysql is fenced"));
    wrong.steps.retain(|s| s.id != last);
    wrong.steps.iter_mut().for_each(|s| s.needs.iter_mut().filter(|n| **n == last).for_each(|n| n.clone_from(&fenced)));
    let found = rehearse(&wrong, &facts(&services), 1);
    assert_eq!(found.exit, Exit::Undone, "{found:#?}");
    assert!(found.problems[0].message.contains("is not the same"), "{:?}", found.problems);
}

#[test]
fn a_rehearsal_tries_at_most_four_crashes_a_step() {
    let services = ["a", "b", "c", "d"];
    let plan = plan(&services);
    let found = rehearse(&plan, &facts(&services), 3);
    assert!(found.is_sound(), "{found:#?}");
    // Each crash costs about one apply, so their number is what a rehearsal costs; a hundred steps take a second of a release build.
    assert!(found.faults <= 4 * plan.steps.len(), "{} crashes for {} steps", found.faults, plan.steps.len());
}

#[test]
fn a_rehearsal_needs_no_facts() {
    let services = ["mysql", "ldap"];
    let found = rehearse(&plan(&services), &BTreeMap::new(), 3);
    assert!(found.is_sound(), "{found:#?}");
}
