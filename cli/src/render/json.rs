//! How does a value look to a program? One object, as docs/json.md describes it.
//!
//! The shapes are those of `mig_plan`; only the escaping of what a terminal would obey is decided here.

use crate::visible;
use serde::Serialize;

/// Over many lines, for answers.
pub fn pretty<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    visible::json(&text) + "\n"
}

/// On one line, for events.
pub fn line<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    visible::json(&text) + "\n"
}

#[cfg(test)]
mod tests {
    use crate::render::human::tests::{report, sources};
    use mig_plan::Report;

    #[test]
    fn a_report_survives_the_journey() {
        let (report, _) = (report(), sources());
        for text in [super::pretty(&report), super::line(&report)] {
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
            assert_eq!(serde_json::from_str::<Report>(&text).ok().as_ref(), Some(&report));
        }
    }

    #[test]
    fn the_keys_are_those_of_the_contract() {
        let value: serde_json::Value = serde_json::from_str(&super::pretty(&report())).expect("JSON");
        let keys = |v: &serde_json::Value| v.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>().join(" "));
        assert_eq!(keys(&value).as_deref(), Some("diagnostics summary unproven version"));
        assert_eq!(keys(&value["summary"]).as_deref(), Some("errors unproven warnings"));
        let first = &value["diagnostics"][0];
        assert_eq!(keys(first).as_deref(), Some("address code file fixes help labels message name severity span text unsilenceable"));
        assert_eq!(keys(&first["span"]["start"]).as_deref(), Some("byte column line"));
    }
}
