//! Does docs/facts.md list every field of a facts file?

#![allow(clippy::disallowed_methods, reason = "a test reads the book")]

use mig_plan::Facts;
use serde_json::Value;

fn fields(schema: &Value, path: &str, out: &mut Vec<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        fields(field, &path, out);
        for inner in [&field["items"], &field["additionalProperties"]] {
            fields(inner, &format!("{path}[…]"), out);
        }
        out.push(path);
    }
}

#[test]
fn the_page_lists_every_field() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/facts.md")).expect("the page");
    let mut all = vec![];
    fields(&Facts::schema(), "", &mut all);
    let missing: Vec<&String> = all.iter().filter(|field| !page.contains(&format!("\n| `{field}` | "))).collect();
    assert_eq!(missing, Vec::<&String>::new(), "docs/facts.md has no row for these");
}
