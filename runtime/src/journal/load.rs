//! Is the journal whole, and what is the state? Each entry is checked before it is folded.
//!
//! Repairs nothing: an entry that was cut, edited or written by a newer program is named, with what to do.

use super::{ENTRY_SIZE_MAX_BYTES, JournalError};
use crate::{World, validate::validate};
use mig_plan::{Digest, Entry, Record, RunEnd, State, journal::Unfinished};
use serde::Deserialize;

/// A journal may have so many entries.
const ENTRY_COUNT_MAX: u64 = 1_000_000;
const RESTORE: &str = "put the entry back from a copy of the state's folder; nothing was changed on any host";

/// What every version of an entry has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Reads entries 1, 2, … and folds them.
pub async fn load<W: World>(world: &W) -> Result<State, JournalError> {
    walk(world, |_, _| {}).await
}

/// The same, and shows each entry that was proven whole, with the state before it.
pub async fn walk<W: World>(world: &W, mut visit: impl FnMut(&Entry, &State)) -> Result<State, JournalError> {
    let mut state = State::default();
    for number in 1..=ENTRY_COUNT_MAX {
        let Some(bytes) = world.read_entry(number).await? else { return Ok(state) };
        let entry = read(number, &bytes, &state)?;
        check_records(&entry, &state)?;
        visit(&entry, &state);
        state.fold(&entry, Digest::of_bytes(&bytes).as_str());
    }
    Err(refused(ENTRY_COUNT_MAX, "is the last that fits", "begin a new state with `migc init`, and import what exists"))
}

/// The last run, as it was before its end, if that was that all of it is done.
pub async fn last_done<W: World>(world: &W) -> Result<Option<Unfinished>, JournalError> {
    let mut last = None;
    let visit = |entry: &Entry, before: &State| {
        let Some((end, records)) = entry.records.split_last() else { return };
        if matches!(end, Record::Ended { end: RunEnd::Done }) {
            let mut state = before.clone();
            state.fold(&Entry { records: records.to_vec(), ..entry.clone() }, "");
            last = state.unfinished;
        } else if entry.records.iter().any(|record| matches!(record, Record::Started { .. } | Record::Reopened { .. })) {
            last = None;
        }
    };
    walk(world, visit).await?;
    Ok(last)
}

fn refused(entry: u64, message: impl Into<String>, help: impl Into<String>) -> JournalError {
    JournalError::Refused { entry, message: message.into(), help: help.into() }
}

fn read(number: u64, bytes: &[u8], state: &State) -> Result<Entry, JournalError> {
    if bytes.len() > ENTRY_SIZE_MAX_BYTES {
        return Err(refused(number, format!("has {} bytes; {ENTRY_SIZE_MAX_BYTES} are the most", bytes.len()), RESTORE));
    }
    let damaged = |error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Eof => refused(number, "was cut off", RESTORE),
        _ => refused(number, format!("is damaged: {error}"), RESTORE),
    };
    let parsed = serde_json::from_slice::<Entry>(bytes);
    let version = match &parsed {
        Ok(entry) => entry.version,
        // What a newer program wrote need not have the shape of ours, but it says its version in the same place.
        Err(_) => serde_json::from_slice::<Versioned>(bytes).map_err(damaged)?.version,
    };
    if version > Entry::VERSION {
        let message = format!("has version {version}; this migc reads up to {}", Entry::VERSION);
        return Err(refused(number, message, "use the migc that wrote it, or a newer one"));
    }
    if version < 1 {
        return Err(refused(number, format!("has version {version}, which never was"), RESTORE));
    }
    let entry = parsed.map_err(damaged)?;
    if entry.number != number {
        return Err(refused(number, format!("says that it is entry {}", entry.number), RESTORE));
    }
    if entry.previous != state.head {
        let message =
            if number == 1 { "does not begin a journal".to_owned() } else { format!("does not follow entry {} as it is now", number - 1) };
        return Err(refused(number, message, format!("one of the two was edited or exchanged; {RESTORE}")));
    }
    Ok(entry)
}

/// Are the records such as this program writes, in this place?
fn check_records(entry: &Entry, state: &State) -> Result<(), JournalError> {
    let mut plan = state.unfinished.as_ref().map(|u| &*u.plan);
    let mut run = state.unfinished.as_ref().map(|u| u.run.as_str());
    let wrong = |what: &str| refused(entry.number, format!("is damaged: {what}"), RESTORE);
    for record in &entry.records {
        if let Record::Started { plan: started, .. } = record {
            if run.is_some() {
                return Err(wrong("a run begins while another is unfinished"));
            }
            if let Some(problem) = validate(started).err().and_then(|problems| problems.into_iter().next()) {
                return Err(wrong(&problem));
            }
            plan = Some(started);
            run = Some(&entry.run);
            continue;
        }
        if let Record::Reopened { run: again, .. } = record {
            let steps = || again.done.keys().chain(&again.open).chain(&again.undone);
            if run.is_some() || again.run != entry.run || again.plan.project != state.project {
                return Err(wrong("a run is opened again that cannot be"));
            }
            if let Some(problem) = validate(&again.plan).err().and_then(|problems| problems.into_iter().next()) {
                return Err(wrong(&problem));
            }
            if let Some(step) = steps().find(|id| again.plan.step(id).is_none()) {
                return Err(wrong(&format!("there is no step `{}` in its plan", step.escape_debug())));
            }
            plan = Some(&again.plan);
            run = Some(&entry.run);
            continue;
        }
        if run != Some(entry.run.as_str()) {
            return Err(wrong("it is of a run that is not going on"));
        }
        let step = match record {
            Record::Intent { step } | Record::Outcome { step, .. } | Record::Undone { step, .. } => Some(step),
            Record::Started { .. }
            | Record::Resumed { .. }
            | Record::Reopened { .. }
            | Record::GoingBack { .. }
            | Record::Interrupted { .. }
            | Record::Ended { .. } => None,
        };
        if let Some(step) = step
            && plan.is_none_or(|plan| plan.step(step).is_none())
        {
            return Err(wrong(&format!("there is no step `{}` in its plan", step.escape_debug())));
        }
        if matches!(record, Record::Ended { .. }) {
            (plan, run) = (None, None);
        }
    }
    Ok(())
}
