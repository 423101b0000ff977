//! Is the journal whole, and what is the state? Each entry is checked before it is folded.
//!
//! Reads from the newest snapshot on, which stands for all before it; only `walk` reads everything. Repairs nothing: an entry that
//! is missing, was cut, edited or written by a newer program is named, with what to do.

use super::{ENTRY_SIZE_MAX_BYTES, JournalError, Known, known::NOTHING};
use crate::{World, validate::validate};
use futures_util::{StreamExt as _, future::join_all, stream};
use mig_plan::{Action, Digest, Entry, Fold, Plan, Record, RunEnd, State, Step, journal::Unfinished};
use serde::Deserialize;
use std::{collections::BTreeSet, ops::RangeInclusive, sync::Arc};

/// A journal may have so many entries.
const ENTRY_COUNT_MAX: u64 = 1_000_000;
/// So many entries are asked for at a time.
const READ_COUNT_AT_ONCE: usize = 16;
pub(super) const RESTORE: &str = "put the entry back from a copy of the state's folder; nothing was changed on any host";

/// What every version of an entry has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// An entry that was read, and the digest of its bytes.
pub(super) type Digested = (Arc<Entry>, Digest);

/// What all entries come to, read from the newest snapshot on.
pub async fn load<W: World>(world: &W) -> Result<State, JournalError> {
    fold(world, &NOTHING).await.map(Fold::into_state)
}

/// The same, to go on with.
pub(super) async fn fold<W: World>(world: &W, known: &Known) -> Result<Fold, JournalError> {
    let (mut fold, entries) = newest(world, known).await?;
    for (entry, digest) in entries {
        check(&fold, &entry, known)?;
        fold.entry(&entry, digest.as_str());
    }
    Ok(fold)
}

/// Reads and proves every entry that is kept, and shows each with the state before it.
pub async fn walk<W: World>(world: &W, mut visit: impl FnMut(&Entry, &State)) -> Result<State, JournalError> {
    let numbers = numbers(world).await?;
    let mut fold = None;
    let mut entries = stream::iter(numbers.clone()).map(|number| read(world, number, &NOTHING)).buffered(READ_COUNT_AT_ONCE);
    while let Some(entry) = entries.next().await {
        let (entry, digest) = entry?;
        if fold.is_none() {
            fold = start(&entry)?;
        }
        // What an interrupted `migc state compact` has left says nothing without the entries before it.
        let Some(fold) = &mut fold else { continue };
        check(fold, &entry, &NOTHING)?;
        visit(&entry, fold.state());
        fold.entry(&entry, digest.as_str());
    }
    match fold {
        Some(fold) => Ok(fold.into_state()),
        None if numbers.is_empty() => Ok(State::default()),
        None => Err(no_beginning(*numbers.start())),
    }
}

/// The last run that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct LastRun {
    /// As it was before its end.
    pub run: Unfinished,
    /// A run that went back over it, copied, and was undone: what it came from is not what it was any more.
    pub tried: Option<String>,
}

/// The last run, as it was before its end, if that was that all of it is done, and neither the state nor what a move came from was
/// changed since.
pub async fn last_done<W: World>(world: &W) -> Result<Option<Unfinished>, JournalError> {
    Ok(last_run(world).await?.filter(|last| last.tried.is_none()).map(|last| last.run))
}

/// The last run that was done, if the state is as it has left it: no other came after it but such as went back over it and were undone.
pub async fn last_run<W: World>(world: &W) -> Result<Option<LastRun>, JournalError> {
    // The newest snapshot was written before the last run began.
    let (mut fold, entries) = newest(world, &NOTHING).await?;
    let mut last: Option<LastRun> = None;
    // While a run goes back over it.
    let mut gone_over: Option<LastRun> = None;
    for (entry, digest) in entries {
        check(&fold, &entry, &NOTHING)?;
        let mut entry = Arc::unwrap_or_clone(entry);
        let is_end = matches!(entry.records.last(), Some(Record::Ended { .. }));
        let end = if is_end { entry.records.pop() } else { None };
        for record in &entry.records {
            match record {
                Record::Started { plan, .. } => {
                    let before = last.take();
                    gone_over = before.filter(|before| plan.reverses.as_ref() == Some(&before.run.run));
                }
                Record::Reopened { .. } | Record::Forgotten { .. } => (last, gone_over) = (None, None),
                _ => {}
            }
        }
        fold.entry(&entry, digest.as_str());
        let Some(end) = end else { continue };
        last = match (&end, &fold.state().unfinished) {
            (Record::Ended { end: RunEnd::Done }, Some(run)) => Some(LastRun { run: run.clone(), tried: None }),
            (Record::Ended { end: RunEnd::Undone }, Some(run)) => gone_over.take().map(|before| tried(before, run)),
            _ => None,
        };
        entry.records = vec![end];
        fold.entry(&entry, digest.as_str());
    }
    Ok(last)
}

