//! What does a text declare? Items with what stands in them, also of a text that is broken.

use super::module_of;
use crate::Loaded;
use mig_syntax::ast::{self, Declaration, Expr, ExprKind, ItemKind, Part, Span};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlineSort {
    /// `use`
    Module,
    /// `param`, `let`, `output`
    Constant,
    /// `fn`
    Function,
    /// `type`
    Type,
    /// `enum`
    Enum,
    /// A value of an enum.
    Word,
    /// `kind`
    Kind,
    /// A field of a kind.
    Field,
    /// `check`
    Check,
    /// `test`
    Test,
    /// `table`, `extend`
    Table,
    /// A declaration.
    Declaration,
}

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// As people call it.
    pub name: String,
    /// `server`, `aliyun.ecs`; perhaps empty.
    pub detail: String,
    /// What it is.
    pub sort: OutlineSort,
    /// All of it, in bytes.
    pub span: (usize, usize),
    /// Its name, within `span`.
    pub at: (usize, usize),
    /// What stands in it.
    pub children: Vec<Outline>,
}

/// The outline of a text.
pub fn outline(loaded: &Loaded, file: &str) -> Vec<Outline> {
    module_of(&loaded.syntax, file).map(|(_, m)| m.tree.items.iter().filter_map(item).collect()).unwrap_or_default()
}

fn entry(name: &ast::Name, detail: &str, sort: OutlineSort, span: Span) -> Outline {
    let inside = span.start <= name.span.start && name.span.end <= span.end;
    let at = if inside { name.span } else { Span { start: span.start, end: span.start } };
    Outline {
        name: if name.text.is_empty() { "(without a name)".to_owned() } else { name.text.to_string() },
        detail: detail.to_owned(),
        sort,
        span: (span.start as usize, span.end as usize),
        at: (at.start as usize, at.end as usize),
        children: vec![],
    }
}

fn item(item: &ast::Item) -> Option<Outline> {
    let span = item.span;
    Some(match &item.kind {
        ItemKind::Use(_) => return None,
        ItemKind::Param(p) => entry(&p.name, "param", OutlineSort::Constant, span),
        ItemKind::Let(l) => entry(&l.name, "let", OutlineSort::Constant, span),
        ItemKind::Output(l) => entry(&l.name, "output", OutlineSort::Constant, span),
        ItemKind::Fn(f) => entry(&f.name, "fn", OutlineSort::Function, span),
        ItemKind::Type(t) => entry(&t.name, "type", OutlineSort::Type, span),
        ItemKind::Table(t) => entry(&t.name, "table", OutlineSort::Table, span),
        ItemKind::Extend(e) => entry(&e.target, "extend", OutlineSort::Table, span),
        ItemKind::Check(c) => entry(&c.name, &c.code.text, OutlineSort::Check, span),
        ItemKind::Enum(e) => {
            let values = e.values.iter().map(|v| entry(v, "", OutlineSort::Word, v.span)).collect();
            Outline { children: values, ..entry(&e.name, "enum", OutlineSort::Enum, span) }
        }
        ItemKind::Kind(k) => {
            let fields = k.fields.iter().map(|f| entry(&f.name, "", OutlineSort::Field, f.span));
            let checks = k.checks.iter().map(|c| entry(&c.name, &c.code.text, OutlineSort::Check, c.span));
            let children = fields.chain(k.declarations.iter().map(declaration)).chain(checks).collect();
            Outline { children, ..entry(&k.name, "kind", OutlineSort::Kind, span) }
        }
        ItemKind::Test(t) => {
            let name = ast::Name { text: title(&t.title).into(), span: t.title.span };
            Outline { children: t.declarations.iter().map(declaration).collect(), ..entry(&name, "test", OutlineSort::Test, span) }
        }
        ItemKind::Declaration(d) => declaration(d),
    })
}

fn declaration(d: &Declaration) -> Outline {
    let kind = d.kind.as_ref().map_or(String::new(), |k| format!(": {}", k.text));
    let existing = if d.existing { "existing " } else { "" };
    let detail = format!("{existing}{}{kind}", d.noun.text);
    let children = d.children.iter().map(|c| declaration(&c.declaration)).collect();
    Outline { children, ..entry(&d.name, &detail, OutlineSort::Declaration, d.span) }
}

fn title(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Str(parts) => parts.iter().filter_map(|p| if let Part::Text(t) = p { Some(t.as_str()) } else { None }).collect(),
        _ => String::new(),
    }
}
