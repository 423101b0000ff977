//! What will be done? A graph of steps, complete enough that apply evaluates nothing again.

use crate::{Before, Call, Digest, Observation, Partial, ResourceState, Unproven};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use crate::{
    container::{ContainerSpec, EnvValue, Hook, Mount, Publish},
    tree::{KnownTree, Tree},
};

/// The path of declaration names, `kruskal.system`.
pub type Address = String;
/// A host is called by the address of its server.
pub type HostId = Address;
/// A function of what the step does, for what: `s` and twelve hexadecimal digits.
pub type StepId = String;

/// The file, line and column of the field or declaration that something comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
pub struct Origin {
    /// Relative to the project.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Of this format: [`Plan::VERSION`].
    pub version: u32,
    /// The project's name.
    pub project: String,
    /// Of sources, facts and parameters.
    pub sources: Digest,
    /// The journal entry this plan was made against: its number, 0 for none, and its digest.
    pub serial: u64,
    /// See `serial`; empty for none.
    pub head: String,
    /// Hosts that steps act on, by name.
    pub hosts: BTreeMap<HostId, Host>,
    /// What must hold before anything is changed.
    pub preconditions: Vec<Precondition>,
    /// In an order that can be run from first to last.
    pub steps: Vec<Step>,
    /// One a move.
    pub moves: Vec<MoveSummary>,
    /// One a service that is down for a while.
    pub forecasts: Vec<Forecast>,
    /// What the hosts of this plan cost while both sides exist, in millionths of a currency unit a day, by ISO 4217 code.
    pub cost_per_day: BTreeMap<String, i64>,
    /// Names of secrets that steps need.
    pub secrets: Vec<String>,
    /// Checks that lacked a fact.
    pub unproven: Vec<Unproven>,
    /// `output`s that are known already, as JSON; `null` for those known later.
    pub outputs: BTreeMap<String, serde_json::Value>,
    /// What hosts said before it was made; absent if none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observation>,
    /// What it is for, where a person wanted less than all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<Partial>,
    /// The run whose moves it moves back, if that is what it is for; see [`crate::reverse`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<String>,
}

impl Plan {
    /// The version this program reads and writes.
    pub const VERSION: u32 = 1;

    /// What a person compares: of the whole plan as it is serialised.
    pub fn digest(&self) -> Digest {
        Digest::of(self)
    }

    /// The step of that id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id == id)
    }
}

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Host {
    /// What the program says of the way there.
    pub login: Login,
    /// Known public host keys, `ssh-ed25519 AAAA…`; empty: the user's known hosts decide.
    pub host_keys: Vec<String>,
    /// The server's declaration.
    pub origin: Origin,
}

/// What is absent is what the user's ssh configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Login {
    /// Given to ssh as written; an alias, a name or an address.
    pub host: String,
    /// The user to log in as.
    pub user: Option<String>,
    /// The port of sshd.
    pub port: Option<u16>,
    /// The private key to offer.
    pub identity_file: Option<String>,
    /// A host on the way.
    pub jump: Option<HostId>,
    /// Act through `sudo -n`.
    pub sudo: bool,
}

/// Something that must hold before the first change; all are looked at in one batch, and all failures reported at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Precondition {
    /// Where it is looked at.
    pub host: HostId,
    /// What it is for.
    pub address: Address,
    /// What must hold.
    pub requirement: Requirement,
    /// The declaration that asks for it.
    pub origin: Origin,
}

/// What can be required of a host, beside that it is reached, with the privilege to act, and has a clock that is right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Requirement {
    /// These programs are there, with what we need of them: `docker`, `tar` (GNU), `find` (GNU), `getfattr`, `sha256sum`.
    Tools {
        /// Their names.
        names: Vec<String>,
    },
    /// The container is there.
    Container {
        /// Its name.
        name: String,
    },
    /// The filesystem that will hold `path` has room.
    FreeSpace {
        /// It may not exist yet; then its nearest parent counts.
        path: String,
        /// Needed.
        bytes: u64,
    },
    /// There is nothing at the path, or an empty folder, or what an earlier run of this state put there.
    PathFree {
        /// Absolute.
        path: String,
    },
    /// Nothing listens on it.
    PortFree {
        /// `3306/tcp`.
        port: String,
    },
    /// The machine is what the program says it is.
    Hardware {
        /// `x86_64`, `arm64`.
        arch: Option<String>,
        /// At least so many.
        cpus: Option<u32>,
        /// At least so many bytes; a twelfth less is accepted, because the kernel keeps some.
        memory: Option<u64>,
        /// The filesystem of each path has at least so many bytes; a twelfth less is accepted.
        disks: BTreeMap<String, u64>,
    },
}

/// When a step happens in the life of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing is down.
    Prepare,
    /// The source is down, the target not yet up.
    Cutover,
    /// The target is up.
    Finish,
}

