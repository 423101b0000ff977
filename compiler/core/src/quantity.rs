//! What is `64GiB / 100Mbps`? Numbers with dimensions, exact, and how people write them.
//!
//! Data are counted in bits, time in nanoseconds, money in millionths. A result that does not fit is no result.

use std::{cmp::Ordering, fmt};

/// Powers of data, time and money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Dim {
    /// Of bits.
    pub data: i8,
    /// Of nanoseconds.
    pub time: i8,
    /// Of millionths of a currency unit.
    pub money: i8,
}

impl Dim {
    /// A size.
    pub const SIZE: Self = Self { data: 1, time: 0, money: 0 };
    /// A duration.
    pub const DURATION: Self = Self { data: 0, time: 1, money: 0 };
    /// A bandwidth.
    pub const BANDWIDTH: Self = Self { data: 1, time: -1, money: 0 };
    /// An amount of money.
    pub const MONEY: Self = Self { data: 0, time: 0, money: 1 };
    /// A plain number.
    pub const NONE: Self = Self { data: 0, time: 0, money: 0 };

    /// Of a product, or of a quotient for `sign` -1.
    pub fn combine(self, other: Self, sign: i8) -> Option<Self> {
        let add = |a: i8, b: i8| a.checked_add(b.checked_mul(sign)?);
        Some(Self { data: add(self.data, other.data)?, time: add(self.time, other.time)?, money: add(self.money, other.money)? })
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match (self.data, self.time, self.money) {
            (1, 0, 0) => "Size",
            (0, 1, 0) => "Duration",
            (1, -1, 0) => "Bandwidth",
            (0, 0, 1) => "Money",
            (0, -1, 1) => "Money/Duration",
            (-1, 0, 1) => "Money/Size",
            (0, 0, 0) => "Float",
            (data, time, money) => return write!(f, "quantity of data^{data} time^{time} money^{money}"),
        };
        f.write_str(name)
    }
}

/// A number with its dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantity {
    num: i64,
    den: i64,
    /// Its dimension.
    pub dim: Dim,
    /// The currency of money, `EUR`; zeros without.
    pub currency: [u8; 3],
}

impl Quantity {
    /// `num / den`, reduced.
    pub fn new(num: i128, den: i128, dim: Dim, currency: [u8; 3]) -> Option<Self> {
        if den == 0 {
            return None;
        }
        if den == 1 {
            return Some(Self { num: i64::try_from(num).ok()?, den: 1, dim, currency });
        }
        let divisor = gcd(num.unsigned_abs(), den.unsigned_abs()).max(1) as i128 * den.signum();
        Some(Self { num: i64::try_from(num / divisor).ok()?, den: i64::try_from(den / divisor).ok()?, dim, currency })
    }

    /// So many bytes.
    pub fn bytes(count: u64) -> Option<Self> {
        Self::new(i128::from(count) * 8, 1, Dim::SIZE, [0; 3])
    }

    /// The sum, or the difference for `sign` -1; `None` if it does not fit. Dimensions and currencies agree.
    pub fn add(self, other: Self, sign: i128) -> Option<Self> {
        let num = i128::from(self.num) * i128::from(other.den) + sign * i128::from(other.num) * i128::from(self.den);
        Self::new(num, i128::from(self.den) * i128::from(other.den), self.dim, self.any_currency(other))
    }

    /// The difference; `None` if it does not fit.
    pub fn sub(self, other: Self) -> Option<Self> {
        self.add(other, -1)
    }

    /// Half of it.
    pub fn half(self) -> Option<Self> {
        Self::new(i128::from(self.num), i128::from(self.den) * 2, self.dim, self.currency)
    }

