//! Do editors colour the words of the language? Compares the highlighting grammar with `mig.pest`, whose words are the language's.
#![allow(missing_docs, reason = "a test")]

mod tree;

use std::collections::BTreeSet;
use tree::read;

/// The words in quotes of a rule of the grammar.
fn words_of(grammar: &str, rule: &str) -> BTreeSet<String> {
    let line = grammar.lines().find(|l| l.split_whitespace().next() == Some(rule)).unwrap_or_else(|| panic!("mig.pest has no rule {rule}"));
    let quoted = line.split('"').skip(1).step_by(2);
    quoted.filter(|w| w.len() > 1 && w.bytes().all(|b| b.is_ascii_lowercase())).map(str::to_owned).collect()
}

/// The words of the alternatives in a pattern of the highlighting grammar.
fn alternatives(highlighting: &str, scope: &str) -> BTreeSet<String> {
    let name = format!("\"name\": \"{scope}\"");
    let rest = highlighting.split(&name).nth(1).unwrap_or_else(|| panic!("there is no {scope}"));
    let pattern = rest.split('(').nth(1).and_then(|p| p.split(')').next()).unwrap_or_default();
    pattern.split('|').map(str::to_owned).collect()
}

#[test]
fn the_highlighting_knows_every_word_of_the_grammar() {
    let grammar = read("grammar/src/mig.pest");
    let highlighting = read("grammar/editors/vscode/syntaxes/mig.tmLanguage.json");
    let mut items = words_of(&grammar, "item_word");
    items.insert("existing".to_owned());
    assert_eq!(alternatives(&highlighting, "keyword.declaration.mig"), items);
    let coloured = alternatives(&highlighting, "keyword.operator.word.mig");
    for rule in ["op_word", "reserved", "class_word", "severity", "stage", "where_", "in_", "prefix"] {
        for word in words_of(&grammar, rule) {
            assert!(coloured.contains(&word), "`{word}` of the rule {rule} has no colour");
        }
    }
    let clauses = alternatives(&highlighting, "keyword.other.clause.mig");
    for rule in ["verb", "clause_word", "gives", "told_word", "wait_word", "stdin", "needs", "children", "binding", "also", "fix", "expect"]
    {
        for word in words_of(&grammar, rule).iter().filter(|w| !coloured.contains(*w)) {
            assert!(clauses.contains(word), "`{word}` of the rule {rule} has no colour");
        }
    }
}
