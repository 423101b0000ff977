//! What stands at a byte? Its type, its value, where that comes from, and what is written about it.

use super::{
    Place,
    context::{self, checks, declarations_at, docs_of, expression_at, head_of, instances_of, named_head},
    module_of, place,
};
use crate::{
    Loaded,
    eval::Scope,
    infer::Typer,
    literal,
    model::Model,
    program::{Program, Symbol, symbol_name},
    signatures::FUNCTIONS,
    source::Loc,
    types::{KindId, ModuleId, Type},
    typing,
    value::{InstanceId, Value},
    watch::{Target, Watch},
    why::{self, Link},
};
use mig_syntax::ast::{self, Declaration, Expr, ExprKind, Span};

/// What is said about a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hover {
    /// Of what; in bytes.
    pub span: (usize, usize),
    /// As it would be written: `size: Size`.
    pub head: String,
    /// What it is now, with where that comes from, one a line.
    pub values: Vec<String>,
    /// What is written above its declaration.
    pub docs: String,
    /// Where it is declared.
    pub declared: Option<Place>,
}

/// What is said about the name or literal at a byte.
pub fn hover(loaded: &Loaded, file: &str, byte: usize) -> Option<Hover> {
    let (module, found) = module_of(&loaded.syntax, file)?;
    let watch = Watch { cursor: Some((found.file, byte as u32)), ..Watch::default() };
    let program = Program::watched(&loaded.syntax, Some(watch));
    typing::check(&program);
    let model = Model::new(&program);
    let asked = Asked { program: &program, model: &model, module, tree: &found.tree, byte };
    asked.check_name().or_else(|| asked.name()).or_else(|| asked.declared()).or_else(|| asked.literal())
}

struct Asked<'q, 'p, 'a> {
    program: &'p Program<'a>,
    model: &'q Model<'p, 'a>,
    module: ModuleId,
    tree: &'a ast::Module,
    byte: usize,
}

impl<'a> Asked<'_, '_, 'a> {
    /// What a name that is used here stands for.
    fn name(&self) -> Option<Hover> {
        let file = self.program.loc(self.module, Span::default()).file;
        let watch = self.program.watch.as_ref()?;
        let uses = watch.uses.borrow();
        let here = uses.iter().filter(|(at, _)| at.file == file && context::touches(at.span, self.byte));
        let (at, target) = here.min_by_key(|(at, _)| (at.span.end - at.span.start, u32::MAX - at.span.start))?;
        let mut hover = self.target(at.span, target);
        hover.declared = self.program.place_of(target).map(|at| place(self.program.syntax, at));
        Some(hover)
    }

    fn target(&self, span: Span, target: &Target<'a>) -> Hover {
        let text = self.program.syntax.texts.slice(self.program.loc(self.module, span)).to_owned();
        match target {
            Target::Symbol(module, symbol) => self.symbol(span, *module, symbol),
            Target::Kind(kind) | Target::Relative(kind) => self.kind(span, *kind),
            Target::Field(kind, number) => self.field(span, *kind, *number),
            Target::Child(module, d) => self.declaration(span, *module, d),
            Target::Named(module, named) => {
                let name = match named {
                    crate::program::NamedType::Alias(alias) => alias.name.span,
                    crate::program::NamedType::Enum(e) => e.name.span,
                };
                let docs = docs_of(self.program.syntax, *module, name).to_owned();
                Hover { docs, ..explained(span, named_head(self.program, *module, named)) }
            }
            Target::Module(id) => {
                let module = self.program.syntax.modules.get(id.0 as usize);
                let docs = module.map_or(String::new(), |m| m.tree.docs.clone());
                Hover { docs, ..explained(span, format!("use {}", module.map_or("", |m| m.name.as_str()))) }
            }
            Target::Function(name) => explained(span, brought(name)),
            Target::Argument(of) => explained(span, format!("{text}, a parameter of {}", brought(of))),
            Target::Method(ty) => explained(span, format!("{ty}.{text}")),
            Target::Word(ty) => explained(span, format!("{text}: {ty}")),
            Target::Local(ty) | Target::Part(ty) => explained(span, format!("{text}: {ty}")),
            Target::Parameter(at) => explained(span, format!("{text}, a parameter of the function at line {}", self.line(*at))),
        }
    }

