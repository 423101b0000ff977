//! What does a simulated host keep of scripts that must not act twice? Their answers, and the epoch of who acted last.
//!
//! The model of `scripts/record.sh`; a host that loses its power forgets what was still running.

use super::host::SimHost;
use crate::{Output, Recorded, scripts};

/// An epoch that is further ahead is not believed.
const EPOCH_AHEAD_MAX: u64 = 1_000;

impl SimHost {
    /// The answer that is kept, or a refusal; `None` if the script is to be run, which is then noted as begun.
    pub(super) fn consult(&mut self, record: &Recorded) -> Option<Output> {
        let refuse = |status: i32, message: String| Some(Output { status, stdout: vec![], stderr: message });
        if record.epoch < self.epoch {
            return refuse(scripts::STATUS_OLD_EPOCH, format!("epoch {} has acted here, and this run has {}", self.epoch, record.epoch));
        }
        if self.epoch > 0 && record.epoch > self.epoch + EPOCH_AHEAD_MAX {
            return refuse(scripts::STATUS_AHEAD, format!("the epoch {} is more than {EPOCH_AHEAD_MAX} ahead", record.epoch));
        }
        self.epoch = record.epoch;
        match self.records.get(&record.key) {
            Some(Some(output)) => Some(output.clone()),
            Some(None) if !record.repeatable => {
                refuse(scripts::STATUS_UNKNOWN, "it was begun here, and nothing is left of it: the host or it was killed".to_owned())
            }
            _ => {
                self.records.insert(record.key.clone(), None);
                None
            }
        }
    }
}
