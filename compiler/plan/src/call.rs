//! What does a step ask of a driver, and how is the answer read? The lifecycle of a kind, with every value in its place.
//!
//! Requests, paths into answers and conditions on them are data; nothing else of a kind runs when a plan is applied.

use crate::{
    names::{NameRequest, RecordSet},
    plan::{Address, HostId},
};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use std::collections::BTreeMap;

/// One thing to do for a resource, by the lifecycle of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// `motd (host.file)`, for people.
    pub thing: String,
    /// What it is to come to.
    pub verb: Verb,
    /// In order.
    pub requests: Vec<Request>,
    /// In the place of `requests`, where something is changed that is not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anew: Option<Request>,
    /// Asked before, so that nothing is done twice, and after, so that nothing is taken for done that is not.
    pub look: Look,
}

/// The verbs that change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It is to be there.
    Create,
    /// It is to be as declared.
    Update,
    /// It is to be gone.
    Delete,
}

/// What is sent, by the driver that sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "driver", rename_all = "snake_case")]
pub enum Request {
    /// A script on a host. The answer is the JSON that it prints, with its exit status as `status`.
    Ssh {
        /// Where.
        host: HostId,
        /// POSIX sh; values are in `words` as `$1`, `$2`, …
        script: String,
        /// Its positional parameters.
        words: Vec<String>,
        /// What it reads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stdin: Option<Input>,
        /// It may cut the road to its host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cuts: Option<Cut>,
    },
    /// A question to a name server, or a change of what it answers.
    Rfc2136(Box<NameRequest>),
}

/// What the host does by itself if migc does not come back over a new connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// So long after the script was begun.
    pub within_seconds: u64,
    /// What brings the road back; a plan without it is not sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<CutUndo>,
}

/// A script that a host runs by itself. It reads nothing: what was before, the script that cuts has kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutUndo {
    /// POSIX sh; values are in `words` as `$1`, `$2`, …
    pub script: String,
    /// Its positional parameters.
    pub words: Vec<String>,
}

impl Cut {
    /// A connection is made anew within that, also over a slow way.
    pub const WITHIN_MIN_SECONDS: u64 = 5;
    /// Whoever is cut off for longer goes to the console.
    pub const WITHIN_MAX_SECONDS: u64 = 3_600;
}

/// What a script reads on its standard input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// As it is.
    Text(String),
    /// The name of a secret, resolved when the run begins and never written anywhere.
    Secret(String),
}

/// How a resource is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// What asks; it changes nothing.
    pub request: Request,
    /// The part of the answer that everything else is about; it is gone if there is none.
    pub from: Selector,
    /// It is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Condition>,
    /// It is as declared and can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Condition>,
    /// It will never be ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Condition>,
    /// Fields that the answer tells, by name.
    pub fields: BTreeMap<String, Expected>,
    /// How long it may take to be ready, or gone, once it was asked for; 0: it is at once.
    pub timeout_seconds: u64,
    /// How often it is asked meanwhile.
    pub every_seconds: u64,
}

/// What a field is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Where the answer tells it.
    pub path: Selector,
    /// As declared.
    pub value: Value,
}

/// A path into an answer: `$.a.b[0]`, `$.a[*].b`; empty for all of it.
pub type Selector = Vec<Part>;

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// `.name`
    Name(String),
    /// `[0]`
    Index(u32),
    /// `[*]`
    Every,
}

/// A condition on an answer, with constants only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Condition {
    /// `$.a == 1`, `$.a in [1, 2]`
    OneOf {
        /// Of what.
        path: Selector,
        /// Which.
        values: Vec<Value>,
    },
    /// `$.a?`
    Present {
        /// What.
        path: Selector,
    },
    /// `a and b`
    All {
        /// Of these.
        of: Vec<Condition>,
    },
    /// `a or b`
    Any {
        /// Of these.
        of: Vec<Condition>,
    },
    /// `not a`
    Not {
        /// This.
        of: Box<Condition>,
    },
}

/// What an answer says of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is not there.
    Gone,
    /// It is as declared.
    Settled,
    /// It is there and otherwise; empty if the answer does not say what is.
    Different(Vec<Difference>),
    /// It will never be as declared.
    Failed,
}

/// Something that an answer says otherwise than it is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// A field of the kind, or the name that the answer has for it.
    pub name: String,
    /// What it is to be, for people.
    pub wished: String,
    /// What it is, for people.
    pub found: String,
}

impl Call {
    /// What is asked of drivers, the look included.
    pub fn all_requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter().chain(&self.anew).chain([&self.look.request])
    }

    /// The requests that may cut the road to their host.
    pub fn cuts(&self) -> impl Iterator<Item = &Cut> {
        self.all_requests().filter_map(Request::cut)
    }

    /// The same for hosts and addresses that are called otherwise now.
    pub fn rename(&mut self, new: &dyn Fn(&str) -> Address) {
        for request in self.requests.iter_mut().chain(&mut self.anew).chain([&mut self.look.request]) {
            if let Request::Ssh { host, .. } = request {
                *host = new(host);
            }
        }
    }
}