/// What may be done with a step of which only the intent is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Changes nothing.
    Read,
    /// May be done again.
    Idempotent,
    /// May be done again with the same token.
    Keyed,
    /// Must not be done twice.
    Once,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// See [`StepId`].
    pub id: StepId,
    /// The resource it is done for.
    pub address: Address,
    /// The move it belongs to, if any.
    #[serde(rename = "move")]
    pub of_move: Option<Address>,
    /// When in that move.
    pub phase: Phase,
    /// What, in the imperative: "stop `mysql` on kruskal".
    pub title: String,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// As data for the runtime.
    pub action: Action,
    /// Steps that must be done before.
    pub needs: Vec<StepId>,
    /// What a lost outcome allows.
    pub class: Class,
    /// What it takes.
    pub estimate: Estimate,
    /// How to go back.
    pub undo: Undo,
    /// After this step its move cannot be undone by going back.
    pub point_of_no_return: bool,
    /// Is it after its move's point of no return?
    pub after_no_return: bool,
    /// The text that it puts another in the place of; absent if it changes no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// What the state says of a resource once the step is done.
    pub sets: Vec<(Address, ResourceState)>,
    /// What the state forgets once the step is done.
    pub removes: Vec<Address>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a step takes, as far as facts tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Estimate {
    /// Wall time.
    pub seconds: Option<u64>,
    /// Over the network.
    pub bytes: Option<u64>,
}

/// How to go back over a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Undo {
    /// There is nothing to undo.
    Nothing,
    /// What it left does no harm and is used by the next apply.
    Leave {
        /// What stays, where.
        what: String,
    },
    /// Do this.
    Act {
        /// The opposite.
        action: Box<Action>,
    },
    /// Going back is a plan of its own.
    Impossible {
        /// Why.
        why: String,
    },
}

/// What the runtime does. Closed: each has a script for hosts and a model for the simulator, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a plan holds each action once, in a vector of steps")]
pub enum Action {
    /// Take over what exists under that id; nothing is changed on it.
    Adopt {
        /// The server.
        host: HostId,
        /// `i-…`
        id: String,
    },
    /// Install what provides these programs, with the host's own package manager.
    InstallTools {
        /// Where.
        host: HostId,
        /// `getfattr`, `tar`, …
        names: Vec<String>,
    },
    /// See that the image is there: if not, from the other host by `docker save | load`, else by `docker pull`.
    BringImage {
        /// Where it may be had.
        from: Option<HostId>,
        /// Where it is needed.
        to: HostId,
        /// `mysql:5.7`.
        image: String,
    },
    /// Make the trees on `to` the same as those on `from`: what differs is sent, what is too much is deleted.
    CopyTrees {
        /// The side that is read.
        from: HostId,
        /// The side that is written.
        to: HostId,
        /// What, in order.
        trees: Vec<Tree>,
        /// Is the source still written to? Then a file that changes while it is read is no failure.
        live: bool,
    },
    /// Compare manifests of both sides, contents included.
    VerifyTrees {
        /// One side.
        from: HostId,
        /// The other.
        to: HostId,
        /// What, in order.
        trees: Vec<Tree>,
    },
    /// See that trees are as they were when they were last compared, and take them over: from then on they may be
    /// written to. What was taken over by the same manifest before is not looked at again, since a copy may have begun.
    TakeTrees {
        /// Where.
        host: HostId,
        /// What, in order.
        trees: Vec<KnownTree>,
    },
    /// Give up what [`Action::TakeTrees`] took over; what it had before it stays.
    ReleaseTrees {
        /// Where.
        host: HostId,
        /// Absolute.
        paths: Vec<String>,
    },
    /// Set a container's restart policy; the old one is part of the outcome (`was`).
    SetRestart {
        /// Where.
        host: HostId,
        /// Its name.
        container: String,
        /// `no`, `always`, `unless-stopped`, `on-failure`.
        policy: String,
    },
    /// Give a container the restart policy that the outcome of that step remembers.
    RestoreRestart {
        /// Where.
        host: HostId,
        /// Its name.
        container: String,
        /// A step whose action was [`Action::SetRestart`].
        of: StepId,
    },
    /// Stop a container and look at how it ended.
    StopContainer {
        /// Where.
        host: HostId,
        /// Its name.
        container: String,
        /// Before it is killed.
        grace_seconds: u64,
        /// Is a kill, or an exit status other than 0 and 143, a failure?
        clean: bool,
    },
    /// Start a container.
    StartContainer {
        /// Where.
        host: HostId,
        /// Its name.
        container: String,
    },
    /// The container is stopped, its restart policy is `no`, and nothing has a file open for writing below the paths.
    CheckFenced {
        /// Where.
        host: HostId,
        /// Its name.
        container: String,
        /// Absolute.
        paths: Vec<String>,
    },
    /// Run what keeps a service from taking writes while it still answers.
    Quiesce {
        /// Where.
        host: HostId,
        /// The container it is about.
        container: String,
        /// What is run.
        hook: Hook,
    },
    /// Run what lets it take writes again.
    Resume {
        /// Where.
        host: HostId,
        /// The container it is about.
        container: String,
        /// What is run.
        hook: Hook,
    },
    /// Ask a service that takes no writes what it holds: the outcome notes it (`proof`), or it is compared with what the outcome of another
    /// step notes.
    ProveData {
        /// Where.
        host: HostId,
        /// The container it is about.
        container: String,
        /// What tells it: lines that are the same for the same data.
        hook: Hook,
        /// A step whose action was this one, on the other side.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        noted: Option<StepId>,
    },
    /// Create a container, without starting it; one of ours that differs is replaced.
    CreateContainer {
        /// Where.
        host: HostId,
        /// What.
        container: ContainerSpec,
    },
    /// Remove a container of ours; what it mounts stays.
    RemoveContainer {
        /// Where.
        host: HostId,
        /// Its name.
        container: String,
        /// `PROJECT/ADDRESS` it was created for; absent: of this project, for the resource of the step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        /// The one that it was put in the place of comes back, and it stays where it was put in no place; without `back`, nothing of it stays.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        back: bool,
    },
    /// Wait until it answers.
    Await {
        /// Where it is asked from.
        host: HostId,
        /// The container it is about.
        container: String,
        /// What must answer.
        probe: Probe,
    },
    /// What the lifecycle of a kind says.
    Call(Call),
    /// Nothing in the world: the journal notes that the resource is settled.
    Note,
}

