//! How is one host kept connected, and a script started on it? One `ssh` with several sessions, made when needed, made again when lost.
//!
//! Knows nothing of what scripts answer; see `wire`.

use super::{
    config::{Config, ControlFolder},
    offer, problem,
    shared::Queue,
};
use crate::{
    Script, WorldError,
    wire::{self, Execution, jobs::JOBS},
};
use mig_plan::{Host, HostId};
use openssh::{ControlPersist, KnownHosts, Session, SessionBuilder, Stdio};
use std::{
    collections::BTreeMap,
    error::Error as _,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// sshd allows ten on a connection, and frees them later than the client believes.
const SESSION_COUNT_MAX: usize = 6;
/// How often a session that was refused is asked for again.
const REFUSED_RETRY_COUNT_MAX: u32 = 30;
/// Before the first of them; doubled each time, up to [`REFUSED_WAIT_MAX_MS`].
const REFUSED_WAIT_MS: u64 = 100;
const REFUSED_WAIT_MAX_MS: u64 = 1_000;
/// For all of connecting, hosts on the way included.
const CONNECT_MAX_SECONDS: u64 = 60;
/// `ssh` ends by itself when it had nothing to do for so long, also when we were killed.
const IDLE_SECONDS: usize = 120;

/// One host.
#[derive(Debug)]
pub(super) struct Connection {
    host: String,
    config: Config,
    sudo: bool,
    /// What it was made for: the host, and those on the way.
    way: Vec<(HostId, Host)>,
    /// Before the folder, because the way to end it leads through a socket there.
    session: Mutex<Option<Arc<Session>>>,
    folder: Arc<ControlFolder>,
    slots: Arc<Semaphore>,
    slot_count: AtomicUsize,
    /// Short scripts that wait to travel together.
    pub(super) queue: Queue,
}

impl Connection {
    pub(super) fn new(host: &str, config: Config, way: &[(&HostId, &Host)], folder: Arc<ControlFolder>) -> Self {
        let slots = Arc::new(Semaphore::new(SESSION_COUNT_MAX));
        Self {
            host: host.to_owned(),
            config,
            sudo: way.first().is_some_and(|(_, host)| host.login.sudo),
            way: way.iter().map(|&(id, host)| (id.clone(), host.clone())).collect(),
            folder,
            session: Mutex::new(None),
            slots,
            slot_count: AtomicUsize::new(SESSION_COUNT_MAX),
            queue: Queue::default(),
        }
    }

    /// Does it lead where this does, and as this does?
    pub(super) fn leads(&self, way: &[(&HostId, &Host)]) -> bool {
        let same = |((id, host), other): (&(HostId, Host), &(&HostId, &Host))| {
            id == other.0 && host.login == other.1.login && host.host_keys == other.1.host_keys
        };
        self.way.len() == way.len() && self.way.iter().zip(way).all(same)
    }

    /// The host on the way.
    pub(super) fn jump(&self) -> Option<&str> {
        self.config.jump.as_deref()
    }

    /// The key that the host offers now, without logging in.
    pub(super) async fn offered(&self) -> Result<offer::Offer, WorldError> {
        let name = format!("offer-{}", self.config.file.file_name().unwrap_or_default().display());
        offer::offered(&self.host, &self.config, &self.folder.path().join(name)).await
    }

    /// The living connection, made if there is none.
    pub(super) async fn session(&self) -> Result<Arc<Session>, WorldError> {
        let mut held = self.session.lock().await;
        if let Some(session) = held.as_ref() {
            if session.check().await.is_ok() {
                return Ok(Arc::clone(session));
            }
            *held = None;
        }
        let session = Arc::new(self.connect().await?);
        *held = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Another connection in the place of the one there is; what runs over that goes on.
    pub(super) async fn renew(&self) -> Result<(), WorldError> {
        let mut held = self.session.lock().await;
        *held = Some(Arc::new(self.connect().await?));
        Ok(())
    }

    async fn connect(&self) -> Result<Session, WorldError> {
        let mut builder = SessionBuilder::default();
        builder
            .known_hosts_check(KnownHosts::Strict)
            .config_file(&self.config.file)
            .control_directory(self.folder.path())
            .control_persist(NonZeroUsize::new(IDLE_SECONDS).map_or(ControlPersist::ClosedAfterInitialConnection, ControlPersist::IdleFor));
        let connecting = builder.connect_mux(&self.config.destination);
        let start = Instant::now();
        tracing::debug!(host = self.host, destination = self.config.destination, "ssh connects");
        match tokio::time::timeout(Duration::from_secs(CONNECT_MAX_SECONDS), connecting).await {
            Ok(Ok(session)) => {
                tracing::info!(host = self.host, ms = milliseconds(start), "ssh is connected");
                Ok(session)
            }
            Ok(Err(error)) => Err(problem::unreachable(&self.host, &self.config, &error)),
            Err(_) => Err(problem::timed_out(&self.host, &self.config, CONNECT_MAX_SECONDS)),
        }
    }

    pub(super) async fn close(&self) {
        let session = self.session.lock().await.take().and_then(Arc::into_inner);
        if let Some(session) = session {
            let _ = session.close().await;
        }
    }

    /// Starts scripts that run one after the other.
    pub(super) async fn execute(&self, state: &str, scripts: &[Script]) -> Result<Execution, WorldError> {
        let bytes: usize = scripts.iter().map(wire::script_bytes).sum();
        if bytes > wire::COMMAND_MAX_BYTES {
            let message = format!("{bytes} bytes of values do not fit one command, which takes {}", wire::COMMAND_MAX_BYTES);
            return Err(self.unreachable(message, "name fewer or shorter values in the program"));
        }
        self.start(names(scripts), wire::RUNNER, &wire::words(state, "", scripts)).await
    }

    /// Starts what reads jobs from its input, see [`wire::jobs`].
    pub(super) async fn execute_jobs(&self, state: &str, jobs: &[&[Script]]) -> Result<Execution, WorldError> {
        self.start(names(jobs.iter().copied().flatten()), JOBS, &wire::jobs::words(state, "")).await
    }

    /// Starts a program of the wire. A session that is refused was not begun, so it may be asked for again.
    async fn start(&self, names: String, program: &str, words: &[String]) -> Result<Execution, WorldError> {
        let mut wait = Duration::from_millis(REFUSED_WAIT_MS);
        for _ in 0..REFUSED_RETRY_COUNT_MAX {
            let slot = Arc::clone(&self.slots).acquire_owned().await;
            let slot = slot.map_err(|_| self.unreachable("the run is over".to_owned(), "run `migc apply` again"))?;
            let session = self.session().await?;
            let start = Instant::now();
            match self.spawn(session, program, words).await {
                Ok(execution) => {
                    let host = self.host.clone();
                    tracing::debug!(host, scripts = names, "scripts begin");
                    let ended = async move {
                        let ended = execution.ended.await;
                        tracing::info!(host, scripts = names, ms = milliseconds(start), by_itself = ended, "scripts ended");
                        drop(slot);
                        ended
                    };
                    return Ok(Execution { ended: Box::pin(ended), ..execution });
                }
                Err(error) if is_refused(&error) => {
                    tracing::warn!(host = self.host, "sshd refused another session; fewer are used from now on");
                    self.give_up_slot(slot);
                    tokio::time::sleep(wait).await;
                }
                Err(error) => {
                    let message = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
                    return Err(WorldError::Lost { host: self.host.clone(), message });
                }
            }
            wait = (wait * 2).min(Duration::from_millis(REFUSED_WAIT_MAX_MS));
        }
        let help = "see MaxSessions in its /etc/ssh/sshd_config, which should be 10, and whether others use the connection";
        Err(self.unreachable(format!("its sshd refused another session {REFUSED_RETRY_COUNT_MAX} times"), help))
    }

    /// A host that refuses allows fewer sessions than we thought, so fewer are used from now on, but always one.
    fn give_up_slot(&self, slot: OwnedSemaphorePermit) {
        let one_less = |count: usize| (count > 1).then_some(count - 1);
        if self.slot_count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            slot.forget();
        }
    }

    async fn spawn(&self, session: Arc<Session>, program: &str, words: &[String]) -> Result<Execution, openssh::Error> {
        let mut command = if self.sudo {
            let mut command = session.arc_command("sudo");
            command.args(["-n", "--", "sh"]);
            command
        } else {
            session.arc_command("sh")
        };
        command.args(["-c", program, "migc"]).args(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().await?;
        let missing = || openssh::Error::ChildIo(std::io::ErrorKind::BrokenPipe.into());
        Ok(Execution {
            stdin: Box::new(child.stdin().take().ok_or_else(missing)?),
            stdout: Box::new(child.stdout().take().ok_or_else(missing)?),
            stderr: Box::new(child.stderr().take().ok_or_else(missing)?),
            ended: Box::pin(async move {
                // A status of 127 is an error of that kind to the crate, and an end by itself to us.
                matches!(child.wait().await, Ok(_) | Err(openssh::Error::Remote(_)))
            }),
        })
    }

    fn unreachable(&self, message: String, help: &str) -> WorldError {
        WorldError::Unreachable { host: self.host.clone(), message, help: help.to_owned() }
    }
}

/// What a log calls a batch: `call x 3 observe`; words and input of scripts are in no log.
fn names<'s>(scripts: impl IntoIterator<Item = &'s Script>) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    scripts.into_iter().for_each(|script| *counts.entry(script.name).or_default() += 1);
    let name = |(name, count): (&str, usize)| if count == 1 { name.to_owned() } else { format!("{name} x {count}") };
    counts.into_iter().map(name).collect::<Vec<_>>().join(" ")
}

fn milliseconds(start: Instant) -> u64 {
    start.elapsed().as_millis() as u64
}

fn is_refused(error: &openssh::Error) -> bool {
    matches!(error, openssh::Error::SshMux(_)) && error.source().is_some_and(|source| source.to_string().starts_with("Server refused"))
}
