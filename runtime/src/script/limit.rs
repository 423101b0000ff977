//! How long may a script take before it counts as hung? By what it is: it asks, acts, waits, or reads much.
//!
//! A link that goes dark is noticed by ssh's own keep-alives; these limits are for what hangs on a host that answers, as a daemon or
//! a filesystem of a network does. They are generous, for whoever is stopped too early has to look by hand.

use super::Script;
use crate::wire::jobs::JOB_COUNT_AT_ONCE;
use std::time::Duration;

/// A question about one thing.
const ASK_SECONDS: u64 = 60;
/// One that looks at every file below a path, or at every process.
const SEARCH_SECONDS: u64 = 900;
/// A change of one thing, with half a minute for a lock.
const ACT_SECONDS: u64 = 600;
/// Packages, and images from a registry.
const FETCH_SECONDS: u64 = 7_200;
/// Names, sizes and times of a tree, or its removal.
const LIST_SECONDS: u64 = 3_600;
/// Contents of a tree: a day reads 8 TB at 100 MB/s.
const READ_SECONDS: u64 = 86_400;
/// One answer may have so many bytes; a listing of a tree is the longest.
const ANSWER_MAX_BYTES: usize = 1 << 30;
/// A short one; see `limited` in `scripts/head.sh`.
const SHORT_ANSWER_MAX_BYTES: usize = 64 << 20;
/// The input of a script that travels with others.
const SHORT_INPUT_MAX_BYTES: usize = 1 << 20;
/// A stream may be silent for so long, while tar looks for data or what was received is written to a disk.
pub const SILENCE: Duration = Duration::from_secs(600);

impl Script {
    /// From its start to its answer.
    pub fn limit(&self) -> Duration {
        let seconds = match self.name {
            "about" | "states" | "tools" | "space" | "path_look" | "tree_taken" | "port_look" | "container_look" | "container_logs"
            | "image_look" | "observe" | "disarm" => ASK_SECONDS,
            "probe_tcp" | "probe_http" => ASK_SECONDS,
            "open_files" => SEARCH_SECONDS,
            "image_pull" | "install_tools" | "call" | "armed" => FETCH_SECONDS,
            "service_proof" => LIST_SECONDS,
            "tree_list" if self.words.get(1).is_some_and(|depth| depth == "full") => READ_SECONDS,
            "tree_list" | "tree_delete" => LIST_SECONDS,
            "container_stop" => {
                // Under a record its own words come last.
                let grace = self.words.last().and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
                ACT_SECONDS.saturating_add(grace)
            }
            _ => ACT_SECONDS,
        };
        Duration::from_secs(seconds)
    }

    /// Is it short to ask and to answer, so that it may travel with others? Its answer waits in the memory of the host for a moment.
    pub fn is_short(&self) -> bool {
        let asks = matches!(
            self.name,
            "call"
                | "disarm"
                | "observe"
                | "about"
                | "tools"
                | "space"
                | "path_look"
                | "port_look"
                | "container_look"
                | "image_look"
                | "probe_tcp"
                | "probe_http"
        );
        asks && self.stdin.len() <= SHORT_INPUT_MAX_BYTES && std::str::from_utf8(&self.stdin).is_ok_and(|text| !text.contains('\0'))
    }

    /// What is read of its answer.
    pub(crate) fn answer_max_bytes(&self) -> usize {
        if self.is_short() { SHORT_ANSWER_MAX_BYTES } else { ANSWER_MAX_BYTES }
    }
}

/// Of scripts that run one after the other.
pub fn of_all(scripts: &[Script]) -> Duration {
    scripts.iter().map(Script::limit).fold(Duration::ZERO, Duration::saturating_add)
}

/// Of jobs that run beside each other, [`JOB_COUNT_AT_ONCE`] at a time.
pub fn of_jobs(jobs: &[&[Script]]) -> Duration {
    let longest = jobs.iter().map(|job| of_all(job)).max().unwrap_or_default();
    longest.saturating_mul(u32::try_from(jobs.len().div_ceil(JOB_COUNT_AT_ONCE)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{manifest::Depth, scripts};

    #[test]
    fn what_asks_is_given_up_before_what_reads() {
        let ask = scripts::container_look("mysql").limit();
        let (meta, full) = (scripts::tree_list("/d", Depth::Meta, &[]).limit(), scripts::tree_list("/d", Depth::Full, &[]).limit());
        assert!(ask < scripts::container_start("mysql").limit() && meta < full);
        let (graceful, quick) = (scripts::container_stop("mysql", 120).limit(), scripts::container_stop("mysql", 0).limit());
        assert_eq!(graceful, quick + Duration::from_secs(120));
        assert_eq!(of_all(&[scripts::about(), scripts::about()]), 2 * scripts::about().limit());
    }
}
