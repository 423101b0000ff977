//! Do the tests of a program hold? Each `test` is the program with the test's own declarations added, compiled by itself.
//!
//! What is said inside the test is compared with what it expects; the rest of the program speaks for itself elsewhere.

use crate::{
    check,
    infer::{Env, Typer},
    load::Syntax,
    model::Model,
    program::Program,
    report::{Code, Problem, Problems, near},
    source::Loc,
    types::{ModuleId, Type},
    typing,
    value::Value,
};
use mig_plan::Diagnostic;
use mig_syntax::ast::{self, ExprKind, ItemKind};

/// A test that does not hold.
const FAILED: Code = Code("MIG8002", "test_failed");

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
    let with = with_test(syntax, module, span, test);
    let program = Program::new(&with);
    typing::check(&program);
    let model = Model::new(&program);
    model.compute_all();
    check::run(&model);
    let inside = |at: Loc| at.file == program.loc(module, span).file && at.span.start >= span.start && at.span.end <= span.end;
    let said: Vec<Problem> = program.problems.borrow().list.iter().filter(|p| inside(p.at)).cloned().collect();
    let judge = Judge { model: &model, module, said: &said };
    let mut failures = Problems::default();
    let mut expected = vec![false; said.len()];
    for (value, place) in &test.expects {
        failures.list.extend(judge.expect(value, place.as_ref(), &mut expected));
    }
    for (problem, _) in said.iter().zip(&expected).filter(|(_, e)| !**e) {
        let message = format!("the test does not expect {}: {}", problem.code, problem.message);
        failures.add(Problem::error(FAILED, problem.at, message));
    }
    let title = match &test.title.kind {
        ExprKind::Str(parts) => parts.iter().filter_map(|p| if let ast::Part::Text(t) = p { Some(t.as_str()) } else { None }).collect(),
        _ => String::new(),
    };
    let origin = with.texts.origin(program.loc(module, span));
    Tested { title, file: origin.file, line: origin.line, failures: failures.finish(&with.texts).diagnostics }
}

/// The program in which the test's declarations and lets are items of its module.
fn with_test(syntax: &Syntax, module: ModuleId, span: ast::Span, test: &ast::Test) -> Syntax {
    let mut with = syntax.clone();
    with.problems.clear();
    let item = |kind: ItemKind, annotations: Vec<ast::Annotation>| ast::Item { span, docs: String::new(), annotations, kind };
    let declarations = test.declarations.iter().zip(test.declaration_annotations.iter().cloned().chain(std::iter::repeat(vec![])));
    let lets = test.lets.iter().map(|l| item(ItemKind::Let(l.clone()), vec![]));
    let own: Vec<ast::Item> = declarations.map(|(d, a)| item(ItemKind::Declaration(d.clone()), a)).chain(lets).collect();
    for (number, module_tree) in with.modules.iter_mut().enumerate() {
        module_tree.tree.items.retain(|i| !matches!(i.kind, ItemKind::Test(_)));
        if number == module.0 as usize {
            module_tree.tree.items.extend(own.iter().cloned());
        }
    }
    with
}

struct Judge<'j, 'p, 'a> {
    model: &'j Model<'p, 'a>,
    module: ModuleId,
    said: &'j [Problem],
}

