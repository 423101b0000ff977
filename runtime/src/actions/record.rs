//! What does it mean when a host's own record refuses a step? Its end is not known, or this run is not the one to act there.
//!
//! The record itself is kept by `scripts/record.sh`.

use super::{Failure, last_lines};
use crate::{Output, Recorded, scripts};
use mig_plan::Step;

/// A failure, if the record answered instead of the script.
pub(super) fn refusal(host: &str, step: &Step, record: &Recorded, output: &Output) -> Option<Failure> {
    let said = last_lines(&output.stderr);
    let failure = match output.status {
        scripts::STATUS_UNKNOWN => {
            let printed = last_lines(&output.text());
            let printed = if printed.is_empty() { String::new() } else { format!("; until then it printed: {printed}") };
            // Not certain: the journal keeps the step as begun, so that nobody begins it again unseen.
            let help = format!(
                "look on {host} whether it happened ({}, and steps/{} in the record folder); then close this run with \
                 `migc apply --abandon {}` and make a new plan",
                step.why, record.key, record.run
            );
            let message = format!("{host}: {said}{printed}, and it must not be done twice");
            return Some(Failure { message, help, certain: false, lost: false, undone: false });
        }
        scripts::STATUS_OLD_EPOCH => Failure::certain(
            format!("{host}: {said}: a later run of this state has taken over"),
            "nothing was done there; see `migc status` for who holds the state now",
        ),
        scripts::STATUS_AHEAD => Failure::certain(
            format!("{host}: {said}: the state that acted there before is another one, or was damaged"),
            format!(
                "nothing was done there; see that `--state` is right, and only then remove the file `epoch` in the record folder on {host}"
            ),
        ),
        scripts::STATUS_SHORT => {
            Failure::certain(format!("{host}: not all of the script arrived, and nothing was started"), "run `migc apply` again")
        }
        _ => return None,
    };
    Some(failure)
}
