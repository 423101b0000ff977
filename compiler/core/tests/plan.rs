//! Does a plan do things in an order that loses nothing? Plans of whole programs, looked at step by step.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{folder, load, program};
use mig_plan::{Action, Phase, Plan, ResourceState, State, Step, Undo};
use std::collections::{BTreeMap, BTreeSet};

const TWO_HOSTS: &str = r#"
use docker
use ssh

existing server old: ssh.host { address = 10.0.0.1 }
existing server new: ssh.host { address = 10.0.0.2 }

existing service old_db: docker.container {
  on = old
  image = "mysql:5.7.44"
  container = "db"
  volume data { source = "/srv/db", target = "/var/lib/mysql", owner = 999:999 }
}
service db: docker.container {
  on = new
  image = "mysql:5.7.44"
  source = old_db
  volume data { source = "/data/db", target = "/var/lib/mysql", owner = 999:999 }
  publish = [3306/tcp]
}
service web: docker.container { on = new, image = "nginx:1.17.6", needs = [db], publish = [80/tcp] }
"#;

const MOVE: &str = "move all_of_it: copy { from = old, to = new, services = [db] }\n";

fn plan_of(text: &str, state: &State) -> Result<Plan, Vec<String>> {
    let files = program(text);
    let loaded = load(&files);
    let compiled = loaded.compile();
    assert!(
        compiled.report.diagnostics.iter().all(|d| d.code.starts_with("MIG60") || !compiled.report.has_errors()),
        "{:#?}",
        compiled.report
    );
    compiled.plan(state).map_err(|r| r.diagnostics.into_iter().map(|d| d.code).collect())
}

