//! Is a plan refused that lost one of its guards? Each guard of a whole move is taken away in turn.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{folder, load};
use mig_plan::{
    Action, Plan, Request, Requirement, State, Step, Verb,
    proof::{Rule, violations},
};
use std::collections::BTreeSet;

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
    let Request::Ssh { host, .. } = &mut call.look.request;
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
