//! What may a value be? Types, which of them takes which, and how they are called.

use crate::{entries::Shape, quantity::Dim, value::Val};
use mig_syntax::ast;
use smol_str::SmolStr;
use std::{cell::OnceCell, fmt, rc::Rc};

/// A kind of the program, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId(pub u32);

/// A module of the program, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// A type.
#[derive(Debug, Clone)]
pub enum Type {
    /// Of something broken that was reported; agrees with everything.
    Error,
    /// `true`, `false`
    Bool,
    /// A whole number.
    Int,
    /// Any number.
    Float,
    /// Text.
    Str,
    /// A path of a host or of the project.
    Path,
    /// `85%`
    Percent,
    /// A number with a dimension.
    Quantity(Dim),
    /// An instant.
    Time,
    /// A duration from an instant.
    Window,
    /// An address.
    Ip,
    /// A network.
    Cidr,
    /// A port or a range of ports, with its protocol.
    Port,
    /// Two numbers, user and group.
    Owner,
    /// Anything without a secret.
    Json,
    /// `sh"…"`
    Sh,
    /// `re"…"`
    Regex,
    /// `a..b`
    Range(Rc<Type>),
    /// `[T]`
    List(Rc<Type>),
    /// `{Str: T}`
    Map(Rc<Type>, Lookup),
    /// `{ port: Port, … }`
    Record(Rc<RecordType>),
    /// `T?`
    Option(Rc<Type>),
    /// `A | B`
    Union(Rc<[Type]>),
    /// A bare value: `fresh`.
    Word(SmolStr),
    /// An enum.
    Enum(Rc<EnumType>),
    /// A reference to a declaration of that kind, or a record of a kind without children.
    Ref(KindId, SmolStr),
    /// `secret T`
    Secret(Rc<Type>),
    /// `later T`
    Later(Rc<Type>),
    /// What `for a, b in` takes apart.
    Tuple(Rc<[Type]>),
    /// A type with conditions, inside another.
    Refined(Rc<Typed>),
}

/// What a map without the key answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// Absent: the type of `m[k]` is optional.
    Absent,
    /// Unknown: facts and tables.
    Unknown,
    /// An error: declarations by their keys.
    Error,
}

/// A record's fields.
#[derive(Debug)]
pub struct RecordType {
    /// In order.
    pub fields: Vec<RecordField>,
    /// Of facts: what is absent is unknown.
    pub facts: bool,
    /// The names of its fields, which its values share.
    pub shape: Rc<Shape>,
}

impl RecordType {
    /// Of these fields.
    pub fn new(fields: Vec<RecordField>, facts: bool) -> Self {
        let shape = Shape::new(fields.iter().map(|f| f.name.clone()));
        Self { fields, facts, shape }
    }
}

/// One field of a record.
#[derive(Debug)]
pub struct RecordField {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub typed: Typed,
    /// After `=`.
    pub default: Option<Rc<ast::Expr>>,
    /// Where names of the default are looked up.
    pub module: ModuleId,
}

/// An enum.
#[derive(Debug)]
pub struct EnumType {
    /// Its name.
    pub name: SmolStr,
    /// Its values.
    pub words: Vec<SmolStr>,
}

/// A type with its conditions.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The type.
    pub ty: Type,
    /// `where …` and `in …`.
    pub refinements: Rc<[Refine]>,
}

/// A condition on a value.
#[derive(Debug)]
pub struct Refine {
    /// Where its names are looked up.
    pub module: ModuleId,
    /// `in` rather than `where`.
    pub is_in: bool,
    /// The range, list or condition.
    pub value: Rc<ast::Expr>,
    /// Its value where it names nothing, so that it is the same for every field.
    pub constant: OnceCell<Val>,
}

impl From<Type> for Typed {
    fn from(ty: Type) -> Self {
        Self { ty, refinements: Rc::new([]) }
    }
}

