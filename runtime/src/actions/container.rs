//! What is done to containers, and what must be true of one that has stopped?
//!
//! Docker is asked by scripts; here their answers are judged.

use super::{Context, Failure, Performed, refused};
use crate::{Output, World, scripts};
use mig_plan::{Action, ContainerSpec, Digest, EnvValue};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// SIGTERM's exit status: the program took the signal and ended by it.
const STATUS_TERMINATED: i64 = 143;
/// So many open files are named in a failure.
const OPEN_FILE_COUNT_MAX: usize = 5;

/// What `container_look` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContainerState {
    pub(super) running: bool,
    pub(super) status: String,
    pub(super) exit_code: i64,
    pub(super) out_of_memory: bool,
    pub(super) restart: String,
}

impl ContainerState {
    /// `None` if there is no such container, or docker did not answer.
    pub(super) fn parse(output: &Output) -> Option<Self> {
        let text = output.text();
        if output.status != 0 || text == "absent" {
            return None;
        }
        let fields: BTreeMap<&str, &str> = text.split('\t').filter_map(|field| field.split_once('=')).collect();
        let text = |name: &str| fields.get(name).map(|&value| value.to_owned()).unwrap_or_default();
        Some(Self {
            running: text("running") == "true",
            status: text("status"),
            exit_code: text("exit_code").parse().unwrap_or(-1),
            out_of_memory: text("oom") == "true",
            restart: text("restart"),
        })
    }

    /// The answer as the compiler compares it: numbers and truth as such, all else as text.
    pub(crate) fn read(text: &str) -> Option<Value> {
        let text = text.trim_end_matches('\n');
        if text == "absent" {
            return Some(json!({ "there": false }));
        }
        let fields = text.split('\t').filter_map(|field| field.split_once('='));
        let mut out: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), value.into())).collect();
        let (running, code) = (out.get("running")?.as_str()? == "true", out.get("exit_code")?.as_str()?.parse::<i64>().ok()?);
        out.extend([("there".to_owned(), true.into()), ("running".to_owned(), running.into()), ("exit_code".to_owned(), code.into())]);
        Some(Value::Object(out))
    }

    /// It has ended, and docker will not start it again.
    pub(super) fn is_over(&self) -> bool {
        !self.running && matches!(self.status.as_str(), "exited" | "dead") && self.restarts_never()
    }

    fn restarts_never(&self) -> bool {
        matches!(self.restart.as_str(), "no" | "")
    }

    pub(super) fn describe(&self) -> String {
        match (self.running, self.out_of_memory) {
            (true, _) => "is running".to_owned(),
            (false, true) => format!("was killed because memory ran out (exit status {})", self.exit_code),
            (false, false) => format!("is {} (exit status {})", self.status, self.exit_code),
        }
    }
}

