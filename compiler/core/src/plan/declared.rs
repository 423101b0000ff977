//! What of a declaration outlives a run? Fields that only grow or are fixed, `@keep`, and the name it had before.
//!
//! Reads the model; what that means against a state is decided in `settled` and `renamed`.

use super::called;
use crate::{
    arithmetic,
    model::{Instance, Model},
    program::FieldDef,
    source::Loc,
    value::{InstanceId, Val, Value},
};
use mig_plan::{Digest, Origin, Recorded};
use mig_syntax::ast::{self, ExprKind};
use std::collections::BTreeSet;

/// No longer text is kept in the state as it is.
const TEXT_MAX_BYTES: usize = 200;

/// A declaration, as far as the state has to remember it.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) address: String,
    pub(super) kind: String,
    /// The server that it is or stands in.
    pub(super) server: Option<String>,
    /// Where `@keep` stands.
    pub(super) keep: Option<Loc>,
    /// The old address, and where `@moved` stands.
    pub(super) moved: Option<(String, Loc)>,
    pub(super) fields: Vec<Classed>,
    /// Has its kind a lifecycle, which says what comes of a change?
    pub(super) managed: bool,
    pub(super) origin: Origin,
}

/// A field with a class word, and its value.
#[derive(Debug, Clone)]
pub(super) struct Classed {
    pub(super) name: String,
    pub(super) grows: bool,
    pub(super) value: Recorded,
    pub(super) at: Loc,
}

/// Declarations that are migc's to change and have something to remember.
pub(super) fn read(model: &Model<'_, '_>) -> Vec<Declared> {
    model.all().filter(|(_, i)| !i.existing).filter_map(|(id, i)| declared(model, id, i)).collect()
}

fn declared(model: &Model<'_, '_>, id: InstanceId, instance: &Instance<'_>) -> Option<Declared> {
    let kind = model.program.kind(instance.kind);
    let loc = |span| model.program.loc(instance.module, span);
    let annotation = |name: &str| instance.annotations.iter().find(|a| a.name.text == name);
    let keep = annotation("keep").map(|a| loc(a.span));
    let moved = annotation("moved").and_then(|a| Some((old_address(a, instance)?, loc(a.span))));
    let managed = called::is_managed(model, instance);
    let numbered = kind.fields.iter().enumerate();
    let fields: Vec<Classed> = numbered.filter_map(|(number, field)| classed(model, id, number, field, managed)).collect();
    if keep.is_none() && moved.is_none() && fields.is_empty() {
        return None;
    }
    let root = model.root(id);
    Some(Declared {
        address: instance.address.to_string(),
        kind: kind.path.to_string(),
        server: model.is_noun(root, "server").then(|| model.instance(root).address.to_string()),
        keep,
        moved,
        fields,
        managed,
        origin: model.program.syntax.texts.origin(instance.at),
    })
}

/// The address that `@moved(from = old)` names; above one of many, the one of the same key.
fn old_address(annotation: &ast::Annotation, instance: &Instance<'_>) -> Option<String> {
    let [arg] = annotation.args.as_slice() else { return None };
    let from = path(&arg.value)?;
    Some(match &instance.key {
        Some(key) => format!("{from}[\"{key}\"]"),
        None => from,
    })
}

/// `a`, `a.b`, `a["k"]`
pub(crate) fn path(e: &ast::Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Dot(inner, name) => Some(format!("{}.{}", path(inner)?, name.text)),
        ExprKind::Index(inner, key) => match &key.kind {
            ExprKind::Str(parts) => match parts.as_slice() {
                [ast::Part::Text(key)] => Some(format!("{}[\"{key}\"]", path(inner)?)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Of a kind with a lifecycle all that a program says is remembered, but for what orders it only.
fn classed(model: &Model<'_, '_>, id: InstanceId, number: usize, field: &FieldDef<'_>, managed: bool) -> Option<Classed> {
    let grows = field.classes.iter().any(|c| c.word.text == "grows");
    let fixed = field.classes.iter().any(|c| c.word.text == "fixed");
    if !grows && !fixed && (!managed || field.derived) {
        return None;
    }
    let value = model.field(id, number);
    let orders = match &value.v {
        Value::List(list) => list.iter().all(|v| matches!(v.v, Value::Ref(_))),
        other => matches!(other, Value::Ref(_)),
    };
    if managed && !fixed && orders {
        return None;
    }
    let value = recorded(model, &value, managed)?;
    Some(Classed { name: field.name.to_string(), grows, value, at: model.entry(id, number) })
}

/// A value as the state keeps it; what is not known now is not kept.
fn recorded(model: &Model<'_, '_>, value: &Val, managed: bool) -> Option<Recorded> {
    if !value.is_known() || (matches!(value.v, Value::Secret(_)) && !managed) {
        return None;
    }
    Some(Recorded {
        value: match &value.v {
            Value::Sh(script) => short(format!("{} {:?}", script.text, script.words)),
            other if managed => short(model.show(other)),
            other => model.show(other),
        },
        amount: arithmetic::scalar(&value.v).map(crate::quantity::Quantity::parts),
        reference: matches!(value.v, Value::Ref(_)),
    })
}

/// A long text is remembered by its digest.
fn short(text: String) -> String {
    if text.len() > TEXT_MAX_BYTES { Digest::of_bytes(text.as_bytes()).to_string() } else { text }
}

/// Every address of the program, and the names that keys stand behind.
pub(super) fn addresses(model: &Model<'_, '_>) -> BTreeSet<String> {
    model.all().map(|(_, i)| i.address.to_string()).collect()
}