    fn line(&self, at: Loc) -> u32 {
        self.program.syntax.texts.origin(at).line
    }

    fn symbol(&self, span: Span, module: ModuleId, symbol: &Symbol<'a>) -> Hover {
        if let Symbol::Declaration(d) = symbol {
            return self.declaration(span, module, d);
        }
        let name = symbol_name(symbol);
        let mut hover = explained(span, head_of(self.program, module, symbol));
        docs_of(self.program.syntax, module, name.span).clone_into(&mut hover.docs);
        if matches!(symbol, Symbol::Let(_) | Symbol::Param(_)) {
            let value = self.model.symbol_value(module, &name.text, symbol, Loc::default());
            hover.values = shown(&self.model.show(&value.v), &value.v).into_iter().collect();
        }
        hover
    }

    fn declaration(&self, span: Span, module: ModuleId, d: &Declaration) -> Hover {
        let mut hover = explained(span, context::declared(d));
        docs_of(self.program.syntax, module, d.name.span).clone_into(&mut hover.docs);
        let instances = instances_of(self.model, d);
        let addresses: Vec<String> = instances.iter().take(KEYS_SHOWN_MAX).map(|(_, i)| format!("`{}`", i.address)).collect();
        if instances.len() > 1 {
            let more =
                if instances.len() > addresses.len() { format!(" and {} more", instances.len() - addresses.len()) } else { String::new() };
            hover.values.push(format!("{}{more}", addresses.join(", ")));
        }
        hover
    }

    fn kind(&self, span: Span, kind: KindId) -> Hover {
        let def = self.program.kind(kind);
        let word = if def.tree.is_abstract { "abstract kind" } else { "kind" };
        let base = def.base.map_or(String::new(), |b| format!(" is {}", self.program.kind(b).path));
        let docs = docs_of(self.program.syntax, def.module, def.at.span).to_owned();
        Hover { docs, ..explained(span, format!("{word} {}{base}", def.path)) }
    }

    fn field(&self, span: Span, kind: KindId, number: usize) -> Hover {
        let Some(def) = self.program.kind(kind).fields.get(number) else { return explained(span, String::new()) };
        let env = crate::infer::Env::body(def.module, def.kind);
        let ty = if def.has_type { def.typed.ty.clone() } else { Typer { program: self.program }.field_type(&env, def) };
        let classes = def.classes.iter().fold(String::new(), |all, c| format!("{all} {}", c.word.text));
        let mut hover = explained(span, format!("{}: {ty}{classes}", def.name));
        def.docs.clone_into(&mut hover.docs);
        if let Some((id, number)) = self.field_instance(span, &def.name) {
            hover.values = why::field(self.model, id, number).iter().map(told).collect();
        }
        hover
    }

    /// The field of which declaration is meant: the one whose entry stands here, or what is before the `.`.
    fn field_instance(&self, span: Span, name: &str) -> Option<(InstanceId, usize)> {
        let number = |id: InstanceId| self.program.kind(self.model.instance(id).kind).by_name.get(name).copied();
        let around = declarations_at(self.tree, self.byte);
        let inner = around.last().and_then(|d| instances_of(self.model, d).first().map(|(id, _)| *id));
        let is_dot = |e: &Expr| matches!(&e.kind, ExprKind::Dot(_, n) if n.span == span);
        if let Some(Expr { kind: ExprKind::Dot(receiver, _), .. }) = expression_at(self.tree, self.byte, is_dot) {
            let scope = Scope { me: inner, ..Scope::module(self.module) };
            let Value::Ref(id) = self.model.eval(&scope, receiver).v else { return None };
            return Some((id, number(id)?));
        }
        let is_entry = around.last()?.fields.iter().any(|f| f.key.span == span);
        let id = inner.filter(|_| is_entry)?;
        Some((id, number(id)?))
    }

