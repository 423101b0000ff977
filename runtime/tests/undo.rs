//! What does it come to when a person undoes a run? Unfinished or done, up to the point of no return, and beyond only by name.

mod common;

use common::{Builder, NEW, OLD, finish, id, options, run, world};
use mig_plan::{Action, ContainerSpec, Entry, Phase, Plan, Record, State, Undo};
use mig_runtime::{
    event::Event,
    executor::{ApplyResult, Exit, Options, apply, undo, undoable},
    journal,
    sim::{Fault, SimWorld},
};
use std::collections::BTreeMap;

fn state(world: &SimWorld) -> State {
    world.drive(journal::load(world)).unwrap().unwrap()
}

/// One undo, if it did not crash; `None` if there was nothing to undo.
fn go_back(world: &SimWorld, options: &Options) -> Result<Option<ApplyResult>, &'static str> {
    world.drive(undo(world, options, &|_| {})).map(Result::unwrap).ok_or("it crashed")
}

fn discarding(address: &str) -> Options {
    Options { discard_writes_on: vec![address.to_owned()], ..options() }
}

/// A service of no move, on an image that stays.
fn service(builder: &mut Builder, name: &str, needs: &[&String]) -> String {
    let host = NEW.to_owned();
    let image = Action::BringImage { from: None, to: host.clone(), image: format!("{name}:1.0") };
    let brought = builder.step(None, Phase::Prepare, &format!("bring {name}"), image, needs, Undo::Leave { what: "it stays".to_owned() });
    let spec = ContainerSpec {
        owner: format!("test/{name}"),
        name: name.to_owned(),
        image: format!("{name}:1.0"),
        command: vec![],
        restart: "always".to_owned(),
        networks: vec![],
        privileged: false,
        devices: vec![],
        mounts: vec![],
        publish: vec![],
        env: BTreeMap::new(),
        memory: None,
        cpus_milli: None,
        user: None,
    };
    let remove = Action::RemoveContainer { host: host.clone(), container: name.to_owned(), owner: Some(spec.owner.clone()), back: false };
    let create = Action::CreateContainer { host: host.clone(), container: spec };
    let undo = Undo::Act { action: Box::new(remove) };
    let created = builder.step(None, Phase::Prepare, &format!("create {name}"), create, &[&brought], undo);
    builder.last().sets = vec![(name.to_owned(), mig_plan::ResourceState::default())];
    let stop = Action::StopContainer { host: host.clone(), container: name.to_owned(), grace_seconds: 10, clean: false };
    let start = Action::StartContainer { host, container: name.to_owned() };
    builder.step(None, Phase::Finish, &format!("start {name}"), start, &[&created], Undo::Act { action: Box::new(stop) })
}

fn services() -> Plan {
    let mut builder = Builder::new();
    let web = service(&mut builder, "web", &[]);
    service(&mut builder, "proxy", &[&web]);
    builder.plan
}

#[test]
fn a_run_that_was_done_is_undone_the_last_step_first() {
    let plan = services();
    let world = SimWorld::new(&BTreeMap::new(), &plan);
    assert_eq!(finish(&world, &plan).0.exit, Exit::Done);
    assert_eq!(state(&world).resources.len(), 2);
    let events = std::cell::RefCell::new(vec![]);
    let result = world.drive(undo(&world, &options(), &|event| events.borrow_mut().push(event))).unwrap().unwrap().unwrap();
    assert_eq!((result.exit, result.undone), (Exit::Undone, plan.steps.len()), "{result:?}");
    assert!(world.host(NEW).unwrap().containers.is_empty());
    let places = events.into_inner().into_iter().filter_map(|event| match event {
        Event::Undone { step, .. } => plan.steps.iter().position(|s| s.id == step),
        _ => None,
    });
    assert!(places.collect::<Vec<_>>().is_sorted_by(|one, next| one > next));
    let state = state(&world);
    assert!(state.unfinished.is_none() && state.resources.is_empty(), "{state:?}");
    assert_eq!(go_back(&world, &options()), Ok(None), "it is undone once");
    let again = Plan { serial: state.serial, head: state.head.clone(), ..plan };
    assert_eq!(finish(&world, &again).0.exit, Exit::Done);
}

