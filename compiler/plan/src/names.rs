//! What is asked of a name server, and what is changed there? One set of records at a time, by RFC 2136 under a key (RFC 8945).

use crate::call::{Call, Look, Part, Request, Verb};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A question to a name server, or a change of what it answers. The answer has `there`, and where it is there `value` and `ttl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameRequest {
    /// Its name or address, with its port: `192.0.2.53:53`, `[2001:db8::53]:53`.
    pub server: String,
    /// `example.org`
    pub zone: String,
    /// The whole name: `www.example.org`.
    pub name: String,
    /// `A`
    #[serde(rename = "type")]
    pub sort: String,
    /// What it is signed with.
    pub key: NameKey,
    /// How the program spells the values: an answer that means the same says it like that.
    pub like: Vec<String>,
    /// What is changed; absent: nothing, it only asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<NameChange>,
}

/// A key that a name server knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameKey {
    /// As the server calls it.
    pub name: String,
    /// `hmac_sha256`, `hmac_sha384` or `hmac_sha512`.
    pub algorithm: String,
    /// The name of the secret, in base64; resolved when it is sent and never written anywhere.
    pub secret: String,
}

/// Another set of records in the place of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameChange {
    /// What must be there before; absent: nothing.
    pub was: Option<RecordSet>,
    /// What is there afterwards; absent: nothing.
    pub becomes: Option<RecordSet>,
}

/// The records of one name and type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSet {
    /// How long resolvers may keep it.
    pub ttl_seconds: u32,
    /// In any order.
    pub values: Vec<String>,
}

/// At most, by RFC 2181.
pub const TTL_MAX_SECONDS: u32 = i32::MAX as u32;

impl NameRequest {
    /// The name and type, for people.
    pub fn in_words(&self) -> String {
        format!("{} {}", self.name, self.sort)
    }

    /// The same name and key for another change.
    #[must_use]
    pub fn with(&self, change: NameChange) -> Self {
        let like = change.becomes.as_ref().map_or_else(|| self.like.clone(), |set| set.values.clone());
        Self { like, change: Some(change), ..self.clone() }
    }
}

impl RecordSet {
    /// As a server answered; `None` if it has none.
    pub fn answered(answer: &Value) -> Option<Self> {
        let values = answer.get("value")?.as_array()?.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
        let ttl_seconds = answer.get("ttl")?.as_u64().and_then(|n| u32::try_from(n).ok())?;
        Some(Self { ttl_seconds, values })
    }

    /// For people.
    pub fn in_words(&self) -> String {
        let list = self.values.join(", ");
        crate::visible::line(&format!("{list} for {} s", self.ttl_seconds))
    }
}

impl Request {
    /// The same where that is there before; what changes no records stays as it is.
    #[must_use]
    pub fn over(&self, before: Option<&RecordSet>) -> Self {
        let mut request = self.clone();
        if let Self::Rfc2136(request) = &mut request
            && let Some(change) = &mut request.change
        {
            change.was = before.cloned();
        }
        request
    }
}

impl Call {
    /// The same where that is there before.
    #[must_use]
    pub fn over(&self, before: Option<&RecordSet>) -> Self {
        Self { requests: self.requests.iter().map(|request| request.over(before)).collect(), ..self.clone() }
    }

    /// What brings back the records that were there before it; `None` for what changes no records, or put some where there were none.
    pub fn back(&self) -> Option<Self> {
        let change = self.requests.iter().find_map(|request| match request {
            Request::Rfc2136(request) => Some((request, request.change.as_ref()?)),
            Request::Ssh { .. } => None,
        });
        let (request, NameChange { was: Some(before), becomes }) = change? else { return None };
        let change = NameChange { was: becomes.clone(), becomes: Some(before.clone()) };
        let verb = if becomes.is_some() { Verb::Update } else { Verb::Create };
        let requests = vec![Request::Rfc2136(Box::new(request.with(change)))];
        Some(Self { thing: self.thing.clone(), verb, requests, anew: None, look: self.look.for_records(before) })
    }
}

impl Look {
    /// Looks whether that set is there, in the place of what is declared.
    #[must_use]
    pub fn for_records(&self, set: &RecordSet) -> Self {
        let mut look = self.clone();
        if let Request::Rfc2136(request) = &mut look.request {
            request.like.clone_from(&set.values);
        }
        for field in look.fields.values_mut() {
            match field.path.as_slice() {
                [Part::Name(name)] if name == "value" => field.value = json!(set.values),
                [Part::Name(name)] if name == "ttl" => field.value = json!(set.ttl_seconds),
                _ => {}
            }
        }
        look
    }
}
