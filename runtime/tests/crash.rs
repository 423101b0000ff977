//! Does a run survive every interruption? A crash at each call of the world, a lost connection at each, and a person for what is unknown.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]

mod common;

use common::{NEW, OLD, facts, finish, id, options, plan, run, until_done, world};
use mig_plan::{Action, Class, Entry, Outcome, Plan, Record, Undo};
use mig_runtime::{
    World as _,
    event::Event,
    executor::{Exit, abandon},
    journal,
    rehearse::{Choice, Kind, rehearse},
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

/// A plan whose target must not be created twice.
fn once() -> (Plan, String) {
    let mut plan = plan(&["mysql"]);
    let create = id(&plan, "create mysql on new");
    plan.steps.iter_mut().find(|s| s.id == create).unwrap().class = Class::Once;
    (plan, create)
}

/// What the new host keeps of that step.
fn kept(world: &SimWorld, step: &str) -> Vec<String> {
    world.host(NEW).unwrap().records.keys().filter(|key| key.contains(step)).cloned().collect()
}

#[test]
fn what_must_not_be_done_twice_is_told_by_the_hosts_record() {
    let (plan, create) = once();
    let calm = SimWorld::new(&facts(&["mysql"]), &plan);
    assert_eq!(finish(&calm, &plan).0.exit, Exit::Done);
    assert_eq!(kept(&calm, &create).len(), 1);
    for call in 1..=calm.calls() {
        for fault in [Fault::CrashBefore(call), Fault::CrashAfter(call), Fault::LostBefore(call), Fault::LostAfter(call)] {
            let world = SimWorld::new(&facts(&["mysql"]), &plan);
            world.inject(fault.clone());
            assert_eq!((until_done(&world, &plan), world.violations()), (Exit::Done, vec![]), "{fault:?}");
            assert_eq!((world.fingerprint(), kept(&world, &create)), (calm.fingerprint(), kept(&calm, &create)), "{fault:?}");
        }
    }
}

#[test]
fn a_step_that_must_not_be_done_twice_waits_for_a_person() {
    let (plan, create) = once();
    let calm = SimWorld::new(&facts(&["mysql"]), &plan);
    finish(&calm, &plan);
    let mut stopped = 0;
    for call in 1..=calm.calls() {
        let world = SimWorld::new(&facts(&["mysql"]), &plan);
        world.inject(Fault::CrashAfter(call));
        run(&world, &plan, &options());
        let known = |records: &[Record]| records.iter().any(|r| matches!(r, Record::Outcome { step, .. } if *step == create));
        if common::end(&world).is_some() || known(&records(&world)) {
            continue;
        }
        // The host lost its power too, in the middle of it.
        let Some(key) = kept(&world, &create).pop() else { continue };
        world.host(NEW).unwrap().records.insert(key.clone(), None);
        stopped += 1;
        let (result, events) = finish(&world, &plan);
        assert_eq!(result.exit, Exit::PartWay, "call {call}: {result:?}");
        let problem = &result.problems[0];
        assert!(problem.message.contains("must not be done twice") && problem.help.contains(&key), "{problem:?}");
        assert!(!events.iter().any(|e| matches!(e, Event::Retrying { .. })), "it is not asked for again");
        assert!(!known(&records(&world)), "it stays begun");
        let run = result.run.unwrap();
        assert!(problem.help.contains(&run));
        let closed = world.drive(abandon(&world, &run)).unwrap().unwrap().unwrap();
        assert_eq!(closed.open, [create.clone()].into());
        assert!(world.drive(journal::load(&world)).unwrap().unwrap().unfinished.is_none());
    }
    assert!(stopped > 0);
}

#[test]
fn an_operator_who_wakes_up_late_is_refused_by_the_hosts() {
    let (world, plan) = world(&["mysql"]);
    world.inject(Fault::CrashAfter(20));
    assert!(run(&world, &plan, &options()).0.is_none());
    // Somebody with another copy of the journal has gone on meanwhile.
    world.host(OLD).unwrap().epoch = 7;
    let (result, _) = finish(&world, &plan);
    assert!(result.problems[0].message.contains("a later run of this state has taken over"), "{:?}", result.problems);
    assert!(world.host(OLD).unwrap().containers.get("mysql").unwrap().is_running());
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

fn crashes() -> Vec<Choice> {
    Kind::named("crash").into_iter().map(|kind| Choice { kind, step: None }).collect()
}

#[test]
fn a_rehearsal_finds_nothing_in_a_sound_plan() {
    let services = ["mysql", "ldap"];
    let plan = plan(&services);
    let found = rehearse(&plan, &facts(&services), 7, &crashes());
    assert!(found.is_sound(), "{found:#?}");
    assert!(found.faults > 2 * plan.steps.len(), "{}", found.faults);
    assert_eq!(found.downtimes.len(), 2);
    for downtime in &found.downtimes {
        assert!(downtime.seconds.unwrap() > 0 && downtime.longest_seconds >= downtime.seconds, "{downtime:?}");
    }
    assert_eq!(Kind::named("cras"), []);
    assert_eq!(found.moves[0].title.as_deref(), Some("start mysql on new"));
    assert_eq!(found, rehearse(&plan, &facts(&services), 7, &crashes()), "the same seed gives the same");
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
    let found = rehearse(&wrong, &facts(&services), 1, &Choice::all());
    let told = found.deviations.iter().flat_map(|d| &d.what).cloned().collect::<Vec<_>>().join("\n");
    assert!(told.contains("while `mysql` runs on old") && told.contains("was not verified"), "{told}");
    // A copy that is taken alive and never repeated.
    let mut wrong = plan(&services);
    let (last, fenced) = (id(&wrong, "copy what changed of mysql"), id(&wrong, "see that mysql is fenced"));
    wrong.steps.retain(|s| s.id != last);
    wrong.steps.iter_mut().for_each(|s| s.needs.iter_mut().filter(|n| **n == last).for_each(|n| n.clone_from(&fenced)));
    let found = rehearse(&wrong, &facts(&services), 1, &Choice::all());
    assert_eq!(found.exit, Exit::Undone, "{found:#?}");
    assert!(found.problems[0].message.contains("is not the same"), "{:?}", found.problems);
}

#[test]
fn each_kind_of_fault_is_tried_at_each_step_and_survived() {
    let services = ["a", "b"];
    let plan = plan(&services);
    let found = rehearse(&plan, &facts(&services), 3, &Choice::all());
    assert!(found.is_sound(), "{found:#?}");
    // No step of a move cuts its own road; see `road.rs`.
    let all: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::RoadCut).collect();
    assert_eq!(found.kinds.iter().map(|row| row.kind).collect::<Vec<_>>(), all);
    assert_eq!((found.kinds.iter().map(|row| row.tried).sum::<usize>(), found.possible), (found.faults, found.faults));
    // All but notes and what is taken over ask a host.
    let acting = plan.steps.iter().filter(|step| !matches!(step.action, Action::Note | Action::Adopt { .. })).count();
    for row in &found.kinds {
        let ends = row.went_on + row.resumed + row.undone + row.unknown + row.failed;
        assert_eq!(ends, row.tried, "{row:?}");
        let (least, most) = match row.kind {
            Kind::CrashDuring | Kind::DiskFull => (1, acting),
            // What ends at one moment is written by one entry.
            Kind::CrashWritten | Kind::JournalFull | Kind::JournalTimeout => (acting / 2, plan.steps.len()),
            Kind::HostDown | Kind::HostGone => (acting + 1, 2 * acting),
            _ => (acting, acting + 1),
        };
        assert!((least..=most).contains(&row.tried), "{row:?}, {least} to {most}");
    }
    let went_on = |kind| found.kinds.iter().find(|row| row.kind == kind).map(|row| row.went_on == row.tried);
    for kind in [Kind::CutBefore, Kind::CutAfter, Kind::Timeout, Kind::Slow, Kind::ClockForward, Kind::ClockBack] {
        assert_eq!(went_on(kind), Some(true), "{kind}: nobody has to do anything");
    }
    assert_eq!(found.chores.iter().map(|chore| chore.faults).sum::<usize>(), found.faults);
    assert!(found.models.iter().any(|model| model.action == "copy_trees" && !model.lacks.is_empty()));
}

#[test]
fn one_fault_at_one_step_is_done_again() {
    let services = ["mysql"];
    let mut wrong = plan(&services);
    // Going back starts the source, and here somebody forgot it.
    let stop = id(&wrong, "stop mysql on old");
    wrong.steps.iter_mut().find(|s| s.id == stop).unwrap().undo = Undo::Nothing;
    let found = rehearse(&wrong, &facts(&services), 5, &[Choice { kind: Kind::Refused, step: None }]);
    assert!(!found.is_sound() && found.deviation_count > 0, "{found:#?}");
    let deviation = &found.deviations[0];
    let told = deviation.what.join("\n");
    assert!(told.contains("undone, and yet old: container mysql: exited"), "{told}");
    assert!(deviation.story[0].starts_with("apply 1: ") && deviation.story[0].contains("exit 6"), "{:?}", deviation.story);
    assert!(deviation.origin.is_some());
    let choice = Choice { kind: deviation.kind.unwrap(), step: deviation.step.clone() };
    let again = rehearse(&wrong, &facts(&services), 5, std::slice::from_ref(&choice));
    assert_eq!((again.faults, again.deviations[0].what.clone()), (1, deviation.what.clone()));
}

#[test]
fn a_step_that_must_not_be_done_twice_is_left_to_a_person_by_every_fault() {
    let services = ["mysql"];
    let mut plan = plan(&services);
    let create = id(&plan, "create mysql on new");
    plan.steps.iter_mut().find(|s| s.id == create).unwrap().class = Class::Once;
    let found = rehearse(&plan, &facts(&services), 0, &Choice::all());
    assert!(found.is_sound(), "{found:#?}");
    assert!(found.kinds.iter().map(|row| row.unknown).sum::<usize>() > 2);
    assert!(found.chores.iter().any(|chore| chore.what.starts_with("look whether the step has acted")), "{:?}", found.chores);
}

#[test]
fn what_comes_to_no_end_is_noticed() {
    let (world, _) = world(&["mysql"]);
    world.give_up_at_ms(world.now_ms() + 3_600_000);
    let ended = world.drive(async {
        loop {
            world.sleep(std::time::Duration::from_secs(60)).await;
        }
    });
    assert_eq!(ended, None::<()>);
    assert!(world.violations()[0].contains("comes to no end"));
}

#[test]
fn a_rehearsal_needs_no_facts() {
    let services = ["mysql", "ldap"];
    let found = rehearse(&plan(&services), &BTreeMap::new(), 3, &crashes());
    assert!(found.is_sound(), "{found:#?}");
}
