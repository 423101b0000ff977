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

/// Every word in quotes of the grammar.
fn words(grammar: &str) -> BTreeSet<String> {
    let rules = grammar.lines().filter(|line| !line.starts_with("//"));
    let quoted = rules.flat_map(|line| line.split('"').skip(1).step_by(2));
    quoted.filter(|w| w.len() > 1 && w.bytes().all(|b| b.is_ascii_lowercase())).map(str::to_owned).collect()
}

#[test]
fn the_tree_for_editors_knows_every_word_of_the_grammar() {
    let tree = read("grammar/editors/tree-sitter/grammar.js");
    let known: BTreeSet<&str> = tree.split(|c: char| !c.is_ascii_lowercase()).collect();
    let missing: Vec<String> = words(&read("grammar/src/mig.pest")).into_iter().filter(|word| !known.contains(word.as_str())).collect();
    assert_eq!(missing, ["sh"], "only `sh`, a tag like any other, is not in grammar/editors/tree-sitter/grammar.js");
}

#[test]
fn the_colours_of_the_tree_know_every_word_of_the_grammar() {
    let colours = read("grammar/editors/tree-sitter/queries/highlights.scm");
    let grammar = read("grammar/src/mig.pest");
    // Units and protocols are parts of numbers, and tags are names.
    let parts: BTreeSet<String> = ["rate", "protocol", "raw_tag", "shell_tag"].iter().flat_map(|rule| words_of(&grammar, rule)).collect();
    let words = words(&grammar);
    let missing: Vec<&String> = words.difference(&parts).filter(|word| !colours.contains(&format!("\"{word}\""))).collect();
    assert_eq!(missing, Vec::<&String>::new(), "these have no colour");
}

/// A snippet as it stands when its places keep what is proposed for them.
fn expanded(snippet: &str) -> String {
    let (mut out, mut rest) = (String::new(), snippet);
    while let Some((before, place)) = rest.split_once('$') {
        out.push_str(before);
        rest = match place.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((inner, behind)) => {
                let proposed = inner.trim_start_matches(|c: char| c.is_ascii_digit());
                out.push_str(proposed.trim_matches(['|', ':']).split(',').next().unwrap_or(""));
                behind
            }
            None => place.trim_start_matches(|c: char| c.is_ascii_digit()),
        };
    }
    out + rest
}

#[test]
fn snippets_are_of_the_language() {
    let snippets: serde_json::Value = serde_json::from_str(&read("grammar/editors/vscode/snippets.json")).expect("JSON");
    let snippets = snippets.as_object().expect("an object");
    assert!(snippets.len() > 3);
    for (name, snippet) in snippets {
        let lines: Vec<&str> = snippet["body"].as_array().expect("lines").iter().filter_map(|line| line.as_str()).collect();
        let text = expanded(&lines.join("\n")) + "\n";
        let tree = mig_syntax::parse(&text);
        assert!(tree.damage.is_empty() && tree.items.len() == 1, "{name}: {:?}\n{text}", tree.damage);
    }
}
