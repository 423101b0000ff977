//! How do a batch of scripts and their answers travel over one execution? The words of the runner, and the frames it writes.
//!
//! Knows streams only, neither SSH nor processes, and nothing of what the scripts mean.

#![allow(clippy::disallowed_methods, reason = "marks are random, and random numbers come from a file")]

mod frame;
mod relay;

pub(crate) use frame::printable;
pub(crate) use relay::{RelayError, relay};

use crate::{Output, Script};
use frame::{FrameReader, split_errors};
use std::{fmt::Write as _, future::Future, io, pin::Pin, time::Duration};
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
    pub(crate) stdin: Box<dyn AsyncWrite + Unpin>,
    /// From the host.
    pub(crate) stdout: Box<dyn AsyncRead + Unpin>,
    /// From the host.
    pub(crate) stderr: Box<dyn AsyncRead + Unpin>,
    /// Did it end by itself, as opposed to a connection that was lost?
    pub(crate) ended: Pin<Box<dyn Future<Output = bool>>>,
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
    let Execution { stdin, mut stdout, stderr, ended } = execution;
    let mut reader = FrameReader::new(mark);
    let read = async {
        let mut answers = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = stdout.read(&mut buffer).await {
            reader.push(buffer.get(..length).unwrap_or_default(), &mut answers);
            if answers.len() >= count || reader.held_bytes() > max_bytes {
                break;
            }
        }
        answers
    };
    let ((), answers, errors) = futures_util::join!(write_all(stdin, mark, input), read, read_errors(stderr, mark, count));
    let ended = end(ended).await;
    let errors = split_errors(&errors, mark);
    if answers.len() < count {
        let said = errors.join(" ").trim().to_owned();
        return Err(if ended && !reader.began() { WireError::Refused(said) } else { WireError::Cut(said) });
    }
    let mut errors = errors.into_iter();
    Ok(answers.into_iter().map(|(status, stdout)| Output { status, stdout, stderr: errors.next().unwrap_or_default() }).collect())
}

/// An execution that ends before it has read all is told by its answer, not here.
async fn write_all(mut stdin: Box<dyn AsyncWrite + Unpin>, mark: &str, input: &[u8]) {
    let head = [mark.as_bytes(), b"\n"].concat();
    if stdin.write_all(&head).await.is_ok() && stdin.write_all(input).await.is_ok() {
        let _ = stdin.shutdown().await;
    }
}

/// A service that a script started may keep the streams open, so what was answered in full is not kept waiting for long.
async fn end(ended: Pin<Box<dyn Future<Output = bool>>>) -> bool {
    tokio::time::timeout(Duration::from_secs(END_MAX_SECONDS), ended).await.unwrap_or(false)
}

/// Keeps the last [`ERRORS_MAX_BYTES`], and a little more, until `count` scripts have ended.
async fn read_errors(mut stderr: Box<dyn AsyncRead + Unpin>, mark: &str, count: usize) -> Vec<u8> {
    let end = format!("\n{mark}\n").into_bytes();
    let (mut kept, mut ended, mut searched) = (Vec::new(), 0, 0);
    let mut buffer = vec![0; 8 << 10];
    while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
        kept.extend_from_slice(buffer.get(..length).unwrap_or_default());
        while let Some(at) = frame::find(kept.get(searched..).unwrap_or_default(), &end) {
            searched += at + end.len();
            ended += 1;
        }
        if ended >= count {
            break;
        }
        searched = searched.max(kept.len().saturating_sub(end.len()));
        if kept.len() > 2 * ERRORS_MAX_BYTES {
            let dropped = kept.len() - ERRORS_MAX_BYTES;
            kept.drain(..dropped);
            searched = searched.saturating_sub(dropped);
        }
    }
    kept
}
