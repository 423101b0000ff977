//! What exists? Declares every instance of a program: those of files, of declarations inside others, of components, and one for
//! each key of `[key in keys]`.
//!
//! Fields are computed later, in `model`. What exists is decided first, so keys read no declaration.

use crate::{
    entries::Entries,
    eval::Scope,
    infer::{Typer, kind_called},
    model::{Instance, Model},
    report::{CYCLE, DUPLICATE_NAME, MISSING_FIELD, Problem, STAGE, TYPE_MISMATCH},
    source::Loc,
    types::{KindId, ModuleId},
    value::{InstanceId, Val, Value},
};
use mig_syntax::ast;
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;
use std::rc::Rc;

/// Components may nest so deep.
const COMPONENT_DEPTH_MAX: usize = 32;
/// One declaration may stand for so many.
const KEYS_MAX: usize = 1_000_000;

/// A program may declare so many.
const DECLARATIONS_MAX: usize = 1_000_000;

/// A key that is bound around a declaration, and those around that one.
#[derive(Debug)]
pub struct Keys {
    /// Its name.
    pub name: SmolStr,
    /// Its value.
    pub value: Val,
    /// Of the declaration around.
    pub outer: Option<Rc<Keys>>,
}

/// Where a declaration stands.
#[derive(Debug, Clone)]
struct Place<'a> {
    module: ModuleId,
    parent: Option<InstanceId>,
    /// The component whose kind holds it.
    component: Option<InstanceId>,
    keys: Option<Rc<Keys>>,
    annotations: &'a [ast::Annotation],
}

