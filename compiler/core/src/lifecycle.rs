//! How does a kind come, change and go? Its clauses with drivers and fields resolved; their expressions are typed in `answers`
//! and here. Nothing is called, and nothing of it becomes a step yet.

use crate::{
    drivers::{DRIVERS, Driver, METHODS, Speaks, Takes},
    infer::{Env, Typer, article, kind_called},
    literal,
    program::{FieldDef, KindDef, Program},
    quantity::Dim,
    report::{CYCLE, DUPLICATE_NAME, MISSING_FIELD, Problem, STAGE, TYPE_MISMATCH, UNKNOWN_NAME, near},
    types::{KindId, ModuleId, Type},
    value::Value,
};
use mig_syntax::ast::{self, Expr, ExprKind};
use rustc_hash::FxHashMap as HashMap;
use std::rc::Rc;

/// The clauses of a kind: its own, and those of its bases that none of its own replaces.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle<'a> {
    /// `create`, `read`, `update`, `delete`, in the order written, the base's first.
    pub calls: Vec<Call<'a>>,
    /// Fields that change only by replacing the thing, or by an update: by number, with where it is said.
    pub changed_by: HashMap<usize, &'a ast::Name>,
}

/// A clause that calls a driver.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The kind that it stands in.
    pub kind: KindId,
    /// As written.
    pub tree: &'a ast::Verb,
    /// What it speaks; `None` where there is no such driver, which was said.
    pub driver: Option<&'static Driver>,
}

/// States that an update or a deletion may ask for first.
const NEEDS: [&str; 1] = ["stopped"];

impl<'a> Lifecycle<'a> {
    /// The call of a verb that stands once.
    pub fn call(&self, verb: &str) -> Option<&Call<'a>> {
        self.calls.iter().find(|c| c.tree.verb.text == verb)
    }

    /// With the clauses of a kind that refines this one. They stand for those that do the same: a verb, or the change of a field.
    fn with(mut self, own: Self) -> Self {
        self.changed_by.extend(&own.changed_by);
        let said: Vec<&ast::Name> = self.changed_by.values().copied().collect();
        self.calls.retain(|call| match call.tree.verb.text.as_str() {
            "update" => call.tree.fields.iter().any(|field| said.iter().any(|name| std::ptr::eq(*name, field))),
            verb => own.call(verb).is_none(),
        });
        self.calls.extend(own.calls);
        self
    }

    /// Does a clause say where that field comes from? A name that was misspelt is said where it stands.
    fn tells(&self, def: &KindDef<'_>, field: &FieldDef<'_>) -> bool {
        let meant = |name: &str| name == field.name || (def.field(name).is_none() && near(name, [field.name.as_str()]).is_some());
        let mut told = self.calls.iter().flat_map(|c| c.tree.gives.iter().chain(c.tree.from.iter().flat_map(|f| &f.1)));
        field.value.is_some() || told.any(|f| meant(&f.key.text))
    }
}

/// What each kind of a program has: what is written in it, over what its base has.
pub(crate) fn inherited<'a>(program: &Program<'a>) -> Vec<Option<Lifecycle<'a>>> {
    let kinds = || (0..program.kinds.len()).map(|number| KindId(number as u32));
    let own: Vec<_> = kinds().map(|kind| resolve(program, kind)).collect();
    let all = kinds().map(|kind| {
        let bases: Vec<KindId> = std::iter::successors(Some(kind), |k| program.kind(*k).base).collect();
        bases.into_iter().rev().filter_map(|k| own[k.0 as usize].as_ref()).cloned().reduce(Lifecycle::with)
    });
    all.collect()
}

/// Resolves drivers and fields of the clauses that stand in a kind; `None` for a kind without.
fn resolve<'a>(program: &Program<'a>, kind: KindId) -> Option<Lifecycle<'a>> {
    let def = program.kind(kind);
    if def.tree.verbs.is_empty() && def.tree.replace_on.is_empty() {
        return None;
    }
    let mut found = Lifecycle::default();
    let mut once: HashMap<&str, &ast::Name> = HashMap::default();
    for verb in &def.tree.verbs {
        if verb.verb.text != "update"
            && let Some(first) = once.insert(&verb.verb.text, &verb.verb)
        {
            let at = program.loc(def.module, verb.verb.span);
            let problem = Problem::error(DUPLICATE_NAME, at, format!("`{}` has one `{}`", def.path, verb.verb.text));
            program.report(problem.also(program.loc(def.module, first.span), "the first one"));
        }
        found.calls.push(Call { kind, tree: verb, driver: driver(program, def.module, &verb.driver) });
        for field in &verb.fields {
            changes(program, def, field, "update", &mut found.changed_by);
        }
    }
    for field in &def.tree.replace_on {
        changes(program, def, field, "replace on", &mut found.changed_by);
    }
    Some(found)
}

