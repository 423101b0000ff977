//! Is a value what its type wants? Records get their defaults, and what `in` and `where` do not accept is refused.
//!
//! Types were compared before; here are values.

use crate::{
    arithmetic,
    entries::Entries,
    eval::Scope,
    model::Model,
    program::FieldDef,
    source::Loc,
    types::{RecordType, Refine, Type, Typed},
    value::{InstanceId, Sort, Val, Value},
};
use std::cmp::Ordering;

/// Who wants a value: the name of the place, and the field of a declaration where it is one.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'s> {
    pub name: &'s str,
    /// The entry of a list, from 0.
    pub entry: Option<usize>,
    pub me: Option<InstanceId>,
    pub field: Option<usize>,
}

impl Asker<'_> {
    /// For people: `disks[2]`.
    pub fn place(&self) -> String {
        self.entry.map_or_else(|| self.name.to_owned(), |entry| format!("{}[{entry}]", self.name))
    }
}

impl<'a> Model<'_, 'a> {
    /// The value of a field as its type wants it: defaults of records filled in, conditions looked at.
    pub fn conform(&self, value: Val, field: &FieldDef<'a>, id: InstanceId, number: usize) -> Val {
        let value = self.conform_as(value, &field.typed, Asker { name: &field.name, entry: None, me: Some(id), field: Some(number) });
        match &value.v {
            Value::Quantity(q) if q.sign() == Ordering::Less && field.begins_at_zero(&value.v) => {
                self.refuse_below_zero(&value, *q, field, id, number);
                Val::error(value.at)
            }
            _ => value,
        }
    }

    /// The value as a type wants it.
    pub fn conform_to(&self, value: Val, typed: &Typed, place: &str, me: Option<InstanceId>) -> Val {
        self.conform_as(value, typed, Asker { name: place, entry: None, me, field: None })
    }

    /// Does a type want nothing else of the value?
    pub(crate) fn conforms(&self, value: &Val, typed: &Typed) -> bool {
        typed.refinements.is_empty() && (is_whole(&value.v, &typed.ty) || self.is_shaped(value, &typed.ty))
    }

    fn conform_as(&self, value: Val, typed: &Typed, asker: Asker<'_>) -> Val {
        if self.conforms(&value, typed) {
            return value;
        }
        let value = self.shape(value, &typed.ty, asker);
        let refused = |r: &&Refine| value.is_known() && !self.accepts(&value, r, asker.me);
        if let Some(refine) = typed.refinements.iter().find(refused) {
            self.refuse(&value, typed, refine, asker);
            return Val::error(value.at);
        }
        value
    }

    fn shape(&self, value: Val, ty: &Type, asker: Asker<'_>) -> Val {
        if self.is_shaped(&value, ty) {
            return value;
        }
        match (&value.v, ty) {
            (_, Type::Option(inner) | Type::Later(inner) | Type::Secret(inner)) => self.shape(value, inner, asker),
            (_, Type::Refined(typed)) => self.conform_as(value, typed, asker),
            (Value::List(list), Type::List(inner)) if needs_shape(inner) => {
                let item = |(entry, v): (usize, &Val)| self.shape(v.clone(), inner, Asker { entry: Some(entry), ..asker });
                let items = list.iter().enumerate().map(item).collect();
                Val { v: Value::List(items), ..value }
            }
            (Value::Map(map), Type::Map(inner, _)) if needs_shape(inner) => {
                let values = map.values().iter().map(|v| self.shape(v.clone(), inner, asker));
                Val { v: Value::Map(Entries::alike(map.shape(), values, map.needs().cloned())), ..value }
            }
            (Value::Map(map), Type::Record(record)) => {
                let filled = self.fill(map, record, asker.me, value.at);
                Val { v: filled, ..value }
            }
            (Value::Map(map), Type::Ref(kind, _)) if map.needs().is_none() => {
                let def = self.program.kind(*kind);
                let values = def.fields.iter().map(|f| {
                    let given = map.get(&f.name).cloned();
                    let v = given.unwrap_or_else(|| match f.value {
                        Some(e) => self.run(&Scope::module(f.module), &self.code_once(&Scope::module(f.module), e)),
                        None => Val::new(Value::Absent, value.at),
                    });
                    self.conform_to(v, &f.typed, &f.name, None)
                });
                Val { v: Value::Map(Entries::alike(def.shape(), values, None)), ..value }
            }
            (Value::Map(_) | Value::List(_), Type::Union(_)) => {
                let fits = ty.members().into_iter().find(|m| fits(&value.v, m)).cloned();
                match fits {
                    Some(member) => self.shape(value, &member, asker),
                    None => value,
                }
            }
            (Value::Int(i), Type::Float) => Val { v: Value::Float(*i as f64), ..value },
            _ => value,
        }
    }

    /// Has it the shape of its type already, and are there no conditions inside? Then it stays what it is, and is not built again:
    /// most arguments of functions come from fields and were shaped there.
    fn is_shaped(&self, value: &Val, ty: &Type) -> bool {
        let is_field = |(value, typed): (&Val, &Typed)| typed.refinements.is_empty() && self.is_shaped(value, &typed.ty);
        match (&value.v, ty) {
            (_, Type::Option(inner) | Type::Later(inner) | Type::Secret(inner)) => self.is_shaped(value, inner),
            (_, Type::Refined(_)) | (Value::Int(_), Type::Float) => false,
            (Value::List(list), Type::List(inner)) => !needs_shape(inner) || list.iter().all(|v| self.is_shaped(v, inner)),
            (Value::Map(map), Type::Map(inner, _)) => {
                !needs_shape(inner) || (!map.is_of_keys() && map.values().iter().all(|v| self.is_shaped(v, inner)))
            }
            (Value::Map(map), Type::Record(record)) => {
                map.has_shape(&record.shape) && map.values().iter().zip(record.fields.iter().map(|f| &f.typed)).all(is_field)
            }
            (Value::Map(map), Type::Ref(kind, _)) if map.needs().is_none() => {
                let def = self.program.kind(*kind);
                map.has_shape(def.shape()) && map.values().iter().zip(def.fields.iter().map(|f| &f.typed)).all(is_field)
            }
            (Value::Map(_) | Value::List(_), Type::Union(_)) => {
                ty.members().into_iter().find(|m| fits(&value.v, m)).is_none_or(|member| self.is_shaped(value, member))
            }
            _ => true,
        }
    }

    fn fill(&self, map: &Entries, record: &RecordType, me: Option<InstanceId>, at: Loc) -> Value {
        let values = record.fields.iter().map(|f| {
            let value = match (map.get(&f.name), &f.default) {
                (Some(given), _) => given.clone(),
                (None, Some(default)) => {
                    let scope = Scope { me, ..Scope::module(f.module) };
                    Val { sort: Sort::Default, ..self.run(&scope, &self.code_of_type(&scope, default)) }
                }
                (None, None) => Val::new(Value::Absent, at),
            };
            self.conform_to(value, &f.typed, &f.name, me)
        });
        Value::Map(Entries::alike(&record.shape, values, map.needs().cloned()))
    }

    fn accepts(&self, value: &Val, refine: &Refine, me: Option<InstanceId>) -> bool {
        let scope = Scope { me, body: me.is_some(), ..Scope::module(refine.module) };
        let scope = &scope;
        let it = scope.var("it", value);
        let scope = scope.with(&it);
        let condition = match refine.constant.get() {
            Some(known) => known.clone(),
            None if refine.value.is_constant() => refine.constant.get_or_init(|| self.eval(&scope, &refine.value)).clone(),
            None => self.run(&scope, &self.code_of_type(&scope, &refine.value)),
        };
        if refine.is_in {
            !matches!(arithmetic::contains(value, &condition), Value::Bool(false))
        } else {
            !matches!(condition.v, Value::Bool(false))
        }
    }
}

/// Is it a value without parts, for a type without conditions? Nothing is done to it.
fn is_whole(value: &Value, ty: &Type) -> bool {
    let has_parts = matches!(value, Value::List(_) | Value::Map(_) | Value::Int(_));
    let has_conditions = matches!(ty, Type::Option(_) | Type::Later(_) | Type::Secret(_) | Type::Refined(_));
    !has_parts && !has_conditions
}

fn needs_shape(ty: &Type) -> bool {
    !matches!(ty, Type::Str | Type::Path | Type::Int | Type::Quantity(_) | Type::Port | Type::Ip | Type::Cidr | Type::Word(_) | Type::Bool)
}

fn fits(value: &Value, ty: &Type) -> bool {
    matches!((value, ty), (Value::Map(_), Type::Record(_) | Type::Map(..) | Type::Ref(..)) | (Value::List(_), Type::List(_)))
}
