//! What would a model be if one field had another value? Expressions are computed under an assumption, and nothing of it stays.
//!
//! Used only to explain what is wrong: how the values of a correct program are computed knows nothing of it.

use crate::{
    model::Model,
    value::{InstanceId, Val},
};
use rustc_hash::FxHashMap as HashMap;
use std::cell::{Cell, RefCell};

/// So many problems of one program are explained by trying other values; whoever has more mends these first.
const EXPLAINED_MAX: u32 = 200;

/// Fields that were computed while one of them is assumed; `None` while it is computed.
#[derive(Debug, Default)]
pub struct Assumption {
    on: Cell<bool>,
    explained: Cell<u32>,
    values: RefCell<HashMap<(InstanceId, usize), Option<Val>>>,
}

impl Assumption {
    /// Is something assumed?
    pub fn is_on(&self) -> bool {
        self.on.get()
    }

    /// May one more problem be explained? Not below another explanation, and not without end.
    pub fn may_explain(&self) -> bool {
        self.explained.set(self.explained.get().saturating_add(1));
        !self.is_on() && self.explained.get() <= EXPLAINED_MAX
    }
}

impl Model<'_, '_> {
    /// What `f` gives while that field has that value. Nothing is reported and nothing remembered.
    pub fn assuming<R>(&self, id: InstanceId, number: usize, value: Val, f: impl FnOnce() -> R) -> R {
        let constants = self.constants.take();
        let indexes = self.indexes.take();
        let undecided = self.undecided.take();
        let broken = self.program.broken.borrow().clone();
        let said = self.program.problems.borrow().list.len();
        let was_on = self.assumption.on.replace(true);
        let before = self.assumption.values.replace(HashMap::from_iter([((id, number), Some(value))]));
        let result = f();
        self.assumption.values.replace(before);
        self.assumption.on.set(was_on);
        self.program.problems.borrow_mut().list.truncate(said);
        self.program.broken.replace(broken);
        self.undecided.replace(undecided);
        self.indexes.replace(indexes);
        self.constants.replace(constants);
        result
    }

    /// The value of a field under the assumption.
    pub(crate) fn assumed_field(&self, id: InstanceId, number: usize) -> Val {
        let key = (id, number);
        let known = self.assumption.values.borrow().get(&key).cloned();
        match known {
            Some(Some(value)) => return value,
            Some(None) => return Val::error(self.instance(id).at),
            None => {}
        }
        self.assumption.values.borrow_mut().insert(key, None);
        let value = self.compute(id, number);
        self.assumption.values.borrow_mut().insert(key, Some(value.clone()));
        value
    }
}
