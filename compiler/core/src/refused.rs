//! What is said of a value that is refused? What would be accepted, or that nothing would, and where the value and the limits come from.

use crate::{
    accepted::Trial,
    conform::Asker,
    eval::Scope,
    interval::{End, Interval},
    model::Model,
    program::FieldDef,
    quantity::Quantity,
    report::{Problem, REFUSED_VALUE},
    source::Loc,
    types::{Refine, Type, Typed},
    value::{InstanceId, Val, Value},
    walk,
};
use mig_syntax::ast::Expr;

impl Model<'_, '_> {
    /// Reports that a condition refuses a value.
    pub(crate) fn refuse(&self, value: &Val, typed: &Typed, refine: &Refine, asker: Asker<'_>) {
        if self.assumption.is_on() {
            return;
        }
        let rule = self.program.loc(refine.module, refine.value.span);
        let entry = asker.me.zip(asker.field).map(|(id, number)| self.entry(id, number));
        let at = entry.filter(|entry| !within(value.at, *entry)).unwrap_or(value.at);
        let may_explain = self.assumption.may_explain();
        let ends = if may_explain { self.all_ends(value, typed, asker) } else { vec![] };
        let interval = self.interval(ends, value, asker);
        let about_this = interval.low.iter().chain(&interval.high).any(|e| within(e.rule, rule));
        let given = given(self, value, &interval);
        let mut problem = match interval.words(&value.v).filter(|_| about_this) {
            Some(words) if interval.is_empty() => {
                let message = format!("`{}` is {given}, and nothing fits: it must be {words}", asker.place());
                let limits = if interval.low.is_some() { "one of the two limits" } else { "the limit" };
                Problem::error(REFUSED_VALUE, at, message).help(format!("change {limits}, or what it comes from"))
            }
            Some(words) if interval.is_of_length() => {
                Problem::error(REFUSED_VALUE, at, format!("`{}` has {}, and must have {words}", asker.place(), length(&value.v)))
            }
            Some(words) => Problem::error(REFUSED_VALUE, at, format!("`{}` is {given}, and must be {words}", asker.place())),
            None => Problem::error(REFUSED_VALUE, at, format!("`{}` is {given}, and {}", asker.place(), self.wanted(value, refine, asker))),
        };
        problem = point_at_ends(problem, &interval, &value.v, rule);
        if let (Some(id), Some(number), true) = (asker.me, asker.field, may_explain) {
            problem = self.of_field(problem, value, id, number);
        }
        self.program.report(problem);
    }

    /// Whose field it is, and where its value comes from.
    fn of_field(&self, problem: Problem, value: &Val, id: InstanceId, number: usize) -> Problem {
        let origins = crate::why::shown(self, id, number, value);
        let mut problem = origins.into_iter().fold(problem, |problem, (from, text)| problem.also(from, text));
        problem.about = Some(self.instance(id).address.to_string());
        problem.one_of_many = self.instance(id).is_one_of_many();
        problem
    }

    /// Reports a field that is given less than nothing of what there is no less of.
    pub(crate) fn refuse_below_zero(&self, value: &Val, given: Quantity, field: &FieldDef<'_>, id: InstanceId, number: usize) {
        if self.assumption.is_on() {
            return;
        }
        let message = format!("`{}` is {given}, and no {} is below zero", field.name, given.dim);
        let problem = Problem::error(REFUSED_VALUE, self.entry(id, number), message)
            .help("a difference may be below zero in a `let`, a function or a computed field, but not in a field that is given");
        self.program.report(if self.assumption.may_explain() { self.of_field(problem, value, id, number) } else { problem });
    }

    /// What all these ends leave of the values that a field may have.
    fn interval(&self, ends: Vec<End>, value: &Val, asker: Asker<'_>) -> Interval {
        let field = asker.me.zip(asker.field).and_then(|(id, number)| self.program.kind(self.instance(id).kind).fields.get(number));
        let interval = Interval::of(ends, &value.v);
        if field.is_some_and(|f| f.begins_at_zero(&value.v)) { interval.never_below_zero() } else { interval }
    }

    /// Of all conditions on the value, those behind names of types included, and of those on sibling fields that speak of it.
    fn all_ends(&self, value: &Val, typed: &Typed, asker: Asker<'_>) -> Vec<End> {
        let field = asker.me.zip(asker.field).and_then(|(id, number)| self.program.kind(self.instance(id).kind).fields.get(number));
        // Of an entry of a list, the conditions of the list say nothing.
        let whole = field.map(|f| &f.typed).filter(|whole| layers(whole).any(|layer| std::ptr::eq(layer, typed)));
        let refinements = layers(whole.unwrap_or(typed)).flat_map(|layer| layer.refinements.iter());
        let mut ends: Vec<End> = refinements.flat_map(|r| self.ends_of(value, r, asker.me)).collect();
        if let (Some(id), Some(number)) = (asker.me, asker.field) {
            ends.extend(self.sibling_ends(value, id, number));
        }
        ends
    }

    fn ends_of(&self, value: &Val, refine: &Refine, me: Option<InstanceId>) -> Vec<End> {
        let scope = Scope { me, body: me.is_some(), ..Scope::module(refine.module) };
        let scope = &scope;
        let eval = |x: &Val, e: &Expr| {
            let it = scope.var("it", x);
            self.eval(&scope.with(&it), e)
        };
        let trial = Trial { given: value, scope, eval: &eval };
        if refine.is_in { self.ends_of_range(&trial, &refine.value) } else { self.ends(&trial, &refine.value) }
    }

