//! What do declarations, records and annotations become? Their entries, with what stands above each.

use super::expressions::is_simple;
use super::keys::{joined, nested};
use super::{Above, Around, Lower};
use crate::ast::{Annotation, Arg, Child, Declaration, Field, Name, Span, Stdin};
use crate::grammar::{Pair, Rule};

impl Lower<'_> {
    /// `[existing] noun name[key in keys]: kind { … }`
    pub(super) fn declaration(&mut self, pair: Pair<'_>) -> Declaration {
        let around = self.around(&pair);
        let span = self.span(&pair);
        let mut found = Declaration {
            existing: false,
            noun: Self::nameless(span),
            name: Self::nameless(span),
            keys: None,
            kind: None,
            fields: Vec::new(),
            children: Vec::new(),
            stdin: None,
            span,
        };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::existing => found.existing = true,
                Rule::path if found.noun.text.is_empty() => {
                    found.noun = self.name(&kid);
                    found.name = Self::nameless(Span { start: found.noun.span.end, end: found.noun.span.end });
                }
                Rule::path => found.kind = Some(self.name(&kid)),
                Rule::name => found.name = self.name(&kid),
                Rule::keys => found.keys = Some(Box::new(self.keys(kid))),
                Rule::body => self.body(kid, &mut found),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// `[key in keys]`
    fn keys(&mut self, pair: Pair<'_>) -> (Name, crate::ast::Expr) {
        let around = self.around(&pair);
        let end = self.end_of(&pair);
        let (mut name, mut list) = (Self::nameless(end), Self::missing(end.start as usize));
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => name = self.name(&kid),
                Rule::expr | Rule::no_value => list = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        self.called_as_values([&name]);
        (name, list)
    }

    /// The fields and children between the braces of a declaration.
    fn body(&mut self, pair: Pair<'_>, found: &mut Declaration) {
        let around = self.around(&pair);
        let mut above = Self::fresh_above();
        self.depth += 1;
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::field => found.fields.push(self.field(kid, &mut above)),
                Rule::stdin => self.stdin(kid, &mut above, &mut found.stdin),
                Rule::declaration => {
                    let (docs, annotations) = Self::take(&mut above);
                    let declaration = self.declaration(kid);
                    found.children.push(Child { docs, annotations, declaration });
                }
                _ => self.entry(kid, around, &mut above),
            }
        }
        self.depth -= 1;
        self.no_more(&mut above);
        found.fields = joined(std::mem::take(&mut found.fields));
    }

    /// The fields of `{ a = 1 }`.
    pub(super) fn record(&mut self, pair: Pair<'_>) -> Vec<Field> {
        let mut stdin = None;
        let fields = self.parameters(pair, &mut stdin);
        if let Some(stdin) = stdin {
            let help = "it stands in the block of a driver that runs a script, or in a declaration that has one";
            self.note(stdin.span, "nothing here runs a script that could read `stdin`", Some(help.to_owned()));
        }
        fields
    }

    /// The fields of `{ a = 1, stdin b = secret("X") }`.
    pub(super) fn parameters(&mut self, pair: Pair<'_>, stdin: &mut Option<Box<Stdin>>) -> Vec<Field> {
        let around = self.around(&pair);
        let mut above = Self::fresh_above();
        let mut fields = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::field => fields.push(self.field(kid, &mut above)),
                Rule::stdin => self.stdin(kid, &mut above, stdin),
                _ => self.entry(kid, around, &mut above),
            }
        }
        self.no_more(&mut above);
        joined(fields)
    }

    /// `stdin name = secret`, once.
    fn stdin(&mut self, pair: Pair<'_>, above: &mut Above, into: &mut Option<Box<Stdin>>) {
        self.take_docs(above, "`stdin`");
        let around = self.around(&pair);
        let span = self.span(&pair);
        let mut found = Stdin { name: Self::nameless(span), value: Self::missing(span.end as usize), span };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => found.name = self.name(&kid),
                Rule::expr | Rule::no_value => found.value = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        if into.is_some() {
            self.note(span, "a script has one standard input", Some("remove one of the two".to_owned()));
        } else {
            *into = Some(Box::new(found));
        }
    }

    /// What stands in all braces: documentation, annotations, comments, damage.
    pub(super) fn entry(&mut self, pair: Pair<'_>, around: Around, above: &mut Above) {
        match pair.as_rule() {
            Rule::doc => self.doc(&pair, above),
            Rule::annotation => above.annotations.push(self.annotation(pair)),
            Rule::bad_entry => {
                // It stood above what was skipped.
                self.take_annotations(above);
                self.stray(&pair, around);
            }
            _ => self.stray(&pair, around),
        }
    }

    /// `key = value`
    fn field(&mut self, pair: Pair<'_>, above: &mut Above) -> Field {
        let (docs, annotations) = Self::take(above);
        let around = self.around(&pair);
        let span = self.span(&pair);
        let (mut key, mut below, mut value) = (None, Vec::new(), None);
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name | Rule::quoted => {
                    let name = if kid.as_rule() == Rule::name { self.name(&kid) } else { self.quoted_key(&kid) };
                    if key.is_none() { key = Some(name) } else { below.push(name) }
                }
                rule if is_simple(rule) || matches!(rule, Rule::expr | Rule::no_value) => {
                    if !self.deeper(below.len(), around) {
                        value = Some(self.value(kid, around));
                    }
                }
                _ => self.stray(&kid, around),
            }
        }
        self.depth -= below.len();
        let key = key.unwrap_or_else(|| Self::nameless(span));
        let value = nested(below, value.unwrap_or_else(|| Self::missing(span.end as usize)));
        Field { key, value, docs, annotations, span }
    }

    /// `"com.docker.x"`: the text between the quotes, which has no escapes.
    fn quoted_key(&mut self, pair: &Pair<'_>) -> Name {
        let span = self.span(pair);
        let inside = Span { start: span.start + 1, end: span.end - 1 };
        let text = &self.text[inside.start as usize..inside.end as usize];
        if text.contains(['\\', '{']) {
            self.note(span, "a key is a plain string", Some("write it without `{` and `\\`".to_owned()));
        }
        Name { text: text.into(), span: inside }
    }

    /// `@name(arguments)`
    pub(super) fn annotation(&mut self, pair: Pair<'_>) -> Annotation {
        let around = self.around(&pair);
        let span = self.span(&pair);
        let mut found = Annotation { name: Self::nameless(Span { start: span.start + 1, end: span.start + 1 }), args: Vec::new(), span };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => found.name = self.name(&kid),
                Rule::call => found.args = self.args(kid),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// `(a, b = c)`
    pub(super) fn args(&mut self, pair: Pair<'_>) -> Vec<Arg> {
        let around = self.around(&pair);
        let mut args = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::argument => args.push(self.arg(kid)),
                Rule::no_value => {
                    let value = self.value(kid, around);
                    args.push(Arg { name: None, value });
                }
                _ => self.stray(&kid, around),
            }
        }
        args
    }

    /// One argument, by position or by name.
    fn arg(&mut self, pair: Pair<'_>) -> Arg {
        let around = self.around(&pair);
        let mut arg = Arg { name: None, value: Self::missing(self.start(&pair)) };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => arg.name = Some(self.name(&kid)),
                Rule::expr | Rule::no_value => arg.value = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        arg
    }
}
