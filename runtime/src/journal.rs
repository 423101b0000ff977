//! What has happened so far, and how is more written down? Entries are read, checked and folded; records are batched and appended.
//!
//! Knows no steps' meaning. Refuses what it cannot prove whole, and never guesses at what a damaged entry may have said.

mod known;
mod load;

pub(crate) use known::Known;
use known::NOTHING;
pub use load::{LastRun, last_done, last_run, load, walk};

use crate::{StoreError, World};
use mig_plan::{Digest, Entry, Fold, Plan, Record, State, journal::Unfinished, plan::Address};
use std::{borrow::Cow, sync::Arc, time::Duration};

/// An entry holds at most so many records.
pub const RECORDS_PER_ENTRY_MAX: usize = 1_000;
/// A record waits at most so long for others to share its entry.
pub const BATCH_WAIT_MS: u64 = 250;
/// An entry may have so many bytes; the first of a run holds the whole plan.
pub const ENTRY_SIZE_MAX_BYTES: usize = 64 << 20;

/// A run that begins so many entries after the newest snapshot writes another.
pub const SNAPSHOT_AFTER_ENTRIES: u64 = 100;
/// A message names so many gaps.
const GAPS_TOLD_MAX: usize = 10;

/// Why the journal cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// An entry is not what was written, or not for this program.
    #[error("entry {entry} of the journal {message}")]
    Refused {
        /// Its number.
        entry: u64,
        /// What is wrong, as the rest of the sentence.
        message: String,
        /// What to do.
        help: String,
    },
    /// There are entries after those that should be there.
    #[error("{} missing, though there is entry {last}", entries(numbers))]
    Missing {
        /// First and last of each gap.
        numbers: Vec<(u64, u64)>,
        /// The last entry there is.
        last: u64,
    },
    /// Somebody else writes this state.
    #[error("entry {0} of the journal was written by another run meanwhile")]
    Taken(u64),
    /// The right to write has ended.
    #[error("the lease of the state has ended, and another run may write it now")]
    LeaseEnded,
    /// The store did not answer.
    #[error("the journal cannot be read or written: {0}")]
    Store(String),
}

impl JournalError {
    /// Does another run write the state now, or may it?
    pub fn is_of_another(&self) -> bool {
        matches!(self, Self::Taken(_) | Self::LeaseEnded)
    }

    /// What to do about it.
    pub fn help(&self) -> &str {
        match self {
            Self::Refused { help, .. } => help,
            Self::Missing { .. } => RESTORE_MISSING,
            Self::Taken(_) => {
                "nothing more was done here; see `migc status` for who holds the state, and run `migc apply` when that run is over"
            }
            Self::LeaseEnded => {
                "the store was not reached in time to renew it. Steps that ran are asked what became of them when `migc apply` goes on; `migc status` shows who holds the state"
            }
            Self::Store(_) => "see that the state's place is there and can be written, then run `migc apply` again",
        }
    }
}

const RESTORE_MISSING: &str = "put them back from a copy of the state's folder; without them nobody knows what was done. Only `migc state compact` removes entries, and only those before a snapshot. Nothing was changed on any host";

const FORGED: &str = "does not carry the seal of this state: it was edited, moved, or written with another key";
const FORGED_HELP: &str = "see that the secret `state_key` is that of this state; if it is, put the entry back from a copy, for somebody without the key wrote there. Nothing was changed on any host";

/// `entries 2 to 4, 7 of the journal are`; of many gaps the first ones.
fn entries(gaps: &[(u64, u64)]) -> String {
    let name = |&(first, last): &(u64, u64)| if first == last { first.to_string() } else { format!("{first} to {last}") };
    let mut names: Vec<String> = gaps.iter().take(GAPS_TOLD_MAX).map(name).collect();
    if gaps.len() > GAPS_TOLD_MAX {
        names.push("others".to_owned());
    }
    let (noun, verb) = if matches!(gaps, [(first, last)] if first == last) { ("entry", "is") } else { ("entries", "are") };
    format!("{noun} {} of the journal {verb}", names.join(", "))
}

impl From<StoreError> for JournalError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(number) => Self::Taken(number),
            StoreError::Forged(entry) => Self::Refused { entry, message: FORGED.to_owned(), help: FORGED_HELP.to_owned() },
            StoreError::LeaseEnded => Self::LeaseEnded,
            StoreError::Failed(message) => Self::Store(message),
        }
    }
}

/// The journal, open for a run.
pub struct Journal<'w, W> {
    world: &'w W,
    known: &'w Known,
    fold: Fold,
    run: String,
    pending: Vec<Record>,
    /// When the oldest pending record was pushed, as [`World::elapsed_ms`].
    pending_since_ms: u64,
}

impl<'w, W: World> Journal<'w, W> {
    /// Reads it from the newest snapshot on.
    pub async fn open(world: &'w W) -> Result<Self, JournalError> {
        Self::open_known(world, &NOTHING).await
    }

    /// The same, where something is known already.
    pub(crate) async fn open_known(world: &'w W, known: &'w Known) -> Result<Self, JournalError> {
        let fold = load::fold(world, known).await?;
        let run = fold.state().unfinished.as_ref().map(|u| u.run.clone()).unwrap_or_default();
        Ok(Self { world, known, fold, run, pending: vec![], pending_since_ms: 0 })
    }

