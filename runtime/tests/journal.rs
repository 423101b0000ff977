//! Is a journal in a folder read whole or refused, and does a snapshot stand for what came before it?

#![allow(clippy::disallowed_methods, reason = "tests make folders and look at what is left")]

mod common;
mod support;

use common::{Builder, finish, options};
use mig_plan::{Digest, Entry, Plan, Record, State};
use mig_runtime::{
    executor::Exit,
    journal::{self, Journal, JournalError, SNAPSHOT_AFTER_ENTRIES},
    real::{RealWorld, Store},
    sim::SimWorld,
};
use std::{collections::BTreeMap, fs, path::PathBuf};
use support::{Folder, now};

/// A plan that can be applied again and again.
fn plan_on(state: &State) -> Plan {
    let mut builder = Builder::new();
    builder.server();
    Plan { serial: state.serial, head: state.head.clone(), ..builder.plan }
}

fn load(world: &SimWorld) -> State {
    world.drive(journal::load(world)).unwrap().unwrap()
}

/// Runs until there are more entries than that.
fn runs(entries: u64) -> (SimWorld, State) {
    let world = SimWorld::new(&common::facts(&[]), &plan_on(&State::default()));
    let mut state = State::default();
    while state.serial <= entries {
        let result = finish(&world, &plan_on(&state)).0;
        assert_eq!(result.exit, Exit::Done, "{result:?}");
        state = load(&world);
    }
    (world, state)
}

/// A journal in a folder.
struct Kept {
    folder: Folder,
    entries: Vec<Vec<u8>>,
}

impl Kept {
    fn new(name: &str, world: &SimWorld) -> Self {
        let entries = (1..).map_while(|number| world.entry(number)).collect();
        let kept = Self { folder: Folder::new(name), entries };
        kept.restore();
        kept
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("{number:08}.json"))
    }

    fn restore(&self) {
        for (index, bytes) in self.entries.iter().enumerate() {
            fs::write(self.path(index + 1), bytes).unwrap();
        }
    }

    fn world(&self) -> RealWorld {
        now(RealWorld::new(&BTreeMap::new(), Store::new(self.folder.path()))).unwrap()
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    fn load(&self) -> Result<State, JournalError> {
        Self::wait(async { journal::load(&self.world()).await })
    }

    /// Every entry, and the numbers of those that were shown.
    fn walk(&self) -> (Result<State, JournalError>, Vec<u64>) {
        let mut shown = vec![];
        let result = Self::wait(async { journal::walk(&self.world(), |entry, _| shown.push(entry.number)).await });
        (result, shown)
    }

    /// What both say that read it, which is the same.
    fn refusal(&self) -> String {
        let (error, walked) = (self.load().unwrap_err(), self.walk().0.unwrap_err());
        assert_eq!(error, walked);
        assert!(!error.help().is_empty());
        error.to_string()
    }
}

#[test]
fn an_entry_that_is_missing_is_no_end() {
    let (world, state) = runs(8);
    let kept = Kept::new("gap", &world);
    let last = kept.entries.len();
    assert_eq!(kept.load().unwrap(), state);
    for number in 2..last {
        fs::remove_file(kept.path(number)).unwrap();
        assert_eq!(kept.refusal(), format!("entry {number} of the journal is missing, though there is entry {last}"));
        kept.restore();
    }
    fs::remove_file(kept.path(1)).unwrap();
    assert_eq!(kept.refusal(), "entry 1 of the journal is missing, though there is entry 2");
    for number in [2, 3, 5] {
        fs::remove_file(kept.path(number)).unwrap();
    }
    kept.restore();
    for number in [2, 3, 5] {
        fs::remove_file(kept.path(number)).unwrap();
    }
    assert_eq!(kept.refusal(), format!("entries 2 to 3, 5 of the journal are missing, though there is entry {last}"));
    kept.restore();
    fs::write(kept.folder.path().join("00000099.json~"), "of an editor").unwrap();
    fs::write(kept.folder.path().join("99.json"), "not ours").unwrap();
    assert_eq!(kept.load().unwrap(), state);
}

#[test]
fn a_damaged_entry_is_named() {
    let (world, state) = runs(5);
    let kept = Kept::new("damaged", &world);
    let last = kept.entries.len();
    for number in 2..last {
        let bytes = &kept.entries[number - 1];
        let of_this = format!("entry {number} of the journal ");
        let of_next = format!("entry {} of the journal does not follow entry {number} as it is now", number + 1);
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            fs::write(kept.path(number), &bytes[..length]).unwrap();
            assert_eq!(kept.refusal(), format!("{of_this}was cut off"), "{length}");
        }
        for place in 0..bytes.len() {
            let mut edited = bytes.clone();
            edited[place] ^= 1;
            fs::write(kept.path(number), &edited).unwrap();
            let told = kept.load().unwrap_err().to_string();
            assert!(told.starts_with(&of_this) || told == of_next, "byte {place}: {told}");
        }
        let text = String::from_utf8(bytes.clone()).unwrap();
        let newer = format!("\"version\":{}", Entry::VERSION + 1);
        fs::write(kept.path(number), text.replacen(&format!("\"version\":{}", Entry::VERSION), &newer, 1)).unwrap();
        assert!(kept.refusal().starts_with(&format!("{of_this}has version {}", Entry::VERSION + 1)), "{}", kept.refusal());
        kept.restore();
        fs::write(kept.path(number), &kept.entries[number]).unwrap();
        fs::write(kept.path(number + 1), bytes).unwrap();
        let told = [kept.load(), kept.walk().0].map(|result| result.unwrap_err().to_string());
        assert_eq!(told[1], format!("{of_this}says that it is entry {}", number + 1));
        assert_eq!(told[0], format!("entry {} of the journal says that it is entry {number}", number + 1));
        kept.restore();
    }
    assert_eq!(kept.load().unwrap(), state);
}

