//! What does an editor see? Programs with a mark where the cursor is, and answers drawn into the source.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{Client, at, cursor, drawn, uri};
use serde_json::{Value, json};

const MAIN: &str = "/work/main.mig";

/// Opens a program whose cursor is marked.
fn opened(marked: &str) -> (Client, String, Value) {
    let (text, position) = cursor(marked);
    let client = Client::new(&[(MAIN, &text)]);
    client.open(MAIN, &text);
    (client, text, position)
}

fn hover(marked: &str) -> String {
    let (client, _, position) = opened(marked);
    let found = client.ask("textDocument/hover", at(MAIN, &position));
    client.end();
    found["contents"]["value"].as_str().unwrap_or("").to_owned()
}

fn labels(marked: &str) -> Vec<String> {
    let (client, _, position) = opened(marked);
    let found = client.ask("textDocument/completion", at(MAIN, &position));
    client.end();
    found.as_array().expect("a list").iter().map(|c| c["label"].as_str().unwrap_or("").to_owned()).collect()
}

fn references(marked: &str) -> String {
    let (client, text, position) = opened(marked);
    let mut params = at(MAIN, &position);
    params["context"] = json!({ "includeDeclaration": true });
    let found = client.ask("textDocument/references", params);
    client.end();
    let ranges: Vec<(Value, String)> = found.as_array().expect("a list").iter().map(|l| (l["range"].clone(), String::new())).collect();
    drawn(&text, &ranges).replace(" \n", "\n")
}

/// The text after a rename, or why there is none.
fn renamed(marked: &str, new: &str) -> Result<String, String> {
    let (client, text, position) = opened(marked);
    let mut params = at(MAIN, &position);
    params["newName"] = json!(new);
    let answer = client.answer(&client.request("textDocument/rename", params));
    client.end();
    let edit = answer.response_result.map_err(|e| e.message)?;
    Ok(applied(&text, edit["changes"][uri(MAIN)].as_array().expect("edits")))
}

/// A text of ASCII with edits.
fn applied(text: &str, edits: &[Value]) -> String {
    let offset = |at: &Value| -> usize {
        let line = at["line"].as_u64().unwrap_or(0) as usize;
        let column = at["character"].as_u64().unwrap_or(0) as usize;
        text.split_inclusive('\n').take(line).map(str::len).sum::<usize>() + column
    };
    let place = |e: &Value| (offset(&e["range"]["start"]), offset(&e["range"]["end"]), e["newText"].as_str().unwrap_or("").to_owned());
    let mut all: Vec<(usize, usize, String)> = edits.iter().map(place).collect();
    all.sort();
    let mut out = text.to_owned();
    for (from, to, new) in all.into_iter().rev() {
        out.replace_range(from..to, &new);
    }
    out
}

const NODES: &str = "\
/// A machine of the club.
kind node {
  /// Of its disk.
  disk : Size
  image: Size = 20GiB
  free = disk - image
}
let big: Size = 64GiB
node a { disk = big }
node b { disk = a.disk, image = 30GiB }
output free = a.free
";

#[test]
fn diagnostics_stand_at_their_places_and_say_what_to_do() {
    let text = "kind node { disk: Size }\nnode a { disk = 64 }\nlet é日 = \"\u{1f980}\" + nothing\n";
    let client = Client::new(&[(MAIN, text)]);
    client.open(MAIN, text);
    let found = client.diagnostics(MAIN, 1);
    let said = |d: &Value| format!("{} {}", d["code"].as_str().unwrap_or(""), d["message"].as_str().unwrap_or("").replace('\n', " | "));
    let ranges: Vec<(Value, String)> = found.iter().map(|d| (d["range"].clone(), said(d))).collect();
    let drawn = drawn(text, &ranges);
    assert!(
        drawn.contains(
            "node a { disk = 64 }\n                ^^ MIG1004 `disk` takes a Size, and this is an Int | help: write it with its unit"
        ),
        "{drawn}"
    );
    assert!(drawn.contains("nothing"), "{drawn}");
    client.rewrite(MAIN, 2, "kind node { disk: Size }\nnode a { disk = 64GiB }\n");
    assert_eq!(client.diagnostics(MAIN, 2), Vec::<Value>::new());
    client.end();
}

