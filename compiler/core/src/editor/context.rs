//! What stands around a byte? Items, declarations and expressions of a tree, and the texts that explain them.

use super::walk::{self, Node};
use crate::{
    load::Syntax,
    model::{Instance, Model},
    program::{NamedType, Program, Symbol, symbol_name},
    source::FileId,
    types::ModuleId,
    value::InstanceId,
};
use mig_syntax::ast::{self, Check, Declaration, Expr, ExprKind, Item, ItemKind, Span};

/// Is the byte in the span, or right behind it?
pub fn touches(span: Span, byte: usize) -> bool {
    span.start as usize <= byte && byte <= span.end as usize
}

/// The checks that an item declares.
pub fn checks_of(item: &Item) -> &[Check] {
    match &item.kind {
        ItemKind::Check(check) => std::slice::from_ref(check),
        ItemKind::Kind(kind) => &kind.checks,
        _ => &[],
    }
}

/// Every check of the program.
pub fn checks(syntax: &Syntax) -> impl Iterator<Item = &Check> {
    syntax.modules.iter().flat_map(|m| &m.tree.items).flat_map(checks_of)
}

/// The declarations around a byte, the outermost first.
pub fn declarations_at(module: &ast::Module, byte: usize) -> Vec<&Declaration> {
    let mut found = vec![];
    for item in module.items.iter().filter(|i| touches(i.span, byte)) {
        walk::item(item, &mut |node| {
            if let Node::Declaration(d) = node
                && touches(d.span, byte)
            {
                found.push(d);
            }
        });
    }
    found
}

/// The innermost expression around a byte that is of a form.
pub fn expression_at(module: &ast::Module, byte: usize, form: impl Fn(&Expr) -> bool) -> Option<&Expr> {
    let mut found: Option<&Expr> = None;
    for item in module.items.iter().filter(|i| touches(i.span, byte)) {
        walk::item(item, &mut |node| {
            if let Node::Expr(e) = node
                && touches(e.span, byte)
                && form(e)
                && found.is_none_or(|f| e.span.end - e.span.start <= f.span.end - f.span.start)
            {
                found = Some(e);
            }
        });
    }
    found
}

/// Is the byte in a comment of the file?
pub fn is_comment(syntax: &Syntax, file: FileId, tree: &ast::Module, byte: usize) -> bool {
    let text = syntax.texts.text(file);
    let in_line = |c: &Span| (c.start as usize) < byte && byte <= c.end as usize;
    let documents = || {
        let line = text.get(..byte).unwrap_or("").rsplit('\n').next().unwrap_or("");
        line.trim_start().starts_with("//")
    };
    tree.comments.iter().any(in_line) || documents()
}

/// What is written above a declaration of the program, at the top or inside another.
pub fn docs_of(syntax: &Syntax, module: ModuleId, at: Span) -> &str {
    let items = syntax.modules.get(module.0 as usize).map_or(&[][..], |m| m.tree.items.as_slice());
    let Some(item) = items.iter().find(|i| i.span.start <= at.start && at.end <= i.span.end) else { return "" };
    match &item.kind {
        ItemKind::Declaration(d) if d.name.span != at => child_docs(d, at).unwrap_or(""),
        _ => &item.docs,
    }
}

fn child_docs(d: &Declaration, at: Span) -> Option<&str> {
    d.children.iter().find_map(|c| if c.declaration.name.span == at { Some(c.docs.as_str()) } else { child_docs(&c.declaration, at) })
}

/// The instances that a declaration became.
pub fn instances_of<'m, 'a>(model: &'m Model<'_, 'a>, d: &Declaration) -> Vec<(InstanceId, &'m Instance<'a>)> {
    model.all().filter(|(_, i)| i.tree.is_some_and(|t| std::ptr::eq(t, d))).collect()
}

/// `let big: Size`, `fn gb(n: Int) -> Size`, `server kruskal: aliyun.ecs`, as it is written.
pub fn head_of(program: &Program<'_>, module: ModuleId, symbol: &Symbol<'_>) -> String {
    let name = &symbol_name(symbol).text;
    let slice = |t: &ast::Type| program.syntax.texts.slice(program.loc(module, t.span)).to_owned();
    let typed = |t: &Option<ast::Type>| t.as_ref().map_or(String::new(), |t| format!(": {}", slice(t)));
    match symbol {
        Symbol::Let(l) if l.ty.is_none() => {
            let ty = crate::infer::Typer { program }.symbol(module, symbol);
            format!("let {name}: {ty}")
        }
        Symbol::Let(l) => format!("let {name}{}", typed(&l.ty)),
        Symbol::Param(p) => format!("param {name}{}", typed(&p.ty)),
        Symbol::Table(p) => format!("table {name}{}", typed(&p.ty)),
        Symbol::Fn(f) => {
            let params: Vec<String> = f.params.iter().map(|(n, t)| format!("{}{}", n.text, typed(t))).collect();
            let result = f.result.as_ref().map_or(String::new(), |t| format!(" -> {}", slice(t)));
            format!("fn {name}({}){result}", params.join(", "))
        }
        Symbol::Declaration(d) => declared(d),
    }
}

/// `existing server kruskal: aliyun.ecs`
pub fn declared(d: &Declaration) -> String {
    let existing = if d.existing { "existing " } else { "" };
    let keys = d.keys.as_ref().map_or(String::new(), |k| format!("[{}]", k.0.text));
    let kind = d.kind.as_ref().map_or(String::new(), |k| format!(": {}", k.text));
    format!("{existing}{} {}{keys}{kind}", d.noun.text, d.name.text)
}

/// `type Name = …`, `enum Arch { x86_64, arm64 }`
pub fn named_head(program: &Program<'_>, module: ModuleId, named: &NamedType<'_>) -> String {
    match named {
        NamedType::Alias(alias) => {
            let ty = alias.ty.as_ref().map_or("", |t| program.syntax.texts.slice(program.loc(module, t.span)));
            format!("type {} = {ty}", alias.name.text)
        }
        NamedType::Enum(e) => {
            let values: Vec<&str> = e.values.iter().map(|v| v.text.as_str()).collect();
            format!("enum {} {{ {} }}", e.name.text, values.join(", "))
        }
    }
}

/// Is it text of the program, in which nothing is completed?
pub fn is_text(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Str(_) | ExprKind::Tagged(..))
}
