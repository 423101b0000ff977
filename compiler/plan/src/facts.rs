//! What was measured on a host? Version 1 of `facts/*.json`; docs/facts.md describes it for people.
//!
//! Every field may be absent: what was not measured is unknown, never assumed. Sizes are in bytes, paths absolute.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One surveyed host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Facts {
    /// Of this format: 1.
    pub version: u32,
    /// The declaration's name that was surveyed: `kruskal_azure`.
    pub host: String,
    /// When, RFC 3339.
    pub taken: String,
    /// What `hostname` printed.
    pub hostname: Option<String>,
    /// `x86_64`, `arm64`.
    pub arch: Option<String>,
    /// Processors.
    pub cpus: Option<u32>,
    /// Bytes.
    pub memory: Option<u64>,
    /// `bios`, `uefi`.
    pub boot: Option<String>,
    /// Distribution, version, kernel.
    pub os: Option<Os>,
    /// What `/etc/machine-id` holds.
    pub machine_id: Option<String>,
    /// Public host keys as in a known-hosts file, without the host: `ssh-ed25519 AAAA…`.
    pub host_keys: Vec<String>,
    /// By mount point.
    pub mounts: BTreeMap<String, MountFact>,
    /// Whole disks, by device name.
    pub disks: BTreeMap<String, DiskFact>,
    /// By container name.
    pub containers: BTreeMap<String, ContainerFact>,
    /// Space below paths that containers mount or programs name, by path.
    pub paths: BTreeMap<String, PathFact>,
    /// Listening ports: `3306/tcp`.
    pub listening: Vec<String>,
    /// Overlay networks the host is a member of, by network id.
    pub overlays: BTreeMap<String, OverlayFact>,
    /// Tools and their versions: `docker`, `tar`, `rsync`, …
    pub tools: BTreeMap<String, String>,
    /// Host clock minus operator clock, in milliseconds.
    pub clock_offset_ms: Option<i64>,
}

impl Facts {
    /// The version this program reads and writes.
    pub const VERSION: u32 = 1;
    /// A facts file may be this large.
    pub const SIZE_MAX_BYTES: usize = 4 << 20;
    /// And this deep.
    pub const DEPTH_MAX: usize = 32;
}

/// What runs on the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Os {
    /// `ubuntu`, `debian`, `alpine`.
    pub distribution: String,
    /// `18.04`.
    pub version: String,
    /// `5.3.0-1032-azure`.
    pub kernel: String,
}

/// A mounted filesystem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct MountFact {
    /// `/dev/sda1`.
    pub device: Option<String>,
    /// `ext4`.
    pub filesystem: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub used: Option<u64>,
}

/// A disk as the kernel sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct DiskFact {
    /// Bytes.
    pub size: Option<u64>,
}

/// A container, running or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ContainerFact {
    /// `mysql:5.7`.
    pub image: String,
    /// `sha256:…` of its image.
    pub image_id: Option<String>,
    /// Is it running?
    pub running: bool,
    /// `no`, `always`, `unless-stopped`, `on-failure`.
    pub restart: Option<String>,
    /// Bind mounts and volumes.
    pub mounts: Vec<ContainerMount>,
    /// Published ports of the host: `3306/tcp`.
    pub ports: Vec<String>,
    /// Names of its environment, never values.
    pub env: Vec<String>,
    /// Bytes of its image.
    pub image_size: Option<u64>,
}

/// Where a path of the host appears in a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ContainerMount {
    /// On the host.
    pub source: String,
    /// In the container.
    pub target: String,
}

/// What is under a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct PathFact {
    /// Bytes in use, as `du` counts them.
    pub size: Option<u64>,
    /// `999:999`, of the folder itself.
    pub owner: Option<String>,
    /// Entries below it.
    pub entries: Option<u64>,
}

/// Membership of an overlay network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct OverlayFact {
    /// `zerotier`, `wireguard`, `tailscale`.
    pub kind: String,
    /// The node's id there.
    pub identity: Option<String>,
    /// Its address there.
    pub address: Option<String>,
}
