//! What does the lifecycle of a kind do in a world? It looks, acts if that is needed, and looks whether it came to what was wished.
//!
//! How an answer is judged is said in `mig_plan::call`; here it is fetched.

use super::{Context, Failure, Performed, no_answer, refused, succeeded};
use crate::{NamesError, Output, Script, World, scripts};
use mig_plan::{Call, Input, Look, NameRequest, Request, Seen, Verb, call::in_words};
use serde_json::{Map, Value};
use std::time::Duration;

/// An answer is read up to here.
const ANSWER_MAX_BYTES: usize = 1 << 20;

impl<W: World> Context<'_, W> {
    /// Does what a call says, unless it is so already.
    pub(super) async fn call(&self, call: &Call) -> Result<Performed, Failure> {
        if call.cuts().next().is_some() {
            self.earlier(call).await?;
        }
        let before = self.look(&call.look).await?;
        let nothing_to_do = match (call.verb, &before) {
            (Verb::Delete, Seen::Gone) => true,
            (Verb::Delete, _) | (_, Seen::Gone) => false,
            (Verb::Create, seen) => *seen == Seen::Settled,
            (Verb::Update, seen) => *seen == Seen::Settled && call.look.compares(),
        };
        if nothing_to_do {
            return Ok(Performed::new(false, []));
        }
        let anew = call.anew.iter().filter(|_| before == Seen::Gone && call.verb == Verb::Update);
        let requests: Vec<&Request> = match anew.collect::<Vec<_>>() {
            create if create.is_empty() => call.requests.iter().collect(),
            create => create,
        };
        let (last, before_last) = requests.split_last().map_or((None, &[][..]), |(last, before)| (Some(*last), before));
        for request in before_last {
            self.request(request).await?;
        }
        match last {
            Some(request) if call.verb == Verb::Delete => self.request(request).await?,
            Some(request) => {
                let seen = self.request_and_look(request, &call.look).await?;
                self.settles(call, seen).await?;
            }
            None if call.verb == Verb::Delete => {}
            None => {
                let seen = self.look(&call.look).await?;
                self.settles(call, seen).await?;
            }
        }
        Ok(Performed::new(true, []))
    }

    /// Looks until it is as declared, or its time is over.
    async fn settles(&self, call: &Call, first: Seen) -> Result<(), Failure> {
        let (look, began_ms) = (&call.look, self.world.elapsed_ms());
        let mut first = Some(first);
        loop {
            let seen = match first.take() {
                Some(seen) => seen,
                None => self.look(look).await?,
            };
            let left_ms = look.timeout_seconds.saturating_mul(1_000).saturating_sub(self.world.elapsed_ms().saturating_sub(began_ms));
            let why = match seen {
                Seen::Settled => return Ok(()),
                Seen::Failed => "it says that it failed".to_owned(),
                Seen::Gone | Seen::Different(_) if left_ms > 0 => {
                    self.report(0, None, format!("waiting for {}", call.thing));
                    self.world.sleep(Duration::from_millis(look.every_seconds.saturating_mul(1_000).min(left_ms).max(1))).await;
                    continue;
                }
                Seen::Gone => "it is not there".to_owned(),
                Seen::Different(differences) => in_words(&differences),
            };
            let host = look.request.place();
            let message = format!("{host}: {} was acted on, and {why}", call.thing);
            return Err(Failure::certain(
                message,
                format!("look at it on {host}, correct the declaration or the host, then run `migc apply` again"),
            ));
        }
    }

    async fn look(&self, look: &Look) -> Result<Seen, Failure> {
        match &look.request {
            Request::Ssh { host, .. } => {
                let output = self.ask(host, self.script(&look.request, false)?).await?;
                self.judge(look, output)
            }
            Request::Rfc2136(request) => Ok(look.judge(&self.names(request).await?)),
        }
    }

    /// Asks a name server, and has it change what the request changes.
    async fn names(&self, request: &NameRequest) -> Result<Value, Failure> {
        let secret = self.secret(&request.key.secret, &request.server)?;
        let refused = |error: NamesError| {
            // What was refused as a whole has done nothing that would have to be undone.
            let undone = request.change.is_some() && matches!(error, NamesError::Refused(_));
            Failure { undone, ..error.into() }
        };
        self.world.names(&self.step.address, request, &secret).await.map_err(refused)
    }

    fn secret(&self, name: &str, place: &str) -> Result<String, Failure> {
        self.world.secret(name).ok_or_else(|| {
            let message = format!("the secret {name} for {} on {place} is not there", self.step.address);
            Failure::certain(message, format!("set MIG_SECRET_{name} in the environment of migc"))
        })
    }

    /// Acts, and looks by the same round trip what came of it.
    async fn request_and_look(&self, request: &Request, look: &Look) -> Result<Seen, Failure> {
        if request.cut().is_some() {
            let looked = self.cutting(request, Some(look)).await?.ok_or_else(|| no_answer(request.place()))?;
            return self.judge(look, looked);
        }
        let Request::Ssh { host, .. } = request else {
            self.request(request).await?;
            return self.look(look).await;
        };
        let scripts = [self.script(request, true)?, self.script(&look.request, false)?];
        let mut outputs = self.world.run(host, &scripts).await?.into_iter();
        let (Some(acted), Some(looked)) = (outputs.next(), outputs.next()) else { return Err(no_answer(host)) };
        self.acted(request, &acted)?;
        self.judge(look, looked)
    }

    async fn request(&self, request: &Request) -> Result<(), Failure> {
        if request.cut().is_some() {
            return self.cutting(request, None).await.map(drop);
        }
        match request {
            Request::Ssh { host, .. } => {
                let output = self.ask(host, self.script(request, true)?).await?;
                self.acted(request, &output)
            }
            Request::Rfc2136(request) => self.names(request).await.map(drop),
        }
    }

    /// What is run for a request.
    pub(super) fn script(&self, request: &Request, changes: bool) -> Result<Script, Failure> {
        let Request::Ssh { host, script, words, stdin, .. } = request else {
            return Err(Failure::certain(format!("{}: no script is run there", request.place()), "make the plan again"));
        };
        let stdin = match stdin {
            None => vec![],
            Some(Input::Text(text)) => text.clone().into_bytes(),
            Some(Input::Secret(name)) => self.secret(name, host)?.into_bytes(),
        };
        Ok(scripts::call(&self.step.address, changes, script, words, stdin))
    }

    /// What a script that acts prints is for people, and nothing is taken from it.
    fn acted(&self, request: &Request, output: &Output) -> Result<(), Failure> {
        if output.status == 0 { Ok(()) } else { Err(refused(request.place(), &format!("the script of `{}`", self.step.address), output)) }
    }

    fn judge(&self, look: &Look, output: Output) -> Result<Seen, Failure> {
        let (host, any_status) = (look.request.place(), look.reads_status());
        let name = format!("the script of `{}`", self.step.address);
        let output = if any_status { output } else { succeeded(host, &name, output)? };
        let answer = read_answer(&output.text(), output.status, any_status).ok_or_else(|| {
            let message = format!("{host}: what {name} prints is no JSON");
            Failure::certain(message, "its kind is wrong: `read` prints one JSON object, and nothing else".to_owned())
        })?;
        Ok(look.judge(&answer))
    }
}

/// What a script of a kind answers: the JSON that it prints, with its exit status. One that may end with another status may also
/// print what is no JSON.
pub(crate) fn read_answer(said: &str, status: i32, any_status: bool) -> Option<Value> {
    let mut answer = match serde_json::from_str(said) {
        _ if said.len() > ANSWER_MAX_BYTES => return None,
        Ok(answer) => answer,
        Err(_) if said.trim().is_empty() || any_status => Value::Object(Map::new()),
        Err(_) => return None,
    };
    if let Value::Object(fields) = &mut answer {
        fields.insert("status".to_owned(), status.into());
    }
    Some(answer)
}
