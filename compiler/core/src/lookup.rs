//! Which elements of a list have that key, and which networks of a list overlap? Without comparing each with each.

use crate::{
    code::{Code, Op},
    eval::Scope,
    literal::mask,
    model::Model,
    source::Loc,
    value::{Key, Val, Value},
};
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;
use std::{net::IpAddr, rc::Rc};

/// A list by the keys of its elements.
#[derive(Debug)]
pub(crate) struct Index {
    list: Rc<[Val]>,
    by_key: HashMap<Key, Rc<[Val]>>,
    /// Elements whose key is not known: what they are, and what would settle it.
    open: Vec<(Val, SmolStr)>,
}

impl<'a> Model<'_, 'a> {
    /// `list.lookup(x => key, value)`. Its rule names nothing but its element, so one index does for every value that is
    /// asked for in that place; a place keeps the index of its last list.
    pub(crate) fn lookup(&self, s: &Scope<'_>, list: &Rc<[Val]>, args: &[Code<'a>]) -> Value {
        let [rule, wanted] = args else { return Value::Error };
        let wanted = self.view(s, wanted);
        let Some(key) = wanted.v.key() else {
            return if matches!(wanted.v, Value::Absent) { Value::List(self.nothing.clone()) } else { crate::arithmetic::stuck(&wanted.v) };
        };
        let known = self.indexes.borrow().get(&rule.at).filter(|index| Rc::ptr_eq(&index.list, list)).cloned();
        let index = known.unwrap_or_else(|| {
            let index = Rc::new(self.by_keys(&Scope::module(s.module), list, rule));
            self.indexes.borrow_mut().insert(rule.at, index.clone());
            index
        });
        for (item, needs) in &index.open {
            self.left_open(item, needs.to_string());
        }
        Value::List(index.by_key.get(&key).unwrap_or(&self.nothing).clone())
    }

    fn by_keys(&self, s: &Scope<'_>, list: &Rc<[Val]>, rule: &Code<'a>) -> Index {
        let mut by_key: HashMap<Key, Vec<Val>> = HashMap::default();
        let mut open = vec![];
        for item in list.iter() {
            let Op::Lambda(name, body) = &rule.op else { break };
            let var = s.var(name, item);
            let key = self.run(&s.with(&var), body).v;
            match (key.key(), key) {
                (Some(key), _) => by_key.entry(key).or_default().push(item.clone()),
                (None, Value::Unknown(needs)) => open.push((item.clone(), needs.as_ref().into())),
                (None, _) => {}
            }
        }
        Index { list: list.clone(), by_key: by_key.into_iter().map(|(key, items)| (key, items.into())).collect(), open }
    }

    /// `list.overlapping(x => network)`: each element with the nearest one that holds its network; of equal networks the
    /// earlier holds the later. Networks are nested or apart, so the sorted list needs one pass.
    pub(crate) fn overlapping(&self, s: &Scope<'_>, list: &Rc<[Val]>, args: &[Code<'a>], at: Loc) -> Value {
        let mut networks: Vec<(IpAddr, u8, usize)> = vec![];
        for (position, item) in list.iter().enumerate() {
            match self.rule(s, args, item).v {
                Value::Cidr(net, bits) => networks.push((net, bits, position)),
                Value::Unknown(needs) => {
                    self.left_open(item, needs.to_string());
                }
                Value::Later(later) => {
                    self.left_open(item, self.later_name(&later));
                }
                _ => {}
            }
        }
        networks.sort_unstable();
        let mut around: Vec<(IpAddr, u8, usize)> = vec![];
        let mut pairs: Vec<(usize, usize)> = vec![];
        for network in networks {
            let holds = |outer: &(IpAddr, u8, usize)| outer.0.is_ipv4() == network.0.is_ipv4() && mask(network.0, outer.1) == outer.0;
            while around.last().is_some_and(|outer| !holds(outer)) {
                around.pop();
            }
            if let Some(outer) = around.last() {
                pairs.push((outer.2.max(network.2), outer.2.min(network.2)));
            }
            around.push(network);
        }
        pairs.sort_unstable();
        let item = |position: usize| list.get(position).cloned().unwrap_or_else(|| Val::error(at));
        Value::List(pairs.into_iter().map(|(a, b)| Val::new(Value::Tuple([item(a), item(b)].into()), at)).collect())
    }
}

/// The address at that place of a network; from its end if the place is negative, as -1 is the last one.
pub(crate) fn address_at(net: IpAddr, bits: u8, place: i64) -> Option<IpAddr> {
    let width = if net.is_ipv4() { 32 } else { 128 };
    let host_bits = width - u32::from(bits);
    let last = if host_bits == 128 { u128::MAX } else { (1u128 << host_bits) - 1 };
    let distance = u128::from(place.unsigned_abs());
    let offset = if place >= 0 { distance } else { last.checked_sub(distance - 1)? };
    if offset > last {
        return None;
    }
    Some(match net {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) | u32::try_from(offset).ok()?).into()),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) | offset).into()),
    })
}

#[cfg(test)]
mod tests {
    use super::address_at;

    #[test]
    fn addresses_are_counted_from_both_ends() {
        let at = |net: &str, bits, place| address_at(net.parse().unwrap(), bits, place).map(|ip| ip.to_string());
        assert_eq!(at("10.0.1.0", 24, 0).as_deref(), Some("10.0.1.0"));
        assert_eq!(at("10.0.1.0", 24, -1).as_deref(), Some("10.0.1.255"));
        assert_eq!(at("10.0.1.0", 24, -256).as_deref(), Some("10.0.1.0"));
        assert_eq!(at("10.0.1.0", 24, 256), None);
        assert_eq!(at("10.0.1.0", 24, -257), None);
        assert_eq!(at("0.0.0.0", 0, -1).as_deref(), Some("255.255.255.255"));
        assert_eq!(at("10.0.0.1", 32, -1).as_deref(), Some("10.0.0.1"));
        assert_eq!(at("::", 0, -1).as_deref(), Some("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
        assert_eq!(at("fd00::", 64, i64::MIN).as_deref(), Some("fd00::8000:0:0:0"));
    }
}
