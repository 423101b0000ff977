//! Since when is a service down, and for how long was it? From the step that stops it to the one that sees it answer, or whose undo
//! lets it serve again.
//!
//! Knows only the plan and what was told; time is given by whoever tells.

use crate::event::Event;
use mig_plan::{Forecast, Plan, StepId, plan::Address};
use std::collections::BTreeMap;

/// Services that are down.
#[derive(Debug, Clone, Default)]
pub struct Downtimes {
    since_ms: BTreeMap<Address, u64>,
}

impl Downtimes {
    /// One thing happened, at that time in milliseconds. Answers the services that are up again by it, and how many milliseconds
    /// each was down.
    pub fn note<'p>(&mut self, plan: &'p Plan, event: &Event, at_ms: u64) -> Vec<(&'p Forecast, u64)> {
        let about = |is_meant: fn(&Forecast) -> &StepId, step| plan.forecasts.iter().filter(move |forecast| is_meant(forecast) == step);
        match event {
            Event::StepStarted { step, .. } => {
                for forecast in about(|forecast| &forecast.down, step) {
                    self.since_ms.entry(forecast.address.clone()).or_insert(at_ms);
                }
                vec![]
            }
            Event::StepDone { step, .. } => self.end(about(|forecast| &forecast.up, step), at_ms),
            Event::Undone { step, .. } => self.end(about(|forecast| &forecast.down, step), at_ms),
            _ => vec![],
        }
    }

    fn end<'p>(&mut self, forecasts: impl Iterator<Item = &'p Forecast>, at_ms: u64) -> Vec<(&'p Forecast, u64)> {
        let ended = forecasts.filter_map(|forecast| Some((forecast, at_ms.saturating_sub(self.since_ms.remove(&forecast.address)?))));
        ended.collect()
    }

    /// Is it down still?
    pub fn is_down(&self, address: &str) -> bool {
        self.since_ms.contains_key(address)
    }
}
