//! Who plays which fault? All processors share them, and each makes its own worlds.
//!
//! A program that dies leaves nothing but a world and a journal. So one apply in peace, looked at in the moments of all deaths, stands
//! for as many applies that would each come to one of them.

use super::{
    fault::Place,
    judge,
    ledger::Left,
    play::{Calm, Ending, Next, Stage},
};
use crate::sim::{Around, SimWorld};
use std::{
    collections::BTreeMap,
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// What is still to be played.
struct Work {
    /// By place: has somebody taken it?
    taken: Vec<AtomicBool>,
    /// The places where a program dies, by the moment.
    deaths: BTreeMap<(u64, Around), Vec<usize>>,
    next: AtomicUsize,
}

impl Work {
    fn new(places: &[Place]) -> Self {
        let mut deaths = BTreeMap::<_, Vec<usize>>::new();
        for (number, place) in places.iter().enumerate() {
            if let Some(moment) = place.fault.death() {
                deaths.entry(moment).or_default().push(number);
            }
        }
        Self { taken: places.iter().map(|_| AtomicBool::new(false)).collect(), deaths, next: AtomicUsize::new(0) }
    }

    fn take(&self, number: usize) -> bool {
        self.taken.get(number).is_some_and(|taken| !taken.swap(true, Ordering::Relaxed))
    }

    fn take_deaths(&self, moment: (u64, Around)) -> Vec<usize> {
        self.deaths.get(&moment).into_iter().flatten().copied().filter(|&number| self.take(number)).collect()
    }

    fn take_next(&self) -> Option<usize> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.taken.len() {
                return None;
            }
            if self.take(number) {
                return Some(number);
            }
        }
    }
}

/// How the applies with each fault ended, and what that has which the end in peace has not; in the order of the places.
pub(super) fn endings(stage: &Stage, begin: &(dyn Fn() -> SimWorld + Sync), places: &[Place], calm: &Calm) -> Vec<(Ending, Vec<String>)> {
    let work = Arc::new(Work::new(places));
    let done = Mutex::new(Vec::with_capacity(places.len()));
    let judge = |number: usize, ending: Ending| {
        let what = judge::differences(&calm.ending, &ending);
        let result = (Ending { left: Left::default(), ..ending }, what);
        done.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
    };
    let labour = || {
        let world = begin();
        if !work.deaths.is_empty() {
            let of_deaths = Arc::clone(&work);
            let show = |number, death| {
                let next = places.get(number).map_or(Next::Apply, Place::next);
                judge(number, stage.after(death, world.true_ms(), next, calm));
            };
            stage.dying(&world.fork(), move |moment| of_deaths.take_deaths(moment), show);
        }
        while let Some((number, place)) = work.take_next().and_then(|number| Some((number, places.get(number)?))) {
            judge(number, stage.with_fault(&world.fork(), place, calm));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(places.len());
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(labour))));
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rehearse::{Kind, fault::places, play::tests::plan},
        sim::Fault,
    };
    use std::{cell::RefCell, rc::Rc};

    /// What of an ending can be told from that of another.
    fn told(ending: &Ending) -> impl PartialEq + std::fmt::Debug + use<> {
        let lines = ending.left.lines();
        (ending.exit, ending.story.clone(), ending.milliseconds, ending.downtimes.clone(), ending.violations.clone(), lines)
    }

    #[test]
    fn what_a_death_leaves_is_the_same_whether_it_was_died_or_looked_at() {
        let plan = Arc::new(plan());
        let begin = || SimWorld::with_seed(&BTreeMap::new(), &plan, 3);
        let (stage, calm) = Stage::with_calm(&plan, &begin());
        let looked_at = Rc::new(RefCell::new(BTreeMap::new()));
        let number = |(call, around): (u64, Around)| call as usize * 2 + usize::from(around == Around::After);
        let is_asked = move |moment| vec![number(moment)];
        stage.dying(&begin(), is_asked, |number, death| {
            looked_at.borrow_mut().insert(number, told(&stage.after(death, begin().true_ms(), Next::Apply, &calm)));
        });
        let last = calm.calls.last().map_or(0, |call| call.number);
        assert_eq!(looked_at.borrow().len() as u64, 2 * last);
        for call in 1..=last {
            for fault in [Fault::CrashBefore(call), Fault::CrashAfter(call)] {
                let looked_at = looked_at.borrow_mut().remove(&number(fault.death().unwrap())).unwrap();
                let place = Place { step: String::new(), kind: Kind::CrashBefore, fault, story: String::new() };
                let died = told(&stage.with_fault(&begin(), &place, &calm));
                assert_eq!(looked_at, died, "{place:?}");
            }
        }
    }

    #[test]
    fn each_place_is_played_once_and_in_its_order() {
        let plan = Arc::new(plan());
        let begin = || SimWorld::with_seed(&BTreeMap::new(), &plan, 0);
        let (stage, calm) = Stage::with_calm(&plan, &begin());
        let places = places(&plan, &calm.calls, &calm.ended, &crate::rehearse::Choice::all());
        let found = endings(&stage, &begin, &places, &calm);
        assert_eq!(found.len(), places.len());
        for (place, (ending, _)) in places.iter().zip(found) {
            let alone = stage.with_fault(&begin(), place, &calm);
            assert_eq!((ending.story, ending.milliseconds), (alone.story, alone.milliseconds), "{place:?}");
        }
    }
}
