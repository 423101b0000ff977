//! How does a report look to code scanning? SARIF 2.1.0: rules with their pages, results with places, edits and fingerprints.
//!
//! Files are named from the repository's root. What could not be proven is a notification and no result: it has no place, and a
//! service would make an alert of it. See <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use crate::{
    fingerprint,
    pages::{self, Check},
    visible,
};
use mig_plan::{Diagnostic, Edit, Fix, Label, Report, Severity, Span, Unproven};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where the schema of this form is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Files that migc brings are not in the repository; they are named below this.
const OWN_BASE: &str = "MIGC";

/// One log with one run. What has no place of its own stands at the first line of `entry`.
pub fn report(report: &Report, entry: &str) -> String {
    let rules = Rules::of(report);
    let results: Vec<Value> = report.diagnostics.iter().map(|d| result(d, &rules, entry)).collect();
    let notifications: Vec<Value> = report.unproven.iter().map(|u| notification(u, &rules)).collect();
    super::json::pretty(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "migc", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules.list } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { OWN_BASE: { "description": { "text": "the standard library that migc brings" } } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    }))
}

/// The rules that a report names, and the place of each in their list.
struct Rules {
    list: Vec<Value>,
    place: BTreeMap<String, usize>,
}

impl Rules {
    fn of(report: &Report) -> Self {
        let pages: Vec<Check> = pages::all().into_iter().chain(pages::errors()).collect();
        let mut rules = Self { list: vec![], place: BTreeMap::new() };
        for diagnostic in &report.diagnostics {
            rules.add(&diagnostic.code, &diagnostic.name, Some(diagnostic.severity), &pages);
        }
        for entry in &report.unproven {
            rules.add(&entry.code, &entry.name, None, &pages);
        }
        rules
    }

    fn add(&mut self, code: &str, name: &str, severity: Option<Severity>, pages: &[Check]) {
        if self.place.contains_key(code) {
            return;
        }
        self.place.insert(code.to_owned(), self.list.len());
        let mut rule = json!({ "id": visible::line(code), "name": visible::line(name) });
        let page = pages.iter().find(|page| page.code == code);
        // The page of a check that was not decided says how grave it would be.
        let level = match (severity, page.map(|page| page.severity.as_str())) {
            (Some(severity), _) => level(severity),
            (None, Some("warning")) => "warning",
            (None, Some("hint")) => "note",
            (None, _) => "error",
        };
        rule["defaultConfiguration"] = json!({ "level": level });
        let summary = page.map_or_else(|| visible::line(name).replace('_', " "), |page| page.summary.clone());
        rule["shortDescription"] = json!({ "text": summary });
        if let Some(page) = page {
            rule["fullDescription"] = json!({ "text": page.about() });
            rule["help"] = json!({ "text": page.page, "markdown": page.page });
        }
        self.list.push(rule);
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn result(diagnostic: &Diagnostic, rules: &Rules, entry: &str) -> Value {
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
    let message: String = [diagnostic.message.clone()].into_iter().chain(help).collect();
    let file = if diagnostic.file.is_empty() { entry } else { &diagnostic.file };
    let mut place = json!({ "physicalLocation": physical(file, diagnostic.span) });
    if !diagnostic.address.is_empty() {
        place["logicalLocations"] = json!([{ "fullyQualifiedName": visible::line(&diagnostic.address), "kind": "declaration" }]);
    }
    let mut result = json!({
        "ruleId": visible::line(&diagnostic.code),
        "ruleIndex": rules.place.get(&diagnostic.code),
        "level": level(diagnostic.severity),
        "message": { "text": words(&message) },
        "locations": [place],
        "partialFingerprints": { fingerprint::NAME: fingerprint::of(diagnostic) },
    });
    if !diagnostic.labels.is_empty() {
        result["relatedLocations"] = diagnostic.labels.iter().enumerate().map(|(number, label)| related(number, label)).collect();
    }
    if !diagnostic.fixes.is_empty() {
        result["fixes"] = diagnostic.fixes.iter().map(fix).collect();
    }
    result
}

fn related(number: usize, label: &Label) -> Value {
    json!({ "id": number, "physicalLocation": physical(&label.file, label.span), "message": { "text": words(&label.text) } })
}

fn fix(fix: &Fix) -> Value {
    let mut files: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(&edit.file).or_default().push(edit);
    }
    let replacement = |edit: &&Edit| json!({ "deletedRegion": region(edit.span), "insertedContent": { "text": edit.text } });
    let changes: Vec<Value> = files
        .iter()
        .map(|(file, edits)| {
            json!({ "artifactLocation": artifact(file), "replacements": edits.iter().map(replacement).collect::<Vec<_>>() })
        })
        .collect();
    json!({ "description": { "text": visible::line(&fix.title) }, "artifactChanges": changes, "properties": { "safe": fix.safe } })
}

fn notification(entry: &Unproven, rules: &Rules) -> Value {
    let rule = json!({ "id": visible::line(&entry.code), "index": rules.place.get(&entry.code) });
    json!({ "level": "note", "message": { "text": words(&super::unproven(entry)) }, "associatedRule": rule })
}

/// Text for people. Nothing in it is a link: where they could stand, brackets are escaped.
fn words(text: &str) -> String {
    let shown = visible::text(text);
    if shown.contains("](") { shown.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]") } else { shown }
}

fn physical(file: &str, span: Span) -> Value {
    json!({ "artifactLocation": artifact(file), "region": region(span) })
}

fn artifact(file: &str) -> Value {
    if super::names::is_own(file) { json!({ "uri": uri(file), "uriBaseId": OWN_BASE }) } else { json!({ "uri": uri(file) }) }
}

/// A problem of a whole file stands at its first line.
fn region(span: Span) -> Value {
    let (start, end) = (span.start, span.end);
    if start.line == 0 {
        return json!({ "startLine": 1 });
    }
    json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
}

/// A path as a relative reference: what is not plain is escaped, and a colon does not make a scheme of the first folder.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use crate::render::human::tests::report;
    use serde_json::Value;

