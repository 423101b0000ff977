//! What is on a host? One script in one round trip, and its answer read as what a hostile host might say.
//!
//! Writes nothing, on the host and here. What the answer does not hold, or holds in a form of its own, stays unknown, and why.

mod answer;
mod difference;
mod engine;
mod network;
mod overlays;
mod redact;
mod storage;
mod system;

pub use difference::{Change, differences};
pub use redact::{REDACTED, redact};

use crate::{
    WorldError, clock,
    real::{self, Hosts},
    scripts,
};
use answer::Answer;
use mig_plan::{Facts, HostId, facts::Unknown};
use serde_json::Value;
use std::time::Duration;

/// An answer may have so many bytes; every section has a limit of its own on the host.
const ANSWER_MAX_BYTES: usize = 16 << 20;
/// For all but the sizes.
const PROBE_MAX_SECONDS: u64 = 120;
/// So many values may be passed over for their form; a host that sends more is not believed at all.
const WRONG_COUNT_MAX: usize = 200;
/// Clocks that differ by less are alike; a file must not change with every survey.
const CLOCK_STEP_MS: i64 = 1_000;
/// What no check reads, and `--full` keeps.
const FULL_ONLY: [&str; 3] = ["interfaces.*.mac", "disks.*.model", "certificates.*.fingerprint"];

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What the facts are called.
    pub name: String,
    /// Paths to measure beside those that containers mount.
    pub paths: Vec<String>,
    /// How long sizes may be measured; without it they are not.
    pub sizes_seconds: Option<u64>,
    /// Also what no check reads.
    pub full: bool,
    /// Keys that the host was reached by.
    pub host_keys: Vec<String>,
}

/// Surveys one host.
pub async fn survey(hosts: &Hosts, host: &HostId, request: &Request) -> Result<Facts, WorldError> {
    let mark = real::new_mark(host)?;
    let script = scripts::survey(&mark, request.sizes_seconds, &request.paths);
    let limit = Duration::from_secs(PROBE_MAX_SECONDS + request.sizes_seconds.unwrap_or(0));
    // Connected before the clock is read, so that the way there is not taken for its error.
    hosts.reach(host).await?;
    let begun_ms = real::now_ms();
    let asked = tokio::time::timeout(limit, hosts.ask(host, &script, ANSWER_MAX_BYTES));
    let output = asked.await.map_err(|_| silent(host, limit))??;
    let ended_ms = real::now_ms();
    let text = String::from_utf8_lossy(&output.stdout);
    read(&text, &mark, request, (begun_ms, ended_ms)).map_err(|message| WorldError::Unreachable {
        host: host.clone(),
        message,
        help: "nothing was written; survey it again, and see `ssh` there by hand if it stays so".to_owned(),
    })
}

fn silent(host: &str, limit: Duration) -> WorldError {
    WorldError::Unreachable {
        host: host.to_owned(),
        message: format!("it did not answer within {} s", limit.as_secs()),
        help: "see what hangs there: a filesystem of a network that went away, or docker; `--no-sizes` asks less".to_owned(),
    }
}

/// The facts that an answer tells, or why it tells none. `during` are the operator's times of asking, in milliseconds.
pub fn read(text: &str, mark: &str, request: &Request, during: (u64, u64)) -> Result<Facts, String> {
    let Some(mut answer) = Answer::parse(text, mark) else {
        return Err("its answer ends in the middle".to_owned());
    };
    let mut facts = Facts {
        version: Some(Facts::VERSION),
        host: Some(request.name.clone()),
        taken: Some(clock::utc(i64::try_from(during.0 / 1_000).unwrap_or(0))),
        ..Facts::default()
    };
    system::read(&mut answer, &mut facts);
    storage::read(&mut answer, &mut facts);
    engine::read(&mut answer, &mut facts);
    network::read(&mut answer, &mut facts);
    overlays::read(&mut answer, &mut facts);
    facts.clock_offset_ms = clock_offset(&answer, during);
    facts.host_keys = host_keys(facts.host_keys, &request.host_keys);
    let mut unknown = answer.unknown;
    let mut value = serde_json::to_value(&facts).map_err(|error| error.to_string())?;
    if !request.full {
        for path in FULL_ONLY {
            forget(&mut value, path);
        }
    }
    let mut facts = sound(value, &mut unknown)?;
    unknown.sort_by(|a, b| (&a.what, &a.why).cmp(&(&b.what, &b.why)));
    unknown.dedup();
    facts.unknown = Some(unknown);
    Ok(facts)
}