/// Has the run that was undone copied anything?
fn tried(before: LastRun, undone: &Unfinished) -> LastRun {
    let copies = |step: &&Step| matches!(step.action, Action::CopyTrees { .. }) && undone.undone.contains(&step.id);
    let tried = undone.plan.steps.iter().any(|step| copies(&step)).then(|| undone.run.clone());
    LastRun { tried: tried.or(before.tried), ..before }
}

/// The state before the newest snapshot, or before the first entry, and all entries from there on, which are not proven yet.
async fn newest<W: World>(world: &W, known: &Known) -> Result<(Fold, Vec<Digested>), JournalError> {
    let numbers = numbers(world).await?;
    let mut entries = vec![];
    let mut left: Vec<u64> = numbers.clone().collect();
    // Where the newest snapshot is nobody knows, and each round trip to a store costs as much as many entries.
    let mut count = 1;
    while !left.is_empty() {
        let part = left.split_off(left.len().saturating_sub(count));
        for entry in join_all(part.into_iter().rev().map(|number| read(world, number, known))).await {
            let (entry, digest) = entry?;
            let fold = start(&entry)?;
            entries.push((entry, digest));
            if let Some(fold) = fold {
                entries.reverse();
                return Ok((fold, entries));
            }
        }
        count = (count * 2).min(READ_COUNT_AT_ONCE);
    }
    if numbers.is_empty() { Ok((Fold::default(), vec![])) } else { Err(no_beginning(*numbers.start())) }
}

/// The state before an entry from which on a journal can be read.
fn start(entry: &Entry) -> Result<Option<Fold>, JournalError> {
    let Some(Record::Snapshot { state }) = entry.records.first() else { return Ok((entry.number == 1).then(Fold::default)) };
    let says_where_it_is = state.serial + 1 == entry.number && state.head == entry.previous;
    if !says_where_it_is || state.unfinished.is_some() {
        return Err(refused(entry.number, "is damaged: its snapshot is not of the entry before", RESTORE));
    }
    Ok(Some(Fold::from((**state).clone())))
}

/// The numbers of all entries, without a gap between them.
async fn numbers<W: World>(world: &W) -> Result<RangeInclusive<u64>, JournalError> {
    let numbers = world.entry_numbers().await?;
    let (Some(&first), Some(&last)) = (numbers.first(), numbers.last()) else { return Ok(RangeInclusive::new(1, 0)) };
    let gaps = numbers.iter().zip(numbers.iter().skip(1)).filter(|(before, after)| **before + 1 < **after);
    let missing: Vec<(u64, u64)> = gaps.map(|(before, after)| (before + 1, after - 1)).collect();
    if !missing.is_empty() {
        return Err(JournalError::Missing { numbers: missing, last });
    }
    if last - first >= ENTRY_COUNT_MAX {
        let help = "remove old entries with `migc state compact`, with the migc that wrote them";
        return Err(refused(last, format!("is one too much: there are more than {ENTRY_COUNT_MAX}"), help));
    }
    Ok(first..=last)
}

fn no_beginning(first: u64) -> JournalError {
    JournalError::Missing { numbers: vec![(1, first - 1)], last: first }
}

async fn read<W: World>(world: &W, number: u64, known: &Known) -> Result<Digested, JournalError> {
    let Some(bytes) = world.read_entry(number).await? else {
        return Err(refused(
            number,
            "was removed while the journal was read",
            "try again; if `migc state compact` did not run, see who did",
        ));
    };
    read_bytes(known, number, &bytes)
}

/// What the bytes of an entry say.
pub(super) fn read_bytes(known: &Known, number: u64, bytes: &[u8]) -> Result<Digested, JournalError> {
    match known.entry(number, bytes) {
        Some(digested) => Ok(digested),
        None => Ok((Arc::new(parse(number, bytes)?), Digest::of_bytes(bytes))),
    }
}

