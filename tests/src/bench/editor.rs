//! How long after a keystroke does an editor know? `migc lsp` is driven over its pipes, a digit is written and taken away again.
//!
//! What it answers is read only as far as the version of the text it is about; messages are written by hand, so that nothing is needed.

use super::{
    fleet::{Fleet, Mode},
    languages, machine,
};
use mig_tests::workspace;
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

/// Keystrokes of a median.
const KEYSTROKE_COUNT: usize = 41;
/// Lines of a server where each field has its own.
const SERVER_LINES: usize = 6;

/// Measures texts of two lengths, and a fleet with a server on each line.
pub(crate) fn run() -> Result<(), String> {
    let load_before = machine::load();
    let program = languages::migc()?;
    println!("| text | lines | servers | keystroke to diagnostics, median | slowest | peak memory |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (name, server_count, is_spread) in [
        ("a field a line", 1_000 / SERVER_LINES, true),
        ("a field a line", 10_000 / SERVER_LINES, true),
        ("a server a line", 1_000, false),
        ("a server a line", 10_000, false),
    ] {
        let text = Fleet::new(server_count, Mode::Ok).mig();
        let text = if is_spread { spread(&text) } else { text };
        let (median_ms, slowest_ms, memory_mib) = measured(&program, &text)?;
        let line_count = text.lines().count();
        println!("| {name} | {line_count} | {server_count} | {median_ms:.1} ms | {slowest_ms:.1} ms | {memory_mib} MiB |");
    }
    println!("\n{}, load {load_before} before and {} after; over the pipes of a process.", machine::processors(), machine::load());
    Ok(())
}

/// Each field of a server on a line of its own.
fn spread(text: &str) -> String {
    text.lines().fold(String::new(), |out, line| {
        let line = if line.starts_with("node srv") {
            line.replace(" { ", " {\n  ").replace(", ", "\n  ").replace(" }", "\n}")
        } else {
            line.into()
        };
        out + &line + "\n"
    })
}

struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Editor {
    fn open(program: &Path, uri: &str, text: &str) -> Result<Self, String> {
        let mut command = Command::new(program);
        let spawned = command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut server = spawned.map_err(|e| format!("migc: {e}"))?;
        let (input, output) = server.stdin.take().zip(server.stdout.take()).ok_or("migc has no pipes")?;
        let mut editor = Self { server, input, output: BufReader::new(output) };
        editor.send(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#)?;
        editor.send(r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#)?;
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        editor.send(&format!(
            r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{{"uri":"{uri}","languageId":"mig","version":1,"text":"{text}"}}}}}}"#
        ))?;
        editor.await_version(1)?;
        Ok(editor)
    }

    fn send(&mut self, message: &str) -> Result<(), String> {
        let sent = write!(self.input, "Content-Length: {}\r\n\r\n{message}", message.len()).and_then(|()| self.input.flush());
        sent.map_err(|e| format!("migc lsp: {e}"))
    }

    fn receive(&mut self) -> Result<String, String> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).map_err(|e| e.to_string())? == 0 {
                return Err("migc lsp went away".to_owned());
            }
            if let Some(number) = line.strip_prefix("Content-Length: ") {
                length = number.trim().parse().map_err(|_| "migc lsp does not say how long a message is")?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).map_err(|e| e.to_string())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits for the diagnostics of a version, of which there must be none.
    fn await_version(&mut self, version: usize) -> Result<(), String> {
        loop {
            let message = self.receive()?;
            if message.contains("publishDiagnostics") && message.contains(&format!("\"version\":{version}")) {
                return if message.contains("\"diagnostics\":[]") { Ok(()) } else { Err(format!("the text is not clean: {message}")) };
            }
        }
    }

    fn peak_memory_mib(&self) -> Result<u64, String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.id())).map_err(|e| e.to_string())?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("the kernel tells no VmHWM")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().map_err(|_| "VmHWM is no number")?;
        Ok(kib / 1024)
    }
}

/// Median and slowest keystroke, and the memory that was needed at most.
fn measured(program: &Path, text: &str) -> Result<(f64, f64, u64), String> {
    let folder = workspace::root().join("target/bench/editor");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let uri = format!("file://{}", folder.join("main.mig").display());
    let mut editor = Editor::open(program, &uri, text)?;
    let middle = text.lines().count() / 2;
    let (line, column) = text
        .lines()
        .enumerate()
        .skip(middle)
        .find_map(|(number, line)| line.find("disk = ").map(|at| (number, at + "disk = ".len())))
        .ok_or("the text has no disk")?;
    let mut times_ms = vec![];
    for number in 0..KEYSTROKE_COUNT {
        let version = number + 2;
        // All that stands behind it moves with each keystroke.
        let (end, written) = if number % 2 == 0 { (column, "9") } else { (column + 1, "") };
        let mut message = String::new();
        let _ = write!(
            message,
            r#"{{"jsonrpc":"2.0","method":"textDocument/didChange","params":{{"textDocument":{{"uri":"{uri}","version":{version}}},"contentChanges":[{{"range":{{"start":{{"line":{line},"character":{column}}},"end":{{"line":{line},"character":{end}}}}},"text":"{written}"}}]}}}}"#
        );
        let start = Instant::now();
        editor.send(&message)?;
        editor.await_version(version)?;
        times_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    times_ms.sort_by(f64::total_cmp);
    Ok((times_ms[KEYSTROKE_COUNT / 2], times_ms[KEYSTROKE_COUNT - 1], editor.peak_memory_mib()?))
}
