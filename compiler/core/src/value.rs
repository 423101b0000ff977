//! What is a field's value, and where does it come from? Known, later, unknown or absent, with its place.

use crate::{entries::Entries, quantity::Quantity, source::Loc};
use smol_str::SmolStr;
use std::{fmt, net::IpAddr, rc::Rc};

/// A declaration of the model, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub u32);

/// How a value came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// Written where it is used, or computed there.
    #[default]
    Written,
    /// A default of the kind.
    Default,
    /// Measured.
    Fact,
    /// Not to be shown where it is pointed at.
    Exposed,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Val {
    /// The value.
    pub v: Value,
    /// The literal, fact or expression it comes from.
    pub at: Loc,
    /// How.
    pub sort: Sort,
}

/// There are millions of them, and checks wait for memory more than for anything else.
const _: () = assert!(size_of::<Val>() <= 48);

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// Of something broken that was reported.
    Error,
    /// Nothing, where nothing is allowed.
    Absent,
    /// Neither written nor surveyed; the text says what would settle it.
    Unknown(Rc<str>),
    /// Known once the world has answered: a field of a declaration, or a variable of the environment.
    Later(Rc<Later>),
    /// A secret, by name.
    Secret(SmolStr),
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any number.
    Float(f64),
    /// `85%`, as 0.85.
    Percent(f64),
    /// Text or a path.
    Str(SmolStr),
    /// With a dimension.
    Quantity(Quantity),
    /// Seconds since 1970, and the offset in minutes it was written with.
    Time(i64, i16),
    /// A duration in seconds from an instant.
    Window(i64, i64, i16),
    /// An address.
    Ip(IpAddr),
    /// A network.
    Cidr(IpAddr, u8),
    /// First, last, protocol.
    Port(u16, u16, Protocol),
    /// User, group.
    Owner(u32, u32),
    /// A bare value.
    Word(SmolStr),
    /// A list.
    List(Rc<[Val]>),
    /// A record or a map.
    Map(Entries),
    /// A declaration.
    Ref(InstanceId),
    /// `a..b`, and whether b is part of it.
    Range(Rc<(Val, Val, bool)>),
    /// A pattern.
    Regex(Rc<crate::pattern::Pattern>),
    /// A script and its words.
    Sh(Rc<Shell>),
    /// A pair.
    Tuple(Rc<[Val]>),
}

/// Where a value that is known later comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Later {
    /// A field of a declaration.
    Field(InstanceId, SmolStr),
    /// A variable of the environment.
    Env(SmolStr),
}

/// What travels over a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
    /// `sctp`
    Sctp,
    /// `icmp`
    Icmp,
}

impl Protocol {
    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
            Self::Icmp => "icmp",
        }
    }
}

/// A script: words stand in it as `"$1"`, `"$2"`, ….
#[derive(Debug, PartialEq)]
pub struct Shell {
    /// The text.
    pub text: String,
    /// Its positional parameters.
    pub words: Vec<String>,
}

impl Val {
    /// A value at a place.
    pub fn new(v: Value, at: Loc) -> Self {
        Self { v, at, sort: Sort::Written }
    }

    /// The value of something broken.
    pub fn error(at: Loc) -> Self {
        Self::new(Value::Error, at)
    }

    /// Text, if it is known text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.v {
            Value::Str(s) | Value::Word(s) => Some(s),
            _ => None,
        }
    }

    /// Is it neither later, unknown, absent nor broken?
    pub fn is_known(&self) -> bool {
        !matches!(self.v, Value::Error | Value::Absent | Value::Unknown(_) | Value::Later(_))
    }
}

/// What two values have in common if they are equal; `None` for what is never equal to anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// Text of a bare value or a string.
    Text(SmolStr),
    /// A whole number.
    Int(i64),
    /// Bits of a number.
    Bits(u64),
    /// A quantity.
    Quantity(Quantity),
    /// An instant or window.
    Time(i64, i64),
    /// An address, a network.
    Ip(IpAddr, u8),
    /// A port.
    Port(u16, u16, Protocol),
    /// An owner.
    Owner(u32, u32),
    /// The name of a secret, which is no text.
    Secret(SmolStr),
    /// A declaration.
    Ref(InstanceId),
    /// The same field of the same declaration.
    Later(Later),
    /// Several.
    List(Vec<Key>),
    /// Named.
    Map(Vec<(SmolStr, Key)>),
}

