//! What came of one part of the run, and how long did it take?

use std::{
    fmt,
    time::{Duration, Instant},
};

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// All of it is right.
    Done,
    /// Left out, for a reason that is no fault.
    Skipped(String),
    /// It could not be tried or it is wrong; both must never pass for right.
    Failed(String),
}

/// One part.
#[derive(Debug)]
pub(crate) struct Part {
    name: &'static str,
    time: Duration,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

impl Part {
    /// Runs a part.
    pub(crate) fn time(name: &'static str, body: impl FnOnce() -> Outcome) -> Self {
        println!("== {name}");
        let start = Instant::now();
        let outcome = body();
        Self { name, time: start.elapsed(), outcome }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (word, reason) = match &self.outcome {
            Outcome::Done => ("ok", ""),
            Outcome::Skipped(reason) => ("left out", reason.as_str()),
            Outcome::Failed(reason) => ("FAILED", reason.as_str()),
        };
        let colon = if reason.is_empty() { "" } else { ": " };
        write!(f, "{:<14}{:>8.1} s  {word}{colon}{reason}", self.name, self.time.as_secs_f64())
    }
}
