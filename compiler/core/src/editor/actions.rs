//! What mends a problem? The fixes that it carries, and an `@allow` with a reason where a check may be silenced.

use super::{
    Place,
    context::{checks, declarations_at},
    module_of,
};
use crate::Loaded;
use mig_plan::Diagnostic;

/// An edit that somebody may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// In the imperative.
    pub title: String,
    /// What is replaced, by what; in no particular order, never overlapping.
    pub edits: Vec<(Place, String)>,
    /// Does it mend the problem, rather than silence it?
    pub mends: bool,
}

/// What may be done about a problem.
pub fn actions(loaded: &Loaded, problem: &Diagnostic) -> Vec<Action> {
    let mut list: Vec<Action> = vec![];
    for fix in &problem.fixes {
        let edits = fix.edits.iter().map(|e| {
            let place = Place { file: e.file.clone(), start: e.span.start.byte as usize, end: e.span.end.byte as usize };
            (place, e.text.clone())
        });
        list.push(Action { title: fix.title.clone(), edits: edits.collect(), mends: true });
    }
    list.extend(allow(loaded, problem));
    list
}

/// `@allow(name, "…")` above the declaration that the problem is reported at.
fn allow(loaded: &Loaded, problem: &Diagnostic) -> Option<Action> {
    let syntax = &loaded.syntax;
    checks(syntax).find(|c| c.code.text == problem.code && c.name.text == problem.name && !c.unsilenceable)?;
    let (_, module) = module_of(syntax, &problem.file).filter(|(_, m)| m.own)?;
    let declaration = declarations_at(&module.tree, problem.span.start.byte as usize).last().copied()?;
    let text = syntax.texts.text(module.file);
    let start = declaration.span.start as usize;
    let line = text.get(..start)?.rfind('\n').map_or(0, |i| i + 1);
    let indent = text.get(line..start)?;
    let annotation = format!("@allow({}, \"say here why it is fine\")", problem.name);
    // Behind something else on its line it stands before the declaration, where annotations may stand too.
    let between = if indent.trim().is_empty() { format!("\n{indent}") } else { " ".to_owned() };
    let place = Place { file: problem.file.clone(), start, end: start };
    Some(Action {
        title: format!("allow `{}` here, with a reason", problem.name),
        edits: vec![(place, format!("{annotation}{between}"))],
        mends: false,
    })
}
