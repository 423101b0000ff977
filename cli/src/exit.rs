//! With which status does a command end, and what does it say when it fails? The table of docs/cli.md.
//!
//! Diagnostics of a program are no failures of a command; they are rendered in `render`.

use crate::{terminal::Terminal, visible};
use std::{fmt, process::ExitCode};

/// An exit status with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Done,
    /// Errors, and nothing was done.
    Refused,
    /// `plan --detailed-exitcode`: there is something to do.
    Changes,
    /// Somebody else holds the state.
    Held,
    /// Stopped part-way; the next apply goes on.
    Partial,
    /// Done, and a verification failed.
    Unverified,
    /// A step failed, and all that was done was undone.
    Undone,
    /// Wrong usage.
    Usage,
    /// Interrupted before anything was started.
    Interrupted,
}

impl Status {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Changes => 2,
            Self::Held => 3,
            Self::Partial => 4,
            Self::Unverified => 5,
            Self::Undone => 6,
            Self::Usage => 64,
            Self::Interrupted => 130,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

/// What is wrong with a file, in words of this program where they are clearer than the system's.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::AlreadyExists => "it is there already".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Why a command could not do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub status: Status,
    /// What happened, where and why, in one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Failure {
    /// Nothing was done.
    pub fn new(message: impl Into<String>) -> Self {
        Self { status: Status::Refused, message: message.into(), help: None }
    }

    /// The command line asks for something that cannot be.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { status: Status::Usage, message: message.into(), help: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Ends otherwise.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Tells a person.
    pub fn print(&self, terminal: &mut Terminal) {
        terminal.error(&format!("error: {self}\n"));
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible::line(&self.message))?;
        for line in self.help.iter().flat_map(|help| help.lines()) {
            write!(f, "\n  help: {}", visible::line(line))?;
        }
        Ok(())
    }
}

/// How a command went.
pub type Outcome = Result<Status, Failure>;
