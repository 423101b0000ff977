//! What do hosts say of things before a plan is made? All questions to a host in one round trip, all hosts at once.
//!
//! Changes nothing and decides nothing: what an answer means is the compiler's to say. A host that is away or says nonsense leaves
//! its things unobserved, with the reason.

use crate::{
    Output, Script, World, WorldError,
    actions::{call::read_answer, container::ContainerState, mask::forms},
    scripts,
    wire::printable,
};
use futures_util::{StreamExt as _, stream};
use mig_plan::{Ask, HostId, Input, Observed, Read, Reads, Request};
use serde_json::Value;
use std::collections::BTreeMap;

/// Of hosts at the same time.
const HOST_COUNT_AT_ONCE: usize = 32;
/// One question.
const EACH_SECONDS: u64 = 20;
/// No question is begun later.
const ALL_SECONDS: u64 = 120;
/// What one question prints is read up to here; the script sends one byte more, which tells that it was longer.
const ANSWER_MAX_BYTES: usize = 64 << 10;
/// Questions of one round trip; more of them take another.
const QUESTIONS_MAX_BYTES: usize = 4 << 20;
const QUESTION_COUNT_MAX: usize = 500;
/// By it a question was ended that took too long.
const STATUS_KILLED: i32 = 137;

/// Asks all of it.
pub async fn observe<W: World>(world: &W, reads: &Reads) -> Observed {
    let mut by_host: BTreeMap<&HostId, Vec<&Read>> = BTreeMap::new();
    for read in &reads.list {
        by_host.entry(read.ask.host()).or_default().push(read);
    }
    let asked = by_host.into_iter().map(|(host, reads)| async move { (host, of_host(world, host, &reads).await) });
    let all: Vec<_> = stream::iter(asked).buffer_unordered(HOST_COUNT_AT_ONCE).collect().await;
    let mut observed = Observed::default();
    for (host, (answers, away)) in all {
        observed.answers.extend(answers);
        observed.away.extend(away.map(|why| (host.clone(), why)));
    }
    observed
}

type Answers = BTreeMap<String, Result<Value, String>>;

/// What one host says, and why it does not say more, if it went away.
async fn of_host<W: World>(world: &W, host: &str, reads: &[&Read]) -> (Answers, Option<String>) {
    let mut answers = Answers::new();
    let mut open: Vec<(&Read, Script)> = vec![];
    for read in reads {
        match question(world, read) {
            Ok(script) => open.push((read, script)),
            Err(why) => drop(answers.insert(read.ask.key(), Err(why))),
        }
    }
    // Those that run one text follow each other, so that it travels once.
    open.sort_by_key(|(_, script)| script.name);
    for part in parts(&open) {
        let scripts: Vec<Script> = part.iter().map(|(_, script)| script.clone()).collect();
        let output = match world.run(host, &[scripts::observe(ALL_SECONDS, EACH_SECONDS, &scripts)]).await {
            Ok(outputs) => outputs.into_iter().next().unwrap_or_default(),
            Err(WorldError::Unreachable { message, .. }) => return (answers, Some(message)),
            Err(WorldError::Lost { message, .. }) => return (answers, Some(format!("the connection was lost: {message}"))),
        };
        let mut told = lines(&output);
        for (number, (read, _)) in part.iter().enumerate() {
            let answer = match told.remove(&(number + 1)) {
                Some(told) => judge(world, read, &told),
                None if output.status != 0 => Err(printable(output.stderr.as_bytes())),
                None => Err(format!("{host} took more than {ALL_SECONDS} s for what was asked before")),
            };
            answers.insert(read.ask.key(), answer);
        }
    }
    (answers, None)
}

/// What is run for it.
fn question<W: World>(world: &W, read: &Read) -> Result<Script, String> {
    let Request::Ssh { script, words, stdin, .. } = match &read.ask {
        Ask::Script { request, .. } => request,
        Ask::Container { name, .. } => return Ok(scripts::container_look(name)),
    };
    let stdin = match stdin {
        None => String::new(),
        Some(Input::Text(text)) => text.clone(),
        Some(Input::Secret(name)) => world.secret(name).ok_or_else(|| format!("the secret {name} is not there"))?,
    };
    let bytes = script.len() + stdin.len() + words.iter().map(String::len).sum::<usize>();
    if bytes > QUESTIONS_MAX_BYTES {
        return Err(format!("it takes {bytes} bytes to ask, and {QUESTIONS_MAX_BYTES} are the most"));
    }
    Ok(scripts::call(&read.address, false, script, words, stdin.into_bytes()))
}

/// Divided so that each part is of some size.
fn parts<'q, 'r>(all: &'q [(&'r Read, Script)]) -> Vec<&'q [(&'r Read, Script)]> {
    let size = |script: &Script| script.stdin.len() + script.words.iter().map(String::len).sum::<usize>();
    let mut out = vec![];
    let mut rest = all;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(QUESTION_COUNT_MAX).take_while(|(_, script)| {
            bytes += size(script);
            bytes <= QUESTIONS_MAX_BYTES
        });
        let (part, after) = rest.split_at(fits.count().max(1));
        out.push(part);
        rest = after;
    }
    out
}

/// One line of the answer.
struct Told {
    stdout: Vec<u8>,
    status: i32,
    said: Vec<u8>,
}

/// By number; what is not of the form is passed over, and of two lines with one number the first counts.
fn lines(output: &Output) -> BTreeMap<usize, Told> {
    let mut out = BTreeMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n') {
        if let Some((number, told)) = line_of(line) {
            out.entry(number).or_insert(told);
        }
    }
    out
}

fn line_of(line: &[u8]) -> Option<(usize, Told)> {
    let mut parts = std::str::from_utf8(line).ok()?.split(' ');
    let number = parts.next()?.parse().ok()?;
    let (stdout, status, said) = (unhex(parts.next()?)?, parts.next()?.parse().ok()?, unhex(parts.next()?)?);
    parts.next().is_none().then_some((number, Told { stdout, status, said }))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

/// The answer as JSON, without the secret that the question carried, or why it is none.
fn judge<W: World>(world: &W, read: &Read, told: &Told) -> Result<Value, String> {
    let any_status = matches!(read.ask, Ask::Script { any_status: true, .. });
    let secret = read.ask.secret().and_then(|name| world.secret(name)).map(|value| forms(&value)).unwrap_or_default();
    let without = |text: String| secret.iter().fold(text, |text, form| text.replace(form, "(secret)"));
    if told.stdout.len() > ANSWER_MAX_BYTES {
        return Err(format!("its answer has more than {ANSWER_MAX_BYTES} bytes"));
    }
    if told.status == STATUS_KILLED {
        return Err(format!("what asks for it did not end within {EACH_SECONDS} s, or was killed"));
    }
    if told.status != 0 && !any_status {
        let said = without(printable(&told.said).lines().collect::<Vec<_>>().join("; "));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_answer_is_passed_over() {
        let stdout = b"noise\n1 7b7d 0 \n1 ff 3 \n2 7 0 \n3 zz 0 \n4 7b7d 0  \n5  2 6f68\n6 7b7d 0".to_vec();
        let told = lines(&Output { status: 0, stdout, stderr: String::new() });
        assert_eq!(told.keys().copied().collect::<Vec<_>>(), [1, 5]);
        assert_eq!((told[&1].stdout.as_slice(), told[&1].status, told[&5].said.as_slice()), (&b"{}"[..], 0, &b"oh"[..]));
    }
}
