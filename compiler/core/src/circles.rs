//! Do kinds refine or hold themselves? A component that declares itself would never end, and a kind that needs a child which needs the same could
//! never be written. Looks at every kind, whether it is declared or not, and names the way of each circle.

use crate::{
    infer::Typer,
    program::Program,
    report::{CYCLE, Problem},
    source::Loc,
    types::{KindId, ModuleId},
    ways,
};
use mig_syntax::ast;
use rustc_hash::FxHashSet as HashSet;

/// Why a kind holds another.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Because {
    /// Its body declares one.
    Declares,
    /// Its `children` say that there is one.
    Needs,
}

/// A kind that another holds, and where that is said.
struct Held {
    kind: KindId,
    because: Because,
    at: Loc,
}

impl Program<'_> {
    /// Kinds that refine each other in a circle: the first of them refines nothing then.
    pub(crate) fn cut_circles(&mut self) {
        // By which walk a kind was met first.
        let mut met = vec![usize::MAX; self.kinds.len()];
        for number in 0..self.kinds.len() {
            let mut at = Some(KindId(number as u32));
            while let Some(kind) = at.filter(|k| met[k.0 as usize] == usize::MAX) {
                met[kind.0 as usize] = number;
                at = self.kind(kind).base;
            }
            if let Some(kind) = at.filter(|k| met[k.0 as usize] == number) {
                self.refines_itself(kind);
            }
        }
    }

    fn refines_itself(&mut self, kind: KindId) {
        let mut way = vec![kind];
        while let Some(base) = way.last().and_then(|last| self.kind(*last).base).filter(|base| *base != kind) {
            way.push(base);
        }
        let names = way.iter().chain([&kind]).map(|k| self.kind(*k).path.as_str()).collect::<Vec<_>>().join(" → ");
        let (name, at) = (self.kind(kind).path.clone(), self.kind(kind).at);
        let way = if way.len() == 1 { String::new() } else { format!(": {names}") };
        let message = format!("the kind `{name}` refines itself{way}");
        let help = "leave out `is …` at the kind that the others refine";
        self.report(Problem::error(CYCLE, at, message).help(help));
        self.kinds[kind.0 as usize].base = None;
    }
}

/// Reports each circle once, and returns the kinds of it: what they declare is not there, and what they need is not missed.
pub(crate) fn endless(program: &Program<'_>) -> Vec<KindId> {
    let refined: HashSet<KindId> = program.kinds.iter().filter_map(|k| k.base).collect();
    let held: Vec<Vec<Held>> = (0..program.kinds.len()).map(|number| held(program, KindId(number as u32), &refined)).collect();
    let mut found = vec![];
    let next = |kind: usize, edge: usize| held[kind].get(edge).map(|held: &Held| held.kind.0 as usize);
    ways::circles(held.len(), next, |circle| {
        let circle: Vec<(KindId, &Held)> = circle.iter().map(|(kind, edge)| (KindId(*kind as u32), &held[*kind][*edge])).collect();
        found.extend(circle.iter().map(|(kind, _)| *kind));
        report(program, &circle);
    });
    found
}

/// What each of a kind holds of necessity.
fn held(program: &Program<'_>, id: KindId, refined: &HashSet<KindId>) -> Vec<Held> {
    let mut found = vec![];
    let mut seen = HashSet::default();
    for def in program.with_bases(id) {
        for d in &def.tree.declarations {
            declared(program, def.module, d, None, &mut found);
        }
    }
    found.retain(|h| seen.insert(h.kind));
    let def = program.kind(id);
    // Of a kind that is refined there may be one without such children.
    let needed = def.children.iter().filter(|c| matches!(c.many, ast::Many::One | ast::Many::Some));
    for child in needed.filter(|c| !program.kind(c.kind).tree.is_abstract && !refined.contains(&c.kind)) {
        found.push(Held { kind: child.kind, because: Because::Needs, at: child.at });
    }
    found
}

/// What a declaration in the body of a kind is, with those inside it.
fn declared(program: &Program<'_>, module: ModuleId, d: &ast::Declaration, parent: Option<KindId>, found: &mut Vec<Held>) {
    let Some(kind) = (Typer { program }).declared_kind(module, d, parent) else { return };
    found.push(Held { kind, because: Because::Declares, at: program.loc(module, d.noun.span) });
    for child in &d.children {
        declared(program, module, &child.declaration, Some(kind), found);
    }
}

fn report(program: &Program<'_>, circle: &[(KindId, &Held)]) {
    let (Some((first, _)), Some((_, closing))) = (circle.first(), circle.last()) else { return };
    let first = program.kind(*first);
    let names = circle.iter().chain(circle.first()).map(|(kind, _)| program.kind(*kind).path.as_str());
    let way = if circle.len() == 1 { String::new() } else { format!(": {}", names.collect::<Vec<_>>().join(" → ")) };
    let (message, help) = if circle.iter().any(|(_, held)| held.because == Because::Declares) {
        (format!("the component `{}` holds itself{way}", first.path), "declare the inner one beside it, and refer to it")
    } else {
        (format!("each `{}` would need another one inside{way}", first.path), "let it be left out, as in `disk?` or `disk*`")
    };
    program.report(Problem::error(CYCLE, first.at, message).also(closing.at, "the circle closes here").help(help));
}