/// Without what is not of its form; each is told as unknown.
fn sound(mut value: Value, unknown: &mut Vec<Unknown>) -> Result<Facts, String> {
    for _ in 0..WRONG_COUNT_MAX {
        let facts: Facts = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        let Err(wrong) = facts.check() else { return Ok(facts) };
        let path: Vec<&str> = wrong.path.iter().rev().map(String::as_str).collect();
        let what = mig_plan::visible::line(&path.join("."));
        let why = format!("what the host says is not {}", wrong.why);
        unknown.push(Unknown { what: Some(what.chars().take(200).collect()), why: Some(why) });
        if !remove(&mut value, &path) {
            break;
        }
    }
    Err("too much of its answer has no form that facts have".to_owned())
}

/// Takes out what a path leads to: a field, an entry of a map or of a list.
fn remove(value: &mut Value, path: &[&str]) -> bool {
    match (value, path) {
        (Value::Object(map), [name]) => map.remove(*name).is_some(),
        (Value::Array(list), [at]) => at.parse::<usize>().is_ok_and(|at| {
            at < list.len() && {
                list.remove(at);
                true
            }
        }),
        (Value::Object(map), [name, rest @ ..]) => map.get_mut(*name).is_some_and(|inner| remove(inner, rest)),
        (Value::Array(list), [at, rest @ ..]) => {
            at.parse::<usize>().ok().and_then(|at| list.get_mut(at)).is_some_and(|inner| remove(inner, rest))
        }
        _ => false,
    }
}

/// Takes out a field of every entry: `disks.*.model`.
fn forget(value: &mut Value, path: &str) {
    match (path.split_once('.'), value) {
        (Some(("*", rest)), Value::Object(map)) => map.values_mut().for_each(|inner| forget(inner, rest)),
        (Some((name, rest)), Value::Object(map)) => map.get_mut(name).into_iter().for_each(|inner| forget(inner, rest)),
        (None, Value::Object(map)) => drop(map.remove(path)),
        _ => {}
    }
}

/// The keys by which it was reached are true; those that it names itself are believed if one of them is among these.
fn host_keys(told: Option<Vec<String>>, proven: &[String]) -> Option<Vec<String>> {
    let kind_and_key = |line: &String| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let proven: Vec<String> = proven.iter().map(kind_and_key).collect();
    match told {
        Some(told) if proven.is_empty() || told.iter().any(|key| proven.contains(&kind_and_key(key))) => Some(told),
        told => {
            if proven.is_empty() {
                told
            } else {
                Some(proven)
            }
        }
    }
}

/// The host's clock minus ours, in whole seconds: the time of the way is halved, and what could be the way is no difference.
fn clock_offset(answer: &Answer<'_>, during: (u64, u64)) -> Option<i64> {
    let told = |name: &str| answer.get(name)?.trim().parse::<i64>().ok();
    let (first, last) = (told("begin")?, told("end")?);
    let (asked, answered) = (i64::try_from(during.0).ok()?, i64::try_from(during.1).ok()?);
    let way = (answered - asked).saturating_sub(last.saturating_sub(first)).max(0);
    let offset = first.saturating_sub(asked + way / 2);
    let is_alike = offset.saturating_abs() < CLOCK_STEP_MS + way;
    Some(if is_alike { 0 } else { offset / CLOCK_STEP_MS * CLOCK_STEP_MS })
}
