//! Is a plan refused that lost one of its guards? Each guard of a whole move is taken away in turn.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{folder, load};
use mig_plan::{
    Action, Digest, Plan, Request, Requirement, ResourceState, State, Step, Verb,
    journal::Unfinished,
    proof::{Rule, violations},
    reverse::reverse,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

fn plan(project: &str) -> Plan {
    let files = folder(project);
    load(&files).compile().plan(&State::default()).unwrap()
}

/// The plan without a step; what needed it needs what it needed.
fn without(plan: &Plan, number: usize) -> Plan {
    let mut plan = plan.clone();
    let gone = plan.steps.remove(number);
    for step in plan.steps.iter_mut().filter(|step| step.needs.contains(&gone.id)) {
        step.needs.retain(|need| *need != gone.id);
        step.needs.extend(gone.needs.iter().cloned());
    }
    plan
}

fn rules(plan: &Plan) -> BTreeSet<Rule> {
    violations(plan).into_iter().map(|violation| violation.rule).collect()
}

fn is_last_copy(step: &Step) -> bool {
    matches!(step.action, Action::CopyTrees { live: false, .. })
}

#[test]
fn plans_of_the_examples_lose_nothing() {
    for project in ["examples/geekpie", "examples/lab-move", "examples/one-host", "examples/blue-green"] {
        assert_eq!(violations(&plan(project)), [], "{project}");
    }
}

#[test]
fn a_copy_needs_its_comparison_its_last_pass_and_both_looks() {
    let plan = plan("examples/geekpie");
    let is_guard = |step: &Step| matches!(step.action, Action::VerifyTrees { .. } | Action::CheckFenced { .. }) || is_last_copy(step);
    let guards: Vec<usize> = (0..plan.steps.len()).filter(|n| is_guard(&plan.steps[*n])).collect();
    assert!(guards.len() > 10, "{} guards", guards.len());
    for number in guards {
        assert!(rules(&without(&plan, number)).contains(&Rule::CopyNotProven), "without \"{}\"", plan.steps[number].title);
    }
}

#[test]
fn a_source_that_is_not_stopped_first_is_a_second_writer() {
    let plan = plan("examples/geekpie");
    for (number, step) in plan.steps.iter().enumerate().filter(|(_, step)| matches!(step.action, Action::StopContainer { .. })) {
        let mut late = plan.clone();
        for other in &mut late.steps {
            other.needs.retain(|need| *need != step.id);
        }
        assert!(rules(&late).contains(&Rule::TwoWriters), "nothing waits for \"{}\"", plan.steps[number].title);
    }
}

#[test]
fn a_source_that_is_started_again_is_a_second_writer() {
    let mut plan = plan("examples/geekpie");
    let stop = plan.steps.iter().find(|step| matches!(step.action, Action::StopContainer { .. })).unwrap().clone();
    let Action::StopContainer { host, container, .. } = stop.action.clone() else { unreachable!() };
    let action = Action::StartContainer { host, container };
    plan.steps.push(Step { id: "s000000000000".to_owned(), action, needs: vec![stop.id.clone()], of_move: None, ..stop });
    assert_eq!(rules(&plan), BTreeSet::from([Rule::TwoWriters]));
}

#[test]
fn starts_come_after_the_point_of_no_return_in_every_order() {
    let good = plan("examples/geekpie");
    let points: Vec<String> = good.moves.iter().filter_map(|summary| summary.point_of_no_return.clone()).collect();
    let starts = |step: &&Step| matches!(step.action, Action::StartContainer { .. }) && step.after_no_return;
    let others: Vec<&Step> = good.steps.iter().filter(starts).collect();
    assert!(!others.is_empty(), "a move starts more than one service");
    for other in others {
        let mut plan = good.clone();
        for step in plan.steps.iter_mut().filter(|step| step.id == other.id) {
            step.needs.retain(|need| !points.contains(need));
        }
        // Another need may lead there still.
        let is_tied = good.steps.iter().any(|step| other.needs.contains(&step.id) && step.after_no_return);
        assert!(is_tied || rules(&plan).contains(&Rule::NoWayBack), "{}", other.title);
    }
    let mut silent = good.clone();
    silent.steps.iter_mut().for_each(|step| step.after_no_return = false);
    assert_eq!(rules(&silent), BTreeSet::from([Rule::NoWayBack]));
    let mut unmarked = good;
    unmarked.steps.iter_mut().for_each(|step| step.point_of_no_return = false);
    assert_eq!(rules(&unmarked), BTreeSet::from([Rule::NoWayBack]));
}

#[test]
fn a_copy_lands_where_somebody_looked() {
    let mut plan = plan("examples/geekpie");
    plan.preconditions.retain(|precondition| !matches!(precondition.requirement, Requirement::PathFree { .. }));
    assert_eq!(rules(&plan), BTreeSet::from([Rule::OverUnknownData]));
}

#[test]
fn nothing_goes_from_a_source_before_its_copy_was_compared() {
    let mut plan = plan("examples/geekpie");
    let compared = plan.steps.iter().find(|step| matches!(step.action, Action::VerifyTrees { .. })).unwrap().clone();
    let Action::VerifyTrees { from, .. } = &compared.action else { unreachable!() };
    let mut calls = self::plan("examples/host-files").steps.into_iter().filter_map(|step| match step.action {
        Action::Call(call) => Some(call),
        _ => None,
    });
    let mut call = calls.next().unwrap();
    let Request::Ssh { host, .. } = &mut call.look.request else { panic!() };
    host.clone_from(from);
    call.verb = Verb::Delete;
    let reads = |step: &&Step| matches!(&step.action, Action::CopyTrees { from: read, .. } | Action::VerifyTrees { from: read, .. } if read == from);
    let needs: Vec<String> = plan.steps.iter().filter(reads).map(|step| step.id.clone()).collect();
    let (id, removes) = ("s000000000000".to_owned(), vec!["srv".to_owned()]);
    plan.steps.push(Step { id, removes, needs, action: Action::Call(call), of_move: None, point_of_no_return: false, ..compared.clone() });
    assert_eq!(rules(&plan), BTreeSet::new(), "after all of them");
    plan.steps.last_mut().unwrap().needs.retain(|need| *need != compared.id);
    assert_eq!(rules(&plan), BTreeSet::from([Rule::SourceDeleted]), "beside one of them");
}

/// A run of the plan that is done, with what the way back needs of what its steps learn.
fn done(plan: &Plan) -> Unfinished {
    let learned = |step: &Step| match &step.action {
        Action::SetRestart { .. } => BTreeMap::from([("was".to_owned(), "always".to_owned())]),
        Action::VerifyTrees { trees, .. } => {
            let digests = trees.iter().map(|tree| Digest::of(tree).to_string()).collect::<Vec<_>>();
            BTreeMap::from([("manifests".to_owned(), digests.join(" "))])
        }
        _ => BTreeMap::new(),
    };
    Unfinished {
        run: "r1".to_owned(),
        plan: Arc::new(plan.clone()),
        by: "me@here".to_owned(),
        done: plan.steps.iter().map(|step| (step.id.clone(), learned(step))).collect(),
        open: BTreeSet::new(),
        undone: BTreeSet::new(),
        settled: BTreeMap::new(),
        undoing: false,
        going_back: vec![],
        everything: false,
        discarded: vec![],
        before: BTreeMap::new(),
    }
}

fn way_back(project: &str) -> Plan {
    reverse(&done(&plan(project)), &State::default(), &[]).unwrap()
}

#[test]
fn the_ways_back_of_the_examples_lose_nothing() {
    for project in ["examples/geekpie", "examples/lab-move", "examples/one-host", "examples/blue-green"] {
        let plan = way_back(project);
        assert_eq!(violations(&plan), [], "{project}");
        assert!(plan.steps.len() > 10 || plan.moves.is_empty(), "{project}");
    }
}

#[test]
fn a_way_back_needs_its_guards_too() {
    let plan = way_back("examples/geekpie");
    for (number, step) in plan.steps.iter().enumerate() {
        let rule = match &step.action {
            Action::VerifyTrees { .. } => Rule::CopyNotProven,
            Action::CopyTrees { live: false, .. } => Rule::CopyNotProven,
            Action::CheckFenced { host, .. } if plan.moves.iter().any(|m| m.from == *host) => Rule::CopyNotProven,
            Action::TakeTrees { .. } => Rule::OverUnknownData,
            _ => continue,
        };
        assert!(rules(&without(&plan, number)).contains(&rule), "without \"{}\"", step.title);
    }
    let mut early = plan.clone();
    let stops: BTreeSet<String> =
        plan.steps.iter().filter(|s| matches!(s.action, Action::StopContainer { .. })).map(|s| s.id.clone()).collect();
    early.steps.iter_mut().for_each(|step| step.needs.retain(|need| !stops.contains(need)));
    assert!(rules(&early).contains(&Rule::TwoWriters));
}

#[test]
fn on_the_way_back_services_end_before_what_they_need_and_start_after_it() {
    let forward = plan("examples/geekpie");
    let back = way_back("examples/geekpie");
    let find = |plan: &Plan, address: &str, is_it: &dyn Fn(&Action) -> bool| {
        plan.steps.iter().find(|s| s.address == address && s.of_move.is_some() && is_it(&s.action)).cloned().unwrap()
    };
    let is_start = |action: &Action| matches!(action, Action::StartContainer { .. });
    let is_stop = |action: &Action| matches!(action, Action::StopContainer { .. });
    let is_await = |action: &Action| matches!(action, Action::Await { .. });
    let mut pairs = 0;
    for one in forward.steps.iter().filter(|s| s.of_move.is_some() && is_start(&s.action)) {
        let awaited = forward.steps.iter().filter(|s| one.needs.contains(&s.id) && is_await(&s.action) && s.of_move.is_some());
        for need in awaited {
            pairs += 1;
            let start = find(&back, &one.address, &is_start);
            assert!(start.needs.contains(&find(&back, &need.address, &is_await).id), "{} needs {}", one.address, need.address);
            if one.of_move == need.of_move {
                let stop = find(&back, &need.address, &is_stop);
                assert!(stop.needs.contains(&find(&back, &one.address, &is_stop).id), "{} needs {}", one.address, need.address);
            }
        }
    }
    assert!(pairs > 0, "services of the example need each other");
}

#[test]
fn the_state_is_told_what_it_knew_before() {
    let forward = plan("examples/lab-move");
    let mut run = done(&forward);
    let db = ResourceState { kind: "docker.container".to_owned(), ..ResourceState::default() };
    run.before.insert("db".to_owned(), db.clone());
    let state = State { outputs: BTreeMap::from([("address".to_owned(), "old".into())]), ..State::default() };
    let back = reverse(&run, &state, &[]).unwrap();
    let sets: Vec<_> = back.steps.iter().flat_map(|step| &step.sets).collect();
    let removes: BTreeSet<&str> = back.steps.iter().flat_map(|step| &step.removes).map(String::as_str).collect();
    assert_eq!((sets, removes), (vec![&("db".to_owned(), db)], BTreeSet::from(["everything", "files"])));
    assert_eq!(back.outputs, state.outputs);
    assert_eq!(back.reverses.as_deref(), Some("r1"));
}

#[test]
fn what_is_left_out_of_a_copy_is_left_out_on_the_way_back() {
    let mut forward = plan("examples/lab-move");
    for step in &mut forward.steps {
        if let Action::CopyTrees { trees, .. } | Action::VerifyTrees { trees, .. } = &mut step.action {
            for tree in trees.iter_mut().filter(|tree| tree.source == "/srv/loose") {
                tree.target = "/data/loose".to_owned();
                tree.exclude = vec!["/srv/loose/cache".to_owned()];
            }
        }
    }
    let back = reverse(&done(&forward), &State::default(), &["everything".to_owned()]).unwrap();
    let copies = back.steps.iter().filter_map(|step| match &step.action {
        Action::CopyTrees { trees, .. } => Some(trees),
        _ => None,
    });
    let tree = copies.flatten().find(|tree| tree.target == "/srv/loose").unwrap();
    assert_eq!((tree.source.as_str(), tree.exclude.as_slice()), ("/data/loose", &["/data/loose/cache".to_owned()][..]));
    let taken = back.steps.iter().filter_map(|step| match &step.action {
        Action::TakeTrees { trees, .. } => Some(trees),
        _ => None,
    });
    let known = taken.flatten().find(|known| known.path == "/srv/loose").unwrap();
    assert_eq!((known.exclude.as_slice(), &known.manifest), (&["/srv/loose/cache".to_owned()][..], &None), "a person let it go");
}
