//! What do functions and methods give? Those the language brings; their types stand in `signatures`.

use crate::{
    arithmetic::{self, compare},
    code::{Code, Member, Op},
    entries::Entries,
    eval::Scope,
    literal::mask,
    methods::Method,
    model::Model,
    quantity,
    report::Problem,
    source::Loc,
    types::KindId,
    value::{InstanceId, Key, Later, Sort, Val, Value},
};
use mig_syntax::ast::BinaryOp;
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;
use std::{borrow::Cow, cmp::Ordering, rc::Rc};

impl<'a> Model<'_, 'a> {
    /// A function that the language brings.
    pub(crate) fn brought(&self, s: &Scope<'_>, name: &str, args: &[Option<Code<'a>>], at: Loc) -> Val {
        let more = |number: usize| args.get(number).and_then(Option::as_ref).map(|arg| self.run(s, arg));
        let Some(value) = args.first().and_then(Option::as_ref).map(|arg| self.view(s, arg)) else { return Val::error(at) };
        if !value.is_known() {
            return Val { v: arithmetic::stuck(&value.v), at, sort: value.sort };
        }
        let v = match (name, value.as_str()) {
            ("env", Some(name)) => Value::Later(Rc::new(Later::Env(name.into()))),
            ("secret", Some(name)) => Value::Secret(name.into()),
            ("survey", Some(path)) => return self.survey(s, path, at),
            ("repository", Some(image)) => Value::Str(repository(image).into()),
            ("tag", Some(image)) => Value::Str(tag(image).into()),
            ("version", Some(text)) => version(text, at),
            ("written", Some(beginning)) => match more(1).map(|w| w.v) {
                Some(Value::Regex(pattern)) => self.written(beginning, &pattern),
                _ => Value::Error,
            },
            ("exposed", _) => return Val { sort: Sort::Exposed, ..value.into_owned() },
            ("kind_of", _) => match &value.v {
                Value::Ref(id) => Value::Str(self.program.kind(self.instance(*id).kind).path.clone()),
                _ => Value::Error,
            },
            ("name_of", _) => match &value.v {
                Value::Ref(id) => Value::Str(self.name_of(*id)),
                _ => Value::Error,
            },
            ("is_existing" | "is_adopted", _) => match &value.v {
                Value::Ref(id) if name == "is_existing" => Value::Bool(self.fields.head(*id).is_existing),
                Value::Ref(id) => Value::Bool(self.instance(self.root(*id)).adopt.is_some()),
                _ => Value::Error,
            },
            ("json", _) => Value::Str(self.json(&value).to_string().into()),
            ("age" | "file", _) => secret_source(name, value.into_owned(), at),
            ("command", _) if matches!(value.v, Value::List(_)) => secret_source(name, value.into_owned(), at),
            ("tcp" | "http" | "command", _) => probe(name, value.into_owned(), more(1), more(2), at),
            _ => Value::Error,
        };
        Val::new(v, at)
    }

    /// Its name; one of many has its key behind it.
    fn name_of(&self, id: InstanceId) -> SmolStr {
        let instance = self.instance(id);
        instance.key.as_ref().map_or_else(|| instance.name.clone(), |key| format!("{}_{key}", instance.name).into())
    }

    /// A value as JSON; `null` for what is not known yet.
    pub fn json(&self, value: &Val) -> serde_json::Value {
        match &value.v {
            Value::Bool(b) => (*b).into(),
            Value::Int(i) => (*i).into(),
            Value::Float(f) => (*f).into(),
            Value::List(list) => list.iter().map(|v| self.json(v)).collect(),
            Value::Map(map) => map.iter().map(|(k, v)| (k.to_string(), self.json(v))).collect(),
            Value::Error | Value::Absent | Value::Unknown(_) | Value::Later(_) | Value::Secret(_) => serde_json::Value::Null,
            other => self.show(other).into(),
        }
    }

    /// What is missing below `fact(…)` is unknown, and what is there was measured. Of a declaration that is not there yet nothing
    /// can be measured, so it is absent, and a default may stand for it.
    pub(crate) fn fact<'v>(&'v self, s: &Scope<'v>, inner: &'v Code<'a>, at: Loc) -> Cow<'v, Val> {
        let value = self.view(s, inner);
        let missing = matches!(value.v, Value::Absent | Value::Unknown(_));
        if missing && s.body && s.me.is_some_and(|me| !self.is_there(me)) {
            return Cow::Owned(Val { v: Value::Absent, ..value.into_owned() });
        }
        match value.v {
            Value::Unknown(_) => value,
            Value::Absent => Cow::Owned(Val { v: Value::Unknown(self.what_is_absent(s, inner).into()), ..value.into_owned() }),
            Value::Error => Cow::Owned(Val { at, ..value.into_owned() }),
            _ if value.sort == Sort::Fact => value,
            _ => Cow::Owned(Val { sort: Sort::Fact, ..value.into_owned() }),
        }
    }

    fn what_is_absent(&self, s: &Scope<'_>, code: &Code<'a>) -> String {
        if let Op::Dot(receiver, Member { name, .. }) = &code.op
            && let Value::Ref(id) = self.run(s, receiver).v
        {
            return format!("`{name}` of `{}`, which is not given", self.instance(id).address);
        }
        "a survey that holds it".to_owned()
    }

    /// `x.method(…)`, and `x.property`.
    pub(crate) fn method(&self, s: &Scope<'_>, receiver: &Val, method: Method, args: &[Code<'a>], at: Loc) -> Val {
        let v = match &receiver.v {
            Value::List(_) | Value::Map(_) if method == Method::Contains => arithmetic::contains(&self.arg(s, args, 0, at), receiver),
            Value::List(list) => self.list_method(s, list, method, args, at),
            Value::Map(map) => self.map_method(s, map, method, args),
            Value::Str(text) => self.text_method(s, text, method, args),
            Value::Ref(id) if method == Method::All => match args {
                [Code { op: Op::Kind(Some(kind)), .. }] => Value::List(self.below(*id, *kind)),
                _ => Value::Error,
            },
            Value::Quantity(_) | Value::Int(_) | Value::Float(_) if method == Method::In => in_unit(&receiver.v, &self.arg(s, args, 0, at)),
            Value::Quantity(q) if method == Method::Currency => Value::Str(String::from_utf8_lossy(&q.currency).trim_matches('\0').into()),
            Value::Sh(script) if method == Method::Commands => match self.arg(s, args, 0, at).v {
                map @ Value::Map(_) => crate::shell::commands(script, &map, at),
                other => arithmetic::stuck(&other),
            },
            Value::Window(length, start, offset) => match method {
                Method::Start => Value::Time(*start, *offset),
                Method::End => Value::Time(start + length, *offset),
                Method::Length => seconds(*length),
                _ => Value::Error,
            },
            Value::Port(first, last, protocol) => match method {
                Method::Number | Method::First => Value::Int(i64::from(*first)),
                Method::Last => Value::Int(i64::from(*last)),
                Method::Protocol => Value::Str(protocol.as_str().into()),
                _ => Value::Error,
            },
            Value::Tuple(parts) => match method {
                Method::First => parts.first().map_or(Value::Error, |p| p.v.clone()),
                Method::Last => parts.last().map_or(Value::Error, |p| p.v.clone()),
                _ => Value::Error,
            },
            Value::Owner(user, group) => match method {
                Method::User => Value::Int(i64::from(*user)),
                Method::Group => Value::Int(i64::from(*group)),
                _ => Value::Error,
            },
            Value::Cidr(net, bits) => match (method, args.first().map(|a| self.run(s, a).v)) {
                (Method::Prefix, None) => Value::Int(i64::from(*bits)),
                (Method::Address, Some(Value::Int(place))) => {
                    crate::lookup::address_at(*net, *bits, place).map_or(Value::Absent, Value::Ip)
                }
                (Method::Contains, Some(Value::Ip(ip))) => Value::Bool(ip.is_ipv4() == net.is_ipv4() && mask(ip, *bits) == *net),
                (Method::Overlaps, Some(Value::Cidr(other, len))) => {
                    let short = (*bits).min(len);
                    Value::Bool(net.is_ipv4() == other.is_ipv4() && mask(*net, short) == mask(other, short))
                }
                (_, Some(other)) => arithmetic::stuck(&other),
                _ => Value::Error,
            },
            other => arithmetic::stuck(other),
        };
        Val::new(v, at)
    }

    /// Declarations of a kind below another, at any depth.
    fn below(&self, id: InstanceId, kind: KindId) -> Rc<[Val]> {
        let find = || {
            let mut found = vec![];
            let mut open: Vec<InstanceId> = self.instance(id).children.iter().rev().copied().collect();
            while let Some(child) = open.pop() {
                let head = self.fields.head(child);
                if self.program.is_a(head.kind, kind) {
                    found.push(Val::new(Value::Ref(child), head.at));
                }
                open.extend(self.instance(child).children.iter().rev());
            }
            if found.is_empty() { self.nothing.clone() } else { found.into() }
        };
        if self.declared.get() { self.fields.below(id, kind, find) } else { find() }
    }

    pub(crate) fn rule(&self, s: &Scope<'_>, args: &[Code<'a>], item: &Val) -> Val {
        match args.first().map(|arg| &arg.op) {
            Some(Op::Lambda(name, body)) => {
                let var = s.var(name, item);
                self.run(&s.with(&var), body)
            }
            _ => item.clone(),
        }
    }

    fn arg(&self, s: &Scope<'_>, args: &[Code<'a>], position: usize, at: Loc) -> Val {
        args.get(position).map_or_else(|| Val::error(at), |arg| self.run(s, arg))
    }

    fn list_method(&self, s: &Scope<'_>, list: &Rc<[Val]>, method: Method, args: &[Code<'a>], at: Loc) -> Value {
        match method {
            Method::Len => Value::Int(list.len() as i64),
            Method::Map | Method::Flatten | Method::SortBy if list.is_empty() => Value::List(list.clone()),
            Method::SortBy if list.len() == 1 => Value::List(list.clone()),
            Method::Map => Value::List(list.iter().map(|v| self.rule(s, args, v)).collect()),
            Method::Filter => self.filter(s, list, args),
            Method::Any | Method::All => self.quantified(s, list, args, method == Method::Any).map_or_else(|open| open, Value::Bool),
            Method::Sum if list.is_empty() => self.zero(at),
            Method::Sum => self.fold(s, list, args, at, |a, b| arithmetic::binary(BinaryOp::Add, a, b)),
            Method::Min => self.fold(s, list, args, at, |a, b| arithmetic::extreme(Ordering::Less, a, b)),
            Method::Max => self.fold(s, list, args, at, |a, b| arithmetic::extreme(Ordering::Greater, a, b)),
            Method::SortBy => {
                let mut keyed: Vec<(Val, Val)> = list.iter().map(|v| (self.rule(s, args, v), v.clone())).collect();
                keyed.sort_by(|a, b| compare(&a.0.v, &b.0.v).unwrap_or(Ordering::Equal));
                Value::List(keyed.into_iter().map(|k| k.1).collect())
            }
            Method::Lookup => self.lookup(s, list, args),
            Method::GroupBy => self.groups(s, list, args, at),
            Method::Duplicates => self.duplicates(s, list, args, at),
            Method::Overlapping => self.overlapping(s, list, args, at),
            Method::Flatten => self.flatten(list),
            Method::First => list.first().map_or(Value::Absent, |v| v.v.clone()),
            Method::Last => list.last().map_or(Value::Absent, |v| v.v.clone()),
            Method::Join => {
                let between = self.arg(s, args, 0, at);
                let parts: Vec<String> = list.iter().map(|v| self.show(&v.v)).collect();
                Value::Str(parts.join(between.as_str().unwrap_or("")).into())
            }
            _ => Value::Error,
        }
    }

    /// The elements of all lists in a list: the only one that has any, where there is one.
    fn flatten(&self, list: &[Val]) -> Value {
        let (mut full, mut are_several) = (None, false);
        for inner in list.iter().filter(|inner| !self.inner(inner).is_empty()) {
            are_several |= full.replace(inner).is_some();
        }
        match full {
            None => Value::List(self.nothing.clone()),
            Some(_) if are_several => Value::List(list.iter().flat_map(items).cloned().collect()),
            Some(only) => only.v.clone(),
        }
    }

    /// The list itself, if it is all kept: most elements of most lists are in order.
    fn filter(&self, s: &Scope<'_>, list: &Rc<[Val]>, args: &[Code<'a>]) -> Value {
        let Some(out) = list.iter().position(|v| !self.kept(s, args, v)) else { return Value::List(list.clone()) };
        let (before, rest) = list.split_at(out);
        let mut kept = before.to_vec();
        kept.extend(rest.iter().skip(1).filter(|v| self.kept(s, args, v)).cloned());
        self.list_of(kept)
    }

    /// Of empty lists, which most that checks make are, there is one.
    pub(crate) fn list_of(&self, items: Vec<Val>) -> Value {
        Value::List(if items.is_empty() { self.nothing.clone() } else { items.into() })
    }

    /// What cannot be decided is left out, and the check that asks is told.
    pub(crate) fn kept(&self, s: &Scope<'_>, args: &[Code<'a>], item: &Val) -> bool {
        match self.holds(s, args, item) {
            Ok(keep) => keep,
            Err(Value::Unknown(needs)) => self.left_open(item, needs.to_string()),
            Err(Value::Later(later)) => self.left_open(item, self.later_name(&later)),
            Err(_) => false,
        }
    }

    /// The elements of a list in a list; of what is not known, the check that asks is told.
    fn inner<'v>(&self, list: &'v Val) -> &'v [Val] {
        match &list.v {
            Value::Unknown(needs) => {
                self.left_open(list, needs.to_string());
            }
            Value::Later(later) => {
                self.left_open(list, self.later_name(later));
            }
            _ => {}
        }
        items(list)
    }

    pub(crate) fn left_open(&self, item: &Val, needs: String) -> bool {
        let about = if matches!(item.v, Value::Ref(_)) { self.show(&item.v) } else { String::new() };
        self.undecided.borrow_mut().insert((about, needs));
        false
    }

    /// How a value that is known later is called.
    pub fn later_name(&self, later: &Later) -> String {
        match later {
            Later::Field(id, field) => format!("`{}.{field}`, which is known later", self.instance(*id).address),
            Later::Env(name) => format!("the variable `{name}` of the environment"),
        }
    }

    fn fold(&self, s: &Scope<'_>, list: &[Val], args: &[Code<'a>], at: Loc, step: impl Fn(&Val, &Val) -> Result<Value, String>) -> Value {
        let mut values = list.iter().map(|v| self.rule(s, args, v)).filter(|v| !matches!(v.v, Value::Absent));
        let Some(mut total) = values.next() else { return Value::Absent };
        for value in values {
            for side in [&total, &value] {
                if !side.is_known() {
                    return arithmetic::stuck(&side.v);
                }
            }
            total = match step(&total, &value) {
                Ok(next) => Val::new(next, at),
                Err(message) => {
                    let problem = Problem::error(crate::report::ARITHMETIC, at, message);
                    self.program.report(problem.also(total.at, self.show(&total.v)).also(value.at, self.show(&value.v)));
                    return Value::Error;
                }
            };
        }
        total.v
    }

    /// The sum of nothing, in the dimension that its place has.
    fn zero(&self, at: Loc) -> Value {
        let dim = self.program.sums.borrow().get(&at).copied();
        let of_dim = |dim| quantity::Quantity::new(0, 1, dim, [0; 3]).map(Value::Quantity);
        dim.and_then(of_dim).unwrap_or(Value::Int(0))
    }

    fn groups(&self, s: &Scope<'_>, list: &[Val], args: &[Code<'a>], at: Loc) -> Value {
        let mut order: Vec<(Val, Vec<Val>)> = vec![];
        let mut places: HashMap<Key, usize> = HashMap::default();
        for item in list {
            let value = self.rule(s, args, item);
            let Some(key) = value.v.key() else { continue };
            let place = *places.entry(key).or_insert_with(|| {
                order.push((value, vec![]));
                order.len() - 1
            });
            if let Some(group) = order.get_mut(place) {
                group.1.push(item.clone());
            }
        }
        let row = |(key, items): (Val, Vec<Val>)| {
            let values = [key, Val::new(Value::List(items.into()), at)];
            Val::new(Value::Map(Entries::alike(&self.group, values, None)), at)
        };
        Value::List(order.into_iter().map(row).collect())
    }

    /// Pairs of each later twin with the first of its value; one pass with a hash table.
    fn duplicates(&self, s: &Scope<'_>, list: &[Val], args: &[Code<'a>], at: Loc) -> Value {
        let mut first: HashMap<Key, &Val> = HashMap::with_capacity_and_hasher(list.len(), rustc_hash::FxBuildHasher);
        let mut pairs = vec![];
        for item in list {
            let Some(key) = self.rule(s, args, item).v.identity() else { continue };
            match first.get(&key) {
                Some(original) => pairs.push(Val::new(Value::Tuple([item.clone(), (*original).clone()].into()), at)),
                None => {
                    first.insert(key, item);
                }
            }
        }
        Value::List(pairs.into())
    }

    fn map_method(&self, s: &Scope<'_>, map: &Entries, method: Method, args: &[Code<'a>]) -> Value {
        match method {
            Method::Len => Value::Int(map.len() as i64),
            Method::Keys | Method::Values if map.len() == 0 => Value::List(self.nothing.clone()),
            Method::Keys => Value::List(map.iter().map(|(k, v)| Val::new(Value::Str(k.clone()), v.at)).collect()),
            Method::Values => Value::List(map.values().iter().cloned().collect()),
            Method::Before => crate::planned::before(self, s, map, args),
            Method::Downtime => crate::planned::downtime(self, s, map, args),
            _ => Value::Error,
        }
    }

    fn text_method(&self, s: &Scope<'_>, text: &str, method: Method, args: &[Code<'a>]) -> Value {
        let at = Loc::default();
        let first = || args.first().map_or_else(|| Cow::Owned(Val::error(at)), |arg| self.view(s, arg));
        let with = |f: &dyn Fn(&str) -> Value| {
            let value = first();
            value.as_str().map_or_else(|| arithmetic::stuck(&value.v), f)
        };
        match method {
            Method::Len => Value::Int(text.chars().count() as i64),
            Method::Size => quantity::Quantity::bytes(text.len() as u64).map_or(Value::Error, Value::Quantity),
            Method::Lower => Value::Str(text.to_lowercase().into()),
            Method::Upper => Value::Str(text.to_uppercase().into()),
            Method::Trim => Value::Str(text.trim().into()),
            Method::StartsWith => with(&|o| Value::Bool(text.starts_with(o))),
            Method::EndsWith => with(&|o| Value::Bool(text.ends_with(o))),
            Method::Contains => with(&|o| Value::Bool(text.contains(o))),
            Method::Below => with(&|o| Value::Bool(below(text, o))),
            Method::Split => with(&|o| Value::List(text.split(o).map(|p| Val::new(Value::Str(p.into()), at)).collect())),
            Method::Replace => with(&|o| {
                let to = self.arg(s, args, 1, at);
                to.as_str().map_or(Value::Error, |to| Value::Str(text.replace(o, to).into()))
            }),
            Method::Matches => match &first().v {
                Value::Regex(regex) => Value::Bool(regex.is_match(text)),
                other => arithmetic::stuck(other),
            },
            _ => Value::Error,
        }
    }
}