fn driver(program: &Program<'_>, module: ModuleId, name: &ast::Name) -> Option<&'static Driver> {
    let found = DRIVERS.iter().find(|d| d.path == name.text);
    if found.is_none() && !name.text.is_empty() {
        let at = program.loc(module, name.span);
        let problem = Problem::error(UNKNOWN_NAME, at, format!("there is no driver `{}`", name.text));
        let problem = problem.near(&name.text, DRIVERS.iter().map(|d| d.path), at);
        let has_help = problem.help.is_some();
        program.report(if has_help { problem } else { problem.help(format!("there are {}", listed(DRIVERS.iter().map(|d| d.path)))) });
    }
    found
}

/// A field that a clause changes: it is there, a program writes it, and no other clause changes it.
fn changes<'a>(program: &Program<'a>, def: &KindDef<'a>, name: &'a ast::Name, by: &str, all: &mut HashMap<usize, &'a ast::Name>) {
    let Some(number) = def.by_name.get(&name.text).copied() else { return no_field(program, def, name) };
    let field = &def.fields[number];
    let at = program.loc(def.module, name.span);
    let class = |word: &str| field.classes.iter().any(|c| c.word.text == word);
    let problem = if field.derived {
        Problem::error(TYPE_MISMATCH, at, format!("`{}` is computed, so nobody changes it", name.text)).also(field.at, "computed here")
    } else if field.typed.ty.is_later() {
        Problem::error(STAGE, at, format!("`{}` is told by the world, so nobody changes it", name.text)).also(field.at, "declared here")
    } else if by == "update" && class("fixed") {
        let message = format!("`{}` is `fixed`, so it changes only by replacing the thing", name.text);
        Problem::error(TYPE_MISMATCH, at, message).also(field.at, "declared here").help(format!("write `replace on {}`", name.text))
    } else if let Some(first) = all.insert(number, name) {
        let message = format!("a change of `{}` is carried out in two ways", name.text);
        Problem::error(DUPLICATE_NAME, at, message).also(program.loc(def.module, first.span), "the first one")
    } else {
        return;
    };
    program.report(problem);
}

/// Says that a kind has no such field, with near misses.
pub(crate) fn no_field(program: &Program<'_>, def: &KindDef<'_>, name: &ast::Name) {
    if name.text.is_empty() {
        return;
    }
    let at = program.loc(def.module, name.span);
    let problem = Problem::error(UNKNOWN_NAME, at, format!("`{}` has no field `{}`", def.path, name.text));
    program.report(problem.near(&name.text, def.fields.iter().map(|f| f.name.as_str()), at));
}

pub(crate) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

