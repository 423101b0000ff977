//! Does a service answer? Asked again and again until it does, or its time is over.
//!
//! Time is the world's, so a simulated wait takes none.

use super::{Context, Failure, Performed, container::ContainerState, last_lines};
use crate::{Script, World, scripts};
use futures_util::future::{Either, select};
use mig_plan::Probe;
use std::{pin::pin, time::Duration};

const FIRST_WAIT_MS: u64 = 1_000;
const WAIT_MAX_MS: u64 = 10_000;
/// A container that still runs after this did not only try to.
const STEADY_MS: u64 = 3_000;
/// A question that was asked in time may be answered so much later.
const ANSWER_MAX_MS: u64 = 60_000;
const LOG_LINE_COUNT: u32 = 20;

impl<W: World> Context<'_, W> {
    /// Waits until the probe succeeds.
    pub(super) async fn wait_for(&self, host: &str, container: &str, probe: &Probe) -> Result<Performed, Failure> {
        let began = self.world.elapsed_ms();
        let within_ms = within_seconds(probe).saturating_mul(1_000);
        let mut wait_ms = if matches!(probe, Probe::Running { .. }) { STEADY_MS } else { FIRST_WAIT_MS };
        let mut ran_before = false;
        let asked = self.script_of(host, probe)?;
        loop {
            let look = [Some(scripts::container_look(container)), asked.clone()].into_iter().flatten().collect::<Vec<_>>();
            // The command of a program may hang, and does not get more time than the service has.
            let waited_ms = self.world.elapsed_ms().saturating_sub(began);
            let limit = Duration::from_millis(within_ms.saturating_sub(waited_ms).saturating_add(ANSWER_MAX_MS));
            let answers = match select(pin!(self.world.run(host, &look)), pin!(self.world.sleep(limit))).await {
                Either::Left((answers, _)) => answers,
                Either::Right(_) => Ok(vec![]),
            };
            let mut outputs = answers.as_ref().map(Vec::as_slice).unwrap_or_default().iter();
            let state = outputs.next().and_then(ContainerState::parse);
            let running = state.as_ref().is_some_and(|state| state.running);
            let (answered, said) = match outputs.next() {
                Some(output) => (running && output.status == 0, last_lines(&output.stderr)),
                None => (running && ran_before, String::new()),
            };
            let waited_ms = self.world.elapsed_ms().saturating_sub(began);
            if answered {
                return Ok(Performed::new(false, [("waited_ms", waited_ms.to_string())]));
            }
            // Asking changes nothing, so a connection that comes back in time is no failure.
            if let Err(error) = answers
                && waited_ms >= within_ms
            {
                return Err(error.into());
            }
            if waited_ms >= within_ms || state.as_ref().is_some_and(ContainerState::is_over) {
                return Err(self.no_answer(host, container, probe, state.as_ref(), &said).await);
            }
            self.report(0, None, format!("waiting for {}", what(probe)));
            self.world.sleep(Duration::from_millis(wait_ms.min(within_ms - waited_ms).max(1))).await;
            if !matches!(probe, Probe::Running { .. }) {
                wait_ms = (wait_ms + wait_ms / 2).min(WAIT_MAX_MS);
            }
            ran_before = running;
        }
    }

    /// What asks; a secret goes to its standard input and nowhere else.
    fn script_of(&self, host: &str, probe: &Probe) -> Result<Option<Script>, Failure> {
        Ok(match probe {
            Probe::Running { .. } => None,
            Probe::Tcp { port, .. } => Some(scripts::probe_tcp(*port)),
            Probe::Http { url, .. } => Some(scripts::probe_http(url)),
            Probe::Command { script, words, stdin, .. } => {
                let secret = stdin.as_ref().map(|name| {
                    self.world.secret(name).ok_or_else(|| {
                        let message = format!("the secret {name} for the check command on {host} is not there");
                        Failure::certain(message, format!("set MIG_SECRET_{name} in the environment of migc"))
                    })
                });
                Some(scripts::probe_command(script, words, secret.transpose()?.unwrap_or_default().into_bytes()))
            }
        })
    }

    async fn no_answer(&self, host: &str, container: &str, probe: &Probe, state: Option<&ContainerState>, said: &str) -> Failure {
        let state = state.map_or_else(|| "is not there".to_owned(), ContainerState::describe);
        let mut message = format!("{} did not answer within {} s: `{container}` on {host} {state}", what(probe), within_seconds(probe));
        if !said.is_empty() {
            message = format!("{message}; {said}");
        }
        let logs = match self.world.run(host, &[scripts::container_logs(container, LOG_LINE_COUNT)]).await {
            Ok(outputs) => outputs.first().map(crate::Output::text).unwrap_or_default(),
            Err(_) => String::new(),
        };
        let logs = crate::wire::printable(logs.as_bytes());
        let help = format!("look at `docker logs {container}` on {host}");
        Failure::certain(message, if logs.is_empty() { help } else { format!("{help}; its last lines:\n{logs}") })
    }
}

fn within_seconds(probe: &Probe) -> u64 {
    let (Probe::Running { within_seconds }
    | Probe::Tcp { within_seconds, .. }
    | Probe::Http { within_seconds, .. }
    | Probe::Command { within_seconds, .. }) = probe;
    *within_seconds
}

fn what(probe: &Probe) -> String {
    match probe {
        Probe::Running { .. } => "the container".to_owned(),
        Probe::Tcp { port, .. } => format!("port {port}"),
        Probe::Http { url, .. } => url.clone(),
        Probe::Command { .. } => "the check command".to_owned(),
    }
}
