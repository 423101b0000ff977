//! What becomes of a step that cuts the road to its host? The host undoes it by itself, whoever died or was cut off meanwhile, and what
//! cuts nothing is disarmed.

mod common;

use common::{Builder, NEW, options, until_done};
use mig_plan::{Action, Call, Outcome, Phase, Plan, Record, State, Undo};
use mig_runtime::{
    event::Event,
    executor::{ApplyResult, Exit, abandon, apply, undo},
    journal,
    rehearse::{Choice, Kind, rehearse},
    sim::{Fault, SimWorld},
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap};

const WITHIN_SECONDS: u64 = 60;

fn call(address: &str, verb: &str, cuts: bool) -> Call {
    let request = |script: &str, more: &Value| {
        let mut request = json!({ "driver": "ssh", "host": NEW, "script": script, "words": [address] });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let (script, back) = if verb == "delete" { ("open", "close") } else { ("close", "open") };
    let cut = json!({ "cuts": { "within_seconds": WITHIN_SECONDS, "undo": { "script": back, "words": [address] } } });
    let plain = json!({});
    let gone = json!({ "is": "not", "of": { "is": "one_of", "path": [{ "name": "status" }], "values": [0] } });
    let look =
        json!({ "request": request("look", &plain), "from": [], "fields": {}, "gone": gone, "timeout_seconds": 0, "every_seconds": 1 });
    let requests = json!([request(script, if cuts { &cut } else { &plain })]);
    serde_json::from_value(json!({ "thing": format!("`{address}` (wall)"), "verb": verb, "requests": requests, "look": look })).unwrap()
}

/// A wall on the new host; before it, something that cuts nothing.
fn plan(beside: bool) -> Plan {
    let mut builder = Builder::new();
    let mut needs = vec![];
    for (address, cuts) in [("page", false), ("wall", true)] {
        if cuts || beside {
            let undo = Undo::Act { action: Box::new(Action::Call(call(address, "delete", cuts))) };
            let action = Action::Call(call(address, "create", cuts));
            let id = builder.step(None, Phase::Prepare, &format!("create {address}"), action, &needs.iter().collect::<Vec<_>>(), undo);
            address.clone_into(&mut builder.last().address);
            needs = vec![id];
        }
    }
    builder.plan
}

fn world(plan: &Plan) -> SimWorld {
    SimWorld::new(&BTreeMap::new(), plan)
}

fn finish(world: &SimWorld, plan: &Plan) -> (Option<ApplyResult>, Vec<Event>) {
    let events = RefCell::new(vec![]);
    let tell = |event: Event| events.borrow_mut().push(event);
    let result = world.drive(apply(world, plan, &options(), &tell));
    (result, events.into_inner())
}

/// A fault may be meant for this very call.
fn state(world: &SimWorld) -> State {
    (0..2).find_map(|_| world.drive(journal::load(world))?.ok()).unwrap()
}

/// As a person would who makes the plan anew.
fn again(world: &SimWorld, plan: &Plan) -> Plan {
    let state = state(world);
    Plan { serial: state.serial, head: state.head, ..plan.clone() }
}

/// The call that acts with an armed undo, and the last call of all steps.
fn calls(plan: &Plan) -> (u64, u64) {
    let world = world(plan);
    world.keep_log();
    assert_eq!(finish(&world, plan).0.unwrap().exit, Exit::Done);
    let armed = world.logged().iter().find(|call| call.scripts == ["armed"]).unwrap().number;
    (armed, world.calls())
}

fn is_there(world: &SimWorld) -> bool {
    !world.fingerprint().get("new: resource wall").unwrap().starts_with("gone")
}

#[test]
fn what_cuts_nothing_is_disarmed_over_a_connection_of_its_own() {
    let plan = plan(true);
    let world = world(&plan);
    world.keep_log();
    let (result, events) = finish(&world, &plan);
    assert_eq!(result.unwrap().exit, Exit::Done);
    let calls: Vec<_> =
        world.logged().into_iter().filter(|call| call.step.as_ref() == Some(&plan.steps[1].id)).map(|call| call.scripts).collect();
    assert_eq!(calls, [vec!["disarm"], vec!["call"], vec!["armed"], vec![], vec!["disarm", "call"]]);
    assert_eq!(world.still_armed(), Vec::<String>::new());
    assert!(!events.iter().any(|event| matches!(event, Event::Undone { .. })));
    // Long after its time nothing was undone.
    world.set_now_ms(world.true_ms() + 10 * 1_000 * WITHIN_SECONDS);
    assert!(is_there(&world));
    // Going back over it is armed too.
    let result = world.drive(undo(&world, &options(), &|_| ())).unwrap().unwrap().unwrap();
    assert_eq!((result.exit, is_there(&world), world.still_armed()), (Exit::Undone, false, vec![]));
}

#[test]
fn what_cuts_the_road_is_undone_by_the_host() {
    for (beside, is_answered) in [(false, true), (false, false), (true, true), (true, false)] {
        let plan = plan(beside);
        let world = world(&plan);
        world.inject(Fault::Road(calls(&plan).0, is_answered));
        let began_ms = world.true_ms();
        let (result, events) = finish(&world, &plan);
        let result = result.unwrap();
        // Nothing else was done, so all is undone; else a person decides.
        let exit = if beside { Exit::PartWay } else { Exit::Undone };
        assert_eq!((result.exit, result.undone), (exit, 1), "{result:?}");
        assert!(result.problems[0].message.contains("so the host undid it by itself"), "{:?}", result.problems);
        assert!(!is_there(&world));
        let waited_s = (world.true_ms() - began_ms) / 1_000;
        assert!((WITHIN_SECONDS..WITHIN_SECONDS + 20).contains(&waited_s), "{waited_s}");
        let wall = &plan.steps.last().unwrap().id;
        assert!(events.iter().any(|event| matches!(event, Event::Undone { step, .. } if step == wall)), "{events:?}");
        assert!(events.iter().any(|event| matches!(event, Event::Progress { text, .. } if text.contains("cannot be reached anew"))));
        let state = state(&world);
        assert!(!state.resources.contains_key("wall"));
        match &state.unfinished {
            None => assert!(!beside),
            Some(run) => assert_eq!((run.undone.contains(wall), run.open.is_empty(), run.undoing), (true, true, false)),
        }
        // The fault strikes once, so this time it holds.
        let next = if beside { plan } else { again(&world, &plan) };
        assert_eq!(finish(&world, &next).0.unwrap().exit, Exit::Done);
        assert!(is_there(&world) && world.still_armed().is_empty());
    }
}

#[test]
fn no_step_is_left_armed_or_cut_wherever_migc_dies() {
    let plan = plan(true);
    let (armed, last) = calls(&plan);
    let faults = |number| {
        [
            Fault::CrashBefore(number),
            Fault::CrashAfter(number),
            Fault::LostBefore(number),
            Fault::LostAfter(number),
            Fault::NoAnswer(number),
        ]
    };
    let wait_ms = [1_000, 2_000 * WITHIN_SECONDS];
    for number in 1..=last + 3 {
        for fault in faults(number) {
            for road in [None, Some(true), Some(false)] {
                for wait_ms in wait_ms {
                    let world = world(&plan);
                    world.inject(fault.clone());
                    if let Some(is_answered) = road {
                        world.inject(Fault::Road(armed, is_answered));
                    }
                    let what = format!("{fault:?}, road {road:?}, again after {wait_ms} ms");
                    let (mut applied, mut given) = (None, plan.clone());
                    for _ in 0..100 {
                        applied = finish(&world, &given).0;
                        if applied.as_ref().is_some_and(|result| result.exit == Exit::Done) {
                            break;
                        }
                        // Undone, or it died when all was written.
                        if state(&world).unfinished.is_none() {
                            given = again(&world, &plan);
                        }
                        world.set_now_ms(world.true_ms() + wait_ms);
                    }
                    assert_eq!(applied.map(|result| result.exit), Some(Exit::Done), "{what}");
                    world.set_now_ms(world.true_ms() + 2_000 * WITHIN_SECONDS);
                    assert!(is_there(&world) && world.still_armed().is_empty(), "{what}");
                    assert_eq!(world.violations(), Vec::<String>::new(), "{what}");
                }
            }
        }
    }
}

#[test]
fn the_next_apply_tells_what_the_host_has_undone() {
    let plan = plan(false);
    let (armed, _) = calls(&plan);
    let world = world(&plan);
    world.inject(Fault::Road(armed, true));
    // It dies when it is about to connect anew.
    world.inject(Fault::CrashBefore(armed + 1));
    let began_ms = world.true_ms();
    assert!(finish(&world, &plan).0.is_none());
    world.set_now_ms(began_ms + 2_000 * WITHIN_SECONDS);
    let (result, _) = finish(&world, &plan);
    let result = result.unwrap();
    assert_eq!((result.exit, is_there(&world)), (Exit::Undone, false), "{result:?}");
    let entries: Vec<Record> = (1..)
        .map_while(|number| world.entry(number))
        .flat_map(|bytes| serde_json::from_slice::<mig_plan::Entry>(&bytes).unwrap().records)
        .collect();
    let wall = &plan.steps[0].id;
    assert!(entries.iter().any(|r| matches!(r, Record::Outcome { step, outcome: Outcome::Failed { .. } } if step == wall)), "{entries:?}");
    assert!(entries.iter().any(|r| matches!(r, Record::Undone { step, outcome: Outcome::Done { .. } } if step == wall)), "{entries:?}");
}

#[test]
fn what_a_run_that_was_given_up_has_armed_strikes_no_later_one() {
    let plan = plan(false);
    let (armed, _) = calls(&plan);
    let world = world(&plan);
    world.inject(Fault::CrashAfter(armed));
    assert!(finish(&world, &plan).0.is_none());
    assert_eq!(world.still_armed(), ["wall on new"]);
    let run = state(&world).unfinished.unwrap().run;
    world.drive(abandon(&world, &run)).unwrap().unwrap().unwrap();
    let next = again(&world, &plan);
    assert_eq!(finish(&world, &next).0.unwrap().exit, Exit::Done);
    world.set_now_ms(world.true_ms() + 2_000 * WITHIN_SECONDS);
    assert!(is_there(&world) && world.still_armed().is_empty());
}

#[test]
fn a_host_that_lost_its_power_undoes_nothing() {
    let plan = plan(false);
    let (armed, _) = calls(&plan);
    let world = world(&plan);
    world.inject(Fault::Down(armed + 1, NEW.to_owned(), Some(30_000)));
    let exit = until_done(&world, &plan);
    assert_eq!((exit, is_there(&world), world.still_armed()), (Exit::Done, true, vec![]));
}

#[test]
fn a_rehearsal_cuts_the_road() {
    let choices = [Choice { kind: Kind::RoadCut, step: None }];
    let report = rehearse(&plan(true), &BTreeMap::new(), 0, &choices);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.faults, report.kinds[0].undone), (2, 2), "{report:?}");
    let all = rehearse(&plan(true), &BTreeMap::new(), 0, &Choice::all());
    assert!(all.is_sound(), "{all:?}");
}

#[test]
fn a_plan_without_a_way_back_for_the_road_is_refused() {
    let mut plan = plan(false);
    let mut text = serde_json::to_value(&plan).unwrap();
    text["steps"][0]["action"]["requests"][0]["cuts"].as_object_mut().unwrap().remove("undo");
    plan = serde_json::from_value(text).unwrap();
    let problems = mig_runtime::validate::validate(&plan).unwrap_err();
    assert!(problems[0].contains("nothing there brings it back"), "{problems:?}");
    assert_eq!(mig_plan::proof::violations(&plan)[0].rule, mig_plan::proof::Rule::RoadCut);
}
