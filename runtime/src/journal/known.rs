//! What is known already of a plan and of the entries of its journals? Whoever applies one plan again and again finds it out once.
//!
//! Holds only what the same content would come to anyway, so that a run with it differs from one without it in time alone.

use super::load::{Digested, parse, read_bytes};
use crate::validate::validate;
use mig_plan::{Digest, Entry, Plan, Record};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, OnceLock},
};

/// A plan, and entries of a journal.
#[derive(Debug, Default)]
pub(crate) struct Known {
    plan: Option<Arc<Plan>>,
    problems: Vec<String>,
    digest: OnceLock<Digest>,
    /// Plans with which nothing is wrong.
    sound: Vec<Arc<Plan>>,
    entries: Arc<BTreeMap<u64, KnownEntry>>,
}

#[derive(Debug)]
struct KnownEntry {
    bytes: Vec<u8>,
    entry: Arc<Entry>,
    digest: Digest,
}

/// Of no plan.
pub(super) static NOTHING: LazyLock<Known> = LazyLock::new(Known::default);

impl Known {
    /// A plan, which is looked at here; it need not be well formed.
    pub(crate) fn of(plan: Arc<Plan>) -> Self {
        let problems = validate(&plan).err().unwrap_or_default();
        let sound = if problems.is_empty() { vec![Arc::clone(&plan)] } else { vec![] };
        Self { plan: Some(plan), problems, sound, ..Self::default() }
    }

    /// Another plan, and the same entries.
    pub(crate) fn for_plan(&self, plan: Arc<Plan>) -> Self {
        let mut other = Self::of(plan);
        other.sound.extend(self.sound.iter().cloned());
        other.entries = Arc::clone(&self.entries);
        other
    }

    /// The same with the entries of a journal in which it was applied, as far as they can be read.
    #[must_use]
    pub(crate) fn with_entries(mut self, entries: impl IntoIterator<Item = (u64, Vec<u8>)>) -> Self {
        let read = |(number, bytes): (u64, Vec<u8>)| {
            let (entry, digest) = read_bytes(&NOTHING, number, &bytes).ok()?;
            let entry = Arc::new(self.with_own_plan(Arc::unwrap_or_clone(entry)));
            Some((number, KnownEntry { bytes, entry, digest }))
        };
        self.entries = Arc::new(entries.into_iter().map_while(read).collect());
        self
    }

    /// What was read is the plan itself if it says the same; then there is one of it.
    fn with_own_plan(&self, mut entry: Entry) -> Entry {
        for record in &mut entry.records {
            if let (Record::Started { plan, .. }, Some(own)) = (record, &self.plan)
                && *plan == *own
            {
                *plan = Arc::clone(own);
            }
        }
        entry
    }

    /// What is wrong with the plan.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Was this very plan looked at, and is nothing wrong with it?
    pub(super) fn is_sound(&self, plan: &Arc<Plan>) -> bool {
        self.sound.iter().any(|sound| Arc::ptr_eq(sound, plan))
    }

    fn is_own(&self, plan: &Arc<Plan>) -> bool {
        self.plan.as_ref().is_some_and(|own| Arc::ptr_eq(own, plan))
    }

    /// The digest of a plan.
    pub(super) fn digest(&self, plan: &Arc<Plan>) -> Digest {
        if self.is_own(plan) { self.digest.get_or_init(|| plan.digest()).clone() } else { plan.digest() }
    }

    /// What these bytes say, if that is known.
    pub(super) fn entry(&self, number: u64, bytes: &[u8]) -> Option<Digested> {
        let known = self.entries.get(&number).filter(|known| known.bytes == bytes)?;
        Some((Arc::clone(&known.entry), known.digest.clone()))
    }

    /// What these bytes say, if they can be read.
    pub(crate) fn read(&self, number: u64, bytes: &[u8]) -> Option<Arc<Entry>> {
        let known = self.entry(number, bytes).map(|(entry, _)| entry);
        known.or_else(|| parse(number, bytes).ok().map(Arc::new))
    }

    /// The bytes of an entry by which the plan begins, and their digest, if they are known.
    pub(super) fn beginning(&self, entry: &Entry) -> Option<(&[u8], &Digest)> {
        let known = self.entries.get(&entry.number)?;
        let rest = |entry: &Entry| (entry.version, entry.time_ms);
        let is_same = match (entry.records.as_slice(), known.entry.records.as_slice()) {
            ([Record::Started { plan, by }], [Record::Started { plan: known, by: known_by }]) => Arc::ptr_eq(plan, known) && by == known_by,
            _ => false,
        };
        let is_same =
            is_same && rest(entry) == rest(&known.entry) && (&entry.previous, &entry.run) == (&known.entry.previous, &known.entry.run);
        is_same.then_some((known.bytes.as_slice(), &known.digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearse::tests::plan;

    fn first(plan: &Arc<Plan>, time_ms: u64) -> Entry {
        let records = vec![Record::Started { plan: Arc::clone(plan), by: "me".to_owned() }];
        Entry { version: Entry::VERSION, number: 1, previous: String::new(), run: "r1".to_owned(), time_ms, records }
    }

    #[test]
    fn only_the_same_content_is_known() {
        let plan = Arc::new(plan());
        let bytes = serde_json::to_vec(&first(&plan, 5)).unwrap();
        let known = Known::of(Arc::clone(&plan)).with_entries([(1, bytes.clone())]);
        let (entry, digest) = known.entry(1, &bytes).unwrap();
        assert_eq!((&*entry, digest), (&first(&plan, 5), Digest::of_bytes(&bytes)));
        assert_eq!(known.beginning(&first(&plan, 5)).map(|(bytes, _)| bytes), Some(bytes.as_slice()));
        // Another time, another plan that says the same, and another that does not.
        assert!(known.beginning(&first(&plan, 6)).is_none());
        assert!(known.beginning(&first(&Arc::new((*plan).clone()), 5)).is_none());
        let other = Arc::new(Plan { steps: vec![], ..(*plan).clone() });
        assert!(known.beginning(&first(&other, 5)).is_none() && !known.is_sound(&other));
        assert_eq!(known.digest(&other), other.digest());
        // Bytes that were changed are read anew, and found to be damaged or to say something else.
        let damaged = bytes.get(..bytes.len() - 1).unwrap();
        assert!(known.entry(1, damaged).is_none() && known.read(1, damaged).is_none());
        let edited = String::from_utf8(bytes).unwrap().replace("step 1", "step 9").into_bytes();
        assert_ne!(known.read(1, &edited).unwrap(), entry);
    }

    #[test]
    fn what_is_wrong_with_a_plan_stays_known() {
        let known = Known::of(Arc::new(Plan { project: "a\nb".to_owned(), ..plan() }));
        assert!(!known.problems().is_empty());
        assert!(known.for_plan(Arc::new(plan())).problems().is_empty());
    }
}
