//! What do top-level items become? One function an item; bodies, kinds and checks are beside this file.

use super::{Above, Around, Lower};
use crate::ast::{Annotation, Enumeration, Extend, Function, Item, ItemKind, Let, Name, Param, Span, Type, TypeAlias, Use};
use crate::grammar::{Pair, Pairs, Rule};

impl Lower<'_> {
    /// Lowers a piece of the text; `base` is where it begins.
    pub(crate) fn file(&mut self, pairs: Pairs<'_>, base: usize) {
        self.base = base;
        for file in pairs {
            let around = self.around(&file);
            for pair in file.into_inner() {
                self.piece(pair, around);
            }
        }
    }

    /// One pair of the first level.
    fn piece(&mut self, pair: Pair<'_>, around: Around) {
        match pair.as_rule() {
            Rule::doc => {
                let mut above = core::mem::take(&mut self.above);
                self.doc(&pair, &mut above);
                self.above = above;
            }
            Rule::module_doc => self.module_doc(&pair),
            Rule::annotation => {
                self.too_deep = None;
                self.settle();
                let annotation = self.annotation(pair);
                if !self.dropped() {
                    self.above.annotations.push(annotation);
                }
            }
            Rule::bad_item => {
                let mut above = core::mem::take(&mut self.above);
                self.take_annotations(&mut above);
                self.stray(&pair, around);
                self.settle();
            }
            Rule::comment | Rule::EOI | Rule::bad_end => {
                self.stray(&pair, around);
            }
            _ => self.item(pair),
        }
    }

    /// `//!` documents the module if no item stands above it.
    fn module_doc(&mut self, pair: &Pair<'_>) {
        if !self.module.items.is_empty() {
            self.module.comments.push(self.span(pair));
            return;
        }
        let line = pair.as_str().trim_start_matches("//!");
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        if !self.module.docs.is_empty() {
            self.module.docs.push('\n');
        }
        self.module.docs.push_str(line);
    }

    /// An item with what stands above it; none if it is nested too deep.
    fn item(&mut self, pair: Pair<'_>) {
        let (docs, annotations) = Self::take(&mut self.above);
        // What the line above left is settled first, so that it stays if this item is dropped.
        self.settle();
        self.too_deep = None;
        let span = self.span(&pair);
        let kind = self.item_kind(pair, &docs);
        if self.dropped() {
            return;
        }
        if let Some(mut kind) = kind {
            let annotations = if let ItemKind::Check(check) = &mut kind { Self::former(check, annotations) } else { annotations };
            let annotations = self.of_a_declaration(annotations, &kind);
            self.called(&kind);
            self.module.items.push(Item { span, docs, annotations, kind });
        }
    }

    /// Annotations are about declarations only.
    fn of_a_declaration(&mut self, annotations: Vec<Annotation>, kind: &ItemKind) -> Vec<Annotation> {
        if matches!(kind, ItemKind::Declaration(_)) {
            return annotations;
        }
        // One without a name is told of already.
        for annotation in annotations.iter().filter(|a| !a.name.text.is_empty()) {
            self.note(
                annotation.span,
                format!("`@{}` stands above no declaration", annotation.name.text),
                Some(super::ANNOTATED.to_owned()),
            );
        }
        Vec::new()
    }

    /// Was what was lowered nested too deep? Then that is all that is told of it.
    fn dropped(&mut self) -> bool {
        let Some(at) = self.too_deep.take() else { return false };
        self.notices.clear();
        let message = format!("nested deeper than {} levels", super::LEVELS_MAX);
        self.note(at, message, Some("give parts of it names with `let`".to_owned()));
        true
    }

    /// Which item it is. Checks keep their documentation themselves, because they also stand in kinds.
    fn item_kind(&mut self, pair: Pair<'_>, docs: &str) -> Option<ItemKind> {
        Some(match pair.as_rule() {
            Rule::use_item => ItemKind::Use(self.import(pair)),
            Rule::param => ItemKind::Param(self.param(pair)),
            Rule::table => ItemKind::Table(self.param(pair)),
            Rule::constant => ItemKind::Let(self.binding_of_value(pair)),
            Rule::output => ItemKind::Output(self.binding_of_value(pair)),
            Rule::function => ItemKind::Fn(self.function(pair)),
            Rule::alias => ItemKind::Type(self.alias(pair)),
            Rule::enumeration => ItemKind::Enum(self.enumeration(pair)),
            Rule::extend => ItemKind::Extend(self.extend(pair)),
            Rule::kind => ItemKind::Kind(self.kind(pair)),
            Rule::check => ItemKind::Check(self.check(pair, docs.to_owned())),
            Rule::test => ItemKind::Test(self.test(pair)),
            Rule::declaration => ItemKind::Declaration(self.declaration(pair)),
            _ => {
                let around = self.around(&pair);
                self.stray(&pair, around);
                return None;
            }
        })
    }

    /// `use TARGET [as NAME]`
    fn import(&mut self, pair: Pair<'_>) -> Use {
        let around = self.around(&pair);
        let mut import = Use { target: Self::nameless(self.end_of(&pair)), file: false, alias: None };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::path => import.target = self.name(&kid),
                Rule::plain | Rule::template | Rule::multi => {
                    import.file = true;
                    import.target = self.quoted_path(kid);
                }
                Rule::alias_name => import.alias = self.only_name(kid),
                _ => self.stray(&kid, around),
            }
        }
        import
    }

    /// The text of a string that must be plain, because it names a file.
    fn quoted_path(&mut self, pair: Pair<'_>) -> Name {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::plain {
            let inside = Span { start: span.start + 1, end: span.end - 1 };
            return Name { text: (&self.text[inside.start as usize..inside.end as usize]).into(), span: inside };
        }
        let before = self.notices.len();
        self.string(pair);
        if self.notices.len() == before {
            self.note(span, "the name of a file is a plain string", Some("write it without `{`, `\\` and `\"\"\"`".to_owned()));
        }
        Self::nameless(span)
    }

    /// A pair that holds a name, or damage for its absence.
    pub(super) fn only_name(&mut self, pair: Pair<'_>) -> Option<Name> {
        let around = self.around(&pair);
        let mut found = None;
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name | Rule::path => found = Some(self.name(&kid)),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// The empty span at the end of a pair.
    pub(super) fn end_of(&self, pair: &Pair<'_>) -> Span {
        let span = self.span(pair);
        Span { start: span.end, end: span.end }
    }

    /// `param` and `table`
    fn param(&mut self, pair: Pair<'_>) -> Param {
        let (name, ty, default) = self.typed(pair);
        Param { name, ty, default }
    }

    /// `let`, `output`, and `let` in a test
    pub(super) fn binding_of_value(&mut self, pair: Pair<'_>) -> Let {
        let end = self.end_of(&pair).start as usize;
        let (name, ty, value) = self.typed(pair);
        Let { name, ty, value: value.unwrap_or_else(|| Self::missing(end)) }
    }

    /// A name, perhaps a type, perhaps a value.
    fn typed(&mut self, pair: Pair<'_>) -> (Name, Option<Type>, Option<crate::ast::Expr>) {
        let around = self.around(&pair);
        let (mut name, mut ty, mut value) = (Self::nameless(self.end_of(&pair)), None, None);
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => name = self.name(&kid),
                Rule::full_type => ty = Some(self.full_type(kid)),
                Rule::expr | Rule::no_value => value = Some(self.value(kid, around)),
                _ => self.stray(&kid, around),
            }
        }
        (name, ty, value)
    }

    /// `fn`
    fn function(&mut self, pair: Pair<'_>) -> Function {
        let around = self.around(&pair);
        let end = self.end_of(&pair);
        let mut function =
            Function { name: Self::nameless(end), params: Vec::new(), result: None, body: Self::missing(end.start as usize) };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => function.name = self.name(&kid),
                Rule::params => function.params = self.params(kid),
                Rule::full_type => function.result = Some(self.full_type(kid)),
                Rule::expr | Rule::no_value => function.body = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        function
    }

    /// `(n: Int, m: Size)`
    fn params(&mut self, pair: Pair<'_>) -> Vec<(Name, Option<Type>)> {
        let around = self.around(&pair);
        let mut params = Vec::new();
        for kid in pair.into_inner() {
            if kid.as_rule() == Rule::parameter {
                let (name, ty, _) = self.typed(kid);
                params.push((name, ty));
            } else {
                self.stray(&kid, around);
            }
        }
        params
    }

    /// `type`
    fn alias(&mut self, pair: Pair<'_>) -> TypeAlias {
        let (name, ty, _) = self.typed(pair);
        TypeAlias { name, ty }
    }

    /// `enum`
    fn enumeration(&mut self, pair: Pair<'_>) -> Enumeration {
        let around = self.around(&pair);
        let mut found = Enumeration { name: Self::nameless(self.end_of(&pair)), values: Vec::new() };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => found.name = self.name(&kid),
                Rule::variants => found.values = self.names(kid),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// All names in a pair.
    pub(super) fn names(&mut self, pair: Pair<'_>) -> Vec<Name> {
        let around = self.around(&pair);
        let mut names = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::name => names.push(self.name(&kid)),
                _ => self.stray(&kid, around),
            }
        }
        names
    }

    /// `extend`
    fn extend(&mut self, pair: Pair<'_>) -> Extend {
        let around = self.around(&pair);
        let mut extend = Extend { target: Self::nameless(self.end_of(&pair)), rows: Vec::new() };
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::path => extend.target = self.name(&kid),
                Rule::record => extend.rows = self.record(kid),
                _ => self.stray(&kid, around),
            }
        }
        extend
    }

    /// Lets `above` be used by bodies without borrowing the lowering twice.
    pub(super) fn fresh_above() -> Above {
        Above::default()
    }
}
