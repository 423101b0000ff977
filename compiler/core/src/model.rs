//! What does a program declare? Its declarations as instances, with fields that are computed when asked for, once.
//!
//! How an expression is computed stands in `eval`.

use crate::{
    infer::{Typer, key_text},
    program::{FieldDef, Program, Symbol},
    report::{CONTRADICTION, CYCLE, MISSING_FIELD, Problem, STAGE},
    source::Loc,
    types::{KindId, ModuleId, Type},
    value::{Entries, InstanceId, Later, Sort, Val, Value},
};
use mig_syntax::ast;
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

/// A declaration, or one of many of it.
#[derive(Debug)]
pub struct Instance<'a> {
    /// The path of names: `kruskal.system`, `web["a"]`.
    pub address: SmolStr,
    /// Its own name.
    pub name: SmolStr,
    /// Its kind.
    pub kind: KindId,
    /// What it is declared in.
    pub parent: Option<InstanceId>,
    /// What is declared in it.
    pub children: Vec<InstanceId>,
    /// The component whose kind declares it: names in it mean that one's fields and children.
    pub component: Option<InstanceId>,
    /// Its tree; a child that nobody wrote and a survey fills has none.
    pub tree: Option<&'a ast::Declaration>,
    /// The module it stands in.
    pub module: ModuleId,
    /// Is it there already, and left alone?
    pub existing: bool,
    /// Is it there already, and taken over? Under which id?
    pub adopt: Option<SmolStr>,
    /// What stands above it.
    pub annotations: &'a [ast::Annotation],
    /// Where its name stands.
    pub at: Loc,
    /// The name and value of its key.
    pub key: Option<(SmolStr, Val)>,
    /// Entries by number of the field.
    pub written: Vec<Option<&'a ast::Field>>,
    slots: RefCell<Vec<Slot>>,
}

#[derive(Debug, Clone, Default)]
enum Slot {
    #[default]
    Todo,
    Busy,
    Done(Val),
}

/// Components may nest so deep.
const COMPONENT_DEPTH_MAX: usize = 32;

/// All that a program declares.
#[derive(Debug)]
pub struct Model<'p, 'a> {
    /// Names and kinds.
    pub program: &'p Program<'a>,
    /// Instances by number; parents come before their children.
    pub instances: Vec<Instance<'a>>,
    /// Of a declaration without keys, by module and name.
    tops: HashMap<(ModuleId, SmolStr), InstanceId>,
    /// Of a declaration with keys.
    many: HashMap<(ModuleId, SmolStr), Vec<(SmolStr, InstanceId)>>,
    /// Values of `let` and `param`; `None` while they are computed.
    pub(crate) constants: RefCell<HashMap<(ModuleId, SmolStr), Option<Val>>>,
    /// Facts by path, converted.
    pub(crate) facts: RefCell<HashMap<String, Val>>,
    /// What a condition met that it could not decide, and about whom; the check that runs takes it.
    pub(crate) undecided: RefCell<BTreeSet<(String, String)>>,
    /// Patterns by place, compiled once.
    pub(crate) patterns: RefCell<HashMap<Loc, Val>>,
    /// Of `lookup`, by the place of its rule.
    pub(crate) indexes: RefCell<HashMap<Loc, Rc<crate::lookup::Index>>>,
    by_kind: RefCell<HashMap<KindId, Rc<[Val]>>>,
    /// How deep `fn`s have called each other.
    pub(crate) calls: Cell<u32>,
}

impl<'p, 'a> Model<'p, 'a> {
    /// Declares everything; fields are computed later.
    pub fn new(program: &'p Program<'a>) -> Self {
        let mut model = Self {
            program,
            instances: vec![],
            tops: HashMap::default(),
            many: HashMap::default(),
            constants: RefCell::default(),
            facts: RefCell::default(),
            undecided: RefCell::default(),
            patterns: RefCell::default(),
            indexes: RefCell::default(),
            by_kind: RefCell::default(),
            calls: Cell::new(0),
        };
        for (number, module) in program.syntax.modules.iter().enumerate() {
            for item in &module.tree.items {
                if let ast::ItemKind::Declaration(d) = &item.kind {
                    model.declare_top(ModuleId(number as u32), item, d);
                }
            }
        }
        model
    }

