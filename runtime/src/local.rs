//! What if every host were this machine? A world whose scripts run here under sh, for tests of scripts and actions.
//!
//! Not for production: a host is a name, and each has a record folder of its own and nothing else.

#![allow(clippy::disallowed_methods, reason = "a world for tests that starts sh on this machine")]

use crate::{
    Output, Piped, Script, StoreError, World, WorldError,
    script::limit::SILENCE,
    wire::{
        self, Execution, WireError,
        jobs::{self, JOBS},
    },
};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Mutex,
    time::Duration,
};
use tokio::process::Command;

/// Of all answers of a test.
const ANSWER_MAX_BYTES: usize = 64 << 20;

/// Hosts that are folders of this machine.
#[derive(Debug)]
pub struct LocalWorld {
    folder: PathBuf,
    shell: Vec<String>,
    entries: Mutex<BTreeMap<u64, Vec<u8>>>,
    secrets: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
}

impl LocalWorld {
    /// A world whose hosts keep their records below a folder.
    pub fn new(folder: &Path) -> Self {
        let (secrets, variables) = (BTreeMap::new(), BTreeMap::new());
        Self { folder: folder.to_owned(), shell: vec!["sh".to_owned()], entries: Mutex::default(), secrets, variables }
    }

    /// The same with another shell: `busybox sh`.
    #[must_use]
    pub fn with_shell(mut self, words: &[&str]) -> Self {
        self.shell = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// The same with a secret.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with an environment variable for scripts: `DOCKER_HOST`.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn execute(&self, host: &str, scripts: &[Script]) -> io::Result<Execution> {
        self.start(host, wire::RUNNER, |home| wire::words("local", home, scripts))
    }

    fn start(&self, host: &str, text: &str, words: impl FnOnce(&str) -> Vec<String>) -> io::Result<Execution> {
        let home = self.folder.join(host).join("home");
        let (program, rest) = self.shell.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut child = Command::new(program)
            .args(rest)
            .envs(&self.variables)
            .args(["-c", text, "migc"])
            .args(words(&home.to_string_lossy()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let missing = || io::Error::from(io::ErrorKind::BrokenPipe);
        Ok(Execution {
            stdin: Box::new(child.stdin.take().ok_or_else(missing)?),
            stdout: Box::new(child.stdout.take().ok_or_else(missing)?),
            stderr: Box::new(child.stderr.take().ok_or_else(missing)?),
            ended: Box::pin(async move { child.wait().await.is_ok() }),
        })
    }
}

fn lost(host: &str, error: &WireError) -> WorldError {
    let (WireError::Refused(message) | WireError::Cut(message)) = error;
    WorldError::Lost { host: host.to_owned(), message: message.clone() }
}

fn broken(host: &str, error: &io::Error) -> WorldError {
    WorldError::Unreachable { host: host.to_owned(), message: error.to_string(), help: "this machine cannot run sh".to_owned() }
}

impl World for LocalWorld {
    async fn run(&self, host: &str, scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
        let mut outputs = Vec::new();
        if jobs::are_needed(scripts) {
            let mark = wire::new_mark().map_err(|error| broken(host, &error))?;
            let execution = self.start(host, JOBS, |home| jobs::words("local", home).to_vec()).map_err(|error| broken(host, &error))?;
            let (input, count) = (jobs::input(&[scripts]), scripts.len());
            return wire::converse_within(execution, &mark, &input, count, ANSWER_MAX_BYTES).await.map_err(|error| lost(host, &error));
        }
        for part in wire::parts(scripts) {
            let mark = wire::new_mark().map_err(|error| broken(host, &error))?;
            let execution = self.execute(host, part).map_err(|error| broken(host, &error))?;
            outputs.extend(wire::converse(execution, &mark, part).await.map_err(|error| lost(host, &error))?);
        }
        Ok(outputs)
    }

    /// There is no connection to this machine.
    async fn renew(&self, _host: &str) -> Result<(), WorldError> {
        Ok(())
    }

    async fn pipe(&self, from: (&str, &Script), to: (&str, &Script), progress: &dyn Fn(u64)) -> Result<Piped, WorldError> {
        let marks = (wire::new_mark().map_err(|e| broken(from.0, &e))?, wire::new_mark().map_err(|e| broken(to.0, &e))?);
        let source = self.execute(from.0, std::slice::from_ref(from.1)).map_err(|error| broken(from.0, &error))?;
        let target = self.execute(to.0, std::slice::from_ref(to.1)).map_err(|error| broken(to.0, &error))?;
        wire::relay(source, target, (&marks.0, &marks.1), &from.1.stdin, SILENCE, progress).await.map_err(|error| match error {
            wire::RelayError::From(error) => lost(from.0, &error),
            wire::RelayError::To(error) => lost(to.0, &error),
        })
    }

    fn now_ms(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        since.as_millis() as u64
    }

    fn elapsed_ms(&self) -> u64 {
        crate::real::elapsed_ms()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn entry_numbers(&self) -> Result<Vec<u64>, StoreError> {
        let entries = self.entries.lock().map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(entries.keys().copied().collect())
    }

    async fn read_entry(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let entries = self.entries.lock().map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(entries.get(&number).cloned())
    }

    async fn create_entry(&self, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let mut entries = self.entries.lock().map_err(|error| StoreError::Failed(error.to_string()))?;
        if entries.contains_key(&number) {
            return Err(StoreError::Taken(number));
        }
        entries.insert(number, bytes.to_vec());
        Ok(())
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.secrets.get(name).cloned()
    }
}
