//! What do hosts say of things before a plan is made? All questions to a host at once, so that they travel together, and all hosts at
//! once.
//!
//! Changes nothing and decides nothing: what an answer means is the compiler's to say. A host that is away or says nonsense leaves
//! its things unobserved, with the reason.

use crate::{
    NamesError, Output, Script, World, WorldError,
    actions::{call::read_answer, container::ContainerState, mask::forms},
    scripts,
};
use futures_util::{StreamExt as _, future::join_all, stream};
use mig_plan::{Ask, Input, NameRequest, Observed, Read, Reads, Request};
use serde_json::Value;
use std::collections::BTreeMap;

/// Of hosts at the same time.
const HOST_COUNT_AT_ONCE: usize = 32;
/// One question.
const EACH_SECONDS: u64 = 20;
/// What one question prints counts up to here.
const ANSWER_MAX_BYTES: usize = 64 << 10;
/// What is asked in one question.
const QUESTION_MAX_BYTES: usize = 1 << 20;
/// So many questions to a host are on their way at once.
const QUESTION_COUNT_MAX: usize = 500;
/// What printed far too much was ended by a signal, see `limited` in `scripts/head.sh`.
const STATUS_TOO_LONG: i32 = 153;
/// By it a question was ended that took too long.
const STATUS_KILLED: i32 = 137;

/// Asks all of it.
pub async fn observe<W: World>(world: &W, reads: &Reads) -> Observed {
    let mut by_host: BTreeMap<&str, Vec<&Read>> = BTreeMap::new();
    for read in &reads.list {
        by_host.entry(read.ask.place()).or_default().push(read);
    }
    let asked = by_host.into_iter().map(|(host, reads)| async move { (host, of_host(world, host, &reads).await) });
    let all: Vec<_> = stream::iter(asked).buffer_unordered(HOST_COUNT_AT_ONCE).collect().await;
    let mut observed = Observed::default();
    for (host, (answers, away)) in all {
        observed.answers.extend(answers);
        observed.away.extend(away.map(|why| (host.to_owned(), why)));
    }
    observed
}

type Answers = BTreeMap<String, Result<Value, String>>;

/// What one host says, and why it does not say more, if it went away.
async fn of_host<W: World>(world: &W, host: &str, reads: &[&Read]) -> (Answers, Option<String>) {
    let mut answers = Answers::new();
    let mut away = None;
    for part in reads.chunks(QUESTION_COUNT_MAX) {
        for (key, answer) in join_all(part.iter().map(|read| answer(world, host, read))).await {
            match answer {
                Ok(answer) => drop(answers.insert(key, Ok(answer))),
                Err(Unknown::Why(why)) => drop(answers.insert(key, Err(why))),
                Err(Unknown::Away(why)) => away = Some(why),
            }
        }
        if away.is_some() {
            break;
        }
    }
    (answers, away)
}

async fn answer<W: World>(world: &W, host: &str, read: &Read) -> (String, Result<Value, Unknown>) {
    if let Ask::Script { request: Request::Rfc2136(request), .. } = &read.ask {
        return (read.ask.key(), names(world, read, request).await);
    }
    let answer = match question(world, read) {
        Err(why) => Err(Unknown::Why(why)),
        Ok(script) => match world.run(host, &[scripts::observe(EACH_SECONDS, &script)]).await {
            Ok(outputs) => judge(world, read, &outputs.into_iter().next().unwrap_or_default()).map_err(Unknown::Why),
            Err(WorldError::Unreachable { message, .. }) => Err(Unknown::Away(message)),
            Err(WorldError::Lost { message, .. }) => Err(Unknown::Away(format!("the connection was lost: {message}"))),
        },
    };
    (read.ask.key(), answer)
}

/// What a name server says.
async fn names<W: World>(world: &W, read: &Read, request: &NameRequest) -> Result<Value, Unknown> {
    let name = &request.key.secret;
    let secret = world.secret(name).ok_or_else(|| Unknown::Why(format!("the secret {name} is not there")))?;
    world.names(&read.address, request, &secret).await.map_err(|error| match error {
        NamesError::Refused(refusal) => Unknown::Why(format!("{}; {}", refusal.message, refusal.help)),
        NamesError::World(WorldError::Unreachable { message, .. }) => Unknown::Away(message),
        NamesError::World(WorldError::Lost { message, .. }) => Unknown::Away(format!("the connection was lost: {message}")),
    })
}

/// Why a question has no answer.
enum Unknown {
    /// Its own fault.
    Why(String),
    /// The host's.
    Away(String),
}

/// What is run for it.
fn question<W: World>(world: &W, read: &Read) -> Result<Script, String> {
    let (script, words, stdin) = match &read.ask {
        Ask::Script { request: Request::Ssh { script, words, stdin, .. }, .. } => (script, words, stdin),
        Ask::Script { request: Request::Rfc2136(_), .. } => return Err("no script is run there".to_owned()),
        Ask::Container { name, .. } => return Ok(scripts::container_look(name)),
    };
    let stdin = match stdin {
        None => String::new(),
        Some(Input::Text(text)) => text.clone(),
        Some(Input::Secret(name)) => world.secret(name).ok_or_else(|| format!("the secret {name} is not there"))?,
    };
    let bytes = script.len() + stdin.len() + words.iter().map(String::len).sum::<usize>();
    if bytes > QUESTION_MAX_BYTES {
        return Err(format!("it takes {bytes} bytes to ask, and {QUESTION_MAX_BYTES} are the most"));
    }
    Ok(scripts::call(&read.address, false, script, words, stdin.into_bytes()))
}

/// The answer as JSON, without the secret that the question carried, or why it is none.
fn judge<W: World>(world: &W, read: &Read, told: &Output) -> Result<Value, String> {
    let any_status = matches!(read.ask, Ask::Script { any_status: true, .. });
    let secret = read.ask.secret().and_then(|name| world.secret(name)).map(|value| forms(&value)).unwrap_or_default();
    let without = |text: String| secret.iter().fold(text, |text, form| text.replace(form, "(secret)"));
    if told.stdout.len() > ANSWER_MAX_BYTES || told.status == STATUS_TOO_LONG {
        return Err(format!("its answer has more than {ANSWER_MAX_BYTES} bytes"));
    }
    if told.status == STATUS_KILLED {
        return Err(format!("what asks for it did not end within {EACH_SECONDS} s, or was killed"));
    }
    if told.status != 0 && !any_status {
        let said = without(told.stderr.lines().collect::<Vec<_>>().join("; "));
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        return Err(format!("what asks for it ended with status {}{said}", told.status));
    }
    let text = without(String::from_utf8_lossy(&told.stdout).into_owned());
    match read.ask {
        Ask::Script { .. } => {
            let answer = read_answer(text.trim_end(), told.status, any_status);
            answer.ok_or_else(|| "what its kind prints to tell of it is no JSON".to_owned())
        }
        Ask::Container { .. } => ContainerState::read(&text).map_or_else(|| Err("Docker's answer is none".to_owned()), Ok),
    }
}
