//! What is a container made of, and which scripts does its service bring along? Data of actions.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A container as it is created. Its labels carry the address and the digest of this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// `PROJECT/ADDRESS` of the service.
    pub owner: String,
    /// Its name on the host.
    pub name: String,
    /// `mysql:5.7`.
    pub image: String,
    /// Empty: the image's own.
    pub command: Vec<String>,
    /// `unless-stopped`, …
    pub restart: String,
    /// Docker networks; empty: the default one.
    pub networks: Vec<String>,
    /// `--privileged`.
    pub privileged: bool,
    /// Device files.
    pub devices: Vec<String>,
    /// Bind mounts.
    pub mounts: Vec<Mount>,
    /// Ports of the host.
    pub publish: Vec<Publish>,
    /// By name.
    pub env: BTreeMap<String, EnvValue>,
    /// Bytes.
    pub memory: Option<u64>,
    /// In thousandths of a processor.
    pub cpus_milli: Option<u64>,
    /// `1000:1000`.
    pub user: Option<String>,
}

/// A folder or file of the host in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// On the host.
    pub source: String,
    /// In the container.
    pub target: String,
    /// Not to be written.
    pub read_only: bool,
}

/// A port of the host that leads to one of the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// Of the host.
    pub host: u16,
    /// Of the container.
    pub container: u16,
    /// `tcp`, `udp`, `sctp`.
    pub protocol: String,
}

/// A value of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvValue {
    /// In clear.
    Plain(String),
    /// Resolved when the run begins, and never written anywhere.
    Secret(String),
}

/// A script that a service brings along. It runs on the host, with the container's name in `MIGC_CONTAINER`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// POSIX sh; values are in `words` as `$1`, `$2`, …
    pub script: String,
    /// Its positional parameters.
    pub words: Vec<String>,
}