#[test]
fn hover_says_type_value_origin_and_documentation() {
    let field = hover(&NODES.replace("a { disk", "a { di┃sk"));
    assert!(field.contains("disk: Size") && field.contains("Of its disk."), "{field}");
    assert!(field.contains("`a.disk` is 64 GiB: written here (main.mig:9)") && field.contains("`big` is 64 GiB: a constant"), "{field}");
    let derived = hover(&NODES.replace("a.free", "a.fr┃ee"));
    assert!(derived.contains("free: Size") && derived.contains("44 GiB: computed by its kind"), "{derived}");
    let name = hover(&NODES.replace("= big", "= b┃ig"));
    assert!(name.contains("let big: Size") && name.contains("is 64 GiB"), "{name}");
    let kind = hover(&NODES.replace("node b", "no┃de b"));
    assert!(kind.contains("kind node") && kind.contains("A machine of the club."), "{kind}");
    assert!(hover(&NODES.replace("30GiB", "30G┃iB")).contains("30GiB: Size"));
    assert_eq!(hover(&NODES.replace("/// A mach", "/// A m┃ach")), "");
}

#[test]
fn definition_leads_to_the_declaration_also_in_the_standard_library() {
    let (client, _, position) = opened(&NODES.replace("a.disk", "a.di┃sk"));
    let found = client.ask("textDocument/definition", at(MAIN, &position));
    assert_eq!(found["range"]["start"], json!({ "line": 3, "character": 2 }));
    client.end();
    let (client, _, position) = opened("use ssh\nserver a: ssh.ho┃st { address = 10.0.0.1 }\n");
    let found = client.ask("textDocument/definition", at(MAIN, &position));
    assert_eq!(found["uri"], uri("/cache/stdlib/ssh.mig"));
    client.end();
}

#[test]
fn references_are_every_use_and_nothing_else() {
    let found = references(&NODES.replace("= big", "= b┃ig"));
    assert!(found.contains("let big: Size = 64GiB\n    ^^^\nnode a { disk = big }\n                ^^^\n"), "{found}");
    let fields = references(&NODES.replace("disk : Size", "di┃sk : Size"));
    assert!(fields.contains("  free = disk - image\n         ^^^^\n"), "{fields}");
    assert!(fields.contains("node b { disk = a.disk, image"), "{fields}");
    assert_eq!(fields.matches("^^^^").count(), 5, "{fields}");
}

#[test]
fn rename_changes_every_use_or_says_why_not() {
    let text = renamed(&NODES.replace("disk : Size", "di┃sk : Size"), "volume").expect("a rename");
    assert_eq!(text, NODES.replace("disk ", "volume ").replace("a.disk", "a.volume"));
    let local = "let a = [1, 2].map(n => ┃n + 1)\n";
    assert_eq!(renamed(local, "m").as_deref(), Ok("let a = [1, 2].map(m => m + 1)\n"));
    let because = |marked: String, new: &str| renamed(&marked, new).expect_err("no rename");
    assert!(because(NODES.replace("node a", "node ┃a"), "b").contains("twice"));
    assert!(because(NODES.replace("node a", "node ┃a"), "a-b").contains("is no name"));
    assert!(because(NODES.replace("node a", "node ┃a"), "in").contains("word of the language"));
    assert!(because("use ssh\nserver a: ssh.h┃ost { address = 10.0.0.1 }\n".to_owned(), "other").contains("stdlib/ssh.mig"));
    assert!(because("let a = env(\"X┃\")\n".to_owned(), "b").contains("no name here"));
}

