//! What must hold? The cases in their order; those of the short form first, from what changes nothing to what breaks things.

mod harness;
mod held;
mod killed;
mod kinds;
mod moved;
mod outage;
mod packaged;
mod program;
mod refused;
mod reversed;
mod road;
mod surveyed;
mod undone;
mod units;

use super::scene::Scene;

/// One thing that must hold.
pub(crate) struct Case {
    /// For people, and for `--case`.
    pub(crate) name: &'static str,
    /// Fails with what did not hold.
    pub(crate) body: fn(&Scene) -> Result<(), String>,
}

const SHORT: &[Case] = &[
    Case { name: "harness: a plain copy is found out", body: harness::plain_copy_is_found_out },
    Case { name: "harness: a full copy is not accused", body: harness::full_copy_agrees },
    Case { name: "program: check and plan find no fault", body: program::check_and_plan },
    Case { name: "packaged: installs, works and goes on a clean Debian", body: packaged::installs },
    Case { name: "surveyed: as root, and the checks hold on what is found", body: surveyed::as_root },
    Case { name: "surveyed: with sudo", body: surveyed::with_sudo },
    Case { name: "surveyed: without root, a banner and a broken profile", body: surveyed::without_root },
    Case { name: "surveyed: busybox", body: surveyed::busybox },
    Case { name: "surveyed: a disk that is read-only", body: surveyed::read_only },
    Case { name: "kinds: what is on a host comes, changes and goes, on Debian", body: kinds::debian },
    Case { name: "kinds: the same with busybox only", body: kinds::busybox },
    Case { name: "kinds: units of a systemd that runs", body: units::come_and_go },
    Case { name: "road: a step that cuts it is undone by the host", body: road::cut },
    Case { name: "road: closed to new connections only", body: road::closed_to_new },
    Case { name: "road: what cuts nothing stays", body: road::harmless },
    Case { name: "road: killed when it was cut", body: road::killed },
    Case { name: "refused: a host that is not reached", body: refused::unreachable },
    Case { name: "refused: a key that is not accepted", body: refused::key },
    Case { name: "refused: a host key that changed", body: refused::host_key },
    Case { name: "refused: a disk that is full", body: refused::full_disk },
    Case { name: "refused: a tool that is missing", body: refused::missing_tool },
    Case { name: "refused: two faults in one report", body: refused::two_at_once },
    Case { name: "moved: everything is on the other side", body: moved::everything },
    Case { name: "moved: a second apply does nothing", body: moved::again },
    Case { name: "held: databases hold the same on the other side", body: held::by_databases },
    Case { name: "killed: in the middle of the copy", body: killed::in_the_copy },
    Case { name: "killed: when the source was stopped", body: killed::at_the_stop },
    Case { name: "killed: at twenty-two entries of the journal", body: killed::at_entries },
    Case { name: "undone: the disk fills up during the final copy", body: undone::full_disk },
    Case { name: "undone: the copy is not what it was copied from", body: undone::disturbed_copy },
    Case { name: "reversed: what was written on the target comes back", body: reversed::with_newer_writes },
    Case { name: "reversed: a source that was written to is left alone", body: reversed::changed_source },
];

const LONG: &[Case] = &[
    Case { name: "killed: early in the copy", body: killed::early },
    Case { name: "killed: late in the copy", body: killed::late },
    Case { name: "killed: again and again", body: killed::again_and_again },
    Case { name: "reversed: killed again and again", body: reversed::killed },
    Case { name: "outage: the target is cut off in the middle of the copy", body: outage::target_cut_off },
    Case { name: "outage: the source is cut off in the middle of the copy", body: outage::source_cut_off },
    Case { name: "outage: the target loses power in the middle of the copy", body: outage::target_power },
    Case { name: "outage: the source loses power after it was stopped", body: outage::source_power },
];

/// The cases of a form.
pub(crate) fn all(long: bool) -> Vec<&'static Case> {
    let more: &[Case] = if long { LONG } else { &[] };
    SHORT.iter().chain(more).collect()
}