    /// What conditions on the other fields of the declaration want of this one.
    pub(crate) fn sibling_ends(&self, value: &Val, id: InstanceId, number: usize) -> Vec<End> {
        let kind = self.program.kind(self.instance(id).kind);
        let Some(name) = kind.fields.get(number).map(|f| f.name.clone()) else { return vec![] };
        let mut ends = vec![];
        for (other, field) in kind.fields.iter().enumerate().filter(|(other, _)| *other != number) {
            for refine in field.typed.refinements.iter().filter(|r| !r.is_in && walk::names(&r.value, &name)) {
                let scope = Scope { me: Some(id), body: true, ..Scope::module(refine.module) };
                let scope = &scope;
                let eval = |x: &Val, e: &Expr| {
                    self.assuming(id, number, x.clone(), || {
                        let it = self.field(id, other);
                        self.eval(&scope.with(&scope.var("it", &it)), e)
                    })
                };
                ends.extend(self.ends(&Trial { given: value, scope, eval: &eval }, &refine.value));
            }
        }
        ends
    }

    /// What of a field would satisfy a check whose conditions all hold, in the words of a label; nothing where that cannot be said.
    pub(crate) fn would_do(&self, scope: &Scope<'_>, conditions: &[&Expr], id: InstanceId, number: usize) -> Option<String> {
        let value = self.field(id, number);
        crate::arithmetic::scalar(&value.v)?;
        if !self.assumption.may_explain() {
            return None;
        }
        let eval = |x: &Val, e: &Expr| self.assuming(id, number, x.clone(), || self.eval(scope, e));
        let mut ends = self.ends_against(&Trial { given: &value, scope, eval: &eval }, conditions);
        if ends.is_empty() {
            return None;
        }
        let field = self.program.kind(self.instance(id).kind).fields.get(number)?;
        let asker = Asker { name: &field.name, entry: None, me: Some(id), field: Some(number) };
        ends.extend(self.all_ends(&value, &field.typed, asker));
        let interval = self.interval(ends, &value, asker);
        let words = interval.words(&value.v)?;
        Some(if interval.is_empty() { format!("nothing fits: it must be {words}") } else { format!("{words} would do") })
    }

    /// The condition itself, where no interval can be named.
    fn wanted(&self, value: &Val, refine: &Refine, asker: Asker<'_>) -> String {
        let scope = Scope { me: asker.me, body: asker.me.is_some(), ..Scope::module(refine.module) };
        let scope = &scope;
        let it = scope.var("it", value);
        if refine.is_in {
            let set = self.eval(&scope.with(&it), &refine.value);
            return match &set.v {
                Value::List(_) => format!("must be one of {}", self.show(&set.v)),
                _ => format!("must be in {}", self.show(&set.v)),
            };
        }
        let rule = self.program.loc(refine.module, refine.value.span);
        let text = self.program.syntax.texts.slice(rule).split_whitespace().collect::<Vec<_>>().join(" ");
        format!("must fulfil `{}`", text.replace("it.", &format!("{}.", asker.place())).replace("it ", &format!("{} ", asker.place())))
    }
}

/// The rule, and the values that its ends come from.
fn point_at_ends(problem: Problem, interval: &Interval, given: &Value, rule: Loc) -> Problem {
    let mut problem = problem.also(rule, "this is the rule");
    for end in interval.low.iter().chain(&interval.high) {
        if !within(end.rule, rule) {
            problem = problem.also(end.rule, format!("{} by this", interval.end_words(end, given)));
        }
        if let Some((from, text)) = end.from.as_ref().filter(|(from, _)| !within(*from, end.rule)) {
            problem = problem.also(*from, text);
        }
    }
    problem
}

fn given(model: &Model<'_, '_>, value: &Val, interval: &Interval) -> String {
    match &value.v {
        Value::Str(text) => format!("\"{text}\""),
        other => interval.given(other).unwrap_or_else(|| model.show(other)),
    }
}

fn length(value: &Value) -> String {
    let (number, noun) = match value {
        Value::Str(text) => (text.chars().count(), "character"),
        Value::List(list) => (list.len(), "entry"),
        Value::Map(map) => (map.len(), "entry"),
        _ => (0, "entry"),
    };
    match (number, noun) {
        (1, noun) => format!("1 {noun}"),
        (number, "entry") => format!("{number} entries"),
        (number, noun) => format!("{number} {noun}s"),
    }
}

/// A type, and the types with conditions that it is made of around the same value: `type Small = Size in …`, `small: Small? where …`.
fn layers(typed: &Typed) -> impl Iterator<Item = &Typed> {
    std::iter::successors(Some(typed), |typed| {
        let mut ty = &typed.ty;
        loop {
            match ty {
                Type::Option(inner) | Type::Later(inner) | Type::Secret(inner) => ty = inner,
                Type::Refined(inner) => return Some(inner),
                _ => return None,
            }
        }
    })
}

fn within(inner: Loc, outer: Loc) -> bool {
    inner.file == outer.file && outer.span.start <= inner.span.start && inner.span.end <= outer.span.end
}
