//! What refers to what? Declarations and references of a program as a graph in the DOT language: servers hold their services, moves are
//! bold arrows, networks stand apart.

use crate::{
    model::{Instance, Model},
    program::Program,
    typing,
    value::{InstanceId, Value},
};
use std::fmt::Write as _;

/// The graph, the same for the same program.
pub(crate) fn dot(program: &Program<'_>) -> String {
    typing::check(program);
    let model = Model::new(program);
    let picture = Picture { model: &model };
    let mut out = String::from(
        "digraph program {\n  rankdir=LR;\n  fontname=\"sans-serif\";\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n",
    );
    let tops: Vec<InstanceId> = model.all().filter(|(_, i)| i.parent.is_none()).map(|(id, _)| id).collect();
    for server in tops.iter().filter(|id| model.is_noun(**id, "server")) {
        let here = |id: &&InstanceId| **id == *server || picture.server_of(**id) == Some(*server);
        picture.group(&format!("server {}", model.instance(*server).address), "", tops.iter().filter(here), &mut out);
    }
    let networks: Vec<&InstanceId> = tops.iter().filter(|id| model.is_noun(**id, "network")).collect();
    if !networks.is_empty() {
        picture.group("networks", "networks", networks.into_iter(), &mut out);
    }
    // What a program says of itself refers to nothing.
    let elsewhere =
        |id: InstanceId| ["server", "network", "project"].iter().any(|noun| model.is_noun(id, noun)) || picture.server_of(id).is_some();
    for id in tops.iter().filter(|id| !elsewhere(**id)) {
        picture.node(*id, "  ", &mut out);
    }
    for (id, instance) in model.all() {
        picture.edges(id, instance, &mut out);
    }
    out.push_str("}\n");
    out
}

struct Picture<'m, 'p, 'a> {
    model: &'m Model<'p, 'a>,
}

impl Picture<'_, '_, '_> {
    /// The server that a service runs on.
    fn server_of(&self, id: InstanceId) -> Option<InstanceId> {
        if !self.model.is_noun(id, "service") {
            return None;
        }
        match self.model.get(id, "on").v {
            Value::Ref(server) => Some(self.model.root(server)),
            _ => None,
        }
    }

    fn group<'i>(&self, name: &str, label: &str, members: impl Iterator<Item = &'i InstanceId>, out: &mut String) {
        let _ = writeln!(out, "  subgraph {} {{\n    label={};\n    style=rounded;", quoted(&format!("cluster {name}")), quoted(label));
        for id in members {
            self.node(*id, "    ", out);
        }
        out.push_str("  }\n");
    }

    fn node(&self, id: InstanceId, indent: &str, out: &mut String) {
        let instance = self.model.instance(id);
        let kind = &self.model.program.kind(instance.kind).path;
        let mut style = String::new();
        if self.model.is_noun(id, "server") {
            style.push_str(", penwidth=2");
        }
        if self.model.is_noun(id, "network") {
            style.push_str(", shape=ellipse");
        }
        if self.model.is_noun(id, "move") {
            style.push_str(", shape=cds, margin=\"0.3,0.1\", penwidth=2");
        }
        if instance.existing {
            style.push_str(", style=dashed");
        }
        let label = quoted(&format!("{}\n{kind}", instance.address));
        let _ = writeln!(out, "{indent}{} [label={label}{style}];", quoted(&instance.address));
    }

    /// References of a declaration and of what stands in it; where a service runs is shown by its group.
    fn edges(&self, id: InstanceId, instance: &Instance<'_>, out: &mut String) {
        let root = self.model.root(id);
        let is_move = self.model.is_noun(id, "move");
        for (number, def) in self.model.program.kind(instance.kind).fields.iter().enumerate() {
            let mut found = vec![];
            references(&self.model.field(id, number).v, &mut found);
            for target in found.into_iter().map(|t| self.model.root(t)).filter(|t| *t != root) {
                if def.name == "on" && self.server_of(id) == Some(target) {
                    continue;
                }
                let (mut from, mut to) = (quoted(&self.model.instance(root).address), quoted(&self.model.instance(target).address));
                let way = is_move && matches!(def.name.as_str(), "from" | "to");
                if way && def.name == "from" {
                    std::mem::swap(&mut from, &mut to);
                }
                let bold = if way { ", style=bold, penwidth=3" } else { "" };
                let _ = writeln!(out, "  {from} -> {to} [label={}{bold}];", quoted(&def.name));
            }
        }
    }
}

/// Declarations that a value names.
pub(crate) fn references(value: &Value, out: &mut Vec<InstanceId>) {
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
