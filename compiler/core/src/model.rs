//! What does a program declare? Its declarations as instances, with fields that are computed when asked for, once.
//!
//! How an expression is computed stands in `eval`.

use crate::{
    declare::Keys,
    entries::{Entries, Shape, Shapes},
    fields::Fields,
    program::{FieldDef, Program, Symbol},
    report::{CONTRADICTION, CYCLE, MISSING_FIELD, Problem},
    source::Loc,
    types::{KindId, ModuleId, Type},
    value::{InstanceId, Later, Sort, Val, Value},
};
use mig_syntax::ast;
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;
use std::{
    borrow::Cow,
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
    /// Its own key, where it is one of many.
    pub key: Option<SmolStr>,
    /// Keys that its entries may name: its own and those around it.
    pub keys: Option<Rc<Keys>>,
    /// Children of one declaration by their keys, under its name.
    pub many: Vec<(SmolStr, Entries)>,
    /// Entries by number of the field.
    pub written: Vec<Option<&'a ast::Field>>,
}

impl Instance<'_> {
    /// Does one text declare it and others: for each key, or in each of a component?
    pub fn is_one_of_many(&self) -> bool {
        self.keys.is_some() || self.component.is_some()
    }
}

/// All that a program declares.
#[derive(Debug)]
pub struct Model<'p, 'a> {
    /// Names and kinds.
    pub program: &'p Program<'a>,
    /// Instances by number; parents come before their children.
    pub instances: Vec<Instance<'a>>,
    /// What is known of their fields.
    pub(crate) fields: Fields,
    /// Of a declaration without keys, by module and name.
    pub(crate) tops: HashMap<(ModuleId, SmolStr), InstanceId>,
    /// Of a declaration with keys, by key.
    pub(crate) many: HashMap<(ModuleId, SmolStr), Entries>,
    /// Is it decided what exists?
    pub(crate) declared: Cell<bool>,
    /// Was it said that there are too many declarations?
    pub(crate) full: Cell<bool>,
    /// Values of `let` and `param`; `None` while they are computed.
    pub(crate) constants: RefCell<HashMap<(ModuleId, SmolStr), Option<Val>>>,
    /// Facts by path, converted.
    pub(crate) facts: RefCell<HashMap<String, Val>>,
    /// What a condition met that it could not decide, and about whom; the check that runs takes it.
    pub(crate) undecided: RefCell<BTreeSet<(String, String)>>,
    /// Values of patterns, by place.
    pub(crate) patterns: RefCell<HashMap<Loc, Val>>,
    /// What is computed for many declarations, with its names looked up.
    pub(crate) codes: RefCell<crate::code::Codes<'a>>,
    /// Of `lookup`, by the place of its rule.
    pub(crate) indexes: RefCell<HashMap<Loc, Rc<crate::lookup::Index>>>,
    /// What functions gave; nothing until every field has its value.
    pub(crate) remembered: crate::calls::Remembered<'a>,
    /// Is a field taken to be something else for a moment?
    pub(crate) assumption: crate::assume::Assumption,
    by_kind: RefCell<HashMap<KindId, Rc<[Val]>>>,
    /// Of maps that were measured.
    pub(crate) shapes: Shapes,
    /// Of what `group_by` gives.
    pub(crate) group: Rc<Shape>,
    /// The empty list.
    pub(crate) nothing: Rc<[Val]>,
    /// How deep `fn`s have called each other.
    pub(crate) calls: Cell<u32>,
}

impl<'p, 'a> Model<'p, 'a> {
    /// Declares everything; fields are computed later.
    pub fn new(program: &'p Program<'a>) -> Self {
        let mut model = Self {
            program,
            instances: vec![],
            fields: Fields::default(),
            tops: HashMap::default(),
            many: HashMap::default(),
            declared: Cell::new(false),
            full: Cell::new(false),
            constants: RefCell::default(),
            facts: RefCell::default(),
            undecided: RefCell::default(),
            patterns: RefCell::default(),
            codes: RefCell::default(),
            indexes: RefCell::default(),
            remembered: crate::calls::Remembered::default(),
            assumption: crate::assume::Assumption::default(),
            by_kind: RefCell::default(),
            shapes: Shapes::default(),
            group: Shape::new(["key", "items"].map(SmolStr::from)),
            nothing: Rc::new([]),
            calls: Cell::new(0),
        };
        model.declare_all();
        model
    }

