//! What does a facts file say? Its JSON as a value of the kind `facts`, each part with its line.
//!
//! The file comes from a host: nothing in it is trusted in shape.

use crate::{
    entries::Entries,
    eval::Scope,
    literal,
    model::Model,
    program::FieldDef,
    quantity::{Dim, Quantity},
    report::{BROKEN_FACTS, OLD_FACTS, Problem, near},
    source::{FileId, Loc},
    time,
    types::{KindId, RecordField, RecordType, Type},
    value::{Sort, Val, Value},
};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, ast as json, common::Ranged};
use mig_plan::{Facts, visible};
use mig_syntax::ast;
use smol_str::SmolStr;
use std::{collections::BTreeSet, rc::Rc};

/// Clocks of machines differ by so much without anybody minding.
const CLOCK_DIFFERENCE_MAX_S: i64 = 3600;

impl Model<'_, '_> {
    /// `survey("path")`: the file's value; unknown if there is none.
    pub fn survey(&self, s: &Scope<'_>, path: &str, at: Loc) -> Val {
        let value = self.survey_once(s, path, at);
        self.of_this_host(s, &value, at);
        value
    }

    /// Facts of another host prove nothing of this one.
    fn of_this_host(&self, s: &Scope<'_>, facts: &Val, at: Loc) {
        let Some(owner) = s.me.map(|me| &self.instance(me).address) else { return };
        let Value::Map(entries) = &facts.v else { return };
        let Some(Val { v: Value::Str(host), at: named, .. }) = entries.get("host") else { return };
        if host.as_str() != owner.as_str() {
            let message = format!("these facts were measured on `{host}`, and `{owner}` names them as its own");
            let help = format!("survey `{owner}` into a file of its own; if it is that host under a new name, write the name here");
            self.program.report(Problem::error(BROKEN_FACTS, *named, message).also(at, "named here").help(help));
        }
    }

    fn survey_once(&self, s: &Scope<'_>, path: &str, at: Loc) -> Val {
        if let Some(known) = self.facts.borrow().get(path) {
            return known.clone();
        }
        let value = match self.program.syntax.facts.get(path) {
            Some(Ok(file)) => self.read_facts(*file),
            Some(Err(why)) => Err(Box::new(
                Problem::error(BROKEN_FACTS, at, format!("the facts `{path}` cannot be read: {why}"))
                    .help("`migc survey` measures the host and writes the file, or correct the path; it is below the project's folder"),
            )),
            None => Err(Box::new(
                Problem::error(BROKEN_FACTS, at, "the path of a survey stands in the declaration itself, as a plain string")
                    .help("write `facts = survey(\"facts/name.json\")`"),
            )),
        };
        let owner = s.me.map_or("this host".to_owned(), |me| format!("`{}`", self.instance(me).address));
        let value = value.unwrap_or_else(|problem| {
            self.program.report(*problem);
            Val::new(Value::Unknown(format!("a survey of {owner}").into()), at)
        });
        self.facts.borrow_mut().insert(path.to_owned(), value.clone());
        value
    }

    fn read_facts(&self, file: FileId) -> Result<Val, Box<Problem>> {
        let text = self.program.syntax.texts.text(file);
        let strict = ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_extended_string_escapes: false,
            allow_non_finite_numbers: false,
        };
        if too_deep(text) {
            let message = format!("this file nests deeper than {} levels", Facts::DEPTH_MAX);
            return Err(Box::new(Problem::error(BROKEN_FACTS, Loc::new(file, ast::Span::default()), message)));
        }
        let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
        let parsed = jsonc_parser::parse_to_ast(text, &collect, &strict).map_err(|e| {
            let at = Loc::new(file, ast::Span::new(e.range().start, e.range().end));
            Box::new(Problem::error(BROKEN_FACTS, at, format!("this is not JSON: {}", e.kind())).help("survey the host again"))
        })?;
        let Some(json::Value::Object(root)) = parsed.value else {
            let message = "a facts file holds one object";
            return Err(Box::new(Problem::error(BROKEN_FACTS, Loc::new(file, ast::Span::default()), message)));
        };
        version(file, &root)?;
        self.age(file, &root);
        let Some(kind) = self.program.noun("facts") else { return Err(Box::new(Problem::error(BROKEN_FACTS, Loc::default(), "no facts"))) };
        let host = root.get_string("host").map_or(String::new(), |h| h.value.to_string());
        let reader = Reader { model: self, file, needs: format!("a survey of `{host}` that holds it").into() };
        Ok(reader.facts(&root, kind))
    }

    /// Are these facts too old to prove anything with? Asked only where somebody said how old they may be.
    fn age(&self, file: FileId, root: &json::Object<'_>) {
        let Some(limit) = self.program.syntax.options.age else { return };
        let taken = root.get("taken");
        let at = taken.map_or_else(|| range(file, root), |taken| range(file, &taken.value));
        let seconds = root.get_string("taken").and_then(|text| time::parse(&text.value).ok()).map(|(seconds, _)| seconds);
        let at_most = time::duration(limit.max_s);
        let message = match seconds.map(|seconds| limit.now_s - seconds) {
            Some(age) if age > limit.max_s => format!("these facts are {} old, and {at_most} is allowed", time::rounded(age)),
            Some(age) if age < -CLOCK_DIFFERENCE_MAX_S => "these facts were taken later than now".to_owned(),
            Some(_) => return,
            None => format!("these facts do not say when they were taken, and at most {at_most} is allowed"),
        };
        let help =
            if seconds.is_some_and(|seconds| seconds > limit.now_s) { "set the clock of this machine" } else { "survey the host again" };
        self.program.report(Problem::warning(OLD_FACTS, at, message).help(help));
    }
}