impl Type {
    /// `T?`, once.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Option(_) | Self::Error => self,
            other => Self::Option(Rc::new(other)),
        }
    }

    /// Without `?`, `later` and conditions.
    pub fn plain(&self) -> &Self {
        match self {
            Self::Option(inner) | Self::Later(inner) => inner.plain(),
            Self::Refined(typed) => typed.ty.plain(),
            other => other,
        }
    }

    /// Is `?` part of it?
    pub fn is_optional(&self) -> bool {
        match self {
            Self::Option(_) => true,
            Self::Later(inner) => inner.is_optional(),
            Self::Refined(typed) => typed.ty.is_optional(),
            _ => false,
        }
    }

    /// Is it `later`?
    pub fn is_later(&self) -> bool {
        match self {
            Self::Later(_) => true,
            Self::Option(inner) => inner.is_later(),
            Self::Refined(typed) => typed.ty.is_later(),
            _ => false,
        }
    }

    /// Can a secret be in it?
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::Option(inner) | Self::Later(inner) => inner.is_secret(),
            Self::Union(members) => members.iter().any(Self::is_secret),
            Self::List(inner) | Self::Map(inner, _) => inner.is_secret(),
            Self::Record(record) => record.fields.iter().any(|f| f.typed.ty.is_secret()),
            _ => false,
        }
    }

    /// Bare values it has, in order.
    pub fn words(&self) -> Vec<SmolStr> {
        match self {
            Self::Word(word) => vec![word.clone()],
            Self::Enum(e) => e.words.clone(),
            Self::Union(members) => members.iter().flat_map(Self::words).collect(),
            Self::Option(inner) | Self::Later(inner) | Self::Secret(inner) => inner.words(),
            Self::Refined(typed) => typed.ty.words(),
            _ => vec![],
        }
    }

    /// Has it that bare value?
    pub fn has_word(&self, word: &str) -> bool {
        match self {
            Self::Word(w) => w == word,
            Self::Enum(e) => e.words.iter().any(|w| w == word),
            Self::Union(members) => members.iter().any(|m| m.has_word(word)),
            Self::Option(inner) | Self::Later(inner) | Self::Secret(inner) => inner.has_word(word),
            Self::Refined(typed) => typed.ty.has_word(word),
            _ => false,
        }
    }

    /// The member of a union, or the type itself, that a record literal may be.
    pub fn members(&self) -> Vec<&Self> {
        match self {
            Self::Union(members) => members.iter().flat_map(Self::members).collect(),
            Self::Option(inner) | Self::Later(inner) | Self::Secret(inner) => inner.members(),
            Self::Refined(typed) => typed.ty.members(),
            other => vec![other],
        }
    }

    /// Does a place of this type take a value of that one? `is_a` says whether a kind is another or refines it.
    pub fn takes(&self, found: &Self, is_a: &dyn Fn(KindId, KindId) -> bool) -> bool {
        match (self, found) {
            (Self::Error, _) | (_, Self::Error) => true,
            (_, Self::Refined(typed)) => self.takes(&typed.ty, is_a),
            (Self::Refined(typed), _) => typed.ty.takes(found, is_a),
            (_, Self::Later(inner)) => self.takes(inner, is_a),
            (Self::Later(inner), _) => inner.takes(found, is_a),
            (Self::Option(inner), Self::Option(other)) => inner.takes(other, is_a),
            (_, Self::Union(members)) if !members.is_empty() => members.iter().all(|m| self.takes(m, is_a)),
            (Self::Secret(inner), Self::Secret(other)) => inner.takes(other, is_a),
            (Self::Secret(inner), _) => inner.takes(found, is_a),
            (Self::Option(inner), _) => inner.takes(found, is_a),
            (Self::Union(members), Self::Enum(e)) if !members.iter().any(|m| m.takes(found, is_a)) => {
                e.words.iter().all(|w| self.has_word(w))
            }
            (Self::Union(members), _) => members.iter().any(|m| m.takes(found, is_a)),
            _ => self.takes_plain(found, is_a),
        }
    }

    /// May a refinement of a kind give a field of this type that one? Words of a list stand for a text.
    pub(crate) fn is_narrowed_by(&self, found: &Self, is_a: &dyn Fn(KindId, KindId) -> bool) -> bool {
        self.takes(found, is_a) || matches!((self.plain(), found.plain()), (Self::Str, Self::Enum(_)))
    }

    fn takes_plain(&self, found: &Self, is_a: &dyn Fn(KindId, KindId) -> bool) -> bool {
        match (self, found) {
            (Self::Float, Self::Int | Self::Percent) | (Self::Percent, Self::Float) => true,
            (Self::Quantity(Dim::NONE), Self::Int | Self::Float) | (Self::Float, Self::Quantity(Dim::NONE)) => true,
            (Self::Path, Self::Str) | (Self::Str, Self::Path) => true,
            (Self::Json, other) => !other.is_secret() && !matches!(other, Self::Ref(..)),
            (Self::List(a), Self::List(b)) | (Self::Range(a), Self::Range(b)) => a.takes(b, is_a),
            (Self::Map(a, _), Self::Map(b, _)) => a.takes(b, is_a),
            (Self::Map(a, _), Self::Record(r)) => r.fields.iter().all(|f| a.takes(&f.typed.ty, is_a)),
            (Self::Record(a), Self::Record(b)) => a.fields.iter().all(|field| {
                let other = b.fields.iter().find(|f| f.name == field.name);
                other.map_or(field.typed.ty.is_optional() || field.default.is_some(), |f| field.typed.ty.takes(&f.typed.ty, is_a))
            }),
            (Self::Enum(e), Self::Word(w)) => e.words.contains(w),
            (Self::Enum(a), Self::Enum(b)) => a.name == b.name,
            (Self::Word(a), Self::Word(b)) => a == b,
            (Self::Ref(a, _), Self::Ref(b, _)) => is_a(*b, *a),
            (Self::Quantity(a), Self::Quantity(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.takes(b, is_a)),
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b) && a.is_scalar(),
        }
    }

    fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Bool
                | Self::Int
                | Self::Float
                | Self::Str
                | Self::Path
                | Self::Percent
                | Self::Time
                | Self::Window
                | Self::Ip
                | Self::Cidr
                | Self::Port
                | Self::Owner
                | Self::Json
                | Self::Sh
                | Self::Regex
        )
    }
}

