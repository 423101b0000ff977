//! What does the journal of a simulated world say, and what was left in the end? Read as it stands there, each entry once.

use crate::{
    journal::Known,
    sim::{End, SimWorld},
};
use mig_plan::{Digest, Entry, Fold, Plan, Record, ResourceState, RunEnd, State};
use std::{
    cell::{Ref, RefCell},
    collections::BTreeMap,
    sync::Arc,
};

/// World and state in the end.
#[derive(Default)]
pub(super) struct Left {
    world: End,
    state: State,
}

impl Left {
    pub(super) fn new(world: End, state: State) -> Self {
        Self { world, state }
    }

    /// Would the lines be the same? Most faults leave no trace, and this is how to see it without a line.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let (own, others) = (&self.state.resources, &other.state.resources);
        let are_alike = |(one, other): (&ResourceState, &ResourceState)| {
            (&one.kind, &one.digest, &one.attributes) == (&other.kind, &other.digest, &other.attributes)
        };
        self.state.unfinished.is_some() == other.state.unfinished.is_some()
            && own.keys().eq(others.keys())
            && own.values().zip(others.values()).all(are_alike)
            && self.world.is_like(&other.world)
    }

    /// For people and for comparing.
    pub(super) fn lines(&self) -> BTreeMap<String, String> {
        let mut lines = self.world.lines();
        for (address, resource) in &self.state.resources {
            lines.insert(format!("state: {address}"), format!("{} {} {:?}", resource.kind, resource.digest, resource.attributes));
        }
        let unfinished = if self.state.unfinished.is_some() { "one" } else { "none" };
        lines.insert("state: unfinished run".to_owned(), unfinished.to_owned());
        lines
    }
}

/// The journal of a simulated world, and the numbers of the entries by which a run begins.
///
/// Such an entry only holds the plan, which is known and long, so it is not read again.
pub(super) struct Ledger<'a> {
    plan: &'a Arc<Plan>,
    known: &'a Known,
    world: &'a SimWorld,
    begins: Vec<u64>,
    /// Nothing is ever written in the place of another entry.
    read: RefCell<Vec<Arc<Entry>>>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(plan: &'a Arc<Plan>, known: &'a Known, world: &'a SimWorld) -> Self {
        Self { plan, known, world, begins: vec![plan.serial + 1], read: RefCell::default() }
    }

    /// A run will begin by that entry.
    pub(super) fn expect_beginning(&mut self, number: u64) {
        self.begins.push(number);
    }

    /// All of them, as far as they can be read.
    pub(super) fn entries(&self) -> Ref<'_, Vec<Arc<Entry>>> {
        let mut read = self.read.borrow_mut();
        while let Some(entry) = self.read(read.len() as u64 + 1) {
            read.push(entry);
        }
        drop(read);
        self.read.borrow()
    }

    fn read(&self, number: u64) -> Option<Arc<Entry>> {
        if self.begins.contains(&number) {
            return self.world.shared_entry(number).map(|_| Arc::new(self.beginning(number)));
        }
        self.known.read(number, &self.world.shared_entry(number)?)
    }

    fn beginning(&self, number: u64) -> Entry {
        let started = Record::Started { plan: Arc::clone(self.plan), by: String::new() };
        Entry { version: Entry::VERSION, number, previous: String::new(), run: String::new(), time_ms: 0, records: vec![started] }
    }

    /// The fold, without digests.
    pub(super) fn state(&self) -> State {
        let mut fold = Fold::default();
        for entry in self.entries().iter() {
            fold.entry(entry, "");
        }
        fold.into_state()
    }

    /// The number of the last entry and its digest.
    pub(super) fn end(&self) -> (u64, String) {
        let last = self.entries().len() as u64;
        (last, self.world.shared_entry(last).map(|bytes| Digest::of_bytes(&bytes).as_str().to_owned()).unwrap_or_default())
    }

    /// How the last run ended, if it did.
    pub(super) fn run_end(&self) -> Option<RunEnd> {
        match self.entries().last()?.records.last()? {
            Record::Ended { end } => Some(*end),
            _ => None,
        }
    }
}
