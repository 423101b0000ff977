//! What if a client does what it must not? An answer for each, no panic, no hang.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{Client, at, uri};
use lsp_server::{Message, Request, RequestId, Response};
use mig_lsp::End;
use serde_json::{Value, json};

const MAIN: &str = "/work/main.mig";
const TEXT: &str = "let a = 1\nlet b = a\n";

fn ready() -> Client {
    let client = Client::new(&[(MAIN, TEXT)]);
    client.open(MAIN, TEXT);
    client
}

#[test]
fn nothing_is_answered_before_initialize_and_after_shutdown() {
    let client = Client::silent(&[]);
    assert_eq!(client.refused("textDocument/hover", json!({})).0, -32002);
    client.open(MAIN, TEXT);
    client.ask("initialize", json!({ "capabilities": {} }));
    assert_eq!(client.refused("initialize", json!({ "capabilities": {} })).0, -32600);
    client.ask("shutdown", Value::Null);
    assert_eq!(client.refused("textDocument/hover", json!({})).0, -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.ended(), End::Orderly);
    let client = Client::new(&[]);
    client.tell("exit", Value::Null);
    assert_eq!(client.ended(), End::Abrupt);
    assert_eq!(Client::new(&[]).ended(), End::Abrupt, "the client hung up");
}

#[test]
fn the_encoding_is_agreed_on() {
    for (offered, agreed) in [(json!(["utf-16", "utf-8"]), "utf-8"), (json!(["utf-32"]), "utf-16"), (Value::Null, "utf-16")] {
        let client = Client::silent(&[]);
        let answer = client.ask("initialize", json!({ "capabilities": { "general": { "positionEncodings": offered } } }));
        assert_eq!(answer["capabilities"]["positionEncoding"], agreed);
        client.end();
    }
}

#[test]
fn unknown_and_malformed_requests_are_refused() {
    let client = ready();
    assert_eq!(client.refused("textDocument/frobnicate", json!({})).0, -32601);
    for params in [Value::Null, json!([]), json!({ "textDocument": 3 }), json!({ "textDocument": { "uri": uri(MAIN) }, "position": -1 })] {
        let (code, message) = client.refused("textDocument/hover", params);
        assert_eq!(code, -32602, "{message}");
    }
    let (code, message) = client.refused("textDocument/hover", at("/work/closed.mig", &json!({ "line": 0, "character": 0 })));
    assert!(code == -32602 && message.contains("is not open"), "{message}");
    client.tell("textDocument/frobnicated", json!({ "x": 1 }));
    client.tell("textDocument/didOpen", json!(7));
    client.tell("$/setTrace", json!({ "value": "off" }));
    client.send(Message::Response(Response::new_ok(RequestId::from(99), Value::Null)));
    assert!(client.told("window/logMessage", |_| true)["message"].as_str().is_some_and(|m| m.contains("textDocument/didOpen")));
    assert_eq!(client.end(), End::Orderly);
}

#[test]
fn positions_past_the_end_are_the_end() {
    let client = ready();
    for position in
        [json!({ "line": 0, "character": 99 }), json!({ "line": 99, "character": 0 }), json!({ "line": u32::MAX, "character": u32::MAX })]
    {
        for method in ["textDocument/hover", "textDocument/definition", "textDocument/completion"] {
            client.ask(method, at(MAIN, &position));
        }
    }
    assert_eq!(client.end(), End::Orderly);
}

#[test]
fn edits_out_of_order_are_left_out_and_said() {
    let client = ready();
    client.rewrite(MAIN, 5, "let a = x\n");
    assert_eq!(client.diagnostics(MAIN, 5).len(), 1);
    client.rewrite(MAIN, 3, "let a = 1\n");
    let said = client.told("window/logMessage", |_| true);
    assert!(said["message"].as_str().is_some_and(|m| m.contains("version 3 came after version 5")), "{said}");
    client.rewrite(MAIN, 6, "let a = 1\n");
    assert!(client.diagnostics(MAIN, 6).is_empty());
    client.rewrite("/work/closed.mig", 1, "let a = 1\n");
    assert!(client.told("window/logMessage", |_| true)["message"].as_str().is_some_and(|m| m.contains("is not open")));
    client.end();
}

#[test]
fn cancelled_and_outdated_requests_are_dropped() {
    let client = ready();
    client.diagnostics(MAIN, 1);
    // The first question is slow enough that the rest has come when it is answered.
    let many: String = (0..2_000).fold(String::new(), |all, n| format!("{all}let c{n} = {n} + a\n"));
    client.rewrite(MAIN, 2, &format!("let a = 1\n{many}"));
    client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri(MAIN) } }));
    client.rewrite(MAIN, 3, &format!("let a = 2\n{many}"));
    let symbols = json!({ "textDocument": { "uri": uri(MAIN) } });
    let first = client.request("textDocument/documentSymbol", symbols.clone());
    let cancelled = client.request("textDocument/documentSymbol", symbols.clone());
    client.tell("$/cancelRequest", json!({ "id": serde_json::to_value(&cancelled).expect("a number") }));
    let outdated = client.request("textDocument/documentSymbol", symbols.clone());
    client.rewrite(MAIN, 4, TEXT);
    let code = |id: &RequestId| client.answer(id).response_result.err().map(|e| e.code);
    // Either it was answered before the next message came, or it was dropped for the reason that there was.
    assert!([None, Some(-32801)].contains(&code(&first)));
    assert!([None, Some(-32800), Some(-32801)].contains(&code(&cancelled)));
    assert!([None, Some(-32801)].contains(&code(&outdated)));
    assert!(client.diagnostics(MAIN, 4).is_empty());
    client.tell("$/cancelRequest", json!({ "id": 12345 }));
    client.tell("$/cancelRequest", json!({}));
    assert_eq!(client.end(), End::Orderly);
}

