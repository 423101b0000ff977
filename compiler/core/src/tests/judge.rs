//! Does an expectation hold? What was said in a test, and the plan of its program, compared with one `expect` after the other.

use super::FAILED;
use crate::{
    eval::Scope,
    infer::{Env, Typer},
    model::Model,
    plan, planned,
    report::{self, Problem, near},
    source::Loc,
    types::{ModuleId, Type},
    value::{Val, Value},
    walk::parts,
};
use mig_plan::Severity;
use mig_syntax::ast::{self, BinaryOp, Expr, ExprKind, ItemKind, UnaryOp};

/// The name of the plan in conditions.
pub(super) const PLAN: &str = "plan";

/// So many elements of a list are shown.
const SHOWN_MAX: usize = 12;

/// One test's answers.
pub(super) struct Judge<'j, 'p, 'a> {
    model: &'j Model<'p, 'a>,
    module: ModuleId,
    /// What was said inside the test, and whether it was expected.
    said: Vec<(&'j Problem, bool)>,
    /// The plan, or why there is none, if it was asked for.
    plan: Option<Result<Val, Box<Problem>>>,
}

/// Does an expression name that?
pub(super) fn mentions(e: &Expr, wanted: &str) -> bool {
    if matches!(&e.kind, ExprKind::Name(name) if name == wanted) {
        return true;
    }
    if let ExprKind::Dot(receiver, _) = &e.kind {
        return mentions(receiver, wanted);
    }
    let mut found = false;
    parts(e, &mut |part| found = found || mentions(part, wanted));
    found
}

impl<'j, 'p, 'a> Judge<'j, 'p, 'a> {
    /// Nothing is expected yet.
    pub(super) fn new(model: &'j Model<'p, 'a>, module: ModuleId, said: &'j [Problem], plan: Option<Result<Val, Box<Problem>>>) -> Self {
        Self { model, module, said: said.iter().map(|p| (p, false)).collect(), plan }
    }

    /// Why the expectation does not hold, if it does not.
    pub(super) fn expect(&mut self, expect: &ast::Expect) -> Option<Problem> {
        let at = self.model.program.loc(self.module, expect.value.span);
        match &expect.value.kind {
            ExprKind::Name(name) if name == "none" => self.nothing(expect, at),
            ExprKind::Name(name) if expect.severity.is_some() || expect.place.is_some() || self.is_report(name) => {
                self.reported(name, expect, at)
            }
            _ if expect.severity.is_some() || expect.place.is_some() => {
                let message = "a severity and a place belong to the name or code of what is reported";
                Some(Problem::error(FAILED, at, message).help("as in `expect error small_disk at a.disk`"))
            }
            _ => self.condition(&expect.value, at),
        }
    }

    /// What was said and not expected.
    pub(super) fn unexpected(&self) -> Vec<Problem> {
        let open = self.said.iter().filter(|(_, expected)| !expected).map(|(p, _)| p);
        open.map(|p| Problem::error(FAILED, p.at, format!("the test does not expect {}: {}", p.code, p.message))).collect()
    }

    fn nothing(&mut self, expect: &ast::Expect, at: Loc) -> Option<Problem> {
        let severity = expect.severity.as_ref().map(|s| s.text.as_str());
        let counts = |p: &Problem| severity.is_none_or(|s| s == p.severity.as_str());
        let found: Vec<&Problem> = self.said.iter().map(|(p, _)| *p).filter(|p| counts(p)).collect();
        for (problem, expected) in &mut self.said {
            *expected = *expected || counts(problem);
        }
        let first = found.first()?;
        let were = if found.len() == 1 { "1 was".to_owned() } else { format!("{} were", found.len()) };
        let message = format!("nothing was expected, and {were} reported: {}: {}", first.code, first.message);
        Some(Problem::error(FAILED, at, message).also(first.at, "reported here"))
    }

    /// A check or a problem of the language, or a code of any.
    fn is_report(&self, name: &str) -> bool {
        let is_code = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.ends_with(|c: char| c.is_ascii_digit());
        is_code || self.known().any(|known| known == name)
    }

    /// Names and codes of all that can be reported.
    fn known(&self) -> impl Iterator<Item = &str> {
        let own = report::ALL.iter().chain(&plan::codes::ALL).flat_map(|c| [c.1, c.0]);
        let left_out = self.model.program.syntax.checks_left_out().flat_map(|check| [check.name, check.code]);
        self.checks().flat_map(ast::Check::words).chain(left_out).chain(own)
    }

