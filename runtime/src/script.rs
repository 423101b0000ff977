//! What is run on a host? A constant text with a name, and values that travel as positional parameters.
//!
//! No value is ever spliced into a text. The name is what the simulator knows a script by.

pub(crate) mod limit;

/// One script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The file under `scripts/` without its ending; the simulator dispatches on it.
    pub name: &'static str,
    /// POSIX sh.
    pub text: &'static str,
    /// `$1`, `$2`, …
    pub words: Vec<String>,
    /// Standard input; secrets travel here.
    pub stdin: Vec<u8>,
}

/// What it answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// Exit status; 128 + n for a signal.
    pub status: i32,
    /// As bytes: paths need not be UTF-8.
    pub stdout: Vec<u8>,
    /// For people, at most 64 KiB, control characters removed.
    pub stderr: String,
}

/// What a host keeps of a script that must not act twice: whoever asks again under the same key gets the first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The run it belongs to.
    pub run: String,
    /// Of this script in this attempt; begins with the run.
    pub key: String,
    /// Grows with each run; a host that knows a later one refuses.
    pub epoch: u64,
    /// May it be done again if its end is not known?
    pub repeatable: bool,
}

impl Output {
    /// Standard output as text, without the line break at its end.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches('\n').to_owned()
    }
}