/// The elements of a list.
fn items(list: &Val) -> &[Val] {
    if let Value::List(items) = &list.v { items } else { &[] }
}

/// Is a path the other, or below it?
pub fn below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')) || (folder.is_empty() && path.starts_with('/'))
}

fn seconds(count: i64) -> Value {
    let one = quantity::unit("s");
    let count = quantity::Quantity::new(i128::from(count), 1, quantity::Dim::NONE, [0; 3]);
    one.zip(count).and_then(|(one, count)| one.mul(count)).map_or(Value::Error, Value::Quantity)
}

fn in_unit(value: &Value, unit: &Val) -> Value {
    let Value::Word(name) = &unit.v else { return Value::Error };
    match (value, quantity::unit(name)) {
        (Value::Quantity(q), Some(unit)) => q.div(unit).map_or(Value::Error, |r| Value::Float(r.as_f64())),
        (other, _) => other.clone(),
    }
}

/// `docker.io/library/mysql:5.7@sha256:…` without registry, tag and digest.
pub fn repository(image: &str) -> &str {
    let image = without_digest(image);
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    let image = image.strip_prefix("library/").unwrap_or(image);
    let last = image.rfind('/').map_or(0, |slash| slash + 1);
    let end = image[last..].find(':').map_or(image.len(), |colon| last + colon);
    let image = &image[..end];
    // A first part with a dot or a port is a registry.
    match image.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => rest,
        _ => image,
    }
}