    fn checks(&self) -> impl Iterator<Item = &ast::Check> {
        let items = self.model.program.syntax.modules.iter().flat_map(|m| &m.tree.items);
        let at_top = items.filter_map(|i| if let ItemKind::Check(c) = &i.kind { Some(c) } else { None });
        at_top.chain(self.model.program.kinds.iter().flat_map(|k| &k.tree.checks))
    }

    fn reported(&mut self, name: &str, expect: &ast::Expect, at: Loc) -> Option<Problem> {
        let wanted = expect.place.as_ref().map(|p| self.places(p));
        let severity = expect.severity.as_ref().map(|s| s.text.clone());
        // A check that is expected by a name it had reports under the one it has.
        let formerly: Vec<String> = self.checks().filter(|c| c.is_called(name)).map(|c| c.name.text.to_string()).collect();
        let named = |p: &Problem| p.code == name || p.name == name || formerly.iter().any(|own| p.name == own.as_str());
        let fits = |p: &Problem| {
            let there = wanted.as_ref().is_none_or(|places| places.iter().any(|w| within(p.at, *w) || within(*w, p.at)));
            named(p) && there && severity.as_ref().is_none_or(|s| s == p.severity.as_str())
        };
        let mut found = false;
        for (problem, mark) in self.said.iter_mut().filter(|(p, _)| fits(p)) {
            debug_assert!(named(problem));
            (*mark, found) = (true, true);
        }
        if found {
            return None;
        }
        let text = |e: &Expr| self.model.program.syntax.texts.slice(self.model.program.loc(self.module, e.span));
        let place = expect.place.as_ref().map(|p| format!(" at `{}`", text(p))).unwrap_or_default();
        let word = severity.as_ref().map(|s| format!("the {s} ")).unwrap_or_default();
        let mut problem = Problem::error(FAILED, at, format!("{word}{name}{place} was expected, and not reported"));
        if let Some(close) = near(name, self.known()).filter(|_| !self.is_report(name)) {
            problem = problem.help(format!("did you mean `{close}`?"));
        }
        for (other, mark) in self.said.iter_mut().filter(|(p, _)| named(p)) {
            problem = problem.also(other.at, format!("it was reported here, as {}", article(other.severity)));
            // The one that stands elsewhere is told here, and not once more as unexpected.
            *mark = true;
        }
        Some(problem)
    }

    /// The entry of `x.f`, or the whole declaration for `x`.
    fn places(&self, place: &Expr) -> Vec<Loc> {
        let scope = Scope::module(self.module);
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

    fn condition(&mut self, value: &Expr, at: Loc) -> Option<Problem> {
        if let Some(Err(why)) = &self.plan
            && mentions(value, PLAN)
        {
            let why = why.clone();
            for (_, mark) in self.said.iter_mut().filter(|(p, _)| p.code == why.code && p.at == why.at) {
                *mark = true;
            }
            let message = format!("there is no plan: {}: {}", why.code, why.message);
            return Some(Problem::error(FAILED, at, message).also(why.at, "because of this"));
        }
        let before = self.model.program.problems.borrow().list.len();
        let mut env = Env::module(self.module);
        if let (Some(_), Some(kind)) = (&self.plan, self.model.program.noun(PLAN)) {
            env = env.with(&PLAN.into(), self.model.program.reference(kind));
        }
        Typer { program: self.model.program }.check(&env, value, &Type::Bool, "`expect`", None);
        if let Some(problem) = self.model.program.problems.borrow().list.get(before) {
            let told = Problem::error(FAILED, problem.at, problem.message.clone());
            return Some(Problem { help: problem.help.clone(), ..told });
        }
        let result = self.eval(value);
        let text = self.model.program.syntax.texts.slice(at).split_whitespace().collect::<Vec<_>>().join(" ");
        let message = match &result.v {
            Value::Bool(true) => return None,
            Value::Bool(false) => format!("`{text}` does not hold"),
            Value::Unknown(needs) => format!("`{text}` is not known: it needs {needs}"),
            other => format!("`{text}` is not known: {}", self.model.show(other)),
        };
        let mut told = vec![];
        self.explain(value, false, &mut told);
        let problem = Problem::error(FAILED, at, message);
        Some(if told.is_empty() { problem } else { problem.help(told.join("; ")) })
    }

    fn eval(&self, e: &Expr) -> Val {
        let scope = Scope::module(self.module);
        match &self.plan {
            Some(Ok(plan)) => self.model.eval(&scope.with(&scope.var(PLAN, plan)), e),
            _ => self.model.eval(&scope, e),
        }
    }

    /// What the sides of a condition are that is not `wanted`'s opposite: of `and` those that do not hold, of `not` what holds.
    fn explain(&self, e: &Expr, wanted: bool, told: &mut Vec<String>) {
        match &e.kind {
            ExprKind::Unary(UnaryOp::Not, inner) => self.explain(inner, !wanted, told),
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, _, left, right) => {
                for side in [left, right] {
                    if !matches!(self.eval(side).v, Value::Bool(holds) if holds != wanted) {
                        self.explain(side, wanted, told);
                    }
                }
            }
            ExprKind::Binary(_, _, left, right) => {
                told.extend([left, right].into_iter().filter_map(|side| self.told(side)));
            }
            ExprKind::Call(callee, args) => match &callee.kind {
                ExprKind::Dot(receiver, name) if name.text == "before" => self.explain_order(receiver, args, told),
                ExprKind::Dot(receiver, name) if name.text == "all" && !wanted => self.explain_all(receiver, args, told),
                ExprKind::Dot(receiver, _) => told.extend(self.told(receiver)),
                _ => told.extend(args.iter().filter_map(|a| self.told(&a.value))),
            },
            ExprKind::Dot(receiver, _) if !matches!(self.eval(e).v, Value::Bool(_)) => told.extend(self.told(receiver)),
            _ => {}
        }
    }

