//! What do checks and tests become? Their clauses; the expressions in them are lowered beside this file.

use super::Lower;
use crate::ast::{Annotation, Arg, Binding, Check, Condition, Expect, Expr, ExprKind, Name, Span, Test};
use crate::grammar::{Pair, Rule};

impl Lower<'_> {
    /// `check name: CODE severity { … }`
    pub(super) fn check(&mut self, pair: Pair<'_>, docs: String) -> Check {
        let around = self.around(&pair);
        let span = self.span(&pair);
        let at = self.end_of(&pair);
        let mut check = Check {
            name: Self::nameless(at),
            code: Self::nameless(at),
            former: Vec::new(),
            severity: Self::nameless(at),
            unsilenceable: false,
            bindings: Vec::new(),
            conditions: Vec::new(),
            at: None,
            also: Vec::new(),
            say: None,
            help: None,
            fix: None,
            docs,
            span,
        };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => check.name = self.name(&kid),
                Rule::code => check.code = self.only_name(kid).unwrap_or_else(|| Self::nameless(at)),
                Rule::severity => (check.severity, check.unsilenceable) = self.severity(&kid),
                Rule::check_body => self.check_body(kid, &mut check),
                _ => self.stray(&kid, around),
            }
        }
        check
    }

    /// What stood above a check, without the names it had: `@moved(from = old)`.
    pub(super) fn former(check: &mut Check, annotations: Vec<Annotation>) -> Vec<Annotation> {
        let mut others = Vec::new();
        for annotation in annotations {
            match annotation.args.as_slice() {
                [Arg { name: Some(from), value: Expr { kind: ExprKind::Name(old), span } }]
                    if annotation.name.text == "moved" && from.text == "from" =>
                {
                    check.former.push(Name { text: old.clone(), span: *span });
                }
                _ => others.push(annotation),
            }
        }
        others
    }

    /// `error`, and whether `!` stands after it.
    fn severity(&self, pair: &Pair<'_>) -> (Name, bool) {
        let mut name = self.name(pair);
        let Some(word) = name.text.strip_suffix('!') else { return (name, false) };
        name = Name { text: word.into(), span: Span { start: name.span.start, end: name.span.end - 1 } };
        (name, true)
    }

    /// The clauses between the braces.
    fn check_body(&mut self, pair: Pair<'_>, check: &mut Check) {
        let around = self.around(&pair);
        let mut seen = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::binding => check.bindings.push(self.binding(kid)),
                Rule::condition => check.conditions.push(self.condition(kid)),
                Rule::clause => self.clause(kid, check, &mut seen),
                Rule::also => check.also.push(self.two_values(kid)),
                Rule::fix => {
                    self.once(&mut seen, "fix".to_owned(), "fix", self.span(&kid));
                    let (what, value) = self.two_values(kid);
                    let end = what.span.end as usize;
                    check.fix = Some((what, value.unwrap_or_else(|| Self::missing(end))));
                }
                _ => self.stray(&kid, around),
            }
        }
    }

    /// `for a, b in list`
    fn binding(&mut self, pair: Pair<'_>) -> Binding {
        let around = self.around(&pair);
        let mut found = Binding { names: Vec::with_capacity(1), list: Self::missing(self.end_of(&pair).start as usize) };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => found.names.push(self.name(&kid)),
                Rule::bad_names => {
                    self.stray(&kid, around);
                    found.names.extend(kid.into_inner().map(|name| self.name(&name)));
                }
                Rule::expr | Rule::no_value => found.list = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        self.called_as_values(&found.names);
        found
    }

    /// `when COND`, `warning when COND`
    fn condition(&mut self, pair: Pair<'_>) -> Condition {
        let around = self.around(&pair);
        let mut found = Condition { severity: None, value: Self::missing(self.end_of(&pair).start as usize) };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::severity => {
                    let (severity, marked) = self.severity(&kid);
                    if marked {
                        let help = format!("write `{}` here, and `!` above", severity.text);
                        self.note(self.span(&kid), "`!` is said of the whole check", Some(help));
                    }
                    found.severity = Some(severity);
                }
                Rule::expr | Rule::no_value => found.value = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// `at`, `say`, `help`: one of each.
    fn clause(&mut self, pair: Pair<'_>, check: &mut Check, seen: &mut Vec<String>) {
        let around = self.around(&pair);
        let span = self.span(&pair);
        let mut word = String::new();
        let mut value = None;
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::clause_word => kid.as_str().clone_into(&mut word),
                Rule::expr | Rule::no_value => value = Some(self.value(kid, around)),
                _ => self.stray(&kid, around),
            }
        }
        self.once(seen, word.clone(), &word, span);
        match word.as_str() {
            "at" => check.at = value,
            "say" => check.say = value,
            _ => check.help = value,
        }
    }

    /// One value, and perhaps a second one.
    fn two_values(&mut self, pair: Pair<'_>) -> (Expr, Option<Expr>) {
        let around = self.around(&pair);
        let end = self.end_of(&pair).start as usize;
        let (mut first, mut second) = (None, None);
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::expr | Rule::no_value if first.is_none() => first = Some(self.value(kid, around)),
                Rule::expr | Rule::no_value => second = Some(self.value(kid, around)),
                Rule::severity => {}
                _ => self.stray(&kid, around),
            }
        }
        (first.unwrap_or_else(|| Self::missing(end)), second)
    }

    /// `expect error name at place`
    fn expect(&mut self, pair: Pair<'_>) -> Expect {
        let word = pair.clone().into_inner().find(|kid| kid.as_rule() == Rule::severity);
        let severity = word.map(|word| {
            let (name, marked) = self.severity(&word);
            if marked {
                self.note(self.span(&word), "`!` is said where the check stands", Some(format!("write `{}`", name.text)));
            }
            name
        });
        let (value, place) = self.two_values(pair);
        Expect { severity, value, place }
    }

    /// `test "…" { … }`
    pub(super) fn test(&mut self, pair: Pair<'_>) -> Test {
        let around = self.around(&pair);
        let title = Expr { kind: ExprKind::Missing, span: self.end_of(&pair) };
        let mut test = Test { title, lets: Vec::new(), declarations: Vec::new(), declaration_annotations: Vec::new(), expects: Vec::new() };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::plain | Rule::template | Rule::multi => test.title = self.string(kid),
                Rule::test_body => self.test_body(kid, &mut test),
                _ => self.stray(&kid, around),
            }
        }
        test
    }

    /// The entries between the braces of a test.
    fn test_body(&mut self, pair: Pair<'_>, test: &mut Test) {
        let around = self.around(&pair);
        let mut above = Self::fresh_above();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::let_entry => {
                    let entry = self.binding_of_value(kid);
                    self.called_as_values([&entry.name]);
                    test.lets.push(entry);
                }
                Rule::expect => test.expects.push(self.expect(kid)),
                Rule::declaration => {
                    test.declaration_annotations.push(self.take_annotations(&mut above));
                    test.declarations.push(self.declaration(kid));
                }
                _ => self.entry(kid, around, &mut above),
            }
        }
        self.no_more(&mut above);
    }
}
