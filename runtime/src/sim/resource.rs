//! What does a resource of a kind look like on a simulated host? Gone, as declared, or otherwise; its scripts are not run.
//!
//! A look is answered with what the kind's own conditions take for that, so that the executor judges it as it would a real answer.

use super::{
    host::SimHost,
    script::{answer, refuse, word},
};
use crate::{Output, Script};
use mig_plan::{Action, Call, Condition, Look, NameRequest, Part, Plan, Request, Seen, Verb};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// More paths in the conditions of one kind are not tried.
const PATH_COUNT_MAX: usize = 6;

/// A resource that a plan's calls are about.
#[derive(Debug, Clone, PartialEq)]
pub struct SimResource {
    /// How it is looked at, by each call of the plan.
    pub(super) calls: Arc<Vec<Call>>,
    /// The text and words of the request that made it as it is; `None`: it is not there. Empty: something older.
    pub(super) made_by: Option<Vec<String>>,
}

fn words(request: &Request) -> Vec<String> {
    match request {
        Request::Ssh { script, words, .. } => [script].into_iter().chain(words).cloned().collect(),
        Request::Rfc2136(request) => vec![serde_json::to_string(request).unwrap_or_default()],
    }
}

/// What a name server is asked, as the script that a host would be.
pub(super) fn asked(address: &str, request: &NameRequest) -> Script {
    let sort = if request.change.is_some() { "act" } else { "look" };
    let said = words(&Request::Rfc2136(Box::new(request.clone())));
    let words = [address.to_owned(), sort.to_owned()].into_iter().chain(said).collect();
    Script { name: "call", text: "", words, stdin: vec![] }
}

/// Name servers that a plan asks.
pub(super) fn name_servers(plan: &Plan) -> BTreeSet<String> {
    let calls = plan.steps.iter().filter_map(|step| if let Action::Call(call) = &step.action { Some(call) } else { None });
    let requests = calls.map(|call| &call.look.request).filter(|request| request.host().is_none());
    requests.map(|request| request.place().to_owned()).collect()
}

/// What a plan finds on its hosts: what it changes or deletes is there, and otherwise.
pub(super) fn of_plan(name: &str, plan: &Plan) -> BTreeMap<String, SimResource> {
    let mut out = BTreeMap::<String, SimResource>::new();
    for step in &plan.steps {
        let undo = if let mig_plan::Undo::Act { action } = &step.undo { Some(&**action) } else { None };
        for action in [Some(&step.action), undo].into_iter().flatten() {
            let Action::Call(call) = action else { continue };
            if call.look.request.place() == name {
                let there = call.verb != Verb::Create && undo != Some(action);
                let new = || SimResource { calls: Arc::default(), made_by: there.then(Vec::new) };
                Arc::make_mut(&mut out.entry(step.address.clone()).or_insert_with(new).calls).push(call.clone());
            }
        }
    }
    out
}

impl SimHost {
    /// The effect of a text with its words.
    pub(super) fn act(&mut self, address: &str, asked: &[String]) -> Output {
        let Some(resource) = self.resources.get_mut(address) else { return unknown(address) };
        let deletes = resource.calls.iter().any(|c| c.verb == Verb::Delete && c.requests.iter().any(|r| words(r) == asked));
        resource.made_by = (!deletes).then(|| asked.to_vec());
        answer("")
    }

    /// A script of a kind: its effect, or what its look answers.
    pub(super) fn call(&mut self, script: &Script) -> Output {
        let asked = script.words.get(2..).unwrap_or_default();
        if word(script, 1) == "act" {
            return self.act(word(script, 0), asked);
        }
        let Some(resource) = self.resources.get_mut(word(script, 0)) else { return unknown(word(script, 0)) };
        let mut looks = resource.calls.iter().filter(|c| words(&c.look.request) == asked);
        let Some(first) = looks.clone().next() else {
            return refuse(1, "the simulation has no model of this look");
        };
        let makes = |call: &&Call, made: &Vec<String>| {
            call.verb != Verb::Delete && call.requests.iter().chain(&call.anew).any(|request| words(request) == *made)
        };
        // Two calls may look by one script for different things, so what made it as it is tells how it is.
        let found = match &resource.made_by {
            None => example(&first.look, &Seen::Gone),
            Some(made) => match looks.find(|call| makes(call, made)) {
                Some(call) => example(&call.look, &Seen::Settled),
                None if !first.look.compares() => example(&first.look, &Seen::Settled),
                None => example(&first.look, &Seen::Different(vec![])),
            },
        };
        let Some(mut found) = found else {
            return refuse(1, "the simulation finds no answer that the conditions of this kind tell apart");
        };
        let status = found.get("status").and_then(Value::as_i64).and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
        if let Value::Object(fields) = &mut found {
            fields.remove("status");
        }
        Output { status, stdout: found.to_string().into_bytes(), stderr: String::new() }
    }
}

fn unknown(address: &str) -> Output {
    refuse(1, format!("the simulation knows no resource `{address}`"))
}

