//! What is known of the fields of declarations? The values of each field stand side by side for all declarations of a kind, since checks go
//! through those and look at a few fields of each.
//!
//! How a value is computed stands in `model`.

use crate::{
    types::KindId,
    value::{InstanceId, Val},
};
use rustc_hash::FxHashSet as HashSet;
use std::cell::{OnceCell, RefCell};

/// The values of one field, by the place of the declaration among those of its kind.
type Column = Vec<OnceCell<Val>>;

/// Values of all fields, as far as somebody asked for them.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// By number of the declaration: its kind, and its place among those of that kind.
    places: Vec<(KindId, u32)>,
    /// By kind and number of the field.
    columns: Vec<Box<[Column]>>,
    /// Which are being computed.
    busy: RefCell<HashSet<(InstanceId, usize)>>,
}

impl Fields {
    /// One more declaration, of a kind with so many fields.
    pub(crate) fn push(&mut self, kind: KindId, count: usize) {
        let number = kind.0 as usize;
        if self.columns.len() <= number {
            self.columns.resize_with(number + 1, Box::default);
        }
        let columns = &mut self.columns[number];
        if columns.len() < count {
            *columns = std::iter::repeat_with(Vec::new).take(count).collect();
        }
        let place = columns.first().map_or(0, Vec::len) as u32;
        columns.iter_mut().for_each(|column| column.push(OnceCell::new()));
        self.places.push((kind, place));
    }

    /// The kind of a declaration.
    pub(crate) fn kind_of(&self, id: InstanceId) -> KindId {
        self.places[id.0 as usize].0
    }

    /// Kinds of all declarations, by number.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = KindId> {
        self.places.iter().map(|(kind, _)| *kind)
    }

    /// The value of a field that was computed.
    pub(crate) fn get(&self, id: InstanceId, number: usize) -> Option<&Val> {
        self.cell(id, number)?.get()
    }

    /// Begins to compute a field; false if that was begun before and is not done.
    pub(crate) fn begin(&self, id: InstanceId, number: usize) -> bool {
        self.busy.borrow_mut().insert((id, number))
    }

    /// The value that it came to.
    pub(crate) fn set(&self, id: InstanceId, number: usize, value: Val) {
        self.busy.borrow_mut().remove(&(id, number));
        if let Some(cell) = self.cell(id, number) {
            let _ = cell.set(value);
        }
    }

    /// Nothing is declared any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn cell(&self, id: InstanceId, number: usize) -> Option<&OnceCell<Val>> {
        let (kind, place) = self.places[id.0 as usize];
        self.columns[kind.0 as usize].get(number)?.get(place as usize)
    }
}