impl Judge<'_, '_, '_> {
    fn expect(&self, value: &ast::Expr, place: Option<&ast::Expr>, expected: &mut [bool]) -> Option<Problem> {
        let at = self.model.program.loc(self.module, value.span);
        match &value.kind {
            ExprKind::Name(name) if name == "none" => {
                let count = self.said.len();
                expected.fill(true);
                let first = self.said.first()?;
                let message = format!("nothing was expected, and {count} were reported: {}: {}", first.code, first.message);
                Some(Problem::error(FAILED, at, message).also(first.at, "reported here"))
            }
            ExprKind::Name(name) if self.is_check(name) => self.reported(name, place, at, expected),
            _ => self.condition(value, at),
        }
    }

    fn is_check(&self, name: &str) -> bool {
        let known = self.checks().any(|(n, c)| n == name || c == name);
        known || (name.starts_with(|c: char| c.is_ascii_uppercase()) && name.ends_with(|c: char| c.is_ascii_digit()))
    }

    fn checks(&self) -> impl Iterator<Item = (&str, &str)> {
        let items = self.model.program.syntax.modules.iter().flat_map(|m| &m.tree.items);
        let at_top = items.filter_map(|i| if let ItemKind::Check(c) = &i.kind { Some(c) } else { None });
        let all = at_top.chain(self.model.program.kinds.iter().flat_map(|k| &k.tree.checks));
        all.map(|c| (c.name.text.as_str(), c.code.text.as_str()))
    }

    fn reported(&self, name: &str, place: Option<&ast::Expr>, at: Loc, expected: &mut [bool]) -> Option<Problem> {
        let wanted = place.map(|p| self.places(p));
        let fits = |p: &Problem| {
            let named = p.code == name || p.name == name;
            named && wanted.as_ref().is_none_or(|places| places.iter().any(|w| within(p.at, *w) || within(*w, p.at)))
        };
        let mut found = false;
        for (problem, mark) in self.said.iter().zip(expected.iter_mut()) {
            if fits(problem) {
                *mark = true;
                found = true;
            }
        }
        if found {
            return None;
        }
        let text = place.map(|p| format!(" at `{}`", self.model.program.syntax.texts.slice(self.model.program.loc(self.module, p.span))));
        let mut problem = Problem::error(FAILED, at, format!("{name}{} was expected, and not reported", text.unwrap_or_default()));
        for (other, mark) in self.said.iter().zip(expected.iter_mut()).filter(|(p, _)| p.code == name || p.name == name) {
            problem = problem.also(other.at, "it was reported here");
            // The one that stands elsewhere is told here, and not once more as unexpected.
            *mark = true;
        }
        let known: Vec<&str> = self.checks().flat_map(|(n, c)| [n, c]).collect();
        Some(match near(name, known).filter(|_| !self.said.iter().any(|p| p.code == name)) {
            Some(close) if !self.checks().any(|(n, c)| n == name || c == name) => problem.help(format!("did you mean `{close}`?")),
            _ => problem,
        })
    }

    /// The entry of `x.f`, or the whole declaration for `x`.
    fn places(&self, place: &ast::Expr) -> Vec<Loc> {
        let scope = crate::eval::Scope::module(self.module);
        if let ExprKind::Dot(receiver, name) = &place.kind
            && let Value::Ref(id) = self.model.eval(&scope, receiver).v
        {
            let instance = self.model.instance(id);
            if let Some(number) = self.model.program.kind(instance.kind).by_name.get(&name.text) {
                return vec![self.model.entry(id, *number)];
            }
        }
        match self.model.eval(&scope, place).v {
            Value::Ref(id) => {
                let instance = self.model.instance(id);
                instance.tree.iter().map(|t| self.model.program.loc(instance.module, t.span)).collect()
            }
            _ => vec![],
        }
    }

    fn condition(&self, value: &ast::Expr, at: Loc) -> Option<Problem> {
        let before = self.model.program.problems.borrow().list.len();
        let typer = Typer { program: self.model.program };
        typer.check(&Env::module(self.module), value, &Type::Bool, "`expect`", None);
        if let Some(problem) = self.model.program.problems.borrow().list.get(before) {
            return Some(Problem::error(FAILED, problem.at, problem.message.clone()));
        }
        let result = self.model.eval_at_top(self.module, value);
        let text = self.model.program.syntax.texts.slice(at);
        let message = match &result.v {
            Value::Bool(true) => return None,
            Value::Bool(false) => format!("`{text}` does not hold"),
            other => format!("`{text}` is not known: {}", self.model.show(other)),
        };
        let problem = Problem::error(FAILED, at, message);
        Some(match &value.kind {
            ExprKind::Binary(_, _, left, right) => {
                let side = |e: &ast::Expr| self.model.show(&self.model.eval_at_top(self.module, e).v);
                problem.help(format!("the left side is {}, and the right side is {}", side(left), side(right)))
            }
            _ => problem,
        })
    }
}

fn within(inner: Loc, outer: Loc) -> bool {
    inner.file == outer.file && outer.span.start <= inner.span.start && inner.span.end <= outer.span.end
}
