//! Which values must be there once, and are there twice?

use crate::{
    model::Model,
    report::{NOT_UNIQUE, Problem},
    types::KindId,
    value::{InstanceId, Value},
};
use mig_syntax::ast;
use rustc_hash::FxHashMap;

/// `unique` and `unique in x`: one hash pass a field.
pub(crate) fn run(model: &Model<'_, '_>) {
    for (number, kind) in model.program.kinds.iter().enumerate() {
        for (field, def) in kind.fields.iter().enumerate() {
            let Some(class) = def.classes.iter().find(|c| c.word.text == "unique") else { continue };
            // A field is looked at once, at the kind that declares it.
            if def.at.file != kind.at.file || !kind.tree.fields.iter().any(|f| f.name.text == def.name) {
                continue;
            }
            one_field(model, KindId(number as u32), field, class);
        }
    }
}

fn one_field(model: &Model<'_, '_>, kind: KindId, field: usize, class: &ast::Class) {
    let name = model.program.kind(kind).fields.get(field).map(|f| f.name.clone()).unwrap_or_default();
    let mut seen = FxHashMap::default();
    for reference in model.of_kind(kind).iter() {
        let Value::Ref(id) = reference.v else { continue };
        let Some(number) = model.program.kind(model.instance(id).kind).by_name.get(&name).copied() else { continue };
        let value = model.field(id, number);
        let Some(key) = value.v.identity() else { continue };
        let scope = class.scope.as_ref().map(|s| model.get(id, &s.text).v.identity());
        if scope == Some(None) {
            continue;
        }
        if let Some(first) = seen.insert((scope, key), id) {
            if both_sides_of_a_move(model, first, id) {
                continue;
            }
            let place = model.program.kind(model.instance(first).kind).by_name.get(&name).copied().unwrap_or(number);
            let message = format!(
                "`{}` and `{}` have the same `{name}`: {}",
                model.instance(id).address,
                model.instance(first).address,
                model.show(&value.v)
            );
            let problem = Problem::error(NOT_UNIQUE, model.entry(id, number), message);
            model.program.report(problem.also(model.entry(first, place), "first used here"));
        }
    }
}

/// What leaves one server for another may keep its name: the one stops before the other begins.
fn both_sides_of_a_move(model: &Model<'_, '_>, a: InstanceId, b: InstanceId) -> bool {
    let Some(noun) = model.program.noun("move") else { return false };
    model.of_kind(noun).iter().any(|m| {
        let Value::Ref(id) = m.v else { return false };
        let side = |field: &str| match model.get(id, field).v {
            Value::Ref(server) => Some(server),
            _ => None,
        };
        let (from, to) = (side("from"), side("to"));
        (from == Some(a) && to == Some(b)) || (from == Some(b) && to == Some(a))
    })
}
