//! How may a fact look? Each form is a Rust type, a test for values that come from outside, and a JSON schema.

use serde_json::{Value, json};
use std::{collections::BTreeMap, net::IpAddr};

/// No text of a fact is longer.
pub const TEXT_MAX_BYTES: usize = 4096;
/// No list or map of a fact is longer.
pub const LIST_MAX: usize = 10_000;

/// The form of a value.
pub trait Form {
    /// What holds it.
    type Rust;
    /// Says what is wrong with a value, if anything is: the path of the field, and the reason.
    fn check(value: &Self::Rust) -> Result<(), Wrong>;
    /// Its JSON schema.
    fn schema() -> Value;
}

/// A value that is not of its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Names and keys from the inside out.
    pub path: Vec<String>,
    /// What it should be.
    pub why: &'static str,
}

impl Wrong {
    fn new(why: &'static str) -> Self {
        Self { path: vec![], why }
    }

    pub(crate) fn below(mut self, name: impl Into<String>) -> Self {
        self.path.push(name.into());
        self
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
        write!(f, "{} is not {}", path.join("."), self.why)
    }
}

/// Text that has a form of its own: a name for it, what it is, a test, and the pattern of the schema.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $why:literal, $test:expr, $schema:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Form for $name {
            type Rust = String;

            fn check(value: &String) -> Result<(), Wrong> {
                let test: fn(&str) -> bool = $test;
                if is_text(value) && test(value) { Ok(()) } else { Err(Wrong::new($why)) }
            }

            fn schema() -> Value {
                $schema
            }
        }
    )*};
}

texts! {
    /// Any text of one line.
    Text: "one line of text without control characters", |_| true, json!({ "type": "string", "maxLength": TEXT_MAX_BYTES });
    /// An absolute path.
    Path: "an absolute path without `..`", is_path, json!({ "type": "string", "pattern": "^/", "maxLength": TEXT_MAX_BYTES });
    /// `3306/tcp`.
    Port: "a port like `3306/tcp`", is_port, json!({ "type": "string", "pattern": "^[0-9]{1,5}/(tcp|udp|sctp)$" });
    /// `999:999`.
    Owner: "an owner like `999:999`", is_owner, json!({ "type": "string", "pattern": "^[0-9]{1,10}:[0-9]{1,10}$" });
    /// `10.0.0.4`.
    Address: "an address", |text| text.parse::<IpAddr>().is_ok(), json!({ "type": "string", "pattern": "^[0-9a-f:.]+$" });
    /// `10.0.0.0/24`.
    Network: "a network like `10.0.0.0/24`", is_network, json!({ "type": "string", "pattern": "^[0-9a-f:.]+/[0-9]{1,3}$" });
    /// RFC 3339.
    Time: "a time like `2020-01-10T12:00:00Z`", is_time, json!({ "type": "string", "format": "date-time" });
}

/// Text that is one of a few words.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $why:literal, [$($word:literal),*];)*) => {texts! {
        $($(#[$doc])* $name: $why, |text| [$($word),*].contains(&text), json!({ "type": "string", "enum": [$($word),*, null] });)*
    }};
}

words! {
    /// Of a processor.
    Arch: "`x86_64` or `arm64`", ["x86_64", "arm64"];
    /// How firmware starts a machine.
    Boot: "`bios` or `uefi`", ["bios", "uefi"];
    /// How a kernel groups processes.
    Cgroup: "`v1`, `v2` or `hybrid`", ["v1", "v2", "hybrid"];
    /// What SELinux does.
    Selinux: "`enforcing`, `permissive` or `disabled`", ["enforcing", "permissive", "disabled"];
    /// How a disk is divided.
    PartitionTable: "`gpt`, `mbr` or `none`", ["gpt", "mbr", "none"];
    /// What a packet filter does with what it has no rule for.
    Policy: "`accept`, `drop` or `reject`", ["accept", "drop", "reject"];
}

/// One line, without what a terminal would obey.
fn is_text(text: &str) -> bool {
    text.len() <= TEXT_MAX_BYTES && !text.chars().any(|c| c.is_control() || is_bidi(c))
}

/// Turns the direction of what follows, so that a reader sees another text.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.split('/').any(|part| part == "..")
}

fn is_port(text: &str) -> bool {
    text.split_once('/').is_some_and(|(number, protocol)| number.parse::<u16>().is_ok() && matches!(protocol, "tcp" | "udp" | "sctp"))
}

fn is_owner(text: &str) -> bool {
    text.split_once(':').is_some_and(|(user, group)| user.parse::<u32>().is_ok() && group.parse::<u32>().is_ok())
}

fn is_network(text: &str) -> bool {
    text.split_once('/').is_some_and(|(base, bits)| network(base, bits).is_some_and(|made| made == text))
}