/// The same services with other containers, over the state that the world has.
fn changed(world: &SimWorld, plan: &Plan) -> Plan {
    let state = state(world);
    let other = |id: &str| id[..1].to_owned() + &id[1..].chars().rev().collect::<String>();
    // Its own container has its port.
    let mut plan = Plan { serial: state.serial, head: state.head, preconditions: vec![], ..plan.clone() };
    for step in &mut plan.steps {
        step.id = other(&step.id);
        step.needs.iter_mut().for_each(|need| *need = other(need));
        if let Action::CreateContainer { container, .. } = &mut step.action {
            container.memory = Some(1 << 20);
        }
        if let Undo::Act { action } = &mut step.undo
            && let Action::RemoveContainer { back, .. } = &mut **action
        {
            *back = true;
        }
    }
    plan
}

#[test]
fn a_container_that_was_replaced_comes_back_and_runs() {
    let plan = services();
    let calm = SimWorld::new(&BTreeMap::new(), &plan);
    assert_eq!(finish(&calm, &plan).0.exit, Exit::Done);
    let next = changed(&calm, &plan);
    let begin = calm.calls();
    let result = finish(&calm, &next).0;
    assert_eq!(result.exit, Exit::Done, "{result:?}");
    for call in begin + 1..=calm.calls() {
        let world = SimWorld::new(&BTreeMap::new(), &plan);
        finish(&world, &plan);
        let (before, next) = (world.fingerprint(), changed(&world, &plan));
        world.inject(Fault::CrashAfter(call));
        let died = world.drive(apply(&world, &next, &options(), &|_| {})).is_none();
        assert!(died, "call {call}");
        if state(&world).serial == next.serial {
            // The run was not begun, and the one before is none that this would be about.
            continue;
        }
        let result = go_back(&world, &options()).unwrap().unwrap();
        assert_eq!(result.exit, Exit::Undone, "call {call}: {result:?}");
        let services = |lines: &BTreeMap<String, String>| {
            lines.iter().filter(|(key, _)| key.contains(" container ")).map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>()
        };
        assert_eq!(services(&world.fingerprint()), services(&before), "call {call}");
    }
}

#[test]
fn an_undo_that_dies_goes_on_with_apply_or_undo() {
    let plan = services();
    let calm = SimWorld::new(&BTreeMap::new(), &plan);
    finish(&calm, &plan);
    let begin = calm.calls();
    go_back(&calm, &options()).unwrap().unwrap();
    for call in begin + 1..=calm.calls() {
        for (fault, by_apply) in [(Fault::CrashBefore(call), false), (Fault::CrashAfter(call), true)] {
            let world = SimWorld::new(&BTreeMap::new(), &plan);
            finish(&world, &plan);
            world.inject(fault.clone());
            assert_eq!(go_back(&world, &options()), Err("it crashed"), "{fault:?}");
            let acted = state(&world).unfinished.is_some_and(|run| !run.undone.is_empty());
            if by_apply && acted {
                assert_eq!(finish(&world, &plan).0.exit, Exit::Undone, "{fault:?}");
            } else {
                // Its end may be written already.
                let result = go_back(&world, &options()).unwrap();
                assert!(result.is_none_or(|r| r.exit == Exit::Undone), "{fault:?}");
            }
            assert_eq!((world.fingerprint(), world.violations()), (calm.fingerprint(), vec![]), "{fault:?}");
            assert_eq!(state(&world).resources, BTreeMap::new(), "{fault:?}");
        }
    }
}

#[test]
fn after_the_point_of_no_return_the_reason_and_the_way_are_told() {
    let (world, plan) = world(&["mysql"]);
    finish(&world, &plan);
    let before = (world.hosts(), state(&world).serial);
    let result = go_back(&world, &options()).unwrap().unwrap();
    assert_eq!(result.exit, Exit::Refused, "{result:?}");
    let problem = &result.problems[0];
    assert!(problem.message.contains("point of no return of move_mysql: the target accepts writes"), "{problem:?}");
    for words in ["--discard-writes-on move_mysql", "move back with `migc undo`"] {
        assert!(problem.help.contains(words), "{}", problem.help);
    }
    assert_eq!((world.hosts(), state(&world).serial), before, "nothing was done");
}

