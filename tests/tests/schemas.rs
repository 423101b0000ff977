//! Does what is printed for other programs have the form that was promised to them? Logs by the official schema of SARIF, facts by our own.

mod snippets;
mod tree;

use boon::{Compiler, SchemaIndex, Schemas};
use mig_plan::{Facts, Report};
use migc::render::sarif;
use serde_json::Value;
use std::fmt::Write as _;

const HERE: &str = "memory:///schema.json";

/// A schema, with the forms of texts (`format`) asserted, which a schema leaves to who validates.
struct Schema(Schemas, SchemaIndex);

impl Schema {
    fn new(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource(HERE, schema).expect("a schema");
        let index = compiler.compile(HERE, &mut schemas).expect("a sound schema");
        Self(schemas, index)
    }

    fn problem(&self, value: &Value) -> Option<String> {
        self.0.validate(value, self.1).err().map(|error| error.to_string())
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn of_sarif() -> Schema {
    Schema::new(json(&tree::read("tests/schemas/sarif-2.1.0.json")))
}

/// What is said of the programs of all pages.
fn reports() -> Vec<(String, Report)> {
    let mut reports = vec![];
    for path in ["docs/checks", "docs/errors"].iter().flat_map(|folder| tree::files(folder, ".md")) {
        let page = tree::read(&path);
        let blocks = snippets::blocks(&page);
        for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.info == "mig") {
            reports.push((format!("{path}:{}", block.line), snippets::Example::new(&blocks, index).report()));
        }
    }
    reports
}

#[test]
fn every_page_gives_a_log_that_the_official_schema_of_sarif_takes() {
    let schema = of_sarif();
    let mut problems = String::new();
    let (mut fixes, mut labels, mut unproven) = (0, 0, 0);
    for (place, report) in reports() {
        fixes += report.diagnostics.iter().filter(|d| !d.fixes.is_empty()).count();
        labels += report.diagnostics.iter().filter(|d| !d.labels.is_empty()).count();
        unproven += report.unproven.len();
        if let Some(problem) = schema.problem(&json(&sarif::report(&report, "main.mig"))) {
            let _ = writeln!(problems, "{place}: {problem}");
        }
    }
    assert!(problems.is_empty(), "{problems}");
    assert!(fixes > 10 && labels > 10 && unproven > 10, "the pages show edits, other places and what is not proven");
}

#[test]
fn the_schema_of_sarif_refuses_what_is_none() {
    let schema = of_sarif();
    let log = json(&sarif::report(&Report::new(vec![], vec![]), "main.mig"));
    assert_eq!(schema.problem(&log), None);
    for (path, wrong) in [
        ("/version", "2.2.0".into()),
        ("/runs/0/columnKind", "bytes".into()),
        ("/runs/0/results", Value::from(vec![json(r#"{"level": "bad"}"#)])),
    ] {
        let mut log = log.clone();
        *log.pointer_mut(path).expect("it is there") = wrong;
        assert!(schema.problem(&log).is_some(), "{path}");
    }
}

#[test]
fn facts_of_examples_have_the_form_that_survey_prints() {
    let schema = Schema::new(Facts::schema());
    let files: Vec<String> = tree::files("examples", ".json").into_iter().filter(|path| path.contains("/facts/")).collect();
    assert!(files.len() > 5, "{files:?}");
    for path in files {
        assert_eq!(schema.problem(&json(&tree::read(&path))), None, "{path}");
    }
    assert!(
        schema.problem(&json(r#"{"version": 1}"#)).is_some()
            && schema.problem(&json(r#"{"version": 1, "host": "a", "cpus": -1}"#)).is_some()
    );
}
