//! What does the lifecycle of a kind ask of a name server, with the values of a declaration in it?

use super::{
    called::{Broken, Caller, Resource, json},
    codes::{NOT_CARRIED_OUT, RECORD_OF_ANOTHER},
    lower::{Arrival, Lowering},
};
use crate::{lifecycle::Call, report::Problem, value::Value};
use mig_plan::{
    Action, Ask, Look, NameChange, NameKey, NameRequest, RecordSet, Removal, Request, ResourceState, Seen, StepId, Undo, call::in_words,
    names::TTL_MAX_SECONDS,
};
use mig_syntax::ast::Expr;
use std::net::Ipv6Addr;

impl<'a> Caller<'_, '_, 'a> {
    /// What is sent. Its verb says what is there before and afterwards.
    pub(super) fn name_request(&mut self, call: &Call<'a>) -> Result<Request, Broken> {
        let arg = |name| call.driver.and_then(|driver| driver.named(&call.tree.args, name)).ok_or(Broken);
        let param = |name: &str| call.tree.params.iter().find(|field| field.key.text == name).map(|field| &field.value).ok_or(Broken);
        let secret = match self.value(call, param("secret")?)?.v {
            Value::Secret(name) => name.to_string(),
            _ => return Err(self.unsent("the secret of a key comes from `secret(\"NAME\")`, so that it stands nowhere")),
        };
        let key = NameKey { name: self.text(call, param("key")?)?, algorithm: self.text(call, param("algorithm")?)?, secret };
        let set = RecordSet { ttl_seconds: self.ttl(call, param("ttl")?)?, values: self.values(call, param("value")?)? };
        let like = set.values.clone();
        let change = match call.tree.verb.text.as_str() {
            "create" => Some(NameChange { was: None, becomes: Some(set) }),
            // What was there is put in when it is known.
            "update" => Some(NameChange { was: Some(set.clone()), becomes: Some(set) }),
            "delete" => Some(NameChange { was: Some(set), becomes: None }),
            _ => None,
        };
        Ok(Request::Rfc2136(Box::new(NameRequest {
            server: bracketed(self.text(call, arg("server")?)?),
            zone: self.text(call, arg("zone")?)?,
            name: self.text(call, arg("name")?)?,
            sort: self.text(call, arg("type")?)?,
            key,
            like,
            change,
        })))
    }

    fn text(&mut self, call: &Call<'a>, e: &'a Expr) -> Result<String, Broken> {
        match self.value(call, e)?.v {
            Value::Str(text) | Value::Word(text) => Ok(text.to_string()),
            _ => Err(Broken),
        }
    }

    fn values(&mut self, call: &Call<'a>, e: &'a Expr) -> Result<Vec<String>, Broken> {
        let Some(serde_json::Value::Array(all)) = json(&self.value(call, e)?.v, None) else { return Err(Broken) };
        let mut values: Vec<String> = all.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
        values.sort();
        values.dedup();
        if values.is_empty() || values.len() != all.len() {
            return Err(self.unsent("a record has at least one value, and each once"));
        }
        Ok(all.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
    }

    fn ttl(&mut self, call: &Call<'a>, e: &'a Expr) -> Result<u32, Broken> {
        let seconds = match self.value(call, e)?.v {
            Value::Int(n) => Some(n as f64),
            Value::Float(x) => Some(x),
            _ => None,
        };
        let whole = seconds.filter(|s| s.fract() == 0.0 && (0.0..=f64::from(TTL_MAX_SECONDS)).contains(s));
        whole.map(|s| s as u32).ok_or_else(|| self.unsent("the time to live of a record is whole seconds, up to 2^31 - 1"))
    }

    fn unsent(&mut self, message: &str) -> Broken {
        let instance = self.model.instance(self.id);
        let message = format!("`{}`: {message}", instance.address);
        self.problems.push(Problem::error(NOT_CARRIED_OUT, instance.at, message));
        Broken
    }
}

impl Lowering<'_> {
    /// The records that are there, as the server said, or else as they were applied.
    pub(super) fn records_before(&self, look: &Look, known: Option<&ResourceState>) -> Option<RecordSet> {
        if let Some(answer) = self.observed.and_then(|observed| observed.answer(&Ask::look(look))) {
            return RecordSet::answered(answer);
        }
        known?.removal.as_ref()?.call.requests.iter().find_map(Request::records_before).cloned()
    }

    /// A name that leads to the target of a move is switched when what moves answers there; the move is done when its names lead there.
    pub(super) fn after_its_moves(&mut self, resource: &Resource) {
        let moves = self.draft.records.get(&resource.address).map(|record| record.moves.as_slice()).unwrap_or_default();
        let open: Vec<(&String, &Arrival)> = moves.iter().filter_map(|name| self.arrivals.get_key_value(name)).collect();
        let Some((first, _)) = open.first() else { return };
        let list = open.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
        let up: Vec<&StepId> = open.iter().flat_map(|(_, arrival)| &arrival.up).collect();
        for step in self.graph.of_move(&resource.address, first, &up, &format!("it waits until all of {list} answers on its target")) {
            for (_, arrival) in &open {
                self.graph.need(&arrival.done, &step);
            }
        }
    }

    /// Says that a name has records that migc did not make: they are never overwritten.
    pub(super) fn is_of_another(&mut self, resource: &Resource) -> bool {
        let Request::Rfc2136(request) = &resource.look.request else { return false };
        let Some(Seen::Different(differences)) = self.found(&resource.look) else { return false };
        let message = format!("{} is there already, and migc did not make it: {}", request.in_words(), in_words(&differences));
        let help =
            format!("`migc import {}` takes it over, and the next plan changes it; or give this record another name", resource.address);
        self.refuse(&resource.address, Problem::error(RECORD_OF_ANOTHER, resource.at, message).help(help));
        true
    }

    /// What takes away something as it is there now, and how to bring that back.
    pub(super) fn delete(&self, removal: &Removal, known: &ResourceState, otherwise: &str) -> (Action, Undo) {
        let call = removal.call.over(self.records_before(&removal.call.look, Some(known)).as_ref());
        let undo = match call.back() {
            Some(back) => Undo::Act { action: Box::new(Action::Call(back)) },
            None => Undo::Impossible { why: otherwise.to_owned() },
        };
        (Action::Call(call), undo)
    }
}

/// An address of IPv6 before a port stands in brackets.
fn bracketed(server: String) -> String {
    match server.rsplit_once(':') {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => format!("[{address}]:{port}"),
        _ => server,
    }
}
