//! What is outside? The only door to it: hosts, clock, journal objects. Real and simulated worlds implement it.
//!
//! Knows nothing of plans and steps. Everything above this trait is deterministic.

use crate::{
    names::Refusal,
    script::{Output, Recorded, Script},
    scripts,
};
use mig_plan::NameRequest;
use serde_json::Value;
use std::{future::Future, time::Duration};

/// Why a host could not be asked, or an answer not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// No connection could be made; nothing was run. The text says why and what to do.
    #[error("{host}: {message}")]
    Unreachable {
        /// Which host.
        host: String,
        /// For people: refused key, unknown or changed host key with its fingerprint, time-out, …
        message: String,
        /// What to do.
        help: String,
    },
    /// The connection ended before the answer; whether the script ran is not known.
    #[error("{host}: the connection was lost: {message}")]
    Lost {
        /// Which host.
        host: String,
        /// What was seen.
        message: String,
    },
}

/// Why a name server was not asked, or did not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamesError {
    /// It could not be asked, or its answer not be had.
    World(WorldError),
    /// It answered, and nothing was changed.
    Refused(Refusal),
}

impl From<WorldError> for NamesError {
    fn from(error: WorldError) -> Self {
        Self::World(error)
    }
}

impl From<Refusal> for NamesError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What an object of the journal answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another wrote that number first.
    #[error("entry {0} of the journal exists already: another run writes this state")]
    Taken(u64),
    /// It was not written by whoever has the key of the state.
    #[error("entry {0} of the journal does not carry the seal of this state")]
    Forged(u64),
    /// The right to write was not renewed in time, or another took it over.
    #[error("the lease of the state has ended, and another run may write it now")]
    LeaseEnded,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl From<StoreError> for std::io::Error {
    fn from(error: StoreError) -> Self {
        Self::other(error.to_string())
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What a stream between two hosts came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piped {
    /// Of the script that was read; its standard output went to the other side and is empty here.
    pub from: Output,
    /// Of the script that was written to.
    pub to: Output,
    /// Bytes that travelled.
    pub bytes: u64,
}

/// The world outside.
pub trait World {
    /// Runs scripts on a host, one after the other and whatever the ones before answered, in one round trip. Each may have a standard
    /// input if all are short, see [`Script::is_short`]; of others, only a lone one. Short ones travel together with what is asked
    /// of the host at the same moment.
    fn run(&self, host: &str, scripts: &[Script]) -> impl Future<Output = Result<Vec<Output>, WorldError>>;

    /// Runs a script in one round trip, under the host's own record of it. A line of `secrets` is never written there.
    fn run_recorded(
        &self,
        host: &str,
        record: &Recorded,
        secrets: &[String],
        script: &Script,
    ) -> impl Future<Output = Result<Output, WorldError>> {
        async move {
            let outputs = self.run(host, &[scripts::record(record, secrets, script)]).await?;
            outputs.into_iter().next().ok_or_else(|| WorldError::Lost { host: host.to_owned(), message: "no answer came".to_owned() })
        }
    }

    /// Makes a new connection to a host in the place of the one there is, over which one might still get there although nobody else
    /// does any more. What runs over the old one goes on.
    fn renew(&self, host: &str) -> impl Future<Output = Result<(), WorldError>>;

    /// Runs `from` on one host with its standard output as the standard input of `to` on another. `progress` is told the bytes so far.
    fn pipe(&self, from: (&str, &Script), to: (&str, &Script), progress: &dyn Fn(u64)) -> impl Future<Output = Result<Piped, WorldError>>;

    /// Asks a name server for what `address` is about, and has it change that if the request says so; `secret` is that of its key.
    /// Answers what was there before.
    fn names(&self, address: &str, request: &NameRequest, secret: &str) -> impl Future<Output = Result<Value, NamesError>> {
        let (_, _) = (address, secret);
        let (host, help) = (request.server.clone(), String::new());
        async move { Err(WorldError::Unreachable { host, message: "no name server is asked here".to_owned(), help }.into()) }
    }

    /// Milliseconds since 1970, by the operator's clock, which somebody may set meanwhile.
    fn now_ms(&self) -> u64;

    /// Milliseconds since some instant, by a clock that nobody sets: how long something takes is a difference of these.
    fn elapsed_ms(&self) -> u64;

    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;

    /// The numbers of all objects of the journal, the smallest first.
    fn entry_numbers(&self) -> impl Future<Output = Result<Vec<u64>, StoreError>>;

    /// The bytes of an object of the journal, if it is there.
    fn read_entry(&self, number: u64) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>>;

    /// Creates an object of the journal, durably, only if its number is free.
    fn create_entry(&self, number: u64, bytes: &[u8]) -> impl Future<Output = Result<(), StoreError>>;

    /// The value of a secret, if the operator has it.
    fn secret(&self, name: &str) -> Option<String>;

    /// Whose are the calls from now on? Told before and after each turn of a step, for steps take turns.
    fn attend(&self, _step: Option<&str>) {}
}
