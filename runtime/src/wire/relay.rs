//! How does one script's output become another's input through us? In bounded memory, and without touching a disk.
//!
//! When one side ends, the other is ended too, because it loses its stream.

use super::{
    Execution, WireError, end,
    frame::{self, Answer, ErrorReader, FrameReader},
    write_all,
};
use crate::{Output, Piped};
use futures_util::future::{Either, select};
use std::{cell::Cell, pin::pin, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Read at once, and the most that is held beside what tells the end of the stream.
const CHUNK_BYTES: usize = 256 << 10;
/// What a host may print before the stream begins.
const BANNER_MAX_BYTES: usize = 64 << 10;
/// No frame that ends an answer is longer.
const END_MAX_BYTES: usize = 64;

/// Which side failed, and how.
pub(crate) enum RelayError {
    /// The one that is read.
    From(WireError),
    /// The one that is written to.
    To(WireError),
}

/// What the stream came to.
struct Stream {
    status: Option<i32>,
    began: bool,
    bytes: u64,
}

/// Runs both executions; `input` is standard input of the one that is read. A stream that stands still for `silence` is given up.
pub(crate) async fn relay(
    from: Execution,
    to: Execution,
    marks: (&str, &str),
    input: &[u8],
    silence: Duration,
    progress: &dyn Fn(u64),
) -> Result<Piped, RelayError> {
    let moved = Cell::new(0);
    let tell = |bytes| {
        moved.set(bytes);
        progress(bytes);
    };
    let standstill = async {
        let mut before = None;
        while before != Some(moved.get()) {
            before = Some(moved.get());
            tokio::time::sleep(silence).await;
        }
    };
    match select(pin!(carry(from, to, marks, input, &tell)), pin!(standstill)).await {
        Either::Left((piped, _)) => piped,
        Either::Right(_) => {
            let message = format!("the stream stood still for {} s, {} bytes after its start", silence.as_secs(), moved.get());
            Err(RelayError::From(WireError::Cut(message)))
        }
    }
}

async fn carry(from: Execution, to: Execution, marks: (&str, &str), input: &[u8], progress: &dyn Fn(u64)) -> Result<Piped, RelayError> {
    let mut answers = Vec::new();
    let mut answer = FrameReader::new(marks.1);
    let read_answer = async {
        let mut stdout = to.stdout;
        let mut buffer = vec![0; 8 << 10];
        while let Ok(length @ 1..) = stdout.read(&mut buffer).await {
            if answer.held_bytes() < BANNER_MAX_BYTES {
                answer.push(buffer.get(..length).unwrap_or_default(), &mut answers);
            }
            if !answers.is_empty() {
                break;
            }
        }
    };
    let ((), stream, (), from_errors, to_errors) = futures_util::join!(
        write_all(from.stdin, marks.0, input),
        copy(from.stdout, to.stdin, marks, progress),
        read_answer,
        read_errors(from.stderr, marks.0),
        read_errors(to.stderr, marks.1),
    );
    let (from_ended, to_ended) = futures_util::join!(end(from.ended), end(to.ended));
    let Some(Answer { status: to_status, stdout: to_stdout, .. }) = answers.into_iter().next() else {
        let refused = to_ended && !answer.began();
        return Err(RelayError::To(if refused { WireError::Refused(to_errors) } else { WireError::Cut(to_errors) }));
    };
    let to = Output { status: to_status, stdout: to_stdout, stderr: to_errors };
    let status = match stream.status {
        Some(status) => status,
        // The reader's death of a broken pipe is the writer's doing.
        None if to_status != 0 => 0,
        None if from_ended && !stream.began => return Err(RelayError::From(WireError::Refused(from_errors))),
        None => return Err(RelayError::From(WireError::Cut(from_errors))),
    };
    Ok(Piped { from: Output { status, stdout: vec![], stderr: from_errors }, to, bytes: stream.bytes })
}

/// All that a lone script said, until it has ended.
async fn read_errors(mut stderr: Box<dyn AsyncRead + Unpin + Send>, mark: &str) -> String {
    let (mut reader, mut said) = (ErrorReader::new(mark), vec![]);
    let mut buffer = vec![0; 8 << 10];
    while said.is_empty()
        && let Ok(length @ 1..) = stderr.read(&mut buffer).await
    {
        reader.push(buffer.get(..length).unwrap_or_default(), &mut said);
    }
    said.push(reader.rest());
    said.join("\n").trim().to_owned()
}

/// Passes on what is between the frames of one answer.
async fn copy(
    mut stdout: Box<dyn AsyncRead + Unpin + Send>,
    mut stdin: Box<dyn AsyncWrite + Unpin + Send>,
    (from_mark, to_mark): (&str, &str),
    progress: &dyn Fn(u64),
) -> Stream {
    let begin = format!("\n{from_mark} begin\n").into_bytes();
    let mut stream = Stream { status: None, began: false, bytes: 0 };
    let mut held = Vec::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    if stdin.write_all(&[to_mark.as_bytes(), b"\n"].concat()).await.is_err() {
        return stream;
    }
    while let Ok(length @ 1..) = stdout.read(&mut buffer).await {
        held.extend_from_slice(buffer.get(..length).unwrap_or_default());
        if !stream.began {
            let Some(at) = frame::find(&held, &begin) else {
                if held.len() > BANNER_MAX_BYTES {
                    break;
                }
                continue;
            };
            held.drain(..at + begin.len());
            stream.began = true;
        }
        let ready = held.len().saturating_sub(END_MAX_BYTES);
        if ready > 0 {
            if stdin.write_all(held.get(..ready).unwrap_or_default()).await.is_err() {
                return stream;
            }
            held.drain(..ready);
            stream.bytes += ready as u64;
            progress(stream.bytes);
        }
    }
    let mark = format!("\n{from_mark} end ").into_bytes();
    if let Some(at) = frame::find(&held, &mark).filter(|_| stream.began) {
        stream.status = frame::end(held.get(at + mark.len()..).unwrap_or_default()).map(|end| end.status);
        if stdin.write_all(held.get(..at).unwrap_or_default()).await.is_ok() {
            stream.bytes += at as u64;
        }
        progress(stream.bytes);
    }
    let _ = stdin.shutdown().await;
    stream
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::io::{DuplexStream, duplex, sink};

    /// An execution that never ends; what it prints is written to the other end.
    fn endless() -> (Execution, DuplexStream) {
        let (ours, theirs) = duplex(1 << 20);
        let execution =
            Execution { stdin: Box::new(sink()), stdout: Box::new(ours), stderr: Box::new(duplex(1).0), ended: Box::pin(pending()) };
        (execution, theirs)
    }

    #[tokio::test]
    async fn a_stream_that_stands_still_is_given_up() {
        let ((from, mut printed), (to, _open)) = (endless(), endless());
        printed.write_all(b"\nMARK begin\n").await.unwrap();
        printed.write_all(&[0; 1_000]).await.unwrap();
        let piped = relay(from, to, ("MARK", "OTHER"), b"", Duration::from_millis(20), &|_| ()).await;
        match piped {
            Err(RelayError::From(WireError::Cut(message))) => assert!(message.contains("stood still"), "{message}"),
            _ => panic!("it is not given up"),
        }
    }
}