    fn declare_top(&mut self, module: ModuleId, item: &'a ast::Item, d: &'a ast::Declaration) {
        let typer = Typer { program: self.program };
        let Some(kind) = typer.declared_kind(module, d, None) else { return };
        if d.name.text.is_empty() || self.program.kind(kind).tree.is_abstract {
            return;
        }
        let seen = self.tops.contains_key(&(module, d.name.text.clone())) || self.many.contains_key(&(module, d.name.text.clone()));
        if seen {
            return;
        }
        let Some((key, keys)) = &d.keys else {
            let id = self.declare(module, d, kind, None, &item.annotations, &d.name.text, None);
            self.tops.insert((module, d.name.text.clone()), id);
            return;
        };
        let mut list = vec![];
        for value in self.keys_of(module, keys) {
            let at = self.program.loc(module, keys.span);
            let Some(text) = value.as_str().map(SmolStr::from) else {
                let message = format!("keys are strings or values of an enum, and {} is a {}", self.show(&value.v), value.v.sort_name());
                self.program.report(Problem::error(crate::report::TYPE_MISMATCH, at, message));
                continue;
            };
            if list.iter().any(|(known, _): &(SmolStr, InstanceId)| *known == text) {
                self.program.report(Problem::error(crate::report::DUPLICATE_NAME, at, format!("the key \"{text}\" is there twice")));
                continue;
            }
            let address = SmolStr::from(format!("{}[\"{text}\"]", d.name.text));
            let id = self.declare(module, d, kind, None, &item.annotations, &address, Some(&(key.text.clone(), value)));
            list.push((text, id));
        }
        self.many.insert((module, d.name.text.clone()), list);
    }

    fn keys_of(&self, module: ModuleId, keys: &'a ast::Expr) -> Vec<Val> {
        let value = self.eval_at_top(module, keys);
        match &value.v {
            Value::List(list) => list.to_vec(),
            Value::Map(map) => map.iter().map(|(k, v)| Val::new(Value::Str(k.clone()), v.at)).collect(),
            Value::Error => vec![],
            other => {
                let message = format!("what exists is decided now, and these keys are a {}", other.sort_name());
                self.program.report(Problem::error(STAGE, self.program.loc(module, keys.span), message));
                vec![]
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "all parts of one instance")]
    fn declare(
        &mut self,
        module: ModuleId,
        d: &'a ast::Declaration,
        kind: KindId,
        parent: Option<InstanceId>,
        annotations: &'a [ast::Annotation],
        address: &SmolStr,
        key: Option<&(SmolStr, Val)>,
    ) -> InstanceId {
        let program = self.program;
        let def = program.kind(kind);
        let mut written = vec![None; def.fields.len()];
        for field in &d.fields {
            let number = def.by_name.get(&key_text(field));
            if let Some(slot) = number.and_then(|n| written.get_mut(*n))
                && slot.is_none()
            {
                *slot = Some(field);
            }
        }
        let adopt = annotations.iter().find(|a| a.name.text == "adopt").and_then(|a| match a.args.first().map(|a| &a.value.kind) {
            Some(ast::ExprKind::Str(parts)) => match parts.as_slice() {
                [ast::Part::Text(id)] => Some(SmolStr::from(id.as_str())),
                _ => None,
            },
            _ => None,
        });
        let inherited = parent.is_some_and(|p| self.instance(p).existing);
        let id = self.push(Instance {
            address: address.clone(),
            name: d.name.text.clone(),
            kind,
            parent,
            children: vec![],
            component: None,
            tree: Some(d),
            module,
            existing: d.existing || inherited,
            adopt,
            annotations,
            at: program.loc(module, d.name.span),
            key: key.cloned(),
            written,
            slots: RefCell::new(vec![Slot::Todo; def.fields.len()]),
        });
        let typer = Typer { program };
        for child in &d.children {
            let tree = &child.declaration;
            if let Some(kind) = typer.declared_kind(module, tree, Some(kind))
                && !tree.name.text.is_empty()
            {
                let address = SmolStr::from(format!("{address}.{}", tree.name.text));
                let child = self.declare(module, tree, kind, Some(id), &child.annotations, &address, key);
                self.instances[id.0 as usize].children.push(child);
            }
        }
        self.implied(id);
        self.parts(id, kind);
        id
    }

    /// What the kind of a component declares, once for each of it.
    fn parts(&mut self, id: InstanceId, kind: KindId) {
        let mut depth = 0;
        let mut at = Some(id);
        while let Some(up) = at {
            depth += 1;
            at = self.instance(up).parent;
        }
        let mut kinds = vec![];
        let mut next = Some(kind);
        while let Some(kind) = next {
            kinds.push(kind);
            next = self.program.kind(kind).base;
        }
        for kind in kinds.into_iter().rev() {
            let def = self.program.kind(kind);
            let (module, tree, at) = (def.module, def.tree, def.at);
            if depth > COMPONENT_DEPTH_MAX && !tree.declarations.is_empty() {
                self.program.report(Problem::error(CYCLE, at, format!("the component `{}` holds itself", tree.name.text)));
                return;
            }
            for (number, d) in tree.declarations.iter().enumerate() {
                let Some(kind) = (Typer { program: self.program }).declared_kind(module, d, None) else { continue };
                if d.name.text.is_empty() || self.program.kind(kind).tree.is_abstract {
                    continue;
                }
                let annotations = tree.declaration_annotations.get(number).map_or(&[][..], Vec::as_slice);
                let address = SmolStr::from(format!("{}.{}", self.instance(id).address, d.name.text));
                let child = self.declare(module, d, kind, Some(id), annotations, &address, None);
                self.belongs(child, id);
                self.instances[id.0 as usize].children.push(child);
            }
        }
    }

    /// Names in a part of a component, and in what is declared in it, are the component's.
    fn belongs(&mut self, part: InstanceId, component: InstanceId) {
        self.instances[part.0 as usize].component = Some(component);
        for child in self.instance(part).children.clone() {
            if self.instance(child).component.is_none() {
                self.belongs(child, component);
            }
        }
    }

    /// Children with a fixed name that an existing declaration has, though nobody wrote them: a survey fills them.
    fn implied(&mut self, id: InstanceId) {
        let program = self.program;
        let instance = self.instance(id);
        if !instance.existing {
            return;
        }
        let (kind, module, at, address) = (instance.kind, instance.module, instance.at, instance.address.clone());
        for rule in &program.kind(kind).children {
            let Some(name) = &rule.name else { continue };
            if self.instance(id).children.iter().any(|c| self.instance(*c).name == *name) {
                continue;
            }
            let fields = program.kind(rule.kind).fields.len();
            let child = self.push(Instance {
                address: SmolStr::from(format!("{address}.{name}")),
                name: name.clone(),
                kind: rule.kind,
                parent: Some(id),
                children: vec![],
                component: None,
                tree: None,
                module,
                existing: true,
                adopt: None,
                annotations: &[],
                at,
                key: None,
                written: vec![None; fields],
                slots: RefCell::new(vec![Slot::Todo; fields]),
            });
            self.instances[id.0 as usize].children.push(child);
        }
    }

    fn push(&mut self, instance: Instance<'a>) -> InstanceId {
        self.instances.push(instance);
        InstanceId(self.instances.len() as u32 - 1)
    }

    /// An instance.
    pub fn instance(&self, id: InstanceId) -> &Instance<'a> {
        &self.instances[id.0 as usize]
    }

