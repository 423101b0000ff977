//! What is said of each host? A line or its changes for people, its facts where there is no file for them, one object for programs.

use super::Args;
use crate::{
    exit::Failure,
    render::{count, json},
    terminal::Terminal,
    visible,
};
use mig_plan::{Facts, facts::Unknown};
use mig_runtime::survey::Change;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A value that is longer is cut where people read it.
const VALUE_MAX_CHARACTERS: usize = 60;

/// What came of one host.
pub(super) struct Told {
    pub(super) host: String,
    pub(super) result: Result<Done, Failure>,
}

/// A host that answered.
#[derive(Debug, Default, Serialize)]
pub(super) struct Done {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    pub(super) written: bool,
    /// Since the file was written, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<Vec<Change>>,
    pub(super) unknown: Vec<Unknown>,
    /// Where they are not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) facts: Option<Facts>,
}

#[derive(Serialize)]
struct HostReport<'a> {
    host: &'a str,
    #[serde(flatten)]
    done: Option<&'a Done>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

pub(super) fn print(args: &Args, all: &[Told], terminal: &mut Terminal) {
    if args.json {
        let host = |told: &'_ Told| -> Value {
            let failure = told.result.as_ref().err();
            let report = HostReport {
                host: &told.host,
                done: told.result.as_ref().ok(),
                error: failure.map(|failure| failure.message.as_str()),
                help: failure.and_then(|failure| failure.help.as_deref()),
            };
            serde_json::to_value(report).unwrap_or_default()
        };
        let hosts: Vec<Value> = all.iter().map(host).collect();
        terminal.print(&json::pretty(&serde_json::json!({ "version": 1, "hosts": hosts })));
        return;
    }
    for told in all {
        match &told.result {
            Ok(done) => answered(&told.host, done, terminal),
            Err(failure) => {
                let failure = Failure { message: format!("{}: {}", told.host, failure.message), ..failure.clone() };
                failure.print(terminal);
            }
        }
    }
}

fn answered(host: &str, done: &Done, terminal: &mut Terminal) {
    let host = visible::line(host);
    if let Some(facts) = &done.facts {
        terminal.print(&json::pretty(facts));
    } else if done.written {
        let changed = match &done.changes {
            None => "new".to_owned(),
            Some(changes) if changes.is_empty() => "nothing changed".to_owned(),
            Some(changes) => count(changes.len(), "change"),
        };
        let file = visible::line(done.file.as_deref().unwrap_or_default());
        terminal.print(&format!("{host}: {file} written, {changed}\n"));
    } else {
        terminal.print(&differences(&host, done.changes.as_deref().unwrap_or_default()));
    }
    for (why, what) in reasons(&done.unknown) {
        terminal.error(&format!("  unknown: {}: {}\n", visible::line(&what.join(", ")), visible::line(why)));
    }
}

/// What stayed unknown, by its reason.
fn reasons(unknown: &[Unknown]) -> BTreeMap<&str, Vec<&str>> {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in unknown {
        all.entry(one.why.as_deref().unwrap_or_default()).or_default().push(one.what.as_deref().unwrap_or_default());
    }
    all
}

fn differences(host: &str, changes: &[Change]) -> String {
    if changes.is_empty() {
        return format!("{host}: nothing changed\n");
    }
    let mut text = format!("{host}: {}\n", count(changes.len(), "change"));
    for change in changes {
        let path = visible::line(&change.path);
        let line = match (&change.was, &change.is) {
            (Some(was), Some(is)) => format!("  {path}: {}, was {}", shown(is), shown(was)),
            (Some(was), None) => format!("  {path}: gone, was {}", shown(was)),
            (None, Some(is)) => format!("  {path}: new, {}", shown(is)),
            (None, None) => continue,
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn shown(value: &Value) -> String {
    let text = visible::line(&match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    match text.char_indices().nth(VALUE_MAX_CHARACTERS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
