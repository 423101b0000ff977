//! Are facts read as they are written? Every field of the schema is one of the kind `facts`, and the other way round.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{load, program};
use mig_plan::Facts;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A value that the schema allows, with every field.
fn sample(schema: &Value) -> Value {
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    if let Some(fixed) = schema.get("const") {
        return fixed.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).expect("a type");
    match (kind, schema["pattern"].as_str(), schema["format"].as_str()) {
        ("boolean", ..) => json!(true),
        ("integer", ..) => json!(7),
        ("number", ..) => json!(0.5),
        ("array", ..) => json!([sample(&schema["items"])]),
        ("object", ..) => match schema.get("properties") {
            Some(Value::Object(fields)) => fields.iter().map(|(name, schema)| (name.clone(), sample(schema))).collect(),
            _ => Value::Object(Map::from_iter([("/a".to_owned(), sample(&schema["additionalProperties"]))])),
        },
        (_, _, Some("date-time")) => json!("2020-01-10T12:00:00Z"),
        (_, Some("^/"), _) => json!("/a"),
        (_, Some(pattern), _) if pattern.contains("tcp") => json!("22/tcp"),
        (_, Some(pattern), _) if pattern.ends_with("/[0-9]{1,3}$") => json!("10.0.0.0/8"),
        (_, Some(pattern), _) if pattern.starts_with("^[0-9a-f:.]") => json!("10.0.0.1"),
        (_, Some(_), _) => json!("999:999"),
        _ => json!("a text"),
    }
}

fn messages(facts: &Value) -> Vec<String> {
    let mut files = program("use ssh\nexisting server host: ssh.host { address = 10.0.0.1, facts = survey(\"facts/host.json\") }\n");
    files.0.insert("facts/host.json".to_owned(), facts.to_string());
    load(&files).compile().report.diagnostics.into_iter().map(|d| d.message).collect()
}

#[test]
fn every_field_of_the_schema_is_read() {
    let mut facts = sample(&Facts::schema());
    facts["host"] = json!("host");
    assert_eq!(messages(&facts), Vec::<String>::new());
    let read: Facts = serde_json::from_value(facts.clone()).expect("facts");
    assert_eq!(read.check(), Ok(()));
    assert_eq!(serde_json::to_value(&read).expect("JSON"), facts, "nothing is lost on the way");
}

#[test]
fn what_a_hostile_host_says_is_told() {
    let said = |text: &str| {
        let mut files = program("use ssh\nexisting server host: ssh.host { address = 10.0.0.1, facts = survey(\"facts/host.json\") }\n");
        files.0.insert("facts/host.json".to_owned(), text.to_owned());
        let report = load(&files).compile().report;
        report.diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect::<Vec<_>>().join("; ")
    };
    let deep = format!("{{\"version\": 1, \"host\": \"host\", \"swap\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!("{{\"version\": 1, \"host\": \"host\", \"hostname\": \"{}\"}}", "x".repeat(Facts::SIZE_MAX_BYTES));
    for (text, expected) in [
        (r#"{"version": 1, "host": "host"}"#, ""),
        (r#"{"version": 1, "host": "other"}"#, "MIG1010 these facts were measured on `other`, and `host` names them as its own"),
        (r#"{"version": 1, "host": "host", "hostname": "a\u001b[2Jb"}"#, "MIG1010 this text has control characters"),
        (r#"{"version": 1, "host": "host", "hostname": "a\u202eb"}"#, "MIG1010 this text has control characters"),
        (r#"{"version": 1, "host": "host", "containers": {"a\nb": {}}}"#, "MIG1010 this key has control characters"),
        (r#"{"version": 1, "host": "host", "containers": {"a": {}, "a": {}}}"#, "MIG1010 this key is there twice"),
        (r#"{"version": 1, "host": "host", "cpus": "four", "cpus": 4}"#, "MIG1010 this is not an Int; MIG1010 this key is there twice"),
        (r#"{"version": 1, "host": "host", "cpus": 1e400, "memory": -5}"#, "MIG1010 this is not an Int; MIG1010 this is not a Size"),
        ("[1]", "MIG1010 a facts file holds one object"),
        ("", "MIG1010 a facts file holds one object"),
        (&deep, "MIG1010 this file nests deeper than 32 levels"),
        (&huge, "MIG1010 the facts `facts/host.json` cannot be read: the file is larger than 4 MiB"),
    ] {
        assert_eq!(said(text), expected, "{text:.80}");
    }
}

#[test]
fn what_is_not_of_its_form_is_named_with_its_path() {
    let mut facts = sample(&Facts::schema());
    for (place, value, said) in [
        ("/containers/~1a/mounts/0/source", json!("/data/../etc"), "containers./a.mounts.0.source is not an absolute path without `..`"),
        ("/hostname", json!("a\u{1b}[2J"), "hostname is not one line of text without control characters"),
        ("/hostname", json!("a\u{202e}b"), "hostname is not one line of text without control characters"),
        ("/routes/0/network", json!("10.0.0.1/8"), "routes.0.network is not a network like `10.0.0.0/24`"),
        ("/listening/0", json!("70000/tcp"), "listening.0 is not a port like `3306/tcp`"),
        ("/taken", json!("yesterday"), "taken is not a time like `2020-01-10T12:00:00Z`"),
        ("/memory", json!(u64::MAX), "memory is not a number of bytes that a disk can have"),
        ("/arch", json!("vax"), "arch is not `x86_64` or `arm64`"),
    ] {
        let before = std::mem::replace(facts.pointer_mut(place).expect("a place"), value);
        let read: Facts = serde_json::from_value(facts.clone()).expect("facts");
        assert_eq!(read.check().map_err(|wrong| wrong.to_string()), Err(said.to_owned()));
        *facts.pointer_mut(place).expect("a place") = before;
    }
}

/// All names of fields, however deep.
fn names(schema: &Value, out: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        out.insert(name.clone());
        for part in [field, &field["items"], &field["additionalProperties"]] {
            names(part, out);
        }
    }
}

#[test]
fn the_kind_has_no_field_that_nobody_measures() {
    let nouns = include_str!("../../../stdlib/nouns.mig");
    let kind = nouns.split_once("kind facts {").expect("the kind").1;
    let mut measured = BTreeSet::new();
    names(&Facts::schema(), &mut measured);
    let words = kind.split(|c: char| "{,\n".contains(c)).filter_map(|part| part.split_once(':'));
    let fields = words.map(|(name, _)| name.trim()).filter(|name| !name.is_empty() && *name != "Str");
    let left: Vec<&str> = fields.filter(|name| !measured.contains(*name)).collect();
    assert_eq!(left, Vec::<&str>::new());
}