impl Request {
    /// What its host does by itself if it cuts the road.
    pub fn cut(&self) -> Option<&Cut> {
        match self {
            Self::Ssh { cuts, .. } => cuts.as_ref(),
            Self::Rfc2136(_) => None,
        }
    }

    /// The host that it is sent to, if it is one of the plan's.
    pub fn host(&self) -> Option<&HostId> {
        match self {
            Self::Ssh { host, .. } => Some(host),
            Self::Rfc2136(_) => None,
        }
    }

    /// Where it is sent to: a host, or a name server with its port.
    pub fn place(&self) -> &str {
        match self {
            Self::Ssh { host, .. } => host,
            Self::Rfc2136(request) => &request.server,
        }
    }

    /// What its script reads.
    pub fn input(&self) -> Option<&Input> {
        match self {
            Self::Ssh { stdin, .. } => stdin.as_ref(),
            Self::Rfc2136(_) => None,
        }
    }

    /// The secret that it carries, by name.
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::Ssh { stdin: Some(Input::Secret(name)), .. } => Some(name),
            Self::Ssh { .. } => None,
            Self::Rfc2136(request) => Some(&request.key.secret),
        }
    }

    /// The records that must be there before, where it changes some.
    pub fn records_before(&self) -> Option<&RecordSet> {
        match self {
            Self::Ssh { .. } => None,
            Self::Rfc2136(request) => request.change.as_ref()?.was.as_ref(),
        }
    }
}

impl Look {
    /// Does it tell more than whether the resource is there?
    pub fn compares(&self) -> bool {
        self.ready.is_some() || !self.fields.is_empty()
    }

    /// Is the exit status of a script part of what it looks at?
    pub fn reads_status(&self) -> bool {
        let first = |path: &Selector| matches!(path.first(), Some(Part::Name(name)) if name == "status");
        let conditions = [&self.gone, &self.ready, &self.failed];
        self.from.is_empty()
            && (conditions.into_iter().flatten().any(|c| c.paths().iter().any(|p| first(p)))
                || self.fields.values().any(|f| first(&f.path)))
    }

    /// What an answer says.
    pub fn judge(&self, answer: &Value) -> Seen {
        let Some(part) = select(answer, &self.from).filter(|v| !v.is_null()) else { return Seen::Gone };
        let holds = |condition: &Option<Condition>| condition.as_ref().map(|c| c.holds(&part));
        if holds(&self.gone) == Some(true) {
            return Seen::Gone;
        }
        if holds(&self.failed) == Some(true) {
            return Seen::Failed;
        }
        let mut others: Vec<Difference> = vec![];
        for (name, field) in &self.fields {
            let found = select(&part, &field.path);
            if !found.as_ref().is_some_and(|v| same(v, &field.value)) {
                others.push(Difference { name: name.clone(), wished: text(&field.value), found: found_text(found.as_ref()) });
            }
        }
        if holds(&self.ready) == Some(false) {
            let named = self.ready.iter().flat_map(|c| c.differences(&part)).collect::<Vec<_>>();
            others.extend(named.into_iter().filter(|d| !self.fields.contains_key(&d.name)).collect::<Vec<_>>());
            return Seen::Different(others);
        }
        if others.is_empty() { Seen::Settled } else { Seen::Different(others) }
    }
}

/// What is otherwise, in one line.
pub fn in_words(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return "it is not as declared".to_owned();
    }
    let list = differences.iter().map(|d| format!("`{}` is {} and not {}", d.name, d.found, d.wished)).collect::<Vec<_>>();
    list.join(", ")
}

impl Condition {
    /// Is it so?
    pub fn holds(&self, answer: &Value) -> bool {
        match self {
            Self::OneOf { path, values } => select(answer, path).is_some_and(|found| values.iter().any(|v| same(&found, v))),
            Self::Present { path } => select(answer, path).is_some_and(|found| !found.is_null()),
            Self::All { of } => of.iter().all(|c| c.holds(answer)),
            Self::Any { of } => of.iter().any(|c| c.holds(answer)),
            Self::Not { of } => !of.holds(answer),
        }
    }

    /// Those parts of it that can be named and do not hold.
    fn differences(&self, answer: &Value) -> Vec<Difference> {
        match self {
            _ if self.holds(answer) => vec![],
            Self::All { of } => of.iter().flat_map(|c| c.differences(answer)).collect(),
            Self::OneOf { path, values } => {
                let wished = values.iter().map(text).collect::<Vec<_>>().join(" or ");
                vec![Difference { name: name(path), wished, found: found_text(select(answer, path).as_ref()) }]
            }
            Self::Present { path } => vec![Difference { name: name(path), wished: "something".to_owned(), found: found_text(None) }],
            Self::Any { .. } | Self::Not { .. } => vec![],
        }
    }