    /// So many times it, or itself where that does not fit.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self::new(i128::from(self.num) * i128::from(count), i128::from(self.den), self.dim, self.currency).unwrap_or(self)
    }

    /// Without its sign.
    #[must_use]
    pub fn size(self) -> Self {
        Self { num: self.num.saturating_abs(), ..self }
    }

    /// Is it more than zero, less, or zero?
    pub fn sign(self) -> Ordering {
        self.num.cmp(&0)
    }

    /// The product.
    pub fn mul(self, other: Self) -> Option<Self> {
        let dim = self.dim.combine(other.dim, 1)?;
        Self::new(i128::from(self.num) * i128::from(other.num), i128::from(self.den) * i128::from(other.den), dim, self.any_currency(other))
    }

    /// The quotient; `None` for a division by zero too.
    pub fn div(self, other: Self) -> Option<Self> {
        let dim = self.dim.combine(other.dim, -1)?;
        Self::new(i128::from(self.num) * i128::from(other.den), i128::from(self.den) * i128::from(other.num), dim, self.any_currency(other))
    }

    /// Numerator and denominator, in bits, nanoseconds or millionths.
    pub fn parts(self) -> (i64, i64) {
        (self.num, self.den)
    }

    /// Is it zero?
    pub fn is_zero(self) -> bool {
        self.num == 0
    }

    /// With the opposite sign.
    #[must_use]
    pub fn negate(self) -> Option<Self> {
        Some(Self { num: self.num.checked_neg()?, ..self })
    }

    /// Which is more; dimensions agree.
    pub fn compare(self, other: Self) -> Ordering {
        (i128::from(self.num) * i128::from(other.den)).cmp(&(i128::from(other.num) * i128::from(self.den)))
    }

    /// As a floating-point number of base units.
    pub fn as_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// Whole bytes of a size, rounded up; `None` if negative.
    pub fn whole_bytes(self) -> Option<u64> {
        u64::try_from(self.ceil_div(8)).ok()
    }

    /// Whole seconds of a duration, rounded up; `None` if negative.
    pub fn whole_seconds(self) -> Option<u64> {
        u64::try_from(self.ceil_div(1_000_000_000)).ok()
    }

    /// Millionths of money a day of a `Money/Duration`.
    pub fn micro_per_day(self) -> i64 {
        (i128::from(self.num) * 86_400_000_000_000 / i128::from(self.den)) as i64
    }

    /// Bits a second of a bandwidth, rounded down.
    pub fn bits_per_second(self) -> i64 {
        (i128::from(self.num) * 1_000_000_000 / i128::from(self.den)) as i64
    }

    fn ceil_div(self, unit: i128) -> i128 {
        let den = i128::from(self.den) * unit;
        let num = i128::from(self.num);
        num.div_euclid(den) + i128::from(num.rem_euclid(den) != 0)
    }

    fn any_currency(self, other: Self) -> [u8; 3] {
        if self.currency == [0; 3] { other.currency } else { self.currency }
    }

    /// Do both have the same currency, or one of them none?
    pub fn same_currency(self, other: Self) -> bool {
        self.currency == other.currency || self.currency == [0; 3] || other.currency == [0; 3]
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Units by name: bits, nanoseconds or millionths.
const DATA: [(&str, i128); 11] = [
    ("PiB", 8 << 50),
    ("TiB", 8 << 40),
    ("GiB", 8 << 30),
    ("MiB", 8 << 20),
    ("KiB", 8 << 10),
    ("PB", 8_000_000_000_000_000),
    ("TB", 8_000_000_000_000),
    ("GB", 8_000_000_000),
    ("MB", 8_000_000),
    ("KB", 8_000),
    ("B", 8),
];
const TIME: [(&str, i128); 6] = [
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];
const RATE: [(&str, i128); 4] = [("Gbps", 1_000_000_000), ("Mbps", 1_000_000), ("kbps", 1_000), ("bps", 1)];

/// Every unit a number may carry, for near misses.
pub fn unit_names() -> impl Iterator<Item = &'static str> {
    DATA.iter().chain(&TIME).map(|u| u.0).chain(RATE.iter().map(|u| u.0))
}

/// One of a unit: `GiB`, `h`, `Mbps`, `EUR`.
pub fn unit(name: &str) -> Option<Quantity> {
    let find = |list: &[(&str, i128)]| list.iter().find(|u| u.0 == name).map(|u| u.1);
    if let Some(bits) = find(&DATA) {
        return Quantity::new(bits, 1, Dim::SIZE, [0; 3]);
    }
    if let Some(nanoseconds) = find(&TIME) {
        return Quantity::new(nanoseconds, 1, Dim::DURATION, [0; 3]);
    }
    if let Some(bits) = find(&RATE) {
        return Quantity::new(bits, 1_000_000_000, Dim::BANDWIDTH, [0; 3]);
    }
    let code: [u8; 3] = name.as_bytes().try_into().ok()?;
    CURRENCIES.split_ascii_whitespace().any(|c| c == name).then(|| Quantity::new(1_000_000, 1, Dim::MONEY, code)).flatten()
}

/// Codes of ISO 4217 for money in use, without funds and metals.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP \
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD \
    IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN \
    MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP \
    STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// Which way a number is rounded when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest.
    Near,
    /// Never less than it is: for what is at least needed.
    Up,
    /// Never more than it is: for what is at most taken.
    Down,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(1, Rounding::Near))
    }
}

