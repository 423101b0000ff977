//! What do dotted keys become? `a.b = 1` is `a = { b = 1 }`, and entries whose dotted keys begin alike are one entry.

use super::{Around, LEVELS_MAX, Lower};
use crate::ast::{Expr, ExprKind, Field, Name, Span};
use smol_str::SmolStr;
use std::collections::HashMap;

impl Lower<'_> {
    /// Goes as deep as the names of a key; is that too deep?
    pub(super) fn deeper(&mut self, levels: usize, around: Around) -> bool {
        self.depth += levels;
        let refused = self.depth > LEVELS_MAX;
        if refused {
            self.too_deep = Some(Span::new(around.start, around.start + 1));
        }
        refused
    }
}

/// A value below the names that follow the first one of its key.
pub(super) fn nested(rest: Vec<Name>, value: Expr) -> Expr {
    rest.into_iter().rev().fold(value, |value, key| {
        let span = key.span.to(value.span);
        let field = Field { key, value, docs: String::new(), annotations: Vec::new(), span };
        Expr { kind: ExprKind::Record(vec![field]), span }
    })
}

/// The fields of one record: those with dotted keys that begin alike are one, where the first of them stands.
pub(super) fn joined(fields: Vec<Field>) -> Vec<Field> {
    if fields.iter().filter(|field| field.is_dotted()).nth(1).is_none() {
        return fields;
    }
    let mut groups: HashMap<SmolStr, usize> = HashMap::new();
    let mut found: Vec<Field> = Vec::with_capacity(fields.len());
    for field in fields {
        if field.is_dotted() {
            if let Some(first) = groups.get(&field.key.text).and_then(|number| found.get_mut(*number)) {
                join(first, field);
                continue;
            }
            groups.insert(field.key.text.clone(), found.len());
        }
        found.push(field);
    }
    for number in groups.into_values() {
        if let Some(Field { value: Expr { kind: ExprKind::Record(inner), .. }, .. }) = found.get_mut(number) {
            *inner = joined(std::mem::take(inner));
        }
    }
    found
}

/// Adds what stands below the key of a field to an earlier one.
fn join(first: &mut Field, mut field: Field) {
    if let (ExprKind::Record(all), ExprKind::Record(more)) = (&mut first.value.kind, &mut field.value.kind) {
        all.append(more);
    }
    first.annotations.append(&mut field.annotations);
    if !first.docs.is_empty() && !field.docs.is_empty() {
        first.docs.push('\n');
    }
    first.docs.push_str(&field.docs);
}