/// An answer that is judged so: each path of the conditions is absent, or one of the values that it is compared with, or another.
fn example(look: &Look, wanted: &Seen) -> Option<Value> {
    let mut choices: Vec<(Vec<Part>, Vec<Option<Value>>)> = vec![];
    let mut note = |path: Vec<Part>, values: &[Value]| {
        let all = values.iter().cloned().map(Some);
        match choices.iter_mut().find(|(known, _)| *known == path) {
            Some((_, list)) => list.extend(all),
            None => choices.push((path, [None, Some(json!(1))].into_iter().chain(all).collect())),
        }
    };
    let below = |path: &[Part]| look.from.iter().chain(path).cloned().collect::<Vec<_>>();
    note(look.from.clone(), &[json!({})]);
    [&look.gone, &look.ready, &look.failed].into_iter().flatten().for_each(|c| atoms(c, &mut |path, values| note(below(path), values)));
    look.fields.values().for_each(|f| note(below(&f.path), std::slice::from_ref(&f.value)));
    if choices.len() > PATH_COUNT_MAX {
        return None;
    }
    let count: usize = choices.iter().map(|(_, values)| values.len()).product();
    (0..count).find_map(|mut number| {
        let mut found = json!({});
        for (path, values) in &choices {
            if let Some(value) = values.get(number % values.len()).cloned().flatten() {
                put(&mut found, path, value);
            }
            number /= values.len();
        }
        // As whoever reads an answer does it.
        if let Value::Object(fields) = &mut found {
            fields.entry("status").or_insert(json!(0));
        }
        let seen = look.judge(&found);
        (std::mem::discriminant(&seen) == std::mem::discriminant(wanted)).then_some(found)
    })
}

fn atoms(condition: &Condition, note: &mut dyn FnMut(&[Part], &[Value])) {
    match condition {
        Condition::OneOf { path, values } => note(path, values),
        Condition::Present { path } => note(path, &[]),
        Condition::All { of } | Condition::Any { of } => of.iter().for_each(|c| atoms(c, note)),
        Condition::Not { of } => atoms(of, note),
    }
}

/// Puts a value at a path; lists get one element.
fn put(at: &mut Value, path: &[Part], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        if !(at.is_object() && value.is_object()) {
            *at = value;
        }
        return;
    };
    match first {
        Part::Name(name) => {
            if !at.is_object() {
                *at = json!({});
            }
            if let Some(fields) = at.as_object_mut() {
                put(fields.entry(name.clone()).or_insert(Value::Null), rest, value);
            }
        }
        Part::Index(_) | Part::Every => {
            if !at.is_array() {
                *at = json!([null]);
            }
            if let Some(item) = at.get_mut(0) {
                put(item, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{observe::observe, sim::SimWorld};
    use mig_plan::{Ask, Observed, Read, Reads};

    fn call(verb: &str, script: &str) -> Value {
        let request = |script: &str| json!({ "driver": "ssh", "host": "a", "script": script, "words": ["w\n\\\\"] });
        let path = json!([{ "name": "there" }]);
        let look = json!({ "request": request("look"), "from": [], "fields": { "mode": { "path": [{ "name": "mode" }], "value": "0644" } },
            "gone": { "is": "one_of", "path": path, "values": [false] }, "timeout_seconds": 0, "every_seconds": 1 });
        json!({ "thing": "n", "verb": verb, "requests": [request(script)], "look": look })
    }

    fn plan() -> Plan {
        let step = json!({ "id": "s000000000001", "address": "n", "move": null, "phase": "prepare", "title": "", "why": "",
            "action": call("create", "make").as_object_mut().map(|c| { c.insert("do".to_owned(), json!("call")); json!(c) }),
            "needs": [], "class": "idempotent", "estimate": { "seconds": null, "bytes": null }, "undo": { "by": "nothing" },
            "point_of_no_return": false, "after_no_return": false, "sets": [], "removes": [], "origin": { "file": "", "line": 1, "column": 1 } });
        let host = json!({ "login": { "host": "a" }, "host_keys": [], "origin": { "file": "", "line": 1, "column": 1 } });
        serde_json::from_value(
            json!({ "version": 1, "project": "test", "sources": mig_plan::Digest::of_bytes(b""), "serial": 0, "head": "",
            "hosts": { "a": host }, "preconditions": [], "steps": [step], "moves": [], "forecasts": [], "cost_per_day": {}, "secrets": [],
            "unproven": [], "outputs": {} }),
        )
        .unwrap()
    }

    #[test]
    fn a_simulated_host_is_observed_like_a_real_one() {
        let plan = plan();
        let Action::Call(call) = &plan.steps[0].action else { panic!("{plan:?}") };
        let world = SimWorld::new(&std::collections::BTreeMap::new(), &plan);
        let ask = Ask::look(&call.look);
        let reads = Reads { hosts: plan.hosts.clone(), list: vec![Read { address: "n".to_owned(), ask: ask.clone() }] };
        let seen = |observed: &Observed| observed.answer(&ask).map(|answer| call.look.judge(answer));
        let look = || world.drive(observe(&world, &reads)).unwrap();
        assert_eq!(seen(&look()), Some(Seen::Gone));
        let made = |words: Option<Vec<String>>| world.host("a").unwrap().resources.get_mut("n").unwrap().made_by = words;
        made(Some(words(&call.requests[0])));
        assert_eq!(seen(&look()), Some(Seen::Settled));
        made(Some(vec!["by hand".to_owned()]));
        assert!(matches!(seen(&look()), Some(Seen::Different(_))));
        world.host("a").unwrap().reachable = false;
        let away = look();
        assert_eq!((seen(&away), away.away.len()), (None, 1));
    }
}