    /// The state by all that is durable.
    pub fn state(&self) -> &State {
        self.fold.state()
    }

    /// The name of the run that writes.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Grows whenever a run is begun or taken up; hosts refuse a smaller one. A number of a lease would do as well.
    pub fn epoch(&self) -> u64 {
        self.state().epoch
    }

    /// Names the run that is about to begin. If the last snapshot is long ago, another comes first; not before a run that goes back over
    /// the last one, which has to be known if that is undone.
    pub fn begin_run(&mut self, plan: &Arc<Plan>) {
        if plan.reverses.is_none() {
            self.push_snapshot();
        }
        self.run = format!("r{}", Digest::of(&(self.known.digest(plan), self.state().serial + 1)).short(RUN_NAME_DIGITS));
    }

    /// Forgets resources, which stay as they are in the world.
    pub fn forget(&mut self, addresses: Vec<Address>, by: &str) {
        self.push_snapshot();
        self.run.clear();
        self.push(Record::Forgotten { addresses, by: by.to_owned() });
    }

    /// Closes the way back of moves that are done. Without a snapshot, so that the last run is still known, and why it stays.
    pub fn confirm(&mut self, moves: Vec<Address>, by: &str) {
        self.run.clear();
        self.push(Record::Confirmed { moves, by: by.to_owned() });
    }

    /// Begins with what was found of a state that was lost. For a journal without entries.
    pub fn rebuild(&mut self, state: State) {
        self.run.clear();
        self.push(Record::Snapshot { state: Box::new(State { serial: 0, head: String::new(), unfinished: None, ..state }) });
    }

    /// Before a run and not after it: then the newest snapshot never hides the last run, which may still be undone.
    fn push_snapshot(&mut self) {
        if self.fold.since_snapshot() >= SNAPSHOT_AFTER_ENTRIES {
            self.push(Record::Snapshot { state: Box::new(self.state().clone()) });
        }
    }

    /// Opens a run again that was done.
    pub fn reopen(&mut self, run: &Unfinished, by: &str) {
        self.run.clone_from(&run.run);
        self.push(Record::Reopened { run: Box::new(run.clone()), by: by.to_owned() });
    }

    /// Adds a record, which is durable only after the next [`Journal::flush`].
    pub fn push(&mut self, record: Record) {
        if self.pending.is_empty() {
            self.pending_since_ms = self.world.elapsed_ms();
        }
        self.pending.push(record);
    }

    /// How long the oldest pending record may still wait; `None` if nothing is pending.
    pub fn due_in(&self) -> Option<Duration> {
        let waited = self.world.elapsed_ms().saturating_sub(self.pending_since_ms);
        (!self.pending.is_empty()).then(|| Duration::from_millis(BATCH_WAIT_MS.saturating_sub(waited)))
    }

    /// Makes all that was pushed durable. After an error nothing more may be written: what was pending stays pending and is lost.
    pub async fn flush(&mut self) -> Result<(), JournalError> {
        while !self.pending.is_empty() {
            // A snapshot and the plan after it are both long.
            let is_snapshot = matches!(self.pending.first(), Some(Record::Snapshot { .. }));
            let count = if is_snapshot { 1 } else { self.pending.len().min(RECORDS_PER_ENTRY_MAX) };
            let entry = Entry {
                version: Entry::VERSION,
                number: self.state().serial + 1,
                previous: self.state().head.clone(),
                run: self.run.clone(),
                time_ms: self.world.now_ms(),
                records: self.pending.drain(..count).collect(),
            };
            let known = self.known.beginning(&entry).map(|(bytes, digest)| (Cow::Borrowed(bytes), digest.clone()));
            let written = known.map_or_else(|| write(&entry), Ok);
            let (bytes, digest) = match written {
                Ok(written) => written,
                Err(error) => return self.keep(entry, error),
            };
            if bytes.len() > ENTRY_SIZE_MAX_BYTES {
                // It only saves reading.
                if is_snapshot {
                    continue;
                }
                let error = too_long(entry.number, bytes.len());
                return self.keep(entry, error);
            }
            if let Err(error) = self.world.create_entry(entry.number, &bytes).await {
                return self.keep(entry, error.into());
            }
            self.fold.entry(&entry, digest.as_str());
        }
        Ok(())
    }
}

/// An entry as bytes, and their digest.
fn write<'b>(entry: &Entry) -> Result<(Cow<'b, [u8]>, Digest), JournalError> {
    let bytes = serde_json::to_vec(entry).map_err(|e| JournalError::Store(e.to_string()))?;
    let digest = Digest::of_bytes(&bytes);
    Ok((bytes.into(), digest))
}

fn too_long(entry: u64, bytes: usize) -> JournalError {
    let message = format!("would have {bytes} bytes, and was not written; {ENTRY_SIZE_MAX_BYTES} are the most");
    JournalError::Refused { entry, message, help: "a run begins with its whole plan: apply a part of the program first".to_owned() }
}

impl<W> Journal<'_, W> {
    /// What was not written stays pending.
    fn keep(&mut self, entry: Entry, error: JournalError) -> Result<(), JournalError> {
        self.pending.splice(..0, entry.records);
        Err(error)
    }
}

/// Enough that two runs of one state never share a name.
const RUN_NAME_DIGITS: usize = 12;
