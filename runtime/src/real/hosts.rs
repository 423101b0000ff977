//! How are hosts asked? Each over a connection of its own, made when it is first needed; one that cannot be reached says why.
//!
//! Knows no journal.

use super::{
    config::{self, ControlFolder},
    connection::Connection,
    offer::Offer,
    problem,
    shared::{self, Job, Part},
};
use crate::{
    Output, Piped, Script, WorldError,
    script::limit,
    wire::{self, RelayError, WireError, locked},
};
use futures_util::future::join_all;
use mig_plan::{Host, HostId};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A job that has ended waits for others to be answered with it, as long as it took itself: each command that follows costs as much again.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(2);
const ANSWER_POLL: Duration = Duration::from_millis(20);

/// Hosts by ssh.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    connections: Arc<BTreeMap<HostId, Arc<Connection>>>,
    /// They keep records under its name.
    state: Arc<str>,
}

impl Hosts {
    /// Nothing is connected yet. Hosts keep records under the name of the state. Fails if a host's login is no such thing, or there is
    /// no place for the sockets of ssh.
    pub fn new(hosts: &BTreeMap<HostId, Host>, state: &str) -> io::Result<Self> {
        Self::default().with(hosts, state)
    }

    /// Other hosts and another state. Those that are reached as before keep their connection: to make one is most of what a short
    /// command costs.
    pub(crate) fn with(&self, hosts: &BTreeMap<HostId, Host>, state: &str) -> io::Result<Self> {
        let mut folder: Option<Arc<ControlFolder>> = None;
        let connect = |(at, id): (usize, &HostId)| -> io::Result<(HostId, Arc<Connection>)> {
            let way = config::way(hosts, id)?;
            if let Some(made) = self.connections.get(id).filter(|made| made.leads(&way)) {
                return Ok((id.clone(), Arc::clone(made)));
            }
            let folder = match &folder {
                Some(folder) => Arc::clone(folder),
                None => Arc::clone(folder.insert(Arc::new(ControlFolder::new()?))),
            };
            let config = config::write(&folder, &way, at)?;
            Ok((id.clone(), Arc::new(Connection::new(id, config, &way, folder))))
        };
        let connections = hosts.keys().enumerate().map(connect).collect::<io::Result<BTreeMap<_, _>>>()?;
        Ok(Self { connections: Arc::new(connections), state: state.into() })
    }

    /// Ends all connections. Dropping does it too, but waits for nothing.
    pub async fn close(&self) {
        for connection in self.connections.values() {
            connection.close().await;
        }
    }

    /// Runs scripts one after the other. Those that are short travel with what others ask the host at the same moment.
    pub(crate) async fn run(&self, host: &str, scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
        if !scripts.iter().all(Script::is_short) {
            return self.run_alone(host, scripts).await;
        }
        let connection = self.connection(host)?;
        let (answer, is_first) = connection.queue.push(scripts.to_vec());
        if is_first {
            let (hosts, connection, host) = (self.clone(), Arc::clone(connection), host.to_owned());
            // Steps that begin together ask before this task has its turn.
            tokio::spawn(async move {
                let parts = shared::parts(connection.queue.take()).into_iter().map(|part| hosts.run_jobs(&host, part));
                join_all(parts).await;
            });
        }
        answer.await.unwrap_or_else(|_| Err(WorldError::Lost { host: host.to_owned(), message: "the run was left".to_owned() }))
    }

    /// Runs what was asked for together.
    async fn run_jobs(&self, host: &str, mut jobs: Vec<Job>) {
        let fits = |job: &Job| !wire::jobs::are_needed(&job.scripts) && wire::fits(&job.scripts);
        if jobs.len() == 1
            && let Some(job) = jobs.pop_if(|job| fits(job))
        {
            let answer = self.run_alone(host, &job.scripts).await;
            return job.answer(answer);
        }
        let scripts: Vec<Vec<Script>> = jobs.iter().map(|job| job.scripts.clone()).collect();
        let scripts: Vec<&[Script]> = scripts.iter().map(Vec::as_slice).collect();
        let part = Mutex::new(Part::new(jobs));
        let error = self.converse_jobs(host, &scripts, &part).await.err();
        let mut part = part.into_inner().unwrap_or_else(PoisonError::into_inner);
        part.answer_known();
        let message = "it did not answer all that it was asked".to_owned();
        part.fail(&error.unwrap_or(WorldError::Lost { host: host.to_owned(), message }));
    }