#[test]
fn completion_knows_what_fits() {
    let fields = labels(&NODES.replace("node a { disk = big }", "node a { disk = big\n  ┃\n}"));
    assert!(
        fields.contains(&"image".to_owned()) && !fields.contains(&"disk".to_owned()) && !fields.contains(&"free".to_owned()),
        "{fields:?}"
    );
    assert_eq!(labels(&NODES.replace("= big }", "= ┃ }")).first().map(String::as_str), Some("big"));
    let members = labels(&NODES.replace("a.disk,", "a.┃,"));
    assert!(["disk", "free", "image"].iter().all(|m| members.contains(&(*m).to_owned())), "{members:?}");
    let units = labels(&NODES.replace("30GiB", "30┃"));
    assert!(units.contains(&"GiB".to_owned()) && !units.contains(&"min".to_owned()), "{units:?}");
    let kinds = labels("use ssh\nuse docker\nserver a: ┃\n");
    assert!(kinds.contains(&"ssh.host".to_owned()) && !kinds.contains(&"docker.container".to_owned()), "{kinds:?}");
    assert!(labels("use ┃\n").contains(&"zerotier".to_owned()));
    assert!(labels("se┃\n").contains(&"server".to_owned()));
    assert!(
        labels("enum Size2 { small, large }\nkind box { s: Size2 }\nbox b { s = ┃ }\n")
            .starts_with(&["large".to_owned(), "small".to_owned()])
    );
    assert!(labels("let a = \"abc\".┃\n").contains(&"starts_with".to_owned()));
    assert!(labels("@allow(┃, \"x\")\nlet a = 1\n").contains(&"overlay_port_closed".to_owned()));
    assert!(labels("// a comment ┃\n").is_empty());
}

#[test]
fn a_broken_program_keeps_its_symbols() {
    let text = "kind node { disk: Size }\nnode a { disk = \nnode b { disk 3GiB }\nlet c = \n";
    let client = Client::new(&[(MAIN, text)]);
    client.open(MAIN, text);
    let found = client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri(MAIN) } }));
    let names: Vec<&str> = found.as_array().expect("a list").iter().filter_map(|s| s["name"].as_str()).collect();
    assert_eq!(names, ["node", "a", "b", "c"]);
    client.end();
}

#[test]
fn actions_mend_or_allow_with_a_reason() {
    let text = "\
kind node { disk: Size }
check disk_small: CLUB001 warning {
  for n in all(node)
  when n.disk < 10GiB
  at n.disk
  say \"{n} is small\"
}
node a {
  dsik = 20GiB
  disk = 1GiB
}
";
    let client = Client::new(&[(MAIN, text)]);
    client.open(MAIN, text);
    let range = json!({ "start": { "line": 8, "character": 0 }, "end": { "line": 9, "character": 12 } });
    let params = json!({ "textDocument": { "uri": uri(MAIN) }, "range": range, "context": { "diagnostics": [] } });
    let found = client.ask("textDocument/codeAction", params);
    client.end();
    let list = found.as_array().expect("a list");
    let texts: Vec<(String, String)> = list
        .iter()
        .map(|a| (a["title"].as_str().unwrap_or("").to_owned(), applied(text, a["edit"]["changes"][uri(MAIN)].as_array().expect("edits"))))
        .collect();
    let with = |title: &str| texts.iter().find(|(t, _)| t == title).map_or_else(|| panic!("{texts:?}"), |(_, text)| text.clone());
    assert_eq!(with("write `disk`"), text.replace("dsik", "disk"));
    let allowed = text.replace("node a {", "@allow(disk_small, \"say here why it is fine\")\nnode a {");
    assert_eq!(with("allow `disk_small` here, with a reason"), allowed);
}