    /// Every instance with its number.
    pub fn all(&self) -> impl Iterator<Item = (InstanceId, &Instance<'a>)> {
        self.instances.iter().enumerate().map(|(i, instance)| (InstanceId(i as u32), instance))
    }

    /// Instances of a kind or of those that refine it, in the order of the program.
    pub fn of_kind(&self, kind: KindId) -> Rc<[Val]> {
        if let Some(list) = self.by_kind.borrow().get(&kind) {
            return list.clone();
        }
        let found = self.all().filter(|(_, i)| self.program.is_a(i.kind, kind));
        let list: Rc<[Val]> = found.map(|(id, i)| Val::new(Value::Ref(id), i.at)).collect();
        self.by_kind.borrow_mut().insert(kind, list.clone());
        list
    }

    /// Does its kind refine the standard library's noun of that name?
    pub fn is_noun(&self, id: InstanceId, noun: &str) -> bool {
        self.program.is_noun(self.instance(id).kind, noun)
    }

    /// The reference or the map of references that a declaration's name stands for.
    pub fn declared(&self, module: ModuleId, name: &SmolStr) -> Value {
        let key = (module, name.clone());
        if let Some(id) = self.tops.get(&key) {
            return Value::Ref(*id);
        }
        match self.many.get(&key) {
            Some(list) => {
                let entries = list.iter().map(|(k, id)| (k.clone(), Val::new(Value::Ref(*id), self.instance(*id).at))).collect();
                Value::Map(Rc::new(Entries::new(entries, None)))
            }
            None => Value::Error,
        }
    }

