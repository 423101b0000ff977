//! What has changed since the last survey? Values by their paths; of lists, which entries came and went.

use mig_plan::Facts;
use serde::Serialize;
use serde_json::Value;

/// A value that is not what it was. Nothing on one side: it was not there, or is not any more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// `containers.mysql.image`.
    pub path: String,
    /// In the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<Value>,
    /// On the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
}

/// All changes but the time of the survey, by path.
pub fn differences(was: &Facts, is: &Facts) -> Vec<Change> {
    let plain = |facts: &Facts| {
        let mut value = serde_json::to_value(facts).unwrap_or_default();
        if let Value::Object(map) = &mut value {
            map.remove("taken");
        }
        value
    };
    let mut changes = vec![];
    compare("", Some(&plain(was)), Some(&plain(is)), &mut changes);
    changes
}

fn compare(path: &str, was: Option<&Value>, is: Option<&Value>, out: &mut Vec<Change>) {
    match (was, is) {
        (was, is) if was == is => {}
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            let mut names: Vec<&String> = was.keys().chain(is.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, was.get(name), is.get(name), out);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) => {
            let only = |list: &[Value], other: &[Value]| -> Vec<Value> { list.iter().filter(|v| !other.contains(v)).cloned().collect() };
            out.extend(only(was, is).into_iter().map(|value| Change { path: path.to_owned(), was: Some(value), is: None }));
            out.extend(only(is, was).into_iter().map(|value| Change { path: path.to_owned(), was: None, is: Some(value) }));
        }
        (was, is) => out.push(Change { path: path.to_owned(), was: was.cloned(), is: is.cloned() }),
    }
}