impl<'a> Typer<'_, 'a> {
    /// Types the clauses of a kind.
    pub(crate) fn lifecycle(&self, env: &Env, kind: KindId) {
        let def = self.program.kind(kind);
        let Some(lifecycle) = &def.lifecycle else { return };
        self.whole(kind, lifecycle);
        self.on_a_server(kind, lifecycle);
        for call in lifecycle.calls.iter().filter(|c| c.kind == kind) {
            self.clauses(env, def, call.tree);
            self.answers(env, def, call.tree);
            match call.driver {
                Some(driver) => self.call_of(env, driver, call.tree),
                // What it takes is not known, so names in it are all that is looked at.
                None => {
                    for arg in &call.tree.args {
                        self.infer(env, &arg.value, None);
                    }
                }
            }
        }
    }

    /// A script runs on a server.
    fn on_a_server(&self, kind: KindId, lifecycle: &Lifecycle<'a>) {
        let def = self.program.kind(kind);
        let is_script = |call: &&Call<'_>| call.kind == kind && call.driver.is_some_and(Driver::is_script);
        let Some(script) = lifecycle.calls.iter().find(is_script) else { return };
        let is_server = |kind: KindId| self.program.is_noun(kind, "server");
        let on = def.field("on").is_some_and(|f| matches!(f.typed.ty.plain(), Type::Ref(k, _) if is_server(*k)));
        if !on && !is_server(kind) {
            let message = format!("`ssh` runs on the server that `on` names, and `{}` has no such field", def.path);
            let at = self.program.loc(def.module, script.tree.driver.span);
            self.program.report(Problem::error(MISSING_FIELD, at, message).help("as in `on: server fixed`"));
        }
    }

    /// What is created is read and deleted, and each `later` field is told by something. What was said of a base is not said again.
    fn whole(&self, kind: KindId, lifecycle: &Lifecycle<'a>) {
        let def = self.program.kind(kind);
        if let Some(first) = def.tree.declarations.first() {
            let message = format!("`{}` declares things, so it is a component, which nobody creates as such", def.path);
            let problem = Problem::error(CYCLE, self.program.loc(def.module, first.name.span), message);
            self.program.report(problem.help("leave its `create`, `read`, `update`, `replace` and `delete` to the kinds of those things"));
        }
        let Some(create) = lifecycle.call("create") else {
            if let Some(first) = lifecycle.calls.iter().find(|c| c.kind == kind && c.tree.verb.text != "read") {
                let message = format!("`{}` has `{}` and no `create`", def.path, first.tree.verb.text);
                self.program.report(Problem::error(MISSING_FIELD, self.program.loc(def.module, first.tree.verb.span), message));
            }
            return;
        };
        let at = if create.kind == kind { self.program.loc(def.module, create.tree.verb.span) } else { def.at };
        for verb in ["read", "delete"].into_iter().filter(|v| create.kind == kind && lifecycle.call(v).is_none()) {
            let message = format!("what is created is read and deleted, and `{}` has no `{verb}`", def.path);
            self.program.report(Problem::error(MISSING_FIELD, at, message));
        }
        let base = def.base.map(|base| self.program.kind(base));
        let said_of_base = |field: &FieldDef<'_>| {
            base.is_some_and(|base| {
                let lifecycle = base.lifecycle.as_ref().filter(|l| l.call("create").is_some());
                lifecycle
                    .zip(base.field(&field.name))
                    .is_some_and(|(lifecycle, field)| field.typed.ty.is_later() && !lifecycle.tells(base, field))
            })
        };
        for field in def.fields.iter().filter(|f| f.typed.ty.is_later() && !lifecycle.tells(def, f) && !said_of_base(f)) {
            let message = format!("nothing tells `{}`, which is known later", field.name);
            let problem = Problem::error(MISSING_FIELD, at, message).also(field.at, "declared here");
            self.program.report(problem.help(format!("as in `read … from $ {{ {} = $.Field }}`", field.name)));
        }
    }

    /// Which clauses a verb takes, and what stands in those that look at no answer.
    fn clauses(&self, env: &Env, def: &KindDef<'a>, verb: &'a ast::Verb) {
        let word = verb.verb.text.as_str();
        let here = |span| self.program.loc(def.module, span);
        if word == "update" && verb.fields.is_empty() {
            let problem = Problem::error(MISSING_FIELD, here(verb.verb.span), "`update` names the fields that it changes");
            self.program.report(problem.help("as in `update type aliyun.rpc(\"ModifyInstanceSpec\") { … }`"));
        }
        if let Some(field) = verb.fields.first().filter(|_| word != "update") {
            let message = format!("only `update` names fields, and this is `{word}`");
            self.program.report(Problem::error(TYPE_MISMATCH, here(field.span), message));
        }
        if let Some(needs) = verb.needs.as_ref().filter(|_| matches!(word, "create" | "read")) {
            let message = format!("`{word}` needs no state of the thing before it");
            self.program.report(Problem::error(TYPE_MISMATCH, here(needs.span), message));
        } else if let Some(needs) = verb.needs.as_ref().filter(|n| !n.text.is_empty() && !NEEDS.contains(&n.text.as_str())) {
            let problem = Problem::error(UNKNOWN_NAME, here(needs.span), format!("there is no state `{}` to be needed", needs.text));
            self.program.report(problem.help(format!("there is {}", listed(NEEDS))));
        }
        self.waits(env, verb);
    }

    /// `timeout` and `every` are durations that a program says.
    fn waits(&self, env: &Env, verb: &ast::Verb) {
        for (word, value) in &verb.waits {
            let env = Env::module(env.module);
            let ty = self.check(&env, value, &Type::Quantity(Dim::DURATION), &format!("`{}`", word.text), None);
            let nothing = match &value.kind {
                ExprKind::Literal(l) => {
                    literal::parse(l, self.loc(&env, value)).is_ok_and(|v| matches!(v.v, Value::Quantity(q) if q.as_f64() <= 0.0))
                }
                _ => false,
            };
            if ty.is_later() || nothing {
                let message = format!("`{}` is a duration that is known now and longer than nothing", word.text);
                self.broken(&env, value, Problem::error(TYPE_MISMATCH, self.loc(&env, value), message));
            }
        }
    }

    /// Arguments and parameters.
    fn call_of(&self, env: &Env, driver: &Driver, verb: &'a ast::Verb) {
        // `token` is the same for every retry of a step; what is read has none.
        let env = if verb.verb.text == "read" { env.clone() } else { env.with(&"token".into(), Type::Str) };
        let names: Vec<&str> = driver.args.iter().map(|p| p.name).collect();
        let call = Expr { kind: ExprKind::Missing, span: verb.driver.span };
        for (param, arg) in driver.args.iter().zip(self.arrange(&env, &call, driver.path, &names, &verb.args).unwrap_or_default()) {
            let place = format!("`{}`", param.name);
            match (arg, param.takes) {
                (None, _) if param.required => {
                    let message = format!("`{}` needs a value for `{}`", driver.path, param.name);
                    self.program.report(Problem::error(TYPE_MISMATCH, self.loc(&env, &call), message));
                }
                (None, _) => {}
                (Some(e), Takes::Script) => drop(self.check(&env, e, &Type::Sh, &place, None)),
                (Some(e), Takes::Text) => drop(self.check(&env, e, &Type::Str, &place, None)),
                (Some(e), Takes::Method) => {
                    let words: Rc<[Type]> = METHODS.iter().map(|w| Type::Word((*w).into())).collect();
                    self.check(&env, e, &Type::Union(words), &place, None);
                }
                (Some(e), Takes::Cuts) => drop(self.check(&env, e, &optional(Type::Quantity(Dim::DURATION)), &place, None)),
                (Some(e), Takes::Undo) => drop(self.check(&env, e, &optional(Type::Sh), &place, None)),
            }
        }
        self.road(&env, driver, verb);
        if driver.is_script() {
            self.script_block(&env, driver, verb);
        } else {
            self.fields_block(&env, driver, verb);
        }
    }

    /// What may cut the road to its host says what brings it back, and when; what only looks cuts nothing.
    fn road(&self, env: &Env, driver: &Driver, verb: &'a ast::Verb) {
        let arg = |takes| driver.arg(&verb.args, takes);
        let (cuts, undo) = (arg(Takes::Cuts), arg(Takes::Undo));
        let Some(first) = cuts.or(undo) else { return };
        let at = self.loc(env, first);
        if verb.verb.text == "read" {
            let message = "`read` changes nothing, so it cuts no road";
            self.program.report(Problem::error(TYPE_MISMATCH, at, message).help("leave `cuts` and `undo` to what acts"));
        } else if cuts.is_none() || undo.is_none() {
            let (there, missing, help) = if cuts.is_none() {
                ("undo", "cuts", "`cuts` is how long the host waits before it runs it by itself")
            } else {
                ("cuts", "undo", "`undo` is what the host runs by itself to bring the road back")
            };
            let message = format!("`{there}` of `{}` needs `{missing}` beside it", driver.path);
            self.program.report(Problem::error(MISSING_FIELD, at, message).help(help));
        }
    }

    /// A script takes nothing but its standard input.
    fn script_block(&self, env: &Env, driver: &Driver, verb: &'a ast::Verb) {
        if let Some(stdin) = &verb.stdin {
            self.stdin(env, stdin);
        }
        if let Some(field) = verb.params.first() {
            let message = format!("`{}` takes no parameters: values stand in its script, each as a word", driver.path);
            self.program.report(Problem::error(TYPE_MISMATCH, self.program.loc(env.module, field.span), message));
        }
    }

    /// Parameters are texts, numbers and lists and records of them; secrets may be among them, for they are sent and never shown.
    fn fields_block(&self, env: &Env, driver: &Driver, verb: &'a ast::Verb) {
        if let Some(stdin) = &verb.stdin {
            let message = format!("`{}` runs no script, so nothing reads `stdin`", driver.path);
            self.program.report(
                Problem::error(TYPE_MISMATCH, self.program.loc(env.module, stdin.span), message).help("give the secret as a parameter"),
            );
        }
        if let Speaks::Names(known) = driver.speaks {
            self.known_parameters(env, driver, known, verb);
        }
        self.sent(env, "", &verb.params);
    }

    /// A closed set of parameters, none of which may be left out.
    fn known_parameters(&self, env: &Env, driver: &Driver, known: &[&str], verb: &'a ast::Verb) {
        let given = |name: &&&str| verb.params.iter().any(|field| field.key.text == ***name);
        for field in verb.params.iter().filter(|field| !known.contains(&field.key.text.as_str())) {
            let at = self.program.loc(env.module, field.key.span);
            let problem = Problem::error(UNKNOWN_NAME, at, format!("`{}` takes no parameter `{}`", driver.path, field.key.text));
            self.program.report(problem.near(&field.key.text, known.iter().copied(), at));
        }
        let missing: Vec<&str> = known.iter().filter(|name| !given(name)).copied().collect();
        if !missing.is_empty() {
            let message = format!("`{}` needs {} among its parameters", driver.path, listed(missing));
            self.program.report(Problem::error(MISSING_FIELD, self.program.loc(env.module, verb.driver.span), message));
        }
    }

    fn sent(&self, env: &Env, above: &str, fields: &'a [ast::Field]) {
        self.distinct(env, fields);
        for field in fields {
            self.parameter_of(env, &format!("{above}{}", field.key.text), &field.value);
        }
    }

    fn parameter_of(&self, env: &Env, key: &str, e: &'a Expr) {
        match &e.kind {
            ExprKind::List(items) => items.iter().for_each(|i| self.parameter_of(env, key, i)),
            ExprKind::Record(fields) => self.sent(env, &format!("{key}."), fields),
            _ => {
                let ty = self.infer(env, e, None);
                if let Some(wrong) = unsent(&ty) {
                    let message = format!("`{key}` is sent as text or a number, and this is {}", article(wrong));
                    let problem = Problem::error(TYPE_MISMATCH, self.loc(env, e), message);
                    self.broken(
                        env,
                        e,
                        match wrong {
                            Type::Quantity(_) => problem.help("say what it is counted in, as in `size.in(GiB)`"),
                            Type::Ref(..) => problem.help("send a field of it"),
                            _ => problem.help("send its parts, or a text with it: `\"{…}\"`"),
                        },
                    );
                }
            }
        }
    }

    /// `stdin` of a declaration is read by the script that it holds.
    pub(crate) fn read_by_script(&self, env: &Env, kind: KindId, stdin: &ast::Stdin) {
        let def = self.program.kind(kind);
        if !def.fields.iter().any(|f| matches!(f.typed.ty.plain(), Type::Sh)) {
            let message = format!("{} runs no script, so nothing reads `stdin`", kind_called(&def.path));
            self.program.report(Problem::error(TYPE_MISMATCH, self.program.loc(env.module, stdin.span), message));
        }
        self.stdin(env, stdin);
    }

    /// `stdin name = secret`: the only place of a script that takes a secret.
    pub(crate) fn stdin(&self, env: &Env, stdin: &ast::Stdin) {
        self.check(env, &stdin.value, &Type::Secret(Rc::new(Type::Str)), &format!("`stdin {}`", stdin.name.text), None);
    }
}

fn optional(ty: Type) -> Type {
    Type::Option(Rc::new(ty))
}

/// The part of a type that no protocol sends.
fn unsent(ty: &Type) -> Option<&Type> {
    match ty.plain() {
        Type::Secret(inner) | Type::List(inner) | Type::Map(inner, _) => unsent(inner),
        Type::Union(members) => members.iter().find_map(unsent),
        Type::Record(record) => record.fields.iter().find_map(|f| unsent(&f.typed.ty)),
        Type::Str | Type::Path | Type::Bool | Type::Int | Type::Float | Type::Ip | Type::Cidr | Type::Json => None,
        Type::Word(_) | Type::Enum(_) | Type::Error => None,
        other => Some(other),
    }
}
