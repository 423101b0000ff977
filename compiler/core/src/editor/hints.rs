//! What does a program not say, though it holds? Derived and default values beside a declaration, the type beside a `let`.

use super::{
    context::touches,
    module_of,
    walk::{self, Node},
};
use crate::{
    Loaded,
    infer::Typer,
    model::Model,
    program::{FieldDef, Program, Symbol},
    types::{ModuleId, Type},
    typing,
    value::{InstanceId, Value},
};
use mig_syntax::ast::{Declaration, ItemKind};

/// A text that is shown beside the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Before this byte.
    pub at: usize,
    /// What is shown.
    pub text: String,
    /// More, where somebody asks.
    pub more: String,
    /// Is it a type, rather than values?
    pub is_type: bool,
}

/// So many values are shown beside a declaration.
const VALUES_SHOWN_MAX: usize = 3;
/// A longer value is left to the tooltip.
const VALUE_CHARS_MAX: usize = 24;
/// Of a request.
const HINTS_MAX: usize = 1_000;

/// The hints of a part of a text.
pub fn hints(loaded: &Loaded, file: &str, from: usize, to: usize) -> Vec<Hint> {
    let Some((module, found)) = module_of(&loaded.syntax, file) else { return vec![] };
    let program = Program::new(&loaded.syntax);
    typing::check(&program);
    let model = Model::new(&program);
    let asked = Asked { program: &program, model: &model, module, text: loaded.syntax.texts.text(found.file) };
    let mut list = vec![];
    for item in found.tree.items.iter().filter(|i| (i.span.end as usize) >= from && (i.span.start as usize) <= to) {
        if let ItemKind::Let(l) = &item.kind
            && l.ty.is_none()
        {
            let ty = Typer { program: &program }.symbol(module, &Symbol::Let(l));
            if !matches!(ty, Type::Error) {
                list.push(Hint { at: l.name.span.end as usize, text: format!(": {ty}"), more: String::new(), is_type: true });
            }
        }
        walk::item(item, &mut |node| {
            if let Node::Declaration(d) = node {
                list.extend(asked.declaration(d));
            }
        });
    }
    list.retain(|h| from <= h.at && h.at <= to);
    list.truncate(HINTS_MAX);
    list
}

struct Asked<'q, 'p, 'a> {
    program: &'p Program<'a>,
    model: &'q Model<'p, 'a>,
    module: ModuleId,
    text: &'q str,
}

impl Asked<'_, '_, '_> {
    /// At the end of the line of the declaration's brace. One of many has no values of its own.
    fn declaration(&self, d: &Declaration) -> Option<Hint> {
        if d.keys.is_some() {
            return None;
        }
        let (id, _) = self.model.all().find(|(_, i)| i.tree.is_some_and(|t| std::ptr::eq(t, d)) && i.module == self.module)?;
        let kind = self.program.kind(self.model.instance(id).kind);
        let all = |derived: bool| kind.fields.iter().enumerate().filter(move |(_, f)| f.derived == derived);
        let values: Vec<String> = all(true).chain(all(false)).filter_map(|(number, f)| self.value(id, number, f)).collect();
        let shown: Vec<&str> =
            values.iter().filter(|v| v.chars().count() <= VALUE_CHARS_MAX).take(VALUES_SHOWN_MAX).map(String::as_str).collect();
        if shown.is_empty() {
            return None;
        }
        let head = d.kind.as_ref().unwrap_or(&d.name).span.end as usize;
        let line = self.text.get(head..)?;
        let at = head + line.find('\n').map_or(line.len(), |end| line[..end].trim_end().len());
        let rest = if values.len() > shown.len() { ", …" } else { "" };
        let text = format!("{}{rest}", shown.join(", "));
        touches(d.span, head).then_some(Hint { at, text, more: values.join("\n"), is_type: false })
    }

    /// `cpus = 2`, where nobody wrote it and it is known.
    fn value(&self, id: InstanceId, number: usize, field: &FieldDef<'_>) -> Option<String> {
        let written = self.model.instance(id).written.get(number).copied().flatten().is_some();
        if written || field.value.is_none() {
            return None;
        }
        let value = self.model.field(id, number);
        let empty = match &value.v {
            Value::List(list) => list.is_empty(),
            Value::Map(map) => map.iter().next().is_none(),
            Value::Str(text) => text.is_empty(),
            Value::Secret(_) => true,
            _ => false,
        };
        let text = self.model.show(&value.v);
        let known = value.is_known() && !matches!(value.v, Value::Absent | Value::Error) && !empty;
        known.then(|| format!("{} = {}", field.name, text.replace(['\n', '\r'], " ")))
    }
}