impl Action {
    /// Names of the secrets that it hands to a host.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::CreateContainer { container, .. } => {
                let values = container.env.values();
                values.filter_map(|value| if let EnvValue::Secret(name) = value { Some(name.as_str()) } else { None }).collect()
            }
            Self::Call(call) => call.all_requests().filter_map(crate::Request::secret).collect(),
            Self::Await { probe: Probe::Command { stdin, .. }, .. } => stdin.as_deref().into_iter().collect(),
            _ => vec![],
        }
    }

    /// Hosts it acts on, the one that is read first.
    pub fn hosts(&self) -> Vec<&HostId> {
        match self {
            Self::Adopt { host, .. }
            | Self::InstallTools { host, .. }
            | Self::TakeTrees { host, .. }
            | Self::ReleaseTrees { host, .. }
            | Self::SetRestart { host, .. }
            | Self::RestoreRestart { host, .. }
            | Self::StopContainer { host, .. }
            | Self::StartContainer { host, .. }
            | Self::CheckFenced { host, .. }
            | Self::Quiesce { host, .. }
            | Self::Resume { host, .. }
            | Self::ProveData { host, .. }
            | Self::CreateContainer { host, .. }
            | Self::RemoveContainer { host, .. }
            | Self::Await { host, .. } => vec![host],
            Self::BringImage { from, to, .. } => from.iter().chain([to]).collect(),
            Self::CopyTrees { from, to, .. } | Self::VerifyTrees { from, to, .. } => vec![from, to],
            Self::Call(call) => {
                let mut hosts: Vec<&HostId> = call.all_requests().filter_map(crate::Request::host).collect();
                hosts.dedup();
                hosts
            }
            Self::Note => vec![],
        }
    }
}

/// What must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Probe {
    /// The container runs; nothing more was said.
    Running {
        /// How long it may take.
        within_seconds: u64,
    },
    /// A TCP connection to the port of the host is accepted.
    Tcp {
        /// Of the host.
        port: u16,
        /// How long it may take.
        within_seconds: u64,
    },
    /// The URL, asked from the host, answers 2xx or 3xx.
    Http {
        /// `http://127.0.0.1:8080/ping`.
        url: String,
        /// How long it may take.
        within_seconds: u64,
    },
    /// The command, run on the host, exits 0.
    Command {
        /// POSIX sh; values are in `words` as `$1`, `$2`, …
        script: String,
        /// Its positional parameters.
        words: Vec<String>,
        /// The name of the secret that it reads on its standard input.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stdin: Option<String>,
        /// How long it may take.
        within_seconds: u64,
    },
}

/// What a move comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveSummary {
    /// The move.
    pub address: Address,
    /// From where.
    pub from: HostId,
    /// To where.
    pub to: HostId,
    /// The step after which there is no way back but a reverse move.
    pub point_of_no_return: Option<StepId>,
    /// Over the network, as far as known.
    pub bytes: Option<u64>,
    /// Wall time of all its steps, as far as known.
    pub seconds: Option<u64>,
    /// `4h from 2020-01-18T02:00+08:00`.
    pub window: Option<String>,
    /// Seconds since 1970 between which its cutover must lie.
    pub window_unix: Option<(i64, i64)>,
}

/// How long a service will be down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// The service.
    pub address: Address,
    /// From the stop on one side to the first answer on the other; `None` if sizes are unknown.
    pub downtime_seconds: Option<u64>,
    /// The step that ends its life on the source.
    pub down: StepId,
    /// The step that sees it answer on the target.
    pub up: StepId,
}
