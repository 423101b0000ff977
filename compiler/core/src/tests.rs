//! Do the tests of a program hold? Each `test` is the program with the test's own declarations added, compiled by itself.
//!
//! What is said inside the test is compared with what it expects in `judge`; the rest of the program speaks for itself elsewhere.

mod judge;

use crate::{
    Terms, check,
    load::Syntax,
    model::Model,
    plan, planned,
    program::Program,
    report::{Code, Problem, Problems},
    source::Loc,
    types::ModuleId,
    typing,
    value::Val,
};
use judge::Judge;
use mig_plan::{Diagnostic, State};
use mig_syntax::ast::{self, ExprKind, ItemKind};
use std::sync::Arc;

/// A test that does not hold.
const FAILED: Code = Code("MIG8002", "test_failed");

/// What stands above a declaration of a test that an earlier program had.
const APPLIED: &str = "applied";

/// How a test went.
#[derive(Debug)]
pub struct Tested {
    /// What it says.
    pub title: String,
    /// Where it stands.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// Why it does not hold; empty if it does.
    pub failures: Vec<Diagnostic>,
}

/// Runs every test of the project's own modules, in the order of the program.
pub(crate) fn run(syntax: &Syntax) -> Vec<Tested> {
    let mut out = vec![];
    for (number, module) in syntax.modules.iter().enumerate().filter(|(_, m)| m.own) {
        for item in &module.tree.items {
            if let ItemKind::Test(test) = &item.kind {
                out.push(one(syntax, ModuleId(number as u32), item.span, test));
            }
        }
    }
    out
}

fn one(syntax: &Syntax, module: ModuleId, span: ast::Span, test: &ast::Test) -> Tested {
    let mut failures = Problems::default();
    let state = before(syntax, module, span, test, &mut failures);
    let with = with_test(syntax, module, span, test, Moment::Now);
    let program = Program::new(&with);
    typing::check(&program);
    let model = Model::new(&program);
    model.compute_all();
    check::run(&model, None);
    let mut said: Vec<Problem> = program.problems.borrow().list.clone();
    let planned = if asks_for_a_plan(test) { Some(plan_of(&model, &state, &mut said)) } else { None };
    said.retain(|p| inside(p.at, program.loc(module, span)));
    let mut judge = Judge::new(&model, module, &said, planned);
    for expect in &test.expects {
        failures.list.extend(judge.expect(expect));
    }
    failures.list.extend(judge.unexpected());
    let title = match &test.title.kind {
        ExprKind::Str(parts) => parts.iter().filter_map(|p| if let ast::Part::Text(t) = p { Some(t.as_str()) } else { None }).collect(),
        _ => String::new(),
    };
    let origin = with.texts.origin(program.loc(module, span));
    Tested { title, file: origin.file, line: origin.line, failures: failures.finish(&with.texts).diagnostics }
}

fn inside(at: Loc, test: Loc) -> bool {
    at.file == test.file && at.span.start >= test.span.start && at.span.end <= test.span.end
}

/// The plan against a state, or the first reason why there is none. What is wrong with it is added to what was said.
fn plan_of(model: &Model<'_, '_>, state: &State, said: &mut Vec<Problem>) -> Result<Val, Box<Problem>> {
    if let Some(error) = said.iter().find(|p| p.severity == mig_plan::Severity::Error) {
        return Err(Box::new(error.clone()));
    }
    let draft = plan::draft(model, &plan::facts(model));
    let open = model.program.problems.borrow().unproven.clone();
    said.extend(draft.useless_moved(state));
    match draft.against(state, &Terms::default(), &open, &model.program.syntax.texts) {
        Ok(plan) => Ok(planned::value(model, &plan, state)),
        Err(problems) => {
            let first = problems.list.first().cloned();
            said.extend(problems.list);
            Err(Box::new(first.unwrap_or_else(|| Problem::error(FAILED, Loc::default(), "nothing can be planned"))))
        }
    }
}