impl<'a> Model<'_, 'a> {
    /// Declares all that the files of the program declare.
    pub(crate) fn declare_all(&mut self) {
        let syntax = self.program.syntax;
        let count = syntax.modules.iter().map(|module| module.tree.items.len()).sum();
        let mut files: HashMap<&str, (usize, Loc)> = HashMap::with_capacity_and_hasher(count, rustc_hash::FxBuildHasher);
        self.tops.reserve(count);
        for (number, module) in syntax.modules.iter().enumerate() {
            for item in &module.tree.items {
                if let ast::ItemKind::Declaration(d) = &item.kind {
                    let at = self.program.loc(ModuleId(number as u32), d.name.span);
                    let (other, first) = *files.entry(d.name.text.as_str()).or_insert((number, at));
                    if other != number {
                        self.in_two_files(&d.name.text, at, first);
                    }
                    let place = Place {
                        module: ModuleId(number as u32),
                        parent: None,
                        component: None,
                        keys: None,
                        annotations: &item.annotations,
                    };
                    self.declare_top(&place, d);
                }
            }
        }
        if self.full.get() {
            // Nothing is computed of what is not whole.
            self.instances.clear();
            self.fields.clear();
            self.tops.clear();
            self.many.clear();
        }
        self.declared.set(true);
    }

    /// Facts, plans and the state call a declaration by its name alone.
    fn in_two_files(&self, name: &str, at: Loc, first: Loc) {
        let problem = Problem::error(DUPLICATE_NAME, at, format!("`{name}` is declared in two files of one program"));
        self.program.report(
            problem.also(first, "first declared here").help("give one of them another name: plans and the state know it by this one"),
        );
    }

    fn declare_top(&mut self, place: &Place<'a>, d: &'a ast::Declaration) {
        let Some(kind) = (Typer { program: self.program }).declared_kind(place.module, d, None) else { return };
        let name = (place.module, d.name.text.clone());
        if self.cannot_be(d, kind) || self.tops.contains_key(&name) || self.many.contains_key(&name) {
            return;
        }
        if d.keys.is_none() {
            let id = self.declare(place, d, kind, &d.name.text, None);
            self.tops.insert(name, id);
            return;
        }
        let found = self.declare_many(place, d, kind, &d.name.text);
        self.many.insert(name, self.by_key(&found));
    }

    fn cannot_be(&self, d: &ast::Declaration, kind: KindId) -> bool {
        d.name.text.is_empty() || self.program.kind(kind).tree.is_abstract
    }

    /// Are there as many declarations as there may be? Said once.
    fn is_full(&self, module: ModuleId, d: &ast::Declaration) -> bool {
        let full = self.instances.len() >= DECLARATIONS_MAX;
        if full && !self.full.replace(true) {
            let message = format!("a program declares {DECLARATIONS_MAX} things at most, and this would be one more");
            self.program.report(Problem::error(STAGE, self.program.loc(module, d.name.span), message));
        }
        full
    }

    fn by_key(&self, found: &[(SmolStr, InstanceId)]) -> Entries {
        let entries = found.iter().map(|(key, id)| (key.clone(), Val::new(Value::Ref(*id), self.instance(*id).at)));
        Entries::of_keys(entries.collect())
    }

    /// One for each key, under `path["key"]`.
    fn declare_many(&mut self, place: &Place<'a>, d: &'a ast::Declaration, kind: KindId, path: &str) -> Vec<(SmolStr, InstanceId)> {
        let Some((name, keys)) = d.keys.as_deref() else { return vec![] };
        let mut found = vec![];
        for (text, value) in self.keys_of(place, keys) {
            if self.is_full(place.module, d) {
                break;
            }
            let address = SmolStr::from(format!("{path}[\"{text}\"]"));
            let bound = Rc::new(Keys { name: name.text.clone(), value, outer: place.keys.clone() });
            let place = Place { keys: Some(bound), ..place.clone() };
            found.push((text.clone(), self.declare(&place, d, kind, &address, Some(text))));
        }
        found
    }

    /// The distinct keys of a declaration.
    fn keys_of(&self, place: &Place<'a>, keys: &'a ast::Expr) -> Vec<(SmolStr, Val)> {
        let component = place.component;
        let scope = Scope { me: component, body: component.is_some(), keys: place.keys.as_deref(), ..Scope::module(place.module) };
        let value = self.eval(&scope, keys);
        let at = self.program.loc(place.module, keys.span);
        let list: Vec<Val> = match &value.v {
            Value::List(list) => list.to_vec(),
            Value::Map(map) => map.iter().map(|(k, v)| Val::new(Value::Str(k.clone()), v.at)).collect(),
            Value::Error => vec![],
            other => {
                let message = format!("what exists is decided now, and these keys are {}", with_article(other.sort_name()));
                self.program.report(from(Problem::error(STAGE, at, message), at, value.at));
                vec![]
            }
        };
        if list.len() > KEYS_MAX {
            let message = format!("these are {} keys, and a declaration stands for {KEYS_MAX} at most", list.len());
            self.program.report(Problem::error(TYPE_MISMATCH, at, message));
            return vec![];
        }
        self.distinct(at, list)
    }

    fn distinct(&self, at: Loc, list: Vec<Val>) -> Vec<(SmolStr, Val)> {
        let mut seen: HashMap<SmolStr, Loc> = HashMap::default();
        let mut found = Vec::with_capacity(list.len());
        for value in list {
            if matches!(value.v, Value::Error) {
                continue;
            }
            let Some(text) = value.as_str().map(SmolStr::from) else {
                self.program.report(no_key(at, &value, &self.show(&value.v)));
                continue;
            };
            if text.is_empty() || text.contains(['"', '\\']) || text.contains(char::is_control) {
                let message = format!("{text:?} cannot be a key: it is part of an address");
                let help = "a key is a text that is not empty, without quotes, `\\` and control characters";
                self.program.report(from(Problem::error(TYPE_MISMATCH, at, message), at, value.at).help(help));
                continue;
            }
            match seen.insert(text.clone(), value.at) {
                Some(first) => {
                    let problem = Problem::error(DUPLICATE_NAME, at, format!("the key \"{text}\" is there twice"));
                    self.program
                        .report(problem.also(first, "first here").also(value.at, "and here").help("each key stands for one declaration"));
                }
                None => found.push((text, value)),
            }
        }
        found
    }

    fn declare(&mut self, place: &Place<'a>, d: &'a ast::Declaration, kind: KindId, address: &SmolStr, key: Option<SmolStr>) -> InstanceId {
        let program = self.program;
        let def = program.kind(kind);
        let mut written = vec![None; def.fields.len()];
        for field in &d.fields {
            let number = def.by_name.get(&field.key.text);
            if let Some(slot) = number.and_then(|n| written.get_mut(*n))
                && slot.is_none()
            {
                *slot = Some(field);
            }
        }
        let inherited = place.parent.is_some_and(|p| self.instance(p).existing);
        let id = self.push(Instance {
            address: address.clone(),
            name: d.name.text.clone(),
            kind,
            parent: place.parent,
            children: vec![],
            many: vec![],
            component: place.component,
            tree: Some(d),
            module: place.module,
            existing: d.existing || inherited,
            adopt: adopted(place.annotations),
            annotations: place.annotations,
            at: program.loc(place.module, d.name.span),
            key,
            keys: place.keys.clone(),
            written,
        });
        for child in &d.children {
            let place = Place { parent: Some(id), annotations: &child.annotations, ..place.clone() };
            if let Some(child_kind) = (Typer { program }).declared_kind(place.module, &child.declaration, Some(kind)) {
                self.declare_child(&place, id, &child.declaration, child_kind);
            }
        }
        self.at_least_one(id);
        self.implied(id);
        self.parts(id, kind);
        id
    }

    fn declare_child(&mut self, place: &Place<'a>, parent: InstanceId, d: &'a ast::Declaration, kind: KindId) {
        if self.cannot_be(d, kind) || self.is_full(place.module, d) {
            return;
        }
        let path = SmolStr::from(format!("{}.{}", self.instance(parent).address, d.name.text));
        if d.keys.is_none() {
            let child = self.declare(place, d, kind, &path, None);
            self.instances[parent.0 as usize].children.push(child);
            return;
        }
        let found = self.declare_many(place, d, kind, &path);
        let entries = self.by_key(&found);
        let parent = &mut self.instances[parent.0 as usize];
        parent.children.extend(found.iter().map(|(_, id)| *id));
        parent.many.push((d.name.text.clone(), entries));
    }

    /// Keys may be none, where the kind wants one child at least.
    fn at_least_one(&self, id: InstanceId) {
        let instance = self.instance(id);
        if instance.many.is_empty() {
            return;
        }
        let rules = &self.program.kind(instance.kind).children;
        for rule in rules.iter().filter(|r| r.many == ast::Many::Some && r.name.is_none()) {
            if !instance.children.iter().any(|c| self.program.is_a(self.instance(*c).kind, rule.kind)) {
                let noun = (Typer { program: self.program }).noun_of(rule.kind);
                let message = format!("`{}` needs {}, and its keys are none", instance.address, kind_called(&noun));
                self.program.report(Problem::error(MISSING_FIELD, instance.at, message));
            }
        }
    }

    /// What the kind of a component declares, once for each of it.
    fn parts(&mut self, id: InstanceId, kind: KindId) {
        let program = self.program;
        if program.endless_kinds.contains(&kind) {
            return;
        }
        let kinds: Vec<_> = program.with_bases(kind).filter(|def| !def.tree.declarations.is_empty()).collect();
        for def in kinds.into_iter().rev() {
            if self.depth(id) > COMPONENT_DEPTH_MAX {
                let message = format!("components nest at most {COMPONENT_DEPTH_MAX} deep, and `{}` is deeper", self.instance(id).address);
                program.report(Problem::error(CYCLE, def.at, message));
                return;
            }
            for (number, d) in def.tree.declarations.iter().enumerate() {
                let annotations = def.tree.declaration_annotations.get(number).map_or(&[][..], Vec::as_slice);
                let place = Place { module: def.module, parent: Some(id), component: Some(id), keys: None, annotations };
                if let Some(kind) = (Typer { program }).declared_kind(def.module, d, None) {
                    self.declare_child(&place, id, d, kind);
                }
            }
        }
    }

    fn depth(&self, id: InstanceId) -> usize {
        let mut depth = 0;
        let mut at = Some(id);
        while let Some(up) = at {
            depth += 1;
            at = self.instance(up).parent;
        }
        depth
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
                many: vec![],
                component: None,
                tree: None,
                module,
                existing: true,
                adopt: None,
                annotations: &[],
                at,
                key: None,
                keys: None,
                written: vec![None; fields],
            });
            self.instances[id.0 as usize].children.push(child);
        }
    }

    fn push(&mut self, instance: Instance<'a>) -> InstanceId {
        self.fields.push(&instance);
        self.instances.push(instance);
        InstanceId(self.instances.len() as u32 - 1)
    }

    /// May declarations be read at that place? Not while it is decided what exists, whatever the order of the files is.
    pub(crate) fn is_decided(&self, at: Loc) -> bool {
        if !self.declared.get() {
            let message = "what exists is decided before declarations are looked at, so keys cannot come from one";
            let help = "keys may come from lets, parameters, tables and keys around them; let the declaration take its list from there too";
            self.program.report(Problem::error(STAGE, at, message).help(help));
        }
        self.declared.get()
    }
}

/// Under which id it is taken over.
fn adopted(annotations: &[ast::Annotation]) -> Option<SmolStr> {
    let adopt = annotations.iter().find(|a| a.name.text == "adopt")?;
    match &adopt.args.first()?.value.kind {
        ast::ExprKind::Str(parts) => match parts.as_slice() {
            [ast::Part::Text(id)] => Some(id.as_str().into()),
            _ => None,
        },
        _ => None,
    }
}

fn no_key(at: Loc, value: &Val, shown: &str) -> Problem {
    let (code, message) = match &value.v {
        Value::Later(_) | Value::Unknown(_) | Value::Absent | Value::Secret(_) => {
            (STAGE, format!("what exists is decided now, and a key is {}", with_article(value.v.sort_name())))
        }
        other => (TYPE_MISMATCH, format!("keys are texts or values of an enum, and {shown} is {}", with_article(other.sort_name()))),
    };
    from(Problem::error(code, at, message), at, value.at)
}

/// Points at what is wrong with a key, if it stands elsewhere.
fn from(problem: Problem, at: Loc, source: Loc) -> Problem {
    if source == at { problem } else { problem.also(source, "it comes from here") }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("{article} {noun}")
}
