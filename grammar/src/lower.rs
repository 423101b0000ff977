//! What do all lowerings share? The place in the text, names and spans, documentation, and what to do with a pair
//! that belongs to nobody. What each form becomes is in the files of `lower/`.

mod bodies;
mod called;
mod checks;
mod expressions;
mod items;
mod keys;
mod kinds;
mod literals;
mod strings;
mod types;

use crate::ast::{Annotation, Damage, Expr, ExprKind, Module, Name, Span};
use crate::damage::{self, Notice};
use crate::grammar::{Pair, Rule};
use crate::wording;
use smol_str::SmolStr;

/// How many levels a tree has at most: brackets, and operators that take one another.
pub(crate) const LEVELS_MAX: usize = 256;

/// Where annotations stand.
const ANNOTATED: &str = "annotations stand above declarations, their children and their fields";

/// What a lowering collects while it goes through the pairs of a file.
pub(crate) struct Lower<'t> {
    /// The whole text.
    text: &'t str,
    /// Where the piece that is lowered begins in it.
    base: usize,
    /// What is done.
    module: Module,
    /// What stands above the item that comes next.
    above: Above,
    /// Of the item that is lowered.
    notices: Vec<Notice>,
    /// How many levels are open in the tree.
    depth: usize,
    /// Where the item that is lowered was nested too deep.
    too_deep: Option<Span>,
}

/// Documentation and annotations, until what they belong to comes.
#[derive(Default)]
pub(crate) struct Above {
    docs: Vec<(Span, String)>,
    annotations: Vec<Annotation>,
}

impl Above {
    /// The lines of the documentation as one text.
    fn text(docs: Vec<(Span, String)>) -> String {
        if docs.is_empty() {
            return String::new();
        }
        docs.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    }
}

/// The pair that a pair was found in: messages depend on it.
#[derive(Clone, Copy)]
pub(crate) struct Around {
    pub(crate) rule: Rule,
    pub(crate) start: usize,
}

impl<'t> Lower<'t> {
    /// Begins with nothing.
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, base: 0, module: Module::default(), above: Above::default(), notices: Vec::new(), depth: 0, too_deep: None }
    }

    /// The tree, when every piece is lowered.
    pub(crate) fn finish(mut self) -> Module {
        self.nothing_below();
        self.settle();
        self.module.comments.sort_unstable();
        self.module.damage.sort_by_key(|damage| damage.span);
        self.module
    }

    /// A piece that pest refused, which its grammar excludes; the tree stays total if it errs.
    pub(crate) fn unread(&mut self, span: Span) {
        let message = "this could not be read".to_owned();
        self.module.damage.push(Damage { span, message, help: None, mend: None });
    }

    /// Moves the notices of an item into the module.
    fn settle(&mut self) {
        if self.notices.is_empty() {
            return;
        }
        let notices = core::mem::take(&mut self.notices);
        self.module.damage.extend(damage::told(self.text, notices));
    }

    /// Where a pair is, in the whole text and without space at its end.
    fn span(&self, pair: &Pair<'_>) -> Span {
        let span = pair.as_span();
        let text = span.as_str();
        // Most end in a visible character of ASCII, which needs no look at what white space is elsewhere.
        let visible = text.as_bytes().last().is_some_and(u8::is_ascii_graphic);
        let len = if visible { text.len() } else { text.trim_end().len() };
        let start = self.base + span.start();
        Span::new(start, start + len)
    }

    /// Where a pair begins in the whole text.
    fn start(&self, pair: &Pair<'_>) -> usize {
        self.base + pair.as_span().start()
    }

    /// The pair as the surroundings of what it holds.
    fn around(&self, pair: &Pair<'_>) -> Around {
        Around { rule: pair.as_rule(), start: self.start(pair) }
    }

    /// A word or a path, as written.
    fn name(&self, pair: &Pair<'_>) -> Name {
        let span = self.span(pair);
        Name { text: (&self.text[span.start as usize..span.end as usize]).into(), span }
    }

    /// The name that is missing at the start of something.
    fn nameless(at: Span) -> Name {
        Name { text: SmolStr::default(), span: Span { start: at.start, end: at.start } }
    }

    /// No value, where it should have been.
    fn missing(at: usize) -> Expr {
        Expr { kind: ExprKind::Missing, span: Span::new(at, at) }
    }

    /// A pair that is no part of the tree: a comment, documentation of nothing, or damage.
    fn stray(&mut self, pair: &Pair<'_>, around: Around) {
        match pair.as_rule() {
            Rule::comment | Rule::doc | Rule::module_doc => self.module.comments.push(self.span(pair)),
            Rule::too_deep => self.too_deep = Some(Span::new(around.start, around.start + 1)),
            Rule::EOI => {}
            _ => {
                let at = self.span(pair);
                let absent = at.start == at.end;
                let damage = wording::damage(self.text, pair.as_rule(), at, around);
                self.notices.push(Notice { at, absent, damage });
            }
        }
    }

    /// Damage that the lowering itself found.
    fn note(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.notices.push(Notice { at: span, absent: false, damage: Damage { span, message: message.into(), help, mend: None } });
    }

    /// A line of documentation for what comes next.
    fn doc(&mut self, pair: &Pair<'_>, above: &mut Above) {
        let line = pair.as_str().trim_start_matches('/');
        above.docs.push((self.span(pair), line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()));
    }

    /// Takes what stands above a field or a child: its documentation and its annotations.
    fn take(above: &mut Above) -> (String, Vec<Annotation>) {
        let above = core::mem::take(above);
        (Above::text(above.docs), above.annotations)
    }

    /// Takes the documentation where annotations have no place.
    fn take_docs(&mut self, above: &mut Above, of: &str) -> String {
        let (docs, annotations) = Self::take(above);
        self.takes_none(annotations, of);
        docs
    }

    /// Tells of annotations that stand where none have a place.
    fn takes_none(&mut self, annotations: Vec<Annotation>, of: &str) {
        for annotation in annotations {
            self.note(annotation.span, format!("{of} takes no annotation"), Some(ANNOTATED.to_owned()));
        }
    }

    /// Takes the annotations where documentation is only a comment.
    fn take_annotations(&mut self, above: &mut Above) -> Vec<Annotation> {
        let above = core::mem::take(above);
        self.module.comments.extend(above.docs.into_iter().map(|(span, _)| span));
        above.annotations
    }

    /// At the end of a body or a file: documentation is a comment, and an annotation a mistake.
    fn no_more(&mut self, above: &mut Above) {
        for annotation in self.take_annotations(above) {
            let message = format!("nothing follows `@{}`", annotation.name.text);
            self.note(annotation.span, message, Some("an annotation stands above what it is about".to_owned()));
        }
    }

    /// The same at the end of the file.
    fn nothing_below(&mut self) {
        let mut above = core::mem::take(&mut self.above);
        self.no_more(&mut above);
    }
}