impl<W: World> Context<'_, W> {
    async fn container(&self, host: &str, name: &str) -> Result<ContainerState, Failure> {
        let output = self.tell(host, scripts::container_look(name)).await?;
        state_of(host, name, &output)
    }

    /// Sets the policy, and keeps the one before.
    pub(super) async fn set_restart(&self, host: &str, name: &str, policy: &str) -> Result<Performed, Failure> {
        let was = self.change(host, scripts::container_restart(name, policy)).await?.text();
        Ok(Performed::new(was != policy, [("was", was)]))
    }

    /// Sets the policy that a step found.
    pub(super) async fn restore_restart(&self, host: &str, name: &str, of: &str) -> Result<Performed, Failure> {
        let Some(policy) = self.done.value(of, "was") else {
            let message =
                format!("what restart policy `{name}` had on {host} is not known, because the step that changed it was not finished");
            return Err(Failure::certain(message, format!("set it by `docker update --restart POLICY {name}` on {host}")));
        };
        self.set_restart(host, name, &policy).await
    }

    /// Stops, and looks at how it ended.
    pub(super) async fn stop_container(&self, host: &str, name: &str, grace_seconds: u64, clean: bool) -> Result<Performed, Failure> {
        let before = self.container(host, name).await?;
        let output = self.change(host, scripts::container_stop(name, grace_seconds)).await?;
        let state = state_of(host, name, &output)?;
        if state.running {
            let message = format!("`{name}` on {host} runs again after it was stopped");
            return Err(Failure::certain(message, "something else starts it; stop that first".to_owned()));
        }
        if clean && (state.out_of_memory || !matches!(state.exit_code, 0 | STATUS_TERMINATED)) {
            let message = format!("`{name}` on {host} did not end by itself: it {}", state.describe());
            let help = format!(
                "its data may be in the middle of a write: start it on {host}, let it recover, see why it takes more than {grace_seconds} s \
                 to stop (`docker logs {name}`), then run `migc apply` again"
            );
            return Err(Failure::certain(message, help));
        }
        Ok(Performed::new(before.running, [("exit_status", state.exit_code.to_string())]))
    }

    /// Starts.
    pub(super) async fn start_container(&self, host: &str, name: &str) -> Result<Performed, Failure> {
        let output = self.change(host, scripts::container_start(name)).await?;
        Ok(Performed::new(output.text() == "changed", []))
    }

    /// Nothing writes any more, and nothing will begin to.
    pub(super) async fn check_fenced(&self, host: &str, name: &str, paths: &[String]) -> Result<Performed, Failure> {
        let state = self.container(host, name).await?;
        if state.running || state.status == "restarting" {
            let help = format!("something started it after it was stopped; stop that, and see that nobody works on {host}");
            return Err(Failure::certain(format!("`{name}` on {host} runs, and must not while its data are copied"), help));
        }
        if !state.restarts_never() {
            let message = format!("the restart policy of `{name}` on {host} is `{}`, so docker may start it again", state.restart);
            return Err(Failure::certain(message, format!("set it by `docker update --restart no {name}`, or run `migc apply` again")));
        }
        let open = self.tell(host, scripts::open_files(paths)).await?.text();
        let lines: Vec<&str> = open.lines().collect();
        if !lines.is_empty() {
            let some = lines.iter().take(OPEN_FILE_COUNT_MAX).copied().collect::<Vec<_>>().join(", ");
            let message = format!("{} files of `{name}` are still open for writing on {host} (process, path): {some}", lines.len());
            return Err(Failure::certain(message, format!("stop those processes on {host}, then run `migc apply` again")));
        }
        Ok(Performed::default())
    }

    /// Creates one that differs or is not there.
    pub(super) async fn create_container(&self, host: &str, spec: &ContainerSpec) -> Result<Performed, Failure> {
        let words = create_words(spec).map_err(|message| {
            Failure::certain(format!("`{}` cannot be created on {host}: {message}", spec.name), "change that in the program")
        })?;
        let environment = self.environment(host, spec)?;
        let output = self.changed(host, scripts::container_create(words, environment)).await?;
        if output.status == scripts::STATUS_NOT_OURS {
            let help = format!("remove or rename it on {host}, or give the service another `container` name");
            return Err(Failure { help, ..refused(host, "container_create", &output) });
        }
        let how = super::succeeded(host, "container_create", output)?.text();
        Ok(Performed::new(how != "unchanged", [("how", how)]))
    }

    /// As a file for `docker create --env-file`, where a line is a variable.
    fn environment(&self, host: &str, spec: &ContainerSpec) -> Result<Vec<u8>, Failure> {
        let mut file = Vec::new();
        for (name, value) in &spec.env {
            let value = match value {
                EnvValue::Plain(value) => value.clone(),
                EnvValue::Secret(secret) => self.world.secret(secret).ok_or_else(|| {
                    let message = format!("the secret {secret} for `{}` on {host} is not there", spec.name);
                    Failure::certain(message, format!("set MIG_SECRET_{secret} in the environment of migc"))
                })?,
            };
            if name.is_empty() || name.contains(['=', '\n', '\0', '#']) || value.contains(['\n', '\0']) {
                let message = format!("{name} of `{}` has a line break or a character that an environment file cannot hold", spec.name);
                return Err(Failure::certain(message, "give it as a mounted file instead"));
            }
            file.extend_from_slice(format!("{name}={value}\n").as_bytes());
        }
        Ok(file)
    }

    /// Removes one of ours.
    pub(super) async fn remove_container(&self, host: &str, name: &str, owner: Option<&str>, back: bool) -> Result<Performed, Failure> {
        let owner = match &self.step.action {
            _ if owner.is_some() => owner.unwrap_or_default().to_owned(),
            Action::CreateContainer { container, .. } if container.name == name => container.owner.clone(),
            _ => format!("{}/{}", self.plan.project, self.step.address),
        };
        let output = self.change(host, scripts::container_remove(name, &owner, back)).await?;
        Ok(Performed::new(output.text() != "absent", []))
    }
}

fn state_of(host: &str, name: &str, output: &Output) -> Result<ContainerState, Failure> {
    ContainerState::parse(output).ok_or_else(|| {
        Failure::certain(format!("there is no container `{name}` on {host}"), format!("look at `docker ps --all` on {host}"))
    })
}

/// The words of `container_create`.
fn create_words(spec: &ContainerSpec) -> Result<Vec<String>, String> {
    for (what, value) in [("name", &spec.name), ("image", &spec.image), ("restart policy", &spec.restart)] {
        if value.starts_with('-') || value.contains(char::is_whitespace) {
            return Err(format!("{value:?} is no {what}"));
        }
    }
    let mut words = vec![spec.name.clone(), spec.owner.clone(), Digest::of(spec).as_str().to_owned(), spec.networks.len().to_string()];
    words.extend_from_slice(&spec.networks);
    if !spec.restart.is_empty() {
        words.push(format!("--restart={}", spec.restart));
    }
    for mount in &spec.mounts {
        if mount.source.contains(':') || mount.target.contains(':') || !mount.source.starts_with('/') || !mount.target.starts_with('/') {
            return Err(format!("docker cannot mount {:?} at {:?}: both must be absolute and without a colon", mount.source, mount.target));
        }
        let read_only = if mount.read_only { ":ro" } else { "" };
        words.push(format!("--volume={}:{}{read_only}", mount.source, mount.target));
    }
    words.extend(spec.publish.iter().map(|port| format!("--publish={}:{}/{}", port.host, port.container, port.protocol)));
    words.extend(spec.devices.iter().map(|device| format!("--device={device}")));
    words.extend(spec.memory.map(|bytes| format!("--memory={bytes}")));
    words.extend(spec.cpus_milli.map(|milli| format!("--cpus={}.{:03}", milli / 1_000, milli % 1_000)));
    words.extend(spec.user.as_ref().map(|user| format!("--user={user}")));
    words.extend(spec.privileged.then(|| "--privileged".to_owned()));
    words.push(spec.image.clone());
    words.extend_from_slice(&spec.command);
    Ok(words)
}
