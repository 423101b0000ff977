//! What does a literal mean? Numbers with units, addresses, ports, owners, times, and strings with a tag.

use crate::{
    pattern::Pattern,
    quantity::{self, Quantity},
    report::{ARITHMETIC, Problem, SYNTAX, near},
    source::Loc,
    time,
    types::Type,
    value::{Protocol, Val, Value},
};
use mig_syntax::ast::{Literal, LiteralForm, Part, Span};
use std::{borrow::Cow, net::IpAddr, rc::Rc};

type Parsed = Result<Val, Box<Problem>>;

/// The value of a literal.
pub fn parse(literal: &Literal, at: Loc) -> Parsed {
    let text = literal.text.as_str();
    let value = match literal.form {
        LiteralForm::Quantity => return number(text, at),
        LiteralForm::Address => address(text),
        LiteralForm::Port => port(text),
        LiteralForm::Owner => owner(text),
        LiteralForm::Time => time::parse(text).map(|(t, o)| Value::Time(t, o)).map_err(str::to_owned),
    };
    let noun = match literal.form {
        LiteralForm::Address => "address",
        LiteralForm::Port => "port",
        LiteralForm::Owner => "owner",
        LiteralForm::Time | LiteralForm::Quantity => "time",
    };
    value.map(|v| Val::new(v, at)).map_err(|why| Box::new(Problem::error(SYNTAX, at, format!("`{text}` is no {noun}: {why}"))))
}

/// The text that means just this value, if one does.
pub fn written(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(quoted(text)),
        Value::Quantity(_) | Value::Float(_) | Value::Percent(_) => {
            let text = value.to_string().replace(' ', "");
            let is_exact = number(&text, Loc::default()).is_ok_and(|read| read.v.key() == value.key());
            if is_exact { Some(text) } else { whole_bytes(value) }
        }
        Value::Bool(_)
        | Value::Int(_)
        | Value::Word(_)
        | Value::Ip(_)
        | Value::Cidr(..)
        | Value::Port(..)
        | Value::Owner(..)
        | Value::Time(..) => Some(value.to_string()),
        _ => None,
    }
}

/// What no short unit holds is written in bytes, so that nothing is rounded.
fn whole_bytes(value: &Value) -> Option<String> {
    let Value::Quantity(quantity) = value else { return None };
    quantity.whole_bytes().map(|bytes| format!("{bytes}B"))
}

/// The text as a program writes it, between quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '{' | '}' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out + "\""
}

/// The type of a literal's value.
pub fn type_of(value: &Value) -> Type {
    match value {
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Percent(_) => Type::Percent,
        Value::Quantity(q) => Type::Quantity(q.dim),
        Value::Ip(_) => Type::Ip,
        Value::Cidr(..) => Type::Cidr,
        Value::Port(..) => Type::Port,
        Value::Owner(..) => Type::Owner,
        Value::Time(..) => Type::Time,
        Value::Regex(_) => Type::Regex,
        _ => Type::Error,
    }
}

fn number(text: &str, at: Loc) -> Parsed {
    let end = text.bytes().position(|b| !b.is_ascii_digit() && b != b'.' && b != b'_').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let digits = if digits.bytes().any(|b| b == b'_') { Cow::Owned(digits.replace('_', "")) } else { Cow::Borrowed(digits) };
    let fail = |message: String| Box::new(Problem::error(SYNTAX, at, message));
    if digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") {
        return Err(Box::new(fail(format!("`{text}` begins with a zero")).help("a number has no leading zero")));
    }
    let too_large = || Box::new(Problem::error(ARITHMETIC, at, format!("`{text}` is too large")));
    let (num, den) = fraction(&digits).ok_or_else(too_large)?;
    let value = match unit {
        "" if den == 1 => Value::Int(i64::try_from(num).map_err(|_| too_large())?),
        "" => Value::Float(num as f64 / den as f64),
        "%" => Value::Percent(num as f64 / den as f64 / 100.0),
        unit => {
            let (unit, rate) = unit.split_once('/').map_or((unit, None), |(u, r)| (u, Some(r)));
            let one = named(unit, &digits, at, end)?;
            let one = match rate {
                Some(rate) => one.div(named(rate, &digits, at, end + unit.len() + 1)?).ok_or_else(too_large)?,
                None => one,
            };
            let count = Quantity::new(num, den, quantity::Dim::NONE, [0; 3]).ok_or_else(too_large)?;
            Value::Quantity(one.mul(count).ok_or_else(too_large)?)
        }
    };
    Ok(Val::new(value, at))
}

fn fraction(digits: &str) -> Option<(i128, i128)> {
    if let Ok(whole) = digits.parse::<u64>() {
        return Some((whole.into(), 1));
    }
    let (whole, part) = digits.split_once('.')?;
    if part.len() > 12 || whole.len() > 20 {
        return None;
    }
    Some((format!("{whole}{part}").parse().ok()?, 10i128.pow(part.len() as u32)))
}

