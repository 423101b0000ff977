//! How do a batch of scripts and their answers travel over one execution? The words of the runner, and the frames it writes.
//!
//! Knows streams only, neither SSH nor processes, and nothing of what the scripts mean.

#![allow(clippy::disallowed_methods, reason = "marks are random, and random numbers come from a file")]

mod frame;
pub(crate) mod jobs;
mod relay;

pub(crate) use frame::printable;
pub(crate) use relay::{RelayError, relay};

use crate::{Output, Script};
use frame::{Answer, ErrorReader, FrameReader};
use std::{
    collections::VecDeque,
    fmt::Write as _,
    future::Future,
    io,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Reads a mark, runs scripts, frames answers.
pub(crate) const RUNNER: &str = include_str!("scripts/runner.sh");
/// Linux takes 128 KiB in one argument, and sshd hands a whole command to the login shell as one.
pub(crate) const COMMAND_MAX_BYTES: usize = 96 << 10;
/// What is kept of standard error.
pub(crate) const ERRORS_MAX_BYTES: usize = 64 << 10;
const MARK_BYTES: usize = 16;
/// An execution whose answers are all there may take so long to end.
const END_MAX_SECONDS: u64 = 2;

/// A running execution of [`RUNNER`].
pub(crate) struct Execution {
    /// To the host.
    pub(crate) stdin: Box<dyn AsyncWrite + Unpin + Send>,
    /// From the host.
    pub(crate) stdout: Box<dyn AsyncRead + Unpin + Send>,
    /// From the host.
    pub(crate) stderr: Box<dyn AsyncRead + Unpin + Send>,
    /// Did it end by itself, as opposed to a connection that was lost?
    pub(crate) ended: Pin<Box<dyn Future<Output = bool> + Send>>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WireError {
    /// The host ended the execution before the runner began: nothing was run. What it said.
    Refused(String),
    /// The connection ended first. What was said until then.
    Cut(String),
}

/// A mark that nothing a host prints contains by accident, and that no other user of it can know.
pub(crate) fn new_mark() -> io::Result<String> {
    use io::Read as _;
    let mut bytes = [0; MARK_BYTES];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The words of the runner after its own text: state, home, and the scripts.
pub(crate) fn words<'a>(state: &'a str, home: &'a str, scripts: &'a [Script]) -> Vec<String> {
    let mut words = vec![state.to_owned(), home.to_owned()];
    for script in scripts {
        words.extend([script.text.to_owned(), script.words.len().to_string()]);
        words.extend_from_slice(&script.words);
    }
    words
}

/// Divides a batch so that each part fits one command.
pub(crate) fn parts(scripts: &[Script]) -> Vec<&[Script]> {
    let mut parts = Vec::new();
    let mut rest = scripts;
    while !rest.is_empty() {
        let mut budget = COMMAND_MAX_BYTES.saturating_sub(quoted_bytes(RUNNER));
        let fitting = rest.iter().take_while(|script| {
            let cost = script_bytes(script);
            let fits = cost <= budget;
            budget = budget.saturating_sub(cost);
            fits
        });
        let (part, after) = rest.split_at(fitting.count().max(1));
        parts.push(part);
        rest = after;
    }
    parts
}

/// Does one command hold all of it?
pub(crate) fn fits(scripts: &[Script]) -> bool {
    parts(scripts).len() <= 1
}

/// Bytes of a script on the command line.
pub(crate) fn script_bytes(script: &Script) -> usize {
    quoted_bytes(script.text) + script.words.iter().map(|word| quoted_bytes(word)).sum::<usize>() + 8
}

/// Single quotes and exclamation marks are four bytes each when they are quoted.
fn quoted_bytes(word: &str) -> usize {
    word.len() + 3 + 3 * word.bytes().filter(|byte| matches!(byte, b'\'' | b'!')).count()
}

/// Gives the execution of these scripts its mark and the input of the one that has some, and reads their answers.
pub(crate) async fn converse(execution: Execution, mark: &str, scripts: &[Script]) -> Result<Vec<Output>, WireError> {
    let input = scripts.iter().map(|script| script.stdin.as_slice()).find(|stdin| !stdin.is_empty()).unwrap_or_default();
    let max_bytes = scripts.iter().map(Script::answer_max_bytes).max().unwrap_or_default();
    converse_within(execution, mark, input, scripts.len(), max_bytes).await
}

/// The same for `count` answers of at most so many bytes.
pub(crate) async fn converse_within(
    execution: Execution,
    mark: &str,
    input: &[u8],
    count: usize,
    max_bytes: usize,
) -> Result<Vec<Output>, WireError> {
    let outputs = Mutex::new(Vec::with_capacity(count));
    conversation(execution, mark, input, count, max_bytes, &|_, output| locked(&outputs).push(output)).await?;
    Ok(outputs.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Gives an execution its mark and input, and tells each of `count` answers as soon as all of it is there, with the number of its script
/// from 1 on. A number that a host tells may be any.
pub(crate) async fn conversation(
    execution: Execution,
    mark: &str,
    input: &[u8],
    count: usize,
    max_bytes: usize,
    tell: &(dyn Fn(usize, Output) + Sync),
) -> Result<(), WireError> {
    let Execution { stdin, mut stdout, mut stderr, ended } = execution;
    let pairs = Mutex::new(Pairs { answers: VecDeque::new(), errors: VecDeque::new(), told: 0, began: false });
    let read = async {
        let (mut reader, mut answers) = (FrameReader::new(mark), vec![]);
        let mut buffer = vec![0; 64 << 10];
        let mut left = count;
        while let Ok(length @ 1..) = stdout.read(&mut buffer).await {
            reader.push(buffer.get(..length).unwrap_or_default(), &mut answers);
            left = left.saturating_sub(answers.len());
            let mut pairs = locked(&pairs);
            pairs.began = reader.began();
            pairs.take(&mut answers, &mut vec![], tell);
            if left == 0 || reader.held_bytes() > max_bytes {
                break;
            }
        }
    };
    let read_errors = async {
        let (mut reader, mut errors) = (ErrorReader::new(mark), vec![]);
        let mut buffer = vec![0; 8 << 10];
        let mut left = count;
        while left > 0
            && let Ok(length @ 1..) = stderr.read(&mut buffer).await
        {
            reader.push(buffer.get(..length).unwrap_or_default(), &mut errors);
            left = left.saturating_sub(errors.len());
            locked(&pairs).take(&mut vec![], &mut errors, tell);
        }
        reader.rest()
    };
    let ((), (), said) = futures_util::join!(write_all(stdin, mark, input), read, read_errors);
    let ended = end(ended).await;
    let mut pairs = pairs.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Standard error may end early, and what was answered counts.
    let mut errors = vec![String::new(); pairs.answers.len()];
    pairs.take(&mut vec![], &mut errors, tell);
    if pairs.told < count {
        let said = pairs.errors.into_iter().chain([said]).collect::<Vec<_>>().join(" ").trim().to_owned();
        return Err(if ended && !pairs.began { WireError::Refused(said) } else { WireError::Cut(said) });
    }
    Ok(())
}

/// Answers and complaints, which come by two streams in one order.
struct Pairs {
    answers: VecDeque<Answer>,
    errors: VecDeque<String>,
    told: usize,
    /// Did the program at the other end begin?
    began: bool,
}

pub(crate) fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is whole after each statement, also where a thread died.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pairs {
    fn take(&mut self, answers: &mut Vec<Answer>, errors: &mut Vec<String>, tell: &(dyn Fn(usize, Output) + Sync)) {
        self.answers.extend(answers.drain(..));
        self.errors.extend(errors.drain(..));
        while !self.answers.is_empty() && !self.errors.is_empty() {
            if let (Some(Answer { status, number, stdout }), Some(stderr)) = (self.answers.pop_front(), self.errors.pop_front()) {
                self.told += 1;
                tell(number.unwrap_or(self.told), Output { status, stdout, stderr });
            }
        }
    }
}

/// An execution that ends before it has read all is told by its answer, not here.
async fn write_all(mut stdin: Box<dyn AsyncWrite + Unpin + Send>, mark: &str, input: &[u8]) {
    let head = [mark.as_bytes(), b"\n"].concat();
    if stdin.write_all(&head).await.is_ok() && stdin.write_all(input).await.is_ok() {
        let _ = stdin.shutdown().await;
    }
}

/// A service that a script started may keep the streams open, so what was answered in full is not kept waiting for long.
async fn end(ended: Pin<Box<dyn Future<Output = bool> + Send>>) -> bool {
    tokio::time::timeout(Duration::from_secs(END_MAX_SECONDS), ended).await.unwrap_or(false)
}