/// The state after an earlier program was applied: the one in which what stands below `@applied` is declared.
fn before(syntax: &Syntax, module: ModuleId, span: ast::Span, test: &ast::Test, failures: &mut Problems) -> State {
    let applied: Vec<&str> = declared(test).filter(|(_, a)| is_applied(a)).map(|(d, _)| d.name.text.as_str()).collect();
    if applied.is_empty() {
        return State::default();
    }
    let with = with_test(syntax, module, span, test, Moment::Before);
    let program = Program::new(&with);
    typing::check(&program);
    let model = Model::new(&program);
    model.compute_all();
    let draft = plan::draft(&model, &plan::facts(&model));
    let said: Vec<Problem> = program.problems.borrow().list.clone();
    let wrong = said.into_iter().find(|p| p.severity == mig_plan::Severity::Error);
    let planned =
        wrong.map_or_else(|| draft.against(&State::default(), &Terms::default(), &[], &with.texts).map_err(|p| p.list), |p| Err(vec![p]));
    match planned {
        Ok(plan) => {
            let of_applied = |address: &str| applied.iter().any(|name| plan::is_below(address, name));
            let settled = plan.steps.iter().flat_map(|s| s.sets.iter().cloned()).filter(|(address, _)| of_applied(address));
            State { project: plan.project.clone(), resources: settled.collect(), ..State::default() }
        }
        Err(problems) => {
            let told =
                |p: Problem| Problem::error(FAILED, p.at, format!("what is `@applied` could not be applied: {}: {}", p.code, p.message));
            failures.list.extend(problems.into_iter().take(1).map(told));
            State::default()
        }
    }
}

/// Does an expectation look at the plan, or name a problem of one?
fn asks_for_a_plan(test: &ast::Test) -> bool {
    let of_plan = |name: &str| plan::codes::ALL.iter().any(|c| c.0 == name || c.1 == name);
    let asks = |e: &ast::Expect| match &e.value.kind {
        ExprKind::Name(name) => name == judge::PLAN || of_plan(name),
        _ => judge::mentions(&e.value, judge::PLAN),
    };
    test.expects.iter().any(asks) || declared(test).any(|(_, a)| is_applied(a))
}

/// Declarations of a test with what stands above them.
fn declared(test: &ast::Test) -> impl Iterator<Item = (&ast::Declaration, &[ast::Annotation])> {
    let annotations = test.declaration_annotations.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..]));
    test.declarations.iter().zip(annotations)
}

fn is_applied(annotations: &[ast::Annotation]) -> bool {
    annotations.iter().any(|a| a.name.text == APPLIED)
}

/// Which program of a test is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The one that was applied.
    Before,
    /// The one that is tested.
    Now,
}

/// The program in which the test's declarations and lets are items of its module. What is `@applied` stands in the earlier program only,
/// in the place of what is declared by that name now.
fn with_test(syntax: &Syntax, module: ModuleId, span: ast::Span, test: &ast::Test, moment: Moment) -> Syntax {
    let mut with = syntax.clone();
    with.problems.clear();
    let item = |kind: ItemKind, annotations: Vec<ast::Annotation>| ast::Item { span, docs: String::new(), annotations, kind };
    let was: Vec<&str> = declared(test).filter(|(_, a)| is_applied(a)).map(|(d, _)| d.name.text.as_str()).collect();
    let replaced = |name: &str| moment == Moment::Before && was.contains(&name);
    let stands = |d: &ast::Declaration, a: &[ast::Annotation]| match moment {
        Moment::Before => is_applied(a) || !replaced(&d.name.text),
        Moment::Now => !is_applied(a),
    };
    let declarations = declared(test).filter(|(d, a)| stands(d, a)).map(|(d, a)| {
        // Nothing was renamed before anything was applied.
        let stays = |name: &str| name != APPLIED && !(moment == Moment::Before && name == "moved");
        let annotations = a.iter().filter(|a| stays(&a.name.text)).cloned().collect();
        item(ItemKind::Declaration(d.clone()), annotations)
    });
    let lets = test.lets.iter().map(|l| item(ItemKind::Let(l.clone()), vec![]));
    let own: Vec<ast::Item> = declarations.chain(lets).collect();
    for (number, module_tree) in with.modules.iter_mut().enumerate() {
        if !module_tree.own {
            continue;
        }
        let here = number == module.0 as usize;
        let tree = Arc::make_mut(&mut module_tree.tree);
        tree.items.retain(|i| match &i.kind {
            ItemKind::Test(_) => false,
            ItemKind::Declaration(d) => !here || !replaced(&d.name.text),
            _ => true,
        });
        if here {
            tree.items.extend(own.iter().cloned());
        }
    }
    with
}
