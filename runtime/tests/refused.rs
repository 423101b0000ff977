//! What is refused before anything is changed? Hosts that are not ready, damaged journals, hostile plans.

mod common;

use common::{NEW, OLD, finish, options, plan, run, world};
use mig_plan::{Action, Plan, Probe, Requirement, Undo};
use mig_runtime::{
    executor::Exit,
    journal::{self, JournalError},
    sim::{Fault, SimWorld},
    validate::validate,
};

#[test]
fn all_that_is_not_ready_is_told_at_once_and_nothing_is_changed() {
    let (world, mut plan) = world(&["mysql"]);
    let disks = std::collections::BTreeMap::from([("/".to_owned(), 40 << 40)]);
    let hardware = Requirement::Hardware { arch: Some("x86_64".to_owned()), cpus: Some(8), memory: None, disks };
    plan.preconditions.push(mig_plan::Precondition {
        host: NEW.to_owned(),
        address: NEW.to_owned(),
        requirement: hardware,
        origin: common::origin(77),
    });
    world.forget_secret("mysql_password");
    if let Some(mut old) = world.host(OLD) {
        old.missing_tools.insert("tar".to_owned());
        old.containers.clear();
        old.clock_offset_ms = 600_000;
        (old.uid, old.sudo) = (1_000, false);
    }
    if let Some(mut new) = world.host(NEW) {
        new.docker = false;
        new.listening.insert("3306/tcp".to_owned());
        let mut file = common::world(&["x"]).0.host(OLD).unwrap().nodes.get("/data/x/data").unwrap().clone();
        file.size = 99_900_000_000;
        new.nodes.insert("/srv/mysql".to_owned(), file);
    }
    let before = world.hosts();
    let (result, events) = finish(&world, &plan);
    assert_eq!(result.exit, Exit::Refused);
    let told: Vec<String> = result.problems.iter().map(|p| format!("{} {}", p.host.as_deref().unwrap_or("-"), p.message)).collect();
    for words in [
        "- the secret `mysql_password` is missing",
        "old the user `admin` may not act as root on old",
        "new no Docker answers on new",
        "old the clock of old is 599 s ahead of the operator's",
    ] {
        assert!(told.iter().any(|line| line.starts_with(words)), "{words}: {told:#?}");
    }
    for words in ["tar", "`mysql`", "3306", "/srv/mysql on new holds", "processors", "MiB free"] {
        assert!(told.iter().any(|line| line.contains(words)), "{words}: {told:#?}");
    }
    assert!(result.problems.iter().all(|p| !p.help.is_empty() && p.origin.is_some()), "{:#?}", result.problems);
    assert_eq!(world.hosts(), before, "nothing is changed");
    assert_eq!(world.entry(1), None);
    assert_eq!(events.len(), 1);
}

#[test]
fn a_host_that_cannot_be_reached_does_not_hide_the_others() {
    let (world, plan) = world(&["mysql"]);
    world.host(NEW).unwrap().reachable = false;
    world.host(OLD).unwrap().missing_tools.insert("tar".to_owned());
    let (result, _) = finish(&world, &plan);
    let hosts: Vec<_> = result.problems.iter().map(|p| p.host.clone().unwrap()).collect();
    assert_eq!((result.exit, hosts), (Exit::Refused, vec![NEW.to_owned(), OLD.to_owned()]), "{:?}", result.problems);
}

#[test]
fn a_run_that_goes_on_needs_its_hosts_and_secrets_only() {
    let (world, plan) = world(&["mysql"]);
    world.inject(Fault::CrashAfter(30));
    assert!(run(&world, &plan, &options()).0.is_none());
    world.forget_secret("mysql_password");
    let (result, _) = finish(&world, &plan);
    assert_eq!((result.exit, result.problems.len()), (Exit::PartWay, 1), "{:?}", result.problems);
    assert!(result.summary[0].contains("is unfinished"), "{:?}", result.summary);
}