#[test]
fn a_journal_of_the_first_version_is_read() {
    let (world, state) = runs(5);
    let kept = Kept::new("first", &world);
    let mut previous = String::new();
    for (index, bytes) in kept.entries.iter().enumerate() {
        let entry = Entry { version: 1, previous, ..serde_json::from_slice(bytes).unwrap() };
        let bytes = serde_json::to_vec(&entry).unwrap();
        fs::write(kept.path(index + 1), &bytes).unwrap();
        previous = Digest::of_bytes(&bytes).as_str().to_owned();
    }
    let read = kept.load().unwrap();
    assert_eq!((read.resources, read.serial, read.epoch), (state.resources, state.serial, state.epoch));
}

/// The entries that begin with a snapshot.
fn snapshots(kept: &Kept) -> Vec<usize> {
    let entries = kept.entries.iter().map(|bytes| serde_json::from_slice::<Entry>(bytes).unwrap());
    entries.filter(|entry| matches!(entry.records[0], Record::Snapshot { .. })).map(|entry| entry.number as usize).collect()
}

#[test]
fn a_snapshot_stands_for_the_entries_before_it() {
    let (world, state) = runs(2 * SNAPSHOT_AFTER_ENTRIES + 20);
    let kept = Kept::new("snapshot", &world);
    let found = snapshots(&kept);
    let [first, newest] = found[..] else { panic!("{found:?}") };
    assert!(first > SNAPSHOT_AFTER_ENTRIES as usize && newest - first >= SNAPSHOT_AFTER_ENTRIES as usize);
    // What it stands for is not read, but whoever reads everything sees that it is damaged.
    fs::write(kept.path(first + 3), "{}").unwrap();
    assert_eq!(kept.load().unwrap(), state);
    let (result, shown) = kept.walk();
    assert!(result.unwrap_err().to_string().contains(&format!("entry {} of the journal is damaged", first + 3)));
    assert_eq!(shown.len(), first + 2);
    kept.restore();
    assert_eq!(kept.walk().0.unwrap(), state);
    // The last run is always behind the newest snapshot, so it can be undone.
    assert!(world.drive(journal::last_done(&world)).unwrap().unwrap().is_some());
    // A gap before it is a loss all the same.
    fs::remove_file(kept.path(4)).unwrap();
    assert!(kept.refusal().starts_with("entry 4 of the journal is missing"));
    kept.restore();
    // Removed from the first on, as far as one got.
    let store = Store::new(kept.folder.path());
    for (before, begins) in [(2, first), (first, first), (first + 1, newest), (newest, newest)] {
        now(store.remove_before(before as u64)).unwrap();
        assert_eq!(kept.load().unwrap(), state);
        let (result, shown) = kept.walk();
        assert_eq!((result.unwrap(), shown[0] as usize), (state.clone(), begins));
    }
    now(store.remove_before(newest as u64 + 1)).unwrap();
    assert_eq!(kept.refusal(), format!("entries 1 to {newest} of the journal are missing, though there is entry {}", newest + 1));
}

#[test]
fn a_snapshot_that_is_not_the_fold_is_refused() {
    let (world, _) = runs(SNAPSHOT_AFTER_ENTRIES + 10);
    let kept = Kept::new("forged", &world);
    let number = snapshots(&kept)[0];
    let mut entry: Entry = serde_json::from_slice(&kept.entries[number - 1]).unwrap();
    let Record::Snapshot { state } = &mut entry.records[0] else { unreachable!() };
    state.resources.clear();
    fs::write(kept.path(number), serde_json::to_vec(&entry).unwrap()).unwrap();
    assert!(kept.load().unwrap_err().to_string().contains(&format!("does not follow entry {number} as it is now")));
    let told = kept.walk().0.unwrap_err().to_string();
    assert!(told.contains(&format!("entry {number} of the journal is damaged: its snapshot is not what")), "{told}");
    let Record::Snapshot { state } = &mut entry.records[0] else { unreachable!() };
    state.serial -= 1;
    fs::write(kept.path(number), serde_json::to_vec(&entry).unwrap()).unwrap();
    assert!(kept.load().unwrap_err().to_string().contains("its snapshot is not of the entry before"));
}

#[test]
fn what_is_forgotten_is_forgotten_for_good() {
    let (world, state) = runs(3);
    let address = state.resources.keys().next().unwrap().clone();
    let forget = async {
        let mut journal = Journal::open(&world).await?;
        journal.forget(vec![address.clone()], &options().by);
        journal.flush().await
    };
    world.drive(forget).unwrap().unwrap();
    let after = load(&world);
    assert!(!after.resources.contains_key(&address));
    assert_eq!((after.serial, after.epoch, &after.unfinished), (state.serial + 1, state.epoch, &None));
    // The run before is not undone any more: that would bring it back.
    assert_eq!(world.drive(journal::last_done(&world)).unwrap().unwrap(), None);
    assert_eq!(finish(&world, &plan_on(&after)).0.exit, Exit::Done);
    assert!(load(&world).resources.contains_key(&address));
}
