//! What does a host lose with its power, and what does it find when it is back? Containers end at once; the engine starts those it is
//! to keep running.
//!
//! Disks keep what was written; writes that had not reached them are not modelled.

use super::host::SimHost;

/// Exit status of a program that was killed.
const STATUS_KILLED: i32 = 137;

impl SimHost {
    /// All that runs ends without a word.
    pub(super) fn lose_power(&mut self, now_ms: u64, change: u64) {
        self.undo_in_time(now_ms);
        self.forget_roads();
        let running: Vec<String> = self.containers.iter().filter(|(_, c)| c.is_running()).map(|(name, _)| name.clone()).collect();
        for name in running {
            self.halt(&name, now_ms, change);
            if let Some(container) = self.containers.get_mut(&name) {
                container.exit_code = STATUS_KILLED;
                container.lost_power = true;
            }
        }
    }

    /// Starts what the engine starts by itself, and answers its names.
    pub(super) fn boot(&mut self, now_ms: u64, change: u64) -> Vec<String> {
        let lost: Vec<String> = self.containers.iter().filter(|(_, c)| c.lost_power).map(|(name, _)| name.clone()).collect();
        let mut started = vec![];
        for name in lost {
            let Some(container) = self.containers.get_mut(&name) else { continue };
            if matches!(container.restart.as_str(), "always" | "unless-stopped") {
                self.container_start(&name, now_ms, change);
                started.push(name);
            }
        }
        started
    }

    /// Every disk is full.
    pub(super) fn fill_up(&mut self) {
        let mounts: Vec<String> = self.disks.keys().cloned().collect();
        for mount in mounts {
            let used = self.used(&mount);
            if let Some(disk) = self.disks.get_mut(&mount) {
                disk.filler = disk.size.saturating_sub(used);
            }
        }
    }

    /// Somebody takes away what filled the disks.
    pub(super) fn make_room(&mut self) {
        self.disks.values_mut().for_each(|disk| disk.filler = 0);
    }
}
