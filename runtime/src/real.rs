//! How are real hosts reached, and where is the real journal? Over `ssh` as the user configured it, and in a local folder.
//!
//! Decides nothing about plans. Connections are made when they are first needed, one a host.

#![allow(clippy::disallowed_methods, reason = "this is the door: ssh, the clock, secrets and the folder of the journal are behind it")]

mod config;
mod connection;
mod problem;
mod store;

pub use store::{Held, HoldError, Store, operator};

use crate::{
    Output, Piped, Script, StoreError, World, WorldError,
    wire::{self, RelayError, WireError},
};
use config::ControlFolder;
use connection::Connection;
use mig_plan::{Host, HostId};
use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The environment variable of a secret begins so.
const SECRET_PREFIX: &str = "MIG_SECRET_";

/// Hosts by ssh, the operator's clock, the journal in a folder.
#[derive(Debug)]
pub struct RealWorld {
    connections: BTreeMap<HostId, Arc<Connection>>,
    store: Store,
}

impl RealWorld {
    /// A world of a plan's hosts. Nothing is connected yet. Fails if a host's login is no such thing, or there is no place for the
    /// sockets of ssh.
    pub fn new(hosts: &BTreeMap<HostId, Host>, store: Store) -> io::Result<Self> {
        let folder = Arc::new(ControlFolder::new()?);
        let state = store.id()?;
        let connect = |(at, id): (usize, &HostId)| -> io::Result<(HostId, Arc<Connection>)> {
            let config = config::write(&folder, hosts, id, at)?;
            let sudo = hosts.get(id).is_some_and(|host| host.login.sudo);
            Ok((id.clone(), Arc::new(Connection::new(id, config, sudo, &state, Arc::clone(&folder)))))
        };
        let connections = hosts.keys().enumerate().map(connect).collect::<io::Result<_>>()?;
        Ok(Self { connections, store })
    }

    /// The journal.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Ends all connections. Dropping does it too, but waits for nothing.
    pub async fn close(&self) {
        for connection in self.connections.values() {
            connection.close().await;
        }
    }

    fn connection(&self, host: &str) -> Result<&Arc<Connection>, WorldError> {
        self.connections.get(host).ok_or_else(|| WorldError::Unreachable {
            host: host.to_owned(),
            message: "the plan does not say how it is reached".to_owned(),
            help: "make the plan again".to_owned(),
        })
    }

    /// A host on the way fails without words of its own, so it is asked itself.
    async fn explain(&self, host: &str, error: WorldError) -> WorldError {
        let jump = self.connections.get(host).and_then(|connection| connection.jump().map(str::to_owned));
        let (Some(jump), WorldError::Unreachable { .. }) = (jump, &error) else { return error };
        let Ok(connection) = self.connection(&jump) else { return error };
        match Box::pin(connection.session()).await {
            Err(WorldError::Unreachable { host: jump, message, help }) => {
                WorldError::Unreachable { host: host.to_owned(), message: format!("the way there leads over {jump}: {message}"), help }
            }
            _ => error,
        }
    }

    async fn run_part(&self, host: &str, scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
        let connection = self.connection(host)?;
        let mark = new_mark(host)?;
        let execution = match connection.execute(scripts).await {
            Ok(execution) => execution,
            Err(error) => return Err(self.explain(host, error).await),
        };
        let input = scripts.iter().map(|script| script.stdin.as_slice()).find(|stdin| !stdin.is_empty()).unwrap_or_default();
        wire::converse(execution, &mark, input, scripts.len()).await.map_err(|error| wire_error(host, error))
    }
}

fn new_mark(host: &str) -> Result<String, WorldError> {
    wire::new_mark().map_err(|error| WorldError::Unreachable {
        host: host.to_owned(),
        message: format!("no random number here: {error}"),
        help: "see that /dev/urandom can be read on this machine".to_owned(),
    })
}

fn wire_error(host: &str, error: WireError) -> WorldError {
    match error {
        WireError::Refused(said) => problem::refused(host, &said),
        WireError::Cut(said) => {
            let message = if said.is_empty() { "it ended in the middle of an answer".to_owned() } else { said };
            WorldError::Lost { host: host.to_owned(), message }
        }
    }
}

impl World for RealWorld {
    async fn run(&self, host: &str, scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
        let mut outputs = Vec::new();
        for part in wire::parts(scripts) {
            match self.run_part(host, part).await {
                Ok(answers) => outputs.extend(answers),
                // What the parts before did is done, so nobody may be told that nothing was run.
                Err(WorldError::Unreachable { host, message, .. }) if !outputs.is_empty() => {
                    return Err(WorldError::Lost { host, message });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(outputs)
    }

    async fn pipe(&self, from: (&str, &Script), to: (&str, &Script), progress: &dyn Fn(u64)) -> Result<Piped, WorldError> {
        let marks = (new_mark(from.0)?, new_mark(to.0)?);
        // Both must be reached before either begins.
        for host in [from.0, to.0] {
            if let Err(error) = self.connection(host)?.session().await {
                return Err(self.explain(host, error).await);
            }
        }
        let source = self.connection(from.0)?.execute(std::slice::from_ref(from.1)).await?;
        let target = self.connection(to.0)?.execute(std::slice::from_ref(to.1)).await?;
        wire::relay(source, target, (&marks.0, &marks.1), &from.1.stdin, progress).await.map_err(|error| match error {
            RelayError::From(error) => wire_error(from.0, error),
            RelayError::To(error) => wire_error(to.0, error),
        })
    }

    fn now_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn read_entry(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.read(number)
    }

    async fn create_entry(&self, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.create(number, bytes)
    }

    fn secret(&self, name: &str) -> Option<String> {
        std::env::var(format!("{SECRET_PREFIX}{name}")).ok()
    }
}