type Edit<'a> = &'a dyn Fn(&str) -> String;
type Hostile = Box<dyn Fn(&mut Plan)>;

/// A journal with a few entries, cut off in the middle of a run.
fn begun() -> (SimWorld, Plan) {
    let (world, plan) = world(&["mysql"]);
    world.inject(Fault::CrashAfter(25));
    assert!(run(&world, &plan, &options()).0.is_none());
    assert!(world.entry(3).is_some());
    (world, plan)
}

#[test]
fn a_damaged_journal_is_refused_by_the_entry_that_is_damaged() {
    let edit = |number: u64, change: &dyn Fn(&str) -> String| {
        let (world, plan) = begun();
        let text = String::from_utf8(world.entry(number).unwrap()).unwrap();
        let new = change(&text);
        assert_ne!(new, text);
        world.set_entry(number, Some(new.into_bytes()));
        (world, plan)
    };
    let cases: [(u64, Edit<'_>, u64, &str); 9] = [
        (2, &|t| t[..t.len() / 2].to_owned(), 2, "was cut off"),
        (2, &|_| String::new(), 2, "was cut off"),
        (2, &|t| t.replace("\"record\":\"intent\"", "\"record\":\"intend\""), 2, "is damaged"),
        (2, &|t| t.replace("\"time_ms\":1", "\"time_ms\":2"), 3, "does not follow entry 2"),
        (2, &|t| t.replace("\"version\":3", "\"version\":4"), 2, "has version 4; this migc reads up to 3"),
        (2, &|t| t.replace("\"number\":2", "\"number\":7"), 2, "says that it is entry 7"),
        (2, &|t| t.replace("\"step\":\"s", "\"step\":\"t"), 2, "there is no step"),
        (2, &|t| t.replace("\"run\":\"r", "\"run\":\"q"), 2, "not going on"),
        (1, &|t| t.replacen("/srv/mysql", "/srv/../etc", 1), 1, "without `..`"),
    ];
    for (number, change, told, words) in cases {
        let (world, plan) = edit(number, change);
        let before = world.hosts();
        let error = world.drive(journal::load(&world)).unwrap().unwrap_err();
        let JournalError::Refused { entry, message, help } = &error else { panic!("{error}") };
        assert!(*entry == told && message.contains(words) && !help.is_empty(), "{words}: {error}");
        let (result, _) = finish(&world, &plan);
        assert_eq!((result.exit, result.problems[0].message.as_str()), (Exit::Refused, error.to_string().as_str()));
        assert_eq!(world.hosts(), before);
    }
}

#[test]
fn hostile_plans_are_refused() {
    let cases: Vec<(&str, Hostile)> = vec![
        ("version 9", Box::new(|p| p.version = 9)),
        ("serial and head", Box::new(|p| p.serial = 3)),
        ("not a digest", Box::new(|p| p.sources = serde_json::from_str("\"x\"").unwrap())),
        ("an id is", Box::new(|p| p.steps[0].id = "s../../etc".to_owned())),
        ("twice", Box::new(|p| p.steps[1].id = p.steps[0].id.clone())),
        ("no step before it", Box::new(|p| p.steps[0].needs = vec![p.steps[1].id.clone()])),
        ("no host", Box::new(|p| p.steps[0].action = Action::Adopt { host: "elsewhere".to_owned(), id: "i-1".to_owned() })),
        ("no plain word", Box::new(|p| p.hosts.get_mut(OLD).unwrap().login.host = "-oProxyCommand=sh".to_owned())),
        (
            "no plain word",
            Box::new(|p| p.steps[1].action = Action::InstallTools { host: NEW.to_owned(), names: vec!["--force".to_owned()] }),
        ),
        ("without `..`", Box::new(|p| tree(p).target = "/srv/../etc".to_owned())),
        ("without `..`", Box::new(|p| tree(p).target = "srv".to_owned())),
        ("without `..`", Box::new(|p| tree(p).source = "/data\0".to_owned())),
        ("root is never", Box::new(|p| tree(p).target = "//".to_owned())),
        ("not below", Box::new(|p| tree(p).exclude = vec!["/etc".to_owned()])),
        ("no name of a container", Box::new(|p| stop(p, "a b"))),
        ("no name of a container", Box::new(|p| stop(p, "--all"))),
        ("no port 0", Box::new(|p| probe(p, &Probe::Tcp { port: 0, within_seconds: 1 }))),
        ("more than a day", Box::new(|p| probe(p, &Probe::Tcp { port: 1, within_seconds: 1 << 40 }))),
        ("no http URL", Box::new(|p| probe(p, &Probe::Http { url: "file:///etc/shadow".to_owned(), within_seconds: 1 }))),
        ("not one of the plan's", Box::new(|p| p.secrets.clear())),
        (
            "undo: there is no host",
            Box::new(|p| {
                p.steps[0].undo = Undo::Act { action: Box::new(Action::StartContainer { host: "x".to_owned(), container: "y".to_owned() }) }
            }),
        ),
        (
            "no earlier step",
            Box::new(|p| {
                p.steps[0].action = Action::RestoreRestart { host: OLD.to_owned(), container: "mysql".to_owned(), of: "s0".to_owned() }
            }),
        ),
        ("point of no return", Box::new(|p| p.moves[0].point_of_no_return = None)),
        ("no move", Box::new(|p| p.steps[0].of_move = Some("other".to_owned()))),
        ("is no port", Box::new(|p| p.preconditions[1].requirement = Requirement::PortFree { port: "99999/tcp".to_owned() })),
        ("ends before", Box::new(|p| p.moves[0].window_unix = Some((5, 5)))),
        ("writes none", Box::new(|p| p.steps[0].before = Some(mig_plan::Before::Nothing))),
        ("control characters", Box::new(|p| p.steps[0].title = "\u{1b}[2J".to_owned())),
        ("there is no step", Box::new(|p| p.observed = drift("n", "x", "s0"))),
        ("drift: `--n`", Box::new(|p| p.observed = drift("--n", "x", &p.steps[0].id.clone()))),
        ("control characters", Box::new(|p| p.observed = drift("n", "\u{1b}[2J", &p.steps[0].id.clone()))),
    ];
    assert_eq!(validate(&plan(&["mysql"])), Ok(()));
    for (words, change) in cases {
        let mut plan = plan(&["mysql"]);
        change(&mut plan);
        let problems = validate(&plan).expect_err(words);
        assert!(problems.iter().any(|p| p.contains(words)), "{words}: {problems:?}");
        let (world, _) = world(&["mysql"]);
        assert_eq!(finish(&world, &plan).0.exit, Exit::Refused);
        assert_eq!(world.calls(), 0, "{words}: no host is asked and no journal read");
    }
}

fn drift(address: &str, found: &str, step: &str) -> Option<mig_plan::Observation> {
    let difference = serde_json::json!({ "name": "mode", "wished": "0644", "found": found });
    let one = serde_json::json!({ "address": address, "kind": "host.file", "host": NEW, "change": "changed", "differences": [difference],
        "steps": [step] });
    serde_json::from_value(serde_json::json!({ "count": 1, "drift": [one], "unseen": [] })).unwrap()
}

fn tree(plan: &mut Plan) -> &mut mig_plan::Tree {
    plan.steps.iter_mut().find_map(|s| if let Action::CopyTrees { trees, .. } = &mut s.action { trees.first_mut() } else { None }).unwrap()
}

fn stop(plan: &mut Plan, name: &str) {
    plan.steps.iter_mut().for_each(|s| {
        if let Action::StopContainer { container, .. } = &mut s.action {
            name.clone_into(container);
        }
    });
}

fn probe(plan: &mut Plan, new: &Probe) {
    plan.steps.iter_mut().for_each(|s| {
        if let Action::Await { probe, .. } = &mut s.action {
            *probe = new.clone();
        }
    });
}
