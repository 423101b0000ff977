//! What does a simulated host have armed against steps that cut the road to it? Tokens as `scripts/armed.sh` leaves them, and a clock.
//!
//! A step cuts the road only where a fault makes it; then nobody gets to the host anew until it has undone that.

use super::{
    host::SimHost,
    script::{answer, refuse, word},
};
use crate::{Output, Script, scripts};

/// The token of a resource.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SimRoad {
    /// Whose.
    attempt: String,
    address: String,
    state: State,
    /// Is the road cut?
    cut: bool,
    /// What made the resource as it was before.
    before: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Until then, in milliseconds since 1970; `None`: its process ended with the power of the host.
    Armed(Option<u64>),
    Disarmed,
    Undone,
}

impl SimHost {
    /// Runs a script that may cut the road, with its undo armed.
    pub(super) fn armed(&mut self, script: &Script, now_ms: u64) -> Output {
        let (address, folder, attempt) = (word(script, 0), word(script, 1), word(script, 2));
        let (Ok(seconds), Ok(count)) = (word(script, 3).parse::<u64>(), word(script, 5).parse::<usize>()) else {
            return refuse(1, "seconds and a count of words are numbers");
        };
        let asked = script.words.get(count.saturating_add(6)..).unwrap_or_default();
        let before = self.resources.get(address).and_then(|resource| resource.made_by.clone());
        let output = self.act(address, asked);
        let state = State::Armed(Some(now_ms.saturating_add(seconds.saturating_mul(1_000))));
        let road = SimRoad { attempt: attempt.to_owned(), address: address.to_owned(), state, cut: false, before };
        self.roads.insert(folder.to_owned(), road);
        output
    }

    /// Disarms, if that is asked for, and tells how far it is.
    pub(super) fn disarm(&mut self, script: &Script) -> Output {
        let disarms = word(script, 1) == "yes";
        if disarms && word(script, 2).parse().is_ok_and(|epoch: u64| epoch < self.epoch) {
            return refuse(scripts::STATUS_OLD_EPOCH, format!("epoch {} has acted here, and this run has {}", self.epoch, word(script, 2)));
        }
        let Some(road) = self.roads.get_mut(word(script, 0)) else { return answer("none\n") };
        if disarms && matches!(road.state, State::Armed(_)) {
            road.state = State::Disarmed;
        }
        answer(match road.state {
            State::Armed(at) => format!("armed {} {}\n", road.attempt, if at.is_some() { "yes" } else { "no" }),
            State::Disarmed => format!("disarmed {}\n", road.attempt),
            State::Undone => format!("undone {} 0\n", road.attempt),
        })
    }

    /// Undoes what nobody disarmed in time.
    pub(super) fn undo_in_time(&mut self, now_ms: u64) {
        for road in self.roads.values_mut() {
            if matches!(road.state, State::Armed(Some(at)) if at <= now_ms) {
                (road.state, road.cut) = (State::Undone, false);
                if let Some(resource) = self.resources.get_mut(&road.address) {
                    resource.made_by.clone_from(&road.before);
                }
            }
        }
    }

    /// What is armed cuts the road.
    pub(super) fn cut_road(&mut self) {
        self.roads.values_mut().filter(|road| matches!(road.state, State::Armed(Some(_)))).for_each(|road| road.cut = true);
    }

    /// Does nobody get there anew?
    pub(super) fn is_cut_off(&self) -> bool {
        self.roads.values().any(|road| road.cut)
    }

    /// Processes end, and so do rules that only the kernel had.
    pub(super) fn forget_roads(&mut self) {
        for road in self.roads.values_mut() {
            road.cut = false;
            if matches!(road.state, State::Armed(_)) {
                road.state = State::Armed(None);
            }
        }
    }

    /// Addresses of what the host will undo by itself.
    pub(super) fn still_armed(&self) -> impl Iterator<Item = &String> {
        self.roads.values().filter(|road| matches!(road.state, State::Armed(Some(_)))).map(|road| &road.address)
    }
}