/// The unit of that name, which stands `start` bytes into the literal at `at`.
fn named(unit: &str, digits: &str, at: Loc, start: usize) -> Result<Quantity, Box<Problem>> {
    quantity::unit(unit).ok_or_else(|| {
        let problem = Problem::error(SYNTAX, at, format!("there is no unit `{unit}`"));
        let lower = unit.to_lowercase();
        let by_case = quantity::unit_names().find(|u| u.to_lowercase() == lower);
        let usual = match lower.as_str() {
            "g" | "gb" => Some("GiB"),
            "m" | "mb" => Some("MiB"),
            "k" | "kb" => Some("KiB"),
            "t" | "tb" => Some("TiB"),
            "mbit" => Some("Mbps"),
            "gbit" => Some("Gbps"),
            "sec" => Some("s"),
            "day" | "days" => Some("d"),
            _ => None,
        };
        let other_form = match (lower.chars().next(), lower.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))) {
            (Some('e'), true) => Some("there is no exponent: write the number out"),
            (Some('x' | 'o' | 'b'), true) => Some("numbers are written in base ten"),
            _ => None,
        };
        if let Some(help) = other_form {
            return Box::new(problem.help(help));
        }
        Box::new(match by_case.or(usual).or_else(|| near(unit, quantity::unit_names())) {
            Some(close) => {
                let from = at.span.start as usize + start;
                let place = Loc::new(at.file, Span::new(from, from + unit.len()));
                problem.help(format!("did you mean `{digits}{close}`?")).fix(format!("write `{close}`"), place, close)
            }
            None => problem.help("sizes are B KB MB GB TB PB and KiB MiB GiB TiB PiB, durations ms s min h d w, bandwidths bps kbps Mbps Gbps, money is EUR, USD, …"),
        })
    })
}

fn address(text: &str) -> Result<Value, String> {
    let (ip, bits) = text.split_once('/').map_or((text, None), |(i, b)| (i, Some(b)));
    let ip: IpAddr = ip.parse().map_err(|_| "an address has four parts, each from 0 to 255".to_owned())?;
    match bits {
        None => Ok(Value::Ip(ip)),
        Some(bits) => network(ip, bits),
    }
}

fn network(ip: IpAddr, bits: &str) -> Result<Value, String> {
    let limit = if ip.is_ipv4() { 32 } else { 128 };
    let bits: u8 = bits.parse().ok().filter(|b| *b <= limit).ok_or(format!("the mask of this network is /0 to /{limit}"))?;
    let base = mask(ip, bits);
    if base != ip {
        return Err(format!("bits behind the mask are set; the network is {base}/{bits}"));
    }
    Ok(Value::Cidr(ip, bits))
}

/// The address with all bits behind the mask cleared.
pub fn mask(ip: IpAddr, bits: u8) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)).into()),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)).into()),
    }
}

/// `443/tcp`, `8000-8010/tcp`.
pub fn port(text: &str) -> Result<Value, String> {
    let (numbers, protocol) = text.split_once('/').ok_or("a port is `443/tcp`")?;
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let one = |s: &str| s.parse::<u16>().map_err(|_| "ports go up to 65535".to_owned());
    let (first, last) = (one(first)?, one(last)?);
    if first > last {
        return Err(format!("the range goes backwards; write `{last}-{first}/{protocol}`"));
    }
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        "icmp" => Protocol::Icmp,
        other => return Err(format!("there is no protocol `{other}`")),
    };
    Ok(Value::Port(first, last, protocol))
}

/// `999:999`.
pub fn owner(text: &str) -> Result<Value, String> {
    let (user, group) = text.split_once(':').ok_or("an owner is `999:999`")?;
    let one = |s: &str| s.parse::<u32>().map_err(|_| "user and group are numbers up to 4294967295".to_owned());
    Ok(Value::Owner(one(user)?, one(group)?))
}

/// `10.0.0.0/24`, `fd00::/8`.
pub fn cidr(text: &str) -> Result<Value, String> {
    let (ip, bits) = text.split_once('/').ok_or("a network is `fd00::/8`")?;
    let ip = ip.parse().map_err(|_| format!("`{ip}` is not an address"))?;
    network(ip, bits)
}

/// `ip"…"`, `cidr"…"`, `re"…"`.
pub fn tagged(tag: &str, parts: &[Part], at: Loc) -> Parsed {
    let text: String = parts.iter().map(|p| if let Part::Text(t) = p { t.as_str() } else { "" }).collect();
    let value = match tag {
        "ip" => text.parse().map(Value::Ip).map_err(|_| format!("`{text}` is not an address")),
        "cidr" => cidr(&text),
        _ => Pattern::new(&text).map(|p| Value::Regex(Rc::new(p))).map_err(|e| format!("this pattern is broken: {e}")),
    };
    value.map(|v| Val::new(v, at)).map_err(|message| Box::new(Problem::error(SYNTAX, at, message)))
}
