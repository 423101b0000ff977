//! Do functions call themselves? Looks at every function, whether it is called or not, and names the way of each circle.
//!
//! Those of the standard library name nothing of a program, so no circle goes through them; a test looks at them.
//!
//! Circles that go through fields are met where values are computed.

use crate::{
    program::{Program, Symbol},
    report::{CYCLE, Problem},
    source::Loc,
    types::ModuleId,
    walk::parts,
    ways,
};
use mig_syntax::ast::{self, Expr, ExprKind};
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;

/// Reports each circle of functions once; one function of it has no value then.
pub(crate) fn check(program: &Program<'_>) {
    look(program, |module| module.own);
}

fn look(program: &Program<'_>, wanted: impl Fn(&crate::load::Module) -> bool) {
    let graph = Graph::new(program, wanted);
    let next = |node: usize, edge: usize| graph.nodes[node].uses.get(edge).map(|used| used.0);
    ways::circles(graph.nodes.len(), next, |circle| graph.report(program, circle));
}

/// A function, or a constant that may call one.
struct Node<'a> {
    module: ModuleId,
    name: &'a ast::Name,
    body: &'a Expr,
    is_function: bool,
    /// Its parameters.
    locals: Vec<&'a str>,
    /// What it names, and where.
    uses: Vec<(usize, Loc)>,
}

struct Graph<'a> {
    nodes: Vec<Node<'a>>,
}

impl<'a> Graph<'a> {
    fn new(program: &Program<'a>, wanted: impl Fn(&crate::load::Module) -> bool) -> Self {
        let (mut nodes, mut numbers) = (vec![], HashMap::default());
        for (number, module) in program.syntax.modules.iter().enumerate().filter(|(_, module)| wanted(module)) {
            let id = ModuleId(number as u32);
            for item in &module.tree.items {
                let (name, body, is_function, locals) = match &item.kind {
                    ast::ItemKind::Fn(f) => (&f.name, &f.body, true, f.params.iter().map(|p| p.0.text.as_str()).collect()),
                    ast::ItemKind::Let(l) => (&l.name, &l.value, false, vec![]),
                    _ => continue,
                };
                numbers.entry((id, name.text.clone())).or_insert(nodes.len());
                nodes.push(Node { module: id, name, body, is_function, locals, uses: vec![] });
            }
        }
        for node in &mut nodes {
            let mut named = Named { program, module: node.module, locals: node.locals.clone(), found: vec![] };
            named.look(node.body);
            node.uses = named.found.into_iter().filter_map(|(key, at)| numbers.get(&key).map(|n| (*n, at))).collect();
        }
        Self { nodes }
    }

    /// Constants that need only each other are told where they are computed.
    fn report(&self, program: &Program<'_>, circle: &[(usize, usize)]) {
        let Some(begin) = circle.iter().position(|(n, _)| self.nodes[*n].is_function) else { return };
        let way: Vec<&Node<'_>> = circle.iter().cycle().skip(begin).take(circle.len() + 1).map(|(n, _)| &self.nodes[*n]).collect();
        let (Some(first), Some((last, edge))) = (way.first(), circle.last()) else { return };
        let closes = self.nodes[*last].uses[*edge].1;
        let names = way.iter().map(|n| n.name.text.as_str()).collect::<Vec<_>>().join(" → ");
        let message = if circle.len() == 1 {
            format!("`{}` calls itself", first.name.text)
        } else {
            format!("`{}` calls itself: {names}", first.name.text)
        };
        let problem = Problem::error(CYCLE, program.loc(first.module, first.name.span), message);
        program.report(
            problem.also(closes, "the circle closes here").help("functions do not call themselves; go through a list with its methods"),
        );
        program.broken.borrow_mut().insert(program.loc(first.module, first.body.span));
    }
}

/// Collects the functions and constants that an expression names; a local name is neither.
struct Named<'n, 'a> {
    program: &'n Program<'a>,
    module: ModuleId,
    locals: Vec<&'n str>,
    found: Vec<((ModuleId, SmolStr), Loc)>,
}

impl<'n> Named<'n, '_> {
    fn look(&mut self, e: &'n Expr) {
        match &e.kind {
            ExprKind::Lambda(name, body) => {
                self.locals.push(&name.text);
                self.look(body);
                self.locals.pop();
                return;
            }
            ExprKind::Call(callee, _) => self.note(callee),
            ExprKind::Dot(receiver, _) => {
                self.note(e);
                self.look(receiver);
            }
            _ => self.note(e),
        }
        parts(e, &mut |part| self.look(part));
    }

    fn note(&mut self, e: &Expr) {
        let at = self.program.loc(self.module, e.span);
        let is_local = |name: &SmolStr| self.locals.contains(&name.as_str()) || self.program.words.borrow().contains(&at);
        let (name, found) = match &e.kind {
            ExprKind::Name(name) if !is_local(name) => (name, self.program.find_value(self.module, name)),
            ExprKind::Dot(receiver, name) => (&name.text, self.of_module(receiver, name)),
            _ => return,
        };
        if let Some((owner, Symbol::Fn(_) | Symbol::Let(_))) = found {
            self.found.push(((owner, name.clone()), at));
        }
    }

    /// `net.doubled`: what another module calls so.
    fn of_module(&self, receiver: &Expr, name: &ast::Name) -> Option<(ModuleId, Symbol<'_>)> {
        let ExprKind::Name(first) = &receiver.kind else { return None };
        let target = self.program.used(self.module, first).filter(|_| !self.locals.contains(&first.as_str()))?;
        self.program.scopes.get(target.0 as usize)?.values.get(&name.text).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::{Files, Options, embedded::STDLIB, load, program::Program, typing};

    struct Everything(String);

    impl Files for Everything {
        fn read(&self, path: &str) -> Result<Vec<u8>, String> {
            if path == "main.mig" { Ok(self.0.clone().into_bytes()) } else { Err("there is no such file".to_owned()) }
        }
        fn list(&self) -> Vec<String> {
            vec![]
        }
    }

    #[test]
    fn no_function_of_the_standard_library_calls_itself() {
        let names = STDLIB.iter().filter_map(|(path, _)| path.strip_suffix(".mig").filter(|name| !name.contains('/')));
        let text = names.fold(String::new(), |text, name| text + "use " + name + "\n");
        let loaded = load(&Everything(text), "main.mig", &Options::default());
        let program = Program::new(&loaded.syntax);
        typing::check(&program);
        let count = program.problems.borrow().list.len();
        assert!(program.syntax.modules.len() > 20);
        look(&program, |_| true);
        assert_eq!(program.problems.borrow().list.len(), count);
    }
}