    /// The outermost declaration it stands in.
    pub fn root(&self, id: InstanceId) -> InstanceId {
        let mut at = id;
        while let Some(parent) = self.instance(at).parent {
            at = parent;
        }
        at
    }

    /// Is it that declaration, or declared in it at any depth?
    pub fn is_within(&self, id: InstanceId, outer: InstanceId) -> bool {
        let mut at = Some(id);
        while let Some(here) = at {
            if here == outer {
                return true;
            }
            at = self.instance(here).parent;
        }
        false
    }

    /// Does its text declare others too? That of a `[key in keys]`, of a component's kind, and of what stands inside.
    pub fn is_shared(&self, id: InstanceId) -> bool {
        let mut at = Some(id);
        while let Some(here) = at.map(|id| self.instance(id)) {
            if here.key.is_some() || here.component.is_some() {
                return true;
            }
            at = here.parent;
        }
        false
    }

    /// Is it there before the first apply?
    pub fn is_there(&self, id: InstanceId) -> bool {
        let root = self.instance(self.root(id));
        root.existing || root.adopt.is_some()
    }

    /// The value of a field by name; an error value if there is no such field.
    pub fn get(&self, id: InstanceId, field: &str) -> Val {
        let instance = self.instance(id);
        match self.program.kind(instance.kind).by_name.get(field) {
            Some(number) => self.field(id, *number),
            None => Val::error(instance.at),
        }
    }

    /// The value of a field by number.
    pub fn field(&self, id: InstanceId, number: usize) -> Val {
        let instance = self.instance(id);
        let slot = instance.slots.borrow().get(number).cloned().unwrap_or_default();
        match slot {
            Slot::Done(value) => return value,
            Slot::Busy => {
                let def = self.program.kind(instance.kind);
                let name = def.fields.get(number).map(|f| f.name.clone()).unwrap_or_default();
                let message = format!("`{}.{name}` needs itself to be computed", instance.address);
                self.program.report(Problem::error(CYCLE, self.entry(id, number), message));
                return Val::error(instance.at);
            }
            Slot::Todo => {}
        }
        set(instance, number, Slot::Busy);
        let value = self.compute(id, number);
        set(instance, number, Slot::Done(value.clone()));
        value
    }

    /// Where a field's entry stands; the name of the declaration if nobody wrote it.
    pub fn entry(&self, id: InstanceId, number: usize) -> Loc {
        let instance = self.instance(id);
        instance.written.get(number).copied().flatten().map_or(instance.at, |f| self.program.loc(instance.module, f.span))
    }

    fn compute(&self, id: InstanceId, number: usize) -> Val {
        let instance = self.instance(id);
        let def = self.program.kind(instance.kind);
        let Some(field) = def.fields.get(number) else { return Val::error(instance.at) };
        if let Some(written) = instance.written.get(number).copied().flatten() {
            let value = self.eval_in_declaration(id, &written.value);
            let value = self.conform(value, field, id);
            if field.is_fact() && self.is_there(id) {
                self.contradiction(id, field, &value, number);
            }
            return value;
        }
        if let Some(expression) = field.value {
            return self.compute_default(id, field, expression);
        }
        self.without(id, field)
    }

    fn compute_default(&self, id: InstanceId, field: &FieldDef<'a>, expression: &'a ast::Expr) -> Val {
        let mut value = self.eval_in_body(id, field, expression);
        if field.is_fact() && matches!(value.v, Value::Absent) && !field.typed.ty.is_optional() {
            return self.not_there_yet(id, field);
        }
        if value.sort != Sort::Fact {
            value.sort = Sort::Default;
        }
        self.conform(value, field, id)
    }

    /// A field that a survey fills, of a declaration that is not there yet: unknown, or to be written where it says what to make.
    fn not_there_yet(&self, id: InstanceId, field: &FieldDef<'a>) -> Val {
        let instance = self.instance(id);
        if !field.is_measured() {
            let needs = format!("`{}` of `{}`, which is not there yet", field.name, instance.address);
            return Val::new(Value::Unknown(needs.into()), instance.at);
        }
        let message = format!("`{}` needs `{}`", instance.address, field.name);
        let problem = Problem::error(MISSING_FIELD, instance.at, message);
        self.program.report(problem.also(field.at, format!("declared as {} here", field.typed.ty)));
        Val::error(instance.at)
    }