/// The tag of an image; empty without one.
pub fn tag(image: &str) -> &str {
    let image = without_digest(image);
    let last = image.rfind('/').map_or(image, |slash| &image[slash + 1..]);
    last.split_once(':').map_or("", |(_, tag)| tag)
}

fn without_digest(image: &str) -> &str {
    image.split_once('@').map_or(image, |(image, _)| image)
}

/// The numbers at the start of a text: 5, 7 and 44 of `5.7.44-debian`, and 1, 6 and 30 of `v1.6.30`.
fn version(text: &str, at: Loc) -> Value {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let parts = text.get(..end).unwrap_or("").split('.').map_while(|p| p.parse().ok());
    Value::List(parts.map(|n| Val::new(Value::Int(n), at)).collect())
}

/// A place where secrets are looked up: a file, or what a program prints.
fn secret_source(by: &str, value: Val, at: Loc) -> Value {
    let place = if matches!(value.v, Value::List(_)) { "words" } else { "path" };
    let rows = vec![("by".into(), Val::new(Value::Str(by.into()), at)), (place.into(), value)];
    Value::Map(Entries::new(rows, None))
}

fn probe(by: &str, value: Val, within: Option<Val>, stdin: Option<Val>, at: Loc) -> Value {
    let minute = quantity::unit("min").map_or(Value::Error, Value::Quantity);
    let within = within.unwrap_or_else(|| Val::new(minute, at));
    let absent = || Val::new(Value::Absent, at);
    let port = match (by, &value.v) {
        ("tcp", Value::Int(n)) => {
            u16::try_from(*n).map_or_else(|_| Val::error(at), |n| Val::new(Value::Port(n, n, crate::value::Protocol::Tcp), at))
        }
        ("tcp", Value::Port(..)) => value.clone(),
        _ => absent(),
    };
    let (url, script) = match by {
        "http" => (value, absent()),
        "command" => (absent(), value),
        _ => (absent(), absent()),
    };
    let rows = vec![
        ("by".into(), Val::new(Value::Str(by.into()), at)),
        ("port".into(), port),
        ("url".into(), url),
        ("script".into(), script),
        ("within".into(), within),
        ("stdin".into(), stdin.unwrap_or_else(absent)),
    ];
    Value::Map(Entries::new(rows, None))
}
