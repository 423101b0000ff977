//! What is known of the fields of declarations? The values of each field stand side by side for many declarations of a kind, since checks go
//! through those and look at a few fields of each.
//!
//! How a value is computed stands in `model`.

use crate::{
    model::Instance,
    source::Loc,
    types::KindId,
    value::{InstanceId, Val},
};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
};

/// What is asked of most declarations, of which there may be very many.
#[derive(Debug)]
pub(crate) struct Head {
    /// Its kind.
    pub kind: KindId,
    /// Its place among those of that kind.
    place: u32,
    /// What it is declared in; itself, if that is nothing.
    up: InstanceId,
    /// The outermost declaration it stands in.
    pub root: InstanceId,
    /// Where its name stands.
    pub at: Loc,
    /// Is that one there already, and left alone?
    pub is_existing: bool,
    /// Is something declared in it?
    pub has_children: bool,
}

/// Of so many declarations the values of each field stand side by side. The fields of one are computed together, so it is not all of them.
const BLOCK: usize = 64;

/// Declarations of one kind.
#[derive(Debug, Default)]
struct Rows {
    count: usize,
    /// For each field in turn the values of these declarations.
    blocks: Vec<Box<[OnceCell<Val>]>>,
}

impl Rows {
    /// The place of one more, of a kind with so many fields.
    fn push(&mut self, field_count: usize) -> usize {
        if self.count.is_multiple_of(BLOCK) {
            self.blocks.push(std::iter::repeat_with(OnceCell::new).take(field_count * BLOCK).collect());
        }
        self.count += 1;
        self.count - 1
    }

    fn cell(&self, place: usize, field: usize) -> Option<&OnceCell<Val>> {
        self.blocks.get(place / BLOCK)?.get(field * BLOCK + place % BLOCK)
    }
}

/// Declarations that are below others, by the kind of those and their own, and then by the place of those.
type Below = HashMap<(KindId, KindId), Vec<OnceCell<Rc<[Val]>>>>;

/// Values of all fields, as far as somebody asked for them.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// By number of the declaration.
    heads: Vec<Head>,
    /// By kind.
    rows: Vec<Rows>,
    /// Which are being computed.
    busy: RefCell<HashSet<(InstanceId, usize)>>,
    /// Declarations of a kind that are below others.
    below: RefCell<Below>,
}

impl Fields {
    /// One more declaration. What it is declared in comes before it.
    pub(crate) fn push(&mut self, instance: &Instance<'_>) {
        let kind = instance.kind;
        let number = kind.0 as usize;
        if self.rows.len() <= number {
            self.rows.resize_with(number + 1, Rows::default);
        }
        let place = self.rows[number].push(instance.written.len()) as u32;
        let id = InstanceId(self.heads.len() as u32);
        let mut head = Head { kind, place, up: id, root: id, at: instance.at, is_existing: instance.existing, has_children: false };
        if let Some((up, around)) = instance.parent.and_then(|up| Some((up, self.heads.get_mut(up.0 as usize)?))) {
            around.has_children = true;
            (head.up, head.root, head.is_existing) = (up, around.root, around.is_existing);
        }
        self.heads.push(head);
    }

    /// What is asked of most declarations.
    pub(crate) fn head(&self, id: InstanceId) -> &Head {
        &self.heads[id.0 as usize]
    }

    /// The same of all, by number.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (InstanceId, &Head)> {
        self.heads.iter().enumerate().map(|(number, head)| (InstanceId(number as u32), head))
    }

    /// What a declaration is declared in.
    pub(crate) fn parent(&self, id: InstanceId) -> Option<InstanceId> {
        Some(self.head(id).up).filter(|up| *up != id)
    }

    /// Declarations of a kind below another, which are looked for once.
    pub(crate) fn below(&self, id: InstanceId, kind: KindId, find: impl FnOnce() -> Rc<[Val]>) -> Rc<[Val]> {
        let head = self.head(id);
        let mut below = self.below.borrow_mut();
        let column = below.entry((head.kind, kind)).or_default();
        if column.len() <= head.place as usize {
            column.resize_with(head.place as usize + 1, OnceCell::new);
        }
        column[head.place as usize].get_or_init(find).clone()
    }

    /// The value of a field that was computed.
    pub(crate) fn get(&self, head: &Head, number: usize) -> Option<&Val> {
        self.cell(head, number)?.get()
    }

    /// Begins to compute a field; false if that was begun before and is not done.
    pub(crate) fn begin(&self, id: InstanceId, number: usize) -> bool {
        self.busy.borrow_mut().insert((id, number))
    }

    /// The value that it came to.
    pub(crate) fn set(&self, id: InstanceId, number: usize, value: Val) {
        self.busy.borrow_mut().remove(&(id, number));
        if let Some(cell) = self.cell(self.head(id), number) {
            let _ = cell.set(value);
        }
    }

    /// Nothing is declared any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn cell(&self, head: &Head, number: usize) -> Option<&OnceCell<Val>> {
        self.rows[head.kind.0 as usize].cell(head.place as usize, number)
    }
}