/// The network that an address is in: `10.0.0.4`, `24` gives `10.0.0.0/24`.
pub fn network(address: &str, bits: &str) -> Option<String> {
    let address: IpAddr = address.parse().ok()?;
    let bits: u32 = bits.parse().ok()?;
    Some(match address {
        IpAddr::V4(v4) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            format!("{}/{bits}", std::net::Ipv4Addr::from(u32::from(v4) & mask))
        }
        IpAddr::V6(v6) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            format!("{}/{bits}", std::net::Ipv6Addr::from(u128::from(v6) & mask))
        }
        _ => return None,
    })
}

/// The shape of RFC 3339; whoever computes with a time parses it.
fn is_time(text: &str) -> bool {
    let Some((clock, zone)) = text.get(..19).zip(text.get(19..)) else { return false };
    let shape = |text: &str, form: &str| {
        text.len() == form.len() && text.bytes().zip(form.bytes()).all(|(c, f)| if f == b'0' { c.is_ascii_digit() } else { c == f })
    };
    shape(clock, "0000-00-00T00:00:00") && (zone == "Z" || shape(zone, "+00:00") || shape(zone, "-00:00"))
}

macro_rules! plain {
    ($($type:ty: $schema:tt;)*) => {$(
        impl Form for $type {
            type Rust = $type;

            fn check(_: &$type) -> Result<(), Wrong> {
                Ok(())
            }

            fn schema() -> Value {
                json!($schema)
            }
        }
    )*};
}

plain! {
    bool: { "type": "boolean" };
    u32: { "type": "integer", "minimum": 0 };
    i64: { "type": "integer" };
    f64: { "type": "number" };
}

impl Form for u64 {
    type Rust = Self;

    fn check(value: &Self) -> Result<(), Wrong> {
        if *value <= i64::MAX as Self { Ok(()) } else { Err(Wrong::new("a number of bytes that a disk can have")) }
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": i64::MAX })
    }
}

impl<T: Form> Form for Vec<T> {
    type Rust = Vec<T::Rust>;

    fn check(value: &Self::Rust) -> Result<(), Wrong> {
        if value.len() > LIST_MAX {
            return Err(Wrong::new("a list of at most 10,000 entries"));
        }
        value.iter().enumerate().try_for_each(|(at, entry)| T::check(entry).map_err(|wrong| wrong.below(at.to_string())))
    }

    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema(), "maxItems": LIST_MAX })
    }
}

/// An object whose keys are data.
#[derive(Debug)]
pub struct Map<T>(std::marker::PhantomData<T>);

impl<T: Form> Form for Map<T> {
    type Rust = BTreeMap<String, T::Rust>;

    fn check(value: &Self::Rust) -> Result<(), Wrong> {
        if value.len() > LIST_MAX {
            return Err(Wrong::new("an object of at most 10,000 entries"));
        }
        value.iter().try_for_each(|(key, entry)| {
            Text::check(key).map_err(|wrong| wrong.below(key))?;
            T::check(entry).map_err(|wrong| wrong.below(key))
        })
    }

    fn schema() -> Value {
        json!({ "type": "object", "additionalProperties": T::schema(), "maxProperties": LIST_MAX })
    }
}

/// Records whose every field may be absent; what is absent is not written.
macro_rules! records {
    ($($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $about:literal])* $field:ident: $form:ty,)* })*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, Default)]
        #[serde(default)]
        pub struct $name {
            $($(#[doc = $about])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<<$form as $crate::form::Form>::Rust>,)*
        }

        impl $crate::form::Form for $name {
            type Rust = Self;

            fn check(value: &Self) -> Result<(), $crate::form::Wrong> {
                $(if let Some(value) = &value.$field {
                    <$form as $crate::form::Form>::check(value).map_err(|wrong| wrong.below(stringify!($field)))?;
                })*
                Ok(())
            }

            fn schema() -> serde_json::Value {
                let fields = [$((stringify!($field), [$($about),*].concat(), <$form as $crate::form::Form>::schema())),*];
                $crate::form::record_schema(&[$($doc),*].concat(), fields)
            }
        }
    )*};
}
pub(crate) use records;

/// The schema of a record: `null` is as good as absent.
pub(crate) fn record_schema<const N: usize>(about: &str, fields: [(&str, String, Value); N]) -> Value {
    let properties: serde_json::Map<String, Value> = fields
        .into_iter()
        .map(|(name, about, mut schema)| {
            if let Some(kind) = schema["type"].as_str().map(str::to_owned) {
                schema["type"] = json!([kind, "null"]);
            }
            schema["description"] = json!(about.trim());
            (name.to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "description": about.trim(), "properties": properties, "additionalProperties": false })
}