fn position(plan: &Plan, wanted: impl Fn(&Step) -> bool) -> usize {
    plan.steps.iter().position(wanted).unwrap_or_else(|| panic!("the step is there"))
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let files = folder("examples/geekpie");
    let bytes = || {
        let loaded = load(&files);
        serde_json::to_vec(&loaded.compile().plan(&State::default()).unwrap()).unwrap()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn steps_stand_behind_what_they_need_and_have_names_of_their_own() {
    let files = folder("examples/geekpie");
    let loaded = load(&files);
    let plan = loaded.compile().plan(&State::default()).unwrap();
    let mut seen = BTreeSet::new();
    for step in &plan.steps {
        assert!(step.needs.iter().all(|n| seen.contains(n)), "{} needs what comes later", step.title);
        assert!(seen.insert(step.id.clone()), "{} is there twice", step.title);
        assert!(step.action.hosts().into_iter().all(|h| plan.hosts.contains_key(h)));
        assert!(!step.why.is_empty() && step.origin.line > 0, "{}", step.title);
    }
}

/// Never two sides that write: every source is stopped and everything is verified before anything of its move starts.
#[test]
fn nothing_of_a_move_starts_before_all_of_it_is_verified() {
    let files = folder("examples/geekpie");
    let loaded = load(&files);
    let plan = loaded.compile().plan(&State::default()).unwrap();
    for summary in &plan.moves {
        let own: Vec<&Step> = plan.steps.iter().filter(|s| s.of_move.as_ref() == Some(&summary.address)).collect();
        let before = |step: &Step| {
            let mut all = BTreeSet::from([step.id.clone()]);
            for other in plan.steps.iter().rev() {
                if all.contains(&other.id) {
                    all.extend(other.needs.iter().cloned());
                }
            }
            all
        };
        let starts: Vec<&&Step> = own.iter().filter(|s| matches!(s.action, Action::StartContainer { .. })).collect();
        assert!(!starts.is_empty());
        for start in &starts {
            let before = before(start);
            for step in &own {
                let guards = matches!(step.action, Action::StopContainer { .. } | Action::VerifyTrees { .. } | Action::CheckFenced { .. });
                assert!(!guards || before.contains(&step.id), "{} may begin before: {}", start.title, step.title);
            }
        }
        for verify in own.iter().filter(|s| matches!(s.action, Action::VerifyTrees { .. })) {
            let before = before(verify);
            let fenced = own
                .iter()
                .filter(|s| s.address == verify.address && matches!(s.action, Action::CheckFenced { .. }) && before.contains(&s.id));
            assert_eq!(fenced.count(), 1, "{} has a look at the fence before it", verify.title);
        }
        assert_eq!(own.iter().filter(|s| s.point_of_no_return).count(), 1, "{}", summary.address);
        assert_eq!(own.iter().find(|s| s.point_of_no_return).map(|s| &s.id), summary.point_of_no_return.as_ref());
        let stops = own.iter().filter(|s| matches!(s.action, Action::StopContainer { .. }));
        assert!(stops.into_iter().all(|s| matches!(&s.undo, Undo::Act { action } if matches!(**action, Action::StartContainer { .. }))));
    }
}

#[test]
fn a_service_starts_after_those_it_needs_answer_and_stops_before_them() {
    let text = format!("{TWO_HOSTS}{}", MOVE.replace("[db]", "[db, web]"));
    let text = text.replace(
        "existing service old_db",
        "existing service web_old: docker.container { on = old, image = \"nginx:1.17.6\", container = \"web\" }\nexisting service old_db",
    );
    let plan = plan_of(&text, &State::default()).unwrap();
    let up = position(&plan, |s| s.address == "db" && matches!(s.action, Action::Await { .. }));
    let start = position(&plan, |s| s.address == "web" && matches!(s.action, Action::StartContainer { .. }));
    let down = |address: &str| position(&plan, |s| s.address == address && matches!(s.action, Action::StopContainer { .. }));
    assert!(up < start && down("web") < down("db"));
}

#[test]
fn volumes_pair_by_where_the_container_sees_them() {
    let plan = plan_of(&format!("{TWO_HOSTS}{MOVE}"), &State::default()).unwrap();
    let trees = plan.steps.iter().find_map(|s| match &s.action {
        Action::CopyTrees { trees, .. } => Some(trees.clone()),
        _ => None,
    });
    let tree = trees.unwrap().remove(0);
    assert_eq!((tree.source.as_str(), tree.target.as_str()), ("/srv/db", "/data/db"));
    assert!(plan.steps.iter().any(|s| matches!(&s.action, Action::StopContainer { container, .. } if container == "db")));
}

/// The state after every step of a plan is done.
fn after(plan: &Plan) -> State {
    let resources = plan.steps.iter().flat_map(|s| s.sets.clone()).collect::<BTreeMap<_, _>>();
    State { project: plan.project.clone(), resources, ..State::default() }
}

#[test]
fn what_is_done_is_not_planned_again() {
    let files = folder("examples/geekpie");
    let loaded = load(&files);
    let compiled = loaded.compile();
    let state = after(&compiled.plan(&State::default()).unwrap());
    let again = compiled.plan(&state).unwrap();
    assert_eq!(again.steps.iter().map(|s| s.title.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(again.preconditions.is_empty() && again.hosts.is_empty());
}

#[test]
fn a_container_that_changes_is_replaced_and_one_that_is_gone_removed() {
    let before = after(&plan_of(&format!("{TWO_HOSTS}{MOVE}"), &State::default()).unwrap());
    let changed = format!("{TWO_HOSTS}{MOVE}").replace("nginx:1.17.6", "nginx:1.18.0");
    let plan = plan_of(&changed, &before).unwrap();
    let created: Vec<&str> =
        plan.steps.iter().filter(|s| matches!(s.action, Action::CreateContainer { .. })).map(|s| s.address.as_str()).collect();
    assert_eq!(created, ["web"]);
    let web = TWO_HOSTS.lines().find(|l| l.starts_with("service web")).unwrap();
    let without = format!("{TWO_HOSTS}{MOVE}").replace(web, "");
    let plan = plan_of(&without, &before).unwrap();
    assert!(matches!(plan.steps.as_slice(), [step] if matches!(step.action, Action::RemoveContainer { .. }) && step.removes == ["web"]));
}

#[test]
fn what_cannot_be_planned_is_refused_with_its_reason() {
    let done = |address: &str, host: &str| {
        let attributes = BTreeMap::from([("host".to_owned(), host.to_owned()), ("container".to_owned(), "db".to_owned())]);
        let resource =
            ResourceState { kind: "docker.container".to_owned(), digest: "other".to_owned(), attributes, ..ResourceState::default() };
        State { resources: BTreeMap::from([(address.to_owned(), resource)]), ..State::default() }
    };
    let with_move = format!("{TWO_HOSTS}{MOVE}");
    let unknown = with_move
        .replace("existing service old_db", "existing service other_db")
        .replace("source = old_db", "")
        .replace("/var/lib/mysql\", owner = 999:999 }\n}\nservice db", "/elsewhere\", owner = 999:999 }\n}\nservice db")
        .replace("container = \"db\"", "container = \"x\"");
    let cases = [
        (
            "no way there",
            TWO_HOSTS
                .replace("use ssh", "use ssh\nuse azure\nprovider east: azure { subscription = \"s\", region = \"eastasia\" }")
                .replace(
                    "existing server new: ssh.host { address = 10.0.0.2 }",
                    "existing server new: azure.vm { type = \"Standard_B1ms\" }",
                ),
            State::default(),
            "MIG6001",
        ),
        ("nothing to move", unknown, State::default(), "MIG6003"),
        ("a finished move that changed", with_move.clone(), done("all_of_it", "new"), "MIG6004"),
        ("data left behind", TWO_HOSTS.to_owned(), done("db", "old"), "MIG6005"),
        ("a circle", TWO_HOSTS.replace("publish = [3306/tcp]", "needs = [web]"), State::default(), "MIG6007"),
        ("another project", TWO_HOSTS.to_owned(), State { project: "other".to_owned(), ..State::default() }, "MIG6008"),
    ];
    for (what, text, state, code) in cases {
        let refused = plan_of(&text, &state).err().unwrap_or_default();
        assert!(refused.iter().any(|c| c == code), "{what}: {refused:?}");
    }
}

/// Room is asked of the file system that will hold the data, also where only the survey knows that it is one of its own.
#[test]
fn room_is_needed_where_the_data_will_be() {
    let mut files = program(
        &format!("{TWO_HOSTS}{MOVE}")
            .replace("address = 10.0.0.2 }", "address = 10.0.0.2, facts = survey(\"new.json\") }")
            .replace("address = 10.0.0.1 }", "address = 10.0.0.1, facts = survey(\"old.json\") }"),
    );
    let mounts = r#"{"version":1,"host":"new","mounts":{"/":{"size":9000000000,"used":1},"/data":{"size":1000000000,"used":1}}}"#;
    let paths = r#"{"version":1,"host":"old","paths":{"/srv/db":{"size":500000000}}}"#;
    files.0.extend([("new.json".to_owned(), mounts.to_owned()), ("old.json".to_owned(), paths.to_owned())]);
    let loaded = load(&files);
    let plan = loaded.compile().plan(&State::default()).unwrap();
    let room: Vec<(&str, u64)> = plan
        .preconditions
        .iter()
        .filter_map(|p| match &p.requirement {
            mig_plan::Requirement::FreeSpace { path, bytes } => Some((path.as_str(), *bytes)),
            _ => None,
        })
        .collect();
    assert!(matches!(room.as_slice(), [("/data", bytes)] if *bytes > 500_000_000), "{room:?}");
}

/// A name leads to what was moved only when that answers, whether or not it says that it waits; and the move is done when it does.
#[test]
fn names_are_switched_when_what_moved_answers() {
    let record = |more: &str| {
        format!(
            "{TWO_HOSTS}{MOVE}use rfc2136\nzone club: rfc2136.zone {{ name = \"club.example\", server = 192.0.2.53, key = \"migc\", secret = secret(\"DNS\") }}\n\
             record www: rfc2136.record {{ zone = club, name = \"www\", type = A, {more} }}\n"
        )
    };
    let named = |plan: &Plan| position(plan, |s| s.address == "www");
    for more in ["value = [new.address]", "value = [192.0.2.7], after = [all_of_it]"] {
        let plan = plan_of(&record(more), &State::default()).unwrap();
        let switch = &plan.steps[named(&plan)];
        assert_eq!((switch.phase, switch.of_move.as_deref()), (Phase::Finish, Some("all_of_it")), "{more}");
        assert!(switch.why.contains("; it waits until all of `all_of_it` answers on its target"), "{}", switch.why);
        let answers = position(&plan, |s| s.address == "db" && matches!(s.action, Action::Await { .. }));
        let done = position(&plan, |s| s.title.contains("`all_of_it` is done"));
        let before = plan.steps[done].needs.iter().filter(|need| **need != switch.id);
        assert!(before.clone().all(|need| switch.needs.contains(need)) && before.count() + 1 == plan.steps[done].needs.len());
        assert!((answers..done).contains(&named(&plan)));
        assert!(matches!(&switch.undo, Undo::Act { .. }) && switch.after_no_return);
        assert!(plan.unproven.iter().all(|open| open.code != "MIG6009"), "{:?}", plan.unproven);
    }
    // What leads elsewhere, and what leads to a move that is done, is not held back.
    let plan = plan_of(&record("value = [192.0.2.7]"), &State::default()).unwrap();
    assert_eq!((plan.steps[named(&plan)].phase, &plan.steps[named(&plan)].of_move), (Phase::Prepare, &None));
}