#[test]
fn hints_folds_tokens_and_symbols() {
    let client = Client::new(&[(MAIN, NODES)]);
    client.open(MAIN, NODES);
    let document = json!({ "uri": uri(MAIN) });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let hints = client.ask("textDocument/inlayHint", json!({ "textDocument": document, "range": range }));
    let shown: Vec<&str> = hints.as_array().expect("a list").iter().filter_map(|h| h["label"].as_str()).collect();
    assert_eq!(shown, ["free = 44 GiB, image = 20 GiB", "free = 34 GiB"]);
    let folds = client.ask("textDocument/foldingRange", json!({ "textDocument": document }));
    assert_eq!(folds[0], json!({ "startLine": 1, "endLine": 6 }));
    let tokens = client.ask("textDocument/semanticTokens/full", json!({ "textDocument": document }));
    assert_eq!(tokens["data"].as_array().map(|d| d[..5].to_vec()), Some(vec![json!(1), json!(5), json!(4), json!(1), json!(1)]));
    let symbols = client.ask("workspace/symbol", json!({ "query": "bg" }));
    assert_eq!(symbols.as_array().map(Vec::len), Some(1), "{symbols}");
    client.end();
}

#[test]
fn formatting_is_the_formatters_and_a_range_touches_its_items_only() {
    let text = "let  a=1\nlet  b=2\nlet c = é\n";
    let client = Client::new(&[(MAIN, text)]);
    client.open(MAIN, text);
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    let all = client.ask("textDocument/formatting", json!({ "textDocument": { "uri": uri(MAIN) }, "options": options }));
    assert_eq!(all[0]["newText"], "let a = 1\nlet b = 2\n");
    let range = json!({ "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 3 } });
    let one =
        client.ask("textDocument/rangeFormatting", json!({ "textDocument": { "uri": uri(MAIN) }, "range": range, "options": options }));
    assert_eq!(applied(text, one.as_array().expect("edits")), "let  a=1\nlet b = 2\nlet c = é\n");
    client.end();
}

const UNION: &str = "\
kind node {
  mode: lean | rich | Size
}
node a { mode = lean }
node b { mode = rich }
node c { mode = lean }
";

#[test]
fn bare_values_of_a_union_are_names_like_others() {
    let found = references(&UNION.replace("a { mode = lean", "a { mode = le┃an"));
    assert_eq!(found.matches("^^^^").count(), 3, "{found}");
    assert!(found.contains("  mode: lean | rich | Size\n        ^^^^\n"), "{found}");
    let text = renamed(&UNION.replace("mode: lean", "mode: le┃an"), "small").expect("a rename");
    assert_eq!(text, UNION.replace("lean", "small"));
}

/// The parameters of the call at the cursor, the active one in brackets.
fn signature(marked: &str) -> String {
    let (client, _, position) = opened(marked);
    let found = client.ask("textDocument/signatureHelp", at(MAIN, &position));
    client.end();
    let Some(one) = found["signatures"].get(0) else { return String::new() };
    let label = one["label"].as_str().expect("a label").to_owned();
    let Some(active) = found["activeParameter"].as_u64() else { return label };
    let ends: Vec<usize> = one["parameters"][active as usize]["label"]
        .as_array()
        .expect("ends")
        .iter()
        .filter_map(|n| n.as_u64().map(|n| n as usize))
        .collect();
    format!("{}<{}>{}", &label[..ends[0]], &label[ends[0]..ends[1]], &label[ends[1]..])
}

#[test]
fn calls_show_their_parameters() {
    assert_eq!(signature("let a = tcp(┃)\n"), "fn tcp(<port>, within)");
    assert_eq!(signature("let a = tcp(80, ┃)\n"), "fn tcp(port, <within>)");
    assert_eq!(signature("let a = tcp(within = 3┃s, port = 80)\n"), "fn tcp(port, <within>)");
    let own = "fn gb(n: Int, of: Size) -> Size = n * of\nlet a = ";
    assert_eq!(signature(&format!("{own}gb(2, 3┃GiB)\n")), "fn gb(n: Int, <of: Size>) -> Size");
    assert_eq!(signature(&format!("{own}gb(2,┃")), "fn gb(n: Int, <of: Size>) -> Size");
    assert_eq!(signature(&format!("{own}gb(1, 2GiB)┃\n")), "");
    assert_eq!(signature(&format!("{own}gb(tcp(8┃0), 2GiB)\n")), "fn tcp(<port>, within)");
    let hovered = hover("let a = tcp(80, wit┃hin = 3s)\n");
    assert!(hovered.contains("within, a parameter of fn tcp(port, within)"), "{hovered}");
    assert!(labels("let a = tcp(80, ┃)\n").contains(&"within".to_owned()));
    let given = labels("let a = tcp(within = 3s, ┃)\n");
    assert!(given.contains(&"port".to_owned()) && !given.contains(&"within".to_owned()), "{given:?}");
}

/// The text after a proposal was chosen.
fn chosen(marked: &str, label: &str) -> String {
    let (client, text, position) = opened(marked);
    let found = client.ask("textDocument/completion", at(MAIN, &position));
    client.end();
    let all = found.as_array().expect("a list");
    let one = all.iter().find(|c| c["label"] == label).unwrap_or_else(|| panic!("{label} is not proposed"));
    let import = one["additionalTextEdits"].as_array().cloned().unwrap_or_default();
    let edits: Vec<Value> = import.into_iter().chain([one["textEdit"].clone()]).collect();
    applied(&text, &edits)
}

#[test]
fn what_is_not_imported_yet_is_proposed_with_its_import() {
    assert_eq!(chosen("server a: ┃ { }\n", "ssh.host"), "use ssh\n\nserver a: ssh.host { }\n");
    assert_eq!(chosen("//! A club.\n\nserver a: ssh.ho┃\n", "host"), "//! A club.\n\nuse ssh\n\nserver a: ssh.host\n");
    assert_eq!(chosen("use aliyun\n\nserver a: ┃ { }\n", "ssh.host"), "use aliyun\nuse ssh\n\nserver a: ssh.host { }\n");
    let imported = labels("use ssh\n\nserver a: ┃ { }\n");
    assert_eq!(imported.iter().filter(|l| *l == "ssh.host").count(), 1);
    let text = "let a = ┃\n";
    let (text, position) = cursor(text);
    let client = Client::new(&[(MAIN, &text), ("/work/net/ports.mig", "let web = 443/tcp\n")]);
    client.open(MAIN, &text);
    let found = client.ask("textDocument/completion", at(MAIN, &position));
    client.end();
    let one = found.as_array().expect("a list").iter().find(|c| c["label"] == "ports").expect("the other module").clone();
    assert_eq!(one["additionalTextEdits"][0]["newText"], "use \"./net/ports.mig\"\n\n");
}

#[test]
fn what_is_not_proven_stands_at_the_declaration_that_lacks_a_fact() {
    let text = "\
use ssh
existing server old: ssh.host { address = 10.0.0.1 }
@adopt(\"i-0001\")
server new: ssh.host { address = 10.0.0.2 }
move everything: block { from = old, to = new, regenerate = [machine_id, ssh_host_keys, dhcp] }
";
    let client = Client::new(&[(MAIN, text)]);
    client.open(MAIN, text);
    let found = client.diagnostics(MAIN, 1);
    client.end();
    let unproven = found.iter().filter(|d| d["severity"] == 3);
    let said: Vec<(Value, String)> = unproven
        .map(|d| (d["range"].clone(), d["message"].as_str().unwrap_or("").to_owned()))
        .filter(|(_, m)| m.starts_with("not proven"))
        .collect();
    let drawn = drawn(text, &said);
    assert!(drawn.contains("\n       ^^^ not proven: other_architecture for new: needs a survey of `"), "{found:?}\n{drawn}");
    assert!(drawn.contains("     ^^^^^^^^^^ not proven: fstab_entry_without_device for everything: needs a survey of `"), "{drawn}");
}