/// Is it the entry that comes now, with such records as this program writes?
fn check(fold: &Fold, entry: &Entry, known: &Known) -> Result<(), JournalError> {
    follows(entry, fold.state())?;
    check_records(entry, fold, known)
}

fn refused(entry: u64, message: impl Into<String>, help: impl Into<String>) -> JournalError {
    JournalError::Refused { entry, message: message.into(), help: help.into() }
}

pub(super) fn parse(number: u64, bytes: &[u8]) -> Result<Entry, JournalError> {
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
    Ok(entry)
}

fn follows(entry: &Entry, state: &State) -> Result<(), JournalError> {
    if entry.previous == state.head {
        return Ok(());
    }
    let number = entry.number;
    if number == 1 {
        return Err(refused(number, "does not begin a journal", RESTORE));
    }
    let message = format!("does not follow entry {} as it is now", number - 1);
    Err(refused(number, message, format!("one of the two was edited or exchanged; {RESTORE}")))
}

/// Are the records such as this program writes, in this place?
fn check_records(entry: &Entry, fold: &Fold, known: &Known) -> Result<(), JournalError> {
    let wrong = |what: &str| refused(entry.number, format!("is damaged: {what}"), RESTORE);
    let mut run = fold.state().unfinished.as_ref().map(|u| u.run.as_str());
    // The steps of a plan that begins in this very entry, which is not folded yet.
    let mut begun: Option<BTreeSet<&str>> = None;
    for (place, record) in entry.records.iter().enumerate() {
        let step = match record {
            Record::Snapshot { state } => {
                if place > 0 || **state != *fold.state() {
                    return Err(wrong("its snapshot is not what the entries before come to"));
                }
                continue;
            }
            Record::Forgotten { .. } => {
                if run.is_some() {
                    return Err(wrong("it forgets resources while a run is unfinished"));
                }
                continue;
            }
            Record::Confirmed { .. } => {
                if run.is_some() {
                    return Err(wrong("it confirms moves while a run is unfinished"));
                }
                continue;
            }
            Record::Started { plan, .. } => {
                if run.is_some() {
                    return Err(wrong("a run begins while another is unfinished"));
                }
                begun = Some(steps(plan, known).map_err(|problem| wrong(&problem))?);
                run = Some(&entry.run);
                continue;
            }
            Record::Reopened { run: again, .. } => {
                if run.is_some() || again.run != entry.run || again.plan.project != fold.state().project {
                    return Err(wrong("a run is opened again that cannot be"));
                }
                let steps = steps(&again.plan, known).map_err(|problem| wrong(&problem))?;
                let mut named = again.done.keys().chain(&again.open).chain(&again.undone);
                if let Some(step) = named.find(|id| !steps.contains(id.as_str())) {
                    return Err(wrong(&no_step(step)));
                }
                begun = Some(steps);
                run = Some(&entry.run);
                continue;
            }
            Record::Intent { step } | Record::Outcome { step, .. } | Record::Undone { step, .. } => Some(step),
            Record::Resumed { .. } | Record::GoingBack { .. } | Record::Interrupted { .. } | Record::Ended { .. } => None,
        };
        if run != Some(entry.run.as_str()) {
            return Err(wrong("it is of a run that is not going on"));
        }
        let is_known = |id: &str| begun.as_ref().map_or_else(|| fold.step(id).is_some(), |steps| steps.contains(id));
        if let Some(step) = step.filter(|step| !is_known(step)) {
            return Err(wrong(&no_step(step)));
        }
        if matches!(record, Record::Ended { .. }) {
            run = None;
        }
    }
    Ok(())
}

/// The steps of a plan that is well formed, or what is wrong with it.
fn steps<'p>(plan: &'p Arc<Plan>, known: &Known) -> Result<BTreeSet<&'p str>, String> {
    if !known.is_sound(plan) {
        validate(plan).map_err(|problems| problems.into_iter().next().unwrap_or_default())?;
    }
    Ok(plan.steps.iter().map(|step| step.id.as_str()).collect())
}

fn no_step(id: &str) -> String {
    format!("there is no step `{}` in its plan", id.escape_debug())
}