    /// A field that nobody wrote and that has no default.
    fn without(&self, id: InstanceId, field: &FieldDef<'a>) -> Val {
        let instance = self.instance(id);
        let value = if field.typed.ty.is_later() {
            Value::Later(Rc::new(Later::Field(id, field.name.clone())))
        } else if field.typed.ty.is_optional() {
            Value::Absent
        } else if field.name == "provider" {
            return self.only_provider(id, field);
        } else if instance.existing {
            Value::Unknown(format!("`{}` of `{}`", field.name, instance.address).into())
        } else {
            Value::Error
        };
        Val::new(value, instance.at)
    }

    /// A provider may be left out where one of that kind is declared.
    fn only_provider(&self, id: InstanceId, field: &FieldDef<'a>) -> Val {
        let instance = self.instance(id);
        let Type::Ref(kind, name) = field.typed.ty.plain() else { return Val::error(instance.at) };
        let all = self.of_kind(*kind);
        if let [one] = &*all {
            return one.clone();
        }
        let (message, help) = if all.is_empty() {
            (format!("`{}` needs a provider", instance.address), format!("declare one: `provider main: {name} {{ … }}`"))
        } else {
            (format!("`{}` does not say which of {} providers it is in", instance.address, all.len()), "write `provider = …`".to_owned())
        };
        self.program.report(Problem::error(MISSING_FIELD, instance.at, message).help(help));
        Val::error(instance.at)
    }

    /// A value by hand wins over a fact, and a difference is said.
    fn contradiction(&self, id: InstanceId, field: &FieldDef<'a>, written: &Val, number: usize) {
        let Some(expression) = field.value.filter(|_| written.is_known()) else { return };
        let fact = self.eval_in_body(id, field, expression);
        if fact.sort != Sort::Fact || !fact.is_known() || agree(&written.v, &fact.v) {
            return;
        }
        let instance = self.instance(id);
        let message = format!(
            "`{}.{}` is written as {}, and the survey found {}",
            instance.address,
            field.name,
            self.show(&written.v),
            self.show(&fact.v)
        );
        let problem = Problem::warning(CONTRADICTION, self.entry(id, number), message);
        self.program
            .report(problem.also(fact.at, "measured here").help("survey again, or correct what is written; what is written counts"));
    }

    /// Computes every field of every instance and every constant, so that each mistake is said.
    pub fn compute_all(&self) {
        for (id, instance) in self.all() {
            for number in 0..instance.written.len() {
                self.field(id, number);
            }
        }
        for (number, scope) in self.program.scopes.iter().enumerate() {
            let own = self.program.syntax.modules.get(number).is_some_and(|m| m.own);
            let mut names: Vec<_> = scope.values.iter().filter(|_| own).collect();
            names.sort_by_key(|(name, _)| (*name).clone());
            for (name, (module, symbol)) in names {
                if matches!(symbol, Symbol::Let(_) | Symbol::Param(_) | Symbol::Table(_)) {
                    self.constant(*module, name, symbol);
                }
            }
        }
    }

    /// A value as people write it, with names for references.
    pub fn show(&self, value: &Value) -> String {
        match value {
            Value::Ref(id) => self.instance(*id).address.to_string(),
            Value::List(list) | Value::Tuple(list) => list.iter().map(|v| self.show(&v.v)).collect::<Vec<_>>().join(", "),
            Value::Map(map) => {
                let parts: Vec<String> = map.iter().map(|(k, v)| format!("{k} = {}", self.show(&v.v))).collect();
                format!("{{ {} }}", parts.join(", "))
            }
            other => other.to_string(),
        }
    }

    /// The value of a symbol that is not a function.
    pub fn symbol_value(&self, module: ModuleId, name: &SmolStr, symbol: &Symbol<'a>, at: Loc) -> Val {
        match symbol {
            Symbol::Declaration(_) => Val::new(self.declared(module, name), at),
            _ => self.constant(module, name, symbol),
        }
    }
}

fn set(instance: &Instance<'_>, number: usize, slot: Slot) {
    if let Some(place) = instance.slots.borrow_mut().get_mut(number) {
        *place = slot;
    }
}

/// Do a written and a measured value agree? A file system is up to a tenth smaller than its disk.
fn agree(written: &Value, fact: &Value) -> bool {
    match (written, fact) {
        (Value::Quantity(a), Value::Quantity(b)) if a.dim == b.dim => {
            let (a, b) = (a.as_f64(), b.as_f64());
            (a - b).abs() <= a.abs().max(b.abs()) * 0.1
        }
        _ => written.key() == fact.key(),
    }
}