#[test]
fn a_cancellation_that_comes_alone_ends_nothing() {
    let client = ready();
    client.diagnostics(MAIN, 1);
    for id in 0..50 {
        client.tell("$/cancelRequest", json!({ "id": id }));
        client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri(MAIN) } }));
    }
    assert_eq!(client.end(), End::Orderly);
}

#[test]
fn what_is_no_file_is_left_alone() {
    let client = Client::new(&[]);
    let document = json!({ "uri": "untitled:Untitled-1", "languageId": "mig", "version": 1, "text": "let a = x\n" });
    client.tell("textDocument/didOpen", json!({ "textDocument": document }));
    let position = json!({ "textDocument": { "uri": "untitled:Untitled-1" }, "position": { "line": 0, "character": 9 } });
    assert_eq!(client.ask("textDocument/hover", position), Value::Null);
    client.end();
}

#[test]
fn programs_of_a_workspace_are_apart_and_buffers_lie_over_the_disk() {
    let disk = [
        ("/w/a/main.mig", "use \"./net.mig\"\nlet x = net.port\n"),
        ("/w/a/net.mig", "let port = 443/tcp\n"),
        ("/w/b/main.mig", "let x = nothing\n"),
        ("/w/alone.mig", "let x = 1\n"),
    ];
    let client = Client::new(&disk);
    client.open("/w/a/net.mig", "let prt = 443/tcp\n");
    let broken = client.told("textDocument/publishDiagnostics", |p| p["uri"] == uri("/w/a/main.mig"));
    assert_eq!(broken["diagnostics"].as_array().map(Vec::len), Some(1), "{broken}");
    client.open("/w/b/main.mig", disk[2].1);
    assert_eq!(client.diagnostics("/w/b/main.mig", 1).len(), 1);
    client.open("/w/alone.mig", "let x = y\n");
    assert_eq!(client.diagnostics("/w/alone.mig", 1).len(), 1);
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri("/w/a/net.mig") } }));
    let mended = client.told("textDocument/publishDiagnostics", |p| p["uri"] == uri("/w/a/main.mig"));
    assert_eq!(mended["diagnostics"], json!([]));
    client.end();
}

#[test]
fn texts_that_are_too_much_are_said_to_be() {
    let client = Client::new(&[(MAIN, TEXT)]);
    let deep = format!("let a = {}1{}\n", "(".repeat(5_000), ")".repeat(5_000));
    client.open(MAIN, &deep);
    assert!(!client.diagnostics(MAIN, 1).is_empty());
    client.rewrite(MAIN, 2, &"\u{0}\u{1f980}{".repeat(10_000));
    assert!(!client.diagnostics(MAIN, 2).is_empty());
    client.rewrite(MAIN, 3, &"// \n".repeat((64 << 20) / 4 + 1));
    let large = client.diagnostics(MAIN, 3);
    assert!(large[0]["message"].as_str().is_some_and(|m| m.contains("larger than 64 MiB")), "{}", large[0]["message"]);
    let id = client.request("textDocument/hover", at(MAIN, &json!({ "line": 5, "character": 1 })));
    client.answer(&id);
    client.send(Request::new(RequestId::from("text".to_owned()), "textDocument/foldingRange".to_owned(), Value::Null));
    assert!(client.answer(&RequestId::from("text".to_owned())).response_result.is_err());
    client.end();
}

#[test]
fn edits_past_the_end_or_backwards_leave_the_session_whole() {
    let client = ready();
    let edit = |version: i32, start: (u32, u32), end: (u32, u32), text: &str| {
        let place = |(line, character): (u32, u32)| json!({ "line": line, "character": character });
        let change = json!({ "range": { "start": place(start), "end": place(end) }, "text": text });
        let document = json!({ "uri": uri(MAIN), "version": version });
        client.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    };
    edit(2, (99, 7), (u32::MAX, u32::MAX), "let c = b\n");
    assert!(client.diagnostics(MAIN, 2).is_empty(), "it stands at the end");
    edit(3, (1, 8), (0, 3), "x");
    let said = client.told("window/logMessage", |_| true);
    assert!(said["message"].as_str().is_some_and(|m| m.contains("ends before it begins")), "{said}");
    edit(4, (0, 8), (0, 9), "nothing");
    let found = client.diagnostics(MAIN, 4);
    assert!(found.iter().any(|d| d["message"].as_str().is_some_and(|m| m.contains("nothing"))), "{found:?}");
    assert_eq!(client.end(), End::Orderly);
}

/// Every text that typing goes through, step by step: what is said of it is what a server says that sees it first.
#[test]
fn what_is_kept_between_edits_changes_no_answer() {
    let client = ready();
    let text = "kind node { disk: Size }\nnode a { disk = 1GiB }\n/// b\nnode b { disk = a.disk }\nnode c { disk = b.disk * 2 }\n";
    let typed = "node d {\n  disk = \"x\n}\n@keep\n";
    for (step, _) in typed.char_indices() {
        let version = 2 + step as i32;
        let now = text.replacen("/// b\n", &format!("{}/// b\n", &typed[..=step]), 1);
        client.rewrite(MAIN, version, &now);
        let fresh = Client::new(&[(MAIN, &now)]);
        fresh.open(MAIN, &now);
        assert_eq!(client.diagnostics(MAIN, version), fresh.diagnostics(MAIN, 1), "{now}");
        fresh.end();
    }
    client.end();
}