    /// Answers jobs as they end, but not each at once: who is answered together asks on together.
    async fn converse_jobs(&self, host: &str, jobs: &[&[Script]], part: &Mutex<Part>) -> Result<(), WorldError> {
        let mark = new_mark(host)?;
        let execution = match self.connection(host)?.execute_jobs(&self.state, jobs).await {
            Ok(execution) => execution,
            Err(error) => return Err(self.explain(host, error).await),
        };
        let (input, count) = (wire::jobs::input(jobs), locked(part).script_count());
        let max_bytes = jobs.iter().copied().flatten().map(Script::answer_max_bytes).max().unwrap_or_default();
        let note = |number, output| locked(part).note(number, output);
        let mut talk = pin!(wire::conversation(execution, &mark, &input, count, max_bytes, &note));
        let limit = limit::of_jobs(jobs);
        let began = Instant::now();
        let answering = async {
            let mut since: Option<Instant> = None;
            loop {
                match tokio::time::timeout(ANSWER_POLL, &mut talk).await {
                    Ok(ended) => break ended,
                    Err(_) if !locked(part).has_known() => {}
                    Err(_) => {
                        let first = *since.get_or_insert_with(Instant::now);
                        if first.elapsed() >= (first - began).min(ANSWER_WAIT_MAX) {
                            locked(part).answer_known();
                            since = None;
                        }
                    }
                }
            }
        };
        match tokio::time::timeout(limit, answering).await {
            Ok(ended) => ended.map_err(|error| wire_error(host, error)),
            Err(_) => Err(hung(host, jobs.iter().copied().flatten(), limit)),
        }
    }

    /// Runs scripts one after the other, in as few commands as hold them.
    async fn run_alone(&self, host: &str, scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
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

    /// Runs one script with its answer as the standard input of another, on another host.
    pub(crate) async fn pipe(&self, from: (&str, &Script), to: (&str, &Script), progress: &dyn Fn(u64)) -> Result<Piped, WorldError> {
        let marks = (new_mark(from.0)?, new_mark(to.0)?);
        // Both must be reached before either begins.
        for host in [from.0, to.0] {
            if let Err(error) = self.connection(host)?.session().await {
                return Err(self.explain(host, error).await);
            }
        }
        let source = self.connection(from.0)?.execute(&self.state, std::slice::from_ref(from.1)).await?;
        let target = self.connection(to.0)?.execute(&self.state, std::slice::from_ref(to.1)).await?;
        wire::relay(source, target, (&marks.0, &marks.1), &from.1.stdin, limit::SILENCE, progress).await.map_err(|error| match error {
            RelayError::From(error) => wire_error(from.0, error),
            RelayError::To(error) => wire_error(to.0, error),
        })
    }

    /// Connects to a host, or says why that cannot be.
    pub(crate) async fn reach(&self, host: &str) -> Result<(), WorldError> {
        match self.connection(host)?.session().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain(host, error).await),
        }
    }

    /// Connects to a host anew, whatever connection there is.
    pub(crate) async fn renew(&self, host: &str) -> Result<(), WorldError> {
        match self.connection(host)?.renew().await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.explain(host, error).await),
        }
    }

    /// Runs one script whose answer has at most so many bytes.
    pub(crate) async fn ask(&self, host: &str, script: &Script, max_bytes: usize) -> Result<Output, WorldError> {
        let mark = new_mark(host)?;
        let execution = self.connection(host)?.execute(&self.state, std::slice::from_ref(script)).await?;
        let answers = wire::converse_within(execution, &mark, &script.stdin, 1, max_bytes).await;
        let mut answers = answers.map_err(|error| wire_error(host, error))?;
        Ok(answers.pop().unwrap_or_default())
    }

    /// The key that a host offers, without logging in and believing it.
    pub async fn offered(&self, host: &str) -> Result<Offer, WorldError> {
        self.connection(host)?.offered().await
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
        let execution = match connection.execute(&self.state, scripts).await {
            Ok(execution) => execution,
            Err(error) => return Err(self.explain(host, error).await),
        };
        let limit = limit::of_all(scripts);
        match tokio::time::timeout(limit, wire::converse(execution, &mark, scripts)).await {
            Ok(answers) => answers.map_err(|error| wire_error(host, error)),
            Err(_) => Err(hung(host, scripts, limit)),
        }
    }
}

fn hung<'s>(host: &str, scripts: impl IntoIterator<Item = &'s Script>, limit: Duration) -> WorldError {
    let names: BTreeSet<&str> = scripts.into_iter().map(|script| script.name).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    WorldError::Lost { host: host.to_owned(), message: format!("{names} did not end within {} s, so it counts as hung", limit.as_secs()) }
}

/// Something that nobody can guess.
pub fn random_word() -> io::Result<String> {
    wire::new_mark()
}

pub(crate) fn new_mark(host: &str) -> Result<String, WorldError> {
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
