//! Which function is called around a byte, and what may its brackets hold? Its parameters, and those that have no value yet.

use super::{
    context::{docs_of, expression_at, head_of},
    module_of,
};
use crate::{
    Loaded,
    program::{Program, Symbol, symbol_name},
    signatures::FUNCTIONS,
    types::ModuleId,
};
use mig_syntax::ast::{self, Arg, Expr, ExprKind};

/// How a function is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `fn gb(n: Int) -> Size`
    pub label: String,
    /// Where each parameter stands in the label, in bytes.
    pub parameters: Vec<(usize, usize)>,
    /// The parameter whose value stands at the byte.
    pub active: Option<usize>,
    /// What is written above its declaration.
    pub docs: String,
}

/// How the function is called whose brackets are around a byte.
pub fn signature(loaded: &Loaded, file: &str, byte: usize) -> Option<Signature> {
    let (module, found) = module_of(&loaded.syntax, file)?;
    let program = Program::new(&loaded.syntax);
    let call = Call::around(&program, module, &found.tree, byte)?;
    let label = call.head(&program);
    let mut from = label.find('(')? + 1;
    let parameters = call.parameters.iter().filter_map(|name| {
        let start = from + label.get(from..)?.find(name.as_str())?;
        let end = start + label.get(start..)?.find([',', ')'])?;
        from = end;
        Some((start, end))
    });
    let parameters = parameters.collect();
    let docs = call.own.as_ref().map_or("", |(module, symbol)| docs_of(&loaded.syntax, *module, symbol_name(symbol).span)).to_owned();
    Some(Signature { label, parameters, active: call.active(loaded.syntax.texts.text(found.file), byte), docs })
}

/// A call of a function that has a name.
pub(super) struct Call<'a> {
    name: &'a str,
    /// Names of its parameters.
    parameters: Vec<String>,
    /// Where the program declares it.
    own: Option<(ModuleId, Symbol<'a>)>,
    args: &'a [Arg],
    /// Where its brackets open.
    open: usize,
}

impl<'a> Call<'a> {
    /// The innermost one whose brackets are around a byte.
    pub(super) fn around(program: &Program<'a>, module: ModuleId, tree: &'a ast::Module, byte: usize) -> Option<Self> {
        let text = program.syntax.texts.text(program.loc(module, ast::Span::default()).file);
        let is_inside = |e: &Expr| matches!(&e.kind, ExprKind::Call(callee, _) if is_between(text, e, callee, byte));
        let e = expression_at(tree, byte, is_inside)?;
        let ExprKind::Call(callee, args) = &e.kind else { return None };
        let ExprKind::Name(name) = &callee.kind else { return None };
        let own = program.find_value(module, name).filter(|(_, symbol)| matches!(symbol, Symbol::Fn(_)));
        let parameters = match &own {
            Some((_, Symbol::Fn(function))) => function.params.iter().map(|p| p.0.text.to_string()).collect(),
            _ => FUNCTIONS.iter().find(|f| f.0 == name)?.1.iter().map(|p| (*p).to_owned()).collect(),
        };
        Some(Self { name, parameters, own, args, open: callee.span.end as usize })
    }

    fn head(&self, program: &Program<'a>) -> String {
        match &self.own {
            Some((module, symbol)) => head_of(program, *module, symbol),
            None => format!("fn {}({})", self.name, self.parameters.join(", ")),
        }
    }

    /// Parameters that have no value, if an argument may begin at the byte.
    pub(super) fn missing(&self, text: &str, byte: usize) -> Vec<&str> {
        let before = text.get(self.open..byte).unwrap_or("").trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if !before.trim_end().ends_with(['(', ',']) {
            return vec![];
        }
        let is_before = |arg: &&Arg| (arg.value.span.end as usize) < byte;
        let positional = self.args.iter().filter(is_before).filter(|a| a.name.is_none()).count();
        let is_given = |name: &str| self.args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.text == name));
        self.parameters.iter().skip(positional).map(String::as_str).filter(|name| !is_given(name)).collect()
    }

    /// The number of the parameter whose value stands at the byte.
    fn active(&self, text: &str, byte: usize) -> Option<usize> {
        let position = self.args.iter().take_while(|a| has_comma_behind(text, a, byte)).count();
        let given = self.args.get(position).and_then(|a| a.name.as_ref());
        match given {
            Some(given) => self.parameters.iter().position(|p| *p == given.text.as_str()),
            None => Some(position).filter(|p| *p < self.parameters.len()),
        }
    }
}

/// Is the byte between the brackets of a call?
fn is_between(text: &str, e: &Expr, callee: &Expr, byte: usize) -> bool {
    let (open, end) = (callee.span.end as usize, e.span.end as usize);
    let is_closed = text.as_bytes().get(end.wrapping_sub(1)) == Some(&b')');
    open < byte && if is_closed { byte < end } else { byte <= end }
}

/// Does the byte stand behind the comma of an argument?
fn has_comma_behind(text: &str, arg: &Arg, byte: usize) -> bool {
    text.get(arg.value.span.end as usize..byte).is_some_and(|between| between.contains(','))
}
