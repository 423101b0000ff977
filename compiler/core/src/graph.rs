//! What refers to what? Declarations and references of a program as a graph in the DOT language.

use crate::{
    model::Model,
    program::Program,
    typing,
    value::{InstanceId, Value},
};
use std::fmt::Write as _;

/// The graph, the same for the same program.
pub(crate) fn dot(program: &Program<'_>) -> String {
    typing::check(program);
    let model = Model::new(program);
    let mut out = String::from("digraph program {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (_, instance) in model.all().filter(|(_, i)| i.parent.is_none()) {
        let kind = &model.program.kind(instance.kind).path;
        let style = if instance.existing { ", style=dashed" } else { "" };
        let _ = writeln!(out, "  {} [label={}{style}];", quoted(&instance.address), quoted(&format!("{}\n{kind}", instance.address)));
    }
    for (id, instance) in model.all() {
        let from = &model.instance(model.root(id)).address;
        for (number, def) in model.program.kind(instance.kind).fields.iter().enumerate() {
            let mut found = vec![];
            references(&model.field(id, number).v, &mut found);
            for target in found {
                let to = &model.instance(model.root(target)).address;
                if from != to {
                    let _ = writeln!(out, "  {} -> {} [label={}];", quoted(from), quoted(to), quoted(&def.name));
                }
            }
        }
    }
    out.push_str("}\n");
    out
}

fn references(value: &Value, out: &mut Vec<InstanceId>) {
    match value {
        Value::Ref(id) => out.push(*id),
        Value::List(list) => list.iter().for_each(|v| references(&v.v, out)),
        Value::Map(map) => map.iter().for_each(|(_, v)| references(&v.v, out)),
        _ => {}
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