impl Value {
    /// For comparison and hashing.
    pub fn key(&self) -> Option<Key> {
        Some(match self {
            Self::Bool(b) => Key::Int(i64::from(*b)),
            Self::Int(i) => Key::Int(*i),
            Self::Float(f) | Self::Percent(f) => Key::Bits(f.to_bits()),
            Self::Str(s) | Self::Word(s) => Key::Text(s.clone()),
            Self::Quantity(q) => Key::Quantity(*q),
            Self::Time(t, _) => Key::Time(*t, 0),
            Self::Window(d, t, _) => Key::Time(*t, *d),
            Self::Ip(ip) => Key::Ip(*ip, u8::MAX),
            Self::Cidr(ip, bits) => Key::Ip(*ip, *bits),
            Self::Port(a, b, p) => Key::Port(*a, *b, *p),
            Self::Owner(u, g) => Key::Owner(*u, *g),
            Self::Ref(id) => Key::Ref(*id),
            Self::Later(later) => Key::Later((**later).clone()),
            Self::List(list) | Self::Tuple(list) => Key::List(list.iter().map(|v| v.v.key()).collect::<Option<_>>()?),
            Self::Map(map) => Key::Map(map.iter().map(|(k, v)| Some((k.clone(), v.v.key()?))).collect::<Option<_>>()?),
            Self::Secret(name) => Key::Secret(name.clone()),
            Self::Error | Self::Absent | Self::Unknown(_) | Self::Range(_) | Self::Regex(_) | Self::Sh(_) => return None,
        })
    }

    /// What makes it one and the same as another in `duplicates` and `unique`. What is absent or not yet known is the same as nothing, and
    /// so are the bare words that say how a value comes about.
    pub fn identity(&self) -> Option<Key> {
        match self {
            Self::Later(_) => None,
            Self::Word(word) if matches!(word.as_str(), "fresh" | "kept") => None,
            _ => self.key(),
        }
    }

    /// The name of what it is, for messages about a value in the wrong place.
    pub fn sort_name(&self) -> &'static str {
        match self {
            Self::Error => "broken value",
            Self::Absent => "absent value",
            Self::Unknown(_) => "unknown value",
            Self::Later(_) => "value known later",
            Self::Secret(_) => "secret",
            Self::Bool(_) => "Bool",
            Self::Int(_) => "Int",
            Self::Float(_) => "Float",
            Self::Percent(_) => "Percent",
            Self::Str(_) => "Str",
            Self::Quantity(q) => match q.dim {
                crate::quantity::Dim::SIZE => "Size",
                crate::quantity::Dim::DURATION => "Duration",
                crate::quantity::Dim::BANDWIDTH => "Bandwidth",
                crate::quantity::Dim::MONEY => "Money",
                _ => "quantity",
            },
            Self::Time(..) => "Time",
            Self::Window(..) => "Window",
            Self::Ip(_) => "Ip",
            Self::Cidr(..) => "Cidr",
            Self::Port(..) => "Port",
            Self::Owner(..) => "Owner",
            Self::Word(_) => "value of an enum",
            Self::List(_) => "list",
            Self::Map(_) => "record",
            Self::Ref(_) => "reference",
            Self::Range(_) => "range",
            Self::Regex(_) => "pattern",
            Self::Sh(_) => "script",
            Self::Tuple(_) => "pair",
        }
    }
}

/// How people write it; references are written by whoever knows their names.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("?"),
            Self::Absent => f.write_str("nothing"),
            Self::Unknown(_) => f.write_str("(unknown)"),
            Self::Later(_) => f.write_str("(known later)"),
            Self::Secret(name) => write!(f, "(secret {name})"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Float(x) => f.write_str(&crate::quantity::plain(*x, 3)),
            Self::Percent(x) => write!(f, "{}%", crate::quantity::plain(x * 100.0, 2)),
            Self::Str(s) | Self::Word(s) => f.write_str(s),
            Self::Quantity(q) => write!(f, "{q}"),
            Self::Time(t, offset) => f.write_str(&crate::time::format(*t, *offset)),
            Self::Window(d, t, offset) => write!(f, "{} from {}", crate::time::duration(*d), crate::time::format(*t, *offset)),
            Self::Ip(ip) => write!(f, "{ip}"),
            Self::Cidr(ip, bits) => write!(f, "{ip}/{bits}"),
            Self::Port(a, b, p) if a == b => write!(f, "{a}/{}", p.as_str()),
            Self::Port(a, b, p) => write!(f, "{a}-{b}/{}", p.as_str()),
            Self::Owner(u, g) => write!(f, "{u}:{g}"),
            Self::List(list) => {
                for (i, item) in list.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { ", " }, item.v)?;
                }
                Ok(())
            }
            Self::Map(_) => f.write_str("{…}"),
            Self::Ref(id) => write!(f, "#{}", id.0),
            Self::Range(r) => write!(f, "{}..{}{}", r.0.v, if r.2 { "=" } else { "" }, r.1.v),
            Self::Regex(r) => f.write_str(r.as_str()),
            Self::Sh(s) => f.write_str(&s.text),
            Self::Tuple(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { ", " }, part.v)?;
                }
                Ok(())
            }
        }
    }
}