fn version(file: FileId, root: &json::Object<'_>) -> Result<(), Box<Problem>> {
    let Some(found) = root.get("version") else {
        let at = Loc::new(file, ast::Span::new(root.range().start, root.range().start + 1));
        return Err(Box::new(
            Problem::error(BROKEN_FACTS, at, "this file has no `version`, so it is not a facts file").help("survey the host again"),
        ));
    };
    let version = match &found.value {
        json::Value::NumberLit(n) => n.value.to_owned(),
        _ => String::new(),
    };
    if version == Facts::VERSION.to_string() {
        return Ok(());
    }
    let message = format!(
        "these facts have version {}, and this migc reads version {}",
        if version.is_empty() { "none" } else { &version },
        Facts::VERSION
    );
    let help = "survey the host again with this migc, or use the migc that wrote them";
    Err(Box::new(Problem::error(BROKEN_FACTS, range(file, &found.value), message).help(help)))
}

fn range(file: FileId, node: &dyn Ranged) -> Loc {
    Loc::new(file, ast::Span::new(node.start(), node.end()))
}

/// Counts brackets outside strings, so that the parser's recursion has a bound.
fn too_deep(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > Facts::DEPTH_MAX {
                    return true;
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

struct Reader<'m, 'p, 'a> {
    model: &'m Model<'p, 'a>,
    file: FileId,
    needs: Rc<str>,
}

impl Reader<'_, '_, '_> {
    fn facts(&self, root: &json::Object<'_>, kind: KindId) -> Val {
        let at = range(self.file, root);
        let fields = &self.model.program.kind(kind).fields;
        let known: Vec<&str> = fields.iter().map(|f| f.name.as_str()).chain(["version"]).collect();
        self.keys(root);
        self.unknown_keys(root, &known);
        let values =
            fields.iter().map(|f: &FieldDef<'_>| root.get(&f.name).map_or_else(|| self.missing(at), |p| self.value(&p.value, &f.typed.ty)));
        let shape = self.model.program.kind(kind).shape();
        Val { v: Value::Map(Entries::alike(shape, values, Some(self.needs.clone()))), at, sort: Sort::Fact }
    }

    /// Without a list or map there is nothing known of its sort; other parts are unknown.
    fn missing(&self, at: Loc) -> Val {
        Val { v: Value::Unknown(self.needs.clone()), at, sort: Sort::Fact }
    }

    fn unknown_keys(&self, object: &json::Object<'_>, known: &[&str]) {
        for property in &object.properties {
            let name = property.name.as_str();
            if !known.contains(&name) {
                let at = range(self.file, &property.name);
                let problem = Problem::warning(BROKEN_FACTS, at, format!("facts have no field `{name}`"));
                self.model.program.report(match near(name, known.iter().copied()) {
                    Some(close) => problem.help(format!("did you mean `{close}`?")),
                    None => problem.help("it is ignored; docs/facts.md lists the fields"),
                });
            }
        }
    }

    /// Each key once, and a text of one line.
    fn keys(&self, object: &json::Object<'_>) {
        let mut seen = BTreeSet::new();
        for property in &object.properties {
            let name = property.name.as_str();
            let message = if !is_line(name) {
                "this key has control characters"
            } else if !seen.insert(name) {
                "this key is there twice"
            } else {
                continue;
            };
            let at = range(self.file, &property.name);
            self.model.program.report(Problem::error(BROKEN_FACTS, at, message).help("survey the host again"));
        }
    }

    fn value(&self, node: &json::Value<'_>, ty: &Type) -> Val {
        let at = range(self.file, node);
        if let json::Value::StringLit(text) = node
            && !is_line(&text.value)
        {
            let problem = Problem::error(BROKEN_FACTS, at, "this text has control characters");
            self.model.program.report(problem.help("survey the host again, and see by hand what it answers there"));
            return Val::error(at);
        }
        let ok = |v: Value| Val { v, at, sort: Sort::Fact };
        if matches!(node, json::Value::NullKeyword(_)) {
            return ok(Value::Unknown(self.needs.clone()));
        }
        let found = match (ty.plain(), node) {
            (Type::Record(record), json::Value::Object(object)) => return ok(self.record(object, record, at)),
            (Type::Map(inner, _), json::Value::Object(object)) => return ok(self.map(object, inner)),
            (Type::List(inner), json::Value::Array(array)) => {
                return ok(Value::List(array.elements.iter().map(|e| self.value(e, inner)).collect()));
            }
            (Type::Bool, json::Value::BooleanLit(b)) => Some(Value::Bool(b.value)),
            (Type::Int, json::Value::NumberLit(n)) => n.value.parse().ok().map(Value::Int),
            (Type::Float, json::Value::NumberLit(n)) => n.value.parse().ok().filter(|f: &f64| f.is_finite()).map(Value::Float),
            (Type::Quantity(Dim::SIZE), json::Value::NumberLit(n)) => n.value.parse().ok().and_then(Quantity::bytes).map(Value::Quantity),
            (ty, json::Value::StringLit(text)) => text_value(&text.value, ty),
            _ => None,
        };
        found.map_or_else(
            || {
                let message = format!("this is not {}", crate::infer::article(ty.plain()));
                self.model.program.report(Problem::error(BROKEN_FACTS, at, message).help(expectation(ty.plain())));
                Val::error(at)
            },
            ok,
        )
    }

    fn record(&self, object: &json::Object<'_>, record: &RecordType, at: Loc) -> Value {
        let known: Vec<&str> = record.fields.iter().map(|f| f.name.as_str()).collect();
        self.keys(object);
        self.unknown_keys(object, &known);
        let value = |f: &RecordField| object.get(&f.name).map_or_else(|| self.missing(at), |p| self.value(&p.value, &f.typed.ty));
        Value::Map(Entries::alike(&record.shape, record.fields.iter().map(value), Some(self.needs.clone())))
    }

    fn map(&self, object: &json::Object<'_>, inner: &Type) -> Value {
        self.keys(object);
        let keys = object.properties.iter().map(|p| SmolStr::from(p.name.as_str())).collect();
        let values = object.properties.iter().map(|p| self.value(&p.value, inner));
        Value::Map(Entries::alike(&self.model.shapes.of(keys), values, Some(self.needs.clone())))
    }
}

/// What is measured on a host is text of one line; anything else would act on a terminal, or look like another text.
fn is_line(text: &str) -> bool {
    !text.bytes().any(|byte| !(b' '..0x7f).contains(&byte)) || visible::line(text) == text
}

fn expectation(ty: &Type) -> String {
    let words = ty.words();
    if !words.is_empty() {
        return format!("one of {}", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "));
    }
    match ty {
        Type::Quantity(_) => "sizes are whole numbers of bytes",
        Type::Path => "paths begin with `/` and have no `..`",
        Type::Port => "ports are written `3306/tcp`",
        Type::Owner => "owners are written `999:999`",
        Type::Ip => "addresses are written `10.0.0.4` or `fd00::4`",
        Type::Cidr => "networks are written `10.0.0.0/24`, without bits behind the mask",
        Type::Time => "times are written `2020-01-10T12:00:00Z`",
        _ => "survey the host again; docs/facts.md shows the format",
    }
    .to_owned()
}

fn text_value(text: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::Str => Some(Value::Str(text.into())),
        Type::Path => {
            (text.starts_with('/') && !text.split('/').any(|p| p == "..") && !text.contains('\0')).then(|| Value::Str(text.into()))
        }
        Type::Time => time::parse(text).ok().map(|(t, o)| Value::Time(t, o)),
        Type::Ip => text.parse().ok().map(Value::Ip),
        Type::Cidr => literal::cidr(text).ok(),
        Type::Port => literal::port(text).ok(),
        Type::Owner => literal::owner(text).ok(),
        other => other.has_word(text).then(|| Value::Word(text.into())),
    }
}