    /// Every path that it looks at.
    pub fn paths(&self) -> Vec<&Selector> {
        match self {
            Self::OneOf { path, .. } | Self::Present { path } => vec![path],
            Self::All { of } | Self::Any { of } => of.iter().flat_map(Self::paths).collect(),
            Self::Not { of } => of.paths(),
        }
    }
}

/// What a path leads to; with `[*]` a list.
pub fn select(answer: &Value, path: &[Part]) -> Option<Value> {
    let Some((first, rest)) = path.split_first() else { return Some(answer.clone()) };
    match first {
        Part::Name(name) => select(answer.get(name)?, rest),
        Part::Index(index) => select(answer.get(usize::try_from(*index).ok()?)?, rest),
        Part::Every => Some(Value::Array(answer.as_array()?.iter().filter_map(|item| select(item, rest)).collect())),
    }
}

/// A path as its kind writes it, without `$.`.
fn name(path: &[Part]) -> String {
    let mut out = String::new();
    for part in path {
        match part {
            Part::Name(name) if out.is_empty() => out.clone_from(name),
            Part::Name(name) => out.extend([".", name]),
            Part::Index(index) => out.extend(["[", &index.to_string(), "]"]),
            Part::Every => out.push_str("[*]"),
        }
    }
    out
}

/// Of what is found or wished nothing longer is shown.
const SHOWN_CHARS_MAX: usize = 200;

/// A value for people: a text is itself.
fn text(value: &Value) -> String {
    let whole = match value {
        Value::String(text) => text.clone(),
        // A count of a unit is computed, and mostly whole.
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(|| number.to_string(), |x| x.to_string()),
        other => other.to_string(),
    };
    let mut shown: String = whole.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < whole.len() {
        shown.push('…');
    }
    crate::visible::line(&shown)
}

fn found_text(value: Option<&Value>) -> String {
    value.filter(|v| !v.is_null()).map_or_else(|| "nothing".to_owned(), text)
}

/// Protocols differ in how they write numbers: 3 is 3.0.
fn same(found: &Value, wished: &Value) -> bool {
    match (found.as_number().and_then(Number::as_f64), wished.as_number().and_then(Number::as_f64)) {
        (Some(a), Some(b)) => (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs()),
        _ => found == wished,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn look(rest: &Value) -> Look {
        let mut all = json!({"request": {"driver": "ssh", "host": "a", "script": "x", "words": []}, "from": [], "fields": {},
            "timeout_seconds": 0, "every_seconds": 1});
        all.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn different(name: &str, wished: &str, found: &str) -> Difference {
        Difference { name: name.to_owned(), wished: wished.to_owned(), found: found.to_owned() }
    }

    #[test]
    fn answers_are_judged_by_the_words_of_the_kind() {
        let name = |name: &str| json!([{"name": name}]);
        let by_conditions = look(&json!({
            "gone": {"is": "one_of", "path": name("there"), "values": [false]},
            "ready": {"is": "all", "of": [{"is": "present", "path": name("id")},
                {"is": "not", "of": {"is": "one_of", "path": name("state"), "values": ["busy", "off"]}}]},
            "failed": {"is": "one_of", "path": name("state"), "values": ["broken"]},
        }));
        for (answer, seen) in [
            (json!({"there": false}), Seen::Gone),
            (Value::Null, Seen::Gone),
            (json!({"there": true, "id": 7, "state": "on"}), Seen::Settled),
            (json!({"there": true, "id": null, "state": "on"}), Seen::Different(vec![different("id", "something", "nothing")])),
            (json!({"there": true, "id": 7, "state": "busy"}), Seen::Different(vec![])),
            (json!({"there": true, "id": 7, "state": "broken"}), Seen::Failed),
        ] {
            assert_eq!(by_conditions.judge(&answer), seen, "{answer}");
        }
        let by_fields = look(&json!({
            "from": [{"name": "items"}, {"index": 0}],
            "fields": {"size": {"path": name("size"), "value": 3}, "ids": {"path": [{"name": "net"}, "every", {"name": "id"}], "value": ["a", "b"]}},
        }));
        let of = |size: &Value| json!({"items": [{"size": size, "net": [{"id": "a"}, {"id": "b"}]}]});
        assert_eq!(by_fields.judge(&of(&json!(3.0))), Seen::Settled);
        assert_eq!(by_fields.judge(&of(&json!("3"))), Seen::Different(vec![different("size", "3", "3")]));
        assert_eq!(by_fields.judge(&json!({"items": []})), Seen::Gone);
    }

    #[test]
    fn the_exit_status_counts_where_it_is_looked_at() {
        let status = json!({"is": "not", "of": {"is": "one_of", "path": [{"name": "status"}], "values": [0]}});
        assert!(look(&json!({"gone": status})).reads_status());
        assert!(!look(&json!({"gone": {"is": "present", "path": [{"name": "other"}]}})).reads_status());
    }
}