impl Quantity {
    /// As people write it, with that many decimals where something has to be rounded.
    pub fn shown(self, decimals: usize, rounding: Rounding) -> String {
        let money = |per: i128| decimal(i128::from(self.num) * per, i128::from(self.den) * 1_000_000, decimals.max(2), rounding);
        match self.dim {
            Dim::SIZE => scaled(self, &DATA, 8, decimals, rounding),
            Dim::DURATION => scaled(self, &TIME, 1_000_000, decimals, rounding),
            Dim::BANDWIDTH => scaled(self.per_second(), &RATE, 1, decimals, rounding),
            Dim::MONEY => format!("{} {}", money(1), currency(self.currency)),
            Dim { data: 0, time: -1, money: 1 } => format!("{} {}/d", money(86_400_000_000_000), currency(self.currency)),
            Dim { data: -1, time: 0, money: 1 } => format!("{} {}/GB", money(8_000_000_000), currency(self.currency)),
            _ => decimal(i128::from(self.num), i128::from(self.den), decimals.max(3), rounding),
        }
    }

    fn per_second(self) -> Self {
        Self::new(i128::from(self.num) * 1_000_000_000, i128::from(self.den), self.dim, self.currency).unwrap_or(self)
    }

    /// The whole number next to it, in that direction.
    pub fn whole(self, rounding: Rounding) -> i64 {
        let down = i128::from(self.num).div_euclid(i128::from(self.den));
        let exact = i128::from(self.num).rem_euclid(i128::from(self.den)) == 0;
        (if rounding == Rounding::Up && !exact { down + 1 } else { down }) as i64
    }
}

fn currency(code: [u8; 3]) -> String {
    code.iter().filter(|b| **b != 0).map(|b| *b as char).collect()
}

/// In the largest unit that leaves a short number, exact ones first.
fn scaled(q: Quantity, units: &[(&str, i128)], smallest: i128, decimals: usize, rounding: Rounding) -> String {
    let (num, den) = (i128::from(q.num), i128::from(q.den));
    let exact = units.iter().filter(|u| num != 0 && num % (u.1 * den) == 0).max_by_key(|u| u.1);
    if let Some((name, size)) = exact
        && (num / (size * den)).abs() < 1_000
    {
        return format!("{} {name}", num / (size * den));
    }
    // `2.5 GiB` reads better than `2560 MiB`, as long as nothing is rounded away and the number is short.
    let short = units.iter().filter(|u| num.abs() >= u.1 * den && num * 100 % (u.1 * den) == 0).max_by_key(|u| u.1);
    if let Some((name, size)) = short
        && num.abs() / (size * den) < 10_000
    {
        return format!("{} {name}", decimal(num, size * den, 2, rounding));
    }
    let large = units.iter().find(|u| num.abs() >= u.1 * den);
    let (name, size) = large.copied().unwrap_or_else(|| units.iter().copied().find(|u| u.1 == smallest).unwrap_or(("", 1)));
    format!("{} {name}", decimal(num, size * den, decimals, rounding))
}

/// `num / den` with at most so many decimals, and none that say nothing. `den` is positive.
fn decimal(num: i128, den: i128, decimals: usize, rounding: Rounding) -> String {
    let power = 10i128.pow(decimals.min(12) as u32);
    let Some(parts) = num.checked_mul(power) else { return plain(num as f64 / den as f64, decimals) };
    let down = parts.div_euclid(den);
    let rest = parts.rem_euclid(den);
    let up = match rounding {
        Rounding::Near => rest * 2 >= den,
        Rounding::Up => rest > 0,
        Rounding::Down => false,
    };
    let rounded = down + i128::from(up);
    let sign = if rounded < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:0width$}", rounded.abs() / power, rounded.abs() % power, width = decimals.min(12));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// So many decimals are needed for quantities that differ to look different.
pub fn decimals_apart(quantities: &[Quantity]) -> usize {
    const DECIMALS_MAX: usize = 9;
    let apart = |decimals: usize| {
        let shown: Vec<String> = quantities.iter().map(|q| q.shown(decimals, Rounding::Near)).collect();
        let pairs = quantities.iter().zip(&shown).enumerate();
        pairs.clone().all(|(i, (a, text))| quantities.iter().zip(&shown).skip(i + 1).all(|(b, other)| a == b || text != other))
    };
    (1..DECIMALS_MAX).find(|d| apart(*d)).unwrap_or(DECIMALS_MAX)
}

/// A number with at most so many decimals, and none that say nothing.
pub fn plain(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
