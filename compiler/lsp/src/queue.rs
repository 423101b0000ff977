//! What comes next? Messages in order; cancelled and out-of-date requests are answered without being looked at.

use crossbeam_channel::{Receiver, bounded};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use std::collections::VecDeque;

/// So many messages wait at most; further ones wait in the client's pipe.
const MESSAGES_WAITING_MAX: usize = 1_024;

/// What there is to do.
#[derive(Debug)]
pub enum Next {
    /// A message is to be handled.
    Message(Message),
    /// None waits, but what came may have dropped requests, whose replies are due.
    Nothing,
    /// None waits, and none will come.
    Ended,
}

/// Messages that came and were not handled yet.
#[derive(Debug)]
pub struct Queue {
    receiver: Receiver<Message>,
    waiting: VecDeque<Message>,
    replies: Vec<Response>,
}

impl Queue {
    /// Begins to receive. A thread does nothing but hand on, so that what came while a program was compiled is seen at once.
    pub fn new(from: Receiver<Message>) -> Self {
        let (sender, receiver) = bounded(MESSAGES_WAITING_MAX);
        std::thread::spawn(move || {
            for message in from {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self { receiver, waiting: VecDeque::new(), replies: vec![] }
    }

    /// The next message; waits for one to come if asked to.
    pub fn next(&mut self, wait: bool) -> Next {
        if wait && self.waiting.is_empty() {
            let Ok(first) = self.receiver.recv() else { return Next::Ended };
            self.take(first);
        }
        while self.waiting.len() < MESSAGES_WAITING_MAX
            && let Ok(message) = self.receiver.try_recv()
        {
            self.take(message);
        }
        self.waiting.pop_front().map_or(Next::Nothing, Next::Message)
    }

    /// Answers that are due to requests that were dropped.
    pub fn replies(&mut self) -> Vec<Response> {
        std::mem::take(&mut self.replies)
    }

    fn take(&mut self, message: Message) {
        match &message {
            Message::Notification(n) if n.method == "$/cancelRequest" => {
                if let Some(id) = cancelled(n) {
                    self.drop_requests(ErrorCode::RequestCanceled, "cancelled", |r| r.id == id);
                }
                return;
            }
            // What was asked about a text that has changed since is asked again by the client, if it still wants to know.
            Message::Notification(n) if n.method == "textDocument/didChange" => {
                if let Some(uri) = document(&n.params) {
                    self.drop_requests(ErrorCode::ContentModified, "the text has changed", |r| document(&r.params) == Some(uri));
                }
            }
            _ => {}
        }
        self.waiting.push_back(message);
    }

    fn drop_requests(&mut self, code: ErrorCode, why: &str, is_meant: impl Fn(&Request) -> bool) {
        let replies = &mut self.replies;
        self.waiting.retain(|message| match message {
            Message::Request(request) if is_meant(request) => {
                replies.push(Response::new_err(request.id.clone(), code as i32, why.to_owned()));
                false
            }
            _ => true,
        });
    }
}

fn cancelled(notification: &Notification) -> Option<RequestId> {
    serde_json::from_value(notification.params.get("id")?.clone()).ok()
}

fn document(params: &serde_json::Value) -> Option<&str> {
    params.get("textDocument")?.get("uri")?.as_str()
}