#[test]
fn writes_that_may_be_dropped_are_dropped_and_the_journal_keeps_who_said_so() {
    for address in ["move_mysql", "move_ldap"] {
        let (world, plan) = world(&["mysql"]);
        finish(&world, &plan);
        let result = go_back(&world, &discarding(address)).unwrap().unwrap();
        let is_back = world.host(OLD).unwrap().containers.get("mysql").unwrap().is_running();
        assert_eq!((result.exit, is_back), if address == "move_mysql" { (Exit::Undone, true) } else { (Exit::Refused, false) });
        if is_back {
            let old = world.host(OLD).unwrap().containers.get("mysql").unwrap().clone();
            assert_eq!(old.restart, "always");
            assert!(world.host(NEW).unwrap().containers.is_empty());
            let records = (1..).map_while(|n| world.entry(n)).flat_map(|b| serde_json::from_slice::<Entry>(&b).unwrap().records);
            let kept = records.into_iter().any(|r| matches!(r, Record::GoingBack { discarded, .. } if discarded == [address]));
            assert!(kept && state(&world).unfinished.is_none());
        }
        assert_eq!(world.violations(), Vec::<String>::new());
    }
}

#[test]
fn a_discard_that_dies_is_remembered() {
    let (calm, plan) = world(&["mysql"]);
    finish(&calm, &plan);
    let begin = calm.calls();
    go_back(&calm, &discarding("move_mysql")).unwrap().unwrap();
    for call in begin + 1..=calm.calls() {
        let (world, _) = world(&["mysql"]);
        finish(&world, &plan);
        world.inject(Fault::CrashAfter(call));
        let _ = go_back(&world, &discarding("move_mysql"));
        // Until the run is opened again there is nothing to go on with.
        let result = if state(&world).unfinished.is_some_and(|run| !run.discarded.is_empty()) {
            finish(&world, &plan).0
        } else {
            let Some(result) = go_back(&world, &discarding("move_mysql")).unwrap() else { continue };
            result
        };
        assert_eq!(result.exit, Exit::Undone, "call {call}: {result:?}");
        assert_eq!((world.fingerprint(), world.violations()), (calm.fingerprint(), vec![]), "call {call}");
    }
}

#[test]
fn what_belongs_to_no_move_goes_back_too_but_not_from_under_what_stays() {
    let mut builder = Builder::new();
    let ready = builder.server();
    let web = service(&mut builder, "web", &[]);
    let ldap = service(&mut builder, "ldap", &[]);
    builder.service("mysql", 3_306, &[&ready, &web]);
    let mut plan = builder.plan;
    // The check of the target comes to nothing, so the run is past its point of no return and unfinished.
    plan.preconditions.clear();
    let world = SimWorld::new(&common::facts(&["mysql"]), &plan);
    let message = "no route".to_owned();
    world.inject(Fault::Script { host: NEW.to_owned(), name: "probe_tcp", word: None, times: 1_000, message });
    assert_eq!(run(&world, &plan, &options()).0.unwrap().exit, Exit::PartWay);
    let unfinished = state(&world).unfinished.unwrap();
    let found = undoable(&unfinished, &[]);
    assert!(found.steps.contains(&ldap) && !found.steps.contains(&web), "{found:?}");
    assert_eq!(found.stays.len(), 1, "{found:?}");
    let result = go_back(&world, &options()).unwrap().unwrap();
    assert_eq!(result.exit, Exit::PartWay, "{result:?}");
    let names: Vec<String> = world.host(NEW).unwrap().containers.keys().cloned().collect();
    assert_eq!(names, ["mysql", "web"], "what mysql stands on stays");
    assert!(result.problems.iter().any(|p| p.message.contains("point of no return")), "{:?}", result.problems);
    // It can go on forward again.
    let again = world.drive(apply(&world, &plan, &options(), &|_| {})).unwrap();
    assert_eq!(again.exit, Exit::PartWay, "{again:?}");
    assert!(world.host(NEW).unwrap().containers.contains_key("ldap"), "{again:?}");
    assert!(!id(&plan, "start mysql on new").is_empty());
}