    /// `a.disk` is 10 GiB; a literal speaks for itself.
    fn told(&self, e: &Expr) -> Option<String> {
        if matches!(e.kind, ExprKind::Literal(_) | ExprKind::Bool(_) | ExprKind::Lambda(..)) {
            return None;
        }
        let at = self.model.program.loc(self.module, e.span);
        let text = self.model.program.syntax.texts.slice(at).split_whitespace().collect::<Vec<_>>().join(" ");
        let value = self.eval(e);
        let shown = self.show(&value);
        (shown != text && shown.trim_matches('"') != text.trim_matches('"')).then(|| format!("`{text}` is {shown}"))
    }

    /// Elements for which a rule does not hold.
    fn explain_all(&self, receiver: &Expr, args: &[ast::Arg], told: &mut Vec<String>) {
        let Value::List(list) = self.eval(receiver).v else { return };
        let plan = self.plan.as_ref().and_then(|p| p.as_ref().ok()).cloned().unwrap_or_else(|| Val::error(Loc::default()));
        let scope = Scope::module(self.module);
        let plan = scope.var(PLAN, &plan);
        let scope = scope.with(&plan);
        let rule = args.first().map(|arg| self.model.code(&scope, &arg.value));
        let found = planned::fitting(self.model, &scope, &list, rule.as_ref());
        let Some((_, rest)) = found else { return };
        told.push(format!("not for {}", self.list(&rest)));
    }

    /// Steps that fit each of two rules.
    fn explain_order(&self, receiver: &Expr, args: &[ast::Arg], told: &mut Vec<String>) {
        let plan = self.eval(receiver);
        let Some(Value::List(steps)) = planned::part(&plan, "steps") else { return };
        let scope = Scope::module(self.module);
        let var = scope.var(PLAN, &plan);
        let scope = scope.with(&var);
        for (arg, which) in args.iter().zip(["first", "second"]) {
            let rule = self.model.code(&scope, &arg.value);
            let (fitting, _) = planned::fitting(self.model, &scope, steps, Some(&rule)).unwrap_or_default();
            let list = self.list(&fitting);
            told.push(if fitting.is_empty() {
                format!("no step fits the {which} rule")
            } else {
                format!("what fits the {which} rule: {list}")
            });
        }
    }

    /// A value in a message; a step by its title.
    fn show(&self, value: &Val) -> String {
        match &value.v {
            Value::List(list) if list.is_empty() => "an empty list".to_owned(),
            Value::List(list) => self.list(list),
            Value::Map(_) => match planned::part(value, "title") {
                Some(title) => format!("\"{}\"", self.model.show(title)),
                None => self.model.show(&value.v),
            },
            Value::Str(text) => format!("\"{text}\""),
            Value::Unknown(needs) => format!("not known: it needs {needs}"),
            Value::Absent => "absent".to_owned(),
            other => self.model.show(other),
        }
    }

    fn list(&self, list: &[Val]) -> String {
        let shown: Vec<String> = list.iter().take(SHOWN_MAX).map(|v| self.show(v)).collect();
        let more = if list.len() > SHOWN_MAX { format!(" and {} more", list.len() - SHOWN_MAX) } else { String::new() };
        format!("{}{more}", shown.join(", "))
    }
}

fn article(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "an error",
        Severity::Warning => "a warning",
        Severity::Hint => "a hint",
    }
}

fn within(inner: Loc, outer: Loc) -> bool {
    inner.file == outer.file && outer.span.start <= inner.span.start && inner.span.end <= outer.span.end
}
