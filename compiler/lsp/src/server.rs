//! What happens to a message? One loop: requests are answered in order, and diagnostics are sent when nothing else waits.
//!
//! Before `initialize` and after `shutdown` only what the protocol allows is done.

use crate::{
    Home, Host,
    answers::Answers,
    capabilities::{Client, initialized},
    diagnostics,
    documents::{Document, Documents},
    projects::Projects,
    queue::{Next, Queue},
    requests, uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    Diagnostic, DidChangeTextDocumentParams, DidChangeWatchedFilesRegistrationOptions, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, FileSystemWatcher, GlobPattern, InitializeParams, LogMessageParams, MessageType, PublishDiagnosticsParams,
    Registration, RegistrationParams, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    str::FromStr as _,
};

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// `shutdown`, then `exit`.
    Orderly,
    /// The client went away, or said `exit` without `shutdown`.
    Abrupt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Ready(Client),
    Down,
}

/// Answers a client until it says `exit` or goes away.
pub fn serve(connection: Connection, host: &dyn Host) -> End {
    let Connection { sender, receiver } = connection;
    let mut queue = Queue::new(receiver);
    let mut server = Server {
        host,
        send: Box::new(move |message| drop(sender.send(message))),
        stage: Stage::Waiting,
        documents: Documents::new(),
        projects: Projects::default(),
        published: BTreeMap::new(),
    };
    loop {
        let message = queue.next(server.projects.due().is_none());
        for reply in queue.replies() {
            (server.send)(reply.into());
        }
        match message {
            Next::Message(Message::Notification(n)) if n.method == "exit" => {
                return if server.stage == Stage::Down { End::Orderly } else { End::Abrupt };
            }
            Next::Message(message) => server.guarded(message),
            Next::Nothing => {
                if let Some(home) = server.projects.due() {
                    server.publish(&home);
                }
            }
            Next::Ended => return End::Abrupt,
        }
    }
}

/// A session.
pub struct Server<'h> {
    pub(crate) host: &'h dyn Host,
    send: Box<dyn Fn(Message) + 'h>,
    stage: Stage,
    pub(crate) documents: Documents,
    pub(crate) projects: Projects,
    /// What was sent last, by address and program.
    published: BTreeMap<String, BTreeMap<Home, Vec<Diagnostic>>>,
}

/// Why a request has no answer.
pub struct Refused(pub ErrorCode, pub String);

