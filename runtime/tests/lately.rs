//! When is a host asked again what it said when the plan was made? Whenever that may have changed since, and not before.

mod common;

use common::{Builder, NEW, options};
use mig_plan::{Action, Ask, Call, Phase, Plan, Read, Reads, Undo};
use mig_runtime::{
    event::Event,
    executor::{Exit, Lately, Options, apply},
    observe::observe_to_act,
    sim::{Fault, SimWorld},
};
use serde_json::json;
use std::collections::BTreeMap;

fn call(address: &str, verb: &str) -> Call {
    let request = |script: &str| json!({ "driver": "ssh", "host": NEW, "script": script, "words": [address] });
    let gone = json!({ "is": "one_of", "path": [{ "name": "there" }], "values": [false] });
    let look = json!({ "request": request("look"), "from": [], "fields": {}, "gone": gone, "timeout_seconds": 0, "every_seconds": 1 });
    let requests = [request(if verb == "delete" { "drop" } else { "make" })];
    serde_json::from_value(json!({ "thing": address, "verb": verb, "requests": requests, "look": look })).unwrap()
}

/// Two files, and a third one that needs the first.
fn plan() -> Plan {
    let mut builder = Builder::new();
    let mut first = None;
    for address in ["one", "two", "three"] {
        let undo = Undo::Act { action: Box::new(Action::Call(call(address, "delete"))) };
        let needs: Vec<&String> = first.iter().filter(|_| address == "three").collect();
        let id = builder.step(None, Phase::Prepare, address, Action::Call(call(address, "create")), &needs, undo);
        address.clone_into(&mut builder.last().address);
        first.get_or_insert(id);
    }
    builder.plan
}

/// A world that keeps a log, and what its host said before.
fn asked(plan: &Plan) -> (SimWorld, Lately) {
    let world = SimWorld::new(&BTreeMap::new(), plan);
    world.keep_log();
    let read = |address: &str| Read { address: address.to_owned(), ask: Ask::look(&call(address, "create").look) };
    let reads = Reads { hosts: plan.hosts.clone(), list: ["one", "two", "three"].map(read).to_vec() };
    let (observed, lately) = world.drive(observe_to_act(&world, &reads)).unwrap();
    assert_eq!(observed.answers.len(), 3);
    (world, lately)
}

/// Scripts of each call to the host from here on.
fn calls(world: &SimWorld, plan: &Plan, lately: Lately) -> Vec<Vec<&'static str>> {
    let before = world.calls();
    let result = world.drive(apply(world, plan, &Options { lately, ..options() }, &|_: Event| ())).unwrap();
    assert_eq!(result.exit, Exit::Done, "{:?}", result.problems);
    assert_eq!(world.violations(), Vec::<String>::new());
    let all = world.logged();
    all.iter().filter(|call| call.number > before && call.hosts == [NEW]).map(|call| call.scripts.clone()).collect()
}

#[test]
fn hosts_are_not_asked_twice_until_something_was_done() {
    let plan = plan();
    let (world, lately) = asked(&plan);
    // Neither who we are nor what is there is asked again; the last step begins when something has changed.
    assert_eq!(calls(&world, &plan, lately), [vec!["call", "call"], vec!["call", "call"], vec!["call"], vec!["call", "call"]]);
    let (world, _) = asked(&plan);
    let anew = calls(&world, &plan, Lately::default());
    assert_eq!(anew.iter().filter(|scripts| *scripts == &["who"]).count(), 1);
    assert_eq!(anew.iter().filter(|scripts| *scripts == &["call"]).count(), 3, "{anew:?}");
}

#[test]
fn an_answer_is_too_old_after_half_a_minute() {
    let plan = plan();
    let (world, lately) = asked(&plan);
    world.set_now_ms(world.true_ms() + 30_000);
    let anew = calls(&world, &plan, lately);
    assert_eq!(anew.iter().filter(|scripts| scripts.len() == 1).count(), 4, "{anew:?}");
}

#[test]
fn a_lost_connection_and_a_run_that_is_taken_up_look_again() {
    let plan = plan();
    for fault in [Fault::LostBefore, Fault::CrashAfter] {
        let (world, lately) = asked(&plan);
        world.inject(fault(world.calls() + 5));
        let given = Options { lately, ..options() };
        let first = world.drive(apply(&world, &plan, &given, &|_| ()));
        let result = match first {
            Some(result) => result,
            None => world.drive(apply(&world, &plan, &given, &|_| ())).unwrap(),
        };
        assert_eq!(result.exit, Exit::Done, "{:?}", result.problems);
        assert!(world.logged().iter().any(|call| call.scripts == ["call"]), "it looks before it acts again");
        assert_eq!(world.violations(), Vec::<String>::new());
    }
}
