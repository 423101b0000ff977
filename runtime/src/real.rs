//! How are real hosts reached, and where is the real journal? Over `ssh` as the user configured it, and in a folder or an object store.
//!
//! Decides nothing about plans. Connections are made when they are first needed, one a host.

#![allow(clippy::disallowed_methods, reason = "this is the door: ssh, the clock, secrets and the folder of the journal are behind it")]

mod config;
mod connection;
mod hosts;
mod names;
mod offer;
mod problem;
mod secrets;
mod shared;
mod store;

pub(crate) use hosts::new_mark;
pub use hosts::{Hosts, random_word};
pub use offer::Offer;
pub use secrets::Secrets;
pub use store::{Held, HoldError, Location, Store, operator};

use crate::{NamesError, Output, Piped, Script, StoreError, World, WorldError};
use mig_plan::{Host, HostId, NameRequest};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io,
    sync::OnceLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The environment variable of a secret begins so.
const SECRET_PREFIX: &str = "MIG_SECRET_";

/// Where hosts would keep records of a state that nobody began; none are there.
const NO_STATE: &str = "none";

/// Hosts by ssh, the operator's clock, the journal in a folder or an object store.
#[derive(Debug)]
pub struct RealWorld {
    hosts: Hosts,
    store: Store,
    secrets: Secrets,
}

impl RealWorld {
    /// A world without hosts, of which there is the journal.
    pub fn of(store: Store) -> Self {
        Self { hosts: Hosts::default(), store, secrets: Secrets::default() }
    }

    /// A world of a plan's hosts, see [`Self::to_act`].
    pub async fn new(hosts: &BTreeMap<HostId, Host>, store: Store) -> io::Result<Self> {
        Self::of(store).to_act(hosts).await
    }

    /// The same with the hosts of a plan. Nothing is connected yet, but what was connected stays so. Fails if a host's login is no such
    /// thing, or there is no place for the sockets of ssh.
    pub async fn to_act(mut self, hosts: &BTreeMap<HostId, Host>) -> io::Result<Self> {
        self.hosts = self.hosts.with(hosts, &self.store.id().await?)?;
        Ok(self)
    }

    /// The same for one who only looks: a state that is not there yet is not begun.
    pub async fn to_observe(mut self, hosts: &BTreeMap<HostId, Host>) -> io::Result<Self> {
        self.hosts = self.hosts.with(hosts, self.store.known_id().await?.as_deref().unwrap_or(NO_STATE))?;
        Ok(self)
    }

    /// The same with what the project's places for secrets hold, beside the environment.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// The journal.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Ends all connections. Dropping does it too, but waits for nothing.
    pub async fn close(&self) {
        self.hosts.close().await;
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Milliseconds since this was asked for the first time.
pub(crate) fn elapsed_ms() -> u64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed().as_millis() as u64
}

impl World for RealWorld {
    async fn run(&self, host: &str, scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
        self.hosts.run(host, scripts).await
    }

    async fn renew(&self, host: &str) -> Result<(), WorldError> {
        self.hosts.renew(host).await
    }

    async fn pipe(&self, from: (&str, &Script), to: (&str, &Script), progress: &dyn Fn(u64)) -> Result<Piped, WorldError> {
        self.hosts.pipe(from, to, progress).await
    }

    async fn names(&self, _address: &str, request: &NameRequest, secret: &str) -> Result<Value, NamesError> {
        names::ask(request, secret).await
    }

    fn now_ms(&self) -> u64 {
        now_ms()
    }

    fn elapsed_ms(&self) -> u64 {
        elapsed_ms()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn entry_numbers(&self) -> Result<Vec<u64>, StoreError> {
        self.store.numbers().await
    }

    async fn read_entry(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.read(number).await
    }

    async fn create_entry(&self, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.create(number, bytes).await
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.secrets.get(name)
    }
}