impl Server<'_> {
    /// A mistake of our own ends one request and not the session.
    fn guarded(&mut self, message: Message) {
        let id = if let Message::Request(request) = &message { Some(request.id.clone()) } else { None };
        let done = panic::catch_unwind(AssertUnwindSafe(|| self.message(message)));
        if done.is_err() {
            self.projects = Projects::default();
            let homes: Vec<Home> = self.documents.values().filter_map(|d| d.home.as_ref().map(|h| h.0.clone())).collect();
            for home in &homes {
                self.projects.changed(home);
            }
            let why = "migc has a mistake of its own; please report what was asked and the program".to_owned();
            if let Some(id) = id {
                (self.send)(Response::new_err(id, ErrorCode::InternalError as i32, why).into());
            }
        }
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Request(request) => {
                let id = request.id.clone();
                let response = match self.request(request) {
                    Ok(value) => Response { id, response_result: Ok(value) },
                    Err(Refused(code, why)) => Response::new_err(id, code as i32, why),
                };
                (self.send)(response.into());
            }
            Message::Notification(notification) => {
                if matches!(self.stage, Stage::Ready(_))
                    && let Err(why) = self.notification(notification)
                {
                    self.log(&why);
                }
            }
            // Answers to what the server asked for carry nothing it needs.
            Message::Response(_) => {}
        }
    }

    fn request(&mut self, request: Request) -> Result<Value, Refused> {
        match (self.stage, request.method.as_str()) {
            (Stage::Waiting, "initialize") => {
                let params: InitializeParams = parsed(&request.method, request.params)?;
                let client = Client::new(&params.capabilities);
                self.stage = Stage::Ready(client);
                Ok(value(initialized(client)))
            }
            (Stage::Waiting, _) => Err(Refused(ErrorCode::ServerNotInitialized, "`initialize` comes first".to_owned())),
            (Stage::Down, _) => Err(Refused(ErrorCode::InvalidRequest, "nothing comes after `shutdown` but `exit`".to_owned())),
            (Stage::Ready(_), "initialize") => Err(Refused(ErrorCode::InvalidRequest, "`initialize` comes once".to_owned())),
            (Stage::Ready(_), "shutdown") => {
                self.stage = Stage::Down;
                self.projects = Projects::default();
                Ok(Value::Null)
            }
            (Stage::Ready(client), _) => requests::answer(self, client, request),
        }
    }

    fn notification(&mut self, notification: Notification) -> Result<(), String> {
        let Notification { method, params } = notification;
        let text = |Refused(_, why)| why;
        match method.as_str() {
            "initialized" => self.watch_files(),
            "textDocument/didOpen" => {
                let params: DidOpenTextDocumentParams = parsed(&method, params).map_err(text)?;
                let opened = params.text_document;
                self.open(&opened.uri, opened.text, opened.version);
            }
            "textDocument/didChange" => self.change(parsed(&method, params).map_err(text)?)?,
            "textDocument/didClose" => {
                let params: DidCloseTextDocumentParams = parsed(&method, params).map_err(text)?;
                self.close(params.text_document.uri.as_str());
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" | "workspace/didChangeWorkspaceFolders" => self.find_homes(),
            // Whatever else a client tells, the protocol says to pass over.
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, address: &Uri, text: String, version: i32) {
        let home = self.home_of(address);
        if let Some((home, _)) = &home {
            self.projects.changed(home);
        }
        self.documents.insert(address.as_str().to_owned(), Document { text, version, home });
    }

    fn home_of(&self, address: &Uri) -> Option<(Home, String)> {
        match self.host.home_of(&uri::path(address)?) {
            Ok(found) => found,
            Err(why) => {
                self.log(&format!("{}: {why}", address.as_str()));
                None
            }
        }
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) -> Result<(), String> {
        let Stage::Ready(client) = self.stage else { return Ok(()) };
        let address = params.text_document.uri.as_str();
        let document = self.documents.get_mut(address).ok_or_else(|| format!("{address} was changed and is not open"))?;
        let done = document.change(params.text_document.version, params.content_changes, client.encoding);
        if let Some((home, _)) = &document.home {
            self.projects.changed(home);
        }
        done.map_err(|why| format!("{address}: {why}"))
    }

    fn close(&mut self, address: &str) {
        let Some(document) = self.documents.remove(address) else { return };
        if let Some((home, _)) = document.home {
            self.projects.changed(&home);
        }
        self.forget();
    }

    /// What lies on the disk may have changed: also which program a file belongs to.
    fn find_homes(&mut self) {
        let addresses: Vec<String> = self.documents.keys().cloned().collect();
        for address in addresses {
            let home = Uri::from_str(&address).ok().and_then(|uri| self.home_of(&uri));
            if let Some((home, _)) = &home {
                self.projects.changed(home);
            }
            if let Some(document) = self.documents.get_mut(&address) {
                document.home = home;
            }
        }
        self.projects.all_changed();
        self.forget();
    }

    /// Drops programs of which no buffer is open any more, with what was said of them.
    fn forget(&mut self) {
        for address in self.projects.keep(&self.documents) {
            let homes = self.projects.homes();
            if let Some(by_home) = self.published.get_mut(&address) {
                by_home.retain(|home, _| homes.contains(home));
            }
            self.send_diagnostics(&address);
        }
    }

    /// Sends what is said of a program, and empties the files of which nothing is said any more.
    fn publish(&mut self, home: &Home) {
        let Stage::Ready(client) = self.stage else {
            self.projects.project(home).is_due = false;
            return;
        };
        let Self { host, documents, projects, .. } = self;
        let found = panic::catch_unwind(AssertUnwindSafe(|| {
            let compiled = projects.compiled(home, documents, *host);
            let answers = Answers { compiled, home, documents, host: *host, encoding: client.encoding };
            let by_file = diagnostics::by_file(&answers);
            let addressed = by_file.into_iter().filter_map(|(file, list)| Some((answers.address(&file)?.as_str().to_owned(), list)));
            addressed.collect::<BTreeMap<String, Vec<Diagnostic>>>()
        }));
        self.projects.project(home).is_due = false;
        let Ok(mut found) = found else {
            return self.log("migc has a mistake of its own; please report it with the program");
        };
        let before = std::mem::take(&mut self.projects.project(home).published);
        self.projects.project(home).published = found.keys().cloned().collect();
        let open = self.documents.iter().filter(|(_, d)| d.home.as_ref().is_some_and(|h| h.0 == *home)).map(|(address, _)| address.clone());
        let addresses: std::collections::BTreeSet<String> = before.into_iter().chain(found.keys().cloned()).chain(open).collect();
        for address in addresses {
            let list = found.remove(&address).unwrap_or_default();
            self.published.entry(address.clone()).or_default().insert(home.clone(), list);
            self.send_diagnostics(&address);
        }
    }

    /// All that programs say of a file; two may share it.
    fn send_diagnostics(&mut self, address: &str) {
        let Ok(uri) = Uri::from_str(address) else { return };
        let mut diagnostics: Vec<Diagnostic> = vec![];
        for one in self.published.get(address).into_iter().flat_map(BTreeMap::values).flatten() {
            if !diagnostics.contains(one) {
                diagnostics.push(one.clone());
            }
        }
        let version = self.documents.get(address).map(|d| d.version);
        if diagnostics.is_empty() {
            self.published.remove(address);
        }
        self.notify("textDocument/publishDiagnostics", PublishDiagnosticsParams { uri, diagnostics, version });
    }

    /// Asks to be told of changed files, if the client can.
    fn watch_files(&self) {
        if !matches!(self.stage, Stage::Ready(client) if client.watches_files) {
            return;
        }
        let watcher = |glob: &str| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher("**/*.mig"), watcher("**/*.json")] };
        let method = "workspace/didChangeWatchedFiles".to_owned();
        let registration = Registration { id: method.clone(), method, register_options: serde_json::to_value(options).ok() };
        let params = RegistrationParams { registrations: vec![registration] };
        let id = RequestId::from("watch".to_owned());
        (self.send)(Request::new(id, "client/registerCapability".to_owned(), params).into());
    }

    fn log(&self, message: &str) {
        let message = format!("migc: {}", mig_plan::visible::line(message));
        self.notify("window/logMessage", LogMessageParams { typ: MessageType::WARNING, message });
    }

    fn notify(&self, method: &str, params: impl serde::Serialize) {
        (self.send)(Notification::new(method.to_owned(), params).into());
    }
}

/// The parameters of a message.
pub fn parsed<P: DeserializeOwned>(method: &str, params: Value) -> Result<P, Refused> {
    serde_json::from_value(params).map_err(|error| Refused(ErrorCode::InvalidParams, format!("parameters of `{method}`: {error}")))
}

/// An answer as JSON.
pub fn value(answer: impl serde::Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or(Value::Null)
}
