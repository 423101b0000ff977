//! What does a second operator do? Takes over the journal by its next entry, and acts on nothing while the first one may still act.
//!
//! The one place of the simulation that knows what an entry looks like.

use mig_plan::{Digest, Entry, Record, RunEnd};
use std::{collections::BTreeMap, rc::Rc};

/// Who.
pub(super) const NAME: &str = "somebody@elsewhere";

/// Writes the entry by which another operator goes on with the run; nothing, if no run is unfinished.
pub(super) fn take_over(entries: &mut BTreeMap<u64, Rc<Vec<u8>>>) {
    let Some((number, bytes)) = entries.last_key_value() else { return };
    let Ok(last) = serde_json::from_slice::<Entry>(bytes) else { return };
    if matches!(last.records.last(), Some(Record::Ended { end: RunEnd::Done | RunEnd::Undone | RunEnd::Abandoned })) {
        return;
    }
    let entry = Entry {
        version: Entry::VERSION,
        number: number + 1,
        previous: Digest::of_bytes(bytes).as_str().to_owned(),
        run: last.run,
        time_ms: last.time_ms,
        records: vec![Record::Resumed { by: NAME.to_owned() }],
    };
    if let Ok(bytes) = serde_json::to_vec(&entry) {
        entries.insert(entry.number, Rc::new(bytes));
    }
}
