//! How does a service say what it holds? By a script of its own, before it is stopped on one side and once it answers on the other.
//!
//! What is said is lines that are the same for the same data; what they mean is the script's.

use super::{Context, Failure, Performed, last_lines, refused};
use crate::{World, scripts, wire::printable};
use mig_plan::{Action, Digest, Hook, Step, StepId};
use std::collections::BTreeSet;

/// The journal keeps so many bytes of what a service said; of more only the digest, and then nobody can say what differs.
const KEPT_MAX_BYTES: usize = 32 << 10;
const EXAMPLE_COUNT_MAX: usize = 5;
const PROOF: &str = "proof";
const LINES: &str = "lines";
const NOT_VERIFIED: &str = "not_verified";

impl<W: World> Context<'_, W> {
    /// From now on it takes no writes.
    pub(super) async fn quiesce(&self, host: &str, container: &str, hook: &Hook) -> Result<Performed, Failure> {
        self.tell(host, scripts::service_hook(container, hook)).await?;
        Ok(Performed::new(true, []))
    }

    /// It takes writes again. A host that lost its power meanwhile has not started it, because its restart policy was set to `no` before.
    pub(super) async fn resume(&self, host: &str, container: &str, hook: &Hook) -> Result<Performed, Failure> {
        self.start_container(host, container).await?;
        self.quiesce(host, container, hook).await
    }

    /// Notes what a service holds, or compares it with what a step on the other side noted.
    pub(super) async fn prove(&self, host: &str, container: &str, hook: &Hook, noted: Option<&StepId>) -> Result<Performed, Failure> {
        let before = noted.map(|step| self.noted(step)).transpose()?;
        if let Some(Noted { why_not: Some(why), .. }) = &before {
            return Ok(Performed::new(false, [(NOT_VERIFIED, why.clone())]));
        }
        let output = self.ask(host, scripts::service_proof(container, hook)).await?;
        if output.status == scripts::STATUS_NOT_ASKED {
            let why = format!("what `{container}` holds, because on {host} it could not be asked: {}", last_lines(&output.stderr));
            return Ok(Performed::new(false, [(NOT_VERIFIED, why)]));
        }
        if output.status != 0 {
            return Err(refused(host, &format!("the proof of `{container}`"), &output));
        }
        let said = self.masked(printable_lines(&output.stdout));
        let digest = Digest::of_bytes(said.as_bytes()).to_string();
        match before {
            Some(before) if before.digest != digest && self.was_started_earlier(host, container) => {
                let why = format!("what `{container}` holds: an earlier apply started it on {host}, and it may have been written to since");
                Ok(Performed::new(false, [(NOT_VERIFIED, why)]))
            }
            Some(before) if before.digest != digest => Err(differs(host, container, &before, &said)),
            Some(_) => Ok(Performed::new(false, [(PROOF, digest)])),
            None if said.len() > KEPT_MAX_BYTES => Ok(Performed::new(false, [(PROOF, digest)])),
            None => Ok(Performed::new(false, [(PROOF, digest), (LINES, said)])),
        }
    }

    /// What was started long ago may have been written to by those whom it serves, unless its data say that it takes no writes.
    fn was_started_earlier(&self, host: &str, container: &str) -> bool {
        let starts =
            |step: &&Step| matches!(&step.action, Action::StartContainer { host: on, container: name } if on == host && name == container);
        self.plan.steps.iter().find(starts).is_some_and(|step| self.done.is_earlier(&step.id))
    }

    fn noted(&self, step: &StepId) -> Result<Noted, Failure> {
        let value = |name: &str| self.done.value(step, name);
        let missing = || Failure::certain("what the other side held is not in the journal", "see `migc state history`");
        match value(NOT_VERIFIED) {
            Some(why) => Ok(Noted { digest: String::new(), lines: None, why_not: Some(why) }),
            None => Ok(Noted { digest: value(PROOF).ok_or_else(missing)?, lines: value(LINES), why_not: None }),
        }
    }
}

/// What a service held on the other side.
struct Noted {
    digest: String,
    /// If they were few enough.
    lines: Option<String>,
    /// It could not be asked.
    why_not: Option<String>,
}

/// Lines without what a terminal would act on. Longer than any message, so the whole of them counts.
fn printable_lines(bytes: &[u8]) -> String {
    let lines = bytes.split(|&byte| byte == b'\n').map(|line| printable(line).trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn differs(host: &str, container: &str, before: &Noted, said: &str) -> Failure {
    let now: BTreeSet<&str> = said.lines().collect();
    let then: BTreeSet<&str> = before.lines.iter().flat_map(|lines| lines.lines()).collect();
    let list = |lines: Vec<&&str>| lines.iter().take(EXAMPLE_COUNT_MAX).map(|line| format!("\"{line}\"")).collect::<Vec<_>>().join(", ");
    let (missing, added) = (list(then.difference(&now).collect()), list(now.difference(&then).collect()));
    let what = match before.lines {
        Some(_) => format!("it said {}, and says {}", or_nothing(missing), or_nothing(added)),
        None => "what it said was too long to keep, so nobody can say what differs".to_owned(),
    };
    let message = format!("what `{container}` holds on {host} is not what it held before it was moved: {what}");
    let help = format!(
        "nothing was lost: the source is stopped and untouched. Look at it on {host}; `migc undo --discard-writes-on {container}` starts the \
         source again"
    );
    Failure::certain(message, help)
}

fn or_nothing(list: String) -> String {
    if list.is_empty() { "nothing of that".to_owned() } else { list }
}