    fn log() -> Value {
        let mut report = report();
        report.diagnostics[0].message = "`prim` is\u{1b}[2J [here](https://example.com)".to_owned();
        report.diagnostics[0].labels[0].file = "stdlib/nouns.mig".to_owned();
        report.diagnostics[1].file = "a: b/\u{fc}.mig".to_owned();
        serde_json::from_str(&super::report(&report, "main.mig")).expect("JSON")
    }

    #[test]
    fn results_have_what_a_service_reads() {
        let log = log();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        for result in run["results"].as_array().expect("results") {
            let rule = &rules[result["ruleIndex"].as_u64().expect("an index") as usize];
            assert_eq!(result["ruleId"], rule["id"]);
            let region = &result["locations"][0]["physicalLocation"]["region"];
            assert!(region["startLine"].as_u64() >= Some(1), "{region}");
            assert_eq!(result["partialFingerprints"]["migcProblem/v1"].as_str().map(str::len), Some(20));
        }
        let levels: Vec<&str> = run["results"].as_array().into_iter().flatten().filter_map(|r| r["level"].as_str()).collect();
        assert_eq!(levels, ["error", "warning"]);
        let page = rules[0]["help"]["markdown"].as_str().expect("the page");
        assert!(page.starts_with("# duplicate_node_id") && rules[0]["fullDescription"]["text"].as_str().is_some_and(|t| t.len() > 60));
    }

    #[test]
    fn places_edits_and_texts_are_safe_to_read() {
        let log = log();
        let (first, second) = (&log["runs"][0]["results"][0], &log["runs"][0]["results"][1]);
        assert_eq!(second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%3A%20b/%C3%BC.mig");
        assert_eq!(first["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"], "MIGC");
        let text = first["message"]["text"].as_str().expect("a text");
        assert!(text.starts_with("`prim` is\\\\u{1b}\\[2J \\[here\\](https://"), "{text}");
        let replacement = &first["fixes"][0]["artifactChanges"][0]["replacements"][0];
        assert_eq!(replacement["insertedContent"]["text"], "fresh");
        let region = &replacement["deletedRegion"];
        assert_eq!(
            (region["startLine"].as_u64(), region["startColumn"].as_u64(), region["endColumn"].as_u64()),
            (Some(3), Some(28), Some(40))
        );
    }

    #[test]
    fn what_is_not_proven_is_a_notification() {
        let log = log();
        let notification = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!((&notification["level"], &notification["associatedRule"]["id"]), (&"note".into(), &"MIG2001".into()));
    }
}