    /// An instance.
    pub fn instance(&self, id: InstanceId) -> &Instance<'a> {
        &self.instances[id.0 as usize]
    }

    /// The kind of an instance.
    pub(crate) fn kind_of(&self, id: InstanceId) -> KindId {
        self.fields.head(id).kind
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
        let wanted: Vec<bool> = (0..self.program.kinds.len()).map(|other| self.program.is_a(KindId(other as u32), kind)).collect();
        let found = self.fields.heads().filter(|(_, head)| wanted[head.kind.0 as usize]);
        let list: Rc<[Val]> = found.map(|(id, head)| Val::new(Value::Ref(id), head.at)).collect();
        if self.declared.get() {
            self.by_kind.borrow_mut().insert(kind, list.clone());
        }
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
        self.many.get(&key).map_or(Value::Error, |of_keys| Value::Map(of_keys.clone()))
    }

    /// The outermost declaration it stands in.
    pub fn root(&self, id: InstanceId) -> InstanceId {
        self.fields.head(id).root
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
        self.look(id, number).into_owned()
    }

    /// The same for one who only looks at it.
    pub(crate) fn look(&self, id: InstanceId, number: usize) -> Cow<'_, Val> {
        if self.assumption.is_on() {
            return Cow::Owned(self.assumed_field(id, number));
        }
        self.fields.get(self.fields.head(id), number).map_or_else(|| Cow::Owned(self.field_first(id, number)), Cow::Borrowed)
    }

    /// The same where nobody asked before.
    fn field_first(&self, id: InstanceId, number: usize) -> Val {
        if !self.fields.begin(id, number) {
            let instance = self.instance(id);
            let def = self.program.kind(instance.kind);
            let name = def.fields.get(number).map(|f| f.name.clone()).unwrap_or_default();
            let message = format!("`{}.{name}` needs itself to be computed", instance.address);
            self.program.report(Problem::error(CYCLE, self.entry(id, number), message));
            return Val::error(instance.at);
        }
        let value = self.compute(id, number);
        self.fields.set(id, number, value.clone());
        value
    }

    /// Where a field's entry stands; the name of the declaration if nobody wrote it.
    pub fn entry(&self, id: InstanceId, number: usize) -> Loc {
        let instance = self.instance(id);
        instance.written.get(number).copied().flatten().map_or(instance.at, |f| self.program.loc(instance.module, f.span))
    }

    pub(crate) fn compute(&self, id: InstanceId, number: usize) -> Val {
        let instance = self.instance(id);
        let def = self.program.kind(instance.kind);
        let Some(field) = def.fields.get(number) else { return Val::error(instance.at) };
        if let Some(written) = instance.written.get(number).copied().flatten() {
            let value = self.eval_in_declaration(id, &written.value);
            let value = self.conform(value, field, id, number);
            if field.is_fact() && self.is_there(id) {
                self.contradiction(id, field, &value, number);
            }
            return value;
        }
        if let Some(expression) = field.value {
            return self.compute_default(id, field, expression, number);
        }
        self.without(id, field)
    }

    fn compute_default(&self, id: InstanceId, field: &FieldDef<'a>, expression: &'a ast::Expr, number: usize) -> Val {
        let mut value = self.eval_in_body(id, field, expression);
        if field.is_fact() && matches!(value.v, Value::Absent) && !field.typed.ty.is_optional() {
            return self.not_there_yet(id, field);
        }
        if value.sort != Sort::Fact {
            value.sort = Sort::Default;
        }
        self.conform(value, field, id, number)
    }

    /// A field that a survey fills, of a declaration that is not there yet: unknown, or to be written where it says what to make.
    fn not_there_yet(&self, id: InstanceId, field: &FieldDef<'a>) -> Val {
        let instance = self.instance(id);
        // It may stand in what was skipped of the declaration.
        if instance.tree.is_some_and(|tree| self.program.is_damaged(instance.module, tree.span)) {
            return Val::error(instance.at);
        }
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
        // What is known later is told by a lifecycle; without one nobody says it, and an optional one is absent.
        let is_told = !field.typed.ty.is_optional() || self.program.kind(instance.kind).lifecycle.is_some();
        let value = if field.typed.ty.is_later() && is_told {
            Value::Later(Rc::new(Later::Field(id, field.name.clone())))
        } else if field.name == "provider"
            && let Type::Ref(kind, _) = field.typed.ty.plain()
            && !self.program.kind(*kind).tree.is_abstract
        {
            return self.only_provider(id, field, *kind);
        } else if field.typed.ty.is_optional() {
            Value::Absent
        } else if instance.existing {
            Value::Unknown(format!("`{}` of `{}`", field.name, instance.address).into())
        } else {
            Value::Error
        };
        Val::new(value, instance.at)
    }

    /// A provider may be left out where one of that kind is declared.
    fn only_provider(&self, id: InstanceId, field: &FieldDef<'a>, kind: KindId) -> Val {
        let instance = self.instance(id);
        if !self.is_decided(instance.at) {
            return Val::error(instance.at);
        }
        let all = self.of_kind(kind);
        if let [one] = &*all {
            return one.clone();
        }
        if all.is_empty() && field.typed.ty.is_optional() {
            return Val::new(Value::Absent, instance.at);
        }
        let (message, help) = if all.is_empty() {
            let name = &self.program.kind(kind).path;
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
            if !self.program.syntax.modules.get(number).is_some_and(|m| m.own) {
                continue;
            }
            let is_constant = |symbol: &Symbol<'_>| matches!(symbol, Symbol::Let(_) | Symbol::Param(_) | Symbol::Table(_));
            let mut names: Vec<_> = scope.values.iter().filter(|(_, (_, symbol))| is_constant(symbol)).collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            for (name, (module, symbol)) in names {
                self.constant(*module, name, symbol);
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
            Symbol::Declaration(_) if self.is_decided(at) => Val::new(self.declared(module, name), at),
            Symbol::Declaration(_) => Val::error(at),
            _ => self.constant(module, name, symbol),
        }
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
