//! Which steps lead from the state to the program?
use crate::model::Model;
use mig_plan::{Facts, HostId, Plan, Report, State};
use std::collections::BTreeMap;
#[derive(Debug)]
pub struct Draft;
impl Draft {
    pub fn against(&self, _s: &State, r: &Report) -> Result<Plan, Report> {
        Err(r.clone())
    }
}
pub fn facts(_m: &Model<'_, '_>) -> BTreeMap<HostId, Facts> {
    BTreeMap::new()
}
pub fn draft(_m: &Model<'_, '_>) -> Draft {
    Draft
}
