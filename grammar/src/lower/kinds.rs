//! What does a kind become? Its fields, children and lifecycle; types and checks are beside this file.

use super::Lower;
use crate::ast::{ChildRule, Kind, KindField, Many, Name, Span, Verb};
use crate::grammar::{Pair, Rule};

impl Lower<'_> {
    /// `[abstract] kind name [is base] { … }`
    pub(super) fn kind(&mut self, pair: Pair<'_>) -> Kind {
        let around = self.around(&pair);
        let mut kind = Kind {
            is_abstract: false,
            name: Self::nameless(self.end_of(&pair)),
            base: None,
            fields: Vec::new(),
            children: Vec::new(),
            verbs: Vec::new(),
            replace_on: Vec::new(),
            checks: Vec::new(),
            declarations: Vec::new(),
            declaration_annotations: Vec::new(),
        };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::abstract_ => kind.is_abstract = true,
                Rule::name => kind.name = self.name(&kid),
                Rule::base => kind.base = self.only_name(kid),
                Rule::kind_body => self.kind_body(kid, &mut kind),
                _ => self.stray(&kid, around),
            }
        }
        kind
    }

    /// The entries between the braces of a kind.
    fn kind_body(&mut self, pair: Pair<'_>, kind: &mut Kind) {
        let around = self.around(&pair);
        let mut above = Self::fresh_above();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::attribute | Rule::derived => {
                    let docs = self.take_docs(&mut above, "a field of a kind");
                    kind.fields.push(self.kind_field(kid, docs));
                }
                Rule::check => {
                    let (docs, annotations) = Self::take(&mut above);
                    let mut check = self.check(kid, docs);
                    let others = Self::former(&mut check, annotations);
                    self.takes_none(others, "a check in a kind");
                    kind.checks.push(check);
                }
                Rule::declaration => {
                    kind.declaration_annotations.push(self.take_annotations(&mut above));
                    kind.declarations.push(self.declaration(kid));
                }
                Rule::children | Rule::step | Rule::replace => {
                    let annotations = self.take_annotations(&mut above);
                    above.annotations = annotations;
                    self.take_docs(&mut above, "a clause of a kind");
                    self.kind_clause(kid, kind);
                }
                _ => self.entry(kid, around, &mut above),
            }
        }
        self.no_more(&mut above);
    }

    /// `children`, a verb, or `replace on`.
    fn kind_clause(&mut self, pair: Pair<'_>, kind: &mut Kind) {
        match pair.as_rule() {
            Rule::children => {
                let rules = self.children(pair);
                kind.children.extend(rules);
            }
            Rule::step => kind.verbs.push(self.verb(pair)),
            _ => {
                let names = self.names(pair);
                kind.replace_on.extend(names);
            }
        }
    }

    /// `name: type = default`, or `name = expression`
    pub(super) fn kind_field(&mut self, pair: Pair<'_>, docs: String) -> KindField {
        let around = self.around(&pair);
        let span = self.span(&pair);
        let mut field = KindField { name: Self::nameless(span), ty: None, value: None, docs, span };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => field.name = self.name(&kid),
                Rule::full_type => field.ty = Some(self.full_type(kid)),
                // A field without a type is a derived one, so a missing type is still a type.
                Rule::no_type => field.ty = Some(self.no_type(&kid, around)),
                Rule::expr | Rule::no_value => field.value = Some(self.value(kid, around)),
                _ => self.stray(&kid, around),
            }
        }
        field
    }

    /// `children { system: disk, disk* }`
    fn children(&mut self, pair: Pair<'_>) -> Vec<ChildRule> {
        let around = self.around(&pair);
        let mut rules = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::child => rules.push(self.child_rule(kid)),
                _ => self.stray(&kid, around),
            }
        }
        rules
    }

    /// `system: disk`, `disk*`
    fn child_rule(&mut self, pair: Pair<'_>) -> ChildRule {
        let around = self.around(&pair);
        let mut rule = ChildRule { name: Self::nameless(self.span(&pair)), kind: None, many: Many::One };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => rule.name = self.name(&kid),
                Rule::base => rule.kind = self.only_name(kid),
                Rule::many => rule.many = many(kid.as_str()),
                _ => self.stray(&kid, around),
            }
        }
        rule
    }

    /// `create aliyun.rpc("RunInstances") { … } gives { … }`
    fn verb(&mut self, pair: Pair<'_>) -> Verb {
        let around = self.around(&pair);
        let span = self.span(&pair);
        let mut verb = Verb {
            verb: Self::nameless(span),
            fields: Vec::new(),
            driver: Self::nameless(Span { start: span.end, end: span.end }),
            args: Vec::new(),
            params: Vec::new(),
            gives: Vec::new(),
            from: None,
            told: Vec::new(),
            waits: Vec::new(),
            stdin: None,
            needs: None,
            span,
        };
        let mut seen: Vec<String> = Vec::new();
        for kid in pair.into_inner() {
            let rule = kid.as_rule();
            if is_clause(rule) {
                let word = kid.as_str().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_owned();
                self.once(&mut seen, word.clone(), &word, self.span(&kid));
            }
            match rule {
                Rule::verb => verb.verb = self.name(&kid),
                Rule::fields => verb.fields = self.names(kid),
                Rule::driver => (verb.driver, verb.args) = self.driver(kid),
                Rule::record => verb.params = self.parameters(kid, &mut verb.stdin),
                _ if is_clause(rule) => self.verb_clause(kid, &mut verb),
                _ => self.stray(&kid, around),
            }
        }
        verb
    }

    /// `aliyun.rpc("RunInstances")`
    fn driver(&mut self, pair: Pair<'_>) -> (Name, Vec<crate::ast::Arg>) {
        let around = self.around(&pair);
        let (mut name, mut args) = (Self::nameless(self.span(&pair)), Vec::new());
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::path => name = self.name(&kid),
                Rule::call => args = self.args(kid),
                _ => self.stray(&kid, around),
            }
        }
        (name, args)
    }

    /// What stands behind the parameters of a verb.
    fn verb_clause(&mut self, pair: Pair<'_>, verb: &mut Verb) {
        let around = self.around(&pair);
        let mut word = Self::nameless(self.span(&pair));
        for kid in pair.into_inner() {
            match (around.rule, kid.as_rule()) {
                (Rule::gives, Rule::record) => verb.gives = self.record(kid),
                (Rule::from, Rule::expr | Rule::no_value) => verb.from = Some((self.value(kid, around), Vec::new())),
                (Rule::from, Rule::record) => {
                    let fields = self.record(kid);
                    if let Some(from) = &mut verb.from {
                        from.1 = fields;
                    }
                }
                (_, Rule::told_word | Rule::wait_word) => word = self.name(&kid),
                (Rule::told, Rule::expr | Rule::no_value) => {
                    let value = self.value(kid, around);
                    verb.told.push((word.clone(), value));
                }
                (Rule::wait, Rule::expr | Rule::no_value) => {
                    let value = self.value(kid, around);
                    verb.waits.push((word.clone(), value));
                }
                (Rule::needs, Rule::name) => verb.needs = Some(self.name(&kid)),
                _ => self.stray(&kid, around),
            }
        }
    }

    /// Notes a clause that stands twice.
    pub(super) fn once<T: PartialEq>(&mut self, seen: &mut Vec<T>, which: T, word: &str, span: Span) {
        if seen.contains(&which) {
            self.note(span, format!("`{word}` stands here twice"), Some("remove one of the two".to_owned()));
        } else {
            seen.push(which);
        }
    }
}

/// How many children a mark stands for.
fn many(mark: &str) -> Many {
    match mark {
        "?" => Many::Optional,
        "*" => Many::Any,
        _ => Many::Some,
    }
}

/// May it stand behind the parameters of a verb?
fn is_clause(rule: Rule) -> bool {
    matches!(rule, Rule::gives | Rule::from | Rule::told | Rule::wait | Rule::needs)
}
