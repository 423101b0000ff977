//! How is `migc` run here? As a person runs it, with its output in a file, and so that it can be killed at a moment of choice.

use super::{paths, process, project::Project};
use crate::run::tail;
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

/// A whole move takes some ten seconds here.
const LIMIT: Duration = Duration::from_secs(240);
/// Often enough to hit the middle of a copy of a second.
const POLL: Duration = Duration::from_millis(3);

static CALLS: AtomicU32 = AtomicU32::new(0);

/// The program under test.
#[derive(Debug)]
pub(crate) struct Migc(PathBuf);

/// A call that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    words: String,
    /// None if a signal ended it.
    pub(crate) status: Option<i32>,
    /// All it said, on both outputs.
    pub(crate) said: String,
    log: PathBuf,
}

/// A call under way.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    words: String,
    log: PathBuf,
}

impl Migc {
    /// The binary.
    pub(crate) fn new(binary: PathBuf) -> Self {
        Self(binary)
    }

    /// Runs a subcommand on a project to its end.
    pub(crate) fn run(&self, subcommand: &str, project: &Project, options: &[&str]) -> Result<Ended, String> {
        self.start(subcommand, project, options)?.wait()
    }

    /// `migc apply --yes`.
    pub(crate) fn apply(&self, project: &Project) -> Result<Ended, String> {
        self.run("apply", project, &["--yes"])
    }

    /// Starts a subcommand.
    pub(crate) fn start(&self, subcommand: &str, project: &Project, options: &[&str]) -> Result<Running, String> {
        let number = CALLS.fetch_add(1, Ordering::Relaxed);
        let folder = project.folder();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = paths::logs().join(format!("{number:02}-{name}-{subcommand}.txt"));
        let told = |e: std::io::Error| format!("{}: {e}", log.display());
        // A file, not a pipe: an ssh master that outlives a killed migc would keep the pipe open.
        let out = File::create(&log).map_err(told)?;
        let err = out.try_clone().map_err(told)?;
        let home = paths::run().join("home");
        fs::create_dir_all(&home).map_err(told)?;
        let mut command = Command::new(&self.0);
        command.arg(subcommand);
        // A survey takes hosts and a confirmation moves where the others take the project, and look for that where they are started.
        if !matches!(subcommand, "survey" | "confirm") {
            command.arg(folder);
        }
        command.args(options).current_dir(folder).stdin(Stdio::null()).stdout(out).stderr(err);
        command.env("HOME", home).env("NO_COLOR", "1").env(process::MARK, paths::ROOT);
        // Keys of the developer are not the lab's.
        command.env_remove("SSH_AUTH_SOCK").env_remove("MIG_STATE");
        let child = command.spawn().map_err(|e| format!("{}: {e}", self.0.display()))?;
        Ok(Running { child, words: format!("migc {subcommand} {}", options.join(" ")), log })
    }
}

impl Running {
    /// Waits until it ends.
    pub(crate) fn wait(mut self) -> Result<Ended, String> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                let said = fs::read(&self.log).unwrap_or_default();
                let said = String::from_utf8_lossy(&said).into_owned();
                return Ok(Ended { words: self.words, status: status.code(), said, log: self.log });
            }
            if start.elapsed() > LIMIT {
                let _ = self.child.kill();
                let _ = self.child.wait();
                let said = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(format!("{} did not end within {} s; it said:\n{}", self.words, LIMIT.as_secs(), tail(&said)));
            }
            sleep(POLL);
        }
    }

    /// Waits for a moment. An error if the call ends before, or the moment does not come.
    pub(crate) fn until(&mut self, what: &str, mut is_now: impl FnMut() -> bool) -> Result<(), String> {
        let start = Instant::now();
        while !is_now() {
            let ended = self.child.try_wait().map_err(|e| e.to_string())?;
            if ended.is_some() || start.elapsed() > LIMIT {
                let said = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(format!("{} ended before {what}; it said:\n{}", self.words, tail(&said)));
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) -> Result<(), String> {
        self.child.kill().and_then(|()| self.child.wait()).map(|_| ()).map_err(|e| e.to_string())
    }
}

impl Ended {
    /// Fails unless it ended so.
    pub(crate) fn must_exit(&self, status: i32) -> Result<(), String> {
        if self.status == Some(status) {
            return Ok(());
        }
        let was = self.status.map_or("a signal".to_owned(), |s| s.to_string());
        Err(format!("{} exited with {was} instead of {status}; {}", self.words, self.last_words()))
    }

    /// Fails unless one of these is in what it said, whatever the case of letters.
    pub(crate) fn must_say(&self, any: &[&str]) -> Result<(), String> {
        let said = self.said.to_lowercase();
        if any.iter().any(|text| said.contains(&text.to_lowercase())) {
            return Ok(());
        }
        Err(format!("{} says none of {any:?}; {}", self.words, self.last_words()))
    }

    /// Fails unless one of these is in its errors; the plan that is printed before them has most words of the field.
    pub(crate) fn must_complain(&self, any: &[&str]) -> Result<(), String> {
        let at = self.said.find("error: ").ok_or_else(|| format!("{} reports no error; {}", self.words, self.last_words()))?;
        let errors = self.said.get(at..).unwrap_or_default().to_lowercase();
        if any.iter().any(|text| errors.contains(&text.to_lowercase())) {
            return Ok(());
        }
        Err(format!("{} complains of none of {any:?}; {}", self.words, self.last_words()))
    }

    fn last_words(&self) -> String {
        format!("it said ({}):\n{}", self.log.display(), tail(&self.said))
    }
}
