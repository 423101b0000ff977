//! Does the plan that was made keep what plans promise? What it does not is a mistake of the lowering, or of a program that leaves
//! out how a road comes back; no plan is shown.

use super::{
    codes::{COPY_NOT_PROVEN, NO_WAY_BACK, OVER_UNKNOWN_DATA, ROAD_CUT, SOURCE_DELETED, TWO_WRITERS},
    draft::Draft,
};
use crate::report::Problem;
use mig_plan::{
    Plan,
    proof::{self, Rule, Violation},
};

impl Draft {
    /// A problem for each rule that the plan breaks, at what its last step is done for.
    pub(super) fn unproven_steps(&self, plan: &Plan) -> Vec<Problem> {
        proof::violations(plan).into_iter().map(|violation| self.unproven_step(plan, violation)).collect()
    }

    fn unproven_step(&self, plan: &Plan, violation: Violation) -> Problem {
        let code = match violation.rule {
            Rule::CopyNotProven => COPY_NOT_PROVEN,
            Rule::TwoWriters => TWO_WRITERS,
            Rule::NoWayBack => NO_WAY_BACK,
            Rule::OverUnknownData => OVER_UNKNOWN_DATA,
            Rule::SourceDeleted => SOURCE_DELETED,
            Rule::RoadCut => ROAD_CUT,
        };
        let steps = violation.steps.iter().filter_map(|id| plan.step(id));
        let of = |address: &String| {
            let migration = || self.moves.iter().find(|m| m.address == *address).map(|m| m.at);
            let resource = || self.resources.get(address).map(|resource| resource.at);
            self.services.get(address).map(|service| service.at).or_else(migration).or_else(resource)
        };
        let at = steps.clone().rev().find_map(|step| of(&step.address)).unwrap_or_default();
        if violation.rule == Rule::RoadCut {
            let help = "say in `undo` what brings the road back, which the host runs by itself; or take `cuts` away if it cannot cut it";
            return Problem::error(code, at, violation.message).help(help);
        }
        let order: Vec<&str> = steps.map(|step| step.title.as_str()).collect();
        let order = format!("the plan allows this order: {}", order.join("; "));
        let help = "migc made this plan, so the mistake is its own: nothing was done; please report the program that led to it";
        Problem::error(code, at, violation.message).help(format!("{order}. {help}"))
    }
}