/// The scalar of that name.
pub fn scalar(name: &str) -> Option<Type> {
    Some(match name {
        "Bool" => Type::Bool,
        "Int" => Type::Int,
        "Float" => Type::Float,
        "Str" => Type::Str,
        "Path" => Type::Path,
        "Size" => Type::Quantity(Dim::SIZE),
        "Duration" => Type::Quantity(Dim::DURATION),
        "Bandwidth" => Type::Quantity(Dim::BANDWIDTH),
        "Money" => Type::Quantity(Dim::MONEY),
        "Percent" => Type::Percent,
        "Time" => Type::Time,
        "Window" => Type::Window,
        "Ip" => Type::Ip,
        "Cidr" => Type::Cidr,
        "Port" => Type::Port,
        "Owner" => Type::Owner,
        "Json" => Type::Json,
        "sh" => Type::Sh,
        _ => return None,
    })
}

/// Names of the scalars, for near misses.
pub const SCALARS: [&str; 17] = [
    "Bool",
    "Int",
    "Float",
    "Str",
    "Path",
    "Size",
    "Duration",
    "Bandwidth",
    "Money",
    "Percent",
    "Time",
    "Window",
    "Ip",
    "Cidr",
    "Port",
    "Owner",
    "Json",
];

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Error => "?",
            Self::Bool => "Bool",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::Str => "Str",
            Self::Path => "Path",
            Self::Percent => "Percent",
            Self::Time => "Time",
            Self::Window => "Window",
            Self::Ip => "Ip",
            Self::Cidr => "Cidr",
            Self::Port => "Port",
            Self::Owner => "Owner",
            Self::Json => "Json",
            Self::Sh => "sh",
            Self::Regex => "re",
            Self::Quantity(dim) => return write!(f, "{dim}"),
            Self::Range(inner) => return write!(f, "range of {inner}"),
            Self::List(inner) => return write!(f, "[{inner}]"),
            Self::Map(inner, _) => return write!(f, "{{Str: {inner}}}"),
            Self::Record(record) => return fmt_record(f, record),
            Self::Option(inner) => return write!(f, "{inner}?"),
            Self::Union(members) => return fmt_list(f, members, " | "),
            Self::Word(word) => word,
            Self::Enum(e) => &e.name,
            Self::Ref(_, name) => name,
            Self::Secret(inner) => return write!(f, "secret {inner}"),
            Self::Later(inner) => return write!(f, "later {inner}"),
            Self::Tuple(parts) => return fmt_list(f, parts, ", "),
            Self::Refined(typed) => return write!(f, "{}", typed.ty),
        };
        f.write_str(name)
    }
}

fn fmt_list(f: &mut fmt::Formatter<'_>, parts: &[Type], between: &str) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if i == 0 { "" } else { between })?;
    }
    Ok(())
}

fn fmt_record(f: &mut fmt::Formatter<'_>, record: &RecordType) -> fmt::Result {
    f.write_str("{ ")?;
    for (i, field) in record.fields.iter().enumerate() {
        write!(f, "{}{}: {}", if i == 0 { "" } else { ", " }, field.name, field.typed.ty)?;
    }
    f.write_str(" }")
}
