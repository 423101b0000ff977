//! A client in process: files in memory, a server on a thread of its own, and answers by request.
#![allow(missing_docs, dead_code, reason = "a test")]

use crossbeam_channel::RecvTimeoutError;
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use mig_core::{Files, Options};
use mig_lsp::{End, Home, Host};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

/// Files by absolute path.
pub type Disk = BTreeMap<String, String>;

struct Memory(Arc<Disk>);

struct Folder {
    disk: Arc<Disk>,
    home: Home,
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let full = self.home.root.join(path);
        self.disk.get(full.to_str().unwrap_or("")).map(|t| t.clone().into_bytes()).ok_or_else(|| "there is no such file".to_owned())
    }

    fn list(&self) -> Vec<String> {
        let below = |p: &String| Path::new(p).strip_prefix(&self.home.root).ok().and_then(Path::to_str).map(str::to_owned);
        self.disk.keys().filter(|p| Path::new(p).extension().is_some_and(|e| e == "mig")).filter_map(below).collect()
    }
}

impl Host for Memory {
    fn home_of(&self, file: &Path) -> Result<Option<(Home, String)>, String> {
        let folder = file.parent().ok_or("no folder")?;
        let has_entry = |a: &&Path| self.0.contains_key(a.join("main.mig").to_str().unwrap_or(""));
        let root = folder.ancestors().find(has_entry);
        let entry = root.map_or(file.file_name().and_then(|n| n.to_str()).unwrap_or(""), |_| "main.mig");
        let root = root.unwrap_or(folder);
        let below = file.strip_prefix(root).ok().and_then(Path::to_str).unwrap_or("");
        Ok(Some((Home { root: root.to_owned(), entry: entry.to_owned() }, below.to_owned())))
    }

    fn files<'h>(&'h self, home: &Home) -> Box<dyn Files + 'h> {
        Box::new(Folder { disk: self.0.clone(), home: home.clone() })
    }

    fn options(&self) -> Options {
        Options::default()
    }

    fn standard(&self, name: &str, _: &str) -> Result<PathBuf, String> {
        Ok(Path::new("/cache/stdlib").join(name))
    }
}

/// The client.
pub struct Client {
    connection: Connection,
    server: Option<JoinHandle<End>>,
    next: Cell<i32>,
    waiting: RefCell<Vec<Message>>,
}

/// As large as the command's.
const STACK_SIZE_BYTES: usize = 64 << 20;
/// A server that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    /// A server that was not spoken to yet.
    pub fn silent(disk: &[(&str, &str)]) -> Self {
        let (server, connection) = Connection::memory();
        let disk: Arc<Disk> = Arc::new(disk.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect());
        let run = move || mig_lsp::serve(server, &Memory(disk));
        let server = std::thread::Builder::new().stack_size(STACK_SIZE_BYTES).spawn(run).expect("a thread");
        Self { connection, server: Some(server), next: Cell::new(1), waiting: RefCell::default() }
    }

    /// A server that is ready, for a client that counts in UTF-16.
    pub fn new(disk: &[(&str, &str)]) -> Self {
        let client = Self::silent(disk);
        let capabilities = json!({
            "textDocument": {
                "hover": { "contentFormat": ["markdown", "plaintext"] },
                "completion": { "completionItem": { "snippetSupport": true } },
            }
        });
        client.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": capabilities }));
        client.tell("initialized", json!({}));
        client
    }

    pub fn tell(&self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params));
    }

    pub fn send(&self, message: impl Into<Message>) {
        self.connection.sender.send(message.into()).expect("the server listens");
    }

    /// Sends a request and gives its number.
    pub fn request(&self, method: &str, params: Value) -> RequestId {
        let id = RequestId::from(self.next.replace(self.next.get() + 1));
        self.send(Request::new(id.clone(), method.to_owned(), params));
        id
    }

    /// The answer to a request.
    pub fn answer(&self, id: &RequestId) -> Response {
        self.find(|m| if let Message::Response(r) = m { (r.id == *id).then(|| r.clone()) } else { None })
    }

    /// The result of a request that has one.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        let answer = self.answer(&self.request(method, params));
        answer.response_result.unwrap_or_else(|e| panic!("{method}: {}", e.message))
    }

    /// Why a request is refused.
    pub fn refused(&self, method: &str, params: Value) -> (i32, String) {
        let answer = self.answer(&self.request(method, params));
        answer.response_result.map_or_else(|e| (e.code, e.message), |v| panic!("{method} is answered: {v}"))
    }

    /// The parameters of the next notification of that name that fits.
    pub fn told(&self, method: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.find(|m| match m {
            Message::Notification(n) if n.method == method && fits(&n.params) => Some(n.params.clone()),
            _ => None,
        })
    }

    fn find<T>(&self, f: impl Fn(&Message) -> Option<T>) -> T {
        let mut waiting = self.waiting.borrow_mut();
        let known = waiting.iter().enumerate().find_map(|(at, m)| f(m).map(|found| (at, found)));
        if let Some((at, found)) = known {
            waiting.remove(at);
            return found;
        }
        loop {
            match self.connection.receiver.recv_timeout(PATIENCE) {
                Ok(message) => match f(&message) {
                    Some(found) => return found,
                    None => waiting.push(message),
                },
                Err(RecvTimeoutError::Timeout) => panic!("the server hangs"),
                Err(RecvTimeoutError::Disconnected) => panic!("the server went away"),
            }
        }
    }

    pub fn open(&self, path: &str, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "mig", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces a whole text.
    pub fn rewrite(&self, path: &str, version: i32, text: &str) {
        let document = json!({ "uri": uri(path), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    /// What is said of a version of a file.
    pub fn diagnostics(&self, path: &str, version: i32) -> Vec<Value> {
        let wanted = |p: &Value| p["uri"] == uri(path) && p["version"] == version;
        let told = self.told("textDocument/publishDiagnostics", wanted);
        told["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    /// Says goodbye, and how the server ended.
    pub fn end(mut self) -> End {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.server.take().expect("a server").join().expect("no panic")
    }

    /// How the server ended, after `exit` or when the client hangs up.
    pub fn ended(mut self) -> End {
        let server = self.server.take().expect("a server");
        drop(self);
        server.join().expect("no panic")
    }
}

pub fn uri(path: &str) -> String {
    format!("file://{path}")
}

/// A text with one `┃`: without it, and the position in UTF-16.
pub fn cursor(text: &str) -> (String, Value) {
    let at = text.find('┃').expect("a mark");
    let before = &text[..at];
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or("").encode_utf16().count();
    (text.replacen('┃', "", 1), json!({ "line": line, "character": column }))
}

/// The parameters of a request about a byte.
pub fn at(path: &str, position: &Value) -> Value {
    json!({ "textDocument": { "uri": uri(path) }, "position": position })
}

/// Ranges drawn below the lines of a text, each with what is said of it.
pub fn drawn(text: &str, ranges: &[(Value, String)]) -> String {
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        out.push_str(line);
        out.push('\n');
        for (range, said) in ranges.iter().filter(|(r, _)| r["start"]["line"] == number) {
            let column = |end: &str| range[end]["character"].as_u64().unwrap_or(0) as usize;
            let to = if range["end"]["line"] == number { column("end") } else { line.encode_utf16().count() };
            let from = column("start");
            let _ = writeln!(out, "{}{} {said}", " ".repeat(from), "^".repeat(to.saturating_sub(from).max(1)));
        }
    }
    out
}
