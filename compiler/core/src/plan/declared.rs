//! What of a declaration outlives a run? Fields that only grow or are fixed, `@keep`, and the name it had before.
//!
//! Reads the model; what that means against a state is decided in `settled` and `renamed`.

use crate::{
    arithmetic,
    model::{Instance, Model},
    program::FieldDef,
    source::Loc,
    value::{InstanceId, Val, Value},
};
use mig_plan::{Origin, Recorded};
use mig_syntax::ast::{self, ExprKind};
use std::collections::BTreeSet;

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
    let fields: Vec<Classed> = kind.fields.iter().enumerate().filter_map(|(number, field)| classed(model, id, number, field)).collect();
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

fn classed(model: &Model<'_, '_>, id: InstanceId, number: usize, field: &FieldDef<'_>) -> Option<Classed> {
    let grows = field.classes.iter().any(|c| c.word.text == "grows");
    let fixed = field.classes.iter().any(|c| c.word.text == "fixed");
    if !grows && !fixed {
        return None;
    }
    let value = recorded(model, &model.field(id, number))?;
    Some(Classed { name: field.name.to_string(), grows, value, at: model.entry(id, number) })
}

/// A value as the state keeps it; what is not known now is not kept.
fn recorded(model: &Model<'_, '_>, value: &Val) -> Option<Recorded> {
    if !value.is_known() || matches!(value.v, Value::Secret(_)) {
        return None;
    }
    Some(Recorded {
        value: model.show(&value.v),
        amount: arithmetic::scalar(&value.v).map(crate::quantity::Quantity::parts),
        reference: matches!(value.v, Value::Ref(_)),
    })
}

/// Every address of the program, and the names that keys stand behind.
pub(super) fn addresses(model: &Model<'_, '_>) -> BTreeSet<String> {
    model.all().map(|(_, i)| i.address.to_string()).collect()
}