    /// The name of something that is declared here.
    fn declared(&self) -> Option<Hover> {
        if let Some(d) = declarations_at(self.tree, self.byte).last()
            && context::touches(d.name.span, self.byte)
            && !d.name.text.is_empty()
        {
            return Some(self.declaration(d.name.span, self.module, d));
        }
        let here = |span: Span| context::touches(span, self.byte);
        let scopes = [self.program.scopes.get(self.module.0 as usize)?, &self.program.prelude];
        let mut values = scopes.iter().flat_map(|s| s.values.values());
        if let Some((_, symbol)) = values.find(|(m, s)| *m == self.module && here(symbol_name(s).span)) {
            return Some(self.symbol(symbol_name(symbol).span, self.module, symbol));
        }
        let kinds = self.program.kinds.iter().enumerate().filter(|(_, k)| k.module == self.module);
        for (number, kind) in kinds {
            if here(kind.at.span) {
                return Some(self.kind(kind.at.span, KindId(number as u32)));
            }
            if let Some(field) = kind.tree.fields.iter().find(|f| here(f.name.span)) {
                return kind.by_name.get(&field.name.text).map(|n| self.field(field.name.span, KindId(number as u32), *n));
            }
        }
        None
    }

    /// The check that an `@allow` names, or that is declared here.
    fn check_name(&self) -> Option<Hover> {
        let is_name = |e: &Expr| matches!(&e.kind, ExprKind::Name(_));
        let in_allow = self.tree.items.iter().flat_map(|i| &i.annotations).find(|a| context::touches(a.span, self.byte));
        let declared = self.tree.items.iter().flat_map(context::checks_of).find(|c| context::touches(c.name.span, self.byte));
        let (span, check) = match (in_allow, declared) {
            (Some(allow), _) if allow.name.text == "allow" => {
                let arg = allow.args.first().filter(|a| context::touches(a.value.span, self.byte) && is_name(&a.value))?;
                let ExprKind::Name(name) = &arg.value.kind else { return None };
                (arg.value.span, checks(self.program.syntax).find(|c| c.is_called(name))?)
            }
            (_, Some(check)) => (check.name.span, check),
            _ => return None,
        };
        let mark = if check.unsilenceable { "!" } else { "" };
        let head = format!("check {}: {} {}{mark}", check.name.text, check.code.text, check.severity.text);
        Some(Hover { docs: check.docs.clone(), ..explained(span, head) })
    }

    fn literal(&self) -> Option<Hover> {
        let e = expression_at(self.tree, self.byte, |e| matches!(e.kind, ExprKind::Literal(_)))?;
        let ExprKind::Literal(l) = &e.kind else { return None };
        let value = literal::parse(l, self.program.loc(self.module, e.span)).ok()?;
        let text = value.v.to_string();
        let mut hover = explained(e.span, format!("{}: {}", l.text, literal::type_of(&value.v)));
        if text != l.text.as_str() {
            hover.values.push(text);
        }
        Some(hover)
    }
}

/// `fn tcp(port, within)`
fn brought(name: &str) -> String {
    let params = FUNCTIONS.iter().find(|f| f.0 == name).map_or(String::new(), |f| f.1.join(", "));
    format!("fn {name}({params})")
}

fn explained(span: Span, head: String) -> Hover {
    Hover { span: (span.start as usize, span.end as usize), head, ..Hover::default() }
}

/// So many of many declarations of one text are named.
const KEYS_SHOWN_MAX: usize = 3;

/// A link of a chain, with its place where that is not here.
fn told(link: &Link) -> String {
    let indent = "  ".repeat(link.depth);
    format!("{indent}{} ({}:{})", link.text, link.origin.file, link.origin.line)
}

fn shown(text: &str, value: &Value) -> Option<String> {
    (!matches!(value, Value::Error | Value::Absent)).then(|| format!("is {text}"))
}

/// Has the type parts that can be asked for?
pub(super) fn is_reference(ty: &Type) -> Option<KindId> {
    match ty.plain() {
        Type::Ref(kind, _) => Some(*kind),
        _ => None,
    }
}
