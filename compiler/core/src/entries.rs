//! What is in a record or a map? Values in the order written, under keys that all records of one shape share.

use crate::{
    source::Loc,
    value::{Val, Value},
};
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;
use std::{cell::RefCell, rc::Rc};

/// Keys in order, each once.
#[derive(Debug)]
pub struct Shape {
    list: Box<[SmolStr]>,
    places: Option<HashMap<SmolStr, usize>>,
    of_keys: bool,
}

impl Shape {
    /// Keys are distinct.
    pub fn new(list: impl IntoIterator<Item = SmolStr>) -> Rc<Self> {
        Rc::new(Self::of(list))
    }

    fn of(list: impl IntoIterator<Item = SmolStr>) -> Self {
        /// Below this a walk is faster than a hash.
        const INDEXED_FROM: usize = 16;
        let list: Box<[SmolStr]> = list.into_iter().collect();
        let by_key = || list.iter().enumerate().map(|(place, key)| (key.clone(), place)).collect();
        let places = (list.len() >= INDEXED_FROM).then(by_key);
        Self { list, places, of_keys: false }
    }

    /// Where a key stands.
    fn place(&self, key: &str) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(key).copied(),
            None => self.list.iter().position(|known| known == key),
        }
    }
}

/// Shapes that were met. Maps that are measured have mostly the same keys on many hosts.
#[derive(Debug, Default)]
pub struct Shapes(RefCell<HashMap<Box<[SmolStr]>, Rc<Shape>>>);

impl Shapes {
    /// The one of these keys, which are distinct.
    pub fn of(&self, keys: Box<[SmolStr]>) -> Rc<Shape> {
        self.0.borrow_mut().entry(keys).or_insert_with_key(|keys| Shape::new(keys.iter().cloned())).clone()
    }
}

/// Where one key was found last: what comes by in one place of a program is mostly of one shape.
#[derive(Debug, Default)]
pub struct Near(RefCell<Option<(Rc<Shape>, usize)>>);

/// Fields of a record or rows of a map, in the order written.
#[derive(Debug, Clone)]
pub struct Entries {
    shape: Rc<Shape>,
    /// One for each key; behind them the one that stands for every other key, if what is not there is unknown.
    values: Rc<[Val]>,
}

impl Entries {
    /// Keys are distinct. What is not there is unknown if something `needs` to be done to settle it.
    pub fn new(list: Vec<(SmolStr, Val)>, needs: Option<Rc<str>>) -> Self {
        let (keys, values): (Vec<_>, Vec<_>) = list.into_iter().unzip();
        Self::alike(&Shape::new(keys), values, needs)
    }

    /// Values for keys that others have too, in their order.
    pub fn alike(shape: &Rc<Shape>, values: impl IntoIterator<Item = Val>, needs: Option<Rc<str>>) -> Self {
        let other = needs.map(|needs| Val::new(Value::Unknown(needs), Loc::default()));
        Self { shape: shape.clone(), values: values.into_iter().chain(other).collect() }
    }

    /// Declarations by their keys.
    pub fn of_keys(list: Vec<(SmolStr, Val)>) -> Self {
        let (keys, values): (Vec<_>, Vec<_>) = list.into_iter().unzip();
        let shape = Shape { of_keys: true, ..Shape::of(keys) };
        Self { shape: Rc::new(shape), values: values.into() }
    }

    /// What would settle what is not there, if that is unknown.
    pub fn needs(&self) -> Option<&Rc<str>> {
        match &self.values.get(self.shape.list.len())?.v {
            Value::Unknown(needs) => Some(needs),
            _ => None,
        }
    }

    /// Are they declarations by their keys, so that there has to be one for a key that is named?
    pub fn is_of_keys(&self) -> bool {
        self.shape.of_keys
    }

    /// Its keys.
    pub fn shape(&self) -> &Rc<Shape> {
        &self.shape
    }

    /// Its values in the order of their keys.
    pub fn values(&self) -> &[Val] {
        self.values.get(..self.shape.list.len()).unwrap_or_default()
    }

    /// Has it these keys in this order?
    pub fn has_shape(&self, shape: &Rc<Shape>) -> bool {
        Rc::ptr_eq(&self.shape, shape) || self.shape.list == shape.list
    }

    /// Is that a key?
    pub fn has(&self, key: &str) -> bool {
        self.shape.place(key).is_some()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Val> {
        self.values.get(self.shape.place(key)?)
    }

    /// The same, without looking for it again where the last one was of the same shape.
    pub fn get_near(&self, key: &str, near: &Near) -> Option<&Val> {
        if let Some((shape, place)) = &*near.0.borrow()
            && Rc::ptr_eq(shape, &self.shape)
        {
            return self.values.get(*place);
        }
        let place = self.shape.place(key)?;
        near.0.replace(Some((self.shape.clone(), place)));
        self.values.get(place)
    }

    /// In the order written.
    pub fn iter(&self) -> impl Iterator<Item = (&SmolStr, &Val)> {
        self.shape.list.iter().zip(&*self.values)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.shape.list.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{Entries, Loc, Near, Shapes, Val, Value};
    use smol_str::SmolStr;

    fn entries(keys: &[&str], needs: Option<&str>) -> Entries {
        let value = |(number, key): (usize, &&str)| (SmolStr::from(*key), Val::new(Value::Int(number as i64), Loc::default()));
        Entries::new(keys.iter().enumerate().map(value).collect(), needs.map(Into::into))
    }

    fn number(value: Option<&Val>) -> Option<i64> {
        value.and_then(|value| if let Value::Int(number) = value.v { Some(number) } else { None })
    }

    #[test]
    fn what_stands_for_other_keys_is_no_entry() {
        let measured = entries(&["size", "used"], Some("a survey"));
        assert_eq!(measured.needs().map(AsRef::as_ref), Some("a survey"));
        assert_eq!((measured.len(), measured.values().len(), measured.iter().count()), (2, 2, 2));
        assert_eq!((number(measured.get("used")), number(measured.get("owner"))), (Some(1), None));
        assert!(entries(&["size"], None).needs().is_none());
    }

    #[test]
    fn a_key_is_found_in_one_shape_after_another() {
        let near = Near::default();
        let (first, second) = (entries(&["size", "used"], None), entries(&["owner", "entries", "used"], None));
        let found = [&first, &second, &second, &first].map(|entries| number(entries.get_near("used", &near)));
        assert_eq!(found, [Some(1), Some(2), Some(2), Some(1)]);
        assert_eq!(number(first.get_near("owner", &Near::default())), None);
    }

    #[test]
    fn maps_of_the_same_keys_share_them() {
        let shapes = Shapes::default();
        let map = |keys: &[&str]| Entries::alike(&shapes.of(keys.iter().map(|key| SmolStr::from(*key)).collect()), [], None);
        let (first, second) = (map(&["/", "/data"]), map(&["/", "/data"]));
        assert!(std::rc::Rc::ptr_eq(first.shape(), second.shape()));
        assert!(!first.has_shape(map(&["/data", "/"]).shape()));
    }
}
